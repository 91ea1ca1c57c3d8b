r"""The tangent kernel and the Gauss-Newton matrix of a sampled network with one hidden layer, as products or whole.

y = W_2 f(W_1 x), f a centred activation. Theta maps V (n_2 x m) to W_2 (D o ((D o (W_2^T V)) X^T X)) + V h^T h, with
D = f'(W_1 X) and h = f(W_1 X); the non-zero spectrum of H_0 = J J^T/m is that of Theta/m. A product costs O(n^2 m).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resolvent.catalog.networks.fisher_network import scaled
from resolvent.derive.errors import ParameterError
from resolvent.numeric.matrices.ensembles import gaussian
from resolvent.numeric.matrices.lanczos import LanczosSpectrum, stochastic_lanczos

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TangentKernel:
    """The kernel of a network on its samples: W_2 (n_2 x n_1), X (n_0 x m), slopes D and features h (n_1 x m).

    ``has_second`` says whether the derivatives with respect to W_2 are taken.
    """

    second: Matrix
    inputs: Matrix
    slopes: Matrix
    features: Matrix
    has_second: bool = True

    @property
    def rows(self) -> int:
        """n_2 m."""
        return len(self.second) * self.inputs.shape[1]

    @property
    def parameters(self) -> int:
        """n_1 (n_0 + n_2)."""
        return self.second.shape[1] * (len(self.inputs) + len(self.second))

    def product(self, vector: Matrix) -> Matrix:
        """Theta times a vector of length n_2 m."""
        v = vector.reshape(len(self.second), -1)
        out = self.second @ (self.slopes * (((self.slopes * (self.second.T @ v)) @ self.inputs.T) @ self.inputs))
        if self.has_second:
            out += (v @ self.features.T) @ self.features
        return np.asarray(out.ravel())

    def matrix(self) -> Matrix:
        """Theta, n_2 m x n_2 m."""
        n, m = len(self.second), self.inputs.shape[1]
        whole = np.einsum(
            "ia,au,av,ja,uv->iujv",
            self.second, self.slopes, self.slopes, self.second, self.inputs.T @ self.inputs, optimize=True,
        ).reshape(n * m, n * m)  # fmt: skip
        return whole + np.kron(np.eye(n), self.features.T @ self.features) if self.has_second else whole

    def gauss_newton(self) -> Matrix:
        """H_0 = J J^T/m, n_1(n_0 + n_2) rows: all derivatives with respect to W_1 (row by row), then W_2.

        >>> one = np.ones((1, 1))
        >>> TangentKernel(2 * one, 3 * one, one, 3 * one).gauss_newton()
        array([[36., 18.],
               [18.,  9.]])
        """
        n2 = len(self.second)
        m = self.inputs.shape[1]
        upper = np.einsum("ia,au,bu->abiu", self.second, self.slopes, self.inputs).reshape(-1, n2 * m)
        lower = np.einsum("ij,au->jaiu", np.eye(n2), self.features).reshape(-1, n2 * m)
        jacobian = np.concatenate([upper, lower])
        return np.asarray(jacobian @ jacobian.T / m)

    def spectrum(self, probes: int, steps: int, rng: np.random.Generator) -> LanczosSpectrum:
        """The spectrum of Theta/n_0 by stochastic Lanczos quadrature, without a matrix of n_2 m rows."""
        return stochastic_lanczos(
            lambda v: self.product(v) / len(self.inputs), self.rows, rng, probes=probes, steps=steps
        )


def random_kernel(
    n0: int, n1: int, n2: int, m: int, rng: np.random.Generator, activation: Any, sigma_2: float = 1.0
) -> TangentKernel:
    """That of random weights, N(0, sigma_1^2/n_0) and N(0, sigma_2^2/n_1), and inputs N(0, 1).

    ``activation`` is an `resolvent.derive.activations.activation.Activation`, whose scale is sigma_1.

    Raises `ParameterError` unless widths and samples are positive integers.
    """
    if min(n0, n1, n2, m) < 1:
        raise ParameterError(f"widths and samples must be positive; got {(n0, n1, n2, m)}", widths=(n0, n1, n2, m))
    f, slope, _ = scaled(activation)
    x = gaussian(n0, m, rng)
    z = gaussian(n1, n0, rng, 1.0 / n0) @ x
    # f(s xi) has the slope s f'(s xi); the Jacobian takes f' itself
    return TangentKernel(gaussian(n2, n1, rng, sigma_2**2 / n1), x, slope(z) / float(activation.scale), f(z))
