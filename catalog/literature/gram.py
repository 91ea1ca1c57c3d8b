"""Pennington and Worah 2017, Benigni and Peche 2021 and 2022: one layer of random features, its bulk and its spikes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy

from resolvent.catalog.entries.nonlinear_gram import ENSEMBLE as GRAM
from resolvent.catalog.entries.nonlinear_gram import law_by_graphs
from resolvent.catalog.literature.comparing import G, Z, gap, gauss_hermite, is_equation, law, spectrum, symbols
from resolvent.catalog.literature.paper import Paper
from resolvent.catalog.networks.spikes import Entries, RandomLayer, spikes
from resolvent.catalog.registry import get
from resolvent.derive.activations.activation import activation
from resolvent.derive.activations.kernel_matrix import kernel_matrix
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.numeric.matrices.ensembles import symmetric_eigenvalues
from resolvent.numeric.spectrum.rigidity import kolmogorov_distance

PW17 = Paper(
    "PW17", "J. Pennington, P. Worah, Nonlinear random matrix theory for deep learning, NeurIPS 30 (2017) 2634-2643"
)
BP21 = Paper(
    "BP21",
    "L. Benigni, S. Peche, Eigenvalue distribution of some nonlinear models of random matrices, Electron. J. Probab. "
    "26 (2021) 1-37",
)
BP22 = Paper(
    "BP22",
    "L. Benigni, S. Peche, Largest eigenvalues of the conjugate kernel of single-layered neural networks, "
    "arXiv:2201.04753 (2022)",
)
_SURVEY, _SLIDES = "survey, 4.2", "slides, further investigations"
_phi, _psi, _eta, _zeta = symbols("nonlinear-gram", "phi", "psi", "eta", "zeta")
_CASE = {"phi": "1/2", "psi": "3/4"}


# -- Pennington, Worah ---------------------------------------------------------------------------------------------

PW17.definition(
    "model",
    _SURVEY,
    "a layer with Gaussian weights on Gaussian data, its activation centred",
    r"Y = \sigma(WX),\ X_{i\mu} \sim N(0, \sigma_x^2),\ W_{ij} \sim N(0, \sigma_w^2/n_0),\ "
    r"\mathbb E\sigma(\sigma_w\sigma_x\xi) = 0,\ M = \tfrac1m YY^\top",
    "the model of `nonlinear-gram`",
)


PW17.definition(
    "one-layer",
    _SURVEY,
    "the second layer is taken to be the identity",
    r"M = W^{(2)} \big(\tfrac1m \sigma(WX)\sigma(WX)^\top\big) (W^{(2)})^\top,\ W^{(2)} = I_{n_1}",
    "a restriction of the model: other second layers change the spectrum",
)


@PW17.misprint(
    _SURVEY,
    "the transform as a sum of moments; the power of m stands outside of its sum, and m(z) is the Cauchy transform",
    r"m(z) = \frac{1}{n_1 m^k} \sum_{k=0}^\infty \frac{1}{z^{k+1}} \mathbb E\Big[\sum Y_{i_1\mu_1} Y_{i_2\mu_1} \cdots "
    r"Y_{i_1\mu_k}\Big]",
    r"G(z) = \frac{1}{n_1} \sum_{k=0}^\infty \frac{1}{m^k z^{k+1}} \mathbb E\Big[\sum Y_{i_1\mu_1} Y_{i_2\mu_1} \cdots "
    r"Y_{i_1\mu_k}\Big]",
    by="nonlinear-gram",
    kind="numeric",
    bound=1e-9,
)
def sum_of_moments(printed: bool) -> float:
    """tr (zI - M)^-1/n_1 of one real matrix Y against 60 terms, where the free power is taken at k = 1."""
    y = np.random.default_rng(0).standard_normal((3, 5)) / 4
    m, z, powers = 5, 3.0, [np.linalg.matrix_power(y @ y.T, k) for k in range(60)]
    terms = [np.trace(a) / z ** (k + 1) / (1 if printed else m**k) for k, a in enumerate(powers)]
    whole = np.trace(np.linalg.inv(z * np.eye(3) - y @ y.T / m)) / 3
    return gap(whole, sum(terms) / (3 * m if printed else 3))


@PW17.exact(
    f"{_SURVEY}, theorem",
    "the transform from the generating function P of the graphs",
    r"m(z) = \frac\psi z P\Big(\frac1{z\psi}\Big) + \frac{1-\psi}z,\ P = 1 + (\eta-\zeta) t P_\phi P_\psi + "
    r"\frac{P_\phi P_\psi t\zeta}{1 - P_\phi P_\psi t\zeta},\ P_\phi = 1 + (P-1)\phi,\ P_\psi = 1 + (P-1)\psi",
    by="nonlinear-gram",
)
def generating_function() -> bool:
    """P put in terms of z and G is the equation derived by the layer rule; m(z) of the source is G."""
    t, p = 1 / (Z * _psi), 1 + (Z * G - 1) / _psi
    both = (1 + (p - 1) * _phi) * (1 + (p - 1) * _psi) * t
    stated = sympy.numer(sympy.together(1 + (_eta - _zeta) * both + both * _zeta / (1 - both * _zeta) - p))
    return is_equation(law("nonlinear-gram"), stated)


@PW17.exact(
    f"{_SURVEY}, proof",
    "the sum over outer-planar graphs and the integrals of their cycles give the same law",
    r"w_1 = \eta,\ w_j = \zeta^j",
    by="law_by_graphs",
)
def graphs() -> bool:
    """The law of the cycle weights against that of the layer rule, at one case."""
    values = {n: sympy.Rational(v) for n, v in {**_CASE, "eta": "1", "zeta": "1/2"}.items()}
    return bool(law_by_graphs(**values).equation == GRAM.law(**values).equation)


@PW17.numeric(
    _SURVEY,
    "the variance of the activation",
    r"\eta = \int \frac{e^{-z^2/2}}{\sqrt{2\pi}} \sigma(\sigma_w\sigma_x z)^2\,dz",
    by="nonlinear-gram",
    bound=1e-10,
)
def variance() -> float:
    """The constant that the entry derives for tanh at sigma_w = 3/2 against Gauss-Hermite's rule."""
    nodes, weights = gauss_hermite()
    return gap(float(GRAM.numbers(_TANH)["eta"]), weights @ np.tanh(1.5 * nodes) ** 2)


