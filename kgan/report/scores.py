"""Scores as a table for the terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


def score_table(scores: Mapping[str, Any]) -> Group:
    """What `kgan.metrics.evaluation.evaluate` returned, a column for each set of samples."""
    columns = scores["columns"]
    table = Table(pad_edge=False)
    table.add_column("score")
    for name in columns:
        table.add_column(name, justify="right")
    for score in score_names(columns):
        table.add_row(score, *(number(column.get(score)) for column in columns.values()))
    heading = f"{scores['data']}, in {scores['extractor']}, k = {scores['neighbours']}"
    lines: list[RenderableType] = [Text(heading), table]
    if "class_shares" in scores:
        shares = ", ".join(f"{c}: {s:.1%}" for c, s in scores["class_shares"].items())
        lines.append(
            Text(
                f"share of each digit, by a judge that names {scores['judge_accuracy']:.1%} of the "
                f"held-out digits rightly: {shares}"
            )
        )
    return Group(*lines)


def score_names(columns: Mapping[str, Mapping[str, float]]) -> list[str]:
    """The names of all scores, in the order in which they first appear."""
    return list(dict.fromkeys(name for column in columns.values() for name in column))


def number(value) -> str:
    """A score as text: counts as they are, other numbers to four digits, a dash for none."""
    if value is None:
        return "–"
    return str(value) if isinstance(value, int) else f"{value:.4g}"
