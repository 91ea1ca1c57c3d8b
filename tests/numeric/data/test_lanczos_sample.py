"""Comparisons of matrices that are known by their products with vectors."""

import numpy as np
import pytest
from scipy.sparse.linalg import LinearOperator

import resolvent as rv
from resolvent.numeric.data.lanczos_sample import lanczos_sample

LAW = rv.Spectrum(rv.marchenko_pastur("1/2"))
X = np.random.default_rng(0).normal(size=(800, 1600))
X[0] *= 3


def operator() -> LinearOperator:
    return LinearOperator(X.shape, matvec=lambda v: X @ v, rmatvec=lambda v: X.T @ v, dtype=float)


def test_an_operator_gives_its_sums_within_their_errors_and_its_component() -> None:
    found = rv.compare(operator(), LAW, singular=True, lanczos=True)
    exact = rv.compare(X, LAW, singular=True)
    assert found.verdict == "undecided"
    assert (found.count, found.is_estimated, found.components) == (800, True, 1)
    (one,), (other,) = found.edges[0].components, exact.edges[0].components
    assert one.value == pytest.approx(other.value, rel=1e-8)
    for a, b in zip(found.statistics, exact.statistics, strict=True):
        assert abs(a.excess - b.excess) < 3 * a.deviation
    assert "by stochastic Lanczos quadrature" in found.text()
    assert found.to_json()["estimated"]


def test_a_wrong_law_is_refuted_by_lanczos() -> None:
    assert rv.compare(1.2 * X, LAW, singular=True, lanczos=True).verdict == "refuted"


def test_zeros_are_counted_with_their_error() -> None:
    sample = lanczos_sample(X[:, :200], True)
    count, error = sample.zeros(5.0)
    assert 0 < error < 60
    assert abs(count - 600) < 4 * error


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (X, "not square"),
        (X[:, :800], "not symmetric"),
        ([1.0, 2.0], "needs a matrix"),
        (1j * np.eye(9), "real matrices"),
    ],
)
def test_bad_input_is_named(matrix: object, words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        rv.compare(matrix, LAW, lanczos=True)


def test_probes_are_no_rows_of_data_made_with_a_seed_of_everyday_use() -> None:
    """The first draws of `default_rng(0)` as probes of a matrix of them: v^T A v is 1.4 tr A/p, a true law fell."""
    for seed in range(4):
        rows = np.random.default_rng(seed).normal(size=(1000, 400))
        assert rv.compare(rows.T, rv.marchenko_pastur("2/5"), singular=True, lanczos=True).verdict == "undecided"


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_a_matrix_in_other_units_is_refuted_by_lanczos(factor: float) -> None:
    assert rv.compare(factor * X, LAW, singular=True, lanczos=True).verdict == "refuted"