_TANH = {"phi": 1, "psi": 1, "activation": "tanh", "sigma_w": "3/2"}


@PW17.misprint(
    _SURVEY,
    "zeta is the square of the mean slope; printed with the slope squared inside the mean",
    r"\zeta = \Big[\sigma_w\sigma_x \int \frac{e^{-z^2/2}}{\sqrt{2\pi}} \sigma'(\sigma_w\sigma_x z)^2\,dz\Big]^2",
    r"\zeta = \Big[\sigma_w\sigma_x \int \frac{e^{-z^2/2}}{\sqrt{2\pi}} \sigma'(\sigma_w\sigma_x z)\,dz\Big]^2",
    by="nonlinear-gram",
    kind="numeric",
    bound=1e-6,
)
def squared_mean_slope(printed: bool) -> float:
    """E s(u) s(v)/rho of tanh for u, v of a small correlation rho, which is what zeta is for, against the integral."""
    act, rho = activation("tanh", sigma_w="3/2"), 1e-4
    pair = np.array([[1.0, rho], [0.0, math.sqrt(1 - rho**2)]])
    nodes, weights = gauss_hermite()
    slope = np.cosh(1.5 * nodes) ** -2
    stated = (1.5 * (weights @ (slope**2 if printed else slope))) ** 2
    return gap(kernel_matrix(act, pair)[0, 1] / rho, stated)


@PW17.exact(
    _SURVEY,
    "eta = zeta for linear activations only",
    r"\eta = \zeta \iff \sigma \text{ is linear}",
    by="nonlinear-gram",
)
def equal_constants() -> bool:
    """For x + e He_k(x), k = 2, 3, 4, the constants differ by k! e^2, and are equal for e = 0."""
    x, e = sympy.Symbol("x"), sympy.Rational(1, 7)
    found = []
    for k in (2, 3, 4):
        constants = GRAM.numbers({"phi": 1, "psi": 1, "activation": x + e * sympy.hermite_prob(k, x)})
        found.append(constants["eta"] - constants["zeta"] == math.factorial(k) * e**2)
    linear = GRAM.numbers({"phi": 1, "psi": 1, "activation": "linear"})
    return all(found) and bool(linear["eta"] == linear["zeta"])


