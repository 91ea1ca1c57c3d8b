"""What every kind of measure offers to a spectrum, and the record of the pieces and atoms that functions take."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import singledispatch
from typing import Any, Protocol

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.laws.record import Law
from resolvent.derive.presentation import Tabled
from resolvent.derive.support import atoms
from resolvent.numeric.density.certificate import Certificate, moment_checks
from resolvent.numeric.density.chebyshev_piece import ZERO, Array, Piece, Place

_CERTIFIED_MOMENTS = 12
CERTIFIED_POINTS = 64 + _CERTIFIED_MOMENTS
_MOST_EXPONENT = 64  # of the size of what has the law, up to which twelfth powers are floats by far
_HEAVY = 0.999
_MANY_BITS = 4096  # that an exact moment may have beyond its digits
_NARROW, _NARROWEST = 2.0**-52, 1e-28  # one float, and two together, do not tell such a support from a point
_STEPS, _ORDER = 2.0 ** -np.arange(7, 40, 4), 8  # of an interval: where limits at an edge are extrapolated from
_NEAR = 2.0  # widths of the support: farther from 0, moments are taken around its middle

REFUSED = {
    "critical_points": "critical points of a polynomial equation are known for algebraic laws only",
    "pdf_enclosure": "certified enclosures are known for algebraic laws only",
    "certified_stieltjes": "derivatives and certified values of the transform are known for algebraic laws only",
    "log_potential": "values of the logarithmic potential are known for algebraic laws only",
    "log_energy": "values of the logarithmic energy are known for algebraic laws only",
    "outliers": "outliers are known for algebraic laws only",
    "limits": "limits of the transform on the support are known for laws with an equation only",
}
"""The one table of what some kinds of measure do not answer, and why."""


@dataclass(frozen=True)
class SupportInterval(Tabled):
    """A support interval [left, right]; near an edge the density behaves like |x - edge|^exponent.

    An exponent is None where the density follows no power, which only happens for laws that are not algebraic.
    """

    left: float
    right: float
    left_exponent: Fraction | None
    right_exponent: Fraction | None

    def points(self, count: int) -> Array:
        """So many points inside, as Chebyshev's: never an edge, where a density may be infinite, and dense next to it.

        Raises `PrecisionError` where floats cannot tell the points apart.
        """
        angles = np.pi * (2 * np.arange(count) + 1) / (2 * count)
        x: Array = (self.left + self.right) / 2 - (self.right - self.left) / 2 * np.cos(angles)
        if 2 * len(np.unique(x)) < count:
            raise PrecisionError(
                f"the support next to {self.left:.17g} is too narrow for floats to tell its points apart; shift the "
                "law so that it lies next to 0",
                interval=(self.left, self.right),
            )
        return x


PointMass = atoms.PointMass[sympy.Expr | float]
"""An atom with its exact place and weight (SymPy numbers), or with floats if it was given by floats."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """The density as Chebyshev pieces, and the atoms.

    Attributes:
        groups: for each support interval its pieces, from left to right.
        points, weights: the atoms as floats.
        span: the length of the support.
    """

    groups: tuple[tuple[Piece, ...], ...]
    points: Array
    weights: Array
    span: float

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """All pieces, from left to right."""
        return tuple(piece for group in self.groups for piece in group)

    @cached_property
    def intervals(self) -> tuple[SupportInterval, ...]:
        """The support of the continuous part, with the exponents of the density at the edges."""
        return tuple(
            SupportInterval(g[0].left, g[-1].right, g[0].exponents[0], g[-1].exponents[1]) for g in self.groups
        )


class Table(Protocol):
    """Functions of a measure at flat arrays without NaN."""

    def pdf(self, x: Array) -> Array:
        """The density; infinite where it diverges."""

    def cdf(self, x: Array) -> Array:
        """The mass of (-oo, x]."""

    def sf(self, x: Array) -> Array:
        """The mass of (x, oo)."""

    def ppf(self, q: Array) -> Array:
        """The smallest x with cdf(x) >= q, for q strictly between 0 and 1."""


class Measure(ABC):
    """A probability measure on the line, known well enough for every function of a spectrum.

    What a kind of measure cannot answer raises `ParameterError` with the sentence of `REFUSED`.

    Attributes:
        law: the law at numbers, or None for a measure that comes from a formula.
        atoms: the atoms, by increasing place.
        certificate: facts it was not built from, compared with its quadrature.
    """

    law: Any = None
    atoms: tuple[PointMass, ...]
    certificate: Certificate

    @property
    @abstractmethod
    def table(self) -> Table:
        """What the functions at many points are read from."""

    @property
    @abstractmethod
    def intervals(self) -> tuple[SupportInterval, ...]:
        """The support of the continuous part."""

    @abstractmethod
    def integral(self, function: Callable[[Array], ArrayLike], points: int, origin: Place = ZERO) -> Any:
        """The integral of a smooth function of x - origin, or of several: the points are the last axis."""

    @abstractmethod
    def expect(self, function: Callable[[Array], ArrayLike], tolerance: float | None, points: Iterable[float]) -> Any:
        """The integral of any function, to a tolerance; None stands for what the density can give."""

    @abstractmethod
    def stieltjes(self, z: ArrayLike) -> NDArray[np.complex128]:
        """m(z) anywhere."""

    @property
    def subject(self) -> str:
        """What messages call it."""
        return self.law.text if hasattr(self.law, "text") else type(self.law).__name__

    @cached_property
    def atom_points(self) -> Array:
        """The places of the atoms as floats."""
        return np.array([float(a.point) for a in self.atoms])

    @cached_property
    def atom_weights(self) -> Array:
        """Their weights."""
        return np.array([float(a.weight) for a in self.atoms])

    def places(self, origin: Place) -> Array:
        """The places of the atoms, from an origin."""
        return self.atom_points - origin[0] - origin[1]

    @property
    def centre(self) -> Place:
        """The middle of the support, or of its continuous part."""
        low, high = self.support()
        return low / 2 + high / 2, 0.0

    @property
    def origin(self) -> Place:
        """0, or the centre if the support is far from 0 for its width."""
        low, high = self.support()
        return ZERO if max(abs(low), abs(high)) <= _NEAR * (high - low) else self.centre

    def support(self) -> tuple[float, float]:
        """The smallest interval that holds the whole measure, atoms included."""
        ends = [*self.atom_points, *(end for i in self.intervals for end in (i.left, i.right))]
        return float(min(ends)), float(max(ends))

    def edge_coefficient(self, number: int, side: int) -> float:
        """a in rho(x) ~ a d^exponent, d the distance from the left (0) or right (1) end of a support interval.

        By Richardson's extrapolation of a power series in d, from distances of the order at which it settles best: how
        far the next singularity is, is not known here.
        """
        interval = self.intervals[number]
        place, inwards = ((interval.left, 1), (interval.right, -1))[side]
        exponent = (interval.left_exponent, interval.right_exponent)[side]
        best, error = math.nan, math.inf
        for start in _STEPS:
            points = place + inwards * (interval.right - interval.left) * start * 0.5 ** np.arange(_ORDER)
            ratios = elementwise(self.table.pdf, points) / np.abs(points - place) ** float(exponent or 0)
            for k in range(1, _ORDER):
                before, ratios = ratios[-1], ratios[1:] + (ratios[1:] - ratios[:-1]) / (2**k - 1)
            if abs(ratios[-1] - before) < error:
                best, error = float(ratios[-1]), float(abs(ratios[-1] - before))
        return best

    def hilbert(self, x: ArrayLike) -> Array:
        """H(x) = -Re m(x + i0)/pi; NaN at singular points and atoms."""
        return np.asarray(-self.stieltjes(np.asarray(x, dtype=float)).real / np.pi)

    def entropy(self) -> float:
        """The differential entropy; -oo if there is an atom."""
        if self.atoms:
            return -math.inf
        return float(self.expect(lambda x: -np.log(np.maximum(elementwise(self.table.pdf, x), 1e-300)), 1e-9, ()))

    def __eq__(self, other: object) -> bool:
        """Whether both come from the same law."""
        return type(self) is type(other) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __deepcopy__(self, memo: Any) -> Measure:
        return self  # nothing of it changes

    def __reduce__(self) -> Any:
        return measure_of, (self.law,)

    @property
    def _key(self) -> Any:
        return self.law

    # -- what needs a polynomial equation ------------------------------------------------------------------

    @property
    def critical_points(self) -> Any:
        """The critical points of the equation; refused without an equation."""
        raise self.refusal("critical_points")

    def pdf_enclosure(self, x: ArrayLike) -> Any:
        """The density with proof; refused without an equation."""
        raise self.refusal("pdf_enclosure")

    def certified_stieltjes(self, z: ArrayLike, derivative: int, certified: bool) -> NDArray[np.complex128]:
        """m or m', by continuation with proof if it is to be certified; refused without an equation."""
        raise self.refusal("certified_stieltjes")

    def log_potential(self, z: ArrayLike) -> Array:
        """The integral of log|z - x|; refused without an equation."""
        raise self.refusal("log_potential")

    def log_energy(self) -> float:
        """The integral of the potential; refused without an equation."""
        raise self.refusal("log_energy")

    def outliers(self, strength: Any, kind: str, ratio: Any) -> Any:
        """Outliers under perturbations of rank one; refused without an equation."""
        raise self.refusal("outliers")

    def refusal(self, method: str) -> ParameterError:
        """The error that says why a method has no answer here."""
        kind = "a formula" if self.law is None else type(self.law).__name__
        return ParameterError(f"{REFUSED[method]}, not for {kind}", law=self.law)


