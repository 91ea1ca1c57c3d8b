"""Samplers of matrices, or of eigenvalues, whose limiting law is a theorem; the fuzzer claims right and wrong laws."""

from __future__ import annotations

import numpy as np


def _goe(size, rng):
    entries = rng.normal(size=(size, size))
    return (entries + entries.T) / np.sqrt(2 * size)


def wigner(size, rng, scale=1.0, shift=0.0):
    """scale*semicircle() + shift."""
    return scale * _goe(size, rng) + shift * np.eye(size)


def spiked_wigner(size, rng, spike=2.0):
    """semicircle(), with an outlier at spike + 1/spike."""
    u = rng.normal(size=size)
    u /= np.linalg.norm(u)
    return _goe(size, rng) + spike * np.outer(u, u)


def wishart(size, rng, c=0.5):
    """marchenko_pastur(c)."""
    data = rng.normal(size=(size, round(size / c)))
    return data @ data.T / data.shape[1]


def shifted_wigner(size, rng, gap=1.0):
    """semicircle() + atoms([0, gap])."""
    return _goe(size, rng) + gap * np.diag(np.arange(size) % 2)


def two_projections(size, rng):
    """atoms([0, 1]) + atoms([0, 1]): the arcsine law on [0, 2]."""
    frame, _ = np.linalg.qr(rng.normal(size=(size, size)))
    half = np.diag((np.arange(size) % 2).astype(float))
    moved = frame @ half @ frame.T
    return half + (moved + moved.T) / 2


def path_graph(size, rng):
    """arcsine(2), without randomness."""
    return 2 * np.cos(np.arange(1, size + 1) * np.pi / (size + 1))


def signs(size, rng):
    """semicircle(), entries +-1, a diagonal of ones that moves the bulk by n^-1/2."""
    entries = np.triu(np.sign(rng.random((size, size)) - 0.5), 1)
    return (entries + entries.T + np.eye(size)) / np.sqrt(size)


def random_graph(size, rng):
    """semicircle(), with an outlier of size n^1/2 and a bulk that moves by n^-1/2."""
    edges = np.triu(rng.random((size, size)) < 0.5, 1).astype(float)
    return 2 * (edges + edges.T) / np.sqrt(size)


def heavy_tails(size, rng):
    """semicircle(), entries with Student's distribution of 4 degrees of freedom."""
    entries = np.triu(rng.standard_t(4, size=(size, size)))
    return (entries + np.triu(entries, 1).T) / np.sqrt(2 * size)


def drifting_wigner(size, rng):
    """semicircle(), as wide as 1 + n^-1/2."""
    return _goe(size, rng) * (1 + size**-0.5)


def exact_quantiles(size, rng):
    """semicircle(), without randomness."""
    from scipy.stats import semicircular

    return 2 * semicircular.ppf((np.arange(size) + 0.5) / size)


def independent_points(size, rng):
    """semicircle(), eigenvalues that do not repel each other."""
    return 4 * rng.beta(1.5, 1.5, size=size) - 2


def constant(size, rng):
    """atoms([1])."""
    return np.ones(size)


def two_points(size, rng):
    """atoms([0, 1]), one half each up to one eigenvalue."""
    return (np.arange(size) % 2).astype(float)


def cauchy_points(size, rng):
    """A law without moments."""
    return rng.standard_cauchy(size=size)


def sparse(size, rng):
    """semicircle(), n^1/2 entries +-1 in a row, so that the fourth moment is 2 + n^-1/2."""
    kept = np.triu((rng.random((size, size)) < size**-0.5) * rng.choice([-1.0, 1.0], (size, size)))
    return (kept + np.triu(kept, 1).T) / size**0.25


def complete_graph(size, rng):
    """atoms([0]), eigenvalues -1/n that are not on it, and an outlier at 1."""
    return (np.ones((size, size)) - np.eye(size)) / size


def noisy_projection(size, rng):
    """atoms([0, 1]), in noise of the size n^-1/2."""
    return np.diag((np.arange(size) % 2).astype(float)) + _goe(size, rng) / np.sqrt(size)
