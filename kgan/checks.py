"""How a single argument is refused: what it is called, what came, what is accepted."""

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np


def check_count(name: str, value: Any, least: int = 1) -> int:
    """An integer from `least` on.

    Raises:
        ValueError: naming the argument.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ValueError(f"{name}: got {value!r}; accepted is an integer >= {least}.")
    return int(value)


def check_number(
    name: str,
    value: Any,
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    below: float = math.inf,
    most: float = math.inf,
) -> float:
    """A finite number, within bounds that it may reach (least, most) or not (above, below).

    Raises:
        ValueError: naming the argument and the bounds.
    """
    number = math.nan
    if not isinstance(value, str | bool):
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
    inside = above < number < below and least <= number <= most
    if not (inside and math.isfinite(number)):
        bounds = [
            f"{sign} {bound:g}"
            for sign, bound in ((">", above), (">=", least), ("<", below), ("<=", most))
            if math.isfinite(bound)
        ]
        accepted = " ".join(["a number", " and ".join(bounds)]).rstrip()
        raise ValueError(f"{name}: got {value!r}; accepted is {accepted}.")
    return number


def check_choice(name: str, value: Any, accepted: Iterable[str]) -> str:
    """One of several words.

    Raises:
        ValueError: naming the argument, the nearest words and all of them.
    """
    known = list(accepted)
    if value not in known:
        raise ValueError(
            f"{name}: got {value!r}{nearest(value, known)}; accepted are {', '.join(known)}."
        )
    return value


def check_names(what: str, given: Iterable[str], accepted: Iterable[str]) -> None:
    """Keywords, parts or options that all are among the accepted ones.

    Args:
        what: what takes them, as the message begins: `GAN: option`.

    Raises:
        ValueError: naming the first stranger, the nearest names and all accepted ones.
    """
    known = list(accepted)
    for name in given:
        if name not in known:
            takes = ", ".join(known) if known else "none"
            raise ValueError(
                f"{what} {name!r} is unknown{nearest(name, known)}; accepted: {takes}."
            )


def nearest(name: Any, known: Iterable[str]) -> str:
    """A question that offers the nearest of the known names, or nothing."""
    near = difflib.get_close_matches(str(name), list(known), n=3)
    return f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""


def listed(parts: Mapping[str, Any]) -> str:
    """Names with what they are, for a message: `real (image), label (label)`."""
    return ", ".join(f"{name} ({what})" for name, what in parts.items())
