"""Symbols between two bounds, which SymPy's assumptions cannot say: 0 < p < 1."""

from __future__ import annotations

from typing import Any

import sympy


class BoundedSymbol(sympy.Symbol):
    """A real symbol strictly between ``above`` and ``below``; None for no bound.

    >>> p = BoundedSymbol("p", sympy.Integer(0), sympy.Integer(1))
    >>> p, p.is_positive, p == BoundedSymbol("p", sympy.Integer(0), sympy.Integer(2))
    (p, True, False)
    """

    above: sympy.Rational | None
    below: sympy.Rational | None

    def __new__(
        cls, name: str, above: sympy.Rational | None, below: sympy.Rational | None, **assumptions: bool
    ) -> BoundedSymbol:
        known = {"real": True} | assumptions
        if above is not None and above >= 0:
            known["positive"] = True
        if below is not None and below <= 0:
            known["negative"] = True
        symbol = sympy.Symbol.__xnew__(cls, name, **known)  # not the cached one: the bounds are part of it
        symbol.above, symbol.below = above, below
        return symbol

    def __getnewargs_ex__(self) -> tuple[Any, ...]:
        return (self.name, self.above, self.below), self._assumptions_orig

    def _hashable_content(self) -> tuple[Any, ...]:
        return (*super()._hashable_content(), self.above, self.below)

    def holds(self, number: sympy.Rational) -> bool:
        """Whether a number lies between the bounds."""
        return (self.above is None or number > self.above) and (self.below is None or number < self.below)


def is_positive(expression: sympy.Expr) -> bool:
    """Whether an expression is positive for sure: by its symbols' assumptions, or being linear in a bounded symbol.

    >>> p = BoundedSymbol("p", sympy.Integer(0), sympy.Integer(1))
    >>> is_positive(p), is_positive(1 - p), is_positive(1 - 2 * p)
    (True, True, False)
    """
    if expression.is_positive:
        return True
    symbols = expression.free_symbols
    if len(symbols) != 1 or not isinstance(symbol := next(iter(symbols)), BoundedSymbol):
        return False
    slope = sympy.diff(expression, symbol)
    end = symbol.above if slope.is_positive else symbol.below  # where it is smallest
    return bool(slope.is_Rational and end is not None and expression.xreplace({symbol: end}) >= 0)
