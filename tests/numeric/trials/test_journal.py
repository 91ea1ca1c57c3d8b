"""A journal gives back what was recorded, or nothing; never anything else, whatever happened to the file."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvent.derive.errors import ParameterError
from resolvent.numeric.trials.journal import Journal
from resolvent.numeric.trials.trial import Trial

IDENTITY = "model, parameters, seed"
RECORDS = {Trial(p, 2 + p, k): np.sqrt(np.arange(2.0 + p)) + k for p in range(2) for k in range(2)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trials.journal"


def written(path: Path) -> bytes:
    """The content of a journal of all records."""
    with Journal(path, IDENTITY) as journal:
        for trial, values in RECORDS.items():
            journal.record(trial, values)
    return path.read_bytes()


def check_same(found: Any, expected: Any) -> None:
    assert {t: v.tobytes() for t, v in found.items()} == {t: v.tobytes() for t, v in expected.items()}
    assert all(v.dtype == np.float64 and v.ndim == 1 for v in found.values())


# -- what was recorded ---------------------------------------------------------------------------------------


def test_what_was_recorded_is_read_back_bit_for_bit(path: Path) -> None:
    special = np.array([-np.inf, -0.0, 0.0, 5e-324, np.pi])
    with Journal(path, IDENTITY) as journal:
        journal.record(Trial(0, 5, 0), special)
        journal.record(Trial(0, 5, 1), np.empty(0))
    with Journal(path, IDENTITY) as again:
        check_same(again.finished, {Trial(0, 5, 0): special, Trial(0, 5, 1): np.empty(0)})
        assert again.damaged == 0


def test_the_file_is_a_plain_database_that_names_its_format_and_its_run(path: Path) -> None:
    written(path)
    with sqlite3.connect(path) as book:
        assert book.execute("PRAGMA application_id").fetchone() == (int.from_bytes(b"rslv"),)
        assert book.execute("PRAGMA user_version").fetchone() == (2,)
        assert book.execute("SELECT identity FROM run").fetchall() == [(IDENTITY,)]
        found = {
            Trial(*row): np.frombuffer(data)
            for *row, data in book.execute("SELECT point, size, number, eigenvalues FROM trials")
        }
    book.close()
    check_same(found, RECORDS)


def test_a_journal_without_a_path_keeps_everything_in_memory() -> None:
    with Journal() as journal:
        for trial, values in RECORDS.items():
            journal.record(trial, values)
        check_same(journal.finished, RECORDS)


@pytest.mark.parametrize("in_memory", [True, False])
def test_eigenvalues_are_copied_and_cannot_be_changed(path: Path, in_memory: bool) -> None:
    values = np.array([1.0, 2.0])
    with Journal(None if in_memory else path, IDENTITY) as journal:
        journal.record(Trial(0, 2, 0), values)
        values[0] = 7.0
        assert journal.finished[Trial(0, 2, 0)][0] == 1.0
        with pytest.raises(ValueError, match="read-only"):
            journal.finished[Trial(0, 2, 0)][0] = 7.0
        with pytest.raises(TypeError):
            journal.finished[Trial(0, 2, 1)] = values  # type: ignore[index]


def test_a_trial_recorded_twice_stays_as_it_was(path: Path) -> None:
    before = written(path)
    with Journal(path, IDENTITY) as journal:
        journal.record(Trial(0, 2, 0), np.array([8.0, 9.0]))
        check_same(journal.finished, RECORDS)
    assert path.read_bytes() == before


def read_from_a_copy(path: Path, logs: bool) -> dict[Trial, Any]:
    """What a journal that is open elsewhere gives after the program crashed, or the machine (without its logs)."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(path, folder)
        if logs:
            shutil.copy(f"{path}-wal", folder)
        with Journal(Path(folder, path.name), IDENTITY) as journal:
            return dict(journal.finished)


def test_records_are_with_the_kernel_while_the_journal_is_open(path: Path) -> None:
    with Journal(path, IDENTITY) as journal:
        for count, (trial, values) in enumerate(RECORDS.items(), 1):
            journal.record(trial, values)
            check_same(read_from_a_copy(path, logs=True), dict(itertools.islice(RECORDS.items(), count)))


