"""What a protocol returns: figures beside published figures, for programs and for people."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from kgan.checks import check_choice
from kgan.report.scores import number


class Figure(NamedTuple):
    """A number, and its standard error where it is a mean over seeds."""

    value: float
    standard_error: float | None = None

    def __str__(self):
        error = "" if self.standard_error is None else f" ± {self.standard_error:.2g}"
        return number(self.value) + error

    @classmethod
    def mean(cls, values) -> "Figure":
        """The mean over seeds; of one value, that value without an error."""
        if len(values) == 1:
            return cls(float(values[0]))
        error = np.std(values, ddof=1) / math.sqrt(len(values))
        return cls(float(np.mean(values)), float(error))


@dataclass(frozen=True)
class Row:
    """One cell of a published table.

    Attributes:
        method: what was run.
        column: what was measured of it.
        ours: our figure.
        published: theirs, or None where nothing was published.
    """

    method: str
    column: str
    ours: Figure
    published: Figure | None = None

    @property
    def ratio(self) -> float | None:
        """Ours in units of theirs; None where there is none, or it is 0."""
        if self.published is None or self.published.value == 0:
            return None
        return self.ours.value / self.published.value

    def record(self) -> dict[str, Any]:
        published, error = self.published or (None, None)
        return {
            "method": self.method,
            "column": self.column,
            "ours": self.ours.value,
            "ours_standard_error": self.ours.standard_error,
            "published": published,
            "published_standard_error": error,
            "ratio": self.ratio,
        }


@dataclass(frozen=True)
class Reproduction:
    """What a protocol found.

    Attributes:
        protocol: its name.
        source: where its figures were published.
        settings: what it was run with.
        shortened: whether it took fewer steps than the publication did.
        departures: one sentence on each setting that is not the published one.
        rows: our figures and theirs.
        more: further tables, such as tests over the seeds: title -> records of equal keys.
    """

    protocol: str
    source: str
    settings: Mapping[str, Any]
    shortened: bool
    departures: Sequence[str]
    rows: Sequence[Row]
    more: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """What a program may read; a complex number is its real and imaginary part."""
        return {
            "protocol": self.protocol,
            "source": self.source,
            "settings": dict(self.settings),
            "shortened": self.shortened,
            "departures": list(self.departures),
            "rows": [row.record() for row in self.rows],
            **{
                title: [{k: _plain(v) for k, v in record.items()} for record in records]
                for title, records in self.more.items()
            },
        }

    def tables(self) -> Group:
        """What a person may read: a line for each method, their figures beside ours."""
        settings = "; ".join(
            f"{name.replace('_', ' ')} {_text(value)}" for name, value in self.settings.items()
        )
        lines: list[RenderableType] = [Text(self.source), Text(settings)]
        for departure in self.departures:
            lines.append(Text(f"{'Shortened' if self.shortened else 'Changed'}: {departure}"))
        table = Table("method", title=self.protocol, title_justify="left", pad_edge=False)
        columns = dict.fromkeys(row.column for row in self.rows)
        published = {row.column for row in self.rows if row.published}
        for column in columns:
            table.add_column(column, justify="right")
            if column in published:
                table.add_column("published", justify="right", style="dim")
        cells = {(row.method, row.column): row for row in self.rows}
        for method in dict.fromkeys(row.method for row in self.rows):
            line = []
            for column in columns:
                row = cells.get((method, column))
                shown = (row.ours, row.published) if row else (None, None)
                for figure in shown if column in published else shown[:1]:
                    line.append(number(None) if figure is None else str(figure))
            table.add_row(method, *line)
        lines.append(table)
        for title, records in self.more.items():
            heads = [key.replace("_", " ") for key in records[0]]
            table = Table(*heads, title=title, title_justify="left", pad_edge=False)
            for record in records:
                table.add_row(*map(_text, record.values()))
            lines.append(table)
        return Group(*lines)


def choose(methods: Sequence[str] | None, table: Sequence[str], default: Sequence[str]):
    """The methods asked for, in the table's order; the default ones where none is.

    Raises:
        ValueError: a method that the table does not have.
    """
    for method in methods or ():
        check_choice("method", method, table)
    return [method for method in table if method in (methods or default)]


def _plain(value: Any) -> Any:
    if isinstance(value, complex):
        return [value.real, value.imag]
    return [_plain(part) for part in value] if isinstance(value, tuple | list) else value


def _text(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(_text, value))
    if isinstance(value, complex):
        return f"{value:.6g}"
    return value if isinstance(value, str) else number(value)
