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
from resolvent.derive.exact.copies import ByValue
from resolvent.derive.laws.record import Law
from resolvent.numeric.data.lanczos_sample import LanczosSample, lanczos_sample
from resolvent.numeric.data.samples import ExactSample, heavy_tails, samples, symmetry_index, tails_words
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.edge_test import EdgeTest, edge_test
from resolvent.numeric.spectrum.rigidity import (
    Distance,
    are_outside,
    distance_of_rigid,
    is_far,
    kolmogorov_distance,
    snapped,
)
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.statistics.empirical_spectrum import chebyshev_statistics

_STATISTICS = 6
_WIDER = 1.5
_SHIFT = 1.0
_ESTIMATED = 1.5  # standard errors from few probes are themselves estimates
_SAME_SIZE = 1.2  # times the smallest matrix
_ENOUGH = 0.9  # power from which on a law may be supported
_HOPELESS = 1e6  # times as many eigenvalues
_MANY = 0.02  # the share of eigenvalues outside that is no longer a few components

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


@dataclass(frozen=True, eq=False)
class ComparisonRecord(ByValue):
    """What eigenvalues say about a law.

    Attributes:
        spectrum: the law's spectrum.
        samples: the eigenvalues of each matrix, or quantiles that stand for them.
        count: the number of eigenvalues of all matrices.
        is_estimated: whether they are known by Lanczos' method only.
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
    count: int
    is_estimated: bool
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
    beta: int | None = None,
    level: float = 0.01,
    resolution: float = 0.02,
    singular: bool | None = None,
    lanczos: bool = False,
    **parameters: Any,
) -> ComparisonRecord:
    """The comparison as a record; see `resolvent.data.comparison.compare`.

    Raises `ParameterError` as that does.
    """
    if not 0 < level < 1:
        raise ParameterError(f"the level is a probability between 0 and 1; got {level!r}", level=level)
    if not 0 < resolution < 1:
        raise ParameterError(f"the resolution is a relative error between 0 and 1; got {resolution!r}")
    beta = symmetry_index(eigenvalues, beta)
    spectrum = law if isinstance(law, Spectrum) else Spectrum(law, **parameters)
    trials: tuple[ExactSample | LanczosSample, ...]
    if lanczos:
        trials = (lanczos_sample(eigenvalues, singular),)
    else:
        trials = tuple(ExactSample(np.sort(snapped(spectrum, v))) for v in samples(eigenvalues, singular))
    if not spectrum.intervals:
        raise ParameterError(f"{spectrum.law} has atoms only; there is no bulk to compare with", law=spectrum.law)
    edges = tuple(_outside(spectrum, trial, beta, level) for trial in trials)
    bulk = [
        trial.without(np.array([o.value for o in edge.components]), spectrum)
        for trial, edge in zip(trials, edges, strict=True)
    ]
    size = float(np.mean([trial.size for trial in bulk]))
    outside = float(np.mean([e.count for e in edges]))
    share = outside / float(np.mean([trial.size for trial in trials]))

    statistics, shifts, true = _linear_statistics(spectrum, bulk, beta, outside, resolution)
    quantile = _two_sided(level / 2 / len(statistics))
    power = _power(statistics, shifts, true, quantile)
    distance, allowed = _distance(spectrum, bulk)
    allowed += distance_of_rigid(size, outside)
    zeros, unsure = _zeros(spectrum, trials)

    mean = sum(trial.sum(lambda x: x)[0] for trial in trials) / sum(t.size for t in trials)
    against = [are_outside(share, mean, spectrum.mean())]
    against += [
        f"the sum of {s.name} is off by {s.excess:.4g}, with a standard deviation of {s.deviation:.3g} and "
        f"{s.allowed:.3g} allowed (p = {s.p_value:.2g})"
        for s in statistics
        if s.p_value * len(statistics) < level / 2
    ]
    against = [words for words in (*against, is_far(distance, allowed)) if words]
    if abs(zeros[0] - zeros[1]) > len(trials) * (3 + outside) + resolution * zeros[1] + 4 * unsure:
        against.append(f"{zeros[0]} eigenvalues are 0 instead of {zeros[1]:.6g}")
    if against and singular and zeros[0] > 2 * zeros[1] and zeros[0] > resolution * trials[0].size:
        against.append(
            f"{zeros[0]} eigenvalues are 0, since the data have more rows than columns: samples are columns; transpose "
            "the data if yours are rows"
        )
    unlike = _unlike(spectrum, bulk, [trial.size for trial in trials], beta, level)
    if outside and not lanczos and (peak := heavy_tails(eigenvalues, singular)):
        unlike += (tails_words(peak, "single entries may stick out, and the p-values of components are too small"),)
    rows = sum(t.size for t in trials) / len(trials)
    needed = math.inf if lanczos else rows * _needed(statistics, shifts, quantile)  # probes have errors of their own
    status, reasons = _verdict(against, power, resolution, share, needed, len(trials))
    return ComparisonRecord(
        spectrum, tuple(t.values for t in trials), sum(t.size for t in trials), lanczos, status, (*reasons, *unlike),
        distance, allowed, statistics, edges, zeros, power, resolution, level, beta,
    )  # fmt: skip


def _verdict(
    against: Sequence[str], power: float, resolution: float, share: float, needed: float, matrices: int
) -> tuple[Status, tuple[str, ...]]:
    if against:
        return "refuted", tuple(against)
    many = f"{share:.1%} of the eigenvalues stick out: more than a few components" if share > _MANY else ""
    if power < _ENOUGH:
        enough = f"; about {float(f'{needed:.2g}'):,.0f} eigenvalues would decide" if math.isfinite(needed) else ""
        each = f"{enough} in each of {matrices} matrices" if enough and matrices > 1 else enough
        so_far = f"{many};" if many else "nothing speaks against the law, but"
        return "undecided", (
            f"{so_far} eigenvalues wrong by {resolution:.3g} would be seen with probability {power:.2g} "
            f"only{each or '; more or larger matrices decide'}",
        )
    if many:
        return "undecided", (f"the bulk agrees with the law, but {many}",)
    return "supported", (
        f"nothing speaks against the law; eigenvalues wrong by {resolution:.3g} would be seen with probability "
        f"{power:.3g} at least",
    )


def _outside(spectrum: Spectrum, trial: ExactSample | LanczosSample, beta: int, level: float) -> EdgeTest:
    values = trial.candidates(spectrum)
    if len(values):
        return edge_test(spectrum.measure, values, beta, level, trial.size)
    return EdgeTest((), (), level, trial.size, beta)


def _distance(spectrum: Spectrum, bulk: Sequence[ExactSample | LanczosSample]) -> tuple[Distance, float]:
    """Kolmogorov's distance, and what the way to it may add."""
    if isinstance(bulk[0], LanczosSample):
        return bulk[0].distance(spectrum)
    return kolmogorov_distance(spectrum, np.concatenate([trial.values for trial in bulk])), 0.0


