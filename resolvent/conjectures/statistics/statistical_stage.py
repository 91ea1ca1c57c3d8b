"""The statistical stage: do sampled matrices follow the claimed law, and would an error have been seen?

At each point the mean of each test function, extrapolated in 1/size, goes into one joint test. It is looked at twice,
when half of the trials are there and at the end; the level is shared between the two looks and all points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from resolvent.catalog.conjectures.conjecture import (
    REFUTED,
    UNDECIDED,
    Claim,
    Conjecture,
    Finding,
    Plan,
    Point,
    point_text,
)
from resolvent.conjectures.statistics.bulk import Predicted, bulk_of
from resolvent.conjectures.statistics.corrections import Means, at_quantiles, fluctuates, jump, sheds
from resolvent.conjectures.statistics.settling import unsettled
from resolvent.conjectures.statistics.statistical_findings import PointFindings
from resolvent.derive.errors import ParseError
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.rigidity import Distance, kolmogorov_distance
from resolvent.numeric.statistics.empirical_spectrum import (
    chebyshev_statistics,
    distance_bound,
    levy_distance,
    outside_support,
    per_trial,
    power_statistics,
)
from resolvent.numeric.statistics.joint_test import JointTest, smallest_seen

MASS = "mass at "
_CHEBYSHEV = 6
_EARLY_SHARE = 0.1  # of the level, for the look at half of the trials
_LEAST_FOR_TWO_LOOKS = 16
_LEAST_BEYOND = 3  # trials beyond the number of statistics
_QUANTILES = 15
_QUANTILE_SHARE = 0.1  # of the level, for the distribution function at quantiles
_OUTLIER_SHARE = 0.1  # of the level, for the places of claimed outliers
_TOLERANCE = 1e-8  # of claimed means, which fluctuations cover
_AT_ATOM, _ROUNDED = 1e-7, 1e-12  # how near to an atom, of the spectrum's width and of the largest eigenvalue, is at it
_LARGE = 1e50  # of a mean; the squares of larger ones may overflow
_LARGEST = 1e290  # of a mean; larger ones cannot be told from infinity
_NO_POWER = 100.0  # errors in scale; what is larger comes from rounding

Function = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class PointStatistics:
    """What the matrices of one point say.

    Attributes:
        point: the parameters in words.
        sizes: of the matrices, in the sampler's unit; ``rows`` their numbers of rows.
        trials: matrices at each size.
        test: the joint test; ``level`` its share of the level at this look.
        dilation: the smallest relative change of scale of the law that the test would have seen with 95 %: about 0,
            and of a whole law also about its mean, whichever is harder to see.
        shift: the smallest shift, in units of the support's width, that it would have seen.
        distances: Kolmogorov distances at each size, empty without a law; ``bound`` what the last may be.
        outside: eigenvalues outside the support at each size, outliers that are predicted left out.
        predicted: (location, reason, eigenvalues seen) of predicted outliers at the largest size.
        findings: what follows.
    """

    point: str
    sizes: tuple[int, ...]
    rows: tuple[int, ...]
    trials: int
    test: JointTest
    level: float
    dilation: float
    shift: float
    distances: tuple[Distance, ...]
    bound: float
    outside: tuple[Array, ...]
    predicted: tuple[tuple[float, str, Array], ...]
    findings: tuple[Finding, ...]
    eigenvalues: Array
    law: Any

    def __repr__(self) -> str:
        return f"<PointStatistics{f' at {self.point}' if self.point else ''}: sizes {self.sizes}; {self.test!r}>"

    @property
    def is_refuted(self) -> bool:
        """Whether some finding refutes."""
        return any(f.status == REFUTED for f in self.findings)

    def to_json(self) -> dict[str, Any]:
        """The numbers as plain data."""
        return {
            "point": self.point,
            "sizes": list(self.sizes),
            "rows": list(self.rows),
            "trials": self.trials,
            "statistics": [
                {"name": n, "claimed": e, "extrapolated": x, "error": s, "score": z}
                for n, e, x, s, z in zip(
                    self.test.names,
                    self.test.expected.tolist(),
                    self.test.extrapolated.tolist(),
                    self.test.errors.tolist(),
                    self.test.scores.tolist(),
                    strict=True,
                )
            ],
            "p_value": self.test.p_value,
            "level": self.level,
            "smallest_dilation_seen": self.dilation,
            "smallest_shift_seen": self.shift,
            "kolmogorov_distances": [d.value for d in self.distances],
            "kolmogorov_bound": self.bound if self.distances else None,
            "outside_support": [len(o) for o in self.outside],
            "predicted_outliers": [
                {"location": where, "reason": reason, "seen": seen.tolist()} for where, reason, seen in self.predicted
            ],
        }


def looks(plan: Plan) -> tuple[tuple[int, float], ...]:
    """(trials, share of the level) at which the test is looked at.

    >>> looks(Plan(trials=20)), looks(Plan(trials=8))
    (((10, 0.1), (20, 0.9)), ((8, 1.0),))
    """
    if plan.trials < _LEAST_FOR_TWO_LOOKS:
        return ((plan.trials, 1.0),)
    return ((plan.trials // 2, _EARLY_SHARE), (plan.trials, 1.0 - _EARLY_SHARE))


def means_to_test(
    claim: Claim, law: Any, values: Point, most: int, eigenvalues: Array
) -> tuple[list[tuple[str, Function]], list[float]] | None:
    """The test functions and their claimed means; None where nothing is claimed that has a mean.

    With a law they are Chebyshev polynomials of its support; without one, the claimed moments and means themselves, and
    the shares of eigenvalues at claimed atoms.
    """
    if law is not None:
        functions = chebyshev_statistics(law, min(_CHEBYSHEV, most))
        return functions, [float(law.expect(f, tolerance=_TOLERANCE)) for _, f in functions]
    functions = []
    means: list[float] = []
    if claim.moments:
        count = min(len(claim.moments), most)
        functions += power_statistics(count)
        means += [float(a.ball(values)) for a in claim.moments[:count]]
    for mean in (claim.means or ())[: most - len(functions)]:
        functions.append((mean.text, mean.formula.of_x(values)))
        means.append(float(mean.value.ball(values)))
    for atom in (claim.atoms or ())[: most - len(functions)]:
        place = float(atom.place.ball(values))
        distances = np.abs(eigenvalues - place)
        reach = max(_AT_ATOM * float(np.quantile(distances, 0.9)), _ROUNDED * float(np.max(np.abs(eigenvalues))))
        functions.append((f"{MASS}{atom.place.text}", lambda x, p=place, r=reach: (np.abs(x - p) <= r) * 1.0))  # type: ignore[misc]
        means.append(float(atom.weight.ball(values)))
    return (functions, means) if functions else None


def examine(
    conjecture: Conjecture,
    index: int,
    law: Any,
    values: Point,
    draws: Mapping[int, Sequence[Array]],
    share: float,
    predicted: Predicted,
    is_final: bool,
) -> PointStatistics | None:
    """Test the eigenvalues of one point.

    Args:
        conjecture: what is claimed.
        index: which point.
        law: a spectrum or a law by its density, None where only moments, means or atoms are claimed.
        values: all parameters at the point.
        draws: size -> the eigenvalues of each matrix.
        share: of the level.
        predicted: outliers that the model predicts.
        is_final: whether no more trials will come.

    Raises `ParseError` for a test function that is not finite on the eigenvalues.
    """
    sizes = tuple(sorted(draws))
    trials = len(draws[sizes[-1]])
    rows = tuple(len(draws[n][0]) for n in sizes)
    every = np.concatenate(draws[sizes[-1]])
    chosen = means_to_test(conjecture.claim, law, values, trials - _LEAST_BEYOND, every)
    if chosen is None:
        return None
    functions, expected = chosen
    bulk = bulk_of(law, draws, predicted)
    bulks, others = bulk.eigenvalues, bulk.others or {}
    pooled = np.concatenate(bulks[sizes[-1]])
    jumps = _jumps(bulks, sizes)
    means = _means(conjecture.claim, law, functions, expected, bulks, jumps)
    test = means.test()
    level = conjecture.plan.level * share / len(conjecture.points)
    shares = 0.0 if law is None else _QUANTILE_SHARE + (0.0 if conjecture.claim.outliers is None else _OUTLIER_SHARE)
    joint_level = level * (1 - shares)
    dilation, shift = _power(functions, pooled, test, means.room() * means.units, joint_level, law is not None)
    distances: tuple[Distance, ...] = ()
    outside: tuple[Array, ...] = ()
    bound = 0.0
    if law is not None:
        distances = tuple(kolmogorov_distance(law, np.concatenate(bulks[n])) for n in sizes)
        bound = distance_bound(len(pooled), rows[-1])
        outside = tuple(outside_support(law, np.concatenate(others[n]), bulk.margin) for n in sizes)
    # Half of the trials may be too few to see that a gap falls, and so may all of matrices that fluctuate much.
    is_slow = not is_final or (
        law is not None and (sheds(others[sizes[-1]], outside[-1]) or fluctuates(means.values[-1], rows[-1]))
    )
    parts = PointFindings(point_text(conjecture.points[index]), conjecture, values)
    strays = unsettled([f for f in functions if not f[0].startswith(MASS)], bulks) if law is None else ""
    if strays:
        parts.add("power", UNDECIDED, f"{strays}; a test of means tells nothing")
        dilation = shift = np.inf
    else:
        correction = means.correction(joint_level, is_slow) if test.p_value < joint_level else None
        if correction is not None and not correction.explains and any(bulk.taken):
            # what was taken out may be an end of the bulk that comes in slowly, in like numbers at all sizes
            whole = _means(conjecture.claim, law, functions, expected, others, _jumps(others, sizes))
            correction = max(correction, whole.correction(joint_level, is_slow), key=lambda c: c.explains)
        parts.joint(test, joint_level, correction, means.room() * means.units)
    if law is None and not strays:
        parts.tested(len(functions))
    elif law is not None:
        places = _quantiles(law)
        at_level = partial(at_quantiles, places, law.cdf(places), level=level * _QUANTILE_SHARE, is_slow=is_slow)
        quantile = at_level(bulks, jumps)
        if quantile is not None and not quantile.correction.explains and any(bulk.taken):
            quantile = max(quantile, at_level(others, _jumps(others, sizes)), key=lambda q: q.correction.explains)
        parts.quantile(quantile)
        parts.distance(distances, sizes, len(pooled), rows[-1], partial(_levy_distances, law, bulks))
        parts.outside(outside, trials, sizes, bulk.taken, bulk.margin)
        parts.outliers(law, draws, level * _OUTLIER_SHARE)
    for where, reason, values_seen in bulk.predicted:
        text = f"an outlier is predicted near {where:.5g} ({reason}); seen in {len(values_seen)} of {trials} matrices"
        parts.add("outliers", None, text)
    if is_final and not parts.is_refuted and not strays:
        if law is not None and len(functions) < _CHEBYSHEV:
            parts.too_few(len(functions), _CHEBYSHEV, _CHEBYSHEV + _LEAST_BEYOND)
        else:
            parts.power(dilation, conjecture.plan.resolution, trials)
    return PointStatistics(
        point=parts.point,
        sizes=sizes,
        rows=rows,
        trials=trials,
        test=test,
        level=joint_level,
        dilation=dilation,
        shift=shift,
        distances=distances,
        bound=bound,
        outside=outside,
        predicted=bulk.predicted,
        findings=tuple(parts.found),
        eigenvalues=pooled,
        law=law,
    )


def _means(
    claim: Claim,
    law: Any,
    functions: Sequence[tuple[str, Function]],
    expected: Sequence[float],
    bulks: Mapping[int, Sequence[Array]],
    jumps: Array,
) -> Means:
    """The means of the test functions over each matrix; raises `ParseError` for one that has no finite value there."""
    sizes = tuple(sorted(bulks))
    with np.errstate(all="ignore"):
        values = [np.stack([per_trial(f, bulks[n]) for _, f in functions], axis=1) for n in sizes]
        sample = np.sort(np.concatenate(bulks[sizes[0]]))
        on_sample = [f(sample) for _, f in functions]
        ranges = np.array([float(np.ptp(y)) / 2 for y in on_sample])
        sizes_of = np.array([float(np.mean(np.abs(y))) for y in on_sample])
    for k, (name, _) in enumerate(functions):
        if not all(np.all(np.abs(v[:, k]) < _LARGEST) for v in (*values, ranges[None], sizes_of[None])):
            line = next((mean.line for mean in claim.means or () if mean.text == name), claim.lines.get("moments", 1))
            text = f"{name} has no finite value at some eigenvalues of the matrices; claim the mean of another function"
            raise ParseError(f"line {line}, claim: {text}", line=line)
    scales = np.arange(1, len(functions) + 1) ** 2.0
    if law is None:  # what is left after extrapolation is as large as the function, not as its mean
        scales = scales * np.maximum(sizes_of, np.abs(expected))
    largest = np.max([*(np.max(np.abs(v), axis=0) for v in values), np.abs(expected), ranges], axis=0)
    units = np.where(largest > _LARGE, largest, 1.0)
    names = tuple(name for name, _ in functions)
    scaled = [v / units for v in values]
    return Means(names, np.array(expected) / units, units, scaled, sizes, scales / units, ranges / units, jumps)


def _jumps(bulks: Mapping[int, Sequence[Array]], sizes: Sequence[int]) -> Array:
    """For each size how far the counting measure is from a smooth one, by the quantiles of the sample."""
    shares = np.arange(1, _QUANTILES + 1) / (_QUANTILES + 1)
    places = np.quantile(np.concatenate(bulks[sizes[-1]]), shares)
    return np.array([jump(bulks[n], places) for n in sizes])


def _levy_distances(law: Any, bulks: Mapping[int, Sequence[Array]]) -> list[float]:
    """Levy's distances at each size, where the law has atoms, which eigenvalues may close in on; none without."""
    if not law.atoms:
        return []
    samples = [np.concatenate(bulks[n]) for n in sorted(bulks)]
    low, high = law.support()
    unit = high - low or float(np.max(np.abs(samples[0] - low)))
    return [levy_distance(law, sample, unit) for sample in samples]


