"""Spectra of laws that are not algebraic: convolutions by mpmath, elliptic integrals, and algebraic laws both ways."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import mpmath as mp
import numpy as np
import pytest
import scipy.stats
import sympy
from numpy.typing import NDArray

from resolvent import catalog
from resolvent.derive.errors import DerivationError, NotCertified, ParameterError, PrecisionError
from resolvent.derive.holonomic.holonomic_law import HolonomicLaw, holonomic, law_of_moments, law_of_sum
from resolvent.derive.laws.elementary import arcsine, atoms, marchenko_pastur, semicircle
from resolvent.derive.tensor.tensor_law import classical_sum, tensor_product
from resolvent.numeric.density.dyadic_density import GradedTable
from resolvent.numeric.density.dyadic_piece import graded_half, graded_pieces
from resolvent.numeric.density.holonomic_density import HolonomicDensity
from resolvent.numeric.pictures.branch_plots import plane_portrait, sheets
from resolvent.numeric.spectrum.dyadic_measure import DyadicMeasure
from resolvent.numeric.spectrum.spectrum import PointMass, Spectrum
from tests.derive.sequences.test_telescoping import SUMS

Array = NDArray[Any]


def elliptic(x: Any) -> Any:
    """The density of the linear Fisher law on (0, 8), mass 1/2 (Pennington, Worah 2018), by mpmath."""
    m = x * (8 - x) / 16
    if m == 1:  # (4 - x) K tends to 0
        return 1 / (2 * mp.pi**2)
    return mp.ellipe(m) / (2 * mp.pi**2) + (4 - x) / (8 * mp.pi**2) * mp.ellipk(m)


def convolution(x: float) -> float:
    """Half the density of the sum of two independent MP(1) variables, by mpmath's quadrature."""

    def mp_one(t: Any) -> Any:
        return mp.sqrt((4 - t) / t) / (2 * mp.pi)

    with mp.workdps(25):
        point = mp.mpf(x)
        low, high = max(point - 4, mp.mpf(0)), min(mp.mpf(4), point)
        middle = (low + high) / 2
        return float(mp.quad(lambda t: mp_one(t) * mp_one(point - t), [low, middle, high]) / 2)


LAWS: dict[str, Any] = {
    "telescoped": lambda: law_of_sum(SUMS["linear Fisher"][0], "1/2"),
    "fisher-linear": lambda: catalog.get("fisher-linear").law(c1=1, c2=1),
    "arcsine + arcsine": lambda: classical_sum(arcsine(2), arcsine(2)),
    "MP(1/2) + semicircle": lambda: classical_sum(marchenko_pastur("1/2"), semicircle()),
    "MP(1) x MP(2)": lambda: tensor_product(marchenko_pastur(1), marchenko_pastur(2)),
    "fisher": lambda: catalog.get("fisher").law(eta=1, eta_prime="3/2", zeta="1/2"),
    "unequal widths": lambda: catalog.get("fisher-linear").law(c1="1/2", c2="1/3"),
    "holonomic MP(1/2)": lambda: holonomic(marchenko_pastur("1/2")),
}
EACH = pytest.mark.parametrize("name", LAWS)


@lru_cache(maxsize=16)
def spectrum(name: str) -> Spectrum:
    return Spectrum(LAWS[name]())


@pytest.mark.slow
@EACH
def test_the_certificate_holds(name: str) -> None:
    rho = spectrum(name)
    assert isinstance(rho.measure, DyadicMeasure)
    assert rho.certificate.passes
    assert rho.certificate.worst < 1e-12


@pytest.mark.parametrize("name", ["telescoped", "fisher-linear"])
def test_the_linear_fisher_density_is_elliptic(name: str) -> None:
    x = np.concatenate([np.linspace(0.01, 7.99, 400), 10.0 ** -np.arange(1, 15), 4 + 10.0 ** -np.arange(1, 15.0)])
    with mp.workdps(40):
        expected = np.array([float(elliptic(mp.mpf(float(p)))) for p in x])
    assert np.max(np.abs(spectrum(name).pdf(x) - expected)) < 1e-12


def test_the_linear_fisher_density_is_half_the_convolution_at_50_points() -> None:
    x = np.linspace(0.1, 7.9, 50)
    expected = np.array([convolution(float(p)) for p in x])
    assert np.max(np.abs(spectrum("telescoped").pdf(x) - expected)) < 1e-12


@pytest.mark.parametrize("name", ["telescoped", "fisher-linear"])
def test_the_atom_of_the_linear_fisher_law(name: str) -> None:
    assert spectrum(name).atoms == (PointMass(sympy.Integer(0), sympy.Rational(1, 2)),)
    assert float(spectrum(name).cdf(-1e-300)) == 0
    assert float(spectrum(name).cdf(0.0)) == pytest.approx(0.5, abs=1e-15)


