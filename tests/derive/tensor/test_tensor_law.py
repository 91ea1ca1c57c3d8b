"""Tensor laws: moments against sums of words, binomial convolutions and sampled tuples; steps; what is refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import comb
from typing import Any

import pytest
import sympy

from resolvent.derive.derivation.step import Evidence
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.series import terms_of
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.tensor.tensor_law import TensorLaw, classical_sum, tensor_law, tensor_product
from tests import oracles

x, y = sympy.symbols("x y")
c = sympy.Symbol("c", positive=True)


def catalan(n: int) -> int:
    return comb(2 * n, n) // (n + 1)


def expectation(polynomial: sympy.Expr, moments: dict[sympy.Symbol, Callable[[int], Any]]) -> sympy.Expr:
    """E of a SymPy polynomial in independent variables, term by term."""
    total = sympy.Integer(0)
    for exponents, coefficient in sympy.Poly(sympy.expand(polynomial), *moments).terms():
        total += coefficient * sympy.Mul(*(m(k) for m, k in zip(moments.values(), exponents, strict=True)))
    return total


def word_moment(matrix: sympy.Matrix, d: int, moments: dict[sympy.Symbol, Callable[[int], Any]]) -> sympy.Expr:
    """(1/k) E tr H^d as the sum over all closed walks of length d."""
    k = matrix.rows
    walks = itertools.product(range(k), repeat=d)
    total = sum((sympy.Mul(*(matrix[w[i], w[(i + 1) % d]] for i in range(d))) for w in walks), start=sympy.Integer(0))
    return expectation(total, moments) / k


def mp_moment(k: int) -> sympy.Expr:
    """The moments of Marchenko-Pastur with ratio c: Narayana polynomials."""
    if k == 0:
        return sympy.Integer(1)
    return sum((sympy.Rational(comb(k, j) * comb(k, j + 1), k) * c**j for j in range(k)), start=sympy.Integer(0))


def semicircle_moment(k: int) -> int:
    return 0 if k % 2 else catalan(k // 2)


def test_moments_of_the_sum_of_two_marchenko_pastur_laws() -> None:
    law = classical_sum(marchenko_pastur(1), marchenko_pastur(1))
    assert law.moments(40) == [
        sum(comb(d, k) * catalan(k) * catalan(d - k) for k in range(d + 1)) for d in range(1, 41)
    ]


def test_symbolic_moments_of_a_sum() -> None:
    found = classical_sum(marchenko_pastur(c), semicircle()).moments(7)
    expected = [
        sympy.expand(sum(comb(d, k) * mp_moment(k) * semicircle_moment(d - k) for k in range(d + 1)))
        for d in range(1, 8)
    ]
    assert found == expected


def test_moments_of_a_product_are_products() -> None:
    found = tensor_product(marchenko_pastur(c), marchenko_pastur(1)).moments(8)
    assert found == [sympy.expand(mp_moment(d) * catalan(d)) for d in range(1, 9)]


def test_three_factors() -> None:
    s = semicircle()
    assert classical_sum(s, s, s).moments(4) == [0, 3, 0, 3 * 2 + 6 * 3]


MATRICES: dict[str, tuple[Any, Any]] = {
    "symmetric": ([[x, 1 / c], [1 / c, y]], None),
    "metric": ([[1 + c * x, c * y], [c * x, 2 + c * y]], (x, y)),
    "products": ([[x * y, x], [x, y]], None),
    "three": ([[x, 1, 0], [1, y, c], [0, c, 0]], None),
}


@pytest.mark.parametrize(("rows", "metric"), MATRICES.values(), ids=MATRICES)
def test_moments_of_a_matrix_are_sums_over_walks(rows: Any, metric: Any) -> None:
    law = tensor_law(rows, (x, y), (marchenko_pastur(c), marchenko_pastur(1)), metric)
    moments: dict[sympy.Symbol, Callable[[int], Any]] = {x: mp_moment, y: catalan}
    for d, found in enumerate(law.moments(5), start=1):
        assert sympy.cancel(found - word_moment(sympy.Matrix(rows), d, moments)) == 0


def test_free_cumulants_are_those_of_the_moments() -> None:
    law = classical_sum(marchenko_pastur("1/2"), semicircle())
    moments = [Fraction(int(m.p), int(m.q)) for m in law.moments(8)]
    assert law.free_cumulants(8) == [sympy.Rational(k) for k in oracles.cumulants_from_moments(moments)]


def test_moments_at_numbers_are_the_symbolic_ones() -> None:
    law = tensor_law(*_pair())
    symbolic = [m.subs({c: sympy.Rational(2, 3)}) for m in law.moments(6)]
    assert law.at(c="2/3").moments(6) == symbolic


def test_series_at_values_is_that_of_the_law_there() -> None:
    from flint import fmpq

    law = tensor_law(*_pair())
    assert terms_of(law.moment_series(6, {"c": fmpq(2, 3)}), 6) == terms_of(law.at(c="2/3").moment_series(6), 6)


def test_series_at_a_pole_of_an_entry_is_refused() -> None:
    from flint import fmpq

    law = tensor_law([[x / (c - 1), 0], [0, y]], (x, y), (marchenko_pastur(1), marchenko_pastur(1)))
    with pytest.raises(ZeroDivisionError, match="pole"):
        law.moment_series(4, {"c": fmpq(1)})
    with pytest.raises(ParameterError, match="not a rational function"):
        law.at(c=1)


def _pair() -> tuple[Any, ...]:
    return [[1 + c * x, c * y], [c * x, 2 + c * y]], (x, y), (marchenko_pastur(1), marchenko_pastur(1)), (x, y)


# -- what is known of a law ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (lambda: classical_sum(marchenko_pastur(1), marchenko_pastur(c)), True),
        (lambda: classical_sum(marchenko_pastur(1), semicircle()), None),
        (lambda: tensor_law([[x, y], [x, y]], (x, y), (marchenko_pastur(1), marchenko_pastur(1)), (x, y)), True),
        (lambda: tensor_law([[x, 3], [3, y]], (x, y), (marchenko_pastur(1), marchenko_pastur(1))), None),
    ],
)
def test_nonnegativity_is_claimed_where_it_is_plain(law: Callable[[], TensorLaw], expected: bool | None) -> None:
    assert law().nonnegative is expected


def test_equal_resolvents_are_recognised() -> None:
    one = marchenko_pastur(1)
    plain = tensor_law([[x, y], [x, y]], (x, y), (one, one), (x, y))
    turned = tensor_law([[y, x], [y, x]], (x, y), (one, one), (y, x))
    other = tensor_law([[x, 0], [0, y]], (x, y), (one, one))
    assert plain.same_as(turned)
    assert not plain.same_as(other)
    assert not plain.same_as(tensor_law([[x, y], [x, y]], (x, y), (one, marchenko_pastur(2)), (x, y)))


# -- derivations -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "metric"), MATRICES.values(), ids=MATRICES)
def test_derivation_verifies(rows: Any, metric: Any) -> None:
    law = tensor_law(rows, (x, y), (marchenko_pastur(c), marchenko_pastur(1)), metric)
    assert law.derivation.check()
    assert law.evidence is Evidence.PROVED
    assert not law.derivation.assumptions


def test_a_wrong_moment_is_found() -> None:
    law = classical_sum(marchenko_pastur(1), marchenko_pastur(1))
    law._moments[()] = classical_sum(marchenko_pastur(1), marchenko_pastur(2)).moment_series(7)
    with pytest.raises(DerivationError, match="moments of a tensor law"):
        law.derivation.check()


def test_derivation_holds_those_of_the_factors() -> None:
    names = [step.rule.name for step in classical_sum(marchenko_pastur(c), semicircle()).derivation.steps]
    assert names.count("R-transform") == 2
    assert names[-3:] == ["tensor law", "trace of the resolvent", "moments of a tensor law"]


def test_assumptions_of_a_factor_stay() -> None:
    law = classical_sum(semicircle() + marchenko_pastur(1), semicircle())
    assert [step.rule.name for step in law.derivation.assumptions] == ["asymptotic freeness"]


@pytest.mark.parametrize(("convention", "start"), [("stieltjes", "m(z)"), ("cauchy", "G(z)")])
def test_latex_names_transform_and_factors(convention: str, start: str) -> None:
    text = classical_sum(marchenko_pastur(c), semicircle()).latex(convention)
    assert text.startswith(start + r" = \mathbb{E}\left[")
    assert r"\lambda_{1} \sim \text{marchenko\_pastur(c)}" in text


def test_unknown_convention_is_refused() -> None:
    with pytest.raises(ParameterError, match="unknown convention"):
        classical_sum(semicircle(), semicircle()).latex("german")


# -- what is refused ---------------------------------------------------------------------------------------------


def _with(variables: Any, laws: Any, metric: Any = None) -> Callable[[], TensorLaw]:
    return lambda: tensor_law([[x, 1], [1, y]], variables, laws, metric)


ONE = marchenko_pastur(1)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: classical_sum(ONE), "two laws or more; got 1"),
        (lambda: tensor_product(ONE, 3), "have algebraic laws"),  # type: ignore[arg-type]
        (_with((x, y), (ONE,)), "2 variables but 1 laws"),
        (_with((), ()), "0 variables"),
        (_with((x, x), (ONE, ONE)), "different symbols"),
        (_with((x, "y"), (ONE, ONE)), "different symbols"),
        (_with((x, y), (marchenko_pastur(sympy.Symbol("y", positive=True)), ONE)), "also a parameter"),
        (_with((x, y), (ONE, ONE), (-1, -1)), "positive coefficient"),
        (lambda: tensor_law([[0, y], [x, 0]], (x, y), (semicircle(), ONE), (x, y)), r"laws lie in \[0, oo\)"),
        (lambda: tensor_law([[x, 0], [0, y]], (x, y), (ONE, ONE), (x + 1, 1)), "must be a monomial"),
        (lambda: classical_sum(ONE, ONE).at(q=1), "no parameter 'q'"),
        (lambda: classical_sum(ONE, marchenko_pastur(c)).at(c=-1), "must be positive"),
    ],
)
def test_bad_input_is_refused(build: Callable[[], object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        build()


@pytest.mark.parametrize("n", [-1, 1.5, True])
def test_bad_numbers_of_moments_are_refused(n: Any) -> None:
    with pytest.raises(ParameterError, match="number of terms"):
        classical_sum(ONE, ONE).moments(n)


def test_variables_avoid_the_names_of_parameters() -> None:
    taken = sympy.Symbol("lambda_1", positive=True)
    law = classical_sum(marchenko_pastur(taken), ONE)
    assert [v.name for v in law.variables] == ["lambda_2", "lambda_3"]
    assert law.moments(1) == [2]


def test_atoms_are_factors_too() -> None:
    coin = atoms([-1, 1])
    assert isinstance(coin, AlgebraicLaw)
    assert classical_sum(coin, coin).moments(4) == [0, 2, 0, 8]


def test_the_cache_of_moments_is_not_shared_with_the_companion() -> None:
    law = classical_sum(ONE, ONE)
    law.moments(5)
    assert law.companion("1/2").moments(2) == [1, 3]
    assert replace(law, text="renamed").moments(2) == [2, 6]
