"""Where the sheets of a law meet or have poles, around a support interval: what limits the convergence of series there.

Places are balls, so that their distances from an edge are relatively accurate however close they are.
"""

from __future__ import annotations

from functools import lru_cache

from flint import acb, fmpz_poly

from resolvent.derive.equations.equation import ResolventEquation
from resolvent.derive.errors import PrecisionError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber
from resolvent.derive.exact.complex_roots import complex_roots
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.support.support import Interval, Skeleton, critical_factors, isolating_radius, node_factors

_CLOSE = 1e-3  # of the width of an interval: nodes closer to an edge count


def critical_places(frame: Skeleton, interval: Interval) -> list[acb]:
    """The roots of disc_m(P) lc_m(P) in the closed upper half-plane, the ends of the interval excepted.

    Nodes, where sheets cross unramified as a rule, do not limit convergence. Complex ones are left out unless they lie
    within a thousandth of the interval's width from an edge: there the density could be small without vanishing.
    """
    ends = interval.left.point, interval.right.point
    precision = frame.branch.precision
    found = [acb(p.ball(precision).mid()) for p in frame.points if p not in ends]
    for factor in _chosen_factors(frame.branch.equation, interval, precision):
        found += _above(tuple(map(int, factor.coeffs())), precision)
    return found


def _chosen_factors(equation: ResolventEquation, interval: Interval, precision: int) -> list[fmpz_poly]:
    nodes = node_factors(equation)
    ends = [edge.point for edge in (interval.left, interval.right)]
    reach = _CLOSE * (float(ends[1]) - float(ends[0]))
    chosen = []
    for factor in critical_factors(equation):
        is_far = factor in nodes and all(_is_far(factor, p, reach, precision) for p in ends)
        if factor.degree() > 1 and not is_far:
            chosen.append(factor)
    return chosen


def _is_far(factor: fmpz_poly, point: AlgebraicNumber, reach: float, precision: int) -> bool:
    """Whether all roots of a factor but the point itself are proved to lie farther away."""
    try:
        return isolating_radius([factor], point, precision) > reach
    except PrecisionError:
        return False


@lru_cache(maxsize=256)
def _above(coefficients: tuple[int, ...], precision: int) -> tuple[acb, ...]:
    """The roots of a factor above the real line."""
    with working_precision(precision):
        return tuple(root for root in complex_roots(fmpz_poly(list(coefficients))) if root.imag > 0)
