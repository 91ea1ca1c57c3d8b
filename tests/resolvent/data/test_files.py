"""Arrays from files of every kind, and files that are none."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

import resolvent as rv
from resolvent.data.files import read_array

MATRIX = np.arange(6.0).reshape(2, 3)


def safetensors(array: np.ndarray, kind: str) -> bytes:
    raw = array.tobytes()
    header = json.dumps({"w": {"dtype": kind, "shape": array.shape, "data_offsets": [0, len(raw)]}}).encode()
    return len(header).to_bytes(8, "little") + header + raw


def test_every_kind_of_file_gives_the_same_array(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", MATRIX)
    np.savez(tmp_path / "a.npz", one=MATRIX, two=2 * MATRIX)
    np.savetxt(tmp_path / "a.csv", MATRIX, delimiter=",", header="x,y,z", comments="")
    (tmp_path / "a.safetensors").write_bytes(safetensors(MATRIX.astype("<f4"), "F32"))
    brain = (MATRIX.astype("<f4").view(np.uint32) >> 16).astype("<u2")
    (tmp_path / "b.safetensors").write_bytes(safetensors(brain, "BF16"))
    found = [read_array(tmp_path / name) for name in ("a.npy", "a.csv", "a.safetensors", "b.safetensors")]
    assert all(np.array_equal(array, MATRIX) for array in found)
    assert np.array_equal(read_array(tmp_path / "a.npz", "two"), 2 * MATRIX)


def test_one_column_is_a_list_of_numbers(tmp_path: Path) -> None:
    (tmp_path / "e.txt").write_text("eigenvalues\n1.5\n2\n# the end\n")
    assert read_array(tmp_path / "e.txt").tolist() == [1.5, 2.0]


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "o.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (tmp_path / "p.npy").write_bytes(pickle.dumps([1.0]))
    for name in ("o.npy", "p.npy"):
        with pytest.raises(rv.ParameterError, match="no array: it holds Python objects"):
            read_array(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.mat", b"", "must end in"),
        ("a.npy", b"hello", "no array"),
        ("a.csv", b"1,2\n3\n", "different numbers of columns"),
        ("a.csv", b"1,2\n3,x\n", "no array"),
        ("a.csv", b"\n", "no numbers"),
        ("a.safetensors", b"\xff" * 20, "no .safetensors file"),
        ("a.safetensors", safetensors(MATRIX, "F64")[:-8], "outside the file"),
        ("a.safetensors", safetensors(MATRIX, "F4"), "not known"),
    ],
)
def test_files_that_are_no_arrays_are_named(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(rv.ParameterError, match=words):
        read_array(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(rv.ParameterError, match="No such file"):
        read_array(tmp_path / "a.npy")


def test_several_arrays_need_a_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", one=MATRIX, two=MATRIX)
    with pytest.raises(rv.ParameterError, match="say which by its name: one, two"):
        read_array(tmp_path / "a.npz")
    with pytest.raises(rv.ParameterError, match="has no array 'three'"):
        read_array(tmp_path / "a.npz", "three")
