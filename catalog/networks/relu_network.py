r"""The exact loss Hessian of a single-hidden-layer ReLU network, as a matrix.

The network is \hat y = W_2 \theta(W_1 x), \theta(t) = max(t, 0), with equal widths n; the loss over m samples is
L = (1/2m) \sum_{i\mu} e_{i\mu}^2, e = \hat y - y. Its Hessian with respect to all 2n^2 weights is H = H_0 + H_1,

    H_0 = (1/m) \sum_{i\mu} \nabla\hat y_{i\mu} \nabla\hat y_{i\mu}^T,
    H_1 = (1/m) \sum_{i\mu} e_{i\mu} \nabla^2\hat y_{i\mu},

and is built here from its blocks. Weights are ordered (W_1 row by row, then W_2 row by row).

Source: Pennington, Bahri, ICML 2017 (PMLR 70), for the splitting and the blocks of H_1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resolvent.derive.errors import ParameterError
from resolvent.numeric.matrices.ensembles import gaussian

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NetworkState:
    """Where the Hessian is taken: weights W_1, W_2 (n x n), inputs X (n x m), residuals E = Y_hat - Y (n x m).

    Raises `ParameterError` for shapes that do not fit.
    """

    first: Matrix
    second: Matrix
    inputs: Matrix
    residuals: Matrix

    def __post_init__(self) -> None:
        n = len(self.first)
        square = self.first.shape == self.second.shape == (n, n)
        if not square or self.inputs.shape != self.residuals.shape or len(self.inputs) != n:
            shapes = [a.shape for a in (self.first, self.second, self.inputs, self.residuals)]
            raise ParameterError(f"the network needs n x n, n x n, n x m, n x m matrices; got {shapes}", shapes=shapes)

    @property
    def pre_activations(self) -> Matrix:
        """W_1 X, n x m."""
        return self.first @ self.inputs


def outer_product_term(state: NetworkState) -> Matrix:
    """H_0, the 2n^2 x 2n^2 Gauss-Newton term, positive semidefinite; its mean eigenvalue is tr H_0/(2n^2).

    With D_(ab),mu = theta'(z_a,mu) x_b,mu and h = theta(z): the block of W_1 is (W_2^T W_2)_aa' (D D^T)_(ab),(a'b')/m,
    the mixed one (W_2)_ca (D h^T)_(ab),d/m at (ab),(cd), the block of W_2 is I_n x (h h^T)/m.

    >>> one = np.ones((1, 1))
    >>> outer_product_term(NetworkState(one, 2 * one, 3 * one, one))
    array([[36., 18.],
           [18.,  9.]])
    """
    n, m = state.inputs.shape
    z = state.pre_activations
    hidden = np.maximum(z, 0.0)
    active = _masked_inputs(state, z)

    whole = np.empty((2 * n * n, 2 * n * n))
    upper = whole[: n * n, : n * n]
    np.matmul(active, active.T, out=upper)
    grid = upper.reshape(n, n, n, n)
    grid *= (state.second.T @ state.second / m)[:, None, :, None]
    mixed = np.einsum("ca,abd->abcd", state.second / m, (active @ hidden.T).reshape(n, n, n)).reshape(n * n, n * n)
    whole[: n * n, n * n :] = mixed
    whole[n * n :, : n * n] = mixed.T
    whole[n * n :, n * n :] = np.kron(np.eye(n), hidden @ hidden.T / m)
    return whole


def residual_term(state: NetworkState) -> Matrix:
    """H_1, the 2n^2 x 2n^2 term with the residuals: zero diagonal blocks, as the output is linear in each layer.

    Its entry at (W_1)_ab, (W_2)_cd is delta_ad (1/m) sum_mu e_c,mu theta'(z_a,mu) x_b,mu.

    >>> one = np.ones((1, 1))
    >>> residual_term(NetworkState(one, 2 * one, 3 * one, one))
    array([[0., 3.],
           [3., 0.]])
    """
    n, m = state.inputs.shape
    products = (_masked_inputs(state, state.pre_activations) @ state.residuals.T / m).reshape(n, n, n)
    block = np.zeros((n, n, n, n))
    unit = np.arange(n)
    block[unit, :, :, unit] = products
    mixed = block.reshape(n * n, n * n)
    whole = np.zeros((2 * n * n, 2 * n * n))
    whole[: n * n, n * n :] = mixed
    whole[n * n :, : n * n] = mixed.T
    return whole


def hessian(state: NetworkState) -> Matrix:
    """H = H_0 + H_1, 2n^2 x 2n^2: all second derivatives of the loss; exact where no pre-activation is 0.

    >>> one = np.ones((1, 1))
    >>> hessian(NetworkState(one, 2 * one, 3 * one, one))
    array([[36., 21.],
           [21.,  9.]])
    """
    total = outer_product_term(state)
    total += residual_term(state)
    return total


def random_state(n: int, m: int, rng: np.random.Generator, energy: float, scale: float) -> NetworkState:
    r"""A random point with energy \epsilon per output and mean eigenvalue \varsigma = E tr H_0/(2n^2), exactly.

    Inputs are N(0, 1) and residuals N(0, 2\epsilon), so that E L = n\epsilon. Weights are N(0, s^2) in both layers. As
    z_a | W_1 is symmetric with E z_a^2 = n s^2,

        E tr H_0 = \sum_{c,d} E h_d^2 + \sum_{i,a,b} E (W_2)_{ia}^2 E \theta'(z_a) x_b^2 = n^2 n s^2/2 + n^3 s^2/2,

    and E tr H_0/(2n^2) = n s^2/2: the weights' variance is s^2 = 2\varsigma/n.

    >>> random_state(2, 5, np.random.default_rng(0), energy=1.0, scale=1.0).residuals.shape
    (2, 5)

    Raises `ParameterError` unless n and m are positive integers, energy and scale positive.
    """
    weights = math.sqrt(2 * scale / n)
    return NetworkState(
        weights * gaussian(n, n, rng),
        weights * gaussian(n, n, rng),
        gaussian(n, m, rng),
        gaussian(n, m, rng, 2 * energy),
    )


def hessian_memory(n: int, m: int) -> float:
    """An upper estimate, in bytes, of what `hessian` holds at its peak: H_0, H_1, one block of theirs, and D."""
    rows = 2.0 * n * n
    return 8 * (2.5 * rows**2 + n * n * m + 6.0 * n * m)


def _masked_inputs(state: NetworkState, z: Matrix) -> Matrix:
    """D, of size n^2 x m: the row (a, b) is theta'(z_a) x_b."""
    n, m = state.inputs.shape
    return ((z > 0)[:, None, :] * state.inputs[None, :, :]).reshape(n * n, m)
