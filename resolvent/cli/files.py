"""Files are written whole or not at all: into a temporary file beside the target, then renamed over it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile
from enum import StrEnum
from pathlib import Path

from resolvent.cli.guard import note
from resolvent.derive.errors import ParameterError


class ReportFormat(StrEnum):
    """What a report can be written in, see `resolvent.writing.formats`; JSON is the data that it is made of."""

    TEXT = "text"
    LATEX = "latex"
    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"


def check_writable(path: Path) -> None:
    """Refuse a path that cannot be written, before anything long is computed.

    Raises `ParameterError` for a directory, and where the directory is missing or not writable.
    """
    if path.is_dir():
        raise ParameterError(f"cannot write {path}: it is a directory; give a file name", path=path)
    if _is_special(path):
        return
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise ParameterError(f"cannot write {path}: there is no directory {folder}; create it first", path=path)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ParameterError(f"cannot write {path}: no permission in the directory {folder}", path=path)


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file atomically; whoever reads the path sees the old content or the new one, never a part.

    What was written is said where standard error is a terminal; nothing is said of devices and pipes.

    Raises `ParameterError` where the path cannot be written.
    """
    check_writable(path)
    data = content.encode() if isinstance(content, str) else content
    target = Path(os.path.realpath(path))  # through a link, so that the link itself stays
    try:
        if _is_special(path):
            _write_special(path, data)
            return
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temporary, _mode(target))
            os.replace(temporary, target)
            if _is_watched():
                note(f"written: {path}")
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise ParameterError(f"cannot write {path}: {error.strerror or error}", path=path) from None


def _is_watched() -> bool:
    return sys.stderr.isatty()


def emit(content: str, path: Path | None) -> None:
    """Text to a file, or to standard output where no path is given."""
    text = content if content.endswith("\n") else f"{content}\n"
    if path is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_file(path, text)


def read_text(path: Path, most: int) -> str:
    """The first characters of a text file, or of a pipe that somebody writes into; never waits for a writer to come.

    Raises `ParameterError` for what cannot be read, or is no text.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as stream:
            if stat.S_ISFIFO(os.fstat(handle).st_mode):
                first = stream.raw.read(1)
                if first == b"":
                    raise ParameterError(f"cannot read {path}: nobody writes into this pipe", path=path)
                os.set_blocking(handle, True)
                data = (first or b"") + stream.read(4 * most)
            else:
                data = stream.read(4 * most)
        return data.decode("utf-8")[:most]
    except ParameterError:
        raise
    except UnicodeDecodeError:
        raise ParameterError(f"cannot read {path}: it is no text", path=path) from None
    except (OSError, ValueError) as error:
        raise ParameterError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}", path=path) from None


def _write_special(path: Path, data: bytes) -> None:
    """Write into a device, or a pipe that somebody reads; never waits for a reader to come."""
    try:
        handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise ParameterError(f"cannot write {path}: nobody reads this pipe", path=path) from None
        raise
    os.set_blocking(handle, True)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)


def _is_special(path: Path) -> bool:
    """Whether the path is a device or a pipe, /dev/null say, which must not be replaced by a file."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those of a new file."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
