"""Tests of being a law: Hankel determinants in fractions, and measures that exist or do not for known reasons."""

from __future__ import annotations

import contextlib
from fractions import Fraction

import pytest
import sympy
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from resolvent.derive.errors import DerivationError
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.laws.from_transform import law_of_r_transform
from resolvent.derive.laws.positivity import nonnegativity, require_law, require_nonnegative_factor
from resolvent.derive.support.hankel import first_hankel_failure
from resolvent.derive.support.support import skeleton
from tests import oracles
from tests.derive.laws.compositions import Composed, compositions, exact, q

F = Fraction
C = sympy.Symbol("c", positive=True)
A = sympy.Symbol("a")


def flint_numbers(moments: list[Fraction]) -> list[fmpq]:
    return [fmpq(m.numerator, m.denominator) for m in [F(1), *moments]]


def determinants_by_sympy(moments: list[Fraction]) -> int | None:
    """The first k with a negative Hankel determinant of m_0, ..., m_2k (as 2k), before any vanishes; else None."""
    known = [q(m) for m in [F(1), *moments]]
    for k in range(len(known)):
        if 2 * k >= len(known):
            return None
        value = sympy.Matrix(k + 1, k + 1, lambda i, j: known[i + j]).det()
        if value <= 0:
            return 2 * k if value < 0 else None
    return None


@exact
@given(st.lists(st.fractions(-3, 3, max_denominator=3), min_size=6, max_size=6))
def test_the_first_failure_is_that_of_the_determinants(moments: list[Fraction]) -> None:
    expected = determinants_by_sympy(moments)
    found = first_hankel_failure(flint_numbers(moments))
    if expected is not None:
        assert found == expected
    elif found is not None:  # only a determinant that vanishes leaves more to check
        known = [q(m) for m in [F(1), *moments]]
        assert any(sympy.Matrix(k + 1, k + 1, lambda i, j: known[i + j]).det() == 0 for k in range(3))


@exact
@given(compositions())
def test_laws_have_no_failure(a: Composed) -> None:
    assert first_hankel_failure(flint_numbers(a.moments(10))) is None


def test_a_finite_measure_must_continue_as_it_began() -> None:
    points, weights = [F(-1), F(2)], [F(1, 3), F(2, 3)]
    moments = oracles.atom_moments(points, weights, 9)
    assert first_hankel_failure(flint_numbers(moments)) is None
    for k in range(4, 9):
        bent = [*moments[:k], moments[k] + F(1, 7), *moments[k + 1 :]]
        assert first_hankel_failure(flint_numbers(bent)) == k + 1


@pytest.mark.parametrize(
    ("moments", "expected"),
    [([0], None), ([], None), ([0, -1], 2), ([1, 0], 2), ([0, 1, 0, 0], 4), ([0, 0, 1], 3), ([1, 1, 1, 2], 4)],
)
def test_small_cases_by_hand(moments: list[int], expected: int | None) -> None:
    assert first_hankel_failure([fmpq(1), *(fmpq(m) for m in moments)]) == expected


def test_a_total_mass_that_is_not_positive_fails_at_once() -> None:
    assert first_hankel_failure([fmpq(0), fmpq(1)]) == 0
    assert first_hankel_failure([fmpq(-1)]) == 0


# -- where operations exist ----------------------------------------------------------------------------------


@pytest.mark.parametrize("t", ["1/3", "2/3", "9/10"])
def test_free_powers_of_a_coin_below_one_do_not_exist(t: str) -> None:
    # mu^t of a coin needs t >= 1: it would have the atoms of mass 1/2 t + 1 - t > 1/2 twice
    with pytest.raises(DerivationError, match=f"the free power {t} of atoms.* does not exist"):
        atoms([-1, 1]).free_power(t)


def test_free_powers_of_semicircle_sums_exist_as_far_as_the_variance_reaches() -> None:
    # R = v g + R_coin: the t-th power is t v g + t R_coin; the coin's part is not infinitely divisible, the sum with
    # enough variance is a law again
    law = atoms([-1, 1]) + semicircle(100)
    assert law.free_power("9/10").moments(2) == [0, sympy.Rational(909, 10)]


@pytest.mark.parametrize("power", ["1/4", "1/2"])
def test_free_poisson_laws_are_infinitely_divisible(power: str) -> None:
    c = sympy.Rational(power)
    # MP(c) has rate 1/c and jump c; the t-th power has rate t/c
    law = marchenko_pastur("1/2").free_power(c)
    assert law.equation == (c * marchenko_pastur(1 / (2 * c))).equation


