"""What the explorer shows of a law at values of its parameters, as plain values; nothing of a browser is here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from resolvent.catalog.registry import find
from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.catalog.schema.parameter import Parameter
from resolvent.data.files import SUFFIXES, read_array
from resolvent.derive.errors import ParameterError, ParseError
from resolvent.derive.exact.deadline import within
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.expressions.law import law_of
from resolvent.derive.laws.record import Law
from resolvent.language.expressions import parse
from resolvent.language.matrices import parse_model
from resolvent.numeric.data.samples import samples
from resolvent.numeric.matrices.matrix_model import matrix_of
from resolvent.numeric.pictures.phase_diagram import phase_diagram
from resolvent.numeric.spectrum.density_plot import ROOM, at_atoms, bar_height, drawn_height, histogram
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.style import set_title
from resolvent.writing.blocks import Picture
from resolvent.writing.drawing import drawn_picture
from resolvent.writing.titles import values_title

SECONDS = 20.0  # for deriving what was typed in, and its first spectrum
_POINTS, _SAMPLE = 400, 400
_WIDEST, _USUAL, _MOST_INTEGERS = Fraction(4), Fraction(1, 2), 7


@dataclass(frozen=True)
class Slider:
    """A parameter with the range that its slider has."""

    name: str
    meaning: str
    low: Fraction
    high: Fraction
    start: Fraction
    step: Fraction
    words: tuple[str, ...] = ()  # names of the values 0, 1, ..., for a choice


@dataclass(frozen=True)
class Subject:
    """A law with its sliders, and the catalog entry it comes from, if any."""

    text: str
    law: Law
    sliders: tuple[Slider, ...]
    entry: Ensemble | None = None

    def at(self, values: Mapping[str, Any]) -> Spectrum:
        """The spectrum at exact values; raises as `Spectrum` does."""
        return Spectrum(self.entry or self.law, **values)


def read_subject(text: str, matrices: str = "") -> Subject:
    """The law that a catalog name or an expression stands for; an expression that takes too long is refused.

    With ``matrices``, definitions such as "X: gaussian(p, n)" and ratios such as "p/n = c" on lines of their own, or
    with semicolons between them, it is one in matrices.

    Raises `ParseError`, `ParameterError`, or `OutOfTime` after `SECONDS`.
    """
    if find(text) is None:
        within(SECONDS, partial(_tried, text, matrices))
    return _subject(text, matrices)


def _tried(text: str, matrices: str) -> bool:
    found = _subject(text, matrices)
    found.at({slider.name: slider.start for slider in found.sliders})
    return True


def _subject(text: str, matrices: str) -> Subject:
    entry = find(text)
    if entry is not None:
        case = entry.cases[0] if entry.cases else {}
        sliders = [_slider_of(p, case.get(p.name, p.default)) for p in entry.parameters]
        return Subject(entry.slug, entry.law(), tuple(sliders), entry)
    law = _law(text, [line.strip() for line in re.split(r"[;\n]", matrices) if line.strip()])
    return Subject(text, law, tuple(_slider(s.name, "", 0, None, None) for s in law.parameters))


def _law(text: str, lines: list[str]) -> Law:
    """The law of an expression in laws, or in the matrices that the lines define, where one of them occurs in it."""
    definitions = [line for line in lines if ":" in line]
    defined = {name for line in definitions for name in re.findall(r"\w+", line.partition(":")[0])}
    if defined & set(re.findall(r"\w+", text)):
        model = parse_model(text, definitions, [line for line in lines if ":" not in line])
        law: Law = law_of(model.expression, model.ratios)
        if law.has_equation:
            return law
        raise ParameterError("there are matrices without a spectrum; give them one, S: given(p, atoms([1, 3])) say")
    try:
        return parse(text)
    except ParseError as error:
        if re.search(r"\.[TH]\b|\b(inv|block|kron)\(", text):
            raise ParseError(f"the matrices of this expression are not defined; write X: gaussian(p, n), say, into the "
                             f"box of matrices: {error}", text=text) from error  # fmt: skip
        raise


def _slider_of(parameter: Parameter, start: Any) -> Slider:
    p = parameter
    if p.words:
        at = p.words.index(str(start)) if str(start) in p.words else int(start or 0)
        return Slider(p.name, p.doc, Fraction(0), Fraction(len(p.words) - 1), Fraction(at), Fraction(1), p.words)
    if p.integer:
        low = _fraction(p.lower if p.lower is not None else 1)
        first = low + 1 if p.lower_open and p.lower is not None else low
        begin = _fraction(start) if start is not None else first
        return Slider(p.name, p.doc, first, max(begin, first + _MOST_INTEGERS), begin, Fraction(1))
    return _slider(p.name, p.doc, p.lower, p.upper, start)


def _slider(name: str, meaning: str, lower: Any, upper: Any, start: Any) -> Slider:
    low = _fraction(lower) if lower is not None else -_WIDEST
    high = _fraction(upper) if upper is not None else max(_WIDEST, low + _WIDEST)
    begin = _fraction(start) if start is not None else min(max(_USUAL, low), high)
    step = (high - low) / 400
    high -= step if upper is not None else 0
    return Slider(name, meaning, low + step, max(high, begin), begin, step)


def _fraction(value: Any) -> Fraction:
    number = to_fmpq(value)
    return Fraction(int(number.p), int(number.q))


@dataclass(frozen=True)
class Curve:
    """The density at points, and what stands beside it."""

    x: list[float]
    y: list[float]
    top: float
    atoms: list[tuple[float, float, str]]  # place, mass, mass in words
    edges: str


def curve(spectrum: Spectrum) -> Curve:
    """The density on the whole support, with a gap in the line between bulks."""
    x: list[float] = []
    y: list[float] = []
    top = 0.0
    for interval in spectrum.intervals:
        points = interval.points(_POINTS)
        values = spectrum.pdf(points)
        top = max(top, drawn_height(values, interval))
        x += [interval.left, *points.tolist(), interval.right, float("nan")]
        y += [0.0, *values.tolist(), 0.0, float("nan")]
    atoms = [(float(a.point), float(a.weight), f"{a.weight} at {a.point}") for a in spectrum.atoms]
    edges = " and ".join(f"[{i.left:.8g}, {i.right:.8g}]" for i in spectrum.intervals) or "atoms only"
    return Curve(x, y, ROOM * top, atoms, edges)


@dataclass(frozen=True)
class Outliers:
    """Where the eigenvalues stand that leave the bulk when a matrix gets a perturbation of rank one, and in words."""

    places: list[float]
    words: str


def outliers(spectrum: Spectrum, strength: Fraction) -> Outliers:
    """The outliers of A + theta u u^T for a unit vector u, with their overlaps; none for theta = 0."""
    if not strength:
        return Outliers([], "")
    (found,) = spectrum.outliers([strength])
    told = [f"{o.location:.8g}, overlap {o.overlap:.4g}" for o in found.outliers]
    return Outliers([o.location for o in found.outliers], "; ".join(told) or "none, the perturbation is too weak")


@dataclass(frozen=True)
class Bars:
    """A histogram: the left and right ends of its bars and their heights, for the eigenvalues that are no atoms."""

    left: list[float]
    right: list[float]
    height: list[float]
    top: float
    words: str


def bars(spectrum: Spectrum, values: Any, words: str) -> Bars:
    """Eigenvalues as a histogram beside the density; those far outside the support are counted."""
    flat = np.ravel(np.asarray(values, dtype=float))
    ends, heights = histogram(spectrum, flat)
    is_at_atom = at_atoms(spectrum, flat)  # up to rounding, which may put them on either side of the first bar
    far = int(np.count_nonzero(((flat < ends[0]) | (flat > ends[-1])) & ~is_at_atom))
    counted = ((int(np.count_nonzero(is_at_atom)), "at atoms"), (far, "beyond the picture"))
    told = ", ".join((f"{words}, {len(flat)} eigenvalues", *(f"{n} of them {where}" for n, where in counted if n)))
    return Bars(ends[:-1].tolist(), ends[1:].tolist(), heights.tolist(), ROOM * bar_height(heights), told)


def sampled(subject: Subject, values: Mapping[str, Any], rng: int = 0) -> Any:
    """Eigenvalues of one matrix of the model, of a moderate size.

    Raises `ParameterError` where there is no model to sample.
    """
    if subject.entry is not None:
        sampler = subject.entry.faithful_sampler
        if sampler is None:
            raise ParameterError(f"no sampler of {subject.text} follows the law", subject=subject.text)
        matrix = subject.entry.sample(sampler.size_up_to(_SAMPLE), rng, sampler=sampler.name, **values)
    else:
        found: Any = subject.law.at(values)
        matrix = matrix_of(found, _SAMPLE, rng)
    return np.linalg.eigvalsh(matrix)


def phase_picture(subject: Subject, values: Mapping[str, Any]) -> Picture | None:
    """The phases of the first two parameters, the others at their values, with the current point.

    Raises what `phase_diagram` does, and `OutOfTime` after `SECONDS`.
    """
    found = within(SECONDS, partial(_phases, subject, dict(values)))
    return Picture(found, "phases") if found else None


def _phases(subject: Subject, values: dict[str, str]) -> str:
    x, y = subject.sliders[:2]
    others: dict[str, Any] = {name: value for name, value in values.items() if name not in (x.name, y.name)}
    law: Any = subject.law

    def draw(ax: Any) -> None:
        phase_diagram(law, x.name, y.name, ((x.low, x.high), (y.low, y.high)), ax, **others)
        here = Fraction(values[x.name]), Fraction(values[y.name])
        ax.plot([float(here[0])], [float(here[1])], "o", color="black", zorder=9)
        set_title(ax, values_title(dict(zip((x.name, y.name), here, strict=True)), "the point"))

    picture = drawn_picture(draw, (6.4, 4.4), "phases-", "phases")
    return picture.svg if picture else ""


def uploaded(name: str, content: bytes) -> Any:
    """The eigenvalues in a file that was dropped on the page; read without pickle.

    Raises `ParameterError` for what is no array of numbers.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise ParameterError(f"{name} is none of {', '.join(SUFFIXES)}", name=name)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"dropped{suffix}"
        path.write_bytes(content)
        try:
            array = read_array(path)
        except ParameterError as error:
            raise ParameterError(str(error).replace(str(path), name), name=name) from None
    return np.concatenate(samples(array, None))
