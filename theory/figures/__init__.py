"""The report's figures: at least one a topic, each drawn from numbers that it computes itself.

A figure is a function without arguments that returns a matplotlib figure, registered by
`@illustration(...)`. Lines, ticks and text stay black: the report draws black in the colour of
its text, light or dark. Everything else takes the colours below, which can be told apart on both.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from theory.claim import TOPICS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The modules that register figures, in the order of the topics.
MODULES = (
    "game",
    "divergences",
    "saturation",
    "noise",
    "transport",
    "dynamics",
    "collapse",
    "densities",
    "networks",
)

BLUE, ORANGE, GREEN, RED, PURPLE, GREY = (
    "#3b82d0",  # the data
    "#e07b28",  # the generator
    "#2fa36b",  # the discriminator
    "#d1495b",
    "#8a63c9",
    "#8c8c8c",
)

_registry: dict[str, Illustration] = {}


@dataclass(frozen=True)
class Illustration:
    """A figure with what it shows.

    Attributes:
        name: the function's name, with hyphens.
        topic: the group of ids that it belongs to, such as ``A-OT``.
        title: one line.
        caption: what to look at, in one to three sentences.
        claims: the ids of the claims that it shows.
        draw: draws it.
        table: the heading and the rows of the table beneath it, where it has one.
    """

    name: str
    topic: str
    title: str
    caption: str
    claims: tuple[str, ...]
    draw: Callable[[], Figure]
    table: Callable[[], tuple[Sequence[str], Sequence[Sequence[Any]]]] | None = None


def illustration(
    topic: str,
    title: str,
    caption: str,
    claims: tuple[str, ...],
    table: Callable[[], tuple[Sequence[str], Sequence[Sequence[Any]]]] | None = None,
) -> Callable[[Callable[[], Figure]], Callable[[], Figure]]:
    """Register the decorated function as a figure; its arguments are those of `Illustration`."""
    if topic not in TOPICS:
        raise ValueError(f"topic: got {topic!r}, expected one of {', '.join(TOPICS)}")

    def register(draw: Callable[[], Figure]) -> Callable[[], Figure]:
        name = draw.__name__.replace("_", "-")
        if name in _registry:
            raise ValueError(f"name: a figure {name!r} is registered already")
        _registry[name] = Illustration(name, topic, title, caption, claims, draw, table)
        return draw

    return register


def illustrations() -> list[Illustration]:
    """Every figure, in the order of `MODULES`."""
    for name in MODULES:
        importlib.import_module(f"theory.figures.{name}")
    return list(_registry.values())


def canvas(columns: int = 1, rows: int = 1, height: float = 3.0) -> tuple[Figure, Any]:
    """An empty figure 7.2 inches wide, and its axes in an array of shape (rows, columns).

    It does not touch matplotlib's global state. `height` is that of one row, in inches.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, height * rows), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat:
        ax.patch.set_alpha(0)
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes
