"""What the pictures contain: lines, stems, bars and labels, read back from the axes."""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.numeric.measures.known_by_numbers import mixture
from resolvent.numeric.spectrum.density_plot import density_plot, histogram_plot
from resolvent.numeric.spectrum.spectrum import Spectrum


@lru_cache
def law(name: str) -> Spectrum:
    """A spectrum, built once."""
    laws = {
        "semicircle": semicircle,
        "mp1": lambda: marchenko_pastur(1),
        "mp4": lambda: marchenko_pastur(4),
        "atoms": lambda: atoms([0, 1]),
        "bulks": lambda: atoms([-4, 4]) + semicircle("1/4"),
    }
    return Spectrum(laws[name]())


def curves(ax: Axes) -> list[tuple[Any, Any]]:
    """The drawn lines of more than two points."""
    return [(line.get_xdata(), line.get_ydata()) for line in ax.lines if len(np.ravel(line.get_xdata())) > 2]


def stems(ax: Axes) -> list[tuple[float, float]]:
    """Place and height of each vertical line."""
    pairs = [(np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in ax.lines]
    return [(float(x[0]), float(y[1])) for x, y in pairs if len(x) == 2 and x[0] == x[1]]


def bars(ax: Axes) -> list[Any]:
    """The rectangles of the histogram."""
    return [p for c in ax.containers if isinstance(c, BarContainer) for p in c.patches]


def test_the_line_is_the_density_on_the_support() -> None:
    ((x, y),) = curves(density_plot(law("semicircle")))
    assert np.array_equal(y, law("semicircle").pdf(x))
    assert (np.min(x), np.max(x)) == pytest.approx((-2, 2), abs=1e-4)
    assert np.max(y) == pytest.approx(1 / np.pi, abs=1e-5)


def test_each_bulk_has_its_line() -> None:
    drawn = curves(density_plot(law("bulks")))
    assert [round(float(np.mean(x)), 3) for x, _ in drawn] == pytest.approx(
        [(i.left + i.right) / 2 for i in law("bulks").intervals], abs=1e-3
    )


def test_the_area_under_the_line_is_the_continuous_mass() -> None:
    ((x, y),) = curves(density_plot(law("mp4")))
    assert float(np.trapezoid(y, x)) == pytest.approx(0.25, abs=1e-4)


def test_an_atom_is_a_stem_with_its_mass_written_on_it() -> None:
    ax = density_plot(law("mp4"))
    ((place, height),) = stems(ax)
    assert (place, height > 0) == (0.0, True)
    assert [t.get_text() for t in ax.texts] == ["mass 3/4"]


def test_the_words_of_an_atom_stand_on_the_side_without_density() -> None:
    """On the left of each bulk that rises there, also in the middle; else on the right."""
    right = density_plot(Spectrum(marchenko_pastur(3) + atoms([0, 40])))
    assert [t.get_ha() for t in right.texts] == ["right", "right"]
    lonely = mixture([atoms([5]), atoms([0, 10]) + semicircle("1/100")], [0.5, 0.5])
    assert [t.get_ha() for t in density_plot(Spectrum(lonely)).texts] == ["left"]


def test_stems_of_atoms_alone_are_as_high_as_their_weights() -> None:
    assert stems(density_plot(law("atoms"))) == [(0.0, 0.5), (1.0, 0.5)]


def test_a_law_without_atoms_has_no_stem() -> None:
    ax = density_plot(law("semicircle"))
    assert not stems(ax)
    assert not ax.texts


def test_a_diverging_density_leaves_the_axes_finite() -> None:
    bottom, top = density_plot(law("mp1")).get_ylim()
    assert bottom == 0
    assert 0.1 < top < 100


def test_a_diverging_density_over_bars_and_over_another_law_is_cut_off_as_well() -> None:
    """The line goes on to 160, the bars and the other law end below 2: neither may become a flat line at the bottom."""
    values = np.random.default_rng(0).standard_normal((300, 300))
    eigenvalues = np.linalg.eigvalsh(values @ values.T / 300)
    assert 1 < histogram_plot(law("mp1"), eigenvalues).get_ylim()[1] < 5
    ax = density_plot(law("semicircle"))
    assert 1 < density_plot(law("mp1"), ax).get_ylim()[1] < 5


@pytest.mark.parametrize("function", [density_plot, Spectrum.plot])
def test_given_axes_are_drawn_on_and_returned(function: Any) -> None:
    ax = Figure().add_subplot()
    assert function(law("semicircle"), ax) is ax
    assert curves(ax)


def test_axes_of_its_own_belong_to_a_figure() -> None:
    assert isinstance(law("semicircle").plot().figure, Figure)


def test_axes_are_labelled() -> None:
    ax = density_plot(law("semicircle"))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x$", r"density $\rho(x)$")


def test_laws_on_the_same_axes_have_colours_that_differ_and_all_fit() -> None:
    ax = density_plot(law("semicircle"), label="first")
    density_plot(law("mp4"), ax, label="second")
    colours = [line.get_color() for line in ax.lines if line.get_label() in ("first", "second")]
    assert len(set(colours)) == 2
    assert ax.get_xlim()[0] < -2
    assert ax.get_xlim()[1] > 9
    assert ax.get_ylim()[1] > 1 / np.pi


def test_an_infinite_edge_has_an_arrow() -> None:
    markers = [line.get_marker() for line in density_plot(law("mp1")).lines]
    assert markers.count("^") == 1


def test_outliers_are_marked_on_the_axis_and_far_ones_counted() -> None:
    sample = np.concatenate([np.linspace(-1.9, 1.9, 100), [3.0, 4.5, 50.0]])
    ax = histogram_plot(law("semicircle"), sample)
    (marks,) = [line for line in ax.lines if str(line.get_label()).startswith("outside the support")]
    assert np.allclose(marks.get_xdata(), [3.0, 4.5])
    assert marks.get_label() == "outside the support (3)"
    assert [t.get_text() for t in ax.texts] == [r"1 beyond, up to 50 $\rightarrow$"]
    assert sum(p.get_width() * p.get_height() for p in bars(ax)) == pytest.approx(102 / 103)


def test_marks_leave_out_what_is_outside_by_less_than_a_bar_and_say_so() -> None:
    ax = histogram_plot(law("semicircle"), np.concatenate([np.linspace(-2.05, 1.9, 100), [3.0]]))
    labels = [str(line.get_label()) for line in ax.lines]
    assert "outside the support by a bar (1)" in labels


def test_style_goes_to_the_line() -> None:
    (line,) = law("semicircle").plot(color="red", linewidth=3, label="law").lines
    assert (line.get_color(), line.get_linewidth(), line.get_label()) == ("red", 3, "law")


def test_bars_and_atoms_share_the_sample() -> None:
    sample = np.concatenate([np.zeros(300), law("mp4").ppf(np.linspace(0.7501, 0.9999, 100))])
    ax = histogram_plot(law("mp4"), sample)
    area = sum(p.get_width() * p.get_height() for p in bars(ax))
    assert area == pytest.approx(0.25, abs=1e-12)


def test_bars_of_a_continuous_law_have_area_one() -> None:
    sample = np.linspace(-1.9, 1.9, 500)
    assert sum(p.get_width() * p.get_height() for p in bars(histogram_plot(law("semicircle"), sample))) == (
        pytest.approx(0.998, abs=0.0021)  # the outermost thousandths may fall outside the picture
    )


def test_bars_are_a_density_estimate() -> None:
    sample = law("semicircle").ppf((np.arange(4000) + 0.5) / 4000)
    rectangles = bars(histogram_plot(law("semicircle"), sample))
    middles = np.array([p.get_x() + p.get_width() / 2 for p in rectangles])
    heights = np.array([p.get_height() for p in rectangles])
    inner = np.abs(middles) < 1.8
    assert np.max(np.abs(heights - law("semicircle").pdf(middles))[inner]) < 0.02


def test_bars_end_where_the_support_does_and_narrow_bulks_have_several() -> None:
    spectrum = Spectrum(semicircle("1/400") + atoms([0, 1, 10], ["1/4", "1/4", "1/2"]))
    drawn = bars(histogram_plot(spectrum, spectrum.rvs(400, random_state=1)))
    ends = [bar.get_x() for bar in drawn] + [drawn[-1].get_x() + drawn[-1].get_width()]
    for i in spectrum.intervals:
        assert min(abs(end - i.left) for end in ends) < 1e-12
        assert min(abs(end - i.right) for end in ends) < 1e-12
        assert sum(i.left - 1e-12 <= end <= i.right + 1e-12 for end in ends) >= 6
    assert np.allclose(np.diff(ends), [bar.get_width() for bar in drawn])
    assert sum(bar.get_width() * bar.get_height() for bar in drawn) == pytest.approx(1)


def test_a_gap_narrower_than_half_a_bar_has_no_bar_of_its_own() -> None:
    spectrum = Spectrum(semicircle("9/10") + atoms([-1, 1]))
    (left, right), count = spectrum.intervals, 60
    assert right.left - left.right < spectrum.support()[1] / 20
    drawn = bars(histogram_plot(spectrum, spectrum.rvs(count, random_state=1)))
    assert all(bar.get_x() < left.right or bar.get_x() + bar.get_width() > right.left for bar in drawn)


def test_legend_names_sample_and_law() -> None:
    legend = histogram_plot(law("semicircle"), np.linspace(-1, 1, 50), label="sampled (model)").get_legend()
    assert legend is not None
    assert {t.get_text() for t in legend.get_texts()} == {"sampled (model)", "derived"}


def test_legend_counts_what_is_not_drawn() -> None:
    legend = histogram_plot(law("mp4"), np.concatenate([np.zeros(30), np.linspace(2, 8, 10)])).get_legend()
    assert legend is not None
    assert "sampled (30 at atoms)" in [t.get_text() for t in legend.get_texts()]


@pytest.mark.parametrize("sample", [np.zeros(20), np.array([])])
def test_samples_without_anything_to_draw_make_a_picture(sample: Any) -> None:
    ax = histogram_plot(law("mp4"), sample)
    assert sum(p.get_width() * p.get_height() for p in bars(ax)) == 0


def test_histogram_on_given_axes() -> None:
    ax = Figure().add_subplot()
    assert histogram_plot(law("semicircle"), np.linspace(-1, 1, 50), ax) is ax


def test_a_picture_can_be_saved(tmp_path: Any) -> None:
    figure = density_plot(law("mp4")).figure
    assert isinstance(figure, Figure)
    figure.savefig(tmp_path / "density.png")
    assert (tmp_path / "density.png").stat().st_size > 1000


def test_pictures_leave_pyplot_alone() -> None:
    program = (
        "import sys; from resolvent.derive.laws.elementary import semicircle; "
        "from resolvent.numeric.spectrum.spectrum import Spectrum; "
        "from resolvent.numeric.spectrum.density_plot import histogram_plot; rho = Spectrum(semicircle()); rho.plot(); "
        "histogram_plot(rho, [0.0, 1.0]); assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize("law", [marchenko_pastur(3), marchenko_pastur("5/4")], ids=["wide", "narrow"])
def test_words_beside_the_lowest_atom_stand_on_no_curve_and_in_the_picture(law: AlgebraicLaw) -> None:
    ax = density_plot(Spectrum(law))
    ax.figure.draw_without_rendering()
    (words,) = ax.texts
    box = words.get_window_extent().transformed(ax.transData.inverted())
    x, y = ax.lines[0].get_data()
    inside = (x >= box.x0) & (x <= box.x1) & (y >= box.y0) & (y <= box.y1)
    between = (np.min(y[(x >= box.x0) & (x <= box.x1)], initial=np.inf), np.max(y[x <= box.x1], initial=-np.inf))
    assert not inside.any()
    assert not between[0] < box.y0 < between[1]  # nor between two points of it
    assert box.x0 >= ax.get_xlim()[0]
