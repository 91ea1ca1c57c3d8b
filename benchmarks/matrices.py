"""Time the way from a matrix to its equation: pencil, law, numeric solution; and how it grows.

    python benchmarks/matrices.py

prints medians in milliseconds next to the limits that they are held to.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

import resolvent as rv
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.scaling import scales_of

P, N, Q = (rv.dimension(name) for name in "pnq")
C, D = rv.parameter("c", positive=True), rv.parameter("d", positive=True)
X, Y, Z = (rv.wigner(name, P) for name in "XYZ")
A, B = rv.gaussian("A", P, N), rv.gaussian("B", Q, N)

EXPRESSIONS: dict[str, tuple[Any, dict[Any, Any]]] = {
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
    "Marchenko-Pastur": (A @ A.T / N, {(P, N): C}),
    "Jacobi": (A @ rv.inv(A.T @ A + B.T @ B) @ A.T, {(P, N): C, (Q, N): D}),
}


def layers(depth: int) -> tuple[Any, dict[Any, Any]]:
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


def median(call: Callable[[], Any], repeats: int) -> float:
    """The median time of a call, in milliseconds; the first one, which imports, is not counted."""
    call()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(1e3 * (time.perf_counter() - began))
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    print("| what | ms | limit |\n|---|---|---|")
    for name, (model, ratios) in EXPRESSIONS.items():
        pencil = median(lambda m=model, r=ratios: pencil_of(m, scales_of(m.dimensions(), r)), 5)  # type: ignore[misc]
        law = median(lambda m=model, r=ratios: rv.law_of(m, r), 5)  # type: ignore[misc]
        print(f"| pencil of {name} | {pencil:.1f} | 50 |\n| law of {name} | {law:.1f} | 100 |", flush=True)
    for depth, limit in ((1, 100), (2, 500), (3, 5000)):
        model, ratios = layers(depth)
        taken = median(lambda m=model, r=ratios: rv.law_of(m, r), 3 if depth < 3 else 1)  # type: ignore[misc]
        print(f"| {depth} layers, all symbols | {taken:.0f} | {limit} |", flush=True)
    z = np.linspace(-4, 4, 1000) + 1e-6j
    solver = rv.DysonSolver.of(X @ Y + Y @ X)
    print(f"| XY + YX at 1000 points | {median(lambda: solver.solve(z), 5):.0f} | 100 |")
    for blocks in (10, 20, 40):
        sizes = [rv.dimension(f"d{k}") for k in range(blocks)]
        model = rv.wigner("W", sizes, [[1] * blocks for _ in sizes]) / sympy.sqrt(blocks)
        ratios = {(d, sizes[0]): 1 for d in sizes[1:]}
        taken = median(lambda m=model, r=ratios: rv.DysonSolver.of(m, r).solve([0.3 + 0.2j]), 1)  # type: ignore[misc]
        print(f"| profile of {blocks} blocks, numeric | {taken:.0f} | |", flush=True)


if __name__ == "__main__":
    main()
