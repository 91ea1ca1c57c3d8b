r"""Optimisation speed: gradient descent, momentum and conjugate gradients on a quadratic whose Hessian has a given law.

For f(x) = (x - x*)^T H (x - x*)/2 every method of this kind has x_k - x* = P_k(H) (x_0 - x*) with a polynomial P_k,
P_k(0) = 1. If x_0 - x* has no preferred direction and length 1,

    |x_k - x*|^2 -> int P_k^2 dmu,   f(x_k) -> (1/2) int t P_k^2 dmu,   |grad f(x_k)|^2 -> int t^2 P_k^2 dmu.

Noise of variance s^2 in the targets of least squares, H = A^T A/n with d/n -> r, moves x* by H^{-1} A^T eta/n: it adds
s^2 r/t to the density of (x_0 - x*)^2. P_k is followed on quadrature nodes of the law, more and more of them until they
are enough for its degree, or nothing changes; that conjugate gradients adapt to the spectrum makes no difference, as in
the limit the sums that they take are integrals.

Source: Paquette, van Merrienboer, Paquette, Pedregosa 2023, Halting time is predictable for large models.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, TypeVar

import numpy as np

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.exact.copies import ByValue
from resolvent.derive.laws.record import Law
from resolvent.derive.presentation import Tabled
from resolvent.numeric.curves.shown import shown
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.arc_measure import ArcMeasure
from resolvent.numeric.spectrum.formula_measure import FormulaMeasure
from resolvent.numeric.spectrum.measure import Measure, measure_of
from resolvent.numeric.spectrum.numbers import nonnegative_number, positive_number, real_number
from resolvent.numeric.spectrum.spectrum import Spectrum

Method = Literal["gradient", "momentum", "nesterov", "conjugate"]
Found = TypeVar("Found")

_NODES, _FINEST = 512, 32_768
_ACCURACY = 1e-9  # of a curve, where the degree of its polynomials is above that of the nodes
_ZERO = 1e-12  # of the right edge
_NEAR = (1e-10, 1e-8)  # of the right edge: where it is seen how a density behaves at 0
_FLAT = 0.01  # an exponent that is not above 0
_MOST = 1_000_000
_EMPTY = 1e-12  # squared gradients, over the first, at which conjugate gradients have nothing left


@dataclass(frozen=True, eq=False)
class Descent(ByValue, Tabled):
    """Curves over the steps 0, 1, ..., k, for |x_0 - x*| = 1 without noise.

    Attributes:
        gradient: |grad f|^2.
        distance: |x - x*|^2; infinite with noise where int dmu/t over t > 0 is.
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
    sizes and noise outside their domain; `PrecisionError` where so many steps are not resolved.
    """
    if not 0 <= steps <= _MOST:
        raise ParameterError(f"the number of steps lies between 0 and {_MOST}; got {steps}", steps=steps)
    measure, inverse = _measure(law, parameters), _noise(noise, ratio)

    def curves(count: int) -> Array:
        nodes = _nodes(measure, count, inverse)
        table = np.stack([nodes.points**2 * nodes.weights, nodes.weights, nodes.points * nodes.weights / 2])
        rows = islice(_polynomials(method, nodes, step_size, momentum), steps + 1)
        return np.array([table @ (p * p) for p in rows])

    def agree(one: Array, other: Array) -> bool:
        return bool(np.allclose(one, other, rtol=_ACCURACY, atol=0.0, equal_nan=True))

    start = _enough(method, steps) if method == "conjugate" else _NODES
    gradient, distance, value = _resolved(measure, method, curves, agree, lambda _: steps, start).T
    if inverse and _has_much_near_zero(measure):
        distance = np.full_like(distance, np.inf)
    return Descent(gradient, distance, value)


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

    Raises `ParameterError` and `PrecisionError` as `descent` does, and `ParameterError` for a tolerance outside (0, 1).
    """
    if not 0 < tolerance < 1:
        raise ParameterError(f"the tolerance lies between 0 and 1; got {tolerance}", tolerance=tolerance)
    if not 1 <= most <= _MOST:
        raise ParameterError(f"the most steps lie between 1 and {_MOST}; got {most}", most=most)
    measure, inverse = _measure(law, parameters), _noise(noise, ratio)

    def first(count: int) -> int | None:
        nodes = _nodes(measure, count, inverse)
        weights = nodes.weights * nodes.points**2
        allowed = tolerance * float(np.sum(weights))
        last = min(most, len(nodes.points) // 4) if method == "conjugate" and measure.intervals else most
        for k, p in enumerate(islice(_polynomials(method, nodes, step_size, momentum), last + 1)):
            if float(np.sum(weights * p * p)) <= allowed:
                return k
        return None

    def steps_of(found: int | None) -> int:
        return most if found is None else found

    return _resolved(measure, method, first, operator.eq, steps_of, _NODES)


def _resolved(
    measure: Measure,
    method: str,
    one: Callable[[int], Found],
    agree: Callable[[Found, Found], bool],
    steps_of: Callable[[Found], int],
    count: int,
) -> Found:
    """What is found with enough nodes: as many as the degree of the polynomials asks for, or with half as many too.

    Conjugate gradients see a sum in place of the integral where nodes are too few, so that for them only the degree
    counts. Laws that are held at given points have no more nodes.
    """
    if not measure.intervals:
        return one(_NODES)
    held = len(_nodes(measure, _NODES).points)
    is_conjugate, before = method == "conjugate", None
    if len(_nodes(measure, 2 * _NODES).points) == held:
        found = one(held)
        if is_conjugate and 4 * steps_of(found) > held:
            raise ParameterError(
                "this law is held at fewer points than conjugate gradients would tell apart; ask for fewer steps, or a "
                "larger tolerance"
            )
        return found
    while count <= _FINEST:
        found = one(count)
        if _enough(method, steps_of(found)) <= count:
            return found
        if not is_conjugate and before is not None and agree(found, before):
            return found
        before, count = found, 2 * count
    raise PrecisionError(
        f"{_FINEST} nodes do not resolve so many steps of this method; ask for fewer, or for a larger tolerance"
    )


def _enough(method: str, steps: int) -> int:
    """The number of nodes that resolve so many steps; rounding makes conjugate gradients need more."""
    return max(_NODES, 4 * steps if method == "conjugate" else 2 * steps)


@dataclass(frozen=True)
class _Nodes:
    """Nodes t and weights of (x_0 - x*)^2, atoms among them, and the ends of the support without 0."""

    points: Array
    weights: Array
    ends: tuple[float, float]
    is_discrete: bool


def _measure(law: Law | Spectrum, parameters: dict[str, Any]) -> Measure:
    measure: Measure = law.measure if isinstance(law, Spectrum) else measure_of(law.at(**parameters))
    low, high = measure.support()
    if low < -1e-9 * max(high, 1e-300) or high <= 0:
        raise ParameterError(
            f"a quadratic with a minimum has no eigenvalues below 0; the law begins at {low:.6g}", law=law
        )
    return measure


def _nodes(measure: Measure, count: int, inverse: float = 0.0) -> _Nodes:
    """The nodes of a law, with 1 + ``inverse``/t times its weights; at 0, where no gradient sees noise, its own."""
    high = measure.support()[1]
    found = _rules(measure, count)
    points = np.concatenate([measure.atom_points, *(x for x, _ in found)])
    weights = np.concatenate([measure.atom_weights, *(w for _, w in found)])
    ends = [end for i in measure.intervals for end in (i.left, i.right)] + measure.atom_points.tolist()
    least = min((end for end in ends if end > _ZERO * high), default=high)
    if any(i.left <= _ZERO * high for i in measure.intervals):
        least = 0.0
    points = np.maximum(points, 0.0)
    noise = np.divide(inverse * weights, points, out=np.zeros_like(points), where=points > _ZERO * high)
    return _Nodes(points, weights + noise, (least, high), not measure.intervals)


def _has_much_near_zero(measure: Measure) -> bool:
    """Whether int dmu/t over t > 0 is infinite."""
    high = measure.support()[1]
    for interval in measure.intervals:
        if interval.left <= _ZERO * high:
            if interval.left_exponent is not None:
                return interval.left_exponent <= 0
            near, far = np.maximum(measure.table.pdf(np.array(_NEAR) * high), 1e-300)
            return bool(np.log(far / near) < _FLAT * np.log(_NEAR[1] / _NEAR[0]))
    return False


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


def _noise(noise: Any, ratio: Any) -> float:
    """s^2 r, which noise adds over t to the density of (x_0 - x*)^2."""
    return nonnegative_number(noise, "variance of the noise") * positive_number(ratio, "ratio")


def _polynomials(method: str, nodes: _Nodes, step_size: Any, momentum: Any) -> Iterator[Array]:
    """P_0, P_1, ... at the nodes."""
    if method not in ("gradient", "momentum", "nesterov", "conjugate"):
        raise ParameterError(f"the method is gradient, momentum, nesterov or conjugate; got {method!r}", method=method)
    t, ends = nodes.points, nodes.ends
    root_low, root_high = np.sqrt(ends)
    usual = 4 / (root_high + root_low) ** 2 if method == "momentum" else 1 / ends[1]
    s = usual if step_size is None else positive_number(step_size, "step_size")
    beta = ((root_high - root_low) / (root_high + root_low)) ** 2 if momentum is None else real_number(momentum)
    if method == "momentum" and not 0 <= beta < 1:
        reason = f"got {momentum}" if momentum is not None else "this law reaches 0, so give one"
        raise ParameterError(f"the momentum lies in [0, 1); {reason}", momentum=momentum)
    if method == "conjugate":
        yield from _conjugate(nodes)
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


def _conjugate(nodes: _Nodes) -> Iterator[Array]:
    """The polynomials of conjugate gradients: the method itself on diag(t), started where the weights say."""
    t = nodes.points
    p = np.ones_like(t)
    direction = np.ones_like(t)  # over t sqrt(weight), as the gradient is
    gradient = t * t * nodes.weights  # squared components of the first gradient
    size = first = float(np.sum(gradient))
    floor = _EMPTY**2 * first if nodes.is_discrete else 0.0
    left = len(np.unique(t[gradient > 0])) if nodes.is_discrete else math.inf
    while True:
        yield p
        left -= 1
        if left == 0:  # a polynomial of this degree vanishes at all of them
            p = np.where(gradient > 0, 0.0, p)
            size = 0.0
        if size <= floor:
            continue
        step = size / float(np.sum(gradient * t * direction**2))
        p = p - step * t * direction
        new = float(np.sum(gradient * p * p))
        direction = p + new / size * direction
        size = new
