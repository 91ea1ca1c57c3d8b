"""The Fisher information of a linear network with one hidden layer: a classical convolution of two Wishart laws."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy
from flint import fmpz_mat

from resolvent.catalog.networks.fisher_network import fisher_memory, linear_fisher
from resolvent.catalog.schema.ensemble import ClosedForm, Ensemble, Matrix, Note, Reference, Sampler
from resolvent.catalog.schema.facts import AtomAt, Moment
from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.derive.tensor.tensor_law import TensorLaw, classical_sum

if TYPE_CHECKING:
    from resolvent.numeric.density.closed_density import ClosedDensity

C1 = Parameter("c1", "rows over columns of W_1, n_1/n_0", positive=True, default=1)
C2 = Parameter("c2", "rows over columns of W_2, n_2/n_1", positive=True, default=1)
_c1, _c2 = C1.symbol, C2.symbol
PENNINGTON_WORAH = (
    "J. Pennington, P. Worah, The spectrum of the Fisher information matrix of a single-hidden-layer neural network, "
    "NeurIPS 31 (2018) 5410-5419"
)
SURVEY = "Kim 2020, section 4.3"


def derive_law(c1: Any, c2: Any) -> TensorLaw:
    """The law of F = K^T K, n_1 (n_0 + n_2) rows, from that of K K^T = W_2 W_2^T x I + I x W_1^T W_1, n_2 n_0 rows.

    W_2 W_2^T has the Marchenko-Pastur law of ratio c2, W_1^T W_1 has c1 times that of ratio 1/c1, and the eigenvalues
    of the sum are all sums of two. The companion adds 1 - r at 0, r = n_2 n_0/(n_1 (n_0 + n_2)) = c2/(1 + c1 c2).

    >>> derive_law(1, 1).moments(4)
    [1, 3, 11, 46]
    """
    c1, c2 = sympy.S.One * c1, sympy.S.One * c2
    outer = classical_sum(marchenko_pastur(c2), c1 * marchenko_pastur(1 / c1))
    gram = Step(
        rules.LINEAR_FISHER,
        "the Fisher information of W_2 W_1 x, and its Gram matrix; every (n_0, n_1, n_2)",
        verify=factorisation_holds,
        latex="the Fisher information of $W_2 W_1 x$, and its Gram matrix; every $(n_0, n_1, n_2)$",
    )
    return outer.companion(c2 / (1 + c1 * c2), gram)


def closed_form() -> ClosedDensity:
    """The density at equal widths, c1 = c2 = 1, from the moments to complete elliptic integrals.

    F(n, k) = binom(n, k) C_(n-k) C_k with the Catalan numbers C_k, the moments of both factors.
    """
    from resolvent.derive.holonomic.holonomic_law import law_of_sum
    from resolvent.derive.sequences.telescoping import K, N, hypergeometric_sum
    from resolvent.numeric.density.closed_density import closed_density

    rest = N - K
    in_n = (N + 1) / (rest + 1) * (4 * rest + 2) / (rest + 2)
    in_k = rest / (K + 1) * (rest + 1) / (4 * rest - 2) * (4 * K + 2) / (K + 2)
    half = sympy.Rational(1, 2)
    return closed_density(law_of_sum(hypergeometric_sum(in_n, in_k), half, "fisher-linear", derive_law(1, 1)))


def linear_jacobian(first: list[list[int]], second: list[list[int]], x: list[int]) -> list[list[int]]:
    """J of W_2 W_1 x: a row for each output, columns W_1 row by row, then W_2 row by row.

    >>> linear_jacobian([[1, 2]], [[3]], [1, 1])
    [[3, 3, 3]]
    """
    hidden = [sum(w * v for w, v in zip(row, x, strict=True)) for row in first]
    jacobian = []
    for j, weights in enumerate(second):
        upper = [w * v for w in weights for v in x]
        lower = [h if k == j else 0 for k in range(len(second)) for h in hidden]
        jacobian.append(upper + lower)
    return jacobian


def factors(first: list[list[int]], second: list[list[int]]) -> tuple[fmpz_mat, fmpz_mat]:
    """F = sum_i J(e_i)^T J(e_i), which is E J^T J for E x x^T = I, and K = [W_2 x I, I x W_1^T]."""
    n1, n0, n2 = len(first), len(first[0]), len(second)
    total = fmpz_mat(n1 * (n0 + n2), n1 * (n0 + n2))
    for i in range(n0):
        jacobian = fmpz_mat(linear_jacobian(first, second, [int(k == i) for k in range(n0)]))
        total = total + jacobian.transpose() * jacobian
    rows = []
    for j in range(n2):
        for i in range(n0):
            upper = [second[j][a] * (k == i) for a in range(n1) for k in range(n0)]
            lower = [first[b][i] * (k == j) for k in range(n2) for b in range(n1)]
            rows.append(upper + lower)
    return total, fmpz_mat(rows)


def integer_weights(n0: int, n1: int, n2: int, seed: int) -> tuple[list[list[int]], list[list[int]]]:
    """W_1 (n_1 x n_0) and W_2 (n_2 x n_1) with small integer entries."""
    rng = random.Random(seed)

    def draw(rows: int, columns: int) -> list[list[int]]:
        return [[rng.randint(-9, 9) for _ in range(columns)] for _ in range(rows)]

    return draw(n1, n0), draw(n2, n1)


def factorisation_holds() -> bool:
    """Whether F = K^T K and K K^T is the sum of Kronecker products, exactly, at integer weights of several widths."""
    for n0, n1, n2 in ((2, 3, 2), (3, 2, 1), (2, 2, 4)):
        first, second = integer_weights(n0, n1, n2, 20170058)
        fisher, k = factors(first, second)
        outer = fmpz_mat(second) * fmpz_mat(second).transpose()
        inner = fmpz_mat(first).transpose() * fmpz_mat(first)
        rows = [
            [int(outer[j, m]) * (i == k_) + (j == m) * int(inner[i, k_]) for m in range(n2) for k_ in range(n0)]
            for j in range(n2)
            for i in range(n0)
        ]
        if fisher != k.transpose() * k or k * k.transpose() != fmpz_mat(rows):
            return False
    return True


def widths(size: int, c1: float, c2: float) -> tuple[int, int, int]:
    """n_0, n_1 = size and n_2, rounded.

    >>> widths(12, 0.5, 3.0)
    (24, 12, 36)

    Raises `ParameterError` where nothing would be left.
    """
    n0, n2 = round(size / c1), round(c2 * size)
    if n0 < 1 or n2 < 1:
        raise ParameterError(f"{size} hidden units at c1 = {c1:g}, c2 = {c2:g} leave no inputs or outputs", size=size)
    return n0, size, n2


def sample_network(size: int, rng: np.random.Generator, c1: float, c2: float) -> Matrix:
    """E_x J^T J of a linear network with Gaussian weights, n_1 = size hidden units; exactly."""
    return linear_fisher(*widths(size, c1, c2), rng).matrix()


def _rows(size: int, c1: float, c2: float) -> int:
    n0, n1, n2 = widths(size, c1, c2)
    return n1 * (n0 + n2)


def _memory(size: int, c1: float, c2: float) -> float:
    return fisher_memory(size / c1, size, c2 * size)


_share = _c2 / (1 + _c1 * _c2)

NOT_AN_EXPRESSION = Note(
    "remark",
    "K has Kronecker products of two large matrices, which the language of expressions does not have: the law is a "
    "tensor law, and the sampler is that of the network.",
)

ENSEMBLE = Ensemble(
    slug="fisher-linear",
    title="Fisher information of a linear network with one hidden layer",
    # typed in: the language has no Kronecker products of two large matrices
    model=r"F = \mathbb{E}_x J^\top J,\quad J = \frac{\partial (W_2 W_1 x)}{\partial (W_1, W_2)},\quad "
    r"x \sim N(0, I_{n_0}),\quad W_1 \in \mathbb{R}^{n_1 \times n_0},\ W_2 \in \mathbb{R}^{n_2 \times n_1},\ "
    r"(W_1)_{ai} \sim N(0, 1/n_0),\ (W_2)_{ja} \sim N(0, 1/n_1),\quad n_1/n_0 \to c_1,\ n_2/n_1 \to c_2",
    parameters=(C1, C2),
    derive=derive_law,
    closed_form=ClosedForm({"c1": 1, "c2": 1}, closed_form),
    samplers=(
        Sampler(
            "network",
            "The exact Fisher matrix at Gaussian weights; size is n_1, with n_1/c1 inputs and c2 n_1 outputs, rounded, "
            "and the matrix has n_1 (n_0 + n_2) rows.",
            sample_network,
            24,
            _memory,
            rows=_rows,
        ),
    ),
    references=(
        Reference(PENNINGTON_WORAH, "the linear network, equal widths"),
        Reference("Kim 2020, survey of random matrices in deep learning", "section 4.3"),
    ),
    known=(
        Moment(1, _c2 * (1 + _c1) / (1 + _c1 * _c2)),
        Moment(2, _share * (1 + 3 * _c1 + _c1**2 + _c2)),
        AtomAt(
            sympy.Integer(0),
            1 - _share * (1 - sympy.Max(0, 1 - 1 / _c2) * sympy.Max(0, 1 - _c1)),
            "the rank: n_2 n_0, less (n_2 - n_1)(n_0 - n_1) where n_1 is the smallest width",
        ),
    ),
    cases=({"c1": "1/2", "c2": "1/2"}, {"c1": 2, "c2": "1/2"}, {"c1": "1/2", "c2": 3}, {"c1": 1, "c2": 2}),
    notes=(
        NOT_AN_EXPRESSION,
        Note(
            "misprint",
            "The moments are (1/2) sum_k binom(d, k) C_(d-k) C_k for d >= 1; the factor 1/2 of the normalised trace is "
            "not printed, though the density, with mass 1/2 besides the atom, is right.",
            SURVEY,
        ),
        Note("convention", "The source's m(z) is the Cauchy transform G = -m; all widths are equal there.", SURVEY),
        Note(
            "remark",
            "Only E x x^T = I is used of the inputs. The spectrum has n_2 n_0 sums of an eigenvalue of W_2 W_2^T and "
            "one of W_1^T W_1, at every size; the gap to the limit is that of the Wishart matrices, of order 1/n.",
        ),
    ),
)  # fmt: skip
