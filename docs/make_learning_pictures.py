"""Make the pictures of learning-curves.md, and those of kernels and a gradient step in jacobian.md: `make pictures`."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import resolvent as rv
from resolvent.catalog.entries.gradient_flow import flow
from resolvent.catalog.networks.feature_copies import crossed
from resolvent.catalog.networks.gradient_step import gradient_step
from resolvent.catalog.networks.tangent_kernel import random_kernel
from resolvent.numeric.spectrum.density_plot import density_plot, histogram_plot
from resolvent.numeric.style import BARS, LINES, finish, legend, set_title

HERE = Path(__file__).parent / "pictures"


def ridge() -> Figure:
    """Risk against p/n at three ridges with real regressions, and a ridge that is best below 0."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    g, seen = np.geomspace(0.1, 10, 200), np.geomspace(0.15, 8, 9)
    quantity = rv.catalog.get("ridge").quantity("risk")
    for colour, ridge in zip(LINES, (0.001, 0.1, 1.0), strict=False):
        left.semilogx(g, rv.RidgeRegression(1, g, 1.0, 0.25).risk(ridge), color=colour, label=f"ridge {ridge:g}")
        runs = [np.mean([quantity.run(200, s, g=float(x), ridge=ridge, signal=1, noise="1/4") for s in range(4)])
                for x in seen]  # fmt: skip
        left.plot(seen, runs, "o", color=colour, markersize=4)
    left.set(xlabel="$p/n$", ylabel="risk", ylim=(0, 3))
    set_title(left, "Isotropic data; points: regressions, $p = 200$")
    strong = rv.RidgeRegression([10] * 20 + [1] * 180, 3, [1] * 20 + [0] * 180, 0)
    ridges = np.linspace(strong.smallest_ridge + 0.02, 1.5, 300)
    strong.plot(ridges, right)
    right.lines[0].set(linewidth=4, alpha=0.35)  # the bias, nearly all of the risk, lies on it
    right.axvline(strong.best().ridge, color=LINES[4], linewidth=0.8, label="best ridge")
    right.set_ylabel("risk")
    set_title(right, "A strong aligned signal: the best ridge is negative")
    for axes in (left, right):
        finish(axes)
        legend(axes)
    return figure


def descent() -> Figure:
    """The risk of random features and its parts, and of tangent kernels, against the width."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    psi = np.geomspace(0.2, 30, 160)
    errors = rv.random_feature_errors("relu", psi, 3, 1e-3, noise=0.1)
    left.loglog(psi, errors.risk, color=LINES[0], label="risk")
    for colour, name in zip(LINES[1:], ("approximation", "bias", "variance"), strict=False):
        left.loglog(psi, np.maximum(getattr(errors, name), 1e-6), color=colour, linestyle="--", label=name)
    left.set(xlabel="features over inputs", ylabel="risk", ylim=(1e-3, 10))
    set_title(left, "Random features of a ReLU, $n/d = 3$")
    samples = np.geomspace(0.2, 12, 120)
    for colour, scale in zip(LINES, ("1/20", "1/4", "1"), strict=False):
        risk = rv.tangent_kernel_errors("erf", 4, samples, 1e-6, noise=0.2, sigma_w=scale).risk
        right.semilogx(samples, risk, color=colour, label=rf"$\sigma_w = {scale}$")
    right.set(xlabel="samples over inputs", ylabel="risk")
    set_title(right, "Tangent kernel of erf, $N/d = 4$, ridge $10^{-6}$")
    for axes in (left, right):
        finish(axes)
        legend(axes)
    return figure


def variance() -> Figure:
    """The parts of the risk of random features against the width with real networks, and against the samples."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    names = list(rv.FeatureVariances.__dataclass_fields__)
    psi, seen = np.geomspace(0.2, 20, 120), np.geomspace(0.3, 14, 7)
    parts = rv.random_feature_variances("relu", psi, 2, 1e-2, noise=0.2)
    runs = [crossed(rv.activation("relu"), 120, np.random.default_rng(0), float(x), 2, 1e-2, 0.2) for x in seen]
    samples = np.geomspace(0.2, 60, 200)
    wide = rv.random_feature_variances("erf", 10, samples, 1e-5, noise=0.2, sigma_w="1/4")
    for colour, name in zip(LINES, names, strict=False):
        label = name.replace("_", ", ")
        left.semilogx(psi, getattr(parts, name), color=colour, label=label)
        left.plot(seen, [run[name] for run in runs], "o", color=colour, markersize=4)
        right.semilogx(samples, getattr(wide, name), color=colour, label=label)
    left.set(xlabel="features over inputs")
    set_title(left, "ReLU, $n/d = 2$; points: networks, $d = 120$")
    right.set(xlabel="samples over inputs")
    set_title(right, "erf, $N/d = 10$, small weights")
    for axes in (left, right):
        finish(axes)
    left.set_ylabel("part of the risk")
    legend(right, loc="upper right")
    return figure


