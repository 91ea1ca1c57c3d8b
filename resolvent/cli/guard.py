"""What a command does with errors: one clear message on standard error and an exit status, never a traceback."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from resolvent.derive.errors import ResolventError
from resolvent.progress import watched

TimeLimit = Annotated[float, typer.Option("--time-limit", metavar="SECONDS", help="What the computation may take.")]
MemoryLimit = Annotated[
    float, typer.Option("--memory-limit", metavar="GB", help="The memory that the computation may take.")
]
TrialLimit = Annotated[float, typer.Option("--trial-limit", metavar="SECONDS", help="What one matrix may take.")]
TIME_LIMIT, MEMORY_LIMIT, TRIAL_LIMIT = 600.0, 8.0, 600.0
CLAIM_FAILS, BAD_USE, STOPPED = 1, 2, 130


def guarded(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose errors become messages.

    Errors raised on purpose leave with status 2, an interrupt with 130. Anything else is a defect of the program; it is
    reported in one line as well, with the traceback only if RESOLVENT_TRACEBACK is set in the environment.
    """

    @functools.wraps(command)
    def run(*args: object, **kwargs: object) -> None:
        try:
            command(*args, **kwargs)
        except ResolventError as error:
            leave(f"error: {error}", BAD_USE)
        except KeyboardInterrupt:
            leave("stopped", STOPPED)
        except BrokenPipeError:  # the reader, head say, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            leave(f"error: the output cannot be written: {error.strerror or error}", BAD_USE)
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except MemoryError:
            leave("error: the memory does not suffice; take a smaller problem", BAD_USE)
        except Exception as error:
            if os.environ.get("RESOLVENT_TRACEBACK"):
                raise
            what = f"{type(error).__name__}: {error}".removeprefix("ChildFailed: ").splitlines()[0]
            leave(f"error: this is a defect of resolvent, please report it ({what})", BAD_USE)

    return run


def limited(work: Callable[[], Any], task: str, seconds: float, gigabytes: float) -> Any:
    """What ``work`` returns, plain JSON values, computed in a child process within the limits; its progress is shown.

    Raises `ParameterError` for limits that are not positive, `ResolventError` where they do not suffice.
    """
    from resolvent.derive.errors import ParameterError
    from resolvent.derive.exact.deadline import OutOfTime, within

    for name, limit in (("--time-limit", seconds), ("--memory-limit", gigabytes)):
        if not 0 < limit < float("inf"):
            raise ParameterError(f"{name} must be positive; got {limit:g}", limit=limit)
    with watched(task):
        try:
            answer = within(seconds, functools.partial(_interrupt_told, work), int(gigabytes * 2**30))
        except OutOfTime as error:
            raise OutOfTime(f"{error}; --time-limit gives it more") from None
    if not answer:
        raise KeyboardInterrupt
    return answer[0]


def _interrupt_told(work: Callable[[], Any]) -> list[Any]:
    """What the work returns, in a list; an empty one if it was interrupted."""
    try:
        return [work()]
    except KeyboardInterrupt:
        return []


def leave(message: str, status: int) -> None:
    """Print the message on standard error and end the command with this status."""
    note(message)
    raise typer.Exit(status)


def note(message: str) -> None:
    """Print something that is no result on standard error."""
    print(message, file=sys.stderr, flush=True)
