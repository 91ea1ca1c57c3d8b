"""`rv.guess`: equations known from elsewhere are found in moments, and nothing is found where there is nothing."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from fractions import Fraction
from math import comb
from typing import Any

import pytest
import sympy

import resolvent as rv
from resolvent import catalog
from resolvent.derive.errors import DerivationError, ParameterError
from resolvent.derive.holonomic.algebraic_ode import algebraic_ode
from resolvent.proposals.moment_sources import MomentSource
from resolvent.proposals.proposal_text import short, to_json, to_latex, to_text

z, m, t = rv.z, rv.m, sympy.Symbol("t")
CATALAN = [comb(2 * n, n) // (n + 1) for n in range(1, 31)]
MOTZKIN = [sum(comb(n, 2 * k) * comb(2 * k, k) // (k + 1) for k in range(n // 2 + 1)) for n in range(1, 31)]
DELANNOY = [sum(comb(n, k) * comb(n + k, k) for k in range(n + 1)) for n in range(1, 31)]
FISHER = [
    sum(comb(d, k) * comb(2 * k, k) // (k + 1) * (comb(2 * d - 2 * k, d - k) // (d - k + 1)) for k in range(d + 1)) // 2
    for d in range(1, 71)
]
PRIMES = [int(sympy.prime(k)) for k in range(1, 51)]


def equal(a: sympy.Expr, b: sympy.Expr) -> bool:
    return bool(sympy.expand(a - b) == 0 or sympy.expand(a + b) == 0)


# -- lists -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moments", "equation"),
    [
        (CATALAN, z * m**2 + z * m + 1),  # Marchenko-Pastur at c = 1
        (MOTZKIN, m**2 + (z - 1) * m + 1),  # the semicircle, moved to 1
        (DELANNOY, (z**2 - 6 * z + 1) * m**2 - 1),  # generating function 1/sqrt(1 - 6x + x^2)
        ([Fraction(2**k + 5**k, 2) for k in range(1, 31)], 2 * (z - 2) * (z - 5) * m + 2 * z - 7),
    ],
)
def test_known_equations(moments: list[Any], equation: sympy.Expr) -> None:
    proposal = rv.guess(moments)
    assert (proposal.found, proposal.kind, proposal.measure) == (True, "algebraic", True)
    assert equal(proposal.equation, equation)


def test_the_linear_fisher_law_has_a_recurrence() -> None:
    """The recurrence is that of the proof by creative telescoping, times n."""
    proposal = rv.guess(FISHER[:30])
    n = sympy.Symbol("n")
    proved = [32 * (n + 1) ** 2, -12 * n**2 - 52 * n - 52, (n + 3) * (n + 4)]
    assert [sympy.expand(p / n) for p in map(sympy.factor, proposal.equation.expressions())] == list(
        map(sympy.expand, proved)
    )


def test_the_linear_fisher_law_has_a_differential_equation() -> None:
    proposal = rv.guess(FISHER, "ode")
    assert (proposal.equation.order, proposal.predicted[0]) == (3, rv.guess(FISHER[:40]).law().moments(71)[-1])


def test_evidence_counts_terms() -> None:
    assert rv.guess(CATALAN).evidence == "guessed: 6 unknowns from 6 terms, verified on 25 more"


@pytest.mark.parametrize("kind", ["auto", "algebraic", "recurrence", "ode", "all"])
def test_the_next_moments(kind: str) -> None:
    expected = [comb(2 * n, n) // (n + 1) for n in range(31, 34)]
    assert list(rv.guess(CATALAN, kind).predicted) == expected


def test_all_kinds() -> None:
    assert [f.kind for f in rv.guess(CATALAN, "all").findings if f.guess] == ["algebraic", "recurrence", "ode"]


def test_auto_stops_at_an_algebraic_equation() -> None:
    assert [f.kind for f in rv.guess(CATALAN).findings] == ["algebraic"]


def test_primes_have_no_equation() -> None:
    proposal = rv.guess(PRIMES)
    assert (proposal.found, proposal.equation, proposal.kind) == (False, None, None)
    assert proposal.evidence == "nothing claimed"
    assert [f.kind for f in proposal.findings] == ["algebraic", "recurrence", "ode"]
    assert all(f"({h}, {d})" in " ".join(proposal.text().split()) for f in proposal.findings for h, d in f.tried)


@pytest.mark.parametrize("kind", ["algebraic", "recurrence"])
def test_one_wrong_digit_at_the_end(kind: str) -> None:
    proposal = rv.guess([*CATALAN[:-1], CATALAN[-1] + 1], kind)
    assert (proposal.found, proposal.findings[0].contradicted) == (False, 30)
    assert "holds for m_0, ..., m_29 and fails at m_30" in " ".join(proposal.text().split())


@pytest.mark.parametrize("count", [1, 12])
def test_too_few_terms(count: int) -> None:
    proposal = rv.guess(CATALAN[:count])
    assert not proposal.found
    assert f"{count + 1} terms are too few to claim anything" in " ".join(proposal.text().split())


def test_a_list_from_zero() -> None:
    assert equal(rv.guess([1, *CATALAN], start=0).equation, rv.guess(CATALAN).equation)


def test_another_mass() -> None:
    proposal = rv.guess([2, *(2 * u for u in CATALAN)], start=0)
    assert equal(proposal.equation, z * m**2 + 2 * z * m + 4)
    assert (proposal.measure, proposal.predicted[0]) == (True, 2 * comb(62, 31) // 32)
    assert "m ~ -m_0/z" in proposal.text()
    with pytest.raises(DerivationError, match="m_0 = 2 is not 1"):
        proposal.law()


# -- positivity ------------------------------------------------------------------------------------------------


def test_a_list_of_no_measure() -> None:
    """The uniform law's moments, but with the m_2 of its square's mean: m_2 < m_1^2."""
    proposal = rv.guess([Fraction(1, 5) if n == 2 else Fraction(1, n + 1) for n in range(1, 31)])
    assert proposal.hankel_failure == 2
    assert "m_2 is the first that fails" in proposal.text()


def test_an_algebraic_series_of_no_measure() -> None:
    proposal = rv.guess([(-1) ** (n // 2) if n % 2 == 0 else 0 for n in range(1, 31)])  # 1/(1 + x^2)
    assert (proposal.found, proposal.hankel_failure, proposal.measure) == (True, 2, False)
    with pytest.raises(DerivationError, match="is not a law"):
        proposal.law()


def test_a_shifted_list_is_pointed_out() -> None:
    assert any("--from 0" in note for note in rv.guess([1, *CATALAN]).notes)
    assert not any("--from 0" in note for note in rv.guess(CATALAN).notes)
    assert not any("--from 0" in note for note in rv.guess([1, -1, *CATALAN]).notes)


def test_a_recurrence_that_leads_out_of_the_moments() -> None:
    """Those of the uniform law on [0, 1] less a mass of 10^-20 at 2, whose lack the first 22 do not show."""
    moments = [Fraction(1, n + 1) - Fraction(2**n, 10**20) for n in range(23)]
    proposal = rv.guess(moments, "recurrence", start=0)
    assert (proposal.found, proposal.hankel_failure) == (True, None)
    assert "no positive measure has the moments that follow by it: m_" in proposal.notes[0]


def test_the_continuation_of_a_short_list_is_tested() -> None:
    assert "the moments that follow by it, to m_40, exclude no measure either" in rv.guess(FISHER[:30]).notes
    assert not any("follow by it" in note for note in rv.guess(FISHER).notes)


def test_a_finite_measure() -> None:
    proposal = rv.guess([1] * 20)
    assert (proposal.hankel_failure, proposal.measure) == (None, True)
    assert equal(proposal.equation, (z - 1) * m + 1)


# -- laws ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "law",
    [
        rv.semicircle(),
        rv.marchenko_pastur("1/3"),
        rv.semicircle() + rv.marchenko_pastur("1/2"),
        rv.fuss_catalan(4),
        rv.atoms([0, 1, 5], ["1/2", "1/3", "1/6"]),
        rv.catalog.get("hessian").law(phi="1/2", eps=1, sigma=1),
    ],
    ids=str,
)
def test_the_derived_equation_is_found(law: rv.AlgebraicLaw) -> None:
    proposal = rv.guess(law)
    assert equal(proposal.equation, law.equation.expr)
    assert proposal.notes == (
        "the algebraic equation is the derived one (proved)",
        "the next 3 exact moments agree with it",
    )


def test_the_derived_differential_equation_is_found() -> None:
    law = rv.marchenko_pastur("1/2")
    proposal = rv.guess(law, "ode")
    assert proposal.equation == algebraic_ode(law.equation)
    assert proposal.notes[0] == "the differential equation is the one that elimination gives"


def test_a_shorter_recurrence_than_the_derived_one() -> None:
    note = rv.guess(rv.marchenko_pastur("1/2"), "recurrence").notes[0]
    assert note == (
        "the recurrence has order 2 and degree 1; the one that the derivation gives has order 3 and degree 2"
    )


def test_too_few_terms_for_the_derived_equation() -> None:
    law = rv.catalog.get("hessian").law(phi="1/2", eps=1, sigma=1)
    assert "has the shape (4, 3), so 20 unknowns" in rv.guess(law, "algebraic", terms=20).notes[0]


def test_a_given_equation_that_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is with the law's own equation, so a false one is told."""
    law = rv.semicircle()
    source = MomentSource.of_law(law)
    other = MomentSource(source.text, source.terms, 40, 40, rv.semicircle(2))
    assert rv.guess(other).notes[0] == "the algebraic equation is NOT the derived one (proved), 2*m**2 + m*z + 1 = 0"


