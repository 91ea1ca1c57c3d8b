"""Products of layers with diagonals of any law: against factored inverses, brute force series and samples."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import sympy
from scipy.optimize import brentq

from resolvent.catalog.networks.jacobian import (
    jacobian_law,
    layers_of_projections,
    layers_of_widths,
    network_jacobian,
)
from resolvent.derive.activations.activation import activation
from resolvent.derive.activations.propagation import propagation
from resolvent.derive.errors import NotCertified, ParameterError, PrecisionError
from resolvent.derive.laws.elementary import atoms
from resolvent.numeric.measures.depth_product import DepthProduct, law_of_depth
from resolvent.numeric.measures.diagonal_law import DiagonalLaw, SlopeLaw, diagonal_law
from resolvent.numeric.spectrum.spectrum import Spectrum

HALF = sympy.Rational(1, 2)


def test_slopes_of_activations() -> None:
    hard = diagonal_law(activation("hard_tanh"), 2.0)
    assert hard.points.tolist() == [0.0, 1.0]
    assert hard.weights[1] == pytest.approx(math.erf(0.5), abs=1e-15)
    leaky = diagonal_law(activation("leaky_relu", slope="1/10"), 0.7)
    assert leaky.points == pytest.approx([0.01, 1.0])
    assert diagonal_law(activation("linear"), 1.0).points.tolist() == [1.0]
    smooth = diagonal_law(activation("tanh"), 1.7)
    xi = np.random.default_rng(0).standard_normal(10**6)
    for k in (1, 2, 3):
        sampled = np.cosh(math.sqrt(1.7) * xi) ** (-4.0 * k)
        assert smooth.moments(3)[k - 1] == pytest.approx(sampled.mean(), abs=5 * sampled.std() / 1e3)


def test_relu_layers_are_the_factored_law() -> None:
    expected = Spectrum(layers_of_projections(3, HALF, sympy.sqrt(2), False))
    found = Spectrum(jacobian_law("relu", 3, math.sqrt(2), q=1.0))
    assert found.support()[1] == pytest.approx(expected.support()[1], rel=1e-12)
    x = np.array([0.01, 0.5, 3.0, 12.0, 16.0])
    assert found.pdf(x) == pytest.approx(expected.pdf(x), rel=1e-9)
    assert found.cdf(x) == pytest.approx(expected.cdf(x), abs=1e-12)
    z = np.array([-1.0, 2 + 0.1j, 3 - 1j])
    assert found.stieltjes(z, 1) == pytest.approx(expected.stieltjes(z, 1), rel=1e-9)


@pytest.mark.parametrize("orthogonal", [False, True])
@pytest.mark.parametrize("widths", [(1, 1, 1), (1, 2, 1), (2, 1, 3), (3, 1, 2)])
def test_widths_have_the_moments_of_the_factored_law(widths: tuple[int, ...], orthogonal: bool) -> None:
    """Two ways to one law: exact series of S-transforms, and Lagrange's inversion of the product."""
    relu = diagonal_law(activation("relu"), 1.0)
    product = DepthProduct((relu, relu), tuple(map(float, widths)), 2.0, orthogonal)
    expected = layers_of_widths(widths, [HALF, HALF], sympy.sqrt(2), orthogonal).moments(6)
    assert product.moments(6) == pytest.approx([float(m) for m in expected], rel=1e-12)


@pytest.mark.parametrize("orthogonal", [False, True])
@pytest.mark.parametrize("widths", [(300, 200), (200, 300), (200, 300, 150), (300, 150, 200)])
def test_widths_have_the_moments_of_sampled_products(widths: tuple[int, ...], orthogonal: bool) -> None:
    from resolvent.catalog.networks.jacobian import weight_matrix

    rng = np.random.default_rng(3)
    sampled = np.zeros(3)
    for _ in range(8):
        product = np.eye(widths[0])
        for before, after in pairwise(widths):
            mask = rng.permutation(after) < 0.6 * after
            product = mask[:, None] * (weight_matrix(after, before, rng, 1.2, orthogonal) @ product)
        values = np.linalg.eigvalsh(product @ product.T)
        sampled += [np.mean(values**k) / 8 for k in (1, 2, 3)]
    shares = [sympy.Rational(3, 5)] * (len(widths) - 1)
    exact = [float(m) for m in layers_of_widths(widths, shares, sympy.Rational(6, 5), orthogonal).moments(3)]
    assert sampled == pytest.approx(exact, rel=0.04)


