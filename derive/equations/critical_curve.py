"""The critical curve of a law with parameters: D(z; parameters) = disc_m(P) lc_m(P), and where its roots in z meet."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import combinations

import sympy
from flint import fmpq, fmpz_mpoly, fmpz_mpoly_ctx

from resolvent.derive.equations.equation import ResolventEquation
from resolvent.derive.exact.field import coefficients_in
from resolvent.derive.exact.polynomials import degree, factored, generator, substitute


@lru_cache(maxsize=64)
def critical_curve(equation: ResolventEquation) -> tuple[fmpz_mpoly, ...]:
    """The distinct irreducible factors over Z of disc_m(P) lc_m(P), those without z included."""
    parts = [leading_in(equation.polynomial, "m")]
    if equation.degree > 1:
        parts.append(equation.polynomial.discriminant("m"))
    found: list[fmpz_mpoly] = []
    for part in parts:
        found += [f for f, _ in factored(part) if f not in found]
    return tuple(found)


def moving_factors(equation: ResolventEquation, point: fmpq | None) -> list[fmpz_mpoly]:
    """The factors of the critical curve that involve z, and z - point."""
    found = [f for f in critical_curve(equation) if degree(f, "z") > 0]
    if point is not None:
        fixed = _linear(equation.polynomial.context(), point)
        if fixed not in found:
            found.append(fixed)
    return found


def crossing_factors(equation: ResolventEquation, point: fmpq) -> list[fmpz_mpoly]:
    """The irreducible factors of D(point; parameters), without those that vanish for all parameters."""
    fixed = _linear(equation.polynomial.context(), point)
    return _distinct(f.resultant(fixed, "z") for f in moving_factors(equation, None) if f != fixed)


def meeting_factors(equation: ResolventEquation) -> list[fmpz_mpoly]:
    """The irreducible factors of the discriminants in z of the factors of D, and of their pairwise resultants.

    Where P is linear in m it has no discriminant, and an atom can vanish without meeting anything: at the common zeros
    of its coefficients.
    """
    moving = moving_factors(equation, None)
    meetings = [f.discriminant("z") for f in moving if degree(f, "z") > 1]
    if equation.degree == 1:
        top = coefficients_in(equation.polynomial, "m", equation.polynomial.context())[0]
        meetings += [f.resultant(top, "z") for f in moving]
    return _distinct([*meetings, *(f.resultant(g, "z") for f, g in combinations(moving, 2))])


def escaping_factors(equation: ResolventEquation) -> list[fmpz_mpoly]:
    """The irreducible factors of the leading coefficients in z: where a critical point goes to infinity."""
    return _distinct(leading_in(f, "z") for f in moving_factors(equation, None))


def degenerate_factors(equation: ResolventEquation) -> list[fmpz_mpoly]:
    """The irreducible factors of D without z: where sheets meet for all z, or the degree in m drops."""
    return [f for f in critical_curve(equation) if degree(f, "z") == 0]


def leading_in(polynomial: fmpz_mpoly, name: str) -> fmpz_mpoly:
    """The leading coefficient in one generator, in the same ring."""
    ring = polynomial.context()
    return at_values(coefficients_in(polynomial, name, ring)[-1], {name: fmpq(1)})


def at_values(polynomial: fmpz_mpoly, values: dict[str, fmpq]) -> fmpz_mpoly:
    """A polynomial with some generators replaced by rational numbers, times the denominators."""
    ring = polynomial.context()
    images = {n: (ring.constant(v.p), ring.constant(v.q)) for n, v in values.items() if n in ring.names()}
    return substitute(polynomial, ring, images)


def _linear(ring: fmpz_mpoly_ctx, point: fmpq) -> fmpz_mpoly:
    return point.q * generator(ring, "z") - point.p


def _distinct(polynomials: Iterable[fmpz_mpoly]) -> list[fmpz_mpoly]:
    found: list[fmpz_mpoly] = []
    for polynomial in polynomials:
        found += [f for f, _ in factored(polynomial) if f not in found]
    return found


def never_zero(expression: sympy.Expr) -> bool:
    """Whether the parameters' assumptions keep a polynomial from vanishing, as far as its terms show."""
    return expression.is_zero is False
