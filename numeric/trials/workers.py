"""Worker processes for joblib: forked ones on this machine, those of a dask cluster, and what is left of a lost call.

joblib spreads calls over a back end. Its own do not serve long runs of short calls: its pool of forked processes waits
forever for a worker that died, the start of a fresh interpreter (loky) costs as much as ten matrices of size 1000, and
the one for dask waits forever for a call that dask has given up. The two here return a `Lost` in place of a result.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import signal
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from joblib.parallel import ParallelBackendBase

from resolvent.derive.errors import ParameterError

_START = "fork" if sys.platform == "linux" else "spawn"  # elsewhere, system libraries do not survive a fork
_CONNECT_TIMEOUT = 5.0
_WORKERS_TIMEOUT = 10.0


@dataclass(frozen=True)
class Lost:
    """A call whose result will not come: the arguments it had, and why."""

    arguments: tuple[Any, ...]
    reason: str


class ForkedWorkers(ParallelBackendBase):
    """A joblib back end of processes that share this one's loaded modules, so that they start in milliseconds.

    Each has a pipe of its own and one call at a time, so that it is known which call went down with a worker. Workers
    do not see the keyboard's interrupt, which reaches the whole group of processes: the parent ends them. Each ends by
    itself when the parent is gone, since only the parent holds the other end of its pipe.

    Outside Linux, processes are started afresh, which takes longer.

    >>> from joblib import Parallel, delayed
    >>> Parallel(n_jobs=2, backend=ForkedWorkers())(delayed(divmod)(k, 3) for k in range(4))
    [(0, 0), (0, 1), (0, 2), (1, 0)]
    """

    supports_retrieve_callback = True
    default_n_jobs = -1

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._lock = threading.RLock()
        self._processes: dict[Connection, Any] = {}
        self._idle: list[Connection] = []
        self._running: dict[Connection, _Call] = {}
        self._waiting: deque[_Call] = deque()
        self._listener: threading.Thread | None = None
        self._stopping = False

    def effective_n_jobs(self, n_jobs: int) -> int:
        """The number of workers: as asked for, or all cores for -1."""
        import joblib

        return n_jobs if n_jobs > 0 else int(joblib.cpu_count())

    def configure(self, n_jobs: int = 1, parallel: Any = None, **options: Any) -> int:
        """Start the workers; returns their number."""
        self.parallel = parallel
        number = self.effective_n_jobs(n_jobs)
        context: Any = multiprocessing.get_context(_START)
        self._stopping = False
        try:
            for _ in range(number):
                ours, theirs = context.Pipe()
                # A fork inherits our ends of all pipes so far; a worker that kept one would keep a sibling alive.
                inherited = (*self._processes, ours) if _START == "fork" else ()
                process = context.Process(target=_serve, args=(theirs, inherited), daemon=True)
                with _interrupts_held(), _forking_beside_threads():
                    process.start()
                theirs.close()
                self._processes[ours] = process
        except BaseException:
            self.terminate()
            raise
        self._idle = list(self._processes)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        return number

    def submit(self, func: Any, callback: Callable[[Any], None]) -> None:
        """Run a batch of calls on the next free worker; the callback gets its results."""
        with self._lock:
            self._waiting.append(_Call(func, callback))
            self._assign()

    def retrieve_result_callback(self, out: Any) -> Any:
        """The results that the callback was given."""
        return out

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """End the workers whatever they do, and start others if the back end is to be used again."""
        number = len(self._processes)
        self.terminate()
        if ensure_ready:
            self.configure(number, self.parallel)

    def terminate(self) -> None:
        """End the workers: they hold nothing that would have to be put away."""
        self._stopping = True
        for process in self._processes.values():
            process.kill()
        for process in self._processes.values():
            process.join()
        if self._listener is not None and self._listener is not threading.current_thread():
            self._listener.join()  # the pipes of dead workers wake it
        for pipe in self._processes:
            pipe.close()
        self._processes, self._idle, self._running, self._listener = {}, [], {}, None
        self._waiting.clear()

    def _assign(self) -> None:
        while self._idle and self._waiting:
            pipe, call = self._idle.pop(), self._waiting.popleft()
            self._running[pipe] = call
            with contextlib.suppress(ConnectionError):  # it died idle; the listener will find out
                pipe.send(call.func)

    def _listen(self) -> None:
        """Pass on what workers send, until the last of them is gone."""
        pipes = list(self._processes)
        while pipes:
            for pipe in wait(pipes):
                assert isinstance(pipe, Connection)
                try:
                    results, alive = pipe.recv(), True
                except (EOFError, OSError):
                    results, alive = None, False
                    pipes.remove(pipe)
                if self._stopping:
                    continue
                with self._lock:
                    call = self._running.pop(pipe, None)
                    if alive:
                        self._idle.append(pipe)
                        self._assign()
                    elif pipe in self._idle:
                        self._idle.remove(pipe)
                if not alive:
                    results = _end(self._processes[pipe])
                if call is not None:
                    call.callback(call.lost(results) if isinstance(results, str) else results)


@dataclass(frozen=True)
class _Call:
    func: Any  # joblib's batch of calls
    callback: Callable[[Any], None]

    def lost(self, reason: str) -> list[Lost]:
        return [Lost(tuple(arguments), reason) for _, arguments, _ in self.func.items]


def _serve(pipe: Connection, inherited: tuple[Connection, ...]) -> None:
    """What a worker does: calls that come through its pipe, one after the other, until the parent closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # held already, except where signals cannot be held
    for other in inherited:
        other.close()
    while True:
        try:
            results: Any = pipe.recv()()
        except (EOFError, ConnectionError):
            return
        except Exception as error:  # the calls did not survive the way here
            results = f"it cannot be loaded in another process ({type(error).__name__}: {error})"
        with contextlib.suppress(ConnectionError):
            pipe.send(results)


