"""Creative telescoping: Zeilberger's algorithm for hypergeometric sums, with a certificate that proves the recurrence.

The summand F(n, k) lives on 0 <= k <= n. A recurrence operator p_0 + p_1 N + ... + p_r N^r and a rational function R
form a certificate if

    sum_j p_j(n) F(n+j, k) = G(n, k+1) - G(n, k),   G = R F,

as rational functions after division by F. Summed over 0 <= k <= n this leaves boundary terms, each a rational multiple
of F(n, n); they must cancel too. Poles at integer points of the range are excluded by positivity of denominators.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import sympy
from flint import fmpq, fmpz_mpoly, fmpz_poly

from .errors import DerivationError, ParameterError
from .field import polynomial_ring, polynomial_to_sympy
from .fraction_free import kernel_vector
from .polynomials import degree, univariate
from .recurrence import N, Recurrence, primitive

_RING = polynomial_ring(("n", "k"))
n, k = _RING.gens()
K = sympy.Symbol("k")
Polynomial = fmpz_mpoly
_MOST_ORDER = 6


@dataclass(frozen=True)
class Ratio:
    """A rational function of n and k over Q, in lowest terms."""

    top: Polynomial
    bottom: Polynomial

    @classmethod
    def of(cls, top: Polynomial, bottom: Polynomial) -> Ratio:
        """top/bottom with common factors removed."""
        if bottom == 0:
            raise DerivationError("a rational function has the denominator 0", numerator=top)
        common = top.gcd(bottom)
        return cls(top // common, bottom // common)

    def at(self, first: Polynomial, second: Polynomial) -> Ratio:
        """The function at n = first, k = second."""
        images = (first, second)
        return Ratio.of(self.top.compose(*images, ctx=_RING), self.bottom.compose(*images, ctx=_RING))

    def __mul__(self, other: Ratio) -> Ratio:
        return Ratio.of(self.top * other.top, self.bottom * other.bottom)

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio.of(self.top * other.bottom + other.top * self.bottom, self.bottom * other.bottom)

    def __sub__(self, other: Ratio) -> Ratio:
        return Ratio.of(self.top * other.bottom - other.top * self.bottom, self.bottom * other.bottom)

    @property
    def expr(self) -> sympy.Expr:
        """The function in SymPy, factored."""
        table = {"n": N, "k": K}
        return sympy.factor(polynomial_to_sympy(self.top, table) / polynomial_to_sympy(self.bottom, table))


@dataclass(frozen=True)
class Summand:
    """F(n, k), hypergeometric on 0 <= k <= n and 0 elsewhere, with F(0, 0) = start.

    Attributes:
        up: F(n+1, k)/F(n, k).
        right: F(n, k+1)/F(n, k).
        start: F(0, 0), not 0.
    """

    up: Ratio
    right: Ratio
    start: fmpq = fmpq(1)  # noqa: RUF009 - fmpq is immutable

    def __post_init__(self) -> None:
        if self.up.top == 0 or self.right.top == 0 or self.start == 0:
            raise ParameterError("the shift quotients and the first value of a summand must not be 0", summand=self)
        one_way, other_way = self.up * self.right.at(n + 1, k), self.right * self.up.at(n, k + 1)
        if one_way != other_way and (one_way - other_way).top != 0:
            raise DerivationError(
                "the two shift quotients do not commute: F(n+1, k+1)/F(n, k) depends on the path, so there is no "
                "hypergeometric summand with these quotients",
                summand=self,
            )
        if not (_is_positive(self.up.bottom) and _is_positive(self.right.bottom.compose(n + 1, k, ctx=_RING))):
            raise DerivationError("a shift quotient may have a pole in the range 0 <= k <= n", summand=self)

    def sums(self, count: int) -> list[fmpq]:
        """sum_k F(n, k) for n < count, term by term."""
        found, first = [], self.start
        for i in range(count):
            value = total = first
            for j in range(i):
                value *= _value(self.right, i, j)
                total += value
            found.append(total)
            first *= _value(self.up, i, 0)
        return found


def summand(up: sympy.Expr, right: sympy.Expr, start: int = 1) -> Summand:
    """A summand from its shift quotients, rational expressions in the symbols n and k.

    Raises `DerivationError` where a quotient is not rational (the summand is not hypergeometric) or they disagree.
    """
    return Summand(_ratio(up), _ratio(right), fmpq(start))


def _ratio(expression: sympy.Expr) -> Ratio:
    parts = sympy.fraction(sympy.together(expression))
    try:
        polys = [sympy.Poly(p, N, K, domain="QQ") for p in parts]
    except sympy.PolynomialError as error:
        raise DerivationError(
            f"the shift quotient {expression} is not rational in n and k: the summand is not hypergeometric",
            quotient=expression,
        ) from error
    cleared = [p.clear_denoms()for p in polys]
    top, bottom = (
        _RING.from_dict({m: int(c) for m, c in p.terms()}) for _, p in cleared
    )
    return Ratio.of(top * int(cleared[1][0]), bottom * int(cleared[0][0]))


@dataclass(frozen=True)
class Certificate:
    """A recurrence of sum_k F(n, k) with its proof.

    Attributes:
        summand: F.
        recurrence: sum_j p_j(n) S(n+j) = 0 for n >= 0.
        ratio: R(n, k) with sum_j p_j F(n+j, k) = R(n, k+1) F(n, k+1) - R(n, k) F(n, k).
    """

    summand: Summand
    recurrence: Recurrence
    ratio: Ratio

    def check(self) -> bool:
        """Verify the telescoped identity, the absence of poles and the boundary terms, all exactly."""
        left, right = self._left(), self.ratio.at(n, k + 1) * self.summand.right
        if (left - right + self.ratio).top != 0:
            return False
        inner = self.ratio.at(n, k + 1).at(n + 1, k)  # the pole-free range of R(n, k+1) is 0 <= k < n
        if not all(_is_positive(q) for q in (self.ratio.bottom, right.bottom, left.bottom, inner.bottom)):
            return False
        return self.ratio.at(n, _RING.constant(0)).top == 0 and self._boundary(right).top == 0

    def _left(self) -> Ratio:
        """sum_j p_j(n) F(n+j, k)/F(n, k)."""
        total, shift = Ratio(_RING.constant(0), _RING.constant(1)), Ratio(_RING.constant(1), _RING.constant(1))
        for j, p in enumerate(self.recurrence.coefficients):
            total += _lifted(p) * shift
            shift *= self.summand.up.at(n + j, k)
        return total

    def _boundary(self, right: Ratio) -> Ratio:
        """(G(n, n+1) + sum_j p_j sum_{i=1..j} F(n+j, n+i))/F(n, n), as a function of n."""
        total = right.at(n, n)
        for j, p in enumerate(self.recurrence.coefficients):
            value = _lifted(p)
            for i in range(j):
                value *= self.summand.up.at(n + i, n)
            for i in range(j):
                value *= self.summand.right.at(n + j, n + i)
                total += value
        return total


def telescope(f: Summand, most_order: int = _MOST_ORDER) -> Certificate:
    """Zeilberger's algorithm: the recurrence of least order found, with its checked certificate.

    Raises `DerivationError` where no order up to ``most_order`` has a certificate that holds with its boundary terms.
    """
    for order in range(most_order + 1):
        found = _attempt(f, order)
        if found is not None and found.check():
            return found
    raise DerivationError(f"no certificate of order at most {most_order}, boundary terms included", summand=f)


def _attempt(f: Summand, order: int) -> Certificate | None:
    shifts = [Ratio(_RING.constant(1), _RING.constant(1))]
    for j in range(order):
        shifts.append(shifts[-1] * f.up.at(n + j, k))
    common = _RING.constant(1)
    for s in shifts:
        common = common * (s.bottom // common.gcd(s.bottom))
    tops = [s.top * (common // s.bottom) for s in shifts]
    ratio = f.right * Ratio.of(common, common.compose(n, k + 1, ctx=_RING))
    a, b, c = _gosper_form(ratio)
    back = b.compose(n, k - 1, ctx=_RING)
    bound = _degree_bound(a, back, max(degree(c * t, "k") for t in tops))
    if bound < 0:
        return None
    columns = [-(c * t) for t in tops] + [a * (k + 1) ** i - back * k**i for i in range(bound + 1)]
    height = 1 + max(degree(p, "k") for p in columns)
    rows = [[_part(p, i) for p in columns] for i in range(height)]
    vector = kernel_vector(rows, fmpz_poly([1]))
    if vector is None or all(p == 0 for p in vector[: order + 1]):
        return None
    if vector[order] == 0:
        return None
    solved = primitive(vector, common_factor=True)
    padded = [*solved, *[fmpz_poly()] * (len(vector) - len(solved))]
    sign = -1 if padded[order][padded[order].degree()] < 0 else 1
    content = fmpz_poly([_content(padded[: order + 1])])
    x = sum((_lifted(p).top * k**i for i, p in enumerate(padded[order + 1 :])), _RING.constant(0))
    recurrence = Recurrence(tuple(sign * p // content for p in padded[: order + 1]))
    return Certificate(f, recurrence, Ratio.of(sign * back * x, c * common * int(content[0])))


def _gosper_form(ratio: Ratio) -> tuple[Polynomial, Polynomial, Polynomial]:
    """(a, b, c) with ratio = a(k) c(k+1)/(b(k) c(k)) and a(k), b(k+h) coprime for all integers h >= 0."""
    a, b, c = ratio.top, ratio.bottom, _RING.constant(1)
    for h in _dispersion(a, b):
        common = a.gcd(b.compose(n, k + h, ctx=_RING))
        a, b = a // common, b // common.compose(n, k - h, ctx=_RING)
        for i in range(1, h + 1):
            c = c * common.compose(n, k - i, ctx=_RING)
    return a, b, c


def _dispersion(a: Polynomial, b: Polynomial) -> list[int]:
    found = set()
    for f, _ in a.factor()[1]:
        for g, _ in b.factor()[1]:
            d = degree(f, "k")
            if d == 0 or degree(g, "k") != d:
                continue
            f1, f0, g1, g0 = _part(f, d), _part(f, d - 1), _part(g, d), _part(g, d - 1)
            quotient, rest = divmod(f0 * g1 - g0 * f1, d * f1 * g1)
            if rest == 0 and quotient.degree() <= 0 and quotient[0] >= 0:
                found.add(int(quotient[0]))
    return sorted(found)


def _degree_bound(a: Polynomial, b: Polynomial, right: int) -> int:
    """The largest degree in k a polynomial x with a x(k+1) - b x(k) of degree at most ``right`` may have."""
    d = max(degree(a, "k"), degree(b, "k"))
    if _part(a, d) != _part(b, d):
        return right - d
    bound, lead = right - d + 1, _part(a, d)
    if d > 0:
        quotient, rest = divmod(_part(b, d - 1) - _part(a, d - 1), lead)
        if rest == 0 and quotient.degree() <= 0:
            bound = max(bound, int(quotient[0]))
    return bound


def _part(p: Polynomial, power: int) -> fmpz_poly:
    """The coefficient of k^power, a polynomial in n."""
    return univariate(_RING.from_dict({(i, 0): c for (i, j), c in p.to_dict().items() if j == power}), "n")


def _lifted(p: fmpz_poly) -> Ratio:
    return Ratio(_RING.from_dict({(i, 0): c for i, c in enumerate(p.coeffs()) if c}), _RING.constant(1))


def _content(polynomials: list[fmpz_poly]) -> int:
    return gcd(*(int(c) for p in polynomials for c in p.coeffs()))


def _is_positive(p: Polynomial) -> bool:
    """Whether p has no zero at integers 0 <= k <= n: with n = k + l all coefficients of a factor have one sign.

    Sufficient, not necessary; a factor must also have a non-zero constant term.
    """
    moved = p.compose(n + k, k, ctx=_RING)
    for factor, _ in moved.factor()[1]:
        table = factor.to_dict()
        if (0, 0) not in table or len({c > 0 for c in table.values()}) != 1:
            return False
    return bool(moved != 0)


def _value(ratio: Ratio, first: int, second: int) -> fmpq:
    return fmpq(int(ratio.top(first, second)), int(ratio.bottom(first, second)))
