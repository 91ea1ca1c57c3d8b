"""The boundary values of a holonomic law: its equation solved by Taylor series along a path, in ball arithmetic.

The path begins far above the support, where the moments give m and its derivatives, and stays in the upper half-plane
until it comes down on the middle of a gap between singular points. From there it runs along the real axis towards them,
on centres whose distances from the singular point halve. Each Taylor series is used within a third of its radius of
convergence, or half of it for the next centre, and cut where the terms are below the working precision: the errors are
estimated by that, not proved; the certificate of the spectrum tests the result.
"""

from __future__ import annotations

import math
from functools import lru_cache, reduce
from typing import Any

import numpy as np
import sympy
from flint import acb, acb_poly, arb, fmpz_poly
from numpy.typing import ArrayLike, NDArray

from resolvent.derive.errors import DerivationError, ParameterError, PrecisionError
from resolvent.derive.exact.precision import cached_property, working_precision
from resolvent.derive.holonomic.holonomic_law import HolonomicLaw
from resolvent.numeric.density.chebyshev_piece import Array

_BITS = 160
_TERMS = _BITS + 40
_LARGEST_DENOMINATOR = 10**6
_DEEPEST = 200

_INTEGERS = [acb(n) for n in range(_TERMS)]

State = list[acb]  # m, m', ..., m^(r-1) at a point


