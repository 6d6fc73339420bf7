"""Claims as such: what must come out failed does, and claims are found by name and exercise."""

import math

import pytest

import theory
from theory.claim import SAMPLING_BOUND, Claim, verify_all


def test_several_processes_find_what_one_finds():
    chosen = [c for c in theory.claims() if c.id in ("A-JS-02", "A-JS-09", "A-DST-04", "B-E08")]
    alone = {v.claim.id: v for v in verify_all(chosen)}
    shared = {v.claim.id: v for v in verify_all(chosen, jobs=2)}
    assert list(alone) == [c.id for c in chosen]
    assert set(shared) == set(alone)
    for id_, verdict in shared.items():
        assert (verdict.status, verdict.claim) == (alone[id_].status, alone[id_].claim)
        residuals = [[e.residual for e in v.evidence] for v in (verdict, alone[id_])]
        assert residuals[0] == residuals[1]
    with pytest.raises(ValueError, match="jobs: got 0"):
        next(verify_all(chosen, jobs=0))


def test_verify_takes_id_or_alias():
    assert theory.verify("A-JS-02").claim is theory.verify("js-decomposition").claim
    assert theory.verify("a-js-02").status == "proved"


def test_unknown_claim_names_the_nearest():
    with pytest.raises(ValueError, match=r"'js-decompositon'.*nearest are js-decomposition"):
        theory.verify("js-decompositon")


def test_exercise_takes_in_its_parts_only():
    whole = {c.id for c in theory.claims("HW5.4")}
    assert whole == {c.id for part in "abc" for c in theory.claims(f"HW5.4{part}")}
    assert "A-DST-01" in {c.id for c in theory.claims("hw5.4a")}
    assert "A-JS-02" not in {c.id for c in theory.claims("HW5.4a")}
    for wrong in ("HW5.40", "", "X-000-4b"):
        with pytest.raises(ValueError, match=rf"exercise: got '{wrong}'.*HW5\.4a"):
            theory.claims(wrong)


# The framework: what follows must come out failed, or it could not be trusted above.

isolated = pytest.mark.usefixtures("own_registry")


def make(**fields) -> Claim:
    described = {"title": "t", "statement": "s", "sources": ("Nobody 2000, equation 1",)}
    return Claim(**{"id": "A-JS-99", "alias": "made-up"} | described | fields)


def complete(**fields) -> Claim:
    """A claim that is proved; a test then adds the flaw."""
    claim = make(**fields)

    @claim.symbolic
    def _():
        import sympy as sp

        x = sp.Symbol("x", positive=True)
        yield "a square", (x + 1) ** 2 - x**2 - 2 * x - 1
        yield "an inequality", x + 1 > 0

    @claim.control("wrong", tolerance=1e-9)
    def _(rng):
        yield 1.0

    return claim


@isolated
def test_a_true_claim_is_proved():
    verdict = complete().verify()
    assert (verdict.status, verdict.reason) == ("proved", "")
    assert verdict.evidence[0].steps == ("a square", "an inequality")


@isolated
@pytest.mark.parametrize("step", ["x**2 - x", "x < 1", "1/100", "log(x + 1) - log(x)", "nan"])
def test_a_false_step_fails(step):
    import sympy as sp

    claim = complete()
    x = sp.Symbol("x", positive=True)

    @claim.symbolic
    def _():
        yield "false", sp.sympify(step, locals={"x": x})

    verdict = claim.verify()
    assert verdict.status == "failed"
    assert verdict.reason == "symbolic: a step does not reduce to zero: false"


@isolated
@pytest.mark.parametrize(
    ("residuals", "reason"),
    [
        ([0.0, 2e-9], "residual 2e-09 must be at most 1e-09"),
        ([0.0, math.nan], "a residual is NaN"),
        ([math.inf], "residual inf must be at most"),
        ([], "no instance was checked"),
        ([-1.0], "a residual is negative"),
        (["x"], "could not convert"),
        ([[0.0, 1.0]], "residual 1 must be at most"),
        ([[]], "a residual is empty"),
    ],
)
def test_a_bad_residual_fails(residuals, reason):
    claim = complete()

    @claim.numerical(tolerance=1e-9)
    def _(rng):
        yield from residuals

    verdict = claim.verify()
    assert verdict.status == "failed"
    assert reason in verdict.reason


@isolated
def test_an_exception_fails_the_claim_not_the_run():
    claim = complete()

    @claim.numerical(tolerance=1e-9)
    def _(rng):
        yield 0.0
        raise RuntimeError("broken")

    verdict = claim.verify()
    assert verdict.status == "failed"
    assert "RuntimeError: broken" in verdict.reason


