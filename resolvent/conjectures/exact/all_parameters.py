"""Is a claim the model's law for all values of the parameters that stand in it?

Equations, laws and moments are compared as polynomials with symbols in them. Edges, weights of atoms at fixed
places, densities and means whose formulas have symbols are looked at next to the first point, on both sides of it: what
holds on neither does not hold in general. A number in a list with symbols, of edges say, has to hold there as they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial

import sympy
from flint import fmpq

from resolvent.catalog.conjectures.conjecture import (
    REFUTED,
    SUPPORTED,
    Amount,
    AtomClaim,
    Claim,
    Conjecture,
    DensityClaim,
    MeanClaim,
    Point,
    Status,
)
from resolvent.catalog.conjectures.formula import Formula
from resolvent.conjectures.exact.model_laws import full_point, model_law, symbolic_law
from resolvent.conjectures.exact.spectrum_claims import (
    atom_finding,
    density_finding,
    edges_of,
    is_at,
    mean_findings,
)
from resolvent.derive.equations.equation import M, Z, spectral_ring
from resolvent.derive.errors import DerivationError, ResolventError
from resolvent.derive.exact.field import Field, rational_function
from resolvent.derive.exact.polynomials import irreducible_factors
from resolvent.derive.laws.record import Law
from resolvent.language.expressions import parse
from resolvent.numeric.spectrum.spectrum import Spectrum

_STEP = Fraction(1, 1009)  # by which a parameter is moved, in units of its size
_SPREAD = Fraction(
    37, 100
)  # no two parameters are moved alike: what holds where they are equal need not hold in general

Found = tuple[Status | None, str, str, str]


def compare(conjecture: Conjecture) -> Iterator[Found]:
    """(status, subject, text, evidence) for a claim with symbols in it and a model that has a derivation."""
    yield from _identically(conjecture)
    yield from _next_to_the_point(conjecture)


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


def _next_to_the_point(conjecture: Conjecture) -> Iterator[Found]:
    """Claimed edges, weights, densities and means that are wrong on both sides of the first point."""
    claim, point = conjecture.claim, full_point(conjecture, conjecture.points[0])
    parts = [a.formula for a in claim.edges or ()] + _of_atoms(claim) + _of_density(claim)
    parts += [f for mean in claim.means or () for f in (mean.formula, mean.value.formula)]
    names = sorted({name for formula in parts for name in formula.names} & set(conjecture.points[0]))
    if not names:
        return
    steps = {n: _STEP * (abs(point[n]) or 1) / (1 + _SPREAD * k) for k, n in enumerate(names)}
    sides: list[Point] = [{**point, **{n: point[n] + sign * step for n, step in steps.items()}} for sign in (1, -1)]
    where = ", ".join(f"{n} = {sides[0][n]} and {sides[1][n]}" for n in names)
    try:
        here = _spectrum(conjecture, point)
        moved = [(_spectrum(conjecture, values), values) for values in sides]
        found = [
            (REFUTED, subject, f"{text} holds at the point, but not next to it, at {where}", evidence)
            for subject, text, evidence, is_wrong in _questions(claim, here, point)
            if all(is_wrong(spectrum, values) for spectrum, values in moved)
        ]
    except ResolventError:
        return  # on one side there is no law
    yield from found


def _of_atoms(claim: Claim) -> list[Formula]:
    return [f for a in claim.atoms or () for f in (a.place.formula, a.weight.formula)]


def _of_density(claim: Claim) -> list[Formula]:
    density = claim.density
    return [density.formula, *(a.formula for ends in density.intervals for a in ends)] if density is not None else []


def _spectrum(conjecture: Conjecture, values: Point) -> Spectrum:
    law = model_law(conjecture.model, {n: v for n, v in values.items() if n in conjecture.points[0]})
    if law is None:
        raise DerivationError("no route of derivation is known for the model")
    return Spectrum(law)


Question = tuple[str, str, str, Callable[[Spectrum, Point], bool]]


def _questions(claim: Claim, here: Spectrum, point: Point) -> Iterator[Question]:
    """(subject, what is claimed, evidence, whether it is wrong) for each part of the claim that has symbols in it."""
    edges, density = claim.edges or (), claim.density
    for k, edge in enumerate(edges if any(e.formula.names for e in edges) else ()):
        is_wrong = partial(_no_edge, (len(edges_of(here)), len(edges)), k, edge)
        yield "edges", f"the edge {edge.text}", "certified", is_wrong
    for atom in (claim.atoms or ()) if any(f.names for f in _of_atoms(claim)) else ():
        is_one = atom.weight.equals(fmpq(0), point) is False  # a weight of 0 claims nothing
        if is_one and not atom.place.formula.names:
            text = f"the atom {atom.weight.text} at {atom.place.text}"
            yield "atoms", text, "certified", partial(_no_atom, len(here.atoms), atom)
    if density is not None and any(f.names - {"x"} for f in _of_density(claim)):
        is_wrong = partial(_no_density, len(here.intervals), density)
        yield "density", "the density", "numerical", is_wrong
    for mean in claim.means or ():
        if (mean.formula.names - {"x"}) | mean.value.formula.names:
            text = f"the mean {mean.value.text} of {mean.text}"
            yield "means", text, "numerical", partial(_no_mean, mean)


def _no_edge(counts: tuple[int, int], k: int, edge: Amount, spectrum: Spectrum, values: Point) -> bool:
    ends = edges_of(spectrum)
    if set(counts) != {len(ends)}:
        return False  # another phase begins here, or what meets is counted once
    return is_at(edge, ends[k], values, max(abs(float(e)) for e in ends))[0] is False


def _no_atom(before: int, atom: AtomClaim, spectrum: Spectrum, values: Point) -> bool:
    status, text, _ = atom_finding((atom,), spectrum, values)
    return len(spectrum.atoms) == before and status == REFUTED and "not claimed" not in text


def _no_density(before: int, density: DensityClaim, spectrum: Spectrum, values: Point) -> bool:
    return len(spectrum.intervals) == before and density_finding(density, spectrum, values)[0] == REFUTED


def _no_mean(mean: MeanClaim, spectrum: Spectrum, values: Point) -> bool:
    return all(status == REFUTED for status, *_ in mean_findings((mean,), spectrum, values))
