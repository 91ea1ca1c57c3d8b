"""Work in a child process: stopped in time whatever it does, and its answers, errors and deaths passed on."""

from __future__ import annotations

import contextlib
import copy
import faulthandler
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import forkserver
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, NoReturn

import pytest
from flint import fmpz_poly

from resolvent.conjectures.check import check_conjecture
from resolvent.conjectures.file.reader import conjecture_of
from resolvent.derive.errors import DerivationError, ParseError, ResolventError
from resolvent.derive.exact import deadline
from resolvent.derive.exact.deadline import ChildFailed, OutOfTime, within
from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
from resolvent.numeric.spectrum.spectrum import Spectrum

ROOT = Path(__file__).resolve().parents[4]
SHELF = ROOT / "docs" / "conjectures"


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def work() -> NoReturn:
        raise error

    return work


@pytest.fixture(autouse=True)
def no_child_is_left() -> Iterator[None]:
    """Other tests of this process may have children of their own, which stay; as do the servers of multiprocessing."""
    forkserver.ensure_running()
    before = children()
    yield
    assert children() <= before


def children() -> set[str]:
    """The processes whose parent this one is, zombies included."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = status.read_text().rpartition(")")[2].split()
            if int(fields[1]) == os.getpid():
                found.add(status.parent.name)
    return found


@pytest.mark.parametrize("value", [None, True, 3, "é\n\x00", [1, [2, {"a": None}]], {"x": {"y": [1.5]}}, "x" * 500_000])
def test_values_come_back(value: Any) -> None:
    assert within(20, lambda: value) == value


def long_arithmetic() -> None:
    fmpz_poly([k + 1 for k in range(20_000)]) ** 4000  # one call that answers no signal handler of Python


def catching_everything() -> None:
    while True:
        try:
            time.sleep(100)
        except BaseException:
            continue


@pytest.mark.parametrize("work", [lambda: time.sleep(100), long_arithmetic, catching_everything])
def test_work_that_takes_too_long_is_stopped(work: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "start_method", lambda: "fork")  # from a clean state it takes long to start
    start = time.monotonic()
    with pytest.raises(OutOfTime, match=r"not finished within 0\.3 s"):
        within(0.3, work)
    assert time.monotonic() - start < 100  # as long as the work would sleep


def test_a_signal_that_is_ignored_changes_nothing() -> None:
    def work() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(100)

    with pytest.raises(OutOfTime):
        within(0.3, work)


@pytest.mark.parametrize("seconds", [0.0, -3.0])
def test_no_work_is_quick_enough_for_no_time(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "start", lambda *_: pytest.fail("a child was started"))
    with pytest.raises(OutOfTime, match=rf"not finished within {seconds:g} s"):
        within(seconds, lambda: 1)


@pytest.mark.parametrize("seconds", [1e9, float("inf")])
def test_a_limit_may_be_very_long(seconds: float) -> None:
    assert within(seconds, lambda: 1) == 1


def test_a_long_limit_is_waited_for_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "_LONGEST_WAIT", 0.01)
    assert within(20, lambda: time.sleep(0.1)) is None


def test_memory_is_limited() -> None:
    with pytest.raises(ResolventError, match="memory"):
        within(30, lambda: len(bytearray(2**32)), memory=2**31)
    assert within(30, lambda: len(bytearray(2**20))) == 2**20


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_child_that_dies_is_an_error(number: signal.Signals) -> None:
    with pytest.raises(ResolventError, match=f"ended by signal {int(number)}"):
        within(20, lambda: (faulthandler.disable(), os.kill(os.getpid(), number)))


def test_a_child_that_leaves_is_an_error() -> None:
    with pytest.raises(ResolventError, match="ended by status 7"):
        within(20, lambda: os._exit(7))
    with pytest.raises(ResolventError, match="ended by status 70"):
        within(20, raising(SystemExit(0)))


def test_half_an_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "_received", lambda *_: b'{"val')
    with pytest.raises(ResolventError, match="ended by"):
        within(20, lambda: 1)


def test_our_errors_are_passed_on() -> None:
    with pytest.raises(ParseError, match=r"^line 3: no$") as caught:
        within(20, raising(ParseError("line 3: no", line=3, text="x", law=object())))
    assert caught.value.objects == {"line": 3, "text": "x"}
    with pytest.raises(ResolventError, match=r"^no such law$"):
        within(20, raising(DerivationError("no such law")))


@pytest.mark.parametrize(("error", "message"), [(MemoryError(), "memory"), (RecursionError(), "nested too deeply")])
def test_limits_of_the_interpreter_are_our_errors(error: Exception, message: str) -> None:
    with pytest.raises(ResolventError, match=message):
        within(20, raising(error))


def test_defects_are_no_verdicts() -> None:
    with pytest.raises(ChildFailed, match="KeyError: 'c'"):
        within(20, raising(KeyError("c")))
    with pytest.raises(ChildFailed, match="TypeError"):
        within(20, lambda: object())


def test_a_defects_traceback_is_shown_on_request(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RESOLVENT_TRACEBACK", "1")
    with pytest.raises(ChildFailed):
        within(20, raising(ValueError("seen")))
    assert "ValueError: seen" in capfd.readouterr().err


def test_an_interrupt_ends_the_child(tmp_path: Path) -> None:
    note = tmp_path / "pid"

    def work() -> None:
        note.write_text(json.dumps(os.getpid()))
        time.sleep(100)

    def interrupt() -> None:
        while not (note.exists() and note.read_text()):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    sender = threading.Thread(target=interrupt)
    try:
        sender.start()
        with pytest.raises(KeyboardInterrupt):
            within(60, work)
    finally:
        sender.join()
        signal.signal(signal.SIGINT, before)
    with pytest.raises(ProcessLookupError):
        os.kill(json.loads(note.read_text()), 0)


def test_the_worker_of_a_pool_can_have_a_child() -> None:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply(within, (20, os.getpid)) != pool.apply(os.getpid)


LOCK = threading.Lock()


def under_lock() -> int:
    with LOCK:
        return 7


def test_a_lock_of_another_thread_does_not_stop_the_work() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(LOCK.acquire).result()
        try:
            assert within(60, under_lock) == 7
        finally:
            LOCK.release()


def computing(stop: threading.Event) -> None:
    while not stop.is_set():
        Spectrum(semicircle() + marchenko_pastur("1/3")).pdf(0.0)


@pytest.mark.slow
def test_a_density_is_checked_beside_threads_that_compute_spectra() -> None:
    text = """
