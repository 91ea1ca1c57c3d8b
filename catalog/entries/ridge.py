"""Ridge regression on isotropic data: the law of its sample covariance matrix, and its errors as traces."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from resolvent.catalog.schema.ensemble import Ensemble, Note, Reference, columns
from resolvent.catalog.schema.facts import Moment, Support
from resolvent.catalog.schema.parameter import Parameter
from resolvent.catalog.schema.quantity import Model, Quantity
from resolvent.catalog.schema.statement import Statement
from resolvent.numeric.curves.ridge import RidgeRegression
from resolvent.numeric.expressions import dimension, gaussian, inv

G = Parameter("g", "parameters over samples, p/n", positive=True)
RIDGE = Parameter("ridge", "the penalty lambda |beta|^2", positive=True)
SIGNAL = Parameter("signal", "|beta|^2", positive=True, default=1)
NOISE = Parameter("noise", "the variance of the noise", positive=True, default=1)
_g = G.symbol


_p, _n = dimension("p"), dimension("n")
_x = gaussian("X", _p, _n)
_covariance = _x @ _x.T / _n
STATEMENT = Statement("S", (G,), lambda g: (_covariance, {(_p, _n): g}))
"""The sample covariance matrix: its law, its sampler, and what the errors of the regression are traces of."""


def _bias(g: Any, ridge: Any, signal: Any) -> Model:
    """E |beta_hat - beta|^2 without noise: beta_hat - beta = -lambda Q beta, Q = (S + lambda)^{-1}."""
    resolvent = inv(_covariance + ridge)
    return signal * ridge**2 * resolvent @ resolvent, {(_p, _n): g}


def _variance(g: Any, ridge: Any, noise: Any) -> Model:
    """E |Q X epsilon/n|^2."""
    resolvent = inv(_covariance + ridge)
    return noise * (_p / _n) * resolvent @ _covariance @ resolvent, {(_p, _n): g}


def _risk(g: Any, ridge: Any, signal: Any, noise: Any) -> Model:
    """The sum of both."""
    bias, ratios = _bias(g, ridge, signal)
    return bias + _variance(g, ridge, noise)[0], ratios


def _training_error(g: Any, ridge: Any, signal: Any, noise: Any) -> Model:
    """(1/n) |y - X^T beta_hat|^2: the residuals are lambda (X^T X/n + lambda)^{-1} y, y = X^T beta + epsilon."""
    gram = _x.T @ _x / _n
    dual = inv(gram + ridge)
    return ridge**2 * dual @ (signal * (_n / _p) * gram + noise) @ dual, {(_p, _n): g}


def regression(size: int, rng: np.random.Generator, g: float, ridge: float, signal: float, noise: float) -> Any:
    """A regression that is really done: (beta, beta_hat, X, y), beta of size entries, size/g samples, rounded."""
    n = columns(size, g)
    beta = rng.standard_normal(size) * np.sqrt(signal / size)
    x = rng.standard_normal((size, n))
    y = x.T @ beta + np.sqrt(noise) * rng.standard_normal(n)
    estimate = np.linalg.solve(x @ x.T / n + ridge * np.eye(size), x @ y / n)
    return beta, estimate, x, y


def _seen_risk(size: int, rng: np.random.Generator, g: float, ridge: float, signal: float, noise: float) -> float:
    beta, estimate, _, _ = regression(size, rng, g, ridge, signal, noise)
    return float(np.sum((estimate - beta) ** 2))


def _seen_training_error(
    size: int, rng: np.random.Generator, g: float, ridge: float, signal: float, noise: float
) -> float:
    _, estimate, x, y = regression(size, rng, g, ridge, signal, noise)
    return float(np.mean((y - x.T @ estimate) ** 2))


def _curve(g: float, signal: float = 0.0, noise: float = 0.0) -> RidgeRegression:
    return RidgeRegression(1, g, signal, noise)


_CASES = (
    {"g": "1/2", "ridge": "3/10", "signal": "3/2", "noise": "2/5"},
    {"g": 2, "ridge": "4/5", "signal": 2, "noise": "1/4"},
    {"g": 1, "ridge": 1, "signal": 1, "noise": 1},
)
_HASTIE = "T. Hastie, A. Montanari, S. Rosset, R. J. Tibshirani, Surprises in high-dimensional ridgeless least squares"

ENSEMBLE = Ensemble(
    slug="ridge",
    title="Ridge regression on isotropic data",
    model=STATEMENT.latex
    + r";\quad \hat\beta = (S + \lambda)^{-1} \frac{1}{n} X y,\quad y = X^\top \beta + s \varepsilon",
    parameters=(G,),
    derive=STATEMENT.law,
    samplers=(STATEMENT.sampler("gaussian", "S; size is p, with p/g samples, rounded."),),
    references=(Reference(f"{_HASTIE} interpolation, Ann. Statist. 50 (2022)", "isotropic features"),),
    known=(
        Moment(1, _g * 0 + 1),
        Moment(2, 1 + _g),
        Support((((1 - sympy.sqrt(_g)) ** 2, (1 + sympy.sqrt(_g)) ** 2),), "Marchenko, Pastur 1967"),
    ),
    cases=({"g": "1/2"}, {"g": 2}, {"g": 1}),
    quantities=(
        Quantity(
            "risk",
            "The excess risk of a new observation, averaged over a beta without a preferred direction.",
            r"\mathbb{E}\lVert\hat\beta - \beta\rVert^2",
            (G, RIDGE, SIGNAL, NOISE),
            lambda g, ridge, signal, noise: float(_curve(g, signal, noise).risk(ridge)),
            _seen_risk,
            _risk,
            _CASES,
        ),
        Quantity(
            "bias",
            "The part of the risk that is left without noise.",
            r"\lambda^2 \beta^\top (S + \lambda)^{-2} \beta",
            (G, RIDGE, SIGNAL),
            lambda g, ridge, signal: float(_curve(g, signal).bias(ridge)),
            lambda size, rng, g, ridge, signal: _seen_risk(size, rng, g, ridge, signal, 0.0),
            _bias,
            tuple({k: v for k, v in case.items() if k != "noise"} for case in _CASES),
        ),
        Quantity(
            "variance",
            "The part of the risk that the noise makes.",
            r"s^2\, \mathrm{tr}\, (S + \lambda)^{-1} S (S + \lambda)^{-1}/n",
            (G, RIDGE, NOISE),
            lambda g, ridge, noise: float(_curve(g, 0.0, noise).variance(ridge)),
            lambda size, rng, g, ridge, noise: _seen_risk(size, rng, g, ridge, 0.0, noise),
            _variance,
            tuple({k: v for k, v in case.items() if k != "signal"} for case in _CASES),
        ),
        Quantity(
            "training-error",
            "The mean squared residual on the training data.",
            r"\frac{1}{n} \lVert y - X^\top \hat\beta\rVert^2",
            (G, RIDGE, SIGNAL, NOISE),
            lambda g, ridge, signal, noise: float(_curve(g, signal, noise).training_error(ridge)),
            _seen_training_error,
            _training_error,
            _CASES,
        ),
    ),
    notes=(
        Note("convention", "The penalty is lambda |beta|^2 against the mean squared error, so lambda stands beside S."),
        Note(
            "remark",
            "The best ridge is s^2 g/|beta|^2. For other populations and signals, negative ridges and the ridgeless "
            "limit: `resolvent.RidgeRegression`.",
        ),
    ),
)