def test_earlier_records_are_in_the_file_itself_after_the_interval(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvent.numeric.trials.journal._FLUSH_INTERVAL", 0.0)
    with Journal(path, IDENTITY) as journal:
        for count, (trial, values) in enumerate(RECORDS.items()):
            journal.record(trial, values)
            check_same(read_from_a_copy(path, logs=False), dict(itertools.islice(RECORDS.items(), count)))


# -- torn and damaged ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def content() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return written(Path(folder) / "journal")


def check_reading(content: bytes, log: bytes = b"") -> int | None:
    """Reading a file gives a part of what was recorded, or a ParameterError that leaves it untouched.

    Then the run goes on, and the next reading finds all. Returns the number of trials found at first.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        path.write_bytes(content)
        if log:
            Path(f"{path}-wal").write_bytes(log)
        try:
            journal = Journal(path, IDENTITY)
        except ParameterError:
            assert path.read_bytes() == content
            return None
        with journal:
            found = dict(journal.finished)
            check_same(found, {trial: RECORDS[trial] for trial in found})
            for trial, values in RECORDS.items():
                journal.record(trial, values)
        with Journal(path, IDENTITY) as again:
            check_same(again.finished, RECORDS)
        return len(found)


@pytest.mark.slow
def test_a_log_cut_short_anywhere_gives_the_records_before_and_goes_on(path: Path) -> None:
    log = Path(f"{path}-wal")
    ends = []
    with Journal(path, IDENTITY) as journal:
        for trial, values in RECORDS.items():
            journal.record(trial, values)
            ends.append(log.stat().st_size)
        content, logged = path.read_bytes(), log.read_bytes()
    for length in [*range(0, len(logged), 61), *ends, *(end - 1 for end in ends)]:
        assert check_reading(content, logged[:length]) == sum(end <= length for end in ends)


def test_a_file_cut_short_anywhere_is_read_whole_or_not_at_all(content: bytes) -> None:
    for length in range(0, len(content), 509):
        assert check_reading(content[:length]) in (None, 0)


@settings(deadline=None)
@given(data=st.data())
def test_changed_bytes_never_give_other_eigenvalues(content: bytes, data: st.DataObject) -> None:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    check_reading(bytes(changed))


def test_changed_eigenvalues_cost_their_trial_alone(content: bytes) -> None:
    for trial, values in RECORDS.items():
        place = content.index(values.tobytes())
        changed = bytearray(content)
        changed[place + 3] ^= 4
        assert check_reading(bytes(changed)) == len(RECORDS) - 1, trial


def change(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as book:
        book.execute(statement)
    book.close()


@pytest.mark.parametrize(
    "changes",
    ["point = 7", "size = 7", "number = 7", "number = 'x'", "number = -1", "number = 0.5", "eigenvalues = NULL",
     "eigenvalues = 'AAAA'", "eigenvalues = x''", "checksum = NULL", "checksum = x'00'"],
)  # fmt: skip
def test_rows_of_another_kind_are_damaged_and_sampled_again(path: Path, changes: str) -> None:
    written(path)
    change(path, f"UPDATE trials SET {changes} WHERE point = 1 AND number = 0")
    rest = {t: v for t, v in RECORDS.items() if t != Trial(1, 3, 0)}
    for _ in range(2):
        with Journal(path, IDENTITY) as journal:
            check_same(journal.finished, rest)
            assert journal.damaged == (rest.keys() != RECORDS.keys())
            journal.record(Trial(1, 3, 0), RECORDS[Trial(1, 3, 0)])
        rest = RECORDS


def test_a_row_of_another_run_does_not_count(path: Path) -> None:
    written(path)
    other = path.with_name("other")
    with Journal(other, "another run") as journal:
        journal.record(Trial(5, 2, 0), np.array([8.0, 9.0]))
    with sqlite3.connect(path) as book:
        book.execute("ATTACH ? AS other", (str(other),))
        book.execute("INSERT INTO trials SELECT * FROM other.trials")
    book.close()
    with Journal(path, IDENTITY) as journal:
        check_same(journal.finished, RECORDS)
        assert journal.damaged == 1


# -- refusals ------------------------------------------------------------------------------------------------


def test_the_journal_of_another_run_is_refused_and_left_alone(path: Path) -> None:
    content = written(path)
    with pytest.raises(ParameterError, match=r"belongs to another run .* give another path, or delete the file"):
        Journal(path, "another")
    assert path.read_bytes() == content


def test_a_journal_of_another_format_is_refused(path: Path) -> None:
    written(path)
    change(path, "PRAGMA user_version = 3")
    with pytest.raises(ParameterError, match="has format 3, and this version reads 2"):
        Journal(path, IDENTITY)


def test_a_journal_of_the_first_format_is_refused_and_left_alone(path: Path) -> None:
    content = b'{"format": "resolvent trials", "version": 1, "identity": "x"}\n'
    path.write_bytes(content)
    with pytest.raises(ParameterError, match="has format 1, and this version reads 2"):
        Journal(path, IDENTITY)
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"1 2 3\n", b"{}\n", b"x" * 100_000, b"\x00\xff", b"[1]\n", b"\n"])
def test_a_file_that_is_not_a_journal_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ParameterError, match="not a journal of trials; it is left as it is"):
        Journal(path, IDENTITY)
    assert path.read_bytes() == content


def test_the_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    change(path, "CREATE TABLE trials (point INTEGER)")
    content = path.read_bytes()
    with pytest.raises(ParameterError, match="not a journal of trials; it is left as it is"):
        Journal(path, IDENTITY)
    assert path.read_bytes() == content


def test_a_damaged_database_is_refused_and_left_alone(path: Path) -> None:
    content = bytearray(written(path))
    content[4096:4196] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(ParameterError, match=r"is damaged .* give another path, or delete the file"):
        Journal(path, IDENTITY)
    assert path.read_bytes() == bytes(content)


def test_directories_and_devices_are_refused(tmp_path: Path) -> None:
    for place in (tmp_path, Path(os.devnull)):
        with pytest.raises(ParameterError, match="a directory or a device"):
            Journal(place, IDENTITY)


def test_a_path_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"cannot open the journal .*unable to open database file"):
        Journal(tmp_path / "missing" / "journal", IDENTITY)


@pytest.mark.parametrize(
    ("of_file", "of_folder", "message"),
    [
        (0o444, 0o777, r"cannot write the journal .*: it is read-only; give another path"),
        (0o666, 0o555, r"cannot read the journal .*: attempt to write a readonly database"),
        (0o000, 0o777, r"cannot write the journal .*: it is read-only; give another path"),
    ],
)
def test_a_file_without_permission_is_refused(of_file: int, of_folder: int, message: str) -> None:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def child(path: Path) -> None:
        if os.geteuid() == 0:
            os.setuid(65534)  # permissions do not bind the superuser
        try:
            Journal(path, IDENTITY).close()
        except ParameterError as error:
            theirs.send(str(error))
        theirs.close()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "journal")
        content = written(path)
        path.chmod(of_file)
        Path(folder).chmod(of_folder)
        process = context.Process(target=child, args=(path,))
        process.start()
        theirs.close()
        assert re.match(message, ours.recv())
        process.join()
        assert path.read_bytes() == content


def test_two_runs_cannot_use_one_journal_at_once(path: Path) -> None:
    with Journal(path, IDENTITY), pytest.raises(ParameterError, match="in use by another run"):
        Journal(path, IDENTITY)
    Journal(path, IDENTITY).close()


def test_a_refused_journal_is_let_go(path: Path) -> None:
    written(path)
    with pytest.raises(ParameterError):
        Journal(path, "another")
    Journal(path, IDENTITY).close()


def test_a_forked_process_neither_keeps_the_lock_nor_writes(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def child(journal: Journal) -> None:
        try:
            journal.record(Trial(9, 2, 0), np.array([1.0, 2.0]))
        except ParameterError as error:
            theirs.send(str(error))
        theirs.recv()  # stays until the lock was tried

    journal = Journal(path, IDENTITY)
    process = context.Process(target=child, args=(journal,), daemon=True)
    process.start()
    assert ours.recv() == "the journal is closed; open it again to record trials"
    journal.close()
    with Journal(path, IDENTITY) as again:
        assert not again.finished
    ours.send(None)
    process.join()


OTHER_PROGRAM = """
import sys
from resolvent.numeric.trials import Journal
try:
    Journal(sys.argv[1], sys.argv[2])
except Exception as error:
    print(type(error).__name__, error)
"""


def test_a_run_in_another_process_cannot_use_the_journal(path: Path) -> None:
    def another() -> str:
        command = [sys.executable, "-c", OTHER_PROGRAM, str(path), IDENTITY]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with Journal(path, IDENTITY) as journal:
        assert "in use by another run" in another()
        journal.record(Trial(0, 2, 0), np.array([1.0, 2.0]))
        assert "in use by another run" in another()
    assert another() == ""


def test_a_full_disk_is_reported_and_leaves_what_was_there(path: Path) -> None:
    large = np.arange(3000.0)
    with Journal(path, IDENTITY) as journal:
        for trial, values in RECORDS.items():
            journal.record(trial, values)
        (pages,) = journal._book.execute("PRAGMA page_count").fetchone()
        journal._book.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(ParameterError, match=r"cannot write the journal .*database or disk is full"):
            journal.record(Trial(7, 2, 0), large)
        assert Trial(7, 2, 0) not in journal.finished
        check_same(read_from_a_copy(path, logs=True), RECORDS)
        journal._book.execute("PRAGMA max_page_count = 1000")
        journal.record(Trial(7, 2, 0), large)
    with Journal(path, IDENTITY) as again:
        check_same(again.finished, RECORDS | {Trial(7, 2, 0): large})


def test_records_that_cannot_be_are_refused(path: Path) -> None:
    with (
        Journal(path, IDENTITY) as journal,
        pytest.raises(ParameterError, match=r"must be a vector; got shape \(2, 2\)"),
    ):
        journal.record(Trial(0, 2, 0), np.eye(2))
    with pytest.raises(ParameterError, match="the journal is closed"):
        journal.record(Trial(0, 2, 0), np.ones(2))
    memory = Journal()
    memory.close()
    with pytest.raises(ParameterError, match="the journal is closed"):
        memory.record(Trial(0, 2, 0), np.ones(2))
