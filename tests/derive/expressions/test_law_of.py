"""Laws of matrix expressions: against non-crossing pairings, against the free operations, and against printed laws."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given as random_cases
from hypothesis import settings
from hypothesis import strategies as st

from resolvent.derive.derivation.step import Evidence
from resolvent.derive.expressions.dyson import dyson_system
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.law import law_of
from resolvent.derive.expressions.letters import (
    block,
    commuting,
    dimension,
    gaussian,
    given,
    haar,
    inv,
    projection,
    wigner,
)
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.positivity import existence
from resolvent.derive.expressions.scaling import scales_of
from resolvent.derive.graphs.moment_polynomials import moment_polynomials
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import arcsine, atoms, kesten_mckay, marchenko_pastur, semicircle
from resolvent.derive.laws.matrix_functions import companion, direct_sum
from resolvent.derive.laws.rectangular import doubly_correlated_wishart, information_plus_noise
from tests.derive.expressions import words
from tests.derive.expressions.test_pencil import layers

p, n, q = dimension("p"), dimension("n"), dimension("q")
X, Y = wigner("X", p), wigner("Y", p)
A, B = gaussian("A", p, n), gaussian("B", n, q)
C = gaussian("C", p, q)
c, d, s = sympy.symbols("c d s", positive=True)
z, m = sympy.symbols("z m")
WORDS = {"X": X, "Y": Y}


def polynomial(table: words.Polynomial) -> MatrixExpression:
    """A polynomial in X and Y as a matrix expression."""
    total: MatrixExpression | None = None
    for word, x in sorted(table.items()):
        term = WORDS[word[0]]
        for letter in word[1:]:
            term = term @ WORDS[letter]
        total = x * term if total is None else total + x * term
    assert total is not None
    return total


PRINTED: list[tuple[words.Polynomial, Any]] = [
    ({"XY": 1, "YX": 1}, z * m**3 - m**2 - z * m - 1),
    ({"X": 1}, m**2 + z * m + 1),
    ({"YXXY": 1}, z**2 * m**3 - z * m - 1),  # the square of a free product of two semicircles: Fuss-Catalan
]


@pytest.mark.parametrize(("table", "expected"), PRINTED)
def test_equation(table: words.Polynomial, expected: sympy.Expr) -> None:
    assert sympy.expand(law_of(polynomial(table)).equation.expr - expected) == 0


@pytest.mark.parametrize(
    "table",
    [
        {"XY": 1, "YX": 1},
        {"XYX": 1},
        {"XYX": 1, "Y": 1},
        {"XX": 1, "YY": 1, "XY": 1, "YX": 1},
        {"XY": 1, "YX": 1, "XX": 1},
        {"X": 1, "XX": 1},
        {"XX": 1, "YY": 2},
        {"XYYX": 1},
    ],
    ids=str,
)
def test_moments_are_counts_of_pairings(table: words.Polynomial) -> None:
    assert law_of(polynomial(table)).moments(8) == words.moments(table, 8)


def test_the_commutator_has_the_law_of_the_anticommutator() -> None:
    assert law_of(sympy.I * (X @ Y - Y @ X)).equation == law_of(X @ Y + Y @ X).equation


@st.composite
def symmetric_polynomials(draw: st.DrawFn) -> words.Polynomial:
    """Small symmetric polynomials in X and Y of degree up to 3."""
    table: words.Polynomial = {}
    for most in (3, 1):
        word = draw(st.text("XY", min_size=1, max_size=most))
        x = draw(st.sampled_from([-1, 1, 2]))
        for w in {word, word[::-1]}:
            table[w] = table.get(w, 0) + x
    return {w: x for w, x in table.items() if x} or {"X": 1}


@settings(max_examples=12, deadline=None)
@random_cases(symmetric_polynomials())
def test_random_polynomials(table: words.Polynomial) -> None:
    assert law_of(polynomial(table)).moments(6) == words.moments(table, 6)


# -- the free operations -----------------------------------------------------------------------------------------

RATIO = {(p, n): c}
T, U = given("T", p, atoms([1, 3])), given("U", p, atoms([0, 2]))
V = given("V", n, atoms([1, 3]))
FREE: list[tuple[str, MatrixExpression, dict[Any, Any], Any]] = [
    ("Marchenko-Pastur", A @ A.T / n, RATIO, lambda: marchenko_pastur(c)),
    ("scaled", s * A @ A.T / n, RATIO, lambda: s * marchenko_pastur(c)),
    ("variance", gaussian("A", p, n, s) @ gaussian("A", p, n, s).T / n, RATIO, lambda: s * marchenko_pastur(c)),
    ("companion", A.T @ A / n, RATIO, lambda: companion(marchenko_pastur(c), c)),
    ("free sum", T + U, {}, lambda: atoms([1, 3]) + atoms([0, 2])),
    ("deformed semicircle", T + X, {}, lambda: atoms([1, 3]) + semicircle()),
    ("free sum of three", T + X + A @ A.T / n, RATIO, lambda: atoms([1, 3]) + semicircle() + marchenko_pastur(c)),
    ("sample covariance", T @ A @ A.T @ T / n, {(p, n): "1/2"}, lambda: atoms([1, 9]).sample_covariance("1/2")),
    ("time correlation", A @ V @ A.T / n, {(p, n): "1/2"},
     lambda: doubly_correlated_wishart(atoms([1]), atoms([1, 3]), "1/2")),
    ("doubly correlated", T @ A @ V @ A.T @ T / n, {(p, n): "1/2"},
     lambda: doubly_correlated_wishart(atoms([1, 9]), atoms([1, 3]), "1/2")),
    ("information plus noise", (T + gaussian("N", p, p) / sympy.sqrt(p)) @ (T + gaussian("N", p, p) / sympy.sqrt(p)).T,
     {}, lambda: information_plus_noise(atoms([1, 9]), 1, 1)),
    ("projection", projection("P", p, "1/3") @ X @ projection("P", p, "1/3"), {},
     lambda: direct_sum(semicircle().compress("1/3"), atoms([0]), "1/3")),
    ("chiral", block([[0, A], [A.T, 0]]) / sympy.sqrt(n), {(p, n): 1}, lambda: semicircle()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "model", "ratios", "law"), FREE, ids=[f[0] for f in FREE])
def test_the_law_is_that_of_the_free_operations(name: str, model: Any, ratios: Any, law: Any) -> None:
    assert law_of(model, ratios).equation == law().equation


# -- networks ----------------------------------------------------------------------------------------------------


def test_random_features_have_the_gram_quartic() -> None:
    """FORMULAS G: the printed quartic, in the Cauchy transform G = -m of the law."""
    model, ratios = layers(1)
    law = law_of(model, ratios)
    eta, zeta, phi, psi = sympy.symbols("eta1 zeta1 phi psi1", positive=True)
    g = -m
    quartic = (
        phi**2 * zeta * (eta - zeta) * z**2 * g**4
        + (2 * phi * (psi - phi) * zeta * (eta - zeta) * z - phi * psi * zeta * z**2) * g**3
        + ((psi - phi) ** 2 * zeta * (eta - zeta) - phi * psi**2 * eta * z + psi * (2 * phi - psi) * zeta * z) * g**2
        + (psi**3 * z + psi * (psi - phi) * (zeta - psi * eta)) * g
        - psi**3
    )
    assert sympy.expand(law.equation.expr - quartic) == 0 or sympy.expand(law.equation.expr + quartic) == 0


def test_the_features_second_moment() -> None:
    """FORMULAS G: eta^2 (1 + n_1/m) + zeta^2 n_1/n_0."""
    law = law_of(*layers(1))
    eta, zeta, phi, psi = sympy.symbols("eta1 zeta1 phi psi1", positive=True)
    assert sympy.cancel(law.moments(2)[1] - eta**2 * (1 + phi / psi) - zeta**2 / psi) == 0


def test_two_layers_with_one_linear_layer_are_a_product() -> None:
    """With zeta = eta = 1 everywhere two layers are the product of three Gaussian matrices."""
    model, ratios = layers(2)
    law = law_of(model, ratios).at(**dict.fromkeys(("eta1", "zeta1", "eta2", "zeta2", "phi", "psi1", "psi2"), 1))
    assert law.moments(4) == [1, 4, 22, 140]  # Fuss-Catalan of order 3


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_layers_are_sample_covariances_of_the_layers_below(depth: int) -> None:
    """Given the layer below, Y = sqrt(zeta) W X/sqrt(n) + sqrt(eta - zeta) N has independent rows (FORMULAS C)."""
    numbers = {1: ("1/2", 1, "1/3"), 2: (2, 1, "3/4"), 3: (1, 2, "1/4")}
    phi = sympy.Rational(3, 2)  # n_0/m
    model, ratios = layers(depth)
    values: dict[str, Any] = {"phi": phi}
    below = marchenko_pastur(1 / phi)
    for k in range(1, depth + 1):
        psi, eta, zeta = map(sympy.Rational, numbers[k])
        values |= {f"psi{k}": psi, f"eta{k}": eta, f"zeta{k}": zeta}
        columns = psi / phi  # m/n_k
        below = (zeta * below + (eta - zeta)).sample_covariance(columns)
    expected = companion(below, columns) / columns
    symbols = {s.name: s for s in (*(x for e in model.scalars() for x in e.free_symbols), *ratios.values())}
    at = {symbols[name]: value for name, value in values.items()}
    model = model.rebuilt([e.subs(at) for e in model.scalars()], model.laws())
    assert law_of(model, {pair: e.subs(at) for pair, e in ratios.items()}).equation == expected.equation


def test_the_quartic_is_that_of_the_graph_expansion() -> None:
    """The moments are psi^(1-k) P_k, P_k the sum over the admissible graphs of order k, cycles weighing eta, zeta^j."""
    moments = law_of(*layers(1)).moments(6)
    phi, psi, eta, zeta = sympy.symbols("phi psi1 eta1 zeta1", positive=True)
    sums = moment_polynomials(6, [eta, *(zeta**j for j in range(2, 7))], [psi, phi])
    assert [sympy.cancel(m - psi ** (1 - k) * s) for k, (m, s) in enumerate(zip(moments, sums, strict=True), 1)] == [
        0
    ] * 6


# -- given matrices that do not commute with the rest, and those that do -------------------------------------------


def test_commuting_matrices_are_not_free() -> None:
    """A + B of two commuting matrices has the atoms of their joint spectrum."""
    a, b = commuting(["C", "D"], p, [(1, 2), (3, 0), (0, 1)])
    assert law_of(a + b).equation == atoms([3, 1], ["2/3", "1/3"]).equation


def test_samples_with_commuting_populations() -> None:
    """Moments of two sample covariances with commuting populations, from the traces of their products."""
    a, b = commuting(["C", "D"], p, [(1, 2), (3, 1)])
    E = gaussian("E", p, n)
    law = law_of(a @ A @ A.T @ a / n + b @ E @ E.T @ b / n, {(p, n): 1})
    # (1/p) tr of the mean population is (1+9)/2 + (4+1)/2; second moments: sum of tau(S_i)^2 p/n, and tau((S_1+S_2)^2)
    first, second = sympy.Rational(15, 2), sympy.Rational(25 + 100, 2) + 25 + sympy.Rational(25, 4)
    assert law.moments(2) == [first, second]


def test_a_symmetric_given_matrix_between_gaussians() -> None:
    """tr (T X T + T)^2 = tr T^2 + (tr T^2)^2 over the size."""
    assert law_of(T @ X @ T + T).moments(2) == [2, 5 + 25]


# -- derivations and parameters --------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [X @ Y + Y @ X, T + U, T @ X @ T], ids=str)
def test_the_derivation_holds(model: MatrixExpression) -> None:
    assert law_of(model).derivation.check()


def test_what_is_proved_without_assuming_freeness() -> None:
    law = law_of(A @ A.T / n + X, RATIO)
    assert (law.evidence, law.derivation.assumptions) == (Evidence.PROVED, ())


def test_two_given_matrices_in_generic_position_are_an_assumption() -> None:
    assert [x.rule.name for x in law_of(T + U).derivation.assumptions if "generic" in x.text] == ["asymptotic freeness"]


def test_values_of_parameters_are_put_in_anew() -> None:
    law: AlgebraicLaw = law_of(A @ A.T / n, RATIO)
    assert law.at(c="1/2").equation == marchenko_pastur("1/2").equation


def test_the_parameters_of_a_law_are_not_its_sizes() -> None:
    assert law_of(s * A @ A.T / n, RATIO).parameters == (c, s)


def test_square_matrices_of_the_right_form_are_nonnegative() -> None:
    assert law_of(A @ A.T / n, RATIO).nonnegative


@pytest.mark.parametrize("model", [X @ Y + Y @ X, T + U, T @ X @ T], ids=str)
def test_a_law_can_be_pickled(model: MatrixExpression) -> None:
    again = pickle.loads(pickle.dumps(law_of(model)))  # noqa: S301
    assert again.derivation.check()
    assert again.equation == law_of(model).equation


# -- products, blocks and correlations, by sums over their entries ---------------------------------------------------


def test_three_rectangular_factors() -> None:
    """The mean and the second moment of (ABC)(ABC)^T/(n q r) are 1 and 1 + p/n + p/q + p/r."""
    r = dimension("r")
    C = gaussian("C", q, r)
    law = law_of(A @ B @ C @ C.T @ B.T @ A.T / (n * q * r), {(p, n): "1/2", (n, q): "1/3", (q, r): "1/4"})
    first, second = sympy.Integer(1), 1 + sympy.Rational(1, 2) + sympy.Rational(1, 6) + sympy.Rational(1, 24)
    assert law.moments(2) == [first, second]


def test_correlated_factors() -> None:
    """(X Y^T + Y X^T)/2n with Y = a X + b Z: the mean is a, the variance 2 c (a^2 + 1)/4 + ... by Wick's formula."""
    a, b = sympy.symbols("a b", positive=True)
    E = gaussian("E", p, n)
    Y2 = a * A + b * E
    law = law_of((A @ Y2.T + Y2 @ A.T) / (2 * n), RATIO)
    mean, second = law.moments(2)
    assert mean == a
    assert sympy.expand(second - a**2 - c * a**2 - c * b**2 / 2) == 0


