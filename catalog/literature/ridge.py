"""Hastie, Montanari, Rosset, Tibshirani 2022: least squares and ridge regression in high dimension."""

from __future__ import annotations

from functools import cache

import numpy as np
import sympy

from resolvent.catalog.literature.comparing import gap, symbols
from resolvent.catalog.literature.paper import Paper
from resolvent.catalog.registry import get
from resolvent.derive.expressions.trace import TAU
from resolvent.numeric.curves.ridge import RidgeRegression

HAS22 = Paper(
    "Has+22",
    "T. Hastie, A. Montanari, S. Rosset, R. J. Tibshirani, Surprises in high-dimensional ridgeless least squares "
    "interpolation, Ann. Statist. 50 (2022) 949-986",
)
_SLIDES, _ISOTROPIC = "slides, double descent", "isotropic features"
_SIGNAL, _NOISE = 1.5, 0.4

HAS22.definition(
    "cost",
    _SLIDES,
    "linear regression on n samples of dimension p",
    r"\text{Cost} = \frac1n \sum_{i=1}^n (\beta^\top \mathbf x_i - y_i)^2,\ \beta, \mathbf x_i \in \mathbb R^p",
    "the model of `ridge`",
)


@HAS22.numeric(
    _SLIDES,
    "ridgeless least squares on both sides of p = n",
    r"\hat\beta = (XX^\top)^{-1} Xy \text{ or } \hat\beta = X (X^\top X)^{-1} y",
    by="ridge",
    bound=1e-6,
)
def ridgeless_estimate() -> float:
    """The estimate of ridge regression at the ridge 1e-9 for 5 parameters and 8 samples, and for 8 and 5."""
    rng, found = np.random.default_rng(0), []
    for p, n in ((5, 8), (8, 5)):
        x, y = rng.standard_normal((p, n)), rng.standard_normal(n)
        stated = np.linalg.solve(x @ x.T, x @ y) if p < n else x @ np.linalg.solve(x.T @ x, y)
        found.append(gap(np.linalg.solve(x @ x.T / n + 1e-9 * np.eye(p), x @ y / n), stated))
    return max(found)


@HAS22.exact(
    _SLIDES,
    "the spectrum of XX^T/n reaches 0 at p = n only",
    r"p = n \Rightarrow \text{singular behaviour}",
    by="ridge",
)
def edge_at_zero() -> bool:
    """The discriminant of the derived equation at z = 0 as a polynomial in g: its zero is g = 1."""
    equation = get("ridge").law().equation.expr
    (g,) = symbols("ridge", "g")
    z, m = (next(s for s in equation.free_symbols if s.name == name) for name in "zm")
    discriminant = sympy.factor(sympy.discriminant(equation, m).subs(z, 0))
    return bool(sympy.roots(discriminant, g) == {sympy.Integer(1): 2})


@HAS22.numeric(
    f"{_ISOTROPIC}, ridgeless",
    "the risk of least squares and of the interpolator of least norm",
    r"R \to \begin{cases} \sigma^2 \frac{\gamma}{1-\gamma}, & \gamma < 1\\ r^2 (1 - \frac1\gamma) + \sigma^2 "
    r"\frac{1}{\gamma-1}, & \gamma > 1\end{cases}",
    by="ridge",
    bound=1e-11,
)
def ridgeless_risk() -> float:
    """The limit of the ridge regression of the entry at the ridge 0, for six ratios."""
    found = []
    for g in (0.1, 0.5, 0.97, 1.03, 2.0, 7.0):
        stated = _NOISE * g / (1 - g) if g < 1 else _SIGNAL * (1 - 1 / g) + _NOISE / (g - 1)
        found.append(gap(RidgeRegression(1, g, _SIGNAL, _NOISE).risk(0), stated))
    return max(found)


def _symbols() -> dict[str, sympy.Symbol]:
    return {p.name: p.symbol for p in get("ridge").quantity("risk").parameters}


@cache
def _relation() -> sympy.Expr:
    """The polynomial of the risk tau, derived from the expression of the matrices."""
    return get("ridge").quantity("risk").exact().relation


def _transform(at: sympy.Expr) -> tuple[sympy.Symbol, sympy.Expr, sympy.Expr]:
    """m, Marchenko-Pastur's polynomial at z = ``at``, and m' there."""
    equation = get("ridge").law(g=_symbols()["g"]).equation.expr
    z, m = (next(s for s in equation.free_symbols if s.name == name) for name in "zm")
    slope = -sympy.diff(equation, z) / sympy.diff(equation, m)
    return m, equation.subs(z, at), slope.subs(z, at)


