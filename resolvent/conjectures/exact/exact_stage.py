"""The exact stage: is what is claimed a law at all, do its parts agree, and is it the law that the model derives?

All is exact or compared in ball arithmetic, except densities and means of functions, which are numerical to 1e-8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from flint import fmpq, fmpz_mpoly

from resolvent.catalog.conjectures.conjecture import (
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    Amount,
    Conjecture,
    Finding,
    Point,
    Status,
    point_text,
)
from resolvent.conjectures.exact.claimed_branch import ClaimedBranches, claimed_branches, claimed_factors, shown_number
from resolvent.conjectures.exact.model_laws import claimed_law, full_point, model_law
from resolvent.conjectures.exact.rounding import rounding_hint
from resolvent.derive.errors import NotCertified, ParameterError, PrecisionError, ResolventError
from resolvent.derive.exact.field import to_fmpq
from resolvent.derive.laws.algebraic_law import AlgebraicLaw
from resolvent.derive.laws.record import Law
from resolvent.derive.support.hankel import first_hankel_failure
from resolvent.language.formulas import formula_of

STAGE = "exact"
_COUNTS = (8, 24, 64, 256, 1024)  # of moments that are compared; of laws without a polynomial equation the first two

_ROUNDING = 1e-13


@dataclass(frozen=True)
class Reference:
    """The law that the parts of a claim are compared with at one point.

    Attributes:
        law: it, or None where neither the claim nor the model gives one.
        claimed: whether the claim itself gives it.
        derived: the model's law, where it has one.
    """

    law: Law | None
    claimed: bool
    derived: Law | None

    @property
    def rests_on_assumptions(self) -> bool:
        """Whether the law is the model's, derived from assumptions."""
        return not self.claimed and self.derived is not None and bool(self.derived.derivation.assumptions)


def exact_findings(conjecture: Conjecture, point: Point) -> tuple[list[Finding], Reference]:
    """All that the exact stage finds at one point, and the law that statistics are to be compared with.

    Raises `ParseError` with the line for a model or a claimed expression that has no law at this point, and
    `PrecisionError` for a number that matrices are to be compared with and that cannot be computed.
    """
    stage = _stage(conjecture, point)
    law, derived = stage.law(), stage.derived
    stage.compare_with_model(law)
    reference = derived if derived is not None else law
    stage.moments(law)
    stage.real_numbers(reference)
    if reference is not None and not stage.is_refuted and stage.needs_spectrum:
        stage.numbers(reference)
    return stage.findings, Reference(law or derived, law is not None, derived)


def reference_law(conjecture: Conjecture, point: Point) -> Reference:
    """The second part of `exact_findings`, without the work of the first; raises `ParseError` as that does."""
    stage = _stage(conjecture, point)
    law = stage.law()
    return Reference(law or stage.derived, law is not None, stage.derived)


def _stage(conjecture: Conjecture, point: Point) -> _Stage:
    return _Stage(conjecture, point, full_point(conjecture, point), model_law(conjecture.model, point))


