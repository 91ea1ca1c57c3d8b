"""Measures how often `resolvent check` errs: ``make calibration`` writes docs/resolvent/calibration.md in half an hour.

True laws may be refuted as often as the level says; laws off by two per cent in one parameter should be refuted always.
Every replicate is a run of the whole check with a seed of its own.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

from resolvent.conjectures.check import check_conjecture
from resolvent.conjectures.file.reader import conjecture_of

HERE = Path(__file__).resolve().parent
LEVEL = 0.01
SIZES, TRIALS = (500, 1000), 20
SMALL = (200, 400)
_MORE = 4  # times as many replicates of true laws, where a rate of one per cent is to be told from two


@dataclass(frozen=True)
class Subject:
    """A law to be tried: its sampler, the true claim, and one with a parameter off by two per cent, if it is tried."""

    name: str
    function: str
    parameters: str
    claim: str
    wrong: str = ""
    off: str = ""


SUBJECTS = (
    Subject(
        "Marchenko-Pastur",
        "unlabelled_wishart",
        'c = "1/2"',
        "marchenko_pastur(c)",
        "marchenko_pastur(1.02*c)",
        "c = 0.51 for 0.5",
    ),
    Subject(
        "sum of Wigner and Wishart",
        "wigner_and_wishart",
        'c = "1/2"\nvariance = 1',
        "semicircle(variance) + marchenko_pastur(c)",
        "semicircle(1.02*variance) + marchenko_pastur(c)",
        "variance = 1.02 for 1",
    ),
    Subject(
        "features of a sine layer",
        "sine_features_per_feature",
        'phi = "1/2"\npsi = 1',
        "marchenko_pastur(psi/phi) @ (0.06445291721025121 + 0.36787944117144233*marchenko_pastur(1/phi))",
        "marchenko_pastur(psi/phi) @ (0.06445291721025121 + 1.02*0.36787944117144233*marchenko_pastur(1/phi))",
        "zeta = 0.375 for 0.368",
    ),
    Subject(
        "anticommutator",
        "anticommutator",
        "scale = 1",
        "scale*(marchenko_pastur(1) - marchenko_pastur(1))",
        "1.02*scale*(marchenko_pastur(1) - marchenko_pastur(1))",
        "scale = 1.02 for 1",
    ),
    Subject("random graph, corrections size^-1/2", "random_graph", "variance = 1", "semicircle(variance)"),
    Subject("heavy tails, corrections size^-1/2", "heavy_tails", "variance = 1", "semicircle(variance)"),
    Subject("path graph, no fluctuations", "path_graph", "radius = 2", "arcsine(radius)"),
)


def verdict(subject: Subject, claim: str, sizes: tuple[int, int], seed: int) -> str:
    """The verdict of one replicate."""
    text = (
        f'title = "{subject.name}"\n[model]\nfunction = "samplers:{subject.function}"\n[parameters]\n'
        f'{subject.parameters}\n[claim]\nlaw = "{claim}"\n[test]\nsizes = {list(sizes)}\ntrials = {TRIALS}\n'
        f"seed = {seed}\nlevel = {LEVEL}\n"
    )
    conjecture = conjecture_of(text)
    return check_conjecture(conjecture, folder=HERE / "conjectures", allow_code=True, progress=int).verdict


def rates(replicates: int, jobs: int | None) -> list[tuple[Subject, str, tuple[int, int], Counter[str]]]:
    """For each law, true and false, how often each verdict was given."""
    found = []
    for is_true, sizes in ((True, SMALL), (False, SIZES)):
        for k, subject in enumerate(s for s in SUBJECTS if is_true or s.wrong):
            claim = subject.claim if is_true else subject.wrong
            first = 1_000_000 * (1 + k) + (0 if is_true else 500_000)
            seeds = range(first, first + (_MORE * replicates if is_true else replicates))
            with ProcessPoolExecutor(jobs) as pool:
                counts = Counter(pool.map(verdict, repeat(subject), repeat(claim), repeat(sizes), seeds, chunksize=4))
            found.append((subject, "" if is_true else subject.off, sizes, counts))
            print(subject.name, "true" if is_true else subject.off, dict(counts), file=sys.stderr, flush=True)
    return found


def page(found: list[tuple[Subject, str, tuple[int, int], Counter[str]]], replicates: int) -> str:
    """The page as Markdown."""
    lines = [
        "# How often the check errs",
        "",
        "Made by `make calibration`. Every replicate is a whole `resolvent check` of matrices from a sampler without a",
        f"route of derivation, {TRIALS} matrices at each of two sizes, level {LEVEL}, with its own seed:",
        f"{_MORE * replicates} replicates of each true law, {replicates} of each false one.",
        "",
        "| law | claim | sizes | supported | undecided | refuted |",
        "|---|---|---|---|---|---|",
    ]
    for subject, off, sizes, counts in found:
        row = (f"{counts[v]}" for v in ("supported", "undecided", "refuted"))
        lines.append(f"| {subject.name} | {off or 'true'} | {sizes[0]}, {sizes[1]} | {' | '.join(row)} |")
    for text, is_off in (("True laws", False), ("Laws off by two per cent", True)):
        total = sum(sum(c.values()) for _, off, _, c in found if bool(off) == is_off)
        refuted = sum(c["refuted"] for _, off, _, c in found if bool(off) == is_off)
        lines += ["", f"{text}: {refuted} of {total} refuted, {refuted / total:.2%}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run it all and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=50)
    parser.add_argument("--jobs", type=int, help="processes; one for each core without it")
    parser.add_argument("--output", type=Path, default=HERE / "resolvent" / "calibration.md")
    chosen = parser.parse_args()
    chosen.output.write_text(page(rates(chosen.replicates, chosen.jobs), chosen.replicates))


if __name__ == "__main__":
    main()
