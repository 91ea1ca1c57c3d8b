"""Liao and Couillet 2018: gradient descent on two Gaussian classes, as our slides quote it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import sympy

from resolvent.catalog.entries.gradient_flow import flow as followed
from resolvent.catalog.entries.gradient_flow import two_classes
from resolvent.catalog.literature.comparing import M, Z, gap, is_equation
from resolvent.catalog.literature.paper import Paper
from resolvent.catalog.registry import get
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.derive.outliers.outlier_formula import outlier
from resolvent.numeric.curves.gradient_flow import GradientFlow
from resolvent.numeric.density.chebyshev_piece import Array

LC18 = Paper(
    "LC18",
    "Z. Liao, R. Couillet, The dynamics of learning: a random matrix approach, ICML 2018 (PMLR 80) 3072-3081",
)
_BY, _THEOREM, _REAL = "gradient-flow", "slides, theorem", "slides, real forms"
_C, _RHO, _GAMMA, _SIGMA2, _RATE, _T = 0.5, 2.0, 0.3, 0.1, 0.01, 300.0
_TIME = _RATE * _T
_SPIKE = _C + 1 + _RHO + _C / _RHO
_NODES = 4000


@cache
def _derived() -> GradientFlow:
    return GradientFlow(_C, _RHO, ridge=_GAMMA, initial=_SIGMA2, rate=_RATE)


@cache
def _setting() -> tuple[Array, Array, Array]:
    """Samples (6 x 9), labels and a start."""
    rng = np.random.default_rng(0)
    x, y, _ = two_classes(6, rng, 6 / 9, _RHO)
    return x, y, rng.standard_normal(6)


def _loss(w: Array) -> float:
    x, y, _ = _setting()
    return float(np.sum((y - x.T @ w) ** 2) / (2 * len(y)) + _GAMMA / 2 * w @ w)


def _gradient(w: Array) -> Array:
    x, y, _ = _setting()
    return np.asarray(-x @ (y - x.T @ w) / len(y) + _GAMMA * w)


LC18.definition(
    "loss",
    "slides (14)",
    "the regularised squared loss",
    r"L(\mathbf w) = \frac{1}{2n} \lVert y - X^\top \mathbf w\rVert^2 + \frac\gamma2 \lVert\mathbf w\rVert^2",
    "the model of `gradient-flow`",
)
LC18.definition(
    "classes",
    "slides, before the theorem",
    "two Gaussian classes with means -mu and mu",
    r"\mathcal C_1: \mathbf x_i \sim N(-\mu, I_p),\ \mathcal C_2: \mathbf x_i \sim N(\mu, I_p),\ y_i = \mp 1",
    "the model of `gradient-flow`",
)


@LC18.numeric(
    "slides, before (15)",
    "the gradient of the loss, and the flow",
    r"\nabla L = -\frac1n X(y - X^\top\mathbf w) + \gamma\mathbf w,\ \frac{\partial\mathbf w}{\partial t} = "
    r"\frac\alpha n Xy - \alpha\Big(\frac1n XX^\top + \gamma I_p\Big)\mathbf w",
    by=_BY,
    bound=1e-8,
)
def gradient() -> float:
    """Central differences of the loss, which are exact, against both forms."""
    x, y, w = _setting()
    slopes = [(_loss(w + e) - _loss(w - e)) / 2e-3 for e in 1e-3 * np.eye(6)]
    flow = x @ y / len(y) - (x @ x.T / len(y) + _GAMMA * np.eye(6)) @ w
    return max(gap(slopes, _gradient(w)), gap(-flow, _gradient(w)))


def _limit() -> tuple[Array, Array]:
    """A = XX^T/n + gamma and w(oo)."""
    x, y, _ = _setting()
    a = x @ x.T / len(y) + _GAMMA * np.eye(6)
    return a, np.linalg.solve(a, x @ y / len(y))


def _solution(t: float, start: Array) -> Array:
    from scipy.linalg import expm

    a, last = _limit()
    decay = expm(-_RATE * t * a)
    return np.asarray(decay @ start + (np.eye(6) - decay) @ last)


@LC18.numeric(
    "slides (15)",
    "the solution of the flow",
    r"\mathbf w(t) = e^{-\alpha t(\frac1n XX^\top + \gamma I_p)} \mathbf w_0 + \Big(I_p - e^{-\alpha t(\frac1n "
    r"XX^\top + "
    r"\gamma I_p)}\Big) \mathbf w_\infty",
    by=_BY,
    bound=1e-6,
)
def solution() -> float:
    """Its derivative in t against -alpha times the gradient of the loss, and its start."""
    _, _, w = _setting()
    slope = (_solution(50.001, w) - _solution(49.999, w)) / 0.002
    return max(gap(slope / _RATE, -_gradient(_solution(50.0, w))), gap(_solution(0.0, w), w))


@LC18.numeric(
    "slides (16)",
    "the end of the flow is ridge regression",
    r"\mathbf w_\infty = \Big(\frac1n XX^\top + \gamma I_p\Big)^{-1} \frac1n Xy",
    by=_BY,
    bound=1e-12,
)
def end_of_the_flow() -> float:
    """The gradient of the loss vanishes there; and the flow that the entry follows ends there."""
    w, x, y, _ = followed(6, np.random.default_rng(1), 6 / 9, _RHO, _GAMMA, 0.0, 400.0)
    last = np.linalg.solve(x @ x.T / len(y) + _GAMMA * np.eye(6), x @ y / len(y))
    return max(gap(_gradient(_limit()[1]), np.zeros(6)), gap(w, last))


# -- the theorem ---------------------------------------------------------------------------------------------------


@LC18.sampled(
    _THEOREM,
    "the probabilities of misclassification",
    r"\mathbb P(\hat{\mathbf x}^\top \mathbf w(t) > 0 \mid \hat y = -1) - Q(E_{\text{test}}/\sqrt{V_{\text{test}}}) "
    r"\to 0,\ "
    r"\mathbb P(\mathbf x^\top \mathbf w(t) > 0 \mid y = -1) - Q(E_{\text{train}}/\sqrt{V_{\text{train}}}) \to 0",
    by=_BY,
    bound=0.01,
)
def misclassification() -> float:
    """The errors of four flows that are really followed, p = 400, against the limits."""
    case = {"c": "1/2", "rho": 2, "ridge": "3/10", "initial": "1/10", "time": 3}
    found = []
    for name in ("test-error", "training-error"):
        quantity = get(_BY).quantity(name)
        found.append(abs(float(np.mean([quantity.run(400, k, **case) for k in range(4)])) - quantity.at(**case)))
    return max(found)


@LC18.exact(
    _THEOREM,
    "the equation of m, the law of Marchenko and Pastur shifted by gamma",
    r"c(z - \gamma) m^2(z) - (1 - c - z + \gamma) m(z) + 1 = 0",
    by=_BY,
)
def shifted_law() -> bool:
    """The equation of the derived law plus gamma."""
    c, gamma = sympy.symbols("c gamma", positive=True)
    law = get(_BY).law(c=c) + gamma
    return is_equation(law, c * (Z - gamma) * M**2 - (1 - c - Z + gamma) * M + 1)


@LC18.exact(
    _THEOREM,
    "the spike",
    r"\lambda_s = c + 1 + \rho + c/\rho",
    by=_BY,
)
def spike() -> bool:
    """The outlier of the derived law for a rectangular perturbation of strength sqrt(rho), and its threshold."""
    c, theta = sympy.symbols("c theta", positive=True)
    found = outlier(marchenko_pastur(c), "rectangular", theta, ratio=c)
    rho = theta**2
    assert found.location is not None
    return bool(
        sympy.cancel(found.location - (c + 1 + rho + c / rho)) == 0
        and sympy.simplify(found.threshold - c ** sympy.Rational(1, 4)) == 0
    )


def _contour(integrand: Callable[[Array, Array, Array], Array], time: float, gamma: float) -> float:
    """(1/2 pi i) times the integral over an ellipse around the bulk, the spike and gamma, counter-clockwise."""
    low, high = (1 - math.sqrt(_C)) ** 2 + gamma, max(_SPIKE, (1 + math.sqrt(_C)) ** 2) + gamma
    left, right = min(low, gamma) - 0.05, high + 1.0
    angles = 2 * np.pi * (np.arange(_NODES) + 0.5) / _NODES
    half = (right - left) / 2
    z = (left + right) / 2 + half * np.cos(angles) + 1j * half / 2 * np.sin(angles)
    slope = -half * np.sin(angles) + 1j * half / 2 * np.cos(angles)
    x = z - gamma
    roots = np.sqrt((1 - _C - x) ** 2 - 4 * _C * x + 0j)
    pair = [((1 - _C - x) + sign * roots) / (2 * _C * x) for sign in (1, -1)]
    m = np.where(np.abs(1 + x * pair[0]) < np.abs(1 + x * pair[1]), pair[0], pair[1])
    m = np.where(np.sign(m.imag) == np.sign(z.imag), m, pair[0] + pair[1] - m)
    return float((np.mean(integrand(z, m, np.exp(-time * z)) * slope) / 1j).real)


@LC18.numeric(
    _THEOREM,
    "the mean of the test margin as a contour integral",
    r"E_{\text{test}} = -\frac{1}{2\pi i} \oint_\Gamma \frac{1 - f_t(z)}z \frac{\rho m(z)\,dz}{(\rho+c)m(z)+1}",
    by=_BY,
    bound=1e-9,
)
def contour_test_mean() -> float:
    """The margin derived from the measure seen from X y/n, at c = 1/2, rho = 2, gamma = 0.3, sigma^2 = 0.1, alpha t =
    3."""
    stated = _contour(lambda z, m, f: -(1 - f) / z * _RHO * m / ((_RHO + _C) * m + 1), _TIME, _GAMMA)
    return gap(_derived().test(_T).mean, stated)


@LC18.numeric(
    _THEOREM,
    "the variance of the test margin as a contour integral",
    r"V_{\text{test}} = \frac{1}{2\pi i} \oint_\Gamma \Big[\frac{\frac{1}{z^2}(1 - f_t(z))^2}{(\rho+c)m(z)+1} - "
    r"\sigma^2 "
    r"f_t^2(z) m(z)\Big] dz",
    by=_BY,
    bound=1e-9,
)
def contour_test_variance() -> float:
    """The variance derived from the measure seen from X y/n, in the same setting."""
    stated = _contour(lambda z, m, f: ((1 - f) / z) ** 2 / ((_RHO + _C) * m + 1) - _SIGMA2 * f**2 * m, _TIME, _GAMMA)
    return gap(_derived().test(_T).variance, stated)


@LC18.misprint(
    _THEOREM,
    "the mean of the training margin as a contour integral has a sign too many",
    r"E_{\text{train}} = -\frac{1}{2\pi i} \oint_\Gamma \frac{1 - f_t(z)}z \frac{dz}{(\rho+c)m(z)+1}",
    r"E_{\text{train}} = \frac{1}{2\pi i} \oint_\Gamma \frac{1 - f_t(z)}z \frac{dz}{(\rho+c)m(z)+1}",
    by=_BY,
    kind="numeric",
    bound=1e-9,
)
def contour_training_mean(printed: bool) -> float:
    """The margin derived from the measure seen from X y/n, in the same setting."""
    sign = -1 if printed else 1
    stated = _contour(lambda z, m, f: sign * (1 - f) / z / ((_RHO + _C) * m + 1), _TIME, _GAMMA)
    return gap(_derived().training(_T).mean, stated)


@LC18.misprint(
    _THEOREM,
    "the variance of the training margin as a contour integral is right without ridge only: z for z - gamma",
    r"V_{\text{train}} = \frac{1}{2\pi i} \oint_\Gamma \Big[\frac{\frac1z(1 - f_t(z))^2}{(\rho+c)m(z)+1} - \sigma^2 "
    r"f_t^2(z) "
    r"z m(z)\Big] dz - E_{\text{train}}^2",
    r"V_{\text{train}} = \frac{1}{2\pi i} \oint_\Gamma \Big[\frac{\frac{z-\gamma}{z^2}(1 - f_t(z))^2}{(\rho+c)m(z)+1} "
    r"- "
    r"\sigma^2 f_t^2(z) (z-\gamma) m(z)\Big] dz - E_{\text{train}}^2",
    by=_BY,
    kind="numeric",
    bound=1e-9,
)
def contour_training_variance(printed: bool) -> float:
    """The variance derived from the measure seen from X y/n, in the same setting; without ridge both forms are
    right."""

    def form(shift: float) -> Callable[[Array, Array, Array], Array]:
        return lambda z, m, f: (z - shift) * (((1 - f) / z) ** 2 / ((_RHO + _C) * m + 1) - _SIGMA2 * f**2 * m)

    found = []
    for gamma in (_GAMMA,) if printed else (_GAMMA, 0.0):
        derived = GradientFlow(_C, _RHO, ridge=gamma, initial=_SIGMA2, rate=_RATE).training(_T)
        stated = _contour(form(0.0 if printed else gamma), _TIME, gamma) - float(derived.mean) ** 2
        found.append(gap(derived.variance, stated))
    return max(found)


# -- real forms ----------------------------------------------------------------------------------------------------


def _against(function: Callable[[Array], Array], density: Callable[[Array], Array], spike: float = 0.0) -> float:
    """The integral of a function against a density on the bulk, by an angle, and a weight at the spike."""
    low, high = (1 - math.sqrt(_C)) ** 2, (1 + math.sqrt(_C)) ** 2
    angles = np.pi * (np.arange(_NODES) + 0.5) / _NODES
    x = (low + high) / 2 - (high - low) / 2 * np.cos(angles)
    total = np.mean(function(x) * density(x) * np.sin(angles)) * np.pi * (high - low) / 2
    return float(total + (spike * function(np.array(_SPIKE)) if spike else 0.0))


def _root(x: Array) -> Array:
    low, high = (1 - math.sqrt(_C)) ** 2, (1 + math.sqrt(_C)) ** 2
    return np.asarray(np.sqrt(np.maximum((x - low) * (high - x), 0.0)))


def _omega(function: Callable[[Array], Array]) -> float:
    """The integral against omega as printed."""
    return _against(function, lambda x: _root(x) / (2 * np.pi * (_SPIKE - x)), max(_RHO**2 - _C, 0.0) / _RHO)


def _mu(function: Callable[[Array], Array]) -> float:
    """The integral against mu as printed, c < 1."""
    return _against(function, lambda x: _root(x) / (2 * np.pi * _C * x))


def _h(x: Array) -> Array:
    return np.asarray((1 - np.exp(-_TIME * (x + _GAMMA))) / (x + _GAMMA))


def _f(x: Array) -> Array:
    return np.asarray(np.exp(-_TIME * (x + _GAMMA)))


_FACTOR = (_RHO + _C) / _RHO


@LC18.numeric(
    _REAL,
    "the mean of the test margin",
    r"E_{\text{test}} = \int \frac{1 - f_t(x+\gamma)}{x+\gamma}\,\omega(dx)",
    by=_BY,
    bound=1e-9,
)
def test_mean() -> float:
    """The margin of the entry, and its checked value 0.573151086."""
    derived = float(_derived().test(_T).mean)
    return max(gap(derived, _omega(_h)), gap(derived, 0.573151086))


@LC18.numeric(
    _REAL,
    "the variance of the test margin",
    r"V_{\text{test}} = \frac{\rho+c}\rho \int \frac{(1 - f_t(x+\gamma))^2\,\omega(dx)}{(x+\gamma)^2} + \sigma^2 \int "
    r"f_t^2(x+\gamma)\,\mu(dx)",
    by=_BY,
    bound=1e-9,
)
def test_variance() -> float:
    """The variance of the entry, and its checked value 0.256169412."""
    derived = float(_derived().test(_T).variance)
    stated = _FACTOR * _omega(lambda x: _h(x) ** 2) + _SIGMA2 * _mu(lambda x: _f(x) ** 2)
    return max(gap(derived, stated), gap(derived, 0.256169412))


@LC18.numeric(
    _REAL,
    "the mean of the training margin",
    r"E_{\text{train}} = \frac{\rho+c}\rho \int \frac{1 - f_t(x+\gamma)}{x+\gamma}\,\omega(dx)",
    by=_BY,
    bound=1e-9,
)
def training_mean() -> float:
    """The margin of the entry, and its checked value 0.716438858."""
    derived = float(_derived().training(_T).mean)
    return max(gap(derived, _FACTOR * _omega(_h)), gap(derived, 0.716438858))


@LC18.numeric(
    _REAL,
    "the variance of the training margin",
    r"V_{\text{train}} = \frac{\rho+c}\rho \int \frac{x(1 - f_t(x+\gamma))^2\,\omega(dx)}{(x+\gamma)^2} + \sigma^2 "
    r"\int x "
    r"f_t^2(x+\gamma)\,\mu(dx) - E_{\text{train}}^2",
    by=_BY,
    bound=1e-9,
)
def training_variance() -> float:
    """The variance of the entry, and its checked value 0.121154632."""
    margin = _derived().training(_T)
    stated = _FACTOR * _omega(lambda x: x * _h(x) ** 2) + _SIGMA2 * _mu(lambda x: x * _f(x) ** 2)
    return max(gap(margin.variance, stated - float(margin.mean) ** 2), gap(margin.variance, 0.121154632))


@LC18.numeric(
    "slides (17)",
    "the law of Marchenko and Pastur",
    r"\mu(dx) = \frac{\sqrt{(x-\lambda_-)^+(\lambda_+-x)^+}}{2\pi cx}\,dx + (1 - c^{-1})^+ \delta(x)",
    by=_BY,
    bound=1e-12,
)
def noise_law() -> float:
    """The density and the atom of the derived law, c = 1/2 and 2."""
    found = []
    for c in (0.5, 2.0):
        rho = GradientFlow(c, 1).noise
        low, high = (1 - math.sqrt(c)) ** 2, (1 + math.sqrt(c)) ** 2
        x = np.linspace(low, high, 20)[1:-1]
        atom = sum(float(a.weight) for a in rho.atoms)
        found += [
            gap(rho.pdf(x), np.sqrt((x - low) * (high - x)) / (2 * np.pi * c * x)),
            gap(atom, max(1 - 1 / c, 0.0)),
        ]
    return max(found)


@LC18.numeric(
    "slides (18)",
    "the measure omega, its atom at the spike and its total mass rho",
    r"\omega(dx) = \frac{\sqrt{(x-\lambda_-)^+(\lambda_+-x)^+}}{2\pi(\lambda_s-x)}\,dx + \frac{(\rho^2-c)^+}\rho "
    r"\delta_{\lambda_s}(x)",
    by=_BY,
    bound=1e-9,
)
def seen_measure() -> float:
    """rho times the derived measure seen from X y/n, above and below the threshold."""
    found = []
    for c, rho in ((0.5, 2.0), (0.5, 0.6)):
        seen, place = GradientFlow(c, rho).seen, c + 1 + rho + c / rho
        low, high = (1 - math.sqrt(c)) ** 2, (1 + math.sqrt(c)) ** 2
        x = np.linspace(low, high, 20)[1:-1]
        atoms = [(float(a.point), rho * float(a.weight)) for a in seen.atoms if a.weight > 1e-9]
        stated = [(place, (rho**2 - c) / rho)] if rho**2 > c else []
        found.append(gap(rho * seen.pdf(x), np.sqrt((x - low) * (high - x)) / (2 * np.pi * (place - x))))
        found.append(gap(atoms, stated) if len(atoms) == len(stated) and atoms else float(len(atoms) != len(stated)))
    return max(found)
