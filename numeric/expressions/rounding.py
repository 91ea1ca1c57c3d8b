r"""What rounding leaves of an inverse: the errors of a computed expression, and how near they are to a singular matrix.

Every entry of a product or a sum is rounded by u = 2^-53 of what was added up, independently of the others. So a matrix
V of variances, in units of u^2, goes along with every part that is inverted. Let A be computed up to errors dA of the
variances V, and X its inverse: A + dA = A (1 + A^{-1} dA) is singular once A^{-1} dA has the eigenvalue -1. The entries
of X dA have the variances W = u^2 |X|^2 V, squares taken entry by entry, and the spectral radius of such a matrix is
near the root of that of W, whatever the units of rows and columns: the share of the inverse that is rounding.

Source: Alt, Erdos, Krueger, Probab. Math. Phys. 2 (2021), for the spectral radius of matrices of independent entries.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resolvent.derive.expressions.expression import MatrixExpression

Matrix = NDArray[Any]
Variances = NDArray[np.float64]

_UNIT = float(np.finfo(np.float64).eps) / 2
_ROUNDS = 20  # of the power iteration, whose bound holds after any number of them


def variances_of(
    node: MatrixExpression, parts: list[Matrix], known: list[Variances], value: Matrix, factor: complex
) -> Variances:
    """The variances of the errors of a node: from its parts and theirs, its value, and the factor of a "scale".

    Gaussian entries are what was drawn; other letters were made by products.
    """
    if node.head == "letter":
        assert node.letter is not None
        return np.zeros(value.shape) if node.letter.kind in ("gaussian", "wigner") else _squares(value)
    if node.head == "sum":
        return known[0] + known[1] + _squares(value)
    if node.head == "scale":
        return known[0] * abs(factor) ** 2 + _squares(value)
    if node.head == "product":
        a, b = map(_squares, parts)
        return np.asarray(a @ (known[1] + b) + known[0] @ b)
    if node.head == "transpose":
        return known[0].T
    if node.head == "inverse":
        own = _squares(value)
        return np.asarray(own @ (known[0] + _squares(parts[0])) @ own)
    if node.head == "block":
        width = node.width
        return np.block([known[k : k + width] for k in range(0, len(known), width)])
    return np.zeros(value.shape)


def share_of_rounding(matrix: Matrix, inverse: Matrix, variances: Variances) -> float:
    """The share of an inverse that is rounding, of the matrix or of its inversion: 1 and more where nothing is left.

    >>> a = np.array([[1.0, 0.0], [0.0, 1e-9]])
    >>> round(share_of_rounding(a, np.linalg.inv(a), np.zeros((2, 2))) / _UNIT, 3)
    1.0
    >>> cancelled = np.array([[1.0, 1.0], [1.0, 1.0 + 1e-9]])
    >>> 1e-8 < share_of_rounding(cancelled, np.linalg.inv(cancelled), np.zeros((2, 2))) < 1e-6
    True
    """
    with np.errstate(all="ignore"):
        own, errors = _squares(inverse), variances + _squares(matrix)
        vector, bound = np.ones(len(matrix)), np.inf
        for _ in range(_ROUNDS):
            image = own @ (errors @ vector)
            positive = vector > 0
            bound = min(bound, float((image[positive] / vector[positive]).max(initial=0.0)))
            top = image.max()
            if not np.isfinite(top) or not top:
                break
            vector = image / top
    return _UNIT * float(np.sqrt(bound)) if np.isfinite(own).all() else np.inf


def _squares(value: Matrix) -> Variances:
    return np.asarray(value.real**2 + value.imag**2 if np.iscomplexobj(value) else value**2, float)
