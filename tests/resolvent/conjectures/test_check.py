"""The check as a whole: what does not depend on how the work is spread, resuming, stopping early, and refusals."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import resolvent as rv
from resolvent.conjectures.check import check, check_conjecture, exact_findings
from resolvent.conjectures.file.reader import conjecture_of
from resolvent.derive.errors import ParameterError, ParseError

SAMPLERS = """
import numpy as np

def wigner(size, rng, scale=1.0):
    a = rng.standard_normal((size, size))
    return scale * (a + a.T) / np.sqrt(2 * size)

def values(size, rng):
    return np.linalg.eigvalsh(wigner(size, rng))

def fails(size, rng):
    raise RuntimeError("no luck")

def crooked(size, rng):
    return rng.standard_normal((size, size))

def hermitian(size, rng):
    return np.eye(size) * (1 + 0j)

def infinite(size, rng):
    return np.full(size, np.inf)
"""


@pytest.fixture
def write(tmp_path):
    """A conjecture file, with samplers beside it under a name of their own: modules are imported once."""
    module = f"samplers_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{module}.py").write_text(SAMPLERS)

    def file(body: str, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.write_text(f'title = "mine"\n{body}'.replace("@", module))
        return path

    return file


WIGNER = '[model]\nfunction = "@:wigner"\n[claim]\nlaw = "semicircle()"\n[test]\nsizes = [30, 60]\n'


def test_the_front_door_is_the_check():
    assert rv.check is check


@pytest.mark.slow
@pytest.mark.parametrize("spread", [{"jobs": 2}, {"jobs": 2, "scheduler": "local"}], ids=["two workers", "dask"])
def test_the_numbers_do_not_depend_on_how_the_work_is_spread(write, spread):
    path = write('[model]\nexpression = "semicircle() + marchenko_pastur(c)"\n[[parameters]]\nc = "1/2"\n'
                 '[[parameters]]\nc = 2\n[claim]\nmoments = [1]\n[test]\nsizes = [20, 40]\ntrials = 9\n')  # fmt: skip
    alone = check(path).to_json()
    assert json.dumps(check(path, **spread).to_json()) == json.dumps(alone)


def test_another_seed_gives_other_numbers(write):
    one = check(write(WIGNER + "seed = 1"), allow_code=True).to_json()
    two = check(write(WIGNER + "seed = 2"), allow_code=True).to_json()
    assert one["statistics"][0]["p_value"] != two["statistics"][0]["p_value"]


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_numbers(write, tmp_path):
    path = write(WIGNER.replace("[30, 60]", "[150, 300]") + "trials = 40\n")
    whole = check(path, allow_code=True).to_json()
    journal = tmp_path / "journal"
    command = [sys.executable, "-m", "resolvent", "check", str(path), "--allow-code", "--journal", str(journal),
               "--jobs", "2"]  # fmt: skip
    for patience in (2.0, 2.5, 3.0):
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(patience)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    ended = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False)
    assert json.loads(ended.stdout) == whole
    with contextlib.closing(sqlite3.connect(journal)) as book:
        places = book.execute("SELECT point, size, number FROM trials").fetchall()
    assert len(places) == len(set(places)) == 80


def test_a_journal_of_another_conjecture_is_refused(write, tmp_path):
    journal = tmp_path / "journal"
    check(write(WIGNER + "trials = 6"), allow_code=True, journal=journal)
    with pytest.raises(ParameterError, match="another"):
        check(write(WIGNER + "trials = 6\nseed = 5"), allow_code=True, journal=journal)


def test_more_trials_go_on_from_the_same_journal(write, tmp_path):
    journal = tmp_path / "journal"
    drawn = []
    check(write(WIGNER + "trials = 6"), allow_code=True, journal=journal)
    check(write(WIGNER + "trials = 8"), allow_code=True, journal=journal, progress=lambda: drawn.append(1))
    assert len(drawn) == 4


def test_a_plain_error_of_the_law_ends_the_run_at_half_of_the_trials(write):
    body = WIGNER.replace("semicircle()", "1.3*semicircle()") + "trials = 40"
    found = check(write(body), allow_code=True)
    assert found.verdict == "refuted"
    assert found.statistics[0].trials == 20


def test_what_the_exact_stage_refutes_is_not_sampled(write):
    drawn = []
    body = '[model]\nexpression = "semicircle()"\n[claim]\nmoments = [1]\n'
    found = check(write(body), progress=lambda: drawn.append(1))
    assert found.verdict == "refuted"
    assert not drawn
    assert found.statistics == ()


def test_nothing_is_supported_without_power(write):
    found = check(write(WIGNER + "trials = 10\nresolution = 1e-6"), allow_code=True)
    assert found.verdict == "undecided"
    assert found.exit_status == 3
    assert found.first_wrong.subject == "power"


def test_without_sampling_an_underived_model_stays_undecided(write):
    assert check(write(WIGNER), exact_only=True).verdict == "undecided"


def test_a_sampler_that_breaks_an_assumption_is_not_judged_by_the_law_alone():
    text = """
