"""Time derivations, moments and spectra against other packages in one process, alternating; write RESULTS.md.

Run with `make bench`, which installs the packages into an environment of its own.
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
from typing import Any

import beside
import checks
import data
import matrices
import numpy as np
import spectra
from cases import GRAPHS, Case, derivations, fisher_sum, gram_law, gram_polynomials, moments, sum_law
from sections import RESULTS
from sympy.core.cache import clear_cache

import resolvent as rv

KEPT = "\n## Before and after"
"""What begins so is measured by other means, and stays as it is."""


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
    """Figures with a limit of their own rather than a ratio."""
    law = sum_law()
    thousand = seconds(lambda: law.moments(1000))
    imported = min(process("import resolvent") for _ in range(5))
    listed = min(process("from resolvent.__main__ import main; import sys; sys.argv = ['resolvent', 'list']; main()")
                 for _ in range(5))  # fmt: skip
    gram = gram_law()
    fisher = fisher_sum()
    tensor = rv.Spectrum(rv.catalog.get("fisher-linear").law(c1=1, c2=1))
    x = np.linspace(0.01, 7.99, 10**5)
    rows = [
        ("first 1000 moments, s", thousand, 2.0),
        ("import resolvent, s", imported, 1.0),
        ("resolvent list, s", listed, 1.5),
        ("graphs of order 8 (43 263), whole process, s", process(GRAPHS.format(8)), 2.0),
        ("graphs of order 10 (1 430 715), whole process, s", process(GRAPHS.format(10)), 60.0),
        ("the same, peak memory, MiB", peak_memory(GRAPHS.format(10)), 200.0),
        ("Gram moment polynomials to order 20, s", seconds(gram_polynomials), 5.0),
        ("numeric Gram moments to order 1000, s", seconds(lambda: gram.moments(1000)), 2.0),
        ("linear Fisher: recurrence, proof and equation, s", seconds(fisher_sum), 2.0),
        ("its moments to order 1000, s", seconds(lambda: fisher.moments(1000)), 1.0),
        ("its density in closed form, s", seconds(lambda: rv.closed_density(fisher)), 10.0),
        ("its density at 10^5 points, s", seconds(lambda: tensor.pdf(x)), 1.0),
    ]
    return [
        f"| {name} | {value:.2f} | {limit:g} | {'met' if value < limit else 'MISSED'} |" for name, value, limit in rows
    ]


def peak_memory(code: str) -> float:
    """The largest resident size of a fresh interpreter that runs ``code``, in MiB.

    Linux counts it for the program itself there; `resource.getrusage` also counts what this process held at the fork.
    """
    report = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    shown = subprocess.run([sys.executable, "-c", f"{code}; {report}"], check=True, capture_output=True, text=True)
    return float(shown.stdout.split()[-1]) / 1024


def process(code: str) -> float:
    """The wall time of a fresh interpreter that runs ``code``."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Run everything and write the results with the versions."""
    warnings.simplefilter("ignore")
    packages = ("resolvent", "rmtool", "freealg", "scikit-rmt", "sympy", "python-flint", "numpy")
    lines = [
        "# Benchmark results",
        "",
        "Made by `make bench`, all packages in one process, SymPy's cache emptied before every derivation.",
        "",
    ]
    lines += [", ".join(f"{p} {version(p)}" for p in packages) + f", Python {platform.python_version()}", ""]
    lines += ["| case | rmtool, s | resolvent, ms | ratio | target | |", "|---|---|---|---|---|---|"]
    lines += [compare(case) for case in (*derivations(), *moments())]
    lines += [
        "",
        "| spectrum, from the law to its certificate | ms | limit | |",
        "|---|---|---|---|",
        *spectra.construction(),
    ]
    lines += ["", "| values | against | ratio of times | limit | |", "|---|---|---|---|---|", *spectra.values()]
    lines += ["", "| whole figure | value | limit | |", "|---|---|---|---|", *absolute()]
    lines += ["", "| conjectures | value | limit | |", "|---|---|---|---|", *checks.rows(), ""]
    kept = RESULTS.read_text().partition(KEPT)
    RESULTS.write_text("\n".join(lines) + "".join(kept[1:]))
    for section in (matrices, data, beside):
        section.main()
    print(RESULTS.read_text())


if __name__ == "__main__":
    main()
