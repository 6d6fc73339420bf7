"""The theorems that Coq checks: what it accepts, and that it refuses what is false.

The tests that need Coq are skipped without it. `pytest -m slow tests/theory/test_proofs.py` makes
the false edits, and has all numbers enclosed.
"""

import json
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

import theory
from theory.__main__ import app
from theory.chapters.collapse import expressions as collapse
from theory.chapters.dynamics import expressions as dynamics
from theory.chapters.game import expressions as game
from theory.chapters.saturation import expressions as saturation
from theory.chapters.transport import expressions as transport
from theory.proofs import checking, definitions
from theory.proofs.theorems import (
    FORMULAS,
    Theorem,
    compiling_order,
    sources,
    theorems,
)

needs_coq = pytest.mark.skipif(
    checking.coqc() is None, reason="coqc is not installed: python -m theory prove says how"
)
whole = {FORMULAS: definitions.generated(), **sources()}
# What needs no more than Coq itself.
core = {name: text for name, text in whole.items() if "From Interval" not in text}


@pytest.fixture(scope="module")
def compiled_core(tmp_path_factory):
    """A folder with the core, compiled, and the outcomes of its theorems."""
    at = tmp_path_factory.mktemp("core")
    return at, checking.check(core, at)


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """An empty cache of results."""
    monkeypatch.setenv("KGAN_CACHE", str(tmp_path))


def keep(**outcomes):
    checking._keep(checking.Proofs("8.16.1", outcomes, 1.0))


# What is written, without Coq


def test_every_theorem_names_its_claims_and_rests_on_their_formulas():
    written = [n for text in sources().values() for n in re.findall(r"^Theorem (\w+)", text, re.M)]
    assert sorted(t.name for t in theorems()) == sorted(written)
    assert len(set(written)) == len(written) >= 12
    formulas = {formula.name for formula in definitions.FORMULAS}
    known = {claim.id for claim in theory.claims()}
    for theorem in theorems():
        assert theorem.words & formulas, theorem.name
        assert set(theorem.claims) <= known, theorem.name
    used = {word for theorem in theorems() for word in theorem.words}
    assert formulas <= used


def test_files_come_after_what_they_need():
    order = compiling_order(whole)
    assert order[:2] == ["Sums", FORMULAS]
    assert order.index("JensenShannon") < order.index("Divergences") < order.index("Packing")


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ("p*log(p/(p + q))", "p * ln (p / (p + q))"),
        ("-x/(2*y)", "- x / (2 * y)"),
        ("x - (y - z)", "x + z - y"),
        ("1/(1 + exp(-x))", "1 / (1 + exp (- x))"),
        ("x**2/y**3 - Rational(3, 4)", "x ^ 2 / y ^ 3 - 3 / 4"),
        ("(x + y)*sqrt(x)*pi", "PI * sqrt x * (x + y)"),
        ("exp(-(x - y)**2/2)", "exp (- (x - y) ^ 2 / 2)"),
        ("Abs(x - y)*Max(0, x)", "Rabs (x - y) * Rmax 0 x"),
        ("-(-x)**2*log(x)**2", "- x ^ 2 * (ln x) ^ 2"),
        ("-2", "- 2"),
        ("x*(-2)", "- 2 * x"),
    ],
)
def test_expressions_are_printed_as_coq_reads_them(expression, printed):
    import sympy as sp

    names = {name: sp.Symbol(name, real=True) for name in "pqxyz"}
    found = definitions.coq(sp.sympify(expression, locals=names))
    assert found.replace("(ln x)", "ln x") == printed.replace("(ln x)", "ln x")


@pytest.mark.parametrize("expression", ["sin(x)", "x**y", "x**Rational(1, 3)", "oo", "I*x"])
def test_what_coq_cannot_be_told_is_refused(expression):
    import sympy as sp

    with pytest.raises(TypeError, match="no Coq form"):
        definitions.coq(sp.sympify(expression))


def test_each_logarithm_and_quotient_leaves_an_obligation():
    text = definitions.generated()
    lemmas = re.findall(r"^Lemma kl_at_is_defined_\d : .*?\n  (.*)\.$", text, re.M)
    domain = "0 <= p -> 0 <= q -> p = 0 \\/ 0 < q -> "
    assert lemmas == [domain + "p = 0 \\/ 0 < p / q", domain + "p = 0 \\/ q <> 0"]
    # A mass over a quotient does not excuse it, and a formula without either leaves nothing.
    assert "p + q <> 0" in re.findall(r"Lemma optimum_is_defined_1.*?\n  (.*)\.", text)[0]
    assert "pair_is_defined" not in text


