"""The page of a verdict: it is well-formed, needs nothing else, says all that was found, and is always the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest

from resolvent.catalog.conjectures.conjecture import UNDECIDED, Finding
from resolvent.conjectures.file.reader import conjecture_of
from resolvent.conjectures.report import figures as report_figures
from resolvent.conjectures.report.figures import point_pictures
from resolvent.conjectures.verdict import Verdict
from tests.resolvent.conjectures.verdicts import ALL, EVIL, evil, exact, not_finite, sampled, sampled_without_law
from tests.resolvent.writing.presentation import tree, value

MAKERS = {
    **{name: (lambda name=name: exact(name)) for name in ALL},
    "sampled": sampled,
    "sampled and refuted": lambda: sampled(1.2),
    "sampled without law": sampled_without_law,
    "not finite": not_finite,
    "evil": evil,
}
VOID = {"meta", "br"}


@cache
def page_of(name: str) -> str:
    return MAKERS[name]().html()


class Page(HTMLParser):
    """All elements, attributes and text of a page; fails for tags that do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


@pytest.mark.slow
@pytest.mark.parametrize("name", MAKERS)
def test_tags_close_in_order_and_fragments_are_xml(name: str) -> None:
    page = page_of(name)
    Page(page)
    assert page.startswith("<!DOCTYPE html>")
    for fragment in re.findall(r"<(?:math|svg)\b.*?</(?:math|svg)>", page, flags=re.DOTALL):
        ET.fromstring(fragment)
    assert page.count("<svg") == page.count("</svg>")


@pytest.mark.parametrize("name", MAKERS)
def test_nothing_is_run_and_nothing_is_fetched(name: str) -> None:
    page = Page(page_of(name))
    assert not {"script", "iframe", "object", "embed", "img", "image", "link", "base", "form", "audio", "video"} & {
        *page.tags
    }
    for key, content in page.attributes:
        assert not key.startswith("on")
        assert key not in ("src", "srcset", "action", "background", "http-equiv")
        if key.endswith("href"):
            assert (content or "").startswith("#")
        if key == "style":
            assert "url(" not in (content or "").replace("url(#", "")
    styles = "".join(re.findall(r"<style.*?</style>", page_of(name), flags=re.DOTALL))
    assert "url(" not in styles
    assert "@import" not in styles


@pytest.mark.parametrize("name", MAKERS)
def test_ids_are_unique_and_references_lead_to_them(name: str) -> None:
    page = Page(page_of(name))
    ids = [v for k, v in page.attributes if k == "id"]
    assert len(ids) == len(set(ids))
    targets = {(v or "")[1:] for k, v in page.attributes if k.endswith("href")}
    targets |= set(re.findall(r"url\(#([^)]*)\)", page_of(name)))
    assert targets <= set(ids)


@pytest.mark.parametrize("name", MAKERS)
def test_every_finding_is_on_the_page(name: str) -> None:
    verdict, text = MAKERS[name](), Page(page_of(name)).text
    for finding in verdict.findings:
        for part in (finding.text, finding.subject, finding.evidence):
            assert part in text
    assert verdict.conjecture.title in text
    assert verdict.verdict.capitalize() in text


def test_markup_in_a_file_is_shown_as_it_stands() -> None:
    text = Page(page_of("evil")).text
    # title twice, findings, claims, points, statistics, remarks, and the file itself
    assert text.count(EVIL) > 40


@pytest.mark.parametrize("name", ["sampled", "refuted", "evil"])
def test_two_pages_of_one_verdict_are_the_same(name: str) -> None:
    assert MAKERS[name]().html() == page_of(name)


@pytest.mark.slow
def test_the_page_is_the_same_in_another_process() -> None:
    code = (
        "from tests.resolvent.conjectures.verdicts import exact\n"
        "import hashlib, matplotlib\n"
        "matplotlib.rcParams['lines.linewidth'] = 7\n"  # the reader's own style does not count
        "print(hashlib.sha256(exact('supported').html().encode()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


# -- what it says ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("supported", "supported"),
        ("refuted", "refuted"),
        ("undecided", "undecided"),
        ("sampled and refuted", "refuted"),
    ],
)
def test_the_verdict_is_a_word_and_a_colour(name: str, status: str) -> None:
    page = page_of(name)
    assert f'<div class="verdict {status}"><strong>' in page
    assert re.search(rf"<strong>. {status.capitalize()}</strong>", page)
    assert f".{status} {{ color:" in page


def test_the_first_wrong_thing_stands_on_top_with_its_line() -> None:
    head = Page(page_of("refuted")).text.split("What is claimed")[0]
    assert "First thing wrong (line 9): equation: the first moment that differs is m_1" in head
    assert "This is not what the file expects: supported because I hope so" in head