def gradient_flow() -> Figure:
    """Errors over time with real flows, and the best moment to stop."""
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.add_subplot()
    curve = rv.GradientFlow(1, 2, initial=0.5)
    curve.plot(np.geomspace(0.05, 60, 200), axes)
    for time in np.geomspace(0.1, 40, 8):
        w, _, _, mu = flow(400, np.random.default_rng(0), 1.0, 2.0, 0.0, 0.5, float(time))
        seen = math.erfc(float(mu @ w / np.linalg.norm(w)) / 2**0.5) / 2
        axes.plot(time, seen, "o", color=LINES[0], markersize=4)
    set_title(axes, "Two classes, $p = n$; points: a flow with $p = 400$")
    return figure


def spin_glass() -> Figure:
    """Complexities next to the threshold."""
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    rv.SpinGlass(3).plot(3, figure.add_subplot())
    return figure


def gauss_newton() -> Figure:
    """Eigenvalues of a real Gauss-Newton matrix, its law, and the Wishart law of the same mean."""
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.add_subplot()
    kernel = random_kernel(28, 28, 28, 112, np.random.default_rng(0), rv.activation("relu", centred=True))
    values = np.linalg.eigvalsh(kernel.gauss_newton())
    bins = np.linspace(0, 2, 60)
    shares = np.full(
        len(values), 1 / len(values) / (bins[1] - bins[0])
    )  # of all eigenvalues, those beyond 2 among them
    axes.hist(values, bins=bins, weights=shares, color=BARS, label="network of width 28")
    law = rv.catalog.get("network-gauss-newton").law(phi="1/2", sigma_1=1, sigma_2=1)
    density_plot(rv.Spectrum(law), axes, is_filled=False, label="network-gauss-newton")
    wishart = rv.Spectrum(rv.catalog.get("hessian-h0").law(phi="1/2", sigma=str(round(float(np.mean(values)), 6))))
    density_plot(wishart, axes, is_filled=False, linestyle="--", label="Wishart matrix of the same mean")
    axes.set(xlim=(-0.05, 2), ylim=(0, 6))
    legend(axes)
    return figure


def kernels() -> Figure:
    """Conjugate kernels of one and three layers, and a tangent kernel, with those of real networks."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    conjugate, tangent = rv.catalog.get("conjugate-kernel"), rv.catalog.get("tangent-kernel")
    ratios = {"gamma": "1/2", "c": "3/4"}
    layers = {"b2": "4/5", "gamma": "1/2", "c": 3}
    deep = conjugate.sample(600, 0, depth=3, **layers)
    left.hist(np.linalg.eigvalsh(deep), bins=60, density=True, color=BARS, label="network of three layers")
    for depth in (1, 3):
        rho = rv.Spectrum(conjugate.at(depth=depth, **layers))
        density_plot(rho, left, is_filled=False, label=f"conjugate kernel, depth {depth}")
    left.set(xlim=(-0.1, 4), ylim=(0, 2.5), xlabel="eigenvalue")
    legend(left)
    values = np.linalg.eigvalsh(tangent.sample(600, 0, activation="erf", **ratios))
    rho = rv.Spectrum(tangent.at(activation="erf", **ratios))
    histogram_plot(rho, values, right, "network with one hidden layer of erf", "tangent kernel")
    right.set_xlabel("eigenvalue")
    return figure


def one_step() -> Figure:
    """Singular values of a first layer after a gradient step, below and above the threshold."""
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    entry, c = rv.catalog.get("one-step"), 2
    bulk = rv.Spectrum(entry.law(c=c))
    for axes, rate in zip(figure.subplots(1, 2), (2, 8), strict=True):
        matrix = entry.sample(800, 0, c=c, samples=4, rate=rate, noise="1/5")
        values = np.sqrt(np.maximum(np.linalg.eigvalsh(matrix), 0))
        axes.hist(values[values > 1e-6], bins=60, weights=np.full(int(np.sum(values > 1e-6)), 1 / 800) * 60
                  / np.ptp(values[values > 1e-6]), color=BARS, label="real step, N = 800")  # fmt: skip
        s = np.linspace(bulk.intervals[0].left ** 0.5, bulk.intervals[0].right ** 0.5, 300)
        axes.plot(s, 2 * s * bulk.pdf(s**2), color=LINES[0], label="the first layer before")
        step = gradient_step("tanh", "relu", rate=rate, units=c, samples=4, noise=0.2)
        if step.strength > c**0.25:
            axes.axvline(step.singular_value, color=LINES[1], linestyle="--", label="predicted")
        axes.set(xlabel="singular value of $W_1$", ylabel="density", ylim=(0, 0.55))
        set_title(axes, f"Rate {rate}: strength {step.strength:.3f}")
        finish(axes)
        legend(axes, loc="upper center", ncols=3, columnspacing=1.0)
    return figure


def main() -> None:
    """Write every picture."""
    HERE.mkdir(exist_ok=True)
    for make in (ridge, descent, variance, gradient_flow, spin_glass, gauss_newton, kernels, one_step):
        make().savefig(HERE / f"{make.__name__}.png", dpi=110)


if __name__ == "__main__":
    main()
