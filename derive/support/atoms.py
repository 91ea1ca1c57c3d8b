"""Atoms: point masses of a law at the poles of its Stieltjes transform, with exact weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import flint
from flint import acb, acb_poly, arb, fmpz_poly

from resolvent.derive.continuation.followed_root import Sheet, keeps_apart
from resolvent.derive.continuation.physical_branch import Branch, number_ball
from resolvent.derive.equations.equation import ResolventEquation, polynomial_columns
from resolvent.derive.errors import BranchError, DerivationError, PrecisionError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber, real_roots
from resolvent.derive.exact.extension import ALPHA
from resolvent.derive.exact.field import Element, Field, common_denominator, generated, polynomial_ring
from resolvent.derive.exact.polynomials import irreducible_factors, substitute, univariate
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.presentation import Tabled

_CLOSEST = 2.0**-800  # to the pole: rows are expanded around it, so that nothing cancels

Number = TypeVar("Number")


@dataclass(frozen=True)
class PointMass(Tabled, Generic[Number]):
    """An atom of a measure: its place and its weight, as exact numbers of some kind, or as floats."""

    point: Number
    weight: Number


Atom = PointMass[AlgebraicNumber]


def find_atom(
    equation: ResolventEquation, branch: Branch, point: AlgebraicNumber, positive: bool = True
) -> Atom | None:
    """The atom at a root z0 of the leading coefficient, or None.

    With y = (z - z0) m, a branch with mass w has y -> -w, so -w is a root of the lowest coefficient of P(z0 + x, y/x)
    in x. Which root the physical branch takes is certified in two ways. A positive measure has at most the mass
    d Im m(z0 + i d) at z0, for every d > 0: that excludes heavier candidates. And where a circle around a candidate
    (or around 0, for no mass) meets no root for all |x| <= r, the branch stays inside it as x -> 0 if it is inside at
    |x| <= r. With ``positive=False`` only the second way counts, and every candidate is looked at.

    Raises `DerivationError` for a negative mass, `PrecisionError` if the precision decides nothing.
    """
    with working_precision(branch.precision):
        return _find_atom(equation, branch, point, positive)


def _find_atom(equation: ResolventEquation, branch: Branch, point: AlgebraicNumber, positive: bool) -> Atom | None:
    field, place = _field_of(point)
    rows = _pole_rows(equation, field, place)
    norm = _norm([row[0] for row in rows], field)
    polys = [acb_poly([acb(number_ball(e)) for e in row]) for row in rows]
    z0 = acb(number_ball(place)).mid()
    candidates = _candidates(norm, polys)
    masses = [abs(r).lower() for r, _ in candidates if not r.contains(0) and (not positive or _may_be_mass(r))]
    if not masses:
        return None
    lightest = min(masses, key=float)
    if len(polys) == 2 and len(candidates) == 1:
        return _atom(point, *candidates[0])  # of the only sheet
    near = Sheet(polys, branch.precision)
    x = acb(0, min(1.0, abs(float(point)) or 1.0) / 16)
    try:
        y = _handed_over(near, x, x * branch.value(z0 + x), point)
    except (BranchError, PrecisionError):  # sheets with a pole too are too close in m: come from far away in y
        far = (branch.start - z0).mid()
        near.anchor(far, _handed_over(near, far, far * branch.start_root, point))
        y = near.value(x)
    while abs(complex(x)) > _CLOSEST:
        if abs(y).upper() < lightest / 4:
            if positive:
                return None
            reach = keeps_apart(polys, acb(0), lightest / 3)
            if reach < abs(x).upper():
                x, y = _closer(near, x, y, reach / 2)
            if abs(y).upper() < lightest / 4:
                return None
        for root, factor in candidates:
            if not abs(y - root) < abs(root).lower() / 8:
                continue
            radius, reach = _isolation(polys, root, [r for r, _ in candidates])
            if reach < abs(x).upper():
                x, y = _closer(near, x, y, reach / 2)
            if abs(y - root) < radius:
                return _atom(point, root, factor)
        x, y = _closer(near, x, y, abs(x) / 16)
    raise PrecisionError("an atom could not be decided at this precision", point=float(point))


def without_atoms(branch: Branch, atoms: list[Atom], samples: Sequence[arb] = ()) -> Sheet:
    """The branch m(z) - sum_j w_j/(a_j - z), which is regular at the atoms; the branch itself if one is irrational.

    Its values at ``samples``, exact points where the branch has no singularity, are taken from those of the branch.
    """
    if not atoms or any(number.rational is None for atom in atoms for number in (atom.point, atom.weight)):
        return branch
    rows = [acb_poly(c) for c in columns_without_atoms(branch.equation, atoms)]
    sheet = Sheet(rows, branch.precision, complex(branch.start.real))
    sheet.anchor(branch.start, _without_poles(sheet, atoms, branch.start, branch.start_root))
    for x in samples:
        sheet.learn(acb(x), _without_poles(sheet, atoms, acb(x), branch.value(acb(x))))
    return sheet


def columns_without_atoms(equation: ResolventEquation, atoms: Sequence[Atom]) -> list[fmpz_poly]:
    """The coefficients of m^0, m^1, ... in the polynomial of m(z) - sum_j w_j/(a_j - z), for rational atoms."""
    ring = equation.polynomial.context()
    z, m = ring.gens()
    bottom, top = ring.constant(1), ring.constant(0)
    for atom in atoms:
        a, w = atom.point.rational, atom.weight.rational
        assert a is not None
        assert w is not None
        factor = w.q * (a.p - a.q * z)
        top, bottom = top * factor + w.p * a.q * bottom, bottom * factor
    shifted = irreducible_factors(substitute(equation.polynomial, ring, {"m": (m * bottom + top, bottom)}), "m")
    assert len(shifted) == 1, "a shift of m keeps the polynomial irreducible"
    return polynomial_columns(shifted[0])


def pole_sum(atoms: Sequence[Atom], z: acb) -> acb:
    """sum_j w_j/(a_j - z)."""
    return sum((acb(a.weight.ball()) / (acb(a.point.ball()) - z) for a in atoms), start=acb(0))


def _without_poles(sheet: Sheet, atoms: list[Atom], z: acb, root: acb) -> acb:
    """The root of the sheet without atoms that belongs to a root with them, at an exact point."""
    guess = root - pole_sum(atoms, z)
    found = sheet.refine(z, guess)
    if not sheet.same(z, found, sheet.widened(guess)):
        raise PrecisionError("the continuous part could not be told from another sheet", z=complex(z))
    return found


def _atom(point: AlgebraicNumber, root: acb, factor: fmpz_poly) -> Atom:
    if not _may_be_mass(root):
        raise DerivationError(f"the branch has a negative mass at x = {float(point):.6g}", point=point)
    return Atom(point, _negated(factor, root.real))


def _may_be_mass(root: acb) -> bool:
    """Whether a limit of (z - z0) m is minus a positive mass."""
    return bool(root.imag.contains(0) and root.real < 0)


def _handed_over(near: Sheet, x: acb, guess: acb, point: AlgebraicNumber) -> acb:
    """The root y that a value of x m(z0 + x) stands for, proved to be the same one."""
    y = near.refine(x, guess)
    if not near.same(x, y, near.widened(guess)):
        raise PrecisionError("the branch was lost next to a pole", point=float(point))
    return y


def _closer(near: Sheet, x: acb, y: acb, distance: arb) -> tuple[acb, acb]:
    """Follow the branch down the imaginary axis, in the variable y, which stays finite at the pole."""
    target = acb(arb(0), distance.mid())
    return target, near.follow(x, y, target)


def _candidates(norm: fmpz_poly, polys: list[acb_poly]) -> list[tuple[acb, fmpz_poly]]:
    """The roots y of the lowest coefficient, each with its minimal polynomial over Q (0 included)."""
    found = []
    for factor, _ in norm.factor()[1]:
        for root, _ in factor.complex_roots():
            value = sum((poly(acb(0)) * acb(root) ** j for j, poly in enumerate(polys)), start=acb(0))
            if value.contains(0):
                found.append((acb(root), factor))
    return found


def _isolation(polys: list[acb_poly], root: acb, roots: list[acb]) -> tuple[arb, arb]:
    """A circle around a root, and a bound for abs(x) below which no root crosses it."""
    distances = [abs(root - other).lower() for other in roots if not other.overlaps(root)]
    radius = min([*distances, abs(root).lower()], key=float) / 3
    return radius, keeps_apart(polys, root, radius)


def _field_of(point: AlgebraicNumber) -> tuple[Field, Element]:
    """The field Q(z0) and z0 in it."""
    if point.rational is not None:
        field = Field()
        return field, field.constant(point.rational)
    element = generated(point.polynomial, point.to_sympy())
    return element.field, element


def _pole_rows(equation: ResolventEquation, field: Field, place: Element) -> list[list[Element]]:
    """For each power of y the coefficients in x of P(z0 + x, y/x) x^k, k the smallest that clears all poles."""
    zero = field.constant(0)
    parts: list[dict[int, Element]] = []
    for j, column in enumerate(equation.columns):
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
    return univariate(norm, "y")


def _negated(factor: fmpz_poly, root: arb) -> AlgebraicNumber:
    """The negative of a root of an irreducible polynomial, as an exact number."""
    flipped = fmpz_poly([int(c) * (-1) ** k for k, c in enumerate(factor.coeffs())])
    if flipped[flipped.degree()] < 0:
        flipped = -flipped
    index = next(k for k, ball in enumerate(real_roots(flipped, flint.ctx.prec)) if ball.overlaps(-root))
    return AlgebraicNumber(tuple(int(c) for c in flipped.coeffs()), index)
