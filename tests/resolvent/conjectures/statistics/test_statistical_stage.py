"""The statistical stage on eigenvalues whose law is known, and the looks at it."""

import numpy as np
import pytest

from resolvent.catalog.conjectures.conjecture import REFUTED, SUPPORTED, UNDECIDED, Plan
from resolvent.conjectures.file.reader import conjecture_of
from resolvent.conjectures.statistics.statistical_findings import PointFindings
from resolvent.conjectures.statistics.statistical_stage import examine, looks, means_to_test
from resolvent.derive.errors import ParseError
from resolvent.derive.laws.elementary import semicircle
from resolvent.numeric.matrices.ensembles import goe, symmetric_eigenvalues
from resolvent.numeric.spectrum.spectrum import Spectrum
from resolvent.numeric.statistics.joint_test import JointTest

SIZES = (60, 120)


def _conjecture(claim='law = "semicircle()"', **plan):
    lines = "\n".join(f"{k} = {v}" for k, v in plan.items())
    return conjecture_of(f'title = "t"\n[claim]\n{claim}\n[test]\n{lines}\n')


def _draws(trials=20, scale=1.0, seed=0, change=None):
    rng = np.random.default_rng(seed)
    found = {}
    for n in SIZES:
        matrices = [goe(n, rng) * scale for _ in range(trials)]
        found[n] = [symmetric_eigenvalues(m if change is None else change(m)) for m in matrices]
    return found


def _examined(conjecture, draws, law=None, share=1.0, is_final=True, predicted=None):
    return examine(conjecture, 0, law, {}, draws, share, predicted or {}, is_final)


def _statuses(statistics):
    return {f.subject: f.status for f in statistics.findings if f.status is not None}


def test_a_true_law_is_supported_with_its_power():
    found = _examined(_conjecture(resolution=0.1), _draws(), Spectrum(semicircle()))
    assert _statuses(found) == {"power": SUPPORTED}
    assert found.dilation < 0.1
    assert found.rows == SIZES
    assert found.trials == 20


def test_too_coarse_a_run_is_undecided():
    found = _examined(_conjecture(resolution=0.001), _draws(), Spectrum(semicircle()))
    assert _statuses(found) == {"power": UNDECIDED}


def _notices(found):
    """Whether the law is not supported: refuted, or undecided for a slow correction that would explain the gap."""
    return found.test.p_value < found.level


def test_the_power_is_what_a_dilated_sample_shows():
    law = Spectrum(semicircle())
    runs = [_examined(_conjecture(), _draws(seed=s), law) for s in range(4)]
    delta = np.mean([r.dilation for r in runs])
    seen = [_notices(_examined(_conjecture(), _draws(scale=1 + 1.3 * delta, seed=10 + s), law)) for s in range(12)]
    missed = [_notices(_examined(_conjecture(), _draws(scale=1 + 0.2 * delta, seed=40 + s), law)) for s in range(12)]
    assert sum(seen) >= 10
    assert sum(missed) <= 3


def test_a_law_that_is_tested_by_its_mean_alone_has_no_power():
    # Four trials test T_1; it sees a dilation about 0 of what is not centred, but nothing of the width.
    draws = {n: [e + 3 for e in values] for n, values in _draws(trials=4).items()}
    found = _examined(_conjecture(), draws, Spectrum(semicircle() + 3))
    assert _statuses(found) == {"power": UNDECIDED}
    assert "only 1 of 6 statistics" in next(f.text for f in found.findings if f.subject == "power")


@pytest.mark.parametrize(("trials", "status"), [(8, UNDECIDED), (9, SUPPORTED)])
def test_a_law_is_supported_only_where_all_its_statistics_are_tested(trials, status):
    found = _examined(_conjecture(resolution=0.9), _draws(trials=trials), Spectrum(semicircle()))
    assert _statuses(found) == {"power": status}


def test_another_law_is_refuted_with_the_statistic_that_tells():
    found = _examined(_conjecture(), _draws(scale=1.1), Spectrum(semicircle()))
    assert found.is_refuted
    text = next(f.text for f in found.findings if f.status == REFUTED)
    assert "standard errors" in text
    assert "joint p-value" in text


