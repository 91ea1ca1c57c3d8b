"""The journal of finished trials: a database in one file, so that an interrupted run goes on where it was."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

import numpy as np

from resolvent.derive.errors import ParameterError
from resolvent.numeric.trials.trial import Array, Trial

_APPLICATION, _VERSION = 0x72736C76, 2  # as SQLite writes them into the header of the file
_FIRST_FORMAT = b'{"format": "resolvent trials"'
_SMALLEST = 512  # bytes of a database; SQLite takes a file of one byte for an empty one
_DELETE = "give another path, or delete the file to begin again"
# What a killed program wrote is safe with the kernel; only a crash of the machine loses what is not yet on the disk.
# Forcing every record there would cost more than a small matrix, so it is done once a second.
_FLUSH_INTERVAL = 1.0
# The write-ahead log keeps a record in one append, without an fsync, and drops a record that was torn. In exclusive
# mode SQLite locks the file from the first access until it is closed.
_SETTINGS = ("locking_mode=EXCLUSIVE", "synchronous=NORMAL", "wal_autocheckpoint=0", "trusted_schema=OFF")
_TABLES = f"""
    PRAGMA journal_mode=WAL; BEGIN;
    PRAGMA application_id={_APPLICATION}; PRAGMA user_version={_VERSION};
    CREATE TABLE run (identity TEXT);
    CREATE TABLE trials (point INTEGER, size INTEGER, number INTEGER, eigenvalues BLOB, checksum BLOB,
                         PRIMARY KEY (point, size, number));
