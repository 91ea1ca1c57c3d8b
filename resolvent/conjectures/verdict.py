"""The verdict on a conjecture: supported, refuted or undecided, with all that was found."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from resolvent.catalog.conjectures.conjecture import Point, point_text
from resolvent.conjectures.report.figures import point_pictures
from resolvent.conjectures.report.outcome import Outcome
from resolvent.conjectures.report.page import brief_report, verdict_report
from resolvent.derive.border import checked
from resolvent.derive.errors import ParameterError
from resolvent.derive.presentation import Presented
from resolvent.writing.html import html_page
from resolvent.writing.latex import latex_document
from resolvent.writing.markdown import markdown
from resolvent.writing.text import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@checked
@dataclass(frozen=True, eq=False, repr=False)
class Verdict(Outcome, Presented):
    """The outcome of `check`, with the reports on it; what it holds stands in `Outcome`."""

    def report(self) -> str:
        """The verdict in words, for a terminal."""
        return text(brief_report(self))

    def markdown(self) -> str:
        """The whole report in Markdown."""
        return markdown(verdict_report(self, point_pictures(self)))

    def html(self) -> str:
        """A page that stands for itself: equations as MathML, plots as SVG."""
        return html_page(verdict_report(self, point_pictures(self)))

    def latex(self) -> str:
        """A LaTeX document in one file, without pictures."""
        return latex_document(verdict_report(self))

    def latex_files(self, name: str) -> dict[str, bytes]:
        """The LaTeX document ``name.tex`` with its pictures, which stand beside it: for each file its content."""
        stem = re.sub(r"[^A-Za-z0-9-]", "-", name)
        named = {
            point: [replace(p, file=f"{stem}-{k}-{j}.pdf") for j, p in enumerate(pictures, 1)]
            for k, (point, pictures) in enumerate(point_pictures(self).items(), 1)
        }
        files = {picture.file: picture.pdf for pictures in named.values() for picture in pictures}
        return {f"{name}.tex": latex_document(verdict_report(self, named)).encode(), **files}

    def plot(self, ax: Axes | None = None, point: int = 0) -> Axes:
        """The eigenvalues at the largest size as a histogram under the density they are tested against.

        Outliers that are predicted stand as words in the picture, for they lie far outside of it. Returns the
        matplotlib axes.

        Raises `ParameterError` where at that point no matrices were sampled, or nothing that has a density was claimed.
        """
        from resolvent.numeric.spectrum.density_plot import histogram_plot
        from resolvent.numeric.style import set_title
        from resolvent.writing.titles import values_title

        if not 0 <= point < len(self.statistics) or self.statistics[point].law is None:
            raise ParameterError("no matrices were compared with a law at this point", point=point)
        shown = self.statistics[point]
        axes = histogram_plot(shown.law, shown.eigenvalues, ax, label="sampled")
        values: Point = next((p for p in self.conjecture.points if point_text(p) == shown.point), {})
        set_title(axes, values_title(values, self.conjecture.name))
        for row, (where, _, seen) in enumerate(shown.predicted):
            words = f"outlier predicted near {where:.4g}, {f'seen near {seen.mean():.4g}' if len(seen) else 'not seen'}"
            axes.text(0.97, 0.78 - 0.06 * row, words, transform=axes.transAxes, ha="right", fontsize=8)
        return axes
