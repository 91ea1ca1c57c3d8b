"""The numeric solution of the Dyson equation against exact polynomials, closed forms and sampled matrices."""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import assume, settings
from hypothesis import given as random_cases

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.law import law_of
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.numeric.expressions import block, dimension, gaussian, given, haar, inv, kron, wigner
from resolvent.numeric.expressions.dyson_solver import DysonSolver
from resolvent.numeric.expressions.free_letters import FreeLetter, GivenLetter, HaarLetter
from resolvent.numeric.spectrum.spectrum import Spectrum
from tests.derive.expressions.test_law_of import polynomial, symmetric_polynomials
from tests.derive.expressions.test_pencil import layers

p, n = dimension("p"), dimension("n")
X, Y = wigner("X", p), wigner("Y", p)
A = gaussian("A", p, n)
T = given("T", p, law=atoms([1, 3]))
D = given("D", p, law=atoms([3, 5]))
E = given("E", p, law=atoms([1, -1]))  # E @ E is 1
c = sympy.Symbol("c", positive=True)
Q, S1 = given("Q", p, law=semicircle("1/2")), given("S1", p, law=semicircle())
M = given("M", p, law=marchenko_pastur("1/2"))
U, V = haar("U", p), haar("V", p)
ROOT, W = sympy.sqrt(2), gaussian("W", p, n) @ gaussian("W", p, n).T / n
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
    (X + Q, {}, {}),
    (Q + M, {}, {}),
    (T + D + X, {}, {}),
    (M @ A @ A.T @ M / n, {(p, n): c}, {"c": "1/2"}),
    (Q @ M + M @ Q, {}, {}),
    (U + U.T, {}, {}),
    (U + U.T + U @ U + (U @ U).T, {}, {}),
    (U @ T + T @ U.T + V + V.T, {}, {}),
    (U @ M + M @ U.T + X, {}, {}),
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


@pytest.mark.parametrize(
    ("model", "ratios"),
    [(X @ Y + Y @ X, {}), (D @ inv(D + X) @ D, {}), (T @ X @ T + T, {}), (U + U.T, {}), (A @ A.T / n, {(p, n): 2})],
)
@pytest.mark.parametrize("height", [1e-6, 0.1])
def test_many_points_have_the_solution_that_each_has_by_itself(model: Any, ratios: Any, height: float) -> None:
    solver = DysonSolver.of(model, ratios)
    draws = np.random.default_rng(5)
    # from inside the spectrum to far outside, at equal real parts, and at other heights
    z = np.concatenate([draws.uniform(-8, 8, 120), np.full(20, 0.7)]) + 1j * height * draws.choice([1, 30], 140)
    apart = np.concatenate([solver.solve(half).stieltjes for half in (z[:70], z[70:])])
    np.testing.assert_allclose(solver.solve(z).stieltjes, apart, rtol=1e-9)


@pytest.mark.slow
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
        (X @ inv(1 + Q @ Q) @ X, {}, {p: 500}),
        (Q @ X @ Q + X @ M @ X, {}, {p: 500}),
        (Q @ X @ M + M @ X @ Q, {}, {p: 500}),
        (U @ M @ U.T + inv(3 + U + U.T), {}, {p: 500}),
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


@pytest.mark.parametrize(
    ("model", "points"),
    [
        (8 * inv(E @ E + 1) @ D + 8 * D @ inv(E @ E + 1), [24, 40]),
        (4 - inv(E @ E + 1) @ D - D @ inv(E @ E + 1), [-1, 1]),
        (E @ E @ Q @ E @ E, None),
    ],
)
def test_a_given_matrix_seen_through_fewer_dimensions_than_it_enters_with(model: Any, points: Any) -> None:
    """E @ E is 1, which the pencil does not know: its blocks are equal, and their traces a singular matrix."""
    z = np.array([0.3 + 1.1j, 2 + 0.8j, 30 + 1e-3j])
    exact = np.mean([1 / (x - z) for x in points], axis=0) if points else -z + np.sqrt(z - 2**0.5) * np.sqrt(z + 2**0.5)
    assert np.abs(DysonSolver.of(model).solve(z).stieltjes - exact).max() < 1e-12


def test_a_given_matrix_that_enters_seven_times_on_each_side() -> None:
    """A matrix with the semicircle in generic position is a Wigner matrix to all else; its coefficient has rank 14."""

    def word(S: MatrixExpression) -> MatrixExpression:
        alternating = reduce(operator.matmul, [X, S] * 6, S / 2 + T)
        return alternating + alternating.T

    given_, drawn = (DysonSolver.of(word(S)).solve([0.5 + 1j]).stieltjes for S in (S1, Y))
    assert np.abs(given_ - drawn).max() < 1e-12


