r"""Cleaned eigenvalues of sample covariance matrices.

Of all estimators with the sample's eigenvectors u_i, the best in Frobenius' norm has the eigenvalues u_i^T Sigma u_i,
the best in Stein's loss 1/(u_i^T Sigma^(-1) u_i), and so has the inverse of the best for Sigma^(-1). Their limits need
the spectrum only: with m = m(lambda + i0) and c = p/n they are lambda/|1 - c - c lambda m|^2 and
lambda/(1 - c - 2 c lambda Re m).

Sources: Ledoit, Peche 2011, Eigenvectors of some large sample covariance matrix ensembles; Ledoit, Wolf 2018, Optimal
estimation of a large-dimensional covariance matrix under Stein's loss, and 2020, Analytical nonlinear shrinkage (for
the estimate of m from the eigenvalues).
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.laws.record import Law
from resolvent.numeric.data.samples import covariance_eigenvalues, require_enough, require_mean
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.numbers import positive_number
from resolvent.numeric.measures.numeric_outliers import transform_of_squares
from resolvent.numeric.spectrum.likeness import like
from resolvent.numeric.spectrum.spectrum import Spectrum

_LOSSES = ("frobenius", "stein", "inverse")
_TOO_SQUARE = 1e-3  # a ratio as near to 1 leaves eigenvalues of the order 1/n^2
_NOTHING = 1e-10  # of the largest: an eigenvalue of a matrix that has not full rank


@checked
def shrink(
    eigenvalues: ArrayLike,
    ratio: Any,
    loss: Literal["frobenius", "stein", "inverse"] = "frobenius",
    law: Law | Spectrum | None = None,
) -> Any:
    """The eigenvalues that a sample covariance matrix should have, in the order of those given.

    Args:
        eigenvalues: all p eigenvalues of X X^T/n, the zeros of a matrix without full rank included.
        ratio: p/n. For centred data n is one less than the number of samples.
        loss: "frobenius", "stein" or "inverse" (Frobenius' norm of the error of the inverse).
        law: the limiting law of the sample eigenvalues, if it is known; otherwise m is estimated from them.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(200, 400))
    >>> cleaned = shrink(np.linalg.eigvalsh(x @ x.T / 400), "1/2")  # the population is the identity
    >>> bool(np.std(cleaned) < 0.1)
    True

    Raises `ParameterError` for eigenvalues that are negative or not finite, for another loss, a ratio that is not
    positive, a loss that needs full rank for a ratio above 1, and without a law for a ratio of 1, or fewer than eight
    eigenvalues; `PrecisionError` where the estimate of the transform would make cleaned eigenvalues negative, or it or
    the law would change their mean, which is that of the population; `DerivationError` for a law that no such matrix
    has.
    """
    values = covariance_eigenvalues(eigenvalues)
    c = _ratio(ratio)
    if loss not in _LOSSES:
        raise ParameterError(f"the loss is one of {', '.join(_LOSSES)}; got {loss!r}", loss=loss)
    zero = values <= _NOTHING * np.max(values)
    if c > 1 and loss != "frobenius":
        raise ParameterError(f"the loss {loss!r} needs a matrix of full rank; the ratio is {c:g}", ratio=ratio)
    if abs(np.mean(zero) - max(0.0, 1 - 1 / c)) > max(0.02, 3 / len(values)):
        raise ParameterError(
            f"{np.mean(zero):.3g} of the eigenvalues are 0; with the ratio {c:g} it should be "
            f"{max(0.0, 1 - 1 / c):.3g}. Give all eigenvalues of the p x p matrix, and the right number of samples",
            ratio=ratio,
        )
    if law is None and abs(c - 1) < _TOO_SQUARE:
        raise ParameterError(
            f"with the ratio {c:g} the smallest eigenvalues come too close to 0 for their transform to be estimated; "
            "give the limiting law, or take another number of samples",
            ratio=ratio,
        )
    positive = values[~zero]
    m, at_zero = _transform(positive, len(values), c, law)
    cleaned = positive / np.abs(1 - c - c * positive * m) ** 2
    null = 1 / ((c - 1) * at_zero) if np.any(zero) else 0.0
    if law is None:
        require_enough(len(positive))
    require_mean((np.sum(cleaned) + null * np.sum(zero)) / len(values), values, "the cleaned eigenvalues")
    if loss != "frobenius":
        cleaned = positive / (1 - c - 2 * c * positive * m.real)
        if np.any(cleaned <= 0):
            raise PrecisionError(
                f"the transform is not known well enough for the loss {loss!r}: cleaned eigenvalues would be negative; "
                "give the limiting law, or take the loss 'frobenius'",
                ratio=ratio,
            )
    result = np.full(len(values), null)
    result[~zero] = cleaned
    return like(eigenvalues, result)


def _transform(positive: Array, count: int, c: float, law: Law | Spectrum | None) -> tuple[Array, float]:
    """m at the eigenvalues, and for c > 1 the companion's transform at 0."""
    if law is None:
        return _estimated(positive, count, c)
    spectrum = law if isinstance(law, Spectrum) else Spectrum(law)
    transform_of_squares(spectrum.measure, c)
    m = np.asarray(spectrum.stieltjes(positive))
    if c <= 1:
        return m, 0.0
    return m, float(spectrum.expect(lambda x: np.where(x > 0, c / np.where(x > 0, x, 1.0), 0.0), 1e-8))


def _estimated(positive: Array, count: int, c: float) -> tuple[Array, float]:
    """The kernel estimate of Ledoit and Wolf: Epanechnikov's kernel with a width proportional to the eigenvalue."""
    n = count / c
    width = n ** (-1 / 3) * positive
    x = (positive[:, None] - positive) / width
    root = math.sqrt(5)
    density = np.sum(np.maximum(1 - x**2 / 5, 0.0) / width, axis=1) * 3 / (4 * root)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log(np.abs((root - x) / (root + x)))
        hilbert = -3 * x / (10 * math.pi) + 3 / (4 * root * math.pi) * (1 - x**2 / 5) * logarithm
    hilbert = np.where(np.abs(np.abs(x) - root) < 1e-12, -3 * x / (10 * math.pi), hilbert)
    h = np.sum(hilbert / width, axis=1)
    m = math.pi * (h + 1j * density) / count  # over all p eigenvalues; those at 0 come next
    zeros = count - len(positive)
    return m - zeros / count / positive, float(c * np.sum(1 / positive) / count)


def _ratio(ratio: Any) -> float:
    return positive_number(ratio, "the ratio")
