"""Products of layers with diagonals of any law: against factored inverses, brute force series and samples."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import sympy

from resolvent.catalog.networks.jacobian import jacobian_law, layers_of_projections, layers_of_widths
from resolvent.derive.activations.activation import activation
from resolvent.derive.errors import NotCertified, ParameterError, PrecisionError
from resolvent.numeric.measures.depth_product import DepthProduct, DiagonalLaw, diagonal_law, law_of_depth
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


def test_a_real_network_comes_closer_with_its_width() -> None:
    from resolvent.catalog.networks.jacobian import network_jacobian

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
    with pytest.raises(ParameterError, match="piecewise linear activations only"):
        jacobian_law("tanh", 3, 1.2, weights="orthogonal")
    with pytest.raises(ParameterError, match="gaussian or orthogonal"):
        jacobian_law("tanh", 3, 1.2, weights="haar")
    with pytest.raises(ParameterError, match="depth is 1 or more"):
        jacobian_law("tanh", 0, 1.2)
    with pytest.raises(ParameterError, match="4 positive widths"):
        jacobian_law("tanh", 3, 1.2, widths=[1, 2])
    relu = diagonal_law(activation("relu"), 1.0)
    with pytest.raises(ParameterError, match="depth of 2 or more"):
        law_of_depth([relu], [1, 1], 1.0, True, "one layer")
    with pytest.raises(ParameterError, match="3 widths"):
        layers_of_widths([1, 2], [HALF, HALF], 1, False)
    wrong = DiagonalLaw(np.array([0.0, 1.0]), np.array([0.5, 0.6]), True)  # of mass 1.1
    with pytest.raises((NotCertified, PrecisionError)):
        Spectrum(law_of_depth([wrong, wrong], [1, 1, 1], 1.0, False, "no law"))
