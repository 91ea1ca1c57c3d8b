"""The words of the language: dimensions, Gaussian, Wigner, Haar and given matrices, identities, inverses, blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sympy

from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.expressions.expression import MatrixExpression, identity, inverse
from resolvent.derive.expressions.letter import Letter, SymbolicSize, check_name
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import scalar_of
from resolvent.derive.laws.elementary import atoms
from resolvent.derive.laws.irrational import with_names

Sizes = SymbolicSize | Sequence[SymbolicSize]


@checked
def dimension(name: str) -> SymbolicSize:
    """A symbolic size, such as the rows of a matrix; sizes tend to infinity at fixed ratios.

    >>> n = dimension("n")
    >>> 1 / sympy.sqrt(n)
    1/sqrt(n)

    Raises `ParameterError` for a name that is no identifier or is z.
    """
    return SymbolicSize(check_name(name, "a dimension"))


@checked
def gaussian(name: str, rows: Sizes, columns: Sizes, variance: Any = 1, *, complex: bool = False) -> MatrixExpression:
    """A matrix of independent centred entries of that variance (Gaussian when drawn; the law needs two moments only).

    With several block rows or block columns the variance is a table, one entry for each block: a variance profile.
    Complex entries x have E|x|^2 = variance and E x^2 = 0; such matrices have an adjoint, ``X.H``, in place of ``X.T``.

    >>> p, n = dimension("p"), dimension("n")
    >>> gaussian("X", p, n).shape
    'p x n'
    >>> gaussian("X", [p, n], n, [[1], ["1/2"]])
    block([[X_11], [X_21]])

    Raises `ParameterError` for names that are no identifiers, sizes that are no dimensions, and numbers below 0.
    """
    row_sizes, column_sizes = _sizes(rows), _sizes(columns)
    if len(row_sizes) == len(column_sizes) == 1:
        return _letter(
            Letter(
                check_name(name, "a matrix"),
                "gaussian",
                row_sizes[0],
                column_sizes[0],
                _variance(variance),
                is_complex=complex,
            )
        )
    table = _table(variance, len(row_sizes), len(column_sizes))
    return block(
        [
            [
                gaussian(f"{name}_{i}{j}", r, c, table[i - 1][j - 1], complex=complex)
                for j, c in enumerate(column_sizes, 1)
            ]
            for i, r in enumerate(row_sizes, 1)
        ]
    )


@checked
def wigner(name: str, size: Sizes, variance: Any = 1, *, complex: bool = False) -> MatrixExpression:
    """A symmetric matrix whose law is the semicircle of that variance v: entries of variance v/p; Hermitian if complex.

    With several blocks the variance is a symmetric table v_ij and block (i, j) has entries of variance v_ij/p_i, where
    p_i is the size of the block that comes first.

    >>> p = dimension("p")
    >>> wigner("S", p).shape
    'p x p'

    Raises `ParameterError` as `gaussian` does, for a second size, and for a table that is not symmetric.
    """
    sizes = _sizes(size)
    if isinstance(variance, SymbolicSize):
        raise ParameterError(
            f"{name} is square and has one size, wigner({name!r}, {size}); what stands after it is the variance of its "
            f"semicircle, which depends on no size; got {variance}",
            variance=variance,
        )
    if len(sizes) == 1:
        return _letter(
            Letter(check_name(name, "a matrix"), "wigner", sizes[0], sizes[0], _variance(variance), is_complex=complex)
        )
    table = _table(variance, len(sizes), len(sizes))
    if any(table[i][j] != table[j][i] for i in range(len(sizes)) for j in range(i)):
        raise ParameterError("the variances of a symmetric matrix form a symmetric table", variance=variance)
    rows: list[list[MatrixExpression]] = [[] for _ in sizes]
    for i, r in enumerate(sizes):
        for j, c in enumerate(sizes):
            if j < i:
                rows[i].append(rows[j][i].H)
            elif i == j:
                rows[i].append(wigner(f"{name}_{i + 1}{i + 1}", r, table[i][i], complex=complex))
            else:
                between = _scalar(table[i][j]) / r
                rows[i].append(gaussian(f"{name}_{i + 1}{j + 1}", r, c, between, complex=complex))
    return block(rows)


@checked
def haar(name: str, size: SymbolicSize, *, complex: bool = False) -> MatrixExpression:
    """An orthogonal (unitary, if complex) matrix of that size with the Haar distribution.

    >>> haar("U", dimension("p")).letter.definition
    'U: haar(p)'
    """
    (p,) = _sizes(size)
    return _letter(Letter(check_name(name, "a matrix"), "haar", p, p, is_complex=complex))


@checked
def given(name: str, size: SymbolicSize, law: Any = None) -> MatrixExpression:
    """A symmetric matrix with that limiting law, in generic position: deterministic, or independent and rotated freely.

    ``law`` is an `AlgebraicLaw`, such as ``rv.atoms([1, 3])``. Without one the spectrum is left open, and its traces
    stay in the equations of `law_of` and `trace_of`.

    >>> from resolvent.derive.laws.elementary import atoms
    >>> given("T", dimension("p"), law=atoms([1, 3])).letter.definition
    'T: given(p, atoms([1, 3]))'

    Raises `ParameterError` for anything else.
    """
    (p,) = _sizes(size)
    if law is None:
        return _letter(Letter(check_name(name, "a matrix"), "given", p, p))
    if not isinstance(law, AlgebraicLaw):
        raise ParameterError(f"the law of {name} must be a law with an equation, atoms([1, 3]) say; got {law!r}")
    _require_no_size(name, law.parameters)
    return _letter(Letter(check_name(name, "a matrix"), "given", p, p, law=law, spectrum=law.text))


@checked
def commuting(
    names: Sequence[str], size: SymbolicSize, points: Sequence[Sequence[Any]] | None = None, weights: Any = None
) -> tuple[MatrixExpression, ...]:
    """Given matrices that commute, with their joint spectrum: ``points`` has one tuple of eigenvalues for each atom.

    Without points the joint spectrum is left open, and its traces stay in the equations.

    >>> A, B = commuting(["A", "B"], dimension("p"), [(1, 2), (3, 0)], ["1/4", "3/4"])
    >>> A.letter.points
    (1, 3)

    Raises `ParameterError` unless there are as many eigenvalues as names, and as many weights as points.
    """
    (p,) = _sizes(size)
    chosen = tuple(check_name(n, "a matrix") for n in names)
    group = "+".join(chosen)
    if points is None:
        return tuple(_letter(Letter(name, "given", p, p, group=group)) for name in chosen)
    table = [tuple(_scalar(x) for x in point) for point in points]
    _require_no_size(group, [x for point in table for x in point])
    shares = [sympy.Rational(1, len(table))] * len(table) if weights is None else [_scalar(w) for w in weights]
    if not table or any(len(point) != len(chosen) for point in table) or len(shares) != len(table):
        raise ParameterError(
            "each point lists one eigenvalue for each matrix, and there are as many weights as points", points=points
        )
    made = []
    for k, name in enumerate(chosen):
        own = tuple(point[k] for point in table)
        law = atoms(list(own), list(shares))
        made.append(_letter(Letter(name, "given", p, p, law=law, group=group, points=own, weights=tuple(shares))))
    return tuple(made)


@checked
def projection(name: str, size: SymbolicSize, rank: Any) -> MatrixExpression:
    """An orthogonal projection of relative rank ``rank``, between 0 and 1, in generic position.

    >>> projection("P", dimension("p"), "1/3").letter.law
    atoms([0, 1], [2/3, 1/3])

    Raises `ParameterError` for a number outside [0, 1].
    """
    share = _scalar(rank)
    if any(isinstance(symbol, SymbolicSize) for symbol in share.free_symbols):
        raise ParameterError(
            f"the rank of the projection {name} is relative to its size: give the limit of rank/{size}, as in "
            f"projection({name!r}, {size}, '1/2') or a symbol; got {share}",
            rank=rank,
        )
    if share.is_number and not 0 <= share <= 1:
        raise ParameterError(f"the relative rank of {name} must lie between 0 and 1; got {share}", rank=rank)
    if share in (0, 1):
        return given(name, size, atoms([share]))
    return given(name, size, atoms([0, 1], [1 - share, share]))


def _require_no_size(name: str, values: Iterable[sympy.Expr]) -> None:
    """Sizes tend to infinity: none may stand in the spectrum of a given matrix."""
    sizes = {s for value in values for s in value.free_symbols if isinstance(s, SymbolicSize)}
    if sizes:
        named = ", ".join(sorted(map(str, sizes)))
        raise ParameterError(
            f"the spectrum of {name} depends on the size {named}, which tends to infinity", sizes=sizes
        )


@checked
def inv(of: MatrixExpression) -> MatrixExpression:
    """The inverse of a square matrix.

    >>> p = dimension("p")
    >>> inv(wigner("S", p) + 3)
    inv(S + 3)

    Raises `ParameterError` for a matrix that is not square.
    """
    return inverse(of)


@checked
def block(rows: Sequence[Sequence[Any]]) -> MatrixExpression:
    """The matrix made of blocks, row by row; 0 stands for a zero block where the sizes follow from the others.

    A block may be a block matrix itself.

    >>> p, n = dimension("p"), dimension("n")
    >>> X = gaussian("X", p, n)
    >>> block([[0, X], [X.T, 0]]).shape
    '(p + n) x (p + n)'

    Raises `ParameterError` for blocks whose sizes do not fit, naming the place.
    """
    table = [list(row) for row in rows]
    if not table or not table[0] or any(len(row) != len(table[0]) for row in table):
        raise ParameterError("a block matrix is a list of rows of equal length", rows=rows)
    heights, widths = [_common(row) for row in table], [_common(column) for column in zip(*table, strict=True)]
    sizes_down = [_agreed([b.rows for b in found], f"block row {i}") for i, found in enumerate(heights, 1)]
    sizes_across = [_agreed([b.columns for b in found], f"block column {j}") for j, found in enumerate(widths, 1)]
    parts: list[MatrixExpression] = []
    for i, row in enumerate(table):
        for j, entry in enumerate(row):
            if not isinstance(entry, MatrixExpression):
                value = _factor(entry)
                if value != 0 and sizes_down[i] != sizes_across[j]:
                    raise ParameterError(
                        f"block ({i + 1}, {j + 1}) is the number {value}, but the block is not square", rows=rows
                    )
                entry = _zero(sizes_down[i], sizes_across[j]) if value == 0 else value * identity(sizes_down[i])
            parts.append(entry)
    rows_, columns = (tuple(d for sizes in side for d in sizes) for side in (sizes_down, sizes_across))
    return MatrixExpression("block", tuple(parts), rows_, columns)


@checked
def kron(small: Sequence[Sequence[Any]] | sympy.MatrixBase, of: MatrixExpression) -> MatrixExpression:
    """The Kronecker product of a small matrix of scalars, a SymPy one or its rows, with an expression: a block matrix.

    >>> S = wigner("S", dimension("p"))
    >>> kron([[0, 1], [1, 0]], S).shape
    '(p + p) x (p + p)'
    """
    rows = small.tolist() if isinstance(small, sympy.MatrixBase) else small
    table = [[_factor(x) for x in row] for row in rows]
    return block([[_zero(of.rows, of.columns) if x == 0 else x * of for x in row] for row in table])


def _zero(rows: tuple[SymbolicSize, ...], columns: tuple[SymbolicSize, ...]) -> MatrixExpression:
    return MatrixExpression("zero", (), rows, columns)


def _common(entries: Sequence[Any]) -> list[MatrixExpression]:
    return [e for e in entries if isinstance(e, MatrixExpression)]


def _agreed(shapes: list[tuple[SymbolicSize, ...]], place: str) -> tuple[SymbolicSize, ...]:
    if not shapes:
        raise ParameterError(f"{place} has no matrix, so its size is unknown; write an identity with its dimension")
    if any(s != shapes[0] for s in shapes):
        raise ParameterError(f"{place} has blocks of different sizes: {', '.join(str(s[0]) for s in shapes)}")
    return shapes[0]


def _letter(letter: Letter) -> MatrixExpression:
    return MatrixExpression("letter", (), (letter.rows,), (letter.columns,), letter=letter)


def _sizes(size: Any) -> tuple[SymbolicSize, ...]:
    sizes = (size,) if isinstance(size, sympy.Symbol) or not isinstance(size, Sequence) else tuple(size)
    if not sizes or not all(isinstance(d, SymbolicSize) for d in sizes):
        raise ParameterError(f"a size is a dimension, rv.dimension('n'); got {size!r}", size=size)
    return sizes


def _scalar(value: Any) -> sympy.Expr:
    """A number, irrational ones included, or a rational function of parameters."""
    (named,), numbers = with_names((value,))
    rational = scalar_of(named)
    return value if numbers else rational


def _factor(value: Any) -> sympy.Expr:
    """A scalar as it may stand before a matrix: complex, or with square roots of parameters."""
    return value if isinstance(value, sympy.Expr) else _scalar(value)


def _variance(value: Any) -> sympy.Expr:
    variance = _scalar(value)
    if variance.is_negative:
        raise ParameterError(f"a variance must not be negative; got {variance}", variance=variance)
    return variance


def _table(value: Any, rows: int, columns: int) -> list[list[Any]]:
    if not isinstance(value, (list, tuple)):
        return [[value] * columns for _ in range(rows)]
    table = [list(row) if isinstance(row, (list, tuple)) else [row] for row in value]
    if len(table) != rows or any(len(row) != columns for row in table):
        raise ParameterError(f"the variances form a table of {rows} rows and {columns} columns", variance=value)
    return table
