"""Random and mutated conjecture files: each must end in a verdict or in a message, and nothing in it may be run.

    python tests/fuzz/conjecture_files.py --count 100000 --seed 0 --jobs 2

What goes through `resolvent check --exact-only` is counted by its outcome. Failures are written to a folder: an
exception that is no `ResolventError`, a message about the contents without their line, more time than the limit, a file
that was made by code in a conjecture.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from resolvent.conjectures.check import check
from resolvent.conjectures.exact.exact_stage import exact_findings
from resolvent.conjectures.file.reader import conjecture_of
from resolvent.derive.errors import ParameterError, ParseError, ResolventError
from tests.fuzz.hunting import OutOfTime, limited
from tests.fuzz.mutations import mutant
from tests.fuzz.seed_files import SMALL, seeds

LIMIT = 2.0
GRACE = 10.0  # a busy machine is no defect
_CHUNK = 250
_MODULE = (
    "from pathlib import Path\n\nPath({marker!r}).touch()\n\n\ndef touch(size, rng):\n    Path({marker!r}).touch()\n"
)


@dataclass(frozen=True)
class Outcome:
    """What became of a file: its kind, whether that is a failure, how long it took, and details."""

    kind: str
    is_failure: bool
    seconds: float
    detail: str = ""


def outcome(path: Path, limit: float = LIMIT) -> Outcome:
    """Check the file as the command does, and judge what comes of it."""
    start = time.monotonic()
    points = 1 + path.read_bytes().count(b"[[parameters]]")
    most = limit * min(points, 20) + limit + GRACE
    try:
        with limited(most):
            kind, failure, detail = _judged(path, limit)
    except OutOfTime:
        kind, failure, detail = "hang", True, f"more than {most:g} s"
    except BaseException as error:
        kind, failure, detail = f"{type(error).__name__}", True, str(error)[:500]
    if (path.parent / "marker").exists():
        (path.parent / "marker").unlink()
        kind, failure, detail = "code was run", True, ""
    return Outcome(kind, failure, time.monotonic() - start, detail)


def _judged(path: Path, limit: float) -> tuple[str, bool, str]:
    try:
        verdict = check(path, exact_only=True, time_limit=limit)
    except ResolventError as error:
        return _message(error, path)
    report = verdict.report()
    plain = verdict.to_json()
    if plain["verdict"] not in report or verdict.exit_status not in (0, 1, 3):
        return "verdict without report", True, report
    return f"verdict: {verdict.verdict}", False, ""


def _message(error: ResolventError, path: Path) -> tuple[str, bool, str]:
    text = str(error)
    if re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text) or len(text) > 3000 or "Traceback" in text:
        return "unprintable message", True, repr(text)[:500]
    if isinstance(error, ParameterError):
        is_whole = text.startswith(str(path)) and "too long" in text
        return ("message about the file as a whole", False, "") if is_whole else ("message without a line", True, text)
    found = re.match(re.escape(f"{path}, line ") + r"(\d+)[:,]", text)
    last = path.read_bytes().count(b"\n") + 1
    if not isinstance(error, ParseError) or found is None:
        return "message without a line", True, text
    if not 1 <= int(found[1]) <= last:
        return "message with a line that is not there", True, text
    return "message with its line", False, ""


@lru_cache(maxsize=1)
def warm() -> None:
    """Import here, once, what every child process would import for itself."""
    for module in (
        "resolvent.numeric.spectrum.spectrum",
        "resolvent.numeric.spectrum.linear_statistics",
        "resolvent.numeric.spectrum.formula_measure",
        "resolvent.numeric.density.tensor_density",
    ):
        importlib.import_module(module)
    for text in SMALL:
        conjecture = conjecture_of(text)
        for point in conjecture.points:
            exact_findings(conjecture, point)


def folder_for_files(folder: Path) -> None:
    """Put the module beside the files that would show that code of theirs was run."""
    (folder / "marker_module.py").write_text(_MODULE.format(marker=str(folder / "marker")))


def run(indices: range, seed: int, failures: Path, limit: float = LIMIT) -> tuple[Counter[str], list[str], float]:
    """The outcomes of some of the files, counted, with what failed, and the longest time."""
    kinds: Counter[str] = Counter()
    failed: list[str] = []
    longest = 0.0
    files = seeds()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder_for_files(folder)
        path = folder / "file.toml"
        for k in indices:
            data = mutant(f"{seed}:{k}", files, str(folder / "marker"))
            path.write_bytes(data)
            found = outcome(path, limit)
            kinds[found.kind] += 1
            longest = max(longest, found.seconds)
            if found.is_failure:
                failed.append(f"{k}: {found.kind}: {found.detail}")
                failures.mkdir(parents=True, exist_ok=True)
                (failures / f"{seed}-{k}.toml").write_bytes(data)
    return kinds, failed, longest


def main() -> int:
    """Run from the command line; the exit status is 1 where something failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--start", type=int, default=0, help="the first of them, to go on where a run stopped")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"), help="folder for files that failed")
    chosen = parser.parse_args()
    start = time.monotonic()
    end = chosen.start + chosen.count
    chunks = [range(k, min(k + _CHUNK, end)) for k in range(chosen.start, end, _CHUNK)]
    kinds: Counter[str] = Counter()
    longest = 0.0
    failed: list[str] = []
    warm()  # before the workers are forked
    with multiprocessing.get_context("fork").Pool(chosen.jobs, maxtasksperchild=20) as pool:
        work = partial(run, seed=chosen.seed, failures=chosen.failures)
        for done, (found, wrong, slowest) in enumerate(pool.imap_unordered(work, chunks), 1):
            kinds += found
            longest = max(longest, slowest)
            for line in wrong:
                print(f"FAILED {line}", flush=True)
            failed += wrong
            if done % 20 == 0:
                print(f"{kinds.total()} files, {time.monotonic() - start:.0f} s", flush=True)
    print(f"\n{kinds.total()} files in {time.monotonic() - start:.0f} s, the longest {longest:.1f} s")
    for kind, count in kinds.most_common():
        print(f"{count:8}  {kind}")
    print(f"{len(failed):8}  failures" + (f", kept in {chosen.failures}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
