"""The Tracy-Widom laws against published values, Painleve's equation, finer matrices, and sampled matrices."""

import math

import mpmath
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import airy
from scipy.stats import kstest

from resolvent.derive.errors import ParameterError
from resolvent.numeric.fluctuations.airy_determinants import edge_values
from resolvent.numeric.fluctuations.tracy_widom import tracy_widom

PUBLISHED = {  # Bornemann 2010, table 10: mean, variance, skewness, excess kurtosis
    1: (-1.2065335745820, 1.6077810345810, 0.29346452408, 0.1652429384),
    2: (-1.7710868074116, 0.8131947928329, 0.224084203610, 0.0934480876),
    4: (-2.3068848932410, 0.5177237207726, 0.16550949435, 0.0491951565),
}


@pytest.mark.parametrize("beta", [1, 2, 4])
def test_the_first_four_moments_are_the_published_ones(beta: int) -> None:
    found = [float(v) for v in tracy_widom(beta).stats("mvsk")]
    errors = [abs(f - e) for f, e in zip(found, PUBLISHED[beta], strict=True)]
    assert all(error <= bound for error, bound in zip(errors, (1e-12, 1e-12, 2e-11, 1e-10), strict=True))


@pytest.mark.parametrize("beta", [1, 2, 4])
def test_tables_agree_with_finer_determinants(beta: int) -> None:
    law, stretch = tracy_widom(beta), math.sqrt(2) if beta == 4 else 1.0
    for s in np.linspace(-10.7, 20.3, 32):
        exact = edge_values(beta, float(s), nodes=140)
        x = s / stretch
        assert abs(law.cdf(x) - exact.cdf) <= 1e-12
        assert abs(law.pdf(x) / stretch - exact.pdf) <= 1e-12


@pytest.mark.parametrize("beta", [1, 2, 4])
def test_tails_are_relatively_accurate(beta: int) -> None:
    law, stretch = tracy_widom(beta), math.sqrt(2) if beta == 4 else 1.0
    for s in (1.5, 6.0, 30.0, 70.0):
        exact = edge_values(beta, s, nodes=140)
        assert law.logsf(s / stretch) == pytest.approx(exact.log_sf, abs=1e-11, rel=1e-13)
    assert law.sf(law.isf(1e-120)) == pytest.approx(1e-120, rel=1e-10, abs=0)


def test_painleve_gives_the_same_functions() -> None:
    """q'' = s q + 2 q^3, q ~ Ai: F_2 = exp(-int (x - s) q^2), F_1^2 = F_2 exp(-int q)."""

    def right(s: float, y: np.ndarray) -> list[float]:
        q, slope, _, square, _ = y
        return [slope, s * q + 2 * q**3, -square, -(q**2), -q]

    start = 7.0
    ai, prime = airy(start)[:2]
    tail = float(mpmath.quad(lambda x: mpmath.airyai(x), [start, mpmath.inf]))
    squares = float(mpmath.quad(lambda x: mpmath.airyai(x) ** 2, [start, mpmath.inf]))
    weighted = float(mpmath.quad(lambda x: (x - start) * mpmath.airyai(x) ** 2, [start, mpmath.inf]))
    places = np.array([3.0, 1.0, 0.0, -1.0, -2.0, -3.0])
    path = solve_ivp(right, (start, -3.0), [ai, prime, weighted, squares, tail], t_eval=places, method="DOP853",
                     rtol=1e-13, atol=1e-22).y  # fmt: skip
    second, first = np.exp(-path[2]), np.exp(-(path[2] + path[4]) / 2)
    fourth = second / first / 2 + first / 2
    assert np.max(np.abs(tracy_widom(2).cdf(places) - second)) < 1e-8
    assert np.max(np.abs(tracy_widom(1).cdf(places) - first)) < 1e-8
    assert np.max(np.abs(tracy_widom(4).cdf(places / math.sqrt(2)) - fourth)) < 1e-8


@pytest.mark.parametrize(("beta", "factor"), [(1, 1.0), (2, 1.0), (4, 2 ** (-1 / 6))])
def test_largest_eigenvalues_of_tridiagonal_models_follow_it(beta: int, factor: float) -> None:
    """Dumitriu and Edelman's matrices have the joint density of the docstring; n = 400 leaves about 1/n^(2/3)."""
    from scipy.linalg import eigh_tridiagonal

    rng, n, trials = np.random.default_rng(beta), 400, 300
    found = []
    for _ in range(trials):
        diagonal = rng.normal(size=n) * math.sqrt(2 / beta)
        beside = np.sqrt(rng.chisquare(beta * np.arange(n - 1, 0, -1))) / math.sqrt(beta)
        top = eigh_tridiagonal(diagonal, beside, eigvals_only=True, select="i", select_range=(n - 1, n - 1))[0]
        found.append(n ** (1 / 6) * (top - 2 * math.sqrt(n)) / factor)
    assert kstest(found, tracy_widom(beta).cdf).pvalue > 1e-3


def test_quantiles_and_samples_belong_together() -> None:
    law = tracy_widom(2)
    levels = np.array([1e-12, 0.01, 0.5, 0.99, 1 - 1e-12])
    assert law.cdf(law.ppf(levels)) == pytest.approx(levels, rel=1e-11, abs=0)
    assert kstest(law.rvs(2000, random_state=0), law.cdf).pvalue > 1e-3


@pytest.mark.parametrize("beta", [0, 3, True, "1", 1.5])
def test_other_betas_are_refused(beta: object) -> None:
    with pytest.raises(ParameterError, match="beta = 1, 2 or 4"):
        tracy_widom(beta)  # type: ignore[arg-type]
