"""What matrices are compared with: the spectrum of a law, or a claimed density alone, which is examined here."""

from __future__ import annotations

import math
from typing import Any

from resolvent.catalog.conjectures.conjecture import (
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    Conjecture,
    Finding,
    Point,
    point_text,
    rationals,
)
from resolvent.conjectures.exact.model_laws import full_point
from resolvent.conjectures.exact.refinement import refinement
from resolvent.derive.errors import ParameterError, ResolventError
from resolvent.numeric.spectrum import Spectrum
from resolvent.numeric.spectrum.formula_measure import FormulaMeasure


def measured_law(conjecture: Conjecture, point: Point, law: Any) -> Any:
    """What matrices are compared with at a point: the spectrum of the law, else the claimed density; None without one.

    Raises what the spectrum raises, and `ParameterError` for a density that is negative or not finite.
    """
    claim = conjecture.claim
    if law is not None:
        return Spectrum(law)
    if claim.density is None:
        return None
    values = full_point(conjecture, point)
    formula = claim.density.formula
    intervals = sorted((float(a.ball(values)), float(b.ball(values))) for a, b in claim.density.intervals)
    atoms = [(float(a.place.ball(values)), float(a.weight.ball(values))) for a in claim.atoms or ()]
    breaks = [x for a, b in intervals if a < b for x in refinement(formula, rationals(values), a, b).points]
    return Spectrum.of_measure(FormulaMeasure(formula.of_x(values), intervals, atoms, breaks))


def law_findings(conjecture: Conjecture, point: Point, reference: Any) -> list[Finding]:
    """Whether there is something to compare with; of a density that stands alone also its mass and its moments."""
    try:
        law = measured_law(conjecture, point, reference)
    except ResolventError as error:
        return [_failure(conjecture, point, error)]
    return [] if reference is not None else _density_findings(conjecture, point, law)


def _failure(conjecture: Conjecture, point: Point, error: ResolventError) -> Finding:
    claim = conjecture.claim
    is_density = claim.density is not None and claim.equation is None and claim.law is None
    status = REFUTED if is_density and isinstance(error, ParameterError) else UNDECIDED
    line = claim.density.line if claim.density is not None else None
    return Finding(
        "exact", "density" if is_density else "model", status, str(error), "numerical", point_text(point), line
    )


def _density_findings(conjecture: Conjecture, point: Point, law: Any) -> list[Finding]:
    """Of a claimed density that stands alone: its mass, and the claimed moments."""
    claim = conjecture.claim
    if claim.density is None:
        return []
    found = []
    where, line = point_text(point), claim.density.line
    if not math.isfinite(law.certificate.mass):
        return [
            Finding("exact", "atoms", UNDECIDED, "the atoms have no value here", "", where, claim.lines.get("atoms"))
        ]
    if abs(law.certificate.mass - 1) > 1e-7:
        text = f"the total mass of density and atoms is {law.certificate.mass:.10g}, not 1"
        return [Finding("exact", "density", REFUTED, text, "numerical", where, line)]
    status = SUPPORTED if conjecture.model is None else None  # without a model the question is whether it is a law
    values = full_point(conjecture, point)
    for atom in claim.atoms or ():
        if float(atom.weight.ball(values)) < 0:
            text = f"the weight of the atom at {atom.place.text}, {atom.weight.text}, is negative"
            return [Finding("exact", "atoms", REFUTED, text, "numerical", where, claim.lines.get("atoms"))]
    text = "the density is positive, of total mass 1"
    found.append(Finding("exact", "density", status, text, "numerical", where, line))
    if claim.atoms is not None:
        text = f"the law of the claimed density has {len(claim.atoms) or 'no'} atoms"
        found.append(Finding("exact", "atoms", status, text, "numerical", where, claim.lines.get("atoms")))
    unit = max(map(abs, law.support())) or 1.0  # integrals have absolute errors
    for k, amount in enumerate(claim.moments or (), 1):
        wanted = float(amount.ball(values))
        value = law.expect(lambda x, k=k: (x / unit) ** k) * unit**k
        size = law.expect(lambda x, k=k: abs(x / unit) ** k) * unit**k
        if not abs(value - wanted) <= 1e-7 * max(size, abs(wanted)):
            text = f"m_{k} is claimed to be {wanted:.10g}; the claimed density has {value:.10g}"
            return [*found, Finding("exact", "moments", REFUTED, text, "numerical", where, claim.lines.get("moments"))]
    if claim.moments:
        text = f"the {len(claim.moments)} claimed moments are those of the claimed density"
        found.append(Finding("exact", "moments", status, text, "numerical", where, claim.lines.get("moments")))
    return found
