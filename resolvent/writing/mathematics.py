r"""Laws and symbols that stand in sentences, as mathematics: ``2*semicircle() + 1`` as 2 SC() + 1 with its signs.

A law's text is an expression of the grammar, so it is read back as Python's `ast` and typeset by the column ``latex``
of the table of operations.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import sympy

from resolvent.catalog.registry import names
from resolvent.derive.derivation.latex import escape, expression_latex
from resolvent.derive.errors import ResolventError
from resolvent.derive.laws.operations import OPERATIONS, Kind, Operation, Typeset
from resolvent.language.expressions import parse_scalar

_METHODS = {method: row for row in OPERATIONS.values() for method in row.methods}
_NAMES = (
    *("alpha", "beta", "gamma", "delta", "eps", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "rho"),
    *("sigma", "varsigma", "tau", "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi"),
    *("Sigma", "Phi", "Psi", "Omega"),
)
_PERSONS = {
    "marchenko_pastur": "Marchenko--Pastur", "kesten_mckay": "Kesten--McKay", "fuss_catalan": "Fuss--Catalan",
    "wachter": "Wachter", "free_poisson": "free Poisson",
}  # fmt: skip
_ENTRIES = {slug.replace("-", "_") for slug in names()}
_SAID = {
    "atoms": "point masses, their places and then their weights",
    "companion": r"the law of $X^\top X$, where $A$ is that of $X X^\top$ and $X$ has $p = c n$ rows",
}
NAMED = "named_law"
"""``named_law(A)`` is typeset as A: a law that has words and no formula."""
_TENSOR = {"classical_sum": r"\ast", "tensor_product": r"\otimes", "tensor_law": ""}
_PLAIN = ("scale", "shift", "power", "inverse")  # whose signs say what they mean
_SYMBOL = re.compile(
    rf"[A-Za-z]\d|(?:[A-Za-z]|{'|'.join(_NAMES)})(?:_[A-Za-z0-9]+(?:,[A-Za-z0-9]+)*)+|{'|'.join(_NAMES)}"
)
_POWER = re.compile(r"(\d*)([A-Za-z])\^(\w+)")
_AROUND = re.compile(r"((?:[A-Za-z]+\()?[(\[]*)(.*?)([)\].,;:]*)", re.DOTALL)


class _NoLaw(Exception):
    """The text is no law of the table."""


@lru_cache(maxsize=1024)
def law_latex(text: str) -> str | None:
    r"""A law's text, or a matrix's, in LaTeX; None for what is neither.

    >>> print(law_latex("sigma*marchenko_pastur(phi) + semicircle(1/2) @ atoms([1, 3])"))
    \sigma\,\mathrm{MP}(\phi) \boxplus \mathrm{SC}(1/2) \boxtimes \mathrm{atoms}(1, 3)
    >>> print(law_latex("X @ X.T / n + inv(S)"))
    \frac{X X^{\top}}{n} + S^{-1}
    >>> law_latex("the law of A")
    """
    try:
        node = ast.parse(text, mode="eval").body
        return _law(node).latex if _is_law(node) else _matrix(node).latex if _is_matrix(node) else None
    except (SyntaxError, ValueError, RecursionError, _NoLaw, ResolventError):
        return None


def sentence_latex(text: str) -> str:
    r"""Words in LaTeX, with the laws and the symbols in them as mathematics.

    >>> print(sentence_latex("the law of eps*semicircle(1), by eliminating omega_A"))
    the law of $\varepsilon\,\mathrm{SC}(1)$, by eliminating $\omega_{A}$
    """
    return " ".join(
        f"{around[0]}${law_latex(words)}${around[1]}" if around else _word(words) for words, around in _cut(text)
    )


def with_laws(formula: str) -> str:
    r"""A formula in which laws stand as texts, with these as mathematics.

    >>> print(with_laws(r"A \text{ has the law } \text{semicircle(2)}"))
    A \text{ has the law } \mathrm{SC}(2)
    """
    return re.sub(r"\\text\{([^{}]*)\}", lambda text: law_latex(text[1].replace(r"\_", "_")) or text[0], formula)


def notation(texts: Iterable[str]) -> str:
    r"""What the signs in the laws that some sentences name mean; "" where they name none.

    >>> print(notation(["the law of semicircle(1) + marchenko_pastur(c)"]))
    $\mathrm{SC}$: semicircle law; $\mathrm{MP}$: Marchenko--Pastur law; $A \boxplus B$: free sum
    """
    laws = {words for text in texts for words, around in _cut(text) if around}
    nodes = [ast.parse(words, mode="eval").body for words in laws]
    used = {name for node in nodes if _is_law(node) for name in _rows(node)}
    rows = [row for name, row in OPERATIONS.items() if name in used and name not in _PLAIN]
    return "; ".join(_meaning(row) for row in rows if not isinstance(row.latex, str) or r"\ " not in row.latex)


def law_name(name: str) -> str:
    """What a constructor's laws are called, in LaTeX.

    >>> law_name("fuss_catalan"), law_name("semicircle")
    ('Fuss--Catalan law', 'semicircle law')
    """
    words = _PERSONS.get(name, name.replace("_", " "))
    return words if words.endswith(("law", "measure")) else f"{words} law"


def _meaning(row: Operation) -> str:
    if (not row.methods and not row.is_function) or not any(kind is Kind.LAW for _, kind in row.arguments):
        sign = row.latex if isinstance(row.latex, str) else rf"\mathrm{{{row.name}}}"
        return f"${sign}$: {_SAID.get(row.name) or law_name(row.name)}"
    letters = {"law": "A", "a": "A", "b": "B"}
    given = {
        name: Typeset(letters[name] if kind is Kind.LAW else expression_latex(sympy.Symbol(name)))
        for name, kind in row.arguments
    }
    shown = f"{row.latex}(A)" if isinstance(row.latex, str) else row.latex(**given).latex
    return f"${shown}$: {_SAID.get(row.name, row.rule.name)}"


def _cut(text: str) -> Iterator[tuple[str, tuple[str, str] | None]]:
    """The words one by one, None with each, but those of a law together, with the signs before and after them."""
    words = text.split(" ")
    first = 0
    while first < len(words):
        for last in range(len(words), first, -1):
            found = _law_in(" ".join(words[first:last]))
            if found is not None:
                yield found
                first = last
                break
        else:
            yield words[first], None
            first += 1


def _law_in(words: str) -> tuple[str, tuple[str, str]] | None:
    """The law that the words are, but for an opening bracket and signs at the end."""
    inside = words.rstrip(".,;:")
    if not any(sign in inside for sign in ("(", "@", ".T")):
        return None
    for before in ("", "("):
        law = inside.removeprefix(before)
        if inside.startswith(before) and law_latex(law) is not None:
            return law, (before, words[len(inside) :])
    return None


def symbol_in(word: str) -> tuple[str, str, str] | None:
    r"""The LaTeX of a word that is a symbol, with the signs before and after it; None for other words.

    >>> symbol_in("(omega_A,")
    ('(', '\\omega_{A}', ',')
    """
    match = _AROUND.fullmatch(word)
    assert match is not None
    before, core, after = match.groups()
    power = _POWER.fullmatch(core)
    if power is not None:
        exponent = r"\top" if power[3] == "T" else power[3]
        return before, rf"{power[1]}{power[2]}^{{{exponent}}}", after
    if core == "oo":
        return before, r"\infty", after
    if _SYMBOL.fullmatch(core):
        name, *indices = core.split(",")
        inner = expression_latex(sympy.Symbol(name))
        if indices:
            inner = inner[:-1] + "," + ",".join(expression_latex(sympy.Symbol(i)) for i in indices) + "}"
        return before, inner, after
    return None


def _word(word: str) -> str:
    found = symbol_in(word)
    return escape(word) if found is None else f"{found[0]}${found[1]}${found[2]}"


# -- by the tree of the expression -----------------------------------------------------------------------------


def _is_law(node: ast.AST) -> bool:
    """Whether a constructor of laws is called somewhere in the expression."""
    return any(
        isinstance(n, ast.Call)
        and isinstance(n.func, ast.Name)
        and n.func.id in {*OPERATIONS, *_TENSOR, *_ENTRIES, NAMED}
        for n in ast.walk(node)
    )


def _is_matrix(node: ast.AST) -> bool:
    return any(isinstance(n, ast.MatMult) or (isinstance(n, ast.Attribute) and n.attr == "T") for n in ast.walk(node))


def _matrix(node: ast.expr) -> Typeset:
    match node:
        case ast.BinOp(a, ast.Add(), b):
            return Typeset(f"{_matrix(a)} + {_matrix(b)}", 0)
        case ast.BinOp(a, ast.Sub(), b):
            return Typeset(f"{_matrix(a)} - {_matrix(b):1}", 0)
        case ast.BinOp(a, ast.MatMult() | ast.Mult(), b):
            return Typeset(f"{_matrix(a):1} {_matrix(b):1}", 1)
        case ast.BinOp(a, ast.Div(), b):
            return Typeset(rf"\frac{{{_matrix(a)}}}{{{_matrix(b)}}}", 1)
        case ast.BinOp(a, ast.Pow(), b):
            return Typeset(f"{_matrix(a):3}^{{{_matrix(b)}}}", 2)
        case ast.UnaryOp(ast.USub(), a):
            return Typeset(f"-{_matrix(a):1}", 0)
        case ast.Attribute(a, "T"):
            return Typeset(rf"{_matrix(a):3}^{{\top}}", 2)
        case ast.Attribute(a, "H"):
            return Typeset(f"{_matrix(a):3}^{{*}}", 2)
        case ast.Call(ast.Name("inv"), [a], []):
            return Typeset(f"{_matrix(a):3}^{{-1}}", 2)
        case ast.Call(ast.Name("sqrt"), [a], []):
            return Typeset(rf"\sqrt{{{_matrix(a)}}}")
        case ast.Name("I"):
            return Typeset("i")
        case ast.Name(name):  # m and z too, which may be sizes here
            return Typeset(expression_latex(sympy.Symbol(name)))
        case ast.Constant():
            return Typeset(_scalar(node).latex)
    return _scalar(node)


def _rows(node: ast.AST) -> Iterator[str]:
    """The names of the operations in an expression."""
    for part in ast.walk(node):
        match part:
            case ast.Call(ast.Name(name)) if name in OPERATIONS:
                yield name
            case ast.Call(ast.Attribute(_, name)) if name in _METHODS:
                yield _METHODS[name].name
            case ast.BinOp(a, ast.Add() | ast.Sub(), b) if _is_law(a) and _is_law(b):
                yield "free_sum"
            case ast.BinOp(_, ast.MatMult()):
                yield "free_product"


def _law(node: ast.expr) -> Typeset:
    match node:
        case ast.Call(ast.Name(name), arguments, named) if name in OPERATIONS:
            return _called(OPERATIONS[name], [*arguments, *(k.value for k in named)])
        case ast.Call(ast.Name(name), [ast.Name(letter)], []) if name == NAMED:
            return Typeset(letter)
        case ast.Call(ast.Name("tensor_law"), [_, ast.List(variables), *_], []):
            return Typeset(rf"H({', '.join(_scalar(v).latex for v in variables)})")
        case ast.Call(ast.Name(name), [a, b], []) if name in _TENSOR:
            return Typeset(rf"{_law(a):1} {_TENSOR[name]} {_law(b):1}", 0)
        case ast.Call(ast.Name(name), arguments, []) if name in _ENTRIES:
            slug = name.replace("_", "-")
            return Typeset(rf"\text{{{slug}}}({', '.join(_scalar(a).latex for a in arguments)})")
        case ast.Call(ast.Attribute(law, name), arguments, []) if name in _METHODS:
            return _called(_METHODS[name], [law, *arguments])
        case ast.UnaryOp(ast.USub(), law):
            return Typeset(f"-{_law(law):1}", 0)
        case ast.BinOp(a, ast.Sub(), b) if _is_law(a) and _is_law(b):
            return _typeset("free_sum", a=_law(a), b=Typeset(f"-{_law(b):1}", 0))
        case ast.BinOp(a, ast.Add(), b) if _is_law(a) and _is_law(b):
            return _typeset("free_sum", a=_law(a), b=_law(b))
        case ast.BinOp(a, ast.Add(), b) if _is_law(a):
            return _typeset("shift", law=_law(a), b=_scalar(b))
        case ast.BinOp(a, ast.MatMult(), b):
            return _typeset("free_product", a=_law(a), b=_law(b))
        case ast.BinOp(a, ast.Mult(), b) if _is_law(b) and not _is_law(a):
            return _typeset("scale", law=_law(b), a=_scalar(a))
        case ast.BinOp(a, ast.Pow(), b) if _is_law(a):
            return _typeset("power", law=_law(a), k=_scalar(b))
    raise _NoLaw


def _called(row: Operation, arguments: list[ast.expr]) -> Typeset:
    if not len(arguments) <= len(row.arguments):
        raise _NoLaw
    given = {name: _argument(node) for (name, _), node in zip(row.arguments, arguments, strict=False)}
    if isinstance(row.latex, str):
        listed = f"({', '.join(value.latex for value in given.values())})" if given else ""
        return Typeset(f"{row.latex}{listed}")
    return row.latex(**given)


def _typeset(name: str, **arguments: Any) -> Typeset:
    latex = OPERATIONS[name].latex
    assert not isinstance(latex, str)
    return latex(**arguments)


def _argument(node: ast.expr) -> Typeset:
    if isinstance(node, ast.List):
        return Typeset(", ".join(_argument(element).latex for element in node.elts), 0)
    return _law(node) if _is_law(node) else _scalar(node)


def _scalar(node: ast.expr) -> Typeset:
    value = parse_scalar(ast.unparse(node))
    if value.is_Rational and not value.is_Integer:
        return Typeset(str(value), 1)
    return Typeset(expression_latex(value), 0 if value.is_Add or value.could_extract_minus_sign() else 1)
