"""Pennington and Worah 2018: the Fisher information of a network with one hidden layer, as our survey quotes it."""

from __future__ import annotations

import itertools
import math

import mpmath
import numpy as np
import sympy

from resolvent.catalog.entries.fisher import LAMBDA_1, LAMBDA_2
from resolvent.catalog.entries.fisher_linear import factors, integer_weights, linear_jacobian
from resolvent.catalog.literature.comparing import Z, gap, gauss_hermite, law, symbols
from resolvent.catalog.literature.paper import Paper
from resolvent.catalog.registry import get
from resolvent.derive.laws.elementary import marchenko_pastur
from resolvent.derive.tensor.atoms import parts_of
from resolvent.numeric.density.tensor_density import TensorDensity
from resolvent.numeric.spectrum.spectrum import Spectrum

PW18 = Paper(
    "PW18",
    "J. Pennington, P. Worah, The spectrum of the Fisher information matrix of a single-hidden-layer neural network, "
    "NeurIPS 31 (2018) 5410-5419",
)
_PLACE, _LINEAR, _GENERAL = "survey, 4.3", "fisher-linear", "fisher"
_eta, _slope, _zeta = symbols(_GENERAL, "eta", "eta_prime", "zeta")

PW18.definition(
    "fisher-matrix",
    _PLACE,
    "the Fisher information of a network with Gaussian weights of variance 1/n on Gaussian inputs",
    r"H_0 = \mathbb E_X[J^\top J],\ J_{i\alpha} = \partial\hat y_i/\partial\theta_\alpha,\ X \sim N(0, I_n),\ "
    r"W_{ij} \sim N(0, 1/n)",
    "the model of `fisher`",
)


@PW18.exact(
    _PLACE,
    "powers of the Gram matrix of a block row",
    r"A = [A_1\ A_2] \Rightarrow \operatorname{tr} (A^\top A)^d = \sum_{b \in \{1,2\}^d} \operatorname{tr} \prod_i "
    r"A_{b_i} "
    r"A_{b_i}^\top = \sum_b \operatorname{tr} \prod_i A_{b_{i-1}}^\top A_{b_i}",
    by="integer matrices",
)
def powers_of_a_block_row() -> bool:
    """Both sums for integer matrices, d = 1, 2, 3, 4."""
    rng = np.random.default_rng(1)
    blocks = rng.integers(-5, 6, (3, 2)), rng.integers(-5, 6, (3, 4))
    whole = np.hstack(blocks)
    for d in range(1, 5):
        power = np.trace(np.linalg.matrix_power(whole.T @ whole, d))
        words = list(itertools.product(range(2), repeat=d))
        outer = sum(np.trace(_product([blocks[b] @ blocks[b].T for b in word])) for word in words)
        inner = sum(np.trace(_product([blocks[word[i - 1]].T @ blocks[word[i]] for i in range(d)])) for word in words)
        if not power == outer == inner:
            return False
    return True


def _product(matrices: list[np.ndarray]) -> np.ndarray:
    return np.linalg.multi_dot(matrices) if len(matrices) > 1 else matrices[0]


def _integer_network(n: int) -> tuple[np.ndarray, np.ndarray]:
    first, second = integer_weights(n, n, n, 20170058)
    return np.array(first), np.array(second)


def _fisher(n: int) -> np.ndarray:
    """E J^T J of the linear network, exactly."""
    whole, _ = factors(*(w.tolist() for w in _integer_network(n)))
    return np.array([[int(v) for v in row] for row in whole.tolist()], dtype=object)


@PW18.exact(
    _PLACE,
    "the trace of a power of the Fisher matrix by the blocks of the Jacobian",
    r"\operatorname{tr} H_0^d = \sum_{b \in \{1,2\}^d} \operatorname{tr} \prod_i \mathbb E\big[(J^{(b_{i-1})})^\top "
    r"J^{(b_i)}\big]",
    by=_LINEAR,
)
def powers_by_blocks() -> bool:
    """The Fisher matrix of a linear network with integer weights, width 2, d = 1, 2, 3."""
    n, whole = 2, _fisher(2)
    half = n * n
    blocks = [[whole[:half, :half], whole[:half, half:]], [whole[half:, :half], whole[half:, half:]]]
    for d in range(1, 4):
        words = itertools.product(range(2), repeat=d)
        total = sum(np.trace(_product_of([blocks[w[i - 1]][w[i]] for i in range(d)])) for w in words)
        if total != np.trace(_product_of([whole] * d)):
            return False
    return True


