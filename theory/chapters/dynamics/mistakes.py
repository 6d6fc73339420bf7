"""Mistakes about the dynamics of the game."""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

import numpy as np
from scipy.special import expit

from theory.calculators.dynamics import dirac_field
from theory.chapters.dynamics.expressions import dirac_velocity, minimax_losses, players
from theory.claim import AS_STATED, Claim

# The gradient of ½‖v‖² in θ and ψ at (1, 0.7), and what it would be with the spurious ½.
_RIGHT, _WRONG = (0.0334, -0.0325), (0.0717, 0.0223)

consensus = Claim(
    id="B-E75",
    alias="erratum-consensus-half",
    title="Consensus optimisation on the Dirac-GAN with a spurious 1/2",
    statement="Said: the gradient of the consensus regulariser ½‖v‖² of the Dirac-GAN, t = θ ψ, is "
    "½ f'(t) f''(t) ψ (θ² + ψ²) + f'(t)² θ in θ, and ½ f'(t) f''(t) θ (θ² + ψ²) + f'(t)² ψ in ψ. "
    "Right: the first term of either has no ½. At θ = 1, ψ = 0.7 the gradient has the components "
    f"g_θ = {_RIGHT[0]} and g_ψ = {_RIGHT[1]}; with the ½ they would be h_θ = {_WRONG[0]} and "
    f"h_ψ = {_WRONG[1]}.",
    formula=r"\frac{\partial}{\partial \theta} \tfrac12 \lVert v \rVert^2 = "
    r"f'(t) f''(t)\, \psi\, (\theta^2 + \psi^2) + f'(t)^2\, \theta, \quad "
    r"\frac{\partial}{\partial \psi} \tfrac12 \lVert v \rVert^2 = "
    r"f'(t) f''(t)\, \theta\, (\theta^2 + \psi^2) + f'(t)^2\, \psi",
    sources=(
        "Mescheder, Nowozin, Geiger 2017, The Numerics of GANs, section 4",
        "LMescheder/GAN_stability, notebooks/diracgan/gans.py, the class of the consensus GAN: "
        "both of its regularising components multiply f' f'' by one half",
    ),
    erratum=True,
)
_POINTS = ((1.0, 0.7), (0.5, -1.1), (-0.9, 1.4))


def _half_square(theta: float, psi: float) -> float:
    """½‖v‖², v the field of both players; the paper's ψ is minus the calculators'."""
    return float(np.sum(np.square(dirac_field("minimax", theta, -psi)))) / 2


def _gradient(theta: float, psi: float) -> np.ndarray:
    """The gradient of ½‖v‖² in θ and ψ, by central differences."""
    h = 1e-6
    in_theta = _half_square(theta + h, psi) - _half_square(theta - h, psi)
    in_psi = _half_square(theta, psi + h) - _half_square(theta, psi - h)
    return np.array([in_theta, in_psi]) / (2 * h)


def _formula(theta: float, psi: float, factor: float) -> np.ndarray:
    """factor · f' f'' (ψ, θ) (θ² + ψ²) + f'² (θ, ψ) at t = θψ, f(t) = -log(1 + e^-t)."""
    slope = float(expit(-theta * psi))
    bend = -slope * (1 - slope)
    first = factor * slope * bend * (theta**2 + psi**2) * np.array([psi, theta])
    return first + slope**2 * np.array([theta, psi])


def _errors(factor: float):
    for theta, psi in _POINTS:
        yield from np.abs(_formula(theta, psi, factor) - _gradient(theta, psi))


@consensus.counterexample(at_least=0.01, description="with the ½, against differences", miss=0.0384)
def with_the_half():
    yield from _errors(0.5)


@consensus.symbolic(scope=AS_STATED)
def consensus_proof():
    import sympy as sp

    theta, psi = players()
    t = sp.Symbol("t", real=True)
    f = -sp.log(1 + sp.exp(-t))
    slope, bend = (sp.diff(f, t, k).subs(t, theta * psi) for k in (1, 2))
    v = sp.Matrix([-psi * slope, theta * slope])
    ours = dirac_velocity(minimax_losses, theta, psi).subs(psi, -psi)
    yield (
        "the paper's field, with minus our ψ",
        (v - sp.Matrix([ours[0], -ours[1]])).applyfunc(sp.simplify),
    )
    grown, e = sp.exp(-theta * psi), sp.Symbol("e", positive=True)
    point, half_unit = {theta: 1, psi: sp.Rational(7, 10)}, sp.Rational(1, 2)
    for place, other, right, wrong in zip((theta, psi), (psi, theta), _RIGHT, _WRONG, strict=True):
        first, rest = slope * bend * other * (theta**2 + psi**2), slope**2 * place
        yield (
            f"d/d{place} of ½‖v‖² by the chain rule, without a ½",
            sp.cancel((sp.diff(v.dot(v) / 2, place) - first - rest).subs(grown, e)),
        )
        for value, decimals in ((first + rest, right), (first / 2 + rest, wrong)):
            yield (
                "at θ = 1, ψ = 0.7 in four decimals",
                sp.floor(value.subs(point) * 10**4 + half_unit) - round(decimals * 10**4),
            )


@consensus.meaning(tolerance=1e-8)
def consensus_in_words():
    right, wrong = _gradient(1.0, 0.7), _formula(1.0, 0.7, 0.5)
    for theta, psi in _POINTS:
        t, gradient = theta * psi, _gradient(theta, psi)
        slope = float(expit(-t))
        halved = np.abs(_formula(theta, psi, 0.5) - gradient) < 1e-8
        yield {
            "with a spurious 1/2": None,
            "½‖v‖²": None,
            "t": t,
            "θ": theta,
            "ψ": psi,
            "½ f'(t) f''(t) ψ (θ² + ψ²) + f'(t)² θ in θ": bool(halved[0]),
            "½ f'(t) f''(t) θ (θ² + ψ²) + f'(t)² ψ in ψ": bool(halved[1]),
            "with the ½ they": None,
            "no ½": np.abs(_formula(theta, psi, 1.0) - gradient).max() < 1e-8,
            "f'(t)": slope,
            "f''(t)": -slope * (1 - slope),
            r"\frac{\partial}{\partial \theta} \tfrac12 \lVert v \rVert^2": gradient[0],
            r"\frac{\partial}{\partial \psi} \tfrac12 \lVert v \rVert^2": gradient[1],
            "At θ = 1, ψ = 0.7": None,
            "g_θ": right[0],
            "g_ψ": right[1],
            "h_θ": wrong[0],
            "h_ψ": wrong[1],
        }


@consensus.correction("without it", tolerance=1e-8)
def without_the_half():
    yield from _errors(1.0)
