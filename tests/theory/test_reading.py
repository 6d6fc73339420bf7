"""A claim's own words are read: what is written wrongly does not pass."""

import math

import pytest

from theory.claim import AS_STATED, Claim
from theory.claim.reading import Unreadable, read, tokens

JS = [{"JS(p, q)": 0.0, "C(G)": -math.log(4)}, {"JS(p, q)": math.log(2), "C(G)": 0.0}]


def residuals(text, instances=None, **options):
    """Of a text of prose, with those of the two names above that it holds."""
    held = [
        {n: v for n, v in one.items() if n[:2] in text.replace(r"\mathrm{JS}", "JS")} for one in JS
    ]
    return [r.residual for r in read([text, ""], instances or held, **options)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"\mathrm{JS}(p, q) \le \log 2", "JS(p,q) <= log 2"),
        ("θ₁² ≤ ½", "theta_1^2 <= (1/2)"),
        (r"\frac{a}{b}", r"((a)/(b))"),
        (r"\frac{1}{\sqrt{2 \pi}}", "((1)/(sqrt(2 pi)))"),
        (r"\tfrac12 + \frac 3{4} - \frac{5} x", r"((1)/(2)) + ((3)/(4)) - ((5)/(x))"),
        (r"p_{\mathrm{data}} \to p_g", "p_data -> p_g"),
        (r"x^{n+1} - W_1", "x^(n+1) − W₁"),
        (r"\Bigl( 1 - D \Bigr), \quad C''", "(1 - D),, C''"),
        ("KL(p‖q)", r"\mathrm{KL}(p \parallel q)"),
    ],
)
def test_the_same_thing_is_the_same_tokens(one, other):
    assert tokens(one) == tokens(other)


@pytest.mark.parametrize(
    "text",
    [
        "0 <= JS(p, q) <= log 2",
        r"-\log 4 \le C(G) \le 0",
        "C(G) = 2 JS(p, q) - log 4, whatever p and q",
        "so C(G) + log 4 = JS(p, q) * 2 (and not half of it)",
        r"\frac{C(G) + \log 4}{2} = \mathrm{JS}(p, q)",
        "|C(G)| = log 4 - 2 JS(p, q)",
        "max(0, C(G)) = 0, min(1, 2, JS(p, q)) = JS(p, q)",
        "e^(-C(G)) = 4/4^(JS(p, q)/log 2)",
        "p_g = p_data, and C(G) < 0.01",
    ],
)
def test_true_relations_hold(text):
    found = residuals(text)
    assert found
    assert max(found) < 1e-12


@pytest.mark.parametrize(
    "text",
    [
        "1 <= JS(p, q) <= log 2",
        "C(G) = 3 JS(p, q) - log 4",
        "C(G) = 2 JS(p, q) + log 4",
        "JS(p, q) >= log 2",
        "JS(p, q) != 0",
        "C(G) < 0",
        "C(G) = 2.1 JS(p, q) - log 4",
    ],
)
def test_false_relations_do_not(text):
    assert max(residuals(text)) > 1e-3


@pytest.mark.parametrize("text", ["x = 0.3", "x ≈ 2", "x ≈ 0.3", "x <= 2.5", "x < 3", "3 > x"])
def test_infinity_is_no_number(text):
    """The rounding of a decimal beside an infinity is NaN, and no NaN may let a relation pass."""
    assert residuals(text, [{"x": math.inf}]) == [math.inf]


@pytest.mark.parametrize("text", ["x = infinity", "x > 3", "0.3 < x", "x != 0.3", "x >= 2"])
def test_what_is_true_of_infinity(text):
    assert residuals(text, [{"x": math.inf}]) == [0]


def test_a_nan_in_a_text_fails():
    assert math.isnan(residuals("x <= 0.3", [{"x": math.nan}])[0])


def test_two_sides_that_differ_by_rounding_are_equal():
    rounded = [{"x": 0.1 + 0.2, "y": 0.3}]
    assert max(residuals("x = y", rounded)) < 1e-15
    for text in ("x > y", "x < y", "x != y", "y < x"):
        assert max(residuals(text, rounded)) == math.inf


def test_the_sign_in_a_subscript_is_a_part_of_the_name():
    assert tokens("x_{i-1}") != tokens("x_{i+1}")
    assert tokens(r"\int_{-\infty}^0") != tokens(r"\int_{\infty}^0")


def test_a_decimal_stands_for_what_rounds_to_it():
    third = [{"x": 1 / 3}]
    assert max(residuals("x = 0.333, 3 x = 1", third)) == 0
    assert max(residuals("x = 0.332", third)) > 0
    assert max(residuals("x = 0.334", third)) > 0
    assert max(residuals("x ≈ 0.33", third)) == 0
    assert max(residuals("x ≈ 2/6", third)) == 0
    assert max(residuals("x ≈ 1/4", third)) > 0
    assert max(residuals("x = 3.33e-1", third)) == 0
    assert max(residuals("x = 3.34e-1", third)) > 0


