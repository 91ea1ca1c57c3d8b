"""Exact coefficients: rational functions of the parameters, and one algebraic number over them.

A coefficient lives in Q(parameters) or in Q(parameters)(alpha), where alpha is a root of a polynomial that
is monic in alpha. Both are quotients ``numerator / denominator`` of python-flint polynomials; the denominator is
free of alpha, and fractions are always in lowest terms, so equality is structural.

A third kind of coefficient, plain ``fmpq``, is what python-flint computes fastest with. `Field.is_rational`
tells when a field is just Q, and the series in `resolvent.derive.exact.series` then use ``fmpq``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from numbers import Integral, Rational
from typing import Any

import sympy
from flint import fmpq, fmpq_poly, fmpz, fmpz_mpoly, fmpz_mpoly_ctx

import resolvent.derive.exact.copies  # noqa: F401 - so that elements can be copied
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.extension import ALPHA, Extension

RESERVED_NAMES = frozenset({"z", "m", "G", ALPHA})


def polynomial_ring(names: Iterable[str]) -> fmpz_mpoly_ctx:
    """The python-flint ring Z[names] in lexicographic order (rings of equal names are the same object)."""
    return _ring(tuple(names))


@cache
def _ring(names: tuple[str, ...]) -> fmpz_mpoly_ctx:
    return fmpz_mpoly_ctx.get(names, "lex")


@dataclass(frozen=True)
class Field:
    """Q(names), or with an extension Q(names)(alpha).

    >>> field = Field(("c",))
    >>> c = field.generator("c")
    >>> (c**2 - 1) / (c + 1)
    c - 1
    """

    names: tuple[str, ...] = ()
    extension: Extension | None = None

    @property
    def is_rational(self) -> bool:
        """Whether the field is Q itself."""
        return not self.names and self.extension is None

    @property
    def ring(self) -> fmpz_mpoly_ctx:
        """The ring that numerators and denominators live in."""
        # alpha comes first: in lexicographic order its highest power must lead the minimal polynomial
        return polynomial_ring(self.names if self.extension is None else (ALPHA, *self.names))

    @property
    def modulus(self) -> fmpz_mpoly | None:
        """The minimal polynomial of alpha, or None."""
        return None if self.extension is None else _modulus(self)

    def element(self, numerator: fmpz_mpoly, denominator: fmpz_mpoly | None = None) -> Element:
        """The quotient of two polynomials whose generators the field has."""
        ring = self.ring
        top = numerator.project_to_context(ring)
        bottom = ring.constant(1) if denominator is None else denominator.project_to_context(ring)
        return _reduced(self, top, bottom)

    def constant(self, value: int | fmpz | fmpq | Fraction) -> Element:
        """A rational number as an element."""
        q = to_fmpq(value)
        return Element(self, self.ring.constant(q.p), self.ring.constant(q.q))

    def generator(self, name: str) -> Element:
        """A parameter (or alpha) as an element."""
        ring = self.ring
        return Element(self, ring.gen(ring.variable_to_index(name)), ring.constant(1))

    def coerce(self, value: Element | int | fmpz | fmpq | Fraction) -> Element:
        """An element of a smaller field, or a number, as an element of this one."""
        if not isinstance(value, Element):
            return self.constant(value)
        own = value.field.extension
        if own is None or own == self.extension:
            return value if value.field == self else self.element(value.numerator, value.denominator)
        image = self.constant(0)
        for c in reversed(own.inside(self.extension).coeffs()):
            image = image * self.generator(ALPHA) + c
        bare = polynomial_ring(value.field.names)
        total = self.constant(0)
        for c in reversed(coefficients_in(value.numerator, ALPHA, bare)):
            total = total * image + self.element(c)
        return total / self.element(value.denominator)

    def join(self, other: Field) -> Field:
        """The smallest field that holds both.

        Raises `DerivationError` where the two hold different algebraic numbers, of which one depends on parameters, and
        `ParameterError` where numbers generate a field of a degree above the limit.
        """
        if self == other:
            return self
        extension = self.extension or other.extension
        if self.extension is not None and other.extension is not None and self.extension != other.extension:
            extension = self.extension.join(other.extension)
        return Field(tuple(sorted({*self.names, *other.names})), extension)

    def specialise(self, values: Mapping[str, fmpq]) -> Field:
        """The field that is left when some parameters become numbers."""
        extension = None if self.extension is None else self.extension.specialise(values)
        return Field(tuple(n for n in self.names if n not in values), extension)


@lru_cache(maxsize=256)
def _modulus(field: Field) -> fmpz_mpoly:
    assert field.extension is not None
    return field.extension.polynomial(field.ring)


def generated(coefficients: Sequence[int], value: sympy.Expr) -> Element:
    """An irrational algebraic number as an element of the field that it generates.

    ``coefficients`` are those of its minimal polynomial, lowest first.

    >>> generated((-1, 0, 2), 1 / sympy.sqrt(2)) ** 2 == fmpq(1, 2)
    True
    """
    lead, degree = int(coefficients[-1]), len(coefficients) - 1
    monic = [int(c) * lead ** (degree - 1 - k) for k, c in enumerate(coefficients[:-1])]  # of lead times the number
    return Field((), Extension.of([*monic, 1], lead * value)).generator(ALPHA) / lead


class Element:
    """An element of a `Field`, in lowest terms. Arithmetic with integers, fmpq and other elements works."""

    __slots__ = ("denominator", "field", "numerator")

    def __init__(self, field: Field, numerator: fmpz_mpoly, denominator: fmpz_mpoly) -> None:
        self.field = field
        self.numerator = numerator
        self.denominator = denominator

    def __repr__(self) -> str:
        return str(self.numerator) if self.denominator.is_one() else f"({self.numerator})/({self.denominator})"

    def __bool__(self) -> bool:
        return not self.numerator.is_zero()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        a, b = _together(self, other)
        return bool(a.numerator == b.numerator and a.denominator == b.denominator)

    def __hash__(self) -> int:
        if self.field.extension is not None and self.numerator.degrees()[0] > 0:
            return hash(ALPHA)  # equal numbers may be written in different extensions
        return hash((_signature(self.numerator), _signature(self.denominator)))

    def __neg__(self) -> Element:
        return Element(self.field, -self.numerator, self.denominator)

    def __add__(self, other: Any) -> Element:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        a, b = _together(self, other)
        if a.denominator == b.denominator:
            total = a.numerator + b.numerator
            if a.denominator.is_one():
                return Element(a.field, total, a.denominator)
            return _reduced(a.field, total, a.denominator)
        return _reduced(
            a.field, a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator
        )

    __radd__ = __add__

    def __sub__(self, other: Any) -> Element:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        a, b = _together(self, other)
        return a + (-b)

    def __rsub__(self, other: int | fmpq) -> Element:
        return (-self) + other

    def __mul__(self, other: Any) -> Element:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        if not isinstance(other, Element) and other == 1:
            return self
        a, b = _together(self, other)
        product = a.numerator * b.numerator
        if a.denominator.is_one() and b.denominator.is_one() and a.field.extension is None:
            return Element(a.field, product, a.denominator)
        return _reduced(a.field, product, a.denominator * b.denominator)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Element:
        if not isinstance(other, _OPERANDS):
            return NotImplemented
        a, b = _together(self, other)
        return a * b.inverse()

    def __rtruediv__(self, other: int | fmpq) -> Element:
        return self.inverse() * other

    def __pow__(self, exponent: int) -> Element:
        if exponent < 0:
            return self.inverse() ** (-exponent)
        if self.field.extension is not None:
            power = self.field.constant(1)
            for _ in range(exponent):
                power = power * self
            return power
        return Element(self.field, self.numerator**exponent, self.denominator**exponent)

    def inverse(self) -> Element:
        """The multiplicative inverse; raises ZeroDivisionError at zero."""
        if not self:
            raise ZeroDivisionError("division by zero in a field of rational functions")
        modulus = self.field.modulus
        if modulus is None:
            return _reduced(self.field, self.denominator, self.numerator)
        norm, cofactor = _norm_and_cofactor(self.field, self.numerator, modulus)
        return _reduced(self.field, self.denominator * cofactor, norm)

    @property
    def is_constant(self) -> bool:
        """Whether the element is a rational number."""
        return bool(self.numerator.is_constant() and self.denominator.is_constant())

    def to_fmpq(self) -> fmpq:
        """The rational number this element is; raises ValueError if it is none."""
        if not self.is_constant:
            raise ValueError(f"{self} is not a rational number")
        return fmpq(_constant_term(self.numerator), _constant_term(self.denominator))

    def evaluate(self, values: Mapping[str, fmpq]) -> Element:
        """The element with some parameters replaced by numbers; raises ZeroDivisionError at a pole."""
        target = self.field.specialise(values)
        top = evaluate_polynomial(self.numerator, values, target)
        bottom = evaluate_polynomial(self.denominator, values, target)
        return top / bottom

    def to_sympy(self, symbols: Mapping[str, sympy.Symbol]) -> sympy.Expr:
        """The element as a SymPy expression, with ``symbols`` for the names of the parameters."""
        bottom = polynomial_to_sympy(self.denominator, symbols)
        if self.field.extension is None:
            return polynomial_to_sympy(self.numerator, symbols) / bottom
        alpha = self.field.extension.value.subs({sympy.Symbol(n): s for n, s in symbols.items()})
        ring = polynomial_ring(self.field.names)
        parts = [polynomial_to_sympy(c, symbols) for c in coefficients_in(self.numerator, ALPHA, ring)]
        total = sympy.expand(sum((c * alpha**k for k, c in enumerate(parts)), start=sympy.Integer(0)))
        radicals = [r for r in alpha.atoms(sympy.Pow) if not r.exp.is_Integer]
        pieces = sympy.collect(total, radicals, evaluate=False) if radicals else {sympy.Integer(1): total}
        return sympy.Add(*(sympy.factor(sympy.cancel(c / bottom)) * r for r, c in pieces.items()))


_OPERANDS = (Element, int, fmpz, fmpq, Fraction)


def _together(a: Element, b: Any) -> tuple[Element, Element]:
    if isinstance(b, Element):
        if a.field is b.field or a.field == b.field:
            return a, b
        field = a.field.join(b.field)
        return field.coerce(a), field.coerce(b)
    return a, a.field.constant(b)


def _reduced(field: Field, numerator: fmpz_mpoly, denominator: fmpz_mpoly) -> Element:
    if denominator.is_zero():
        raise ZeroDivisionError("division by zero in a field of rational functions")
    modulus = field.modulus
    if modulus is not None:
        numerator = divmod(numerator, modulus)[1]
    if numerator.is_zero():
        return Element(field, numerator, field.ring.constant(1))
    if not denominator.is_one():
        common = numerator.gcd(denominator)
        if not common.is_one():
            numerator, denominator = numerator / common, denominator / common
        if denominator.leading_coefficient() < 0:
            numerator, denominator = -numerator, -denominator
    return Element(field, numerator, denominator)


def _norm_and_cofactor(field: Field, value: fmpz_mpoly, modulus: fmpz_mpoly) -> tuple[fmpz_mpoly, fmpz_mpoly]:
    """A pair (N, C) with value * C = N modulo the minimal polynomial, N free of alpha (Euclid, or Cayley-Hamilton)."""
    if not field.names:
        a, b = (fmpq_poly([p[k,] for k in range(int(p.total_degree()) + 1)]) for p in (value, modulus))
        found = a.xgcd(b)[1]
        return field.ring.constant(found.denom()), field.ring.from_dict(
            {(k,): c for k, c in enumerate(found.numer()) if c}
        )
    wide = polynomial_ring((*field.names, ALPHA, "y_"))
    y = wide.gen(wide.nvars() - 1)
    characteristic = modulus.project_to_context(wide).resultant(y - value.project_to_context(wide), ALPHA)
    by_power = coefficients_in(characteristic, "y_", field.ring)
    cofactor = field.ring.constant(0)
    for coefficient in reversed(by_power[1:]):
        cofactor = divmod(cofactor * value + coefficient, modulus)[1]
    return -by_power[0], cofactor


def _signature(polynomial: fmpz_mpoly) -> frozenset[tuple[tuple[tuple[str, int], ...], int]]:
    """The terms of a polynomial, the same in every ring that has its generators."""
    names = polynomial.context().names()
    return frozenset(
        (tuple(sorted((n, e) for n, e in zip(names, exponents, strict=True) if e)), int(c))
        for exponents, c in polynomial.to_dict().items()
    )


def _constant_term(polynomial: fmpz_mpoly) -> fmpz:
    return next(iter(polynomial.to_dict().values()), fmpz(0))


def coefficients_in(polynomial: fmpz_mpoly, name: str, ring: fmpz_mpoly_ctx) -> list[fmpz_mpoly]:
    """The coefficients of the powers of one generator, lowest first, as polynomials of ``ring``."""
    source = polynomial.context()
    position = source.variable_to_index(name)
    slots = [source.variable_to_index(n) if n in source.names() else None for n in ring.names()]
    tables: dict[int, dict[tuple[int, ...], fmpz]] = {}
    for exponents, coefficient in polynomial.to_dict().items():
        key = tuple(0 if s is None else exponents[s] for s in slots)
        tables.setdefault(exponents[position], {})[key] = coefficient
    return [ring.from_dict(tables.get(k, {})) for k in range(max(tables, default=0) + 1)]


def evaluate_polynomial(polynomial: fmpz_mpoly, values: Mapping[str, fmpq], target: Field) -> Element:
    """A polynomial at numeric values of some generators, as an element of ``target``."""
    names = polynomial.context().names()
    positions = [i for i, n in enumerate(names) if n not in values]
    order = [target.ring.variable_to_index(names[i]) for i in positions]
    collected: dict[tuple[int, ...], fmpq] = {}
    for exponents, coefficient in polynomial.to_dict().items():
        term = fmpq(coefficient)
        for name, exponent in zip(names, exponents, strict=True):
            if exponent and name in values:
                term *= values[name] ** exponent
        key = [0] * target.ring.nvars()
        for slot, position in zip(order, positions, strict=True):
            key[slot] = exponents[position]
        collected[tuple(key)] = collected.get(tuple(key), fmpq(0)) + term
    denominator = common_denominator(collected.values())
    integral = {e: (c * denominator).p for e, c in collected.items() if c}
    return target.element(target.ring.from_dict(integral), target.ring.constant(denominator))


def common_denominator(numbers: Iterable[fmpq]) -> fmpz:
    """The least common denominator of rational numbers."""
    denominator = fmpz(1)
    for number in numbers:
        denominator = denominator * number.q // denominator.gcd(number.q)
    return denominator


# Long enough for any number a person writes; an exponent of eight digits would fill the memory.
_SHORT_NUMBER = re.compile(r"\s*[+-]?[0-9_./]{1,400}([eE][+-]?[0-9]{1,3})?\s*")


def to_fmpq(value: Any) -> fmpq:
    """A rational number from an int, Fraction, fmpq, SymPy number, decimal or fraction string, or float.

    A float stands for the shortest decimal that prints as it: 0.1 is 1/10.

    >>> to_fmpq(0.1), to_fmpq("3/4"), to_fmpq(2)
    (1/10, 3/4, 2)

    Raises `ParameterError` for anything else, nan, infinities and irrational numbers included.
    """
    if isinstance(value, fmpq):
        return value
    if isinstance(value, (Integral, fmpz)) and not isinstance(value, bool):
        return fmpq(int(value))
    if isinstance(value, sympy.Rational):
        return fmpq(int(value.p), int(value.q))
    if isinstance(value, sympy.Expr) and not isinstance(value, sympy.Float) and value.is_number and value.is_finite:
        reason = f"{value} is not a rational number; if it may be rounded, give a decimal number"
        raise ParameterError(f"{reason}, such as {value.evalf(17)}", value=value)
    try:
        if isinstance(value, bool) or (isinstance(value, str) and not _SHORT_NUMBER.fullmatch(value)):
            raise ValueError
        if isinstance(value, (str, Rational, Decimal)):
            exact = Fraction(value)
        elif isinstance(value, (float, sympy.Float)) or hasattr(value, "__float__"):
            exact = Fraction(repr(float(value)))
        else:
            raise ValueError
    except (ValueError, TypeError, ZeroDivisionError, OverflowError):
        is_name = isinstance(value, str) and value.isidentifier()
        hint = f"3/4 or 0.75; a parameter is rv.parameter({value!r}, positive=True)" if is_name else "3/4 or 0.75"
        raise ParameterError(f"{value!r} is not a rational number; write it as {hint}", value=value) from None
    return fmpq(exact.numerator, exact.denominator)


def to_float(value: fmpq) -> float:
    """A python-flint rational as a float.

    >>> to_float(fmpq(3, 8))
    0.375
    """
    return float(value.p) / float(value.q)


def to_sympy_rational(value: fmpq) -> sympy.Rational:
    """A python-flint rational as a SymPy one."""
    return sympy.Rational.from_coprime_ints(int(value.p), int(value.q))


def polynomial_to_sympy(polynomial: fmpz_mpoly, symbols: Mapping[str, sympy.Expr]) -> sympy.Expr:
    """A python-flint polynomial as an expanded SymPy expression."""
    names = polynomial.context().names()
    generators = [symbols.get(n) if n in symbols else sympy.Symbol(n) for n in names]
    terms = []
    for exponents, coefficient in polynomial.to_dict().items():
        factors = [g**e for g, e in zip(generators, exponents, strict=True) if e]
        terms.append(sympy.Mul(sympy.Integer(int(coefficient)), *factors))
    return sympy.Add(*terms)


def to_element(value: Any) -> tuple[Element, tuple[sympy.Symbol, ...]]:
    """A user's scalar as a rational function of its symbols, and those symbols.

    Numbers go through `to_fmpq`; SymPy expressions must be built from numbers and symbols with
    ``+ - * /`` and integer powers. Nothing is evaluated as text.

    >>> x = sympy.Symbol("x", positive=True)
    >>> to_element((x**2 - 1) / (x - 1))
    (x + 1, (x,))

    Raises `ParameterError` for anything else (a square root, say: give its square a name and use that).
    """
    if isinstance(value, sympy.Expr) and not value.is_number:
        symbols = tuple(sorted(value.free_symbols, key=lambda s: str(s.name)))
        check_names(symbols)
        return rational_function(value, Field(tuple(s.name for s in symbols))), symbols
    if isinstance(value, sympy.Expr) and not isinstance(value, (sympy.Rational, sympy.Float)):
        return rational_function(value, Field()), ()
    return Field().constant(to_fmpq(value)), ()


def check_names(symbols: Iterable[sympy.Symbol]) -> None:
    """Refuse parameters whose names the engine uses itself, or two parameters of one name."""
    seen: dict[str, sympy.Symbol] = {}
    for symbol in symbols:
        if symbol.name in RESERVED_NAMES:
            raise ParameterError(
                f"the name {symbol.name!r} is reserved for the spectral variables; rename the parameter", symbol=symbol
            )
        if not symbol.name.isidentifier():
            raise ParameterError(f"{symbol.name!r} cannot name a parameter; use letters, digits and _", symbol=symbol)
        if seen.setdefault(symbol.name, symbol) != symbol:
            raise ParameterError(
                f"two different parameters are called {symbol.name!r} (their assumptions differ); "
                "create the symbol once and use it everywhere",
                symbols=(seen[symbol.name], symbol),
            )


def rational_function(expression: Any, field: Field) -> Element:
    """A SymPy expression as an element of a field that has its symbols; `ParameterError` if it is not rational."""
    if isinstance(expression, sympy.Symbol):
        return field.generator(expression.name)
    if isinstance(expression, (sympy.Rational, sympy.Float)):
        return field.constant(to_fmpq(expression))
    if isinstance(expression, sympy.Add):
        total = field.constant(0)
        for argument in expression.args:
            total = total + rational_function(argument, field)
        return total
    if isinstance(expression, sympy.Mul):
        product = field.constant(1)
        for argument in expression.args:
            product = product * rational_function(argument, field)
        return product
    if isinstance(expression, sympy.Pow) and isinstance(expression.exp, sympy.Integer):
        try:
            return rational_function(expression.base, field) ** int(expression.exp)
        except ZeroDivisionError:
            raise ParameterError(f"{expression} divides by zero", expression=expression) from None
    raise ParameterError(
        f"{expression} is not a rational function of parameters; give it a name (a parameter) and substitute later",
        expression=expression,
    )
