"""freealg and scikit-rmt beside us: the time and the error of each on the same inputs.

`python beside.py` writes its section of the results alone.
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import mpmath
import numpy as np
from sections import write_section
from spectra import scikit_rmt

import resolvent as rv

_POINTS = 10**5
_CHECKED = 50  # of them, by 30 digits
_TRACY_WIDOM = {1: 0.831908066202950, 2: 0.969372828355262}  # F_beta(0): Prähofer, Bornemann
_HEADER = ("| on the same input | package | ms | largest error |", "|---|---|---|---|")


def rows() -> Iterator[str]:
    """Rows of the table."""
    import freealg

    other = scikit_rmt()  # mends an import
    from skrmt.ensemble.law import TracyWidomDistribution

    rho = rv.Spectrum(rv.marchenko_pastur("1/2"))
    low, high = rho.support()
    x = np.linspace(low, high, _POINTS + 2)[1:-1]
    theirs = freealg.distributions.MarchenkoPastur(0.5)
    densities = {"resolvent": rho.pdf, "freealg": theirs.density, "scikit-rmt": other.pdf}
    yield from _table("density of Marchenko-Pastur, c = 1/2, 10^5 points", densities, x, _density)
    masses = {"resolvent": rho.cdf, "scikit-rmt": other.cdf}
    yield from _table("its distribution function, 10^5 points", masses, x, _mass)
    z = x + 0.01j
    transforms = {"resolvent": rho.stieltjes, "freealg": lambda z: theirs.stieltjes(z)[0]}
    yield from _table("its transform at 10^5 points 0.01 above the axis", transforms, z, _transform)
    for beta, value in _TRACY_WIDOM.items():
        laws = {"resolvent": rv.tracy_widom(beta).cdf, "scikit-rmt": TracyWidomDistribution(beta=beta).cdf}
        s = np.zeros(1000)
        yield from _table(f"Tracy-Widom's F_{beta} at 0, 1000 times", laws, s, lambda _, value=value: value)


def _table(name: str, functions: dict[str, Callable[[Any], Any]], x: Any, exact: Callable[[Any], Any]) -> Iterator[str]:
    chosen = np.linspace(0, len(x) - 1, _CHECKED).astype(int)
    with mpmath.workdps(30):
        expected = np.array([complex(exact(x[k])) for k in chosen])
    for package, function in functions.items():
        found = np.asarray(function(x))  # tables are made, and imports done
        error = float(np.max(np.abs(found[chosen] - expected)))
        milliseconds = 1e3 * statistics.median(_seconds(function, x) for _ in range(5))
        yield f"| {name} | {package} | {milliseconds:.3g} | {error:.1e} |"


def _density(x: float) -> Any:
    low, high = (1 - mpmath.sqrt(0.5)) ** 2, (1 + mpmath.sqrt(0.5)) ** 2
    return mpmath.sqrt((high - x) * (mpmath.mpf(x) - low)) / (mpmath.pi * x)


def _mass(x: float) -> Any:
    """The integral of the density in the variable that removes the roots at both edges."""
    middle, half = mpmath.mpf(3) / 2, mpmath.sqrt(2)
    top = mpmath.acos((middle - x) / half)
    return mpmath.quad(lambda t: (half * mpmath.sin(t)) ** 2 / (mpmath.pi * (middle - half * mpmath.cos(t))), [0, top])


def _transform(z: complex) -> Any:
    """The root of c z m^2 + (z - 1 + c) m + 1 = 0 in the upper half-plane."""
    return max(mpmath.polyroots([z / 2, z - mpmath.mpf(1) / 2, 1], extraprec=60), key=lambda m: m.imag)


def _seconds(function: Callable[[Any], Any], x: Any) -> float:
    began = time.perf_counter()
    function(x)
    return time.perf_counter() - began


def main() -> None:
    """Write the section of the results, between its marks."""
    versions = ", ".join(f"{p} {version(p)}" for p in ("freealg", "scikit-rmt", "numpy", "scipy"))
    about = f"{versions}, Python {platform.python_version()}. Errors at {_CHECKED} of the points, against 30 digits."
    write_section("beside", [about, "", *_HEADER, *rows()])


if __name__ == "__main__":
    main()
