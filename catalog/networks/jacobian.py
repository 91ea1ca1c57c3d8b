r"""The input-output Jacobian J = D_L W_L ... D_1 W_1 of a deep network: its law, and Jacobians of real networks.

W_l is n_l x n_(l-1): Gaussian with entries of variance sigma_w^2/n_(l-1), or sigma_w times a matrix with orthonormal
columns or rows; D_l holds the slopes f'(h_l) at the pre-activations. The law is that of J J^T.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import sympy

from resolvent.catalog.schema.ensemble import Matrix, assumption
from resolvent.derive.activations.activation import Activation, activation
from resolvent.derive.activations.propagation import Propagation
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.explicit.explicit_law import ExplicitLaw, point_factor, projection_factor, wishart_factor
from resolvent.derive.laws.arguments import as_scalar
from resolvent.numeric.matrices.ensembles import haar_orthogonal
from resolvent.numeric.measures.depth_product import law_of_depth
from resolvent.numeric.measures.diagonal_law import DiagonalLaw, diagonal_law
from resolvent.numeric.measures.numeric_law import NumericLaw
from resolvent.numeric.spectrum.measure import measure_of

PENNINGTON = "Pennington, Schoenholz, Ganguli 2017"
PASTUR = "Pastur 2020; Pastur, Slavin 2020"
INDEPENDENT_SLOPES = assumption(
    "slopes independent of the weights",
    "D_1, ..., D_L are asymptotically free from the weights and from each other, although the pre-activations are "
    "functions of the weights",
    f"{PENNINGTON}; Pastur 2020, by proof for Gaussian weights; Pastur, Slavin 2020, by proof",
    "$D_1, ..., D_L$ are asymptotically free from the weights and from each other, although the pre-activations are "
    "functions of the weights",
)
_WORDS = ("gaussian", "orthogonal")
MOST_LAYERS = 10_000  # with numbers; a share p of linear units takes any depth
_SAME = 1e-13  # relative: variances that are one


def layers_of_projections(depth: Any, shares: Any, sigma_w: Any, is_orthogonal: bool) -> ExplicitLaw:
    """The law of J J^T for square layers whose slopes are 1 with probability p and else 0; the depth may be a symbol.

    >>> L = sympy.Symbol("L", positive=True, integer=True)
    >>> layers_of_projections(L, sympy.Rational(1, 2), sympy.sqrt(2), False).moments(2)
    [1, 2*L + 1]
    """
    weights = point_factor(sigma_w**2) if is_orthogonal else wishart_factor(1, sigma_w**2)
    return (weights @ projection_factor(shares)).free_multiplicative_power(depth)


def layers_of_widths(widths: Sequence[Any], shares: Sequence[Any], sigma_w: Any, is_orthogonal: bool) -> ExplicitLaw:
    """The same for widths n_0, ..., n_L in any ratios and a share of linear units for each layer.

    >>> law = layers_of_widths([1, 2, 1], [1, 1], 1, False)
    >>> law.moments(2)
    [1, 5/2]

    Raises `ParameterError` unless there is one width more than there are shares.
    """
    if len(widths) != len(shares) + 1 or not shares:
        raise ParameterError(f"{len(shares)} layers have {len(shares) + 1} widths; got {len(widths)}", widths=widths)
    sizes = [as_scalar(n) for n in widths]
    scale = sigma_w**2 if isinstance(sigma_w, sympy.Expr) else as_scalar(sigma_w) ** 2
    law = point_factor(1)
    for before, after, share in zip(sizes, sizes[1:], shares, strict=False):
        if not is_orthogonal:
            law = law @ wishart_factor(before / after, scale * after / before)
        elif after >= before:
            law = law @ point_factor(scale)
        else:
            law = law @ projection_factor(after / before) @ point_factor(scale)
        law = law.turned(before / after) @ projection_factor(share)
    return law


@checked
def jacobian_law(
    function: Any,
    depth: int,
    sigma_w: float,
    sigma_b: float = 0.0,
    weights: str = "gaussian",
    q: float | None = None,
    widths: Sequence[float] | None = None,
) -> NumericLaw:
    """The law of J J^T of a network with any activation, as a law known by numbers.

    Args:
        function: the activation, as `activation` takes it.
        depth: the number of layers L.
        sigma_w, sigma_b: standard deviations of weights (over the root of the width) and biases.
        weights: "gaussian" or "orthogonal".
        q: the variance of the first pre-activations; the fixed point q* without it.
        widths: n_0, ..., n_L, in any ratios; all equal without it.

    >>> law = jacobian_law("tanh", 3, 1.5**0.5, q=1.2)
    >>> [round(float(m), 8) for m in law.moments(2)]
    [0.48016703, 1.23392325]

    Raises `ParameterError` for values outside their domains, and for a single orthogonal layer of a smooth activation.
    """
    maps = Propagation(function if isinstance(function, Activation) else activation(function), sigma_w, sigma_b)
    if weights not in _WORDS:
        raise ParameterError(f"the weights are gaussian or orthogonal; got {weights!r}", weights=weights)
    if not 1 <= depth <= MOST_LAYERS:
        raise ParameterError(f"the depth is 1 or more, and {MOST_LAYERS} at most; got {depth}", depth=depth)
    sizes = [1.0] * (depth + 1) if widths is None else [float(n) for n in widths]
    if len(sizes) != depth + 1 or min(sizes) <= 0:
        raise ParameterError(f"{depth} layers have {depth + 1} positive widths; got {widths}", widths=widths)
    variances = _variances(maps, q, sizes, weights == "orthogonal")
    diagonals: list[DiagonalLaw] = []
    for before, variance in zip([-1.0, *variances], variances, strict=False):
        is_same = abs(variance - before) <= _SAME * variance  # next to the fixed point, that is
        diagonals.append(diagonals[-1] if is_same else diagonal_law(maps.activation, variance))
    if diagonals[0].is_discrete:  # the slopes do not depend on q, or little: layers of one law are one object
        first = diagonals[0]
        diagonals = [first if _same_weights(d, first) else d for d in diagonals]
    text = f"Jacobian of {depth} layers of {maps.activation.name}, {weights} weights"
    if all(d.is_discrete and np.count_nonzero(d.points) == 1 for d in diagonals):
        product = _of_projections(diagonals, sizes, float(sigma_w), weights == "orthogonal")
        return NumericLaw(text, lambda: measure_of(product), ("numbers", product))
    return law_of_depth(diagonals, sizes, sigma_w**2, weights == "orthogonal", text)


def _variances(maps: Propagation, q: float | None, widths: Sequence[float], is_orthogonal: bool) -> list[float]:
    """The variances of the pre-activations.

    A matrix with more rows than columns, and these orthonormal, keeps the length of a vector: the more units, the less
    for each.
    """
    if len(set(widths)) == 1 or not is_orthogonal:
        return [maps.fixed_point()] * (len(widths) - 1) if q is None else maps.variances(q, len(widths) - 1)
    found = [maps.fixed_point() if q is None else q]
    for before, after in pairwise(widths[1:]):
        layer = replace(maps, sigma_w=maps.sigma_w * math.sqrt(min(1.0, before / after)))
        found.append(layer.following(found[-1]))
    return found


def _same_weights(a: DiagonalLaw, b: DiagonalLaw) -> bool:
    return len(a.weights) == len(b.weights) and np.allclose(a.weights, b.weights, rtol=1e-9, atol=0)


def _of_projections(
    diagonals: Sequence[DiagonalLaw], sizes: Sequence[float], sigma_w: float, is_orthogonal: bool
) -> ExplicitLaw:
    """The law with its explicit inverse, where every slope is 0 or one other number."""
    scale = as_scalar(sigma_w * math.sqrt(diagonals[0].high))
    shares = [as_scalar(float(d.weights[-1])) for d in diagonals]
    if len(set(shares)) == len(set(sizes)) == 1:
        return layers_of_projections(sympy.Integer(len(shares)), shares[0], scale, is_orthogonal)
    return layers_of_widths(sizes, shares, scale, is_orthogonal)


# -- real networks -------------------------------------------------------------------------------------------


def weight_matrix(rows: int, columns: int, rng: np.random.Generator, scale: float, is_orthogonal: bool) -> Matrix:
    """One W_l."""
    size = max(rows, columns)
    if not is_orthogonal:
        return rng.standard_normal((rows, columns)) * (scale / math.sqrt(columns))
    return haar_orthogonal(size, rng)[:rows, :columns] * scale


def network_jacobian(
    widths: Sequence[int],
    rng: np.random.Generator,
    function: Activation,
    sigma_w: float,
    sigma_b: float = 0.0,
    is_orthogonal: bool = False,
    q: float | None = None,
) -> Matrix:
    """J J^T of a network that is really run forward from a random input, n_L x n_L.

    The input has the length at which the first pre-activations have the variance q, or q* without it.

    >>> from resolvent.derive.activations.activation import activation
    >>> network_jacobian([8, 8, 8], np.random.default_rng(0), activation("tanh"), 1.0, 0.1).shape
    (8, 8)
    """
    if q is None:
        q = Propagation(function, sigma_w, sigma_b).fixed_point()
    signal = rng.standard_normal(widths[0])
    spread = max(widths[:2]) if is_orthogonal else widths[0]
    signal *= math.sqrt(max(q - sigma_b**2, 0.0) * spread) / (sigma_w * float(np.linalg.norm(signal)))
    jacobian = np.eye(widths[0])
    for before, after in pairwise(widths):
        w = weight_matrix(after, before, rng, sigma_w, is_orthogonal)
        h = w @ signal + sigma_b * rng.standard_normal(after)
        jacobian = function.slope(h)[:, None] * (w @ jacobian)
        signal = np.asarray(function(h))
    return np.asarray(jacobian @ jacobian.T)


def shifted_relu_jacobian(
    width: int, depth: int, rng: np.random.Generator, share: float, sigma_w: float, is_orthogonal: bool
) -> Matrix:
    """J J^T of a network whose units are max(0, h - t), where t leaves exactly the share p of a layer active, rounded.

    A half of linear units is close to the ReLU itself; all of them, a linear network.
    """
    signal = rng.standard_normal(width)
    jacobian = np.eye(width)
    silent = width - round(share * width)
    for _ in range(depth):
        w = weight_matrix(width, width, rng, sigma_w, is_orthogonal)
        h = w @ signal
        order = np.argsort(h)
        active = np.ones(width, dtype=bool)
        active[order[:silent]] = False
        threshold = h[order[silent - 1]] if 0 < silent < width else 0.0
        jacobian = active[:, None] * (w @ jacobian)
        signal = np.where(active, h - threshold, 0.0)
        signal /= float(np.linalg.norm(signal)) / math.sqrt(width) or 1.0  # the slopes do not depend on the length
    return np.asarray(jacobian @ jacobian.T)


__all__ = ["INDEPENDENT_SLOPES", "jacobian_law", "layers_of_projections", "layers_of_widths", "network_jacobian"]
