"""Arrays from files: .npy, .npz, .csv and .safetensors, read without pickle or any code of theirs."""

from __future__ import annotations

import contextlib
import csv
import json
import re
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from resolvent.derive.errors import ParameterError

SUFFIXES = (".npy", ".npz", ".csv", ".txt", ".safetensors")
_HEADER = 100_000_000  # bytes that the header of a .safetensors file may have
_KINDS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?",
}  # fmt: skip


def read_array(path: Path, name: str | None = None) -> Any:
    """The array in a file; of several in a .npz or .safetensors file, that of a name.

    Raises `ParameterError` for a file that is missing, of another kind or damaged, one that holds objects, or several
    arrays without a name that picks one.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ParameterError(f"cannot read {path}: the name must end in {', '.join(SUFFIXES)}", path=path)
    if path.exists() and not path.is_file():
        raise ParameterError(f"cannot read {path}: it is a directory, a device or a pipe, and no file", path=path)
    try:
        if suffix == ".npy":
            return np.load(path, allow_pickle=False)
        if suffix == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                return archive[_chosen(list(archive.files), name, path)]
        if suffix == ".safetensors":
            return _safetensors(path, name)
        return _table(path)
    except OSError as error:
        raise ParameterError(f"cannot read {path}: {error.strerror or error}", path=path) from None
    except ParameterError:
        raise
    except Exception as error:  # NumPy's readers raise many kinds for damaged files
        raise ParameterError(f"cannot read {path}: it is no array: {_reason(error)}", path=path) from None


def read_arrays(path: Path) -> dict[str, Any]:
    """All arrays of a .npz or .safetensors file by their names; that of another file by the file's.

    Raises `ParameterError` as `read_array` does.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".npz":
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                names = list(archive.files)
        elif suffix == ".safetensors":
            names = list(_header(path)[0])
        else:
            return {path.stem: read_array(path)}
    except OSError as error:
        raise ParameterError(f"cannot read {path}: {error.strerror or error}", path=path) from None
    except ParameterError:
        raise
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ParameterError(f"cannot read {path}: it is damaged: {_reason(error)}", path=path) from None
    return {name: read_array(path, name) for name in names}


