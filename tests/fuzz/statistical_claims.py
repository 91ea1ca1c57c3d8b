"""Random claims about samplers whose truth is known: the statistical stage must not be wrong, and must end.

    python tests/fuzz/statistical_claims.py --count 5000 --seed 0

A true claim that is refuted, or a false one that is supported, is wrong: the level is 1e-6, and false claims are off by
more than the resolution that is asked for, so that chance explains neither; those that are closer are counted apart,
as they may be supported. One run in twenty goes through a file and the whole of `resolvent
check` with its worker processes; the others draw here and go through the same looks. The truth of every sampler is a
theorem about its limit; slow corrections, outliers and heavy tails are among them.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from resolvent.catalog.conjectures.conjecture import REFUTED, SUPPORTED, Finding
from resolvent.conjectures.check import check
from resolvent.conjectures.file.reader import conjecture_of
from resolvent.conjectures.statistics.statistical_stage import examine, looks
from resolvent.conjectures.verdict import Verdict
from resolvent.language.expressions import parse
from resolvent.numeric.matrices.ensembles import symmetric_eigenvalues
from resolvent.numeric.spectrum.spectrum import Spectrum
from tests.fuzz import known_samplers
from tests.fuzz.hunting import OutOfTime, hunt, limited

LEVEL, RESOLUTION = 1e-6, 0.1
LIMIT = 120.0
_WHOLE = 20


@dataclass(frozen=True)
class Case:
    """A claim about a sampler.

    Attributes:
        sampler: its name in `known_samplers`, with ``settings``.
        law: the law that its matrices have in the limit, as an expression; "" where the claim is not about one.
        claim: lines of the claim.
        claimed: the law that is claimed, as an expression; "" where only moments or means are.
        is_true: whether the claim holds.
        is_close: whether it is false by less than the resolution.
        sizes, trials, seed: of the run.
    """

    sampler: str
    settings: tuple[tuple[str, str], ...]
    law: str
    claim: str
    claimed: str
    is_true: bool
    sizes: tuple[int, ...]
    trials: int
    seed: int
    is_close: bool = False

    @property
    def text(self) -> str:
        """The conjecture file."""
        settings = "\n".join(f'{name} = "{value}"' for name, value in self.settings)
        parameters = f"[parameters]\n{settings}\n" if settings else ""
        return (
            f'title = "a fuzz"\n[model]\nfunction = "known_samplers:{self.sampler}"\n{parameters}[claim]\n'
            f"{self.claim}\n[test]\nsizes = {list(self.sizes)}\ntrials = {self.trials}\nseed = {self.seed}\n"
            f"level = {LEVEL}\nresolution = {RESOLUTION}\n"
        )


def case(seed: str) -> Case:
    """The case of a seed."""
    chance = random.Random(seed)
    name, build = chance.choice(sorted(_SUBJECTS.items()))
    settings, law, spikes = build(chance)
    first = chance.choice([40, 60, 80])
    sizes = tuple(first * k for k in chance.choice([(1, 2), (1, 2), (1, 3), (1, 2, 3)]))
    plan = (sizes, chance.choice([10, 12, 16, 20]), chance.randrange(10**6))
    is_true = chance.random() < 0.6
    if not law:  # nothing is claimed of a sampler without a mean that could be true
        claim = f"moments = [0, {chance.choice(['1', '1/2', '3'])!r}, 0, '2']".replace("'", '"')
        return Case(name, settings, "", claim, "", False, *plan)
    claimed = law if is_true else chance.choice(_CHANGES)(law, chance)
    kind = chance.choice(["law", "law", "law", "moments", "means"])
    if spikes is not None and kind == "law" and chance.random() < 0.5:
        places = list(spikes)
        if not is_true:  # the law is right, an outlier is not
            claimed = law
            places = places[1:] if places and chance.random() < 0.5 else [*places, "7"]
        listed = ", ".join(f'"{p}"' for p in places)
        return Case(name, settings, law, f'law = "{claimed}"\noutliers = [{listed}]', claimed, is_true, *plan)
    if kind == "law":
        return Case(name, settings, law, f'law = "{claimed}"', claimed, is_true, *plan)
    moments = [str(m) for m in _law(claimed).moments(4)]
    listed = ", ".join(f'"{m}"' for m in moments)
    claim = f"moments = [{listed}]" if kind == "moments" else f'means = [{{of = "x**2", value = "{moments[1]}"}}]'
    # another law may have the same second moment
    is_right = is_true or (kind == "means" and moments[1] == str(_law(law).moments(2)[1]))
    first, last = (1, 2) if kind == "means" else (0, 4)
    pairs = zip(_law(claimed).moments(4), _law(law).moments(4), strict=True)
    errors = [abs(float(a - b)) / k / max(abs(float(b)), 1e-9) for k, (a, b) in enumerate(pairs, 1)][first:last]
    return Case(name, settings, law, claim, "", is_right, *plan, not is_right and max(errors) < 2 * RESOLUTION)


@lru_cache(maxsize=256)
def _law(text: str) -> Any:
    return parse(text)


@lru_cache(maxsize=64)
def _spectrum(text: str) -> Spectrum:
    return Spectrum(parse(text))


Built = tuple[tuple[tuple[str, str], ...], str, tuple[str, ...] | None]


def _wigner(chance: random.Random) -> Built:
    scale, shift = chance.choice(["1", "1/2", "3", "1/1000", "1000"]), chance.choice(["0", "0", "2", "-5"])
    return (("scale", scale), ("shift", shift)), f"({scale})*semicircle() + ({shift})", ()


def _spiked(chance: random.Random) -> Built:
    spike = chance.choice(["2", "3", "-2", "-3", "4"])
    return (("spike", spike),), "semicircle()", (f"{spike} + 1/({spike})",)


def _wishart(chance: random.Random) -> Built:
    c = chance.choice(["1/2", "1/4", "1", "2", "4/5"])
    return (("c", c),), f"marchenko_pastur({c})", ()


def _shifted(chance: random.Random) -> Built:
    gap = chance.choice(["1/2", "1", "3", "10"])
    return (("gap", gap),), f"semicircle() + atoms([0, {gap}])", None


def _projections(chance: random.Random) -> Built:
    return (), "atoms([0, 1]) + atoms([0, 1])", None


def _plain(law: str) -> Callable[[random.Random], Built]:
    return lambda chance: ((), law, None)


_SUBJECTS: dict[str, Callable[[random.Random], Built]] = {
    "wigner": _wigner,
    "spiked_wigner": _spiked,
    "wishart": _wishart,
    "shifted_wigner": _shifted,
    "two_projections": _projections,
    "path_graph": _plain("arcsine(2)"),
    "signs": _plain("semicircle()"),
    "random_graph": _plain("semicircle()"),
    "heavy_tails": _plain("semicircle()"),
    "drifting_wigner": _plain("semicircle()"),
    "exact_quantiles": _plain("semicircle()"),
    "independent_points": _plain("semicircle()"),
    "constant": _plain("atoms([1])"),
    "two_points": _plain("atoms([0, 1])"),
    "sparse": _plain("semicircle()"),
    "complete_graph": _plain("atoms([0])"),
    "noisy_projection": _plain("atoms([0, 1])"),
    "cauchy_points": _plain(""),
}


def _scaled(law: str, chance: random.Random) -> str:
    return f"({chance.choice(['6/5', '3/2', '4/5', '1/2'])})*({law})"


def _moved(law: str, chance: random.Random) -> str:
    rho = _spectrum(law)
    width = max(rho.support()[1] - rho.support()[0], 0.1)
    return f"({law}) + ({round(chance.choice([-1, 1]) * 0.3 * width, 3)})"


def _widened(law: str, chance: random.Random) -> str:
    rho = _spectrum(law)
    return f"({law}) + semicircle({round(0.5 * max(rho.var(), 1e-2), 9)})"


_CHANGES = (_scaled, _moved, _widened)


def verdict(subject: Case, folder: Path | None) -> str:
    """The verdict: through a file where there is a folder, otherwise with draws made here."""
    if folder is not None:
        path = folder / "fuzz.toml"
        path.write_text(subject.text)
        return check(path, allow_code=True, progress=int).verdict
    conjecture = conjecture_of(subject.text)
    law = _spectrum(subject.claimed) if subject.claimed else None
    values = {name: float(_law_number(value)) for name, value in subject.settings}
    sampler = getattr(known_samplers, subject.sampler)
    draws: dict[int, list[Any]] = {n: [] for n in subject.sizes}
    wanted = looks(conjecture.plan)
    findings: tuple[Finding, ...] = ()
    for position, (count, share) in enumerate(wanted):
        for n in subject.sizes:
            for k in range(len(draws[n]), count):
                drawn = np.asarray(sampler(n, np.random.default_rng([subject.seed, n, k]), **values))
                draws[n].append(np.sort(drawn) if drawn.ndim == 1 else symmetric_eigenvalues(drawn))
        found = examine(conjecture, 0, law, {}, draws, share, {}, position == len(wanted) - 1)
        assert found is not None
        findings = found.findings
        if found.is_refuted:
            break
    return Verdict(conjecture, findings).verdict


def _law_number(text: str) -> float:
    top, _, bottom = text.partition("/")
    return float(top) / float(bottom or 1)


def outcome(seed: str, folder: Path | None = None) -> tuple[str, bool, str]:
    """(what came of a case, whether that is a failure, the case in words)."""
    subject = None
    try:
        with limited(LIMIT):
            subject = case(seed)
            found = verdict(subject, folder)
        wrong = found == (REFUTED if subject.is_true else SUPPORTED) and not subject.is_close
        kind = f"{'true' if subject.is_true else 'close' if subject.is_close else 'false'}: {found}"
    except OutOfTime:
        kind, wrong = "hang", True
    except Exception as error:
        kind, wrong = f"{type(error).__name__}: {str(error)[:200]}", True
    return kind, wrong, f"{seed}: {subject}"


def run(indices: range, seed: int, whole: int = _WHOLE) -> tuple[Counter[str], list[str]]:
    """The outcomes of some cases, counted, and what was wrong; every ``whole``-th goes through a file."""
    kinds: Counter[str] = Counter()
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "known_samplers.py").write_text(Path(known_samplers.__file__).read_text())
        for k in indices:
            kind, wrong, words = outcome(f"{seed}:{k}", folder if whole and k % whole == 0 else None)
            kinds[kind] += 1
            if wrong:
                failed.append(f"{kind}: {words}")
    return kinds, failed


if __name__ == "__main__":
    sys.exit(hunt(run, 5000, "runs", __doc__))
