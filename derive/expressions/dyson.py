r"""The Dyson equation of a pencil: the normalised traces g of the blocks of L^{-1}, closed under the covariance.

With eta(g) = sum over letters of the covariance of their coefficient matrices, the limit of the block traces solves

    g = sum_i w_i (M + sum_T A_T t_i)^{-1},   M = z J + L_0 - eta(g) + sum_T s_T b_T b_T^*,

by Gaussian integration by parts (exact for Gaussian entries up to 1/N, and universal in the limit). A given matrix T
that enters with a coefficient of rank one, a b b^*, leaves only s_T = R_{aT}(-b^* g b), R its R-transform; one that
enters with a higher rank and has finitely many eigenvalues t_i of weights w_i is averaged over them, or adds
A R_T(-g A) to M (on the range of A). A Haar matrix is known by its free cumulants in the same way.

Source: Helton, Rashidi Far, Speicher, Int. Math. Res. Not. 2007, Theorem 2.1 (existence, uniqueness); Haagerup,
Thorbjornsen, Ann. of Math. 162 (2005) (linearisation); Voiculescu, Asterisque 232 (1995) (operator-valued R).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy

from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.exact.field import Element, Field
from resolvent.derive.exact.precision import cached_property
from resolvent.derive.expressions.letter import Letter, SymbolicSize
from resolvent.derive.expressions.pencil import Entry, Pencil
from resolvent.derive.expressions.radical import Roots, plain
from resolvent.derive.expressions.realisation import Basis, Solver
from resolvent.derive.expressions.rotation import Rotation, pattern_of, rotations_of
from resolvent.derive.expressions.scaling import Scales, conjugate
from resolvent.derive.expressions.square_roots import RootStays, real_form, refuse_roots, without_roots
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.arguments import scalar_of

_MOST_RANK, _MOST_NUMERIC = 12, 32  # of the coefficient of a given matrix: its equations have about rank**4 terms

Terms = dict[Entry, dict[Entry, Element]]


@dataclass(frozen=True, eq=False)
class Given:
    """A given matrix whose coefficient has rank one: factor * b b^* times the matrix, with ``law``."""

    name: str
    law: AlgebraicLaw
    factor: Element
    vector: Mapping[int, Element]


@dataclass(frozen=True, eq=False)
class GivenMatrix:
    """A given matrix T whose coefficient V A V^* has a higher rank: it adds V A rho V^* to M, rho = R_T(-V^* g V A).

    Attributes:
        name, law: the matrix.
        table: the entries of A, which is invertible, by rows.
        vectors: the columns of V.
    """

    name: str
    law: AlgebraicLaw
    table: tuple[tuple[Element, ...], ...]
    vectors: tuple[Mapping[int, Element], ...]

    @property
    def rank(self) -> int:
        """The size of A and rho."""
        return len(self.vectors)

    @property
    def support(self) -> tuple[int, ...]:
        """The states that the coefficient acts on."""
        return tuple(sorted({i for v in self.vectors for i in v}))

    def place(self, number: int, i: int, j: int) -> Entry:
        """The key of the unknown rho_ij of the matrix of that number."""
        return -100 - number, i * self.rank + j


@dataclass(frozen=True, eq=False)
class Component:
    """States between which g does not vanish, and the values that given matrices take on them.

    Attributes:
        states: the states, in order.
        cases: weights and constant matrices that are added to M.
    """

    states: tuple[int, ...]
    cases: tuple[tuple[Element, Mapping[Entry, Element]], ...]


@dataclass(frozen=True, eq=False)
class DysonSystem:
    """The equations of a pencil.

    Attributes:
        pencil: where they come from.
        constants: L_0.
        covariance: eta: for every entry the entries of g that it is a combination of.
        given: the given matrices of rank one.
        matrices: those of a higher rank that are not averaged over their eigenvalues.
        rotations: the Haar matrices.
        components: the blocks that g falls into.
        weights: the shares of the blocks of the expression in its trace.
    """

    pencil: Pencil
    constants: Mapping[Entry, Element]
    covariance: Terms
    given: tuple[Given, ...]
    components: tuple[Component, ...]
    weights: tuple[Element, ...]
    matrices: tuple[GivenMatrix, ...] = ()
    rotations: tuple[Rotation, ...] = ()

    @property
    def spectral(self) -> bool:
        """Whether m is minus the trace of the resolvent at z; it is the trace of the expression otherwise."""
        return self.pencil.spectral

    @property
    def size(self) -> int:
        """The number of states."""
        return self.pencil.size

    @cached_property
    def laws(self) -> tuple[AlgebraicLaw, ...]:
        """The laws of the given matrices that are not averaged over their eigenvalues."""
        return (*(g.law for g in self.given), *(t.law for t in self.matrices))

    @cached_property
    def free_letters(self) -> tuple[str, ...]:
        """The letters that enter through their free cumulants: given matrices and Haar matrices."""
        return (*(g.name for g in self.given), *(t.name for t in self.matrices), *(r.name for r in self.rotations))

    @cached_property
    def component_of(self) -> dict[int, int]:
        """The component of every state."""
        return {s: k for k, c in enumerate(self.components) for s in c.states}

    def entry(self, i: int, j: int) -> Entry | None:
        """The unknown that stands for g_ij = g_ji; None where g vanishes."""
        if self.component_of[i] != self.component_of[j]:
            return None
        return (j, i) if j < i else (i, j)

    def coefficients(self) -> Iterator[Element]:
        """All numbers in the equations, those of the given laws apart."""
        yield from (*self.constants.values(), *self.weights)
        yield from (x for table in self.covariance.values() for x in table.values())
        yield from (x for c in self.components for w, table in c.cases for x in (w, *table.values()))
        yield from (x for g in self.given for x in (g.factor, *g.vector.values()))
        yield from (x for t in self.matrices for row in t.table for x in row)
        vectors = [v for t in self.matrices for v in t.vectors] + [
            v for r in self.rotations for v in (*r.left, *r.right)
        ]
        yield from (x for v in vectors for x in v.values())

    @cached_property
    def roots(self) -> dict[str, Element]:
        """The square roots in the equations of a numeric system, by the names of their generators: their squares."""
        used = {n for x in self.coefficients() for n in x.field.names}
        return {name: square for name, square in self.pencil.scales.roots.items() if name in used}

    @cached_property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The parameters of the coefficients and of the given laws, sorted by name."""
        used = {n for x in self.coefficients() for n in x.field.names}
        used |= {n for square in self.roots.values() for n in square.field.names}
        symbols = {self.pencil.scales.symbols[n] for n in used - set(self.roots)}
        symbols |= {s for law in self.laws for s in law.equation.symbols}
        return tuple(sorted(symbols, key=lambda s: str(s.name)))


