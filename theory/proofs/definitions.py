"""Coq definitions made from the sympy expressions that the claims prove with.

Each formula is printed as a definition over Coq's real numbers. Coq's logarithm, quotient and root
are total (ln 0 = 0, x / 0 = 0), so each also leaves obligations: lemmas that where the formula is
used every denominator is nonzero, every logarithm's argument positive and every root's not
negative. What a mass multiplies may be undefined where the mass is 0: this is the convention
0 log 0 = 0, and Coq's 0 * ln 0 agrees with it. Coq has to accept these lemmas, too.
"""

# sympy's annotations do not know that its expressions can be compared and multiplied.
# pyright: reportOperatorIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from theory.chapters.collapse import expressions as packs
from theory.chapters.dynamics import expressions as dynamics
from theory.chapters.game import expressions as game
from theory.chapters.saturation import expressions as saturation
from theory.chapters.transport import expressions as transport

_HEAD = """\
(* Made by theory/proofs/definitions.py from the expressions of the claims: not to be edited. *)

From Coq Require Import Reals Lra.
From Theory Require Import Sums.
Open Scope R_scope.
"""


@dataclass(frozen=True)
class Formula:
    """An expression of a claim, as Coq shall know it.

    Attributes:
        name: what Coq calls it.
        arguments: the names of its arguments, each a real number.
        expression: from these arguments, as sympy symbols, to the expression.
        domain: what may be assumed of them where it is used, as Coq writes it.
    """

    name: str
    arguments: str
    expression: Callable[..., Any]
    domain: tuple[str, ...] = ()


def _dirac_velocity(theta: Any, psi: Any) -> Any:
    return dynamics.dirac_velocity(dynamics.minimax_losses, theta, psi)


def _dirac_step(theta: Any, psi: Any, h: Any) -> Any:
    import sympy as sp

    return dynamics.simultaneous_step(_dirac_velocity(theta, psi), sp.Matrix([theta, psi]), h)


_MASSES = ("0 <= p", "0 <= q")
_SOME_MASS = (*_MASSES, "0 < p + q")

# Each looks its expression up anew, so that what is printed is what the claims use.
FORMULAS = (
    Formula("value_at", "p q D", lambda p, q, D: game.value_at(p, q, D), (*_MASSES, "0 < D < 1")),
    Formula("optimum", "p q", lambda p, q: game.optimum(p, q), _SOME_MASS),
    Formula("best_value_at", "p q", lambda p, q: game.best_value_at(p, q), _SOME_MASS),
    Formula("middle", "p q", lambda p, q: game.middle(p, q)),
    Formula("kl_at", "p q", lambda p, q: game.kl_at(p, q), (*_MASSES, "p = 0 \\/ 0 < q")),
    Formula("js_at", "p q", lambda p, q: game.js_at(p, q), _SOME_MASS),
    Formula(
        "bernoulli_kl", "b d", lambda b, d: game.bernoulli_kl(b, d), ("0 <= b <= 1", "0 < d < 1")
    ),
    Formula("hinge_at", "p q D", lambda p, q, D: game.hinge_at(p, q, D)),
    Formula("sigmoid", "a", lambda a: saturation.sigmoid(a)),
    Formula("saturating_loss", "a", lambda a: saturation.saturating_loss(a)),
    Formula("non_saturating_loss", "a", lambda a: saturation.non_saturating_loss(a)),
    Formula("saturating_gradient", "a", lambda a: saturation.saturating_gradient(a)),
    Formula("non_saturating_gradient", "a", lambda a: saturation.non_saturating_gradient(a)),
    Formula("dirac_loss_g", "theta psi", lambda t, s: dynamics.minimax_losses(t, s)[0]),
    Formula("dirac_loss_d", "theta psi", lambda t, s: dynamics.minimax_losses(t, s)[1]),
    Formula("dirac_velocity_g", "theta psi", lambda t, s: _dirac_velocity(t, s)[0]),
    Formula("dirac_velocity_d", "theta psi", lambda t, s: _dirac_velocity(t, s)[1]),
    Formula("dirac_step_g", "theta psi h", lambda t, s, h: _dirac_step(t, s, h)[0]),
    Formula("dirac_step_d", "theta psi h", lambda t, s, h: _dirac_step(t, s, h)[1]),
    Formula("bilinear_step_x", "x y eta", lambda x, y, eta: dynamics.bilinear_step(x, y, eta)[0]),
    Formula("bilinear_step_y", "x y eta", lambda x, y, eta: dynamics.bilinear_step(x, y, eta)[1]),
    Formula("variation", "p q", lambda p, q: packs.total_variation([p], [q])),
    # The second of the four packs of two samples that take the masses p and r.
    Formula("pair", "p r", lambda p, r: packs.pack([p, r], 2)[1]),
    Formula("largest_variation", "tau", lambda tau: packs.largest_packed_variation(tau, 2)),
    Formula("distance", "x y", lambda x, y: transport.distance(x, y)),
    Formula("moved_in_order", "f g", lambda f, g: transport.moved_in_order(f, g)),
)


def generated() -> str:
    """The text of Formulas.v: every formula with its obligations."""
    return "\n".join([_HEAD, *(_definition(formula) for formula in FORMULAS)])


