"""Complex roots, against ones isolated around the origin and against known ones."""

from __future__ import annotations

import numpy as np
import pytest
from flint import fmpz_poly

from resolvent.derive.exact import complex_roots as module


def complex_roots(polynomial: fmpz_poly) -> list[complex]:
    """The roots, rounded."""
    return [complex(root) for root in module.complex_roots(polynomial)]


def random_polynomial(degree: int, bits: int) -> fmpz_poly:
    """Coefficients of random size and sign; the constant is not 0."""
    rng = np.random.default_rng(degree)
    sizes = [int(rng.integers(1, 2**60)) ** (1 + bits // 60) for _ in range(degree + 1)]
    return fmpz_poly([size * int(rng.choice([-1, 1])) for size in sizes])


def same(found: list[complex], polynomial: fmpz_poly) -> bool:
    """Whether there is one approximation for each root."""
    expected = np.array([complex(root) for root, _ in polynomial.complex_roots()])
    distances = np.abs(np.array(found)[:, None] - expected[None, :]) / (1e-300 + np.abs(expected))
    nearest = distances.argmin(axis=0)
    return sorted(nearest.tolist()) == list(range(len(expected))) and bool(np.all(distances.min(axis=0) < 1e-11))


@pytest.mark.parametrize("polynomial", [
    fmpz_poly([-2, 0, 1]), random_polynomial(5, 10), random_polynomial(30, 10), random_polynomial(40, 300),
    fmpz_poly([1] + [0] * 20 + [1]), fmpz_poly([-9] + [1] * 25), fmpz_poly([1] + [0] * 19 + [10**200, 1]),
])  # fmt: skip
def test_each_root_is_found(polynomial: fmpz_poly) -> None:
    assert same(complex_roots(polynomial), polynomial)


def test_roots_far_from_the_origin_are_found() -> None:
    polynomial = fmpz_poly([1])
    for k in range(1, 26):
        polynomial *= fmpz_poly([-(1000 + 3 * k), 1])  # Wilkinson's, moved
    found = complex_roots(polynomial)
    assert sorted(r.real for r in found) == pytest.approx([1000 + 3 * k for k in range(1, 26)], rel=1e-12)
    assert all(r.imag == 0 for r in found)


def test_roots_on_both_sides_of_their_mean_are_found() -> None:
    symmetric = fmpz_poly([0, 1])  # with a root at the mean of all
    for k in range(1, 10):
        symmetric *= fmpz_poly([-k * k, 0, 1])
    assert sorted(complex_roots(symmetric), key=lambda r: r.real) == [complex(k) for k in range(-9, 10)]


def test_roots_that_are_almost_one_are_told_apart() -> None:
    n = 12
    mignotte = fmpz_poly([0] * n + [1]) - 2 * fmpz_poly([-1, 10**3]) ** 2  # two roots 1e-19 apart, beside 1/1000
    found = [r for r in complex_roots(mignotte) if abs(r - 1e-3) < 1e-9]
    assert len(found) == 2
    assert all(r.imag == 0 for r in found)
