"""The Gauss-Newton matrix H_0 of a real ReLU network with one hidden layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from resolvent.catalog.networks.tangent_kernel import random_kernel
from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Reference, Sampler, assumption
from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.activations.activation import activation
from resolvent.derive.laws.arguments import as_scalar
from resolvent.numeric.curves.gauss_newton_law import GaussNewtonLaw

PHI = Parameter("phi", "parameters over samples and outputs, 2n/m", positive=True, default="1/2")
SIGMA_1 = Parameter("sigma_1", "scale of W_1", positive=True, default=1)
SIGMA_2 = Parameter("sigma_2", "scale of W_2", positive=True, default=1)

EQUIVALENCE = assumption(
    "Gaussian equivalence",
    "features act as alpha W_1 x + rho g with independent Gaussian g; compared with networks up to width 400",
    latex=r"features act as $\alpha W_1 x + \rho g$ with independent Gaussian $g$; compared with networks up to width "
    "400",
)
FREE_MASKS = assumption(
    "free masks",
    "the slopes of the hidden units act as entries drawn independently, free from W_2; compared with networks up to "
    "width 400",
    latex="the slopes of the hidden units act as entries drawn independently, free from $W_2$; compared with networks "
    "up to width 400",
)


def derive_law(phi: Any, sigma_1: Any, sigma_2: Any) -> GaussNewtonLaw:
    """The law of H_0: the non-zero spectrum of Theta/m, by the fixed point of `resolvent.GaussNewton`.

    >>> [round(float(m), 6) for m in derive_law(4, 1, 1).moments(2)]
    [0.420423, 1.515108]
    """
    return GaussNewtonLaw(as_scalar(phi), as_scalar(sigma_1), as_scalar(sigma_2))


def _samples(width: int, phi: float) -> int:
    return max(1, round(2 * width / phi))


def sample_network(size: int, rng: np.random.Generator, phi: float, sigma_1: float, sigma_2: float) -> Matrix:
    """H_0 of a network of width n = size on m = 2n/phi samples, rounded; 2n^2 x 2n^2.

    The mean of the ReLU is taken off: it adds an eigenvalue to each output that grows with the width.
    """
    act = activation("relu", centred=True, sigma_w=sigma_1)
    return random_kernel(size, size, size, _samples(size, phi), rng, act, sigma_2).gauss_newton()


def _memory(size: int, phi: float, sigma_1: float, sigma_2: float) -> float:
    rows, columns = 2.0 * size**2, size * (2 * size / phi + 1)
    return 8 * (2 * rows * columns + rows**2)


ENSEMBLE = Ensemble(
    slug="network-gauss-newton",
    title="Gauss-Newton matrix of a real ReLU network",
    # typed in: the language has no activations, and no Kronecker products of two large matrices
    model=r"H_0 = \frac{1}{m} \sum_\mu J_\mu J_\mu^\top,\quad J_\mu = \nabla_{W_1, W_2} \hat y(x_\mu),\ "
    r"\hat y = W_2 f(W_1 x),\ f(t) = [t]_+ - \mathbb{E}[\sigma_1 \xi]_+,\ n_0 = n_1 = n_2 = n,\ \phi = 2n/m,\ "
    r"(W_i)_{ab} \sim N(0, \sigma_i^2/n)",
    parameters=(PHI, SIGMA_1, SIGMA_2),
    derive=derive_law,
    samplers=(
        Sampler(
            "network",
            "All second derivatives that the Gauss-Newton matrix has; size is the width n, the matrix is 2n^2 x 2n^2.",
            sample_network,
            20,
            _memory,
            rows=lambda size, **_: 2 * size**2,
        ),
    ),
    references=(Reference("a cavity argument, compared with networks; no source", "docs/numeric/learning-curves.md"),),
    cases=(
        {"phi": "1/2", "sigma_1": 1, "sigma_2": "1/2"},
        {"phi": "1/4", "sigma_1": 1, "sigma_2": "3/2"},
        {"phi": "2/3", "sigma_1": 2, "sigma_2": 1},
    ),
    assumptions=(EQUIVALENCE, FREE_MASKS),
    notes=(
        Note(
            "remark",
            "Other widths and activations, transform and moments anywhere, the first layer alone: "
            "`resolvent.GaussNewton`. For phi -> 0 the law is that of `fisher`.",
        ),
        Note("remark", "At phi = 1, as many numbers as parameters, the density is not resolved next to 0."),
        Note(
            "remark",
            "`hessian` takes H_0 for a Wishart matrix, whose edge is (1 + sqrt(phi))^2 of its mean. A real H_0 is far "
            "from that, as its columns are products of W_2, the masks and x. And a real H_1, which has the law of "
            "hessian-h1, is not free from H_0: the spectra of H_0 + H_1 and H_0 + O H_1 O^T differ by about 0.03 in "
            "Kolmogorov's distance at phi = 1/2, eps = 1, and by 0.16 at phi = 3/2.",
        ),
    ),
)
