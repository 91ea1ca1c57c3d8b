r"""Moment polynomials: the sums over admissible graphs, from the graphs and from their functional equation.

With cycle weights w_1, w_2, ... (w_j for a cycle of length Lj) and ratios r_0, ..., r_(L-1) of the colours, a graph
with v_l vertices of colour l has the weight \prod_l r_l^{k - v_l} \prod_{cycles} w_j; P_k is the sum over the graphs of
the moment of order k, and m_k = r_0^{1-k} P_k. For two colours, r_0 = psi belongs to the rows and r_1 = phi to the
columns: P_k = \sum \phi^{k-b} \psi^{k-a} \prod w_j, and m_k = \psi^{1-k} P_k. For one colour the ratio is 1 and the w_j
are the free cumulants.

Cutting a graph at the cycle of its first edge gives, with P_l = 1 + r_l (P - 1),

    P(t) = 1 + \sum_k P_k t^k = 1 + w(t P_0 ... P_{L-1}),   w(h) = \sum_j w_j h^j,

and Lagrange's inversion solves it:

    P_k = \sum_{B>=1} (1/B) [h^k] w(h)^B \sum_{a_0 + ... + a_{L-1} = B - 1} \prod_l binom(k, a_l) r_l^{a_l}.

References: Pennington, Worah, NeurIPS 2017 (two colours); Benaych-Georges, Probab. Theory Relat. Fields 144 (2009),
for the w_j as rectangular free cumulants; Stanley, Enumerative Combinatorics 2, Theorem 5.4.2 (Lagrange).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import reduce
from math import comb
from typing import Any

import sympy
from flint import fmpq, fmpz_mpoly

from resolvent.derive.border import checked, shortly
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import Element, Field, check_names, polynomial_ring, to_element
from resolvent.derive.exact.series import Coefficient
from resolvent.derive.graphs.admissible_graphs import MOST_GRAPHS, admissible_graphs

MOST_ORDERS = 40
"""The highest order of moment polynomials without an explicit go-ahead."""

PHI = sympy.Symbol("phi", positive=True)
PSI = sympy.Symbol("psi", positive=True)


def cycle_weight(j: int) -> sympy.Symbol:
    """The symbol w_j for the weight of a cycle of length Lj.

    >>> cycle_weight(2)
    w2
    """
    return sympy.Symbol(f"w{j}")


def ratio_symbols(colours: int) -> tuple[sympy.Expr, ...]:
    """The ratios by colour: 1 for one colour, (psi, phi) for rows and columns, otherwise phi0, phi1, ...

    >>> ratio_symbols(2), ratio_symbols(3)
    ((psi, phi), (phi0, phi1, phi2))
    """
    if colours == 1:
        return (sympy.Integer(1),)
    if colours == 2:
        return (PSI, PHI)
    return tuple(sympy.Symbol(f"phi{level}", positive=True) for level in range(colours))


def polynomial_of_graphs(k: int, colours: int = 2, *, limit: int | None = MOST_GRAPHS) -> fmpz_mpoly:
    """P_k by enumeration of the admissible graphs, in the ring of the ratios and w1, ..., wk.

    >>> polynomial_of_graphs(2)
    psi*w1^2 + phi*w1^2 + w2

    Raises `ParameterError` as `resolvent.derive.graphs.admissible_graphs.admissible_graphs` does.
    """
    terms: Counter[tuple[int, ...]] = Counter()
    for graph in admissible_graphs(k, colours, limit=limit):
        lengths = [0] * k
        for j in graph.cycle_lengths:
            lengths[j - 1] += 1
        exponents = [k - v for v in graph.counts] if colours > 1 else []
        terms[(*exponents, *lengths)] += 1
    names = [str(r) for r in ratio_symbols(colours)] if colours > 1 else []
    return polynomial_ring((*names, *(f"w{j}" for j in range(1, k + 1)))).from_dict(dict(terms))


@checked
def moment_polynomials(
    n: int,
    weights: Sequence[Any] | None = None,
    ratios: Sequence[Any] | None = None,
    *,
    limit: int | None = MOST_ORDERS,
) -> list[sympy.Expr]:
    """[P_1, ..., P_n] from the functional equation, expanded; no graph is enumerated.

    Args:
        n: the highest order.
        weights: [w_1, w_2, ...] as numbers or rational expressions in parameters, zero where the list ends; without
            it the symbols w1, w2, ...
        ratios: one for each colour, the rows' (psi) first; without it (psi, phi).
        limit: the highest order without a go-ahead, half of it with symbols; None for no limit.

    >>> moment_polynomials(2)
    [w1, phi*w1**2 + psi*w1**2 + w2]
    >>> moment_polynomials(6, weights=[1] * 6, ratios=[1, 1])
    [1, 3, 12, 55, 273, 1428]

    Raises `ParameterError` for a negative n, no ratio, and values that are not rational expressions.
    """
    if isinstance(n, bool) or not hasattr(n, "__index__") or n < 0:
        raise ParameterError(f"the highest order must be a non-negative integer; got {n!r}", n=n)
    _check_limit(n, limit)
    given = [cycle_weight(j) for j in range(1, n + 1)] if weights is None else list(weights)[:n]
    levels = ratio_symbols(2) if ratios is None else tuple(ratios)
    if not levels:
        raise ParameterError("at least one ratio is needed, one for each colour", ratios=ratios)
    read = [to_element(v) for v in (*given, *levels)]
    symbols = {s for _, found in read for s in found}
    _check_limit(n, limit // 2 if symbols and limit is not None else limit)
    check_names(sorted(symbols, key=lambda s: str(s.name)))
    base = Field(tuple(sorted(s.name for s in symbols)))
    elements = [base.coerce(e) for e, _ in read]
    table = {s.name: s for s in symbols}
    found = lagrange(n, elements[: len(given)], elements[len(given) :], base)
    return [p.to_sympy(table) if p.denominator.is_one() else sympy.expand(p.to_sympy(table)) for p in found]


def _check_limit(n: int, limit: int | None) -> None:
    if limit is not None and n > limit:
        raise ParameterError(f"the order {shortly(n)} is over the limit of {limit}; pass a larger one, or None", n=n)


def lagrange(n: int, weights: Sequence[Element], ratios: Sequence[Element], base: Field) -> list[Element]:
    """[P_1, ..., P_n] over a field, by Lagrange's formula."""
    zero, one = base.constant(0), base.constant(1)
    w: list[Coefficient] = [zero, *weights, *[zero] * (n - len(weights))]
    sums = [zero] * (n + 1)
    power = [one] + [zero] * n
    for blocks in range(1, n + 1):
        power = [sum((power[i] * w[k - i] for i in range(blocks - 1, k)), start=zero) for k in range(n + 1)]
        for k in range(blocks, n + 1):
            if power[k]:
                sums[k] = sums[k] + power[k] * _vertices(k, blocks - 1, ratios, base) * fmpq(1, blocks)
    return sums[1:]


def _vertices(k: int, total: int, ratios: Sequence[Element], base: Field) -> Element:
    r"""\sum over a_0 + ... = total of \prod_l binom(k, a_l) r_l^{a_l}: what x^total has in \prod_l (1 + r_l x)^k."""
    zero = base.constant(0)
    rows = [[r**a * comb(k, a) for a in range(min(k, total) + 1)] for r in ratios]

    def product(left: list[Element], right: list[Element]) -> list[Element]:
        out = [zero] * (total + 1)
        for i, x in enumerate(left):
            for j, y in enumerate(right[: total + 1 - i]):
                out[i + j] = out[i + j] + x * y
        return out

    combined = reduce(product, rows)
    return combined[total] if total < len(combined) else zero
