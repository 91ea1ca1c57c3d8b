r"""Closed forms of solutions of equations of order 2 and 3: 2F1 with a rational pullback, complete elliptic integrals.

One looks for y = w (p_0 F(f) + p_1 F'(f)), F = 2F1(a, b; c; .), with f, p_0, p_1 rational functions and w a product of
powers (x - s)^alpha. F and F' span a module over Q(x) with a derivation,

    F(f)' = f' F'(f),   F'(f)' = f'/(f(1-f)) (a b F(f) - (c - (a+b+1) f) F'(f)),

so substituting y into the equation gives two rational functions, linear in p_0 and p_1, that must vanish. Then every
solution F of the hypergeometric equation gives a solution y; at order 2 these are all.

The pullbacks f are those of small degree whose zeros, poles and ones are singular points of the equation; the local
exponents have to fit: at a point where f takes the value v in {0, 1, oo} with multiplicity e, the exponents of the
equation are, up to integers and a common shift alpha, e times those of the hypergeometric equation at v.

Source: DLMF 15.10, for the hypergeometric equation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import combinations, permutations, product
from typing import Any

import sympy
from flint import fmpq, fmpq_poly, fmpz_poly

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import to_sympy_rational
from resolvent.derive.exact.rational_function import ONE, Rational, X, relations
from resolvent.derive.exact.rational_function import x as _x
from resolvent.derive.sequences.ode import LinearODE

_DEGREES = (1, 2, 3, 4)
_ZERO = fmpq_poly([0])

Pair = tuple[Rational, Rational]


@dataclass(frozen=True)
class HypergeometricForm:
    """Solutions w (p_0 F(f) + p_1 F'(f)) of an equation, for every solution F of the equation of 2F1(a, b; c; .).

    Attributes:
        ode: the equation.
        a, b, c: the parameters.
        pullback: f.
        parts: p_0 and p_1.
        powers: (s, alpha): the factors (x - s)^alpha of w.
    """

    ode: LinearODE
    a: Fraction
    b: Fraction
    c: Fraction
    pullback: Rational
    parts: Pair
    powers: tuple[tuple[fmpq, Fraction], ...]

    def check(self) -> bool:
        """Substitute into the equation: both components vanish identically."""
        module = _Module(self.a, self.b, self.c, self.pullback, self.powers)
        return not any(r.top != 0 for r in module.image(self.ode, self.parts))

    def expression(self, x: sympy.Symbol = X) -> sympy.Expr:
        """The solution that belongs to F = 2F1(a, b; c; f): in K and E (functions of the parameter) for 1/2, 1/2; 1."""
        f, p, q = self.pullback.to_sympy(x), self.parts[0].to_sympy(x), self.parts[1].to_sympy(x)
        a, b, c = (sympy.Rational(v.numerator, v.denominator) for v in (self.a, self.b, self.c))
        factor = sympy.Mul(
            *((x - to_sympy_rational(s)) ** sympy.Rational(e.numerator, e.denominator) for s, e in self.powers)
        )
        if (a, b, c) == (sympy.Rational(1, 2), sympy.Rational(1, 2), 1):
            k = sympy.factor(p - q / (2 * f))
            e = sympy.factor(q / (2 * f * (1 - f)))
            shape = k * sympy.elliptic_k(f) + e * sympy.elliptic_e(f)
            return factor * shape * 2 / sympy.pi
        derivative = a * b / c * sympy.hyper([a + 1, b + 1], [c + 1], f)
        return factor * (p * sympy.hyper([a, b], [c], f) + q * derivative)


def hypergeometric_forms(ode: LinearODE, most_degree: int = 3) -> Iterator[HypergeometricForm]:
    """Hypergeometric forms of solutions of an equation of order 2 or 3, singular at rational points, proved.

    Elliptic integrals come first, then 1/n, 1-1/n; 1 for n = 3, 4, 6, then parameters that are read off the exponents;
    within a family pullbacks by their degree.

    >>> ode = LinearODE((fmpz_poly([-1]), fmpz_poly([4, -8]), fmpz_poly([0, 4, -4])))  # of K(x)
    >>> forms = hypergeometric_forms(ode)
    >>> next(forms).expression(), next(forms).expression()
    (2*elliptic_k(1 - x)/pi, 2*elliptic_k(x)/pi)

    Raises `DerivationError` for equations of other orders, with irregular singular points, or if no form is found with
    pullbacks up to ``most_degree``.
    """
    if ode.order not in (2, 3):
        raise DerivationError(
            f"closed forms are looked for at the orders 2 and 3; this equation has order {ode.order}", ode=ode
        )
    ode.require_regular()
    points = _rational_points(ode)
    tried, count = 0, 0
    for candidate in _candidates(ode, sorted(_pullbacks(points, most_degree), key=_complexity)):
        tried += 1
        found = _solved(ode, points, *candidate)
        if found is not None and found.check():
            count += 1
            yield found
    if count:
        return
    raise DerivationError(
        f"no hypergeometric form was found with pullbacks up to degree {most_degree} ({tried} candidates fitted the "
        "exponents)",
        ode=ode,
    )


def related_forms(form: HypergeometricForm) -> Iterator[HypergeometricForm]:
    """Forms of the same equation with the pullbacks f, 1-f, 1/f, 1-1/f, 1/(1-f), f/(f-1) that vanish at infinity.

    These are the arguments of Kummer's 24 solutions (DLMF 15.10(ii)). Each form is found and proved on its own.

    >>> ode = LinearODE((fmpz_poly([-1]), fmpz_poly([4, -8]), fmpz_poly([0, 4, -4])))  # of K(x)
    >>> [form.pullback.to_sympy() for form in related_forms(next(hypergeometric_forms(ode)))]
    [-1/(x - 1), 1/x]
    """
    f, one = form.pullback, Rational.of(ONE)
    orbit = (f, one - f, one / f, one - one / f, one / (one - f), f / (f - one))
    points = _rational_points(form.ode)
    vanishing = [g for g in orbit if g.top.degree() < g.bottom.degree()]
    known: list[HypergeometricForm] = []
    for candidate in _candidates(form.ode, vanishing):
        found = _solved(form.ode, points, *candidate)
        if found is not None and found not in known and found.check():
            known.append(found)
            yield found


# -- candidates ------------------------------------------------------------------------------------------------------


def _rational_points(ode: LinearODE) -> list[fmpq]:
    """The rational singular points; at irrational ones the solutions that are found are regular."""
    linear = [f for f in ode.singular_factors if f.degree() == 1]
    return sorted((fmpq(-int(f[0]), int(f[1])) for f in linear), key=lambda s: Fraction(int(s.p), int(s.q)))


def local_exponents(ode: LinearODE, point: fmpq | None) -> tuple[Fraction, ...] | None:
    """The local exponents; None if they are not all rational. At infinity s stands for x^-s."""
    factor = None if point is None else fmpz_poly([-int(point.p), int(point.q)])
    indicial = ode.indicial_polynomial(factor)
    assert indicial is not None
    roots = []
    for part, multiplicity in indicial.numer().factor()[1]:
        if part.degree() == 1:
            roots += [Fraction(-int(part[0]), int(part[1]))] * multiplicity
    return tuple(roots) if len(roots) == ode.order else None


def _pullbacks(points: Sequence[fmpq], most: int) -> Iterator[Rational]:
    """f = C prod (x - s)^e_s with zeros and poles at the points (or infinity), and the value 1 at another one."""
    for degree in range(1, most + 1):
        for powers in product(range(-degree, degree + 1), repeat=len(points)):
            zeros = sum(e for e in powers if e > 0)
            poles = -sum(e for e in powers if e < 0)
            if max(zeros, poles) != degree:
                continue
            top = reduce(lambda u, v: u * v, ((_x - s) ** e for s, e in zip(points, powers, strict=True) if e > 0), ONE)
            bottom = reduce(
                lambda u, v: u * v, ((_x - s) ** -e for s, e in zip(points, powers, strict=True) if e < 0), ONE
            )
            units = [top(s) / bottom(s) for s, e in zip(points, powers, strict=True) if e == 0]
            if zeros == poles:
                units.append(fmpq(1))
            for unit in dict.fromkeys(str(u) for u in units):
                value = next(u for u in units if str(u) == unit)
                yield Rational.of(top / value, bottom)


def _value_and_order(f: Rational, point: fmpq | None) -> tuple[str, int] | None:
    """Which of 0, 1, oo the pullback takes at a point, and how often; None for other values."""
    for name, g in (("0", f), ("1", f - Rational.of(ONE)), ("oo", Rational.of(f.bottom, f.top))):
        if g.top == 0:
            return None
        if point is None:
            order = int(g.bottom.degree() - g.top.degree())
        else:
            order = _multiplicity(g.top, point) - _multiplicity(g.bottom, point)
        if order > 0:
            return name, order
    return None


def _multiplicity(polynomial: fmpq_poly, point: fmpq) -> int:
    count = 0
    while polynomial(point) == 0:
        polynomial, count = polynomial // (_x - point), count + 1
    return count


def _candidates(ode: LinearODE, pullbacks: Sequence[Rational]) -> Iterator[Candidate]:
    """The pullbacks with all parameters and powers that fit the exponents of the equation."""
    exponents = {s: local_exponents(ode, s) for s in (*_rational_points(ode), None)}
    for family in (_elliptic, _other_classical, _read_off):
        for pullback in pullbacks:
            for parameters in family(pullback, exponents):
                powers = _powers(pullback, parameters, exponents)
                if powers is not None:
                    yield pullback, parameters, powers


Exponents = dict[Any, Any]
Parameters = tuple[Fraction, Fraction, Fraction]
Powers = tuple[tuple[fmpq, Fraction], ...]
Candidate = tuple[Rational, Parameters, Powers]


def _complexity(f: Rational) -> tuple[int, int]:
    """The degree, and then the number of poles: polynomials come first."""
    return max(int(f.top.degree()), int(f.bottom.degree())), int(f.bottom.degree())


def _elliptic(f: Rational, exponents: Exponents) -> Iterator[Parameters]:
    yield Fraction(1, 2), Fraction(1, 2), Fraction(1)


def _other_classical(f: Rational, exponents: Exponents) -> Iterator[Parameters]:
    for a, b in ((Fraction(1, n), Fraction(n - 1, n)) for n in (3, 4, 6)):
        yield a, b, Fraction(1)


def _read_off(f: Rational, exponents: Exponents) -> Iterator[Parameters]:
    """The parameters whose exponent differences at 0, 1 and oo are those of the equation, by the multiplicities."""
    differences: dict[str, set[Fraction]] = {"0": set(), "1": set(), "oo": set()}
    for point, pair in exponents.items():
        place = _value_and_order(f, point)
        if place is not None and pair is not None:
            differences[place[0]] |= {abs(x - y) / place[1] for x, y in combinations(pair, 2)}
    for at_zero, at_one, at_infinity in product(*(sorted(d)[:3] for d in differences.values())):
        sign = -1 if at_zero.denominator == 1 else 1  # c = 0, -1, ... has no 2F1
        c, a = 1 - sign * at_zero, (1 - sign * at_zero - at_one - at_infinity) / 2
        yield a, a + at_infinity, c


def _powers(f: Rational, parameters: Parameters, exponents: Exponents) -> Powers | None:
    """The powers alpha in [0, 1) that make all exponents fit up to integers, or None."""
    a, b, c = parameters
    own = {"0": (Fraction(0), 1 - c), "1": (Fraction(0), c - a - b), "oo": (a, b)}
    found = []
    total = Fraction(0)
    for point, pair in exponents.items():
        place = _value_and_order(f, point)
        if pair is None:
            return None
        if place is None:
            base = (Fraction(0), Fraction(1))
        else:
            base = (place[1] * own[place[0]][0], place[1] * own[place[0]][1])
        shift = _common_shift(pair, base)
        if shift is None:
            return None
        if point is None:
            if (shift + total).denominator != 1:
                return None
        elif shift:
            found.append((point, shift))
            total += shift
    return tuple(found)


def _common_shift(exponents: Sequence[Fraction], base: tuple[Fraction, Fraction]) -> Fraction | None:
    """The shift in [0, 1) that moves the two base exponents to two of the equation's, up to integers."""
    for x, y in permutations(exponents, 2):
        shift = x - base[0]
        if (y - base[1] - shift).denominator == 1:
            return shift - shift.__floor__()
    return None


# -- linear algebra ----------------------------------------------------------------------------------------------------


class _Module:
    """The functions w (u F(f) + v F'(f)), as pairs (u, v)."""

    def __init__(
        self,
        a: Fraction,
        b: Fraction,
        c: Fraction,
        f: Rational,
        powers: Sequence[tuple[fmpq, Fraction]],
    ) -> None:
        slope = f.derivative()
        weight = slope / (f * (Rational.of(ONE) - f))
        self._up = slope
        self._down = weight * Rational.constant(a * b)
        self._across = weight * (Rational.constant(c) - Rational.constant(a + b + 1) * f)
        self._twist = reduce(
            lambda u, v: u + v, (Rational.constant(e) / Rational.of(_x - s) for s, e in powers), Rational.of(_ZERO)
        )

    def derivative(self, pair: Pair) -> Pair:
        """The derivative of w (u F + v F'), without w."""
        u, v = pair
        return (
            u.derivative() + v * self._down + self._twist * u,
            v.derivative() + u * self._up - v * self._across + self._twist * v,
        )

    def image(self, ode: LinearODE, pair: Pair) -> Pair:
        """The equation applied to it."""
        total = (Rational.of(_ZERO), Rational.of(_ZERO))
        for i, coefficient in enumerate(ode.coefficients):
            if i:
                pair = self.derivative(pair)
            scale = Rational.of(fmpq_poly(coefficient))
            total = (total[0] + scale * pair[0], total[1] + scale * pair[1])
        return total


def _solved(
    ode: LinearODE, points: Sequence[fmpq], f: Rational, parameters: Parameters, powers: Powers
) -> HypergeometricForm | None:
    """Polynomial numerators over powers of prod (x - s) that solve the equation, or None."""
    module = _Module(*parameters, f, powers)
    weight = _weight(f, points)
    base = reduce(lambda u, v: u * v, ((_x - s) for s in points), ONE)
    for depth in (0, 1, 2):
        for degree in _DEGREES:
            bottom = base**depth
            height = degree + depth * len(points)
            zero = Rational.of(_ZERO)
            basis: list[Pair] = []
            for j in range(height + 1):
                monomial = Rational.of(_x**j, bottom)
                basis += [(monomial, zero), (zero, monomial * weight)]
            found = relations([module.image(ode, pair) for pair in basis])
            if found:
                parts = [
                    reduce(
                        lambda u, v: u + v,
                        (Rational.constant(c) * p[i] for c, p in zip(found[0], basis, strict=True)),
                    )
                    for i in range(2)
                ]
                return HypergeometricForm(ode, *parameters, f, (parts[0], parts[1]), powers)
    return None


def _weight(f: Rational, points: Sequence[fmpq]) -> Rational:
    """What F'(f) is taken with: f(1-f), as large as F at the points, if f has poles; its zeros must be points too."""
    weight = f * (Rational.of(ONE) - f)
    known = sum(_multiplicity(weight.top, s) for s in points)
    return weight if f.bottom.degree() > 0 and known == weight.top.degree() else Rational.of(ONE)