def test_value_of_the_sources() -> None:
    """FORMULAS J: tanh, sigma_w^2 = 1.5, L = 3, q_1 = 1.2, Gaussian: G(-1/2) = -1.5382084066."""
    rho = Spectrum(jacobian_law("tanh", 3, math.sqrt(1.5), q=1.2))
    assert -rho.stieltjes(-0.5).real == pytest.approx(-1.5382084066, abs=1e-10)
    assert rho.certificate.worst < 1e-12


@pytest.mark.parametrize(
    ("name", "options", "depth"),
    [("tanh", {}, 1), ("leaky_relu", {"slope": "1/2"}, 3), ("softplus", {}, 2), ("tanh", {}, 40)],
)
def test_certificates(name: str, options: dict[str, Any], depth: int) -> None:
    """Mass and twelve moments, which come from exact series and not from the density."""
    law = jacobian_law(activation(name, **options), depth, 1.2, sigma_b=0.1, q=1.0 if depth < 5 else None)
    assert Spectrum(law).certificate.worst < 1e-10


@pytest.mark.parametrize(
    ("name", "depth", "q"),
    [
        ("erf", 2, None),
        pytest.param("tanh", 10, None, marks=pytest.mark.slow),
        pytest.param("tanh", 100, None, marks=pytest.mark.slow),
        ("leaky_relu", 2, 1.0),  # both ends are hard
        ("leaky_relu", 3, 1.0),
        ("hard_tanh", 2, 1.0),  # layers that differ, a gap above 0
        ("hard_tanh", 10, 1.0),
    ],
)
def test_certificates_of_orthogonal_weights(name: str, depth: int, q: float | None) -> None:
    rho = Spectrum(jacobian_law(name, depth, 1.1, sigma_b=0.1, weights="orthogonal", q=q))
    assert rho.certificate.worst < 1e-10


@pytest.mark.parametrize(
    ("name", "sigma_w", "sigma_b", "depth"),
    [("softplus", 1.0, 0.2, 2), ("softplus", 0.5, 0.1, 10), ("gelu", 1.5, 0.1, 2), ("silu", 1.5, 0.1, 2),
     ("silu", 1.2, 0.5, 2)],
)  # fmt: skip
def test_slopes_that_thin_out_towards_their_largest(name: str, sigma_w: float, sigma_b: float, depth: int) -> None:
    """The right end is no critical point: next to nothing lies beside it; silu at 1.2 has a slope that crosses 0."""
    rho = Spectrum(jacobian_law(name, depth, sigma_w, sigma_b, "orthogonal"))
    assert rho.certificate.worst < 1e-10
    q = propagation(name, sigma_w, sigma_b).fixed_point()
    if depth == 2:
        draws = [
            network_jacobian([300] * 3, np.random.default_rng(s), activation(name), sigma_w, sigma_b, True, q)
            for s in range(6)
        ]
        values = np.sort(np.concatenate([np.linalg.eigvalsh(drawn) for drawn in draws]))
        assert np.max(np.abs(rho.cdf(values) - (np.arange(len(values)) + 0.5) / len(values))) < 0.025


def test_mass_next_to_a_slope_of_0() -> None:
    """P(f'(h)^2 < x) of the silu is about (x/q)^(1/2)/(f''(t) sqrt(2 pi)) exp(-t^2/(2q)) 2 where f'(t) = 0."""
    law = diagonal_law(activation("silu"), 0.5)
    assert isinstance(law, SlopeLaw)
    t = brentq(lambda x: float(activation("silu").slope(x)), -2.0, -1.0, xtol=1e-15)
    bend = (activation("silu").slope(t + 1e-5) - activation("silu").slope(t - 1e-5)) / 2e-5
    for mass in (1e-6, 1e-11, 1e-13):
        stated = (mass * bend * math.sqrt(2 * math.pi * 0.5) * math.exp(t**2 / 1.0) / 2) ** 2
        assert law.place_of(mass) == pytest.approx(stated, rel=2e-3)


