"""Titles of pictures: the law and its numbers, letters as letters, and only where one law is drawn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from matplotlib.mathtext import MathTextParser
from scipy import stats

import resolvent as rv
from resolvent.numeric.style import _unbroken, new_axes
from resolvent.writing.titles import law_title, values_title


@pytest.mark.parametrize("slug", rv.catalog.names())
def test_the_title_of_every_entry_can_be_set(slug: str) -> None:
    """The mathematics of a title is such as matplotlib sets, at every case of every entry."""
    entry = rv.catalog.get(slug)
    for case in entry.cases:
        title = law_title(entry.law(**entry.numbers(case)))
        MathTextParser("path").parse(title)
        assert "eps" not in title.replace("varepsilon", "")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("semicircle(1/4)", "semicircle law: variance = 1/4"),
        ("equilibrium_measure(2)", "equilibrium measure: $M = 2$, $t = 1$"),
        ("atoms([1, 3])", r"$\mathrm{atoms}(1, 3)$"),
        ("marchenko_pastur(1/2) @ semicircle()", r"$\mathrm{MP}(1/2) \boxtimes \mathrm{SC}(1)$"),
        (" + ".join(f"atoms([{k}, {k + 1}])" for k in range(9)), ""),
    ],
)
def test_laws(text: str, title: str) -> None:
    assert law_title(rv.parse(text)) == title


def test_choices_are_words_and_networks_no_code() -> None:
    jacobian = rv.catalog.get("jacobian")
    axes = jacobian.plot(depth=2, weights="orthogonal", sigma_w=2, p="1/4")
    assert axes.get_title() == "jacobian: depth = 2, weights = orthogonal, $\\sigma_{w} = 2$, $p = 1/4$"
    assert (
        rv.catalog.get("nonlinear-gram").plot(phi=1, psi=1, activation="relu").get_title().endswith("activation = relu")
    )
    network = rv.GaussNewton("relu", samples=4, hidden=2)
    assert network.text.endswith("relu networks, 4 samples per input, 2 hidden and 1 output units per input")
    assert law_title(rv.GaussNewton("relu", samples=4).law).endswith("of relu networks, 4 samples per input")


def test_the_law_of_a_matrix_has_the_ratios_of_its_sizes() -> None:
    p, n = rv.dimension("p"), rv.dimension("n")
    x = rv.gaussian("X", p, n)
    law = rv.law_of(x @ x.T / n, ratios={(p, n): rv.parameter("c", positive=True)})
    assert law_title(law.at(c="2/3")) == r"$\dfrac{X X^{\top}}{n}$, $p/n = 2/3$"
    assert law_title(law.at(c="2/3") + 1).endswith("$p/n = 2/3$")


def test_laws_that_have_words_and_no_formula_are_no_code() -> None:
    points, normal = rv.empirical([1.0, 2.0]), rv.law_of_distribution(stats.norm())
    assert law_title(normal + rv.semicircle()) == r"$A \boxplus \mathrm{SC}(1)$, $A$: SciPy's norm"
    assert law_title(normal) == "SciPy's norm"
    assert law_title(points.sample_covariance("1/2")) == r"$\mathrm{Cov}_{1/2}(A)$, $A$: 2 points"
    assert law_title(points @ points) == r"$A \boxtimes A$, $A$: 2 points"
    assert law_title(rv.law_of_density(lambda x: 1.0 + 0 * x, (0, 1))) == "a density on (0, 1)"
    assert law_title(rv.law_of_equation(rv.m**2 + rv.z * rv.m + 1)) == "$m^{2} + z m + 1 = 0$"


P, POINTS = rv.dimension("p"), rv.empirical([1.0, 2.0])
ODD_LAWS: dict[str, Callable[[], rv.Law]] = {
    "distribution": lambda: rv.law_of_distribution(stats.norm()),
    "sum": lambda: rv.law_of_distribution(stats.uniform(1, 3)) + rv.semicircle(),
    "product": lambda: POINTS.sample_covariance("1/2") @ POINTS,
    "points": lambda: POINTS + rv.semicircle(),
    "density": lambda: rv.law_of_density(lambda x: 6 * x * (1 - x), (0, 1)),
    "mixture": lambda: rv.mixture([rv.semicircle(), rv.semicircle(4)], [0.5, 0.5]),
    "matrix": lambda: rv.law_of(rv.wigner("S", P) @ rv.wigner("S", P), numeric=True),
    "moments": lambda: rv.catalog.get("fisher-linear").law(c1="1/2", c2="1/3"),
    "transform": lambda: rv.parse("law_of_r_transform(g/(1 - g**2), g)"),
    "equation": lambda: rv.law_of_equation(rv.z * rv.m + rv.m**2 + 1),
}


@pytest.mark.parametrize("kind", ODD_LAWS)
def test_every_kind_of_law_has_a_title_or_none(kind: str) -> None:
    """Laws that say in words what they are made of are no expressions of Python: pictures ended in a SyntaxError."""
    axes = rv.Spectrum(ODD_LAWS[kind]()).plot()
    MathTextParser("path").parse(axes.get_title() or "none")
    axes.figure.canvas.draw()


def test_lines_of_a_title_break_between_formulas() -> None:
    """Where matplotlib broke a formula in two, its dollar signs were drawn."""
    formula = r"$p/m = 1/3$"
    title = _unbroken(rf"costs 3\$ at {formula}")
    assert title.split(" ") == ["costs", r"3\$", "at", "$p/m\t=\t1/3$"]
    assert MathTextParser("path").parse(title.split(" ")[-1])[0] == MathTextParser("path").parse(formula)[0]  # widths


def test_what_is_no_mathematics_is_no_formula() -> None:
    assert values_title({"a": "b$c"}, "x$") == r"x\$: a = b\$c"
    assert law_title(None) == ""


def test_only_a_picture_of_one_law_has_its_title() -> None:
    rho = rv.Spectrum(rv.semicircle())
    axes = rho.plot()
    assert axes.get_title() == "semicircle law: variance = 1"
    rv.marchenko_pastur("1/2").plot(axes)
    assert axes.get_title() == ""
    assert rho.plot(label="A").get_title() == ""
    own = new_axes()
    own.set_title("mine")
    assert rho.plot(own).get_title() == "mine"
