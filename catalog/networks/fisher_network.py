r"""The Fisher information of a network with one hidden layer, \hat y = W_2 f(W_1 x), x ~ N(0, 1), all weights together.

F = E_x J^T J with J = d\hat y/d(W_1, W_2), the matrix of the Gauss-Newton method. For units a, b of the hidden layer,
inputs i, k and outputs j, l, with Q = W_2^T W_2 and the rows w_a of W_1, its blocks are

    (W_1)_ai, (W_1)_bk:  Q_ab E f'(z_a) f'(z_b) x_i x_k
    (W_1)_ai, (W_2)_jb:  (W_2)_ja E f'(z_a) f(z_b) x_i
    (W_2)_ja, (W_2)_lb:  delta_jl E f(z_a) f(z_b)

with expectations from `resolvent.catalog.networks.gaussian_tables`, so no input is drawn. `matvec` multiplies by F in
O(n^3), without the matrix. `SampledFisher` averages over drawn inputs instead. Weights are ordered (W_1 row by row, W_2
row by row).

Source: Pennington, Worah, NeurIPS 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resolvent.catalog.networks.gaussian_tables import Function, GaussianTables
from resolvent.derive.errors import ParameterError
from resolvent.numeric.matrices.ensembles import gaussian

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ExactFisher:
    """F at weights W_1 (n_1 x n_0) and W_2 (n_2 x n_1), with the exact expectation over inputs.

    >>> one = np.ones((1, 1))
    >>> ExactFisher(one, 2 * one, GaussianTables.linear(one)).matrix()
    array([[4., 2.],
           [2., 1.]])
    """

    first: Matrix
    second: Matrix
    tables: GaussianTables

    @property
    def rows(self) -> int:
        """The number of weights."""
        return self.first.size + self.second.size

    def matrix(self) -> Matrix:
        """F, symmetric to the last bit; filled block by block, so that little more than F itself is held."""
        (n1, n0), n2 = self.first.shape, len(self.second)
        w, v, t = self.first, self.second, self.tables
        gram = v.T @ v
        whole = np.zeros((self.rows, self.rows))
        corner = n1 * n0
        for a in range(n1):
            q = gram[a, a:]
            rows = slice(a * n0, (a + 1) * n0)
            block = np.einsum("b,i,k->ibk", q * t.own[a, a:], w[a], w[a])
            block += np.einsum("b,bi,k->ibk", q * t.mixed[a, a:], w[a:], w[a])
            block += np.einsum("b,i,bk->ibk", q * t.mixed[a, a:], w[a], w[a:])
            other = q * t.own[a:, a]
            other[0] = 0.0
            block += np.einsum("b,bi,bk->ibk", other, w[a:], w[a:])
            unit = np.arange(n0)
            block[unit, :, unit] += q * t.slopes[a, a:]
            whole[rows, a * n0 : corner] = block.reshape(n0, -1)
            mean = t.cross_own[a][None, :] * w[a][:, None] + (t.cross_other[a][:, None] * w).T
            whole[rows, corner:] = np.einsum("j,ib->ijb", v[:, a], mean).reshape(n0, -1)
        for j in range(n2):
            own = slice(corner + j * n1, corner + (j + 1) * n1)
            whole[own, own] = t.features
        upper = np.triu_indices(n0, 1)
        for a in range(n1):  # diagonal blocks are symmetric up to rounding
            block = whole[a * n0 : (a + 1) * n0, a * n0 : (a + 1) * n0]
            block.T[upper] = block[upper]
        for start in range(0, self.rows, 512):
            stop = min(start + 512, self.rows)
            whole[stop:, start:stop] = whole[start:stop, stop:].T
            square = whole[start:stop, start:stop]
            square[...] = np.triu(square) + np.triu(square, 1).T
        return whole

    def matvec(self, vector: Matrix) -> Matrix:
        """F times a vector, by products of n x n matrices."""
        w, v, t = self.first, self.second, self.tables
        one, two = vector[: w.size].reshape(w.shape), vector[w.size :].reshape(v.shape)
        gram, inner, outer = v.T @ v, one @ w.T, v.T @ two
        diagonal = np.diagonal(inner)
        other = t.own.T - np.diag(np.diagonal(t.own))
        upper = (gram * t.slopes) @ one + ((gram * t.mixed) * inner.T + gram * other * diagonal) @ w
        upper += (t.cross_other * outer) @ w
        along = ((gram * t.own) * inner.T).sum(axis=1) + (gram * t.mixed) @ diagonal + (t.cross_own * outer).sum(axis=1)
        upper += along[:, None] * w
        lower = v @ (t.cross_own * diagonal[:, None] + t.cross_other * inner) + two @ t.features
        return np.concatenate([upper.ravel(), lower.ravel()])


@dataclass(frozen=True, eq=False)
class SampledFisher:
    """F with the mean over drawn inputs X (n_0 x S) instead of the expectation: (1/S) sum_mu J_mu^T J_mu.

    Its rank is at most n_2 S, and its second moment exceeds that of F by tr E (J^T J)^2/S - tr F^2/S: with S of the
    order of n^2 inputs the excess is of the order of 1/n, with fewer the law is another one.
    """

    first: Matrix
    second: Matrix
    inputs: Matrix
    function: Function
    slope: Function
    batch: int = 64

    @property
    def rows(self) -> int:
        """The number of weights."""
        return self.first.size + self.second.size

    def matrix(self) -> Matrix:
        """F, by batches of inputs: besides F and one block of it, n_0 n_1 ``batch`` numbers are held."""
        (n1, n0), n2, number = self.first.shape, len(self.second), self.inputs.shape[1]
        corner = n1 * n0
        slopes, mixed, features = np.zeros((corner, corner)), np.zeros((corner, n1)), np.zeros((n1, n1))
        for start in range(0, number, self.batch):
            x = self.inputs[:, start : start + self.batch]
            z = self.first @ x
            hidden = self.function(z)
            active = (self.slope(z)[:, None, :] * x[None, :, :]).reshape(corner, -1)
            slopes += active @ active.T / number
            mixed += active @ hidden.T / number
            features += hidden @ hidden.T / number
        whole = np.zeros((self.rows, self.rows))
        grid = slopes.reshape(n1, n0, n1, n0)
        grid *= (self.second.T @ self.second)[:, None, :, None]
        whole[:corner, :corner] = slopes
        between = np.einsum("ja,aib->aijb", self.second, mixed.reshape(n1, n0, n1)).reshape(corner, -1)
        whole[:corner, corner:], whole[corner:, :corner] = between, between.T
        for j in range(n2):
            own = slice(corner + j * n1, corner + (j + 1) * n1)
            whole[own, own] = features
        return np.asarray((whole + whole.T) / 2)

    def matvec(self, vector: Matrix) -> Matrix:
        """F times a vector by Jacobian-vector products, J v forwards and J^T u backwards, batch by batch."""
        w, v, number = self.first, self.second, self.inputs.shape[1]
        one, two = vector[: w.size].reshape(w.shape), vector[w.size :].reshape(v.shape)
        upper, lower = np.zeros_like(w), np.zeros_like(v)
        for start in range(0, number, self.batch):
            x = self.inputs[:, start : start + self.batch]
            z = w @ x
            hidden, slope = self.function(z), self.slope(z)
            output = v @ (slope * (one @ x)) + two @ hidden
            upper += (slope * (v.T @ output)) @ x.T / number
            lower += output @ hidden.T / number
        return np.concatenate([upper.ravel(), lower.ravel()])


def random_weights(n0: int, n1: int, n2: int, rng: np.random.Generator) -> tuple[Matrix, Matrix]:
    """W_1 (n_1 x n_0) and W_2 (n_2 x n_1), Gaussian of variance 1/n_0 and 1/n_1.

    >>> [w.shape for w in random_weights(2, 3, 4, np.random.default_rng(0))]
    [(3, 2), (4, 3)]

    Raises `ParameterError` unless the widths are positive integers.
    """
    return gaussian(n1, n0, rng, 1.0 / n0), gaussian(n2, n1, rng, 1.0 / n1)


def linear_fisher(n0: int, n1: int, n2: int, rng: np.random.Generator) -> ExactFisher:
    """The Fisher information of a linear network with random weights, exactly."""
    first, second = random_weights(n0, n1, n2, rng)
    return ExactFisher(first, second, GaussianTables.linear(first))


def activation_fisher(n: int, rng: np.random.Generator, activation: Any) -> ExactFisher:
    """That of a network of equal widths n whose activation is f(s z), with its scale s, from exact Gaussian integrals.

    ``activation`` has the methods of `resolvent.derive.activations.activation.Activation`: a call, ``slope``, ``scale``
    and ``kinks``.

    Raises `ParameterError` as `GaussianTables.of` does.
    """
    first, second = random_weights(n, n, n, rng)
    f, slope, kinks = scaled(activation)
    return ExactFisher(first, second, GaussianTables.of(first, f, slope, kinks))


def sampled_fisher(n: int, samples: int, rng: np.random.Generator, activation: Any) -> SampledFisher:
    """That of equal widths n with the mean over Gaussian inputs, ``samples`` in number.

    Raises `ParameterError` for fewer than one sample.
    """
    if samples < 1:
        raise ParameterError(f"the mean is over one input at least; got {samples}", samples=samples)
    first, second = random_weights(n, n, n, rng)
    f, slope, _ = scaled(activation)
    return SampledFisher(first, second, gaussian(n, samples, rng), f, slope)


def scaled(activation: Any) -> tuple[Function, Function, tuple[float, ...]]:
    """xi -> f(s xi), its derivative in xi, and its kinks."""
    s = float(activation.scale)
    return (
        lambda xi: np.asarray(activation(s * xi)),
        lambda xi: s * activation.slope(s * xi),
        tuple(t / s for t in activation.kinks),
    )


def fisher_memory(n0: float, n1: float, n2: float) -> float:
    """An upper estimate, in bytes, of what `ExactFisher.matrix` holds at its peak."""
    rows = n1 * (n0 + n2)
    return 8 * (rows**2 + 4 * n0 * n0 * n1 + 3 * n0 * n1 * n2 + 40 * n1**2) + 8e7
