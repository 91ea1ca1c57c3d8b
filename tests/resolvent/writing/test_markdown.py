"""Reports in Markdown against a CommonMark parser: nothing of a file is markup, and nothing is lost."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from resolvent import catalog
from resolvent.writing.blocks import Entries, Entry, Items, Listing, Report, Section, Table, Words
from resolvent.writing.law_report import law_report
from resolvent.writing.markdown import markdown

NASTY = "a*b* _c_ `d` <b>e</b> [f](g) #h | i $j$ ~k~ &lt; \\l ![m](n) {o}"
LINES = ["1. first", "- second", "+ third", "# fourth", "> fifth", "12) sixth", "---", "===", "```", "    indented"]


class Text(HTMLParser):
    """The text of a page, and the names of its elements."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words = ""
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


def shown(report: Report) -> Text:
    return Text(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown(report)))


@pytest.mark.parametrize("words", [NASTY, *LINES])
def test_words_of_a_file_are_shown_as_they_stand(words: str) -> None:
    page = shown(Report("", (Section("", (Words(words),)),)))
    assert page.words.strip() == words.strip()
    assert page.tags == {"p"}


def test_code_and_files_are_shown_as_they_stand() -> None:
    blocks = (Entries((Entry("x", (NASTY,), True),)), Listing("``` a\n<b>\n  ````"))
    page = shown(Report("", (Section("", blocks),)))
    assert NASTY.replace("|", r"\|") in page.words or NASTY in page.words
    assert "``` a\n<b>\n  ````" in page.words
    assert page.tags == {"ul", "li", "code", "pre"}


def test_cells_stay_in_their_columns() -> None:
    table = Table("caption", ("status", "about"), (("fact", NASTY), ("refuted", "a | b")), (0.5, 0.5))
    page = shown(Report("t", (Section("s", (table, Items((NASTY,)))),)))
    assert {"table", "td", "h1", "h2", "ul"} <= page.tags
    assert page.words.count(NASTY) == 2
    assert "a | b" in page.words


@pytest.mark.parametrize("name", ["hessian", "fisher-linear"])
def test_every_step_of_a_derivation_is_an_item_with_its_formulas(name: str) -> None:
    law = catalog.get(name).law()
    written = markdown(law_report(law))
    numbers = [int(n) for n in re.findall(r"^(\d+)\. \*\*", written, flags=re.MULTILINE)]
    assert numbers == list(range(1, len(law.derivation.steps) + 1))
    formulas = 1 + sum(len(step.formulas) for step in law.derivation.steps)
    assert written.count("$$") == 2 * formulas
