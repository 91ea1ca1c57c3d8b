"""Regressions at finite sizes that rows of the table, and tests, compare with: random features, and tangent kernels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from resolvent.derive.activations.activation import Activation, activation
from resolvent.derive.activations.kernel_matrix import kernel_matrix
from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.density.chebyshev_piece import Array


@dataclass(frozen=True, eq=False)
class Theorem:
    """The theorem for ReLU features of drawn data: ``inputs`` dimensions, ``points`` samples, ``tested`` new ones."""

    inputs: int
    points: int
    tested: int
    width: int
    ridge: float

    @cached_property
    def data(self) -> dict[str, Any]:
        """x, y, and the new points with their targets, as `RandomFeatures` takes them."""
        rng = np.random.default_rng(1)
        x, other = (rng.standard_normal((self.inputs, n)) / math.sqrt(self.inputs) for n in (self.points, self.tested))
        beta = rng.standard_normal(self.inputs)
        y, wanted = (beta @ points + 0.3 * rng.standard_normal(points.shape[1]) for points in (x, other))
        return {"x": x, "y": y, "test": (other, wanted)}

    @cached_property
    def dense(self) -> dict[str, Any]:
        """K of all pairs of points, and Q-bar, with delta found by iteration; ``scale`` is what K-bar is of K."""
        x, (other, _) = self.data["x"], self.data["test"]
        k, kx, kt = (kernel_matrix(activation("relu"), *pair) for pair in ((x,), (x, other), (other,)))
        delta = 1.0
        for _ in range(500):
            q = np.linalg.inv(self.width / self.points * k / (1 + delta) + self.ridge * np.eye(self.points))
            delta = float(np.trace(k @ q)) / self.points
        return {"k": k, "kx": kx, "kt": kt, "q": q, "scale": self.width / self.points / (1 + delta)}

    def training_error(self, scale: float) -> float:
        """The formula of the corollary, K-bar being ``scale`` times K."""
        q, y, k = self.dense["q"], self.data["y"], scale * self.dense["k"]
        rest = 1 - np.trace(k @ q @ k @ q) / self.width
        inner = np.trace(q @ k @ q) / self.width / rest * k + np.eye(self.points)
        return float(self.ridge**2 / self.points * y @ q @ inner @ q @ y)

    def test_error(self, scale: float) -> float:
        """The same for the test error, with the transpose that conforms."""
        q, y, (_, wanted) = self.dense["q"], self.data["y"], self.data["test"]
        k, kx, kt = (scale * self.dense[name] for name in ("k", "kx", "kt"))
        rest = 1 - np.trace(k @ q @ k @ q) / self.width
        spread = np.trace(kt) - np.trace((np.eye(self.points) + self.ridge * q) @ kx @ kx.T @ q)
        return float(
            np.mean((wanted - kx.T @ q @ y) ** 2) + (y @ q @ k @ q @ y) / self.width / rest * spread / self.tested
        )


def tangent_kernel(function: Activation, theta: Array, v: Array, x: Array, other: Array) -> Array:
    """K(x, x') = grad f(x) . grad f(x') of f(x) = v . s(Theta x)/sqrt(N), |x|^2 about d, at all pairs of columns."""
    (width, d), z, z_other = theta.shape, theta @ x, theta @ other
    slopes = function.slope(z_other) * v[:, None] ** 2
    features = function(z).T @ function(z_other)
    return np.asarray((features + function.slope(z).T @ slopes * (x.T @ other) / d) / width)
