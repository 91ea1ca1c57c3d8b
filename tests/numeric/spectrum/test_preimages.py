"""The preimages of points under the maps of pieces, and Cauchy integrals there, at 40 digits."""

from __future__ import annotations

from fractions import Fraction

import mpmath as mp
import numpy as np
import pytest

from resolvent.numeric.density.chebyshev_piece import Piece
from resolvent.numeric.spectrum.cauchy_integrals import CauchyIntegral
from resolvent.numeric.spectrum.preimages import Preimages, preimages
from tests.numeric.spectrum.shapes import shape

NAMES = ["semicircle", "fuss-catalan", "cusp", "ramified", "arcsine"]


def unit_polynomial(ramification: tuple[int, int]) -> list[Fraction]:
    """u(t) with u(-1) = 0, u(1) = 1 and du/dt ~ (1+t)^(a-1) (1-t)^(b-1), exactly."""
    slope = [Fraction(1)]
    for factor in [(1, 1)] * (ramification[0] - 1) + [(1, -1)] * (ramification[1] - 1):
        slope = [
            sum(a * b for a, b in zip(pair, factor, strict=True)) for pair in zip([*slope, 0], [0, *slope], strict=True)
        ]
    primitive = [Fraction(0), *(c / (k + 1) for k, c in enumerate(slope))]
    low, high = (sum(c * end**k for k, c in enumerate(primitive)) for end in (-1, 1))
    return [(c - low * (k == 0)) / (high - low) for k, c in enumerate(primitive)]


def pieces(name: str) -> list[Piece]:
    return shape(name).measure.parts.pieces


def points(piece: Piece) -> np.ndarray:
    steps = piece.width * 10.0 ** -np.arange(0, 15, 3)
    near = np.concatenate([end + np.outer([1, -1, 1j], steps).ravel() for end in (piece.left, piece.right)])
    return np.append(near, [piece.middle, piece.middle + 1e-12j * piece.width]) + 0j


@pytest.mark.parametrize("name", NAMES)
def test_roots_are_all_the_roots(name: str) -> None:
    for piece in pieces(name):
        z = points(piece)
        roots = preimages(piece, *piece.distances(z), 1.0)
        with mp.workdps(60):
            unit = [mp.mpf(c.numerator) / c.denominator for c in unit_polynomial(piece.ramification)]
            for k, place in enumerate(z.tolist()):
                low, high = mp.mpc(place) - piece.left - piece.rests[0], piece.right - mp.mpc(place) + piece.rests[1]
                share = low / piece.width if abs(low) <= abs(high) else 1 - high / piece.width
                for root in mp.polyroots([*reversed(unit[1:]), unit[0] - share], maxsteps=500, extraprec=600):
                    error = min(abs(1 + root - mp.mpc(complex(s))) for s in roots.s[:, k])
                    error = min(error, min(abs(1 - root - mp.mpc(complex(r))) for r in roots.r[:, k]))
                    assert error <= 2e-14 * min(abs(1 + root), abs(1 - root), 1) + 1e-55


@pytest.mark.parametrize("name", NAMES)
def test_one_root_lies_on_the_cut_for_points_of_the_piece(name: str) -> None:
    for piece in pieces(name):
        x = np.linspace(piece.left, piece.right, 23)[1:-1]
        roots = preimages(piece, *piece.distances(x + 0j), 1.0)
        assert np.array_equal(np.sum(roots.cut, axis=0), np.ones(21))
        assert piece.at(roots.t.real[roots.cut]) == pytest.approx(
            np.broadcast_to(x, roots.s.shape)[roots.cut], abs=1e-13
        )


def at(tau: complex) -> Preimages:
    place = np.array([[complex(tau)]])
    return Preimages(1 + place, 1 - place, (place.imag == 0) & (np.abs(place.real) < 1))


@pytest.mark.parametrize("tau", [0.3, -0.99, 0.3 + 1e-9j, 0.5 + 0.2j, 1.2, -1.001, 3 - 2j, 0.1 + 0.05j, -1 + 1e-12j])
def test_cauchy_integrals_in_closed_form(tau: complex) -> None:
    a, w = 1.25, 0.5  # 1/(a - t) is the sum of w^k T_k(t) (2 - [k = 0])/sqrt(a^2 - 1)
    series = 2 / 0.75 * w ** np.arange(56.0)
    series[0] /= 2
    place = complex(tau)
    logarithm = complex(mp.log((1 - place) / (1 + place)) + mp.mpc(0, mp.pi) if abs(tau) < 1 and place.imag == 0 else (
        mp.log((place - 1) / (place + 1))
    ))  # fmt: skip
    exact = (logarithm + np.log(9)) / (a - place)
    assert complex(CauchyIntegral(series).values(at(tau))[0, 0]) == pytest.approx(exact, abs=2e-13)
    times = (1 + a) * exact - logarithm  # (1 + t)/(a - t) = (1 + a)/(a - t) - 1
    assert complex(CauchyIntegral(series, (1, 0)).values(at(tau))[0, 0]) == pytest.approx(times, abs=1e-12)


@pytest.mark.parametrize("tau", [0.3, 0.5 + 0.2j, 1.2, 3 - 2j])
def test_derivatives_are_differences(tau: complex) -> None:
    series = 0.5 ** np.arange(20.0)
    integral, h = CauchyIntegral(series, (1, 0)), 1e-5
    slope = (integral.values(at(tau + h)) - integral.values(at(tau - h))) / (2 * h)
    assert integral.derivatives(at(complex(tau))) == pytest.approx(slope, rel=1e-7)
