r"""Eigenvalues of one matrix, or a few, against a law.

The eigenvalues of a random matrix are rigid: for smooth f the sum of f over them is n int f rho + O(1), with a limit
that is Gaussian. For one-cut invariant ensembles the sums of the Chebyshev polynomials T_k, in the variable that maps
the support to [-1, 1], are independent, of variance k/(2 beta), and of mean (2/beta - 1)/2 for even k. Other ensembles
have other constants of the same order, so the test is widened: it refutes only what 1.5 times the deviation and a shift
of 1, and of 1 for every eigenvalue that sticks out, do not explain. So its level is an upper bound.

Source: Johansson 1998, On fluctuations of eigenvalues of random Hermitian matrices; Bai, Silverstein 2004, CLT for
linear spectral statistics (the means for real sample covariance matrices).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.record import Law
from resolvent.numeric.data.samples import samples
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.edge_test import EdgeTest, edge_test
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.statistics.empirical_spectrum import (
    Distance,
    chebyshev_statistics,
    kolmogorov_distance,
    snapped,
)

_STATISTICS = 6
_WIDER = 1.5
_SHIFT = 1.0
_ENOUGH = 0.9  # power from which on a law may be supported
_MANY, _FAR_TOO_MANY = 0.02, 0.1  # shares of eigenvalues outside: no longer a few components, no longer this law

Status = Literal["supported", "refuted", "undecided"]


@dataclass(frozen=True)
class LinearStatistic:
    """The sum of T_k over the eigenvalues of a matrix, less what the law predicts.

    Attributes:
        name: "T_1", ...
        excess: the mean over the matrices of sum - n int T_k rho - its limiting mean.
        deviation: the standard deviation of that by the Gaussian limit.
        allowed: what the test allows besides, for ensembles with other constants.
        p_value: of what exceeds the allowance.
    """

    name: str
    excess: float
    deviation: float
    allowed: float
    p_value: float


@dataclass(frozen=True)
class ComparisonRecord:
    """What eigenvalues say about a law.

    Attributes:
        spectrum: the law's spectrum.
        samples: the eigenvalues of each matrix.
        verdict: "supported", "refuted" or "undecided".
        reasons: sentences that say why.
        distance: Kolmogorov's distance of all eigenvalues without components from the law.
        distance_allowed: what rigid eigenvalues may reach.
        statistics: the linear statistics.
        edges: for each matrix its eigenvalues outside the support, with Tracy-Widom p-values.
        zeros: eigenvalues at 0 in all, and what the law's atom there promises.
        power: the smallest probability with which the test refutes a law whose eigenvalues are ``resolution`` too
            large or too far apart.
        resolution, level, beta: of the test.
    """

    spectrum: Spectrum
    samples: tuple[Array, ...]
    verdict: Status
    reasons: tuple[str, ...]
    distance: Distance
    distance_allowed: float
    statistics: tuple[LinearStatistic, ...]
    edges: tuple[EdgeTest, ...]
    zeros: tuple[int, float]
    power: float
    resolution: float
    level: float
    beta: int

    @property
    def components(self) -> int:
        """How many components stick out, in the mean over the matrices, rounded."""
        return round(sum(e.count for e in self.edges) / len(self.edges))


def compared(
    eigenvalues: Any,
    law: Law | Spectrum,
    *,
    beta: int = 1,
    level: float = 0.01,
    resolution: float = 0.02,
    singular: bool | None = None,
    **parameters: Any,
) -> ComparisonRecord:
    """The comparison as a record; see `resolvent.data.comparison.compare`.

    Raises `ParameterError` as that does.
    """
    if not 0 < level < 1:
        raise ParameterError(f"the level is a probability between 0 and 1; got {level!r}", level=level)
    if not 0 < resolution < 1:
        raise ParameterError(f"the resolution is a relative error between 0 and 1; got {resolution!r}")
    spectrum = law if isinstance(law, Spectrum) else Spectrum(law, **parameters)
    trials = tuple(np.sort(snapped(spectrum, values)) for values in samples(eigenvalues, singular))
    if not spectrum.intervals:
        raise ParameterError(f"{spectrum.law} has atoms only; there is no bulk to compare with", law=spectrum.law)
    edges = tuple(edge_test(spectrum.measure, values, beta, level) for values in trials)
    bulk = [_without(values, edge) for values, edge in zip(trials, edges, strict=True)]
    sizes = np.array([len(values) for values in bulk])
    outside = float(np.mean([e.count for e in edges]))
    share = outside / float(np.mean([len(values) for values in trials]))

    statistics, shifts = _linear_statistics(spectrum, bulk, beta, outside, resolution)
    quantile = _two_sided(level / 2 / len(statistics))
    power = _power(statistics, shifts, quantile)
    distance = kolmogorov_distance(spectrum, np.concatenate(bulk))
    allowed = (4 + 2 * math.log(float(np.mean(sizes))) + outside) / float(np.mean(sizes))
    zeros = _zeros(spectrum, trials)

    against = [
        f"the sum of {s.name} is off by {s.excess:.4g}, with a standard deviation of {s.deviation:.3g} and "
        f"{s.allowed:.3g} allowed (p = {s.p_value:.2g})"
        for s in statistics
        if s.p_value * len(statistics) < level / 2
    ]
    if distance.value > allowed:
        against.append(
            f"the distribution functions differ by {distance.value:.4g} at {distance.location:.6g}; rigid eigenvalues "
            f"stay below {allowed:.3g}"
        )
    if abs(zeros[0] - zeros[1]) > len(trials) * (3 + outside) + resolution * zeros[1]:
        against.append(f"{zeros[0]} eigenvalues are 0 instead of {zeros[1]:.6g}")
    if share > _FAR_TOO_MANY:
        against.append(f"{share:.1%} of the eigenvalues lie outside the support")
    status, reasons = _verdict(against, power, resolution, share)
    return ComparisonRecord(
        spectrum, trials, status, reasons, distance, allowed, statistics, edges, zeros, power, resolution, level, beta
    )


def _verdict(against: Sequence[str], power: float, resolution: float, share: float) -> tuple[Status, tuple[str, ...]]:
    if against:
        return "refuted", tuple(against)
    if power < _ENOUGH:
        return "undecided", (
            f"nothing speaks against the law, but eigenvalues wrong by {resolution:.3g} would be seen with probability "
            f"{power:.2g} only; more or larger matrices decide",
        )
    if share > _MANY:
        return "undecided", (
            f"the bulk agrees with the law, but {share:.1%} of the eigenvalues stick out: more than a few components",
        )
    return "supported", (
        f"nothing speaks against the law; eigenvalues wrong by {resolution:.3g} would be seen with probability "
        f"{power:.3g} at least",
    )


def _without(values: Array, edge: EdgeTest) -> Array:
    """The eigenvalues less the components."""
    return values[~np.isin(values, [o.value for o in edge.components])]


def _linear_statistics(
    spectrum: Spectrum, bulk: Sequence[Array], beta: int, outside: float, resolution: float
) -> tuple[tuple[LinearStatistic, ...], Array]:
    """The statistics, and how far each moves if the eigenvalues are too large, or too far apart, by the resolution."""
    from scipy.stats import norm

    size = float(np.mean([len(values) for values in bulk]))
    found, shifts = [], []
    low, high = spectrum.support()
    mean, scale = spectrum.mean(), max(abs(low), abs(high)) / ((high - low) or 1.0)
    wrong = [(1 + resolution, 0.0), (1 + resolution, -resolution * mean)]  # x -> a x + b
    if scale > 10:  # far from 0 a relative error says little; then it is one of the width
        wrong[0] = (1.0, resolution * (high - low) / 2)
    for k, (name, function) in enumerate(chebyshev_statistics(spectrum, _STATISTICS), start=1):
        expected = float(spectrum.expect(function, 1e-8))
        sums = [float(np.sum(function(values)) - len(values) * expected) for values in bulk]
        excess = float(np.mean(sums)) - (2 / beta - 1) * (k % 2 == 0) / 2
        deviation = _WIDER * math.sqrt(k / (2 * beta) / len(bulk))
        allowed = _SHIFT + outside
        beyond = max(abs(excess) - allowed, 0.0) / deviation
        found.append(LinearStatistic(name, excess, deviation, allowed, float(2 * norm.sf(beyond))))
        shifts.append([size * (_expected(spectrum, function, a, b) - expected) for a, b in wrong])
    return tuple(found), np.array(shifts)


def _expected(spectrum: Spectrum, function: Callable[[Array], Array], factor: float, offset: float) -> float:
    return float(spectrum.expect(lambda x: function(factor * x + offset), 1e-8))


def _two_sided(p: float) -> float:
    from scipy.stats import norm

    return float(norm.isf(p / 2))


def _power(statistics: Sequence[LinearStatistic], shifts: Array, quantile: float) -> float:
    """For each kind of error the best statistic's probability of refuting; the smaller of both."""
    from scipy.stats import norm

    true = np.array([s.deviation / _WIDER for s in statistics])
    thresholds = np.array([s.allowed + quantile * s.deviation for s in statistics])
    chances = norm.sf((thresholds[:, None] - np.abs(shifts)) / true[:, None])
    return float(np.min(np.max(chances, axis=0)))


def _zeros(spectrum: Spectrum, trials: Sequence[Array]) -> tuple[int, float]:
    weight = sum(float(a.weight) for a in spectrum.atoms if float(a.point) == 0)
    count = sum(int(np.count_nonzero(values == 0)) for values in trials)
    return count, weight * sum(map(len, trials))