def test_a_variance_profile() -> None:
    """Rows of variance 1 and 4, all blocks square: m_1 = 5/2, m_2 = (17 + 25)/2."""
    V = gaussian("V", [p, n], n, [[1], [4]])
    assert law_of(V @ V.T / n, {(p, n): 1}).moments(2) == [sympy.Rational(5, 2), 21]


def test_polynomial_in_matrices_with_a_shift() -> None:
    """XY + YX + Z + D, D = diag(1, -1): variances add, and odd moments vanish."""
    Z2, D = wigner("Z", p), given("D", p, atoms([1, -1]))
    assert law_of(X @ Y + Y @ X + Z2 + D).moments(3) == [0, 4, 0]


def test_a_population_with_a_density() -> None:
    """A sample covariance whose population is itself a Marchenko-Pastur law."""
    population = given("P", n, marchenko_pastur("1/3"))
    law = law_of(A @ population @ A.T / n, {(p, n): 1})
    assert law.equation == doubly_correlated_wishart(atoms([1]), marchenko_pastur("1/3"), 1).equation


# -- Haar matrices, and given matrices that occur several times ------------------------------------------------------

U1, U2 = haar("U1", p), haar("U2", p)
P1, Q1 = projection("P1", p, "1/2"), given("Q1", p, semicircle())
M1 = given("M1", p, marchenko_pastur("1/2"))


