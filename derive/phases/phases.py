"""Phases: the polynomials in the parameters on which the shape of a spectrum can change, and where it does.

Edges and atoms are real roots of D(z; parameters) = disc_m(P) lc_m(P). Their order on the line can change only where
two roots of D meet (a discriminant in z of a factor of D, or a resultant of two factors, vanishes), where one of them
reaches a given point, where one goes to infinity, or where D vanishes for all z. The irreducible factors of those
polynomials are the *candidates*. A candidate is *relevant* once it is proved, at a point of its zero set, that edges
or atoms do there what its ``changes`` say (see `resolvent.derive.phases.parameter_line`). What no searched line shows
stays a candidate: no more is claimed of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import sympy
from flint import fmpq, fmpz_mpoly

from resolvent.derive.border import checked
from resolvent.derive.equations.critical_curve import (
    at_values,
    critical_curve,
    crossing_factors,
    degenerate_factors,
    escaping_factors,
    leading_in,
    meeting_factors,
    never_zero,
)
from resolvent.derive.equations.equation import ResolventEquation
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber
from resolvent.derive.exact.field import polynomial_to_sympy, to_sympy_rational
from resolvent.derive.exact.polynomials import degree, univariate
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.phases.parameter_line import (
    Line,
    Mark,
    Picture,
    checked_values,
    closing_gaps,
    marks_of,
    rational_number,
)
from resolvent.derive.presentation import Tabled
from resolvent.derive.support.support import Skeleton

MERGE, POLE, ESCAPE, DEGENERATE = (
    "two edges may merge",
    "an edge or an atom may meet a pole",
    "an edge may go to infinity",
    "the equation degenerates",
)
_POOL = tuple(fmpq(*v) for v in ((2, 5), (7, 4), (3, 7), (11, 4), (5, 9), (5, 1), (1, 6), (9, 7)))


@dataclass(frozen=True)
class PhaseCondition(Tabled):
    """An irreducible polynomial in the parameters on whose zeros the shape of the spectrum can change.

    Attributes:
        polynomial: the polynomial, as a SymPy expression.
        kinds: what may happen on it, in words: how it came to be a candidate.
        changes: what was proved to happen at the witness, in words; empty for a mere candidate.
        witness: values of the parameters on the zero set (one of them algebraic) where it happens, or None.
    """

    polynomial: sympy.Expr
    kinds: tuple[str, ...]
    changes: tuple[str, ...] = ()
    witness: tuple[tuple[str, sympy.Expr], ...] | None = None

    @property
    def relevant(self) -> bool:
        """Whether a change of the spectrum's shape is proved somewhere on the zero set."""
        return bool(self.changes)

    @property
    def status(self) -> str:
        """ "relevant" or "candidate"."""
        return "relevant" if self.relevant else "candidate"


@checked
def phase_conditions(law: AlgebraicLaw, point: Any = 0, lines: int = 3, **values: Any) -> tuple[PhaseCondition, ...]:
    """The conditions on a law's parameters under which the shape of its spectrum can change, relevant ones first.

    Args:
        law: a law with symbolic parameters.
        point: a rational number on the spectral axis; edges that reach it count as a change.
        lines: how many lines in the direction of each parameter are searched for a witness; 0 leaves all candidates.
        values: rational values that replace some of the parameters first.

    Polynomials that the assumptions of the parameters (positivity, say) keep from vanishing are left out.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> c = sympy.Symbol("c", positive=True)
    >>> (condition,) = phase_conditions(marchenko_pastur(c))
    >>> condition.polynomial, condition.changes, condition.witness
    (c - 1, ('an atom appears or vanishes', 'an edge reaches 0'), (('c', 1),))

    Raises `ParameterError` for unknown names, for values that are not rational, and unless ``lines`` >= 0.

    Source: Basu, Pollack, Roy 2006, Algorithms in real algebraic geometry, chapter 4, for discriminants.
    """
    if isinstance(lines, bool) or not isinstance(lines, int) or lines < 0:
        raise ParameterError(f"the number of lines must be a non-negative integer; got {lines!r}", lines=lines)
    law = law.at(**checked_values(law, values))
    place = rational_number(point, "the point")
    equation = law.equation
    table = equation.symbol_table
    found: dict[str, PhaseCondition] = {}
    factors: dict[str, fmpz_mpoly] = {}
    for factor, kind in _candidates(equation, place):
        expression = polynomial_to_sympy(factor, table)
        if never_zero(expression):
            continue
        key = str(factor)
        old = found.get(key, PhaseCondition(expression, ()))
        factors[key] = factor
        if kind not in old.kinds:
            found[key] = PhaseCondition(expression, (*old.kinds, kind))
    for line in _lines(law, lines):
        if all(condition.relevant for condition in found.values()):
            break
        _search(line, place, factors, found)
    order = sorted(found.values(), key=lambda c: (not c.relevant, len(c.polynomial.args), str(c.polynomial)))
    return tuple(order)


