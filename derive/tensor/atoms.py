"""The atoms of a tensor law, exactly, and what is left for a density: irreducible curves f(z, lambda) = 0.

At numeric parameters the law of each variable is a sum of atoms and a part with a density. For each choice, for every
variable, of one atom or the continuous part, the characteristic polynomial chi(z; lambda) of a block is split into

    content in the continuous variables, a polynomial in z alone: its roots are atoms, of the mass of the choice;
    irreducible factors f(z, lambda): their roots depend on lambda, analytically, and have no atoms.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import sympy
from flint import fmpq, fmpz_mpoly

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.algebraic_number import AlgebraicNumber, algebraic_numbers
from resolvent.derive.exact.field import Field, evaluate_polynomial, polynomial_ring
from resolvent.derive.exact.polynomials import factored, univariate
from resolvent.derive.support.support import skeleton
from resolvent.derive.tensor.record import TensorRecord, block_terms

_PRECISION = 128


@dataclass(frozen=True)
class Curve:
    """An irreducible f(z, lambda), as a polynomial in z and the continuous variables, and the weight of each root z.

    ``variables`` are the places of the continuous variables among the law's; each has the density of its continuous
    part, unnormalised. ``weight`` carries the masses of the atoms of the others.
    """

    polynomial: fmpz_mpoly
    variables: tuple[int, ...]
    weight: sympy.Expr


@dataclass(frozen=True)
class Parts:
    """A tensor law at numeric parameters: atoms (point, weight), by increasing point, and the curves of the rest."""

    atoms: tuple[tuple[sympy.Expr, sympy.Expr], ...]
    curves: tuple[Curve, ...]


def parts_of(law: TensorRecord) -> Parts:
    """Split a law at numeric parameters.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> from resolvent.derive.tensor.tensor_law import classical_sum
    >>> law = classical_sum(marchenko_pastur(2), marchenko_pastur(4))
    >>> parts_of(law).atoms  # half of the one at 0, three quarters of the other
    ((0, 3/8),)

    Raises `ParameterError` if parameters are left, `DerivationError` if a factor has an atom at an irrational point or
    the law would be negative at an atom.
    """
    if law.parameters:
        names = ", ".join(s.name for s in law.parameters)
        raise ParameterError(f"a density needs a number for each parameter; missing: {names}", missing=names)
    masses: dict[AlgebraicNumber, sympy.Expr] = {}
    curves: list[Curve] = []
    for chi, weight in block_terms(law):
        for fixed, mass in _choices(law):
            for factor, power in _factors(chi, law, fixed):
                if any(factor.degrees()[1:]):
                    places = tuple(i for i, p in enumerate(fixed) if p is None)
                    curves.append(_curve(factor, law, places, weight * mass * power))
                else:
                    for root in algebraic_numbers([univariate(factor, "z")], _PRECISION):
                        masses[root] = masses.get(root, sympy.Integer(0)) + weight * power * mass * _continuous(
                            law, fixed
                        )
    atoms = []
    for point in sorted(masses, key=lambda number: float(number)):
        mass = sympy.radsimp(sympy.expand(masses[point]))
        if mass.is_negative:
            raise DerivationError(f"{law.text} has the mass {mass} at {point.to_sympy()}: it is no law", law=law)
        if mass != 0:
            atoms.append((point.to_sympy(), mass))
    return Parts(tuple(atoms), _merged(curves))


def mass_at_zero(law: TensorRecord) -> sympy.Expr:
    """The mass at 0 of a law at numeric parameters.

    >>> from resolvent.derive.laws.elementary import marchenko_pastur
    >>> from resolvent.derive.tensor.tensor_law import tensor_product
    >>> mass_at_zero(tensor_product(marchenko_pastur(2), marchenko_pastur(4)))
    7/8

    Raises as `parts_of` does.
    """
    return dict(parts_of(law).atoms).get(sympy.Integer(0), sympy.Integer(0))


Fixed = tuple[fmpq | None, ...]
"""For each variable the atom it stands at, or None for its continuous part."""


def _choices(law: TensorRecord) -> Iterator[tuple[Fixed, sympy.Expr]]:
    """Every choice of atoms and continuous parts, and the product of the masses of its atoms."""
    options: list[list[tuple[fmpq | None, sympy.Expr]]] = []
    for factor in law.laws:
        found: list[tuple[fmpq | None, sympy.Expr]] = []
        bones = skeleton(factor.equation)
        for atom in bones.atoms:
            if atom.point.rational is None:
                raise DerivationError(
                    f"{factor.text} has an atom at {atom.point.to_sympy()}; only atoms at rational points are handled",
                    law=factor,
                )
            found.append((atom.point.rational, atom.weight.to_sympy()))
        options.append([*found, (None, sympy.Integer(1))] if bones.intervals else found)
    for choice in itertools.product(*options):
        yield tuple(p for p, _ in choice), sympy.Mul(*(w for _, w in choice))


def _continuous(law: TensorRecord, fixed: Fixed) -> sympy.Expr:
    """The product of the masses of the continuous parts in a choice."""
    total = sympy.Integer(1)
    for factor, place in zip(law.laws, fixed, strict=True):
        if place is None:
            total *= 1 - sympy.Add(*(a.weight.to_sympy() for a in skeleton(factor.equation).atoms))
    return total


def _factors(chi: fmpz_mpoly, law: TensorRecord, fixed: Fixed) -> list[tuple[fmpz_mpoly, int]]:
    """The irreducible factors of chi at the atoms of a choice, with multiplicities, those without z left out."""
    values = {v.name: p for v, p in zip(law.variables, fixed, strict=True) if p is not None}
    names = chi.context().names()
    values = {name: p for name, p in values.items() if name in names}
    left = Field(tuple(n for n in names if n not in values))
    polynomial = evaluate_polynomial(chi, values, left).numerator if values else chi
    return [(f, power) for f, power in factored(polynomial) if f.degrees()[0] > 0]


def _curve(factor: fmpz_mpoly, law: TensorRecord, places: tuple[int, ...], weight: sympy.Expr) -> Curve:
    """The curve in the variables that occur in the factor; the others have been integrated out."""
    names = factor.context().names()
    degrees = dict(zip(names, factor.degrees(), strict=True))
    used = tuple(i for i in places if degrees.get(law.variables[i].name, 0))
    for i in set(places) - set(used):
        atoms = skeleton(law.laws[i].equation).atoms
        weight *= 1 - sympy.Add(*(a.weight.to_sympy() for a in atoms))
    ring = polynomial_ring(("z", *(law.variables[i].name for i in used)))
    return Curve(factor.project_to_context(ring), used, weight)


def _merged(curves: list[Curve]) -> tuple[Curve, ...]:
    """Equal curves once, with the sum of their weights."""
    found: dict[tuple[object, ...], Curve] = {}
    for curve in curves:
        key = (curve.variables, str(curve.polynomial))
        weight = found[key].weight + curve.weight if key in found else curve.weight
        found[key] = Curve(curve.polynomial, curve.variables, weight)
    return tuple(c for c in found.values() if c.weight != 0)
