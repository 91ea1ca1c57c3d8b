"""Claimed outliers of spiked Wigner matrices, whose places are theta + 1/theta (Benaych-Georges, Nadakuditi 2011)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from resolvent.catalog.conjectures.conjecture import REFUTED, SUPPORTED, UNDECIDED
from resolvent.conjectures.statistics.outlier_test import outlier_finding
from resolvent.derive.laws.elementary import atoms, semicircle
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.matrices.ensembles import goe
from resolvent.numeric.spectrum.spectrum import Spectrum

LAW = Spectrum(semicircle())
TRIALS = 20


@lru_cache
def spiked(*strengths: float, sizes: tuple[int, ...] = (200, 400), slow: float = 0.0) -> dict[int, list[Array]]:
    """Eigenvalues of Wigner matrices plus spikes along different axes, all scaled by 1 + slow n^-1/2."""
    rng = np.random.default_rng(len(strengths))
    found: dict[int, list[Array]] = {}
    for n in sizes:
        spike = np.diag([*strengths, *[0.0] * (n - len(strengths))])
        found[n] = [np.linalg.eigvalsh((goe(n, rng) + spike) * (1 + slow / n**0.5)) for _ in range(TRIALS)]
    return found


def verdict(draws: dict[int, list[Array]], *places: float, resolution: float = 0.02, is_slow: bool = False) -> str:
    status, text = outlier_finding(np.sort(places), LAW, draws, 1e-3, resolution, is_slow)
    assert text
    return status


@pytest.mark.parametrize(
    ("strengths", "places", "expected"),
    [
        ((2.0,), (2.5,), SUPPORTED),
        ((2.0,), (2.6,), REFUTED),
        ((2.0,), (2.4,), REFUTED),
        ((2.0,), (), REFUTED),
        ((2.0,), (2.5, 2.5), REFUTED),
        ((1.5,), (13 / 6,), SUPPORTED),
        ((1.5,), (), REFUTED),
        ((1.5,), (2.3,), REFUTED),
        ((3.0, -2.0), (-2.5, 10 / 3), SUPPORTED),
        ((3.0, -2.0), (10 / 3,), REFUTED),
        ((), (), SUPPORTED),
        ((), (2.5,), REFUTED),
        ((), (1.0,), REFUTED),
    ],
)
def test_outliers_are_told_by_their_own_fluctuation(
    strengths: tuple[float, ...], places: tuple[float, ...], expected: str
) -> None:
    assert verdict(spiked(*strengths), *places, resolution=0.03) == expected


def test_small_matrices_do_not_tell() -> None:
    few = spiked(2.0, sizes=(60, 120))
    assert verdict(few, 2.5) == UNDECIDED
    assert verdict(few, 2.5, resolution=0.05) == SUPPORTED
    assert verdict(spiked(sizes=(60, 120))) == UNDECIDED


def test_a_place_next_to_the_edge_stays_open() -> None:
    assert verdict(spiked(1.2), 1.2 + 1 / 1.2) == UNDECIDED


def test_an_edge_that_moves_in_slowly_is_no_outlier() -> None:
    slow = spiked(sizes=(100, 200), slow=2.0)
    assert verdict(slow, resolution=0.1) == UNDECIDED
    assert verdict(slow, resolution=0.1, is_slow=True) == UNDECIDED


def test_outliers_in_a_gap_of_the_support_are_counted_and_placed() -> None:
    law = Spectrum(semicircle("1/100") + atoms([-1, 1]))
    rng = np.random.default_rng(0)
    draws = {}
    for n in (100, 200):
        centre = np.diag([*np.repeat([-1.0, 1.0], (n - 2) // 2), 0.0, 1.0])
        draws[n] = [np.linalg.eigvalsh(goe(n, rng, 0.01) + centre) for _ in range(TRIALS)]
    for places, expected in (((0.0,), SUPPORTED), ((), REFUTED), ((0.1,), REFUTED), ((-0.1, 0.1), REFUTED)):
        assert outlier_finding(np.array(places), law, draws, 1e-3, 0.05, False)[0] == expected


@pytest.mark.parametrize(
    ("places", "expected"), [((-0.5, 0.5), SUPPORTED), ((0.5,), REFUTED), ((-0.5, 0.6), REFUTED), ((), REFUTED)]
)
def test_outliers_of_a_point_mass_at_zero(places: tuple[float, ...], expected: str) -> None:
    """The complete bipartite graph over n has the eigenvalues 1/2 and -1/2, and zeros, up to rounding."""
    rng = np.random.default_rng(0)
    found = {}
    for n in (20, 40, 80):
        graph = np.kron([[0.0, 1.0], [1.0, 0.0]], np.ones((n // 2, n // 2))) / n
        order = rng.permutation(n)
        found[n] = [np.linalg.eigvalsh(graph[np.ix_(order, order)])] * TRIALS
    status, text = outlier_finding(np.array(places), Spectrum(atoms([0])), found, 1e-3, 0.05, False)
    assert status == expected, text
