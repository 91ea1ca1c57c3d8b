"""Processes of this machine that can be stopped at any time, leave nothing behind, and hear no interrupt."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait
from typing import Any

_QUIET = "resolvent progress"  # the name of threads of ours, which hold no lock that a worker needs


def start_method() -> str:
    """How processes are to start: "fork" where no other thread runs, otherwise "forkserver"; "spawn" outside Linux."""
    if sys.platform != "linux":
        return "spawn"  # elsewhere, system libraries do not survive a fork
    beside = {t for t in threading.enumerate() if t.name != _QUIET} - {threading.current_thread()}
    return "forkserver" if beside else "fork"


def start(method: str, target: Callable[..., Any], arguments: Iterable[Any], preload: Iterable[str] = ()) -> Any:
    """A process that has started to call the target and does not hear the keyboard's interrupt.

    A server of forks, where it is not there yet, imports the modules ``preload`` before.
    """
    context: Any = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(list(preload))
    process = context.Process(target=target, args=tuple(arguments), daemon=True)
    with interrupts_held(), _able_to_have_children(), warnings.catch_warnings():
        # Python 3.12 warns of every fork where there are threads, those of linear algebra among them.
        warnings.filterwarnings("ignore", message=".*multi-threaded, use of fork", category=DeprecationWarning)
        process.start()
    return process


def end_with_parent() -> None:
    """Let this process end when the one that started it has, even in the midst of a long call of compiled code.

    On Linux by the kernel's signal when the parent's end of a pipe is closed. Elsewhere a thread waits for that, which
    compiled code may keep from running until it returns.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None
    if sys.platform == "linux":
        import fcntl  # not on every system

        pipe = parent.sentinel
        signal.signal(signal.SIGIO, signal.SIG_DFL)
        fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
        if wait([pipe], 0):  # it was closed before
            os._exit(1)
    else:
        threading.Thread(target=_end_after, args=(parent.sentinel,), name=_QUIET, daemon=True).start()


def _end_after(sentinel: int) -> None:
    """Wait until the parent's end of a pipe is closed, and end this process."""
    wait([sentinel])
    os._exit(1)


@contextlib.contextmanager
def _able_to_have_children() -> Iterator[None]:
    """Lets the worker of a pool start processes of its own: they end with it, which is what it is forbidden for."""
    process = multiprocessing.current_process()
    is_worker = process.daemon
    try:
        if is_worker:
            process.daemon = False
        yield
    finally:
        if is_worker:
            process.daemon = True


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Keyboard interrupts wait until the end of the block, and never reach processes and threads that it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
