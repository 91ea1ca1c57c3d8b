"""A sample of the random calls of everything public; `make fuzz` makes many more."""

from __future__ import annotations

import inspect

import resolvent as rv
from tests.fuzz.public_calls import outcome, run


def test_a_sample_of_random_calls_ends_in_answers_or_errors_of_ours() -> None:
    kinds, failed = run(range(150), seed=1)
    assert not failed, "\n".join(failed)
    assert kinds["answer"] > 30
    assert kinds["error of ours"] > 30


def test_calls_depend_on_the_seed_and_their_number_alone() -> None:
    assert [outcome(k, 2) for k in range(5)] == [outcome(k, 2) for k in range(5)]


def test_every_public_function_is_held_at_the_border() -> None:
    functions = {n: f for n in rv.__all__ if inspect.isfunction(f := getattr(rv, n))}
    assert [n for n, f in functions.items() if not hasattr(f, "__wrapped__")] == []
