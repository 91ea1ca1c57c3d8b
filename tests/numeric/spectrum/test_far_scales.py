"""Laws on scales from 10^-30 to 10^45, and supports that are narrow for their distance from 0."""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.derive.errors import NotCertified, ParameterError, PrecisionError
from resolvent.derive.laws.elementary import arcsine, atoms, marchenko_pastur, semicircle
from resolvent.language.expressions import parse
from resolvent.numeric.spectrum import Spectrum
from tests.oracles import marchenko_pastur_moments, semicircle_density

approx = functools.partial(pytest.approx, rel=1e-14, abs=0)  # otherwise all that is below 10^-12 is near to all else


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("exponent", [-40, -30, -27, 27, 45, 59])
def test_a_law_on_a_far_scale_is_the_law_on_its_own(exponent: int) -> None:
    scale = Fraction(10) ** exponent
    rho, one = Spectrum(marchenko_pastur("1/3") * scale), Spectrum(marchenko_pastur("1/3"))
    assert rho.certificate.worst < 1e-13
    assert rho.certificate.unit == approx(float(scale), rel=3)
    assert float(rho.pdf(float(scale))) * float(scale) == approx(float(one.pdf(1.0)), rel=1e-13)
    assert float(rho.var()) == approx(float(scale**2 * Fraction(1, 3)), rel=1e-13)
    assert rho.moment(3) == approx(float(scale**3 * marchenko_pastur_moments(Fraction(1, 3), 3)[2]), rel=1e-13)


@pytest.mark.parametrize("exponent", [-20, 12, 25])
def test_a_law_with_irrational_numbers_on_a_far_scale(exponent: int) -> None:
    """2^(1/2) W + 3^(1/2), W of ratio 4: W has the edges 1 and 9 and an atom of 3/4 at 0."""
    scale, root_two, root_three = sympy.Integer(10) ** exponent, sympy.sqrt(2), sympy.sqrt(3)
    rho = Spectrum((marchenko_pastur(4) * root_two + root_three) * scale)
    unit, low = float(scale), float(root_two + root_three)
    assert rho.support() == approx((float(root_three) * unit, float(9 * root_two + root_three) * unit))
    assert [float(i.left) for i in rho.intervals] == approx([low * unit], rel=1e-14)
    assert [(a.weight, sympy.simplify(a.point - root_three * scale)) for a in rho.atoms] == [(sympy.Rational(3, 4), 0)]
    x = 5.0
    inside = np.sqrt((9 - x) * (x - 1)) / (2 * np.pi * 4 * x)  # the density of W
    place = (float(root_two) * x + float(root_three)) * unit
    assert float(rho.pdf(place)) * float(root_two) * unit == approx(inside, rel=1e-13)


@pytest.mark.slow
def test_an_irrational_number_next_to_a_transition_is_kept() -> None:
    number = 1 - sympy.sqrt(2) / 1000
    rho, near = (Spectrum(semicircle(v) + atoms([-1, 1])) for v in (number, sympy.N(number, 30)))
    assert rho.law.derivation.digits is None
    assert rho.support() == approx(near.support())
    assert [i.left for i in rho.intervals] == approx([i.left for i in near.intervals], rel=1e-12)
    x = np.linspace(-2.5, 2.5, 7)
    assert rho.pdf(x) == approx(near.pdf(x), rel=1e-10)


@pytest.mark.slow
def test_irrational_numbers_too_near_to_their_conjugates_are_rounded() -> None:
    tiny = sympy.sqrt(2) / 10**9
    rho = Spectrum(semicircle() + tiny)
    assert rho.law.derivation.digits == 50
    assert "sqrt(2) was rounded to 1.41421356" in str(rho.law.derivation)
    assert rho.support() == approx((-2 + 2**0.5 / 10**9, 2 + 2**0.5 / 10**9))
    x = np.linspace(-1.9, 1.9, 5)
    assert rho.pdf(x) == approx(np.sqrt(4 - (x - float(tiny)) ** 2) / (2 * np.pi), rel=1e-13)
    hard = Spectrum(marchenko_pastur(1 + tiny))
    assert hard.law.derivation.digits == 50
    assert hard.intervals[0].left == approx(float((sympy.sqrt(1 + tiny) - 1) ** 2), rel=1e-12)
    assert float(hard.atoms[0].weight) == approx(float(1 - 1 / (1 + tiny)), rel=1e-12)


