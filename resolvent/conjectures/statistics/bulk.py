"""The bulk of sampled eigenvalues: what is left once outliers are taken out, the same number from every matrix.

A fixed number of outliers changes the limit of nothing, but may change means at a finite size by more than the bulk
does, and with another sign. How many there are is a decision for all matrices of a size at once: were it made for each
matrix, an outlier that is sometimes further out than the margin would leave a jump behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.statistics.empirical_spectrum import edge_margin, split_off

_SLOWEST = 0.5  # the share of outliers falls with the size at least as n^-1/2
_FEW = 0.05

Predicted = Mapping[int, Sequence[Any]]  # size -> the outliers that the model predicts there
Draws = Mapping[int, Sequence[Array]]  # size -> the eigenvalues of each matrix


@dataclass(frozen=True, eq=False)
class Bulk:
    """Eigenvalues without outliers.

    Attributes:
        eigenvalues: what is left, for each size and matrix.
        predicted: (location, reason, eigenvalues seen) of predicted outliers, at the largest size.
        others: what is left without the predicted ones alone.
        margin: how far outside the support an eigenvalue is an outlier, the same at all sizes.
        taken: how many others were taken out of each matrix of the largest size, below and above the support.
    """

    eigenvalues: Draws
    predicted: tuple[tuple[float, str, Array], ...] = ()
    others: Draws | None = None
    margin: float = 0.0
    taken: tuple[int, int] = (0, 0)


def bulk_of(law: Any, draws: Draws, predicted: Predicted) -> Bulk:
    """The bulk, as far as the law says where it is; everything where there is no law."""
    sizes = sorted(draws)
    if law is None:
        return Bulk({n: list(draws[n]) for n in sizes})
    margin = max(edge_margin(law, len(draws[n][0])) for n in sizes)
    others: dict[int, list[Array]] = {}
    seen: list[tuple[float, str, Array]] = []
    for n in sizes:
        outliers = predicted.get(n, ())
        others[n], found = split_off(law, draws[n], [o.location for o in outliers], margin)
        seen = [(o.location, o.reason, t) for o, t in zip(outliers, found, strict=True)]
    lower, upper = law.support()
    below = _numbers({n: [int(np.sum(e < lower - margin)) for e in others[n]] for n in sizes}, len(others[sizes[0]][0]))
    above = _numbers({n: [int(np.sum(e > upper + margin)) for e in others[n]] for n in sizes}, len(others[sizes[0]][0]))
    bulks = {n: [np.sort(e)[below[n] : len(e) - above[n]] for e in others[n]] for n in sizes}
    return Bulk(bulks, tuple(seen), others, margin, (below[sizes[-1]], above[sizes[-1]]))


def _numbers(counts: Mapping[int, Sequence[int]], rows: int) -> dict[int, int]:
    """How many outliers a matrix of each size has on one side; none where their share does not fall with the size.

    >>> _numbers({100: [1, 1, 1], 200: [1, 0, 1]}, 100), _numbers({100: [7, 7, 7], 200: [9, 9, 9]}, 1000)
    ({100: 1, 200: 1}, {100: 7, 200: 9})
    >>> _numbers({100: [2, 2, 2], 200: [4, 4, 4]}, 100)
    {100: 0, 200: 0}
    """
    sizes = sorted(counts)
    first, last = (float(np.mean(counts[n])) for n in (sizes[0], sizes[-1]))
    typical = {n: int(np.median(counts[n])) for n in sizes}
    if last > first * (sizes[-1] / sizes[0]) ** (1 - _SLOWEST) or max(typical.values()) > _FEW * rows:
        return dict.fromkeys(sizes, 0)
    most = max(typical.values())
    if most - min(typical.values()) <= 1:  # on the margin
        return dict.fromkeys(sizes, most)
    return typical
