"""Make the pictures of the user guide: `make pictures`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import resolvent as rv
from resolvent.numeric.pictures.branch_plots import plane_portrait, sheet_plot

HERE = Path(__file__).parent / "pictures"


def spectrum() -> Figure:
    """The density of spectrum.md."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    law = rv.semicircle("1/10") + rv.marchenko_pastur(3)
    rv.Spectrum(law).plot(figure.add_subplot())
    return figure


def hessian() -> Figure:
    """Both samplers of the Hessian against its law."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    entry = rv.catalog.get("hessian")
    params = {"phi": "1/2", "eps": 1, "sigma": 1}
    for axes, (sampler, size) in zip(figure.subplots(1, 2), (("model", 800), ("network", 24)), strict=True):
        result = rv.verify(entry, params=params, sampler=sampler, size=size)
        result.plot(axes)
        axes.set_title(f"{sampler}: {result.verdict}", fontsize=10)
    return figure


def graphs() -> Figure:
    """The admissible graphs of graphs.md."""
    return rv.graph_sheet(3)


def gram() -> Figure:
    """Features of a centred and of an uncentred ReLU against their law."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    entry = rv.catalog.get("nonlinear-gram")
    for axes, centred in zip(figure.subplots(1, 2), (1, 0), strict=True):
        params = {"phi": "3/4", "psi": "3/2", "activation": "relu", "centred": centred}
        result = rv.verify(entry, params=params, size=600)
        result.plot(axes)
        axes.set_title(f"{'centred' if centred else 'not centred'} ReLU: {result.verdict}", fontsize=10)
    return figure


def jacobian() -> Figure:
    """Jacobians of real networks against their law, and the law of a hundred layers, of jacobian.md."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    entry = rv.catalog.get("jacobian")
    left, right = figure.subplots(1, 2)
    settings = {"depth": 3, "activation": "tanh", "sigma_w": "6/5", "q": 1}
    rho = rv.Spectrum(entry.at(**settings))
    values = np.concatenate([np.linalg.eigvalsh(entry.sample(600, k, **settings)) for k in range(4)])
    left.hist(np.log10(values), bins=60, density=True, color="#d9d4c7")
    x = np.geomspace(values.min(), 0.9999 * rho.support()[1], 600)
    left.plot(np.log10(x), rho.pdf(x) * x * np.log(10), color="#1f3a5f")
    left.set(title="three layers of tanh, width 600", xlabel="log10 of an eigenvalue of J J^T", yticks=[])
    for depth, colour in ((1, "#4f7fb5"), (10, "#2f7d5b"), (100, "#b3452c")):
        deep = rv.Spectrum(entry.at(depth=depth, sigma_w=1, p=1))
        x = np.geomspace(1e-60, 0.999999 * deep.support()[1], 2000)
        right.plot(np.log10(x), deep.cdf(x), color=colour, label=f"L = {depth}")
    right.set(title="linear networks: share of eigenvalues below x", xlabel="log10 x")
    right.legend(frameon=False)
    return figure


def phases() -> Figure:
    """The phases of the Hessian, of phases.md."""
    figure = Figure(figsize=(6.4, 4.4), layout="constrained")
    law = rv.catalog.get("hessian").law()
    rv.phase_diagram(law, "phi", "eps", (("1/20", 3), ("1/50", 1)), ax=figure.add_subplot(), sigma=1)
    return figure


def sheets() -> Figure:
    """The sheets and the portrait of a sum of two projections, of plots.md."""
    figure = Figure(figsize=(6.4, 7.2), layout="constrained")
    rho = rv.Spectrum(rv.atoms([0, 1], ["2/3", "1/3"]) + rv.atoms([0, 1], ["3/4", "1/4"]))
    upper, lower = figure.subplots(2, 1)
    sheet_plot(rho, upper, part="real")
    plane_portrait(rho, lower, window=(-0.5, 2.5, 1.0))
    return figure


def fisher() -> Figure:
    """The Fisher spectra of linear networks, of closed-forms.md."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    entry = rv.catalog.get("fisher-linear")
    settings = ({"c1": 1, "c2": 1}, {"c1": "1/2", "c2": "1/3"})
    for axes, params in zip(figure.subplots(1, 2), settings, strict=True):
        result = rv.verify(entry, params=params, size=24)
        result.plot(axes)
        axes.set_title(f"c1 = {params['c1']}, c2 = {params['c2']}: {result.verdict}", fontsize=10)
    return figure


def main() -> None:
    """Write every picture."""
    HERE.mkdir(exist_ok=True)
    for make in (spectrum, hessian, graphs, gram, jacobian, phases, sheets, fisher):
        make().savefig(HERE / f"{make.__name__}.png", dpi=110)


if __name__ == "__main__":
    main()
