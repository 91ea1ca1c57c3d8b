"""What the weights of a trained network hold besides noise: bulk, outliers and the rank to keep, layer by layer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.numeric.data.singular_values import shrink_singular_values, strengths_behind
from resolvent.numeric.fluctuations.tracy_widom import tracy_widom
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.style import FILL, INK, LINES, finish, new_figure, set_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEAST = 1e-140  # of the largest weight; the largest is one over it
_SMALLEST = 20  # of the shorter side: below it nothing is said
_WHITE = 0.1  # Kolmogorov's distance of the bulk from noise, beyond which nothing is advised
_SPREAD = (1.0, 0.62, 0.05)  # times the size p it stays below a + b log p + c rank at the level 1 %: sampled
_PEAKED = 1.0  # the fourth cumulant of the entries, from which on the level at the edge is no longer kept
_FEW = 0.1  # of the singular values: more that stick out are no low rank
_LEVEL = 0.01
_ROUNDS = 20
_COLUMNS, _BINS, _THINNEST = 3, 40, 0.01  # the thinnest in units of the edge


@dataclass(frozen=True, eq=False)
class LayerAdvice:
    """What one matrix of weights holds.

    Attributes:
        name, shape: the array, and its rows and columns (further axes belong to the columns).
        noise: the standard deviation of the entries that the bulk has.
        edge: the largest singular value of such noise.
        values: the singular values, falling.
        rank: how many stick out of the bulk, at the level 1 %.
        signal: their values without the noise.
        error: the expected squared error of the part that is kept, relative to the signal, if its singular values are
            shrunk; 0 without a signal.
        distance: Kolmogorov's distance of the bulk from noise.
        reason: why nothing is advised, or the empty text.
        doubts: what speaks against the rank: a bulk farther from noise than noise of this size is at the level 1 %, or
            entries with heavy tails, whose outermost singular values exceed the edge more often than the level says.
    """

    name: str
    shape: tuple[int, int]
    noise: float
    edge: float
    values: Any
    rank: int
    signal: Any
    error: float
    distance: float
    reason: str = ""
    doubts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        told = f"no advice, {self.reason}" if self.reason else f"rank {self.rank}, noise {self.noise:.4g}"
        return f"<LayerAdvice {self.name}, {self.shape[0]} x {self.shape[1]}: {told}>"

    @property
    def kept(self) -> float:
        """The share of the squared weights in the part that is kept."""
        return float(np.sum(self.values[: self.rank] ** 2) / max(np.sum(self.values**2), 1e-300))

    @property
    def saving(self) -> float:
        """The numbers that a product of two matrices of that rank holds, over those of the matrix."""
        return self.rank * sum(self.shape) / (self.shape[0] * self.shape[1])

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name,
            "shape": list(self.shape),
            "rank": None if self.reason else self.rank,
            "noise": self.noise,
            "edge": self.edge,
            "outliers": [float(v) for v in self.values[: self.rank]],
            "signal": [float(v) for v in self.signal],
            "expected_error": self.error,
            "distance": self.distance,
            "reason": self.reason or None,
            "doubts": list(self.doubts),
        }


@checked
@dataclass(frozen=True, eq=False)
class PruningAdvice:
    """The advice for every layer.

    Attributes:
        layers: one for each array with two axes or more.
        skipped: the names of the others.
    """

    layers: tuple[LayerAdvice, ...]
    skipped: tuple[str, ...]

    @property
    def is_decided(self) -> bool:
        """Whether something is advised for a layer at least."""
        return any(not layer.reason for layer in self.layers)

    def __repr__(self) -> str:
        names = ", ".join(layer.name for layer in self.layers[:6])
        return f"<PruningAdvice on {len(self.layers)} layer{'s' * (len(self.layers) != 1)}: {names}>"

    def __str__(self) -> str:
        return self.text()

    def text(self) -> str:
        """The advice as a table."""
        lines = [f"{'layer':24} {'shape':>12} {'noise':>10} {'rank':>5} {'error':>7} {'size':>6}"]
        for layer in self.layers:
            size = f"{layer.shape[0]} x {layer.shape[1]}"
            if layer.reason:
                lines.append(f"{layer.name:24} {size:>12} no advice: {layer.reason}")
            else:
                lines.append(
                    f"{layer.name:24} {size:>12} {layer.noise:10.4g} {layer.rank:5d} {layer.error:7.3f} "
                    f"{layer.saving:6.1%}"
                )
            lines += [f"  doubtful: {doubt}" for doubt in layer.doubts]
        if self.skipped:
            lines.append(f"no matrices, skipped: {', '.join(self.skipped)}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"layers": [layer.to_json() for layer in self.layers], "skipped": list(self.skipped)}

    def plot(self) -> Figure:
        """The squared singular values of each layer over the law of its noise, outliers marked."""
        rows = math.ceil(len(self.layers) / _COLUMNS)
        columns = min(len(self.layers), _COLUMNS)
        figure = new_figure((4.2 * columns, 3.0 * rows), "constrained")
        for number, layer in enumerate(self.layers, start=1):
            _draw(figure.add_subplot(rows, columns, number), layer)
        figure.supxlabel("singular value over the edge of the noise", fontsize=10)  # wider than axes of three columns
        return figure


def _draw(ax: Any, layer: LayerAdvice) -> None:
    bulk = layer.values[layer.rank :] / max(layer.edge, 1e-300)
    set_title(ax, f"{layer.name}: rank {layer.rank}" if not layer.reason else f"{layer.name}: no advice")
    if not layer.noise:  # nothing is said of it, and there is no law to draw
        ax.set_axis_off()
        return
    ax.hist(bulk, bins=_bins(bulk), density=True, color=FILL)
    ratio = min(layer.shape) / max(layer.shape)
    y = np.linspace(max(1 - math.sqrt(ratio), 1e-3), 1 + math.sqrt(ratio), 400)
    top = 1 + math.sqrt(ratio)
    law = 2 * y * Spectrum(marchenko_pastur(ratio)).pdf(y**2) * top
    ax.plot(y / top, law, color=INK)
    ax.set_yticks([])
    ax.set_ylim(0, min(ax.get_ylim()[1], 3 * float(np.max(law))))
    if layer.rank:  # markers of nothing that are not clipped have an extent that no layout knows
        outliers = layer.values[: layer.rank] / layer.edge
        ax.plot(outliers, np.zeros(len(outliers)), "|", color=LINES[1], markersize=14, clip_on=False)
    finish(ax)


def _bins(values: Any) -> Any:
    """The ends of up to 40 bins, of a width that is seen even where all values are one."""
    low, high = float(np.min(values)), float(np.max(values))
    count = min(max(round((high - low) / _THINNEST), 1), _BINS)
    return np.linspace(low, max(high, low + _THINNEST), count + 1)


@checked
def advise_pruning(arrays: Mapping[str, Any]) -> PruningAdvice:
    """The rank to keep of each matrix of weights: what sticks out of the spectrum of independent noise.

    The noise is fitted to the bulk of the singular values; those beyond its edge, by Tracy and Widom's law at 1 %, are
    signal. Where the bulk does not look like independent entries nothing is advised.

    >>> rng = np.random.default_rng(0)
    >>> u, v = rng.standard_normal((300, 2)), rng.standard_normal((2, 200))
    >>> advice = advise_pruning({"dense": rng.standard_normal((300, 200)) + 0.3 * u @ v, "bias": np.zeros(300)})
    >>> advice.layers[0].rank, round(advice.layers[0].noise, 2), advice.skipped
    (2, 1.0, ('bias',))

    Raises `ParameterError` without a matrix, and for weights that are no finite numbers.
    """
    layers, skipped = [], []
    for name, array in arrays.items():
        values = np.asarray(array)
        if values.ndim < 2 or values.dtype.kind not in "fiu":
            skipped.append(name)
            continue
        layers.append(_layer(name, values.reshape(len(values), -1 if values.size else 0).astype(float)))
    if not layers:
        raise ParameterError("there is no matrix of weights among the arrays", names=list(arrays))
    return PruningAdvice(tuple(layers), tuple(skipped))


def _layer(name: str, w: Any) -> LayerAdvice:
    bad = np.argwhere(~np.isfinite(w))
    if len(bad):
        place = tuple(bad[0].tolist())
        raise ParameterError(f"the weights of {name} must be finite; entry {place} is {w[place]}", name=name)
    short, long = sorted(w.shape)
    size = float(np.max(np.abs(w), initial=0.0))
    if size and not _LEAST < size < 1 / _LEAST:
        raise ParameterError(
            f"the weights of {name} reach up to {size:.3g}, whose squares are no floats; multiply them by a number",
            name=name,
        )
    values = np.linalg.svd(w, compute_uv=False) if short else np.zeros(0)
    shape = (int(w.shape[0]), int(w.shape[1]))
    if short < _SMALLEST or values[0] == 0:
        reason = f"it has fewer than {_SMALLEST} rows or columns" if short < _SMALLEST else "it is 0"
        return LayerAdvice(name, shape, 0.0, 0.0, values, 0, values[:0], 0.0, 1.0, reason)
    law = Spectrum(marchenko_pastur(f"{short}/{long}"))
    rank = 0
    for _ in range(_ROUNDS):
        noise = _noise(values[rank:], law, long)
        rounding = long * np.finfo(float).eps * values[0]
        if noise * math.sqrt(long) <= rounding:  # most singular values are 0: nothing is to be separated from noise
            rank = int(np.count_nonzero(values > rounding))
            reason = f"it has rank {rank} exactly"
            return LayerAdvice(name, shape, 0.0, 0.0, values, rank, values[:rank], 0.0, 1.0, reason)
        edge = noise * _largest(short - rank, long)
        found = int(np.count_nonzero(values > edge))
        if found == rank or found > short // 2:
            break
        rank = found
    distance = _distance(values[rank:] ** 2 / (noise**2 * long), law)
    reason = "" if distance <= _WHITE else f"its bulk is {distance:.2f} away from that of independent entries"
    if rank > _FEW * short:  # rows of different sizes, say, of which the small ones look like noise
        reason = f"{rank} of its {short} singular values stick out of the bulk: it is not noise and a few directions"
    signal, error = _signal(values[:rank], shape, noise)
    doubts = () if reason else _doubts(w, rank, distance)
    return LayerAdvice(name, shape, noise, edge, values, rank, signal, error, distance, reason, doubts)


def _doubts(w: Any, rank: int, distance: float) -> tuple[str, ...]:
    """What speaks against a rank; see `LayerAdvice`."""
    short, found = min(w.shape), []
    allowed = (_SPREAD[0] + _SPREAD[1] * math.log(short) + _SPREAD[2] * rank) / short
    if distance > allowed:
        found.append(
            f"the bulk is {distance:.3g} away from that of independent entries, which stay below {allowed:.3g} at the "
            f"level {_LEVEL:g}: rows or columns may differ in size, and the rank counts them"
        )
    peak = _fourth_cumulant(w, rank) if rank else 0.0
    if peak > _PEAKED:
        found.append(
            f"the entries have heavy tails (a fourth cumulant of {peak:.2g}, Gaussian ones have 0): single large "
            f"entries may be among the {rank} that stick out"
        )
    return tuple(found)


def _fourth_cumulant(w: Any, rank: int) -> float:
    """Of the entries without the part of that rank, over the square of their variance."""
    u, values, v = np.linalg.svd(w, full_matrices=False)
    rest = w - (u[:, :rank] * values[:rank]) @ v[:rank]
    squares = (rest - np.mean(rest)) ** 2
    return float(np.mean(squares**2) / np.mean(squares) ** 2 - 3)


def _noise(bulk: Any, law: Spectrum, long: int) -> float:
    """The standard deviation that puts the quartiles of the bulk where they belong."""
    levels = np.array([0.25, 0.5, 0.75])
    places = np.quantile(bulk, levels)
    return float(np.median(places / np.sqrt(law.ppf(levels) * long)))


def _largest(short: int, long: int) -> float:
    """What the largest singular value of noise exceeds with probability 1 %; Johnstone's centre and scale."""
    a, b = math.sqrt(long - 0.5), math.sqrt(short - 0.5)
    centre, scale = (a + b) ** 2, (a + b) * (1 / a + 1 / b) ** (1 / 3)
    return math.sqrt(centre + scale * float(tracy_widom(1).isf(_LEVEL)))


