"""The measure of an algebraic law: its support by exact algebra, its density from the branch continued with proof."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import sympy
from flint import arb
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.continuation.followed_root import at_most
from resolvent.derive.equations.equation import ResolventEquation
from resolvent.derive.errors import BranchError, PrecisionError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber
from resolvent.derive.exact.precision import cached_property, working_precision
from resolvent.derive.exact.stage import tell
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.irrational import has_numbers, rounded
from resolvent.derive.support.support import Skeleton, skeleton
from resolvent.numeric.density.chebyshev_piece import Array, Piece, Place, resolve
from resolvent.numeric.density.moved_piece import moved
from resolvent.numeric.spectrum.critical_points import CriticalPoint, critical_points
from resolvent.numeric.spectrum.enclosures import Enclosure, certified_stieltjes, density_enclosure
from resolvent.numeric.spectrum.measure import (
    Measure,
    Pieces,
    PointMass,
    certified,
    measure_of,
    missing_parameters,
    require_width,
)
from resolvent.numeric.spectrum.outliers import OutlierResult, outliers
from resolvent.numeric.spectrum.piecewise_measure import PiecewiseMeasure
from resolvent.numeric.spectrum.stieltjes_values import real_points

_MOST_BITS = 512
_PATIENCE = 2500  # steps with irrational numbers, which take about a millisecond each
_ORDINARY = 16  # 2^-16 to 2^16: on farther scales, powers of z and m in doubles differ so much that digits are lost
_LEAST_SQUARE, _MOST_SQUARE = 1e-80, 1e120  # the mean of x^2: beyond, powers of z and m leave the range of floats


class AlgebraicMeasure(PiecewiseMeasure):
    """The measure of a law with a polynomial equation; it answers everything.

    Attributes:
        law: the law.
        exponent: an even number; all is found for the law of x/2^exponent, of a size about 1, and put back without
            rounding.
        frame: critical points, support intervals and atoms of that law, exact.

    Raises `DerivationError` if the branch belongs to no probability measure, `NotCertified` if mass or moments are not
    reproduced.
    """

    law: AlgebraicLaw

    def __init__(self, law: AlgebraicLaw) -> None:
        self.law = law
        self.exponent = _exponent(law)
        self._unit = math.ldexp(1.0, self.exponent)
        self.frame, groups = _resolved(self._law_in_units.equation)
        if self.exponent:
            groups = tuple(tuple(moved(piece, self._unit) for piece in group) for group in groups)
        self.atoms = tuple(PointMass(self._put_back(a.point).to_sympy(), a.weight.to_sympy()) for a in self.frame.atoms)
        low, high = self.support()
        self.parts = Pieces(groups, self.atom_points, self.atom_weights, high - low)
        self.certificate = certified(self, self.lowest())

    @cached_property
    def atom_points(self) -> Array:
        """The places of the atoms as floats."""
        return self._unit * np.array([float(a.point) for a in self.frame.atoms])

    @cached_property
    def atom_weights(self) -> Array:
        """Their weights."""
        return np.array([float(a.weight) for a in self.frame.atoms])

    def support(self) -> tuple[float, float]:
        """The smallest interval that holds the whole measure."""
        return self._unit * float(self.frame.lower_end), self._unit * float(self.frame.upper_end)

    @cached_property
    def critical_points(self) -> tuple[CriticalPoint, ...]:
        """The real roots of disc_m(P) lc_m(P), each with what it is."""
        found = critical_points(self.frame, [(i.left_exponent, i.right_exponent) for i in self.intervals])  # type: ignore[misc]
        return tuple(replace(point, number=self._put_back(point.number)) for point in found)

    def places(self, origin: Place) -> Array:
        """The places of the atoms, from an origin."""
        bits = 2 * self.frame.branch.precision
        with working_precision(bits):
            place = (arb(origin[0]) + arb(origin[1])) / self._unit
            return self._unit * np.array([float(a.point.ball(bits) - place) for a in self.frame.atoms])

    def certified_stieltjes(self, z: ArrayLike, derivative: int, certified: bool) -> NDArray[np.complex128]:
        """m or m', by continuation with proof if it is to be certified."""
        if certified:
            return certified_stieltjes(self.frame.branch, z, derivative, self._unit)
        return super().certified_stieltjes(z, derivative, certified)

    def pdf_enclosure(self, x: ArrayLike) -> Enclosure:
        """The density with proof."""
        value, radius = density_enclosure(self.frame, real_points(x) / self._unit)
        return Enclosure(value / self._unit, radius / self._unit)

    def outliers(self, strength: Any, kind: str, ratio: Any) -> tuple[OutlierResult, ...]:
        """Outliers under perturbations of rank one."""
        return outliers(self._law_in_units, strength, kind, ratio, self.exponent)

    @cached_property
    def _law_in_units(self) -> AlgebraicLaw:
        if not self.exponent:
            return self.law
        equation, law = self.law.equation.in_units(self.exponent), self.law
        return type(law)(equation, law.conclusion, law.recipe, law.text, law.nonnegative)

    def _put_back(self, point: AlgebraicNumber) -> AlgebraicNumber:
        return point.times_power_of_two(self.exponent) if self.exponent else point


def _exponent(law: AlgebraicLaw) -> int:
    """That of a power of four about as large as what has the law; 0 for ordinary sizes."""
    found = math.frexp(math.sqrt(float(law.moments(2)[1])))[1]
    return found - found % 2 if abs(found) > _ORDINARY else 0


def _resolved(equation: ResolventEquation) -> tuple[Skeleton, tuple[tuple[Piece, ...], ...]]:
    """The skeleton and the pieces of each interval, at the lowest precision that tells the sheets apart."""
    frame = skeleton(equation)  # which is remembered by its arguments: often a derivation has asked for it
    while True:
        try:
            pieces = []
            for number, interval in enumerate(frame.intervals, start=1):
                tell(partial("the density on interval {} of {}".format, number, len(frame.intervals)))
                pieces.append(tuple(resolve(frame, interval)))
            return frame, tuple(pieces)
        except (BranchError, PrecisionError):
            precision = 2 * frame.branch.precision
            if precision > _MOST_BITS:
                raise
            frame = skeleton(equation, precision)


@measure_of.register
def _(law: AlgebraicLaw) -> Measure:
    if not law.equation.is_numeric:
        raise missing_parameters(law.equation.symbols)
    _require_scale(law)
    if law.equation.degree > 1:
        require_width(law)
    if not has_numbers(law):
        return AlgebraicMeasure(law)
    try:
        with at_most(_PATIENCE):
            return AlgebraicMeasure(law)
    except (BranchError, PrecisionError):  # the law at conjugate numbers, which has the same equation, is too near
        return AlgebraicMeasure(rounded(law))


def _require_scale(law: AlgebraicLaw) -> None:
    """Refuse scales on which branches would be followed in vain."""
    square = law.moments(2)[1]
    if square > _MOST_SQUARE or (square < _LEAST_SQUARE and law.equation.degree > 1):
        shown = f"{float(sympy.log(square, 10)) / 2:.0f}"
        raise PrecisionError(
            f"{law.text} is on a scale of 10^{shown}; spectra are computed on scales from 1e-40 to 1e60: take that of "
            "a multiple of the law, and scale its numbers",
            law=law,
        )
