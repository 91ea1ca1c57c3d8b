"""The journal of finished trials: an append-only file, so that a long run that is interrupted goes on where it was."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import stat
import time
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

import numpy as np

from resolvent.derive.errors import ParameterError
from resolvent.numeric.trials.trial import Array, Trial

_FORMAT, _VERSION = "resolvent trials", 1
_LONGEST_HEADER = 1 << 16
# What a killed program wrote is safe with the kernel; only a crash of the machine loses what is not yet on the disk.
# Forcing every record there would cost more than a small matrix, so it is done once a second.
_SYNC_INTERVAL = 1.0


class Journal:
    """Finished trials and their eigenvalues, in a file that survives the program, or in memory alone.

    The file's first line names its format and the identity of the run; each further line is one trial in JSON, its
    eigenvalues as base64 of little-endian binary64, and a checksum of all that. A last line cut short is dropped, and
    the next record takes its place; a damaged line elsewhere does not count, so that its trial is sampled again; of
    two lines for one trial the first counts. While a journal is open, no other run can open it.

    Args:
        path: the file, made if it is missing; None keeps everything in memory.
        identity: a digest of all that the eigenvalues depend on: model, parameters, sizes, seed, version.

    >>> with Journal() as journal:
    ...     journal.record(Trial(0, 2, 0), np.array([1.0, 2.0]))
    >>> journal.finished[Trial(0, 2, 0)]
    array([1., 2.])

    Raises `ParameterError` if the file belongs to another run, is not a journal (then it is left as it is), is in use
    by another run, or cannot be read and written.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, identity: str = "") -> None:
        self.path = None if path is None else Path(path)
        self.identity = identity
        self.damaged = 0  # lines that were not counted
        self._finished: dict[Trial, Array] = {}
        self._file: int | None = None
        self._closed = False
        self._synced = time.monotonic()
        self._unsynced = False
        if self.path is not None:
            self._file = _open(self.path)
            try:
                self._read(self.path, self._file)
            except BaseException:
                self.close()
                raise
            _OPEN.add(self)

    @property
    def finished(self) -> Mapping[Trial, Array]:
        """The eigenvalues of every trial that counts, shape (n,) each, not to be written to."""
        return MappingProxyType(self._finished)

    def record(self, trial: Trial, eigenvalues: Array) -> None:
        """Add a finished trial: eigenvalues of shape (n,), as float64; a trial that is there already stays as it is.

        Raises `ParameterError` if the eigenvalues are not a vector, if the journal is closed, and if the file cannot
        be written (then the trial is not in it, and what was there before still is).
        """
        values = np.array(eigenvalues, dtype=np.float64)
        if values.ndim != 1:
            raise ParameterError(f"eigenvalues must be a vector; got shape {values.shape}", trial=trial)
        if self._closed:
            raise ParameterError("the journal is closed; open it again to record trials", path=self.path, trial=trial)
        if trial in self._finished:
            return
        if self.path is not None and self._file is not None:
            self._append(self.path, self._file, _line(trial, values, self.identity))
        self._keep(trial, values)

    def close(self) -> None:
        """Let go of the file; what was recorded is on the disk, and stays readable here."""
        file, self._file, self._closed = self._file, None, True
        _OPEN.discard(self)
        if file is not None:
            if self._unsynced:
                with contextlib.suppress(OSError):
                    os.fsync(file)
            os.close(file)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _keep(self, trial: Trial, values: Array) -> None:
        values.setflags(write=False)
        self._finished[trial] = values

    def _read(self, path: Path, file: int) -> None:
        """Lock the file, check whose it is, take its trials, and cut off a last line that is not whole."""
        _lock(path, file)
        header = _header(self.identity)
        with _as_parameter_error("read", path), open(file, "rb", closefd=False) as stream:
            first = stream.readline(max(_LONGEST_HEADER, len(header)))
            if header.startswith(first) and first != header:
                end = 0  # new, or killed while the header was written
            else:
                _check_header(first, self.identity, path)
                end = len(first)
                for line in stream:
                    if not line.endswith(b"\n"):
                        break
                    end += len(line)
                    self._take(line)
        with _as_parameter_error("write", path):
            os.ftruncate(file, end)
        if end == 0:
            self._append(path, file, header)

    def _take(self, line: bytes) -> None:
        entry = _entry(line, self.identity)
        if entry is None:
            self.damaged += 1
        elif entry[0] not in self._finished:
            self._keep(*entry)

    def _append(self, path: Path, file: int, line: bytes) -> None:
        with _as_parameter_error("write", path):
            before = os.fstat(file).st_size
            try:
                rest = memoryview(line)
                while rest:
                    rest = rest[os.write(file, rest) :]
                self._unsynced = True
                if (now := time.monotonic()) - self._synced >= _SYNC_INTERVAL:
                    os.fsync(file)
                    self._synced, self._unsynced = now, False
            except OSError:
                # A full disk, say: half a line in the middle would spoil the next one.
                with contextlib.suppress(OSError):
                    os.ftruncate(file, before)
                raise

    def _forget_file(self) -> None:
        """In a forked process: the lock belongs to the parent, and must end with it, whatever the child still does."""
        if self._file is not None:
            os.close(self._file)
        self._file, self._closed = None, True


