"""The operations of a matrix model: functions of one part, sums and products of two, and rectangular matrices.

What holds for all parts is said in `resolvent.numeric.matrices.matrix_parts`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from resolvent.numeric.matrices.ensembles import Matrix, haar_frame
from resolvent.numeric.matrices.free_matrix import FreeMatrix, added, corner, gram, multiplied, singular_values, thinned
from resolvent.numeric.matrices.matrix_parts import ONE, Part, whole

# -- functions of one matrix -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unary(Part):
    """A part made of one other of as many rows."""

    part: Part

    @property
    def children(self) -> tuple[tuple[Fraction, Part], ...]:
        return ((ONE, self.part),)

    @property
    def is_diagonal(self) -> bool:
        return self.part.is_diagonal

    def workspace(self, rows: int) -> float:
        return 7 * rows ** (1 if self.is_diagonal else 2)


@dataclass(frozen=True)
class Affine(Unary):
    """a A + b."""

    a: float
    b: float

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        return self.part.sample(rows, rng).affine(self.a, self.b)


@dataclass(frozen=True)
class Mobius(Unary):
    """(aA + b)(cA + d)^-1 with c not 0, which is a/c + (b - ad/c)(cA + d)^-1."""

    a: float
    b: float
    c: float
    d: float

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        inverse = self.part.sample(rows, rng).affine(self.c, self.d).inverse()
        return inverse.affine(self.b - self.a * self.d / self.c, self.a / self.c)


@dataclass(frozen=True)
class Power(Unary):
    """A^k, k a positive integer."""

    k: int

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        return self.part.sample(rows, rng).power(self.k)


@dataclass(frozen=True)
class Corner(Part):
    """A factor times the corner, of relative size ``share``, of a matrix in general position."""

    part: Part
    share: Fraction
    factor: float = 1.0

    @property
    def children(self) -> tuple[tuple[Fraction, Part], ...]:
        return ((1 / self.share, self.part),)

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        whole_matrix = self.part.sample(whole(rows / self.share, rng), rng)
        return corner(whole_matrix, rows, rng).affine(self.factor, 0.0)

    def workspace(self, rows: int) -> float:
        return 6 * rows * math.ceil(rows / self.share) + 3 * rows**2


@dataclass(frozen=True)
class Companion(Part):
    """X^T X in its eigenbasis, where the part is X X^T and X has c times as many rows as columns."""

    part: Part
    c: Fraction

    @property
    def is_diagonal(self) -> bool:
        return True

    @property
    def children(self) -> tuple[tuple[Fraction, Part], ...]:
        return ((self.c, self.part),)

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        inner = self.part.sample(whole(self.c * rows, rng), rng)
        return FreeMatrix(rng.permutation(singular_values(inner, rows) ** 2))

    def workspace(self, rows: int) -> float:
        inner = math.ceil(self.c * rows)
        return 3 * inner ** (1 if self.part.is_diagonal else 2) + 6 * rows


@dataclass(frozen=True)
class SymmetricRoot(Part):
    """[[0, X], [X^T, 0]] in its eigenbasis, X square with X X^T the part; for odd n one eigenvalue is left out."""

    part: Part

    @property
    def is_diagonal(self) -> bool:
        return True

    @property
    def children(self) -> tuple[tuple[Fraction, Part], ...]:
        return ((Fraction(1, 2), self.part),)

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        half = (rows + 1) // 2
        roots = singular_values(self.part.sample(half, rng), half)
        return thinned(np.concatenate([roots, -roots]), rows, rng)

    def workspace(self, rows: int) -> float:
        return 3 * (rows + 1) ** (1 if self.part.is_diagonal else 2) + 6 * rows


# -- two matrices ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Binary(Part):
    """A part made of two independent others of as many rows."""

    first: Part
    second: Part

    @property
    def children(self) -> tuple[tuple[Fraction, Part], ...]:
        return ((ONE, self.first), (ONE, self.second))

    def workspace(self, rows: int) -> float:
        return 9 * rows**2

    def _pair(self, rows: int, rng: np.random.Generator) -> tuple[FreeMatrix, FreeMatrix]:
        first = self.first.sample(rows, rng)
        return first, self.second.sample(rows, rng)


@dataclass(frozen=True)
class Sum(Binary):
    """A + O B O^T with O Haar."""

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        return added(*self._pair(rows, rng), rng)


@dataclass(frozen=True)
class Product(Binary):
    """A^(1/2) O B O^T A^(1/2) with O Haar."""

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        return multiplied(*self._pair(rows, rng), rng)


@dataclass(frozen=True)
class DirectSum(Part):
    """diag(A, B), A taking the fraction ``weight`` of the rows."""

    first: Part
    second: Part
    weight: Fraction

    @property
    def children(self) -> tuple[tuple[Fraction, Part], ...]:
        return ((self.weight, self.first), (1 - self.weight, self.second))

    @property
    def is_diagonal(self) -> bool:
        return self.first.is_diagonal and self.second.is_diagonal

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        upper = whole(self.weight * rows, rng)
        a, b = self.first.sample(upper, rng), self.second.sample(rows - upper, rng)
        if a.is_diagonal and b.is_diagonal:
            return FreeMatrix(np.concatenate([a.entries, b.entries]))
        entries = np.zeros((rows, rows))
        entries[:upper, :upper] = a.dense()
        entries[upper:, upper:] = b.dense()
        return FreeMatrix(entries)

    def workspace(self, rows: int) -> float:
        return 2 * rows ** (1 if self.is_diagonal else 2)


# -- rectangular matrices ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CorrelatedWishart(Part):
    """A^(1/2) X B X^T A^(1/2)/n with a standard Gaussian X of c times as many rows as columns, in A's eigenbasis."""

    first: Part
    second: Part
    c: Fraction

    @property
    def children(self) -> tuple[tuple[Fraction, Part], ...]:
        return ((ONE, self.first), (1 / self.c, self.second))

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        columns = whole(rows / self.c, rng)
        left = singular_values(self.first.sample(rows, rng), rows)
        right = singular_values(self.second.sample(columns, rng), columns)
        x = rng.standard_normal((rows, columns))
        x *= left[:, None]
        x *= right
        return FreeMatrix(gram(x, float(self.c) / rows))

    def workspace(self, rows: int) -> float:
        columns = math.ceil(rows / self.c)
        eigenvalues = 3 * max(rows**2 if not self.first.is_diagonal else 0,
                              columns**2 if not self.second.is_diagonal else 0)  # fmt: skip
        return max(eigenvalues, rows * columns + 2 * rows**2) + 6 * (rows + columns)


