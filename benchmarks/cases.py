"""The derivations that are timed, as pairs of callables: ours, and the same with rmtool 1.0.0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy

import resolvent as rv

POINTS = {
    3: ([-1, 0, 2], [0, 1, 4]),
    4: ([-1, 0, 2, 5], [0, 1, 3, 7]),
    5: ([-1, 0, 2, 5, 9], [0, 1, 3, 7, 15]),
}


@dataclass(frozen=True)
class Case:
    """A derivation, done by both packages, and how many times faster ours has to be."""

    name: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    target: float
    repeats: int = 5


def derivations() -> list[Case]:
    """Free sums and products from the call to the law with its derivation."""
    import rmtool

    c = sympy.Symbol("c", positive=True)
    half, third, fifth = (sympy.Rational(1, k) for k in (2, 3, 5))
    cases = [
        Case(
            "semicircle + MP(c)",
            lambda: rv.semicircle() + rv.marchenko_pastur(c),
            lambda: rmtool.AplusB(rmtool.wignerpol(), rmtool.wishartpol(rmtool.c)),
            10,
        ),
        Case(
            "MP(1/2) @ MP(1/3) @ MP(1/5)",
            lambda: rv.marchenko_pastur(half) @ rv.marchenko_pastur(third) @ rv.marchenko_pastur(fifth),
            lambda: rmtool.AtimesB(
                rmtool.AtimesB(rmtool.wishartpol(half), rmtool.wishartpol(third)), rmtool.wishartpol(fifth)
            ),
            10,
        ),
    ]
    for k, (a, b) in POINTS.items():
        weights = [sympy.Rational(1, k)] * k
        cases.append(
            Case(
                f"{k} atoms + {k} atoms",
                lambda a=a, b=b: rv.atoms(a) + rv.atoms(b),
                lambda a=a, b=b, w=weights: rmtool.AplusB(rmtool.atomLmz(a, w), rmtool.atomLmz(b, w)),
                100 if k == 5 else 10,
                3 if k == 5 else 5,
            )
        )
    return cases


def moments() -> list[Case]:
    """Thirty moments of semicircle + ({1, 2, 5} x Wishart(1/2)), from the law (the derivation is not timed)."""
    import rmtool

    third, half = sympy.Rational(1, 3), sympy.Rational(1, 2)
    theirs = rmtool.AplusB(rmtool.wignerpol(), rmtool.AtimesWish(rmtool.atomLmz([1, 2, 5], [third] * 3), half))
    return [
        Case("first 30 moments", lambda: sum_law().moments(30), lambda: rmtool.Lmz2MomS(theirs, 30), 1000, 1),
    ]


def sum_law() -> Any:
    """semicircle + ({1, 2, 5} x Wishart(1/2)), made afresh so that no moment is remembered."""
    return rv.semicircle() + rv.atoms([1, 2, 5]).wishart(sympy.Rational(1, 2))


def gram_law() -> Any:
    """The nonlinear Gram law at numbers, made afresh."""
    return rv.catalog.get("nonlinear-gram").law(phi="1/2", psi="3/4", eta=1, zeta="1/3")


def gram_polynomials() -> Any:
    """Its moment polynomials in phi, psi, eta and zeta to order 20, from the functional equation."""
    eta, zeta = sympy.symbols("eta zeta", positive=True)
    return rv.moment_polynomials(20, [eta, *(zeta**j for j in range(2, 21))])


GRAPHS = "import resolvent as rv; print(sum(1 for _ in rv.admissible_graphs({})))"
"""A program that enumerates the graphs of an order, for a process of its own."""


def fisher_sum() -> Any:
    """The linear Fisher law, from its summand to recurrence, proof and differential equation, made afresh."""
    from resolvent.derive.sequences.telescoping import K, N, hypergeometric_sum

    rest = N - K
    in_n = (N + 1) / (rest + 1) * (4 * rest + 2) / (rest + 2)
    in_k = rest / (K + 1) * (rest + 1) / (4 * rest - 2) * (4 * K + 2) / (K + 2)
    return rv.law_of_sum(hypergeometric_sum(in_n, in_k), "1/2")
