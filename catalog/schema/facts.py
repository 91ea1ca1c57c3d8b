"""Known facts about an ensemble's law: what a source states, to be compared with what is derived.

A fact is an oracle. Derivations never read one, so a test that compares the two compares two independent things.
Formulas are SymPy expressions in the ensemble's parameter symbols, built in code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import sympy
from numpy.typing import NDArray

from resolvent.derive.errors import ParameterError

Values = Mapping[sympy.Symbol, sympy.Expr]
Density = Callable[..., NDArray[np.float64]]

# Fields that hold the name of a variable; no value is put there.
_BOUND = frozenset({"variable", "variables", "parameter"})


@dataclass(frozen=True)
class Fact:
    """A statement about a law. The keyword ``source`` says where it is written, if anywhere.

    >>> c = sympy.Symbol("c", positive=True)
    >>> Moment(2, 1 + c).at({c: sympy.Integer(3)}).value
    4
    """

    def at(self, values: Values) -> Self:
        """The fact with parameters replaced."""
        changes = {f.name: _replaced(getattr(self, f.name), values) for f in fields(self) if f.name not in _BOUND}
        return replace(self, **changes)

    @property
    def free_symbols(self) -> set[sympy.Symbol]:
        """The parameters the fact depends on."""
        bound = getattr(self, "variables", ())
        found = {s for f in fields(self) for e in _expressions(getattr(self, f.name)) for s in e.free_symbols}
        return found - set(bound)

    def to_json(self) -> dict[str, Any]:
        """The fact as plain values: its kind, and each field as text (callables by their names)."""
        shown = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        return {"kind": type(self).__name__, **shown}


@dataclass(frozen=True)
class _OfOrder(Fact):
    k: int
    value: sympy.Expr
    source: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.k, int) or isinstance(self.k, bool) or self.k < 1:
            raise ParameterError(f"a moment has an order k >= 1; got {self.k!r}", k=self.k)


@dataclass(frozen=True)
class Moment(_OfOrder):
    """The moment m_k of the law, the integral of x^k."""


@dataclass(frozen=True)
class FreeCumulant(_OfOrder):
    """The free cumulant kappa_k: R(g) = sum kappa_(k+1) g^k."""


@dataclass(frozen=True)
class Support(Fact):
    """The support of the continuous part, as closed intervals (lower, upper) in order; neighbours may touch."""

    intervals: tuple[tuple[sympy.Expr, sympy.Expr], ...]
    source: str = ""


@dataclass(frozen=True)
class AtomAt(Fact):
    """The mass that the law has at a point, 0 where there is none."""

    point: sympy.Expr
    weight: sympy.Expr
    source: str = ""


@dataclass(frozen=True)
class _Transform(Fact):
    value: sympy.Expr
    variable: sympy.Symbol
    source: str = ""

    @property
    def variables(self) -> tuple[sympy.Symbol, ...]:
        """The symbols other than parameters."""
        return (self.variable,)


@dataclass(frozen=True)
class RTransform(_Transform):
    """R in the variable ``variable``: R(G(z)) + 1/G(z) = z."""


@dataclass(frozen=True)
class STransform(_Transform):
    """S in the variable ``variable``: S(u) = chi(u)(1+u)/u."""


@dataclass(frozen=True)
class CauchyEquation(Fact):
    """A polynomial in z and G, G(z) = int rho(dx)/(z-x), that vanishes on the law; ``variables`` is (z, G)."""

    value: sympy.Expr
    variables: tuple[sympy.Symbol, sympy.Symbol]
    source: str = ""


@dataclass(frozen=True)
class ResolventIntegrand(Fact):
    """A rational function T with G(z) = E T(z; lambda_1, ...), for the variables of a tensor law with their laws.

    ``variables`` is (z, lambda_1, ...).
    """

    value: sympy.Expr
    variables: tuple[sympy.Symbol, ...]
    source: str = ""


@dataclass(frozen=True)
class ZeroEdge(Fact):
    """The value of one parameter at which an edge of the support reaches 0, the others being given."""

    parameter: sympy.Symbol
    value: sympy.Expr
    source: str = ""


@dataclass(frozen=True)
class ClosedDensity(Fact):
    """The density of the continuous part as a function f(x, **parameters) of a float array x; zero off the support."""

    function: Density
    source: str = ""


def _replaced(field: Any, values: Values) -> Any:
    if isinstance(field, sympy.Basic):
        return field.xreplace(dict(values))
    if isinstance(field, tuple):
        return tuple(_replaced(entry, values) for entry in field)
    return field


def _expressions(field: Any) -> Iterator[sympy.Expr]:
    if isinstance(field, sympy.Basic):
        yield field
    elif isinstance(field, tuple):
        for entry in field:
            yield from _expressions(entry)


def _plain(field: Any) -> Any:
    if isinstance(field, tuple):
        return [_plain(entry) for entry in field]
    if isinstance(field, (str, int)):
        return field
    return str(field) if isinstance(field, sympy.Basic) else field.__name__
