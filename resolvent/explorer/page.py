"""The page of the explorer, in Panel: every visitor has one; what is typed in goes through the grammar of texts."""

from __future__ import annotations

import html
import json
import math
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any
from urllib.parse import urlencode

import panel as pn
from bokeh.models import ColumnDataSource
from bokeh.plotting import figure
from panel.io import unlocked

from resolvent import catalog
from resolvent.derive.errors import ResolventError
from resolvent.display import shown_mean
from resolvent.explorer import view
from resolvent.explorer.view import Curve, Slider, Subject
from resolvent.numeric.spectrum.numbers import real_number
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.style import ATOM, BARS, FILL, INK
from resolvent.writing.html import html_fragment
from resolvent.writing.json_text import json_text
from resolvent.writing.law_report import law_report
from resolvent.writing.law_text import to_json, to_latex, to_sympy_code
from resolvent.writing.mathml import plain_letter

START = "semicircle() + marchenko_pastur(c)"
_COPY = "navigator.clipboard.writeText(source.value)"
# what takes a moment only need not be announced
_LATE = "span { opacity: 0; animation: late 0s 0.4s forwards; } @keyframes late { to { opacity: 1; } }"
# the whole page in the dark, where the reader has it so: widgets, plots and pictures alike, with their hues
_DARK = "@media (prefers-color-scheme: dark) { html { filter: invert(0.9) hue-rotate(180deg); background: #fff; } }"
_WIDE = {"sizing_mode": "stretch_width"}
_SCROLLS = {"overflow-x": "auto"}  # a formula that is wider than the page moves by itself
_SHORT = 0.5  # seconds that need not be announced
_SENT = 50  # milliseconds, after which the browser knows that something is computed
_MOMENTS = 6
_STRONGEST = 5.0  # perturbation, or as many deviations of the law
_SAMPLED = "sampled"


