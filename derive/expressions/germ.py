"""The germ at infinity of a branch that is known by an enclosure at one point.

The moments of a rational expression may be algebraic numbers: the mean of X (1 + Y^2)^-1 X is (sqrt(5) - 1)/2. All
branches of the polynomial that begin with m_0 = 1 are listed, each is followed with proof from infinity to the point of
the enclosure, and the one that meets it there is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy
from flint import fmpq, fmpz_mpoly

from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.equations.equation import ResolventEquation, Values, series_rows, spectral_ring
from resolvent.derive.errors import BranchError, DerivationError, PrecisionError
from resolvent.derive.exact.field import Element, Field, evaluate_polynomial, polynomial_ring
from resolvent.derive.exact.polynomials import degree, irreducible_factors
from resolvent.derive.exact.series import SeriesPolynomial
from resolvent.derive.expressions.enclosure import Enclosure
from resolvent.derive.laws.expansion_at_pole import element_of_root, specialised

_DEEPEST = 8

Rows = list[list[Element]]


@dataclass(frozen=True, eq=False)
class _Candidate:
    """The first moments of a branch, and the next one as a root of a polynomial in "m" over the parameters."""

    known: tuple[Element, ...]
    factor: fmpz_mpoly


def physical_equation_at(
    polynomial: fmpz_mpoly, symbols: Sequence[sympy.Symbol], enclosure: Enclosure
) -> ResolventEquation:
    """The equation of the branch of an irreducible polynomial that passes through the enclosure.

    Raises `DerivationError` when no branch with moments does, or several cannot be told apart.
    """
    idle = set(polynomial.unused_gens())
    kept = tuple(s for s in symbols if s.name not in idle)
    polynomial = polynomial.project_to_context(spectral_ring(kept))
    field = Field(tuple(s.name for s in kept))
    found: list[tuple[_Candidate, int]] = []
    choices = _candidates(polynomial, field)
    values = {n: q for n, q in enclosure.values.items() if n in field.names}
    for candidate in choices:
        numeric = specialised(candidate.factor, values)
        pieces = [f for f, _ in numeric.factor()[1]]
        for piece in pieces:
            for index, number in enumerate(_real_roots(piece)):
                germ = (*(c.evaluate(values) if field.names else c for c in candidate.known), number)
                if _meets(polynomial, values, germ, enclosure):
                    found.append((candidate, _place(pieces, piece, index)))
    if len(found) != 1:
        what = "no branch of the equation with moments" if not found else f"{len(found)} branches of the equation"
        raise DerivationError(
            f"{what} pass through the enclosed solution; the spectrum may be unbounded", polynomial=polynomial
        )
    candidate, index = found[0]
    last = element_of_root(candidate.factor, specialised(candidate.factor, values), index, field, kept)
    home = field.join(last.field)
    return ResolventEquation(polynomial, kept, tuple(home.coerce(c) for c in (*candidate.known, last)))


def _candidates(polynomial: fmpz_mpoly, field: Field) -> list[_Candidate]:
    """All branches that begin with the moment 1, each up to the moment that tells it from the others."""
    rows = [[c if isinstance(c, Element) else Field().constant(c) for c in row]
            for row in series_rows(polynomial, {}, field)]  # fmt: skip
    ring = polynomial_ring(("m", *field.names))
    out: list[_Candidate] = []
    waiting: list[tuple[Rows, tuple[Element, ...]]] = [(rows, ())]
    while waiting:
        rows, known = waiting.pop()
        rows = _without_power(rows)
        start = _cleared([row[0] if row else field.constant(0) for row in rows], ring, field)
        for factor, multiplicity in start.factor()[1]:
            if degree(factor, "m") == 0:
                continue
            is_one = factor == ring.gen(0) - 1
            if not known and not is_one:
                continue
            if multiplicity == 1:
                out.append(_Candidate(known, factor))
            elif degree(factor, "m") > 1 or len(known) >= _DEEPEST:
                raise DerivationError("branches of the equation agree in moments that are not rational", factor=factor)
            else:
                root = element_of_root(factor, specialised(factor, dict.fromkeys(field.names, fmpq(1))), 0, field, ())
                waiting.append((_following(rows, root, field), (*known, root)))
    return out


def _cleared(coefficients: Sequence[Element], ring: object, field: Field) -> fmpz_mpoly:
    """A polynomial in "m" with these coefficients, times their common denominator."""
    common = field.ring.constant(1)
    for c in coefficients:
        q = c.denominator.project_to_context(field.ring)
        common = common * (q / q.gcd(common))
    total = ring.constant(0)  # type: ignore[attr-defined]
    m = ring.gen(0)  # type: ignore[attr-defined]
    for k, c in enumerate(coefficients):
        scaled = c.numerator.project_to_context(field.ring) * (common / c.denominator.project_to_context(field.ring))
        total = total + scaled.project_to_context(ring) * m**k
    return total


def _without_power(rows: Rows) -> Rows:
    lowest = min((k for row in rows for k, c in enumerate(row) if c), default=0)
    return [row[lowest:] for row in rows]


def _following(rows: Rows, root: Element, field: Field) -> Rows:
    """The polynomial in Y1 after Y = root + w Y1."""
    zero = field.constant(0)
    result: Rows = [[]]
    for row in reversed(rows):
        raised: Rows = [[] for _ in range(len(result) + 1)]
        for j, c in enumerate(result):
            raised[j] = _added(raised[j], [x * root for x in c])
            raised[j + 1] = _added(raised[j + 1], [zero, *c] if c else [])
        raised[0] = _added(raised[0], row)
        result = raised
    return result


def _added(a: list[Element], b: list[Element]) -> list[Element]:
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    return [x + shorter[k] if k < len(shorter) else x for k, x in enumerate(longer)]


def _real_roots(piece: object) -> list[Element]:
    """The real roots of an irreducible integer polynomial as exact numbers, in order."""
    coefficients = [int(c) for c in piece.coeffs()]  # type: ignore[attr-defined]
    if len(coefficients) == 2:
        return [Field().constant(fmpq(-coefficients[0], coefficients[1]))]
    ring = polynomial_ring(("m",))
    factor = ring.from_dict({(k,): c for k, c in enumerate(coefficients) if c})
    count = len([r for r, _ in piece.complex_roots() if r.imag.contains(0)])  # type: ignore[attr-defined]
    return [element_of_root(factor, piece, k, Field(), ()) for k in range(count)]


def _place(pieces: Sequence[object], piece: object, index: int) -> int:
    """The number of a root among the real roots of all pieces."""
    roots: list[tuple[float, bool]] = []
    for p in pieces:
        own = sorted(float(r.real) for r, _ in p.complex_roots() if r.imag.contains(0))  # type: ignore[attr-defined]
        roots += [(x, p is piece and k == index) for k, x in enumerate(own)]
    return [mine for _, mine in sorted(roots)].index(True)


def _meets(polynomial: fmpz_mpoly, values: Values, germ: Sequence[Element], enclosure: Enclosure) -> bool:
    """Whether the branch with these moments passes through the enclosure; it is followed with proof."""
    target = spectral_ring(())
    element = evaluate_polynomial(polynomial, dict(values), Field(("m", "z")))
    whole = element.numerator.project_to_context(target)
    base = germ[-1].field
    known = [c if base.is_rational else base.coerce(c) for c in germ]
    for factor in irreducible_factors(whole, "m"):
        rows = series_rows(factor, {}, base)
        if SeriesPolynomial(base, rows).separation([c.to_fmpq() if base.is_rational else c for c in known]) is None:
            continue
        equation = ResolventEquation(factor, (), tuple(known))
        for bits in (128, 256, 512):
            try:
                ball = Branch(equation, bits).value(enclosure.z)
            except PrecisionError:
                continue
            except BranchError:
                break
            return bool(ball.overlaps(enclosure.trace))
    return False