def _candidates(equation: ResolventEquation, point: fmpq) -> Iterator[tuple[fmpz_mpoly, str]]:
    """All candidates, each with what may happen."""
    for factor in crossing_factors(equation, point):
        yield factor, f"an edge may reach {point}"
    leading = leading_in(equation.polynomial, "m")
    poles = [f for f in critical_curve(equation) if degree(f, "z") > 0 and divmod(leading, f)[1].is_zero()]
    branching = [f.discriminant("z") for f in critical_curve(equation) if degree(f, "z") > 1 and f not in poles]
    for factor in meeting_factors(equation):
        yield factor, MERGE if any(divmod(d, factor)[1].is_zero() for d in branching) else POLE
    for factor in escaping_factors(equation):
        yield factor, ESCAPE
    for factor in degenerate_factors(equation):
        yield factor, DEGENERATE


def _lines(law: AlgebraicLaw, count: int) -> Iterator[Line]:
    """Lines through parameter space: one parameter free, the others rational numbers of their domains."""
    symbols = law.equation.symbols
    for j in range(count):
        for free in symbols:
            values = {}
            for k, symbol in enumerate(s for s in symbols if s != free):
                value = _POOL[(3 * k + j) % len(_POOL)]
                values[symbol.name] = -value if symbol.is_nonpositive or symbol.is_negative else value
            try:
                yield Line.of(law, free, dict(values))
            except (ParameterError, DerivationError):  # no law there
                continue
            if not values:
                break


def _search(line: Line, point: fmpq, factors: dict[str, fmpz_mpoly], found: dict[str, PhaseCondition]) -> None:
    """Look for witnesses on a line: critical values at which one candidate alone vanishes, and something happens."""
    others = dict(line.others)
    name = line.symbol.name
    special = {key: univariate(at_values(factor, others), name) for key, factor in factors.items()}
    if any(f == 0 for f in special.values()):
        return
    for value in line.values(point):
        holding = [key for key, factor in special.items() if factor.degree() > 0 and value.is_root_of(factor)]
        if len(holding) != 1 or found[holding[0]].relevant:
            continue
        changes = sorted({text for picture in line.pictures(value, point) for text in changes_in(picture, point)})
        if changes:
            old = found[holding[0]]
            witness = {**{n: to_sympy_rational(v) for n, v in others.items()}, name: value.to_sympy()}
            found[holding[0]] = PhaseCondition(
                old.polynomial, old.kinds, tuple(changes), tuple(sorted(witness.items()))
            )


def changes_in(picture: Picture, point: fmpq) -> list[str]:
    """What happens at a place, in words; nothing at the border of the domain, or where edges pass undisturbed."""
    before, after = picture.before, picture.after
    if before is None or after is None:
        return []
    if picture.place is None:
        return ["an edge goes to infinity"]
    found = []
    gaps = closing_gaps(before), closing_gaps(after)
    if gaps[0] != gaps[1]:
        found.append("a gap closes")
    elif gaps[0]:
        found.append("two bulks touch")
    if _bulks(before) != _bulks(after):
        found.append("a bulk shrinks to a point")
    if _count(before, "atom") != _count(after, "atom"):
        found.append("an atom appears or vanishes")
    moving = [m for side in (before, after) for m in side if m.kind != "atom" and m.point != picture.place]
    if picture.place.rational == point and moving:
        found.append(f"an edge reaches {point}")
    elif any(m.kind == "atom" and e.kind != "atom" and m.point != e.point for s in picture.sides for m in s for e in s):
        found.append("an edge meets an atom")
    shapes = [[(m.kind, m.ramification) for m in side] for side in (before, after)]
    if not found and shapes[0] != shapes[1]:
        found.append("an edge changes")
    return found


def _bulks(side: Sequence[Mark]) -> int:
    """How many bulks shrink to nothing in a picture."""
    edges = [mark for mark in side if mark.kind != "atom"]
    return sum(a.kind == "left" and b.kind == "right" for a, b in pairwise(edges))


