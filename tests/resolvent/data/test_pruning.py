"""The rank of weights: planted signals, a network that is really trained, files, and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from resolvent.cli.app import app
from resolvent.data.files import read_arrays
from resolvent.data.pruning import advise_pruning, pruned
from resolvent.derive.errors import ParameterError


def planted(shape: tuple[int, int], strengths: list[float], seed: int, noise: float = 1.0) -> tuple[Any, Any]:
    """Noise plus a signal whose singular values are strengths times sqrt of the longer side, and the signal."""
    rng = np.random.default_rng(seed)
    u, _ = np.linalg.qr(rng.standard_normal((shape[0], len(strengths))))
    v, _ = np.linalg.qr(rng.standard_normal((shape[1], len(strengths))))
    signal = (u * np.array(strengths) * noise * np.sqrt(max(shape))) @ v.T
    return signal + noise * rng.standard_normal(shape), signal


@pytest.mark.parametrize("shape", [(400, 200), (200, 400), (300, 300)])
@pytest.mark.parametrize("noise", [1.0, 0.01])
def test_planted_ranks_and_their_error(shape: tuple[int, int], noise: float) -> None:
    w, signal = planted(shape, [4.0, 2.0, 1.5], 0, noise)
    (layer,) = advise_pruning({"w": w}).layers
    assert layer.rank == 3
    assert layer.noise == pytest.approx(noise, rel=0.02)
    assert layer.signal == pytest.approx(np.array([4.0, 2.0, 1.5]) * noise * np.sqrt(max(shape)), rel=0.1)
    error = np.sum((pruned(w, layer) - signal) ** 2) / np.sum(signal**2)
    assert layer.error == pytest.approx(error, rel=0.1)


def test_noise_alone_has_rank_zero() -> None:
    ranks = [
        advise_pruning({"w": np.random.default_rng(s).standard_normal((120, 80))}).layers[0].rank for s in range(60)
    ]
    assert np.mean(ranks) < 0.06  # at the level 1 %


def test_a_signal_below_the_threshold_is_not_seen() -> None:
    w, _ = planted((300, 300), [0.8], 1)
    assert advise_pruning({"w": w}).layers[0].rank == 0


def test_convolutions_are_flattened_and_vectors_skipped() -> None:
    w, _ = planted((64, 27 * 4), [3.0], 2)
    advice = advise_pruning({"conv": w.reshape(64, 12, 3, 3), "bias": np.zeros(64), "words": np.array(["a"])})
    assert advice.layers[0].shape == (64, 108)
    assert advice.layers[0].rank == 1
    assert advice.skipped == ("bias", "words")


def test_layers_of_which_nothing_is_said() -> None:
    rng = np.random.default_rng(0)
    heavy = rng.standard_normal((200, 200)) * np.exp(2 * rng.standard_normal((200, 1)))
    advice = advise_pruning({"heavy": heavy, "small": np.eye(5), "zero": np.zeros((30, 30))})
    assert [bool(layer.reason) for layer in advice.layers] == [True, True, True]
    assert not advice.is_decided
    assert "no advice" in advice.text()
    with pytest.raises(ParameterError, match="no matrix of weights"):
        advise_pruning({"bias": np.zeros(4)})
    bad = np.ones((30, 30))
    bad[3, 4] = np.nan
    with pytest.raises(ParameterError, match=r"weights of w must be finite; entry \(3, 4\)"):
        advise_pruning({"w": bad})


def trained(seed: int = 0) -> tuple[dict[str, Any], Any]:
    """A network of one hidden layer trained by gradient descent on a teacher that sees three directions."""
    rng = np.random.default_rng(seed)
    inputs, units, samples = 100, 150, 2000
    teacher = np.linalg.qr(rng.standard_normal((inputs, 3)))[0]
    x = rng.standard_normal((inputs, samples))
    y = np.tanh(teacher.T @ x).sum(axis=0)
    w1, w2 = rng.standard_normal((units, inputs)) / np.sqrt(inputs) * 0.3, rng.standard_normal(units) / np.sqrt(units)
    for _ in range(300):
        h = np.tanh(w1 @ x)
        e = w2 @ h - y
        step1 = ((w2[:, None] * (1 - h**2)) * e) @ x.T / samples
        w2 = w2 - 0.1 * h @ e / samples
        w1 = w1 - 0.8 * step1

    def error(first: Any) -> float:
        fresh = np.random.default_rng(seed + 1).standard_normal((inputs, 4000))
        target = np.tanh(teacher.T @ fresh).sum(axis=0)
        return float(np.mean((w2 @ np.tanh(first @ fresh) - target) ** 2) / np.var(target))

    return {"w1": w1, "w2": w2}, error


def test_a_trained_network_is_pruned_with_little_loss() -> None:
    """Its first layer is noise of the start and what was learnt: a few of 100 directions explain as much as all."""
    arrays, error = trained()
    (layer,) = advise_pruning(arrays).layers
    assert not layer.reason
    assert 1 <= layer.rank <= 8
    assert layer.noise == pytest.approx(0.03, rel=0.1)
    full, cut = error(arrays["w1"]), error(pruned(arrays["w1"], layer))
    assert full < 0.05
    assert cut < 0.1  # of the variance is left unexplained


def test_the_command(tmp_path: Path) -> None:
    arrays, _ = trained()
    path, picture = tmp_path / "weights.npz", tmp_path / "layers.png"
    np.savez(path, **arrays)
    result = CliRunner().invoke(app, ["advise", "prune", str(path), "--plot", str(picture)])
    assert result.exit_code == 0, result.output
    assert "w1" in result.output
    assert "skipped: w2" in result.output
    assert picture.read_bytes()[:4] == b"\x89PNG"
    result = CliRunner().invoke(app, ["advise", "prune", str(path), "--json"])
    assert json.loads(result.output)["layers"][0]["name"] == "w1"


def test_safetensors(tmp_path: Path) -> None:
    w, _ = planted((60, 80), [3.0], 4)
    flat = w.astype("<f4").tobytes()
    header = json.dumps({"a.weight": {"dtype": "F32", "shape": [60, 80], "data_offsets": [0, len(flat)]}}).encode()
    path = tmp_path / "net.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + flat)
    assert advise_pruning(read_arrays(path)).layers[0].rank == 1


def test_rows_of_different_sizes_are_no_signal() -> None:
    """Half of the singular values stick out of the bulk that the small rows make, though there is no signal at all."""
    rng = np.random.default_rng(0)
    w = rng.standard_normal((200, 300)) * np.exp(0.7 * rng.standard_normal((200, 1)))
    (layer,) = advise_pruning({"w": w}).layers
    assert "stick out of the bulk" in layer.reason


def test_heavy_tails_are_named_beside_the_rank_that_they_make(tmp_path: Path) -> None:
    """Student's law of 2.5 degrees has no fourth moment: its largest entries are singular values outside the bulk."""
    w = np.random.default_rng(1).standard_t(2.5, size=(200, 300))
    (layer,) = advise_pruning({"w": w}).layers
    assert layer.rank > 0
    assert not layer.reason
    assert any("heavy tails" in doubt for doubt in layer.doubts)
    np.save(tmp_path / "w.npy", w)
    assert "doubtful: the entries have heavy tails" in CliRunner().invoke(
        app, ["advise", "prune", str(tmp_path / "w.npy")]
    ).output  # fmt: skip
    assert advise_pruning({"w": 1e-9 * w}).to_json()["layers"][0]["doubts"] == list(layer.doubts)


