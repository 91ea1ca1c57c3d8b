"""Hilbert transforms, potentials and logarithmic energies against closed forms, the branch and quadrature."""

from __future__ import annotations

import math
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad

from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
from resolvent.numeric.measures.known_by_numbers import law_of_density
from resolvent.numeric.spectrum.spectrum import Spectrum
from tests.numeric.spectrum.shapes import ATOMLESS, CONTINUOUS, shape

Array = NDArray[Any]


def spread(name: str, count: int) -> Array:
    """Random points on the support and around it."""
    low, high = shape(name).support()
    width = high - low
    return np.random.default_rng(3).uniform(low - 0.4 * width, high + 0.4 * width, count)


# -- the Hilbert transform ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CONTINUOUS)
def test_hilbert_transform_is_minus_the_real_part_of_the_branch(name: str) -> None:
    x = spread(name, 25)
    exact = shape(name).stieltjes(x, certified=True)
    error = np.abs(shape(name).hilbert(x) + exact.real / math.pi)
    low, high = shape(name).support()
    assert np.all(error <= 1e-13 * np.maximum(np.abs(exact), 1 / (high - low)))


def test_hilbert_transform_of_the_semicircle() -> None:
    x = np.linspace(-2, 2, 401)
    assert np.max(np.abs(shape("semicircle").hilbert(x) - x / (2 * math.pi))) < 1e-14


@pytest.mark.parametrize("c", ["1/2", "1", "4"])
def test_hilbert_transform_of_marchenko_pastur_with_its_atom_as_a_pole(c: str) -> None:
    rho, ratio = Spectrum(marchenko_pastur(c)), float(mp.mpf(1) / 2 if c == "1/2" else c)
    (interval,) = rho.intervals
    x = np.linspace(interval.left, interval.right, 102)[1:-1]
    exact = (x + ratio - 1) / (2 * math.pi * ratio * x)
    assert np.max(np.abs(rho.hilbert(x) - exact) * x) < 1e-13


def test_hilbert_transform_of_the_arcsine_law_vanishes_on_the_support() -> None:
    x = np.linspace(-2.99, 2.99, 301)
    assert np.max(np.abs(shape("arcsine").hilbert(x))) < 1e-13


@pytest.mark.parametrize("name", ["cusp", "ramified", "triple", "bulks"])
def test_hilbert_transform_is_a_principal_value(name: str) -> None:
    rho = shape(name)
    interval = rho.intervals[0]
    x = 0.4 * interval.left + 0.6 * interval.right
    density = lambda y: float(rho.pdf(y))  # noqa: E731
    near = 0.3 * (interval.right - interval.left)
    total = -quad(density, x - near, x + near, weight="cauchy", wvar=x, epsabs=1e-12)[0]
    for i in rho.intervals:
        for a, b in ((i.left, min(i.right, x - near)), (max(i.left, x + near), i.right)):
            if a < b:
                total += quad(lambda y: density(y) / (x - y), a, b, epsabs=1e-11, epsrel=1e-10, limit=400)[0]
    assert float(rho.hilbert(x)) == pytest.approx(total / math.pi, abs=1e-8)


def test_hilbert_transform_at_edges_atoms_and_infinity() -> None:
    assert shape("semicircle").hilbert([2, math.inf, -math.inf])[1:].tolist() == [0, 0]
    assert float(shape("semicircle").hilbert(2)) == pytest.approx(1 / math.pi, rel=1e-13)
    assert np.all(np.isnan(shape("arcsine").hilbert([-3, 3, math.nan])))
    assert np.isnan(shape("mp(4)").hilbert(0))
    assert shape("atoms").hilbert([2, 5]) == pytest.approx([(1 / 4 + 1 / 4 - 1 / 12) / math.pi, math.nan], nan_ok=True)


# -- the potential -----------------------------------------------------------------------------------------------


def test_potential_of_the_semicircle_in_the_plane() -> None:
    z = np.array([0.3, -2, 2, 2.5, 1j, 1 + 1e-8j, -3 - 2j, 1e4])
    root = np.sqrt(z - 2) * np.sqrt(z + 2)
    exact = (z * z / 4 - z * root / 4 + np.log((z + root) / 2) - 0.5).real
    exact[-1] = math.log(1e4) - 0.5e-8
    assert shape("semicircle").log_potential(z) == pytest.approx(exact, abs=2e-13)


def test_potential_of_the_semicircle_on_its_support() -> None:
    x = np.linspace(-2, 2, 1001)
    assert np.max(np.abs(shape("semicircle").log_potential(x) - (x * x / 4 - 0.5))) < 3e-13


def test_potential_of_the_arcsine_law_is_constant() -> None:
    x = np.linspace(-3, 3, 301)
    assert np.max(np.abs(shape("arcsine").log_potential(x) - math.log(1.5))) < 3e-13


def test_potential_of_marchenko_pastur_on_its_support() -> None:
    x = np.linspace(0, 4, 301)
    assert np.max(np.abs(shape("hard").log_potential(x) - (x / 2 - 1))) < 3e-13


