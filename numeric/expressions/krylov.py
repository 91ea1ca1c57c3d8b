"""Many linear systems at once, by the products of their matrices with vectors alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Complexes = NDArray[np.complex128]

_ROUNDED = 2  # what the residual may be in place of the one that the recursion predicts


def solve_by_products(
    product: Callable[[Complexes], Complexes], right: Complexes, tolerance: float, most: int
) -> tuple[Complexes, NDArray[np.bool_]]:
    """Solutions x of A_k x_k = b_k, one row for each k, and which of them have residuals below 2 ``tolerance`` |b_k|.

    ``product`` makes all A_k x_k of all x_k. Generalised minimal residuals: the best combination of b, A b, A^2 b ...,
    at most so many; few are enough where A is 1 and a matrix with few large eigenvalues.

    >>> matrices = np.array([[[2, 1], [0, 3]], [[1, 0], [5, 1]]])
    >>> x, good = solve_by_products(lambda v: np.einsum("kij,kj->ki", matrices, v), np.ones((2, 2), complex), 1e-12, 2)
    >>> np.round(x.real, 9).tolist(), good.tolist()
    ([[0.333333333, 0.333333333], [1.0, -4.0]], [True, True])

    Source: Saad, Schultz, SIAM J. Sci. Stat. Comput. 7 (1986) 856, algorithm 4.
    """
    count, n = right.shape
    size = np.linalg.norm(right, axis=1)
    basis = np.zeros((count, most + 1, n), complex)
    basis[:, 0] = right / np.where(size > 0, size, 1)[:, None]
    reduced = np.zeros((count, most + 1, most), complex)  # A in the basis, one row more than columns
    across = np.zeros((count, most + 1), complex)  # a row that it maps to 0: its length says how small residuals are
    across[:, 0] = 1
    good: NDArray[np.bool_] = size == 0
    used = 0
    while used < most and not good.all():
        new, old = product(basis[:, used]), basis[:, : used + 1]
        for _ in range(2):  # once more for what rounding left
            shares = (old @ new.conj()[..., None])[..., 0].conj()
            reduced[:, : used + 1, used] += shares
            new = new - (shares[:, None] @ old)[:, 0]
        length = np.linalg.norm(new, axis=1)
        safe = np.where(length > 0, length, np.finfo(float).tiny)
        reduced[:, used + 1, used] = length
        basis[:, used + 1] = new / safe[:, None]
        with np.errstate(over="ignore", invalid="ignore"):  # of rows that are good already
            missing = (across[:, None, : used + 1] @ reduced[:, : used + 1, used, None])[:, 0, 0]
            used += 1
            across[:, used] = -missing / safe
            good |= tolerance * np.linalg.norm(np.abs(across[:, : used + 1]), axis=1) >= 1
    left, triangle = np.linalg.qr(reduced[:, : used + 1, :used])
    places = np.arange(used)
    triangle[:, places, places] += triangle[:, places, places] == 0
    shares = np.linalg.solve(triangle, (left[:, :1].conj().swapaxes(1, 2)) * size[:, None, None])
    out = (shares.swapaxes(1, 2) @ basis[:, :used])[:, 0]
    return out, np.asarray(np.linalg.norm(product(out) - right, axis=1) <= _ROUNDED * tolerance * size)
