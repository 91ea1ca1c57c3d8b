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


def test_rectangular_outliers_need_an_equation() -> None:
    with pytest.raises(rv.ParameterError, match="algebraic laws only"):
        FOUND.outliers(1, "rectangular", ratio="1/10")


def test_a_strength_of_nothing_is_refused() -> None:
    with pytest.raises(rv.ParameterError, match="changes nothing"):
        FOUND.outliers(0)
