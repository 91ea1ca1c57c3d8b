"""Outliers are taken out before the bulk is tested."""

from __future__ import annotations

import numpy as np
import pytest

from resolvent.conjectures.file.reader import conjecture_of
from resolvent.conjectures.statistics.bulk import bulk_of
from resolvent.conjectures.statistics.statistical_stage import examine
from resolvent.derive.laws.elementary import semicircle
from resolvent.numeric.matrices.ensembles import goe, symmetric_eigenvalues
from resolvent.numeric.spectrum.spectrum import Spectrum

SIZES = (100, 200)


def _spiked(size, rng, spikes):
    frame, _ = np.linalg.qr(rng.normal(size=(size, len(spikes))))
    return goe(size, rng) + frame @ np.diag(spikes) @ frame.T


def _graph(size, rng, share):
    edges = np.triu(rng.random((size, size)) < share, 1).astype(float)
    return (edges + edges.T) / np.sqrt(size * share * (1 - share))


def _draws(model, seed, trials=20, sizes=SIZES):
    rng = np.random.default_rng(seed)
    return {n: [symmetric_eigenvalues(model(n, rng)) for _ in range(trials)] for n in sizes}


def _status(draws, is_final=True):
    text = 'title = "x"\nmodel.expression = "semicircle()"\nclaim.law = "semicircle()"\ntest.resolution = 0.2\n'
    found = examine(conjecture_of(text), 0, Spectrum(semicircle()), {}, draws, 1.0, {}, is_final)
    assert found is not None
    return {f.status for f in found.findings} - {None}, found


@pytest.mark.parametrize("spikes", [(2.0,), (2.0, 3.0), (-2.0, 1.5), (2.0, 3.0, -2.5, 1.8, 6.0), (1.0,)])
def test_the_law_of_the_bulk_is_supported_beside_outliers(spikes):
    statuses, _ = _status(_draws(lambda n, rng: _spiked(n, rng, spikes), 1))
    assert statuses == {"supported"}


def test_as_many_are_taken_from_every_matrix():
    draws = {n: [np.append(np.linspace(-2, 2, n), [5.0 + 0.1 * k]) for k in range(7)] for n in (200, 400)}
    found = bulk_of(Spectrum(semicircle()), draws, {})
    assert found.taken == (0, 1)
    assert {len(e) for n in (200, 400) for e in found.eigenvalues[n]} == {200, 400}


def test_on_the_margin_none_is_taken_from_some_matrices_and_not_from_others():
    rng = np.random.default_rng(0)
    law = Spectrum(semicircle())
    edge = 2 + 4 * 3 * 200 ** (-2 / 3)
    draws = {n: [np.append(np.linspace(-2, 2, n), edge + 0.1 * rng.normal()) for _ in range(20)] for n in (200, 400)}
    assert {len(e) - n for n, trials in bulk_of(law, draws, {}).eigenvalues.items() for e in trials} in ({0}, {1})


def test_a_share_that_does_not_fall_belongs_to_the_law():
    draws = {n: [np.append(np.linspace(-2, 2, n), [3.0] * (n // 100)) for _ in range(7)] for n in (200, 400)}
    assert bulk_of(Spectrum(semicircle()), draws, {}).taken == (0, 0)
    statuses, _ = _status(draws)
    assert "refuted" in statuses


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_a_random_graph_whose_outlier_and_shift_have_opposite_signs_is_not_refuted(share):
    # The bulk moves by -sqrt(share/(1 - share)/n), the eigenvalue of size sqrt(n) counts for 1/n in every mean.
    statuses, found = _status(_draws(lambda n, rng: _graph(n, rng, share), 2, sizes=(200, 400)))
    assert "undecided" in statuses
    assert "refuted" not in statuses
    assert "corrections of the order size^-0.5" in next(f.text for f in found.findings if f.subject == "joint test")
    assert "the 1 highest of each matrix" in next(f.text for f in found.findings if f.subject == "outliers")


def test_a_law_with_wide_tails_is_no_law_with_heavy_tails():
    rng = np.random.default_rng(3)
    draws = {n: [np.sort(rng.normal(size=n)) for _ in range(20)] for n in (200, 400)}
    assert "refuted" in _status(draws)[0]


def test_half_of_the_trials_refute_no_gap_that_may_fall_slowly():
    draws = _draws(lambda n, rng: goe(n, rng) * (1 + n**-0.25), 4, trials=10, sizes=(200, 400))
    assert "refuted" not in _status(draws, is_final=False)[0]
