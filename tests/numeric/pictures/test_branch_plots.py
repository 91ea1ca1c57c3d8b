"""Sheets and portraits against closed forms, the certified branch, and the implicit derivative of the equation."""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from resolvent.derive.errors import ParameterError
from resolvent.derive.laws.elementary import atoms, fuss_catalan, marchenko_pastur, semicircle
from resolvent.derive.support.support import skeleton
from resolvent.numeric.pictures.branch_plots import Stretch, plane_portrait, root_table, sheet_plot, sheets
from resolvent.numeric.spectrum.spectrum import Spectrum

LAWS = {
    "semicircle": semicircle,
    "mp4": lambda: marchenko_pastur(4),
    "bulks": lambda: atoms([-4, 4]) + semicircle("1/4"),
    "cusp": lambda: atoms([-1, 1]) + semicircle(),
    "hard": lambda: marchenko_pastur(1) @ marchenko_pastur(1),
    "pairs": lambda: fuss_catalan(3),  # two pairs of conjugate sheets
    "inside": lambda: atoms([0, 1], ["2/3", "1/3"]) + atoms([0, 1], ["3/4", "1/4"]),
    "tiny": lambda: atoms([0, 9], ["99/100", "1/100"]) + semicircle(),
    "atoms": lambda: atoms([0, 1]),
}
NAMES = sorted(LAWS)


@lru_cache
def law(name: str) -> Spectrum:
    """A spectrum, built once."""
    return Spectrum(LAWS[name]())


@lru_cache
def stretches(name: str) -> list[Stretch]:
    """The sheets of a spectrum, computed once."""
    return sheets(law(name), points=300)


@lru_cache
def drawn(name: str, part: str) -> Axes:
    """The picture of the sheets of a spectrum."""
    return sheet_plot(law(name), part=part)


@lru_cache
def portrait(name: str) -> Axes:
    """A small portrait of a spectrum."""
    return plane_portrait(law(name), resolution=90)


def physical(ax: Axes) -> list[tuple[np.ndarray, np.ndarray]]:
    """The lines of the physical branch."""
    return [(np.asarray(a.get_xdata()), np.asarray(a.get_ydata())) for a in ax.lines if a.get_gid() == "physical"]


def grey(ax: Axes) -> list[np.ndarray]:
    """The lines of the other sheets, as points in rows."""
    (collection,) = [c for c in ax.collections if isinstance(c, LineCollection)]
    return [np.asarray(line) for line in collection.get_segments()]


def values(polynomial: Any, x: np.ndarray, m: np.ndarray) -> np.ndarray:
    """An integer polynomial in z and m, term by term."""
    zero = np.zeros(np.broadcast(x, m).shape, dtype=complex)
    return sum((int(c) * x ** int(i) * m ** int(j) for (i, j), c in polynomial.to_dict().items()), zero)


# -- roots -------------------------------------------------------------------------------------------------------


def test_roots_of_the_semicircle_are_those_of_the_quadratic_formula() -> None:
    x = np.linspace(-5, 5, 41)
    root = np.sqrt(x.astype(complex) ** 2 - 4)
    expected = np.sort_complex(np.stack([(-x - root) / 2, (-x + root) / 2], axis=-1))
    assert np.sort_complex(root_table(semicircle().equation, x)) == pytest.approx(expected, abs=1e-14)


def test_roots_are_those_of_numpy() -> None:
    equation = fuss_catalan(4).equation
    assert str(equation.expr) == "m**5*z**4 - m*z - 1"
    for x in (-1.5, 0.3, 20.0):
        found = np.roots([x**4, 0, 0, 0, -x, -1])
        table = root_table(equation, x)
        assert np.max(np.min(np.abs(table[:, None] - found), axis=1)) < 1e-12 * np.max(np.abs(found))


def test_roots_at_infinity_are_nan() -> None:
    table = root_table(marchenko_pastur(4).equation, [[0.0], [2.0]])
    assert table.shape == (2, 1, 2)
    assert np.isnan(table[0, 0]).tolist() == [False, True]
    assert table[0, 0, 0] == pytest.approx(-1 / 3)  # 4z m^2 + (z + 3) m + 1 at z = 0


