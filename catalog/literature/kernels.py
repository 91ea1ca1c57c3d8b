"""Fan and Wang 2020: the conjugate and the tangent kernel of deep networks; Jacot et al. 2018, as our slides have
it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy

from resolvent.catalog.entries.nonlinear_gram import law_by_graphs
from resolvent.catalog.entries.tangent_kernel import deep_kernel, tangent_kernel
from resolvent.catalog.literature.comparing import gap, spectrum, symbols
from resolvent.catalog.literature.paper import Paper
from resolvent.catalog.networks.layer_rule import conjugate_kernel
from resolvent.catalog.registry import get
from resolvent.derive.activations.activation import activation
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.expressions import dimension
from resolvent.numeric.expressions.dyson_solver import DysonSolver
from resolvent.numeric.matrices.ensembles import symmetric_eigenvalues
from resolvent.numeric.spectrum.rigidity import kolmogorov_distance
from resolvent.numeric.spectrum.spectrum import Spectrum

JGH18 = Paper(
    "JGH18",
    "A. Jacot, F. Gabriel, C. Hongler, Neural tangent kernel: convergence and generalization in neural networks, "
    "NeurIPS 31 (2018) 8571-8580",
)
FW20 = Paper(
    "FW20",
    "Z. Fan, Z. Wang, Spectra of the conjugate kernel and neural tangent kernel for linear-width neural networks, "
    "NeurIPS 33 (2020) 7710-7721",
)
_CONJUGATE, _TANGENT = "conjugate-kernel", "tangent-kernel"


# -- linearised networks -------------------------------------------------------------------------------------------


def _network(parameters: Array, x: Array) -> Array:
    """v^T tanh(W x)/sqrt(d) of 3 units on 2 inputs, the parameters in one vector; a value for each column of x."""
    w, v = parameters[:6].reshape(3, 2), parameters[6:]
    return np.asarray(v @ np.tanh(w @ x) / math.sqrt(3))


def _point() -> tuple[Array, Array]:
    rng = np.random.default_rng(6)
    return np.concatenate([rng.standard_normal(6), [1.0, -1.0, 1.0]]), rng.standard_normal((2, 4))


def _features(parameters: Array, x: Array) -> Array:
    """The gradients in the parameters, a column for each point, by central differences."""
    steps = 1e-6 * np.eye(len(parameters))
    return np.array([(_network(parameters + e, x) - _network(parameters - e, x)) / 2e-6 for e in steps])


@JGH18.numeric(
    "slides (8)",
    "a network next to its start is linear in the parameters",
    r"f(\mathbf x; \theta) \approx f_{\text{lin}}(\mathbf x; \theta) = f(\mathbf x; \theta_0) + (\theta - "
    r"\theta_0)^\top "
    r"\nabla_\theta f(\mathbf x; \theta_0)",
    by="tangent-kernel",
    bound=0.02,
)
def linearisation() -> float:
    """The error for steps of size h = 1e-3 over that for 2h is 1/4: it is of second order."""
    start, x = _point()
    step = np.random.default_rng(8).standard_normal(len(start))
    errors = [
        float(np.max(np.abs(_network(start + h * step, x) - _network(start, x) - h * step @ _features(start, x))))
        for h in (1e-3, 2e-3)
    ]
    return abs(errors[0] / errors[1] - 0.25)


@JGH18.numeric(
    "slides (9), (10)",
    "the empirical tangent kernel is the Gram matrix of the gradients",
    r"K_{e\text{-NTK}}(\mathbf x, \mathbf y) = \phi_{NTK}(\mathbf x)^\top \phi_{NTK}(\mathbf y)",
    by="tangent-kernel",
    bound=1e-8,
)
def gram_of_gradients() -> float:
    """The kernel that the entry samples, X_1^T X_1 + (S^T S)*(X^T X), against differences of a tanh network."""
    start, x = _point()
    phi = _features(start, x)
    return gap(tangent_kernel(x, start[:6].reshape(3, 2), activation("tanh")), phi.T @ phi)


@JGH18.misprint(
    "slides, after (10)",
    "the linearised cost is a linear regression for the residual y - f(x; theta_0); printed with the other sign",
    r"\text{Cost} = \lVert y' - \Phi_{NTK}^\top \delta\rVert^2,\ y'_i = f(\mathbf x_i; \theta_0) - y_i",
    r"\text{Cost} = \lVert y' - \Phi_{NTK}^\top \delta\rVert^2,\ y'_i = y_i - f(\mathbf x_i; \theta_0)",
    by="tangent-kernel",
    kind="numeric",
    bound=1e-12,
)
def linear_regression(printed: bool) -> float:
    """Both sides for a tanh network and random targets."""
    (start, x), rng = _point(), np.random.default_rng(9)
    phi, y, delta = _features(start, x), rng.standard_normal(4), rng.standard_normal(len(start))
    cost = np.sum((_network(start, x) + delta @ phi - y) ** 2)
    rest = (_network(start, x) - y) * (1 if printed else -1)
    return gap(cost, np.sum((rest - delta @ phi) ** 2))


# -- Fan, Wang -----------------------------------------------------------------------------------------------------

FW20.definition(
    "model",
    "section 2",
    "a deep network on given inputs, its activation centred and of unit variance",
    r"X_l = \frac{1}{\sqrt{d_l}} \sigma(W_l X_{l-1}),\ \gamma_l = n/d_l,\ \mathbb E\sigma(\xi) = 0,\ \mathbb "
    r"E\sigma(\xi)^2 = 1,\ b = \mathbb E\sigma'(\xi),\ a = \mathbb E\sigma'(\xi)^2",
    "the model of `conjugate-kernel`",
)


@FW20.exact(
    "limit of the conjugate kernel",
    "the law of each layer's kernel from that of the one below",
    r"\mu_l = \mu_{\gamma_l}^{MP} \boxtimes ((1 - b_\sigma^2) + b_\sigma^2 \mu_{l-1})",
    by=_CONJUGATE,
)
def conjugate_kernels() -> bool:
    """One layer on Gaussian inputs against the graphs of its walks: the same equation, with other ratios."""
    b2, c, gamma = (sympy.Rational(v) for v in ("1/3", "1/2", "2"))
    found = conjugate_kernel(marchenko_pastur(c), b2, [gamma])
    phi, psi = 1 / c, gamma / c  # n_0/m and n_0/n_1 of the layer, m = n samples
    graphs = law_by_graphs(phi, psi, sympy.Integer(1), b2)
    return bool(found.equation == ((psi / phi) * graphs).companion(phi / psi).equation)


@FW20.exact(
    "limit of the conjugate kernel",
    "the second moments from layer to layer",
    r"m_2(\mu_l) = 1 + \gamma_l + b^4 (m_2(\mu_{l-1}) - 1)",
    by=_CONJUGATE,
)
def second_moments() -> bool:
    """The moments of the law of two layers, with symbols."""
    (b2,) = symbols(_CONJUGATE, "b2")
    c, first, second = sympy.symbols("c gamma_1 gamma_2", positive=True)
    law = conjugate_kernel(marchenko_pastur(c), b2, [first, second])
    inner = 1 + first + b2**2 * c
    return bool(sympy.expand(law.moments(2)[1] - (1 + second + b2**2 * (inner - 1))) == 0)


@FW20.numeric(
    "checked value",
    "the transforms after one and two layers, b^2 = 1/2, gamma = 1, inputs MP(1)",
    r"m(-1) = 0.6328791973428479,\ 0.6355242800443937",
    by=_CONJUGATE,
    bound=1e-14,
)
def values_of_conjugate_kernels() -> float:
    """The transforms of the derived laws."""
    found = [spectrum(_CONJUGATE, depth=n, b2="1/2", gamma=1).stieltjes(-1).real for n in (1, 2)]
    return gap(found, [0.6328791973428479, 0.6355242800443937])


@FW20.sampled(
    "limit of the conjugate kernel",
    "kernels of real networks follow the law",
    r"\lim \operatorname{spec} X_L^\top X_L = \mu_L",
    by=_CONJUGATE,
    bound=0.015,
)
def real_networks() -> float:
    """Kolmogorov's distance of the kernel of a network of depth 3 with 480 samples from the law."""
    case: Any = {"depth": 3, "b2": "1/2", "gamma": "1/2", "c": "3/4"}
    values = symmetric_eigenvalues(get(_CONJUGATE).sample(480, 1, **case))
    return float(kolmogorov_distance(spectrum(_CONJUGATE, **case), values).value)


