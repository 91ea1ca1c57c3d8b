"""Guessed relations: sequences with known ones, sequences without, and the numbers behind each claim."""

from __future__ import annotations

import random
from fractions import Fraction
from math import comb, factorial
from typing import Any

import pytest
import sympy
from flint import fmpz_poly

from resolvent import catalog
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
from resolvent.derive.sequences.guessing import MARGIN, guess_algebraic, guess_ode, guess_recurrence

CATALAN = [comb(2 * n, n) // (n + 1) for n in range(60)]
FISHER = [sum(comb(d, k) * CATALAN[d - k] * CATALAN[k] for k in range(d + 1)) for d in range(60)]
APERY = [sum(comb(n, k) ** 2 * comb(n + k, k) ** 2 for k in range(n + 1)) for n in range(40)]


def moments(law: AlgebraicLaw, n: int) -> list[sympy.Expr]:
    return [sympy.Integer(1), *law.moments(n - 1)]


def test_the_recurrence_of_the_linear_fisher_moments() -> None:
    found = guess_recurrence(FISHER)
    assert found.relation.text() == (
        "(32*n**2 + 64*n + 32)*u(n) + (-12*n**2 - 52*n - 52)*u(n+1) + (n**2 + 7*n + 12)*u(n+2) = 0"
    )
    assert (found.shape, found.unknowns) == ((2, 2), 9)
    assert found.used + found.verified == 60


def test_the_recurrence_of_apery() -> None:
    n = sympy.Symbol("n")
    first, second, third = guess_recurrence(APERY).relation.expressions()
    assert sympy.expand(first - (n + 1) ** 3) == 0
    assert sympy.expand(second + (2 * n + 3) * (17 * n**2 + 51 * n + 39)) == 0
    assert sympy.expand(third - (n + 2) ** 3) == 0


def test_factorials_and_rational_terms() -> None:
    assert guess_recurrence([factorial(n) for n in range(20)]).relation.text() == "(-n - 1)*u(n) + (1)*u(n+1) = 0"
    harmonic = [sum((Fraction(1, k) for k in range(1, n + 1)), Fraction(0)) for n in range(40)]
    assert guess_recurrence(harmonic).relation.holds_for(harmonic)


def test_the_equation_of_the_exponential_series() -> None:
    assert guess_ode([Fraction(1, factorial(n)) for n in range(20)]).relation.text("f") == "-f + f' = 0"


@pytest.mark.parametrize(
    "law",
    [
        semicircle(),
        marchenko_pastur("1/3"),
        semicircle() + marchenko_pastur("1/2"),
        catalog.get("hessian").law(phi="1/2", eps=1, sigma=1),
    ],
    ids=str,
)
def test_the_equation_of_an_algebraic_law_is_found_again(law: AlgebraicLaw) -> None:
    z, m = sympy.symbols("z m")
    found = guess_algebraic(moments(law, 60)).relation
    # f(w) = -m/w at w = 1/z
    image = sympy.expand(sympy.numer(sympy.together(found.subs({m: -z * m, z: 1 / z}, simultaneous=True))))
    assert sympy.rem(image, law.equation.expr, m) == 0


def test_a_sequence_without_a_relation_is_reported_with_what_was_tried() -> None:
    rng = random.Random(7)
    terms = [rng.randrange(10**6) for _ in range(60)]
    with pytest.raises(DerivationError, match=r"no recurrence fits the 60 terms; tried up to .*\(1, 23\), \(2, 15\)"):
        guess_recurrence(terms)
    with pytest.raises(DerivationError, match="no differential equation fits the 60 terms"):
        guess_ode(terms)
    with pytest.raises(DerivationError, match="no algebraic equation fits the 60 terms"):
        guess_algebraic(terms)


def test_partitions_satisfy_no_small_recurrence() -> None:
    table = [1] + [0] * 99
    for k in range(1, 100):
        for n in range(k, 100):
            table[n] += table[n - k]
    with pytest.raises(DerivationError, match="the next shape needs"):
        guess_recurrence(table)


def test_one_wrong_term_anywhere_refutes_the_relation() -> None:
    for place, message in (
        (3, "holds for all n but 1, 2, 3: one of the terms"),
        (30, "holds for all n but 28, 29, 30: one of the terms"),
        (59, "undecided; give more"),
    ):
        terms = list(FISHER)
        terms[place] += 1
        with pytest.raises(DerivationError, match=message):
            guess_recurrence(terms)


def test_a_recurrence_may_begin_late() -> None:
    found = guess_recurrence([7, *FISHER[1:]])
    assert found.relation.coefficients[-1] == fmpz_poly([0, 12, 7, 1])


def test_every_claim_leaves_the_margin() -> None:
    for margin in (5, 20, 40):
        assert guess_recurrence(FISHER, margin=margin).verified >= margin
    with pytest.raises(DerivationError, match="no recurrence fits"):
        guess_recurrence(FISHER[:18], margin=10)


@pytest.mark.parametrize(
    ("terms", "margin", "message"),
    [
        ([1, 2, 3], 10, "3 terms are too few to claim anything; give at least 14"),
        ([1] * 20, 0, "the margin must be a positive integer"),
        ("12345", 10, "a sequence of exact numbers"),
        ([*[1] * 20, "x"], 10, "not a"),
    ],
)
def test_bad_input(terms: object, margin: int, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        guess_recurrence(terms, margin)  # type: ignore[arg-type]


def test_the_evidence_in_words() -> None:
    assert guess_recurrence(CATALAN).evidence == "guessed: 4 unknowns from 9 terms, verified on 51 more"
    assert guess_recurrence(CATALAN).relation.coefficients == (fmpz_poly([-2, -4]), fmpz_poly([2, 1]))


@pytest.mark.parametrize("back", [1, 2, 3])
@pytest.mark.parametrize(
    ("guess", "terms"),
    [
        (guess_ode, CATALAN[:40]),
        (guess_ode, [0, 0, *CATALAN[:40]]),
        (guess_algebraic, CATALAN[:40]),
        (guess_algebraic, [0, 0, *CATALAN[:40]]),
        (guess_recurrence, CATALAN[:40]),
    ],
)
def test_each_of_the_last_terms_counts(guess: Any, terms: list[int], back: int) -> None:
    assert guess(terms).verified >= MARGIN
    wrong = list(terms)
    wrong[-back] += 1
    with pytest.raises(DerivationError):
        guess(wrong)


def test_degrees_that_the_terms_have_no_room_for_are_not_gone_through() -> None:
    assert str(guess_algebraic(CATALAN[:30], most_degree=10**60).relation) == "m**2*z - m + 1"
    with pytest.raises(DerivationError, match="no algebraic equation fits the 12 terms"):
        guess_algebraic([*CATALAN[:11], 0], margin=5, most_degree=10**60)
