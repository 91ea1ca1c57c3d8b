"""Proved bounds of densities against closed forms at 50 digits, and the rounding of certified values."""

from __future__ import annotations

import math

import mpmath as mp
import numpy as np
import pytest

from resolvent.derive.errors import NotCertified
from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
from resolvent.numeric.spectrum.enclosures import Enclosure
from resolvent.numeric.spectrum.spectrum import Spectrum
from tests.numeric.spectrum.shapes import CONTINUOUS, shape


def test_enclosures_of_the_semicircle_hold_the_density() -> None:
    x = np.array([-1.9999999999, -1.3, 0, 1e-300, 0.7, 1.99, 2 - 2.0**-52])
    found = shape("semicircle").pdf_enclosure(x)
    with mp.workdps(50):
        for point, value, radius in zip(x.tolist(), *found, strict=True):
            exact = mp.sqrt(4 - mp.mpf(point) ** 2) / (2 * mp.pi)
            assert abs(mp.mpf(value) - exact) <= radius
            assert 0 < radius <= 1.2e-16 * value


def test_enclosures_of_marchenko_pastur_hold_the_density() -> None:
    x = np.array([1.0 + 1e-12, 2.3, 5.5, 9 - 1e-9])
    found = shape("mp(4)").pdf_enclosure(x)
    with mp.workdps(50):
        for point, value, radius in zip(x.tolist(), *found, strict=True):
            exact = mp.sqrt((mp.mpf(point) - 1) * (9 - mp.mpf(point))) / (8 * mp.pi * mp.mpf(point))
            assert abs(mp.mpf(value) - exact) <= radius


@pytest.mark.parametrize("name", CONTINUOUS)
def test_density_lies_in_its_enclosure(name: str) -> None:
    low, high = shape(name).support()
    x = np.random.default_rng(6).uniform(low - 0.1, high + 0.1, 20)
    value, radius = shape(name).pdf_enclosure(x)
    assert np.all(np.abs(shape(name).pdf(x) - value) <= radius + 1e-12 * np.max(value))
    assert np.array_equal(value == 0, shape(name).pdf(x) == 0)


def test_outside_and_at_soft_edges_the_density_is_zero_by_proof() -> None:
    found = shape("semicircle").pdf_enclosure([-math.inf, -7, -2, 2, 2 + 2.0**-51, math.inf])
    assert found.value.tolist() == found.radius.tolist() == [0] * 6
    assert shape("atoms").pdf_enclosure([0, 0.5]).value.tolist() == [0, 0]


def test_what_is_not_proved_is_nan_with_an_infinite_radius() -> None:
    for name, point in (("semicircle", math.nan), ("hard", 0), ("cusp", 0), ("arcsine", 3)):
        found = shape(name).pdf_enclosure(point)
        assert np.isnan(found.value)
        assert found.radius == math.inf


def test_shapes_of_enclosures() -> None:
    found = shape("hard").pdf_enclosure([[1, 2, 3]])
    assert isinstance(found, Enclosure)
    assert found.value.shape == found.radius.shape == (1, 3)
    assert shape("hard").pdf_enclosure([]).value.shape == (0,)
    assert shape("hard").pdf_enclosure(1).radius.shape == ()


def test_certified_derivative_of_the_semicircle() -> None:
    z = np.array([2 + 1e-9, 2.5, 1 + 1j, -3 - 1e-3j])
    with mp.workdps(40):
        exact = [complex(mp.mpc(p) / (mp.sqrt(mp.mpc(p) - 2) * mp.sqrt(mp.mpc(p) + 2)) / 2 - 0.5) for p in z.tolist()]
    assert shape("semicircle").stieltjes(z, derivative=1, certified=True) == pytest.approx(exact, rel=1e-15)


def test_certified_values_at_bad_points() -> None:
    found = shape("semicircle").stieltjes([math.inf, complex(0, -math.inf), math.nan, 2], certified=True)
    assert found[:2].tolist() == [0, 0]
    assert np.all(np.isnan(found[2:]))
    assert shape("semicircle").stieltjes([], certified=True).shape == (0,)


def test_certified_densities_are_the_proved_ones() -> None:
    rho = Spectrum(semicircle() + marchenko_pastur("1/2"))
    x = np.array([-1.0, 0.3, 2.0, 100.0, np.nan])
    assert rho.pdf(x, certified=True) == pytest.approx(rho.pdf_enclosure(x).value, nan_ok=True)
    assert rho.pdf(x[:4], certified=True) == pytest.approx(rho.pdf(x[:4]), abs=1e-14)


def test_a_density_without_proof_is_an_error() -> None:
    with pytest.raises(NotCertified, match="not proved at x = 0"):
        Spectrum(marchenko_pastur(1)).pdf([1.0, 0.0], certified=True)
