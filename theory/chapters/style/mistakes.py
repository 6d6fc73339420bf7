"""Mistakes about style."""

from __future__ import annotations

import numpy as np

from theory.claim import Claim

_HW7 = "004_16ef4615ffa6e302.txt"


def _adain(x: np.ndarray, scale: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Adaptive instance normalisation of feature maps x, shape (channels, height, width)."""
    mean, std = x.mean((1, 2), keepdims=True), x.std((1, 2), keepdims=True)
    return scale[:, None, None] * (x - mean) / std + bias[:, None, None]


adain = Claim(
    id="B-E28",
    alias="erratum-adain-normalises-w",
    title="“AdaIN normalises the features of w”",
    statement="Said: AdaIN first normalises the features of w by their mean and standard "
    "deviation. Right: it normalises the *feature maps* x, channel by channel; w only supplies "
    "scale and bias through a learned affine map (part d of the same answer has it so).",
    formula=r"\mathrm{AdaIN}(x_i, y) = y_{s,i} \frac{x_i - \mu(x_i)}{\sigma(x_i)} + y_{b,i}",
    sources=("Karras, Laine, Aila 2019, equation 1", f"{_HW7}:151"),
    erratum=True,
)


def _style(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Feature maps x, a style w, and the weights of the affine map from w to scale and bias."""
    x = 3 * rng.standard_normal((4, 8, 8)) + rng.standard_normal((4, 1, 1))
    return x, rng.standard_normal(16), rng.standard_normal((8, 16))


def _statistics_error(out: np.ndarray, scale: np.ndarray, bias: np.ndarray) -> float:
    """How far each channel's standard deviation and mean are from |scale| and bias."""
    spread = np.abs(out.std((1, 2)) - np.abs(scale)).max()
    return float(max(spread, np.abs(out.mean((1, 2)) - bias).max()))


@adain.counterexample(
    at_least=0.3, description="channel statistics when w is normalised instead", miss=12.7
)
def channel_statistics_when_w_is_normalised_instead(rng):
    for _instance in range(5):
        x, w, affine = _style(rng)
        scale, bias = np.split(affine @ ((w - w.mean()) / w.std()), 2)
        yield _statistics_error(scale[:, None, None] * x + bias[:, None, None], scale, bias)


@adain.symbolic(scope="for a channel of two pixels")
def adain_proof():
    import sympy as sp

    a, b, s = sp.symbols("a b s", positive=True)
    t = sp.Symbol("t", real=True)
    x = [a + b, a - b]  # a channel of two pixels with mean a, standard deviation b
    out = [s * (xi - a) / b + t for xi in x]
    yield "the mean of the output is the bias", sp.simplify((out[0] + out[1]) / 2 - t)
    variance = ((out[0] - t) ** 2 + (out[1] - t) ** 2) / 2
    yield "its standard deviation is the scale, whatever x was", sp.simplify(variance - s**2)


@adain.correction("normalising the feature maps", tolerance=1e-12)
def normalising_the_feature_maps(rng):
    for _instance in range(5):
        x, w, affine = _style(rng)
        scale, bias = np.split(affine @ w, 2)
        yield _statistics_error(_adain(x, scale, bias), scale, bias)


@adain.meaning()
def adain_in_words(rng):
    x, w, affine = _style(rng)
    scale, bias = np.split(affine @ w, 2)
    for i in range(4):
        yield {
            r"\mathrm{AdaIN}(x_i, y)": _adain(x, scale, bias)[i, 2, 3],
            "y_{s,i}": scale[i],
            r"x_i - \mu(x_i)": x[i, 2, 3] - np.mean(x[i]),
            r"\sigma(x_i)": np.sqrt(np.mean((x[i] - np.mean(x[i])) ** 2)),
            "y_{b,i}": bias[i],
        }


style = Claim(
    id="B-E51",
    alias="erratum-only-the-latent-space",
    title="“StyleGAN differs in its use of the latent space”",
    statement="Said: the main difference from earlier GANs is the use of a latent space W, and "
    "style mixing leads to better images. Right: the synthesis network also starts from a learned "
    "constant instead of z and adds fresh noise to every layer, so that its output varies at fixed "
    "w; mixing is a regulariser.",
    formula=r"x = g\bigl(c,\, A(w),\, B n\bigr),\qquad n \sim \mathcal{N}(0, I) "
    r"\text{ at every layer}",
    sources=("Karras, Laine, Aila 2019, section 2 and figure 1", f"{_HW7}:149,157"),
    erratum=True,
)


def _synthesis(w: np.ndarray, noise: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """One layer: learned constant, scaled noise, style; there is no z among its inputs."""
    constant = np.sin(np.arange(4 * 6 * 6)).reshape(4, 6, 6)
    scale, bias = np.split(weights @ w, 2)
    return _adain(constant + 0.3 * noise, 1 + scale, bias)


def _variation(noises: np.ndarray, rng: np.random.Generator) -> float:
    """How much the output varies at fixed w over these noises."""
    w, weights = rng.standard_normal(5), rng.standard_normal((8, 5))
    return float(np.std([_synthesis(w, n, weights) for n in noises], axis=0).max())


@style.counterexample(at_least=0.05, description="variation at fixed w", miss=0.743)
def variation_at_fixed_w(rng):
    for _instance in range(3):
        yield _variation(rng.standard_normal((10, 4, 6, 6)), rng)


@style.symbolic(scope="for two pixels")
def style_proof():
    import sympy as sp

    c, n1, n2, b, s, t = sp.symbols("c n_1 n_2 b s t", real=True)
    # two pixels with constants c and -c; noise b n; AdaIN's mean subtracted
    first, second = c + b * n1, -c + b * n2
    mean = (first + second) / 2
    out = s * (first - mean) / sp.sqrt(((first - mean) ** 2 + (second - mean) ** 2) / 2) + t
    yield (
        "for two pixels only the sign of the difference is left",
        sp.simplify((out - t) ** 2 - s**2),
    )
    difference = first - second
    yield "which noise moves: d(difference)/dn_1 = b", sp.diff(difference, n1) - b
    yield "and without noise the constant decides it: 2c", difference.subs({n1: 0, n2: 0}) - 2 * c


@style.correction("the same noise twice gives the same picture", tolerance=1e-12)
def the_same_noise_twice_gives_the_same_picture(rng):
    noise = rng.standard_normal((4, 6, 6))
    yield _variation(np.stack([noise] * 10), rng)


@style.meaning()
def style_in_words(rng):
    w, weights, noise = rng.standard_normal(5), rng.standard_normal((8, 5)), np.zeros((4, 6, 6))
    constant = np.sin(np.arange(4 * 6 * 6)).reshape(4, 6, 6)
    scale, bias = np.split(weights @ w, 2)
    yield {
        "x": _synthesis(w, noise, weights)[1, 2, 3],
        r"g\bigl(c,\, A(w),\, B n\bigr)": _adain(constant, 1 + scale, bias)[1, 2, 3],
        r"n \sim \mathcal{N}(0, I)": None,
    }
