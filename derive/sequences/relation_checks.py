"""Does a relation hold for every term of a sequence, and does every term count? Exact, to the last one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy
from flint import fmpq, fmpq_series

from resolvent.derive.equations.equation import M, Z
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.series import terms_of
from resolvent.derive.sequences.ode import LinearODE
from resolvent.derive.sequences.recurrence import Recurrence


def holds(relation: Any, terms: Sequence[fmpq]) -> bool:
    """Whether a `Recurrence`, a `LinearODE` of f(x) or a polynomial in z and m = f(z) holds for all terms, exactly."""
    if isinstance(relation, Recurrence):
        return relation.holds_for(terms)
    if isinstance(relation, LinearODE):  # to the last coefficient that the terms decide, so that each term counts
        return not any(sum((c * terms[n] for n, c in linear_equation(relation, k)), fmpq(0)) for k in range(len(terms)))
    return not any(value_of(relation, terms, len(terms) + slope_of(relation, terms)[0]))


def first_exception(relation: Any, count: int, margin: int) -> int | None:
    """The first k for which a linear relation says nothing about u(k), so that a wrong term would go unseen.

    If L f = 0 then (x d/dx - k) L annihilates f + x^k too: there the equation for u(k) is 0 = 0, after others that say
    something. Where only the coefficient of u(k) vanishes the later terms speak for it, if ``margin`` of them follow.
    """
    if isinstance(relation, sympy.Expr):
        return None
    begun = False
    for k in range(count):
        equation = linear_equation(relation, k)
        if begun and not any(c for _, c in equation):
            return k
        begun = begun or any(c for _, c in equation)
        if begun and k >= count - margin and not any(c for n, c in equation if n == k):
            return k
    return None


def linear_equation(relation: Recurrence | LinearODE, k: int) -> list[tuple[int, fmpq]]:
    """The equation whose last unknown is u(k), as pairs of n and the coefficient of u(n)."""
    if isinstance(relation, Recurrence):
        start = k - relation.order
        return [(start + j, fmpq(p(start))) for j, p in enumerate(relation.coefficients)] if start >= 0 else []
    parts = [(i, j, int(c)) for i, a in enumerate(relation.coefficients) for j, c in enumerate(a.coeffs()) if c]
    power = k - max(i - j for i, j, _ in parts)  # of x, whose coefficient is compared
    found = []
    for i, j, c in parts:
        n = power + i - j  # x^j f^(i) has the coefficient n (n-1) ... (n-i+1) u(n) there
        factor = fmpq(c)
        for s in range(i):
            factor *= n - s
        if n >= 0:
            found.append((n, factor))
    return found if power >= 0 else []


def slope_of(relation: sympy.Expr, terms: Sequence[fmpq]) -> tuple[int, fmpq]:
    """v and s for dP/df = s x^v + ...: u(k), k > v, first occurs in the coefficient k + v of P(x, f), as s u(k).

    So k terms decide k + v coefficients, and the last v of these are all that test the last v terms. If all known
    coefficients vanish s is 0.
    """
    derivative = sympy.diff(relation, M)
    count = 1
    while count < 2 * len(terms):
        known = value_of(derivative, terms[:count], min(count, len(terms)))
        found = next(((v, c) for v, c in enumerate(known) if c), None)
        if found is not None:
            return found
        count *= 2
    return 0, fmpq(0)


def value_of(relation: sympy.Expr, terms: Sequence[fmpq], count: int | None = None) -> list[fmpq]:
    """The coefficients of P(x, f(x)) for f = sum terms[n] x^n, ``count`` of them (as many as there are terms)."""
    count = len(terms) if count is None else count
    rows: dict[int, dict[int, fmpq]] = {}
    for (k, i), c in sympy.Poly(relation, Z, M).terms():
        rows.setdefault(int(i), {})[int(k)] = to_fmpq(c)
    with order(count):
        series, power = (fmpq_series(c, prec=count) for c in (list(terms[:count]), [1]))
        total = fmpq_series([0], prec=count)
        for i in range(max(rows, default=0) + 1):
            power = power * series if i else power
            row = rows.get(i, {})
            coefficients = [row.get(k, fmpq(0)) for k in range(max(row, default=0) + 1)]
            total += fmpq_series(coefficients[:count], prec=count) * power
        return terms_of(total, count)
