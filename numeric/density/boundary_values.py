"""The density of a law at points of a support interval, each value with proof that it belongs to the physical branch.

Discs around all roots come first, for all points at once. Where exactly one lies in the upper half-plane, it holds the
physical root, and no path is needed. Where other sheets are complex too, the branch is followed from a point where it
is known: a tube that the proof yields holds no other root, so the disc inside it is the one. Tubes along the whole
interval are proved together (see `resolvent.numeric.density.interval_tubes`); what they leave is followed point by
point (see `resolvent.derive.continuation.tube`). Where a disc is too large for an accurate imaginary part, next to an
edge, the root is refined in balls.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import acb, acb_poly, arb, arb_poly
from numpy.typing import NDArray

from resolvent.derive.continuation.followed_root import Sheet
from resolvent.derive.continuation.tube import Tube
from resolvent.derive.errors import BranchError, PrecisionError
from resolvent.derive.exact.precision import working_precision
from resolvent.numeric.density.interval_tubes import IntervalTubes
from resolvent.numeric.density.root_discs import Complexes, Reals, root_discs

_ACCURACY = 1e-13  # proved relative error of an imaginary part in doubles; the true one is far smaller
_SHARP = 2.0**-80  # relative error of an imaginary part in balls
_NEWTON = 4
_MANY = 12  # from so many points on tubes along the interval are worth their while
_SMALLEST = 1e-3  # of the way to a point: shorter steps count as having met a branch point


@dataclass(frozen=True)
class _Known:
    """The physical root at a place, and a tube around it that holds no other root."""

    place: acb
    root: acb
    tube: Tube

    def distance(self, x: acb) -> float:
        """How far a point on the line is, a little more for rounding errors."""
        return abs(float((x - self.place).real.mid())) * 1.0000001

    def middle(self, x: acb) -> acb:
        """The middle of the tube at a point."""
        return self.root.mid() + self.tube.middle(complex(x - self.place))

    def holds(self, x: acb, root: acb) -> bool:
        """Whether a ball at a point of the tube lies in it: if it holds a root, that is the physical one."""
        return self.tube.holds(complex(x - self.place), float(abs(root - self.middle(x)).upper()))

    def disc_inside(self, x: acb, centres: Complexes, radii: Reals) -> int | None:
        """The number of a disc that lies in the tube at a point of it, in doubles with their errors allowed for."""
        middle = complex(self.middle(x))
        slack = 4e-16 * abs(middle)
        step = complex(x - self.place)
        for k, distance in enumerate((np.abs(centres - middle) + radii).tolist()):
            if distance < self.tube.radius and self.tube.holds(step, distance * 1.0000001 + slack):
                return k
        return None


class BoundaryValues:
    """The limits of a branch from above on one support interval.

    Args:
        sheet: the branch, or one that differs from it by a real function; its equation is real.
        inner: a point of the interval from which the branch can be followed both ways.
        ends: the ends of the interval, if many points of it will be asked for.
    """

    def __init__(self, sheet: Sheet, inner: arb, ends: tuple[arb, arb] | None = None) -> None:
        self._sheet = sheet
        self._rows = [arb_poly([c.real for c in row.coeffs()]) for row in sheet.rows]
        self._inner = acb(inner)
        self._ends = ends
        self._known: list[_Known] = []  # in order of their places
        self._tubes: IntervalTubes | None = None

    def density(self, points: Sequence[arb]) -> list[float]:
        """Im m/pi at exact points inside the interval."""
        with working_precision(self._sheet.precision):
            return [height / math.pi for height in self._heights([acb(x) for x in points])]

    def _heights(self, places: Sequence[acb]) -> list[float]:
        columns, centres, radii = self._discs(places)
        chosen = _only_upper(centres, radii)
        if self._ends is not None and len(places) >= _MANY and np.any(chosen < 0):
            if self._tubes is None:
                self._tubes = IntervalTubes(self._sheet, self._inner, self._sheet.value(self._inner), self._ends)
            chosen = self._tubes.chosen(places, centres, radii, chosen)
        numbers = np.arange(len(places))
        disc, radius = centres[numbers, chosen], radii[numbers, chosen]
        sharp = (chosen >= 0) & (radius <= _ACCURACY * disc.imag)
        found = np.where(sharp, disc.imag, np.nan).tolist()
        rest = np.flatnonzero(~sharp).tolist()
        for k in sorted(rest, key=lambda k: abs(float((places[k] - self._inner).real))):
            root = self._choice(places[k], int(chosen[k]), centres[k], radii[k])
            if isinstance(root, int):
                root = self._refined(places[k], [c[k] for c in columns], _disc(centres, radii, k, root))
            found[k] = float(root.imag.mid())
        return found

    def root(self, x: acb) -> acb:
        """The physical root at an exact point, as a tight ball."""
        columns, centres, radii = self._discs([x])
        root = self._choice(x, int(_only_upper(centres, radii)[0]), centres[0], radii[0])
        if isinstance(root, int):
            return self._refined(x, [c for (c,) in columns], _disc(centres, radii, 0, root))
        return root

    def _choice(self, x: acb, number: int, centres: Complexes, radii: Reals) -> Any:
        """The number of the disc with the physical root, or else a tight ball around it."""
        if number >= 0:
            return number
        if self._tubes is not None and (root := self._tubes.root(x)) is not None:
            return root
        try:
            known = self._walk(x)
            inside = known.disc_inside(x, centres, radii) if np.all(np.isfinite(radii)) else None
            if inside is not None:
                return inside
            root = self._sheet.refine(x, known.middle(x))
            if known.holds(x, root):
                return root
        except (BranchError, PrecisionError):
            pass  # other sheets come close on the line itself
        return self._around(x)

    def _discs(self, places: Sequence[acb]) -> tuple[list[list[arb]], Complexes, Reals]:
        """The coefficients of each P(x, .), one list a power, and discs with one root each, one for every root.

        The radii are infinite where that fails.
        """
        points = [x.real for x in places]
        columns = [row.evaluate(points, "iter") for row in self._rows]
        centres, radii = root_discs(np.array([[float(c) for c in column] for column in columns]).T)  # of their middles
        return columns, centres, radii

    def _refined(self, x: acb, coefficients: Sequence[arb], disc: acb) -> acb:
        """The root in a disc that holds one, as a tight ball.

        By Newton's method for intervals: P(c) = P'(w) (c - z) for the root z and a mean P'(w) of slopes in the disc,
        so that z lies in c - P(c)/P'(disc).
        """
        polynomial = acb_poly(coefficients)
        slope = polynomial.derivative()
        ball = disc
        for _ in range(_NEWTON):
            steepness = slope(ball)
            if steepness.contains(0):
                break
            center = ball.mid()
            ball = center - polynomial(center) / steepness
            if float(ball.imag.rad()) <= _SHARP * abs(float(ball.imag)):
                return ball
        with suppress(PrecisionError):
            root = self._sheet.refine(x, disc)
            if disc.contains(root):
                return root
        return self._around(x)

    # -- along the interval ----------------------------------------------------------------------------------

    def _around(self, x: acb) -> acb:
        """The root at a point by a path through the upper half-plane."""
        root = self._sheet.value(x)
        self._learn(x, root)
        return root

    def _walk(self, x: acb) -> _Known:
        """The tube at the end of a chain from the nearest known one."""
        known = self._nearest(x)
        floor = _SMALLEST * known.distance(x)
        while not (distance := known.distance(x)) <= known.tube.width:
            if known.tube.width < floor:
                raise BranchError("other sheets come close to the branch", z=complex(known.place))
            there = (known.place + (x - known.place) * arb(0.98 * known.tube.width / distance)).mid()
            root = self._sheet.refine(there, known.middle(there))
            if not known.holds(there, root):
                raise PrecisionError("the iteration left the certified tube", z=complex(there))
            known = self._learn(there, root)
        return known

    def _nearest(self, x: acb) -> _Known:
        if not self._known:
            return self._learn(self._inner, self._sheet.value(self._inner))
        k = bisect_left(self._known, float(x.real.mid()), key=_place)
        return min(self._known[max(k - 1, 0) : k + 1], key=lambda known: known.distance(x) - known.tube.width)

    def _learn(self, x: acb, root: acb) -> _Known:
        known = _Known(x, root, self._sheet.tube(x, root))
        insort(self._known, known, key=_place)
        return known


def _place(known: _Known) -> float:
    return float(known.place.real.mid())


def _only_upper(centres: Complexes, radii: Reals) -> NDArray[np.intp]:
    """For each point the disc in the upper half-plane if exactly one root is there; -1 if not, or if undecided."""
    upper = centres.imag > radii
    decided = np.all(np.isfinite(radii) & (upper | (centres.imag < -radii) | (centres.imag == 0)), axis=1)
    return np.where(decided & (upper.sum(axis=1) == 1), np.argmax(upper, axis=1), -1)


def _disc(centres: Complexes, radii: Reals, point: int, root: int) -> acb:
    centre, radius = complex(centres[point, root]), float(radii[point, root])
    return acb(arb(centre.real, radius), arb(centre.imag, radius))
