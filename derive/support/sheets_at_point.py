r"""The sheets next to a rational point by Newton's polygon: how many meet, without a turn around the point.

With e = z - z0 write P = sum_j a_j(e) m^j, a_j of order v_j in e. A side of the lower hull of the points (j, v_j), of
slope r/q in lowest terms, has sheets m ~ c e^(-r/q), where c^q is a root of the side's polynomial; if that is
squarefree, q sheets meet in each. A vertex k splits the sheets into k small ones and large ones: by Pellet's theorem
|a_k| R^k > sum_(j != k) |a_j| R^j tells them apart on |m| = R. For R ~ |e|^-s, s between the slopes at k, every term
falls against the first as e -> 0, so that this holds in a punctured disc if it holds on its border.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from flint import acb, arb, fmpq, fmpq_poly, fmpz_poly

_TRIES = 64  # halvings of the distance in search of one at which the sides' sheets are apart


@dataclass(frozen=True)
class Side:
    """A side of the hull between two vertices; ``ramification`` is None where its polynomial has multiple roots."""

    first: int
    last: int
    ramification: int | None


@dataclass(frozen=True)
class SheetsAtPoint:
    """The sheets around z0.

    Attributes:
        rows: the coefficients in e of a_0, a_1, ...
        sides: the sides of the hull, by growing size of their sheets.

    >>> found = sheets_at_point([fmpz_poly([1]), fmpz_poly([0, 1]), fmpz_poly([0, 1])], fmpq(0))  # z m^2 + z m + 1
    >>> found.sides
    (Side(first=0, last=2, ramification=2),)
    """

    rows: tuple[fmpq_poly, ...]
    sides: tuple[Side, ...]

    def borders(self, most: float) -> tuple[arb, list[arb]] | None:
        """A distance up to ``most`` with sizes of m that keep the sides' sheets apart there and nearer; None if none is
        found."""
        distance = arb(most)
        for _ in range(_TRIES):
            sizes = [[abs(arb(c)) * distance**i for i, c in enumerate(row.coeffs())] for row in self.rows]
            found = [_border(sizes, side.last) for side in self.sides[:-1]]
            if all(found):
                return distance, [border for border in found if border is not None]
            distance = distance / 2
        return None

    def side_of(self, root: acb, borders: Sequence[arb]) -> Side | None:
        """The side of a sheet whose value at the distance is enclosed; None where the enclosure is too wide."""
        above = [bool(abs(root) > border) for border in borders]
        if any(not large and not abs(root) < border for large, border in zip(above, borders, strict=True)):
            return None
        return self.sides[sum(above)]


def sheets_at_point(columns: Sequence[fmpz_poly], place: fmpq) -> SheetsAtPoint:
    """The sheets of the polynomial with these coefficients of m^0, m^1, ... around a rational place."""
    shift = fmpq_poly([place, 1])
    rows = tuple(fmpq_poly(column)(shift) for column in columns)
    orders = [next((i for i, c in enumerate(row.coeffs()) if c != 0), None) for row in rows]
    points = [(j, v) for j, v in enumerate(orders) if v is not None]
    hull: list[tuple[int, int]] = []
    for point in points:
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) >= _slope(hull[-2], point):
            hull.pop()
        hull.append(point)
    return SheetsAtPoint(rows, tuple(_side(rows, dict(points), first, last) for first, last in pairwise(hull)))


def _slope(a: tuple[int, int], b: tuple[int, int]) -> Fraction:
    return Fraction(b[1] - a[1], b[0] - a[0])


def _side(rows: Sequence[fmpq_poly], orders: dict[int, int], first: tuple[int, int], last: tuple[int, int]) -> Side:
    slope = _slope(first, last)
    q = slope.denominator
    places = [(j, first[1] + slope * (j - first[0])) for j in range(first[0], last[0] + 1, q)]
    terms = fmpq_poly([rows[j][int(v)] if orders.get(j) == v else fmpq(0) for j, v in places])
    return Side(first[0], last[0], q if terms.gcd(terms.derivative()).degree() == 0 else None)


def _border(sizes: Sequence[Sequence[arb]], k: int) -> arb | None:
    """A size of m that Pellet's condition allows at a vertex, given the absolute values of all terms of the a_j."""
    totals = [sum(row, start=arb(0)) for row in sizes]
    leading = next(t for t in sizes[k] if t != 0)
    least = 2 * leading - totals[k]
    if not least > 0:
        return None
    below = max(((totals[j] / least).log() / (k - j) for j in range(k) if totals[j] != 0), key=float)
    above = min(((least / totals[j]).log() / (j - k) for j in range(k + 1, len(totals)) if totals[j] != 0), key=float)
    border = ((below + above) / 2).exp().mid()
    others = sum((t * border**j for j, t in enumerate(totals) if j != k), start=arb(0))
    return border if others < least * border**k else None
