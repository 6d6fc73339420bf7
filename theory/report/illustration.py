"""What a figure is, how it is registered, what figures are drawn with, and where all are found.

A figure is a function without arguments that returns a matplotlib figure, registered by
`@illustration(...)`; it draws numbers that it computes itself. Lines, ticks and text stay black:
the report draws black in the colour of its text, light or dark. Everything else takes the colours
below, which can be told apart on both.
"""

from __future__ import annotations

import html
import importlib
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from theory.claim import TOPICS
from theory.claim.registry import CHAPTERS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, RED, PURPLE, GREY = (
    "#3b82d0",  # the data
    "#e07b28",  # the generator
    "#2fa36b",  # the discriminator
    "#d1495b",
    "#8a63c9",
    "#8c8c8c",
)

registered: dict[str, Illustration] = {}


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

    def svg(self) -> str:
        """The figure as an `<svg>` element for an HTML page, light or dark.

        Text is drawn as shapes. Black takes the colour of the text around it, white that of the
        page (`--page`); every id begins with the figure's name, so that figures can share a page.
        """
        import matplotlib.style

        with matplotlib.style.context(["default", {"svg.hashsalt": "kgan"}]):  # same ids, any user
            file = io.StringIO()
            self.draw().savefig(file, format="svg", metadata=_NO_METADATA)
        text = file.getvalue()
        text = text[text.index("<svg") :]
        text = re.sub(r"<!--.*?-->|<style.*?</style>", "", text, flags=re.DOTALL)
        # Half of the file is digits that nobody sees.
        text = re.sub(r'(?<= d=")[^"]*', lambda d: _rounded(" ".join(d[0].split())), text)
        text = re.sub(r'(?<= (?:x|y)=")[^"]*', lambda d: _rounded(d[0]), text)
        text = re.sub(r">\s+<", "><", text).replace("xlink:href", "href")
        used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', text))
        text = re.sub(r' id="([^"]+)"', lambda i: i[0] if i[1] in used else "", text)
        text = re.sub(r'( id="|href="#|url\(#)(?=[^")])', rf"\1{self.name}-", text)
        text = text.replace("#000000", "currentColor").replace("#ffffff", "var(--page)")
        box = re.search(r'viewBox="[^"]+"', text)
        assert box is not None
        label = html.escape(self.title)
        head = f'<svg {box[0]} fill="currentColor" role="img" aria-label="{label}">'
        return head + text[text.index(">") + 1 :].rstrip()


_NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))


def _rounded(path: str) -> str:
    """A path, or a number, with two decimals."""
    return re.sub(r"-?\d+\.\d+", lambda n: f"{float(n[0]):.2f}".rstrip("0").rstrip("."), path)


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
        if name in registered:
            raise ValueError(f"name: a figure {name!r} is registered already")
        registered[name] = Illustration(name, topic, title, caption, claims, draw, table)
        return draw

    return register


def illustrations() -> list[Illustration]:
    """Every figure of every chapter, in the order of the topics."""
    for file in sorted(CHAPTERS.glob("*/figures*.py")):
        importlib.import_module(f"theory.chapters.{file.parent.name}.{file.stem}")
    topics = list(TOPICS)
    return sorted(registered.values(), key=lambda figure: topics.index(figure.topic))


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
