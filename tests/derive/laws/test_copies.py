"""Laws, their equations and derivations as copies: pickled, deep-copied, sent to other processes; and laws compared."""

from __future__ import annotations

import copy
import multiprocessing
import pickle

import pytest
import sympy

from resolvent.derive.derivation.step import Evidence
from resolvent.derive.equations.equation import moments_given, physical_equation, spectral_ring
from resolvent.derive.exact.copies import ById
from resolvent.derive.exact.field import Field, rational_function
from resolvent.derive.graphs.cycle_weights import law_of_cycle_weights, law_of_free_cumulants
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import (
    arcsine,
    atoms,
    free_poisson,
    fuss_catalan,
    kesten_mckay,
    marchenko_pastur,
    semicircle,
    wachter,
)
from resolvent.derive.laws.equilibrium import equilibrium_measure
from resolvent.derive.laws.from_equation import law_of_equation
from resolvent.derive.laws.from_guess import guessed_law
from resolvent.derive.laws.from_transform import law_of_r_transform, law_of_s_transform
from resolvent.derive.laws.rectangular import doubly_correlated_wishart
from resolvent.derive.sequences.guessing import guess_algebraic
from resolvent.symbols import m, z

C, T, G, U = (sympy.Symbol(name, positive=True) for name in ("c", "t", "g", "u"))
MP = marchenko_pastur("1/2")
ONE = Field().constant(1)
CATALAN = [1, 1, 2, 5, 14, 42, 132, 429, 1430, 4862, 16796, 58786, 208012, 742900, 2674440, 9694845, 35357670]
LAWS = {
    "semicircle": semicircle(C),
    "marchenko_pastur": marchenko_pastur(C, T),
    "free_poisson": free_poisson(C, -2),
    "atoms": atoms([0, C], ["1/3", "2/3"]),
    "arcsine": arcsine(),
    "kesten_mckay": kesten_mckay(3),
    "wachter": wachter("1/2", "1/3"),
    "fuss_catalan": fuss_catalan(2),
    "equilibrium": equilibrium_measure(2, T),
    "irrational moments": equilibrium_measure(2),
    "sum": semicircle() + marchenko_pastur(C),
    "difference": MP - semicircle(),
    "product": MP @ atoms([1, 2]),
    "free_power": MP.free_power(T),
    "compress": MP.compress(T),
    "free_multiplicative_power": fuss_catalan(1).free_multiplicative_power("3/2"),
    "affine": 3 - 2 * marchenko_pastur(C) / T,
    "inverse": MP**-1,
    "mobius": (semicircle() + 3).mobius(1, 0, 1, 1),
    "power": semicircle() ** 2,
    "two factors": atoms([-1, 1]) ** 2,
    "symmetric_root": marchenko_pastur(C).symmetric_root(),
    "companion": marchenko_pastur(C).companion(C),
    "direct_sum": semicircle().direct_sum(atoms([3]), "1/2"),
    "sample_covariance": atoms([1, 2, 5]).sample_covariance(C),
    "doubly_correlated_wishart": doubly_correlated_wishart(atoms([1]), atoms([1, 2]), "1/2"),
    "information_plus_noise": MP.information_plus_noise(1, "1/2"),
    "rectangular_sum": MP.rectangular_sum(atoms([1]), "1/2"),
    "r_transform": law_of_r_transform(G / (1 - G**2), G),
    "s_transform": law_of_s_transform(1 / (1 + U), U),
    "equation": law_of_equation(m**2 + z * m + 1),
    "guess": guessed_law(CATALAN, guess_algebraic(CATALAN)),
    "cycle_weights": law_of_cycle_weights(2 * T / (1 - T), T, phi=1, psi=C),
    "free_cumulants": law_of_free_cumulants([1, 1, "1/9"]),
}


def pickled(law: AlgebraicLaw) -> AlgebraicLaw:
    again = pickle.loads(pickle.dumps(law))  # noqa: S301
    assert isinstance(again, AlgebraicLaw)
    return again


def first_moments(law: AlgebraicLaw) -> list[sympy.Expr]:
    return law.moments(3)


@pytest.mark.parametrize("make", [pickled, copy.deepcopy], ids=["pickle", "deepcopy"])
@pytest.mark.parametrize("name", LAWS)
def test_a_copy_is_the_same_law_with_the_same_derivation(name: str, make: object) -> None:
    law = LAWS[name]
    again = make(law)  # type: ignore[operator]
    assert again is not law
    assert again == law
    assert hash(again) == hash(law)
    assert again.derivation == law.derivation
    assert again.derivation.text() == law.derivation.text()
    assert again.derivation.check()
    assert (again.text, again.evidence, again.nonnegative) == (law.text, law.evidence, law.nonnegative)


@pytest.mark.parametrize("name", ["sum", "affine", "companion", "cycle_weights"])
def test_a_copy_takes_values_of_its_parameters(name: str) -> None:
    law = LAWS[name]
    values = {s.name: "1/3" for s in law.parameters}
    assert pickled(law).at(**values) == law.at(**values)


def test_a_copy_of_a_guess_stays_a_guess() -> None:
    assert pickled(LAWS["guess"]).evidence is Evidence.GUESSED


def test_results_kept_for_later_are_no_part_of_a_copy() -> None:
    law = semicircle() + atoms([0, 1])
    before = len(pickle.dumps(law))
    law.moments(60)
    law.free_cumulants(60)
    assert len(pickle.dumps(law)) == before


def test_other_processes_take_laws_and_give_them_back() -> None:
    laws = [LAWS["sum"], LAWS["irrational moments"], LAWS["cycle_weights"]]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(first_moments, laws) == [law.moments(3) for law in laws]
        assert pool.map(copy.copy, laws) == laws


# -- equal laws ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (semicircle() + semicircle(2), semicircle(3)),
        (marchenko_pastur(C), atoms([1]).sample_covariance(C)),
        (MP.symmetric_root() ** 2, MP),
        (law_of_equation(m**2 + z * m + 1), semicircle()),
    ],
)
def test_laws_made_differently_are_equal(one: AlgebraicLaw, other: AlgebraicLaw) -> None:
    assert one == other
    assert one.same_as(other)
    assert hash(one) == hash(other)
    assert one.moments(8) == other.moments(8)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (semicircle(), semicircle(2)),
        (semicircle(C), semicircle(T)),
        (semicircle(C), semicircle(sympy.Symbol("c", real=True, nonzero=True))),
    ],
)
def test_other_polynomials_and_other_parameters_are_other_laws(one: AlgebraicLaw, other: AlgebraicLaw) -> None:
    assert one != other


def test_two_branches_of_one_polynomial_are_two_equations() -> None:
    polynomial = rational_function(z**3 * (z * m + 1) ** 2 - z - 1, Field(("m", "z"))).numerator  # M = 1 +- w sqrt(1+w)
    up, down, longer = (
        physical_equation([polynomial.project_to_context(spectral_ring(()))], (), moments_given(germ))
        for germ in ([ONE, ONE], [ONE, -ONE], [ONE, ONE, ONE / 2])
    )
    assert up.polynomial == down.polynomial
    assert up != down
    assert up == longer == pickle.loads(pickle.dumps(up))  # noqa: S301


def test_a_law_is_no_number() -> None:
    assert semicircle() != 1


def test_a_cache_by_identity_tells_equal_laws_apart() -> None:
    one, other = semicircle(2), semicircle() + semicircle()
    assert len({ById(one): 1, ById(other): 2, ById(one): 3}) == 2