@PW17.misprint(
    _SURVEY,
    "a linear activation gives the cubic of a product of two Gaussian matrices, not the law of Marchenko and Pastur",
    r"\eta = \zeta \Rightarrow \rho_M = \mu_{MP}",
    r"\zeta = 0 \Rightarrow \rho_M = \eta\,\mu_{MP(n_1/m)};\quad \eta = \zeta \Rightarrow \text{a cubic}",
    by="nonlinear-gram",
)
def wishart_limit(printed: bool) -> float:
    """The degree of the derived equation, 3, and that of Marchenko-Pastur's, 2; and the law at zeta = 0."""
    linear = law("nonlinear-gram").at(zeta=_eta)
    if printed:
        return float(linear.equation.degree != 2)
    noise = law("nonlinear-gram").at(zeta=0)
    is_scaled = noise.equation == (_eta * marchenko_pastur(_phi / _psi)).equation
    return float(not (linear.equation.degree == 3 and is_scaled))


@PW17.numeric(
    "checked value",
    "the transform at one point",
    r"G(-1) = -0.6328791973428479 \text{ at } (\eta, \zeta, \phi, \psi) = (1, \tfrac12, 1, 1)",
    by="nonlinear-gram",
    bound=1e-14,
)
def value_of_the_transform() -> float:
    """The transform of the derived law."""
    rho = spectrum("nonlinear-gram", phi=1, psi=1, eta=1, zeta="1/2")
    return gap(-rho.stieltjes(-1.0).real, -0.6328791973428479)


@PW17.exact(
    "checked value",
    "the first two moments",
    r"m_1 = \eta,\ m_2 = \eta^2(1 + n_1/m) + \zeta^2 n_1/n_0",
    by="nonlinear-gram",
)
def moments() -> bool:
    """The moments of the derived law, with symbols."""
    first, second = law("nonlinear-gram").moments(2)
    return bool(first == _eta and sympy.expand(second - _eta**2 * (1 + _phi / _psi) - _zeta**2 / _psi) == 0)


@PW17.numeric(
    "checked value",
    "the density at two shapes",
    r"\rho(1) = 0.0147779897,\ 0.0196591900 \text{ at } \eta = 0.39, \zeta = 0.36, \psi = 0.1, \phi = 0.2, 1",
    by="nonlinear-gram",
    bound=5e-11,
)
def values_of_the_density() -> float:
    """The density of the derived law."""
    found = [spectrum("nonlinear-gram", phi=phi, psi="1/10", eta="39/100", zeta="36/100") for phi in ("1/5", 1)]
    return gap([float(rho.pdf(1.0)) for rho in found], [0.0147779897, 0.01965919])


# -- Benigni, Peche 2021 -------------------------------------------------------------------------------------------


@BP21.exact(
    _SLIDES,
    "the law depends on the activation by two constants, and is a free product",
    r"\tfrac{1}{n_1} Y^\top Y \to MP(m/n_1) \boxtimes (\eta - \zeta + \zeta MP(m/n_0))",
    by="nonlinear-gram",
)
def free_product() -> bool:
    """The generating function of the graphs, and the companion of the free product, at one case."""
    phi, psi, eta, zeta = (sympy.Rational(v) for v in ("1/2", "3/4", "1", "1/2"))
    product = (zeta * marchenko_pastur(1 / phi) + (eta - zeta)) @ marchenko_pastur(psi / phi)
    gram = law_by_graphs(phi, psi, eta, zeta)
    return bool((phi / psi * product.companion(psi / phi)).equation == gram.equation)


@BP21.misprint(
    _SLIDES,
    "the equation is of degree 4; of degree 3 for linear activations",
    r"\text{a 3rd order polynomial equation}",
    r"\text{a polynomial equation of order 4}",
    by="nonlinear-gram",
)
def order_of_the_equation(printed: bool) -> float:
    """The degree of the derived equation, which is irreducible."""
    return float(abs(law("nonlinear-gram").equation.degree - (3 if printed else 4)))


