"""Claims as such: what must come out failed does, and claims are found by name and exercise."""

import math
import re

import numpy as np
import pytest

import theory
from theory.claim import AS_STATED, SAMPLING_BOUND, TOPICS, Claim, excess, linked
from theory.claim.registry import pending, verify_all


def test_several_processes_find_what_one_finds():
    chosen = [c for c in theory.claims() if c.id in ("A-JS-02", "A-JS-09", "A-DST-04", "B-E08")]
    alone = {v.claim.id: v for v in verify_all(chosen)}
    shared = {v.claim.id: v for v in verify_all(chosen, jobs=2)}
    assert list(alone) == [c.id for c in chosen]
    assert set(shared) == set(alone)
    for id_, verdict in shared.items():
        assert (verdict.status, verdict.claim) == (alone[id_].status, alone[id_].claim)
        assert verdict.seconds > 0
        np.testing.assert_array_equal(  # NaN where a theorem waits for Coq
            *([e.residual for e in v.evidence] for v in (verdict, alone[id_]))
        )
    with pytest.raises(ValueError, match=r"^jobs: got 0, expected at least 1$"):
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

    @claim.symbolic(scope=AS_STATED)
    def proof():
        import sympy as sp

        x = sp.Symbol("x", positive=True)
        yield "a square", (x + 1) ** 2 - x**2 - 2 * x - 1
        yield "an inequality", x + 1 > 0

    if not claim.erratum:

        @claim.control("wrong", of=proof)
        def wrong(rng):
            yield "one is nothing", 1

    return claim


def why(verdict) -> str:
    """Why a claim failed, without the names of legs."""
    return re.sub(r" “[^”]*”(?=: )", "", verdict.reason)


def measured(claim: Claim, residuals=(0.0,), tolerance: float = 1e-9):
    """Give a claim a numerical leg."""
    return claim.numerical(tolerance=tolerance)(lambda: iter(residuals))


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

    @claim.symbolic(scope=AS_STATED)
    def _():
        yield "false", sp.sympify(step, locals={"x": x})

    verdict = claim.verify()
    assert verdict.status == "failed"
    assert verdict.reason == "symbolic “ ”: a step does not reduce to zero: false"


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

    @claim.sampling()
    def _(rng):
        yield deviation

    assert claim.verify().status == "failed"


@isolated
@pytest.mark.parametrize("residuals", [[0.0], [1e-10, 0.0], [math.nan], []])
def test_a_control_that_goes_unnoticed_fails_the_claim(residuals):
    claim = complete()

    @claim.control("not wrong at all", of=measured(claim))
    def _(rng):
        yield from residuals

    verdict = claim.verify()
    assert verdict.status == "failed"
    assert "control" in verdict.reason


@isolated
def test_a_claim_without_control_fails():
    claim = make()

    @claim.symbolic(scope=AS_STATED)
    def _():
        yield "trivial", 0

    assert claim.verify().reason == "it has no control"
    assert make(id="A-JS-98", alias="bare").verify().reason == "it has no leg"


@isolated
def test_a_claim_without_proof_says_why_and_has_two_legs():
    silent, alone = make(), make(id="A-JS-98", alias="alone", no_proof="no closed form")
    for claim in (silent, alone):

        @claim.control("wrong", of=measured(claim))
        def _(rng):
            yield 1.0

    assert "does not say why" in silent.verify().reason
    assert "fewer than two" in alone.verify().reason
    alone.sampling()(lambda rng: iter([0.5]))
    assert alone.verify().status == "supported"


@isolated
def test_definitions_are_stated_and_linked_claims_named():
    assert make(definition=True).verify().status == "stated"
    assert complete(id="A-JS-97", alias="word", definition=True).verify().status == "stated"
    linked = make(id="A-JS-98", alias="net", test="tests/t.py::t", training=True)
    assert linked.verify().status == "linked"
    reason = "only training shows it, and it names no test"
    assert make(id="A-JS-96", alias="none", training=True).verify().reason == reason


