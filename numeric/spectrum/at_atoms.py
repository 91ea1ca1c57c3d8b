"""Eigenvalues that stand at an atom, but for rounding errors of the matrix."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Array

_NEAR, _ROUNDED = 1e-7, 1e-12  # of the support's width, and of its point farthest from 0


def onto_atoms(values: Array, places: Iterable[float], support: tuple[float, float]) -> Array:
    """A copy of the values, those within rounding errors of an atom moved onto it.

    Neither a unit nor an origin matters: near is what is within 10^-7 of the support's width, or within 10^-12 of its
    farthest point from 0.

    >>> onto_atoms(np.array([1e-9, 0.5, 1.0]), [0.0], (0.0, 1.0)).tolist()
    [0.0, 0.5, 1.0]
    """
    lower, upper = support
    farthest = max(abs(lower), abs(upper))
    reach = max(_NEAR * ((upper - lower) or farthest), _ROUNDED * farthest)
    moved = np.array(values, dtype=float)
    for place in places:
        moved[np.abs(moved - place) <= reach] = place
    return moved
