r"""The branch next to an edge where many sheets meet, followed in the variable u that makes it analytic there.

With x = a + u^e or a - u^e and y = u^n m, the physical branch is an analytic function y(u) around u = 0. Nodes next to
an edge lie at distances u^e that fall far below the precision, while u itself stays moderate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from flint import acb, acb_poly, arb, fmpq, fmpq_poly

from resolvent.derive.continuation.followed_root import Sheet
from resolvent.derive.errors import PrecisionError
from resolvent.derive.support.support import Edge
from resolvent.numeric.density.boundary_values import BoundaryValues

FEWEST = 3  # sheets that meet: with fewer, distances are moderate


class EdgeSheet:
    """The density next to an edge at a rational place.

    Args:
        sheet: the branch.
        branch: its boundary values on the interval.
        edge: the edge.
        direction: 1 if the interval lies above the edge, -1 if below.
        reach: how far the density is asked for; no other critical point lies within a few times that distance.

    Raises `PrecisionError` if the branch is not told from other sheets at that distance.
    """

    def __init__(self, sheet: Sheet, branch: BoundaryValues, edge: Edge, direction: int, reach: float) -> None:
        place = edge.point.rational
        assert place is not None
        self._order = e = edge.ramification
        start = acb(reach ** (1 / e))
        self.reach = start.real**e
        near, far = (branch.root(acb((arb(place) + direction * d).mid())) for d in (self.reach / 16, self.reach))
        steepness = math.log(float(abs(near)) / float(abs(far))) / math.log(16)
        self._pole = n = min(max(round(e * steepness), 0), e - 1)
        self._sheet = Sheet(_rows(sheet, place, direction, e, n), sheet.precision)
        guess = far * start**n
        root = self._sheet.refine(start, guess)
        if not self._sheet.same(start, root, self._sheet.widened(guess)):
            raise PrecisionError("the branch could not be told from another sheet next to an edge", point=float(place))
        self._known = [(start, root)]

    def density(self, distances: Sequence[arb]) -> list[float]:
        """Im m/pi at distances from the edge."""
        found = {}
        for k in sorted(range(len(distances)), key=lambda k: -float(distances[k])):
            u = acb(distances[k].root(self._order).mid())
            place, root = self._known[-1]
            root = self._sheet.follow(place, root, u)
            self._known.append((u, root))
            found[k] = float(root.imag * u.real**-self._pole / arb.pi())
        self._known = self._known[:1]
        return [found[k] for k in range(len(distances))]


def _rows(sheet: Sheet, place: fmpq, direction: int, e: int, n: int) -> list[acb_poly]:
    """The coefficients in u of P(a + direction u^e, y u^-n), times the power of u that leaves no common one."""
    degree = len(sheet.rows) - 1
    terms = []
    for j, row in enumerate(sheet.rows):
        moved = fmpq_poly([_exact(c.real) for c in row])(fmpq_poly([place, 1]))
        terms.append({e * i + n * (degree - j): c * direction**i for i, c in enumerate(moved.coeffs()) if c != 0})
    low = min(k for row in terms for k in row)
    found = []
    for row in terms:
        line = [acb(0)] * (max(row, default=low) - low + 1)
        for k, c in row.items():
            line[k - low] = acb(arb(c))
        found.append(acb_poly(line))
    return found


def _exact(ball: arb) -> fmpq:
    """The rational number that a ball of radius 0 is."""
    if not ball.is_exact():
        raise PrecisionError("the coefficients of the equation were rounded", coefficient=ball)
    mantissa, exponent = ball.man_exp()
    return fmpq(mantissa) * fmpq(2) ** int(exponent)
