"""The measure of a law that is not algebraic: a tensor law, or one with a differential equation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.exact.precision import cached_property
from resolvent.derive.holonomic.holonomic_law import HolonomicLaw
from resolvent.derive.laws.record import Law
from resolvent.derive.tensor.tensor_law import TensorLaw
from resolvent.numeric.density.chebyshev_piece import ZERO, Array, Place
from resolvent.numeric.density.dyadic_density import GradedTable
from resolvent.numeric.density.dyadic_piece import GradedPiece, graded_pieces
from resolvent.numeric.density.holonomic_density import HolonomicDensity
from resolvent.numeric.density.tensor_density import TensorDensity
from resolvent.numeric.spectrum.adaptive import BLUR, adaptive, checked, checked_points, with_atoms
from resolvent.numeric.spectrum.measure import (
    Measure,
    PointMass,
    SupportInterval,
    certified,
    measure_of,
    missing_parameters,
)

_SLOPES = 1e-4


class LocalDensity(Protocol):
    """What a law's density has to offer; see `density.tensor_density` and `density.holonomic_density`."""

    @property
    def points(self) -> tuple[float, ...]:
        """The singular points, increasing."""

    @property
    def rests(self) -> tuple[float, ...]:
        """What rounding has taken from them."""

    @property
    def atoms(self) -> tuple[tuple[sympy.Expr, sympy.Expr], ...]:
        """(point, weight)."""

    def near(self, k: int, delta: ArrayLike) -> Array:
        """The density at points[k] + delta, relatively accurate in delta."""

    def stieltjes(self, z: ArrayLike) -> NDArray[np.complex128]:
        """m(z)."""


class DyadicMeasure(Measure):
    """A measure on panels that shrink towards every singular point.

    Between singular points the density is accurate to about 1e-12 of its size, next to them relatively in the distance.
    Exponents at the ends of the support are given where the density follows a power with a small denominator there, to
    1e-4; otherwise (logarithms) they are None.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> from resolvent.derive.tensor.tensor_law import classical_sum
    >>> law = classical_sum(marchenko_pastur(1), marchenko_pastur(1))
    >>> measure = DyadicMeasure(law, TensorDensity(law))
    >>> measure.support(), float(measure.table.pdf(np.array([1.0]))[0].round(12)), measure.certificate.worst < 1e-12
    ((0.0, 8.0), 0.277094639772, True)

    Raises `NotCertified` if a panel is not resolved, or if mass or moments are not reproduced.
    """

    def __init__(self, law: Law, density: LocalDensity) -> None:
        self.law = law
        self._density = density
        self.atoms = tuple(PointMass(point, weight) for point, weight in density.atoms)
        self.pieces: list[GradedPiece] = graded_pieces(density.near, density.points, density.rests)
        self.certificate = certified(self)

    @cached_property
    def intervals(self) -> tuple[SupportInterval, ...]:
        """The support of the continuous part; pieces that share an end are one interval."""
        groups: list[list[GradedPiece]] = []
        for piece in self.pieces:
            if groups and groups[-1][-1].right == piece.left:
                groups[-1].append(piece)
            else:
                groups.append([piece])
        return tuple(SupportInterval(g[0].left, g[-1].right, _exponent(g[0], 0), _exponent(g[-1], 1)) for g in groups)

    @cached_property
    def table(self) -> GradedTable:
        """What the functions at many points are read from."""
        return GradedTable(self.pieces, self.atom_points, self.atom_weights)

    def stieltjes(self, z: ArrayLike) -> NDArray[np.complex128]:
        """m(z) anywhere; real points get the limit from above, singular points and atoms NaN."""
        return self._density.stieltjes(z)

    def expect(
        self, function: Callable[[Array], ArrayLike], tolerance: float | None = None, points: Iterable[float] = ()
    ) -> Any:
        """The integral of a function of an array of points, to 1e-11 unless told otherwise.

        Raises `PrecisionError` if the tolerance is not reached, `ParameterError` as `linear_statistics.expect` does.
        """
        allowed = 1e-11 if tolerance is None else tolerance
        places, integrand = [0.0, *self.atom_points, *checked_points(points, allowed)], checked(function)
        stretches = [stretch for piece in self.pieces for stretch in _stretches(piece, places)]
        total = adaptive(stretches, integrand, allowed) if stretches else 0.0
        return with_atoms(total, integrand, self.atom_points, self.atom_weights)

    def integral(self, function: Callable[[Array], ArrayLike], points: int, origin: Place = ZERO) -> Any:
        """The integral of a smooth function of x - origin, or of several: the points are the last axis."""
        total: Any = 0.0
        for piece in self.pieces:
            x, weights = piece.quadrature(points, origin)
            total = total + np.sum(weights * np.asarray(function(x)), axis=-1)
        if self.atoms:
            total = total + np.sum(self.atom_weights * np.asarray(function(self.places(origin))), axis=-1)
        return total


