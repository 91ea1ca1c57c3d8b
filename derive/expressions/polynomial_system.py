"""The Dyson equation as polynomials over the integers: M g = 1 entry by entry, and the relation of each given law."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy
from flint import fmpz_mpoly, fmpz_mpoly_ctx

from resolvent.derive.exact.field import Element, Field, polynomial_ring, polynomial_to_sympy
from resolvent.derive.exact.polynomials import generator, substitute
from resolvent.derive.expressions.dyson import Component, DysonSystem
from resolvent.derive.expressions.pencil import Entry


@dataclass(frozen=True, eq=False)
class PolynomialSystem:
    """Polynomials that vanish on the physical solution.

    Attributes:
        ring: generators are the unknowns, then m, z and the parameters.
        unknowns: names of the unknowns, and the entry of g (or, negative, the number of the given matrix) each is.
            m is minus the trace of the resolvent.
        equations: the polynomials.
    """

    ring: fmpz_mpoly_ctx
    unknowns: Mapping[str, Entry]
    equations: tuple[fmpz_mpoly, ...]


class _Writer:
    """Writes the equations of one system in one ring."""

    def __init__(self, system: DysonSystem) -> None:
        self.system = system
        self.single = system.pencil.blocks == 1
        self.unknowns: dict[str, Entry] = {}
        entries: dict[Entry, None] = {}
        for c in system.components:
            for i in c.states:
                for j in c.states:
                    e = system.entry(i, j)
                    if e is not None:
                        entries[e] = None
        for e in entries:
            if not (self.single and e == (0, 0)):
                self.unknowns[f"g{e[0]},{e[1]}"] = e
        for k in range(len(system.given)):
            self.unknowns[f"s{k}"] = (-1 - k, -1 - k)
        self.cases: dict[tuple[int, int], dict[Entry, str]] = {}
        extra: list[str] = []
        for number, c in enumerate(system.components):
            for k in range(len(c.cases) if len(c.cases) > 1 else 0):
                names = {}
                for i in c.states:
                    for j in c.states:
                        e = system.entry(i, j)
                        if e is not None and e not in names:
                            names[e] = f"g{e[0]},{e[1]}:{number}.{k}"
                            extra.append(names[e])
                self.cases[number, k] = names
        parameters = tuple(s.name for s in system.parameters)
        self.extra = extra
        self.ring = polynomial_ring((*extra, *self.unknowns, "m", "z", *parameters))
        self.names = {e: n for n, e in self.unknowns.items()}

    def unknown(self, e: Entry) -> fmpz_mpoly:
        if self.single and e == (0, 0):
            return -generator(self.ring, "m") if self.system.spectral else generator(self.ring, "m")
        return generator(self.ring, self.names[e])

    def combination(self, parts: Iterable[tuple[Element, fmpz_mpoly]]) -> tuple[fmpz_mpoly, fmpz_mpoly]:
        """A sum of coefficients times polynomials, as numerator and denominator."""
        top, bottom = self.ring.constant(0), self.ring.constant(1)
        for coefficient, polynomial in parts:
            p = coefficient.numerator.project_to_context(self.ring) * polynomial
            q = coefficient.denominator.project_to_context(self.ring)
            if q == bottom:
                top = top + p
            else:
                common = q.gcd(bottom)
                top, bottom = top * (q / common) + p * (bottom / common), bottom * (q / common)
        return top, bottom

    def m_entry(self, i: int, j: int, extra: Mapping[Entry, Element]) -> tuple[fmpz_mpoly, fmpz_mpoly]:
        """M_ij, with the constants of a case."""
        system, one = self.system, self.ring.constant(1)
        parts: list[tuple[Element, fmpz_mpoly]] = []
        if i == j and system.spectral and i < system.pencil.blocks:
            parts.append((Field().constant(1), generator(self.ring, "z")))
        for table in (system.constants, extra):
            if (i, j) in table:
                parts.append((table[i, j], one))
        for (a, b), coefficient in system.covariance.get((i, j), {}).items():
            e = system.entry(a, b)
            if e is not None:
                parts.append((-coefficient, self.unknown(e)))
        for k, given in enumerate(system.given):
            if i in given.vector and j in given.vector:
                parts.append((given.vector[i] * given.vector[j], self.unknown((-1 - k, -1 - k))))
        return self.combination(parts)

    def component(self, number: int, c: Component) -> list[fmpz_mpoly]:
        """The equations (M + A t) g = 1 of one component, and g as the mean over the cases."""
        out = []
        for k, (_, extra) in enumerate(c.cases):
            names = self.cases.get((number, k))

            def value(i: int, j: int, names: Mapping[Entry, str] | None = names) -> fmpz_mpoly:
                e = self.system.entry(i, j)
                assert e is not None
                return self.unknown(e) if names is None else generator(self.ring, names[e])

            table = {(i, j): self.m_entry(i, j, extra) for i in c.states for j in c.states}
            for i in c.states:
                row = {j: table[i, j] for j in c.states if not table[i, j][0].is_zero()}
                common = _least_common_multiple([q for _, q in row.values()], self.ring)
                for j in c.states:
                    total = -common if i == j else self.ring.constant(0)
                    for k_, (p, q) in row.items():
                        total = total + p * (common / q) * value(k_, j)
                    out.append(total)
        if len(c.cases) > 1:
            for e in self.cases[number, 0]:
                parts = [(w, generator(self.ring, self.cases[number, k][e])) for k, (w, _) in enumerate(c.cases)]
                out.append(self.combination([*parts, (Field().constant(-1), self.unknown(e))])[0])
        return out

    def given(self, k: int) -> fmpz_mpoly:
        """P_T(x, a gamma) = 0 with x = (s gamma - 1)/(a gamma): the R-transform of the given law."""
        given = self.system.given[k]
        gamma, bottom = self.combination(
            (given.vector[i] * given.vector[j], self.unknown(e))
            for i in given.vector
            for j in given.vector
            if (e := self.system.entry(i, j)) is not None
        )
        s = self.unknown((-1 - k, -1 - k))
        p, q = (e.project_to_context(self.ring) for e in (given.factor.numerator, given.factor.denominator))
        images = {"z": ((s * gamma - bottom) * q, p * gamma), "m": (p * gamma, q * bottom)}
        return substitute(given.law.equation.polynomial, self.ring, images)

    def trace(self) -> list[fmpz_mpoly]:
        """m = -sum of the shares times the traces of the blocks."""
        if self.single:
            return []
        parts = [(w, self.unknown((k, k))) for k, w in enumerate(self.system.weights)]
        sign = 1 if self.system.spectral else -1
        return [self.combination([*parts, (Field().constant(sign), generator(self.ring, "m"))])[0]]


def polynomial_system(system: DysonSystem) -> PolynomialSystem:
    """All equations of a Dyson system as polynomials; denominators, in parameters only, are cleared."""
    writer = _Writer(system)
    equations = [e for k, c in enumerate(system.components) for e in writer.component(k, c)]
    equations += [writer.given(k) for k in range(len(system.given))]
    equations += writer.trace()
    unknowns = dict(writer.unknowns)
    for names in writer.cases.values():
        unknowns.update({n: e for e, n in names.items()})
    return PolynomialSystem(writer.ring, unknowns, tuple(e for e in equations if not e.is_zero()))


def _least_common_multiple(polynomials: Iterable[fmpz_mpoly], ring: fmpz_mpoly_ctx) -> fmpz_mpoly:
    found = ring.constant(1)
    for p in polynomials:
        found = found * (p / p.gcd(found))
    return found


def written_equations(system: DysonSystem) -> tuple[sympy.Basic, ...]:
    """The equations in SymPy, the unknowns written g_01, s_0 and so on."""
    written = polynomial_system(system)
    table: dict[str, sympy.Expr] = {s.name: s for s in system.parameters}
    table.update({name: sympy.Symbol(shown(name)) for name in written.unknowns})
    return tuple(sympy.Eq(polynomial_to_sympy(e, table), 0, evaluate=False) for e in written.equations)


def shown(name: str) -> str:
    """An unknown as it is printed: g_12, s_0, or g_12^(1) for the second eigenvalue of a given matrix."""
    head, _, case = name.partition(":")
    places = head[1:].split(",")
    label = ("" if all(len(p) == 1 for p in places) else " ").join(places)
    plain = f"{name[0]}_{label}" if label.isdigit() and len(label) < 2 else f"{name[0]}_{{{label}}}"
    return plain + (f"^{{({case.split('.')[1]})}}" if case else "")


def size_of(polynomial: fmpz_mpoly) -> int:
    """Terms times total degree: what working with a polynomial costs."""
    return len(polynomial) * (1 + int(polynomial.total_degree()))
