"""The residual term of the loss Hessian of a single-hidden-layer ReLU network."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from resolvent.catalog.entries import wishart_product
from resolvent.catalog.entries.hessian_h0 import PENNINGTON_BAHRI, PHI, SURVEY
from resolvent.catalog.schema.ensemble import Ensemble, Note, Reference, assumption
from resolvent.catalog.schema.facts import (
    AtomAt,
    CauchyEquation,
    ClosedDensity,
    FreeCumulant,
    Moment,
    RTransform,
    Support,
)
from resolvent.catalog.schema.parameter import Parameter
from resolvent.catalog.schema.statement import Ratios, Statement
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.letter import SymbolicSize
from resolvent.numeric.expressions import block, dimension, gaussian

EPS = Parameter("eps", "energy: the loss over the number of outputs", positive=True)
_phi, _eps = PHI.symbol, EPS.symbol
_z, _G, _g = sympy.symbols("z G g")
_scale = _eps * _phi**2 / 2

GAUSSIAN_RESIDUALS = assumption(
    "Gaussian residuals",
    "the residuals e_i,mu are independent N(0, 2 eps), and independent of the data and of the weights",
    PENNINGTON_BAHRI,
    r"the residuals $e_{i\mu}$ are independent $N(0, 2 \varepsilon)$, and independent of the data and of the weights",
)
GAUSSIAN_DATA = assumption(
    "Gaussian data",
    "the inputs have independent N(0, 1) components",
    PENNINGTON_BAHRI,
    "the inputs have independent $N(0, 1)$ components",
)  # fmt: skip
HALF_OF_THE_DATA = assumption(
    "ReLU mask",
    "the derivative of the ReLU selects, for every hidden unit, half of the samples independently of the data, so that "
    "each block of H_1 has the spectrum of (1/m) E X^T with m/2 columns",
    PENNINGTON_BAHRI,
    r"the derivative of the ReLU selects, for every hidden unit, half of the samples independently of the data, so "
    r"that each block of $H_1$ has the spectrum of $\frac{1}{m} E X^\top$ with $m/2$ columns",
)


def residual_term(eps: Any) -> tuple[MatrixExpression, SymbolicSize, SymbolicSize]:
    """[[0, B], [B^T, 0]] with B = (1/m) E X^T, E and X of size n x k with k = m/2; and the sizes n and k."""
    n, k = dimension("n"), dimension("k")
    product = gaussian("E", n, k, 2 * eps) @ gaussian("X", n, k).T / (2 * k)
    return block([[0, product], [product.T, 0]]), n, k


def _matrix(phi: Any, eps: Any) -> tuple[MatrixExpression, Ratios]:
    model, n, k = residual_term(eps)
    return model, {(n, k): phi}


STATEMENT = Statement("H_1", (PHI, EPS), _matrix)


def density(x: NDArray[np.float64], phi: float, eps: float) -> NDArray[np.float64]:
    """(|x|/s) rho_c(x^2/s, 1/phi), s = eps phi^2/2, rho_c the density of `wishart-product`; same shape as ``x``.

    >>> float(density(np.array([9.0]), phi=0.5, eps=1.0)[0])
    0.0
    """
    s = eps * phi**2 / 2
    return np.abs(x) / s * wishart_product.density(x**2 / s, 1 / phi)


def _support() -> Support:
    low, high = (sympy.sqrt(_scale * edge) for edge in wishart_product.edges(1 / _phi, sympy.sqrt))
    gap = sympy.Piecewise((low, _phi > 1), (0, True))
    return Support(((-high, -gap), (gap, high)), "Dupic, Perez Castillo 2014, section 4.2")


ENSEMBLE = Ensemble(
    slug="hessian-h1",
    title="Residual term of the loss Hessian of a ReLU network",
    model=STATEMENT.latex + r",\quad k = m/2",
    parameters=(PHI, EPS),
    derive=STATEMENT.law,
    samplers=(
        STATEMENT.sampler(
            "block",
            "One block B in its symmetric matrix; size is 2n, and the factors of B have n/phi columns, rounded.",
            multiple_of=2,
        ),
    ),
    references=(
        Reference(PENNINGTON_BAHRI, "the density and the R-transform of H_1"),
        Reference(SURVEY, "section 4.1"),
        wishart_product.ENSEMBLE.references[0],
    ),
    known=(
        *(Moment(k, sympy.Integer(0), "symmetry") for k in (1, 3, 5)),
        Moment(2, _eps * _phi / 2),
        Moment(4, _eps**2 * _phi**2 * (2 + _phi) / 4),
        *(FreeCumulant(2 * k, _eps * _phi / 2 * _scale ** (k - 1)) for k in range(1, 4)),
        RTransform(_eps * _phi * _g / (2 - _eps * _phi**2 * _g**2), _g, "Pennington, Bahri 2017"),
        CauchyEquation(
            _eps * _phi**2 * _z * _G**3 + _eps * _phi * (1 - _phi) * _G**2 - 2 * _z * _G + 2, (_z, _G)
        ),
        _support(),
        AtomAt(sympy.Integer(0), sympy.Max(0, 1 - 1 / _phi), "Dupic, Perez Castillo 2014, section 4.2"),
        ClosedDensity(density, "Pennington, Bahri 2017, with a misprint corrected; see wishart-product"),
    ),
    cases=({"phi": "1/2", "eps": 1}, {"phi": 2, "eps": "1/3"}, {"phi": 1, "eps": 2}),
    assumptions=(GAUSSIAN_RESIDUALS, GAUSSIAN_DATA, HALF_OF_THE_DATA),
    notes=(
        Note(
            "convention",
            "The sources write the density with alpha = m/n = 2/phi, and m(z) for the Cauchy transform.",
            "Pennington, Bahri 2017",
        ),
        Note(
            "convention",
            "Residuals N(0, 1), as the assumptions are stated there, mean eps = 1/2: the variance is 2 eps.",
            "Kim 2020, section 4.1",
        ),
        Note(
            "misprint",
            "In its density rho_c the product (r_+ r_-) must read (r_+ - r_-).",
            "Kim 2020, section 4.1",
        ),
        Note(
            "remark",
            "For residuals independent of the data the mask is exact in the limit: a random common sign on e and x "
            "leaves e x^T as it is and makes the active samples of a unit Gaussian again, m/2 of them on average.",
        ),
    ),
)  # fmt: skip
