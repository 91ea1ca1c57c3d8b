"""Time derivations and moments against rmtool in one process, alternating, and write benchmarks/RESULTS.md.

Run with `make bench`, which installs rmtool into an environment of its own.
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cases import Case, derivations, moments, sum_law
from sympy.core.cache import clear_cache

RESULTS = Path(__file__).with_name("RESULTS.md")


def seconds(call: Callable[[], Any]) -> float:
    """One timed call, with SymPy's cache emptied first, so that no package lives off an earlier run."""
    clear_cache()
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def compare(case: Case) -> str:
    """Alternate the two packages and report medians and the ratio."""
    case.ours()  # imports of submodules are not part of a derivation
    pairs = [(seconds(case.ours), seconds(case.theirs)) for _ in range(case.repeats)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = theirs / ours
    verdict = "met" if ratio >= case.target else "MISSED"
    row = f"| {case.name} | {theirs:.3f} | {ours * 1e3:.2f} | {ratio:,.0f} | {case.target:,.0f} | {verdict} |"
    print(row, flush=True)
    return row


def absolute() -> list[str]:
    """Figures with a limit in seconds rather than a ratio."""
    law = sum_law()
    thousand = seconds(lambda: law.moments(1000))
    imported = min(process("import resolvent") for _ in range(5))
    listed = min(process("from resolvent.__main__ import main; import sys; sys.argv = ['resolvent', 'list']; main()")
                 for _ in range(5))  # fmt: skip
    rows = [("first 1000 moments", thousand, 2.0), ("import resolvent", imported, 1.0), ("resolvent list", listed, 1.5)]
    return [
        f"| {name} | {value:.2f} | {limit} | {'met' if value < limit else 'MISSED'} |" for name, value, limit in rows
    ]


def process(code: str) -> float:
    """The wall time of a fresh interpreter that runs ``code``."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Run everything and write the results with the versions."""
    warnings.simplefilter("ignore")
    packages = ("resolvent", "rmtool", "sympy", "python-flint", "numpy")
    lines = [
        "# Benchmark results",
        "",
        "Made by `make bench`, both packages in one process, SymPy's cache emptied before every call.",
        "",
    ]
    lines += [", ".join(f"{p} {version(p)}" for p in packages) + f", Python {platform.python_version()}", ""]
    lines += ["| case | rmtool, s | resolvent, ms | ratio | target | |", "|---|---|---|---|---|---|"]
    lines += [compare(case) for case in (*derivations(), *moments())]
    lines += ["", "| whole figure | s | limit, s | |", "|---|---|---|---|", *absolute(), ""]
    RESULTS.write_text("\n".join(lines))
    print(RESULTS.read_text())


if __name__ == "__main__":
    main()
