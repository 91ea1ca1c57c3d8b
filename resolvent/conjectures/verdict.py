"""The verdict on a conjecture: supported, refuted or undecided, with all that was found."""

from __future__ import annotations

from dataclasses import dataclass

from resolvent.conjectures.report.outcome import Outcome
from resolvent.conjectures.report.page import html_report, latex_report
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


@dataclass(frozen=True, eq=False, repr=False)
class Verdict(Outcome):
    """The outcome of `check`, with the reports on it; what it holds stands in `Outcome`."""

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

    def html(self) -> str:
        """A page that stands for itself: equations as MathML, plots as SVG."""
        return html_report(self)

    def latex(self) -> str:
        """A LaTeX document."""
        return latex_report(self)


def _table(statistics: PointStatistics) -> list[str]:
    """The statistics of one point as rows of text."""
    rows = [("", *SCORE_HEADER), *score_rows(statistics)]
    return [sampled_words(statistics), *(f"  {n[:16]:16} {e:>12} {x:>12} {s:>9} {z:>7}" for n, e, x, s, z in rows)]
