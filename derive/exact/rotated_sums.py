r"""The polynomial of S(w^k) = T(w) + T(e w) + ... + T(e^(k-1) w), e a primitive root of unity, T a root of F(w, .).

The power sums of all such S follow from those of the T without an elimination: the exponential generating function of
the power sums of sums is the product of those of the summands. So its logarithm is the sum of k logarithms, turned by
powers of e each: k times those terms whose exponent of w is a multiple of k.

Source: Bostan, Flajolet, Salvy, Schost, J. Symbolic Comput. 41 (2006) 1-29, has this for a sum of two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from flint import fmpz, fmpz_mpoly

from resolvent.derive.exact.field import coefficients_in
from resolvent.derive.exact.polynomials import degree, generator, renamed, resultant, ring_of


def rotated_sums(polynomial: fmpz_mpoly, root: str, variable: str, k: int) -> fmpz_mpoly:
    """A polynomial in the generator ``root`` whose roots are all the sums; ``variable`` stands for w^k in it.

    >>> from resolvent.derive.exact.field import polynomial_ring
    >>> ring = polynomial_ring(("w", "T"))
    >>> w, t = ring.gens()
    >>> rotated_sums(t**2 - w, "T", "w", 2) in (t**4 + 4 * w, -(t**4) - 4 * w)  # +-sqrt(w) +-sqrt(-w)
    True
    """
    ring = ring_of((variable,), polynomial, drop=(root,))
    rows = coefficients_in(polynomial, root, ring)
    count = len(rows) - 1
    total = count**k
    scale = _norm(rows[-1], variable, k)
    factor = divmod(_spread(scale, variable, k), rows[-1])[0]
    scaled = [s * factor**n for n, s in enumerate(_power_sums(rows, total), start=1)]  # integral over the ring
    logarithm = _logarithm([s * count ** (n - 1) for n, s in enumerate(scaled, start=1)])
    means = _exponential([k * _every(term, variable, k) for term in logarithm])
    sums = [total * m / ring.constant(count**n) for n, m in enumerate(means, start=1)]
    whole = polynomial.context()
    s = generator(whole, root) * scale.project_to_context(whole)
    found = s**total
    for n, e in enumerate(_elementary(sums), start=1):
        found = found + (-1) ** n * e.project_to_context(whole) * s ** (total - n)
    return found


def _power_sums(rows: Sequence[fmpz_mpoly], most: int) -> list[fmpz_mpoly]:
    """The sums of the first, second, ... powers of the roots times the leading coefficient, by Newton's identities."""
    count, lead = len(rows) - 1, rows[-1]
    monic = [row * lead ** (count - 1 - j) for j, row in enumerate(rows[:-1])]
    sums: list[fmpz_mpoly] = []
    for n in range(1, most + 1):
        value = -n * monic[count - n] if n <= count else 0 * lead
        for i in range(1, min(n - 1, count) + 1):
            value = value - monic[count - i] * sums[n - i - 1]
        sums.append(value)
    return sums


def _elementary(sums: Sequence[fmpz_mpoly]) -> list[fmpz_mpoly]:
    """The elementary symmetric functions from the power sums, by Newton's identities."""
    ring = sums[0].context()
    found = [ring.constant(1)]
    for n in range(1, len(sums) + 1):
        value = sum(((-1) ** (i - 1) * found[n - i] * sums[i - 1] for i in range(1, n + 1)), start=ring.constant(0))
        found.append(value / ring.constant(n))
    return found[1:]


def _logarithm(means: Sequence[fmpz_mpoly]) -> list[fmpz_mpoly]:
    """Cumulants from moments, both from the first on."""
    found: list[fmpz_mpoly] = []
    for n in range(1, len(means) + 1):
        value = means[n - 1]
        for j in range(1, n):
            value = value - math.comb(n - 1, j - 1) * found[j - 1] * means[n - j - 1]
        found.append(value)
    return found


def _exponential(cumulants: Sequence[fmpz_mpoly]) -> list[fmpz_mpoly]:
    """Moments from cumulants, both from the first on."""
    found: list[fmpz_mpoly] = []
    for n in range(1, len(cumulants) + 1):
        value = cumulants[n - 1]
        for j in range(1, n):
            value = value + math.comb(n - 1, j - 1) * cumulants[j - 1] * found[n - j - 1]
        found.append(value)
    return found


def _every(polynomial: fmpz_mpoly, variable: str, k: int) -> fmpz_mpoly:
    """The terms in which the exponent of the variable is a multiple of k, with the exponent over k."""
    slot = polynomial.context().variable_to_index(variable)
    terms: dict[tuple[int, ...], fmpz] = {}
    for exponents, coefficient in polynomial.to_dict().items():
        if exponents[slot] % k == 0:
            terms[(*exponents[:slot], exponents[slot] // k, *exponents[slot + 1 :])] = coefficient
    return polynomial.context().from_dict(terms)


def _spread(polynomial: fmpz_mpoly, variable: str, k: int) -> fmpz_mpoly:
    """The polynomial at the k-th power of the variable."""
    slot = polynomial.context().variable_to_index(variable)
    terms = {(*e[:slot], k * e[slot], *e[slot + 1 :]): c for e, c in polynomial.to_dict().items()}
    return polynomial.context().from_dict(terms)


def _norm(lead: fmpz_mpoly, variable: str, k: int) -> fmpz_mpoly:
    """A polynomial N with lead(w) dividing N(w^k): but for a power of w the product of lead at all rotations of w."""
    ring = lead.context()
    w = generator(ring, variable)
    low = min(e[ring.variable_to_index(variable)] for e in lead.to_dict())
    rest = lead / w**low
    power = w ** -(-low // k)
    if degree(rest, variable) == 0:
        return power * rest
    turned = f"{variable}'"
    wide = ring_of((turned, variable), rest)
    inner, outer = generator(wide, turned), generator(wide, variable)
    norm = resultant(renamed(rest, wide, {variable: turned}), inner**k - outer, turned)
    return power * norm.project_to_context(ring)
