"""Eigenvalues that stand at an atom, but for rounding errors of the matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Array

_NEAR, _ROUNDED = 1e-7, 1e-12  # of the support's width, and of its point farthest from 0
_SINGLE = 2e-6  # of the width: the rounding of eigenvalues in single precision
_ALONE = 0.1  # of the distance to what else the law has, within which only the atom can be meant


class Bulk(Protocol):
    """An interval of the continuous part."""

    @property
    def left(self) -> float:
        """Its left end."""

    @property
    def right(self) -> float:
        """Its right end."""


def onto_atoms(
    values: Array, places: Sequence[float], support: tuple[float, float], intervals: Iterable[Bulk] = ()
) -> Array:
    """A copy of the values, those within rounding errors of an atom moved onto it.

    Neither a unit nor an origin matters: near is what is within 10^-7 of the support's width, or within 10^-12 of its
    farthest point from 0; and far from the ``intervals`` of the continuous part, what single precision leaves of it.

    >>> onto_atoms(np.array([1e-9, 1e-6, 1e-5, 1.0]), [0.0, 1.0], (0.0, 1.0)).tolist()
    [0.0, 0.0, 1e-05, 1.0]
    """
    lower, upper = support
    farthest = max(abs(lower), abs(upper))
    width = (upper - lower) or farthest
    ends = [end for bulk in intervals for end in (bulk.left, bulk.right)]
    moved = np.array(values, dtype=float)
    for k, place in enumerate(places):
        others = [*places[:k], *places[k + 1 :], *ends]
        alone = min((abs(other - place) for other in others), default=width)
        reach = max(_NEAR * width, _ROUNDED * farthest, min(_SINGLE * width, _ALONE * alone))
        moved[np.abs(moved - place) <= reach] = place
    return moved
