"""The text of a conjecture file: read at once and whole, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

from resolvent.conjectures.file.toml_lines import MOST_BYTES
from resolvent.derive.errors import ParameterError, ParseError


def text_of(place: Path) -> str:
    """The text of a file in UTF-8; raises `ParameterError` as `_contents` does, `ParseError` for other encodings."""
    data = _contents(place)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ParseError(f"{place}, line {line}: this is no text in UTF-8; save it as UTF-8", line=line) from None


def _contents(place: Path) -> bytes:
    """The bytes of a file; raises `ParameterError` for what cannot be read at once, a pipe say."""
    try:
        if place.is_dir():
            raise ParameterError(
                f"{place} is a directory; give a file such as {place / 'my_conjecture.toml'}", path=place
            )
        if place.exists() and not place.is_file():
            raise ParameterError(f"{place} is no regular file; save the conjecture in one", path=place)
        with place.open("rb") as stream:
            data = stream.read(4 * MOST_BYTES + 1)
    except ParameterError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = ""
        if isinstance(error, FileNotFoundError):
            other = place.with_name(f"{place.name}.toml")
            hint = f"; did you mean {other}?" if other.is_file() else "; `resolvent new NAME` writes a template"
        raise ParameterError(f"cannot read {place}: {reason}{hint}", path=place) from None
    if len(data) > 4 * MOST_BYTES:
        raise ParameterError(f"{place} is too long for a conjecture: more than {4 * MOST_BYTES} bytes", path=place)
    return data