@pytest.mark.slow
def test_a_logarithm_in_the_middle() -> None:
    """The sum of two arcsine variables on [-2, 2]: K(1 - x^2/16)/(2 pi^2), infinite at 0."""
    rho = spectrum("arcsine + arcsine")
    x = np.array([-3.9, -1.0, -1e-3, 1e-12, 0.5, 2.0])
    with mp.workdps(40):
        expected = np.array([float(mp.ellipk(1 - mp.mpf(p) ** 2 / 16) / (2 * mp.pi**2)) for p in x])
    assert rho.pdf(x) == pytest.approx(expected, rel=1e-12)
    assert float(rho.pdf(0.0)) == math.inf
    assert rho.intervals[0].left_exponent == 0


@pytest.mark.parametrize(
    "law",
    [
        marchenko_pastur("1/2"),
        semicircle("1/4") + 1,
        pytest.param(catalog.get("hessian").law(phi="1/2", eps=1, sigma=1), marks=pytest.mark.slow),
        pytest.param(
            catalog.get("nonlinear-gram").law(phi="1/2", psi="3/4", eta=1, zeta="1/3"), marks=pytest.mark.slow
        ),
    ],
    ids=str,
)
def test_holonomic_densities_are_the_algebraic_ones(law: Any) -> None:
    algebraic, differential = Spectrum(law), Spectrum(holonomic(law))
    lower, upper = algebraic.support()
    x = np.linspace(lower, upper, 1003)[1:-1]
    assert np.max(np.abs(algebraic.pdf(x) - differential.pdf(x))) < 1e-12
    assert np.max(np.abs(algebraic.cdf(x) - differential.cdf(x))) < 1e-12
    z = np.array([lower - 1, upper + 0.5, (lower + upper) / 2 + 0.3j, lower + 0.01j])
    assert np.max(np.abs(algebraic.stieltjes(z) - differential.stieltjes(z))) < 1e-12
    assert [i.left_exponent for i in differential.intervals] == [i.left_exponent for i in algebraic.intervals]


@EACH
def test_quantiles_invert_the_distribution_function(name: str) -> None:
    rho = spectrum(name)
    q = np.random.default_rng(5).uniform(size=2000)
    x = rho.ppf(q)
    moving = ~np.isin(x, [float(a.point) for a in rho.atoms])
    rounding = 2.0**-52 * np.abs(x[moving]) * np.maximum(rho.pdf(x[moving]), 1)  # floats lie this far apart in cdf
    assert np.all(np.abs(rho.cdf(x[moving]) - q[moving]) <= 1e-12 + rounding)
    assert np.max(np.abs(rho.cdf(x) + rho.sf(x) - 1)) < 1e-12
    assert np.all(np.diff(rho.ppf(np.sort(q))) >= 0)


def test_samples_are_those_of_sums() -> None:
    rho = spectrum("MP(1/2) + semicircle")
    rng = np.random.default_rng(11)
    parts = [Spectrum(law).rvs(20000, rng) for law in (marchenko_pastur("1/2"), semicircle())]
    assert scipy.stats.kstest(parts[0] + parts[1], rho.cdf).pvalue > 1e-3
    assert scipy.stats.kstest(rho.rvs(20000, random_state=12), rho.cdf).pvalue > 1e-3


def test_levels_inside_the_jump_of_an_atom() -> None:
    rho = spectrum("unequal widths")
    assert rho.atoms[0].weight == sympy.Rational(5, 7)
    assert np.all(rho.ppf([1e-9, 0.3, 0.7]) == 0)
    assert np.all(rho.ppf([0.72, 0.99]) > 0.17)


def test_nan_and_infinities() -> None:
    rho = spectrum("fisher-linear")
    assert np.isnan(rho.pdf(math.nan))
    assert rho.pdf([-math.inf, math.inf]).tolist() == [0, 0]
    assert rho.cdf([-math.inf, math.inf]).tolist() == [0, 1]
    assert np.isnan(rho.stieltjes([0.0, complex(math.nan, 1)])).all()


def test_expectations() -> None:
    rho = spectrum("fisher-linear")
    assert rho.expect(lambda x: x**2) == pytest.approx(3, abs=1e-12)
    with mp.workdps(25):
        exact = mp.quad(lambda x: mp.sqrt(x) * elliptic(x), [0, 1, 4, 7, 8])
    assert rho.expect(np.sqrt) == pytest.approx(float(exact), abs=1e-10)
    with pytest.raises(PrecisionError, match="did not settle"):
        rho.expect(lambda x: np.sign(np.sin(4000 * x)))


