"""Distances and statistics against scipy, hand computation, and synthetic data with a known answer."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray

from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.numeric.spectrum.rigidity import kolmogorov_distance, snapped
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.statistics.empirical_spectrum import (
    chebyshev_statistics,
    edge_margin,
    outside_support,
    per_trial,
    power_statistics,
)

Array = NDArray[Any]


@lru_cache
def law(name: str) -> Spectrum:
    """A spectrum, built once."""
    laws = {
        "semicircle": semicircle,
        "mp4": lambda: marchenko_pastur(4),
        "atoms": lambda: atoms([0, 1, 5], ["1/2", "1/4", "1/4"]),
        "bulks": lambda: atoms([-4, 4]) + semicircle("1/4"),
    }
    return Spectrum(laws[name]())


# -- Kolmogorov's distance -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [0.0, 0.2, -0.2])
def test_distance_of_a_continuous_law_is_that_of_scipy(shift: float) -> None:
    sample = np.random.default_rng(1).uniform(-1.8, 1.8, 300) + shift
    found = kolmogorov_distance(law("semicircle"), sample)
    expected: Any = scipy.stats.ks_1samp(sample, law("semicircle").cdf)
    assert found.value == pytest.approx(expected.statistic, abs=1e-12)
    assert found.location == pytest.approx(expected.statistic_location, abs=1e-12)
    assert math.copysign(1, found.excess) == expected.statistic_sign


def test_distance_of_a_continuous_law_by_hand() -> None:
    # all of the sample at 0, where the law has one half on either side
    found = kolmogorov_distance(law("semicircle"), np.zeros(3))
    assert (found.value, found.location) == (pytest.approx(0.5, abs=1e-14), 0.0)


@pytest.mark.parametrize(("sample", "sign"), [([-1.5, -1.4, -1.6], 1), ([1.5, 1.4, 1.6], -1)])
def test_excess_is_positive_where_the_sample_has_more_mass_to_the_left(sample: list[float], sign: int) -> None:
    found = kolmogorov_distance(law("semicircle"), np.array(sample))
    assert found.excess * sign > 0
    assert abs(found.excess) == found.value


@pytest.mark.parametrize(
    ("sample", "value", "location", "excess"),
    [
        ([0, 0, 1, 5], 0.0, None, 0.0),  # the law itself
        ([0, 1, 1, 5], 0.25, 0.0, -0.25),  # 1/4 instead of 1/2 at 0
        ([0, 0, 0, 5], 0.25, 0.0, 0.25),
        ([0, 0, 1, 1], 0.25, 1.0, 0.25),
        ([0, 0, 0.5, 5], 0.25, 0.5, 0.25),  # too much mass between the atoms
        ([5, 5, 5, 5], 0.75, 5.0, -0.75),  # the law has 3/4 left of 5
    ],
)
def test_distance_from_atoms_by_hand(sample: list[float], value: float, location: float | None, excess: float) -> None:
    found = kolmogorov_distance(law("atoms"), np.array(sample, dtype=float))
    assert (found.value, found.excess) == (pytest.approx(value, abs=1e-14), pytest.approx(excess, abs=1e-14))
    assert location is None or found.location == location


def test_distance_with_an_atom_and_a_density_by_hand() -> None:
    # MP(4): 3/4 at 0; with nothing of the sample there, the largest gap is just left of its first point
    sample = np.linspace(2, 6, 50)
    found = kolmogorov_distance(law("mp4"), sample)
    assert found.value == pytest.approx(float(law("mp4").cdf([2.0])[0]), abs=1e-12)
    assert (found.location, found.excess < 0) == (2.0, True)


def test_rounding_around_an_atom_does_not_count() -> None:
    noise = np.random.default_rng(2).normal(0, 1e-15, 400)
    sample = np.repeat([0.0, 0.0, 1.0, 5.0], 100) + noise
    assert kolmogorov_distance(law("atoms"), sample).value == pytest.approx(0, abs=1e-12)


def test_eigenvalues_are_moved_onto_atoms_within_rounding_only() -> None:
    assert list(snapped(law("atoms"), np.array([1e-9, 1 - 1e-9, 1.001, 5]))) == [0, 1, 1.001, 5]


def test_samples_of_any_shape_are_flattened() -> None:
    sample = np.random.default_rng(3).uniform(-1, 1, (4, 5))
    assert kolmogorov_distance(law("semicircle"), sample) == kolmogorov_distance(law("semicircle"), sample.ravel())


def test_the_sample_is_left_alone() -> None:
    sample = np.array([1e-12, 5.0, 1.0])
    kolmogorov_distance(law("atoms"), sample)
    assert list(sample) == [1e-12, 5.0, 1.0]


@pytest.mark.parametrize("sample", [[], [1.0, math.nan], [math.inf]])
def test_samples_without_finite_numbers_are_refused(sample: list[float]) -> None:
    with pytest.raises(ParameterError, match="non-empty array of finite numbers"):
        kolmogorov_distance(law("semicircle"), np.array(sample))


# -- test functions ------------------------------------------------------------------------------------------


def test_chebyshev_statistics_are_cosines_on_the_support() -> None:
    angle = np.linspace(0, math.pi, 11)
    for k, (name, function) in enumerate(chebyshev_statistics(law("semicircle"), 6), start=1):
        assert name == f"T_{k}"
        assert function(2 * np.cos(angle)) == pytest.approx(np.cos(k * angle), abs=1e-12)


def test_chebyshev_statistics_hold_still_far_outside() -> None:
    functions = [f for _, f in chebyshev_statistics(law("semicircle"), 4)]
    assert all(f(np.array([50.0]))[0] == f(np.array([2.2]))[0] for f in functions)


def test_chebyshev_expectations_of_the_semicircle() -> None:
    # int T_k dsc = int cos(k t) 2 sin^2(t) dt/pi over [0, pi]: -1/2 at k = 2, 0 elsewhere
    rho = law("semicircle")
    found = [rho.expect(f) for _, f in chebyshev_statistics(rho, 6)]
    assert found == pytest.approx([0, -0.5, 0, 0, 0, 0], abs=1e-12)


def test_chebyshev_statistics_of_one_atom_do_not_divide_by_zero() -> None:
    values = [f(np.array([3.0]))[0] for _, f in chebyshev_statistics(Spectrum(atoms([3])), 3)]
    assert np.all(np.isfinite(values))


def test_power_statistics() -> None:
    assert [(n, float(f(np.array([3.0]))[0])) for n, f in power_statistics(3)] == [("x^1", 3), ("x^2", 9), ("x^3", 27)]


def test_means_per_trial() -> None:
    assert list(per_trial(np.square, [np.array([1.0, 3.0]), np.array([2.0])])) == [5, 4]


# -- outside the support -------------------------------------------------------------------------------------


def test_eigenvalues_outside_by_hand() -> None:
    sample = [3.05, -2.5, 0, 2.05, -2.05, 2.2, 1.99]
    assert list(outside_support(law("semicircle"), np.array(sample), 0.1)) == [-2.5, 2.2, 3.05]


def test_gaps_between_bulks_and_atoms_are_outside() -> None:
    assert list(outside_support(law("bulks"), np.array([-4.0, 0.0, 4.0]), 0.1)) == [0.0]
    assert list(outside_support(law("mp4"), np.array([0.05, 0.5, 4.0]), 0.1)) == [0.5]


def test_nothing_is_outside_a_wide_margin() -> None:
    assert outside_support(law("semicircle"), np.array([-10.0, 10.0]), 8.0).size == 0


def test_margins_and_atoms_depend_on_no_origin() -> None:
    here = Spectrum(semicircle().direct_sum(atoms([3]), "1/2") * "1/1000000")
    there = Spectrum(semicircle().direct_sum(atoms([3]), "1/2") * "1/1000000" + 1)
    assert edge_margin(there, 500) == pytest.approx(edge_margin(here, 500), rel=1e-9, abs=0)
    moved = snapped(there, 1 + np.array([3e-6 + 1e-15, 3e-6 + 1e-11, 1e-6])) - 1
    assert moved == pytest.approx([3e-6, 3e-6 + 1e-11, 1e-6], abs=1e-15)
