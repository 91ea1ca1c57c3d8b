r"""Creative telescoping: a recurrence for sum_k F(n, k), with a rational certificate that proves it (Zeilberger).

F is hypergeometric: F(n+1, k)/F(n, k) and F(n, k+1)/F(n, k) are rational. One looks for a_j(n) and R(n, k) with

    sum_{j=0..J} a_j(n) F(n+j, k) = G(n, k+1) - G(n, k),    G = R F,

which after division by F(n, k) is an identity of rational functions. Gosper's algorithm, with the a_j as unknowns,
turns it into linear equations over Q(n). For a sum over 0 <= k <= n the identity is summed over 0 <= k < n, and the
terms with k >= n are added by hand:

    sum_j a_j u(n+j) = G(n, n) - G(n, 0) + sum_j a_j sum_{i=0..j} F(n+j, n+i),

where everything on the right is a rational multiple of F(n, n) once R(n, 0) = 0; that it vanishes is checked too.

Reference: Zeilberger, J. Symb. Comput. 11 (1991) 195-204; Petkovsek, Wilf, Zeilberger, A = B (1996), chapters 5, 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import sympy
from flint import fmpq, fmpq_poly, fmpz_mpoly

from resolvent.derive.border import bounded, checked
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import coefficients_in, polynomial_ring, polynomial_to_sympy
from resolvent.derive.exact.polynomials import degree, factored, generator, substitute, univariate
from resolvent.derive.sequences.recurrence import Recurrence, recurrence_of

N, K = sympy.symbols("n k")
_RING = polynomial_ring(("n", "k"))
_n, _k = generator(_RING, "n"), generator(_RING, "k")
_TABLE = {"n": N, "k": K}
_MOST_SHIFT = 10_000


@dataclass(frozen=True)
class Ratio:
    """A quotient of polynomials in n and k, in lowest terms."""

    top: fmpz_mpoly
    bottom: fmpz_mpoly

    def __repr__(self) -> str:
        return str(self.top) if self.bottom == 1 else f"({self.top})/({self.bottom})"

    def __hash__(self) -> int:
        return hash((str(self.top), str(self.bottom)))

    @classmethod
    def of(cls, top: fmpz_mpoly, bottom: fmpz_mpoly) -> Ratio:
        """The quotient, reduced."""
        common = top.gcd(bottom)
        if (bottom // common).leading_coefficient() < 0:
            common = -common
        return cls(top // common, bottom // common)

    def __mul__(self, other: Ratio) -> Ratio:
        return Ratio.of(self.top * other.top, self.bottom * other.bottom)

    def __truediv__(self, other: Ratio) -> Ratio:
        return Ratio.of(self.top * other.bottom, self.bottom * other.top)

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio.of(self.top * other.bottom + other.top * self.bottom, self.bottom * other.bottom)

    def __sub__(self, other: Ratio) -> Ratio:
        return self + Ratio(-other.top, other.bottom)

    def at(self, n: fmpz_mpoly, k: fmpz_mpoly) -> Ratio:
        """The quotient with polynomials in place of n and k."""
        one = _RING.constant(1)
        images = {"n": (n, one), "k": (k, one)}
        return Ratio.of(substitute(self.top, _RING, images), substitute(self.bottom, _RING, images))

    def to_sympy(self) -> sympy.Expr:
        """The quotient as a SymPy expression, factored."""
        return sympy.factor(polynomial_to_sympy(self.top, _TABLE) / polynomial_to_sympy(self.bottom, _TABLE))


@checked
@dataclass(frozen=True)
class HypergeometricSum:
    """u(n) = sum_{k=0..n} F(n, k), F given by its quotients and by F(0, 0).

    Attributes:
        in_n: F(n+1, k)/F(n, k), for 0 <= k <= n.
        in_k: F(n, k+1)/F(n, k), for 0 <= k < n.
        first: F(0, 0).

    >>> squares = hypergeometric_sum((N + 1) ** 2 / (N + 1 - K) ** 2, (N - K) ** 2 / (K + 1) ** 2)  # binomial(n, k)^2
    >>> [int(u) for u in squares.terms(6)]
    [1, 2, 6, 20, 70, 252]
    """

    in_n: Ratio
    in_k: Ratio
    first: fmpq

    def __repr__(self) -> str:
        return f"<HypergeometricSum: F(n+1, k)/F(n, k) = {self.in_n}, F(n, k+1)/F(n, k) = {self.in_k}>"

    @bounded(n=range(10_001))
    def row(self, n: int) -> list[fmpq]:
        """F(n, 0), ..., F(n, n), by brute force."""
        value = self.first
        for i in range(n):
            value *= _number(self.in_n, i, 0)
        found = [value]
        for k in range(n):
            value *= _number(self.in_k, n, k)
            found.append(value)
        return found

    @bounded(count=range(2001))
    def terms(self, count: int) -> list[fmpq]:
        """u(0), ..., u(count - 1), by brute force."""
        return [sum(self.row(n), fmpq(0)) for n in range(count)]


@checked
def hypergeometric_sum(in_n: sympy.Expr, in_k: sympy.Expr, first: Any = 1) -> HypergeometricSum:
    """The sum over 0 <= k <= n of the F with these quotients, rational expressions in the symbols n and k.

    Raises `ParameterError` for quotients that are not rational in n and k over Q, that do not belong to one F, or that
    have a zero of the denominator in the range of the sum that linear factors do not exclude.
    """
    found = HypergeometricSum(_ratio(in_n), _ratio(in_k), fmpq(first))
    one_way = found.in_n.at(_n, _k + 1) * found.in_k
    other_way = found.in_k.at(_n + 1, _k) * found.in_n
    if one_way != other_way:
        raise ParameterError("the two quotients belong to no common F(n, k)", in_n=in_n, in_k=in_k)
    _require_nonzero(found.in_n.bottom, 0)
    _require_nonzero(found.in_k.bottom, 1)
    return found


@dataclass(frozen=True)
class Telescoped:
    """A recurrence for a hypergeometric sum, and the certificate that proves it.

    Attributes:
        summand: the sum.
        recurrence: that of u(n), for all n >= 0.
        certificate: R(n, k).
    """

    summand: HypergeometricSum
    recurrence: Recurrence
    certificate: Ratio

    def __repr__(self) -> str:
        return f"<Telescoped: {str(self.recurrence).strip('<>').removeprefix('Recurrence: ')}; R = {self.certificate}>"

    def check(self) -> bool:
        """Verify the telescoped identity, the boundary terms and the absence of poles, all exactly."""
        coefficients = [_lifted(p) for p in self.recurrence.coefficients]
        left = Ratio(_RING.constant(0), _RING.constant(1))
        for a, shift in zip(coefficients, _shifts(self.summand, self.recurrence.order), strict=True):
            left = left + Ratio.of(a, _RING.constant(1)) * shift
        right = self.certificate.at(_n, _k + 1) * self.summand.in_k - self.certificate
        return left == right and _boundary_vanishes(self.summand, coefficients, self.certificate)


@checked
def telescope(summand: HypergeometricSum, most_order: int = 6) -> Telescoped:
    """The recurrence that creative telescoping finds at the lowest order, with its certificate.

    >>> squares = hypergeometric_sum((N + 1) ** 2 / (N + 1 - K) ** 2, (N - K) ** 2 / (K + 1) ** 2)
    >>> found = telescope(squares)
    >>> found.recurrence.text(), found.certificate.to_sympy(), found.check()
    ('(-4*n - 2)*u(n) + (n + 1)*u(n+1) = 0', k**2*(2*k - 3*n - 3)/(k - n - 1)**2, True)

    Raises `DerivationError` if no order up to ``most_order`` has one whose boundary terms vanish.
    """
    for order in range(1, most_order + 1):
        found = _of_order(summand, order)
        if found is not None and found.check():
            return found
    raise DerivationError(
        f"creative telescoping found no recurrence of the orders 1 to {most_order} with vanishing boundary terms",
        summand=summand,
        tried=tuple(range(1, most_order + 1)),
    )


# -- Gosper's algorithm with unknown coefficients ------------------------------------------------------------------


def _of_order(summand: HypergeometricSum, order: int) -> Telescoped | None:
    shifts = _shifts(summand, order)
    common = reduce(_lcm, (s.bottom for s in shifts))
    numerators = [s.top * (common // s.bottom) for s in shifts]
    quotient = summand.in_k * Ratio.of(common, substitute(common, _RING, {"k": (_k + 1, _RING.constant(1))}))
    p, q, r = _gosper_form(quotient)
    heights = [degree(c * p, "k") for c in numerators if c != 0]
    bound = _degree_bound(q, r, max(heights))
    if bound < 0:
        return None
    columns = [q * (_k + 1) ** i - r * _k**i for i in range(bound + 1)] + [-c * p for c in numerators]
    for vector in _kernel(columns):
        solution = sum(
            (c.project_to_context(_RING) * _k**i for i, c in enumerate(vector[: bound + 1])), _RING.constant(0)
        )
        weights = vector[bound + 1 :]
        if not any(weights):
            continue
        recurrence = recurrence_of([fmpq_poly(univariate(w, "n")) for w in weights])
        scale = _scale(weights, recurrence)
        if recurrence.order != order or scale is None:
            continue
        certificate = Ratio.of(r * solution, p * common) * scale
        return Telescoped(summand, recurrence, certificate)
    return None


def _shifts(summand: HypergeometricSum, order: int) -> list[Ratio]:
    """F(n+j, k)/F(n, k) for j = 0, ..., order."""
    found = [Ratio(_RING.constant(1), _RING.constant(1))]
    for j in range(order):
        found.append(found[-1] * summand.in_n.at(_n + j, _k))
    return found


def _gosper_form(quotient: Ratio) -> tuple[fmpz_mpoly, fmpz_mpoly, fmpz_mpoly]:
    """p, q, r with quotient = p(k+1)/p(k) q(k)/r(k+1), where q(k) and r(k+h) have no common factor for h >= 1."""
    q, below = quotient.top, quotient.bottom
    p = _RING.constant(1)
    again = True
    while again:
        again = False
        for f in [f for f, _ in factored(q) if degree(f, "k") > 0]:
            for g in [g for g, _ in factored(below) if degree(g, "k") > 0]:
                h = _dispersion(f, g)
                if h is not None:
                    q, below = q // f, below // g if f == _moved(g, h) else -(below // g)
                    for i in range(h):
                        p *= _moved(f, -1 - i)
                    again = True
                    break
            if again:
                break
    return p, q, _moved(below, -1)


def _dispersion(f: fmpz_mpoly, g: fmpz_mpoly) -> int | None:
    """The integer h >= 0 with f(k) = c g(k+h) for a constant c, for irreducible polynomials; None if there is none."""
    d = degree(f, "k")
    if d != degree(g, "k"):
        return None
    inner = polynomial_ring(("n",))
    a, b = coefficients_in(f, "k", inner), coefficients_in(g, "k", inner)
    numerator, denominator = a[d - 1] * b[d] - b[d - 1] * a[d], d * a[d] * b[d]
    if numerator == 0:
        h = Fraction(0)
    else:
        quotient, remainder = divmod(numerator, denominator)
        if remainder != 0 or not quotient.is_constant():
            return None
        h = Fraction(int(next(iter(quotient.to_dict().values()))))
    if h.denominator != 1 or not 0 <= h <= _MOST_SHIFT:
        return None
    moved = _moved(g, int(h))
    top, bottom = a[d].project_to_context(_RING), coefficients_in(moved, "k", inner)[d].project_to_context(_RING)
    return int(h) if f * bottom == moved * top else None


def _degree_bound(q: fmpz_mpoly, r: fmpz_mpoly, height: int) -> int:
    """The largest degree in k that f can have in q(k) f(k+1) - r(k) f(k) = p(k), deg p = height."""
    d = max(degree(q, "k"), degree(r, "k"))
    inner = polynomial_ring(("n",))

    def coefficient(polynomial: fmpz_mpoly, k: int) -> fmpz_mpoly:
        parts = coefficients_in(polynomial, "k", inner)
        return parts[k] if k < len(parts) else inner.constant(0)

    if coefficient(q, d) != coefficient(r, d):
        return height - d
    bound = height - d + 1
    if d:
        slope = coefficient(r, d - 1) - coefficient(q, d - 1)  # = m lc(q) allows the degree m
        quotient, remainder = divmod(slope, coefficient(q, d))
        if remainder == 0 and quotient.is_constant() and quotient != 0:
            bound = max(bound, int(next(iter(quotient.to_dict().values()))))
    return bound


def _kernel(columns: Sequence[fmpz_mpoly]) -> list[list[fmpz_mpoly]]:
    """A basis over Q(n) of the v in Z[n] with sum_i v_i(n) columns_i(n, k) = 0, by fraction-free elimination."""
    inner = polynomial_ring(("n",))
    height = max(degree(c, "k") for c in columns) + 1
    table = [coefficients_in(c, "k", inner) for c in columns]
    rows = [[parts[i] if i < len(parts) else inner.constant(0) for parts in table] for i in range(height)]
    pivots: list[int] = []
    reduced: list[list[fmpz_mpoly]] = []
    for row in rows:
        for pivot, known in zip(pivots, reduced, strict=True):
            if row[pivot] != 0:
                row = _primitive([known[pivot] * a - row[pivot] * b for a, b in zip(row, known, strict=True)])
        place = next((i for i, entry in enumerate(row) if entry != 0), None)
        if place is None:
            continue
        for i, known in enumerate(reduced):
            if known[place] != 0:
                reduced[i] = _primitive([row[place] * a - known[place] * b for a, b in zip(known, row, strict=True)])
        pivots.append(place)
        reduced.append(_primitive(row))
    found = []
    for free in sorted(set(range(len(columns))) - set(pivots), reverse=True):
        scale = reduce(_lcm, (known[pivot] for pivot, known in zip(pivots, reduced, strict=True)), inner.constant(1))
        vector = [inner.constant(0)] * len(columns)
        vector[free] = scale
        for pivot, known in zip(pivots, reduced, strict=True):
            vector[pivot] = -known[free] * (scale // known[pivot])
        found.append(_primitive(vector))
    return found


def _primitive(row: list[fmpz_mpoly]) -> list[fmpz_mpoly]:
    common = reduce(lambda a, b: a.gcd(b), (entry for entry in row if entry != 0), row[0] * 0)
    return row if common == 0 else [entry // common for entry in row]


def _lcm(a: fmpz_mpoly, b: fmpz_mpoly) -> fmpz_mpoly:
    return a * (b // a.gcd(b))


def _scale(weights: Sequence[fmpz_mpoly], recurrence: Recurrence) -> Ratio | None:
    """The recurrence's coefficients over the weights, if no shift of n lies between them."""
    last = weights[-1].project_to_context(_RING)
    if last == 0:
        return None
    scale = Ratio.of(_lifted(recurrence.coefficients[-1]), last)
    same = all(
        Ratio.of(w.project_to_context(_RING), _RING.constant(1)) * scale == Ratio(_lifted(p), _RING.constant(1))
        for w, p in zip(weights, recurrence.coefficients, strict=False)
        if w != 0
    )
    return scale if same else None


