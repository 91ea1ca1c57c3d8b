"""One way to name files: the ending of a name says what is written there, in every command."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from resolvent.cli.files import ReportFormat, check_writable, write_file
from resolvent.derive.errors import ParameterError
from resolvent.writing.json_text import json_text

REPORTS: Mapping[str, ReportFormat] = {
    ".txt": ReportFormat.TEXT,
    ".tex": ReportFormat.LATEX,
    ".html": ReportFormat.HTML,
    ".md": ReportFormat.MARKDOWN,
    ".json": ReportFormat.JSON,
}
PICTURES = (".png", ".svg", ".pdf")
F = TypeVar("F", bound=StrEnum)


def file_option(what: str, *more: str) -> Any:
    """The option that names files, which may be given several times; ``more`` are other names that it has."""
    return typer.Option("--output", "-o", *more, metavar="FILE", help=f"{what}. Repeatable.")


FIGURES = "Write .txt, .tex, .html, .md, .json or a picture: .png, .svg, .pdf"
Outputs = Annotated[list[Path] | None, file_option("Write .txt, .tex, .html, .md or .json")]
Figures = Annotated[list[Path] | None, file_option(FIGURES)]


def check_output(path: Path, endings: Iterable[str], *, hint: str = "", is_plain: bool = False) -> str:
    """The ending of a file's name; empty where plain text may go to a name without one, /dev/stdout say.

    Raises `ParameterError` for a file of another kind, and one that cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in endings and (ending or not is_plain):
        raise ParameterError(
            f"cannot tell what to write to {path}; end the name in {', '.join(endings)}{hint}", path=path
        )
    check_writable(path)
    return ending


def named_files(
    output: Sequence[Path] | None, plot: Path | None, endings: Iterable[str], *, is_plain: bool = False
) -> list[Path]:
    """The files that --plot and --output name; raises `ParameterError` as `check_output` for one that cannot be."""
    if plot is not None:
        check_output(plot, PICTURES)
    for path in output or ():
        check_output(path, endings, is_plain=is_plain)
    return [*([plot] if plot else []), *(output or [])]


def in_formats(
    paths: Sequence[Path] | None, said: F | None, endings: Mapping[str, F], plain: F, hint: str = ", or say --format"
) -> list[tuple[Path | None, F]]:
    """Each file with its format, which is what `--format` says, or its ending; the terminal, None, where there is none.

    Raises `ParameterError` where one format is said for several files, and as `check_output`.
    """
    if said is not None and len(paths or ()) > 1:
        raise ParameterError("several files are written in the formats of their endings; leave out --format and --json")
    if not paths:
        return [(None, said or plain)]
    if said is None:
        return [(p, endings.get(check_output(p, endings, hint=hint, is_plain=True), plain)) for p in paths]
    for path in paths:
        check_writable(path)
    return [(path, said) for path in paths]


def contents(found: Any, path: Path, text: Callable[[], str]) -> dict[Path, bytes]:
    """What is written of something that has reports and a picture: the file, with pictures that LaTeX has beside it."""
    from resolvent.numeric.style import drawn

    ending = path.suffix.lower()
    if ending in PICTURES:
        return {path: drawn(found.plot, ending)}
    if ending == ".tex":
        files = found.latex_files(path.stem)
        return {path if name == f"{path.stem}.tex" else path.with_name(name): files[name] for name in files}
    ways = {".html": found.html, ".md": found.markdown, ".json": lambda: json_text(found.to_json())}
    words = ways.get(ending, text)()
    return {path: (words if words.endswith("\n") else f"{words}\n").encode()}


def packed(files: Mapping[Path, bytes]) -> dict[str, str]:
    """Files as plain values, for `unpack` in another process."""
    return {str(path): base64.b64encode(content).decode() for path, content in files.items()}


def unpack(files: Mapping[str, str]) -> None:
    """Write files that were `packed`; raises `ParameterError` where one cannot be written."""
    for path, content in files.items():
        write_file(Path(path), base64.b64decode(content))
