"""Phase diagrams: how the shape of a spectrum depends on two parameters, over a window; the numbers, and the picture.

The candidate curves of `resolvent.derive.phases.phases` cut the window into cells, found on a grid. In each cell the
shape is constant, and the certified skeleton at one rational point of it tells which. A curve is drawn where the shapes
on its two sides differ, and nowhere else. Cells of a few pixels are not examined: they take the shape of their
surroundings.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import sympy
from contourpy import contour_generator
from flint import arb, fmpq
from numpy.typing import NDArray
from scipy import ndimage

from resolvent.derive.border import checked
from resolvent.derive.derivation.latex import expression_latex
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.precision import cached_property, working_precision
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.phases.parameter_line import checked_values, parameter_of, rational_number, simplest_between
from resolvent.derive.phases.phases import Shape, phase_conditions, shape_of
from resolvent.derive.support.support import skeleton
from resolvent.numeric.style import QUIET, legend, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

Grid = NDArray[np.float64]
Codes = NDArray[np.int64]
_INK, _ATOM, _MERGE = "#1f3a5f", "#b3452c", "#5d7a3a"
_SHADES = ("#eef2f7", "#c9d8ea", "#f3e3d3", "#dfe8d3", "#e9dbe8", "#f6efc9", "#d5e6e4", "#ead2cb")
_NO_LAW = "#d9d4c7"
_CHANGES: dict[str, tuple[str, Literal["solid", "dashed"]]] = {
    "an atom appears or vanishes": (_ATOM, "solid"),
    "bulks merge": (_MERGE, "dashed"),
    "an edge reaches the point": (_INK, "solid"),
}
_SMALLEST = 8  # pixels
_BITS = 64  # of the corners of pixels
_ASIDE = 1.5  # pixels from a curve to where the shapes on its sides are looked up
_ROOM = 0.015  # of the window's width, around the letter of a phase


@dataclass(frozen=True)
class Phase:
    """A connected part of the window in which the spectrum has one shape.

    Attributes:
        shape: the shape; None where there is no law.
        samples: the rational points (x, y) at which it was certified, one for each cell between candidate curves.
        label: a point well inside, for a label.
        share: the part of the window's area, estimated on the grid.
        depth: the distance from the label to the phase's border, as a part of the window's width.
        upright: whether the phase is taller than wide around its label.
    """

    shape: Shape | None
    samples: tuple[tuple[fmpq, fmpq], ...]
    label: tuple[float, float]
    share: float
    depth: float
    upright: bool


@dataclass(frozen=True, eq=False)
class PhaseMap:
    """The shapes of a law's spectrum over a window of two parameters.

    Attributes:
        law: the law, with no other free parameters.
        x, y: the names of the two parameters.
        window: ((x_0, x_1), (y_0, y_1)).
        point: the point on the spectral axis that edges are compared with.
        curves: the candidate polynomials in the two parameters.
    """

    law: AlgebraicLaw
    x: str
    y: str
    window: tuple[tuple[fmpq, fmpq], tuple[fmpq, fmpq]]
    point: fmpq
    curves: tuple[sympy.Expr, ...]
    resolution: int

    def __repr__(self) -> str:
        (a, b), (c, d) = [(_float(low), _float(high)) for low, high in self.window]
        where = f"{self.x} from {a:g} to {b:g}, {self.y} from {c:g} to {d:g}"
        return f"<PhaseMap of {self.law}: {where}; {len(self.curves)} candidate curves>"

    @cached_property
    def axes(self) -> tuple[Grid, Grid]:
        """The grid's values of x and of y: the centres of the pixels."""
        n = self.resolution
        steps = (np.arange(n) + 0.5) / n
        (a, b), (c, d) = [(_float(low), _float(high)) for low, high in self.window]
        return a + (b - a) * steps, c + (d - c) * steps

    @cached_property
    def values(self) -> list[Grid]:
        """Each curve's polynomial on the grid, rows along y."""
        return self._values(*np.meshgrid(*self.axes))

    def _values(self, x: Grid, y: Grid) -> list[Grid]:
        """Each curve's polynomial at points."""
        names = sympy.symbols((self.x, self.y))
        table = {s: dict(zip((self.x, self.y), names, strict=True))[s.name] for s in self.law.equation.symbols}
        found = []
        for curve in self.curves:
            function = sympy.lambdify(names, sympy.horner(curve.xreplace(table)), "numpy")
            found.append(np.broadcast_to(np.asarray(function(x, y), dtype=float), x.shape))
        return found

    @cached_property
    def cells(self) -> tuple[Codes, list[tuple[fmpq, fmpq]], list[Shape | None]]:
        """The number of each pixel's cell, and the sample and the shape of every cell."""
        labels = _components([np.signbit(v).astype(np.int64) for v in self.values], self.resolution)
        kept = np.zeros_like(labels) - 1
        samples: list[tuple[fmpq, fmpq]] = []
        shapes: list[Shape | None] = []
        for number in range(labels.max() + 1):
            mask = labels == number
            if mask.sum() < _SMALLEST:
                continue
            row, column, _ = _center(mask)
            samples.append(self._sample(column, row))
            shapes.append(self.shape_at(*samples[-1]))
            kept[mask] = len(samples) - 1
        nearest = ndimage.distance_transform_edt(kept < 0, return_distances=False, return_indices=True)
        return kept[tuple(nearest)], samples, shapes

    @cached_property
    def phases(self) -> tuple[Phase, ...]:
        """The connected parts of the window with one shape, largest first."""
        cells, samples, shapes = self.cells
        parts = _components([self.codes], self.resolution)
        found = []
        for number in range(parts.max() + 1):
            mask = parts == number
            inside = [int(k) for k in np.unique(cells[mask])]
            row, column, depth = _center(mask)
            label = (float(self.axes[0][column]), float(self.axes[1][row]))
            upright = bool(mask[:, column].sum() > mask[row].sum())
            points = tuple(samples[k] for k in inside)
            share = float(mask.mean())
            found.append(Phase(shapes[inside[0]], points, label, share, depth / self.resolution, upright))
        return tuple(sorted(found, key=lambda phase: -phase.share))

    @cached_property
    def codes(self) -> Codes:
        """A number for the shape of each pixel; equal shapes have equal numbers."""
        cells, _, shapes = self.cells
        distinct = list(dict.fromkeys(shapes))
        return np.array([distinct.index(s) for s in shapes], dtype=np.int64)[cells]

    def shape_at(self, x: Any, y: Any) -> Shape | None:
        """The certified shape at rational values of the two parameters; None where there is no law."""
        values = {self.x: rational_number(x, self.x), self.y: rational_number(y, self.y)}
        used = {name: v for name, v in values.items() if name in {s.name for s in self.law.parameters}}
        try:
            return shape_of(skeleton(self.law.at(**used).equation), self.point)
        except (ParameterError, DerivationError):
            return None

    def _sample(self, column: int, row: int) -> tuple[fmpq, fmpq]:
        """The simplest point of a pixel, where no curve parts it from the centre, by which pixels belong to cells.

        Else a simple one next to the centre.
        """
        signs = [np.signbit(v[row, column]) for v in self.values]
        for part in (1, 1000):
            x, y = (self._rational(axis, index, part) for axis, index in enumerate((column, row)))
            there = self._values(np.array([_float(x)]), np.array([_float(y)]))
            if [np.signbit(v[0]) for v in there] == signs:
                break
        return x, y

    def _rational(self, axis: int, index: int, part: int) -> fmpq:
        """The simplest number in that part of a pixel which lies around its middle: in all of it for 1."""
        low, high = self.window[axis]
        step = (high - low) / self.resolution
        middle, reach = low + step * fmpq(2 * index + 1, 2), step / (2 * part)
        with working_precision(_BITS):
            return simplest_between(arb(middle - reach), arb(middle + reach))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the phases, with letters that a key explains, and the curves between them; returns the axes."""
        return _draw(self, ax)


@checked
def phase_map(
    law: AlgebraicLaw,
    x: str,
    y: str,
    window: Sequence[Sequence[Any]],
    point: Any = 0,
    resolution: int = 200,
    **others: Any,
) -> PhaseMap:
    """The phases of a law over a window of two of its parameters.

    Args:
        law: a law with these parameters.
        x, y: the names of two different parameters.
        window: ((x_0, x_1), (y_0, y_1)), rational numbers.
        point: a rational number on the spectral axis; shapes tell on which side of it edges and atoms are.
        resolution: how many pixels the grid has along each axis.
        others: rational values of all other parameters.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
    >>> c, t = sympy.symbols("c t", positive=True)
    >>> found = phase_map(semicircle(t) + marchenko_pastur(c), "c", "t", ((0, 1), (0, 1)), resolution=60)
    >>> [phase.shape.describe() for phase in found.phases]
    ['1 bulk, lower end < 0', '1 bulk, lower end > 0']

    Raises `ParameterError` for unknown or missing parameters, for values that are not rational, and for empty windows.
    """
    names = [parameter_of(law, name).name for name in (x, y)]
    if names[0] == names[1]:
        raise ParameterError("the two parameters of a phase diagram must differ", name=x)
    if isinstance(resolution, bool) or not isinstance(resolution, int) or not 10 <= resolution <= 2000:
        raise ParameterError(f"the resolution must be an integer from 10 to 2000; got {resolution!r}")
    free = [name for name in names if name in others]
    if free:
        raise ParameterError(f"{free[0]} is a parameter of the diagram; give no value for it", name=free[0])
    law = law.at(**checked_values(law, others))
    missing = [s.name for s in law.equation.symbols if s.name not in names]
    if missing:
        raise ParameterError(
            f"values are needed for all other parameters; missing: {', '.join(missing)}", missing=tuple(missing)
        )
    curves = tuple(condition.polynomial for condition in phase_conditions(law, point, lines=0))
    sides = _window(window)
    return PhaseMap(law, names[0], names[1], sides, rational_number(point, "the point"), curves, resolution)


@checked
def phase_diagram(
    law: AlgebraicLaw,
    x: str,
    y: str,
    window: Sequence[Sequence[Any]],
    ax: Axes | None = None,
    point: Any = 0,
    resolution: int = 200,
    **others: Any,
) -> Axes:
    """Draw the phases of a law over a window of two of its parameters; returns the axes.

    The arguments are those of `phase_map`, and so are the errors.
    """
    return phase_map(law, x, y, window, point, resolution, **others).plot(ax)


def _window(window: Sequence[Sequence[Any]]) -> tuple[tuple[fmpq, fmpq], tuple[fmpq, fmpq]]:
    try:
        (a, b), (c, d) = window
    except (TypeError, ValueError):
        raise ParameterError(f"the window must be ((x_0, x_1), (y_0, y_1)); got {window!r}", window=window) from None
    ends = [rational_number(v, "an end of the window") for v in (a, b, c, d)]
    if not (ends[0] < ends[1] and ends[2] < ends[3]):
        raise ParameterError(f"the window is empty: {window!r}", window=window)
    return (ends[0], ends[1]), (ends[2], ends[3])


# -- the grid --------------------------------------------------------------------------------------------------


def _float(value: fmpq) -> float:
    return int(value.p) / int(value.q)


def _components(layers: Sequence[Codes], n: int) -> Codes:
    """Numbers 0, 1, ... of the connected parts of a square grid on which all layers are constant."""
    joint = np.zeros((n, n), dtype=np.int64)
    for layer in layers:
        _, joint = np.unique(joint * (int(layer.max()) + 1) + layer, return_inverse=True)
        joint = joint.reshape(n, n)
    labels = np.zeros((n, n), dtype=np.int64)
    total = 0
    for code in range(joint.max() + 1):
        parts, count = ndimage.label(joint == code)
        labels[parts > 0] = parts[parts > 0] + total - 1
        total += count
    return labels


def _center(mask: NDArray[np.bool_]) -> tuple[int, int, float]:
    """The row and column of the pixel farthest from the outside of a mask, and how far that is, in pixels."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(depth)), mask.shape)
    return int(row), int(column), float(depth[row, column])


