"""The minimum of a smooth curve: bracketed on a grid, found on an interpolant."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Array

_DEGREE = 16


def minimum(function: Callable[[Array], Array], grid: Array) -> float:
    """Where a function is smallest; the grid's last point if it is smallest there.

    Between neighbours of the grid the function must be analytic, so that a polynomial has its minimum to nearly all
    digits; a comparison of values alone would have half of them.

    >>> round(minimum(lambda x: (x - 0.3) ** 2 + x**2, np.linspace(0, 1, 12)), 14)
    0.15
    """
    k = int(np.nanargmin(function(grid)))
    if k == len(grid) - 1:
        return float(grid[-1])
    ends = grid[[max(k - 1, 0), k + 1]]
    curve = np.polynomial.Chebyshev.interpolate(function, _DEGREE, domain=ends)
    flat = curve.deriv().roots()
    inside = [float(r.real) for r in flat if abs(r.imag) < 1e-9 and ends[0] <= r.real <= ends[1]]
    return min([*inside, *map(float, ends)], key=lambda x: float(curve(x)))
