"""Pennington, Schoenholz, Ganguli 2017 and Pastur 2020: the input-output Jacobian of deep networks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import sympy

from resolvent.catalog.literature.comparing import (
    G,
    Z,
    gap,
    gauss_hermite,
    is_equation,
    is_transform,
    law,
    spectrum,
    symbols,
)
from resolvent.catalog.literature.paper import Paper
from resolvent.catalog.networks.jacobian import jacobian_law, layers_of_projections, network_jacobian
from resolvent.catalog.registry import get
from resolvent.derive.activations.activation import activation
from resolvent.derive.activations.propagation import critical_sigma_w, propagation
from resolvent.derive.laws.elementary import atoms, marchenko_pastur
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.rigidity import kolmogorov_distance
from resolvent.numeric.spectrum.spectrum import Spectrum

PSG17 = Paper(
    "PSG17",
    "J. Pennington, S. Schoenholz, S. Ganguli, Resurrecting the sigmoid in deep learning through dynamical isometry: "
    "theory and practice, NeurIPS 30 (2017) 4785-4795",
)
PASTUR = Paper(
    "Pastur20",
    "L. Pastur, On random matrices arising in deep neural networks: Gaussian case, arXiv:2001.06188 (2020); L. Pastur, "
    "V. Slavin, general i.i.d. case, Random Matrices Theory Appl. 12 (2023); L. Pastur, orthogonal case, J. Math. "
    "Phys. "
    "63 (2022)",
)
_BY, _PLACE = "jacobian", "slides, random DNNs"
_s, _p, _L = symbols(_BY, "sigma_w", "p", "depth")
_u = sympy.Symbol("u")

PSG17.definition(
    "model",
    _PLACE,
    "the Jacobian of a network with independent weights, its slopes free from them",
    r"J = \prod_{l=1}^L D_l W_l,\ D_l = \operatorname{diag}(\sigma'(h_l))",
    "the model of `jacobian`",
)


@PSG17.numeric(
    "mean field",
    "the variance of the pre-activations from layer to layer, and the mean squared slope chi",
    r"q_l = \sigma_w^2 \mathbb E\sigma(\sqrt{q_{l-1}}\xi)^2 + \sigma_b^2,\ \chi = \sigma_w^2 \mathbb "
    r"E\sigma'(\sqrt{q^*} "
    r"\xi)^2",
    by="propagation",
    bound=1e-9,
)
def mean_field() -> float:
    """The maps of tanh at sigma_w = 1.3, sigma_b = 0.2 against Gauss and Hermite's rule, and the fixed point."""
    maps = propagation("tanh", 1.3, 0.2)
    (nodes, weights), found = gauss_hermite(), []
    for q in (0.3, 1.0, maps.fixed_point()):
        h = math.sqrt(q) * nodes
        stated = 1.69 * (weights @ np.tanh(h) ** 2) + 0.04, 1.69 * (weights @ np.cosh(h) ** -4)
        found.append(gap((maps.following(q), maps.slope(q)), stated))
    return max(*found, gap(maps.following(maps.fixed_point()), maps.fixed_point()))


@PSG17.numeric(
    "mean field",
    "the critical line",
    r"\chi(\sigma_w, \sigma_b) = 1",
    by="critical_sigma_w",
    bound=1e-9,
)
def critical_line() -> float:
    """chi at the derived sigma_w of tanh for two sigma_b; 1 and 2 for tanh and the ReLU without biases."""
    found = [
        gap(propagation("tanh", w, b).slope(q), 1.0) for b in (0.05, 0.3) for w, q in [critical_sigma_w("tanh", b)]
    ]
    return max(*found, gap(critical_sigma_w("tanh")[0], 1.0), gap(critical_sigma_w("relu")[0] ** 2, 2.0))


@PSG17.numeric(
    "linear units",
    "the share of linear units",
    r"p = \tfrac12 \text{ (ReLU)},\ p = \operatorname{erf}(1/\sqrt{2q^*}) \text{ (hard tanh)}",
    by="propagation",
    bound=1e-12,
)
def share_of_linear_units() -> float:
    """The mean squared slopes of both at three variances."""
    found = [gap(propagation("hard_tanh", 1.0).slope(q), math.erf(1 / math.sqrt(2 * q))) for q in (0.2, 1.0, 3.0)]
    return max(*found, gap(propagation("relu", 1.0).slope(0.7), 0.5))


