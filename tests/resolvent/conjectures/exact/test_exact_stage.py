"""The exact stage on true and false claims of every kind, with what makes them true or false known independently."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb, sqrt

import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvent.catalog.conjectures.conjecture import REFUTED, SUPPORTED, UNDECIDED, Finding
from resolvent.conjectures.check import check_conjecture
from resolvent.conjectures.exact.exact_stage import exact_findings
from resolvent.conjectures.file.reader import conjecture_of
from resolvent.conjectures.verdict import Verdict
from resolvent.derive.errors import ParseError
from resolvent.language.expressions import parse


def verdict(text: str) -> Verdict:
    return check_conjecture(conjecture_of(f'title = "x"\n{text}'), exact_only=True, time_limit=60)


def status(text: str) -> str:
    return verdict(text).verdict


def first(text: str) -> Finding:
    found = verdict(text).first_wrong
    assert found is not None
    return found


SEMICIRCLE = 'model.expression = "semicircle()"\n'
MP = '[model]\nexpression = "marchenko_pastur(c)"\n[parameters]\nc = "{c}"\n[claim]\n'

# -- equations ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ('equation = "m**2 + z*m + 1"', SUPPORTED),
        ('equation = "m**2 + z*m = -1"', SUPPORTED),
        ('equation = "m + z + 1/m = 0"', SUPPORTED),
        ('equation = "G**2 - z*G + 1"\nclaim.convention = "cauchy"', SUPPORTED),
        ('equation = "G**2 + z*G + 1"\nclaim.convention = "cauchy"', REFUTED),
        ('equation = "m**2 - z*m + 1"', REFUTED),  # the other sign convention
        ('equation = "2*m**2 + z*m + 1"', REFUTED),
        ('equation = "z*m + 1"', REFUTED),
        ('equation = "m**2 + z*m + 2"', REFUTED),  # mass 2
        ('equation = "(m**2 + z*m + 1)*(m**2 - z*m - 1)"', SUPPORTED),
        ('equation = "(m**2 + z*m + 1)*(2*m**2 + z*m + 1)"', SUPPORTED),
        ('equation = "(m**2 + z*m + 1)*(2*m**2 + z*m + 1)"\nclaim.moments = [0, 1]', SUPPORTED),
        ('equation = "(m**2 + z*m + 1)*(2*m**2 + z*m + 1)"\nclaim.moments = [0, 2]', REFUTED),
        ('equation = "(m**2 + z*m + 1)*(m**2 - z*m - 1)"\nclaim.moments = [0, -1]', REFUTED),
        ('equation = "(m**2 + z*m + 1)**2"', SUPPORTED),
        ('equation = "m**2*(z**2 + 1) + 2*m*z + 1"', REFUTED),  # the Cauchy law's
        ('equation = "m**2*(z**2 - 2) + 2*m*z + 1"', REFUTED),  # atoms at +-sqrt 2
    ],
)
def test_equations_of_the_semicircle(claim: str, expected: str) -> None:
    assert status(f"{SEMICIRCLE}claim.{claim}") == expected


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("m**2 + z*m + 1", SUPPORTED),
        ("m**2 - z*m - 1", REFUTED),  # variance -1
        ("2*z*m + 1", REFUTED),  # mass 1/2
        ("(m**2 + z*m + 1)*(m**2 - z*m - 1)", SUPPORTED),
        ("(m**2 + z*m + 1)*(2*m**2 + z*m + 1)", UNDECIDED),  # which of the two?
        ("m**2*(z**2 + 1) + 2*m*z + 1", UNDECIDED),  # a law without moments
        ("m**2*(z**2 - 2) + 2*m*z + 1", UNDECIDED),  # two laws with irrational means
        ("(m**2 + z*m + 1)*(m**2*(z**2 - 2) + 2*m*z + 1)", UNDECIDED),
    ],
)
def test_is_it_a_law(equation: str, expected: str) -> None:
    assert status(f'claim.equation = "{equation}"') == expected


def test_moments_tell_which_branch_is_meant() -> None:
    both = 'claim.equation = "(m**2 + z*m + 1)*(m**2 - z*m - 1)"\nclaim.moments = '
    assert status(f"{both}[0]") == SUPPORTED
    assert status(f"{both}[0, 1]") == SUPPORTED
    assert "is no law" in first(f"{both}[0, -1]").text
    two = 'claim.equation = "(m**2 + z*m + 1)*(2*m**2 + z*m + 1)"\nclaim.moments = '
    assert status(f"{two}[0]") == UNDECIDED
    assert status(f"{two}[0, 2]") == SUPPORTED
    assert first(f"{two}[0, 3]").text == "no branch of the equation is a law with the claimed moments"
    one = 'claim.equation = "m**2 + z*m + 1"\nclaim.moments = '
    assert first(f"{one}[0, 1, 0, 3]").text.startswith("the first moment that differs is m_4: 3 is claimed")


def test_equations_that_say_nothing_at_a_point_are_undecided() -> None:
    rest = "[parameters]\nc = 1\n[claim]\n"
    assert status(rest + 'equation = "(c - 1)*(m + z)"') == UNDECIDED
    assert status(rest + 'equation = "m/(c - 1) + z"') == UNDECIDED
    assert status(rest + 'equation = "(c - 1)*m + z"') == REFUTED


def test_squared_branches_far_apart() -> None:
    """Two laws whose first eleven moments agree are told apart by the twelfth."""
    text = 'claim.equation = "(z*m + 1)*(z**13*m + z**12 + m)"\nclaim.moments = '
    assert status(text + str([0] * 11)) in (UNDECIDED, SUPPORTED)


# -- laws --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "law", "expected"),
    [
        ("semicircle() + semicircle(3)", "2*semicircle()", SUPPORTED),
        ("semicircle()**2", "marchenko_pastur(1)", SUPPORTED),
        ("atoms([-1, 1]) + atoms([-1, 1])", "arcsine(2)", SUPPORTED),
        ("atoms([-1, 1]) + atoms([-1, 1])", "semicircle(2)", REFUTED),
        ("marchenko_pastur(1/2) @ marchenko_pastur(2)", "marchenko_pastur(2) @ marchenko_pastur(1/2)", SUPPORTED),
        ("-marchenko_pastur(1/2)", "marchenko_pastur(1/2)", REFUTED),
        ("marchenko_pastur(1)", "fuss_catalan(1)", SUPPORTED),
        ("fuss_catalan(2)", "marchenko_pastur(1) @ marchenko_pastur(1)", SUPPORTED),
    ],
)
def test_laws_against_models(model: str, law: str, expected: str) -> None:
    assert status(f'model.expression = "{model}"\nclaim.law = "{law}"') == expected


def test_a_law_and_an_equation_must_agree() -> None:
    assert status('claim.law = "semicircle()"\nclaim.equation = "m**2 + z*m + 1"') == SUPPORTED
    text = first('claim.law = "semicircle(2)"\nclaim.equation = "m**2 + z*m + 1"').text
    assert text == "the first moment that differs is m_2: the claimed law gives 2, the claimed equation gives 1"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('claim.law = "semicirle()"', 2),
        ('\n\nclaim.law = "semicircle(v)"', 4),
        (SEMICIRCLE.replace("()", "(-1)") + "claim.moments = [0]", 2),
        ('model.cycle_weights = "1/t"\nclaim.moments = [0]', 2),
        ('model.cycle_weights = "t/(c - 1)"\nparameters.c = 1\nclaim.moments = [0]', 2),
        ('claim.moments = [0]\nmodel.ensemble = "hessian"', 3),
        ('claim.moments = [0]\nmodel.ensemble = "hessian"\nparameters = {phi = -1, eps = 1}', 3),
        ('claim.moments = [0]\nmodel.ensemble = "semicircle"\nparameters = {c = 1}', 3),
    ],
)
def test_models_without_a_law_are_named_with_their_line(text: str, line: int) -> None:
    with pytest.raises(ParseError, match=rf"^line {line}, ") as caught:
        verdict(text)
    assert caught.value.objects["line"] == line


# -- moments -----------------------------------------------------------------------------------------------


def test_the_first_differing_moment_and_both_values() -> None:
    """The moments of Marchenko-Pastur are Narayana polynomials."""
    c = Fraction(1, 3)
    true = [sum(Fraction(comb(k, j) * comb(k, j + 1), k) * c**j for j in range(k)) for k in range(1, 8)]
    head = MP.format(c=c)
    assert status(head + f"moments = {[str(v) for v in true]}") == SUPPORTED
    for k in range(7):
        claimed = [*true[:k], true[k] + Fraction(1, 10**12), *true[k + 1 :]]
        found = first(head + f"moments = {[str(v) for v in claimed]}")
        assert (found.status, found.line, found.evidence) == (REFUTED, 7, "proved")
        expected = f"m_{k + 1}: {claimed[k]} is claimed, the model has {true[k]}"
        assert found.text == f"the first moment that differs is {expected}"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("sqrt(2)*sqrt(2) - 1", SUPPORTED),
        ("(sqrt(2) + sqrt(3) - sqrt(5 + 2*sqrt(6))) + 1", SUPPORTED),
        ("max(1, sqrt(2)/2)", SUPPORTED),
        ("sqrt(1)", SUPPORTED),
        ("0.1*10", SUPPORTED),
        ("1 + 10**-300", REFUTED),
        ("1 + sqrt(2)*10**-300", REFUTED),
        ("1 + exp(-1000)", REFUTED),
        ("sqrt(2)", REFUTED),
        ("pi/3", REFUTED),
        ("sqrt(-1)", REFUTED),
        ("1/0*1", REFUTED),
        ("exp(1)/exp(1)", UNDECIDED),
        ("1 + exp(-10**5)", UNDECIDED),
        ("sqrt(sqrt(2)*sqrt(2) - 2) + 1", UNDECIDED),  # true, but the root of what may be below zero
        ("exp(exp(exp(100)))", UNDECIDED),
    ],
)
def test_irrational_moments(moment: str, expected: str) -> None:
    assert status(f'{SEMICIRCLE}claim.moments = [0, "{moment}"]') == expected


def test_moments_of_no_measure_are_refuted_without_a_model() -> None:
    assert first("claim.moments = [0, -1]").text.startswith("no probability measure has these moments: m_2")
    assert status("claim.moments = [1, 1, 2]") == REFUTED
    assert status('claim.moments = [0, 1, "sqrt(2)", 0]') == UNDECIDED
    assert status("claim.moments = [0, 1, 0, 2]") == UNDECIDED
    assert status('model.function = "a:b"\nclaim.moments = [0, 1, 0, 0.5]') == REFUTED
    assert status('model.function = "a:b"\nclaim.moments = [0, 1, 0, 2]') == UNDECIDED


def test_rounded_constants_of_an_activation_refute_nothing_true() -> None:
    """relu: eta = 1/2 - 1/(2 pi); the mean of the Gram matrix is eta."""
    head = 'model.activation = "relu"\nparameters = {phi = 1, psi = 1}\nclaim.moments = '
    assert status(head + '["eta"]') == SUPPORTED
    assert status(head + '["1/2 - 1/(2*pi)"]') == SUPPORTED
    assert status(head + '["1/2 - 1/(2*pi) + 10**-9"]') == REFUTED
    assert status(head + '["1/2"]') == REFUTED


# -- numbers of a spectrum ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ('["(1 - sqrt(c))**2", "(1 + sqrt(c))**2"]', SUPPORTED),
        ('["3 - 2*sqrt(2)", "3 + 2*sqrt(2)"]', SUPPORTED),
        ('["(1 + sqrt(c))**2", "(1 - sqrt(c))**2"]', REFUTED),
        ('["3 - 2*sqrt(2) + 10**-60", "3 + 2*sqrt(2)"]', REFUTED),
        ('["3 - 2*sqrt(2) + exp(-500)", "3 + 2*sqrt(2)"]', REFUTED),
        ('["3 - 2*sqrt(2)"]', REFUTED),
        ("[]", REFUTED),
        ('["0", "3 - 2*sqrt(2)", "3 + 2*sqrt(2)"]', REFUTED),
        ('["sqrt(-1)", "3 + 2*sqrt(2)"]', REFUTED),
        ('["1/(sqrt(2)**2 - 2)", "3 + 2*sqrt(2)"]', UNDECIDED),
    ],
)
def test_edges(edges: str, expected: str) -> None:
    assert status(MP.format(c=2) + f"edges = {edges}") == expected


def test_edges_with_exponentials_are_certified_to_digits_only() -> None:
    found = verdict(MP.format(c=1) + 'edges = [0, "4*exp(c)/exp(1)"]').findings[0]
    assert (found.status, found.evidence) == (SUPPORTED, "certified")


def test_where_two_bulks_meet_the_inner_edge_may_be_left_out() -> None:
    """The free sum of +-1 and a semicircle of variance 1 closes its gap at 0; its outer edges are +-3 sqrt(3)/2."""
    head = 'model.expression = "atoms([-1, 1]) + semicircle()"\nclaim.edges = '
    assert status(head + '["-3*sqrt(3)/2", "3*sqrt(3)/2"]') == SUPPORTED
    assert status(head + '["-3*sqrt(3)/2", 0, 0, "3*sqrt(3)/2"]') == SUPPORTED
    assert status(head + '["-3*sqrt(3)/2", 0, "3*sqrt(3)/2"]') == REFUTED
    assert status(head + '["-3*sqrt(3)/2", 0, 1, "3*sqrt(3)/2"]') == REFUTED


@pytest.mark.parametrize(
    ("atoms", "expected"),
    [
        ('[{at = 0, weight = "1 - 1/c"}]', SUPPORTED),
        ('[{at = 0, weight = "max(0, 1 - 1/c)"}, {at = 7, weight = "sqrt(4) - 2"}]', SUPPORTED),
        ('[{at = "sqrt(8) - 2*sqrt(2)", weight = "sqrt(2)/sqrt(8)"}]', SUPPORTED),
        ('[{at = 0, weight = "max(0, 1 - 1/c)"}, {at = 7, weight = "c - 2"}]', REFUTED),  # right at c = 2 alone
        ('[{at = "sqrt(c) - sqrt(2)", weight = "sqrt(c)/sqrt(8)"}]', REFUTED),
        ('[{at = "10**-99", weight = "1/2"}]', REFUTED),
        ('[{at = 0, weight = "1/2 + 10**-99"}]', REFUTED),
        ('[{at = 0, weight = "1/2"}, {at = 0, weight = "1/2"}]', REFUTED),
        ('[{at = 0, weight = "-1/2"}]', REFUTED),
        ('[{at = 0, weight = "sqrt(-1)"}]', REFUTED),
        ('[{at = "1/(c - 2)", weight = "1/2"}]', REFUTED),
        ("[]", REFUTED),
        ('[{at = 0, weight = "1/2*exp(1)/exp(1)"}]', UNDECIDED),
        ('[{at = 0, weight = "1/2"}, {at = 1, weight = "exp(1) - exp(1)"}]', UNDECIDED),
    ],
)
def test_atoms(atoms: str, expected: str) -> None:
    assert status(MP.format(c=2) + f"atoms = {atoms}") == expected


def test_atoms_at_irrational_places() -> None:
    head = 'model.expression = "atoms([2]).symmetric_root()"\nclaim.atoms = '
    right = '[{at = "sqrt(2)", weight = "1/2"}, {at = "-sqrt(2)", weight = "1/2"}]'
    assert status(head + right) == SUPPORTED
    assert status(head + right.replace("-sqrt(2)", "-sqrt(2) + 10**-20")) == REFUTED


DENSITY = 'density = "{f}"\nintervals = {intervals}'


@pytest.mark.parametrize(
    ("f", "intervals", "expected"),
    [
        ("sqrt(4 - x**2)/(2*pi)", '[["-2", "2"]]', SUPPORTED),
        ("sqrt(4 - x**2)/(2*pi)", '[["0", "2"], ["-2", "0"]]', SUPPORTED),
        ("sqrt(max(0, 4 - x**2))/(2*pi)", '[["-3", "5"]]', SUPPORTED),
        ("sqrt(4 - x**2)/(2*pi)", '[["-3", "2"]]', REFUTED),
        ("sqrt(4 - x**2)/(2*pi)", '[["-1.99999", "2"]]', REFUTED),
        ("sqrt(4 - x**2)/(2*pi)", '[["-2", "0"], ["0.001", "2"]]', REFUTED),
        ("sqrt(4 - x**2)/(2*pi)", '[["-2", "1"], ["0", "2"]]', REFUTED),
        ("sqrt(4 - x**2)/(2*pi)", '[["2", "-2"]]', REFUTED),
        ("sqrt(4 - x**2)/(2*pi)", '[["-2", "sqrt(-1)"]]', REFUTED),
        ("sqrt(4 - x**2)/(2*pi)", '[["-2", "exp(exp(exp(100)))"]]', UNDECIDED),
        ("sqrt(4 - x**2)/(2*pi)*(1 + 1e-6)", '[["-2", "2"]]', REFUTED),
        ("sqrt(4 - x**2)/6.28", '[["-2", "2"]]', REFUTED),
        ("-sqrt(4 - x**2)/(2*pi)", '[["-2", "2"]]', REFUTED),
        ("log(x)", '[["-2", "2"]]', REFUTED),
        ("sqrt(4 - x**2)/(2*pi) + exp(-(10**7*(x - 0.123456))**2)", '[["-2", "2"]]', REFUTED),  # a needle
        ("1/4", '[["-2", "2"]]', REFUTED),
        ("sqrt(max(0, 4 - x**2))/(2*pi) + max(0, min(x - 2, 2.01 - x))", '[["-2", "1000000"]]', REFUTED),
    ],
)
def test_densities(f: str, intervals: str, expected: str) -> None:
    assert (
        status(f'[model]\nexpression = "semicircle()"\n[claim]\n{DENSITY.format(f=f, intervals=intervals)}') == expected
    )


def test_densities_that_stand_alone() -> None:
    right = "[claim]\n" + DENSITY.format(f="sqrt(4 - x**2)/(2*pi)", intervals='[["-2", "2"]]')
    assert status(right) == SUPPORTED
    assert status(right + "\nmoments = [0, 1, 0, 2]") == SUPPORTED
    assert status(right + "\nmoments = [0, 1, 0, 3]") == REFUTED
    assert status(right + "\nedges = [-2, 3]") == UNDECIDED  # not looked at
    assert status(right.replace("2*pi", "3*pi")) == REFUTED
    needle = "sqrt(4 - x**2)/(2*pi) + 10**6*exp(-(10**7*(x - 1/3))**2)"  # of mass 0.18
    assert status("[claim]\n" + DENSITY.format(f=needle, intervals="[[-2, 2]]")) == REFUTED
    assert status(right + "\natoms = []") == SUPPORTED
    more = right.replace("2*pi", "4*pi")
    assert status(more + '\natoms = [{at = 0, weight = "1/2"}]') == SUPPORTED
    assert status(more + '\natoms = [{at = 0, weight = 1}, {at = 1, weight = "-1/2"}]') == REFUTED


def test_densities_with_atoms() -> None:
    f = "sqrt((x - (1 - sqrt(c))**2)*((1 + sqrt(c))**2 - x))/(2*pi*c*x)"
    density = DENSITY.format(f=f, intervals='[["(1 - sqrt(c))**2", "(1 + sqrt(c))**2"]]')
    assert status(MP.format(c="1/2") + density + "\natoms = []") == SUPPORTED
    assert status(MP.format(c=3) + density + '\natoms = [{at = 0, weight = "2/3"}]') == SUPPORTED
    assert status(MP.format(c=3) + density + "\natoms = []") == REFUTED


@pytest.mark.parametrize("unit", ["1", "10**-14", "10**-30", "10**20"])
def test_densities_are_compared_in_any_unit(unit: str) -> None:
    # singular values of a Gaussian matrix, with both signs: bulks from 1/2 to 3/2 and from -3/2 to -1/2
    x = f"(x/({unit}))"
    model = f'model.expression = "marchenko_pastur(1/4).symmetric_root()*({unit})"\n[claim]\n'
    model += f'density = "sqrt(abs((9/4 - {x}**2)*({x}**2 - 1/4)))/(2*pi/4*abs({x})*({unit}))"\nintervals = '

    def between(*ends: str) -> str:
        return (
            "["
            + ", ".join(f'["{a}*({unit})", "{b}*({unit})"]' for a, b in zip(ends[::2], ends[1::2], strict=True))
            + "]"
        )

    assert status(model + between("-3/2", "-1/2", "1/2", "3/2")) == SUPPORTED
    assert status(model + between("-3/2", "3/2")) == REFUTED  # positive in the gap, too
    assert status(model + between("-3/2", "-1/2", "1/2", "3/2", "1", "3/2")) == REFUTED  # twice
    assert status(model + between("-3/2", "-1/2", "1/2", "1")) == REFUTED


@pytest.mark.parametrize("unit", ["1", "10**-12", "10**12"])
def test_moments_of_a_density_are_compared_in_any_unit(unit: str) -> None:
    claim = f'[claim]\ndensity = "sqrt(4*({unit})**2 - x**2)/(2*pi*({unit})**2)"\n'
    claim += f'intervals = [["-2*({unit})", "2*({unit})"]]\nmoments = [0, "{{}}*({unit})**2"]'
    assert status(claim.format("1")) == SUPPORTED
    assert status(claim.format("1.0001")) == REFUTED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("of", "value", "expected"),
    [
        ("x", "1", SUPPORTED),
        ("log(x)", "-1 + (1 - c)/c*log(1/(1 - c))", SUPPORTED),
        ("1/x", "1/(1 - c)", SUPPORTED),
        ("log(x)", "-1", REFUTED),
        ("1/x", "1/(1 - c) + 10**-6", REFUTED),
        ("1/x", "1/(1 - c) + 3*10**-8", UNDECIDED),
        ("1/x", "1/(c - 1/2)", REFUTED),
        ("sqrt(1 - x)", "1", UNDECIDED),
        ("1/(x - 1)", "1", UNDECIDED),
        ("abs(x - 1)", "0.5", REFUTED),
        ("exp(-(10**6*(x - 1.23456))**2)", "0", REFUTED),  # a needle, of mass 8e-7
    ],
)
def test_means(of: str, value: str, expected: str) -> None:
    assert status(MP.format(c="1/2") + f'means = [{{of = "{of}", value = "{value}"}}]') == expected


def test_small_laws_are_compared_relatively() -> None:
    head = 'model.expression = "semicircle(10**-20)"\nclaim.means = '
    assert status(head + '[{of = "x**2", value = "10**-20"}, {of = "x", value = 0}]') == SUPPORTED
    assert status(head + '[{of = "x**2", value = "2*10**-20"}]') == REFUTED
    alone = "[claim]\n" + DENSITY.format(f="sqrt(4*v - x**2)/(2*pi*v)", intervals='[["-2*sqrt(v)", "2*sqrt(v)"]]')
    alone = f"parameters.v = 1e-12\n{alone}\nmoments = [0, "
    assert (status(alone + '"v"]'), status(alone + '"2*v"]')) == (SUPPORTED, REFUTED)
    network = 'model.activation = "relu"\nmodel.sigma_w = 1e-9\nparameters = {phi = 1, psi = 1}\nclaim.moments = '
    assert (status(network + '["eta"]'), status(network + '["2*eta"]')) == (SUPPORTED, REFUTED)


def test_a_mean_that_is_infinite_at_an_atom() -> None:
    assert status(MP.format(c=2) + 'means = [{of = "log(x)", value = "1"}]') == REFUTED


def test_what_is_not_looked_at_is_not_supported() -> None:
    assert status(f"{SEMICIRCLE}claim.moments = [0, 1]\nclaim.outliers = [5]") == UNDECIDED
    assert status('model.function = "a:b"\nclaim.edges = [1, 2]') == UNDECIDED


# -- tensor laws -------------------------------------------------------------------------------------------

FISHER = 'model.ensemble = "fisher-linear"\nparameters = {c1 = 1, c2 = 1}\n'


def test_a_tensor_law() -> None:
    conjecture = conjecture_of(f'title = "x"\n{FISHER}claim.moments = [1]')
    reference = exact_findings(conjecture, conjecture.points[0])[1]
    assert reference.derived is not None
    moments = [str(v) for v in reference.derived.moments(4)]
    assert status(f"{FISHER}claim.moments = {moments}") == SUPPORTED
    wrong = [*moments[:3], str(sympy.Rational(moments[3]) + 1)]
    assert f"m_4: {wrong[3]} is claimed, the model has {moments[3]}" in first(f"{FISHER}claim.moments = {wrong}").text
    assert status(f'{FISHER}claim.law = "marchenko_pastur(1)"') == REFUTED
    assert status(f'{FISHER}claim.equation = "m**2 + z*m + 1"') == REFUTED
    assert status(f'{FISHER}claim.equation = "m**2 - z*m - 1"') == REFUTED


# -- several points, all parameters ------------------------------------------------------------------------

TWO = '[[parameters]]\nc = "1/2"\n[[parameters]]\nc = 2\n[model]\nexpression = "marchenko_pastur(c)"\n[claim]\n'


def test_several_points() -> None:
    assert status(TWO + 'moments = [1, "1 + c"]') == SUPPORTED
    found = first(TWO + 'moments = [1, "(3/2)*max(1, 2*(c - 1/2))"]')
    assert (found.status, found.point) == (REFUTED, "c = 2")
    assert first(TWO + "moments = [1, 2]").point == "c = 1/2"


@pytest.mark.slow
def test_for_all_parameters() -> None:
    true = verdict(TWO + 'equation = "c*z*m**2 + (z + c - 1)*m + 1"\nmoments = [1, "1 + c"]')
    text = [f.text for f in true.findings if f.point == "all parameters"]
    assert (true.verdict, text) == (SUPPORTED, ["the equation is the model's, identically in c"])
    several = verdict(TWO + 'equation = "(c*z*m**2 + (z + c - 1)*m + 1)*(c*m + z)"\nmoments = [1]')
    assert any("times 1 other factors" in f.text for f in several.findings)
    lawful = verdict(TWO + 'law = "marchenko_pastur(c)"')
    assert [f.text for f in lawful.findings if f.point == "all parameters"] == [
        "the law is the model's, identically in c"
    ]
    moments = verdict(TWO + 'moments = [1, "1 + c"]')
    assert any("identically in the parameters" in f.text for f in moments.findings)


def test_a_claim_that_is_true_at_the_points_alone_is_refuted() -> None:
    """(c - 1/2)*(c - 2) vanishes at both points."""
    found = verdict(TWO + 'moments = [1, "1 + c + (c - 1/2)*(c - 2)"]')
    assert found.verdict == REFUTED
    assert "for general parameters m_2 of the model is c + 1" in found.first_wrong.text  # type: ignore[union-attr]
    equation = verdict(TWO + 'equation = "(1 + (c - 1/2)*(c - 2))*c*z*m**2 + (z + c - 1)*m + 1"')
    assert equation.verdict == REFUTED
    assert "for general c the model has another equation" in equation.first_wrong.text  # type: ignore[union-attr]


SIGMA = '[parameters]\nc = "1/2"\nsigma = 1\n[model]\nensemble = "marchenko-pastur"\n[claim]\n'


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ('moments = [1, "1 + c"]', ""),
        ('moments = [1, "3*c"]', "for general parameters m_2 of the model is c + 1"),
        ('law = "marchenko_pastur(c)"', ""),
        ('law = "marchenko_pastur(2*c - 1/2)"', "for general c the model has another equation"),
        ('equation = "c*z*m**2 + (z - c)*m + 1"', "for general c the model has another equation"),
        pytest.param('edges = ["(1 - sqrt(c))**2", "(1 + sqrt(c))**2"]', "", marks=pytest.mark.slow),
        pytest.param('edges = ["(1 - sqrt(c))**2", "3/2 + 2*sqrt(c)"]', "not next to it", marks=pytest.mark.slow),
        pytest.param('means = [{of = "1/x", value = "1/(1 - c)"}]', "", marks=pytest.mark.slow),
        pytest.param('means = [{of = "1/x", value = "4*c"}]', "not next to it", marks=pytest.mark.slow),
        pytest.param('means = [{of = "4*c*x", value = 2}]', "not next to it", marks=pytest.mark.slow),
    ],
)
def test_a_claim_in_some_of_the_parameters_has_to_hold_for_all_their_values(claim: str, expected: str) -> None:
    """The other ones keep the value of the point; all of these hold at c = 1/2."""
    found = verdict(SIGMA + claim)
    assert found.verdict == (REFUTED if expected else SUPPORTED)
    assert expected in (found.first_wrong.text if found.first_wrong else "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("c", "weight", "expected"),
    [("2", "1 - 1/c", SUPPORTED), ("2", "1/c", REFUTED), ("2", "c/4", REFUTED), ("1", "1 - 1/c", SUPPORTED)],
)
def test_atoms_with_symbols_are_looked_at_next_to_the_point(c: str, weight: str, expected: str) -> None:
    """At c = 1, where the atom begins, the formula holds on one side."""
    text = SIGMA.replace('"1/2"', c)
    assert status(text + f'atoms = [{{at = 0, weight = "{weight}"}}]') == expected


PLANE = '[parameters]\na = {a}\nb = {b}\n[model]\nexpression = "{law}"\n[claim]\n'
TWO_BULKS, TWO_POINTS = "semicircle(a) + semicircle(b)", "atoms([0, 1], [b, 1 - b])"


@pytest.mark.parametrize(
    ("law", "a", "b", "claim", "expected"),
    [
        (TWO_BULKS, 1, 1, 'edges = ["-2*sqrt(2*a)", "2*sqrt(2*b)"]', REFUTED),  # right where a = b
        (TWO_BULKS, 1, 1, 'edges = ["-2*sqrt(a + b)", "2*sqrt(a + b)"]', SUPPORTED),
        (TWO_BULKS, 2, 2, 'edges = ["-2*sqrt(a + b)", 4]', REFUTED),  # a number beside a formula
        (TWO_BULKS, 2, 2, "edges = [-4, 4]", SUPPORTED),  # about the point
        pytest.param(
            "marchenko_pastur(a) @ marchenko_pastur(b)", 2, 2,
            'atoms = [{at = 0, weight = "1 - 1/sqrt(a*b)"}]', REFUTED, marks=pytest.mark.slow,
        ),
        (TWO_POINTS, 1, '"1/3"', 'atoms = [{at = 0, weight = "b"}, {at = 1, weight = "2/3"}]', REFUTED),
        (TWO_POINTS, 1, '"1/3"', 'atoms = [{at = 0, weight = "b"}, {at = 1, weight = "1 - b"}]', SUPPORTED),
    ],
)  # fmt: skip
def test_parameters_are_moved_by_different_steps(law: str, a: object, b: object, claim: str, expected: str) -> None:
    assert status(PLANE.format(law=law, a=a, b=b) + claim) == expected


@pytest.mark.parametrize(
    ("density", "intervals", "expected"),
    [
        ("sqrt((4*c - x)/x)/(2*pi)", "0, '4*c'", REFUTED),
        ("sqrt((4 - x)/x)/(2*pi*c)", "0, 4", REFUTED),
        ("sqrt((4 - x)/x)/(2*pi)", "0, 4", SUPPORTED),  # about the point
        (
            "sqrt((x - (1 - sqrt(c))**2)*((1 + sqrt(c))**2 - x))/(2*pi*c*x)",
            "'(1 - sqrt(c))**2', '(1 + sqrt(c))**2'",
            SUPPORTED,
        ),
    ],
)
def test_densities_with_symbols_are_looked_at_next_to_the_point(density: str, intervals: str, expected: str) -> None:
    """All of these are that of c = 1."""
    text = SIGMA.replace('"1/2"', "1") + f'density = "{density}"\nintervals = [[{intervals}]]'
    assert status(text) == expected


def both(law: str, a: str, right: str, wrong: str, slow: bool = False) -> list[object]:
    """A claim that is true for all a and b = 1, and one that is so at the point alone."""
    marks = [pytest.mark.slow] if slow else []
    return [pytest.param(law, a, c, v, marks=marks) for c, v in ((right, SUPPORTED), (wrong, REFUTED))]


TWO_OF_A = 'atoms = [{{at = 0, weight = "1/2"}}, {{at = "{}", weight = "1/2"}}]'
ROOT_OF_A = 'atoms = [{{at = "-sqrt(a)", weight = "1/2"}}, {{at = "{}", weight = "1/2"}}]'
ALONE = 'density = "{}*sqrt(4*a - x**2)/(2*pi*a)"\nintervals = [["-2*sqrt(a)", "2*sqrt(a)"]]'
MP_ALONE = 'law = "marchenko_pastur(a)"\n'


@pytest.mark.parametrize(
    ("law", "a", "claim", "expected"),
    [
        *both("marchenko_pastur(a)", "4", 'moments = [1, "1 + sqrt(a)**2"]', 'moments = [1, "3 + sqrt(a)"]'),
        *both("semicircle()", "1", 'moments = [0, "a/a"]', 'moments = [0, "a"]'),
        *both("semicircle(a)", "1", 'moments = [0, "a + b - 1 + 1 - b"]', 'moments = [0, "a*b"]'),
        *both("semicircle(a)", "1", 'equation = "a*m**2 + z*m + 1"', 'equation = "a*b*m**2 + z*m + 1"'),
        *both("semicircle()", "1", 'law = "semicircle()"', 'law = "semicircle(a)"'),
        *both("atoms([0, a], [1/2, 1/2])", "4", TWO_OF_A.format("sqrt(a)**2"), TWO_OF_A.format("2*sqrt(a)")),
        *both("atoms([a]).symmetric_root()", "4", ROOT_OF_A.format("sqrt(a)"), ROOT_OF_A.format("a/2"), slow=True),
        *both("atoms([0, a], [1/2, 1/2])", "0", 'atoms = [{at = 0, weight = 1}]', 'atoms = [{at = "a", weight = 1}]',
              slow=True),
        *both("marchenko_pastur(a)", "1", 'atoms = [{at = 0, weight = "1 - 1/a"}]',
              'atoms = [{at = 0, weight = "a - 1"}]', slow=True),
        *both("", "4", f'{MP_ALONE}moments = [1, "1 + a"]', f'{MP_ALONE}moments = [1, "9 - a"]'),
        *both("", "4", f'{MP_ALONE}atoms = [{{at = 0, weight = "1 - 1/a"}}]',
              f'{MP_ALONE}atoms = [{{at = 0, weight = "3/a"}}]', slow=True),
        *both("", "4", f'{MP_ALONE}edges = ["(1 - sqrt(a))**2", "(1 + sqrt(a))**2"]',
              f'{MP_ALONE}edges = [1, "5 + a"]', slow=True),
        *both("", "1", 'equation = "a*m**2 + z*m + 1"\nmoments = [0, "a"]',
              'equation = "a*m**2 + z*m + 1"\nmoments = [0, "a**2"]', slow=True),
        *both("", "1", 'equation = "a*m**2 + z*m + 1"', 'equation = "a*m**2 + z*m + 2 - a"'),
        *both("", "1", ALONE.format("1"), ALONE.format("a")),
        *both("", "1", ALONE.format("1") + '\nmoments = [0, "a"]', ALONE.format("1") + '\nmoments = [0, "a**2"]',
              slow=True),
    ],
)  # fmt: skip
def test_what_is_right_at_the_point_alone_is_refuted(law: str, a: str, claim: str, expected: str) -> None:
    """In every part of a claim; without a model its parts have to be those of one law."""
    model = f'[model]\nexpression = "{law}"\n' if law else ""
    assert status(f"[parameters]\na = {a}\nb = 1\n{model}[claim]\n{claim}") == expected


@pytest.mark.slow
def test_constants_of_an_activation_are_moved_with_their_model() -> None:
    head = 'model.activation = "relu"\nparameters = {phi = 1, psi = 1}\nclaim.moments = '
    assert (status(head + '["eta"]'), status(head + '["eta*phi"]')) == (SUPPORTED, REFUTED)


@pytest.mark.slow
def test_a_side_without_a_law_says_nothing() -> None:
    """Compressions are to at most the whole size."""
    text = '[parameters]\np = 1\n[model]\nexpression = "semicircle().compress(p)"\n[claim]\nedges = ["-2*{0}", "2*{0}"]'
    assert (status(text.format("sqrt(p)")), status(text.format("p"))) == (SUPPORTED, REFUTED)


def test_several_points_have_one_law_for_all_symbols() -> None:
    text = "".join(f"[[parameters]]\na = {k}\nb = {k}\n" for k in (1, 2))
    text += f'[model]\nexpression = "{TWO_BULKS}"\n[claim]\nmoments = [0, "{{}}"]'
    assert (status(text.format("a + b")), status(text.format("2*a"))) == (SUPPORTED, REFUTED)


def test_a_claim_with_numbers_for_parameters_is_one_about_points() -> None:
    found = verdict(MP.format(c="1/2") + 'equation = "z*m**2/2 + (z - 1/2)*m + 1"')
    assert (found.verdict, [f.point for f in found.findings if f.point == "all parameters"]) == (SUPPORTED, [])


# -- true claims and ones that are not quite ---------------------------------------------------------------

EXPRESSIONS = [
    "semicircle(2)", "marchenko_pastur(1/3)", "marchenko_pastur(2) - 1", "semicircle() + marchenko_pastur(1/2)",
    "atoms([-1, 1]) + semicircle(1/4)", "marchenko_pastur(1/2) @ marchenko_pastur(1)", "(semicircle() + 3)**-1",
    "kesten_mckay(3)", "semicircle().compress(1/4)", "fuss_catalan(2)", "atoms([1, 2, 5]).wishart(1/2)",
]  # fmt: skip


@pytest.mark.slow
@settings(max_examples=16, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(EXPRESSIONS), st.integers(1, 6), st.sampled_from([-1, 1, Fraction(1, 10**40)]), st.booleans())
def test_true_claims_are_supported_and_changed_ones_refuted(
    expression: str, k: int, change: Fraction, has_equation: bool
) -> None:
    law = parse(expression)
    moments: Sequence[sympy.Expr] = law.moments(6)
    equation = f'claim.equation = "{law.equation.expr}"\n' if has_equation else ""
    head = f'model.expression = "{expression}"\n{equation}claim.moments = '
    assert status(head + str([str(v) for v in moments])) == SUPPORTED
    wrong = [str(v + (sympy.Rational(change) if j == k else 0)) for j, v in enumerate(moments, 1)]
    assert status(head + str(wrong)) == REFUTED


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(st.sampled_from(EXPRESSIONS), st.data())
def test_an_equation_with_one_coefficient_changed_is_refuted(expression: str, data: st.DataObject) -> None:
    law = parse(expression)
    terms = sympy.Add.make_args(law.equation.expr)
    k = data.draw(st.integers(0, len(terms) - 1))
    changed = sum(t * (1 + sympy.Rational(int(j == k), 10**6)) for j, t in enumerate(terms))
    if len(terms) > 1:
        assert status(f'model.expression = "{expression}"\nclaim.equation = "{changed}"') == REFUTED


def test_square_roots_of_two_are_what_they_are() -> None:
    """The oracle of the edges above, in floating point."""
    edges = parse("marchenko_pastur(2)"), 3 - 2 * sqrt(2)
    from resolvent.numeric.spectrum.spectrum import Spectrum

    assert Spectrum(edges[0]).intervals[0].left == pytest.approx(edges[1], rel=1e-14)


@pytest.mark.parametrize(("claim", "is_rounded"), [("2.828", True), ("2.82", False), ("2.829", False)])
def test_a_rounded_edge_is_refuted_with_a_hint(claim: str, is_rounded: bool) -> None:
    finding = first(f'model.expression = "semicircle(2)"\nclaim.edges = ["-2*sqrt(2)", "{claim}"]')
    assert finding.status == REFUTED
    assert ("claims are exact" in finding.text) == is_rounded


@pytest.mark.parametrize(
    ("model", "claim", "is_rounded"),
    [
        ("semicircle(2)", "claim.moments = [0, 2, 0, '8.0001']", False),
        ("marchenko_pastur(1/3)", "claim.moments = [1, '1.333']", True),
        ("marchenko_pastur(1/3)", "claim.moments = [1, '1.334']", False),
        ("semicircle(10**400)", "claim.moments = [0, '1.0']", False),
        ("marchenko_pastur(3)", "claim.atoms = [{at = 0, weight = '0.667'}]", True),
        ("marchenko_pastur(3)", "claim.atoms = [{at = 0, weight = '0.666'}]", False),
        ("marchenko_pastur(3)", "claim.atoms = [{at = 1, weight = '0.667'}]", False),
        ("marchenko_pastur(1/2)", "claim.means = [{of = 'log(x)', value = '-0.3069'}]", True),
        ("marchenko_pastur(1/2)", "claim.means = [{of = 'log(x)', value = '-0.307'}]", True),
        ("marchenko_pastur(1/2)", "claim.means = [{of = 'log(x)', value = '-0.3068'}]", False),
    ],
)
def test_rounded_numbers_are_refuted_with_a_hint(model: str, claim: str, is_rounded: bool) -> None:
    finding = first(f'model.expression = "{model}"\n{claim}')
    assert finding.status == REFUTED
    assert ("claims are exact" in finding.text) == is_rounded