def _linear_statistics(
    spectrum: Spectrum, bulk: Sequence[ExactSample | LanczosSample], beta: int, outside: float, resolution: float
) -> tuple[tuple[LinearStatistic, ...], Array, Array]:
    """The statistics, how far each moves if the eigenvalues are too large, or too far apart, by the resolution, and
    their deviations without allowance."""
    from scipy.special import ndtr

    size = float(np.mean([trial.size for trial in bulk]))
    found, shifts, true = [], [], []
    low, high = spectrum.support()
    mean, scale = spectrum.mean(), max(abs(low), abs(high)) / ((high - low) or 1.0)
    wrong = [(1 + resolution, 0.0), (1 + resolution, -resolution * mean)]  # x -> a x + b
    if scale > 10:  # far from 0 a relative error says little; then it is one of the width
        wrong[0] = (1.0, resolution * (high - low) / 2)
    for k, (name, function) in enumerate(chebyshev_statistics(spectrum, _STATISTICS), start=1):
        expected = float(spectrum.expect(function, 1e-8))
        sums = [trial.sum(function) for trial in bulk]
        mean = float(np.mean([value - trial.size * expected for (value, _), trial in zip(sums, bulk, strict=True)]))
        error = math.sqrt(sum(e**2 for _, e in sums)) / len(bulk)
        excess = mean - (2 / beta - 1) * (k % 2 == 0) / 2
        own = math.sqrt(k / (2 * beta) / len(bulk))
        deviation = math.hypot(_WIDER * own, _ESTIMATED * error)
        true.append(math.hypot(own, error))
        allowed = _SHIFT + outside
        beyond = max(abs(excess) - allowed, 0.0) / deviation
        found.append(LinearStatistic(name, excess, deviation, allowed, float(2 * ndtr(-beyond))))
        shifts.append([size * (_expected(spectrum, function, a, b) - expected) for a, b in wrong])
    return tuple(found), np.array(shifts), np.array(true)