class _Stage:
    """The findings at one point, in the order in which they are made."""

    def __init__(self, conjecture: Conjecture, point: Point, values: Point, derived: Law | None) -> None:
        self.claim = conjecture.claim
        self.model = conjecture.model
        self.point = point
        self.values = values
        self.derived = derived
        self.findings: list[Finding] = []

    @property
    def is_refuted(self) -> bool:
        return any(f.status == REFUTED for f in self.findings)

    @property
    def agreement(self) -> Status | None:
        """What it says of the conjecture that parts of the claim agree: nothing, where the model is not derived."""
        return SUPPORTED if self.model is None or self.derived is not None else None

    @property
    def needs_spectrum(self) -> bool:
        claim = self.claim
        return any(part is not None for part in (claim.density, claim.edges, claim.atoms, claim.means))

    def add(self, subject: str, status: Status | None, text: str, evidence: str = "") -> None:
        if status == SUPPORTED and self.agreement is None:
            status = None
        line = self.claim.lines.get(subject) or (self.model.line if subject == "model" and self.model else None)
        self.findings.append(Finding(STAGE, subject, status, text, evidence, point_text(self.point), line))

    # -- which law is claimed ------------------------------------------------------------------------------

    def law(self) -> Law | None:
        """The law that is claimed, None where the claim gives none or it is refuted."""
        given = claimed_law(self.claim.law, self.values) if self.claim.law is not None else None
        if given is not None:
            self.add("law", None, f"the claimed law is derived: {_degree(given)}", "proved")
        if self.claim.equation is None:
            self._is_lawful("law", given)
            return given
        try:
            factors = claimed_factors(self.claim.equation, self.values)
            self._irreducibility(factors)
            found = self._branch(factors)
        except ParameterError as error:
            self.add("equation", REFUTED, str(error), "proved")
            return given
        except ResolventError as error:
            self.add("equation", UNDECIDED, str(error))
            return given
        self._is_lawful("equation", found)
        if found is not None and given is not None:
            self._same("law", given, found, "the claimed law", "the claimed equation")
        return found if found is not None else given

    def _is_lawful(self, subject: str, law: Law | None) -> None:
        """Without a model the question is whether the claim is a law."""
        if self.model is None and law is not None:
            self.add(subject, SUPPORTED, f"the {subject} is that of a probability measure", "proved")

    def _irreducibility(self, factors: Sequence[fmpz_mpoly]) -> None:
        degrees = [f.degrees()[1] for f in factors]
        if len(degrees) == 1:
            self.add("equation", None, f"the equation is irreducible, of degree {degrees[0]} in m", "proved")
        else:
            listed = ", ".join(map(str, degrees))
            self.add("equation", None, f"the equation splits into factors of degree {listed} in m", "proved")

    def _branch(self, factors: Sequence[fmpz_mpoly]) -> Law | None:
        """The law that the equation stands for: the model's, where this satisfies it; otherwise one of its branches."""
        derived = self.derived if self.derived is not None and self.derived.has_equation else None
        # It is a minimal polynomial: a factor of all others that the law satisfies, and irreducible itself.
        is_satisfied = derived is not None and derived.equation.polynomial in factors
        claimed = self._leading_moments()
        if is_satisfied and _agree(_terms(derived, len(claimed) + 1)[1:], claimed):
            return derived
        branches = claimed_branches(factors)
        if not branches.laws and not branches.open:
            why = "; ".join(branches.failures)
            self.add("equation", REFUTED, f"no branch of the equation is a probability measure: {why}", "proved")
            return None
        law = self._chosen(branches)
        if law is not None:
            moments = _shown(_terms(law, 4)[1:])
            text = f"its branch with moments {moments}, ... belongs to a probability measure"
            self.add("equation", None, text, "proved")
            for failure in branches.failures:
                self.add("equation", None, f"of its other branches: {failure}", "proved")
        elif derived is not None and not is_satisfied and not self.is_rounded:
            text = "the model's law does not satisfy the equation; its own has degree"
            self.add("equation", REFUTED, f"{text} {derived.equation.degree} in m", "proved")
        return law

    def _chosen(self, branches: ClaimedBranches) -> AlgebraicLaw | None:
        """The law that is meant: told by the claimed moments, by the model's, or the only one."""
        claimed, target = self._leading_moments(), None
        if not claimed and self.derived is not None and not self.derived.has_equation:
            target = _terms(self.derived, 12)[1:]  # such a law satisfies an equation through one of its branches
        wanted = claimed or target or []
        carriers = [c for c in branches.candidates if _agree(c.moments[1:], wanted)]
        laws = [c.law for c in carriers if c.law is not None]
        if len(laws) == 1 and (claimed or not branches.open):
            return laws[0]
        if len(laws) > 1:
            text = f"{len(laws)} branches of the equation are probability measures; give moments that tell which is"
            self.add("equation", UNDECIDED, f"{text} meant", "proved")
        elif branches.open:
            self.add("equation", UNDECIDED, f"of the equation's branches some are not examined: {branches.open}")
        elif len(branches.laws) == 1:  # another has the wanted moments, and is no law; or none has them
            if claimed and carriers:
                text = f"the branch of the equation that has the claimed moments is no law: {carriers[0].reason}"
                self.add("moments", REFUTED, text, "proved")
                return None
            return branches.laws[0]
        else:
            whose = "claimed" if claimed else "model's"
            self.add("equation", REFUTED, f"no branch of the equation is a law with the {whose} moments", "proved")
        return None

    def _leading_moments(self) -> list[fmpq]:
        """The claimed moments up to the first that is irrational."""
        found = []
        for amount in self.claim.moments or ():
            value = amount.rational(self.values)
            if value is None:
                break
            found.append(fmpq(value.numerator, value.denominator))
        return found

    # -- the claim against the model -----------------------------------------------------------------------

    def compare_with_model(self, law: Law | None) -> None:
        """Is the claimed law the derived one?"""
        if self.derived is None:
            if self.model is not None:
                self.add("model", None, "no route of derivation is known for this model; statistics decide")
            return
        rests = [step.text for step in self.derived.derivation.assumptions]
        if rests:
            self.add("model", None, f"the derivation of the model's law assumes: {'; '.join(rests)}", "assumed")
        if law is not None:
            subject = "equation" if self.claim.equation is not None else "law"
            self._same(subject, law, self.derived, "the claim", "the model")

    def _same(self, subject: str, a: Law, b: Law, first: str, second: str) -> None:
        """Compare two laws, and say at which moment they part."""
        both = a.has_equation and b.has_equation
        if both and a.equation == b.equation:
            text = f"{first} and {second} have the same equation and the same branch"
            self.add(subject, SUPPORTED, text, "proved")
            return
        counts = _COUNTS if both and not self.is_rounded else _COUNTS[:2]
        for count in counts:
            x, y = _terms(a, count + 1), _terms(b, count + 1)
            k = next((k for k in range(count + 1) if x[k] != y[k] and not self._is_rounding(x[k], y[k])), None)
            if k is not None:
                both_values = f"{first} gives {shown_number(x[k])}, {second} gives {shown_number(y[k])}"
                self.add(subject, REFUTED, f"the first moment that differs is m_{k}: {both_values}", "proved")
                return
        text = f"{first} and {second} agree in {counts[-1]} moments; that they are equal is not proved"
        self.add(subject, UNDECIDED, text)

    @property
    def is_rounded(self) -> bool:
        """Whether the model's law rests on constants of an activation that were rounded."""
        return self.derived is not None and self.derived.derivation.digits is not None

    def _is_rounding(self, a: Any, b: Any) -> bool:
        return self.is_rounded and abs(float(a) - float(b)) <= _ROUNDING * abs(float(b))

    # -- moments -------------------------------------------------------------------------------------------

    def moments(self, claimed: Law | None) -> None:
        """The claimed moments against the claimed law's, and the model's; alone, whether any measure has them."""
        if not self.claim.moments:
            return
        if claimed is None and self.derived is None:
            self._moments_alone()
            return
        if claimed is not None and self.derived is not None and not self.is_refuted:
            claimed = None  # it is the model's law
        for law, name in ((claimed, "the claimed law"), (self.derived, "the model")):
            if law is None:
                continue
            exact = _terms(law, len(self.claim.moments) + 1)[1:]
            evidence = "proved"
            for k, (amount, value) in enumerate(zip(self.claim.moments, exact, strict=True), 1):
                status, shown = self._equal(amount, value)
                if status == REFUTED and name == "the model" and self._is_rounding(amount.ball(self.values), value):
                    evidence = "numerical"
                elif status != SUPPORTED:
                    self._moment_differs(k, status, shown, name, value, amount)
                    return
            count = len(self.claim.moments)
            digits = "" if evidence == "proved" else ", to the digits to which its constants are known"
            self.add("moments", SUPPORTED, f"the {count} claimed moments are those of {name}{digits}", evidence)

    def _moments_alone(self) -> None:
        """Moments that no law is known for must at least be those of some positive measure."""
        failure = first_hankel_failure([fmpq(1), *self._leading_moments()])
        if failure is not None:
            text = f"no probability measure has these moments: m_{failure} contradicts those before (Hankel)"
            self.add("moments", REFUTED, text, "proved")

    def _moment_differs(self, k: int, status: Status, shown: str, name: str, value: Any, amount: Amount) -> None:
        if status == REFUTED:
            text = f"the first moment that differs is m_{k}: {shown} is claimed, {name} has {shown_number(value)}"
            text += rounding_hint(self.values, (amount, value))
            self.add("moments", REFUTED, text, "proved")
        else:
            self.add("moments", status, f"m_{k} is claimed to be {shown}; whether it is {shown_number(value)} is open")

    def _equal(self, amount: Amount, value: Any) -> tuple[Status, str]:
        """Whether a claimed number is the exact one, and the claimed one in words."""
        exact = amount.rational(self.values)
        if exact is not None:
            pair = exact.numerator, exact.denominator
            shown = amount.text if amount.text == str(exact) else f"{amount.text} = {shown_number(fmpq(*pair))}"
            return (SUPPORTED if fmpq(*pair) == value else REFUTED), shown
        if not amount.is_real(self.values):
            return REFUTED, f"{amount.text}, which has no real value here"
        shown = f"{amount.text} = {amount.ball(self.values).str(12, radius=False)}"
        known = value if isinstance(value, fmpq) else formula_of(value)
        same = None if known is None else amount.equals(known, self.values)
        if same is None:
            return UNDECIDED, shown
        return (SUPPORTED if same else REFUTED), shown

    def real_numbers(self, reference: Law | None) -> None:
        """Claimed numbers that are compared with matrices alone have to be real; others are compared elsewhere."""
        claim = self.claim
        parts: dict[str, list[Amount]] = {"outliers": [*(claim.outliers or ())]}
        if reference is None:
            parts["moments"] = [*(claim.moments or ())]
            parts["means"] = [mean.value for mean in claim.means or ()]
            parts["atoms"] = [amount for atom in claim.atoms or () for amount in (atom.place, atom.weight)]
        for subject, amounts in parts.items():
            for amount in amounts:
                if not amount.is_real(self.values):
                    self.add(subject, REFUTED, f"{amount.text} has no real value here", "proved")
                elif not amount.ball(self.values).is_finite():
                    raise PrecisionError(f"line {amount.line}, claim.{subject}: {amount.text} cannot be computed here")

    # -- numbers of a spectrum -----------------------------------------------------------------------------

    def numbers(self, law: Law) -> None:
        """Edges, atoms, density and means against the spectrum of the reference law."""
        from resolvent.conjectures.exact.spectrum_claims import (
            atom_finding,
            density_finding,
            edge_finding,
            mean_findings,
        )
        from resolvent.numeric.spectrum.spectrum import Spectrum

        try:
            spectrum = Spectrum(law)
        except (NotCertified, ResolventError) as error:
            self.add("model", UNDECIDED, f"the spectrum cannot be computed: {error}")
            return
        claim, values = self.claim, self.values
        if claim.edges is not None:
            self.add("edges", *edge_finding(claim.edges, spectrum, values))
        if claim.atoms is not None:
            self.add("atoms", *atom_finding(claim.atoms, spectrum, values))
        if claim.density is not None:
            self.add("density", *density_finding(claim.density, spectrum, values))
        for found in mean_findings(claim.means or (), spectrum, values):
            self.add("means", *found)


def _degree(law: Law) -> str:
    return f"its equation has degree {law.equation.degree} in m" if law.has_equation else f"a {law.kind}"


def _terms(law: Any, count: int) -> list[Any]:
    """m_0, ..., m_(count-1)."""
    return [fmpq(1), *(to_fmpq(v) if isinstance(v, sympy.Rational) else v for v in law.moments(count - 1))]


def _agree(moments: Sequence[fmpq], wanted: Sequence[Any]) -> bool:
    """Whether the moments that both lists hold are equal."""
    return all(a == b for a, b in zip(moments, wanted, strict=False))


def _shown(values: list[Any]) -> str:
    return ", ".join(shown_number(v) for v in values)


def unexamined(conjecture: Conjecture, findings: Sequence[Finding]) -> list[Finding]:
    """The parts of the claim about which nothing was found: what was not looked at is not supported."""
    seen = {f.subject for f in findings}
    text = "nothing was found out about it"
    lines = conjecture.claim.lines
    return [
        Finding(STAGE, part, UNDECIDED, text, line=lines.get(part))
        for part in conjecture.claim.made
        if part not in seen
    ]


__all__ = ["STAGE", "Reference", "exact_findings", "reference_law", "unexamined"]
