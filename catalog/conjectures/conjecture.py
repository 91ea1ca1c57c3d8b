"""Conjectures as data: a model, what is believed of its spectrum, and what was found; `resolvent` checks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import sympy
from flint import arb, fmpq

from resolvent.catalog.conjectures.formula import Formula, NoValue
from resolvent.catalog.conjectures.zero_test import is_zero

Status = Literal["supported", "refuted", "undecided"]
SUPPORTED: Status = "supported"
REFUTED: Status = "refuted"
UNDECIDED: Status = "undecided"

Point = Mapping[str, Fraction]
"""A value for each parameter."""


def worst(found: list[Status]) -> Status:
    """Refuted if anything is, supported if everything is and there is something; otherwise undecided.

    >>> worst(["supported", "undecided"]), worst([]), worst(["undecided", "refuted"])
    ('undecided', 'undecided', 'refuted')
    """
    if REFUTED in found:
        return REFUTED
    return SUPPORTED if found and UNDECIDED not in found else UNDECIDED


@dataclass(frozen=True)
class Amount:
    """A number that is claimed, as a formula in the parameters.

    Attributes:
        text: as it was written.
        line: where.
        formula: the formula.
        exact: the same as a rational function of symbols, where it is one.
    """

    text: str
    line: int
    formula: Formula
    exact: sympy.Expr | None

    def ball(self, point: Point, bits: int = 192) -> arb:
        """The value at a point, with proof; a ball that is not finite where there is none, or where it stays open."""
        return self.formula.ball(rationals(point), bits)

    def is_real(self, point: Point) -> bool:
        """Whether there may be a real value at a point: False only for sure."""
        try:
            self.formula.number(rationals(point))
        except NoValue:
            return False
        return True

    def rational(self, point: Point) -> Fraction | None:
        """The exact value at a point, None where it is irrational, or does not exist."""
        value = self.formula.rational(rationals(point))
        return None if value is None else Fraction(int(value.p), int(value.q))

    def equals(self, value: fmpq | Formula, point: Point) -> bool | None:
        """Whether it is a given number, with proof; None where that stays open."""
        if not self.is_real(point):
            return False
        if not isinstance(value, Formula):
            value = Formula("number", (Fraction(int(value.p), int(value.q)),))
        return is_zero(Formula("-", (self.formula, value)), rationals(point))


def rationals(point: Point) -> dict[str, fmpq]:
    """A point in the numbers of the exact arithmetic."""
    return {name: fmpq(value.numerator, value.denominator) for name, value in point.items()}


@dataclass(frozen=True)
class EquationClaim:
    """A polynomial equation of the Stieltjes transform, P(z, m) = 0; ``text`` and ``convention`` as they were given."""

    text: str
    line: int
    convention: Literal["stieltjes", "cauchy"]
    polynomial: sympy.Expr


@dataclass(frozen=True)
class LawClaim:
    """A law written as an expression, such as ``semicircle() + marchenko_pastur(c)``."""

    text: str
    line: int


@dataclass(frozen=True)
class DensityClaim:
    """A density of the continuous part in the variable x, and the intervals outside of which it vanishes."""

    text: str
    line: int
    formula: Formula
    intervals: tuple[tuple[Amount, Amount], ...]


@dataclass(frozen=True)
class AtomClaim:
    """A point mass."""

    place: Amount
    weight: Amount


@dataclass(frozen=True)
class MeanClaim:
    """The mean of a test function of x under the law."""

    text: str
    line: int
    formula: Formula
    value: Amount


@dataclass(frozen=True)
class Claim:
    """Everything that is claimed of one law. Fields that are None are not claimed; empty tuples claim that none exist.

    Attributes:
        moments: m_1, m_2, ...
        edges: the ends of the intervals of the continuous part, from left to right.
        outliers: the eigenvalues outside the support.
        lines: the line of each field.
    """

    equation: EquationClaim | None = None
    law: LawClaim | None = None
    density: DensityClaim | None = None
    moments: tuple[Amount, ...] | None = None
    edges: tuple[Amount, ...] | None = None
    atoms: tuple[AtomClaim, ...] | None = None
    means: tuple[MeanClaim, ...] | None = None
    outliers: tuple[Amount, ...] | None = None
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def made(self) -> tuple[str, ...]:
        """The names of the fields that are claimed."""
        names = ("law", "equation", "density", "moments", "edges", "atoms", "means", "outliers")
        return tuple(name for name in names if getattr(self, name) is not None)


ModelKind = Literal["ensemble", "expression", "matrix", "cycle_weights", "function"]


@dataclass(frozen=True)
class Model:
    """What is sampled, or derived: an entry, a free expression, a matrix, cycle weights, or a function of the user's.

    Attributes:
        kind: which of them.
        text: the slug, the expression, the weights, or ``module:function``.
        line: where it stands.
        sampler: the name of one of the entry's samplers, None for the first.
        symbols, ratios: of a matrix, the definitions of its letters and the ratios of its sizes, as they were written.
        options: what goes with it: for an entry words such as the activation, for weights the ratios ``phi``, ``psi``.
        subject: the entry itself, or the law at numbers, where it was given and not named; then the line is 0.
    """

    kind: ModelKind
    text: str
    line: int
    sampler: str | None = None
    symbols: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    subject: Any = field(default=None, repr=False, compare=False)

    @property
    def is_law(self) -> bool:
        """Whether it is a law whose random matrix is known: a free expression or a matrix."""
        return self.kind in ("expression", "matrix")


@dataclass(frozen=True)
class Plan:
    """How much is sampled.

    Attributes:
        sizes: increasing, in the sampler's own unit; None for the model's default and half of it.
        trials: matrices at each size and point.
        seed: of all random numbers.
        level: how often a true law may be refuted by the statistics of all points together.
        resolution: the relative error of the law that must be seen with a probability of 95 % before it is supported.
        sizes_line: the line of the sizes, or of what is closest to where they would stand.
    """

    sizes: tuple[int, ...] | None = None
    trials: int = 20
    seed: int = 0
    level: float = 0.01
    resolution: float = 0.02
    sizes_line: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Conjecture:
    """What a file says.

    Attributes:
        name: the file's name without its ending.
        points: the values of the parameters at which it is checked; one empty point where there are none.
        expected: the verdict that the author expects, and a part of the reason, for shelves of conjectures.
    """

    name: str
    title: str
    model: Model | None
    claim: Claim
    points: tuple[Point, ...]
    plan: Plan = Plan()
    assumptions: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    expected: tuple[Status, str] | None = None
    source: str = ""

    def __repr__(self) -> str:
        return f"<Conjecture {self.name}: {self.title}>"


@dataclass(frozen=True)
class Finding:
    """One thing that was found out.

    Attributes:
        stage: "exact" or "statistics".
        subject: what it is about: a field of the claim, "model", "power", ...
        status: what it says of the conjecture; None for a fact that decides nothing by itself.
        text: a sentence.
        evidence: "proved", "certified" (numbers with proven error), "numerical", "tested" (statistics), "assumed", "".
        point: the parameters, as text, where it holds for these only.
        line: the line of the file it is about.
    """

    stage: str
    subject: str
    status: Status | None
    text: str
    evidence: str = ""
    point: str = ""
    line: int | None = None


def point_text(point: Mapping[str, Any]) -> str:
    """The parameters in words.

    >>> point_text({"c": Fraction(1, 2)})
    'c = 1/2'
    """
    return ", ".join(f"{name} = {value}" for name, value in point.items())