def test_a_bound_that_is_never_reached_is_told_by_its_slack():
    slack = {r.text: r.slack for r in read(["0 <= JS(p, q) <= log 3"], [{"JS(p, q)": math.log(2)}])}
    assert slack == {"0 <= JS(p, q)": 0.0, "JS(p, q) <= log 3": pytest.approx(0.369, abs=1e-3)}
    assert [r.slack for r in read(["C <= 0"], [{"C": -1.0}])] == [
        0.0
    ]  # 0 is no number to get wrong


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("it takes 5 steps", "nothing computes “it takes 5 steps” in 'it takes 5 steps'"),
        ("U[0, 2] is a law", "“0 , 2 ] is” in 'U[0, 2] is a law'; and no text holds JS(p, q)"),
        ("y = 2 f(x)", "cannot read '='"),
        ("JS(p, q) = 3 +", "cannot read 'JS(p, q) = 3 +': it ends too soon"),
        ("it holds", "no text holds: JS(p, q)"),
    ],
)
def test_what_cannot_be_read_is_refused(text, message):
    with pytest.raises(Unreadable) as raised:
        residuals(text, [{"JS(p, q)": 3.0}])
    assert message in str(raised.value)


def test_of_a_formula_every_relation_is_read_of_prose_those_that_can_be():
    assert list(read(["D = E", ""], [{}])) == []
    with pytest.raises(Unreadable):
        list(read(["", "D = E"], [{}]))


def test_phrases_are_computed_or_quoted():
    assert residuals("JS is finite: Theorem 1", [{"JS is finite": True, "Theorem 1": None}]) == [0]
    assert residuals("JS is finite", [{"JS is finite": False}]) == [math.inf]
    assert residuals("JS is finite", [{"JS is finite": False}], said=1) == [0]
    assert residuals("JS is finite", [{"JS is finite": True}], said=1) == [math.inf]
    nothing_known = [{"x": 1.0}, {"y": 2.0}]
    with pytest.raises(Unreadable, match="no instance has every name of 'x = y - 1'"):
        residuals("x = y - 1", nothing_known)


def claim(**texts) -> Claim:
    given = {"id": "A-JS-99", "alias": "made-up", "sources": ("Nobody 2000",), "title": "t"}
    made = Claim(**{"statement": "s"} | given | texts)
    made.symbolic(scope=AS_STATED)(lambda: iter([("zero", 0)]))
    made.control("one", of=made.legs[0].check)(lambda: iter([("one", 1)]))
    return made


@pytest.mark.usefixtures("own_registry")
@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ({"statement": "JS <= log 2."}, ""),
        ({"statement": "JS <= log 3."}, "no instance comes near to this bound: JS <= log 3"),
        ({"title": "JS = log 2"}, "does not hold as written: JS = log 2 (0 and 0.693147)"),
        ({"statement": "at most 1 nat"}, "nothing computes “at most 1 nat”"),
        ({"statement": "two laws"}, "no text holds: JS"),
        ({"statement": "JS <= JS + 0"}, "both sides are equal on every instance: JS <= JS + 0"),
    ],
)
def test_a_claim_answers_for_its_words(texts, reason):
    made = claim(**texts)

    @made.meaning()
    def words():
        for value in (0.0, math.log(2)):
            yield {"JS": value}

    verdict = made.verify()
    assert verdict.status == ("failed" if reason else "proved")
    assert reason in verdict.reason


@pytest.mark.usefixtures("own_registry")
def test_an_erratum_quotes_what_is_false_and_says_what_is_true():
    made = Claim(
        id="B-E99",
        alias="made-up",
        title="“JS <= log 3 is sharp”",
        statement="Said: JS <= log 3 is sharp. Right: JS <= log 2.",
        formula=r"\mathrm{JS} \le \log 2",
        sources=("Nobody 2000",),
        erratum=True,
    )
    made.counterexample(at_least=0.1)(lambda: iter([1.0]))
    made.symbolic(scope=AS_STATED)(lambda: iter([("zero", 0)]))
    made.correction("right", tolerance=0.1)(lambda: iter([0.0]))
    values = (0.1, math.log(2))
    made.meaning()(lambda: iter([{"JS": js, "JS <= log 3 is sharp": sharp} for js in values]))
    sharp = False
    assert made.verify().status == "refuted"
    sharp = True
    assert "does not hold as written: JS <= log 3 is sharp" in made.verify().reason


def test_a_function_may_have_its_power_before_its_argument():
    angles = [{"x": x} for x in (0.3, 1.0, 2.0)]
    assert max(residuals(r"\sin^2 x + \cos^{2}(x) = 1", angles)) < 1e-12
    assert max(residuals(r"\tanh^3 x = 1 - 1 + (\tanh x)(\tanh x)(\tanh x)", angles)) < 1e-12