@PSG17.exact(
    "S-transforms",
    "the S-transforms of a layer's weights and of its slopes",
    r"S_{WW^\top} = \frac{1}{\sigma_w^2(1+z)} \text{ (Gaussian)},\ \frac{1}{\sigma_w^2} \text{ (orthogonal)},\ "
    r"S_{D^2} = "
    r"\frac{z+1}{z+p}",
    by=_BY,
)
def s_transforms() -> bool:
    """They solve the polynomials of the S-transforms of the three laws."""
    gaussian = is_transform(_s**2 * marchenko_pastur(1), "S", 1 / (_s**2 * (1 + _u)), _u)
    slopes = is_transform(atoms([0, 1], [1 - _p, _p]), "S", (1 + _u) / (_p + _u), _u)
    return gaussian and slopes and is_transform(atoms([_s**2]), "S", 1 / _s**2 + 0 * _u, _u)


@PSG17.exact(
    "S-transforms",
    "the transform for Gaussian weights, any depth L",
    r"zG - 1 = \sigma_w^{2L} G (zG + p - 1)^L",
    by=_BY,
)
def gaussian_weights() -> bool:
    """The equation derived at L = 1, 2, 3, 5 with symbols; and what the law prints with the symbol L."""
    found = [
        is_equation(_layers(n, False), Z * G - 1 - _s ** (2 * n) * G * (Z * G + _p - 1) ** n) for n in (1, 2, 3, 5)
    ]
    symbolic = layers_of_projections(_L, _p, sympy.Integer(1), False)
    return all(found) and symbolic.statement("cauchy").formula.text() == ["G*z - 1 = G*(G*z + p - 1)**depth"]


def _layers(depth: int, is_orthogonal: bool) -> object:
    return layers_of_projections(sympy.Integer(depth), _p, _s, is_orthogonal).algebraic()


@PSG17.exact(
    "S-transforms",
    "the transform for orthogonal weights, any depth L",
    r"z(zG - 1)(zG)^{L-1} = \sigma_w^{2L} (zG + p - 1)^L",
    by=_BY,
)
def orthogonal_weights() -> bool:
    """The equation derived at L = 1, 2, 3, 5 with symbols; and what the law prints with the symbol L."""
    found = [
        is_equation(_layers(n, True), Z * (Z * G - 1) * (Z * G) ** (n - 1) - _s ** (2 * n) * (Z * G + _p - 1) ** n)
        for n in (1, 2, 3, 5)
    ]
    symbolic = layers_of_projections(_L, _p, sympy.Integer(1), True)
    stated = ["z*(G*z)**(depth - 1)*(G*z - 1) = (G*z + p - 1)**depth"]
    return all(found) and symbolic.statement("cauchy").formula.text() == stated


@PSG17.exact(
    "moments",
    "the first two moments",
    r"m_1 = (\sigma_w^2 p)^L,\ m_2/m_1^2 = 1 + L/p \text{ (Gaussian)},\ 1 + L(1/p - 1) \text{ (orthogonal)}",
    by=_BY,
)
def moments() -> bool:
    """The moments of the derived law with symbolic L, sigma_w and p."""
    for orthogonal, ratio in ((False, 1 + _L / _p), (True, 1 + _L * (1 / _p - 1))):
        first, second = layers_of_projections(_L, _p, _s, orthogonal).moments(2)
        mean = (_s**2 * _p) ** _L
        if sympy.simplify(first / mean) != 1 or sympy.simplify(second / first**2 - ratio) != 0:
            return False
    return True


@PSG17.exact(
    "atoms",
    "the atoms: 1 - p at 0, and 1 - L(1-p) at sigma_w^2L for orthogonal weights",
    r"(1 - p)\,\delta_0;\quad L(1-p) < 1: (1 - L(1-p))\,\delta_{\sigma_w^{2L}}",
    by=_BY,
)
def atoms_of_the_jacobian() -> bool:
    """The atoms of the derived laws with symbols, sigma_w = 1; and those of the polynomial at L = 3, p = 5/6."""
    gaussian, orthogonal = (layers_of_projections(_L, _p, sympy.Integer(1), o).atoms() for o in (False, True))
    zero = (0, sympy.Max(0, 1 - _p))
    second = (1, sympy.Max(0, 1 - _L * (1 - _p)).expand())
    rho = spectrum(_BY, depth=3, weights="orthogonal", sigma_w=2, p="5/6")
    found = sorted((float(a.point), float(a.weight)) for a in rho.atoms)
    at_numbers = gap(found, [(0.0, 1 / 6), (64.0, 0.5)]) < 1e-12
    return gaussian == [zero] and orthogonal == [zero, second] and at_numbers


