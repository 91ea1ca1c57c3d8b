"""The physical branch at spectra for all given matrices, with the entries of M that are kept as unknowns."""

from __future__ import annotations

from collections.abc import Mapping

from flint import acb, fmpq, fmpz_mpoly

from resolvent.derive.exact.series import Series, make_series
from resolvent.derive.expressions.branch import EnclosedBranch, SeriesBranch
from resolvent.derive.expressions.dyson import DysonSystem
from resolvent.derive.expressions.enclosure import Enclosure
from resolvent.derive.expressions.pencil import Entry


class OpenSeries(SeriesBranch):
    """The branch by its series, with the values of the kept entries of M."""

    def __init__(
        self,
        system: DysonSystem,
        unknowns: Mapping[str, Entry],
        definitions: Mapping[str, tuple[fmpz_mpoly, fmpz_mpoly]],
    ) -> None:
        super().__init__(system, unknowns)
        self.definitions = definitions
        self._made: dict[int, dict[str, Series]] = {}

    def _unknowns(self, n: int) -> dict[str, Series]:
        if n not in self._made:
            out = super()._unknowns(n)
            for name, (p, q) in self.definitions.items():
                bottom = self._at(q, {}, n)
                out[name] = self._at(p, out, n) / bottom
            self._made[n] = out
        return self._made[n]

    def _at(self, polynomial: fmpz_mpoly, series: Mapping[str, Series], n: int) -> Series:
        names = polynomial.context().names()
        total = make_series(self.series.base, [], n)
        for exponents, coefficient in polynomial.to_dict().items():
            term = make_series(self.series.base, [fmpq(coefficient)], n)
            for name, e in zip(names, exponents, strict=True):
                for _ in range(int(e)):
                    term = term * (series[name] if name in series else self._values[name])
            total = total + term
        return total


class OpenEnclosure(EnclosedBranch):
    """The branch by its enclosure, with the values of the kept entries of M."""

    def __init__(
        self,
        system: DysonSystem,
        unknowns: Mapping[str, Entry],
        definitions: Mapping[str, tuple[fmpz_mpoly, fmpz_mpoly]],
    ) -> None:
        super().__init__(system, unknowns)
        self.definitions = definitions

    def balls(self, bits: int) -> dict[str, acb]:
        """The balls of all names at a precision."""
        return self._at(bits)[1]

    def _at(self, bits: int) -> tuple[Enclosure, dict[str, acb]]:
        enclosure, balls = super()._at(bits)
        for name in self.definitions:
            balls.setdefault(name, acb(0))  # the definitions do not contain one another
        for name, (p, q) in self.definitions.items():
            balls[name] = enclosure.value(p, balls) / enclosure.value(q, balls)
        return enclosure, balls
