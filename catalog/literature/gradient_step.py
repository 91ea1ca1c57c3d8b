"""Ba et al. 2022: the first gradient step on the first layer of a network, as our slides quote it."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import sympy

from resolvent.catalog.literature.comparing import gap, gauss_hermite
from resolvent.catalog.literature.paper import Paper
from resolvent.catalog.networks.gradient_step import GradientStep, gradient_step
from resolvent.catalog.registry import get
from resolvent.derive.activations.activation import activation
from resolvent.derive.outliers.outlier_formula import outlier
from resolvent.numeric.density.chebyshev_piece import Array

BA22 = Paper(
    "Ba+22",
    "J. Ba, M. Erdogdu, T. Suzuki, Z. Wang, D. Wu, G. Yang, High-dimensional asymptotics of feature learning: how one "
    "gradient step improves the representation, NeurIPS 35 (2022)",
)
_BY, _FIGURE = "one-step", "slides, figure 3"

BA22.definition(
    "cost",
    "slides (19)",
    "the squared loss of a network with one hidden layer",
    r"\text{Cost} = \frac{1}{2n} \sum_{i=1}^n (y_i - f(\mathbf x_i))^2,\ f(\mathbf x) = \frac{1}{\sqrt N} \beta^\top "
    r"\sigma(W\mathbf x)",
    "the model of `one-step`",
)


@BA22.numeric(
    "slides (20)",
    "the gradient of the cost in the first layer, and the step W_1 = W_0 + sqrt(N) eta G_0 against it",
    r"\frac{\partial \text{Cost}}{\partial W} = -\frac1n \Big(\Big(\frac{1}{\sqrt N}\beta \Big(y^\top - "
    r"\frac{1}{\sqrt N} "
    r"\beta^\top\sigma(WX)\Big)\Big) \odot \sigma'(WX)\Big) X^\top",
    by=_BY,
    bound=1e-7,
)
def first_layer_gradient() -> float:
    """Differences of the cost of a tanh network; and (W_1 - W_0)/(sqrt(N) eta) of the entry's step, its draws
    repeated."""
    rng = np.random.default_rng(2)
    w, beta, x, y = (rng.standard_normal(shape) for shape in ((3, 2), 3, (2, 5), 5))

    def cost(weights: Array) -> float:
        return float(np.mean((y - beta @ np.tanh(weights @ x) / math.sqrt(3)) ** 2) / 2)

    stated = _gradient(w, beta, x, y)
    slopes = np.zeros_like(w)
    for place in np.ndindex(w.shape):
        step = np.zeros_like(w)
        step[place] = 1e-5
        slopes[place] = (cost(w + step) - cost(w - step)) / 2e-5
    real = gradient_step("tanh", "relu", rate=4, units=2, samples=3)
    after, beta, _, teacher = real.run(4, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    before, _, x = rng.standard_normal((8, 4)) / 2, rng.standard_normal(8), rng.standard_normal((4, 12))
    taken = (before - after) / (4 * math.sqrt(8))
    return max(gap(slopes, stated), gap(taken, _gradient(before, beta, x, np.maximum(teacher @ x, 0.0))))


def _gradient(w: Array, beta: Array, x: Array, y: Array) -> Array:
    """(20) as printed, for tanh."""
    units = len(w)
    residual = y - beta @ np.tanh(w @ x) / math.sqrt(units)
    inner = beta[:, None] * residual / math.sqrt(units) * np.cosh(w @ x) ** -2
    return np.asarray(-inner @ x.T / len(y))


@cache
def _run(inputs: int) -> tuple[Array, float]:
    """G_0 of a real step of a tanh network in p = ``inputs`` dimensions, N = n = 2p, and the distance in (21)."""
    rng = np.random.default_rng(7)
    units = samples = 2 * inputs
    w = rng.standard_normal((units, inputs)) / math.sqrt(inputs)
    beta = rng.standard_normal(units) / math.sqrt(units)
    x = rng.standard_normal((inputs, samples))
    y = np.maximum(x[0], 0.0)
    g = -_gradient(w, beta, x, y)
    slope = float(activation("tanh").hermite(1))
    rank_one = slope / (samples * math.sqrt(units)) * np.outer(beta, x @ y)
    return g, float(np.linalg.norm(g - rank_one, 2))


@BA22.misprint(
    "slides (21)",
    "the gradient is of rank one up to a norm that vanishes faster than itself: sqrt(N) is missing before the norm",
    r"\Big\lVert G_0 - \frac{\mathbb E[\sigma'(\xi)]}{n\sqrt N} \beta_0 y^\top X^\top\Big\rVert \to 0",
    r"\sqrt N \Big\lVert G_0 - \frac{\mathbb E[\sigma'(\xi)]}{n\sqrt N} \beta_0 y^\top X^\top\Big\rVert \to 0",
    by=_BY,
    kind="sampled",
    bound=0.09,
)
def rank_one_gradient(printed: bool) -> float:
    """The distance over |G_0| of a real step, p = 400. As printed the statement holds of every multiple of the rank-one
    matrix, 0 included, since |G_0| itself vanishes: the distance from 0 is below the bound, and |G_0| over |G_0| is
    1."""
    g, distance = _run(400)
    whole = float(np.linalg.norm(g, 2))
    if printed:
        return 1.0 if whole < 0.09 else 0.0
    return distance / whole


@BA22.sampled(
    "slides, after (21)",
    "the sizes of weights and gradient",
    r"\lVert W_0\rVert_F = \sqrt N,\ \sqrt N\lVert G_0\rVert = O(1),\ \sqrt N\lVert G_0\rVert_F = O(1)",
    by=_BY,
    bound=0.1,
)
def sizes() -> float:
    """Both norms of a real step, p = 400, over the strength that the entry derives at the rate 1, less 1."""
    g, _ = _run(400)
    strength = gradient_step("tanh", "relu", rate=1, units=2, samples=2).strength
    norms = [math.sqrt(800) * float(norm) for norm in (np.linalg.norm(g, 2), np.linalg.norm(g))]
    return gap(np.array(norms) / strength, [1.0, 1.0])


def _checked() -> GradientStep:
    return gradient_step("tanh", "relu", rate=4, units=2, samples=4, noise=0.2)


@BA22.numeric(
    _FIGURE,
    "the strength of the rank-one part",
    r"\theta^2 = \eta^2 (\mathbb E\sigma')^2 (\lVert\mathbb E[yx]\rVert^2 + \tfrac pn \mathbb E y^2) = 2.2599756524725",
    by=_BY,
    bound=1e-12,
)
def strength() -> float:
    """The step of the entry with tanh, a ReLU teacher, noise 0.2, eta = 4, n/p = 4, N/p = 2, against the integrals."""
    nodes, weights = gauss_hermite()
    slope = float(weights @ np.cosh(nodes) ** -2)
    stated = 16 * slope**2 * (0.25 + (0.5 + 0.04) / 4)
    return max(gap(_checked().strength ** 2, stated), gap(_checked().strength ** 2, 2.2599756524725))


@BA22.exact(
    _FIGURE,
    "the largest singular value, the overlaps and the threshold, c = N/p",
    r"s_1 = \frac{\sqrt{(1+\theta^2)(c+\theta^2)}}\theta,\ \langle u_1, \beta_0\rangle^2 = 1 - "
    r"\frac{c(1+\theta^2)}{\theta^2(\theta^2+c)},\ \langle v_1, v\rangle^2 = 1 - "
    r"\frac{c+\theta^2}{\theta^2(\theta^2+1)} "
    r"\iff \theta^2 > \sqrt c",
    by=_BY,
)
def singular_value_and_overlaps() -> bool:
    """The outlier of the derived law for a rectangular perturbation, with symbols."""
    c, theta = sympy.symbols("c theta", positive=True)
    found = outlier(get(_BY).law(c=c), "rectangular", theta, ratio=c)
    square = theta**2
    stated = (
        (found.location, (1 + square) * (c + square) / square),
        (found.overlap, 1 - c * (1 + square) / (square * (square + c))),
        (found.right_overlap, 1 - (c + square) / (square * (square + 1))),
    )
    return all(sympy.simplify(a - b) == 0 for a, b in stated) and bool(
        sympy.simplify(found.threshold - c ** sympy.Rational(1, 4)) == 0
    )


@BA22.numeric(
    _FIGURE,
    "checked values of the singular value and of the overlaps with beta_0, X y and the teacher",
    r"s_1 = 2.4788991384545,\ 0.32277423,\ 0.42178547,\ 0.27388667",
    by=_BY,
    bound=5e-9,
)
def values_of_the_step() -> float:
    """The step of the entry in the setting above."""
    step = _checked()
    found = [step.singular_value, step.result.overlap, step.result.right_overlap, step.overlap_with_teacher]
    return gap([float(v or 0) for v in found], [2.4788991384545, 0.32277423, 0.42178547, 0.27388667])


@cache
def _real_step() -> tuple[Array, Array, Array]:
    """Singular vectors of W_1 after a real step in 400 dimensions, and the teacher."""
    w, _, _, teacher = _checked().run(400, np.random.default_rng(0))
    left, _, right = np.linalg.svd(w, full_matrices=False)
    return left[:, 0], right[0], teacher


@BA22.misprint(
    _FIGURE,
    "the overlap is that of the right singular vector with the teacher; the left one has another dimension",
    r"\langle u_1, \beta_*\rangle^2",
    r"\langle v_1, \beta_*\rangle^2",
    by=_BY,
    kind="sampled",
    bound=0.06,
)
def overlap_with_the_teacher(printed: bool) -> float:
    """The squared overlap of a real step, p = 400, with the predicted one; the left vector has N = 2p entries."""
    left, right, teacher = _real_step()
    vector = left if printed else right
    if len(vector) != len(teacher):
        return math.inf
    return abs(float(vector @ teacher) ** 2 - _checked().overlap_with_teacher)


@BA22.misprint(
    _FIGURE,
    "with the parameters of the figure the step is below the threshold: no singular value leaves the bulk",
    r"\eta = 2,\ \psi_1 = 4,\ \psi_2 = 2,\ \sigma_\epsilon = 0.2",
    r"\eta = 4",
    by=_BY,
)
def parameters_of_the_figure(printed: bool) -> float:
    """Whether the step of the entry has a singular value outside the bulk, with either reading of the ratios."""
    rate = 2 if printed else 4
    steps = [gradient_step("tanh", "relu", rate=rate, units=u, samples=s, noise=0.2) for u, s in ((2, 4), (4, 2))]
    return float(not any(step.result.location is not None for step in steps))


@BA22.numeric(
    "slides, size of the step",
    "a small step moves one singular value; a step of the order of sqrt(N) aligns the layer with the teacher's "
    "gradient",
    r"\eta = O(1),\ \eta = O(\sqrt N)",
    by=_BY,
    bound=1e-3,
)
def large_steps() -> float:
    """s_1 over theta and both overlaps at eta = 1000 sqrt(2), where all tend to 1."""
    step = gradient_step("tanh", "relu", rate=1000 * math.sqrt(2), units=2, samples=4)
    overlaps = float(step.result.overlap or 0), float(step.result.right_overlap or 0)
    return gap([step.singular_value / step.strength, *overlaps], [1.0, 1.0, 1.0])
