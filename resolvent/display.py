"""How objects appear in a notebook: one report for each kind, as a part of a page; formulas; and the plot of a law."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from functools import singledispatch
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.conjectures.report.figures import point_pictures
from resolvent.conjectures.report.page import verdict_report
from resolvent.conjectures.verdict import Verdict
from resolvent.data.illustrated import Illustrated
from resolvent.derive.derivation.derivation import Derivation
from resolvent.derive.derivation.latex import expression_latex
from resolvent.derive.equations.equation import ResolventEquation
from resolvent.derive.exact.algebraic_number import AlgebraicNumber
from resolvent.derive.expressions.law import stated_ratios
from resolvent.derive.laws.record import Law
from resolvent.derive.laws.statement import equation_statement
from resolvent.derive.presentation import Tabled
from resolvent.numeric.spectrum.density_plot import density_plot
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.proposals.proposal import Proposal
from resolvent.writing.blocks import Display, Entries, Entry, Report, Section, Steps
from resolvent.writing.drawing import drawn_picture
from resolvent.writing.entry_report import entry_report
from resolvent.writing.html import html_fragment
from resolvent.writing.latex import latex_document
from resolvent.writing.law_report import convention_prose, law_report, steps_block
from resolvent.writing.titles import entry_title, law_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE = (6.4, 3.4)
_ROUNDING = 1e-14  # of the deviation, which a mean of 0 is computed to
_STYLE = {"label", "color", "linewidth", "linestyle"}
_number = count(1)  # pictures on one page need ids of their own


def html(shown: Any) -> str:
    """An object as a part of a page."""
    return html_fragment(_report(shown))


def document(derivation: Derivation, convention: str = "stieltjes", title: str = "") -> str:
    """A derivation as a LaTeX document."""
    blocks = convention_prose(convention), replace(steps_block(derivation, convention), summary="")
    return latex_document(Report(title or "Derivation", (Section("", blocks),)))


@singledispatch
def latex(shown: Any) -> str | None:
    """The formula of an object between dollar signs; None where it is more than a formula."""
    return None


@latex.register
def _(law: Law) -> str:
    return _displayed(law.latex())


@latex.register
def _(equation: ResolventEquation) -> str:
    return _displayed(equation_statement(equation, "stieltjes").latex())


def plot(law: Any, ax: Axes | None = None, **options: Any) -> Axes:
    """Draw the density of a law or an ensemble at the given parameters; label, color, linewidth go to the line."""
    style = {name: options.pop(name) for name in _STYLE & options.keys()}
    spectrum = Spectrum(law, **options)
    if isinstance(law, Ensemble) and ax is None and "label" not in style:
        choice = {name: value for name, value in options.items() if name not in law.symbols}
        values = {name: value for name, value in law.numbers(options).items() if name in law.symbols}
        return density_plot(spectrum, title=entry_title(law, values | choice), **style)
    return spectrum.plot(ax, **style)


def title(spectrum: Spectrum) -> str:
    """What stands above the picture of a spectrum."""
    return law_title(spectrum.law)


def _displayed(formula: str) -> str:
    return rf"$\displaystyle {formula}$"


@singledispatch
def _report(shown: Any) -> Report:
    raise NotImplementedError(f"no report is written on {type(shown).__name__}")


@_report.register
def _(law: Law) -> Report:
    found = law_report(law, steps=False)
    return Report("", (*found.sections, Section("", (steps_block(law.derivation, "stieltjes"),))))


@_report.register
def _(equation: ResolventEquation) -> Report:
    return Report("", (Section("", (Display(equation_statement(equation, "stieltjes").formula),)),))


@_report.register
def _(derivation: Derivation) -> Report:
    steps = steps_block(derivation, "stieltjes")
    return Report("", (Section("", (Entries((Entry("evidence", (steps.evidence,)),)),
                                    Steps("", steps.steps, steps.evidence))),))  # fmt: skip


@_report.register
def _(spectrum: Spectrum) -> Report:
    ends = [f"[{i.left:.10g}, {i.right:.10g}]" for i in spectrum.intervals]
    atoms = [f"{a.weight} at {a.point}" for a in spectrum.atoms]
    name = getattr(spectrum.law, "text", None) or str(spectrum.measure.subject)
    entries = [
        Entry("law", (name,), is_code=True),
        *([Entry("at", (ratios,))] if (ratios := _ratios(spectrum)) else []),
        Entry("support", (" and ".join(ends) or "the atoms",)),
        *([Entry("atoms", (", ".join(atoms),))] if atoms else []),
        Entry("mean, deviation", (f"{shown_mean(spectrum):.10g}, {spectrum.std():.10g}",)),
        Entry("certificate", (repr(spectrum.certificate).strip("<>").removeprefix("Certificate "),)),
    ]
    picture = drawn_picture(
        spectrum.plot, _SIZE, f"rho{next(_number)}-", f"The density{' and the atoms' if atoms else ''}."
    )
    return Report("", (Section("", (Entries(tuple(entries)), *([picture] if picture else []))),))


def shown_mean(spectrum: Spectrum) -> float:
    """The mean; 0 where it is that up to the rounding of what it is summed from."""
    mean = spectrum.mean()
    return 0.0 if abs(mean) < _ROUNDING * spectrum.std() else mean


def _ratios(spectrum: Spectrum) -> str:
    """The ratios of sizes that the text of a law leaves out."""
    return ", ".join(f"{name} = {value}" for name, value in stated_ratios(spectrum.law).items())


@_report.register
def _(entry: Ensemble) -> Report:
    return entry_report(entry)


@_report.register
def _(record: Tabled) -> Report:
    return Report("", (Section("", (Entries(tuple(_entry(*named) for named in _named(record))),)),))


def _named(record: Any) -> Iterator[tuple[str, Any]]:
    """What a record holds, with its names as words."""
    for field in fields(record):
        if not field.name.startswith("_"):
            yield field.name.replace("_", " "), getattr(record, field.name)


def _entry(name: str, value: Any) -> Entry:
    """A name and what belongs to it; what is exact as a formula."""
    if isinstance(value, sympy.Basic):
        return Entry(name, (str(value),), latex=(expression_latex(value),))
    return (
        Entry(name, tuple(map(_text, value)) or ("none",)) if isinstance(value, tuple) else Entry(name, (_text(value),))
    )


def _text(value: Any) -> str:
    """A value in words: ten digits of a number, the ends of an array, the parts of what has parts."""
    match value:
        case AlgebraicNumber():
            return value.digits(10)
        case np.ndarray() if value.size > 1:
            return f"{value.size} values from {np.min(value):.6g} to {np.max(value):.6g}"
        case float() | np.ndarray():
            return f"{float(value):.10g}"
        case tuple():
            return ", ".join(map(_text, value))
        case None:
            return "none"
        case _ if is_dataclass(value) and not isinstance(value, Law):
            return ", ".join(f"{name} {_text(part)}" for name, part in _named(value))
    return str(value)


@_report.register
def _(found: Illustrated) -> Report:
    return found.illustrated(next(_number))


@_report.register
def _(proposal: Proposal) -> Report:
    return proposal.report()


@_report.register
def _(verdict: Verdict) -> Report:
    return verdict_report(verdict, point_pictures(verdict))
