"""Louart, Liao, Couillet 2018 and Mei, Montanari 2022: random-feature regression on given and on Gaussian data."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np

from resolvent.catalog.literature.comparing import gap
from resolvent.catalog.literature.paper import Paper
from resolvent.catalog.literature.regressions import Theorem
from resolvent.catalog.registry import get
from resolvent.derive.activations.activation import activation
from resolvent.derive.activations.kernel_matrix import kernel_matrix
from resolvent.numeric.curves.feature_curves import errors_of_model, random_feature_errors
from resolvent.numeric.curves.feature_model import FeatureModel
from resolvent.numeric.curves.random_features import RandomFeatures
from resolvent.numeric.density.chebyshev_piece import Array

LLC18 = Paper(
    "LLC18",
    "C. Louart, Z. Liao, R. Couillet, A random matrix approach to neural networks, Ann. Appl. Probab. 28 (2018) "
    "1190-1248",
)
_BY = "random-features"
_THEOREM = Theorem(20, 60, 30, 90, 0.01)
_POINTS, _WIDTH, _GAMMA = _THEOREM.points, _THEOREM.width, _THEOREM.ridge


@cache
def _features() -> tuple[Array, Array]:
    """W and Sigma = f(W X) for the ReLU."""
    w = np.random.default_rng(2).standard_normal((_WIDTH, _THEOREM.inputs))
    return w, np.maximum(w @ _THEOREM.data["x"], 0)


@cache
def _derived() -> RandomFeatures:
    return RandomFeatures("relu", **_THEOREM.data)


def _scale(printed: bool) -> float:
    """What K-bar is of K: undefined in the text, and then read as K."""
    return 1.0 if printed else float(_THEOREM.dense["scale"])


@LLC18.misprint(
    "slides (7)",
    "a network with one hidden layer sums over its N units; printed with n, the number of samples",
    r"f(\mathbf x; \theta) = \beta^\top \sigma(W\mathbf x) = \sum_{\ell=1}^n \beta_\ell \sigma(\mathbf w_\ell^\top "
    r"\mathbf x)",
    r"f(\mathbf x; \theta) = \beta^\top \sigma(W\mathbf x) = \sum_{\ell=1}^N \beta_\ell \sigma(\mathbf w_\ell^\top "
    r"\mathbf x)",
    by="a network",
    kind="numeric",
    bound=1e-13,
)
def sum_over_units(printed: bool) -> float:
    """The sum for a ReLU network with 90 units and 60 samples."""
    _, sigma = _features()
    beta = np.random.default_rng(3).standard_normal(_WIDTH)
    return gap(beta @ sigma[:, 0], sum(beta[k] * sigma[k, 0] for k in range(_POINTS if printed else _WIDTH)))


def _output_weights() -> Array:
    _, sigma = _features()
    gram = sigma.T @ sigma / _POINTS + _GAMMA * np.eye(_POINTS)
    return np.asarray(sigma @ np.linalg.solve(gram, _THEOREM.data["y"]) / _POINTS)


@LLC18.numeric(
    "slides (11)",
    "the output weights minimise the regularised cost",
    r"\beta = \frac1n \Sigma \Big(\frac1n \Sigma^\top\Sigma + \gamma I_n\Big)^{-1} y",
    by=_BY,
    bound=1e-12,
)
def output_weights() -> float:
    """The gradient of the cost (1/n) |y - Sigma^T beta|^2 + gamma |beta|^2 at these weights."""
    (_, sigma), beta, y = _features(), _output_weights(), _THEOREM.data["y"]
    return gap(sigma @ (y - sigma.T @ beta) / _POINTS, _GAMMA * beta)


@LLC18.numeric(
    "slides (12)",
    "the training error is a quadratic form of the resolvent",
    r"E_{\text{train}} = \frac1n \lVert y - \Sigma^\top\beta\rVert^2 = \frac{\gamma^2}{n} y^\top Q^2(\gamma) y",
    by=_BY,
    bound=1e-12,
)
def training_error_by_the_resolvent() -> float:
    """Both sides, for a draw of the features."""
    (_, sigma), y = _features(), _THEOREM.data["y"]
    q = np.linalg.inv(sigma.T @ sigma / _POINTS + _GAMMA * np.eye(_POINTS))
    return gap(np.mean((y - sigma.T @ _output_weights()) ** 2), _GAMMA**2 / _POINTS * y @ q @ q @ y)


LLC18.definition(
    "resolvent",
    "slides (13)",
    "the resolvent of the Gram matrix of the features",
    r"Q(\gamma) = \Big(\frac1n \sigma(WX)^\top \sigma(WX) + \gamma I_n\Big)^{-1}",
    "the model of `random-features`",
)


@LLC18.sampled(
    "slides, lemma 1",
    "quadratic forms of features concentrate at the trace with the conjugate kernel",
    r"\mathbb P\Big(\Big|\frac1n \sigma(\mathbf w^\top X) A \sigma(X^\top \mathbf w) - \frac1n \operatorname{tr} "
    r"AK\Big| > "
    r"t\Big) \le C e^{-cn\min(t, t^2)}",
    by="kernel_matrix",
    bound=0.75,
)
def concentration() -> float:
    """The deviation of 300 draws at n = 400 over that at n = 100, which is about 1/2, for A = I and points of length
    1."""
    found = []
    for n in (100, 400):
        rng = np.random.default_rng(5)
        x = rng.standard_normal((n, n)) / math.sqrt(n)
        w = rng.standard_normal((300, n))
        act = activation("erf")
        trace = float(np.trace(kernel_matrix(act, x))) / n
        forms = np.mean(np.asarray(act(w @ x)) ** 2, axis=1)
        found.append(float(np.sqrt(np.mean((forms - trace) ** 2))))
    return found[1] / found[0]


_A, _B, _C = 1.3, 0.7, 0.4  # |x|^2, |y|^2 and x.y


def _table() -> dict[str, float]:
    """The printed kernels at these lengths."""
    a, b, c = _A, _B, _C
    cosine = c / math.sqrt(a * b)
    return {
        "linear": c,
        "relu": math.sqrt(a * b) * (cosine * math.acos(-cosine) + math.sqrt(1 - cosine**2)) / (2 * math.pi),
        "abs": 2 / math.pi * math.sqrt(a * b) * (cosine * math.asin(cosine) + math.sqrt(1 - cosine**2)),
        "erf": 2 / math.pi * math.asin(2 * c / math.sqrt((1 + 2 * a) * (1 + 2 * b))),
        "sign": 2 / math.pi * math.asin(cosine),
        "step": 0.5 - math.acos(cosine) / (2 * math.pi),
        "cos": math.exp(-(a + b) / 2) * math.cosh(c),
        "sin": math.exp(-(a + b) / 2) * math.sinh(c),
        "gaussian": ((1 + a) * (1 + b) - c * c) ** -0.5,
        "polynomial": 9 * (2 * c * c + a * b) + 4 * c + 3 * 0.5 * (a + b) + 0.25,
    }


@LLC18.numeric(
    "slides, theorem 2",
    "the conjugate kernel of ten activations in closed form",
    r"K = \mathbb E_{\mathbf w \sim N(0, I_p)}[\sigma(X^\top\mathbf w)\sigma(\mathbf w^\top X)];\ \text{ReLU: } "
    r"\tfrac{1}{2\pi} \lvert x\rvert\lvert y\rvert (c \arccos(-c) + \sqrt{1-c^2}),\ \text{erf: } \tfrac2\pi \arcsin "
    r"\tfrac{2x^\top y}{\sqrt{(1+2\lvert x\rvert^2)(1+2\lvert y\rvert^2)}}, \ldots",
    by="kernel_matrix",
    bound=1e-12,
)
def kernels() -> float:
    """The kernels that are derived for each activation, at |x|^2 = 1.3, |y|^2 = 0.7, x.y = 0.4."""
    x = np.array([[math.sqrt(_A), _C / math.sqrt(_A)], [0.0, math.sqrt(_B - _C**2 / _A)]])
    found = []
    for name, stated in _table().items():
        options: Any = {"coefficients": ["1/2", 2, 3]} if name == "polynomial" else {}
        found.append(gap(kernel_matrix(activation(name, **options), x)[0, 1], stated))
    return max(found)


@LLC18.numeric(
    "slides, theorem 2",
    "the deterministic equivalent of the resolvent",
    r"\bar Q = \Big(\frac Nn \frac{K}{1+\delta} + \gamma I_n\Big)^{-1},\ \delta = \frac1n \operatorname{tr} \bar Q K",
    by=_BY,
    bound=1e-10,
)
def deterministic_equivalent() -> float:
    """(kappa/gamma) (K + kappa)^-1 with the effective ridge kappa of a sample covariance matrix of population K."""
    kappa = float(_derived().effective_ridge(_GAMMA, _WIDTH))
    return gap(kappa / _GAMMA * np.linalg.inv(_THEOREM.dense["k"] + kappa * np.eye(_POINTS)), _THEOREM.dense["q"])


@LLC18.misprint(
    "slides, corollary",
    "the training error; K-bar is not defined in the text and is N/n K/(1 + delta)",
    r"\bar E_{\text{train}} = \frac{\gamma^2}{n} y^\top \bar Q \Big(\frac{\frac1N \operatorname{tr} \bar Q\bar K\bar Q}"
    r"{1 - \frac1N \operatorname{tr} \bar K\bar Q\bar K\bar Q} \bar K + I_n\Big) \bar Q y,\ \bar K = K",
    r"\text{the same with } \bar K = \frac Nn \frac{K}{1+\delta}",
    by=_BY,
    kind="numeric",
    bound=1e-8,
)
def training_error(printed: bool) -> float:
    """The training error derived from the effective ridge, ReLU features of 60 points in 20 dimensions."""
    stated = _THEOREM.training_error(_scale(printed))
    return abs(float(_derived().training_error(_GAMMA, _WIDTH)) / stated - 1)


@LLC18.misprint(
    "slides, corollary",
    "the test error; a transpose does not conform, and K-bar is not defined in the text",
    r"\bar E_{\text{test}} = \frac{1}{\hat n} \lVert\hat y - \bar K_{X\hat X}^\top \bar Qy\rVert^2 + \frac{\frac1N "
    r"y^\top "
    r"\bar Q\bar K\bar Qy}{1 - \frac1N \operatorname{tr} \bar K\bar Q\bar K\bar Q} \Big(\frac{1}{\hat n} "
    r"\operatorname{tr} "
    r"\bar K_{\hat X\hat X} - \frac{1}{\hat n} \operatorname{tr} (I_n + \gamma\bar Q)(\bar K_{X\hat X} "
    r"\bar K_{\hat X X}^\top \bar Q)\Big)",
    r"\ldots\ \operatorname{tr} (I_n + \gamma\bar Q) \bar K_{X\hat X} \bar K_{\hat X X} \bar Q",
    by=_BY,
    kind="numeric",
    bound=1e-8,
)
def test_error(printed: bool) -> float:
    """The test error derived from the effective ridge; as printed the product has no shape, or with it K-bar = K."""
    kx = _THEOREM.dense["kx"]
    if printed and kx.shape[1] != kx.T.T.shape[0]:  # K_XX^ times the transpose of K_X^X
        return math.inf
    return abs(float(_derived().test_error(_GAMMA, _WIDTH)) / _THEOREM.test_error(_scale(printed)) - 1)


# -- Mei, Montanari ------------------------------------------------------------------------------------------------

MM22 = Paper(
    "MM22",
    "S. Mei, A. Montanari, The generalization error of random features regression: precise asymptotics and the double "
    "descent curve, Comm. Pure Appl. Math. 75 (2022) 667-766",
)
_SETTINGS = ((1.0, 0.5, 2.0, 1.5, 0.1), (1.0, 0.75, 0.5, 2.0, 0.25), (2.0, 0.3, 3.0, 5.0, 0.01))
"""(eta, zeta, psi_1, psi_2, lambda) with eta = mu_1^2 + mu_*^2 and zeta = mu_1^2 of the paper."""

MM22.definition(
    "model",
    "section 1",
    "random features on the sphere or Gaussian data, the penalty lambda N/d |a|^2 against the mean squared error",
    r"\min_a \frac1n \sum_i \Big(y_i - \sum_j a_j \sigma(\langle\theta_j, x_i\rangle/\sqrt d)\Big)^2 + "
    r"\frac{N\lambda}d "
    r"\lVert a\rVert^2,\ \psi_1 = N/d,\ \psi_2 = n/d",
    "the model of `random-features`, whose ridge is psi_1 psi_2 lambda",
)


def _chi(ratio: float, psi_1: float, psi_2: float, penalty: float) -> float:
    """nu_1 nu_2 at i (psi_1 psi_2 lambda/mu_*^2)^(1/2), by iteration; ratio is mu_1^2/mu_*^2."""
    xi = 1j * math.sqrt(psi_1 * psi_2 * penalty)
    first = second = 1e-3j
    for _ in range(20000):
        common = 1 - ratio * first * second
        new = psi_1 / (-xi - second - ratio * second / common), psi_2 / (-xi - first - ratio * first / common)
        done = abs(new[0] - first) + abs(new[1] - second) < 1e-16
        first, second = (first + new[0]) / 2, (second + new[1]) / 2
        if done:
            break
    return float((first * second).real)


def _bias_and_variance(ratio: float, a: float, b: float, chi: float) -> tuple[float, float]:
    """E_1/E_0 and E_2/E_0 of the definition, a = psi_1 and b = psi_2."""
    z2, z4, z6 = ratio, ratio**2, ratio**3
    x2, x3, x4, x5 = (chi**k for k in (2, 3, 4, 5))
    e_0 = (
        -x5 * z6 + 3 * x4 * z4 + (a * b - b - a + 1) * x3 * z6 - 2 * x3 * z4 - 3 * x3 * z2
        + (a + b - 3 * a * b + 1) * x2 * z4 + 2 * x2 * z2 + x2 + 3 * a * b * chi * z2 - a * b
    )  # fmt: skip
    e_1 = b * x3 * z4 - b * x2 * z2 + a * b * chi * z2 - a * b
    e_2 = x5 * z6 - 3 * x4 * z4 + (a - 1) * x3 * z6 + 2 * x3 * z4 + 3 * x3 * z2 - (a + 1) * x2 * z4 - 2 * x2 * z2 - x2
    return e_1 / e_0, e_2 / e_0


def _derived_parts(eta: float, zeta: float, psi_1: float, psi_2: float, ridge: float) -> tuple[float, float]:
    """The risk without noise, and what noise of variance 1 adds."""
    clean, noisy = (
        float(errors_of_model(FeatureModel(eta, zeta), psi_1, psi_2, ridge, 1.0, s).risk) for s in (0.0, 1.0)
    )
    return clean, noisy - clean


@MM22.numeric(
    "definition 1, theorem 2",
    "bias and variance of the risk, by the rational functions of chi",
    r"\mathcal B = \mathcal E_1/\mathcal E_0,\ \mathcal V = \mathcal E_2/\mathcal E_0,\ \chi = \nu_1\nu_2,\ \nu_1 = "
    r"\psi_1 "
    r"\Big(-\xi - \nu_2 - \frac{\zeta^2\nu_2}{1 - \zeta^2\nu_1\nu_2}\Big)^{-1},\ \nu_2 = \psi_2 \Big(-\xi - \nu_1 - "
    r"\frac{\zeta^2\nu_1}{1 - \zeta^2\nu_1\nu_2}\Big)^{-1}",
    by=_BY,
    bound=1e-9,
)
def bias_and_variance() -> float:
    """The risk of the entry at three settings, without noise and the share of the noise."""
    found = []
    for eta, zeta, psi_1, psi_2, penalty in _SETTINGS:
        ratio = zeta / (eta - zeta)
        chi = _chi(ratio, psi_1, psi_2, penalty / (eta - zeta))
        stated = _bias_and_variance(ratio, psi_1, psi_2, chi)
        found.append(gap(_derived_parts(eta, zeta, psi_1, psi_2, penalty * psi_1 * psi_2), stated))
    return max(found)


@MM22.numeric(
    "the ridgeless limit",
    "bias and variance for lambda -> 0",
    r"\chi = -\frac{[(\psi\zeta^2-\zeta^2-1)^2 + 4\zeta^2\psi]^{1/2} + (\psi\zeta^2-\zeta^2-1)}{2\zeta^2},\ \psi = "
    r"\min\{\psi_1, \psi_2\}",
    by=_BY,
    bound=1e-6,
)
def ridgeless() -> float:
    """The risk of the entry at the ridge 1e-8, on both sides of the peak."""
    found = []
    for eta, zeta, psi_1, psi_2 in ((1.0, 0.5, 2.0, 1.5), (2.0, 0.3, 0.5, 2.0)):
        ratio, psi = zeta / (eta - zeta), min(psi_1, psi_2)
        half = psi * ratio - ratio - 1
        chi = -(math.sqrt(half**2 + 4 * ratio * psi) + half) / (2 * ratio)
        found.append(gap(_derived_parts(eta, zeta, psi_1, psi_2, 1e-8), _bias_and_variance(ratio, psi_1, psi_2, chi)))
    return max(found)


def _omega(ratio: float, psi: float, penalty: float) -> tuple[float, float]:
    """omega, and the common denominator of both limits."""
    half = psi * ratio - ratio - penalty * psi - 1
    w = -(math.sqrt(half**2 + 4 * psi * ratio * (penalty * psi + 1)) + half) / (2 * (penalty * psi + 1))
    return w, (psi - 1) * w**3 + (1 - 3 * psi) * w**2 + 3 * psi * w - psi


_OMEGA = (
    r"\omega = -\frac{[(\psi\zeta^2-\zeta^2-\bar\lambda\psi-1)^2 + 4\psi\zeta^2(\bar\lambda\psi+1)]^{1/2} + "
    r"(\psi\zeta^2-\zeta^2-\bar\lambda\psi-1)}{2(\bar\lambda\psi+1)}"
)


@MM22.numeric(
    "the limit of infinite width",
    "bias and variance for psi_1 -> oo",
    r"\mathcal B = \frac{\psi_2\omega - \psi_2}{D},\ \mathcal V = \frac{\omega^3 - \omega^2}{D},\ D = "
    r"(\psi_2-1)\omega^3 + "
    r"(1-3\psi_2)\omega^2 + 3\psi_2\omega - \psi_2,\ " + _OMEGA,
    by=_BY,
    bound=1e-4,
)
def infinite_width() -> float:
    """The risk of the entry at psi_1 = 1e5; the rest is of order 1/psi_1."""
    found = []
    for eta, zeta, psi, penalty in ((1.0, 0.5, 1.5, 0.1), (2.0, 0.3, 5.0, 0.01)):
        w, below = _omega(zeta / (eta - zeta), psi, penalty / (eta - zeta))
        stated = (psi * w - psi) / below, (w**3 - w**2) / below
        found.append(gap(_derived_parts(eta, zeta, 1e5, psi, penalty * 1e5 * psi), stated))
    return max(found)


@MM22.numeric(
    "the limit of infinitely many samples",
    "bias and variance for psi_2 -> oo",
    r"\mathcal B = \frac{(\omega^3 - \omega^2)/\zeta^2 + \psi_1\omega - \psi_1}{D},\ \mathcal V = 0,\ D = "
    r"(\psi_1-1)\omega^3 "
    r"+ (1-3\psi_1)\omega^2 + 3\psi_1\omega - \psi_1,\ " + _OMEGA,
    by=_BY,
    bound=1e-4,
)
def infinitely_many_samples() -> float:
    """The risk of the entry at psi_2 = 1e5; the rest is of order 1/psi_2."""
    found = []
    for eta, zeta, psi, penalty in ((1.0, 0.5, 1.5, 0.1), (2.0, 0.3, 5.0, 0.01)):
        ratio = zeta / (eta - zeta)
        w, below = _omega(ratio, psi, penalty / (eta - zeta))
        stated = ((w**3 - w**2) / ratio + psi * w - psi) / below, 0.0
        found.append(gap(_derived_parts(eta, zeta, psi, 1e5, penalty * psi * 1e5), stated))
    return max(found)


@MM22.numeric(
    "checked value",
    "the risk of ReLU features at two settings",
    r"(\lambda, \psi_2, \tau, \psi_1) = (10^{-3}, \tfrac{10}3, 0.1, 2): 0.5769888629;\ (0.1, 3, 0.5, 6): 0.3316738051",
    by=_BY,
    bound=1e-10,
)
def values_of_the_risk() -> float:
    """The risk of the entry; the values are those of two public implementations."""
    found = [
        float(random_feature_errors("relu", psi_1, psi_2, ridge, noise=tau**2).risk)
        for ridge, psi_2, tau, psi_1 in ((1e-3, 10 / 3, 0.1, 2.0), (0.1, 3.0, 0.5, 6.0))
    ]
    return gap(found, [0.5769888629, 0.3316738051])


@MM22.sampled(
    "section 1",
    "regressions that are really done have this risk",
    r"R_{RF}(x, y, \theta) \to \mathcal R_{RF}",
    by=_BY,
    bound=0.06,
)
def real_regressions() -> float:
    """The mean risk of six regressions in 200 dimensions over the limit, less 1."""
    risk = get(_BY).quantity("risk")
    case = {"psi_1": 2, "psi_2": "3/2", "eta": 1, "zeta": "1/2", "ridge": "1/10", "noise": "1/10"}
    return abs(float(np.mean([risk.run(200, k, **case) for k in range(6)])) / risk.at(**case) - 1)
