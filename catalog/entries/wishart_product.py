"""The product A B^T of two independent Gaussian matrices, times its transpose."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from resolvent.catalog.schema.ensemble import Ensemble, Note, Reference
from resolvent.catalog.schema.facts import AtomAt, CauchyEquation, ClosedDensity, Moment, STransform, Support
from resolvent.catalog.schema.parameter import Parameter
from resolvent.catalog.schema.statement import Ratios, Statement
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.numeric.expressions import dimension, gaussian

ALPHA = Parameter("alpha", "columns over rows of A and of B", positive=True)
_a = ALPHA.symbol
_z, _G, _u = sympy.symbols("z G u")
_DC14 = "Dupic, Perez Castillo 2014, section 4.2"


def edges(alpha: Any, root: Any) -> tuple[Any, Any]:
    """x_- and x_+ = (8 + 20 alpha - alpha^2 -+ sqrt(alpha) (8 + alpha)^(3/2))/8; x_- is negative for alpha > 1.

    ``root`` is the square root to use, `sympy.sqrt` or `math.sqrt`.

    >>> edges(1, sympy.sqrt)
    (0, 27/4)
    """
    middle, radius = 8 + 20 * alpha - alpha**2, root(alpha) * root(8 + alpha) ** 3
    return (middle - radius) / 8, (middle + radius) / 8


def _matrix(alpha: Any) -> tuple[MatrixExpression, Ratios]:
    n, p = dimension("n"), dimension("p")
    product = gaussian("A", n, p) @ gaussian("B", n, p).T
    return product @ product.T / n**2, {(p, n): alpha}


STATEMENT = Statement("M", (ALPHA,), _matrix)


def density(x: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
    r"""The density of the continuous part, of mass min(1, alpha); same shape as ``x``.

    \rho_c = (r_+ - r_-) \sqrt3/(6 \pi \sqrt[3]{2} x) on [\theta(1-\alpha) x_-, x_+], with
    r_\pm = (9(2+\alpha)(x-\xi_0) \pm 6 \sqrt{3 (x-x_-) x (x_+-x)})^{1/3}, \xi_0 = -2(\alpha-1)^3/(9(2+\alpha)).

    >>> round(float(density(np.array([27 / 8]), alpha=1.0)[0]), 6)
    0.051639
    """
    low, high = edges(alpha, np.sqrt)
    inside = (x > max(low, 0.0)) & (x < high)
    safe = np.where(inside, x, (max(low, 0.0) + high) / 2)
    centre = 9 * (2 + alpha) * safe + 2 * (alpha - 1) ** 3
    spread = 6 * np.sqrt(3 * (safe - low) * safe * (high - safe))
    difference = np.cbrt(centre + spread) - np.cbrt(centre - spread)
    return np.where(inside, np.sqrt(3) * difference / (6 * np.pi * np.cbrt(2) * safe), 0.0)


ENSEMBLE = Ensemble(
    slug="wishart-product",
    title="Product of two Gaussian matrices, times its transpose",
    model=STATEMENT.latex,
    parameters=(ALPHA,),
    derive=STATEMENT.law,
    samplers=(STATEMENT.sampler("product", "Gaussian A and B; size is n, p is alpha n, rounded."),),
    references=(
        Reference("T. Dupic, I. Perez Castillo, Spectral density of products of Wishart dilute random matrices. "
                  "Part I: the dense case, arXiv:1401.7802 (2014)", "section 4.2"),
        Reference("J. Pennington, Y. Bahri, Geometry of Neural Network Loss Surfaces via Random Matrix Theory, "
                  "ICML 2017, PMLR 70, 2798-2806", "the density of H_1"),
        Reference("R. R. Mueller, On the asymptotic eigenvalue distribution of concatenated vector-valued fading "
                  "channels, IEEE Trans. Inform. Theory 48 (2002) 2086-2091", "the S-transform of a product"),
    ),
    known=(
        Moment(1, _a),
        Moment(2, _a * (1 + 2 * _a)),
        Moment(3, _a * (1 + 6 * _a + 5 * _a**2)),
        STransform(1 / ((1 + _u) * (_a + _u)), _u),
        CauchyEquation(_z**2 * _G**3 + (_a - 1) * _z * _G**2 - _z * _G + 1, (_z, _G)),
        Support(((sympy.Piecewise((edges(_a, sympy.sqrt)[0], _a < 1), (0, True)), edges(_a, sympy.sqrt)[1]),), _DC14),
        AtomAt(sympy.Integer(0), sympy.Max(0, 1 - _a)),
        ClosedDensity(density, f"{_DC14}, with the misprint of Pennington, Bahri corrected"),
    ),
    cases=({"alpha": "1/2"}, {"alpha": 3}, {"alpha": 1}),
    notes=(
        Note(
            "misprint",
            "The density is printed with the product (r_+ r_-) where it is the difference (r_+ - r_-); only then is "
            "its mass min(1, alpha).",
            "the density of H_1 as quoted from Pennington, Bahri 2017",
        ),
        Note(
            "convention",
            "Pennington and Bahri divide by m^2, m samples of which m/2 are active, and write alpha for m/n: their "
            "argument alpha/2 is alpha here, and their M is (2 eps/(m/n)^2) times this one.",
            "Pennington, Bahri 2017, the density of H_1",
        ),
        Note("remark", "At alpha = 1: the Fuss-Catalan law of order 2, its density diverges at 0 like x^(-2/3)."),
    ),
)  # fmt: skip