def test_moments_that_go_on_otherwise() -> None:
    def terms(n: int) -> list[Any]:
        found = MomentSource.of_law(rv.semicircle()).terms(n)
        return [u + (k == 40) for k, u in enumerate(found)]

    proposal = rv.guess(MomentSource("forged", terms, 40, 40))
    assert proposal.notes == ("the next 3 exact moments do NOT agree with it",)


def test_a_tensor_law() -> None:
    """The moments of the linear Fisher law, from the catalog's derivation."""
    proposal = rv.guess(catalog.get("fisher-linear").law(c1=1, c2=1))
    assert proposal.equation == rv.guess(FISHER[:30]).equation
    assert proposal.notes == ("the next 3 exact moments agree with it",)


def test_a_holonomic_law() -> None:
    law = rv.law_of_moments([1, *FISHER[:40]])
    assert "the recurrence is the one that the derivation gives" in rv.guess(law, "recurrence").notes
    assert rv.guess(law, "ode", terms=60).notes[0].startswith("the differential equation ")
    assert rv.guess(rv.holonomic(rv.semicircle())).notes == ("the next 3 exact moments agree with it",)


def test_the_law_of_a_proposal() -> None:
    law = rv.guess(MOTZKIN).law()
    assert (law.evidence, law.moments(30)) == (rv.Evidence.GUESSED, MOTZKIN)


