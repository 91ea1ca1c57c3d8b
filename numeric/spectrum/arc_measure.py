"""The measure of a law with an explicit inverse, from the arcs of its boundary values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.errors import DerivationError
from resolvent.derive.explicit.explicit_law import ExplicitLaw
from resolvent.derive.explicit.inverse import FactoredInverse
from resolvent.numeric.density.certificate import Certificate, moment_checks
from resolvent.numeric.density.chebyshev_piece import ZERO, Array, Place
from resolvent.numeric.spectrum.adaptive import BLUR, adaptive, checked, checked_points, with_atoms
from resolvent.numeric.spectrum.boundary_arc import Arc, Corner, LogInverse, followed
from resolvent.numeric.spectrum.measure import (
    Measure,
    PointMass,
    SupportInterval,
    certified,
    measure_of,
    missing_parameters,
)

_SAME = 1e-9  # of a root: an imaginary part that is rounding
_ZERO = 1e-12


class ArcMeasure(Measure):
    """A measure on [0, oo) whose boundary values are held along arcs.

    Attributes:
        arcs: one for each support interval, from left to right.

    The certificate compares mass and moments with those of the law, or with ``exact`` ones.
    """

    def __init__(
        self, law: Any, arcs: Sequence[Arc], atoms: Sequence[tuple[Any, Any]], exact: Sequence[float] = ()
    ) -> None:
        self.law = law
        self.arcs = tuple(arcs)
        self.atoms = tuple(PointMass(place, weight) for place, weight in atoms)
        self.certificate: Certificate = self._against(exact) if exact else certified(self)

    def _against(self, exact: Sequence[float]) -> Certificate:
        orders = np.arange(len(exact) + 1)[:, None]
        mass, *moments = self.integral(lambda x: np.asarray(x) ** orders).tolist()
        found = Certificate(mass, tuple(moment_checks(list(exact), moments, list(exact))), 0.0)
        found.require("the law")
        return found

    @property
    def intervals(self) -> tuple[SupportInterval, ...]:
        """The support of the continuous part."""
        return tuple(SupportInterval(*arc.ends, *arc.exponents) for arc in self.arcs)

    @property
    def table(self) -> ArcMeasure:
        """The functions at many points are its own."""
        return self

    def pdf(self, x: Array) -> Array:
        """The density; infinite at a left end where it diverges."""
        total = np.zeros_like(x)
        for arc in self.arcs:
            low, high = arc.ends
            inside = (x >= low) & (x <= high) & (x > 0)
            points = x[inside]
            s = arc.s(np.clip(np.log(points), arc.left.log_x, arc.right.log_x))
            total[inside] += np.maximum(-arc.u(s).imag, 0.0) / (np.pi * points)
            if low == 0 and (arc.exponents[0] or 0) < 0:
                total[x == 0] = np.inf
        return total

    def _share(self, x: Array, is_above: bool) -> Array:
        total = np.zeros_like(x)
        for arc in self.arcs:
            with np.errstate(divide="ignore"):
                log_x = np.clip(np.log(np.maximum(x, 0.0)), max(arc.left.log_x, -1e4), arc.right.log_x)
            s = np.minimum(arc.s(log_x), arc.cuts[-1])
            outside = x <= 0 if math.isinf(arc.left.log_x) else x <= arc.ends[0]
            if is_above:
                total += np.where(outside, arc.mass, arc.above(s))
            else:
                total += np.where(outside, 0.0, arc.below(s))
        for place, weight in zip(self.atom_points, self.atom_weights, strict=True):
            total += weight * ((x < place) if is_above else (x >= place))
        return total

    def cdf(self, x: Array) -> Array:
        """The mass of (-oo, x]."""
        return self._share(x, False)

    def sf(self, x: Array) -> Array:
        """The mass of (x, oo)."""
        return self._share(x, True)

    def ppf(self, q: Array) -> Array:
        """The smallest x with cdf(x) >= q, by bisection in s."""
        found = np.full(q.shape, self.support()[0])
        parts: list[tuple[float, Arc | float, float]] = [(arc.ends[0], arc, arc.mass) for arc in self.arcs]
        parts += [(p, p, w) for p, w in zip(self.atom_points.tolist(), self.atom_weights.tolist(), strict=True)]
        before = 0.0
        for _, part, mass in sorted(parts, key=lambda entry: (entry[0], isinstance(entry[1], Arc))):
            mine = q > before + 1e-15
            if isinstance(part, Arc):
                found[mine] = _level(part, np.minimum(q[mine] - before, mass))
            else:
                found[mine] = part
            before += mass
        return found

    def integral(self, function: Callable[[Array], ArrayLike], points: int = 0, origin: Place = ZERO) -> Any:
        """The integral of a smooth function of x - origin, or of several, by the rule that resolves the density."""
        total: Any = 0.0
        for arc in self.arcs:
            x, weights = arc.rule
            total = total + np.sum(weights * np.asarray(function(x - origin[0] - origin[1])), axis=-1)
        if self.atoms:
            total = total + np.sum(self.atom_weights * np.asarray(function(self.places(origin))), axis=-1)
        return total

    def expect(self, function: Callable[[Array], ArrayLike], tolerance: float | None, points: Iterable[float]) -> Any:
        """The integral of a function of an array of points, to 1e-11 unless told otherwise."""
        allowed = 1e-11 if tolerance is None else tolerance
        places, integrand = [*self.atom_points, *checked_points(points, allowed)], checked(function)
        stretches = [stretch for arc in self.arcs for stretch in _stretches(arc, places)]
        total = adaptive(stretches, integrand, allowed) if stretches else 0.0
        return with_atoms(total, integrand, self.atom_points, self.atom_weights)

    def stieltjes(self, z: ArrayLike) -> NDArray[np.complex128]:
        """m(z) anywhere; real points get the limit from above, ends and atoms NaN."""
        return self._transform(z, 0)

    def certified_stieltjes(self, z: ArrayLike, derivative: int, certified: bool) -> NDArray[np.complex128]:
        """m or m'; raises `ParameterError` for certified values: there is no proof from arcs alone."""
        if certified:
            raise self.refusal("certified_stieltjes")
        return self._transform(z, derivative)

    def _transform(self, z: ArrayLike, derivative: int) -> NDArray[np.complex128]:
        points = np.asarray(z, dtype=complex)
        flat = points.ravel()
        above = np.where(flat.imag < 0, flat.conj(), flat)
        total = np.zeros(len(flat), dtype=complex)
        power = derivative + 1
        with np.errstate(all="ignore"):
            for place, weight in zip(self.atom_points, self.atom_weights, strict=True):
                total += weight / (place - above) ** power
            for k, arc in enumerate(self.arcs):
                x, weights = arc.rule
                near = self._near(arc, above)
                far = ~near
                total[far] += ((x - above[far, None]) ** -power) @ weights
                total[near] += self._beside(k, above[near], derivative)
            ends = [*self.atom_points, *(end for arc in self.arcs for end in arc.ends)]
        total[(flat.imag == 0) & np.isin(flat.real, ends)] = complex("nan+nanj")
        return np.where(flat.imag < 0, total.conj(), total).reshape(points.shape)

    @staticmethod
    def _near(arc: Arc, z: Array) -> Array:
        with np.errstate(all="ignore"):
            s = arc.s(np.log(z))
        s = np.where(s.real < 0, -s, s)
        return np.isfinite(s) & (np.abs(s.imag) < arc.reach(s)) & (s.real < arc.cuts[-1])

    def _beside(self, k: int, z: Array, derivative: int) -> Array:
        """What the arc contributes next to it: the law's own value there, without the other parts."""
        arc = self.arcs[k]
        s = arc.s(np.log(z))
        s = np.where(s.imag > 0, s.conj(), s)
        u = arc.u(s)
        value = -(1 + u) / z
        if derivative:
            value = (1 + u - arc.rate(s)) / z**2
        power = derivative + 1
        for place, weight in zip(self.atom_points, self.atom_weights, strict=True):
            value -= weight / (place - z) ** power
        for j, other in enumerate(self.arcs):
            if j != k:
                x, weights = other.rule
                value -= ((x - z[:, None]) ** -power) @ weights
        return np.asarray(value)