@BP21.sampled(
    _SLIDES,
    "the entries of weights and data need not be Gaussian",
    r"W, X \text{ sub-Gaussian}",
    by="nonlinear-gram",
    bound=0.01,
)
def universality() -> float:
    """Kolmogorov's distance of features of signs, n_1 = 400, from the law of Gaussian ones."""
    n_1, n_0, m = 400, 300, 600
    layer = RandomLayer(activation("tanh"), Entries(0.0, 1.0), Entries(0.0, 1.0))
    y = layer.features(n_1, n_0, m, np.random.default_rng(1))
    rho = spectrum("nonlinear-gram", phi="1/2", psi="3/4", activation="tanh")
    return float(kolmogorov_distance(rho, symmetric_eigenvalues(y @ y.T / m)).value)


@BP21.sampled(
    _SLIDES,
    "several layers: the law of each from that of the one below",
    r"\mu_l = MP(\gamma_l) \boxtimes ((1 - b^2) + b^2 \mu_{l-1})",
    by="conjugate-kernel",
    bound=0.015,
)
def several_layers() -> float:
    """Kolmogorov's distance of the kernel of a real network with two layers, 400 samples, from the law."""
    case: Any = {"depth": 2, "b2": "3/4", "gamma": "1/2", "c": 2}
    values = symmetric_eigenvalues(get("conjugate-kernel").sample(400, 3, **case))
    return float(kolmogorov_distance(spectrum("conjugate-kernel", **case), values).value)


# -- Benigni, Peche 2022 -------------------------------------------------------------------------------------------

_SIGNS, _SKEW = Entries(0.0, 1.0), Entries(1.5, 3.25)
_SHAPE = (4500, 900, 3000)  # n_1, n_0, m


def _cosine(weights: Entries, data: Entries) -> RandomLayer:
    return RandomLayer(activation("cos", centred=True, sigma_w="13/10"), weights, data)


def _second(layer: RandomLayer) -> float:
    """kappa = E[xi^2 s(xi)]/2 at variance 1, by Gauss and Hermite."""
    nodes, weights = gauss_hermite()
    values = np.asarray(layer.activation(float(layer.activation.scale) * nodes))
    return float(weights @ (nodes**2 * (values - weights @ values))) / 2


@BP22.numeric(
    _SLIDES,
    "the strengths of the two spikes, v = E(entry^4) - 1",
    r"\theta_w^2 = \kappa^2 v_W n_1/n_0,\ \theta_x^2 = \kappa^2 v_X n_1/n_0,\ \kappa = \mathbb E[\xi^2\sigma(\xi)]/2",
    by="nonlinear-gram",
    bound=1e-12,
)
def strengths() -> float:
    """Those of cos(1.3 z) with Gaussian data and weights of fourth moments 1 and 4."""
    found = []
    for weights in (_SIGNS, Entries(0.0, 4.0)):
        layer = _cosine(weights, Entries())
        stated = [abs(_second(layer)) * math.sqrt(v * 5) for v in (2.0, weights.fourth - 1)]
        found.append(gap(layer.strengths(4500, 900), sorted((s for s in stated if s), reverse=True)))
    return max(found)


@BP22.numeric(
    _SLIDES,
    "the places of spikes",
    r"\lambda G(\lambda) \tilde G(\lambda) = 1/\theta^2,\ \tilde G = (n_1/m) G + (1 - n_1/m)/\lambda",
    by="nonlinear-gram",
    bound=5e-9,
)
def places() -> float:
    """The response of the derived bulk at the predicted place; and its checked value 2.27464823 in the same setting."""
    n_1, n_0, m = _SHAPE
    layer = _cosine(_SIGNS, Entries())
    rho = spectrum("nonlinear-gram", phi="3/10", psi="1/5", activation="cos", sigma_w="13/10")
    (found,) = spikes(rho.law, layer, n_1, n_0, m)
    place = float(found.location or 0)
    g = -rho.stieltjes(place).real
    response = place * g * (n_1 / m * g + (1 - n_1 / m) / place)
    return max(gap(response * found.strength**2, 1.0), gap(place, 2.27464823))


