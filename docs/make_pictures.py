"""Make the pictures of the user guide: `make pictures`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import resolvent as rv
from resolvent.numeric.pictures.branch_plots import plane_portrait, sheet_plot
from resolvent.numeric.spectrum.density_plot import legend_above
from resolvent.numeric.style import BARS, INK, LINES, finish, legend, set_title

HERE = Path(__file__).parent / "pictures"
TITLES = {"model": "Matrices of the model", "network": "Hessians of real networks"}


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
        set_title(axes, f"{TITLES[sampler]}: {result.verdict}")
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
        set_title(axes, f"{'centred' if centred else 'not centred'} ReLU: {result.verdict}")
    return figure


def jacobian() -> Figure:
    """Jacobians of real networks against their law, and the law of a hundred layers, of jacobian.md."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    entry = rv.catalog.get("jacobian")
    left, right = figure.subplots(1, 2)
    settings = {"depth": 3, "activation": "tanh", "sigma_w": "6/5", "q": 1}
    rho = rv.Spectrum(entry.at(**settings))
    values = np.concatenate([np.linalg.eigvalsh(entry.sample(600, k, **settings)) for k in range(4)])
    left.hist(np.log10(values), bins=60, density=True, color=BARS, label="sampled, width 600")
    x = np.geomspace(values.min(), 0.9999 * rho.support()[1], 600)
    left.plot(np.log10(x), rho.pdf(x) * x * np.log(10), color=INK, label="derived")
    left.set(xlabel=r"$\log_{10} x$, $x$ an eigenvalue of $J J^\top$", ylabel="density in the logarithm")
    set_title(left, "Three layers of tanh")
    legend(left, loc="upper left")
    for depth, colour in zip((1, 10, 100), LINES, strict=False):
        deep = rv.Spectrum(entry.at(depth=depth, sigma_w=1, p=1))
        x = np.geomspace(1e-60, 0.999999 * deep.support()[1], 2000)
        right.plot(np.log10(x), deep.cdf(x), color=colour, label=f"$L = {depth}$")
    right.set(xlabel=r"$\log_{10} x$", ylabel="share of eigenvalues below $x$")
    set_title(right, "Linear networks of depth $L$")
    legend(right)
    finish(left)
    finish(right)
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
        set_title(axes, f"$c_1 = {params['c1']}$, $c_2 = {params['c2']}$")
    return figure


def components() -> Figure:
    """Three components beyond the noise, of how-many-components.md."""
    rng = np.random.default_rng(1)
    loadings = rng.normal(size=(400, 3)) * [0.17, 0.1, 0.06]
    x = loadings @ rng.normal(size=(3, 800)) + rng.normal(size=(400, 800))
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    rv.compare(x, rv.marchenko_pastur("1/2"), singular=True).plot(figure.add_subplot())
    return figure


def cleaning() -> Figure:
    """Cleaned eigenvalues, of clean-my-covariance.md."""
    population = np.repeat([1.0, 3.0, 10.0], [60, 120, 120])
    x = np.sqrt(population)[:, None] * np.random.default_rng(2).normal(size=(300, 600))
    values, vectors = np.linalg.eigh(x @ x.T / 600)
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    best = np.einsum("ik,i,ik->k", vectors, population, vectors)
    axes.plot(values, best, ".", markersize=4, color="0.6", label="best for these eigenvectors")
    axes.plot(values, rv.shrink(values, "1/2"), color=INK, label="cleaned")
    axes.plot(values, values, "--", linewidth=1, color=LINES[1], label="sample")
    axes.set_xlabel("eigenvalue of the sample")
    axes.set_ylabel("eigenvalue of the estimate")
    legend(axes)
    finish(axes)
    return figure


def noise() -> Figure:
    """Series with a correlation in time against two laws, of is-this-noise.md."""
    steps = np.random.default_rng(4).normal(size=(500, 1000))
    series = steps.copy()
    for t in range(1, 1000):
        series[:, t] = 0.3 * series[:, t - 1] + np.sqrt(1 - 0.3**2) * steps[:, t]
    density = (1 - 0.3**2) / (1 + 0.3**2 - 0.6 * np.cos(np.pi * (np.arange(2000) + 0.5) / 2000))
    own = rv.empirical([1.0]).doubly_correlated_wishart(rv.empirical(density), "1/2")
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    for axes, law, name in zip(
        figure.subplots(1, 2),
        (rv.marchenko_pastur("1/2"), own),
        ("independent samples", "correlated samples"),
        strict=True,
    ):
        found = rv.compare(series, law, singular=True)
        found.plot(axes).lines[0].set_label("law")
        legend_above(axes)
        set_title(axes, f"{name}: {found.verdict}")
    return figure


def law_fit() -> Figure:
    """A law with the right scale and one that is three per cent off, of does-my-law-fit.md."""
    x = 1.5 * np.random.default_rng(5).normal(size=(500, 1250))
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    for axes, sigma in zip(figure.subplots(1, 2), ("3/2", "31/20"), strict=True):
        found = rv.compare(x, rv.marchenko_pastur("2/5", sigma), singular=True)
        found.plot(axes)
        set_title(axes, rf"$\sigma = {sigma}$: {found.verdict}")
    return figure


def main() -> None:
    """Write every picture."""
    HERE.mkdir(exist_ok=True)
    simulated = (hessian, gram, jacobian, fisher)
    for make in (spectrum, graphs, phases, sheets, *simulated, components, cleaning, noise, law_fit):
        make().savefig(HERE / f"{make.__name__}.png", dpi=110)


if __name__ == "__main__":
    main()