title = "t"
model = {ensemble = "hessian", sampler = "network"}
parameters = {phi = "1/2", eps = 1}
claim.moments = [1]
"""
    assert check_conjecture(conjecture_of(text), exact_only=True).verdict == "undecided"
    plain = text.replace(', sampler = "network"', "")
    assert check_conjecture(conjecture_of(plain), exact_only=True).verdict == "supported"


def test_moments_alone_are_supported_by_matrices(write):
    body = WIGNER.replace('law = "semicircle()"', "moments = [0, 1, 0, 2]")
    assert check(write(body + "resolution = 0.2"), allow_code=True).verdict == "supported"
    wrong = body.replace("[0, 1, 0, 2]", "[0, 1, 0, 3]")
    assert check(write(wrong + "resolution = 0.2"), allow_code=True).verdict == "refuted"


@pytest.mark.parametrize(
    "claim",
    [
        'moments = ["sqrt(0 - 1)"]',
        'means = [{of = "x", value = "log(0 - 1)"}]',
        'law = "semicircle()"\noutliers = ["sqrt(0 - 9)"]',
    ],
)
def test_numbers_that_are_not_real_are_refuted_before_sampling(write, claim):
    found = check(write(WIGNER.replace('law = "semicircle()"', claim)), allow_code=True)
    assert found.verdict == "refuted"
    assert "has no real value here" in found.first_wrong.text


def test_numbers_that_cannot_be_computed_are_undecided_and_not_sampled(write):
    found = check(write(WIGNER.replace('law = "semicircle()"', 'moments = ["1/(sqrt(2)**2 - 2)"]')), allow_code=True)
    assert found.verdict == "undecided"
    assert "line 5, claim.moments: 1/(sqrt(2)**2 - 2) cannot be computed here" in found.first_wrong.text
    assert not found.statistics


def test_a_density_with_its_atoms_is_supported_by_matrices(write):
    claim = 'density = "sqrt(4 - x**2)/(2*pi)"\nintervals = [[-2, 2]]\natoms = []'
    body = WIGNER.replace('law = "semicircle()"', claim)
    assert check(write(body + "resolution = 0.2"), allow_code=True).verdict == "supported"


def test_a_sampler_may_return_eigenvalues(write):
    found = check(write(WIGNER.replace("wigner", "values") + "resolution = 0.5"), allow_code=True)
    assert found.verdict == "supported"


def test_parameters_reach_the_sampler(write):
    body = ('[model]\nfunction = "@:wigner"\n[parameters]\nscale = 2\n[claim]\nlaw = "scale*semicircle()"\n'
            "[test]\nsizes = [40, 80]\nresolution = 0.5\n")  # fmt: skip
    assert check(write(body), allow_code=True).verdict == "supported"


def test_a_claimed_density_is_tested_alone(write):
    body = WIGNER.replace('law = "semicircle()"', 'density = "sqrt(4 - x**2)/(2*pi)"\nintervals = [[-2, 2]]')
    assert check(write(body + "resolution = 0.2"), allow_code=True).verdict == "supported"
    wrong = body.replace("sqrt(4 - x**2)/(2*pi)", "1/(pi*sqrt(4 - x**2))")
    assert check(write(wrong), allow_code=True).verdict == "refuted"


def test_a_density_against_its_own_moments(write):
    body = 'claim = {density = "sqrt(4 - x**2)/(2*pi)", intervals = [[-2, 2]], moments = [0, 1, 0, 3]}'
    found = check(write(body))
    assert found.verdict == "refuted"
    assert "m_4 is claimed to be 3; the claimed density has 2" in found.first_wrong.text


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fails", "RuntimeError: no luck"),
        ("crooked", "not symmetric"),
        ("infinite", "not finite"),
        ("hermitian", "complex numbers; return the eigenvalues"),
        ("missing", "has no function 'missing'"),
    ],
)
def test_what_is_wrong_with_a_sampler_is_said(write, name, message):
    with pytest.raises(rv.ResolventError, match=message) as caught:
        check(write(WIGNER.replace("wigner", name)), allow_code=True)
    if name in ("fails", "hermitian"):
        assert "mine.toml, line 3, model.function" in str(caught.value)


def test_code_is_only_loaded_where_it_is_allowed(write, tmp_path):
    marker = tmp_path / "ran"
    (tmp_path / "naughty.py").write_text(f"open({str(marker)!r}, 'w').close()\ndef f(size, rng): pass\n")
    path = write(WIGNER.replace("@:wigner", "naughty:f"))
    with pytest.raises(ParseError, match=r"mine.toml, line 3, model.function: .*--allow-code"):
        check(path)
    check(path, exact_only=True)
    assert not marker.exists()
    with pytest.raises(rv.ResolventError):
        check(path, allow_code=True)
    assert marker.exists()


def test_a_module_that_does_not_exist_is_named(write):
    with pytest.raises(ParseError, match=r"line 3, model.function: the module nowhere cannot be imported"):
        check(write(WIGNER.replace("@:", "nowhere:")), allow_code=True)


def test_more_memory_than_the_machine_has_is_refused_before_sampling(write):
    drawn = []
    body = '[model]\nensemble = "semicircle"\n[parameters]\nvariance = 1\n[claim]\nmoments = [0]\n'
    with pytest.raises(ParseError, match=r"line 9, test.sizes: matrices of size 99999 need about .* GiB"):
        check(write(body + "[test]\nsizes = [50000, 99999]\n"), progress=lambda: drawn.append(1))
    assert not drawn


def test_sizes_that_a_sampler_does_not_have_are_refused_with_the_line(write):
    body = '[model]\nensemble = "hessian-h1"\n[parameters]\nphi = 1\neps = 1\n[claim]\nmoments = [0]\n'
    with pytest.raises(ParseError, match=r"line 10, test.sizes: .* multiple of 2"):
        check(write(body + "[test]\nsizes = [31, 60]\n"))


def test_out_of_time_is_undecided_and_samples_nothing(write):
    body = '[model]\nexpression = "(atoms([0, 1, 2, 3, 5]) + atoms([1, 2, 4, 7, 11]) + atoms([0, 1, 3, 9, 27]))"\n'
    found = check(write(body + "[claim]\nmoments = [1]"), time_limit=1.0)
    assert found.verdict == "undecided"
    assert found.first_wrong.subject == "time"


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_is_no_time_is_refused(write, limit):
    with pytest.raises(ParameterError, match="time limit must be positive"):
        check(write(WIGNER), exact_only=True, time_limit=limit)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ParameterError, match=r"cannot read .*gone.toml"):
        check(tmp_path / "gone.toml")


def test_a_model_without_matrices_says_so():
    model = 'model.expression = "semicircle().free_power(1/2)"'
    conjecture = conjecture_of(f'title = "t"\n{model}\nclaim.moments = [0, "1/2"]')
    found = check_conjecture(conjecture)
    assert found.verdict == "supported"
    assert any("nothing is sampled" in f.text for f in found.findings)


def test_edges_alone_cannot_be_tested(write):
    body = WIGNER.replace('law = "semicircle()"', "edges = [-2, 2]")
    found = check(write(body), allow_code=True)
    assert found.verdict == "undecided"
    assert "nothing that is claimed has a mean" in found.first_wrong.text


def test_dimensions_that_are_rounded_do_not_refute_what_is_proved():
    text = """
title = "t"
model = {ensemble = "marchenko-pastur"}
parameters = {c = 3}
claim.law = "marchenko_pastur(c)"
test = {sizes = [20, 40]}
"""
    found = check_conjecture(conjecture_of(text))  # ranks 7 and 13 for 20/3 and 40/3
    assert found.verdict == "undecided"
    assert "multiples of 3 need no rounding" in found.first_wrong.text
    assert check_conjecture(conjecture_of(text.replace("[20, 40]", "[21, 42]"))).verdict == "supported"


def test_all_points_are_checked_and_named():
    conjecture = conjecture_of('title = "t"\nmodel.expression = "marchenko_pastur(c)"\n[[parameters]]\nc = 1\n'
                               '[[parameters]]\nc = 2\n[claim]\nmoments = [1, 2]')  # fmt: skip
    found, _ = exact_findings(conjecture)
    assert [(f.point, f.status) for f in found if f.subject == "moments"] == [
        ("c = 1", "supported"),
        ("c = 2", "refuted"),
    ]
