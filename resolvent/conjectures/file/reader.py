"""Reads a conjecture from TOML: every field is checked, and what is wrong is said with its line.

Nothing is computed here and no code is loaded; laws are derived later, under a limit of time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import sympy

from resolvent.catalog.conjectures.conjecture import (
    AtomClaim,
    Claim,
    Conjecture,
    DensityClaim,
    EquationClaim,
    LawClaim,
    MeanClaim,
    Model,
    Plan,
    Point,
)
from resolvent.conjectures.file.contents import text_of
from resolvent.conjectures.file.fields import Field
from resolvent.conjectures.file.toml_lines import read_toml
from resolvent.derive.equations.equation import G, M, Z
from resolvent.derive.errors import ParseError
from resolvent.derive.exact.field import RESERVED_NAMES
from resolvent.language.expressions import parse_rational
from resolvent.language.formulas import parse_formula
from resolvent.language.matrices import parse_model
from resolvent.language.source import Source

_VERDICTS = ("supported", "refuted", "undecided")
_FIELDS = (
    "title", "model", "parameters", "claim", "test", "assumptions", "references", "notes", "expected", "because",
)  # fmt: skip
_MODELS = ("ensemble", "expression", "matrix", "cycle_weights", "activation", "function")
_WITH_MODEL = {
    "ensemble": ("sampler", "activation", "sigma_w", "sigma_x", "centred"),
    "expression": (),
    "matrix": ("symbols", "ratios"),
    "cycle_weights": ("phi", "psi"),
    "activation": ("sampler", "sigma_w", "sigma_x", "centred"),
    "function": (),
}
_CLAIMS = ("law", "equation", "convention", "density", "intervals", "moments", "edges", "atoms", "means", "outliers")
_MOST_POINTS = 20
_MOST_MOMENTS = 60
_LARGEST_SIZE = 100_000
_MOST_TRIALS = 100_000


def read_conjecture(path: str | Path, symbols: Sequence[str] = (), ratios: Sequence[str] = ()) -> Conjecture:
    """The conjecture in a file; ``symbols`` and ``ratios`` take the place of those of a matrix that it has.

    Raises `ParameterError` for a file that cannot be read, `ParseError`, with file and line, for what is wrong in it.
    """
    place = Path(path)
    text = text_of(place)
    try:
        return _redefined(conjecture_of(text, place.stem), tuple(symbols), tuple(ratios))
    except ParseError as error:
        raise ParseError(f"{place}, {error}", **error.objects) from None


def conjecture_of(text: str, name: str = "conjecture") -> Conjecture:
    """The conjecture in a text.

    >>> conjecture_of('''
    ... title = "A test"
    ... model.ensemble = "semicircle"
    ... claim.moments = [0, 1]
    ... ''').claim.made
    ('moments',)
    >>> conjecture_of("title = 3")
    Traceback (most recent call last):
        ...
    resolvent.derive.errors.ParseError: line 1, title: a text in quotes is needed; this is a whole number

    Raises `ParseError` with the line.
    """
    document = read_toml(text)
    top = Field(document, (), document.values).table(_FIELDS)
    if "title" not in top:
        raise ParseError("line 1: the field 'title' is missing; say in a few words what is conjectured", line=1)
    title = top["title"].text()
    if "claim" not in top:
        raise ParseError("line 1: the table [claim] is missing; it says what is believed", line=1)
    points = _points(top["parameters"]) if "parameters" in top else ({},)
    model = _model(top["model"], frozenset(points[0])) if "model" in top else None
    claim = _claim(top["claim"], _known_names(model, points))
    expected = None
    if "expected" in top:
        because = top["because"].text() if "because" in top else ""
        expected = (top["expected"].choice(_VERDICTS), because)
    elif "because" in top:
        top["because"].fail("this goes with the field 'expected'")
    return Conjecture(
        name=name,
        title=title,
        model=model,
        claim=claim,
        points=points,
        plan=_plan(top["test"]) if "test" in top else Plan(),
        assumptions=_texts(top.get("assumptions")),
        references=_texts(top.get("references")),
        notes=_texts(top.get("notes")),
        expected=expected,  # type: ignore[arg-type]
        source=text,
    )


def _redefined(conjecture: Conjecture, symbols: tuple[str, ...], ratios: tuple[str, ...]) -> Conjecture:
    """The conjecture with other definitions of matrices and ratios, which replace those of the same names."""
    model = conjecture.model
    if not symbols and not ratios:
        return conjecture
    if model is None or model.kind != "matrix":
        raise ParseError("line 1: symbols and ratios go with a model that is a matrix", line=1)

    def merged(own: tuple[str, ...], new: tuple[str, ...], sign: str) -> tuple[str, ...]:
        def key(text: str) -> str:
            return re.sub(r"\s", "", text.replace("->", "=").partition(sign)[0])

        return tuple({**{key(t): t for t in own}, **{key(t): t for t in new}}.values())

    changed = replace(model, symbols=merged(model.symbols, symbols, ":"), ratios=merged(model.ratios, ratios, "="))
    try:
        parse_model(changed.text, changed.symbols, changed.ratios)
    except ParseError as error:
        raise ParseError(f"line {model.line}, model.matrix: {error}", line=model.line) from None
    return replace(conjecture, model=changed)


def _texts(field: Field | None) -> tuple[str, ...]:
    if field is None:
        return ()
    return (field.text(),) if isinstance(field.value, str) else tuple(item.text() for item in field.items())


# -- parameters --------------------------------------------------------------------------------------------


def _points(field: Field) -> tuple[Point, ...]:
    if isinstance(field.value, dict):
        return (_point(field),)
    items = field.items(_MOST_POINTS)
    if not items:
        field.fail("the list is empty; give one table [[parameters]] for each point")
    points = tuple(_point(item) for item in items)
    for item, point in zip(items, points, strict=True):
        if set(point) != set(points[0]):
            item.fail(f"all points give values to the same parameters; the first has {', '.join(points[0]) or 'none'}")
    for k, (item, point) in enumerate(zip(items, points, strict=True)):
        if point in points[:k]:
            item.fail("this point stands twice")
    return points


def _point(field: Field) -> Point:
    values: dict[str, Fraction] = {}
    for name, entry in field.entries(50).items():
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name, flags=re.ASCII) or len(name) > 50:
            entry.fail("a parameter's name is at most 50 letters, digits and _, a letter first")
        if name in RESERVED_NAMES | {"x", "t", "pi"}:
            entry.fail(f"the names z, m, G, x, t and pi are reserved for variables; rename the parameter {name!r}")
        values[name] = entry.number()
    return values


def _known_names(model: Model | None, points: tuple[Point, ...]) -> frozenset[str]:
    """The parameters that a claim may use: those of the points, and those of the model's entry."""
    names = set(points[0])
    if model is not None and model.kind == "ensemble":
        from resolvent import catalog

        names |= set(catalog.get(model.text).symbols)
    return frozenset(names)


