"""What notebooks show, what `print` writes, and the plots of laws and ensembles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import nbformat
import numpy as np
import pytest
import sympy
from matplotlib.figure import Figure
from nbclient import NotebookClient

import resolvent as rv
from resolvent.data.initialisation import advise_initialisation
from resolvent.data.pruning import advise_pruning
from resolvent.data.stopping import advise_stopping
from resolvent.derive.exact.algebraic_number import AlgebraicNumber

C = sympy.Symbol("c", positive=True)
P, N = rv.dimension("p"), rv.dimension("n")
X = rv.gaussian("X", P, N)
LAW = rv.semicircle() + rv.marchenko_pastur(C)
START = "import resolvent as rv; c = rv.parameter('c', positive=True)"
CELLS = {
    "law": f"{START}\nlaw = rv.semicircle() + rv.marchenko_pastur(c)\nlaw",
    "equation": "law.equation",
    "derivation": "law.derivation",
    "spectrum": "rho = rv.Spectrum(law, c='1/2')\nrho",
    "plot": "law.plot(c='1/2')",
    "entry": "rv.catalog.hessian",
}


@pytest.fixture(scope="module")
def shown() -> dict[str, list[Any]]:
    """What each cell of a notebook displays, by kind of data."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=None).execute()
    return {
        name: [output["data"] for output in cell["outputs"] if "data" in output]
        for name, cell in zip(CELLS, notebook["cells"], strict=True)
    }


@pytest.mark.parametrize("name", ["law", "equation", "derivation", "spectrum", "entry"])
def test_a_notebook_typesets(shown: dict[str, list[Any]], name: str) -> None:
    (data,) = shown[name]
    assert data["text/html"].startswith('<div class="resolvent">')
    assert "<math" in data["text/html"] or name == "spectrum"


@pytest.mark.parametrize("name", ["law", "equation"])
def test_a_notebook_has_the_formula_in_latex(shown: dict[str, list[Any]], name: str) -> None:
    assert shown[name][0]["text/latex"] == rf"$\displaystyle {LAW.latex()}$"


def test_a_notebook_shows_the_picture_of_a_plot(shown: dict[str, list[Any]]) -> None:
    assert any("image/png" in data for data in shown["plot"])


def test_a_spectrum_brings_its_picture(shown: dict[str, list[Any]]) -> None:
    assert "<svg" in shown["spectrum"][0]["text/html"]


def displayed() -> Iterator[tuple[str, Any]]:
    """Public objects that are displayed and printed."""
    yield "law", LAW
    yield "numbers", rv.empirical([1.0, 2.0, 4.0])
    yield "tensor", rv.tensor_product(rv.marchenko_pastur(1), rv.marchenko_pastur(1))
    yield "holonomic", rv.law_of_moments([sympy.catalan(k) for k in range(40)])
    yield "equation", LAW.equation
    yield "derivation", LAW.derivation
    yield "step", LAW.derivation.steps[0]
    yield "spectrum", rv.Spectrum(LAW, c=1)
    yield "certificate", rv.Spectrum(LAW, c=1).certificate
    yield "comparison", rv.compare(np.linspace(-1.9, 1.9, 200), rv.semicircle())
    yield "proposal", rv.guess([sympy.catalan(k) for k in range(40)])
    yield "fit", rv.fit(np.random.default_rng(0).normal(size=(100, 200)), rv.marchenko_pastur(C), singular=True)
    yield "entry", rv.catalog.get("hessian")


OBJECTS = dict(displayed())


@pytest.mark.parametrize("name", OBJECTS)
def test_print_gives_a_few_lines_and_no_dump(name: str) -> None:
    for text in (str(OBJECTS[name]), repr(OBJECTS[name])):
        assert len(text) < 1200
        assert not any(sign in text for sign in ("functools.partial", "object at 0x", "fmpq", "fmpz"))


@pytest.mark.parametrize("name", [n for n in OBJECTS if n not in ("step", "certificate")])
def test_a_page_part_keeps_its_style_to_itself(name: str) -> None:
    text = OBJECTS[name]._repr_html_()
    assert text.count("<style>") == 1
    assert "<style>.resolvent {" in text
    assert not any(tag in text for tag in ("<html", "<body", "<script"))


