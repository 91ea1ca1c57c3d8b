"""Powers, symmetric roots, companions and direct sums against densities under a change of variables, and moments."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import sqrt
from typing import Any

import pytest
import sympy
from flint import acb
from hypothesis import given
from hypothesis import strategies as st

from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.laws.matrix_functions import companion, direct_sum, power, symmetric_root
from tests import oracles
from tests.derive.laws.compositions import Composed, exact, fractions, leaves, q
from tests.derive.time_limit import within

F = Fraction
C = sympy.Symbol("c", positive=True)
Z, M = sympy.symbols("z m")
POINTS = [0.7 + 0.6j, -1.2 + 0.4j, 2.5 + 0.3j]


# -- powers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [2, 3, 4])
@exact
@given(a=leaves())
def test_powers_take_every_kth_moment(k: int, a: Composed) -> None:
    assert fractions((a.law**k).moments(5)) == a.moments(5 * k)[k - 1 :: k]


@pytest.mark.parametrize("k", [5, 6])
def test_high_powers_take_every_kth_moment(k: int) -> None:
    assert fractions((semicircle(2) ** k).moments(4)) == oracles.semicircle_moments(F(2), 4 * k)[k - 1 :: k]


@pytest.mark.parametrize("k", [2, 3, 4])
def test_the_branch_of_a_power_is_an_integral_of_the_density(k: int) -> None:
    density, low, high = oracles.marchenko_pastur_density(0.5)
    branch = Branch((marchenko_pastur("1/2") ** k).equation)
    for z in POINTS:
        expected = oracles.integral(lambda x, z=z: 1 / (x**k - z), density, low, high)
        assert complex(branch.value(acb(z.real, z.imag))) == pytest.approx(expected, rel=1e-9)


def test_the_square_of_the_semicircle_is_marchenko_pastur() -> None:
    v = sympy.Symbol("v", positive=True)
    assert (semicircle(v) ** 2).equation == (v * marchenko_pastur(1)).equation


def test_the_square_of_a_coin_is_a_constant() -> None:
    assert (atoms([-3, 3]) ** 2).equation == atoms([9]).equation


def test_the_square_merges_opposite_atoms() -> None:
    assert (atoms([-1, 1, 2], ["1/2", "1/4", "1/4"]) ** 2).equation == atoms([1, 4], ["3/4", "1/4"]).equation


def test_the_cube_of_atoms_with_parameters() -> None:
    a = sympy.Symbol("a")
    assert (atoms([a, 1], ["1/3", "2/3"]) ** 3).equation == atoms([a**3, 1], ["1/3", "2/3"]).equation


def test_powers_of_zero_are_zero() -> None:
    assert (atoms([0]) ** 3).equation == atoms([0]).equation


def test_negative_powers_of_atoms() -> None:
    assert (atoms([2, 4]) ** -2).equation == atoms(["1/4", "1/16"]).equation


def test_the_first_power_is_the_law() -> None:
    law = semicircle()
    assert law**1 is law


def test_even_powers_are_nonnegative() -> None:
    # a product of two squares of centred laws exists only if they are known to be non-negative
    assert (semicircle() ** 2 @ atoms([-1, 1]) ** 2).moments(1) == [1]
    assert (semicircle() ** 4).nonnegative is True
    assert (semicircle() ** 3).nonnegative is not True


@pytest.mark.parametrize("k", [0, True, 0.5, "2"])
def test_exponents_that_are_no_integers_are_refused(k: Any) -> None:
    with pytest.raises(ParameterError, match=f"the exponent must be a non-zero integer; got {k}"):
        power(semicircle(), k)


def test_powers_of_too_many_sheets_are_refused() -> None:
    law = marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5")
    with pytest.raises(DerivationError, match=r"has up to 4\*\*7 sheets, which is beyond this engine"):
        law**7


def test_negative_powers_of_a_law_with_mass_at_zero_are_refused() -> None:
    with pytest.raises(DerivationError, match=r"no finite Stieltjes transform|lies in the support"):
        marchenko_pastur(1) ** -2


# -- symmetric roots -----------------------------------------------------------------------------------------


def test_the_symmetric_root_of_marchenko_pastur_is_the_semicircle() -> None:
    assert marchenko_pastur(1).symmetric_root().equation == semicircle().equation


def test_the_symmetric_root_of_an_atom_is_a_coin() -> None:
    assert atoms([9]).symmetric_root().equation == atoms([-3, 3]).equation
    assert atoms([0, 4]).symmetric_root().equation == atoms([-2, 0, 2], ["1/4", "1/2", "1/4"]).equation


def test_the_branch_of_a_symmetric_root_is_an_integral_of_the_density() -> None:
    density, low, high = oracles.marchenko_pastur_density(0.25)
    branch = Branch(marchenko_pastur("1/4").symmetric_root().equation)
    for z in POINTS:
        expected = oracles.integral(lambda x, z=z: (1 / (sqrt(x) - z) + 1 / (-sqrt(x) - z)) / 2, density, low, high)
        assert complex(branch.value(acb(z.real, z.imag))) == pytest.approx(expected, rel=1e-9)


def test_the_symmetric_root_of_a_law_with_negative_mass_is_refused() -> None:
    with pytest.raises(DerivationError, match="semicircle\\(1\\) has mass below 0, so it has no root of this kind"):
        symmetric_root(semicircle())


def test_the_symmetric_root_of_an_undecided_law_states_its_assumption() -> None:
    a = sympy.Symbol("a")
    law = symmetric_root(atoms([a, 1]))
    assert [s.text for s in law.derivation.assumptions] == ["atoms([a, 1]) is supported on [0, oo)"]


# -- companions ----------------------------------------------------------------------------------------------


def test_the_companion_of_marchenko_pastur_swaps_rows_and_columns() -> None:
    # X^T X/n, n x n: c MP(1/c)
    assert marchenko_pastur(C).companion(C).equation == (C * marchenko_pastur(1 / C)).equation


def test_the_companion_adds_zeros() -> None:
    assert atoms([2, 3]).companion("1/2").equation == atoms([0, 2, 3], ["1/2", "1/4", "1/4"]).equation


def test_the_companion_of_a_wide_matrix_drops_zeros() -> None:
    assert atoms([0, 5], ["2/3", "1/3"]).companion(3).equation == atoms([5]).equation


def test_the_companion_of_a_square_matrix_is_the_law() -> None:
    assert atoms([0, 5], ["2/3", "1/3"]).companion(1).equation == atoms([0, 5], ["2/3", "1/3"]).equation


def test_the_companion_of_zero_is_zero() -> None:
    assert atoms([0]).companion("1/2").equation == atoms([0]).equation


def test_the_companion_of_zero_with_many_rows_is_zero() -> None:
    # the zero matrix has rank 0, whatever its shape
    assert atoms([0]).companion(2).equation == atoms([0]).equation


def test_a_symbolic_companion_states_the_rank_condition() -> None:
    law = companion(atoms([0, 1], ["1/2", "1/2"]), C)
    assert any("the atom of" in s.text and "is at least 1 - 1/(c)" in s.text for s in law.derivation.assumptions)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: companion(marchenko_pastur(1), 0), ParameterError, "the ratio c = p/n must be positive; got 0"),
        (lambda: companion(semicircle(), "1/2"), DerivationError, "has mass below 0, so it has no companion"),
        (lambda: companion(atoms([1, 2]), 2), DerivationError, "X X\\^T with p/n = 2 has rank at most n"),
        (lambda: companion(marchenko_pastur(2), 3), DerivationError, "too small an atom at 0"),
        (lambda: direct_sum(semicircle(), semicircle(), 0), ParameterError, "strictly between 0 and 1; got 0"),
        (lambda: direct_sum(semicircle(), semicircle(), "3/2"), ParameterError, "strictly between 0 and 1; got 3/2"),
    ],
)
def test_input_outside_the_domain_is_refused(build: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        build()


# -- direct sums ---------------------------------------------------------------------------------------------


@exact
@given(leaves(), leaves(), st.sampled_from([F(1, 2), F(1, 3), F(4, 5)]))
def test_moments_of_a_direct_sum_are_mixtures(a: Composed, b: Composed, w: Fraction) -> None:
    expected = [w * x + (1 - w) * y for x, y in zip(a.moments(12), b.moments(12), strict=True)]
    assert fractions(a.law.direct_sum(b.law, q(w)).moments(12)) == expected


def test_a_direct_sum_of_atoms_is_a_measure() -> None:
    law = atoms([0, 1]).direct_sum(atoms([1, 5], ["1/4", "3/4"]), "1/3")
    assert law.equation == atoms([0, 1, 5], ["1/6", "1/3", "1/2"]).equation


def test_a_direct_sum_with_itself_is_the_law() -> None:
    assert marchenko_pastur(C).direct_sum(marchenko_pastur(C), "1/3").equation == marchenko_pastur(C).equation


def test_the_branch_of_a_direct_sum_is_a_mixture_of_integrals() -> None:
    first, second = oracles.marchenko_pastur_density(0.5), oracles.semicircle_density(1.0)
    branch = Branch(marchenko_pastur("1/2").direct_sum(semicircle(), "1/4").equation)
    for z in POINTS:
        expected = 0.25 * oracles.stieltjes(z, *first) + 0.75 * oracles.stieltjes(z, *second)
        assert complex(branch.value(acb(z.real, z.imag))) == pytest.approx(expected, rel=1e-9)


def test_a_symbolic_weight_specialises() -> None:
    w = sympy.Symbol("w", positive=True)
    law = semicircle().direct_sum(atoms([w]), w)
    assert law.at(w="1/3").equation == semicircle().direct_sum(atoms(["1/3"]), "1/3").equation


def test_a_symbolic_weight_specialised_outside_the_domain_is_refused() -> None:
    w = sympy.Symbol("w", positive=True)
    with pytest.raises(ParameterError, match="strictly between 0 and 1; got 2"):
        semicircle().direct_sum(atoms([0]), w).at(w=2)


@pytest.mark.parametrize("name", ["x", "T", "S", "w", "zeta", "y", "u"])
@pytest.mark.parametrize("operation", ["square", "direct sum"])
def test_parameters_may_have_the_names_of_inner_variables(operation: str, name: str) -> None:
    p = sympy.Symbol(name, positive=True)

    def apply(place: Any) -> sympy.Expr:
        law = atoms([1, place])
        return ((law + 1) ** 2 if operation == "square" else law.direct_sum(semicircle(), "1/2")).equation.expr

    with within(10):
        symbolic = apply(p)
    a, b = (sympy.Poly(e, Z, M) for e in (symbolic.subs(p, 3), apply(3)))
    assert a * b.LC() == b * a.LC()
