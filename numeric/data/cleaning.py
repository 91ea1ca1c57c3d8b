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
import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError, PrecisionError
from resolvent.derive.exact.copies import ByValue
from resolvent.derive.laws.record import Law
from resolvent.derive.presentation import Doubtful
from resolvent.numeric.data.samples import (
    covariance_eigenvalues,
    data_matrix,
    heavy_tails,
    require_enough,
    require_mean,
    tails_words,
)
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.measures.numeric_outliers import transform_of_squares
from resolvent.numeric.spectrum.likeness import like
from resolvent.numeric.spectrum.numbers import positive_number
from resolvent.numeric.spectrum.spectrum import Spectrum

_LOSSES = ("frobenius", "stein", "inverse")
_TOO_SQUARE = 1e-3  # a ratio as near to 1 leaves eigenvalues of the order 1/n^2
_LEVEL = 0.01  # of the test for components, which are no doubt about a law
_CENTRED = 1e-6  # of sums of absolute values: those of p rows by chance are that small with a chance (10^-6 sqrt(n))^p
_LEAST = 1e-140  # of the largest entry; the largest is one over it
_NOTHING = 1e-10  # of the largest: an eigenvalue of a matrix that has not full rank


@dataclass(frozen=True, eq=False)
class Cleaned(ByValue, Doubtful):
    """A sample covariance matrix with cleaned eigenvalues.

    Attributes:
        covariance: the cleaned p x p matrix, with the labels of the rows of a pandas frame.
        eigenvalues: those of the sample, rising.
        cleaned: what stands in their place.
        ratio: p/n; rows whose means were taken away have a sample less than columns.
        doubts: what the data say against the assumptions: entries with heavy tails or samples that differ in size, and
            eigenvalues that do not lie like those of the law that was given.
    """

    covariance: Any
    eigenvalues: Array
    cleaned: Array
    ratio: float
    doubts: tuple[str, ...]

    def __repr__(self) -> str:
        """The eigenvalues before and after, and whether there are doubts."""
        ends = [f"{np.min(v):.4g} to {np.max(v):.4g}" for v in (self.eigenvalues, self.cleaned)]
        doubtful = "; doubtful" if self.doubts else ""
        return f"<Cleaned: {len(self.cleaned)} eigenvalues from {ends[0]}, cleaned from {ends[1]}{doubtful}>"


@checked
def shrink(
    eigenvalues: Any,
    ratio: Any = None,
    loss: Literal["frobenius", "stein", "inverse"] = "frobenius",
    law: Law | Spectrum | None = None,
    singular: bool | None = None,
) -> Any:
    """The eigenvalues that a sample covariance matrix should have, in the order of those given; or the whole matrix.

    Args:
        eigenvalues: all p eigenvalues of X X^T/n, the zeros of a matrix without full rank included.
        ratio: p/n. For centred data n is one less than the number of samples.
        loss: "frobenius", "stein" or "inverse" (Frobenius' norm of the error of the inverse).
        law: the limiting law of the sample eigenvalues, if it is known; otherwise m is estimated from them.
        singular: take a matrix X of size p x n as data, its columns the samples. Then come a `Cleaned` with the cleaned
            covariance matrix, and doubts that only the data show; p/n is known, and that rows were centred is seen.

    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=(200, 400))
    >>> cleaned = shrink(np.linalg.eigvalsh(x @ x.T / 400), "1/2")  # the population is the identity
    >>> bool(np.std(cleaned) < 0.1)
    True
    >>> found = shrink(x, singular=True)
    >>> bool(np.allclose(np.linalg.eigvalsh(found.covariance), np.sort(cleaned))), found.doubts
    (True, ())

    Raises `ParameterError` for eigenvalues that are negative or not finite, for another loss, a ratio that is not
    positive, a loss that needs full rank for a ratio above 1, and without a law for a ratio of 1, or fewer than eight
    eigenvalues; `PrecisionError` where the estimate of the transform would make cleaned eigenvalues negative, or it or
    the law would change their mean, which is that of the population; `DerivationError` for a law that no such matrix
    has. Warns of eigenvalues farther from the law than rigid ones are.
    """
    if singular:
        return _cleaned_matrix(eigenvalues, ratio, loss, law)
    if ratio is None:
        raise ParameterError("the ratio p/n is needed; of a p x n matrix of data (singular=True) it is known")
    found, doubts = _shrunk(covariance_eigenvalues(eigenvalues), ratio, loss, law)
    for doubt in doubts:
        warnings.warn(doubt, stacklevel=3)
    return like(eigenvalues, found)


def _cleaned_matrix(data: Any, ratio: Any, loss: str, law: Law | Spectrum | None) -> Cleaned:
    """The covariance matrix of p x n data, cleaned."""
    x = data_matrix(data)
    if x.ndim != 2:
        raise ParameterError(f"data are a matrix of p x n; got {x.ndim} dimensions", data=data)
    p, n = x.shape
    size = float(np.max(np.abs(x)))
    if not _LEAST < size < 1 / _LEAST:
        raise ParameterError(f"the entries reach up to {size:.3g}, whose squares are no floats", data=data)
    n -= bool(np.all(np.abs(np.sum(x, axis=1)) <= _CENTRED * np.sum(np.abs(x), axis=1)))
    if not n:
        raise ParameterError("one sample has no covariance left when its mean is taken away", data=data)
    vectors, roots, _ = np.linalg.svd(x, full_matrices=False)
    order = np.arange(len(roots))[::-1]  # rising
    found = np.concatenate([np.zeros(p - len(roots)), roots[order] ** 2 / n])
    c = p / n if ratio is None else ratio
    cleaned, doubts = _shrunk(covariance_eigenvalues(found), c, loss, law)
    null = float(cleaned[0]) if p > len(roots) else 0.0  # of all directions without data
    u = vectors[:, order]
    matrix: Any = (u * (cleaned[p - len(roots) :] - null)) @ u.conj().T
    matrix = (matrix + matrix.conj().T) / 2 + null * np.eye(p)
    if hasattr(data, "iloc") and hasattr(data, "index"):  # pandas
        matrix = type(data)(matrix, index=data.index, columns=data.index)
    if peak := heavy_tails(data, True):
        doubts += (tails_words(peak, "the cleaned eigenvalues assume samples of one size, and tails that are light"),)
    return Cleaned(matrix, found, cleaned, positive_number(c, "the ratio"), doubts)


def _shrunk(values: Array, ratio: Any, loss: str, law: Law | Spectrum | None) -> tuple[Array, tuple[str, ...]]:
    """The cleaned eigenvalues, and doubts about the law."""
    c = positive_number(ratio, "the ratio")
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
    return result, _spectrum(law).edge_test(values, level=_LEVEL).doubts if law is not None else ()


def _transform(positive: Array, count: int, c: float, law: Law | Spectrum | None) -> tuple[Array, float]:
    """m at the eigenvalues, and for c > 1 the companion's transform at 0."""
    if law is None:
        return _estimated(positive, count, c)
    spectrum = _spectrum(law)
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


def _spectrum(law: Law | Spectrum) -> Spectrum:
    return law if isinstance(law, Spectrum) else Spectrum(law)
