"""Is a claim the model's law for all values of the parameters that stand in it?

Equations, laws and moments are compared as polynomials with symbols in them. Whatever this does not decide, edges,
atoms, densities, means, moments with roots, and claims without a model whose parts have to agree, is looked at next to
the points, on both sides: what holds on neither does not hold in general. A number in a list with symbols, of edges
say, has to hold there as they do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy

from resolvent.catalog.conjectures.conjecture import (
    REFUTED,
    SUPPORTED,
    Claim,
    Conjecture,
    Finding,
    MeanClaim,
    Point,
    Status,
    point_text,
)
from resolvent.catalog.conjectures.formula import Formula
from resolvent.conjectures.exact.exact_stage import STAGE, exact_findings
from resolvent.conjectures.exact.measured_law import law_findings
from resolvent.conjectures.exact.model_laws import model_law, symbolic_law
from resolvent.derive.equations.equation import M, Z, spectral_ring
from resolvent.derive.errors import ParameterError, ParseError, ResolventError
from resolvent.derive.exact.field import Field, rational_function
from resolvent.derive.exact.polynomials import irreducible_factors
from resolvent.derive.laws.record import Law
from resolvent.language.expressions import parse
from resolvent.numeric.spectrum.spectrum import Spectrum

_STEP = Fraction(1, 1009)  # by which a parameter is moved, in units of its size
_CLOSE = Fraction(1, 10**6 + 3)
_SPREAD = Fraction(37, 100)  # no two parameters move alike: what holds where they are equal may fail elsewhere

Found = tuple[Status, str, str, str]


def symbolic_findings(conjecture: Conjecture, undecided: Collection[str] = ()) -> Iterator[Finding]:
    """What is found of a claim with symbols in it for all their values, but for parts undecided at the points."""
    for status, subject, text, evidence in _compare(conjecture, undecided):
        yield Finding(STAGE, subject, status, text, evidence, "all parameters", conjecture.claim.lines.get(subject))


def _compare(conjecture: Conjecture, undecided: Collection[str]) -> Iterator[Found]:
    """(status, subject, text, evidence)."""
    found = list(_identically(conjecture))
    yield from found
    if any(status == REFUTED for status, *_ in found):
        return
    decided = {*undecided, *(subject for _, subject, *_ in found)}
    with suppress(ResolventError):  # what cannot be found out next to a point says nothing
        for point in conjecture.points:
            refuted = list(_next_to(conjecture, point, decided))
            yield from refuted
            if refuted:
                return


def _identically(conjecture: Conjecture) -> Iterator[Found]:
    derived = symbolic_law(conjecture.model, conjecture.points[0])
    if derived is None or not derived.has_equation or not derived.parameters:
        return
    claim = conjecture.claim
    if claim.equation is not None:
        expression = claim.equation.polynomial
        subject = "equation"
    elif claim.law is not None:
        law = parse(claim.law.text)
        if not law.has_equation:
            return  # the points say all there is to say
        expression, subject = law.equation.expr, "law"
    else:
        yield from _moments(conjecture, derived)
        return
    symbols = {s.name for s in expression.free_symbols} - {"z", "m"}
    derived = _at_the_others(conjecture, derived, symbols)
    own = {s.name for s in derived.equation.symbols}
    if symbols != own:
        return  # numbers stand for some parameters: the points say all there is to say
    names = tuple(sorted(own))
    element = rational_function(expression.xreplace(_plain(expression)), Field(("m", *names, "z")))
    ring = spectral_ring([sympy.Symbol(n) for n in names])
    factors = irreducible_factors(element.numerator.project_to_context(ring), "m")
    target = derived.equation.polynomial.project_to_context(ring)
    if any(f == target for f in factors):
        whole = "" if len(factors) == 1 else f", times {len(factors) - 1} other factors"
        yield SUPPORTED, subject, f"the {subject} is the model's{whole}, identically in {', '.join(names)}", "proved"
    else:
        yield (
            REFUTED,
            subject,
            f"for general {', '.join(names)} the model has another equation: {derived.equation.expr} = 0",
            "proved",
        )


def _plain(expression: sympy.Expr) -> dict[sympy.Symbol, sympy.Symbol]:
    return {s: sympy.Symbol(s.name) for s in expression.free_symbols if s not in (Z, M)}


def _moments(conjecture: Conjecture, derived: Law) -> Iterator[Found]:
    amounts = conjecture.claim.moments or ()
    if not amounts or any(a.exact is None for a in amounts):
        return
    used = {s.name for a in amounts if a.exact is not None for s in a.exact.free_symbols}
    exact = _at_the_others(conjecture, derived, used).moments(len(amounts))
    if used != {s.name for value in exact for s in value.free_symbols}:
        return  # numbers stand for some parameters: the points say all there is to say
    for k, (amount, value) in enumerate(zip(amounts, exact, strict=True), 1):
        assert amount.exact is not None
        difference = sympy.cancel(amount.exact.xreplace(_plain(amount.exact)) - value.xreplace(_plain(value)))
        if difference != 0:
            yield REFUTED, "moments", f"for general parameters m_{k} of the model is {value}", "proved"
            return
    yield SUPPORTED, "moments", f"the {len(amounts)} moments are the model's, identically in the parameters", "proved"


def _at_the_others(conjecture: Conjecture, law: Law, symbols: set[str]) -> Law:
    """The law at the parameters that do not stand in the claim, where they have one value at all points."""
    first, *others = conjecture.points
    fixed = {
        s.name: first[s.name]
        for s in law.parameters
        if s.name in first and s.name not in symbols and all(p.get(s.name) == first[s.name] for p in others)
    }
    return law.at(fixed) if symbols and fixed else law


# -- next to the points ------------------------------------------------------------------------------------


def _next_to(conjecture: Conjecture, point: Point, decided: Collection[str]) -> Iterator[Found]:
    """What is refuted on both sides of a point, of the parts with symbols that are not decided already."""
    has_model = model_law(conjecture.model, point) is not None
    claim = _in_symbols(conjecture.claim, frozenset(point), decided, has_model)
    names = sorted(frozenset().union(*_symbols(claim).values()) & set(point))
    if not names:
        return
    part = replace(conjecture, claim=claim)
    wide = _refuted(part, _sides(part, point, names, _STEP))
    exact = [subject for subject, finding in wide.items() if finding.evidence != "numerical"]
    # A phase may be narrower than the first step; what is numerical does not see a smaller one.
    close = _refuted(part, _sides(part, point, names, _CLOSE)) if exact else {}
    for subject, finding in wide.items():
        if subject in decided:
            continue  # a part that stands for a law
        if subject in close or (subject not in exact and (subject == "means" or _is_one_phase(part, point, names))):
            where = "; ".join(point_text({n: v[n] for n in names}) for v in _sides(part, point, names, _STEP))
            text = f"what holds at the point does not next to it, at {where}: {finding.text}"
            yield REFUTED, subject, text, finding.evidence


def _symbols(claim: Claim) -> dict[str, frozenset[str]]:
    """The names that stand in each part of a claim."""
    found: dict[str, frozenset[str]] = {}
    if claim.law is not None:
        found["law"] = frozenset(s.name for s in parse(claim.law.text).parameters)
    if claim.equation is not None:
        found["equation"] = frozenset(s.name for s in claim.equation.polynomial.free_symbols)
    density = claim.density
    formulas = {
        "density": [density.formula, *(a.formula for ends in density.intervals for a in ends)] if density else [],
        "moments": [a.formula for a in claim.moments or ()],
        "edges": [a.formula for a in claim.edges or ()],
        "atoms": [f for a in claim.atoms or () for f in (a.place.formula, a.weight.formula)],
        "means": [f for mean in claim.means or () for f in _of_mean(mean)],
    }
    return found | {part: frozenset().union(*(f.names for f in listed)) for part, listed in formulas.items()}


def _of_mean(mean: MeanClaim) -> tuple[Formula, Formula]:
    return mean.formula, mean.value.formula


def _in_symbols(claim: Claim, names: frozenset[str], decided: Collection[str], has_model: bool) -> Claim:
    """The parts with symbols in them; where no model has a law also those that stand for one."""
    kept = {part for part, own in _symbols(claim).items() if own & names and part not in decided}
    if kept and not has_model:
        kept |= {"law", "equation", "density", "atoms"}
    means = tuple(m for m in claim.means or () if frozenset().union(*(f.names for f in _of_mean(m))) & names)
    dropped: dict[str, Any] = {part: None for part in claim.made if part not in kept}
    return replace(claim, **{"means": means, **dropped})


def _sides(conjecture: Conjecture, point: Point, names: Sequence[str], step: Fraction) -> list[Point]:
    """The points on both sides at which the model has a law."""
    steps = {n: step * (abs(point[n]) or 1) / (1 + _SPREAD * k) for k, n in enumerate(names)}
    sides = [{**point, **{n: point[n] + sign * by for n, by in steps.items()}} for sign in (1, -1)]
    return [values for values in sides if _is_in_domain(conjecture, values)]


def _is_in_domain(conjecture: Conjecture, values: Point) -> bool:
    try:
        model_law(conjecture.model, values)
    except ParseError as error:  # which says on which line
        if isinstance(error.__context__, ParameterError):
            return False
        raise
    return True


def _refuted(conjecture: Conjecture, sides: Sequence[Point]) -> dict[str, Finding]:
    """The first finding on each subject that is refuted on all sides."""
    found = [{f.subject: f for f in _findings(conjecture, values) if f.status == REFUTED} for values in sides]
    return {subject: f for side in found[:1] for subject, f in side.items() if all(subject in f for f in found)}


def _findings(conjecture: Conjecture, values: Point) -> list[Finding]:
    findings, reference = exact_findings(conjecture, values)
    if reference.law is None and conjecture.claim.density is not None:
        findings += law_findings(conjecture, values, None)
    return findings


def _is_one_phase(conjecture: Conjecture, point: Point, names: Sequence[str]) -> bool:
    laws = [model_law(conjecture.model, values) for values in (point, *_sides(conjecture, point, names, _STEP))]
    return len({len(Spectrum(law).intervals) for law in laws if law is not None}) < 2