_OPEN: weakref.WeakSet[Journal] = weakref.WeakSet()


def _after_fork() -> None:
    for journal in list(_OPEN):
        journal._forget_file()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


# -- the file ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _as_parameter_error(what: str, path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ParameterError(f"cannot {what} the journal {path}: {error.strerror or error}", path=path) from None


def _open(path: Path) -> int:
    with _as_parameter_error("open", path):
        if path.exists() and not path.is_file():
            raise ParameterError(f"{path} is not a journal of trials but a directory or a device", path=path)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise ParameterError(f"{path} is not a journal of trials but a device", path=path)
        return file


def _lock(path: Path, file: int) -> None:
    import fcntl  # not on every system; journals in memory do without

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ParameterError(
            f"the journal {path} is in use by another run; wait for that to end, or give another path", path=path
        ) from None
    except OSError as error:
        raise ParameterError(
            f"cannot lock the journal {path} ({error.strerror or error}); put it on a disk that has locks", path=path
        ) from None


def _header(identity: str) -> bytes:
    return _json({"format": _FORMAT, "version": _VERSION, "identity": identity})


def _check_header(first: bytes, identity: str, path: Path) -> None:
    header = _parsed(first)
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise ParameterError(f"{path} is not a journal of trials; it is left as it is: give another path", path=path)
    if header.get("version") != _VERSION:
        raise ParameterError(
            f"the journal {path} has format {header.get('version')!r}, and this version reads {_VERSION}; give another "
            "path, or delete the file to begin again",
            path=path,
        )
    if header.get("identity") != identity:
        raise ParameterError(
            f"the journal {path} belongs to another run (another conjecture, other parameters, sizes or seed, or "
            "another version); give another path, or delete the file to begin again",
            path=path,
            identity=identity,
            found=header.get("identity"),
        )


# -- one line ------------------------------------------------------------------------------------------------


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content).encode("ascii") + b"\n"


def _parsed(line: bytes) -> Any:
    """The content of a line of JSON, or None."""
    try:
        return json.loads(line.decode("ascii"))
    except (ValueError, RecursionError):
        return None


def _line(trial: Trial, values: Array, identity: str) -> bytes:
    data = values.astype("<f8").tobytes()
    return _json(
        {
            "point": trial.point,
            "size": trial.size,
            "index": trial.index,
            "eigenvalues": base64.b64encode(data).decode("ascii"),
            "check": _checksum(trial, data, identity),
        }
    )


def _entry(line: bytes, identity: str) -> tuple[Trial, Array] | None:
    """The trial and the eigenvalues of a line, or None if it is damaged."""
    content = _parsed(line)
    if not isinstance(content, dict):
        return None
    try:
        trial = Trial(content["point"], content["size"], content["index"])
        data = base64.b64decode(content["eigenvalues"], validate=True)
    except (KeyError, TypeError, ValueError):  # ParameterError among them
        return None
    if content.get("check") != _checksum(trial, data, identity) or len(data) % 8:
        return None
    return trial, np.frombuffer(data, dtype="<f8").astype(np.float64)


def _checksum(trial: Trial, data: bytes, identity: str) -> str:
    head = json.dumps([identity, trial.point, trial.size, trial.index]).encode("ascii")
    return hashlib.blake2b(head + data, digest_size=16).hexdigest()
