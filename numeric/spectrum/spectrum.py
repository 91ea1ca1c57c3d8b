"""`Spectrum`: a law at numeric parameters, with the interface of a frozen SciPy distribution."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.errors import NotCertified, ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.record import Law
from resolvent.derive.support.support import likely_branch_points, skeleton
from resolvent.numeric.density.certificate import Certificate, moment_checks
from resolvent.numeric.density.chebyshev_piece import Array, Piece, resolve
from resolvent.numeric.density.piecewise_density import SpectrumTable
from resolvent.numeric.spectrum.critical_points import CriticalPoint, critical_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from resolvent.numeric.spectrum.enclosures import Enclosure
    from resolvent.numeric.spectrum.outliers import OutlierResult

_CERTIFIED_MOMENTS = 12


@dataclass(frozen=True)
class SupportInterval:
    """A support interval [left, right]; near an edge the density behaves like |x - edge|^exponent.

    An exponent is None where the density follows no power, which only happens for laws that are not algebraic.
    """

    left: float
    right: float
    left_exponent: Fraction | None
    right_exponent: Fraction | None


@dataclass(frozen=True)
class PointMass:
    """An atom with its exact place and weight (SymPy numbers)."""

    point: sympy.Expr
    weight: sympy.Expr


class Spectrum:
    """The spectral measure of a law at numeric parameters.

    The support comes from the exact discriminant, the density from the physical branch, continued from infinity
    with proof; construction checks the total mass and the first 12 exact moments to 1e-10 (see `certificate`).
    Densities are accurate to about 1e-13 of their maximum away from edges.

    Args:
        law: an `AlgebraicLaw`.
        parameters: a value for each of its parameters: int, float, Fraction, "1/2" or SymPy number. A float stands
            for the shortest decimal that prints as it.

    Raises `ParameterError` for missing, unknown or inadmissible parameters, `DerivationError` if the branch belongs to
    no probability measure, `NotCertified` if mass or moments are not reproduced.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> rho = Spectrum(marchenko_pastur(sympy.Symbol("c", positive=True)), c=4)
    >>> [(round(i.left, 12), round(i.right, 12)) for i in rho.intervals]
    [(1.0, 9.0)]
    >>> rho.atoms
    (PointMass(point=0, weight=3/4),)
    >>> round(float(rho.pdf(3.0)), 12), round(rho.moment(2), 10)
    (0.045944074618, 5.0)
    """

    def __new__(cls, law: Law, **parameters: Any) -> Spectrum:
        """Laws that are not algebraic get a `resolvent.numeric.spectrum.dyadic_measure.GradedSpectrum`."""
        if cls is Spectrum and isinstance(law, Law) and not isinstance(law, AlgebraicLaw):
            from resolvent.numeric.spectrum.dyadic_measure import GradedSpectrum

            return super().__new__(GradedSpectrum)
        return super().__new__(cls)

    def __init__(self, law: Law, **parameters: Any) -> None:
        if not isinstance(law, AlgebraicLaw):
            raise ParameterError(f"a Spectrum needs a law; got {type(law).__name__}", law=law)
        self.law = law.at(**parameters)
        if self.law.parameters and not self.law.equation.is_numeric:
            names = ", ".join(s.name for s in self.law.equation.symbols)
            raise ParameterError(f"a spectrum needs a number for each parameter; missing: {names}", missing=names)
        self._skeleton = skeleton(self.law.equation)
        self.atoms = tuple(PointMass(a.point.to_sympy(), a.weight.to_sympy()) for a in self._skeleton.atoms)
        self._points = np.array([float(a.point) for a in self._skeleton.atoms])
        self._weights = np.array([float(a.weight) for a in self._skeleton.atoms])
        nearby = partial(likely_branch_points, self.law.equation)
        groups = [resolve(self._skeleton.continuous, i, nearby) for i in self._skeleton.intervals]
        self._groups = groups
        self._pieces: list[Piece] = [piece for group in groups for piece in group]
        self.certificate = self._certify()
        self.certificate.require(self.law.text)

    def __repr__(self) -> str:
        return f"Spectrum({self.law.text})"

    # -- the support ---------------------------------------------------------------------------------------

    @cached_property
    def intervals(self) -> tuple[SupportInterval, ...]:
        """The support of the continuous part, from left to right, with the exponents of the density at the edges."""
        found = []
        for group in self._groups:
            first, last = group[0], group[-1]
            found.append(SupportInterval(first.left, last.right, first.exponents[0], last.exponents[1]))
        return tuple(found)

    @cached_property
    def critical_points(self) -> tuple[CriticalPoint, ...]:
        """The real roots of disc_m(P) lc_m(P) as exact numbers, from left to right, each with what it is.

        >>> from resolvent.derive.laws.elementary import marchenko_pastur
        >>> for point in Spectrum(marchenko_pastur(2)).critical_points:
        ...     print(point.to_sympy(), point.digits(20), point.kind)
        0 0 atom
        3 - 2*sqrt(2) 0.17157287525380990240 left edge
        2*sqrt(2) + 3 5.8284271247461900976 right edge
        """
        ends = [(group[0].exponents[0], group[-1].exponents[1]) for group in self._groups]
        return critical_points(self._skeleton, ends)

    @property
    def edges(self) -> tuple[CriticalPoint, ...]:
        """The critical points at which support intervals end, from left to right."""
        return tuple(point for point in self.critical_points if point.is_edge)

    def support(self) -> tuple[float, float]:
        """The smallest interval that holds the whole measure, atoms included."""
        return float(self._skeleton.lower_end), float(self._skeleton.upper_end)

    # -- functions -----------------------------------------------------------------------------------------

    def pdf(self, x: ArrayLike, certified: bool = False) -> Array:
        """The density of the continuous part, Im m(x + i0)/pi; NaN at NaN, infinite at an edge where it diverges.

        ``certified`` returns values of `pdf_enclosure` instead, proved to 1e-12 of their size or of 1.

        Raises `NotCertified` where certified values are asked for and not proved, as at edges.
        """
        if not certified:
            return _elementwise(self._table.pdf, x)
        found = self.pdf_enclosure(x)
        unproved = ~(found.radius <= 1e-12 * np.maximum(1.0, np.abs(found.value))) & ~np.isnan(
            np.asarray(x, dtype=float)
        )
        if np.any(unproved):
            places = np.asarray(x, dtype=float)[unproved]
            raise NotCertified(f"the density is not proved at x = {places.flat[0]:.17g}", points=places)
        return found.value

    def pdf_enclosure(self, x: ArrayLike) -> Enclosure:
        """The density with proof: ``value`` and ``radius``, in milliseconds a point; see `spectrum.enclosures`."""
        from resolvent.numeric.spectrum.enclosures import density_enclosure

        return density_enclosure(self._skeleton, x)

    def cdf(self, x: ArrayLike) -> Array:
        """The mass of (-oo, x], atoms included; relatively accurate down to the left end of the support."""
        return _elementwise(self._table.cdf, x)

    def sf(self, x: ArrayLike) -> Array:
        """The mass of (x, oo); relatively accurate up to the right end of the support."""
        return _elementwise(self._table.sf, x)

    def ppf(self, q: ArrayLike) -> Array:
        """The smallest x with cdf(x) >= q; NaN outside [0, 1]."""
        levels = np.asarray(q, dtype=float)
        flat = levels.ravel()
        lower, upper = self.support()
        inside = (flat > 0) & (flat < 1)
        if np.all(inside):
            return self._table.ppf(flat).reshape(levels.shape)
        result = np.select([flat == 0, flat == 1], [lower, upper], np.nan)
        result[inside] = self._table.ppf(flat[inside])
        return result.reshape(levels.shape)

    @cached_property
    def _table(self) -> SpectrumTable:
        """What the functions at many points are read from."""
        return SpectrumTable(self._pieces, self._points, self._weights)

    def rvs(self, size: int | tuple[int, ...] = 1, rng: np.random.Generator | int | None = None) -> Array:
        """Independent random numbers with this law, by inversion of the cdf."""
        return self.ppf(np.random.default_rng(rng).random(size))

    def stieltjes(self, z: ArrayLike, derivative: int = 0, certified: bool = False) -> NDArray[np.complex128]:
        """m(z) = int rho(dx)/(x - z), or its derivative m'(z), anywhere; see `spectrum.stieltjes_values`.

        Real points inside the support get the limit from above; below the real axis m(conj z) = conj m(z).
        Edges and atoms, where the limit does not exist, give NaN. ``certified`` continues the branch with proof at
        every point, which takes milliseconds each.

        Raises `ParameterError` for a derivative other than 0 and 1.
        """
        from resolvent.numeric.spectrum.stieltjes_values import stieltjes_values

        if not certified:
            return stieltjes_values(self, z, derivative)
        from resolvent.numeric.spectrum.enclosures import certified_stieltjes

        return certified_stieltjes(self._skeleton.branch, z, derivative)

    def hilbert(self, x: ArrayLike) -> Array:
        """H(x) = (1/pi) p.v. int rho(dy)/(x - y) = -Re m(x + i0)/pi; atoms are poles, with NaN at the atom."""
        from resolvent.numeric.spectrum.potential import hilbert_transform

        return hilbert_transform(self, x)

    def log_potential(self, z: ArrayLike) -> Array:
        """U(z) = int log|z - x| rho(dx) at real or complex z, on the support too; -oo at an atom."""
        from resolvent.numeric.spectrum.potential import log_potential

        return log_potential(self, z)

    # -- integrals -----------------------------------------------------------------------------------------

    def expect(
        self, function: Callable[[Array], ArrayLike], tolerance: float = 1e-11, points: Iterable[float] = ()
    ) -> Any:
        """The integral of a function of an array of points, singular ones included; see `linear_statistics.expect`.

        ``points`` names where the function is singular or has a kink, apart from edges, atoms and 0.

        Raises `PrecisionError` if the tolerance is not reached.
        """
        from resolvent.numeric.spectrum.linear_statistics import expect

        return expect(self, function, tolerance, points)

    def entropy(self) -> float:
        """The differential entropy -int rho log rho dx; -oo if there is an atom."""
        from resolvent.numeric.spectrum.linear_statistics import entropy

        return entropy(self)

    def log_energy(self) -> float:
        """The integral of log|x - y| rho(dx) rho(dy); -oo if there is an atom."""
        from resolvent.numeric.spectrum.potential import log_energy

        return log_energy(self)

    def free_entropy(self) -> float:
        """Voiculescu's chi = `log_energy` + 3/4 + log(2 pi)/2; -oo if there is an atom."""
        from resolvent.numeric.spectrum.potential import free_entropy

        return free_entropy(self)

    def _integral(self, function: Callable[[Array], ArrayLike], points: int) -> Any:
        """The integral of a smooth function, or of several: the points are the last axis."""
        total: Any = 0.0
        for piece in self._pieces:
            x, weights = piece.quadrature(64 * math.ceil((points + 2 * len(piece.boundary)) / 64))  # few sizes: cached
            total = total + np.sum(weights * np.asarray(function(x)), axis=-1)
        if len(self._points):
            total = total + np.sum(self._weights * np.asarray(function(self._points)), axis=-1)
        return total

    def moment(self, k: int) -> float:
        """The k-th moment, by quadrature; k may be a negative integer where 0 lies outside the support.

        Raises `ParameterError` for other k.
        """
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)):
            raise ParameterError(f"the order of a moment must be an integer; got {k!r}", k=k)
        if k < 0 and self._holds_zero():
            raise ParameterError(f"the moment of order {k} does not exist: 0 lies in the support", k=k)
        return float(self._integral(lambda x: x ** float(k), 64 + abs(k)))

    def _holds_zero(self) -> bool:
        return any(i.left <= 0 <= i.right for i in self.intervals) or bool(np.any(self._points == 0))

    def mean(self) -> float:
        """The mean."""
        return self.moment(1)

    def var(self) -> float:
        """The variance."""
        mean = self.mean()
        return float(self._integral(lambda x: (x - mean) ** 2, 64))

    def std(self) -> float:
        """The standard deviation."""
        return math.sqrt(self.var())

    # -- outliers ------------------------------------------------------------------------------------------

    def outliers(self, strength: Any, kind: str = "additive", ratio: Any = None) -> tuple[OutlierResult, ...]:
        """Outliers of A + theta u u^T, (I + theta u u^T)^(1/2) A (same) or X + theta u v^T; see `spectrum.outliers`.

        ``strength`` is theta or a sequence of them, ``kind`` "additive", "multiplicative" or "rectangular" (this is
        then the law of X X^T, and ``ratio`` is p/n). Each strength has a result with ``location`` (None below the
        ``threshold``) and ``overlap``; ``outliers`` lists those in gaps between bulks as well.

        >>> from resolvent.derive.laws.elementary import marchenko_pastur
        >>> (spike,) = Spectrum(marchenko_pastur("1/4")).outliers(1, kind="multiplicative")
        >>> spike.threshold, round(spike.location, 12), round(spike.overlap, 12)
        (0.5, 2.5, 0.6)

        Raises `ParameterError` for a strength, kind or ratio outside its domain, `DerivationError` if the kind needs a
        law on [0, oo).
        """
        from resolvent.numeric.spectrum.outliers import outliers

        return outliers(self.law, strength, kind, ratio)

    # -- trust ---------------------------------------------------------------------------------------------

    def _certify(self) -> Certificate:
        n = _CERTIFIED_MOMENTS
        sums = self._integral(lambda x: _powers(x, n), 64 + n)
        quadrature, scale = sums[:, 1:].tolist()
        exact = [float(m) for m in self.law.moments(n)]
        lowest, highest = 0.0, 0.0
        for piece in self._pieces:
            weights = piece.quadrature(2 * len(piece.boundary))[1]
            lowest, highest = min(lowest, float(weights.min())), max(highest, float(weights.max()))
        return Certificate(
            mass=float(sums[0, 0]),
            moments=tuple(moment_checks(exact, quadrature, scale)),
            lowest=lowest / highest if highest else 0.0,
        )

    # -- pictures ------------------------------------------------------------------------------------------

    def plot(self, ax: Axes | None = None, **style: Any) -> Axes:
        """Draw the density, with edges and atoms; returns the matplotlib axes."""
        from resolvent.numeric.spectrum.density_plot import density_plot

        return density_plot(self, ax, **style)


def _powers(x: Array, n: int) -> Array:
    """x^0, ..., x^n and their absolute values, by multiplication, which is much faster than powers."""
    table = np.ones((n + 1, len(x)))
    table[1:] = x
    np.multiply.accumulate(table, axis=0, out=table)
    return np.array([table, np.abs(table)])


def _elementwise(function: Callable[[Array], Array], x: ArrayLike) -> Array:
    """The values of a function of flat arrays without NaN, in the shape of x; NaN at NaN."""
    points = np.asarray(x, dtype=float)
    flat = points.ravel()
    unknown = np.isnan(flat)
    if not np.any(unknown):
        return function(flat).reshape(points.shape)
    result = function(np.where(unknown, 0.0, flat))
    result[unknown] = np.nan
    return result.reshape(points.shape)
