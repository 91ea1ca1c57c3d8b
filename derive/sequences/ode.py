"""Linear differential equations with polynomial coefficients: sum_i a_i(x) y^(i)(x) = 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import sympy
from flint import fmpq, fmpq_poly, fmpz_poly

from resolvent.derive.border import bounded, checked, shortly
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber, algebraic_numbers
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.presentation import Typeset
from resolvent.derive.sequences.recurrence import Recurrence, cleared, polynomial_expression, recurrence_of


@checked
@dataclass(frozen=True)
class LinearODE(Typeset):
    """sum_{i=0..r} a_i(x) y^(i)(x) = 0, homogeneous.

    Attributes:
        coefficients: a_0, ..., a_r in Z[x], without a common factor; a_r is not zero.

    >>> LinearODE((fmpz_poly([0, -1]), fmpz_poly([-4, 0, 1]))).text()  # sqrt(x^2 - 4)
    "-x*y + (x**2 - 4)*y' = 0"

    Source: Stanley, Differentiably finite power series, European J. Combin. 1 (1980) 175-188.
    """

    coefficients: tuple[fmpz_poly, ...]

    def __repr__(self) -> str:
        return f"<LinearODE: {self.text()}>"

    def __hash__(self) -> int:
        return hash(tuple(str(a) for a in self.coefficients))

    @property
    def order(self) -> int:
        """r."""
        return len(self.coefficients) - 1

    @property
    def degree(self) -> int:
        """The largest degree of a coefficient."""
        return max(int(a.degree()) for a in self.coefficients)

    @cached_property
    def singular_factors(self) -> tuple[fmpz_poly, ...]:
        """The irreducible factors of a_r: their roots are the singular points other than infinity."""
        return tuple(f for f, _ in self.coefficients[-1].factor()[1] if f.degree() > 0)

    @bounded(precision=range(2, 10_001))
    def real_singular_points(self, precision: int = 128) -> list[AlgebraicNumber]:
        """The real singular points in increasing order, exact."""
        return algebraic_numbers(self.singular_factors, precision)

    def indicial_polynomial(self, factor: fmpz_poly | None) -> fmpq_poly | None:
        """The indicial polynomial at the rational root of a linear factor, or at infinity (None), in the exponent.

        At infinity the exponent s stands for x^-s. None if the point is an irregular singularity.

        Raises `DerivationError` for a factor that is not linear.
        """
        if factor is None:
            return self._indicial_at_infinity()
        if factor.degree() != 1:
            raise DerivationError("indicial polynomials are computed at rational points", factor=factor)
        place = fmpq_poly([fmpq(-int(factor[0]), int(factor[1])), 1])
        moved = [fmpq_poly(a)(place) for a in self.coefficients]
        orders = [next((k for k, c in enumerate(a.coeffs()) if c), None) for a in moved]
        top = orders[-1]
        assert top is not None
        lowest = top - self.order  # regular: ord(a_i) - i >= ord(a_r) - r
        if any(order is not None and order - i < lowest for i, order in enumerate(orders)):
            return None
        total = fmpq_poly([0])
        for i, a in enumerate(moved):
            if (order := orders[i]) is not None and order - i == lowest:
                total += a[order] * falling(i)
        return total

    def _indicial_at_infinity(self) -> fmpq_poly | None:
        """x^-s: a_i x^-s-i (-s)(-s-1)...(-s-i+1), the leading power is max(deg a_i - i)."""
        degrees = [int(a.degree()) - i if a != 0 else None for i, a in enumerate(self.coefficients)]
        highest = degrees[-1]
        if any(d is not None and highest is not None and d > highest for d in degrees):
            return None
        total = fmpq_poly([0])
        for i, a in enumerate(self.coefficients):
            if degrees[i] == highest:
                total += fmpq(int(a[a.degree()])) * falling(i)(fmpq_poly([0, -1]))
        return total

    def require_regular(self) -> None:
        """Raise `DerivationError` naming the first point at which the singularity is irregular (Fuchs' criterion)."""
        for factor in self.singular_factors:
            multiplicity = _order_at(self.coefficients[-1], factor)
            for i, a in enumerate(self.coefficients):
                if a != 0 and multiplicity - _order_at(a, factor) > self.order - i:
                    root = sympy.factor(polynomial_expression(factor, sympy.Symbol("x")))
                    raise DerivationError(
                        f"the equation has an irregular singularity where {root} = 0; only regular ones are covered",
                        ode=self,
                        factor=factor,
                    )
        if self._indicial_at_infinity() is None:
            raise DerivationError(
                "the equation has an irregular singularity at infinity; only regular ones are covered", ode=self
            )

    def residual(self, series: Sequence[fmpq]) -> list[fmpq]:
        """The coefficients of sum a_i y^(i) for y = sum_k series[k] x^k, as far as the terms decide them."""
        count = len(series) - self.order
        total = [fmpq(0)] * max(count, 0)
        derivative = [to_fmpq(c) for c in series]
        for a in self.coefficients:
            for k, c in enumerate(a.coeffs()):
                for n in range(k, count):
                    total[n] += c * derivative[n - k]
            derivative = [k * c for k, c in enumerate(derivative)][1:]
        return total

    def moment_recurrence(self) -> Recurrence:
        """The recurrence of the m_k for solutions y(z) = -sum_k m_k z^(-k-1).

        The coefficient of z^(-N-1) collects a_(i,l) m_k (-k-1)...(-k-i) with k = N + l - i.
        """
        shifts = [k - i for i, a in enumerate(self.coefficients) for k, c in enumerate(a.coeffs()) if c]
        lowest = min(shifts)
        rows = [fmpq_poly([0]) for _ in range(max(shifts) - lowest + 1)]
        for i, a in enumerate(self.coefficients):
            for k, c in enumerate(a.coeffs()):
                if c:
                    j = k - i - lowest
                    rows[j] += fmpq(int(c)) * falling(i)(fmpq_poly([-j - 1, -1]))
        return recurrence_of(rows)

    def times(self, left: LinearODE) -> LinearODE:
        """The product left * self as operators: its solutions contain those of self."""
        total = [fmpq_poly([0])] * (left.order + self.order + 1)
        power = [fmpq_poly(a) for a in self.coefficients]
        for b in left.coefficients:
            for i, a in enumerate(power):
                total[i] = total[i] + fmpq_poly(b) * a
            power = _differentiated(power)
        return ode_of(total)

    def expressions(self, symbol: sympy.Symbol | None = None) -> list[sympy.Expr]:
        """a_0, ..., a_r in a SymPy symbol, x by default."""
        return [polynomial_expression(a, symbol or sympy.Symbol("x")) for a in self.coefficients]

    def text(self, name: str = "y", variable: str = "x") -> str:
        """The equation as text."""
        parts = []
        for i, a in enumerate(self.expressions(sympy.Symbol(variable))):
            if a != 0:
                function = name + "'" * i if i < 4 else f"{name}^({i})"
                shown = f"({a})*" if isinstance(a, sympy.Add) else f"{a}*"
                parts.append({"1*": "", "-1*": "-"}.get(shown, shown) + function)
        return " + ".join(parts).replace("+ -", "- ") + " = 0"

    def to_sympy(self, function: sympy.Expr) -> sympy.Expr:
        """The left-hand side for an applied function such as f(x); raises `ParameterError` for others."""
        if len(function.args) != 1 or not isinstance(function.args[0], sympy.Symbol):
            raise ParameterError(f"a function such as f(x) is needed; got {shortly(function)}", value=function)
        (x,) = function.args
        return sympy.Add(*(a * function.diff((x, i)) for i, a in enumerate(self.expressions(x))))

    def latex(self, name: str = "y", variable: str = "x") -> str:
        """The equation in LaTeX."""
        parts = []
        for i, a in enumerate(self.expressions(sympy.Symbol(variable))):
            if a != 0:
                function = name + "'" * i if i < 4 else f"{name}^{{({i})}}"
                parts.append(rf"\left({sympy.latex(a)}\right) {function}")
        return " + ".join(parts) + " = 0"


def ode_of(coefficients: Sequence[fmpq_poly | fmpz_poly]) -> LinearODE:
    """The equation with these coefficients, divided by their common polynomial factor; a_r leads positively."""
    rows = [fmpq_poly(a) for a in coefficients]
    while rows[-1] == 0:
        rows.pop()
    common = reduce(lambda a, b: a.gcd(b), rows)
    return LinearODE(cleared([a // common for a in rows]))


def inverted(ode: LinearODE) -> LinearODE:
    """The equation of t -> y(1/t): d/dx becomes -t^2 d/dt. Applied twice it gives the equation back.

    >>> from flint import fmpz_poly
    >>> exponential = LinearODE((fmpz_poly([-1]), fmpz_poly([1])))
    >>> print(inverted(exponential).text("y", "t"))
    y + t**2*y' = 0
    """
    top = max(int(a.degree()) for a in ode.coefficients)
    total = [fmpq_poly([0])] * (ode.order + 1)
    derivative = [fmpq_poly([1])]  # y^(i)(1/t) by powers of d/dt
    for a in ode.coefficients:
        reverse = fmpq_poly([fmpq(int(a[top - k])) for k in range(top + 1)])  # t^top a(1/t)
        for i, b in enumerate(derivative):
            total[i] = total[i] + reverse * b
        derivative = [fmpq_poly([0, 0, -1]) * b for b in _differentiated(derivative)]
    return ode_of(total)


def stieltjes_ode(recurrence: Recurrence, initial: Sequence[fmpq], start: int = 0) -> LinearODE:
    """The equation of m(z) = -sum_k m_k z^(-k-1) from a recurrence of the m_k for n >= start and the first of them.

    n acts on z^(-n-1) as -(theta + 1), theta = z d/dz, and the shift of n as multiplication by z, up to finitely many
    powers of z: sum_j p_j(-theta-1) z^j m = z^-start Q(z), Q a polynomial. Multiplied by z^start, the left side is
    made homogeneous by Q d/dz - Q'. ``initial`` holds at least m_0, ..., m_(order + start - 1).
    """
    r = recurrence.order
    rows = [a * fmpq_poly([0] * start + [1]) for a in _operator(recurrence)]
    rest = [fmpq(0)] * (r + start)
    for n in range(-r, start):
        for j in range(max(-n, 0), r + 1):
            rest[start - n - 1] -= fmpq(initial[n + j]) * recurrence.coefficients[j](n)
    inhomogeneous = fmpq_poly(rest)
    if inhomogeneous == 0:
        return ode_of(rows)
    left = [-inhomogeneous.derivative(), inhomogeneous]
    total = [fmpq_poly([0])] * (len(rows) + 1)
    for i, a in enumerate(rows):
        total[i] = total[i] + left[0] * a
    for i, a in enumerate(_differentiated(rows)):
        total[i] = total[i] + left[1] * a
    return ode_of(total)


def jump_ode(recurrence: Recurrence) -> LinearODE:
    """The equation of the jump of m(z) across the real line, which the polynomial Q does not touch: of the density."""
    return ode_of(_operator(recurrence))


def _operator(recurrence: Recurrence) -> list[fmpq_poly]:
    """sum_j p_j(-theta-1) z^j by powers of d/dz."""
    rows = [fmpq_poly([0])] * (recurrence.degree + 1)
    for j, p in enumerate(recurrence.coefficients):
        in_theta = fmpq_poly(p)(fmpq_poly([-j - 1, -1]))  # p(-theta-1) z^j = z^j p(-theta-j-1)
        for i, c in enumerate(_in_falling(in_theta)):
            rows[i] = rows[i] + c * fmpq_poly([0] * (i + j) + [1])
    return rows


def falling(k: int) -> fmpq_poly:
    """s (s-1) ... (s-k+1)."""
    return reduce(lambda a, b: a * b, (fmpq_poly([-i, 1]) for i in range(k)), fmpq_poly([1]))


def _in_falling(polynomial: fmpq_poly) -> list[fmpq]:
    """The coefficients of a polynomial in theta in the basis theta (theta-1) ... = z^i d^i/dz^i (Newton's)."""
    found, rest = [], polynomial
    i = 0
    while rest != 0:
        quotient, remainder = divmod(rest, fmpq_poly([-i, 1]))
        found.append(remainder[0])
        rest = quotient
        i += 1
    return found


def _differentiated(rows: Sequence[fmpq_poly]) -> list[fmpq_poly]:
    """d/dx times the operator with these coefficients."""
    found = [a.derivative() for a in rows] + [fmpq_poly([0])]
    for i, a in enumerate(rows):
        found[i + 1] = found[i + 1] + a
    return found


def _order_at(polynomial: fmpz_poly, factor: fmpz_poly) -> int:
    count = 0
    while True:
        quotient, remainder = divmod(polynomial, factor)
        if remainder != 0:
            return count
        polynomial, count = quotient, count + 1
