"""A derivation: the steps from the definition of an ensemble to its equation, each with a claim and a check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from resolvent.derive.border import checked
from resolvent.derive.derivation.document import WrittenStep, derivation_text, written_steps
from resolvent.derive.derivation.step import Evidence, Step
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.exact.trees import parts_first
from resolvent.derive.presentation import Presented, show


@checked
@dataclass(frozen=True, eq=False, repr=False)
class Derivation(Presented):
    """The ordered list of steps that end in the last one's claim.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> derivation = (semicircle() + semicircle(2)).derivation
    >>> derivation.check()
    True
    >>> [step.kind for step in derivation.assumptions]
    ['assumed']
    """

    last: Step

    def __reduce__(self) -> tuple[Any, ...]:
        return Derivation, (self.last,)  # the numbers go by identity, and are no part of a copy

    def __repr__(self) -> str:
        count = len(self.steps)
        return f"<Derivation: {count} step{'s' if count != 1 else ''}; {self.evidence_in_words}>"

    def __str__(self) -> str:
        return self.text()

    def __eq__(self, other: object) -> bool:
        """Whether two derivations have the same steps, with the same claims, in the same order."""
        if not isinstance(other, Derivation):
            return NotImplemented
        return self._keys() == other._keys() and all(
            a.formulas == b.formulas for a, b in zip(self.steps, other.steps, strict=True)
        )

    def __hash__(self) -> int:
        return hash(self._keys())

    def _keys(self) -> tuple[tuple[object, ...], ...]:
        return tuple((s.rule, s.text, s.kind, s.types_in, *map(self.number, s.uses)) for s in self.steps)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps, each after the ones it uses; a step made twice, for two uses of one law, is listed once."""
        return tuple(self._numbered[1])

    @cached_property
    def _numbered(self) -> tuple[dict[int, int], list[Step]]:
        """For every step (by identity) its number, and the steps in order of their numbers."""
        numbers: dict[int, int] = {}
        known: dict[tuple[object, ...], int] = {}
        listed: list[Step] = []
        for step in parts_first([self.last], lambda step: step.uses):
            key = (step.rule, step.text, step.kind, tuple(numbers[id(s)] for s in step.uses))
            if key not in known:
                listed.append(step)
                known[key] = len(listed)
            numbers[id(step)] = known[key]
        return numbers, listed

    @property
    def assumptions(self) -> tuple[Step, ...]:
        """The steps that are assumed rather than proved."""
        return tuple(s for s in self.steps if s.kind == "assumed")

    @property
    def evidence(self) -> Evidence:
        """`Evidence.PROVED`, unless an equation was typed in or guessed along the way, or numbers were used."""
        if any(s.types_in for s in self.steps):
            return Evidence.ASSUMED
        kinds = {s.kind for s in self.steps}
        if "guessed" in kinds:
            return Evidence.GUESSED
        return Evidence.NUMERIC if "numeric" in kinds else Evidence.PROVED

    @property
    def digits(self) -> int | None:
        """To how many digits constants were rounded on the way; None if they are exact."""
        return min((s.digits for s in self.steps if s.digits is not None), default=None)

    @property
    def evidence_in_words(self) -> str:
        """The evidence with what it rests on.

        >>> from resolvent.derive.laws.elementary import semicircle
        >>> (semicircle() + semicircle(2)).derivation.evidence_in_words
        'proved, given 1 assumption'
        """
        count = sum(not s.types_in for s in self.assumptions)
        given = f"given {count} assumption{'s' if count > 1 else ''}" if count else ""
        rounded = f"for the constants rounded to {self.digits} digits" if self.digits is not None else ""
        return ", ".join(filter(None, (self.evidence.value, given, rounded)))

    def number(self, step: Step) -> int:
        """The number of a step, from 1."""
        return self._numbered[0][id(step)]

    def check(self) -> bool:
        """Run every step's check.

        Returns True, or raises `DerivationError` naming the first step whose check fails.
        """
        for step in self.steps:
            if not step.check():
                raise DerivationError(
                    f"step {self.number(step)} ({step.rule.name}) does not hold: {step.text}", step=step
                )
        return True

    def written(self, convention: str = "stieltjes") -> tuple[WrittenStep, ...]:
        """The steps in words and formulas, as all that writes derivations takes them.

        Raises `ParameterError` for an unknown convention.
        """
        return written_steps(self.steps, self.number, convention)

    def latex(self, convention: str = "stieltjes", title: str = "") -> str:
        """A LaTeX document of all steps: the result, the assumptions, the steps, the sources.

        Raises `ParameterError` for an unknown convention.
        """
        return str(show("document", self, convention, title))

    def text(self, convention: str = "stieltjes") -> str:
        """The steps as plain text; see `resolvent.derive.derivation.document.derivation_text`."""
        return derivation_text(self.written(convention), self.evidence_in_words)
