r"""Optimisation speed: gradient descent, momentum and conjugate gradients on a quadratic whose Hessian has a given law.

For f(x) = (x - x*)^T H (x - x*)/2 every method of this kind has x_k - x* = P_k(H) (x_0 - x*) with a polynomial P_k,
P_k(0) = 1. If x_0 - x* has no preferred direction and length 1,

    |x_k - x*|^2 -> int P_k^2 dmu,   f(x_k) -> (1/2) int t P_k^2 dmu,   |grad f(x_k)|^2 -> int t^2 P_k^2 dmu.

Noise of variance s^2 in the targets of least squares, H = A^T A/n with d/n -> r, moves x* by H^{-1} A^T eta/n: it adds
s^2 r/t to the density of (x_0 - x*)^2. P_k is followed on quadrature nodes of the law; that conjugate gradients adapt
to the spectrum makes no difference, as in the limit the sums that they take are integrals.

Source: Paquette, van Merrienboer, Paquette, Pedregosa 2023, Halting time is predictable for large models.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.copies import ByValue
from resolvent.derive.laws.record import Law
from resolvent.derive.presentation import Tabled
from resolvent.numeric.curves.shown import shown
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.numbers import nonnegative_number, positive_number, real_number
from resolvent.numeric.spectrum.arc_measure import ArcMeasure
from resolvent.numeric.spectrum.formula_measure import FormulaMeasure
from resolvent.numeric.spectrum.measure import Measure, measure_of
from resolvent.numeric.spectrum.spectrum import Spectrum

Method = Literal["gradient", "momentum", "nesterov", "conjugate"]

_NODES = 512
_MOST = 1_000_000
_EMPTY = 1e-12  # squared gradients, over the first, at which conjugate gradients have nothing left


@dataclass(frozen=True, eq=False)
class Descent(ByValue, Tabled):
    """Curves over the steps 0, 1, ..., k, for |x_0 - x*| = 1 without noise.

    Attributes:
        gradient: |grad f|^2.
        distance: |x - x*|^2; infinite with noise where the law has mass at 0 or near it.
        value: f.
    """

    gradient: Array
    distance: Array
    value: Array

    def __repr__(self) -> str:
        return shown(self, gradient=self.gradient, distance=self.distance, value=self.value)


@checked
def descent(
    law: Law | Spectrum,
    method: Method = "gradient",
    steps: int = 100,
    step_size: Any = None,
    momentum: Any = None,
    noise: Any = 0.0,
    ratio: Any = 1.0,
    **parameters: Any,
) -> Descent:
    """The curves of a method on a quadratic whose Hessian has the law.

    ``gradient`` takes the step size s = 1/L unless another is given, L the right edge; ``momentum`` is Polyak's from
    rest, with the step size and momentum that are best for the support without 0; ``nesterov`` takes s = 1/L, too,
    in x_{k+1} = y_k - s grad f(y_k), y_k = x_k + (k - 1)/(k + 2) (x_k - x_{k-1}), y_0 = x_0; ``conjugate`` needs
    neither. ``noise`` is s^2 and ``ratio`` d/n, see the module.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> found = descent(marchenko_pastur("1/2"), "conjugate", 2)
    >>> found.gradient.round(4)
    array([1.5   , 0.1736, 0.0417])

    Raises `ParameterError` for an unknown method, for laws with mass below 0 or with parameters left, and for steps,
    sizes and noise outside their domain.
    """
    if not 0 <= steps <= _MOST:
        raise ParameterError(f"the number of steps lies between 0 and {_MOST}; got {steps}", steps=steps)
    t, weights, ends = _nodes(law, parameters, _NODES + steps if method == "conjugate" else _NODES)
    weights = weights + _noise(noise, ratio, t, weights)
    squares = [
        p * p
        for _, p in zip(range(steps + 1), _polynomials(method, t, weights, ends, step_size, momentum), strict=False)
    ]
    table = np.array(squares) * weights
    return Descent(table @ t**2, np.sum(table, axis=1), table @ t / 2)


@checked
def halting_time(
    law: Law | Spectrum,
    tolerance: float,
    method: Method = "gradient",
    step_size: Any = None,
    momentum: Any = None,
    noise: Any = 0.0,
    ratio: Any = 1.0,
    most: int = 100_000,
    **parameters: Any,
) -> int | None:
    """The first step at which |grad f|^2 is at most ``tolerance`` times its first value; None beyond ``most``.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> [halting_time(marchenko_pastur("1/2"), 1e-8, m) for m in ("gradient", "momentum", "nesterov", "conjugate")]
    [136, 28, 74, 22]

    Raises `ParameterError` as `descent` does, and for a tolerance outside (0, 1).
    """
    if not 0 < tolerance < 1:
        raise ParameterError(f"the tolerance lies between 0 and 1; got {tolerance}", tolerance=tolerance)
    if not 1 <= most <= _MOST:
        raise ParameterError(f"the most steps lie between 1 and {_MOST}; got {most}", most=most)
    t, weights, ends = _nodes(law, parameters, _NODES)
    weights = (weights + _noise(noise, ratio, t, weights)) * t**2
    first = float(np.sum(weights))
    own = np.divide(weights, t**2, out=np.zeros_like(t), where=t > 0)
    polynomials = _polynomials(method, t, own, ends, step_size, momentum)
    for k, p in enumerate(islice(polynomials, most + 1)):
        if float(np.sum(weights * p * p)) <= tolerance * first:
            return k
    return None


def _nodes(law: Law | Spectrum, parameters: dict[str, Any], count: int) -> tuple[Array, Array, tuple[float, float]]:
    """Quadrature nodes and weights of the law, atoms among them, and the ends of its support without 0."""
    measure: Measure = law.measure if isinstance(law, Spectrum) else measure_of(law.at(**parameters))
    low, high = measure.support()
    if low < -1e-9 * max(high, 1e-300) or high <= 0:
        raise ParameterError(
            f"a quadratic with a minimum has no eigenvalues below 0; the law begins at {low:.6g}", law=law
        )
    found = _rules(measure, count)
    if count > max(_NODES, sum(len(x) for x, _ in found)) and measure.intervals:
        raise ParameterError(
            "this law is held at fewer points than conjugate gradients would tell apart; ask for fewer steps"
        )
    points = np.concatenate([measure.atom_points, *(x for x, _ in found)])
    weights = np.concatenate([measure.atom_weights, *(w for _, w in found)])
    ends = [end for i in measure.intervals for end in (i.left, i.right)] + measure.atom_points.tolist()
    least = min((end for end in ends if end > 1e-12 * high), default=high)
    if any(i.left <= 1e-12 * high for i in measure.intervals):
        least = 0.0
    return np.maximum(points, 0.0), weights, (least, high)


def _rules(measure: Measure, count: int) -> list[tuple[Array, Array]]:
    """Nodes and weights of the density, interval by interval."""
    if isinstance(measure, ArcMeasure):
        return [arc.rule for arc in measure.arcs]
    if (parts := getattr(measure, "parts", None)) is not None:
        return [piece.quadrature(count) for piece in parts.pieces]
    if not measure.intervals:
        return []
    if isinstance(measure, FormulaMeasure):
        return [measure.rule]
    ends = [(i.left, i.right) for i in measure.intervals]
    return [FormulaMeasure(measure.table.pdf, ends, [(float(a.point), float(a.weight)) for a in measure.atoms]).rule]


def _noise(noise: Any, ratio: Any, t: Array, weights: Array) -> Array:
    """What noise adds to the weights: s^2 r/t, nothing at 0, where no gradient sees it."""
    size, r = nonnegative_number(noise, "variance of the noise"), positive_number(ratio, "ratio")
    return np.divide(size * r * weights, t, out=np.zeros_like(t), where=t > 1e-12 * np.max(t))


def _polynomials(
    method: str, t: Array, weights: Array, ends: tuple[float, float], step_size: Any, momentum: Any
) -> Iterator[Array]:
    """P_0, P_1, ... at the nodes."""
    if method not in ("gradient", "momentum", "nesterov", "conjugate"):
        raise ParameterError(f"the method is gradient, momentum, nesterov or conjugate; got {method!r}", method=method)
    root_low, root_high = np.sqrt(ends)
    usual = 4 / (root_high + root_low) ** 2 if method == "momentum" else 1 / ends[1]
    s = usual if step_size is None else positive_number(step_size, "step_size")
    beta = ((root_high - root_low) / (root_high + root_low)) ** 2 if momentum is None else real_number(momentum)
    if method == "momentum" and not 0 <= beta < 1:
        reason = f"got {momentum}" if momentum is not None else "this law reaches 0, so give one"
        raise ParameterError(f"the momentum lies in [0, 1); {reason}", momentum=momentum)
    if method == "conjugate":
        yield from _conjugate(t, weights)
        return
    before = now = np.ones_like(t)
    k = 0
    while True:
        yield now
        if method == "gradient":
            after = (1 - s * t) * now
        elif method == "momentum":
            after = (1 + beta - s * t) * now - beta * before
        else:
            after = (1 - s * t) * (now + (k - 1) / (k + 2) * (now - before))
        before, now, k = now, after, k + 1


def _conjugate(t: Array, weights: Array) -> Iterator[Array]:
    """The polynomials of conjugate gradients: the method itself on diag(t), started where the weights say."""
    p = np.ones_like(t)
    direction = np.ones_like(t)  # over t sqrt(weight), as the gradient is
    gradient = t * t * weights  # squared components of the first gradient
    size = first = float(np.sum(gradient))
    while True:
        yield p
        if size <= _EMPTY**2 * first:
            continue
        step = size / float(np.sum(gradient * t * direction**2))
        p = p - step * t * direction
        new = float(np.sum(gradient * p * p))
        direction = p + new / size * direction
        size = new
