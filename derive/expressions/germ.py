"""The germ at infinity of a branch that is known by an enclosure at one point.

The moments of a rational expression may be algebraic numbers: the mean of X (1 + Y^2)^-1 X is (sqrt(5) - 1)/2. The
branch is followed with proof from the point of the enclosure to infinity, where its value says which it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy
from flint import acb, acb_poly, fmpq, fmpq_poly, fmpz_mpoly

from resolvent.derive.continuation.followed_root import Sheet
from resolvent.derive.equations.equation import ResolventEquation, series_rows, spectral_ring
from resolvent.derive.errors import BranchError, DerivationError, PrecisionError
from resolvent.derive.exact.algebraic_number import real_roots
from resolvent.derive.exact.field import Element, Field, polynomial_ring
from resolvent.derive.exact.polynomials import degree, factored
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.exact.series import Coefficient, SeriesPolynomial, terms_of
from resolvent.derive.expressions.enclosure import Enclosure
from resolvent.derive.laws.expansion_at_pole import element_of_root, specialised

_DEEPEST = 8

Rows = list[list[Element]]


class Unbounded(DerivationError):
    """The spectrum is not bounded in the limit."""


@dataclass(frozen=True, eq=False)
class _Chart:
    """Branches with the same first moments: with Y = m_0 + ... + w^s Y_s the polynomial becomes one in w and Y_s.

    Attributes:
        known: the moments m_0, ..., m_(s-1).
        rows: that polynomial, divided by w^power: for each power of Y_s the coefficients in w.
        factors: at w = 0 the irreducible factors with simple roots, in "m" and the parameters.
    """

    known: tuple[Element, ...]
    rows: Rows
    power: int
    factors: tuple[fmpz_mpoly, ...]

    def germ(self, root: Element) -> tuple[Element, ...]:
        """As many moments as single out the branch with m_s = root (its slope has the valuation power - s)."""
        base = root.field
        length = max(self.power - 2 * len(self.known) + 1, 1)
        found: list[Coefficient] = [root]
        if length > 1:
            rows = [[_coefficient(c, base) for c in row] for row in self.rows]
            found = terms_of(SeriesPolynomial(base, rows).root([_coefficient(root, base)], length), length)
        return (*map(base.coerce, self.known), *map(base.coerce, found))

    def value_at_infinity(self, enclosure: Enclosure, bits: int) -> acb:
        """Y_s at w = 0 on the branch that passes through the enclosure, which is followed with proof in x = -1/z.

        Raises `BranchError` or `PrecisionError` where that meets a branch point, or Y_s is not finite.
        """
        values = {n: q for n, q in enclosure.values.items() if n in self.rows[0][0].field.names}
        known = [c.evaluate(values).to_fmpq() for c in self.known]
        rows = [fmpq_poly([c.evaluate(values).to_fmpq() * (-1) ** k for k, c in enumerate(row)]) for row in self.rows]
        with working_precision(bits):
            w = enclosure.w
            value = -enclosure.trace / w
            for x in known:
                value = (value - acb(x)) / w
            sheet = Sheet([acb_poly(row) for row in rows], bits)
            start = sheet.refine(-w, value)
            if not sheet.same(-w, start, value):
                raise BranchError("the enclosure holds no root of the equation")
            sheet.anchor(-w, start)
            return sheet.value(acb(0))


def physical_equation_at(
    polynomial: fmpz_mpoly, symbols: Sequence[sympy.Symbol], enclosure: Enclosure
) -> ResolventEquation:
    """The equation of the branch of an irreducible polynomial that passes through the enclosure.

    Raises `Unbounded` when no branch with moments does.
    """
    idle = set(polynomial.unused_gens())
    kept = tuple(s for s in symbols if s.name not in idle)
    polynomial = polynomial.project_to_context(spectral_ring(kept))
    field = Field(tuple(s.name for s in kept))
    values = {n: q for n, q in enclosure.values.items() if n in field.names}
    for chart in _charts(polynomial, field):
        for bits in (128, 256, 512):
            try:
                value = chart.value_at_infinity(enclosure, bits)
                numeric = [specialised(factor, values) for factor in chart.factors]
                met = [(factor, own, k) for factor, own in zip(chart.factors, numeric, strict=True)
                       for k, root in enumerate(real_roots(own, bits)) if value.overlaps(acb(root))]  # fmt: skip
            except PrecisionError:
                continue
            except BranchError:
                break
            if len(met) == 1:
                factor, own, k = met[0]
                last = element_of_root(factor, own, k, field, kept)
                return ResolventEquation(polynomial, kept, chart.germ(field.join(last.field).coerce(last)))
    raise Unbounded("the resolvent is no series in 1/z: the spectrum is unbounded", polynomial=polynomial)


def _charts(polynomial: fmpz_mpoly, field: Field) -> Iterator[_Chart]:
    """The branches that begin with the moment 1, each up to the moment that tells it from the others."""
    rows = [[c if isinstance(c, Element) else Field().constant(c) for c in row]
            for row in series_rows(polynomial, {}, field)]  # fmt: skip
    ring = polynomial_ring(("m", *field.names))
    waiting: list[tuple[Rows, tuple[Element, ...], int]] = [(rows, (), 0)]
    while waiting:
        rows, known, power = waiting.pop()
        lowest = min((k for row in rows for k, c in enumerate(row) if c), default=0)
        rows, power = [row[lowest:] for row in rows], power + lowest
        start = _cleared([row[0] if row else field.constant(0) for row in rows], ring, field)
        factors = [(f, k) for f, k in factored(start) if degree(f, "m") and (known or f == ring.gen(0) - 1)]
        for factor, multiplicity in factors:
            if multiplicity > 1 and (degree(factor, "m") > 1 or len(known) >= _DEEPEST):
                raise DerivationError("branches of the equation agree in moments that are not rational", factor=factor)
            if multiplicity > 1:
                root = element_of_root(factor, specialised(factor, dict.fromkeys(field.names, fmpq(1))), 0, field, ())
                waiting.append((_following(rows, root, field), (*known, root), power))
        yield _Chart(known, rows, power, tuple(f for f, k in factors if k == 1))


def _cleared(coefficients: Sequence[Element], ring: object, field: Field) -> fmpz_mpoly:
    """A polynomial in "m" with these coefficients, times their common denominator."""
    common = field.ring.constant(1)
    for c in coefficients:
        q = c.denominator.project_to_context(field.ring)
        common = common * (q / q.gcd(common))
    total = ring.constant(0)  # type: ignore[attr-defined]
    m = ring.gen(0)  # type: ignore[attr-defined]
    for k, c in enumerate(coefficients):
        scaled = c.numerator.project_to_context(field.ring) * (common / c.denominator.project_to_context(field.ring))
        total = total + scaled.project_to_context(ring) * m**k
    return total


def _coefficient(element: Element, base: Field) -> Coefficient:
    return element.to_fmpq() if base.is_rational else base.coerce(element)


def _following(rows: Rows, root: Element, field: Field) -> Rows:
    """The polynomial in Y1 after Y = root + w Y1."""
    zero = field.constant(0)
    result: Rows = [[]]
    for row in reversed(rows):
        raised: Rows = [[] for _ in range(len(result) + 1)]
        for j, c in enumerate(result):
            raised[j] = _added(raised[j], [x * root for x in c])
            raised[j + 1] = _added(raised[j + 1], [zero, *c] if c else [])
        raised[0] = _added(raised[0], row)
        result = raised
    return result


def _added(a: list[Element], b: list[Element]) -> list[Element]:
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    return [x + shorter[k] if k < len(shorter) else x for k, x in enumerate(longer)]
