"""The neural tangent kernel of a network with one hidden layer, and of deep ones as a matrix expression."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy

from resolvent.catalog.networks.layer_rule import FAN_WANG, GAUSSIAN_EQUIVALENCE, SPECTRA_OF_KERNELS
from resolvent.catalog.schema.activation_option import ACTIVATION_WITH_SLOPE
from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Reference, Sampler, assumption, columns
from resolvent.catalog.schema.facts import Moment
from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import as_scalar
from resolvent.derive.laws.elementary import atoms, marchenko_pastur
from resolvent.numeric.expressions import MatrixExpression, dimension, gaussian, identity

ETA = Parameter("eta", "variance of the activation", positive=True)
SLOPE = Parameter("eta_prime", "mean squared slope of the activation, at least 2 eta - zeta", positive=True)
ZETA = Parameter("zeta", "squared mean slope of the activation, at most eta", lower=0, lower_open=False)
RATIO = Parameter("gamma", "samples over units, n/d_1", positive=True, default=1)
INPUT = Parameter("c", "samples over inputs, n/d_0", positive=True, default=1)
DIAGONAL = assumption(
    "slopes of a layer seen through products",
    "S^T S * X^T X entry by entry, S the slopes of the layer, has the spectrum of (eta' - zeta) + zeta X^T X: off the "
    "diagonal only the mean slopes count",
    FAN_WANG,
    r"$S^\top S \circ X^\top X$, entry by entry, $S$ the slopes of the layer, has the spectrum of $(\eta' - \zeta) + "
    r"\zeta X^\top X$: off the diagonal only the mean slopes count",
)


def derive_law(eta: Any, eta_prime: Any, zeta: Any, gamma: Any, c: Any) -> AlgebraicLaw:
    """The law of (eta' - zeta) + X_1^T X_1 + zeta X_0^T X_0.

    With A = (eta - zeta) + zeta X_0^T X_0 the layer rule makes it (eta' - eta) + A^(1/2) (1 + MP) A^(1/2).

    >>> derive_law(1, "3/2", "1/2", 1, 1).moments(1)
    [5/2]

    Raises `ParameterError` for numbers with zeta > eta or eta' < 2 eta - zeta.
    """
    variance, energy, slope, ratio = (as_scalar(v) for v in (eta, eta_prime, zeta, gamma))
    if (slope - variance).is_positive or (2 * variance - slope - energy).is_positive:
        raise ParameterError(
            f"no activation has zeta > eta or eta_prime < 2 eta - zeta; got eta = {eta}, eta_prime = {eta_prime}, "
            f"zeta = {zeta}",
            eta=eta,
            zeta=zeta,
        )
    inputs = atoms([variance]) if slope == 0 else slope * marchenko_pastur(as_scalar(c)) + (variance - slope)
    found: AlgebraicLaw = inputs @ (marchenko_pastur(ratio) + 1) + (energy - variance)
    return found


def deep_kernel(depth: int, b2: Any, a: Any) -> MatrixExpression:
    """The tangent kernel r_+ + X_L^T X_L + sum b^(2(L-l)) X_l^T X_l as a matrix expression, by Gaussian equivalents.

    n samples, d_0 inputs and d_1, ..., d_L units; X_l = (b W_l X_(l-1) + sqrt(1 - b^2) N_l)/sqrt(d_l), and r_+ = sum
    (a^(L-l) - b^(2(L-l))) over l < L, for an activation of mean 0 and variance 1. Its law at a point z is what
    `resolvent.DysonSolver` finds.

    >>> kernel = deep_kernel(2, "1/2", 1)
    >>> kernel.sample({"n": 6, "d0": 5, "d1": 4, "d2": 7}, rng=0).shape
    (6, 6)

    Raises `ParameterError` for a depth below 1.
    """
    if depth < 1:
        raise ParameterError(f"the depth is 1 or more; got {depth}", depth=depth)
    slope, energy = as_scalar(b2), as_scalar(a)
    n = dimension("n")
    sizes = [dimension(f"d{k}") for k in range(depth + 1)]
    features = [gaussian("X", sizes[0], n) / sympy.sqrt(sizes[0])]
    for k in range(1, depth + 1):
        w, noise = gaussian(f"W{k}", sizes[k], sizes[k - 1]), gaussian(f"N{k}", sizes[k], n)
        linear = sympy.sqrt(slope) * w @ features[-1]
        features.append((linear + sympy.sqrt(1 - slope) * noise) / sympy.sqrt(sizes[k]))
    powers = [slope ** (depth - k) for k in range(depth + 1)]
    constant = sum((energy ** (depth - k) - powers[k] for k in range(depth)), start=sympy.Integer(0))
    total = constant * identity(n)
    for power, x in zip(powers, features, strict=True):
        total = total + power * x.T @ x
    return total


def tangent_kernel(x: Matrix, w: Matrix, activation: Any) -> Matrix:
    """The tangent kernel of v^T f(W x)/sqrt(d_1) for all weights, X_1^T X_1 + (S^T S)*(X^T X) entry by entry.

    The columns of x are the samples. The weights v are signs or have the mean square 1 over many units.
    """
    h = w @ x
    features, slopes = np.asarray(activation(h)), np.asarray(activation.slope(h))
    units = len(w)
    return np.asarray((features.T @ features + (slopes.T @ slopes) * (x.T @ x)) / units)


def sample_network(
    size: int,
    rng: np.random.Generator,
    eta: float,
    eta_prime: float,
    zeta: float,
    gamma: float,
    c: float,
    activation: Any,
) -> Matrix:
    """The kernel of a network with the activation on Gaussian inputs; without one, of the Gaussian equivalent."""
    inputs, units = columns(size, c), columns(size, gamma)
    x = rng.standard_normal((inputs, size)) / math.sqrt(inputs)
    if activation is not None:
        w = rng.standard_normal((units, inputs))
        scale = float(activation.scale)
        return tangent_kernel(x, w, _Scaled(activation, scale))
    y = math.sqrt(zeta) * rng.standard_normal((units, inputs)) @ x
    y += math.sqrt(max(eta - zeta, 0.0)) * rng.standard_normal((units, size))
    kernel = (y.T @ y) / units + zeta * (x.T @ x)
    kernel[np.diag_indices(size)] += eta_prime - zeta
    return np.asarray(kernel)


class _Scaled:
    """x -> f(s x) and its derivative."""

    def __init__(self, activation: Any, scale: float) -> None:
        self._activation, self._scale = activation, scale

    def __call__(self, x: Matrix) -> Matrix:
        return np.asarray(self._activation(self._scale * x))

    def slope(self, x: Matrix) -> Matrix:
        """The derivative in x."""
        return np.asarray(self._scale * self._activation.slope(self._scale * x))


def _memory(size: int, eta: float, eta_prime: float, zeta: float, gamma: float, c: float) -> float:
    units, inputs = size / gamma, size / c
    return 8 * (4.0 * size * size + 4 * size * (units + inputs) + units * inputs)


_e, _s, _z, _g, _c = (p.symbol for p in (ETA, SLOPE, ZETA, RATIO, INPUT))
ENSEMBLE = Ensemble(
    slug="tangent-kernel",
    title="Neural tangent kernel of a network with one hidden layer",
    # typed in: activations and products that act entry by entry are no words of the language
    model=r"K = X_1^\top X_1 + (S^\top S) \odot (X_0^\top X_0),\quad X_1 = \frac{1}{\sqrt{d_1}} f(W X_0),\ S = "
    r"\frac{1}{\sqrt{d_1}} f'(W X_0),\ X_{0,ij} \sim N(0, 1/d_0),\ W_{ij} \sim N(0, 1),\quad \gamma = n/d_1,"
    r"\ c = n/d_0,\quad \eta = \mathbb{E} f^2,\ \eta' = \mathbb{E} f'^2,\ \zeta = (\mathbb{E} f')^2,\ \mathbb{E} f = 0",
    parameters=(ETA, SLOPE, ZETA, RATIO, INPUT),
    derive=derive_law,
    samplers=(
        Sampler(
            "network",
            "The kernel of all weights of a network with the activation; without one, that of the Gaussian equivalent. "
            "Size is the number of samples; d_1 = n/gamma and d_0 = n/c, rounded.",
            sample_network,
            600,
            _memory,
        ),
    ),
    references=(Reference(SPECTRA_OF_KERNELS, "the tangent kernel as a sum of conjugate kernels"),),
    known=(Moment(1, _e + _s, FAN_WANG),),
    cases=(
        {"eta": 1, "eta_prime": "3/2", "zeta": "1/2", "gamma": 1, "c": 1},
        {"eta": 1, "eta_prime": 2, "zeta": "1/3", "gamma": 2, "c": "1/2"},
        {"eta": 1, "eta_prime": 1, "zeta": 1, "gamma": "1/2", "c": 1},
    ),
    assumptions=(GAUSSIAN_EQUIVALENCE, DIAGONAL),
    option=ACTIVATION_WITH_SLOPE,
    notes=(
        Note(
            "remark",
            "For deeper networks `deep_kernel` of this module states the kernel as a matrix expression.",
        ),
    ),
)
