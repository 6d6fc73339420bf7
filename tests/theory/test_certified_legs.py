"""Legs of claims that yield balls, and decimals that balls prove."""

import flint
import pytest

from theory.claim import AS_STATED, Claim, rounds_to


def certified_leg(*yields):
    """The verdict of a claim whose certified leg, at tolerance 1e-9, yields these."""
    claim = Claim(id="A-JS-99", alias="made-up", title="t", statement="s", sources=("Nobody 2000",))

    @claim.symbolic(scope=AS_STATED)
    def proof():
        import sympy

        x = sympy.Symbol("x", positive=True)
        yield "a square", (x + 1) ** 2 - x**2 - 2 * x - 1

    @claim.certified(tolerance=1e-9)
    def _():
        yield from yields

    @claim.control("wrong", of=proof)
    def _():
        yield "one is nothing", 1

    return claim.verify()


@pytest.mark.usefixtures("own_registry")
def test_a_certified_leg_holds():
    verdict = certified_leg(flint.arb(0), flint.arb(-5e-10, 4e-10))
    assert (verdict.status, verdict.reason) == ("proved", "")
    leg = next(e for e in verdict.evidence if e.kind == "certified")
    assert leg.instances == 2
    assert leg.residual == pytest.approx(9e-10)


@pytest.mark.usefixtures("own_registry")
@pytest.mark.parametrize(
    ("yields", "reason"),
    [
        ([flint.arb(0), flint.arb(2e-9)], "residual 2e-09 must be at most 1e-09"),
        ([flint.arb(0, 2e-9)], "residual 2e-09 must be at most 1e-09"),  # too wide to tell
        ([flint.arb.nan()], "a residual is NaN"),
        ([flint.arb.pos_inf()], "residual inf must be at most"),
        ([0.0], "TypeError: a certified leg yielded float, expected a flint.arb"),
        ([], "no instance was checked"),
    ],
)
def test_a_bad_certified_leg_fails(yields, reason):
    verdict = certified_leg(*yields)
    assert verdict.status == "failed"
    assert reason in verdict.reason


@pytest.mark.parametrize(
    ("ball", "printed", "rounds"),
    [
        (flint.arb("0.9995"), "1.00", True),
        (flint.arb("0.9951"), "1.00", True),
        (flint.arb("0.9949"), "1.00", False),
        (flint.arb("0.9951", "0.0002"), "1.00", False),  # some of it rounds to 0.99
        (flint.arb("-3.6"), "-4", True),
        (flint.arb("-3.4"), "-4", False),
        (flint.arb.nan(), "1.00", False),
    ],
)
def test_all_of_a_ball_rounds_to_a_decimal_or_it_is_not_proved(ball, printed, rounds):
    assert rounds_to(ball, printed) is rounds
