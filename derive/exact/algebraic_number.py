"""Real algebraic numbers: an irreducible integer polynomial and the index of a real root; any precision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import gcd
from operator import ne

import flint
import sympy
from flint import arb, arb_poly, fmpq, fmpz, fmpz_poly

from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.field import to_sympy_rational
from resolvent.derive.exact.precision import working_precision


@dataclass(frozen=True)
class AlgebraicNumber:
    """A root of an irreducible polynomial (coefficients lowest first), by its index among the real roots.

    >>> root = AlgebraicNumber((-2, 0, 1), 1)
    >>> root.to_sympy(), float(root)
    (sqrt(2), 1.4142135623730951)
    """

    polynomial: tuple[int, ...]
    index: int

    def __repr__(self) -> str:
        return f"<AlgebraicNumber {self.digits(12) if self.rational is None else self.rational}>"

    def ball(self, precision: int = 128) -> arb:
        """A ball around the number, of about the given relative precision in bits."""
        return _real_roots(self.polynomial, precision)[self.index]

    def __float__(self) -> float:
        return float(self.ball(128))

    @property
    def rational(self) -> fmpq | None:
        """The number as a fraction, if it is one."""
        return fmpq(-self.polynomial[0], self.polynomial[1]) if len(self.polynomial) == 2 else None

    def times_power_of_two(self, exponent: int) -> AlgebraicNumber:
        """2^exponent times the number.

        >>> AlgebraicNumber((-2, 0, 1), 0).times_power_of_two(-1)
        <AlgebraicNumber -0.707106781187>
        """
        n = len(self.polynomial) - 1
        scaled = [c << abs(exponent) * (n - k if exponent > 0 else k) for k, c in enumerate(self.polynomial)]
        common = gcd(*scaled)
        return AlgebraicNumber(tuple(c // common for c in scaled), self.index)

    def to_sympy(self, radicals: bool = False) -> sympy.Expr:
        """The number as a SymPy expression: rational, a quadratic surd, or a CRootOf.

        With ``radicals`` numbers of degree 3 and 4 are written in radicals too, real ones through complex ones.

        >>> AlgebraicNumber((-2, 0, 0, 1), 0).to_sympy(radicals=True)
        2**(1/3)
        """
        if self.rational is not None:
            return to_sympy_rational(self.rational)
        x = sympy.Symbol("x")
        polynomial = sympy.Poly(list(reversed(self.polynomial)), x)
        if polynomial.degree() == 2:
            return sorted(sympy.roots(polynomial), key=float)[self.index]
        if radicals and polynomial.degree() <= 4:
            exact = sympy.Float(self.digits(40), 40)
            return min(sympy.roots(polynomial), key=lambda root: abs(sympy.N(root, 40) - exact))
        return sympy.CRootOf(polynomial, self.index)

    def digits(self, n: int) -> str:
        """The number to n significant digits, the last one rounded.

        >>> AlgebraicNumber((-2, 0, 1), 1).digits(30)
        '1.41421356237309504880168872421'

        Raises `ParameterError` unless n is a positive integer.
        """
        if isinstance(n, bool) or not hasattr(n, "__index__") or n < 1:
            raise ParameterError(f"the number of digits must be a positive integer; got {n!r}", n=n)
        if self.rational is not None:
            return str(sympy.N(self.to_sympy(), n))
        return str(self.ball(64 + 4 * int(n)).str(int(n), radius=False))

    def is_root_of(self, polynomial: fmpz_poly) -> bool:
        """Whether the number is a root of another integer polynomial."""
        return bool(divmod(polynomial, fmpz_poly(list(self.polynomial)))[1] == 0)


@lru_cache(maxsize=1024)
def _real_roots(polynomial: tuple[int, ...], precision: int) -> tuple[arb, ...]:
    with working_precision(precision):
        return tuple(real_roots(fmpz_poly(list(polynomial)), precision))


def real_roots(polynomial: fmpz_poly, precision: int = 53) -> list[arb]:
    """The distinct real roots, sorted, as disjoint balls of about so many bits, relative to their size.

    FLINT isolates real roots only together with all others, which takes 8 to 60 times as long at degrees 34 to 88.

    >>> [float(r) for r in real_roots(fmpz_poly([-6, 0, -1, 0, 1]))]
    [-1.7320508075688772, 1.7320508075688772]
    """
    if polynomial.degree() < 1:
        return []
    squarefree = polynomial // polynomial.gcd(polynomial.derivative())
    while True:
        with working_precision(precision):
            balls = sorted(_all_roots(squarefree), key=lambda ball: ball.mid())
        if not any(a.overlaps(b) for a, b in pairwise(balls)):
            return balls
        precision *= 2


def _all_roots(squarefree: fmpz_poly) -> Iterator[arb]:
    zero = fmpz_poly([0, 1])
    if squarefree[0] == 0:
        yield arb(0)
        squarefree //= zero
    for mirror in (False, True):
        half = squarefree(-zero) if mirror else squarefree
        for place in _positive_roots(half):
            ball = arb(place) if isinstance(place, fmpq) else _refined(half, *place)
            yield -ball if mirror else ball


def _positive_roots(squarefree: fmpz_poly) -> Iterator[fmpq | tuple[fmpq, fmpq]]:
    """The positive roots: each exact, or the only one in an open interval with binary fractions as ends.

    By Descartes' rule of signs for the images of intervals under Moebius maps to (0, oo): no change of sign excludes
    roots, one proves a single one, and otherwise the interval is halved.
    """
    n = squarefree.degree()
    if n < 1:
        return
    if _sign_changes(squarefree) == 0:
        return
    bound = _root_bound(squarefree)
    start = squarefree(fmpz_poly([0, fmpz(2) ** bound])) if bound >= 0 else _halved(squarefree, -bound)
    width = fmpq(2) ** bound
    todo = [(start, fmpq(0), width)]
    step = fmpz_poly([1, 1])
    while todo:
        scaled, left, width = todo.pop()
        if scaled[0] == 0:
            yield left
            scaled //= fmpz_poly([0, 1])
        changes = _sign_changes(fmpz_poly(scaled.coeffs()[::-1])(step))
        if changes == 1:
            yield left, left + width
        elif changes > 1:
            lower = _halved(scaled, 1)
            todo += [(lower(step), left + width / 2, width / 2), (lower, left, width / 2)]


def _root_bound(polynomial: fmpz_poly) -> int:
    """An exponent b such that all roots are below 2^b in absolute value (Fujiwara)."""
    n = polynomial.degree()
    top = int(polynomial[n]).bit_length() - 1
    sizes = [(int(c).bit_length() - top, n - k) for k, c in enumerate(polynomial.coeffs()[:-1]) if c]
    return 2 + max(-(-size // k) for size, k in sizes)


def _halved(polynomial: fmpz_poly, times: int) -> fmpz_poly:
    """p(x/2^times) 2^(n times), without the common power of two."""
    n = polynomial.degree()
    scaled = fmpz_poly([c << (times * (n - k)) for k, c in enumerate(polynomial.coeffs())])
    return scaled // scaled.content()


def _sign_changes(polynomial: fmpz_poly) -> int:
    signs = [c > 0 for c in polynomial.coeffs() if c]
    return sum(map(ne, signs, signs[1:]))


def _refined(squarefree: fmpz_poly, left: fmpq, right: fmpq) -> arb:
    """The one root in an open interval, to the current precision.

    Newton's iteration, safeguarded by bisection, guesses; signs left and right of the guess are the proof.
    """
    goal = flint.ctx.prec
    rising = _rises(squarefree, left, right)
    precision = goal + 64 + 2 * squarefree.degree()  # values of long polynomials cancel heavily
    while True:
        with working_precision(precision):
            polynomial = arb_poly(squarefree)
            place = _guess(polynomial, arb(left).mid(), arb(right).mid(), rising, goal)
            margin = (abs(place) * arb(2) ** (-1 - goal)).mid()
            low, high = (place - margin).mid(), (place + margin).mid()
            before, after = (-polynomial(low), polynomial(high)) if rising else (polynomial(low), -polynomial(high))
            if low > arb(left) and high < arb(right) and before > 0 and after > 0:
                return arb(place, margin)
        precision, goal = 2 * precision, 2 * goal  # the root may be closer to an end of the interval than the margin


def _guess(polynomial: arb_poly, low: arb, high: arb, rising: bool, goal: int) -> arb:
    derivative = polynomial.derivative()
    place, last = ((low + high) / 2).mid(), (high - low).mid()
    while True:
        value = polynomial(place)
        if value.contains(0):
            return place
        if (value > 0) == rising:
            high = place
        else:
            low = place
        following = (place - value / derivative(place)).mid()
        step = (following - place).mid()
        if not (low < following < high and 2 * abs(step) < abs(last)):
            following = ((low + high) / 2).mid()
            step = (high - low).mid()
        place, last = following, step
        if not abs(step) > abs(place) * arb(2) ** (-8 - goal):
            return place


def _rises(squarefree: fmpz_poly, left: fmpq, right: fmpq) -> bool:
    """Whether the polynomial grows through its one root between left and right (which may be roots themselves)."""
    at_right, at_left = squarefree(right), squarefree(left)
    if at_right != 0:
        return bool(at_right > 0)
    return bool(at_left < 0 if at_left != 0 else squarefree.derivative()(left) < 0)


def algebraic_numbers(factors: Iterable[fmpz_poly], precision: int) -> list[AlgebraicNumber]:
    """All real roots of distinct irreducible polynomials, in increasing order."""
    found = []
    for factor in factors:
        coefficients = tuple(int(c) for c in factor.coeffs())
        found += [AlgebraicNumber(coefficients, k) for k in range(len(_real_roots(coefficients, precision)))]
    return sorted(found, key=lambda number: number.ball(precision).mid())