@isolated
@pytest.mark.parametrize("deviation", [SAMPLING_BOUND + 0.1, -SAMPLING_BOUND - 0.1, math.nan])
def test_sampling_is_bounded_on_both_sides(deviation):
    claim = complete()

    @claim.sampling
    def _(rng):
        yield deviation

    assert claim.verify().status == "failed"


@isolated
@pytest.mark.parametrize("residuals", [[0.0], [1e-10, 0.0], [math.nan], []])
def test_a_control_that_goes_unnoticed_fails_the_claim(residuals):
    claim = complete()

    @claim.control("not wrong at all", tolerance=1e-9)
    def _(rng):
        yield from residuals

    verdict = claim.verify()
    assert verdict.status == "failed"
    assert "control" in verdict.reason


@isolated
def test_a_claim_without_control_fails():
    claim = make()

    @claim.symbolic
    def _():
        yield "trivial", 0

    assert claim.verify().reason == "it has no control"
    assert make(id="A-JS-98", alias="bare").verify().reason == "it has no leg"


@isolated
def test_a_claim_without_proof_says_why_and_has_two_legs():
    silent, alone = make(), make(id="A-JS-98", alias="alone", no_proof="no closed form")
    for claim in (silent, alone):

        @claim.numerical(tolerance=1e-9)
        def _(rng):
            yield 0.0

        @claim.control("wrong", tolerance=1e-9)
        def _(rng):
            yield 1.0

    assert "does not say why" in silent.verify().reason
    assert "fewer than two" in alone.verify().reason
    alone.sampling(lambda rng: iter([0.5]))
    assert alone.verify().status == "supported"


@isolated
def test_definitions_are_stated_and_linked_claims_named():
    assert make(definition=True).verify().status == "stated"
    assert make(id="A-JS-98", alias="net", test="tests/t.py::t").verify().status == "linked"


def erratum(gap: float, corrected: float) -> Claim:
    claim = complete(id="B-E99", alias="made-up-erratum", erratum=True)
    claim.legs = claim.legs[:1]

    @claim.counterexample(at_least=1e-3)
    def _():
        yield gap
        yield 1.0

    @claim.control("the corrected statement", tolerance=1e-9)
    def _():
        yield corrected

    return claim


@isolated
@pytest.mark.parametrize(
    ("gap", "corrected", "status"),
    [
        (0.5, 0.0, "refuted"),
        (1e-4, 0.0, "failed"),  # the statement is not wrong there
        (math.nan, 0.0, "failed"),
        (0.5, 0.5, "failed"),  # the counterexample refutes the truth as well
    ],
)
def test_erratum(gap, corrected, status):
    assert erratum(gap, corrected).verify().status == status


@isolated
def test_erratum_needs_a_counterexample():
    assert complete(erratum=True).verify().reason.startswith("it is an erratum without")
    with pytest.raises(ValueError, match="is no erratum"):
        complete(id="A-JS-98", alias="plain").counterexample(at_least=1e-3)


@isolated
def test_instances_are_the_same_each_time_and_differ_between_claims():
    def draws(claim):
        seen = []

        @claim.numerical(tolerance=10.0)
        def _(rng):
            seen.append(rng.uniform())
            yield 0.0

        claim.verify()
        claim.verify()
        return seen

    one = draws(complete())
    other = draws(complete(id="A-JS-98", alias="another"))
    assert one[0] == one[1]
    assert one[0] != other[0]


@isolated
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"id": "JS-2"}, "id: got 'JS-2'"),
        ({"alias": "Bad Alias"}, "alias: got 'Bad Alias'"),
        ({"sources": ()}, "sources: A-JS-99 names none"),
        ({"sources": "a paper"}, "gives a string"),
    ],
)
def test_malformed_claims_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        make(**fields)


@isolated
def test_duplicates_are_refused():
    make()
    with pytest.raises(ValueError, match="A-JS-99 is registered already"):
        make(alias="other")
    with pytest.raises(ValueError, match="made-up of A-JS-98 belongs to A-JS-99"):
        make(id="A-JS-98")


@isolated
def test_record_is_json_even_when_a_residual_is_infinite():
    import json

    claim = complete()

    @claim.control("infinitely wrong", tolerance=1e-9)
    def _():
        yield math.inf

    record = claim.verify().record()
    assert record["status"] == "proved"
    assert record["control"][1]["residual"] == "inf"
    assert json.loads(json.dumps(record, allow_nan=False)) == record
