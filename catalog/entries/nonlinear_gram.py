"""The Gram matrix of random features: a layer with random weights and an activation, applied to Gaussian data."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import sympy

from resolvent.catalog.networks.layer_rule import GAUSSIAN_EQUIVALENCE
from resolvent.catalog.networks.spikes import Entries, RandomLayer, spikes
from resolvent.catalog.schema.activation_option import ACTIVATION, read_activation
from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Outlier, Reference, Sampler
from resolvent.catalog.schema.facts import AtomAt, CauchyEquation, Moment
from resolvent.catalog.schema.option import Choice, Option
from resolvent.catalog.schema.parameter import Parameter
from resolvent.catalog.schema.statement import Ratios, Statement
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.graphs.cycle_weights import law_of_cycle_weights
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import as_scalar
from resolvent.numeric.expressions import dimension
from resolvent.numeric.expressions import gaussian as letter

PHI = Parameter("phi", "inputs over samples, n_0/m", positive=True)
PSI = Parameter("psi", "inputs over features, n_0/n_1", positive=True)
ETA = Parameter("eta", "variance of the activation", positive=True)
ZETA = Parameter("zeta", "squared mean slope of the activation, at most eta", lower=0, lower_open=False)
_phi, _psi, _eta, _zeta = PHI.symbol, PSI.symbol, ETA.symbol, ZETA.symbol
_z, _G = sympy.symbols("z G")
PENNINGTON_WORAH = "Pennington, Worah 2017"
BENIGNI_PECHE = "Benigni, Peche 2021"
SURVEY = "Kim 2020, section 4.2"


def derive_law(phi: Any, psi: Any, eta: Any, zeta: Any) -> AlgebraicLaw:
    """The law of the Gaussian equivalent; `law_by_graphs` is another way to it.

    >>> derive_law(1, 1, 1, sympy.Rational(1, 2)).moments(2)
    [1, 9/4]

    Raises `ParameterError` for numbers with zeta > eta, with the first moment that fails where there is one.
    """
    check_slope(phi, psi, eta, zeta)
    return STATEMENT.law(phi=phi, psi=psi, eta=eta, zeta=zeta)


def law_by_graphs(phi: Any, psi: Any, eta: Any, zeta: Any) -> AlgebraicLaw:
    """The law of the cycle weights w_1 = eta, w_j = zeta^j for j > 1.

    A double edge of the walk is E f^2 = eta; a cycle of length 2j > 2 is carried by the linear part of f alone.

    >>> law_by_graphs(1, 1, 1, sympy.Rational(1, 2)) == derive_law(1, 1, 1, sympy.Rational(1, 2))
    True
    """
    t = sympy.Symbol("t")
    return law_of_cycle_weights((eta - zeta) * t + zeta * t / (1 - zeta * t), t, phi=phi, psi=psi)


def _matrix(phi: Any, psi: Any, eta: Any, zeta: Any) -> tuple[MatrixExpression, Ratios]:
    """Y Y^T/m with the linear part of the activation and independent noise in its place."""
    inputs, outputs, samples = dimension("n_0"), dimension("n_1"), dimension("m")
    linear = letter("W", outputs, inputs) @ letter("X", inputs, samples) / sympy.sqrt(inputs)
    y = _root(zeta) * linear + _root(eta - zeta) * letter("N", outputs, samples)
    return y @ y.T / samples, {(inputs, samples): phi, (inputs, outputs): psi}


STATEMENT = Statement("M", (PHI, PSI, ETA, ZETA), _matrix, factor="Y")
"""The Gaussian equivalent as a matrix."""


def _root(value: Any) -> sympy.Expr:
    return sympy.sqrt(as_scalar(value))


def check_slope(phi: Any, psi: Any, eta: Any, zeta: Any) -> None:
    """Raises `ParameterError` for numbers with zeta > eta, with the first moment that fails where there is one."""
    if not (as_scalar(zeta) - as_scalar(eta)).is_positive:
        return
    try:
        law_by_graphs(phi, psi, eta, zeta)
        reason = ""
    except DerivationError as error:
        reason = f"; {error}"
    raise ParameterError(
        f"no activation has zeta > eta (eta sums the squares of all its Hermite coefficients, zeta is one of them); "
        f"got eta = {eta}, zeta = {zeta}{reason}",
        eta=eta,
        zeta=zeta,
    )


def _moment(number: int, of: str, default: int) -> Parameter:
    return Parameter(f"{of}_{number}", f"E {of}^{number} of the entries of {of} at variance 1", default=default)


MOMENTS = (_moment(3, "w", 0), _moment(4, "w", 3), _moment(3, "x", 0), _moment(4, "x", 3))


def read_layer(value: Any, w_3: Any, w_4: Any, x_3: Any, x_4: Any, **scales: sympy.Expr) -> Choice:
    """The activation with its constants, and the distributions of weights and data.

    Raises `ParameterError` as `read_activation` does, and for moments that no distribution has.
    """
    choice = read_activation(value, **scales)
    layer_ = RandomLayer(choice.subject, Entries(float(w_3), float(w_4)), Entries(float(x_3), float(x_4)))
    others = [f"{p.name} = {v}" for p, v in zip(MOMENTS, (w_3, w_4, x_3, x_4), strict=True) if v != p.default]
    return replace(choice, text=", ".join([choice.text, *others]), subject=layer_)


LAYER = Option(ACTIVATION.name, ACTIVATION.doc, ACTIVATION.sets, (*ACTIVATION.parameters, *MOMENTS), read_layer)


# -- matrices ----------------------------------------------------------------------------------------------


def shape(size: int, phi: float, psi: float) -> tuple[int, int]:
    """n_0 and m for n_1 = size features, rounded.

    >>> shape(600, 0.75, 1.5)
    (900, 1200)

    Raises `ParameterError` where nothing would be left.
    """
    inputs = round(psi * size)
    samples = round(psi * size / phi)
    if inputs < 1 or samples < 1:
        raise ParameterError(f"{size} features at phi = {phi:g}, psi = {psi:g} leave no inputs or samples", size=size)
    return inputs, samples


def sample_features(
    size: int, rng: np.random.Generator, phi: float, psi: float, eta: float, zeta: float, activation: Any
) -> Matrix:
    """Y Y^T/m of the features of the activation; without one, of `LinearAndSine` with the constants."""
    inputs, samples = shape(size, phi, psi)
    chosen: Any = activation or RandomLayer(LinearAndSine(eta, zeta))  # type: ignore[arg-type]
    y = chosen.features(size, inputs, samples, rng)
    return np.asarray(y @ y.T / samples)


class LinearAndSine:
    """a x + b sin(2x) with the given constants: Lipschitz, and odd, so that it makes no outliers.

    With E x sin(2x) = 2 e^-2 and E sin(2x)^2 = (1 - e^-8)/2 the part g = sin(2x) - 2 e^-2 x is orthogonal to x.
    """

    scale = 1.0

    def __init__(self, eta: float, zeta: float) -> None:
        slope = 2 * math.exp(-2)
        self.sine = math.sqrt(max(eta - zeta, 0.0) / ((1 - math.exp(-8)) / 2 - slope**2))
        self.linear = math.sqrt(zeta) - slope * self.sine

    def __call__(self, x: Matrix) -> Matrix:
        return self.linear * x + self.sine * np.sin(2 * x)


def outliers(size: int, phi: float, psi: float, eta: float, zeta: float, activation: Any) -> tuple[Outlier, ...]:
    """The eigenvalues that leave the bulk; see `networks.spikes`."""
    if activation is None:
        return ()
    inputs, samples = shape(size, phi, psi)
    found = spikes(_bulk(phi, psi, eta, zeta), activation, size, inputs, samples)
    return tuple(
        Outlier(r.location, f"a part of rank one of the features, of strength {r.strength:.4g} > {r.threshold:.4g}")
        for r in found
        if r.location is not None
    )


@lru_cache(maxsize=8)
def _bulk(phi: float, psi: float, eta: float, zeta: float) -> AlgebraicLaw:
    return derive_law(phi, psi, eta, min(zeta, eta))


def _memory(size: int, phi: float, psi: float, eta: float, zeta: float) -> float:
    inputs, samples = psi * size, psi * size / phi
    return 8 * (3 * size * samples + inputs * (size + samples) + 2.0 * size**2)


# -- the entry ---------------------------------------------------------------------------------------------

_QUARTIC = (
    _phi**2 * _zeta * (_eta - _zeta) * _z**2 * _G**4
    + (2 * _phi * (_psi - _phi) * _zeta * (_eta - _zeta) * _z - _phi * _psi * _zeta * _z**2) * _G**3
    + (
        (_psi - _phi) ** 2 * _zeta * (_eta - _zeta)
        - _phi * _psi**2 * _eta * _z
        + _psi * (2 * _phi - _psi) * _zeta * _z
    ) * _G**2
    + (_psi**3 * _z + _psi * (_psi - _phi) * (_zeta - _psi * _eta)) * _G
    - _psi**3
)  # fmt: skip

ENSEMBLE = Ensemble(
    slug="nonlinear-gram",
    title="Gram matrix of the random features of a nonlinear layer",
    model=STATEMENT.latex + r";\quad Y \text{ in place of } f(\sigma_w \sigma_x W X/\sqrt{n_0}),\quad "
    r"\mathbb{E} f(\sigma_w \sigma_x \xi) = 0,\ \eta = \mathbb{E} f(\sigma_w \sigma_x \xi)^2,\ "
    r"\zeta = (\mathbb{E}\, \xi f(\sigma_w \sigma_x \xi))^2",
    parameters=(PHI, PSI, ETA, ZETA),
    derive=derive_law,
    samplers=(
        Sampler(
            "features",
            "Y = f(WX) of Gaussian weights and data, f the chosen activation; with eta and zeta only, the f(x) = a x + "
            "b sin(2x) that has them. Size is n_1; n_0 = psi n_1 and m = n_0/phi, rounded.",
            sample_features,
            600,
            _memory,
            outliers=outliers,
        ),
        STATEMENT.sampler(
            "equivalent",
            "The Gaussian equivalent Y = sqrt(zeta) W X + sqrt(eta-zeta) N, N independent and Gaussian, unit variances "
            "(W over n_0). Size is n_1.",
            600,
        ),
    ),
    references=(
        Reference(
            "J. Pennington, P. Worah, Nonlinear random matrix theory for deep learning, NeurIPS 30 (2017) 2634-2643",
            "the quartic equation and its limits",
        ),
        Reference(
            "L. Benigni, S. Peche, Eigenvalue distribution of some nonlinear models of random matrices, Electron. J. "
            "Probab. 26 (2021) 1-37",
            "sub-Gaussian entries and several layers",
        ),
        Reference("Kim 2020, survey of random matrices in deep learning", "section 4.2"),
    ),
    known=(
        Moment(1, _eta),
        Moment(2, _eta**2 * (1 + _phi / _psi) + _zeta**2 / _psi),
        CauchyEquation(_QUARTIC, (_z, _G), PENNINGTON_WORAH),
        AtomAt(
            sympy.Integer(0),
            sympy.Piecewise(
                (sympy.Max(0, 1 - _psi / _phi, 1 - _psi), sympy.Eq(_eta, _zeta)), (sympy.Max(0, 1 - _psi / _phi), True)
            ),
            "the rank of Y: at most m, and at most n_0 if f is linear",
        ),
    ),
    cases=(
        {"phi": "1/2", "psi": "3/4", "eta": 1, "zeta": "1/2"},
        {"phi": 2, "psi": 1, "eta": 2, "zeta": "1/3"},
        {"phi": "1/2", "psi": "1/2", "eta": 1, "zeta": 1},
        {"phi": 1, "psi": 2, "eta": "3/2", "zeta": 0},
    ),
    assumptions=(GAUSSIAN_EQUIVALENCE,),
    option=LAYER,
    notes=(
        Note("convention", "The source's m(z) is the Cauchy transform G = -m.", SURVEY),
        Note(
            "convention",
            "P(t) of the source is 1 + (zG - 1)/psi at t = 1/(z psi): the sum over the graphs, m_k = psi^(1-k) P_k.",
            PENNINGTON_WORAH,
        ),
        Note(
            "convention",
            "There, Y^T Y/n_1 is taken: its non-zero spectrum is (m/n_1) times this one, and its law is the free "
            "product of MP(m/n_1) with (eta - zeta) + zeta MP(m/n_0).",
            BENIGNI_PECHE,
        ),
        Note(
            "misprint",
            "zeta is the square of the mean slope, (E s f'(s xi))^2; printed with f' squared inside the integral.",
            SURVEY,
        ),
        Note(
            "misprint",
            "zeta = 0 gives the Marchenko-Pastur law, scaled by eta; eta = zeta, a linear f, gives the cubic of a "
            "product of two Gaussian matrices. Printed: Marchenko-Pastur for eta = zeta.",
            SURVEY,
        ),
        Note(
            "remark",
            "A mean of the activation, and a component along x^2 - 1 where the fourth moments of W or X differ from 1, "
            "make up to two eigenvalues outside the bulk; skew entries move them, by a component along x^3 - 3x and "
            "the linear one; `verify` says where they are predicted and seen.",
            "Benigni, Peche 2022",
        ),
    ),
)
