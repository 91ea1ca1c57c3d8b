"""Moments of a measure, around 0 and around the mean."""

from __future__ import annotations

import numpy as np

from resolvent.derive.errors import ParameterError
from resolvent.numeric.spectrum.measure import Measure


def moment(measure: Measure, k: int) -> float:
    """The k-th moment; k may be a negative integer where 0 lies outside the support.

    Raises `ParameterError` for other k.
    """
    if isinstance(k, bool) or not isinstance(k, (int, np.integer)):
        raise ParameterError(f"the order of a moment must be an integer; got {k!r}", k=k)
    if k < 0 and (any(i.left <= 0 <= i.right for i in measure.intervals) or np.any(measure.atom_points == 0)):
        raise ParameterError(f"the moment of order {k} does not exist: 0 lies in the support", k=k)
    return float(measure.integral(lambda x: x ** float(k), 64 + abs(k)))


def central_moment(measure: Measure, k: int) -> float:
    """The integral of (x - mean)^k."""
    mean = moment(measure, 1)
    return float(measure.integral(lambda x: (x - mean) ** k, 64))
