"""Wigner matrices and the semicircle law."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Reference, Sampler
from resolvent.catalog.schema.facts import CauchyEquation, ClosedDensity, FreeCumulant, Moment, RTransform, Support
from resolvent.catalog.schema.parameter import Parameter
from resolvent.catalog.schema.statement import Ratios, Statement
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.letters import dimension, wigner
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import require_positive, shown
from resolvent.derive.laws.record import Recipe
from resolvent.numeric.matrices.ensembles import rademacher_wigner

VARIANCE = Parameter("variance", "n times the variance of an off-diagonal entry", positive=True, default=1)
_v = VARIANCE.symbol
_z, _G, _g = sympy.symbols("z G g")


def _matrix(variance: Any) -> tuple[MatrixExpression, Ratios]:
    return wigner("S", dimension("n"), variance), {}


STATEMENT = Statement("S", (VARIANCE,), _matrix)


def derive_law(variance: Any) -> AlgebraicLaw:
    """The law, from the Dyson equation of the matrix.

    >>> derive_law(2).equation.expr
    2*m**2 + m*z + 1
    """
    v = require_positive("variance", variance)
    return replace(STATEMENT.law(variance=v), text=f"semicircle({shown(v)})", recipe=Recipe(derive_law, (v,)))


def density(x: NDArray[np.float64], variance: float) -> NDArray[np.float64]:
    """sqrt(4v - x^2)/(2 pi v) for x^2 <= 4v, otherwise 0; same shape as ``x``.

    >>> float(density(np.array([0.0]), variance=1.0)[0] * np.pi)
    1.0
    """
    return np.sqrt(np.maximum(4 * variance - x**2, 0)) / (2 * np.pi * variance)


def sample_rademacher(size: int, rng: np.random.Generator, variance: float) -> Matrix:
    """A Wigner matrix of signs, size x size; see `resolvent.numeric.matrices.ensembles.rademacher_wigner`."""
    return rademacher_wigner(size, rng, variance)


def _memory(size: int, variance: float) -> float:
    return 8 * 3.0 * size**2


ENSEMBLE = Ensemble(
    slug="semicircle",
    title="Wigner matrix",
    model=STATEMENT.latex + r";\quad S_{ij} \text{ independent for } i \le j,\ \mathbb{E} S_{ij} = 0",
    parameters=(VARIANCE,),
    derive=derive_law,
    samplers=(
        STATEMENT.sampler("goe", "Gaussian orthogonal ensemble; size is the number of rows."),
        Sampler(
            "rademacher",
            "Signs with equal probability instead of Gaussian entries: the limit is the same for every law of the "
            "entries with finite variance. Size is the number of rows.",
            sample_rademacher,
            1000,
            _memory,
        ),
    ),
    references=(
        Reference("E. P. Wigner, Characteristic vectors of bordered matrices with infinite dimensions, "
                  "Ann. of Math. 62 (1955) 548-564", "the limit of the moments"),
        Reference("E. P. Wigner, On the distribution of the roots of certain symmetric matrices, "
                  "Ann. of Math. 67 (1958) 325-327", "the theorem"),
        Reference("D. Voiculescu, K. Dykema, A. Nica, Free Random Variables (1992)", "section 3.4"),
    ),
    known=(
        *(Moment(2 * k, sympy.catalan(k) * _v**k, "Wigner 1955") for k in range(1, 5)),
        *(Moment(2 * k + 1, sympy.Integer(0), "symmetry") for k in range(4)),
        *(FreeCumulant(k, _v if k == 2 else sympy.Integer(0)) for k in range(1, 7)),
        RTransform(_v * _g, _g, "Voiculescu, Dykema, Nica 1992, section 3.4"),
        CauchyEquation(_v * _G**2 - _z * _G + 1, (_z, _G)),
        Support(((-2 * sympy.sqrt(_v), 2 * sympy.sqrt(_v)),), "Wigner 1955"),
        ClosedDensity(density, "Wigner 1955"),
    ),
    cases=({"variance": "1/4"}, {"variance": 3}, {"variance": 0.01}),
    notes=(
        Note(
            "convention",
            "The variance of an entry is v/n, so the support is [-2 sqrt(v), 2 sqrt(v)]. Other normalisations in use: "
            "entries of variance 1/2 or 1 without the 1/n, and support [-1, 1].",
        ),
        Note(
            "convention",
            "m(z) = (-z + sqrt(z^2 - 4))/2 at v = 1, with m ~ -1/z: the Stieltjes transform as it is used here.",
        ),
        Note("remark", "The law only scales with its parameter, so no case is degenerate."),
    ),
)  # fmt: skip
