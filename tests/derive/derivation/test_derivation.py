"""Derivations: their order, their assumptions, and that a wrong equation is caught by re-verification."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy
from flint import nmod_poly

from resolvent.derive.derivation.derivation import Derivation
from resolvent.derive.derivation.step import Evidence, Rule, Step
from resolvent.derive.equations.equation import M, Z, moments_given, physical_equation, probes, spectral_ring, vanishes
from resolvent.derive.errors import DerivationError
from resolvent.derive.exact.field import Field, polynomial_ring
from resolvent.derive.exact.polynomials import generator, irreducible_factors
from resolvent.derive.exact.resultant import Resultant
from resolvent.derive.exact.series import make_series
from resolvent.derive.exact.word_primes import PRIME, WORD
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.elementary import atoms, marchenko_pastur, semicircle
from resolvent.derive.laws.from_polynomial import agrees, conclude, divides
from resolvent.derive.laws.record import Recipe

C = sympy.Symbol("c", positive=True)
RULE = Rule("test", "A rule of the tests.")


def sabotaged(step: Step, law: AlgebraicLaw, wrong: AlgebraicLaw) -> Step:
    """The last step of ``law`` with its check run on the equation of another law."""
    return replace(step, verify=lambda: agrees(wrong.equation, law.equation.symbols, law.equation.moment_series))


# -- order and content ---------------------------------------------------------------------------------------


def test_steps_come_after_the_steps_they_use() -> None:
    law = (semicircle() + marchenko_pastur(C)) @ atoms([1, 2])
    steps = law.derivation.steps
    for k, step in enumerate(steps):
        assert all(any(used is earlier for earlier in steps[:k]) for used in step.uses)
    assert steps[-1] is law.conclusion


def test_a_law_used_twice_is_derived_once() -> None:
    part = marchenko_pastur(C)
    steps = (part + part).derivation.steps
    assert sum(step is part.conclusion for step in steps) == 1


def test_steps_are_numbered_from_one() -> None:
    derivation = (semicircle() + atoms([-1, 1])).derivation
    assert [derivation.number(s) for s in derivation.steps] == list(range(1, len(derivation.steps) + 1))


def test_freeness_is_an_assumption() -> None:
    law = semicircle() + marchenko_pastur(C)
    (assumption,) = law.derivation.assumptions
    assert assumption.text == "semicircle(1) and marchenko_pastur(c) are asymptotically free"


def test_assumptions_about_the_model_leave_the_algebra_proved() -> None:
    assert (semicircle() + marchenko_pastur(C)).evidence is Evidence.PROVED


def test_deterministic_maps_assume_nothing() -> None:
    law = ((3 * marchenko_pastur("1/2") + 1) ** 2).inverse().direct_sum(atoms([0, 1]), "1/3")
    assert law.derivation.assumptions == ()


def test_domains_of_parameters_are_assumptions() -> None:
    t = sympy.Symbol("t", positive=True)
    law = semicircle().free_power(1 + t).compress(t)
    assert [s.rule.name for s in law.derivation.assumptions] == ["domain", "domain"]


def test_every_step_has_a_rule_with_a_statement() -> None:
    law = (semicircle() + marchenko_pastur(C)) ** 2
    assert all(step.rule.name and step.rule.statement for step in law.derivation.steps)


def test_the_last_formula_is_the_equation() -> None:
    law = semicircle() + marchenko_pastur(C)
    last = law.conclusion.formulas[-1]
    assert sympy.expand(last.lhs - law.equation.expr) == 0
    assert last.rhs == 0


@pytest.mark.parametrize(
    "law",
    [
        atoms([-1, 0, 2]) + atoms([0, 1, 3]),
        atoms([-1, 1]) @ atoms([1, 4]),
        semicircle() ** 2,
        marchenko_pastur(1).rectangular_sum(marchenko_pastur(1), 1),
    ],
)
def test_where_factors_split_both_the_product_and_the_choice_are_shown(law: AlgebraicLaw) -> None:
    choice = law.conclusion
    assert choice.rule.name == "physical factor"
    (product,) = choice.uses
    shown = sympy.expand(product.formulas[-1].lhs)
    assert sympy.rem(sympy.Poly(shown, Z, M), sympy.Poly(law.equation.expr, Z, M)) == 0
    assert sympy.degree(shown, M) > law.equation.degree


# -- checks that fail ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "wrong"),
    [
        (semicircle() + marchenko_pastur(C), semicircle() + marchenko_pastur(2 * C)),
        (semicircle() + marchenko_pastur("1/2"), semicircle() + marchenko_pastur("1/3")),
        (marchenko_pastur("1/2") @ marchenko_pastur("1/3"), marchenko_pastur("1/2") + marchenko_pastur("1/3")),
        (marchenko_pastur(C).companion(C), marchenko_pastur(C)),
        # the same first four moments: 0, 1, 0, 2
        (semicircle(), atoms([-1, 0, 1], ["1/4", "1/2", "1/4"]) * 1),
    ],
)
def test_the_moments_of_another_law_do_not_agree(law: AlgebraicLaw, wrong: AlgebraicLaw) -> None:
    step = sabotaged(law.conclusion, law, wrong)
    with pytest.raises(DerivationError, match=r"step \d+ \(.*\) does not hold"):
        Derivation(step).check()


def test_an_equation_that_differs_in_one_late_moment_is_caught() -> None:
    # the semicircle with its twelfth cumulant moved agrees with it up to m_11
    g = sympy.Symbol("g")
    from resolvent.derive.laws.from_transform import law_of_r

    near = law_of_r(g + g**11 / 10**6, g, Recipe(semicircle, (1,)))
    assert near.moments(11) == semicircle().moments(11)
    assert not agrees(near.equation, (), semicircle().equation.moment_series)


def test_a_wrong_elimination_with_the_right_germ_is_caught() -> None:
    # a term of high order in 1/z leaves the first moments as they are, so the conclusion is drawn; the check fails
    law = semicircle() + marchenko_pastur("1/2")
    ring = law.equation.polynomial.context()
    wrong = law.equation.polynomial + generator(ring, "m") ** 2
    assert not vanishes(wrong, law.moment_series(20), {})
    bad = conclude(
        AlgebraicLaw,
        wrong,
        (),
        law.equation.moment_series,
        rule=RULE,
        explanation="a wrong elimination",
        uses=(),
        recipe=law.recipe,
        text="wrong",
    )
    with pytest.raises(DerivationError, match=r"step 1 \(test\) does not hold: a wrong elimination"):
        bad.derivation.check()


def test_concluding_from_a_polynomial_that_does_not_vanish_on_the_branch_is_refused() -> None:
    ring = spectral_ring(())
    z, m = generator(ring, "z"), generator(ring, "m")
    law = semicircle()
    with pytest.raises(DerivationError, match="no factor of the eliminated polynomial has the physical branch"):
        conclude(
            AlgebraicLaw,
            (m**2 + z * m + 2) * (m * z + 3),
            (),
            law.equation.moment_series,
            rule=RULE,
            explanation="a wrong elimination",
            uses=(),
            recipe=law.recipe,
            text="wrong",
        )


def test_the_first_step_that_fails_is_named() -> None:
    first = Step(RULE, "the first", verify=lambda: True)
    second = Step(RULE, "the second", uses=(first,), verify=lambda: False)
    third = Step(RULE, "the third", uses=(second,), verify=lambda: False)
    with pytest.raises(DerivationError, match=r"step 2 \(test\) does not hold: the second") as caught:
        Derivation(third).check()
    assert caught.value.objects["step"] is second


def test_a_broken_step_deep_inside_fails_the_whole() -> None:
    part = marchenko_pastur("1/2")
    broken = replace(part, conclusion=sabotaged(part.conclusion, part, marchenko_pastur("1/3")))
    with pytest.raises(DerivationError, match="does not hold"):
        (semicircle() + broken).derivation.check()


def test_assumed_steps_count_as_true() -> None:
    assert Step(RULE, "assumed", kind="assumed").check() is True


# -- resultants ----------------------------------------------------------------------------------------------


def _resultant() -> Resultant:
    ring = polynomial_ring(("x", "y"))
    x, y = generator(ring, "x"), generator(ring, "y")
    return Resultant.of(x**2 + y * x + 1, x**3 - 2 * y, "x")


def test_resultants_are_those_of_sympy() -> None:
    x, y = sympy.symbols("x y")
    expected = sympy.resultant(x**2 + y * x + 1, x**3 - 2 * y, x)
    assert sympy.expand(sympy.sympify(str(_resultant().value).replace("^", "**")) - expected) == 0


def test_a_right_resultant_holds_and_a_wrong_one_does_not() -> None:
    step = _resultant()
    assert step.holds()
    y = generator(step.value.context(), "y")
    for wrong in (step.value + 1, step.value * 2, step.value + y**6, -step.value):
        assert not replace(step, value=wrong).holds()


def test_the_checking_prime_is_the_largest_of_a_word() -> None:
    assert sympy.isprime(PRIME)
    assert sympy.prevprime(WORD) == PRIME
    assert nmod_poly([1, 1], PRIME).modulus() == PRIME


def test_polynomials_with_a_common_factor_eliminate_nothing() -> None:
    ring = polynomial_ring(("x", "y"))
    x, y = generator(ring, "x"), generator(ring, "y")
    with pytest.raises(DerivationError, match="the two relations have a common factor"):
        Resultant.of((x - y) * (x + 1), (x - y) * y, "x")


def test_divisibility_is_exact() -> None:
    law = semicircle()
    ring = law.equation.polynomial.context()
    z = generator(ring, "z")
    assert divides(law.equation, law.equation.polynomial * (z + 1))
    assert not divides(law.equation, law.equation.polynomial * (z + 1) + 1)


# -- choosing a factor ---------------------------------------------------------------------------------------


def test_no_factor_with_the_branch_is_refused() -> None:
    ring = spectral_ring(())
    z, m = generator(ring, "z"), generator(ring, "m")
    factors = irreducible_factors((m**2 + z * m + 2) * (m**2 + z * m + 3), "m")
    with pytest.raises(DerivationError, match="no factor of the eliminated polynomial has the physical branch"):
        physical_equation(factors, (), semicircle().equation.moment_series)


def test_factors_that_share_all_moments_are_not_separated() -> None:
    law = semicircle()
    with pytest.raises(DerivationError, match="the physical factor is not separated by 512 moments"):
        physical_equation([law.equation.polynomial, law.equation.polynomial], (), law.equation.moment_series)


@pytest.mark.slow
def test_a_multiple_branch_is_never_singled_out() -> None:
    ring = spectral_ring(())
    z, m = generator(ring, "z"), generator(ring, "m")
    with pytest.raises(DerivationError, match="moments do not single out one branch"):
        physical_equation([(m * z + 1) ** 2], (), atoms([0]).equation.moment_series)


def test_too_few_moments_are_refused() -> None:
    # two branches 1/(1 - z) and 1/(2 - z) need m_1 to be told apart
    ring = spectral_ring(())
    z, m = generator(ring, "z"), generator(ring, "m")
    both = (m * (z - 1) + 1) * (m * (z - 2) + 1)
    with pytest.raises(DerivationError, match="1 moments do not decide which branch is meant; give at least 2"):
        physical_equation([both], (), moments_given([Field().constant(1)]))


def test_probes_keep_parameters_apart() -> None:
    symbols = sympy.symbols("a b c d e")
    for values in probes(symbols):
        assert len(set(values.values())) == len(symbols)


def test_equations_with_the_same_polynomial_and_other_branches_differ() -> None:
    first = (marchenko_pastur(1) + 1).inverse()
    # the conjugate of sqrt(5): the other root of P(-1, m) as the mean
    ring_equation = first.equation
    other = replace(ring_equation, germ=tuple(_conjugate(g) for g in ring_equation.germ), _known={})
    assert other != ring_equation


def _conjugate(element):  # type: ignore[no-untyped-def]
    """The image under alpha -> trace - alpha, the other root of the quadratic minimal polynomial."""
    field = element.field
    modulus = dict(field.extension.modulus)
    trace = -modulus.get((1,), 0)
    alpha = field.generator("alpha_")
    position = field.ring.variable_to_index("alpha_")
    total = field.constant(0)
    for exponents, coefficient in element.numerator.to_dict().items():
        total = total + (trace - alpha) ** exponents[position] * int(coefficient)
    return total / field.element(element.denominator)


def test_equations_compare_with_nothing_else() -> None:
    assert semicircle().equation != 3
    assert (semicircle().equation == "m**2 + m*z + 1") is False


def test_equal_equations_have_equal_hashes() -> None:
    first, second = semicircle().equation, (atoms([0]) + semicircle()).equation
    assert first == second
    assert hash(first) == hash(second)


def test_moment_series_continue_where_they_stopped() -> None:
    law = semicircle() + marchenko_pastur("1/2")
    few, many = law.moments(3), law.moments(15)
    assert many[:3] == few
    assert law.moments(5) == many[:5]


def test_moments_at_numbers_are_those_of_the_specialised_law() -> None:
    from flint import fmpq

    law = semicircle() + marchenko_pastur(C)
    series = law.moment_series(10, {"c": fmpq(1, 3)})
    expected = law.at(c="1/3").moment_series(10)
    assert [series[k] for k in range(10)] == [expected[k] for k in range(10)]


def test_known_terms_decide_whether_a_polynomial_vanishes() -> None:
    ring = spectral_ring(())
    z, m = generator(ring, "z"), generator(ring, "m")
    series = make_series(Field(), [1, 0, 1, 0, 2], 5)
    assert vanishes(m**2 + z * m + 1, series, {})
    assert not vanishes(m**2 + 2 * z * m + 1, series, {})
