"""Laws on scales from 10^-30 to 10^45, and supports that are narrow for their distance from 0."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from resolvent.derive.errors import NotCertified, ParameterError, PrecisionError
from resolvent.derive.laws.elementary import arcsine, atoms, marchenko_pastur, semicircle
from resolvent.language.expressions import parse
from resolvent.numeric.spectrum import Spectrum
from tests.oracles import marchenko_pastur_moments, semicircle_density


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("exponent", [-40, -30, -27, 27, 45, 59])
def test_a_law_on_a_far_scale_is_the_law_on_its_own(exponent: int) -> None:
    scale = Fraction(10) ** exponent
    rho, one = Spectrum(marchenko_pastur("1/3") * scale), Spectrum(marchenko_pastur("1/3"))
    assert rho.certificate.worst < 1e-13
    assert rho.certificate.unit == pytest.approx(float(scale), rel=3)
    assert float(rho.pdf(float(scale))) * float(scale) == pytest.approx(float(one.pdf(1.0)), rel=1e-13)
    assert float(rho.var()) == pytest.approx(float(scale**2 * Fraction(1, 3)), rel=1e-13)
    assert rho.moment(3) == pytest.approx(float(scale**3 * marchenko_pastur_moments(Fraction(1, 3), 3)[2]), rel=1e-13)


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
    assert rho.var() == pytest.approx(1 / width**2, rel=1e-10)
    assert rho.certificate.origin == 1
    density, _, _ = semicircle_density(1.0)
    if width == 10**10:  # the rounding of the place is a millionth of the width
        assert float(rho.pdf(1 + 0.5 / width)) / width == pytest.approx(density(0.5), rel=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "797/10**16*marchenko_pastur(25000000000000/883) - 257*10**24",  # nearly all mass in an atom
        "9/10**27*(marchenko_pastur(7/34) @ marchenko_pastur(36)) - 49/100",
        "semicircle()/10**30 + 1",
    ],
)
def test_a_support_too_narrow_for_its_distance_from_0_is_refused_and_the_shift_named(text: str) -> None:
    with pytest.raises(PrecisionError, match=r"too narrow for its distance from 0, .*; shift the law by"):
        Spectrum(parse(text))


def test_a_bulk_with_little_mass_beside_an_atom_is_certified_by_itself() -> None:
    c = Fraction(10**10)
    rho = Spectrum(marchenko_pastur(c) - 10**9)
    assert rho.var() == pytest.approx(float(c), rel=1e-10)
    assert rho.certificate.origin == pytest.approx(1 - 10**9, rel=1e-15)


def test_close_atoms_far_from_0_have_their_variance() -> None:
    gap = Fraction(1, 10**25)
    assert Spectrum(atoms([1, 1 + gap])).var() == pytest.approx(float(gap) ** 2 / 4, rel=1e-12)


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
