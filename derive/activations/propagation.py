r"""How the variances of pre-activations and gradients go from layer to layer in a wide network with random weights.

With h_l = W_l f(h_(l-1)) + b_l, weights of variance sigma_w^2 over the width and biases of variance sigma_b^2, the h_l
are Gaussian in the limit, of the variances

    q_l = sigma_w^2 E f(sqrt(q_(l-1)) xi)^2 + sigma_b^2,

and a gradient grows by chi(q) = sigma_w^2 E f'(sqrt(q) xi)^2 from layer to layer, chi = 1 being the critical line.

Source: Pennington, Schoenholz, Ganguli 2017, Resurrecting the sigmoid in deep learning through dynamical isometry.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import sympy

from resolvent.derive.activations.activation import Activation, activation
from resolvent.derive.activations.gaussian_quadrature import Smooth
from resolvent.derive.activations.slopes import mean_squares
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError

_LARGE, _SMALL = 1e4, 1e-12
_SAME = 1e-9
_SETTLED = 1e-14
_FLAT, _DIGITS = 1e-12, 40


@checked
@dataclass(frozen=True)
class Propagation:
    """The maps of variances of a network with one activation.

    Attributes:
        activation: f, at the scale 1.
        sigma_w, sigma_b: standard deviations of the weights, times the root of the width, and of the biases.

    >>> tanh = propagation("tanh", sigma_w=1.5, sigma_b=0.1)
    >>> round(tanh.fixed_point(), 10), round(tanh.slope(tanh.fixed_point()), 6)
    (0.8133223269, 1.129053)

    Raises `ParameterError` for scales that are no numbers, not positive or, for biases, negative.
    """

    activation: Activation
    sigma_w: float
    sigma_b: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.sigma_w) and self.sigma_w > 0):
            raise ParameterError(f"sigma_w must be positive; got {self.sigma_w}", sigma_w=self.sigma_w)
        if not (math.isfinite(self.sigma_b) and self.sigma_b >= 0):
            raise ParameterError(f"sigma_b must not be negative; got {self.sigma_b}", sigma_b=self.sigma_b)

    def following(self, q: float) -> float:
        """The variance of the next layer; raises `ParameterError` unless q is not negative."""
        return self.sigma_w**2 * self.energy(q) + self.sigma_b**2

    def slope(self, q: float) -> float:
        """chi(q), the growth of a gradient; raises `ParameterError` for activations that jump."""
        return self.sigma_w**2 * self.slope_energy(q)

    def variances(self, first: float, depth: int) -> list[float]:
        """[q_1, ..., q_depth] from q_1."""
        found = [_variance(first)]
        while len(found) < depth:
            found.append(self.following(found[-1]))
        return found

    def fixed_point(self) -> float:
        """q*, to which variances go from 1; 0 if they shrink to 0.

        Raises `ParameterError` where they grow without end, or where every variance stays as it is (ReLU at
        sigma_w^2 = 2).
        """
        excess = [self.following(q) / q - 1 for q in (1.0, 4.0)]
        if max(map(abs, excess)) <= _SAME:
            raise ParameterError(
                f"{self.activation.name} keeps every variance at sigma_w = {self.sigma_w:g}: there is no q*; give the "
                "first variance",
                activation=self.activation,
            )
        low = high = 1.0
        if excess[0] >= 0:
            while self.following(high) >= high and high < _LARGE:
                low, high = high, 4 * high
        else:
            while self.following(low) <= low * (1 + _FLAT) and low > _SMALL:  # hard_tanh keeps small q to all digits
                low, high = low / 4, low
        if high >= _LARGE:
            raise ParameterError(
                f"the variances of {self.activation.name} grow without end at sigma_w = {self.sigma_w:g}, "
                f"sigma_b = {self.sigma_b:g}; take a smaller sigma_w",
                activation=self.activation,
            )
        return _root(lambda q: self.following(q) - q, low, high) if low > _SMALL else 0.0

    def energy(self, q: float) -> float:
        """E f(sqrt(q) xi)^2, about the mean for a centred activation."""
        if _variance(q) == 0:
            return 0.0 if self.activation.centred else float(self.activation(0.0)) ** 2
        if not self.activation.centred and (found := _mean_squares(self.activation, q)):
            return found[0]
        scale = sympy.Float(math.sqrt(q), _DIGITS)  # 1 - exp(-2 q) loses some
        return float(self.activation.family.energy(int(self.activation.centred), scale))

    def slope_energy(self, q: float) -> float:
        """E f'(sqrt(q) xi)^2; raises `ParameterError` for activations that jump."""
        if _variance(q) == 0:
            q = _SMALL**2
        if squares := _mean_squares(self.activation, q):
            return squares[1]
        found = self.activation.family.slope_energy(sympy.Float(math.sqrt(q), 17))
        if found == sympy.oo:
            raise ParameterError(
                f"{self.activation.name} jumps: its derivative has no mean square, and the Jacobian does not exist; "
                "take a continuous activation",
                activation=self.activation,
            )
        return float(found) / q


