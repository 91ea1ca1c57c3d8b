"""A journal gives back what was recorded, or nothing; never anything else, whatever happened to the file."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
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


def test_each_line_is_plain_json_with_the_format_in_the_first(path: Path) -> None:
    header, *lines = written(path).decode("ascii").splitlines()
    assert json.loads(header) == {"format": "resolvent trials", "version": 1, "identity": IDENTITY}
    keys = ["point", "size", "index", "eigenvalues", "check"]
    assert [list(json.loads(line)) for line in lines] == [keys] * len(RECORDS)


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


def test_a_trial_recorded_twice_stays_as_it_was_and_takes_one_line(path: Path) -> None:
    before = written(path)
    with Journal(path, IDENTITY) as journal:
        journal.record(Trial(0, 2, 0), np.array([8.0, 9.0]))
        check_same(journal.finished, RECORDS)
    assert path.read_bytes() == before


def test_of_two_lines_for_one_trial_the_first_counts(path: Path) -> None:
    content = written(path)
    other = path.with_name("other")
    with Journal(other, IDENTITY) as journal:
        journal.record(Trial(0, 2, 0), np.array([8.0, 9.0]))
    path.write_bytes(content + other.read_bytes().splitlines(keepends=True)[1])
    with Journal(path, IDENTITY) as journal:
        check_same(journal.finished, RECORDS)
        assert journal.damaged == 0


def test_records_are_on_the_disk_while_the_journal_is_open(path: Path) -> None:
    with Journal(path, IDENTITY) as journal:
        journal.record(Trial(0, 2, 0), np.array([1.0, 2.0]))
        assert path.read_bytes().count(b"\n") == 2


def test_every_record_is_forced_to_the_disk_within_the_interval(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forced: list[int] = []
    monkeypatch.setattr("os.fsync", forced.append)
    with Journal(path, IDENTITY) as journal:
        journal.record(Trial(0, 2, 0), np.array([1.0, 2.0]))
        assert not forced
        monkeypatch.setattr("resolvent.numeric.trials.journal._SYNC_INTERVAL", 0.0)
        journal.record(Trial(0, 2, 1), np.array([1.0, 2.0]))
        assert len(forced) == 1
        monkeypatch.undo()
        monkeypatch.setattr("os.fsync", forced.append)
        journal.record(Trial(0, 2, 2), np.array([1.0, 2.0]))
        assert len(forced) == 1
    assert len(forced) == 2
    Journal(path, IDENTITY).close()
    assert len(forced) == 2


# -- torn and damaged ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def content() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return written(Path(folder) / "journal")


def check_reading(content: bytes) -> int | None:
    """Reading a file gives a part of what was recorded, or a ParameterError that leaves it untouched.

    Then the run goes on, and the next reading finds all. Returns the number of trials found at first.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        path.write_bytes(content)
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


def test_a_file_cut_short_anywhere_gives_the_whole_lines_and_goes_on(content: bytes) -> None:
    for length in range(len(content) + 1):
        assert check_reading(content[:length]) == max(content[:length].count(b"\n") - 1, 0)


@settings(deadline=None)
@given(data=st.data())
def test_changed_bytes_never_give_other_eigenvalues(content: bytes, data: st.DataObject) -> None:
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    check_reading(bytes(changed))


