"""Many systems by the products of their matrices with vectors, against Gaussian elimination."""

from __future__ import annotations

import numpy as np
import pytest

from resolvent.numeric.expressions.krylov import Complexes, solve_by_products

RNG = np.random.default_rng(3)


def gaussian(*shape: int) -> Complexes:
    return np.asarray(RNG.standard_normal(shape) + 1j * RNG.standard_normal(shape))


@pytest.mark.parametrize("most", [12, 25])
def test_solutions_are_those_of_elimination(most: int) -> None:
    """The last matrix is 1 and one of rank two, for which three products are enough."""
    matrices = np.eye(25) + 0.02 * gaussian(4, 25, 25)
    matrices[3] = np.eye(25) + gaussian(25, 2) @ gaussian(2, 25)
    right = gaussian(4, 25)
    found, good = solve_by_products(lambda v: np.einsum("kij,kj->ki", matrices, v), right, 1e-9, most)
    assert good.all()
    assert np.abs(found - np.linalg.solve(matrices, right[..., None])[..., 0]).max() < 1e-7


def test_systems_without_a_solution_or_with_too_few_products_are_told() -> None:
    matrices = np.stack([np.eye(8), np.zeros((8, 8)), np.diag([0.0, *range(1, 8)]), np.diag([1.0, *range(1, 8)])])
    right = gaussian(4, 8)
    right[1, :4] = 0

    def product(v: Complexes) -> Complexes:
        return np.asarray(np.einsum("kij,kj->ki", matrices, v))

    assert solve_by_products(product, right, 1e-10, 8)[1].tolist() == [True, False, False, True]
    assert solve_by_products(product, right, 1e-10, 3)[1].tolist() == [True, False, False, False]
    found, good = solve_by_products(product, 0 * right, 1e-10, 8)
    assert good.all()
    assert not found.any()