@singledispatch
def measure_of(law: Any) -> Measure:
    """The measure of a law at numbers: `Law.measure`, or a function that ``measure_of.register`` was given.

    Raises `ParameterError` for what has none, or if parameters are left.
    """
    if not isinstance(law, Law):
        raise ParameterError(f"a Spectrum needs a law; got {type(law).__name__}", law=law)
    measure = law.measure()
    if measure is None:
        raise ParameterError(f"no measure of {law.text}, a {law.kind}, is known", law=law)
    own: Measure = measure
    return own


def between(left: Place, right: Place) -> Place:
    """The middle of two places, as sharp as their distance."""
    return left[0], left[1] + ((right[0] - left[0]) + (right[1] - left[1])) / 2


def missing_parameters(symbols: Iterable[sympy.Symbol]) -> ParameterError:
    """The error for parameters without a value."""
    names = ", ".join(s.name for s in symbols)
    return ParameterError(f"a spectrum needs a number for each parameter; missing: {names}", missing=names)


def certified(measure: Measure, lowest: float = 0.0) -> Certificate:
    """The certificate of a law's measure: the mass and the first 12 moments by quadrature against the exact ones.

    The moments are those around 0, or around the mean where those around 0 would say little: for a support far from 0,
    or an atom that has nearly all of the mass.

    Raises `NotCertified` unless it passes, `PrecisionError` for a support so narrow and far from 0 that it cannot.
    """
    n = _CERTIFIED_MOMENTS
    moments = measure.law.moments(n)
    origin = _origin(measure, moments[0])
    size = math.sqrt(float(measure.integral(np.square, CERTIFIED_POINTS, origin)))
    unit = _unit(size)
    sums = measure.integral(lambda x: _powers(x / unit, n), CERTIFIED_POINTS, origin)
    quadrature, scale = sums[:, 1:].tolist()
    place = Fraction(origin[0]) + Fraction(origin[1])
    around = _moments_around(moments, place, size)
    exact = [float(m / Fraction(unit) ** k) for k, m in enumerate(around, 1)]
    checks = tuple(moment_checks(exact, quadrature, scale))
    found = Certificate(float(sums[0, 0]), checks, lowest, origin=origin[0] + origin[1], unit=unit)
    narrowness = size / abs(origin[0]) if origin[0] and measure.intervals else 1.0
    if narrowness < _NARROWEST or (narrowness < _NARROW and not found.passes):
        raise _too_narrow(measure.law, measure.subject, narrowness, origin[0])
    found.require(measure.subject)
    return found


