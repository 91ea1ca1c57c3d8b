"""What laws known by numbers refuse, and why."""

from __future__ import annotations

from collections.abc import Mapping

from resolvent.derive.errors import DerivationError
from resolvent.derive.laws.record import Law
from resolvent.numeric.spectrum.measure import measure_of
from resolvent.numeric.spectrum.numbers import is_below_zero

REFUSED: Mapping[str, str] = {
    "equation": "it has no polynomial equation",
    "recipe": "it is no row of the table of operations",
    "r_transform": "there is no expression for R; free_cumulants(n) are its coefficients",
    "s_transform": "there is no expression for S; moments(n) determine its coefficients",
    "relation": "there is no polynomial relation; Spectrum(law).stieltjes(z) has the values of m",
    "moment_series": "its moments are floats, which make no exact series; take moments(n)",
    "cumulant_series": "its cumulants are floats, which make no exact series; take free_cumulants(n)",
}
"""What algebraic laws answer and laws known by numbers do not, and why."""


def require_nonnegative(*laws: Law) -> None:
    """Raise `DerivationError` for laws with mass below 0."""
    for law in laws:
        low, high = measure_of(law).support()
        if is_below_zero(low, high):
            raise DerivationError(f"this needs laws on [0, oo); that of {law.text} reaches down to {low:.6g}", law=law)