def dyson_system(pencil: Pencil, *, average: bool = False, numeric: bool = False) -> DysonSystem:
    """The Dyson equation of a pencil, reduced to the entries of g that do not vanish.

    With ``average`` given matrices of rank one are averaged over their eigenvalues too, where these are finitely many.
    ``numeric`` systems do that for one matrix of each size, leave the others as they are, and may have square roots
    among their coefficients. Where the imaginary unit does not leave the equation, it is that of the real form of the
    pencil, which has twice the states.

    Raises `DerivationError` for a given matrix that enters in a way the exact method does not reach, `ParameterError`
    for one without a spectrum.
    """
    try:
        return _system(without_roots(pencil), average, numeric)
    except RootStays as error:
        if error.objects["root"] != -1:
            raise
    return _system(without_roots(real_form(pencil)), average, numeric)


def _system(pencil: Pencil, average: bool, numeric: bool) -> DysonSystem:
    """The Dyson equation of a pencil whose square roots have left as far as they do."""
    scales = pencil.scales
    covariance: Terms = {}
    for name, letter in pencil.letters.items():
        if letter.kind in ("gaussian", "wigner") and name in pencil.table:
            _add_covariance(covariance, pencil, letter)
    groups, rank_one, matrices = _given(pencil, average, numeric)
    clean = {e: {k: y for k, x in t.items() if (y := scales.without_roots(x))} for e, t in covariance.items()}
    constants = {e: scales.without_roots(x) for e, x in pencil.table.get("", {}).items()}
    covariance = {e: t for e, t in clean.items() if t}
    rotations = rotations_of(pencil)
    supports = [list(g.vector) for g in rank_one] + [list(t.support) for t in matrices]
    components = _components(pencil, constants, covariance, groups, supports, rotations)
    label = {state: k for k, c in enumerate(components) for state in c.states}
    rotations = tuple(replace(r, pattern=pattern_of(r, lambda i, j: label[i] == label[j])[0]) for r in rotations)
    sizes = [scales.ratio(pencil.states[k]) for k in range(pencil.blocks)]
    total = sum(sizes[1:], start=sizes[0])
    weights = tuple(s / total for s in sizes)
    system = DysonSystem(pencil, constants, covariance, rank_one, components, weights, matrices, rotations)
    refuse_roots(system.coefficients(), scales, real=not numeric)
    return system


