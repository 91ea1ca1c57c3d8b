"""The certificate of a spectrum: facts it was not built from, compared with what its quadrature gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from resolvent.derive.errors import NotCertified

TOLERANCE = 1e-10


@dataclass(frozen=True)
class MomentCheck:
    """One moment: the exact value (rounded), the quadrature's, and the error relative to E|x|^k."""

    order: int
    exact: float
    quadrature: float
    error: float


@dataclass(frozen=True, repr=False)
class Certificate:
    """Total mass and exact moments against the spectrum's quadrature; `passes` if all agree to the tolerance.

    Moments are those of (x - ``origin``)/``unit``: the origin is 0 unless the support is far from 0 or nearly all mass
    is an atom, and the unit 1 unless powers of x would be too large or too small for floats. ``lowest`` is the smallest
    density found on the nodes, relative to the largest: it must not be negative.
    """

    mass: float
    moments: tuple[MomentCheck, ...]
    lowest: float
    tolerance: float = TOLERANCE
    origin: float = 0.0
    unit: float = 1.0

    def __repr__(self) -> str:
        facts = f"mass 1 and {len(self.moments)} moments to {self.worst:.1e}, {self.tolerance:g} allowed"
        return f"<Certificate {'passes' if self.passes else 'fails'}: {facts}>"

    @property
    def worst(self) -> float:
        """The largest error."""
        return max([abs(self.mass - 1.0), -self.lowest, *(m.error for m in self.moments)])

    @property
    def passes(self) -> bool:
        """Whether the spectrum may be used."""
        errors = (abs(self.mass - 1.0), -self.lowest, *(m.error for m in self.moments))
        return all(error <= self.tolerance for error in errors)  # a NaN fails

    def require(self, subject: str) -> None:
        """Raise `NotCertified`, naming the fact that fails, unless the certificate passes."""
        if self.passes:
            return
        around = f" around {self.origin:.12g}" if self.origin else ""
        around += f" in units of {self.unit:.3g}" if self.unit != 1 else ""
        failures = [f"the total mass is {self.mass:.12g}"] if not abs(self.mass - 1) <= self.tolerance else []
        failures += [f"moment {m.order}{around} is {m.quadrature:.12g} instead of {m.exact:.12g}" for m in self.moments
                     if not m.error <= self.tolerance]  # fmt: skip
        if not -self.lowest <= self.tolerance:
            failures.append(f"the density falls to {self.lowest:.3g} of its maximum")
        raise NotCertified(
            f"{subject}: the spectrum fails its certificate: {'; '.join(failures[:3])}. If the equation was typed in, "
            "it or its moments are probably wrong; otherwise please report it",
            certificate=self,
        )

    def to_json(self) -> dict[str, object]:
        """The certificate as plain data."""
        return {
            "mass": self.mass,
            "worst_error": self.worst,
            "tolerance": self.tolerance,
            "origin": self.origin,
            "unit": self.unit,
            "moments": [
                {"order": m.order, "exact": m.exact, "quadrature": m.quadrature, "error": m.error} for m in self.moments
            ],
        }


def moment_checks(exact: Sequence[float], quadrature: Sequence[float], scale: Sequence[float]) -> list[MomentCheck]:
    """Compare moments 1, 2, ... with their quadrature; ``scale`` is E|x|^k."""
    return [
        MomentCheck(k, e, q, abs(e - q) / s if s else (math.inf if e else 0.0))
        for k, (e, q, s) in enumerate(zip(exact, quadrature, scale, strict=True), start=1)
    ]