@pytest.mark.parametrize(
    ("model", "values", "same"),
    [
        (ROOT * M + X, {}, (ROOT * W + X, {(p, n): "1/2"})),  # of a Wishart matrix the root leaves with its square
        (kron([[1, ROOT], [ROOT, 2]], X + T), {}, (block([[3 * (X + T), 0], [0, 0 * T]]), {})),
        (sympy.sqrt(c) * (U + U.T) + T, {"c": 4}, (2 * (U + U.T) + T, {})),
        (sympy.I * sympy.sqrt(c) * (U - U.T) + T, {"c": 4}, (2 * (U + U.T) + T, {})),
        (sympy.sqrt(c) * T + X, {"c": 4}, (2 * T + X, {})),
        (sympy.sqrt(c - 1) * T + X, {"c": 5}, (2 * T + X, {})),
    ],
    ids=lambda x: str(x) if isinstance(x, MatrixExpression) else "",
)
def test_square_roots_may_stay_in_the_equation(model: Any, values: Any, same: Any) -> None:
    z = [0.5 + 0.7j, 2 + 0.4j]
    assert (
        np.abs(DysonSolver.of(model, **values).solve(z).stieltjes - DysonSolver.of(*same).solve(z).stieltjes).max()
        < 1e-12
    )


def test_the_root_of_a_negative_number_is_refused() -> None:
    with pytest.raises(ParameterError, match="the square root of -1/2, a negative number"):
        DysonSolver.of(sympy.sqrt(c - 1) * T + X, c="1/2")


def test_next_to_a_zero_of_the_trace_in_a_gap_the_solution_is_right_or_not_found() -> None:
    """There the unknowns of the Haar matrix have a pole; at the end floats do not hold them."""
    solver, exact = DysonSolver.of(U @ E @ U.T + Q), Spectrum(atoms([1, -1]) + semicircle("1/2"))
    z = np.array([0.0222 + 1e-5j, 0.01 + 1e-3j, 1.2 + 1e-3j])
    assert np.abs(solver.solve(z).stieltjes - exact.stieltjes(z)).max() < 1e-9
    g, _, bad = solver.followed(np.array([1e-8 + 0j]))
    assert bad[0] or abs(solver.trace(g)[0] - exact.stieltjes(1e-8)) < 1e-9


def test_hundreds_of_blocks() -> None:
    """A variance profile of 40 equal blocks is a semicircle."""
    sizes = [dimension(f"d{k}") for k in range(40)]
    model = wigner("W", sizes, [[1] * 40 for _ in range(40)]) / sympy.sqrt(40)
    ratios = {(d, sizes[0]): 1 for d in sizes[1:]}
    found = DysonSolver.of(model, ratios).solve([0.3 + 0.2j]).stieltjes[0]
    z = 0.3 + 0.2j
    exact = (-z + np.sqrt(z - 2) * np.sqrt(z + 2)) / 2
    assert abs(found - exact) < 1e-12


def test_a_profile_of_two_hundred_blocks_with_equal_sums_is_a_semicircle() -> None:
    """Circulant variances: every row has the same sum, and so has the scalar equation."""
    k = 200
    row = 1 + np.cos(2 * np.pi * np.arange(k) / k) ** 3 / 2 + (np.arange(k) % (k - 3) < 2)
    row = (row + np.roll(row[::-1], 1)) / 2
    table = np.array([np.roll(row, shift) for shift in range(k)])
    assert np.allclose(table, table.T)
    z = np.array([0.3 + 0.2j, -1.0 + 0.01j, 2.5 + 1e-4j])
    v = table[0].mean()
    exact = (-z + np.sqrt(z - 2 * np.sqrt(v)) * np.sqrt(z + 2 * np.sqrt(v))) / (2 * v)
    assert np.abs(DysonSolver.of_profile(table).solve(z).stieltjes - exact).max() < 1e-11


def test_a_profile_of_two_hundred_blocks_is_the_limit_of_sampled_matrices() -> None:
    k, each = 200, 5
    rng = np.random.default_rng(11)
    x = np.arange(k) / k
    table = (1 + np.sin(7 * np.add.outer(x, x))) ** 2 + 4 * np.exp(-40 * np.subtract.outer(x, x) ** 2)
    size = k * each
    deviations = np.sqrt(np.kron(table, np.ones((each, each))) / size)
    upper = np.triu(rng.standard_normal((size, size)) * deviations)
    eigenvalues = np.linalg.eigvalsh(upper + np.triu(upper, 1).T)
    z = np.array([0.4 + 0.3j, -2.0 + 0.2j])
    sampled = np.mean(1 / (eigenvalues[None, :] - z[:, None]), axis=1)
    assert np.abs(sampled - DysonSolver.of_profile(table).solve(z).stieltjes).max() < 0.004


