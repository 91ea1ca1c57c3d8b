"""Unfolding without a law: a smooth distribution function through the eigenvalues themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.numeric.spectrum.numbers import real_values

Array = NDArray[np.float64]

_FEWEST = 50
_PER_KNOT = 24  # levels between knots, in each matrix: more than the ten spacings over which correlations are taken


@checked
def smooth_cdf(eigenvalues: Any) -> Callable[[Array], Array]:
    """A smooth, increasing distribution function of eigenvalues of one matrix, or of several of one kind.

    It is the monotone cubic through pooled quantiles, about every 24th level of a matrix: it follows the density, and
    leaves the spacings alone. For matrices whose law is not known, real Hessians above all.

    >>> points = np.sort(np.random.default_rng(0).random((5, 200)))
    >>> cdf = smooth_cdf(points)
    >>> bool(np.max(np.abs(cdf(np.linspace(0.1, 0.9, 9)) - np.linspace(0.1, 0.9, 9))) < 0.05)
    True

    Raises `ParameterError` for values that are not finite, or fewer than 50 different ones in a matrix.
    """
    is_list = isinstance(eigenvalues, (list, tuple)) and eigenvalues and np.ndim(eigenvalues[0]) == 1
    rows = list(eigenvalues) if is_list or np.ndim(eigenvalues) == 2 else [eigenvalues]
    matrices = [np.unique(real_values(row, "eigenvalues")) for row in rows]
    fewest = min(map(len, matrices))
    if fewest < _FEWEST:
        raise ParameterError(f"unfolding needs at least {_FEWEST} different eigenvalues a matrix; got {fewest}")
    from scipy.interpolate import PchipInterpolator

    values = np.sort(np.concatenate(matrices))
    count = max(4, fewest // _PER_KNOT)
    levels = np.linspace(0, 1, count + 1)
    places = np.quantile(values, levels)
    keep = np.concatenate([[True], np.diff(places) > 0])
    curve = PchipInterpolator(places[keep], levels[keep], extrapolate=False)

    def cdf(x: Array) -> Array:
        points = np.asarray(x, dtype=float)
        inside = curve(np.clip(points, places[0], places[-1]))
        return np.asarray(np.clip(inside, 0.0, 1.0))

    return cdf
