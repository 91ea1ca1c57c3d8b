"""Phase diagrams: shapes over a window against skeletons at random points, and what the picture holds."""

from __future__ import annotations

import random
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import sympy
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh

from resolvent import catalog
from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.numeric.pictures.phase_diagram import PhaseMap, phase_diagram, phase_map
from resolvent.numeric.spectrum.spectrum import Spectrum

C, T = sympy.symbols("c t", positive=True)
NOISY = semicircle(T) + marchenko_pastur(C)


@pytest.fixture(scope="module")
def noisy() -> PhaseMap:
    return phase_map(NOISY, "c", "t", ((0, 1), (0, "1/2")), resolution=80)


def test_phases_of_noisy_marchenko_pastur(noisy: PhaseMap) -> None:
    assert [p.shape.sketch() for p in noisy.phases if p.shape] == ["[ 0 ]", "0 [ ]"]
    assert abs(sum(p.share for p in noisy.phases) - 1) < 1e-12


def test_the_border_is_where_the_lower_edge_vanishes(noisy: PhaseMap) -> None:
    """At z = 0 the edge's m > 0 solves z' = 0 for z = -1/m - t m + 1/(1 + c m): both vanish on the border."""
    for c in (0.1, 0.3, 0.5):
        m = np.linspace(0.05, 60, 400001)
        t = ((1 / (1 + c * m) - 1 / m) / m).max()  # the largest t at which z(m) = 0 has a real solution
        column = noisy.codes[:, int(c * 80)]
        height = noisy.axes[1][np.flatnonzero(np.diff(column))]
        assert len(height) == 1
        assert abs(height[0] + 0.5 / 160 - t) < 0.02


@pytest.mark.parametrize(
    ("law", "window", "others"),
    [
        (NOISY, (("1/10", 3), ("1/100", "1/2")), {}),
        pytest.param(catalog.get("hessian").law(), (("1/2", 3), ("1/10", 20)), {"sigma": 1}, marks=pytest.mark.slow),
    ],
    ids=["noisy", "hessian"],
)
def test_shapes_at_random_points(
    law: AlgebraicLaw, window: tuple[tuple[object, object], tuple[object, object]], others: dict[str, object]
) -> None:
    names = [s.name for s in law.parameters if s.name not in others]
    x, y = sorted(names, reverse=names == ["eps", "phi"])
    found = phase_map(law, x, y, window, resolution=100, **others)
    cells, _, shapes = found.cells
    rng = random.Random(5)
    for _ in range(10):
        row, column = rng.randrange(3, 97), rng.randrange(3, 97)
        if len(np.unique(found.codes[row - 3 : row + 4, column - 3 : column + 4])) > 1:
            continue  # next to a border
        values = [
            Fraction(float(axis[k])).limit_denominator(10**4) for axis, k in zip(found.axes, (column, row), strict=True)
        ]
        assert found.shape_at(*values) == shapes[cells[row, column]]


def test_where_there_is_no_law() -> None:
    law = atoms([0, 1]).free_power(T) + semicircle(C)
    found = phase_map(law, "t", "c", (("1/2", "3/2"), ("1/10", "1/5")), resolution=20)
    assert found.shape_at("3/4", "1/8") is None
    assert found.shape_at("5/4", "1/8") is not None


def key(axes: Axes) -> list[str]:
    """What the key below a picture says."""
    legend = axes.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def in_the_row(found: PhaseMap, phi: float) -> tuple[int, float]:
    """The number of intervals at the pixel next to phi, eps = 99/100, as the picture has it; the end of the first."""
    column, row = np.argmin(abs(found.axes[0] - phi)), np.argmin(abs(found.axes[1] - 0.99))
    point = {"phi": str(found.axes[0][column]), "eps": str(found.axes[1][row])}
    intervals = Spectrum(catalog.get("hessian"), **point, sigma=1).intervals
    cells, _, shapes = found.cells
    shape = shapes[cells[row, column]]
    assert shape is not None
    assert shape.intervals == len(intervals)
    return shape.intervals, intervals[0].right


