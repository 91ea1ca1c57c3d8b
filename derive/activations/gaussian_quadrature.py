"""Integrals against the standard Gaussian by quadrature, with errors: analytic functions, and users' functions.

The words are those of `resolvent.derive.activations.gaussian_integrals`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import mpmath
import numpy as np
import sympy
from flint import fmpq

from resolvent.derive.activations.gaussian_integrals import EPSILON, Estimate, Family, rounded
from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.exact.field import to_sympy_rational

# -- functions analytic in a strip: the trapezoidal rule on the line, at many digits --------------------------

_MOST_NODES = 2**16
_START_DIGITS = 34  # twice the 17 digits that `Smooth.rational` is usually asked for

Pair = Callable[[Any, Any], tuple[Any, Any]]
Node = tuple[Any, Any, Any, Any]  # xi, the density at xi, f(s xi), f'(s xi)


class _Line:
    """Samples of f(s xi) on nested equidistant grids, and sums over them."""

    def __init__(self, pair: Pair, strip: float, s: Any, digits: int) -> None:
        self.context = mpmath.MPContext()
        self.context.dps = digits
        self.pair, self.s, self.digits = pair, s, digits
        self.scale = self.context.mpf(sympy.N(s, digits + 5))
        # The error of step h decays like exp(-2 pi w/h), w = strip/s, or exp(-2 pi^2/h^2) where the density wins.
        self.step = min(0.5, strip / (2 * float(self.scale)))
        # Cramer's inequality |h_k(x)| < 1.09 exp(x^2/4) makes one cutoff serve all k; x^2 is for f itself.
        self.cutoff = 4.0
        while self.cutoff**2 / 4 - 2 * math.log(self.cutoff) < digits * math.log(10):
            self.cutoff += 0.5
        self._levels: list[list[Node]] = []

    def new_nodes(self, level: int) -> list[Node]:
        """The nodes that halving the step ``level`` times adds."""
        while len(self._levels) <= level:
            depth = len(self._levels)
            step = self.step / 2**depth
            last = int(self.cutoff / step)
            if 2 * last > _MOST_NODES:
                raise PrecisionError(
                    f"more than {_MOST_NODES} evaluations are needed at the scale {self.s}, where the function is "
                    "nearly a step or a kink; take a smaller scale, or its limit (sign, step, relu)",
                    scale=self.s,
                )
            if depth == 0:
                indices: range = range(-last, last + 1)
            else:
                indices = range(1 - last - last % 2, last + 1, 2)  # the odd ones
            self._levels.append([self._node(self.context.mpf(j) * step) for j in indices])
        return self._levels[level]

    def _node(self, xi: Any) -> Node:
        context = self.context
        f, slope = self.pair(context, self.scale * xi)
        return xi, context.exp(-xi * xi / 2) / context.sqrt(2 * context.pi), f, slope

    def integral(self, integrand: Callable[[Node], Any], rounding: Any = 0) -> tuple[Any, Any]:
        """E of the integrand and a bound of the error: what the last halving changed, and the rounding.

        ``rounding`` is for a squared integrand: the root mean square of the error of what is squared.
        """
        context = self.context
        total, size, previous = context.zero, context.zero, None
        for level in range(64):
            terms = [node[1] * integrand(node) for node in self.new_nodes(level)]
            total += context.fsum(terms)
            size += context.fsum(terms, absolute=True)
            step = self.step / 2**level
            value, floor = total * step, size * step * context.mpf(10) ** (4 - self.digits)
            floor += 2 * context.sqrt(size * step) * rounding + rounding**2
            if previous is not None:
                change = abs(value - previous)
                # The error of the finer sum is about the square of the change.
                if change <= max(floor, abs(value) * context.mpf(10) ** (-3 * self.digits // 5)):
                    return value, change + floor
            previous = value
        raise AssertionError("the number of nodes is bounded")

    def coefficient(self, k: int) -> tuple[Any, Any]:
        """The Hermite coefficient a_k and its error."""
        roots = [self.context.sqrt(n) for n in range(k + 1)]
        return self.integral(lambda node: node[2] * orthonormal_hermite(k, node[0], roots))

    def energy(self, drop: int) -> tuple[Any, Any]:
        """The energy of f(s xi) without its first coefficients, and its error."""
        value, error = self.integral(lambda node: node[2] ** 2)
        if drop == 0:
            return value, error
        # The subtraction leaves the rounding of f; errors of the coefficients enter squared.
        rounding = self.context.mpf(10) ** (3 - self.digits) * self.context.sqrt(value)
        known = [self.coefficient(k) for k in range(drop)]

        def rest(node: Node) -> Any:
            return (node[2] - sum(a * (node[0] if k else 1) for k, (a, _) in enumerate(known))) ** 2

        value, error = self.integral(rest, rounding)
        return value, error + sum(e * e for _, e in known)

    def slope_energy(self) -> tuple[Any, Any]:
        """E of the squared derivative with respect to xi, and its error."""
        return self.integral(lambda node: (self.scale * node[3]) ** 2)


@lru_cache(maxsize=16)
def _line(pair: Pair, strip: float, s: Any, digits: int) -> _Line:
    return _Line(pair, strip, s, digits)


def orthonormal_hermite(k: int, x: Any, roots: Sequence[Any]) -> Any:
    """The polynomial He_k(x)/sqrt(k!) by its three-term recurrence; ``roots`` are the square roots of 0, ..., k.

    >>> orthonormal_hermite(2, 3.0, [0.0, 1.0, math.sqrt(2)]) * math.sqrt(2)
    8.0
    """
    before, now = x * 0, x * 0 + 1
    for n in range(k):
        before, now = now, (x * now - roots[n] * before) / roots[n + 1]
    return now


@dataclass(frozen=True)
class Smooth(Family):
    """A function analytic for abs(Im x) < ``strip``; ``pair(context, x)`` gives f(x) and f'(x) in an mpmath context."""

    pair: Pair
    strip: float
    is_exact = False

    def coefficient(self, k: int, s: Any) -> Estimate:
        return _estimate(self._at(s).coefficient(k))

    def power(self, k: int, s: Any) -> Estimate:
        value, error = self._at(s).coefficient(k)
        return _estimate((value * value, 2 * abs(value) * error + error * error))

    def energy(self, drop: int, s: Any) -> Estimate:
        return _estimate(self._at(s).energy(drop))

    def slope_energy(self, s: Any) -> Estimate:
        return _estimate(self._at(s).slope_energy())

    def _at(self, s: Any, digits: int = _START_DIGITS) -> _Line:
        return _line(self.pair, self.strip, s, digits)

    def rational(self, s: Any, digits: int, centred: bool) -> tuple[sympy.Rational, sympy.Rational]:
        for work in (_START_DIGITS * 2**j for j in range(4)):
            line = self._at(s, max(work, 2 * digits))
            (mean, mean_error), (slope, slope_error) = line.coefficient(0), line.coefficient(1)
            rest, error = line.energy(2)
            if not centred:
                rest, error = rest + mean * mean, error + 2 * abs(mean) * mean_error + mean_error**2
            small = line.context.mpf(10) ** (-digits - 2)
            if error <= small * rest and slope_error <= small * abs(slope):
                return rounded(_exactly(slope * slope), digits), rounded(_exactly(rest), digits)
        raise PrecisionError(
            f"at the scale {s} the function is so nearly linear that eta - zeta is lost; take a larger scale", scale=s
        )


