"""A law given by a formula for its density and by atoms: what statistics need of it, by quadrature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from derive.errors import ParameterError, PrecisionError

from .piece import Array

_NODES = (256, 1024, 4096, 16384)
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Segment:
    """An interval of the support."""

    left: float
    right: float


@dataclass(frozen=True)
class Mass:
    """A point mass."""

    point: float
    weight: float


class DensityLaw:
    """A density on intervals, with atoms.

    In x = middle - half cos(theta) the density times sin(theta) is smooth at edges where the density goes like the
    square root of the distance, or its inverse; the midpoint rule in theta then converges fast.

    Args:
        density: takes an array of points.
        intervals: (left, right), in order, disjoint.
        atoms: (point, weight).

    >>> law = DensityLaw(lambda x: np.sqrt(4 - x**2)/(2*np.pi), [(-2.0, 2.0)])
    >>> round(law.mass, 9), round(law.expect(np.square), 9), float(law.cdf(0.0).round(9))
    (1.0, 1.0, 0.5)

    Raises `ParameterError` for intervals that are not increasing and for a density that is negative or not finite
    inside, `PrecisionError` where quadrature does not reach 1e-9.
    """

    def __init__(
        self,
        density: Callable[[Array], Array],
        intervals: Sequence[tuple[float, float]],
        atoms: Sequence[tuple[float, float]] = (),
    ) -> None:
        ends = [end for interval in intervals for end in interval]
        if not ends or any(b <= a for a, b in intervals) or ends != sorted(ends) or not np.all(np.isfinite(ends)):
            raise ParameterError(f"the intervals of a density must be finite, in order and disjoint; got {intervals}")
        self.intervals = tuple(Segment(a, b) for a, b in intervals)
        self.atoms = tuple(Mass(place, weight) for place, weight in atoms if weight)
        self._density = density
        self._rules = self._resolved()
        self.mass = float(sum(np.sum(w) for _, w in self._rules) + sum(a.weight for a in self.atoms))

    def _resolved(self) -> list[tuple[Array, Array]]:
        """For each interval points and weights, weights including the density."""
        previous: Array | None = None
        for nodes in _NODES:
            rules = [self._rule(i, nodes) for i in self.intervals]
            sums = np.array([[np.sum(w), np.sum(w * x)] for x, w in rules])
            scale = 1 + np.array([[0.0, max(abs(i.left), abs(i.right))] for i in self.intervals])
            if previous is not None and np.all(np.abs(sums - previous) <= _TOLERANCE * scale):
                return rules
            previous = sums
        raise PrecisionError("the integral of the density does not converge to 1e-9; is it integrable at the ends?")

    def _rule(self, interval: Segment, nodes: int) -> tuple[Array, Array]:
        theta = (np.arange(nodes) + 0.5) * np.pi / nodes
        half = (interval.right - interval.left) / 2
        # distances from the nearer end keep their digits
        x = np.where(
            theta < np.pi / 2,
            interval.left + 2 * half * np.sin(theta / 2) ** 2,
            interval.right - 2 * half * np.cos(theta / 2) ** 2,
        )
        with np.errstate(all="ignore"):  # what is not finite is refused below
            values = np.asarray(self._density(x), dtype=float) + 0 * x
        bad = ~np.isfinite(values)
        if np.any(bad):
            raise ParameterError(f"the density has no finite value at x = {x[bad][0]:.6g}", x=float(x[bad][0]))
        lowest = int(np.argmin(values))
        if values[lowest] < -1e-9 * max(1.0, float(np.max(values))):
            raise ParameterError(f"the density is negative, {values[lowest]:.6g}, at x = {x[lowest]:.6g}")
        return x, values * half * np.sin(theta) * np.pi / nodes

    def support(self) -> tuple[float, float]:
        """The smallest interval that holds the whole measure."""
        places = [a.point for a in self.atoms]
        return min([self.intervals[0].left, *places]), max([self.intervals[-1].right, *places])

    def pdf(self, x: ArrayLike) -> Array:
        """The density; 0 outside of the intervals."""
        points = np.asarray(x, dtype=float)
        inside = np.any([(points >= i.left) & (points <= i.right) for i in self.intervals], axis=0)
        middle = (self.intervals[0].left + self.intervals[0].right) / 2
        values = np.asarray(self._density(np.where(inside, points, middle)), dtype=float) + 0 * points
        return np.where(inside, values, 0.0)

    def expect(self, function: Callable[[Array], Array]) -> float:
        """The integral of a function."""
        smooth = sum(float(np.sum(w * function(x))) for x, w in self._rules)
        return smooth + sum(a.weight * float(function(np.array([a.point]))[0]) for a in self.atoms)

    def cdf(self, x: ArrayLike) -> Array:
        """The mass of (-oo, x], divided by the whole mass."""
        points = np.asarray(x, dtype=float)
        total = np.zeros_like(points)
        for interval, (_, weights) in zip(self.intervals, self._rules, strict=True):
            n = len(weights)
            half = (interval.right - interval.left) / 2
            theta = np.arccos(np.clip((interval.left + half - points) / half, -1.0, 1.0))
            total += np.interp(theta * n / np.pi, np.arange(n + 1), np.concatenate([[0.0], np.cumsum(weights)]))
        for atom in self.atoms:
            total += np.where(points >= atom.point, atom.weight, 0.0)
        return total / self.mass
