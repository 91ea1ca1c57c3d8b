"""The Fisher information of a network with one hidden layer, any activation, equal widths."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import sympy
from flint import fmpz_mat

from resolvent.catalog.entries.fisher_linear import (
    NOT_AN_EXPRESSION,
    PENNINGTON_WORAH,
    SURVEY,
    factors,
    integer_weights,
)
from resolvent.catalog.networks.fisher_network import activation_fisher, fisher_memory, sampled_fisher
from resolvent.catalog.schema.activation_option import ACTIVATION_WITH_SLOPE
from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Reference, Sampler, assumption
from resolvent.catalog.schema.facts import AtomAt, Moment, ResolventIntegrand
from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import Z
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import polynomial_ring
from resolvent.derive.exact.polynomials import resultant, univariate
from resolvent.derive.laws.arguments import as_scalar
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.derive.tensor.spectral_matrix import SpectralMatrix
from resolvent.derive.tensor.tensor_law import TensorLaw, tensor_law

ETA = Parameter("eta", "variance of the activation", positive=True)
ETA_PRIME = Parameter("eta_prime", "mean squared slope of the activation, at least 2 eta - zeta", positive=True)
ZETA = Parameter("zeta", "squared mean slope of the activation, at most eta", lower=0, lower_open=False)
_eta, _slope, _zeta = ETA.symbol, ETA_PRIME.symbol, ZETA.symbol
LAMBDA_1, LAMBDA_2 = sympy.symbols("lambda_1 lambda_2")
_INPUTS = 8  # drawn inputs over n^2

FIRST_ORDER = assumption(
    "first order in the correlations of hidden units",
    "the limit law is that of diag(eta_prime - zeta, eta - zeta) + zeta K^T K: of the expectations over the inputs "
    "only what is of order 0 or 1 in the correlation of two different units counts",
    "Pennington, Worah, NeurIPS 2018, by moments",
    r"the limit law is that of $\mathrm{diag}(\eta' - \zeta, \eta - \zeta) + \zeta K^\top K$: of the expectations over "
    r"the inputs only what is of order 0 or 1 in the correlation of two different units counts",
)


def pair_matrix(eta: Any, eta_prime: Any, zeta: Any) -> list[list[sympy.Expr]]:
    """H(lambda_1, lambda_2), lambda_1 an eigenvalue of W_2^T W_2 and lambda_2 one of W_1 W_1^T.

    It is diag(eta_prime - zeta, eta - zeta) + zeta [[lambda_1, lambda_2], [lambda_1, lambda_2]], self-adjoint with the
    weights (lambda_1, lambda_2).
    """
    eta, eta_prime, zeta = map(as_scalar, (eta, eta_prime, zeta))
    return [
        [eta_prime - zeta + zeta * LAMBDA_1, zeta * LAMBDA_2],
        [zeta * LAMBDA_1, eta - zeta + zeta * LAMBDA_2],
    ]


def derive_law(eta: Any, eta_prime: Any, zeta: Any) -> TensorLaw:
    """The tensor law of `pair_matrix`, its variables with the Marchenko-Pastur law of ratio 1.

    >>> derive_law(1, 1, 1).moments(4)
    [1, 3, 11, 46]
    >>> eta, slope, zeta = sympy.symbols("eta eta_prime zeta", positive=True)
    >>> derive_law(eta, slope, zeta).moments(2)
    [eta/2 + eta_prime/2, eta**2/2 + eta_prime**2/2 + 2*zeta**2]

    Raises `ParameterError` for numbers that belong to no activation: zeta > eta, or eta_prime < 2 eta - zeta.
    """
    _check_constants(*map(as_scalar, (eta, eta_prime, zeta)))
    one = marchenko_pastur(1)
    law = tensor_law(pair_matrix(eta, eta_prime, zeta), (LAMBDA_1, LAMBDA_2), (one, one), metric=(LAMBDA_1, LAMBDA_2))
    pairs = Step(
        rules.FISHER_PAIRS,
        "the eigenvalues of diag(eta_prime - zeta, eta - zeta) + zeta K^T K, in pairs",
        uses=(
            Step(
                rules.LINEAR_FISHER,
                "K of the linear network with the same weights",
                kind="definition",
                latex="$K$ of the linear network with the same weights",
            ),
        ),
        verify=pairs_hold,
        latex=r"the eigenvalues of $\mathrm{diag}(\eta' - \zeta, \eta - \zeta) + \zeta K^\top K$, in pairs",
    )
    return replace(law, conclusion=replace(law.conclusion, uses=(*law.conclusion.uses, pairs)))


def _check_constants(eta: sympy.Expr, eta_prime: sympy.Expr, zeta: sympy.Expr) -> None:
    for excess, words in (
        (
            zeta - eta,
            "zeta > eta: eta sums the squares of all Hermite coefficients a_k, k > 0, and zeta is one of them",
        ),
        (2 * eta - zeta - eta_prime, "eta_prime < 2 eta - zeta: eta_prime is the sum of k a_k^2, eta that of a_k^2"),
    ):
        if excess.is_positive:
            raise ParameterError(
                f"no activation has {words}; got eta = {eta}, eta_prime = {eta_prime}, zeta = {zeta}",
                eta=eta,
                eta_prime=eta_prime,
                zeta=zeta,
            )


def pairs_hold() -> bool:
    """Whether the characteristic polynomial of diag(alpha, beta) + zeta K^T K is the product of those of the pairs.

    Exactly, at integer weights: the product over all eigenvalues of W_2^T W_2 and W_1 W_1^T is a resultant.
    """
    n, alpha, beta, zeta = 2, 5, 3, 2
    first, second = integer_weights(n, n, n, 20170058)
    fisher, _ = factors(first, second)
    rows = 2 * n * n
    shift = fmpz_mat([[(alpha if i < rows // 2 else beta) * (i == j) for j in range(rows)] for i in range(rows)])
    whole = (shift + zeta * fisher).charpoly()
    return _product_of_pairs(first, second, alpha, beta, zeta) == whole


def _product_of_pairs(first: Any, second: Any, alpha: int, beta: int, zeta: int) -> Any:
    h = SpectralMatrix.of(pair_matrix(beta + zeta, alpha + zeta, zeta), (LAMBDA_1, LAMBDA_2), (LAMBDA_1, LAMBDA_2))
    product = h.characteristic
    ring = product.context()
    w1, w2 = fmpz_mat(first), fmpz_mat(second)
    for name, gram in (("lambda_1", w2.transpose() * w2), ("lambda_2", w1 * w1.transpose())):
        x = ring.gen(ring.variable_to_index(name))
        own = sum((c * x**k for k, c in enumerate(gram.charpoly().coeffs())), start=ring.constant(0))
        product = resultant(own, product, name)
    return univariate(product.project_to_context(polynomial_ring(("z",))), "z")


# -- matrices ----------------------------------------------------------------------------------------------


class LinearAndCosine:
    """a xi + b (cos(w xi) - e^(-w^2/2)) with given constants; b (xi^2 - 1)/sqrt(2) in the limit w -> 0.

    With q = e^(-w^2) the parts have eta - zeta = b^2 (1 - q)^2/2 and eta_prime - zeta = b^2 w^2 (1 - q^2)/2, so
    w^2 coth(w^2/2) is the ratio of the second to the first, which is at least 2.
    """

    scale = 1.0
    kinks: tuple[float, ...] = ()

    def __init__(self, eta: float, eta_prime: float, zeta: float) -> None:
        rest = max(eta - zeta, 0.0)
        ratio = (eta_prime - zeta) / rest if rest > 1e-14 * eta else 2.0
        self.linear, self.square, self.cosine, self.frequency = math.sqrt(zeta), 0.0, 0.0, 0.0
        if ratio < 2 + 1e-6:
            self.square = math.sqrt(rest / 2)
            return
        low, high = 0.0, ratio
        for _ in range(200):  # u coth(u/2) increases
            middle = (low + high) / 2
            low, high = (middle, high) if middle < ratio * math.tanh(middle / 2) else (low, middle)
        self.frequency = math.sqrt(low)
        self.cosine = math.sqrt(2 * rest) / -math.expm1(-low)

    def __call__(self, x: Matrix) -> Matrix:
        waves = np.cos(self.frequency * x) - math.exp(-(self.frequency**2) / 2)
        return np.asarray(self.linear * x + self.square * (x**2 - 1) + self.cosine * waves)

    def slope(self, x: Matrix) -> Matrix:
        """The derivative."""
        waves = self.cosine * self.frequency * np.sin(self.frequency * x)
        return np.asarray(self.linear + 2 * self.square * x - waves)


def sample_network(
    size: int, rng: np.random.Generator, eta: float, eta_prime: float, zeta: float, activation: Any
) -> Matrix:
    """E_x J^T J of a network of widths n = size, the expectation from exact Gaussian integrals; 2n^2 x 2n^2."""
    return activation_fisher(size, rng, activation or LinearAndCosine(eta, eta_prime, zeta)).matrix()


def sample_inputs(
    size: int, rng: np.random.Generator, eta: float, eta_prime: float, zeta: float, activation: Any
) -> Matrix:
    """The mean of J^T J over 8 n^2 Gaussian inputs, in batches."""
    chosen = activation or LinearAndCosine(eta, eta_prime, zeta)
    return sampled_fisher(size, _INPUTS * size**2, rng, chosen).matrix()


def _rows(size: int, eta: float, eta_prime: float, zeta: float) -> int:
    return 2 * size**2


def _memory(size: int, eta: float, eta_prime: float, zeta: float) -> float:
    return fisher_memory(size, size, size)


def _memory_of_inputs(size: int, eta: float, eta_prime: float, zeta: float) -> float:
    return 8 * (2.5 * 4.0 * size**4 + _INPUTS * size**3 + 64 * size**2)


def _printed_integrand() -> sympy.Expr:
    """The integrand of the source, with its measures normalised, in the eigenvalues of W_2^T W_2 and W_1 W_1^T."""
    first, second = _slope - _zeta + _zeta * LAMBDA_1, _eta - _zeta + _zeta * LAMBDA_2
    below = (_eta - _zeta) * (_slope - _zeta) + first * (Z - _eta + _zeta) + second * (Z - _slope + _zeta) - Z**2
    return (first + second - 2 * Z) / (2 * below)


ENSEMBLE = Ensemble(
    slug="fisher",
    title="Fisher information of a network with one hidden layer",
    # typed in: the language has no activations, and no Kronecker products of two large matrices
    model=r"F = \mathbb{E}_x J^\top J,\quad J = \frac{\partial (W_2 f(W_1 x))}{\partial (W_1, W_2)},\quad "
    r"x \sim N(0, I_n),\quad W_1, W_2 \in \mathbb{R}^{n \times n},\ W_{ij} \sim N(0, 1/n),\quad "
    r"\mathbb{E} f(\xi) = 0,\ \eta = \mathbb{E} f(\xi)^2,\ \eta' = \mathbb{E} f'(\xi)^2,\ "
    r"\zeta = (\mathbb{E} f'(\xi))^2",
    parameters=(ETA, ETA_PRIME, ZETA),
    derive=derive_law,
    samplers=(
        Sampler(
            "network",
            "The Fisher matrix at Gaussian weights, with exact Gaussian expectations over the inputs, for the chosen "
            "activation f(s xi); with constants only, for the a xi + b cos(w xi) that has them. Size is the width n; "
            "the matrix has 2n^2 rows.",
            sample_network,
            24,
            _memory,
            rows=_rows,
        ),
        Sampler(
            "inputs",
            "The same with the mean over 8 n^2 drawn inputs instead of the expectation, in batches. Its second moment "
            "exceeds the limit by a term of order 2n/(8 n^2).",
            sample_inputs,
            16,
            _memory_of_inputs,
            rows=_rows,
        ),
    ),
    references=(
        Reference(PENNINGTON_WORAH, "theorem 1, the Stieltjes transform as a double integral"),
        Reference("Kim 2020, survey of random matrices in deep learning", "section 4.3"),
    ),
    known=(
        Moment(1, (_eta + _slope) / 2),
        Moment(2, (_eta**2 + _slope**2) / 2 + 2 * _zeta**2),
        ResolventIntegrand(_printed_integrand(), (Z, LAMBDA_1, LAMBDA_2), SURVEY),
        AtomAt(sympy.Integer(0), sympy.Piecewise((sympy.Rational(1, 2), sympy.Eq(_eta, _zeta)), (0, True))),
    ),
    cases=(
        {"eta": 1, "eta_prime": "3/2", "zeta": "3/4"},
        {"eta": "1/2", "eta_prime": "4/5", "zeta": "2/5"},
        {"eta": 2, "eta_prime": 2, "zeta": 2},
    ),
    assumptions=(FIRST_ORDER,),
    option=ACTIVATION_WITH_SLOPE,
    notes=(
        NOT_AN_EXPRESSION,
        Note("convention", "The source's m(z) is the Cauchy transform G = -m.", SURVEY),
        Note(
            "convention",
            "There, lambda_1 is eta_prime - zeta + zeta lambda_1 and lambda_2 is eta - zeta + zeta lambda_2 in the "
            "variables here, and the measures have mass zeta each, which the factor zeta^2 takes out again.",
            SURVEY,
        ),
        Note(
            "convention",
            "sigma_w and sigma_x enter through f(s xi), s = sigma_w sigma_x: derivatives are with respect to weights "
            "of unit scale, and inputs have variance 1.",
        ),
        Note(
            "remark",
            "With eta = eta_prime = zeta, a linear activation, H is zeta [[lambda_1, lambda_2], [lambda_1, lambda_2]]: "
            "an atom of 1/2 at 0, and half the law of zeta (lambda_1 + lambda_2), as in fisher-linear.",
        ),
        Note(
            "remark",
            "An activation with a mean mu moves n of the 2n^2 eigenvalues to about n mu^2; the limit is that of the "
            "centred one.",
        ),
    ),
)  # fmt: skip
