"""Spectra of every shape, built once: soft, hard and ramified edges, several bulks, atoms, a cusp, high degree."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import arcsine, atoms, fuss_catalan, marchenko_pastur, semicircle
from resolvent.derive.laws.equilibrium import equilibrium_measure
from resolvent.numeric.spectrum.spectrum import Spectrum

SHAPES: dict[str, Callable[[], AlgebraicLaw]] = {
    "semicircle": semicircle,
    "mp(1/2)": lambda: marchenko_pastur("1/2"),
    "hard": lambda: marchenko_pastur(1),
    "mp(4)": lambda: marchenko_pastur(4),
    "arcsine": lambda: arcsine(3),
    "fuss-catalan": lambda: fuss_catalan(2),
    "cusp": lambda: atoms([-1, 1]) + semicircle(1),
    "ramified": lambda: atoms([-1, 0, 2]) + atoms([0, 1, 3]),
    "bulks": lambda: atoms([-6, -2, 2, 6]) + semicircle("1/10"),
    "coins": lambda: atoms([-1, 0, 1], ["1/10", "4/5", "1/10"]).free_power(2),
    "triple": lambda: marchenko_pastur("1/2") @ marchenko_pastur("1/3") @ marchenko_pastur("1/5"),
    "sextic": lambda: equilibrium_measure(3, "1/20"),
    "atoms": lambda: atoms([0, 1, 5], ["1/2", "1/4", "1/4"]),
}
CONTINUOUS = [name for name in SHAPES if name != "atoms"]
ATOMLESS = [name for name in CONTINUOUS if name not in ("mp(4)", "coins")]


@lru_cache(maxsize=64)
def shape(name: str) -> Spectrum:
    """One of `SHAPES`."""
    return Spectrum(SHAPES[name]())