@PSG17.exact(
    "depth without limit",
    "the right edge for Gaussian weights, any depth L",
    r"\sigma_w^{2L} (1+u)(p+u)^L/u,\ u = \frac{1-L+\sqrt{(L-1)^2+4Lp}}{2L};\quad p = 1: (L+1)^{L+1}/L^L",
    by=_BY,
)
def right_edge() -> bool:
    """The edge of the derived law with the symbol L at p = 1, and at L = 1, 2, 5 with the symbol p."""
    linear = layers_of_projections(_L, sympy.Integer(1), sympy.Integer(1), False).right_edge()
    u = (1 - _L + sympy.sqrt((_L - 1) ** 2 + 4 * _L * _p)) / (2 * _L)
    ratio = layers_of_projections(_L, _p, sympy.Integer(1), False).right_edge() / ((1 + u) * (_p + u) ** _L / u)
    at_depths = [sympy.simplify(ratio.subs(_L, n)) == 1 for n in (1, 2, 5)]
    return all(at_depths) and bool(sympy.simplify(linear - (_L + 1) ** (_L + 1) / _L**_L) == 0)


@PSG17.numeric(
    "depth without limit",
    "the density of linear networks next to 0",
    r"\rho(x) \sim x^{-L/(L+1)},\ x \to 0",
    by=_BY,
    bound=1e-3,
)
def density_next_to_zero() -> float:
    """The slope of log rho between 1e-12 and 1e-13 for the derived laws of depth 1, 2, 3 and 5."""
    found = []
    for depth in (1, 2, 3, 5):
        rho = spectrum(_BY, depth=depth, weights="gaussian", sigma_w=1, p=1)
        high, low = (float(v) for v in rho.pdf(np.array([1e-12, 1e-13])))
        found.append(gap(math.log(high / low) / math.log(10), -depth / (depth + 1)))
    return max(found)


@PSG17.numeric(
    "checked value",
    "transforms and right edges of ReLU networks, L = 3, sigma_w^2 = 2; the right edge of linear ones",
    r"G(-1) = -0.809016994374947,\ -0.758914093281423;\ 16.45775690,\ 6.75;\ 256/27",
    by=_BY,
    bound=1e-9,
)
def values_of_relu_networks() -> float:
    """The spectra of the derived laws."""
    half, found = sympy.Rational(1, 2), []
    for orthogonal, value, edge in ((False, -0.809016994374947, 16.45775690), (True, -0.758914093281423, 6.75)):
        rho = Spectrum(layers_of_projections(sympy.Integer(3), half, sympy.sqrt(2), orthogonal))
        found += [gap(-complex(rho.stieltjes(-1.0)).real, value), gap(rho.support()[1], edge)]
    linear = Spectrum(law(_BY, depth=3, weights="gaussian", sigma_w=1, p=1))
    return max(*found, gap(linear.support()[1], 256 / 27))


@PSG17.sampled(
    _PLACE,
    "Jacobians of real networks follow the law",
    r"\rho_{JJ^\top} \to \rho",
    by=_BY,
    bound=0.03,
)
def real_networks() -> float:
    """Kolmogorov's distance of the Jacobian of a linear network of width 400, L = 3, with Gaussian weights."""
    case: Any = {"depth": 3, "weights": "gaussian", "sigma_w": 1}
    values = np.linalg.eigvalsh(get(_BY).sample(400, 3, activation="linear", **case))
    return float(kolmogorov_distance(spectrum(_BY, p=1, **case), np.maximum(values, 0.0)).value)


# -- Pastur --------------------------------------------------------------------------------------------------------


def _psi(w: float, slopes: Sequence[Array], is_orthogonal: bool) -> float:
    """psi(w) at w < 0 for layers with these d^2 at the nodes: the root above -1 of the printed equations."""
    from scipy.optimize import brentq

    if not slopes:
        return w / (1 - w)
    (_, weights), d2 = gauss_hermite(), slopes[-1]

    def excess(psi: float) -> float:
        k = brentq(lambda k: float(weights @ (k * d2 / (1 - k * d2))) - psi, -1e9, 0.0, xtol=1e-15, rtol=1e-14)
        return _psi(w * psi / k / (1 + psi if is_orthogonal else 1), slopes[:-1], is_orthogonal) - psi

    return float(brentq(excess, -0.9, -1e-6, xtol=1e-14))


@cache
def _tanh(depth: int) -> Spectrum:
    """The derived law of tanh layers, sigma_w^2 = 1.5, first variance 1.2, Gaussian weights."""
    return Spectrum(jacobian_law("tanh", depth, math.sqrt(1.5), q=1.2))


@cache
def _erf() -> Spectrum:
    """The derived law of two erf layers at the fixed point, sigma_w = 1.2, sigma_b = 0.3, orthogonal weights."""
    return Spectrum(jacobian_law("erf", 2, 1.2, 0.3, "orthogonal"))