def _reason(error: Exception) -> str:
    """The first line of what NumPy says, without its advice to load objects."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "pickle" in reason:
        return "it holds Python objects, or it is no file of NumPy's"  # who takes all other files for pickles
    return reason


def _chosen(names: list[str], name: str | None, path: Path) -> str:
    listed = ", ".join(names[:20])
    if name is not None:
        if name not in names:
            raise ParameterError(f"{path} has no array {name!r}; it has {listed}", path=path, name=name)
        return name
    if len(names) != 1:
        raise ParameterError(f"{path} holds {len(names)} arrays; say which by its name: {listed} (--array)", path=path)
    return names[0]


def _table(path: Path) -> Any:
    """Numbers separated by commas, semicolons or white space; names of columns and of rows are left out.

    Pandas and R write names of rows below an empty name, or below none. Numbers of columns and rows, 0, 1, 2, ...,
    without that sign cannot be told from data for sure, and are refused.
    """
    lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    rows = _cells([line for line in lines if not line.lstrip().startswith("#")])
    names = rows.pop(0) if rows and not all(map(_is_number, rows[0])) else []
    if any(map(_is_number, names)) and names[0]:
        raise ParameterError(f"the first line of {path} mixes numbers and words; names of columns are words", path=path)
    if rows and (odd := next(filter(_resembles_number, names), None)):
        raise ParameterError(
            f"the first line of {path} has {odd!r}, a number in a spelling that is not read; write numbers like 1.5e-3",
            path=path,
        )
    if not rows:
        raise ParameterError(f"{path} holds no numbers", path=path)
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        raise ParameterError(f"the lines of {path} have different numbers of columns: {sorted(widths)[:5]}", path=path)
    if names and (not names[0] or len(names) == len(rows[0]) - 1):
        rows = [row[1:] for row in rows]
    if any("" in row for row in rows):
        raise ParameterError(
            f"some numbers of {path} are missing: cells are empty; fill them, or leave rows out", path=path
        )
    array = np.array([[float(cell) for cell in row] for row in rows])
    _require_no_numbering(rows, path)
    return array.ravel() if 1 in array.shape else array


def _cells(lines: list[str]) -> list[list[str]]:
    """The cells of each line, by the separator that the lines have."""
    separator = next((mark for mark in ";," if any(mark in line for line in lines)), None)
    if separator is None:
        rows = [line.split() for line in lines]
    else:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator)]
    if separator == ";" and any("," in cell for row in rows[1:] for cell in row):
        raise ParameterError("numbers with decimal commas are not read; write decimal points", cells=rows[1])
    if separator == "," and _have_decimal_commas(rows):
        raise ParameterError(
            "numbers with decimal commas are not read, and these pairs of whole numbers look like such; write decimal "
            "points, or 1.0 for 1",
            cells=rows[1],
        )
    return [row[:-1] for row in rows] if all(len(row) > 1 and not row[-1] for row in rows) else rows


def _have_decimal_commas(rows: list[list[str]]) -> bool:
    """Whether all lines are two whole numbers, of which some second ones begin with a 0, as no number does."""
    pairs = all(len(row) == 2 and _are_whole(row) and row[1].isdigit() for row in rows)
    return pairs and any(len(row[1]) > 1 and row[1][0] == "0" for row in rows)


def _require_no_numbering(rows: list[list[str]], path: Path) -> None:
    """Refuse whole numbers 0, 1, 2, ... along the first line or column of a table of other numbers."""
    columns = list(zip(*rows, strict=True))
    for what, named, first, others in (
        ("line", "columns", rows[0], rows[1:]),
        ("column", "rows", columns[0], columns[1:]),
    ):
        if len(first) < 3 or not others or list(first) != list(map(str, range(len(first)))):
            continue
        if not all(_are_whole(cells) for cells in others):
            raise ParameterError(
                f"the first {what} of {path} is 0, 1, ..., {len(first) - 1}: names of {named}, it seems, and no data. "
                "Leave it out (in pandas to_csv(..., header=False, index=False)), or write it as 0.0, 1.0, ...",
                path=path,
            )


def _are_whole(cells: Sequence[str]) -> bool:
    return all(cell.lstrip("+-").isdigit() for cell in cells)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _resembles_number(cell: str) -> bool:
    """Whether a name is a number in another spelling: 1d0, 0x10, 1+2j, 5%, 1,5."""
    if _is_number(cell) or not any(mark.isdigit() for mark in cell):
        return False
    fortran, plain = re.sub("[dD]", "e", cell), cell.strip("%\0").replace(",", ".")
    for read, text in ((float, fortran), (float, plain), (complex, cell), (partial(int, base=0), cell)):
        with contextlib.suppress(ValueError):
            read(text)
            return True
    return False


def _header(path: Path) -> tuple[dict[str, Any], memoryview]:
    """What a .safetensors file says of its tensors, and their bytes: eight bytes with the length of a JSON header."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(len(data) - 8, _HEADER):
        raise ParameterError(f"cannot read {path}: it is no .safetensors file", path=path)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    return header, memoryview(data)[8 + length :]


def _safetensors(path: Path, name: str | None) -> Any:
    """A tensor by its entry in the header."""
    header, body = _header(path)
    entry = header[_chosen(list(header), name, path)]
    start, end = entry["data_offsets"]
    shape = tuple(int(n) for n in entry["shape"])
    if not 0 <= start <= end <= len(body):
        raise ParameterError(f"cannot read {path}: a tensor lies outside the file", path=path)
    if entry["dtype"] == "BF16":  # the upper half of a 32-bit float
        upper = np.frombuffer(body[start:end], dtype="<u2").astype(np.uint32) << 16
        return upper.view(np.float32).reshape(shape)
    if entry["dtype"] not in _KINDS:
        raise ParameterError(f"{path} holds numbers of the type {entry['dtype']}, which is not known", path=path)
    return np.frombuffer(body[start:end], dtype=_KINDS[entry["dtype"]]).reshape(shape)
