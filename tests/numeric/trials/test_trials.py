"""Trials give the same numbers however they are spread, and survive whatever ends a run; the oracle is a plain loop."""

from __future__ import annotations

import hashlib
import io
import multiprocessing.process
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from resolvent.derive.errors import ParameterError, ResolventError
from resolvent.numeric.trials import workers
from resolvent.numeric.trials.journal import Journal
from resolvent.numeric.trials.trial import Trial
from resolvent.numeric.trials.trials import run_trials
from resolvent.progress import Progress
from tests.derive.time_limit import within
from tests.numeric.trials.draws import LOCK, Broken, DiesOnce, Goe, Unloadable, under_lock

ROOT = Path(__file__).resolve().parents[3]
TRIALS = [Trial(p, n, k) for p in range(2) for n in (20, 150) for k in range(4)]


@pytest.fixture(autouse=True)
def _limit() -> Iterator[None]:
    with within(120):
        yield


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a dask cluster of two processes on this machine."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as cluster:
        yield cluster.scheduler_address


def looped(draw: Any, trials: list[Trial]) -> dict[Trial, Any]:
    with threadpool_limits(1):
        return {trial: draw(trial) for trial in trials}


def check_same(found: dict[Trial, Any], expected: dict[Trial, Any]) -> None:
    assert list(found) == list(expected)
    for trial, values in found.items():
        assert values.dtype == np.float64
        assert values.tobytes() == expected[trial].tobytes()


# -- the trial -----------------------------------------------------------------------------------------------


def test_a_stream_depends_on_the_seed_and_the_trial_alone() -> None:
    streams = {
        tuple(Trial(p, n, k).seed_sequence(seed).generate_state(4))
        for seed in (0, 1)
        for p in (0, 1)
        for n in (1, 2)
        for k in (0, 1)
    }
    assert len(streams) == 16
    sequence = Trial(1, 2, 3).seed_sequence(9)
    assert (sequence.entropy, sequence.spawn_key) == (9, (1, 2, 3))


@pytest.mark.parametrize("values", [(-1, 1, 0), (0, 0, 0), (0, 1, -1), (True, 1, 0), (0, 1.0, 0), (0, 1, "0")])
def test_trials_that_cannot_be_are_refused(values: Any) -> None:
    with pytest.raises(ParameterError, match="must be an integer from"):
        Trial(*values)


@pytest.mark.parametrize("seed", [-1, True, 1.0, None])
def test_seeds_that_cannot_be_are_refused(seed: Any) -> None:
    with pytest.raises(ParameterError, match="must be a non-negative integer"):
        Trial(0, 1, 0).seed_sequence(seed)


# -- the same numbers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2, 3, -1])
def test_the_numbers_are_those_of_a_loop_for_any_number_of_processes(jobs: int) -> None:
    check_same(run_trials(Goe(3), TRIALS, jobs=jobs), looped(Goe(3), TRIALS))


def test_the_numbers_are_those_of_a_loop_on_a_dask_cluster(scheduler: str) -> None:
    check_same(run_trials(Goe(3), TRIALS, scheduler=scheduler), looped(Goe(3), TRIALS))


