"""The spherical spin glass as a loss of deep networks: its Hessian at a point of given energy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import sympy

from resolvent.catalog.entries import semicircle
from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Reference, Sampler, assumption
from resolvent.catalog.schema.facts import Moment, Support
from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import as_scalar

H = Parameter("H", "spins in a product, the depth of the network", lower=3, lower_open=False, integer=True)
U = Parameter("u", "the energy over Lambda", default=0)
CHOROMANSKA = "Choromanska et al. 2014"
_h, _u = H.symbol, U.symbol

PATHS = assumption(
    "independent paths",
    "inputs of different paths are independent Gaussian variables, and paths are active independently of them, each "
    "with the same probability",
    CHOROMANSKA,
)
REDUNDANCY = assumption(
    "redundancy and uniformity",
    "the network is as good as one with Lambda different weights, spread evenly over the paths, on a sphere",
    CHOROMANSKA,
)


def derive_law(H: Any, u: Any) -> AlgebraicLaw:
    """The law of sqrt(H(H-1)) W - H u: second derivatives of L on the sphere, given the energy Lambda u.

    A derivative in two different directions sums H(H-1) entries of the tensor X, each in the square of Lambda^{-1/2};
    the sphere's curvature adds -<w, grad L>/Lambda = -H u.

    >>> derive_law(3, sympy.Rational(1, 2)).moments(2)
    [-3/2, 33/4]
    """
    spins, energy = as_scalar(H), as_scalar(u)
    return semicircle.derive_law(spins * (spins - 1)) - spins * energy


def sample_matrix(size: int, rng: np.random.Generator, H: float, u: float) -> Matrix:
    """The Hessian on the sphere in Lambda = size + 1 dimensions at w = sqrt(Lambda) e_1, given L(w) = Lambda u.

    By rotations w may be that point; of the tensor X only entries with one or two indices other than 1 enter.
    """
    dimensions, spins = size + 1, int(H)
    total = np.zeros((size, size))
    for _ in range(spins * (spins - 1) // 2):  # the places of the two derivatives among the spins
        entries = rng.standard_normal((size, size))
        total += entries + entries.T
    total /= math.sqrt(dimensions)
    np.fill_diagonal(total, np.diag(total) - H * u)
    return total


def _memory(size: int, H: float, u: float) -> float:
    return 8 * 4.0 * size**2


_radius = 2 * sympy.sqrt(_h * (_h - 1))
ENSEMBLE = Ensemble(
    slug="spin-glass",
    title="Hessian of a spherical spin glass",
    # typed in: a tensor is no matrix; its Hessian is Gaussian, the semicircle that `derive_law` starts from
    model=r"\nabla^2 L \text{ on } \lVert w\rVert^2 = \Lambda,\quad L(w) = \Lambda^{-(H-1)/2} \sum X_{i_1 \ldots i_H} "
    r"w_{i_1} \cdots w_{i_H},\ X \text{ Gaussian},\quad \text{at } L(w) = \Lambda u",
    parameters=(H, U),
    derive=derive_law,
    samplers=(
        Sampler("tensor", "From the entries of a Gaussian tensor; size is Lambda - 1.", sample_matrix, 1000, _memory),
    ),
    references=(
        Reference(
            "A. Choromanska, M. Henaff, M. Mathieu, G. Ben Arous, Y. LeCun, The loss surfaces of multilayer networks, "
            "arXiv:1412.0233 (2014)",
            "the spin-glass model",
        ),
    ),
    known=(
        Moment(1, -_h * _u),
        Moment(2, _h**2 * _u**2 + _h * (_h - 1)),
        Support(((-_h * _u - _radius, -_h * _u + _radius),), CHOROMANSKA),
    ),
    cases=({"H": 3, "u": 0}, {"H": 3, "u": "-17/10"}, {"H": 5, "u": 1}),
    assumptions=(PATHS, REDUNDANCY),
    notes=(
        Note(
            "remark",
            "The left edge passes 0 at u = -E_inf = -2 sqrt((H-1)/H): below it a typical critical point is a minimum. "
            "How many there are of each index, and the energies E_k where they end: `resolvent.SpinGlass`.",
        ),
    ),
)
