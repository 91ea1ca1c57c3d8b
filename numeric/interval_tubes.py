"""Tubes around the physical root along a support interval, next to its ends at geometrically falling distances.

The tubes hold no other root, so of the discs around all roots at a point the one in a tube is the physical one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import acb, arb
from numpy.typing import NDArray

from derive.sheet import Sheet
from derive.tube_tree import TubeTree

from .root_discs import Complexes, Reals

_RATIO = 2.0  # of the distances of neighbours from an end
_AHEAD = 1e-2  # times the distance asked for: more nodes at once cost less than a few nodes later
_DEEPEST = 1e-10  # of the width: closer to an end doubles know nothing of a root


class IntervalTubes:
    """Tubes along an interval, which reach as far as points have been asked for.

    Args:
        sheet: a sheet of a polynomial with real coefficients.
        inner: an exact point of the interval.
        root: an enclosure that isolates the physical root there.
        ends: the ends of the interval.
    """

    def __init__(self, sheet: Sheet, inner: acb, root: acb, ends: tuple[arb, arb]) -> None:
        self._center = sheet.center.real
        self._tree = TubeTree(sheet, inner, root)
        self._inner = float(inner.real - self._center)
        self._ends = tuple(float(end - self._center) for end in ends)
        self._width = float(ends[1] - ends[0])
        self._outermost = [0, 0]  # the nodes closest to the ends
        self._reached = [self._inner - self._ends[0], self._ends[1] - self._inner]

    def chosen(
        self, points: Sequence[acb], centres: Complexes, radii: Reals, known: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """For each point the number of the disc with the physical root, where ``known`` is -1; -1 if it is not proved.

        Args:
            points: exact points of the interval.
            centres, radii: for each of them discs, each with exactly one root if its radius is finite.
            known: the numbers as far as they are known.
        """
        asked = np.flatnonzero((known < 0) & np.isfinite(radii).all(axis=1))
        result = known.copy()
        if not len(asked):
            return result
        exact = [points[k].real - self._center for k in asked.tolist()]
        x = np.array([float(offset) for offset in exact])
        rests = np.array([float(offset - value) for offset, value in zip(exact, x.tolist(), strict=True)])
        self._extend(float(np.min(x - self._ends[0])), float(np.min(self._ends[1] - x)))
        tubes = self._tree.tubes
        nodes = np.flatnonzero(self._tree.is_proved & (tubes.widths > 0))
        if not len(nodes):
            return result
        with np.errstate(all="ignore"):
            steps = x[:, None] - tubes.places[nodes].real + rests[:, None]
            best = np.argmin(np.abs(steps) / tubes.widths[nodes], axis=1)
            node, step = nodes[best], steps[np.arange(len(x)), best]
            middle, rounding = tubes.middles(node, step.astype(complex))
            distance = np.abs(centres[asked] - middle[:, None]) + radii[asked] + rounding[:, None]
            inside = (distance < 0.999999 * tubes.outer[node][:, None]) & (
                np.abs(step) < 0.999999 * tubes.widths[node]
            )[:, None]
        result[asked] = np.where(inside.any(axis=1), inside.argmax(axis=1), -1)
        return result

    def _extend(self, left: float, right: float) -> None:
        """Nodes towards both ends, about as far as these distances."""
        parents: list[int] = []
        places: list[complex] = []
        new = len(self._tree)
        grown = []
        for side, (end, sign, goal) in enumerate(((self._ends[0], 1, left), (self._ends[1], -1, right))):
            goal = max(goal * _AHEAD, _DEEPEST * self._width)
            parent, distance = self._outermost[side], self._reached[side]
            if parent and not self._tree.is_proved[parent]:
                continue
            while distance > _RATIO * goal:
                distance = max(distance / _RATIO, distance - 0.2 * self._width)
                parents.append(parent)
                places.append(complex(end + sign * distance))
                parent = new
                new += 1
            grown.append((side, parent, distance))
        if places:
            numbers = self._tree.grow(parents, places)
            first = numbers[0]
            for side, parent, distance in grown:
                if parent >= first:
                    self._outermost[side], self._reached[side] = numbers[parent - first], distance