def require_width(law: Any) -> None:
    """Raise `PrecisionError` where a law with a density is so narrow for its distance from 0 that all is in vain."""
    mean, square = (_fraction(m, 3 * _MOST_EXPONENT) for m in law.moments(2)[:2])
    ratio = (square - mean**2) / mean**2 if mean else Fraction(1)
    if ratio < Fraction(_NARROWEST) ** 2:
        raise _too_narrow(law, law.text, math.sqrt(ratio), float(mean))


def _too_narrow(law: Any, subject: str, narrowness: float, place: float) -> PrecisionError:
    return PrecisionError(
        f"{subject}: the support is too narrow for its distance from 0, {narrowness:.1g} of it; shift the law by "
        f"{-place:.12g}",
        law=law,
    )


def _origin(measure: Measure, mean: sympy.Expr) -> Place:
    if measure.origin == ZERO and max(measure.atom_weights, default=0.0) <= _HEAVY:
        return ZERO
    exact = _fraction(mean, 60)
    near = float(exact)
    return near, float(exact - Fraction(near))


def _unit(size: float) -> float:
    """1, or about the size, a power of two, where floats hold no twelfth power of it."""
    exponent = math.frexp(size)[1]
    return 1.0 if abs(exponent) <= _MOST_EXPONENT or not math.isfinite(size) or size == 0 else math.ldexp(1.0, exponent)


