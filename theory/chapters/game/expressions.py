"""The formulas of the game at one point x, each written once as a sympy expression.

The proofs of this chapter are about these expressions, and so are the theorems that Coq checks. p
stands for p_data(x) and q for p_g(x), the masses of the data and of the generator there; D is
D(x). Each function takes sympy's symbols, expressions and numbers. A mass may be 0: its logarithm
then counts nothing, as 0 log 0 = 0 by its limit.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sympy as sp


def masses() -> tuple[sp.Symbol, sp.Symbol]:
    """The symbols p and q, both positive."""
    import sympy as sp

    return sp.Symbol("p", positive=True), sp.Symbol("q", positive=True)


def inside(odds: Any) -> Any:
    """1 / (1 + odds): every number between 0 and 1, as odds > 0 runs through the positive ones."""
    return 1 / (1 + odds)


def weighted_log(mass: Any, ratio: Any) -> Any:
    """mass log(ratio), and 0 where there is no mass."""
    import sympy as sp

    return sp.S.Zero if mass == 0 else mass * sp.log(ratio)


def cancelled(expression: Any) -> Any:
    """The expression with the quotient in each of its logarithms reduced."""
    import sympy as sp

    return expression.replace(sp.log, lambda ratio: sp.log(sp.cancel(ratio)))


def value_at(p: Any, q: Any, D: Any) -> Any:
    """p log D + q log(1 - D), the integrand of V(D, G) (Goodfellow et al. 2014, equation 3)."""
    return weighted_log(p, D) + weighted_log(q, 1 - D)


def optimum(p: Any, q: Any) -> Any:
    """D* = p / (p + q), where V is maximal (Goodfellow et al. 2014, equation 2)."""
    return p / (p + q)


def best_value_at(p: Any, q: Any) -> Any:
    """p log(p / (p + q)) + q log(q / (p + q)), the integrand of C(G) (Goodfellow et al. 2014,
    equation 4)."""
    return weighted_log(p, p / (p + q)) + weighted_log(q, q / (p + q))


def middle(p: Any, q: Any) -> Any:
    """M = (p + q) / 2, the mixture of data and generator."""
    return (p + q) / 2


def kl_at(p: Any, q: Any) -> Any:
    """p log(p / q), the integrand of KL(p || q)."""
    return weighted_log(p, p / q)


def js_at(p: Any, q: Any) -> Any:
    """The integrand of JS(p, q) = KL(p || M) / 2 + KL(q || M) / 2 (Goodfellow et al. 2014,
    equation 6)."""
    return kl_at(p, middle(p, q)) / 2 + kl_at(q, middle(p, q)) / 2


def gibbs_gap(t: Any) -> Any:
    """t - 1 - log t: positive but at t = 1, which is Gibbs' inequality at one point."""
    import sympy as sp

    return t - 1 - sp.log(t)


def bernoulli_kl(b: Any, d: Any) -> Any:
    """KL(Bernoulli(b) || Bernoulli(d))."""
    return kl_at(b, d) + kl_at(1 - b, 1 - d)


def hinge_at(p: Any, q: Any, D: Any) -> Any:
    """p max(0, 1 - D) + q max(0, 1 + D), the integrand of the discriminator's hinge loss, whose D
    is any number (Lim and Ye 2017, section 3; Miyato et al. 2018, equation 16)."""
    import sympy as sp

    return p * sp.Max(0, 1 - D) + q * sp.Max(0, 1 + D)


def gibbs_steps() -> Any:
    """Why `gibbs_gap` is positive but at t = 1: steps of a proof."""
    import sympy as sp

    s, t = sp.symbols("s t", positive=True)
    slope = sp.diff(gibbs_gap(t), t)
    yield "g(t) = t - 1 - log t is 0 at t = 1", gibbs_gap(sp.S.One)
    yield "at t = 1 + s it rises, by s/(1 + s)", sp.cancel(slope.subs(t, 1 + s) - s / (1 + s))
    yield "at t = 1/(1 + s) it falls, by s: g > 0", sp.cancel(slope.subs(t, inside(s)) + s)


def maximum_steps(p: Any, q: Any) -> Any:
    """Why D* is the only maximum of V's integrand: steps of a proof, for masses of both."""
    import sympy as sp

    D = sp.Symbol("D")
    height = value_at(p, q, D)
    slope = sp.diff(height, D)
    yield (
        "h(D) = p log D + q log(1 - D) has D (1 - D) h' = p - (p + q) D",
        sp.cancel(slope * D * (1 - D)) - (p - (p + q) * D),
    )
    yield "which is 0 at D* = p/(p + q) and nowhere else", (p - (p + q) * D).subs(D, optimum(p, q))
    yield (
        "h'' = -(p/D^2 + q/(1 - D)^2), a sum of squares with a minus: D* is the only maximum",
        sp.diff(height, D, 2) + p / D**2 + q / (1 - D) ** 2,
    )
    yield (
        "as 1 - D* = q/(p + q), its height is p log(p/(p + q)) + q log(q/(p + q))",
        cancelled(value_at(p, q, optimum(p, q))) - best_value_at(p, q),
    )


def one_sided_steps(p: Any, q: Any) -> Any:
    """Where one law has no mass the best D is 0 or 1, as D* says: steps of a proof."""
    import sympy as sp

    s, D = sp.symbols("s D", positive=True)
    falls = sp.diff(value_at(0, q, D), D).subs(D, inside(s))
    yield "p = 0: h = q log(1 - D) falls on (0, 1)", sp.cancel(falls) < 0
    yield "from h(0) = 0, and D* = 0", sp.Matrix([value_at(0, q, sp.S.Zero), optimum(0, q)])
    rises = sp.diff(value_at(p, 0, D), D).subs(D, inside(s))
    yield "q = 0: h = p log D rises on (0, 1)", sp.cancel(rises) > 0
    yield "to h(1) = 0, and D* = 1", sp.Matrix([value_at(p, 0, sp.S.One), optimum(p, 0) - 1])
