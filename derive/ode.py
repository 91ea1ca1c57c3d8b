"""Linear differential equations with polynomial coefficients: sum_i a_i(x) y^(i)(x) = 0."""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpz_poly


@dataclass(frozen=True)
class LinearODE:
    """sum_{i=0..r} a_i(x) y^(i)(x) = 0, homogeneous.

    Attributes:
        coefficients: a_0, ..., a_r in Z[x], without a common factor.
    """

    coefficients: tuple[fmpz_poly, ...]

    @property
    def order(self) -> int:
        """r."""
        return len(self.coefficients) - 1