class HolonomicDensity:
    """The density, the atoms and the Stieltjes transform of a holonomic law.

    Attributes:
        points: the real singular points of the equation from the first to the last at which the law is singular.
        rests: what the rounding has taken from them.
        atoms: (point, weight) as SymPy numbers; weights are rational numbers identified to 25 digits.

    Raises `DerivationError` if the equation has an irregular singularity.
    """

    def __init__(self, law: HolonomicLaw) -> None:
        self.law = law
        law.ode.require_regular()
        with working_precision(_BITS):
            self._rows = [acb_poly(a) for a in law.ode.coefficients]
            self._exact = law.ode.real_singular_points(_BITS)
            balls = [p.ball(_BITS).mid() for p in self._exact]
            self.points = tuple(float(b) for b in balls)
            self.rests = tuple(float(b - arb(p)) for b, p in zip(balls, self.points, strict=True))
            self._places = [arb(b) for b in balls]
            self._singular = [acb(r) for f in law.ode.singular_factors for r, _ in f.complex_roots()]
            self._height = 4 * max((abs(complex(p)) for p in self._singular), default=1.0) + 1
            self._top = acb(0, arb(self._height))
            self._start = self._far_state(self._top)
            self._centres: dict[tuple[int, int], list[tuple[arb, list[acb]]]] = {}
            self._middles: dict[int, State] = {}

    # -- values ------------------------------------------------------------------------------------------------

    def near(self, k: int, delta: ArrayLike) -> Array:
        """The density at points[k] + delta, for delta up to half the gaps on both sides; relative in delta.

        Raises `ParameterError` for delta beyond 2^-200 of a gap.
        """
        flat = np.asarray(delta, dtype=float).ravel()
        result = np.zeros(flat.shape)
        with working_precision(_BITS):
            for direction in (-1, 1):
                chosen = np.flatnonzero(np.sign(flat) == direction)
                if len(chosen):
                    result[chosen] = self._half_values(k, direction, np.abs(flat[chosen]))
        return result.reshape(np.shape(delta))

    def ball(self, k: int, direction: int, panel: int) -> tuple[arb, arb]:
        """The distance of the centre of a panel from points[k], and the density there, to some 40 digits."""
        with working_precision(_BITS):
            centre, coefficients = self._series(k, direction, panel + 1)[panel]
            return centre, coefficients[0].imag / arb.pi()

    @cached_property
    def atoms(self) -> tuple[tuple[sympy.Expr, sympy.Expr], ...]:
        """Poles of m on the real axis: the limit of -delta m(p + delta)."""
        found = []
        with working_precision(_BITS):
            for k, point in enumerate(self._exact):
                weight = self._residue(k)
                if abs(weight) > 1e-12:
                    found.append((point.to_sympy(), _identified(weight)))
        return tuple(found)

    def stieltjes(self, z: ArrayLike) -> NDArray[np.complex128]:
        """m(z) by continuation to each point; real points get the limit from above, singular points NaN."""
        flat = np.asarray(z, dtype=np.complex128).ravel()
        values = [self._value(complex(p)) for p in flat]
        return np.array(values, dtype=np.complex128).reshape(np.shape(z))

    def _value(self, z: complex) -> complex:
        if z.imag < 0:
            return self._value(z.conjugate()).conjugate()
        if math.isnan(z.real) or math.isnan(z.imag) or (z.imag == 0 and z.real in self.points):
            return complex("nan+nanj")
        with working_precision(_BITS):
            place = acb(arb(z.real), arb(z.imag))
            if abs(z) > self._height:
                return complex(self._far_state(place)[0])
            return complex(self._walked(self._top, self._start, [acb(place.real, self._top.imag), place])[0])

    # -- along the axis ------------------------------------------------------------------------------------------

    def _half_values(self, k: int, direction: int, distance: Array) -> Array:
        reach = self._reach(k, direction)
        scale = float(reach)
        level = np.maximum(np.floor(-np.log2(np.minimum(distance / scale, 1.0))).astype(int), 0)
        if level.max(initial=0) > _DEEPEST:
            raise ParameterError("the distance from a singular point is too small", delta=float(distance.min()))
        result = np.empty(distance.shape)
        series = self._series(k, direction, int(level.max(initial=0)) + 1)
        for j in np.unique(level):
            chosen = np.flatnonzero(level == j)
            centre, coefficients = series[j]
            heights = np.array([float(c.imag.mid() * centre**i) for i, c in enumerate(coefficients[:48])])
            t = distance[chosen] / float(centre) - 1.0  # in units of the centre's distance, at most 1/3
            result[chosen] = np.polynomial.polynomial.polyval(t, heights) / math.pi
        return np.maximum(result, 0.0)

    def _reach(self, k: int, direction: int) -> arb:
        """Half the gap on that side; 1 beyond the outermost points, where there is no density."""
        other = k + direction
        if not 0 <= other < len(self._places):
            return arb(1)
        return abs(self._places[other] - self._places[k]) / 2

    def _series(self, k: int, direction: int, count: int) -> list[tuple[arb, list[acb]]]:
        """For each panel the distance of its centre, and the Taylor coefficients of m there in the distance."""
        known = self._centres.setdefault((k, direction), [])
        reach, rows = self._reach(k, direction), self._local_rows(k, direction)
        while len(known) < count:
            centre = reach * arb(2) ** -len(known) * 3 / 4
            if known:
                before, coefficients = known[-1]
                state = _states(coefficients, centre - before, self.law.ode.order)
            else:
                above = self._walked(
                    self._middle_place(k, direction),
                    self._middle_state(k, direction),
                    [acb(self._places[k] + direction * centre)],
                )
                state = [value * direction**i for i, value in enumerate(above)]
            known.append((centre, _taylor(rows, acb(centre), state)))
        return known

    def _local_rows(self, k: int, direction: int) -> list[acb_poly]:
        """The equation in the distance from points[k]; the point has more digits than the distances will lose."""
        with working_precision(_BITS + 2 * _DEEPEST):
            place = self._exact[k].ball(_BITS + 2 * _DEEPEST)
            shift = acb_poly([acb(place.mid()), direction])
            return [row(shift) * direction**i for i, row in enumerate(self._rows)]

    def _middle_place(self, k: int, direction: int) -> acb:
        return acb((self._places[k] + direction * self._reach(k, direction)).mid())

    def _middle_state(self, k: int, direction: int) -> State:
        """m and its derivatives in the middle of a gap, from above."""
        gap = k if direction > 0 else k - 1
        if gap not in self._middles:
            place = self._middle_place(k, direction)
            self._middles[gap] = self._walked(self._top, self._start, [acb(place.real, self._top.imag), place])
        return self._middles[gap]

    def _residue(self, k: int) -> float:
        direction = 1 if k + 1 < len(self._places) else -1
        centre, coefficients = self._series(k, direction, 130)[-1]
        return float((-direction * centre * coefficients[0].real).mid())

    # -- Taylor series ---------------------------------------------------------------------------------------------

    def _far_state(self, z: acb) -> State:
        """m and its derivatives from the moments, |z| at least four times the radius of the support."""
        moments = self.law.moment_terms(_TERMS)
        r = self.law.ode.order
        state = []
        for i in range(r):
            total = acb(0)
            for n, moment in enumerate(moments):
                if moment:
                    total += acb(arb(moment)) * (-1) ** (i + 1) * _rising(n + 1, i) / z ** (n + 1 + i)
            state.append(total)
        return state

    def _walked(self, place: acb, state: State, corners: list[acb]) -> State:
        """The continuation along straight segments, in steps of half the distance to the nearest singular point."""
        for corner in corners:
            for _ in range(4000):
                rest = complex(corner - place)
                if rest == 0:
                    break
                free = min((abs(complex(place - p)) for p in self._singular), default=1.0)
                if free == 0:
                    raise PrecisionError("the path meets a singular point of the equation", z=complex(place))
                share = min(1.0, free / 2 / abs(rest))
                there = corner if share == 1.0 else (place + (corner - place) * arb(share)).mid()
                coefficients = _taylor(self._rows, place, state)
                state = _states(coefficients, there - place, self.law.ode.order)
                place = there
            else:
                raise PrecisionError("too many steps; the path runs close to a singular point", z=complex(place))
        return state


