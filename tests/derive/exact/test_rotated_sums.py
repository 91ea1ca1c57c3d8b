"""Sums of roots at all rotations of the variable, against sums of numeric roots."""

from __future__ import annotations

import itertools

import mpmath
import numpy as np
import pytest

from resolvent.derive.exact.field import coefficients_in, polynomial_ring
from resolvent.derive.exact.rotated_sums import rotated_sums

RING = polynomial_ring(("w'", "T", "c"))
W, T, C = RING.gens()
POLYNOMIALS = {
    "constant leading coefficient": C * T**2 + (W - 1 + C) * T + W,
    "a power of w leads": W**3 * T**2 + T + W - C,
    "roots of the leading coefficient": (2 * W**2 - W + C) * T**2 + W * T + 3,
    "of degree one": (4 * W**2 + 22 * W + 30) * T + 4 * W**2 + 11 * W,
    "of degree three": T**3 - W * T + C,
}


def values(polynomial: object, point: dict[str, complex]) -> np.ndarray:
    """The roots in T at a point, by NumPy."""
    rows = coefficients_in(polynomial, "T", polynomial_ring(("w'", "c")))
    numbers = [
        sum(int(c) * point["w'"] ** int(i) * point["c"] ** int(j) for (i, j), c in r.to_dict().items()) for r in rows
    ]
    return np.polynomial.polynomial.polyroots(numbers)


@pytest.mark.slow
@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("name", POLYNOMIALS)
def test_roots_are_sums_over_rotations(name: str, k: int) -> None:
    polynomial = POLYNOMIALS[name]
    if polynomial.degrees()[1] ** k > 32:
        k = 2
    w, c = 0.8 + 0.3j, 1.3
    turned = [values(polynomial, {"w'": w * np.exp(2j * np.pi * j / k), "c": c}) for j in range(k)]
    expected = np.array([sum(choice) for choice in itertools.product(*turned)])
    found = rotated_sums(polynomial, "T", "w'", k)
    assert found.degrees()[1] == len(expected)
    rows = coefficients_in(found, "T", polynomial_ring(("w'", "c")))
    with mpmath.workdps(200):
        z, y = mpmath.mpc(w) ** k, mpmath.mpf(c)
        numbers = [sum(int(a) * z ** int(i) * y ** int(j) for (i, j), a in r.to_dict().items()) for r in rows]
        monic = np.array([complex(number / numbers[-1]) for number in numbers])
    direct = np.polynomial.polynomial.polyfromroots(expected)
    assert np.allclose(monic, direct, rtol=1e-6, atol=1e-9 * np.max(np.abs(direct)))
