"""Pictures of spectra: the density with its edges and atoms, and the density over a histogram of eigenvalues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.measure import PointMass, SupportInterval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
INK, FILL, ATOM, _BARS = "#1f3a5f", "#c9d8ea", "#b3452c", "#d9d4c7"


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


def density_plot(spectrum: Drawn, ax: Axes | None = None, **style: Any) -> Axes:
    """Draw the density on its support, with ticks at the edges and stems for atoms (their height is the weight).

    ``style`` goes to the line. Returns the axes.
    """
    ax = ax or new_axes()
    top = 0.0
    for interval in spectrum.intervals:
        x = interval.points(800)
        y = spectrum.pdf(x)
        ax.fill_between(x, y, color=FILL, linewidth=0, zorder=1)
        ax.plot(x, y, **{"color": INK, "linewidth": 1.4, "zorder": 3, **style})
        top = max(top, float(np.quantile(y, 0.98)) * 1.15)
    for atom in spectrum.atoms:
        place, weight = float(atom.point), float(atom.weight)
        height = weight * top if top else weight
        ax.plot([place, place], [0, height], color=ATOM, linewidth=2.2, zorder=4, solid_capstyle="butt")
        ax.annotate(
            f"mass {weight:.4g}", (place, height), textcoords="offset points", xytext=(4, 2), fontsize=8, color=ATOM
        )
    ax.set_ylim(0, top * 1.05 if top else None)
    ax.set_xlabel("$x$")
    ax.set_ylabel(r"$\rho(x)$")
    return ax


def histogram_plot(
    spectrum: Drawn,
    eigenvalues: ArrayLike,
    ax: Axes | None = None,
    label: str = "sampled",
    curve: str = "derived",
) -> Axes:
    """Draw sampled eigenvalues as a histogram with the density on top; returns the axes.

    ``label`` and ``curve`` are what the legend calls the two.

    Eigenvalues at an atom are left out of the bars (a bar would dwarf the density) and counted in the legend.
    """
    ax = ax or new_axes()
    values = np.ravel(np.asarray(eigenvalues, dtype=float))
    lower, upper = spectrum.support()
    width = upper - lower
    at_atom = np.zeros(len(values), dtype=bool)
    for atom in spectrum.atoms:
        at_atom |= np.abs(values - float(atom.point)) < 1e-6 * max(width, 1.0)
    low, high = np.quantile(values, [0.001, 0.999]) if len(values) else (lower, upper)
    span = (min(lower, float(low)), max(upper, float(high)))
    if span[0] == span[1]:  # a single atom, and nothing else
        span = (span[0] - 0.5, span[1] + 0.5)
    rest = values[~at_atom]
    bins = np.linspace(*span, int(np.clip(np.sqrt(len(rest)), 20, 120)) + 1)
    heights, _ = np.histogram(rest, bins=bins)
    bars = heights / max(len(values), 1) / np.diff(bins)
    ax.bar(
        bins[:-1], bars, width=np.diff(bins), align="edge", color=_BARS, zorder=0,
        label=label if not at_atom.any() else f"{label} ({at_atom.sum()} at atoms not drawn)",
    )  # fmt: skip
    density_plot(spectrum, ax, label=curve)
    for patch in ax.collections:
        patch.set_alpha(0.35)
    ax.set_xlim(*span)
    ax.set_ylim(0, max(ax.get_ylim()[1], float(np.max(bars, initial=0.0)) * 1.05))
    ax.legend(frameon=False, fontsize=8)
    return ax


def new_axes() -> Axes:
    """Axes on a figure of their own."""
    from matplotlib.figure import Figure

    return Figure(figsize=(6.4, 4.0), layout="constrained").add_subplot()
