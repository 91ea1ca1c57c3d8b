"""Reads real formulas such as ``sqrt((b - x)*(x - a))/(2*pi*c*x)``: densities, edges and test functions.

    numbers, + - * / and ** with any exponents, names, pi, and the functions of
    `resolvent.catalog.conjectures.formula.ARITY`

The text goes through Python's ``ast`` and only these nodes are understood; nothing is ever evaluated as code.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any

from resolvent.catalog.conjectures.formula import ARITY, Formula
from resolvent.derive.errors import ParseError
from resolvent.language.source import Source, folded
from resolvent.language.vocabulary import closest

_MOST_DIGITS = 400


def parse_formula(text: str, names: Collection[str] | None = None) -> Formula:
    """The formula that a text stands for; ``names`` are those that may occur besides pi, any by default.

    >>> import numpy as np
    >>> parse_formula("sqrt(4 - x**2)/(2*pi)", ["x"]).values({"x": 0.0}) * np.pi
    np.float64(1.0)
    >>> parse_formula("sqrt(y)", ["x"])
    Traceback (most recent call last):
        ...
    resolvent.derive.errors.ParseError: unknown name 'y'; known: pi, x
      sqrt(y)
           ^

    Raises `ParseError`, with the place and what to write instead.
    """
    source = Source(text)
    return _Reader(source, names).read(source.tree)


def formula_of(value: Any) -> Formula | None:
    """The formula of an exact number, rational or in radicals; None for any other.

    >>> import sympy
    >>> formula_of(1 - sympy.sqrt(2)).names
    frozenset()
    """
    try:
        return parse_formula(str(value), ())
    except ParseError:  # a root of a polynomial without radicals, say
        return None


class _Reader:
    def __init__(self, source: Source, names: Collection[str] | None) -> None:
        self.source = source
        self.known = None if names is None else {*names, "pi"}

    def read(self, node: ast.AST) -> Formula:
        if isinstance(node, ast.BinOp):
            return folded(node, self.read, self._binary)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            inner = self.read(node.operand)
            return Formula("negative", (inner,)) if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.Constant):
            return self._number(node)
        if isinstance(node, ast.Name):
            return self._name(node)
        if isinstance(node, ast.Call):
            return self._call(node)
        raise self.source.error("this has no meaning in a formula", node)

    def _binary(self, sign: str | None, a: Formula, b: Formula, node: ast.BinOp) -> Formula:
        if sign is None or sign == "@":
            raise self.source.error("unknown operator; formulas have + - * / and **", node.right)
        return Formula(sign, (a, b))

    def _number(self, node: ast.Constant) -> Formula:
        value = self.source.number(node)
        if isinstance(node.value, int):
            is_long = abs(node.value) >= 10**_MOST_DIGITS
        else:
            is_long = len(self.source.segment(node).lower().replace("_", "").partition("e")[0]) > _MOST_DIGITS
        if is_long:
            raise self.source.error(f"the number has more than {_MOST_DIGITS} digits", node)
        return Formula("number", (value,))

    def _name(self, node: ast.Name) -> Formula:
        if node.id in ARITY:
            raise self.source.error(f"{node.id!r} is a function; write {node.id}(...)", node)
        if self.known is not None and node.id not in self.known:
            hint = closest(node.id, self.known) or f"; known: {', '.join(sorted(self.known))}"
            raise self.source.error(f"unknown name {node.id!r}{hint}", node)
        return Formula("name", (node.id,))

    def _call(self, node: ast.Call) -> Formula:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in ARITY:
            hint = closest(name, ARITY) or f"; known: {', '.join(ARITY)}"
            raise self.source.error(f"unknown function {name!r}{hint}", node)
        if node.keywords or len(node.args) != ARITY[name]:
            raise self.source.error(f"{name} takes {ARITY[name]} argument{'s' * (ARITY[name] > 1)}", node)
        return Formula(name, tuple(self.read(a) for a in node.args))


__all__ = ["ParseError", "formula_of", "parse_formula"]
