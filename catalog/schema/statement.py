"""A model that is stated once, as a matrix: its law, its LaTeX and its sampler follow from the statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from resolvent.catalog.schema.ensemble import Matrix, Sampler
from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.exact.field import to_fmpq, to_sympy_rational
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.law import algebraic_law_of
from resolvent.derive.expressions.letter import ratio_latex
from resolvent.derive.expressions.letters import gaussian
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.numeric.expressions.expressed import Expressed, expressed
from resolvent.numeric.expressions.sampling import sample

Ratios = Mapping[Any, Any]


@dataclass(frozen=True)
class Statement:
    """A matrix and the ratios of its sizes, as a function of the parameters of an entry.

    Attributes:
        name: the matrix's name in LaTeX.
        parameters: those of the entry.
        build: (**parameters) -> the expression, and the ratios of its sizes.
        factor: the name of A in a multiple of A A^T or A^T A, if the LaTeX says by itself what A is.

    >>> from resolvent.derive.expressions.letters import dimension, gaussian
    >>> p, n = dimension("p"), dimension("n")
    >>> X = gaussian("X", p, n)
    >>> ratio = Parameter("c", "rows over columns", positive=True)
    >>> wishart = Statement("W", (ratio,), lambda c: (X @ X.T / n, {(p, n): c}))
    >>> wishart.law(c=1).moments(4)
    [1, 2, 5, 14]
    >>> wishart.sample(4, np.random.default_rng(0), c=0.5).shape
    (4, 4)
    """

    name: str
    parameters: tuple[Parameter, ...]
    build: Callable[..., tuple[MatrixExpression, Ratios]]
    factor: str = ""

    def law(self, **values: Any) -> AlgebraicLaw:
        """The law, from the Dyson equation of the matrix."""
        return algebraic_law_of(*self.build(**values))

    @property
    def latex(self) -> str:
        """The matrix, what its letters are, and the ratios of their sizes."""
        model, ratios = self.build(**{p.name: p.symbol for p in self.parameters})
        matrix, letters = model.latex(), [letter.latex for letter in model.letters().values()]
        said = [f"{self.name} = {matrix}"] if matrix != self.name else []
        if self.factor:
            said = self._factored(model)
        said += [*letters, *(ratio_latex(a, b, value) for (a, b), value in ratios.items())]
        return r",\quad ".join(said)

    def _factored(self, model: MatrixExpression) -> list[str]:
        """The matrix in terms of its factor, and the factor."""
        square = model.parts[0] if model.head == "scale" else model
        left, right = square.parts
        a = left if right.head == "transpose" else right
        named = gaussian(self.factor, a.rows[0], a.columns[0])  # any letter of that name
        written = (named @ named.T if a is left else named.T @ named) * model.scalar
        return [f"{self.name} = {written.latex()}", f"{self.factor} = {a.latex()}"]

    def sampler(self, name: str, doc: str, default_size: int = 1000, multiple_of: int = 1) -> Sampler:
        """The sampler of the matrix; its size is the number of rows, from which all others follow, rounded."""
        return Sampler(name, doc, self.sample, default_size, self.memory, multiple_of)

    def sample(self, size: int, rng: np.random.Generator, **values: Any) -> Matrix:
        """One draw with ``size`` rows; an option's choice among the values is left out."""
        part = self._part(values)
        sizes = {d: max(1, round(share * size)) for d, share in part.shares.items()}
        *others, last = part.model.rows
        if last not in others:  # the blocks fill the rows
            sizes[last] = max(1, size - sum(sizes[d] for d in others))
        drawn = sample(part.model, sizes, rng)
        return np.asarray((drawn + drawn.T) / 2)

    def memory(self, size: int, **values: Any) -> float:
        """An upper estimate, in bytes, of what a draw holds at its peak."""
        return 8.0 * self._part(values).workspace(size)

    def _part(self, values: Mapping[str, Any]) -> Expressed:
        return expressed(*self.build(**{p.name: to_sympy_rational(to_fmpq(values[p.name])) for p in self.parameters}))
