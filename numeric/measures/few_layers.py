r"""Sums over many layers whose slopes differ by the variance of the pre-activations alone, from a few of them.

The layers of a deep network have the laws of f'(sqrt(q_l) xi)^2. What a product of layers asks of them, say the
logarithm of the point w_l at which psi has a value, is analytic in q; so by Gauss's rule for the points log q_l

    sum_l g(log q_l) = sum_j c_j g(x_j),    sum_j c_j = L,    exact for polynomials g of degrees below twice the nodes.

Source: Golub, Meurant, Matrices, Moments and Quadrature with Applications (2010), chapter 6.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.diagonal_law import DiagonalLaw, SlopeLaw, diagonal_law

_MANY = 16
_SETTLED = 1e-13


def extremes(laws: Collection[DiagonalLaw]) -> list[SlopeLaw]:
    """Those with the least and the largest variance, of many laws of one smooth activation; none of others or few."""
    smooth = sorted((law for law in laws if isinstance(law, SlopeLaw)), key=lambda law: law.variance)
    if len(smooth) < max(len(laws), _MANY) or any(law.activation != smooth[0].activation for law in smooth):
        return []
    return [smooth[0], smooth[-1]]


def fewer(layers: Sequence[tuple[DiagonalLaw, float]], nodes: int) -> list[tuple[DiagonalLaw, float]]:
    """Laws of one smooth activation, and how often each counts, in the place of many layers of it.

    >>> from resolvent.derive.activations.activation import activation
    >>> tanh = activation("tanh")
    >>> layers = [(diagonal_law(tanh, q), 1.0) for q in np.linspace(1, 2, 30)]
    >>> means = [sum(count * law.moments(1)[0] for law, count in some) for some in (layers, fewer(layers, 6))]
    >>> bool(abs(means[0] - means[1]) < 1e-11)
    True
    """
    smooth = [(law, count) for law, count in layers if isinstance(law, SlopeLaw)]
    places, counts = gauss_rule(_places([law for law, _ in smooth]), np.array([count for _, count in smooth]), nodes)
    laws = [diagonal_law(smooth[0][0].activation, q) for q in np.exp(places).tolist()]
    return list(zip(laws, counts.tolist(), strict=True))


def between(nodes: Sequence[DiagonalLaw], laws: Sequence[DiagonalLaw]) -> Array:
    """The matrix that takes values at the nodes to those of their polynomial in log q at the laws."""
    return lagrange(_places(nodes), _places(laws))


def _places(laws: Sequence[DiagonalLaw]) -> Array:
    return np.log([law.variance for law in laws if isinstance(law, SlopeLaw)])


def gauss_rule(points: Array, weights: Array, nodes: int) -> tuple[Array, Array]:
    """The nodes and weights of Gauss's rule for weighted points, by Lanczos' method; fewer if the points are fewer.

    >>> points = np.log(np.arange(1, 101))
    >>> x, c = gauss_rule(points, np.ones(100), 6)
    >>> round(float(np.sum(c)), 10), round(float(c @ x**11 / np.sum(points**11)), 12)
    (100.0, 1.0)
    """
    from scipy.linalg import eigh_tridiagonal

    total = float(np.sum(weights))
    basis = [np.sqrt(weights / total)]
    diagonal, beside = list[float](), list[float]()
    for _ in range(nodes):
        following = points * basis[-1]
        diagonal.append(float(basis[-1] @ following))
        for _ in range(2):  # what rounding leaves is taken away, too
            following = following - np.array(basis).T @ (np.array(basis) @ following)
        beside.append(float(np.linalg.norm(following)))
        if beside[-1] <= _SETTLED * float(np.max(np.abs(points))):
            break
        basis.append(following / beside[-1])
    places, vectors = eigh_tridiagonal(diagonal, beside[: len(diagonal) - 1])
    return np.asarray(places), total * np.asarray(vectors)[0] ** 2


def lagrange(nodes: Array, places: Array) -> Array:
    """The matrix that takes values at the nodes to those of their polynomial at the places.

    >>> lagrange(np.array([0.0, 1.0, 2.0]), np.array([3.0])) @ np.array([0.0, 1.0, 4.0])
    array([9.])
    """
    is_own = np.eye(len(nodes), dtype=bool)
    factors = (places[:, None, None] - nodes) / (nodes[:, None] - nodes + is_own)
    return np.asarray(np.prod(np.where(is_own, 1.0, factors), axis=2))


__all__ = ["between", "extremes", "fewer", "gauss_rule", "lagrange"]
