"""What a law says, in a convention: what is printed and exported of every kind of law."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import sympy

from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.latex import equation_latex, formula_lines, in_convention
from resolvent.derive.derivation.plain_text import polynomial_lines
from resolvent.derive.equations.equation import M, ResolventEquation


@dataclass(frozen=True)
class Statement:
    """A law's formula in one convention. What takes long to write is written on demand.

    Attributes:
        heading: what the formula is, before the words that say how the transform is defined: "equation in".
        formula: the formula on lines of LaTeX, and of text.
        latex: () -> the formula as one line of LaTeX.
        data: () -> plain values that `json.dumps` takes, by name.
        entries: names in the formula, each with what it stands for.
    """

    heading: str
    formula: Formula
    latex: Callable[[], str]
    data: Callable[[], Mapping[str, Any]]
    entries: tuple[tuple[str, str], ...] = ()


def equation_statement(equation: ResolventEquation, convention: str) -> Statement:
    """The statement of a law that has a polynomial equation.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> statement = equation_statement(semicircle().equation, "cauchy")
    >>> statement.latex(), statement.formula.text()
    ('G^{2} - z G + 1 = 0', ['G**2 - z*G + 1 = 0'])

    Raises `ParameterError` for an unknown convention.
    """
    in_convention(M, convention)
    return Statement(
        "equation in",
        Formula(
            lambda: formula_lines(equation.claim()[0], convention),
            lambda: polynomial_lines(*in_convention(equation.expr, convention)),
        ),
        partial(equation_latex, equation, convention),
        partial(_equation_data, equation, convention),
    )


def _equation_data(equation: ResolventEquation, convention: str) -> dict[str, Any]:
    expression, variable = in_convention(equation.expr, convention)
    return {
        "equation": {
            "polynomial": str(sympy.expand(expression)),
            "variable": str(variable),
            "degree": equation.degree,
            "latex": equation_latex(equation, convention),
        },
        "germ": [str(v) for v in equation.germ_expressions()],
    }
