"""A law given by a formula for its density and by atoms: what statistics need of it, by quadrature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.numeric.density.chebyshev_piece import Array

_PANELS, _NODES = 64, 16
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


@dataclass(frozen=True, eq=False)
class _Rule:
    """Gauss-Legendre on panels in theta: one row of points and weights for each, weights including the density."""

    panels: Array
    x: Array
    weights: Array

    def integral(self, theta: Array) -> Array:
        """The mass from 0 to theta: whole panels, and the polynomial of the last one."""
        t = np.polynomial.legendre.leggauss(_NODES)[0]
        degrees = np.arange(_NODES)
        coefficients = self.weights @ np.polynomial.legendre.legvander(t, _NODES - 1) * (2 * degrees + 1) / 2
        before = np.concatenate([[0.0], np.cumsum(self.weights.sum(axis=1))])
        k = np.clip(np.searchsorted(self.panels[:, 1], theta), 0, len(self.panels) - 1)
        left, right = self.panels[k].T.reshape(2, *np.shape(theta))
        values = np.polynomial.legendre.legvander(np.clip(2 * (theta - left) / (right - left) - 1, -1, 1), _NODES)
        lower = np.concatenate([-values[..., :1], values[..., :-2]], axis=-1)  # the integral of P_0 from -1 is t + 1
        parts = (values[..., 1:] - lower) / (2 * degrees + 1)
        return np.asarray(before[k] + np.sum(parts * coefficients[k], axis=-1))


class DensityLaw:
    """A density on intervals, with atoms.

    In x = middle - half cos(theta) the density times sin(theta) is smooth at edges where the density goes like the
    square root of the distance, or its inverse; panels in theta are halved at other singular points.

    Args:
        density: takes an array of points.
        intervals: (left, right), in order, disjoint.
        atoms: (point, weight).
        breaks: where panels end besides; close together where the density has narrow peaks, which would be missed.

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
        breaks: Sequence[float] = (),
    ) -> None:
        ends = [end for interval in intervals for end in interval]
        if not ends or any(b <= a for a, b in intervals) or ends != sorted(ends) or not np.all(np.isfinite(ends)):
            raise ParameterError(f"the intervals of a density must be finite, in order and disjoint; got {intervals}")
        self.intervals = tuple(Segment(a, b) for a, b in intervals)
        self.atoms = tuple(Mass(place, weight) for place, weight in atoms if weight)
        self._density = density
        self._rules = [self._resolved(interval, np.asarray(breaks, dtype=float)) for interval in self.intervals]
        self.mass = float(sum(np.sum(r.weights) for r in self._rules) + sum(a.weight for a in self.atoms))

    def _resolved(self, interval: Segment, breaks: Array) -> _Rule:
        """The rule of an interval: panels in theta, halved where it matters."""
        inside = (breaks - interval.left) / (interval.right - interval.left)
        inside = 2 * np.arcsin(np.sqrt(inside[(inside > 0) & (inside < 1)]))
        grid = np.union1d(np.linspace(0.0, np.pi, _PANELS + 1), inside)
        grid = grid[np.append(True, np.diff(grid) > 1e-12)]
        most = 8 * len(grid)
        waiting = np.stack([grid[:-1], grid[1:]], axis=1)
        done: list[tuple[Array, Array, Array]] = []
        while len(waiting):
            if len(waiting) > most or np.min(np.diff(waiting)) < 1e-13:
                raise PrecisionError(
                    "the integral of the density does not converge to 1e-9; is it integrable at the ends?"
                )
            coarse = self._rule(interval, waiting, _NODES // 2)[1].sum(axis=1)
            x, fine = self._rule(interval, waiting, _NODES)
            good = np.abs(fine.sum(axis=1) - coarse) <= _TOLERANCE / _PANELS
            done.append((waiting[good], x[good], fine[good]))
            (left, right), middle = waiting[~good].T, waiting[~good].mean(axis=1)
            waiting = np.concatenate([np.stack([left, middle], axis=1), np.stack([middle, right], axis=1)])
        panels, x, weights = (np.concatenate(part) for part in zip(*done, strict=True))
        order = np.argsort(panels[:, 0])
        return _Rule(panels[order], x[order], weights[order])

    def _rule(self, interval: Segment, panels: Array, nodes: int) -> tuple[Array, Array]:
        """Gauss-Legendre on each panel in theta: points and weights, one row for each panel."""
        t, w = np.polynomial.legendre.leggauss(nodes)
        reach = np.diff(panels) / 2
        theta = panels[:, :1] + reach * (1 + t)
        half = (interval.right - interval.left) / 2
        # distances from the nearer end keep their digits
        x = np.where(
            theta < np.pi / 2,
            interval.left + 2 * half * np.sin(theta / 2) ** 2,
            interval.right - 2 * half * np.cos(theta / 2) ** 2,
        )
        with np.errstate(all="ignore"):  # what is not finite is refused below
            values = np.asarray(self._density(x.ravel()), dtype=float).reshape(-1) + 0 * x.ravel()
        values = values.reshape(x.shape)
        bad = ~np.isfinite(values)
        if np.any(bad):
            raise ParameterError(f"the density has no finite value at x = {x[bad][0]:.6g}", x=float(x[bad][0]))
        lowest = np.unravel_index(np.argmin(values), values.shape)
        if values[lowest] < -1e-9 * max(1.0, float(np.max(values))):
            raise ParameterError(f"the density is negative, {values[lowest]:.6g}, at x = {x[lowest]:.6g}")
        return x, values * half * np.sin(theta) * reach * w

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
        smooth = sum(float(np.sum(r.weights * function(r.x))) for r in self._rules)
        return smooth + sum(a.weight * float(function(np.array([a.point]))[0]) for a in self.atoms)

    def cdf(self, q: ArrayLike) -> Array:
        """The mass of (-oo, q], divided by the whole mass."""
        places = np.asarray(q, dtype=float)
        points = places.ravel()
        total = np.zeros_like(points)
        for interval, rule in zip(self.intervals, self._rules, strict=True):
            half = (interval.right - interval.left) / 2
            theta = np.arccos(np.clip((interval.left + half - points) / half, -1.0, 1.0))
            total += rule.integral(theta)
        for atom in self.atoms:
            total += np.where(points >= atom.point, atom.weight, 0.0)
        return (total / self.mass).reshape(places.shape)