def test_real_roots_come_first() -> None:
    table = root_table(fuss_catalan(4).equation, -1.0)
    assert table.imag[0] == 0
    assert np.all(table.imag[1:3] > 0)
    assert np.array_equal(table[3:], table[1:3].conj())


# -- sheets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_stretch_has_all_sheets_and_they_solve_the_equation(name: str) -> None:
    polynomial = law(name).law.equation.polynomial
    for s in stretches(name):
        assert s.roots.shape == (law(name).law.equation.degree, len(s.x))
        assert s.others.shape[0] == law(name).law.equation.degree - 1
        size = sum(np.abs(int(c) * s.x ** int(i) * s.roots ** int(j)) for (i, j), c in polynomial.to_dict().items())
        assert np.max(np.abs(values(polynomial, s.x, s.roots)) / size) < 1e-12


@pytest.mark.parametrize("name", NAMES)
def test_no_stretch_holds_a_critical_point(name: str) -> None:
    critical = np.array([float(p) for p in skeleton(law(name).law.equation).points])
    for s in stretches(name):
        assert np.all(np.diff(s.x) > 0)
        assert not np.any((critical >= s.x[0]) & (critical <= s.x[-1]))


@pytest.mark.parametrize("name", NAMES)
def test_sheets_move_as_the_implicit_derivative_says(name: str) -> None:
    polynomial = law(name).law.equation.polynomial
    for s in stretches(name):
        inner = slice(len(s.x) // 6, -len(s.x) // 6)
        slope = -values(polynomial.derivative("z"), s.x, s.roots) / values(polynomial.derivative("m"), s.x, s.roots)
        step = np.diff(s.x[inner]) * (slope[:, inner][:, 1:] + slope[:, inner][:, :-1]) / 2
        jump = np.diff(s.roots[:, inner], axis=1)
        assert np.max(np.abs(jump - step)) < 0.02 * np.max(np.abs(s.roots[:, inner]))
        assert np.max(np.abs(jump - step) / (np.abs(jump) + 1e-3 * np.max(np.abs(s.roots[:, inner])))) < 0.3


def test_two_pairs_of_sheets_are_told_apart_everywhere() -> None:
    # The roots of x^3 m^4 + x m + 1 with x m = -t solve x = t^4/(t - 1): each row must be one analytic inverse of it.
    assert str(law("pairs").law.equation.expr) == "m**4*z**3 + m*z + 1"
    for s in stretches("pairs"):
        t = -s.x * s.roots
        assert t**4 / (t - 1) == pytest.approx(np.broadcast_to(s.x, t.shape), rel=1e-9)
        turns = np.unwrap(np.angle(t), axis=1)
        assert np.max(np.abs(np.diff(turns, axis=1))) < 0.15
        assert len({tuple(np.round(row, 12)) for row in t[:, [0, len(s.x) // 2, -1]]}) == 4


@pytest.mark.parametrize("name", NAMES)
def test_the_physical_row_is_the_certified_branch(name: str) -> None:
    for s in stretches(name):
        chosen = [len(s.x) // 9, len(s.x) // 3, -len(s.x) // 7]
        assert s.roots[s.physical][chosen] == pytest.approx(law(name).stieltjes(s.x[chosen]), rel=1e-12, abs=1e-13)


# -- the picture of the sheets -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mp4", "bulks", "cusp", "hard", "inside", "tiny"])
def test_the_physical_line_is_the_density(name: str) -> None:
    for x, y in physical(drawn(name, "imag")):
        density = np.pi * law(name).pdf(x)
        assert np.max(np.abs(y - density) / np.maximum(1.0, density)) < 1e-9
    lengths = sum(x[-1] - x[0] for x, y in physical(drawn(name, "imag")) if np.max(y) > 0)
    assert lengths == pytest.approx(sum(i.right - i.left for i in law(name).intervals), rel=1e-5)


@pytest.mark.parametrize("name", ["mp4", "inside"])
def test_the_physical_line_is_the_real_part(name: str) -> None:
    for x, y in physical(drawn(name, "real")):
        place = len(x) // 3
        assert y[place] == pytest.approx(law(name).stieltjes(x[place]).real, abs=1e-12)


@pytest.mark.parametrize("part", ["imag", "real"])
@pytest.mark.parametrize("name", ["mp4", "inside"])
def test_over_every_point_there_are_degree_minus_one_grey_lines(name: str, part: str) -> None:
    ax, degree = drawn(name, part), law(name).law.equation.degree
    lines = grey(ax)
    for x, _ in physical(ax):
        assert sum(line[0, 0] <= x[len(x) // 2] <= line[-1, 0] for line in lines) == degree - 1
    assert len(lines) == (degree - 1) * len(physical(ax))


@pytest.mark.parametrize("name", ["mp4", "inside"])
def test_no_line_crosses_a_critical_point(name: str) -> None:
    critical = [float(p) for p in skeleton(law(name).law.equation).points]
    ax = drawn(name, "real")
    ends = [(line[0, 0], line[-1, 0]) for line in grey(ax)] + [(x[0], x[-1]) for x, _ in physical(ax)]
    assert not [(a, b, p) for a, b in ends for p in critical if a <= p <= b]


def test_edges_atoms_and_other_critical_points_are_marked() -> None:
    ax = drawn("inside", "imag")
    legend = ax.get_legend()
    assert legend is not None
    assert [t.get_text() for t in legend.get_texts()] == [
        "other sheets", "physical branch", "edge", "atom", "critical on another sheet"
    ]  # fmt: skip
    vertical = {float(np.asarray(a.get_xdata())[0]) for a in ax.lines if len(np.ravel(a.get_xdata())) == 2}
    assert vertical == {0.0, 1.0} | {e for i in law("inside").intervals for e in (i.left, i.right)}
    (marks,) = [a for a in ax.lines if a.get_gid() == "critical"]
    assert list(np.asarray(marks.get_xdata())) == [2.0]  # a pole of the other root


def test_a_peak_that_is_finite_is_drawn_whole() -> None:
    low, high = drawn("tiny", "imag").get_ylim()
    assert low == -high
    assert high > np.pi * float(np.max(law("tiny").pdf(np.linspace(-1, 1, 21))))


def test_poles_and_hard_edges_leave_the_axes_finite() -> None:
    for name, part in (("hard", "imag"), ("hard", "real"), ("mp4", "real"), ("atoms", "real")):
        low, high = drawn(name, part).get_ylim()
        assert 0.1 < high - low < 100


def test_a_window_limits_the_picture() -> None:
    ax = sheet_plot(law("bulks"), window=(-1, 3.5))
    assert ax.get_xlim() == (-1, 3.5)
    assert [(x[0] >= -1, x[-1] <= 3.5) for x, _ in physical(ax)] == [(True, True), (True, True)]


# -- the portrait ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_colours_are_the_arguments_of_the_certified_branch(name: str) -> None:
    (image,) = portrait(name).images
    left, right, bottom, top = image.get_extent()
    phase = np.asarray(image.get_array())
    rows, columns = phase.shape
    rng = np.random.default_rng(1)
    i, j = rng.integers(0, rows, 8), rng.integers(0, columns, 8)
    z = left + (right - left) * (j + 0.5) / columns + 1j * (bottom + (top - bottom) * (i + 0.5) / rows)
    assert phase[i, j] == pytest.approx(np.angle(law(name).stieltjes(z)), abs=1e-8)


def test_colours_are_symmetric() -> None:
    (image,) = portrait("mp4").images
    phase = np.asarray(image.get_array())
    assert np.array_equal(phase, -phase[::-1])
    assert np.all(phase[len(phase) // 2 :] >= 0)
    map_ = image.get_cmap()
    shade = np.asarray(map_(np.linspace(0, 1, 512)))[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert np.max(np.abs(shade - shade[::-1])) < 0.1  # equally light above and below
    assert shade[0] < 1.01 * np.min(shade)  # darkest at the argument pi


def test_cut_poles_and_critical_points_are_marked() -> None:
    lines = {a.get_gid(): [] for a in portrait("inside").lines}  # type: dict[Any, list[np.ndarray]]
    for a in portrait("inside").lines:
        lines[a.get_gid()].append(np.asarray(a.get_xydata()))
    assert [tuple(xy[:, 0]) for xy in lines["cut"]] == [(i.left, i.right) for i in law("inside").intervals]
    assert lines["atoms"][0].tolist() == [[0, 0], [1, 0]]
    edges = [e for i in law("inside").intervals for e in (i.left, i.right)]
    assert sorted(lines["critical"][0][:, 0]) == pytest.approx([*edges, 2.0])


def test_critical_points_off_the_line_are_marked_in_pairs() -> None:
    ax = plane_portrait(Spectrum(atoms([-1, 1]) + semicircle(2)), resolution=30)
    (marks,) = [np.asarray(a.get_xydata()) for a in ax.lines if a.get_gid() == "critical"]
    off = marks[marks[:, 1] != 0]
    assert len(off) == 2
    assert off[0] == pytest.approx(off[1] * [1, -1], abs=1e-12)


@pytest.mark.parametrize("window", [(-1.0, 2.0, 0.5), (0.5, 0.6, 0.01)])
def test_the_portrait_fills_its_window(window: tuple[float, float, float]) -> None:
    ax = plane_portrait(law("semicircle"), window=window, resolution=40)
    assert (*ax.get_xlim(), *ax.get_ylim()) == (window[0], window[1], -window[2], window[2])


# -- axes, files, errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [sheet_plot, plane_portrait])
def test_given_axes_are_drawn_on_and_returned(function: Any) -> None:
    ax = Figure().add_subplot()
    assert function(law("semicircle"), ax) is ax
    assert isinstance(function(law("semicircle")).figure, Figure)


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_pictures_can_be_saved(tmp_path: Any, suffix: str) -> None:
    for k, ax in enumerate((drawn("inside", "real"), portrait("inside"))):
        figure = ax.figure
        assert isinstance(figure, Figure)
        figure.savefig(tmp_path / f"{k}.{suffix}")
        assert (tmp_path / f"{k}.{suffix}").stat().st_size > 5000


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sheet_plot(law("semicircle"), part="phase"), "part must be 'imag' or 'real'; got 'phase'"),
        (lambda: sheet_plot(law("semicircle"), window=(1, 1)), "the window is empty"),
        (lambda: sheet_plot(law("semicircle"), window=(1, np.inf)), "2 finite numbers"),
        (lambda: sheet_plot(law("semicircle"), window=3), "must be 2 numbers"),  # type: ignore[arg-type]
        (lambda: sheet_plot(semicircle()), "needs a Spectrum; got AlgebraicLaw"),  # type: ignore[arg-type]
        (lambda: sheets(None), "needs a Spectrum; got NoneType"),  # type: ignore[arg-type]
        (lambda: plane_portrait(semicircle()), "needs a Spectrum; got AlgebraicLaw"),  # type: ignore[arg-type]
        (lambda: plane_portrait(law("semicircle"), window=(2, 1, 1)), "the window is empty"),
        (lambda: plane_portrait(law("semicircle"), window=(1, 2, 0)), "the window is empty"),
        (lambda: plane_portrait(law("semicircle"), window=(1, 2)), "3 finite numbers"),  # type: ignore[arg-type]
        (lambda: plane_portrait(law("semicircle"), resolution=1), "resolution must be an integer above 1"),
        (lambda: root_table(semicircle().equation, [0, np.nan]), "finite points"),
        (lambda: sheets(law("semicircle"), points=0), "points must be a positive integer"),
    ],
)
def test_wrong_arguments_are_refused(call: Any, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        call()


def test_roots_need_numbers_for_parameters() -> None:
    import sympy

    with pytest.raises(ParameterError, match="missing: v"):
        root_table(semicircle(sympy.Symbol("v", positive=True)).equation, 1.0)


def test_pictures_leave_pyplot_alone() -> None:
    program = (
        "import sys; from resolvent.derive.laws.elementary import semicircle; "
        "from resolvent.numeric.spectrum.spectrum import Spectrum; "
        "from resolvent.numeric.pictures.branch_plots import plane_portrait, sheet_plot; "
        "rho = Spectrum(semicircle()); sheet_plot(rho); "
        "plane_portrait(rho, resolution=20); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
