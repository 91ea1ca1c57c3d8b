"""Outliers of a spectrum under perturbations of finite rank: thresholds, locations and overlaps in numbers.

In each gap of the support the response falls from its limit at the left end to that at the right end (both exact, from
`resolvent.derive.outliers.thresholds`), so the limits decide whether a strength has an outlier there, and then exactly
one. It is a real root of the polynomial Q(z, 1/theta); where other sheets have roots in the same gap, certified values
of the branch between the candidates leave one. Roots and overlaps are balls, refined until floats are all that is
rounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import flint
import numpy as np
import sympy
from flint import acb, arb, arb_poly, fmpq, fmpq_poly

from resolvent.derive.continuation.physical_branch import number_ball
from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber, real_roots
from resolvent.derive.exact.copies import ById
from resolvent.derive.exact.field import Element, coefficients_in, polynomial_ring, to_fmpq
from resolvent.derive.exact.polynomials import univariate
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.exact.series import terms_of
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.irrational import is_irrational
from resolvent.derive.outliers.outlier_transform import VALUE, Response, check_kind, response_of
from resolvent.derive.outliers.thresholds import Gap, Threshold, gaps, lowest_end
from resolvent.derive.presentation import Tabled
from resolvent.derive.support.support import skeleton

_BITS = 60  # of relative accuracy, before rounding to floats
_NOTHING = 2.0**-100  # below this a location counts as 0
_MOST_BITS = 1024
_DIGITS = 320  # of an irrational strength: more than _MOST_BITS hold


@dataclass(frozen=True)
class EdgeThreshold:
    """An end of a gap in the support, and the strength at which an outlier stands there.

    Attributes:
        point: the place of the edge (or atom).
        side: 1 if the gap lies above it, -1 if below.
        strength: where its sign is ``side``, an outlier leaves this end as the strength grows beyond it in absolute
            value; where it is not, an outlier of the gap's other end arrives here. 0 if every strength of that sign
            has an outlier, infinite if none has. For rectangular perturbations the sign is only this mark.
    """

    point: float
    side: int
    strength: float


@dataclass(frozen=True)
class Outlier(Tabled):
    """One eigenvalue (squared singular value) outside the support.

    Attributes:
        location: its place.
        overlap: the squared overlap of u with its eigenvector (left singular vector).
        right_overlap: for the rectangular kind that of v with its right singular vector, otherwise None.
        gap: the gap of the support it lies in; the outermost ends are infinite, or 0 where it must be positive.
    """

    location: float
    overlap: float
    right_overlap: float | None
    gap: tuple[float, float]


@dataclass(frozen=True)
class OutlierResult(Tabled):
    """What a perturbation of one strength does outside the support.

    Attributes:
        strength: theta.
        kind: "additive", "multiplicative" or "rectangular".
        outliers: all outliers, from left to right, those in gaps between bulks included.
        thresholds: the strength that belongs to each end of each gap, from left to right; the same for all strengths.
        outer: the index in ``outliers`` of the one beyond the end of the support that the perturbation pushes at (the
            upper end for theta > 0 and for the rectangular kind, otherwise the lower), or None below the threshold.
        threshold: the strength from which on that one exists; infinite if it never does.
    """

    strength: float
    kind: str
    outliers: tuple[Outlier, ...]
    thresholds: tuple[EdgeThreshold, ...]
    outer: int | None
    threshold: float

    def __repr__(self) -> str:
        places = ", ".join(f"{o.location:.6g}" for o in self.outliers) or "none"
        return f"<OutlierResult: {self.kind}, strength {self.strength:g}, outliers {places}>"

    @property
    def location(self) -> float | None:
        """The location of the outer outlier; None below the threshold."""
        return None if self.outer is None else self.outliers[self.outer].location

    @property
    def overlap(self) -> float:
        """The squared overlap of u with its eigenvector (left singular vector); 0 below the threshold."""
        return 0.0 if self.outer is None else self.outliers[self.outer].overlap

    @property
    def right_overlap(self) -> float | None:
        """For the rectangular kind the squared overlap of v, 0 below the threshold; otherwise None."""
        if self.kind != "rectangular":
            return None
        return 0.0 if self.outer is None else self.outliers[self.outer].right_overlap


def outliers(
    law: AlgebraicLaw, strength: Any, kind: str = "additive", ratio: Any = None, exponent: int = 0
) -> tuple[OutlierResult, ...]:
    """The outliers of a law without free parameters under perturbations of one or several strengths.

    Perturbations of rank r with orthogonal vectors act one by one, so each strength has a result of its own.

    Args:
        law: the law of A (of X X^T for the rectangular kind).
        strength: theta, a number or a sequence of numbers: int, float, Fraction, "1/2", SymPy's. Not 0, and above -1
            for the multiplicative kind. Irrational ones are cut after 320 digits, so that none passes a threshold.
        kind: "additive" for A + theta u u^T, "multiplicative" for (I + theta u u^T)^(1/2) A (I + theta u u^T)^(1/2)
            (the eigenvalues are those of A^(1/2) (I + theta u u^T) A^(1/2), too), "rectangular" for X + theta u v^T.
        ratio: c = p/n for the rectangular kind.
        exponent: an even number; the law is that of x/2^exponent, everything else is about x.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> [(r.location, r.overlap) for r in outliers(semicircle(), [0.5, 2])]
    [(None, 0.0), (2.5, 0.75)]

    Raises `ParameterError` for a strength that is 0, infinite, no number or outside its domain, an unknown kind, and a
    ratio that is missing, superfluous, symbolic or not positive; `DerivationError` if the kind needs a law on [0, oo).

    Source: Benaych-Georges, Nadakuditi 2011, theorems 2.1, 2.2, 2.6, 2.7; 2012, theorems 2.8, 2.9.
    """
    check_kind(kind)
    response = _response(ById(law), kind, None if ratio is None else to_fmpq(ratio))
    strengths = checked_strengths(strength, kind)
    unit = fmpq(2) ** {"additive": exponent, "multiplicative": 0, "rectangular": exponent // 2}[kind]
    found = gaps(response)
    solver = _Solver(response)
    edges = tuple(
        EdgeThreshold(float(end.point), end.side, _strength(end))
        for gap in found
        for end in (gap.left, gap.right)
        if end is not None
    )
    results = (_result(solver, found, edges, theta / unit) for theta in strengths)
    return tuple(_put_back(r, math.ldexp(1.0, exponent), int(unit.p) / int(unit.q)) if exponent else r for r in results)


@lru_cache(maxsize=64)
def _response(law: ById[AlgebraicLaw], kind: str, ratio: fmpq | None) -> Response:
    return response_of(law.value, kind, ratio)


def checked_strengths(strength: Any, kind: str) -> list[fmpq]:
    """One strength or several, exact.

    Raises `ParameterError` for those that are 0, infinite, no numbers or outside the kind's domain.
    """
    return [_checked(value, kind) for value in _several(strength)]


def _several(strength: Any) -> Iterable[Any]:
    if isinstance(strength, np.ndarray):
        return list(np.atleast_1d(strength).ravel())
    return strength if isinstance(strength, Sequence) and not isinstance(strength, str) else [strength]


def _checked(value: Any, kind: str) -> fmpq:
    if isinstance(value, (float, np.floating)) and not math.isfinite(value):
        raise ParameterError(f"the strength of a perturbation must be finite; got {value}", strength=value)
    theta = _cut(value) if is_irrational(value) else to_fmpq(value)
    if theta == 0:
        raise ParameterError("a perturbation of strength 0 changes nothing; give another strength", strength=value)
    if kind == "multiplicative" and theta <= -1:
        raise ParameterError(
            f"a multiplicative strength must be above -1, so that I + theta u u^T is positive; got {value}",
            strength=value,
        )
    return theta


def _cut(value: sympy.Expr) -> fmpq:
    """A number without its digits from the 320th on: a little nearer to 0 than it is."""
    return to_fmpq(sympy.Rational(str(value.evalf(_DIGITS + 10)))) * (1 - fmpq(1, 10**_DIGITS))


def _strength(end: Threshold) -> float:
    return math.inf * end.side if end.strength is None else float(end.strength)


def _result(solver: _Solver, found: Sequence[Gap], edges: tuple[EdgeThreshold, ...], theta: fmpq) -> OutlierResult:
    kind = solver.response.kind
    targets = (-1 / abs(theta), 1 / abs(theta)) if kind == "rectangular" else (1 / theta,)
    upwards = kind == "rectangular" or theta > 0
    end = found[-1].left if upwards else lowest_end(found)
    outermost = None if end is None else found[-1 if upwards else 0]
    # within a gap the negative target, met at its upper end, comes after the positive one
    hits = [(gap, y, solver.outlier(gap, y, theta)) for gap in found for y in sorted(targets)[::-1] if _admits(gap, y)]
    outer = (k for k, (gap, y, _) in enumerate(hits) if gap is outermost and (y > 0) == upwards)
    return OutlierResult(
        strength=int(theta.p) / int(theta.q),
        kind=kind,
        outliers=tuple(outlier for _, _, outlier in hits),
        thresholds=edges,
        outer=next(outer, None),
        threshold=-math.inf if end is None else _strength(end),
    )


def _put_back(result: OutlierResult, size: float, unit: float) -> OutlierResult:
    """The result for a law that is so many times as large, and strengths that are ``unit`` times as large."""
    return replace(
        result,
        strength=unit * result.strength,
        outliers=tuple(
            replace(o, location=size * o.location, gap=(size * o.gap[0], size * o.gap[1])) for o in result.outliers
        ),
        thresholds=tuple(replace(t, point=size * t.point, strength=unit * t.strength) for t in result.thresholds),
        threshold=unit * result.threshold,
    )


def _admits(gap: Gap, target: fmpq) -> bool:
    """Whether the response takes the value strictly inside the gap."""
    above = target < 0 if gap.left is None else gap.left.value is None or _compare(gap.left.value, target) > 0
    below = target > 0 if gap.right is None else gap.right.value is None or _compare(gap.right.value, target) < 0
    return above and below


def _compare(number: AlgebraicNumber, other: fmpq) -> int:
    """The sign of the difference, exactly."""
    if number.rational is not None:
        return int(number.rational > other) - int(number.rational < other)
    precision = 128
    while True:  # an irrational number differs from every fraction
        with working_precision(precision):
            ball = number.ball(precision) - other
        if not ball.contains(0):
            return 1 if ball > 0 else -1
        precision *= 2


class _Solver:
    """Roots of the response in gaps: of the real roots of Q(z, y), the one that monotony leaves."""

    def __init__(self, response: Response) -> None:
        self.response = response
        equation = response.law.equation
        found = skeleton(equation)
        self._branch = found.branch
        self._radius = max((abs(end.ball()) for end in (found.lower_end, found.upper_end)), key=float)
        self._rows = equation.columns
        parts = coefficients_in(response.polynomial, "z", polynomial_ring((VALUE,)))
        self._by_z = [univariate(part, VALUE) for part in parts]

    def outlier(self, gap: Gap, target: fmpq, theta: fmpq) -> Outlier:
        """The outlier of a gap that is known to have one: the response is ``target`` there, +-1/theta.

        Raises `PrecisionError` if 1024 bits do not give the location and the overlaps to 60 bits.
        """
        precision = self._branch.precision
        while True:
            with working_precision(precision):
                z = self._root(gap, target, precision)
                found = () if z is None else (z, *self._overlaps(z, target, theta))
                exact = [x.rel_accuracy_bits() >= _BITS for x in found]
                if z is not None and (exact[0] or abs(z) < _NOTHING) and all(exact[1:]):
                    break
            precision *= 2
            if precision > _MOST_BITS:
                raise PrecisionError("an outlier is too close to an edge to be told from it", strength=theta)
        location, left, *right = map(float, found)
        lowest = -math.inf if self.response.kind == "additive" else 0.0
        ends = (
            lowest if gap.left is None else float(gap.left.point),
            math.inf if gap.right is None else float(gap.right.point),
        )
        return Outlier(location, left, right[0] if right else None, ends)

    def _root(self, gap: Gap, target: fmpq, precision: int) -> arb | None:
        """The root as a ball; None if it is not told from an end at this precision."""
        y = target**self.response.power
        polynomial = fmpq_poly([fmpq(part(y)) for part in self._by_z]).numer()
        left, right = (None if end is None else end.point.ball(precision) for end in (gap.left, gap.right))
        if left is None and self.response.kind != "additive":
            left = arb(0)
        inside = [
            z for z in real_roots(polynomial, precision) if (left is None or z > left) and (right is None or z < right)
        ]
        while len(inside) > 1:  # the others belong to other sheets; the response decreases through its only root
            half = len(inside) // 2
            between = ((inside[half - 1] + inside[half]) / 2).mid()
            inside = inside[half:] if self._value(between) > target else inside[:half]
        return inside[0] if inside else None

    def _value(self, z: arb) -> arb:
        """The response at a real point, by the certified branch; for the rectangular kind the signed root of D."""
        cauchy = self._cauchy(z)
        if self.response.kind == "additive":
            return cauchy
        if self.response.kind == "multiplicative":
            return z * cauchy - 1
        c = self._ratio()
        other = c * cauchy + (1 - c) / z
        if cauchy > 0 and other > 0:
            return (z * cauchy * other).sqrt()
        return -(z * cauchy * other).sqrt() if cauchy < 0 and other < 0 else arb(0)

    def _cauchy(self, z: arb) -> arb:
        """G at a real point: by moments far from the support, where sheets may run close to each other, else followed.

        |G(z) - sum_{k<n} m_k z^(-k-1)| <= (R/|z|)^n/(|z| - R) for a measure on [-R, R].
        """
        n = flint.ctx.prec
        if not abs(z) > 2 * self._radius:
            return -self._branch.value(acb(z)).real
        moments = terms_of(self.response.law.moment_series(n), n)
        total = arb(0)
        for moment in reversed(moments):
            total = (total + (number_ball(moment) if isinstance(moment, Element) else arb(moment))) / z
        tail = (self._radius / abs(z)) ** n / (abs(z) - self._radius)
        return total + arb(0, tail.upper())

    def _ratio(self) -> arb:
        assert self.response.ratio is not None
        return arb(self.response.ratio.to_fmpq())

    def _overlaps(self, z: arb, target: fmpq, theta: fmpq) -> tuple[arb, ...]:
        """The squared overlaps at the root z, from the exact value of the response there."""
        kind = self.response.kind
        if kind == "additive":
            return (-1 / (theta**2 * self._slope(z, arb(target))),)
        if kind == "multiplicative":
            cauchy = (1 + arb(target)) / z
            return (-(1 + theta) / (theta**2 * z * (cauchy + z * self._slope(z, cauchy))),)
        c, sign = self._ratio(), 1 if target > 0 else -1  # D = c z G^2 + (1-c) G, and G has the sign of the target
        cauchy = (c - 1 + sign * ((1 - c) ** 2 + 4 * c * z * target**2).sqrt()) / (2 * c * z)
        other = c * cauchy + (1 - c) / z
        slope = self._slope(z, cauchy)
        other_slope = c * slope - (1 - c) / z**2
        change = theta**2 * (cauchy * other + z * (slope * other + cauchy * other_slope))
        return -cauchy / change, -other / change

    def _slope(self, z: arb, cauchy: arb) -> arb:
        """G'(z) = -m'(z) = P_z/P_m at m = -G, by implicit differentiation."""
        by_m = arb_poly([row(z) for row in self._rows]).derivative()(-cauchy)
        by_z = arb_poly([row.derivative()(z) for row in self._rows])(-cauchy)
        return by_z / by_m
