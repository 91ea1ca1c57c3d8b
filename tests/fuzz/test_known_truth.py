"""A small part of the three fuzzers that know the truth; their scripts make many more runs."""

from __future__ import annotations

import pytest

from tests.fuzz import known_truth, spectra, statistical_claims


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
    kinds, failed = spectra.run(range(30), seed=1)
    assert not failed, "\n".join(failed)
    assert kinds["right"] > 20


def test_what_is_wrong_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spectra, "TOLERANCE", -1.0)
    assert spectra.outcome("1:0", False)[0] == "wrong"
    text = 'title = "x"\nmodel.expression = "semicircle()"\nclaim.moments = [0, 2]\n'
    monkeypatch.setattr(known_truth, "text_of", lambda _: (text, True))
    assert known_truth.outcome("0")[:2] == ("true: refuted", True)
