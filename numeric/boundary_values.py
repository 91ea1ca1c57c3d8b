"""The density of a law at points of a support interval, each value with proof that it belongs to the physical branch.

Discs around all roots come first, for all points at once. Where exactly one lies in the upper half-plane, it holds the
physical root, and no path is needed. Where other sheets are complex too, the branch is followed from a point where it
is known: a tube that the proof yields (see `derive.tube`) holds no other root, so the disc inside it is the one. Where
a disc is too large for an accurate imaginary part, next to an edge, the root is refined in balls.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import flint
import numpy as np
from flint import acb, arb

from derive.errors import BranchError, PrecisionError
from derive.sheet import Sheet
from derive.tube import Tube

from .root_discs import root_discs

_ACCURACY = 1e-13  # proved relative error of an imaginary part in doubles; the true one is far smaller
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
        return _mid(self.root) + self.tube.middle(complex(x - self.place))

    def holds(self, x: acb, root: acb) -> bool:
        """Whether a ball at a point of the tube lies in it: if it holds a root, that is the physical one."""
        return self.tube.holds(complex(x - self.place), float(abs(root - self.middle(x)).upper()))


class BoundaryValues:
    """The limits of a branch from above on one support interval.

    Args:
        sheet: the branch, or one that differs from it by a real function.
        inner: a point of the interval from which the branch can be followed both ways.
    """

    def __init__(self, sheet: Sheet, inner: arb) -> None:
        self._sheet = sheet
        self._inner = acb(inner)
        self._known: list[_Known] = []  # in order of their places

    def density(self, points: Sequence[arb]) -> list[float]:
        """Im m/pi at exact points inside the interval."""
        with flint.ctx.workprec(self._sheet.precision):
            return [height / math.pi for height in self._heights([acb(x) for x in points])]

    def _heights(self, places: Sequence[acb]) -> list[float]:
        discs = self._discs(places)
        found = [0.0] * len(places)
        for k in sorted(range(len(places)), key=lambda k: abs(float((places[k] - self._inner).real))):
            disc = _only_upper(discs[k]) or self._in_tube(places[k], discs[k])
            if disc is None:
                found[k] = float(self._around(places[k]).imag.mid())
            elif disc.imag.rad() <= _ACCURACY * disc.imag.mid():
                found[k] = float(disc.imag.mid())
            else:
                found[k] = float(self._refined(places[k], disc).imag.mid())
        return found

    def root(self, x: acb) -> acb:
        """The physical root at an exact point, as a tight ball."""
        (discs,) = self._discs([x])
        disc = _only_upper(discs) or self._in_tube(x, discs)
        return self._around(x) if disc is None else self._refined(x, disc)

    def _discs(self, places: Sequence[acb]) -> list[list[acb]]:
        """For each point balls with exactly one root of P(x, .) each, one for every root; none if that fails."""
        polynomials = [self._sheet.polynomial(x) for x in places]
        rows = np.array([[float(c.real.mid()) for c in polynomial] for polynomial in polynomials])
        if rows.ndim != 2 or any(c.imag != 0 for polynomial in polynomials for c in polynomial):
            return [[] for _ in places]
        centres, radii = root_discs(rows)
        return [
            [acb(arb(z.real, r), arb(z.imag, r) if z.imag else arb(0)) for z, r in zip(zs, rs, strict=True)]
            if np.all(np.isfinite(rs))
            else []
            for zs, rs in zip(centres.tolist(), radii.tolist(), strict=True)
        ]

    def _refined(self, x: acb, disc: acb) -> acb:
        """The root in a disc that holds one, as a tight ball."""
        with suppress(PrecisionError):
            root = self._sheet.refine(x, disc)
            if disc.contains(root):
                return root
        return self._around(x)

    # -- along the interval ----------------------------------------------------------------------------------

    def _in_tube(self, x: acb, discs: Sequence[acb]) -> acb | None:
        """A ball with the physical root in it and no other, from the tube at x; None where there is no tube."""
        try:
            known = self._walk(x)
            inside = [disc for disc in discs if known.holds(x, disc)]
            if inside:
                return inside[0]
            root = self._sheet.refine(x, known.middle(x))
            return root if known.holds(x, root) else None
        except (BranchError, PrecisionError):  # other sheets come close on the line itself
            return None

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
            there = _mid(known.place + (x - known.place) * arb(0.98 * known.tube.width / distance))
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


def _mid(x: acb) -> acb:
    return acb(x.real.mid(), x.imag.mid())


def _only_upper(discs: Sequence[acb]) -> acb | None:
    """The disc in the upper half-plane if exactly one root is there; None if there are more, or it is not decided."""
    upper = [disc for disc in discs if disc.imag > 0]
    decided = all(disc.imag > 0 or disc.imag < 0 or disc.imag == 0 for disc in discs)
    return upper[0] if len(upper) == 1 and decided else None
