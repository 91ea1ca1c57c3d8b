"""Sixteen laws at 2000 random points each, against a root followed at 50 digits; inversion; a million samples."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import scipy.stats
from numpy.typing import NDArray

from resolvent import catalog
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import arcsine, atoms, fuss_catalan, marchenko_pastur, semicircle
from resolvent.numeric.spectrum.spectrum import Spectrum
from tests.numeric.density.following import FlintFollower

Array = NDArray[Any]

LAWS: dict[str, tuple[Callable[[], AlgebraicLaw], int, int]] = {  # with the degree and the number of bulks
    "semicircle": (semicircle, 2, 1),
    "mp(1/4)": (lambda: marchenko_pastur("1/4"), 2, 1),
    "mp(1), hard edge": (lambda: marchenko_pastur(1), 2, 1),
    "mp(3), atom": (lambda: marchenko_pastur(3), 2, 1),
    "arcsine, two hard edges": (lambda: arcsine(3), 2, 1),
    "fuss-catalan(2), -2/3": (lambda: fuss_catalan(2), 3, 1),
    "sum": (lambda: semicircle() + marchenko_pastur("1/2"), 3, 1),
    "cusp": (lambda: atoms([-1, 1]) + semicircle(1), 3, 2),
    "triple product": (
        lambda: marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5"), 4, 1,
    ),
    "hessian": (lambda: catalog.get("hessian").law(phi="1/2", eps=1, sigma=1), 4, 1),
    "gram": (lambda: catalog.get("nonlinear-gram").law(phi="1/2", psi="3/4", eta=1, zeta="1/3"), 4, 1),
    "three bulks": (lambda: atoms([1, 2, 5]).wishart("1/20"), 4, 3),
    "four bulks": (lambda: atoms([-9, -3, 2, 8]) + semicircle("1/2"), 5, 4),
    "bulks and an atom": (
        lambda: atoms([-1, 0, 1], ["1/10", "4/5", "1/10"]) + atoms([0, 3], ["9/10", "1/10"]), 3, 3,
    ),
    "4+4 atoms": (lambda: atoms([-1, 0, 2, 5]) + atoms([0, 1, 3, 7]), 10, 2),
    "5+5 atoms": (lambda: atoms([-1, 0, 2, 5, 9]) + atoms([0, 1, 3, 7, 15]), 17, 2),
}  # fmt: skip
NAMES = list(LAWS)
QUICK = ["mp(3), atom", "sum", "gram"]


@lru_cache(maxsize=32)
def spectrum(name: str) -> Spectrum:
    """The spectrum of one of `LAWS`, built once."""
    return Spectrum(LAWS[name][0]())


def points(rho: Spectrum, count: int) -> list[tuple[Array, Array]]:
    """For each interval random points in the bulk, and within 1e-6 of its edges (of the width, down to 1e-12)."""
    rng = np.random.default_rng(1729)
    share = count // len(rho.intervals)
    found = []
    for i in rho.intervals:
        width = i.right - i.left
        bulk = np.sort(rng.uniform(i.left + 1e-6 * width, i.right - 1e-6 * width, share - share // 10))
        steps = width * 10 ** rng.uniform(-12, -6, share // 10)
        edge = np.where(rng.random(len(steps)) < 0.5, i.left + steps, i.right - steps)
        found.append((bulk, np.sort(edge)))
    return found


def check_density(name: str, count: int) -> None:
    """Within 1e-12 of the largest density in the bulk, and of the value where that is larger, 1e-8 at the edges."""
    rho = spectrum(name)
    follower = FlintFollower(rho.law.equation.expr, rho.law.moments(12))
    for bulk, edge in points(rho, count):
        x = np.sort(np.concatenate([bulk, edge]))
        middle = len(x) // 2
        expected: dict[float, float] = {}
        for run in (x[middle:], x[middle::-1]):  # outwards, so that no path begins at an edge
            expected.update(zip(run.tolist(), follower.density(run), strict=True))
        exact = np.array([expected[p] for p in bulk.tolist()])
        width = bulk[-1] - bulk[0]
        typical = np.max(exact[(bulk > bulk[0] + width / 100) & (bulk < bulk[-1] - width / 100)])
        assert np.all(np.abs(rho.pdf(bulk) - exact) <= 1e-12 * np.maximum(typical, exact))
        near = np.array([expected[p] for p in edge.tolist()])
        assert np.max(np.abs(rho.pdf(edge) / near - 1)) <= 1e-8


@pytest.mark.parametrize("name", QUICK)
def test_density_at_300_points(name: str) -> None:
    check_density(name, 300)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_density_at_2000_points(name: str) -> None:
    check_density(name, 2000)


@pytest.mark.parametrize("name", [n for n in NAMES if "5+5" not in n])
def test_degree_and_bulks_are_as_announced(name: str) -> None:
    _, degree, bulks = LAWS[name]
    rho = spectrum(name)
    assert (rho.law.equation.degree, len(rho.intervals)) == (degree, bulks)


@pytest.mark.parametrize("name", [n for n in NAMES if "5+5" not in n])
def test_distribution_function_and_quantiles_invert_each_other(name: str) -> None:
    rho = spectrum(name)
    q = np.random.default_rng(3).uniform(0, 1, 2000)
    places = np.array([float(atom.point) for atom in rho.atoms])
    x = rho.ppf(q)
    moving = ~np.isin(x, places)
    assert np.max(np.abs(rho.cdf(x[moving]) - q[moving])) <= 1e-12
    inside = np.concatenate([bulk for bulk, _ in points(rho, 1000)])
    scale = max(abs(e) for e in rho.support())
    back = rho.ppf(rho.cdf(inside))
    slope = rho.pdf(inside)
    assert np.all(np.abs(back - inside) <= 1e-12 * scale + 1e-15 / slope)  # a rounding error of the level, too


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_million_samples_pass_the_kolmogorov_smirnov_test(name: str) -> None:
    rho = spectrum(name)
    x = rho.rvs(10**6, random_state=20261126)
    free = np.ones(len(x), dtype=bool)
    for atom in rho.atoms:
        at = x == float(atom.point)
        weight = float(atom.weight)
        assert abs(at.mean() - weight) < 3.3 * math.sqrt(weight * (1 - weight) / len(x))
        free &= ~at
    rest = 1 - sum(float(a.weight) for a in rho.atoms)

    def continuous(t: Array) -> Array:
        jumps = sum((float(a.weight) * (t >= float(a.point)) for a in rho.atoms), np.zeros_like(t))
        return (rho.cdf(t) - jumps) / rest

    assert scipy.stats.kstest(x[free], continuous).pvalue > 1e-3
