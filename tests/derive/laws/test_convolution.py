"""Free sums, products and powers against sums over non-crossing partitions, recursions, densities and matrices."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import erf, sqrt
from typing import Any

import numpy as np
import pytest
import sympy
from flint import acb

from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import arcsine, atoms, fuss_catalan, marchenko_pastur, semicircle
from resolvent.derive.laws.from_transform import law_of_r_transform
from tests import oracles
from tests.derive.laws.compositions import fractions, q
from tests.derive.time_limit import within

F = Fraction
C = sympy.Symbol("c", positive=True)
Z, M = sympy.symbols("z m")


def irreducible(law: AlgebraicLaw, prime: int = 1009) -> bool:
    """Whether P is irreducible, by SymPy: P(z0, m) irreducible over Q at one integer z0 with the full degree."""
    expr = sympy.Poly(law.equation.expr.subs(Z, prime), M)
    return expr.degree() == law.equation.degree and expr.is_irreducible


# -- sums ----------------------------------------------------------------------------------------------------


def test_semicircle_plus_marchenko_pastur_with_a_symbolic_ratio() -> None:
    # R(g) = g + 1/(1 - c g), so z + 1/m = R(-m)
    law = semicircle() + marchenko_pastur(C)
    expected = sympy.expand((Z * M + 1) * (1 + C * M) + M**2 * (1 + C * M) - M)
    assert sympy.expand(law.equation.expr - expected) == 0


def test_semicircle_plus_marchenko_pastur_moments_by_partitions() -> None:
    cumulants = [1, 1 + C, C**2, C**3, C**4]
    moments = (semicircle() + marchenko_pastur(C)).moments(5)
    for value in (F(1, 2), F(1), F(3)):
        numbers = [F(sympy.sympify(k).subs(C, q(value)).p, sympy.sympify(k).subs(C, q(value)).q) for k in cumulants]
        assert fractions([m.subs(C, q(value)) for m in moments]) == oracles.moments_by_partitions(numbers)


def test_a_sum_of_two_three_atom_measures_has_degree_five() -> None:
    a = [F(-2), F(1, 3), F(5)], [F(1, 7), F(2, 7), F(4, 7)]
    b = [F(0), F(1), F(10, 3)], [F(1, 2), F(1, 5), F(3, 10)]
    law = _sum_of_atoms(a, b)
    assert law.equation.degree == 5
    assert irreducible(law)
    assert fractions(law.moments(20)) == oracles.sum_moments(oracles.atom_moments(*a, 20), oracles.atom_moments(*b, 20))


def test_a_sum_of_two_five_atom_measures_has_degree_seventeen() -> None:
    weights = [F(1, 10), F(1, 5), F(3, 10), F(1, 4), F(3, 20)]
    a = [F(-2), F(-1), F(1, 2), F(2), F(5)], weights
    b = [F(-3), F(0), F(2, 3), F(1), F(4)], weights[::-1]
    law = _sum_of_atoms(a, b)
    assert law.equation.degree == 17
    assert irreducible(law)
    assert fractions(law.moments(20)) == oracles.sum_moments(oracles.atom_moments(*a, 20), oracles.atom_moments(*b, 20))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (([F(-1), F(0), F(2)], [F(1, 3)] * 3), ([F(0), F(1), F(3)], [F(1, 3)] * 3)),
        (([F(-1), F(0), F(1)], [F(1, 3)] * 3), ([F(-1), F(0), F(1)], [F(1, 3)] * 3)),
        (([F(-1), F(1)], [F(1, 2)] * 2), ([F(-1), F(0), F(1)], [F(1, 4), F(1, 2), F(1, 4)])),
        (([F(0), F(1)], [F(1, 2)] * 2), ([F(0), F(1)], [F(1, 2)] * 2)),
        (([F(0), F(1)], [F(1, 3), F(2, 3)]), ([F(0), F(1)], [F(1, 2)] * 2)),
        (
            ([F(0), F(1), F(2)], [F(1, 4), F(1, 2), F(1, 4)]),
            ([F(0), F(1), F(2), F(3)], [F(1, 8), F(3, 8), F(3, 8), F(1, 8)]),
        ),
    ],
)
def test_the_physical_factor_of_special_positions_carries_the_moments(a: Any, b: Any) -> None:
    law = _sum_of_atoms(a, b)
    assert fractions(law.moments(20)) == oracles.sum_moments(oracles.atom_moments(*a, 20), oracles.atom_moments(*b, 20))
    assert sympy.Poly(law.equation.expr, Z, M).is_irreducible


def test_two_equally_weighted_measures_of_three_atoms_add_up_to_degree_three() -> None:
    # six weights of 1/3 make the elimination of degree 5 split
    assert (atoms([-1, 0, 2]) + atoms([0, 1, 3])).equation.degree == 3


def _sum_of_atoms(a: tuple[list[Fraction], list[Fraction]], b: tuple[list[Fraction], list[Fraction]]) -> AlgebraicLaw:
    first, second = (atoms([q(x) for x in points], [q(w) for w in weights]) for points, weights in (a, b))
    return first + second


def test_two_coins_add_up_to_the_arcsine_law() -> None:
    # density 1/(pi sqrt(4 - x^2)): m = -1/sqrt(z^2 - 4)
    coin = atoms([-1, 1])
    assert sympy.expand((coin + coin).equation.expr - (M**2 * (Z**2 - 4) - 1)) == 0
    assert (coin + coin).equation == arcsine(2).equation


def test_adding_a_point_mass_at_zero_changes_nothing() -> None:
    assert (marchenko_pastur(C) + atoms([0])).equation == marchenko_pastur(C).equation


def test_the_sum_with_its_own_negative_keeps_even_cumulants() -> None:
    law = marchenko_pastur(2) - marchenko_pastur(2)
    assert law.free_cumulants(8) == [0, 4, 0, 16, 0, 64, 0, 256]


def test_a_free_sum_of_rotated_matrices_has_the_exact_moments() -> None:
    rng = np.random.default_rng(11)
    size = 600
    rotation = oracles.haar_orthogonal(size, rng)
    a = np.diag(oracles.diagonal_of([-1, 0, 2], [1 / 3] * 3, size))
    b = np.diag(oracles.diagonal_of([0, 1, 3], [0.25, 0.25, 0.5], size))
    seen = oracles.trace_moments(a + rotation @ b @ rotation.T, 4)
    law = atoms([-1, 0, 2]) + atoms([0, 1, 3], ["1/4", "1/4", "1/2"])
    # the spread of linear statistics is O(1/size); powers up to 5^4 enter the fourth
    assert seen == pytest.approx([float(m) for m in law.moments(4)], rel=10 / size)


# -- products ------------------------------------------------------------------------------------------------


def test_a_triple_product_has_the_moments_of_the_s_transforms() -> None:
    law = marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5")
    parts = [oracles.marchenko_pastur_moments(c, 20) for c in (F(1, 2), F(1, 3), F(1, 5))]
    expected = oracles.product_moments(oracles.product_moments(parts[0], parts[1]), parts[2])
    assert fractions(law.moments(20)) == expected
    assert law.equation.degree == 4


def test_the_triple_product_is_its_textbook_quartic() -> None:
    # S(u) = 1/((1 + u/2)(1 + u/3)(1 + u/5)), -m/u = S(u), u = -(1 + z m)
    u = -(1 + Z * M)
    expected = sympy.expand(M * (1 + u / 2) * (1 + u / 3) * (1 + u / 5) + u)
    law = marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5")
    assert (
        sympy.expand(
            law.equation.expr * sympy.Poly(expected, Z, M).LC() - expected * sympy.Poly(law.equation.expr, Z, M).LC()
        )
        == 0
    )


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (([F(-1), F(2)], [F(1, 3), F(2, 3)]), ([F(1), F(4)], [F(1, 2), F(1, 2)])),
        (([F(-1), F(1)], [F(1, 2), F(1, 2)]), ([F(0), F(1), F(3)], [F(1, 3)] * 3)),  # a centred factor
        (([F(0), F(1)], [F(3, 4), F(1, 4)]), ([F(0), F(1)], [F(2, 3), F(1, 3)])),  # two projections
        (([F(-3), F(0), F(2)], [F(1, 5), F(1, 2), F(3, 10)]), ([F(0), F(2)], [F(1, 2)] * 2)),  # another centred one
    ],
)
def test_products_of_atoms_by_kreweras_complements(a: Any, b: Any) -> None:
    first, second = (atoms([q(x) for x in points], [q(w) for w in weights]) for points, weights in (a, b))
    expected = oracles.product_moments_by_partitions(oracles.atom_moments(*a, 7), oracles.atom_moments(*b, 7))
    assert fractions((first @ second).moments(7)) == expected
    assert fractions((second @ first).moments(7)) == expected


def test_a_product_with_a_centred_semicircle_by_kreweras_complements() -> None:
    expected = oracles.product_moments_by_partitions(
        oracles.semicircle_moments(F(1), 8), oracles.marchenko_pastur_moments(F(1, 2), 8)
    )
    assert fractions((semicircle() @ marchenko_pastur("1/2")).moments(8)) == expected


@pytest.mark.parametrize(("alpha", "beta"), [(F(1, 4), F(1, 3)), (F(1, 2), F(1, 2)), (F(3, 4), F(2, 3))])
def test_a_product_of_projections_has_its_textbook_density(alpha: Fraction, beta: Fraction) -> None:
    # PQP: edges r+- = a + b - 2ab +- sqrt(4ab(1-a)(1-b)), density sqrt((r+ - x)(x - r-))/(2 pi x (1-x)),
    # atoms 1 - min(a, b) at 0 and max(a + b - 1, 0) at 1 (Voiculescu, Dykema, Nica 1992, Example 3.6.7)
    a, b = float(alpha), float(beta)
    root = sqrt(4 * a * b * (1 - a) * (1 - b))
    low, high = a + b - 2 * a * b - root, a + b - 2 * a * b + root

    def density(x: float) -> float:
        return sqrt(max((high - x) * (x - low), 0.0)) / (2 * np.pi * x * (1 - x))

    points = [(0.0, 1 - min(a, b)), (1.0, max(a + b - 1, 0.0))]
    first, second = (atoms([0, 1], [1 - q(w), q(w)]) for w in (alpha, beta))
    branch = Branch((first @ second).equation)
    for z in (0.3 + 0.2j, -0.4 + 0.5j, 1.1 + 0.3j):
        expected = oracles.stieltjes(z, density, low, high, points)
        assert complex(branch.value(acb(z.real, z.imag))) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("other", [atoms([0]), marchenko_pastur("1/2"), atoms([0, 3]), semicircle()])
def test_the_product_with_the_zero_matrix_is_zero(other: AlgebraicLaw) -> None:
    zero = atoms([0])
    assert (zero @ other).equation == zero.equation
    assert (other @ zero).equation == zero.equation


def test_the_product_with_the_identity_changes_nothing() -> None:
    assert (atoms([1]) @ marchenko_pastur(C)).equation == marchenko_pastur(C).equation


def test_the_product_with_minus_the_identity_negates() -> None:
    assert (atoms([-1]) @ marchenko_pastur(C)).equation == (-marchenko_pastur(C)).equation


def test_a_product_of_fuss_catalan_laws_is_one() -> None:
    assert (fuss_catalan(2) @ fuss_catalan(3)).equation == fuss_catalan(5).equation


def test_a_product_of_matrices_has_the_exact_moments() -> None:
    rng = np.random.default_rng(12)
    p, n = 500, 1000
    x = rng.standard_normal((p, n))
    root = np.sqrt(oracles.diagonal_of([1, 4], [0.5, 0.5], p))
    seen = oracles.trace_moments(root[:, None] * (x @ x.T / n) * root[None, :], 4)
    law = atoms([1, 4]) @ marchenko_pastur("1/2")
    assert seen == pytest.approx([float(m) for m in law.moments(4)], rel=15 / p)


def test_two_centred_laws_have_no_product() -> None:
    with pytest.raises(DerivationError, match="the product of two centred laws, semicircle"):
        semicircle() @ atoms([-1, 1])


def test_two_laws_with_negative_mass_have_no_product() -> None:
    with pytest.raises(DerivationError, match=r"neither .* is supported on \[0, oo\)"):
        (semicircle() + 1) @ atoms([-1, 2])


def test_a_product_of_unknown_signs_says_so() -> None:
    a = sympy.Symbol("a")
    law = (semicircle() + a) @ atoms([a, 1])
    assert any("is supported on [0, oo)" in step.text for step in law.derivation.assumptions)


# -- powers and compression ----------------------------------------------------------------------------------


def test_the_first_free_power_is_the_law() -> None:
    assert marchenko_pastur(C).free_power(1).equation == marchenko_pastur(C).equation


def test_compression_to_everything_is_the_law() -> None:
    assert marchenko_pastur(C).compress(1).equation == marchenko_pastur(C).equation


def test_free_powers_with_a_symbolic_exponent() -> None:
    t = sympy.Symbol("t", positive=True)
    law = atoms([-1, 2]).free_power(t)
    for value in (F(1), F(3, 2), F(4)):
        expected = oracles.power_moments(oracles.atom_moments([F(-1), F(2)], [F(1, 2)] * 2, 8), value)
        assert fractions([m.subs(t, q(value)) for m in law.moments(8)]) == expected
        assert fractions(law.at(t=q(value)).moments(8)) == expected


def test_compression_with_a_symbolic_size() -> None:
    t = sympy.Symbol("t", positive=True)
    law = atoms([0, 1], ["1/3", "2/3"]).compress(t)
    for value in (F(1, 2), F(1), F(1, 5)):
        expected = oracles.compression_moments(oracles.atom_moments([F(0), F(1)], [F(1, 3), F(2, 3)], 8), value)
        assert fractions([m.subs(t, q(value)) for m in law.moments(8)]) == expected
        assert fractions(law.at(t=q(value)).moments(8)) == expected


def test_free_powers_below_one_of_infinitely_divisible_laws_exist() -> None:
    # the cumulants of MP(c) are c^(k-1)
    assert fractions(marchenko_pastur("1/2").free_power("1/3").free_cumulants(4)) == [F(1, 3 * 2**k) for k in range(4)]


def test_a_free_power_below_one_of_a_coin_does_not_exist() -> None:
    with pytest.raises(DerivationError, match="the free power 1/2 of atoms\\(\\[-1, 1\\]\\) does not exist"):
        atoms([-1, 1]).free_power("1/2")


def test_the_corner_of_a_matrix_has_the_moments_of_the_compression() -> None:
    rng = np.random.default_rng(13)
    size, t = 800, 0.25
    rotation = oracles.haar_orthogonal(size, rng, columns=int(t * size))
    a = oracles.diagonal_of([0, 1, 5], [0.5, 0.25, 0.25], size)
    seen = oracles.trace_moments(rotation.T @ (a[:, None] * rotation), 4)
    law = atoms([0, 1, 5], ["1/2", "1/4", "1/4"]).compress("1/4")
    assert seen == pytest.approx([float(m) for m in law.moments(4)], rel=15 / (t * size))


@pytest.mark.parametrize("s", [2, 3, F(3, 2), F(5, 3)])
def test_multiplicative_powers_raise_the_s_transform(s: Any) -> None:
    # S = (1+u)^-1 for MP(1); the binomial series of (1+u)^-s gives the moments
    n, s = 10, F(s)
    series = [F(1)]
    for k in range(1, n):
        series.append(series[-1] * (-s - k + 1) / k)
    law = marchenko_pastur(1).free_multiplicative_power(q(s))
    assert fractions(law.moments(n)) == oracles.moments_from_s(series)


def test_the_multiplicative_square_is_the_product_with_a_copy() -> None:
    law = atoms([1, 4], ["1/3", "2/3"])
    assert law.free_multiplicative_power(2).equation == (law @ law).equation


def test_a_half_integer_power_of_a_mean_that_is_a_square_is_exact() -> None:
    law = (4 * marchenko_pastur(C)).free_multiplicative_power("3/2")
    assert law.moments(1) == [8]


def test_a_half_integer_power_of_a_mean_that_is_a_symbolic_square_is_exact() -> None:
    law = (C**2 * marchenko_pastur(1)).free_multiplicative_power("3/2")
    assert law.moments(1) == [C**3]


@pytest.mark.parametrize(
    "law", [fuss_catalan(2), 3 * marchenko_pastur("1/4"), marchenko_pastur("1/2") @ (1 + atoms([0, 3]))]
)
@pytest.mark.parametrize("k", [2, 3])
def test_multiplicative_roots_are_undone_by_powers(law: AlgebraicLaw, k: int) -> None:
    power = law.free_multiplicative_power(k)
    root = power.free_multiplicative_power(sympy.Rational(1, k))
    assert root.equation == law.equation
    assert root.derivation.check()


def test_a_root_of_a_law_with_parameters_is_an_assumption() -> None:
    law = marchenko_pastur(C).free_multiplicative_power("1/2")
    assert [step.text for step in law.derivation.assumptions] == [
        "the free multiplicative power 1/2 of marchenko_pastur(c) exists"
    ]
    assert not law.at(c="1/4").derivation.assumptions


def test_the_first_multiplicative_power_is_the_law() -> None:
    law = marchenko_pastur(1)
    assert law.free_multiplicative_power(1) is law


def test_multiplicative_powers_of_zero_are_refused() -> None:
    with pytest.raises(DerivationError, match=r"mean|zero|delta|\[0\]"):
        atoms([0]).free_multiplicative_power(2)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: semicircle().free_power(0), ParameterError, "t must be positive; got 0"),
        (lambda: semicircle().free_power("-1/2"), ParameterError, "t must be positive; got -1/2"),
        (lambda: semicircle().compress("3/2"), ParameterError, "a corner has relative size t at most 1; got 3/2"),
        (lambda: semicircle().compress(0), ParameterError, "t must be positive; got 0"),
        (lambda: marchenko_pastur(1).free_multiplicative_power(0), ParameterError, "positive rational number; got 0"),
        (lambda: marchenko_pastur(1).free_multiplicative_power(C), ParameterError, "positive rational number; got c"),
        (lambda: marchenko_pastur(2).free_multiplicative_power("1/2"), DerivationError, "does not exist: .* m_7"),
        (lambda: semicircle().free_multiplicative_power(2), DerivationError, "two centred laws"),
        (lambda: atoms([-1, 2]).free_multiplicative_power(2), DerivationError, "neither .* is supported"),
        (
            lambda: (C * marchenko_pastur(1)).free_multiplicative_power("3/2"),
            DerivationError,
            "the mean to the power .* is (not rational in the parameters|irrational)",
        ),
        (
            lambda: (2 * marchenko_pastur(1)).free_multiplicative_power("3/2"),
            DerivationError,
            "the mean to the power .* is irrational; scale the law to mean 1 first",
        ),
    ],
)
def test_operations_outside_their_domain_are_refused(
    build: Callable[[], Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        build()


INNER_NAMES = ["x", "y", "u", "v", "w", "h", "g", "r", "s", "S", "T", "zeta", "psi", "eta", "g1"]


@pytest.mark.parametrize("name", INNER_NAMES)
@pytest.mark.parametrize("operation", ["sum", "product", "multiplicative power"])
def test_parameters_may_have_the_names_of_inner_variables(operation: str, name: str) -> None:
    p = sympy.Symbol(name, positive=True)
    apply: Callable[[AlgebraicLaw], AlgebraicLaw] = {
        "sum": lambda law: law + semicircle(),
        "product": lambda law: law @ marchenko_pastur(1),
        "multiplicative power": lambda law: law.free_multiplicative_power(2),
    }[operation]
    with within(10):
        symbolic = apply(atoms([1, p])).equation.expr
    assert _proportional(symbolic.subs(p, 3), apply(atoms([1, 3])).equation.expr)


def _proportional(a: sympy.Expr, b: sympy.Expr) -> bool:
    first, second = sympy.Poly(a, Z, M), sympy.Poly(b, Z, M)
    return sympy.expand(a * second.LC() - b * first.LC()) == 0


# -- equations of FORMULAS.md --------------------------------------------------------------------------------


def test_the_loss_surface_hessian_has_its_quartic() -> None:
    # section H, in G; H0 is Marchenko-Pastur scaled by its energy scale, H1 the residual term
    eps, phi, sigma, g, G = *sympy.symbols("epsilon phi sigma", positive=True), *sympy.symbols("g G")
    h0 = law_of_r_transform(sigma / (1 - sigma * phi * g), g)
    h1 = law_of_r_transform(eps * phi * g / (2 - eps * phi**2 * g**2), g)
    quartic = (
        eps * sigma * phi**3 * Z * G**4
        - eps * phi**2 * (Z + sigma * (phi - 2)) * G**3
        - phi * (2 * sigma * Z + eps * (1 - phi)) * G**2
        + 2 * (Z - sigma * (1 - phi)) * G
        - 2
    )
    found = (h0 + h1).equation.expr
    assert _proportional(sympy.expand(quartic.subs(G, -M)), found)


def test_the_first_part_of_the_hessian_is_a_scaled_marchenko_pastur_law() -> None:
    phi, sigma, g = *sympy.symbols("phi sigma", positive=True), sympy.Symbol("g")
    h0 = law_of_r_transform(sigma / (1 - sigma * phi * g), g)
    assert h0.equation == (sigma * marchenko_pastur(phi)).equation


def test_the_second_part_of_the_hessian_is_the_law_of_its_matrix() -> None:
    # section H: the symmetric block matrix of (1/m) e x^T, e and x of size n x m/2, variances 2 eps and 1, phi = 2n/m
    rng = np.random.default_rng(14)
    n, m, eps = 400, 1600, 1.5
    product = np.sqrt(2 * eps) * rng.standard_normal((n, m // 2)) @ rng.standard_normal((m // 2, n)) / m
    block = np.block([[np.zeros((n, n)), product], [product.T, np.zeros((n, n))]])
    g = sympy.Symbol("g")
    phi = sympy.Rational(2 * n, m)
    e = sympy.Rational(3, 2)
    law = law_of_r_transform(e * phi * g / (2 - e * phi**2 * g**2), g)
    assert oracles.trace_moments(block, 4) == pytest.approx([float(v) for v in law.moments(4)], abs=8 / n)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_gaussian_jacobian_has_its_equation(layers: int) -> None:
    # section J: zG - 1 = s^{2L} G (zG + p - 1)^L with s^2 the variance of the weights
    p, s, G = *sympy.symbols("p s", positive=True), sympy.Symbol("G")
    layer = atoms([0, 1], [1 - p, p]) @ (s**2 * marchenko_pastur(1))
    law = layer
    for _ in range(layers - 1):
        law = law @ layer
    expected = Z * G - 1 - s ** (2 * layers) * G * (Z * G + p - 1) ** layers
    assert _proportional(sympy.expand(expected.subs(G, -M)), law.equation.expr)


@pytest.mark.parametrize("layers", [2, 3])
def test_the_orthogonal_jacobian_has_its_equation(layers: int) -> None:
    # section J: z(zG - 1)(zG)^{L-1} = s^{2L} (zG + p - 1)^L
    p, s, G = *sympy.symbols("p s", positive=True), sympy.Symbol("G")
    layer = s**2 * atoms([0, 1], [1 - p, p])
    law = layer
    for _ in range(layers - 1):
        law = law @ layer
    expected = Z * (Z * G - 1) * (Z * G) ** (layers - 1) - s ** (2 * layers) * (Z * G + p - 1) ** layers
    assert _proportional(sympy.expand(expected.subs(G, -M)), law.equation.expr)


@pytest.mark.parametrize(
    ("weights", "expected"), [(marchenko_pastur(1), -0.809016994374947), (atoms([1]), -0.758914093281423)]
)
def test_the_relu_jacobian_has_the_checked_values(weights: AlgebraicLaw, expected: float) -> None:
    # section J: L = 3, weights of variance 2, G(-1)
    layer = atoms([0, 1]) @ (2 * weights)
    law = layer @ layer @ layer
    value = complex(Branch(law.equation).value(acb(-1)))
    assert -value.real == pytest.approx(expected, abs=1e-14)


def test_the_hard_tanh_jacobian_has_the_stated_moments() -> None:
    # section J: m1 = (s^2 p)^L, m2/m1^2 = 1 + L/p; p = erf(1/sqrt(2 q)) rounded to a fraction
    share = F(erf(1 / sqrt(2 * 1.2))).limit_denominator(1000)
    layer = atoms([0, 1], [1 - q(share), q(share)]) @ marchenko_pastur(1)
    first, second = fractions((layer @ layer @ layer).moments(2))
    assert (first, second / first**2) == (share**3, 1 + 3 / share)


def test_the_nonlinear_gram_matrix_with_equal_constants_is_a_double_product() -> None:
    # section G: Y Y^T is MP(m/n1)-companion shaped; the law of Y^T Y/n1 equals MP(m/n1) @ (eta - zeta + zeta MP(m/n0))
    eta, zeta, phi, psi, G = *sympy.symbols("eta_1 zeta_1 phi psi_1", positive=True), sympy.Symbol("G")
    # n0 = phi m = psi n1, so m/n1 = psi/phi and m/n0 = 1/phi
    law = (marchenko_pastur(psi / phi) @ (eta - zeta + zeta * marchenko_pastur(1 / phi))).companion(psi / phi)
    # Y^T Y/n1 is m x m; its companion is Y Y^T/n1, and M = Y Y^T/m is n1/m = phi/psi times it
    gram = (phi / psi) * law
    quartic = (
        phi**2 * zeta * (eta - zeta) * Z**2 * G**4
        + (2 * phi * (psi - phi) * zeta * (eta - zeta) * Z - phi * psi * zeta * Z**2) * G**3
        + ((psi - phi) ** 2 * zeta * (eta - zeta) - phi * psi**2 * eta * Z + psi * (2 * phi - psi) * zeta * Z) * G**2
        + (psi**3 * Z + psi * (psi - phi) * (zeta - psi * eta)) * G
        - psi**3
    )
    assert _proportional(sympy.expand(quartic.subs(G, -M)), gram.equation.expr)


def test_the_nonlinear_gram_matrix_has_the_checked_value() -> None:
    # section G: G(-1) at (eta, zeta, phi, psi) = (1, 1/2, 1, 1); section C gives the same through m(-1)
    law = marchenko_pastur(1) @ (sympy.Rational(1, 2) + marchenko_pastur(1) / 2)
    assert complex(Branch(law.equation).value(acb(-1))).real == pytest.approx(0.6328791973428479, abs=1e-15)


def test_the_deeper_conjugate_kernel_has_the_checked_value() -> None:
    # section C: b^2 = 1/2, two layers of ratio 1 on MP(1)
    law = marchenko_pastur(1)
    for _ in range(2):
        law = marchenko_pastur(1) @ (sympy.Rational(1, 2) + law / 2)
    assert complex(Branch(law.equation).value(acb(-1))).real == pytest.approx(0.6355242800443937, abs=1e-15)