# -- the model ---------------------------------------------------------------------------------------------


def _model(field: Field, names: frozenset[str]) -> Model:
    table = field.table(dict.fromkeys([*_MODELS, *(name for names in _WITH_MODEL.values() for name in names)]))
    kinds = [kind for kind in _MODELS if kind in table]
    if "ensemble" in kinds and "activation" in kinds:
        kinds.remove("activation")
    if len(kinds) != 1:
        found = f"; this has {' and '.join(kinds)}" if kinds else ""
        field.fail(f"a model is given by exactly one of {', '.join(_MODELS)}{found}")
    kind = kinds[0]
    for name, entry in table.items():
        if name != kind and name not in _WITH_MODEL[kind]:
            entry.fail(f"this does not go with a model given by {kind}")
        if name in names:
            entry.fail(f"{name} has a value in [parameters] too; give it in one place")
    readers: dict[str, Callable[[dict[str, Field]], Model]] = {
        "ensemble": _ensemble,
        "activation": _ensemble,
        "expression": _expression,
        "matrix": _matrix,
        "cycle_weights": partial(_cycle_weights, names=names),
        "function": _function,
    }
    return readers[kind](table)


def _ensemble(table: dict[str, Field]) -> Model:
    from resolvent import catalog

    if "ensemble" in table:
        main = table["ensemble"]
        slug = main.choice(catalog.names())
    else:  # the network whose activation is given: its random features
        main, slug = table["activation"], "nonlinear-gram"
    entry = catalog.get(slug)
    sampler = table["sampler"].choice([s.name for s in entry.samplers]) if "sampler" in table else None
    options: dict[str, Any] = {}
    for name in ("activation", "sigma_w", "sigma_x", "centred"):
        if name not in table:
            continue
        if entry.option is None or name not in entry.option.keywords:
            table[name].fail(f"the ensemble {slug} has no {name}")
        options[name] = _option(table[name], name)
    return Model("ensemble", slug, main.line, sampler, options=options)