# -- boundary terms ------------------------------------------------------------------------------------------------


def _boundary_vanishes(summand: HypergeometricSum, coefficients: Sequence[fmpz_mpoly], certificate: Ratio) -> bool:
    """Whether the right-hand side of the summed identity is zero, and R has no pole in it."""
    zero = _RING.constant(0)
    if certificate.at(_n, zero).top != 0:
        return False
    try:
        _require_nonzero(certificate.bottom, 0)
    except ParameterError:
        return False
    total = certificate.at(_n, _n)
    for j, a in enumerate(coefficients):
        value = Ratio(_RING.constant(1), _RING.constant(1))  # F(n+j, n+i)/F(n, n)
        for t in range(j):
            value = value * summand.in_n.at(_n + t, _n)
        for i in range(j + 1):
            if i:
                value = value * summand.in_k.at(_n + j, _n + (i - 1))
            total = total + Ratio.of(a, _RING.constant(1)) * value
    return bool(total.top == 0)


def _require_nonzero(polynomial: fmpz_mpoly, margin: int) -> None:
    """Raise `ParameterError` unless every factor is a linear form of one sign on 0 <= k <= n - margin."""
    for factor, _ in factored(polynomial):
        table = {exponents: int(c) for exponents, c in factor.to_dict().items()}
        a, b, c = table.get((1, 0), 0), table.get((0, 1), 0), table.get((0, 0), 0)
        corners = (c + a * margin, a, a + b)  # at (margin, 0), along (1, 0) and along (1, 1)
        if set(table) - {(1, 0), (0, 1), (0, 0)} or not corners[0] or min(x * corners[0] for x in corners[1:]) < 0:
            raise ParameterError(
                f"the denominator {polynomial_to_sympy(factor, _TABLE)} may vanish in the range of the sum",
                factor=factor,
            )


