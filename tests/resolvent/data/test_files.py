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


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (",ev\n0,1.5\n1,2.5\n2,0.5\n", [1.5, 2.5, 0.5]),  # pandas' to_csv of a series
        (",0,1,2\n0,1.5,2,3\n1,4,5,6\n2,7,8,9.5\n", [[1.5, 2, 3], [4, 5, 6], [7, 8, 9.5]]),  # of a frame
        ('"","V1","V2"\n"1",0.5,1\n"2",1,2\n', [[0.5, 1], [1, 2]]),  # R's write.csv
        ("V1 V2\na 0.5 1\nb 1 2\n", [[0.5, 1], [1, 2]]),  # R's write.table
        ("a;b\n1.5;2\n3;4\n", [[1.5, 2], [3, 4]]),
        ("1.5, 2,\n3, 4,\n", [[1.5, 2], [3, 4]]),
        ("\ufeffx,y\n1,2\n3,4\n", [[1, 2], [3, 4]]),
        ("0,1,2\n1,0,1\n2,1,0\n", [[0, 1, 2], [1, 0, 1], [2, 1, 0]]),  # distances: whole numbers all
        ("0\n1\n2\n3\n", [0, 1, 2, 3]),
        ("0.0,1.0,2.0\n1.5,1,1\n", [[0, 1, 2], [1.5, 1, 1]]),
    ],
)
def test_names_of_columns_and_rows_are_no_data(tmp_path: Path, content: str, expected: list) -> None:
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    assert read_array(tmp_path / "a.csv").tolist() == expected


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
        ("a.csv", b"0,1,2\n1.5,2,3\n", "first line of .* is 0, 1, ..., 2: names of columns"),
        ("a.csv", b"x,y\n0,1.5\n1,2.5\n2,3.5\n", "first column of .* is 0, 1, ..., 2"),
        ("a.csv", b"1,2\n3,\n", "cells are empty"),
        ("a.csv", b"NA,2\n3,4\n", "mixes numbers and words"),
        ("fortran.csv", b"1.5d0\n2\n3\n", "a number in a spelling that is not read"),
        ("complex.csv", b"1+2j\n2\n3\n", "a number in a spelling that is not read"),
        ("nul.csv", b"1\0\n2\n3\n", "a number in a spelling that is not read"),
        ("a.csv", b"x;y\n1,5;2\n", "decimal commas"),
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


def test_what_is_no_file_of_numpys_and_what_is_empty_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.npy").write_bytes(b"\xff\xfe\x00no array")
    with pytest.raises(rv.ParameterError, match="it is no file of NumPy's"):
        read_array(tmp_path / "x.npy")
    np.save(tmp_path / "z.npy", np.zeros((0, 0)))
    with pytest.raises(rv.ParameterError, match="the matrix of size 0 x 0 is empty"):
        rv.compare(read_array(tmp_path / "z.npy"), rv.semicircle())


@pytest.mark.parametrize("text", ["0,53\n1,05\n2,70\n", "12,007\n-3,1\n"])
def test_decimal_commas_without_another_separator_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(rv.ParameterError, match="decimal commas"):
        read_array(path)


def test_pairs_of_whole_numbers_are_data(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("5,0\n-3,17\n4,10\n")
    assert read_array(path).tolist() == [[5, 0], [-3, 17], [4, 10]]
