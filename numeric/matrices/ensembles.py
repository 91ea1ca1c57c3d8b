"""Building blocks of actual random matrices: Gaussian, Wigner, Haar and Wishart matrices, free rotations, eigenvalues.

Every block draws from a `numpy.random.Generator` and knows nothing of a limiting law; its low moments are exact at
every finite size, and the docstrings give them. Dimensions are positive integers; a variance is the variance of one
entry before normalisation. Violations raise `ParameterError`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from resolvent.derive.errors import ParameterError

Matrix = NDArray[np.float64]

_BLOCK = 128


def generator(rng: Any) -> np.random.Generator:
    """A numpy Generator from a seed (a non-negative integer) or from a Generator, which is returned as it is.

    >>> bool(generator(7).random() == generator(7).random())
    True

    Raises `ParameterError` for anything else; an unseeded draw could not be repeated.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0:
        return np.random.default_rng(int(rng))
    raise ParameterError(f"rng must be a numpy Generator or a non-negative integer seed; got {rng!r}", rng=rng)


def gaussian(p: int, n: int, rng: np.random.Generator, variance: float = 1.0) -> Matrix:
    """A p x n matrix of independent N(0, variance) entries.

    >>> gaussian(2, 3, generator(0)).shape
    (2, 3)

    Raises `ParameterError` unless p, n are positive integers and the variance is positive and finite.
    """
    shape = (dimension("p", p), dimension("n", n))
    return math.sqrt(_positive("variance", variance)) * rng.standard_normal(shape)


def goe(n: int, rng: np.random.Generator, variance: float = 1.0) -> Matrix:
    r"""A matrix of the Gaussian orthogonal ensemble, n x n, whose spectrum tends to the semicircle of that variance v.

    Off-diagonal entries have variance v/n, diagonal ones 2v/n, as in \sqrt{v/(2n)} (G + G^T), G standard Gaussian, and
    the law of S is that of O S O^T for every orthogonal O. E tr S^2 = v(n+1), E tr S^4 = v^2 (2n^2+5n+5)/n.

    >>> s = goe(4, generator(0))
    >>> bool((s == s.T).all())
    True

    Raises `ParameterError` unless n is a positive integer and the variance is positive and finite.
    Source: Mehta, Random Matrices (3rd ed. 2004), section 2.3; normalised so that tr S^2/n -> v.
    """
    scale = math.sqrt(_positive("variance", variance) / dimension("n", n))
    upper = _upper_gaussian(n, rng)
    upper *= scale
    upper[np.diag_indices(n)] *= math.sqrt(2)
    return _mirrored(upper)


def rademacher_wigner(n: int, rng: np.random.Generator, variance: float = 1.0) -> Matrix:
    r"""A Wigner matrix, n x n, symmetric with independent entries \pm\sqrt{v/n} on and above the diagonal.

    tr S^2 = v n without fluctuation, E tr S^4 = v^2 (2n - 1).

    >>> s = rademacher_wigner(4, generator(0))
    >>> float((s @ s).trace())
    4.0

    Raises `ParameterError` unless n is a positive integer and the variance is positive and finite.
    Source: Wigner, Ann. of Math. 62 (1955) 548, where the diagonal is zero.
    """
    size = dimension("n", n)
    upper = np.triu(rng.integers(0, 2, (size, size)) * 2.0 - 1.0)
    return math.sqrt(_positive("variance", variance) / size) * (upper + np.triu(upper, 1).T)


def haar_orthogonal(n: int, rng: np.random.Generator) -> Matrix:
    """An orthogonal n x n matrix with the Haar distribution: `haar_frame` of n columns.

    E u_ij^2 = 1/n, E u_ij^4 = 3/(n(n+2)).

    >>> q = haar_orthogonal(3, generator(0))
    >>> bool(np.allclose(q @ q.T, np.eye(3)))
    True

    Raises `ParameterError` unless n is a positive integer.
    Source: Mezzadri, Notices AMS 54 (2007) 592, section 5.
    """
    return haar_frame(n, n, rng)


def haar_frame(n: int, k: int, rng: np.random.Generator) -> Matrix:
    """The first k columns of an n x n Haar orthogonal matrix, at a cost of 4 n k^2 operations, shape (n, k).

    Q of the QR decomposition of a Gaussian matrix, with the columns' signs set so that R has a positive diagonal:
    only then is Q a function of the Gaussian matrix that commutes with left rotations.

    >>> q = haar_frame(5, 2, generator(0))
    >>> q.shape, bool(np.allclose(q.T @ q, np.eye(2)))
    ((5, 2), True)

    Raises `ParameterError` unless n and k are positive integers and k <= n.
    """
    if dimension("k", k) > dimension("n", n):
        raise ParameterError(f"{k} orthonormal columns need at least {k} rows; got {n}", n=n, k=k)
    q, r = np.linalg.qr(gaussian(n, k, rng))
    # Householder QR alone fixes the signs by the data (u_11 < 0 always), which is not Haar.
    signs = np.copysign(1.0, np.diagonal(r))
    return np.asarray(q * signs)


