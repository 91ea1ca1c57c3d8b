"""The command line, ``resolvent`` or ``python -m resolvent``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line on ``sys.argv`` and leave with its exit status: 0 fine, 1 the claim fails, 2 bad use."""
    try:
        from resolvent.cli.app import app

        app(prog_name="resolvent")
    except KeyboardInterrupt:  # between commands: inside one, `resolvent.cli.guard` answers
        print("stopped", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
