"""An ensemble of the catalog as a report: model, parameters, samplers, assumptions, facts, notes and references."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import sympy

from resolvent.catalog.schema import facts
from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.catalog.schema.facts import Fact
from resolvent.catalog.schema.parameter import Parameter
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.latex import expression_latex, listed
from resolvent.derive.derivation.step import Step
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
    yield "Assumed", _items(f"{step.rule.name}: {_mixed(step)}" for step in entry.assumptions)
    yield "Known", tuple(_prose(fact) for fact in entry.known)
    yield "Notes", _items(f"{n.kind}: {n.text}{f' [{n.source}]' if n.source else ''}" for n in entry.notes)
    yield "References", _items(f"{r.text}{', ' if r.locator else ''}{r.locator}" for r in entry.references)


def _mixed(step: Step) -> str:
    """A step in words, its formulas with the letters of mathematics."""
    parts = (step.in_latex or step.text).split("$")
    return "".join(linear(part) if k % 2 else part for k, part in enumerate(parts))


def _items(items: Iterator[str]) -> tuple[Block, ...]:
    found = tuple(items)
    return (Items(found),) if found else ()


def _parameters(entry: Ensemble) -> tuple[Block, ...]:
    rows = [(p.name, _domain(p), _default(p), p.doc) for p in entry.parameters]
    if entry.option is not None:
        rows.append((entry.option.name, f"instead of {' and '.join(entry.option.sets)}", "", entry.option.doc))
        rows += [(p.name, _domain(p), _default(p), p.doc) for p in entry.option.parameters]
    header = ("name", "domain", "default", "meaning")
    return (Table("", header, tuple(rows), (0.13, 0.18, 0.13, 0.48)),) if rows else ()


def _domain(parameter: Parameter) -> str:
    domain = parameter.domain.replace("oo", "∞")
    return domain if domain[0].isalpha() else f"in {domain}"


def _default(parameter: Parameter) -> str:
    if parameter.default is None:
        return ""
    return f"default {parameter.words[int(parameter.default)] if parameter.words else parameter.default}"


def _prose(fact: Fact) -> Prose:
    """A fact in mathematics, and in ASCII."""
    source = getattr(fact, "source", "")
    latex, text = _WORDS[type(fact)]
    values = {f.name: getattr(fact, f.name) for f in fields(fact)}
    return Prose(
        latex.format_map({name: _written(value, expression_latex) for name, value in values.items()})
        + (f" [{sentence_latex(source)}]" if source else ""),
        text.format_map({name: _written(value, str) for name, value in values.items()})
        + (f" [{source}]" if source else ""),
    )


def _written(value: Any, write: Callable[[sympy.Basic], str]) -> str:
    if isinstance(value, sympy.Basic):
        return write(value)
    if isinstance(value, tuple):  # intervals, or variables
        pairs = [entry for entry in value if isinstance(entry, tuple)]
        return " and ".join(f"[{', '.join(_written(end, write) for end in pair)}]" for pair in pairs) or ", ".join(
            _written(entry, write) for entry in value
        )
    return str(getattr(value, "__name__", value))


# How each kind of fact is said: in LaTeX, and in ASCII.
_WORDS: dict[type[Fact], tuple[str, str]] = {
    facts.Moment: (r"$m_{{{k}}} = {value}$", "m_{k} = {value}"),
    facts.FreeCumulant: (r"$\kappa_{{{k}}} = {value}$", "kappa_{k} = {value}"),
    facts.Support: (r"support of the continuous part: ${intervals}$", "support of the continuous part: {intervals}"),
    facts.AtomAt: (r"mass at ${point}$: ${weight}$", "mass at {point}: {weight}"),
    facts.RTransform: (r"$R({variable}) = {value}$", "R({variable}) = {value}"),
    facts.STransform: (r"$S({variable}) = {value}$", "S({variable}) = {value}"),
    facts.CauchyEquation: (r"$0 = {value}$, with $G(z) = \int \rho(dx)/(z - x)$", "0 = {value}"),
    facts.ResolventIntegrand: (r"$G(z) = \mathbb{{E}}\,{value}$", "G(z) = E {value}"),
    facts.ZeroEdge: (r"an edge reaches 0 at ${parameter} = {value}$", "an edge reaches 0 at {parameter} = {value}"),
    facts.ClosedDensity: ("the density in closed form", "the density in closed form: {function}"),
}
