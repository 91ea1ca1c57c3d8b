"""The measure seen from the direction of a perturbation: exact moments, outliers, and a sampled matrix."""

import math
from fractions import Fraction

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


@pytest.mark.parametrize("off", [-1e-5, 0.0, 1e-5])
def test_next_to_the_threshold_the_spike_at_the_edge_is_seen(off: float) -> None:
    """The density is rho/|1 + t m|^2, a spike of width off^2; the atom has the weight 1 - 1/t^2."""
    t = 1 + off
    found = rv.seen_from(rv.semicircle(), t)
    expected = [1, t, 1 + t**2, 2 * t + t**3, 2 + 3 * t**2 + t**4]
    assert [found.moment(k) for k in range(5)] == pytest.approx(expected, abs=1e-9)
    assert [a.weight for a in found.atoms] == pytest.approx([1 - 1 / t**2] if off > 0 else [], abs=1e-10)
    with pytest.raises(rv.NotCertified, match="take the threshold itself"):
        rv.seen_from(rv.semicircle(), 1 + 1e-7)


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


@pytest.mark.parametrize("strength", [2.0, -0.5])
def test_what_an_atom_at_zero_leaves_is_seen(strength: float) -> None:
    """u^T B^k u for B = (1 + t u u^T)^(1/2) A (same): (1 + t) m_1 and (1 + t) (m_2 + t m_1^2); and a sampled matrix."""
    rng, n = np.random.default_rng(2), 1500
    x = rng.normal(size=(n, n // 2)) / math.sqrt(n // 2)
    x[0] *= math.sqrt(1 + strength)
    values, vectors = np.linalg.eigh(x @ x.T)
    found = rv.seen_from(rv.marchenko_pastur(2), strength, "multiplicative")
    assert found.atoms[0].point == 0
    assert abs(np.sum(vectors[0][values < 1e-6] ** 2) - found.atoms[0].weight) < 4 / math.sqrt(n)
    expected = [1 + strength, (1 + strength) * (3 + strength)]
    assert [found.moment(k) for k in (1, 2)] == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("c", ["1/2", "1", "2", "7/3"])
@pytest.mark.parametrize("strength", [0.4, 3.0, -3.0])
def test_rectangular_moments_are_those_of_words(c: str, strength: float) -> None:
    """u^T ((X + t u v^T)(X + t u v^T)^T)^k u, k <= 3: tr m_j of X X^T and m_j/c of X^T X, u^T X v = 0."""
    law, t2 = rv.marchenko_pastur(c), strength**2
    found = rv.seen_from(law, strength, "rectangular", ratio=c)
    assert found.certificate.mass == pytest.approx(1, abs=1e-10)
    own = [float(m) for m in law.moments(3)]
    other = [float(Fraction(c)) * m for m in own]
    expected = [own[0] + t2, own[1] + 2 * t2 * own[0] + t2 * other[0] + t2**2]
    assert [found.moment(k) for k in (1, 2)] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("p", "n"), [(400, 800), (800, 400)])
@pytest.mark.parametrize("strength", [0.5, 2.5])
def test_a_sampled_rectangular_matrix_agrees(p: int, n: int, strength: float) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(p, n)) / math.sqrt(n)
    x[0, 0] += strength
    values, vectors = np.linalg.eigh(x @ x.T)
    law = rv.seen_from(rv.marchenko_pastur(Fraction(p, n)), strength, "rectangular", ratio=Fraction(p, n))
    for place in (1e-6, 0.3, 1.0, 3.0, 7.0):
        assert abs(np.sum(vectors[0][values <= place] ** 2) - law.cdf(place)) < 3 / math.sqrt(p)


def test_rectangular_atoms_are_the_outliers_of_the_equation() -> None:
    found = rv.seen_from(rv.empirical([1, 5]).sample_covariance("1/10"), 3, "rectangular", ratio="1/10")
    exact = rv.Spectrum(rv.atoms([1, 5]).sample_covariance("1/10")).outliers(3, "rectangular", ratio="1/10")
    assert len(found.atoms) == 2  # one in the gap
    assert found.certificate.mass == pytest.approx(1, abs=1e-11)
    outer = exact[-1]
    assert (found.atoms[-1].point, found.atoms[-1].weight) == pytest.approx((outer.location, outer.overlap), rel=1e-9)


def test_a_kernel_is_seen_as_before_without_a_perturbation() -> None:
    unmoved = rv.seen_from(rv.marchenko_pastur(2), 0, "rectangular", ratio=2)
    assert unmoved.cdf(0) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((2, "square"), "multiplicative or rectangular"),
        ((2, "rectangular"), "ratio"),
        ((-1, "multiplicative"), "above -1"),
        (("x",), "number"),
    ],
)
def test_bad_input_is_named(arguments: tuple, words: str) -> None:
    with pytest.raises(rv.ParameterError, match=words):
        rv.seen_from(rv.semicircle(), *arguments)
