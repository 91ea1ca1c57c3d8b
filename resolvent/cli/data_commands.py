"""What ``resolvent compare`` and ``resolvent fit`` share: a file of data, and a report with its picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from resolvent.cli.files import emit
from resolvent.cli.guard import limited
from resolvent.cli.outputs import contents, packed, unpack
from resolvent.derive.errors import ParameterError
from resolvent.writing.json_text import json_text

if TYPE_CHECKING:
    from resolvent.data.illustrated import Illustrated

DataFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="Eigenvalues or a matrix: .npy, .npz, .csv, .txt, .safetensors.")
]
ArrayName = Annotated[
    str | None, typer.Option("--array", metavar="NAME", help="Which array of a .npz or .safetensors file.")
]
Singular = Annotated[
    bool,
    typer.Option(
        "--singular",
        help="The file is data X, p variables as rows, n samples as columns: take the eigenvalues of X X^T/n.",
    ),
]
Beta = Annotated[
    int | None,
    typer.Option(
        "--beta", help="1 for real matrices, 2 for complex ones, 4 for quaternions; by default what the matrix is."
    ),
]


def read_data(file: Path, array: str | None, subject: str) -> Any:
    """The array in a file.

    Raises `ParameterError` where the subject is a file and the file is none, and as `read_array`.
    """
    from resolvent.data.files import read_array

    if Path(subject).is_file() and not file.exists():
        raise ParameterError(f"the file comes first, then the law: {subject} {str(file)!r}", path=file)
    return read_array(file, array)


def reported(
    work: Callable[[], tuple[int, Illustrated]],
    what: str,
    paths: Sequence[Path],
    json: bool,
    time_limit: float,
    memory_limit: float,
) -> None:
    """Compute within limits what has an exit status and a report, print it, and write its files; leaves with it."""

    def made() -> list[Any]:
        status, found = work()
        files: dict[Path, bytes] = {}
        for path in paths:
            files |= contents(found, path, found.text)
        return [status, json_text(found.to_json()) if json else found.text(), packed(files)]

    status, text, files = limited(made, what, time_limit, memory_limit)
    emit(text, None)
    unpack(files)
    raise typer.Exit(status)