# -- cycle weights ---------------------------------------------------------------------------------------------


def test_cycle_weights_of_a_random_layer() -> None:
    eta, zeta = sympy.symbols("eta zeta", positive=True)
    w = (eta - zeta) * t + zeta * t / (1 - zeta * t)
    source = MomentSource.of_cycle_weights(w, {"eta": 1, "zeta": "1/2"}, phi="1/2", psi=1)
    expected = catalog.get("nonlinear-gram").law(phi="1/2", psi=1, eta=1, zeta="1/2").equation.expr
    proposal = rv.guess(source)
    assert equal(proposal.equation, expected)
    assert "the algebraic equation is the derived one (proved)" in proposal.notes


def test_cycle_weights_with_ratios_as_parameters() -> None:
    source = MomentSource.of_cycle_weights(t, {"phi": 2, "psi": 4})
    assert equal(rv.guess(source).equation, rv.marchenko_pastur("1/2").equation.expr)


@pytest.mark.parametrize(("ratios", "s"), [([1], 0), ([1, 1, 1], 2)])
def test_cycle_weights_of_other_numbers_of_colours(ratios: list[int], s: int) -> None:
    """One colour: the free cumulant 1 alone, a point mass; three: two Gaussian factors."""
    expected = rv.fuss_catalan(s).equation.expr if s else (z - 1) * m + 1
    assert equal(rv.guess(MomentSource.of_cycle_weights(t, ratios=ratios)).equation, expected)


