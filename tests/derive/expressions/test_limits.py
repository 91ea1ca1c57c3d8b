"""Limits of eliminations: they end in time, can be interrupted, and leave no process behind."""

from __future__ import annotations

import math
import multiprocessing
import signal
from typing import Any

import pytest

from resolvent.derive.errors import DerivationError
from resolvent.derive.expressions import elimination
from resolvent.derive.expressions.dyson import dyson_system
from resolvent.derive.expressions.elimination import Limits
from resolvent.derive.expressions.expression import MatrixExpression
from resolvent.derive.expressions.law import law_of
from resolvent.derive.expressions.letters import dimension, gaussian, given, inv, wigner
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.physical_series import Moments, TooLarge
from resolvent.derive.expressions.scaling import scales_of
from tests.derive.expressions.test_pencil import layers

p = dimension("p")
X, Y = wigner("X", p), wigner("Y", p)
G = gaussian("G", p, p)
ENDLESS = X + inv(3 + inv(X + X @ Y @ X))
"""One call of its elimination takes minutes."""


@pytest.mark.parametrize(
    ("limits", "message"),
    [(Limits(seconds=1.0), "longer than 1 seconds"), (Limits(terms=10), "more than 10 terms")],
)
def test_a_limit_is_named(limits: Limits, message: str) -> None:
    with pytest.raises(TooLarge, match=message):
        law_of(ENDLESS, limits=limits)
    assert not multiprocessing.active_children()


def test_a_limit_of_time_holds_for_the_series_too() -> None:
    with pytest.raises(DerivationError, match="longer than the limit"):
        law_of(X @ Y + Y @ X, limits=Limits(seconds=0.0))


def interrupted(model: MatrixExpression) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 2.0)
        with pytest.raises(KeyboardInterrupt):
            law_of(model)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not multiprocessing.active_children()


def test_an_interrupt_ends_an_elimination_at_once() -> None:
    interrupted(ENDLESS)


def test_heavy_steps_are_the_same_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    model, ratios = layers(1)
    here = law_of(model, ratios)
    monkeypatch.setattr(elimination, "_MANY_TERMS", 5)
    apart = law_of(model, ratios)
    assert apart.equation == here.equation
    assert apart.derivation.latex() == here.derivation.latex()


def test_errors_come_back_from_the_other_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elimination, "_MANY_TERMS", 5)
    with pytest.raises(TooLarge, match="more than 20 terms"):
        law_of(*layers(2), Limits(terms=20))


OPEN = X + inv(3 + inv(X + X @ Y @ X)) + X @ given("S", p) @ X
"""One call of its elimination takes minutes, with the traces of S left in it."""


def test_limits_of_time_hold_for_open_spectra() -> None:
    with pytest.raises(TooLarge, match="longer than 2 seconds"):
        law_of(OPEN, limits=Limits(seconds=2.0))
    assert not multiprocessing.active_children()


def test_an_interrupt_ends_an_open_law_at_once() -> None:
    interrupted(OPEN)


def test_open_laws_are_the_same_from_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    model = X @ given("S", p) @ X + Y
    here = law_of(model)
    monkeypatch.setattr(elimination, "_MANY_TERMS", 5)
    apart = law_of(model)
    assert apart.equations == here.equations
    assert apart.derivation.check()


def test_a_limit_of_time_holds_for_the_choice_of_the_branch() -> None:
    moments = Moments(dyson_system(pencil_of(X @ Y + Y @ X, scales_of((p,), {}))), end=0.0)
    with pytest.raises(TooLarge, match="longer than the limit"):
        moments(4, {})
    moments.end = math.inf
    assert [moments(5, {})[k] for k in range(5)] == [1, 0, 2, 0, 10]
