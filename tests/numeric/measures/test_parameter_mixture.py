"""Mixtures over a parameter against integrals in closed form, exact mixtures, and sampled matrices."""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
import sympy
from scipy import integrate, special, stats

import resolvent as rv
from resolvent.numeric.statistics import kolmogorov_distance

V = sympy.Symbol("v", positive=True)
C = sympy.Symbol("c", positive=True)


def test_a_scale_mixture_of_semicircles_has_the_density_of_its_integral() -> None:
    rho = rv.Spectrum(rv.mixture(rv.semicircle(V), "v", stats.uniform(1, 3)))
    assert rho.certificate.worst < 1e-13
    assert rho.support() == pytest.approx((-4, 4), abs=1e-12)
    for x in (0.1, 1.0, 1.99, 1.9999, 2.0001, 2.01, 3.0, 3.9, 3.999):
        expected = _integral(lambda v, x=x: math.sqrt(max(4 * v - x * x, 0)) / (6 * math.pi * v), max(1.0, x * x / 4))
        assert float(rho.pdf(x)) == pytest.approx(expected, abs=1e-12)


def _integral(function: Callable[[float], float], low: float) -> float:
    return float(integrate.quad(function, low, 4, epsabs=1e-13)[0])


def test_a_scale_mixture_of_semicircles_can_be_a_gaussian() -> None:
    """R^2 gamma-distributed of shape 2 with a uniform point of the disc: x is normal, so v = R^2/4 makes N(0, 1)."""
    rho = rv.Spectrum(rv.mixture(rv.semicircle(V), V, stats.gamma(2, scale=0.5)))
    x = np.linspace(-5, 5, 41)
    assert rho.pdf(x) == pytest.approx(stats.norm.pdf(x), abs=1e-11)
    assert float(rho.sf(4.0)) == pytest.approx(stats.norm.sf(4.0), rel=1e-6)


def test_atoms_that_move_become_a_density_and_atoms_that_stay_remain() -> None:
    rho = rv.Spectrum(rv.mixture(rv.atoms([0, 1], ["1/4", "3/4"]) * V, "v", stats.uniform(1, 1)))
    (atom,) = rho.atoms
    assert (float(atom.point), float(atom.weight)) == pytest.approx((0, 0.25), abs=1e-13)
    assert rho.pdf([0.5, 1.2, 1.7]) == pytest.approx([0, 0.75, 0.75], abs=1e-12)


def test_the_weight_of_an_atom_is_its_mean() -> None:
    rho = rv.Spectrum(rv.mixture(rv.marchenko_pastur(C), "c", stats.uniform(2, 1)))
    (atom,) = rho.atoms
    assert float(atom.weight) == pytest.approx(1 - math.log(1.5), abs=1e-13)


def test_a_distribution_of_points_is_the_exact_mixture() -> None:
    mixed = rv.Spectrum(rv.mixture(rv.semicircle(V), "v", rv.atoms([1, 4], ["1/3", "2/3"])))
    exact = rv.Spectrum(rv.direct_sum(rv.semicircle(1), rv.semicircle(4), "1/3"))
    x = np.linspace(-4, 4, 81)
    assert mixed.cdf(x) == pytest.approx(exact.cdf(x), abs=1e-11)


def test_all_gaps_are_found_and_operations_go_on() -> None:
    """Two clusters that stay apart, and the square of the mixture."""
    law = rv.mixture(rv.atoms([1, 10]).sample_covariance(C), "c", stats.uniform(0.05, 0.05))
    rho = rv.Spectrum(law)
    low, high = (rv.Spectrum(rv.atoms([1, 10]).sample_covariance("1/10")).intervals[k] for k in (0, 1))
    found = [end for i in rho.intervals for end in (i.left, i.right)]
    assert found == pytest.approx([low.left, low.right, high.left, high.right], rel=1e-11)
    assert float(rv.Spectrum(law**2).cdf(9.0)) == pytest.approx(float(rho.cdf(3.0)), abs=1e-12)


@pytest.mark.slow
def test_cumulants_add_when_noise_is_added_to_a_mixture() -> None:
    law = rv.mixture(rv.atoms([1, 10]).sample_covariance(C), "c", stats.uniform(0.05, 0.05))
    wider = rv.Spectrum(law + rv.semicircle("1/10"))
    assert [float(m) for m in wider.law.free_cumulants(3)] == pytest.approx(
        [float(k) + (0.1 if j == 1 else 0) for j, k in enumerate(law.free_cumulants(3))], rel=1e-9
    )


