"""Exact numbers with square roots, for linear algebra: sums of products of distinct roots with rational coefficients.

The elements of `Scales.read` have a generator for each square root and treat it as free. A rank, or whether a matrix
is singular, needs to know that its square is a number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flint import fmpq, fmpz_mpoly

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import Element, Field
from resolvent.derive.expressions.scaling import IMAGINARY, Scales

Parts = dict[int, Any]
"""Coefficients, none of them zero, of products of roots; a bit for every root that occurs."""


@dataclass(frozen=True, eq=False)
class Roots:
    """The square roots that occur among the scalars, and the field of their coefficients.

    Attributes:
        names: the names of the roots, and ``squares`` their squares.
        coefficients: the field of the parameters.

    >>> import sympy
    >>> scales = Scales({})
    >>> value = scales.read(sympy.sqrt(2)).value
    >>> root = Roots.among(value.field.names, scales).constant(value)
    >>> root * root, 1 / root, root * root - 2
    (2, (root_2_)/(2), 0)
    """

    names: tuple[str, ...]
    squares: tuple[Any, ...]
    coefficients: Field
    _products: dict[int, Any] = field(default_factory=lambda: {0: fmpq(1)})

    @classmethod
    def among(cls, names: Iterable[str], scales: Scales) -> Roots:
        """The roots among these names, the others being parameters."""
        found = sorted(set(names))
        roots = {name: scales.roots[name] for name in found if name in scales.roots}
        inside = {name for square in roots.values() for name in square.field.names}
        coefficients = Field(tuple(sorted(inside.union(found).difference(roots))))
        return cls(tuple(roots), tuple(_rational(x, coefficients) for x in roots.values()), coefficients)

    def constant(self, value: Any) -> Any:
        """A scalar as linear algebra uses it: fmpq where there are neither parameters nor roots in it."""
        if not isinstance(value, Element):
            return fmpq(value)
        if not any(name in self.names for name in value.field.names):
            return _rational(value, self.coefficients)
        return self._read(value.numerator) / self._read(value.denominator)

    def _read(self, polynomial: fmpz_mpoly) -> Any:
        names = polynomial.context().names()
        bits = [1 << self.names.index(name) if name in self.names else 0 for name in names]
        total: Any = fmpq(0)
        for exponents, coefficient in polynomial.to_dict().items():
            term: Any = fmpq(int(coefficient))
            for bit, name, e in zip(bits, names, exponents, strict=True):
                if bit:
                    term = term * self.product(bit) ** (int(e) // 2) * self.made({bit * (int(e) % 2): fmpq(1)})
                elif e:
                    term = term * self.coefficients.generator(name) ** int(e)
            total = total + term
        return total

    def product(self, mask: int) -> Any:
        """The product of the squares of these roots."""
        if mask not in self._products:
            low = mask & -mask
            self._products[mask] = self.product(mask ^ low) * self.squares[low.bit_length() - 1]
        return self._products[mask]

    def made(self, parts: Parts) -> Any:
        """The number with these parts: its coefficient alone where it has no roots."""
        return Radical(parts, self) if any(parts) else parts.get(0, fmpq(0))


class Radical:
    """A number with square roots. Arithmetic with rational numbers and elements of the field of parameters works."""

    __slots__ = ("parts", "roots")

    def __init__(self, parts: Parts, roots: Roots) -> None:
        self.parts = parts
        self.roots = roots

    def __repr__(self) -> str:
        return repr(plain(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Radical) and self.parts == other.parts

    __hash__ = None  # type: ignore[assignment]

    def conjugate(self) -> Radical:
        """The complex conjugate."""
        if IMAGINARY not in self.roots.names:
            return self
        return self._mirrored(1 << self.roots.names.index(IMAGINARY))

    def _mirrored(self, bit: int) -> Radical:
        """The number with the sign of one root changed."""
        return Radical({mask: -x if mask & bit else x for mask, x in self.parts.items()}, self.roots)

    def __neg__(self) -> Radical:
        return Radical({mask: -x for mask, x in self.parts.items()}, self.roots)

    def __add__(self, other: Any) -> Any:
        parts = dict(self.parts)
        for mask, x in (other.parts if isinstance(other, Radical) else {0: other}).items():
            total = parts[mask] + x if mask in parts else x
            if total:
                parts[mask] = total
            else:
                parts.pop(mask, None)
        return self.roots.made(parts)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return (-self) + other

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Radical):
            return Radical({mask: x * other for mask, x in self.parts.items()}, self.roots) if other else fmpq(0)
        total: Any = fmpq(0)
        for one, x in self.parts.items():
            parts = {one ^ two: x * y * self.roots.product(one & two) for two, y in other.parts.items()}
            total = self.roots.made(parts) + total
        return total

    __rmul__ = __mul__

    def inverse(self) -> Any:
        """The multiplicative inverse.

        Raises `DerivationError` where one root is a product of the others: then the number may be zero unseen.
        """
        top: Any = fmpq(1)
        bottom: Any = self
        while isinstance(bottom, Radical):
            mask = next(filter(None, bottom.parts))
            other = Radical({mask: fmpq(1)}, self.roots) if len(bottom.parts) == 1 else bottom._mirrored(mask & -mask)
            top, bottom = top * other, bottom * other
        if not bottom:
            raise DerivationError("a square root among the scalars is a product of others; write it as that product")
        return top * (1 / bottom)

    def __truediv__(self, other: Any) -> Any:
        return self * (other.inverse() if isinstance(other, Radical) else 1 / other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.inverse() * other


def _rational(value: Element, coefficients: Field) -> Any:
    return coefficients.coerce(value) if coefficients.names else value.to_fmpq()


def plain(value: Any) -> Element:
    """A number of linear algebra as all others are."""
    if not isinstance(value, Radical):
        return value if isinstance(value, Element) else Field().constant(value)
    roots = value.roots
    whole = Field(tuple(sorted((*roots.coefficients.names, *roots.names))))
    total = whole.constant(0)
    for mask, x in value.parts.items():
        term = whole.constant(1) * x
        for k, name in enumerate(roots.names):
            if mask >> k & 1:
                term = term * whole.generator(name)
        total = total + term
    return total


def cost(value: Any) -> int:
    """The number of terms, the measure of a pivot's size."""
    if isinstance(value, Radical):
        return 1 + sum(cost(x) - 1 if isinstance(x, Element) else 1 for x in value.parts.values())
    return len(value.numerator) + len(value.denominator) if isinstance(value, Element) else 1
