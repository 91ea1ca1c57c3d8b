r"""Can corrections that vanish with the size explain what matrices show, or is the law wrong?

The mean of a test function over n eigenvalues is a + b n^-g + ..., for most ensembles with g = 1, which the joint test
takes for granted. Others are slower: entries with heavy tails or a mean have g = 1/2. So a law is refuted only if no g
of a stated family, 1/2 <= g <= 2, explains the means; and none of 1/4 <= g < 1/2 where the gap falls for sure, or
eigenvalues lie outside the support, as they do for heavy tails. Each mean may have its own g. What an extrapolation
leaves over is allowed for: the term in n^-2g, by the size of the first, one in 1/n with a coefficient of order 1, and
for eigenvalues that hardly move the jumps of their counting measure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.statistics.empirical_spectrum import distance_bound
from resolvent.numeric.statistics.joint_test import (
    POWER,
    JointTest,
    extrapolated,
    extrapolation_weights,
    joint_test,
)

EXPONENTS = (0.5, 2.0)
SLOWEST = 0.25
_SURE = 1e-3  # the p-value at which a gap that stays is given up for one that falls slower than n^-1/2
_STEPS = 24
_SIGNIFICANT = 3.0  # standard errors of a correction before its square is allowed for
_QUANTILE_FLOOR = 8.0
_BEND = 4.0  # the second-order change of a distribution function at quantiles, in units of the first squared
_MARGIN = 1.2
_FEW = 0.05
_HEAVY = 1.5
_ORDINARY = 0.25  # the coefficient of a term in 1/size beside a slower one
_UNUSUAL = 2.0  # times the fluctuations of Gaussian matrices
_COMBINED = 0.8  # of the level, for the combination of all means
_FURTHEST = 50.0  # times the size, for advice

Tested = Callable[[float], tuple[float, float]]
"""From an exponent to a statistic, the smaller the better it fits, and its p-value."""


@dataclass(frozen=True)
class Correction:
    """The correction n^-g that explains the matrices best.

    Attributes:
        exponent: g.
        p_value: of the law with such corrections.
        level: below which it is refuted.
        advice: which sizes would tell more, in words.
    """

    exponent: float
    p_value: float
    level: float
    advice: str = ""

    @property
    def explains(self) -> bool:
        """Whether the law may be right, with such corrections."""
        return self.p_value >= self.level


def best_correction(test: Tested, level: float, is_slow: bool) -> Correction:
    """The exponent of the family that fits best; those below 1/2 only where corrections are slow for sure.

    >>> best_correction(lambda g: (abs(g - 0.75), float(abs(g - 0.75) < 0.01)), 0.01, False).exponent
    0.75
    >>> best_correction(lambda g: (g, float(g < 0.3)), 0.01, False).explains
    False
    >>> best_correction(lambda g: (g, float(g < 0.3)), 0.01, True).exponent
    0.25
    """
    from scipy.optimize import minimize_scalar

    lowest = SLOWEST if is_slow else EXPONENTS[0]
    grid = np.geomspace(lowest, EXPONENTS[1], _STEPS)
    values = [test(float(g))[0] for g in grid]
    k = int(np.argmin(values))
    ends = (float(grid[max(k - 1, 0)]), float(grid[min(k + 1, _STEPS - 1)]))
    found = minimize_scalar(lambda g: test(float(g))[0], bounds=ends, method="bounded", options={"xatol": 1e-4})
    exponent = float(found.x) if found.fun < values[k] else float(grid[k])
    return Correction(round(exponent, 3), test(exponent)[1], level)


# -- means of test functions -------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Means:
    """The means of test functions over the eigenvalues of each matrix.

    Attributes:
        names: of the functions; ``expected`` their means under the law.
        units: in which all that follows is given, so that no square of a very large mean overflows.
        values: for each size, shape (trials, functions); ``sizes`` these sizes.
        scales: how large what is left after extrapolation may be, for a first correction of order 1.
        ranges: half of the difference between the largest and the smallest value of each function.
        jumps: for each size, how far the counting measure is from a smooth one, see `jump`.
    """

    names: tuple[str, ...]
    expected: Array
    units: Array
    values: Sequence[Array]
    sizes: tuple[int, ...]
    scales: Array
    ranges: Array
    jumps: Array

    def floor(self, exponent: float) -> Array:
        """What is left of each mean after extrapolation, by order of magnitude.

        Beside the next term of the same series, 1/size with a coefficient of order 1, which every ensemble has.
        """
        weights = extrapolation_weights(self.sizes, exponent)
        n = np.asarray(self.sizes, dtype=float)
        squares = abs(float(np.sum(weights * n ** (-2 * exponent))))
        ordinary = _ORDINARY * abs(float(np.sum(weights / n)))
        index = np.arange(1, len(self.names) + 1)
        first = np.max(_first_order(self.values, self.sizes, exponent) / np.maximum(self.scales, 1e-300))
        return np.asarray(self.scales * (1 / np.prod(n[:3]) + index**2 * first**2 * squares + ordinary / index**2))

    def room(self, exponent: float = 1.0) -> Array:
        """How far each extrapolated mean may be off by the jumps of the counting measure."""
        return np.asarray(self.ranges * np.sum(np.abs(extrapolation_weights(self.sizes, exponent)) * self.jumps))

    def test(self, exponent: float = 1.0) -> JointTest:
        """The joint test of the law, if corrections are of the order size^-exponent."""
        found = joint_test(
            self.names, self.expected, self.values, self.sizes, self.floor(exponent), exponent, self.room(exponent)
        )
        units = self.units
        return replace(
            found,
            expected=found.expected * units,
            extrapolated=found.extrapolated * units,
            errors=found.errors * units,
        )

    def correction(self, level: float, is_slow: bool) -> Correction:
        """The correction that explains the means, with the sizes that would tell more.

        Each mean may have an exponent of its own, so each is tested alone, and with them the combination that tells
        the gap best from fluctuations: one number for each matrix, so that a few matrices suffice. That one is found
        from the means at all sizes, which are almost independent of how they change with the size. If some of these
        numbers is explained by no exponent the law is refuted; otherwise the one that is hardest to explain is told.
        """
        p = len(self.names)
        directions = [self._direction(), *(np.eye(p) if p > 1 else ())]
        shares = [_COMBINED, *([(1 - _COMBINED) / p] * p)] if p > 1 else [1.0]
        found = [self._correction_of(d, level * s, is_slow) for d, s in zip(directions, shares, strict=True)]
        return min(found, key=lambda c: (c.explains, c.exponent if c.explains else c.p_value))

    def _correction_of(self, direction: Array, level: float, is_slow: bool) -> Correction:
        """The correction that explains a combination of the means best."""
        from scipy.stats import norm
        from scipy.stats import t as student

        scalars = [(v - self.expected) @ direction for v in self.values]
        if np.mean(scalars) < 0:
            scalars, direction = [-s for s in scalars], -direction
        count = len(scalars[0])

        def score(exponent: float) -> float:
            estimates = extrapolation_weights(self.sizes, exponent) @ np.stack(scalars)
            error = float(np.hypot(estimates.std(ddof=1) / np.sqrt(count), self._along(direction, exponent)))
            gap = float(estimates.mean())
            return float(np.sign(gap) * max(abs(gap) - np.abs(direction) @ self.room(exponent), 0.0) / error)

        def test(exponent: float) -> tuple[float, float]:
            found = score(exponent)
            return abs(found), float(student.sf(found, count - 1))

        if test(1.0)[1] >= level:
            return Correction(1.0, test(1.0)[1], level)
        change = scalars[0] - scalars[-1]
        falls = float(change.mean() / (change.std(ddof=1) / np.sqrt(count) + self._along(direction)))
        found = best_correction(test, level, is_slow or float(student.sf(falls, count - 1)) < _SURE)
        needed = float(student.isf(level, count - 1) + norm.isf(1 - POWER))  # fluctuations fall as the size, or slower
        spreads = [max(float(np.std(s, ddof=1)), 1e-300) for s in (scalars[0], scalars[-1])]
        rate = np.log(spreads[0] / spreads[1]) / np.log(self.sizes[-1] / self.sizes[0])
        factor = needed / max(score(EXPONENTS[0]), 1e-9)
        return replace(found, advice=_advice(self.sizes[-1], factor ** (1 / float(np.clip(rate, 0.5, 1.0)))))

    def _along(self, direction: Array, exponent: float = 1.0) -> float:
        """What is left of a combination of the means after extrapolation."""
        return float(np.linalg.norm(direction * self.floor(exponent)))

    def _direction(self) -> Array:
        """The combination S^-1 d of the means, d their gap at all sizes and S the covariance of that."""
        n = np.asarray(self.sizes, dtype=float)
        gap = np.average([v.mean(axis=0) - self.expected for v in self.values], axis=0, weights=n**2)
        own = np.mean([np.cov(size * v, rowvar=False) for size, v in zip(n, self.values, strict=True)], axis=0)
        spread = np.atleast_2d(own) / len(self.values[0]) / n[-1] ** 2 + np.diag(
            self.floor(1.0) ** 2 + self.room() ** 2
        )
        scale = np.sqrt(np.diag(spread)) + 1e-300
        return np.asarray(np.linalg.lstsq(spread / np.outer(scale, scale), gap / scale, rcond=1e-9)[0] / scale)


def _advice(size: int, factor: float) -> str:
    if 1 < factor < _FURTHEST:
        larger = int(float(f"{_MARGIN * factor * size:.2g}"))
        return f"sizes {larger // 2} and {larger} would show a law that is wrong"
    return f"sizes {2 * size} and {4 * size} would show whether the gap goes on falling"


def _first_order(values: Sequence[Array], sizes: Sequence[int], exponent: float) -> Array:
    """The coefficients b of b n^-g, what is insignificant left out."""
    first, last = values[0], values[-1]
    unit = float(sizes[0]) ** -exponent - float(sizes[-1]) ** -exponent
    count = len(first)
    change = (first.mean(axis=0) - last.mean(axis=0)) / unit
    errors = np.sqrt((first.var(axis=0, ddof=1) + last.var(axis=0, ddof=1)) / count) / unit
    return np.asarray(np.sqrt(np.maximum(change**2 - (_SIGNIFICANT * errors) ** 2, 0.0)))


def jump(trials: Sequence[Array], places: Array) -> float:
    """How far the share of eigenvalues up to a place is from a smooth function of the size, on average over trials.

    At most 1/n, for eigenvalues that do not move; the jumps of numbers that vary by s average out as exp(-2 pi^2 s^2).

    >>> jump([np.linspace(0, 1, 10)] * 3, np.array([0.3, 0.6]))
    0.1
    """
    counts = np.stack([np.searchsorted(np.sort(e), places, side="right") for e in trials])
    variance = float(np.median(counts.var(axis=0, ddof=1)))
    return float(np.exp(-2 * np.pi**2 * variance)) / len(trials[0])


# -- the distribution function -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Quantile:
    """The place where the distribution function is furthest from what is claimed, in standard errors.

    Attributes:
        place: x; ``claimed`` the claimed share of eigenvalues up to x; ``seen`` the extrapolated one.
        p_value: at one of ``count`` places.
        correction: what explains it best.
    """

    place: float
    claimed: float
    seen: float
    p_value: float
    count: int
    correction: Correction


def at_quantiles(
    places: Array, claimed: Array, bulks: Mapping[int, Sequence[Array]], jumps: Array, level: float, is_slow: bool
) -> Quantile | None:
    """The distribution function at some places against what is claimed there; None without places."""
    from scipy.stats import t as student

    if not len(places):
        return None
    sizes = tuple(sorted(bulks))
    shares = [np.stack([np.searchsorted(np.sort(e), places, side="right") / len(e) for e in bulks[n]]) for n in sizes]
    count = len(shares[-1])

    def scores(exponent: float) -> tuple[Array, Array]:
        weights = extrapolation_weights(sizes, exponent)
        n = np.asarray(sizes, dtype=float)
        estimates = extrapolated(shares, sizes, exponent)
        squares, cubes = (abs(float(np.sum(weights * n ** (-k * exponent)))) for k in (2, 3))
        first = _first_order(shares, sizes, exponent)
        floor = _QUANTILE_FLOOR / np.prod(n[:3]) + _BEND * first**2 * squares + (_BEND * first) ** 3 * cubes
        means = estimates.mean(axis=0)
        gaps = np.maximum(np.abs(means - claimed) - np.sum(np.abs(weights) * jumps), 0.0)
        return means, gaps / np.sqrt(estimates.var(axis=0, ddof=1) / count + floor**2)

    def p_value(score: float) -> float:
        return min(float(2 * student.sf(score, count - 1)) * len(places), 1.0)

    def test(exponent: float) -> tuple[float, float]:
        worst = float(np.max(scores(exponent)[1]))
        return worst, p_value(worst)

    means, found = scores(1.0)
    k = int(np.argmax(found))
    change = shares[-1] - shares[0]
    errors = np.sqrt(change.var(axis=0, ddof=1) / count) + np.sum(jumps) + 1e-300
    still = p_value(float(np.max(np.abs(change.mean(axis=0)) / errors)))
    p = p_value(float(found[k]))
    correction = best_correction(test, level, is_slow or still < _SURE) if p < level else Correction(1.0, p, level)
    return Quantile(float(places[k]), float(claimed[k]), float(means[k]), p / len(places), len(places), correction)


def sheds(trials: Sequence[Array], outside: Array) -> bool:
    """Whether eigenvalues outside the support are those of heavy tails: few, and some much further than is typical.

    The furthest eigenvalue of a matrix with entries of tail index a has that index, so that among 20 matrices one is
    20^(1/a) times as far as the typical one; where a law has a wider support than is claimed they are all as far.
    """
    per_matrix, rows = len(outside) / len(trials), len(trials[0])
    if not 0.5 <= per_matrix <= _FEW * rows:
        return False
    centre = float(np.median(np.concatenate(trials)))
    furthest = [float(np.max(np.abs(e - centre))) for e in trials]
    return max(furthest) > _HEAVY * float(np.median(furthest))


def fluctuates(values: Array, rows: int) -> bool:
    """Whether sums of T_1, T_2, ... over the eigenvalues fluctuate unusually: where degrees of a sparse matrix do, say.

    ``values`` are the means over the eigenvalues of each matrix with that many rows. Of Gaussian symmetric matrices the
    sum of T_k has the variance k/2.

    Source: K. Johansson, Duke Math. J. 91 (1998) 151, theorem 2.4.
    """
    spreads = rows * values.std(axis=0, ddof=1) / np.sqrt(np.arange(1, values.shape[1] + 1) / 2)
    return bool(np.max(spreads) > _UNUSUAL)


def fallen(distances: Sequence[float], sizes: Sequence[int], count: int, rows: int) -> bool:
    """Whether Kolmogorov distances, the last of ``count`` eigenvalues of matrices with ``rows`` rows, may go to zero.

    With some exponent the extrapolated distance has to be within what independent draws and a finite size may show.
    """
    for exponent in EXPONENTS:
        weights = extrapolation_weights(sizes, exponent)
        if float(weights @ np.asarray(distances)) <= distance_bound(count, rows, float(np.sum(np.abs(weights)))):
            return True
    return False
