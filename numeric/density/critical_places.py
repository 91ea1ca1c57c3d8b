"""Where the sheets of a law meet or have poles, around a support interval: what limits the convergence of series there.

Places are balls, so that their distances from an edge are relatively accurate however close they are.
"""

from __future__ import annotations

from functools import lru_cache

from flint import acb, arb, arb_poly, fmpz_poly

from resolvent.derive.exact.algebraic_number import AlgebraicNumber
from resolvent.derive.exact.complex_roots import complex_roots
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.support.support import Interval, Skeleton, critical_factors, node_factors

_CLOSE = 1e-3  # of the width of an interval: nodes closer to an edge count
_WIDENINGS = (1.0, 1.3, 1.7)  # of that distance: the circle may run through a root
_SQUARINGS = 5


def critical_places(frame: Skeleton, interval: Interval) -> list[acb]:
    """The roots of disc_m(P) lc_m(P) in the closed upper half-plane, the ends of the interval excepted.

    Nodes, where sheets cross unramified as a rule, do not limit convergence. Complex ones are left out unless one lies
    within a thousandth of the interval's width from an edge: there the density could be small without vanishing.
    """
    ends = interval.left.point, interval.right.point
    precision = frame.branch.precision
    found = [acb(p.ball(precision).mid()) for p in frame.points if p not in ends]
    for factor in _chosen_factors(frame, interval):
        found += _above(tuple(map(int, factor.coeffs())), precision)
    return found


def _chosen_factors(frame: Skeleton, interval: Interval) -> list[fmpz_poly]:
    nodes = node_factors(frame.branch.equation)
    ends = interval.left.point, interval.right.point
    reach = _CLOSE * (float(ends[1]) - float(ends[0]))
    chosen = []
    for factor in critical_factors(frame.branch.equation):
        is_far = factor in nodes and all(_is_far(factor, end, reach, frame) for end in ends)
        if factor.degree() > 1 and not is_far:
            chosen.append(factor)
    return chosen


def _is_far(factor: fmpz_poly, end: AlgebraicNumber, reach: float, frame: Skeleton) -> bool:
    """Whether it is proved that no complex root of a critical factor lies so close: all that do are critical points."""
    coefficients = tuple(map(int, factor.coeffs()))
    precision = frame.branch.precision
    centre = end.ball(precision).mid()
    with working_precision(precision):
        real = [abs(p.ball(precision) - centre) for p in frame.points if p.polynomial == coefficients]
        for radius in (arb(reach * widening) for widening in _WIDENINGS):
            with working_precision(precision + 16 * factor.degree()):  # a long polynomial's terms cancel heavily
                around = arb_poly(factor)(arb_poly([centre, radius]))
            inside = roots_in_unit_disc(around)
            if inside is not None and not any(distance.overlaps(radius) for distance in real):
                return inside == sum(distance < radius for distance in real)
    return False


def roots_in_unit_disc(polynomial: arb_poly) -> int | None:
    """How many complex roots lie in the open unit disc, if that can be told: none may lie next to the circle.

    By Pellet's theorem: if |c_k| exceeds the sum of all other |c_j|, so many are k. Before, the roots are squared a few
    times (Dandelin, Graeffe), which takes them away from the circle: q(x^2) = p(x) p(-x).

    >>> [roots_in_unit_disc(arb_poly(c)) for c in ([1, 0, 4], [4, 0, 1], [0, 1], [-1, 1])]
    [2, 0, 1, None]
    """
    squarings = 0
    while True:
        sizes = [abs(c) for c in polynomial.coeffs()]
        half = sum(sizes, start=arb(0)) / 2
        found = next((k for k, size in enumerate(sizes) if size > half), None)
        if found is not None or squarings == _SQUARINGS:
            return found
        coefficients = polynomial.coeffs()
        even, odd = arb_poly(coefficients[::2]), arb_poly(coefficients[1::2])
        polynomial = even * even - arb_poly([0, 1]) * odd * odd
        squarings += 1


@lru_cache(maxsize=256)
def _above(coefficients: tuple[int, ...], precision: int) -> tuple[acb, ...]:
    """The roots of a factor above the real line."""
    with working_precision(precision):
        return tuple(root for root in complex_roots(fmpz_poly(list(coefficients))) if root.imag > 0)