def test_a_formula_of_other_symbols_is_refused(monkeypatch):
    import sympy as sp

    monkeypatch.setattr(game, "optimum", lambda p, q: p / sp.Symbol("r"))
    with pytest.raises(ValueError, match=r"^optimum: \{r\} are no arguments of it$"):
        definitions.generated()


# What a claim says of its theorems, without Coq


def leg(claim="A-SAT-02"):
    (found,) = (e for e in theory.verify(claim).evidence if e.kind == "machine-checked")
    return found


@pytest.mark.usefixtures("kept")
def test_what_was_not_checked_here_fails_nothing():
    verdict = theory.verify("A-SAT-02")
    assert verdict.status != "failed"
    found = leg()
    assert (found.holds, found.instances) == (True, 0)
    assert "not checked on this machine: python -m theory prove" in found.description
    printed = CliRunner().invoke(app, ["verify", "A-SAT-02"]).stdout
    assert "1 theorem is not checked by Coq on this machine: python -m theory prove" in printed
    assert "machine-checked," not in printed


@pytest.mark.usefixtures("kept")
def test_what_coq_accepted_is_shown_with_its_statement_and_assumptions():
    keep(saturating_derivative=checking.Outcome(True, axioms=("Classical_Prop.classic",)))
    found = leg()
    assert (found.holds, found.instances, found.residual) == (True, 1, 0)
    assert "checked by Coq 8.16.1" in found.description
    printed = CliRunner().invoke(app, ["show", "A-SAT-02"]).stdout
    for part in (
        "derivable_pt_lim saturating_loss a (saturating_gradient a)",
        "Definition saturating_gradient (a : R) : R",
        "assumes no more than Coq's real numbers do: classic",
    ):
        assert part in printed
    assert "1 machine-checked" in CliRunner().invoke(app, ["verify", "A-SAT-02"]).stdout


@pytest.mark.usefixtures("kept")
def test_what_coq_refused_fails_the_claim():
    keep(saturating_derivative=checking.Outcome(False, reason="Saturation.v, x: wrong"))
    verdict = theory.verify("A-SAT-02")
    assert verdict.status == "failed"
    assert "Coq 8.16.1 refuses it: Saturation.v, x: wrong" in verdict.reason


@pytest.mark.usefixtures("kept")
def test_a_result_counts_for_the_texts_that_coq_read_only(monkeypatch):
    keep(saturating_derivative=checking.Outcome(True))
    assert leg().instances == 1
    monkeypatch.setattr(checking, "texts", lambda: {**whole, "Sums": whole["Sums"] + "\n"})
    assert leg().instances == 0


def test_a_theorem_about_nothing_of_ours_fails():
    stray = Theorem("stray", ("A-SAT-02",), "all", "forall x, x = x", "Sums", frozenset("x"))
    assert checking.standing(stray).wrong == "its statement rests on no formula of the claims"


def test_a_formula_that_cannot_be_printed_fails_the_claim(monkeypatch):
    import sympy as sp

    monkeypatch.setattr(saturation, "sigmoid", sp.sin)
    checking.texts.cache_clear()
    verdict = theory.verify("A-SAT-02")
    assert verdict.status == "failed"
    assert "its formulas: TypeError: no Coq form of sin" in verdict.reason
    monkeypatch.undo()
    assert leg().holds


def test_without_coq_one_line_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    result = CliRunner().invoke(app, ["prove"])
    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "apt install coq libcoq-coquelicot libcoq-interval" in result.stderr


# What Coq says


@needs_coq
def test_coq_accepts_the_core_and_it_assumes_what_real_numbers_do(compiled_core):
    _, outcomes = compiled_core
    assert {o.reason for o in outcomes.values()} == {""}
    assert len(outcomes) >= 12
    for outcome in outcomes.values():
        assert outcome.holds
        assert set(outcome.axioms) <= checking.AXIOMS.keys()


