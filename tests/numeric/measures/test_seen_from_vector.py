"""The measure seen from the direction of a perturbation: exact moments, outliers, and a sampled matrix."""

import math

import numpy as np
import pytest

import resolvent as rv


@pytest.mark.parametrize("strength", [0.5, 2.0, -1.5])
def test_moments_are_those_of_the_perturbed_matrix(strength: float) -> None:
    """u^T (A + theta u u^T)^k u by words: u^T A u = 0, u^T A^2 u = 1 and u^T A^4 u = 2 for a semicircle."""
    found = rv.seen_from(rv.semicircle(), strength)
    t = strength
    expected = [t, 1 + t**2, 2 * t + t**3, 2 + 3 * t**2 + t**4]
    assert [found.moment(k) for k in (1, 2, 3, 4)] == pytest.approx(expected, abs=1e-10)


def test_atoms_are_the_outliers_with_their_overlaps() -> None:
    (atom,) = rv.seen_from(rv.marchenko_pastur("1/2"), 3, "multiplicative").atoms
    exact = rv.spike(rv.empirical([1.0]), "1/2", 4)
    assert (atom.point, atom.weight) == (pytest.approx(exact.location), pytest.approx(exact.overlap))
    assert rv.seen_from(rv.marchenko_pastur("1/2"), 0.3, "multiplicative").atoms == ()


def test_outliers_in_gaps_are_seen() -> None:
    law = rv.empirical([1, 5]).sample_covariance("1/10")
    found = rv.seen_from(law, 1, "multiplicative")
    assert len(found.atoms) == 2
    assert found.certificate.mass == pytest.approx(1, abs=1e-11)
    assert found.mean() == pytest.approx(6, abs=1e-10)


def test_a_sampled_matrix_agrees() -> None:
    rng, n = np.random.default_rng(0), 1500
    a = rng.normal(size=(n, n)) / math.sqrt(2 * n)
    a += a.T
    a[0, 0] += 2
    values, vectors = np.linalg.eigh(a)
    weights, found = vectors[0] ** 2, rv.seen_from(rv.semicircle(), 2)
    for x in (-1.0, 0.0, 1.0, 2.2):
        assert abs(np.sum(weights[values <= x]) - found.cdf(x)) < 4 / math.sqrt(n)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((2, "rectangular"), "additive or multiplicative"), ((-1, "multiplicative"), "above -1"), (("x",), "number")],
)
def test_bad_input_is_named(arguments: tuple, words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        rv.seen_from(rv.semicircle(), *arguments)