def wishart(p: int, n: int, rng: np.random.Generator, sigma: float = 1.0) -> Matrix:
    r"""A Wishart matrix W = \sigma^2 X X^T/n, p x p, with X a standard Gaussian p x n matrix.

    E tr W = p sigma^2, E tr W^2 = p sigma^4 (p+n+1)/n, E tr W^3 = p sigma^6 (p^2+n^2+3pn+3p+3n+4)/n^2.

    Where n >= p, X X^T is drawn through its triangular factor (Bartlett's decomposition), which has the same law and
    takes p^2/2 random numbers however large n is.

    >>> wishart(2, 5, generator(0), sigma=2).shape
    (2, 2)

    Raises `ParameterError` unless p, n are positive integers and sigma is positive and finite.
    Source: Letac, Massam, Scand. J. Stat. 31 (2004) 295, for the moments; Muirhead, Aspects of Multivariate Statistical
    Theory (1982), theorem 3.2.14, for the factor.
    """
    variance = _positive("sigma", sigma) ** 2 / dimension("n", n)
    if n < dimension("p", p):
        x = gaussian(p, n, rng, variance)
        return x @ x.T
    from scipy.linalg.lapack import dlauum

    # U U^T = X X^T with U upper triangular: rows from the last one upwards are projected onto what is left of R^n.
    factor = _upper_gaussian(p, rng)
    np.fill_diagonal(factor, np.sqrt(rng.chisquare(n - p + 1 + np.arange(p))))
    factor *= math.sqrt(variance)
    product, _ = dlauum(factor, overwrite_c=True)  # a third of the work of a full product
    return _mirrored(product)


def _upper_gaussian(n: int, rng: np.random.Generator) -> Matrix:
    """An n x n matrix in Fortran's order, standard Gaussian on and above the diagonal; below is anything."""
    matrix = np.zeros((n, n), order="F")
    for k in range(0, n, _BLOCK):
        stop = min(k + _BLOCK, n)
        matrix[:stop, k:stop] = rng.standard_normal((stop - k, stop)).T
    return matrix


def _mirrored(matrix: Matrix) -> Matrix:
    """The same matrix, its upper triangle copied onto the lower one, by blocks that fit the cache."""
    n = len(matrix)
    for k in range(0, n, _BLOCK):
        stop = min(k + _BLOCK, n)
        matrix[stop:, k:stop] = matrix[k:stop, stop:].T
        corner = np.triu(matrix[k:stop, k:stop])
        matrix[k:stop, k:stop] = corner + np.triu(corner, 1).T
    return matrix


def free_rotation(a: Matrix, rng: np.random.Generator) -> Matrix:
    """O A O^T with O Haar orthogonal: the spectrum of A in a random basis, asymptotically free of what O ignores.

    ``a`` is a symmetric n x n matrix; the result is symmetric to the last bit.

    >>> b = free_rotation(np.diag([1.0, 2.0, 3.0]), generator(0))
    >>> [round(float(v), 12) for v in symmetric_eigenvalues(b)]
    [1.0, 2.0, 3.0]

    Raises `ParameterError` if ``a`` is not a finite symmetric matrix.
    Source: Voiculescu, Invent. Math. 104 (1991) 201; Mingo, Speicher (2017), chapter 4.
    """
    symmetric = _symmetric(a)
    o = haar_orthogonal(len(symmetric), rng)
    rotated = o @ symmetric @ o.T
    return (rotated + rotated.T) / 2


def hermitisation(b: Matrix) -> Matrix:
    """The symmetric matrix [[0, B], [B^T, 0]], whose eigenvalues are plus and minus the singular values of B.

    ``b`` is p x n; the result is (p+n) x (p+n), with |p - n| eigenvalues 0 besides.

    >>> hermitisation(np.array([[2.0]]))
    array([[0., 2.],
           [2., 0.]])

    Raises `ParameterError` if ``b`` is not a matrix.
    """
    block = np.asarray(b, dtype=np.float64)
    if block.ndim != 2:
        raise ParameterError(f"a matrix is needed; got an array of shape {block.shape}", shape=block.shape)
    p, n = block.shape
    whole = np.zeros((p + n, p + n))
    whole[:p, p:] = block
    whole[p:, :p] = block.T
    return whole


def symmetric_eigenvalues(a: Matrix) -> NDArray[np.float64]:
    """The eigenvalues of a symmetric matrix, ascending, shape (n,).

    Computed by LAPACK's ``syevr``; each is off by a small multiple of the unit roundoff times the norm of A.

    >>> symmetric_eigenvalues(np.array([[0.0, 2.0], [2.0, 0.0]]))
    array([-2.,  2.])

    A matrix that is symmetric up to rounding counts as (A + A^T)/2.

    Raises `ParameterError` if ``a`` is not a finite symmetric matrix.
    """
    import scipy.linalg

    # The checks below have been made once; LAPACK reads one triangle of a copy it may destroy.
    values = scipy.linalg.eigvalsh(_symmetric(a).copy(order="F"), driver="evr", overwrite_a=True, check_finite=False)
    return np.asarray(values, dtype=np.float64)


def dimension(name: str, value: Any) -> int:
    """A dimension as an int; raises `ParameterError` unless it is a positive integer.

    >>> dimension("p", 3)
    3
    """
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
        raise ParameterError(f"the dimension {name} must be a positive integer; got {value!r}", name=name, value=value)
    return int(value)


def _positive(name: str, value: float) -> float:
    if not (value > 0 and math.isfinite(value)):
        raise ParameterError(f"{name} must be positive and finite; got {value}", name=name, value=value)
    return float(value)


def _symmetric(a: Matrix) -> Matrix:
    matrix = np.asarray(a, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise ParameterError(f"a square matrix is needed; got an array of shape {matrix.shape}", shape=matrix.shape)
    if not np.isfinite(matrix).all():
        raise ParameterError("the matrix has entries that are not finite", matrix=matrix)
    if not (matrix == matrix.T).all():
        gap = float(np.abs(matrix - matrix.T).max())
        if gap <= len(matrix) * np.finfo(float).eps * float(np.abs(matrix).max()):
            return (matrix + matrix.T) / 2
        raise ParameterError(f"the matrix is not symmetric (A - A^T reaches {gap:.3g}); use (A + A^T)/2", gap=gap)
    return matrix
