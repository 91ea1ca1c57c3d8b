"""The LaTeX document of a verdict: pdflatex compiles it, whatever stands in the file, and it says what was found."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from resolvent.conjectures.verdict import Verdict
from resolvent.writing.latex import code, words
from tests.documents import compiled, needs_pdflatex
from tests.resolvent.conjectures.report.test_html_report import MAKERS
from tests.resolvent.conjectures.verdicts import EVIL, sampled


@pytest.mark.slow
@needs_pdflatex
@pytest.mark.parametrize("name", MAKERS)
def test_documents_compile_and_fit_the_page(name: str, tmp_path: Path) -> None:
    log = compiled(MAKERS[name]().latex(), tmp_path)
    assert "Missing character" not in log
    assert "Warning" not in log
    widths = [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    if name != "evil":  # there even the words of our own, which have narrow columns, are long
        assert max(widths, default=0.0) < 40.0  # points: it stays inside the paper's margin


@pytest.mark.slow
@needs_pdflatex
@pytest.mark.parametrize("name", ["supported", "sampled", "evil"])
def test_pictures_stand_beside_the_document(name: str, tmp_path: Path) -> None:
    files = MAKERS[name]().latex_files("my report_1")
    document = files.pop("my report_1.tex").decode()
    assert [re.findall(r"includegraphics.*?\{(.*?)\}", document)] == [list(files)]
    assert len(files) == document.count(r"\includegraphics") > 0
    for file, content in files.items():
        (tmp_path / file).write_bytes(content)
    log = compiled(document, tmp_path)
    assert all(f"<{file}" in log.replace("\n", "").replace("<./", "<") for file in files)
    assert MAKERS[name]().latex_files("my report_1") == {"my report_1.tex": document.encode(), **files}


@needs_pdflatex
def test_long_words_break(tmp_path: Path) -> None:
    verdict = sampled()
    names = ("exp(-x)*log(1+x**2)/(1+x**4)**3", "x" * 200, "sqrt(abs(x))" * 20, *"abc")
    statistics = replace(verdict.statistics[0], test=replace(verdict.statistics[0].test, names=names))
    conjecture = replace(verdict.conjecture, title="w" * 300, notes=("a_b" * 90,), source="x" * 500 + "\n\t中" * 300)
    log = compiled(Verdict(conjecture, verdict.findings, (statistics,)).latex(), tmp_path)
    widths = [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert max(widths, default=0.0) < 40.0


@needs_pdflatex
def test_every_character_compiles(tmp_path: Path) -> None:
    signs = [chr(k) for k in [*range(1, 0x500), *range(0x2000, 0x2300), 0x4E2D, 0xD7FF, 0xFFFD, 0x1F3B2]]
    body = "\n\n".join(f"{words(s)} {code(s)} {words(s * 2)}" for s in signs)
    source = sampled().latex()
    log = compiled(source[: source.index(r"\begin{document}")] + rf"\begin{{document}}{body}\end{{document}}", tmp_path)
    assert "Missing character" not in log
    assert "unavailable" not in log


@pytest.mark.parametrize("name", MAKERS)
def test_every_finding_is_in_the_document(name: str) -> None:
    verdict = MAKERS[name]()
    document = verdict.latex()
    for finding in verdict.findings:
        assert words(finding.text) in document
    assert words(verdict.conjecture.title) in document
    assert rf"\textcolor{{{verdict.verdict}}}{{\textbf{{{verdict.verdict}}}}}" in document


def test_nothing_of_the_file_is_a_command() -> None:
    document = MAKERS["evil"]().latex()
    assert document.count(r"\end{document}") == 1
    assert document.endswith("\\end{document}\n")
    assert EVIL not in document


@pytest.mark.parametrize("name", ["sampled", "refuted", "evil"])
def test_two_documents_of_one_verdict_are_the_same(name: str) -> None:
    assert MAKERS[name]().latex() == MAKERS[name]().latex()


def test_the_equation_is_printed_as_derivations_print_it() -> None:
    assert r"\begin{align*}& c G^{3} - \left(c z + 1\right) G^{2}" in MAKERS["refuted"]().latex()


def test_statistics_stand_in_a_table() -> None:
    document = sampled().latex()
    for statistics in sampled().statistics:
        for score in statistics.test.scores:
            assert f"{abs(score):.2f}" in document
        assert f"{statistics.test.p_value:.3g}" in document


def test_hyphens_stay_hyphens() -> None:
    assert code("--exact-only") == r"\texttt{-\allowbreak{}-\allowbreak{}exact-\allowbreak{}only}"
    assert words("a--b ''c'' well-known") == "a-{}-b '{}'c'{}' well-known"


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a_b & 50%", r"a\_b \& 50\%"),
        ("T_1, x", "$T_{1}$, x"),
        ("λ ∞", r"$\lambda$ $\infty$"),
        ("中", r"\textsf{[U+4E2D]}"),
        ("é ö", "é ö"),
    ],
)
def test_words(text: str, latex: str) -> None:
    assert words(text) == latex
