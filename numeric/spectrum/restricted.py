"""Integrals against a measure over a part of the line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.errors import ParameterError
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.measure import Measure


def expect_between(
    measure: Measure,
    function: Callable[[Array], ArrayLike],
    ends: tuple[float, float],
    conditional: bool,
    tolerance: float | None,
    points: Iterable[float],
) -> Any:
    """The integral of a function over [low, high], atoms at the ends included; it is not evaluated elsewhere.

    ``conditional`` divides by the mass there.

    Raises `ParameterError` for ends that do not increase and for a condition without mass, and as `measure.expect`.
    """
    low, high = ends
    if not low <= high:
        raise ParameterError(f"the bounds must increase; got lb = {low!r}, ub = {high!r}", bounds=ends)
    left, right = measure.support()
    if low <= left and high >= right:
        return measure.expect(function, tolerance, points)
    mass = _mass(measure, low, high) if conditional else 1.0
    if conditional and not mass > 0:
        raise ParameterError(f"there is no mass between {low:g} and {high:g} to condition on", bounds=ends)

    def inside(x: Array) -> Any:
        values = np.asarray(function(np.clip(x, low, high)))
        return np.where((x >= low) & (x <= high), values / mass, 0.0)

    return measure.expect(inside, tolerance, [*points, *(end for end in ends if math.isfinite(end))])


def _mass(measure: Measure, low: float, high: float) -> float:
    """The mass of [low, high], with the digits of tails: from the side on which less lies beyond."""
    at_low = float(np.sum(measure.atom_weights[measure.atom_points == low]))
    below, beyond = (np.asarray(f(np.array([low, high])), dtype=float) for f in (measure.table.cdf, measure.table.sf))
    return at_low + float(below[1] - below[0] if below[1] < beyond[0] else beyond[0] - beyond[1])
