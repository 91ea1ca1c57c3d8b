"""Hermite coefficients of a function at many scales at once, in double precision, by Gauss-Legendre between kinks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_CUTOFF = 13.0  # in standard deviations
_PANELS, _NODES = 104, 16  # panels between the cutoffs, and nodes on each
_LARGE = 4.0  # a scale from which f(s xi) changes fast next to 0, beside the panels
_PLACES = 0.5 * 2.0 ** np.arange(10)  # where f does so


def gaussian_grid(scale: Floats, kinks: Sequence[float], finer: float = 1.0) -> tuple[Floats, Floats]:
    """Nodes xi, a row for each scale, and weights times the Gaussian density: Gauss-Legendre between the kinks.

    ``kinks`` are those of f; those of xi -> f(s xi) lie at kink/s. For large s panels shrink towards 0, where functions
    like tanh turn into steps. ``finer`` multiplies the number of panels.

    >>> nodes, weights = gaussian_grid(np.array([1.0, 2.0]), [0.5])
    >>> (weights * nodes**4).sum(axis=1).round(12)
    array([3., 3.])
    """
    fixed = np.linspace(-_CUTOFF, _CUTOFF, round(_PANELS * finer) + 1)
    bounds = np.broadcast_to(fixed, (len(scale), len(fixed)))
    breaks = [*kinks]
    if np.any(scale > _LARGE):
        breaks += [0.0, *_PLACES, *-_PLACES]
    if breaks:
        places = np.clip(np.asarray(breaks)[None, :] / scale[:, None], -_CUTOFF, _CUTOFF)
        bounds = np.sort(np.concatenate([bounds, places], axis=1), axis=1)
    t, weights = np.polynomial.legendre.leggauss(_NODES)
    left, half = bounds[:, :-1, None], np.diff(bounds, axis=1)[:, :, None] / 2
    nodes = (left + half * (1 + t)).reshape(len(scale), -1)
    density = (half * weights).reshape(len(scale), -1) * np.exp(-(nodes**2) / 2) / math.sqrt(2 * math.pi)
    return nodes, density


def hermite_sums(weighted: Floats, nodes: Floats, number: int) -> Floats:
    """The sums of weighted values against the orthonormal h_0, ..., h_(number-1), a row for each row of nodes.

    >>> nodes, weights = gaussian_grid(np.ones(1), [])
    >>> hermite_sums(weights * nodes**2, nodes, 4).round(12) + 0
    array([[1.        , 0.        , 1.41421356, 0.        ]])
    """
    # Hermite functions h_k exp(-xi^2/4) stay bounded, the polynomials do not.
    damped = weighted * np.exp(nodes**2 / 4)
    before, now = np.zeros_like(nodes), np.exp(-(nodes**2) / 4)
    found = []
    for k in range(number):
        found.append((damped * now).sum(axis=1))
        before, now = now, (nodes * now - math.sqrt(k) * before) / math.sqrt(k + 1)
    return np.stack(found, axis=1)
