"""The measure of a formula for a density, with atoms: integrals by quadrature on panels."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.density.certificate import Certificate, MomentCheck
from resolvent.numeric.density.chebyshev_piece import ZERO, Array, Place
from resolvent.numeric.spectrum.adaptive import (
    BLUR,
    adaptive,
    checked,
    checked_points,
    error_allowed,
    largest_of,
    with_atoms,
)
from resolvent.numeric.spectrum.measure import Measure, PointMass, SupportInterval

_PANELS, _NODES, _MORE_NODES = 64, 16, 22
_TOLERANCE = 1e-9


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


class FormulaMeasure(Measure):
    """A measure with a formula for its density on intervals, and atoms.

    In x = middle - half cos(theta) the density times sin(theta) is smooth at edges where the density goes like the
    square root of the distance, or its inverse; panels in theta are halved at other singular points.

    Args:
        density: takes an array of points.
        intervals: (left, right), in order, disjoint.
        atoms: (point, weight).
        breaks: where panels end besides; close together where the density has narrow peaks, which would be missed.

    >>> measure = FormulaMeasure(lambda x: np.sqrt(4 - x**2)/(2*np.pi), [(-2.0, 2.0)])
    >>> round(measure.certificate.mass, 9), round(measure.expect(np.square), 9), measure.cdf(np.zeros(1)).round(9)
    (1.0, 1.0, array([0.5]))

    Raises `ParameterError` for intervals that are not increasing and for a density that is negative or not finite
    inside, `PrecisionError` where quadrature does not reach 1e-9.
    """

    def __init__(
        self,
        density: Callable[[Array], Array],
        intervals: Sequence[tuple[float, float]],
        atoms: Sequence[tuple[float, float]] = (),
        breaks: Sequence[float] = (),
        certificate: Certificate | None = None,
    ) -> None:
        ends = [end for interval in intervals for end in interval]
        if not ends or any(b <= a for a, b in intervals) or ends != sorted(ends) or not np.all(np.isfinite(ends)):
            raise ParameterError(f"the intervals of a density must be finite, in order and disjoint; got {intervals}")
        self._ends = [(float(a), float(b)) for a, b in intervals]
        self.atoms = tuple(PointMass(place, weight) for place, weight in atoms if weight)
        self._density = density
        self._arguments = density, intervals, atoms, breaks
        self._rules = [self._resolved(interval, np.asarray(breaks, dtype=float)) for interval in self._ends]
        mass = float(sum(np.sum(r.weights) for r in self._rules) + sum(a.weight for a in self.atoms))
        self.certificate = certificate or Certificate(mass, (), 0.0)  # a density below zero is refused

    def certified(self, checks: Sequence[MomentCheck], tolerance: float) -> FormulaMeasure:
        """The measure with facts that its density was not made from, to a tolerance of its own.

        Raises `NotCertified` where one of them fails.
        """
        own = Certificate(self.certificate.mass, tuple(checks), 0.0, tolerance)
        own.require("a density known by numbers")
        density, intervals, atoms, breaks = self._arguments
        return FormulaMeasure(density, intervals, atoms, breaks, own)

    @property
    def intervals(self) -> tuple[SupportInterval, ...]:
        """The support of the continuous part; the exponents are not known."""
        return tuple(SupportInterval(a, b, None, None) for a, b in self._ends)

    @property
    def _key(self) -> int:
        return id(self)

    def __reduce__(self) -> Any:
        return FormulaMeasure, (*self._arguments, self.certificate)

    @property
    def table(self) -> FormulaMeasure:
        """The functions at many points are its own."""
        return self

    def _resolved(self, interval: tuple[float, float], breaks: Array) -> _Rule:
        """The rule of an interval: panels in theta, halved where it matters."""
        inside = (breaks - interval[0]) / (interval[1] - interval[0])
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

    def _rule(self, interval: tuple[float, float], panels: Array, nodes: int) -> tuple[Array, Array]:
        """Gauss-Legendre on each panel in theta: points and weights, one row for each panel."""
        t, w = np.polynomial.legendre.leggauss(nodes)
        reach = np.diff(panels) / 2
        theta = panels[:, :1] + reach * (1 + t)
        half = (interval[1] - interval[0]) / 2
        # distances from the nearer end keep their digits
        x = np.where(
            theta < np.pi / 2,
            interval[0] + 2 * half * np.sin(theta / 2) ** 2,
            interval[1] - 2 * half * np.cos(theta / 2) ** 2,
        )
        with np.errstate(all="ignore"):  # what is not finite is refused below
            values = np.asarray(self._density(x.ravel()), dtype=float).reshape(-1) + 0 * x.ravel()
        values = values.reshape(x.shape)
        bad = ~np.isfinite(values)
        if np.any(bad):
            raise ParameterError(f"the density has no finite value at x = {x[bad][0]:.6g}", x=float(x[bad][0]))
        lowest = np.unravel_index(np.argmin(values), values.shape)
        if values[lowest] < -1e-9 * float(np.max(values)):
            raise ParameterError(f"the density is negative, {values[lowest]:.6g}, at x = {x[lowest]:.6g}")
        return x, values * half * np.sin(theta) * reach * w

    def pdf(self, x: Array) -> Array:
        """The density; 0 outside of the intervals."""
        inside = np.any([(x >= a) & (x <= b) for a, b in self._ends], axis=0)
        values = np.asarray(self._density(np.where(inside, x, sum(self._ends[0]) / 2)), dtype=float) + 0 * x
        return np.where(inside, values, 0.0)

    def cdf(self, x: Array) -> Array:
        """The mass of (-oo, x], divided by the whole mass."""
        total = np.zeros_like(x)
        for (left, right), rule in zip(self._ends, self._rules, strict=True):
            half = (right - left) / 2
            theta = np.arccos(np.clip((left + half - x) / half, -1.0, 1.0))
            total += rule.integral(theta)
        for atom in self.atoms:
            total += np.where(x >= float(atom.point), float(atom.weight), 0.0)
        return total / self.certificate.mass

    def sf(self, x: Array) -> Array:
        """The mass of (x, oo), divided by the whole mass."""
        return 1.0 - self.cdf(x)

    def ppf(self, q: Array) -> Array:
        """The smallest x with cdf(x) >= q, by bisection."""
        low, high = (np.full(q.shape, end) for end in self.support())
        while np.any((middle := (low + high) / 2) != np.where(middle - low < high - middle, low, high)):
            if np.all((middle <= low) | (middle >= high)):
                break
            above = self.cdf(middle) >= q
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return high

    @cached_property
    def _finer(self) -> list[_Rule]:
        """Rules on the same panels with more nodes."""
        found = []
        for ends, rule in zip(self._ends, self._rules, strict=True):
            found.append(_Rule(rule.panels, *self._rule(ends, rule.panels, _MORE_NODES)))
        return found

    @staticmethod
    def _sum(integrand: Callable[[Array], Array], rules: Sequence[_Rule]) -> Any:
        """The integral of a function by rules."""
        x, weights = (np.concatenate([getattr(r, name).ravel() for r in rules]) for name in ("x", "weights"))
        return np.sum(weights * integrand(x), axis=-1)

    @property
    def rule(self) -> tuple[Array, Array]:
        """Points and weights of the density, by Gauss's rule on the panels."""
        return (
            np.concatenate([rule.x.ravel() for rule in self._rules]),
            np.concatenate([rule.weights.ravel() for rule in self._rules]),
        )

    def integral(self, function: Callable[[Array], ArrayLike], points: int = 0, origin: Place = ZERO) -> Any:
        """The integral of a smooth function of x - origin, or of several, by the rule that resolves the density."""
        total = self._sum(lambda x: np.asarray(function(x - origin[0] - origin[1])), self._rules)
        if self.atoms:
            total = total + np.sum(self.atom_weights * np.asarray(function(self.places(origin))), axis=-1)
        return total

    def expect(
        self, function: Callable[[Array], ArrayLike], tolerance: float | None = None, points: Iterable[float] = ()
    ) -> Any:
        """The integral of a function, to 1e-9 unless told otherwise.

        Raises `PrecisionError` if the tolerance is not reached, `ParameterError` as `linear_statistics.expect` does.
        """
        allowed = _TOLERANCE if tolerance is None else tolerance
        points, integrand = checked_points(points, allowed), checked(function)
        places = [0.0, *self.atom_points, *points]
        if not points:
            x, weights = self.rule
            values = integrand(x)
            coarse, fine = np.sum(weights * values, axis=-1), self._sum(integrand, self._finer)
            if np.all(np.abs(fine - coarse) <= 0.1 * error_allowed(allowed, fine, largest_of(values))):
                return with_atoms(fine, integrand, self.atom_points, self.atom_weights)
        stretches = [
            _Stretch(self, ends, rule.panels, start, sign, top)
            for ends, rule in zip(self._ends, self._rules, strict=True)
            for start, sign, top in _starts(ends, places)
        ]
        return with_atoms(adaptive(stretches, integrand, allowed), integrand, self.atom_points, self.atom_weights)

    def stieltjes(self, z: ArrayLike) -> NDArray[np.complex128]:
        """m(z) off the support, NaN at atoms; raises `ParameterError` on the support."""
        flat = np.asarray(z, dtype=complex).ravel()
        if any(i.left <= p.real <= i.right for p in flat[flat.imag == 0] for i in self.intervals):
            raise self.refusal("limits")
        values = [self.expect(lambda x, z=p: 1 / (x - z), None, [p.real]) for p in flat.tolist()]  # type: ignore[misc]
        return np.array(values, dtype=complex).reshape(np.shape(z))