def _count(side: Sequence[Mark], kind: str) -> int:
    return sum(mark.kind == kind for mark in side)


# -- shapes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """The shape of a spectrum: what lies on the line, from left to right, relative to a point.

    ``marks`` holds "left", "right" (with the ramification, where it is not 2), "atom" and "point".

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> from resolvent.derive.support.support import skeleton
    >>> shape = shape_of(skeleton(marchenko_pastur(4).equation), 0)
    >>> shape.marks, shape.intervals, shape.atoms, shape.lower
    (('atom=', 'left', 'right'), 1, 1, 0)
    """

    marks: tuple[str, ...]
    intervals: int
    atoms: int
    lower: int

    def sketch(self, point: Any = 0) -> str:
        """The line as a text: [ ] for bulks, | for atoms, and the point; what is at the point follows it with an =.

        >>> from resolvent.derive.laws.elementary import marchenko_pastur
        >>> from resolvent.derive.support.support import skeleton
        >>> law = marchenko_pastur(4)
        >>> [shape_of(skeleton(x.equation)).sketch() for x in (law, law - 2)]
        ['0=| [ ]', '| [ 0 ]']
        """
        signs = {"left": "[", "right": "]", "atom": "|", "point": str(point)}
        words, told = [], False
        for mark in self.marks:
            sign = signs[mark.rstrip("=").split("^")[0]]
            if mark.endswith("="):
                sign, told = (sign if told else f"{point}={sign}"), True
            words.append(sign)
        return " ".join(words)

    def describe(self, point: Any = 0) -> str:
        """The shape in a few words: bulks, atoms, and where the lower end of the support is."""
        bulks = f"{self.intervals} bulk{'' if self.intervals == 1 else 's'}"
        masses = f", {self.atoms} atom{'' if self.atoms == 1 else 's'}" if self.atoms else ""
        return f"{bulks}{masses}, lower end {'<=>'[self.lower + 1]} {point}"

    def in_words(self, point: Any = 0) -> str:
        """Where the bulks and the atoms are, seen from the point.

        >>> from resolvent.derive.laws.elementary import marchenko_pastur
        >>> from resolvent.derive.support.support import skeleton
        >>> law = marchenko_pastur(4)
        >>> [shape_of(skeleton(x.equation)).in_words() for x in (law, law - 2, -law)]
        ['an atom at 0, a bulk above 0', 'an atom below 0, a bulk around 0', 'a bulk below 0, an atom at 0']
        """
        found: dict[tuple[str, str], int] = {}
        begins, place = "", "below"
        for mark in self.marks:
            kind, at = mark.rstrip("=").split("^")[0], mark.endswith("=")
            if kind == "point" or at:
                place = "above"
            if kind == "left":
                begins = "from" if at else place
            elif kind == "right":
                ends = "up to" if at else place
                where = "around" if (begins, ends) == ("below", "above") else ends if at else begins
                found["bulk", where] = found.get(("bulk", where), 0) + 1
            elif kind == "atom":
                where = "at" if at else place
                found["atom", where] = found.get(("atom", where), 0) + 1
        one = {"bulk": "a bulk", "atom": "an atom"}
        return ", ".join(
            f"{one[what] if count == 1 else f'{count} {what}s'} {where} {point}"
            for (what, where), count in found.items()
        )


def shape_of(frame: Skeleton, point: Any = 0) -> Shape:
    """The shape of a certified skeleton relative to a rational point.

    Marks at the point end in "=", and "point" stands where no mark is at it.
    """
    place = rational_number(point, "the point")
    marks: list[str] = []
    passed = False
    for mark in marks_of(frame):
        sign = _side(mark.point, place)
        if sign > 0 and not passed and not any(m.endswith("=") for m in marks):
            marks.append("point")
        passed = passed or sign > 0
        extra = f"^{mark.ramification}" if mark.ramification not in (0, 2) else ""
        marks.append(mark.kind + extra + ("=" if sign == 0 else ""))
    if not passed and not any(m.endswith("=") for m in marks):
        marks.append("point")
    return Shape(tuple(marks), len(frame.intervals), len(frame.atoms), _side(frame.lower_end, place))


def _side(number: AlgebraicNumber, point: fmpq) -> int:
    """The sign of number - point."""
    if number.rational is not None:
        return (number.rational > point) - (number.rational < point)
    ball = number.ball(256) - point
    return 1 if ball > 0 else -1
