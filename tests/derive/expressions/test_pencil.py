"""Pencils: as few states as possible, and their first block is the resolvent."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from resolvent.derive.errors import DerivationError
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.letters import block, dimension, gaussian, inv, wigner
from resolvent.derive.expressions.pencil import Pencil, fewest_states, pencil_of
from resolvent.derive.expressions.pencil_check import is_linearisation
from resolvent.derive.expressions.scaling import scales_of

p, n, q = dimension("p"), dimension("n"), dimension("q")
X, Y, Z = (wigner(name, p) for name in "XYZ")
A, B = gaussian("A", p, n), gaussian("B", q, n)
RATIOS = {(p, n): sympy.Symbol("c", positive=True), (q, n): sympy.Symbol("d", positive=True)}


def layers(depth: int) -> tuple[MatrixExpression, dict[Any, Any]]:
    """The Gram matrix of ``depth`` layers of random features, linear part and noise, and the ratios of its sizes."""
    sizes = [dimension(f"n{k}") for k in range(depth + 1)]
    m = dimension("m")
    features = gaussian("X", sizes[0], m)
    for k in range(1, depth + 1):
        eta, zeta = sympy.symbols(f"eta{k} zeta{k}", positive=True)
        weights, noise = gaussian(f"W{k}", sizes[k], sizes[k - 1]), gaussian(f"N{k}", sizes[k], m)
        features = sympy.sqrt(zeta) * weights @ features / sympy.sqrt(sizes[k - 1]) + sympy.sqrt(eta - zeta) * noise
    ratios = {(sizes[0], m): sympy.Symbol("phi", positive=True)}
    ratios |= {(sizes[0], sizes[k]): sympy.Symbol(f"psi{k}", positive=True) for k in range(1, depth + 1)}
    return features @ features.T / m, ratios


def pencil(model: MatrixExpression, ratios: Any = RATIOS) -> Pencil:
    return pencil_of(model, scales_of(model.dimensions(), ratios))


MODELS = [
    (X, 1),
    (X @ Y + Y @ X, 3),
    (sympy.I * (X @ Y - Y @ X), 3),
    (X @ Y @ X + Y, 3),
    (X @ Y @ Z + Z @ Y @ X, 5),
    (Y @ X @ X @ Y, 4),
    (X + X @ X, 2),
    (X @ X @ X + (X @ X @ X).T, 3),
    (X @ Y + (X @ Y).T, 3),
    (A @ A.T / n, 2),
    (A @ inv(A.T @ A + B.T @ B) @ A.T, 4),
    (X @ inv(1 + Y @ Y) @ X, 3),
    (inv(X + 3), 2),
    (X @ Y + Y @ X + X @ X, 3),
    ((X + Y) @ (X + Y), 2),
    (block([[0, A], [A.T, 0]]) / sympy.sqrt(n), 2),
]


@pytest.mark.parametrize(("model", "size"), MODELS, ids=[str(m) for m, _ in MODELS])
def test_the_fewest_states(model: MatrixExpression, size: int) -> None:
    assert pencil(model).size == size


@pytest.mark.parametrize(("depth", "size"), [(1, 4), (2, 6), (3, 8)])
def test_random_features_need_two_states_for_each_layer(depth: int, size: int) -> None:
    model, ratios = layers(depth)
    assert pencil(model, ratios).size == size


def test_kernel_traces_need_few_states() -> None:
    """K^-1, X^T X K^-1 and K^-1 X^T X K^-1 for the kernel K of random features: 4, 5 and 8 states."""
    n0, n1, m = (dimension(name) for name in ("n0", "n1", "m"))
    eta, zeta, gamma = sympy.symbols("eta zeta gamma", positive=True)
    W, data, noise = gaussian("W", n1, n0), gaussian("X", n0, m), gaussian("N", n1, m)
    features = sympy.sqrt(zeta) * W @ data / sympy.sqrt(n0) + sympy.sqrt(eta - zeta) * noise
    inverse = inv(features.T @ features / n1 + gamma)
    gram = data.T @ data / n0
    a, b = sympy.symbols("a b", positive=True)
    scales = scales_of((n0, n1, m), {(n0, m): a, (n1, m): b})
    sizes = [fewest_states(e, scales) for e in (inverse, gram @ inverse, inverse @ gram @ inverse)]
    assert sizes == [4, 5, 8]


@pytest.mark.parametrize(("model", "size"), MODELS, ids=[str(m) for m, _ in MODELS])
def test_the_first_block_of_the_inverse_is_the_resolvent(model: MatrixExpression, size: int) -> None:
    assert is_linearisation(model, pencil(model))


def test_the_pencil_of_one_model_is_refused_for_another() -> None:
    assert not is_linearisation(X @ Y + Y @ X + X, pencil(X @ Y + Y @ X + 2 * X))


def test_the_projection_on_the_columns_is_not_the_identity() -> None:
    """With p > n the matrix A (A^T A)^{-1} A^T is a projection; numbers in place of matrices would say 1."""
    model = A @ inv(A.T @ A) @ A.T
    assert is_linearisation(model, pencil(model))


def test_an_inverse_that_never_exists_is_named() -> None:
    with pytest.raises(DerivationError, match=r"inv\(X - X\) does not exist"):
        pencil(inv(X - X))