@pytest.mark.parametrize("sizes", [np.linspace(1, 2, 200), np.repeat([1, 1.5], 100)])
def test_a_bulk_that_fits_badly_is_named(sizes: np.ndarray) -> None:
    w = np.random.default_rng(0).standard_normal((200, 300)) * sizes[:, None]
    (layer,) = advise_pruning({"w": w}).layers
    assert layer.rank > 0
    assert any("away from that of independent entries" in doubt for doubt in layer.doubts)


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "rank"), [((40, 60), 2), ((100, 100), 0), ((30, 300), 1)])
def test_noise_with_a_signal_is_not_doubted(shape: tuple[int, int], rank: int) -> None:
    """At the level 1 % of the distance: 5 or more of 100 have a probability below one per cent."""
    draws = [planted(shape, [3.0, 5.0][:rank], seed)[0] if rank else
             np.random.default_rng(seed).standard_normal(shape) for seed in range(100)]  # fmt: skip
    assert sum(bool(advise_pruning({"w": w}).layers[0].doubts) for w in draws) < 5


def test_files_that_hold_objects_or_are_damaged(tmp_path: Path) -> None:
    objects = tmp_path / "objects.npz"
    np.savez(objects, w=np.array([{}], dtype=object))
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK\x03\x04 nonsense")
    words, empty = tmp_path / "words.npz", tmp_path / "empty.npy"
    words.write_bytes(b"hello")
    empty.touch()
    for path in (objects, broken, words, empty, tmp_path / "missing.npz", tmp_path / "weights.pt"):
        result = CliRunner().invoke(app, ["advise", "prune", str(path)])
        assert result.exit_code == 2
        assert result.output.count("cannot read") == 1
        assert "pickle" not in result.output


