r"""Dyson equations with given matrices of unspecified spectrum: their traces stay, everything else is eliminated.

Where such a matrix S, or several that commute, act on some of the states, the block traces are
g = trbar (M + A S)^{-1}, M the rest of the equation there. The entries of M that are not constant and the traces that
the other equations use are kept; all others are eliminated, by polynomials that hold for every spectrum. Matrices in
generic position that act on the same states enter by their R-transforms instead: t = trbar (S - x)^{-1}.

Factors are excluded at one spectrum with several eigenvalues. That is a proof for all: the product of the factors
vanishes identically, as an analytic function of the moments of S, and the excluded one does not.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

import sympy
from flint import fmpz_mpoly

from resolvent.derive.equations.equation import M, Z
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import Element, Field, polynomial_to_sympy
from resolvent.derive.exact.polynomials import degree, generator, substitute
from resolvent.derive.expressions.branch import Branch, names_in
from resolvent.derive.expressions.dyson import Component, DysonSystem, dyson_system
from resolvent.derive.expressions.elimination import (
    Eliminator,
    Heavy,
    Limits,
    apart,
    read_polynomial,
    terms_of_polynomial,
    too_long,
)
from resolvent.derive.expressions.open_branch import OpenEnclosure, OpenSeries
from resolvent.derive.expressions.open_equations import TAU, OpenEquations
from resolvent.derive.expressions.pencil import Entry, Pencil
from resolvent.derive.expressions.physical_series import NoSeries
from resolvent.derive.expressions.polynomial_system import PolynomialSystem, Writer
from resolvent.derive.expressions.realisation import Basis, Solver


def open_equations(pencil: Pencil, names: Sequence[str], limits: Limits) -> OpenEquations:
    """The equations of a pencil in which the given matrices of these ``names`` have the spectra of `with_probes`.

    Raises `DerivationError` where several such matrices in generic position enter in a way that is not reached.
    """
    try:
        system = dyson_system(pencil, average=True)
    except DerivationError:
        system = dyson_system(pencil)
    return _Open(system, frozenset(names), limits).equations()


class _Open:
    def __init__(self, system: DysonSystem, names: frozenset[str], limits: Limits) -> None:
        self.system, self.limits = system, limits
        self.rank_one = [k for k, g in enumerate(system.given) if g.name in names]
        inside = names - {system.given[k].name for k in self.rank_one}
        if any(t.name in names for t in system.matrices):
            raise DerivationError(
                "two given matrices without a spectrum, in generic position, enter more than once each; declare them "
                "commuting, or give their spectra"
            )
        table = system.pencil.table
        self.open: dict[int, list[str]] = {}
        for name in sorted(inside & set(table)):
            for number in sorted({system.component_of[i] for i, _ in table[name]}):
                self.open.setdefault(number, []).append(name)
        one = Field().constant(1)
        closed = tuple(replace(c, cases=((one, {}),)) if k in self.open else c for k, c in enumerate(system.components))
        self.plain = replace(system, components=closed)
        self.entries = {
            f"u{i},{j}": (i, j) for k in self.open for i, j in self._pairs(system.components[k]) if self._moves(i, j)
        }
        self.writer = Writer(self.plain, (*self.entries, *(f"t{k}" for k in self.rank_one)))
        self.definitions = self._definitions()

    def _pairs(self, c: Component) -> Iterator[Entry]:
        for i, j in itertools.product(c.states, c.states):
            if self.system.entry(i, j) == (i, j):
                yield i, j

    def _moves(self, i: int, j: int) -> bool:
        """Whether M_ij depends on unknowns."""
        system = self.system
        return (
            any(system.entry(*e) is not None for e in system.covariance.get((i, j), {}))
            or any(i in g.vector and j in g.vector for g in system.given)
            or any(i in t.support and j in t.support for t in system.matrices)
            or any(i in v and j in w for r in system.rotations for s in (r.left, r.right) for v in s for w in s)
        )

    def _definitions(self) -> dict[str, tuple[fmpz_mpoly, fmpz_mpoly]]:
        """The kept entries of M, without z, and t = a b^* g b, by name: numerators and denominators."""
        out = {}
        writer = self.writer
        z = generator(writer.ring, "z")
        for name, (i, j) in self.entries.items():
            top, bottom = writer.m_entry(i, j, {})
            spectral = i == j and self.system.spectral and i < self.system.pencil.blocks
            out[name] = (top - z * bottom if spectral else top, bottom)
        for k in self.rank_one:
            given = self.system.given[k]
            top, bottom = writer.combination(writer.form(given.vector, given.vector))
            p, q = (e.project_to_context(writer.ring) for e in (given.factor.numerator, given.factor.denominator))
            out[f"t{k}"] = (p * top, q * bottom)
        return out

    def equations(self) -> OpenEquations:
        writer, system = self.writer, self.system
        branch = self._branch()
        relations = [generator(writer.ring, name) * q - p for name, (p, q) in self.definitions.items()]
        own = [e for k, c in enumerate(self.plain.components) if k not in self.open for e in writer.component(k, c)]
        own += [writer.given(k) for k in range(len(system.given)) if k not in self.rank_one]
        own += [e for k in range(len(system.rotations)) for e in writer.rotation(k)]
        own += [e for k in range(len(system.matrices)) for e in writer.matrix_relation(k)]
        own += writer.trace()
        linear = [e for k in self.open for e in self._null(k)]
        used = {n for e in (*relations, *own) for n in names_in(e)}
        traces = {writer.names.get(e, "m"): e for k in self.open for e in self._pairs(system.components[k])}
        needed = [n for n in traces if n in used or n == "m"]
        kept = {*self.entries, *needed, *(f"t{k}" for k in self.rank_one), *(f"s{k}" for k in self.rank_one)}
        names = {**writer.unknowns, **dict.fromkeys(self.definitions, (0, 0))}
        self.everything = everything = tuple(e for e in (*relations, *own, *linear) if not e.is_zero())
        eliminator = _Reducer(system, PolynomialSystem(writer.ring, names, everything), branch, self.limits)
        eliminator.live = [n for n in names if n not in kept]
        work = partial(self._plain, eliminator, linear, needed, traces)
        try:
            answers = work(False)
        except Heavy:
            answers = apart(eliminator.end - time.monotonic(), partial(work, True), partial(too_long, self.limits))
        found = []
        for answer in answers:
            eliminator.check(())
            solved = {n: (self._read(p), self._read(q)) for n, (p, q) in answer["solved"].items()}
            left = list(map(self._read, answer["left"]))
            found.append(self._written(solved, left, answer["chosen"], traces, tuple(answer["steps"])))
        chosen_ = min(found, key=lambda f: sum(e.count_ops() for e in f.equations))
        return chosen_.without_zeros()

    def _read(self, terms: Any) -> fmpz_mpoly:
        return read_polynomial(self.writer.ring, terms)

    def _plain(
        self,
        eliminator: Eliminator,
        linear: list[fmpz_mpoly],
        needed: list[str],
        traces: Mapping[str, Entry],
        is_apart: bool,
    ) -> list[dict[str, Any]]:
        """What is solved for and what is left, as plain data: with m as the unknown, and as a function of the others.

        What is shorter is seen when it is written.
        """
        eliminator = copy(eliminator)
        eliminator.is_apart, eliminator.steps, eliminator.moves = is_apart, [], []
        rest, out = eliminator.reduced(), []
        for explicit in (False, True):
            implied = self._implied(linear, needed, traces, eliminator, explicit)
            solved, left = self._solved(rest, needed, eliminator, explicit)
            out.append({
                "chosen": [n for n in needed if n not in implied],
                "solved": {n: tuple(map(terms_of_polynomial, pair)) for n, pair in solved.items()},
                "left": list(map(terms_of_polynomial, left)),
                "steps": eliminator.steps,
            })  # fmt: skip
        return out

    def _branch(self) -> Branch:
        unknowns = self.writer.unknowns
        if self.system.spectral:
            try:
                return OpenSeries(self.system, unknowns, self.definitions)
            except NoSeries:
                pass
        if self.system.free_letters:
            raise DerivationError("matrices without a spectrum, in generic position, enter an inverse; give a spectrum")
        return OpenEnclosure(self.system, unknowns, self.definitions)

    def _null(self, number: int) -> list[fmpz_mpoly]:
        """The combinations of the entries of trbar (M + A S) g = 1 in which no trace with S in it is left.

        (M + A s)^{-1} is symmetric for every eigenvalue s where all is real, so that trbar(S g_ij) = trbar(S g_ji).
        """
        states, constants = self.system.components[number].states, self.system.constants
        writer = self.writer
        out = []
        for w in self._kernel(number):
            parts: list[tuple[Element, fmpz_mpoly]] = []
            for place, factor in w.items():
                i, j = states[place // len(states)], states[place % len(states)]
                if i == j:
                    parts.append((-factor, writer.ring.constant(1)))
                for k in states:
                    e, g = self.system.entry(i, k), self.system.entry(k, j)
                    assert e is not None
                    assert g is not None
                    name, entry = f"u{e[0]},{e[1]}", writer.unknown(g)
                    if name in self.entries:
                        parts.append((factor, generator(writer.ring, name) * entry))
                    elif (i, k) in constants:
                        parts.append((factor * constants[i, k], entry))
                    if i == k and self.system.spectral and i < self.system.pencil.blocks:
                        parts.append((factor, generator(writer.ring, "z") * entry))
            out.append(writer.combination(parts)[0])
        return out

    def _kernel(self, number: int) -> list[dict[int, Element]]:
        """The combinations of the entries, counted row by row, as vectors w with w A = 0."""
        states, table = self.system.components[number].states, self.system.pencil.table
        scales, size = self.system.pencil.scales, len(states)
        columns: dict[tuple[str, int, int], dict[int, Element]] = {}
        for name in self.open[number]:
            for (i, k), x in table[name].items():
                if i not in states:
                    continue
                y = scales.without_roots(x)
                for j in range(size):
                    a, b = states.index(i), states.index(k)
                    key = (name, min(b, j), max(b, j))
                    column = columns.setdefault(key, {})
                    place = a * size + j
                    column[place] = column[place] + y if place in column else y
        basis = Basis()
        for column in columns.values():
            basis.insert({k: x for k, x in column.items() if x})
        out = []
        for free in range(size * size):
            if free not in basis.vectors:
                vector = {free: Field().constant(1)}
                vector.update({pivot: -row[free] for pivot, row in basis.vectors.items() if free in row})
                out.append(vector)
        return out

    def _implied(
        self,
        linear: list[fmpz_mpoly],
        needed: list[str],
        traces: Mapping[str, Entry],
        eliminator: Eliminator,
        explicit: bool,
    ) -> set[str]:
        """The traces that follow from others by the linear relations; those that nothing else uses go first."""
        order = sorted(traces, key=lambda n: (n in needed and not (explicit and n == "m"), n == "m"))
        waiting = [e for e in linear if not e.is_zero()]
        out = set()
        for name in order:
            eliminator.check(waiting)
            holders = [e for e in waiting if degree(e, name) == 1]
            chosen = next((e for e in holders if eliminator.branch.is_nonzero(e.derivative(name))), None)
            if chosen is None:
                continue
            out.add(name)
            slope = chosen.derivative(name)
            image = {name: (slope * generator(self.writer.ring, name) - chosen, slope)}
            waiting = [substitute(e, self.writer.ring, image) for e in waiting if e is not chosen]
            waiting = [e for e in waiting if not e.is_zero()]
        return out

    def _solved(
        self, rest: list[fmpz_mpoly], needed: list[str], eliminator: Eliminator, explicit: bool
    ) -> tuple[dict[str, tuple[fmpz_mpoly, fmpz_mpoly]], list[fmpz_mpoly]]:
        """Solve the polynomials that are left for kept names that they are linear in."""
        ring, branch = self.writer.ring, eliminator.branch
        order = [*(["m"] if explicit else []), *self.entries, *(f"s{k}" for k in self.rank_one)]
        order += [*(f"t{k}" for k in self.rank_one), *(n for n in needed if n != "m")]
        solved: dict[str, tuple[fmpz_mpoly, fmpz_mpoly]] = {}
        waiting = list(rest)
        while True:
            eliminator.check(waiting)
            choices = [
                (k, len(e), name, e)
                for e in waiting
                for k, name in enumerate(order)
                if name not in solved and degree(e, name) == 1
            ]
            choices.sort(key=lambda c: (c[2] != "m", c[1], c[0]))
            found = next((c for c in choices if branch.is_nonzero(c[3].derivative(c[2]))), None)
            if found is None:
                return solved, waiting
            _, _, name, e = found
            slope = e.derivative(name)
            top = slope * generator(ring, name) - e
            common = top.gcd(slope)
            image = {name: (top / common, slope / common)}
            new = []
            for other in waiting:
                if other is not e:
                    value = substitute(other, ring, image) if degree(other, name) else other
                    if not value.is_zero():
                        new.append(branch.physical(value))
            waiting = new
            for key, (p, q) in solved.items():
                if degree(p, name) or degree(q, name):
                    n = max(degree(p, name), degree(q, name))
                    bottom = image[name][1]
                    p, q = (substitute(x, ring, image) * bottom ** (n - degree(x, name)) for x in (p, q))
                    shared = p.gcd(q)
                    solved[key] = (p / shared, q / shared)
            solved[name] = image[name]

    def _written(
        self,
        solved: Mapping[str, tuple[fmpz_mpoly, fmpz_mpoly]],
        rest: list[fmpz_mpoly],
        needed: list[str],
        traces: Mapping[str, Entry],
        steps: tuple[str, ...],
    ) -> OpenEquations:
        system = self.system
        unknown = M if system.spectral else TAU
        table: dict[str, sympy.Expr] = {s.name: s for s in system.parameters} | {"m": unknown, "z": Z}
        every = (*self.writer.unknowns, *self.definitions)
        polynomials = [*rest, *itertools.chain(*solved.values())]
        seen = {n for e in polynomials for n in names_in(e)} | set(needed)
        left_over = [n for n in every if n not in solved and n in seen]
        taken = {*table, *(x for own in self.open.values() for x in own)}
        fresh = (n for n in itertools.chain(("t",), (f"t_{k}" for k in itertools.count(1))) if n not in taken)
        for name in every:
            table[name] = sympy.Symbol(next(fresh)) if name in left_over else sympy.Symbol(name)
        values = {n: sympy.factor(polynomial_to_sympy(p, table) / polynomial_to_sympy(q, table))
                  for n, (p, q) in solved.items()}  # fmt: skip

        def value(name: str) -> sympy.Expr:
            return values.get(name, table[name])

        out = []
        for number, names in self.open.items():
            states = system.components[number].states
            inverse = self._inverse(number, names, solved)
            full = {**table, **{n: sympy.Symbol(n) for n in names}}
            for name in needed:
                e = traces[name]
                if e[0] in states:
                    function = inverse.columns[states.index(e[1])].get(states.index(e[0]), Field().constant(0))
                    sign = -1 if name == "m" and system.spectral else 1  # g_00 is -m in the trace of a resolvent
                    out.append((sign * value(name), _collected(function, full, names)))
        for k in self.rank_one:
            given = system.given[k]
            a = given.factor.to_sympy({s.name: s for s in system.parameters})
            t, s = value(f"t{k}"), value(f"s{k}")
            x = sympy.factor((s * t / a - 1) / t)
            out.append((t, 1 / (sympy.Symbol(given.name) - x)))
        tidy = tuple(_tidied(left, function) for left, function in out)
        left = tuple(sympy.factor(polynomial_to_sympy(e, table)) for e in rest)
        called = {symbol: name for name, symbol in table.items() if isinstance(symbol, sympy.Symbol)}
        return OpenEquations(system, unknown, values, left, tidy, steps, called, self.everything, self.definitions)

    def _inverse(
        self, number: int, names: Sequence[str], solved: Mapping[str, tuple[fmpz_mpoly, fmpz_mpoly]]
    ) -> Solver:
        """(M + sum A x)^-1 over the field of all that is left and of the symbols of the matrices."""
        system, states = self.system, self.system.components[number].states
        field = Field((*self.writer.ring.names(), *names))
        columns: list[dict[int, Element]] = [{} for _ in states]
        for (a, i), (b, j) in itertools.product(enumerate(states), enumerate(states)):
            e = system.entry(i, j)
            assert e is not None
            name = f"u{e[0]},{e[1]}"
            if name in self.entries:
                total = field.element(*solved[name]) if name in solved else field.generator(name)
            else:
                total = field.coerce(system.constants.get((i, j), 0))
            if i == j and system.spectral and i < system.pencil.blocks:
                total = total + field.generator("z")
            for letter in names:
                x = system.pencil.table[letter].get((i, j))
                if x is not None:
                    total = total + field.coerce(system.pencil.scales.without_roots(x)) * field.generator(letter)
            if total:
                columns[b][a] = total
        return Solver(columns)


def _collected(function: Element, table: Mapping[str, sympy.Expr], names: Sequence[str]) -> sympy.Expr:
    """A quotient whose numerator and denominator are polynomials in the matrices, with factored coefficients."""
    matrices = [table[n] for n in names]
    top, bottom = (polynomial_to_sympy(p, dict(table)) for p in (function.numerator, function.denominator))
    if bottom.could_extract_minus_sign():
        top, bottom = -top, -bottom
    return sympy.Mul(
        *(sympy.collect(sympy.expand(x), matrices, sympy.factor) ** e for x, e in ((top, 1), (bottom, -1)))
    )


def _tidied(left: sympy.Expr, function: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """The same with a common sign taken out of both sides."""
    if left.could_extract_minus_sign() and (-function).count_ops() <= function.count_ops() + 1:
        return -left, -function
    return left, function


class _Reducer(Eliminator):
    """Leaves out an equation that is the only one with an unknown in it: it says what that unknown is, and no more."""

    def stuck(self, equations: list[fmpz_mpoly]) -> list[fmpz_mpoly]:
        live = set(self.live)
        return [e for e in equations if names_in(e).isdisjoint(live)]
