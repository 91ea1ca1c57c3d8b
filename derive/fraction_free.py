"""Kernels of matrices over an integral domain with exact division, by fraction-free elimination (Bareiss)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def kernel_vector(rows: Sequence[Sequence[Any]], one: Any) -> list[Any] | None:
    """A non-zero vector v with A v = 0 over the domain of ``one``, or None where only v = 0 solves it.

    The first column that depends on those before it gets the last non-zero entry, so a vector of the shortest
    support from the left is found.

    >>> from flint import fmpz_poly
    >>> x, one = fmpz_poly([0, 1]), fmpz_poly([1])
    >>> kernel_vector([[x, x * x]], one)
    [-x^2, x]
    """
    matrix = [list(row) for row in rows]
    zero = one - one
    width = len(matrix[0])
    previous, done = one, 0
    for column in range(width):
        pivot = next((i for i in range(done, len(matrix)) if matrix[i][column] != zero), None)
        if pivot is None:
            return _solved(matrix, done, column, zero, previous, width)
        matrix[done], matrix[pivot] = matrix[pivot], matrix[done]
        lead = matrix[done][column]
        for i, row in enumerate(matrix):  # Gauss-Jordan: all earlier pivots become equal to the newest one
            if i != done:
                factor = row[column]
                matrix[i] = [(lead * a - factor * b) // previous for a, b in zip(row, matrix[done], strict=True)]
        previous = lead
        done += 1
    return None


def _solved(matrix: list[list[Any]], done: int, column: int, zero: Any, pivot: Any, width: int) -> list[Any]:
    vector = [zero] * width
    for i in range(done):
        vector[i] = -matrix[i][column]
    vector[column] = pivot
    return vector
