"""Linear differential equations with polynomial coefficients: sum_i a_i(x) y^(i)(x) = 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy
from flint import fmpq, fmpq_poly, fmpz_poly

from .equation import M, Z
from .errors import DerivationError
from .recurrence import Recurrence, polynomial_expr, primitive


@dataclass(frozen=True)
class LinearODE:
    """sum_{i=0..r} a_i(x) y^(i)(x) = 0, homogeneous.

    Attributes:
        coefficients: a_0, ..., a_r in Z[x], without a common factor.

    >>> LinearODE((fmpz_poly([-1]), fmpz_poly([0, 2]))).exponents(0)
    {1/2: 1}
    """

    coefficients: tuple[fmpz_poly, ...]

    @property
    def order(self) -> int:
        """r."""
        return len(self.coefficients) - 1

    @property
    def expr(self) -> sympy.Expr:
        """The left side in SymPy, in z and m(z); equal to 0."""
        m = sympy.Function(M.name)(Z)
        return sympy.Add(*(polynomial_expr(a, Z) * sympy.diff(m, Z, i) for i, a in enumerate(self.coefficients)))

    @property
    def text(self) -> str:
        """The equation as plain text, with D for d/dz."""
        parts = [
            f"({polynomial_expr(a, Z)})*" + ("m" if i == 0 else f"D^{i} m") for i, a in enumerate(self.coefficients)
        ]
        return " + ".join(parts) + " = 0"

    def latex(self) -> str:
        """The equation in LaTeX."""
        return f"{sympy.latex(self.expr)} = 0"

    @property
    def singularities(self) -> tuple[fmpz_poly, ...]:
        """The irreducible factors of a_r: the finite singular points are their roots."""
        return tuple(f for f, _ in self.coefficients[-1].factor()[1])

    def at_infinity(self) -> LinearODE:
        """The equation of y(1/t) in t."""
        top = max(a.degree() for a in self.coefficients)
        total = [fmpz_poly()] * (self.order + 1)
        word = [fmpz_poly([1])] + [fmpz_poly()] * self.order  # y^(i)(1/t) as an operator in d/dt
        square = fmpz_poly([0, 0, -1])
        for a in self.coefficients:
            reverse = fmpz_poly([a[top - k] for k in range(top + 1)])
            total = [s + reverse * b for s, b in zip(total, word, strict=True)]
            word = [square * (b.derivative() + (word[k - 1] if k else 0)) for k, b in enumerate(word)]
        return LinearODE(primitive(total, common_factor=True))

    def moved(self, scale: int, shift: int) -> LinearODE:
        """The equation of y(scale t + shift) in t."""
        inner = fmpz_poly([shift, scale])
        powers = [a(inner) * scale ** (self.order - i) for i, a in enumerate(self.coefficients)]
        return LinearODE(primitive(powers, common_factor=True))

    def indicial_polynomial(self, point: int | Fraction | fmpq) -> fmpq_poly:
        """The indicial polynomial in the exponent at a rational point."""
        x0 = fmpq(point.numerator, point.denominator) if isinstance(point, Fraction) else fmpq(point)
        moved = [fmpq_poly(a)(fmpq_poly([x0, 1])) for a in self.coefficients]
        orders = [(_valuation(a) - i, i) for i, a in enumerate(moved) if a != 0]
        lowest = min(orders)[0]
        result = fmpq_poly()
        for depth, i in orders:
            if depth == lowest:
                falling = fmpq_poly([1])
                for k in range(i):
                    falling *= fmpq_poly([-k, 1])
                result += moved[i][lowest + i] * falling
        return result

    def exponents(self, point: int | Fraction | fmpq | str) -> dict[sympy.Expr, int]:
        """The exponents at a rational point or at "infinity" (powers of 1/x), with multiplicities.

        Raises `DerivationError` naming the point where it is an irregular singularity.
        """
        if point == "infinity":
            return self.at_infinity()._exponents(fmpq(0), "infinity")
        if isinstance(point, Fraction):
            point = fmpq(point.numerator, point.denominator)
        return self._exponents(fmpq(point), str(point))

    def _exponents(self, point: fmpq, name: str) -> dict[sympy.Expr, int]:
        polynomial = self.indicial_polynomial(point)
        if polynomial.degree() < self.order:
            raise DerivationError(f"the point {name} is an irregular singularity", ode=self, point=name)
        s = sympy.Symbol("s")
        cleared = polynomial.numer()
        return dict(sympy.roots(sympy.Poly([int(c) for c in reversed(cleared.coeffs())], s)))

    def require_fuchsian(self) -> None:
        """Raise `DerivationError` naming the first irregular singular point, infinity included (Fuchs's criterion)."""
        for f in self.singularities:
            depth = _multiplicity(self.coefficients[-1], f)
            for i, a in enumerate(self.coefficients):
                if a != 0 and _multiplicity(a, f) < depth - (self.order - i):
                    raise DerivationError(
                        f"irregular singularity at the roots of {polynomial_expr(f, Z)}", ode=self, point=f
                    )
        self.exponents("infinity")

    def residual(self, series: fmpq_poly, terms: int) -> fmpq_poly:
        """The left side at y = series + O(x^terms), modulo the power of x up to which it is known."""
        total, y = fmpq_poly(), series
        for a in self.coefficients:
            total += fmpq_poly(a) * y
            y = y.derivative()
        return fmpq_poly(total.coeffs()[: max(terms - self.order, 0)])


def _valuation(a: fmpq_poly) -> int:
    return next(k for k, c in enumerate(a.coeffs()) if c != 0)


def _multiplicity(a: fmpz_poly, f: fmpz_poly) -> int:
    count = 0
    while divmod(a, f)[1] == 0:
        a, count = a // f, count + 1
    return count


def stieltjes_ode(recurrence: Recurrence, initial: Sequence[fmpq], start: int = 0) -> LinearODE:
    """The homogeneous equation of m(z) = -sum_k u(k) z^(-k-1), where u satisfies the recurrence for n >= start.

    With theta = z d/dz, n acts as -(theta + 1) and the shift as z, up to a polynomial q(z) of the first r terms;
    where q is not zero, the operator q d/dz - q' removes it.
    """
    r = recurrence.order
    width = max(p.degree() for p in recurrence.coefficients)
    operator = [fmpz_poly()] * (width + 1)
    for j, p in enumerate(recurrence.coefficients):
        for i, s in enumerate(_falling_basis(p(fmpz_poly([-1 - j, -1])))):  # p(-theta-1) z^j = z^j p(-theta-j-1)
            operator[i] += fmpz_poly([0] * (i + j) + [s])
    q = fmpq_poly()
    for n in range(-r, start):
        known = range(max(-n, 0), r + 1)
        value = sum((recurrence.coefficients[j](n) * initial[n + j] for j in known), fmpq(0))
        q += fmpq_poly([0] * (start - n - 1) + [value])
    if q != 0:  # q stands for z^start times the right side
        a = q.numer() * fmpz_poly([0, 1])
        b = q.numer().derivative() * fmpz_poly([0, 1]) - start * q.numer()
        previous = [fmpz_poly(), *operator]
        current = [*operator, fmpz_poly()]
        operator = [
            a * (c.derivative() + low) - b * c for low, c in zip(previous, current, strict=True)
        ]
    return LinearODE(primitive(operator, common_factor=True))


def _falling_basis(p: fmpz_poly) -> list[int]:
    """p(theta) = sum_i s_i z^i D^i: the coefficients of p in falling factorials."""
    found, k = [], 0
    while p != 0:
        found.append(int(p(k)))
        p = (p - p(k)) // fmpz_poly([-k, 1])
        k += 1
    return found


def stieltjes_recurrence(ode: LinearODE) -> Recurrence:
    """The recurrence of the u(k) when m(z) = -sum_k u(k) z^(-k-1) solves the equation."""
    table: dict[int, fmpz_poly] = {}
    for b, polynomial in enumerate(ode.coefficients):
        for a, c in enumerate(polynomial.coeffs()):
            if c == 0:
                continue
            part = fmpz_poly([c * (-1) ** b])
            for i in range(b):
                part *= fmpz_poly([a - b + 1 + i, 1])
            table[a - b] = table.get(a - b, fmpz_poly()) + part
    shifts = [s for s, p in table.items() if p != 0]
    low, high = min(shifts), max(shifts)
    move = fmpz_poly([-low, 1])
    return Recurrence(primitive(table.get(s, fmpz_poly())(move) for s in range(low, high + 1)))
