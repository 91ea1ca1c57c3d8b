"""The outer-product term of a network's loss Hessian, with a Jacobian of independent entries."""

from __future__ import annotations

from typing import Any

import sympy

from resolvent.catalog.schema.ensemble import Ensemble, Note, Reference, assumption
from resolvent.catalog.schema.facts import AtomAt, CauchyEquation, FreeCumulant, Moment, RTransform, STransform, Support
from resolvent.catalog.schema.parameter import Parameter
from resolvent.catalog.schema.statement import Ratios, Statement
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.numeric.expressions import dimension, gaussian

PHI = Parameter("phi", "2n/m, parameters over residual components of n outputs and m samples", positive=True)
SIGMA = Parameter("sigma", "mean eigenvalue of H_0", positive=True, default=1)
_phi, _s = PHI.symbol, SIGMA.symbol
_z, _G, _g, _u = sympy.symbols("z G g u")

PENNINGTON_BAHRI = (
    "J. Pennington, Y. Bahri, Geometry of Neural Network Loss Surfaces via Random Matrix Theory, "
    "ICML 2017, PMLR 70, 2798-2806"
)
SURVEY = "K. Kim, Use of Random Matrix Theory on Understanding Deep Learning (2020)"

IID_JACOBIAN = assumption(
    "independent Jacobian",
    "the Jacobian J of the network's outputs, 2n^2 x nm, has independent centred Gaussian entries of one variance, so "
    "that H_0 = J J^T/m is a Wishart matrix",
    PENNINGTON_BAHRI,
    r"the Jacobian $J$ of the network's outputs, $2n^2 \times nm$, has independent centred Gaussian entries of one "
    r"variance, so that $H_0 = J J^\top/m$ is a Wishart matrix",
)


def _matrix(phi: Any, sigma: Any) -> tuple[MatrixExpression, Ratios]:
    """J J^T/m, in terms of its mean: the entries of J have the variance sigma/n, and nm columns."""
    p, k = dimension("p"), dimension("k")
    jacobian = gaussian("J", p, k, sigma)
    return jacobian @ jacobian.T / k, {(p, k): phi}


STATEMENT = Statement("H_0", (PHI, SIGMA), _matrix)


ENSEMBLE = Ensemble(
    slug="hessian-h0",
    title="Outer-product term of the loss Hessian",
    model=STATEMENT.latex + r",\quad p = 2n^2,\ k = nm",
    parameters=(PHI, SIGMA),
    derive=STATEMENT.law,
    samplers=(
        STATEMENT.sampler(
            "wishart", "A Gaussian Jacobian; size is the number of rows of H_0, and J has size/phi columns, rounded."
        ),
    ),
    references=(
        Reference(PENNINGTON_BAHRI, "the R-transform of H_0"),
        Reference(SURVEY, "section 4.1"),
        Reference("V. A. Marchenko, L. A. Pastur, Distribution of eigenvalues for some sets of random matrices, "
                  "Math. USSR-Sbornik 1 (1967) 457-483", "Theorem 1"),
    ),
    known=(
        Moment(1, _s),
        Moment(2, _s**2 * (1 + _phi)),
        Moment(3, _s**3 * (1 + 3 * _phi + _phi**2)),
        *(FreeCumulant(k, _s**k * _phi ** (k - 1)) for k in range(1, 7)),
        RTransform(_s / (1 - _s * _phi * _g), _g, "Pennington, Bahri 2017"),
        STransform(1 / (_s * (1 + _phi * _u)), _u),
        CauchyEquation(_s * _phi * _z * _G**2 - (_z - _s * (1 - _phi)) * _G + 1, (_z, _G)),
        Support(((_s * (1 - sympy.sqrt(_phi)) ** 2, _s * (1 + sympy.sqrt(_phi)) ** 2),), "Marchenko, Pastur 1967"),
        AtomAt(sympy.Integer(0), sympy.Max(0, 1 - 1 / _phi)),
    ),
    cases=({"phi": "1/4", "sigma": 1}, {"phi": 3, "sigma": "1/2"}, {"phi": 1, "sigma": 2}),
    assumptions=(IID_JACOBIAN,),
    notes=(
        Note(
            "convention",
            "sigma is the mean of H_0, written as a final sigma in the sources; it is the square of the parameter "
            "sigma of marchenko-pastur.",
        ),
        Note(
            "convention",
            "The sources write m(z) for the Cauchy transform G(z) here, with R(m(z)) + 1/m(z) = z.",
            "Pennington, Bahri 2017",
        ),
    ),
)  # fmt: skip
