"""What has a report and a picture of eigenvalues, in every format."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from resolvent.derive.presentation import Presented
from resolvent.writing.blocks import Picture, Report, Section
from resolvent.writing.drawing import drawn_picture
from resolvent.writing.formats import WRITERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (6.4, 3.4)  # of the picture, in inches


class Illustrated(Presented):
    """A report, with its picture where the format has pictures."""

    _CAPTION: ClassVar[str]
    _PREFIX: ClassVar[str]  # of the ids in the picture

    @abstractmethod
    def report(self) -> Report:
        """The report."""

    @abstractmethod
    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the picture; returns the matplotlib axes."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """The same as plain data."""

    def illustrated(self, number: Any = "", file: str = "") -> Report:
        """The report with its picture: the ids of the SVG have the number, and the PDF has the name of the file."""
        report = self.report()
        picture = drawn_picture(self.plot, _SIZE, f"{self._PREFIX}{number}-", self._CAPTION)
        if picture is None:
            return report
        return replace(report, sections=(Section("", (replace(picture, file=file),)), *report.sections))

    def text(self) -> str:
        """The report as plain text."""
        return WRITERS["text"](self.report())

    def latex(self) -> str:
        """The report in LaTeX, without its picture."""
        return WRITERS["latex"](self.report())

    def latex_files(self, name: str) -> dict[str, bytes]:
        """The LaTeX document ``name.tex`` with its picture, which stands beside it: for each file its content."""
        file = f"{re.sub(r'[^A-Za-z0-9-]', '-', name)}-1.pdf"
        report = self.illustrated(file=file)
        drawn = {block.file: block.pdf for block in report.sections[0].blocks if isinstance(block, Picture)}
        return {f"{name}.tex": WRITERS["latex"](report).encode(), **drawn}

    def html(self) -> str:
        """The report as a page, with its picture."""
        return WRITERS["html"](self.illustrated())

    def markdown(self) -> str:
        """The report in Markdown, with its picture."""
        return WRITERS["markdown"](self.illustrated())