@isolated
def test_a_case_is_a_proof_in_part_and_the_rest_is_measured():
    claim = make()
    claim.symbolic(scope="for two points")(lambda: iter([("zero", 0)]))
    leg = measured(claim)
    claim.control("wrong", of=leg)(lambda: iter([1.0]))
    verdict = claim.verify()
    assert (verdict.status, claim.scope) == ("proved in part", "for two points")
    assert verdict.record()["scope"] == "for two points"
    claim.legs = [part for part in claim.legs if part.kind == "symbolic"]
    claim.control("wrong", of=claim.legs[0].check)(lambda: iter([("one", 1)]))
    assert claim.verify().reason == "a case is proved, and nothing measures the rest"
    for bad in ("", "AS_STATED", 3):
        with pytest.raises(
            ValueError, match=f"scope: A-JS-99 gives {bad!r}, expected AS_STATED or"
        ):
            claim.symbolic(scope=bad)
    complete_too = complete(id="A-JS-98", alias="another")
    complete_too.symbolic(scope="for two points")(lambda: iter([("zero", 0)]))
    assert (complete_too.verify().status, complete_too.scope) == ("proved", AS_STATED)


@isolated
def test_words_that_nothing_reads_fail():
    reason = complete(statement="at most 1/4").verify().reason
    assert reason.startswith("its words are not read (@claim.meaning): nothing computes “at most 1")
    assert complete(id="A-JS-98", alias="wordless").verify().status == "proved"


@isolated
def test_a_check_that_returns_is_told_to_yield():
    claim = complete()
    claim.numerical(tolerance=1e-9)(lambda: 0.0)
    assert why(claim.verify()) == (
        "numerical: TypeError: the check returned float, expected it to yield"
    )


@isolated
def test_a_nan_that_a_maximum_would_hide():
    assert max(0.0, math.nan) == 0.0
    assert np.isnan([excess(math.nan, 1.0), excess(1.0, math.nan)]).all()
    assert excess([0.5, 2.0], 1.0).tolist() == [0.0, 1.0]
    claim = complete()
    measured(claim, [excess(math.nan, 0.0)])  # "JS <= 0", with a JS that came out as NaN
    assert why(claim.verify()) == "numerical: a residual is NaN"


@isolated
def test_a_control_is_held_to_the_bound_of_its_leg():
    import flint

    claim = complete()
    sampled = claim.sampling()(lambda rng: iter([0.5]))
    claim.control("three of four", of=sampled)(lambda: iter([9.0, -9.0, 1.0, 5.0]))
    enclosed = claim.certified(tolerance=1e-3)(lambda: iter([flint.arb(0)]))
    verdict = claim.verify()
    assert (verdict.status, verdict.evidence[-2].noticed, verdict.evidence[-2].weak) == (
        "proved",
        3,
        False,
    )
    # A ball that may hold 0 has noticed nothing.
    claim.control("wide", of=enclosed)(lambda: iter([flint.arb(0, 1), flint.arb(1)]))
    assert claim.verify().evidence[-1].noticed == 1
    assert not claim.verify().evidence[-1].weak
    with pytest.raises(ValueError, match=r"^of: print is no leg of A-JS-99, expected one declared"):
        claim.control("of nothing", of=print)
    with pytest.raises(ValueError, match=r"^A-JS-99 is no erratum, there is nothing to correct$"):
        claim.correction("c", tolerance=1.0)


@isolated
def test_a_miss_that_is_stated_is_the_miss_that_is_found():
    claim = complete()
    leg = measured(claim)
    claim.control("off by .5", of=leg, miss=0.5)(lambda: iter([0.1, 0.502]))
    assert claim.verify().status == "proved"
    claim.control("off by .5", of=leg, miss=0.5)(lambda: iter([0.1, 0.51]))
    assert why(claim.verify()) == "control: it misses by 0.51, and 0.5 is stated"


def erratum(gap: float, corrected: float, miss: float | None = None) -> Claim:
    claim = complete(id="B-E99", alias="made-up-erratum", erratum=True)

    @claim.counterexample(at_least=1e-3, miss=miss)
    def _():
        yield gap
        yield 1.0

    @claim.correction("the corrected statement", tolerance=1e-9)
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
@pytest.mark.parametrize(
    ("miss", "reason"),
    [(0.5, ""), (0.51, "counterexample: it misses by 0.5, and 0.51 is stated")],
)
def test_a_counterexamples_miss_is_its_smallest(miss, reason):
    assert why(erratum(0.5, 0.0, miss).verify()) == reason


@isolated
def test_descriptions_are_kept():
    claim = complete(id="B-E98", alias="described", erratum=True)
    claim.counterexample(at_least=1e-3, description="far off")(lambda: iter([1.0]))
    claim.correction("right", tolerance=1e-9)(lambda: iter([0.0]))
    claim.meaning()(lambda: iter([{}]))
    assert [leg.description for leg in claim.legs[-3:]] == [
        "far off", "right", "title, statement and formula, evaluated",
    ]  # fmt: skip


