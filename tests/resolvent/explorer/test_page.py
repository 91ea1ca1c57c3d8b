"""The explorer: what the page shows of laws, links, files and errors; and once in a real browser."""

from __future__ import annotations

import io
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import numpy as np
import panel as pn
import pytest
import sympy
from typer.testing import CliRunner

from resolvent import catalog
from resolvent.cli.app import app as command_line
from resolvent.derive.errors import ParameterError, ParseError
from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
from resolvent.explorer import view
from resolvent.explorer.page import Page
from resolvent.explorer.view import curve, read_subject, uploaded
from resolvent.numeric.spectrum.spectrum import Spectrum

C = sympy.Symbol("c", positive=True)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow machines may take their time."""
    monkeypatch.setattr(view, "SECONDS", 600.0)


def npy(array: Any) -> bytes:
    """An array as the bytes of a .npy file."""
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def area(page: Page) -> float:
    """The area under the drawn line."""
    x, y = (np.asarray(page._line.data[name], dtype=float) for name in "xy")
    inside = ~np.isnan(x)
    return float(np.trapezoid(y[inside], x[inside]))


def test_the_page_draws_the_density_of_the_law() -> None:
    assert area(Page()) == pytest.approx(1, abs=1e-3)


def test_a_slider_moves_the_curve() -> None:
    page = Page("marchenko_pastur(c)")
    (slider,) = page.sliders
    slider.value = 2.0
    expected = Spectrum(marchenko_pastur(2)).support()[1]
    assert np.nanmax(page._line.data["x"]) == pytest.approx(expected)
    assert page._stems.data["words"] == ["1/2 at 0"]


def test_an_ensemble_brings_its_domains_and_defaults() -> None:
    page = Page("hessian")
    assert [slider.label for slider in page.sliders] == ["ϕ", "ε", "σ"]
    assert all(slider.start > 0 for slider in page.sliders)
    assert page.values() == {"phi": "1/2", "eps": "1", "sigma": "1"}


def test_choices_are_words() -> None:
    page = Page("jacobian")
    widgets = {widget.label: widget for widget in page.sliders}
    widgets["weights"].value = "orthogonal"
    assert not page.error.visible
    page.restore({"law": "jacobian", "at": '{"depth": "3", "weights": "gaussian"}'})
    assert (page.values()["depth"], page.values()["weights"]) == ("3", "gaussian")


@pytest.mark.slow
@pytest.mark.parametrize("name", catalog.names())
def test_every_ensemble_can_be_explored(name: str) -> None:
    page = Page(name)
    assert not page.error.visible
    assert page._line.data["x"] or page._stems.data["x"]


def test_integers_are_whole_steps() -> None:
    (spins, _) = Page("spin-glass").sliders
    assert (spins.step, spins.start) == (1, 3)


def test_choosing_an_ensemble_shows_it() -> None:
    page = Page()
    page.entry.value = "semicircle"
    assert page.text.value == "semicircle"
    assert page.subject is not None
    assert page.subject.entry is not None


@pytest.mark.parametrize("text", ["semicirle()", "marchenko_pastur(-1)", "__import__('os')", "semicircle() +", ""])
def test_a_bad_expression_becomes_a_sentence_and_the_curve_stays(text: str) -> None:
    page = Page()
    before = dict(page._line.data)
    page.text.value = text
    assert page.error.visible
    assert page.error.object
    assert page._line.data == before
    page.text.value = "semicircle()"
    assert not page.error.visible


def test_a_sample_is_drawn_as_bars_of_area_one() -> None:
    page = Page("semicircle()")
    page._guarded(page._draw_sample)
    left, right, top = (np.asarray(page._bars.data[name]) for name in ("left", "right", "top"))
    assert float(np.sum((right - left) * top)) == pytest.approx(1)
    page._lay_over(None, "")
    assert page._bars.data["left"] == []


def test_sampled_eigenvalues_at_an_atom_are_not_beyond_the_picture() -> None:
    page = Page("marchenko_pastur(2)")
    page._guarded(page._draw_sample)
    assert "400 eigenvalues, 200 of them at atoms" in page.facts.object
    assert "beyond" not in page.facts.object


def test_an_outlier_appears_beyond_its_threshold_and_is_kept_in_the_link() -> None:
    page = Page("semicircle()")
    assert "outliers" not in page.facts.object
    page.spike.value = 2.0
    assert page._outliers.data["x"] == pytest.approx([2 + 1 / 2])
    assert "<b>outliers</b>: 2.5, overlap 0.75" in page.facts.object
    page.spike.value = -0.5
    assert page._outliers.data["x"] == []
    assert "too weak" in page.facts.object
    page.restore({"law": "semicircle(4)", "outliers": "-3"})
    assert page._outliers.data["x"] == pytest.approx([-3 - 4 / 3])


def test_the_strength_of_a_perturbation_reaches_beyond_wide_laws_and_goes_where_there_is_no_equation() -> None:
    page = Page("semicircle(10000)")
    page.spike.value = 200.0
    assert page._outliers.data["x"] == pytest.approx([200 + 10000 / 200])
    page.text.value = "fisher-linear"
    assert not page.spike.visible
    assert page._outliers.data["x"] == []


def test_a_sample_goes_when_a_slider_moves_and_a_file_stays() -> None:
    page = Page("marchenko_pastur(c)")
    page._guarded(page._draw_sample)
    page.sliders[0].value = 0.7
    assert page._bars.data["left"] == []
    page.upload.filename = "mine.npy"
    page.upload.value = npy(np.linspace(0.1, 2, 50))
    page.sliders[0].value = 0.8
    assert len(page._bars.data["left"]) > 0


def test_a_file_stays_under_another_law_until_the_bars_are_cleared() -> None:
    page = Page("semicircle()")
    page.upload.filename = "mine.npy"
    page.upload.value = npy(np.linspace(-2, 2, 50))
    page.text.value = "marchenko_pastur(c)"
    assert "mine.npy, 50 eigenvalues" in page.facts.object
    page._clear()
    assert page._bars.data["left"] == []


def test_bars_end_at_the_edges_fit_the_picture_and_far_eigenvalues_are_counted() -> None:
    page = Page("semicircle()")
    page.upload.filename = "mine.npy"
    page.upload.value = npy(np.append(np.linspace(-0.4, 0.4, 99), [50.0]))
    left, top = (np.asarray(page._bars.data[name]) for name in ("left", "top"))
    assert np.min(np.abs(left + 2)) < 1e-12
    assert max(top) <= page.picture.y_range.end
    assert max(left) < 7
    assert "mine.npy, 100 eigenvalues, 1 of them beyond the picture" in page.facts.object


def test_what_takes_long_is_announced_and_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page("semicircle()")
    waiting: list[Any] = []

    class Document:
        def add_timeout_callback(self, work: Any, _: int) -> None:
            waiting.append(work)

    class State:
        curdoc, loaded, location = Document(), True, None

    monkeypatch.setattr(pn, "state", State)
    page._guarded(page._read_text)
    page._guarded(page._read_text)
    assert "computing" in page.busy.object
    (work,) = waiting
    monkeypatch.undo()
    work()
    assert page.busy.object == ""
    page._guarded(page._read_text)  # and again later
    assert page.busy.object == ""


def test_a_mean_of_zero_is_zero() -> None:
    assert "mean, deviation</b>: 0, 1<" in Page("semicircle()").facts.object + "<"


def test_eigenvalues_of_a_file_are_laid_over() -> None:
    page = Page("semicircle()")
    page.upload.filename = "mine.npy"
    page.upload.value = npy(np.linspace(-2, 2, 50))
    assert "mine.npy, 50 eigenvalues" in page.facts.object


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("mine.pkl", b"", r"mine.pkl is none of"),
        ("mine.npy", b"no array", "mine.npy"),
        ("mine.npy", npy(np.array([{"a": 1}], dtype=object)), "Python objects"),
        ("mine.npy", npy(np.array([1.0, np.nan, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])), "finite"),
    ],
)
def test_a_bad_file_is_named(name: str, content: bytes, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        uploaded(name, content)


def test_a_link_restores_law_and_values() -> None:
    page = Page()
    page.restore({"law": "marchenko_pastur(c)", "at": '{"c": "3/2"}'})
    assert (page.text.value, page.values()) == ("marchenko_pastur(c)", {"c": "3/2"})


MATRICES = "X: gaussian(p, n)\nS: wigner(p)\np/n = c"


def test_the_law_of_matrices_is_that_of_its_parts() -> None:
    """Gaussian and Wigner matrices are asymptotically free."""
    page = Page("X @ X.T / n + S", MATRICES)
    assert not page.error.visible, page.error.object
    assert page.values() == {"c": "1/2"}
    assert page.subject is not None
    assert page.subject.law.same_as(semicircle() + marchenko_pastur(C))
    assert area(page) == pytest.approx(1, abs=1e-3)


def test_a_link_restores_matrices() -> None:
    page = Page()
    page.restore({"law": "X @ X.T / n", "at": '{"c": "3/2"}', "matrices": "X: gaussian(p, n); p/n = c"})
    assert not page.error.visible
    assert (page.values(), page._stems.data["words"]) == ({"c": "3/2"}, ["1/3 at 0"])


def test_a_sampled_matrix_is_the_one_that_is_written() -> None:
    """S T + T S of one S, not of free copies: its moments are those of the anticommutator."""
    subject = read_subject("S @ T + T @ S", "S: wigner(n)\nT: wigner(n)")
    values = view.sampled(subject, {})
    assert np.mean(values**2) == pytest.approx(2, rel=0.05)
    assert np.mean(values**4) == pytest.approx(float(subject.law.moments(4)[3]), rel=0.1)


@pytest.mark.parametrize(
    ("law", "matrices", "sentence"),
    [
        ("X @ X.T / n", "", "the matrices of this expression are not defined; write X: gaussian(p, n), say"),
        ("X @ X.T / n", "Y: gaussian(p, n)", "the matrices of this expression are not defined"),
        ("X @ X.T / n", "X: gaussian(p n)", "this is not an expression"),
        ("X @ X.T / n", "X: gausian(p, n)", "did you mean &#x27;gaussian&#x27;?"),
        ("X @ X / n", "X: gaussian(p, n)", "the shapes do not fit in X @ X"),
        ("X @ T @ X.T / n", "X: gaussian(p, n)\nT: given(n)\np/n=c", "matrices without a spectrum; give them one"),
        ("X + X.T", "X: gaussian(p, n)\np = n", ""),
    ],
)
def test_what_is_wrong_with_matrices_is_a_sentence(law: str, matrices: str, sentence: str) -> None:
    page = Page("semicircle()")
    page.matrices.value = matrices
    before = dict(page._line.data)
    page.text.value = law
    assert page.error.visible
    assert sentence in page.error.object
    assert not any(word in page.error.object for word in ("--matrix", "Traceback", "Error"))
    assert page._line.data == before


def test_an_ensemble_needs_no_matrices() -> None:
    page = Page("X @ X.T / n", "X: gaussian(p, n)\np/n = c")
    for chosen in ("hessian", "semicircle"):
        page.entry.value = chosen
        assert not page.error.visible
    page.text.value = "semicircle() + marchenko_pastur(c)"
    assert not page.error.visible


@pytest.mark.parametrize(
    "at", ["{", '{"c": "x"}', '{"c": "1/0"}', "[1]", '{"other": 1}', '{"c": "1e999999999"}', '{"c": 1e9}']
)
def test_a_broken_link_is_no_error(at: str) -> None:
    page = Page()
    page.restore({"law": "marchenko_pastur(c)", "at": at})
    assert page.text.value == "marchenko_pastur(c)"
    assert not page.error.visible


def test_what_is_copied_is_the_equation() -> None:
    page = Page("semicircle()")
    copied = {row[0].label: row[1].value for row in page.copies}
    assert copied["Copy LaTeX"] == "m^{2} + z m + 1 = 0"
    assert '"polynomial": "m**2 + m*z + 1"' in copied["Copy JSON"]
    assert "sympy" in copied["Copy Python"]


def test_the_phase_diagram_has_the_current_point() -> None:
    page = Page("hessian")
    page._guarded(page._draw_phases)
    assert page.diagram.object.startswith("<svg")
    page.sliders[0].value = 0.8
    assert page.diagram.object == ""


def test_the_mark_stands_below_the_place_of_an_error() -> None:
    page = Page()
    page.text.value = "semicircle(s) < 3"
    text, mark = page.error.object.partition("<pre>")[2].removesuffix("</pre>").replace("&nbsp;", " ").split("\n")
    assert mark.index("^") == text.index("&lt;")


def test_text_in_errors_is_no_markup() -> None:
    page = Page()
    page.text.value = "<script>alert(1)</script>"
    assert "<script" not in page.error.object


def test_a_gap_breaks_the_line() -> None:
    found = curve(Spectrum(read_subject("semicircle(1/10) + marchenko_pastur(3)").law))
    assert np.count_nonzero(np.isnan(found.x)) == 2


def test_a_word_that_is_no_law_is_refused() -> None:
    with pytest.raises(ParseError):
        read_subject("no_such_law")


def test_without_panel_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "panel", None)
    monkeypatch.delitem(sys.modules, "resolvent.explorer.page", raising=False)
    found = CliRunner().invoke(command_line, ["explore", "--no-browser"])
    assert found.exit_code == 2
    assert 'pip install "resolvent[explore]"' in found.output


# -- in a browser --------------------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a server runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "resolvent", "explore", "--no-browser", "--port", str(port)])
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait()


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
def test_in_a_browser_the_page_loads_moves_and_complains(address: str, tmp_path: Any) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.set_default_timeout(120_000)
        page.goto(f'{address}?law=marchenko_pastur(c)&at={{"c":"1/4"}}')
        page.get_by_text("[0.25, 2.25]").wait_for()
        page.locator(".noUi-handle").first.press("ArrowRight")
        page.get_by_text("[0.25, 2.25]").wait_for(state="detached")
        page.wait_for_url(lambda url: "1%2F4" not in url and "1/4" not in url)
        box = page.get_by_label("Law: an expression")
        box.fill("semicirle()")
        box.press("Enter")
        page.locator(".alert").get_by_text("unknown law").wait_for()
        page.locator("input[type=file]").set_input_files(
            {"name": "bad.npy", "mimeType": "application/octet-stream", "buffer": b"no array"}
        )
        page.locator(".alert").get_by_text("bad.npy").first.wait_for()
        for law, support in (("semicircle(4) + 1", "[-3, 5]"), ("marchenko_pastur(c) + 1", "[1.0857864")):
            box.fill(law)
            box.press("Enter")
            page.get_by_text(support).first.wait_for()
            page.wait_for_url(lambda url, law=law: unquote_plus(url).startswith(f"{address}?law={law}"))
        page.get_by_role("button", name="Sample a matrix").click()
        page.get_by_text("400 eigenvalues").wait_for()
        box.fill("hessian")
        box.press("Enter")
        page.get_by_text("hessian(phi, eps, sigma)").first.wait_for()
        page.get_by_role("button", name="Phase diagram").click()  # takes seconds
        page.get_by_text("computing").wait_for()
        page.get_by_text("computing").wait_for(state="detached")
        assert all(url.startswith((address, "data:", "blob:", address.replace("http", "ws"))) for url in asked)
        browser.close()


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")
def test_in_a_browser_a_phone_fits_the_dark_is_dark_and_matrices_are_typed(address: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        page.set_default_timeout(120_000)
        page.goto(f"{address}?law=hessian")
        page.get_by_text("support").first.wait_for()
        page.get_by_text("Derivation").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert "invert" in page.evaluate("getComputedStyle(document.documentElement).filter")
        for label, text in (
            ("Matrices and ratios", "X: gaussian(p, n)\np/n = 1/4"),
            ("Law: an expression", "X @ X.T / n"),
        ):
            box = page.get_by_label(label)
            box.fill(text)
            box.press("Tab")
        page.get_by_text("[0.25, 2.25]").wait_for()
        page.wait_for_url(lambda url: "matrices=X: gaussian(p, n)\np/n = 1/4" in unquote_plus(url))
        link = page.url
        page.goto("about:blank")
        page.goto(link)
        page.get_by_text("[0.25, 2.25]").wait_for()
        browser.close()


def test_an_expression_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "SECONDS", 0.0)
    page = Page("semicircle")
    page.text.value = "semicircle() + marchenko_pastur(c)"
    assert page.error.visible
    assert "not finished within 0 s" in page.error.object
