"""The double exponential rule on integrals with known values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from resolvent.derive.errors import PrecisionError
from resolvent.numeric.density.double_exponential import integrals

KNOWN: dict[str, tuple[Callable[[Any, Any], Any], float]] = {
    "polynomial": (lambda g, h: 5 * g**4, 1.0),
    "inverse root at both ends": (lambda g, h: 1 / np.sqrt(g * h), math.pi),
    "two thirds": (lambda g, h: h ** (-2 / 3), 3.0),
    "logarithm": (lambda g, h: np.log(g), -1.0),
    "pole at 1e-12": (lambda g, h: 1 / (g + 1e-12), math.log1p(1e12)),
    "narrow pair of poles": (lambda g, h: 1 / (g**2 + 1e-8), math.atan(1e4) * 1e4),
}


@pytest.mark.parametrize(("function", "value"), KNOWN.values(), ids=KNOWN)
def test_integral_has_the_known_value(function: Callable[[Any, Any], Any], value: float) -> None:
    found = integrals(lambda rows, g, h: function(g, h)[None], 1, "a test")
    assert found[0] == pytest.approx(value, rel=1e-13)


def test_rows_settle_independently() -> None:
    powers = np.array([0.0, -0.5, 3.0])
    found = integrals(lambda rows, g, h: g ** powers[rows, None], 3, "a test")
    assert found == pytest.approx(1 / (powers + 1), rel=1e-13)


def test_complex_integrands_are_taken() -> None:
    found = integrals(lambda rows, g, h: (1 / (g + 1j))[None], 1, "a test")
    assert complex(found[0]) == pytest.approx(complex(math.log(2) / 2, -math.pi / 4), rel=1e-13)


def test_a_zero_integrand_settles() -> None:
    assert integrals(lambda rows, g, h: 0 * g[None], 1, "a test")[0] == 0.0


def test_what_does_not_settle_is_an_error() -> None:
    with pytest.raises(PrecisionError, match="a jump does not settle"):
        integrals(lambda rows, g, h: (g > 0.3)[None] * 1.0, 1, "a jump")