def _unlike(
    spectrum: Spectrum, bulk: Sequence[ExactSample | LanczosSample], sizes: Sequence[int], beta: int, level: float
) -> tuple[str, ...]:
    """What to say of matrices that differ in size, or whose sums of the first two polynomials lie apart."""
    from scipy.special import ndtr

    if len(bulk) < 2:
        return ()
    said = []
    if max(sizes) > _SAME_SIZE * min(sizes):
        said.append(
            f"the matrices have {min(sizes)} to {max(sizes)} eigenvalues; all are compared with one law, so their "
            "ratios and scales must be the same"
        )
    for k, (name, function) in enumerate(chebyshev_statistics(spectrum, 2), start=1):
        expected = float(spectrum.expect(function, 1e-8))
        found = [trial.sum(function) for trial in bulk]
        excess = np.array([value - trial.size * expected for (value, _), trial in zip(found, bulk, strict=True)])
        errors = np.array([error for _, error in found])
        apart = np.abs(excess - np.median(excess)) - _SHIFT
        score = apart / np.hypot(_WIDER * math.sqrt(k / (2 * beta)), _ESTIMATED * errors)
        odd = [str(i) for i in np.flatnonzero(2 * ndtr(-score) * 2 * len(bulk) < level) + 1]
        if odd:
            which = f"matrix {odd[0]} of {len(bulk)} differs"
            if len(odd) > 1:
                which = f"matrices {', '.join(odd[:8])} of {len(bulk)} differ"
            said.append(f"{which} from the others in the sum of {name}: pool matrices of one law")
            break
    return tuple(said)


def _expected(spectrum: Spectrum, function: Callable[[Array], Array], factor: float, offset: float) -> float:
    return float(spectrum.expect(lambda x: function(factor * x + offset), 1e-8))


def _two_sided(p: float) -> float:
    from scipy.special import ndtri

    return float(-ndtri(p / 2))


def _power(statistics: Sequence[LinearStatistic], shifts: Array, true: Array, quantile: float) -> float:
    """For each kind of error the best statistic's probability of refuting; the smaller of both."""
    from scipy.special import ndtr

    thresholds = np.array([s.allowed + quantile * s.deviation for s in statistics])
    chances = ndtr((np.abs(shifts) - thresholds[:, None]) / true[:, None])
    return float(np.min(np.max(chances, axis=0)))


def _needed(statistics: Sequence[LinearStatistic], shifts: Array, quantile: float) -> float:
    """How many times as many eigenvalues of a matrix have enough power: shifts grow with their number, nothing else."""
    from scipy.special import ndtri

    true = np.array([s.deviation / _WIDER for s in statistics])
    thresholds = np.array([s.allowed + quantile * s.deviation for s in statistics]) + ndtri(_ENOUGH) * true
    factors = thresholds[:, None] / np.maximum(np.abs(shifts), 1e-300)
    most = float(np.max(np.min(factors, axis=0)))
    return most if most < _HOPELESS else math.inf


def _zeros(spectrum: Spectrum, trials: Sequence[ExactSample | LanczosSample]) -> tuple[tuple[int, float], float]:
    """How many eigenvalues are 0, how many the law promises, and the standard error of the first."""
    weight = sum(float(a.weight) for a in spectrum.atoms if float(a.point) == 0)
    low, high = spectrum.support()
    found = [trial.zeros(max(abs(low), abs(high))) for trial in trials]
    promised = weight * sum(trial.size for trial in trials)
    return (round(sum(n for n, _ in found)), promised), math.sqrt(sum(e**2 for _, e in found))
