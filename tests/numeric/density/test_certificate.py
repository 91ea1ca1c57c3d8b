"""Certificates: random compositions hold theirs, and falsified ones fail with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.stats
import sympy
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from resolvent.derive.errors import DerivationError, NotCertified, ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.laws.from_equation import law_of_equation
from resolvent.numeric.density.certificate import TOLERANCE, Certificate, MomentCheck, moment_checks
from resolvent.numeric.spectrum.spectrum import Spectrum
from tests import oracles
from tests.derive.laws.compositions import Composed, compositions, leaves, nonnegative_leaves
from tests.derive.time_limit import within

Array = NDArray[Any]
Z, M, V = sympy.symbols("z m v")
RATIOS = ["1/3", "1/2", "1", "2"]
GOOD = Certificate(1.0, (MomentCheck(1, 0.5, 0.5, 0.0), MomentCheck(2, 2.0, 2.0, 0.0)), 0.0)


def examples(count: int) -> settings:
    """The same examples in every run; a failing one is reported as it was found."""
    return settings(
        deadline=None,
        derandomize=True,
        max_examples=count,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )


def of_degree(most: int) -> st.SearchStrategy[Composed]:
    """Compositions whose equation has at most that degree."""
    return compositions().filter(lambda composed: composed.law.equation.degree <= most)


@st.composite
def rectangular_laws(draw: st.DrawFn) -> AlgebraicLaw:
    """Sample covariances and information plus noise over non-negative laws, sometimes moved."""
    inner = draw(nonnegative_leaves()).law
    if draw(st.booleans()):
        law = inner.wishart(draw(st.sampled_from(RATIOS)))
    else:  # with more columns than rows, so that there is room for the signal's rank
        law = inner.information_plus_noise(draw(st.sampled_from(RATIOS)), draw(st.sampled_from(["1/3", "1/2", "1"])))
    move = draw(st.sampled_from(["none", "shift", "root", "compress"]))
    if move == "root":
        return law.symmetric_root()
    if move == "compress":
        return law.compress("1/2")
    return law - 1 if move == "shift" else law


def check_certified(law: AlgebraicLaw) -> Spectrum:
    """The spectrum holds its certificate, and its distribution function rises from 0 to 1."""
    with within(40):
        rho = Spectrum(law)
    assert rho.certificate.passes
    lower, upper = rho.support()
    values = rho.cdf(np.linspace(lower - 1e-9, upper + 1e-9, 301))
    assert values[0] == 0
    assert values[-1] == pytest.approx(1, abs=1e-10)
    assert np.all(np.diff(values) >= -1e-13)
    return rho


def check_moments(composed: Composed) -> None:
    """Quadrature gives the moments of the independent recursion."""
    rho = check_certified(composed.law)
    for k, exact in enumerate(composed.moments(6), start=1):
        scale = max(1.0, max(abs(e) for e in rho.support()) ** k)
        assert abs(rho.moment(k) - float(exact)) <= 1e-10 * scale


# -- random compositions -------------------------------------------------------------------------------------


@examples(15)
@given(of_degree(4))
def test_random_compositions_hold_their_certificate(composed: Composed) -> None:
    check_moments(composed)


@examples(12)
@given(rectangular_laws())
def test_random_rectangular_laws_hold_their_certificate(law: AlgebraicLaw) -> None:
    check_certified(law)


@examples(10)
@given(leaves())
def test_elementary_laws_hold_their_certificate(composed: Composed) -> None:
    check_moments(composed)


def test_a_steep_series_has_its_tables_next_to_a_plain_edge() -> None:
    # the square folds two bands on each other: at .249 one ends below the other, whose series has a slope of 200
    law = atoms(["-1/2", "-5/2"], ["3/7", "4/7"]) + atoms([1, "-1/2"], ["3/5", "2/5"])
    root, square = Spectrum(law), Spectrum(law**2)
    x = np.linspace(1e-3, 9, 200)
    expected = root.cdf(np.sqrt(x)) - root.cdf(-np.sqrt(x))
    np.testing.assert_allclose(square.cdf(x), expected, rtol=0, atol=1e-13)


@pytest.mark.slow
@examples(700)
@given(of_degree(8))
def test_many_random_compositions_hold_their_certificate(composed: Composed) -> None:
    check_moments(composed)


@pytest.mark.slow
@examples(300)
@given(rectangular_laws())
def test_many_random_rectangular_laws_hold_their_certificate(law: AlgebraicLaw) -> None:
    check_certified(law)


# -- against matrices ----------------------------------------------------------------------------------------


def gaussian(rows: int, columns: int, seed: int) -> Array:
    """Independent standard normal entries."""
    return np.random.default_rng(seed).standard_normal((rows, columns))


def goe(size: int, seed: int) -> Array:
    """A symmetric matrix with the standard semicircle as its limit."""
    a = gaussian(size, size, seed)
    return (a + a.T) / np.sqrt(2 * size)


def sum_matrix(n: int) -> Array:
    """A Wigner matrix plus atoms at -3, 0 and 4."""
    return goe(n, 1) + np.diag(np.repeat([-3.0, 0.0, 4.0], n // 3))


def product_matrix(n: int) -> Array:
    """Populations 1, 2 and 5, sampled twice as often as there are dimensions."""
    root = np.sqrt(np.repeat([1.0, 2.0, 5.0], n // 3))
    x = gaussian(n, 2 * n, 2) * root[:, None]
    return x @ x.T / (2 * n)


def noise_matrix(n: int) -> Array:
    """(A + X)(A + X)^T of size n x 2n, A with squared singular values 1 and 3."""
    a = np.hstack([np.diag(np.sqrt(np.repeat([1.0, 3.0], n // 2))), np.zeros((n, n))])
    x = a + gaussian(n, 2 * n, 3) / np.sqrt(2 * n)
    return x @ x.T


def compressed_matrix(n: int) -> Array:
    """A corner of half the size of a randomly rotated matrix with eigenvalues -1, 0 and 2."""
    o = oracles.haar_orthogonal(2 * n, np.random.default_rng(4))[:n]
    return (o * np.repeat([-1.0, 0.0, 2.0], [n, n // 2, n // 2])) @ o.T


def commuting_matrix(n: int) -> Array:
    """Blocks of one third and two thirds: a Wigner matrix, and a Wishart matrix of ratio 1/2."""
    x = gaussian(2 * n // 3, 4 * n // 3, 6)
    whole = np.zeros((n, n))
    whole[: n // 3, : n // 3] = goe(n // 3, 5)
    whole[n // 3 :, n // 3 :] = x @ x.T / (4 * n // 3)
    return whole


@pytest.mark.parametrize(
    ("law", "matrix"),
    [
        (lambda: semicircle() + atoms([-3, 0, 4]), sum_matrix),
        (lambda: atoms([1, 2, 5]).wishart("1/2"), product_matrix),
        (lambda: atoms([1, 3]).information_plus_noise(1, "1/2"), noise_matrix),
        (lambda: atoms([-1, 0, 2], ["1/2", "1/4", "1/4"]).compress("1/2"), compressed_matrix),
        (lambda: semicircle().direct_sum(marchenko_pastur("1/2"), "1/3"), commuting_matrix),
    ],
)
def test_distribution_function_is_that_of_one_large_matrix(
    law: Callable[[], AlgebraicLaw], matrix: Callable[[int], Array]
) -> None:
    eigenvalues = np.linalg.eigvalsh(matrix(600))
    with within(40):
        rho = Spectrum(law())
    assert scipy.stats.ks_1samp(eigenvalues, rho.cdf).statistic < 0.01


# -- falsified certificates ----------------------------------------------------------------------------------


def test_the_tolerance_is_that_of_the_design() -> None:
    assert TOLERANCE == 1e-10


def test_a_true_certificate_passes() -> None:
    assert GOOD.passes
    GOOD.require("a law")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mass": 1.001}, r"a law.* fails its certificate: the total mass is 1\.001"),
        ({"mass": 1 - 2e-10}, "the total mass is 0.9999999998"),
        ({"moments": (MomentCheck(3, 5.0, 5.1, 0.02),)}, r"moment 3 is 5\.1 instead of 5"),
        ({"lowest": -0.25}, r"the density falls to -0\.25 of its maximum"),
    ],
)
def test_a_false_certificate_is_refused_with_its_reason(changes: dict[str, Any], message: str) -> None:
    certificate = replace(GOOD, **changes)
    assert not certificate.passes
    with pytest.raises(NotCertified, match=message) as caught:
        certificate.require("a law")
    assert caught.value.objects["certificate"] is certificate


@pytest.mark.parametrize("mass", [float("nan"), float("inf")])
def test_a_mass_that_is_no_number_is_refused(mass: float) -> None:
    with pytest.raises(NotCertified):
        replace(GOOD, mass=mass).require("a law")


@pytest.mark.parametrize("error", [float("nan"), float("inf")])
def test_a_moment_that_is_no_number_is_refused(error: float) -> None:
    certificate = replace(GOOD, moments=(MomentCheck(1, 1.0, error, error),))
    assert not certificate.passes
    with pytest.raises(NotCertified):
        certificate.require("a law")


def test_a_lowest_density_that_is_no_number_is_refused() -> None:
    with pytest.raises(NotCertified):
        replace(GOOD, lowest=float("nan")).require("a law")


def test_errors_within_the_tolerance_pass() -> None:
    assert replace(GOOD, mass=1 + 0.9e-10, lowest=-0.9e-10).passes


def test_the_worst_error_is_the_largest_of_all() -> None:
    certificate = Certificate(1.5, (MomentCheck(1, 0, 0.25, 0.25),), -0.75)
    assert certificate.worst == 0.75
    assert replace(certificate, lowest=-0.1).worst == 0.5


def test_moment_errors_are_relative_to_the_absolute_moment() -> None:
    checks = moment_checks([0.0, 100.0, 0.0], [0.5, 101.0, 0.0], [0.25, 50.0, 0.0])
    assert [(c.order, c.error) for c in checks] == [(1, 2.0), (2, 0.02), (3, 0.0)]


def test_as_plain_data() -> None:
    data: dict[str, Any] = GOOD.to_json()
    assert (data["mass"], data["worst_error"], data["tolerance"]) == (1.0, 0.0, 1e-10)
    assert data["moments"][1] == {"order": 2, "exact": 2.0, "quadrature": 2.0, "error": 0.0}


# -- falsified equations -------------------------------------------------------------------------------------


def test_a_wrong_moment_of_the_branch_is_refused() -> None:
    with pytest.raises(DerivationError, match="no branch"):
        law_of_equation(M**2 + Z * M + 1, (1, 0, 2))


@pytest.mark.parametrize("mean", [1, "1/2"])
def test_a_wrong_mean_of_the_branch_is_refused(mean: Any) -> None:
    with pytest.raises(DerivationError):
        law_of_equation(M**2 + Z * M + 1, (1, mean))


def test_a_total_mass_other_than_one_is_refused() -> None:
    with pytest.raises(ParameterError, match="must be 1"):
        law_of_equation(M**2 + Z * M + 2, (2,))


@pytest.mark.parametrize(
    ("polynomial", "moments"),
    [
        (-(M**2) + Z * M + 1, (1, 0, -1)),  # imaginary support
        (M**2 * Z**2 + Z * M * 2 + 1 - M**2, (1,)),  # poles of weight 1/2 on both sides of 0, and density there
        ((Z**2 - 1) * M + Z - 2, (1, -2)),  # weights -1/2 and 3/2
        (M**3 - Z * M - 1, (1, 0, 0, -1)),  # third moment without a second
    ],
)
def test_an_equation_of_no_probability_measure_is_refused(polynomial: sympy.Expr, moments: tuple[Any, ...]) -> None:
    with within(30), pytest.raises(DerivationError):
        law_of_equation(polynomial, moments)


def test_a_spectrum_with_falsified_moments_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    true = AlgebraicLaw.moments
    monkeypatch.setattr(AlgebraicLaw, "moments", lambda self, n: [*true(self, n)[:3], 3, *true(self, n)[4:]])
    with pytest.raises(NotCertified, match="moment 4 is 2 instead of 3"):
        Spectrum(semicircle())


def test_a_spectrum_that_misses_mass_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from resolvent.numeric.spectrum import algebraic_measure as module

    whole = module.resolve

    def half(*arguments: Any) -> Any:
        return [replace(p, boundary=p.boundary / 2) for p in whole(*arguments)]

    monkeypatch.setattr(module, "resolve", half)
    with pytest.raises(NotCertified, match=r"the total mass is 0\.5"):
        Spectrum(semicircle())


def test_a_spectrum_without_one_of_its_bulks_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from resolvent.numeric.spectrum import algebraic_measure as module

    whole = module.skeleton
    monkeypatch.setattr(module, "skeleton", lambda *a: replace(whole(*a), intervals=whole(*a).intervals[:1]))
    with pytest.raises(NotCertified, match=r"the total mass is 0\.5"):
        Spectrum(atoms([-3, 3]) + semicircle(1))
