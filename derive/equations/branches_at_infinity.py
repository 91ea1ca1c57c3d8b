"""All branches of an equation that could be a Stieltjes transform: those that begin with -1/z at infinity."""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq, fmpq_poly, fmpz_mpoly

from resolvent.derive.equations.equation import series_rows
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import Field
from resolvent.derive.exact.series import SeriesPolynomial, terms_of

_DEEPEST = 24
_GERM = 24

Rows = list[list[fmpq]]  # rows[j][k]: the coefficient of w^k Y^j


@dataclass(frozen=True)
class Branches:
    """The branches of P(z, m) = 0 with z m -> -1 at infinity, as moment series m = -(m_0/z + m_1/z^2 + ...), m_0 = 1.

    Attributes:
        germs: for each branch with rational moments the first of them, enough to single it out.
        irrational: how many more branches begin with rational moments and go on with irrational real ones.
        complex: how many go on with coefficients that are not real, as the Cauchy law's does.
        ramified: whether some branch has fractional powers of 1/z. Neither these nor the complex ones belong to
            measures with bounded support, but they may belong to one without moments.
        masses: other values that -z m tends to, rational ones: the total masses of the other branches.
    """

    germs: tuple[tuple[fmpq, ...], ...]
    irrational: int
    complex: int
    ramified: bool
    masses: tuple[fmpq, ...]


def branches_at_infinity(polynomial: fmpz_mpoly) -> Branches:
    """The branches of a polynomial in z and m, without parameters, that begin with -1/z.

    M(w) = -z m at w = 1/z is a root of F(w, M) = w^d P(1/w, -w M). Its coefficients are found one by one: each is a
    root of the polynomial that is left at w = 0, and a simple root fixes all that follow (Hensel).

    >>> from .equation import spectral_ring
    >>> z, m = spectral_ring(()).gens()
    >>> found = branches_at_infinity((m**2 + z * m + 1) * (m - z))
    >>> [[int(c) for c in germ[:5]] for germ in found.germs], found.irrational
    ([[1, 0, 1, 0, 2]], 0)

    Raises `DerivationError` where a branch is not told from another by its first 24 moments.
    """
    rows = series_rows(polynomial, {}, Field())
    germs: list[tuple[fmpq, ...]] = []
    masses: list[fmpq] = []
    irrational, unreal, ramified = 0, 0, False
    waiting: list[tuple[Rows, tuple[fmpq, ...], int]] = [(rows, (), 0)]
    while waiting:
        rows, known, expected = waiting.pop()
        rows = _without_power(rows)
        start = fmpq_poly([row[0] if row else fmpq(0) for row in rows])
        ramified |= start.degree() < expected
        for factor, multiplicity in start.factor()[1] if start.degree() > 0 else []:
            if factor.degree() > 1:
                if known:  # otherwise its total mass is not 1
                    real = _real_roots(factor)
                    irrational += real
                    unreal += factor.degree() - real
                continue
            root = -factor[0] / factor[1]
            if not known and root != 1:
                masses += [root] if root else []
                continue
            if multiplicity == 1:
                count = _GERM + len(rows) * len(known)  # the more branches agree, the more terms tell them apart
                rest = SeriesPolynomial(Field(), rows).root([root], count)
                germs.append((*known, *terms_of(rest, count)))
            elif len(known) >= _DEEPEST:
                raise DerivationError(
                    f"two branches of the equation agree in {len(known)} moments; is a factor of it squared?",
                    polynomial=polynomial,
                )
            else:
                waiting.append((_following(rows, root), (*known, root), multiplicity))
    return Branches(tuple(sorted(germs)), irrational, unreal, ramified, tuple(sorted(masses)))


def _real_roots(factor: fmpq_poly) -> int:
    return sum(1 for root, _ in factor.numer().complex_roots() if root.imag.contains(0))


def _without_power(rows: Rows) -> Rows:
    """The rows divided by the highest power of w that divides them all."""
    lowest = min((k for row in rows for k, c in enumerate(row) if c), default=0)
    return [row[lowest:] for row in rows]


def _following(rows: Rows, root: fmpq) -> Rows:
    """The polynomial in Y1 after Y = root + w Y1."""
    y = [fmpq_poly([root]), fmpq_poly([0, 1])]
    result = [fmpq_poly()]
    for row in reversed(rows):  # Horner in Y, with polynomials in w as coefficients of powers of Y1
        raised = [fmpq_poly()] * (len(result) + 1)
        for j, c in enumerate(result):
            raised[j] += c * y[0]
            raised[j + 1] += c * y[1]
        raised[0] += fmpq_poly(row)
        result = raised
    return [c.coeffs() for c in result]
