"""Measures what `compare`, `fit` and `shrink` promise: `make data-calibration` writes docs/numeric/data-calibration.md.

Eigenvalues of Gaussian matrices come from their tridiagonal forms, which have exactly their law, spiked ones included;
theory's numbers come from elsewhere: published quantiles, and a differential equation for the largest eigenvalue of a
spiked matrix.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvalsh_tridiagonal, solve_banded
from scipy.stats import binom, norm

import resolvent as rv

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator], Array]
HERE = Path(__file__).resolve().parent
LEVEL = 0.01
VERDICTS = ("supported", "undecided", "refuted")
TRACY_WIDOM = {0.05: 1.4538, 0.01: 2.4224}
"""For a level the quantile of the Tracy-Widom law, beta = 1, beyond which half of it lies: the test has two ends."""


# -- eigenvalues ---------------------------------------------------------------------------------------------


def gaussian(size: int, beta: int = 1) -> Draw:
    """Eigenvalues of a symmetric or Hermitian Gaussian matrix with the semicircle law (Dumitriu, Edelman 2002)."""

    def draw(rng: np.random.Generator) -> Array:
        diagonal = rng.normal(scale=math.sqrt(2), size=size)
        beside = np.sqrt(rng.chisquare(beta * np.arange(size - 1, 0, -1)))
        return eigvalsh_tridiagonal(diagonal, beside) / math.sqrt(beta * size)

    return draw


def wishart(rows: int, columns: int, spike: float = 1.0) -> Draw:
    """Eigenvalues of X X^T/columns, one row of X larger by the root of a spike (Bloemendal, Virag 2013, section 2)."""
    if rows > columns:
        smaller = wishart(columns, rows)
        return lambda rng: np.concatenate([np.zeros(rows - columns), smaller(rng) * rows / columns])

    def draw(rng: np.random.Generator) -> Array:
        return np.maximum(eigvalsh_tridiagonal(*_tridiagonal(rng, rows, columns, spike)), 0.0) / columns

    return draw


def _tridiagonal(rng: np.random.Generator, rows: int, columns: int, spike: float) -> tuple[Array, Array]:
    diagonal = rng.chisquare(np.arange(columns, columns - rows, -1))
    below = rng.chisquare(np.arange(rows - 1, 0, -1))
    diagonal[0] *= spike
    both = np.sqrt(diagonal[:-1] * below)
    diagonal[1:] += below
    return diagonal, both


def outermost(rows: int, columns: int, spike: float, count: int = 4) -> Draw:
    """The smallest and the largest eigenvalues of the same, for sizes at which all would take long."""

    def draw(rng: np.random.Generator) -> Array:
        matrix = _tridiagonal(rng, rows, columns, spike)
        ends = ((0, count - 1), (rows - count, rows - 1))
        found = [eigvalsh_tridiagonal(*matrix, select="i", select_range=end) for end in ends]
        return np.concatenate(found) / columns

    return draw


def clusters(rng: np.random.Generator) -> Array:
    """Sample covariance of 200 variances, half 1 and half 10, from 2000 samples."""
    x = np.repeat([1.0, math.sqrt(10)], 100)[:, None] * rng.normal(size=(200, 2000))
    return np.linalg.eigvalsh(x @ x.T / 2000)


TRUE: dict[str, tuple[Callable[[], rv.Law], Draw, int]] = {
    "real Gaussian, size 200": (lambda: rv.semicircle(), gaussian(200), 1),
    "complex Gaussian, size 200": (lambda: rv.semicircle(), gaussian(200, 2), 2),
    "white covariance, 200 x 400": (lambda: rv.marchenko_pastur("1/2"), wishart(200, 400), 1),
    "hard edge, 200 x 200": (lambda: rv.marchenko_pastur(1), wishart(200, 200), 1),
    "without full rank, 200 x 80": (lambda: rv.marchenko_pastur("5/2"), wishart(200, 80), 1),
    "two clusters, 200 x 2000": (lambda: rv.empirical([1, 10]).sample_covariance("1/10"), clusters, 1),
}


# -- theory --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def beyond(x: float, w: float) -> float:
    """How often the largest eigenvalue of a real spiked matrix lies beyond x, at the distance w from the threshold.

    F(x, w), the distribution function, solves F_x + 2 F_ww + (x - w^2) F_w = 0, and for large x it is that of a normal
    variable at -w (Bloemendal, Virag 2013, Theorem 1.7, beta = 1): w < 0 above the threshold. Crank and Nicolson.
    """
    start, steps = x + 12.0, 3000
    grid = np.linspace(-12.0, 12.0, 3001)
    h, dx = grid[1] - grid[0], (start - x) / steps
    value = norm.cdf((grid + math.sqrt(start)) * start**0.25)
    for k in range(steps):  # downwards in x, the direction in which it diffuses
        drift = start - (k + 0.5) * dx - grid**2
        up, down = 2 / h**2 + drift / (2 * h), 2 / h**2 - drift / (2 * h)
        right = value.copy()
        right[1:-1] += dx / 2 * (up * np.roll(value, -1) - 4 / h**2 * value + down * np.roll(value, 1))[1:-1]
        bands = np.zeros((3, len(grid)))
        bands[1] = 1 + dx / 2 * 4 / h**2
        bands[0, 1:], bands[2, :-1] = -dx / 2 * up[:-1], -dx / 2 * down[1:]
        bands[1, [0, -1]], bands[0, 1], bands[2, -2] = 1.0, 0.0, -1.0  # F = 0 on the left, F_w = 0 on the right
        right[0] = right[-1] = 0.0
        value = solve_banded((1, 1), bands, right)
    return float(1 - np.interp(w, grid, value))


def distance(rows: int, columns: int, times: float) -> float:
    """Where a spike stands, ``times`` the threshold, on the scale of the transition (the same, Theorem 1.2)."""
    return float((rows**-0.5 + columns**-0.5) ** (-2 / 3) * (1 - times))


# -- measurements --------------------------------------------------------------------------------------------


def levels(draws: int) -> list[str]:
    """How often true laws are refuted."""
    lines = ["| matrices | draws | supported | undecided | refuted |", "|---|---|---|---|---|"]
    total: Counter[str] = Counter()
    for k, (name, (law, draw, beta)) in enumerate(TRUE.items()):
        rho, rng = rv.Spectrum(law()), np.random.default_rng([1, k])
        found = Counter(rv.compare(draw(rng), rho, beta=beta, level=LEVEL).verdict for _ in range(draws))
        total += found
        lines.append(f"| {name} | {draws} | {' | '.join(str(found[v]) for v in VERDICTS)} |")
    most = int(binom.isf(0.01, total.total(), LEVEL))
    lines += [
        "",
        f"In all {total['refuted']} of {total.total()} refuted, at the level {LEVEL:g}; if errors came as often as the "
        f"level allows, more than {most} would have a probability of one per cent.",
    ]
    return lines


def sight(draws: int) -> list[str]:
    """How often two per cent are seen at size 1000, and the power that is stated."""
    lines = ["| matrices | eigenvalues times | draws | refuted | stated power |", "|---|---|---|---|---|"]
    cases = {
        "real Gaussian, size 1000": (rv.semicircle(), gaussian(1000)),
        "white covariance, 1000 x 2000": (rv.marchenko_pastur("1/2"), wishart(1000, 2000)),
    }
    for name, (law, draw) in cases.items():
        rho, rng = rv.Spectrum(law), np.random.default_rng([2, len(name)])
        values = [draw(rng) for _ in range(draws)]
        for factor in (1.0, 0.98, 1.02):
            found = [rv.compare(factor * v, rho, level=LEVEL) for v in values]
            power = f"{min(f.power for f in found):.4f}" if factor == 1 else ""
            refuted = sum(f.verdict == "refuted" for f in found)
            lines.append(f"| {name} | {factor:g} | {draws} | {refuted} | {power} |")
    return lines


def outliers(draws: int) -> list[str]:
    """How often one planted spike is found, and how often theory says."""
    lines = ["| size | spike | level | draws | components found: one | more | theory, in the limit | theory, normal |",
             "|---|---|---|---|---|---|---|---|"]  # fmt: skip
    rho = rv.Spectrum(rv.marchenko_pastur("1/2"))
    for rows in (200, 1000, 5000):
        for times in (0.0, 1.05, 1.2, 2.0):
            spike = 1 + times * math.sqrt(0.5) if times else 1.0
            draw, rng = outermost(rows, 2 * rows, spike), np.random.default_rng([3, rows, round(100 * times)])
            values = [draw(rng) for _ in range(draws)]
            for level, quantile in TRACY_WIDOM.items():
                counts = Counter(rho.edge_test(v, level=level, size=rows).count for v in values)
                more = draws - counts[0] - counts[1]
                w = distance(rows, 2 * rows, times)
                limit = f"{beyond(quantile, w):.1%}" if times else f"{level:.1%} one or more"
                lines.append(
                    f"| {rows} x {2 * rows} | {f'{times:g} times' if times else 'none'} | {level:g} | {draws} | "
                    f"{counts[1]} ({counts[1] / draws:.1%}) | {more} | {limit} | "
                    f"{_normal(rows, spike, quantile) if times > 1.1 else ''} |"
                )
    return lines


def _normal(rows: int, spike: float, quantile: float) -> str:
    """Above the threshold, far from it: a normal variable against the edge of the noise."""
    c, n = 0.5, 2 * rows
    place, deviation = spike * (1 + c / (spike - 1)), spike * math.sqrt(2 / n * (1 - c / (spike - 1) ** 2))
    gamma = (1 + math.sqrt(c)) ** (4 / 3) * c ** (-1 / 6) / n ** (2 / 3)
    return f"{norm.sf(((1 + math.sqrt(c)) ** 2 + gamma * quantile - place) / deviation):.1%}"


def coverage(draws: int) -> list[str]:
    """How often the intervals of a fit hold the truth."""
    c, s = (rv.parameter(name, positive=True) for name in "cs")
    lines = ["| matrices | stated | draws | c covered | sigma covered |", "|---|---|---|---|---|"]
    for rows, columns in ((100, 200), (200, 400)):
        draw, rng = wishart(rows, columns), np.random.default_rng([4, rows])
        hits = np.zeros(2, dtype=int)
        for _ in range(draws):
            (c_low, c_high), (s_low, s_high) = rv.fit(2.25 * draw(rng), rv.marchenko_pastur(c, s)).intervals.values()
            hits += [c_low < rows / columns < c_high, s_low < 1.5 < s_high]
        lines.append(f"| {rows} x {columns} | 95% | {draws} | {hits[0]} ({hits[0] / draws:.1%}) "
                     f"| {hits[1]} ({hits[1] / draws:.1%}) |")  # fmt: skip
    return lines


def losses(draws: int) -> list[str]:
    """The loss of cleaned eigenvalues over that of the oracle, who knows the population."""
    population = np.repeat([1.0, 3.0, 10.0], [100, 200, 200])
    law = rv.empirical([1, 3, 10], [0.2, 0.4, 0.4])
    lines = ["| p/n | draws | raw | cleaned | cleaned, law known |", "|---|---|---|---|---|"]
    for c in (0.2, 0.5, 2.0):
        rng, n = np.random.default_rng([5, round(10 * c)]), round(len(population) / c)
        rho = rv.Spectrum(law.sample_covariance(c))
        ratios = []
        for _ in range(draws):
            x = np.sqrt(population)[:, None] * rng.normal(size=(len(population), n))
            values, vectors = np.linalg.eigh(x @ x.T / n)
            values = np.maximum(values, 0.0)

            def loss(cleaned: Array, vectors: Array = vectors) -> float:
                return float(np.sum(((vectors * cleaned) @ vectors.T - np.diag(population)) ** 2))

            oracle = loss(np.einsum("ik,i,ik->k", vectors, population, vectors))
            ratios.append([loss(v) / oracle for v in (values, rv.shrink(values, c), rv.shrink(values, c, law=rho))])
        pairs = zip(np.mean(ratios, axis=0), np.max(ratios, axis=0), strict=True)
        lines.append(f"| {c:g} | {draws} | {' | '.join(f'{mean:.4f} ({most:.4f})' for mean, most in pairs)} |")
    return lines


def ranks(draws: int) -> list[str]:
    """How often the planted number of components is found."""
    lines = ["| planted | draws | found right |", "|---|---|---|"]
    rho = rv.Spectrum(rv.marchenko_pastur("1/2"))
    for rank in (3, 10, 30):
        rng, population = np.random.default_rng([6, rank]), np.ones(500)
        population[:rank] = np.linspace(3, 12, rank)
        found = []
        for _ in range(draws):
            x = np.sqrt(population)[:, None] * rng.normal(size=(500, 1000))
            found.append(rv.compare(np.linalg.eigvalsh(x @ x.T / 1000), rho, level=LEVEL).components)
        lines.append(f"| {rank} | {draws} | {sum(k == rank for k in found)} |")
    return lines


PARTS: dict[str, tuple[str, str, Callable[[int], list[str]], int]] = {
    "levels": (
        "True laws",
        "`compare` at the level 0.01 on matrices that have the law. Its level is an upper bound.",
        levels,
        170,
    ),
    "sight": (
        "Two per cent at size 1000",
        "The same on eigenvalues two per cent too small or too large, with the smallest power that was stated.",
        sight,
        60,
    ),
    "outliers": (
        "A planted spike",
        "One row of the data has the variance 1 + t sqrt(c), c = 1/2: t = 1 is the threshold at which the spike leaves "
        "the bulk. Near it the largest eigenvalue has the law of Bloemendal and Virag in the limit, whose tail beyond "
        "the quantile of the test is the rate of theory; sizes come near it as size^(-1/3). Far above it is normal.",
        outliers,
        300,
    ),
    "coverage": ("Intervals of a fit", "`fit` of c and sigma to eigenvalues with sigma = 3/2.", coverage, 120),
    "losses": (
        "Cleaned covariances",
        "`shrink` at p = 500, population 1, 3, 10: the Frobenius loss over that of the oracle, the best with the "
        "eigenvectors of the sample, in the mean and at most.",
        losses,
        8,
    ),
    "ranks": (
        "Planted ranks",
        "Components that `compare` finds in 500 x 1000 data with variances from 3 to 12 planted in white noise; the "
        "threshold is 1.71.",
        ranks,
        20,
    ),
}


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the draws, for a quicker look")
    parser.add_argument("--only", choices=PARTS, help="print one part")
    parser.add_argument("--output", type=Path, default=HERE / "numeric" / "data-calibration.md")
    chosen = parser.parse_args()
    lines = [
        "# How often the answers about data are right",
        "",
        "Made by `make data-calibration` from seeded draws.",
        "",
    ]
    for name, (title, words, measure, draws) in PARTS.items():
        if chosen.only in (None, name):
            lines += [f"## {title}", "", words, "", *measure(max(2, round(chosen.share * draws))), ""]
            print(name, "done", file=sys.stderr, flush=True)
    if chosen.only:
        print("\n".join(lines))
    else:
        chosen.output.write_text("\n".join(lines).rstrip() + "\n")


if __name__ == "__main__":
    main()
