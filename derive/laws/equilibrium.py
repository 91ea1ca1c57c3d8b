r"""Equilibrium measures of even monomial potentials: the limiting eigenvalue law of the matrix model exp(-n tr V).

For V(x) = t x^(2M) the support is [-b, b], and G(z) = V'(z)/2 - h(z) sqrt(z^2 - b^2) with h the polynomial part of
V'(z)/(2 sqrt(z^2 - b^2)). With c_j = binom(2j, j)/4^j the condition G ~ 1/z says M t c_M b^(2M) = 1, and

    M(w) = sqrt(1 - b^2 w^2) sum_{i>=0} (c_{M+i}/c_M) b^(2i) w^(2i).

For M > 1 the moments are rational in b^2, which is algebraic of degree M over Q(t).

Source: Deift, Orthogonal Polynomials and Random Matrices (1999), section 6.7.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import sympy
from flint import fmpq, fmpz, fmpz_poly

from resolvent.derive.border import checked
from resolvent.derive.derivation import rules
from resolvent.derive.derivation.step import Step
from resolvent.derive.equations.equation import M, Values, Z
from resolvent.derive.errors import ParameterError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber, real_roots
from resolvent.derive.exact.extension import ALPHA, Extension
from resolvent.derive.exact.field import Element, Field, generated, to_element
from resolvent.derive.exact.polynomials import generator, ring_of
from resolvent.derive.exact.precision import order
from resolvent.derive.exact.resultant import Resultant
from resolvent.derive.exact.series import Series, make_series
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import shown
from resolvent.derive.laws.from_polynomial import conclude
from resolvent.derive.laws.record import Recipe, joint

_HIGHEST = 12


@checked
def equilibrium_measure(M: int, t: Any = 1) -> AlgebraicLaw:
    """The one-cut equilibrium measure of V(x) = t x^(2M): it minimises int V d mu - int int log|x - y| d mu d mu.

    M = 1 is the semicircle of variance 1/(2t). The edge b solves M t binom(2M, M) (b/2)^(2M) = 1.
    ``t`` is positive: a number or an expression in parameters.

    >>> equilibrium_measure(2, "1/12").moments(4)
    [0, 4/3, 0, 3]
    >>> equilibrium_measure(1).equation.expr
    m**2 + 2*m*z + 2

    Raises `ParameterError` unless M is an integer from 1 to 12 and t positive.
    Source: Deift, Orthogonal Polynomials and Random Matrices (1999), section 6.7.
    """
    if isinstance(M, bool) or not isinstance(M, (int, sympy.Integer)) or not 1 <= M <= _HIGHEST:
        raise ParameterError(f"M must be an integer from 1 to {_HIGHEST}; got {M!r}", M=M)
    half = int(M)
    t_, symbols = to_element(t)
    if t_.is_constant and t_.to_fmpq() <= 0:
        raise ParameterError(f"t must be positive, or V confines nothing; got {shown(t)}", t=t)
    square = _edge_square(half, t_, symbols)
    steps = _elimination(half, t_)
    polynomial = steps.value.project_to_context(ring_of(("z", "m"), steps.value, drop=("s'",)))

    recipe = Recipe(equilibrium_measure, (M, t))
    scalar = t_.to_sympy({x.name: x for x in symbols})
    given = Step(
        rules.EQUILIBRIUM,
        f"the one-cut solution for V(x) = {scalar} x^{2 * half}",
        kind="definition",
        build=partial(_solution, half, scalar),
    )
    return conclude(
        AlgebraicLaw,
        polynomial,
        symbols,
        partial(_moments, half, square),
        explanation=f"the equation of {recipe.text}, by eliminating b",
        uses=(given,),
        recipe=recipe,
        eliminations=(steps,),
    )


def _moments(half: int, square: Element, n: int, values: Values) -> Series:
    field, _, (s,) = joint(n, values, [], [square])
    one = s * 0 + 1
    with order(n):
        root = make_series(field, _in_squares([_sqrt_coefficient(i) * one * s**i for i in range(n)]), n)
        central = _central(half)
        tail = [_central(half + i) / central * one * s**i for i in range(n)]
        return root * make_series(field, _in_squares(tail), n)


def _solution(half: int, t: sympy.Expr) -> tuple[sympy.Basic, ...]:
    b = sympy.Symbol("b")
    return (
        sympy.Eq((half * t * Z ** (2 * half - 1) + M) ** 2, _h(half, t, Z, b) ** 2 * (Z**2 - b**2)),
        sympy.Eq(half * t * sympy.binomial(2 * half, half) * (b / 2) ** (2 * half), 1, evaluate=False),
    )


def _central(j: int) -> fmpq:
    """c_j = binom(2j, j)/4^j."""
    return fmpq(math.comb(2 * j, j), 4**j)


def _sqrt_coefficient(i: int) -> fmpq:
    """The coefficient of x^i in sqrt(1 - x)."""
    return _central(i) / (1 - 2 * i)


def _in_squares(terms: list[Any]) -> list[Any]:
    """Coefficients of a series in w^2 as coefficients in w."""
    return [x for term in terms for x in (term, term * 0)]


def _h(half: int, t: sympy.Expr, z: sympy.Symbol, b: sympy.Symbol) -> sympy.Expr:
    parts = ((_central(j), b ** (2 * j) * z ** (2 * (half - 1 - j))) for j in range(half))
    return half * t * sympy.Add(*(sympy.Rational(int(c.p), int(c.q)) * term for c, term in parts))


def _elimination(half: int, t: Element) -> Resultant:
    """Eliminate s = b^2 from (V'/2 + m)^2 = h^2 (z^2 - s) and M t c_M s^M = 1, in integers."""
    ring = ring_of(("s'", "z", "m"), t.numerator)
    s, z, m = (generator(ring, n) for n in ("s'", "z", "m"))
    p, q = (e.project_to_context(ring) for e in (t.numerator, t.denominator))
    scale = 4 ** (half - 1)
    h = ring.constant(0)
    for j in range(half):
        h = h + int(_central(j) * scale) * s**j * z ** (2 * (half - 1 - j))
    relation = scale**2 * (half * p * z ** (2 * half - 1) + q * m) ** 2 - (half * p * h) ** 2 * (z**2 - s)
    edge = half * p * math.comb(2 * half, half) * s**half - 4**half * q
    return Resultant.of(edge, relation, "s'")


def _edge_square(half: int, t: Element, symbols: tuple[sympy.Symbol, ...]) -> Element:
    """b^2 as an element: rational where it is, otherwise in Q(t)(alpha), alpha = D b^2 a root of x^M - N D^(M-1)."""
    field = t.field
    d = half * math.comb(2 * half, half) * t.numerator
    n = 4**half * t.denominator
    radicand = n * d ** (half - 1)
    if half == 1:
        return field.element(n, d)
    if symbols:
        terms = {(*exponents, 0): -int(c) for exponents, c in radicand.to_dict().items()}
        terms[(*([0] * len(field.names)), half)] = 1
        value = sympy.root(field.element(radicand).to_sympy({s.name: sympy.Symbol(s.name) for s in symbols}), half)
        wide = Field(field.names, Extension(field.names, tuple(sorted(terms.items())), value))
        return wide.generator(ALPHA) / wide.element(d)
    a, denominator = (fmpz(next(iter(x.to_dict().values()))) for x in (radicand, d))
    power = fmpz_poly([-a, *([0] * (half - 1)), 1])
    root_index, factor = next(
        (len(real_roots(f)) - 1, f) for f, _ in power.factor()[1] if any(r > 0 for r in real_roots(f))
    )
    if factor.degree() == 1:
        return field.constant(fmpq(-factor[0], factor[1]) / denominator)
    coefficients = tuple(int(c) for c in factor.coeffs())
    value = AlgebraicNumber(coefficients, root_index).to_sympy()
    return generated(coefficients, value) / int(denominator)
