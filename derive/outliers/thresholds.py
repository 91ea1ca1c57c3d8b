"""The gaps of a law at numeric parameters, and at which strengths of a perturbation an outlier enters each of them.

In a gap of the support the response (G, T, or the root of D with the sign of G and G~; see
`resolvent.derive.outliers.outlier_transform`) falls monotonically, so a strength theta has an outlier there just if
1/theta lies between the response's limits at the two ends, and then one. The limits are algebraic numbers, or infinite;
which root of Q(e, y) the branch tends to is proved: once it is inside a circle that no root crosses up to the end, it
stays there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import flint
from flint import acb, acb_poly, arb, fmpz_poly

from resolvent.derive.continuation.followed_root import keeps_apart
from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.errors import BranchError, DerivationError, PrecisionError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber, algebraic_numbers
from resolvent.derive.exact.field import coefficients_in, polynomial_ring
from resolvent.derive.exact.polynomials import generator, univariate
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.outliers.outlier_transform import VALUE, Response
from resolvent.derive.support.support import Skeleton, skeleton

_MOST_BITS = 1024
_ZERO = AlgebraicNumber((0, 1), 0)


@dataclass(frozen=True)
class Threshold:
    """An end of a gap, and the strength from which on an outlier stands beside it.

    Attributes:
        point: the place of the end.
        side: 1 if the gap lies above it, -1 if below.
        value: the response's limit there from the gap (0 if G and G~ differ in sign); None if it is infinite.
        strength: 1/value, 0 for an infinite value, None for the value 0. Where it has the sign ``side``, outliers leave
            the end into the gap as the strength grows beyond it; otherwise they come to this end from the other one.
    """

    point: AlgebraicNumber
    side: int
    value: AlgebraicNumber | None
    strength: AlgebraicNumber | None


@dataclass(frozen=True)
class Gap:
    """An open interval outside the support. None for an end means that the response vanishes there (as at infinity)."""

    left: Threshold | None
    right: Threshold | None


@lru_cache(maxsize=256)
def gaps(response: Response) -> tuple[Gap, ...]:
    """The gaps of the support from left to right, the unbounded ones included; of (0, oo) where lambda is positive.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> from resolvent.derive.outliers.outlier_transform import response_of
    >>> below, above = gaps(response_of(marchenko_pastur("1/4"), "multiplicative"))
    >>> below.right.strength.to_sympy(), above.left.strength.to_sympy()
    (-1/2, 1/2)

    Raises `DerivationError` if parameters are left, `PrecisionError` if 1024 bits do not decide a limit.
    """
    if response.symbols:
        names = ", ".join(s.name for s in response.symbols)
        raise DerivationError(f"thresholds are found at numeric parameters; give values for {names}", symbols=names)
    found = skeleton(response.law.equation)
    branch = found.branch
    while True:
        try:
            with working_precision(branch.precision):
                return _gaps(_Limits(response, branch), found)
        except PrecisionError:
            if 2 * branch.precision > _MOST_BITS:
                raise
            branch = Branch(response.law.equation, 2 * branch.precision)


def lowest_end(found: Sequence[Gap]) -> Threshold | None:
    """The end of the support at which outliers leave downwards: below it everything is free, down to -oo or 0.

    None for a support that begins at 0, where lambda must be positive. (An atom at 0 itself is no obstacle.)
    """
    first = found[0]
    return first.right if first.left is None or first.left.point == _ZERO else None


def _gaps(limits: _Limits, found: Skeleton) -> tuple[Gap, ...]:
    blocks = _blocks(found)
    result = []
    lowest = blocks[0][0]
    if limits.response.kind == "additive":
        result.append(Gap(None, limits.at(lowest, -1, 1 + abs(float(lowest)))))
    elif lowest != _ZERO:  # the response is regular at 0, and of a sign that excludes nothing
        result.append(Gap(None, limits.at(lowest, -1, float(lowest))))
    for (_, left), (right, _) in pairwise(blocks):
        width = float(right.ball() - left.ball())
        result.append(Gap(limits.at(left, 1, width), limits.at(right, -1, width)))
    highest = blocks[-1][1]
    result.append(Gap(limits.at(highest, 1, 1 + abs(float(highest))), None))
    return tuple(result)


def _blocks(found: Skeleton) -> list[tuple[AlgebraicNumber, AlgebraicNumber]]:
    """The connected parts of the support, from left to right: merged intervals, and atoms outside of them."""
    parts = [(i.left.point, i.right.point) for i in found.intervals] + [(a.point, a.point) for a in found.atoms]
    parts.sort(key=lambda part: (part[0].ball().mid(), part[1].ball().mid()))
    blocks: list[tuple[AlgebraicNumber, AlgebraicNumber]] = []
    for left, right in parts:
        if blocks and (blocks[-1][1] == left or blocks[-1][1].ball() > left.ball()):
            start, end = blocks.pop()
            blocks.append((start, right if right.ball() > end.ball() else end))
        else:
            blocks.append((left, right))
    return blocks


class _Limits:
    """The limits of a response at the ends of gaps, with the branch at one working precision."""

    def __init__(self, response: Response, branch: Branch) -> None:
        self.response = response
        self.branch = branch
        inner = polynomial_ring(("z",))
        parts = coefficients_in(response.polynomial, VALUE, inner)
        self.rows = [univariate(part, "z") for part in parts]
        self._known: dict[tuple[int, ...], list[tuple[acb, AlgebraicNumber]]] = {}

    def at(self, point: AlgebraicNumber, side: int, width: float) -> Threshold:
        """The limit at ``point`` from above (side 1) or below (-1), inside a gap of the given width."""
        value, sign = self._limit(point, side, width)
        if self.response.kind == "rectangular":
            value, infinite = self._signed_root(value, sign), value is None and sign != 0
        else:
            infinite = value is None
        if infinite:
            return Threshold(point, side, None, _ZERO)
        assert value is not None
        return Threshold(point, side, value, None if value == _ZERO else _image(value, lambda b: 1 / b, _reversed))

    def _signed_root(self, square: AlgebraicNumber | None, sign: int) -> AlgebraicNumber | None:
        """The root of D with the common sign of G and G~; 0 where they differ."""
        if sign == 0:
            return _ZERO
        return None if square is None else _image(square, lambda b: sign * b.sqrt(), _in_squares)

    def _limit(self, point: AlgebraicNumber, side: int, width: float) -> tuple[AlgebraicNumber | None, int]:
        """The limit of G, T or D (None: infinite), and the sign of G and G~ next to it (0 if they differ)."""
        precision = self.branch.precision
        place = point.ball(precision)
        there = acb_poly([acb(place), 1])
        local = [acb_poly(row)(there) for row in self.rows]
        if point.polynomial not in self._known:  # conjugate edges have the same candidates
            self._known[point.polynomial] = self._candidates(point)
        roots = self._known[point.polynomial]
        largest = max((float(abs(root).upper()) for root, _ in roots), default=0.0)
        far = arb(1 / (2 + 2 * largest))
        unbounded = bool(divmod(self.rows[-1], fmpz_poly(list(point.polynomial)))[1] == 0)
        distance, scale = width / 8, 1 + abs(float(point))
        bounds: dict[int, float] = {}
        while distance > 2.0 ** (-precision / 2) * scale:
            try:
                value, sign = self._value((place + side * arb(distance)).mid())
            except BranchError:  # too close for the steps at this precision
                break
            k = self._circle(value, roots, far if unbounded else None)
            if k is not None:
                if k not in bounds:
                    if k < 0:
                        bounds[k] = float(keeps_apart(local[::-1], acb(0), far).lower())
                    else:
                        bounds[k] = float(keeps_apart(local, roots[k][0], _separation(roots, k)).lower())
                # the point of evaluation is this far from the end, whose ball has a radius of its own
                if distance * 1.0000001 < bounds[k]:
                    return (None, sign) if k < 0 else (roots[k][1], sign)
                distance = min(distance / 4, bounds[k] / 2)
            else:
                distance /= 16
        raise PrecisionError("the response next to an edge could not be decided at this precision", point=float(point))

    def _value(self, z: arb) -> tuple[acb, int]:
        m = self.branch.value(acb(z))
        cauchy = -m.real
        kind = self.response.kind
        if kind == "additive":
            return acb(cauchy), 0
        if kind == "multiplicative":
            return acb(z * cauchy - 1), 0
        assert self.response.ratio is not None
        c = arb(self.response.ratio.to_fmpq())
        other = c * cauchy + (1 - c) / z
        sign = 1 if cauchy > 0 and other > 0 else -1 if cauchy < 0 and other < 0 else 0
        return acb(z * cauchy * other), sign

    def _circle(self, value: acb, roots: list[tuple[acb, AlgebraicNumber]], far: arb | None) -> int | None:
        """The candidate in whose circle the value lies: its index, -1 for infinity, None if in no circle."""
        if far is not None and abs(value) * far > 1:
            return -1
        inside = (k for k, (root, _) in enumerate(roots) if abs(value - root) < _separation(roots, k))
        return next(inside, None)

    def _candidates(self, point: AlgebraicNumber) -> list[tuple[acb, AlgebraicNumber]]:
        """The roots y of the resultant of Q(z, y) and the point's polynomial; the real ones as exact numbers."""
        ring = self.response.polynomial.context()
        z = generator(ring, "z")
        place = sum((c * z**k for k, c in enumerate(point.polynomial)), start=ring.constant(0))
        factors = [f for f, _ in univariate(self.response.polynomial.resultant(place, "z"), VALUE).factor()[1]]
        precision = self.branch.precision
        found = [(acb(number.ball(precision)), number) for number in algebraic_numbers(factors, precision)]
        for factor in factors:  # the others only bound the circles, which then stay off the real line
            others = (acb(root) for root, _ in factor.complex_roots())
            found += [(root, _ZERO) for root in others if not root.imag.is_zero()]
        return found


