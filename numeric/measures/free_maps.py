r"""Operations of free probability as maps of the plane: z as a function of a point w at which m_A is known.

For the result C of an operation on A there is a subordination function w(z) with m_C(z) = value(w, m_A(w), z). Where
the other operand has an explicit transform, z is an explicit function of w; where it is a measure B, of w and of a
second point w_B with the same value of G, or of u = psi.

At real w off the support of A, z lies off the support of C where z increases with w, and every such z is found so: w(z)
is the Denjoy-Wolff point of a map of the half-plane, which is real exactly where it attracts.

Sources: Silverstein, Choi 1995 (sample covariance); Biane 1997, Belinschi, Bercovici 2007 (free sums and products);
Dozier, Silverstein 2007 (information plus noise).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from resolvent.derive.errors import NotCertified, ParameterError
from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.density.chebyshev_piece import Array, Piece
from resolvent.numeric.measures.atomic_measure import AtomicMeasure, sums
from resolvent.numeric.spectrum.measure import Measure
from resolvent.numeric.spectrum.piecewise_measure import PiecewiseMeasure
from resolvent.numeric.spectrum.stieltjes_values import clearance, values_and_slopes

_NODES = 512
_ROUNDING = 1e-12  # of a mass
_NEAR_ZERO = 1e-12  # of a support
_FAR, _TERMS = 8.0, 18  # sizes, and moments: the next one is below rounding
_STEP = 1e-5  # of the width of a support: the central difference for measures that know no m'


class Transform:
    """m and m' of a measure at points off its support, and the gaps of the support.

    Attributes:
        measure: the measure; atoms that rounding alone has set apart, from each other or from 0, are one.
        width: the length of its support, or the size of its only point.
        size: that, or the largest |x|.
    """

    def __init__(self, measure: Measure) -> None:
        self.measure = measure.rounded() if isinstance(measure, AtomicMeasure) else measure
        low, high = self.measure.support()
        self.ends = low, high
        self.width = (high - low) or abs(high) or 1.0
        self.size = max(self.width, abs(low), abs(high))

    def __call__(self, w: Array) -> tuple[Array, Array]:
        """m(w) and m'(w); below the real line the conjugates of those above."""
        if isinstance(self.measure, AtomicMeasure):
            return self.measure.values(w)
        if not isinstance(self.measure, PiecewiseMeasure):
            return self._slowly(w)
        close = np.zeros(len(w), dtype=bool)
        for piece, reach in zip(self.measure.parts.pieces, self._reaches, strict=True):
            aside = np.maximum(np.maximum(piece.left - w.real, w.real - piece.right), 0.0)
            close |= np.hypot(aside, w.imag) < reach
        first, second = np.empty((2, len(w)), dtype=complex)
        first[~close], second[~close] = sums(*self._rule, w[~close])
        first[close], second[close] = self._slowly(w[close])
        return first, second

    def psi(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """psi = -1 - w m(w) and its derivative, from m and m'; far away as a series, where those would cancel."""
        value, rate = -1 - w * m, -m - w * slope
        if np.any(far := np.abs(w) > _FAR * self.size):
            power = self.size / w[far]
            value[far] = np.polyval(self._moments, power)
            rate[far] = -np.polyval(self._moments * np.arange(_TERMS, -1, -1), power) / w[far]
        return value, rate

    @cached_property
    def _moments(self) -> Array:
        """The moments of x over the size, from the highest one to that of order 1, and 0."""
        order = np.arange(_TERMS, 0, -1)[:, None]
        return np.append(self.measure.integral(lambda x: (x / self.size) ** order, 64 + _TERMS), 0.0)

    @cached_property
    def _reaches(self) -> list[float]:
        """How near to each piece its rule is exact."""
        assert isinstance(self.measure, PiecewiseMeasure)
        return [clearance(piece, self._count(piece)) for piece in self.measure.parts.pieces]

    @staticmethod
    def _count(piece: Piece) -> int:
        return 64 * math.ceil((_NODES + 2 * len(piece.boundary)) / 64)

    @cached_property
    def _rule(self) -> tuple[Array, Array]:
        """Nodes and weights that stand for the measure, away from it."""
        assert isinstance(self.measure, PiecewiseMeasure)
        rules = [piece.quadrature(self._count(piece)) for piece in self.measure.parts.pieces]
        rules.append((self.measure.atom_points, self.measure.atom_weights))
        return np.concatenate([x for x, _ in rules]), np.concatenate([w for _, w in rules])

    def _slowly(self, w: Array) -> tuple[Array, Array]:
        if isinstance(self.measure, PiecewiseMeasure):
            return values_and_slopes(self.measure.parts, w)
        values = np.asarray(self.measure.stieltjes(w))
        try:
            return values, np.asarray(self.measure.certified_stieltjes(w, 1, False))
        except ParameterError:  # a measure that knows no m'
            step = _STEP * self.width * np.where(w.imag < 0, -1j, 1j)
            above, twice = (np.asarray(self.measure.stieltjes(w + k * step)) for k in (1, 2))
            return values, (-3 * values + 4 * above - twice) / (2 * step)

    @cached_property
    def gaps(self) -> list[tuple[float, float]]:
        """The gaps of the support from left to right, the infinite ones first and last."""
        blocks = [(i.left, i.right) for i in self.measure.intervals]
        blocks += [(x, x) for x in self.measure.atom_points.tolist()]
        blocks.sort()
        found, reach = [(-np.inf, blocks[0][0])], blocks[0][1]
        for left, right in blocks[1:]:
            if left > reach:
                found.append((reach, left))
            reach = max(reach, right)
        return [*found, (reach, np.inf)]

    def moment(self, k: int) -> float:
        """The k-th moment."""
        return float(self.measure.integral(lambda x: x**k, 64 + k))

    def mass_at_zero(self) -> float:
        """The weight of the atom at 0.

        Raises `NotCertified` for atoms that are neither 0 nor far from it, beside the others.
        """
        near = np.abs(self.measure.atom_points) <= _NEAR_ZERO * self.width
        if isinstance(self.measure, AtomicMeasure) and np.any(self.measure.atom_points[near]):
            place = float(np.max(np.abs(self.measure.atom_points[near])))
            raise NotCertified(
                f"the point {place:.3g} is too near to 0 beside {max(map(abs, self.ends)):.3g}, the largest: floats do "
                "not tell it from 0 in the result. Set it to 0, or leave out what is so much larger",
                place=place,
            )
        return float(np.sum(self.measure.atom_weights[near]))

    def lacks_zeros(self, c: float) -> bool:
        """Whether less lies at 0 than for X X^T, X of size p x n with p/n = c, whose rank is at most n."""
        return self.mass_at_zero() < 1 - 1 / c - _ROUNDING


class FreeMap(ABC):
    """An operation on the measure ``a``; see the module.

    Attributes:
        a: the transform of the measure that it acts on.
        text: the operation in words.
        is_linear_far: whether z grows like w for large w.
    """

    a: Transform
    text: str
    is_linear_far = True

    @abstractmethod
    def forward(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """z and dz/dw from w, m_A(w) and m_A'(w)."""

    def value(self, w: Array, m: Array, z: Array) -> Array:
        """m of the result."""
        return m

    def inside(self, w: Array, m: Array) -> Array:
        """Whether a real w may belong to a z off the support, apart from the slope's sign."""
        return np.ones(np.shape(w), dtype=bool)

    def atoms(self) -> list[tuple[float, float]]:
        """(place, weight)."""
        return []

    def start(self, z: Array) -> Array:
        """w for large z, roughly."""
        return z

    @property
    def is_self_map(self) -> bool:
        """Whether w is the fixed point of a map of the upper half-plane into itself, for real z, too: the only one."""
        return False

    @property
    def pole_weights(self) -> Array | None:
        """The a_j where dz/dw = 1 - sum a_j/(w - t_j)^2 for atoms t_j, so that it is concave in every gap."""
        return None


@dataclass(frozen=True)
class SumWithTransform(FreeMap):
    """A + B for a B with an explicit R-transform: z = w + R(G), G = -m(w).

    Attributes:
        r, r_slope: R(g) and R'(g).
        variance: if B is a semicircle.
    """

    a: Transform
    r: Callable[[Array], Array]
    r_slope: Callable[[Array], Array]
    b_atoms: tuple[tuple[float, float], ...] = ()
    variance: float | None = None
    text: str = "free sum"

    def forward(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """z and dz/dw."""
        return w + self.r(-m), 1 - self.r_slope(-m) * slope

    def atoms(self) -> list[tuple[float, float]]:
        """Atoms of weights that add up to more than 1."""
        return sum_atoms(self.a.measure, self.b_atoms)

    @property
    def is_self_map(self) -> bool:
        """For a semicircle w = z + s m(w)."""
        return self.variance is not None

    @property
    def pole_weights(self) -> Array | None:
        """The weights times the variance of a semicircle."""
        return None if self.variance is None else self.variance * self.a.measure.atom_weights


@dataclass(frozen=True)
class ProductWithTransform(FreeMap):
    """A @ B for A, B >= 0 and a B with an explicit S-transform: z = w/S(u), u = -1 - w m(w), z m_C(z) = w m(w).

    Attributes:
        t, t_slope: 1/S(u) and its derivative.
        b_atoms: the atoms of B.
        ratio: c if B is Marchenko-Pastur of ratio c and variance 1.
    """

    a: Transform
    t: Callable[[Array], Array]
    t_slope: Callable[[Array], Array]
    b_atoms: tuple[tuple[float, float], ...]
    ratio: float | None = None
    text: str = "free product"

    def forward(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """z and dz/dw."""
        u, u_slope = self.a.psi(w, m, slope)
        return w * self.t(u), self.t(u) + w * self.t_slope(u) * u_slope

    def value(self, w: Array, m: Array, z: Array) -> Array:
        """m of the product."""
        return w * m / z

    def atoms(self) -> list[tuple[float, float]]:
        """The atom at 0, and others of weights that add up to more than 1."""
        return product_atoms(self.a, self.b_atoms)

    @property
    def is_self_map(self) -> bool:
        """For Marchenko-Pastur w = z - c int t/(1 + t v) dA with v = -1/w, which lies in the half-plane with w."""
        return self.ratio is not None

    @property
    def pole_weights(self) -> Array | None:
        """The weights times c t^2."""
        if self.ratio is None:
            return None
        return self.ratio * self.a.measure.atom_weights * self.a.measure.atom_points**2


@dataclass(frozen=True)
class Compression(FreeMap):
    """The compression to the fraction t of the dimension, or for t > 1 the law of A^(free 1/t) times t.

    z = w + (1 - t)/m(w), m_C(z) = m(w)/t.
    """

    a: Transform
    t: float
    text: str = "compression"

    def forward(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """z and dz/dw."""
        return w + (1 - self.t) / m, 1 - (1 - self.t) * slope / m**2

    def value(self, w: Array, m: Array, z: Array) -> Array:
        """m of the compression."""
        return m / self.t

    @property
    def is_self_map(self) -> bool:
        """As w = z + (1 - t) (-1/m(w))."""
        return self.t <= 1

    def atoms(self) -> list[tuple[float, float]]:
        """Atoms of weight above 1 - t stay where they are."""
        pairs = zip(self.a.measure.atom_points, self.a.measure.atom_weights, strict=True)
        return [(float(x), float(p - 1 + self.t) / self.t) for x, p in pairs if p > 1 - self.t + 1e-14]


@dataclass(frozen=True)
class MultiplicativePower(FreeMap):
    """The law with the S-transform S^s, 1 <= s <= 2, for A >= 0.

    With q = w + 1/m(w), which is positive off the support and in the lower half-plane above it: z = w q^(s-1),
    z m_C(z) = w m(w). As 0 > arg q > -pi, no other sheet of the power has arg z between 0 and pi.

    Source: Belinschi, Bercovici 2005, Partially defined semigroups relative to multiplicative free convolution.
    """

    a: Transform
    s: float
    text: str = "free multiplicative power"

    def forward(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """z and dz/dw."""
        p = self.s - 1
        q = w + 1 / m
        power = q**p if np.isrealobj(q) else np.conj(np.conj(q) ** p)  # on the cut from below
        return w * power, power * (1 + w * p * (1 - slope / m**2) / q)

    def value(self, w: Array, m: Array, z: Array) -> Array:
        """m of the result."""
        return w * m / z

    def inside(self, w: Array, m: Array) -> Array:
        """Whether q > 0."""
        return w + 1 / m > 0

    def atoms(self) -> list[tuple[float, float]]:
        """The atom at 0 stays, others of weight above 1 - 1/s move to x^s."""
        pairs = zip(self.a.measure.atom_points.tolist(), self.a.measure.atom_weights.tolist(), strict=True)
        found = [(x**self.s, self.s * p - self.s + 1) for x, p in pairs if x > 0 and self.s * p > self.s - 1 + 1e-14]
        return [*zero_atom(self.a.mass_at_zero()), *found]

    def start(self, z: Array) -> Array:
        """z over the power of the mean."""
        return z / self.a.moment(1) ** (self.s - 1)


@dataclass(frozen=True)
class InformationPlusNoise(FreeMap):
    """(A + sigma X)(A + sigma X)^T/n, X of size p x n, p/n -> c <= 1, for A A^T/n with the given law.

    With b = 1 - c s m(w), s = sigma^2: z = w b^2 + s (1 - c) b, m_C(z) = m(w)/b; b > 0 off the support.
    """

    a: Transform
    ratio: float
    variance: float
    text: str = "information plus noise"

    def forward(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """z and dz/dw."""
        b, b_slope = self._factor(m), -self.ratio * self.variance * slope
        z = w * b**2 + self.variance * (1 - self.ratio) * b
        return z, b**2 + (2 * w * b + self.variance * (1 - self.ratio)) * b_slope

    def value(self, w: Array, m: Array, z: Array) -> Array:
        """m of the result."""
        return m / self._factor(m)

    def inside(self, w: Array, m: Array) -> Array:
        """Whether b > 0."""
        return self._factor(m) > 0

    def _factor(self, m: Array) -> Array:
        return 1 - self.ratio * self.variance * m


def sum_atoms(a: Measure, b: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """The atoms of a free sum: at x + y with weight p + q - 1 where that is positive."""
    heavy = a.atom_weights > 1e-14
    pairs = list(zip(a.atom_points[heavy].tolist(), a.atom_weights[heavy].tolist(), strict=True))
    return [(x + y, p + q - 1) for y, q in b for x, p in pairs if p + q > 1 + 1e-14]


def product_atoms(a: Transform, b: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
    """The atoms of a free product: at 0 the heavier one, at x y weight p + q - 1 where that is positive."""
    own = zip(a.measure.atom_points.tolist(), a.measure.atom_weights.tolist(), strict=True)
    heavy = [(x * y, p + q - 1) for x, p in own for y, q in b if x * y != 0 and p + q > 1 + 1e-14]
    return zero_atom(max([a.mass_at_zero(), *(q for y, q in b if y == 0)])) + heavy


def zero_atom(weight: float) -> list[tuple[float, float]]:
    """An atom at 0, if it has weight."""
    return [(0.0, weight)] if weight > 1e-14 else []
