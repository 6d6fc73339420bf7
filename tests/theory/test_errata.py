"""An erratum says what is wrong and what is right, and where."""

import theory


def test_errata_say_what_is_wrong_and_what_is_right():
    errata = [c for c in theory.claims() if c.erratum]
    assert {c.id for c in errata} == {c.id for c in theory.claims() if c.id.startswith("B-")}
    for erratum in errata:
        assert erratum.statement.startswith("Said: "), erratum.id
        assert " Right: " in erratum.statement, erratum.id
        assert erratum.id > "B-E65" or any(".txt:" in source for source in erratum.sources)