def test_layers_without_noise_are_left_as_they_are() -> None:
    """Two rows that are not 0: the median singular value, and the noise with it, is 0."""
    w = np.zeros((60, 90))
    w[0, :3], w[1, 5] = 2.0, 1.0
    (layer,) = advise_pruning({"w": w}).layers
    assert (layer.rank, layer.noise, layer.reason) == (2, 0.0, "it has rank 2 exactly")
    assert pruned(w, layer) == pytest.approx(w)
    for constant in (np.ones((60, 90)), np.outer(np.arange(60.0), np.cos(np.arange(90.0)))):
        (layer,) = advise_pruning({"w": constant}).layers
        assert layer.reason == "it has rank 1 exactly"
        assert pruned(constant, layer) == pytest.approx(constant)
    (nothing,) = advise_pruning({"w": 0 * w}).layers
    assert not np.any(pruned(0 * w, nothing))


def test_layers_with_no_numbers_or_one_row_are_drawn_and_masks_are_skipped(tmp_path: Path) -> None:
    """One row has one singular value, and an orthogonal matrix many equal ones: their histograms have no width."""
    noise = np.random.default_rng(0).normal(size=(50, 80))
    arrays = {"none": np.zeros((0, 50)), "row": np.ones((1, 500)), "orthogonal": np.eye(60), "mask": np.eye(60) > 0}
    advice = advise_pruning({**arrays, "noise": noise})
    assert [bool(layer.reason) for layer in advice.layers] == [True, True, True, False]
    assert advice.skipped == ("mask",)
    figure = advice.plot()
    figure.savefig(tmp_path / "layers.png")  # beside a layer of rank 0 the axes were a tenth as wide
    assert all(ax.get_position().width > 0.2 for ax in figure.axes)


def test_masks_and_unsigned_numbers_of_safetensors(tmp_path: Path) -> None:
    arrays = {"BOOL": np.array([[True, False]]), "U16": np.array([[1, 65535]], "<u2"), "U32": np.array([[7]], "<u4")}
    header, body = {}, b""
    for kind, array in arrays.items():
        start, body = len(body), body + array.tobytes()
        header[kind] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [start, len(body)]}
    text = json.dumps(header).encode()
    (tmp_path / "w.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + body)
    found = read_arrays(tmp_path / "w.safetensors")
    assert all(np.array_equal(found[name], array) for name, array in arrays.items())
    assert found["BOOL"].dtype == bool


@pytest.mark.parametrize("size", [1e-170, 1e160])
def test_weights_whose_squares_are_no_floats_are_refused(size: float) -> None:
    with pytest.raises(ParameterError, match="multiply them by a number"):
        advise_pruning({"w": size * np.random.default_rng(0).standard_normal((60, 60))})
