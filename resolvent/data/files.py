"""Arrays from files: .npy, .npz, .csv and .safetensors, read without pickle or any code of theirs."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from resolvent.derive.errors import ParameterError

SUFFIXES = (".npy", ".npz", ".csv", ".txt", ".safetensors")
_HEADER = 100_000_000  # bytes that the header of a .safetensors file may have
_KINDS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U8": "u1"}


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
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if "pickle" in reason:
            reason = "it holds Python objects, not numbers"
        raise ParameterError(f"cannot read {path}: it is no array: {reason}", path=path) from None


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
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ParameterError(f"cannot read {path}: it is damaged: {error}", path=path) from None
    return {name: read_array(path, name) for name in names}


def _chosen(names: list[str], name: str | None, path: Path) -> str:
    listed = ", ".join(names[:20])
    if name is not None:
        if name not in names:
            raise ParameterError(f"{path} has no array {name!r}; it has {listed}", path=path, name=name)
        return name
    if len(names) != 1:
        raise ParameterError(f"{path} holds {len(names)} arrays; say which by its name: {listed}", path=path)
    return names[0]


def _table(path: Path) -> Any:
    """Numbers separated by commas or white space; a first line of words is a header."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.replace(",", " ").split() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if rows and not _are_numbers(rows[0]):
        rows = rows[1:]
    if not rows:
        raise ParameterError(f"{path} holds no numbers", path=path)
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        raise ParameterError(f"the lines of {path} have different numbers of columns: {sorted(widths)[:5]}", path=path)
    array = np.array([[float(cell) for cell in row] for row in rows])
    return array.ravel() if 1 in array.shape else array


def _are_numbers(cells: list[str]) -> bool:
    try:
        [float(cell) for cell in cells]
    except ValueError:
        return False
    return True


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
