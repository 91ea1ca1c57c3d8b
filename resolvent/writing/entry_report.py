"""An ensemble of the catalog as a report: model, parameters, samplers, assumptions, facts, notes and references."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import sympy

from resolvent.catalog.schema import facts
from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.catalog.schema.facts import Fact
from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.latex import expression_latex, listed
from resolvent.writing.blocks import Block, Display, Items, Prose, Report, Section, Table
from resolvent.writing.linear import linear
from resolvent.writing.mathematics import sentence_latex

_QUAD = r",\quad"  # where a model's text begins a new line


def entry_report(entry: Ensemble) -> Report:
    """What `resolvent show` says of an ensemble, and what a notebook displays."""
    sections = [
        Section(
            "Model",
            (Display(Formula(lambda: listed(entry.model), lambda: _in_text(entry.model))),),
        )
    ]
    sections += [Section(title, blocks) for title, blocks in _parts(entry) if blocks]
    return Report(f"{entry.slug}: {entry.title}", tuple(sections))


def _in_text(model: str) -> list[str]:
    """The lines of a model as text."""
    return [linear(part) for part in model.split(_QUAD)]


def _parts(entry: Ensemble) -> Iterator[tuple[str, tuple[Block, ...]]]:
    yield "Parameters", _parameters(entry)
    yield "Samplers", _items(
        f"{s.name}, size {s.default_size}{'' if s.follows_law else ' (breaks an assumption of the law on purpose)'}: "
        f"{s.doc}" for s in entry.samplers
    )  # fmt: skip
    yield "Assumed", _items(f"{step.rule.name}: {_mixed(step.in_latex or step.text)}" for step in entry.assumptions)
    yield "Known", tuple(_prose(fact) for fact in entry.known)
    yield "Notes", _items(f"{n.kind}: {n.text}{f' [{n.source}]' if n.source else ''}" for n in entry.notes)
    yield "References", _items(f"{r.text}{', ' if r.locator else ''}{r.locator}" for r in entry.references)


def _mixed(latex: str) -> str:
    """Words with formulas between dollar signs, on a line of text with the letters of mathematics."""
    parts = latex.split("$")
    return "".join(linear(part) if k % 2 else part for k, part in enumerate(parts))


def _items(items: Iterator[str]) -> tuple[Block, ...]:
    found = tuple(items)
    return (Items(found),) if found else ()


def _parameters(entry: Ensemble) -> tuple[Block, ...]:
    rows = [(_name(p), _domain(p), _default(p), p.doc) for p in entry.parameters]
    if entry.option is not None:
        rows.append((entry.option.name, f"instead of {' and '.join(entry.option.sets)}", "", entry.option.doc))
        rows += [(_name(p), _domain(p), _default(p), p.doc) for p in entry.option.parameters]
    header = ("name", "domain", "default", "meaning")
    return (Table("", header, tuple(rows), (0.13, 0.18, 0.13, 0.48)),) if rows else ()


def _name(parameter: Parameter) -> str:
    """What is typed for a parameter, and its letter in the formulas where that is another."""
    letter = linear(expression_latex(parameter.symbol))
    return parameter.name if letter == parameter.name else f"{parameter.name}, {letter}"


def _domain(parameter: Parameter) -> str:
    domain = parameter.domain.replace("oo", "∞")
    return domain if domain[0].isalpha() else f"in {domain}"


def _default(parameter: Parameter) -> str:
    if parameter.default is None:
        return ""
    return f"default {parameter.words[int(parameter.default)] if parameter.words else parameter.default}"


def _prose(fact: Fact) -> Prose:
    """A fact in mathematics, typeset and on a line of text."""
    source = getattr(fact, "source", "")
    latex = _WORDS[type(fact)].format_map({f.name: _written(getattr(fact, f.name)) for f in fields(fact)})
    return Prose(
        latex + (f" [{sentence_latex(source)}]" if source else ""), _mixed(latex) + (f" [{source}]" if source else "")
    )


def _written(value: Any) -> str:
    if isinstance(value, sympy.Basic):
        return expression_latex(value)
    if isinstance(value, tuple):  # intervals, or variables
        pairs = [entry for entry in value if isinstance(entry, tuple)]
        return " and ".join(f"[{', '.join(_written(end) for end in pair)}]" for pair in pairs) or ", ".join(
            _written(entry) for entry in value
        )
    return str(getattr(value, "__name__", value))


# How each kind of fact is said.
_WORDS: dict[type[Fact], str] = {
    facts.Moment: r"$m_{{{k}}} = {value}$",
    facts.FreeCumulant: r"$\kappa_{{{k}}} = {value}$",
    facts.Support: r"support of the continuous part: ${intervals}$",
    facts.AtomAt: r"mass at ${point}$: ${weight}$",
    facts.RTransform: r"$R({variable}) = {value}$",
    facts.STransform: r"$S({variable}) = {value}$",
    facts.CauchyEquation: r"$0 = {value}$, with $G(z) = \int \rho(dx)/(z - x)$",
    facts.ResolventIntegrand: r"$G(z) = \mathbb{{E}}\,{value}$",
    facts.ZeroEdge: r"an edge reaches 0 at ${parameter} = {value}$",
    facts.ClosedDensity: "the density in closed form",
}
