"""A small part of the three fuzzers that know the truth; their scripts make many more runs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvent.language.expressions import parse
from resolvent.numeric.spectrum.spectrum import Spectrum
from tests.fuzz import known_truth, spectra, statistical_claims
from tests.fuzz.compositions import Composition
from tests.fuzz.equation_at import EquationAt
from tests.oracles import marchenko_pastur_moments


@pytest.mark.slow
def test_no_claim_about_a_sampler_of_known_truth_is_judged_wrongly() -> None:
    kinds, failed = statistical_claims.run(range(60), seed=1, whole=30)
    assert not failed, "\n".join(failed)
    assert kinds["true: supported"] > 5
    assert kinds["false: refuted"] > 5


def test_no_file_of_known_truth_is_judged_wrongly() -> None:
    kinds, failed = known_truth.run(range(60), seed=1)
    assert not failed, "\n".join(failed)
    assert kinds["true: supported"] > 15
    assert kinds["false: refuted"] > 15


@pytest.mark.slow
def test_no_number_of_a_spectrum_near_a_transition_is_wrong() -> None:
    kinds, failed = spectra.run(range(100), seed=1)
    assert not failed, "\n".join(failed)
    assert kinds["right"] > 90


SUBJECT = Composition("marchenko_pastur(1/3)", marchenko_pastur_moments(Fraction(1, 3), 6))


def _words(monkeypatch: pytest.MonkeyPatch) -> str:
    """What the fuzzer says of one law, all of whose functions are called."""
    monkeypatch.setattr(spectra, "composition", lambda _: SUBJECT)
    monkeypatch.setattr(spectra, "_TABLES", 1.0)
    monkeypatch.setattr(spectra, "_EXPECTED", 1.0)
    return " ".join(spectra.outcome("1:0", True)[1])


@pytest.mark.parametrize(
    ("name", "word"),
    [("pdf", "pdf("), ("stieltjes", "stieltjes("), ("moment", "moment(1)"), ("var", "var()"), ("expect", "E 1/(x - "),
     ("ppf", "ppf(")],
)  # fmt: skip
def test_a_function_that_is_off_by_a_ten_millionth_is_seen(
    monkeypatch: pytest.MonkeyPatch, name: str, word: str
) -> None:
    right = getattr(Spectrum, name)
    assert _words(monkeypatch) == ""
    monkeypatch.setattr(Spectrum, name, lambda *arguments: right(*arguments) * (1 + 1e-7))
    assert word in _words(monkeypatch)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda i: replace(i, left=i.left + 1e-9), "real roots on both sides"),
        (lambda i: replace(i, right=i.right * (1 - 1e-9)), "real roots on both sides"),
        (lambda i: replace(i, left_exponent=Fraction(-1, 2)), "the slope is 0."),
        (lambda i: replace(i, right_exponent=Fraction(1, 3)), "the slope is 0."),
    ],
)
def test_an_edge_or_an_exponent_that_is_off_is_seen(monkeypatch: pytest.MonkeyPatch, change: Any, word: str) -> None:
    right = Spectrum(parse(SUBJECT.text)).intervals
    monkeypatch.setattr(Spectrum, "intervals", tuple(change(i) for i in right))
    assert word in _words(monkeypatch)


def test_a_law_with_other_moments_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = Composition(SUBJECT.text, [*SUBJECT.moments[:5], SUBJECT.moments[5] * (1 + Fraction(1, 10**30))])
    monkeypatch.setattr(spectra, "composition", lambda _: wrong)
    assert spectra.outcome("1:0", False)[0] == "wrong"


def test_a_file_that_is_judged_wrongly_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'title = "x"\nmodel.expression = "semicircle()"\nclaim.moments = [0, 2]\n'
    monkeypatch.setattr(known_truth, "text_of", lambda _: (text, True))
    assert known_truth.outcome("0")[:2] == ("true: refuted", True)


@given(st.integers(2, 5), st.integers(-20, 20), st.integers(1, 9))
def test_real_roots_are_counted(degree: int, shift: int, scale: int) -> None:
    """Of z = m^degree (scale m - shift): those of a polynomial whose roots NumPy finds."""
    equation = EquationAt({(1, 0): 1, (0, degree + 1): -scale, (0, degree): shift})
    x = 0.3
    roots = np.roots([-scale, shift, *[0] * (degree - 1), x])
    assert equation.real_roots(x) == np.sum(np.abs(roots.imag) < 1e-9)
