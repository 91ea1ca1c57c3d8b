r"""Operations on two measures: two points w_A, w_B at which a transform of each takes the same value g.

With psi = -1 - w m(w), the value of psi at 1/w:

    free sum                     g = -m of both              z = w_A + w_B - 1/g
    free product                 g = psi of both             z = w_A w_B g/(1 + g)
    doubly correlated Wishart    g = psi_A = psi_B/c         z = c g w_A w_B

The last is A^(1/2) X B X^T A^(1/2)/n, p/n -> c: S_A(u) S_B(cu)/(1 + cu) is its S-transform.

Source: Belinschi, Bercovici, J. Anal. Math. 101 (2007), for the points w_A and w_B.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.free_maps import Transform, product_atoms, sum_atoms, zero_atom

Values = tuple[Array, Array]
"""m and m' at some points."""


@dataclass(frozen=True)
class Pair(ABC):
    """An operation on two measures.

    Attributes:
        a, b: the transforms.
        falls: whether g falls along every gap of a support.
    """

    a: Transform
    b: Transform
    falls = True

    @property
    @abstractmethod
    def text(self) -> str:
        """The operation in words."""

    @abstractmethod
    def common(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """g at a point of A, and its derivative, from m and m' there."""

    def other(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """g at a point of B."""
        return self.common(w, m, slope)

    @abstractmethod
    def on_line(self, w: Array, a: Values, v: Array, b: Values) -> tuple[Array, Array, Array]:
        """z and dz/dw at real points with one value of g, and what is positive where z is off the support."""

    @abstractmethod
    def atoms(self) -> list[tuple[float, float]]:
        """The atoms of the result."""

    def near(self, w: float, v: float, offsets: Array) -> tuple[Array, Array]:
        """A's points at offsets from a given one, and B's, by Newton's method from the given one."""
        points = np.full(len(offsets), v, dtype=complex)
        for share in np.linspace(0.1, 1.0, 10):
            moved = w + share * offsets
            g, _ = self.common(moved, *self.a(moved))
            for _ in range(6):
                h, slope = self.other(points, *self.b(points))
                points = points - (h - g) / slope
        return moved, points

    @cached_property
    def sizes(self) -> tuple[float, float]:
        """The largest |x| of the supports, each no less than what belongs to the other's."""
        ratio = self.ratio_far
        return max(self.a.size, self.b.size / ratio), max(self.b.size, self.a.size * ratio)

    @property
    def ratio_far(self) -> float:
        """B's point over A's for large z."""
        return 1.0

    @property
    def _b_atoms(self) -> tuple[tuple[float, float], ...]:
        return tuple(zip(self.b.measure.atom_points.tolist(), self.b.measure.atom_weights.tolist(), strict=True))


class FreePair(Pair):
    """An operation for which z is a function of g and the two points alone."""

    @abstractmethod
    def joined(self, g: Array, w_a: Array, w_b: Array) -> Array:
        """z from the common value and the two points."""

    @abstractmethod
    def slope(self, g: Array, w_a: Array, w_b: Array, slope_a: Array, slope_b: Array) -> Array:
        """dz/dg, where slope_a = dg/dw_a and slope_b = dg/dw_b."""

    @abstractmethod
    def value(self, w: Array, m: Array, z: Array) -> Array:
        """m of the result, from A's point."""

    @abstractmethod
    def start(self, z: Array) -> Array:
        """Both points for large z, roughly."""

    @abstractmethod
    def residual(self, g: Array, g_slope: Array, w: Array, v: Array, z: Array) -> tuple[Array, Array, Array]:
        """What vanishes where (g, w, v) belong to z, and its derivatives with respect to w and to v."""

    @property
    def ratio_far(self) -> float:
        """B's point over A's for large z."""
        w, v = self.start(np.array([1e9j * (self.a.size + self.b.size)]))
        return float(np.abs(v[0] / w[0]))

    def newton(self, w: Array, v: Array, z: Array) -> tuple[Array, Array, Array]:
        """One step for both points at z, and its size."""
        g, g_slope = self.common(w, *self.a(w))
        h, h_slope = self.other(v, *self.b(v))
        first = g - h
        second, dw, dv = self.residual(g, g_slope, w, v, z)
        determinant = g_slope * dv + h_slope * dw
        step_w = (first * dv + second * h_slope) / determinant
        step_v = (second * g_slope - first * dw) / determinant
        return w - step_w, v - step_v, np.abs(step_w) + np.abs(step_v)

    def on_line(self, w: Array, a: Values, v: Array, b: Values) -> tuple[Array, Array, Array]:
        """z, and dz/dw twice: z is off the support where it increases with w."""
        g, g_slope = self.common(w, *a)
        z_slope = self.slope(g, w, v, g_slope, self.other(v, *b)[1]) * g_slope
        return self.joined(g, w, v), z_slope, z_slope


class SumPair(FreePair):
    """A + B."""

    text = "free sum"

    def common(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """G = -m."""
        return -m, -slope

    def joined(self, g: Array, w_a: Array, w_b: Array) -> Array:
        """w_A + w_B - 1/g."""
        return w_a + w_b - 1 / g

    def slope(self, g: Array, w_a: Array, w_b: Array, slope_a: Array, slope_b: Array) -> Array:
        """dz/dg."""
        return 1 / slope_a + 1 / slope_b + 1 / g**2

    def value(self, w: Array, m: Array, z: Array) -> Array:
        """m."""
        return m

    def atoms(self) -> list[tuple[float, float]]:
        """Atoms of weights that add up to more than 1."""
        return sum_atoms(self.a.measure, self._b_atoms)

    def start(self, z: Array) -> Array:
        """z less the other's mean."""
        return np.array([z - self.b.moment(1), z - self.a.moment(1)])

    def residual(self, g: Array, g_slope: Array, w: Array, v: Array, z: Array) -> tuple[Array, Array, Array]:
        """(w + v - z) g - 1."""
        return (w + v - z) * g - 1, g + (w + v - z) * g_slope, g


class ProductPair(FreePair):
    """A @ B for A, B >= 0."""

    text = "free product"

    def common(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """psi."""
        return self.a.psi(w, m, slope)

    def other(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """psi of B."""
        return self.b.psi(w, m, slope)

    def joined(self, g: Array, w_a: Array, w_b: Array) -> Array:
        """w_A w_B g/(1 + g)."""
        return w_a * w_b * g / (1 + g)

    def slope(self, g: Array, w_a: Array, w_b: Array, slope_a: Array, slope_b: Array) -> Array:
        """dz/dg."""
        z = self.joined(g, w_a, w_b)
        return z * (1 / (w_a * slope_a) + 1 / (w_b * slope_b) + 1 / (g * (1 + g)))

    def value(self, w: Array, m: Array, z: Array) -> Array:
        """w m(w)/z."""
        return w * m / z

    def atoms(self) -> list[tuple[float, float]]:
        """Off 0 where the weights add up to more than 1."""
        return product_atoms(self.a, self._b_atoms)

    def start(self, z: Array) -> Array:
        """z over the other's mean."""
        return np.array([z / self.b.moment(1), z / self.a.moment(1)])

    def residual(self, g: Array, g_slope: Array, w: Array, v: Array, z: Array) -> tuple[Array, Array, Array]:
        """w v g - z (1 + g)."""
        return w * v * g - z * (1 + g), v * g + (w * v - z) * g_slope, w * g


@dataclass(frozen=True)
class CorrelatedPair(ProductPair):
    """A^(1/2) X B X^T A^(1/2)/n for A, B >= 0, X of size p x n.

    Attributes:
        ratio: p/n.
    """

    ratio: float = 1.0
    text = "doubly correlated Wishart matrix"

    def other(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """psi_B/c."""
        g, g_slope = self.b.psi(w, m, slope)
        return g / self.ratio, g_slope / self.ratio

    def joined(self, g: Array, w_a: Array, w_b: Array) -> Array:
        """c g w_A w_B."""
        return self.ratio * g * w_a * w_b

    def slope(self, g: Array, w_a: Array, w_b: Array, slope_a: Array, slope_b: Array) -> Array:
        """dz/dg."""
        return self.joined(g, w_a, w_b) * (1 / (w_a * slope_a) + 1 / (w_b * slope_b) + 1 / g)

    def atoms(self) -> list[tuple[float, float]]:
        """At 0: what A has there, or the rank of X B X^T leaves."""
        rank = (1 - self.b.mass_at_zero()) / self.ratio
        return zero_atom(max(self.a.mass_at_zero(), 1 - rank))

    def start(self, z: Array) -> Array:
        """z over the other's mean: w_B is of the order of c times that."""
        return np.array([z / self.b.moment(1), z / (self.ratio * self.a.moment(1))])

    def residual(self, g: Array, g_slope: Array, w: Array, v: Array, z: Array) -> tuple[Array, Array, Array]:
        """c g w v - z."""
        return self.ratio * g * w * v - z, self.ratio * v * (g + w * g_slope), self.ratio * g * w
