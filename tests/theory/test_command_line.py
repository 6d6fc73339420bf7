"""`python -m theory` as a user and as a program meets it, and what importing theory costs."""

import io
import json
import re
import subprocess
import sys

import pytest
from rich.console import Console
from typer.testing import CliRunner

import theory
from theory.__main__ import app, main
from theory.claim import AS_STATED, Claim
from theory.report import page
from theory.report.terminal import summary, verdict_table

HEAVY = ("keras", "tensorflow", "jax", "torch", "sympy", "scipy.stats", "matplotlib", "sklearn")


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_verify_prints_a_table_and_the_counts():
    result = run("verify", "js-decomposition", "A-DST-04")
    assert result.exit_code == 0
    for part in (
        "A-JS-02",
        "js-decomposition",
        "proved",
        "numerical",
        "control",
        "≤ 1e-12",
        "exact",
    ):
        assert part in result.stdout
    assert re.search(r"2 claims: 2 proved, in \d+\.\d s$", result.stdout.strip())
    assert re.search(r"legs: 2 symbolic, .*\d numerical, .*\d control", result.stdout)


def test_several_processes_show_both_the_work_and_the_clock():
    result = run("verify", "A-JS-09", "A-DST-04", "-j", 2)
    assert result.exit_code == 0
    assert re.search(r"in \d+\.\d s of work \(\d+\.\d s by the clock\)", result.stdout)


def test_verify_names_each_claim_once():
    result = run("verify", "A-JS-09", "functional-gradient", "--json")
    assert [record["id"] for record in json.loads(result.stdout)] == ["A-JS-09"]


def test_verify_json_is_the_record():
    result = run("verify", "A-JS-09", "--json")
    (record,) = json.loads(result.stdout)
    assert result.exit_code == 0
    keys = [
        "id",
        "alias",
        "title",
        "statement",
        "assumptions",
        "sources",
        "exercises",
        "legs",
        "control",
        "status",
    ]
    assert set(keys) <= set(record)
    assert {leg["kind"] for leg in record["legs"]} == {"symbolic", "numerical", "text"}
    assert set(record["legs"][0]) >= {"kind", "residual", "tolerance", "seconds"}


def test_verify_an_exercise():
    found = json.loads(run("list", "--exercise", "HW5.6", "--json").stdout)
    assert {"A-DST-03"} <= {claim["id"] for claim in found["claims"]}
    assert all(any(e.startswith("HW5.6") for e in claim["exercises"]) for claim in found["claims"])
    assert found["pending"] == theory.claim.registry.pending("HW5.6")


