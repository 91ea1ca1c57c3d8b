"""Pictures of spectra: the density with its edges and atoms, and the density over a histogram of eigenvalues."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.at_atoms import onto_atoms
from resolvent.numeric.spectrum.measure import PointMass, SupportInterval
from resolvent.numeric.style import ATOM, BARS, INK, colour_of_next_line, finish, legend, new_axes, set_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OF_A_LAW = "title-of-a-law"
_MARGIN, ROOM = 0.05, 1.12  # beside the support, in widths; above the highest point
_WIDE = 4.5  # inches: there three words of a legend stand side by side
_LARGEST_DENOMINATOR = 1000
_FEWEST_BARS = 5  # of an interval of the support
_EDGE = 1e-6  # bars: nearer to the support is rounding
_LETTER = 4.6  # points, of the words beside an atom
_SEPARATE = 60  # marks outside the support that are told apart; more are drawn fainter


class Drawn(Protocol):
    """What a picture needs of a spectrum."""

    @property
    def intervals(self) -> tuple[SupportInterval, ...]:
        """The support of the continuous part."""

    @property
    def atoms(self) -> tuple[PointMass, ...]:
        """The atoms."""

    def support(self) -> tuple[float, float]:
        """The ends of the support."""

    def pdf(self, x: ArrayLike) -> Array:
        """The density."""


def density_plot(
    spectrum: Drawn, ax: Axes | None = None, title: str = "", is_filled: bool = True, **style: Any
) -> Axes:
    """Draw the density on its support, and atoms as stems with their mass beside them; returns the axes.

    A density that grows without bound at an edge is cut off there, with an arrow at the top. ``style`` goes to the
    line; laws on the same axes get colours that differ. A ``title`` is that of this law, and goes with the next one.
    Over bars the area below the density need not be filled.
    """
    is_fresh = ax is None or not ax.has_data()
    ax = ax or new_axes()
    shown = None if is_fresh else (ax.get_xlim(), ax.get_ylim())  # before a line to infinity is drawn
    if title or ax.title.get_gid() == _OF_A_LAW:
        set_title(ax, title, gid=_OF_A_LAW)
    style = {"color": colour_of_next_line(ax), "linewidth": 1.6, "zorder": 3, **style}
    curves = [(i.points(800), i) for i in spectrum.intervals]
    heights = [spectrum.pdf(x) for x, _ in curves]
    top = ROOM * max((drawn_height(y, i) for y, (_, i) in zip(heights, curves, strict=True)), default=0.0)
    for y, (x, interval) in zip(heights, curves, strict=True):
        if is_filled:
            ax.fill_between(x, y, color=style["color"], alpha=0.18, linewidth=0, zorder=1)
        ax.plot(x, y, **style)
        style.pop("label", None)
        for edge, exponent in ((interval.left, interval.left_exponent), (interval.right, interval.right_exponent)):
            if exponent is not None and exponent < 0:
                _arrow(ax, edge, style["color"])
    room = 0.0
    if spectrum.atoms:
        heaviest = max(float(atom.weight) for atom in spectrum.atoms)
        unit = top / ROOM or 1.0
        room = _atoms(ax, spectrum, unit, ATOM if is_fresh else style["color"], style.get("label"))
        top = max(top, ROOM * heaviest * unit)
    _limits(ax, spectrum.support(), top, shown, room)
    ax.set_xlabel("$x$")
    ax.set_ylabel(r"density $\rho(x)$" if curves else "mass")
    finish(ax)
    return ax


def drawn_height(density: Array, interval: SupportInterval) -> float:
    """How much of a density is drawn: all of it, unless it has no bound at an edge."""
    exponents = (interval.left_exponent, interval.right_exponent)
    is_bounded = all(e is not None and e >= 0 for e in exponents)
    return float(np.max(density) if is_bounded else np.quantile(density, 0.94))


def _arrow(ax: Axes, edge: float, color: str) -> None:
    """The sign that a density goes on upwards at an edge."""
    ax.plot([edge], [0.985], marker="^", markersize=6, color=color, transform=ax.get_xaxis_transform(), zorder=5,
            linestyle="none", clip_on=False)  # fmt: skip


def _atoms(ax: Axes, spectrum: Drawn, unit: float, color: str, label: str | None) -> float:
    """Stems whose height is the mass, a unit for mass 1, each with its mass as a fraction.

    The words stand on the left where the density would run through them on the right alone; returns the room that they
    take on the left of the support.
    """
    from matplotlib.patheffects import withStroke

    lower, upper = spectrum.support()
    halo = withStroke(linewidth=2.5, foreground="white")  # so that a curve does not strike the words out
    width, room = upper - lower or 1.0, 0.0
    for atom in spectrum.atoms:
        place, weight = float(atom.point), float(atom.weight)
        height = weight * unit
        words = f"mass {_fraction(atom.weight)}"
        long = (_LETTER * len(words) + 7) / (72 * ax.bbox.width / ax.figure.dpi) * width
        is_right = place - lower > 0.8 * (upper - lower)  # there words would leave the picture
        if lower < upper:
            x = np.linspace(-long, long, 100)
            density = spectrum.pdf(place + x)
            if np.max(density[x > 0]) > height >= np.max(density[x < 0]):
                is_right, room = True, max(room, long - (place - lower))
        ax.plot([place, place], [0, height], color=color, linewidth=2.2, zorder=4, solid_capstyle="butt", label=label)
        ax.plot([place], [height], marker="o", markersize=4.5, color=color, zorder=4)
        offset, side = ((-5, 3), "right") if is_right else ((5, 3), "left")
        ax.annotate(words, (place, height), textcoords="offset points", xytext=offset, ha=side, fontsize=8,
                    color=color, zorder=6, path_effects=[halo])  # fmt: skip
        label = None
    return room


def _fraction(weight: Any) -> str:
    """An exact weight as a fraction where that is short, else with four digits."""
    exact = Fraction(int(weight.p), int(weight.q)) if getattr(weight, "is_Rational", False) else None
    return str(exact) if exact is not None and exact.denominator <= _LARGEST_DENOMINATOR else f"{float(weight):.4g}"


def _limits(ax: Axes, support: tuple[float, float], top: float, shown: Any, room: float) -> None:
    """Room round the support, on the left at least that much, and for what was ``shown`` before, None for nothing."""
    lower, upper = support
    margin = _MARGIN * (upper - lower) or 0.5
    left, right, bottom, height = lower - max(margin, 1.2 * room), upper + margin, 0.0, top
    if shown is not None:
        (a, b), (_, c) = shown
        left, right, height = min(left, a), max(right, b), max(height, c)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, height)


def histogram_plot(
    spectrum: Drawn,
    eigenvalues: ArrayLike,
    ax: Axes | None = None,
    label: str = "sampled",
    curve: str = "derived",
) -> Axes:
    """Draw sampled eigenvalues as a histogram with the density on top; returns the axes.

    ``label`` and ``curve`` are what the legend calls the two. Eigenvalues at an atom are left out of the bars (a bar
    would dwarf the density) and counted in the legend; those outside the support are marked one by one on the axis, and
    where they are farther away than the support is wide, counted at the margin. The legend has the number of all.
    """
    ax = ax or new_axes()
    values = np.ravel(np.asarray(eigenvalues, dtype=float))
    lower, upper = spectrum.support()
    width = upper - lower or 1.0
    at_atom = at_atoms(spectrum, values)
    rest = values[~at_atom]
    reach = (lower - width, upper + width)  # shown, where there is something
    bins, bars = histogram(spectrum, values)
    step = float(np.max(np.diff(bins)))
    named = label if not at_atom.any() else f"{label} ({at_atom.sum()} at atoms)"
    ax.bar(bins[:-1], bars, width=np.diff(bins), align="edge", color=BARS, zorder=0, label=named)
    density_plot(spectrum, ax, label=curve, color=INK, is_filled=False)
    ax.set_xlim(min(min(lower, bins[0]) - _MARGIN * width, ax.get_xlim()[0]), max(upper, bins[-1]) + _MARGIN * width)
    ax.set_ylim(0, max(ax.get_ylim()[1], ROOM * bar_height(bars)))
    _mark_outside(ax, rest, (lower, upper), step, reach)
    legend_above(ax)
    return ax


def histogram(spectrum: Drawn, values: Array) -> tuple[Array, Array]:
    """The ends of bars and their heights: shares of all values by width, of those at no atom and not far outside."""
    lower, upper = spectrum.support()
    width = upper - lower or 1.0
    rest = values[~at_atoms(spectrum, values)]
    near = rest[(rest >= lower - width) & (rest <= upper + width)]
    step = width / int(np.clip(np.sqrt(len(rest)), 20, 120))
    before = step * np.ceil(max(0.0, lower - np.min(near, initial=lower)) / step)
    after = step * np.ceil(max(0.0, np.max(near, initial=upper) - upper) / step)
    if lower == upper:  # atoms only
        before = after = step
    bins = _bins(spectrum, step, before, after)
    return bins, np.histogram(near, bins=bins)[0] / max(len(values), 1) / np.diff(bins)


def bar_height(bars: Array) -> float:
    """How much of the bars is drawn: nearly all of them, for one that is narrow may be very high."""
    return float(np.quantile(bars[bars > 0], 0.98)) if np.any(bars) else 0.0


def _bins(spectrum: Drawn, step: float, before: float, after: float) -> Array:
    """Bins that end where the support does, of about the width of a step; narrow intervals have a few of them too.

    A gap that is narrower than half a step is divided in its middle.
    """
    lower, upper = spectrum.support()
    parts = [(lower, lower), *((i.left, i.right) for i in spectrum.intervals), (upper, upper)]
    ends, least = [lower - before, lower], [1]
    for (a, left), (right, b) in pairwise(parts):
        if right - left > step / 2:
            ends += [left, right]
            least += [_FEWEST_BARS, 1]
        elif a < left and right < b:
            ends.append((left + right) / 2)
            least.append(_FEWEST_BARS)
    ends += [upper, upper + after]
    least += [_FEWEST_BARS, 1]
    pieces = [
        np.linspace(a, b, max(count, round((b - a) / step)) + 1)[:-1]
        for (a, b), count in zip(pairwise(ends), least, strict=True)
        if b > a
    ]
    return np.append(np.concatenate(pieces), ends[-1])


def legend_above(ax: Axes) -> None:
    """Name what is drawn above the curve, with room for it; once more where something was added."""
    columns = 3 if ax.bbox.width / ax.figure.dpi >= _WIDE else 2
    before, now = ax.get_legend(), ax.get_legend_handles_labels()[1]
    rows = [-(-n // columns) for n in (len(before.get_texts()) if before else 0, len(now))]
    ax.set_ylim(0, (1 + 0.1 * rows[1]) / (1 + 0.1 * rows[0]) * ax.get_ylim()[1])
    legend(ax, loc="upper center", ncols=columns, columnspacing=1.0, handlelength=1.5)


def at_atoms(spectrum: Drawn, values: Array) -> NDArray[np.bool_]:
    """Which eigenvalues lie at an atom, up to rounding errors."""
    places = [float(atom.point) for atom in spectrum.atoms]
    return np.isin(onto_atoms(values, places, spectrum.support(), spectrum.intervals), places)


def _mark_outside(
    ax: Axes, values: Array, support: tuple[float, float], step: float, reach: tuple[float, float]
) -> None:
    """Marks on the axis for eigenvalues outside the support by a bar; beyond the reach, how many and how far.

    The legend says "by a bar" where others are outside by less.
    """
    outside, near = (values[(values < support[0] - d) | (values > support[1] + d)] for d in (step, _EDGE * step))
    by = "" if len(near) == len(outside) else " by a bar"
    shown = outside[(outside >= reach[0]) & (outside <= reach[1])]
    if len(shown):
        size, opacity = (9, 1.0) if len(shown) <= _SEPARATE else (6, 0.3)
        ax.plot(shown, np.full(len(shown), 0.015), "|", markersize=size, alpha=opacity, markeredgewidth=1.2,
                color=ATOM, transform=ax.get_xaxis_transform(), zorder=6,
                label=f"outside the support{by} ({len(outside)})")  # fmt: skip
    for beyond, place, side, words in (
        (values[values < reach[0]], 0.01, "left", "$\\leftarrow$ {} beyond, down to {:.4g}"),
        (values[values > reach[1]], 0.99, "right", "{} beyond, up to {:.4g} $\\rightarrow$"),
    ):
        if len(beyond):
            farthest = beyond[np.argmax(np.abs(beyond))]
            ax.text(place, 0.79, words.format(len(beyond), farthest), transform=ax.transAxes, ha=side, fontsize=8,
                    color=ATOM)  # fmt: skip
