"""Truncated power series over exact fields, and the root of a polynomial as a power series.

Over Q the series are python-flint's ``fmpq_series``; over a field of rational functions
(`resolvent.derive.exact.field.Field`) they are `FieldSeries`, which offers the same operations. The functions of this
module work with either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import fmpq, fmpq_series

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import Element, Field
from resolvent.derive.exact.precision import order

Series = Any  # fmpq_series or FieldSeries: python-flint's types share no base class
Coefficient = Any  # fmpq or Element


class FieldSeries:
    """A power series over a `Field`, known modulo x^prec; the operations of ``fmpq_series`` that we need."""

    __slots__ = ("field", "prec", "terms")

    def __init__(self, field: Field, terms: Sequence[Element], prec: int) -> None:
        self.field = field
        self.prec = prec
        cut = list(terms[:prec])
        while cut and not cut[-1]:
            cut.pop()
        self.terms = cut

    def __repr__(self) -> str:
        return " + ".join(f"({c})*x^{k}" for k, c in enumerate(self.terms)) + f" + O(x^{self.prec})"

    def __getitem__(self, k: int) -> Element:
        return self.terms[k] if k < len(self.terms) else self.field.constant(0)

    def valuation(self) -> int:
        """The exponent of the first non-zero term (the precision, if all known terms vanish)."""
        return next((k for k, c in enumerate(self.terms) if c), self.prec)

    def _lift(self, other: Any) -> FieldSeries:
        if isinstance(other, FieldSeries):
            return other
        return FieldSeries(self.field, [self.field.coerce(other)], self.prec)

    def __neg__(self) -> FieldSeries:
        return FieldSeries(self.field, [-c for c in self.terms], self.prec)

    def __add__(self, other: Any) -> FieldSeries:
        b = self._lift(other)
        n = max(len(self.terms), len(b.terms))
        return FieldSeries(self.field, [self[k] + b[k] for k in range(n)], min(self.prec, b.prec))

    __radd__ = __add__

    def __sub__(self, other: Any) -> FieldSeries:
        return self + (-self._lift(other))

    def __rsub__(self, other: Any) -> FieldSeries:
        return (-self) + other

    def __mul__(self, other: Any) -> FieldSeries:
        b = self._lift(other)
        n = min(self.prec, b.prec)
        terms = [self.field.constant(0)] * min(n, max(len(self.terms) + len(b.terms) - 1, 0))
        for i, x in enumerate(self.terms[:n]):
            if x:
                for j, y in enumerate(b.terms[: n - i]):
                    terms[i + j] = terms[i + j] + x * y
        return FieldSeries(self.field, terms, n)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> FieldSeries:
        """Division by a series with non-zero constant term, coefficient by coefficient (no inverse is formed)."""
        b = self._lift(other)
        unit = b[0].inverse()
        quotient: list[Element] = []
        for k in range(min(self.prec, b.prec)):
            rest = self[k]
            for j in range(1, min(k, len(b.terms) - 1) + 1):
                rest = rest - b.terms[j] * quotient[k - j]
            quotient.append(rest * unit)
        return FieldSeries(self.field, quotient, min(self.prec, b.prec))

    def __rtruediv__(self, other: Any) -> FieldSeries:
        return self._lift(other) / self

    def __pow__(self, exponent: int) -> FieldSeries:
        power = self._lift(1)
        for _ in range(exponent):
            power = power * self
        return power

    def __call__(self, inner: FieldSeries) -> FieldSeries:
        """Composition with a series without constant term (Horner)."""
        result = FieldSeries(self.field, [], min(self.prec, inner.prec))
        for coefficient in reversed(self.terms):
            result = result * inner + FieldSeries(self.field, [coefficient], self.prec)
        return result

    def reversion(self) -> FieldSeries:
        """The compositional inverse of x*(unit + ...), by Lagrange's formula."""
        ratio = FieldSeries(self.field, [self.field.constant(1)], self.prec - 1) / shifted(self, -1)
        terms = [self.field.constant(0)]
        power = ratio
        for k in range(1, self.prec):
            terms.append(power[k - 1] * fmpq(1, k))
            power = power * ratio
        return FieldSeries(self.field, terms, self.prec)


def compose(outer: Series, inner: Series) -> Series:
    """outer(inner), inner without constant term (python-flint refuses an inner series that is zero)."""
    if not isinstance(inner, FieldSeries) and inner.length() == 0:
        return fmpq_series([outer[0]], prec=min(outer.prec, inner.prec))
    return outer(inner)


def make_series(field: Field, terms: Sequence[Coefficient], n: int) -> Series:
    """A series modulo x^n with coefficients of ``field`` (fmpq over Q)."""
    if field.is_rational:
        with order(n):
            return fmpq_series([_rational(c) for c in terms[:n]], prec=n)
    return FieldSeries(field, [field.coerce(c) for c in terms[:n]], n)


