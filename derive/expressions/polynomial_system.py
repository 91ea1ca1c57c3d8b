"""The Dyson equation as polynomials over the integers: M g = 1 entry by entry, and the relation of each given law."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sympy
from flint import fmpz_mpoly, fmpz_mpoly_ctx

from resolvent.derive.exact.field import Element, Field, polynomial_ring, polynomial_to_sympy
from resolvent.derive.exact.polynomials import degree, generator, substitute
from resolvent.derive.expressions.dyson import Component, DysonSystem
from resolvent.derive.expressions.pencil import Entry
from resolvent.derive.expressions.realisation import Solver

REGULARISED = "e/"
_MOST_STATES, _MOST_UNKNOWNS = 8, 4  # beyond these an inverse is a large quotient of polynomials


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
    """Writes the equations of one system in one ring, with ``more`` names for numbers of one's own.

    `REGULARISED` among them is added to the diagonal of M. Of the components with the numbers in ``inverted`` only the
    entries of g that others depend on are unknowns.
    """

    def __init__(self, system: DysonSystem, more: Sequence[str] = (), inverted: Collection[int] = ()) -> None:
        self.system = system
        self.single = system.pencil.blocks == 1
        self.unknowns: dict[str, Entry] = {}
        self.needed = _needed(system)
        self.is_regularised = REGULARISED in more
        entries: dict[Entry, None] = {}
        for number, c in enumerate(system.components):
            for i in c.states:
                for j in c.states:
                    e = system.entry(i, j)
                    if e is not None and (number not in inverted or e in self.needed):
                        entries[e] = None
        for e in entries:
            if not (self.single and e == (0, 0)):
                self.unknowns[f"g{e[0]},{e[1]}"] = e
        for k in range(len(system.given)):
            self.unknowns[f"s{k}"] = (-1 - k, -1 - k)
        for number, given in enumerate(system.matrices):
            places = range(given.rank)
            self.unknowns.update({f"r{number},{a},{b}": given.place(number, a, b) for a in places for b in places})
        for number, rotation in enumerate(system.rotations):
            self.unknowns.update({f"h{number},{a},{b}" if rotation.rank > 1 else f"h{number}":
                                  rotation.place(number, a, b) for a, b in sorted(rotation.pattern)})  # fmt: skip
        self.cases: dict[tuple[int, int], dict[Entry, str]] = {}
        extra: list[str] = []
        for number, c in enumerate(system.components):
            for k in range(len(c.cases) if len(c.cases) > 1 and number not in inverted else 0):
                names = {}
                for i in c.states:
                    for j in c.states:
                        e = system.entry(i, j)
                        if e is not None and e not in names:
                            names[e] = f"g{e[0]},{e[1]}:{number}.{k}"
                            extra.append(names[e])
                self.cases[number, k] = names
        parameters = (*(s.name for s in system.parameters), *system.roots)
        self.extra = extra
        self.ring = polynomial_ring((*extra, *self.unknowns, *more, "m", "z", *parameters))
        self.names = {e: n for n, e in self.unknowns.items()}

    @property
    def all_unknowns(self) -> dict[str, Entry]:
        """The unknowns, those of single eigenvalues included."""
        return self.unknowns | {n: e for names in self.cases.values() for e, n in names.items()}

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
        if i == j and self.is_regularised:
            parts.append((Field().constant(1), generator(self.ring, REGULARISED)))
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
            for a, b, c in itertools.product(range(matrix.rank), repeat=3):
                left, right = matrix.vectors[a], matrix.vectors[b]
                if i in left and j in right and matrix.table[a][c]:
                    factor = left[i] * matrix.table[a][c] * right[j]
                    parts.append((factor, self.unknown(matrix.place(number, c, b))))
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
        places = range(given.rank)
        table = [[self.combination([(-x * given.table[c][b], unknown) for c in places if given.table[c][b]
                                    for x, unknown in self.form(given.vectors[a], given.vectors[c])])
                  for b in places] for a in places]  # fmt: skip
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

    def inverse(self, c: Component) -> list[fmpz_mpoly]:
        """g = sum_k w_k (M + A t_k)^-1 for the entries that others depend on, each a quotient of polynomials."""
        field = Field(self.ring.names())
        own = [(i, j) for i in c.states for j in c.states if (i, j) in self.needed]
        total = dict.fromkeys(own, field.constant(0))
        for weight, extra in c.cases:
            columns: list[dict[int, Element]] = [{} for _ in c.states]
            for (a, i), (b, j) in itertools.product(enumerate(c.states), repeat=2):
                top, bottom = self.m_entry(i, j, extra)
                if not top.is_zero():
                    columns[b][a] = field.element(top, bottom)
            inverse = Solver(columns).columns
            for i, j in own:
                entry = inverse[c.states.index(j)].get(c.states.index(i))
                if entry is not None:
                    total[i, j] = total[i, j] + field.coerce(weight) * entry
        return [self.unknown(e) * value.denominator - value.numerator for e, value in total.items()]

    def given(self, k: int) -> fmpz_mpoly:
        """P_T(x, a gamma) = 0 with x = (s gamma - 1)/(a gamma): the R-transform of the given law."""
        given = self.system.given[k]
        gamma, bottom = self.combination(self.form(given.vector, given.vector))
        s = self.unknown((-1 - k, -1 - k))
        p, q = (e.project_to_context(self.ring) for e in (given.factor.numerator, given.factor.denominator))
        images = {"z": ((s * gamma - bottom) * q, p * gamma), "m": (p * gamma, q * bottom)}
        return substitute(given.law.equation.polynomial, self.ring, images)

    def copies(self) -> list[fmpz_mpoly]:
        """What g and its parts have of the form [[A, -B], [B, A]] in the real form of a pencil."""
        out = []
        for names in (self.names, *self.cases.values()):
            for (i, i_), (j, j_) in itertools.product(self.system.pencil.copies, repeat=2):
                for one, other, sign in (((i, j), (i_, j_), -1), ((i, j_), (j, i_), 1)):
                    found = [names.get(e) for x in (one, other) if (e := self.system.entry(*x)) is not None]
                    parts = [generator(self.ring, name) for name in found if name is not None]
                    if len(parts) == 2:
                        out.append(parts[0] + sign * parts[1])
        return out

    def trace(self) -> list[fmpz_mpoly]:
        """m = -sum of the shares times the traces of the blocks."""
        if self.single:
            return []
        parts = [(w, self.unknown((k, k))) for k, w in enumerate(self.system.weights)]
        sign = 1 if self.system.spectral else -1
        return [self.combination([*parts, (Field().constant(sign), generator(self.ring, "m"))])[0]]


def polynomial_system(system: DysonSystem, *, short: bool = False, regularised: bool = False) -> PolynomialSystem:
    """All equations of a Dyson system as polynomials; denominators are cleared.

    A ``short`` system has no unknowns for single eigenvalues of given matrices where (M + A t)^-1 is a small inverse; a
    ``regularised`` one is that of L + e, with e the generator `REGULARISED`.
    """
    inverted = [k for k, c in enumerate(system.components) if short and _is_small(system, c)]
    writer = Writer(system, (REGULARISED,) if regularised else (), inverted)
    equations = [e for k, c in enumerate(system.components)
                 for e in (writer.inverse(c) if k in inverted else writer.component(k, c))]  # fmt: skip
    equations += [writer.given(k) for k in range(len(system.given))]
    equations += [e for k in range(len(system.rotations)) for e in writer.rotation(k)]
    equations += [e for k in range(len(system.matrices)) for e in writer.matrix_relation(k)]
    equations += [*writer.copies(), *writer.trace()]
    return PolynomialSystem(writer.ring, writer.all_unknowns, tuple(e for e in equations if not e.is_zero()))


def unknowns_of(system: DysonSystem) -> dict[str, Entry]:
    """The unknowns of `polynomial_system`."""
    return Writer(system).all_unknowns


def _needed(system: DysonSystem) -> frozenset[Entry]:
    """The entries of g that M or the trace depends on."""
    forms = [g.vector for g in system.given]
    sources = [e for table in system.covariance.values() for e in table]
    sources += [(k, k) for k in range(system.pencil.blocks)]
    sources += [e for vector in forms for e in itertools.product(vector, vector)]
    sources += [e for t in system.matrices for e in itertools.product(t.support, t.support)]
    for r in system.rotations:
        for side in (r.left, r.right):
            sources += [e for u, v in itertools.product(side, repeat=2) for e in itertools.product(u, v)]
    return frozenset(e for i, j in sources if (e := system.entry(i, j)) is not None)


def _is_small(system: DysonSystem, c: Component) -> bool:
    """Whether a component that is averaged over eigenvalues has an inverse in few unknowns."""
    if len(c.cases) < 2 or len(c.states) > _MOST_STATES or system.matrices or system.rotations:
        return False
    used = {system.entry(*e) for (i, j), t in system.covariance.items() if i in c.states and j in c.states for e in t}
    return len(used) + len(system.given) <= _MOST_UNKNOWNS


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
    table |= {name: sympy.sqrt(x.to_sympy(system.pencil.scales.symbols)) for name, x in system.roots.items()}
    table.update({name: sympy.Symbol(shown(name)) for name in written.unknowns})
    return tuple(sympy.Eq(polynomial_to_sympy(e, table), 0, evaluate=False) for e in written.equations)


def case_of(name: str) -> tuple[int, int] | None:
    """The component and the number of the eigenvalue that an unknown belongs to, if it belongs to one."""
    _, colon, case = name.partition(":")
    component, _, number = case.partition(".")
    return (int(component), int(number)) if colon else None


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
