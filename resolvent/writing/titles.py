r"""Titles of pictures: laws and the values of parameters, with their letters: \u03c6 = 1/2, and not phi = 1/2."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Any

import sympy

from resolvent.catalog.registry import find
from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.derive.derivation.latex import expression_latex
from resolvent.derive.expressions.law import stated_ratios
from resolvent.derive.laws.operations import OPERATIONS, Kind
from resolvent.language.expressions import parse
from resolvent.writing.mathematics import NAMED, law_latex, law_name

_SINGLE = (Kind.SCALAR, Kind.RATIO, Kind.COUNT)
_LONGEST = 80  # characters of a title
_WORDY = re.compile(r"\b(law_of_distribution|law_of_density|law_of_equation|empirical)\(")
_LETTERS = "ABCDEFGH"


def law_title(law: Any) -> str:
    r"""A law, in text with mathematics between dollar signs, as matplotlib reads it; "" where that would be too long.

    >>> from resolvent.language.expressions import parse
    >>> print(law_title(parse("hessian(1/2, 1, 2)")))
    hessian: $\phi = 1/2$, $\varepsilon = 1$, $\sigma = 2$
    >>> print(law_title(parse("semicircle() + marchenko_pastur(1/2)")))
    $\mathrm{SC}(1) \boxplus \mathrm{MP}(1/2)$
    >>> print(law_title(parse("fuss_catalan(3)")))
    Fuss\u2013Catalan law: $s = 3$
    """
    text: str = getattr(law, "text", "")
    if not text or len(text) > _LONGEST:
        return ""
    ratios = values_title(stated_ratios(law))
    return ", ".join(filter(None, (_named(text) or _formula(text), ratios)))


def values_title(values: Mapping[str, Any], name: str = "") -> str:
    r"""The values of parameters, after a name.

    >>> print(values_title({"sigma_w": "6/5", "activation": "tanh"}, "jacobian"))
    jacobian: $\sigma_{w} = 6/5$, activation = tanh
    """
    listed = ", ".join(_value(*pair) for pair in values.items())
    return ": ".join(filter(None, (_plain(name), listed)))


def entry_title(entry: Ensemble, values: Mapping[str, Any]) -> str:
    """An entry of the catalog with the values of its parameters, choices in words, without what an option implies.

    >>> print(entry_title(find("jacobian"), {"depth": 2, "weights": 1}))
    jacobian: depth = 2, weights = orthogonal
    """
    words = {p.name: dict(zip(map(str, range(len(p.words))), p.words, strict=True)) for p in entry.parameters}
    implied = entry.option.sets if entry.option and entry.option.name in values else ()
    shown = {n: words.get(n, {}).get(str(value), value) for n, value in values.items() if n not in implied}
    return values_title(shown, entry.slug)


def _value(name: str, value: Any) -> str:
    letter = expression_latex(sympy.Symbol(name)) if name.isidentifier() else name
    is_word = (name.isidentifier() and r"\mathrm" in letter) or not str(value).strip("-")[:1].isdigit()
    return _plain(f"{name} = {value}") if is_word else f"${letter} = {str(value).replace('**', '^')}$"


def _named(text: str) -> str:
    """A name and its arguments, where the law is one call: of an entry, or of a constructor."""
    try:
        tree = ast.parse(text, mode="eval").body if text.isascii() and text.endswith(")") else None
    except (SyntaxError, ValueError):  # laws known by numbers say in words what they are made of
        return ""
    match tree:
        case ast.Call(ast.Name(name), arguments, []):
            entry, row = find(name.replace("_", "-")), OPERATIONS.get(name)
            names = [p.name for p in entry.parameters] if entry else [n for n, kind in row.arguments] if row else []
            if not names or (row and any(kind not in _SINGLE for _, kind in row.arguments)):
                return ""
            shown = law_name(name).replace("--", "\u2013") if row else name.replace("_", "-")
            values = dict(zip(names, (ast.get_source_segment(text, node) or "" for node in arguments), strict=False))
            return entry_title(entry, values) if entry and not row else values_title(values, shown)
    return ""


def _formula(text: str) -> str:
    """The law in mathematics where matplotlib can set it, else as it is written."""
    from matplotlib.mathtext import MathTextParser

    inside = text.removeprefix("law_of(").removesuffix(")") if text.startswith("law_of(") else text
    outline, meanings = _with_letters(inside)
    if outline == f"{NAMED}(A)":
        return meanings["A"]
    formula = (law_latex(outline) or "").replace(r"\frac", r"\dfrac")
    try:
        MathTextParser("path").parse(f"${formula}$")
    except ValueError:
        formula = ""
    if not formula:
        return _plain(text)
    return ", ".join((f"${formula}$", *(f"${letter}$: {words}" for letter, words in meanings.items())))


def _with_letters(text: str) -> tuple[str, dict[str, str]]:
    """The text with a letter for every law in it that has words and no formula, and what the letters mean."""
    meanings: dict[str, str] = {}
    while (begin := _WORDY.search(text)) and len(meanings) < len(_LETTERS):
        level, end = 1, begin.end()
        while level and end < len(text):
            level += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        words = _said(begin[1], text[begin.end() : end - 1])
        letter = next((k for k, said in meanings.items() if said == words), _LETTERS[len(meanings)])
        meanings[letter] = words
        text = f"{text[: begin.start()]}{NAMED}({letter}){text[end:]}"
    return text, meanings


def _said(constructor: str, inside: str) -> str:
    match constructor:
        case "law_of_distribution":
            return _plain(re.sub(r"(\w+) of SciPy", r"SciPy's \1", inside.partition(", cut off")[0]))
        case "law_of_density":
            return _plain(f"a density on {inside.removeprefix('..., ')}")
        case "law_of_equation":
            return f"${parse(f'law_of_equation({inside})').latex()}$"
        case _:
            return _plain(inside)


def _plain(text: str) -> str:
    return text.replace("$", r"\$")
