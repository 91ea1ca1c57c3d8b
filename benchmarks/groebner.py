"""Three ways from a Dyson system to one polynomial: resultants, bounded Groebner bases, and series.

    python benchmarks/groebner.py

times each on expressions with up to ten symbols, in child processes of limited time, and writes the section of
RESULTS.md about elimination.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import matrices
from flint import fmpz_mpoly_vec
from sections import write_section

import resolvent as rv
from resolvent.derive.errors import DerivationError, ResolventError
from resolvent.derive.exact.deadline import within
from resolvent.derive.expressions.branch import branch_of, enclosed_branch, names_in
from resolvent.derive.expressions.dyson import dyson_system
from resolvent.derive.expressions.elimination import Eliminator, Limits
from resolvent.derive.expressions.pencil import pencil_of
from resolvent.derive.expressions.physical_series import NoSeries
from resolvent.derive.expressions.polynomial_system import polynomial_system
from resolvent.derive.expressions.reconstruction import reconstructed
from resolvent.derive.expressions.scaling import scales_of

SECONDS = 20.0
IDEAL, TERMS, BITS = 300, 20_000, 20_000  # the limits of Buchberger's algorithm

P, N = matrices.P, matrices.N
X, Y, Z = matrices.X, matrices.Y, matrices.Z
A, B, C, D, M = matrices.A, matrices.B, matrices.C, matrices.D, matrices.M
a, s = rv.parameter("a", positive=True), rv.parameter("s", positive=True)
T = rv.given("T", P, rv.atoms([1, -1]))
K = rv.given("K", P, rv.atoms([1, a], [1 - s, s]))
G = rv.gaussian("G", P, N)

CASES: dict[str, matrices.Model] = {
    **matrices.EXPRESSIONS,
    "X^2 Y + Y X^2": matrices.word(2),
    "X^3 Y + Y X^3": matrices.word(3),
    "one layer, 4 symbols": matrices.layers(1),
    "two layers, 7 symbols": matrices.layers(2),
    "three layers, 10 symbols": matrices.layers(3),
    "XY + YX + a Z": (X @ Y + Y @ X + a * Z, {}),
    "XY + YX + a X^2 + s Y": (X @ Y + Y @ X + a * X @ X + s * Y, {}),
    "a XYX + s Y": (a * X @ Y @ X + s * Y, {}),
    "KXK + X": (K @ X @ K + X, {}),
    "K M K, two symbols of K": (K @ M @ K, {(P, N): C}),
    "T X T + a X": (T @ X @ T + a * X, {}),
    "M + a X M X": (M + a * X @ M @ X, {(P, N): C}),
    "(M + X)^2": ((M + X) @ (M + X), {(P, N): C}),
    "correlated A G^T + G A^T": (A @ (G + a * A).T / N + (G + a * A) @ A.T / N, {(P, N): C}),
    "X inv(a + Y^2) X": (X @ rv.inv(a + Y @ Y) @ X, {}),
    "inv(1 + M + a X^2)": (rv.inv(1 + M + a * X @ X), {(P, N): C}),
}


def system_of(model: Any, ratios: Any) -> tuple[Any, Any]:
    """The Dyson system and its branch."""
    pencil = pencil_of(model, scales_of(model.dimensions(), ratios))
    system = dyson_system(pencil)
    try:
        return system, branch_of(system, seconds=SECONDS)
    except NoSeries:
        return enclosed_branch(pencil, SECONDS)


def by_resultants(system: Any, branch: Any) -> Any:
    """Rows, substitutions and resultants alone."""
    eliminator = Eliminator(system, polynomial_system(system, short=True), branch, Limits(SECONDS))
    eliminator.live = list(eliminator.written.unknowns)
    return eliminator.reduced()[0]


def by_groebner(system: Any, branch: Any) -> Any:
    """A lexicographic Groebner basis of the same equations; the element without unknowns."""
    written = polynomial_system(system, short=True)
    basis, complete = fmpz_mpoly_vec(written.equations, written.ring).buchberger_naive(limits=(IDEAL, TERMS, BITS))
    found = [basis[k] for k in range(len(basis)) if names_in(basis[k]).isdisjoint(written.unknowns)]
    if not found:
        raise DerivationError("the limits are reached" if not complete else "no element without unknowns")
    return branch.physical(min(found, key=len))


def by_series(system: Any, branch: Any) -> Any:
    """Hermite-Pade approximation and reconstruction."""
    return reconstructed(system)


def timed(way: Callable[[Any, Any], Any], system: Any, branch: Any) -> str:
    """Milliseconds, or why not."""

    def work() -> list[Any]:
        began = time.process_time()
        try:
            size = len(way(system, branch))
        except DerivationError:
            return [None, 0]
        return [1e3 * (time.process_time() - began), size]

    try:
        taken, size = within(3 * SECONDS, work)
    except ResolventError:
        return "time"
    return "no" if taken is None else f"{taken:.0f} ({size})"


def main() -> None:
    """Write the section of the results, between its marks."""
    lines = [
        "Processor time in ms, and the terms of the polynomial; `no` where a way does not apply or meets its limits.",
        "",
        "| expression | resultants | Gröbner basis | series |",
        "|---|---|---|---|",
    ]
    for name, (model, ratios) in CASES.items():
        system, branch = system_of(model, ratios)
        row = [timed(way, system, branch) for way in (by_resultants, by_groebner, by_series)]
        lines.append(f"| {name} | " + " | ".join(row) + " |")
        print(lines[-1], flush=True)
    write_section("elimination", lines)


if __name__ == "__main__":
    main()
