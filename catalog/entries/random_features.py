"""Random-feature ridge regression: the law of its Gram matrix, and its risk when everything grows together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from resolvent.catalog.entries.nonlinear_gram import ETA, ZETA, LinearAndSine, check_slope
from resolvent.catalog.networks import feature_copies
from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Reference, Sampler, assumption
from resolvent.catalog.schema.facts import Moment
from resolvent.catalog.schema.parameter import Parameter
from resolvent.catalog.schema.quantity import Model, Quantity
from resolvent.catalog.schema.statement import Ratios, Statement
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import as_scalar
from resolvent.numeric.curves.feature_curves import errors_of_model
from resolvent.numeric.curves.feature_model import FeatureModel
from resolvent.numeric.curves.feature_variance import variances_of_model
from resolvent.numeric.matrices.ensembles import gaussian

PSI_1 = Parameter("psi_1", "features over inputs, N/d", positive=True)
PSI_2 = Parameter("psi_2", "samples over inputs, n/d", positive=True)
RIDGE = Parameter("ridge", "the penalty lambda |a|^2", positive=True)
NOISE = Parameter("noise", "the variance tau^2 of the targets' noise", lower=0, lower_open=False, default=0)
_MEI_MONTANARI = "Mei, Montanari 2022"
_one, _two, _eta, _zeta = PSI_1.symbol, PSI_2.symbol, ETA.symbol, ZETA.symbol

GAUSSIAN_EQUIVALENCE = assumption(
    "Gaussian equivalence",
    "features f(z) may be replaced by sqrt(zeta) z + sqrt(eta - zeta) g with independent Gaussian g",
    f"{_MEI_MONTANARI}, by proof",
    r"features $f(z)$ may be replaced by $\sqrt{\zeta}\, z + \sqrt{\eta - \zeta}\, g$ with independent Gaussian $g$",
)


def _matrix(psi_1: Any, psi_2: Any, eta: Any, zeta: Any) -> tuple[MatrixExpression, Ratios]:
    """Z^T Z with the linear part of the features and independent noise in its place."""
    z = feature_copies.features(eta, zeta)
    return z.T @ z, feature_copies.ratios(psi_1, psi_2)


STATEMENT = Statement("Z^\\top Z", (PSI_1, PSI_2, ETA, ZETA), _matrix, factor="F")


def derive_law(psi_1: Any, psi_2: Any, eta: Any, zeta: Any) -> AlgebraicLaw:
    """The law of Z^T Z, Z with its Gaussian equivalent.

    >>> derive_law(2, 3, 1, 1).moments(2)
    [3, 33]

    Raises `ParameterError` for numbers with zeta > eta.
    """
    check_slope(1 / as_scalar(psi_2), 1 / as_scalar(psi_1), eta, zeta)
    return STATEMENT.law(psi_1=psi_1, psi_2=psi_2, eta=eta, zeta=zeta)


def _shape(size: float, psi_1: float, psi_2: float) -> tuple[int, int]:
    """d and n for size features, rounded."""
    inputs = max(1, round(size / psi_1))
    return inputs, max(1, round(psi_2 * inputs))


def sample_matrix(size: int, rng: np.random.Generator, psi_1: float, psi_2: float, eta: float, zeta: float) -> Matrix:
    """Z^T Z, size x size, with Z = f(X Theta^T/sqrt(d))/sqrt(d)."""
    inputs, samples = _shape(size, psi_1, psi_2)
    theta, x = gaussian(size, inputs, rng, 1 / inputs), gaussian(inputs, samples, rng)
    z = LinearAndSine(eta, zeta)(theta @ x) / np.sqrt(inputs)
    return np.asarray(z @ z.T)


def _memory(size: int, psi_1: float, psi_2: float, eta: float, zeta: float) -> float:
    inputs = size / psi_1
    return 8 * (2.0 * size**2 + inputs * size + (inputs + 4 * size) * psi_2 * inputs + 1e4)


def seen_risk(
    size: int,
    rng: np.random.Generator,
    psi_1: float,
    psi_2: float,
    eta: float,
    zeta: float,
    ridge: float,
    noise: float,
) -> float:
    """The risk of a regression that is really done with d = size inputs, on 1000 new points."""
    features, samples = max(1, round(psi_1 * size)), max(1, round(psi_2 * size))
    f = LinearAndSine(eta, zeta)
    theta, beta = gaussian(features, size, rng, 1 / size), gaussian(size, 1, rng, 1 / size)[:, 0]
    x, new = gaussian(size, samples, rng), gaussian(size, 1000, rng)
    z, z_new = f(theta @ x) / np.sqrt(size), f(theta @ new) / np.sqrt(size)
    y = x.T @ beta + np.sqrt(noise) * rng.standard_normal(samples)
    a = np.linalg.solve(z @ z.T + ridge * np.eye(features), z @ y)
    return float(np.mean((new.T @ beta - z_new.T @ a) ** 2))


def _risk(psi_1: float, psi_2: float, eta: float, zeta: float, ridge: float, noise: float) -> float:
    return float(errors_of_model(FeatureModel(eta, zeta), psi_1, psi_2, ridge, 1.0, noise).risk)


_CASES: tuple[dict[str, Any], ...] = (
    {"psi_1": "1/2", "psi_2": "3/4", "eta": 1, "zeta": "1/2", "ridge": "1/10", "noise": "1/5"},
    {"psi_1": "3/4", "psi_2": "1/2", "eta": "3/2", "zeta": 1, "ridge": "1/4", "noise": "1/2"},
)


def _part(name: str, doc: str, latex: str, model: Callable[..., Model]) -> Quantity:
    """A part of the risk, by the field of `FeatureVariances` that has its limit."""
    own = (PSI_1, PSI_2, ETA, ZETA, RIDGE, *((NOISE,) if "noise" in name else ()))
    field = name.removeprefix("variance-").replace("-", "_")

    def limit(psi_1: float, psi_2: float, eta: float, zeta: float, ridge: float, noise: float = 0.0) -> float:
        parts = variances_of_model(FeatureModel(eta, zeta), psi_1, psi_2, ridge, 1.0, noise)
        return float(getattr(parts, field))

    def experiment(size: int, rng: np.random.Generator, eta: float, zeta: float, **values: float) -> float:
        f = LinearAndSine(eta, zeta)
        return feature_copies.crossed(f, size, rng, **{"noise": 0.0, **values}, copies=2)[field]

    names = [p.name for p in own]
    cases = tuple({k: v for k, v in case.items() if k in names} for case in _CASES)
    return Quantity(name, doc, latex, own, limit, experiment, model, cases)


_PARTS = (
    _part(
        "bias",
        "The error of the mean prediction over weights, samples and noise, for y = <beta, x> + tau noise, |beta| = 1.",
        r"\mathbb{E}_x (\langle\beta, x\rangle - \mathbb{E}\,\hat y(x))^2",
        feature_copies.bias,
    ),
    _part(
        "variance-weights",
        "The variance that the initial weights make alone.",
        r"V_P = \mathbb{E}_x \mathrm{Var}\, \mathbb{E}[\hat y(x) \mid \Theta]",
        feature_copies.of_weights,
    ),
    _part(
        "variance-samples",
        "The variance that the samples make alone.",
        r"V_X = \mathbb{E}_x \mathrm{Var}\, \mathbb{E}[\hat y(x) \mid X]",
        feature_copies.of_samples,
    ),
    _part(
        "variance-weights-samples",
        "The variance that weights and samples make together, beyond what each makes alone.",
        r"V_{PX} = \mathbb{E}_x \mathrm{Var}\, \mathbb{E}[\hat y(x) \mid \Theta, X] - V_P - V_X",
        feature_copies.of_weights_and_samples,
    ),
    _part(
        "variance-samples-noise",
        "The variance that the noise of the targets makes through the samples, whatever the weights.",
        r"V_{X\varepsilon} = \mathbb{E}_x \mathrm{Var}\, \mathbb{E}[\hat y(x) \mid X, \varepsilon] - V_X",
        feature_copies.of_samples_and_noise,
    ),
    _part(
        "variance-weights-samples-noise",
        "The variance that weights, samples and noise make together.",
        r"V_{PX\varepsilon} = \mathbb{E}_x \mathrm{Var}\, \hat y(x) - V_P - V_X - V_{PX} - V_{X\varepsilon}",
        feature_copies.of_all,
    ),
)

ENSEMBLE = Ensemble(
    slug="random-features",
    title="Random-feature ridge regression",
    model=STATEMENT.latex + r";\quad F \text{ in place of } f(X \Theta^\top/\sqrt d),\quad Z = F/\sqrt d,\quad "
    r"\hat y = f(x^\top \Theta^\top/\sqrt d) a/\sqrt d,\ a = (Z^\top Z + \lambda)^{-1} Z^\top y",
    parameters=(PSI_1, PSI_2, ETA, ZETA),
    derive=derive_law,
    samplers=(
        Sampler(
            "features",
            "f(x) = a x + b sin(2x) with the given constants; size is N, d = N/psi_1 and n = psi_2 d, rounded.",
            sample_matrix,
            600,
            _memory,
        ),
        STATEMENT.sampler("equivalent", "The Gaussian equivalent; size is N, d and n follow, rounded.", 600),
    ),
    references=(
        Reference(
            "S. Mei, A. Montanari, The generalization error of random features regression: precise asymptotics and the "
            "double descent curve, Comm. Pure Appl. Math. 75 (2022)",
            "the asymptotic risk",
        ),
        Reference(
            "B. Adlam, J. Pennington, Understanding double descent requires a fine-grained bias-variance "
            "decomposition, NeurIPS 2020",
            "the parts of the variance",
        ),
    ),
    known=(
        Moment(1, _two * _eta),
        Moment(2, _two**2 * (_eta**2 * (1 + _one / _two) + _zeta**2 * _one)),
    ),
    cases=(
        {"psi_1": "4/3", "psi_2": 2, "eta": 1, "zeta": "1/2"},
        {"psi_1": 2, "psi_2": 1, "eta": "3/2", "zeta": 0},
        {"psi_1": "1/2", "psi_2": 3, "eta": 1, "zeta": 1},
    ),
    assumptions=(GAUSSIAN_EQUIVALENCE,),
    quantities=(
        Quantity(
            "risk",
            "The risk for y = <beta, x> + tau noise with |beta| = 1.",
            r"\mathbb{E} (\langle\beta, x\rangle - \hat y(x))^2",
            (PSI_1, PSI_2, ETA, ZETA, RIDGE, NOISE),
            _risk,
            seen_risk,
            cases=(
                {"psi_1": 2, "psi_2": "3/2", "eta": 1, "zeta": "1/2", "ridge": "1/10", "noise": "1/10"},
                {"psi_1": "1/2", "psi_2": 2, "eta": 1, "zeta": "3/4", "ridge": "1/4"},
            ),
        ),
        *_PARTS,
    ),
    notes=(
        Note(
            "remark",
            "The mean of f changes no curve. For named activations: `resolvent.random_feature_errors` and "
            "`resolvent.random_feature_variances`; for one's own data: `resolvent.RandomFeatures`; for tangent "
            "kernels: `resolvent.tangent_kernel_errors` and `resolvent.tangent_kernel_variances`.",
        ),
    ),
)