def test_laws_with_parameters_are_left_alone() -> None:
    law = marchenko_pastur(C)
    assert require_law(law) is law


def test_the_reason_is_put_first() -> None:
    g = sympy.Symbol("g")
    with pytest.raises(DerivationError, match="law_of_r_transform\\(-g, g\\) is not a law: the Hankel determinant"):
        law_of_r_transform(-g, g)


def test_what_seventeen_moments_do_not_see_the_branch_does() -> None:
    # the cumulants beyond the second vanish up to order 18; the nineteenth is far too large
    g = sympy.Symbol("g")
    with pytest.raises(DerivationError, match="is not a law: the branch"):
        law_of_r_transform(g + 10 * g**18, g)


# -- signs of supports ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (marchenko_pastur(C), True),
        (semicircle(), False),
        (semicircle() + 2, True),
        (semicircle() + "19/10", False),
        (atoms([0]), True),
        (atoms([0, 3]), True),
        (atoms([-1, 3]), False),
        (semicircle(C), False),  # centred, of positive variance
        (semicircle(C) - 3, False),  # of negative mean
        (semicircle(C) + 3, None),
        (atoms([A, 1]), None),
        (marchenko_pastur(2) - marchenko_pastur(2), False),
        (atoms([1, 2]) + atoms([-1, 0]), True),
        (-marchenko_pastur(2), False),
    ],
)
def test_signs_of_supports(law: object, expected: bool | None) -> None:
    assert nonnegativity(law) is expected  # type: ignore[arg-type]


def test_a_factor_that_is_nonnegative_needs_no_assumption() -> None:
    assert require_nonnegative_factor(marchenko_pastur(C), semicircle()) is None
    assert require_nonnegative_factor(semicircle() + 3, semicircle()) is None


def test_an_open_sign_becomes_an_assumption() -> None:
    step = require_nonnegative_factor(semicircle() + 1, atoms([A, 1]))
    assert step is not None
    assert step.kind == "assumed"
    assert step.text == "atoms([a, 1]) is supported on [0, oo)"


def test_products_without_a_nonnegative_factor_are_refused() -> None:
    with pytest.raises(DerivationError, match=r"neither .* nor .* is supported on \[0, oo\)"):
        require_nonnegative_factor(semicircle() + 1, atoms([-1, 3]))
    with pytest.raises(DerivationError, match="the product of two centred laws"):
        require_nonnegative_factor(semicircle(C), semicircle())


# -- what operations hand on -------------------------------------------------------------------------------------


@exact
@given(compositions(), st.sampled_from(["1/2", "1/3", "3/4", "3/2"]))
def test_what_is_called_nonnegative_has_no_mass_below_zero(composed: Composed, t: str) -> None:
    laws = [composed.law]
    with contextlib.suppress(DerivationError):
        laws.append(composed.law.free_power(t))
    for law in laws:
        if law.nonnegative and law.equation.degree <= 4:
            assert float(skeleton(law.equation).lower_end) >= 0


def test_a_free_root_of_a_nonnegative_law_may_have_mass_below_zero() -> None:
    coin = atoms([-1, 9], ["1/10", "9/10"])
    above = coin.free_power(16).companion(1)  # its mean is 128, its deviation 12
    assert above.nonnegative
    root = above.free_power("1/16")
    assert root.equation == coin.equation
    assert root.nonnegative is None
    with pytest.raises(DerivationError, match="neither"):
        root @ atoms([-2, 1])


def test_what_is_not_checked_with_parameters_left_is_assumed() -> None:
    p = sympy.Symbol("p", positive=True)
    coin = atoms([0, 1], [1 - p, p])
    assert [step.text for step in coin.free_power("1/2").derivation.assumptions] == [
        "the weight 1 - p is positive",
        "the free power 1/2 of atoms([0, 1], [1 - p, p]) exists",
    ]
    assert [step.text for step in coin.companion(3).derivation.assumptions] == [
        "the weight 1 - p is positive",
        "the atom of atoms([0, 1], [1 - p, p]) at 0 is at least 1 - 1/(3)",
    ]
    assert not atoms([0, 1], ["3/4", "1/4"]).companion(3).derivation.assumptions
