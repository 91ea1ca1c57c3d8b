"""The critical points of a spectrum on the real line, exact: which are edges, which atoms, which of other sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import sympy

from resolvent.derive.exact.algebraic_number import AlgebraicNumber
from resolvent.derive.support.support import Skeleton


@dataclass(frozen=True)
class CriticalPoint:
    """A real root of disc_m(P) lc_m(P), and what the spectrum does there.

    Attributes:
        number: the place, an exact real algebraic number.
        below, above: the exponents of the density on the two sides, |x - place|^exponent; None where there is none.
            Inside a bulk, where the branch passes or the density is analytic, both are None.
        weight: the mass of an atom there; 0 if there is none.
    """

    number: AlgebraicNumber
    below: Fraction | None
    above: Fraction | None
    weight: sympy.Expr

    def __repr__(self) -> str:
        return f"<CriticalPoint {self.digits(12)}: {self.kind}>"

    @property
    def is_edge(self) -> bool:
        """Whether a support interval ends here (or two meet, as in a cusp)."""
        return self.below is not None or self.above is not None

    @property
    def kind(self) -> str:
        """What it is, in words: left edge, right edge, "meeting of two bulks", atom, or "other sheets only"."""
        words = []
        if self.is_edge:
            words.append(
                "meeting of two bulks"
                if self.below is not None and self.above is not None
                else f"{'right' if self.above is None else 'left'} edge"
            )
        if self.weight != 0:
            words.append("atom")
        return " and ".join(words) or "other sheets only"

    def __float__(self) -> float:
        return float(self.number)

    def digits(self, n: int) -> str:
        """The place to n significant digits, the last one rounded."""
        return self.number.digits(n)

    def to_sympy(self, radicals: bool = False) -> sympy.Expr:
        """The place: a rational, a quadratic surd, or a `sympy.CRootOf`; up to degree 4 in radicals on request."""
        return self.number.to_sympy(radicals)


def critical_points(frame: Skeleton, exponents: Sequence[tuple[Fraction, Fraction]]) -> tuple[CriticalPoint, ...]:
    """The critical points of a skeleton in increasing order; ``exponents`` are those of its intervals at both ends."""
    above = {i.left.point: e for i, (e, _) in zip(frame.intervals, exponents, strict=True)}
    below = {i.right.point: e for i, (_, e) in zip(frame.intervals, exponents, strict=True)}
    weights = {atom.point: atom.weight.to_sympy() for atom in frame.atoms}
    return tuple(CriticalPoint(p, below.get(p), above.get(p), weights.get(p, sympy.Integer(0))) for p in frame.points)
