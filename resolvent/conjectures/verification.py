"""Does the derived law describe the matrices? Seeded trials at two sizes, test statistics, and a plain verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from resolvent.catalog.schema.ensemble import Ensemble, Outlier
from resolvent.derive.errors import ParameterError
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.statistics.empirical_spectrum import (
    Distance,
    Statistic,
    chebyshev_statistics,
    compare_statistic,
    distance_bound,
    edge_margin,
    kolmogorov_distance,
    outside_support,
    per_trial,
    power_statistics,
    split_off,
)
from resolvent.progress import Progress

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUPPORTED, DEPARTS = "supported", "departs"
_TESTED, _MOMENTS = 6, 4


@dataclass(frozen=True, eq=False)
class Verification:
    """The outcome of `verify`: what was sampled, what was compared, and the verdict.

    The verdict is "supported" when none of six Chebyshev statistics, extrapolated in 1/size, differs from the law's
    value at the level asked for (with Bonferroni's correction) and the Kolmogorov distance at the larger size is within
    ``distance_bound``; otherwise "departs". Eigenvalues outside the support are reported and decide nothing. Outliers
    that the ensemble predicts are taken out of the statistics and shown with what was seen in their place.
    """

    slug: str
    sampler: str
    parameters: dict[str, str]
    sizes: tuple[int, int]
    trials: int
    seed: int | None
    level: float
    spectrum: Spectrum = field(repr=False)
    eigenvalues: tuple[Array, ...] = field(repr=False)
    statistics: tuple[Statistic, ...]
    moments: tuple[Statistic, ...]
    distance: Distance
    smaller_distance: Distance
    distance_bound: float
    outside: Array = field(repr=False)
    margin: float
    outliers: tuple[tuple[Outlier, Array], ...]
    assumptions: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """ "supported" or "departs"."""
        rejected = any(s.p_value < self.level / len(self.statistics) for s in self.statistics)
        return DEPARTS if rejected or self.distance.value > self.distance_bound else SUPPORTED

    @property
    def observations(self) -> list[str]:
        """What is seen, in sentences, the most telling first."""
        seen = [self._about_distance()]
        worst = max(self.statistics, key=lambda s: abs(s.score))
        if worst.p_value < self.level / len(self.statistics):
            seen.append(
                f"the statistic {worst.name} is {worst.extrapolated:.5g} +- {worst.extrapolated_error:.1g} in the "
                f"limit of infinite size, the law gives {worst.derived:.5g} ({abs(worst.score):.1f} standard errors)"
            )
        if self.verdict == DEPARTS and self.smaller_distance.value > 1.7 * self.distance.value:
            seen.append(
                f"the distance falls by a factor {self.smaller_distance.value / self.distance.value:.1f} from size "
                f"{self.sizes[0]} to {self.sizes[1]}, as a finite-size gap does; larger sizes will tell"
            )
        seen += [self._about_outlier(outlier, values) for outlier, values in self.outliers]
        seen.append(self._about_outside())
        if self.verdict == DEPARTS and self.assumptions:
            seen.append(
                "the law rests on these assumptions, at least one of which fails here: " + "; ".join(self.assumptions)
            )
        return seen

    def _about_distance(self) -> str:
        d = self.distance
        side = "more" if d.excess > 0 else "less"
        change = f"{self.smaller_distance.value:.4f} at size {self.sizes[0]}, {d.value:.4f} at size {self.sizes[1]}"
        return (
            f"the distribution functions differ by at most {d.value:.4f} (bound {self.distance_bound:.4f}; {change}); "
            f"at x = {d.location:.4g} the sample has {side} mass to the left"
        )

    def _about_outlier(self, outlier: Outlier, values: Array) -> str:
        predicted = f"an outlier is predicted near {outlier.location:.4g} ({outlier.reason})"
        if not len(values):
            return f"{predicted}; none is seen"
        spread = float(np.std(values, ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.nan
        return f"{predicted}; seen in {len(values)} of {self.trials} matrices, at {np.mean(values):.4g} +- {spread:.1g}"

    def _about_outside(self) -> str:
        other = "other " if self.outliers else ""
        if not len(self.outside):
            return f"no {other}eigenvalue lies further than {self.margin:.2g} outside the support"
        share = len(self.outside) / sum(len(v) for v in self.eigenvalues)
        lower, upper = self.spectrum.support()
        return (
            f"{len(self.outside)} {other}eigenvalues ({share:.2%}) lie further than {self.margin:.2g} outside the "
            f"support, from {self.outside[0]:.4g} to {self.outside[-1]:.4g} (support [{lower:.4g}, {upper:.4g}])"
        )

    def report(self) -> str:
        """The verification as a table and sentences."""
        values = ", ".join(f"{k} = {v}" for k, v in self.parameters.items())
        lines = [
            f"{self.slug} at {values}: sampler '{self.sampler}', {self.trials} trials at sizes {self.sizes[0]} and "
            f"{self.sizes[1]}, seed {self.seed}",
            "",
            f"{'':6} {'derived':>12} {'sampled':>12} {'error':>9} {'size -> oo':>12} {'error':>9} {'score':>8}",
        ]
        lines += [
            f"{s.name:6} {_number(s.derived)} {_number(s.sampled)} {s.error:9.1e} {_number(s.extrapolated)} "
            f"{s.extrapolated_error:9.1e} {s.score:8.2f}"
            for s in (*self.moments, *self.statistics)
        ]
        lines += ["", *(f"- {sentence}" for sentence in self.observations), "", f"verdict: {self.verdict}"]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The verification as plain data (without the eigenvalues)."""
        from dataclasses import asdict

        return {
            "ensemble": self.slug,
            "sampler": self.sampler,
            "parameters": self.parameters,
            "sizes": list(self.sizes),
            "trials": self.trials,
            "seed": self.seed,
            "level": self.level,
            "verdict": self.verdict,
            "kolmogorov_distance": self.distance.value,
            "kolmogorov_bound": self.distance_bound,
            "statistics": [asdict(s) for s in self.statistics],
            "moments": [asdict(s) for s in self.moments],
            "outside_support": len(self.outside),
            "outliers": [
                {"predicted": o.location, "reason": o.reason, "seen": [float(v) for v in values]}
                for o, values in self.outliers
            ],
            "observations": self.observations,
            "certificate": self.spectrum.certificate.to_json(),
        }

    def plot(self, ax: Axes | None = None) -> Axes:
        """The sampled eigenvalues as a histogram under the derived density; returns the matplotlib axes.

        Outliers that are predicted stand as words in the picture, for they lie far outside of it.
        """
        from resolvent.numeric.spectrum.density_plot import histogram_plot

        axes = histogram_plot(self.spectrum, np.concatenate(self.eigenvalues), ax, label=f"sampled ({self.sampler})")
        axes.set_title(f"{self.slug}: {', '.join(f'{k} = {v}' for k, v in self.parameters.items())}", fontsize=10)
        for row, (outlier, values) in enumerate(self.outliers):
            seen = f"seen near {np.mean(values):.4g}" if len(values) else "not seen"
            text = f"outlier predicted near {outlier.location:.4g}, {seen}"
            axes.text(0.97, 0.78 - 0.06 * row, text, transform=axes.transAxes, ha="right", fontsize=8)
        return axes


def _readable(value: Any) -> str:
    """A parameter's value: exact where that is short, otherwise to 15 digits."""
    exact = str(value)
    return exact if len(exact) <= 20 or not hasattr(value, "is_Rational") else f"{float(value):.15g}"


def _number(value: float) -> str:
    """Six decimals, without a minus sign before zero."""
    return f"{round(value, 6) + 0.0:12.6f}"


def verify(
    ensemble: Ensemble,
    *,
    params: Mapping[str, Any],
    size: int | None = None,
    trials: int = 10,
    rng: int | np.random.SeedSequence = 0,
    sampler: str | None = None,
    level: float = 0.01,
    progress: Callable[[], None] | None = None,
) -> Verification:
    """Compare an ensemble's law with matrices that are really sampled.

    Args:
        ensemble: a catalog entry.
        params: a number for each parameter (those with a default may be left out).
        size: the sampler's size; half of it is sampled too. By default the sampler's own.
        trials: independent matrices at each size, at least 3.
        rng: the seed; each trial has its own stream, so results do not depend on their order.
        sampler: the name of one of the ensemble's samplers, the first by default.
        level: the level of the joint test, between 0 and 1.
        progress: called after each matrix; without it, progress is shown on standard error after two seconds.

    Raises `ParameterError` for parameters, sizes, trials or levels that cannot be.

    >>> from resolvent import catalog
    >>> result = verify(catalog.get("semicircle"), params={"variance": 1}, size=200, trials=4)
    >>> result.verdict
    'supported'
    """
    if not isinstance(ensemble, Ensemble):
        raise ParameterError(
            f"verify needs an ensemble of the catalog, which can be sampled; got {type(ensemble).__name__}",
            ensemble=ensemble,
        )
    chosen = ensemble.sampler(sampler)
    values = ensemble.numbers(params)
    if isinstance(trials, bool) or not isinstance(trials, int) or trials < 3:
        raise ParameterError(f"at least 3 trials are needed for standard errors; got {trials!r}", trials=trials)
    if isinstance(level, bool) or not isinstance(level, (int, float)) or not 0 < level < 1:
        raise ParameterError(f"the level must lie between 0 and 1; got {level!r}", level=level)
    floats = ensemble.floats(values)
    from resolvent.catalog.schema.ensemble import MEMORY_LIMIT

    large = chosen.check_size(chosen.default_size if size is None else size, floats, MEMORY_LIMIT)
    small = max(large // 2 // chosen.multiple_of * chosen.multiple_of, chosen.multiple_of)
    chosen.check_size(small, floats, MEMORY_LIMIT)
    if small >= large:
        raise ParameterError(
            f"the size must be at least {2 * chosen.multiple_of}, so that half of it exists", size=size
        )
    spectrum = Spectrum(ensemble.law(**values))
    seeds = rng if isinstance(rng, np.random.SeedSequence) else _seed_sequence(rng)
    with Progress(f"sampling {ensemble.slug} ({chosen.name})", total=2 * trials) as bar:

        def advance() -> None:
            bar.advance()
            if progress is not None:
                progress()

        draws = [
            [_eigenvalues(ensemble, chosen.name, n, stream, values, advance) for stream in branch.spawn(trials)]
            for n, branch in zip((small, large), seeds.spawn(2), strict=True)
        ]
    return _compared(ensemble, chosen.name, values, (small, large), draws, seeds, level, spectrum)


def _seed_sequence(rng: Any) -> np.random.SeedSequence:
    if isinstance(rng, bool) or not isinstance(rng, (int, np.integer)) or rng < 0:
        raise ParameterError(f"the seed must be a non-negative integer; got {rng!r}", rng=rng)
    return np.random.SeedSequence(int(rng))


def _eigenvalues(
    ensemble: Ensemble,
    sampler: str,
    size: int,
    stream: np.random.SeedSequence,
    values: Mapping[str, Any],
    advance: Callable[[], None],
) -> Array:
    from resolvent.numeric.matrices.ensembles import symmetric_eigenvalues

    matrix = ensemble.sample(size, np.random.default_rng(stream), sampler=sampler, **values)
    found = symmetric_eigenvalues(matrix)
    advance()
    return found


def _compared(
    ensemble: Ensemble,
    sampler: str,
    values: Mapping[str, Any],
    sizes: tuple[int, int],
    draws: list[list[Array]],
    seeds: np.random.SeedSequence,
    level: float,
    spectrum: Spectrum,
) -> Verification:
    rows = len(draws[1][0])
    bulks: list[list[Array]] = []
    found: tuple[tuple[Outlier, Array], ...] = ()
    margin = 0.0
    for size, trials in zip(sizes, draws, strict=True):
        predicted = ensemble.outliers(size, sampler=sampler, **values)
        margin = edge_margin(spectrum, len(trials[0]))
        bulk, seen = split_off(spectrum, trials, [o.location for o in predicted], margin)
        bulks.append(bulk)
        found = tuple(zip(predicted, seen, strict=True))
    small, large = bulks
    tests = [
        tuple(
            compare_statistic(name, spectrum.expect(f), per_trial(f, small), per_trial(f, large), sizes)
            for name, f in group
        )
        for group in (chebyshev_statistics(spectrum, _TESTED), power_statistics(_MOMENTS))
    ]
    pooled = np.concatenate(large)
    entropy = seeds.entropy
    return Verification(
        slug=ensemble.slug,
        sampler=sampler,
        parameters={name: _readable(v) for name, v in values.items()},
        sizes=sizes,
        trials=len(large),
        seed=entropy if isinstance(entropy, int) else None,
        level=level,
        spectrum=spectrum,
        eigenvalues=tuple(large),
        statistics=tests[0],
        moments=tests[1],
        distance=kolmogorov_distance(spectrum, pooled),
        smaller_distance=kolmogorov_distance(spectrum, np.concatenate(small)),
        distance_bound=distance_bound(len(pooled), rows),
        outside=outside_support(spectrum, pooled, margin),
        margin=margin,
        outliers=found,
        assumptions=tuple(step.text for step in spectrum.law.derivation.assumptions),
    )