@checked
def propagation(function: object, sigma_w: float, sigma_b: float = 0.0) -> Propagation:
    """The maps of variances of an activation: a name of the table, a polynomial or a Python function.

    >>> relu = propagation("relu", sigma_w=2**0.5)
    >>> round(relu.following(1.7), 12), round(relu.slope(1.7), 12)
    (1.7, 1.0)

    Raises `ParameterError` for what is no activation, and for scales outside their domains.
    """
    chosen = function if isinstance(function, Activation) else activation(function)
    return Propagation(chosen, float(sigma_w), float(sigma_b))


@checked
def critical_sigma_w(function: object, sigma_b: float = 0.0) -> tuple[float, float]:
    """(sigma_w, q*) at which gradients neither grow nor shrink, chi(q*) = 1, for the given biases.

    Along the critical line sigma_w^2 = 1/E f'(sqrt(q) xi)^2 and sigma_b^2 = q - sigma_w^2 E f(sqrt(q) xi)^2.

    >>> sigma_w, q = critical_sigma_w("tanh", 0.05)
    >>> round(sigma_w, 6), round(q, 6)
    (1.122539, 0.153692)
    >>> critical_sigma_w("tanh"), round(critical_sigma_w("relu")[0] ** 2, 12)
    ((1.0, 0.0), 2.0)

    Raises `ParameterError` where there is no such point, as for the ReLU with biases, and for a negative sigma_b.
    """
    unit = propagation(function, 1.0, sigma_b)

    def biases(q: float) -> float:
        return q - unit.energy(q) / unit.slope_energy(q) - sigma_b**2

    is_flat = unit.slope_energy(0.0) <= _SMALL  # f'(0) = 0: no layer that is critical at 0
    if not is_flat and abs(biases(0.0)) <= _SETTLED:
        return round(1 / math.sqrt(unit.slope_energy(0.0)), 12) if _is_smooth(unit) else _homogeneous(unit), 0.0
    low, high = 1e-8, 1e-8
    while biases(high) < 0 and high < _LARGE:
        low, high = high, 2 * high
    if high >= _LARGE or low == high:
        raise ParameterError(
            f"{unit.activation.name} has no critical point at sigma_b = {sigma_b:g}; try another sigma_b",
            activation=unit.activation,
        )
    q = _root(biases, low, high)
    return 1 / math.sqrt(unit.slope_energy(q)), q


@lru_cache(maxsize=4096)
def _mean_squares(function: Activation, q: float) -> tuple[float, float] | None:
    """E f(sqrt(q) xi)^2 and E f'(sqrt(q) xi)^2 of an analytic activation, fast."""
    return mean_squares(function.family, math.sqrt(q)) if isinstance(function.family, Smooth) else None


def _is_smooth(unit: Propagation) -> bool:
    return 0.0 not in unit.activation.kinks


def _homogeneous(unit: Propagation) -> float:
    return 1 / math.sqrt(unit.slope_energy(1.0))


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-300, rtol=_SETTLED))


def _variance(q: float) -> float:
    if not (math.isfinite(q) and q >= 0):
        raise ParameterError(f"a variance is not negative; got {q}", q=q)
    return float(q)
