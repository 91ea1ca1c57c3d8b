"""Exact numbers with square roots, for linear algebra: of every root only the first power is kept.

The elements of `Scales.read` have a generator for each square root and treat it as free. A rank, or whether a matrix
is singular, needs to know that its square is a number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flint import fmpq, fmpz_mpoly

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import Element, Field
from resolvent.derive.expressions.scaling import Scales, conjugate


@dataclass(frozen=True, eq=False)
class Roots:
    """A field, and the squares of those of its generators that are square roots, by their places.

    >>> import sympy
    >>> scales = Scales({})
    >>> value = scales.read(sympy.sqrt(2)).value
    >>> root = Roots.among(value.field.names, scales).constant(value)
    >>> root * root, 1 / root, bool(root * root - 2)
    (2, (root_2_)/(2), False)
    """

    field: Field
    squares: Mapping[int, fmpz_mpoly]

    @classmethod
    def among(cls, names: Iterable[str], scales: Scales) -> Roots:
        """The field of these names."""
        field = Field(tuple(sorted(names)))
        known = {k: scales.roots[name] for k, name in enumerate(field.names) if name in scales.roots}
        return cls(field, {k: x.numerator.project_to_context(field.ring) for k, x in known.items()})

    def constant(self, value: Any) -> Any:
        """A scalar as linear algebra uses it: fmpq where the field is that of rational numbers."""
        if not isinstance(value, Element):
            return fmpq(value)
        if not self.field.names:
            return value.to_fmpq()
        wide = self.field.coerce(value)
        return self.settled(wide) if self.squares else wide

    def settled(self, value: Element) -> Radical:
        """The element with the squares of its roots put in, and none in its denominator.

        Raises `DerivationError` where one root is a product of the others: then a denominator may vanish unseen.
        """
        top, bottom = value.numerator, value.denominator
        while below := [k for k, e in enumerate(bottom.degrees()) if e > 0 and k in self.squares]:
            other = self._mirrored(bottom, below[0])
            top, bottom = top * other, self._even(bottom * other)
        if bottom.is_zero():
            raise DerivationError("a square root among the scalars is a product of others; write it as that product")
        top = self._even(top)
        if top is not value.numerator or bottom is not value.denominator:
            value = self.field.element(top, bottom)
        return Radical(value, self)

    def _mirrored(self, polynomial: fmpz_mpoly, k: int) -> fmpz_mpoly:
        """The factor that makes the root in place k leave: the root itself, or the polynomial with its sign changed."""
        gens = self.field.ring.gens()
        if len(polynomial) == 1:
            return gens[k]
        return polynomial.compose(*(-g if j == k else g for j, g in enumerate(gens)))

    def _even(self, polynomial: fmpz_mpoly) -> fmpz_mpoly:
        """The polynomial with the even powers of roots replaced."""
        for k, degree in enumerate(polynomial.degrees()):
            if degree < 2 or k not in self.squares:
                continue
            parts: dict[int, dict[tuple[int, ...], Any]] = {}
            for e, coefficient in polynomial.to_dict().items():
                parts.setdefault(int(e[k]) // 2, {})[*e[:k], int(e[k]) % 2, *e[k + 1 :]] = coefficient
            polynomial = self.field.ring.constant(0)
            for power, part in parts.items():
                polynomial = polynomial + self.field.ring.from_dict(part) * self.squares[k] ** power
        return polynomial


class Radical(Element):
    """An element whose square roots stand in the numerator and in their first power, so that 0 is 0."""

    __slots__ = ("roots",)

    def __init__(self, value: Element, roots: Roots) -> None:
        super().__init__(value.field, value.numerator, value.denominator)
        self.roots = roots

    def conjugate(self) -> Radical:
        """The complex conjugate."""
        return Radical(conjugate(self), self.roots)

    def __neg__(self) -> Radical:
        return Radical(super().__neg__(), self.roots)

    def __add__(self, other: Any) -> Radical:
        return Radical(super().__add__(other), self.roots)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Radical:
        return self + (-other)

    def __rsub__(self, other: Any) -> Radical:
        return (-self) + other

    def __mul__(self, other: Any) -> Radical:
        return self.roots.settled(super().__mul__(other))

    __rmul__ = __mul__

    def inverse(self) -> Radical:
        """The multiplicative inverse; raises ZeroDivisionError at zero."""
        return self.roots.settled(super().inverse())

    def __truediv__(self, other: Any) -> Radical:
        return self * (other.inverse() if isinstance(other, Element) else 1 / fmpq(other))

    def __rtruediv__(self, other: Any) -> Radical:
        return self.inverse() * other


def plain(value: Any) -> Element:
    """A number of linear algebra as all others are."""
    if isinstance(value, Radical):
        return Element(value.field, value.numerator, value.denominator)
    return value if isinstance(value, Element) else Field().constant(value)
