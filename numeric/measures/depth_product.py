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
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import fmpq, fmpq_series

from resolvent.derive.errors import NotCertified, ParameterError
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.exact.precision import cached_property, order
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.atomic_measure import AtomicMeasure
from resolvent.numeric.measures.diagonal_law import DiagonalLaw, SlopeLaw
from resolvent.numeric.measures.few_layers import between, extremes, fewer
from resolvent.numeric.measures.free_maps import FreeMap
from resolvent.numeric.measures.numeric_law import NumericLaw, law_of_atoms
from resolvent.numeric.measures.real_side import Run, RunEnd, explicit_runs
from resolvent.numeric.spectrum.arc_measure import ArcMeasure
from resolvent.numeric.spectrum.boundary_arc import HAIR, NEGLIGIBLE, Arc, Corner, followed

if TYPE_CHECKING:
    from scipy.interpolate import CubicSpline

_CERTIFIED = 12
_ZERO, _SAME = 1e-14, 1e-8
_HEAVY = 1e-13
_BLURRED = 1e-6
_FAINT = 1e-11  # mass of d^2 below the end of an arc that goes on towards 0
_DEEP, _FAR, _SPACING = 60.0, 5.0, 0.5  # of log w at which the points of layers are known beforehand
_LEAST = 1e-250
_DIGITS = 1e-290  # a moment below has fewer digits than others
_CUT_OFF = 1e-17  # the mass beyond a faint end
_BLURRED_SHARE = 1e-3  # of a power of the end: 1e-10 of a moment below is less than a mass of 1e-13 there
_NODES = 6, 8, 10, 12  # layers that are tried in the place of many
_TRIED, _AGREED = [1e-6, 1e-3, 0.1, 0.5, 1.0, 2.0], 1e-13  # |w| over the largest d^2; a difference, for each layer
_SMALL = 1e-3  # of the largest d^2: a density is taken to reach down to 0


