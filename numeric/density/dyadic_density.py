"""The density, the distribution function and the quantiles of graded pieces and atoms, for flat arrays without NaN."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from resolvent.derive.errors import NotCertified
from resolvent.numeric.density.certificate import TOLERANCE
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.density.dyadic_piece import GradedHalf, GradedPiece

_GROWS = 1.002  # from one panel to the next: the density diverges, as a power or a logarithm


class GradedTable:
    """Functions of a measure whose continuous part consists of graded pieces.

    Args:
        pieces: in increasing order, disjoint but for shared ends.
        points, weights: the atoms, in increasing order.

    Raises `NotCertified` if the masses do not add up to 1.
    """

    def __init__(self, pieces: Sequence[GradedPiece], points: Array, weights: Array) -> None:
        self._halves: list[GradedHalf] = [half for piece in pieces for half in piece.halves]
        self._points, self._weights = points, weights
        ends = [end for piece in pieces for end in ((piece.left, piece.middle), (piece.middle, piece.right))]
        self._ends = ends
        before = np.concatenate([[0.0], np.cumsum([half.total for half in self._halves])])
        total = float(before[-1]) + math.fsum(weights)
        if not abs(total - 1.0) <= TOLERANCE:
            raise NotCertified(f"the masses add up to {total:.12g}", table=self)
        self._before = before  # continuous mass up to the start of each half

    def pdf(self, x: Array) -> Array:
        """The density; infinite at singular points where it diverges."""
        result = np.zeros(x.shape)
        for half, (low, high) in zip(self._halves, self._ends, strict=True):
            inside = np.flatnonzero((x >= low) & (x <= high))
            if not len(inside):
                continue
            distance = half.distance(x[inside])
            values = half.pdf(np.minimum(distance, half.reach))
            if _diverges(half):
                values = np.where(distance <= 0, math.inf, values)
            result[inside] = values
        return result

    def cdf(self, x: Array) -> Array:
        """The mass of (-oo, x], relatively accurate at the left end of the support."""
        jumps = np.concatenate([[0.0], np.cumsum(self._weights)])
        return np.clip(self._continuous(x) + jumps[np.searchsorted(self._points, x, side="right")], 0.0, 1.0)

    def sf(self, x: Array) -> Array:
        """The mass of (x, oo), relatively accurate at the right end of the support."""
        jumps = np.concatenate([np.cumsum(self._weights[::-1])[::-1], [0.0]])
        return np.clip(
            self._continuous(x, above=True) + jumps[np.searchsorted(self._points, x, side="right")], 0.0, 1.0
        )

    def ppf(self, q: Array) -> Array:
        """The smallest x with cdf(x) >= q, for q strictly between 0 and 1."""
        result = np.empty(q.shape)
        rest = q.copy()
        settled = np.zeros(q.shape, dtype=bool)
        for place, weight in zip(self._points, self._weights, strict=True):  # levels beyond an atom lose its weight
            below = float(self._continuous(np.array([place]))[0])
            passed = float(np.sum(self._weights[self._points < place]))
            at = ~settled & (q > below + passed - 1e-15) & (q <= below + passed + weight + 1e-15)
            result[at] = place
            settled |= at
            rest = np.where(~settled & (q > below + passed + weight), rest - weight, rest)
        open_ = np.flatnonzero(~settled)
        if len(open_) and self._halves:
            level = np.clip(rest[open_], 0.0, self._before[-1])
            number = np.clip(np.searchsorted(self._before, level, side="left") - 1, 0, len(self._halves) - 1)
            for k, half in enumerate(self._halves):
                chosen = np.flatnonzero(number == k)
                if not len(chosen):
                    continue
                inner = level[chosen] - self._before[k]
                mass = inner if half.direction > 0 else half.total - inner
                result[open_[chosen]] = half.place_of(half.ppf(np.clip(mass, 0.0, half.total)))
        return result

    def _continuous(self, x: Array, above: bool = False) -> Array:
        """The continuous mass below x (above x)."""
        whole = float(self._before[-1])
        result = np.zeros(x.shape) if not above else np.full(x.shape, whole)
        for k, (half, (low, high)) in enumerate(zip(self._halves, self._ends, strict=True)):
            result[x > high] = whole - self._before[k + 1] if above else self._before[k + 1]
            inside = np.flatnonzero((x >= low) & (x <= high))
            if not len(inside):
                continue
            mass = half.cdf(np.clip(half.distance(x[inside]), 0.0, half.reach))
            if half.direction > 0:
                start = self._before[k]
                result[inside] = (whole - start) - mass if above else start + mass
            else:
                end = self._before[k + 1]
                result[inside] = (whole - end) + mass if above else end - mass
        return result


def _diverges(half: GradedHalf) -> bool:
    inner, outer = half.density[0, -1], half.density[0, -2]
    return bool(outer > 0 and inner / outer > _GROWS)