def _add_covariance(terms: Terms, pencil: Pencil, letter: Letter) -> None:
    """Add the terms E[(A x + A^* x^T) G (A x + A^* x^T)] of one letter."""
    table = pencil.table[letter.name]
    variance, states = pencil.variances[letter.name], pencil.states
    mirrored = {(j, i): conjugate(x) for (i, j), x in table.items()}
    if letter.kind == "wigner":
        sides = [(table, table, variance)]
    else:
        rows, columns = (pencil.scales.ratio(d) for d in (letter.rows, letter.columns))
        sides = [(table, mirrored, variance * columns), (mirrored, table, variance * rows)]
    for first, second, factor in sides:
        for (i, j), a in first.items():
            for (k, end), b in second.items():
                if states[j] == states[k]:
                    target = terms.setdefault((i, end), {})
                    target[j, k] = target[j, k] + a * b * factor if (j, k) in target else a * b * factor


def _given(
    pencil: Pencil, average: bool, numeric: bool
) -> tuple[list[list[tuple[Element, dict[Entry, Element]]]], tuple[Given, ...], tuple[GivenMatrix, ...]]:
    """The given matrices: groups that are averaged over their eigenvalues, and those of rank one."""
    rank_one: list[Given] = []
    taken = {x.rows for n, x in pencil.letters.items() if x.group and n in pencil.table}
    grouped: dict[str, list[Letter]] = {}
    scales = pencil.scales
    for name, letter in pencil.letters.items():
        if name not in pencil.table or letter.kind != "given":
            continue
        if letter.law is None:
            raise ParameterError(
                f"{name} has no spectrum, which is needed here; give it one, given({letter.rows}, atoms([1, 3])) "
                f"say, or model.with_spectra({name}=...)",
                letter=letter,
            )
        if letter.group:
            grouped.setdefault(letter.group, []).append(letter)
            continue
        found = _rank_one(pencil.table[name], scales)
        is_list = letter.law.recipe.build.__name__ == "atoms"
        averaged = is_list and (average or (numeric and letter.rows not in taken))
        if averaged:
            taken.add(letter.rows)
        if found is not None and not averaged:
            factor, vector = found
            rank_one.append(Given(name, letter.law, factor, vector))
        else:
            grouped.setdefault(name, []).append(letter)
    matrices = [] if average else _not_averaged(pencil, grouped, _MOST_NUMERIC if numeric else _MOST_RANK)
    cases = [_cases(pencil, letters) for letters in grouped.values()]
    return cases, tuple(rank_one), tuple(matrices)


def _not_averaged(pencil: Pencil, grouped: dict[str, list[Letter]], most: int) -> list[GivenMatrix]:
    """Take out of the groups what cannot be averaged: other laws than lists of eigenvalues, all but one of a size."""
    out: list[GivenMatrix] = []
    taken: set[SymbolicSize] = {letters[0].rows for letters in grouped.values() if letters[0].group}
    for name, letters in list(grouped.items()):
        letter = letters[0]
        if letter.group:
            continue
        assert letter.law is not None
        if letter.law.recipe.build.__name__ == "atoms" and letter.rows not in taken:
            taken.add(letter.rows)
            continue
        names = {n for x in pencil.table[name].values() for n in x.field.names}
        roots = Roots.among(names, pencil.scales)
        found = GivenMatrix(name, letter.law, *_factors({e: roots.constant(x) for e, x in pencil.table[name].items()}))
        if found.rank > most:
            raise DerivationError(
                f"{name} enters the equation with a coefficient of rank {found.rank}, above {most}; write the "
                f"expression with it fewer times{', or use numeric=True' if found.rank <= _MOST_NUMERIC else ''}",
                letter=letter,
            )
        out.append(found)
        del grouped[name]
    return out


def _factors(table: Mapping[Entry, Any]) -> tuple[tuple[tuple[Element, ...], ...], tuple[dict[int, Element], ...]]:
    """A and V of a symmetric matrix V A V^*: A are its entries in rows that are a basis of all rows."""
    rows: dict[int, dict[int, Any]] = {}
    for (i, j), x in table.items():
        rows.setdefault(i, {})[j] = x
    basis = Basis()
    chosen = [i for i, row in sorted(rows.items()) if basis.insert(row)]
    zero = Field().constant(0)
    inverse = Solver([{k: rows[i][j] for k, i in enumerate(chosen) if j in rows[i]} for j in chosen])
    vectors: list[dict[int, Element]] = [{} for _ in chosen]
    for i, row in sorted(rows.items()):
        for k, x in inverse({k: row[j] for k, j in enumerate(chosen) if j in row}).items():
            vectors[k][i] = plain(x)
    return tuple(tuple(plain(rows[i].get(j, zero)) for j in chosen) for i in chosen), tuple(vectors)