@pytest.mark.parametrize(
    ("model", "law"),
    [
        (U1 + U1.T, lambda: arcsine(2)),
        (U1 + U1.T + U2 + U2.T, lambda: kesten_mckay(4)),
        (T + U1 @ U @ U1.T, lambda: atoms([1, 3]) + atoms([0, 2])),
        (U1 @ T @ U1.T, lambda: atoms([1, 3])),
        (U1 @ X @ U1.T + Y, lambda: semicircle(2)),
        (Q1 @ X + X @ Q1, lambda: law_of(X @ Y + Y @ X)),
        (Q1 @ Q1 + X, lambda: marchenko_pastur(1) + semicircle()),
        (P1 @ M1 @ P1, lambda: direct_sum(marchenko_pastur("1/2").compress("1/2"), atoms([0]), "1/2")),
    ],
    ids=lambda x: str(x)[:30] if isinstance(x, MatrixExpression) else "",
)
def test_matrices_in_generic_position(model: Any, law: Any) -> None:
    assert law_of(model).equation == law().equation


def test_the_anticommutator_of_free_matrices() -> None:
    """tr (PT + TP)^2 = 2 tr PTPT + 2 tr P T^2, and tr PTPT = tau(P) tau(T)^2 + tau(P)^2 (tau(T^2) - tau(T)^2)."""
    expected = 2 * (sympy.Rational(1, 2) * 4 + sympy.Rational(1, 4)) + 5
    law = law_of(P1 @ T + T @ P1)
    assert law.moments(2) == [2, expected]
    assert law.derivation.check()


