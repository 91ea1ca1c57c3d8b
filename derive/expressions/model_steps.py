"""The first steps of a derivation from a matrix: the model as it was stated, and its pencil."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from resolvent.derive.derivation.step import Step
from resolvent.derive.expressions import rules
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.letter import SymbolicSize
from resolvent.derive.expressions.pencil import Pencil


def linearisation_step(
    model: MatrixExpression,
    pencil: Pencil,
    ratios: Mapping[tuple[SymbolicSize, SymbolicSize], Any],
    verify: Callable[[], bool] | None,
    what: str = "E",
) -> Step:
    """The pencil of a model, after the step that states it: ``what`` it defines, its letters and the ratios."""
    definitions = [letter.definition for letter in model.letters().values()]
    sizes = [f"{a}/{b} -> {value}" for (a, b), value in ratios.items()]
    definition = Step(rules.MODEL, f"{what} = {model}; {'; '.join([*definitions, *sizes])}", kind="definition")
    return Step(
        rules.LINEARISATION,
        f"a pencil of {pencil.size} state{'s' if pencil.size > 1 else ''} for E",
        uses=(definition,),
        build=pencil.claim,
        verify=verify,
    )
