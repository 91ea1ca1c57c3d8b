"""Tubes around the physical root along a support interval, next to its ends at geometrically falling distances.

The tubes hold no other root, so of the discs around all roots at a point the one in a tube is the physical one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from flint import acb, arb
from numpy.typing import NDArray

from resolvent.derive.continuation.followed_root import Sheet
from resolvent.derive.continuation.tube_tree import TubeTree, share_of_distance
from resolvent.numeric.density.root_discs import Complexes, Reals

_AHEAD, _AHEAD_AT_HIGH_DEGREE = 1e-4, 0.5  # times the distance asked for: a few nodes later cost as much as many now
_ROUNDS = 2
_MOST_NODES = 400
_DEEPEST = 1e-10  # of the width: closer to an end doubles know nothing of a root
_HIGH = 8  # from this degree on powers of the distance from the center cost digits,
_CLOSE = 0.03  # so that each end gets a tree of its own, for less than this share of the width


class IntervalTubes:
    """Tubes along an interval, which reach as far as points have been asked for.

    Args:
        sheet: a sheet of a polynomial with real coefficients.
        inner: an exact point of the interval.
        root: an enclosure that isolates the physical root there.
        ends: the ends of the interval.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> from resolvent.derive.support.support import skeleton
    >>> sheet = skeleton(semicircle().equation).continuous
    >>> tubes = IntervalTubes(sheet, acb(0), sheet.value(acb(0)), (arb(-2), arb(2)))
    >>> discs = np.array([[-0.5 - 0.75**0.5 * 1j, -0.5 + 0.75**0.5 * 1j]]), np.full((1, 2), 1e-14)
    >>> tubes.chosen([acb(1)], *discs, np.array([-1]))  # the root above the axis
    array([1])
    """

    def __init__(self, sheet: Sheet, inner: acb, root: acb, ends: tuple[arb, arb]) -> None:
        self._sheet = sheet
        self._ends = ends
        self._width = float(ends[1] - ends[0])
        self._share = share_of_distance(sheet.degree)
        center = acb(float((ends[0] + ends[1]) / 2))
        self._trees = [TubeTree(sheet, inner, root, center)]
        self._outermost = [(0, 0), (0, 0)]  # for both ends the tree and the node in it that is closest
        self._reached = [float(inner.real - ends[0]), float(ends[1] - inner.real)]

    def chosen(
        self, points: Sequence[acb], centres: Complexes, radii: Reals, known: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """For each point the number of the disc with the physical root, where ``known`` is -1; -1 if it is not proved.

        Args:
            points: exact points of the interval.
            centres, radii: for each of them discs, each with exactly one root if its radius is finite.
            known: the numbers as far as they are known.
        """
        result = known.copy()
        wanted = [points[k].real for k in np.flatnonzero(known < 0).tolist()]
        self._extend(*(min([abs(float(x - end)) for x in wanted], default=math.inf) for end in self._ends))
        for tree in self._trees:
            asked = np.flatnonzero((result < 0) & np.isfinite(radii).any(axis=1))
            if len(asked):
                node, step = self._nearest(tree, [points[k] for k in asked.tolist()])
                tubes = tree.tubes
                middle, rounding = tubes.middles(node, step)
                distance = np.abs(centres[asked] - tree.height - middle[:, None]) + radii[asked] + rounding[:, None]
                inside = distance < 0.999999 * tubes.outer[node][:, None]
                inside &= (np.abs(step) < 0.999999 * tubes.widths[node])[:, None]
                result[asked] = np.where(inside.any(axis=1), inside.argmax(axis=1), -1)
        return result

    def root(self, x: acb) -> acb | None:
        """The physical root at an exact point of a tube, as a tight ball; None if that is not proved."""
        for tree in self._trees:
            (node,), _ = self._nearest(tree, [x])
            root = tree.root(int(node), x)
            if root is not None:
                return root
        return None

    @staticmethod
    def _nearest(tree: TubeTree, points: Sequence[acb]) -> tuple[NDArray[np.intp], Complexes]:
        """For each point the proved node whose tube it is deepest in, and the step from there."""
        exact = [(x - tree.center).real for x in points]
        x = np.array([float(offset) for offset in exact])
        rests = np.array([float(offset - value) for offset, value in zip(exact, x.tolist(), strict=True)])
        tubes = tree.tubes
        nodes = np.flatnonzero(tree.is_proved & (tubes.widths > 0))
        if not len(nodes):
            nodes = np.array([0])
        with np.errstate(all="ignore"):
            steps = x[:, None] - tubes.places[nodes].real + rests[:, None]
            best = np.argmin(np.abs(steps) / tubes.widths[nodes], axis=1)
        return nodes[best], steps[np.arange(len(x)), best].astype(complex)

    # -- growth ---------------------------------------------------------------------------------------------

    def _extend(self, left: float, right: float) -> None:
        """Nodes towards both ends, about as far as these distances."""
        ahead = _AHEAD if self._sheet.degree < _HIGH else _AHEAD_AT_HIGH_DEGREE
        goals = [max(ahead * goal, _DEEPEST * self._width) for goal in (left, right)]
        if self._sheet.degree < _HIGH:
            self._grow(0, [0, 1], goals)
            return
        self._grow(0, [0, 1], [max(goal, _CLOSE * self._width) for goal in goals])
        for side, goal in enumerate(goals):
            if goal < _CLOSE * self._width < math.inf and self._moved_to_the_end(side):
                self._grow(self._outermost[side][0], [side], [goal])

    def _moved_to_the_end(self, side: int) -> bool:
        """Go on in a tree around the end itself; whether the root could be handed over."""
        tree, node = self._outermost[side]
        if tree:
            return True
        last = self._trees[tree]
        place = acb((last.center + acb(complex(last.tubes.places[node]))).real)
        root = last.root(node, place)
        if root is None:
            return False
        self._trees.append(TubeTree(self._sheet, place, root, acb(float(self._ends[side])), float(root.real)))
        self._outermost[side] = len(self._trees) - 1, 0
        return True

    def _grow(self, number: int, sides: Sequence[int], goals: Sequence[float]) -> None:
        """Nodes of one tree towards some of the ends, down to the distances given."""
        tree = self._trees[number]
        parents: list[int] = []
        places: list[complex] = []
        grown = []
        for side, goal in zip(sides, goals, strict=True):
            there, parent = self._outermost[side]
            if there != number or (parent and not tree.is_proved[parent]):
                continue
            end, distance = float(self._ends[side] - tree.center.real), self._reached[side]
            while distance > goal and len(places) < _MOST_NODES:
                away = 2 * self._share / (1 - self._share) * (self._width - distance)  # from the other end
                distance = max(distance * (1 - self._share) / (1 + self._share), distance - away)
                parents.append(parent)
                places.append(complex(end + (distance if side == 0 else -distance)))
                parent = len(tree) + len(places) - 1
            grown.append((side, parent, distance))
        if places:
            tree.grow(parents, places, rounds=_ROUNDS)
            for side, parent, distance in grown:
                self._outermost[side], self._reached[side] = (number, parent), distance
