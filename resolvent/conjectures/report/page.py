"""The report on a verdict, whatever it is written in; and the brief one for the terminal."""

from __future__ import annotations

from resolvent.conjectures.report.outcome import Outcome
from resolvent.conjectures.report.sections import (
    MARKS,
    SCORE_HEADER,
    STAGES,
    Pictures,
    first_wrong_words,
    groups,
    sampled_words,
    score_rows,
    sections,
    unexpected_words,
)
from resolvent.writing.blocks import Block, Heading, Report, Section, Table, Words, capital

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


def brief_report(outcome: Outcome) -> Report:
    """What a terminal shows: the findings, the statistics, and at the end the verdict."""
    found = []
    for stage in STAGES:
        blocks: list[Block] = []
        for heading, group in groups([f for f in outcome.findings if f.stage == stage]):
            blocks += [Heading(heading)] if heading else []
            blocks += [
                Words(f"{MARKS[f.status]} {f.subject}: {f.text}" + (f" [{f.evidence}]" if f.evidence else ""))
                for f in group
            ]
        if blocks:
            found.append(Section(f"{stage} stage", tuple(blocks)))
    for statistics in outcome.statistics:
        rows = tuple((name[:16], *numbers) for name, *numbers in score_rows(statistics))
        found.append(Section(sampled_words(statistics), (Table("", ("", *SCORE_HEADER), rows),)))
    if outcome.conjecture.assumptions:
        found.append(Section("", (Words("assumed by the author: " + "; ".join(outcome.conjecture.assumptions)),)))
    ending = (first_wrong_words(outcome), f"verdict: {outcome.verdict}", unexpected_words(outcome))
    return Report(outcome.conjecture.title, (*found, Section("", tuple(Words(words) for words in ending if words))))