@pytest.mark.slow
def test_the_numbers_are_those_of_a_loop_on_a_dask_cluster_of_the_run_itself() -> None:
    check_same(run_trials(Goe(3), TRIALS, jobs=2, scheduler="local"), looped(Goe(3), TRIALS))


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_the_numbers_do_not_depend_on_how_processes_start(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(workers, "start_method", lambda: method)
    check_same(run_trials(Goe(3), TRIALS, jobs=2), looped(Goe(3), TRIALS))


PROGRAM = """
import hashlib, sys
from resolvent.numeric.trials import Trial, run_trials
from tests.numeric.trials.draws import Goe
if __name__ == "__main__":
    found = run_trials(Goe(1), [Trial(0, 400, k) for k in range(4)], jobs=int(sys.argv[1]))
    print(hashlib.sha256(b"".join(v.tobytes() for v in found.values())).hexdigest())
"""


@pytest.mark.slow
def test_the_numbers_do_not_depend_on_the_threads_of_the_environment() -> None:
    digests = set()
    for threads in ("1", "2", "5"):
        for jobs in ("1", "2"):
            environment = os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
            command = [sys.executable, "-c", PROGRAM, jobs]
            run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
            digests.add(run.stdout)
    assert len(digests) == 1


def threads_of_linear_algebra(trial: Trial) -> Any:
    return np.array([float(max(i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"))])


@pytest.mark.parametrize("jobs", [1, 2])
def test_linear_algebra_has_one_thread_during_a_trial_and_what_it_had_afterwards(jobs: int) -> None:
    with threadpool_limits(2):
        found = run_trials(threads_of_linear_algebra, [Trial(0, 1, k) for k in range(3)], jobs=jobs)
        assert {float(v[0]) for v in found.values()} == {1.0}
        assert threads_of_linear_algebra(Trial(0, 1, 0))[0] == 2.0


def test_results_are_in_the_order_asked_for_each_once_and_the_longest_are_drawn_first() -> None:
    trials = [Trial(0, 5, 1), Trial(0, 9, 0), Trial(0, 5, 0), Trial(0, 5, 1)]
    drawn = []

    def draw(trial: Trial) -> Any:
        drawn.append(trial)
        return Goe()(trial)

    assert list(run_trials(draw, iter(trials))) == trials[:3]
    assert drawn == [Trial(0, 9, 0), Trial(0, 5, 0), Trial(0, 5, 1)]


def test_no_trials_need_no_work() -> None:
    assert run_trials(Goe(), [], jobs=2) == {}


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_cannot_be_changed(jobs: int) -> None:
    (values,) = run_trials(Goe(), [Trial(0, 5, 0)], jobs=jobs).values()
    assert not values.flags.writeable


# -- as they come --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_trials_are_reported_and_recorded_as_they_come(tmp_path: Path, jobs: int) -> None:
    seen = []
    with Journal(tmp_path / "journal", "x") as journal:
        run_trials(Goe(), TRIALS, jobs=jobs, journal=journal, advance=lambda: seen.append(len(journal.finished)))
    assert seen == list(range(1, len(TRIALS) + 1))


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_the_journal_has_is_not_drawn_again(jobs: int) -> None:
    advanced = []
    with Journal() as journal:
        run_trials(Goe(3), TRIALS[:5], journal=journal)
        marked = Trial(7, 1, 0)
        journal.record(marked, np.array([42.0]))
        found = run_trials(Goe(3), [*TRIALS, marked], jobs=jobs, journal=journal, advance=lambda: advanced.append(1))
    check_same(found, looped(Goe(3), TRIALS) | {marked: np.array([42.0])})
    assert len(advanced) == len(TRIALS) - 5


# -- what goes wrong -----------------------------------------------------------------------------------------

WRONG = {
    "parameter": (ParameterError, r"^sigma must be positive; got -1$"),
    "branch": (ResolventError, r"trial at point 0, size 20, index 5: BranchError: no branch here"),
    "value": (ResolventError, r"trial at point 0, size 20, index 5: ValueError: a value"),
    "odd": (ResolventError, r"trial at point 0, size 20, index 5: Odd: odd 1 2"),
    "matrix": (ResolventError, r"index 5: it returned an array of float64, shape \(2, 2\)"),
    "integers": (ResolventError, r"index 5: it returned an array of int64, shape \(3,\)"),
    "order": (ResolventError, r"index 5: it returned numbers that are not finite and ascending"),
    "nan": (ResolventError, r"index 5: it returned numbers that are not finite and ascending"),
}


def check_wrong(draw: Broken, error: type[Exception], message: str, **how: Any) -> None:
    """The error names the trial, and what was finished before is in the journal and right."""
    trials = [Trial(0, 20, k) for k in range(12)]
    with Journal() as journal, pytest.raises(error, match=message) as caught:
        run_trials(draw, trials, journal=journal, **how)
    assert type(caught.value) is error
    assert caught.value.objects["trial"] == trials[5]  # type: ignore[attr-defined]
    assert trials[5] not in journal.finished
    assert journal.finished
    check_same(dict(journal.finished), looped(Goe(), list(journal.finished)))


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("way", WRONG)
def test_a_draw_that_goes_wrong_is_an_error_that_names_the_trial(way: str, jobs: int) -> None:
    check_wrong(Broken(5, way), *WRONG[way], jobs=jobs)


@pytest.mark.parametrize("way", ["parameter", "odd", "matrix"])
def test_so_it_is_on_a_dask_cluster(scheduler: str, way: str) -> None:
    check_wrong(Broken(5, way), *WRONG[way], scheduler=scheduler)


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("kill", "was killed by SIGKILL; the system does that when memory runs out"),
        ("exit", "ended with exit status 3"),
        ("exit 0", "ended with exit status 0"),
    ],
)
def test_a_worker_that_dies_is_an_error_that_names_the_trial(way: str, reason: str) -> None:
    message = f"the trial at point 0, size 20, index 5 was lost: its worker process {reason}"
    check_wrong(Broken(5, way), ResolventError, message, jobs=2)
    check_wrong(Broken(5, way), ResolventError, message, jobs=1, apart=True)


@pytest.mark.parametrize("way", ["leave", "interrupt"])
def test_a_draw_that_wants_to_end_the_program_is_an_error(scheduler: str, way: str) -> None:
    message = f"index 5: {'SystemExit: 0' if way == 'leave' else 'KeyboardInterrupt: '}"
    check_wrong(Broken(5, way), ResolventError, message, jobs=2)
    check_wrong(Broken(5, way), ResolventError, message, jobs=1, apart=True)
    check_wrong(Broken(5, way), ResolventError, message, scheduler=scheduler)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_worker_that_dies_once_costs_nothing(tmp_path: Path, jobs: int) -> None:
    found = run_trials(DiesOnce(2, str(tmp_path / "note")), TRIALS, jobs=jobs, apart=True)
    assert (tmp_path / "note").exists()
    check_same(found, looped(Goe(), TRIALS))


@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_a_trial_that_takes_too_long_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(workers, "start_method", lambda: method)
    message = "the trial at point 0, size 20, index 5 was lost: it took longer than 1 s"
    check_wrong(Broken(5, "hang"), ResolventError, message, jobs=1, limit=1.0)


def test_a_lock_of_another_thread_does_not_stop_the_workers() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(LOCK.acquire).result()
        try:
            found = run_trials(under_lock, TRIALS, jobs=2)
        finally:
            LOCK.release()
    check_same(found, looped(Goe(), TRIALS))


@pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
def test_workers_are_forked_unless_threads_run_that_may_hold_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    real = threading.enumerate
    monkeypatch.setattr("threading.enumerate", lambda: [threading.current_thread()])
    assert workers.start_method() == "fork"
    with Progress("a task", stream=io.StringIO()):
        mine = [t for t in real() if "progress" in t.name]
        monkeypatch.setattr("threading.enumerate", lambda: [threading.current_thread(), *mine])
        assert len(mine) == 1
        assert workers.start_method() == "fork"
    other = threading.Thread(name="another")
    monkeypatch.setattr("threading.enumerate", lambda: [other, threading.current_thread()])
    assert workers.start_method() == "forkserver"


def of_a_pool(trials: list[Trial]) -> dict[Trial, Any]:
    return run_trials(Goe(3), trials, jobs=2)


@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_the_worker_of_a_pool_can_have_workers(method: str) -> None:
    with multiprocessing.get_context(method).Pool(1) as pool:
        check_same(pool.apply(of_a_pool, [TRIALS]), looped(Goe(3), TRIALS))


def printing(trial: Trial) -> Any:
    print("a word")
    os.write(1, b"another")
    return Goe()(trial)


def test_what_a_draw_prints_in_a_worker_goes_to_standard_error(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "start_method", lambda: "fork")
    run_trials(printing, TRIALS[:1], apart=True)
    assert tuple(capfd.readouterr()) == ("", "a word\nanother")


def test_a_draw_that_cannot_be_loaded_in_a_worker_is_an_error() -> None:
    message = r"was lost: it cannot be loaded in another process \(ModuleNotFoundError: no module named elsewhere\)"
    with pytest.raises(ResolventError, match=message):
        run_trials(Unloadable(), TRIALS, jobs=2)


def test_a_draw_that_cannot_be_loaded_on_a_dask_cluster_is_an_error(scheduler: str) -> None:
    with pytest.raises(ParameterError, match=r"cannot load what is to run there .*no module named elsewhere"):
        run_trials(Unloadable(), TRIALS, scheduler=scheduler)


def test_processes_that_cannot_be_started_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = multiprocessing.process.BaseProcess.start, []

    def start_one(process: Any) -> None:
        if started:
            raise BlockingIOError("too many processes")
        started.append(process)
        start(process)

    monkeypatch.setattr("multiprocessing.process.BaseProcess.start", start_one)
    with pytest.raises(ResolventError, match=r"failed \(BlockingIOError: too many processes\)"):
        run_trials(Goe(), TRIALS, jobs=2)
    assert not started[0].is_alive()


def test_the_last_trial_can_be_lost_too() -> None:
    with pytest.raises(ResolventError, match="index 11 was lost"):
        run_trials(Broken(11, "kill"), [Trial(0, 20, k) for k in range(12)], jobs=2)


def test_the_traceback_of_a_draw_is_kept() -> None:
    with pytest.raises(ResolventError) as caught:
        run_trials(Broken(0, "value"), [Trial(0, 2, k) for k in range(2)], jobs=2)
    assert 'raise ValueError("a value")' in str(caught.value.objects["traceback"])


def test_an_error_of_the_caller_ends_the_workers(tmp_path: Path) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        run_trials(Goe(0, 0.05, str(tmp_path)), TRIALS, jobs=2, advance=fail)
    assert threading.active_count() == before
    check_gone(tmp_path)


@pytest.mark.parametrize("jobs", [0, -2, 1.0, True, "2", None])
def test_jobs_that_cannot_be_are_refused(jobs: Any) -> None:
    with pytest.raises(ParameterError, match="jobs must be a positive integer, or -1 for all cores"):
        run_trials(Goe(), TRIALS, jobs=jobs)


@pytest.mark.parametrize("how", [{"jobs": 2}, {"scheduler": "local"}])
def test_a_draw_that_cannot_be_sent_is_refused(how: Any) -> None:
    with pytest.raises(ParameterError, match="the draw cannot be sent to other processes"):
        run_trials(lambda trial: Goe()(trial), TRIALS, **how)


def test_dask_that_is_not_installed_is_an_error_that_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ParameterError, match=r"pip install 'resolvent\[dask\]'"):
        run_trials(Goe(), TRIALS, scheduler="local")


@pytest.mark.slow
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x", "tcp://", ""])
def test_a_scheduler_that_cannot_be_reached_is_an_error(monkeypatch: pytest.MonkeyPatch, address: Any) -> None:
    monkeypatch.setattr(workers, "_CONNECT_TIMEOUT", 0.5)
    with pytest.raises(ParameterError, match="cannot reach a dask scheduler at"):
        run_trials(Goe(), TRIALS, scheduler=address)


def test_a_scheduler_that_is_not_text_is_refused() -> None:
    with pytest.raises(ParameterError, match="must be an address as text; got 7"):
        run_trials(Goe(), TRIALS, scheduler=7)  # type: ignore[arg-type]


def test_a_scheduler_without_workers_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(workers, "_WORKERS_TIMEOUT", 0.5)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", host="127.0.0.1") as cluster,
        pytest.raises(ParameterError, match="has no workers"),
    ):
        run_trials(Goe(), TRIALS, scheduler=cluster.scheduler_address)


# -- runs that are interrupted -------------------------------------------------------------------------------


def started(path: Path, notes: Path, jobs: int, number: int, pause: float) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "tests.numeric.trials.run_draws",
        str(path),
        str(notes),
        str(jobs),
        str(number),
        str(pause),
    ]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def check_gone(notes: Path) -> None:
    """No process that drew a matrix is left, the one of the test aside."""
    drawn = {int(entry.name) for entry in notes.iterdir()} - {os.getpid()}
    assert drawn
    until = time.monotonic() + 10
    while left := {pid for pid in drawn if Path(f"/proc/{pid}").exists() and not is_zombie(pid)}:
        assert time.monotonic() < until, f"still there: {left}"
        time.sleep(0.01)


