"""Work under a limit of time and memory, in a child process: exact arithmetic answers no interrupt while it runs."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import select
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, NoReturn

from resolvent.derive.errors import ParseError, ResolventError
from resolvent.derive.exact.processes import end_with_parent, start, start_method

MEMORY = 8 * 2**30
_LONGEST_WAIT = 3600.0  # what the operating system waits for at once; limits may be longer
_PRELOAD = ("resolvent.conjectures.exact.exact_stage", "scipy.linalg", "threadpoolctl")
_CAN_FORK = hasattr(os, "fork") and sys.platform != "win32"


class ChildFailed(RuntimeError):
    """A defect: the work raised something that it should not."""


class OutOfTime(ResolventError):
    """The work did not end within its time."""


def within(seconds: float, work: Callable[[], Any], memory: int = MEMORY) -> Any:
    """What ``work`` returns, plain JSON values, computed in a child process that is stopped after ``seconds``.

    Where processes cannot be forked the work is done here, without a limit. Beside other threads, whose locks a fork
    would copy, the child comes from a process in a clean state where the work can be pickled.

    >>> within(5, lambda: {"answer": 42})
    {'answer': 42}

    Raises `OutOfTime`; what ``work`` raises of our own errors, as `ResolventError` or `ParseError` with the message;
    `ResolventError` where the child runs out of memory or dies; `ChildFailed` for any other exception of ``work``.
    """
    if seconds <= 0:  # a child that is quick may have answered before anybody looks at the clock
        raise OutOfTime(f"not finished within {seconds:g} s", seconds=seconds)
    if not _CAN_FORK:
        return work()
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = start(_start_method(work), _work_and_leave, (work, writer, memory), _PRELOAD)
    try:
        writer.close()
        answer = _received(reader.fileno(), seconds)
    finally:
        reader.close()
        child.kill()
        child.join()
    if answer is None:
        raise OutOfTime(f"not finished within {seconds:g} s", seconds=seconds)
    try:
        result = json.loads(answer)
    except ValueError:  # nothing, or the beginning of an answer
        died = f"signal {-child.exitcode}" if child.exitcode < 0 else f"status {child.exitcode}"
        raise ResolventError(f"the exact arithmetic ended by {died}; it may have needed too much memory") from None
    if "defect" in result:
        raise ChildFailed(result["defect"])
    if "error" in result:
        kind = ParseError if result["is_parse_error"] else ResolventError
        raise kind(result["error"], **result["objects"])
    return result["value"]


def _start_method(work: Callable[[], Any]) -> str:
    """Beside threads, the child comes from a clean state, unless the work cannot be sent there."""
    try:
        ForkingPickler.dumps(work)
    except Exception:
        return "fork"
    return start_method()


def _work_and_leave(work: Callable[[], Any], writer: Connection, memory: int) -> NoReturn:
    """In the child: do it, send the answer, and leave without the cleaning-up that belongs to the parent."""
    status = 0
    try:
        end_with_parent()
        _limit_memory(memory)
        sys.set_int_max_str_digits(0)  # long numbers take their time, which is limited
        os.write(writer.fileno(), b" ")  # its time begins
        try:
            answer: dict[str, Any] = {"value": work()}
            json.dumps(answer)
        except ResolventError as error:
            plain = {k: v for k, v in error.objects.items() if isinstance(v, (str, int))}
            answer = {"error": str(error), "is_parse_error": isinstance(error, ParseError), "objects": plain}
        except MemoryError:
            answer = {"error": "the memory does not suffice", "is_parse_error": False, "objects": {}}
        except RecursionError:
            answer = {"error": "the expressions are nested too deeply", "is_parse_error": False, "objects": {}}
        except Exception as error:
            if os.environ.get("RESOLVENT_TRACEBACK"):
                traceback.print_exception(error)
            answer = {"defect": f"{type(error).__name__}: {error}"}
        with os.fdopen(writer.fileno(), "wb") as stream:
            stream.write(json.dumps(answer).encode())
    except BaseException:
        status = 70
    finally:
        os._exit(status)


def _limit_memory(memory: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (memory if hard == -1 else min(memory, hard), hard))


def _received(reader: int, seconds: float) -> bytes | None:
    """All that the child sends; None if time runs out first, from its first byte on."""
    parts = [os.read(reader, 1)]
    end = time.monotonic() + seconds
    while True:
        left = max(end - time.monotonic(), 0)
        ready, _, _ = select.select([reader], [], [], min(left, _LONGEST_WAIT))
        if not ready:
            if left <= _LONGEST_WAIT:
                return None
            continue
        part = os.read(reader, 65536)
        if not part:
            return b"".join(parts)
        parts.append(part)