def _separation(roots: list[tuple[acb, AlgebraicNumber]], k: int) -> arb:
    """A third of the distance to the nearest other candidate, and to 0, so that signs next to the limit are settled."""
    here = roots[k][0]
    distances = [abs(here - other).lower() for j, (other, _) in enumerate(roots) if j != k]
    if not here.contains(0):
        distances.append(abs(here).lower())
    return min([*distances, arb(1)], key=float) / 3


def _reversed(polynomial: Sequence[int]) -> fmpz_poly:
    """The polynomial of 1/x."""
    return fmpz_poly(list(polynomial)[::-1])


def _in_squares(polynomial: Sequence[int]) -> fmpz_poly:
    """The polynomial of the square roots of x."""
    return fmpz_poly([c for coefficient in polynomial for c in (coefficient, 0)])


def _image(
    number: AlgebraicNumber, function: Callable[[arb], arb], polynomial: Callable[[Sequence[int]], fmpz_poly]
) -> AlgebraicNumber:
    """A function of an algebraic number, from a polynomial that has the result among its roots."""
    factors = [f for f, _ in polynomial(number.polynomial).factor()[1]]
    precision = flint.ctx.prec
    while precision <= _MOST_BITS:
        with working_precision(precision):
            ball = function(number.ball(precision))
            near = [x for x in algebraic_numbers(factors, precision) if x.ball(precision).overlaps(ball)]
        if len(near) == 1:
            return near[0]
        precision *= 2
    raise PrecisionError("two conjugate thresholds are too close to tell apart", number=number)
