"""The spectrum of a law that is not algebraic: a tensor law, or one with a differential equation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.holonomic.holonomic_law import HolonomicLaw
from resolvent.derive.laws.record import Law
from resolvent.derive.tensor.tensor_law import TensorLaw
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.density.dyadic_density import GradedTable
from resolvent.numeric.density.dyadic_piece import GradedPiece, graded_pieces
from resolvent.numeric.spectrum.spectrum import PointMass, Spectrum, SupportInterval

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


class GradedSpectrum(Spectrum):
    """A `Spectrum` on panels that shrink towards every singular point; `Spectrum(law)` makes one where it is needed.

    Between singular points the density is accurate to about 1e-12 of its size, next to them relatively in the distance.
    Exponents at the ends of the support are given where the density follows a power with a small denominator there, to
    1e-4; otherwise (logarithms) they are None.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> from resolvent.derive.tensor.tensor_law import classical_sum
    >>> rho = Spectrum(classical_sum(marchenko_pastur(1), marchenko_pastur(1)))
    >>> rho.support(), float(rho.pdf(1.0).round(12)), rho.certificate.worst < 1e-12
    ((0.0, 8.0), 0.277094639772, True)
    """

    def __init__(self, law: Law, **parameters: Any) -> None:
        assert isinstance(law, (TensorLaw, HolonomicLaw))
        self.law: Any = law.at(**parameters)
        if self.law.parameters:
            names = ", ".join(s.name for s in self.law.parameters)
            raise ParameterError(f"a spectrum needs a number for each parameter; missing: {names}", missing=names)
        self._density = density_of(self.law)
        self.atoms = tuple(PointMass(point, weight) for point, weight in self._density.atoms)
        self._points = np.array([float(a.point) for a in self.atoms])
        self._weights = np.array([float(a.weight) for a in self.atoms])
        self._graded: list[GradedPiece] = graded_pieces(self._density.near, self._density.points, self._density.rests)
        self._pieces = []  # those of an algebraic law
        self.certificate = self._certify()
        self.certificate.require(self.law.text)

    @cached_property
    def intervals(self) -> tuple[SupportInterval, ...]:
        """The support of the continuous part; pieces that share an end are one interval."""
        groups: list[list[GradedPiece]] = []
        for piece in self._graded:
            if groups and groups[-1][-1].right == piece.left:
                groups[-1].append(piece)
            else:
                groups.append([piece])
        return tuple(SupportInterval(g[0].left, g[-1].right, _exponent(g[0], 0), _exponent(g[-1], 1)) for g in groups)

    def support(self) -> tuple[float, float]:
        """The smallest interval that holds the whole measure, atoms included."""
        ends = [*self._points, *(x for piece in self._graded for x in (piece.left, piece.right))]
        return float(min(ends)), float(max(ends))

    @cached_property
    def _table(self) -> Any:
        return GradedTable(self._graded, self._points, self._weights)

    def stieltjes(self, z: ArrayLike, derivative: int = 0, certified: bool = False) -> NDArray[np.complex128]:
        """m(z) anywhere; real points get the limit from above, singular points and atoms NaN.

        Raises `ParameterError` for a derivative, or if certified values are asked for: there are none for this law.
        """
        if derivative or certified:
            raise self._refusal("derivatives and certified values of the transform")
        return self._density.stieltjes(z)

    def hilbert(self, x: ArrayLike) -> Array:
        """H(x) = (1/pi) p.v. int rho(dy)/(x - y) = -Re m(x + i0)/pi; NaN at singular points and atoms."""
        return np.asarray(-self.stieltjes(np.asarray(x, dtype=float)).real / np.pi)

    def entropy(self) -> float:
        """The differential entropy -int rho log rho dx; -oo if there is an atom."""
        if len(self._points):
            return -math.inf
        return float(self.expect(lambda x: -np.log(np.maximum(self.pdf(x), 1e-300)), 1e-9))

    @property
    def critical_points(self) -> Any:
        """Not defined: there is no polynomial equation. `intervals` and `atoms` are. Raises `ParameterError`."""
        raise self._refusal("critical points of a polynomial equation")

    def pdf_enclosure(self, x: ArrayLike) -> Any:
        """Raises `ParameterError`: enclosures need a polynomial equation."""
        raise self._refusal("certified enclosures")

    def log_potential(self, z: ArrayLike) -> Array:
        """Raises `ParameterError`; for z off the support, use `expect`."""
        raise self._refusal("the logarithmic potential")

    def log_energy(self) -> float:
        """Raises `ParameterError`."""
        raise self._refusal("the logarithmic energy")

    def outliers(self, strength: Any, kind: str = "additive", ratio: Any = None) -> Any:
        """Raises `ParameterError`: outliers are computed for algebraic laws."""
        raise self._refusal("outliers")

    def _refusal(self, what: str) -> ParameterError:
        return ParameterError(
            f"{what} are known for algebraic laws only, not for {type(self.law).__name__}", law=self.law
        )

    def expect(
        self, function: Callable[[Array], ArrayLike], tolerance: float = 1e-11, points: Iterable[float] = ()
    ) -> Any:
        """The integral of a function of an array of points, by Gauss's rule on every panel.

        Functions may be singular at the singular points of the density. Raises `PrecisionError` if twice as many nodes
        give another value, `ParameterError` for further ``points``.
        """
        if tuple(points):
            raise ParameterError("further singular points are not supported for this law; split the integral there")
        before = None
        for count in (1000, 2000, 4000):
            total = self._integral(function, count)
            if before is not None and abs(total - before) <= tolerance * max(1.0, abs(total)):
                return total
            before = total
        raise PrecisionError(f"the expectation did not settle to {tolerance:g}; loosen the tolerance")

    def _integral(self, function: Callable[[Array], ArrayLike], points: int) -> Any:
        total: Any = 0.0
        for piece in self._graded:
            x, weights = piece.quadrature(points)
            total = total + np.sum(weights * np.asarray(function(x)), axis=-1)
        if len(self._points):
            total = total + np.sum(self._weights * np.asarray(function(self._points)), axis=-1)
        return total


def density_of(law: TensorLaw | HolonomicLaw) -> LocalDensity:
    """The density of a law at numeric parameters."""
    if isinstance(law, TensorLaw):
        from resolvent.numeric.density.tensor_density import TensorDensity

        return TensorDensity(law)
    from resolvent.numeric.density.holonomic_density import HolonomicDensity

    return HolonomicDensity(law)


def _exponent(piece: GradedPiece, side: int) -> Fraction | None:
    """The power of the distance that the density follows at an end, from its last panels; None if it follows none."""
    half = piece.halves[side]
    values = half.density[0, [-8, -5, -2]]
    if not np.all(values > 0):
        return None
    slopes = -np.diff(np.log2(values)) / 3
    found = Fraction(float(slopes[1])).limit_denominator(6)
    return found if np.max(np.abs(slopes - float(found))) < _SLOPES else None
