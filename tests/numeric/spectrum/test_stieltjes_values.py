"""Fast values of m and m' against the continued branch, closed forms and quadrature at high precision."""

from __future__ import annotations

import math
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from numpy.typing import NDArray

from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.spectrum.stieltjes_values import boundary_values
from tests.numeric.spectrum.shapes import CONTINUOUS, SHAPES, shape

Array = NDArray[Any]


def random_points(name: str, count: int) -> Array:
    """Points on and around the support, down to a millionth above it."""
    rng = np.random.default_rng(11)
    low, high = shape(name).support()
    width = high - low
    x = rng.uniform(low - 0.3 * width, high + 0.3 * width, count)
    return x + 1j * np.where(rng.random(count) < 0.4, 0.0, 10.0 ** rng.uniform(-6, 0.5, count))


def edge_points(name: str) -> Array:
    """Points next to every edge, on both sides and above."""
    low, high = shape(name).support()
    edges = np.array([e for i in shape(name).intervals for e in (i.left, i.right)])
    steps = np.outer([1, -1, 1j], (high - low) * 10.0 ** -np.arange(2, 11, 2)).ravel()
    return np.add.outer(edges, steps).ravel()


def scale(name: str) -> float:
    low, high = shape(name).support()
    return high - low


@pytest.mark.parametrize("name", CONTINUOUS)
def test_values_are_those_of_the_continued_branch(name: str) -> None:
    z = random_points(name, 25)
    exact = shape(name).stieltjes(z, certified=True)
    error = np.abs(shape(name).stieltjes(z) - exact)
    assert np.all(error <= 3e-13 * np.maximum(np.abs(exact), 1 / scale(name)))


@pytest.mark.parametrize("name", CONTINUOUS)
def test_values_next_to_edges_are_those_of_the_continued_branch(name: str) -> None:
    z = edge_points(name)
    exact = shape(name).stieltjes(z, certified=True)
    error = np.abs(shape(name).stieltjes(z) - exact)
    assert np.all(error <= 1e-12 * np.maximum(np.abs(exact), 1 / scale(name)))


@pytest.mark.parametrize("name", CONTINUOUS)
def test_derivatives_are_those_of_the_continued_branch(name: str) -> None:
    z = random_points(name, 25)
    exact = shape(name).stieltjes(z, derivative=1, certified=True)
    error = np.abs(shape(name).stieltjes(z, derivative=1) - exact)
    assert np.all(error <= 1e-11 * np.maximum(np.abs(exact), scale(name) ** -2.0))


def test_derivative_of_the_semicircle_next_to_an_edge() -> None:
    distance = 10.0 ** -np.arange(1.0, 9.0)
    z = 2 + distance
    exact = (z / np.sqrt(distance * (4 + distance)) - 1) / 2
    assert shape("semicircle").stieltjes(z, 1).real == pytest.approx(exact, rel=1e-8)


def test_derivative_of_the_arcsine_law_between_its_hard_edges() -> None:
    z = np.array([0.3 + 0.1j, 2.9 + 1e-4j, -1 + 2j])
    exact = z / (np.sqrt(z - 3) * np.sqrt(z + 3)) ** 3
    assert shape("arcsine").stieltjes(z, 1) == pytest.approx(exact, rel=1e-9)


def test_derivative_is_the_integral_over_the_square() -> None:
    z = mp.mpc(0.7, 0.02)
    with mp.workdps(30):
        exact = mp.quad(lambda x: mp.sqrt(x * (4 - x)) / (2 * mp.pi * x) / (x - z) ** 2, [0, 0.5, 0.7, 0.9, 4])
    assert complex(shape("hard").stieltjes(0.7 + 0.02j, 1)) == pytest.approx(complex(exact), rel=1e-11)


def test_values_with_an_atom_close_to_it() -> None:
    z = np.array([1e-7 + 1e-9j, -1e-3, 1e-12j])
    exact = shape("mp(4)").stieltjes(z, certified=True)
    assert shape("mp(4)").stieltjes(z) == pytest.approx(exact, rel=1e-12)


