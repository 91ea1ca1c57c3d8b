"""Activations at arrays of floats, by their families: derivatives, points that are not smooth, mean squares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resolvent.derive.activations.gaussian_integrals import (
    Bell,
    ErrorFunction,
    ExponentialSum,
    Family,
    PiecewiseLinear,
    Polynomial,
    Steps,
)
from resolvent.derive.activations.gaussian_quadrature import Sampled, Smooth
from resolvent.derive.errors import ParameterError

Floats = NDArray[np.float64]

_CUTOFF = 13.0  # standard deviations
_HALVINGS = 12


class _Arrays:
    """The functions of an mpmath context that the smooth activations use, on arrays."""

    exp, log1p, sqrt, tanh, cosh, pi = np.exp, np.log1p, np.sqrt, np.tanh, np.cosh, np.pi

    @staticmethod
    def erfc(x: Floats) -> Any:
        import scipy.special

        return scipy.special.erfc(x)


def slope_on_arrays(family: Family) -> Callable[[Floats], Any]:
    """f' as a function of float arrays.

    >>> slope_on_arrays(Polynomial((0, 0, 3)))(np.array([1.0, 2.0]))
    array([ 6., 12.])

    Raises `ParameterError` for functions that jump, and for a user's function without its derivative.
    """
    if isinstance(family, Polynomial):
        coefficients = [float(c) for c in family.derivative.coefficients] or [0.0]
        return lambda x: np.polynomial.polynomial.polyval(x, coefficients)
    if isinstance(family, PiecewiseLinear):
        bends = [(float(t), float(d)) for t, d in family.bends]
        return lambda x: float(family.slope) + sum(d * (x > t) for t, d in bends)
    if isinstance(family, ExponentialSum):
        terms = [(complex(w), complex(c)) for w, c in family.terms]
        return lambda x: sum(w * c * np.exp(c * x) for w, c in terms).real
    if isinstance(family, ErrorFunction):
        return lambda x: 2 / np.sqrt(np.pi) * np.exp(-(x**2))
    if isinstance(family, Bell):
        return lambda x: -x * np.exp(-(x**2) / 2)
    if isinstance(family, Smooth):
        return lambda x: family.pair(_Arrays, x)[1]
    if isinstance(family, Sampled):
        if family.derivative is None:
            raise ParameterError("the slope of your own function needs its derivative: pass derivative=", family=family)
        return np.vectorize(family.derivative, otypes=[np.float64])
    raise ParameterError("a function that jumps has no derivative: eta_prime is infinite", family=family)


def kinks(family: Family) -> tuple[float, ...]:
    """The points where f or f' is not smooth.

    >>> kinks(PiecewiseLinear(0, 0, ((0, 1),)))
    (0.0,)
    """
    if isinstance(family, PiecewiseLinear):
        return tuple(float(t) for t, _ in family.bends)
    if isinstance(family, Steps):
        return tuple(float(t) for t, _ in family.jumps)
    return tuple(float(int(t.p) / int(t.q)) for t in family.kinks) if isinstance(family, Sampled) else ()


def mean_squares(function: Smooth, scale: float) -> tuple[float, float] | None:
    """E f(s xi)^2 and E f'(s xi)^2 in double precision, by the trapezoidal rule; None where that does not settle.

    >>> from resolvent.derive.activations.activation import activation
    >>> found = mean_squares(activation("tanh").family, 1.0)
    >>> [round(v, 12) for v in found]
    [0.394294490398, 0.464402902448]
    """
    step, before = 0.5, (0.0, 0.0)
    for _ in range(_HALVINGS):
        xi = np.arange(-_CUTOFF, _CUTOFF + step / 2, step)
        weights = step * np.exp(-(xi**2) / 2) / np.sqrt(2 * np.pi)
        with np.errstate(all="ignore"):  # far out exponentials overflow
            values, slopes = function.pair(_Arrays, scale * xi)
            now = float(weights @ np.square(values)), float(weights @ np.square(slopes))
        if np.allclose(now, before, rtol=2e-15, atol=0) and np.all(np.isfinite(now)):
            return now
        step, before = step / 2, now
    return None
