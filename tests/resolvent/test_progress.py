"""Progress with a clock that is moved by hand and a stream that is read back."""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

import resolvent.progress as module
from resolvent.derive.exact.deadline import within
from resolvent.derive.exact.stage import open_board, tell, told
from resolvent.derive.laws.elementary import atoms, semicircle
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.progress import Progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """The monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


class Ticks:
    """Stands for the event the thread waits on: the waits asked for, all but the last of which run to their end."""

    def __init__(self, clock: Clock, count: int) -> None:
        self.clock = clock
        self.left = count
        self.waits: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        if self.left == 0:
            return True
        self.left -= 1
        self.clock.now += seconds
        return False

    def set(self) -> None:
        self.left = 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """A clock in place of the module's."""
    hand = Clock()
    monkeypatch.setattr(module.time, "monotonic", hand.monotonic)
    return hand  # type: ignore[return-value]


def ran(clock: Clock, stream: io.StringIO, ticks: int, done: int = 0, total: int | None = None) -> tuple[str, Ticks]:
    """What a progress has written after so many waits have run to their end."""
    progress = Progress("sampling", total, stream)
    for _ in range(done):
        progress.advance()
    events = Ticks(clock, ticks)
    progress._stop = events  # type: ignore[assignment]
    progress._run()
    return stream.getvalue(), events


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_nothing_is_written_within_two_seconds(clock: Clock, stream: Any) -> None:
    text, events = ran(clock, stream(), 0)
    assert text == ""
    assert events.waits == [2.0]


def test_a_line_is_written_after_two_seconds(clock: Clock) -> None:
    assert ran(clock, io.StringIO(), 1)[0] == "sampling: 2 s\n"


def test_a_file_gets_whole_lines_and_few_of_them(clock: Clock) -> None:
    text, events = ran(clock, io.StringIO(), 3)
    assert text == "sampling: 2 s\nsampling: 12 s\nsampling: 22 s\n"
    assert events.waits == [2.0, 10.0, 10.0, 10.0]


def test_a_terminal_gets_one_line_over_and_over(clock: Clock) -> None:
    text, events = ran(clock, Terminal(), 3)
    assert text.count("\r") == 3
    assert "\n" not in text
    assert text.startswith("\r\x1b[2Ksampling: 2 s")
    assert events.waits == [2.0, 0.5, 0.5, 0.5]


def test_a_file_gets_no_control_characters(clock: Clock) -> None:
    text, _ = ran(clock, io.StringIO(), 2)
    assert "\r" not in text
    assert "\x1b" not in text


def test_the_line_counts_parts_and_estimates_the_rest(clock: Clock) -> None:
    progress = Progress("sampling", 10, io.StringIO())
    clock.now += 6
    assert progress.line() == "sampling: 0 of 10, 6 s"
    for _ in range(4):
        progress.advance()
    assert (progress.done, progress.line()) == (4, "sampling: 4 of 10, 6 s, about 9 s left")


def test_without_a_total_the_line_gives_the_time(clock: Clock) -> None:
    progress = Progress("deriving", None, io.StringIO())
    progress.advance()
    clock.now += 3
    assert progress.line() == "deriving: 3 s"


def test_a_terminal_is_left_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    stream = Terminal()
    with Progress("sampling", 2, stream):
        limit = time.monotonic() + 10
        while not stream.getvalue() and time.monotonic() < limit:
            time.sleep(0.005)
    assert "sampling: 0 of 2" in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[2K")


def test_a_file_is_not_touched_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    stream = io.StringIO()
    with Progress("sampling", 2, stream):
        limit = time.monotonic() + 10
        while not stream.getvalue() and time.monotonic() < limit:
            time.sleep(0.005)
    assert stream.getvalue() == "sampling: 0 of 2, 0 s\n"


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_a_short_task_leaves_no_trace(stream: Any) -> None:
    out = stream()
    with Progress("sampling", 1, out) as progress:
        progress.advance()
    assert out.getvalue() == ""


def test_an_error_inside_goes_through_and_ends_the_thread() -> None:
    progress = Progress("sampling", 1, io.StringIO())
    with pytest.raises(KeyError), progress:
        raise KeyError
    assert not progress._thread.is_alive()


def test_standard_error_is_the_default(capsys: pytest.CaptureFixture[str], clock: Clock) -> None:
    progress = Progress("sampling")
    progress._stop = Ticks(clock, 1)  # type: ignore[assignment]
    progress._run()
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "sampling: 2 s\n")


def test_a_file_as_standard_error_stays_empty(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    with module.watched("deriving"):
        time.sleep(0.05)
    assert capsys.readouterr().err == ""


def test_a_terminal_as_standard_error_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    monkeypatch.setattr(module.sys, "stderr", Terminal())
    with module.watched("deriving"):
        limit = time.monotonic() + 10
        while not module.sys.stderr.getvalue() and time.monotonic() < limit:  # type: ignore[attr-defined]
            time.sleep(0.005)
    assert "deriving" in module.sys.stderr.getvalue()  # type: ignore[attr-defined]


def test_the_line_says_what_a_child_process_is_doing() -> None:
    """A child tells it through shared memory; what is too long for that is cut."""
    open_board()
    child = os.fork()
    if child == 0:
        try:
            tell(lambda: "eliminating omega, " + 200 * "x")
        finally:  # whatever happens, the child runs no other tests
            os._exit(0)
    os.waitpid(child, 0)
    assert told() == "eliminating omega, " + 101 * "x"
    tell(lambda: "factoring")
    assert Progress("deriving", stage=told).line() == "deriving: factoring, 0 s"


def test_derivations_and_spectra_tell_their_stage_and_degrees() -> None:
    open_board()
    within(600, lambda: str((semicircle() + atoms([0, 1])).equation.polynomial))
    assert re.fullmatch(r"(eliminating|factoring) .* degrees? \d+.*", told())
    within(600, lambda: len(Spectrum(semicircle() + atoms([-9, 9])).intervals))
    assert told() == "the density on interval 2 of 2"


def test_a_program_without_a_console_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", None)
    with Progress("sampling", total=1) as progress:
        progress.advance()
    assert progress.done == 1
