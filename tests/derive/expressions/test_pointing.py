"""Errors about a part of an expression mark the part, in expressions that are written in Python and as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resolvent.derive.errors import DerivationError, ParameterError, ResolventError
from resolvent.derive.expressions.law import law_of
from resolvent.derive.expressions.letters import dimension, gaussian, given, inv, wigner
from resolvent.derive.expressions.marks import marked
from resolvent.derive.expressions.pointing import pointing
from resolvent.derive.expressions.trace import trace_of

p, n = dimension("p"), dimension("n")
X, S, T = gaussian("X", p, n), wigner("S", p), wigner("T", p)
ONE: Any = {(p, n): 1}


@pytest.mark.parametrize(
    ("build", "place"),
    [
        (lambda: (S @ T + T) @ X @ S, "  (S @ T + T) @ X @ S\n                    ^"),
        (lambda: S + X, "  S + X\n      ^"),
        (lambda: law_of(S + X @ X.T + 1, ONE), "  S + X @ X.T + identity(p)\n      ^^^^^^^"),
        (lambda: trace_of(S + X @ X.T, ONE), "  S + X @ X.T\n      ^^^^^^^"),
        (lambda: law_of(S + S @ inv(S - S) @ S), "  S + S @ inv(S - S) @ S\n          ^^^^^^^^^^"),
        (lambda: law_of(S + X @ X.T + given("Q", p), ONE), "  S + X @ X.T + Q\n      ^^^^^^^"),
    ],
)
def test_the_place_is_marked(build: Callable[[], Any], place: str) -> None:
    with pytest.raises(ResolventError) as caught:
        build()
    assert str(caught.value).endswith(place)


def test_names_are_not_found_inside_of_others() -> None:
    assert marked(T @ S @ T.T @ gaussian("TX", p, p), T) == "  T @ S @ T @ TX\n          ^"
    assert marked(X.T @ T @ X, T).endswith("      ^")
    assert marked(S @ S, T) == "  S @ S\n  ^^^^^"


def test_long_expressions_are_cut() -> None:
    long = (S + T) ** 12
    assert all(len(line) < 120 for line in marked(long @ inv(S + 2) @ long, inv(S + 2)).splitlines())


def test_letters_and_errors_about_other_things() -> None:
    with pytest.raises(DerivationError, match=r"\n  S \+ T\n      \^$"), pointing(S + T):
        raise DerivationError("this one", letter=T.letter)
    with pytest.raises(ParameterError, match=r"^nothing to show$"), pointing(S + T):
        raise ParameterError("nothing to show", of=X)
