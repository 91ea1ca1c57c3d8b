r"""The parts of a matrix model: random matrices whose limiting spectra are the building blocks, and operations on them.

A part draws a symmetric matrix of any number of rows. The dimensions inside (columns of a Gaussian factor, the matrix
that a corner is cut from) are fixed multiples of that number, and one that is not an integer is rounded up or down
at random so that its mean is right. Normalisations use the exact multiple. Hence:

- the expected empirical measure of a part given by its spectrum (atoms, quantiles) is exactly its law;
- that of an operation on Gaussian and Haar matrices is a power series in 1/rows (a genus expansion, with the odd
  powers of real matrices), whose first term is the law: the bias is b/rows with a fixed b;
- rounding adds O(1/rows^2), as the first order averages out. An exception: where X has more rows than columns and the
  law of X X^T leaves no rank unused, rounding may cut off one eigenvalue, an error of order 1/rows that depends on the
  remainder; such models want a number of rows without rounding
  (`resolvent.numeric.matrices.matrix_model.balanced_rows`).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from resolvent.derive.exact.precision import cached_property
from resolvent.numeric.matrices.ensembles import Matrix, goe, wishart
from resolvent.numeric.matrices.free_matrix import FreeMatrix, gram, thinned

if TYPE_CHECKING:
    from resolvent.derive.laws.algebraic_law import AlgebraicLaw
    from resolvent.numeric.spectrum.measure import Table

ONE = Fraction(1)


def whole(x: Fraction, rng: np.random.Generator) -> int:
    """x rounded up or down at random, with mean x; an integer stays what it is and draws nothing.

    >>> whole(Fraction(3), np.random.default_rng(0))
    3
    """
    below = math.floor(x)
    return below + (rng.random() < x - below) if x != below else below


class Part(ABC):
    """A random symmetric matrix of any number of rows."""

    @property
    def children(self) -> tuple[tuple[Fraction, Part], ...]:
        """The parts it is made of, each with its number of rows over this one's."""
        return ()

    @property
    def dimensions(self) -> tuple[Fraction, ...]:
        """Other dimensions over the number of rows."""
        return ()

    @property
    def is_diagonal(self) -> bool:
        """Whether draws are kept as diagonals."""
        return False

    @abstractmethod
    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        """One draw, for a positive number of rows."""

    @abstractmethod
    def workspace(self, rows: int) -> float:
        """An upper estimate of the numbers held at the peak of `draw`, beside the draws of the children."""

    def sample(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        """One draw, which is empty for no rows."""
        return self.draw(rows, rng) if rows else FreeMatrix(np.empty(0))

    def memory(self, rows: int) -> float:
        """An upper estimate of the bytes held at the peak."""
        held, peak = 0.0, 0.0
        for ratio, child in self.children:
            inner = math.ceil(ratio * rows)
            peak = max(peak, held + child.memory(inner))
            held += 8.0 * inner ** (1 if child.is_diagonal else 2)
        return max(peak, held + 8.0 * self.workspace(rows))

    def step(self, ratio: Fraction = ONE) -> int:
        """The least number whose multiples, times the ratio, make all dimensions integers."""
        inner = [child.step(ratio * own) for own, child in self.children]
        return math.lcm(ratio.denominator, *((ratio * d).denominator for d in self.dimensions), *inner)


@dataclass(frozen=True)
class Semicircle(Part):
    """The Gaussian orthogonal ensemble, of that variance."""

    variance: float

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        return FreeMatrix(goe(rows, rng, self.variance), True)

    def workspace(self, rows: int) -> float:
        return 4 * rows**2


@dataclass(frozen=True)
class FreePoisson(Part):
    r"""jump/p X X^T with a standard Gaussian X of p rows and rate p columns."""

    rate: Fraction
    jump: float

    @property
    def dimensions(self) -> tuple[Fraction, ...]:
        return (self.rate,)

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        columns = whole(self.rate * rows, rng)
        if not columns:
            return FreeMatrix(np.zeros((rows, rows)), True)
        return FreeMatrix(wishart(rows, columns, rng) * (self.jump * columns / rows), True)

    def workspace(self, rows: int) -> float:
        return 2 * rows * min(rows, math.ceil(self.rate * rows)) + 4 * rows**2


@dataclass(frozen=True)
class GaussianProduct(Part):
    """P P^T of a product P of square Gaussian matrices with entries of variance 1/n."""

    factors: int

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        product = rng.standard_normal((rows, rows))
        for _ in range(self.factors - 1):
            product = product @ (rng.standard_normal((rows, rows)) / math.sqrt(rows))
        return FreeMatrix(gram(product, 1 / rows), True)

    def workspace(self, rows: int) -> float:
        return 4 * rows**2


@dataclass(frozen=True)
class Atoms(Part):
    """A diagonal matrix with the points as its values, in random order, as often as systematic sampling says.

    One uniform number U decides all counts: point j stands at the i for which (i + U)/n lies in its share of [0, 1].
    A count is its weight times n, rounded up or down, and its mean is the weight times n exactly.
    """

    points: tuple[float, ...]
    weights: tuple[Fraction, ...]

    @property
    def is_diagonal(self) -> bool:
        return True

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        uniform = rng.random()
        ends, total = [0], Fraction(0)
        for weight in self.weights:
            total += weight * rows
            below = math.floor(total)  # exact, so that integer counts never waver
            ends.append(below + (uniform < total - below))
        return FreeMatrix(rng.permutation(np.repeat(self.points, np.diff(ends))))

    def workspace(self, rows: int) -> float:
        return 3 * rows


@dataclass(frozen=True)
class Quantiles(Part):
    """A diagonal matrix with the values F^-1((i + U)/n) of a law, in random order; U is one uniform number.

    For laws that are given by their spectrum and by nothing else. The expected empirical measure is the law's, and a
    draw's moments are off by O(1/n). The table of F^-1 is made at the first draw, and goes along when it is pickled.
    """

    law: AlgebraicLaw

    @property
    def is_diagonal(self) -> bool:
        return True

    @cached_property
    def table(self) -> Table:
        """What quantiles are read from."""
        from resolvent.numeric.spectrum import Spectrum

        return Spectrum(self.law).measure.table

    def __getstate__(self) -> dict[str, Any]:
        return {"law": self.law, "table": self.table}

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        levels = (np.arange(rows) + rng.random()) / rows
        inside = np.clip(levels, np.finfo(float).tiny, np.nextafter(1.0, 0.0))
        return FreeMatrix(rng.permutation(self.table.ppf(inside)))

    def workspace(self, rows: int) -> float:
        return 64 * rows + 2**17


@dataclass(frozen=True)
class Sampled(Part):
    """A matrix that a function draws, such as the sampler of a catalog entry.

    Attributes:
        build: (rows, rng) -> symmetric matrix, for the multiples of ``multiple_of`` from 2 on.
        footprint: (rows) -> the bytes held at the peak of ``build``.
        multiple_of: other numbers of rows are cut from the next multiple, by a random choice of its eigenvalues.
    """

    build: Callable[..., Matrix]
    footprint: Callable[..., float]
    multiple_of: int = 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sampled) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self.multiple_of)

    @property
    def _key(self) -> tuple[object, ...]:
        # partial applications go by identity, so that a copy of one would be another
        # and so do methods of copies
        parts = [
            (getattr(f.func, "__func__", f.func), getattr(f.func, "__self__", None), f.args, f.keywords)
            if isinstance(f, partial) else f for f in (self.build, self.footprint)
        ]  # fmt: skip
        return (*parts, self.multiple_of)

    @property
    def dimensions(self) -> tuple[Fraction, ...]:
        return (Fraction(1, self.multiple_of),)

    def _size(self, rows: int) -> int:
        return math.ceil(max(rows, 2) / self.multiple_of) * self.multiple_of

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        size = self._size(rows)
        found = FreeMatrix(self.build(size, rng))
        return found if size == rows else thinned(found.eigenvalues(), rows, rng)

    def workspace(self, rows: int) -> float:
        size = self._size(rows)
        return float(self.footprint(size)) / 8 + 3 * size**2
