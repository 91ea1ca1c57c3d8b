"""``resolvent compare``: what it prints, and its exit status."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from resolvent.cli.app import app


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "x.npy"
    np.save(path, np.random.default_rng(0).normal(size=(400, 800)))
    return path


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["marchenko_pastur(c)", "--set", "c=1/2", "--singular"], 0),
        (["marchenko_pastur(c)", "--set", "c=3/5", "--singular"], 1),
        (["marchenko_pastur(c)", "--set", "c=1/2"], 2),
        (["marchenko_pastur(c)", "--singular"], 2),
        (["marchenko_pastur(1/2)", "--singular", "--resolution", "0.001"], 3),
        (["marchenko-pastur", "--set", "c=1/2", "--singular"], 0),
    ],
)
def test_the_exit_status_says_the_verdict(data: Path, options: list[str], status: int) -> None:
    assert CliRunner().invoke(app, ["compare", str(data), *options]).exit_code == status


def test_json_and_picture(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.svg"
    found = CliRunner().invoke(
        app, ["compare", str(data), "marchenko_pastur(1/2)", "--singular", "--json", "--plot", str(target)]
    )
    assert json.loads(found.stdout)["verdict"] == "supported"
    assert target.read_text().lstrip().startswith("<?xml")


@pytest.mark.parametrize("command", ["compare", "fit"])
def test_a_law_and_a_file_in_the_wrong_order_are_refused(data: Path, command: str) -> None:
    found = CliRunner().invoke(app, [command, "marchenko_pastur(c)", str(data)])
    assert found.exit_code == 2
    assert f"the file comes first, then the law: {data} 'marchenko_pastur(c)'" in found.stderr.replace("\n", " ")
