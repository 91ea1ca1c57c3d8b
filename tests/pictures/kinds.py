"""One small picture of each kind, without letters; `python -m tests.pictures.kinds` writes them as the baseline.

Letters are left out, and the axes' places are fixed, so that other fonts and versions of matplotlib draw the same: what
the letters say is tested where each picture is. Open what was written before it becomes the baseline.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text

import resolvent as rv
from resolvent.catalog.entries.gradient_flow import two_classes
from resolvent.data.pruning import advise_pruning
from resolvent.data.stopping import advise_stopping
from resolvent.numeric.pictures.branch_plots import plane_portrait, sheet_plot

BASELINE = Path(__file__).parent / "baseline"
SIZE, DPI = (3.2, 2.4), 60


def _axes() -> tuple[Figure, matplotlib.axes.Axes]:
    figure = Figure(figsize=SIZE)
    return figure, figure.add_axes((0.1, 0.12, 0.85, 0.8))


def density() -> Figure:
    """A density with two bulks and an atom."""
    figure, ax = _axes()
    rv.Spectrum(rv.marchenko_pastur(4) + rv.atoms([0, 6], ["2/3", "1/3"])).plot(ax)
    return figure


def hard_edge() -> Figure:
    """A density without bound at 0, next to another law."""
    figure, ax = _axes()
    rv.Spectrum(rv.marchenko_pastur(1)).plot(ax)
    rv.Spectrum(rv.semicircle()).plot(ax)
    return figure


def histogram() -> Figure:
    """Eigenvalues at the quantiles of a law that has an atom, with outliers near and far."""
    figure, ax = _axes()
    rho = rv.Spectrum(rv.marchenko_pastur(2))
    values = np.append(rho.ppf((np.arange(400) + 0.5) / 400), [7.0, 8.5, 40.0])
    rv.compare(np.where(values < 1e-9, 0, values), rho).plot(ax)
    return figure


def verdict() -> Figure:
    """Sampled matrices over their law."""
    figure, ax = _axes()
    rv.verify(rv.catalog["semicircle"], params={"variance": 2}, size=60, trials=10).plot(ax)
    return figure


def phases() -> Figure:
    """The phases of a noisy Wishart matrix."""
    figure, ax = _axes()
    c, t = rv.parameter("c", positive=True), rv.parameter("t", positive=True)
    rv.phase_diagram(rv.semicircle(t) + rv.marchenko_pastur(c), "c", "t", ((0, 2), (0, "1/2")), ax, resolution=60)
    return figure


def _two_projections() -> rv.Spectrum:
    return rv.Spectrum(rv.atoms([0, 1], ["2/3", "1/3"]) + rv.atoms([0, 1], ["3/4", "1/4"]))


def sheets() -> Figure:
    """The real sheets of a sum of two projections."""
    figure, ax = _axes()
    sheet_plot(_two_projections(), ax, part="real")
    return figure


def portrait() -> Figure:
    """Its transform in the plane."""
    figure, ax = _axes()
    plane_portrait(_two_projections(), ax, window=(-0.5, 2.5, 1.0))
    return figure


def graphs() -> Figure:
    """The graphs of a second moment."""
    return rv.graph_sheet(2)


def spacings() -> Figure:
    """Spacings of a Gaussian matrix against three laws."""
    figure, ax = _axes()
    a = np.random.default_rng(3).standard_normal((300, 300))
    values = np.linalg.eigvalsh(a + a.T)
    rv.compare_spacings(rv.smooth_cdf(values), values).plot(ax)
    return figure


def ridge() -> Figure:
    """Risk, bias and variance against the ratio."""
    figure, ax = _axes()
    rv.RidgeRegression(1, np.linspace(0.1, 3, 60)).plot(0.1, ax)
    return figure


def flow() -> Figure:
    """Errors of gradient flow against the time."""
    figure, ax = _axes()
    rv.GradientFlow(2, 1, initial=0.1).plot(np.geomspace(0.1, 10, 30), ax)
    return figure


def pruning() -> Figure:
    """Squared singular values of a layer with two directions beyond the noise."""
    rng = np.random.default_rng(4)
    w = rng.standard_normal((120, 80)) + 30 * np.outer(rng.standard_normal(120), rng.standard_normal(80)) / 100
    return advise_pruning({"w": w}).plot()


def spin_glass() -> Figure:
    """The complexities of the critical points of a spin glass, by their index."""
    figure, ax = _axes()
    rv.SpinGlass(3).plot(3, ax)
    return figure


def stopping() -> Figure:
    """The test error over the steps of a descent, on two classes."""
    figure, ax = _axes()
    x, y, _ = two_classes(120, np.random.default_rng(2), c=1.0, rho=2.0)
    advise_stopping(x, y, rate=0.02, initial=0.5).plot(ax)
    return figure


def fit() -> Figure:
    """Eigenvalues at the quantiles of a law under the fitted density, with one that sticks out."""
    figure, ax = _axes()
    values = rv.Spectrum(rv.marchenko_pastur("1/2")).ppf((np.arange(200) + 0.5) / 200)
    rv.fit(np.append(values, 6.0), rv.marchenko_pastur(rv.parameter("c", positive=True))).plot(ax)
    return figure


def imaginary_sheets() -> Figure:
    """The imaginary parts of the sheets of two projections."""
    figure, ax = _axes()
    sheet_plot(_two_projections(), ax, part="imag")
    return figure


KINDS: dict[str, Callable[[], Figure]] = {
    f.__name__: f
    for f in (density, hard_edge, histogram, verdict, fit, phases, sheets, imaginary_sheets, portrait, graphs, spacings,
              ridge, flow, stopping, pruning, spin_glass)
}  # fmt: skip


def save(figure: Figure, path: Path) -> None:
    """Write a picture without its letters, on a canvas of the size that all have."""
    FigureCanvasAgg(figure)
    figure.set_layout_engine("none")
    figure.set_size_inches(*SIZE)
    for artist in (*figure.findobj(Text), *figure.findobj(Legend)):
        artist.set_visible(False)
    with matplotlib.rc_context({"figure.dpi": DPI}):
        figure.savefig(path, dpi=DPI, metadata={"Software": None})


def main() -> None:
    """Write the baseline."""
    BASELINE.mkdir(exist_ok=True)
    for name, draw in KINDS.items():
        save(draw(), BASELINE / f"{name}.png")


if __name__ == "__main__":
    main()