def test_orthogonal_layers_of_different_smooth_slopes_reach_down_to_0() -> None:
    """FORMULAS J's first layers with orthogonal weights: the arc ends a hair above what the first layer allows."""
    rho = Spectrum(jacobian_law("tanh", 2, math.sqrt(1.5), weights="orthogonal", q=1.2))
    assert rho.certificate.worst < 1e-10
    assert rho.support()[0] < 1e-10
    maps = propagation("tanh", math.sqrt(1.5))
    first, second = (maps.slope_energy(q) for q in maps.variances(1.2, 2))
    assert rho.mean() == pytest.approx(1.5**2 * float(first) * float(second), rel=1e-9)


@pytest.mark.parametrize(("depth", "q"), [(3, 1.2), (3, 0.2), pytest.param(10, 1.2, marks=pytest.mark.slow), (3, 10.0)])
def test_orthogonal_layers_that_differ(depth: int, q: float) -> None:
    """The layer with the smallest slopes is what z follows next to 0: the first one above q*, the last one below."""
    rho = Spectrum(jacobian_law("tanh", depth, math.sqrt(1.5), weights="orthogonal", q=q))
    assert rho.certificate.worst < 1e-10
    maps = propagation("tanh", math.sqrt(1.5))
    energies = [float(maps.slope_energy(v)) for v in maps.variances(q, depth)]
    assert rho.mean() == pytest.approx(1.5**depth * math.prod(energies), rel=1e-9)


@pytest.mark.parametrize("word", ["orthogonal", "gaussian"])
@pytest.mark.parametrize("widths", [(1, 2, 1), (2, 1, 2), (1, 1, 2), (3, 2, 1), (1, 2, 3), (2, 1, 3, 1)])
def test_smooth_layers_of_different_widths(widths: tuple[int, ...], word: str) -> None:
    """Masses below some places in real networks, the rank among them; tall orthonormal weights thin variances out."""
    rho = Spectrum(jacobian_law("tanh", len(widths) - 1, 1.2, weights=word, q=1.2, widths=widths))
    real, tanh = [120 * n for n in widths], activation("tanh")
    draws = [
        network_jacobian(real, np.random.default_rng(s), tanh, 1.2, 0.0, word == "orthogonal", 1.2) for s in range(4)
    ]
    values = np.concatenate([np.linalg.eigvalsh(drawn) for drawn in draws])
    for x in (1e-10, 0.03, 0.2, 0.6, 1.2):
        assert rho.cdf(x) == pytest.approx(np.mean(values <= x), abs=0.025)


def test_a_single_orthogonal_layer() -> None:
    """W W^T = v for orthonormal rows, so that the slopes are all; with fewer columns it is a projection."""
    leaky = activation("leaky_relu", slope="1/2")
    square = Spectrum(jacobian_law(leaky, 1, 2.0, weights="orthogonal", q=1.0))
    assert square.cdf([0.9, 1.1, 3.9, 4.1]) == pytest.approx([0, 0.5, 0.5, 1])
    tall = Spectrum(jacobian_law("tanh", 1, 2.0, weights="orthogonal", q=1.0, widths=[1, 2]))
    tanh = activation("tanh")
    values = np.linalg.eigvalsh(network_jacobian([400, 800], np.random.default_rng(0), tanh, 2.0, 0.0, True, 1.0))
    for x in (1e-9, 0.5, 1.0, 2.0, 3.0):
        assert tall.cdf(x) == pytest.approx(np.mean(values <= x), abs=0.02)


@pytest.mark.parametrize(("word", "edge"), [("gaussian", 27 / 4 / 16), ("orthogonal", 1 / 16)])
def test_where_variances_shrink_to_0_the_network_is_linear(word: str, edge: float) -> None:
    """tanh without biases at sigma_w below 1: q* = 0, and all slopes are 1."""
    rho = Spectrum(jacobian_law("tanh", 2, 0.5, weights=word))
    assert rho.support()[1] == pytest.approx(edge, rel=1e-12)
    assert rho.mean() == pytest.approx(1 / 16, rel=1e-12)


