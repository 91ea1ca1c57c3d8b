"""Eliminations that can be checked again: a resultant together with its inputs."""

from __future__ import annotations

import random
from dataclasses import dataclass

from flint import fmpz_mpoly, nmod, nmod_poly

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.polynomials import degree, resultant
from resolvent.derive.exact.word_primes import PRIME, REPEATS


@dataclass(frozen=True)
class Resultant:
    """A resultant together with its inputs, so that it can be checked again."""

    first: fmpz_mpoly
    second: fmpz_mpoly
    name: str
    value: fmpz_mpoly

    @classmethod
    def of(cls, first: fmpz_mpoly, second: fmpz_mpoly, name: str) -> Resultant:
        """Eliminate the generator ``name`` from two polynomials.

        Raises `DerivationError` when the two have a common factor, since their resultant is zero then.
        """
        value = resultant(first, second, name)
        if value.is_zero():
            raise DerivationError("the two relations have a common factor; the elimination gives nothing", name=name)
        return cls(first, second, name, value)

    def holds(self, points: int = 6) -> bool:
        """Compare with univariate resultants modulo a word-size prime at random points (error below 1e-15)."""
        rng = random.Random(20170058)
        ring = self.first.context()
        names = [n for n in ring.names() if n != self.name]
        for _ in range(REPEATS * points):
            values = {n: rng.randrange(1, PRIME) for n in names}
            a, b = (_univariate(p, self.name, values) for p in (self.first, self.second))
            if a.degree() < degree(self.first, self.name) or b.degree() < degree(self.second, self.name):
                continue
            if a.resultant(b) != _univariate(self.value, self.name, values)[0]:
                return False
        return True


def _univariate(polynomial: fmpz_mpoly, name: str, values: dict[str, int]) -> nmod_poly:
    names = polynomial.context().names()
    position = names.index(name)
    collected = [nmod(0, PRIME)] * (degree(polynomial, name) + 1)
    for exponents, coefficient in polynomial.to_dict().items():
        term = int(coefficient) % PRIME
        for other, exponent in zip(names, exponents, strict=True):
            if exponent and other != name:
                term = term * pow(values[other], exponent, PRIME) % PRIME
        collected[exponents[position]] += nmod(term, PRIME)
    return nmod_poly([int(c) for c in collected], PRIME)