@needs_coq
@pytest.mark.parametrize(
    ("old", "new", "assumed"),
    [
        (
            r"(Theorem both_losses_fall.*?)Proof\..*?Qed\.",
            r"\1Proof. Admitted.",
            "both_losses_fall",
        ),
        (
            r"(Theorem both_losses_fall.*?)Proof\..*?Qed\.",
            "Axiom cheat : False.\n\\1Proof. destruct cheat. Qed.",
            "cheat",
        ),
    ],
)
def test_an_open_proof_or_another_axiom_is_refused(compiled_core, tmp_path, old, new, assumed):
    at = tmp_path / "copy"
    shutil.copytree(compiled_core[0], at)
    text, count = re.subn(old, new, core["Saturation"], flags=re.DOTALL)
    assert count == 1
    here = [theorem for theorem in theorems() if theorem.file == "Saturation"]
    assert checking.compiled("Saturation", text, at) == ""
    for outcome in checking.audited("Saturation", here, text, at).values():
        assert not outcome.holds
        assert outcome.reason == f"it assumes {assumed}"


@needs_coq
def test_what_rests_on_a_refused_file_is_refused(tmp_path):
    outcomes = checking.check({**core, FORMULAS: "Definition value_at := 1.\nFail."}, tmp_path)
    assert all(o.tried and not o.holds for o in outcomes.values())
    assert all(o.reason.startswith("Formulas.v, value_at: ") for o in outcomes.values())


@contextmanager
def edited(module, old, new):
    """A chapter's expressions with an edit of their text."""
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert source.count(old) == 1
    before = dict(vars(module))
    exec(compile(source.replace(old, new), module.__file__, "exec"), vars(module))
    try:
        yield
    finally:
        vars(module).update(before)


