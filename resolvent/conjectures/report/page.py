"""The report on a verdict, as a web page and as a LaTeX document."""

from __future__ import annotations

from resolvent.conjectures.report.figures import point_pictures
from resolvent.conjectures.report.outcome import Outcome
from resolvent.conjectures.report.sections import Pictures, first_wrong_words, sections, unexpected_words
from resolvent.writing.blocks import Report, capital
from resolvent.writing.html import html_page
from resolvent.writing.latex import latex_document

_MEANING = {
    "supported": "everything that decides speaks for the conjecture",
    "refuted": "something contradicts the conjecture",
    "undecided": "what was found neither supports nor refutes the conjecture",
}


def verdict_report(outcome: Outcome, pictures: Pictures | None = None) -> Report:
    """All that is said of a verdict, with the pictures of its points."""
    sentences = (f"{_MEANING[outcome.verdict]}.", first_wrong_words(outcome), unexpected_words(outcome))
    summary = tuple(capital(words) for words in sentences if words)
    return Report(outcome.conjecture.title, tuple(sections(outcome, pictures)), outcome.verdict, summary)


def html_report(outcome: Outcome) -> str:
    """The report as an HTML5 page; equal for equal verdicts."""
    return html_page(verdict_report(outcome, point_pictures(outcome)))


def latex_report(outcome: Outcome) -> str:
    """The report as a LaTeX document; equal for equal verdicts."""
    return latex_document(verdict_report(outcome))
