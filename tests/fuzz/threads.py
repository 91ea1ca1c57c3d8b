"""Threads that derive at the same time, alone and beside a forked pool: all numbers are those that one thread finds.

    python tests/fuzz/threads.py --seconds 60

Eight threads, which take turns a thousand times as often as usual, go over thirty laws, each in an order of its own,
and now and then forget what is remembered.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.resolvent.test_threads import LAWS, THREADS, deriving, exact, forget


def hunt(seconds: float, is_forking: bool) -> tuple[int, int, list[str]]:
    """How many derivations threads made and a pool beside them, and what was not what one thread finds."""
    forget()
    expected = [exact(k) for k in range(len(LAWS))]
    end = time.monotonic() + seconds

    def tour(rng: random.Random) -> Iterator[int]:
        while time.monotonic() < end:
            yield rng.randrange(len(LAWS))

    forked = 0
    with deriving(tour, expected) as (counts, wrong):
        while is_forking and time.monotonic() < end:
            with multiprocessing.get_context("fork").Pool(2) as pool:
                for k, found in enumerate(pool.map(exact, range(len(LAWS)), chunksize=5)):
                    forked += 1
                    if found != expected[k]:
                        wrong.append(f"law {k} in a forked process: {found} != {expected[k]}")
    return sum(counts), forked, wrong


def main() -> int:
    """Run from the command line; the exit status is 1 where something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    chosen = parser.parse_args()
    sys.setswitchinterval(5e-6)
    is_wrong = False
    for is_forking in (False, True):
        own, forked, wrong = hunt(chosen.seconds, is_forking)
        for line in wrong:
            print(f"WRONG {line}", flush=True)
        beside = f", {forked} in forked processes beside them" if is_forking else ""
        print(f"{own} derivations by {THREADS} threads{beside}, {len(wrong)} wrong", flush=True)
        is_wrong |= bool(wrong)
    return int(is_wrong)


if __name__ == "__main__":
    sys.exit(main())