def _exactly(value: Any) -> sympy.Rational:
    return sympy.Rational(*mpmath.libmp.to_rational(value._mpf_))


def _estimate(pair: tuple[Any, Any]) -> Estimate:
    value = float(pair[0])
    return Estimate(value, math.nextafter(float(pair[1]) + EPSILON * abs(value), math.inf))


# -- a user's function: adaptive quadrature in double precision ------------------------------------------------

_CUTOFFS = (14.0, 20.0, 28.0, 38.0)
_NEGLIGIBLE = 1e-17
_WORST_ERROR = 1e-8
_ROUNDING = 2048 * EPSILON  # arguments up to some hundreds, where exp has that condition number


class Sampled(Family):
    """A user's function of floats, with breakpoints at its ``kinks`` and its derivative if there is one.

    Integrals run over as many standard deviations of xi as the growth of f asks for, 38 at most.
    """

    is_exact = False

    def __init__(
        self, function: Callable[[float], Any], derivative: Callable[[float], Any] | None, kinks: tuple[fmpq, ...]
    ) -> None:
        self.function, self.derivative, self.kinks = function, derivative, kinks
        self._known: dict[Any, Any] = {}

    def coefficient(self, k: int, s: Any) -> Estimate:
        key = ("coefficient", k, s)
        if key not in self._known:
            roots = [math.sqrt(n) for n in range(k + 1)]
            self._known[key] = self._mean(lambda xi, f: f * orthonormal_hermite(k, xi, roots), s, self._root(s))
        return self._known[key]

    def power(self, k: int, s: Any) -> Estimate:
        return self.coefficient(k, s).squared()

    def energy(self, drop: int, s: Any) -> Estimate:
        known = [float(self.coefficient(k, s)) for k in range(drop)]
        floor = 0.0 if drop == 0 else self._root(s) ** 2

        def rest(xi: float, f: float) -> float:
            return f - sum(a * (xi if k else 1.0) for k, a in enumerate(known))

        key = ("energy", drop, s)
        if key not in self._known:
            self._known[key] = self._mean(rest, s, floor, square=True)
        return self._known[key]

    def slope_energy(self, s: Any) -> Estimate:
        if self.derivative is None:
            raise ParameterError("eta_prime of your own function needs its derivative: pass derivative=")
        key = ("slope", s)
        if key not in self._known:
            scale = float(s)
            slopes = Sampled(self.derivative, None, self.kinks)
            found = slopes._mean(lambda _, slope: scale * slope, s, 0.0, square=True)
            self._check_derivative(slopes, found, s)
            self._known[key] = found
        return self._known[key]

    def _check_derivative(self, slopes: Sampled, energy: Estimate, s: Any) -> None:
        # Integration by parts, E ft' h_k = sqrt(k + 1) a_{k+1}, fails for a derivative of another function or a jump.
        for k in (0, 1):
            left, right = slopes.coefficient(k, s), self.coefficient(k + 1, s)
            gap = abs(float(s) * float(left) - math.sqrt(k + 1) * float(right))
            if gap > 1e-7 * (math.sqrt(float(energy)) + self._root(s)):
                raise ParameterError(
                    "derivative= is not the derivative of the function, or the function jumps (then eta_prime is "
                    f"infinite): E[ft' h_{k}] and sqrt({k + 1}) E[ft h_{k + 1}] differ by {gap:.3g}",
                    difference=gap,
                )

    def rational(self, s: Any, digits: int, centred: bool) -> tuple[sympy.Rational, sympy.Rational]:
        parts = [self.power(1, s), self.energy(2, s)] + ([] if centred else [self.power(0, s)])
        slope, *rest = (to_sympy_rational(fmpq(*part.value.as_integer_ratio())) for part in parts)
        return rounded(slope, digits), rounded(sum(rest, start=sympy.Integer(0)), digits)

    def _root(self, s: Any) -> float:
        return math.sqrt(float(self.energy(0, s)))

    def _mean(
        self, integrand: Callable[[float, float], float], s: Any, floor: float, *, square: bool = False
    ) -> Estimate:
        """E of the integrand at (xi, f(s xi)), or of its square; errors are relative to the value or to ``floor``."""
        from scipy.integrate import quad_vec

        scale = _positive_float(s)
        with np.errstate(all="ignore"):
            cutoff = self._cutoff(scale)
            kinks = [float(int(t.p) / int(t.q)) / scale for t in self.kinks]
            points = sorted({0.0, *(sign * x for x in (1.0, 2.5, 4.5, 7.0, 10.0) for sign in (1, -1)), *kinks})

            def weighted(xi: float) -> float:
                # The root of the density first: f^2 may overflow where f^2 times the density does not.
                root = math.exp(-xi * xi / 4) / (2 * math.pi) ** 0.25
                value = integrand(xi, self._value(scale * xi)) * root
                return value * value if square else value * root

            value, error = quad_vec(
                weighted, -cutoff, cutoff, epsabs=1e-13 * floor + 1e-300, epsrel=1e-12, limit=2000, points=points
            )
        size = max(abs(value), floor)
        error = 4 * error + _ROUNDING * size
        if not math.isfinite(value) or error > _WORST_ERROR * size:
            raise PrecisionError(
                f"the quadrature reached an error of {error:.3g} at the value {value:.6g} only; list the points where "
                "the function or its derivative is not smooth as kinks=[...], or take a smaller scale",
                value=value,
                error=error,
            )
        return Estimate(float(value), float(error))

    def _cutoff(self, scale: float) -> float:
        """Where f(s xi) exp(-xi^2/4) has become negligible, on both sides; it must stay so up to the last cutoff."""

        def weight(xi: float) -> float:
            value = abs(self._value(scale * xi))
            return math.log(value) - xi * xi / 4 if value else -math.inf

        key = ("cutoff", scale)
        if key not in self._known:
            # Off the round numbers, where a function or its derivative may be undefined.
            peak = max(weight((x + 0.4142) / 8) for x in range(-8 * 14, 8 * 14))
            for cutoff in _CUTOFFS:
                rim = [sign * cutoff * part for part in (1, 0.98, 0.96, 0.94) for sign in (1, -1)]
                here = [weight(xi) for xi in rim]
                peak = max(peak, *here)
                if peak == -math.inf or max(here) < peak + math.log(_NEGLIGIBLE):
                    self._check_growth(weight, cutoff, peak)
                    self._known[key] = cutoff
                    break
            else:
                raise ParameterError(
                    "the function grows so fast that its Gaussian integrals diverge, or are lost beyond "
                    f"{_CUTOFFS[-1]:.0f} standard deviations; take a smaller scale",
                    scale=scale,
                )
        return self._known[key]

    def _check_growth(self, weight: Callable[[float], float], cutoff: float, peak: float) -> None:
        for xi in (sign * x for x in _CUTOFFS if x > cutoff for sign in (1, -1)):
            try:
                here = weight(xi)
            except ParameterError as error:
                if not math.isinf(float(str(error.objects.get("value", 0)))):
                    continue  # not defined so far out, or fails inside, as exp(-x) does in a sigmoid: no information
                here = math.inf
            if here > peak + math.log(_NEGLIGIBLE):
                raise ParameterError(
                    "the function grows so fast that its Gaussian integrals may diverge: exp(xi^2/4) does not outweigh "
                    f"it at {xi} standard deviations; take a smaller scale",
                    xi=xi,
                )

    def _value(self, x: float) -> float:
        try:
            result = np.asarray(self.function(x))
            if result.size != 1 or np.iscomplexobj(result) or isinstance(result.item(), complex):
                raise TypeError("the value is not one real number")
            value = float(result.item())
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise ParameterError(
                f"the function cannot be used at x = {x!r}: {error}; it must take a float and return one real number",
                x=x,
            ) from error
        if not math.isfinite(value):
            raise ParameterError(f"the function is {value} at x = {x!r}; it must be finite", x=x, value=value)
        return value


def _positive_float(s: Any) -> float:
    scale = float(s)
    if not 1e-150 < scale < 1e150:
        raise ParameterError(f"the scale {s} is out of the range of double precision", scale=s)
    return scale
