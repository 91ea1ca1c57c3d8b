"""Calls of one function spread over processes of this machine, or of a dask cluster: each result as it comes.

Pools that exist do not serve long runs of calls that may kill their process: concurrent.futures gives up all calls when
one worker dies; joblib's pool of forked processes, and pebble's for a worker that ends with status 0, wait for the
result forever. Here each worker has a pipe of its own and one call at a time, so that it is known which call went down
with it. No thread is involved.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import logging
import math
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from typing import Any

from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.processes import end_with_parent, interrupts_held, start, start_method

_GLANCE = 1.0  # how often workers are looked at that say nothing
_CONNECT_TIMEOUT = 5.0
_WORKERS_TIMEOUT = 10.0


@dataclass(frozen=True)
class Lost:
    """A call whose result will not come: the argument it had, and why."""

    argument: Any
    reason: str


# -- this machine --------------------------------------------------------------------------------------------


def in_processes(
    work: Callable[[Any], Any],
    arguments: Iterable[Any],
    jobs: int,
    limit: float = math.inf,
    preload: Iterable[str] = (),
) -> Generator[Any, None, None]:
    """``work(argument)`` for each argument, from ``jobs`` processes of this machine, in the order in which they end.

    A call whose process dies is made once more, in another process; what is lost again, or takes longer than ``limit``
    seconds, gives a `Lost`. Workers are killed when the generator is closed, and end when this process does, however
    that ends. The keyboard's interrupt does not reach them.

    Where no other thread runs, workers are forked: they share this process's loaded modules and start in milliseconds.
    Beside other threads, one of which may hold a lock at that moment, they are forked from a process in a clean state,
    which imports the modules ``preload`` once.

    >>> sorted(in_processes(abs, [-1, 2, -3], jobs=2))
    [1, 2, 3]

    Raises `ParameterError` if the function cannot be sent to other processes.
    """
    payload = _pickled(work)
    method = start_method()
    workers: dict[Connection, Any] = {}
    idle: list[Connection] = []
    running: dict[Connection, tuple[Any, float | None]] = {}  # until when; None for a worker that has not begun
    waiting, tried = deque(arguments), set()
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                end = time.monotonic() + limit if idle else None
                pipe = idle.pop() if idle else _started(workers, payload, method, preload)
                running[pipe] = waiting.popleft(), end
                with contextlib.suppress(ConnectionError):  # it died idle, which is found out below
                    pipe.send(running[pipe][0])
            left = min(end or math.inf for _, end in running.values()) - time.monotonic()
            ready: list[Any] = wait(list(running), min(max(left, 0.0), _GLANCE))
            late = [] if ready else [pipe for pipe, (_, end) in running.items() if end and end <= time.monotonic()]
            # Children that a call has left behind keep the pipe of a worker open that is gone.
            gone = [] if ready else [pipe for pipe in running if pipe not in late and not workers[pipe].is_alive()]
            for pipe in (*ready, *late, *gone):
                argument, end = running.pop(pipe)
                if pipe in late:
                    workers[pipe].kill()
                    _ended(workers, pipe)
                    yield Lost(argument, f"it took longer than {limit:g} s")
                    continue
                try:
                    if pipe in gone and not pipe.poll():
                        raise EOFError
                    outcome = pipe.recv()
                    if end is None:
                        running[pipe] = argument, time.monotonic() + limit
                        continue
                    idle.append(pipe)
                except (EOFError, OSError):
                    outcome = Lost(argument, _ended(workers, pipe))
                    if argument not in tried:
                        tried.add(argument)
                        waiting.appendleft(argument)
                        continue
                yield outcome
    finally:
        for process in workers.values():
            process.kill()
        for pipe in list(workers):
            _ended(workers, pipe)


def can_be_sent(work: Any) -> bool:
    """Whether a function can be sent to other processes: one that is defined in a function cannot."""
    try:
        _pickled(work)
    except ParameterError:
        return False
    return True


def _pickled(work: Any) -> Any:
    try:
        return ForkingPickler.dumps(work)
    except Exception as error:
        raise ParameterError(
            f"the draw cannot be sent to other processes ({error}); define it in a module, not in a function, or use "
            "jobs=1",
            draw=work,
        ) from None


def _started(workers: dict[Connection, Any], payload: Any, method: str, preload: Iterable[str]) -> Connection:
    """The pipe to a new worker that has been sent the function."""
    ours, theirs = multiprocessing.Pipe()
    # A fork inherits our ends of all pipes so far; a worker that kept one would keep a sibling alive.
    inherited = (*workers, ours) if method == "fork" else ()
    workers[ours] = start(method, _serve, (theirs, inherited), preload)
    theirs.close()
    with contextlib.suppress(ConnectionError):
        ours.send_bytes(payload)
    return ours


def _serve(pipe: Connection, inherited: tuple[Connection, ...]) -> None:
    """What a worker does: calls that come through its pipe, one after the other, until the parent closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # held already, except where signals cannot be held
    end_with_parent()
    # A file of the worker's own: the parent's may be locked by a thread of its, and what a draw prints is no result.
    sys.stdout = sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    os.dup2(2, 1)
    for other in inherited:
        other.close()
    work: Callable[[Any], Any]
    try:
        work = pipe.recv()
    except EOFError:
        return
    except Exception as error:
        work = functools.partial(
            Lost, reason=f"it cannot be loaded in another process ({type(error).__name__}: {error})"
        )
    with contextlib.suppress(EOFError, ConnectionError):
        pipe.send("ready")
        own = os.getpid()
        while True:
            answer = work(pipe.recv())
            if os.getpid() != own:  # a copy that the call has made of this process
                os._exit(0)
            pipe.send(answer)


