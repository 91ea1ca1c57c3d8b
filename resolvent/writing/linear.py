r"""LaTeX formulas on one line of text, with the letters of mathematics: what a terminal shows of a model."""

from __future__ import annotations

import re
import unicodedata
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from resolvent.writing.mathml import APPLY, TIMES, mathml

_RAISED = str.maketrans("0123456789+−⊤nk()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀⁿᵏ⁽⁾")
_WIDE = frozenset("=≤≥<>∼≈∈→↦≠∣")
_LOOSE = frozenset("+−⊞⊠⊗⊕⊙")
_MARKS = {"^": "\u0302", "¯": "\u0304", "˙": "\u0307", "~": "\u0303", "→": "\u20d7"}


def linear(latex: str) -> str:
    r"""A formula as a line of text.

    >>> linear(r"W = \frac{\sigma^2}{n} X X^\top,\quad X \in \mathbb{R}^{p \times n},\ X_{ij} \text{ i.i.d.}")
    'W = σ²/n X Xᵀ, X ∈ ℝ^(p × n), X_ij i.i.d.'
    >>> linear(r"\frac{1}{c m + \sqrt{z - 4}} - g")
    '1/(c m + √(z − 4)) − g'
    >>> linear(r"\frac{1}{2m} \sum_{i\mu} e_{i\mu}^2 W^{(2)}")
    '1/(2 m) ∑_iμ e_iμ² W⁽²⁾'
    >>> linear(r"\frac{\varepsilon \phi}{2} + \begin{cases} x & \text{for}\: x < 1 \\0 & \text{otherwise} \end{cases}")
    'ε ϕ/2 + {x for x < 1, 0 otherwise}'

    Raises `ParameterError` for what is no LaTeX that `mathml` knows.
    """
    text = _text(ElementTree.fromstring(mathml(latex, names=False)))
    text = re.sub(r"\s+", " ", text).replace("([[", "[[").replace("]])", "]]")
    return unicodedata.normalize("NFC", re.sub(r" ([,;)]|\.(?!\.))", r"\1", text).strip())


def _text(node: Element) -> str:
    tag, parts = node.tag.rpartition("}")[2], list(node)
    match tag:
        case "mfrac":
            return f"{_numerator(parts[0])}/{_operand(parts[1])}"
        case "msup":
            return _text(parts[0]) + _raised(parts[1])
        case "msub":
            return _text(parts[0]) + _lowered(parts[1])
        case "msubsup":
            return _text(parts[0]) + _lowered(parts[1]) + _raised(parts[2])
        case "munderover":
            return f" {_text(parts[0]).strip()}{_lowered(parts[1])}{_raised(parts[2])} "
        case "munder":
            return f" {_text(parts[0]).strip()}{_lowered(parts[1])} "
        case "mover":
            return _text(parts[0]) + _MARKS.get(_text(parts[1]).strip(), "")
        case "msqrt":
            inside = "".join(map(_text, parts)).strip()
            return f"√{inside}" if len(inside) == 1 else f"√({inside})"
        case "mroot":
            return f"{_operand(parts[0])}^(1/{_operand(parts[1])})"
        case "mspace":
            return " "
        case "mtr":
            return "[" + ", ".join(_text(part).strip() for part in parts) + "]"
        case "mrow" if [part.tag.rpartition("}")[2] for part in parts] == ["mo", "mtable"]:  # cases
            return "{" + ", ".join(" ".join(_text(cell).strip() for cell in row) for row in parts[1]) + "}"
        case "mtable":
            return "[" + ", ".join(map(_text, parts)) + "]"
        case "mo":
            return _sign(node)
        case _:
            return (node.text or "") + "".join(map(_text, parts))


def _sign(node: Element) -> str:
    sign = node.text or ""
    if sign == TIMES:
        return " "
    if sign == APPLY:
        return ""
    if sign in _WIDE or sign in "∑∏∫" or (sign in _LOOSE and node.get("form") != "prefix") or sign == "×":
        return f" {sign} "
    return f"{sign} " if sign in (",", ";") else sign


def _operand(node: Element) -> str:
    """The text, in brackets where it is more than one word."""
    text = _text(node).strip()
    return text if re.fullmatch(r"√?[\w′∗.]+[⁰¹²³⁴⁵⁶⁷⁸⁹ᵀⁿ]*", text) else f"({text})"


def _numerator(node: Element) -> str:
    """The text, in brackets where it is a sum or has a fraction; a product may stand without."""
    text = _text(node).strip()
    return text if re.fullmatch(r"[\w′.√⁰¹²³⁴⁵⁶⁷⁸⁹ᵀⁿ ]+", text) else _operand(node)


def _lowered(node: Element) -> str:
    """A subscript; letters that stand side by side are several indices."""
    text = _text(node).strip()
    close = text.replace(" ", "")
    if re.fullmatch(r"[^\W_]+|[∗+]", close):
        return f"_{close}"
    return f"_({close})" if re.fullmatch(r"[\w,]+", close) else f"_({text})"


def _raised(node: Element) -> str:
    text = _text(node).strip()
    return text.translate(_RAISED) if re.fullmatch("[0-9+−⊤nk′()]+", text) else f"^{_operand(node)}"
