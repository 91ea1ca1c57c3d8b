"""Samplers of conjectures whose models have no route of derivation: function(size, rng, **parameters) -> matrix."""

from __future__ import annotations

import math

import numpy as np

from resolvent.catalog.networks.relu_network import hessian, random_state
from resolvent.numeric.matrices.ensembles import Matrix, gaussian, goe, wishart


def anticommutator(size: int, rng: np.random.Generator, scale: float = 1.0) -> Matrix:
    """scale (X Y + Y X) of two independent Wigner matrices of variance 1."""
    product = scale * goe(size, rng) @ goe(size, rng)
    return product + product.T


def wigner_and_its_square(size: int, rng: np.random.Generator) -> Matrix:
    """X + X^2 of one Wigner matrix: the two terms are anything but free."""
    x = goe(size, rng)
    square = x @ x
    return x + (square + square.T) / 2


def wigner_and_another_square(size: int, rng: np.random.Generator) -> Matrix:
    """X + Y^2 of two independent Wigner matrices: these are asymptotically free."""
    y = goe(size, rng)
    square = y @ y
    return goe(size, rng) + (square + square.T) / 2


def wigner_and_wishart(size: int, rng: np.random.Generator, c: float, variance: float) -> Matrix:
    """A Wigner matrix plus an independent Wishart matrix of ratio c."""
    return goe(size, rng, variance) + wishart(size, round(size / c), rng)


def unlabelled_wishart(size: int, rng: np.random.Generator, c: float) -> Matrix:
    """A Wishart matrix of ratio c, as if nothing were known about it."""
    return wishart(size, round(size / c), rng)


def sine_features_per_feature(size: int, rng: np.random.Generator, phi: float, psi: float) -> Matrix:
    """Y^T Y/n_1 of the features Y = sin(W X), m x m; the other normalisation of the Gram matrix. Size is m."""
    inputs = round(phi * size)
    features = round(inputs / psi)
    y = np.sin(gaussian(features, inputs, rng, 1 / inputs) @ gaussian(inputs, size, rng))
    return y.T @ y / features


def network_residual_term(size: int, rng: np.random.Generator, phi: float, eps: float) -> Matrix:
    """The eigenvalues of H_1 of a real ReLU network of width n = ``size`` with m = 2n/phi samples, 2 n^2 of them.

    H_1 couples only weights into and out of the same hidden unit: it consists of n blocks [[0, B], [B^T, 0]].
    """
    state = random_state(size, round(2 * size / phi), rng, energy=eps, scale=1.0)
    active = state.pre_activations > 0
    blocks = (state.residuals[None, :, :] * active[:, None, :]) @ state.inputs.T / state.inputs.shape[1]
    values = np.linalg.svd(blocks, compute_uv=False).ravel()
    return np.concatenate([values, -values])


def network_hessian(size: int, rng: np.random.Generator, phi: float, eps: float) -> Matrix:
    """The whole Hessian of a real ReLU network of width ``size`` with m = 2 size/phi samples; 2 size^2 rows."""
    return hessian(random_state(size, round(2 * size / phi), rng, energy=eps, scale=1.0))


def spiked_wigner(size: int, rng: np.random.Generator, theta: float) -> Matrix:
    """X + theta u u^T, X a Wigner matrix, u a unit vector."""
    u = np.full(size, 1 / math.sqrt(size))
    return goe(size, rng) + theta * np.outer(u, u)


def random_graph(size: int, rng: np.random.Generator, variance: float = 1.0) -> Matrix:
    """The adjacency matrix of G(n, 1/2), scaled: its largest eigenvalue moves all others by (variance/n)^1/2."""
    edges = np.triu(rng.random((size, size)) < 0.5, 1).astype(float)
    return 2 * math.sqrt(variance / size) * (edges + edges.T)


def heavy_tails(size: int, rng: np.random.Generator, variance: float = 1.0) -> Matrix:
    """A Wigner matrix of Student's t with 3 degrees of freedom, of which about n^1/2 eigenvalues leave the bulk."""
    entries = np.triu(rng.standard_t(3, (size, size))) * math.sqrt(variance / (3 * size))
    return entries + np.triu(entries, 1).T


def path_graph(size: int, rng: np.random.Generator, radius: float = 2.0) -> Matrix:
    """The eigenvalues of a path: they do not fluctuate at all."""
    return radius * np.cos(np.arange(1, size + 1) * math.pi / (size + 1))
