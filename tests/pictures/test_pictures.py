"""Each kind of picture against a baseline that was looked at; see `tests.pictures.kinds`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.testing.compare import compare_images

from tests.pictures.kinds import BASELINE, KINDS, density, save

SLOW = ("fit",)
TOLERANCE = 3.0  # root mean square of differences from 0 to 255; matplotlib 3.10.0 and 3.11.2 differ by 0.4 at most


def distance(figure: Figure, name: str, folder: Path) -> float:
    """How far a picture is from a baseline."""
    actual, expected = folder / f"{name}.png", folder / f"{name}-expected.png"
    save(figure, actual)
    expected.write_bytes((BASELINE / f"{name}.png").read_bytes())  # a failed comparison writes beside it
    found = compare_images(str(expected), str(actual), tol=0, in_decorator=True)
    return 0.0 if found is None else float(found["rms"])


@pytest.mark.parametrize("name", [pytest.param(k, marks=pytest.mark.slow) if k in SLOW else k for k in KINDS])
def test_a_picture_looks_as_it_did(name: str, tmp_path: Path) -> None:
    assert distance(KINDS[name](), name, tmp_path) < TOLERANCE, f"look at {tmp_path}"


def test_every_baseline_has_its_kind() -> None:
    assert {path.stem for path in BASELINE.glob("*.png")} == set(KINDS)


@pytest.mark.parametrize("change", ["curve", "limits", "colour", "missing"])
def test_what_the_eye_would_see_is_seen(change: str, tmp_path: Path) -> None:
    """A curve that is moved, other limits, another colour, an artist that is missing: each is beyond the tolerance."""
    figure = density()
    (ax,) = figure.axes
    line = ax.lines[0]
    if change == "curve":
        line.set_ydata(0.8 * np.asarray(line.get_ydata(), dtype=float))
    elif change == "limits":
        ax.set_xlim(-1, 2 * ax.get_xlim()[1])
    elif change == "colour":
        ax.collections[0].set_facecolor("red")
    else:
        line.remove()
    assert distance(figure, "density", tmp_path) > TOLERANCE
