"""Sizes that tend to infinity: every scalar of an expression as a power of the reference size N times an exact number.

A dimension d is r_d N with the ratio r_d fixed. Square roots become generators of the field, each the root of a
symbol, a prime or one further polynomial; they leave again when the Dyson equation is written down, where only their
squares occur.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy
from flint import fmpz_mpoly

from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import Element, Field, check_names, to_element
from resolvent.derive.exact.polynomials import generator
from resolvent.derive.expressions.letter import SymbolicSize
from resolvent.derive.laws.arguments import as_scalar

IMAGINARY = "i_"
_FACTORED = 10**24


class NotRational(ParameterError):
    """An irrational number that is no square root of a rational one stands in an expression."""


@dataclass(frozen=True)
class Scaled:
    """A scalar: ``value`` times N to the power ``order``."""

    value: Element
    order: Fraction = Fraction(0)


@dataclass(frozen=True, eq=False)
class Scales:
    """The ratios of the dimensions, and the square roots met so far.

    Attributes:
        ratios: r_d for every dimension, in parameters; 1 for the reference dimension.
        roots: names of the generators for square roots, and their squares.
        symbols: the parameters by name.
    """

    ratios: Mapping[SymbolicSize, sympy.Expr]
    roots: dict[str, Element] = field(default_factory=dict)
    symbols: dict[str, sympy.Symbol] = field(default_factory=dict)

    def ratio(self, of: SymbolicSize) -> Element:
        """r_d as an exact number."""
        return self._plain(self.ratios[of])

    def read(self, scalar: sympy.Expr) -> Scaled:
        """A scalar in dimensions, parameters and square roots; raises `ParameterError` for anything else."""
        try:
            return self._read(scalar)
        except ZeroDivisionError:
            raise ParameterError(f"{scalar} divides by zero", scalar=scalar) from None

    def _read(self, scalar: sympy.Expr) -> Scaled:
        if isinstance(scalar, SymbolicSize):
            return Scaled(self.ratio(scalar), Fraction(1))
        if scalar is sympy.I:
            self.roots.setdefault(IMAGINARY, Field().constant(-1))
            return Scaled(Field((IMAGINARY,)).generator(IMAGINARY))
        if scalar.is_Add:
            read = [self._read(part) for part in scalar.args]
            top = max(part.order for part in read)  # what is of lower order vanishes in the limit
            return Scaled(_sum(part.value for part in read if part.order == top), top)
        if scalar.is_Mul:
            value, order = Field().constant(1), Fraction(0)
            for part in scalar.args:
                factor = self._read(part)
                value, order = value * factor.value, order + factor.order
            return Scaled(value, order)
        if scalar.is_Pow and scalar.exp.is_Rational and int(scalar.exp.q) in (1, 2):
            base = self._read(scalar.base)
            exponent = Fraction(int(scalar.exp.p), int(scalar.exp.q))
            whole = base.value if exponent.denominator == 1 else self._root(base.value, scalar)
            return Scaled(whole**exponent.numerator, base.order * exponent)
        if scalar.is_number and scalar.is_rational is False:
            raise NotRational(f"{scalar} is neither a rational number nor a square root of one", scalar=scalar)
        return Scaled(self._plain(scalar))

    def _plain(self, scalar: Any) -> Element:
        element, symbols = to_element(scalar)
        check_names((*self.symbols.values(), *symbols))
        for symbol in symbols:
            if isinstance(symbol, SymbolicSize):
                raise ParameterError(f"the dimension {symbol} has no place in {scalar}", scalar=scalar)
            self.symbols[symbol.name] = symbol
        return element

    def _root(self, value: Element, shown: sympy.Expr) -> Element:
        """The square root of an element: monomials with positive symbols split, the rest is one generator."""
        if not value:
            return value
        if any(name in self.roots for name in _used(value)):
            raise ParameterError(f"{shown} is a root of a root; give it a name (a parameter)", scalar=shown)
        ring = value.numerator.context()
        radicand = value.numerator * value.denominator
        outside = Field(ring.names()).constant(1) / value.field.element(value.denominator)
        core = ring.constant(1)
        constant, factors = radicand.factor()
        inside: list[tuple[str, Element]] = []
        if abs(int(constant)) > _FACTORED:  # its prime factors may be out of reach
            root = math.isqrt(abs(int(constant)))
            if root**2 == abs(int(constant)):
                outside, constant = outside * root, int(constant) // root**2
            else:
                core, constant = core * abs(int(constant)), -1 if int(constant) < 0 else 1
        for prime, exponent in _primes(int(constant)):
            outside = outside * prime ** (exponent // 2)
            if exponent % 2 and prime == -1:
                core = -core
            elif exponent % 2:
                inside.append((f"root_{prime}_", Field().constant(prime)))
        for base, exponent in factors:
            outside = outside * value.field.element(base) ** (int(exponent) // 2)
            if not int(exponent) % 2:
                continue
            symbol = self.symbols.get(str(base))
            if symbol is not None and symbol.is_nonnegative:
                inside.append((f"root_{base}_", value.field.element(base)))
            else:
                core = core * base
        if not core.is_one():
            square = value.field.element(core)
            known = [n for n, s in self.roots.items() if n.startswith("root_of_") and s == square]
            inside.append((known[0] if known else f"root_of_{len(self.roots)}_", square))
        for name, square in inside:
            self.roots.setdefault(name, square)
            outside = outside * Field((name,)).generator(name)
        return outside

    def without_roots(self, element: Element) -> Element:
        """The element with even powers of the square roots replaced; what is odd stays."""
        if not any(name in self.roots for name in element.field.names):
            return element
        Field().constant(0)
        top, bottom = element.numerator, element.denominator
        for name in set(_used(element)) & set(self.roots):
            if bottom.degrees()[bottom.context().variable_to_index(name)]:
                bottom, top = self._rationalised(bottom, top, name)
        return self._even(top) / self._even(bottom)

    def _rationalised(self, bottom: fmpz_mpoly, top: fmpz_mpoly, name: str) -> tuple[fmpz_mpoly, fmpz_mpoly]:
        ring = bottom.context()
        mirrored = bottom.compose(*(-g if n == name else g for n, g in zip(ring.names(), ring.gens(), strict=True)))
        return bottom * mirrored, top * mirrored

    def _even(self, polynomial: fmpz_mpoly) -> Element:
        ring = polynomial.context()
        names = ring.names()
        total = Field().constant(0)
        groups: dict[tuple[int, ...], dict[tuple[int, ...], Any]] = {}
        places = [k for k, n in enumerate(names) if n in self.roots]
        for exponents, coefficient in polynomial.to_dict().items():
            key = tuple(exponents[k] // 2 for k in places)
            rest = tuple(e % 2 if k in places else e for k, e in enumerate(exponents))
            groups.setdefault(key, {})[rest] = coefficient
        for key, table in groups.items():
            part = Field(tuple(names)).element(ring.from_dict(table))
            for k, power in zip(places, key, strict=True):
                if power:
                    part = part * self.roots[names[k]] ** power
            total = total + part
        return _narrowed(total)


def _narrowed(element: Element) -> Element:
    """The element in the field of the names that occur in it."""
    return Field(tuple(sorted(_used(element)))).element(element.numerator, element.denominator)


def conjugate(element: Element) -> Element:
    """The complex conjugate: the imaginary unit changes its sign."""
    if IMAGINARY not in element.field.names:
        return element
    ring = element.field.ring
    unit = generator(ring, IMAGINARY)
    images = [-unit if n == IMAGINARY else g for n, g in zip(ring.names(), ring.gens(), strict=True)]
    return element.field.element(element.numerator.compose(*images), element.denominator.compose(*images))


def scales_of(dimensions: Iterable[SymbolicSize], ratios: Mapping[tuple[Any, Any], Any]) -> Scales:
    """The ratio of every dimension to a reference, from ratios {(p, n): c} that mean p/n -> c.

    The reference is the dimension that occurs most often below a ratio, so that equations look as people write them.

    Raises `ParameterError` when a ratio is missing, given twice, not positive, or about an unknown dimension.
    """
    wanted = list(dict.fromkeys(dimensions))
    links: dict[SymbolicSize, list[tuple[SymbolicSize, sympy.Expr]]] = {d: [] for d in wanted}
    below: dict[SymbolicSize, int] = dict.fromkeys(wanted, 0)
    for pair, value in ratios.items():
        if not (isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(d, SymbolicSize) for d in pair)):
            raise ParameterError(
                f"ratios are written {{(p, n): c}} with two dimensions p and n; got {pair!r}", pair=pair
            )
        scalar = as_scalar(value)
        if scalar.is_positive is False:
            raise ParameterError(f"the ratio {pair[0]}/{pair[1]} must be positive; got {scalar}", pair=pair)
        for d in pair:
            links.setdefault(d, [])
            below.setdefault(d, 0)
        links[pair[0]].append((pair[1], scalar))
        links[pair[1]].append((pair[0], 1 / scalar))
        below[pair[1]] += 1
    start = max(below, key=lambda d: below[d]) if below else None
    if start is None:
        return Scales({})
    found: dict[SymbolicSize, sympy.Expr] = {start: sympy.S.One}
    waiting = [start]
    while waiting:
        d = waiting.pop()
        for other, value in links[d]:  # d = value * other
            image = sympy.cancel(found[d] / value)
            if other not in found:
                found[other] = image
                waiting.append(other)
            elif sympy.cancel(found[other] - image) != 0:
                raise ParameterError(f"the ratios contradict one another at {other}", ratios=dict(ratios))
    missing = [d for d in wanted if d not in found]
    if missing:
        raise ParameterError(
            f"the ratio of {missing[0]} to {start} is missing; give its limit c, a number or a parameter: "
            f"ratios={{({missing[0]}, {start}): c}}, in a text {missing[0]}/{start} = c, on the command line "
            f"--ratio '{missing[0]}/{start} = c'",
            dimension=missing[0],
        )
    return Scales(found)


def _used(element: Element) -> list[str]:
    idle = set(element.numerator.unused_gens()) & set(element.denominator.unused_gens())
    return [n for n in element.field.names if n not in idle]


def _sum(elements: Iterable[Element]) -> Element:
    total = Field().constant(0)
    for element in elements:
        total = total + element
    return total


def _primes(number: int) -> list[tuple[int, int]]:
    return [(int(p), int(e)) for p, e in sympy.factorint(number).items()]


def power_of_size(order: Fraction) -> str:
    """A power of a size, as it is written in an expression.

    >>> power_of_size(Fraction(1)), power_of_size(Fraction(1, 2)), power_of_size(Fraction(3, 2))
    ('n', 'sqrt(n)', 'n**(3/2)')
    """
    if order == Fraction(1, 2):
        return "sqrt(n)"
    return "n" if order == 1 else f"n**{order}" if order.denominator == 1 else f"n**({order})"