def _option(field: Field, name: str) -> Any:
    if name == "centred":
        return int(field.flag()) if isinstance(field.value, bool) else field.whole(0, 1)
    if name == "activation":
        text = field.text()
        if text.isidentifier() and len(text) > 50:
            field.fail("the name of an activation has at most 50 characters")
        return text if text.isidentifier() else field.reading(lambda: parse_rational(text, {}))
    value = field.number()
    return sympy.Rational(value.numerator, value.denominator)


def _expression(table: dict[str, Field]) -> Model:
    field = table["expression"]
    text = field.text()
    field.reading(lambda: Source(text))
    return Model("expression", text, field.line)


def _matrix(table: dict[str, Field]) -> Model:
    field = table["matrix"]
    text = field.text()
    if "symbols" not in table:
        field.fail('the matrices in it are defined by symbols = ["X: gaussian(p, n)"]')
    symbols, ratios = _texts(table["symbols"]), _texts(table.get("ratios"))
    field.reading(lambda: parse_model(text, symbols, ratios))
    return Model("matrix", text, field.line, symbols=symbols, ratios=ratios)


def _cycle_weights(table: dict[str, Field], names: frozenset[str]) -> Model:
    field = table["cycle_weights"]
    text = field.text()
    weights = field.reading(lambda: parse_rational(text, {"t": sympy.Symbol("t")}))
    _known(field, {s.name for s in weights.free_symbols} - {"t"}, names)
    ratios: dict[str, Any] = {}
    for name in ("phi", "psi"):
        if name in table:
            ratios[name] = table[name].amount()
            _known(table[name], ratios[name].formula.names, names)
            if ratios[name].exact is None:
                table[name].fail("a ratio is a rational number, or a rational expression in parameters")
    return Model("cycle_weights", text, field.line, options=ratios)


def _function(table: dict[str, Field]) -> Model:
    field = table["function"]
    text = field.text()
    if len(text) > 200 or not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", text, flags=re.ASCII):
        field.fail("a function is given as module:function, such as my_samplers:wigner_product")
    return Model("function", text, field.line)


# -- the claim ---------------------------------------------------------------------------------------------


def _claim(field: Field, names: frozenset[str]) -> Claim:
    table = field.table(_CLAIMS)
    if not set(table) - {"convention", "intervals"}:
        field.fail(
            f"nothing is claimed; give one of {', '.join(n for n in _CLAIMS if n not in ('convention', 'intervals'))}"
        )
    for name, partner in (("convention", "equation"), ("intervals", "density")):
        if name in table and partner not in table:
            table[name].fail(f"this goes with the field {partner!r}")
    if "law" in table:
        table["law"].reading(partial(Source, table["law"].text()))
    return Claim(
        law=LawClaim(table["law"].text(), table["law"].line) if "law" in table else None,
        equation=_equation(table, names) if "equation" in table else None,
        density=_density(table, names) if "density" in table else None,
        moments=_amounts(table.get("moments"), names, _MOST_MOMENTS),
        edges=_amounts(table.get("edges"), names, 40),
        atoms=_atoms(table["atoms"], names) if "atoms" in table else None,
        means=_means(table["means"], names) if "means" in table else None,
        outliers=_amounts(table.get("outliers"), names, 20),
        lines={name: entry.line for name, entry in table.items()},
    )