class Page:
    """One visitor's page: widgets, and what they show."""

    def __init__(self, text: str = START, matrices: str = "") -> None:
        self.text = pn.widgets.TextInput(
            label="Law: an expression or the name of an ensemble", value=text, max_width=560, **_WIDE
        )
        self.entry = pn.widgets.Select(label="Ensembles", options=["", *catalog.names()], width=220)
        self.matrices = pn.widgets.TextAreaInput(
            label="Matrices and ratios of sizes, a line each",
            placeholder="X: gaussian(p, n)\np/n = c",
            value=matrices,
            rows=2,
            auto_grow=True,
            max_width=560,
            **_WIDE,
        )
        self.spike = pn.widgets.FloatSlider(
            label="Outliers of A + θuuᵀ: θ", start=-_STRONGEST, end=_STRONGEST, step=0.05, value=0.0, width=280
        )
        self.sample = pn.widgets.Button(label="Sample a matrix", color="primary", width=150)
        self.phases = pn.widgets.Button(label="Phase diagram", width=150)
        self.diagram = pn.pane.HTML("", max_width=880, **_WIDE)
        self.clear = pn.widgets.Button(label="Clear bars", width=110)
        self.upload = pn.widgets.FileInput(accept=".npy,.npz,.csv,.txt,.safetensors", multiple=False, width=260)
        self.busy = pn.pane.HTML("", height=22, stylesheets=[_LATE])
        self.error = pn.pane.Alert("", alert_type="danger", visible=False, styles=_SCROLLS, **_WIDE)
        self.sliders = pn.Column(width=300)
        self.facts = pn.pane.HTML("", max_width=880, styles=_SCROLLS, **_WIDE)
        self.statement = pn.pane.HTML("", max_width=880, styles=_SCROLLS, **_WIDE)
        self.copies = pn.FlexBox()
        self.subject: Subject | None = None
        self._line = ColumnDataSource({"x": [], "y": []})
        self._stems = ColumnDataSource({"x": [], "top": [], "words": []})
        self._bars = ColumnDataSource({"left": [], "right": [], "top": []})
        self._outliers = ColumnDataSource({"x": [], "top": []})
        self._values: Any = None  # eigenvalues that are laid over, and what they are called
        self._words = ""
        self._seconds = 0.0  # that the last thing took
        self._asked: list[Callable[[], None]] = []
        self.picture = self._figure()
        self.text.param.watch(lambda _: self._read(), "value")
        self.matrices.param.watch(lambda _: self._read(), "value")
        self.entry.param.watch(self._choose, "value")
        self.spike.param.watch(lambda _: self.show(), "value")
        self.sample.on_click(lambda _: self._guarded(self._draw_sample))
        self.phases.on_click(lambda _: self._guarded(self._draw_phases))
        self.clear.on_click(lambda _: self._clear())
        self.upload.param.watch(lambda _: self._guarded(self._read_file), "value")
        self._read()

    # -- what is shown -------------------------------------------------------------------------------------

    def _figure(self) -> Any:
        tools = "pan,wheel_zoom,box_zoom,reset,save"
        shown = figure(height=380, max_width=880, y_range=(0, 1), toolbar_location="above", output_backend="svg",
                       tools=tools, x_axis_label="x", y_axis_label="density", **_WIDE)  # fmt: skip
        shown.quad(left="left", right="right", top="top", bottom=0, color=BARS, source=self._bars)
        shown.varea(x="x", y1=0, y2="y", color=FILL, alpha=0.6, source=self._line)
        shown.line(x="x", y="y", color=INK, width=2, source=self._line)
        shown.segment(x0="x", y0=0, x1="x", y1="top", color=ATOM, width=3, source=self._stems)
        shown.segment(x0="x", y0=0, x1="x", y1="top", color=ATOM, width=2, line_dash="dashed", source=self._outliers)
        shown.text(x="x", y="top", text="words", color=ATOM, text_font_size="10pt", x_offset=6, source=self._stems)
        return shown

    def values(self) -> dict[str, str]:
        """The values that widgets have: exact decimals, and the words of choices."""
        assert self.subject is not None
        return {s.name: _exact(widget.value) for s, widget in zip(self.subject.sliders, self.sliders, strict=True)}

    def show(self) -> None:
        """Compute and draw the law at the sliders' values; announced, if what was done last took its time."""
        (self._guarded if self._seconds > _SHORT else self._do)(self._show)

    def _show(self) -> None:
        assert self.subject is not None
        spectrum = self.subject.at(self.values())
        found = view.curve(spectrum)
        self._line.data = {"x": found.x, "y": found.y}
        self._stems.data = {
            "x": [place for place, _, _ in found.atoms],
            "top": [mass * found.top for _, mass, _ in found.atoms],
            "words": [words for _, _, words in found.atoms],
        }
        top, words = self._draw_bars(spectrum)
        self.picture.y_range.end = top = max(found.top, top) or 1.12
        self._reach(_STRONGEST * spectrum.std())
        outside = view.outliers(spectrum, Fraction(_exact(self.spike.value)) if self.spike.visible else Fraction(0))
        self._outliers.data = {"x": outside.places, "top": [top] * len(outside.places)}
        self.facts.object = _facts(found, spectrum, {"outliers": outside.words, "bars": words})
        self._keep_link()

    def _reach(self, strength: float) -> None:
        """Let perturbations be as strong as this."""
        if self.spike.end < strength < math.inf:
            self.spike.param.update(start=-math.ceil(strength), end=math.ceil(strength), step=math.ceil(strength) / 100)

    def _draw_bars(self, spectrum: Spectrum) -> tuple[float, str]:
        """Draw what is laid over; how high it is, and what it is in words."""
        if self._values is None:
            self._bars.data = {"left": [], "right": [], "top": []}
            return 0.0, ""
        found = view.bars(spectrum, self._values, self._words)
        self._bars.data = {"left": found.left, "right": found.right, "top": found.height}
        return found.top, found.words

    # -- what is done --------------------------------------------------------------------------------------

    def _read(self) -> None:
        self._guarded(self._read_text)

    def _read_text(self) -> None:
        self.subject = view.read_subject(self.text.value, self.matrices.value)
        self._forget()
        self.spike.visible = self.subject.law.has_equation
        self.phases.visible = len(self.subject.sliders) > 1 and self.subject.law.has_equation
        self.sliders[:] = [_slider(s) for s in self.subject.sliders]
        for slider in self.sliders:
            slider.param.watch(lambda _: self._move(), "value")
        law = self.subject.law
        self.statement.object = html_fragment(law_report(law, moments=_MOMENTS if law.has_equation else 0))
        texts = {"LaTeX": to_latex(law, steps=False), "JSON": json_text(to_json(law, steps=False))}
        if law.has_equation:
            texts["Python"] = to_sympy_code(law)  # type: ignore[arg-type]
        self.copies[:] = [_copy_button(name, text) for name, text in texts.items()]
        self._show()

    def _move(self) -> None:
        """Follow a slider."""
        self._forget()
        self.show()

    def _forget(self) -> None:
        """A matrix that was sampled from another law goes, and a diagram with another point; a file stays."""
        if self._words == _SAMPLED:
            self._values, self._words = None, ""
        self.diagram.object = ""

    def _choose(self, event: Any) -> None:
        if event.new:
            self.text.value = event.new

    def _draw_sample(self) -> None:
        assert self.subject is not None
        self._lay_over(view.sampled(self.subject, self.values()), _SAMPLED)

    def _draw_phases(self) -> None:
        assert self.subject is not None
        picture = view.phase_picture(self.subject, self.values())
        self.diagram.object = picture.svg if picture else ""

    def _read_file(self) -> None:
        if self.upload.value:
            self._lay_over(view.uploaded(self.upload.filename, self.upload.value), self.upload.filename)

    def _clear(self) -> None:
        self.upload.clear()
        self._lay_over(None, "")

    def _lay_over(self, values: Any, words: str) -> None:
        self._values, self._words = values, words
        self.show()

    def _guarded(self, work: Callable[[], None]) -> None:
        """Do something once the browser knows that it takes time; asked for again meanwhile, it is done once."""
        if work in self._asked:
            return
        self._asked.append(work)
        self.busy.object = "<span>computing …</span>"
        document = pn.state.curdoc
        if document is not None and pn.state.loaded:
            document.add_timeout_callback(partial(self._do, work), _SENT)
        else:
            self._do(work)

    def _do(self, work: Callable[[], None]) -> None:
        """Do something; what goes wrong becomes a sentence on the page, and the picture stays as it was.

        What changes is sent to the browser at once: Bokeh's own models, which Panel does not watch, may not change
        after Panel has sent something.
        """
        if work in self._asked:
            self._asked.remove(work)
        begin = time.perf_counter()
        try:
            with unlocked():
                work()
            self.error.visible = False
        except ResolventError as error:
            sentence, _, place = html.escape(str(error).replace("--matrix ", "")).partition("\n")
            place = place.replace(" ", "&nbsp;")  # the text, and a mark below a letter of it
            self.error.object = sentence + (f"<pre>{place}</pre>" if place else "")
            self.error.visible = True
        finally:
            self.busy.object = ""
            self._seconds = time.perf_counter() - begin

    def _keep_link(self) -> None:
        location = pn.state.location
        if location is not None:
            kept = {"law": self.text.value, "at": json.dumps(self.values()), "matrices": self.matrices.value}
            kept["outliers"] = _exact(self.spike.value) if self.spike.value else ""
            location.search = f"?{urlencode({name: value for name, value in kept.items() if value})}"

    def restore(self, query: dict[str, str]) -> None:
        """Take law and values from a link."""
        self.matrices.value = query.get("matrices", self.matrices.value)
        self.text.value = query.get("law", self.text.value)
        _put(self.spike, query.get("outliers", "0"))
        try:
            values = json.loads(query.get("at", "{}"))
            wanted = {str(name): str(value) for name, value in values.items()}
        except (ValueError, AttributeError):
            return
        for slider, widget in zip(self.subject.sliders if self.subject else (), self.sliders, strict=True):
            if slider.name in wanted:
                _put(widget, wanted[slider.name])

    def layout(self) -> Any:
        """The page."""
        left = pn.Column(
            self.sliders,
            self.spike,
            self.sample,
            self.clear,
            self.phases,
            "Lay eigenvalues over:",
            self.upload,
            width=320,
        )
        right = pn.Column(
            self.busy,
            self.error,
            pn.pane.Bokeh(self.picture, **_WIDE),
            self.facts,
            self.diagram,
            self.copies,
            self.statement,
            styles={"flex": "1 1 320px", "min-width": "0"},
        )
        top = pn.FlexBox(pn.Column(self.text, self.matrices, styles={"flex": "1 1 320px"}, max_width=600), self.entry)
        return pn.Column("## resolvent: explore a law", top, pn.FlexBox(left, right, **_WIDE), **_WIDE)