@dataclass(frozen=True, eq=False)
class _Stretch:
    """The part of an interval between an end, or a point that is named, and the middle to the next one, in theta."""

    measure: FormulaMeasure
    ends: tuple[float, float]
    panels: Array
    start: float
    sign: int
    top: float
    blur: float = BLUR

    @property
    def cuts(self) -> Array:
        """The panels on which the density is resolved."""
        places = self.sign * (np.unique(self.panels) - self.start)
        return np.unique(np.concatenate([[0.0, self.top], places[(places > 1e-12) & (places < self.top)]]))

    def nodes(self, distance: Array) -> tuple[Array, Array, Array]:
        """Points, dmass/dtheta and whether the points are too near to the end to be told apart."""
        from_left = self.start + self.sign * distance
        from_right = np.where(self.start == np.pi, distance, np.pi - from_left)
        width = self.ends[1] - self.ends[0]
        low, high = width * np.sin(from_left / 2) ** 2, width * np.sin(from_right / 2) ** 2
        x = np.where(low <= high, self.ends[0] + low, self.ends[1] - high)
        x = np.clip(x, np.nextafter(self.ends[0], math.inf), np.nextafter(self.ends[1], -math.inf))
        with np.errstate(all="ignore"):
            weight = self.measure.pdf(x) * np.sqrt(low * high)
        return x, weight, np.zeros(len(x), dtype=bool)


def _starts(ends: tuple[float, float], places: Sequence[float]) -> Iterator[tuple[float, int, float]]:
    """Where the stretches of an interval start in theta, which way they go and how far."""
    share = (np.unique(places) - ends[0]) / (ends[1] - ends[0])
    stops = [0.0, *(2 * np.arcsin(np.sqrt(share[(share > 0) & (share < 1)]))).tolist(), np.pi]
    for first, last in pairwise(stops):
        yield first, 1, (last - first) / 2
        yield last, -1, (last - first) / 2
