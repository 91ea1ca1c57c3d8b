"""The eigenvalues that a user hands over: one array, several, or a matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.spectrum.numbers import real_values

_FEWEST = 8
_SYMMETRIC = 1e-8
_SINGLE = 1e-6  # of the largest: what single precision leaves of an eigenvalue 0
_PEAKED = 1.0  # the fourth cumulant of entries, from which on the levels of edges are not kept
_FIRST = 1000  # numbers that are looked at before all
_BLOCK = 256
_OFF = 0.15  # of the trace, besides one over the number of eigenvalues


@dataclass(frozen=True)
class ExactSample:
    """The eigenvalues of a matrix, in increasing order."""

    values: Array

    @property
    def size(self) -> int:
        """The number of eigenvalues."""
        return len(self.values)

    def sum(self, function: Callable[[Array], Any]) -> tuple[float, float]:
        """The sum of a function over the eigenvalues, and its error."""
        return float(np.sum(function(self.values))), 0.0

    def candidates(self, spectrum: Any) -> Array:
        """The eigenvalues that may lie outside the support: all."""
        return self.values

    def without(self, components: Array, spectrum: Any) -> ExactSample:
        """The eigenvalues less some; all of them, if none were left."""
        kept = self.values[~np.isin(self.values, components)]
        return ExactSample(kept if len(kept) else self.values)

    def zeros(self, scale: float) -> tuple[float, float]:
        """The number of eigenvalues at 0, and its error."""
        return float(np.count_nonzero(self.values == 0)), 0.0


def samples(eigenvalues: Any, singular: bool | None = None, fewest: int = _FEWEST) -> tuple[Array, ...]:
    """The eigenvalues of each matrix in increasing order.

    A list of one-dimensional arrays is several matrices. A two-dimensional array is one matrix: of a symmetric one come
    its eigenvalues, with ``singular`` those of X X^T/n, X of size p x n.

    >>> samples(np.diag([3.0, 1.0] * 4))[0].tolist()
    [1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 3.0, 3.0]

    Raises `ParameterError` for values that are complex or not finite, for too few, and for a matrix that is neither
    symmetric nor said to be rectangular data.
    """
    if isinstance(eigenvalues, (list, tuple)) and len(eigenvalues) and np.ndim(eigenvalues[0]) == 1:
        found = tuple(np.sort(eigenvalues_of(part)) for part in eigenvalues)
    elif np.ndim(eigenvalues) == 2:
        found = (_without_rounding(spectrum_of_matrix(eigenvalues, singular), eigenvalues),)
    elif np.ndim(eigenvalues) == 1:
        found = (np.sort(eigenvalues_of(eigenvalues)),)
    else:
        raise ParameterError(
            "eigenvalues are an array of one dimension, a list of such arrays, or a matrix; got "
            f"{np.ndim(eigenvalues)} dimensions",
            eigenvalues=eigenvalues,
        )
    smallest = min(map(len, found))
    if smallest < fewest:
        raise ParameterError(f"at least {fewest} eigenvalues are needed; got {smallest}", count=smallest)
    return found


def symmetry_index(data: Any, beta: int | None) -> int:
    """beta as it is given; of data without it 2, if they are complex, else 1.

    >>> symmetry_index(np.eye(2), None), symmetry_index(1j * np.eye(2), None), symmetry_index(1j * np.eye(2), 1)
    (1, 2, 1)
    """
    if beta is not None:
        return beta
    kind = data.dtype.kind if hasattr(data, "dtype") else "f"
    return 2 if kind == "c" and (not isinstance(data, np.ndarray) or np.any(data.imag)) else 1


def heavy_tails(data: Any, singular: bool | None) -> float:
    """The fourth cumulant of the entries of p x n data, each row in its own units, where it is above 1; else 0.

    It is 0 for Gaussian data of any covariance. Beyond 1 the outermost eigenvalues of noise pass the edge more often
    than the Tracy-Widom law says. Of eigenvalues, and of symmetric matrices, nothing is known.

    >>> rng = np.random.default_rng(0)
    >>> heavy_tails(rng.normal(size=(100, 200)), True), bool(heavy_tails(rng.standard_t(3, (100, 200)), True) > 5)
    (0.0, True)
    """
    if not singular or np.ndim(data) != 2:
        return 0.0
    rows = np.asarray(data)
    rows = rows.astype(complex if rows.dtype.kind == "c" else float)
    rows = rows - np.mean(rows, axis=1, keepdims=True)
    size = np.max(np.abs(rows), axis=1, keepdims=True, initial=0.0)
    rows = (rows / np.where(size > 0, size, 1.0))[size[:, 0] > 0]  # in units in which no power is lost
    if not rows.size:
        return 0.0
    squares = np.abs(rows) ** 2
    squares /= np.mean(squares, axis=1, keepdims=True)
    found = float(np.mean(squares**2)) - (2 if rows.dtype.kind == "c" else 3)
    return found if found > _PEAKED else 0.0


def tails_words(peak: float, consequence: str) -> str:
    """The sentence about heavy tails of that fourth cumulant."""
    return (
        f"the entries have heavy tails, or the samples differ in size (a fourth cumulant of {peak:.2g}; 0 for Gaussian "
        f"ones): {consequence}"
    )


def eigenvalues_of(values: Any) -> Array:
    """Numbers as `real_values`; those that are 0 but for the rounding of single precision are 0."""
    return _without_rounding(real_values(values, "eigenvalues"), values)


def _without_rounding(values: Array, given: Any) -> Array:
    if np.asarray(given).dtype not in (np.float32, np.complex64) and not _are_single(given):
        return values
    return np.where(np.abs(values) <= _SINGLE * np.max(np.abs(values)), 0.0, values)


def _are_single(values: Any) -> bool:
    """Whether all numbers are those of single precision, and most of them not as short as numbers that are typed."""
    found = np.asarray(values).ravel()
    if found.dtype.kind == "c":
        found = found.view(found.real.dtype)
    with np.errstate(over="ignore"):
        for part in (found[:_FIRST], found):  # of most large matrices the first numbers tell
            part = part.astype(float)
            if not np.all(part.astype(np.float32) == part):
                return False
        return bool(np.mean(part.astype(np.float16) != part) > 0.5)


def covariance_eigenvalues(eigenvalues: Any) -> Array:
    """The eigenvalues of one covariance matrix, in the order given; rounding errors below 0 are 0.

    Raises `ParameterError` as `real_values` does, for more than one dimension, and for negative values or zeros only.
    """
    if np.ndim(eigenvalues) > 1:
        raise ParameterError(
            f"the eigenvalues of one covariance matrix are an array of one dimension; got {np.ndim(eigenvalues)}. Of a "
            "matrix take eigvalsh",
            eigenvalues=eigenvalues,
        )
    values = eigenvalues_of(eigenvalues)
    top = float(np.max(values))
    if top <= 0 or np.min(values) < -_SYMMETRIC * top:
        raise ParameterError("the eigenvalues of a covariance matrix are not negative, and not all 0", values=values)
    return np.maximum(values, 0.0)


def require_enough(count: int) -> None:
    """Raise `ParameterError` for fewer eigenvalues than an estimate can be made of."""
    if count < _FEWEST:
        raise ParameterError(f"at least {_FEWEST} eigenvalues other than 0 are needed; got {count}", count=count)


def require_mean(found: float, values: Array, what: str) -> None:
    """Raise `PrecisionError` unless a mean that was estimated is near that of the eigenvalues: both are tr Sigma/p."""
    mean, count = float(np.mean(values)), int(np.count_nonzero(values))
    if not abs(found - mean) <= (_OFF + 1 / count) * mean:
        raise PrecisionError(
            f"the mean of {what} would be {found:.4g}, but that of the eigenvalues is {mean:.4g}: they do not lie like "
            "those of a sample covariance matrix of this ratio. Check p and n, and the law with its scale; without "
            "a law the estimate fails near the ratio 1",
            values=values,
        )


def data_matrix(matrix: Any) -> Array:
    """A matrix of floats, or of complex numbers.

    Raises `ParameterError` for entries that are not finite numbers, and where there are none.
    """
    if np.ma.is_masked(matrix):
        raise ParameterError("some entries of the matrix are masked; fill them, or leave rows out", matrix=matrix)
    try:
        array = np.asarray(matrix)
    except ValueError:
        raise ParameterError("the rows of the matrix must have one length", matrix=matrix) from None
    if array.dtype.kind not in "fciub":
        raise ParameterError(f"a matrix of numbers is needed; got {array.dtype} data")
    if not np.all(np.isfinite(array)):
        raise ParameterError("the matrix has entries that are not finite; remove or replace them", matrix=matrix)
    if not array.size:
        raise ParameterError(f"the matrix of size {' x '.join(map(str, array.shape))} is empty", matrix=matrix)
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def spectrum_of_matrix(matrix: Any, singular: bool | None = None) -> Array:
    """The eigenvalues of a symmetric or Hermitian matrix, or with ``singular`` those of X X^T/n, X of size p x n.

    Raises `ParameterError` for entries that are not finite numbers, and for a matrix that is neither.
    """
    array = data_matrix(matrix)
    rows, columns = array.shape
    if singular:
        values = np.linalg.svd(array, compute_uv=False) ** 2 / columns
        return np.sort(np.concatenate([values, np.zeros(rows - len(values))]))
    if rows != columns or _asymmetry(array) > _SYMMETRIC * float(np.max(np.abs(array))):
        raise ParameterError(
            f"the matrix of size {rows} x {columns} is not symmetric; for the eigenvalues of X X^T/n say singular "
            "(--singular), for several spectra give a list of arrays",
            matrix=matrix,
        )
    return np.asarray(np.linalg.eigvalsh(array))


def _asymmetry(array: Array) -> float:
    """The largest |A - A*|, block by block: blocks of a large matrix fit the cache, its columns do not."""
    starts = range(0, len(array), _BLOCK)
    pairs = ((slice(i, i + _BLOCK), slice(j, j + _BLOCK)) for i in starts for j in starts if i <= j)
    return max(float(np.max(np.abs(array[own, other] - array[other, own].conj().T))) for own, other in pairs)