def _rank_one(table: Mapping[Entry, Element], scales: Scales) -> tuple[Element, dict[int, Element]] | None:
    """The factor a and the vector b of a coefficient matrix a b b^*; None for a higher rank."""
    pivot = next((i for i, j in sorted(table) if i == j), None)
    if pivot is None:
        return None
    settled = scales.without_roots
    factor = settled(table[pivot, pivot])
    vector = {i: settled(x / factor) for (i, j), x in sorted(table.items()) if j == pivot}
    rebuilt = {(i, j): settled(factor * x * conjugate(y)) for i, x in vector.items() for j, y in vector.items()}
    return (factor, vector) if rebuilt == {e: settled(x) for e, x in table.items()} else None


def _cases(pencil: Pencil, letters: list[Letter]) -> list[tuple[Element, dict[Entry, Element]]]:
    """The weights of the joint eigenvalues, and what the letters add to the pencil there."""
    points, weights = _spectrum(letters)
    scales = pencil.scales
    out = []
    for k, weight in enumerate(weights):
        table: dict[Entry, Element] = {}
        for letter, own in zip(letters, points, strict=True):
            value = scales.read(own[k]).value
            for e, x in pencil.table[letter.name].items():
                table[e] = table[e] + x * value if e in table else x * value
        out.append((scales.read(weight).value, {e: scales.without_roots(x) for e, x in table.items()}))
    return out


def _spectrum(letters: list[Letter]) -> tuple[list[tuple[sympy.Expr, ...]], tuple[sympy.Expr, ...]]:
    if letters[0].group:
        return [x.points for x in letters], letters[0].weights
    law = letters[0].law
    assert law is not None
    if law.recipe.build.__name__ != "atoms":
        raise DerivationError(
            f"{letters[0].name} enters the equation more than once, and its spectrum {law.text} is no finite list "
            "of eigenvalues; the exact method reaches this only for atoms(points, weights), or numeric=True",
            letter=letters[0],
        )
    points = tuple(scalar_of(x) for x in law.recipe.arguments[0])
    given = law.recipe.arguments[1] if len(law.recipe.arguments) > 1 else None
    weights = given or (sympy.Rational(1, len(points)),) * len(points)
    return [points], tuple(scalar_of(w) for w in weights)


def _components(
    pencil: Pencil,
    constants: Mapping[Entry, Element],
    covariance: Terms,
    groups: list[list[tuple[Element, dict[Entry, Element]]]],
    supports: list[list[int]],
    rotations: tuple[Rotation, ...],
) -> tuple[Component, ...]:
    """The finest blocks that the fixed-point iteration from a diagonal start keeps."""
    label = list(range(pencil.size))

    def join(i: int, j: int) -> bool:
        a, b = label[i], label[j]
        if a == b:
            return False
        label[:] = [a if x == b else x for x in label]
        return True

    for i, j in constants:
        join(i, j)
    for support in supports:
        for i in support[1:]:
            join(support[0], i)
    for cases in groups:
        for _, table in cases:
            for i, j in table:
                join(i, j)

    def joined_by_haar() -> bool:
        found = False
        for r in rotations:
            _, beside, below = pattern_of(r, lambda i, j: label[i] == label[j])
            for side, places in ((r.left, beside), (r.right, below)):
                for a, b in places:
                    for i, j in itertools.product(side[a], side[b]):
                        found |= join(i, j)
        return found

    while joined_by_haar() or any(
        join(i, end) for (i, end), table in covariance.items() if any(label[j] == label[k] for j, k in table)
    ):
        pass
    found: dict[int, list[int]] = {}
    for state, mark in enumerate(label):
        found.setdefault(mark, []).append(state)
    one = Field().constant(1)
    out = []
    for states in found.values():
        own = [cases for cases in groups if any(i in states for _, table in cases for i, _ in table)]
        if len(own) > 1:
            raise DerivationError(
                "two given matrices that are in generic position enter the equation more than once each; declare them "
                "commuting with their joint spectrum, or write the expression with each only once"
            )
        cases = [(w, {e: x for e, x in t.items() if e[0] in states}) for w, t in own[0]] if own else [(one, {})]
        out.append(Component(tuple(states), tuple(cases)))
    return tuple(out)
