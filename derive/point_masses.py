"""Atoms: point masses of a law at the poles of its Stieltjes transform, with exact weights."""

from __future__ import annotations

from dataclasses import dataclass

from flint import acb, acb_poly, arb, fmpz_poly

from .algebraic import AlgebraicNumber, real_roots
from .continuation import Branch, columns, keeps_apart, number_ball
from .equation import ResolventEquation
from .errors import DerivationError, PrecisionError
from .field import ALPHA, Element, Extension, Field, coefficients_in, common_denominator, polynomial_ring


@dataclass(frozen=True)
class Atom:
    """A point mass: its place and its weight, both exact."""

    point: AlgebraicNumber
    weight: AlgebraicNumber


def find_atom(equation: ResolventEquation, branch: Branch, point: AlgebraicNumber) -> Atom | None:
    """The atom at a root z0 of the leading coefficient, or None.

    With y = (z - z0) m, a branch with mass w has y -> -w, so -w is a root of the lowest coefficient of P(z0 + x, y/x)
    in x. Which root the physical branch takes is certified in two ways. A positive measure has at most the mass
    d Im m(z0 + i d) at z0, for every d > 0: that excludes heavier candidates. And where a circle around a candidate
    meets no root for all |x| <= r, the branch stays inside it as x -> 0 if it is inside at |x| <= r.

    Raises `DerivationError` for a negative mass, `PrecisionError` if the precision decides nothing.
    """
    field, place = _field_of(point)
    rows = _pole_rows(equation, field, place)
    norm = _norm([row[0] for row in rows], field)
    polys = [acb_poly([acb(number_ball(e)) for e in row]) for row in rows]
    z0 = acb(number_ball(place)).mid()
    candidates = _candidates(norm, polys)
    masses = [root for root, _ in candidates if root.imag.contains(0) and root.real < 0]
    lightest = min((float(abs(root).lower()) for root in masses), default=1.0)
    d = _spacing(branch, point)
    for _ in range(60):
        value = acb(0, d) * branch.value(z0 + acb(0, d))
        if not masses or abs(value).upper() < lightest:
            return None
        close = [pair for pair in candidates if abs(pair[0] - value) < float(abs(pair[0]).lower()) / 8]
        if close and _is_taken(polys, close[0][0], [root for root, _ in candidates], value, d):
            root, factor = close[0]
            if root.real > 0:
                raise DerivationError(f"the branch has a negative mass at x = {float(point):.6g}", point=point)
            return Atom(point, _negated(factor, root.real))
        d /= 16
    raise PrecisionError("an atom could not be decided at this precision", point=float(point))


def _spacing(branch: Branch, point: AlgebraicNumber) -> float:
    return min(1.0, abs(float(point)) or 1.0) / 16


def _candidates(norm: fmpz_poly, polys: list[acb_poly]) -> list[tuple[acb, fmpz_poly]]:
    """The roots y of the lowest coefficient, each with its minimal polynomial over Q (0 included)."""
    found = []
    for factor, _ in norm.factor()[1]:
        for root, _ in factor.complex_roots():
            value = sum((poly(acb(0)) * acb(root) ** j for j, poly in enumerate(polys)), start=acb(0))
            if value.contains(0):
                found.append((acb(root), factor))
    return found


def _is_taken(polys: list[acb_poly], root: acb, roots: list[acb], value: acb, d: float) -> bool:
    """Whether the branch, at ``value`` for |x| = d, ends at this root: certified by a circle that no root crosses."""
    distances = [abs(root - other).lower() for other in roots if not other.overlaps(root)]
    radius = min([*distances, abs(root).lower()], key=float) / 3
    return bool(keeps_apart(polys, root, radius) >= d and abs(value - root) < radius)


def _field_of(point: AlgebraicNumber) -> tuple[Field, Element]:
    """The field Q(z0) and z0 in it."""
    if point.rational is not None:
        field = Field()
        return field, field.constant(point.rational)
    lead = point.polynomial[-1]
    d = len(point.polynomial) - 1
    lower = (((k,), c * lead ** (d - 1 - k)) for k, c in enumerate(point.polynomial[:-1]) if c)
    field = Field((), Extension((), (*lower, ((d,), 1)), lead * point.to_sympy()))
    return field, field.generator(ALPHA) / lead


def _pole_rows(equation: ResolventEquation, field: Field, place: Element) -> list[list[Element]]:
    """For each power of y the coefficients in x of P(z0 + x, y/x) x^k, k the smallest that clears all poles."""
    zero = field.constant(0)
    parts: list[dict[int, Element]] = []
    for j, column in enumerate(columns(equation)):
        taylor = [field.constant(int(c)) for c in column.coeffs()]
        for i in range(len(taylor)):  # repeated synthetic division gives the Taylor shift
            for k in range(len(taylor) - 2, i - 1, -1):
                taylor[k] = taylor[k] + taylor[k + 1] * place
        parts.append({i - j: c for i, c in enumerate(taylor) if c})
    low = min(k for terms in parts for k in terms)
    return [[terms.get(low + i, zero) for i in range(max(terms, default=low) - low + 1)] for terms in parts]


def _norm(coefficients: list[Element], field: Field) -> fmpz_poly:
    """The norm to Q of a polynomial over the field, up to a factor, with integer coefficients."""
    if field.extension is None:
        denominator = common_denominator(c.to_fmpq() for c in coefficients)
        return fmpz_poly([(c.to_fmpq() * denominator).p for c in coefficients])
    wide = polynomial_ring(("y", ALPHA))
    y = wide.gen(0)
    common = 1
    for c in coefficients:
        common = common * int(c.denominator.leading_coefficient())
    integral = [(c * common).numerator.project_to_context(wide) for c in coefficients]
    polynomial = sum((c * y**j for j, c in enumerate(integral)), start=wide.constant(0))
    norm = field.extension.polynomial(wide).resultant(polynomial, ALPHA)
    parts = coefficients_in(norm, "y", polynomial_ring(()))
    return fmpz_poly([next(iter(p.to_dict().values()), 0) for p in parts])


def _negated(factor: fmpz_poly, root: arb) -> AlgebraicNumber:
    """The negative of a root of an irreducible polynomial, as an exact number."""
    flipped = fmpz_poly([int(c) * (-1) ** k for k, c in enumerate(factor.coeffs())])
    if flipped[flipped.degree()] < 0:
        flipped = -flipped
    index = next(k for k, ball in enumerate(real_roots(flipped)) if ball.overlaps(-root))
    return AlgebraicNumber(tuple(int(c) for c in flipped.coeffs()), index)
