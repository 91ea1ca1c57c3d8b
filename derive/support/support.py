"""The support of a law at numeric parameters: critical points, the gaps between them, intervals and their edges.

The physical branch is analytic on the real line outside the real roots of D(z) = disc_m(P) lc_m(P), so between
neighbouring roots the density is positive throughout or zero throughout (see `resolvent.derive.support.real_line`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from flint import acb, acb_poly, arb, fmpq, fmpz_poly

from resolvent.derive.continuation.followed_root import Sheet
from resolvent.derive.continuation.physical_branch import Branch
from resolvent.derive.equations.discriminant import discriminant_factors
from resolvent.derive.equations.equation import ResolventEquation
from resolvent.derive.errors import BranchError, DerivationError, PrecisionError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber, algebraic_numbers
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.exact.stage import tell
from resolvent.derive.support.atoms import Atom, columns_without_atoms, find_atom, pole_sum, without_atoms
from resolvent.derive.support.real_line import Sweep, sweep
from resolvent.derive.support.sheets_at_point import sheets_at_point

_MOST_BITS, _MOST_STEP_BITS = 2048, 512
_SMALL = 6  # up to this degree masses below zero are looked for as well; `require_herglotz` always does


@dataclass(frozen=True)
class Edge:
    """An end of a support interval: its place and how many sheets the physical branch joins there (ramification)."""

    point: AlgebraicNumber
    ramification: int


@dataclass(frozen=True)
class Interval:
    """A support interval, on whose inside the density is positive and analytic, and a point far from critical ones."""

    left: Edge
    right: Edge
    sample: arb


@dataclass(frozen=True)
class Skeleton:
    """The critical points on the real line, the support intervals and the atoms, and the branch that found them.

    A critical point inside the support where the branch is singular (a cusp, say) is an edge of two intervals.
    ``continuous`` is the Stieltjes transform without the atoms' poles, for values close to atoms (the branch itself
    if an atom is irrational).
    """

    points: tuple[AlgebraicNumber, ...]
    intervals: tuple[Interval, ...]
    atoms: tuple[Atom, ...]
    branch: Branch
    continuous: Sheet

    @property
    def lower_end(self) -> AlgebraicNumber:
        """The left end of the support."""
        return min([*(i.left.point for i in self.intervals), *(a.point for a in self.atoms)], key=float)

    @property
    def upper_end(self) -> AlgebraicNumber:
        """The right end of the support."""
        return max([*(i.right.point for i in self.intervals), *(a.point for a in self.atoms)], key=float)


@lru_cache(maxsize=256)
def critical_factors(equation: ResolventEquation) -> list[fmpz_poly]:
    """The distinct irreducible factors over Z of disc_m(P) lc_m(P), for an equation without parameters."""
    found = [f for f, _ in equation.columns[-1].factor()[1] if f.degree() > 0]
    return found + [f for f, _ in _discriminant_factors(equation) if f not in found]


@lru_cache(maxsize=256)
def node_factors(equation: ResolventEquation) -> list[fmpz_poly]:
    """The factors of the discriminant of even multiplicity that do not divide the leading coefficient.

    Their roots are nodes as a rule, where sheets cross unramified, but three sheets may meet there too: a hint where
    the density has no singularities, and proof of nothing.
    """
    leading = equation.columns[-1]
    return [f for f, k in _discriminant_factors(equation) if k % 2 == 0 and leading % f != 0]


@lru_cache(maxsize=256)
def _discriminant_factors(equation: ResolventEquation) -> list[tuple[fmpz_poly, int]]:
    return discriminant_factors(equation.polynomial)


@lru_cache(maxsize=256)
def skeleton(equation: ResolventEquation, precision: int = 128) -> Skeleton:
    """The skeleton of a law without free parameters, with a branch of at least the given precision in bits.

    Raises `DerivationError` if the boundary values of the branch belong to no positive measure, `PrecisionError` if
    2048 bits do not separate the critical points, `BranchError` if the branch cannot be followed between them.
    """
    while True:
        try:
            return _skeleton(equation, precision)
        except (BranchError, PrecisionError) as error:  # critical points may be closer than steps of this precision
            precision *= 2
            if precision > (_MOST_BITS if isinstance(error, PrecisionError) else _MOST_STEP_BITS):
                raise


def _skeleton(equation: ResolventEquation, precision: int) -> Skeleton:
    tell(lambda: f"finding the edges of a law of degree {equation.degree} at {precision} bits")
    branch = Branch(equation, precision)
    factors = critical_factors(equation)
    with working_precision(precision):
        points = algebraic_numbers(factors, precision)
        balls = [p.ball(precision) for p in points]
        samples = _samples(balls)
        leading = equation.columns[-1]
        poles = [p.is_root_of(leading) for p in points]
        found = sweep(branch, balls, samples, _crossings(equation, points), poles)
        candidates = [p for p, pole, through in zip(points, poles, found.passed, strict=True) if pole and not through]
        atoms = [
            a
            for p in candidates
            if (a := find_atom(equation, branch, p, positive=equation.degree > _SMALL)) is not None
        ]
        intervals = _intervals(branch, factors, points, samples, found, atoms)
    if not intervals and not atoms:
        raise DerivationError("the branch has neither density nor atoms; it belongs to no law")
    with working_precision(precision):
        continuous = without_atoms(branch, atoms, [i.sample for i in intervals]) if intervals else branch
    return Skeleton(tuple(points), tuple(intervals), tuple(atoms), branch, continuous)


def _samples(balls: list[arb]) -> list[arb]:
    """An exact point in each gap between the sorted critical points, one before the first and one after the last."""
    if not balls:
        return [arb(0)]
    inner = []
    for a, b in pairwise(balls):
        sample = ((a + b) / 2).mid()
        if not (a < sample and b > sample):
            raise PrecisionError("two critical points are too close to tell apart", points=(float(a), float(b)))
        inner.append(sample)
    margin = (balls[-1] - balls[0]).mid() / 4 if len(balls) > 1 else arb(1)
    return [(balls[0] - margin).mid(), *inner, (balls[-1] + margin).mid()]


def _crossings(equation: ResolventEquation, points: list[AlgebraicNumber]) -> list[bool]:
    """For each critical point whether sheets probably cross there unramified: a guess from the multiplicity."""
    odd = {tuple(int(c) for c in f.coeffs()) for f, k in _discriminant_factors(equation) if k % 2}
    return [point.polynomial not in odd for point in points]


def _intervals(
    branch: Branch,
    factors: list[fmpz_poly],
    points: list[AlgebraicNumber],
    samples: list[arb],
    along: Sweep,
    atoms: Sequence[Atom],
) -> list[Interval]:
    found: list[Interval] = []
    left: Edge | None = None
    sample, room = 0, 0.0  # the widest gap so far
    for k, point in enumerate(points):
        before, after = along.positive[k], along.positive[k + 1]
        if not (before or after):
            continue
        wide = float(samples[k + 1] - point.ball(branch.precision))
        if not along.passed[k]:
            inside = samples[k] if before else samples[k + 1]
            turns = _ramification(branch, factors, atoms, point, inside, before != after)
            if turns > 1 or before != after:
                edge = Edge(point, turns)
                if before:
                    assert left is not None
                    along.value(sample)  # which the branch remembers
                    found.append(Interval(left, edge, samples[sample]))
                left, sample, room = edge, k + 1, wide
                continue
            # another sheet comes close, or there is an atom inside the continuous spectrum
        if wide > room:
            sample, room = k + 1, wide
    return found


def _ramification(
    branch: Branch,
    factors: list[fmpz_poly],
    atoms: Sequence[Atom],
    point: AlgebraicNumber,
    sample: arb,
    ends: bool,
) -> int:
    """The number of turns around a critical point, alone in its circle, that bring the physical branch back.

    The order of the discriminant of the form P(z0, .) at a root z0 is the sum of e - 1 over the points of the curve
    above z0, those at infinity included, and twice a number >= 0. At a simple root two sheets meet, and the others are
    meromorphic. A sheet that is real on one side only (``ends``) is not, so it is one of the two.
    """
    order = next((k for f, k in _discriminant_factors(branch.equation) if point.is_root_of(f)), 0)
    if order == 0 or (order == 1 and ends):
        return 1 + order
    center = acb(point.ball(branch.precision).mid())
    radius = isolating_radius(factors, point, branch.precision)
    exact = point.ball(branch.precision)
    offset = min(radius, abs(float(sample - exact))) / 2
    if point.rational is not None:
        turns = _told_apart(branch, atoms, point.rational, offset if sample > exact else -offset)
        if turns is not None:
            return turns
    start = acb((center.real + arb(offset if sample > exact else -offset)).mid())
    return branch.turns(center, start, branch.value(start), max(branch.equation.degree, 1))


def _told_apart(branch: Branch, atoms: Sequence[Atom], place: fmpq, offset: float) -> int | None:
    """The ramification at a rational place of the branch without the poles of atoms, where the sizes of sheets tell."""
    rational = [a for a in atoms if a.point.rational is not None and a.weight.rational is not None]
    rows = columns_without_atoms(branch.equation, rational) if rational else branch.equation.columns
    sheets = sheets_at_point(rows, place)
    if len(ramifications := {side.ramification for side in sheets.sides}) == 1:
        return ramifications.pop()
    if (found := sheets.borders(abs(offset))) is None:
        return None
    distance, borders = found
    here = acb((arb(place) + (distance if offset > 0 else -distance)).mid())
    side = sheets.side_of(branch.value(here) - pole_sum(rational, here), borders)
    return None if side is None else side.ramification


def isolating_radius(factors: list[fmpz_poly], point: AlgebraicNumber, precision: int) -> float:
    """A radius within which ``point`` is the only root of the factors (Rouche, on Taylor coefficients).

    Raises `PrecisionError` for critical points closer than 1e-30.
    """
    radius = 1.0
    for factor in factors:
        fine = precision + 16 * factor.degree()  # Taylor coefficients of a long polynomial cancel heavily
        with working_precision(fine):
            unit = arb(2) ** -max(int(c).bit_length() for c in factor.coeffs())  # floats hold 308 digits
            taylor = acb_poly(factor)(acb_poly([point.ball(fine), 1])) * unit
            bounds = [float(abs(c).upper()) for c in taylor]
            lowest = 1 if list(map(int, factor.coeffs())) == list(point.polynomial) else 0
            floor = float(abs(taylor[lowest]).lower())
        while floor * radius**lowest <= 1.0001 * sum(c * radius**k for k, c in enumerate(bounds) if k > lowest):
            radius /= 2
            if radius < 1e-30:
                raise PrecisionError("two critical points are too close to tell apart", point=float(point))
    return radius
