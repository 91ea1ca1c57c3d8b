"""The search for a relation of a sequence: in more and more of its terms, and then verified on all of them.

The first relation is taken that `resolvent.derive.sequences.guessing` finds in the first 14, 15, ..., 40, 56, 79, ...
terms and that holds for all others. So a long sequence costs no more than its relation needs, and where the relation
that many terms have fails later on, the place is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import lcm
from typing import Any

import sympy
from flint import fmpq

from resolvent.derive.equations.equation import M
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.sequences.guessing import MARGIN, Guess, Shape, guess_algebraic, guess_ode, guess_recurrence
from resolvent.derive.sequences.ode import LinearODE
from resolvent.derive.sequences.recurrence import Recurrence
from resolvent.derive.sequences.relation_checks import first_exception, holds, linear_equation, slope_of, value_of

ALGEBRAIC, RECURRENCE, ODE = "algebraic", "recurrence", "ode"
KINDS = (ALGEBRAIC, RECURRENCE, ODE)
MOST_SEARCHED = 400  # terms; the dense linear algebra of more takes minutes
MOST_WORK = 5 * 10**7  # digits in the matrices of one search

_GUESS: dict[str, Callable[..., Guess]] = {
    ALGEBRAIC: guess_algebraic,
    RECURRENCE: guess_recurrence,
    ODE: guess_ode,
}
_FIRST, _SHORT, _GROWTH = 14, 40, 1.42


@dataclass(frozen=True)
class Finding:
    """What the search for relations of one kind came to.

    Attributes:
        kind: "algebraic", "recurrence" or "ode".
        guess: the relation, which holds for all terms; None if there is none.
        searched: the number of terms in which relations were looked for, the longest time.
        tried: the largest shapes without a relation, as in `Guess`.
        contradicted: the first n for which u(n) is not what a relation of all earlier terms predicts (a larger one may
            have been found all the same).
        reason: why nothing was found, in words; empty if something was.
    """

    kind: str
    guess: Guess | None
    searched: int
    tried: tuple[Shape, ...] = ()
    contradicted: int | None = None
    reason: str = ""


def find_relation(terms: Sequence[Any], kind: str, margin: int = MARGIN) -> Finding:
    """The relation of one kind that the terms u(0), u(1), ... have, or what was tried.

    >>> find_relation([2**n for n in range(40)], "recurrence").guess.relation.text()
    '(-2)*u(n) + (1)*u(n+1) = 0'
    >>> find_relation([2**n for n in range(39)] + [7], "recurrence").contradicted
    39

    Relations are looked for in at most 400 terms, and fewer where the numbers are long.

    Raises `ParameterError` for another kind, a margin that is not positive, and terms that are no numbers.
    """
    if kind not in _GUESS:
        raise ParameterError(f"unknown kind {kind!r}; known: {', '.join(KINDS)}", kind=kind)
    if isinstance(margin, bool) or not isinstance(margin, int) or margin < 1:
        raise ParameterError(f"the margin must be a positive integer; got {margin!r}", margin=margin)
    values = [to_fmpq(u) for u in terms]
    reason, searched = "", 0
    tried: tuple[Shape, ...] = ()
    contradicted: int | None = None
    for count in _rungs(len(values), _searchable(values), margin):
        searched = count
        try:
            guess = _GUESS[kind](values[:count], margin)
        except DerivationError as error:
            reason = str(error)
            tried = tuple(error.objects.get("tried", ()))  # type: ignore[arg-type]
            continue
        place = first_exception(guess.relation, len(values), margin)
        if place is None and holds(guess.relation, values):
            whole = replace(guess, verified=len(values) - guess.used)
            return Finding(kind, whole, count, guess.tried, contradicted)
        if contradicted is None:
            contradicted = _first_difference(guess.relation, values, count) if place is None else place
        reason = f"a relation of the first {contradicted} terms fails at the next"
    if not searched:
        reason = f"{len(values)} terms are too few to claim anything; give at least {margin + 4}"
    return Finding(kind, None, searched, tried, contradicted, reason)


def predicted_terms(relation: Any, terms: Sequence[fmpq], count: int) -> list[fmpq]:
    """The next terms that the relation gives, at most ``count``; fewer, or none, where it does not decide one.

    >>> from resolvent.derive.sequences.guessing import guess_ode
    >>> ones = [fmpq(1)] * 20
    >>> predicted_terms(guess_ode(ones).relation, ones, 2)
    [1, 1]
    """
    if isinstance(relation, sympy.Expr):
        return _next_by_polynomial(relation, terms, count)
    found = list(terms)
    for _ in range(count):
        value = _next_term(relation, found)
        if value is None:
            break
        found.append(value)
    return found[len(terms) :]


def _next_term(relation: Recurrence | LinearODE, terms: Sequence[fmpq]) -> fmpq | None:
    """u(k), k the number of terms, from a linear relation: its first equation in which u(k) occurs."""
    k = len(terms)
    top, rest = fmpq(0), fmpq(0)
    for n, coefficient in linear_equation(relation, k):
        if n == k:
            top += coefficient
        else:
            rest += coefficient * terms[n]
    return -rest / top if top else None


def _next_by_polynomial(relation: sympy.Expr, terms: Sequence[fmpq], count: int) -> list[fmpq]:
    """The g with f = terms + x^k g: P(x, terms) + x^k g dP/df = 0 up to x^(2k), so one evaluation gives them all."""
    k = len(terms)
    delay, lead = slope_of(relation, terms)
    count = min(count, k - delay)
    if not lead or count <= 0:
        return []
    rest = value_of(relation, terms, k + delay + count)[k + delay :]
    slope = value_of(sympy.diff(relation, M), terms[: delay + count], delay + count)[delay:]
    found: list[fmpq] = []
    for j in range(count):
        known = sum((slope[j - i] * u for i, u in enumerate(found)), fmpq(0))
        found.append(-(rest[j] + known) / lead)
    return found


def _first_difference(relation: Any, values: Sequence[fmpq], count: int) -> int:
    """The first n at which the terms leave the relation that the first ``count`` have (the last n if it is open)."""
    if isinstance(relation, sympy.Expr):
        delay, _ = slope_of(relation, values[:count])
        seen = next((n for n, c in enumerate(value_of(relation, values, len(values) + delay)) if c), len(values))
        return max(count, seen - delay)
    known = list(values[:count])
    for n in range(count, len(values)):
        following = predicted_terms(relation, known, 1)
        if following and following[0] != values[n]:
            return n
        known.append(values[n])
    return len(values) - 1


def _rungs(total: int, most: int, margin: int) -> list[int]:
    """The numbers of terms in which to search, growing."""
    last = min(total, most)
    found, count = [], max(_FIRST, margin + 4)
    while count < last:
        found.append(count)
        count = count + 1 if count < _SHORT else int(count * _GROWTH)
    return [*found, last] if last >= margin + 4 else []


def _searchable(values: Sequence[fmpq]) -> int:
    """How many terms the matrices of a search may have without becoming too large."""
    common, longest = 1, 1
    for n, value in enumerate(values[:MOST_SEARCHED], start=1):
        common = lcm(common, int(value.q))
        longest = max(longest, int(value.p).bit_length())
        if n * n * (common.bit_length() + longest) > 3 * MOST_WORK:
            return n - 1
    return min(len(values), MOST_SEARCHED)
