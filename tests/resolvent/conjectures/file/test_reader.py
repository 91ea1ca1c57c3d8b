"""Reading conjectures: every field right, and wrong in every way, with line and name in the message."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest
import sympy

from resolvent.catalog.conjectures.conjecture import Plan
from resolvent.conjectures.file.reader import conjecture_of, read_conjecture
from resolvent.derive.equations.equation import M, Z
from resolvent.derive.errors import ParameterError, ParseError
from tests.fuzz.seed_files import SMALL

TITLE = 'title = "x"\n'
CLAIM = "claim.moments = [0, 1]\n"
c = sympy.Symbol("c", positive=True)

# -- right -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", SMALL)
def test_small_documents_are_read(text: str) -> None:
    assert conjecture_of(text).source == text


def test_everything_at_once() -> None:
    found = conjecture_of(
        """title = "All of it"
assumptions = "free"
references = ["A", "B"]
notes = ["n"]
expected = "refuted"
because = "m_2"
[model]
expression = "semicircle(v)"
[[parameters]]
v = "1/3"
c = 0.5
[[parameters]]
v = 2
c = 1
[claim]
law = "semicircle(v)"
equation = "v*G**2 = z*G - 1"
convention = "cauchy"
density = "sqrt(4*v - x**2)/(2*pi*v)"
intervals = [["-2*sqrt(v)", "2*sqrt(v)"]]
moments = [0, "v"]
edges = [
  "-2*sqrt(v)",
  "2*sqrt(v)",
]
atoms = [{at = 0, weight = "max(0, 1 - 1/c)"}]
means = [{of = "x**2 + c", value = "v + c"}]
outliers = []
[test]
sizes = [10, 20, 40]
trials = 5
seed = 3
level = 0.05
resolution = 0.1
""",
        "name",
    )
    claim = found.claim
    assert (found.name, found.title, found.assumptions, found.references) == (
        "name",
        "All of it",
        ("free",),
        ("A", "B"),
    )
    assert (found.notes, found.expected) == (("n",), ("refuted", "m_2"))
    assert found.points == ({"v": Fraction(1, 3), "c": Fraction(1, 2)}, {"v": Fraction(2), "c": Fraction(1)})
    assert found.plan == Plan((10, 20, 40), 5, 3, 0.05, 0.1)
    assert claim.made == ("law", "equation", "density", "moments", "edges", "atoms", "means", "outliers")
    v = sympy.Symbol("v", positive=True)
    assert claim.equation is not None
    assert sympy.expand(claim.equation.polynomial - (v * M**2 + Z * M + 1)) == 0
    assert (claim.edges[1].line, claim.lines["edges"], claim.outliers) == (24, 22, ())  # type: ignore[index]
    assert (claim.means[0].text, claim.means[0].value.text) == ("x**2 + c", "v + c")  # type: ignore[index]
    assert [a.weight.text for a in claim.atoms or ()] == ["max(0, 1 - 1/c)"]


def test_what_is_left_out_has_defaults() -> None:
    found = conjecture_of(TITLE + CLAIM)
    assert (found.model, found.points, found.plan, found.expected) == (None, ({},), Plan(), None)


def test_models() -> None:
    weights = conjecture_of(TITLE + CLAIM + 'model.cycle_weights = "t"\nmodel.phi = "1/2"').model
    assert weights is not None
    assert (weights.kind, weights.text, weights.options["phi"].text) == ("cycle_weights", "t", "1/2")
    network = conjecture_of(TITLE + CLAIM + 'model.activation = "relu"\nmodel.centred = 0\nmodel.sigma_w = "1/2"').model
    assert network is not None
    assert (network.kind, network.text) == ("ensemble", "nonlinear-gram")
    assert network.options == {"activation": "relu", "centred": 0, "sigma_w": sympy.Rational(1, 2)}
    cubic = conjecture_of(TITLE + CLAIM + 'model.activation = "x**3"').model
    assert cubic is not None
    assert str(cubic.options["activation"]) == "x**3"
    fisher = conjecture_of(
        TITLE + CLAIM + 'model.ensemble = "fisher"\nmodel.activation = "relu"\nmodel.centred = true'
    ).model
    assert fisher is not None
    assert (fisher.text, fisher.options["centred"]) == ("fisher", 1)
    function = conjecture_of(TITLE + CLAIM + 'model.function = "a.b:c"').model
    assert function is not None
    assert (function.kind, function.text) == ("function", "a.b:c")


def test_an_equation_may_use_the_parameters_of_the_entry() -> None:
    text = (
        TITLE + 'model.ensemble = "marchenko-pastur"\nclaim.equation = "c*z*m**2 + (z - 1 + c)*m + 1"\nparameters.c = 1'
    )
    assert conjecture_of(text).claim.equation is not None


# -- wrong -------------------------------------------------------------------------------------------------

PARAMETERS = "parameters = {c = 1}\n"
WRONG = [
    # (the document after a title on the first line, line, field, part of the message)
    ("", 1, "", "the table [claim] is missing"),
    (CLAIM + "titel = 1", 3, "titel", "there is no such field; did you mean 'title'?"),
    ("claim = 1", 2, "claim", "a table is needed"),
    ("[claim]", 2, "claim", "nothing is claimed; give one of law, equation"),
    ('[claim]\nconvention = "cauchy"', 2, "claim", "nothing is claimed"),
    ('[claim]\nmoments = [1]\nconvention = "cauchy"', 4, "claim.convention", "goes with the field 'equation'"),
    ('[claim]\nmoments = [1]\nintervals = [["0", "1"]]', 4, "claim.intervals", "goes with the field 'density'"),
    ("[claim]\nmoment = [1]", 3, "claim.moment", "did you mean 'moments'?"),
    # texts
    (CLAIM + "assumptions = 3", 3, "assumptions", "a list in square brackets is needed"),
    (CLAIM + 'references = ["a",\n3]', 4, "references[2]", "a text in quotes is needed"),
    (CLAIM + "notes = []\nexpected = 'maybe'", 4, "expected", "'maybe' is not one of supported, refuted, undecided"),
    (CLAIM + "because = 'x'", 3, "because", "goes with the field 'expected'"),
    (CLAIM + "expected = 'refuted'\nbecause = 1", 4, "because", "a text in quotes is needed"),
    # parameters
    (CLAIM + "parameters = 3", 3, "parameters", "a list in square brackets is needed"),
    (CLAIM + "parameters = []", 3, "parameters", "the list is empty"),
    (CLAIM + "[parameters]\n'1c' = 1", 4, "parameters.1c", "a letter first"),
    (CLAIM + "[parameters]\n'c d' = 1", 4, "parameters.'c d'", "letters, digits and _"),
    (CLAIM + "[parameters]\nz = 1", 4, "parameters.z", "reserved"),
    (CLAIM + "[parameters]\npi = 1", 4, "parameters.pi", "reserved"),
    (CLAIM + "[parameters]\nc = nan", 4, "parameters.c", "no rational number"),
    (CLAIM + "[parameters]\nc = [1]", 4, "parameters.c", "a number such as 2, 0.5"),
    (CLAIM + "[parameters]\nc = 'a'", 4, "parameters.c", "without parameters"),
    (CLAIM + "[parameters]\nc = 1\nc = 2", 5, "", "this is no TOML"),
    (CLAIM + "[[parameters]]\nc = 1\n[[parameters]]\nd = 1", 5, "parameters[2]", "the first has c"),
    (CLAIM + "[[parameters]]\nc = 1\n[[parameters]]\nc = 1.0", 5, "parameters[2]", "stands twice"),
    (CLAIM + "".join(f"[[parameters]]\nc = {k}\n" for k in range(21)), 3, "parameters", "the most is 20"),
    (CLAIM + "[parameters]\n" + "".join(f"c{k} = {k}\n" for k in range(51)), 3, "parameters", "the most is 50"),
    # the model
    (CLAIM + "[model]", 3, "model", "exactly one of ensemble, expression"),
    (CLAIM + "[model]\nexpression = 'a'\nfunction = 'a:b'", 3, "model", "this has expression and function"),
    (CLAIM + "[model]\nexpresion = 'a'", 4, "model.expresion", "did you mean 'expression'?"),
    (CLAIM + "[model]\nmatrix = 'X'", 4, "model.matrix", "symbols = "),
    (CLAIM + "[model]\nmatrix = 'X @ X'\nsymbols = 'X: gaussian(p, n)'", 4, "model.matrix", "the shapes do not fit"),
    (CLAIM + "[model]\nensemble = 'semicircle'\nratios = ['p/n = 1']", 5, "model.ratios", "does not go with"),
    (CLAIM + "[model]\nexpression = 'semicircle()'\nsampler = 'x'", 5, "model.sampler", "does not go with a model"),
    (CLAIM + "[model]\nexpression = 'semicircle('", 4, "model.expression", "never closed"),
    (CLAIM + "[model]\nexpression = 3", 4, "model.expression", "a text in quotes"),
    (CLAIM + "[model]\nensemble = 'hesian'", 4, "model.ensemble", "did you mean 'hessian'?"),
    (CLAIM + "[model]\nensemble = 'hessian'\nsampler = 'x'", 5, "model.sampler", "is not one of"),
    (CLAIM + "[model]\nensemble = 'hessian'\nactivation = 'relu'", 5, "model.activation", "has no activation"),
    (CLAIM + f"[model]\nactivation = '{'x' * 51}'", 4, "model.activation", "at most 50 characters"),
    (CLAIM + "[model]\nactivation = 'x +'", 4, "model.activation", "stops too early"),
    (CLAIM + "[model]\nactivation = 'relu'\ncentred = 2", 5, "model.centred", "between 0 and 1"),
    (CLAIM + "[model]\nactivation = 'relu'\ncentred = 'yes'", 5, "model.centred", "a whole number is needed"),
    (CLAIM + "[model]\nactivation = 'relu'\nsigma_w = 'a'", 5, "model.sigma_w", "without parameters"),
    (CLAIM + "[model]\nactivation = 'relu'\nsigma_w = 1\n[parameters]\nsigma_w = 2", 5, "model.sigma_w", "one place"),
    (CLAIM + "[model]\ncycle_weights = 't +'", 4, "model.cycle_weights", "stops too early"),
    (CLAIM + "[model]\ncycle_weights = 'eta*t'", 4, "model.cycle_weights", "'eta' has no value"),
    (CLAIM + "[model]\ncycle_weights = 't'\nphi = 'sqrt(2)'", 5, "model.phi", "a ratio is a rational number"),
    (CLAIM + "[model]\ncycle_weights = 't'\nphi = 'a'", 5, "model.phi", "'a' has no value"),
    (CLAIM + "[model]\ncycle_weights = 't'\nphi = 1\n[parameters]\nphi = 2", 5, "model.phi", "in [parameters] too"),
    (CLAIM + "[model]\nfunction = 'os.system'", 4, "model.function", "module:function"),
    (CLAIM + "[model]\nfunction = 'os:system()'", 4, "model.function", "module:function"),
    # the equation
    ("claim.equation = 3", 2, "claim.equation", "a text in quotes"),
    ("claim.equation = 'm = z = 1'", 2, "claim.equation", "one sign of equality"),
    ("claim.equation = 'm == z'", 2, "claim.equation", "one sign of equality"),
    ("claim.equation = 'z + 1'", 2, "claim.equation", "does not contain m"),
    ("claim.equation = 'm - m'", 2, "claim.equation", "does not contain m"),
    ("claim.equation = 'c*m + 1'", 2, "claim.equation", "the parameter 'c' has no value"),
    ("claim.equation = 'd*m + 1'\n" + PARAMETERS, 2, "claim.equation", "(known: c)"),
    ("claim.equation = 'G**2 + 1'", 2, "claim.equation", 'write convention = "cauchy"'),
    ("claim.equation = 'm**2'\nclaim.convention = 'cauchy'", 2, "claim.equation", 'write convention = "stieltjes"'),
    ("claim.equation = 'm**2'\nclaim.convention = 'caucy'", 3, "claim.convention", "did you mean 'cauchy'?"),
    ("claim.equation = 'sqrt(m)'", 2, "claim.equation", "not rational"),
    ("claim.equation = 'm**(1/2)'", 2, "claim.equation", "whole numbers"),
    ("claim.equation = 'semicircle()'", 2, "claim.equation", "this is a law"),
    ("claim.equation = '__import__(m)'", 2, "claim.equation", "unknown law '__import__'"),
    ("claim.law = 'semicircle('", 2, "claim.law", "never closed"),
    ("claim.law = ''", 2, "claim.law", "empty"),
    (f"claim.law = [0x{'f' * 6000}]", 2, "claim.law", "this is a list"),
    (f"claim.law = 0x{'f' * 6000}", 2, "claim.law", "this is a whole number"),
    # numbers
    ("claim.moments = 1", 2, "claim.moments", "a list in square brackets"),
    ("claim.moments = []", 2, "claim.moments", "the list is empty"),
    ("claim.moments = [1,\n'y']", 3, "claim.moments[2]", "'y' has no value"),
    ("claim.moments = [1,\n[1]]", 3, "claim.moments[2]", "a number such as"),
    (f"claim.moments = [{'1,' * 61}]", 2, "claim.moments", "the most is 60"),
    ("claim.edges = ['sqrt(x)']", 2, "claim.edges[1]", "'x' has no value"),
    (f"claim.edges = [{'1,' * 41}]", 2, "claim.edges", "the most is 40"),
    ("claim.outliers = [1, true]", 2, "claim.outliers[2]", "this is true or false"),
    ("claim.atoms = [1]", 2, "claim.atoms[1]", "a table is needed"),
    ("claim.atoms = [{at = 0}]", 2, "claim.atoms[1]", "the field 'weight' is missing"),
    ("claim.atoms = [{at = 0, weight = 'w'}]", 2, "claim.atoms[1].weight", "'w' has no value"),
    ("claim.atoms = [{at = 0, wight = 1}]", 2, "claim.atoms[1].wight", "did you mean 'weight'?"),
    ("[[claim.atoms]]\nat = 0\nweight = 1\n[[claim.atoms]]\nat = []\nweight = 1", 6, "claim.atoms[2].at", "a number"),
    ("claim.means = []", 2, "claim.means", "the list is empty"),
    ("claim.means = [{of = 'y', value = 1}]", 2, "claim.means[1].of", "unknown name 'y'"),
    ("claim.means = [{of = 'x', value = 'x'}]", 2, "claim.means[1].value", "'x' has no value"),
    ("claim.means = [{of = 'x'}]", 2, "claim.means[1]", "the field 'value' is missing"),
    # the density
    ("claim.density = 'x'", 2, "claim.density", "say where the density lives"),
    ("claim.density = 'y'", 2, "claim.density", "unknown name 'y'"),
    ("claim.density = 'x'\nclaim.intervals = []", 3, "claim.intervals", "at least one interval"),
    ("claim.density = 'x'\nclaim.intervals = [1]", 3, "claim.intervals[1]", "a list in square brackets"),
    ("claim.density = 'x'\nclaim.intervals = [[1]]", 3, "claim.intervals[1]", "a list of its two ends"),
    ("claim.density = 'x'\nclaim.intervals = [[1, 2, 3]]", 3, "claim.intervals[1]", "the most is 2"),
    ("claim.density = 'x'\nclaim.intervals = [[1,\n'x']]", 4, "claim.intervals[1][2]", "'x' has no value"),
    # the test
    (CLAIM + "test.sizes = [100]", 3, "test.sizes", "at least two sizes"),
    (CLAIM + "test.sizes = [100, 100]", 3, "test.sizes", "must increase"),
    (CLAIM + "test.sizes = [1, 2]", 3, "test.sizes[1]", "between 2 and 100000"),
    (CLAIM + "test.sizes = [10, 1000000]", 3, "test.sizes[2]", "between 2 and 100000"),
    (CLAIM + "test.sizes = 10", 3, "test.sizes", "a list in square brackets"),
    (CLAIM + "test.trials = 3", 3, "test.trials", "between 4 and 100000"),
    (CLAIM + "test.trials = 4.0", 3, "test.trials", "a decimal number"),
    (CLAIM + "test.seed = -1", 3, "test.seed", "between 0 and"),
    (CLAIM + "test.level = 0.5", 3, "test.level", "between 0 and 0.5"),
    (CLAIM + "test.level = 1e-399", 3, "test.level", "in size"),
    (CLAIM + "test.resolution = 1", 3, "test.resolution", "between 0 and 1"),
    (CLAIM + "test.trails = 3", 3, "test.trails", "did you mean 'trials'?"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "name", "part"), WRONG)
def test_wrong_fields_have_line_and_name(text: str, line: int, name: str, part: str) -> None:
    with pytest.raises(ParseError) as caught:
        conjecture_of(TITLE + text)
    message = str(caught.value)
    assert part in message
    assert message.startswith(f"line {line}, {name}: " if name else f"line {line}: ")
    assert (caught.value.objects["line"], message.count(f"line {line}")) == (line, 1)


@pytest.mark.parametrize(("text", "part"), [("", "'title' is missing"), (CLAIM, "'title' is missing")])
def test_a_title_is_needed(text: str, part: str) -> None:
    with pytest.raises(ParseError, match=part):
        conjecture_of(text)


def test_laws_are_not_derived_while_reading() -> None:
    """This one would take minutes, and no limit of time holds here."""
    for text in (CLAIM + 'parameters.c = "{}"', 'claim.equation = "m + {}"', CLAIM + 'model.cycle_weights = "t*{}"'):
        with pytest.raises(ParseError, match="this is a law"):
            conjecture_of(TITLE + text.format("equilibrium_measure(9, 1)"))


def test_long_formulas_do_not_add_up() -> None:
    with pytest.raises(ParseError, match=r"claim.moments\[12\]: the formulas of this file have more than 20000"):
        conjecture_of(f"{TITLE}claim.moments = {['1' + '+0' * 900] * 20}")


# -- files -------------------------------------------------------------------------------------------------


def test_a_file_is_read_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "my.law.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (TITLE + CLAIM).replace("\n", "\r\n").encode())
    assert (read_conjecture(path).name, read_conjecture(str(path)).title) == ("my.law", "x")


def test_messages_about_contents_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("title = 3")
    with pytest.raises(ParseError) as caught:
        read_conjecture(path)
    assert str(caught.value).startswith(f"{path}, line 1, title: ")


def test_binary_files_are_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b'title = "x"\n\xff\xfe')
    with pytest.raises(ParseError, match="line 2: this is no text in UTF-8"):
        read_conjecture(path)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    missing, large, pipe = tmp_path / "missing.toml", tmp_path / "large.toml", tmp_path / "pipe.toml"
    large.write_bytes(b"#" * 900_000)
    os.mkfifo(pipe)
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    for path, part in (
        (missing, "`resolvent new NAME` writes a template"),
        (tmp_path, "is a directory"),
        (large, "too long for a conjecture"),
        (pipe, "no regular file"),
        (Path("/dev/zero"), "no regular file"),
        (loop, "cannot read"),
        (tmp_path / "missing" / "x.toml", "cannot read"),
        (tmp_path / ("n" * 300), "cannot read"),
        (Path("a\0b"), "cannot read"),
    ):
        with pytest.raises(ParameterError, match=part) as caught:
            read_conjecture(path)
        assert str(path) in str(caught.value)


def test_files_without_permission_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.toml"
    path.write_text(TITLE + CLAIM)

    def refuse(*_: object) -> None:  # root may read everything, so the refusal is made here
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ParameterError, match="Permission denied"):
        read_conjecture(path)