def _equation(table: dict[str, Field], names: frozenset[str]) -> EquationClaim:
    field = table["equation"]
    convention = table["convention"].choice(("stieltjes", "cauchy")) if "convention" in table else "stieltjes"
    text = field.text()
    sides = text.split("=")
    if len(sides) > 2:
        field.fail("an equation has one sign of equality, or none for an expression that is 0")
    variables = {"z": Z, "m": M} if convention == "stieltjes" else {"z": Z, "G": G}
    for unknown, other in (("G", "cauchy"), ("m", "stieltjes")):
        if unknown not in variables and unknown not in names and re.search(rf"\b{unknown}\b", text):
            field.fail(f'{unknown} is the transform in the other convention; write convention = "{other}"')

    def side(written: str) -> sympy.Expr:
        return parse_rational(written, variables)

    parts = [field.reading(lambda s=s: side(s)) for s in sides]  # type: ignore[misc]
    polynomial = parts[0] - parts[1] if len(parts) == 2 else parts[0]
    unknown = variables["m" if convention == "stieltjes" else "G"]
    if not polynomial.has(unknown):
        field.fail(f"the equation does not contain {unknown}, the transform in the {convention} convention")
    _known(field, {s.name for s in polynomial.free_symbols} - set(variables), names)
    return EquationClaim(text, field.line, convention, polynomial.xreplace({G: -M}))  # type: ignore[arg-type]


def _known(field: Field, used: set[str] | frozenset[str], names: frozenset[str]) -> None:
    strange = sorted(set(used) - names - {"pi"})
    if strange:
        field.fail(
            f"the parameter {strange[0]!r} has no value; give it one in [parameters]"
            + (f" (known: {', '.join(sorted(names))})" if names else "")
        )


def _density(table: dict[str, Field], names: frozenset[str]) -> DensityClaim:
    field = table["density"]
    text = field.text()
    formula = field.reading(lambda: parse_formula(text, {*names, "x"}))
    if "intervals" not in table:
        field.fail('say where the density lives: intervals = [["left", "right"], ...]')
    intervals = []
    for item in table["intervals"].items(20):
        ends = item.items(2)
        if len(ends) != 2:
            item.fail('an interval is a list of its two ends, such as [["-2", "2"]]')
        amounts = (ends[0].amount(), ends[1].amount())
        for end, amount in zip(ends, amounts, strict=True):
            _known(end, amount.formula.names, names)
        intervals.append(amounts)
    if not intervals:
        table["intervals"].fail("at least one interval is needed")
    return DensityClaim(text, field.line, formula, tuple(intervals))


def _amounts(field: Field | None, names: frozenset[str], most: int) -> Any:
    if field is None:
        return None
    found = []
    for item in field.items(most):
        amount = item.amount()
        _known(item, amount.formula.names, names)
        found.append(amount)
    if not found and field.name == "claim.moments":
        field.fail("the list is empty; it holds m_1, m_2, ...")
    return tuple(found)


def _atoms(field: Field, names: frozenset[str]) -> tuple[AtomClaim, ...]:
    found = []
    for item in field.items(40):
        table = item.table(("at", "weight"), required=("at", "weight"))
        place, weight = table["at"].amount(), table["weight"].amount()
        for part, amount in ((table["at"], place), (table["weight"], weight)):
            _known(part, amount.formula.names, names)
        found.append(AtomClaim(place, weight))
    return tuple(found)


def _means(field: Field, names: frozenset[str]) -> tuple[MeanClaim, ...]:
    found = []
    for item in field.items(40):
        table = item.table(("of", "value"), required=("of", "value"))
        text = table["of"].text()
        formula = table["of"].reading(partial(parse_formula, text, {*names, "x"}))
        value = table["value"].amount()
        _known(table["value"], value.formula.names, names)
        found.append(MeanClaim(text, item.line, formula, value))
    if not found:
        field.fail('the list is empty; an entry is {of = "log(x)", value = "..."}')
    return tuple(found)


# -- the test ----------------------------------------------------------------------------------------------


def _plan(field: Field) -> Plan:
    table = field.table(("sizes", "trials", "seed", "level", "resolution"))
    default = Plan()
    sizes = None
    if "sizes" in table:
        items = table["sizes"].items(6)
        sizes = tuple(item.whole(2, _LARGEST_SIZE) for item in items)
        if len(sizes) < 2:
            table["sizes"].fail("at least two sizes are needed, so that the limit can be extrapolated")
        if any(b <= a for a, b in pairwise(sizes)):
            table["sizes"].fail("the sizes must increase")
    return Plan(
        sizes=sizes,
        trials=table["trials"].whole(4, _MOST_TRIALS) if "trials" in table else default.trials,
        seed=table["seed"].whole(0, 2**64) if "seed" in table else default.seed,
        level=table["level"].between(0, 0.5) if "level" in table else default.level,
        resolution=table["resolution"].between(0, 1) if "resolution" in table else default.resolution,
        sizes_line=table.get("sizes", field).line,
    )
