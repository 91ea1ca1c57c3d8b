"""Outliers of numeric laws against those of their algebraic twins."""

import pytest

import resolvent as rv

EXACT = rv.Spectrum(rv.atoms([1, 6]).sample_covariance("1/10"))
FOUND = rv.Spectrum(rv.empirical([1, 6]).sample_covariance("1/10"))


@pytest.mark.parametrize("kind", ["additive", "multiplicative"])
@pytest.mark.parametrize("strength", [0.2, 3, -0.7])
def test_outliers_agree_with_those_of_the_equation(kind: str, strength: float) -> None:
    (exact,), (found,) = EXACT.outliers(strength, kind), FOUND.outliers(strength, kind)
    assert len(found.outliers) == len(exact.outliers)
    for a, b in zip(found.outliers, exact.outliers, strict=True):
        assert (a.location, a.overlap) == (pytest.approx(b.location, rel=1e-11), pytest.approx(b.overlap, rel=1e-9))
        assert a.gap == pytest.approx(b.gap)
    assert found.outer == exact.outer
    assert found.threshold == pytest.approx(exact.threshold, rel=1e-7)
    assert [t.strength for t in found.thresholds] == pytest.approx([t.strength for t in exact.thresholds], rel=1e-7)


@pytest.mark.parametrize("strength", [0.3, 0.9, 2, -3])
@pytest.mark.parametrize(("population", "c"), [([1, 6], "1/10"), ([1, 20], 2), ([2, 200], "1/100")])
def test_rectangular_outliers_agree_with_those_of_the_equation(strength: float, population: list[int], c: str) -> None:
    (exact,) = rv.Spectrum(rv.atoms(population).sample_covariance(c)).outliers(strength, "rectangular", ratio=c)
    (found,) = rv.Spectrum(rv.empirical(population).sample_covariance(c)).outliers(strength, "rectangular", ratio=c)
    assert len(found.outliers) == len(exact.outliers)
    for a, b in zip(found.outliers, exact.outliers, strict=True):
        assert a.location == pytest.approx(b.location, rel=1e-11)
        assert (a.overlap, a.right_overlap) == pytest.approx((b.overlap, b.right_overlap), rel=1e-9)
        assert a.gap == pytest.approx(b.gap)
    assert (found.outer, found.kind) == (exact.outer, exact.kind)
    assert [t.point for t in found.thresholds] == pytest.approx([t.point for t in exact.thresholds])
    assert [t.strength for t in found.thresholds] == pytest.approx([t.strength for t in exact.thresholds], rel=1e-6)


def test_bad_ratios_are_named() -> None:
    for ratio, words in ((None, "needs the ratio"), (-1, "must be positive")):
        with pytest.raises(rv.ParameterError, match=words):
            FOUND.outliers(1, "rectangular", ratio=ratio)
    with pytest.raises(rv.ParameterError, match="rectangular kind only"):
        FOUND.outliers(1, ratio=1)
    with pytest.raises(rv.DerivationError, match=r"has the mass 0\.5 at 0 at least; this law has 0"):
        FOUND.outliers(1, "rectangular", ratio=2)
    with pytest.raises(rv.DerivationError, match=r"X X\^T needs a law"):
        rv.Spectrum(rv.empirical([-1, 1]) + rv.semicircle(2)).outliers(1, "rectangular", ratio=1)


def test_a_strength_of_nothing_is_refused() -> None:
    with pytest.raises(rv.ParameterError, match="changes nothing"):
        FOUND.outliers(0)


@pytest.mark.parametrize("unit", [10**-13, 1e-8, 1e9])
@pytest.mark.parametrize(("kind", "power", "ratio"), [("additive", 1, None), ("rectangular", 0.5, "1/10")])
def test_outliers_depend_on_no_unit(unit: float, kind: str, power: float, ratio: str | None) -> None:
    (one,) = FOUND.outliers(3, kind, ratio)
    law = rv.empirical([unit, 6 * unit]).sample_covariance("1/10")
    (other,) = rv.Spectrum(law).outliers(3 * unit**power, kind, ratio)
    assert len(other.outliers) == len(one.outliers) > 0
    for a, b in zip(other.outliers, one.outliers, strict=True):
        assert (a.location / unit, a.overlap) == (
            pytest.approx(b.location, rel=1e-11),
            pytest.approx(b.overlap, rel=1e-9),
        )


def test_a_spike_that_is_seen_depends_on_no_unit() -> None:
    # one value: location = strength (1 + c/(strength - 1))
    for unit in (1e-13, 1.0, 1e9):
        assert rv.spike_of(rv.empirical([unit]), "1/2", 4 * (1 + 0.5 / 3) * unit).strength / unit == pytest.approx(4)


def test_a_small_law_with_mass_below_zero_has_it_nonetheless() -> None:
    law = rv.empirical([-1e-13, 1e-13]) + rv.semicircle("1/1" + 28 * "0")
    assert not law.nonnegative
    with pytest.raises(rv.DerivationError, match="reaches down to"):
        law.symmetric_root().measure()
    with pytest.raises(rv.DerivationError, match="reaches down to"):
        law @ law
    with pytest.raises(rv.ParameterError, match="no negative eigenvalues"):
        rv.RidgeRegression(law, 1)