# -- small things --------------------------------------------------------------------------------------------------


def _ratio(expression: Any) -> Ratio:
    refusal = ParameterError(f"{expression} is not a rational function of n and k over the rationals", value=expression)
    if not isinstance(expression, sympy.Expr) or expression.free_symbols - {N, K}:
        raise refusal
    parts = []
    for part in sympy.fraction(sympy.cancel(sympy.together(expression))):
        polynomial = sympy.Poly(part, N, K) if part.is_polynomial(N, K) else None
        if polynomial is None or not (polynomial.domain.is_QQ or polynomial.domain.is_ZZ):
            raise refusal
        parts.append(polynomial)
    common = sympy.ilcm(1, *(c.q for p in parts for c in p.coeffs()))
    return Ratio.of(*(_RING.from_dict({e: int(c * common) for e, c in p.terms()}) for p in parts))


def _number(ratio: Ratio, n: int, k: int) -> fmpq:
    top, bottom = (fmpq(int(p(n, k))) for p in (ratio.top, ratio.bottom))
    return top / bottom


def _lifted(polynomial: Any) -> fmpz_mpoly:
    return sum((int(c) * _n**i for i, c in enumerate(polynomial.coeffs())), _RING.constant(0))


def _moved(polynomial: fmpz_mpoly, shift: int) -> fmpz_mpoly:
    return substitute(polynomial, _RING, {"k": (_k + shift, _RING.constant(1))})
