"""What our sources say of random matrices and of networks before they quote a paper: the survey and the slides."""

from __future__ import annotations

import math

import numpy as np
import sympy

from resolvent.catalog.entries.fisher_linear import factors, integer_weights
from resolvent.catalog.literature.comparing import M, Z, gap, is_equation, law, spectrum, symbols
from resolvent.catalog.literature.paper import Paper
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.numeric.matrices.ensembles import haar_orthogonal

KIM20 = Paper("Kim20", "K. Kim, Use of random matrix theory on understanding deep learning, survey (2020)")
LIAO25 = Paper("Liao25", "Z. Liao, Random matrix theory in deep learning: an introduction, slides (2025)")


KIM20.definition(
    "empirical-measure",
    "2.1",
    "the empirical spectral measure",
    r"\rho_M := \frac1N \sum_{j=1}^N \delta_{\lambda_j}",
    "what samples are compared by",
)


@KIM20.numeric(
    "2.1",
    "the semicircle",
    r"d\mu_{sc}(x) = \frac{1}{2\pi} \sqrt{(4-x^2)_+}\,dx",
    by="semicircle",
    bound=1e-13,
)
def semicircle_density() -> float:
    """The density of the derived law at 19 places."""
    x = np.linspace(-2, 2, 21)[1:-1]
    return gap(spectrum("semicircle", variance=1).pdf(x), np.sqrt(4 - x**2) / (2 * np.pi))


@KIM20.exact(
    "2.1",
    "the Stieltjes transform of the semicircle",
    r"m_{\mu_{sc}}(z) = \frac{-z + \sqrt{z^2-4}}{2}",
    by="semicircle",
)
def semicircle_transform() -> bool:
    """It solves the derived equation, and vanishes at infinity like -1/z."""
    stated = (-Z + sympy.sqrt(Z**2 - 4)) / 2
    solves = sympy.expand(law("semicircle", variance=1).equation.expr.subs(M, stated)) == 0
    large = sympy.Symbol("x", positive=True)
    return bool(solves and sympy.limit(large * stated.subs(Z, large), large, sympy.oo) == -1)


@KIM20.numeric(
    "2.1",
    "the law of Marchenko and Pastur, alpha <= 1",
    r"d\mu_{MP(\alpha)}(x) = \frac{1}{2\pi\alpha x} \sqrt{[(a_+-x)(x-a_-)]_+}\,dx,\ a_\pm = (1\pm\sqrt\alpha)^2",
    by="marchenko-pastur",
    bound=1e-12,
)
def marchenko_pastur_density() -> float:
    """The density of the derived law, alpha = 1/4 and 1."""
    found = []
    for alpha in (0.25, 1.0):
        low, high = (1 - math.sqrt(alpha)) ** 2, (1 + math.sqrt(alpha)) ** 2
        x = np.linspace(low, high, 21)[1:-1]
        rho = spectrum("marchenko-pastur", c=str(alpha))
        found.append(gap(rho.pdf(x), np.sqrt((high - x) * (x - low)) / (2 * np.pi * alpha * x)))
    return max(found)


@KIM20.exact(
    "2.1",
    "the equation of Marchenko and Pastur's law",
    r"z\alpha m^2 + (z - 1 + \alpha) m + 1 = 0",
    by="marchenko-pastur",
)
def marchenko_pastur_equation() -> bool:
    """It is the derived equation."""
    (c,) = symbols("marchenko-pastur", "c")
    return is_equation(law("marchenko-pastur", sigma=1), Z * c * M**2 + (Z - 1 + c) * M + 1)


@KIM20.numeric(
    "4",
    "the Fisher information is the Hessian of the divergence of Kullback and Leibler",
    r"\mathcal I(\theta) = \nabla^2_{\theta'} D_{KL}(p(x|\theta) \| p(x|\theta'))|_{\theta'=\theta}",
    by="fisher-linear",
    bound=1e-6,
)
def fisher_information_as_a_hessian() -> float:
    """Differences of the mean divergence of Gaussian outputs of W_2 W_1 x at integer weights against E J^T J."""
    first, second = (np.array(w, dtype=float) for w in integer_weights(2, 2, 2, 1))
    start = np.concatenate([first.ravel(), second.ravel()])

    def divergence(weights: np.ndarray) -> float:
        change = weights[4:].reshape(2, 2) @ weights[:4].reshape(2, 2) - second @ first
        return float(np.sum(change**2)) / 2  # the mean over inputs with E x x^T = 1

    steps, h = np.eye(8), 1e-3
    hessian = np.array(
        [
            [
                sum(s * t * divergence(start + h * (s * a + t * b)) for s in (1, -1) for t in (1, -1)) / (4 * h * h)
                for a in steps
            ]
            for b in steps
        ]
    )
    exact, _ = factors(first.astype(int).tolist(), second.astype(int).tolist())
    return gap(hessian, np.array([[int(v) for v in row] for row in exact.tolist()]))