def terms_of(series: Series, n: int) -> list[Coefficient]:
    """The first ``n`` coefficients."""
    return [series[k] for k in range(n)]


def shifted(series: Series, k: int) -> Series:
    """The series times x^k; for negative k the lowest terms must vanish. Precision moves along."""
    if isinstance(series, FieldSeries):
        terms = [series.field.constant(0)] * k + series.terms if k >= 0 else series.terms[-k:]
        return FieldSeries(series.field, terms, series.prec + k)
    coefficients = series.coeffs()
    terms = [fmpq(0)] * k + coefficients if k >= 0 else coefficients[-k:]
    with order(series.prec + k):
        return fmpq_series(terms, prec=series.prec + k)


def resized(series: Series, n: int) -> Series:
    """The same coefficients as a series modulo x^n, terms beyond the old precision taken as zero."""
    if isinstance(series, FieldSeries):
        return FieldSeries(series.field, series.terms, n)
    if series.prec == n:
        return series  # series are never changed in place
    with order(n):
        return fmpq_series(series.coeffs()[:n], prec=n)


def _rational(value: Coefficient) -> fmpq:
    return value.to_fmpq() if isinstance(value, Element) else fmpq(value)


class SeriesPolynomial:
    """A polynomial F(x, Y) = sum_j a_j(x) Y^j over K[x], to be solved for Y as a power series in x.

    ``rows[j]`` lists the coefficients of a_j, lowest power of x first.
    """

    def __init__(self, field: Field, rows: Sequence[Sequence[Coefficient]]) -> None:
        self.field = field
        self.rows = [list(row) for row in rows]

    def _horner(self, rows: Sequence[Sequence[Coefficient]], y: Series, n: int) -> Series:
        with order(n):
            value = make_series(self.field, rows[-1], n)
            for row in reversed(rows[:-1]):
                value = value * y + make_series(self.field, row, n)
            return value

    def value(self, y: Series, n: int) -> Series:
        """F(x, y) modulo x^n."""
        return self._horner(self.rows, resized(y, n), n)

    def slope(self, y: Series, n: int) -> Series:
        """The derivative of F in Y at y, modulo x^n."""
        rows = [[c * j for c in row] for j, row in enumerate(self.rows)][1:]
        return self._horner(rows, resized(y, n), n)

    def separation(self, germ: Sequence[Coefficient]) -> int | None:
        """The valuation v of the slope if the germ singles out one root (Hensel), otherwise None.

        A truncated series g is within x^(v+1) of exactly one root if val F(g) > 2v, v = val F_Y(g).
        """
        known = list(germ)
        highest = max(len(row) for row in self.rows) + len(self.rows) * len(known)  # F(g) is a polynomial below this
        reach = 4
        while True:
            slope = terms_of(self.slope(make_series(self.field, known, reach), reach), reach)
            v = next((k for k, c in enumerate(slope) if c), None)
            if v is not None:
                break
            if reach > highest:
                return None
            reach *= 2
        if len(known) <= v:
            return None
        residual = self.value(make_series(self.field, known, 2 * v + 1), 2 * v + 1)
        return None if any(bool(c) for c in terms_of(residual, 2 * v + 1)) else v

    def root(self, germ: Sequence[Coefficient], n: int) -> Series:
        """The power series Y with F(x, Y) = 0 that begins with ``germ``, modulo x^n, by Newton's iteration.

        Raises `DerivationError` if the germ does not single out one root.
        """
        v = self.separation(germ)
        if v is None:
            raise DerivationError("the given moments do not single out one branch; give more of them", germ=germ)
        known = v + 1
        y = make_series(self.field, list(germ)[:known], n + v)
        while known < n:
            known_next = min(2 * known - v, n)
            reach = known_next + v
            with order(reach):
                residual = self.value(y, reach)
                slope = self.slope(y, reach)
                correction = shifted(residual, -v) / shifted(slope, -v)
                correction = resized(correction, known_next)
            with order(n + v):
                y = resized(resized(y, known_next) - correction, n + v)
            known = known_next
        return resized(y, n)


def moments_from_cumulants(cumulants: Series, field: Field) -> Series:
    """M(w) = sum m_k w^k from R's coefficients C(x) = 1 + sum_k kappa_k x^k, through M(w) = C(w M(w)).

    The free moment-cumulant relation says that w/(...) inverts: x = w M(w) and w = x / C(x).
    """
    n = cumulants.prec
    with order(n + 1):
        x = make_series(field, [0, 1], n + 1)
        inner = x / resized(cumulants, n + 1)
        return shifted(inner.reversion(), -1)


def cumulants_from_moments(moments: Series, field: Field) -> Series:
    """C(x) = 1 + sum_k kappa_k x^k from M(w) = sum m_k w^k; the inverse of `moments_from_cumulants`."""
    n = moments.prec
    with order(n + 1):
        w = shifted(moments, 1)
        inverse = w.reversion()
        one = make_series(field, [1], n)
        return one / shifted(inverse, -1)
