"""The command line, ``resolvent`` or ``python -m resolvent``."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line on ``sys.argv`` and leave with its exit status: 0 fine, 1 the claim fails, 2 bad use."""
    _open_closed_streams()
    try:
        from resolvent.cli.app import app

        app(prog_name="resolvent")
    except BrokenPipeError:  # the reader of --help has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:  # --help and --version print before a command begins
        print(f"error: the output cannot be written: {error.strerror or error}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
    except KeyboardInterrupt:  # between commands: inside one, `resolvent.cli.guard` answers
        print("stopped", file=sys.stderr)
        sys.exit(130)


def _open_closed_streams() -> None:
    """Give a stream that the shell has closed, with ``>&-`` say, the null device, here and in processes that start."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, number)  # which is inherited, unlike what is opened
            if null != number:
                os.close(null)
            else:
                os.set_inheritable(number, True)
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115


if __name__ == "__main__":
    main()
