"""The loss Hessian of a single-hidden-layer ReLU network: outer-product and residual terms, freely added."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from resolvent.catalog.entries.hessian_h0 import IID_JACOBIAN, PENNINGTON_BAHRI, PHI, SIGMA, SURVEY
from resolvent.catalog.entries.hessian_h1 import (
    EPS,
    GAUSSIAN_DATA,
    GAUSSIAN_RESIDUALS,
    HALF_OF_THE_DATA,
    residual_term,
)
from resolvent.catalog.networks import relu_network
from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Reference, Sampler, assumption
from resolvent.catalog.schema.facts import AtomAt, CauchyEquation, FreeCumulant, Moment, RTransform, ZeroEdge
from resolvent.catalog.schema.statement import Ratios, Statement
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.numeric.expressions import block, dimension, gaussian

_phi, _eps, _s = PHI.symbol, EPS.symbol, SIGMA.symbol
_z, _G, _g = sympy.symbols("z G g")

FREE_TERMS = assumption(
    "freeness of the two terms",
    "H_0 and H_1 are asymptotically free, although they are functions of the same data and weights",
    PENNINGTON_BAHRI,
)
GAUSSIAN_WEIGHTS = assumption(
    "Gaussian weights", "the weights are independent centred Gaussian variables, without biases", PENNINGTON_BAHRI
)


def _matrix(phi: Any, eps: Any, sigma: Any) -> tuple[MatrixExpression, Ratios]:
    """J J^T/l + H_1 with an independent J of 2n rows: a Wishart matrix is free from all that is independent of it."""
    residual, n, k = residual_term(eps)
    columns = dimension("l")
    jacobian = block([[gaussian("J_1", n, columns, sigma)], [gaussian("J_2", n, columns, sigma)]])
    return jacobian @ jacobian.T / columns + residual, {(n, k): phi, (n, columns): phi / 2}


STATEMENT = Statement("H", (PHI, EPS, SIGMA), _matrix)


def sample_network(size: int, rng: np.random.Generator, phi: float, eps: float, sigma: float) -> Matrix:
    """The Hessian of an actual ReLU network of width n = size on m = 2n/phi samples, rounded; 2n^2 x 2n^2.

    See `resolvent.catalog.networks.relu_network.random_state` for the scale of the weights.
    """
    return relu_network.hessian(relu_network.random_state(size, _samples(size, phi), rng, eps, sigma))


def _samples(width: int, phi: float) -> int:
    return max(1, round(2 * width / phi))


def _network_memory(size: int, phi: float, eps: float, sigma: float) -> float:
    return relu_network.hessian_memory(size, _samples(size, phi))


def _critical_energy() -> sympy.Expr:
    chi = 1 + 16 * _phi - 8 * _phi**2
    top = 27 - 18 * chi - chi**2 + 8 * sympy.sqrt(chi) ** 3
    return _s**2 * top / (32 * _phi * (1 - _phi) ** 3)


ENSEMBLE = Ensemble(
    slug="hessian",
    title="Loss Hessian of a single-hidden-layer ReLU network",
    model=STATEMENT.latex + r",\quad \text{each block of } n \text{ rows for } n^2 \text{ parameters};\quad "
    r"L = \frac{1}{2m} \sum_{i\mu} e_{i\mu}^2,\ \hat y = W^{(2)} [W^{(1)} x]_+,\ "
    r"n_0 = n_1 = n_2 = n,\quad \phi = 2n/m,\ \varepsilon = \mathbb{E} L/n,\ "
    r"\sigma = \mathbb{E}\,\mathrm{tr}\, H_0/(2n^2)",
    parameters=(PHI, EPS, SIGMA),
    derive=STATEMENT.law,
    samplers=(
        STATEMENT.sampler(
            "model", "An independent Wishart H_0 plus H_1; size is the number of rows, even.", multiple_of=2
        ),
        Sampler(
            "network",
            "The exact Hessian of a ReLU network with Gaussian weights of variance 2 sigma/n, Gaussian data and "
            "Gaussian residuals of variance 2 eps; size is the width n, the matrix is 2n^2 x 2n^2 and m = 2n/phi, "
            "rounded. Its H_0 is no Wishart matrix, so this is how far the assumptions carry.",
            sample_network,
            24,
            _network_memory,
            follows_law=False,
        ),
    ),
    references=(
        Reference(PENNINGTON_BAHRI, "the equation of the Stieltjes transform of H"),
        Reference(SURVEY, "section 4.1"),
    ),
    known=(
        Moment(1, _s),
        Moment(2, _s**2 * (1 + _phi) + _eps * _phi / 2),
        Moment(3, _s**3 * (1 + 3 * _phi + _phi**2) + 3 * _s * _eps * _phi / 2),
        *(FreeCumulant(k, _s**k * _phi ** (k - 1) + (0 if k % 2 else (_eps / 2) ** (k // 2) * _phi ** (k - 1)))
          for k in range(1, 7)),
        RTransform(
            _s / (1 - _s * _phi * _g) + _eps * _phi * _g / (2 - _eps * _phi**2 * _g**2), _g, "Pennington, Bahri 2017"
        ),
        CauchyEquation(
            2 * (_z - _s * (1 - _phi)) * _G
            - _phi * (2 * _s * _z + _eps * (1 - _phi)) * _G**2
            - _eps * _phi**2 * (_z + _s * (_phi - 2)) * _G**3
            + _z * _eps * _s * _phi**3 * _G**4
            - 2,
            (_z, _G),
            "Pennington, Bahri 2017; Kim 2020, section 4.1",
        ),
        AtomAt(sympy.Integer(0), sympy.Max(0, 1 - 2 / _phi), "the atoms of H_0 and H_1 at 0, freely added"),
        ZeroEdge(_eps, _critical_energy(), "the left edge of H reaches 0, for phi < 1"),
    ),
    cases=(
        {"phi": "1/2", "eps": 1, "sigma": 1},
        {"phi": "1/4", "eps": "1/2", "sigma": 2},
        {"phi": 1, "eps": "1/3", "sigma": 1},
        {"phi": 4, "eps": 1, "sigma": "1/2"},
    ),
    assumptions=(FREE_TERMS, GAUSSIAN_RESIDUALS, GAUSSIAN_DATA, GAUSSIAN_WEIGHTS, IID_JACOBIAN, HALF_OF_THE_DATA),
    notes=(
        Note(
            "convention",
            "The sources write m_H(z) for the Cauchy transform G(z), and the equation in it; the Stieltjes transform "
            "here is m = -G.",
            "Pennington, Bahri 2017; Kim 2020, section 4.1",
        ),
        Note(
            "convention",
            "sigma is the mean of H_0, a final sigma there. Residuals N(0, 1), as stated there, mean eps = 1/2.",
            "Kim 2020, section 4.1",
        ),
        Note(
            "misprint",
            "The index is the mass below 0: the upper limit of its integral is 0, printed as p.",
            "Kim 2020, section 4.1",
        ),
        Note(
            "misprint",
            "The index vanishes below the critical energy; its power law in |eps - eps_c| holds above it only.",
            "Kim 2020, section 4.1",
        ),
        Note(
            "remark",
            "What the assumptions are worth at a random point of a real network (phi = 1/2, eps = sigma = 1, widths 16 "
            "to 30): the spectrum of its H_1 is that of hessian-h1, but its H_0 is far from a Wishart matrix (a few "
            "eigenvalues grow with the width), and the spectra of H differ by about 0.2 in Kolmogorov's distance. "
            "Why: a real H_0 has the law of network-gauss-newton, and it is not free from H_1.",
        ),
        Note(
            "remark",
            "At phi = 1 the critical energy is 0: every positive energy gives negative eigenvalues. For phi > 2 "
            "there is an atom at 0.",
        ),
    ),
)  # fmt: skip
