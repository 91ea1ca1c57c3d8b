"""Make the pictures of docs/derive/matrices.md: each example's matrix is drawn once, under the density of its law."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import sympy
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import resolvent as rv
from resolvent.numeric.spectrum.density_plot import histogram_plot

HERE = Path(__file__).parent / "pictures" / "matrices"
p, n, k = (rv.dimension(name) for name in ("p", "n", "k"))
n0, n1, m = (rv.dimension(name) for name in ("n0", "n1", "m"))
X, Y, S, T = rv.gaussian("X", p, n), rv.gaussian("Y", p, n), rv.wigner("S", p), rv.wigner("T", p)
Example = tuple[Any, dict[Any, Any], dict[Any, int]]  # a matrix, the ratios of its sizes, sizes


def sample_covariance() -> Example:
    """A sample covariance matrix with two groups in its population."""
    A = rv.given("A", p, law=rv.atoms([1, 2]))
    return A @ X @ X.T @ A / n, {(p, n): "1/8"}, {p: 1000, n: 8000}


def polynomial() -> Example:
    """A polynomial in one Wigner matrix."""
    return S + S @ S, {}, {p: 1200}


def anticommutator() -> Example:
    """The anticommutator of two Wigner matrices."""
    return S @ T + T @ S, {}, {p: 1200}


def noisy_signal() -> Example:
    """A signal of two strengths in noise."""
    A, N = rv.given("A", p, law=rv.atoms([1, 3])), rv.gaussian("N", p, p)
    noisy = A + N / (2 * sympy.sqrt(p))
    return noisy @ noisy.T, {}, {p: 1200}


def rotations() -> Example:
    """Two orthogonal matrices and their transposes."""
    U, V = rv.haar("U", p), rv.haar("V", p)
    return U + U.T + V + V.T, {}, {p: 1000}


def groups() -> Example:
    """Two groups of samples whose populations commute."""
    A, B = rv.commuting(["A", "B"], p, [(1, 0), (1, 3)])
    return (A @ X @ X.T @ A + B @ Y @ Y.T @ B) / n, {(p, n): "1/4"}, {p: 800, n: 3200}


def jacobi() -> Example:
    """The Jacobi ensemble, with its inverse."""
    Z = rv.gaussian("Z", p, k)
    return X.T @ rv.inv(X @ X.T + Z @ Z.T) @ X, {(p, n): "1/2", (p, k): "1/2"}, {p: 600, n: 1200, k: 1200}


def features() -> Example:
    """The Gram matrix of random features, by its Gaussian equivalent."""
    W, data, noise = rv.gaussian("W", n1, n0), rv.gaussian("X", n0, m), rv.gaussian("N", n1, m)
    layer = W @ data / sympy.sqrt(2 * n0) + noise / sympy.sqrt(2)
    return layer @ layer.T / m, {(n0, m): "3/4", (n0, n1): "3/2"}, {n0: 900, m: 1200, n1: 600}


def profile() -> Example:
    """A symmetric matrix with a variance profile of two blocks."""
    return rv.wigner("V", [p, n], [[4, "1/4"], ["1/4", "1/2"]]), {(p, n): 1}, {p: 600, n: 600}


def lagged() -> Example:
    """The symmetrised correlation of two correlated sets of series."""
    Z = (3 * X + 4 * Y) / 5
    return (X @ Z.T + Z @ X.T) / (2 * n), {(p, n): "1/2"}, {p: 600, n: 1200}


EXAMPLES: dict[str, Callable[[], Example]] = {
    f.__name__.replace("_", "-"): f
    for f in (sample_covariance, polynomial, anticommutator, noisy_signal, rotations, groups, jacobi, features,
              profile, lagged)
}  # fmt: skip


def picture(example: Callable[[], Example]) -> Figure:
    """The eigenvalues of one draw of an example under the density of its law."""
    model, ratios, sizes = example()
    law = rv.law_of(model, ratios=ratios)
    figure = Figure(figsize=(5.4, 2.8), layout="constrained")
    axes: Axes = figure.subplots()
    values = np.linalg.eigvalsh(model.sample(sizes, rng=0))
    histogram_plot(rv.Spectrum(law), values, axes, label="one draw")
    bars = np.histogram(values[abs(values) > 1e-9], bins=40, density=True)[0]
    axes.set_ylim(0, min(axes.get_ylim()[1], 1.6 * bars.max()))  # some densities are infinite at an edge
    return figure


if __name__ == "__main__":
    HERE.mkdir(exist_ok=True)
    for name, example in EXAMPLES.items():
        picture(example).savefig(HERE / f"{name}.png", dpi=110)
