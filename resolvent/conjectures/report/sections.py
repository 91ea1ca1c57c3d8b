"""What is said of a verdict, section by section, for reports on the terminal, as web pages and as LaTeX."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import flint
import numpy as np
import sympy

from resolvent.catalog.conjectures.conjecture import (
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    Amount,
    Conjecture,
    EquationClaim,
    Finding,
    point_text,
)
from resolvent.conjectures.report.derivation_section import model_steps
from resolvent.conjectures.report.outcome import Outcome
from resolvent.conjectures.statistics.statistical_stage import PointStatistics
from resolvent.derive.derivation.document import Formula
from resolvent.derive.derivation.latex import formula_lines
from resolvent.derive.errors import ResolventError
from resolvent.derive.exact.deadline import within
from resolvent.numeric.density.chebyshev_piece import Array
from resolvent.version import __version__
from resolvent.writing.blocks import (
    Block,
    Display,
    Entries,
    Entry,
    Heading,
    Items,
    Listing,
    Picture,
    Section,
    Steps,
    Table,
    Words,
    findings_blocks,
)
from resolvent.writing.law_report import convention_prose

MARKS = {SUPPORTED: "+", REFUTED: "x", UNDECIDED: "?", None: " "}
STAGES = ("exact", "statistics")
ALL_PARAMETERS = "all parameters"
_EQUATION_SECONDS = 10.0  # an equation may be a product that takes long to expand
Pictures = Mapping[str, Sequence[Picture]]


# -- sentences ---------------------------------------------------------------------------------------------


def groups(findings: Iterable[Finding]) -> list[tuple[str, tuple[Finding, ...]]]:
    """Findings that follow each other at one point, each group with its heading; "" where none is needed."""
    found = []
    for point, group in groupby(findings, key=lambda f: f.point):
        heading = "" if not point else ALL_PARAMETERS if point == ALL_PARAMETERS else f"at {point}"
        found.append((heading, tuple(group)))
    return found


def first_wrong_words(verdict: Outcome) -> str:
    """The first thing that is wrong, or open, with its line; "" where the conjecture is supported."""
    wrong = verdict.first_wrong
    if wrong is None:
        return "" if verdict.verdict == SUPPORTED else "nothing was found that decides; sampled matrices may"
    where = f" (line {wrong.line})" if wrong.line else ""
    return f"first thing {'wrong' if wrong.status == REFUTED else 'open'}{where}: {wrong.subject}: {wrong.text}"


def unexpected_words(verdict: Outcome) -> str:
    """That the verdict is not what the file expects; "" where it is, or the file says nothing."""
    if verdict.is_expected is not False:
        return ""
    return f"this is not what the file expects: {' because '.join(filter(None, verdict.conjecture.expected or ()))}"


def sampled_words(statistics: PointStatistics) -> str:
    """What was sampled at a point."""
    where = f" at {statistics.point}" if statistics.point else ""
    return f"{statistics.trials} matrices of each of the sizes {', '.join(map(str, statistics.sizes))}{where}"


SCORE_HEADER = ("claimed", "size -> oo", "error", "score")


def score_rows(statistics: PointStatistics) -> list[tuple[str, str, str, str, str]]:
    """For each statistic its name, what is claimed, what is seen in the limit, its error and the score."""
    test = statistics.test
    columns = (test.names, test.expected, test.extrapolated, test.errors, test.scores)
    return [
        (name, fixed(expected), fixed(found), f"{error:.1e}", f"{score:.2f}" if abs(score) < 1e4 else f"{score:.1e}")
        for name, expected, found, error, score in zip(*columns, strict=True)
    ]


def fixed(value: float) -> str:
    """Six decimals, or six digits of a number that is too large for a column of them; never -0.

    >>> fixed(-0.0), fixed(1.5), fixed(1e20), fixed(float("nan"))
    ('0.000000', '1.500000', '1e+20', 'nan')
    """
    return f"{round(value, 6) + 0.0:.6f}" if not abs(value) >= 1e5 else f"{value:.6g}"


# -- sections ----------------------------------------------------------------------------------------------


def sections(verdict: Outcome, pictures: Pictures | None = None) -> list[Section]:
    """All that a report says below its title and its verdict.

    Args:
        verdict: what is reported.
        pictures: for each point, in words, the pictures that go with it.
    """
    drawn = dict(pictures or {})
    found = [_claim(verdict.conjecture), _model(verdict)]
    for stage in STAGES:
        own = [f for f in verdict.findings if f.stage == stage]
        if own:
            found.append(Section(f"Evidence: {stage} stage", findings_blocks(groups(own))))
    for statistics in verdict.statistics:
        where = f" at {statistics.point}" if statistics.point else ""
        blocks = (*_statistics(statistics), *drawn.pop(statistics.point, ()))
        found.append(Section(f"Sampled matrices{where}", blocks))
    if drawn:
        alone: list[Block] = []
        for point, shown in drawn.items():
            alone += [*([Heading(f"at {point}")] if point else []), *shown]
        found.append(Section("Densities", tuple(alone)))
    derivation = _derivation(verdict)
    if derivation is not None:
        found.append(Section("Derivation of the model's law", (derivation,)))
    found += [*_remarks(verdict.conjecture), _reproduction(verdict)]
    if verdict.conjecture.source:
        found.append(Section("The file", (Listing(verdict.conjecture.source),)))
    return found


def _claim(conjecture: Conjecture) -> Section:
    claim = conjecture.claim
    blocks: list[Block] = []
    entries = []
    if claim.equation is not None:
        written, lines = claim.equation.text, _equation_lines(claim.equation)
        if lines is not None:
            blocks.append(Display(Formula(lambda: lines, lambda: [written])))
        blocks.append(convention_prose(claim.equation.convention))
        entries.append(Entry("equation, as written", (claim.equation.text,), True))
    if claim.law is not None:
        entries.append(Entry("law", (claim.law.text,), True))
    if claim.density is not None:
        entries.append(Entry("density in x", (claim.density.text,), True))
        entries.append(Entry("on", tuple(f"[{a.text}, {b.text}]" for a, b in claim.density.intervals), True))
    if claim.moments is not None:
        entries.append(Entry("moments", tuple(f"m_{k} = {a.text}" for k, a in enumerate(claim.moments, 1)), True))
    entries += _amounts("edges", claim.edges)
    if claim.atoms is not None:
        entries.append(_none_or("atoms", [f"{a.weight.text} at {a.place.text}" for a in claim.atoms]))
    if claim.means is not None:
        entries.append(_none_or("means", [f"E[{m.text}] = {m.value.text}" for m in claim.means]))
    entries += _amounts("outliers", claim.outliers)
    if not blocks and not entries:  # a verification
        return Section("What is claimed", (Words("That the model's matrices have the law that is derived from it."),))
    return Section("What is claimed", (*blocks, Entries(tuple(entries))))


def _equation_lines(claim: EquationClaim) -> tuple[str, ...] | None:
    """The claimed equation in its own convention, None where it takes too long to bring into order."""
    formula = sympy.Eq(claim.polynomial, 0, evaluate=False)
    try:
        return tuple(within(_EQUATION_SECONDS, partial(formula_lines, formula, claim.convention)))
    except ResolventError:
        return None


def _amounts(name: str, amounts: Sequence[Amount] | None) -> list[Entry]:
    return [] if amounts is None else [_none_or(name, [a.text for a in amounts])]


def _none_or(name: str, values: Sequence[str]) -> Entry:
    return Entry(name, tuple(values), True) if values else Entry(name, ("none",))


def _model(verdict: Outcome) -> Section:
    conjecture = verdict.conjecture
    model, plan = conjecture.model, conjecture.plan
    entries = []
    if model is None:
        entries.append(Entry("model", ("none: the question is whether what is claimed is a law",)))
    else:
        entries.append(Entry(model.kind.replace("_", " "), (model.text,), True))
        if model.sampler is not None:
            entries.append(Entry("sampler", (model.sampler,), True))
        for name, value in model.options.items():
            entries.append(Entry(name, (value.text if isinstance(value, Amount) else str(value),), True))
    left = unreached(verdict)
    points = [point_text(p) for p in conjecture.points]
    if points != [""]:
        entries.append(Entry("points", tuple(p + (" (not reached)" if p in left else "") for p in points)))
    if model is not None:
        sizes = "the sampler's own" if plan.sizes is None else ", ".join(map(str, plan.sizes))
        entries += [
            Entry("sizes", (sizes,)),
            Entry("matrices", (f"{plan.trials} at each size and point",)),
            Entry("level", (f"a true law is refuted with probability {plan.level:g} at most",)),
            Entry("resolution", (f"a law off by {plan.resolution:.2%} in scale has to be seen",)),
        ]
    return Section("Model, points and plan", (Entries(tuple(entries)),))


def unreached(verdict: Outcome) -> list[str]:
    """The points, in words, that the exact stage did not come to because it ended before."""
    exact = [f for f in verdict.findings if f.stage == "exact"]
    if not any(f.status == REFUTED or f.subject == "time" for f in exact):
        return []
    points = [point_text(p) for p in verdict.conjecture.points]
    last = max((k for k, p in enumerate(points) if any(f.point == p for f in exact)), default=0)
    return points[last + 1 :]


def _statistics(statistics: PointStatistics) -> list[Block]:
    test = statistics.test
    dilation, shift = (f"{v:.2%}" if math.isfinite(v) else "none" for v in (statistics.dilation, statistics.shift))
    functions = " T_k is Chebyshev's polynomial of degree k, moved from [-1, 1] to the support."
    blocks: list[Block] = [
        Words(f"{sampled_words(statistics)}."),
        Table(
            "Means of test functions: what is claimed, what is seen in the limit of infinite size, and the difference "
            "in standard errors." + (functions if "T_1" in test.names else ""),
            ("statistic", *SCORE_HEADER),
            tuple(score_rows(statistics)),
        ),
        Entries(
            (
                Entry("joint p-value", (f"{test.p_value:.3g}",)),
                Entry("level of this test", (f"{statistics.level:.3g}",)),
                Entry("smallest change of scale seen with 95 %", (dilation,)),
                Entry("smallest shift seen with 95 %, in widths", (shift,)),
            )
        ),
    ]
    if statistics.distances:
        distances = [
            (str(size), str(count), f"{d.value:.5f}", f"{d.location:.5g}", "more" if d.excess > 0 else "less")
            for size, count, d in zip(statistics.sizes, statistics.rows, statistics.distances, strict=True)
        ]
        header = ("size", "rows", "distance", "at x", "sampled mass to the left")
        caption = f"Kolmogorov distances; the last may be {statistics.bound:.4f}, unless it falls with the size."
        blocks.append(Table(caption, header, tuple(distances)))
    if any(len(o) for o in statistics.outside):
        outside = [
            (str(size), f"{len(o) / statistics.trials:.3g}", *_ends(o))
            for size, o in zip(statistics.sizes, statistics.outside, strict=True)
        ]
        caption = "Eigenvalues farther outside the support than its edges fluctuate."
        blocks.append(Table(caption, ("size", "per matrix", "lowest", "highest"), tuple(outside)))
    elif statistics.outside:
        blocks.append(Words("No eigenvalue was seen farther outside the support than its edges fluctuate."))
    if statistics.predicted:
        seen = [
            (reason, f"{where:.5g}", f"{len(o)} of {statistics.trials}", f"{o.mean():.5g}" if len(o) else "")
            for where, reason, o in statistics.predicted
        ]
        blocks.append(Table("Predicted outliers.", ("reason", "predicted", "seen in", "mean"), tuple(seen)))
    return blocks


def _ends(values: Array) -> tuple[str, str]:
    return (f"{values.min():.5g}", f"{values.max():.5g}") if len(values) else ("none", "none")


def _derivation(verdict: Outcome) -> Steps | None:
    return model_steps(verdict) if is_computable(verdict) else None


def is_computable(verdict: Outcome) -> bool:
    """Whether the exact stage got through, so that its laws can be computed again."""
    exact = [f for f in verdict.findings if f.stage == "exact"]
    return not any(f.subject == "time" or (f.subject == "model" and f.status == UNDECIDED) for f in exact)


def _remarks(conjecture: Conjecture) -> list[Section]:
    parts = (
        ("Assumed by the author", conjecture.assumptions),
        ("References", conjecture.references),
        ("Notes", conjecture.notes),
    )
    return [Section(title, (Items(texts),)) for title, texts in parts if texts]


def _reproduction(verdict: Outcome) -> Section:
    conjecture = verdict.conjecture
    entries = [
        Entry("command", (shlex.join(_command(verdict)),), True),
        Entry("seed", (str(conjecture.plan.seed),)),
        Entry("versions", (", ".join(f"{name} {version}" for name, version in _versions()),)),
    ]
    blocks: list[Block] = [Entries(tuple(entries))]
    if not verdict.statistics:
        blocks.insert(0, Words("No matrices were sampled for this verdict."))
    return Section("How to reproduce this", tuple(blocks))


def _command(verdict: Outcome) -> list[str]:
    """The words that give this verdict again; a verification has no file."""
    conjecture, model = verdict.conjecture, verdict.conjecture.model
    if model is None or model.subject is None:
        allowed = ["--allow-code"] if model is not None and model.kind == "function" and verdict.statistics else []
        exact = [] if verdict.statistics else ["--exact-only"]
        return ["resolvent", "check", f"{conjecture.name}.toml", *allowed, *exact]
    settings = [f"{name}={value}" for name, value in {**conjecture.points[0], **model.options}.items()]
    options = [("--set", s) for s in settings] + [("--trials", str(conjecture.plan.trials))]
    options += [("--size", str(size)) for size in (conjecture.plan.sizes or ())[-1:]]
    options += [("--sampler", model.sampler)] if model.sampler is not None else []
    return ["resolvent", "verify", model.text, *(word for option in options for word in option)]


def _versions() -> list[tuple[str, str]]:
    packages: list[tuple[str, Any]] = [("python-flint", flint), ("sympy", sympy), ("numpy", np)]
    return [("resolvent", __version__), *((name, package.__version__) for name, package in packages)]