@dataclass(frozen=True)
class Rectangular(Part):
    """(A + Z)(A + Z)^T with c times as many rows as columns: A diagonal with the part as A A^T, Z in general position.

    Attributes:
        part: A A^T.
        noise: the part Z Z^T, Z between two Haar matrices, or the variance of the entries of a Gaussian Z times the
            number of columns.
        c: rows over columns.
    """

    part: Part
    noise: Part | float
    c: Fraction

    @property
    def children(self) -> tuple[tuple[Fraction, Part], ...]:
        return ((ONE, self.part), *(((ONE, self.noise),) if isinstance(self.noise, Part) else ()))

    @property
    def dimensions(self) -> tuple[Fraction, ...]:
        return (1 / self.c,)

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        columns = whole(rows / self.c, rng)
        k = min(rows, columns)
        signal = singular_values(self.part.sample(rows, rng), k)
        if isinstance(self.noise, Part):
            strengths = singular_values(self.noise.sample(rows, rng), k)
            total = _between_frames(strengths, rows, columns, rng)
        else:
            total = rng.standard_normal((rows, columns))
            total *= math.sqrt(self.noise * float(self.c) / rows)
        total[np.arange(k), np.arange(k)] += signal
        return FreeMatrix(gram(total))

    def workspace(self, rows: int) -> float:
        columns = math.ceil(rows / self.c)
        k = min(rows, columns)
        return max(3 * rows**2, 6 * max(rows, columns) * k + 2 * rows * columns) + 2 * rows**2


def _between_frames(values: Matrix, rows: int, columns: int, rng: np.random.Generator) -> Matrix:
    """A rectangular matrix with these singular values, both of whose bases are Haar."""
    if not len(values):
        return np.zeros((rows, columns))
    left = haar_frame(rows, len(values), rng)
    left *= values
    return left @ haar_frame(columns, len(values), rng).T
