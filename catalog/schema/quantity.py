"""Numbers that an ensemble predicts besides its law: errors, times, counts, each with the experiment that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy
from flint import arb

from resolvent.catalog.schema.parameter import Parameter, unknown
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.expressions.trace import Trace, trace_ball, trace_of
from resolvent.numeric.expressions import MatrixExpression
from resolvent.numeric.matrices.ensembles import generator

Model = tuple[MatrixExpression, Mapping[Any, Any]]


@checked
@dataclass(frozen=True, eq=False)
class Quantity:
    r"""A number in the limit of large matrices, and the experiment whose outcome tends to it.

    Attributes:
        name: lower-case words joined by hyphens.
        doc: what it is.
        latex: its definition.
        parameters: all that it depends on.
        limit: (**floats) -> the limit, by the numeric route.
        experiment: (size, rng, **floats) -> the outcome of one run of the real thing.
        model: (**symbols or numbers) -> a matrix expression and the ratios of its sizes; its normalised trace is the
            quantity, where there is such an expression.
        cases: parameters at which the tests compare limit, trace and experiment.

    >>> from resolvent.catalog import get
    >>> risk = get("ridge").quantity("risk")
    >>> round(risk.at(g="1/2", ridge="3/10", signal="3/2", noise="2/5"), 8)
    0.31621738
    """

    name: str
    doc: str
    latex: str
    parameters: tuple[Parameter, ...]
    limit: Callable[..., float]
    experiment: Callable[..., float]
    model: Callable[..., Model] | None = None
    cases: tuple[Mapping[str, Any], ...] = ()

    def __repr__(self) -> str:
        return f"<Quantity {self.name}: {self.doc}>"

    def exact(self, **values: Any) -> Trace:
        """The quantity as an algebraic function, derived from its matrix expression; what is not given stays symbolic.

        Raises `ParameterError` where there is no expression, for unknown parameters and values outside their domain.
        """
        settings = self._validated(values)
        return trace_of(*self._stated({p.name: settings.get(p.name, p.symbol) for p in self.parameters}))

    def ball(self, **values: Any) -> arb:
        """The limit at numbers for all parameters, enclosed with proof by its matrix expression, without elimination.

        Raises `ParameterError` where there is no expression, and for a missing, unknown or wrong value.
        """
        return trace_ball(*self._stated(self._numbers(values)))

    def at(self, **values: Any) -> float:
        """The limit at numbers for all parameters; those with a default may be left out.

        Raises `ParameterError` for a missing, unknown or wrong value.
        """
        return float(self.limit(**self._floats(values)))

    def run(self, size: int, rng: np.random.Generator | int, **values: Any) -> float:
        """The outcome of one experiment of a size; it tends to the limit as the size grows.

        Raises `ParameterError` for a size below 2, and for a missing, unknown or wrong value.
        """
        if size < 2:
            raise ParameterError(f"the size of an experiment is at least 2; got {size}", size=size)
        return float(self.experiment(size, generator(rng), **self._floats(values)))

    def to_json(self) -> dict[str, Any]:
        """The quantity as plain values; functions are left out."""
        parameters = [p.to_json() for p in self.parameters]
        return {"name": self.name, "doc": self.doc, "latex": self.latex, "parameters": parameters}

    def _stated(self, settings: Mapping[str, Any]) -> Model:
        if self.model is None:
            raise ParameterError(f"{self.name} is no trace of a matrix expression; at(...) gives its value", of=self)
        return self.model(**settings)

    def _validated(self, values: Mapping[str, Any]) -> dict[str, sympy.Expr]:
        table = {p.name: p for p in self.parameters}
        for name in values:
            if name not in table:
                raise unknown(f"parameter of {self.name}", name, list(table))
        return {name: table[name].validate(value) for name, value in values.items()}

    def _numbers(self, values: Mapping[str, Any]) -> dict[str, sympy.Rational]:
        settings = self._validated(values)
        found = {}
        for p in self.parameters:
            value = settings.get(p.name, p.default)
            if value is None or not value.is_Rational:
                raise ParameterError(f"{self.name} needs a number for {p.name} ({p.doc}), in {p.domain}", parameter=p)
            found[p.name] = value
        return found

    def _floats(self, values: Mapping[str, Any]) -> dict[str, float]:
        return {name: float(value) for name, value in self._numbers(values).items()}
