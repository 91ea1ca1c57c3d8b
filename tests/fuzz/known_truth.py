"""Conjecture files whose truth is known: models that are expressions, with claims computed from them and altered ones.

    python tests/fuzz/known_truth.py --count 10000 --seed 0

The models are those of `compositions`, close to transitions and on far scales. A true claim says what the law is in
another way: its moments, found without the engine; its equation in either convention; the law of an equivalent
expression. A false one has one number changed, by as little as 10^-12 of its size. The exact stage must support the
true ones and refute the false ones; that it leaves one open, or that a law cannot be derived, is an answer as well, and
counted.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from resolvent.catalog.conjectures.conjecture import REFUTED, SUPPORTED
from resolvent.conjectures.exact.exact_stage import exact_findings
from resolvent.conjectures.file.reader import conjecture_of
from resolvent.conjectures.verdict import Verdict
from resolvent.derive.errors import ResolventError
from resolvent.language.expressions import parse
from tests.fuzz.compositions import Composition, composition
from tests.fuzz.hunting import OutOfTime, hunt, limited

LIMIT = 60.0  # of processor time


def claim(model: Composition, is_true: bool, chance: random.Random) -> str:
    """A claim about a law, as lines of a file."""
    text = model.text
    change = Fraction(chance.choice([1, -1]), 10 ** chance.randint(1, 12))
    kind = chance.choice(["moments", "equation", "law"])
    if kind == "moments":
        moments = model.moments[: chance.randint(1, len(model.moments))]
        if not is_true:
            moments[-1] += change * (abs(moments[-1]) or 1)
        return f"moments = [{', '.join(repr(str(m)) for m in moments)}]".replace("'", '"')
    if kind == "law":
        written = chance.choice([f"({text}) + 3 - 3", f"2*({text})/2", f"-(-({text}))", f"({text}).compress(1)"])
        return f'law = "{written}"' if is_true else f'law = "({written}) + ({change * _size(model)})"'
    shift = Fraction(0) if is_true else change * _size(model)
    terms = parse(text).equation.polynomial.to_dict().items()
    sign, name = chance.choice([(1, "m"), (-1, "G")])
    parts = [f"({int(c) * sign ** int(j)})*(z + ({shift}))**{int(i)}*{name}**{int(j)}" for (i, j, *_), c in terms]
    convention = "" if name == "m" else 'convention = "cauchy"\n'
    return f'{convention}equation = "{" + ".join(parts)} = 0"'


def _size(model: Composition) -> Fraction:
    """About the size of what has the law, to a power of ten."""
    square = abs(model.moments[1])
    digits = len(str(square.numerator)) - len(str(square.denominator))
    return Fraction(10) ** (digits // 2)


def text_of(chance: random.Random) -> tuple[str, bool]:
    """A conjecture file, and whether what it claims is true."""
    model, is_true = composition(chance), chance.random() < 0.5
    claimed = claim(model, is_true, chance)
    return f'title = "a fuzz"\nmodel.expression = "{model.text}"\n[claim]\n{claimed}\n', is_true


def outcome(seed: str) -> tuple[str, bool, str]:
    """(what came of a file, whether that is a failure, the file)."""
    text = ""
    try:
        with limited(LIMIT, of_processor=True):
            text, is_true = text_of(random.Random(seed))
            conjecture = conjecture_of(text)
            findings, _ = exact_findings(conjecture, {})
        found = Verdict(conjecture, tuple(findings)).verdict
        kind, wrong = f"{'true' if is_true else 'false'}: {found}", found == (REFUTED if is_true else SUPPORTED)
    except OutOfTime:
        kind, wrong = "no answer in time", False
    except ResolventError as error:
        kind, wrong = f"error of ours: {type(error).__name__}", False
    except Exception as error:
        kind, wrong = f"{type(error).__name__}: {error}", True
    return kind, wrong, text


def run(indices: range, seed: int) -> tuple[Counter[str], list[str]]:
    """The outcomes of some files, counted, and what was wrong."""
    kinds: Counter[str] = Counter()
    failed: list[str] = []
    for k in indices:
        kind, wrong, text = outcome(f"{seed}:{k}")
        kinds[kind] += 1
        if wrong:
            failed.append(f"{seed}:{k}: {kind}\n{text}")
    return kinds, failed


if __name__ == "__main__":
    sys.exit(hunt(run, 10_000, "files", __doc__))
