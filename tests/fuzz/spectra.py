"""Random compositions close to transitions and on far scales: what `Spectrum` says against numbers from elsewhere.

    python tests/fuzz/spectra.py --count 100000 --seed 0

Each number is compared with one that does not come from the density it is about:

- the equation's moments with those of `compositions`, found without the engine; the moments of the spectrum with them;
- the mass with 1, `cdf` with `ppf`, and E[1/(x - t)] by quadrature with the transform at a point t outside;
- edges: the equation has another number of real roots on their two sides, four floats away;
- exponents: the slope of the density next to an edge, in logarithms;
- the density and the transform: the root of the equation at 50 digits, in closed form for degree 2, otherwise by
  Newton's method; every hundredth followed from infinity;
- E[1/x] and E[log x] of a Marchenko-Pastur law near c = 1: their closed forms.

An error of ours is an answer; a number that is off, another exception, or no answer in time is not.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from fractions import Fraction
from math import nextafter, ulp
from pathlib import Path
from typing import Any

import mpmath
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from resolvent.derive.errors import ResolventError
from resolvent.language.expressions import parse
from resolvent.numeric.spectrum.spectrum import Spectrum
from tests.fuzz.compositions import Composition, composition
from tests.fuzz.equation_at import EquationAt
from tests.fuzz.hunting import OutOfTime, hunt, limited

LIMIT = 60.0  # of processor time
TOLERANCE = 1e-9
_SMALLEST = Fraction(1, 10**290)  # a moment that is a float by far
MOMENTS = 1e-10  # what certificates promise, relative to E|x|^k
_CONTINUED = 100
_TABLES, _EXPECTED = 0.2, 0.1  # the shares of laws whose slower functions are called
_LARGEST_DEGREE = 6


def failures(subject: Composition, chance: random.Random, is_continued: bool) -> list[str]:
    """What is wrong with the numbers of a law."""
    law = parse(subject.text)
    exact = [Fraction(str(m)) for m in law.moments(max(len(subject.moments), 2))]
    if exact[: len(subject.moments)] != subject.moments:
        return [f"moments {exact}, without the engine {subject.moments}"]
    rho, equation = Spectrum(law), EquationAt(law.equation.polynomial.to_dict())
    wrong = _integrals(rho, exact, chance)
    for interval in rho.intervals:
        wrong += _edges(rho, equation, interval)
    wrong += _values(rho, equation, chance)
    if bare := re.fullmatch(r"marchenko_pastur\(([\d/]+)\)", subject.text):
        wrong += _near_one(rho, Fraction(bare[1]))
    if is_continued and equation.degree <= _LARGEST_DEGREE:
        wrong += _continued(rho, equation, chance)
    return wrong


def _integrals(rho: Spectrum, exact: list[Fraction], chance: random.Random) -> list[str]:
    """Mass, moments, variance, and for some of the laws the distribution function with its inverse."""
    wrong = []
    mass = rho.certificate.mass
    if abs(mass - 1) > TOLERANCE:
        wrong.append(f"mass {mass}")
    for k in range(2, len(exact) + 1, 2):
        if not _SMALLEST < exact[k - 1] < 1 / _SMALLEST:
            break
        before, moment = (float(exact[j - 1]) for j in (k - 1, k))
        # an odd moment is no larger than the root of its neighbours' product
        between = np.sqrt(moment) * np.sqrt(float(exact[k - 3]) if k > 2 else 1.0)
        for order, right, size in ((k - 1, before, between), (k, moment, moment)):
            if abs(float(rho.moment(order)) - right) > MOMENTS * size:
                wrong.append(f"moment({order}) = {rho.moment(order)!r}, exactly {right!r}")
    variance = float(exact[1] - exact[0] ** 2)
    if abs(float(rho.var()) - variance) > TOLERANCE * variance:
        wrong.append(f"var() = {rho.var()!r}, exactly {variance!r}")
    if chance.random() < _TABLES:
        wrong += _distribution(rho, chance)
    return wrong


def _distribution(rho: Spectrum, chance: random.Random) -> list[str]:
    """The distribution function and its inverse."""
    wrong = []
    lower, upper = rho.support()
    mass = float(rho.cdf(nextafter(upper, np.inf)))  # the edge itself, rounded, may lie inside
    if abs(mass - 1) > TOLERANCE or float(rho.cdf(nextafter(lower, -np.inf))) != 0:
        wrong.append(f"the mass up to {upper!r} is {mass}")
    levels = np.array([chance.random(), chance.choice([1e-3, 1e-6, 1 - 1e-6, 0.5])])
    places = rho.ppf(levels)
    below, at = rho.cdf(np.nextafter(places, -np.inf)), rho.cdf(np.nextafter(places, np.inf))
    if np.any(below > levels + TOLERANCE * np.minimum(levels, 1)) or np.any(at < levels - TOLERANCE * levels):
        wrong.append(f"ppf({levels.tolist()}) = {places.tolist()}, whose cdf is from {below.tolist()} to {at.tolist()}")
    return wrong


def _edges(rho: Spectrum, equation: EquationAt, interval: Any) -> list[str]:
    """The edges and exponents of an interval, where nothing else of the spectrum is as near as a float can tell."""
    wrong = []
    critical = [float(p) for p in rho.critical_points]
    left, right = (interval.left, 1, interval.left_exponent), (interval.right, -1, interval.right_exponent)
    for edge, side, exponent in (left, right):
        step = 4 * ulp(edge)
        near = min((abs(p - edge) for p in critical if p != edge), default=interval.right - interval.left)
        if critical.count(edge) > 1 or near < 4 * step:
            continue
        if exponent == Fraction(1, 2):
            outside, inside = equation.real_roots(edge - side * step), equation.real_roots(edge + side * step)
            if outside == inside:
                wrong.append(f"edge {edge!r}: {inside} real roots on both sides")
        h = near * 1e-6
        if h < 1e6 * ulp(edge):
            continue
        a, b = (equation.density(rho, edge + side * d) for d in (h, 4 * h))
        if a and b:
            slope = float(mpmath.log(b / a) / mpmath.log(4))
            if abs(slope - float(exponent)) > 0.02:
                wrong.append(f"exponent {exponent} at {edge!r}, the slope is {slope}")
    return wrong


def _values(rho: Spectrum, equation: EquationAt, chance: random.Random) -> list[str]:
    """The density, the transform, and an integral against it, each at one point."""
    wrong = []
    lower, upper = rho.support()
    width = max(upper - lower, 1e-9 * max(abs(lower), abs(upper), 1e-300))
    z = complex(lower + chance.uniform(-0.5, 1.5) * width, chance.choice([1.0, 0.1, 1e-3]) * width)
    found = complex(np.asarray(rho.stieltjes(z)))
    right = equation.root(z, found)
    if right is None or equation.is_off(found, right, z, TOLERANCE):
        wrong.append(f"stieltjes({z!r}) = {found!r}, a root {right}")
    if rho.intervals:
        interval = chance.choice(rho.intervals)
        share = chance.choice([0.5, chance.random(), 1e-3, 1 - 1e-3, 1e-6])
        x = interval.left + share * (interval.right - interval.left)
        if interval.left < x < interval.right:
            wrong += _density(rho, x, equation.density(rho, x))
    if chance.random() < _EXPECTED:
        t = upper + width * chance.choice([1.0, 0.1, 0.01])
        integral, transform = float(rho.expect(lambda x: 1 / (x - t))), float(np.real(rho.stieltjes(t)))
        exact = equation.root(t, transform)
        if exact is None or any(equation.is_off(v, exact, t, TOLERANCE) for v in (integral, transform)):
            wrong.append(f"E 1/(x - {t!r}) = {integral!r}, stieltjes {transform!r}, a root {exact}")
    return wrong


def _density(rho: Spectrum, x: float, right: Any) -> list[str]:
    """The density at x against that of a root of the equation."""
    if right is None:
        return [f"pdf({x!r}) = {float(rho.pdf(x))!r}, next to no root"]
    found, right = float(rho.pdf(x)), float(right)
    # next to an edge the rounding of x itself moves the density
    moved = max(abs(float(rho.pdf(np.nextafter(x, s * np.inf))) - found) for s in (-1, 1))
    return [] if abs(found - right) <= TOLERANCE * right + 4 * moved else [f"pdf({x!r}) = {found!r}, a root {right!r}"]


def _near_one(rho: Spectrum, c: Fraction) -> list[str]:
    """E[1/x] = 1/(1 - c) and E[log x] = -1 - (1 - c)/c log(1 - c), for c < 1."""
    if not Fraction(1, 2) < c < 1:
        return []
    with mpmath.workdps(50):
        d = mpmath.mpf((1 - c).numerator) / (1 - c).denominator
        closed = {
            "expect(1/x)": (lambda: rho.expect(lambda x: 1 / x), 1 / d),
            "expect(log x)": (lambda: rho.expect(np.log), -1 - d / (1 - d) * mpmath.log(d)),
            "moment(-1)": (lambda: rho.moment(-1), 1 / d),
        }
        wrong = []
        for name, (number, right) in closed.items():
            try:
                found = number()
            except ResolventError:
                continue
            if abs(found - right) > TOLERANCE * abs(right):
                wrong.append(f"{name} = {found!r}, exactly {mpmath.nstr(right, 17)}")
        return wrong


def _continued(rho: Spectrum, equation: EquationAt, chance: random.Random) -> list[str]:
    """The transform and the density at some points against the root followed from infinity."""
    wrong = []
    lower, upper = rho.support()
    width = max(upper - lower, 1e-9 * max(abs(lower), abs(upper), 1e-300))
    z = complex(lower + chance.uniform(-0.5, 1.5) * width, chance.choice([1.0, 0.1, 0.01]) * width)
    right = equation.followed(mpmath.mpc(z), width)
    found = complex(np.asarray(rho.stieltjes(z)))
    if right is not None and equation.is_off(found, right, z, TOLERANCE):
        wrong.append(f"stieltjes({z!r}) = {found!r}, continued {mpmath.nstr(right, 15)}")
    interval = chance.choice(rho.intervals) if rho.intervals else None
    if interval is not None and interval.right > interval.left:
        x = interval.left + chance.choice([0.5, 0.9, 1e-3, 1 - 1e-3, 1e-6]) * (interval.right - interval.left)
        right = equation.followed(mpmath.mpc(x, width * 1e-30), width)
        if right is not None and interval.left < x < interval.right:
            wrong += _density(rho, x, right.imag / mpmath.pi)
    return wrong


def outcome(seed: str, is_continued: bool) -> tuple[str, list[str]]:
    """(what came of a composition, what was wrong)."""
    chance = random.Random(seed)
    subject = composition(chance)
    try:
        with limited(LIMIT, of_processor=True):
            wrong = failures(subject, chance, is_continued)
        return ("wrong" if wrong else "right"), [f"{subject.text}: {w}" for w in wrong]
    except OutOfTime:
        return "no answer in time", [f"{subject.text}: more than {LIMIT:g} s"]
    except mpmath.libmp.NoConvergence:
        return "the oracle does not converge", []
    except ResolventError as error:
        return f"error of ours: {type(error).__name__}", []
    except Exception as error:
        return "other exception", [f"{subject.text}: {type(error).__name__}: {error}"]


def run(indices: range, seed: int, continued: int = _CONTINUED) -> tuple[Counter[str], list[str]]:
    """The outcomes of some compositions, counted, and what was wrong; every ``continued``-th is followed in mpmath."""
    kinds: Counter[str] = Counter()
    failed: list[str] = []
    for k in indices:
        kind, wrong = outcome(f"{seed}:{k}", k % continued == 0)
        kinds[kind] += 1
        failed += [f"{seed}:{k}: {w}" for w in wrong]
    return kinds, failed


if __name__ == "__main__":
    sys.exit(hunt(run, 100_000, "compositions", __doc__))
