"""Formulas for the browser: LaTeX as MathML, and the simple formulas that stand in prose."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Mapping
from itertools import groupby
from xml.etree import ElementTree

_LETTERS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "eps": "ε", "epsilon": "ε",
    "eta": "η", "theta": "θ", "lambda": "λ", "mu": "μ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip
_SIGNS = {"&gt;=": "≥", "&lt;=": "≤", "!=": "≠", "-&gt;": "→", "||": "‖"}
_SIGN = re.compile("|".join(map(re.escape, _SIGNS)))
_LETTER = re.compile(
    rf"(?<![A-Za-z])(d?)({'|'.join(sorted(_LETTERS, key=len, reverse=True))})(?![a-z])"
)
_LOW = re.compile(
    r"(?<![A-Za-z_0-9])((?:arg)?(?:min|max)|sup|inf|d?[A-Za-zα-ωΑ-Ω∇Σ∫])_"
    r"(?:\{([^}]*)\}|([A-Za-zα-ω0-9_]+))"
)
_HIGH = re.compile(r"\^(?:\{([^}]*)\}|\(([^()]*)\)|(-?(?:\d+|[A-Za-zα-ω]+)|\*))")
_MINUS = re.compile(r"(?<= )-(?= )|(?<![\w.)])-(?=[\w(∞])")
_STRESS = re.compile(r"(?<![\w)])\*(\w[^*]*\w)\*(?!\w)")


def prose(text: str) -> str:
    """Plain text with its simple formulas set: p_data, e^a, theta and >= as they are written."""
    text = _SIGN.sub(lambda m: _SIGNS[m[0]], html.escape(text))
    text = _LETTER.sub(lambda m: m[1] + _LETTERS[m[2]], text)
    text = _STRESS.sub(r"<em>\1</em>", _raised(_lowered(text)))
    return _MINUS.sub("−", text)


def _lowered(text: str) -> str:
    return _LOW.sub(lambda m: f"{m[1]}<sub>{_lowered(m[2] or m[3])}</sub>", text)


def _raised(text: str) -> str:
    return _HIGH.sub(lambda m: f"<sup>{_raised(m[1] or m[2] or m[3])}</sup>", text)


# What latex2mathml reads otherwise than LaTeX does, and how to say it to be understood.
_SPELLINGS: Mapping[str, str] = {
    r"\{aligned\}": "{align*}",
    r"\\operatorname\*": r"\\operatorname",
    r"\\operatorname\{arg\\,(min|max)\}": r"\\arg\\\1",
    r"\\arg(?![a-z])\s*": r"\\mathrm{arg}\\,",
}
# The delimiters after \big, which it leaves as they were written.
_CHARACTERS: Mapping[str | None, str] = {
    r"\{": "{", r"\}": "}", r"\|": "‖", r"\langle": "⟨", r"\rangle": "⟩",
    r"\lfloor": "⌊", r"\rfloor": "⌋", r"\lceil": "⌈", r"\rceil": "⌉", r"\Vert": "‖",
}  # fmt: skip
# Operators that it takes for letters, letters that it takes for operators, signs of other fonts.
_OPERATORS, _NAMES = "~:;±∓⧵△⟹⟺⟶⟵", "∞∅"
_SIGNS_MEANT = str.maketrans("~⧵", "∼∖")
_PRIMES = ("′", "″", "‴")
_LIMITS = {"min", "max", "inf", "sup", "lim", "argmin", "argmax"}
_FUNCTIONS = {"log", "ln", "exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "det", "dim", "ker"}
_ENDS = {")", "]", "}", "⟩", "⌋", "⌉", "|", "‖", "!", "…"}


@functools.cache
def mathml(latex: str) -> str:
    """A formula as a `<math>` element that a browser shows by itself.

    Args:
        latex: the formula, without dollar signs.
    """
    from latex2mathml.converter import convert

    understood = latex
    for pattern, spelling in _SPELLINGS.items():
        understood = re.sub(pattern, spelling, understood)
    root = ElementTree.fromstring(convert(understood, display="block"))
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.text = _CHARACTERS.get(element.text, element.text)
        if element.tag == "mi" and element.text and element.text in _OPERATORS:
            element.tag, element.text = "mo", element.text.translate(_SIGNS_MEANT)
        elif element.tag == "mo" and element.text and element.text in _NAMES:
            element.tag = "mi"
    for element in root.iter():
        _join_upright(element)
        _space(element)
        if element.tag in ("msub", "msubsup") and element[0].text in _LIMITS:
            element.tag = "munder" if element.tag == "msub" else "munderover"
            element[0].set("movablelimits", "true")
        elif element.tag == "msup" and element[1].text in _PRIMES:
            element.tag, element[1].tag = "mrow", "mo"  # the sign is raised by itself
            element[1].attrib.update(lspace="0", rspace="0")
    root.set("alttext", latex)
    return ElementTree.tostring(root, encoding="unicode")


def _space(parent: ElementTree.Element) -> None:
    """Set log 2 with a thin space and log(x) without, |x| and = −x tight, as LaTeX does."""
    for before, child, after in zip([None, *parent], parent, [*parent[1:], None], strict=False):
        name = child[0] if child.tag in ("msub", "msup", "msubsup") else child
        text = name.text or ""
        starts = before is None or before.tag == "mspace"
        starts |= before is not None and before.tag == "mo" and before.text not in _ENDS
        if text in _FUNCTIONS or (name.tag == "mo" and text.isalpha()):
            name.tag = "mo"
            tight = after is None or (after.tag == "mo" and not (after.text or "").isalpha())
            name.set("lspace", "0" if starts else "0.167em")
            name.set("rspace", "0" if tight else "0.167em")
        elif name.tag == "mo" and text in ("|", "‖"):
            name.attrib.update(lspace="0", rspace="0")
            name.attrib.setdefault("stretchy", "false")
        elif name.tag == "mo" and text in ("−", "+", "±", "∓") and starts:
            name.set("form", "prefix")


def _join_upright(parent: ElementTree.Element) -> None:
    r"""\mathrm{JS} comes as two upright letters; it is one name."""
    for upright, letters in groupby(list(parent), lambda e: e.get("mathvariant") == "normal"):
        first, *others = letters
        if upright and others:
            first.text = "".join(e.text or "" for e in (first, *others))
            del first.attrib["mathvariant"]  # a longer name is upright by itself
            for other in others:
                parent.remove(other)
