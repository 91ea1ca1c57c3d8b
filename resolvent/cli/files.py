"""Files are written whole or not at all: into a temporary file beside the target, then renamed over it."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from enum import StrEnum
from pathlib import Path

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

    Raises `ParameterError` where the path cannot be written.
    """
    check_writable(path)
    data = content.encode() if isinstance(content, str) else content
    target = Path(os.path.realpath(path))  # through a link, so that the link itself stays
    try:
        if _is_special(path):
            target.write_bytes(data)
            return
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temporary, _mode(target))
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise ParameterError(f"cannot write {path}: {error.strerror or error}", path=path) from None


def emit(content: str, path: Path | None) -> None:
    """Text to a file, or to standard output where no path is given."""
    text = content if content.endswith("\n") else f"{content}\n"
    if path is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        write_file(path, text)


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
