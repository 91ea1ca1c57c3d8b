"""The law of a conjecture's model, where the engine can derive it: at numbers, and with symbols for all parameters."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeVar, cast

import sympy

from resolvent.catalog.conjectures.conjecture import Conjecture, LawClaim, Model, Point
from resolvent.catalog.registry import get
from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.derive.errors import ParameterError, ParseError, ResolventError
from resolvent.derive.expressions.law import algebraic_law_of
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.record import Law
from resolvent.language.expressions import parse, parse_rational
from resolvent.language.matrices import parse_model

Result = TypeVar("Result")
AnyLaw = TypeVar("AnyLaw", bound=Law)


def place(line: int, field: str) -> str:
    """Where something stands in a file, to begin a message with; "" for line 0, what does not come from a file.

    >>> place(3, "model")
    'line 3, model: '
    """
    return f"line {line}, {field}: " if line else ""


def on_line(line: int, field: str, function: Callable[[], Result]) -> Result:
    """What a function returns; its errors name the line and the field. Raises `ParseError`."""
    try:
        return function()
    except ResolventError as error:
        raise ParseError(f"{place(line, field)}{error}", line=line, field=field) from None


def entry_of(model: Model) -> Ensemble:
    """The catalog entry that a model of kind "ensemble" is."""
    return model.subject if model.subject is not None else get(model.text)


def settings(model: Model, point: Point) -> dict[str, Any]:
    """All parameters of a catalog entry at a point, with defaults and what an activation stands for.

    Raises `ParseError` for values outside their domains and for missing ones.
    """
    numbers = {name: sympy.Rational(v.numerator, v.denominator) for name, v in point.items()}
    given = tuple(sorted({**numbers, **model.options}.items()))
    return dict(on_line(model.line, "model", lambda: _numbers(entry_of(model), given)))


@lru_cache(maxsize=256)
def _numbers(entry: Ensemble, given: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """The numbers of an entry, computed once: an activation's constants take a while."""
    return entry.numbers(dict(given))


def full_point(conjecture: Conjecture, point: Point) -> dict[str, Fraction]:
    """The point with all parameters of the model's entry, those that have defaults or come from an activation too."""
    model = conjecture.model
    if model is None or model.kind != "ensemble":
        return dict(point)
    values = settings(model, point)
    numbers = {n: Fraction(int(v.p), int(v.q)) for n, v in values.items() if isinstance(v, sympy.Rational)}
    return {**point, **numbers}


def model_law(model: Model | None, point: Point) -> Law | None:
    """The derived law of a model at a point; None without a model, and where no route of derivation is known.

    Raises `ParseError` with the model's line where the model has no law there.
    """
    if model is None or model.kind == "function":
        return None
    if model.kind == "ensemble":
        values = settings(model, point)
        return on_line(model.line, "model", lambda: entry_of(model).law(**values))
    if model.is_law:
        return expressed_law(model, point)
    return _numeric(_weights_law(model, point), model.line, "model.cycle_weights")


def follows(model: Model) -> bool:
    """Whether the sampler is one that follows the derived law by construction."""
    if model.kind != "ensemble":
        return model.is_law
    return entry_of(model).sampler(model.sampler).follows_law


def symbolic_law(model: Model | None, names: Collection[str]) -> Law | None:
    """The derived law of a model for all values of the named parameters, others at their defaults; None without one."""
    if model is None or model.kind == "function" or model.options:
        return None
    if model.kind == "ensemble":
        entry = entry_of(model)
        fixed = {p.name: p.default for p in entry.parameters if p.name not in names and p.default is not None}
        return entry.law(**fixed)
    if model.subject is not None:
        return cast("Law", model.subject)
    if model.kind == "expression":
        return parse(model.text)
    if model.kind == "matrix":
        return _derived(model.text, model.symbols, model.ratios)
    return _weights_law(model, {})


def claimed_law(claim: LawClaim, point: Point) -> Law:
    """The law of a claimed expression at a point; raises `ParseError` with its line."""
    return expression_law(claim.text, claim.line, "claim.law", point)


def expressed_law(model: Model, point: Point) -> AlgebraicLaw:
    """The law of a free expression or of a matrix at a point; raises `ParseError` as `expression_law` does."""
    if model.subject is not None:
        return cast("AlgebraicLaw", model.subject)
    if model.kind == "matrix":
        values = tuple(sorted(point.items()))
        law = on_line(model.line, "model.matrix", lambda: _at(model.text, model.symbols, model.ratios, values))
        return _numeric(law, model.line, "model.matrix")
    return expression_law(model.text, model.line, "model.expression", point)


def expression_law(text: str, line: int, field: str, point: Point) -> AlgebraicLaw:
    """The law of an expression at a point; raises `ParseError` for a parameter without a value as well."""
    values = tuple(sorted(point.items()))
    return _numeric(on_line(line, field, lambda: _parsed(text, values)), line, field)


@lru_cache(maxsize=64)
def _parsed(text: str, values: tuple[tuple[str, Fraction], ...]) -> AlgebraicLaw:
    """The law of a text at a point, derived once: sizes, memory and each matrix ask for it."""
    return parse(text, dict(values))


@lru_cache(maxsize=64)
def _derived(text: str, symbols: tuple[str, ...], ratios: tuple[str, ...]) -> AlgebraicLaw:
    """The law of a matrix, with symbols for the parameters; derived once."""
    found = parse_model(text, symbols, ratios)
    return algebraic_law_of(found.expression, found.ratios)


@lru_cache(maxsize=64)
def _at(
    text: str, symbols: tuple[str, ...], ratios: tuple[str, ...], values: tuple[tuple[str, Fraction], ...]
) -> AlgebraicLaw:
    """The law of a matrix at a point; parameters that only the claim has are left out."""
    law = _derived(text, symbols, ratios)
    known = {s.name for s in law.parameters}
    return law.at(**{n: sympy.Rational(v.numerator, v.denominator) for n, v in values if n in known})


def _numeric(law: AnyLaw, line: int, field: str) -> AnyLaw:
    if law.parameters:
        missing = ", ".join(s.name for s in law.parameters)
        raise ParseError(
            f"line {line}, {field}: no value for {missing}; give one in [parameters]", line=line, field=field
        )
    return law


def _weights_law(model: Model, point: Point) -> Law:
    from resolvent.derive.graphs.cycle_weights import law_of_cycle_weights

    t = sympy.Symbol("t")
    images = {sympy.Symbol(n, positive=True): sympy.Rational(v.numerator, v.denominator) for n, v in point.items()}

    def derive() -> Law:
        weights = parse_rational(model.text, {"t": t}).xreplace(images)
        if weights.has(sympy.zoo, sympy.nan):
            raise ParameterError("the weights divide by zero at this point")
        ratios: dict[str, Any] = {}
        for name in ("phi", "psi"):
            if name in model.options:
                ratios[name] = model.options[name].exact.xreplace(images)
            elif name in point:
                ratios[name] = images[sympy.Symbol(name, positive=True)]
        return law_of_cycle_weights(weights, t, **ratios)

    return on_line(model.line, "model.cycle_weights", derive)
