"""The density of a law at points of a support interval, each value with proof that it belongs to the physical branch.

Inside a support interval the physical root is one of the roots of P(x, .) in the upper half-plane. Where an enclosure
of all roots shows exactly one there, that is it: no path is needed. Where other sheets are complex too, the branch is
followed from the nearest point where it is known, and each disc that the proof yields serves all points inside it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import flint
from flint import acb, acb_poly, arb

from derive.errors import BranchError, PrecisionError
from derive.sheet import Sheet

_ABSOLUTE = 1e-28  # asked of the roots' enclosures ...
_RELATIVE = 1e-18  # ... and of the imaginary part that is used, else one root is refined alone
_SMALLEST = 1e-3  # of the way to a point: shorter steps count as having met a branch point


@dataclass(frozen=True)
class _Disc:
    """For |z - place| <= width exactly one root lies within ``radius`` of ``root``, and it is the physical one."""

    place: acb
    root: acb
    width: float
    radius: float


class BoundaryValues:
    """The limits of a branch from above on one support interval.

    Args:
        sheet: the branch, or one that differs from it by a real function.
        inner: a point of the interval from which the branch can be followed both ways.
    """

    def __init__(self, sheet: Sheet, inner: arb) -> None:
        self._sheet = sheet
        self._inner = acb(inner)
        self._discs: list[_Disc] = []  # in order of their places

    def density(self, points: Sequence[arb]) -> list[float]:
        """Im m/pi at exact points inside the interval."""
        with flint.ctx.workprec(self._sheet.precision):
            places = [acb(x) for x in points]
            values = [0.0] * len(places)
            for k in sorted(range(len(places)), key=lambda k: abs(float((places[k] - self._inner).real))):
                values[k] = float(self.root(places[k]).imag.mid()) / math.pi
            return values

    def root(self, x: acb) -> acb:
        """The physical root at an exact point, as a tight ball."""
        roots = self._all_roots(x)
        upper = [r for r in roots if r.imag > 0]
        if len(upper) == 1 and all(r.imag < 0 or r.imag > 0 or _is_real(r, roots) for r in roots):
            with suppress(PrecisionError):
                return self._tight(x, upper[0])
        return self._followed(x, upper)

    def _all_roots(self, x: acb) -> list[acb]:
        """Disjoint enclosures of the roots of P(x, .), none if they cannot be told apart or are not conjugate."""
        coefficients = self._sheet._polynomial(x)
        if any(c.imag != 0 for c in coefficients):
            return []
        try:
            return list(acb_poly(coefficients).roots(tol=_ABSOLUTE))
        except ValueError:
            return []

    def _tight(self, x: acb, root: acb) -> acb:
        """The root in an enclosure that isolates it, with a relatively accurate imaginary part."""
        if float(root.imag.rad()) <= _RELATIVE * float(root.imag.mid()):
            return root
        refined = self._sheet.refine(x, root)
        if not self._sheet.same(x, refined, root):
            raise PrecisionError("the iteration left the root it started at", z=complex(x))
        return refined

    # -- where several sheets are complex ------------------------------------------------------------------

    def _followed(self, x: acb, candidates: list[acb]) -> acb:
        try:
            disc = self._walk(x)
            center = _mid(disc.root)
            for root in candidates:
                if abs(root - center) < disc.radius:  # the disc holds no other root
                    return self._tight(x, root)
            root = self._sheet.refine(x, center)
            if abs(root - center) < disc.radius:
                return root
        except (BranchError, PrecisionError):
            pass  # another sheet comes close on the line itself: go around it
        root = self._sheet.value(x)
        self._learn(x, root)
        return root

    def _walk(self, x: acb) -> _Disc:
        """A disc that reaches x, at the end of a chain of discs from the nearest known one."""
        disc = self._nearest(x)
        floor = _SMALLEST * abs(float((x - disc.place).real.mid()))
        while not (distance := abs(float((x - disc.place).real.mid())) * 1.0000001) <= disc.width:
            if disc.width < floor:
                raise BranchError("other sheets come close to the branch", z=complex(disc.place))
            there = _mid(disc.place + (x - disc.place) * arb(0.98 * disc.width / distance))
            center = _mid(disc.root)
            root = self._sheet.refine(there, center)
            if not abs(root - center) < disc.radius:
                raise PrecisionError("the iteration left the certified disc", z=complex(there))
            disc = self._learn(there, root)
        return disc

    def _nearest(self, x: acb) -> _Disc:
        if not self._discs:
            return self._learn(self._inner, self._sheet.value(self._inner))
        place = float(x.real.mid())
        k = bisect_left(self._discs, place, key=_place)
        return min(self._discs[max(k - 1, 0) : k + 1], key=lambda disc: abs(_place(disc) - place))

    def _learn(self, x: acb, root: acb) -> _Disc:
        disc = _Disc(x, root, *self._sheet.reach(x, root))
        insort(self._discs, disc, key=_place)
        return disc


def _place(disc: _Disc) -> float:
    return float(disc.place.real.mid())


def _mid(x: acb) -> acb:
    return acb(x.real.mid(), x.imag.mid())


def _is_real(root: acb, roots: list[acb]) -> bool:
    """Whether a root of a real polynomial is proved real: its conjugate can only be in its own enclosure."""
    mirror = root.conjugate()
    return not any(other.overlaps(mirror) for other in roots if other is not root)
