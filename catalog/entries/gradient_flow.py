"""Gradient flow of a linear classifier on two Gaussian classes: the law of the noise, and the errors over time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy

from resolvent.catalog.entries import marchenko_pastur
from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Outlier, Reference, Sampler, columns
from resolvent.catalog.schema.facts import Moment
from resolvent.catalog.schema.parameter import Parameter
from resolvent.catalog.schema.quantity import Quantity
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.numeric.curves.gradient_flow import GradientFlow
from resolvent.numeric.matrices.ensembles import gaussian

C = Parameter("c", "dimension over samples, p/n", positive=True)
RHO = Parameter("rho", "|mu|^2, half the distance of the classes, squared", positive=True, default=1)
RIDGE = Parameter("ridge", "the weight decay gamma", lower=0, lower_open=False, default=0)
INITIAL = Parameter("initial", "sigma^2, the squared length of w(0)", lower=0, lower_open=False, default=0)
TIME = Parameter("time", "learning rate times time", positive=True)
LIAO_COUILLET = "Liao, Couillet 2018"


def derive_law(c: Any, rho: Any) -> AlgebraicLaw:
    """The law of X X^T/n: the classes add one eigenvalue at most, so it is that of the noise.

    >>> derive_law(1, 2).moments(2)
    [1, 2]
    """
    return marchenko_pastur.derive_law(c, sympy.Integer(1))


def two_classes(size: int, rng: np.random.Generator, c: float, rho: float) -> tuple[Matrix, Matrix, Matrix]:
    """Samples (size x size/c, rounded), their labels, and mu.

    >>> x, y, mu = two_classes(6, np.random.default_rng(0), 0.5, 2.0)
    >>> x.shape, sorted(set(y.tolist())), round(float(mu @ mu), 12)
    ((6, 12), [-1.0, 1.0], 2.0)
    """
    n = columns(size, c)
    labels = np.where(np.arange(n) < n // 2, -1.0, 1.0)
    direction = rng.standard_normal(size)
    mu = direction * math.sqrt(rho) / np.linalg.norm(direction)
    return mu[:, None] * labels + gaussian(size, n, rng), labels, mu


def sample_matrix(size: int, rng: np.random.Generator, c: float, rho: float) -> Matrix:
    """X X^T/n of two classes, size x size."""
    x, labels, _ = two_classes(size, rng, c, rho)
    return np.asarray(x @ x.T / len(labels))


def spike(size: int, c: float, rho: float) -> tuple[Outlier, ...]:
    """The eigenvalue that the classes make outside the bulk, if rho > sqrt(c)."""
    place = GradientFlow(c, rho).spike
    return () if place is None else (Outlier(place, "the two classes: (1 + rho)(rho + c)/rho"),)


def _memory(size: int, c: float, rho: float) -> float:
    return 8 * (2.0 * size**2 + 3.0 * size * max(1.0, size / c))


def flow(
    size: int, rng: np.random.Generator, c: float, rho: float, ridge: float, initial: float, time: float
) -> tuple[Matrix, Matrix, Matrix, Matrix]:
    """A flow that is really followed, by the eigenvectors of X X^T/n: w(t), samples, labels and mu."""
    x, y, mu = two_classes(size, rng, c, rho)
    values, vectors = np.linalg.eigh(x @ x.T / len(y))
    z = np.maximum(values, 0.0) + ridge
    with np.errstate(divide="ignore", invalid="ignore"):
        h = np.where(z > 0, -np.expm1(-time * z) / z, time)
    start = vectors.T @ rng.standard_normal(size) * math.sqrt(initial / size)
    w = vectors @ (np.exp(-time * z) * start + h * (vectors.T @ (x @ y / len(y))))
    return w, x, y, mu


def _seen_test_error(size: int, rng: np.random.Generator, **values: float) -> float:
    """The probability, given w(t), that a new point is misclassified."""
    w, _, _, mu = flow(size, rng, **values)
    return 0.5 * math.erfc(float(mu @ w / np.linalg.norm(w)) / math.sqrt(2))


def _seen_training_error(size: int, rng: np.random.Generator, **values: float) -> float:
    """The share of the samples that are misclassified."""
    w, x, y, _ = flow(size, rng, **values)
    return float(np.mean(y * (x.T @ w) < 0))


def _curves(c: float, rho: float, ridge: float, initial: float) -> GradientFlow:
    return GradientFlow(c, rho, ridge, initial)


_CASES = (
    {"c": "1/2", "rho": 2, "ridge": "3/10", "initial": "1/10", "time": 3},
    {"c": 2, "rho": 1, "time": 5, "initial": "1/2"},
)

ENSEMBLE = Ensemble(
    slug="gradient-flow",
    title="Gradient flow on two Gaussian classes",
    # typed in: the mean of the classes has rank one, and matrices of the language have a law
    model=r"C = \frac{1}{n} X X^\top,\ x_i = y_i \mu + z_i,\ z_i \sim N(0, I_p),\ \lVert\mu\rVert^2 = \rho,\ p/n \to c,"
    r"\quad \dot w = \alpha\left(\frac{1}{n} X y - (C + \gamma) w\right)",
    parameters=(C, RHO),
    derive=derive_law,
    samplers=(
        Sampler("classes", "Two classes; size is p, with p/c samples.", sample_matrix, 1000, _memory, outliers=spike),
    ),
    references=(
        Reference(
            "Z. Liao, R. Couillet, The dynamics of learning: a random matrix approach, ICML 2018 (PMLR 80) 3072-3081",
            "training and test performance, and their real forms",
        ),
    ),
    known=(Moment(1, C.symbol * 0 + 1), Moment(2, 1 + C.symbol)),
    cases=({"c": "1/2", "rho": 2}, {"c": 2, "rho": "1/2"}, {"c": 1, "rho": 4}),
    quantities=(
        Quantity(
            "test-error",
            "The probability that a new point is misclassified.",
            r"\mathbb{P}(y \langle w(t), x\rangle < 0)",
            (C, RHO, RIDGE, INITIAL, TIME),
            lambda c, rho, ridge, initial, time: float(_curves(c, rho, ridge, initial).test_error(time)),
            _seen_test_error,
            cases=_CASES,
        ),
        Quantity(
            "training-error",
            "The share of the training points that are misclassified.",
            r"\frac{1}{n} \#\{i : y_i \langle w(t), x_i\rangle < 0\}",
            (C, RHO, RIDGE, INITIAL, TIME),
            lambda c, rho, ridge, initial, time: float(_curves(c, rho, ridge, initial).training_error(time)),
            _seen_training_error,
            cases=(_CASES[0], {**_CASES[1], "time": "1/4"}),
        ),
    ),
    notes=(
        Note("convention", "The source's omega is rho times the measure seen from X y/n.", LIAO_COUILLET),
        Note("misprint", "The contour form of the mean training margin has a sign too many.", "slides on the source"),
        Note(
            "misprint",
            "The contour form of the variance of the training margins is right for gamma = 0 only: z stands there for "
            "z - gamma in the factors that multiply (1 - f)^2/z^2 and f^2.",
            "slides on the source",
        ),
        Note("remark", "Best moment to stop, contour integrals with their errors: `resolvent.GradientFlow`."),
    ),
)