@measure_of.register
def _(law: TensorLaw) -> Measure:
    if law.parameters:
        raise missing_parameters(law.parameters)
    return DyadicMeasure(law, TensorDensity(law))


@measure_of.register
def _(law: HolonomicLaw) -> Measure:
    if law.parameters:
        raise missing_parameters(law.parameters)
    return DyadicMeasure(law, HolonomicDensity(law))


@dataclass(frozen=True, eq=False)
class _Stretch:
    """The part of a gap between a singular point, or one that is named, and the middle to the next one.

    Attributes:
        piece: the gap.
        low, high: how far the point lies above the lower end of the gap and below the upper one.
        sign: 1 if the stretch lies above it.
        point, rest: the point, rounded, and what rounding has taken from it.
        top: the length.
    """

    piece: GradedPiece
    low: float
    high: float
    sign: int
    point: float
    rest: float
    top: float
    blur: float = BLUR

    @property
    def cuts(self) -> Array:
        """The panels of the density, so that it is a polynomial on each first panel."""
        near, far = self.piece.halves
        dyadic = np.concatenate([half.reach * 0.5 ** np.arange(half.panels + 1) for half in (near, far)])
        places = np.concatenate(
            [self.sign * (dyadic - self.low), self.sign * (self.low + self.high - dyadic - self.low)]
        )
        return np.unique(np.concatenate([[0.0, self.top], places[(places > 0) & (places < self.top)]]))

    def nodes(self, distance: Array) -> tuple[Array, Array, Array]:
        """Points, densities and whether the points are too near to the singular one."""
        low, high = self.low + self.sign * distance, self.high - self.sign * distance
        near, far = self.piece.halves
        density = np.where(low <= high, near.pdf(np.minimum(low, near.reach)), far.pdf(np.minimum(high, far.reach)))
        x = self.point + (self.rest + self.sign * distance)
        blurred = np.abs(x - self.point) < BLUR * abs(self.point)
        return np.where(x == self.point, np.nextafter(self.point, self.sign * math.inf), x), density, blurred


def _stretches(piece: GradedPiece, places: Iterable[float]) -> list[_Stretch]:
    """The gap, cut at places inside and in the middles between them."""
    near, far = piece.halves
    width = near.reach + far.reach
    inside = np.unique([p for p in places if piece.left < p < piece.right])
    below = near.distance(inside)
    stops = [
        (0.0, width, near.place, near.rest),
        *((float(d), width - float(d), float(p), 0.0) for d, p in zip(below, inside, strict=True) if 0 < d < width),
        (width, 0.0, far.place, far.rest),
    ]
    found = []
    for first, last in pairwise(stops):
        half = (last[0] - first[0]) / 2
        found.append(_Stretch(piece, first[0], first[1], 1, first[2], first[3], half))
        found.append(_Stretch(piece, last[0], last[1], -1, last[2], last[3], half))
    return found


def _exponent(piece: GradedPiece, side: int) -> Fraction | None:
    """The power of the distance that the density follows at an end, from its last panels; None if it follows none."""
    half = piece.halves[side]
    values = half.density[0, [-8, -5, -2]]
    if not np.all(values > 0):
        return None
    slopes = -np.diff(np.log2(values)) / 3
    found = Fraction(float(slopes[1])).limit_denominator(6)
    return found if np.max(np.abs(slopes - float(found))) < _SLOPES else None
