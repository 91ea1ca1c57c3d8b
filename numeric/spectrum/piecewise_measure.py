"""A measure whose density is held in Chebyshev pieces: its functions and integrals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev as cheb
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.density.chebyshev_piece import ZERO, Array, Piece, Place
from resolvent.numeric.density.piecewise_density import SpectrumTable
from resolvent.numeric.spectrum import linear_statistics, potential
from resolvent.numeric.spectrum.measure import CERTIFIED_POINTS, Measure, Pieces, SupportInterval, between
from resolvent.numeric.spectrum.stieltjes_values import stieltjes_values


class PiecewiseMeasure(Measure):
    """What follows from the pieces, wherever they come from.

    Attributes:
        parts: the density in pieces, and the atoms as floats.
    """

    parts: Pieces

    @cached_property
    def table(self) -> SpectrumTable:
        """What the functions at many points are read from."""
        return SpectrumTable(self.parts.pieces, self.parts.points, self.parts.weights)

    @property
    def intervals(self) -> tuple[SupportInterval, ...]:
        """The support of the continuous part."""
        return self.parts.intervals

    def edge_coefficient(self, number: int, side: int) -> float:
        """a in rho(x) ~ a d^exponent, d the distance from an end: read off the series of the piece next to it."""
        piece = self.parts.groups[number][-side]
        order, other = piece.orders[side], piece.orders[1 - side]
        share = (piece.from_left, piece.from_right)[side]
        value = float(cheb.chebval((-1.0, 1.0)[side], piece.boundary)) * 2.0**other
        return value * (piece.width * share.lowest) ** (-order / share.order)

    def integral(self, function: Callable[[Array], ArrayLike], points: int, origin: Place = ZERO) -> Any:
        """The integral of a smooth function of x - origin, or of several: the points are the last axis."""
        total: Any = 0.0
        for piece in self.parts.pieces:
            x, weights = piece.quadrature(_rule(piece, points), origin)
            total = total + np.sum(weights * np.asarray(function(x)), axis=-1)
        if self.atoms:
            total = total + np.sum(self.atom_weights * np.asarray(function(self.places(origin))), axis=-1)
        return total

    @property
    def centre(self) -> Place:
        """The middle of the continuous part, or of the atoms if there is none."""
        if self.parts.pieces:
            first, last = self.parts.pieces[0], self.parts.pieces[-1]
            return between((first.left, first.rests[0]), (last.right, last.rests[1]))
        first_atom = (float(self.atom_points[0]), 0.0)
        rests = self.places(first_atom)
        return first_atom[0], float(rests[0] + rests[-1]) / 2

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
        """m or m'; raises `ParameterError` for certified values: there is no proof from pieces alone."""
        if certified:
            raise self.refusal("certified_stieltjes")
        return stieltjes_values(self.parts, z, derivative)

    def hilbert(self, x: ArrayLike) -> Array:
        """H(x) = -Re m(x + i0)/pi; finite at edges where the density does not diverge."""
        return potential.hilbert_transform(self.parts, x)

    def log_potential(self, z: ArrayLike) -> Array:
        """The integral of log|z - x|."""
        return potential.log_potential(self.parts, z)

    def log_energy(self) -> float:
        """The integral of the potential."""
        return potential.log_energy(self.parts)

    def lowest(self) -> float:
        """The smallest density on the nodes, relative to the largest."""
        lowest, highest = 0.0, 0.0
        for piece in self.parts.pieces:
            weights = piece.nodes(_rule(piece, CERTIFIED_POINTS)).weights
            lowest, highest = min(lowest, float(weights.min())), max(highest, float(weights.max()))
        return lowest / highest if highest else 0.0


def _rule(piece: Piece, points: int) -> int:
    """How many nodes integrate the density times a polynomial of degree ``points``; few sizes: rules are kept."""
    return 64 * math.ceil((points + 2 * len(piece.boundary)) / 64)