KIM20.definition(
    "freeness",
    "2.2",
    "free independence",
    r"\mathbb E[f_1(A) g_1(B) \cdots f_k(A) g_k(B)] = 0 \text{ if } \mathbb E f_i(A) = \mathbb E g_i(B) = 0",
    "the definition of free sums and products",
)


@KIM20.misprint(
    "2.2",
    "the R-transform belongs to the Cauchy transform; section 2.1 defines m with the other sign",
    r"\mathcal R(m(z)) + \frac{1}{m(z)} = z",
    r"\mathcal R(G(z)) + \frac{1}{G(z)} = z,\ G = -m",
    by="semicircle",
    kind="series",
)
def sign_of_the_transform(printed: bool) -> float:
    """R(g) = g of the derived semicircle, kappa_2 = 1, put into both forms, on the derived equation."""
    cumulants = semicircle().free_cumulants(4)
    g = sympy.Symbol("g")
    r = sum(k * g**n for n, k in enumerate(cumulants))
    value = M if printed else -M
    rest = sympy.numer(sympy.together(r.subs(g, value) + 1 / value - Z))
    return float(not sympy.rem(sympy.Poly(rest, M), sympy.Poly(semicircle().equation.expr, M)).is_zero)


@KIM20.exact(
    "2.2",
    "R-transforms of free matrices add up",
    r"\mathcal R_{A+B} = \mathcal R_A + \mathcal R_B",
    by="free_sum",
)
def additivity() -> bool:
    """Free cumulants of a Wishart matrix plus a rotated one of two eigenvalues: those of the sum, from its equation."""
    a, b = marchenko_pastur(sympy.Rational(1, 2)), atoms([1, 3])
    total = (a + b).free_cumulants(8)
    return bool(total == [x + y for x, y in zip(a.free_cumulants(8), b.free_cumulants(8), strict=True)])


@KIM20.sampled(
    "2.2",
    "independent rotations make matrices free: the moments of the sum",
    r"A + OBO^\top",
    by="free_sum",
    bound=0.03,
)
def freeness_of_rotations() -> float:
    """The first four moments of a Wishart matrix plus a rotated diagonal, 400 rows, over those of the free sum, less
    1."""
    rng, n = np.random.default_rng(2), 400
    x, o = rng.standard_normal((n, 2 * n)), haar_orthogonal(n, rng)
    values = np.linalg.eigvalsh(x @ x.T / (2 * n) + (o * np.where(np.arange(n) < n // 2, 1.0, 3.0)) @ o.T)
    exact = (marchenko_pastur(sympy.Rational(1, 2)) + atoms([1, 3])).moments(4)
    return max(abs(float(np.mean(values**k)) / float(exact[k - 1]) - 1) for k in (1, 2, 3, 4))


# -- numbered equations of the slides that define networks and their training --------------------------------------

for _name, _place, _what, _formula in (
    ("layer", "(1)", "one layer of a network", r"f(\mathbf x) = \sigma(W\mathbf x + b)"),
    ("labels", "(2)", "the labels of two classes", r"y(\mathbf x_i) = (1, 0)^\top \text{ or } (0, 1)^\top"),
    ("cost", "(3)", "the mean squared error of a deep network",
     r"\text{Cost} = \frac1n \sum_i \frac12 \lVert\mathbf y_i - \mathbf a_L(\mathbf x_i)\rVert^2"),
    ("gradient-descent", "(4)", "gradient descent", r"P(t+1) = P(t) - \eta \nabla_P \text{Cost}(P(t))"),
    ("convolution", "(5)", "a convolution as a banded matrix",
     r"\begin{bmatrix} 1 & -1 & & \\ & 1 & -1 & \\ & & \ddots & \ddots \end{bmatrix}"),
    ("cross-entropy", "(6)", "the cross-entropy cost",
     r"-\sum_i \log \frac{e^{v_{l_i}^{\{i\}}}}{\sum_j e^{v_j^{\{i\}}}}"),
):  # fmt: skip
    LIAO25.definition(_name, f"slides {_place}", _what, _formula, "a definition of the model; no random matrix")