@isolated
def test_erratum_needs_a_counterexample():
    claim = complete(erratum=True)
    claim.correction("right", tolerance=1e-9)(lambda: iter([0.0]))
    assert claim.verify().reason.startswith("it is an erratum without")
    with pytest.raises(
        ValueError, match=r"^A-JS-98 is no erratum, a counterexample would refute a claim$"
    ):
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
        ({"id": "JS-2"}, "id: got 'JS-2', expected one such as A-JS-02 or B-E16"),
        (
            {"id": "A-BER-01"},
            r"id: A-BER-01 is of no group, expected one of A-GAN, .*, B \(a new one goes into .*\)",
        ),
        ({"id": "xA-JS-02"}, "id: got 'xA-JS-02', expected one such as A-JS-02 or B-E16"),
        (
            {"alias": "Bad Alias"},
            "alias: got 'Bad Alias', expected lower case words and hyphens",
        ),
        ({"sources": ()}, "sources: A-JS-99 names none, expected at least one"),
        (
            {"sources": "a paper"},
            "sources: A-JS-99 gives a string, expected a tuple of strings",
        ),
        (
            {"assumptions": "x"},
            "assumptions: A-JS-99 gives a string, expected a tuple of strings",
        ),
    ],
)
def test_malformed_claims_are_refused(fields, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        make(**fields)
    assert theory.claims() == []


@isolated
def test_duplicates_are_refused():
    make()
    with pytest.raises(ValueError, match=r"^id: A-JS-99 is registered already$"):
        make(alias="other")
    with pytest.raises(ValueError, match=r"^alias: made-up of A-JS-98 belongs to A-JS-99$"):
        make(id="A-JS-98")


@isolated
def test_record_is_json_even_when_a_residual_is_infinite():
    import json

    claim = complete()

    @claim.control("infinitely wrong", of=measured(claim))
    def _():
        yield math.inf

    record = claim.verify().record()
    assert record["status"] == "proved"
    assert record["control"][1]["residual"] == "inf"
    assert json.loads(json.dumps(record, allow_nan=False)) == record


@isolated
def test_the_record_holds_everything_and_nothing_else():
    claim = make(
        id="A-JS-98",
        alias="recorded",
        title="a title",
        statement="a statement",
        formula=r"\delta x",
        assumptions=("x is a number",),
        test="tests/t.py::t",
        training=True,
        no_proof="it is too hard",
    )

    @claim.numerical(tolerance=1e-9, description="twice zero")
    def zero_twice(rng):
        yield from (0.0, 5e-10)

    @claim.sampling("by chance")
    def drawn():
        yield -1.5

    @claim.control("one", of=zero_twice, miss=1.0)
    def one():
        yield from (1.0, 0.0)

    verdict = claim.verify()
    record = verdict.record()
    seconds = [leg.pop("seconds") for leg in (*record["legs"], *record["control"])]
    assert seconds == [e.seconds for e in verdict.evidence]
    assert record.pop("seconds") == verdict.seconds >= sum(seconds) > 0
    leg = {"holds": True, "detail": "", "steps": [], "instances": 2, "scope": "", "noticed": 0}
    assert record == {
        "id": "A-JS-98",
        "alias": "recorded",
        "title": "a title",
        "statement": "a statement",
        "formula": r"\delta x",
        "assumptions": ["x is a number"],
        "sources": ["Nobody 2000, equation 1"],
        "exercises": [],
        "legs": [
            leg
            | {"kind": "numerical", "name": "zero twice", "description": "twice zero"}
            | {"tolerance": 1e-9, "residual": 5e-10},
            leg
            | {"kind": "sampling", "name": "drawn", "description": "by chance", "instances": 1}
            | {"residual": 1.5, "tolerance": SAMPLING_BOUND},
        ],
        "control": [
            leg
            | {"kind": "control", "name": "one", "description": "one", "residual": 1.0}
            | {"tolerance": 1e-9, "noticed": 1},
        ],
        "scope": "",
        "status": "linked",
        "test": "tests/t.py::t",
        "test_result": "not run on this machine",
        "no_proof": "it is too hard",
        "reason": "",
    }


@isolated
def test_legs_are_as_declared():
    import flint

    claim = complete()
    claim.sampling()(lambda rng: iter([0.0]))
    claim.certified(tolerance=1e-20, description="a ball")(lambda: iter([flint.arb(0, 1e-21)]))
    kinds = [(leg.kind, leg.description, leg.tolerance) for leg in claim.legs]
    assert kinds == [
        ("symbolic", "proof", 0.0),
        ("control", "wrong", 0.0),
        ("sampling", "", SAMPLING_BOUND),
        ("certified", "a ball", 1e-20),
    ]
    assert claim.verify().status == "proved"
    assert claim.verify().evidence[-1].residual == pytest.approx(1e-21)


@isolated
@pytest.mark.parametrize(
    ("ball", "reason"),
    [
        ("flint.arb(0, 2e-20)", "residual 2e-20 must be at most 1e-20"),
        ("flint.arb(1e-3)", "residual 0.001 must be at most 1e-20"),
        ("flint.arb('nan')", "a residual is NaN"),
        ("0.0", "TypeError: a certified leg yielded float, expected a flint.arb"),
    ],
)
def test_a_ball_that_may_miss_fails(ball, reason):
    import flint

    claim = complete()
    claim.certified(tolerance=1e-20)(lambda: iter([eval(ball, {"flint": flint})]))
    verdict = claim.verify()
    assert verdict.status == "failed"
    assert why(verdict) == f"certified: {reason}"


@isolated
@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("counterexample", 1e-4, "counterexample: residual 0.0001 must exceed 0.001"),
        ("control", 0.5, "control: residual 0.5 must be at most 1e-09"),
    ],
)
def test_an_erratum_says_which_side_it_missed(kind, value, reason):
    claim = erratum(*((value, 0.0) if kind == "counterexample" else (1.0, value)))
    assert why(claim.verify()) == reason


