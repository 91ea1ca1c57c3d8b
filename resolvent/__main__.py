"""The command line, ``resolvent`` or ``python -m resolvent``."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line on ``sys.argv`` and leave with its exit status: 0 fine, 1 the claim fails, 2 bad use."""
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


if __name__ == "__main__":
    main()
