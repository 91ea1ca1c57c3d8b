"""Spectra: construction, and values at many points against closed forms and other packages, in one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np

import resolvent as rv

_REPEATS = 7
_MANY = 10**6


def families() -> dict[str, Callable[[int], Any]]:
    """Laws by name; the number makes each repetition a law of its own, so that nothing is remembered."""
    hessian, gram = rv.catalog.get("hessian"), rv.catalog.get("nonlinear-gram")
    third, fifth = Fraction(1, 3), Fraction(1, 5)
    return {
        "Marchenko-Pastur, degree 2": lambda k: rv.marchenko_pastur(Fraction(10, 21 + k)),
        "semicircle + MP, degree 3": lambda k: rv.semicircle() + rv.marchenko_pastur(Fraction(10, 21 + k)),
        "Hessian, degree 4": lambda k: hessian.law(phi="1/2", eps=Fraction(10 + k, 10), sigma=1),
        "nonlinear Gram, degree 4": lambda k: gram.law(phi="1/2", psi="3/4", eta=1, zeta=Fraction(10, 31 + k)),
        "MP @ MP @ MP, degree 4": lambda k: (
            rv.marchenko_pastur(Fraction(10, 21 + k)) @ rv.marchenko_pastur(third) @ rv.marchenko_pastur(fifth)
        ),
        "4 + 4 atoms, degree 10": lambda k: rv.atoms([-1, 0, 2, 5 + Fraction(k, 10)]) + rv.atoms([0, 1, 3, 7]),
        "5 + 5 atoms, degree 17": lambda k: rv.atoms([-1, 0, 2, 5, 9]) + rv.atoms([0, 1, 3, 7, 15 + Fraction(k, 10)]),
    }


def construction() -> Iterator[str]:
    """Rows of the construction table: milliseconds from a law to a certified spectrum."""
    for name, law_of in families().items():
        rv.Spectrum(law_of(0))
        times = []
        for k in range(1, _REPEATS + 1):
            law = law_of(k)
            law.moments(12)
            times.append(seconds(lambda law=law: rv.Spectrum(law)))
        limit = 1000 if "17" in name or "10" in name else 30
        value = 1e3 * statistics.median(times)
        yield f"| {name} | {value:.1f} | {limit} | {'met' if value <= limit else 'MISSED'} |"


def values() -> Iterator[str]:
    """Rows of the evaluation table: what is timed, against what, the ratio of medians, and its limit."""
    rng = np.random.default_rng(0)
    levels = rng.uniform(size=_MANY)
    closed_form, inside = marchenko_pastur_by_hand(10 / 21), rng.uniform(0.1, 2.8, size=_MANY)
    for name, law_of in families().items():
        rho = rv.Spectrum(law_of(0))
        x = rng.uniform(*rho.support(), size=_MANY)
        rho.pdf(x[:9])
        hand = ratio(lambda rho=rho, x=x: rho.pdf(x), lambda: closed_form(inside))
        yield row(f"pdf at 10^6 points, {name}", "closed form of Marchenko-Pastur in NumPy", hand, 10)
        yield row(f"cdf, {name}", "pdf", ratio(lambda rho=rho, x=x: rho.cdf(x), lambda rho=rho, x=x: rho.pdf(x)), 3)
        yield row(f"ppf, {name}", "pdf", ratio(lambda rho=rho: rho.ppf(levels), lambda rho=rho, x=x: rho.pdf(x)), 6)
    yield from against_packages()


def against_packages() -> Iterator[str]:
    """The density of Marchenko-Pastur with ratio 1/2 in other packages, and rmtool's curve for a sum."""
    import freealg
    import rmtool
    import sympy

    rho = rv.Spectrum(rv.marchenko_pastur("1/2"))
    x = np.random.default_rng(1).uniform(*rho.support(), size=_MANY)
    theirs = freealg.distributions.MarchenkoPastur(0.5)
    yield row(
        "pdf at 10^6 points", "freealg's MarchenkoPastur.density", ratio(lambda: rho.pdf(x), lambda: theirs.density(x))
    )
    closed = scikit_rmt()
    yield row(
        "pdf at 10^6 points",
        "scikit-rmt's MarchenkoPasturDistribution.pdf",
        ratio(lambda: rho.pdf(x), lambda: closed.pdf(x)),
    )
    few = np.linspace(*rho.support(), 1002)[1:-1]
    curve = rmtool.wishartpol(sympy.Rational(1, 2))
    faster = 1 / ratio(lambda: rho.pdf(few), lambda: rmtool.Lmz2pdf(curve, xx=few), repeats=3)
    yield faster_row("1000 points, Marchenko-Pastur, after construction", faster, 50)
    sum_ = rv.semicircle() + rv.marchenko_pastur("1/2")
    rho = rv.Spectrum(sum_)
    few = np.linspace(*rho.support(), 1002)[1:-1]
    curve = rmtool.AplusB(rmtool.wignerpol(), rmtool.wishartpol(sympy.Rational(1, 2)))
    faster = 1 / ratio(lambda: rho.pdf(few), lambda: rmtool.Lmz2pdf(curve, xx=few), repeats=3)
    yield faster_row("1000 points, semicircle + MP, after construction", faster, 50)


def scikit_rmt() -> Any:
    """Its distribution. The release that goes with a current NumPy imports a function that SciPy has dropped."""
    import scipy.misc

    scipy.misc.derivative = _central_difference
    from skrmt.ensemble.law import MarchenkoPasturDistribution

    return MarchenkoPasturDistribution(ratio=0.5)


def _central_difference(function: Callable[[float], float], x: float, dx: float = 1.0, order: int = 3) -> float:
    """What SciPy's `derivative` was, as far as scikit-rmt uses it."""
    weights = {3: (1 / 2,), 5: (2 / 3, -1 / 12), 7: (3 / 4, -3 / 20, 1 / 60)}[order]
    return sum(w * (function(x + k * dx) - function(x - k * dx)) for k, w in enumerate(weights, 1)) / dx


def marchenko_pastur_by_hand(c: float) -> Callable[[np.ndarray], np.ndarray]:
    """What one would write down for a ratio c < 1."""
    low, high = (1 - c**0.5) ** 2, (1 + c**0.5) ** 2

    def density(x: np.ndarray) -> np.ndarray:
        inside = np.maximum((high - x) * (x - low), 0.0)
        return np.sqrt(inside) / (2 * np.pi * c * x)

    return density


def seconds(call: Callable[[], Any]) -> float:
    """The time of one call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def ratio(ours: Callable[[], Any], other: Callable[[], Any], repeats: int = _REPEATS) -> float:
    """The median time of ours over that of the other, alternating."""
    pairs = [(seconds(ours), seconds(other)) for _ in range(repeats)]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return mine / theirs


def row(what: str, against: str, value: float, limit: float | None = None) -> str:
    """A row of the evaluation table, with a limit from above."""
    verdict = "" if limit is None else "met" if value <= limit else "MISSED"
    return f"| {what} | {against} | {value:.2f} | {'' if limit is None else f'at most {limit:g}'} | {verdict} |"


def faster_row(what: str, value: float, least: float) -> str:
    """A row for how many times faster than rmtool."""
    verdict = "met" if value >= least else "MISSED"
    return f"| {what} | rmtool's Lmz2pdf, times faster | {value:,.0f} | at least {least:g} | {verdict} |"


if __name__ == "__main__":
    for line in (*construction(), *values()):
        print(line, flush=True)