def test_a_difference_that_chebyshev_statistics_do_not_see_shows_at_quantiles():
    # A lattice of 24 points has the first six Chebyshev means of the arcsine law, but jumps of 1/24.
    from resolvent.derive.laws.elementary import arcsine

    places = 2 * np.cos((2 * np.arange(24) + 1) * np.pi / 48)
    draws = {n: [np.sort(np.repeat(places, n // 24))] * 8 for n in (480, 960)}
    found = _examined(_conjecture(), draws, Spectrum(arcsine(2)))
    assert _statuses(found) == {"distribution": REFUTED}
    assert found.test.p_value > 0.9


def test_a_distance_that_does_not_fall_refutes():
    draws = {n: [np.full(n, 0.1 + 1e-3 * k) for k in range(8)] for n in SIZES}
    found = _examined(_conjecture(), draws, Spectrum(semicircle()))
    assert _statuses(found)["distance"] == REFUTED


def test_predicted_outliers_are_left_out_of_the_statistics():
    class Predicted:
        location, reason = 100.0, "on purpose"

    draws = {n: [np.append(e[:-1], 100.0) for e in values] for n, values in _draws().items()}
    law = Spectrum(semicircle())
    found = _examined(_conjecture(resolution=0.2), draws, law, predicted={key: [Predicted] for key in SIZES})
    assert not found.is_refuted
    assert [len(seen) for _, _, seen in found.predicted] == [20]
    assert all(len(o) == 0 for o in found.outside)


@pytest.mark.parametrize(
    ("claim", "is_right"),
    [
        ('moments = [0, 1, 0, 2]', True),
        ('moments = [0, 1.1]', False),
        ('means = [{of = "abs(x)", value = "8/(3*pi)"}]', True),
        ('means = [{of = "abs(x)", value = "9/(3*pi)"}]', False),
        ('atoms = [{at = 0, weight = 0}]', True),
        ('atoms = [{at = 0, weight = "1/10"}]', False),
    ],
)  # fmt: skip
def test_claims_without_a_law_are_tested_themselves(claim, is_right):
    found = _examined(_conjecture(claim, resolution=0.5), _draws())
    assert found.is_refuted is not is_right
    assert found.distances == ()


def test_a_claim_without_a_law_says_which_of_its_parts_are_tested():
    claim = (
        'moments = [0, 1, 0, 2]\nmeans = [{of = "x**3", value = 0}, {of = "abs(x)", value = "8/(3*pi)"}]\natoms = []'
    )
    found = _examined(_conjecture(claim, resolution=0.5), _draws(trials=8))
    texts = {f.subject: f.text for f in found.findings}
    assert texts["moments"] == "all 4 are in the joint test"
    assert texts["means"] == "only 1 of 2 are tested; more trials test more"
    assert "not tested" in texts["atoms"]
    assert _statuses(found) == {"power": SUPPORTED, "means": UNDECIDED, "atoms": UNDECIDED}


def test_a_function_that_is_not_finite_on_the_eigenvalues_is_named_with_its_line():
    with pytest.raises(ParseError, match=r"line 3, .*log\(x\) has no finite value"):
        _examined(_conjecture('means = [{of = "log(x)", value = 0}]'), _draws(trials=6))


def test_the_rest_after_extrapolation_does_not_refute_a_mean_of_zero():
    # At sizes 5 and 10 the mean of x^4 - 2 is off by 5/50 after extrapolation, whatever the number of trials.
    rng = np.random.default_rng(0)
    draws = {n: [np.linalg.eigvalsh(goe(n, rng)) for _ in range(4000)] for n in (5, 10)}
    found = _examined(_conjecture('means = [{of = "x**4 - 2", value = 0}]'), draws)
    assert not found.is_refuted


def test_nothing_that_has_a_mean_is_no_statistic():
    assert _examined(_conjecture("edges = [-2, 2]"), _draws()) is None
    assert means_to_test(_conjecture("edges = [-2, 2]").claim, None, {}, 6, np.zeros(1)) is None


def test_looks_share_the_level():
    for trials in (4, 15, 16, 20, 101):
        found = looks(Plan(trials=trials))
        assert found[-1][0] == trials
        assert sum(share for _, share in found) == pytest.approx(1.0)


def test_the_numbers_are_plain_data():
    import json

    found = _examined(_conjecture(), _draws(), Spectrum(semicircle())).to_json()
    again = json.loads(json.dumps(found))
    assert again["sizes"] == list(SIZES)
    assert [s["name"] for s in again["statistics"]] == [f"T_{k}" for k in range(1, 7)]


def test_a_joint_test_that_passes_at_large_scores_says_why() -> None:
    """Twelve standard errors look like a refutation; with errors from ten matrices they have p = 0.004."""
    conjecture = conjecture_of('title = "x"\nmodel.expression = "semicircle(1)"\nclaim.moments = [0, 1]', "x.toml")
    found = PointFindings("", conjecture, {})
    test = JointTest(
        ("T_1", "T_2"), np.zeros(2), np.array([-0.13, 0.26]), np.array([0.016, 0.022]), 10, 9.0, 0.0036, np.eye(2)
    )
    found.joint(test, 0.0005, None, np.zeros(2))
    (finding,) = found.found
    assert finding.status is None
    assert "passes, p = 0.0036, above the level 0.0005" in finding.text
    assert "11.8, of T_2, is large, but the errors are estimated from 10 matrices" in finding.text


@pytest.mark.parametrize(("unit", "origin"), [(1.0, 0.0), (1e-9, 0.0), (1e-9, 7.0), (1e9, 0.0)])
def test_the_share_at_an_atom_depends_on_no_unit_and_origin(unit, origin):
    # half of the eigenvalues are at the atom, the rest in a bulk beside it; all of them are near it in a large unit
    rng = np.random.default_rng(3)
    draws = {n: [origin + unit * np.r_[np.zeros(n // 2), rng.uniform(1, 2, n // 2)] for _ in range(8)] for n in SIZES}
    for weight, expected in (("1/2", False), ("1", True)):
        found = _examined(_conjecture(f'atoms = [{{at = "{origin!r}", weight = "{weight}"}}]'), draws)
        assert found.is_refuted is expected
