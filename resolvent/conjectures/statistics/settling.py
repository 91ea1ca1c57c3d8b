"""Does the mean of a function over eigenvalues settle at all? For heavy tails it does not, and a test of it is void.

Of a mean that exists, one eigenvalue makes up a share that falls with the size, and the means of different matrices are
scattered like Gaussian numbers. A function with a tail index below 1 has no mean: one eigenvalue carries the sum at any
size, and some matrix is far from all others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Array

_SHARE = 0.25
_FALL = 0.25  # the least exponent with which a share of one eigenvalue falls with the size
_STRAY = 8.0  # times what three of four deviations stay below; of Gaussian numbers none is that far


def unsettled(functions: Sequence[tuple[str, Callable[[Array], Array]]], bulks: Mapping[int, Sequence[Array]]) -> str:
    """Which mean does not settle, and why, in words; "" where all do.

    >>> rng = np.random.default_rng(0)
    >>> square = [("x^2", np.square)]
    >>> unsettled(square, {n: rng.standard_cauchy((20, n)) for n in (60, 120)}).partition(":")[0]
    'the mean of x^2 does not settle'
    >>> unsettled(square, {n: rng.standard_normal((20, n)) for n in (60, 120)})
    ''
    """
    sizes = sorted(bulks)
    slowest = (sizes[0] / sizes[-1]) ** _FALL
    for name, function in functions:
        values = {n: [function(e) for e in bulks[n]] for n in (sizes[0], sizes[-1])}
        first, last = (float(np.median([_share(y) for y in values[n]])) for n in (sizes[0], sizes[-1]))
        rows = len(bulks[sizes[-1]][0])
        if last > _SHARE and last > slowest * first:
            text = f"one eigenvalue of {rows} makes up {last:.0%} of it, {first:.0%} at the smallest size"
            return f"the mean of {name} does not settle: {text}"
        for n in values:
            means = np.array([float(np.mean(y)) for y in values[n]])
            gaps = np.abs(means - np.median(means))
            if float(np.max(gaps)) > _STRAY * max(float(np.quantile(gaps, 0.75)), 1e-6 * float(np.max(np.abs(means)))):
                text = f"in one of {len(means)} matrices of size {n} it is {means[np.argmax(gaps)]:.3g}"
                return f"the mean of {name} does not settle: {text}, the typical value is {np.median(means):.3g}"
    return ""


def _share(values: Array) -> float:
    """The share of the largest value in the sum of all sizes."""
    sizes = np.abs(values)
    total = float(np.sum(sizes))
    return float(np.max(sizes)) / total if total > 0 else 0.0