def _product_of(matrices: list[np.ndarray]) -> np.ndarray:
    """The product of integer matrices without a limit of size."""
    found = matrices[0]
    for matrix in matrices[1:]:
        found = found.dot(matrix)
    return found


@PW18.misprint(
    _PLACE,
    "the blocks of the Jacobian of a linear network, parameters in columns; printed as the transpose",
    r"J^{(1)} = (W^{(2)})^\top \otimes X,\ J^{(2)} = I \otimes W^{(1)} X",
    r"J^{(1)} = W^{(2)} \otimes X^\top,\ J^{(2)} = I \otimes (W^{(1)} X)^\top",
    by=_LINEAR,
)
def blocks_of_the_jacobian(printed: bool) -> float:
    """The Jacobian of a linear network with integer weights, width 3."""
    first, second = _integer_network(3)
    x = np.array([[2], [-1], [3]])
    whole = np.array(linear_jacobian(first.tolist(), second.tolist(), x.ravel().tolist()))
    blocks = np.kron(second, x.T), np.kron(np.eye(3, dtype=int), (first @ x).T)
    stated = [np.kron(second.T, x), np.kron(np.eye(3, dtype=int), first @ x)] if printed else list(blocks)
    return float(stated[0].shape != (3, 9) or np.any(whole != np.hstack(stated)))


@PW18.exact(
    _PLACE,
    "the trace of a power of the Fisher matrix of a linear network, d >= 1",
    r"\operatorname{tr} H_0^d = \sum_{k=0}^d \binom dk \operatorname{tr} \big((W^{(2)})^\top W^{(2)}\big)^{d-k} "
    r"\operatorname{tr} \big((W^{(1)})^\top W^{(1)}\big)^k",
    by=_LINEAR,
)
def powers_of_a_linear_network() -> bool:
    """The Fisher matrix at integer weights, width 3, d = 1, 2, 3."""
    whole = _fisher(3)
    grams = [(w.T @ w).astype(object) for w in _integer_network(3)]

    def trace(matrix: np.ndarray, power: int) -> int:
        return int(np.trace(_product_of([np.eye(len(matrix), dtype=object), *[matrix] * power])))

    return all(
        trace(whole, d) == sum(math.comb(d, k) * trace(grams[1], d - k) * trace(grams[0], k) for k in range(d + 1))
        for d in range(1, 4)
    )


def _catalan_sum(d: int) -> int:
    return sum(math.comb(d, k) * _catalan(d - k) * _catalan(k) for k in range(d + 1))


def _catalan(n: int) -> int:
    return math.comb(2 * n, n) // (n + 1)


@PW18.misprint(
    _PLACE,
    "the moments of a linear network are half of the printed sums for d >= 1",
    r"\operatorname{tr} H_0^d = \sum_{k=0}^d \binom dk C_{d-k} C_k",
    r"\tfrac{1}{2n^2} \mathbb E \operatorname{tr} H_0^d \to \tfrac12 \sum_{k=0}^d \binom dk C_{d-k} C_k,\ d \ge 1",
    by=_LINEAR,
    kind="series",
)
def moments_of_a_linear_network(printed: bool) -> float:
    """The first 30 moments of the derived law."""
    share = sympy.Integer(1) if printed else sympy.Rational(1, 2)
    found = law(_LINEAR, c1=1, c2=1).moments(30)
    return float(any(m != share * _catalan_sum(d) for d, m in enumerate(found, start=1)))


@PW18.misprint(
    _PLACE,
    "the transform of a linear network; the outer sum is over d, and half of the mass is an atom",
    r"m(z) = \sum_{k=0}^\infty \frac{1}{z^{k+1}} \sum_{k=0}^d \binom dk C_{d-k} C_k",
    r"G(z) = \frac{1}{2z} + \frac12 \sum_{d=0}^\infty \frac{1}{z^{d+1}} \sum_{k=0}^d \binom dk C_{d-k} C_k",
    by=_LINEAR,
    kind="numeric",
    bound=1e-10,
)
def transform_of_a_linear_network(printed: bool) -> float:
    """The transform of the derived law at z = 24 against 40 terms; printed, with the outer index meant for d."""
    z = 24.0
    terms = sum(_catalan_sum(d) / z ** (d + 1) for d in range(40))
    return gap(-_linear().stieltjes(z).real, terms if printed else terms / 2 + 1 / (2 * z))