def test_values_far_away_follow_the_moments() -> None:
    z = np.array([1e5, -1e8, 1e12j])
    exact = -1 / z - shape("triple").mean() / z**2 - shape("triple").moment(2) / z**3
    assert shape("triple").stieltjes(z) == pytest.approx(exact, rel=1e-14, abs=0)


def test_values_jump_nowhere_where_far_and_near_formulas_meet() -> None:
    z = np.linspace(2.0001, 4, 4001) + 0j
    exact = (-z + np.sqrt(z - 2) * np.sqrt(z + 2)) / 2
    assert np.max(np.abs(shape("semicircle").stieltjes(z) - exact)) < 1e-13


def test_edges_and_atoms_have_no_value() -> None:
    assert np.all(np.isnan(shape("semicircle").stieltjes([-2, 2])))
    assert np.isnan(shape("atoms").stieltjes(5, derivative=1))


def test_limits_at_soft_edges() -> None:
    found = boundary_values(shape("semicircle").measure.parts, np.array([-2 + 0j, 2 + 0j]))
    assert found == pytest.approx([1.0, -1.0], abs=1e-13)


def test_value_at_a_point_where_two_intervals_touch() -> None:
    assert boundary_values(shape("cusp").measure.parts, np.array([0j])) == pytest.approx([0.0], abs=1e-13)


def test_infinite_points_give_zero_and_nan_stays() -> None:
    found = shape("hard").stieltjes([math.inf, complex(1, math.inf), math.nan, complex(0, math.nan)])
    assert np.array_equal(found[:2], [0, 0])
    assert np.all(np.isnan(found[2:]))


@pytest.mark.parametrize("name", ["hard", "mp(4)", "ramified"])
def test_values_below_the_line_are_conjugates(name: str) -> None:
    z = random_points(name, 10) + 1e-9j
    assert np.array_equal(shape(name).stieltjes(z.conj()), shape(name).stieltjes(z).conj())


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_of_arrays_are_kept(name: str) -> None:
    for points in (-1, [], [[-1j], [2j]], np.float32(7.0), np.ma.array([1j, 2j], mask=[True, False])):
        assert shape(name).stieltjes(points).shape == np.shape(points)
        assert shape(name).hilbert(np.real(points)).shape == np.shape(points)
        assert shape(name).log_potential(points).shape == np.shape(points)


@pytest.mark.parametrize("law", [atoms([-1, 1]) + semicircle("1.0001"), marchenko_pastur("9999/10000")])
def test_values_close_to_a_transition_where_intervals_are_split(law: AlgebraicLaw) -> None:
    rho = Spectrum(law)
    low, high = rho.support()
    ends = np.array([x for piece in rho.measure.parts.pieces for x in (piece.left, piece.right)])
    x = np.concatenate([ends[1:-1], np.add.outer(ends, (high - low) * np.array([-1e-9, 1e-9, 1e-5])).ravel()])
    exact = rho.stieltjes(x, certified=True)
    found = boundary_values(rho.measure.parts, x + 0j)
    assert np.all(np.abs(found - exact) <= 1e-10 * np.maximum(np.abs(exact), 1 / (high - low)))


@pytest.mark.parametrize("method", ["hilbert", "pdf_enclosure"])
def test_complex_points_are_refused_where_points_are_real(method: str) -> None:
    with pytest.raises(ParameterError, match="the points must be real"):
        getattr(shape("hard"), method)([1j])


def test_wrong_arguments_are_refused() -> None:
    for wrong in (2, -1, True):
        with pytest.raises(ParameterError, match="derivative must be 0 or 1"):
            shape("hard").stieltjes(1j, wrong)
        with pytest.raises(ParameterError, match="derivative must be 0 or 1"):
            shape("hard").stieltjes(1j, wrong, certified=True)