def test_psi_next_to_the_support_is_that_of_the_image() -> None:
    """E[d^2/(w - d^2)] for d = exp(-x^2), against an integral along a line that leaves the poles behind."""
    law = diagonal_law(activation("erf"), 0.8)
    scale = 4 / math.pi
    xi = np.linspace(-9, 9, 400_001) + 0.3j * np.tanh(np.linspace(-9, 9, 400_001))  # d^2 falls with |xi|
    density = np.exp(-(xi**2) / 2) / math.sqrt(2 * math.pi)
    squares = scale * np.exp(-2 * 0.8 * xi**2)
    for w in (0.5 + 1e-9j, 1.2 + 1e-6j, 0.01 + 1e-7j, 1.5 + 0.0j):
        integrand = density * squares / (w - squares)
        expected = complex(np.trapezoid(integrand, xi))
        u, rest, _ = law.psi(np.array([w]))
        assert complex(u[0]) == pytest.approx(expected, rel=1e-7)
        assert complex(rest[0]) == pytest.approx(1 + expected, rel=1e-7)


def test_two_orthogonal_layers_of_two_slopes() -> None:
    """Blocks of two free reflections: eigenvalues x and a^2/x, x + a^2/x uniform in an angle; a = slope^2."""
    a = 0.25
    rho = Spectrum(jacobian_law(activation("leaky_relu", slope="1/2"), 2, 1.0, weights="orthogonal", q=1.0))
    angle = np.pi * (np.arange(20_000) + 0.5) / 20_000
    half = ((1 + a**2) + 2 * a + (1 - a) ** 2 * np.cos(angle)) / 4
    root = np.sqrt(np.maximum(half**2 - a**2, 0.0))
    values = np.sort(np.concatenate([half - root, half + root]))
    x = np.array([0.07, 0.1, 0.2, 0.25, 0.4, 0.8, 0.99])
    assert rho.cdf(x) == pytest.approx(np.searchsorted(values, x) / len(values), abs=2e-4)
    assert rho.support() == pytest.approx((a**2, 1.0), rel=1e-12)


def test_a_single_layer_of_two_slopes_is_a_sample_covariance() -> None:
    expected = Spectrum(atoms(["1/16", 1]).sample_covariance(1))
    found = Spectrum(jacobian_law(activation("leaky_relu", slope="1/4"), 1, 1.0, q=1.0))
    x = np.array([0.01, 0.05, 0.5, 2.0])
    assert found.cdf(x) == pytest.approx(expected.cdf(x), abs=1e-12)
    assert found.pdf(x) == pytest.approx(expected.pdf(x), rel=1e-8, abs=1e-12)


def test_widths_of_relu_layers() -> None:
    expected = Spectrum(layers_of_widths([1, 2, 3, 1], [HALF] * 3, sympy.sqrt(2), True))
    found = Spectrum(jacobian_law("relu", 3, math.sqrt(2), widths=[1, 2, 3, 1], q=1.0, weights="orthogonal"))
    assert found.support() == pytest.approx(expected.support(), rel=1e-12)


@pytest.mark.parametrize("name", [pytest.param("tanh", marks=pytest.mark.slow), "hard_tanh", "leaky_relu"])
def test_orthogonal_networks_come_closer_with_their_width(name: str) -> None:
    maps = propagation(name, 1.2, 0.3)
    q = maps.fixed_point() if name != "leaky_relu" else 1.2
    rho = Spectrum(jacobian_law(name, 2, 1.2, 0.3, "orthogonal", q))
    gaps = []
    for width, draws in ((16, 16), (400, 16)):
        values = [
            np.linalg.eigvalsh(
                network_jacobian([width] * 3, np.random.default_rng(s), activation(name), 1.2, 0.3, True, q)
            )
            for s in range(draws)
        ]
        places = np.sort(np.concatenate(values)) + 1e-9
        counted = np.searchsorted(np.sort(np.concatenate(values)), places, side="right") / len(places)
        gaps.append(float(np.max(np.abs(rho.cdf(places) - counted))))
    assert gaps[1] < 0.5 * gaps[0]
    assert gaps[1] < 0.03


