"""What reports say, whatever they are written in; and the words on the terminal."""

from __future__ import annotations

import pytest

from resolvent.catalog.conjectures.conjecture import Finding
from resolvent.conjectures.report.sections import fixed, groups, sections, unreached
from resolvent.conjectures.verdict import Verdict
from tests.resolvent.conjectures.verdicts import exact, not_finite, sampled

FINDINGS = (
    Finding("exact", "equation", None, "a fact", "proved", "c = 1/2", 9),
    Finding("exact", "moments", "supported", "they agree", "proved", "c = 1/2", 10),
    Finding("exact", "law", "undecided", "this is open", "", "all parameters"),
    Finding("statistics", "joint test", "refuted", "the means differ", "tested", "c = 1/3", 9),
)
SUMMARY = """\
Ein Fehler in der Summe, λ₁ 中文 é ħ

exact stage
  at c = 1/2:
    equation: a fact [proved]
  + moments: they agree [proved]
  all parameters:
  ? law: this is open

statistics stage
  at c = 1/3:
  x joint test: the means differ [tested]

first thing wrong (line 9): joint test: the means differ
verdict: refuted
this is not what the file expects: supported because I hope so"""


def test_the_words_on_the_terminal() -> None:
    assert Verdict(exact("refuted").conjecture, FINDINGS).report() == SUMMARY


def test_the_table_on_the_terminal_is_in_columns() -> None:
    lines = sampled().report().splitlines()
    start = lines.index("12 matrices of each of the sizes 40, 80 at c = 1/2")
    table = lines[start + 1 : start + 8]
    assert len({len(line) for line in table}) == 1
    test = sampled().statistics[0].test
    for line, name, score in zip(table[1:], test.names, test.scores, strict=True):
        assert line.split()[0] == name
        assert float(line.split()[-1]) == pytest.approx(score, abs=0.006)


def test_numbers_that_are_too_large_for_a_column_are_shortened() -> None:
    lines = not_finite().report().splitlines()
    start = lines.index("12 matrices of each of the sizes 40, 80 at c = 1/2")
    assert max(len(line) for line in lines[start + 1 : start + 8]) <= 64


def test_findings_are_grouped_as_they_follow_each_other() -> None:
    found = [Finding("exact", "a", None, "", point=p) for p in ("", "c = 1", "c = 1", "all parameters", "c = 1")]
    assert [(heading, len(group)) for heading, group in groups(found)] == [
        ("", 1), ("at c = 1", 2), ("all parameters", 1), ("at c = 1", 1)
    ]  # fmt: skip


def test_sections_come_in_the_order_of_reading() -> None:
    assert [s.title for s in sections(sampled())] == [
        "What is claimed",
        "Model, points and plan",
        "Evidence: exact stage",
        "Evidence: statistics stage",
        "Sampled matrices at c = 1/2",
        "Sampled matrices at c = 2",
        "Derivation of the model's law",
        "Assumed by the author",
        "References",
        "Notes",
        "How to reproduce this",
        "The file",
    ]


def test_all_points_are_reached_unless_something_stops_the_stage() -> None:
    assert unreached(exact("supported")) == []
    assert unreached(exact("refuted")) == ["c = 1/3"]


@pytest.mark.parametrize(
    ("value", "text"), [(0.1234567, "0.123457"), (-0.0, "0.000000"), (123456.7, "123457"), (float("-inf"), "-inf")]
)
def test_fixed(value: float, text: str) -> None:
    assert fixed(value) == text
