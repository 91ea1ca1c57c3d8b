"""Laws with a polynomial equation: elementary ones, and what free and classical operations make of them."""

from __future__ import annotations

from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import (
    arcsine,
    atoms,
    free_poisson,
    fuss_catalan,
    kesten_mckay,
    marchenko_pastur,
    semicircle,
    wachter,
)
from resolvent.derive.laws.record import Law, Recipe

__all__ = [
    "AlgebraicLaw",
    "Law",
    "Recipe",
    "arcsine",
    "atoms",
    "free_poisson",
    "fuss_catalan",
    "kesten_mckay",
    "marchenko_pastur",
    "semicircle",
    "wachter",
]
