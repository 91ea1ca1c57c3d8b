"""Symbols: the spectral variables z, m, G = -m, and the parameters of laws."""

from __future__ import annotations

import re
from typing import Any

import sympy

from resolvent.derive.border import checked
from resolvent.derive.equations.equation import G, M, Z
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.bounded_symbol import BoundedSymbol
from resolvent.derive.exact.field import check_names, to_fmpq, to_sympy_rational

z, m = Z, M

_ASSUMPTIONS = frozenset(
    {"real", "positive", "negative", "nonnegative", "nonpositive", "nonzero", "integer", "rational", "finite"}
)


@checked
def parameter(name: str, above: Any = None, below: Any = None, **assumptions: Any) -> sympy.Symbol:
    """A parameter of laws: a real SymPy symbol, with further assumptions such as ``positive=True``.

    With ``above`` or ``below`` it lies strictly between these rational numbers, and takes no others.

    >>> parameter("c", positive=True) == sympy.Symbol("c", positive=True)
    True
    >>> parameter("a").is_real
    True
    >>> from resolvent.derive.laws.elementary import atoms
    >>> p = parameter("p", above=0, below=1)
    >>> atoms([0, 1], [p, 1 - p]).at(p=2)
    Traceback (most recent call last):
    resolvent.derive.errors.ParameterError: the parameter p must be above 0 and below 1; got 2

    Raises `ParameterError` for a name that is no identifier or reserved for the spectral variables, for an assumption
    that says nothing about a real number, for assumptions that contradict one another, and bounds with nothing between.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise ParameterError(f"a parameter's name is letters, digits and _, a letter first; got {name!r}", name=name)
    for key, value in assumptions.items():
        if key not in _ASSUMPTIONS or not isinstance(value, bool):
            known = ", ".join(sorted(_ASSUMPTIONS))
            raise ParameterError(f"unknown assumption {key}={value!r}; one of {known} must be True or False", name=name)
    low, high = (None if end is None else to_sympy_rational(to_fmpq(end)) for end in (above, below))
    if low is not None and high is not None and low >= high:
        raise ParameterError(f"no number lies above {above} and below {below}", name=name)
    said = {**assumptions, "real": assumptions.get("real", True)}
    try:
        is_bounded = low is not None or high is not None
        symbol = BoundedSymbol(name, low, high, **said) if is_bounded else sympy.Symbol(name, **said)
    except sympy.core.facts.InconsistentAssumptions:
        raise ParameterError(f"the assumptions on {name} contradict one another: {assumptions}", name=name) from None
    if symbol.is_real is not True:
        raise ParameterError(f"the parameter {name} must be real; leave real=False out", name=name)
    check_names([symbol])
    return symbol


__all__ = ["G", "m", "parameter", "z"]
