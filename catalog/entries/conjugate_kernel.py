"""The conjugate kernel of a deep network: the Gram matrix of its features after any number of layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy

from resolvent.catalog.entries.nonlinear_gram import LinearAndSine
from resolvent.catalog.networks.layer_rule import FAN_WANG, GAUSSIAN_EQUIVALENCE, SPECTRA_OF_KERNELS, conjugate_kernel
from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Reference, Sampler, columns
from resolvent.catalog.schema.facts import Moment
from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.laws.elementary import marchenko_pastur

DEPTH = Parameter("depth", "the number of layers", lower=1, lower_open=False, integer=True, default=1, is_chosen=True)
SLOPE = Parameter("b2", "the squared mean slope of the activation, whose variance is 1", upper=1, upper_open=False,
                  positive=True)  # fmt: skip
RATIO = Parameter("gamma", "samples over units of a layer, n/d", positive=True)
INPUT = Parameter("c", "samples over inputs, n/d_0", positive=True, default=1)


def derive_law(depth: Any, b2: Any, gamma: Any, c: Any) -> Any:
    """The layer rule, once for each layer, from the kernel of Gaussian inputs.

    >>> derive_law(1, "1/2", 1, 1).moments(2)
    [1, 9/4]
    """
    return conjugate_kernel(marchenko_pastur(c), b2, [gamma] * int(depth))


def layers(size: int, rng: np.random.Generator, depth: int, activation: Any, gamma: float, c: float) -> list[Matrix]:
    """X_0, ..., X_L of a network run forward on Gaussian inputs; see the model. Columns are samples."""
    inputs, units = columns(size, c), columns(size, gamma)
    found = [rng.standard_normal((inputs, size)) / math.sqrt(inputs)]
    for _ in range(depth):
        found.append(activation(rng.standard_normal((units, len(found[-1]))) @ found[-1]) / math.sqrt(units))
    return found


def sample_network(size: int, rng: np.random.Generator, depth: float, b2: float, gamma: float, c: float) -> Matrix:
    """X_L^T X_L, size x size, of a network with the odd u x + v sin 2x of variance 1 and squared slope b2."""
    last = layers(size, rng, int(depth), LinearAndSine(1.0, b2), gamma, c)[-1]
    return np.asarray(last.T @ last)


def _memory(size: int, depth: float, b2: float, gamma: float, c: float) -> float:
    units, inputs = size / gamma, size / c
    return 8 * (2.0 * size * size + 4 * size * (units + inputs) + units * max(units, inputs))


_g, _b, _c, _L = RATIO.symbol, SLOPE.symbol, INPUT.symbol, DEPTH.symbol
_k = sympy.Symbol("k", integer=True)
_SUM = sympy.Sum(_b ** (2 * _k), (_k, 0, _L - 1))
ENSEMBLE = Ensemble(
    slug="conjugate-kernel",
    title="Conjugate kernel of a deep network",
    # typed in: an activation that acts entry by entry is no word of the language
    model=r"K = X_L^\top X_L,\quad X_l = \frac{1}{\sqrt{d_l}} f(W_l X_{l-1}),\ W_{l,ij} \sim N(0, 1),\ X_0 \in "
    r"\mathbb{R}^{d_0 \times n},\ X_{0,ij} \sim N(0, 1/d_0),\quad \gamma = n/d_l,\ c = n/d_0,\quad \mathbb{E} f(\xi) = "
    r"0,\ \mathbb{E} f(\xi)^2 = 1,\ b = \mathbb{E} f'(\xi)",
    parameters=(DEPTH, SLOPE, RATIO, INPUT),
    derive=derive_law,
    samplers=(
        Sampler(
            "network",
            "A network run forward on Gaussian inputs, with the odd activation that has the slope; size is the "
            "number of samples, d = n/gamma and d_0 = n/c, rounded.",
            sample_network,
            600,
            _memory,
        ),
    ),
    references=(
        Reference(SPECTRA_OF_KERNELS, "the law of every layer from that of the one below"),
        Reference(
            "L. Benigni, S. Peche, Eigenvalue distribution of some nonlinear models of random matrices, Electron. J. "
            "Probab. 26 (2021) 1-37",
            "several layers",
        ),
    ),
    known=(Moment(1, _b**0, FAN_WANG), Moment(2, 1 + _g * _SUM + _b ** (2 * _L) * _c, FAN_WANG)),
    cases=(
        {"depth": 1, "b2": "1/2", "gamma": 1, "c": 1},
        {"depth": 1, "b2": "1/3", "gamma": 2, "c": "1/2"},
        {"depth": 2, "b2": "3/4", "gamma": "1/2", "c": 2},
        {"depth": 1, "b2": 1, "gamma": "1/2", "c": 1},
    ),
    assumptions=(GAUSSIAN_EQUIVALENCE,),
    notes=(
        Note(
            "remark",
            "For other inputs, a law or the eigenvalues of your own kernel, and other widths: conjugate_kernel(law, "
            "b2, [n/d_1, n/d_2, ...]) of resolvent.catalog.networks.layer_rule.",
        ),
    ),
)
