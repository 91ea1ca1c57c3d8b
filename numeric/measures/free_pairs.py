"""Free sums and products of two measures: two points w_A, w_B at which the same transform takes the same value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.free_maps import Transform, sum_atoms, zero_atom


@dataclass(frozen=True)
class FreePair:
    """A + B, or A @ B for A, B >= 0.

    The common value is G = -m for sums, u = -1 - w m(w) for products.

    Attributes:
        a, b: the transforms.
        is_product: which of the two.
    """

    a: Transform
    b: Transform
    is_product: bool

    @property
    def text(self) -> str:
        """The operation in words."""
        return "free product" if self.is_product else "free sum"

    def common(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """The value that both points share, and its derivative."""
        return (-1 - w * m, -m - w * slope) if self.is_product else (-m, -slope)

    def joined(self, g: Array, w_a: Array, w_b: Array) -> Array:
        """z from the common value and the two points."""
        return w_a * w_b * g / (1 + g) if self.is_product else w_a + w_b - 1 / g

    def slope(self, g: Array, w_a: Array, w_b: Array, slope_a: Array, slope_b: Array) -> Array:
        """dz/dg, where slope_a = dg/dw_a and slope_b = dg/dw_b."""
        if self.is_product:
            z = self.joined(g, w_a, w_b)
            return z * (1 / (w_a * slope_a) + 1 / (w_b * slope_b) + 1 / (g * (1 + g)))
        return 1 / slope_a + 1 / slope_b + 1 / g**2

    def value(self, w: Array, m: Array, z: Array) -> Array:
        """m of the result."""
        return w * m / z if self.is_product else m

    def atoms(self) -> list[tuple[float, float]]:
        """The atoms of the result, off 0 for products only where the weights add up to more than 1."""
        pairs = tuple(
            (float(x), float(p)) for x, p in zip(self.b.measure.atom_points, self.b.measure.atom_weights, strict=True)
        )
        if not self.is_product:
            return sum_atoms(self.a.measure, pairs)
        found = zero_atom(max(self.a.mass_at(0.0), self.b.mass_at(0.0)))
        own = zip(self.a.measure.atom_points.tolist(), self.a.measure.atom_weights.tolist(), strict=True)
        return found + [(x * y, p + q - 1) for x, p in own for y, q in pairs if x * y != 0 and p + q > 1 + 1e-14]

    def newton(self, w: Array, v: Array, z: Array) -> tuple[Array, Array, Array]:
        """One step for both points at z, and the size of the residual."""
        (m, m_slope), (k, k_slope) = self.a(w), self.b(v)
        g, g_slope = self.common(w, m, m_slope)
        h, h_slope = self.common(v, k, k_slope)
        # equations: g(w) = h(v), and z from g, w, v
        first = g - h
        if self.is_product:
            second = w * v * g - z * (1 + g)
            dw, dv = v * g + (w * v - z) * g_slope, w * g
        else:
            second = (w + v - z) * g - 1
            dw, dv = g + (w + v - z) * g_slope, g
        determinant = g_slope * dv + h_slope * dw
        step_w = (first * dv + second * h_slope) / determinant
        step_v = (second * g_slope - first * dw) / determinant
        return w - step_w, v - step_v, np.abs(step_w) + np.abs(step_v)
