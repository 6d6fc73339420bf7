r"""Reading a claim's own words: the formulas in title, statement and LaTeX, evaluated.

A sentence can be wrong although every leg holds, because a sentence is typed. So each claim says
what its names mean (`Claim.meaning`: names and their values on some instances), and `read` finds
the relations in its texts, such as ``0 <= JS(p, q) <= log 2``, and evaluates them there.

The same quantity may be written `JS(p, q)`, `\mathrm{JS}(p, q)`, or with other spaces: texts and
names are brought to the same tokens first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# How near a bound with a number in it must come to being reached on some instance: else a looser
# bound would read as true, too.
NEAR = 0.05
# How far apart, relative to the larger, two sides must be that are said to differ: further than by
# the rounding of two equal ones.
APART = 1e-12

# fmt: off
_SAME = {
    "−": "-", "–": "-", "·": "*", "×": "*", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~=",
    "⇔": " iff ", "→": " -> ", "⇒": " => ", "∞": " infinity ", "‖": "||", "∫": " int ",
    "Σ": " sum ", "√": " sqrt ", "½": " (1/2) ", "¼": " (1/4) ", "∈": " in ", "∂": " d",
    "∇": " nabla ", "∗": " conv ", "∘": " o ", "⁻¹": "^(-1)", "²": "^2", "³": "^3", "⁴": "^4",
    "ᵐ": "^m", "ⁿ": "^n", "′": "'", "″": "''", "“": '"', "”": '"', "’": "'", "π": "pi",
    **{chr(0x2080 + n): f"_{n}" for n in range(10)},
    **dict(zip("αβγδεζηθκλμνξρστφχψωΓΔΘΛΦΨΩ", (
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda",
        "mu", "nu", "xi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega", "Gamma", "Delta",
        "Theta", "Lambda", "Phi", "Psi", "Omega",
    ), strict=True)),
}
# LaTeX commands; any other stands for the word that it is.
_COMMANDS = {
    "le": "<=", "leq": "<=", "ge": ">=", "geq": ">=", "ne": "!=", "neq": "!=", "approx": "~=",
    "sim": "~", "iff": " iff ", "Leftrightarrow": " iff ", "to": " -> ", "infty": " infinity ",
    "rightarrow": " -> ", "Rightarrow": " => ", "implies": " => ", "cdot": "*", "times": "*",
    "|": "||", "parallel": "||", "quad": " , ", "qquad": " , ", "partial": " d", "ast": " conv ",
    "circ": " o ", "varepsilon": " epsilon ", "mid": "|", "lvert": "|", "rvert": "|", "vert": "|",
    "{": " { ", "}": " } ", "_": "_", ",": " ", ";": " ", ":": " ", " ": " ", "!": "", "\\": " , ",
    **dict.fromkeys((
        "left", "right", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "big", "Big",
        "displaystyle", "textstyle", "limits", "begin", "end",
    ), ""),
}
# fmt: on
_ROMAN = "mathrm|text|mathbb|mathcal|mathbf|operatorname"
_TOKEN = re.compile(
    r"\d+(?:\.\d+)?(?:e-?\d+)?|\.\d+|[A-Za-z][A-Za-z0-9]*(?:_(?:[A-Za-z0-9]+|(?=[{(])))*'*"
    r"|<=|>=|!=|~=|->|=>|\|\||\S"
)
_RELATIONS = ("=", "<=", ">=", "<", ">", "!=", "~=")
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "log": math.log, "exp": math.exp, "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos,
    "tanh": math.tanh, "min": min, "max": max, "abs": abs,
    "sigma": lambda a: 1 / (1 + math.exp(-a)),
    "softplus": lambda a: max(a, 0.0) + math.log1p(math.exp(-abs(a))),
    "Phi": lambda x: (1 + math.erf(x / math.sqrt(2))) / 2,
}  # fmt: skip
_CONSTANTS = {"pi": math.pi, "e": math.e, "infinity": math.inf}


class Unreadable(ValueError):
    """A text that cannot be read, a number that nothing computes, or a name that no text holds."""


@dataclass(frozen=True)
class Reading:
    """A relation of a text with its outcome on one instance.

    Attributes:
        text: the comparison, in tokens.
        residual: by how much it is missed, relative to the larger side where that is above 1 or
            a decimal is printed.
        slack: of an inequality with a number in it how far it is from being reached, else 0; of
            one with 0 as a side there is nothing to reach.
        equal: whether it is an inequality whose sides are equal here.
        values: of a comparison its two sides, in words.
    """

    text: str
    residual: float
    slack: float = 0.0
    equal: bool = False
    values: str = ""


def tokens(text: str) -> list[str]:
    """The tokens of plain text or LaTeX: numbers, names, and signs, without spaces."""
    for old, new in _SAME.items():
        text = text.replace(old, new)
    text = re.sub(r"\\[dt]?frac", r"\\frac", text)
    text = re.sub(
        r"\\(?:mathrm|text|mathbb|mathcal|mathbf|operatorname)\s*\{([^{}]*)\}", r" \1 ", text
    )
    while found := re.search(r"\\frac\s*", text):
        above, end = _group(text, found.end())
        below, end = _group(text, end)
        text = f"{text[: found.start()]} (({above})/({below})) {text[end:]}"
    while found := re.search(r"\\sqrt\s*(?=\{)", text):
        inner, end = _group(text, found.end())
        text = f"{text[: found.start()]} sqrt({inner}) {text[end:]}"
    while found := re.search(r"\^\s*(?=\{)", text):
        inner, end = _group(text, found.end())
        text = f"{text[: found.start()]}^({inner}) {text[end:]}"
    text = re.sub(r"\\([A-Za-z]+'*|.)", lambda c: _COMMANDS.get(c[1], f" {c[1]} "), text)
    text = re.sub(r"(?<=\w)_\s+(?=\w)", "_", text)
    text = re.sub(r"\s*_\s*\{\s*([^{}]*?)\s*\}", lambda c: "_" + _subscript(c[1]), text)
    text = re.sub(r"(?<![\w}])\{|\}(?!_)|[{}&]", " ", text)
    return _TOKEN.findall(text)


def _subscript(inner: str) -> str:
    """A subscript in braces as a part of its name: x_{i-1} is another name than x_{i+1}."""
    return re.sub(r"\W", lambda sign: f"u{ord(sign[0])}u", "".join(inner.split()))


def _group(text: str, start: int) -> tuple[str, int]:
    """The braced group (or the one character) that begins at `start`, and where it ends."""
    while start < len(text) and text[start] == " ":
        start += 1
    if text[start : start + 1] != "{":
        return text[start : start + 1], start + 1
    depth = 0
    for end in range(start, len(text)):
        depth += (text[end] == "{") - (text[end] == "}")
        if depth == 0:
            return text[start + 1 : end], end + 1
    raise Unreadable(f"a brace is not closed in {text[start:]!r}")


@dataclass(frozen=True)
class _Name:
    """A name that the claim gives a meaning, in the place of its tokens."""

    text: str


def read(
    texts: Sequence[str], instances: Iterable[Mapping[str, Any]], said: int = 0
) -> Iterator[Reading]:
    """Each relation in the texts, evaluated on each instance that has all of its names.

    Args:
        texts: title, statement and formula. Of the last, the formula, every relation is read; of
            the others, which are prose, every relation that holds a number or a known name.
        instances: what the names mean. A number stands for itself; true or false for a whole
            phrase that was computed; None for a phrase in which there is nothing to compute, such
            as ``Theorem 1``.
        said: how many of the texts quote a mistake: the phrases in them have to be false.

    Raises:
        Unreadable: a number in a text is part of no relation and of no name, a relation holds a
            name without a meaning, or a name stands in no text.
    """
    worlds = list(instances)
    names = {name: tuple(tokens(name)) for world in worlds for name in world}
    longest_first = sorted(names.items(), key=lambda item: -len(item[1]))
    unused = set(names.values())
    for number, text in enumerate(texts):
        marked = list(_marked(tokens(text), longest_first))
        unused -= {names[item.text] for item in marked if isinstance(item, _Name)}
        relations, unread = _relations(marked, worlds)
        if unread:
            lost = [name for name, parts in names.items() if parts in unused]
            hint = f"; and no text holds {', '.join(lost)}" if lost else ""
            raise Unreadable(f"nothing computes {' '.join(unread)} in {text!r}{hint}")
        for relation in relations:
            if len(relation) == 1 and number < len(texts) - 1:
                continue
            yield from _evaluated(relation, worlds)
        for name in {i.text for i in marked if isinstance(i, _Name)}:
            yield from _truth(name, worlds, wanted=number >= said)
    if unused:
        strange = [name for name, parts in names.items() if parts in unused]
        raise Unreadable(f"no text holds: {', '.join(strange)}")


def _truth(name: str, worlds: list[Mapping[str, Any]], wanted: bool) -> Iterator[Reading]:
    """A phrase that was computed to be true or false, against what it has to be."""
    for world in worlds:
        if _is_truth(value := world.get(name)):
            yield Reading(name, 0.0 if bool(value) is wanted else math.inf)


def _marked(found: list[str], names: list[tuple[str, tuple[str, ...]]]) -> Iterator[Any]:
    """The tokens, with names in the place of theirs; the longest name first."""
    at = 0
    while at < len(found):
        for name, parts in names:
            if parts and tuple(found[at : at + len(parts)]) == parts:
                yield _Name(name)
                at += len(parts)
                break
        else:
            yield found[at]
            at += 1


def _is_math(item: Any, worlds: list[Mapping[str, Any]]) -> bool:
    if isinstance(item, _Name):
        return any(_is_number(world.get(item.text)) for world in worlds)
    return (
        item in _FUNCTIONS
        or item in _CONSTANTS
        or item in _RELATIONS
        or item in ("+", "-", "*", "/", "^", "(", ")", "[", "]", "|", ",")
        or _is_literal(item)
    )


def _is_literal(item: Any) -> bool:
    return isinstance(item, str) and bool(re.fullmatch(r"\.?\d.*", item))


def _is_truth(value: Any) -> bool:
    return type(value).__name__ in ("bool", "bool_", "BooleanTrue", "BooleanFalse")


def _is_number(value: Any) -> bool:
    return value is not None and not _is_truth(value)


def _relations(marked: list[Any], worlds) -> tuple[list[list[Any]], list[str]]:
    """The relations among the tokens, and the numbers that belong to none, in their context."""
    relations: list[list[Any]] = []
    read_at: set[int] = set()
    at = 0
    while at < len(marked):
        if marked[at] in _RELATIONS and at not in read_at:
            low = _reach(marked, at, -1, worlds)
            high = _reach(marked, at, 1, worlds)
            relations.append(marked[low : high + 1])
            read_at |= set(range(low, high + 1))
            at = high
        at += 1
    unread = [i for i, m in enumerate(marked) if i not in read_at and _is_literal(m)]
    return relations, [_context(marked, i) for i in unread]


def _context(marked: list[Any], at: int) -> str:
    """A token between its neighbours: “most 1 / 4”."""
    around = marked[max(0, at - 2) : at + 3]
    return "“" + " ".join(i.text if isinstance(i, _Name) else i for i in around) + "”"


def _reach(marked: list[Any], at: int, step: int, worlds) -> int:
    """How far a relation reaches from one of its signs: to a word, a comma, or an open bracket."""
    opens, closes = ("([", ")]") if step > 0 else (")]", "([")
    open_at: list[int] = []
    last = at
    while 0 <= (i := last + step) < len(marked):
        item = marked[i]
        if not _is_math(item, worlds) or (item == "," and not open_at):
            break
        if isinstance(item, str) and item in closes:
            if not open_at:
                break
            open_at.pop()
        elif isinstance(item, str) and item in opens:
            open_at.append(i)
        last = i
    return open_at[0] - step if open_at else last


def _evaluated(relation: list[Any], worlds: list[Mapping[str, Any]]) -> Iterator[Reading]:
    shown = " ".join(item.text if isinstance(item, _Name) else item for item in relation)
    needed = {item.text for item in relation if isinstance(item, _Name)}
    able = [world for world in worlds if all(_is_number(world.get(n)) for n in needed)]
    if not able:
        raise Unreadable(f"no instance has every name of {shown!r}")
    for world in able:
        yield from _Evaluation(relation, world, shown).readings()


def _compared(words, sign, left, right, rounding, scale, numbered) -> Reading:
    """How far `left sign right` is from true."""
    values = f" ({left:.6g} and {right:.6g})"
    if math.isnan(left) or math.isnan(right):
        return Reading(words, math.nan, values=values)
    gap = 0.0 if left == right else left - right
    if math.isinf(gap):  # one side alone is infinite, or they are so in opposite directions
        holds = sign == "!=" or sign[0] == ("<" if gap < 0 else ">")
        return Reading(words, 0.0 if holds else math.inf, values=values)
    size = (max(abs(left), abs(right)) if math.isfinite(left) else 0.0) or 1.0
    rounding = rounding if math.isfinite(rounding) else 0.0  # both sides are the same infinity
    apart = abs(gap) > rounding + APART * size
    slack, equal = 0.0, False
    if sign == "=":
        missed = max(0.0, abs(gap) - rounding) / scale
    elif sign == "~=":
        missed = max(0.0, abs(gap) - (rounding or 0.02 * size)) / scale
    elif sign == "!=" or (sign in ("<", ">") and not apart):
        missed = 0.0 if apart else math.inf
    else:
        missed = max(0.0, (gap if sign in ("<", "<=") else -gap) - rounding) / scale
        slack = abs(gap) / size if numbered and math.isfinite(size) else 0.0
        equal = not apart
    return Reading(words, missed, slack, equal, values)


class _Evaluation:
    """A chain of comparisons on one instance, by recursive descent."""

    def __init__(self, items: list[Any], world: Mapping[str, Any], shown: str):
        self.items, self.world, self.shown = items, world, shown

    def readings(self) -> Iterator[Reading]:
        sides, signs = self.chain(0.0, -1)
        decimals = [
            i for i, item in enumerate(self.items) if _is_literal(item) and "." in str(item)
        ]
        for n, sign in enumerate(signs):
            left, right = sides[n], sides[n + 1]
            # What a printed decimal may be off by its rounding.
            rounding = 0.0
            for i in decimals:
                digits, _, exponent = str(self.items[i]).partition("e")
                places = len(digits.partition(".")[2]) - int(exponent or 0)
                moved, _ = self.chain(0.5 * 10.0**-places, i)
                rounding += abs((moved[n] - moved[n + 1]) - (left - right))
            sides_shown = self._around(n)
            # Relative to what is printed, if a decimal is; else a difference of 1e-12 from an
            # exact 0 would be infinitely large.
            least = 0.0 if any("." in str(i) for i in sides_shown if _is_literal(i)) else 1.0
            scale = max(least, abs(left), abs(right)) if math.isfinite(left + right) else 1.0
            scale = scale or 1.0
            at = sides_shown.index(sign)
            numbered = any(map(_is_literal, sides_shown))
            numbered &= ["0"] not in (sides_shown[:at], sides_shown[at + 1 :])
            words = " ".join(i.text if isinstance(i, _Name) else i for i in sides_shown)
            yield _compared(words, sign, left, right, rounding, scale, numbered)

    def _around(self, n: int) -> list[Any]:
        """The n-th sign with its two sides."""
        places = [i for i, item in enumerate(self.items) if item in _RELATIONS]
        bounds = [-1, *places, len(self.items)]
        return self.items[bounds[n] + 1 : bounds[n + 2]]

    def chain(self, shift: float, at: int) -> tuple[list[float], list[str]]:
        """The sides and the signs, with the literal at `at` moved by `shift`."""
        self.shift, self.moved, self.i = shift, at, 0
        sides, signs = [self._sum()], []
        while self.i < len(self.items):
            sign = self._next()
            if sign not in _RELATIONS:
                raise Unreadable(f"cannot read {self.shown!r} from {sign!r} on")
            signs.append(sign)
            sides.append(self._sum())
        return sides, signs

    def _peek(self) -> Any:
        return self.items[self.i] if self.i < len(self.items) else None

    def _next(self) -> Any:
        if self.i >= len(self.items):
            raise Unreadable(f"cannot read {self.shown!r}: it ends too soon")
        self.i += 1
        return self.items[self.i - 1]

    def _sum(self) -> float:
        sign = 1.0
        while self._peek() in ("+", "-"):
            sign *= -1.0 if self._next() == "-" else 1.0
        total = sign * self._product()
        while self._peek() in ("+", "-"):
            total += self._product() if self._next() == "+" else -self._product()
        return total

    def _product(self) -> float:
        result = self._power()
        while True:
            following = self._peek()
            if following == "*":
                self._next()
                result *= self._signed_power()
            elif following == "/":
                self._next()
                below = self._signed_power()
                result = result / below if below else math.copysign(math.inf, result)
            elif self._begins_factor(following):
                result *= self._power()
            else:
                return result

    def _begins_factor(self, item: Any) -> bool:
        if item == "|":
            return not self.inside_bars
        return (
            isinstance(item, _Name)
            or _is_literal(item)
            or item in _FUNCTIONS
            or item in _CONSTANTS
            or item in ("(", "[")
        )

    inside_bars = False

    def _signed_power(self) -> float:
        if self._peek() == "-":
            self._next()
            return -self._power()
        return self._power()

    def _power(self) -> float:
        base = self._atom()
        if self._peek() == "^":
            self._next()
            return base ** self._signed_power()
        return base

    def _atom(self) -> float:
        here = self.i
        item = self._next()
        if isinstance(item, _Name):
            return float(self.world[item.text])
        if _is_literal(item):
            return float(item) + (self.shift if here == self.moved else 0.0)
        if item in _FUNCTIONS:
            return self._applied(_FUNCTIONS[item])
        if item in _CONSTANTS:
            return _CONSTANTS[item]
        if item in ("(", "["):
            before, self.inside_bars = self.inside_bars, False
            value = self._sum()
            self.inside_bars = before
            self._expect(")" if item == "(" else "]")
            return value
        if item == "|":
            before, self.inside_bars = self.inside_bars, True
            value = abs(self._sum())
            self.inside_bars = before
            self._expect("|")
            return value
        raise Unreadable(f"cannot read {item!r} in {self.shown!r}")

    def _applied(self, function: Callable[..., float]) -> float:
        power = 1.0
        if self._peek() == "^":  # as in cos^2 t
            self._next()
            power = self._signed_power()
        if self._peek() == "(":
            self._next()
            before, self.inside_bars = self.inside_bars, False
            values = [self._sum()]
            while self._peek() == ",":
                self._next()
                values.append(self._sum())
            self.inside_bars = before
            self._expect(")")
        else:
            values = [self._signed_power()]
        if function is math.log and values[0] == 0:
            return -math.inf
        return function(*values) ** power

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            raise Unreadable(f"{sign!r} is missing in {self.shown!r}")
        self._next()