@pytest.mark.parametrize("blocks", [1, 40])
def test_of_two_real_solutions_in_a_gap_the_physical_one_is_kept(blocks: int) -> None:
    """m^2 + 3m + 1 = 0 at z = 3: only the smaller one enters the half-plane with the variable."""
    solver = DysonSolver.of_profile(np.ones((blocks, blocks)))
    roots = (np.array([-1, 1]) * np.sqrt(5) - 3) / 2
    starts = np.repeat(-1.001 * roots[:, None], blocks, axis=1).astype(complex)
    found, good = solver.polished(starts, np.full(2, 3.0 + 0j))
    assert found[:, 0] == pytest.approx(-roots, abs=1e-12)
    assert good.tolist() == [False, True]


def test_a_profile_with_shares_is_that_of_the_language() -> None:
    table, shares = [[4, "1/4"], ["1/4", "1/2"]], [1 / 3, 2 / 3]
    stated = wigner("V", [p, n], table)
    numbers = np.array([[4, 0.25], [0.25, 0.5]])
    scaled = numbers / np.array([[shares[0], shares[0]], [shares[0], shares[1]]])  # v_ij/p_i is (v_ij/s_i)/N
    found = DysonSolver.of_profile(scaled, shares).solve(Z).stieltjes
    assert np.abs(found - DysonSolver.of(stated, {(p, n): "1/2"}).solve(Z).stieltjes).max() < 1e-11


def parts(law: Any) -> Any:
    """The pieces of a law's spectrum."""
    return Spectrum(law).measure.parts  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "letter",
    [
        GivenLetter(np.eye(3, 2, dtype=complex), np.diag([2, -1]).astype(complex), parts(semicircle(2))),
        GivenLetter(np.eye(2, dtype=complex), np.array([[1, 2], [2, 1]], complex), parts(marchenko_pastur("1/2"))),
        GivenLetter(np.array([[1], [2]], complex), np.array([[-3]], complex), parts(atoms([1, 3]))),
        GivenLetter(np.eye(2, dtype=complex), np.array([[0, 1], [1, 0]], complex), parts(atoms([1, 3]))),
        GivenLetter(np.eye(2, dtype=complex), np.array([[1, 2], [2, 1]], complex), parts(marchenko_pastur(2))),
        HaarLetter(np.array([[1, 0], [0, 1]], complex)),
        HaarLetter(np.eye(4, dtype=complex)),
    ],
)
def test_the_derivatives_of_letters_are_those_of_differences(letter: FreeLetter) -> None:
    rng = np.random.default_rng(3)
    k = letter.columns.shape[1]
    spread = rng.standard_normal((2, 1, k, k)) / 4
    g = spread[0] + 1j * spread[1] - 2j * np.eye(k)
    x = 0.1 * (rng.standard_normal((1, letter.count)) + 1j * rng.standard_normal((1, letter.count)))
    dg = rng.standard_normal((3, k, k)) + 0j
    dx = rng.standard_normal((3, letter.count)) + 0j
    tangent = letter.residual(g, x)[1](dg, dx)[0].T
    h = 1e-5
    differences = [
        (letter.residual(g + h * a, x + h * b)[0] - letter.residual(g - h * a, x - h * b)[0])[0] / (2 * h)
        for a, b in zip(dg, dx, strict=True)
    ]
    assert np.abs(tangent - np.array(differences)).max() < 1e-7 * (1 + np.abs(tangent).max())


def test_the_density_of_the_semicircle() -> None:
    x = np.array([-1.5, 0.0, 1.0])
    assert DysonSolver.of(X).density(x) == pytest.approx(np.sqrt(4 - x**2) / (2 * np.pi), abs=1e-7)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: DysonSolver.of(X).solve([1.0]), ParameterError, "positive imaginary part"),
        (lambda: DysonSolver.of(A @ A.T / n, {(p, n): c}), ParameterError, "give a number for c"),
        (lambda: DysonSolver.of_profile([[1, 2]]), ParameterError, "square table"),
        (lambda: DysonSolver.of_profile([[1, 2], [3, 1]]), ParameterError, "symmetric table"),
        (lambda: DysonSolver.of_profile([[1, -2], [-2, 1]]), ParameterError, "symmetric table"),
        (lambda: DysonSolver.of_profile([[1, 2], [2, 1]], [0.5, 0.6]), ParameterError, "sum 1"),
        (lambda: DysonSolver.of(A @ inv(A.T @ A) @ A.T, {(p, n): "1/2"}), DerivationError, r"^inv\(A.T @ A\) does not"),
    ],
)
def test_what_is_refused(build: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build()