def _quantiles(law: Any) -> Array:
    """Quantiles of the continuous part that are no atoms."""
    lower, upper = law.support()
    grid = np.linspace(lower, upper, 4001)
    masses = law.cdf(grid)
    places = np.interp(np.arange(1, _QUANTILES + 1) / (_QUANTILES + 1), masses, grid)
    reach = 1e-3 * (upper - lower)
    for atom in law.atoms:
        places = places[np.abs(places - float(atom.point)) > reach]
    return np.asarray(places)


def _power(
    functions: Sequence[tuple[str, Function]], sample: Array, test: JointTest, room: Array, level: float, is_law: bool
) -> tuple[float, float]:
    """The smallest dilation, and the smallest shift in units of the width, that would have been noticed with 95 %.

    A whole law may not only be off in its mean: its dilation about the mean has to be seen as well.
    """
    h = 1e-5
    width = float(np.ptp(sample)) or 1.0

    def seen(step: Array | float) -> float:
        change = np.array([np.mean(f(sample + h * step) - f(sample - h * step)) / (2 * h) for _, f in functions])
        least = np.min(room / np.maximum(np.abs(change), 1e-300))  # before any statistic leaves its room
        found = smallest_seen(test, change, level) + float(least)
        return found if found < _NO_POWER else np.inf

    dilation = seen(sample)
    around = sample - np.mean(sample)
    if is_law and np.max(np.abs(around)) > 1e-9 * np.max(np.abs(sample)):  # a point mass has no width
        dilation = max(dilation, seen(around))
    return dilation, seen(width)