@FW20.numeric(
    "limit of the tangent kernel",
    "one hidden layer: the kernel is a free product",
    r"\lim \operatorname{spec} K^{NTK} = \text{the law of } r_+ I + X_1^\top X_1 + b_\sigma^2 X_0^\top X_0,\ r_+ = "
    r"a_\sigma - "
    r"b_\sigma^2",
    by=_TANGENT,
    bound=1e-8,
)
def tangent_kernel_of_one_layer() -> float:
    """The entry's law against the Dyson equation of the matrix expression, at two points."""
    n, first, second = (dimension(name) for name in ("n", "d0", "d1"))
    solver = DysonSolver.of(deep_kernel(1, "1/2", "3/2"), {(n, first): 1, (n, second): 2})
    law = get(_TANGENT).law(eta=1, eta_prime="3/2", zeta="1/2", gamma=2, c=1)
    z = np.array([-1 + 0.1j, 2 + 0.5j])
    return gap(solver.solve(z).stieltjes, Spectrum(law).stieltjes(z))


@FW20.sampled(
    "limit of the tangent kernel",
    "deep networks: a sum of the kernels of all layers",
    r"r_+ I + X_L^\top X_L + \sum_{l<L} b_\sigma^{2(L-l)} X_l^\top X_l,\ r_+ = \sum_{l<L} (a_\sigma^{L-l} - "
    r"b_\sigma^{2(L-l)})",
    by="deep_kernel",
    bound=0.02,
)
def tangent_kernel_of_deep_networks() -> float:
    """The transform at z = -1 of a real tanh network with two hidden layers and 400 samples against the Dyson
    equation."""
    n, *others = (dimension(name) for name in ("n", "d0", "d1", "d2"))
    act, rng, size = activation("tanh"), np.random.default_rng(4), 400
    scale = math.sqrt(float(act.eta))
    b2, a = float(act.zeta) / float(act.eta), float(act.eta_prime) / float(act.eta)
    solver = DysonSolver.of(deep_kernel(2, b2, a), {(n, other): 1 for other in others})
    x0 = rng.standard_normal((size, size)) / math.sqrt(size)
    first, second = rng.standard_normal((2, size, size))
    h1 = first @ x0
    x1 = np.tanh(h1) / scale / math.sqrt(size)
    h2 = second @ x1
    x2 = np.tanh(h2) / scale / math.sqrt(size)
    signs = rng.choice([-1.0, 1.0], size)
    outer = np.cosh(h2) ** -2 / scale  # the slopes of the second layer
    inner = np.cosh(h1) ** -2 / scale
    top = signs[:, None] * outer / math.sqrt(size)
    back = (second.T @ top) * inner / math.sqrt(size)  # derivatives in the outputs of W_1
    kernel = x2.T @ x2 + (top.T @ top) * (x1.T @ x1) + (back.T @ back) * (x0.T @ x0)
    seen = np.mean(1 / (symmetric_eigenvalues(kernel) + 1))
    return gap(seen, complex(solver.solve([-1 + 1e-9j]).stieltjes[0]).real)
