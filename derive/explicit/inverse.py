r"""The inverse of a transform as a product of powers: z(u) = (m_1/u) prod_j (1 + r_j u)^(e_j), u = z G(z) - 1.

S(u) = (1 + u)/(u z(u)), so a free product multiplies the inverses: z_AB = z_A z_B u/(1 + u). The exponents may be
symbols, such as the number of factors of a product; then there is no polynomial equation, but moments, edges and atoms
are as explicit as with numbers. With psi(w) = z G - 1 at w = 1/z, Lagrange's inversion of w = u/(u z(u)) gives

    m_k = (m_1^k/k) [u^(k-1)] prod_j (1 + r_j u)^(k e_j).

The rates r_j are positive: then the law lies on [0, oo), and the physical u runs along the real line from 0 to the
right, as z comes down from infinity, up to the first critical point of z.

Source: Lagrange's inversion; Flajolet, Sedgewick 2009, Analytic combinatorics, appendix A.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import Element, Field, rational_function
from resolvent.derive.exact.precision import cached_property

U = sympy.Symbol("u")


@dataclass(frozen=True)
class FactoredInverse:
    """z(u) = (mean/u) prod (1 + rate u)^exponent.

    Attributes:
        mean: m_1, any expression in the parameters.
        factors: (rate, exponent), rational in the parameters, with different rates and no exponent 0.

    >>> L = sympy.Symbol("L", positive=True, integer=True)
    >>> FactoredInverse.of(1, [(1, L), (1, 1)])
    FactoredInverse(mean=1, factors=((1, L + 1),))
    """

    mean: sympy.Expr
    factors: tuple[tuple[sympy.Expr, sympy.Expr], ...]

    @classmethod
    def of(cls, mean: sympy.Expr, factors: Sequence[tuple[sympy.Expr, sympy.Expr]]) -> FactoredInverse:
        """The inverse with powers of one base joined."""
        exponents: dict[sympy.Expr, sympy.Expr] = {}
        for rate, exponent in factors:
            base = sympy.cancel(rate)
            exponents[base] = sympy.cancel(exponents.get(base, sympy.Integer(0)) + exponent)
        kept = {rate: e for rate, e in exponents.items() if rate != 0 and e != 0}
        order = sorted(kept.items(), key=lambda pair: sympy.default_sort_key(pair[0]))
        return cls(sympy.expand_power_base(sympy.expand_power_exp(sympy.Integer(1) * mean), force=True), tuple(order))

    @property
    def expression(self) -> sympy.Expr:
        """z(u), with u as `U`."""
        return self.constant / U * sympy.Mul(*(base**e for base, e in self.bases))

    @property
    def bases(self) -> tuple[tuple[sympy.Expr, sympy.Expr], ...]:
        """(q + p u, e) for each factor of rate p/q."""
        parts = [(*sympy.fraction(sympy.together(rate)), e) for rate, e in self.factors]
        return tuple((bottom + top * U, e) for top, bottom, e in parts)

    @property
    def constant(self) -> sympy.Expr:
        """z u over the product of the `bases`."""
        return self.mean * sympy.Mul(*(sympy.denom(sympy.together(rate)) ** -e for rate, e in self.factors))

    @cached_property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The parameters, sorted by name."""
        parts = [self.mean, *(part for pair in self.factors for part in pair)]
        return tuple(sorted({s for part in parts for s in part.free_symbols}, key=lambda s: str(s.name)))

    def subs(self, images: dict[sympy.Symbol, sympy.Expr]) -> FactoredInverse:
        """The inverse with parameters replaced."""
        factors = [(rate.xreplace(images), e.xreplace(images)) for rate, e in self.factors]
        return FactoredInverse.of(self.mean.xreplace(images), factors)

    def times(self, other: FactoredInverse) -> FactoredInverse:
        """The inverse of the free product: z_A z_B u/(1 + u)."""
        own = (*self.factors, *other.factors, (sympy.Integer(1), sympy.Integer(-1)))
        return FactoredInverse.of(self.mean * other.mean, own)

    def power(self, count: sympy.Expr) -> FactoredInverse:
        """The inverse of a free product of so many copies."""
        own = [(rate, e * count) for rate, e in self.factors]
        return FactoredInverse.of(self.mean**count, [*own, (sympy.Integer(1), 1 - count)])

    def turned(self, ratio: sympy.Expr) -> FactoredInverse:
        """The inverse for B A in place of A B, A of size n x k and n/k the ratio.

        u of B A is ``ratio`` times u of A B at the same z, and so are the moments.
        """
        return FactoredInverse.of(self.mean * ratio, [(rate / ratio, e) for rate, e in self.factors])

    # -- moments -------------------------------------------------------------------------------------------

    @cached_property
    def field(self) -> Field:
        """The field of rational functions that rates and exponents lie in."""
        names = {s.name for pair in self.factors for part in pair for s in part.free_symbols}
        return Field(tuple(sorted(names)))

    def scaled_moments(self, n: int) -> list[Element]:
        """m_k/m_1^k for k = 1, ..., n: rational in rates and exponents."""
        field = self.field
        factors = [(rational_function(r, field), rational_function(e, field)) for r, e in self.factors]
        sums = [field.constant(0)] * n  # of log prod (1 + r u)^e, differentiated
        for rate, exponent in factors:
            term = exponent * rate
            for i in range(n):
                sums[i] = sums[i] + term
                term = term * (-rate)
        found = []
        for k in range(1, n + 1):
            series = [field.constant(1)]  # of the power k, by (log q)' = q'/q
            for j in range(1, k):
                total = field.constant(0)
                for i in range(j):
                    total = total + sums[i] * series[j - 1 - i]
                series.append(total * k / j)
            found.append(series[k - 1] / k)
        return found

    # -- the real line -------------------------------------------------------------------------------------

    @cached_property
    def critical_polynomial(self) -> sympy.Poly:
        """The polynomial whose roots are the critical points of z in u: prod (1 + r u) (1 - sum e r u/(1 + r u))."""
        bases = [1 + rate * U for rate, _ in self.factors]
        total = sympy.Mul(*bases)
        for k, (rate, exponent) in enumerate(self.factors):
            total -= exponent * rate * U * sympy.Mul(*bases[:k], *bases[k + 1 :])
        return sympy.Poly(sympy.numer(sympy.together(sympy.expand(total))), U)

    @property
    def growth(self) -> sympy.Expr:
        """The exponent of z at u = oo: sum e_j - 1."""
        return sympy.cancel(sympy.Add(*(e for _, e in self.factors)) - 1)

    @property
    def at_infinity(self) -> sympy.Expr:
        """The limit of z at u = oo, where that is finite and not 0."""
        return sympy.powsimp(self.mean * sympy.Mul(*(rate**e for rate, e in self.factors)), force=True)

    def value(self, u: sympy.Expr) -> sympy.Expr:
        """z at a point."""
        return self.expression.xreplace({U: u})

    def right_edge(self) -> sympy.Expr:
        """The right edge: z at the positive critical point, or where there is none, z(oo), the place of an atom.

        With one critical point whose sign depends on the parameters, both cases of a `Piecewise`.

        Raises `DerivationError` where the critical points have no closed form here; with numbers there is a spectrum.
        """
        polynomial = self.critical_polynomial
        coefficients = [sympy.factor(c) for c in polynomial.all_coeffs()]
        if len(coefficients) == 1:
            return self.at_infinity
        if len(coefficients) == 2:
            slope, constant = coefficients
            return self._one_sided(sympy.cancel(-constant / slope), sympy.cancel(-slope / constant))
        if len(coefficients) == 3 and sympy.cancel(-coefficients[0] * coefficients[2]).is_positive:
            sign = 1 if coefficients[0].is_positive else -1  # so that the leading coefficient is positive
            a, b, c = (sign * coefficient for coefficient in coefficients)
            return self.value((sympy.sqrt(sympy.expand(b**2 - 4 * a * c)) - b) / (2 * a))
        raise DerivationError(
            "the right edge has no closed form for these parameters; give them numbers and take a spectrum",
            inverse=self,
        )

    def _one_sided(self, root: sympy.Expr, sign: sympy.Expr) -> sympy.Expr:
        edge = sympy.powsimp(self.value(root))
        if sign.is_positive or self.growth != 0:
            return edge
        return self.at_infinity if sign.is_nonpositive else sympy.Piecewise((edge, sign > 0), (self.at_infinity, True))

    def atoms(self) -> list[tuple[sympy.Expr, sympy.Expr]]:
        """(place, weight) of the atoms, as far as signs are known; weights are `Max` where they are not.

        One lies at 0 if z vanishes at u = -1/r with r > 1, of weight 1 - 1/r for the largest r; one at z(oo), if that
        is finite, of weight sum e_j/r_j: the residue of G = (1 + u)/z there.

        >>> p = sympy.Symbol("p", positive=True)
        >>> FactoredInverse.of(p, [(1 / p, 1)]).atoms()  # the projection of trace p
        [(0, Max(0, 1 - p)), (1, p)]
        """
        zero = [1 - 1 / rate for rate, e in self.factors if e.is_positive]
        found = [(sympy.Integer(0), sympy.Max(0, *(sympy.expand(w) for w in zero)))] if zero else []
        if self.growth == 0:
            weight = sympy.Add(*(sympy.expand(e / rate) for rate, e in self.factors))
            found.append((self.at_infinity, sympy.Max(0, sympy.expand(weight))))
        return [(place, weight) for place, weight in found if weight != 0]