def test_no_curve_ends_in_mid_air() -> None:
    """Between phi = 1.9 and 2 two curves come closer than the pixels; each goes on to the border of the window."""
    law = catalog.get("hessian").law()
    found = phase_map(law, "phi", "eps", (("1/20", 3), ("1/50", 1)), sigma=1)
    axes = found.plot()
    # at eps = 99/100 a gap opens above 0 between phi = 1.88 and 1.89, and its lower end falls below 0 between 1.91 and
    # 1.92: two curves, which next to phi = 2 were one where a cell was sampled in its neighbour
    assert in_the_row(found, 1.87)[0] == 1
    assert in_the_row(found, 1.905)[0] == 2
    assert in_the_row(found, 1.905)[1] > 0 > in_the_row(found, 1.935)[1]
    assert len(axes.lines) == 5
    ends = [line.get_xydata()[k] for line in axes.lines for k in (0, -1)]
    for x, y in ends:
        pixels = ((x - 0.05) / 2.95 * 200, (y - 0.02) / 0.98 * 200)
        assert min(min(p, 200 - p) for p in pixels) <= 0.5001, (x, y)


def test_one_phase_only() -> None:
    found = phase_map(marchenko_pastur(C) * T, "c", "t", (("1/4", "3/4"), (1, 2)), resolution=20)
    (phase,) = found.phases
    assert phase.shape is not None
    assert (phase.shape.describe(), phase.share) == ("1 bulk, lower end > 0", 1.0)
    axes = found.plot()
    assert not axes.lines
    assert key(axes) == ["A  a bulk above 0"]


def test_the_picture(noisy: PhaseMap) -> None:
    axes = noisy.plot()
    assert any(isinstance(c, QuadMesh) for c in axes.collections)
    assert key(axes) == ["A  a bulk around 0", "B  a bulk above 0", "an edge reaches 0"]
    assert {t.get_text() for t in axes.texts} == {"A", "B"}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("$c$", "$t$")
    assert axes.get_xlim() == (0.0, 1.0)


def test_given_axes_are_used(noisy: PhaseMap) -> None:
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    assert noisy.plot(axes) is axes


def test_pyplot_is_not_loaded() -> None:
    code = (
        "import sys, sympy; from resolvent.derive.laws.elementary import marchenko_pastur; "
        "from resolvent.numeric.pictures.phase_diagram import phase_diagram;"
        "c, t = sympy.symbols('c t', positive=True);"
        "phase_diagram(marchenko_pastur(c) * t, 'c', 't', ((1, 2), (1, 2)), resolution=10);"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_bad_arguments() -> None:
    window = ((1, 2), (1, 2))
    with pytest.raises(ParameterError, match="did you mean 't'"):
        phase_diagram(NOISY, "c", "tt", window)
    with pytest.raises(ParameterError, match="must differ"):
        phase_diagram(NOISY, "c", "c", window)
    with pytest.raises(ParameterError, match="give no value"):
        phase_diagram(NOISY, "c", "t", window, c=1)
    with pytest.raises(ParameterError, match="missing: sigma"):
        phase_diagram(catalog.get("hessian").law(), "phi", "eps", window)
    with pytest.raises(ParameterError, match="window"):
        phase_diagram(NOISY, "c", "t", (1, 2))  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="empty"):
        phase_diagram(NOISY, "c", "t", ((2, 1), (1, 2)))
    with pytest.raises(ParameterError, match="resolution"):
        phase_diagram(NOISY, "c", "t", window, resolution=5)
    with pytest.raises(ParameterError, match="rational"):
        phase_diagram(NOISY, "c", "t", ((1, sympy.pi), (1, 2)))


def test_a_cell_has_the_shape_of_its_own_pixels_where_a_curve_crosses_them() -> None:
    law = marchenko_pastur(C) + T * atoms([0, 1])
    found = phase_map(law, "c", "t", (("1/20", 3), ("1/20", 4)))
    x, y = found.axes
    cells, _, shapes = found.cells
    for row, column in ((21, 0), (25, 0), (28, 0), (25, 1), (19, 0), (20, 2), (33, 0)):
        true = len(Spectrum(law, c=str(x[column]), t=str(y[row])).intervals)
        shape = shapes[cells[row, column]]
        assert shape is not None
        assert shape.intervals == true