# Where it is refused: an obligation in Formulas.v, or a theorem.
FALSE_FORMULAS = [
    (game, "return p / (p + q)", "return q / (p + q)", "Discriminator"),
    (game, "weighted_log(q, 1 - D)", "weighted_log(p, 1 - D)", "Discriminator"),
    (game, "weighted_log(q, 1 - D)", "weighted_log(q, 1 + D)", "Discriminator"),
    (game, "weighted_log(q, 1 - D)", "weighted_log(q, D - 1)", FORMULAS),
    (game, "weighted_log(q, q / (p + q))", "weighted_log(q, p / (p + q))", FORMULAS),
    (game, "return (p + q) / 2", "return (p + q) / 3", "JensenShannon"),
    (game, "return (p + q) / 2", "return (p - q) / 2", FORMULAS),
    (game, "weighted_log(p, p / q)", "weighted_log(p, q / p)", "Discriminator"),
    (game, "kl_at(q, middle(p, q)) / 2", "kl_at(q, middle(p, q))", "JensenShannon"),
    (game, "kl_at(1 - b, 1 - d)", "kl_at(1 - b, d)", "Discriminator"),
    (game, "q * sp.Max(0, 1 + D)", "q * sp.Max(0, D)", "Divergences"),
    (saturation, "return 1 / (1 + sp.exp(-a))", "return 1 / (1 + sp.exp(a))", "Saturation"),
    (saturation, "sp.log(1 - sigmoid(a))", "sp.log(sigmoid(a) - 1)", FORMULAS),
    (saturation, "return -sigmoid(a)", "return sigmoid(a)", "Saturation"),
    (saturation, "return -(1 - sigmoid(a))", "return -sigmoid(a)", "Saturation"),
    (dynamics, "return sp.log(1 + sp.exp(t))", "return sp.log(2 * sp.exp(t) - 1)", FORMULAS),
    (dynamics, "place + step * velocity", "place - step * velocity", "Dynamics"),
    (dynamics, "return -sp.Matrix([", "return sp.Matrix([", "Dynamics"),
    (dynamics, "y + eta * sp.diff(f, y)", "y - eta * sp.diff(f, y)", "Dynamics"),
    (collapse, "sp.Integer(0)) / 2", "sp.Integer(0))", "Divergences"),
    (collapse, "w * a for w", "w + a for w", "Packing"),
    (transport, "return sp.Abs(x - y)", "return sp.Abs(x + y)", "Transport"),
    (transport, "return sp.Min(f, g)", "return sp.Max(f, g)", "Transport"),
    (collapse, "1 - (1 - tau) ** m", "1 - tau**m", "Packing"),
]
FALSE_STATEMENTS = [
    ("Discriminator", "<-> D = optimum p q)", "<-> D = optimum q p)"),
    (
        "Discriminator",
        "  0 <= bernoulli_kl (optimum p q) D.",
        "  0 < bernoulli_kl (optimum p q) D.",
    ),
    ("Discriminator", "0 < optimum p q < 1 /\\", "0 < optimum p q < 1 / 2 /\\"),
    ("JensenShannon", "0 < D i < 1.", "0 <= D i <= 1."),
    ("JensenShannon", "/\\ v = V n p q D) (C n p q).", "/\\ v = V n p q D) (JS n p q)."),
    ("JensenShannon", "  0 <= KL n p q /\\", "  0 < KL n p q /\\"),
    ("JensenShannon", "law n p -> law n q -> absolutely_continuous n p q ->\n  0 <= KL", None),
    ("JensenShannon", "  C n p q = 2 * JS n p q - ln 4.", "  C n p q = 2 * JS n p q - ln 2."),
    ("JensenShannon", "  - ln 4 <= C n p q /\\ (C", "  - ln 2 <= C n p q /\\ (C"),
    ("JensenShannon", "0 <= JS n p q <= ln 2 /\\", "0 <= JS n p q <= ln 2 / 2 /\\"),
    ("Saturation", "saturating_gradient a = - sigmoid a.", "saturating_gradient a = sigmoid a."),
    ("Dynamics", "= (1 + eta ^ 2) * (x ^ 2", "= (1 - eta ^ 2) * (x ^ 2"),
    ("Dynamics", "= 1 + h ^ 2 / 4.", "= 1 + h ^ 2 / 2."),
    ("Divergences", "  2 * TV n p q ^ 2 <= KL n p q.", "  3 * TV n p q ^ 2 <= KL n p q."),
    ("Divergences", "TV n p q ^ 2 / 2 <= JS n p q <=", "2 * TV n p q ^ 2 <= JS n p q <="),
    ("Divergences", "  2 * (1 - TV n p q) <= hinge", "  2 * (1 + TV n p q) <= hinge"),
    ("Divergences", "(non_saturating_loss (ln (p / q)) + (1 - ln 2))", "(1 - ln 2)"),
    ("Transport", "area n x p q <= cost n x plan) /\\", "2 * area n x p q <= cost n x plan) /\\"),
    ("Transport", "= area n x p q.", "= 2 * area n x p q."),
    ("Packing", "  TV n p q <= TV_of_pairs n p q", "  2 * TV n p q <= TV_of_pairs n p q"),
]


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize(("module", "old", "new", "refused_by"), FALSE_FORMULAS)
def test_a_false_formula_is_refused(compiled_core, tmp_path, module, old, new, refused_by):
    at = tmp_path / "copy"
    shutil.copytree(compiled_core[0], at)
    with edited(module, old, new):
        texts = {**core, FORMULAS: definitions.generated()}
    assert texts[FORMULAS] != core[FORMULAS]
    for file in compiling_order(core)[1:]:
        reason = checking.compiled(file, texts[file], at)
        if reason:
            break
    assert reason.startswith(f"{refused_by}.v, "), reason


@needs_coq
@pytest.mark.slow
@pytest.mark.parametrize(("file", "old", "new"), FALSE_STATEMENTS)
def test_a_false_statement_is_refused(compiled_core, tmp_path, file, old, new):
    at = tmp_path / "copy"
    shutil.copytree(compiled_core[0], at)
    assert core[file].count(old) == 1
    if new is None:  # an assumption is dropped
        new = old.replace("absolutely_continuous n p q ->\n", "\n")
    assert checking.compiled(file, core[file].replace(old, new), at).startswith(f"{file}.v, ")


@needs_coq
@pytest.mark.slow
@pytest.mark.usefixtures("kept")
def test_prove_checks_everything_and_verify_tells(tmp_path):
    result = CliRunner().invoke(app, ["prove", "--json"])
    records = json.loads(result.stdout)
    assert [record["theorem"] for record in records] == [t.name for t in theorems()]
    untried = {r["reason"] for r in records if not r["tried"]}
    assert untried <= {"libcoq-coquelicot is not installed", "libcoq-interval is not installed"}
    assert all(r["holds"] for r in records if r["tried"])
    assert result.exit_code == 0
    assert "checked by Coq" in leg().description
