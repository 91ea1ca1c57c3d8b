"""Values of a law with proof: the density as an interval, the Stieltjes transform as the rounding of a ball.

A point is compared exactly with the edges; outside the support intervals the density is zero by the sweep that found
them, and inside it comes from the continued branch, as a ball of the working precision.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from flint import acb, acb_poly, arb, fmpq
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.errors import BranchError, PrecisionError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.support.support import Interval, Skeleton
from resolvent.numeric.density.boundary_values import BoundaryValues
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.stieltjes_values import check_derivative, real_points

_MOST_BITS = 2048
_ROUNDED = 1e-15  # relative error with which a ball counts as a number
_NAN = complex("nan+nanj")


class Enclosure(NamedTuple):
    """The true values lie within ``radius`` of ``value``: two arrays of the shape of the points."""

    value: Array
    radius: Array


def density_enclosure(skeleton: Skeleton, x: ArrayLike) -> Enclosure:
    """Proved bounds for the density at floats, taken as exact numbers.

    Outside the support and at edges where m is bounded the density is 0, with radius 0. NaN, with an infinite radius,
    stands where there is no value or no proof: at NaN, at points inside the support where sheets meet, and at edges
    where some sheet has a pole.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> from resolvent.derive.support.support import skeleton
    >>> found = density_enclosure(skeleton(semicircle().equation), [0, 2, 3])
    >>> found.value.round(12), bool(np.all(found.radius < 1e-15))
    (array([0.31830989, 0.        , 0.        ]), True)

    Raises `ParameterError` for complex points.
    """
    points = real_points(x)
    branches = [BoundaryValues(skeleton.continuous, i.sample) for i in skeleton.intervals]
    found = [_density_at(skeleton, branches, float(p)) for p in points.ravel()]
    value, radius = (np.array([pair[k] for pair in found]).reshape(points.shape) for k in (0, 1))
    return Enclosure(value, radius)


def _density_at(skeleton: Skeleton, branches: list[BoundaryValues], x: float) -> tuple[float, float]:
    if not math.isfinite(x):
        return (math.nan, math.inf) if math.isnan(x) else (0.0, 0.0)
    sheet = skeleton.continuous
    for interval, branch in zip(skeleton.intervals, branches, strict=True):
        if _compared(x, interval.left.point) > 0 > _compared(x, interval.right.point):
            try:
                with working_precision(sheet.precision):
                    return _rounded(branch.root(acb(x)).imag / arb.pi())
            except (BranchError, PrecisionError):
                return math.nan, math.inf
    here = [i for i in skeleton.intervals if 0 in (_compared(x, i.left.point), _compared(x, i.right.point))]
    return _at_edge(skeleton, x, here) if here else (0.0, 0.0)


def _at_edge(skeleton: Skeleton, x: float, intervals: list[Interval]) -> tuple[float, float]:
    """The density at an edge: m is continuous where it is bounded, and real outside; between two intervals unknown."""
    leading = skeleton.branch.equation.columns[-1]
    if len(intervals) > 1 or leading(fmpq(*x.as_integer_ratio())) == 0:
        return math.nan, math.inf
    return 0.0, 0.0


def _rounded(ball: arb) -> tuple[float, float]:
    value = float(ball.mid())
    return value, float(abs(ball - value).upper()) * (1 + 2.0**-50)


def _compared(x: float, point: AlgebraicNumber) -> int:
    """The sign of x - point."""
    bits = 128
    while bits <= _MOST_BITS:
        with working_precision(bits):
            difference = arb(x) - point.ball(bits)
            if difference > 0 or difference < 0:
                return 1 if difference > 0 else -1
        if point.rational == fmpq(*x.as_integer_ratio()):
            return 0
        bits *= 2
    raise PrecisionError("a point could not be told apart from an edge", point=x)


def certified_stieltjes(branch: Branch, z: ArrayLike, derivative: int = 0, unit: float = 1.0) -> NDArray[np.complex128]:
    """m(z) or m'(z) by continuation with proof, rounded; NaN where the branch has no proved value.

    m' is -P_z/P_m at the ball of m. Real points of the support get the limit from above. The branch may be that of the
    law of x/unit, unit a power of two.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> certified_stieltjes(Branch(semicircle().equation), [2.5, 0, 2]).round(12)
    array([-0.5 -0.j,  0.  +1.j,  nan+nanj])

    Raises `ParameterError` for another derivative.
    """
    check_derivative(derivative)
    points = np.asarray(z, dtype=np.complex128)
    scaled = (complex(p.real / unit, p.imag / unit) for p in points.ravel())
    flat = np.array([_stieltjes_at(branch, p, derivative) for p in scaled], dtype=np.complex128)
    return np.asarray(flat.reshape(points.shape) / unit ** (1 + derivative))


def _stieltjes_at(branch: Branch, z: complex, derivative: int) -> complex:
    if not (math.isfinite(z.real) and math.isfinite(z.imag)):
        return _NAN if math.isnan(z.real) or math.isnan(z.imag) else 0j
    if z.imag < 0:
        return _stieltjes_at(branch, z.conjugate(), derivative).conjugate()
    with working_precision(branch.precision):
        place = acb(arb(z.real), arb(z.imag))
        try:
            ball = branch.value(place)
        except (BranchError, PrecisionError):
            return _NAN
        if derivative:
            ball = _slope(branch, place, ball)
        value = complex(ball)
        return value if float(abs(ball - value).upper()) <= _ROUNDED * abs(value) else _NAN


def _slope(branch: Branch, z: acb, m: acb) -> acb:
    rows = branch.equation.columns
    along, across = acb_poly([row.derivative()(z) for row in rows]), acb_poly([row(z) for row in rows])
    return -along(m) / across.derivative()(m)
