"""Next to a transition the numbers are right, at any distance: hard edges that open, bulks that merge, near poles."""

from __future__ import annotations

from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest
import sympy

from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.laws.from_transform import law_of_r_transform
from resolvent.numeric.spectrum import Spectrum

DISTANCES = [Fraction(1, 10**k) for k in (2, 5, 8, 10, 12, 14, 18)]
HALF = Fraction(1, 2)
G = sympy.Symbol("g")


@pytest.mark.parametrize("gap", DISTANCES, ids=float)
def test_marchenko_pastur_close_to_its_hard_edge(gap: Fraction) -> None:
    c = 1 - gap
    rho = Spectrum(marchenko_pastur(c))
    with mp.workdps(60):
        ratio = mp.mpf(c.numerator) / c.denominator
        low, high = (1 - mp.sqrt(ratio)) ** 2, (1 + mp.sqrt(ratio)) ** 2
        logarithm = -1 - (1 - ratio) / ratio * mp.log(1 - ratio)
        x = np.array([float(low * t) for t in (1.001, 1.5, 2, 10, 1e4, 1e9) if low * t < high])
        density = [mp.sqrt((p - low) * (high - p)) / (2 * mp.pi * ratio * p) for p in map(mp.mpf, x.tolist())]
        assert rho.intervals[0].left == pytest.approx(float(low), rel=1e-15, abs=0)
    assert (rho.intervals[0].left_exponent, rho.intervals[0].right_exponent) == (HALF, HALF)
    assert rho.pdf(x) == pytest.approx(np.array(density, dtype=float), rel=1e-12)
    assert rho.expect(lambda x: 1 / x) == pytest.approx(float(1 / gap), rel=1e-12)
    assert rho.moment(-1) == pytest.approx(float(1 / gap), rel=1e-12)
    assert rho.expect(np.log) == pytest.approx(float(logarithm), rel=1e-12)
    assert rho.ppf(rho.cdf(x)) == pytest.approx(x, rel=1e-9, abs=0)


def test_the_hard_edge_itself() -> None:
    assert Spectrum(marchenko_pastur(1)).intervals[0].left_exponent == -HALF


def merging_density(x: float, variance: Fraction) -> float:
    """(delta_-1 + delta_1)/2 + semicircle: with w = z + v m, m = -w/(w^2 - 1), a cubic for w solved with mpmath."""
    with mp.workdps(60):
        v, z = mp.mpf(variance.numerator) / variance.denominator, mp.mpf(x)
        # w^3 - z w^2 + (v - 1) w + z = 0
        roots = mp.polyroots([1, -z, v - 1, z], maxsteps=500, extraprec=400)
        return float(max(mp.im(w) for w in roots) / (mp.pi * v))


@pytest.mark.slow
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("gap", DISTANCES[:6], ids=float)
def test_two_bulks_that_merge(sign: int, gap: Fraction) -> None:
    variance = 1 + sign * gap
    rho = Spectrum(atoms([-1, 1]) + semicircle(variance))
    assert len(rho.intervals) == (1 if sign > 0 else 2)
    assert all(i.left_exponent == i.right_exponent == HALF for i in rho.intervals)
    scale = float(gap) ** 1.5
    x = np.array([scale * t for t in (0.9, 1.1, 3.0, 100.0)] + [1e-9, 1e-5, 1e-2, 1.0])
    expected = np.array([merging_density(p, variance) for p in x.tolist()])
    assert rho.pdf(x) == pytest.approx(expected, rel=1e-9, abs=1e-15)
    assert rho.pdf(-x) == pytest.approx(expected, rel=1e-9, abs=1e-15)
    assert rho.stieltjes(0.5 * scale * 1j).real == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("weight", [Fraction(1, 10**k) for k in (3, 9, 15)], ids=float)
def test_a_bulk_of_tiny_mass_is_not_lost(weight: Fraction) -> None:
    """A light atom in free convolution becomes a bulk of its own mass and of radius 2 sqrt(weight v)."""
    rho = Spectrum(atoms([0, 5], [1 - weight, weight]) + semicircle(Fraction(1, 100)))
    light = rho.intervals[-1]
    assert len(rho.intervals) == 2
    assert float(rho.sf(3.0)) == pytest.approx(float(weight), rel=1e-9, abs=0)
    assert light.right - light.left == pytest.approx(4 * float(weight / 100) ** 0.5, rel=1e-2)


@pytest.mark.parametrize("gap", DISTANCES, ids=float)
def test_an_edge_beside_an_atom(gap: Fraction) -> None:
    """E[1/(1 + x)] = m(-1) of Marchenko-Pastur solves c z m^2 + (z - 1 + c) m + 1 = 0 at z = -1."""
    c = 1 + gap
    rho = Spectrum(marchenko_pastur(c))
    with mp.workdps(40):
        ratio = mp.mpf(c.numerator) / c.denominator
        exact = (ratio - 2 + mp.sqrt((2 - ratio) ** 2 + 4 * ratio)) / (2 * ratio)
    assert rho.expect(lambda x: 1 / (1 + x)) == pytest.approx(float(exact), rel=1e-12)
    assert float(rho.cdf(0.0)) == pytest.approx(float(gap / c), rel=1e-9, abs=1e-15)
    assert rho.intervals[0].left_exponent == HALF


@pytest.mark.parametrize("overlap", [Fraction(7, 10**7), Fraction(1, 10**3)], ids=float)
def test_the_density_where_two_bulks_overlap_a_little(overlap: Fraction) -> None:
    """A third of the semicircle and two thirds of another one; no float near the ends of the overlap is left out."""
    rho = Spectrum(-1 * (semicircle().direct_sum(semicircle() + 4 - overlap, "1/3") + Fraction(1, 7)))
    ends = np.array([float(Fraction(-15, 7)), float(overlap - Fraction(15, 7))])
    x = np.concatenate([ends, np.nextafter(ends, 9), np.nextafter(ends, -9), ends.mean(keepdims=True)])
    assert rho.pdf(x) == pytest.approx(rho.pdf_enclosure(x).value, rel=1e-9, abs=0)


def test_a_split_may_fall_on_a_pole_of_another_sheet() -> None:
    """R(g) = 2g/(1 - g^2): a pair of critical points lies above and below 0, where another sheet has a pole."""
    rho = Spectrum(law_of_r_transform(2 * G / (1 - G**2), G))
    x = np.array([-1e-9, 0.0, 1e-9, 0.3])
    assert any(piece.right == 0 for piece in rho.measure.parts.pieces)
    assert rho.pdf(x) == pytest.approx(rho.pdf_enclosure(x).value, rel=1e-12)
