"""The kernel of random features: checked values, two-dimensional quadrature, and random features themselves."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from scipy.special import ndtr

import resolvent as rv
from resolvent.derive.activations.activation import TABLE, activation
from resolvent.derive.activations.hermite_expansion import gaussian_grid
from resolvent.derive.activations.kernel_matrix import kernel_diagonal, kernel_matrix

_OPTIONS = {"He": {"k": 3}, "polynomial": {"coefficients": [1, 2, 3, "1/2"]}}


def _pair(a: float, b: float, c: float) -> tuple[np.ndarray, np.ndarray]:
    """Two points with these squared lengths and this product."""
    x = np.array([[np.sqrt(a)], [0.0]])
    y = np.array([[c / np.sqrt(a)], [np.sqrt(b - c * c / a)]])
    return x, y


@pytest.mark.parametrize(
    ("name", "value"),
    [("relu", 0.265378091519), ("erf", 0.175479656092), ("cos", 0.397704300018), ("abs", 0.661512366076)],
)
def test_the_checked_values(name: str, value: float) -> None:
    assert kernel_matrix(name, *_pair(1.3, 0.7, 0.4))[0, 0] == pytest.approx(value, abs=6e-13)


@pytest.mark.parametrize("correlation", [0.0, 0.42, -0.9, 0.999])
@pytest.mark.parametrize("name", list(TABLE))
def test_every_activation_against_quadrature_in_the_plane(name: str, correlation: float) -> None:
    a, b = 1.3, 0.7
    c = correlation * np.sqrt(a * b)
    act = rv.activation(name, **_OPTIONS.get(name, {}))
    t, w = np.polynomial.legendre.leggauss(40)
    kinks = list(act.kinks)

    def panels(places: list[float]) -> tuple[np.ndarray, np.ndarray]:
        ends = np.unique(np.clip([*np.linspace(-9, 9, 13), *places], -9, 9))
        half = np.diff(ends)[:, None] / 2
        x = (ends[:-1, None] + half * (1 + t)).ravel()
        return x, (half * w).ravel() * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)

    xi, weights = panels([k / np.sqrt(a) for k in kinks])
    total = 0.0
    spread = np.sqrt(b - c * c / a)
    for x, weight in zip(xi, weights, strict=True):
        inner, own = panels([(k - c / np.sqrt(a) * x) / spread for k in kinks])
        total += weight * act(np.sqrt(a) * x) * np.sum(own * act(c / np.sqrt(a) * x + spread * inner))
    found = kernel_matrix(name, *_pair(a, b, c), **_OPTIONS.get(name, {}))[0, 0]
    assert found == pytest.approx(total, abs=2e-7)


@pytest.mark.parametrize("name", [n for n in TABLE if n not in _OPTIONS])
def test_equal_points_have_the_energy(name: str) -> None:
    """On the diagonal the kernel is E f^2, which the table of activations knows exactly."""
    x = np.array([[0.6, 0.6], [0.8, 0.8]])
    act = rv.activation(name, sigma_w="3/2")
    assert kernel_matrix(name, x, sigma_w="3/2") == pytest.approx(float(act.eta), rel=1e-7)
    centred = rv.activation(name, sigma_w="3/2", centred=True)
    assert kernel_matrix(name, x, sigma_w="3/2", centred=True) == pytest.approx(float(centred.eta), rel=1e-6, abs=1e-9)
    assert kernel_matrix(centred, x) == pytest.approx(float(centred.eta), rel=1e-6, abs=1e-9)


def test_other_closed_forms() -> None:
    a, b, c = 1.3, 0.7, 0.4
    x, y = _pair(a, b, c)
    angle = c / np.sqrt(a * b)
    assert kernel_matrix("sign", x, y)[0, 0] == pytest.approx(2 / np.pi * np.arcsin(angle), rel=1e-12)
    assert kernel_matrix("step", x, y)[0, 0] == pytest.approx(0.5 - np.arccos(angle) / (2 * np.pi), rel=1e-12)
    assert kernel_matrix("sin", x, y)[0, 0] == pytest.approx(np.exp(-(a + b) / 2) * np.sinh(c), rel=1e-12)
    p, q, r = 0.3, -0.8, 0.5
    printed = p**2 * (2 * c**2 + a * b) + q**2 * c + p * r * (a + b) + r**2
    t = sympy.Symbol("t")
    assert kernel_matrix(p * t**2 + q * t + r, x, y)[0, 0] == pytest.approx(printed, rel=1e-12)


def test_a_function_of_ones_own() -> None:
    """exp(-t^2/2) has the closed form [(1 + a)(1 + b) - c^2]^(-1/2)."""
    a, b, c = 1.3, 0.7, 0.4
    found = kernel_matrix(lambda t: np.exp(-(t**2) / 2), *_pair(a, b, c))[0, 0]
    assert found == pytest.approx(((1 + a) * (1 + b) - c**2) ** -0.5, abs=1e-10)


@pytest.mark.parametrize("name", ["hard_tanh", "leaky_relu", "gelu"])
def test_random_features_have_this_mean(name: str) -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((6, 5)) / np.sqrt(6)
    features = rv.activation(name)(rng.standard_normal((400_000, 6)) @ x)
    spread = np.std(features[:, :, None] * features[:, None, :], axis=0) / np.sqrt(len(features))
    assert np.all(np.abs(features.T @ features / len(features) - kernel_matrix(name, x)) < 5 * spread)


@pytest.mark.parametrize("name", ["relu", "hard_tanh", "step", "tanh", "cos", "erf", "linear"])
def test_a_point_at_zero_and_opposite_points(name: str) -> None:
    x = np.array([[0.0, 1.0, -1.0, 0.5], [0.0, 1.0, -1.0, 0.5]])
    found, act = kernel_matrix(name, x), rv.activation(name)
    assert np.all(np.isfinite(found))
    edges = [k / s for k in act.kinks for s in (2**0.5, -(2**0.5), 0.5**0.5)]
    xi, w = (row[0] for row in gaussian_grid(np.ones(1), edges))
    values = act(np.array([np.sqrt(2) * xi, -np.sqrt(2) * xi, np.sqrt(0.5) * xi]))
    at_zero = 0.5 if name == "step" else float(act(0.0))  # of a jump the middle
    assert found[0, 1:] == pytest.approx(at_zero * (values @ w), abs=1e-9)
    assert found[1:, 1:] == pytest.approx((values * w) @ values.T, abs=1e-8)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([1.0, 2.0], None, "columns are the points"),
        ([[1.0, np.nan]], None, "must be finite"),
        ([[1.0]], [[1.0], [2.0]], "coordinates"),
    ],
)
def test_wrong_points_are_refused(x: list, y: list | None, words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        kernel_matrix("relu", x, y)


def test_symbols_and_scales_given_twice_are_refused() -> None:
    s = sympy.Symbol("s", positive=True)
    with pytest.raises(rv.ParameterError, match="has symbols"):
        kernel_matrix("relu", [[1.0]], sigma_w=s)
    with pytest.raises(rv.ParameterError, match="leaky_relu has"):
        kernel_matrix("leaky_relu", [[1.0]], slope=s)
    with pytest.raises(rv.ParameterError, match="already"):
        kernel_matrix(rv.activation("relu"), [[1.0]], sigma_w=2)


def test_near_copies_of_a_function_with_a_kink_are_refused() -> None:
    x = np.array([[1.0, 1.0], [0.0, 1e-4]])
    with pytest.raises(rv.PrecisionError, match="nearly parallel"):
        kernel_matrix(lambda t: np.abs(t) ** 0.25, x, kinks=[0])


@pytest.mark.parametrize("name", ["relu", "hard_tanh", "sign", "exp", "gelu"])
def test_many_points_are_taken_by_blocks(name: str) -> None:
    """The symmetric matrix against that of two lists of points, and its diagonal against single points."""
    x = np.random.default_rng(1).standard_normal((4, 300))
    found, plain = kernel_matrix(name, x), kernel_matrix(name, x, x.copy())
    off = ~np.eye(300, dtype=bool)
    assert found[off] == pytest.approx(plain[off], rel=1e-12, abs=1e-14)
    act = activation(name, centred=True)
    single = [kernel_matrix(act, x[:, [j]])[0, 0] for j in (0, 256, 299)]
    assert kernel_diagonal(act, x)[[0, 256, 299]] == pytest.approx(single, rel=1e-12)


def test_the_diagonal_of_signs_is_1() -> None:
    """Not 1 - 1e-8, as rounding of correlations would have it."""
    x = np.random.default_rng(2).standard_normal((5, 50))
    assert np.diag(kernel_matrix("sign", x)).tolist() == pytest.approx([1.0] * 50, abs=1e-15)


@pytest.mark.parametrize("name", ["hard_tanh", "sin", "tanh", "linear"])
@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-20])
def test_short_points_see_the_slope_at_0(name: str, size: float) -> None:
    """f(x) = x + O(x^3): the kernel is x.y up to terms of the order of |x|^4, without what cancels."""
    x, y = size * np.array([[1.0], [0.5]]), size * np.array([[-0.2], [0.7]])
    assert kernel_matrix(name, x, y)[0, 0] == pytest.approx(0.15 * size**2, rel=5 * size**2 + 1e-13)


@pytest.mark.parametrize("length", [30.0, 1e3, 1e6])
def test_long_points_of_a_step_that_is_not_one(length: float) -> None:
    """E tanh(s xi)^2 = 1 - E sech(s xi)^2 = 1 - 2 sqrt(2/pi)/(2 s) (1 - pi^2/(24 s^2) + ...)."""
    found = kernel_matrix("tanh", [[length]])[0, 0]
    lost = np.sqrt(2 / np.pi) / length * (1 - np.pi**2 / (24 * length**2) + 7 * np.pi**4 / (1920 * length**4))
    assert 1 - found == pytest.approx(lost, rel=1e-7)
    assert kernel_diagonal(rv.activation("tanh"), [[length]])[0] == pytest.approx(found, rel=1e-13)


@pytest.mark.parametrize(("square", "distance"), [(30.0, 1e-7), (1e8, 1e-9)])
def test_long_points_next_to_each_other(square: float, distance: float) -> None:
    """By Price's theorem E f(u) f(v) grows with rho like |x| |y| P(|u| < 1, |v| < 1) for hard_tanh."""
    root, sine = np.sqrt(square), np.sqrt(distance * (2 - distance))
    x, y = np.array([[root], [0.0]]), root * np.array([[1 - distance], [sine]])
    for sign in (1, -1):
        same, near = kernel_matrix("hard_tanh", x, sign * x)[0, 0], kernel_matrix("hard_tanh", x, sign * y)[0, 0]
        assert sign * (same - near) == pytest.approx(
            square * _both_inside(root, distance), abs=1e-15 * square, rel=1e-4
        )


def _both_inside(root: float, distance: float) -> float:
    """The integral over 1 - rho from 0 to ``distance`` of P(|u| < 1, |v| < 1) for deviations ``root``."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    steps, parts = np.polynomial.legendre.leggauss(100)
    t = (steps[:, None] + 1) / 2
    rest = distance * t**2
    width = root * np.sqrt(rest * (2 - rest))
    inside = ndtr((1 - (1 - rest) * nodes) / width) - ndtr((-1 - (1 - rest) * nodes) / width)
    chance = (inside * np.exp(-((nodes / root) ** 2) / 2)) @ weights / (root * np.sqrt(2 * np.pi))
    return float(parts @ (distance * t[:, 0] * chance))


def test_functions_that_are_not_resolved_are_refused() -> None:
    with pytest.raises(rv.PrecisionError, match="changes too fast"):
        kernel_matrix(lambda t: np.sin(50 * t), [[30.0]])
