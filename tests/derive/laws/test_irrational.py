"""Irrational numbers in laws: against formulas, against rational numbers nearby, and against each other."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import E, Rational, cbrt, pi, sqrt

from resolvent.catalog.registry import get
from resolvent.conjectures.verification import verify
from resolvent.derive.derivation.step import Evidence
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import arcsine, atoms, kesten_mckay, marchenko_pastur, semicircle
from resolvent.derive.laws.equilibrium import equilibrium_measure
from resolvent.derive.laws.from_transform import law_of_r_transform
from resolvent.derive.laws.irrational import nearby
from resolvent.numeric.matrices.matrix_model import require_matrix_model
from resolvent.numeric.spectrum import Spectrum

C, V = sympy.symbols("c v", positive=True)
G = sympy.Symbol("g")
LAWS = {
    "semicircle(sqrt(2))": lambda: semicircle(sqrt(2)),
    "semicircle(2**(1/3))": lambda: semicircle(cbrt(2)),
    "marchenko_pastur(sqrt(2)/2)": lambda: marchenko_pastur(sqrt(2) / 2),
    "atoms([0, 1], [sqrt(2)/2, 1 - sqrt(2)/2])": lambda: atoms([0, 1], [sqrt(2) / 2, 1 - sqrt(2) / 2]),
    "semicircle(1) + sqrt(3)": lambda: semicircle() + sqrt(3),
    "sqrt(2)*marchenko_pastur(2)": lambda: sqrt(2) * marchenko_pastur(2),
    "marchenko_pastur(2).free_power(sqrt(2)/2)": lambda: marchenko_pastur(2).free_power(1 / sqrt(2)),
    "marchenko_pastur(1).compress(sqrt(3)/2)": lambda: marchenko_pastur(1).compress(sqrt(3) / 2),
    "semicircle(sqrt(2)) + atoms([0, 1])": lambda: semicircle(sqrt(2)) + atoms([0, 1]),
    "semicircle(sqrt(2)) + marchenko_pastur(sqrt(3))": lambda: semicircle(sqrt(2)) + marchenko_pastur(sqrt(3)),
    "semicircle(sqrt(2))**2": lambda: semicircle(sqrt(2)) ** 2,
    "kesten_mckay(sqrt(5))": lambda: kesten_mckay(sqrt(5)),
}


@pytest.mark.parametrize("text", LAWS)
def test_laws_with_irrational_numbers_have_the_moments_of_those_nearby(text: str) -> None:
    law = LAWS[text]()
    assert law.text == text
    assert law.parameters == ()
    assert law.evidence is Evidence.PROVED
    assert law.derivation.digits is None
    assert law.derivation.check()
    near = [float(m) for m in nearby(law).moments(6)]
    assert [float(m) for m in law.moments(6)] == pytest.approx(near, rel=1e-14, abs=1e-14)


@pytest.mark.parametrize("text", ["marchenko_pastur(sqrt(2)/2)", "semicircle(sqrt(2)) + atoms([0, 1])"])
def test_their_spectra_are_those_of_rational_numbers_nearby(text: str) -> None:
    law = LAWS[text]()
    rho, near = Spectrum(law), Spectrum(nearby(law))
    x = np.linspace(*rho.support(), 9)[1:-1]
    assert rho.pdf(x) == pytest.approx(near.pdf(x), rel=1e-11)
    assert rho.cdf(x) == pytest.approx(near.cdf(x), rel=1e-11)


def test_exact_equations() -> None:
    m, z = sympy.symbols("m z")
    assert sympy.expand((z * m + 1) ** 2 - 2 * m**4 - semicircle(sqrt(2)).equation.expr) == 0
    assert arcsine(sqrt(3)).equation.expr == m**2 * z**2 - 3 * m**2 - 1
    assert semicircle((sqrt(2) - 1) * (sqrt(2) + 1)) == semicircle()
    assert marchenko_pastur(1, sqrt(2)) == 2 * marchenko_pastur(1)
    assert sqrt(2) * semicircle() == semicircle(2)


def test_weights_of_atoms_are_exact() -> None:
    rho = Spectrum(marchenko_pastur(C), c=sqrt(2))
    assert [(a.point, sympy.simplify(a.weight - 1 + sqrt(2) / 2)) for a in rho.atoms] == [(0, 0)]
    assert [a.point for a in Spectrum(atoms([0, sqrt(2)])).atoms] == [0, sqrt(2)]


def test_parameters_may_stay() -> None:
    law = semicircle(sqrt(2) * V) + C
    assert law.moments(2) == [C, C**2 + sqrt(2) * V]
    assert law.at(v=sqrt(2), c=1) == semicircle(2) + 1
    assert (semicircle(sqrt(2)) + C).at(c=sqrt(3)) == semicircle(sqrt(2)) + sqrt(3)


@pytest.mark.parametrize("value", [pi, E, sqrt(2) + pi, sympy.log(2)])
def test_other_numbers_are_rounded_and_a_step_says_so(value: sympy.Expr) -> None:
    law = semicircle(value) + 1
    assert law.derivation.digits == 50
    assert any("was rounded to" in step.text for step in law.derivation.steps)
    assert abs(sympy.N(law.moments(2)[1] - 1 - value, 60)) < sympy.Float("1e-48", 60)
    assert "rounded to 50 digits" in str(law.derivation)


def test_what_is_outside_of_domains_is_refused() -> None:
    refused: list[tuple[Any, str]] = [
        (lambda: semicircle(-sqrt(2)), r"variance must be positive; got -sqrt\(2\)"),
        (lambda: semicircle(sympy.I), "I is not a real number"),
        (lambda: atoms([0, 1], [sqrt(2), 1 - sqrt(2)]), "weights must be positive"),
        (lambda: marchenko_pastur(1).compress(sqrt(2)), r"relative size t at most 1; got sqrt\(2\)"),
        (lambda: kesten_mckay(sqrt(3)), "must be at least 2"),
        (lambda: marchenko_pastur(1).free_multiplicative_power(sqrt(2)), r"must be a rational number .*got sqrt\(2\)"),
        (lambda: semicircle(V).at(v=-sqrt(2)), "v must be positive"),
        (lambda: semicircle(Rational(2) ** Rational(1, 29)), "of degree 29, above the limit of 24"),
    ]
    for build, message in refused:
        with pytest.raises(ParameterError, match=message):
            build()
    with pytest.raises(DerivationError, match="does not exist"):
        atoms([0, 1]).free_power(sqrt(2) / 2)
    with pytest.raises(ParameterError, match="generate a field of degree 32, above the limit of 24"):
        atoms([sqrt(k) for k in (2, 3, 5, 7, 11)])


def test_numbers_beside_a_law_whose_moments_are_irrational() -> None:
    quartic = equilibrium_measure(2)  # of variance 2/(3 sqrt 3)
    for number in (sqrt(2), sqrt(3)):
        second, fourth = quartic.moments(4)[1::2]
        total = (quartic + semicircle(number)).moments(4)
        expected = [0, second + number, 0, fourth + 4 * second * number + 2 * number**2]
        assert [sympy.expand(a - b) for a, b in zip(total, expected, strict=True)] == [0] * 4
    assert (sqrt(2) * quartic).moments(2) == [0, 4 * sqrt(3) / 9]
    assert (quartic + sqrt(2)) - sqrt(2) == quartic
    narrower = equilibrium_measure(2, V).at(v=sqrt(3))  # x^4 scales as t^(-1/4)
    assert [float(m) for m in narrower.moments(4)] == pytest.approx(
        [0, float(second) / 3**0.25, 0, float(fourth) / 3**0.5], rel=1e-14
    )
    assert abs(Spectrum(quartic + sqrt(2)).mean() - 2**0.5) < 1e-12


def test_one_number_written_in_two_ways() -> None:
    one, other = semicircle(sqrt(5 + 2 * sqrt(6))), semicircle(sqrt(2) + sqrt(3))
    assert one == other
    assert hash(one) == hash(other)
    assert one + other == semicircle(2 * sqrt(2) + 2 * sqrt(3))
    assert one != semicircle(sqrt(2) - sqrt(3) + 2 * sqrt(3) - sqrt(2)) != semicircle(2 - sqrt(3))


def test_typed_in_transforms_and_entries_take_them() -> None:
    assert law_of_r_transform(sqrt(2) * G / (1 - G), G).free_cumulants(3) == [0, sqrt(2), sqrt(2)]
    assert get("marchenko-pastur").law(c=sqrt(2), sigma=1).moments(2) == [1, 1 + sqrt(2)]
    entry = get("marchenko-pastur")
    assert Spectrum(entry, c=sqrt(2)).support()[1] == pytest.approx((1 + 2**0.25) ** 2, rel=1e-15)
    assert entry.sample(6, 0, c=sqrt(2)).shape == (6, 6)
    assert entry.law(c=sqrt(1 + sqrt(2)), sigma=1).moments(2) == [1, 1 + sqrt(1 + sqrt(2))]
    with pytest.raises(ParameterError, match=r"^classical_sum.* sqrt\(2\)\*.* takes rational numbers only") as refusal:
        get("fisher-linear").law(c1=sqrt(2), c2=1)
    assert "number_" not in str(refusal.value)
    with pytest.raises(ParameterError, match=r"got c = sqrt\(2\)\. Give a decimal, such as 1\.41"):
        verify(entry, params={"c": sqrt(2)}, size=40, trials=4)


def test_they_are_pickled_sampled_and_written() -> None:
    law = semicircle(sqrt(2)) + atoms([0, 1])
    assert pickle.loads(pickle.dumps(law)) == law  # noqa: S301 - made here
    require_matrix_model(law)
    assert isinstance(law.at(), AlgebraicLaw)
    assert "sqrt(2)" in repr(law)
