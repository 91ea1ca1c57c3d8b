r"""Gaussian expectations over pairs of hidden units, for the Fisher information of a network with one hidden layer.

Units have pre-activations z_a = w_a . x with x ~ N(0, 1) in R^(n_0), so z ~ N(0, S), S = W W^T. With s_a^2 = S_aa and
f(s_a xi) = sum_k c_k(a) h_k(xi) in orthonormal Hermite polynomials, the derivative f^(i) has the coefficients
c^i_k = c_(k+i) sqrt((k+1)...(k+i))/s_a^i, and for a != b, rho = S_ab/(s_a s_b),

    T_ij = E f^(i)(z_a) f^(j)(z_b) = sum_k c^i_k(a) c^j_k(b) rho^k.

Expectations with x follow by Stein's lemma, E x g(x) = E grad g. The series converges geometrically, kinks or not; for
a = b one-dimensional integrals replace it.

Source: Mehler's formula, DLMF 18.18(vii), for the correlation of Hermite polynomials.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resolvent.derive.activations.hermite_expansion import gaussian_grid, hermite_sums
from resolvent.derive.errors import ParameterError

Matrix = NDArray[np.float64]
Function = Callable[[Matrix], Matrix]

_MOST_TERMS = 1500
_DIGITS = 1e-15


@dataclass(frozen=True)
class GaussianTables:
    """Expectations over x for every pair (a, b) of hidden units, each n_1 x n_1.

    Attributes:
        features: E f(z_a) f(z_b).
        slopes: the coefficient of I in E f'(z_a) f'(z_b) x x^T.
        own: there the coefficient of w_a w_a^T; that of w_b w_b^T is its transpose, and 0 for a = b.
        mixed: there the coefficient of w_a w_b^T + w_b w_a^T, 0 for a = b.
        cross_own: the coefficient of w_a in E f'(z_a) f(z_b) x.
        cross_other: that of w_b, 0 for a = b.
    """

    features: Matrix
    slopes: Matrix
    own: Matrix
    mixed: Matrix
    cross_own: Matrix
    cross_other: Matrix

    @classmethod
    def linear(cls, weights: Matrix) -> GaussianTables:
        """The tables of f(z) = z, exactly."""
        n = len(weights)
        one, zero = np.eye(n), np.zeros((n, n))
        return cls(weights @ weights.T, np.ones((n, n)), zero, zero, one, 1 - one)

    @classmethod
    def of(cls, weights: Matrix, f: Function, slope: Function, kinks: Sequence[float] = ()) -> GaussianTables:
        """The tables of any continuous f with derivative ``slope``, smooth but for kinks; ``weights`` is n_1 x n_0.

        Raises `ParameterError` where two units are so nearly parallel that the series needs too many terms.
        """
        gram = weights @ weights.T
        scale = np.sqrt(np.diagonal(gram))
        rho = np.clip(gram / np.outer(scale, scale), -1.0, 1.0)
        np.fill_diagonal(rho, 0.0)
        terms = _terms(float(np.abs(rho).max(initial=0.0)))
        nodes, density = gaussian_grid(scale, kinks)
        values, slopes = f(scale[:, None] * nodes), slope(scale[:, None] * nodes)
        c = hermite_sums(values * density, nodes, terms + 4)

        def derivative(order: int) -> Matrix:
            k = np.arange(terms)
            factor = np.sqrt(np.prod([k + j for j in range(1, order + 1)], axis=0)) if order else np.ones(terms)
            return np.asarray(c[:, order : order + terms] * factor / scale[:, None] ** order)

        d = [derivative(order) for order in range(4)]

        def series(i: int, j: int) -> Matrix:
            total = np.zeros_like(rho)
            for k in reversed(range(terms)):
                total = total * rho + np.outer(d[i][:, k], d[j][:, k])
            np.fill_diagonal(total, 0.0)
            return total

        tables = cls(series(0, 0), series(1, 1), series(3, 1), series(2, 2), series(2, 0), series(1, 1))
        square = (density * slopes**2).sum(axis=1)
        radial = (density * slopes**2 * nodes**2).sum(axis=1)
        for table, diagonal in (
            (tables.features, (density * values**2).sum(axis=1)),
            (tables.slopes, square),
            (tables.own, (radial - square) / scale**2),
            (tables.cross_own, (density * slopes * values * nodes).sum(axis=1) / scale),
        ):
            np.fill_diagonal(table, diagonal)
        return tables


def _terms(rho: float) -> int:
    number = 2 if rho == 0 else math.inf if rho >= 1 else math.log(_DIGITS) / math.log(rho)
    number = number + 12 if number < 1e6 else math.inf  # powers of k in the coefficients of derivatives
    if number > _MOST_TERMS:
        raise ParameterError(
            f"two hidden units have the correlation {rho:.6f}, too close to 1 for the Hermite series; take more inputs",
            correlation=rho,
        )
    return max(8, math.ceil(number))
