"""The first layer of a two-layer network after one gradient step."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

from resolvent.catalog.networks.gradient_step import GradientStep, gradient_step
from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Outlier, Reference, Sampler, assumption
from resolvent.catalog.schema.facts import Moment
from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import marchenko_pastur

UNITS = Parameter("c", "units over inputs, N/p", positive=True)
SAMPLES = Parameter("samples", "samples over inputs, n/p", positive=True, default=4)
RATE = Parameter("rate", "the step size eta", positive=True, default=4)
NOISE = Parameter("noise", "standard deviation of the noise in y", lower=0, lower_open=False, default=0)
BA = "Ba et al. 2022"
RANK_ONE = assumption(
    "a gradient of rank one",
    "sqrt(N) G_0 is (E s') beta_0 (X y)^T/n up to a matrix whose norm vanishes; that part does not move the bulk",
    f"{BA}; (21) of the source, where the square root of N before the norm is missing",
    r"$\sqrt{N} G_0$ is $\mathbb{E} s'\, \beta_0 (X y)^\top/n$ up to a matrix whose norm vanishes; that part does not "
    r"move the bulk",
)


def derive_law(c: Any, samples: Any, rate: Any, noise: Any) -> AlgebraicLaw:
    """The law of W_0 W_0^T, which a perturbation of rank one leaves as it is.

    >>> derive_law(2, 4, 4, 0).moments(2)
    [1, 3]
    """
    return marchenko_pastur(c)


def _step(c: float, samples: float, rate: float, noise: float) -> GradientStep:
    return gradient_step("tanh", "relu", rate=rate, units=c, samples=samples, noise=noise)


def sample_step(size: int, rng: np.random.Generator, c: float, samples: float, rate: float, noise: float) -> Matrix:
    """W_1 W_1^T after a real step of a tanh student with a ReLU teacher; size is N, p = N/c, rounded."""
    w = _step(c, samples, rate, noise).run(max(2, round(size / c)), rng)[0][:size]
    return np.asarray(w @ w.T)


def outliers(size: int, c: float, samples: float, rate: float, noise: float) -> tuple[Outlier, ...]:
    """The squared singular value of the step, above the threshold."""
    found = _step(c, samples, rate, noise).result
    if found.location is None:
        return ()
    return (Outlier(found.location, f"the step, of strength {found.strength:.4g} > {found.threshold:.4g}"),)


def _memory(size: int, c: float, samples: float, rate: float, noise: float) -> float:
    inputs = size / c
    return 8 * (3.0 * inputs * samples * size + inputs**2 * samples + 3 * size**2 + 2 * size * inputs)


_c = UNITS.symbol
ENSEMBLE = Ensemble(
    slug="one-step",
    title="First layer after one gradient step",
    # typed in: the gradient has rank one, and matrices of the language have a law
    model=r"W_1 W_1^\top,\quad W_1 = W_0 + \sqrt{N} \eta G_0,\quad f(x) = \frac{1}{\sqrt N} \beta_0^\top s(W_0 x),\ "
    r"W_0 \in \mathbb{R}^{N \times p},\ W_{0,ij} \sim N(0, 1/p),\ \beta_0 \sim N(0, I/N),\ x \sim N(0, I),\ y = "
    r"t(\langle \beta_*, x \rangle) + \text{noise},\quad c = N/p,\quad "
    r"\eta = \mathrm{rate}",
    parameters=(UNITS, SAMPLES, RATE, NOISE),
    derive=derive_law,
    samplers=(
        Sampler(
            "network",
            "A real step of a tanh student on a ReLU teacher; size is N, p = N/c and n samples, rounded.",
            sample_step,
            400,
            _memory,
            outliers=outliers,
        ),
    ),
    references=(
        Reference(
            "J. Ba, M. Erdogdu, T. Suzuki, Z. Wang, D. Wu, G. Yang, High-dimensional asymptotics of feature learning: "
            "how one gradient step improves the representation, NeurIPS 35 (2022)",
            "the gradient of rank one, and the spike",
        ),
    ),
    known=(Moment(1, sympy.Integer(1)), Moment(2, 1 + _c)),
    cases=(
        {"c": 2, "samples": 4, "rate": "1/2", "noise": "1/5"},
        {"c": "1/2", "samples": 2, "rate": 1, "noise": 0},
        {"c": 1, "samples": 4, "rate": "1/4", "noise": 0},
    ),
    assumptions=(RANK_ONE,),
    notes=(
        Note("misprint", "(21) bounds the norm of sqrt(N) times what is printed.", BA),
        Note("misprint", "The overlap in the figure is that of the right singular vector with the teacher.", BA),
        Note(
            "misprint",
            "The figure's parameters (eta = 2, n/p = 4, N/p = 2) are below the threshold of this step: no eigenvalue "
            "leaves the bulk.",
            BA,
        ),
        Note(
            "remark",
            "A step of the order of sqrt(N) has a strength that grows with N: its singular value leaves like theta, "
            "and both overlaps tend to 1. Other students and teachers: `gradient_step` of "
            "resolvent.catalog.networks.gradient_step.",
        ),
    ),
)