title = "beside threads"
claim = {density = "sqrt(4 - x**2)/(2*pi)", intervals = [[-2, 2]], moments = [0, 1, 0, 2]}
"""
    stop = threading.Event()
    others = [threading.Thread(target=computing, args=(stop,)) for _ in range(3)]
    for thread in others:
        thread.start()
    try:
        found = [check_conjecture(conjecture_of(text), exact_only=True).verdict for _ in range(3)]
    finally:
        stop.set()
        for thread in others:
            thread.join()
    assert found == ["supported"] * 3


@pytest.mark.parametrize("name", sorted(path.name for path in SHELF.glob("*.toml")))
def test_conjectures_can_be_sent_to_a_process_in_a_clean_state(name: str) -> None:
    conjecture = conjecture_of((SHELF / name).read_text())
    assert copy.deepcopy(conjecture) == conjecture
    assert ForkingPickler.loads(ForkingPickler.dumps(conjecture)) == conjecture


ENDLESS = """
import multiprocessing, os, sys, threading, time
from pathlib import Path
from types import SimpleNamespace
from flint import fmpz_poly
from resolvent.derive.exact import processes
from resolvent.derive.exact.deadline import within

def work():
    Path(sys.argv[1]).write_text(str(os.getpid()))
    fmpz_poly([k + 1 for k in range(20_000)]) ** 4000

def elsewhere():
    processes.sys = SimpleNamespace(platform="another")
    processes.end_with_parent()
    Path(sys.argv[1]).write_text(str(os.getpid()))
    time.sleep(1000)

if __name__ == "__main__":
    if sys.argv[2] == "another system":
        multiprocessing.get_context("fork").Process(target=elsewhere).start()
        time.sleep(1000)
    if sys.argv[2] == "threads":
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    within(1000, work)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("beside", ["nothing", "threads", "another system"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_the_child_ends_with_its_parent(tmp_path: Path, number: signal.Signals, beside: str) -> None:
    program, note = tmp_path / "program.py", tmp_path / "note"
    program.write_text(ENDLESS)
    parent = subprocess.Popen(
        [sys.executable, str(program), str(note), beside], env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    while not (note.exists() and note.read_text()):
        assert parent.poll() is None
        time.sleep(0.01)
    child = Path("/proc", note.read_text(), "stat")
    assert child.exists()
    parent.send_signal(number)
    parent.wait()
    until = time.monotonic() + 20
    while child.exists() and child.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < until
        time.sleep(0.01)


def test_nothing_of_the_child_is_cleaned_up_twice(capfd: pytest.CaptureFixture[str]) -> None:
    print("before", end="")
    assert within(20, lambda: print("in the child", end="")) is None
    assert capfd.readouterr().out.count("before") == 1


def test_without_processes_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "_CAN_FORK", False)
    assert within(20, os.getpid) == os.getpid()