def _is_risk(stated: sympy.Expr, m: sympy.Symbol, equation: sympy.Expr, **values: sympy.Expr) -> bool:
    """Whether a rational function of m solves the polynomial of the risk, on the curve of the transform."""
    images = {_symbols()[name]: value for name, value in values.items()}
    top = sympy.numer(sympy.together(_relation().subs(images).subs(TAU, stated)))
    return bool(sympy.rem(sympy.Poly(top, m), sympy.Poly(equation, m)).is_zero)


@HAS22.exact(
    f"{_ISOTROPIC}, ridgeless",
    "the same limits, from the trace of a matrix expression",
    r"\lim_{\lambda \to 0} R(\lambda)",
    by="ridge",
)
def ridgeless_limit_of_the_trace() -> bool:
    """The derived polynomial of the risk at lambda = 0, with symbols, has these two zeros."""
    g, ridge, r2, s2 = (_symbols()[n] for n in ("g", "ridge", "signal", "noise"))
    stated = (TAU - s2 * g / (1 - g)) * (TAU - r2 * (1 - 1 / g) - s2 / (g - 1))
    quotient = sympy.cancel(_relation().subs(ridge, 0) / stated)
    return TAU not in quotient.free_symbols


@HAS22.exact(
    f"{_ISOTROPIC}, ridge",
    "the risk of ridge regression by the transform of Marchenko and Pastur's law",
    r"R(\lambda) \to r^2\lambda^2 m'(-\lambda) + \sigma^2\gamma [m(-\lambda) - \lambda m'(-\lambda)]",
    by="ridge",
)
def ridge_risk() -> bool:
    """It solves the polynomial of the risk derived from the matrices, with symbols, on the curve of the transform."""
    g, ridge, r2, s2 = (_symbols()[n] for n in ("g", "ridge", "signal", "noise"))
    m, equation, slope = _transform(-ridge)
    return _is_risk(r2 * ridge**2 * slope + s2 * g * (m - ridge * slope), m, equation)


@HAS22.exact(
    f"{_ISOTROPIC}, ridge",
    "the best ridge, and the risk there",
    r"\lambda^* = \sigma^2\gamma/r^2,\ R(\lambda^*) \to \sigma^2\gamma\, m(-\lambda^*)",
    by="ridge",
)
def best_ridge() -> bool:
    """The risk there solves the derived polynomial, and so does it the derivative in the ridge."""
    g, ridge, r2, s2 = (_symbols()[n] for n in ("g", "ridge", "signal", "noise"))
    best = s2 * g / r2
    m, equation, _ = _transform(-best)
    slope = sympy.diff(_relation(), ridge).subs(ridge, best).subs(TAU, s2 * g * m)
    stationary = sympy.rem(sympy.Poly(sympy.numer(sympy.together(slope)), m), sympy.Poly(equation, m)).is_zero
    return bool(stationary) and _is_risk(s2 * g * m, m, equation, ridge=best)


@HAS22.numeric(
    "checked value",
    "risks at r^2 = 1.5, s^2 = 0.4",
    r"g = \tfrac12, \lambda = 0.3: 0.31621738;\ g = 2: 1.15 \text{ ridgeless}, 0.96911901 \text{ at } \lambda^*",
    by="ridge",
    bound=5e-9,
)
def values_of_the_risk() -> float:
    """The ridge regression of the entry, its best ridge found by search."""
    narrow, wide = (RidgeRegression(1, g, _SIGNAL, _NOISE) for g in (0.5, 2))
    return gap([float(narrow.risk(0.3)), float(wide.risk(0)), wide.best().risk], [0.31621738, 1.15, 0.96911901])


@HAS22.sampled(
    f"{_ISOTROPIC}, ridge",
    "regressions that are really done have this risk",
    r"R_X(\hat\beta_\lambda; \beta) \to R(\lambda)",
    by="ridge",
    bound=0.1,
)
def real_regressions() -> float:
    """The mean risk of eight regressions with 300 parameters over the limit, less 1."""
    risk, case = get("ridge").quantity("risk"), {"g": "1/2", "ridge": "3/10", "signal": "3/2", "noise": "2/5"}
    return abs(float(np.mean([risk.run(300, k, **case) for k in range(8)])) / risk.at(**case) - 1)
