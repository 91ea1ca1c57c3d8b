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
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.resolvent.test_threads import LAWS, exact, forget

THREADS = 8


def hunt(seconds: float, is_forking: bool) -> tuple[int, int, list[str]]:
    """How many derivations threads made and a pool beside them, and what was not what one thread finds."""
    forget()
    expected = [exact(k) for k in range(len(LAWS))]
    counts, wrong = [0] * THREADS, []
    end = time.monotonic() + seconds

    def work(seed: int) -> None:
        rng = random.Random(seed)
        while time.monotonic() < end:
            k = rng.randrange(len(LAWS))
            try:
                found = exact(k)
            except Exception as error:  # whatever it is, it is not expected
                wrong.append(f"{LAWS[k]}: {error!r}")
            else:
                if found != expected[k]:
                    wrong.append(f"law {k}: {found} != {expected[k]}")
            counts[seed] += 1
            if rng.random() < 0.2:
                forget()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    forked = 0
    while is_forking and time.monotonic() < end:
        with multiprocessing.get_context("fork").Pool(2) as pool:
            for k, found in enumerate(pool.map(exact, range(len(LAWS)), chunksize=5)):
                forked += 1
                if found != expected[k]:
                    wrong.append(f"law {k} in a forked process: {found} != {expected[k]}")
    for thread in threads:
        thread.join()
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
