"""Substitution, elimination and clean-up of multivariate integer polynomials, on python-flint."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from flint import fmpq_mpoly, fmpq_mpoly_ctx, fmpz_mpoly, fmpz_mpoly_ctx, fmpz_poly

from resolvent.derive.exact.field import coefficients_in, polynomial_ring
from resolvent.derive.exact.stage import tell

Quotient = tuple[fmpz_mpoly, fmpz_mpoly]


def generator(ring: fmpz_mpoly_ctx, name: str) -> fmpz_mpoly:
    """The generator of a ring by its name."""
    return ring.gen(ring.variable_to_index(name))


def substitute(polynomial: fmpz_mpoly, ring: fmpz_mpoly_ctx, images: Mapping[str, Quotient]) -> fmpz_mpoly:
    """The numerator of ``polynomial`` after replacing generators by quotients ``(numerator, denominator)`` of ``ring``.

    Each generator is homogenised with its own denominator, so nothing but powers of the denominators is multiplied in.
    Generators without an image must exist in ``ring`` and stay as they are.

    >>> ring = polynomial_ring(("x",)); x = ring.gen(0)
    >>> substitute(x**2 + 1, ring, {"x": (x, x + 1)})
    2*x^2 + 2*x + 1
    """
    source = polynomial.context()
    names = source.names()
    degrees = polynomial.degrees()
    fractional = [n for n in names if n in images and not images[n][1].is_one()]
    extended = polynomial_ring((*names, *(f"{n}/" for n in fractional)))
    terms = {}
    positions = [(names.index(n), degrees[names.index(n)]) for n in fractional]
    for exponents, coefficient in polynomial.to_dict().items():
        terms[(*exponents, *(top - exponents[i] for i, top in positions))] = coefficient
    values = [images[n][0] if n in images else generator(ring, n) for n in names]
    values += [images[n][1] for n in fractional]
    return extended.from_dict(terms).compose(*values, ctx=ring)


def resultant(a: fmpz_mpoly, b: fmpz_mpoly, name: str) -> fmpz_mpoly:
    """The resultant of two polynomials of one ring with respect to the generator ``name``."""
    tell(lambda: f"eliminating {name} from polynomials of degrees {degree(a, name)} and {degree(b, name)} in it")
    return a.resultant(b, name)


def degree(polynomial: fmpz_mpoly, name: str) -> int:
    """The degree in one generator."""
    return int(polynomial.degrees()[polynomial.context().variable_to_index(name)])


def without_monomials(polynomial: fmpz_mpoly) -> fmpz_mpoly:
    """The polynomial without its integer content and without powers of single generators as factors."""
    if polynomial.is_zero():
        return polynomial
    return positive(polynomial / polynomial.term_content())


def positive(polynomial: fmpz_mpoly) -> fmpz_mpoly:
    """The polynomial or its negative, whichever has a positive leading coefficient."""
    return -polynomial if polynomial.leading_coefficient() < 0 else polynomial


def factored(polynomial: fmpz_mpoly) -> list[tuple[fmpz_mpoly, int]]:
    """The irreducible factors over the integers of positive degree, with positive leading terms and multiplicities.

    FLINT's factors come sorted by machine integers, which coefficients above 2^63 overflow; those of rational
    polynomials do not, so the factors are then found over Q. By Gauss' lemma they are the same.

    >>> ring = polynomial_ring(("x", "y")); x, y = ring.gens()
    >>> factored(-6 * (10**40 * x - y) * (x + y) ** 2)
    [(10000000000000000000000000000000000000000*x - y, 1), (x + y, 2)]
    """
    tell(lambda: f"factoring a polynomial of degree {int(polynomial.total_degree())} with {len(polynomial)} terms")
    try:
        factors = polynomial.factor()[1]
    except OverflowError:
        ring = polynomial.context()
        rational = fmpq_mpoly_ctx.get(ring.names(), ring.ordering()).from_dict(polynomial.to_dict())
        factors = [(_primitive(f, ring), k) for f, k in rational.factor()[1]]
    return [(positive(f), int(k)) for f, k in factors]


def _primitive(polynomial: fmpq_mpoly, ring: fmpz_mpoly_ctx) -> fmpz_mpoly:
    terms = polynomial.to_dict()
    common = math.lcm(*(int(c.q) for c in terms.values()))
    integral = ring.from_dict({exponents: int(c.p) * (common // int(c.q)) for exponents, c in terms.items()})
    return integral / integral.content()


def irreducible_factors(polynomial: fmpz_mpoly, name: str) -> list[fmpz_mpoly]:
    """The distinct irreducible factors over the integers that involve the generator ``name``."""
    return [f for f, _ in factored(without_monomials(polynomial)) if degree(f, name) > 0]


def renamed(polynomial: fmpz_mpoly, ring: fmpz_mpoly_ctx, names: Mapping[str, str]) -> fmpz_mpoly:
    """The same polynomial in another ring, with some generators renamed."""
    source = polynomial.context().names()
    return polynomial.compose(*(generator(ring, names.get(n, n)) for n in source), ctx=ring)


def univariate(polynomial: fmpz_mpoly, name: str) -> fmpz_poly:
    """A polynomial in which only the generator ``name`` occurs, as a polynomial in one variable."""
    parts = coefficients_in(polynomial, name, polynomial_ring(()))
    return fmpz_poly([next(iter(p.to_dict().values()), 0) for p in parts])


def ring_of(variables: Iterable[str], *polynomials: fmpz_mpoly, drop: Iterable[str] = ()) -> fmpz_mpoly_ctx:
    """The ring of ``variables`` followed by all other generators (the parameters) of the given polynomials."""
    first = tuple(variables)
    dropped = {*first, *drop}
    rest = sorted({n for p in polynomials for n in p.context().names()} - dropped)
    return polynomial_ring((*first, *rest))