@pytest.mark.parametrize("scale", [Fraction(1, 10**20), Fraction(1, 10**12), Fraction(10**12), Fraction(10**20)])
def test_proved_values_and_critical_points_on_far_scales(scale: Fraction) -> None:
    rho, unit = Spectrum(semicircle() * scale), float(scale)
    found = rho.pdf_enclosure([0.0, 3 * unit])
    assert found.value * unit == approx([1 / np.pi, 0.0], rel=1e-15)
    assert (found.radius * unit < 1e-15).all()
    assert rho.stieltjes(2.5j * unit, certified=True) * unit == approx(complex(0, (np.sqrt(10.25) - 2.5) / 2))
    slope = -1 / 2 + 2.5 / (2 * np.sqrt(2.25))  # of m = (-z + (z^2 - 4)^(1/2))/2
    assert rho.stieltjes(2.5 * unit, derivative=1) * unit**2 == approx(slope, rel=1e-13)
    assert rho.stieltjes(2.5 * unit, derivative=1, certified=True) * unit**2 == approx(slope, rel=1e-15)
    assert [p.to_sympy() for p in rho.critical_points] == [-2 * sympy.Rational(scale), 2 * sympy.Rational(scale)]


@pytest.mark.parametrize("scale", [Fraction(1, 10**20), Fraction(1, 10**12), Fraction(10**12), Fraction(10**21)])
def test_outliers_on_far_scales(scale: Fraction) -> None:
    """Peche 2006 and Baik, Ben Arous, Peche 2005 in closed form; Benaych-Georges, Nadakuditi 2012, section 3.1."""
    (one,) = Spectrum(semicircle() * scale).outliers([2 * scale])
    assert one.location == approx(2.5 * float(scale), rel=1e-15)
    assert (one.overlap, one.strength) == (0.75, approx(2 * float(scale)))
    assert one.threshold == approx(float(scale), rel=1e-15)
    assert [t.point for t in one.thresholds] == approx([-2 * float(scale), 2 * float(scale)])
    law = Spectrum(marchenko_pastur("1/4") * scale)
    (spike,) = law.outliers(2, kind="multiplicative")
    assert spike.location == approx(3 * (1 + 0.25 / 2) * float(scale), rel=1e-15)
    assert spike.threshold == 0.5
    theta = Fraction(2) * Fraction(round(float(scale) ** 0.5 * 2**90), 2**90)
    (found,) = law.outliers(theta, kind="rectangular", ratio="1/4")
    t = float(theta**2 / scale)
    assert found.location == approx((1 + t) * (0.25 + t) / t * float(scale), rel=1e-13)
    assert found.threshold == approx(0.25**0.25 * float(scale) ** 0.5, rel=1e-14)


def test_an_equation_in_units_is_that_of_the_multiple() -> None:
    law = semicircle(sympy.sqrt(2)) + marchenko_pastur("1/2")
    for exponent in (-7, 30):
        assert law.equation.in_units(exponent) == (law * sympy.Rational(2) ** -exponent).equation
    with pytest.raises(ParameterError, match="exponent must be a whole number from -4096 to 4096"):
        law.equation.in_units(10**18)


def test_the_unit_is_one_where_floats_hold_all_powers_and_stands_in_the_plain_data() -> None:
    assert Spectrum(semicircle() * 10**9).certificate.unit == 1
    assert Spectrum(semicircle() * 10**40).certificate.to_json()["unit"] > 1e39


