"""The steps of a derivation: each a claim, the rule that gives it, what it rests on, and a check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import sympy

from resolvent.derive.exact.precision import cached_property


class Evidence(Enum):
    """What stands behind a law: an exact proof from its inputs, a fit to series terms, a source's word, or numbers."""

    PROVED = "proved"
    GUESSED = "guessed"
    ASSUMED = "assumed"
    NUMERIC = "numeric"


@dataclass(frozen=True)
class Rule:
    """A named rule: what it says (in words and ASCII formulas, and in LaTeX), and where it is proved."""

    name: str
    statement: str
    reference: str = ""
    latex: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Step:
    """One step: a claim, the rule that gives it, the steps it uses, and the check that verifies it again.

    ``build`` makes the claim's formulas on demand (SymPy is slow to build and most laws are never printed);
    ``text`` is the claim in words, where words are needed, and ``latex`` the same with its formulas, if it has any,
    between dollar signs, or what makes it on demand. ``kind`` is "definition", "derived", "guessed" (found in finitely
    many terms, whose number ``text`` gives; what rests on it is guessed), "numeric" (a measure known by numbers) or
    "assumed". An assumed step about the model (two matrices are free, say) leaves the algebra proved; one that types in
    an equation (``types_in``) makes everything that rests on it assumed. ``digits`` says to how many digits constants
    in it were rounded, if they were.
    """

    rule: Rule
    text: str
    kind: str = "derived"
    uses: tuple[Step, ...] = ()
    build: Callable[[], tuple[sympy.Basic, ...]] = tuple
    verify: Callable[[], bool] | None = None
    types_in: bool = False
    digits: int | None = None
    latex: str | Callable[[], str] = ""

    def __repr__(self) -> str:
        return f"<Step ({self.kind}) {self.rule.name}: {self.text}>"

    @cached_property
    def formulas(self) -> tuple[sympy.Basic, ...]:
        """The claim's formulas, in Stieltjes convention."""
        return tuple(self.build())

    @property
    def in_latex(self) -> str:
        """The claim in words, its formulas between dollar signs; "" where ``text`` has none."""
        return self.latex if isinstance(self.latex, str) else self.latex()

    def __getstate__(self) -> dict[str, Any]:
        # SymPy evaluates an unevaluated formula as it copies it; the copy builds its own
        return {name: value for name, value in self.__dict__.items() if name != "formulas"}

    def check(self) -> bool:
        """Verify the claim again, by a route other than the one that made it. Assumptions count as True."""
        return True if self.verify is None else self.verify()