@settings(deadline=None)
@given(data=st.data())
def test_flipped_bits_in_a_record_cost_that_trial_or_its_neighbour_alone(content: bytes, data: st.DataObject) -> None:
    changed = bytearray(content)
    start = content.index(b"\n") + 1
    changed[data.draw(st.integers(start, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    found = check_reading(bytes(changed))
    assert found is not None
    assert found >= len(RECORDS) - 2


@settings(deadline=None)
@given(rubbish=st.binary(max_size=200) | st.text(max_size=50).map(str.encode))
def test_rubbish_between_the_lines_is_not_counted(content: bytes, rubbish: bytes) -> None:
    header, *lines = content.splitlines(keepends=True)
    assert check_reading(header + rubbish + b"\n" + b"".join(lines)) == len(RECORDS)


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000,
        b"9" * 10_000,
        b"[]",
        b"{}",
        b"null",
        b'{"point": 0, "size": 2, "index": "0", "eigenvalues": "", "check": ""}',
        b'{"point": 0, "size": 2, "index": -1, "eigenvalues": "", "check": ""}',
        b'{"point": 0, "size": 2, "index": 0, "eigenvalues": 3, "check": ""}',
        b'{"point": 0, "size": 2, "index": 0, "eigenvalues": "AAAA", "check": ""}',
        b'{"point": 0, "size": 2, "index": 0, "eigenvalues": "\xc3\xa9", "check": ""}',
    ],
    ids=lambda line: line[:60].decode("latin-1"),
)
def test_lines_of_another_kind_are_damaged(path: Path, line: bytes) -> None:
    path.write_bytes(written(path) + line + b"\n")
    with Journal(path, IDENTITY) as journal:
        check_same(journal.finished, RECORDS)
        assert journal.damaged == 1


def test_a_line_of_another_run_does_not_count(path: Path) -> None:
    content = written(path)
    other = path.with_name("other")
    with Journal(other, "another run") as journal:
        journal.record(Trial(5, 2, 0), np.array([8.0, 9.0]))
    path.write_bytes(content + other.read_bytes().splitlines(keepends=True)[1])
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
    path.write_bytes(written(path).replace(b'"version": 1', b'"version": 2'))
    with pytest.raises(ParameterError, match="has format 2, and this version reads 1"):
        Journal(path, IDENTITY)


@pytest.mark.parametrize("content", [b"1 2 3\n", b"{}\n", b"x" * 100_000, b"\x00\xff", b"[1]\n", b"\n"])
def test_a_file_that_is_not_a_journal_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ParameterError, match="not a journal of trials; it is left as it is"):
        Journal(path, IDENTITY)
    assert path.read_bytes() == content


def test_directories_and_devices_are_refused(tmp_path: Path) -> None:
    for place in (tmp_path, Path(os.devnull)):
        with pytest.raises(ParameterError, match="a directory or a device"):
            Journal(place, IDENTITY)


def test_a_device_that_appears_while_it_is_opened_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pathlib.Path.exists", lambda self: False)
    with pytest.raises(ParameterError, match="but a device"):
        Journal(os.devnull, IDENTITY)


def test_a_path_that_cannot_be_opened_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ParameterError, match=r"cannot open the journal .*No such file or directory"):
        Journal(tmp_path / "missing" / "journal", IDENTITY)

    def forbidden(*_: Any) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("os.open", forbidden)  # permissions do not bind whoever may do everything
    with pytest.raises(ParameterError, match=r"cannot open the journal .*Permission denied"):
        Journal(tmp_path / "journal", IDENTITY)


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


def test_a_disk_without_locks_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(*_: Any) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", no_locks)
    with pytest.raises(ParameterError, match=r"cannot lock the journal .* put it on a disk that has locks"):
        Journal(path, IDENTITY)


def test_a_full_disk_is_reported_and_leaves_no_half_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = written(path)
    with Journal(path, IDENTITY) as journal:
        write = os.write

        def half(file: int, data: memoryview) -> int:
            if len(data) < 100:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(file, data[:60])

        with monkeypatch.context() as full:
            full.setattr("os.write", half)
            with pytest.raises(ParameterError, match=r"cannot write the journal .*No space left on device"):
                journal.record(Trial(7, 2, 0), np.array([1.0, 2.0]))
        assert path.read_bytes() == content
        assert Trial(7, 2, 0) not in journal.finished
        journal.record(Trial(7, 2, 0), np.array([1.0, 2.0]))
    with Journal(path, IDENTITY) as again:
        check_same(again.finished, RECORDS | {Trial(7, 2, 0): np.array([1.0, 2.0])})


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