def _moments_around(moments: Sequence[sympy.Expr], origin: Fraction, size: float) -> list[Fraction]:
    """The moments of x - origin, whose mean size is given."""
    if origin == 0:
        return [_fraction(m, 30) for m in moments]
    far = abs(origin) / min(Fraction(size or 1.0), Fraction(1))
    bits = max(0, far.numerator.bit_length() - far.denominator.bit_length())
    digits = 30 + len(moments) * (5 + bits // 3)  # of what cancels
    exact = [Fraction(1), *(_fraction(m, digits) for m in moments)]
    return [
        sum((math.comb(k, j) * exact[j] * (-origin) ** (k - j) for j in range(k + 1)), start=Fraction(0))
        for k in range(1, len(exact))
    ]


def _fraction(number: sympy.Expr, digits: int) -> Fraction:
    if isinstance(number, sympy.Rational):
        above, below = int(number.p), int(number.q)
        wide = min(abs(above), below).bit_length() - 8 * digits  # as a fraction in lowest terms it takes forever
        if wide > _MANY_BITS:
            return Fraction(above >> wide, below >> wide)
        return Fraction(above, below)
    return Fraction(str(sympy.N(number, digits)))


def elementwise(function: Callable[[Array], Array], x: ArrayLike) -> Array:
    """The values of a function of flat arrays without NaN, in the shape of x; NaN at NaN."""
    points = np.asarray(x, dtype=float)
    flat = points.ravel()
    unknown = np.isnan(flat)
    if not np.any(unknown):
        return function(flat).reshape(points.shape)
    result = function(np.where(unknown, 0.0, flat))
    result[unknown] = np.nan
    return result.reshape(points.shape)


def _powers(x: Array, n: int) -> Array:
    """x^0, ..., x^n and their absolute values, by multiplication, which is much faster than powers."""
    table = np.ones((n + 1, len(x)))
    table[1:] = x
    np.multiply.accumulate(table, axis=0, out=table)
    return np.array([table, np.abs(table)])
