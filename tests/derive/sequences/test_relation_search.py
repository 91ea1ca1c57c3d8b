"""The search in growing prefixes: what it finds, where a relation stops to hold, and how terms go on."""

from __future__ import annotations

import random
import time
from fractions import Fraction
from math import comb, factorial
from typing import Any

import pytest
from flint import fmpq

from resolvent.derive.errors import ParameterError
from resolvent.derive.sequences.relation_search import KINDS, MOST_SEARCHED, find_relation, holds, predicted_terms

CATALAN = [comb(2 * n, n) // (n + 1) for n in range(60)]
DELANNOY = [sum(comb(n, k) * comb(n + k, k) for k in range(n + 1)) for n in range(60)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("terms", [CATALAN, DELANNOY, [1] * 60, [2**n + 3**n for n in range(60)]])
def test_a_relation_is_found_and_goes_on(kind: str, terms: list[int]) -> None:
    finding = find_relation(terms[:50], kind)
    assert finding.guess is not None
    assert predicted_terms(finding.guess.relation, [fmpq(u) for u in terms[:50]], 10) == terms[50:]


@pytest.mark.parametrize("kind", KINDS)
def test_all_terms_are_counted(kind: str) -> None:
    guess = find_relation(CATALAN, kind).guess
    assert guess is not None
    assert guess.used + guess.verified == 60
    assert guess.verified >= 10


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("place", [30, 45, 59])
def test_the_place_of_a_wrong_term(kind: str, place: int) -> None:
    wrong = [u + (n == place) for n, u in enumerate(CATALAN)]
    finding = find_relation(wrong, kind)
    assert finding.contradicted == place
    assert finding.guess is None or place == 30  # f + x^30 has a larger differential equation


@pytest.mark.parametrize("kind", ["recurrence", "ode"])
@pytest.mark.parametrize("count", [31, 45, 80, 120])
def test_a_wrong_last_term_is_never_explained_away(kind: str, count: int) -> None:
    """(x d/dx - k) L annihilates f + x^k, and so do operators that leave u(k) free without being multiples of it."""
    terms = [comb(2 * n, n) // (n + 1) for n in range(count - 1)]
    assert find_relation([*terms, 1], kind).guess is None


@pytest.mark.parametrize("v", [1, 2, 3])
@pytest.mark.parametrize("count", [38, 39, 40])
def test_an_equation_that_sees_a_term_late(v: int, count: int) -> None:
    """(f - 1)^2 = x^(2v) (1 - 4x): dP/df has order v, so u(k) comes in with the coefficient k + v only."""
    root = [-comb(2 * n, n) // (2 * n - 1) for n in range(50)]  # sqrt(1 - 4x)
    terms = [1, *[0] * (v - 1), *root][:50]
    guess = find_relation(terms[:count], "algebraic").guess
    assert guess is not None
    assert predicted_terms(guess.relation, [fmpq(u) for u in terms[:count]], 5) == terms[count : count + 5]
    for place in range(count - v, count):
        wrong = [u + (n == place) for n, u in enumerate(terms[:count])]
        finding = find_relation(wrong, "algebraic")
        assert (finding.guess, finding.contradicted) == (None, place)


def test_a_larger_relation_does_not_hide_the_place() -> None:
    """With many terms f + x^20 has an equation of its own."""
    finding = find_relation([comb(2 * n, n) // (n + 1) + (n == 20) for n in range(200)], "algebraic")
    assert (finding.guess is None, finding.contradicted) == (False, 20)


@pytest.mark.parametrize("kind", ["recurrence", "ode"])
def test_factorials_are_holonomic(kind: str) -> None:
    assert find_relation([factorial(n) for n in range(40)], kind).guess is not None


def test_factorials_are_not_algebraic() -> None:
    finding = find_relation([factorial(n) for n in range(60)], "algebraic")
    assert finding.guess is None
    assert [height for height, _ in finding.tried] == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("kind", KINDS)
def test_random_numbers_have_no_relation(kind: str) -> None:
    numbers = random.Random(1)
    finding = find_relation([numbers.randint(1, 10**6) for _ in range(60)], kind)
    assert (finding.guess, finding.contradicted, finding.searched) == (None, None, 60)
    assert finding.tried


@pytest.mark.parametrize("count", [0, 1, 13])
def test_too_few_terms_claim_nothing(count: int) -> None:
    finding = find_relation(CATALAN[:count], "algebraic")
    assert (finding.guess, finding.searched, finding.tried) == (None, 0, ())
    assert finding.reason == f"{count} terms are too few to claim anything; give at least 14"


def test_a_larger_margin_needs_more_terms() -> None:
    assert find_relation(CATALAN[:30], "algebraic", margin=10).guess is not None
    assert find_relation(CATALAN[:30], "algebraic", margin=26).guess is None


def test_many_terms_are_searched_in_part() -> None:
    assert find_relation([n**7 % 1009 for n in range(500)], "algebraic").searched == MOST_SEARCHED


def test_long_numbers_shorten_the_search() -> None:
    numbers = random.Random(2)
    began = time.process_time()
    finding = find_relation([numbers.randint(1, 10**3900) for _ in range(150)], "ode")
    assert 14 < finding.searched < 150
    assert time.process_time() - began < 30


def test_a_series_may_be_free_for_a_term() -> None:
    """n u(n) = 0 leaves u(0) free; where the last coefficient vanishes nothing is predicted."""
    guess = find_relation([Fraction(1, n + 1) for n in range(30)], "recurrence").guess
    assert guess is not None
    assert predicted_terms(guess.relation, [], 3) == []


@pytest.mark.parametrize("kind", KINDS)
def test_holds_is_exact(kind: str) -> None:
    guess = find_relation(CATALAN, kind).guess
    assert guess is not None
    values = [fmpq(u) for u in CATALAN]
    assert holds(guess.relation, values)
    assert not holds(guess.relation, [*values[:-1], values[-1] + fmpq(1, 10**50)])


@pytest.mark.parametrize("margin", [0, -1, True, 1.5, "10"])
def test_margin_that_is_none(margin: Any) -> None:
    with pytest.raises(ParameterError, match="margin must be a positive integer"):
        find_relation(CATALAN, "ode", margin)


def test_unknown_kind() -> None:
    with pytest.raises(ParameterError, match="unknown kind 'linear'; known: algebraic, recurrence, ode"):
        find_relation(CATALAN, "linear")


def test_terms_that_are_no_numbers() -> None:
    with pytest.raises(ParameterError, match="not a rational number"):
        find_relation([1, "x"], "ode")
