"""Every kind of measure answers every method of a spectrum, or says why not in the words of one table."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import scipy.stats

from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import marchenko_pastur, semicircle
from resolvent.derive.laws.record import Law
from resolvent.derive.tensor.tensor_law import classical_sum
from resolvent.numeric.spectrum import Spectrum
from resolvent.numeric.spectrum.formula_measure import FormulaMeasure
from resolvent.numeric.spectrum.measure import REFUSED

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "edge_test": ([2.5], 1, 0.05, 500),
    "expect": (np.cos,),
    "hilbert": (5.0,),
    "log_potential": (1j,),
    "moment": (2,),
    "outliers": (3,),
    "plot": (),
    "rvs": (3, 1),
    "stieltjes": (1j,),
} | dict.fromkeys(("pdf", "logpdf", "pdf_enclosure", "cdf", "logcdf", "sf", "logsf", "ppf", "isf"), (0.4,))
METHODS = [name for name in dir(Spectrum) if not name.startswith("_") and name not in ("of_measure", "measure", "law")]


@lru_cache(maxsize=3)
def spectrum(kind: str) -> Spectrum:
    """The semicircle law, or a convolution."""
    if kind == "algebraic":
        return Spectrum(semicircle())
    if kind == "dyadic":
        return Spectrum(classical_sum(semicircle("1/2"), semicircle("1/2")))
    return Spectrum.of_measure(FormulaMeasure(lambda x: np.sqrt(4 - x**2) / (2 * np.pi), [(-2.0, 2.0)]))


@pytest.mark.parametrize("kind", ["algebraic", "dyadic", "formula"])
@pytest.mark.parametrize("name", METHODS)
def test_every_kind_answers_every_method_or_says_why_not(kind: str, name: str) -> None:
    def answer() -> Any:
        found = getattr(spectrum(kind), name)
        return found(*ARGUMENTS.get(name, ())) if inspect.ismethod(found) else found

    try:
        assert answer() is not None
    except ParameterError:
        assert kind != "algebraic"
        with pytest.raises(ParameterError, match="|".join(REFUSED.values())):
            answer()


@pytest.mark.parametrize("kind", ["algebraic", "formula"])
@pytest.mark.parametrize(
    ("ask", "exact"),
    [
        (lambda r: r.isf(0.5), 0.0),
        (lambda r: r.median(), 0.0),
        (lambda r: r.logcdf(0.0), np.log(0.5)),
        (lambda r: r.logsf(0.0), np.log(0.5)),
        (lambda r: r.logpdf(0.0), -np.log(np.pi)),
        (lambda r: r.stats("mvsk"), (0.0, 1.0, 0.0, -1.0)),
        (lambda r: r.interval(1), (-2.0, 2.0)),
        (lambda r: r.stieltjes(1.5j), 0.5j),
        (lambda r: r.ppf(0.1), float(scipy.stats.semicircular(scale=2).ppf(0.1))),
    ],
)
def test_values_of_the_semicircle_law(kind: str, ask: Callable[[Spectrum], Any], exact: Any) -> None:
    assert ask(spectrum(kind)) == pytest.approx(exact, abs=1e-6)


def test_limits_of_a_formula_on_its_support_are_refused() -> None:
    with pytest.raises(ParameterError, match="limits of the transform on the support"):
        spectrum("formula").stieltjes(0.5)


@pytest.mark.parametrize("ask", [lambda r: r.stats("x"), lambda r: r.interval(2)])
def test_wrong_statistics_are_refused(ask: Callable[[Spectrum], Any]) -> None:
    with pytest.raises(ParameterError):
        ask(spectrum("algebraic"))


def test_spectra_of_equal_laws_are_equal() -> None:
    assert Spectrum(marchenko_pastur("1/2")) == Spectrum(marchenko_pastur("1/2"))
    assert hash(Spectrum(semicircle())) == hash(Spectrum(semicircle(1)))
    assert Spectrum(semicircle()) != Spectrum(semicircle(2))
    assert spectrum("formula") != spectrum("algebraic")


@pytest.mark.parametrize("kind", ["algebraic", "dyadic", "formula"])
def test_copies_are_equal(kind: str) -> None:
    rho = spectrum(kind)
    assert copy.copy(rho) == copy.deepcopy(rho) == rho


@pytest.mark.parametrize("kind", ["algebraic", "dyadic"])
def test_spectra_are_pickled_as_their_laws(kind: str) -> None:
    rho = pickle.loads(pickle.dumps(spectrum(kind)))  # noqa: S301
    assert rho == spectrum(kind)
    assert float(rho.cdf(0.3)) == float(spectrum(kind).cdf(0.3))


def test_a_new_kind_of_law_needs_its_measure_alone() -> None:
    class Fair(Law):
        """A law of this test's own."""

        parameters = ()

        def at(self) -> Fair:
            return self

        def moments(self, n: int) -> Any: ...
        def free_cumulants(self, n: int) -> Any: ...
        def statement(self, convention: str = "stieltjes") -> Any: ...

        def measure(self) -> FormulaMeasure:
            return FormulaMeasure(np.ones_like, [(0.0, 1.0)])

    assert Spectrum(Fair.__new__(Fair)).var() == pytest.approx(1 / 12, abs=1e-12)


def test_what_is_no_law_is_refused() -> None:
    with pytest.raises(ParameterError, match="needs a law; got str"):
        Spectrum("semicircle")  # type: ignore[arg-type]
