"""The verdict on a conjecture: supported, refuted or undecided, with all that was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from resolvent.catalog.conjectures.conjecture import REFUTED, SUPPORTED, UNDECIDED, Conjecture, Finding, Status, worst
from resolvent.conjectures.report.sections import (
    MARKS,
    SCORE_HEADER,
    STAGES,
    first_wrong_words,
    groups,
    sampled_words,
    score_rows,
    unexpected_words,
)
from resolvent.conjectures.statistics.statistical_stage import PointStatistics

FORMAT = 1
EXIT_STATUS = {SUPPORTED: 0, REFUTED: 1, UNDECIDED: 3}


@dataclass(frozen=True, eq=False)
class Verdict:
    """The outcome of `check`.

    "refuted" if anything refutes the conjecture, "supported" if everything that decides supports it and something does,
    otherwise "undecided", which never counts as supported.

    Attributes:
        conjecture: what was checked.
        findings: what was found, in order; those without a status decide nothing.
        statistics: for each point that was sampled what the matrices say.
    """

    conjecture: Conjecture
    findings: tuple[Finding, ...]
    statistics: tuple[PointStatistics, ...] = ()

    def __repr__(self) -> str:
        return f"<Verdict {self.verdict}: {self.conjecture.title}>"

    @property
    def verdict(self) -> Status:
        """supported, refuted or undecided."""
        return worst([f.status for f in self.findings if f.status is not None])

    @property
    def first_wrong(self) -> Finding | None:
        """The first finding that refutes; without one the first that leaves the conjecture undecided."""
        for status in (REFUTED, UNDECIDED):
            for finding in self.findings:
                if finding.status == status:
                    return finding
        return None

    @property
    def exit_status(self) -> int:
        """0 supported, 1 refuted, 3 undecided."""
        return EXIT_STATUS[self.verdict]

    @property
    def is_expected(self) -> bool | None:
        """Whether the verdict is the one the file expects, and for the reason it gives; None where it says nothing."""
        expected = self.conjecture.expected
        if expected is None:
            return None
        status, reason = expected
        wrong = self.first_wrong
        text = wrong.text if wrong is not None else " ".join(f.text for f in self.findings)
        return status == self.verdict and reason in text

    def report(self) -> str:
        """The verdict in words, for a terminal."""
        lines = [f"{self.conjecture.title}", ""]
        for stage in STAGES:
            own = [f for f in self.findings if f.stage == stage]
            if not own:
                continue
            lines.append(f"{stage} stage")
            for heading, group in groups(own):
                lines += [f"  {heading}:"] if heading else []
                for finding in group:
                    proof = f" [{finding.evidence}]" if finding.evidence else ""
                    lines.append(f"  {MARKS[finding.status]} {finding.subject}: {finding.text}{proof}")
            lines.append("")
        for statistics in self.statistics:
            lines += [*_table(statistics), ""]
        if self.conjecture.assumptions:
            lines += ["assumed by the author: " + "; ".join(self.conjecture.assumptions), ""]
        ending = (first_wrong_words(self), f"verdict: {self.verdict}", unexpected_words(self))
        return "\n".join([*lines, *filter(None, ending)])

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain data; equal for equal files, seeds and sizes, however the work was spread."""
        wrong = self.first_wrong
        return {
            "format": FORMAT,
            "name": self.conjecture.name,
            "title": self.conjecture.title,
            "verdict": self.verdict,
            "first_wrong": None if wrong is None else _plain(wrong),
            "findings": [_plain(f) for f in self.findings],
            "statistics": [s.to_json() for s in self.statistics],
            "assumptions": list(self.conjecture.assumptions),
            "references": list(self.conjecture.references),
            "seed": self.conjecture.plan.seed,
            "expected": None if self.conjecture.expected is None else self.conjecture.expected[0],
            "is_expected": self.is_expected,
        }

    def html(self) -> str:
        """A page that stands for itself: equations as MathML, plots as SVG."""
        from resolvent.writing.html import html_report

        return html_report(self)

    def latex(self) -> str:
        """A LaTeX document."""
        from resolvent.writing.latex import latex_report

        return latex_report(self)


def _plain(finding: Finding) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(finding)


def _table(statistics: PointStatistics) -> list[str]:
    """The statistics of one point as rows of text."""
    rows = [("", *SCORE_HEADER), *score_rows(statistics)]
    return [sampled_words(statistics), *(f"  {n[:16]:16} {e:>12} {x:>12} {s:>9} {z:>7}" for n, e, x, s, z in rows)]
