r"""The rectangular free sum of two measures: (A + B)(A + B)^T of free p x n matrices, p/n -> c, from A A^T and B B^T.

The resolvent of [[0, A], [A^T, 0]] at diag(b_1, b_2), b_1 b_2 = z, has on its diagonal the traces g_1 and g_2, and with
psi = -1 - z m(z): b_1 g_1 = 1 + psi and b_2 g_2 = 1 + c psi. Where these g are those of A at (w_1, w_2) and of B at
(v_1, v_2), psi adds, and w_j + v_j = b_j + 1/g_j. With w = w_1 w_2 and v = v_1 v_2:

    g = g_1 g_2 = (1 + psi_A)(1 + c psi_A)/w = (1 + psi_B)(1 + c psi_B)/v,
    z = (1 + psi)(1 + c psi)/g,  psi = psi_A + psi_B.

w is a point off [0, oo), but not always in the upper half-plane; w_1, w_2, v_1 and v_2 are, and as a fixed point of
w -> b + h_B(b + h_A(w)), h = 1/g - w in both components, (w_1, w_2) is the only one there. On the real line it is the
right one where it attracts: the matrix F = h_B' h_A' has, up to signs, no negative entries, so that its eigenvalues are
real, and the larger one is to be below 1; for z < 0 the fixed point must lie in the half-plane.

Sources: Benaych-Georges, Probab. Theory Relat. Fields 144 (2009), section 3, for the sum; Belinschi, Mai, Speicher, J.
reine angew. Math. 732 (2017), Theorem 2.2, for the fixed point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.free_maps import Transform, zero_atom
from resolvent.numeric.measures.free_pairs import Pair, Values
from resolvent.numeric.measures.real_side import RunEnd
from resolvent.numeric.measures.subordination import Subordination


@dataclass(frozen=True)
class RectangularPair(Pair):
    """(A + B)(A + B)^T for free A, B of size p x n, by the measures of A A^T and B B^T.

    Attributes:
        ratio: p/n, at most 1.
    """

    ratio: float = 1.0
    text = "rectangular free sum"
    falls = False

    def common(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """g = -m (1 + c psi)."""
        factor, factor_slope = self._second(w, m, slope)
        return -m * factor, -slope * factor - m * factor_slope

    def on_line(self, w: Array, a: Values, v: Array, b: Values) -> tuple[Array, Array, Array]:
        """z, dz/dw, and 1 less the larger eigenvalue of F."""
        c = self.ratio
        g, g_slope = self.common(w, *a)
        v_slope = g_slope / self.common(v, *b)[1]
        psi = -2 - w * a[0] - v * b[0]
        psi_slope = -a[0] - w * a[1] - (b[0] + v * b[1]) * v_slope
        z = (1 + psi) * (1 + c * psi) / g
        z_slope = ((1 + c + 2 * c * psi) * psi_slope - z * g_slope) / g
        first, second = self._matrix(w, *a, g), self._matrix(v, *b, g)
        product = [[sum(second[i][k] * first[k][j] for k in (0, 1)) for j in (0, 1)] for i in (0, 1)]
        (p, q), (r, s) = product
        largest = (p + s) / 2 + np.sqrt(((p - s) / 2) ** 2 + np.maximum(q * r, 0.0))
        inside = (z > 0) | ((w < 0) & (v < 0) & (1 + psi > 0) & (1 + c * psi > 0))
        return z, z_slope, np.where(inside, 1 - largest, -np.inf)

    def atoms(self) -> list[tuple[float, float]]:
        """At 0 what the ranks leave; a singular value stays where the other matrix is 0 on both sides."""
        ranks = [1 - t.mass_at_zero() for t in (self.a, self.b)]
        found = zero_atom(1 - min(1.0, sum(ranks)))
        for own, rank in zip((self.a, self.b), ranks[::-1], strict=True):
            pairs = zip(own.measure.atom_points.tolist(), own.measure.atom_weights.tolist(), strict=True)
            found += [(x, p - 2 * rank) for x, p in pairs if x > 0 and p > 2 * rank + 1e-14]
        return found

    def half(self, t: Transform, w: Array) -> tuple[Array, Array]:
        """h of a measure at (w_1, w_2), and its derivatives as 2 x 2 matrices."""
        c, w_1, w_2 = self.ratio, w[0], w[1]
        m, slope = t(w_1 * w_2)
        product_slope = m + w_1 * w_2 * slope
        g_1, g_2 = -w_2 * m, (1 - c) / w_2 - c * w_1 * m
        h = np.array([1 / g_1 - w_1, 1 / g_2 - w_2])
        derivatives = np.array(
            [
                [w_2**2 * slope / g_1**2 - 1, product_slope / g_1**2],
                [c * product_slope / g_2**2, (c * w_1**2 * slope + (1 - c) / w_2**2) / g_2**2 - 1],
            ]
        )
        return h, derivatives

    def _second(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """1 + c psi and its derivative."""
        c = self.ratio
        return 1 - c - c * w * m, -c * (m + w * slope)

    def _matrix(self, w: Array, m: Array, slope: Array, g: Array) -> list[list[Array]]:
        """g_i dh_i/dw_j / g_j, at a real w."""
        c, mixed = self.ratio, (m + w * slope) / g
        factor = self._second(w, m, slope)[0]
        return [[slope / m**2 - 1, mixed], [c * mixed, (1 - c + c * w**2 * slope) / factor**2 - 1]]


@dataclass(frozen=True)
class RectangularSubordination(Subordination):
    """The two components of A's point, where the resolvent of the result is taken at b_1 = b_2 = sqrt(z)."""

    pair: RectangularPair

    @property
    def a(self) -> Transform:  # type: ignore[override]
        """The first measure."""
        return self.pair.a

    @property
    def width(self) -> float:
        """The larger one: of singular values."""
        return float(np.sqrt(max(self.pair.a.width, self.pair.b.width)))

    def first(self, z: Array) -> Array:
        """sqrt(z), twice."""
        return np.array([np.sqrt(z), np.sqrt(z)])

    def step(self, state: Array, z: Array) -> tuple[Array, Array]:
        """For w - b - h_B(b + h_A(w))."""
        h, first = self.pair.half(self.pair.a, state)
        back, second = self.pair.half(self.pair.b, np.sqrt(z) + h)
        residual = state - np.sqrt(z) - back
        (p, q), (r, s) = np.eye(2)[:, :, None] - np.einsum("ik...,kj...->ij...", second, first)
        change = np.array([s * residual[0] - q * residual[1], p * residual[1] - r * residual[0]]) / (p * s - q * r)
        return state - change, np.sum(np.abs(change), axis=0)

    def value(self, state: Array, z: Array) -> Array:
        """-g_1/sqrt(z)."""
        return state[1] * self.pair.a(state[0] * state[1])[0] / np.sqrt(z)

    def around(self, end: RunEnd, offsets: Array) -> tuple[Array, Array]:
        """z and psi."""
        w, v = self.pair.near(end.w, end.v, offsets)
        m, slope = self.pair.a(w)
        psi = -2 - w * m - v * self.pair.b(v)[0]
        return (1 + psi) * (1 + self.pair.ratio * psi) / self.pair.common(w, m, slope)[0], psi

    def from_series(self, w: Array, part: Array, z: Array) -> Array:
        """-(1 + psi)/z."""
        return -(1 + part) / z
