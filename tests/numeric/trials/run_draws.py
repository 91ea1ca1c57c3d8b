"""A run of trials as a program of its own, which the tests start, kill and start again.

Arguments: the journal's path, a folder for notes of the processes, jobs, the number of trials, the pause of each.
Prints a line for each trial, and last a digest of the eigenvalues.
"""

from __future__ import annotations

import hashlib
import sys
from functools import partial

from resolvent.numeric.trials.journal import Journal
from resolvent.numeric.trials.trial import Trial
from resolvent.numeric.trials.trials import run_trials
from tests.numeric.trials.draws import Goe


def main(path: str, notes: str, jobs: str, number: str, pause: str) -> None:
    trials = [Trial(k % 2, 30 + k % 3, k) for k in range(int(number))]
    with Journal(path, "draws") as journal:
        draw, advance = Goe(5, float(pause), notes), partial(print, "trial", flush=True)
        found = run_trials(draw, trials, jobs=int(jobs), journal=journal, advance=advance)
    print(hashlib.sha256(repr([(t, v.tobytes()) for t, v in found.items()]).encode()).hexdigest())


if __name__ == "__main__":
    main(*sys.argv[1:])