def _signal(values: Any, shape: Sequence[int], noise: float) -> tuple[Any, float]:
    """The singular values without noise, and the expected relative error of the shrunk ones."""
    if not len(values):
        return values, 0.0
    size = (shape[0], shape[1])
    signal = strengths_behind(np.asarray(values, dtype=float), size, noise)
    shrunk = shrink_singular_values(values, size, noise, "frobenius")
    total = float(np.sum(signal**2))
    return signal, float(np.sum(signal**2 - shrunk**2)) / total if total else 0.0


def _distance(squares: Any, law: Spectrum) -> float:
    values = np.sort(squares)
    levels, grid = law.cdf(values), np.arange(len(values) + 1) / len(values)
    return float(max(np.max(grid[1:] - levels), np.max(levels - grid[:-1])))


def pruned(w: ArrayLike, advice: LayerAdvice) -> Any:
    """The matrix with its rank and shrunk singular values; the shape is that of ``w``."""
    matrix = np.asarray(w, dtype=float)
    flat = matrix.reshape(len(matrix), -1)
    u, values, v = np.linalg.svd(flat, full_matrices=False)
    shrunk = values[: advice.rank]
    if advice.noise:
        shrunk = shrink_singular_values(values, advice.shape, advice.noise)[: advice.rank]
    return ((u[:, : advice.rank] * shrunk) @ v[: advice.rank]).reshape(matrix.shape)