Group = tuple[DiagonalLaw, float, float]
"""A law of D_l^2, n_r/n_l, and how many layers have them."""


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
    def _telling(self) -> set[DiagonalLaw]:
        """All laws of D_l^2, or of many that differ by the variance alone the two with the extreme ones."""
        laws = set(self.diagonals)
        return (set(extremes(laws)) if len(set(self.widths)) == 1 else set()) or laws

    @cached_property
    def _chosen(self) -> int:
        """The layer r whose k is the parameter: of the least width, and there the one with the smallest d^2.

        Next to 0 its 1/k is z up to a factor, and those of the other layers lie next to negative numbers.
        """
        if any(law.is_discrete for law in self.diagonals):
            return self.depth
        narrowest = min(self.widths[1:])
        places = {
            layer: law.least if isinstance(law, SlopeLaw) else law.low
            for layer, law in enumerate(self.diagonals, start=1)
            if self.widths[layer] == narrowest and law in self._telling
        }
        return max(places, key=lambda layer: (-places[layer], layer))

    @property
    def reference(self) -> DiagonalLaw:
        """The law of D_r^2."""
        return self.diagonals[self._chosen - 1]

    @cached_property
    def _shares(self) -> list[float]:
        """n_r/n_l for l = 0, ..., L."""
        return [self.widths[self._chosen] / n for n in self.widths]

    @cached_property
    def _groups(self) -> list[Group]:
        """Layers with the same law and the same ratio, the chosen layer's first: (law, ratio, how many)."""
        found: dict[tuple[int, float], int] = {(id(self.reference), 1.0): 0}
        for law, share in zip(self.diagonals, self._shares[1:], strict=True):
            found[id(law), share] = found.get((id(law), share), 0) + 1
        laws = {id(law): law for law in self.diagonals}
        return [(laws[key], share, count) for (key, share), count in found.items()]

    @cached_property
    def _summed(self) -> Sequence[Group]:
        """The groups, or the chosen layer with those of Gauss's rule for the others if these are many.

        That they have the same sums is seen at points all over the half-plane.
        """
        if len(self._telling) == len(self._groups):
            return self._groups
        own, *others = self._groups
        radii, angles = np.meshgrid(_TRIED, [0.3, 1.5, 2.8])
        w = self.reference.high * np.concatenate([(radii * np.exp(1j * angles)).ravel(), -np.array(_TRIED)])
        whole = self._sum_of_logs(others, w)
        for nodes in _NODES:
            few = [(law, 1.0, count) for law, count in fewer([(law, count) for law, _, count in others], nodes)]
            if np.nanmax(np.abs(self._sum_of_logs(few, w) - whole)) <= _AGREED * self.depth:
                return [own, *few]
        return self._groups

    def _sum_of_logs(self, groups: Sequence[Group], w: Array) -> Array:
        """The sum of log(w_l/w) over layers."""
        with np.errstate(all="ignore"):
            last = self.reference.psi(w)
            return sum((count * np.log(self._point(law, share, w, last)[0] / w) for law, share, count in groups), 0 * w)

    def log_inverse(self, w: Array) -> tuple[Array, Array, Array, Array]:
        """log z, its derivative, u and its derivative, at w = 1/k of the chosen layer."""
        with np.errstate(all="ignore"):  # poles and zeros on the real line
            return self._log_inverse(w)

    def _log_inverse(self, w: Array) -> tuple[Array, Array, Array, Array]:
        u, rest, rate = self.reference.psi(w)
        value, slope = np.full_like(u, self._constant), np.zeros_like(u)
        for law, share, count in self._summed:
            own, own_rate = self._point(law, share, w, (u, rest, rate))
            value += count * np.log(share * u * own)
            slope += count * (rate / u + own_rate / own)
        for factor, exponent in self._plain:
            value += exponent * np.log(_shifted(factor, u, rest))
            slope += exponent * factor * rate / _shifted(factor, u, rest)
        first = self._shares[0]
        value += np.log(_shifted(first, u, rest) / (first * u))
        slope -= rate / u / _shifted(first, u, rest)
        return value, slope, self._shares[-1] * u, self._shares[-1] * rate

    def _point(self, law: DiagonalLaw, share: float, w: Array, last: tuple[Array, Array, Array]) -> tuple[Array, Array]:
        """w_l with psi_l = share u, and its derivative in w, by Newton's method for log psi/(1 + psi) in log w."""
        reference = self.reference
        if law is reference and share == 1:
            return w, np.ones_like(w)
        u, rest, rate = last
        target = share * u / _shifted(share, u, rest)
        own = law.place(target, self._guess(law, target, w))
        with np.errstate(all="ignore"):
            return own, share * rate / law.psi(own)[2]

    def _guess(self, law: DiagonalLaw, target: Array, w: Array) -> Array:
        """About the w_l of a layer: log(-w_l), known at negative w_l, is nearly straight in log(-psi_l/(1 + psi_l))."""
        plain = w * (law.high / self.reference.high)
        if not isinstance(law, SlopeLaw):
            return plain
        if id(law) not in self._curves:
            from scipy.interpolate import CubicSpline

            deep = max(_DEEP, math.log(law.high / max(law.low, _LEAST)))
            knots = math.log(law.high) + np.arange(_FAR, -deep, -_SPACING)
            u, rest, _ = (part.real for part in law.psi(-np.exp(knots) + 0j))
            self._curves[id(law)] = CubicSpline(np.log(-u / rest), knots)
        curve = self._curves[id(law)]
        far, turn = np.log(np.abs(target)), np.where(w.imag > 0, np.angle(-target), 0.0)  # 0 at negative w, else to pi
        y = np.clip(far, curve.x[0], curve.x[-1])
        angle = np.clip(np.pi + turn * curve(y, 1), 1e-3 * (np.pi - turn), np.pi)
        found = np.exp(curve(y) + y - far - turn**2 / 2 * curve(y, 2) + 1j * angle)
        return np.asarray(np.where(w.imag > 0, found, np.where(w.real < 0, -np.abs(found), plain)))

    @cached_property
    def _curves(self) -> dict[int, CubicSpline]:
        return {}

    def is_outside(self, w: Array) -> Array:
        """Whether at real w all partial products, and W_l^T W_l, are at points off their supports that rise with w.

        The subordination points of a z off the support of a product lie off the supports of its factors and rise with
        z; those of a negative z are negative.
        """
        real = w.astype(complex)
        u, rest, rate = (part.real for part in self.reference.psi(real))
        first = self._shares[0]
        value = _shifted(first, u, rest) / (first * u)  # z of the partial product, over constants
        slope = -rate / u / _shifted(first, u, rest)  # of its logarithm in w
        good, all_negative = np.ones(len(w), dtype=bool), w < 0
        points = self._points(real, (u + 0j, rest + 0j, rate + 0j))
        for layer, law in enumerate(self.diagonals, start=1):
            before, after = self._shares[layer - 1 : layer + 1]
            if not self.is_orthogonal:
                one, two = _shifted(after, u, rest), _shifted(before, u, rest)
                weights = one * two / u
                good &= weights * ((after / one + before / two) * rate - rate / u) > 0
                value, slope = value * one, slope + after * rate / one
                good &= value * slope > 0
                all_negative &= (weights < 0) & (value < 0)
            own, own_rate = (part.real for part in points[law, after])
            factor = after if after <= before else before
            power = _shifted(after if not self.is_orthogonal else factor, u, rest)
            lost = (after if not self.is_orthogonal else factor) * rate / power
            value, slope = value * u * own / power, slope + rate / u + own_rate / own - lost
            good &= own_rate > 0
            all_negative &= (own < 0) & (value < 0)
            if layer < self.depth:  # the whole product is tested where its critical points are sought
                good &= value * slope > 0
        return good & ((value > 0) | all_negative)

    def _points(self, w: Array, last: tuple[Array, Array, Array]) -> dict[tuple[DiagonalLaw, float], Any]:
        """w_l and its derivative for all layers at real w: for many of them between those of Gauss's rule, in log q."""
        groups, few = self._groups, self._summed
        if few is groups:
            return {group[:2]: self._point(*group[:2], w, last) for group in groups}
        laws = list(set(self.diagonals))
        solved = {law: self._point(law, 1.0, w, last) for law in self._telling}
        nodes = [(law, *self._point(law, 1.0, w, last)) for law, _, _ in few[1:]]
        rows = between([law for law, _, _ in nodes], laws)
        with np.errstate(all="ignore"):
            ratio = np.exp(rows @ np.log([(own / w).real for _, own, _ in nodes]))
            growth = rows @ np.array([(w * rate / own).real for _, own, rate in nodes])
        found = {law: (w * r, r * g + 0j) for law, r, g in zip(laws, ratio, growth, strict=True)}
        return {(law, 1.0): pair for law, pair in (found | solved).items()}

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
            found = [psi[k] * _exact(self._shares[-1]) for k in range(1, n + 1)]
        return [float(int(m.p) / int(m.q)) for m in found]

    @property
    def _keeps_atoms(self) -> bool:
        """Whether an atom of all D_l^2 may remain one."""
        return self.is_orthogonal and len(set(self.widths)) == 1 and all(law.is_discrete for law in self.diagonals)

    # -- the measure ---------------------------------------------------------------------------------------

    def atoms(self) -> list[tuple[float, float]]:
        """(place, weight): at 0 the loss of rank; for square orthogonal weights the product of heavy d^2."""
        ranks = [n * (1 - law.zero) for law, n in zip(self.diagonals, self.widths[1:], strict=True)]
        rank = min(*ranks, self.widths[0], *self.widths)
        zero = 1 - rank / self.widths[-1]
        found = [(0.0, zero)] if zero > _HEAVY else []
        if self._keeps_atoms:
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
        hard = self._hard_ends()
        runs = [run for run in runs if not any(_is_at(run, end) for end in hard)]
        last = self.reference
        if not last.is_discrete:  # no gaps between the ends
            runs = [run for run in runs if run.high.w <= last.low or run.low.w >= last.high]
        scale = max((run.low.z for run in runs), default=0.0)
        lows = [self._corner(run.low, scale, law) for run in runs if run.low.z > -np.inf]
        highs = [self._corner(run.high, scale, law) for run in runs if run.high.z < np.inf]
        for end in hard:
            (lows if end.t == last.high else highs).append(end)
        lows.sort(key=lambda corner: corner.log_x)
        highs.sort(key=lambda corner: corner.log_x)
        if not lows or len(lows) != len(highs):
            raise NotCertified(f"the support of {law.text} was not found from the critical points", runs=runs)
        pairs = zip(highs, lows, strict=True)
        arcs = [self._arc(left, right) for left, right in pairs if right.log_x - left.log_x > _SAME]
        atoms = self.atoms()
        if not arcs and not atoms:
            raise NotCertified(f"no interval of the support of {law.text} was found", runs=runs)
        # Beside a faint end the density is below rounding, and a moment may have fewer digits than are asked for.
        reach = math.exp(lows[-1].log_x) if lows[-1].is_faint else 0.0
        exact = self.moments(_CERTIFIED)
        kept = [m for k, m in enumerate(exact, 1) if m > max(_DIGITS, _BLURRED_SHARE * reach**k)]
        return ArcMeasure(law, arcs, atoms, kept or exact[:2])

    def _hard_ends(self) -> list[Corner]:
        """The ends at which an atom is about to appear, so that u is infinite there."""
        if not self._keeps_atoms:
            return []
        found = []
        for k in (0, -1):
            places = [law.points[k] for law in self.diagonals]
            left = 1 - sum(1 - law.weights[k] for law in self.diagonals)
            if abs(left) <= _HEAVY and min(places) > 0 and len(set(places)) == 1:
                log_x = self.depth * math.log(self.variance) + float(np.sum(np.log(places)))
                found.append(Corner(float(places[-1]), log_x, is_infinite=True))
        return found

    def _corner(self, end: RunEnd, scale: float, law: NumericLaw) -> Corner:
        if end.z <= _ZERO * scale or (end.w == 0 and not end.is_critical):  # w is a factor of z
            return Corner(0.0, -math.inf, order=0.0)
        last = self.reference
        if not end.is_critical and len(self._groups) == 1 and isinstance(last, SlopeLaw) and last.is_faint_above:
            t = last.place_of(_CUT_OFF, is_above=True)  # farther out the arc lies on the real line, to all digits
            return Corner(t, self._height(t * (1 + HAIR * 1j)), is_faint=True)
        if not end.is_critical:
            raise NotCertified(
                f"the support of {law.text} ends where the law of D^2 ends, not at a critical point: not solved here",
                end=end,
            )
        return Corner(end.w, self._height(end.w))

    def _arc(self, left: Corner, right: Corner) -> Arc:
        if math.isinf(left.log_x):
            left = replace(left, fall=self._fall(right.log_x))
        return followed(self.log_inverse, right, left)

    def _height(self, w: complex) -> float:
        return float(self.log_inverse(np.array([w + 0j]))[0][0].real)

    def _fall(self, log_x: float) -> float:
        """How far log x falls until the mass below is negligible, told by z at negative w.

        That of z is no more than twice E[w/(w + d^2)], and of orthogonal products about that of all d^2.
        """
        last = self.reference
        if self._order == 1 and isinstance(last, SlopeLaw):
            return log_x - self._height(-self._faint(last))
        w = last.high
        while last.psi(np.array([-w + 0j]))[1][0].real - last.zero > NEGLIGIBLE and w > 1e-280:
            w /= 2
        return log_x - self._height(-w) + 4

    @property
    def _order(self) -> int:
        """The power of the least d^2 with which z vanishes, if it does: one for each stretch of least widths."""
        narrow = [n == self.widths[self._chosen] for n in self.widths]
        pairs = sum(a and b for a, b in pairwise(narrow)) if self.is_orthogonal else 0
        return sum(narrow) - pairs

    def _faint(self, last: SlopeLaw) -> float:
        """w at which no layer has more than a negligible mass of d^2 below its own w_l."""
        w = last.place_of(_FAINT / self.depth)
        for law, share, _ in self._groups:
            if law not in self._telling:
                continue
            least = law.place_of(_FAINT / self.depth) if isinstance(law, SlopeLaw) and share == 1 else 0.0
            while least:
                at = np.array([-w + 0j])
                if -self._point(law, share, at, last.psi(at))[0][0].real <= least:
                    break
                w /= 2
        return w