def test_blocks_of_random_variance_have_the_law_of_the_mixture() -> None:
    rng, size, count = np.random.default_rng(5), 80, 50
    law = rv.mixture(rv.semicircle(V), "v", stats.beta(2, 3, loc=1, scale=2))
    variances = stats.beta(2, 3, loc=1, scale=2).ppf((np.arange(count) + 0.5) / count)
    blocks = rng.normal(size=(count, size, size)) + 1j * rng.normal(size=(count, size, size))
    blocks = (blocks + blocks.conj().transpose(0, 2, 1)) * np.sqrt(variances / (4 * size))[:, None, None]
    values = np.sort(np.linalg.eigvalsh(blocks).ravel())
    assert kolmogorov_distance(rv.Spectrum(law), values).value < 0.004


def test_singular_distributions_are_integrated() -> None:
    """Arcsine-distributed variances: the density at 0 is that of an elliptic integral."""
    rho = rv.Spectrum(rv.mixture(rv.semicircle(V), "v", stats.arcsine(1, 2)))
    expected = 2 / math.pi * special.ellipk(1 - 1 / 3) / (math.pi * math.sqrt(3))
    assert float(rho.pdf(0.0)) == pytest.approx(expected, abs=1e-11)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: rv.mixture(rv.semicircle(V), "w", stats.uniform(1, 3)), "with that parameter"),
        (lambda: rv.mixture(rv.semicircle(V) + rv.marchenko_pastur(C), "v", stats.uniform(1, 3)), "no other"),
        (lambda: rv.mixture(rv.semicircle(V), "v"), "how v is distributed"),
        (lambda: rv.mixture([rv.semicircle()], "v", stats.uniform(1, 3)), "a list of laws"),
        (lambda: rv.mixture([rv.semicircle()], [1], stats.uniform(1, 3)), "a list of laws"),
    ],
)
def test_bad_mixtures_are_named(make: object, words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        make()  # type: ignore[operator]


def test_scales_may_reach_down_to_0() -> None:
    """All edges meet at 0; each density is an integral over the scales whose support holds the place."""
    rho = rv.Spectrum(rv.mixture(rv.marchenko_pastur("1/2", V), "v", stats.uniform(0, 1)))
    low, high = (1 - math.sqrt(0.5)) ** 2, (1 + math.sqrt(0.5)) ** 2
    assert rho.support() == pytest.approx((0, high), abs=1e-12)

    def density(s: float, x: float) -> float:
        y = x / s**2
        return math.sqrt(max((y - low) * (high - y), 0)) / (math.pi * y * s**2)

    for x in (1e-6, 0.01, 0.3, 1.0, 2.5):
        ends = math.sqrt(x / high), min(1.0, math.sqrt(x / low))
        assert float(rho.pdf(x)) == pytest.approx(integrate.quad(density, *ends, args=(x,), epsabs=1e-12)[0], rel=1e-8)


@pytest.mark.parametrize(("start", "width"), [("1/2", 0.5), ("1/2", 1.0), ("1", 0.7)])
def test_an_edge_that_runs_into_0_is_named(start: str, width: float) -> None:
    """At c = 1 the Marchenko-Pastur law has a hard edge: inside, and at either end of the range."""
    law = rv.mixture(rv.marchenko_pastur(C), "c", stats.uniform(float(Fraction(start)), width))
    with pytest.raises(rv.NotCertified, match="at the parameter 1 an edge runs into a hard one"):
        rv.Spectrum(law)


def test_exponents_of_the_edges_are_known() -> None:
    """An edge at the end of the parameter's range adds 1 and the exponent of its density there."""
    (interval,) = rv.Spectrum(rv.mixture(rv.semicircle(V), "v", stats.beta(2, 3, loc=1, scale=2))).intervals
    assert interval.right_exponent == Fraction(7, 2)
    (interval,) = rv.Spectrum(rv.mixture(rv.semicircle(V), "v", stats.uniform(1, 3))).intervals
    assert interval.left_exponent == Fraction(3, 2)
    (interval,) = rv.Spectrum(rv.mixture(rv.semicircle(V), "v", stats.arcsine(1, 2))).intervals
    assert interval.right_exponent in (None, Fraction(1))  # hardly resolved: not said rather than wrong
