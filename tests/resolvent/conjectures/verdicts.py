"""Verdicts of all kinds for the tests of reports, made once; eigenvalues are sampled by a plain loop."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np

from resolvent import catalog
from resolvent.catalog.conjectures.conjecture import Finding
from resolvent.conjectures.check import check_conjecture
from resolvent.conjectures.exact.exact_stage import exact_findings
from resolvent.conjectures.exact.measured_law import measured_law
from resolvent.conjectures.exact.model_laws import full_point
from resolvent.conjectures.file.reader import conjecture_of
from resolvent.conjectures.statistics.statistical_stage import PointStatistics, examine
from resolvent.conjectures.verdict import Verdict

SUPPORTED = """
title = "Marchenko–Pastur at two ratios"
assumptions = ["independent entries"]
references = ["Marchenko, Pastur 1967"]
notes = ["the ratio is rows over columns"]
model.ensemble = "marchenko-pastur"
parameters = [{c = "1/2"}, {c = 2}]
[claim]
equation = "c*z*m**2 + (z - 1 + c)*m + 1 = 0"
moments = [1, "1 + c"]
"""
REFUTED = """
title = "Ein Fehler in der Summe, λ₁ 中文 é ħ"
model.expression = "semicircle() + marchenko_pastur(c)"
parameters = [{c = "1/2"}, {c = "1/3"}]
expected = "supported"
because = "I hope so"
[claim]
convention = "cauchy"
equation = "-c*G**3 + (c*z + 1)*G**2 - (z + 2*c - 1)*G + 1 = 0"
moments = [1, "2 + c"]
edges = []
atoms = [{at = "-sqrt(2)", weight = "1/10"}]
means = [{of = "log(1 + x**2)", value = "-1"}]
outliers = ["3*c"]
"""
UNDECIDED = """
title = "Two branches"
claim.equation = "(m**2 + z*m + 1)*(2*m**2 + z*m + 1) = 0"
"""
NO_LAW = """
title = "Moments of matrices that nobody has a law for"
model.function = "my_samplers:matrix"
claim.moments = [1, "3/2"]
claim.means = [{of = "exp(-x)", value = "1/2"}]
"""
DENSITY = """
title = "A density that is another"
model.ensemble = "semicircle"
claim.density = "3/32*(4 - x**2)"
claim.intervals = [["-2", "2"]]
"""
TENSOR = """
title = "A tensor law"
model.ensemble = "fisher"
parameters = {eta = 1, eta_prime = 3, zeta = "1/2"}
claim.moments = [2]
"""
ALL = {
    "supported": SUPPORTED, "refuted": REFUTED, "undecided": UNDECIDED, "no law": NO_LAW, "density": DENSITY,
    "tensor": TENSOR,
}  # fmt: skip
EVIL = "<script>alert('x')</script> \" onload='y' & <img src=http://e.org/x> \\end{document} $x_1^2$ # ~ % {"


@cache
def exact(name: str) -> Verdict:
    """The verdict of the exact stage alone."""
    return check_conjecture(conjecture_of(ALL[name], f"{name}_file"), exact_only=True)


@cache
def sampled(scale: float = 1.0) -> Verdict:
    """The supported one with matrices, which are scaled by some factor."""
    verdict = exact("supported")
    entry = catalog.get("marchenko-pastur")
    statistics = []
    for k, point in enumerate(verdict.conjecture.points):
        rng = np.random.default_rng(k)
        law = measured_law(verdict.conjecture, point, exact_findings(verdict.conjecture, point)[1].law)
        draws = {
            n: [scale * np.linalg.eigvalsh(entry.sample(n, rng, c=str(point["c"]))) for _ in range(12)]
            for n in (40, 80)
        }
        values = full_point(verdict.conjecture, point)
        found = examine(verdict.conjecture, k, law, values, draws, 1.0, {}, True)
        assert found is not None
        statistics.append(found)
    return with_statistics(verdict, statistics)


@cache
def sampled_without_law() -> Verdict:
    """Matrices of a model that has no law: only moments and a mean are compared."""
    verdict = exact("no law")
    entry = catalog.get("marchenko-pastur")
    rng = np.random.default_rng(5)
    draws = {n: [np.linalg.eigvalsh(entry.sample(n, rng, c=Fraction(1, 2))) for _ in range(12)] for n in (40, 80)}
    found = examine(verdict.conjecture, 0, None, {}, draws, 1.0, {}, True)
    assert found is not None
    return with_statistics(verdict, [found])


def with_statistics(verdict: Verdict, statistics: list[PointStatistics]) -> Verdict:
    """The verdict with these, and what they say."""
    return Verdict(
        verdict.conjecture, (*verdict.findings, *(f for s in statistics for f in s.findings)), (*statistics,)
    )


def not_finite() -> Verdict:
    """Statistics with numbers that are none, and outliers that were predicted."""
    first, second = sampled().statistics
    test = replace(
        first.test,
        expected=np.array([np.inf, -1e300, np.nan, 0.0, -0.0, 1e7]),
        errors=np.array([0.0, 1.0, 1.0, np.nan, np.inf, 1e-300]),
        p_value=float("nan"),
    )
    predicted = ((3.5, "a spike", np.array([3.4, 3.6])), (9.0, EVIL, np.array([])))
    broken = replace(first, test=test, dilation=float("inf"), shift=float("nan"), predicted=predicted)
    return with_statistics(exact("supported"), [replace(broken, outside=(np.array([]), np.array([3.0]))), second])


def evil() -> Verdict:
    """A verdict with markup wherever text can stand."""
    verdict = sampled()
    conjecture = verdict.conjecture
    assert conjecture.model is not None
    claim = conjecture.claim
    assert claim.equation is not None
    assert claim.moments is not None
    amount = replace(claim.moments[0], text=EVIL)
    other = conjecture_of(REFUTED).claim
    dense = conjecture_of(DENSITY).claim
    assert other.atoms is not None
    assert other.means is not None
    assert dense.density is not None
    claim = replace(
        claim,
        equation=replace(claim.equation, text=EVIL),
        density=replace(dense.density, text=EVIL, intervals=((amount, amount),)),
        moments=(amount,),
        edges=(amount,),
        outliers=(amount,),
        atoms=(replace(other.atoms[0], place=amount, weight=amount),),
        means=(replace(other.means[0], text=EVIL, value=amount),),
    )
    conjecture = replace(
        conjecture,
        name=EVIL,
        title=EVIL,
        model=replace(conjecture.model, text=EVIL, sampler=EVIL, options={EVIL: EVIL}),
        claim=claim,
        points=({EVIL: Fraction(1, 2)}, {EVIL: Fraction(2)}),
        assumptions=(EVIL,),
        references=(EVIL, EVIL),
        notes=(EVIL,),
        expected=("refuted", EVIL),
        source=f"{EVIL}\n{EVIL * 3}\n",
    )
    statistics = tuple(
        replace(s, point=f"{EVIL} = {v}", test=replace(s.test, names=(EVIL,) * len(s.test.names)))
        for s, v in zip(verdict.statistics, ("1/2", "2"), strict=True)
    )
    findings = tuple(
        Finding(stage, EVIL, status, EVIL, EVIL, EVIL, 1)
        for stage in ("exact", "statistics")
        for status in ("undecided", None)
    )
    return Verdict(conjecture, findings, statistics)  # type: ignore[arg-type]
