"""Elimination: from the polynomials of a Dyson system to one in z and m, each step an identity on the branch.

Three steps are repeated. Rows: linear combinations over Q(z, parameters) that cancel the highest monomials; the
linear relations between traces come out of these. Substitution: an unknown that enters an equation linearly, with a
coefficient that does not vanish on the physical branch. Resultant: where no unknown enters linearly. After each, a
polynomial is replaced by its one irreducible factor that vanishes on the physical branch; the others are excluded for
good by the exact series, in which they do not vanish.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any

from flint import fmpz_mpoly, fmpz_mpoly_ctx

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.deadline import OutOfTime, within
from resolvent.derive.exact.field import polynomial_ring
from resolvent.derive.exact.polynomials import degree, generator, irreducible_factors, resultant, substitute
from resolvent.derive.expressions.branch import Branch, names_in
from resolvent.derive.expressions.certificate import Certificate, Move
from resolvent.derive.expressions.dyson import DysonSystem
from resolvent.derive.expressions.physical_series import TooLarge
from resolvent.derive.expressions.polynomial_system import PolynomialSystem, polynomial_system, shown, size_of
from resolvent.derive.expressions.reconstruction import SeriesCertificate, reconstructed

_MANY_UNKNOWNS, _TOO_MANY_UNKNOWNS, _FEW_TERMS = 12, 150, 120
_BY_SERIES = "reconstructed from its series and certified"
_MANY_TERMS, _LONG, _HEAVY = 300, 200, 20_000  # beyond so many terms, in one equation, operations, calls may take long


@dataclass(frozen=True)
class Limits:
    """How far an elimination goes before it gives up.

    Attributes:
        seconds: the time it may take.
        terms: the most terms of a polynomial on the way.
    """

    seconds: float = 60.0
    terms: int = 200_000


@dataclass(eq=False)
class Elimination:
    """The polynomial in z and m that a Dyson system reduces to, and the steps that lead there.

    Attributes:
        system: what was eliminated from.
        polynomial: in the ring of z, m and the parameters.
        steps: what was done, in words.
        moves: for each eliminated unknown the polynomials of which it is the common root.
        by_series: whether it was reconstructed from its series, and certified.
        factors: its irreducible factors with m, where they were found already.
    """

    system: DysonSystem
    polynomial: fmpz_mpoly
    steps: list[str] = field(default_factory=list)
    moves: tuple[Move, ...] = ()
    by_series: bool = False
    factors: tuple[fmpz_mpoly, ...] = ()

    @property
    def certificate(self) -> Certificate | SeriesCertificate:
        """What proves it again."""
        return (
            SeriesCertificate(self.polynomial, self.system)
            if self.by_series
            else Certificate(self.polynomial, self.system, self.moves)
        )


def eliminate(system: DysonSystem, branch: Branch, limits: Limits) -> Elimination:
    """The polynomial of the trace.

    Raises `DerivationError` when the limits are reached or the equations do not determine the trace.
    """
    return Eliminator(system, polynomial_system(system, short=True), branch, limits).run()


class Heavy(Exception):
    """The next step may take long: it belongs in a process that can be stopped."""

    def __init__(self, equations: Sequence[fmpz_mpoly]) -> None:
        super().__init__()
        self.equations = list(equations)


def apart(seconds: float, work: Callable[[], Any], late: Callable[[], DerivationError]) -> Any:
    """What ``work`` returns, plain values, from a child process that can be stopped.

    Raises the `DerivationError` of ``work``, and ``late()`` where it takes longer than the time that it has.
    """
    try:
        answer = within(seconds, partial(_told, work))
    except OutOfTime:
        raise late() from None
    if "error" in answer:
        raise (TooLarge if answer["too large"] else DerivationError)(answer["error"])
    return answer["value"]


def _told(work: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"value": work()}
    except DerivationError as error:
        return {"error": str(error), "too large": isinstance(error, TooLarge)}


class Eliminator:
    """Eliminates unknowns of a system, all of them unless ``live`` is set to some.

    Attributes:
        live: the unknowns that are still to be eliminated.
        steps: what was done, in words.
        is_apart: whether this is a process that can be stopped, where steps may take long.
    """

    def __init__(self, system: DysonSystem, written: PolynomialSystem, branch: Branch, limits: Limits) -> None:
        self.system, self.written, self.branch, self.limits = system, written, branch, limits
        self.end = min(time.monotonic() + limits.seconds, branch.end)
        self.steps: list[str] = []
        self.moves: list[Move] = []
        self.live = list(written.unknowns)
        self.clean: dict[int, fmpz_mpoly] = {}  # polynomials known to be their own physical factors, by identity
        self.is_apart = False
        self.names = ("z", "m", *(s.name for s in system.parameters))

    def run(self) -> Elimination:
        """The polynomial of the trace: small steps here, the rest from the first heavy one on in a child process.

        Many unknowns take many steps: then the series are tried first, as far as they take little time. Raises
        `DerivationError` when the limits are reached or the equations do not determine the trace.
        """
        if _MANY_UNKNOWNS < len(self.live) < _TOO_MANY_UNKNOWNS:
            with contextlib.suppress(DerivationError):
                polynomial = reconstructed(self.system, _FEW_TERMS)
                return Elimination(self.system, polynomial, [_BY_SERIES], by_series=True)
        try:
            polynomial = self._reduced(self._first())
        except Heavy as heavy:
            self.is_apart = True
            answer = apart(
                self.end - time.monotonic(), partial(self._answer, heavy.equations), partial(too_long, self.limits)
            )
            self.steps = answer["steps"]
            self.moves = [
                (name, tuple(read_polynomial(self.written.ring, t) for t in tables)) for name, tables in answer["moves"]
            ]
            polynomial = read_polynomial(polynomial_ring(self.names), answer["polynomial"])
            factors = tuple(read_polynomial(polynomial.context(), f) for f in answer["factors"])
            return Elimination(self.system, polynomial, self.steps, tuple(self.moves), answer["by series"], factors)
        return Elimination(self.system, polynomial, self.steps, tuple(self.moves))

    def _answer(self, equations: Sequence[fmpz_mpoly]) -> dict[str, Any]:
        """In the child: from the series where that is possible and small, or else by going on."""
        try:
            polynomial, by_series = reconstructed(self.system), True
            self.steps, self.moves = [_BY_SERIES], []
        except DerivationError:
            polynomial, by_series = self._reduced(self._clean(equations)), False
        return {
            "polynomial": terms_of_polynomial(polynomial),
            "factors": list(map(terms_of_polynomial, irreducible_factors(polynomial, "m"))),
            "steps": self.steps,
            "moves": [(name, list(map(terms_of_polynomial, polynomials))) for name, polynomials in self.moves],
            "by series": by_series,
        }

    def _reduced(self, equations: list[fmpz_mpoly]) -> fmpz_mpoly:
        """Eliminate until only z, m and the parameters are left."""
        equations = self._without_live(equations)
        if not equations:
            raise DerivationError("the equations do not determine the trace")
        common = equations[0]
        for e in equations[1:]:
            common = common.gcd(e)
        return common.project_to_context(polynomial_ring(self.names))

    def reduced(self) -> list[fmpz_mpoly]:
        """The equations without the unknowns that are to be eliminated.

        Raises `DerivationError` as `run` does, and `Heavy` before a step that may take long, unless ``is_apart``.
        """
        return self._without_live(self._first())

    def _first(self) -> list[fmpz_mpoly]:
        """The physical factors of the equations as they are written."""
        equations = self.written.equations
        self._weigh(max(map(len, equations), default=0), _LONG, equations)
        return self._clean(equations)

    def stuck(self, equations: list[fmpz_mpoly]) -> list[fmpz_mpoly]:
        """What is left where no unknown can be eliminated from two equations any more.

        Of a trace, which has no curve to be certified on, the equations without unknowns are enough; or a
        `DerivationError`.
        """
        done = [e for e in equations if degree(e, "m") and _free(e, self.live)]
        if done and not self.system.spectral:
            return done
        raise DerivationError("the equations do not determine the trace", equations=tuple(equations))

    def _without_live(self, equations: list[fmpz_mpoly]) -> list[fmpz_mpoly]:
        while True:
            self.check(equations)
            present = {n for e in equations for n in names_in(e)}
            self.live = [n for n in self.live if n in present]
            if not self.live:
                break
            equations = self._rows(equations)
            done = self._substitution(equations) or self._resultants(equations)
            if done is None:
                done = self.stuck(equations)
            equations = self._clean(done)
        return equations

    def check(self, equations: Sequence[fmpz_mpoly]) -> None:
        """Raise `TooLarge` where a limit is reached, and `Heavy` where the rest belongs in a child process."""
        if time.monotonic() > self.end:
            raise too_long(self.limits)
        if any(len(e) > self.limits.terms for e in equations):
            raise TooLarge(
                f"the elimination meets polynomials of more than {self.limits.terms} terms; give numbers for some "
                "parameters, or a larger limit, limits=rv.Limits(terms=...); numeric=True needs no elimination",
                equations=tuple(equations),
            )
        self._weigh(sum(map(len, equations)), _MANY_TERMS, equations)

    def _weigh(self, cost: int, limit: int, equations: Sequence[fmpz_mpoly]) -> None:
        if cost > limit and not self.is_apart:
            raise Heavy(equations)

    def _clean(self, equations: Iterable[fmpz_mpoly]) -> list[fmpz_mpoly]:
        """The physical factors, each once, smallest first."""
        found: dict[str, fmpz_mpoly] = {}
        for e in equations:
            if not e.is_zero():
                physical = e if id(e) in self.clean else self.branch.physical(e)
                found.setdefault(str(physical), physical)
        out = sorted(found.values(), key=size_of)
        self.clean = {id(e): e for e in out}
        return out

    # -- rows ------------------------------------------------------------------------------------------------

    def _rows(self, equations: list[fmpz_mpoly]) -> list[fmpz_mpoly]:
        """Combinations of the equations in which the highest monomials cancel, where they stay small."""
        if len(equations) < 2 or sum(len(e) for e in equations) > 4000:
            return equations
        ring = self.written.ring
        names = ring.names()
        places = [k for k, n in enumerate(names) if n in self.written.unknowns or n == "m"]
        rows = [_by_monomial(e, places) for e in equations]
        done: list[dict[tuple[int, ...], fmpz_mpoly]] = []
        while rows:
            rows = [r for r in rows if r]
            if not rows:
                break
            lead = max((max(r, key=_rank) for r in rows), key=_rank)
            holders = [r for r in rows if lead in r]
            pivot = min(holders, key=lambda r: (len(r[lead]), sum(len(c) for c in r.values())))
            rest = [r for r in rows if r is not pivot]
            rows = [_combined(r, pivot, lead) if lead in r else r for r in rest]
            done.append(pivot)
        out = [_assembled(r, places, ring) for r in done]
        if sum(len(e) for e in out) > 3 * sum(len(e) for e in equations) + 200:
            return equations
        return self._clean(out)

    # -- substitution ----------------------------------------------------------------------------------------

    def _substitution(self, equations: list[fmpz_mpoly]) -> list[fmpz_mpoly] | None:
        """Solve an equation for an unknown that enters it linearly, and put it into the others."""
        best = None
        for cost, e, name, a, b in sorted(self._linear(equations), key=lambda c: c[0]):
            if best is not None and cost >= best[0]:
                break
            if _free(a, [*self.written.unknowns, "m"]) or self.branch.is_nonzero(a):
                best = (cost, e, name, a, b)
        if best is None:
            return None
        cost, e, name, a, b = best
        self._weigh(cost, _HEAVY, equations)
        self.steps.append(f"{_plain(name)} by substitution")
        self.moves.append((name, (e,)))
        common = a.gcd(b)
        image = {name: (-(b / common), a / common)}
        ring = self.written.ring
        return [
            substitute(other, ring, image) if degree(other, name) else other for other in equations if other is not e
        ]

    def _linear(self, equations: list[fmpz_mpoly]) -> Iterator[tuple[int, fmpz_mpoly, str, fmpz_mpoly, fmpz_mpoly]]:
        ring = self.written.ring
        places = [(ring.variable_to_index(name), name) for name in self.live]
        table = [(e, e.degrees(), size_of(e)) for e in equations]
        for e, own, _ in table:
            for k, name in places:
                if own[k] == 1:
                    b, a = _constant_and_slope(e, name)
                    terms = len(a) + len(b)
                    uses = sum(size * terms ** min(int(d[k]), 3) for o, d, size in table if o is not e and d[k])
                    yield uses, e, name, a, b

    def _resultants(self, equations: list[fmpz_mpoly]) -> list[fmpz_mpoly] | None:
        """Eliminate the unknown of the smallest degrees by resultants with the smallest equation that has it."""
        best: tuple[int, str, fmpz_mpoly] | None = None
        for name in self.live:
            holders = [e for e in equations if degree(e, name)]
            if len(holders) < 2:
                continue
            pivot = min(holders, key=lambda e: (degree(e, name), size_of(e)))
            cost = sum((degree(e, name) + degree(pivot, name)) * size_of(e) for e in holders if e is not pivot)
            if best is None or cost < best[0]:
                best = (cost, name, pivot)
        if best is None:
            return None
        cost, name, pivot = best
        self._weigh(cost, _HEAVY, equations)
        self.steps.append(f"{_plain(name)} by a resultant")
        self.moves.append((name, tuple(e for e in equations if degree(e, name))))
        out = []
        for e in equations:
            if e is pivot:
                continue
            if degree(e, name) == 0:
                out.append(e)
                continue
            self.check([e])
            value = resultant(pivot, e, name)
            if not value.is_zero():
                out.append(value)
        return out


def too_long(limits: Limits) -> DerivationError:
    """The error that says that an elimination takes too long."""
    return TooLarge(
        f"the elimination takes longer than {limits.seconds:g} seconds; give more with limits=rv.Limits(seconds=...), "
        "or numbers for some parameters; numeric=True needs no elimination"
    )


def _constant_and_slope(polynomial: fmpz_mpoly, name: str) -> tuple[fmpz_mpoly, fmpz_mpoly]:
    """b and a of a polynomial a x + b that is linear in x."""
    ring = polynomial.context()
    slope = polynomial.derivative(name)
    return polynomial - slope * generator(ring, name), slope


def terms_of_polynomial(polynomial: fmpz_mpoly) -> list[tuple[list[int], str]]:
    """A polynomial as plain data."""
    return [(list(map(int, e)), str(c)) for e, c in polynomial.to_dict().items()]


def read_polynomial(ring: fmpz_mpoly_ctx, terms: Iterable[tuple[Sequence[int], str]]) -> fmpz_mpoly:
    """The polynomial of `terms_of_polynomial`."""
    return ring.from_dict({tuple(e): int(c) for e, c in terms})


Row = dict[tuple[int, ...], fmpz_mpoly]


def _rank(monomial: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    return sum(monomial), monomial


def _by_monomial(polynomial: fmpz_mpoly, places: Sequence[int]) -> Row:
    ring = polynomial.context()
    tables: dict[tuple[int, ...], dict[tuple[int, ...], object]] = {}
    chosen = set(places)
    for exponents, coefficient in polynomial.to_dict().items():
        key = tuple(int(exponents[k]) for k in places)
        rest = tuple(0 if k in chosen else e for k, e in enumerate(exponents))
        tables.setdefault(key, {})[rest] = coefficient
    return {key: ring.from_dict(t) for key, t in tables.items()}


def _combined(row: Row, pivot: Row, lead: tuple[int, ...]) -> Row:
    """The row without the monomial ``lead``: pivot[lead] * row - row[lead] * pivot, without common content."""
    a, b = pivot[lead], row[lead]
    common = a.gcd(b)
    a, b = a / common, b / common
    out: Row = {}
    for key in {*row, *pivot}:
        value = row[key] * a if key in row else None
        if key in pivot:
            value = -pivot[key] * b if value is None else value - pivot[key] * b
        if value is not None and not value.is_zero():
            out[key] = value
    content = None
    for value in out.values():
        content = value if content is None else content.gcd(value)
        if content.is_one():
            return out
    return {k: v / content for k, v in out.items()} if content is not None else out


def _assembled(row: Row, places: Sequence[int], ring: object) -> fmpz_mpoly:
    table: dict[tuple[int, ...], object] = {}
    for key, coefficient in row.items():
        for exponents, c in coefficient.to_dict().items():
            full = list(exponents)
            for k, e in zip(places, key, strict=True):
                full[k] = e
            table[tuple(full)] = c
    return ring.from_dict(table)  # type: ignore[attr-defined]


def _free(polynomial: fmpz_mpoly, names: Iterable[str]) -> bool:
    return names_in(polynomial).isdisjoint(names)


def told(steps: Sequence[str]) -> str:
    """Steps of an elimination after a semicolon, "" for none; unknowns that go the same way stand together.

    >>> told(["g_11 by substitution", "g_22 by substitution", "s_0 by a resultant"])
    '; g_11, g_22 by substitution, s_0 by a resultant'
    """
    ways = [(way, [step.partition(" by ")[0] for step in group]) for way, group in groupby(steps, _way)]
    return "; " * bool(steps) + ", ".join(", ".join(names) + (f" by {way}" if way else "") for way, names in ways)


def told_latex(steps: Sequence[str]) -> str:
    r"""The same with the unknowns as formulas between dollar signs.

    >>> print(told_latex(["g_11 by substitution", "g_12^(1) by a resultant"]))
    ; $g_{11}$ by substitution, $g_{12}^{(1)}$ by a resultant
    """
    return re.sub(r"\b([a-z])_(\d+(?: \d+)*)(?:\^(\(\d+\)))?", _unknown_latex, told(steps))


def _unknown_latex(found: re.Match[str]) -> str:
    letter, places, case = found.groups()
    return f"${letter}_{{{places}}}{f'^{{{case}}}' if case else ''}$"


def _way(step: str) -> str:
    return step.partition(" by ")[2]


def _plain(name: str) -> str:
    """An unknown in words."""
    return shown(name).replace("{", "").replace("}", "")