def _derived_psi(rho: Spectrum) -> float:
    """psi(-2) = -1 - z m(z) at z = -1/2."""
    return -1 + 0.5 * complex(rho.stieltjes(-0.5)).real


@PASTUR.numeric(
    "Gaussian weights",
    "functional equations for any law of the slopes",
    r"\psi_l(w) = \psi_{l-1}(h) = \psi_{D^2}(k),\ hk = w\psi_l(w),\ \psi_{D^2}(k) = \mathbb E\frac{kd^2}{1-kd^2},\ "
    r"d^2 = \sigma_w^2\sigma'(\sqrt{q_l}\xi)^2",
    by="jacobian_law",
    bound=1e-9,
)
def functional_equations() -> float:
    """psi of the derived law of 3 layers of tanh at w = -2 against the root of the printed equations."""
    nodes, _ = gauss_hermite()
    variances = propagation("tanh", math.sqrt(1.5)).variances(1.2, 3)
    slopes = [1.5 * np.cosh(math.sqrt(q) * nodes) ** -4 for q in variances]
    return gap(_derived_psi(_tanh(3)), _psi(-2.0, slopes, False))


@PASTUR.numeric(
    "orthogonal weights",
    "functional equations for any law of the slopes",
    r"\psi_l(w) = \psi_{l-1}(h) = \psi_{D^2}(k),\ hk = w\psi_l(w)/(1 + \psi_l(w))",
    by="jacobian_law",
    bound=1e-9,
)
def functional_equations_of_orthogonal_weights() -> float:
    """psi of the derived law of 2 layers of erf at w = -2 against the root of the printed equations."""
    nodes, _ = gauss_hermite()
    q = propagation("erf", 1.2, 0.3).fixed_point()
    slopes = 1.44 * 4 / math.pi * np.exp(-2 * q * nodes**2)
    return gap(_derived_psi(_erf()), _psi(-2.0, [slopes, slopes], True))


@PASTUR.numeric(
    "checked value",
    "tanh, sigma_w^2 = 1.5, L = 3, first variance 1.2",
    r"G(-\tfrac12) = -1.5382084066",
    by="jacobian_law",
    bound=1e-10,
)
def value_of_tanh() -> float:
    """The transform of the derived law."""
    return gap(-complex(_tanh(3).stieltjes(-0.5)).real, -1.5382084066)


@PASTUR.sampled(
    "Gaussian weights",
    "Jacobians of real networks with a smooth activation follow the law",
    r"\nu_{J_n J_n^\top} \to \nu",
    by="jacobian_law",
    bound=0.025,
)
def real_networks_with_tanh() -> float:
    """Kolmogorov's distance of three Jacobians of tanh networks of width 300, L = 3, from the law."""
    rng, tanh = np.random.default_rng(0), activation("tanh")
    draws = [np.linalg.eigvalsh(network_jacobian([300] * 4, rng, tanh, math.sqrt(1.5), q=1.2)) for _ in range(3)]
    return float(kolmogorov_distance(_tanh(3), np.maximum(np.concatenate(draws), 0.0)).value)


@PASTUR.sampled(
    "orthogonal weights",
    "Jacobians of real networks with orthogonal weights and a smooth activation follow the law",
    r"\nu_{J_n J_n^\top} \to \nu",
    by="jacobian_law",
    bound=0.02,
)
def real_orthogonal_networks() -> float:
    """Kolmogorov's distance of eight Jacobians of erf networks of width 300, orthogonal weights, L = 2."""
    rng, erf = np.random.default_rng(0), activation("erf")
    draws = [np.linalg.eigvalsh(network_jacobian([300] * 3, rng, erf, 1.2, 0.3, True)) for _ in range(8)]
    return float(kolmogorov_distance(_erf(), np.maximum(np.concatenate(draws), 0.0)).value)


@PASTUR.sampled(
    "orthogonal weights",
    "the density of two orthogonal layers of tanh, sigma_w^2 = 1.5, first variance 1.2",
    r"\nu_{J_n J_n^\top} \to \nu",
    by="jacobian_law",
    bound=0.02,
)
def orthogonal_tanh() -> float:
    """Kolmogorov's distance of eight Jacobians of tanh networks of width 300, orthogonal weights, L = 2."""
    rng, tanh = np.random.default_rng(0), activation("tanh")
    law = jacobian_law("tanh", 2, math.sqrt(1.5), weights="orthogonal", q=1.2)
    draws = [
        np.linalg.eigvalsh(network_jacobian([300] * 3, rng, tanh, math.sqrt(1.5), 0.0, True, 1.2)) for _ in range(8)
    ]
    return float(kolmogorov_distance(Spectrum(law), np.maximum(np.concatenate(draws), 0.0)).value)
