"""One algebraic number over Q(parameters), and the numbers that two of them generate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy
from flint import fmpq, fmpq_poly, fmpz_mpoly, fmpz_mpoly_ctx

from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.compositum import Number, compositum

ALPHA = "alpha_"


@dataclass(frozen=True)
class Extension:
    """An algebraic number alpha over Q(parameters), by its minimal polynomial and its value.

    ``modulus`` maps exponents ``(*parameter exponents, power of alpha)`` to integers and is monic in alpha;
    ``value`` is alpha for the reader: a SymPy expression in the parameters.
    """

    names: tuple[str, ...]
    modulus: tuple[tuple[tuple[int, ...], int], ...]
    value: sympy.Expr

    @classmethod
    def of(cls, coefficients: Sequence[int], value: sympy.Expr) -> Extension:
        """Q(alpha) by the coefficients of the monic minimal polynomial of alpha, lowest first."""
        return cls((), tuple(((k,), int(c)) for k, c in enumerate(coefficients) if c), value)

    @property
    def number(self) -> Number:
        """alpha without parameters: its minimal polynomial, coefficients lowest first, and its value."""
        known = {exponents[-1]: c for exponents, c in self.modulus}
        return tuple(known.get(k, 0) for k in range(max(known) + 1)), self.value

    def polynomial(self, ring: fmpz_mpoly_ctx) -> fmpz_mpoly:
        """The minimal polynomial inside a ring that has the parameters and alpha among its generators."""
        own = fmpz_mpoly_ctx.get((*self.names, ALPHA), "lex")
        return own.from_dict(dict(self.modulus)).project_to_context(ring)

    def specialise(self, values: Mapping[str, fmpq]) -> Extension:
        """The extension at numeric parameters (integral again, by scaling, only where the values allow it).

        Raises `DerivationError` when the extension has no integral generator at these values.
        """
        kept = tuple(name for name in self.names if name not in values)
        collected: dict[tuple[int, ...], fmpq] = {}
        for exponents, coefficient in self.modulus:
            term = fmpq(coefficient)
            rest = []
            for name, exponent in zip((*self.names, ALPHA), exponents, strict=True):
                if name in values:
                    term *= values[name] ** exponent
                else:
                    rest.append(exponent)
            collected[tuple(rest)] = collected.get(tuple(rest), fmpq(0)) + term
        if any(c.q != 1 for c in collected.values()):
            raise DerivationError("an algebraic number lost integrality at these parameters", values=dict(values))
        value = self.value.subs({sympy.Symbol(n): sympy.Rational(int(v.p), int(v.q)) for n, v in values.items()})
        return Extension(kept, tuple(sorted((e, int(c.p)) for e, c in collected.items() if c)), value)

    def join(self, other: Extension) -> Extension:
        """The smallest extension that holds both numbers.

        Raises `DerivationError` where one of them depends on parameters, `ParameterError` where the degree is too high.
        """
        if self.names or other.names:
            raise DerivationError(
                f"the moments of the two laws lie in two different algebraic extensions, by {self.value} and by "
                f"{other.value}; with parameters in them the engine handles one at a time: give the parameters values",
                extensions=(self, other),
            )
        return Extension.of(*compositum(self.number, other.number)[0])

    def inside(self, larger: Extension | None) -> fmpq_poly:
        """The number as a polynomial in that of an extension that holds it."""
        assert larger is not None, f"{self.value} is no rational number"
        generator, _, image = compositum(larger.number, self.number)
        assert generator == larger.number, f"{self.value} is no number of the extension by {larger.value}"
        return image
