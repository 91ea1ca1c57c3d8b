"""Spacings of neighbouring eigenvalues against the GOE, the GUE and Poisson points: is the local statistics universal?

A law fixes where eigenvalues are; on the scale of one spacing, in the bulk, only the symmetry class is left: real
symmetric matrices have the statistics of the GOE, complex Hermitian ones that of the GUE, superpositions of many
independent spectra that of Poisson points. To see it, eigenvalues are unfolded by the law's own distribution function.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.copies import ByValue
from resolvent.derive.laws.record import Law
from resolvent.numeric.matrices.ensembles import generator
from resolvent.numeric.spectrum.rigidity import snapped
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.statistics.spacing_laws import (
    MEAN_RATIOS,
    NAMES,
    ReferenceLaw,
    known_name,
    ratio_law,
    spacing_law,
)
from resolvent.numeric.style import finish, legend, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Cdf = Spectrum | Callable[[Array], ArrayLike]
Known = Law | Cdf

_BLOCK = 10  # spacings in a block: correlations of spacings at distance k fall off like 1/k^2
_MOST_BLOCKS, _FEWEST_BLOCKS = 1000, 20
_GRID, _RESAMPLES = 400, 999
_UNFOLDED = (0.5, 2.0)  # mean spacings of levels that may have been unfolded
_COLOURS = {"GOE": "#1f3a5f", "GUE": "#b3452c", "Poisson": "#5c7a3a"}
_BARS = "#d9d4c7"


# -- from eigenvalues to spacings and ratios -----------------------------------------------------------------


def unfold(law: Known, eigenvalues: Any, bulk: tuple[float, float] = (0.1, 0.9)) -> list[Array]:
    """n F(x) of the n eigenvalues x of each matrix, sorted, with the law's cdf F: levels of mean spacing 1.

    Args:
        law: a `Spectrum`, or a cdf that takes an array.
        eigenvalues: an array for one matrix; a list of arrays, or an array with a row for each, for several.
        bulk: the window: what is kept lies between these quantiles of its own interval of the support.

    Returns an array for each matrix and interval of the support, so that no difference crosses a gap; those with fewer
    than 3 levels are left out. Eigenvalues at atoms count in n and are dropped; an atom within an interval divides it.

    >>> [levels.round(9) for levels in unfold(lambda x: x**2, [0.1, 0.4, 0.5, 0.6, 1.0])]
    [array([0.8 , 1.25, 1.8 ])]

    Raises `ParameterError` for eigenvalues that are not finite, fewer than 3 in a matrix, eigenvalues repeated to
    rounding, a window that is empty or holds nothing, and a cdf that leaves [0, 1] or decreases.
    """
    return [levels for _, levels in _stretches(law, eigenvalues, bulk)]


def spacings(levels: Any) -> Array:
    """The spacings of unfolded levels (an array, or a list of arrays that are not mixed), divided by their mean.

    >>> spacings([[0.0, 1.0, 4.0], [7.0, 8.0, 9.0]]).round(9)
    array([0.66666667, 2.        , 0.66666667, 0.66666667])

    Raises `ParameterError` for levels that are not finite, fewer than 3 in an array, and repeated ones.
    """
    gaps = np.concatenate([np.diff(_distinct(values)) for values in _matrices(levels)])
    return gaps / gaps.mean()


def gap_ratios(eigenvalues: Any) -> Array:
    """min/max of each two consecutive gaps of eigenvalues, unfolded or not: an array, or a list of arrays.

    >>> gap_ratios([0.0, 1.0, 3.0, 7.0])
    array([0.5, 0.5])

    Raises `ParameterError` for eigenvalues that are not finite, fewer than 3 in an array, and repeated ones.
    """
    gaps = [np.diff(_distinct(values)) for values in _matrices(eigenvalues)]
    return np.concatenate([np.minimum(g[1:], g[:-1]) / np.maximum(g[1:], g[:-1]) for g in gaps])


def _matrices(eigenvalues: Any) -> list[Array]:
    """The sorted eigenvalues of each matrix."""
    if isinstance(eigenvalues, np.ndarray):
        several = eigenvalues.ndim == 2
    else:
        several = isinstance(eigenvalues, Sequence) and any(isinstance(v, (Sequence, np.ndarray)) for v in eigenvalues)
    found = []
    for part in list(eigenvalues) if several else [eigenvalues]:
        try:
            values = np.asarray(part)
        except ValueError:  # lists of unequal lengths within
            values = np.array(None)
        if values.ndim != 1 or (len(values) and values.dtype.kind not in "iuf") or not np.all(np.isfinite(values)):
            raise ParameterError("the eigenvalues of a matrix must be a list of finite real numbers", eigenvalues=part)
        if len(values) < 3:
            raise ParameterError(f"at least 3 eigenvalues of a matrix are needed; got {len(values)}", eigenvalues=part)
        found.append(np.sort(values.astype(np.float64)))
    return found


def _distinct(values: Array, floor: float | None = None) -> Array:
    """The values, if no two are as close as rounding errors of eigenvalues."""
    floor = len(values) * np.finfo(float).eps * float(np.abs(values).max()) if floor is None else floor
    gaps = np.diff(values)
    if np.any(gaps <= floor):
        place = float(values[int(np.argmin(gaps))])
        raise ParameterError(
            f"eigenvalues are repeated to rounding at {place:.6g}, so ratios of gaps are not defined; remove them (a "
            "Spectrum removes those at its atoms), and split a symmetric matrix into its sectors",
            place=place,
        )
    return values


def _stretches(law: Known, eigenvalues: Any, bulk: tuple[float, float]) -> list[tuple[Array, Array]]:
    """Eigenvalues in the window and their unfolded levels, for each matrix and interval of the support."""
    matrices = _matrices(eigenvalues)
    low, high = bulk
    if not 0 <= low < high <= 1:
        raise ParameterError(f"the window must be 0 <= low < high <= 1; got {bulk!r}", bulk=bulk)
    known = Spectrum(law) if isinstance(law, Law) else law
    cells = _cells(known)
    found = []
    for values in matrices:
        floor = len(values) * np.finfo(float).eps * float(np.abs(values).max())
        for left, right, below, mass in cells:
            inside = values[(values > left) & (values < right)]
            if isinstance(known, Spectrum) and len(inside):
                inside = snapped(known, inside)
                inside = inside[~np.isin(inside, [float(atom.point) for atom in known.atoms])]
            share = _cdf(known, inside)
            position = (share - below) / mass
            kept = (position >= low) & (position <= high) & (share > 0) & (share < 1)
            if np.count_nonzero(kept) >= 3:
                found.append((_distinct(inside[kept], floor), len(values) * share[kept]))
    if not found:
        raise ParameterError(
            f"no interval of the support has 3 eigenvalues between its quantiles {low:g} and {high:g}; widen the "
            "window, or check that the law is that of these eigenvalues",
            bulk=bulk,
        )
    return found


def _cells(law: Cdf) -> list[tuple[float, float, float, float]]:
    """Ends, mass below and mass of the open intervals without atoms that make up the continuous part."""
    if not isinstance(law, Spectrum):
        return [(-math.inf, math.inf, 0.0, 1.0)]
    points = sorted(float(atom.point) for atom in law.atoms)
    cells = []
    for interval in law.intervals:
        ends = [interval.left, *(p for p in points if interval.left < p < interval.right), interval.right]
        for left, right in pairwise(ends):
            below, above = law.cdf([left, np.nextafter(right, -np.inf)])
            cells.append((left, right, float(below), float(above - below)))
    return cells


def _cdf(law: Cdf, values: Array) -> Array:
    share = np.asarray(law.cdf(values) if isinstance(law, Spectrum) else law(values), dtype=float)
    if share.shape != values.shape or not np.all((share >= 0) & (share <= 1)) or np.any(np.diff(share) < 0):
        raise ParameterError("the cdf must map an array of sorted points to increasing values in [0, 1]", law=law)
    return share


# -- the comparison ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ReferenceFit:
    """How the eigenvalues compare with one reference.

    Attributes:
        name: "GOE", "GUE" or "Poisson".
        distance: Kolmogorov's, of the spacings from the exact law.
        distance_p: its p-value, by block resampling (approximate).
        mean_ratio: the reference's mean ratio at infinite size.
        ratio_score: (sampled mean ratio - reference's)/standard error.
        ratio_p: its two-sided p-value, by Student's distribution over blocks (approximate).
        ratio_distance: Kolmogorov's, of the ratios from `ratio_law`; for GOE and GUE that is a surmise, hence no test.
        p_value: of both tests together, twice the smaller one (Bonferroni).
    """

    name: str
    distance: float
    distance_p: float
    mean_ratio: float
    ratio_score: float
    ratio_p: float
    ratio_distance: float
    p_value: float


@dataclass(frozen=True, eq=False)
class SpacingComparison(ByValue):
    """Spacings and ratios of eigenvalues against the three references; made by `compare_spacings`.

    Attributes:
        matrices: how many there are.
        spacings, ratios: all of them, the spacings divided by their mean.
        mean_spacing: that mean: 1 up to O(1/size) if the law fits and the levels were unfolded with it.
        mean_ratio, mean_ratio_error: the mean of the ratios and its standard error over blocks.
        blocks: of consecutive spacings, taken as independent.
        level: of significance.
        fits: one for each reference.
    """

    matrices: int
    spacings: Array = field(repr=False)
    ratios: Array = field(repr=False)
    mean_spacing: float
    mean_ratio: float
    mean_ratio_error: float
    blocks: int
    level: float
    fits: tuple[ReferenceFit, ...]

    def __repr__(self) -> str:
        ratio = f"mean ratio {self.mean_ratio:.4g} +- {self.mean_ratio_error:.2g}"
        return f"<SpacingComparison: {self.verdict}, closest to {self.closest}, {ratio}>"

    def fit(self, name: str) -> ReferenceFit:
        """The comparison with one reference; raises `ParameterError` for an unknown name."""
        return self.fits[NAMES.index(known_name(name, NAMES))]

    @property
    def closest(self) -> str:
        """The reference at the smallest Kolmogorov distance of spacings."""
        return min(self.fits, key=lambda f: f.distance).name

    @property
    def consistent(self) -> tuple[str, ...]:
        """The references that are not rejected."""
        return tuple(f.name for f in self.fits if f.p_value >= self.level)

    @property
    def verdict(self) -> str:
        """The one consistent reference; "none"; or "undecided": several are left, or there are under 20 blocks."""
        if self.blocks < _FEWEST_BLOCKS or len(self.consistent) > 1:
            return "undecided"
        return self.consistent[0] if self.consistent else "none"

    def report(self) -> str:
        """The comparison as a table and sentences."""
        lines = [
            f"{len(self.spacings)} spacings of {self.matrices} matrices; their mean was {self.mean_spacing:.4f}",
            f"mean ratio of consecutive gaps: {self.mean_ratio:.4f} +- {self.mean_ratio_error:.4f}",
            "",
            f"{'':8} {'distance':>9} {'p':>7}   {'mean ratio':>10} {'score':>7} {'p':>7}   {'both':>7}",
        ]
        lines += [
            f"{f.name:8} {f.distance:9.4f} {f.distance_p:7.3f}   {f.mean_ratio:10.4f} {f.ratio_score:7.2f} "
            f"{f.ratio_p:7.3f}   {f.p_value:7.3f}"
            for f in self.fits
        ]
        lines += [
            "",
            f"p-values are approximate: {self.blocks} blocks of consecutive spacings are taken as independent",
            f"closest: {self.closest}; verdict at the level {self.level:g}: {self.verdict}",
        ]
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain data, without the spacings and ratios."""
        names = ("matrices", "mean_spacing", "mean_ratio", "mean_ratio_error", "blocks", "level", "closest", "verdict")
        counts = {"spacings": len(self.spacings), "ratios": len(self.ratios), "consistent": list(self.consistent)}
        return {name: getattr(self, name) for name in names} | counts | {"fits": [asdict(f) for f in self.fits]}

    def plot(self, ax: Axes | None = None) -> Axes:
        """The spacings as a histogram under the exact densities of the references; returns the matplotlib axes."""
        ax = ax or new_axes()
        end = max(4.0, float(np.quantile(self.spacings, 0.999)))
        bins = np.linspace(0, end, int(np.clip(np.sqrt(len(self.spacings)), 20, 80)) + 1)
        bars = np.histogram(self.spacings, bins)[0] / len(self.spacings) / np.diff(bins)
        ax.bar(bins[:-1], bars, width=np.diff(bins), align="edge", color=_BARS, zorder=0, label="sampled")
        s = np.linspace(0, end, 401)
        for name in NAMES:
            ax.plot(s, spacing_law(name).pdf(s), color=_COLOURS[name], linewidth=1.4, zorder=3, label=name)
        ax.set_xlim(0, end)
        ax.set_ylim(0, None)
        ax.set_xlabel("$s$")
        ax.set_ylabel("$p(s)$")
        legend(ax)
        finish(ax)
        return ax


@checked
def compare_spacings(
    law: Known | None,
    eigenvalues: Any,
    *,
    bulk: tuple[float, float] = (0.1, 0.9),
    level: float = 0.01,
    rng: int | np.random.Generator = 0,
) -> SpacingComparison:
    """Spacings and ratios of eigenvalues against the GOE, the GUE and Poisson points.

    Neighbouring spacings are correlated and their mean is fitted, so the classical p-value of Kolmogorov's distance
    is wrong. Here stretches of about 10 consecutive spacings, never across matrices, are taken as independent, and the
    distance is compared with that of 999 resamples of the blocks with Gaussian weights, with the fitted mean accounted
    for to first order. What is left out are correlations across ends of blocks and finite-size effects.

    Args:
        law: a law, a `Spectrum` or a cdf; None if the eigenvalues are unfolded already, all of which then count.
        eigenvalues: an array for one matrix; a list of arrays, or an array with a row for each, for several.
        bulk: the window of quantiles within each interval of the support; ignored if ``law`` is None.
        level: a reference is rejected if its p-value is smaller.
        rng: seed or generator of the resampling.

    >>> points = np.sort(np.random.default_rng(0).random((5, 200)))
    >>> compare_spacings(lambda x: x, points).verdict
    'Poisson'

    Raises `ParameterError` as `unfold` does, for a level outside (0, 1), and without a law for levels whose mean
    spacing is not about 1.

    Sources: Mehta 2004, Random matrices, chapter 1, for the surmise; Atas, Bogomolny, Giraud, Roux, Phys. Rev. Lett.
    110 (2013), for ratios.
    """
    if not 0.002 < level < 1:
        raise ParameterError(f"the level must lie between 0.002 and 1 (999 resamples); got {level!r}", level=level)
    if law is None:
        stretches = [(values, values) for values in map(_distinct, _matrices(eigenvalues))]
        _require_unfolded([values for values, _ in stretches])
    else:
        stretches = _stretches(law, eigenvalues, bulk)
    levels = [unfolded for _, unfolded in stretches]
    s = spacings(levels)
    r = gap_ratios([raw for raw, _ in stretches])
    sizes = np.array([len(v) - 1 for v in levels])
    block = _blocks(sizes)
    if (blocks := int(block[-1]) + 1) < 2:
        raise ParameterError(
            "20 spacings of one matrix, or several matrices, are needed; widen the window", count=len(s)
        )
    sums = np.bincount(np.delete(block, np.cumsum(sizes) - 1), r - r.mean())
    error = max(1e-12, math.sqrt(float(np.sum(sums**2)) * blocks / (blocks - 1)) / len(r))
    resamples = _resamples(s, block, generator(rng))
    return SpacingComparison(
        matrices=len(_matrices(eigenvalues)),
        spacings=s,
        ratios=r,
        mean_spacing=float(np.concatenate([np.diff(v) for v in levels]).mean()),
        mean_ratio=float(r.mean()),
        mean_ratio_error=error,
        blocks=blocks,
        level=level,
        fits=tuple(_fit(name, s, r, error, blocks, resamples) for name in NAMES),
    )


def _require_unfolded(levels: Sequence[Array]) -> None:
    """Raise `ParameterError` for eigenvalues in place of levels: their density would pass for their statistics."""
    mean = float(np.concatenate([np.diff(values) for values in levels]).mean())
    if not _UNFOLDED[0] < mean < _UNFOLDED[1]:
        raise ParameterError(
            f"without a law unfolded levels are needed, of mean spacing 1; this one is {mean:.4g}. Give the law, or "
            "smooth_cdf(eigenvalues) in its place",
            mean=mean,
        )


def _blocks(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The number of each spacing's block, for stretches with these numbers of spacings."""
    length = max(_BLOCK, math.ceil(int(sizes.sum()) / _MOST_BLOCKS))
    counts = np.maximum(1, sizes // length)
    starts = np.cumsum(counts) - counts
    parts = [a + np.arange(n) * k // n for a, n, k in zip(starts, sizes, counts, strict=True)]
    return np.concatenate(parts)


def _resamples(s: Array, block: NDArray[np.int64], rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """A grid, and on it for each resample the change of the distribution function of spacings, and that of their mean.

    With Gaussian weights w_b of the blocks these are sum_b w_b n_b (F_b - F)/n and sum_b w_b n_b (mean_b - 1)/n.
    """
    grid = np.quantile(s, (np.arange(_GRID) + 0.5) / _GRID)
    blocks = int(block[-1]) + 1
    counts = np.zeros((blocks, _GRID + 1))
    np.add.at(counts, (block, np.searchsorted(grid, s)), 1.0)
    below = np.cumsum(counts, axis=1)[:, :_GRID]
    below -= np.bincount(block)[:, None] * (below.sum(axis=0) / len(s))
    weights = rng.standard_normal((_RESAMPLES, blocks)) * math.sqrt(blocks / (blocks - 1)) / len(s)
    return grid, weights @ below, weights @ np.bincount(block, s - 1)


def _fit(
    name: str, s: Array, r: Array, error: float, blocks: int, resamples: tuple[Array, Array, Array]
) -> ReferenceFit:
    from scipy.stats import t as student

    law = spacing_law(name)
    distance = _distance(law, s)
    grid, below, shift = resamples
    # Spacings divided by their mean 1 + d have the distribution function F(s) + d s F'(s) to first order.
    changes = np.abs(below + shift[:, None] * (grid * law.pdf(grid))).max(axis=1)
    distance_p = (1 + int(np.count_nonzero(changes >= distance))) / (_RESAMPLES + 1)
    mean, uncertainty = MEAN_RATIOS[name]
    score = (float(r.mean()) - mean) / math.hypot(error, uncertainty)
    ratio_p = float(2 * student.sf(abs(score), blocks - 1))
    both = min(1.0, 2 * min(distance_p, ratio_p))
    return ReferenceFit(name, distance, distance_p, mean, score, ratio_p, _distance(ratio_law(name), r), both)


def _distance(law: ReferenceLaw, values: Array) -> float:
    """Kolmogorov's distance of the values' distribution from a continuous law."""
    exact = law.cdf(np.sort(values))
    ranks = np.arange(len(values) + 1) / len(values)
    return float(max((ranks[1:] - exact).max(), (exact - ranks[:-1]).max()))
