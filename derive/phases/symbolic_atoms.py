r"""Atoms of a law with symbolic parameters: places, candidate weights, and which weight holds where.

Let z0 be a root of the leading coefficient of P in m, rational in the parameters, and m = y/x with x = z - z0. A
branch with mass w at z0 has y -> -w, so -w is a root of the lowest coefficient Q(y) of P(z0 + x, y/x) in x. Which root
it is follows from how the law was made, where all its operations have a rule (see `known_atoms`).

Otherwise the mass, continuous in the parameters, stays the same root of Q until two roots of Q meet, one goes to
infinity, or Q vanishes; and the branch stays a law's, or stays none's, until critical points meet or go to infinity.
The polynomials of those events cut the space of parameters into cells; an open cylindrical decomposition gives a
rational point in each connected one (Strzebonski, J. Symb. Comput. 29 (2000)), and one certified skeleton there decides
for the whole cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, pairwise
from typing import Any

import sympy
from flint import arb, fmpq, fmpz_mpoly, fmpz_mpoly_ctx, fmpz_poly

from resolvent.derive.border import checked
from resolvent.derive.equations.critical_curve import (
    at_values,
    degenerate_factors,
    escaping_factors,
    leading_in,
    meeting_factors,
    never_zero,
)
from resolvent.derive.equations.equation import ResolventEquation, Values, physical_equation, spectral_ring
from resolvent.derive.errors import DerivationError, PrecisionError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber, algebraic_numbers
from resolvent.derive.exact.field import Element, Field, coefficients_in, polynomial_ring, polynomial_to_sympy
from resolvent.derive.exact.polynomials import degree, factored, generator, irreducible_factors, univariate
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.exact.series import Series
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.phases.known_atoms import Masses, known_atoms
from resolvent.derive.phases.parameter_line import checked_values, in_domain, simplest_between
from resolvent.derive.presentation import Tabled
from resolvent.derive.support.support import skeleton

_Y = "y'"  # no parameter can have this name
_MOST_CELLS = 64
_MOST_SHEETS = {0: 16, 1: 6, 2: 2}  # by the number of parameters: beyond, the decomposition takes too long
_BITS = 256


@dataclass(frozen=True)
class SymbolicAtom(Tabled):
    """An atom whose place is a rational function of the parameters.

    Attributes:
        point: the place.
        weight: the mass there, as an expression in the parameters; None where no choice is proved.
        candidates: all masses, rational in the parameters, that the equation allows there (0 for no atom).
        borders: the polynomials off whose zeros the weight is proved. On them, the atom can only be heavier (mass at a
            point is upper semicontinuous), as where a bulk shrinks into it, or two atoms meet.
    """

    point: sympy.Expr
    weight: sympy.Expr | None
    candidates: tuple[sympy.Expr, ...]
    borders: tuple[sympy.Expr, ...]

    @property
    def proved(self) -> bool:
        """Whether the weight is proved, at all parameters off the borders at which the law exists."""
        return self.weight is not None


@checked
def symbolic_atoms(law: AlgebraicLaw, **values: Any) -> tuple[SymbolicAtom, ...]:
    """The atoms of a law with symbolic parameters, as far as their places are rational in the parameters.

    Where several candidate weights hold in turn, the weight is their maximum: for laws made by operations with a rule
    for atoms, and for others where that is proved in each cell of the parameters; the weight is None elsewhere.
    ``values`` replaces some of the parameters first. Atoms at irrational places are not covered. A place at which the
    absence of an atom is proved is left out.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> c = sympy.Symbol("c", positive=True)
    >>> symbolic_atoms(marchenko_pastur(c))
    (SymbolicAtom(point=0, weight=Max(0, 1 - 1/c), candidates=(0, 1 - 1/c), borders=(c - 1,)),)

    Raises `ParameterError` for unknown names and for values that are not rational.

    Sources: Bercovici, Voiculescu 1998, Regularity questions for free convolution, for atoms of free sums; Belinschi,
    Integr. Equ. Oper. Theory 46 (2003), for those of free products.
    """
    law = law.at(**checked_values(law, values))
    equation = law.equation
    known = known_atoms(law)
    found = []
    for factor, _ in factored(leading_in(equation.polynomial, "m")):
        if degree(factor, "z") != 1:
            continue
        atom = _atom_at(law, _root(equation, factor), known)
        if atom.weight != 0:
            found.append(atom)
    return tuple(found)


def _root(equation: ResolventEquation, factor: fmpz_mpoly) -> Element:
    """The root z of a polynomial that is linear in z, in the field of the parameters."""
    field = Field(tuple(s.name for s in equation.symbols))
    low, high = (field.element(c) for c in coefficients_in(factor, "z", field.ring))
    return -low / high


def _atom_at(law: AlgebraicLaw, place: Element, known: Masses | None) -> SymbolicAtom:
    symbols = {s.name: s for s in law.equation.symbols}
    lowest = lowest_part(law.equation, place)
    field = place.field
    factors = [f for f, _ in factored(lowest)]
    weights = []
    for factor in factors:
        if degree(factor, _Y) == 1:
            low, high = (field.element(c) for c in coefficients_in(factor, _Y, field.ring))
            weights.append(low / high)
    borders = _borders(factors, place, symbols)
    if known is None:
        holding = _choices(law.equation, place, weights, borders, symbols)
    else:  # a weight that is no root is nowhere the mass but on borders, so it is never needed
        holding = [w for w in weights if w in known.get(place, {0})]
    shown = {w: _readable(w, symbols) for w in weights}
    largest = _undominated([shown[w] for w in holding])
    weight = None if not largest else largest[0] if len(largest) == 1 else sympy.Max(*largest, evaluate=False)
    edges = tuple(polynomial_to_sympy(border, symbols) for border in borders)
    return SymbolicAtom(place.to_sympy(symbols), weight, tuple(sorted(shown.values(), key=_zero_first)), edges)


def _undominated(weights: Sequence[sympy.Expr]) -> list[sympy.Expr]:
    """The weights without those that are never above another one."""
    found: list[sympy.Expr] = []
    for weight in sorted(weights, key=_zero_first):
        if not any(sympy.factor(other - weight).is_nonnegative for other in weights if other != weight):
            found.append(weight)
    return found


def _zero_first(weight: sympy.Expr) -> tuple[bool, str]:
    return weight != 0, str(weight)


def _readable(weight: Element, symbols: dict[str, sympy.Symbol]) -> sympy.Expr:
    """The shortest of a few forms of a weight."""
    plain = weight.to_sympy(symbols)
    forms = [sympy.factor(plain), sympy.expand(plain), 1 - sympy.factor((1 - weight).to_sympy(symbols))]
    if len(plain.free_symbols) == 1:
        forms.append(sympy.apart(plain))
    return min(reversed(forms), key=sympy.count_ops)


def lowest_part(equation: ResolventEquation, place: Element) -> fmpz_mpoly:
    """Q(y), the lowest coefficient in x of P(place + x, y/x), up to a factor, in the ring of y and the parameters."""
    field = place.field
    ring = polynomial_ring((_Y, *field.names))
    y = generator(ring, _Y)
    wide = polynomial_ring(("z", *field.names))
    parts: dict[int, list[tuple[int, Element]]] = {}
    for j, column in enumerate(coefficients_in(equation.polynomial, "m", wide)):
        taylor = [field.element(c) for c in coefficients_in(column, "z", field.ring)]
        for i in range(len(taylor)):  # repeated synthetic division gives the Taylor shift
            for k in range(len(taylor) - 2, i - 1, -1):
                taylor[k] = taylor[k] + taylor[k + 1] * place
        for i, c in enumerate(taylor):
            if c:
                parts.setdefault(i - j, []).append((j, c))
    terms = parts[min(parts)]
    denominator = field.ring.constant(1)
    for _, c in terms:
        denominator = denominator * (c.denominator / denominator.gcd(c.denominator))
    total = ring.constant(0)
    for j, c in terms:
        total += (c.numerator * (denominator / c.denominator)).project_to_context(ring) * y**j
    return total


def _borders(factors: Sequence[fmpz_mpoly], place: Element, symbols: dict[str, sympy.Symbol]) -> list[fmpz_mpoly]:
    """The polynomials in the parameters at whose zeros the choice of a root of Q may change."""
    ring = place.field.ring
    moving = [f for f in factors if degree(f, _Y) > 0]
    parts = [f for f in factors if degree(f, _Y) == 0]
    parts += [leading_in(f, _Y) for f in moving]
    parts += [f.discriminant(_Y) for f in moving if degree(f, _Y) > 1]
    parts += [f.resultant(g, _Y) for f, g in combinations(moving, 2)]
    parts.append(place.denominator)
    return _proper_factors(parts, ring, symbols)


def _choices(
    equation: ResolventEquation,
    place: Element,
    weights: Sequence[Element],
    borders: Sequence[fmpz_mpoly],
    symbols: dict[str, sympy.Symbol],
) -> list[Element]:
    """The weights that hold in some cell, if it is always the largest of them; none where that is not decided."""
    if equation.field.extension is not None or equation.degree > _MOST_SHEETS.get(len(symbols), 0):
        return []
    cells = open_cells([*borders, *_events(equation, symbols)], tuple(symbols.values()))
    if len(cells) > _MOST_CELLS:
        return []
    found: dict[Element, None] = {}
    seen = []
    for values, *_ in cells:
        try:
            mass = _mass(equation, place, values)
        except PrecisionError:
            return []
        if mass is None:
            continue
        here = {w: w.evaluate(values).to_fmpq() for w in weights}
        chosen = [w for w, value in here.items() if value == mass]
        if len(chosen) != 1:
            return []
        found[chosen[0]] = None
        seen.append((mass, here))
    return list(found) if all(mass == max(here[w] for w in found) for mass, here in seen) else []


def _events(equation: ResolventEquation, symbols: dict[str, sympy.Symbol]) -> list[fmpz_mpoly]:
    """The polynomials in the parameters off whose zeros no two critical points meet, escape, or lose a sheet.

    As long as none vanishes, the sheets over the upper half-plane are deformed into each other, and on the real line
    the branch has no new singularity and no zero of its imaginary part: it stays a law's, or stays none's.
    """
    ring = Field(tuple(symbols)).ring
    parts = [*meeting_factors(equation), *escaping_factors(equation), *degenerate_factors(equation)]
    return _proper_factors([*parts, *(g.denominator for g in equation.germ)], ring, symbols)


def _mass(equation: ResolventEquation, place: Element, values: dict[str, fmpq]) -> fmpq | None:
    """The certified mass at the place; None where the branch is no law's, -1 where the mass is irrational.

    Raises `PrecisionError` where the precision does not decide it.
    """
    plain = spectral_ring(())
    factors = irreducible_factors(at_values(equation.polynomial, values).project_to_context(plain), "m")
    try:
        frame = skeleton(physical_equation(factors, (), partial(_specialised_moments, equation, values)))
    except DerivationError:
        return None
    there = place.evaluate(values).to_fmpq()
    for atom in frame.atoms:
        if atom.point.rational is not None and atom.point.rational == there:
            return fmpq(-1) if atom.weight.rational is None else atom.weight.rational
    return fmpq(0)


def _specialised_moments(equation: ResolventEquation, values: Values, n: int, _: Values) -> Series:
    return equation.moment_series(n, values)


# -- cells -----------------------------------------------------------------------------------------------------


def open_cells(borders: Sequence[fmpz_mpoly], symbols: Sequence[sympy.Symbol]) -> list[tuple[dict[str, fmpq], ...]]:
    """Rational points, three each, of open connected cells that fill the parameters' domain up to the borders.

    The signs that the symbols' assumptions fix are respected; the borders are polynomials in the parameters.

    >>> x = sympy.Symbol("x", positive=True)
    >>> [[points[0]["x"]] for points in open_cells([polynomial_ring(("x",)).gen(0) - 1], (x,))]
    [[1/2], [5/2]]
    """
    with working_precision(_BITS):
        return list(zip(*(_cell_points(list(borders), symbols, k) for k in range(3)), strict=True))


def _cell_points(borders: Sequence[fmpz_mpoly], symbols: Sequence[sympy.Symbol], pick: int) -> list[dict[str, fmpq]]:
    """One point of each cell: first the cells of a projection, then the intervals above a point of each."""
    if not symbols:
        return [{}]
    *rest, last = symbols
    name = last.name
    ring = polynomial_ring(tuple(s.name for s in symbols))
    inner = polynomial_ring(tuple(s.name for s in rest))
    walls = [f.project_to_context(ring) for f in borders]
    if last.is_nonnegative or last.is_nonpositive:
        walls.append(generator(ring, name))
    moving = [f for f in walls if degree(f, name) > 0]
    shadows = [f for f in walls if degree(f, name) == 0]
    shadows += [leading_in(f, name) for f in moving]
    shadows += [f.discriminant(name) for f in moving if degree(f, name) > 1]
    shadows += [f.resultant(g, name) for f, g in combinations(moving, 2)]
    table = {s.name: s for s in symbols}
    points = []
    for point in _cell_points(_proper_factors(shadows, inner, table), rest, pick):
        factors = []
        for wall in moving:
            factors += [f for f, _ in univariate(at_values(wall, point), name).factor()[1] if f not in factors]
        points += [{**point, name: value} for value in _interval_points(last, factors, pick)]
    return points


def _proper_factors(
    polynomials: Sequence[fmpz_mpoly], ring: fmpz_mpoly_ctx, symbols: dict[str, sympy.Symbol]
) -> list[fmpz_mpoly]:
    """The irreducible factors that the parameters' assumptions allow to vanish."""
    found: list[fmpz_mpoly] = []
    for polynomial in polynomials:
        for factor, _ in factored(polynomial.project_to_context(ring)):
            if factor not in found and not never_zero(polynomial_to_sympy(factor, symbols)):
                found.append(factor)
    return found


def _interval_points(symbol: sympy.Symbol, factors: Sequence[fmpz_poly], pick: int) -> list[fmpq]:
    """A rational point of each interval between neighbouring roots, inside the symbol's domain."""
    numbers = algebraic_numbers([f for f in factors if f.degree() > 0], _BITS)
    zero = AlgebraicNumber((0, 1), 0)
    ends = [n.ball(_BITS) for n in numbers if n == zero or in_domain(symbol, n)]
    if not ends:
        return [fmpq(*((1, 2), (2, 1), (-1, 1))[pick])]
    found = []
    far = ((1, 2), (4, 8), (arb(1) / 16, arb(1) / 8))[pick]
    if not symbol.is_nonnegative:
        found.append(simplest_between(ends[0] - far[1], ends[0] - far[0]))
    low, high = ((3, 7), (1, 2), (8, 9))[pick]
    for a, b in pairwise(ends):
        found.append(simplest_between(a + (b - a) * low / 10, a + (b - a) * high / 10))
    if not symbol.is_nonpositive:
        found.append(simplest_between(ends[-1] + far[0], ends[-1] + far[1]))
    return found