@dataclass(frozen=True, eq=False)
class _Gaps:
    """What the search for critical points asks of the law of D^2."""

    gaps: list[tuple[float, float]]
    width: float
    measure: None = None

    @property
    def size(self) -> float:
        return self.width

    def __call__(self, w: Array) -> tuple[Array, Array]:
        return w, w


class _Line(FreeMap):
    """sign(z) |z|^(1/L) on the real line."""

    is_linear_far = False

    def __init__(self, product: DepthProduct) -> None:
        last = product.reference
        low, high = last.low, last.high
        reaches_0 = low <= _SMALL * high or (isinstance(last, SlopeLaw) and last.is_faint)
        ends = [(-np.inf, 0.0 if reaches_0 else low), (high, np.inf)]
        if last.is_discrete:
            points = last.points.tolist()
            ends = [(-np.inf, points[0]), *pairwise(points), (points[-1], np.inf)]
        self.product = product
        self.a = _Gaps(ends, high)  # type: ignore[assignment]

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


def _is_at(run: Run, end: Corner) -> bool:
    """Whether the run begins or ends at a hard end, as far as rounding tells."""
    return any(abs(w - end.t) <= _BLURRED * end.t for w in (run.low.w, run.high.w))


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
    >>> from resolvent.numeric.measures.diagonal_law import diagonal_law
    >>> tanh = activation("tanh")
    >>> law = law_of_depth([diagonal_law(tanh, 1.0)] * 2, [1, 1, 1], 1.5, False, "two layers of tanh")
    >>> [round(float(m), 6) for m in law.moments(2)]
    [0.485258, 0.981215]

    Raises `ParameterError` for a single layer of orthonormal rows with a smooth activation: its law is that of v D^2.
    """
    if is_orthogonal and len(diagonals) == 1 and widths[1] <= widths[0]:  # W W^T = v
        law = diagonals[0]
        if law.is_discrete:
            return law_of_atoms(AtomicMeasure(variance * law.points, law.weights), text)
        raise ParameterError(
            "a single orthogonal layer has the eigenvalues of D^2, each slope of its own; take a depth of 2 or more",
            law=law,
        )
    product = DepthProduct(tuple(diagonals), tuple(map(float, widths)), float(variance), is_orthogonal)
    found = NumericLaw(text, lambda: product.measure(found))
    return found


__all__ = ["DepthProduct", "Run", "law_of_depth"]
