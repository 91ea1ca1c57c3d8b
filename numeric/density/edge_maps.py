r"""The polynomial x(t) on [-1, 1] that removes the exponents of two edges: dx/dt ~ (1+t)^(e_a - 1) (1-t)^(e_b - 1).

Next to an edge it is taken as a polynomial in the distance 1 + t or 1 - t from it, so that small distances keep their
digits both ways.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.polynomial import polynomial as poly
from numpy.typing import NDArray

from resolvent.derive.errors import PrecisionError

Array = NDArray[Any]  # of float64; NumPy's stubs widen the results of arithmetic

_MOST_STEPS = 60
_SETTLED = 1e-9  # of the root: the last step, whose square is what is left


@lru_cache(maxsize=64)
def unit_polynomial(ramification: tuple[int, int]) -> tuple[Fraction, ...]:
    """u(t) with u(-1) = 0, u(1) = 1 and du/dt ~ (1+t)^(e_a - 1) (1-t)^(e_b - 1), exactly."""
    a, b = ramification
    slope = [Fraction(0)] * (a + b - 1)
    for i in range(a):
        for j in range(b):
            slope[i + j] += math.comb(a - 1, i) * math.comb(b - 1, j) * (-1) ** j
    primitive = [Fraction(0), *(c / (k + 1) for k, c in enumerate(slope))]
    low = sum(c * (-1) ** k for k, c in enumerate(primitive))
    high = sum(primitive)
    primitive[0] -= low
    return tuple(c / (high - low) for c in primitive)


def norm(ramification: tuple[int, int]) -> float:
    """The integral of (1+t)^(a-1) (1-t)^(b-1) over [-1, 1]."""
    a, b = ramification
    return 2.0 ** (a + b - 1) * math.factorial(a - 1) * math.factorial(b - 1) / math.factorial(a + b - 1)


@lru_cache(maxsize=64)
def edge_maps(ramification: tuple[int, int]) -> tuple[Array, Array]:
    """u as a polynomial in 1 + t, and 1 - u as one in 1 - t; both have positive leading behaviour s^e."""
    left = _shifted(unit_polynomial(ramification))
    right = _shifted(unit_polynomial((ramification[1], ramification[0])))
    return left, right


def _shifted(polynomial: tuple[Fraction, ...]) -> Array:
    """The coefficients of a polynomial in t as one in s = 1 + t, exact before rounding."""
    terms = list(polynomial)
    for i in range(len(terms)):
        for k in range(len(terms) - 2, i - 1, -1):
            terms[k] -= terms[k + 1]
    return np.array([float(c) for c in terms])


def solve(coefficients: Array, order: int, value: Array) -> Array:
    """The root s in [0, 2] of an increasing polynomial c_e s^e + ..., by safeguarded Newton steps."""
    slope_coefficients = poly.polyder(coefficients)
    value = np.clip(value, 0.0, 1.0)
    s = np.minimum((value / coefficients[order]) ** (1 / order), 1.9)
    low, high = np.zeros_like(s), np.full_like(s, 2.0)
    for _ in range(80):
        residual = poly.polyval(s, coefficients) - value
        low, high = np.where(residual <= 0, s, low), np.where(residual >= 0, s, high)
        slope = poly.polyval(s, slope_coefficients)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = s - residual / slope
        following = np.where((step >= low) & (step <= high), step, (low + high) / 2)
        if np.all(np.abs(following - s) <= 4e-16 * np.abs(s)):
            break
        s = following
    return np.where(value == 0.0, 0.0, s)


@lru_cache(maxsize=64)
def _starts(coefficients: tuple[float, ...], order: int) -> tuple[Array, Array, Array]:
    """Of all roots for the value 0: the directions of those at 0, the others, multiple ones apart; and the slope."""
    others = poly.polyroots(coefficients[order:]) if len(coefficients) > order + 1 else np.empty(0)
    spread = np.exp(0.3j * np.arange(len(others))) * (1 + 0.1 * np.arange(len(others)))
    return np.exp(2j * np.pi * np.arange(order) / order), others * spread, poly.polyder(coefficients)


def all_roots(coefficients: Array, order: int, value: Array) -> Array:
    """All roots of c_e s^e + ... + c_d s^d = value, e the order, for values that are not 0; one row a root.

    By Aberth's iteration from the leading terms, so that small roots are relatively accurate. The values must not be
    much larger than 1. Raises `PrecisionError` if the iteration does not settle.
    """
    principal = (value / coefficients[order]) ** (1 / order)
    turns, others, slope = _starts(tuple(coefficients.tolist()), order)
    roots = np.concatenate([turns[:, None] * principal, np.outer(others, np.ones_like(value))])
    waiting = np.arange(len(value))
    for _ in range(_MOST_STEPS):
        s = roots[:, waiting]
        residual, slopes = poly.polyval(s, coefficients) - value[waiting], poly.polyval(s, slope)
        for j in range(len(s)):
            with np.errstate(divide="ignore", invalid="ignore"):
                gaps = s[j] - s
                gaps[j] = np.inf
                push = np.sum(1 / gaps, axis=0)
                step = residual[j] / (slopes[j] - residual[j] * push)
            roots[j, waiting] -= np.where(residual[j] == 0.0, 0.0, step)  # a multiple root leaves 0/0
        waiting = waiting[~np.all(np.abs(residual) <= _SETTLED * np.abs(s * slopes), axis=0)]
        if not len(waiting):
            return roots
    raise PrecisionError("the preimages of a point of a spectrum's pieces could not be found", z=value[waiting])
