"""The measure of an algebraic law: its support by exact algebra, its density from the branch continued with proof."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.exact.precision import cached_property, working_precision
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.support.support import skeleton
from resolvent.numeric.density.chebyshev_piece import Array, resolve
from resolvent.numeric.density.piecewise_density import SpectrumTable
from resolvent.numeric.spectrum import linear_statistics, potential
from resolvent.numeric.spectrum.critical_points import CriticalPoint, critical_points
from resolvent.numeric.spectrum.enclosures import Enclosure, certified_stieltjes, density_enclosure
from resolvent.numeric.spectrum.measure import (
    Measure,
    Pieces,
    PointMass,
    SupportInterval,
    certified,
    measure_of,
    missing_parameters,
)
from resolvent.numeric.spectrum.outliers import OutlierResult, outliers
from resolvent.numeric.spectrum.stieltjes_values import stieltjes_values


class AlgebraicMeasure(Measure):
    """The measure of a law with a polynomial equation; it answers everything.

    Attributes:
        law: the law.
        frame: its critical points, support intervals and atoms, exact.
        parts: the density in pieces, and the atoms as floats.

    Raises `DerivationError` if the branch belongs to no probability measure, `NotCertified` if mass or moments are not
    reproduced.
    """

    law: AlgebraicLaw

    def __init__(self, law: AlgebraicLaw) -> None:
        self.law = law
        self.frame = skeleton(law.equation)
        self.atoms = tuple(PointMass(a.point.to_sympy(), a.weight.to_sympy()) for a in self.frame.atoms)
        groups = tuple(tuple(resolve(self.frame, i)) for i in self.frame.intervals)
        low, high = self.support()
        self.parts = Pieces(groups, self.atom_points, self.atom_weights, high - low)
        self.certificate = certified(self, self._lowest())

    @cached_property
    def atom_points(self) -> Array:
        """The places of the atoms as floats."""
        return np.array([float(a.point) for a in self.frame.atoms])

    @cached_property
    def atom_weights(self) -> Array:
        """Their weights."""
        return np.array([float(a.weight) for a in self.frame.atoms])

    @cached_property
    def table(self) -> SpectrumTable:
        """What the functions at many points are read from."""
        return SpectrumTable(self.parts.pieces, self.parts.points, self.parts.weights)

    @property
    def intervals(self) -> tuple[SupportInterval, ...]:
        """The support of the continuous part."""
        return self.parts.intervals

    def support(self) -> tuple[float, float]:
        """The smallest interval that holds the whole measure."""
        return float(self.frame.lower_end), float(self.frame.upper_end)

    @cached_property
    def critical_points(self) -> tuple[CriticalPoint, ...]:
        """The real roots of disc_m(P) lc_m(P), each with what it is."""
        return critical_points(self.frame, [(i.left_exponent, i.right_exponent) for i in self.intervals])  # type: ignore[misc]

    def integral(self, function: Callable[[Array], ArrayLike], points: int, origin: float = 0.0) -> Any:
        """The integral of a smooth function of x - origin, or of several: the points are the last axis."""
        total: Any = 0.0
        for piece in self.parts.pieces:
            nodes = 64 * math.ceil((points + 2 * len(piece.boundary)) / 64)  # few sizes: cached
            x, weights = piece.quadrature(nodes, origin)
            total = total + np.sum(weights * np.asarray(function(x)), axis=-1)
        if self.atoms:
            with working_precision(2 * self.frame.branch.precision):
                places = np.array([float(a.point.ball() - arb(origin)) for a in self.frame.atoms])
            total = total + np.sum(self.atom_weights * np.asarray(function(places)), axis=-1)
        return total

    def expect(self, function: Callable[[Array], ArrayLike], tolerance: float | None, points: Iterable[float]) -> Any:
        """The integral of any function; see `linear_statistics.expect`."""
        return linear_statistics.expect(self.parts, function, 1e-11 if tolerance is None else tolerance, points)

    def entropy(self) -> float:
        """The differential entropy."""
        return linear_statistics.entropy(self.parts)

    def stieltjes(self, z: ArrayLike) -> NDArray[np.complex128]:
        """m(z) anywhere."""
        return stieltjes_values(self.parts, z)

    def certified_stieltjes(self, z: ArrayLike, derivative: int, certified: bool) -> NDArray[np.complex128]:
        """m or m', by continuation with proof if it is to be certified."""
        if certified:
            return certified_stieltjes(self.frame.branch, z, derivative)
        return stieltjes_values(self.parts, z, derivative)

    def pdf_enclosure(self, x: ArrayLike) -> Enclosure:
        """The density with proof."""
        return density_enclosure(self.frame, x)

    def hilbert(self, x: ArrayLike) -> Array:
        """H(x) = -Re m(x + i0)/pi; finite at edges where the density does not diverge."""
        return potential.hilbert_transform(self.parts, x)

    def log_potential(self, z: ArrayLike) -> Array:
        """The integral of log|z - x|."""
        return potential.log_potential(self.parts, z)

    def log_energy(self) -> float:
        """The integral of the potential."""
        return potential.log_energy(self.parts)

    def outliers(self, strength: Any, kind: str, ratio: Any) -> tuple[OutlierResult, ...]:
        """Outliers under perturbations of rank one."""
        return outliers(self.law, strength, kind, ratio)

    def _lowest(self) -> float:
        """The smallest density on the nodes, relative to the largest."""
        lowest, highest = 0.0, 0.0
        for piece in self.parts.pieces:
            weights = piece.quadrature(2 * len(piece.boundary))[1]
            lowest, highest = min(lowest, float(weights.min())), max(highest, float(weights.max()))
        return lowest / highest if highest else 0.0


@measure_of.register
def _(law: AlgebraicLaw) -> Measure:
    if law.parameters and not law.equation.is_numeric:
        raise missing_parameters(law.equation.symbols)
    return AlgebraicMeasure(law)
