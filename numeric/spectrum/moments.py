"""Moments of a measure, around 0 and around the mean."""

from __future__ import annotations

import numpy as np

from resolvent.derive.errors import ParameterError
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.measure import Measure

_SHARP, _LEAST, _MOST_SCALES = 1e-12, 0.1, 20


def moment(measure: Measure, k: int) -> float:
    """The k-th moment; k may be a negative integer where 0 lies outside the support.

    Raises `ParameterError` for other k and for moments beyond all floats, `PrecisionError` if a negative moment does
    not settle to 1e-12.
    """
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)):
        raise ParameterError(f"the order of a moment must be an integer; got {k!r}", k=k)
    if k >= 0:
        with np.errstate(over="ignore"):
            found = float(measure.integral(lambda x: x ** float(k), 64 + k))
        if not np.isfinite(found):
            raise ParameterError(f"the moment of order {k} is too large for a float; scale the law down", k=k)
        return found
    if any(i.left <= 0 <= i.right for i in measure.intervals) or np.any(measure.atom_points == 0):
        raise ParameterError(f"the moment of order {k} does not exist: 0 lies in the support", k=k)
    nearest = min(abs(x) for i in measure.intervals for x in (i.left, i.right)) if measure.intervals else 1.0
    size = nearest ** float(k)
    for _ in range(_MOST_SCALES):  # until the integral of the size is about 1, so that the tolerance is relative
        scaled = measure.expect(lambda x: np.abs(x) ** float(k) / size, _SHARP, ())  # noqa: B023
        if scaled > _LEAST:
            break
        size *= scaled
    return size * float(measure.expect(lambda x: x ** float(k) / size, _SHARP, ()))


def central_moment(measure: Measure, k: int) -> float:
    """The integral of (x - mean)^k, in a variable around the middle of the support."""
    origin = measure.centre
    mean = float(measure.integral(lambda x: x, 64, origin))

    def power(x: Array) -> Array:
        return (x - mean) ** k

    return float(measure.integral(power, 64, origin))
