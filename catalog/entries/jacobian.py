"""The input-output Jacobian of a deep network, its depth a number or a symbol."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np
import sympy

from resolvent.catalog.networks.jacobian import (
    INDEPENDENT_SLOPES,
    PASTUR,
    PENNINGTON,
    jacobian_law,
    layers_of_projections,
    network_jacobian,
    shifted_relu_jacobian,
)
from resolvent.catalog.schema.ensemble import Ensemble, Matrix, Note, Reference, Sampler
from resolvent.catalog.schema.facts import AtomAt, Moment
from resolvent.catalog.schema.option import Choice, Option
from resolvent.catalog.schema.parameter import Parameter
from resolvent.catalog.schema.statement import Ratios, Statement
from resolvent.derive.activations.activation import Activation, activation
from resolvent.derive.activations.gaussian_integrals import rounded
from resolvent.derive.activations.propagation import Propagation
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.errors import ParameterError
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.numeric.expressions import block, dimension, gaussian, haar, identity, projection

DEPTH = Parameter("depth", "the number of layers L", lower=1, lower_open=False, integer=True)
WEIGHTS = Parameter("weights", "how the weights are drawn", words=("gaussian", "orthogonal"))
SIGMA_W = Parameter(
    "sigma_w", "standard deviation of the weights, times the root of the width", positive=True, default=1, root=True
)
SHARE = Parameter(
    "p",
    "the share of linear units, or the mean squared slope of the activation",
    lower=0,
    upper=1,
    upper_open=False,
    default="1/2",
)
SIGMA_B = Parameter("sigma_b", "standard deviation of the biases", lower=0, lower_open=False, default=0)
FIRST = Parameter(
    "q", "the variance of the first pre-activations, 0 for the fixed point", lower=0, lower_open=False, default=0
)
_HIGHEST_DEGREE = 8  # up to which the law has its polynomial
_DIGITS = 17
_L, _w, _s, _p = DEPTH.symbol, WEIGHTS.symbol, SIGMA_W.symbol, SHARE.symbol


class Layer:
    """An activation with the biases and the first variance that go with it."""

    def __init__(self, function: Activation, sigma_b: float, q: float | None) -> None:
        self.function, self.sigma_b, self.q = function, sigma_b, q


def _matrix(depth: Any, weights: Any, sigma_w: Any, p: Any) -> tuple[MatrixExpression, Ratios]:
    """J J^T at a number of layers.

    With orthogonal weights the D_l are free projections. With Gaussian ones J is written on the a units of each layer
    whose slope is 1; the other b units give rows of zeros.
    """
    n, active, rest = dimension("n"), dimension("a"), dimension("b")
    layers = range(1, int(depth) + 1)
    if weights == 1:
        factors = [sigma_w * projection(f"D_{k}", n, p) @ haar(f"W_{k}", n) for k in layers]
    else:
        rows = n if p == 1 else active
        factors = [gaussian(f"W_{k}", rows, n if k == 1 else rows, sigma_w**2 / n) for k in layers]
    j = reduce(lambda below, above: above @ below, factors)
    if weights == 1 or p == 1:
        return j @ j.T, {}
    return block([[j @ j.T, 0], [0, 0 * identity(rest)]]), {(active, n): p, (rest, n): 1 - p}


STATEMENT = Statement("J J^\\top", (DEPTH, WEIGHTS, SIGMA_W, SHARE), _matrix)
"""The matrix at a number of layers; a symbol in its place, and slopes other than 0 and 1, are beyond the language."""


def derive_law(depth: Any, weights: Any, sigma_w: Any, p: Any, activation: Layer | None = None) -> Any:
    """The law of J J^T from its matrix for Gaussian weights and up to 8 layers, otherwise by S-transforms of layers.

    >>> derive_law(sympy.Integer(2), 0, sympy.Integer(1), sympy.Integer(1)).moments(3)
    [1, 3, 12]

    Raises `ParameterError` as `jacobian_law` does.
    """
    is_orthogonal = weights == 1
    if activation is not None and not _is_projection(activation.function):
        if not (depth.is_Integer and sigma_w.is_number):
            raise ParameterError("with this activation the depth and sigma_w are numbers", depth=depth)
        word = WEIGHTS.words[int(weights)]
        return jacobian_law(activation.function, int(depth), float(sigma_w), activation.sigma_b, word, activation.q)
    is_small = (sympy.Integer(1) * depth).is_Integer and depth <= _HIGHEST_DEGREE
    is_small = is_small and (sigma_w**2).is_rational_function()
    if is_small and not is_orthogonal:
        return STATEMENT.law(depth=depth, weights=weights, sigma_w=sigma_w, p=p)
    law = layers_of_projections(sympy.Integer(1) * depth, p, sigma_w, is_orthogonal)
    return law.algebraic() if is_small else law


def _is_projection(function: Activation) -> bool:
    """Whether all slopes are 0 or 1, with probabilities that do not change from layer to layer."""
    return function.name in ("relu", "linear")


def read_activation(value: Any, sigma_b: sympy.Expr, q: sympy.Expr, sigma_w: sympy.Expr | None = None) -> Choice:
    """The activation, with p, the mean squared slope.

    Raises `ParameterError` for anything but an activation with a derivative, and where there is no fixed point.
    """
    chosen = value if isinstance(value, Activation) else activation(value)
    if _is_projection(chosen):
        share = sympy.Integer(1) if chosen.name == "linear" else sympy.Rational(1, 2)
        q_value = float(q) or 1.0
    else:
        if sigma_w is None:
            raise ParameterError(f"with {chosen.name} sigma_w is a number", activation=chosen)
        maps = Propagation(chosen, float(sigma_w), float(sigma_b))
        q_value = float(q) or maps.fixed_point()
        share = rounded(sympy.Rational(*float(maps.slope_energy(q_value)).as_integer_ratio()), _DIGITS)
        if share > 1:
            raise ParameterError(f"{chosen.name} has slopes above 1; scale it and sigma_w", activation=chosen)
    text = f"{chosen.name}, sigma_b = {sigma_b}, first variance {q_value:.12g}"
    step = Step(rules.ACTIVATION_SLOPE, f"p, the mean squared slope of {text}", kind="definition")
    layer = Layer(chosen, float(sigma_b), None if q == 0 and not _is_projection(chosen) else q_value)
    return Choice(text, {"p": share}, step, layer)


ACTIVATION = Option(
    "activation",
    "relu, tanh, hard_tanh, ... (the table in docs/derive/activations.md), whose slopes make D; p is their mean square",
    sets=("p",),
    parameters=(SIGMA_B, FIRST),
    read=read_activation,
    needs=("sigma_w",),
    reaches_law=True,
)


def sample_network(
    size: int,
    rng: np.random.Generator,
    depth: float,
    weights: float,
    sigma_w: float,
    p: float,
    activation: Layer | None,
) -> Matrix:
    """J J^T of a network with the activation; without one, of units max(0, h - t) of which a share p is active."""
    if activation is None:
        return shifted_relu_jacobian(size, int(depth), rng, p, sigma_w, weights == 1)
    widths = [size] * (int(depth) + 1)
    orthogonal = weights == 1
    return network_jacobian(widths, rng, activation.function, sigma_w, activation.sigma_b, orthogonal, activation.q)


def sample_equivalent(size: int, rng: np.random.Generator, activation: Layer | None, **values: float) -> Matrix:
    """The matrix of the statement.

    Raises `ParameterError` for activations with other slopes than 0 and 1, whose law is not that of p alone.
    """
    if activation is not None and not _is_projection(activation.function):
        raise ParameterError(f"the slopes of {activation.function.name} are not 0 and 1; take sampler='network'")
    return STATEMENT.sample(size, rng, **values)


def _memory(size: int, depth: float, weights: float, sigma_w: float, p: float) -> float:
    return 8 * 6.0 * size**2


_MEAN = (_s**2 * _p) ** _L
ENSEMBLE = Ensemble(
    slug="jacobian",
    title="Input-output Jacobian of a deep network",
    # typed in: the language has no product of a symbolic number of factors, nor slopes of a general law
    model=r"J J^\top,\quad J = \prod_{l=1}^{L} D_l W_l,\ L = \mathrm{depth},\quad W_l \in \mathbb{R}^{n \times n},\ "
    r"W_{l,ij} \sim N(0, \sigma_w^2/n) \text{ or } W_l = \sigma_w O_l,\quad D_l = \mathrm{diag}(f'(h_l)),\ "
    r"p = \mathbb{E} f'(h)^2",
    parameters=(DEPTH, WEIGHTS, SIGMA_W, SHARE),
    derive=derive_law,
    samplers=(
        Sampler(
            "network",
            "A network run forward from a random input; size is the width. Without an activation its units are "
            "max(0, h - t), with t such that the share p is active.",
            sample_network,
            600,
            _memory,
        ),
        replace(
            STATEMENT.sampler(
                "equivalent",
                "Independent weights and slopes, a share p of which is 1 and the others 0; size is the width.",
                600,
            ),
            build=sample_equivalent,
        ),
    ),
    references=(
        Reference(
            "J. Pennington, S. Schoenholz, S. Ganguli, Resurrecting the sigmoid in deep learning through dynamical "
            "isometry, NeurIPS 30 (2017)",
            "the S-transforms of the layers and the equations of their products",
        ),
        Reference("L. Pastur, On random matrices arising in deep neural networks: Gaussian case, 2020", "any D"),
        Reference(
            "L. Pastur, V. Slavin, On random matrices arising in deep neural networks: general i.i.d. case, 2020",
            "any D",
        ),
    ),
    known=(
        Moment(1, _MEAN, PENNINGTON),
        Moment(2, _MEAN**2 * ((1 - _w) * (1 + _L / _p) + _w * (1 + _L * (1 / _p - 1))), PENNINGTON),
        AtomAt(sympy.Integer(0), 1 - _p, PENNINGTON),
    ),
    cases=(
        {"depth": 1, "weights": "gaussian", "sigma_w": 1, "p": 1},
        {"depth": 3, "weights": "gaussian", "sigma_w": 1, "p": "3/4"},
        {"depth": 2, "weights": "orthogonal", "sigma_w": 2, "p": "1/4"},
        {"depth": 3, "weights": "orthogonal", "sigma_w": 1, "p": "5/6"},
    ),
    assumptions=(INDEPENDENT_SLOPES,),
    option=ACTIVATION,
    notes=(
        Note(
            "remark",
            "Stated as a matrix for a number of layers. With Gaussian weights the law is derived from it, up to 8 "
            "layers; with orthogonal ones, the D_l free projections, that takes seconds, so S-transforms do it. They "
            "do it for a symbol L too: the language has no product of a symbolic number of factors, nor slopes of a "
            "general law.",
        ),
        Note("convention", "The text's psi(z) is ours at w = z: psi = zG - 1 at 1/z.", PENNINGTON),
        Note(
            "remark",
            "Orthogonal weights with L(1 - p) < 1 leave a second atom, of mass 1 - L(1 - p), at sigma_w^(2L): most "
            "directions pass through the network as they are. That is dynamical isometry.",
            PENNINGTON,
        ),
        Note("remark", "With smooth activations the whole law of the slopes counts: Pastur's equations.", PASTUR),
    ),
)


def edge_by_depth() -> sympy.Expr:
    """The right edge for Gaussian weights with symbolic L, p and sigma_w."""
    return layers_of_projections(_L, _p, _s, False).right_edge()


__all__ = ["ENSEMBLE", "derive_law", "edge_by_depth", "sample_network"]
