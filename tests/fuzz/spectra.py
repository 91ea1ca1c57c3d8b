"""Random compositions close to transitions and on far scales: what `Spectrum` says against numbers from elsewhere.

    python tests/fuzz/spectra.py --count 100000 --seed 0

Each number is compared with one that shares nothing with it but the equation: moments with the exact ones; the mass
with 1; the Stieltjes transform and the density with the root of the equation followed from infinity in mpmath at 50
digits; E[1/x] and E[log x] of a Marchenko-Pastur law near c = 1 with their closed forms. An error of ours is an answer;
a number that is off, another exception, or no answer in time is not.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from resolvent.derive.errors import ResolventError
from resolvent.language.expressions import parse
from resolvent.numeric.spectrum.spectrum import Spectrum
from tests.fuzz.hunting import OutOfTime, hunt, limited

LIMIT = 60.0  # of processor time
TOLERANCE = 1e-7
DIGITS = 50
_CONTINUED = 10
_LARGEST_DEGREE = 6


def composition(chance: random.Random) -> str:
    """A law near a transition, on an ordinary or a far scale."""
    inner = chance.choice([_marchenko_pastur, _gap, _atoms, _power, _projections, _product])(chance)
    if chance.random() < 0.35:
        inner = f"({_scale(chance)})*({inner})"
    if chance.random() < 0.35:
        inner = f"({inner}) + ({chance.choice(['-', ''])}{_scale(chance)})"
    return inner


def _tiny(chance: random.Random) -> str:
    return f"{chance.randint(1, 9)}/10**{chance.randint(1, 14)}"


def _scale(chance: random.Random) -> str:
    return chance.choice([f"10**{chance.randint(0, 9)}", f"1/10**{chance.randint(1, 9)}", str(chance.randint(2, 9))])


def _marchenko_pastur(chance: random.Random) -> str:
    sign = chance.choice(["-", "+"])
    return chance.choice([f"marchenko_pastur(1 {sign} {_tiny(chance)})", f"marchenko_pastur({_tiny(chance)})"])


def _gap(chance: random.Random) -> str:
    """Two bumps that merge where the variance is 1."""
    return f"semicircle(1 {chance.choice('-+')} {_tiny(chance)}) + atoms([-1, 1])"


def _atoms(chance: random.Random) -> str:
    weight = chance.choice([f"1/2 - {_tiny(chance)}", _tiny(chance), "1/3"])
    law = f"atoms([0, 1], [1 - ({weight}), {weight}])"
    return chance.choice([f"semicircle({_tiny(chance)}) + {law}", f"{law}.free_power({chance.randint(2, 4)})"])


def _power(chance: random.Random) -> str:
    base = chance.choice(["semicircle()", f"marchenko_pastur({chance.choice(['1', '1/2', '2'])})", "arcsine(2)"])
    return chance.choice([f"({base})**2", f"({base}).compress({chance.choice(['1/2', '1/3', '9/10'])})"])


def _projections(chance: random.Random) -> str:
    weight = f"1/2 + {_tiny(chance)}"
    return f"atoms([0, 1]) + atoms([0, 1], [1 - ({weight}), {weight}])"


def _product(chance: random.Random) -> str:
    ratio, far = chance.choice(["1", "1/2", "3/2"]), chance.choice(["2", _scale(chance)])
    return f"marchenko_pastur({ratio}) @ atoms([1, {far}])"


def failures(text: str, chance: random.Random, is_continued: bool) -> list[str]:
    """What is wrong with the numbers of a law."""
    law = parse(text)
    rho = Spectrum(law)
    wrong = []
    lower, upper = rho.support()
    if abs(float(rho.cdf(upper + abs(upper) * 1e-9 + 1e-300)) - 1) > TOLERANCE:
        wrong.append(f"mass {rho.cdf(upper)}")
    exact = [Fraction(str(m)) for m in law.moments(4)]
    size = float(max(abs(lower), abs(upper), 1e-300))
    for k, moment in enumerate(exact, 1):
        if abs(float(rho.moment(k)) - float(moment)) > TOLERANCE * max(abs(float(moment)), 1e-3 * size**k):
            wrong.append(f"moment({k}) = {rho.moment(k)!r}, exactly {float(moment)!r}")
    variance = float(exact[1] - exact[0] ** 2)
    if abs(float(rho.var()) - variance) > TOLERANCE * variance:
        wrong.append(f"var() = {rho.var()!r}, exactly {variance!r}")
    if text.startswith("marchenko_pastur(1 - ") and text.count("(") == 1:
        wrong += _near_one(rho, Fraction(1) - _fraction(text.partition(" - ")[2].rstrip(")")))
    if is_continued and max(law.equation.polynomial.degrees()[:2]) <= _LARGEST_DEGREE:
        wrong += _continued(law, rho, chance)
    return wrong


def _fraction(text: str) -> Fraction:
    top, _, power = text.partition("/10**")
    return Fraction(int(top), 10 ** int(power))


def _near_one(rho: Spectrum, c: Fraction) -> list[str]:
    """E[1/x] = 1/(1 - c) and E[log x] = -1 - (1 - c)/c log(1 - c), for c < 1."""
    with mpmath.workdps(DIGITS):
        d = mpmath.mpf(1 - c.numerator / mpmath.mpf(c.denominator))
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


def _continued(law: Any, rho: Spectrum, chance: random.Random) -> list[str]:
    """The transform and the density at some points against the root followed from infinity."""
    table = {(int(i), int(j)): int(c) for (i, j, *_), c in law.equation.polynomial.to_dict().items()}
    wrong = []
    interval = chance.choice(rho.intervals) if rho.intervals else None
    lower, upper = rho.support()
    width = max(upper - lower, 1e-9 * max(abs(lower), abs(upper), 1e-300))
    z = complex(lower + chance.uniform(-0.5, 1.5) * width, chance.choice([1.0, 0.1, 0.01]) * width)
    right = followed(table, mpmath.mpc(z), width)
    if right is not None:
        found = complex(np.asarray(rho.stieltjes(z)))
        if abs(found - complex(right)) > TOLERANCE * abs(complex(right)):
            wrong.append(f"stieltjes({z!r}) = {found!r}, continued {mpmath.nstr(right, 15)}")
    if interval is not None and interval.right > interval.left:
        share = chance.choice([0.5, 0.9, 1e-3, 1 - 1e-3, 1e-6])
        x = interval.left + share * (interval.right - interval.left)
        right = followed(table, mpmath.mpc(x, width * 1e-30), width)
        if right is not None:
            found, density = float(rho.pdf(x)), float(right.imag / mpmath.pi)
            # next to an edge the rounding of x itself moves the density
            moved = max(abs(float(rho.pdf(np.nextafter(x, s * np.inf))) - found) for s in (-1, 1))
            if abs(found - density) > 1e-6 * density + 4 * moved:
                wrong.append(f"pdf({x!r}) = {found!r}, continued {density!r}")
    return wrong


def followed(table: dict[tuple[int, int], int], z: Any, width: float) -> Any:
    """The root m(z) with m ~ -1/z, followed down from z + iT at 50 digits; None where roots come too close to tell.

    At every step all roots are computed, and the nearest is taken if it is four times as near as any other.
    """
    with mpmath.workdps(DIGITS):
        top = max(width, abs(z)) * mpmath.mpf(10) ** 6
        height, place = top, mpmath.mpc(z.real, z.imag + top)
        m = min(_roots(table, place), key=lambda r: abs(r * place + 1))
        if abs(m * place + 1) > mpmath.mpf("1e-3"):
            return None
        factor = mpmath.mpf(1) / 2
        while True:
            lower = height * factor
            target = mpmath.mpc(z.real, z.imag + lower) if lower > z.imag * mpmath.mpf(10) ** -12 else z
            ordered = sorted(_roots(table, target), key=lambda r: abs(r - m))
            if len(ordered) > 1 and 4 * abs(ordered[0] - m) > abs(ordered[1] - m):
                factor = (1 + 3 * factor) / 4
                if factor > mpmath.mpf("0.9999"):
                    return None
                continue
            m, height = ordered[0], lower
            if target == z:
                return m
            factor = max(factor**2, mpmath.mpf(1) / 4)


def _roots(table: dict[tuple[int, int], int], z: Any) -> list[Any]:
    degree = max(j for _, j in table)
    coefficients = [mpmath.mpc(0)] * (degree + 1)
    for (i, j), c in table.items():
        coefficients[degree - j] += c * z**i
    return list(mpmath.polyroots(coefficients, maxsteps=200, extraprec=200))


def outcome(seed: str, is_continued: bool) -> tuple[str, list[str]]:
    """(what came of a composition, what was wrong)."""
    chance = random.Random(seed)
    text = composition(chance)
    try:
        with limited(LIMIT, of_processor=True):
            wrong = failures(text, chance, is_continued)
        return ("wrong" if wrong else "right"), [f"{text}: {w}" for w in wrong]
    except OutOfTime:
        return "no answer in time", [f"{text}: more than {LIMIT:g} s"]
    except mpmath.libmp.NoConvergence:
        return "the oracle does not converge", []
    except ResolventError as error:
        return f"error of ours: {type(error).__name__}", []
    except Exception as error:
        return "other exception", [f"{text}: {type(error).__name__}: {error}"]


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
