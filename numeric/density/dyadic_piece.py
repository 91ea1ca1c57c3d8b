r"""A density between two neighbouring singular points, on panels that shrink towards both of them.

Where the density has logarithms or powers that no change of variable removes, it is analytic between its singular
points all the same. Each half of the gap next to a singular point p is cut at the distances h, h/2, h/4, ... from p; on
a panel the nearest singularity is a panel's length away, so a polynomial of degree 21 has 15 digits. The panel of a
distance is read off its binary exponent. Distances are kept, not places, so that accuracy next to p is relative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev as cheb

from resolvent.derive.errors import NotCertified
from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.density.chebyshev_piece import ZERO, Array, Place

_DEGREE = 21
_TAIL = 1e-11  # of the largest coefficient of a panel
_LEAST = 2.0**-190  # of the gap; what lies below counts as nothing
_NOTHING = 1e-18  # mass that may be left next to a singular point
_GAUSS = 20
_AT_ONCE = 8

Density = Callable[[int, Array], Array]
"""(k, delta) -> the density at points[k] + delta."""


@dataclass(frozen=True, eq=False)
class GradedHalf:
    """The density next to a singular point, up to the middle of the gap.

    Attributes:
        place, rest: the singular point, rounded, and what the rounding has taken from it.
        direction: 1 if the half lies above the point, -1 if below.
        reach: h, the length of the half.
        density: coefficients of the panels' polynomials in t = 4 d/(h 2^-j) - 3 in [-1, 1], lowest first; panel j, from
            h 2^-j down to h 2^-(j+1), is the column j.
    """

    place: float
    rest: float
    direction: int
    reach: float
    density: Array

    @property
    def panels(self) -> int:
        """How many panels there are."""
        return int(self.density.shape[1])

    @cached_property
    def mass(self) -> Array:
        """Coefficients of the mass between the inner end of each panel and t."""
        lengths = self.reach * 0.5 ** np.arange(1, self.panels + 1)
        powers = np.arange(1, len(self.density) + 1)[:, None]
        primitive = np.vstack([np.zeros((1, self.panels)), self.density / powers]) * (lengths / 2)
        primitive[0] = -np.array([np.polynomial.polynomial.polyval(-1.0, c) for c in primitive.T])
        return primitive

    @cached_property
    def below(self) -> Array:
        """The mass between the singular point and the inner end of each panel."""
        own = np.array([np.polynomial.polynomial.polyval(1.0, c) for c in self.mass.T])
        return np.concatenate([np.cumsum(own[::-1])[::-1][1:], [0.0]])

    @cached_property
    def total(self) -> float:
        """The mass of the half."""
        return float(self.below[0] + np.polynomial.polynomial.polyval(1.0, self.mass[:, 0]))

    def distance(self, x: Array) -> Array:
        """Distances from the singular point, exact next to it."""
        return self.direction * ((x - self.place) - self.rest)

    def pdf(self, distance: Array) -> Array:
        """The density at distances in (0, h]."""
        panel, t = self._located(distance)
        return np.maximum(_horner(self.density, panel, t), 0.0)

    def cdf(self, distance: Array) -> Array:
        """The mass between the singular point and distances in (0, h]."""
        panel, t = self._located(distance)
        return self.below.take(panel) + _horner(self.mass, panel, t)

    def ppf(self, mass: Array) -> Array:
        """The distance with that mass between the singular point and it."""
        upper = self.below + np.array([np.polynomial.polynomial.polyval(1.0, c) for c in self.mass.T])
        panel = np.clip(self.panels - 1 - np.searchsorted(upper[::-1], mass), 0, self.panels - 1)
        rest = mass - self.below.take(panel)
        scale = self.reach * 0.5 ** (panel + 2.0)  # d = (t + 3) scale
        low, high = np.full(mass.shape, -1.0), np.full(mass.shape, 1.0)
        t = np.zeros(mass.shape)
        for _ in range(60):
            value = _horner(self.mass, panel, t) - rest
            low, high = np.where(value <= 0, t, low), np.where(value >= 0, t, high)
            slope = _horner(self.density, panel, t) * scale
            with np.errstate(divide="ignore", invalid="ignore"):
                step = t - value / slope
            following = np.where((step > low) & (step < high), step, (low + high) / 2)
            settled = np.abs(following - t) <= 4e-16
            t = following
            if np.all(settled):
                break
        return (t + 3) * scale

    def place_of(self, distance: Array, origin: Place = ZERO) -> Array:
        """The points at distances, minus an origin."""
        return (self.place - origin[0]) + ((self.rest - origin[1]) + self.direction * distance)

    def quadrature(self, points: int, origin: Place = ZERO) -> tuple[Array, Array]:
        """Places, minus an origin, and weights for integrals against the density."""
        t, weight = _legendre(max(points, _GAUSS))
        scale = self.reach * 0.5 ** (np.arange(self.panels) + 2.0)
        distance = (t[:, None] + 3) * scale
        values = np.polynomial.polynomial.polyval(t, self.density, tensor=True).T
        return self.place_of(distance, origin).ravel(), (np.maximum(values, 0.0) * weight[:, None] * scale).ravel()

    def _located(self, distance: Array) -> tuple[Array, Array]:
        mantissa, exponent = np.frexp(np.minimum(distance, self.reach) / self.reach)
        level = np.where(distance > 0, -exponent, self.panels)
        panel = np.clip(level, 0, self.panels - 1)
        t = np.where(level >= self.panels, -1.0, 4 * mantissa - 3)  # below the last panel: its inner end
        return panel, np.where(level < 0, 1.0, t)


def graded_half(density: Density, k: int, place: float, rest: float, direction: int, reach: float) -> GradedHalf:
    """The half next to the singular point number k, with as many panels as its mass asks for.

    Raises `NotCertified` if a panel's polynomial does not reach the accuracy.
    """
    nodes = np.cos(math.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
    columns: list[Array] = []
    while True:
        j = np.arange(len(columns), len(columns) + _AT_ONCE)
        distance = (nodes[:, None] + 3) * (reach * 0.5 ** (j + 2.0))
        values = density(k, direction * distance.ravel()).reshape(distance.shape)
        series = _to_series(_DEGREE + 1) @ values
        if np.any(np.max(np.abs(series[-3:]), axis=0) > _TAIL * np.max(np.abs(series), axis=0)):
            raise NotCertified(
                f"the density next to {place:.6g} is not resolved; another singular point may be near", point=place
            )
        columns += [_to_powers(_DEGREE + 1) @ column for column in series.T]
        smallest = float(distance[0, -1])
        left = 8 * smallest * float(np.max(np.abs(values[:, -1])))  # a bound of the mass below, for powers above -7/8
        if left < _NOTHING or smallest < _LEAST * reach:
            return GradedHalf(place, rest, direction, reach, np.array(columns).T.copy())


@dataclass(frozen=True, eq=False)
class GradedPiece:
    """The two halves of a gap between neighbouring singular points."""

    halves: tuple[GradedHalf, GradedHalf]

    @property
    def left(self) -> float:
        """The lower singular point."""
        return self.halves[0].place

    @property
    def right(self) -> float:
        """The upper singular point."""
        return self.halves[1].place

    @property
    def middle(self) -> float:
        """Where the halves meet."""
        return float(self.halves[0].place_of(np.array([self.halves[0].reach]))[0])

    @property
    def mass(self) -> float:
        """The mass of the gap."""
        return self.halves[0].total + self.halves[1].total

    def quadrature(self, points: int, origin: Place = ZERO) -> tuple[Array, Array]:
        """Places, minus an origin, and weights for integrals against the density, ``points``/50 on each panel."""
        parts = [half.quadrature(math.ceil(points / 50), origin) for half in self.halves]
        return np.concatenate([x for x, _ in parts]), np.concatenate([w for _, w in parts])


def graded_pieces(density: Density, points: Sequence[float], rests: Sequence[float]) -> list[GradedPiece]:
    """A piece for each gap between neighbouring singular points in which there is density."""
    found = []
    for k, (a, b) in enumerate(pairwise(points)):
        half = ((b - a) + (rests[k + 1] - rests[k])) / 2
        if not np.any(density(k, np.array([0.3, 0.7, 1.0]) * half) * half > _NOTHING):
            continue
        lower = graded_half(density, k, a, rests[k], 1, half)
        upper = graded_half(density, k + 1, b, rests[k + 1], -1, half)
        found.append(GradedPiece((lower, upper)))
    return found


def _horner(coefficients: Array, panel: Array, t: Array) -> Array:
    value: Array = coefficients[-1].take(panel)
    for row in coefficients[-2::-1]:
        value = value * t + row.take(panel)
    return value


@lru_cache(maxsize=8)
def _to_series(size: int) -> Array:
    angle = np.pi * (np.arange(size) + 0.5) / size
    matrix = np.cos(np.outer(np.arange(size), angle)) * (2 / size)
    matrix[0] /= 2
    return matrix


@lru_cache(maxsize=8)
def _to_powers(size: int) -> Array:
    matrix = np.zeros((size, size))
    for k in range(size):
        matrix[: k + 1, k] = cheb.cheb2poly(np.eye(size)[k])[: k + 1]
    return matrix


@lru_cache(maxsize=16)
def _legendre(points: int) -> tuple[Any, Any]:
    return np.polynomial.legendre.leggauss(points)
