"""Factors of integer polynomials whose coefficients exceed machine words."""

from __future__ import annotations

import pytest
import sympy
from flint import fmpz_mpoly

from resolvent.derive.exact.field import polynomial_ring
from resolvent.derive.exact.polynomials import factored
from resolvent.derive.laws.elementary import atoms, semicircle

RING = polynomial_ring(("z", "x", "y"))
_z, _x, _y = RING.gens()
BIG = 10**40
FACTORS = {
    "in z": [(_z - BIG, 1), (_z + 1, 2)],
    "one variable": [(BIG * _z - _x, 1), (_z**2 - 3, 1)],
    "apart": [(BIG * _z - _x, 1), (_z * _y + 1, 1)],
    "together": [(_z * _x - BIG * _y + 1, 1), (_z, 3)],
    "not linear": [(_z - _x * _y, 1), (_z - _x - _y, 1)],
    "squares": [(_z - _x, 2), (_z - _y, 1)],
    "large and not linear": [(BIG * _z - _x**2, 1), (_z - BIG * _y**2 - 1, 2)],
}


@pytest.mark.parametrize("factors", FACTORS.values(), ids=FACTORS)
@pytest.mark.parametrize("content", [-6, 2 * BIG])
def test_factors_are_found_again(factors: list[tuple[fmpz_mpoly, int]], content: int) -> None:
    product = RING.constant(content)
    for factor, power in factors:
        product = product * factor**power
    found = factored(product)
    assert sorted((str(f), k) for f, k in found) == sorted((str(f), k) for f, k in factors)


def test_laws_with_decimals_of_six_digits() -> None:
    points, t = [sympy.Rational(s) for s in ("0.314159", "2.718282", "5.123483")], sympy.Rational("1.20333")
    mean = sum(points) / 3
    variance = sum(p**2 for p in points) / 3 - mean**2
    law = atoms([0.314159, 2.718282, 5.123483]).free_power(1.20333)
    assert law.free_cumulants(2) == [t * mean, t * variance]


def test_squares_of_mixtures_with_large_denominators() -> None:
    a, b, w = sympy.Rational(1003, 1001), sympy.Rational(1007, 1003), sympy.Rational(333, 1007)
    law = semicircle(a).direct_sum(semicircle(b), w) ** 2
    assert law.moments(2) == [w * a + (1 - w) * b, 2 * (w * a**2 + (1 - w) * b**2)]