def test_expectations_with_singular_points_that_are_named() -> None:
    rho = spectrum("MP(1/2) + semicircle")
    for a in (-1.0, 0.3, 2.0):
        assert rho.expect(lambda x, a=a: x > a, points=[a]) == pytest.approx(float(rho.sf(a)), abs=1e-11)
        assert rho.expect(lambda x, a=a: (x > a) & (x < a + 0.01)) == pytest.approx(
            float(rho.cdf(a + 0.01) - rho.cdf(a)), abs=1e-10
        )
        real, y = float(rho.stieltjes(a + 1e-3j).real), 1e-3
        assert rho.expect(lambda x, a=a, y=y: (x - a) / ((x - a) ** 2 + y**2), points=[a]) == pytest.approx(
            real, abs=1e-9
        )


def test_the_hilbert_transform_and_the_entropy() -> None:
    rho = spectrum("MP(1/2) + semicircle")
    assert float(rho.hilbert(9.0)) == pytest.approx(rho.expect(lambda x: 1 / (9 - x)) / math.pi, abs=1e-12)
    x, dx = np.linspace(*rho.support(), 200001, retstep=True)
    density = np.maximum(rho.pdf(x), 1e-300)
    assert rho.entropy() == pytest.approx(-np.sum(density * np.log(density)) * dx, abs=1e-6)
    assert spectrum("fisher-linear").entropy() == -math.inf


@pytest.mark.parametrize(
    "ask",
    [
        lambda r: r.critical_points,
        lambda r: r.edges,
        lambda r: r.pdf_enclosure(1.0),
        lambda r: r.log_potential(1j),
        lambda r: r.log_energy(),
        lambda r: r.outliers(2),
        lambda r: r.stieltjes(1j, derivative=1),
        lambda r: r.stieltjes(1j, certified=True),
    ],
)
def test_what_needs_a_polynomial_equation_is_refused(ask: Any) -> None:
    with pytest.raises(ParameterError, match="algebraic laws only, not for TensorLaw"):
        ask(spectrum("fisher-linear"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "ask",
    [
        sheets,
        plane_portrait,
    ],
)
def test_pictures_of_sheets_are_refused_too(ask: Any) -> None:
    with pytest.raises(ParameterError, match="algebraic laws only, not for TensorLaw"):
        ask(Spectrum(classical_sum(marchenko_pastur(1), semicircle())))


def test_missing_and_unknown_parameters() -> None:
    c = sympy.Symbol("c", positive=True)
    with pytest.raises(ParameterError, match="missing: c"):
        Spectrum(classical_sum(marchenko_pastur(c), semicircle()))
    with pytest.raises(ParameterError, match="no parameter 'c'"):
        Spectrum(LAWS["telescoped"](), c=1)


def test_irregular_singularities_are_refused() -> None:
    # moments n! of the exponential law: x^2 y' - ... has an irregular singularity at infinity in 1/z
    law = law_of_moments([math.factorial(n) for n in range(30)])
    with pytest.raises(DerivationError, match="irregular singularity"):
        Spectrum(law)


def test_a_law_of_atoms_has_no_pieces() -> None:
    rho = Spectrum(holonomic(atoms([0, 1, 3], ["1/2", "1/4", "1/4"])))
    assert [(a.point, a.weight) for a in rho.atoms] == [
        (place, sympy.Rational(weight)) for place, weight in ((0, "1/2"), (1, "1/4"), (3, "1/4"))
    ]
    assert rho.intervals == ()
    assert rho.ppf([0.2, 0.6, 0.9]).tolist() == [0, 1, 3]


# -- parts -----------------------------------------------------------------------------------------------------


def test_distances_from_singular_points_must_not_be_too_small() -> None:
    density = HolonomicDensity(LAWS["telescoped"]())
    with pytest.raises(ParameterError, match="too small"):
        density.near(0, np.array([1e-70]))


def test_pieces_with_a_hidden_singular_point_are_refused() -> None:
    with pytest.raises(NotCertified, match="another singular point may be near"):
        graded_half(lambda _, d: np.abs(d - 0.7), 0, 0.0, 0.0, 1, 1.0)


def test_masses_that_do_not_add_up_are_refused() -> None:
    pieces = graded_pieces(lambda _, d: np.ones_like(d), (0.0, 0.5), (0.0, 0.0))
    assert pieces[0].mass == pytest.approx(0.5, abs=1e-15)
    with pytest.raises(NotCertified, match=r"add up to 0\.5"):
        GradedTable(pieces, np.array([]), np.array([]))
    table = GradedTable(pieces, np.array([0.25]), np.array([0.5]))
    assert table.cdf(np.array([0.2, 0.25, 0.4])) == pytest.approx([0.2, 0.75, 0.9])
    assert table.ppf(np.array([0.1, 0.5, 0.9])) == pytest.approx([0.1, 0.25, 0.4])


def test_a_holonomic_law_is_one() -> None:
    assert isinstance(LAWS["telescoped"](), HolonomicLaw)
