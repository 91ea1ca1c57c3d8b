"""How to draw the weights of a deep network so that gradients neither vanish nor explode, in any direction."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from resolvent.catalog.networks.jacobian import MOST_LAYERS, jacobian_law
from resolvent.derive.activations.activation import Activation, activation
from resolvent.derive.activations.propagation import Propagation, critical_sigma_w
from resolvent.derive.border import checked
from resolvent.derive.errors import NotCertified, ParameterError, PrecisionError
from resolvent.numeric.measures.depth_product import DepthProduct
from resolvent.numeric.measures.diagonal_law import diagonal_law
from resolvent.numeric.spectrum.spectrum import Spectrum

_SPREAD = 0.25  # the variance of J J^T over its squared mean that counts as isometry
_BIASES = (0.3, 0.1, 0.03, 0.01, 0.003)
_UNIT = 1.0
_STEP, _STEADY = 1e-3, 1e-3  # relative, of a variance; how far a factor above 1 may come from rounding
_LEVELS = (0.05, 0.95)
_WORDS = ("orthogonal", "gaussian")


@dataclass(frozen=True)
class Initialisation:
    """One way to draw the weights, at the critical point.

    Attributes:
        weights: "gaussian" or "orthogonal".
        sigma_w, sigma_b: standard deviations of weights (over the root of the width) and biases.
        q: the variance of the pre-activations.
        mean, variance: of the squared singular values of the Jacobian; the variance over the squared mean.
        largest: the largest squared singular value; found for the best way with each kind of weights, if it can be.
        quantiles: the 5 % and 95 % quantiles, found together with it.
        drift: by which factor a small deviation of the pre-activations' variance from q grows in a layer.
    """

    weights: str
    sigma_w: float
    sigma_b: float
    q: float
    mean: float
    variance: float
    largest: float | None
    quantiles: tuple[float, float] | None
    drift: float = 1.0

    @property
    def condition(self) -> float | None:
        """The ratio of the 95 % and 5 % quantiles of the singular values; ``inf`` where 5 % of them vanish."""
        if self.quantiles is None:
            return None
        low, high = self.quantiles
        return math.sqrt(high / low) if low > 0 else math.inf


@checked
@dataclass(frozen=True)
class InitialisationAdvice:
    """The best of several ways, and the others.

    Attributes:
        name, depth: the activation and the number of layers.
        ways: from the best on.
    """

    name: str
    depth: int
    ways: tuple[Initialisation, ...]

    @property
    def best(self) -> Initialisation:
        """The one with the smallest variance."""
        return self.ways[0]

    @property
    def is_isometric(self) -> bool:
        """Whether the squared singular values vary by less than half of their mean."""
        return self.best.variance <= _SPREAD

    def __repr__(self) -> str:
        return f"<InitialisationAdvice: {self.text().splitlines()[0]}>"

    def __str__(self) -> str:
        return self.text()

    def text(self) -> str:
        """The advice in words."""
        best = self.best
        lines = [
            f"{self.name}, {self.depth} layers: {best.weights} weights, sigma_w = {best.sigma_w:.6g}, "
            f"sigma_b = {best.sigma_b:.6g} (pre-activations of variance {best.q:.4g})"
        ]
        if not self.is_isometric:
            lines.append(
                "no way makes the Jacobian nearly isometric: its squared singular values vary by "
                f"{math.sqrt(best.variance):.2f} of their mean; take another activation (tanh, hard_tanh), "
                "or fewer layers"
            )
        if abs(best.drift) > 1 + _STEADY:
            lines.append(
                f"this variance is not held: deviations from it grow by {abs(best.drift):.4g} in each layer, "
                f"{abs(best.drift) ** self.depth:.3g} in all; normalise between layers, or take another activation"
            )
        lines.append(
            f"{'weights':>10} {'sigma_w':>9} {'sigma_b':>8} {'mean':>7} {'std/mean':>9} {'largest':>9} {'5-95 %':>9}"
        )
        for way in self.ways:
            largest = "-" if way.largest is None else f"{way.largest:.4g}"
            condition = "-" if way.condition is None else f"{way.condition:.4g}"
            spread = math.sqrt(way.variance)
            lines.append(
                f"{way.weights:>10} {way.sigma_w:9.5f} {way.sigma_b:8.3g} {way.mean:7.3f} {spread:9.3f} "
                f"{largest:>9} {condition:>9}"
            )
        lines.append(
            "mean, std/mean and largest are those of the squared singular values of the Jacobian, 5-95 % is the"
        )
        lines.append(
            "ratio of these quantiles of the singular values; both are solved for the best way of each kind, if at all"
        )
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""

        def plain(way: Initialisation) -> dict[str, Any]:
            condition = way.condition
            return {**vars(way), "quantiles": way.quantiles and list(way.quantiles),
                    "condition": condition if condition is None or math.isfinite(condition) else None}  # fmt: skip

        return {
            "activation": self.name,
            "depth": self.depth,
            "isometric": self.is_isometric,
            "ways": [plain(way) for way in self.ways],
        }


@checked
def advise_initialisation(function: Any, depth: int, sigma_b: float | None = None) -> InitialisationAdvice:
    """How to draw the weights of a network of that depth, on the critical line chi(q*) = 1.

    Gaussian and orthogonal weights are compared, and several sigma_b unless one is given: smaller ones keep units in
    their linear range. The variance of the squared singular values of the Jacobian decides.

    >>> advice = advise_initialisation("hard_tanh", 20)
    >>> advice.best.weights, advice.is_isometric
    ('orthogonal', True)
    >>> advise_initialisation("relu", 20).is_isometric
    False

    Raises `ParameterError` for what is no activation, for a depth below 2 or above 10000, and where there is no
    critical point.

    Source: Pennington, Schoenholz, Ganguli 2017, Resurrecting the sigmoid in deep learning through dynamical isometry.
    """
    if not 2 <= depth <= MOST_LAYERS:
        raise ParameterError(f"the depth is 2 or more, and {MOST_LAYERS} at most; got {depth}", depth=depth)
    chosen = function if isinstance(function, Activation) else activation(function)
    ways, failure = [], None
    for biases in (0.0, *_BIASES) if sigma_b is None else (sigma_b,):
        try:
            sigma_w, q = critical_sigma_w(chosen, biases)
        except ParameterError as error:
            failure = error
            continue
        if biases == 0 and q == 0 and 0.0 not in chosen.kinks:
            continue  # all variances shrink to 0, too slowly to be a start
        ways += [_way(chosen, depth, sigma_w, biases, q or _UNIT, word) for word in _WORDS]
    if not ways:
        raise failure or ParameterError(f"{chosen.name} has no critical point", activation=chosen)
    ways.sort(key=lambda way: way.variance)
    firsts = {word: next(w for w in ways if w.weights == word) for word in _WORDS}
    solved = tuple(_solved(way, chosen, depth) if way is firsts[way.weights] else way for way in ways)
    return InitialisationAdvice(chosen.name, depth, solved)


def _way(function: Activation, depth: int, sigma_w: float, sigma_b: float, q: float, word: str) -> Initialisation:
    diagonal = diagonal_law(function, q)
    product = DepthProduct((diagonal,) * depth, (1.0,) * (depth + 1), sigma_w**2, word == "orthogonal")
    first, second = product.moments(2)
    maps = Propagation(function, sigma_w, sigma_b)
    drift = (maps.following(q * (1 + _STEP)) - maps.following(q * (1 - _STEP))) / (2 * q * _STEP)
    return Initialisation(word, sigma_w, sigma_b, q, first, max(second / first**2 - 1, 0.0), None, None, drift)


def _solved(way: Initialisation, function: Activation, depth: int) -> Initialisation:
    """The way with the largest eigenvalue and the quantiles of its law, where that can be solved."""
    try:
        rho = Spectrum(jacobian_law(function, depth, way.sigma_w, way.sigma_b, way.weights, way.q))
    except (NotCertified, PrecisionError, ParameterError):
        return way  # its moments are known
    low, high = np.maximum(rho.ppf(list(_LEVELS)), 0.0).tolist()
    return replace(way, largest=rho.support()[1], quantiles=(low, high))
