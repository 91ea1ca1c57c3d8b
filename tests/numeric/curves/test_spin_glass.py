"""Spin glasses: checked values, the printed complexities, and critical points that are counted one by one."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest

import resolvent as rv


def test_energies_to_many_digits_are_zeros_of_the_complexity() -> None:
    glass = rv.SpinGlass(4)
    for k in (0, 3):
        with mpmath.workdps(80):
            e, end = mpmath.mpf(str(glass.energy(k, 70))), mpmath.mpf(str(glass.threshold(70)))
            root = mpmath.sqrt(e * e - end * end)
            cost = e / end**2 * root - mpmath.log(e + root) + mpmath.log(end)
            value = mpmath.log(3) / 2 - e * e / 6 - (k + 1) * cost
            assert abs(value) < mpmath.mpf(10) ** -67


def test_the_layers_are_nested() -> None:
    starts = [layer[0] for layer in rv.SpinGlass(3).layers(6)]
    assert starts == sorted(starts)
    assert starts[-1] < -float(rv.SpinGlass(3).threshold())


# -- counts --------------------------------------------------------------------------------------------------------


def _expected_count(h: int, dimensions: int, draws: int, seed: int) -> float:
    """Kac's and Rice's formula at a finite dimension, with determinants of sampled Hessians; a logarithm."""
    rng, size = np.random.default_rng(seed), dimensions - 1
    sphere = math.log(2) + dimensions / 2 * math.log(math.pi) - math.lgamma(dimensions / 2)
    sphere += size / 2 * math.log(dimensions)
    logs = []
    for _ in range(draws):
        a = rng.standard_normal((size, size))
        hessian = math.sqrt(h * (h - 1) / 2 / dimensions) * (a + a.T)
        hessian -= h * rng.standard_normal() / math.sqrt(dimensions) * np.eye(size)
        logs.append(np.linalg.slogdet(hessian)[1])
    top = max(logs)
    return sphere - size / 2 * math.log(2 * math.pi * h) + top + math.log(np.mean(np.exp(np.array(logs) - top)))


def _count(tensor: np.ndarray) -> int:
    """The critical points of a cubic form on the circle or the sphere, by Newton's method from many starts."""
    n = len(tensor)
    sym = sum(np.transpose(tensor, p) for p in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))) / 6
    rng, found = np.random.default_rng(0), []
    for start in rng.standard_normal((60 * n * n, n)):
        w = start / np.linalg.norm(start)
        for _ in range(60):
            inner = np.einsum("ijk,j,k->i", sym, w, w)
            value = inner @ w
            matrix = np.zeros((n + 1, n + 1))
            matrix[:n, :n] = 2 * np.einsum("ijk,k->ij", sym, w) - value * np.eye(n)
            matrix[:n, n] = matrix[n, :n] = w
            step = np.linalg.lstsq(matrix, np.append(inner - value * w, 0.0), rcond=None)[0][:n]
            w = (w - step) / np.linalg.norm(w - step)
            if np.linalg.norm(step) < 1e-13:
                break
        else:
            continue
        if all(np.linalg.norm(w - other) > 1e-6 for other in found):
            found.append(w)
    return len(found)


@pytest.mark.slow
@pytest.mark.parametrize(("dimensions", "draws"), [(2, 120), (3, 40)])
def test_counted_critical_points_have_the_mean_of_the_formula(dimensions: int, draws: int) -> None:
    rng = np.random.default_rng(4)
    counts = np.array([_count(rng.standard_normal((dimensions,) * 3)) for _ in range(draws)])
    expected = math.exp(_expected_count(3, dimensions, 200_000 // dimensions, 1))
    assert abs(np.mean(counts) - expected) < 4 * np.std(counts) / math.sqrt(draws)


def test_the_exponent_of_the_formula_tends_to_the_complexity() -> None:
    gaps = [abs(_expected_count(3, n, 3000, 2) / n - 0.5 * math.log(2)) for n in (10, 30, 90)]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 0.05


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(rv.ParameterError, match="at least 3"):
        rv.SpinGlass(2)
    glass = rv.SpinGlass(3)
    with pytest.raises(rv.ParameterError, match="descending"):
        glass.energy(-1)
    with pytest.raises(rv.ParameterError, match="descending"):
        glass.complexity(0, -1)
    with pytest.raises(rv.ParameterError, match="digits"):
        glass.threshold(0)
    with pytest.raises(rv.ParameterError, match="a whole number"):
        glass.threshold(2.5)
    for index in (2.5, math.inf, math.nan):
        with pytest.raises(rv.ParameterError, match="a whole number"):
            glass.complexity(0, index)
        with pytest.raises(rv.ParameterError, match="whole number"):
            glass.energy(index)
    with pytest.raises(rv.ParameterError, match="numbers or infinite"):
        glass.complexity([-1.65, math.nan])


@pytest.mark.parametrize("index", [None, 0, 3])
def test_complexities_at_the_ends_are_limits(index: int | None) -> None:
    """Far below, -u^2/2 and the k costs decide, of x^2/4 = 3 u^2/8 each."""
    glass = rv.SpinGlass(3)
    assert np.all(glass.complexity([-math.inf, -1e200], index) == -math.inf)
    assert glass.complexity(math.inf, index) == glass.complexity(0.0, index)
    far = -0.5e200 - (index or 0) * 1.5 / 4 * 1e200
    assert glass.complexity(-1e100, index) == pytest.approx(far, rel=1e-12)
    assert rv.SpinGlass(10**30).complexity(-1.0) == pytest.approx(15 * math.log(10) - 0.25)  # Theta_H(u) at large H


def test_complexities_are_drawn() -> None:
    assert len(rv.SpinGlass(3).plot(2).lines) == 5


@pytest.mark.parametrize("h", [3.5, 3.999, 2, -1])
def test_numbers_of_spins_are_integers_from_three_on(h: float) -> None:
    with pytest.raises(rv.ParameterError, match="an integer, at least 3"):
        rv.SpinGlass(h)
