"""The numeric solution of the Dyson equation against exact polynomials, closed forms and sampled matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import assume, settings
from hypothesis import given as random_cases

from resolvent.derive.errors import BranchError, DerivationError, ParameterError
from resolvent.derive.expressions.law import law_of
from resolvent.derive.laws.elementary import atoms, semicircle
from resolvent.numeric.expressions import block, dimension, gaussian, given, inv, wigner
from resolvent.numeric.expressions.dyson_solver import DysonSolver
from tests.derive.expressions.test_law_of import polynomial, symmetric_polynomials
from tests.derive.expressions.test_pencil import layers

p, n = dimension("p"), dimension("n")
X, Y = wigner("X", p), wigner("Y", p)
A = gaussian("A", p, n)
T = given("T", p, law=atoms([1, 3]))
D = given("D", p, law=atoms([3, 5]))
c = sympy.Symbol("c", positive=True)
Z = np.linspace(-4, 4, 41) + 0.01j

MODELS = [
    (X @ Y + Y @ X, {}, {}),
    (X @ Y @ X + Y, {}, {}),
    (A @ A.T / n, {(p, n): c}, {"c": "1/2"}),
    (T @ X @ T + T, {}, {}),
    (X @ inv(1 + Y @ Y) @ X, {}, {}),
    (D @ inv(D + X) @ D, {}, {}),
    (block([[0, A], [A.T, 0]]) / sympy.sqrt(n), {(p, n): c}, {"c": 2}),
    (*layers(1), {"eta1": 1, "zeta1": "1/2", "phi": 1, "psi1": 1}),
]


def residual(equation: Any, z: Any, m: Any, values: dict[str, Any]) -> float:
    """The largest value of P(z, m), relative to the sum of its terms."""
    at = equation.expr.subs({s: sympy.Rational(values[s.name]) for s in equation.symbols})
    terms = sympy.Add.make_args(sympy.expand(at))
    found = [sympy.lambdify(sympy.symbols("z m"), t, "numpy")(z, m) * np.ones_like(z) for t in terms]
    return float((np.abs(sum(found)) / sum(np.abs(f) for f in found)).max())


@pytest.mark.parametrize(("model", "ratios", "values"), MODELS, ids=[str(m[0])[:40] for m in MODELS])
def test_the_solution_satisfies_the_exact_polynomial(model: Any, ratios: Any, values: Any) -> None:
    solution = DysonSolver.of(model, ratios, **values).solve(Z)
    assert residual(law_of(model, ratios).equation, Z, solution.stieltjes, values) < 1e-11


@pytest.mark.parametrize(("model", "ratios", "values"), MODELS, ids=[str(m[0])[:40] for m in MODELS])
def test_the_solution_is_a_stieltjes_transform(model: Any, ratios: Any, values: Any) -> None:
    assert (DysonSolver.of(model, ratios, **values).solve(Z).stieltjes.imag > 0).all()


@settings(max_examples=8, deadline=None)
@random_cases(symmetric_polynomials())
def test_random_polynomials(table: Any) -> None:
    model = polynomial(table)
    law = law_of(model)
    assume(law.equation.degree < 16)
    solution = DysonSolver.of(model).solve(Z)
    assert residual(law.equation, Z, solution.stieltjes, {}) < 1e-9


@pytest.mark.parametrize(
    ("model", "ratios", "sizes"),
    [
        (X @ Y + Y @ X, {}, {p: 400}),
        (T @ X @ T + T, {}, {p: 400}),
        (X @ inv(1 + Y @ Y) @ X, {}, {p: 400}),
        (D @ inv(D + X) @ D, {}, {p: 400}),
        (block([[0, A], [A.T, 0]]) / sympy.sqrt(n), {(p, n): "1/2"}, {p: 200, n: 400}),
        (layers(1)[0], dict.fromkeys(layers(1)[1], 1), {"n0": 300, "n1": 300, "m": 300}),
    ],
    ids=lambda x: str(x)[:30],
)
def test_the_solution_is_the_limit_of_sampled_matrices(model: Any, ratios: Any, sizes: Any) -> None:
    values = {"eta1": 1, "zeta1": "1/2"} if "eta1" in str(model) else {}
    matrix = model.sample(sizes, rng=5, **values)
    z = 0.4 + 0.7j
    sampled = np.mean(1 / (np.linalg.eigvalsh(matrix) - z))
    assert abs(sampled - DysonSolver.of(model, ratios, **values).solve([z]).stieltjes[0]) < 0.02


def test_hundreds_of_blocks() -> None:
    """A variance profile of 40 equal blocks is a semicircle."""
    sizes = [dimension(f"d{k}") for k in range(40)]
    model = wigner("W", sizes, [[1] * 40 for _ in range(40)]) / sympy.sqrt(40)
    ratios = {(d, sizes[0]): 1 for d in sizes[1:]}
    found = DysonSolver.of(model, ratios).solve([0.3 + 0.2j]).stieltjes[0]
    z = 0.3 + 0.2j
    exact = (-z + np.sqrt(z - 2) * np.sqrt(z + 2)) / 2
    assert abs(found - exact) < 1e-12


def test_the_density_of_the_semicircle() -> None:
    x = np.array([-1.5, 0.0, 1.0])
    assert DysonSolver.of(X).density(x) == pytest.approx(np.sqrt(4 - x**2) / (2 * np.pi), abs=1e-7)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: DysonSolver.of(X).solve([1.0]), ParameterError, "positive imaginary part"),
        (lambda: DysonSolver.of(A @ A.T / n, {(p, n): c}), ParameterError, "give a number for c"),
        (lambda: DysonSolver.of(X + given("U", p, semicircle())), DerivationError, "finitely many eigenvalues"),
        (lambda: DysonSolver.of(A @ inv(A.T @ A) @ A.T, {(p, n): "1/2"}).solve([1j]), BranchError, "inverse exist"),
    ],
)
def test_what_is_refused(build: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build()
