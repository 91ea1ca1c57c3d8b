"""Shifts and scales change numbers as they must, at any distance from 0 and at any size; narrow features are found."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from resolvent.derive.errors import NotCertified, PrecisionError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.numeric.spectrum import Spectrum, algebraic_measure

SHIFTS = [Fraction(10) ** k for k in (1, 6, 12, 16, 20)]
LAWS: dict[str, Callable[[], AlgebraicLaw]] = {
    "semicircle": semicircle,
    "hard": lambda: marchenko_pastur(1),
    "soft": lambda: marchenko_pastur("1/2"),
    "bulks": lambda: atoms([-6, -2, 2, 6]) + semicircle("1/10"),
}


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("shift", SHIFTS, ids=float)
def test_what_shifts_leave_unchanged(name: str, shift: Fraction) -> None:
    rho, moved = Spectrum(LAWS[name]()), Spectrum(LAWS[name]() + shift)
    assert moved.entropy() == pytest.approx(rho.entropy(), abs=1e-11)
    assert moved.log_energy() == pytest.approx(rho.log_energy(), abs=1e-11)
    assert moved.stats("vsk") == pytest.approx(rho.stats("vsk"), abs=1e-11)
    assert moved.mean() == pytest.approx(float(shift) + rho.mean(), rel=1e-15)
    level = np.linspace(0.05, 0.95, 19)
    grain = float(np.spacing(float(shift)))
    assert moved.ppf(level) == pytest.approx(float(shift) + rho.ppf(level), rel=0, abs=2 * grain + 1e-14)
    x = moved.ppf(level)
    assert moved.cdf(x) == pytest.approx(rho.cdf(x - float(shift)), abs=1e-14)  # the difference is exact


@pytest.mark.parametrize(("scale", "shift"), [(1, 3), (-1, 0), (1, -(10**9)), (Fraction(1, 10**9), 1)])
def test_the_energy_of_a_law_with_a_narrow_gap_is_kept_by_shifts(scale: Fraction, shift: int) -> None:
    """At c = 1 it is 2 (-1/4), as x = s^2 with s from the semicircle law; here 1 - c = 7e-12."""
    law = marchenko_pastur(1 - Fraction(7, 10**12))
    moved = Spectrum(scale * law + shift).log_energy() - math.log(abs(scale))
    assert moved == pytest.approx(-0.5, abs=1e-9)
    assert moved == pytest.approx(Spectrum(law).log_energy(), abs=1e-12)


@pytest.mark.parametrize("scale", [Fraction(1, 10**30), Fraction(1, 10**9), Fraction(10**15)], ids=float)
def test_what_scales_change(scale: Fraction) -> None:
    rho, scaled = Spectrum(marchenko_pastur("1/2")), Spectrum(scale * marchenko_pastur("1/2"))
    size = float(scale)
    assert scaled.entropy() == pytest.approx(rho.entropy() + math.log(size), abs=1e-11)
    assert scaled.log_energy() == pytest.approx(rho.log_energy() + math.log(size), abs=1e-11)
    assert scaled.var() == pytest.approx(size**2 * rho.var(), rel=1e-12, abs=0)
    assert scaled.moment(-2) == pytest.approx(rho.moment(-2) / size**2, rel=1e-11, abs=0)
    assert scaled.pdf(2 * size) == pytest.approx(float(rho.pdf(2.0)) / size, rel=1e-12, abs=0)


def test_a_law_of_small_scale_is_checked_by_its_moments_too(monkeypatch: pytest.MonkeyPatch) -> None:
    true = AlgebraicLaw.moments
    scale = Fraction(1, 10**9)
    wrong = lambda self, n: [m * Fraction(1001, 1000) for m in true(self, n)]  # noqa: E731
    monkeypatch.setattr(AlgebraicLaw, "moments", wrong)
    with pytest.raises(NotCertified, match="moment 1"):
        Spectrum(scale * marchenko_pastur("1/2"))


def test_a_shifted_law_is_checked_by_its_own_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = algebraic_measure.resolve
    other = Spectrum(semicircle("101/100") + 10**6).measure.parts.pieces
    monkeypatch.setattr(algebraic_measure, "resolve", lambda *_: list(other))
    with pytest.raises(NotCertified, match="moment 2 around 1000000"):
        Spectrum(semicircle() + 10**6)
    assert whole is not algebraic_measure.resolve


# -- negative moments ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", ["0.5", "1e-2", "1e-5", "1e-9", "1e-14"])
@pytest.mark.parametrize("k", [-1, -2, -3])
def test_negative_moments_next_to_an_edge(gap: str, k: int) -> None:
    """E[(x + a)^-1] = (a - sqrt(a^2 - 4))/2 for the semicircle, and its derivatives in a."""
    a = Fraction("2") + Fraction(gap)
    with mp.workdps(60):
        start = mp.mpf(a.numerator) / a.denominator
        root = mp.sqrt(start**2 - 4)
        exact = {-1: (start - root) / 2, -2: (start / root - 1) / 2, -3: 1 / root**3}[k]
    assert Spectrum(semicircle() + a).moment(k) == pytest.approx(float(exact), rel=1e-11)


def test_negative_moments_of_a_law_on_both_sides_of_zero() -> None:
    rho = Spectrum(atoms([-3, 1]) + semicircle("1/100"))
    assert rho.moment(-1) == pytest.approx(float(rho.stieltjes(0.0).real), rel=1e-12)


# -- features narrower than the nodes of a rule ----------------------------------------------------------------


@pytest.mark.parametrize("width", [0.5, 0.02, 0.005])
@pytest.mark.parametrize("place", [-1.9, -0.013, 0.31, 1.2])
def test_an_indicator_is_not_missed(width: float, place: float) -> None:
    rho = Spectrum(semicircle())
    exact = float(rho.cdf(place + width) - rho.cdf(place))
    assert rho.expect(lambda x: (x > place) & (x < place + width)) == pytest.approx(exact, abs=1e-11)


@pytest.mark.parametrize("width", [1e-2, 1e-3])
@pytest.mark.parametrize("tolerance", [1e-3, 1e-7, 1e-11])
def test_a_narrow_peak_has_an_error_below_the_tolerance(width: float, tolerance: float) -> None:
    """A Cauchy kernel over the semicircle is Im m at that height."""
    rho = Spectrum(semicircle())
    exact = complex(rho.stieltjes(0.3 + 1j * width)).imag
    found = rho.expect(lambda x: width / ((x - 0.3) ** 2 + width**2), tolerance)
    assert abs(found - exact) <= tolerance * max(1.0, exact)


def test_an_indicator_narrower_than_promised_needs_its_ends() -> None:
    rho = Spectrum(semicircle())
    ends = [0.3, 0.3 + 1e-7]
    exact = float(rho.cdf(ends[1]) - rho.cdf(ends[0]))
    found = rho.expect(lambda x: (x > ends[0]) & (x < ends[1]), points=ends)
    assert found == pytest.approx(exact, rel=1e-7, abs=0)


@pytest.mark.parametrize("function", [lambda x: 1 / np.abs(x - 0.3), lambda x: np.sin(1e7 * x) > 0])
def test_what_does_not_converge_is_refused(function: Callable[[Any], Any]) -> None:
    with pytest.raises(PrecisionError, match="did not settle"):
        Spectrum(semicircle()).expect(function)


def test_points_that_floats_cannot_tell_apart_are_refused() -> None:
    rho = Spectrum(semicircle() + 10**20)
    assert rho.var() == pytest.approx(1, rel=1e-14)
    for ask in (lambda: rho.intervals[0].points(10), rho.plot):
        with pytest.raises(PrecisionError, match="shift the law"):
            ask()
