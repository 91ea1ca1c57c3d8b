r"""Symmetric matrices in general position: one draw each, and the operations on independent draws of them.

Two random matrices are asymptotically free when one of them is invariant under rotations and independent of the other.
A `FreeMatrix` therefore records whether it is invariant, and the operations rotate one matrix by an independent Haar
orthogonal matrix just where neither is. A matrix that is known in its eigenbasis is kept as its eigenvalues: its
rotation, its functions and its products are cheaper then.

Every operation is exact for the matrices at hand; nothing here knows a limiting law.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resolvent.derive.errors import ParameterError
from resolvent.numeric.matrices.ensembles import Matrix, haar_frame, symmetric_eigenvalues

if TYPE_CHECKING:
    Array = NDArray[np.float64]

_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class FreeMatrix:
    """A draw of a symmetric matrix.

    Attributes:
        entries: the matrix, shape (n, n), symmetric to the last bit; or the diagonal of a diagonal one, shape (n,).
        invariant: whether O A O^T has the same distribution for every fixed orthogonal O.

    >>> FreeMatrix(np.array([1.0, 3.0])).dense()
    array([[1., 0.],
           [0., 3.]])
    """

    entries: Matrix
    invariant: bool = False

    @property
    def rows(self) -> int:
        """The dimension n."""
        return len(self.entries)

    @property
    def is_diagonal(self) -> bool:
        """Whether only the diagonal is stored."""
        return self.entries.ndim == 1

    def dense(self) -> Matrix:
        """The whole matrix, shape (n, n)."""
        return np.diag(self.entries) if self.is_diagonal else self.entries

    def eigenvalues(self) -> Array:
        """All eigenvalues, in no order, shape (n,)."""
        return self.entries if self.is_diagonal else symmetric_eigenvalues(self.entries)

    def affine(self, a: float, b: float) -> FreeMatrix:
        """A times a plus b times the identity."""
        if self.is_diagonal:
            return FreeMatrix(a * self.entries + b)
        entries = a * self.entries
        np.fill_diagonal(entries, np.diagonal(entries) + b)
        return FreeMatrix(entries, self.invariant)

    def power(self, k: int) -> FreeMatrix:
        """A^k for a positive integer k."""
        if self.is_diagonal:
            return FreeMatrix(self.entries**k)
        return FreeMatrix(_symmetrised(np.linalg.matrix_power(self.entries, k)), self.invariant)

    def inverse(self) -> FreeMatrix:
        """A^-1.

        Raises `ParameterError` where A is singular to working precision.
        """
        if self.is_diagonal:
            sizes = np.abs(self.entries)
            if not sizes.min() > sizes.max() * self.rows * _EPSILON:
                raise _singular(self.rows)
            return FreeMatrix(1 / self.entries)
        try:
            found: Matrix = np.asarray(np.linalg.inv(self.entries), dtype=np.float64)
        except np.linalg.LinAlgError as error:
            raise _singular(self.rows) from error
        if not np.linalg.norm(self.entries, np.inf) * np.linalg.norm(found, np.inf) * self.rows * _EPSILON < 1:
            raise _singular(self.rows)
        return FreeMatrix(_symmetrised(found), self.invariant)


def rotated(a: FreeMatrix, rng: np.random.Generator) -> FreeMatrix:
    """O A O^T with O Haar, or A itself if it is invariant.

    >>> b = rotated(FreeMatrix(np.array([1.0, 2.0])), np.random.default_rng(0))
    >>> b.invariant, [round(float(x), 12) for x in b.eigenvalues()]
    (True, [1.0, 2.0])
    """
    return corner(a, a.rows, rng, rotate=True)


def corner(a: FreeMatrix, rows: int, rng: np.random.Generator, rotate: bool = False) -> FreeMatrix:
    """A corner of O A O^T with O Haar: its first rows and columns; A itself if all are kept, unless ``rotate`` is set.

    Only the first rows of O are drawn.
    """
    if a.invariant:
        return a if rows == a.rows else FreeMatrix(a.entries[:rows, :rows].copy(), True)
    if rows == a.rows and not rotate:
        return a
    frame = haar_frame(a.rows, rows, rng)
    image = a.entries[:, None] * frame if a.is_diagonal else a.entries @ frame
    return FreeMatrix(_symmetrised(frame.T @ image), True)


def added(a: FreeMatrix, b: FreeMatrix, rng: np.random.Generator) -> FreeMatrix:
    """A + B in general position: one of the two is rotated unless one is invariant."""
    if not (a.invariant or b.invariant):
        # A diagonal matrix takes one product less to rotate.
        a, b = (a, rotated(b, rng)) if b.is_diagonal else (rotated(a, rng), b)
    if a.is_diagonal or b.is_diagonal:
        diagonal, full = (a, b) if a.is_diagonal else (b, a)
        entries = full.entries.copy()
        np.fill_diagonal(entries, np.diagonal(entries) + diagonal.entries)
        return FreeMatrix(entries)
    return FreeMatrix(a.entries + b.entries, a.invariant and b.invariant)


def multiplied(a: FreeMatrix, b: FreeMatrix, rng: np.random.Generator) -> FreeMatrix:
    r"""A^{1/2} B A^{1/2} in general position and in the eigenbasis of A, which is the factor that is non-negative.

    With A = U D U^T the spectrum is that of D^{1/2} (U^T B U) D^{1/2}, and U^T B U is B in general position: only
    the eigenvalues of A are needed. Where the limit of A touches 0 from above, finite draws may have eigenvalues
    just below, which count as 0; where both factors have some, the one with less is taken as A.
    """
    first, second = (b, a) if b.is_diagonal and not a.is_diagonal else (a, b)
    values = first.eigenvalues()
    if _negative_share(values) > 0:
        others = second.eigenvalues()
        if _negative_share(others) < _negative_share(values):
            second, values = first, others
    roots = _roots(values)
    return FreeMatrix(rotated(second, rng).entries * np.multiply.outer(roots, roots))


def gram(x: Matrix, scale: float = 1.0) -> Matrix:
    """X X^T times a scale, symmetric to the last bit; a matrix without columns gives 0.

    NumPy recognises the transpose and makes one symmetric rank-k update, at half the cost of a product.
    """
    result = x @ x.T
    result *= scale
    return result


def singular_values(a: FreeMatrix, k: int) -> Array:
    """The k largest singular values of a rectangular matrix X whose X X^T is A, filled up with zeros, shape (k,).

    Where X has fewer than n rows or columns, what is left out of the n eigenvalues of A is 0 but for rounding.
    """
    roots = np.sort(_roots(a.eigenvalues()))[::-1][:k]
    return np.concatenate([roots, np.zeros(k - len(roots))])


def thinned(values: Array, rows: int, rng: np.random.Generator) -> FreeMatrix:
    """A diagonal matrix with ``rows`` of the values, chosen at random: the expected mean over them stays the same."""
    return FreeMatrix(rng.permutation(values)[:rows])


def _roots(values: Array) -> Array:
    return np.sqrt(np.maximum(values, 0.0))


def _negative_share(values: Array) -> float:
    """The share of negative numbers in the sum of all sizes, 0 if it is rounding."""
    total = float(np.abs(values).sum())
    share = -float(values[values < 0].sum()) / total if total else 0.0
    return share if share > 1e-12 else 0.0


def _symmetrised(a: Matrix) -> Matrix:
    return (a + a.T) / 2


def _singular(rows: int) -> ParameterError:
    return ParameterError(
        f"a matrix of {rows} rows that is to be inverted is singular to working precision; take more rows, or check "
        "that the support of its law keeps away from the pole",
        rows=rows,
    )
