"""Matrices of an expression: every letter is drawn once, and the expression is computed with numpy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.exact.trees import parts_first
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.letter import Letter, SymbolicSize
from resolvent.derive.expressions.pointing import pointing
from resolvent.numeric.expressions.rounding import Variances, share_of_rounding, variances_of
from resolvent.numeric.matrices.ensembles import generator, goe, haar_orthogonal
from resolvent.numeric.spectrum.spectrum import Spectrum

Matrix = NDArray[Any]
_MOST_ROUNDING = 1e-3  # the share of an inverse that may be rounding


def sample(model: MatrixExpression, sizes: Mapping[Any, int], rng: Any, **values: Any) -> Matrix:
    """The matrix of an expression at these sizes and values of the parameters, each letter drawn once.

    ``sizes`` maps dimensions (or their names) to integers; ``rng`` is a numpy Generator or a seed. Gaussian and Wigner
    matrices have Gaussian entries. A given matrix has the quantiles of its law as eigenvalues and is rotated by a Haar
    matrix, the same for matrices that commute.

    >>> from resolvent.numeric.expressions import dimension, gaussian
    >>> p, n = dimension("p"), dimension("n")
    >>> X = gaussian("X", p, n)
    >>> sample(X @ X.T / n, {p: 3, n: 5}, 0).shape
    (3, 3)

    Raises `ParameterError` for a dimension without a size or a parameter without a value, `DerivationError` for an
    inverse that does not exist at these sizes, or of which rounding leaves too little.
    """
    return _computed(model, _sizes(model, sizes), generator(rng), values, set())


def sample_in_some_basis(model: MatrixExpression, sizes: Mapping[Any, int], rng: np.random.Generator) -> Matrix:
    """The matrix of an expression without parameters, up to a rotation: its eigenvalues have the law of `sample`'s.

    Of the given matrices of every size one is diagonal, or those of one group. Its rotation can be left out, as the law
    of all other letters is the same in every basis; at large sizes it would take most of the time.
    """
    first: dict[SymbolicSize, str] = {}
    for name, letter in model.letters().items():
        if letter.kind == "given":
            first.setdefault(letter.rows, letter.group or name)
    return _computed(model, _sizes(model, sizes), rng, {}, set(first.values()))


def _computed(
    model: MatrixExpression,
    numbers: Mapping[SymbolicSize, int],
    rng: np.random.Generator,
    values: Mapping[str, Any],
    diagonal: Collection[str],
) -> Matrix:
    drawn = _draw(model, numbers, rng, values, diagonal)
    inside = [node.parts[0] for node in model.nodes() if node.head == "inverse"]
    inverted = {id(node) for node in parts_first(inside, lambda node: node.parts)}
    done: dict[int, Matrix] = {}
    errors: dict[int, Variances] = {}
    for node in model.nodes():
        parts = [done[id(part)] for part in node.parts]
        value = done[id(node)] = _value(node, parts, drawn, numbers, values)
        if node.head == "inverse":
            own = errors[id(node.parts[0])]
            if not share_of_rounding(parts[0], value, own) < _MOST_ROUNDING:
                with pointing(model):
                    raise _singular(node, parts[0], own, numbers)
        if id(node) in inverted:
            known = [errors[id(part)] for part in node.parts]
            factor = _number(node.scalar, numbers, values)
            errors[id(node)] = variances_of(node, parts, known, value, factor)
    return done[id(model)]


def _singular(
    node: MatrixExpression, inverted: Matrix, errors: Variances, sizes: Mapping[SymbolicSize, int]
) -> DerivationError:
    """The refusal of an inverse, with the rank of what is inverted."""
    rows = len(inverted)
    told = ", ".join(f"{d} = {sizes[d]}" for d in node.dimensions())
    singular = np.linalg.svd(inverted, compute_uv=False) if np.isfinite(inverted).all() else np.zeros(rows)
    level = max(float(singular.max()) * rows * np.finfo(float).eps, 2.0**-50 * float(np.sqrt(errors.sum())))
    rank = int((singular > level).sum())
    why = f"of its {rows} rows {rank} are independent" if rank < rows else "rounding leaves fewer than 3 digits of it"
    return DerivationError(
        f"{node} does not exist at these sizes, {told}: {node.parts[0]} is singular or next to it, {why}", of=node
    )


def _sizes(model: MatrixExpression, sizes: Mapping[Any, int]) -> dict[SymbolicSize, int]:
    known = {str(d): n for d, n in sizes.items()}
    found = {}
    for d in model.dimensions():
        size = known.get(str(d))
        if size is None:
            raise ParameterError(f"the size of {d} is missing; give sizes={{{d}: 500}}", dimension=d)
        if isinstance(size, bool) or not hasattr(size, "__index__") or int(size) < 1:
            raise ParameterError(f"the size of {d} must be a positive integer; got {size!r}", dimension=d)
        found[d] = int(size)
    return found


def _number(scalar: sympy.Expr, sizes: Mapping[SymbolicSize, int], values: Mapping[str, Any]) -> complex:
    """A scalar at numbers for all its symbols."""
    images: dict[Any, Any] = {}
    for symbol in scalar.free_symbols:
        if symbol in sizes:
            images[symbol] = sizes[symbol]
        elif symbol.name in values:
            q = to_fmpq(values[symbol.name])
            images[symbol] = sympy.Rational(int(q.p), int(q.q))
        else:
            raise ParameterError(f"the parameter {symbol} needs a value: sample(..., {symbol}=1)", symbol=symbol)
    return complex(scalar.subs(images))


def _draw(
    model: MatrixExpression,
    sizes: Mapping[SymbolicSize, int],
    rng: np.random.Generator,
    values: Mapping[str, Any],
    diagonal: Collection[str],
) -> dict[str, Matrix]:
    """Every letter; the given matrices of the names or groups in ``diagonal`` are not rotated."""
    rotations: dict[str, tuple[Matrix | None, float]] = {}
    drawn: dict[str, Matrix] = {}
    for name, letter in model.letters().items():
        rows, columns = sizes[letter.rows], sizes[letter.columns]
        variance = _number(letter.variance, sizes, values).real
        if variance < 0:
            raise ParameterError(f"the variance of {name} is negative at these values", letter=letter)
        if letter.kind == "gaussian":
            drawn[name] = np.sqrt(variance) * _ginibre(rows, columns, rng, letter.is_complex)
        elif letter.kind == "wigner" and letter.is_complex:
            square = _ginibre(rows, rows, rng, True)
            drawn[name] = (square + square.conj().T) * np.sqrt(variance / (2 * rows))
        elif letter.kind == "wigner":
            drawn[name] = goe(rows, rng) * np.sqrt(variance)
        elif letter.kind == "haar" and letter.is_complex:
            q, r = np.linalg.qr(_ginibre(rows, rows, rng, True))
            drawn[name] = q * (np.diag(r) / np.abs(np.diag(r)))
        elif letter.kind == "haar":
            drawn[name] = haar_orthogonal(rows, rng)
        else:
            key = letter.group or name
            if key not in rotations:
                rotations[key] = None if key in diagonal else haar_orthogonal(rows, rng), rng.random()
            basis, offset = rotations[key]
            eigenvalues = _eigenvalues(letter, rows, sizes, values, offset)
            drawn[name] = np.diag(eigenvalues) if basis is None else (basis * eigenvalues) @ basis.T
    return drawn


def _ginibre(rows: int, columns: int, rng: np.random.Generator, is_complex: bool) -> Matrix:
    """Independent standard Gaussian entries; complex ones have independent parts, E|x|^2 = 1 and E x^2 = 0."""
    real = rng.standard_normal((rows, columns))
    return (real + 1j * rng.standard_normal((rows, columns))) / np.sqrt(2) if is_complex else real


def _eigenvalues(
    letter: Letter, size: int, sizes: Mapping[SymbolicSize, int], values: Mapping[str, Any], offset: float
) -> NDArray[np.float64]:
    """The eigenvalues of a given matrix: its points by their weights, or the quantiles of its law, at (i + offset)/n.

    A uniform offset makes the mean of the empirical measure exact.
    """
    levels = (np.arange(size) + offset) / size
    if letter.points:
        shares = np.cumsum([_number(w, sizes, values).real for w in letter.weights])
        points = np.array([_number(x, sizes, values).real for x in letter.points])
        return np.asarray(points[np.minimum(np.searchsorted(shares, levels), len(points) - 1)])
    if letter.law is None:
        raise ParameterError(f"{letter.name} has no spectrum; give it one, model.with_spectra({letter.name}=...)")
    own = {s.name: values[s.name] for s in letter.law.parameters if s.name in values}
    return np.asarray(Spectrum(letter.law, **own).ppf(levels))


def _value(
    node: MatrixExpression,
    parts: list[Matrix],
    drawn: Mapping[str, Matrix],
    sizes: Mapping[SymbolicSize, int],
    values: Mapping[str, Any],
) -> Matrix:
    rows, columns = (sum(sizes[d] for d in shape) for shape in (node.rows, node.columns))
    if node.letter is not None:
        return drawn[node.letter.name]
    if node.head == "identity":
        return np.eye(rows)
    if node.head == "zero":
        return np.zeros((rows, columns))
    if node.head == "scale":
        factor = _number(node.scalar, sizes, values)
        return parts[0] * (factor.real if factor.imag == 0 else factor)
    if node.head == "sum":
        return np.asarray(parts[0] + parts[1])
    if node.head == "product":
        return np.asarray(parts[0] @ parts[1])
    if node.head == "transpose":
        return parts[0].conj().T if node.parts[0].is_complex else parts[0].T
    if node.head == "inverse":
        try:
            return np.asarray(np.linalg.inv(parts[0]))
        except np.linalg.LinAlgError:
            return np.full(parts[0].shape, np.nan)
    width = node.width
    return np.block([parts[k : k + width] for k in range(0, len(parts), width)])
