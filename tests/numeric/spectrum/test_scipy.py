"""Spectra where a distribution of SciPy is expected, and arrays with labels."""

import numpy as np
import pytest
from scipy import stats

import resolvent as rv

RHO = rv.Spectrum(rv.semicircle())


def test_numbers_give_numbers() -> None:
    for name in ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf"):
        assert isinstance(getattr(RHO, name)(0.25), float), name
    assert isinstance(RHO.stieltjes(1j), complex)
    assert isinstance(RHO.rvs(random_state=1), float)
    assert RHO.rvs(1).shape == (1,)
    assert all(isinstance(value, float) for value in (RHO.median(), *RHO.interval(), *RHO.stats("mvsk")))


def test_random_states_of_every_kind_are_taken() -> None:
    old = np.random.RandomState(3)
    for state in (3, np.random.default_rng(3), old):
        assert RHO.rvs(size=(2, 2), random_state=state).shape == (2, 2)
    with pytest.raises(rv.ParameterError, match="random_state"):
        RHO.rvs(3, random_state="seed")


def test_tests_of_scipy_take_it() -> None:
    values = RHO.rvs(300, random_state=1)
    assert stats.kstest(values, RHO.cdf).pvalue > 0.01
    assert stats.kstest(2 * values, RHO.cdf).pvalue < 0.05
    found = stats.goodness_of_fit(
        RHO.distribution(), values, known_params={"loc": 0, "scale": 1}, statistic="ks", n_mc_samples=99,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    assert found.pvalue > 0.01


def test_the_distribution_is_that_of_scipys_semicircle() -> None:
    ours, theirs = RHO.distribution(), stats.semicircular(scale=2)
    x = np.linspace(-2.5, 2.5, 21)
    assert ours.cdf(x) == pytest.approx(theirs.cdf(x), abs=1e-14)
    assert ours.pdf(x) == pytest.approx(theirs.pdf(x), abs=1e-14)
    assert ours.ppf([0.1, 0.9], loc=3, scale=2) == pytest.approx(stats.semicircular(3, 4).ppf([0.1, 0.9]))
    assert [ours.mean(), ours.var()] == pytest.approx([0, 1], abs=1e-12)
    with pytest.raises(rv.ParameterError, match="has atoms"):
        rv.Spectrum(rv.marchenko_pastur(2)).distribution()


def test_pandas_keeps_its_labels() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is optional")
    series = pandas.Series([-1.0, 0.5, 2.0], index=list("abc"), name="x")
    found = RHO.pdf(series)
    assert list(found.index) == list("abc")
    assert found.to_numpy() == pytest.approx(RHO.pdf(series.to_numpy()))
    frame = pandas.DataFrame({"u": [0.1, 0.2], "v": [0.3, 0.4]})
    assert list(RHO.ppf(frame).columns) == ["u", "v"]
    cleaned = rv.shrink(pandas.Series(np.linspace(0.5, 2, 40), index=range(5, 45)), "1/4")
    assert cleaned.index[0] == 5


def test_xarray_keeps_its_dimensions() -> None:
    xarray = pytest.importorskip("xarray", reason="xarray is optional")
    array = xarray.DataArray(np.zeros((2, 3)), dims=("time", "place"))
    assert RHO.cdf(array).dims == ("time", "place")
    assert RHO.logpdf(array).dims == ("time", "place")


@pytest.mark.parametrize(
    "bounds", [{"lb": 0.5}, {"ub": -1.9}, {"lb": -0.3, "ub": 1.2}, {"lb": -5, "ub": 5}, {"lb": 1.999}]
)
@pytest.mark.parametrize("conditional", [False, True])
def test_integrals_over_a_part_are_scipys(bounds: dict[str, float], conditional: bool) -> None:
    theirs = stats.semicircular(scale=2)
    for function in (lambda x: np.ones_like(x), lambda x: x**2 - x, None):
        options = {} if function is None else {"func": function}
        with np.errstate(all="ignore"):
            expected = theirs.expect(function, conditional=conditional, epsabs=1e-13, **bounds)
        found = RHO.expect(conditional=conditional, **options, **bounds)
        assert found == pytest.approx(expected, abs=1e-8)  # what SciPy reaches


def test_atoms_at_the_bounds_count_and_functions_are_not_evaluated_beyond() -> None:
    rho = rv.Spectrum(rv.marchenko_pastur(2))  # half of the mass at 0
    assert rho.expect(lambda x: x + 1, lb=0, ub=0) == pytest.approx(0.5, abs=1e-12)
    assert rho.expect(np.log, lb=1) == pytest.approx(rho.expect(lambda x: np.log(np.maximum(x, 1))), abs=1e-10)
    assert rho.expect(lb=None, ub=None) == pytest.approx(rho.mean(), abs=1e-12)
    discrete = rv.Spectrum(rv.atoms([1, 2, 3]))
    assert discrete.expect(lb=2, conditional=True) == pytest.approx(2.5)
    assert discrete.expect(lambda x: np.array([x, x**2]), lb=1, ub=2) == pytest.approx([1, 5 / 3])
    assert discrete.moment(order=2) == pytest.approx(14 / 3)


def test_bounds_without_sense_are_named() -> None:
    with pytest.raises(rv.ParameterError, match="must increase"):
        RHO.expect(lb=1, ub=0)
    with pytest.raises(rv.ParameterError, match="must increase"):
        RHO.expect(lb=float("nan"))
    with pytest.raises(rv.ParameterError, match="no mass between 3 and inf"):
        RHO.expect(lb=3, conditional=True)
