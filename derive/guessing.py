"""Guess recurrences, differential and algebraic equations from exact terms: a fit, never a proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, isqrt, lcm
from typing import Any

import sympy
from flint import fmpq, fmpq_poly, fmpz_mpoly, fmpz_poly, nmod_mat

from .errors import DerivationError, ParameterError
from .field import polynomial_ring
from .ode import LinearODE
from .polynomials import positive
from .recurrence import Recurrence, primitive

Row = list[Fraction]
_FIRST_PRIME = (1 << 62) - 57
_MOST_PRIMES = 60


@dataclass(frozen=True)
class Guess:
    """An equation that fits the given terms, and how well it is supported.

    Attributes:
        relation: a `Recurrence`, a `LinearODE` of f(x) = sum u(k) x^k, or a polynomial P(x, y), zero at y = f(x).
        unknowns: the coefficients fitted.
        equations: the exact linear equations they satisfy, one for each usable term.
        shapes: the (order, degree) tried, the successful one last.
    """

    relation: Any
    unknowns: int
    equations: int
    shapes: tuple[tuple[int, int], ...]

    @property
    def verified(self) -> int:
        """How many equations are satisfied beyond the number of unknowns."""
        return self.equations - self.unknowns


def guess_recurrence(terms: Sequence[Any], margin: int = 10) -> Guess:
    """A recurrence sum_j p_j(n) u(n+j) = 0 satisfied by all terms.

    Raises `DerivationError` where no shape with ``margin`` more equations than unknowns fits.

    >>> guess_recurrence([1, 1, 2, 5, 14, 42, 132, 429, 1430, 4862, 16796, 58786, 208012, 742900, 2674440]).relation.text
    '(-4*n - 2)*u(n) + (n + 2)*u(n + 1) = 0'
    """
    u = exact_terms(terms)

    def rows(order: int, degree: int) -> list[Row]:
        return [
            [u[n + j] * n**d for j in range(order + 1) for d in range(degree + 1)] for n in range(len(u) - order)
        ]

    def build(vector: list[int], order: int, degree: int) -> Recurrence:
        return Recurrence(primitive(_cut(vector, degree)))

    return _guess(rows, build, len(u), margin, "recurrence")


def guess_ode(terms: Sequence[Any], margin: int = 10) -> Guess:
    """A homogeneous linear differential equation of f(x) = sum_k u(k) x^k satisfied by all terms.

    Raises `DerivationError` where no shape with ``margin`` more equations than unknowns fits.
    """
    u = exact_terms(terms)

    def rows(order: int, degree: int) -> list[Row]:
        derivatives = [u]
        for _ in range(order):
            derivatives.append([(k + 1) * c for k, c in enumerate(derivatives[-1][1:])])
        return _products(derivatives, degree, len(u) - order)

    def build(vector: list[int], order: int, degree: int) -> LinearODE:
        return LinearODE(primitive(_cut(vector, degree), common_factor=True))

    return _guess(rows, build, len(u), margin, "differential equation")


def guess_algebraic(terms: Sequence[Any], margin: int = 10) -> Guess:
    """A polynomial P(x, y) in Z[x, y] that vanishes at y = f(x) = sum_k u(k) x^k on all terms.

    Raises `DerivationError` where no shape with ``margin`` more equations than unknowns fits.

    >>> from math import comb
    >>> guess_algebraic([comb(2 * n, n) // (n + 1) for n in range(20)]).relation
    x*y^2 - y + 1
    """
    u = exact_terms(terms)

    def rows(order: int, degree: int) -> list[Row]:
        series = fmpq_poly([fmpq(c.numerator, c.denominator) for c in u])
        power, powers = fmpq_poly([1]), []
        for _ in range(order + 1):
            powers.append([Fraction(int(c.p), int(c.q)) for c in (power[k] for k in range(len(u)))])
            power = fmpq_poly((power * series).coeffs()[: len(u)])
        return _products(powers, degree, len(u))

    def build(vector: list[int], order: int, degree: int) -> fmpz_mpoly:
        ring = polynomial_ring(("x", "y"))
        width = degree + 1
        return positive(ring.from_dict({(k % width, k // width): c for k, c in enumerate(vector) if c}))

    return _guess(rows, build, len(u), margin, "algebraic equation")


def exact_terms(terms: Sequence[Any]) -> list[Fraction]:
    """Terms as fractions; raises `ParameterError` for floats and everything else that is not rational."""
    found = []
    for k, term in enumerate(terms):
        try:
            if isinstance(term, (float, complex, bool)):
                raise TypeError
            if isinstance(term, sympy.Rational | fmpq):
                term = Fraction(int(term.p), int(term.q))
            found.append(Fraction(str(term)) if not isinstance(term, Fraction) else term)
        except (TypeError, ValueError, ZeroDivisionError) as error:
            raise ParameterError(f"term {k} is not an exact rational number: {term!r}", term=term) from error
    return found


def _products(series: Sequence[Row], degree: int, count: int) -> list[Row]:
    zero = Fraction(0)
    return [
        [s[n - d] if n >= d else zero for s in series for d in range(degree + 1)] for n in range(count)
    ]


def _cut(vector: list[int], degree: int) -> Iterator[fmpz_poly]:
    width = degree + 1
    return (fmpz_poly(vector[k : k + width]) for k in range(0, len(vector), width))


def _shapes(count: int, margin: int) -> Iterator[tuple[int, int]]:
    """(order, degree) with few unknowns first, as long as the equations exceed them by the margin."""
    sizes = [(r, d) for r in range(1, count) for d in range(count) if (r + 1) * (d + 1) + r + margin <= count]
    return iter(sorted(sizes, key=lambda s: ((s[0] + 1) * (s[1] + 1), s[0])))


def _guess(
    rows: Callable[[int, int], list[Row]],
    build: Callable[[list[int], int, int], Any],
    count: int,
    margin: int,
    name: str,
) -> Guess:
    if margin < 1:
        raise ParameterError(f"the margin must be at least 1; got {margin}", margin=margin)
    tried: list[tuple[int, int]] = []
    for order, degree in _shapes(count, margin):
        tried.append((order, degree))
        system = [_integral(row) for row in rows(order, degree)]
        vector = _kernel(system)
        if vector is not None:
            return Guess(build(vector, order, degree), (order + 1) * (degree + 1), len(system), tuple(tried))
    if not tried:
        raise DerivationError(
            f"{count} terms are too few to guess any {name}: {4 + 1 + margin} allow order 1 and degree 1 with a margin "
            f"of {margin}",
            terms=count,
        )
    r, d = tried[-1]
    raise DerivationError(
        f"no {name} among the {len(tried)} shapes (order, degree) that {count} terms allow, up to {tried[-1]}, with a "
        f"margin of {margin}; order {r + 1} and degree {d + 1} need {(r + 2) * (d + 2) + r + 1 + margin} terms",
        shapes=tuple(tried),
        terms=count,
    )


def _integral(row: Row) -> list[int]:
    common = lcm(*(c.denominator for c in row))
    return [int(c * common) for c in row]


def _kernel(system: list[list[int]]) -> list[int] | None:
    """A non-zero integer vector in the kernel, verified on every row; None if there is none (proved modulo a prime)."""
    modulus, image, free = 1, [0] * len(system[0]), -1
    for prime in _primes():
        vector, pivot = _kernel_modulo(system, prime)
        if vector is None:
            return None
        if pivot > free:  # an unlucky prime makes an earlier column dependent
            modulus, image, free = 1, [0] * len(vector), pivot
        if pivot < free:
            continue
        inverse = pow(modulus, -1, prime)
        image = [a + modulus * ((b - a) * inverse % prime) for a, b in zip(image, vector, strict=True)]
        modulus *= prime
        candidate = _reconstructed(image, modulus)
        if candidate is not None and all(sum(map(_times, row, candidate)) == 0 for row in system):
            return candidate
    raise DerivationError(f"the coefficients have more than {62 * _MOST_PRIMES // 2} bits", bits=31 * _MOST_PRIMES)


def _times(a: int, b: int) -> int:
    return a * b


def _primes() -> Iterator[int]:
    candidate = _FIRST_PRIME
    for _ in range(_MOST_PRIMES):
        while not sympy.isprime(candidate):
            candidate -= 2
        yield candidate
        candidate -= 2


def _kernel_modulo(system: list[list[int]], prime: int) -> tuple[list[int] | None, int]:
    """The kernel vector that ends at the first dependent column, 1 there; and that column."""
    matrix = nmod_mat(len(system), len(system[0]), [c % prime for row in system for c in row], prime)
    reduced, rank = matrix.rref()
    width = len(system[0])
    if rank == width:
        return None, width
    free = next((i for i in range(rank) if int(reduced[i, i]) != 1), rank)
    vector = [-int(reduced[i, free]) % prime for i in range(free)] + [1] + [0] * (width - free - 1)
    return vector, free


def _reconstructed(image: list[int], modulus: int) -> list[int] | None:
    """The integer vector of rational numbers whose residues are given, None where the modulus is too small."""
    bound = isqrt(modulus // 2)
    found = []
    for residue in image:
        (r0, r1), (t0, t1) = (modulus, residue), (0, 1)
        while r1 > bound:
            q = r0 // r1
            (r0, r1), (t0, t1) = (r1, r0 - q * r1), (t1, t0 - q * t1)
        if t1 == 0 or abs(t1) > bound or gcd(r1, t1) != 1:
            return None
        found.append(Fraction(r1, t1))
    return _integral(found)