@pytest.mark.slow
def test_a_real_network_comes_closer_with_its_width() -> None:
    rho = Spectrum(jacobian_law("tanh", 3, 1.2, q=1.2))
    gaps = []
    for width in (60, 300):
        draws = [
            np.linalg.eigvalsh(network_jacobian([width] * 4, np.random.default_rng(s), activation("tanh"), 1.2, q=1.2))
            for s in range(6)
        ]
        values = np.sort(np.concatenate(draws))
        steps = np.arange(len(values) + 1) / len(values)
        levels = rho.cdf(np.maximum(values, 0.0))
        gaps.append(max(np.max(np.abs(levels - steps[1:])), np.max(np.abs(levels - steps[:-1]))))
    assert gaps[1] < gaps[0] / 2
    assert gaps[1] < 0.02


def test_what_is_refused() -> None:
    with pytest.raises(ParameterError, match="gaussian or orthogonal"):
        jacobian_law("tanh", 3, 1.2, weights="haar")
    with pytest.raises(ParameterError, match="depth is 1 or more"):
        jacobian_law("tanh", 0, 1.2)
    with pytest.raises(ParameterError, match="10000 at most"):
        jacobian_law("tanh", 10_001, 1.2)
    with pytest.raises(ParameterError, match="4 positive widths"):
        jacobian_law("tanh", 3, 1.2, widths=[1, 2])
    with pytest.raises(ParameterError, match="depth of 2 or more"):
        jacobian_law("tanh", 1, 1.2, weights="orthogonal", q=1.0)
    with pytest.raises(ParameterError, match="3 widths"):
        layers_of_widths([1, 2], [HALF, HALF], 1, False)
    relu = diagonal_law(activation("relu"), 1.0)
    assert law_of_depth([relu], [1, 1], 1.0, True, "one layer").moments(1) == [0.5]
    wrong = DiagonalLaw(np.array([0.0, 1.0]), np.array([0.5, 0.6]), True)  # of mass 1.1
    with pytest.raises((NotCertified, PrecisionError)):
        Spectrum(law_of_depth([wrong, wrong], [1, 1, 1], 1.0, False, "no law"))


@pytest.mark.parametrize("orthogonal", [False, True])
def test_few_layers_stand_for_many(orthogonal: bool) -> None:
    """Gauss's rule over the variances against the sum over all layers, each solved by itself."""
    variances = propagation("tanh", 1.05).variances(0.5, 24)
    laws = tuple(diagonal_law(activation("tanh"), q) for q in variances)
    found, every = (DepthProduct(laws, (1.0,) * 25, 1.05**2, orthogonal) for _ in range(2))
    every.__dict__["_summed"] = every._groups
    assert len(found._summed) < 14
    w = np.concatenate([[-3.0, -0.02, 1.1, 5.0], np.array([1e-4, 0.01, 0.4, 0.9, 1.0]) + 0.3j])
    assert found.log_inverse(w + 0j)[0] == pytest.approx(every.log_inverse(w + 0j)[0], abs=1e-11)
    assert found.log_inverse(w + 0j)[1] == pytest.approx(every.log_inverse(w + 0j)[1], rel=1e-9)
    real = np.concatenate([-np.geomspace(1e-5, 10, 30), np.geomspace(1.0001, 10, 30)])
    assert found.is_outside(real).tolist() == every.is_outside(real).tolist()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "sigma_w", "sigma_b", "weights", "q", "edge"),
    [
        ("tanh", 1.05, 0.0, "orthogonal", 0.5, 1.463516919199598),  # from all hundred layers, one by one
        ("softplus", 0.9, 0.1, "gaussian", 0.2, None),  # its fifth moment is about 1e-313
    ],
)
def test_a_hundred_layers_on_their_way(
    name: str, sigma_w: float, sigma_b: float, weights: str, q: float, edge: float | None
) -> None:
    rho = Spectrum(jacobian_law(name, 100, sigma_w, sigma_b, weights, q))
    assert rho.certificate.worst < 1e-10
    assert edge is None or rho.support()[1] == pytest.approx(edge, rel=1e-10)