@pytest.mark.usefixtures("own_registry")
@pytest.mark.parametrize("command", ["verify", "list"])
def test_an_exercise_without_claims_names_what_is_still_to_be_built(command):
    ids = ["A-RNN-01", "A-RNN-02", "B-E01", "B-E46"]
    result = run(command, "--exercise", "HW5.1a")
    assert result.exit_code == 0
    assert result.stdout == f"still to be built for HW5.1a: {', '.join(ids)}\n"
    result = run(command, "--exercise", "HW5.1a", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"claims": [], "pending": ids}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify", "js-decompositon"], r"error: claim: got 'js-decompositon'.*js-decomposition"),
        (["show", "A-JS-20"], r"error: claim: got 'A-JS-20'.*A-JS-"),
        (["verify", "--exercise", "HW9.1"], r"error: exercise: got 'HW9.1'.*HW5.4a"),
        (["list", "--exercise", "HW9.1"], r"error: exercise: got 'HW9.1'.*HW5.4a"),
    ],
)
def test_bad_names_are_one_line_and_exit_code_2(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert re.match(message, result.stderr)
    assert result.stdout == ""


@pytest.mark.usefixtures("own_registry")
def test_a_failed_claim_exits_with_1():
    claim = Claim(id="A-JS-99", alias="false", title="1 = 2", statement="s", sources=("nobody",))

    @claim.symbolic(scope=AS_STATED)
    def proof():
        yield "one is two", 1 - 2

    @claim.control("wrong", of=proof)
    def _():
        yield "two is three", 1
        raise RuntimeError("too far")

    result = run("verify")
    assert result.exit_code == 1
    assert "1 claim: 1 failed" in result.stdout
    assert "does not reduce to zero: one is two" in result.stdout
    assert run("verify", "--json").exit_code == 1
    assert run("show", "false").exit_code == 1
    trace = run("verify", "--traceback").stderr
    assert "A-JS-99, control leg" in trace
    assert 'raise RuntimeError("too far")' in trace


def test_show_prints_the_proof():
    text = run("show", "js-decomposition").stdout
    for part in ("Assumptions", "Proof", "1. ", "Numbers", "Sources", "HW5.4b", "proved"):
        assert part in text


def test_show_names_the_course_as_a_student_knows_it():
    text = run("show", "A-GAN-03").stdout
    assert "Slides: generative adversarial nets, “Global optimum, change of variables" in text
    assert "Homework 5, question 4b" in run("show", "js-decomposition").stdout
    assert "000_8b69f153baee6a3b.txt" not in run("show", "js-decomposition").stdout
    record = json.loads(run("show", "js-decomposition", "--json").stdout)
    assert any("000_8b69f153baee6a3b.txt:" in source for source in record["sources"])


def test_show_prints_formula_figures_and_control():
    text = run("show", "B-E69").stdout
    for part in (
        "Numbers",
        "What is right, by the same measure",
        "correction",
        "Figures in the report",
        "mistakes-without-an-error",
    ):
        assert part in text


def test_a_table_fits_a_narrow_terminal_and_the_scope_stands_below():
    console = Console(width=80, file=io.StringIO())
    verdicts = [theory.verify("A-SUP-06")]
    console.print(verdict_table(verdicts, narrow=True))
    lines = console.file.getvalue().splitlines()
    assert any("A-SUP-06" in line and "proved in part" in line for line in lines)
    assert f"A-SUP-06 proved in part: {verdicts[0].claim.scope}" in summary(verdicts)


def test_an_exercise_in_the_place_of_a_claim_is_told_so():
    result = run("verify", "HW5.4")
    assert result.exit_code == 2
    assert "which is an exercise: --exercise HW5.4" in result.stderr


def test_list_says_what_each_status_means():
    text = run("list", "--exercise", "HW5.6").stdout
    assert "proved in part: a case or a step is proved" in text
    assert "refuted: a mistake" in text


@pytest.mark.usefixtures("own_registry")
def test_show_prints_how_far_a_certified_number_may_be_off():
    import flint

    claim = Claim(
        id="A-JS-99",
        alias="certified",
        title="t",
        statement="s",
        sources=("nobody",),
        formula=r"\frac12",
        no_proof="an example",
    )

    @claim.certified(tolerance=1e-10)
    def _():
        yield flint.arb(0, 2e-12)

    text = run("show", "certified").stdout
    assert re.search(r"certified: within 2\.00e-12 of 0, must be ≤ 1e-10, 1 values", text)
    assert r"\frac12" in text


def test_list_names_every_claim():
    text = run("list").stdout
    assert all(claim.id in text for claim in theory.claims())


def test_verify_writes_a_page_of_what_it_verified(tmp_path):
    folder = tmp_path / "deep" / "report"
    assert run("verify", "A-JS-09", "--report", folder).exit_code == 0
    (record,) = json.loads((folder / "claims.json").read_text(encoding="utf-8"))
    assert record["status"] == "proved"
    assert 'id="A-JS-09"' in (folder / "index.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in folder.parent.iterdir()) == ["report"]


@pytest.mark.usefixtures("own_registry")
def test_report_verifies_everything_and_exits_with_1_when_a_claim_failed(tmp_path):
    Claim(id="A-JS-98", alias="named", title="t", statement="s", sources=("n",), definition=True)
    folder = tmp_path / "report"
    result = run("report", folder)
    assert result.exit_code == 0
    assert "1 claim: 1 stated" in result.stdout
    assert str(folder / "index.html") in result.stdout.replace("\n", "")
    Claim(id="A-JS-99", alias="bare", title="t", statement="s", sources=("n",))
    assert run("report", tmp_path / "again").exit_code == 1
    assert "it has no leg" in (tmp_path / "again" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [["report"], ["verify", "A-JS-09", "--report"]])
def test_report_refuses_a_folder_that_exists_or_cannot_be_made(command, tmp_path):
    (tmp_path / "file").write_text("")
    for folder, why in ((tmp_path, "exists already"), (tmp_path / "file" / "in", "cannot be made")):
        result = run(*command, folder)
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1
        assert why in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("accident", [KeyboardInterrupt, OSError("disk full")])
def test_nothing_half_written_stays(accident, tmp_path, monkeypatch):
    def write(folder, *_arguments, **_options):
        (folder / "index.html").write_text("half")
        raise accident

    monkeypatch.setattr(page, "write", write)
    run("verify", "A-JS-09", "--report", tmp_path / "report")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report"], "Missing argument 'DIR'"),
        (["verify", "-j", "0"], "greater than or equal to 1"),
        (["proof"], "No such command 'proof'"),
        (["list", "--exercises"], "No such option"),
    ],
)
def test_mistakes_on_the_command_line_are_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert message in printed.err


def python(code, *options):
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def loaded(code):
    names = python(f"import sys\n{code}\nprint(*sys.modules)").stdout.split()
    return {name for name in HEAVY if name in names}


def test_import_is_light():
    assert loaded("import theory, theory.claim") == set()
    # the check sees what is loaded
    assert loaded("import theory; theory.Mixture.normal([1], [0], [1])") == {"scipy.stats"}


def test_claims_and_calculators_need_no_framework():
    used = loaded("import theory; theory.verify('A-JS-02'); theory.js([1], [1])")
    assert used <= {"sympy", "scipy.stats"}


def test_import_is_quick():
    report = python("import theory", "-X", "importtime").stderr
    (microseconds,) = re.findall(r"\|\s*(\d+) \| theory$", report, re.MULTILINE)
    assert int(microseconds) < 1_500_000


def test_lazy_names():
    assert set(theory.__all__) == set(theory._HOME)
    assert all(hasattr(theory, name) for name in theory.__all__)
    with pytest.raises(AttributeError, match="no attribute 'jensen'"):
        _ = theory.jensen
