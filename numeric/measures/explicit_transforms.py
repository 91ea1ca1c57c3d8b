"""Laws with a rational R- or S-transform: with them z is an explicit function of the subordination point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

from resolvent.derive.laws.record import Law
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.free_maps import ProductWithTransform, SumWithTransform, Transform
from resolvent.numeric.spectrum.measure import measure_of

_DEGREE = 2  # of the equation; beyond, the transforms are seldom rational


def sum_map(a: Transform, b: Any) -> SumWithTransform | None:
    """A + B as a map, if B has an equation and its R is rational."""
    found = _rational(b.r_transform(), "g") if b.has_equation and b.equation.degree <= _DEGREE else None
    if found is None:
        return None
    expression, g = found
    slope = sympy.diff(expression, g)
    variance = None if slope.free_symbols else float(slope)
    return SumWithTransform(a, _function(expression, g), _function(slope, g), _atoms(b), variance)


def _atoms(law: Law) -> tuple[tuple[float, float], ...]:
    measure = measure_of(law)
    return tuple(zip(measure.atom_points.tolist(), measure.atom_weights.tolist(), strict=True))


def product_map(a: Transform, b: Any) -> ProductWithTransform | None:
    """A @ B as a map, if B has an equation and its S is rational."""
    if not b.has_equation or b.equation.degree > _DEGREE or b.moments(1)[0] == 0:
        return None
    found = _rational(b.s_transform(), "u")
    if found is None:
        return None
    expression, u = found
    inverse = sympy.together(1 / expression)
    return ProductWithTransform(a, _function(inverse, u), _function(sympy.diff(inverse, u), u), _atoms(b))


def _rational(transform: Any, name: str) -> tuple[Any, sympy.Symbol] | None:
    """The expression and its variable, if it is a rational function of one."""
    if not isinstance(transform, sympy.Expr):
        return None
    symbols = transform.free_symbols or {sympy.Symbol(name)}
    symbol = next(iter(symbols))
    return (transform, symbol) if len(symbols) == 1 and transform.is_rational_function(symbol) else None


def _function(expression: Any, symbol: sympy.Symbol) -> Callable[[Array], Array]:
    """A rational function at complex points, by Horner's rule on its exact coefficients."""
    top, bottom = (
        [complex(c) for c in sympy.Poly(part, symbol).all_coeffs()]
        for part in sympy.fraction(sympy.together(expression))
    )
    real = all(c.imag == 0 for c in (*top, *bottom))
    above, below = (np.array([c.real for c in part]) if real else np.array(part) for part in (top, bottom))
    return lambda x: np.polyval(above, x) / np.polyval(below, x)