@pytest.mark.parametrize(("c", "exact"), [("1/2", math.log(2) - 1), ("1/4", -3 * math.log(3 / 4) - 1)])
def test_potential_at_zero_is_the_expected_logarithm(c: str, exact: float) -> None:
    assert float(Spectrum(marchenko_pastur(c)).log_potential(0)) == pytest.approx(exact, abs=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTINUOUS)
def test_potential_is_the_expectation_of_the_logarithm(name: str) -> None:
    for x in spread(name, 4):
        exact = shape(name).expect(lambda y, x=x: np.log(np.abs(x - y)), points=[x])
        assert float(shape(name).log_potential(x)) == pytest.approx(exact, abs=2e-11)


@pytest.mark.parametrize("name", CONTINUOUS)
def test_potential_has_the_hilbert_transform_as_derivative(name: str) -> None:
    low, high = shape(name).support()
    h = 1e-5 * (high - low)
    x = np.array([0.37, 0.61, 1.2]) * (high - low) + low
    slope = (shape(name).log_potential(x + h) - shape(name).log_potential(x - h)) / (2 * h)
    exact = math.pi * shape(name).hilbert(x)
    assert slope == pytest.approx(exact, abs=1e-5 * (1 + float(np.max(np.abs(exact)))))


def test_potential_of_atoms_and_at_infinity() -> None:
    found = shape("atoms").log_potential([0, 2, math.inf, complex(0, math.inf), math.nan])
    expected = [-math.inf, math.log(2) / 2 + math.log(3) / 4, math.inf, math.inf, math.nan]
    assert found == pytest.approx(expected, nan_ok=True)
    assert shape("mp(4)").log_potential(0) == -math.inf


# -- energies ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "exact"), [("semicircle", -0.25), ("arcsine", math.log(1.5)), ("hard", -0.5)]
)  # U is x^2/4 - 1/2, log(3/2) and x/2 - 1 on the support
def test_logarithmic_energy_in_closed_form(name: str, exact: float) -> None:
    assert shape(name).log_energy() == pytest.approx(exact, abs=1e-12)


def test_logarithmic_energy_where_the_density_jumps() -> None:
    """E log|x - y| of the uniform law on (0, w) is log w - 3/2, and of the density 2x on (0, 1) it is -7/4."""
    uniform = Spectrum(law_of_density(lambda x: 0.5 + 0 * x, (0, 2)))
    assert uniform.log_energy() == pytest.approx(math.log(2) - 1.5, abs=1e-12)
    moved = Spectrum(law_of_density(lambda x: 0.5 + 0 * x, (0, 2)) * 1000 - 10**6)
    assert moved.log_energy() == pytest.approx(math.log(2000) - 1.5, abs=1e-11)
    assert Spectrum(law_of_density(lambda x: 2 * x, (0, 1))).log_energy() == pytest.approx(-1.75, abs=1e-12)


def test_logarithmic_energy_of_a_cube() -> None:
    """|x^3 - y^3| = |x - y| |x - w y|^2 with a third root of unity w, and U has no kink off 0."""
    potential, root = shape("semicircle").log_potential, np.exp(2j * np.pi / 3)
    y, weight = np.polynomial.legendre.leggauss(200)
    angle = np.pi / 4 * (1 + y)  # x = 2 cos(angle) from 2 down to 0
    mean = np.sum(weight * potential(2 * np.cos(angle) * root) * np.sin(angle) ** 2)  # of both signs of x
    assert Spectrum(semicircle() ** 3).log_energy() == pytest.approx(2 * mean - 0.25, abs=1e-11)


@pytest.mark.parametrize("name", ATOMLESS)
def test_energy_and_entropy_follow_the_scale(name: str) -> None:
    wide = Spectrum(3 * shape(name).law)
    assert wide.log_energy() - shape(name).log_energy() == pytest.approx(math.log(3), abs=1e-11)
    assert wide.entropy() - shape(name).entropy() == pytest.approx(math.log(3), abs=1e-11)


def test_free_entropy_of_the_semicircle_is_the_largest() -> None:
    assert shape("semicircle").free_entropy() == pytest.approx(math.log(2 * math.pi * math.e) / 2, abs=1e-12)
    for name in ATOMLESS:
        variance = shape(name).var()
        assert shape(name).free_entropy() - math.log(variance) / 2 <= shape("semicircle").free_entropy() + 1e-12


def test_free_entropy_power_of_a_sum_of_semicircles_adds_up() -> None:
    both = Spectrum(semicircle(1) + semicircle(2))
    assert both.free_entropy() == pytest.approx(math.log(2 * math.pi * math.e * 3) / 2, abs=1e-12)


@pytest.mark.parametrize("name", ["mp(4)", "coins", "atoms"])
def test_atoms_have_infinite_energy(name: str) -> None:
    assert shape(name).log_energy() == shape(name).free_entropy() == shape(name).log_energy() == -math.inf
