"""The matrix of an expression as a part of a matrix model: all its sizes follow from its number of rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.letter import SymbolicSize
from resolvent.derive.expressions.scaling import scales_of
from resolvent.numeric.expressions.sampling import sample_in_some_basis
from resolvent.numeric.matrices.free_matrix import FreeMatrix, thinned
from resolvent.numeric.matrices.matrix_parts import Part, whole

_LARGEST_STEP = 1000


@dataclass(frozen=True)
class Expressed(Part):
    """The matrix of an expression without parameters.

    Attributes:
        model: the expression.
        shares: every size over the number of rows.
        multiple_of: other numbers of rows are cut from the next multiple, by a random choice of its eigenvalues.
    """

    model: MatrixExpression
    shares: Mapping[SymbolicSize, Fraction]
    multiple_of: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expressed) and (str(self.model), dict(self.shares)) == (
            str(other.model),
            dict(other.shares),
        )

    def __hash__(self) -> int:
        return hash(str(self.model))

    @property
    def dimensions(self) -> tuple[Fraction, ...]:
        return (Fraction(1, self.multiple_of), *self.shares.values())

    def _size(self, rows: int) -> int:
        return math.ceil(rows / self.multiple_of) * self.multiple_of

    def draw(self, rows: int, rng: np.random.Generator) -> FreeMatrix:
        size = self._size(rows)
        sizes = {d: max(1, whole(share * size, rng)) for d, share in self.shares.items()}
        made = sample_in_some_basis(self.model, sizes, rng)
        if np.iscomplexobj(made):  # Hermitian: its eigenvalues are all that is kept
            found = FreeMatrix(np.asarray(np.linalg.eigvalsh((made + made.conj().T) / 2), float))
        else:
            found = FreeMatrix((made + made.T) / 2)
        return found if size == rows else thinned(found.eigenvalues(), rows, rng)

    def workspace(self, rows: int) -> float:
        size = self._size(rows)
        shapes = ((node.rows, node.columns) for node in self.model.nodes())
        return 4.0 * sum(math.prod(sum(math.ceil(self.shares[d] * size) for d in s) for s in pair) for pair in shapes)


def expressed(model: MatrixExpression, ratios: Mapping[Any, Any]) -> Expressed:
    """The part of an expression whose ratios and scalars are numbers.

    Raises `ParameterError` for a ratio that is no rational number, and for blocks whose sizes no common number of rows
    below 1000 makes integers.
    """
    values = {d: _fraction(r) for d, r in scales_of(model.dimensions(), ratios).ratios.items()}
    total = sum((values[d] for d in model.rows), start=Fraction(0))
    shares = {d: r / total for d, r in values.items()}
    step = 1
    if len(model.rows) > 1:  # the blocks fill the rows exactly
        step = math.lcm(*(shares[d].denominator for d in Counter(model.rows)))
    if step > _LARGEST_STEP:
        raise ParameterError(
            f"the blocks of {model} have whole sizes only for multiples of {step} rows; take simpler ratios",
            model=model,
        )
    return Expressed(model, shares, step)


def _fraction(value: Any) -> Fraction:
    q = to_fmpq(value)
    return Fraction(int(q.p), int(q.q))