@pytest.mark.parametrize("name", ["supported", "refuted", "undecided"])
def test_the_claimed_equation_has_the_value_of_what_was_written(name: str) -> None:
    claim = conjecture_of(ALL[name]).claim.equation
    assert claim is not None
    at = {"c": 0.7, "z": 1.3, "m": -0.45, "G": 0.45}
    written = claim.text.split("=")[0]
    expected = eval(written, {"__builtins__": {}}, at)  # noqa: S307 - a constant of these tests
    formula = re.findall(r'<div class="formula">(<math.*?</math>)', page_of(name))[0]
    shown = tree(formula)
    if name == "undecided":  # a product is shown factor by factor
        found = 1.0
        for row in list(shown.iter("mtr"))[1:]:
            factor = ET.Element("math")
            factor.extend(list(row[0])[2:])
            found *= value(factor, at).real
    else:
        left, right = value(shown, at)
        assert right == 0
        found = left.real
    assert abs(found) == pytest.approx(abs(expected), rel=1e-12)


def test_claims_are_listed_as_they_were_written() -> None:
    text = Page(page_of("refuted")).text
    for words in ("m_2 = 2 + c", "1/10 at -sqrt(2)", "E[log(1 + x**2)] = -1", "3*c", "In the Cauchy convention"):
        assert words in text
    assert "edgesnone" in text


def test_points_that_were_not_reached_are_named() -> None:
    text = Page(page_of("refuted")).text
    assert "c = 1/3 (not reached)" in text
    assert "c = 1/2 (not reached)" not in text


def test_the_statistics_of_each_point_are_shown() -> None:
    verdict, text = sampled(), Page(page_of("sampled")).text
    for statistics in verdict.statistics:
        assert f"Sampled matrices at {statistics.point}" in text
        for score in statistics.test.scores:
            assert f"{score:.2f}" in text
        assert f"{statistics.test.p_value:.3g}" in text
        assert f"{statistics.dilation:.2%}" in text
        assert f"{statistics.shift:.2%}" in text
        for distance in statistics.distances:
            assert f"{distance.value:.5f}" in text
    assert page_of("sampled").count("<svg") == 4


def test_numbers_that_are_not_finite_are_said_to_be_so() -> None:
    text = Page(page_of("not finite")).text
    assert "nan" in text
    assert "inf" in text
    assert "2 of 12" in text


def test_steps_of_the_derivation_are_folded_away() -> None:
    page = page_of("supported")
    details = re.findall(r"<details>.*?</details>", page, flags=re.DOTALL)
    assert len(details) == 1
    assert details[0].count("<li value=") == 4
    assert "The equation of 1n\N{INVISIBLE TIMES}X\N{INVISIBLE TIMES}X⊤" in Page(details[0]).text
    assert details[0].count("<math") >= 4


def test_what_reproduces_the_verdict_is_shell_safe() -> None:
    assert "resolvent check supported_file.toml --exact-only" in Page(page_of("supported")).text
    assert "resolvent check supported_file.toml\n" not in page_of("sampled")
    assert "resolvent check '" in Page(page_of("evil")).text


def test_the_file_is_shown_with_the_numbers_of_its_lines() -> None:
    text = Page(page_of("supported")).text
    for number, line in enumerate(ALL["supported"].splitlines(), 1):
        assert f"{number:2}  {line}" in text


# -- pictures ----------------------------------------------------------------------------------------------


def test_a_density_alone_is_drawn_where_nothing_was_sampled() -> None:
    assert page_of("supported").count("<svg") == 2
    assert "The claimed density." in page_of("supported")


@pytest.mark.parametrize("name", ["refuted", "density"])
def test_a_refuted_claim_is_drawn_beside_the_model(name: str) -> None:
    assert page_of(name).count("<svg") == 1
    assert "and the model&#39;s (dashed)" in page_of(name)


def test_nothing_is_drawn_without_a_law() -> None:
    assert "<svg" not in page_of("no law")
    assert page_of("sampled without law").count("<svg") == 1  # the scores


def test_nothing_is_computed_again_where_time_ran_out(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = exact("supported")
    late = Finding("exact", "time", UNDECIDED, "the exact stage is not finished within 1 s", point="c = 1/2")

    def never(*_: object) -> None:
        raise AssertionError("this was to be left alone")

    monkeypatch.setattr(report_figures, "within", never)
    page = Verdict(verdict.conjecture, (late,)).html()
    assert "<svg" not in page
    assert "<details" not in page
    assert "c = 2 (not reached)" in page


def test_a_picture_that_fails_is_left_out() -> None:
    broken = replace(sampled().statistics[0], law=object())
    pictures = point_pictures(Verdict(sampled().conjecture, sampled().findings, (broken,)))
    assert len(pictures["c = 1/2"]) == 1
    assert "Scores" in pictures["c = 1/2"][0].caption
