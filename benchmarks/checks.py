"""Checks of conjectures: the exact stage of the shelf, sampling against bare eigenvalues, one worker against two."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from resolvent import catalog
from resolvent.conjectures.check import exact_findings
from resolvent.conjectures.file.reader import conjecture_of, read_conjecture
from resolvent.conjectures.statistics.sampling import sampled_findings
from resolvent.numeric.matrices.ensembles import symmetric_eigenvalues

SHELF = Path(__file__).parents[1] / "docs" / "conjectures"
SIZES, TRIALS, REPEATS = (500, 1000), 20, 3
MODELS = {
    "semicircle": ('ensemble = "semicircle"', "variance = 1", 'law = "semicircle(variance)"'),
    "marchenko-pastur": ('ensemble = "marchenko-pastur"', 'c = "1/2"', 'law = "marchenko_pastur(c)"'),
}


def rows() -> Iterator[str]:
    """Rows of the table: what, its value, the limit, and whether it is met."""
    slowest = max((seconds(lambda p=path: exact_findings(read_conjecture(p))), path.stem) for path in shelf())
    yield row(f"exact stage, the slowest of the shelf ({slowest[1]}), s", slowest[0], 5.0)
    for slug in MODELS:
        pairs = [(seconds(lambda slug=slug: sampled(slug)), bare(slug)) for _ in range(REPEATS)]
        ratio = statistics.median(a / b for a, b in pairs)
        yield row(f"{slug}, size 1000, 20 trials, over the bare eigenvalue calls", ratio, 1.3)
    pairs = [(seconds(lambda jobs=jobs: sampled("semicircle", jobs)) for jobs in (1, 2)) for _ in range(REPEATS)]
    gain = statistics.median(one / two for one, two in pairs)
    verdict = "met" if gain >= 1.6 else "MISSED"
    yield f"| semicircle, two workers, times faster than one | {gain:.2f} | at least 1.6 | {verdict} |"


def shelf() -> list[Path]:
    """The conjectures of the shelf."""
    return sorted(SHELF.glob("*.toml"))


def sampled(slug: str, jobs: int = 1) -> Any:
    """The whole statistical stage; no finding of the exact stage is passed, so that it does not stop early."""
    model, point, claim = MODELS[slug]
    text = (
        f'title = "t"\n[model]\n{model}\n[parameters]\n{point}\n[claim]\n{claim}\n'
        f"[test]\nsizes = {list(SIZES)}\ntrials = {TRIALS}\n"
    )
    return sampled_findings(conjecture_of(text), [], jobs=jobs, progress=int)


def bare(slug: str) -> float:
    """The time that the eigenvalues alone take, of matrices drawn beforehand."""
    point = {"variance": 1} if slug == "semicircle" else {"c": "1/2"}
    entry = catalog.get(slug)
    total = 0.0
    with threadpool_limits(1):
        for size in SIZES:
            for k in range(TRIALS):
                matrix = entry.sample(size, np.random.default_rng(k), **point)
                total += seconds(lambda m=matrix: symmetric_eigenvalues(m))
    return total


def seconds(call: Callable[[], Any]) -> float:
    """One timed call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def row(name: str, value: float, limit: float) -> str:
    """A row of the table."""
    return f"| {name} | {value:.2f} | {limit:g} | {'met' if value <= limit else 'MISSED'} |"


if __name__ == "__main__":
    print("\n".join(rows()))