def test_a_haar_matrix_has_a_derivation() -> None:
    assert law_of(T + U1 + U1.T).derivation.check()


@pytest.mark.parametrize(
    ("model", "function"),
    [
        (U1 + U1.T + U1 @ U1 + (U1 @ U1).T, lambda t: 2 * np.cos(t) + 2 * np.cos(2 * t)),
        (U1 @ U1 + (U1 @ U1).T, lambda t: 2 * np.cos(2 * t)),
    ],
    ids=["two harmonics", "the second harmonic"],
)
def test_a_haar_matrix_that_occurs_more_than_once(model: MatrixExpression, function: Any) -> None:
    """The eigenvalues of U are uniform on the circle, so those of a polynomial in U and U^T are known."""
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    law = law_of(model)
    assert law.derivation.check()
    assert [float(x) for x in law.moments(8)] == pytest.approx([np.mean(function(angles) ** k) for k in range(1, 9)])


@pytest.mark.slow
def test_a_haar_matrix_and_a_given_one_in_words() -> None:
    """(U A U^T + A)^2 written out is the square of the sum of two free matrices."""
    P = projection("P", p, "1/2")
    rotated = U1 @ P @ U1.T
    law = law_of(rotated + P + rotated @ P + P @ rotated)
    assert law == (atoms([0, 1]) + atoms([0, 1])) ** 2


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (A.T @ inv(A @ A.T + C @ C.T) @ A, ["inv(A @ A.T + C @ C.T)"]),
        (A.T @ inv(A @ A.T / n + 1) @ A / n, []),
        (inv(X + 3 * c) + inv(inv(X @ X + c) + X @ X), ["inv(X + (3*c) * identity(p))"]),
    ],
    ids=str,
)
def test_where_parameters_decide_whether_an_inverse_exists_that_is_assumed(
    model: MatrixExpression, words: list[str]
) -> None:
    system = dyson_system(pencil_of(model, scales_of(model.dimensions(), {(p, n): c, (p, q): d})))
    steps = existence(model, system)
    assert [step.kind for step in steps] == ["assumed"] * len(words)
    assert all(w in steps[0].text and "c" in steps[0].text for w in words)
    assert law_of(A.T @ inv(A @ A.T / n + 1) @ A / n, {(p, n): "1/2"}).derivation.assumptions == ()
