r"""How far eigenvalues stick out of a spectrum, on the scale on which the outermost eigenvalue fluctuates.

At an edge b where rho(x) ~ a sqrt(b - x), the largest of n eigenvalues is b + gamma xi, gamma = (pi a n)^(-2/3), where
xi has the Tracy-Widom law: on this scale the density of the eigenvalues is that of Airy's point process.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.border import is_whole
from resolvent.derive.errors import ParameterError
from resolvent.derive.presentation import Doubtful
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.fluctuations.airy_determinants import survival
from resolvent.numeric.spectrum.at_atoms import onto_atoms
from resolvent.numeric.spectrum.measure import Measure
from resolvent.numeric.spectrum.numbers import real_values

_SHOWN = 10  # components that the text lists


@dataclass(frozen=True)
class Edge:
    """An end of a support interval with the law of the outermost eigenvalue there.

    Attributes:
        place: where it is.
        side: 1 for a right end, -1 for a left one.
        coefficient: a in rho(x) ~ a |x - place|^(1/2); None where the density has another exponent.
    """

    place: float
    side: int
    coefficient: float | None

    def scale(self, size: int, beta: int = 1) -> float:
        """gamma for matrices with that many eigenvalues: (x - place) side/gamma has the law `tracy_widom(beta)`.

        NaN where the density has another exponent than 1/2.
        """
        if self.coefficient is None:
            return math.nan
        gamma = (math.pi * self.coefficient * size) ** (-2 / 3)
        return gamma * 2 ** (-1 / 6) if beta == 4 else gamma


@dataclass(frozen=True)
class OutsideEigenvalue:
    """An eigenvalue outside the support.

    Attributes:
        value: the eigenvalue.
        edge: the edge it is nearest to, measured on the edges' own scales.
        statistic: its distance from there in units of the scale, corrected for the eigenvalues beyond it.
        p_value: how often noise alone sends its outermost eigenvalue that far; NaN where the edge has no known law.
    """

    value: float
    edge: Edge
    statistic: float
    p_value: float


@dataclass(frozen=True)
class EdgeTest(Doubtful):
    """Eigenvalues outside the support, each against the law of the outermost one.

    Attributes:
        outside: those outside the support, from the smallest to the largest.
        components: those that noise explains with a probability below the level; they count from the outermost inwards
            and stop at the first that noise explains.
        level: the probability that noise alone gives one component or more, at all edges together.
        size, beta: of the test.
        doubts: what the eigenvalues say against the law: a bulk farther from it than rigid eigenvalues are, or too many
            outside. Whether the entries have heavy tails they do not tell; `rv.compare` says it of data.
    """

    outside: tuple[OutsideEigenvalue, ...]
    components: tuple[OutsideEigenvalue, ...]
    level: float
    size: int
    beta: int
    doubts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """The components with their p-values, how many eigenvalues lie outside, and whether there are doubts."""
        found = ", ".join(f"{o.value:.6g} (p = {o.p_value:.2g})" for o in self.components[::-1][:_SHOWN])
        rest = f" and {self.count - _SHOWN} more" if self.count > _SHOWN else ""
        noun = "component" if self.count == 1 else "components"
        listed = f": {found}{rest}" if found else ""
        doubtful = "; doubtful" if self.doubts else ""
        counted = f"{self.count} {noun} at the level {self.level:.3g}{listed}; {len(self.outside)} outside"
        return f"<EdgeTest: {counted}{doubtful}>"

    @property
    def count(self) -> int:
        """The number of components."""
        return len(self.components)


def edges_of(measure: Measure) -> tuple[Edge, ...]:
    """The ends of the support intervals from left to right, with the coefficient of the square root where there is one.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> from resolvent.numeric.spectrum import Spectrum
    >>> [round(edge.coefficient * math.pi, 9) for edge in edges_of(Spectrum(semicircle()).measure)]
    [1.0, 1.0]
    """
    found = []
    for k, i in enumerate(measure.intervals):
        for end, (place, exponent) in enumerate(((i.left, i.left_exponent), (i.right, i.right_exponent))):
            coefficient = measure.edge_coefficient(k, end) if exponent == Fraction(1, 2) else None
            found.append(Edge(place, 2 * end - 1, coefficient))
    return tuple(found)


def edge_test(
    measure: Measure, values: ArrayLike, beta: int = 1, level: float = 0.05, size: int | None = None
) -> EdgeTest:
    """Which eigenvalues stick out of the support, and how surely, for one matrix with ``size`` eigenvalues.

    Raises `ParameterError` for values that are masked, or not finite real numbers in one dimension, a beta other than
    1, 2 and 4, a level outside (0, 1), or a size that is smaller than the number of values.
    """
    if beta not in (1, 2, 4) or isinstance(beta, bool):
        raise ParameterError(f"the Tracy-Widom laws have beta = 1, 2 or 4; got {beta!r}", beta=beta)
    if not 0 < level < 1:
        raise ParameterError(f"the level is a probability between 0 and 1; got {level!r}", level=level)
    if np.ndim(values) > 1:
        raise ParameterError(
            f"the eigenvalues of one matrix are an array of one dimension; got {np.ndim(values)}. Of a matrix take "
            "eigvalsh",
            eigenvalues=values,
        )
    if not np.size(values):
        raise ParameterError("the eigenvalues must be a non-empty array of finite numbers", eigenvalues=values)
    found = np.sort(real_values(values, "eigenvalues"))
    count = len(found) if size is None else size
    if not is_whole(count) or count < len(found):
        raise ParameterError(
            f"the size is the number of all eigenvalues, {len(found)} at least; got {size!r}", size=size
        )
    edges = edges_of(measure)
    outside, components = [], []
    for low, high, gap in _gaps(measure, edges, found):
        # from each end of the gap, the outermost first: what lies beyond an eigenvalue shifts it by less than its scale
        ranked = []
        for value in gap:
            near = [edge for edge in (low, high) if edge is not None]
            statistics = [(value - edge.place) * edge.side / edge.scale(count, beta) for edge in near]
            k = int(np.argmin(np.where(np.isnan(statistics), np.inf, statistics)))
            p = _p_value(beta, statistics[k])
            ranked.append(OutsideEigenvalue(float(value), near[k], float(statistics[k]), p))
        outside += ranked
        for edge in (low, high):
            mine = sorted((o for o in ranked if o.edge is edge), key=lambda o: -o.statistic)
            for o in mine:
                if not o.p_value <= level / len(edges):
                    break
                components.append(o)
    return EdgeTest(tuple(outside), tuple(sorted(components, key=lambda o: o.value)), level, count, beta)


def _p_value(beta: int, statistic: float) -> float:
    """1 - F; for beta = 4 at sqrt(2) times the statistic, as `tracy_widom` has it."""
    if math.isnan(statistic):
        return math.nan
    return float(survival(beta, np.array(statistic * (math.sqrt(2) if beta == 4 else 1.0))))


def _gaps(measure: Measure, edges: tuple[Edge, ...], values: Array) -> list[tuple[Edge | None, Edge | None, Array]]:
    """The eigenvalues in each gap of the support, with the edges to its left and right; those at atoms left out."""
    places = measure.atom_points.tolist()
    values = values[~np.isin(onto_atoms(values, places, measure.support(), measure.intervals), places)]
    lefts: list[Edge | None] = [None, *edges[1::2]]
    rights: list[Edge | None] = [*edges[::2], None]
    if not edges:
        return []
    found = []
    for left, right in zip(lefts, rights, strict=True):
        inside = values[(values > (left.place if left else -np.inf)) & (values < (right.place if right else np.inf))]
        found.append((left, right, inside))
    return found
