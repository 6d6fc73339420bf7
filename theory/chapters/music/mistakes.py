"""Mistakes about music."""

from __future__ import annotations

import numpy as np

from theory.claim import AS_STATED, Claim

flattened = Claim(
    id="B-E55",
    alias="erratum-flattened-spectrogram",
    title="“turn the two-dimensional matrix into a vector” for LSTM or GRU",
    statement="Said: PEP 496 or 508 explains requirements.txt; the music part is the 'first "
    "exercise' (of HW4); the two-dimensional matrix is made a *vector* for LSTM or GRU. Right: "
    "PEP 496 was rejected in favour of PEP 508, and neither defines requirements.txt, a format of "
    "pip; a recurrent network takes a sequence of T frames of n_mels numbers. One number a step "
    "makes the path of back-propagation n_mels times as long.",
    formula=r"\frac{\partial h_{T n}}{\partial h_0} = \lambda^{T n} \quad \mathrm{against} \quad "
    r"\frac{\partial h_T}{\partial h_0} = \lambda^{T}",
    assumptions=("a state that keeps a share λ at each step",),
    sources=("PEP 496 and PEP 508", "001_5040f14b49cef5aa.txt:12-17,59,69"),
    erratum=True,
)


def _decades_lost(sequence: np.ndarray, rate: float) -> float:
    """-log10 dh_end/dh_0 of h <- rate h + (input), by a complex step."""
    h = 1e-30j
    for x in sequence:
        h = rate * h + np.sum(x)
    return float(-np.log10(np.imag(h) / 1e-30))


@flattened.counterexample(
    at_least=10, description="decades lost by the gradient, one number a step", miss=23.4
)
def decades_lost_by_the_gradient_one_number_a_step(rng):
    for frames, bands in ((16, 32), (16, 64), (20, 40)):
        yield _decades_lost(rng.normal(size=(frames, bands)).reshape(-1), 0.9)


@flattened.symbolic(scope=AS_STATED)
def flattened_proof():
    import sympy as sp

    rate, T, n = sp.symbols("lambda T n", positive=True)
    ratio = rate ** (T * n) / rate**T
    yield "the gradients' ratio is lambda^(T (n - 1))", sp.powsimp(ratio) - rate ** (T * (n - 1))
    yield "0.9^512 < 4e-24", sp.Rational(9, 10) ** 512 < 4 * sp.Rational(1, 10) ** 24
    yield "0.9^16 > 0.185", sp.Rational(9, 10) ** 16 > sp.Rational(185, 1000)


@flattened.numerical(tolerance=1.4e-3, description="two gradients, relative: half a digit")
def gradients_as_printed(rng):
    mel = rng.normal(size=(16, 32))
    yield abs(10 ** -_decades_lost(mel.reshape(-1), 0.9) / 3.73e-24 - 1)
    yield abs(10 ** -_decades_lost(mel, 0.9) / 0.1853 - 1)


@flattened.correction("a frame a step", tolerance=1)
def a_frame_a_step(rng):
    for frames, bands in ((16, 32), (16, 64), (20, 40)):
        yield _decades_lost(rng.normal(size=(frames, bands)), 0.9)


@flattened.meaning()
def flattened_in_words(rng):
    for frames, bands in ((2, 3), (4, 5)):
        mel = rng.normal(size=(frames, bands))
        longer = 10 ** -_decades_lost(mel.reshape(-1), 0.9)
        yield {
            "PEP 496 or 508": None,
            "PEP 496 was rejected in favour of PEP 508": None,
            "HW4": None,
            r"\frac{\partial h_{T n}}{\partial h_0}": longer,
            r"\frac{\partial h_T}{\partial h_0}": 10 ** -_decades_lost(mel, 0.9),
            r"\lambda^{T n}": 0.9 ** (frames * bands),
            r"\lambda": 0.9,
            "T": frames,
        }
