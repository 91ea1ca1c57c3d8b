r"""A joint test of many linear statistics: matrices of several sizes, the 1/size term removed, Hotelling's T^2.

The mean of a test function over the eigenvalues of an n x n matrix is a + b/n + O(1/n^2) plus a fluctuation of order
1/n that is Gaussian in the limit. From matrices of different sizes, drawn in pairs (or triples, ...), each gives

    e_i = sum_s w_s y_(i,s),    sum_s w_s = 1,   sum_s w_s/n_s = 0,

an estimate of a (with three sizes or more the term in 1/n^2 is removed as well; a correction of another order n^-g
goes in the same way, sum_s w_s/n_s^g = 0), and the e_i are independent with one
distribution: so Hotelling's T^2 = N (e - a)' S^-1 (e - a), (N - p)/(p (N - 1)) T^2 ~ F(p, N - p) at any N > p, whatever
the covariances of the statistics.

Source: Anderson, An Introduction to Multivariate Statistical Analysis (3rd ed. 2003), section 5.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.copies import ByValue
from resolvent.numeric.density.chebyshev_piece import Array

POWER = 0.95


@dataclass(frozen=True, eq=False)
class JointTest(ByValue):
    """What a joint test found.

    Attributes:
        names: of the statistics.
        expected: their values under the law that is tested.
        extrapolated: their estimates in the limit of infinite size.
        errors: the standard errors of these.
        trials: how many estimates went in.
        statistic: the F statistic; ``p_value`` its upper tail with (p, N - p) degrees of freedom.
        correlation: of the estimates' mean.
    """

    names: tuple[str, ...]
    expected: Array
    extrapolated: Array
    errors: Array
    trials: int
    statistic: float
    p_value: float
    correlation: Array

    def __repr__(self) -> str:
        count = len(self.names)
        return f"<JointTest: {count} statistic{'s' * (count != 1)}, {self.trials} trials, p = {self.p_value:.3g}>"

    @property
    def scores(self) -> Array:
        """(extrapolated - expected)/errors."""
        return np.asarray((self.extrapolated - self.expected) / self.errors)


def extrapolation_weights(sizes: Sequence[int], exponent: float = 1.0) -> Array:
    """The weights w_s with sum w = 1 and sum w/n^g = 0 of the smallest variance, that of size n being as 1/n^2.

    g is the exponent. With three sizes or more and g = 1 also sum w/n^2 = 0.

    >>> extrapolation_weights([500, 1000]).round(12) + 0.0
    array([-1.,  2.])
    >>> extrapolation_weights([1, 2, 4]).round(12) + 0.0
    array([ 0.33333333, -2.        ,  2.66666667])
    >>> extrapolation_weights([1, 4], 0.5).round(12) + 0.0
    array([-1.,  2.])

    Raises `ParameterError` for fewer than two different sizes.
    """
    n = np.asarray(sizes, dtype=float)
    if len(set(sizes)) < 2:
        raise ParameterError(f"two different sizes are needed to extrapolate; got {list(sizes)}", sizes=sizes)
    order = min(len(set(sizes)) - 1, 2) if exponent == 1 else 1
    design = (n[-1] / n[:, None]) ** (exponent * np.arange(order + 1))
    information = design.T * n**2
    return np.asarray(np.linalg.solve(information @ design, information)[0])


def extrapolated(values: Sequence[Array], sizes: Sequence[int], exponent: float = 1.0) -> Array:
    """The estimates e_i of the limits, shape (N, p), from values of that shape at each size, with corrections n^-g.

    >>> extrapolated([np.array([[1 + 1 / 10]]), np.array([[1 + 1 / 20]])], [10, 20]).round(12)
    array([[1.]])

    Raises `ParameterError` as `extrapolation_weights` does.
    """
    stacked = np.stack([np.asarray(v, dtype=float) for v in values])
    return np.asarray(np.tensordot(extrapolation_weights(sizes, exponent), stacked, axes=1))


def joint_test(
    names: Sequence[str],
    expected: Array,
    values: Sequence[Array],
    sizes: Sequence[int],
    floor: Array,
    exponent: float = 1.0,
    room: ArrayLike = 0.0,
) -> JointTest:
    """Are the limits of the statistics the expected ones, if corrections are of order n^-g, g the exponent?

    Args:
        names: of the p statistics.
        expected: shape (p,).
        values: for each size the statistics of N matrices, shape (N, p).
        sizes: increasing.
        floor: shape (p,), what is left of each after extrapolation, by order of magnitude; keeps statistics that
            hardly fluctuate from deciding by rounding.
        exponent: g.
        room: how far each mean may be off without any fluctuation, a number or shape (p,).

    >>> rng = np.random.default_rng(0)
    >>> small, large = rng.normal(size=(20, 2)) + 0.1, rng.normal(size=(20, 2)) + 0.05
    >>> joint_test(["a", "b"], np.zeros(2), [small, large], [10, 20], np.zeros(2)).p_value > 0.01
    True

    Raises `ParameterError` unless N > p.
    """
    return means_test(names, expected, extrapolated(values, sizes, exponent), floor, room)


def means_test(
    names: Sequence[str], expected: Array, estimates: Array, floor: Array, room: ArrayLike = 0.0
) -> JointTest:
    """Hotelling's test of the means of independent estimates, shape (N, p); see `joint_test`.

    All is divided by its size first, so that no square overflows.

    Raises `ParameterError` unless N > p.
    """
    count, p = estimates.shape
    if count <= p:
        raise ParameterError(f"{count} trials do not suffice for {p} statistics; take at least {p + 1}", trials=count)
    unit = np.maximum(1.0, np.max(np.abs(estimates), axis=0))
    mean = estimates.mean(axis=0)
    spread = np.atleast_2d(np.cov(estimates / unit, rowvar=False)) / count
    spread += np.diag((np.asarray(floor, dtype=float) / unit) ** 2 + (1e-15 * (1 / unit + np.abs(mean) / unit)) ** 2)
    own = np.sqrt(np.diag(spread))  # so that statistics of different sizes do not spoil the solution
    correlation, scale = spread / np.outer(own, own), own * unit
    gap = (mean - expected) / scale
    gap = np.sign(gap) * np.maximum(np.abs(gap) - np.asarray(room) / scale, 0.0)
    squared = float(gap @ np.linalg.lstsq(correlation, gap, rcond=1e-12)[0])
    statistic = squared * (count - p) / (p * (count - 1))
    from scipy.stats import f

    tail = float(f.sf(statistic, p, count - p))
    return JointTest(tuple(names), np.asarray(expected), mean, scale, count, statistic, tail, correlation)


def smallest_seen(test: JointTest, direction: Array, level: float, power: float = POWER) -> float:
    """The smallest delta such that statistics off by delta times ``direction`` would be refuted with this power.

    From the non-central F distribution with the covariance S that was seen; infinite where the direction is zero. The
    mean of S^-1 is (N - 1)/(N - p - 2) times the inverse of the true covariance, which is divided out, so that few
    trials do not promise more than they keep.

    >>> errors = JointTest(("a",), np.zeros(1), np.zeros(1), np.ones(1), 50, 0.0, 1.0, np.eye(1))
    >>> 3.6 < smallest_seen(errors, np.ones(1), 0.05) < 3.8
    True
    """
    from scipy.optimize import brentq
    from scipy.stats import f, ncf

    p, rest = len(test.names), test.trials - len(test.names)
    scaled = direction / test.errors
    unit = float(scaled @ np.linalg.lstsq(test.correlation, scaled, rcond=1e-12)[0])
    unit *= max(rest - 2, 1) / (test.trials - 1)
    if not unit > 0:
        return float("inf")
    critical = f.isf(level, p, rest)

    def missing(log_delta: float) -> float:
        return float(power - ncf.sf(critical, p, rest, np.exp(2 * log_delta)))

    low, high = -3.0, 3.0
    while missing(high) > 0 and high < 12:
        high += 1.0
    if not missing(low) > 0 >= missing(high):  # a level so small that the distribution has no digits left
        return float("inf")
    return float(np.exp(brentq(missing, low, high, xtol=1e-4)) / np.sqrt(unit))