def _end(process: Any) -> str:
    """How a process ended, in words."""
    process.join()
    code = process.exitcode
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        hint = "; the system does that when memory runs out" if -code == signal.SIGKILL else ""
        return f"its worker process was killed by {name}{hint}"
    return f"its worker process ended with exit status {code}"


@contextlib.contextmanager
def _forking_beside_threads() -> Iterator[None]:
    """Python 3.12 warns of every fork where there are threads.

    The danger is a lock that another thread holds at that moment. A worker uses none but those that the interpreter
    and the C library make free again in the child, and runs linear algebra in a single thread.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*multi-threaded, use of fork", category=DeprecationWarning)
        yield


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keyboard interrupts wait until the end of the block, and never reach processes and threads that it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# -- dask ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def dask_workers(scheduler: str, jobs: int, sent: Any) -> Iterator[Any]:
    """A joblib back end on a dask cluster, and the connection to it while the context lasts.

    ``scheduler`` is an address such as "tcp://host:8786", or "local" for a cluster of ``jobs`` processes here; ``sent``
    is the function and other objects that the calls will carry.

    Raises `ParameterError` if dask is not installed, the scheduler or its workers cannot be reached within seconds, or
    the workers cannot load what is sent.
    """
    try:
        import distributed
    except ImportError:
        raise ParameterError(
            "a dask scheduler needs the package distributed; install it with: pip install 'resolvent[dask]'",
            scheduler=scheduler,
        ) from None
    if not isinstance(scheduler, str):
        raise ParameterError(f"the scheduler must be an address as text; got {scheduler!r}", scheduler=scheduler)
    with contextlib.ExitStack() as stack:
        address: Any = scheduler
        if scheduler == "local":
            resource_tracker.ensure_running()  # its start with the first process would let interrupts through again
            with _interrupts_held():
                address = stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=jobs,
                        threads_per_worker=1,
                        host="127.0.0.1",
                        dashboard_address="127.0.0.1:0",  # any free port
                        silence_logs=logging.ERROR,  # what goes wrong is raised here
                    )
                )
        try:
            client = stack.enter_context(distributed.Client(address, timeout=_CONNECT_TIMEOUT, set_as_default=False))
        except (OSError, ValueError, ImportError) as error:
            raise ParameterError(
                f"cannot reach a dask scheduler at {scheduler!r} ({error}); give the address it prints when it starts, "
                'as in "tcp://host:8786", or "local"',
                scheduler=scheduler,
            ) from None
        try:
            client.wait_for_workers(1, timeout=_WORKERS_TIMEOUT)
        except TimeoutError:
            raise ParameterError(
                f"the dask scheduler at {scheduler!r} has no workers; start some with: dask worker ADDRESS",
                scheduler=scheduler,
            ) from None
        try:
            # A call that cannot be loaded would break the worker's connection, and nobody would hear of it.
            client.run(_loaded, sent)
        except Exception as error:
            raise ParameterError(
                f"the dask workers at {scheduler!r} cannot load what is to run there "
                f"({type(error).__name__}: {error}); give them the same versions of resolvent and of the draw's module",
                scheduler=scheduler,
            ) from None
        yield _dask_backend(client)


def _loaded(sent: Any) -> None:
    """Called in a worker, this proves that this module and what is sent can be loaded there."""


def _dask_backend(client: Any) -> Any:
    import distributed
    from joblib._dask import DaskDistributedBackend

    class DaskWorkers(DaskDistributedBackend):
        """joblib's back end for dask, except that a call that dask gives up ends, as a `Lost`."""

        def effective_n_jobs(self, n_jobs: int) -> int:
            # joblib takes 1 as leave to stay in this process.
            return max(2, int(super().effective_n_jobs(n_jobs)))

        def compute_batch_size(self) -> int:
            return 1

        def get_nested_backend(self) -> Any:
            return ParallelBackendBase.get_nested_backend(self)

        def submit(self, func: Any, callback: Callable[[Any], None]) -> Any:
            call = _Call(func, callback)
            future = super().submit(func, callback)

            def check(done: Any) -> None:
                error = done.exception()
                if isinstance(error, distributed.KilledWorker):
                    # It counts against every call that was on the worker, waiting ones among them.
                    reason = "the dask workers it was sent to died, by this trial or by one beside it; see their logs"
                    callback(_GivenUp(call.lost(reason)))
                elif error is not None:
                    callback(_GivenUp(call.lost(f"dask gave it up ({type(error).__name__}: {error})")))

            future.add_done_callback(check)
            return future

        def retrieve_result_callback(self, out: Any) -> Any:
            return out.results if isinstance(out, _GivenUp) else super().retrieve_result_callback(out)

    return DaskWorkers(client=client)


@dataclass(frozen=True)
class _GivenUp:
    results: list[Lost]
