"""python-flint's context: one thread at a time, and free and unchanged in a forked child."""

from __future__ import annotations

import functools
import multiprocessing
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flint
import pytest
from flint import arb, fmpq, fmpq_series

from resolvent.derive.exact.precision import cached_property, exclusive, order, working_precision

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 120.0  # seconds after which a thread or a process counts as stuck


@contextmanager
def another_thread_inside(bits: int, terms: int) -> Iterator[None]:
    """Another thread holds the context, with this precision and length, while the block runs."""
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with working_precision(bits), order(terms):
            inside.set()
            leave.wait(PATIENCE)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(PATIENCE)
    try:
        yield
    finally:
        leave.set()
        thread.join(PATIENCE)


def test_blocks_are_nested_and_undone() -> None:
    before = flint.ctx.prec, flint.ctx.cap
    with working_precision(100), order(7):
        with pytest.raises(RuntimeError, match="prec 200, cap 1"), working_precision(200), order(0):
            raise RuntimeError(f"prec {flint.ctx.prec}, cap {flint.ctx.cap}")
        assert (flint.ctx.prec, flint.ctx.cap) == (100, 7)
    assert (flint.ctx.prec, flint.ctx.cap) == before


def test_a_thread_waits_until_the_context_is_free() -> None:
    seen: list[tuple[int, int]] = []

    def work() -> None:
        with exclusive():
            seen.append((flint.ctx.prec, flint.ctx.cap))

    before = flint.ctx.prec, flint.ctx.cap
    with another_thread_inside(1000, 3):
        waiting = threading.Thread(target=work)
        waiting.start()
        waiting.join(0.05)
        assert not seen
    waiting.join(PATIENCE)
    assert seen == [before]


def _in_child(queue: multiprocessing.Queue[object]) -> None:
    with working_precision(90), order(4):
        ball = arb(1) / 3
        series = fmpq_series([1, 1], prec=4) ** 3
    works = ball.rel_accuracy_bits() > 80 and series.coeffs() == [1, 3, 3, 1]
    queue.put((flint.ctx.prec, flint.ctx.cap, works))


def forked() -> object:
    """What a forked child makes of the context."""
    context = multiprocessing.get_context("fork")
    queue: multiprocessing.Queue[object] = context.Queue()
    child = context.Process(target=_in_child, args=(queue,))
    child.start()
    try:
        return queue.get(timeout=PATIENCE)
    finally:
        child.kill()
        child.join()


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_child_forked_while_another_thread_holds_the_context() -> None:
    before = flint.ctx.prec, flint.ctx.cap
    with another_thread_inside(1000, 3):
        assert forked() == (*before, True)


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_child_forked_inside_a_block_goes_on_inside_of_it() -> None:
    with working_precision(77), order(5):
        assert forked() == (77, 5, True)
        with working_precision(78):
            assert forked() == (78, 5, True)


class Lazy:
    @cached_property
    def half(self) -> fmpq:
        with exclusive():
            return fmpq(1, 2)


def test_a_property_is_computed_once_and_belongs_to_its_object() -> None:
    one = Lazy()
    assert one.half is one.half
    assert one.half == Lazy().half
    assert isinstance(Lazy.half, functools.cached_property)


def test_a_property_does_not_wait_for_the_context_while_others_wait_for_it() -> None:
    done: list[fmpq] = []
    with exclusive():
        other = threading.Thread(target=lambda: done.append(Lazy().half))
        other.start()  # waits for the context inside the property
        other.join(0.05)
        assert Lazy().half == fmpq(1, 2)  # that of functools would wait for the other thread
    other.join(PATIENCE)
    assert done == [fmpq(1, 2)]


def test_nothing_else_changes_the_context() -> None:
    changes = re.compile(
        r"ctx\.(?:work|extra)(?:prec|dps)|ctx\.(?:prec|cap|dps) *=[^=]|mp(?:math)?\.(?:work|extra)(?:prec|dps)"
    )
    files = [path for layer in ("derive", "numeric", "catalog", "resolvent") for path in (ROOT / layer).rglob("*.py")]
    found = {path.name for path in files if changes.search(path.read_text(encoding="utf-8"))}
    assert found == {"precision.py"}


def test_no_property_holds_the_lock_of_its_own_that_python_3_11_gives_it() -> None:
    imports = re.compile(r"^from functools import .*\bcached_property\b|functools\.cached_property", re.MULTILINE)
    files = [path for layer in ("derive", "numeric", "catalog", "resolvent") for path in (ROOT / layer).rglob("*.py")]
    assert {path.name for path in files if imports.search(path.read_text(encoding="utf-8"))} == {"precision.py"}
