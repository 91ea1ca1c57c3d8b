"""The Dyson equation as polynomials over the integers: M g = 1 entry by entry, and the relation of each given law."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sympy
from flint import fmpz_mpoly, fmpz_mpoly_ctx

from resolvent.derive.exact.field import Element, Field, polynomial_ring, polynomial_to_sympy
from resolvent.derive.exact.polynomials import degree, generator, substitute
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


class Writer:
    """Writes the equations of one system in one ring, with ``more`` names for numbers of one's own."""

    def __init__(self, system: DysonSystem, more: Sequence[str] = ()) -> None:
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
        for number, given in enumerate(system.matrices):
            places = range(len(given.support))
            self.unknowns.update({f"r{number}{a}{b}": given.place(number, a, b) for a in places for b in places})
        for number, rotation in enumerate(system.rotations):
            self.unknowns.update({f"h{number}{a}{b}" if rotation.rank > 1 else f"h{number}":
                                  rotation.place(number, a, b) for a, b in sorted(rotation.pattern)})  # fmt: skip
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
        self.ring = polynomial_ring((*extra, *self.unknowns, *more, "m", "z", *parameters))
        self.names = {e: n for n, e in self.unknowns.items()}

    def unknown(self, e: Entry) -> fmpz_mpoly:
        """The generator that stands for an unknown; g_00 is -m, or m itself in the trace of an expression."""
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
        for number, rotation in enumerate(system.rotations):
            for a, b, k in itertools.product(range(rotation.rank), repeat=3):
                for side, other, h, form in (
                    (rotation.left, rotation.right, (a, k), (k, b)),
                    (rotation.right, rotation.left, (k, b), (a, k)),
                ):
                    if i in side[a] and j in side[b] and h in rotation.pattern:
                        unknown = self.unknown(rotation.place(number, *h))
                        parts += [(-side[a][i] * side[b][j] * x, unknown * g)
                                  for x, g in self.form(other[form[0]], other[form[1]])]  # fmt: skip
        for number, matrix in enumerate(system.matrices):
            if i in matrix.support and j in matrix.support:
                b = matrix.support.index(j)
                parts += [(matrix.table[i, k], self.unknown(matrix.place(number, c, b)))
                          for c, k in enumerate(matrix.support) if (i, k) in matrix.table]  # fmt: skip
        return self.combination(parts)

    def form(self, left: Mapping[int, Element], right: Mapping[int, Element]) -> list[tuple[Element, fmpz_mpoly]]:
        """The terms of u^* g v."""
        return [(x * y, self.unknown(e)) for i, x in left.items() for j, y in right.items()
                if (e := self.system.entry(i, j)) is not None]  # fmt: skip

    def rotation(self, number: int) -> list[fmpz_mpoly]:
        """beta alpha h^2 + h - 1 = 0 for commuting matrices h and beta alpha."""
        own = self.system.rotations[number]
        places = range(own.rank)
        forms = []
        scale = self.ring.constant(1)
        for side in (own.right, own.left):
            table = [[self.combination(self.form(u, v)) for v in side] for u in side]
            q = _least_common_multiple([b for row in table for _, b in row], self.ring)
            forms.append([[top * (q / bottom) for top, bottom in row] for row in table])
            scale = scale * q
        product = _times(*forms)
        zero = self.ring.constant(0)
        h = [[self.unknown(own.place(number, a, b)) if (a, b) in own.pattern else zero for b in places] for a in places]
        square, other = _times(_times(product, h), h), _times(h, product)
        first = _times(product, h)
        out = [square[a][b] + (h[a][b] - (1 if a == b else 0)) * scale for a in places for b in places]
        return out + [first[a][b] - other[a][b] for a in places for b in places]

    def matrix_relation(self, number: int) -> list[fmpz_mpoly]:
        """P_T(rho + 1/N, -N) = 0 for the commuting matrices rho and N = -g A, times the powers of N that clear it."""
        given = self.system.matrices[number]
        places = range(len(given.support))
        table: list[list[tuple[fmpz_mpoly, fmpz_mpoly]]] = []
        for i in given.support:
            row = []
            for j in given.support:
                parts = [(-given.table[k, j], self.unknown(e)) for k in given.support
                         if (k, j) in given.table and (e := self.system.entry(i, k)) is not None]  # fmt: skip
                row.append(self.combination(parts))
            table.append(row)
        q = _least_common_multiple([b for row in table for _, b in row], self.ring)
        n = [[top * (q / bottom) for top, bottom in row] for row in table]
        rho = [[self.unknown(given.place(number, a, b)) for b in places] for a in places]
        one = [[self.ring.constant(int(a == b)) for b in places] for a in places]
        product = _times(rho, n)
        k = [[product[a][b] + (q if a == b else 0) for b in places] for a in places]
        polynomial = given.law.equation.polynomial
        names = polynomial.context().names()
        top, high = degree(polynomial, "z"), degree(polynomial, "m")
        terms: dict[tuple[int, int], fmpz_mpoly] = {}
        for exponents, coefficient in polynomial.to_dict().items():
            at = dict(zip(names, exponents, strict=True))
            factor = self.ring.constant(int(coefficient) * (-1) ** int(at["m"]))
            for name, e in at.items():
                if e and name not in ("z", "m"):
                    factor = factor * generator(self.ring, name) ** int(e)
            key = (int(at["z"]), int(at["m"]))
            terms[key] = terms[key] + factor if key in terms else factor
        lowest = min(top - i + j for i, j in terms)
        k_powers, n_powers = [one], [one]
        for _ in range(top):
            k_powers.append(_times(k_powers[-1], k))
        for _ in range(top + high - lowest):
            n_powers.append(_times(n_powers[-1], n))
        total = [[self.ring.constant(0) for _ in places] for _ in places]
        for (i, j), factor in terms.items():
            part = _times(k_powers[i], n_powers[top - i + j - lowest])
            scale = factor * q ** (high - j)
            total = [[total[a][b] + part[a][b] * scale for b in places] for a in places]
        other = _times(n, rho)
        commute = [product[a][b] - other[a][b] for a in places for b in places]
        return [x for row in total for x in row] + commute

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
        gamma, bottom = self.combination(self.form(given.vector, given.vector))
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
    writer = Writer(system)
    equations = [e for k, c in enumerate(system.components) for e in writer.component(k, c)]
    equations += [writer.given(k) for k in range(len(system.given))]
    equations += [e for k in range(len(system.rotations)) for e in writer.rotation(k)]
    equations += [e for k in range(len(system.matrices)) for e in writer.matrix_relation(k)]
    equations += writer.trace()
    unknowns = dict(writer.unknowns)
    for names in writer.cases.values():
        unknowns.update({n: e for e, n in names.items()})
    return PolynomialSystem(writer.ring, unknowns, tuple(e for e in equations if not e.is_zero()))


def _times(a: list[list[fmpz_mpoly]], b: list[list[fmpz_mpoly]]) -> list[list[fmpz_mpoly]]:
    return [[sum((row[k] * b[k][j] for k in range(1, len(b))), start=row[0] * b[0][j]) for j in range(len(b[0]))]
            for row in a]  # fmt: skip


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
