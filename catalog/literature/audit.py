"""The audit: every entry derived again, every step and stated fact checked at every case, and a sampled spectrum."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from resolvent.catalog.registry import get, names
from resolvent.catalog.schema.ensemble import Ensemble
from resolvent.catalog.schema.facts import AtomAt, CauchyEquation, Fact, FreeCumulant, Moment
from resolvent.derive.border import checked
from resolvent.derive.errors import ResolventError
from resolvent.derive.tensor.atoms import parts_of
from resolvent.derive.tensor.tensor_law import TensorLaw
from resolvent.numeric.matrices.ensembles import symmetric_eigenvalues
from resolvent.numeric.spectrum.spectrum import Spectrum

_SIZE, _WIDTH = 240, 12  # rows of a sampled matrix; the second where it has size^2 rows
_SHARE = 0.08  # of sqrt(m_2k): what a moment of one matrix may be off
_SEED = 20260058


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    Attributes:
        what: "derivation", "facts" or "sample".
        case: the parameters; the symbolic law without any.
        holds: whether it does.
        detail: what was compared, or what went wrong.
        seconds: how long it took.
    """

    what: str
    case: Mapping[str, Any]
    holds: bool
    detail: str
    seconds: float


@checked
@dataclass(frozen=True)
class EntryAudit:
    """What the audit of one entry found."""

    slug: str
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether everything does."""
        return all(f.holds for f in self.findings)

    @property
    def seconds(self) -> float:
        """How long it took."""
        return sum(f.seconds for f in self.findings)

    def text(self) -> str:
        """One line, and one more for each thing that fails."""
        counts = {
            what: [f.holds for f in self.findings if f.what == what] for what in ("derivation", "facts", "sample")
        }
        shown = ", ".join(f"{what} {sum(held)}/{len(held)}" for what, held in counts.items() if held)
        lines = [f"{self.slug:22} {'holds' if self.holds else 'FAILS'}  {shown}  ({self.seconds:.1f} s)"]
        return "\n".join(lines + [f"  {f.what} at {dict(f.case)}: {f.detail}" for f in self.findings if not f.holds])

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "slug": self.slug,
            "holds": self.holds,
            "seconds": round(self.seconds, 3),
            "findings": [
                {"what": f.what, "case": {n: str(v) for n, v in f.case.items()}, "holds": f.holds, "detail": f.detail}
                for f in self.findings
            ],
        }


@checked
def audit_entry(slug: str) -> EntryAudit:
    """Derive an entry's law again, check its steps and facts, and sample a matrix.

    >>> audit_entry("semicircle").holds
    True

    Raises `ParameterError` for a slug that does not exist.
    """
    entry = get(slug)
    return EntryAudit(slug, tuple(_findings(entry)))


def audit() -> Iterator[EntryAudit]:
    """The audit of every entry of the catalog, one after the other."""
    for slug in names():
        yield audit_entry(slug)


def _findings(entry: Ensemble) -> Iterator[Finding]:
    yield _timed("derivation", entry, {}, _derivation)
    for case in entry.cases:
        for what, check in (("derivation", _derivation), ("facts", _facts), ("sample", _sample)):
            yield _timed(what, entry, case, check)


def _timed(
    what: str,
    entry: Ensemble,
    case: Mapping[str, Any],
    check: Callable[[Ensemble, Mapping[str, Any]], tuple[bool, str]],
) -> Finding:
    start = time.perf_counter()
    try:
        holds, detail = check(entry, case)
    except ResolventError as error:
        holds, detail = False, f"{type(error).__name__}: {error}"
    return Finding(what, case, holds, detail, time.perf_counter() - start)


def _derivation(entry: Ensemble, case: Mapping[str, Any]) -> tuple[bool, str]:
    derivation = entry.law(**case).derivation
    return derivation.check(), f"{len(derivation.steps)} steps, {derivation.evidence_in_words}"


def _facts(entry: Ensemble, case: Mapping[str, Any]) -> tuple[bool, str]:
    law, values = entry.law(**case), entry.numbers(case)
    images = {entry.symbols[name]: value for name, value in values.items() if name in entry.symbols}
    wrong, count = [], 0
    for fact in entry.known:
        held = _holds(fact.at(images), law)
        count += held is not None
        wrong += [type(fact).__name__] if held is False else []
    return not wrong, f"{count} facts" if not wrong else f"not as stated: {', '.join(wrong)}"


def _holds(fact: Fact, law: Any) -> bool | None:
    """Whether a fact at numbers holds; None for the kinds that only the tests check."""
    if isinstance(fact, Moment):
        return _same(law.moments(fact.k)[-1], fact.value)
    if isinstance(fact, FreeCumulant):
        return _same(law.free_cumulants(fact.k)[-1], fact.value)
    if isinstance(fact, CauchyEquation) and law.has_equation:
        z, cauchy = fact.variables
        derived = law.equation.expr.xreplace({sympy.Symbol("m"): -cauchy, sympy.Symbol("z"): z})
        return bool(sympy.rem(sympy.Poly(fact.value, cauchy), sympy.Poly(derived, cauchy)).is_zero)
    if isinstance(fact, AtomAt):
        return _atom(fact, law)
    return None


def _atom(fact: AtomAt, law: Any) -> bool:
    atoms = parts_of(law).atoms if isinstance(law, TensorLaw) else [(a.point, a.weight) for a in Spectrum(law).atoms]
    found = [float(weight) for point, weight in atoms if math.isclose(float(point), float(fact.point), abs_tol=1e-9)]
    return math.isclose(sum(found), float(fact.weight), abs_tol=1e-9)


def _same(derived: Any, stated: Any) -> bool:
    return bool(abs(sympy.N(derived - stated, 30)) <= 1e-9 * max(1.0, abs(float(stated))))


def _sample(entry: Ensemble, case: Mapping[str, Any]) -> tuple[bool, str]:
    chosen = entry.faithful_sampler
    assert chosen is not None, f"no sampler of {entry.slug} follows its law"
    size = _WIDTH if chosen.rows else _SIZE
    size += -size % chosen.multiple_of
    values = symmetric_eigenvalues(entry.sample(size, _SEED, sampler=chosen.name, **case))
    predicted = entry.outliers(size, sampler=chosen.name, **case)
    if predicted:
        values = np.sort(values)[: -len(predicted)]
    exact = [float(m) for m in entry.law(**case).moments(4)]
    share = _SHARE if not chosen.rows else 3 / _WIDTH
    gaps = [abs(float(np.mean(values**k)) - exact[k - 1]) / math.sqrt(exact[2 * k - 1]) for k in (1, 2)]
    return max(gaps) <= share, f"two moments of {len(values)} eigenvalues within {max(gaps):.3f}"