def _slider(of: Slider) -> Any:
    label = plain_letter(of.name)
    if of.words:
        return pn.widgets.Select(label=label, options=list(of.words), value=of.words[int(of.start)], width=280)
    low, high, start, step = map(float, (of.low, of.high, of.start, of.step))
    return pn.widgets.FloatSlider(label=label, start=low, end=high, step=step, value=start, width=280)


def _exact(value: float | str) -> str:
    return value if isinstance(value, str) else str(Fraction(str(round(value, 6))))


def _put(widget: Any, text: str) -> None:
    """Set a widget to the value in a link; what cannot be set is left out."""
    if isinstance(widget, pn.widgets.Select):
        widget.value = text if text in widget.options else widget.value
        return
    try:
        widget.value = min(max(real_number(text), widget.start), widget.end)
    except ResolventError:
        return


def _facts(found: Curve, spectrum: Spectrum, more: dict[str, str]) -> str:
    atoms = "; ".join(words for _, _, words in found.atoms) or "none"
    mean, deviation = shown_mean(spectrum), spectrum.std()
    rows = {"support": found.edges, "atoms": atoms, "mean, deviation": f"{mean:.8g}, {deviation:.8g}"}
    rows |= {name: words for name, words in more.items() if words}
    return "<br>".join(f"<b>{name}</b>: {html.escape(text)}" for name, text in rows.items())


def _copy_button(name: str, text: str) -> Any:
    button = pn.widgets.Button(label=f"Copy {name}", width=120)
    source = pn.widgets.TextAreaInput(value=text, visible=False)
    button.js_on_click(args={"source": source}, code=_COPY)
    return pn.Row(button, source)


def app() -> Any:
    """A page for one visitor, in the state that its link names."""
    query = {name: values[0].decode(errors="replace") for name, values in pn.state.session_args.items()}
    page = Page(query.get("law", START), query.get("matrices", ""))
    page.restore(query)
    return page.layout()


def serve(port: int, opens: bool) -> None:
    """Serve the page on the loopback address until it is interrupted."""
    pn.config.raw_css = [*pn.config.raw_css, _DARK]
    pn.serve(
        {"/": app}, address="127.0.0.1", port=port, show=opens, title="resolvent", verbose=False, location=True,
        websocket_origin=[f"127.0.0.1:{port}", f"localhost:{port}"],
    )  # fmt: skip


__all__ = ["Page", "app", "serve"]
