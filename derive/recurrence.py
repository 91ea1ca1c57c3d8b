"""Linear recurrences with polynomial coefficients: sum_j p_j(n) u(n+j) = 0."""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpz_poly


@dataclass(frozen=True)
class Recurrence:
    """sum_{j=0..r} p_j(n) u(n+j) = 0 for all n >= 0.

    Attributes:
        coefficients: p_0, ..., p_r in Z[n], without a common factor in Z.
    """

    coefficients: tuple[fmpz_poly, ...]

    @property
    def order(self) -> int:
        """r."""
        return len(self.coefficients) - 1
