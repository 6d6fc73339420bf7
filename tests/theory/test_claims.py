"""One harness over every claim, and the registry against the ledger."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import theory
from theory.claim import TOPICS
from theory.claim.exercises import EXERCISES
from theory.claim.registry import CHAPTERS, pending

CLAIMS = theory.claims()
ROOT = Path(__file__).parents[2]
LEDGER = json.loads((Path(__file__).parent / "ledger_ids.json").read_text())
# The ledger's groups that are built; the others are of models still to come.
GROUPS = ("GAN", "DST", "JS", "SAT", "SUP", "OT", "DYN", "MC", "GEN", "EVA", "NN")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.id)
def test_claim_holds(claim):
    verdict = claim.verify()
    assert verdict.reason == ""
    assert verdict.status == claim.standing
    assert claim.sources
    for leg in claim.legs:
        measures = leg.kind == "counterexample" or (leg.kind == "control" and not claim.erratum)
        assert not measures or leg.miss is not None, (
            f"{leg.name} says by how much it misses (miss=)"
        )


def test_the_ledger_is_covered():
    wanted = {id_ for id_ in LEDGER["A"] if id_.split("-")[1] in GROUPS} | set(LEDGER["B"])
    assert sorted(wanted - {claim.id for claim in CLAIMS}) == []
    assert all(claim.erratum == claim.id.startswith("B-E") for claim in CLAIMS)


def test_the_exercises_are_the_ledgers():
    def name(id_):
        kind, document, question = id_.split("-", 2)
        if kind == "L":
            return {"002": "SLIDES-GAN", "003": "SLIDES-GENERATIVE"}[document] + f".{question}"
        return {"000": "HW5", "001": "HW4", "004": "HW7"}[document] + f".{question}"

    expected = {name(id_): list(answers) for id_, answers in LEDGER["D"].items()}
    ours = set(LEDGER["A"]) | set(LEDGER["B"])
    # Claims that the ledger does not know may answer an exercise, too.
    assert {e.name: [i for i in e.answers if i in ours] for e in EXERCISES} == expected


def test_every_exercise_has_claims_or_names_what_is_to_come():
    built = {claim.id for claim in CLAIMS}
    for exercise in EXERCISES:
        found = {claim.id for claim in theory.claims(exercise.name)}
        missing = pending(exercise.name)
        assert found == set(exercise.answers) & built
        assert found | set(missing) == set(exercise.answers)
        assert {id_.split("-")[1] for id_ in missing}.isdisjoint(GROUPS)
        assert all(exercise.name in claim.exercises for claim in theory.claims(exercise.name))


def test_a_claims_topic_is_its_groups():
    assert theory.verify("js-decomposition").claim.topic == "The Jensen-Shannon divergence"
    assert {claim.topic for claim in CLAIMS} == set(TOPICS.values())


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.test], ids=lambda c: c.id)
def test_linked_test_exists(claim):
    path, name = claim.test.split("::")
    assert f"def {name}(" in (ROOT / path).read_text()


def test_a_claim_is_found_in_its_chapter_alone():
    """Looking for one claim imports the file that declares it, and no other chapter."""
    code = (
        "import sys; from theory.claim.registry import find; "
        "find('js-decomposition'); print(*sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    chapters = {m.split(".")[2] for m in run.stdout.split() if m.startswith("theory.chapters.")}
    assert chapters == {"game"}


def test_a_chapter_is_a_folder_of_claims_mistakes_and_figures():
    for chapter in CHAPTERS.iterdir():
        files = list(chapter.glob("*.py"))
        assert files or chapter.name == "__pycache__", chapter
        for file in files:
            text = file.read_text(encoding="utf-8")
            assert len(text.splitlines()) <= 500, f"{file} is too long: split it by subject"
            others = {m[1] for m in re.finditer(r"theory\.chapters\.(\w+)", text)}
            assert others <= {chapter.name}, f"{file} imports another chapter"
