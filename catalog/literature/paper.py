"""A paper, and the rows of the literature table for it: what it says, what regenerates it, and the code that compares.

A check is a function whose docstring says what is derived and what it is compared with. It returns whether both agree,
or by how much they differ; formulas of papers are typed in there, as the oracle, and nowhere else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from resolvent.derive.errors import ResolventError

Status = Literal["regenerated", "misprint", "definition", "open"]
Kind = Literal["exact", "series", "numeric", "sampled", ""]
Check = Callable[[], float]
Decorator = Callable[[Check], Check]

_FAILS = 10.0  # times the bound: how far a printed form is off at least


@dataclass(frozen=True)
class Row:
    """A statement of a paper.

    Attributes:
        paper: the paper, as our sources abbreviate it.
        name: the row's own name; with the paper it is its permanent label.
        place: where it stands in our sources: the number of the equation, or the section.
        what: the statement in words.
        formula: as printed, in LaTeX.
        status: "regenerated" from the model; "misprint" where that holds of a corrected form only; "definition" for
            what is defined or assumed; "open" for what is not regenerated.
        by: the entry or function that does it; the reason where nothing does.
        kind: how both are compared: "exact" equality, "series" to an order, "numeric" to ``bound``, or "sampled"
            matrices within ``bound``.
        bound: the largest difference allowed.
        correct: the corrected form of a misprint, in LaTeX.
        check: the difference of what is derived and what is stated, in the corrected form of a misprint.
        as_printed: the same for the printed form of a misprint; it must exceed ten times the bound.
        method: what is compared, in words.
    """

    paper: str
    name: str
    place: str
    what: str
    formula: str
    status: Status
    by: str
    kind: Kind = ""
    bound: float = 0.0
    correct: str = ""
    check: Check | None = None
    as_printed: Check | None = None
    method: str = ""

    @property
    def label(self) -> str:
        """The permanent label of the row."""
        return f"{self.paper}:{self.name}"

    def to_json(self) -> dict[str, object]:
        """The row as plain values; its check by name."""
        shown = {k: v for k, v in vars(self).items() if k not in ("check", "as_printed")}
        return {"label": self.label, **shown, "checked": self.check is not None}


@dataclass(frozen=True)
class Outcome:
    """What the check of a row gave.

    Attributes:
        label: the row's.
        holds: whether the (corrected) form holds, and the printed form of a misprint fails.
        difference: of the (corrected) form; infinite where an exact comparison fails.
        printed: of the printed form of a misprint.
        seconds: how long it took.
        detail: what went wrong, if an error was raised.
    """

    label: str
    holds: bool
    difference: float
    printed: float | None
    seconds: float
    detail: str = ""

    def text(self) -> str:
        """One line."""
        printed = "" if self.printed is None else f", as printed {self.printed:.2g}"
        shown = self.detail or f"difference {self.difference:.2g}{printed}"
        return f"{self.label} {'holds' if self.holds else 'FAILS'}: {shown}"

    def to_json(self) -> dict[str, object]:
        """Plain values; a difference that is not finite as null."""
        numbers = {"difference": self.difference, "printed": self.printed}
        finite = {k: v if v is not None and math.isfinite(v) else None for k, v in numbers.items()}
        return {"label": self.label, "holds": self.holds, **finite, "seconds": self.seconds, "detail": self.detail}


def run(row: Row) -> Outcome | None:
    """The outcome of a row's check; None for rows without one.

    Raises nothing of ours: an error of the library is a check that fails, and the outcome says which.
    """
    if row.check is None:
        return None
    start = time.perf_counter()
    try:
        difference = _difference(row.check())
        printed = None if row.as_printed is None else _difference(row.as_printed())
    except ResolventError as error:
        took = time.perf_counter() - start
        return Outcome(row.label, False, math.inf, None, took, f"{type(error).__name__}: {error}")
    holds = difference <= row.bound and (printed is None or printed > _FAILS * row.bound)
    return Outcome(row.label, holds, difference, printed, time.perf_counter() - start)


@dataclass
class Paper:
    """A paper and its rows, in the order in which their checks are written down.

    The methods decorate checks: the function's name is the row's, its docstring says what is compared.

    >>> paper = Paper("Nobody 1900", "Nobody, On nothing (1900)")
    >>> @paper.exact("(1)", "one and one make two", "1 + 1 = 2", by="arithmetic")
    ... def sum_of_ones() -> bool:
    ...     '''By counting.'''
    ...     return 1 + 1 == 2
    >>> run(paper.rows[0]).text()
    'Nobody 1900:sum-of-ones holds: difference 0'
    """

    abbreviation: str
    reference: str
    rows: list[Row] = field(default_factory=list)

    def exact(self, place: str, what: str, formula: str, by: str) -> Decorator:
        """A statement that holds exactly; the check says whether."""
        return self._checked(Row(self.abbreviation, "", place, what, formula, "regenerated", by, "exact"))

    def series(self, place: str, what: str, formula: str, by: str) -> Decorator:
        """A statement whose first terms agree exactly; the check says whether."""
        return self._checked(Row(self.abbreviation, "", place, what, formula, "regenerated", by, "series"))

    def numeric(self, place: str, what: str, formula: str, by: str, bound: float) -> Decorator:
        """A statement whose two sides differ by the bound at most; the check says by how much."""
        return self._checked(Row(self.abbreviation, "", place, what, formula, "regenerated", by, "numeric", bound))

    def sampled(self, place: str, what: str, formula: str, by: str, bound: float) -> Decorator:
        """A statement that sampled matrices follow to the bound; the check says how far they are off."""
        return self._checked(Row(self.abbreviation, "", place, what, formula, "regenerated", by, "sampled", bound))

    def misprint(
        self, place: str, what: str, formula: str, correct: str, by: str, kind: Kind = "exact", bound: float = 0.0
    ) -> Callable[[Callable[[bool], float]], Callable[[bool], float]]:
        """A statement that is wrong as printed; the check is a function of whether the printed form is taken."""
        row = Row(self.abbreviation, "", place, what, formula, "misprint", by, kind, bound, correct)

        def decorated(check: Callable[[bool], float]) -> Callable[[bool], float]:
            self._add(row, check, lambda: check(False), lambda: check(True))
            return check

        return decorated

    def definition(self, name: str, place: str, what: str, formula: str, by: str) -> None:
        """What is defined or assumed, so that there is nothing to regenerate."""
        self.rows.append(Row(self.abbreviation, name, place, what, formula, "definition", by))

    def open(self, name: str, place: str, what: str, formula: str, why: str) -> None:
        """What is not regenerated, and why."""
        self.rows.append(Row(self.abbreviation, name, place, what, formula, "open", why))

    def _checked(self, row: Row) -> Decorator:
        def decorated(check: Check) -> Check:
            self._add(row, check, check)
            return check

        return decorated

    def _add(self, row: Row, stated: Callable[..., float], check: Check, as_printed: Check | None = None) -> None:
        name, method = stated.__name__.strip("_").replace("_", "-"), " ".join((stated.__doc__ or "").split())
        self.rows.append(replace(row, name=name, method=method, check=check, as_printed=as_printed))


def _difference(found: float) -> float:
    """What a check returned as a number: an exact comparison that holds is 0, one that fails infinite."""
    if isinstance(found, (bool, np.bool_)):
        return 0.0 if found else math.inf
    return float(found)
