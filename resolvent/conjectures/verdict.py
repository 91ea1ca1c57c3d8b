"""The verdict on a conjecture: supported, refuted or undecided, with all that was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from catalog.conjecture import REFUTED, SUPPORTED, UNDECIDED, Conjecture, Finding, Status, worst

from .statistical_stage import PointStatistics

FORMAT = 1
EXIT_STATUS = {SUPPORTED: 0, REFUTED: 1, UNDECIDED: 3}
_MARKS = {SUPPORTED: "+", REFUTED: "x", UNDECIDED: "?", None: " "}


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
        for stage in ("exact", "statistics"):
            own = [f for f in self.findings if f.stage == stage]
            if own:
                lines.append(f"{stage} stage")
            point = None
            for finding in own:
                if finding.point != point and finding.point:
                    lines.append(f"  at {finding.point}:" if finding.point != "all parameters" else "  all parameters:")
                point = finding.point
                proof = f" [{finding.evidence}]" if finding.evidence else ""
                lines.append(f"  {_MARKS[finding.status]} {finding.subject}: {finding.text}{proof}")
            if own:
                lines.append("")
        for statistics in self.statistics:
            lines += [*table(statistics), ""]
        if self.conjecture.assumptions:
            lines += ["assumed by the author: " + "; ".join(self.conjecture.assumptions), ""]
        wrong = self.first_wrong
        if wrong is not None:
            where = f" (line {wrong.line})" if wrong.line else ""
            lines.append(
                f"first thing {'wrong' if wrong.status == REFUTED else 'open'}{where}: {wrong.subject}: {wrong.text}"
            )
        elif self.verdict == UNDECIDED:
            lines.append("nothing was found that decides; without --exact-only, matrices may")
        lines.append(f"verdict: {self.verdict}")
        if self.is_expected is False:
            lines.append(
                f"this is not what the file expects: {' because '.join(filter(None, self.conjecture.expected or ()))}"
            )
        return "\n".join(lines)

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
        from .report_html import html_report

        return html_report(self)

    def latex(self) -> str:
        """A LaTeX document."""
        from .report_latex import latex_report

        return latex_report(self)


def _plain(finding: Finding) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(finding)


def table(statistics: PointStatistics) -> list[str]:
    """The statistics of one point as rows of text."""
    test = statistics.test
    where = f" at {statistics.point}" if statistics.point else ""
    sizes = ", ".join(map(str, statistics.sizes))
    lines = [
        f"{statistics.trials} matrices of each of the sizes {sizes}{where}",
        f"  {'':16} {'claimed':>12} {'size -> oo':>12} {'error':>9} {'score':>7}",
    ]
    for name, expected, found, error, score in zip(
        test.names, test.expected, test.extrapolated, test.errors, test.scores, strict=True
    ):
        lines.append(f"  {name[:16]:16} {expected + 0.0:12.6f} {found:12.6f} {error:9.1e} {score:7.2f}")
    return lines
