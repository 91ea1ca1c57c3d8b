"""The certificate of an elimination: on the curve P(z, m) = 0 rational functions solve the Dyson system.

At a random value of z and of the parameters modulo a prime, K = F_p[m]/P(z, m) stands for the curve. The unknowns are
found in K, by the equations that eliminated them and by linear algebra in the monomials of the others, and all
equations of the Dyson system must vanish in K. That proves, but for a probability below 1e-15, that every point of the
curve solves the system, however P was found; the physical branch is the one with the series of the moments.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpz_mpoly, nmod_poly

from resolvent.derive.exact.word_primes import PRIME, REPEATS
from resolvent.derive.expressions.dyson import DysonSystem
from resolvent.derive.expressions.polynomial_system import polynomial_system

Monomial = tuple[int, ...]
Row = dict[Monomial, nmod_poly]
Move = tuple[str, tuple[fmpz_mpoly, ...]]
"""An unknown that was eliminated, and the polynomials of which it is the common root once the later ones are known."""

_MOST_ROWS = 160
_ATTEMPTS = 8


class _Unlucky(Exception):
    """A zero divisor of K, or a leading coefficient that vanishes: another point may do."""


@dataclass(frozen=True, eq=False)
class Certificate:
    """What is checked: the polynomial in z and m, the system, and the moves of the elimination, where there was one."""

    polynomial: fmpz_mpoly
    system: DysonSystem
    moves: tuple[Move, ...] = ()

    def holds(self, points: int = 3) -> bool:
        """Whether nothing speaks against it; unknowns that are no rational functions of z and m say nothing."""
        return self.verdict(points) is not False

    def verdict(self, points: int = 3) -> bool | None:
        """True if all equations vanish on the curve, False if one does not, None if the unknowns are not found."""
        rng = random.Random(1864)
        done = 0
        for _ in range(REPEATS * _ATTEMPTS):
            try:
                found = _Point(self, rng).verdict()
            except _Unlucky:
                continue
            if not found:
                return found
            done += 1
            if done == REPEATS * points:
                return True
        return None


class _Point:
    """K and the equations at one random point."""

    def __init__(self, of: Certificate, rng: random.Random) -> None:
        written = polynomial_system(of.system)
        self.names = tuple(written.unknowns)
        self.at = {s.name: rng.randrange(2, PRIME) for s in of.system.parameters} | {"z": rng.randrange(2, PRIME)}
        self.modulus = nmod_poly([0], PRIME)
        (modulus,) = self._row(of.polynomial).values()
        if modulus.degree() < 1:
            raise _Unlucky
        self.modulus = modulus
        self.rows = [self._row(e) for e in written.equations]
        self.moves = [(name, [self._row(e) for e in polynomials]) for name, polynomials in of.moves]
        self.known: dict[str, nmod_poly] = {}

    def verdict(self) -> bool | None:
        """Whether all equations vanish, or None if an unknown is not determined."""
        for name, rows in reversed(self.moves):
            self._root(name, [self._with_known(row) for row in rows])
        while len(self.known) < len(self.names):
            rows = self._echelon([self._with_known(row) for row in self.rows])
            if rows is None:
                return False
            if not self._solved(rows):
                wide = self._echelon([p for row in rows for p in (row, *self._multiples(row))][:_MOST_ROWS])
                if wide is None:
                    return False
                if not self._solved(wide):
                    return None
        return not any(self._with_known(row) for row in self.rows)

    # -- K -----------------------------------------------------------------------------------------------------

    def _times(self, a: nmod_poly, b: nmod_poly) -> nmod_poly:
        return a * b % self.modulus

    def _inverse(self, a: nmod_poly) -> nmod_poly:
        one, cofactor, _ = a.xgcd(self.modulus)
        if one.degree() != 0:
            raise _Unlucky
        return cofactor

    def _row(self, polynomial: fmpz_mpoly) -> Row:
        """A polynomial at the point, by monomials in the unknowns, with coefficients in K."""
        names = polynomial.context().names()
        places = [names.index(n) if n in names else None for n in self.names]
        slot = names.index("m")
        tables: dict[Monomial, dict[int, int]] = {}
        for exponents, coefficient in polynomial.to_dict().items():
            value = int(coefficient) % PRIME
            for name, e in zip(names, exponents, strict=True):
                if e and name in self.at:
                    value = value * pow(self.at[name], int(e), PRIME) % PRIME
            key = tuple(0 if k is None else int(exponents[k]) for k in places)
            table = tables.setdefault(key, {})
            power = int(exponents[slot])
            table[power] = (table.get(power, 0) + value) % PRIME
        out = {}
        for key, table in tables.items():
            coefficients = [table.get(k, 0) for k in range(max(table) + 1)]
            value_ = nmod_poly(coefficients, PRIME)
            value_ = value_ % self.modulus if self.modulus.degree() > 0 else value_
            if value_.degree() >= 0:
                out[key] = value_
        return out

    # -- solving -----------------------------------------------------------------------------------------------

    def _with_known(self, row: Row) -> Row:
        out: Row = {}
        for key, value in row.items():
            rest = list(key)
            for k, name in enumerate(self.names):
                if key[k] and name in self.known:
                    rest[k] = 0
                    for _ in range(key[k]):
                        value = self._times(value, self.known[name])
            self._add(out, tuple(rest), value)
        return out

    def _add(self, row: Row, key: Monomial, value: nmod_poly) -> None:
        total = row[key] + value if key in row else value
        if total.degree() >= 0:
            row[key] = total
        else:
            row.pop(key, None)

    def _root(self, name: str, rows: Sequence[Row]) -> None:
        """The unknown as the only common root of polynomials in it alone, if that is what they are."""
        place = self.names.index(name)
        found: list[nmod_poly] = []
        for row in rows:
            if any(e for key in row for k, e in enumerate(key) if k != place):
                return
            table = {key[place]: value for key, value in row.items()}
            zero = nmod_poly([0], PRIME)
            found = self._common(found, [table.get(k, zero) for k in range(max(table, default=-1) + 1)])
        if len(found) == 2:
            self.known[name] = -self._times(found[0], self._inverse(found[1])) % self.modulus

    def _common(self, a: list[nmod_poly], b: list[nmod_poly]) -> list[nmod_poly]:
        """The greatest common divisor of two polynomials over K, as far as K is a field."""
        while b:
            inverse = self._inverse(b[-1])
            b = [self._times(x, inverse) for x in b]
            while len(a) >= len(b):
                factor, shift = a[-1], len(a) - len(b)
                for k, x in enumerate(b):
                    a[shift + k] = a[shift + k] - self._times(factor, x)
                while a and a[-1].degree() < 0:
                    a.pop()
            a, b = b, a
        return a

    def _echelon(self, rows: list[Row]) -> list[Row] | None:
        """The reduced echelon form by monomials, highest first; None if it says that one is zero."""
        pivots: dict[Monomial, Row] = {}
        for row in sorted(rows, key=len):
            while row:
                lead = max(row, key=_rank)
                if lead not in pivots:
                    break
                self._subtract(row, pivots[lead], row[lead])
            if row:
                lead = max(row, key=_rank)
                if not any(lead):
                    return None
                inverse = self._inverse(row[lead])
                pivots[lead] = {key: self._times(value, inverse) for key, value in row.items()}
        for lead in sorted(pivots, key=_rank):
            row = pivots[lead]
            for key in [k for k in row if k != lead and k in pivots]:
                if key in row:
                    self._subtract(row, pivots[key], row[key])
        return list(pivots.values())

    def _subtract(self, row: Row, pivot: Row, factor: nmod_poly) -> None:
        for key, value in pivot.items():
            self._add(row, key, -self._times(factor, value))

    def _solved(self, rows: Sequence[Row]) -> bool:
        """Whether some rows determine unknowns: x + constant = 0."""
        progress = False
        for row in rows:
            lead = max(row, key=_rank)
            if sum(lead) == 1 and all(key == lead or not any(key) for key in row):
                constant = row.get((0,) * len(lead), nmod_poly([0], PRIME))
                self.known[self.names[lead.index(1)]] = -constant
                progress = True
        return progress

    def _multiples(self, row: Row) -> list[Row]:
        free = [k for k, name in enumerate(self.names) if name not in self.known]
        return [{(*key[:k], key[k] + 1, *key[k + 1 :]): value for key, value in row.items()} for k in free]


def _rank(monomial: Monomial) -> tuple[int, Monomial]:
    return sum(monomial), monomial
