"""The discriminant in m of a polynomial P(z, m) over Z, and its irreducible factors with their multiplicities.

From degree 6 on the discriminant D(z) is computed modulo word-size primes p = 1 mod N: at the N-th roots of unity by
Euclid's algorithm, then by an inverse Fourier transform. N exceeds a bound of the degree, and the product of the primes
twice a bound of the coefficients, so the Chinese remainder theorem gives D itself, not a candidate.

The bounds: D is a sum of products of 2d - 2 coefficients a_j(z) whose indices add up to d(d - 1), so deg a_j <= s + tj
for all j gives deg D <= (2d - 2) s + d(d - 1) t. And d^(d-2) D is, up to sign, the resultant of P' and d P - m P', a
determinant of two rows shifted d - 1 times each; Hadamard's inequality on the circle |z| = r bounds |D_k| r^k.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

from flint import fmpq, fmpq_poly, fmpz, fmpz_mpoly, fmpz_poly, nmod, nmod_poly

from resolvent.derive.arrays import np
from resolvent.derive.equations.equation import polynomial_columns
from resolvent.derive.errors import PrecisionError
from resolvent.derive.exact.polynomials import degree, univariate
from resolvent.derive.exact.word_primes import WORD

_DIRECT = 5  # up to this degree the bivariate subresultants are faster


def discriminant(polynomial: fmpz_mpoly) -> fmpz_poly:
    """The discriminant of P(z, m) with respect to m, exact.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> discriminant(marchenko_pastur(4).equation.polynomial)
    x^2 + (-10)*x + 9
    """
    if degree(polynomial, "m") <= _DIRECT:
        return univariate(polynomial.discriminant("m"), "z")
    return modular_discriminant(polynomial_columns(polynomial))


def discriminant_factors(polynomial: fmpz_mpoly) -> list[tuple[fmpz_poly, int]]:
    """The irreducible factors of the discriminant in m, with multiplicities; none for polynomials linear in m.

    >>> from resolvent.derive.laws.elementary import atoms
    >>> discriminant_factors(atoms([0, 1]).equation.polynomial), discriminant_factors(
    ...     (atoms([0, 1]) + atoms([0, 1])).equation.polynomial
    ... )
    ([], [(x + (-2), 1), (x, 1)])
    """
    names, (steps, least) = polynomial.context().names(), polynomial.deflation_index()
    m = names.index("m")
    if steps[m] > 1 and not least[m]:
        return _factors_of_powers(polynomial.deflate([steps[m] if n == "m" else 1 for n in names]), steps[m])
    return _factors(discriminant(polynomial)) if degree(polynomial, "m") > 1 else []


def _factors_of_powers(polynomial: fmpz_mpoly, power: int) -> list[tuple[fmpz_poly, int]]:
    """The same of Q(z, m^g), +-g^(dg) (q_0 q_d)^(g - 1) disc(Q)^g, where Q = q_0 + ... + q_d m^d."""
    columns = polynomial_columns(polynomial)
    total = Counter({tuple(f.coeffs()): (power - 1) * k for f, k in _factors(columns[0] * columns[-1])})
    for f, k in discriminant_factors(polynomial):
        total[tuple(f.coeffs())] += power * k
    return [(fmpz_poly(list(terms)), k) for terms, k in total.items()]


def _factors(polynomial: fmpz_poly) -> list[tuple[fmpz_poly, int]]:
    return [(f, int(k)) for f, k in polynomial.factor()[1] if f.degree() > 0]


def modular_discriminant(columns: Sequence[fmpz_poly]) -> fmpz_poly:
    """The discriminant of sum_j columns[j](z) m^j in m, of degree 2 or more, by interpolation modulo primes."""
    center = _center(columns[-1])
    columns = [column(fmpz_poly([center, 1])) for column in columns]
    points = degree_bound(columns) + 1
    goal = 2 ** (_coefficient_bits(columns, points) + 2)
    product = 1
    primes, images = [], []
    for prime, root in _primes(points):
        primes.append(prime)
        images.append(_image(columns, points, prime, root))
        product *= prime
        if product > goal:
            break
    return fmpz_poly(_lifted(images, primes, product))(fmpz_poly([-center, 1]))


def _center(leading: fmpz_poly) -> int:
    """An integer next to the mean of the poles: discriminants around it have smaller coefficients."""
    n = leading.degree()
    return -round(Fraction(int(leading[n - 1]), n * int(leading[n]))) if n else 0


def _image(columns: Sequence[fmpz_poly], points: int, prime: int, root: nmod) -> list[int]:
    """The coefficients of the discriminant modulo a prime; ``root`` is a root of unity of exact order ``points``."""
    rows = [nmod_poly(column, prime) for column in columns]
    top = len(rows) - 1
    places = [nmod(1, prime)]
    for _ in range(points - 1):
        places.append(places[-1] * root)
    images = zip(*(map(row, places) for row in rows), strict=True)  # by map: most of the time is that of the calls
    values = [_value(nmod_poly(list(image), prime), top, prime) for image in images]
    transform = nmod_poly(values, prime) * (1 / nmod(points, prime))
    return list(map(int, map(transform, [places[0], *reversed(places[1:])])))


def _value(polynomial: nmod_poly, top: int, prime: int) -> nmod:
    """The discriminant of a polynomial of formal degree ``top``: a root at infinity if the degree is one less."""
    missing = top - polynomial.degree()
    if missing == 0:
        return polynomial.discriminant()
    return polynomial.discriminant() * polynomial.leading_coefficient() ** 2 if missing == 1 else nmod(0, prime)


def _lifted(images: Sequence[Sequence[int]], primes: Sequence[int], product: int) -> list[int]:
    """The integers below product/2 in absolute value with these remainders."""
    units = [(product // p) * pow(product // p, -1, p) for p in primes]
    half = product // 2
    out = []
    for remainders in zip(*images, strict=True):
        value = sum(r * u for r, u in zip(remainders, units, strict=True) if r) % product
        out.append(value - product if value > half else value)
    return out


# -- bounds ----------------------------------------------------------------------------------------------------


def degree_bound(columns: Sequence[fmpz_poly]) -> int:
    """A bound for the degree of the discriminant: the best s + tj above all deg a_j runs through two of them.

    >>> from resolvent.derive.laws.elementary import atoms, semicircle
    >>> columns = polynomial_columns((atoms([0, 1]) + semicircle()).equation.polynomial)
    >>> degree_bound(columns), modular_discriminant(columns).degree()
    (4, 4)
    """
    d = len(columns) - 1
    degrees = [(j, column.degree()) for j, column in enumerate(columns) if column.degree() >= 0]
    lines = {(Fraction(max(k for _, k in degrees)), Fraction(0))}
    for (i, a), (j, b) in combinations(degrees, 2):
        slope = Fraction(b - a, j - i)
        lines.add((a - slope * i, slope))
    bounds = [
        (2 * d - 2) * s + d * (d - 1) * t - _meeting_at_infinity(columns, s, t)
        for s, t in lines
        if all(k <= s + t * j for j, k in degrees)
    ]
    return max(math.floor(min(bounds)), 0)


def _meeting_at_infinity(columns: Sequence[fmpz_poly], offset: Fraction, slope: Fraction) -> Fraction:
    """By how much the degree is lower since sheets m ~ u z^-t have the same rational u at infinity.

    With w = 1/z, Q(w, u) = w^s P(1/w, w^t u) has the discriminant w^((2d - 2) s + d(d - 1) t) D(1/w). If the root u0 of
    Q(0, u) has multiplicity k, and w^v_l divides the coefficient of y^l in Q(w, u0 + y), then k roots y vanish at least
    like w^b, b = min over l < k of v_l/(k - l), so that w^(k(k - 1) b) divides the discriminant.
    """
    if offset.denominator > 1 or slope.denominator > 1:
        return Fraction(0)
    tops = [int(offset + slope * j) for j in range(len(columns))]
    form = fmpz_poly([column[top] if top >= 0 else 0 for column, top in zip(columns, tops, strict=True)])
    total = Fraction(0)
    for factor, k in form.factor()[1]:
        if factor.degree() == 1 and k > 1:
            root = fmpq(-factor[0], factor[1])
            orders = [_order(columns, tops, root, i) for i in range(k)]
            total += k * (k - 1) * min(Fraction(v, k - i) for i, v in enumerate(orders))
    return total


def _order(columns: Sequence[fmpz_poly], tops: Sequence[int], root: fmpq, index: int) -> int:
    """The power of w that divides the coefficient of y^index in Q(w, root + y)."""
    highest = max(tops)
    total = fmpq_poly([0])
    for j in range(index, len(columns)):
        if columns[j]:
            total += (fmpq_poly(columns[j]) * (math.comb(j, index) * root ** (j - index))).left_shift(highest - tops[j])
    return int(highest - total.degree())


def _coefficient_bits(columns: Sequence[fmpz_poly], points: int) -> int:
    """A number b such that all coefficients of the discriminant are below 2^b in absolute value.

    For each circle |z| = 2^u and each scale m -> 2^v m Hadamard's inequality gives a bound; each coefficient takes its
    best one. Logarithms in double precision are wrong by far less than the bit that is added at the end.
    """
    d = len(columns) - 1
    sizes = np.full((d + 1, max(c.degree() for c in columns) + 1), -np.inf)
    for j, column in enumerate(columns):
        for i, c in enumerate(column.coeffs()):
            if c:
                sizes[j, i] = _log2(c)
    power, index = np.arange(sizes.shape[1]), np.arange(d + 1)
    scales = np.arange(-12.0, 12.5, 0.5) * max(1.0, float(np.max(sizes)) / 64)
    best = np.full(points, np.inf)
    for u in np.arange(-8.0, 8.5, 0.5):
        norms = np.logaddexp2.reduce(sizes + u * power, axis=1)  # of a_j on the circle
        with np.errstate(divide="ignore"):
            weighted = norms + scales[:, None] * index
            first = np.logaddexp2.reduce(2 * (weighted + np.log2(index)), axis=1) / 2
            second = np.logaddexp2.reduce(2 * (weighted + np.log2(d - index)), axis=1) / 2
        bound = np.min((d - 1) * (first + second) - d * (d - 1) * scales) - (d - 2) * math.log2(d)
        best = np.minimum(best, bound - u * np.arange(points))
    return math.ceil(float(np.max(best))) + 1


def _log2(value: fmpz) -> float:
    magnitude = abs(int(value))
    shift = max(magnitude.bit_length() - 53, 0)
    return math.log2(magnitude >> shift) + shift + 2.0**-50


def _primes(order: int) -> Iterator[tuple[int, nmod]]:
    """Primes p = 1 mod ``order`` of a word, each with a primitive root of unity of that order."""
    divisors = [int(q) for q, _ in fmpz(order).factor()]
    for multiple in range((WORD - 1) // order, 0, -1):
        prime = multiple * order + 1
        if not fmpz(prime).is_prime():
            continue
        base = 2
        while True:
            root = nmod(base, prime) ** ((prime - 1) // order)
            if all(root ** (order // q) != 1 for q in divisors):
                break
            base += 1
        yield prime, root
    raise PrecisionError(f"the discriminant is too large for primes below {WORD}", order=order)
