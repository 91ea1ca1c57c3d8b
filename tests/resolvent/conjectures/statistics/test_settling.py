"""Means that do not settle are undecided, whatever is claimed of them; very large ones that do are tested."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from resolvent.catalog.conjectures.conjecture import SUPPORTED, UNDECIDED
from resolvent.conjectures.file.reader import conjecture_of
from resolvent.conjectures.statistics.settling import unsettled
from resolvent.conjectures.statistics.statistical_stage import PointStatistics, examine
from resolvent.derive.errors import ParseError
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.numeric.matrices.ensembles import goe
from resolvent.numeric.statistics.empirical_spectrum import power_statistics

SIZES, TRIALS = (60, 120), 20
Sampler = Callable[[int, np.random.Generator], Array]


def cauchy(n: int, rng: np.random.Generator) -> Array:
    return rng.standard_cauchy(n)


def levy(n: int, rng: np.random.Generator) -> Array:
    """A Wigner matrix with entries of infinite variance: its eigenvalues have the tails of the entries."""
    entries = np.triu(rng.standard_cauchy((n, n)))
    return np.linalg.eigvalsh(entries + np.triu(entries, 1).T) / n


def inverse_wishart(n: int, rng: np.random.Generator) -> Array:
    """The inverse of a square Wishart matrix, whose smallest eigenvalue is of order 1/n^2."""
    x = rng.normal(size=(n, n)) / np.sqrt(n)
    return 1 / np.linalg.eigvalsh(x @ x.T)


def wigner(n: int, rng: np.random.Generator) -> Array:
    return np.linalg.eigvalsh(goe(n, rng))


def independent(n: int, rng: np.random.Generator) -> Array:
    return rng.standard_normal(n)


def path(n: int, rng: np.random.Generator) -> Array:
    return 2 * np.cos(np.arange(1, n + 1) * np.pi / (n + 1))


def draws(sampler: Sampler, seed: int = 0, scale: float = 1.0) -> dict[int, list[Array]]:
    return {n: [np.sort(scale * sampler(n, np.random.default_rng([seed, n, k]))) for k in range(TRIALS)] for n in SIZES}


def examined(claim: str, found: dict[int, list[Array]]) -> PointStatistics:
    conjecture = conjecture_of(f'title = "t"\nclaim.{claim}\ntest.resolution = 0.5')
    statistics = examine(conjecture, 0, None, {}, found, 1.0, {}, True)
    assert statistics is not None
    return statistics


@pytest.mark.parametrize("sampler", [cauchy, levy, inverse_wishart])
@pytest.mark.parametrize("seed", range(10))
def test_heavy_tails_leave_everything_undecided(sampler: Sampler, seed: int) -> None:
    found = examined("moments = [0, 1, 0, 2]", draws(sampler, seed))
    statuses = {f.status for f in found.findings} - {None}
    assert statuses == {UNDECIDED}
    assert any("does not settle" in f.text for f in found.findings)
    assert found.dilation == np.inf


@pytest.mark.parametrize(("sampler", "count"), [(wigner, 6), (independent, 3), (path, 6)])
@pytest.mark.parametrize("seed", range(5))
def test_means_that_exist_settle(sampler: Sampler, count: int, seed: int) -> None:
    assert unsettled(power_statistics(count), draws(sampler, seed)) == ""


def test_means_as_large_as_1e160_are_tested() -> None:
    found = draws(wigner, scale=1e40)
    right = examined('moments = [0, "1e80", 0, "2e160"]', found)
    assert [f.status for f in right.findings if f.subject == "power"] == [SUPPORTED]
    assert right.test.expected.tolist() == [0, 1e80, 0, 2e160]
    assert np.all(np.isfinite(right.test.errors))
    assert examined('moments = [0, "1.2e80", 0, "2e160"]', found).is_refuted


@pytest.mark.parametrize("function", ["exp(x**9)", "exp(1000*x)", "x**2000"])
def test_means_that_no_number_holds_are_refused_with_their_line(function: str) -> None:
    with pytest.raises(ParseError, match=r"line 2, claim: .* has no finite value"):
        examined(f'means = [{{of = "{function}", value = 1}}]', draws(wigner, scale=3.0))