def _linear() -> TensorDensity:
    return TensorDensity(law(_LINEAR, c1=1, c2=1))


@PW18.numeric(
    _PLACE,
    "the density of a linear network, K and E as functions of the parameter",
    r"\rho_{H_0}(\lambda) = \tfrac12 \delta(\lambda) + \Big[\tfrac{1}{2\pi^2} "
    r"E\big(\tfrac{(8-\lambda)\lambda}{16}\big) + "
    r"\tfrac{4-\lambda}{8\pi^2} K\big(\tfrac{(8-\lambda)\lambda}{16}\big)\Big] 1_{[0,8]}",
    by=_LINEAR,
    bound=1e-12,
)
def elliptic_density() -> float:
    """The density of the derived law at 20 places, and its atom."""
    places = np.linspace(0, 8, 22)[1:-1]
    stated = []
    for x in map(mpmath.mpf, places):
        k = (8 - x) * x / 16
        stated.append(float(mpmath.ellipe(k) / (2 * mpmath.pi**2) + (4 - x) / (8 * mpmath.pi**2) * mpmath.ellipk(k)))
    has_atom = parts_of(law(_LINEAR, c1=1, c2=1)).atoms == ((0, sympy.Rational(1, 2)),)
    return gap(_linear().pdf(places), stated) if has_atom else math.inf


@PW18.exact(
    f"{_PLACE}, theorem",
    "the transform for any activation; mu_1 and mu_2 have the mass zeta each",
    r"m(z) = \iint \frac{\lambda_1 + \lambda_2 - 2z}{2\zeta^2((\eta-\zeta)(\eta'-\zeta) + \lambda_1(z-\eta+\zeta) + "
    r"\lambda_2(z-\eta'+\zeta) - z^2)}\,d\mu_1 d\mu_2",
    by=_GENERAL,
)
def double_integral() -> bool:
    """The trace of the derived law's resolvent, a rational function, is the integrand; m(z) of the source is G."""
    first, second = _slope - _zeta + _zeta * LAMBDA_1, _eta - _zeta + _zeta * LAMBDA_2
    below = (_eta - _zeta) * (_slope - _zeta) + first * (Z - _eta + _zeta) + second * (Z - _slope + _zeta) - Z**2
    derived = law(_GENERAL).resolvent_trace()
    return bool(sympy.cancel(-derived - (first + second - 2 * Z) / (2 * below)) == 0)


@PW18.numeric(
    _PLACE,
    "the constants of the activation",
    r"\eta = \mathbb E\sigma(\xi)^2,\ \eta' = \mathbb E\sigma'(\xi)^2,\ \zeta = (\mathbb E\sigma'(\xi))^2",
    by=_GENERAL,
    bound=1e-12,
)
def constants() -> float:
    """Those that the entry derives for tanh against Gauss and Hermite's rule."""
    nodes, weights = gauss_hermite()
    found, slope = get(_GENERAL).numbers({"activation": "tanh"}), np.cosh(nodes) ** -2
    stated = [weights @ np.tanh(nodes) ** 2, weights @ slope**2, (weights @ slope) ** 2]
    return gap([float(found[n]) for n in ("eta", "eta_prime", "zeta")], stated)


@PW18.numeric(
    _PLACE,
    "the measures of the double integral",
    r"d\mu_1 = \tfrac{1}{2\pi} \sqrt{\tfrac{\eta'+3\zeta-\lambda_1}{\lambda_1-\eta'+\zeta}}\,d\lambda_1,\ d\mu_2 = "
    r"\tfrac{1}{2\pi} \sqrt{\tfrac{\eta+3\zeta-\lambda_2}{\lambda_2-\eta+\zeta}}\,d\lambda_2",
    by=_GENERAL,
    bound=1e-12,
)
def measures() -> float:
    """zeta times the density of (e - zeta) + zeta MP(1), e = eta' = 3/2 or eta = 1, zeta = 3/4, at ten places."""
    zeta, found = 0.75, []
    for energy in (1.5, 1.0):
        rho = Spectrum(sympy.Rational(3, 4) * marchenko_pastur(1) + (sympy.nsimplify(energy) - sympy.Rational(3, 4)))
        x = np.linspace(energy - zeta, energy + 3 * zeta, 12)[1:-1]
        found.append(gap(zeta * rho.pdf(x), np.sqrt((energy + 3 * zeta - x) / (x - energy + zeta)) / (2 * np.pi)))
    return max(found)