@BP22.numeric(
    _SLIDES,
    "places and threshold without linear part, c = n_1/m",
    r"\zeta = 0:\ \lambda = (\theta^2 + \eta)(\theta^2 + \eta c)/\theta^2 \iff \theta^2 > \eta\sqrt c",
    by="nonlinear-gram",
    bound=1e-10,
)
def places_of_even_activations() -> float:
    """The spikes of x^2 - 1, eta = 2, with Gaussian data and two kinds of weights."""
    x, found = sympy.Symbol("x"), []
    rho = spectrum("nonlinear-gram", phi="1/2", psi="1/4", eta=2, zeta=0)
    for weights in (_SIGNS, Entries(0.0, 3.5)):
        layer = RandomLayer(activation(x**2 - 1), weights, Entries())
        for spike in spikes(rho.law, layer, 400, 100, 200):
            square = spike.strength**2
            stated = (square + 2) * (square + 4) / square if square > 2 * math.sqrt(2) else 0.0
            found.append(gap(float(spike.location or 0), stated))
    return max(found)


@BP22.numeric(
    "checked value",
    "the mean of an activation makes a spike near n_1 (E s)^2 + eta (1 + n_1/m)",
    r"(n_0, n_1, m) = (900, 600, 1200),\ \text{ReLU: } 96.0",
    by="nonlinear-gram",
    bound=1e-3,
)
def spike_of_the_mean() -> float:
    """The place that the entry predicts for the ReLU, not centred."""
    (found,) = GRAM.outliers(600, phi="3/4", psi="3/2", activation="relu", centred=0)
    mean, eta = 600 / (2 * math.pi), 0.5 - 0.5 / math.pi
    return max(gap(found.location, 96.0), gap(found.location, mean + eta * 1.5))


@BP22.numeric(
    _SLIDES,
    "the exception: where both distributions are skew the third component makes a spike",
    r"\theta = \frac{\mathbb E[He_3\sigma]}6 \kappa_3(W) \kappa_3(X) \sqrt{n_1/n_0}",
    by="nonlinear-gram",
    bound=1e-12,
)
def strength_of_skew_entries() -> float:
    """The strength of sin(2x) with entries of third moment 3/2 against Gauss and Hermite's rule."""
    nodes, weights = gauss_hermite()
    third = float(weights @ ((nodes**3 - 3 * nodes) * np.sin(2 * nodes))) / 6
    found = RandomLayer(activation("sin", sigma_w=2), _SKEW, _SKEW).strengths(3000, 300)
    return gap(found, [abs(third) * 1.5**2 * math.sqrt(10)])


@BP22.misprint(
    _SLIDES,
    "without a square component there is no spike, unless both weights and data are skew",
    r"\mathbb E[\xi^2\sigma(\xi)] = 0 \Rightarrow \text{no spike}",
    r"\mathbb E[\xi^2\sigma(\xi)] = 0 \text{ and } \mathbb E W_{ij}^3\, \mathbb E X_{ij}^3 = 0 \Rightarrow "
    r"\text{no spike}",
    by="nonlinear-gram",
)
def no_spike(printed: bool) -> float:
    """The number of strengths of sin(2x): symmetric entries, and skew ones if the exception is left out."""
    sine = activation("sin", sigma_w=2)
    return float(len(RandomLayer(sine, _SKEW, _SKEW if printed else Entries()).strengths(3000, 300)))


@BP22.misprint(
    _SLIDES,
    "a square component makes two spikes at most, and none where its strength is below the threshold",
    r"\mathbb E[\xi^2\sigma(\xi)] \ne 0 \Rightarrow \text{spikes, at most two}",
    r"\mathbb E[\xi^2\sigma(\xi)] \ne 0 \text{ is necessary, not sufficient; at most two}",
    by="nonlinear-gram",
)
def at_most_two(printed: bool) -> float:
    """Strengths of cos(1.3 x), two, one and none; and at equal sizes those of Gaussian entries make no eigenvalue."""
    if printed:
        rho = spectrum("nonlinear-gram", phi=1, psi=1, activation="cos", sigma_w="1/2")
        small = RandomLayer(activation("cos", centred=True, sigma_w="1/2"))
        return float(all(s.location is None for s in spikes(rho.law, small, 400, 400, 400)))
    counts = [len(_cosine(w, x).strengths(4500, 900)) for w in (Entries(), _SIGNS) for x in (Entries(), _SIGNS)]
    return float(counts != [2, 1, 1, 0])