@isolated
def test_a_control_says_that_it_went_unnoticed():
    claim = complete()
    leg = measured(claim, tolerance=1e-3)
    claim.control("harmless", of=leg)(lambda: iter([1e-4]))
    reason = "control: residual 0.0001 went unnoticed: it must exceed 0.001"
    assert why(claim.verify()) == reason


@isolated
def test_bounds_belong_to_the_right_side():
    claim = complete()
    leg = measured(claim, [0.25], tolerance=0.25)  # at the bound: holds
    assert claim.verify().status == "proved"
    claim.control("at its bound, unnoticed", of=leg)(lambda: iter([0.25]))
    assert claim.verify().status == "failed"
    assert erratum(1e-3, 1e-9).verify().status == "failed"  # the gap must exceed, not reach


@isolated
def test_an_id_that_is_nothing_like_any():
    complete()
    wanted = r"^claim: got 'zzzz', which is no id or alias; `python -m theory list` names all$"
    with pytest.raises(ValueError, match=wanted):
        theory.verify("zzzz")
    wanted = r"^claim: got 'A-JS-9', which is no id or alias; nearest are A-JS-99$"
    with pytest.raises(ValueError, match=wanted):
        theory.verify("A-JS-9")
    assert theory.verify("MADE-UP").status == "proved"


@isolated
def test_claims_come_in_the_order_of_their_groups_then_of_their_ids():
    for id_, alias in (("A-SAT-02", "c"), ("A-JS-10", "b"), ("A-SAT-01", "a"), ("A-JS-09", "d")):
        make(id=id_, alias=alias)
    assert [c.id for c in theory.claims()] == ["A-JS-09", "A-JS-10", "A-SAT-01", "A-SAT-02"]
    assert [c.topic for c in theory.claims()][1:3] == [TOPICS["A-JS"], "Saturation"]
    assert [c.id for c in theory.claims("HW5.6.2a")] == ["A-SAT-01", "A-SAT-02"]
    assert pending("HW5.6.2a") == ["A-DST-03", "B-E12"]
    assert pending("HW5.6.2")[:2] == ["A-DST-03", "B-E12"]


@isolated
def test_one_job_takes_claims_that_no_other_process_could_find():
    chosen = [complete(), complete(id="A-JS-98", alias="another")]
    assert [v.claim for v in verify_all(chosen)] == chosen  # unregistered elsewhere, in order
    assert [v.status for v in verify_all(chosen[:1], jobs=2)] == ["proved"]
    assert list(verify_all([])) == []


def test_the_last_result_of_a_linked_test_is_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("KGAN_CACHE", str(tmp_path / "cache"))
    assert linked.last_result("tests/t.py::t") == "not run on this machine"
    linked.note("tests/t.py::t[a]", "passed", "jax")
    linked.note("tests/t.py::t[b]", "skipped", "tensorflow")
    linked.note("tests/t.py::ten", "failed", "torch")
    assert linked.last_result("tests/t.py::t").startswith("passed on jax, tensorflow, 20")
    assert linked.last_result("tests/t.py::ten").startswith("failed on torch, 20")
    (tmp_path / "cache" / "linked.json").write_text("[")  # half written by something else
    assert linked.last_result("tests/t.py::t") == "not run on this machine"
