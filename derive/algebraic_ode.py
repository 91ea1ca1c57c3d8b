r"""The linear differential equation of an algebraic function, by elimination.

If P(z, m) = 0, then m' = -P_z/P_m lies in the field Q(z)[m]/P, and so do all derivatives. That is a vector space of
dimension d = deg P over Q(z), so at most d + 1 of m, m', m'', ... are independent: the first dependency is the equation
of lowest order whose solutions include all sheets. Elements are vectors of polynomials over one common denominator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce

from flint import fmpq_poly

from .continuation import columns
from .equation import ResolventEquation
from .errors import DerivationError
from .ode import LinearODE, ode_of

Row = list[fmpq_poly]
_ZERO, _ONE = fmpq_poly([0]), fmpq_poly([1])


@dataclass(frozen=True)
class _Element:
    """(sum_i vector[i] m^i)/denominator."""

    vector: Row
    denominator: fmpq_poly

    def reduced(self) -> _Element:
        common = reduce(lambda a, b: a.gcd(b), self.vector, self.denominator)
        return _Element([v // common for v in self.vector], self.denominator // common)


@lru_cache(maxsize=64)
def algebraic_ode(equation: ResolventEquation) -> LinearODE:
    """The differential equation of lowest order for all sheets m(z) of an equation without parameters.

    >>> from derive.laws import semicircle
    >>> print(algebraic_ode(semicircle().equation).text("m", "z"))
    -m + z*m' + (z**2 - 4)*m'' = 0

    Raises `DerivationError` if parameters are left.
    """
    if not equation.is_numeric:
        names = ", ".join(s.name for s in equation.symbols)
        raise DerivationError(f"the differential equation is found at numeric parameters; give values for {names}")
    field = _QuotientField([fmpq_poly(c) for c in columns(equation)])
    derivatives = [field.generator()]
    while True:
        relation = first_dependency([e.vector for e in derivatives])
        if relation is not None:
            return ode_of([a * e.denominator for a, e in zip(relation, derivatives, strict=True)])
        derivatives.append(field.derivative(derivatives[-1]))


class _QuotientField:
    """Q(z)[m]/P for P = sum_j rows[j](z) m^j, with its derivation."""

    def __init__(self, rows: Sequence[fmpq_poly]) -> None:
        self._rows = list(rows)
        self.degree = len(rows) - 1
        by_m = [j * c for j, c in enumerate(rows)][1:]
        by_z = [c.derivative() for c in rows]
        inverse = self._inverse(self._reduced(by_m, _ONE))
        self._slope = self.product(self._reduced([-c for c in by_z], _ONE), inverse)

    def generator(self) -> _Element:
        """m itself."""
        return self._reduced([_ZERO, _ONE], _ONE)

    def derivative(self, e: _Element) -> _Element:
        """d/dz: that of the coefficients, and m' times that by m."""
        d, top = e.denominator, e.vector
        direct = _Element([v.derivative() * d - v * d.derivative() for v in top], d * d)
        by_m = _Element([*[j * v for j, v in enumerate(top)][1:], _ZERO], d)
        return self._sum(direct, self.product(by_m, self._slope))

    def product(self, a: _Element, b: _Element) -> _Element:
        """The product, reduced modulo P."""
        total = [_ZERO] * (2 * self.degree)
        for i, x in enumerate(a.vector):
            for j, y in enumerate(b.vector):
                total[i + j] = total[i + j] + x * y
        return self._reduced(total, a.denominator * b.denominator)

    def _sum(self, a: _Element, b: _Element) -> _Element:
        common = a.denominator.gcd(b.denominator)
        left, right = b.denominator // common, a.denominator // common
        vector = [x * left + y * right for x, y in zip(a.vector, b.vector, strict=True)]
        return _Element(vector, a.denominator * left).reduced()

    def _reduced(self, vector: Sequence[fmpq_poly], denominator: fmpq_poly) -> _Element:
        rest = [*vector, *[_ZERO] * (self.degree - len(vector))]
        lead = self._rows[-1]
        while len(rest) > self.degree:
            top = rest.pop()
            if top != 0:
                shift = len(rest) - self.degree
                rest = [lead * v for v in rest]
                for j, c in enumerate(self._rows[:-1]):
                    rest[shift + j] = rest[shift + j] - top * c
                denominator = denominator * lead
        return _Element(rest, denominator).reduced()

    def _inverse(self, e: _Element) -> _Element:
        """1/e: the combination of e, em, em^2, ... that is 1, the last of 1, e, em, ... depending on those before."""
        powers = [_Element([_ONE, *[_ZERO] * (self.degree - 1)], _ONE)]
        multiple = e
        for _ in range(self.degree):
            powers.append(multiple)
            multiple = self.product(multiple, self.generator())
        relation = first_dependency([p.vector for p in powers[1:]] + [powers[0].vector])
        assert relation is not None
        assert relation[-1] != 0  # P is irreducible, so e, em, ... are independent
        total = _Element([_ZERO] * self.degree, _ONE)
        for k, (a, p) in enumerate(zip(relation[:-1], powers[1:], strict=True)):
            power = [_ZERO] * self.degree
            power[k] = -a * p.denominator
            total = self._sum(total, _Element(power, relation[-1]))
        return total


def first_dependency(rows: Sequence[Row]) -> Row | None:
    """Polynomials c_i, not all zero, with sum_i c_i rows[i] = 0; None if there are none. By fraction-free elimination.

    The rows before the last one that occurs are independent.
    """
    known: list[tuple[int, Row, Row]] = []  # pivot column, reduced row, its combination of the given rows
    for i, given in enumerate(rows):
        row, combination = list(given), [_ONE if k == i else _ZERO for k in range(len(rows))]
        for pivot, other, parts in known:
            if row[pivot] != 0:
                common = row[pivot].gcd(other[pivot])
                a, b = other[pivot] // common, row[pivot] // common
                row = [a * x - b * y for x, y in zip(row, other, strict=True)]
                combination = [a * x - b * y for x, y in zip(combination, parts, strict=True)]
        place = next((k for k, entry in enumerate(row) if entry != 0), None)
        if place is None:
            return combination
        known.append((place, row, combination))
    return None
