"""Laws from data: how long a spectrum takes from a population, and what a comparison adds to the eigenvalues.

`python data.py` writes its section of the results alone.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sections import write_section

import resolvent as rv


def rows() -> Iterator[str]:
    """Rows of the table: what is timed, its value and its limit."""
    rng = np.random.default_rng(0)
    for count, limit in ((2000, 1.0), (100_000, 10.0)):
        points = rng.uniform(1, 4, size=count)
        value = median(lambda points=points: rv.Spectrum(rv.empirical(points).sample_covariance("1/2")))
        yield row(f"spectrum of a population of {count} points, c = 1/2, s", value, limit)
    rho = rv.Spectrum(rv.empirical(rng.uniform(1, 4, size=2000)).sample_covariance("1/2"))
    x = rng.uniform(*rho.support(), size=10**6)
    exact = rv.Spectrum(rv.marchenko_pastur("1/2"))
    y = rng.uniform(*exact.support(), size=10**6)
    ratio = median(lambda: rho.pdf(x)) / median(lambda: exact.pdf(y))
    yield row("its pdf at 10^6 points, over that of Marchenko-Pastur", ratio, 2.0)
    data = rng.normal(size=(4000, 8000))
    matrix = data @ data.T / 8000
    values = np.linalg.eigvalsh(matrix)
    rv.compare(values, exact)
    share = median(lambda: rv.compare(values, exact)) / seconds(lambda: np.linalg.eigvalsh(matrix))
    yield row("comparison of 4000 eigenvalues, over computing them", share, 0.1)
    rv.tracy_widom(1).cdf(0.0)
    statistics_ = rng.normal(size=10**5)
    yield row("Tracy-Widom p-values of 10^5 statistics, s", median(lambda: rv.tracy_widom(1).sf(statistics_)), 0.2)


def row(name: str, value: float, limit: float) -> str:
    """One row of the table."""
    return f"| {name} | {value:.3f} | {limit:g} | {'met' if value <= limit else 'MISSED'} |"


def median(call: Callable[[], Any]) -> float:
    """The median of three timed calls."""
    return statistics.median(seconds(call) for _ in range(3))


def seconds(call: Callable[[], Any]) -> float:
    """One timed call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def main() -> None:
    """Write the section of the results, between its marks."""
    write_section("data", ["| laws from data | value | limit | |", "|---|---|---|---|", *rows()])


if __name__ == "__main__":
    main()
