"""The outer-product term of a network's loss Hessian, with a Jacobian of independent entries."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Reference, Sampler, assumption, columns
from resolvent.catalog.schema.facts import AtomAt, CauchyEquation, FreeCumulant, Moment, RTransform, STransform, Support
from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.numeric.matrices.ensembles import wishart

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
)


def derive_law(phi: Any, sigma: Any) -> AlgebraicLaw:
    """The law: a Marchenko-Pastur law of ratio phi, scaled to mean sigma; R(g) = sigma/(1 - sigma phi g).

    >>> derive_law(sympy.Rational(1, 2), sympy.Integer(3)).moments(2)
    [3, 27/2]
    """
    return sigma * marchenko_pastur(phi)


def sample_matrix(size: int, rng: np.random.Generator, phi: float, sigma: float) -> Matrix:
    """H_0 = sigma J J^T/k, size x size, J standard Gaussian with k = size/phi columns, rounded."""
    return wishart(size, columns(size, phi), rng, sigma**0.5)


def memory(size: int, phi: float, sigma: float) -> float:
    """An upper estimate, in bytes, of what a draw holds at its peak."""
    return 8 * (2.0 * size**2 + 2.0 * size * max(1.0, size / phi))


ENSEMBLE = Ensemble(
    slug="hessian-h0",
    title="Outer-product term of the loss Hessian",
    model=r"H_0 = \frac{1}{m} J J^\top,\quad J \in \mathbb{R}^{2n^2 \times nm},\ J_{ij} \text{ i.i.d. Gaussian},\quad "
    r"\phi = 2n/m,\ \mathbb{E}\,\mathrm{tr}\, H_0/(2n^2) = \varsigma",
    parameters=(PHI, SIGMA),
    derive=derive_law,
    samplers=(
        Sampler(
            "wishart",
            "A Gaussian Jacobian; size is the number of rows of H_0, and J has size/phi columns, rounded.",
            sample_matrix,
            1000,
            memory,
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