def _level(arc: Arc, q: Array) -> Array:
    """x with so much mass of the arc below."""
    low, high = np.zeros_like(q), np.full_like(q, arc.cuts[-1])
    for _ in range(60):
        middle = (low + high) / 2
        more = arc.below(middle) >= q
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    return np.exp(arc.log_x(low)[0])


@dataclass(frozen=True, eq=False)
class _Stretch:
    """A part of an arc, next to an end or a point that is named, in s."""

    arc: Arc
    start: float
    sign: int
    top: float
    blur: float = BLUR

    @property
    def cuts(self) -> Array:
        """The panels of the arc."""
        places = self.sign * (self.arc.cuts - self.start)
        return np.unique(np.concatenate([[0.0, self.top], places[(places > 1e-12) & (places < self.top)]]))

    def nodes(self, distance: Array) -> tuple[Array, Array, Array]:
        """Points, dmass/ds, and that none is too near to be told from the end."""
        s = np.clip(self.start + self.sign * distance, 0.0, self.arc.cuts[-1])
        return np.exp(self.arc.log_x(s)[0]), self.arc.mass_density(s), np.zeros(len(s), dtype=bool)


def _stretches(arc: Arc, places: Iterable[float]) -> list[_Stretch]:
    low, high = arc.ends
    inside = np.array([p for p in places if low < p < high and p > 0])
    stops = np.unique([0.0, *(arc.s(np.log(inside)) if len(inside) else []), float(arc.cuts[-1])])
    found = []
    for first, last in pairwise(stops[stops <= arc.cuts[-1]].tolist()):
        half = (last - first) / 2
        found += [_Stretch(arc, first, 1, half), _Stretch(arc, last, -1, half)]
    return found


