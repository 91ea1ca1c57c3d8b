"""Sample covariance matrices of white data and the Marchenko-Pastur law."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Reference, Sampler, columns
from resolvent.catalog.schema.facts import (
    AtomAt,
    CauchyEquation,
    ClosedDensity,
    FreeCumulant,
    Moment,
    RTransform,
    STransform,
    Support,
)
from resolvent.catalog.schema.parameter import Parameter
from resolvent.catalog.schema.statement import Ratios, Statement
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.letters import dimension, gaussian
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import require_positive, shown
from resolvent.derive.laws.record import Recipe
from resolvent.numeric.matrices.ensembles import wishart

C = Parameter("c", "rows over columns of X", positive=True)
SIGMA = Parameter("sigma", "standard deviation of an entry of sigma X", positive=True, default=1)
_c, _s = C.symbol, SIGMA.symbol
_z, _G, _g, _u = sympy.symbols("z G g u")


def _matrix(c: Any, sigma: Any) -> tuple[MatrixExpression, Ratios]:
    p, n = dimension("p"), dimension("n")
    x = gaussian("X", p, n)
    return sigma**2 * x @ x.T / n, {(p, n): c}


STATEMENT = Statement("W", (C, SIGMA), _matrix)


def derive_law(c: Any, sigma: Any) -> AlgebraicLaw:
    """The law, from the Dyson equation of the matrix.

    >>> derive_law(2, 1).equation.expr
    2*m**2*z + m*z + m + 1
    """
    ratio, s = require_positive("c", c), require_positive("sigma", sigma)
    law = STATEMENT.law(c=ratio, sigma=s)
    text = f"marchenko_pastur({shown(ratio)})" if s == 1 else f"marchenko_pastur({shown(ratio)}, {shown(s)})"
    return replace(law, text=text, recipe=Recipe(derive_law, (ratio, s)))


def density(x: NDArray[np.float64], c: float, sigma: float) -> NDArray[np.float64]:
    """sqrt((b - x)(x - a))/(2 pi c sigma^2 x) on [a, b] = sigma^2 (1 -+ sqrt(c))^2, otherwise 0; same shape as ``x``.

    >>> round(float(density(np.array([2.0]), c=1.0, sigma=1.0)[0] * 2 * np.pi), 12)
    1.0
    """
    a, b = (sigma**2 * (1 + sign * np.sqrt(c)) ** 2 for sign in (-1, 1))
    inside = (x > 0) & (x >= a) & (x <= b)
    safe = np.where(inside, x, 1.0)
    return np.where(inside, np.sqrt(np.maximum((b - x) * (x - a), 0)) / (2 * np.pi * c * sigma**2 * safe), 0.0)


def sample_matrix(size: int, rng: np.random.Generator, c: float, sigma: float) -> Matrix:
    """W = sigma^2 X X^T/n, size x size, X standard Gaussian with n = size/c columns, rounded."""
    return wishart(size, columns(size, c), rng, sigma)


def _memory(size: int, c: float, sigma: float) -> float:
    return 8 * (2.0 * size**2 + 2.0 * size * max(1.0, size / c))


ENSEMBLE = Ensemble(
    slug="marchenko-pastur",
    title="Sample covariance matrix of white data",
    model=STATEMENT.latex
    + r";\quad \text{or } X_{ij} \text{ i.i.d.},\ \mathbb{E} X_{ij} = 0,\ \mathbb{E} X_{ij}^2 = 1",
    parameters=(C, SIGMA),
    derive=derive_law,
    samplers=(
        Sampler("wishart", "Gaussian X; size is p, with p/c columns, rounded.", sample_matrix, 1000, _memory),
    ),
    references=(
        Reference("V. A. Marchenko, L. A. Pastur, Distribution of eigenvalues for some sets of random matrices, "
                  "Math. USSR-Sbornik 1 (1967) 457-483", "Theorem 1"),
        Reference("D. Voiculescu, K. Dykema, A. Nica, Free Random Variables (1992)", "the free Poisson law"),
    ),
    known=(
        Moment(1, _s**2),
        Moment(2, _s**4 * (1 + _c)),
        Moment(3, _s**6 * (1 + 3 * _c + _c**2)),
        Moment(4, _s**8 * (1 + 6 * _c + 6 * _c**2 + _c**3)),
        *(FreeCumulant(k, _s ** (2 * k) * _c ** (k - 1)) for k in range(1, 7)),
        RTransform(_s**2 / (1 - _c * _s**2 * _g), _g, "Voiculescu, Dykema, Nica 1992"),
        STransform(1 / (_s**2 * (1 + _c * _u)), _u),
        CauchyEquation(_c * _s**2 * _z * _G**2 - (_z - _s**2 * (1 - _c)) * _G + 1, (_z, _G)),
        Support(((_s**2 * (1 - sympy.sqrt(_c)) ** 2, _s**2 * (1 + sympy.sqrt(_c)) ** 2),), "Marchenko, Pastur 1967"),
        AtomAt(sympy.Integer(0), sympy.Max(0, 1 - 1 / _c), "Marchenko, Pastur 1967"),
        ClosedDensity(density, "Marchenko, Pastur 1967"),
    ),
    cases=({"c": "1/4", "sigma": 1}, {"c": 3, "sigma": 2}, {"c": 1, "sigma": "1/2"}),
    notes=(
        Note(
            "convention",
            "The division is by the number n of columns and c = rows/columns. Where a source divides by the rows, or "
            "takes the ratio columns/rows, c becomes 1/c and the law is rescaled by it.",
        ),
        Note(
            "convention",
            "The density for c > 1 is that of the continuous part, of mass 1/c; sources that state the density for "
            "c <= 1 only leave the atom out.",
        ),
        Note("remark", "At c = 1 the left edge is at 0 and the density diverges there like x^(-1/2)."),
    ),
)  # fmt: skip