def test_cycle_weights_of_no_law() -> None:
    proposal = rv.guess(MomentSource.of_cycle_weights(t - t**2, phi=1, psi=1))
    assert (proposal.found, proposal.hankel_failure) == (True, 3)
    assert proposal.notes[0].startswith("no law is derived from these weights")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"phi": 1, "psi": 1, "ratios": [1, 1]}, "not both"),
        ({"phi": 1, "psi": 1, "values": {"b": 1}}, "no parameter 'b'; their parameters: a"),
        ({"phi": 1, "psi": 1}, "every parameter needs a number here; give values for a"),
        ({"values": {"a": 2}}, "give values for phi, psi"),
        ({"phi": 1, "psi": 1, "values": {"a": sympy.Symbol("b")}}, "a needs a number here; got b"),
        ({"phi": 1, "psi": 1, "values": {"a": 1}}, "pole"),
        ({"phi": -1, "psi": 1, "values": {"a": 2}}, "positive"),
        ({"ratios": [1] * 13, "values": {"a": 2}}, "1 to 12 colours"),
    ],
)
def test_cycle_weights_that_cannot_be_used(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        MomentSource.of_cycle_weights(t / (sympy.Symbol("a") - 1), **arguments)


# -- refusals --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((CATALAN, "linear"), {}, "unknown kind 'linear'; known: auto, algebraic, recurrence, ode, all"),
        ((CATALAN,), {"start": 2}, "start must be 0 or 1"),
        ((CATALAN,), {"start": True}, "start must be 0 or 1"),
        ((CATALAN,), {"terms": 20}, "terms goes with laws"),
        ((CATALAN,), {"margin": 0}, "margin must be a positive integer"),
        (([],), {}, "give 1 to 2000 moments; got 0"),
        (([1] * 2001,), {}, "give 1 to 2000 moments; got 2001"),
        (("1, 2, 5",), {}, "give a law or a sequence"),
        ((7,), {}, "give a law or a sequence"),
        ((["x"] * 20,), {}, "not a rational number"),
        ((rv.semicircle(),), {"start": 0}, "start goes with a list"),
        ((rv.semicircle(),), {"terms": 0}, "number of terms must be from 1 to 2000"),
        ((rv.semicircle(),), {"terms": 2001}, "number of terms must be from 1 to 2000"),
        ((rv.semicircle(),), {"terms": 20.0}, "number of terms must be from 1 to 2000"),
        ((rv.semicircle(sympy.Symbol("v", positive=True)),), {}, "give values for v"),
        (((rv.semicircle() + 3) ** -1,), {}, "not rational numbers"),
    ],
)
def test_what_cannot_be_used(arguments: tuple[Any, ...], options: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        rv.guess(*arguments, **options)


def test_a_law_of_another_kind() -> None:
    with pytest.raises(ParameterError, match="has no exact moments here"):
        MomentSource.of_law("semicircle")  # type: ignore[arg-type]


def test_no_law_without_an_equation() -> None:
    with pytest.raises(DerivationError, match="no equation was found"):
        rv.guess(PRIMES).law()


def test_no_law_of_a_differential_equation() -> None:
    with pytest.raises(DerivationError, match="kind='recurrence'"):
        rv.guess(CATALAN, "ode").law()


def test_no_latex_without_an_equation() -> None:
    with pytest.raises(DerivationError, match="nothing to write in LaTeX"):
        rv.guess(PRIMES).latex()


@pytest.mark.parametrize("write", [to_text, to_json, to_latex])
def test_unknown_convention(write: Any) -> None:
    with pytest.raises(ParameterError, match="unknown convention 'resolvent'"):
        write(rv.guess(CATALAN), "resolvent")


def test_a_proposal_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        rv.guess(CATALAN).margin = 3  # type: ignore[misc]


# -- the report ------------------------------------------------------------------------------------------------


def test_latex_of_every_kind() -> None:
    assert rv.guess(CATALAN, "all").latex("cauchy").splitlines() == [
        "z G^{2} - z G + 1 = 0",
        r"\left(- 4 n - 2\right) m_{n} + \left(n + 2\right) m_{n+1} = 0",
        r"\left(2 z - 6\right) G' + \left(z^{2} - 4 z\right) G'' = 0",
    ]


def test_json_is_plain() -> None:
    found = json.loads(json.dumps(rv.guess(CATALAN, "all").to_json()))
    assert (found["found"], found["kind"], found["evidence"]) == (True, "algebraic", "guessed")
    assert found["equation"] == "m**2*z + m*z + 1 = 0"
    assert found["predicted"] == {f"m_{n}": str(comb(2 * n, n) // (n + 1)) for n in range(31, 34)}
    assert [f["shape"] for f in found["findings"]] == [[2, 1], [1, 1], [2, 2]]


def test_json_without_an_equation() -> None:
    found = rv.guess(PRIMES).to_json()
    assert (found["found"], found["equation"], found["evidence"]) == (False, None, None)
    assert all(f["tried"] and f["reason"] for f in found["findings"])


@pytest.mark.parametrize("moments", [CATALAN, FISHER, PRIMES, [10**300 * u for u in CATALAN], CATALAN[:3]])
def test_the_text_fits_80_columns(moments: list[int]) -> None:
    assert max(map(len, rv.guess(moments).text().splitlines())) <= 80


def test_long_numbers_are_shortened() -> None:
    assert short(sympy.Integer(12) ** 3) == "1728"
    assert short(sympy.Integer(10) ** 40) == "10000000...00000000 (41 digits)"


@pytest.mark.parametrize(
    ("moments", "kind", "shown"),
    [
        (
            CATALAN,
            "algebraic",
            "<Proposal: m**2*z + m*z + 1 = 0; guessed: 6 unknowns from 6 terms, ",
        ),
        (CATALAN, "recurrence", "<Proposal: (-4*n - 2)*u(n) + (n + 2)*u(n+1) = 0; guessed: "),
        (PRIMES, None, "<Proposal: no equation was found>"),
    ],
)
def test_at_the_prompt_stands_the_equation_of_the_transform(moments: list[Any], kind: Any, shown: str) -> None:
    assert repr(rv.guess(moments, kind=kind) if kind else rv.guess(moments)).startswith(shown)


def test_an_equation_of_the_generating_function_has_letters_of_its_own() -> None:
    assert repr(rv.guess_algebraic([1, *CATALAN])).startswith("<Guess: f**2*x - f + 1 = 0; ")
