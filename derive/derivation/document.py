"""A derivation written out: its steps in words and formulas, for all writers, and as plain text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import sympy

from resolvent.derive.derivation.latex import formula_lines, formula_text, in_convention
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import M

_MARKED = ("guessed", "assumed")


@dataclass(frozen=True)
class Formula:
    """A formula that is written on demand, since either way may take long: its lines as LaTeX, and as text."""

    latex: Callable[[], Sequence[str]]
    text: Callable[[], Sequence[str]]

    @classmethod
    def of(cls, formula: sympy.Basic, convention: str) -> Formula:
        """The formula in a convention."""
        return cls(partial(formula_lines, formula, convention), lambda: [formula_text(formula, convention)])


@dataclass(frozen=True)
class WrittenStep:
    """A step of a derivation, ready for a reader.

    Attributes:
        kind: "definition", "derived", "guessed" or "assumed".
        statement: what the rule says: LaTeX with formulas between dollar signs if ``in_latex``, else plain.
        uses: the numbers of the steps that it uses.
        latex: the text with formulas between dollar signs, where it was given so.
    """

    number: int
    kind: str
    rule: str
    statement: str
    in_latex: bool
    text: str
    uses: tuple[int, ...]
    reference: str
    formulas: tuple[Formula, ...]
    latex: str = ""

    @property
    def mark(self) -> str:
        """The kind where a reader must be told of it, "" otherwise."""
        return self.kind if self.kind in _MARKED else ""


def written_steps(steps: Sequence[Step], number: Callable[[Step], int], convention: str) -> tuple[WrittenStep, ...]:
    """The steps of a derivation, each with its number.

    Raises `ParameterError` for an unknown convention.
    """
    in_convention(M, convention)
    return tuple(
        WrittenStep(
            number=number(step),
            kind=step.kind,
            rule=step.rule.name,
            statement=step.rule.latex or step.rule.statement,
            in_latex=bool(step.rule.latex),
            text=step.text,
            uses=tuple(sorted({number(s) for s in step.uses})),
            reference=step.rule.reference,
            formulas=tuple(Formula.of(f, convention) for f in step.formulas),
            latex=step.in_latex,
        )
        for step in steps
    )


def derivation_text(steps: Sequence[WrittenStep], evidence: str) -> str:
    """The steps as plain text, one numbered step after the other.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> print(semicircle().derivation.text())
    1. definition by a transform: the R-transform of semicircle(1)
       R(g) = g
    2. R-transform: the equation of semicircle(1), from its R-transform [from 1]
       z + 1/m = -m
       m**2 + m*z + 1 = 0
    evidence: proved
    """
    lines = [line for step in steps for line in _text_lines(step)]
    assumed = [f"assumed (step {step.number}): {step.text}" for step in steps if step.kind == "assumed"]
    return "\n".join([*lines, f"evidence: {evidence}", *assumed])


def _text_lines(step: WrittenStep) -> Iterator[str]:
    mark = f" ({step.mark})" if step.mark else ""
    used = f" [from {', '.join(map(str, step.uses))}]" if step.uses else ""
    yield f"{step.number}. {step.rule}{mark}: {step.text}{used}"
    for formula in step.formulas:
        yield from (f"   {line}" for line in formula.text())


def sentence(text: str) -> str:
    """The words with a capital, unless they begin with an expression."""
    return text[:1].upper() + text[1:] if text.split(" ")[0].replace(",", "").isalpha() else text