"""


class Journal:
    """Finished trials and their eigenvalues, in an SQLite database that survives the program, or in memory alone.

    The database holds the identity of the run, and of each trial the eigenvalues as little-endian binary64 with a
    checksum of all that. A record that was torn is dropped with the transaction it belongs to; one whose checksum is
    wrong does not count, so that its trial is sampled again. While a journal is open, no other run can open it. Where
    a program was killed, its last records may stand in a second file, named as the first with ``-wal`` after it, until
    the journal is opened again: the two belong together.

    Args:
        path: the file, made if it is missing; None keeps everything in memory.
        identity: a digest of all that the eigenvalues depend on: model, parameters, sizes, seed, version.

    >>> with Journal() as journal:
    ...     journal.record(Trial(0, 2, 0), np.array([1.0, 2.0]))
    >>> journal.finished[Trial(0, 2, 0)]
    array([1., 2.])

    Raises `ParameterError` if the file belongs to another run, is not a journal or is damaged (then it is left as it
    is), is in use by another run, or cannot be read and written.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, identity: str = "") -> None:
        self.path = None if path is None else Path(path)
        self.identity = identity
        self.damaged = 0  # records that were not counted
        self._finished: dict[Trial, Array] = {}
        self._owner: int | None = os.getpid()
        self._flushed = time.monotonic()
        if self.path is not None and self.path.exists():
            if not self.path.is_file():
                raise self._error(f"{path} is not a journal of trials but a directory or a device")
            if 0 < self.path.stat().st_size < _SMALLEST:
                raise self._foreign()
            if not os.access(self.path, os.W_OK):
                raise self._error(f"cannot write the journal {path}: it is read-only; give another path")
        with self._as_parameter_error("open"):
            # Autocommit: each record is a transaction of its own.
            place = ":memory:" if path is None else os.path.abspath(path)
            self._book = sqlite3.connect(place, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            with self._as_parameter_error("read"):
                self._read()
        except BaseException:
            self.close()
            raise

    @property
    def finished(self) -> Mapping[Trial, Array]:
        """The eigenvalues of every trial that counts, shape (n,) each, not to be written to."""
        return MappingProxyType(self._finished)

    def record(self, trial: Trial, eigenvalues: Array) -> None:
        """Add a finished trial: eigenvalues of shape (n,), as float64; a trial that is there already stays as it is.

        Raises `ParameterError` if the eigenvalues are not a vector, if the journal is closed (in a forked process it
        is), and if the file cannot be written (then the trial is not in it, and what was there before still is).
        """
        values = np.array(eigenvalues, dtype=np.float64)
        if values.ndim != 1:
            raise ParameterError(f"eigenvalues must be a vector; got shape {values.shape}", trial=trial)
        if self._owner != os.getpid():
            raise ParameterError("the journal is closed; open it again to record trials", path=self.path, trial=trial)
        if trial in self._finished:
            return
        with self._as_parameter_error("write"):
            if time.monotonic() - self._flushed >= _FLUSH_INTERVAL:
                self._book.execute("PRAGMA wal_checkpoint")
                self._flushed = time.monotonic()
            data = values.astype("<f8").tobytes()
            key = (trial.point, trial.size, trial.index)
            row = (*key, data, _checksum(key, data, self.identity))
            self._book.execute("INSERT INTO trials VALUES (?, ?, ?, ?, ?)", row)
        self._keep(trial, values)

    def close(self) -> None:
        """Let go of the file; what was recorded is on the disk, and stays readable here."""
        if self._owner == os.getpid():
            self._owner = None
            self._book.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _keep(self, trial: Trial, values: Array) -> None:
        values.setflags(write=False)
        self._finished[trial] = values

    def _read(self) -> None:
        """Lock the file, check whose it is, and take its trials; nothing is written before all of this succeeded."""
        book = self._book
        for setting in _SETTINGS:
            book.execute(f"PRAGMA {setting}")
        if not book.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            book.executescript(_TABLES)  # new, or killed while it was new
            book.execute("INSERT INTO run VALUES (?)", (self.identity,))
            book.execute("COMMIT")
            return
        if book.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
            raise self._foreign()
        if (version := book.execute("PRAGMA user_version").fetchone()[0]) != _VERSION:
            raise self._of_format(version)
        if (problem := book.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(problem.splitlines()[-1])
        if (found := book.execute("SELECT min(identity) FROM run").fetchone()[0]) != self.identity:
            raise self._error(
                f"the journal {self.path} belongs to another run (another conjecture, other parameters, sizes or seed, "
                f"or another version); {_DELETE}",
                identity=self.identity,
                found=found,
            )
        damaged = []
        query = "SELECT rowid, point, size, number, eigenvalues, checksum FROM trials"
        for row, point, size, number, data, checksum in book.execute(query):
            key = (point, size, number)
            if isinstance(data, bytes) and checksum == _checksum(key, data, self.identity):
                self._keep(Trial(*key), np.frombuffer(data, dtype="<f8").astype(np.float64))
            else:
                damaged.append((row,))
        book.execute("PRAGMA journal_mode=WAL")
        book.executemany("DELETE FROM trials WHERE rowid = ?", damaged)
        self.damaged = len(damaged)

    @contextlib.contextmanager
    def _as_parameter_error(self, what: str) -> Iterator[None]:
        """Whatever SQLite says, as a ParameterError."""
        try:
            yield
        except (sqlite3.Error, UnicodeError) as error:  # the latter for a name that was damaged
            match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF:
                case sqlite3.SQLITE_BUSY:
                    text = "is in use by another run; wait for that to end, or give another path"
                    raise self._error(f"the journal {self.path} {text}") from None
                case sqlite3.SQLITE_NOTADB:
                    raise self._foreign() from None
                case sqlite3.SQLITE_CORRUPT:
                    raise self._error(f"the journal {self.path} is damaged ({error}); {_DELETE}") from None
            raise self._error(f"cannot {what} the journal {self.path}: {error}") from None

    def _foreign(self) -> ParameterError:
        assert self.path is not None
        with self.path.open("rb") as stream:
            if stream.read(len(_FIRST_FORMAT)) == _FIRST_FORMAT:
                return self._of_format(1)
        return self._error(f"{self.path} is not a journal of trials; it is left as it is: give another path")

    def _of_format(self, version: int) -> ParameterError:
        return self._error(
            f"the journal {self.path} has format {version}, and this version reads {_VERSION}; {_DELETE}"
        )

    def _error(self, text: str, **objects: Any) -> ParameterError:
        return ParameterError(text, path=self.path, **objects)


def _checksum(trial: tuple[int, int, int], data: bytes, identity: str) -> bytes:
    return hashlib.blake2b(repr((identity, *trial)).encode() + data, digest_size=16).digest()
