"""The verdict on a conjecture: supported, refuted or undecided, with all that was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from resolvent.derive.errors import ParameterError

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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

    def plot(self, ax: Axes | None = None, point: int = 0) -> Axes:
        """The eigenvalues at the largest size as a histogram under the density they are tested against.

        Outliers that are predicted stand as words in the picture, for they lie far outside of it. Returns the
        matplotlib axes.

        Raises `ParameterError` where at that point no matrices were sampled, or nothing that has a density was claimed.
        """
        from resolvent.numeric.spectrum.density_plot import histogram_plot

        if not 0 <= point < len(self.statistics) or self.statistics[point].law is None:
            raise ParameterError("no matrices were compared with a law at this point", point=point)
        shown = self.statistics[point]
        axes = histogram_plot(shown.law, shown.eigenvalues, ax, label="sampled")
        axes.set_title(": ".join(filter(None, (self.conjecture.name, shown.point))), fontsize=10)
        for row, (where, _, seen) in enumerate(shown.predicted):
            text = f"outlier predicted near {where:.4g}, {f'seen near {seen.mean():.4g}' if len(seen) else 'not seen'}"
            axes.text(0.97, 0.78 - 0.06 * row, text, transform=axes.transAxes, ha="right", fontsize=8)
        return axes


def _table(statistics: PointStatistics) -> list[str]:
    """The statistics of one point as rows of text."""
    rows = [("", *SCORE_HEADER), *score_rows(statistics)]
    return [sampled_words(statistics), *(f"  {n[:16]:16} {e:>12} {x:>12} {s:>9} {z:>7}" for n, e, x, s, z in rows)]