def _change(a: Shape | None, b: Shape | None) -> str | None:
    """What happens between two shapes, as the picture shows it."""
    if a is None or b is None or a == b:
        return None
    if a.atoms != b.atoms:
        return "an atom appears or vanishes"
    return "bulks merge" if a.intervals != b.intervals else "an edge reaches the point"


def _changes(found: PhaseMap, number: int, line: Grid) -> list[str | None]:
    """What changes across a curve at the points of a line along which its polynomial vanishes.

    The shapes are those of the pixels on either side. Where another curve passes between them nothing can be said: such
    points have what the nearest of the others has, so that a curve goes on to where it meets the next.
    """
    n = found.resolution
    low, step = np.array([(axis[0], axis[1] - axis[0]) for axis in found.axes]).T
    pixels = (line - low) / step
    along = np.gradient(pixels, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.maximum(np.hypot(*along.T), 1e-300)[:, None]
    sides = [np.clip(np.rint(pixels + s * _ASIDE * across).astype(int), 0, n - 1) for s in (1, -1)]
    (x, y), (u, v) = (side.T for side in sides)
    signs = [np.signbit(values) for values in found.values]
    turning = np.array([s[y, x] != s[v, u] for s in signs])
    known = turning[number] & (turning.sum(axis=0) == 1)
    if not known.any():
        return [None] * len(line)
    places = np.arange(len(line))
    nearest = places[known][np.argmin(np.abs(places[:, None] - places[known]), axis=1)]
    cells, _, shapes = found.cells
    return [_change(shapes[cells[y[k], x[k]]], shapes[cells[v[k], u[k]]]) for k in nearest]


def _pieces(found: PhaseMap) -> Iterator[tuple[str, Grid]]:
    """The pieces of the curves across which something changes, and what."""
    for number, values in enumerate(found.values):
        for corners in contour_generator(*found.axes, values).lines(0.0):
            line = np.asarray(corners, dtype=float)
            if len(line) < 2:
                continue
            changes = _changes(found, number, line)
            for change, group in groupby(range(len(line)), key=lambda k: changes[k]):
                inside = list(group)
                if change is not None:
                    yield change, line[inside[0] : inside[-1] + 2]


# -- the picture -----------------------------------------------------------------------------------------------


def _draw(found: PhaseMap, ax: Axes | None) -> Axes:
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    ax = ax or new_axes((6.4, 5.4))
    _, _, shapes = found.cells
    distinct = list(dict.fromkeys(shapes))
    shades = iter(_SHADES * (len(distinct) // len(_SHADES) + 1))
    colours = [_NO_LAW if shape is None else next(shades) for shape in distinct]
    x, y = found.axes
    ax.pcolormesh(x, y, found.codes, cmap=ListedColormap(colours), vmin=-0.5, vmax=len(distinct) - 0.5, zorder=0,
                  rasterized=True)  # fmt: skip  # so that an SVG has no seams between the pixels
    drawn: dict[str, Line2D] = {}
    for change, line in _pieces(found):
        colour, style = _CHANGES[change]
        text = change.replace("the point", str(found.point))
        (drawn[text],) = ax.plot(*line.T, color=colour, linestyle=style, linewidth=1.6, zorder=3, label=text)
    names = dict(zip(dict.fromkeys(phase.shape for phase in found.phases), string.ascii_uppercase, strict=False))
    for phase in found.phases:
        if phase.depth >= _ROOM:
            size = 9 if phase.depth >= 2 * _ROOM else 7
            ax.annotate(names[phase.shape], phase.label, ha="center", va="center", fontsize=size, color=_INK, zorder=4)
    shade = dict(zip(distinct, colours, strict=True))
    key = [
        Patch(facecolor=shade[shape], edgecolor=QUIET, linewidth=0.5, label=f"{name}  {_words(found, shape)}")
        for shape, name in names.items()
    ]
    legend(ax, handles=[*key, *drawn.values()], loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
    (a, b), (c, d) = [(_float(low), _float(high)) for low, high in found.window]
    ax.set_xlim(a, b)
    ax.set_ylim(c, d)
    ax.set_xlabel(_name(found.x))
    ax.set_ylabel(_name(found.y))
    return ax


def _words(found: PhaseMap, shape: Shape | None) -> str:
    return "no law" if shape is None else shape.in_words(found.point)


def _name(parameter: str) -> str:
    return f"${expression_latex(sympy.Symbol(parameter))}$"