@pytest.mark.parametrize("exponent", [-100, -50, 70, 100])
def test_a_scale_beyond_what_floats_hold_is_refused_and_named(exponent: int) -> None:
    scale = Fraction(10) ** exponent
    with pytest.raises(PrecisionError, match=rf"on a scale of 10\^{exponent}; .* from 1e-40 to 1e60"):
        Spectrum(semicircle() * scale)


def test_a_moment_beyond_all_floats_is_refused() -> None:
    with pytest.raises(ParameterError, match="moment of order 40 is too large for a float"):
        Spectrum(semicircle() * 10**9).moment(40)


@pytest.mark.parametrize("width", [10**10, 10**16, 10**20])
def test_the_variance_of_a_bulk_that_is_narrow_for_its_distance_from_0(width: int) -> None:
    rho = Spectrum(semicircle() / width + 1)
    assert rho.var() == approx(1 / width**2, rel=1e-10)
    assert rho.certificate.origin == 1
    density, _, _ = semicircle_density(1.0)
    if width == 10**10:  # the rounding of the place is a millionth of the width
        assert float(rho.pdf(1 + 0.5 / width)) / width == approx(density(0.5), rel=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "797/10**16*marchenko_pastur(25000000000000/883) - 257*10**24",  # nearly all mass in an atom
        "9/10**27*(marchenko_pastur(7/34) @ marchenko_pastur(36)) - 49/100",
        "semicircle()/10**30 + 1",
        "29/312500*free_poisson(37/38, 28/27) + 7*10**27",  # which the nodes did not resolve
        "5/18*arcsine(497/500000000000).compress(999999993/1000000000) - 286*10**22",
        "semicircle(1/10**70) + 8",
    ],
)
def test_a_support_too_narrow_for_its_distance_from_0_is_refused_and_the_shift_named(text: str) -> None:
    with pytest.raises(PrecisionError, match=r"too narrow for its distance from 0, .*; shift the law by"):
        Spectrum(parse(text))


def test_a_bulk_with_little_mass_beside_an_atom_is_certified_by_itself() -> None:
    c = Fraction(10**10)
    rho = Spectrum(marchenko_pastur(c) - 10**9)
    assert rho.var() == approx(float(c), rel=1e-10)
    assert rho.certificate.origin == approx(1 - 10**9, rel=1e-15)


def test_close_atoms_far_from_0_have_their_variance() -> None:
    gap = Fraction(1, 10**25)
    assert Spectrum(atoms([1, 1 + gap])).var() == approx(float(gap) ** 2 / 4, rel=1e-12)


@pytest.mark.parametrize("scale", [1, 68, 68 * 10**6, Fraction(1, 10**12)])
def test_atoms_are_found_on_every_scale(scale: Any) -> None:
    """The free power t of {0, 1; p, q} has atoms of mass 1 - tq at 0 and 1 - tp at t."""
    p, q, t = Fraction(19, 31), Fraction(12, 31), Fraction(29, 21)
    rho = Spectrum(atoms([0, 1], [p, q]).free_power(t) * scale - Fraction(26, 68) * scale)
    assert [Fraction(str(a.weight)) for a in rho.atoms] == [1 - t * q, 1 - t * p]


def test_a_certificate_that_fails_near_0_is_no_matter_of_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    law = arcsine(1)
    monkeypatch.setattr(type(law), "moments", lambda self, n, **_: [Fraction(1, 3)] * n)
    with pytest.raises(NotCertified, match="moment 1 is "):
        Spectrum(law)


@pytest.mark.parametrize("place", ["-3/100", "-1/7", "1/3", "2/7", "-22/7", "7/10", "-12345/6789", "-3550000/431"])
def test_a_point_mass_is_where_it_is(place: str) -> None:
    """Its distance from two floats together is below 10^-32 of it."""
    rho = Spectrum(atoms([place]))
    assert (rho.mean(), rho.var()) == (approx(float(Fraction(place))), 0.0)
