"""Is a claim the model's law for all values of the parameters? A statement about polynomials with symbols in them."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from resolvent.catalog.conjectures.conjecture import REFUTED, SUPPORTED, Conjecture, Status
from resolvent.conjectures.exact.model_laws import symbolic_law
from resolvent.derive.equations.equation import M, Z, spectral_ring
from resolvent.derive.exact.field import Field, rational_function
from resolvent.derive.exact.polynomials import irreducible_factors
from resolvent.derive.laws.record import Law
from resolvent.language.expressions import parse

Found = tuple[Status | None, str, str, str]


def compare(conjecture: Conjecture) -> Iterator[Found]:
    """(status, subject, text, evidence) for a claim with symbols in it and a model that has a derivation."""
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
    exact = derived.moments(len(amounts))
    used = {s.name for a in amounts if a.exact is not None for s in a.exact.free_symbols}
    if used != {s.name for value in exact for s in value.free_symbols}:
        return  # numbers stand for some parameters: the points say all there is to say
    for k, (amount, value) in enumerate(zip(amounts, exact, strict=True), 1):
        assert amount.exact is not None
        difference = sympy.cancel(amount.exact.xreplace(_plain(amount.exact)) - value.xreplace(_plain(value)))
        if difference != 0:
            yield REFUTED, "moments", f"for general parameters m_{k} of the model is {value}", "proved"
            return
    yield SUPPORTED, "moments", f"the {len(amounts)} moments are the model's, identically in the parameters", "proved"
