"""One report of a law in every format: each says the equation, the parameters, the evidence and every step."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import sympy

import resolvent as rv
from resolvent import catalog
from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
from resolvent.writing.blocks import Entries, Entry, Report, Section, Table
from resolvent.writing.formats import WRITERS
from resolvent.writing.latex import latex_document
from resolvent.writing.law_report import derivation_report, law_report
from tests.documents import compiled, needs_pdflatex
from tests.resolvent.conjectures.report.test_html_report import Page

c = sympy.Symbol("c", positive=True)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LAWS = {"sum": lambda: semicircle() + marchenko_pastur(c), "fisher-linear": lambda: catalog.get("fisher-linear").law()}


@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize("name", LAWS)
def test_every_step_is_in_every_format(name: str, format: str) -> None:
    law = LAWS[name]()
    written = WRITERS[format](law_report(law, title="A title"))
    assert "A title" in written
    for step in law.derivation.steps:
        assert step.rule.name in written.replace("\\-", "-")
    assert law.derivation.evidence.value in written


def test_the_page_has_a_formula_for_each_claim_and_needs_no_script() -> None:
    law = LAWS["sum"]()
    page = WRITERS["html"](law_report(law, moments=2))
    claims = sum(len(step.formulas) for step in law.derivation.steps)
    assert page.count('<div class="formula"><math') == 1 + claims
    assert page.count("<li value=") == len(law.derivation.steps)
    assert "m2=c+2" in Page(page).text
    assert "c + 2" not in Page(page).text  # as code
    assert not {"script", "iframe", "img", "link"} & {*Page(page).tags}


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
def test_pages_fit_a_phone_and_every_value_is_seen(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    entries = Entries((Entry("the smallest change of scale that is seen with 95 %", ("1.10%",)),))
    table = Table("", ("size", "claimed", "seen"), (("200", "-0.357071", "-0.35713"),))
    reports = law_report(LAWS["fisher-linear"]()), Report("", (Section("", (entries, table)),))
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        for k, report in enumerate(reports):
            (tmp_path / f"{k}.html").write_text(WRITERS["html"](report), encoding="utf-8")
            page.goto((tmp_path / f"{k}.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.evaluate("document.querySelector('dd').clientWidth") > 100
        assert page.evaluate("document.querySelector('td').clientHeight") < 40  # no number is broken
        browser.close()


def test_text_is_one_line_a_fact() -> None:
    written = WRITERS["text"](law_report(semicircle(), moments=1, title="a title"))
    assert re.match(r"a title\n\nlaw: semicircle\(1\)\nequation in m\(z\)", written)
    assert "\n\nderivation:\n1. " in written


@needs_pdflatex
@pytest.mark.parametrize("name", LAWS)
def test_the_document_compiles(name: str, tmp_path: object) -> None:
    log = compiled(WRITERS["latex"](law_report(LAWS[name](), title="A title")), tmp_path)  # type: ignore[arg-type]
    assert "Missing character" not in log


def test_a_document_states_the_matrix_and_what_satisfies_the_equation() -> None:
    """A matrix that was typed in, one whose letter E is that of our own texts, and a law that is no matrix."""
    p, n = rv.dimension("p"), rv.dimension("n")
    x = rv.gaussian("E", p, n)
    law = rv.law_of(x @ x.T / n, ratios={(p, n): rv.parameter("c", positive=True)})
    document = latex_document(derivation_report(law, "cauchy"))
    assert r"The matrix is $\mathcal{E} = \frac{1}{n} E E^{\top}$" in document
    assert "The Cauchy transform $G$ of the limiting spectral law satisfies" in document
    assert "the matrix = E @ E.T / n" in law.derivation.text()
    free = latex_document(derivation_report(rv.semicircle() + rv.marchenko_pastur(2)))
    assert "The matrix is" not in free
    assert "Given (\\ref{step:5}), the Stieltjes transform $m$ of" in free
