"""The groups are complete, and an erratum cannot pass by a counterexample that refutes anything."""

import pytest

import theory

NUMBERS = (8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19, 25, 42, 47, 49, 50, 57, 60, 61)
IDS = {
    "A-GAN": {f"A-GAN-{n:02}" for n in range(1, 18)} | {"A-GAN-04b", "A-GAN-08b"},
    "A-SAT": {f"A-SAT-{n:02}" for n in range(1, 13)},
    "B-E": {f"B-E{n:02}" for n in NUMBERS},
}


@pytest.mark.parametrize("group", IDS)
def test_group_is_complete(group):
    assert IDS[group] <= {c.id for c in theory.claims()}


def test_errata_say_what_is_wrong_and_what_is_right():
    errata = [c for c in theory.claims() if c.erratum]
    assert {c.id for c in errata} == {c.id for c in theory.claims() if c.id.startswith("B-")}
    for erratum in errata:
        assert erratum.statement.startswith("Said: ")
        assert " Right: " in erratum.statement
        assert any(".txt:" in source for source in erratum.sources)
