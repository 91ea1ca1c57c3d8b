"""Time the way from a matrix to its equation: pencil, law, traces, numeric solution; and how it grows.

    python benchmarks/matrices.py

prints medians of processor time, those of child processes included, next to the limits that they are held to, writes
the section of RESULTS.md about matrices, and draws growth.png.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import sympy
from sections import write_section

import resolvent as rv
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.scaling import scales_of

HERE = Path(__file__).parent
PICTURE = HERE / "growth.png"

P, N, Q = (rv.dimension(name) for name in "pnq")
C, D, LAM = (rv.parameter(name, positive=True) for name in ("c", "d", "lam"))
X, Y, Z = (rv.wigner(name, P) for name in "XYZ")
A, B = rv.gaussian("A", P, N), rv.gaussian("B", Q, N)
M = A @ A.T / N
S, R = rv.commuting(["S", "R"], P, [(1, 2), (3, 1)])

Model = tuple[Any, dict[Any, Any]]
EXPRESSIONS: dict[str, Model] = {
    "XY + YX": (X @ Y + Y @ X, {}),
    "i(XY - YX)": (sympy.I * (X @ Y - Y @ X), {}),
    "XYX": (X @ Y @ X, {}),
    "XYX + Y": (X @ Y @ X + Y, {}),
    "XYZ + ZYX": (X @ Y @ Z + Z @ Y @ X, {}),
    "YXXY": (Y @ X @ X @ Y, {}),
    "X^2 + Y^2 + XY + YX": (X @ X + Y @ Y + X @ Y + Y @ X, {}),
    "XY + YX + X^2": (X @ Y + Y @ X + X @ X, {}),
    "X + X^2": (X + X @ X, {}),
    "X inv(1 + Y^2) X": (X @ rv.inv(1 + Y @ Y) @ X, {}),
    "Marchenko-Pastur": (M, {(P, N): C}),
    "Jacobi": (A @ rv.inv(A.T @ A + B.T @ B) @ A.T, {(P, N): C, (Q, N): D}),
}


def layers(depth: int) -> Model:
    """The Gram matrix of ``depth`` layers of random features."""
    sizes = [rv.dimension(f"n{k}") for k in range(depth + 1)]
    m = rv.dimension("m")
    features = rv.gaussian("X", sizes[0], m)
    for k in range(1, depth + 1):
        eta, zeta = (rv.parameter(f"{name}{k}", positive=True) for name in ("eta", "zeta"))
        weights, noise = rv.gaussian(f"W{k}", sizes[k], sizes[k - 1]), rv.gaussian(f"N{k}", sizes[k], m)
        features = sympy.sqrt(zeta) * weights @ features / sympy.sqrt(sizes[k - 1]) + sympy.sqrt(eta - zeta) * noise
    ratios = {(sizes[0], m): rv.parameter("phi", positive=True)}
    ratios |= {(sizes[0], sizes[k]): rv.parameter(f"psi{k}", positive=True) for k in range(1, depth + 1)}
    return features @ features.T / m, ratios


def auto_fpt() -> dict[str, Callable[[], Any]]:
    """The examples of auto-fpt, as far as they have equations in one unknown."""
    ratios = {(P, N): C}
    population = S @ A @ A.T @ S / N
    return {
        "Marchenko-Pastur": lambda: rv.law_of(M, ratios),
        "anisotropic Marchenko-Pastur, two eigenvalues": lambda: rv.law_of(population, ratios),
        "subordination, commuting S and R": lambda: rv.trace_of(R @ rv.inv(population + LAM) @ R, ratios),
        "random features": lambda: rv.law_of(*layers(1)),
        "ridge, bias and variance": lambda: rv.trace_of(rv.inv(M + LAM), ratios).derivative(LAM).relation,
    }


def profile(blocks: int) -> Model:
    """A variance profile of equal blocks."""
    sizes = [rv.dimension(f"d{k}") for k in range(blocks)]
    table = [[1 + (i + j) % 2 for j in range(blocks)] for i in range(blocks)]
    return rv.wigner("W", sizes, table) / sympy.sqrt(blocks), {(d, sizes[0]): 1 for d in sizes[1:]}


def word(k: int) -> Model:
    """X^k Y + Y X^k."""
    power = X**k
    return power @ Y + Y @ power, {}


def median(call: Callable[[], Any], repeats: int) -> float:
    """The median processor time of a call, in milliseconds; the first one, which imports, is not counted."""
    call()
    times = []
    for _ in range(repeats):
        began = processor_time()
        call()
        times.append(1e3 * (processor_time() - began))
    return statistics.median(times)


def processor_time() -> float:
    """Seconds of this process and of its children that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def row(what: str, taken: float, limit: float | None) -> str:
    """A line of the table."""
    verdict = "" if limit is None else "met" if taken < limit else "MISSED"
    line = f"| {what} | {taken:.1f} | {'' if limit is None else f'{limit:g}'} | {verdict} |"
    print(line, flush=True)
    return line


