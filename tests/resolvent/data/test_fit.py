"""The face of a fit: its report in every format, its picture, and the command."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import resolvent as rv
from resolvent.cli.app import app

C, SIGMA = rv.parameter("c", positive=True), rv.parameter("sigma", positive=True)


@pytest.fixture(scope="module")
def data() -> np.ndarray:
    x = np.random.default_rng(2).normal(size=(200, 400))
    x[0] *= 4
    return x


@pytest.fixture(scope="module")
def fitted(data: np.ndarray) -> rv.Fit:
    return rv.fit(data, rv.marchenko_pastur(C, SIGMA), singular=True)


def test_every_format_says_the_parameters_with_their_intervals(fitted: rv.Fit) -> None:
    found = json.loads(json.dumps(fitted.to_json()))
    assert found["parameters"] == dict(fitted.parameters)
    assert (found["eigenvalues"], found["matrices"], len(found["left_out"])) == (200, 1, 1)
    markdown = fitted.markdown().replace("\\", "")
    for text in (str(fitted), fitted.latex(), fitted.html(), markdown, fitted._repr_html_()):
        for name, value in fitted.parameters.items():
            assert name in text
            assert f"{value:.6g}" in text
        assert f"{fitted.left_out[0]:.6g}" in text
        assert "nothing speaks against the law" in text
    assert "95% interval" in str(fitted)
    assert "<svg" in fitted.html()


def test_the_picture_has_the_fitted_density_and_the_component(fitted: rv.Fit) -> None:
    ax = fitted.plot()
    rho = rv.Spectrum(fitted.law)
    curve = max(ax.lines, key=lambda line: len(line.get_xdata()))
    assert np.asarray(curve.get_ydata()) == pytest.approx(rho.pdf(np.asarray(curve.get_xdata())), abs=1e-12)
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert any(f"{fitted.parameters['c']:.4g}" in word for word in words)


def test_a_law_that_does_not_explain_says_so_everywhere(tmp_path: Path) -> None:
    values = np.random.default_rng(3).uniform(-1, 1, 300)
    found = rv.fit(values, rv.semicircle(rv.parameter("v", positive=True)))
    assert not found.explains
    assert "does not explain the bulk" in str(found)
    np.save(tmp_path / "x.npy", values)
    ran = CliRunner().invoke(app, ["fit", str(tmp_path / "x.npy"), "semicircle(v)"])
    assert ran.exit_code == 1
    assert "does not explain the bulk" in ran.stdout


def test_heavy_tails_of_the_entries_are_said(fitted: rv.Fit) -> None:
    x = np.random.default_rng(0).standard_t(3, size=(200, 400))
    found = rv.fit(x, rv.marchenko_pastur(C, SIGMA), singular=True)
    assert found.tails > 1
    assert found.to_json()["tails"] == found.tails
    assert "heavy tails" in repr(found)
    assert "the intervals are too narrow" in str(found)
    assert fitted.tails == 0
    assert "heavy" not in str(fitted) + repr(fitted)


def test_as_many_parameters_as_statistics_leave_nothing_to_tell() -> None:
    record = rv.fit(np.random.default_rng(4).normal(size=(60, 120)), rv.marchenko_pastur(C), singular=True)
    full = rv.Fit(**{**vars(record), "misfit": (0.0, 0)})
    assert full.explains
    assert "nothing is left to tell" in full.text()


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["marchenko_pastur(c, sigma)", "--singular"], 0),
        (["marchenko_pastur(c, sigma)", "--set", "c=1/2", "--singular"], 0),
        (["marchenko-pastur", "--singular"], 0),
        (["marchenko_pastur(c, sigma)"], 2),
        (["marchenko_pastur(1/2)", "--singular"], 2),
        (["marchenko_pastur(c)", "--singular", "--confidence", "2"], 2),
    ],
)
def test_the_command_has_the_numbers_of_the_function(
    data: np.ndarray, tmp_path: Path, options: list[str], status: int
) -> None:
    np.save(tmp_path / "x.npy", data)
    picture = tmp_path / "out.svg"
    found = CliRunner().invoke(app, ["fit", str(tmp_path / "x.npy"), *options, "--json", "--plot", str(picture)])
    assert found.exit_code == status
    if not status:
        fixed = "1/2" if "--set" in options else C
        assert json.loads(found.stdout) == rv.fit(data, rv.marchenko_pastur(fixed, SIGMA), singular=True).to_json()
        assert picture.read_text().lstrip().startswith("<?xml")


@pytest.mark.slow
def test_a_parameter_that_the_eigenvalues_do_not_tell_is_named() -> None:
    """The variance of the semicircle goes to 0, where nothing depends on it."""
    x = np.random.default_rng(0).standard_normal((300, 600))
    law = rv.parse("marchenko_pastur(c, sigma) @ (semicircle(v) + t)")
    with pytest.raises(rv.PrecisionError, match="the eigenvalues do not tell v near the best fit; hold it at a value"):
        rv.fit(np.linalg.eigvalsh(x @ x.T / 600), law)