# -- factored inverses ---------------------------------------------------------------------------------------


@measure_of.register
def _(law: ExplicitLaw) -> Measure:
    if law.parameters:
        raise missing_parameters(law.parameters)
    inverse = law.inverse
    atoms = inverse.atoms()
    arcs = () if sum(float(w) for _, w in atoms) > 1 - 1e-15 else (_arc(inverse),)
    return ArcMeasure(law, arcs, atoms)


def _arc(inverse: FactoredInverse) -> Arc:
    """The one arc: from the critical point that is met first as t = 1/u falls from oo, to a zero or a critical point.

    Raises `DerivationError` where there is no such point: then the formula is no law.
    """
    rates, exponents = (np.array([float(v) for v in column]) for column in zip(*inverse.factors, strict=True))
    log_mean = float(sympy.log(inverse.mean).evalf(30))
    growth = 0.0 if inverse.growth == 0 else float(inverse.growth)
    zeros = [(-rate, e) for rate, e in zip(rates, exponents, strict=True) if e > 0]
    real = _critical_points(inverse)
    if not zeros or not real:
        raise DerivationError(f"z(u) = {inverse.expression} is the inverse of no law", inverse=inverse)
    last, order = min(zeros)

    def from_place(start: float) -> LogInverse:
        def log_inverse(t: Array) -> tuple[Array, Array, Array, Array]:
            shifted = t[..., None] + (rates + start)
            value = log_mean + np.log(shifted) @ exponents
            slope = (1 / shifted) @ exponents
            whole = t + start
            if growth:
                value, slope = value - growth * np.log(whole), slope - growth / whole
            return value, slope, 1 / whole, -1 / whole**2

        return log_inverse

    inner = [t for t in real[1:] if t > last]
    plain, own = from_place(0.0), from_place(last)
    if order == 1 and inner:
        right, left = (Corner(t, _height(plain, t), is_infinite=abs(t) < _ZERO) for t in (real[0], inner[-1]))
        return followed(plain, right, left)
    right = Corner(real[0] - last, _height(own, real[0] - last), is_infinite=abs(real[0]) < _ZERO)
    return followed(own, right, Corner(0.0, -math.inf, float(order)))


def _critical_points(inverse: FactoredInverse) -> list[float]:
    """The real critical points of z in t = 1/u, from the right."""
    t = sympy.Symbol("t")
    bases = [t + rate for rate, _ in inverse.factors]
    polynomial = sympy.Add(*(e * sympy.Mul(*bases[:k], *bases[k + 1 :]) for k, (_, e) in enumerate(inverse.factors)))
    if inverse.growth != 0:
        polynomial = t * polynomial - inverse.growth * sympy.Mul(*bases)
    roots = [complex(root) for root in sympy.Poly(polynomial, t).nroots(n=30, maxsteps=500)]
    return sorted((root.real for root in roots if abs(root.imag) <= _SAME * abs(root)), reverse=True)


def _height(log_inverse: LogInverse, t: float) -> float:
    with np.errstate(all="ignore"):  # u may be infinite
        return float(log_inverse(np.array([t + 0j]))[0][0].real)