def _definition(formula: Formula) -> str:
    import sympy as sp

    symbols = [sp.Symbol(name, real=True) for name in formula.arguments.split()]
    expression = sp.sympify(formula.expression(*symbols))
    strange = expression.free_symbols - set(symbols)
    if strange:
        raise ValueError(f"{formula.name}: {strange} are no arguments of it")
    lines = [f"Definition {formula.name} ({formula.arguments} : R) : R :=", f"  {coq(expression)}."]
    premises = "".join(f"{premise} -> " for premise in formula.domain)
    asked = dict.fromkeys(_obligations(expression, sp.Integer(1)))
    for number, (weight, condition) in enumerate(asked, 1):
        goal = condition if weight.is_number else f"{coq(weight)} = 0 \\/ {condition}"
        tactic = "defined" if weight.is_number else "defined_or_weightless"
        lines += [
            f"Lemma {formula.name}_is_defined_{number} : forall {formula.arguments} : R,",
            f"  {premises}{goal}.",
            f"Proof. {tactic}. Qed.",
        ]
    return "\n".join(lines) + "\n"


def _obligations(expression: Any, weight: Any) -> Iterator[tuple[Any, str]]:
    """What must hold for the expression to be defined: pairs (weight, condition), where the
    condition is needed only if the weight is not 0."""
    import sympy as sp

    if isinstance(expression, sp.log):
        (argument,) = expression.args
        yield weight, f"0 < {coq(argument)}"
        yield from _obligations(argument, weight)
    elif expression.is_Pow and expression.exp.is_number and not expression.exp.is_Integer:
        yield weight, f"0 <= {coq(expression.base)}"
        yield from _obligations(expression.base, weight)
    elif expression.is_Pow and expression.exp.is_negative:
        yield weight, f"{coq(expression.base)} <> 0"
        yield from _obligations(expression.base, weight)
    elif expression.is_Mul:
        for factor in expression.args:
            # Only what multiplies a logarithm can excuse it; a quotient is never excused by what
            # stands over it.
            others = [a for a in expression.args if a is not factor and a.is_polynomial()]
            excused = isinstance(factor, sp.log)
            yield from _obligations(factor, weight * sp.Mul(*others) if excused else weight)
    else:
        for argument in expression.args:
            yield from _obligations(argument, weight)


# How tightly Coq binds what is printed; what binds less than its place needs gets parentheses.
_SUM, _PRODUCT, _POWER, _APPLIED, _NAME = range(5)


def coq(expression: Any, place: int = _SUM) -> str:
    """A sympy expression as Coq writes it; a kind that is not known here is refused.

    Args:
        expression: of real numbers.
        place: where it shall stand: in a sum, as a factor, under a power, as an argument.
    """
    import sympy as sp

    named = {sp.log: "ln", sp.exp: "exp", sp.Abs: "Rabs", sp.Max: "Rmax", sp.Min: "Rmin"}
    if expression.is_Symbol:
        printed, binds = expression.name, _NAME
    elif expression is sp.pi:
        printed, binds = "PI", _NAME
    elif expression.is_Integer and expression >= 0:
        printed, binds = str(expression), _NAME
    elif expression.func in named:
        arguments = " ".join(coq(argument, _NAME) for argument in expression.args)
        printed, binds = f"{named[expression.func]} {arguments}", _APPLIED
    elif expression.is_Pow and expression.exp == sp.Rational(1, 2):
        printed, binds = f"sqrt {coq(expression.base, _NAME)}", _APPLIED
    elif expression.is_Pow and expression.exp.is_Integer and expression.exp > 0:
        printed, binds = f"{coq(expression.base, _APPLIED)} ^ {expression.exp}", _POWER
    elif expression.is_Add:
        printed, binds = _sum(expression), _SUM
    elif _minus(expression):
        printed, binds = f"- {coq(-expression, _PRODUCT)}", _SUM
    elif expression.is_Mul or expression.is_Rational or expression.is_Pow:
        printed, binds = _product(expression), _PRODUCT
    else:
        raise TypeError(f"no Coq form of {expression.func.__name__} in {expression}")
    return f"({printed})" if binds < place else printed


def _minus(term: Any) -> bool:
    """Whether a term is written with a minus sign."""
    return term.as_coeff_Mul()[0].is_negative


def _sum(expression: Any) -> str:
    """A sum, what is added before what is subtracted."""
    first, *others = sorted(expression.as_ordered_terms(), key=_minus)
    return coq(first) + "".join(
        f" - {coq(-term, _PRODUCT)}" if _minus(term) else f" + {coq(term, _PRODUCT)}"
        for term in others
    )


def _product(expression: Any) -> str:
    """A product, with what has a negative power under one line: a * b / (c * d)."""
    import sympy as sp

    above, below = [], []
    for factor in sp.Mul.make_args(expression):
        if factor.is_Rational and not factor.is_Integer:
            above += [sp.Integer(factor.p)] if factor.p != 1 else []
            below.append(sp.Integer(factor.q))
        elif factor.is_Pow and factor.exp.is_Integer and factor.exp < 0:
            below.append(1 / factor)
        elif factor.is_Pow and not (factor.exp.is_Integer or factor.exp == sp.Rational(1, 2)):
            raise TypeError(f"no Coq form of the power {factor}")
        else:
            above.append(factor)
    printed = " * ".join(coq(factor, _POWER) for factor in above) or "1"
    if not below:
        return printed
    under = " * ".join(coq(factor, _POWER) for factor in below)
    return f"{printed} / ({under})" if len(below) > 1 else f"{printed} / {under}"
