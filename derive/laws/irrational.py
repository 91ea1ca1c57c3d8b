r"""Irrational numbers in laws: algebraic ones exactly, through their minimal polynomial, and others as rounded.

An irrational argument gets a name. The law is derived with that name as a parameter, and the number is put in at the
end: an algebraic one by eliminating it with its minimal polynomial, so that the equation stays one over Q and the
moments that single out the branch lie in the number field; any other one by its decimals, and then a step says so.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial, reduce
from typing import Any, TypeVar, cast

import sympy
from flint import fmpq, fmpz_mpoly

from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import Values
from resolvent.derive.errors import DerivationError, ParameterError, ResolventError
from resolvent.derive.exact.compositum import MOST_DEGREE
from resolvent.derive.exact.extension import ALPHA, Extension
from resolvent.derive.exact.field import Element, Field, generated, to_fmpq, to_sympy_rational
from resolvent.derive.exact.polynomials import ring_of, substitute
from resolvent.derive.exact.resultant import Resultant
from resolvent.derive.exact.series import Series, make_series, terms_of
from resolvent.derive.laws.arguments import OPERATORS, grouped
from resolvent.derive.laws.from_polynomial import conclude
from resolvent.derive.laws.record import AlgebraicRecord, LawT, Recipe

F = TypeVar("F", bound=Callable[..., Any])
Eliminated = tuple[Resultant, Sequence[fmpz_mpoly]]  # and the irreducible factors in z and m, where they are known

DIGITS = 50  # of numbers that are rounded
_CHECKED_DIGITS = 30  # that decide whether a number lies in a domain with rational ends
_X = sympy.Symbol("x")


def exact_numbers(function: F) -> F:
    """A constructor of laws or an operation on them that takes irrational numbers, too.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> semicircle(sympy.sqrt(2)).moments(4)
    [0, sqrt(2), 0, 4]
    >>> semicircle(sympy.sqrt(2)).equation.expr
    -2*m**4 + m**2*z**2 + 2*m*z + 1

    The function then raises `ParameterError` where what it makes is no algebraic law.
    """

    @functools.wraps(function)
    def taking(*arguments: Any, **options: Any) -> Any:
        numbers: dict[sympy.Symbol, sympy.Expr] = {}
        known, known_options = _lifted(arguments, numbers), _lifted(options, numbers)
        has_irrational_laws = bool(numbers)
        bases, base_options = _named(known, numbers), _named(known_options, numbers)
        if not numbers:
            return function(*bases, **base_options)
        if not (has_irrational_laws and bases == known and base_options == known_options):
            _try(function, bases, base_options, numbers)
        try:
            with unnamed(numbers):
                law = function(*bases, **base_options)
        except DerivationError as error:
            if not has_irrational_laws or "extensions" not in error.objects:
                raise
            numbers.clear()  # the laws with the numbers in them may have a field in common where those before had none
            bases, base_options = _named(arguments, numbers), _named(options, numbers)
            with unnamed(numbers):
                law = function(*bases, **base_options)
        if not numbers:
            return law
        if not isinstance(law, AlgebraicRecord):
            shown, text = ", ".join(map(str, numbers.values())), _unnamed(law.text, numbers)
            raise ParameterError(f"{text} takes rational numbers only; got {shown}", numbers=tuple(numbers.values()))
        return put_in(law, tuple(numbers), tuple(numbers.values()))

    return cast(F, taking)


def at(law: LawT, values: Mapping[str, Any]) -> LawT:
    """The law with parameters replaced; irrational numbers among the values are put in exactly, or as rounded.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> at(marchenko_pastur(sympy.Symbol("c", positive=True)), {"c": sympy.sqrt(2)}).moments(2)
    [1, 1 + sqrt(2)]

    Raises `ParameterError` for names the law does not have and for values outside of domains.
    """
    numbers: dict[sympy.Symbol, sympy.Expr] = {}
    base = _lifted(law, numbers)
    named = _named(dict(values), numbers)
    if not numbers:
        return AlgebraicRecord.at(law, named)
    _try(AlgebraicRecord.at, (base, named), {}, numbers)
    return put_in(AlgebraicRecord.at(base, named), tuple(numbers), tuple(numbers.values()))


def _eliminated(modulus: fmpz_mpoly, relation: fmpz_mpoly) -> Eliminated:
    return Resultant.of(modulus, relation, ALPHA), ()


def put_in(
    law: LawT,
    symbols: Sequence[sympy.Symbol],
    values: Sequence[sympy.Expr],
    eliminate: Callable[[fmpz_mpoly, fmpz_mpoly], Eliminated] = _eliminated,
) -> LawT:
    """The law with irrational numbers in the place of parameters, whatever their domains.

    ``eliminate`` makes the resultant of the minimal polynomial and the equation, which may take long.

    Raises `DerivationError` if the law's moments have a root of a parameter in them.
    """
    numbers = dict(zip(symbols, values, strict=True))
    written = all(map(_is_written, values))
    recipe = Recipe(put_in, (law, tuple(symbols), tuple(values)), frozenset(symbols), is_written=written)
    text = _unnamed(law.text, numbers)
    others = {s: v for s, v in numbers.items() if _minimal(v) is None}
    if others:
        law = _in_decimals(law, others, recipe, text)
    kept = {s: v for s, v in numbers.items() if s not in others and s.name in {x.name for x in law.equation.symbols}}
    if not kept:
        return type(law)(law.equation, law.conclusion, recipe, text, law.nonnegative)
    extension, images = _number_field(kept)
    wide = ring_of(("z", "m", ALPHA), law.equation.polynomial, drop=(s.name for s in kept))
    quotients = {name: _quotient(image, wide) for name, image in images.items()}
    modulus = extension.polynomial(wide)
    relation = divmod(substitute(law.equation.polynomial, wide, quotients), modulus)[1]
    elimination, factors = eliminate(modulus, relation)
    rest = tuple(s for s in law.equation.symbols if s not in kept)
    return conclude(
        type(law),
        without_number(elimination.value),
        rest,
        partial(_moments, law, kept),
        rule=rules.ALGEBRAIC_NUMBER,
        text=text,
        explanation=f"the equation of {text}, by eliminating {', '.join(map(str, kept.values()))}",
        uses=(law.conclusion,),
        recipe=recipe,
        nonnegative=law.nonnegative,
        eliminations=(elimination,),
        factors=factors,
    )


def without_number(polynomial: fmpz_mpoly) -> fmpz_mpoly:
    """A polynomial from which the number was eliminated, in a ring without it."""
    return polynomial.project_to_context(ring_of(("z", "m"), polynomial, drop=(ALPHA,)))


@contextmanager
def unnamed(numbers: Mapping[sympy.Symbol, sympy.Expr]) -> Iterator[None]:
    """Errors inside say the numbers in the place of their names, and that decimals would do.

    >>> ((name,), numbers) = with_names((sympy.sqrt(2),))
    >>> with unnamed(numbers):
    ...     raise DerivationError(f"there is none over {name}")
    Traceback (most recent call last):
    resolvent.derive.errors.DerivationError: there is none over sqrt(2); a decimal number in its place has more answers
    """
    try:
        yield
    except ResolventError as error:
        text = str(error)
        if not any(symbol.name in text for symbol in numbers):
            raise
        hint = "; a decimal number in its place has more answers" if isinstance(error, DerivationError) else ""
        raise type(error)(_unnamed(text, numbers) + hint, **error.objects) from error


def is_irrational(value: Any) -> bool:
    """Whether it is a real number of SymPy that is not written as a rational one."""
    return (
        isinstance(value, sympy.Expr)
        and not isinstance(value, (sympy.Rational, sympy.Float))
        and bool(value.is_number and value.is_real)
    )


def with_names(arguments: Any) -> tuple[Any, dict[sympy.Symbol, sympy.Expr]]:
    """Arguments with names for irrational numbers, those in laws included, and the numbers by name; see `put_in`.

    >>> ((name,), numbers) = with_names((sympy.sqrt(2),))
    >>> numbers[name]
    sqrt(2)
    """
    numbers: dict[sympy.Symbol, sympy.Expr] = {}
    return _named(_lifted(arguments, numbers), numbers), numbers


def nearby(law: LawT) -> LawT:
    """The law with irrational numbers rounded to more digits than floats have: for sampled matrices."""
    numbers: dict[sympy.Symbol, sympy.Expr] = {}
    base = _lifted(law, numbers)
    return cast(LawT, _put(base, {symbol: _rounded(value, _CHECKED_DIGITS) for symbol, value in numbers.items()}))


def has_numbers(law: AlgebraicRecord) -> bool:
    """Whether irrational numbers were put in last, which can be `rounded`."""
    return law.recipe.build is put_in


def rounded(law: LawT) -> LawT:
    """The law with its irrational numbers rounded to 50 digits, as a step says.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> rounded(semicircle(sympy.sqrt(2))).derivation.steps[-1].text[:38]
    'sqrt(2) was rounded to 1.4142135623730'
    """
    base, symbols, values = law.recipe.arguments
    return _in_decimals(cast(LawT, base), dict(zip(symbols, values, strict=True)), law.recipe, law.text)


def _in_decimals(law: LawT, numbers: Mapping[sympy.Symbol, sympy.Expr], recipe: Recipe, text: str) -> LawT:
    law = law.recipe.replay({symbol: _rounded(value, DIGITS) for symbol, value in numbers.items()})
    said = ", ".join(f"{value} was rounded to {sympy.N(value, DIGITS)}" for value in numbers.values())
    step = Step(rules.ROUNDING, f"{said}, with a relative error below 1e-{DIGITS - 1}", uses=(law.conclusion,),
                kind="definition", digits=DIGITS)  # fmt: skip
    return type(law)(law.equation, step, recipe, text, law.nonnegative)


# -- arguments -----------------------------------------------------------------------------------------------------


def _each(argument: Any, change: Callable[[Any], Any]) -> Any:
    """A tree of arguments with its leaves changed."""
    if isinstance(argument, (tuple, list)):
        parts = [_each(part, change) for part in argument]
        return parts if isinstance(argument, list) else tuple(parts)
    if isinstance(argument, dict):
        return {name: _each(part, change) for name, part in argument.items()}
    return change(argument)


def _lifted(arguments: Any, numbers: dict[sympy.Symbol, sympy.Expr]) -> Any:
    """The arguments with laws as they were before irrational numbers were put in, which are collected."""

    def change(argument: Any) -> Any:
        if not isinstance(argument, AlgebraicRecord) or argument.recipe.build is not put_in:
            return argument
        law, symbols, values = argument.recipe.arguments
        numbers.update(zip(symbols, values, strict=True))
        return law

    return _each(arguments, change)


def _named(arguments: Any, numbers: dict[sympy.Symbol, sympy.Expr]) -> Any:
    """The arguments with names for irrational numbers, which are collected."""

    def change(argument: Any) -> Any:
        return _renamed(argument, numbers) if isinstance(argument, sympy.Expr) else argument

    return _each(arguments, change)


def _renamed(part: sympy.Expr, numbers: dict[sympy.Symbol, sympy.Expr]) -> sympy.Expr:
    """An expression with names for its irrational numbers, down to which sums, products and whole powers lead."""
    if isinstance(part, (sympy.Rational, sympy.Float, sympy.Symbol)):
        return part
    if isinstance(part, (sympy.Add, sympy.Mul)):
        return part.func(*(_renamed(inner, numbers) for inner in part.args))
    if isinstance(part, sympy.Pow) and isinstance(part.exp, sympy.Integer):
        return _renamed(part.base, numbers) ** part.exp
    if not part.is_number:
        return part
    if isinstance(part, sympy.Pow) and isinstance(part.exp, sympy.Rational):
        return _name_of(part.base ** sympy.Rational(1, part.exp.q), numbers) ** part.exp.p
    return _name_of(part, numbers)


def _name_of(value: sympy.Expr, numbers: dict[sympy.Symbol, sympy.Expr]) -> sympy.Expr:
    """The name of an irrational number; a rational number itself."""
    if not (value.is_real and value.is_finite):
        raise ParameterError(f"{value} is not a real number", value=value)
    found = _minimal(value)
    if found is not None and found.degree() == 1:
        return -found.nth(0) / found.nth(1)
    letters = re.sub(r"\W+", "_", str(value)).strip("_")[:24]
    digest = hashlib.sha256(sympy.srepr(value).encode()).hexdigest()[:6]
    symbol = sympy.Symbol(f"number_{letters}_{digest}", positive=bool(value > 0), negative=bool(value < 0))
    numbers[symbol] = value
    return symbol


def _unnamed(text: str, numbers: Mapping[sympy.Symbol, sympy.Expr]) -> str:
    """A text with the numbers in the place of their names."""
    for symbol, value in numbers.items():
        text = re.sub(rf"(?<=[(\[ ]){symbol.name}(?=[)\],])", str(value), text)
        text = text.replace(symbol.name, grouped(str(value), OPERATORS))
    return text


def _try(
    function: Callable[..., Any], arguments: Any, options: Any, numbers: Mapping[sympy.Symbol, sympy.Expr]
) -> None:
    """Call a function with rational numbers nearby, so that it raises for numbers outside of domains."""
    rational = {symbol: _rounded(value, _CHECKED_DIGITS) for symbol, value in numbers.items()}
    try:
        function(*_put(arguments, rational), **_put(options, rational))
    except ResolventError as error:
        text = str(error)
        for symbol, value in rational.items():
            text = text.replace(str(value), str(numbers[symbol]))
        raise type(error)(text, **error.objects) from None


def _put(arguments: Any, values: Mapping[sympy.Symbol, sympy.Rational]) -> Any:
    """The arguments with rational numbers in the place of names."""

    def change(argument: Any) -> Any:
        if isinstance(argument, AlgebraicRecord):
            images = {s: v for s, v in values.items() if s in argument.parameters}
            return argument.recipe.replay(images) if images else argument
        return argument.xreplace(dict(values)) if isinstance(argument, sympy.Basic) else argument

    return _each(arguments, change)


# -- numbers -------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def _minimal(value: sympy.Expr) -> sympy.Poly | None:
    """The minimal polynomial over Q, or None for what is not known to be algebraic.

    Raises `ParameterError` for a number of a degree above 24.
    """
    if value.is_algebraic is False:
        return None
    try:
        found = sympy.Poly(sympy.minimal_polynomial(value, _X), _X)
    except (sympy.polys.polyerrors.NotAlgebraic, NotImplementedError):
        return None
    if found.degree() > MOST_DEGREE:
        raise ParameterError(f"{value} is of degree {found.degree()}, above the limit of {MOST_DEGREE}", value=value)
    return found


def _is_written(value: sympy.Expr) -> bool:
    """Whether a number is made of rational ones by + - * / and square roots alone, as the grammar has them."""
    if isinstance(value, sympy.Pow):
        exponent = abs(value.exp)
        return (exponent == sympy.Rational(1, 2) or bool(exponent.is_Integer)) and _is_written(value.base)
    return bool(value.is_Rational) or (isinstance(value, (sympy.Add, sympy.Mul)) and all(map(_is_written, value.args)))


def _rounded(value: sympy.Expr, digits: int) -> sympy.Rational:
    return to_sympy_rational(to_fmpq(sympy.Rational(str(sympy.N(value, digits)))))


def _number_field(numbers: Mapping[sympy.Symbol, sympy.Expr]) -> tuple[Extension, dict[str, Element]]:
    """A field that holds all the numbers, and the numbers in it."""
    own = {symbol.name: _generated(value) for symbol, value in numbers.items()}
    field = reduce(Field.join, (number.field for number in own.values()))
    assert field.extension is not None
    return field.extension, {name: field.coerce(number) for name, number in own.items()}


def _generated(value: sympy.Expr) -> Element:
    """An algebraic number as an element of the field that it generates."""
    polynomial = _minimal(value)
    assert polynomial is not None
    return generated([int(c) for c in reversed(polynomial.clear_denoms(convert=True)[1].all_coeffs())], value)


def _quotient(element: Element, ring: Any) -> tuple[fmpz_mpoly, fmpz_mpoly]:
    return element.numerator.project_to_context(ring), element.denominator.project_to_context(ring)


def _moments(law: AlgebraicRecord, numbers: Mapping[sympy.Symbol, sympy.Expr], n: int, values: Values) -> Series:
    """The law's moments with the numbers put in.

    Raises `DerivationError` where the moments have a root with parameters in it beside the numbers.
    """
    terms = terms_of(law.moment_series(n, values), n)
    extension, images = _number_field(numbers)
    names = tuple(s.name for s in law.equation.symbols if s.name not in {*images, *values})
    own = law.equation.field.specialise(values).extension
    field = Field(names, extension)
    if own is not None:
        root = _root(own, numbers)
        try:
            field = field.join(root.field)
        except DerivationError as error:
            raise DerivationError(
                f"the moments of {_unnamed(law.text, numbers)} have the root {_unnamed(str(own.value), numbers)} in "
                f"them, beside {', '.join(map(str, numbers.values()))}: give the parameters values, or a decimal "
                "number in the place of the irrational one",
                extensions=(own, extension),
            ) from error
        images[ALPHA] = root
    inside = {name: field.coerce(image) for name, image in images.items()}
    return make_series(field, [_at(term, field, inside) for term in terms], n)


def _root(extension: Extension, numbers: Mapping[sympy.Symbol, sympy.Expr]) -> Element:
    """The algebraic number of an extension, at the numbers where it has no other parameters."""
    named = {s.name: sympy.Symbol(s.name) for s in numbers}
    if not extension.names or not set(extension.names) <= set(named):
        return Field(extension.names, extension).generator(ALPHA)
    value = extension.value.subs({named[s.name]: number for s, number in numbers.items()})
    found: dict[sympy.Symbol, sympy.Expr] = {}
    rational = _name_of(value, found)
    return _generated(found[rational]) if found else Field().constant(to_fmpq(rational))


def _at(term: Any, field: Field, images: Mapping[str, Element]) -> Element:
    if not isinstance(term, Element):
        return field.constant(term)
    return _value(term.numerator, field, images) / _value(term.denominator, field, images)


def _value(polynomial: fmpz_mpoly, field: Field, images: Mapping[str, Element]) -> Element:
    names = polynomial.context().names()
    total = field.constant(0)
    for exponents, coefficient in polynomial.to_dict().items():
        term = field.constant(fmpq(coefficient))
        for name, exponent in zip(names, exponents, strict=True):
            base = images[name] if name in images else field.generator(name)
            if exponent:
                term = term * base ** int(exponent)
        total = total + term
    return total