def _taylor(equation: list[acb_poly], place: acb, state: State) -> list[acb]:
    """The Taylor coefficients at a point of the solution with the given value and derivatives there."""
    r = len(equation) - 1
    rows = [list(row(acb_poly([place, 1]))) for row in equation]
    found = [value / math.factorial(i) for i, value in enumerate(state)]
    lead = rows[r][0]
    weights = []
    for shift in sorted({i - j for i, row in enumerate(rows) for j in range(len(row))} - {r}):
        parts = [row[i - shift] * _falling(shift, i) for i, row in enumerate(rows) if 0 <= i - shift < len(row)]
        weights.append((shift, sum(parts, acb_poly(0)).evaluate(_INTEGERS, algorithm="iter")))
    for n in range(_TERMS - r):  # the coefficient of u^n holds y_(n+shift) with these weights
        total = acb(0)
        for shift, weight in weights:
            if n + shift >= 0:
                total += weight[n] * found[n + shift]
        value = -total / (lead * math.perm(n + r, r))
        found.append(value.mid())
    return found


@lru_cache(maxsize=512)
def _falling(shift: int, i: int) -> acb_poly:
    """(n + shift)(n + shift - 1) ... as a polynomial in n, i factors."""
    return acb_poly(reduce(lambda a, b: a * b, (fmpz_poly([shift - k, 1]) for k in range(i)), fmpz_poly([1])))


def _states(coefficients: list[acb], step: Any, order: int) -> State:
    """The function and its derivatives at a step from the centre of a Taylor series."""
    polynomial = acb_poly(coefficients)
    found = []
    for _ in range(order):
        value = polynomial(acb(step))
        found.append(value.mid())
        polynomial = polynomial.derivative()
    return found


def _rising(n: int, k: int) -> int:
    return math.perm(n + k - 1, k)


def _identified(weight: float) -> sympy.Expr:
    """The simplest rational number within 1e-13; raises `DerivationError` if none has a small denominator."""
    found = sympy.nsimplify(weight, rational=True, tolerance=1e-13)
    if found.q > _LARGEST_DENOMINATOR:
        raise DerivationError(f"the weight {weight:.15g} of an atom is no simple rational number", weight=weight)
    return found