def is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_for_trials(number: int, process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    for _ in range(number):
        process.stdout.readline()


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_numbers(tmp_path: Path, jobs: int) -> None:
    path, notes, number, pause = tmp_path / "journal", tmp_path / "notes", 60, 0.01
    notes.mkdir()
    moments = random.Random(jobs)
    kills = 0
    for already in (0, 5, 15, 25, 40):
        process = started(path, notes, jobs, number, pause)
        wait_for_trials(already, process)
        time.sleep(moments.random() * 0.03)
        process.kill()
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
    assert kills >= 3
    check_gone(notes)
    output, errors = started(path, notes, jobs, number, pause).communicate()
    assert not errors
    expected = looped(Goe(5), [Trial(k % 2, 30 + k % 3, k) for k in range(number)])
    digest = hashlib.sha256(repr([(t, v.tobytes()) for t, v in expected.items()]).encode()).hexdigest()
    assert output.splitlines()[-1] == digest
    with Journal(path, "draws") as journal:
        assert journal.damaged == 0
        check_same({trial: journal.finished[trial] for trial in expected}, expected)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_the_keyboards_interrupt_ends_the_workers_and_leaves_a_good_journal(tmp_path: Path, jobs: int) -> None:
    path, notes = tmp_path / "journal", tmp_path / "notes"
    notes.mkdir()
    process = started(path, notes, jobs, 1000, 0.02)
    wait_for_trials(5, process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers as well
    _, errors = process.communicate()
    assert process.returncode == -signal.SIGINT
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert "UserWarning" not in errors
    assert "Process" not in errors
    check_gone(notes)
    with Journal(path, "draws") as journal:
        assert len(journal.finished) >= 5
        assert journal.damaged == 0
        check_same(dict(journal.finished), looped(Goe(5), list(journal.finished)))


HANGING = """
import multiprocessing, os, sys, threading
from pathlib import Path
from resolvent.numeric.trials import Trial, run_trials
from tests.numeric.trials.draws import Broken, Goe

class Hangs(Broken):
    def __call__(self, trial):
        Goe(notes=sys.argv[1])(trial)
        return super().__call__(trial)

if __name__ == "__main__":
    if sys.argv[2] == "forkserver":
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    run_trials(Hangs(5, "hang"), [Trial(0, 20, 5)], apart=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere, a worker ends with its parent only between two calls")
@pytest.mark.parametrize("method", ["fork", "forkserver"])
def test_workers_end_with_their_parent_even_in_compiled_code(tmp_path: Path, method: str) -> None:
    program, notes = tmp_path / "program.py", tmp_path / "notes"
    program.write_text(HANGING)
    notes.mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, str(program), str(notes), method], env=environment)
    while not list(notes.iterdir()):
        assert parent.poll() is None
        time.sleep(0.01)
    parent.kill()
    parent.wait()
    check_gone(notes)


@pytest.mark.slow
def test_dask_workers_that_die_again_and_again_are_an_error_that_names_the_trial(scheduler: str) -> None:
    message = "the trial at point 0, size 20, index 5 was lost: the dask workers it was sent to died"
    with Journal() as journal:
        run_trials(Broken(5, "exit"), TRIALS[:4], scheduler=scheduler, journal=journal)
        with pytest.raises(ResolventError, match=message):
            run_trials(Broken(5, "exit"), [*TRIALS[:4], Trial(0, 20, 5)], scheduler=scheduler, journal=journal)
        assert set(journal.finished) == set(TRIALS[:4])


@pytest.mark.slow
def test_a_scheduler_that_goes_away_is_an_error() -> None:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", host="127.0.0.1"
        ) as cluster,
        Journal() as journal,
    ):

        def leave() -> None:
            if len(journal.finished) == 3:
                cluster.close()

        trials = [Trial(0, 20, k) for k in range(40)]
        with pytest.raises(ResolventError, match="the processes that draw matrices failed"):
            run_trials(Goe(0, 0.1), trials, scheduler=cluster.scheduler_address, journal=journal, advance=leave)
        assert len(journal.finished) >= 3
        check_same(dict(journal.finished), looped(Goe(), list(journal.finished)))
