r"""The law of J J^T for J = D_L W_L ... D_1 W_1, the Jacobian of a deep network, for any law of the diagonal D_l^2.

The weights W_l, of size n_l x n_(l-1), are Gaussian with entries of variance v/n_(l-1), or sqrt(v) times a matrix with
orthonormal rows or columns. With u = zG(z) - 1 and u_l = (n_L/n_l) u, each k_l solves E[k d_l^2/(1 - k d_l^2)] = u_l,

    z = (1 + u_0)/u_0 prod_l v_l u_l/k_l,    v_l = v n_l/n_(l-1)

for Gaussian weights; for orthogonal ones v_l = v/(1 + u_l) where n_l >= n_(l-1), else v (n_l/n_(l-1))/(1 + u_(l-1)).

Sources: Pastur 2020, On random matrices arising in deep neural networks: Gaussian case; Pastur, Slavin 2020;
Pennington, Schoenholz, Ganguli 2017.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from flint import fmpq, fmpq_series
from numpy.polynomial import legendre

from resolvent.derive.activations.activation import Activation
from resolvent.derive.activations.gaussian_integrals import PiecewiseLinear, Polynomial
from resolvent.derive.errors import NotCertified, ParameterError
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.exact.precision import cached_property, order
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.free_maps import FreeMap
from resolvent.numeric.measures.numeric_law import NumericLaw
from resolvent.numeric.measures.real_side import Run, RunEnd, explicit_runs
from resolvent.numeric.spectrum.arc_measure import ArcMeasure
from resolvent.numeric.spectrum.boundary_arc import NEGLIGIBLE, Arc, Corner, followed

_CERTIFIED = 12
_REACH, _PANEL, _NODES = 9.0, 0.25, 12  # of the Gaussian integrals
_LEVELS = 14
_LAST_STEP = 1e-9  # of Newton's method, whose next one would be its square
_NEWTON = 60
_ZERO, _SAME = 1e-14, 1e-8
_HEAVY = 1e-13
_SMALL = 1e-3  # of the largest d^2: a density is taken to reach down to 0


@dataclass(frozen=True, eq=False)
class DiagonalLaw:
    """The law of d^2: points with weights, which are the law itself or stand for a density in integrals.

    Attributes:
        points, weights: increasing points; the weights add up to 1.
        is_discrete: whether these are the atoms.
    """

    points: Array
    weights: Array
    is_discrete: bool

    def psi(self, w: Array) -> tuple[Array, Array, Array]:
        """psi = E[d^2/(w - d^2)], that is at k = 1/w, then 1 + psi with its digits, and the derivative in w."""
        inverse = 1 / (w[..., None] - self.points)
        share = self.weights * self.points
        return inverse @ share, w * (inverse @ self.weights), -(inverse**2) @ share

    def at_zero(self, w: float) -> float:
        """E[w/(w + d^2)], for small w the mass next to 0."""
        return float(np.sum(self.weights * w / (w + self.points)))

    @property
    def zero(self) -> float:
        """The weight of 0."""
        return float(np.sum(self.weights[self.points == 0])) if self.is_discrete else 0.0

    def moments(self, n: int) -> Array:
        """E d^2, ..., E d^2n."""
        return np.asarray(self.points ** np.arange(1, n + 1)[:, None] @ self.weights)


def diagonal_law(activation: Activation, q: float) -> DiagonalLaw:
    """The law of f'(sqrt(q) xi)^2, xi ~ N(0, 1).

    >>> from resolvent.derive.activations.activation import activation
    >>> law = diagonal_law(activation("relu"), 1.7)
    >>> law.points, law.weights, law.is_discrete
    (array([0., 1.]), array([0.5, 0.5]), True)

    Raises `ParameterError` for activations that jump, or whose derivative is not known.
    """
    family, scale = activation.family, math.sqrt(q)
    is_linear = isinstance(family, PiecewiseLinear) or (isinstance(family, Polynomial) and len(family.coefficients) < 3)
    if is_linear:
        return _pieces(activation, scale)
    bends = [t / scale for t in activation.kinks if scale and abs(t) < _REACH * scale]
    zeros = _zeros(lambda x: activation.slope(scale * x)) if scale else []
    cuts = [-_REACH, *bends, *zeros, _REACH]
    nodes, weights = legendre.leggauss(_NODES)
    xi, mass = [], []
    for a, b in pairwise(sorted(cuts)):
        edges = np.linspace(a, b, max(2, math.ceil((b - a) / _PANEL)) + 1)
        steps = (edges[1] - edges[0]) * 0.25 ** np.arange(1, _LEVELS)  # d^2 is small next to a zero of the slope
        edges = np.unique([*edges, *(a + steps if a in zeros else ()), *(b - steps if b in zeros else ())])
        half = np.diff(edges)[:, None] / 2
        xi.append((edges[:-1, None] + half * (1 + nodes)).ravel())
        mass.append((half * weights).ravel())
    places = np.concatenate(xi)
    shares = np.concatenate(mass) * np.exp(-(places**2) / 2) / math.sqrt(2 * math.pi)
    values = activation.slope(scale * places) ** 2
    points, index = np.unique(values, return_inverse=True)  # an even slope has each value twice
    summed = np.bincount(index, weights=shares)
    return DiagonalLaw(points, summed / np.sum(summed), False)


def _zeros(slope: Callable[[Array], Array]) -> list[float]:
    """Where the slope changes its sign."""
    from scipy.optimize import brentq

    grid = np.linspace(-_REACH, _REACH, 2000)
    signs = np.sign(slope(grid))
    changes = np.flatnonzero(signs[1:] * signs[:-1] < 0).tolist()
    return [float(brentq(lambda x: float(slope(np.array([x]))[0]), grid[k], grid[k + 1], xtol=1e-15)) for k in changes]


def _pieces(activation: Activation, scale: float) -> DiagonalLaw:
    """The slopes of a piecewise linear function, with their probabilities."""
    from scipy.special import ndtr

    bends = sorted(activation.kinks)
    cuts = np.array(
        [-np.inf, *((t / scale if scale else math.copysign(np.inf, t) if t else 0.0) for t in bends), np.inf]
    )
    shares = np.where(cuts[:-1] >= 0, ndtr(-cuts[:-1]) - ndtr(-cuts[1:]), ndtr(cuts[1:]) - ndtr(cuts[:-1]))
    ends = [bends[0] - 1, *bends, bends[-1] + 1] if bends else [-1.0, 1.0]
    slopes = activation.slope(np.array([(a + b) / 2 for a, b in pairwise(ends)])) ** 2
    points, index = np.unique(slopes, return_inverse=True)
    weights = np.bincount(index, weights=shares)
    return DiagonalLaw(points[weights > 0], weights[weights > 0], True)


@dataclass(frozen=True, eq=False)
class DepthProduct:
    """The product; see the module.

    Attributes:
        diagonals: the law of D_l^2 for l = 1, ..., L.
        widths: n_0, ..., n_L, any numbers in these ratios.
        variance: v.
        is_orthogonal: whether the weights are orthogonal.
    """

    diagonals: tuple[DiagonalLaw, ...]
    widths: tuple[float, ...]
    variance: float
    is_orthogonal: bool

    @property
    def depth(self) -> int:
        """L."""
        return len(self.diagonals)

    @cached_property
    def _shares(self) -> list[float]:
        """n_L/n_l for l = 0, ..., L."""
        return [self.widths[-1] / n for n in self.widths]

    @cached_property
    def _groups(self) -> list[tuple[DiagonalLaw, float, int]]:
        """Layers with the same law and the same ratio, the last layer's first: (law, ratio, how many)."""
        found: dict[tuple[int, float], int] = {(id(self.diagonals[-1]), 1.0): 0}
        for law, share in zip(self.diagonals, self._shares[1:], strict=True):
            found[id(law), share] = found.get((id(law), share), 0) + 1
        laws = {id(law): law for law in self.diagonals}
        return [(laws[key], share, count) for (key, share), count in found.items()]

    def log_inverse(self, w: Array) -> tuple[Array, Array, Array, Array]:
        """log z, its derivative, u and its derivative, at w = 1/k of the last layer."""
        with np.errstate(all="ignore"):  # poles and zeros on the real line
            return self._log_inverse(w)

    def _log_inverse(self, w: Array) -> tuple[Array, Array, Array, Array]:
        last = self._groups[0][0]
        u, rest, rate = last.psi(w)
        value, slope = np.full_like(u, self._constant), np.zeros_like(u)
        for law, share, count in self._groups:
            own, own_rate = self._point(law, share, w, (u, rest, rate))
            value += count * np.log(share * u * own)
            slope += count * (rate / u + own_rate / own)
        for factor, exponent in self._plain:
            value += exponent * np.log(_shifted(factor, u, rest))
            slope += exponent * factor * rate / _shifted(factor, u, rest)
        first = self._shares[0]
        value += np.log(_shifted(first, u, rest) / (first * u))
        slope -= rate / u / _shifted(first, u, rest)
        return value, slope, u, rate

    def _point(self, law: DiagonalLaw, share: float, w: Array, last: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        """w_l with psi_l = share u, and its derivative in w, by Newton's method for log psi/(1 + psi) in log w."""
        reference = self.diagonals[-1]
        if law is reference and share == 1:
            return w, np.ones_like(w)
        u, rest, rate = last
        target = share * u / _shifted(share, u, rest)
        own = w * float(law.points[-1] / reference.points[-1])
        with np.errstate(all="ignore"):
            for _ in range(_NEWTON):
                value, remainder, slope = law.psi(own)
                step = np.log(value / remainder / target) * value * remainder / (own * slope)
                own = own * np.exp(-np.where(np.abs(step) > 1, step / np.abs(step), step))
                if np.all(np.abs(step) <= _LAST_STEP):
                    break
            return own, share * rate / law.psi(own)[2]

    def is_outside(self, w: Array) -> Array:
        """Whether at real w all partial products, and W_l^T W_l, are at points off their supports, of the sign of w.

        The subordination points of a z off the support of a product lie off the supports of its factors.
        """
        real = w.astype(complex)
        u, rest, rate = (part.real for part in self.diagonals[-1].psi(real))
        sign = np.sign(w)
        first = self._shares[0]
        value = _shifted(first, u, rest) / (first * u)  # z of the partial product, over constants
        slope = -rate / u / _shifted(first, u, rest)  # of its logarithm in w
        good = np.ones(len(w), dtype=bool)
        points = {key: self._point(*key, real, (u + 0j, rest + 0j, rate + 0j)) for key in {g[:2] for g in self._groups}}
        for layer, law in enumerate(self.diagonals, start=1):
            before, after = self._shares[layer - 1 : layer + 1]
            if not self.is_orthogonal:
                one, two = _shifted(after, u, rest), _shifted(before, u, rest)
                good &= (one * two / u * sign > 0) & (((after / one + before / two) * rate - rate / u) * sign > 0)
                value, slope = value * one, slope + after * rate / one
                good &= (value * sign > 0) & (slope * sign > 0)
            own, own_rate = (part.real for part in points[law, after])
            factor = after if after <= before else before
            power = _shifted(after if not self.is_orthogonal else factor, u, rest)
            lost = (after if not self.is_orthogonal else factor) * rate / power
            value, slope = value * u * own / power, slope + rate / u + own_rate / own - lost
            good &= own * sign > 0
            if layer < self.depth:  # the whole product is tested where its critical points are sought
                good &= (value * sign > 0) & (slope * sign > 0)
        return good

    @cached_property
    def _plain(self) -> list[tuple[float, int]]:
        """(factor, exponent) of the powers of 1 + factor u that orthogonal weights bring."""
        if not self.is_orthogonal:
            return []
        counts: dict[float, int] = {}
        for before, after in pairwise(self._shares):
            factor = after if after <= before else before  # n_l >= n_(l-1): 1 + u_l
            counts[factor] = counts.get(factor, 0) - 1
        return list(counts.items())

    @cached_property
    def _constant(self) -> float:
        steps = [before / after for before, after in pairwise(self._shares)]  # n_l/n_(l-1)
        if self.is_orthogonal:
            steps = [min(step, 1.0) for step in steps]
        return self.depth * math.log(self.variance) + float(np.sum(np.log(steps)))

    # -- moments -------------------------------------------------------------------------------------------

    def moments(self, n: int) -> list[float]:
        """The moments, from those of the diagonals, by exact series."""
        with order(n + 1):
            u = fmpq_series([0, 1])
            first, variance = (to_fmpq(v) for v in (self._shares[0], self.variance))
            w = first / (1 + first * u)
            for law, share, count in self._groups:
                terms = [_exact(m) for m in law.moments(n + 1)]
                inverse = fmpq_series([fmpq(0), *terms]).reversion()  # k as a series of u_l
                quotient = fmpq_series([inverse[j + 1] * _exact(share) ** j for j in range(n)])
                w = w * quotient**count
            for factor, exponent in self._plain:
                w = w * (1 + _exact(factor) * u) ** -exponent
            plain = _exact(math.exp(self._constant - self.depth * math.log(self.variance)))
            w = w / (plain * variance**self.depth)
            psi = (w * u).reversion()
            found = [psi[k] for k in range(1, n + 1)]
        return [float(int(m.p) / int(m.q)) for m in found]

    # -- the measure ---------------------------------------------------------------------------------------

    def atoms(self) -> list[tuple[float, float]]:
        """(place, weight): at 0 the loss of rank; for square orthogonal weights the product of heavy d^2."""
        ranks = [n * (1 - law.zero) for law, n in zip(self.diagonals, self.widths[1:], strict=True)]
        rank = min(*ranks, self.widths[0], *self.widths)
        zero = 1 - rank / self.widths[-1]
        found = [(0.0, zero)] if zero > _HEAVY else []
        if self.is_orthogonal and len(set(self.widths)) == 1 and all(law.is_discrete for law in self.diagonals):
            heavy = [int(np.argmax(law.weights)) for law in self.diagonals]
            pairs = [(law.points[j], law.weights[j]) for law, j in zip(self.diagonals, heavy, strict=True)]
            weight = 1 - sum(1 - p for _, p in pairs)
            place = float(np.prod([self.variance * x for x, _ in pairs]))
            if weight > _HEAVY and place > 0:
                found.append((place, float(weight)))
        return found

    def measure(self, law: NumericLaw) -> ArcMeasure:
        """The measure, from its arcs.

        Raises `NotCertified` if the support is not found, or if mass and moments are not reproduced.
        """
        runs = sorted(explicit_runs(_Line(self)), key=lambda run: run.low.z)
        if len(runs) < 2 or runs[-1].high.z != np.inf:
            raise NotCertified(f"the support of {law.text} was not found from the critical points", runs=runs)
        if not self.diagonals[-1].is_discrete:  # points that stand for a density are no gaps
            runs = [runs[0], *(run for run in runs[1:-1] if run.high.w < self.diagonals[-1].points[0]), runs[-1]]
        gaps = [(before.high, after.low) for before, after in pairwise(runs)]
        arcs = [self._arc(a, b, law) for a, b in gaps if b.z - a.z > _SAME * b.z]
        return ArcMeasure(law, arcs, self.atoms(), self.moments(_CERTIFIED))

    def _arc(self, left: RunEnd, right: RunEnd, law: NumericLaw) -> Arc:
        if not right.is_critical:
            raise NotCertified(
                f"the support of {law.text} ends where the law of D^2 ends, not at a critical point: not solved here",
                end=right,
            )
        start = Corner(right.w, self._height(right.w))
        if left.z > _ZERO * right.z:
            return followed(self.log_inverse, start, Corner(left.w, self._height(left.w)))
        return followed(self.log_inverse, start, Corner(0.0, -math.inf, order=0.0, fall=self._fall(start.log_x)))

    def _height(self, w: float) -> float:
        return float(self.log_inverse(np.array([w + 0j]))[0][0].real)

    def _fall(self, log_x: float) -> float:
        """How far log x falls until the mass below is negligible, told by z at negative w."""
        last = self.diagonals[-1]
        w = float(last.points[-1])
        while last.at_zero(w) - last.zero > NEGLIGIBLE and w > 1e-280:
            w /= 2
        return log_x - self._height(-w)


@dataclass(frozen=True, eq=False)
class _Gaps:
    """What the search for critical points asks of the law of D^2."""

    gaps: list[tuple[float, float]]
    width: float
    measure: None = None

    def __call__(self, w: Array) -> tuple[Array, Array]:
        return w, w


class _Line(FreeMap):
    """sign(z) |z|^(1/L) on the real line."""

    def __init__(self, product: DepthProduct) -> None:
        last = product.diagonals[-1]
        low, high = float(last.points[0]), float(last.points[-1])
        ends = [(-np.inf, low if low > _SMALL * high else 0.0), (high, np.inf)]
        if last.is_discrete:
            points = last.points.tolist()
            ends = [(-np.inf, points[0]), *pairwise(points), (points[-1], np.inf)]
        self.product = product
        self.a = _Gaps(ends, float(last.points[-1]))  # type: ignore[assignment]

    def forward(self, w: Array, m: Array, slope: Array) -> tuple[Array, Array]:
        """The value and its derivative in w."""
        with np.errstate(all="ignore"):
            log_z, rate, *_ = self.product.log_inverse(w.astype(complex))
            sign = np.where(np.abs(np.mod(log_z.imag / np.pi, 2) - 1) < 0.5, -1.0, 1.0)
            value = sign * np.exp(log_z.real / self.product.depth)
            return value, value * rate.real / self.product.depth

    def inside(self, w: Array, m: Array) -> Array:
        """Whether w belongs to a z off the support: as far as all partial products and factors are off theirs."""
        with np.errstate(all="ignore"):
            return self.product.is_outside(w)


def _shifted(factor: float, u: Array, rest: Array) -> Array:
    """1 + factor u, where ``rest`` is 1 + u with its digits."""
    return rest if factor == 1 else 1 + factor * u


def _exact(value: float) -> fmpq:
    return fmpq(*float(value).as_integer_ratio())


def law_of_depth(
    diagonals: Sequence[DiagonalLaw], widths: Sequence[float], variance: float, is_orthogonal: bool, text: str
) -> NumericLaw:
    """The law of J J^T as a law known by numbers; see the module.

    >>> from resolvent.derive.activations.activation import activation
    >>> tanh = activation("tanh")
    >>> law = law_of_depth([diagonal_law(tanh, 1.0)] * 2, [1, 1, 1], 1.5, False, "two layers of tanh")
    >>> [round(float(m), 6) for m in law.moments(2)]
    [0.485258, 0.981215]

    Raises `ParameterError` for a single layer of orthogonal weights, whose eigenvalues are those of D^2.
    """
    if is_orthogonal and len(diagonals) == 1:
        raise ParameterError("a single orthogonal layer has the eigenvalues of D^2; take a depth of 2 or more")
    product = DepthProduct(tuple(diagonals), tuple(map(float, widths)), float(variance), is_orthogonal)
    law = NumericLaw(text, lambda: product.measure(law))
    return law


__all__ = ["DepthProduct", "DiagonalLaw", "Run", "diagonal_law", "law_of_depth"]
