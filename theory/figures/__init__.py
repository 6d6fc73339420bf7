"""The report's figures: at least one a topic, each drawn from numbers that it computes itself.

A figure is a function without arguments that returns a matplotlib figure, registered by
`@illustration(...)`. Lines, ticks and text stay black: the report draws black in the colour of
its text, light or dark. Everything else takes the colours below, which can be told apart on both.
"""

from __future__ import annotations

import importlib

from theory.figures.illustration import Illustration, registered

__all__ = ["Illustration", "illustrations"]

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
    "errata",
)


def illustrations() -> list[Illustration]:
    """Every figure, in the order of `MODULES`."""
    for name in MODULES:
        importlib.import_module(f"theory.figures.{name}")
    return list(registered.values())