def _ended(workers: dict[Connection, Any], pipe: Connection) -> str:
    """How a worker ended, in words, once it has."""
    process = workers.pop(pipe)
    process.join()
    pipe.close()
    code = process.exitcode
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        hint = "; the system does that when memory runs out" if -code == signal.SIGKILL else ""
        return f"its worker process was killed by {name}{hint}"
    return f"its worker process ended with exit status {code}"


# -- dask ----------------------------------------------------------------------------------------------------


def on_cluster(work: Callable[[Any], Any], arguments: Iterable[Any], scheduler: str, jobs: int) -> Iterator[Any]:
    """``work(argument)`` for each argument, from the workers of a dask scheduler, in the order in which they end.

    ``scheduler`` is an address such as "tcp://host:8786", or "local" for a cluster of ``jobs`` processes here. A call
    that dask gives up, as it does when its workers die again and again, gives a `Lost`.

    Raises `ParameterError` if dask is not installed, the scheduler or its workers cannot be reached within seconds, the
    function cannot be sent, or the workers cannot load it.
    """
    try:
        import distributed
    except ImportError:
        raise ParameterError(
            "a dask scheduler needs the package distributed; install it with: pip install 'resolvent[dask]', or in the "
            "folder of the sources pip install '.[dask]'",
            scheduler=scheduler,
        ) from None
    if not isinstance(scheduler, str):
        raise ParameterError(f"the scheduler must be an address as text; got {scheduler!r}", scheduler=scheduler)
    _pickled(work)
    with contextlib.ExitStack() as stack:
        address: Any = scheduler
        if scheduler == "local":
            resource_tracker.ensure_running()  # its start with the first process would let interrupts through again
            with interrupts_held():
                address = stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=jobs,
                        threads_per_worker=1,
                        host="127.0.0.1",
                        dashboard_address="127.0.0.1:0",  # any free port
                        silence_logs=logging.ERROR,  # what goes wrong is raised here
                    )
                )
        problem = ""
        try:
            client = stack.enter_context(distributed.Client(address, timeout=_CONNECT_TIMEOUT, set_as_default=False))
        except (OSError, ValueError, ImportError) as error:
            problem = str(error) or type(error).__name__
        if problem:
            gc.collect()  # a client that is collected later, while another one starts, waits for that forever
            raise ParameterError(
                f"cannot reach a dask scheduler at {scheduler!r} ({problem}); give the address it prints when it "
                'starts, as in "tcp://host:8786", or "local"',
                scheduler=scheduler,
            )
        try:
            client.wait_for_workers(1, timeout=_WORKERS_TIMEOUT)
        except TimeoutError:
            raise ParameterError(
                f"the dask scheduler at {scheduler!r} has no workers; start some with: dask worker ADDRESS",
                scheduler=scheduler,
            ) from None
        try:
            # A call that cannot be loaded would break the worker's connection, and nobody would hear of it.
            client.run(_loaded, work)
        except Exception as error:
            raise ParameterError(
                f"the dask workers at {scheduler!r} cannot load what is to run there "
                f"({type(error).__name__}: {error}); give them the same versions of resolvent and of the draw's module",
                scheduler=scheduler,
            ) from None
        stack.enter_context(_killed_unless_done(address))
        futures = {client.submit(work, argument, pure=False): argument for argument in arguments}
        for future in distributed.as_completed(futures, loop=client.loop):
            failure: Any = future.exception() if future.status == "error" else None
            if failure is None:
                yield future.result()
            elif isinstance(failure, distributed.KilledWorker):
                # It counts against every call that was on the worker, waiting ones among them.
                reason = "the dask workers it was sent to died, by this trial or by one beside it; see their logs"
                yield Lost(futures[future], reason)
            else:
                yield Lost(futures[future], f"dask gave it up ({type(failure).__name__}: {failure})")


@contextlib.contextmanager
def _killed_unless_done(cluster: Any) -> Iterator[None]:
    """Kill the workers of a cluster of ours if the block is left before its end: closing would wait for their calls."""
    try:
        yield
    except BaseException:
        for nanny in getattr(cluster, "workers", {}).values():
            nanny.auto_restart = False
            if nanny.pid is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(nanny.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        raise


def _loaded(sent: Any) -> None:
    """Called in a worker, this proves that this module and what is sent can be loaded there."""