def rows() -> list[str]:
    """The table."""
    out = ["| from a matrix | ms | limit | |", "|---|---|---|---|"]
    for name, (model, ratios) in EXPRESSIONS.items():
        pencil = median(lambda m=model, r=ratios: pencil_of(m, scales_of(m.dimensions(), r)), 5)  # type: ignore[misc]
        law = median(lambda m=model, r=ratios: rv.law_of(m, r), 5)  # type: ignore[misc]
        out += [row(f"pencil of {name}", pencil, 50), row(f"law of {name}", law, 100)]
    for depth, symbols, limit in ((1, 4, 100), (2, 7, 500), (3, 10, 5000)):
        model, ratios = layers(depth)
        pencil = median(lambda m=model, r=ratios: pencil_of(m, scales_of(m.dimensions(), r)), 3)  # type: ignore[misc]
        law = median(lambda m=model, r=ratios: rv.law_of(m, r), 3)  # type: ignore[misc]
        name = f"{depth} layer{'s' if depth > 1 else ''} of random features, {symbols} symbols"
        out += [row(f"pencil of {name}", pencil, 50), row(f"law of {name}", law, limit)]
    z = np.linspace(-4, 4, 1000) + 1e-6j
    solver = rv.DysonSolver.of(X @ Y + Y @ X)
    out.append(row("XY + YX at 1000 points, numeric, to 1e-10", median(lambda: solver.solve(z), 5), 100))
    out += [
        "",
        "auto-fpt needs Mathematica and is not run here; it publishes 0.8 to 7 s for the fixed-point systems of its",
        "examples, of which a fiftieth is 16 to 140 ms. Ours are the equations in one unknown.",
        "",
        "| example of auto-fpt | ms |",
        "|---|---|",
    ]
    for name, call in auto_fpt().items():
        out.append(f"| {name} | {median(call, 3):.1f} |")
        print(out[-1], flush=True)
    return out


def growth() -> list[str]:
    """How the time grows with blocks, degree and symbols: a picture, and its numbers."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    points = [0.3 + 0.2j]
    blocks = [(n, median(lambda n=n: rv.DysonSolver.of(*profile(n)).solve(points), 1)) for n in (5, 10, 20, 40, 80)]
    degrees = []
    for k in range(1, 5):
        law = rv.law_of(*word(k))
        degrees.append((law.equation.degree, median(lambda k=k: rv.law_of(*word(k)), 1)))
    symbols = [(n, median(lambda d=d: rv.law_of(*layers(d)), 1)) for d, n in ((1, 4), (2, 7), (3, 10))]
    panels = [
        ("blocks of a profile, numeric", blocks),
        ("degree of the equation of $X^kY + YX^k$", degrees),
        ("symbols of random features", symbols),
    ]
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.2), constrained_layout=True)
    for ax, (name, points_) in zip(axes, panels, strict=True):
        ax.loglog(*zip(*points_, strict=True), "o-")
        ax.set_xlabel(name)
        ax.set_xticks([x for x, _ in points_], [str(x) for x, _ in points_])
        ax.minorticks_off()
    axes[0].set_ylabel("milliseconds")
    figure.savefig(PICTURE, dpi=120)
    told = "; ".join(f"{name}: " + ", ".join(f"{x}: {y:.0f}" for x, y in found) for name, found in panels)
    return ["", f"How it grows, in ms: {told}.", "", "![Time against blocks, degree and symbols](growth.png)"]


def main() -> None:
    """Write the section of the results, between its marks."""
    write_section("matrices", ["Medians of processor time.", "", *rows(), *growth()])


if __name__ == "__main__":
    main()
