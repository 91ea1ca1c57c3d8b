r"""The linear differential equation of an algebraic function, by elimination.

If P(z, m) = 0, then m' = -P_z/P_m lies in the field Q(z)[m]/P, and so do all derivatives. That is a vector space of
dimension d = deg P over Q(z), so at most d + 1 of m, m', m'', ... are independent: the first dependency is the equation
of lowest order whose solutions include all sheets. Elements are vectors of polynomials over one common denominator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

import sympy
from flint import fmpq_poly, fmpz_mpoly

from resolvent.derive.border import checked
from resolvent.derive.equations.equation import ResolventEquation
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import coefficients_in, polynomial_to_sympy, to_fmpq
from resolvent.derive.exact.polynomials import positive, ring_of
from resolvent.derive.sequences.ode import LinearODE, ode_of

Polynomial = Any  # fmpq_poly in z, or fmpz_mpoly in z and the parameters: the same arithmetic
Row = list[Polynomial]


@dataclass(frozen=True)
class _Element:
    """(sum_i vector[i] m^i)/denominator."""

    vector: Row
    denominator: Polynomial

    def reduced(self) -> _Element:
        common = reduce(lambda a, b: a.gcd(b), self.vector, self.denominator)
        return _Element([v // common for v in self.vector], self.denominator // common)


@checked
@lru_cache(maxsize=64)
def algebraic_ode(equation: ResolventEquation) -> LinearODE:
    """The differential equation of lowest order for all sheets m(z) of an equation without parameters.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> print(algebraic_ode(semicircle().equation).text("m", "z"))
    -m + z*m' + (z**2 - 4)*m'' = 0

    Raises `DerivationError` if parameters are left.

    Source: Bostan, Chyzak, Lecerf, Salvy, Schost, Differential equations for algebraic functions, ISSAC 2007.
    """
    if not equation.is_numeric:
        names = ", ".join(s.name for s in equation.symbols)
        raise DerivationError(f"the differential equation is found at numeric parameters; give values for {names}")
    rows = [fmpq_poly(c) for c in equation.columns]
    return ode_of(_eliminated(_QuotientField(rows, lambda p: p.derivative())))


@dataclass(frozen=True)
class ParametricODE:
    """sum_i a_i(z) m^(i)(z) = 0 with coefficients in Z[z, parameters].

    Attributes:
        coefficients: a_0, ..., a_r, without a common factor, as python-flint polynomials.
        symbols: the parameters.
    """

    coefficients: tuple[fmpz_mpoly, ...]
    symbols: tuple[sympy.Symbol, ...]

    def __repr__(self) -> str:
        terms = [f"({a})*m{chr(39) * k}" for k, a in enumerate(self.expressions()) if a != 0]
        return f"<ParametricODE: {' + '.join(terms)} = 0>"

    def __hash__(self) -> int:
        return hash((self.symbols, tuple(map(str, self.coefficients))))

    @property
    def order(self) -> int:
        """r."""
        return len(self.coefficients) - 1

    def expressions(self) -> list[sympy.Expr]:
        """a_0, ..., a_r as SymPy expressions in z and the parameters."""
        table: Mapping[str, sympy.Symbol] = {"z": sympy.Symbol("z"), **{s.name: s for s in self.symbols}}
        return [polynomial_to_sympy(a, table) for a in self.coefficients]

    def at(self, **values: Any) -> LinearODE:
        """The equation at rational values of all parameters.

        Raises `ParameterError` for missing or unknown names, or where all coefficients vanish.
        """
        if set(values) != {s.name for s in self.symbols}:
            names = ", ".join(s.name for s in self.symbols)
            raise ParameterError(f"give a value for each of {names}; got {', '.join(values) or 'none'}", values=values)
        symbols = {s: sympy.Rational(*map(int, ((v := to_fmpq(values[s.name])).p, v.q))) for s in self.symbols}
        z = sympy.Symbol("z")
        rows = [sympy.Poly(a.xreplace(symbols), z) for a in self.expressions()]
        if all(row.is_zero for row in rows):
            raise ParameterError("the equation degenerates at these values; derive the law there anew", values=values)
        return ode_of([fmpq_poly([to_fmpq(c) for c in reversed(row.all_coeffs())]) for row in rows])


@checked
def parametric_ode(equation: ResolventEquation) -> ParametricODE:
    """The differential equation of lowest order for all sheets of an equation with free parameters.

    >>> from resolvent.derive.laws.elementary import semicircle
    >>> v = sympy.Symbol("v", positive=True)
    >>> ode = parametric_ode(semicircle(v).equation)
    >>> ode.expressions()
    [-1, z, -4*v + z**2]
    >>> print(ode.at(v="1/4").text("m", "z"))
    -m + z*m' + (z**2 - 1)*m'' = 0

    Source: Bostan, Chyzak, Lecerf, Salvy, Schost, Differential equations for algebraic functions, ISSAC 2007.
    """
    inner = ring_of(("z",), equation.polynomial, drop=("m",))
    rows = coefficients_in(equation.polynomial, "m", inner)
    found = _eliminated(_QuotientField(rows, lambda p: p.derivative("z")))
    common = reduce(lambda a, b: a.gcd(b), found)
    cleaned = [a // common for a in found]
    sign = 1 if positive(cleaned[-1]) == cleaned[-1] else -1
    return ParametricODE(tuple(sign * a for a in cleaned), equation.symbols)


def _eliminated(field: _QuotientField) -> Row:
    derivatives = [field.generator()]
    while True:
        relation = first_dependency([e.vector for e in derivatives])
        if relation is not None:
            return [a * e.denominator for a, e in zip(relation, derivatives, strict=True)]
        derivatives.append(field.derivative(derivatives[-1]))


class _QuotientField:
    """Q(z)[m]/P for P = sum_j rows[j](z) m^j, with its derivation."""

    def __init__(self, rows: Sequence[Polynomial], differentiate: Callable[[Polynomial], Polynomial]) -> None:
        self._rows = list(rows)
        self._differentiate = differentiate
        self._zero = rows[-1] * 0
        self._one = self._zero + 1
        self.degree = len(rows) - 1
        by_m = [j * c for j, c in enumerate(rows)][1:]
        by_z = [differentiate(c) for c in rows]
        inverse = self._inverse(self._reduced(by_m, self._one))
        self._slope = self.product(self._reduced([-c for c in by_z], self._one), inverse)

    def generator(self) -> _Element:
        """m itself."""
        return self._reduced([self._zero, self._one], self._one)

    def derivative(self, e: _Element) -> _Element:
        """d/dz: that of the coefficients, and m' times that by m."""
        d, top = e.denominator, e.vector
        direct = _Element([self._differentiate(v) * d - v * self._differentiate(d) for v in top], d * d)
        by_m = _Element([*[j * v for j, v in enumerate(top)][1:], self._zero], d)
        return self._sum(direct, self.product(by_m, self._slope))

    def product(self, a: _Element, b: _Element) -> _Element:
        """The product, reduced modulo P."""
        total = [self._zero] * (2 * self.degree)
        for i, x in enumerate(a.vector):
            for j, y in enumerate(b.vector):
                total[i + j] = total[i + j] + x * y
        return self._reduced(total, a.denominator * b.denominator)

    def _sum(self, a: _Element, b: _Element) -> _Element:
        common = a.denominator.gcd(b.denominator)
        left, right = b.denominator // common, a.denominator // common
        vector = [x * left + y * right for x, y in zip(a.vector, b.vector, strict=True)]
        return _Element(vector, a.denominator * left).reduced()

    def _reduced(self, vector: Sequence[Polynomial], denominator: Polynomial) -> _Element:
        rest = [*vector, *[self._zero] * (self.degree - len(vector))]
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
        powers = [_Element([self._one, *[self._zero] * (self.degree - 1)], self._one)]
        multiple = e
        for _ in range(self.degree):
            powers.append(multiple)
            multiple = self.product(multiple, self.generator())
        relation = first_dependency([p.vector for p in powers[1:]] + [powers[0].vector])
        assert relation is not None
        assert relation[-1] != 0  # P is irreducible, so e, em, ... are independent
        total = _Element([self._zero] * self.degree, self._one)
        for k, (a, p) in enumerate(zip(relation[:-1], powers[1:], strict=True)):
            power = [self._zero] * self.degree
            power[k] = -a * p.denominator
            total = self._sum(total, _Element(power, relation[-1]))
        return total


def first_dependency(rows: Sequence[Row]) -> Row | None:
    """Polynomials c_i, not all zero, with sum_i c_i rows[i] = 0; None if there are none. By fraction-free elimination.

    The rows before the last one that occurs are independent.
    """
    zero = rows[0][0] * 0
    one = zero + 1
    known: list[tuple[int, Row, Row]] = []  # pivot column, reduced row, its combination of the given rows
    for i, given in enumerate(rows):
        row, combination = list(given), [one if k == i else zero for k in range(len(rows))]
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
