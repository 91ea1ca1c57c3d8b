r"""The double exponential rule: integrals of functions with singularities at the ends of an interval, to full accuracy.

With y = pi sinh t the substitution x = left + length g, g = 1/(1 + e^(-y)), turns algebraic and logarithmic
singularities at the ends into double exponential decay; the trapezoidal rule in t then converges exponentially.
Integrands get both shares g and 1 - g of the interval, so that distances from either end keep their digits.

Source: Takahasi, Mori, Publ. RIMS 9 (1974) 721-741.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resolvent.derive.errors import PrecisionError

Array = NDArray[Any]  # of float64 or complex128

_REACH = 5.0  # leaves 1e-101 of the interval: 1e-33 of an integral of t^(-2/3)
_STEPS = (0.1, 0.05, 0.025, 0.0125, 0.00625, 0.003125)
_SETTLED = 1e-8  # the error of a halved step is about the square of the change

Integrand = Callable[[NDArray[np.int64], Array, Array], Array]
"""(rows, g, 1 - g) -> the values times the length of the interval, of shape (rows, nodes)."""


def integrals(integrand: Integrand, rows: int, what: str) -> Array:
    """The integrals of several functions, each over its own interval, until each has settled to about 1e-15.

    >>> value = integrals(lambda rows, g, h: g ** -0.5 + np.log(h), 1, "an example")
    >>> round(float(value[0]), 13)
    1.0

    Raises `PrecisionError`, naming ``what``, for those that do not settle.
    """
    waiting = np.arange(rows)
    total: Array = np.zeros(rows)
    before: Array = np.full(rows, np.nan)
    for level, step in enumerate(_STEPS):
        share, rest, weights = _rule(level)
        change = (integrand(waiting, share, rest) * weights).sum(axis=-1)
        total = total.astype(np.result_type(total, change))
        total[waiting] += change
        value = total * step
        with np.errstate(invalid="ignore"):
            settled = np.abs(value[waiting] - before[waiting]) <= _SETTLED * np.abs(value[waiting])
        before = before.astype(value.dtype)
        before[waiting] = value[waiting]
        waiting = waiting[~settled]
        if not len(waiting):
            return before
    raise PrecisionError(f"{what} does not settle in {_STEPS[-1]:g} steps of the double exponential rule")


@lru_cache(maxsize=16)
def _rule(level: int) -> tuple[Array, Array, Array]:
    """The nodes that a level adds, as shares g and 1 - g, and their weights without the step."""
    number = round(_REACH / _STEPS[level])
    places = np.arange(-number, number + 1)
    t = _STEPS[level] * (places if level == 0 else places[places % 2 != 0])
    y = math.pi * np.sinh(t)
    share, rest = 1 / (1 + np.exp(-y)), 1 / (1 + np.exp(y))
    return share, rest, share * rest * math.pi * np.cosh(t)