RECORDS = {
    "ridge": (rv.BestRidge(0.5, 1 / 3), ["ridge 0.5", "risk 0.3333333333"]),
    "outlier": (
        rv.Spectrum(rv.semicircle()).outliers(3)[0],
        [
            "strength 3",
            "kind additive",
            "outliers location 3.333333333, overlap 0.8888888889, right overlap none, gap 2, inf",
        ],
    ),
    "atom": (rv.Spectrum(rv.marchenko_pastur(2)).atoms[0], ["point 0", "weight "]),
    "critical": (rv.critical_values(rv.marchenko_pastur(C), "c")[0], ["value 1.000000000", "place 0", "before left"]),
    "errors": (rv.random_feature_errors("relu", 1, 1, [0.5, 1.0]), ["bias 2 values from "]),
    "expansion": (rv.local_expansion(rv.semicircle(C) + 2, "c"), ["critical 1.000000000", "exponent 3/2"]),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_a_table_of_what_it_holds(name: str) -> None:
    record, rows = RECORDS[name]
    found = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", record._repr_html_())
    told = [f"{word} {re.sub('<[^>]*>', '', value)}" for word, value in found]
    for row in rows:
        assert any(row in line for line in told), told
    assert not any(word.startswith("_") for word, _ in found)
    assert len(repr(record)) < 300


def test_a_fraction_of_a_record_is_a_formula() -> None:
    assert "<mfrac><mn>1</mn><mn>2</mn></mfrac>" in RECORDS["atom"][0]._repr_html_()


@pytest.mark.parametrize(
    ("typeset", "formula"),
    [
        (X @ X.T / N, r"\frac{1}{n} X X^{\top}"),
        (rv.trace_of(rv.inv(rv.wigner("S", P) + 3)), r"\frac{3}{2} - \frac{\sqrt{5}}{2}"),
        (rv.outlier(rv.semicircle()), r"\lambda = \frac{\theta^{2} + 1}{\theta}"),
        (rv.guess_recurrence([2**k for k in range(20)]), r"u_{n+1} = 0 \qquad \text{(guessed: 2 unknowns"),
        (rv.guess_algebraic([sympy.catalan(k) for k in range(20)]), r"f^{2} x - f + 1 = 0"),
    ],
)
def test_a_notebook_shows_the_formula_of_what_has_one(typeset: Any, formula: str) -> None:
    assert typeset._repr_latex_().startswith("$\\displaystyle ")
    assert formula in typeset._repr_latex_()
    assert typeset._repr_latex_().endswith("$")


def test_a_map_of_phases_prints_where_it_is() -> None:
    found = rv.phase_map(rv.catalog["hessian"].law(), "phi", "eps", ((0.1, 2), (0.1, 2)), sigma=1)
    assert repr(found) == "<PhaseMap of hessian(phi, eps, 1): phi from 0.1 to 2, eps from 0.1 to 2; 5 candidate curves>"


def test_two_pictures_on_one_page_have_ids_of_their_own() -> None:
    one, two = (set(re.findall(r'id="([^"]+)"', OBJECTS["spectrum"]._repr_html_())) for _ in range(2))
    assert one
    assert not one & two


def test_the_middle_of_a_long_equation_is_left_out() -> None:
    assert len(str((LAW @ LAW).equation)) < 2100


# -- ways to say it ------------------------------------------------------------------------------------------


def test_values_by_symbol_and_by_name_are_one() -> None:
    assert LAW.at({C: 0.3}) == LAW.at(c="3/10") == LAW.subs(C, 0.3) == LAW.subs({C: 0.3}) == LAW.at({"c": 0.3})


@pytest.mark.parametrize("name", ["numbers", "tensor", "holonomic"])
def test_laws_without_parameters_refuse_one_by_symbol(name: str) -> None:
    with pytest.raises(rv.ParameterError, match="no parameter 'c'"):
        OBJECTS[name].at({C: 1})
    assert OBJECTS[name].at({}) is OBJECTS[name]


def test_two_values_for_one_parameter_are_refused() -> None:
    with pytest.raises(rv.ParameterError, match="c is given twice, by symbol and by name"):
        LAW.at({"c": 1}, c=2)


def test_an_ensemble_is_an_attribute_and_an_item() -> None:
    assert rv.catalog.marchenko_pastur is rv.catalog["marchenko-pastur"] is rv.catalog.get("marchenko-pastur")


def test_a_loop_over_the_catalog_gives_the_slugs() -> None:
    assert tuple(rv.catalog) == tuple(rv.catalog.names())
    assert len(rv.catalog) == len(rv.catalog.names())
    assert "hessian" in rv.catalog
    assert "hesian" not in rv.catalog
    assert 0 not in rv.catalog


def test_completion_lists_ensembles() -> None:
    assert {"hessian", "marchenko_pastur", "names", "get"} <= set(dir(rv.catalog))
    assert "marchenko-pastur" in rv.catalog._ipython_key_completions_()


def test_an_unknown_ensemble_names_the_closest() -> None:
    with pytest.raises(AttributeError, match="did you mean 'hessian'"):
        rv.catalog.hesian  # noqa: B018
    with pytest.raises(rv.ParameterError, match="did you mean 'hessian'"):
        rv.catalog["hesian"]
    assert not hasattr(rv.catalog, "_missing")


def test_an_ensemble_makes_a_spectrum_with_its_defaults() -> None:
    assert rv.Spectrum(rv.catalog.hessian, phi="1/2", eps=1) == rv.Spectrum(
        rv.catalog.hessian.law(phi="1/2", eps=1, sigma=1)
    )


def test_an_ensemble_without_a_value_says_which() -> None:
    with pytest.raises(rv.ParameterError, match="hessian needs a value for phi"):
        rv.Spectrum(rv.catalog.hessian)


@pytest.mark.parametrize("shown", [LAW, rv.catalog.get("marchenko-pastur")])
def test_a_law_and_an_ensemble_are_plotted(shown: Any) -> None:
    ax = Figure().add_subplot()
    assert shown.plot(ax, c="1/2") is ax
    assert ax.lines


def test_a_plot_without_a_value_says_which() -> None:
    with pytest.raises(rv.ParameterError, match="c"):
        LAW.plot()


def test_a_spectrum_of_anything_else_is_refused() -> None:
    with pytest.raises(rv.ParameterError, match="a Spectrum needs a law; got int"):
        rv.Spectrum(3)


def test_a_spectrum_says_the_ratios_that_its_law_leaves_out() -> None:
    p, n = rv.dimension("p"), rv.dimension("n")
    c, x = rv.parameter("c", positive=True), rv.gaussian("X", p, n)
    law = rv.law_of(x @ x.T / n, ratios={(p, n): c})
    for value in ("1/3", "1/2"):
        assert f"<dt>at</dt><dd>p/n = {value}</dd>" in rv.Spectrum(law, c=value)._repr_html_()
    assert "<dt>at</dt>" not in rv.Spectrum(rv.semicircle())._repr_html_()


def test_nothing_public_prints_its_address_or_a_dump() -> None:
    x, y = np.random.default_rng(0).normal(size=(8, 40)), np.ones(40)
    catalan = [1, 2, 5, 14, 42, 132, 429, 1430, 4862, 16796, 58786, 208012, 742900, 2674440, 9694845]
    p = rv.dimension("p")
    values = np.linalg.eigvalsh(x @ x.T)
    made = [
        rv.RidgeRegression(1, [0.5, 2]),
        rv.random_feature_errors("relu", 3, 2, [0.1, 1]),
        rv.random_feature_variances("relu", 3, 2, 0.1),
        rv.GradientFlow("1/2", 1),
        rv.SpinGlass(3),
        rv.GaussNewton("relu"),
        rv.RandomFeatures("relu", x / 3, y),
        rv.DysonSolver.of(rv.wigner("X", p)),
        rv.descent(rv.marchenko_pastur("1/2"), steps=5),
        rv.compare_spacings(rv.smooth_cdf(np.linspace(0, 1, 60)), np.linspace(0, 1, 60) ** 1.1),
        rv.guess(catalan),
        rv.guess([1, 2, 5, 14, 43]),
        rv.catalog,
        *rv.Spectrum(rv.marchenko_pastur("1/2")).outliers([3.0]),
        rv.Spectrum(rv.marchenko_pastur("1/2")).edge_test(values),
    ]
    for found in map(repr, made):
        assert " at 0x" not in found
        assert "float64" not in found
        assert len(found) < 400
    assert "<Proposal: m**2*z + m*z + 1 = 0; guessed" in repr(rv.guess(catalan))  # as the law's equation
    assert "risk 0." in repr(made[1]) or "risk 2 values" in repr(made[1])


def test_symbols_in_the_words_of_a_step_are_typeset() -> None:
    page = LAW.derivation._repr_html_()
    assert "omega_A" not in page
    assert re.search(r"by eliminating <math[^>]*><msub><mi>ω</mi><mi>A</mi></msub></math> and <math", page)
    assert "equation of semicircle(1) + marchenko_pastur(c), by" in page  # laws as they are typed


def test_parts_of_what_is_public_print_in_a_line() -> None:
    """Parts that a user takes out of a result, an entry, a verdict, an advice."""
    c, n, k = sympy.Symbol("c", positive=True), sympy.Symbol("n"), sympy.Symbol("k")
    entry = rv.catalog["ridge"]
    verdict = rv.verify(rv.catalog["semicircle"], params={"variance": 1}, size=40, trials=4)
    binomials = rv.hypergeometric_sum((n + 1) ** 2 / (n + 1 - k) ** 2, (n - k) ** 2 / (k + 1) ** 2)
    critical = rv.critical_values(rv.marchenko_pastur(c), "c")[0]
    weights = np.random.default_rng(0).normal(size=(30, 20))
    pruned, start = advise_pruning({"dense": weights}), advise_initialisation("relu", 4)
    waits = advise_stopping(np.random.default_rng(1).normal(size=(5, 40)), np.repeat([1, -1], 20), 0.01)
    told = {
        "<AlgebraicNumber 1>": critical.value,
        "<AlgebraicNumber -1.41421356237>": AlgebraicNumber((-2, 0, 1), 0),
        "<Parameter g: parameters over samples, p/n; (0, oo)>": entry.parameters[0],
        "<Quantity risk: The excess risk": entry.quantities[0],
        "<Sampler gaussian, size ": entry.samplers[0],
        "<Conjecture semicircle: semicircle: the sampler": verdict.conjecture,
        "<PointStatistics at variance = 1: sizes (20, 40); <JointTest: 1 statistic, 4 trials": verdict.statistics[0],
        "<HypergeometricSum: F(n+1, k)/F(n, k) = (": binomials,
        "<Telescoped: (-4*n - 2)*u(n) + (n + 1)*u(n+1) = 0; R = (": rv.telescope(binomials),
        "<ParametricODE: (-1)*m + (z)*m' + (": rv.parametric_ode(rv.semicircle(c).equation),
        "<DysonSolution at 2 points, residual ": rv.DysonSolver.of(rv.wigner("X", P)).solve([1j, 2j]),
        "<PruningAdvice on 1 layer: dense>": pruned,
        "<LayerAdvice dense, 30 x 20: ": pruned.layers[0],
        "<InitialisationAdvice: relu, 4 layers: ": start,
        "<StoppingAdvice: ": waits,
    }
    for start_of, part in told.items():
        assert repr(part).startswith(start_of), repr(part)
        assert len(repr(part)) < 300


def test_moments_are_mathematics_on_pages() -> None:
    from resolvent.writing.formats import WRITERS
    from resolvent.writing.law_report import law_report

    report = law_report(rv.marchenko_pastur(C), moments=3, cumulants=2)
    assert "$m_{3} = c^{2} + 3 c + 1$" in WRITERS["markdown"](report)
    assert r"$\kappa_{2} = c$" in WRITERS["latex"](report)
    assert "m_3 = c**2 + 3*c + 1" in WRITERS["text"](report)
    page = WRITERS["html"](report)
    assert page.count("c**2") == page.count('title="m_3 = c**2 + 3*c + 1"') == 1  # the text only under the pointer


def test_a_mean_of_zero_is_zero() -> None:
    assert "<dd>0, 2.236067977</dd>" in rv.Spectrum(rv.semicircle(4) + rv.atoms([-1, 1]))._repr_html_()
