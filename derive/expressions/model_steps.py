"""The first steps of a derivation from a matrix: the model as it was stated, and its pencil."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import sympy

from resolvent.derive.derivation import rules as general
from resolvent.derive.derivation.latex import expression_latex
from resolvent.derive.derivation.step import Step
from resolvent.derive.expressions import rules
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.letter import Ratios, ratio_latex
from resolvent.derive.expressions.pencil import Pencil

_CALLED = r"\mathcal{E}"  # what a model is called in formulas; no letter looks so


def linearisation_step(
    model: MatrixExpression,
    pencil: Pencil,
    ratios: Ratios,
    verify: Callable[[], bool] | None,
    trace: bool = False,
) -> Step:
    """The pencil of a model, after the step that states it: E or its trace, its letters and the ratios."""
    name = "E" if "E" not in model.letters() else "the matrix"
    what = f"tau = lim (1/p) tr {name}, {name}" if trace else name
    definitions = [letter.definition for letter in model.letters().values()]
    sizes = [f"{a}/{b} -> {value}" for (a, b), value in ratios.items()]
    definition = Step(
        rules.MODEL,
        f"{what} = {model}; {'; '.join([*definitions, *sizes])}",
        kind="definition",
        latex=partial(_model_latex, model, ratios, trace),
    )
    counted = f"a pencil of {pencil.size} state{'s' if pencil.size > 1 else ''} for"
    divided = _divided(pencil)
    told = [f"{', '.join(names)} {_is(names)} divided by {by}" for by, names in divided.items()]
    return Step(
        rules.LINEARISATION,
        f"{counted} {name}{_where(told)}",
        uses=(definition,),
        build=pencil.claim,
        verify=verify,
        latex=partial(_pencil_latex, counted, divided),
    )


def _model_latex(model: MatrixExpression, ratios: Ratios, trace: bool) -> str:
    called = rf"\tau = \lim \tfrac{{1}}{{p}} \operatorname{{tr}} {_CALLED},\ {_CALLED}" if trace else _CALLED
    letters = [f"${letter.latex}$" for letter in model.letters().values()]
    limits = [f"${ratio_latex(*pair, value)}$" for pair, value in ratios.items()]
    return "; ".join([f"${called} = {model.latex()}$", *letters, *limits])


def _pencil_latex(counted: str, divided: Mapping[sympy.Expr, Sequence[str]]) -> str:
    shown = [
        f"{', '.join(f'${expression_latex(sympy.Symbol(n))}$' for n in names)} {_is(names)} divided by "
        f"${expression_latex(by)}$"
        for by, names in divided.items()
    ]
    return f"{counted} ${_CALLED}${_where(shown)}"


def _divided(pencil: Pencil) -> dict[sympy.Expr, list[str]]:
    """By what the letters of a pencil are divided, so that it depends on ratios of sizes only; and which they are."""
    unit = next(size for size, ratio in pencil.scales.ratios.items() if ratio == 1)
    found: dict[sympy.Expr, list[str]] = {}
    for name, letter in pencil.letters.items():
        if letter.kind == "gaussian":
            power = (1 + pencil.scales.read(letter.variance).order) / 2
            by = sympy.Symbol(str(unit), positive=True) ** sympy.Rational(power.numerator, power.denominator)
            found.setdefault(by, []).append(name)
    return {by: names for by, names in found.items() if by != 1}


def _where(clauses: Sequence[str]) -> str:
    return f", where {', and '.join(clauses)}" if clauses else ""


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def generic_position(names: Sequence[str]) -> Step:
    """What is assumed of given matrices that are not said to commute."""
    told = "are in generic position to one another"
    shown = " and ".join(f"${expression_latex(sympy.Symbol(name))}$" for name in names)
    return Step(general.FREENESS, f"{' and '.join(names)} {told}", kind="assumed", latex=f"{shown} {told}")
