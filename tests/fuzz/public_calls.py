"""Random calls of everything public, with right and wrong arguments: an answer, or an error of ours, in time.

    python tests/fuzz/public_calls.py --count 20000

Call number k depends on the seed and on k alone. A failure is any exception but ours, a call that takes longer than the
limit, and a process that dies; each is printed with the call as it was made.
"""

from __future__ import annotations

import argparse
import inspect
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import sympy

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import resolvent as rv
from tests.fuzz.hunting import OutOfTime, limited

LIMIT = 30.0
_CHUNK = 100
_OPERATORS = ("__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__truediv__", "__matmul__", "__pow__")
_SKIPPED = {
    "of_measure",
    "rebuilt",
    "image",
    "slope",
    "sampler",
    "concluded",
}  # of records that only the package itself makes

_NUMBERS = (0, 1, 2, 3, 5, -1, -3, 10**6, 10**18, 10**400, "1/2", "1/3", 0.5, 0.1, 1e20, 1e-20, 1e300, float("nan"))
_WRONG = (
    *(
        None,
        True,
        "",
        "x",
        "1/0",
        "z",
        "cauchy",
        "imag",
        b"x",
        (),
        [],
        [1],
        [1, 2],
        [[1, 0], [0, 1]],
        {},
        {"a": 1},
        {1},
    ),
    *(len, object, object(), 1j, Fraction(1, 3), np.float64(0.5), np.int64(3), np.array([0.1, 0.9]), np.zeros((2, 2))),
    *(float("inf"), sympy.pi, sympy.sqrt(2), sympy.oo, sympy.nan, sympy.Symbol("g"), range(5), "moments", "ab" * 400),
)


@lru_cache(maxsize=1)
def _subjects() -> dict[str, Any]:
    """Objects to call methods of and to give as arguments, by their names in what is printed."""
    c, v = rv.parameter("c", positive=True), rv.parameter("v", positive=True)
    mp, g = rv.marchenko_pastur("1/2"), sympy.Symbol("g")
    p, n = rv.dimension("p"), rv.dimension("n")
    x = rv.gaussian("X", p, n, 1 / n)
    small = rv.moment_polynomials(12, [1] * 12, [1, 1])
    return {
        "c": c,
        "z": rv.z,
        "rational": g / (1 - g**2),
        "polynomial": rv.m**2 + rv.z * rv.m + 1,
        "mp": mp,
        "mp_c": rv.marchenko_pastur(c),
        "semicircle": rv.semicircle(),
        "semicircle_v": rv.semicircle(v),
        "sum_": rv.semicircle() + mp,
        "atoms": rv.atoms([0, 1]),
        "tensor": rv.classical_sum(mp, rv.semicircle()),
        "holonomic_law": rv.holonomic(mp),
        "spectrum": rv.Spectrum(mp),
        "spectrum_with_atom": rv.Spectrum(rv.marchenko_pastur(2)),
        "spectrum_of_atoms": rv.Spectrum(rv.atoms([0, 1])),
        "equation": mp.equation,
        "derivation": mp.derivation,
        "ode": rv.algebraic_ode(mp.equation),
        "recurrence": rv.holonomic(mp).recurrence,
        "graph": next(iter(rv.admissible_graphs(3))),
        "p": p,
        "n": n,
        "X": x,
        "gram": x @ x.T,
        "relu": rv.activation("relu"),
        "proposal": rv.guess([1, 2, 5, 14, 42, 132, 429, 1430, 4862, 16796, 58786, 208012, 742900, 2674440, 9694845]),
        "catalan": small,
        "summand": rv.hypergeometric_sum(*_summand()),
        "ensemble": rv.catalog.get("semicircle"),
    }


def _summand() -> tuple[Any, Any]:
    n, k = sympy.symbols("n k")
    return ((n + 1) / (n + 1 - k)) ** 2, ((n - k) / (k + 1)) ** 2


@lru_cache(maxsize=1)
def targets() -> list[tuple[str, Callable[..., Any]]]:
    """What is called: functions, the classes that users make, methods and operators of the objects."""
    found = [(n, o) for n in rv.__all__ if callable(o := getattr(rv, n)) and not inspect.isclass(o)]
    found = [(n, o) for n, o in found if not isinstance(o, sympy.Basic)] + [("Spectrum", rv.Spectrum)]
    for name, subject in _subjects().items():
        if not isinstance(subject, sympy.Basic) and type(subject).__module__.startswith("resolvent"):
            for method in dir(type(subject)):
                if method in _OPERATORS or (method[0] != "_" and method not in _SKIPPED):
                    member = getattr(subject, method, None)
                    if inspect.ismethod(member):
                        found += [(f"{name}.{method}", member)] * (1 if method in _OPERATORS else 2)
    return found


_BY_NAME = {
    "law": ("mp", "mp_c", "semicircle", "sum_", "atoms", "tensor", "holonomic_law"),
    "laws": ("mp", "semicircle"),
    "a": ("mp", "semicircle", "tensor"),
    "b": ("mp", "atoms", "tensor"),
    "other": ("mp", "atoms", "tensor", "semicircle_v"),
    "subject": ("mp", "catalan", "tensor", "holonomic_law"),
    "variable": ("c", "z"),
    "expression": ("rational", "gram"),
    "weights": ("rational", "catalan"),
    "terms": ("catalan",),
    "moments": ("catalan",),
    "equation": ("equation",),
    "summand": ("summand",),
    "model": ("gram", "X"),
    "of": ("gram", "X"),
    "size": ("n", "p"),
    "rows": ("n", "p"),
    "columns": ("n", "p"),
    "spectrum": ("spectrum", "spectrum_with_atom", "spectrum_of_atoms"),
    "polynomial": ("polynomial",),
}


def _argument(name: str, source: random.Random) -> tuple[Any, str]:
    """A value for a parameter, often of the right kind, and how it is printed."""
    kind = source.random()
    if name in _BY_NAME and kind < 0.7:
        key = source.choice(_BY_NAME[name])
        return _subjects()[key], key
    if kind < 0.75:
        value: Any = source.choice(_NUMBERS)
    elif kind < 0.93:
        value = source.choice(_WRONG)
    else:
        key = source.choice(list(_subjects()))
        return _subjects()[key], key
    return value, repr(value)[:60]


def call(k: int, seed: int) -> tuple[str, Callable[[], Any]]:
    """Call number k, as text and as a function."""
    source = random.Random(f"{seed}:{k}")
    name, function = source.choice(targets())
    positional, keywords, shown = [], {}, []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            if parameter.name != "style" and source.random() < 0.3:
                keywords["c"], text = _argument("c", source)
                shown.append(f"c={text}")
            continue
        if parameter.default is not parameter.empty and source.random() < 0.6:
            continue
        value, text = _argument(parameter.name, source)
        if parameter.kind is parameter.KEYWORD_ONLY or len(positional) < len(shown):
            keywords[parameter.name] = value
            shown.append(f"{parameter.name}={text}")
        elif parameter.kind is parameter.VAR_POSITIONAL or parameter.default is parameter.empty:
            positional.append(value)
            shown.append(text)
        else:
            keywords[parameter.name] = value
            shown.append(f"{parameter.name}={text}")
    return f"{k}: {name}({', '.join(shown)})", lambda: _used(function(*positional, **keywords))


def _used(result: Any) -> None:
    """The first parts of a stream, and the text of the rest: both are part of the answer."""
    if inspect.isgenerator(result):
        for _, _ in zip(range(20), result, strict=False):
            pass
    else:
        repr(result)


def outcome(k: int, seed: int, limit: float = LIMIT) -> tuple[str, str]:
    """What came of a call: "answer", "error of ours", or else a failure; and the call with the details."""
    text, function = call(k, seed)
    start = time.monotonic()
    try:
        with limited(limit), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function()
        kind = "answer"
    except rv.ResolventError as error:
        kind = "error of ours"
        text += f" -> {error}"
    except OutOfTime:
        kind = "time"
    except Exception as error:
        kind = type(error).__name__
        text += f" -> {error}"[:200]
    if time.monotonic() - start > limit:
        kind = "time"
    return kind, text


def _work(indices: range, seed: int, limit: float, last: Any, results: Any) -> None:
    os.chdir(tempfile.mkdtemp())
    import matplotlib as mpl

    mpl.use("agg")
    for k in indices:
        last.value = k
        kind, text = outcome(k, seed, limit)
        results.send((kind, text))
        if "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
    results.close()


def run(indices: range, seed: int, limit: float = LIMIT) -> tuple[Counter[str], list[str]]:
    """The outcomes of calls in a child process, counted, with the failures; where it dies, another one goes on."""
    kinds: Counter[str] = Counter()
    failed: list[str] = []
    context = multiprocessing.get_context("fork")
    while indices:
        last = context.Value("q", indices[0])
        reader, writer = context.Pipe(duplex=False)
        child = context.Process(target=_work, args=(indices, seed, limit, last, writer))
        child.start()
        writer.close()
        while True:
            try:
                if not reader.poll(limit + 60):
                    child.kill()
                kind, text = reader.recv()
            except EOFError:
                break
            kinds[kind] += 1
            if kind not in ("answer", "error of ours"):
                failed.append(f"{kind}: {text}")
        child.join()
        if child.exitcode == 0:
            break
        kind = "time" if child.exitcode == -signal.SIGKILL else "died"  # exact arithmetic that no alarm interrupts
        kinds[kind] += 1
        failed.append(f"{kind}, by {child.exitcode}: {call(last.value, seed)[0]}")
        indices = range(last.value + 1, indices.stop)
    return kinds, failed


def main() -> int:
    """Run from the command line; the exit status is 1 where something failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--start", type=int, default=0, help="the first of them, to go on where a run stopped")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for each")
    chosen = parser.parse_args()
    start, end = time.monotonic(), chosen.start + chosen.count
    kinds: Counter[str] = Counter()
    failures = 0
    targets()  # before processes are forked
    for first in range(chosen.start, end, _CHUNK):
        found, failed = run(range(first, min(first + _CHUNK, end)), chosen.seed, chosen.limit)
        kinds += found
        failures += len(failed)
        for line in failed:
            print(f"FAILED {line}", flush=True)
    print(f"\n{kinds.total()} calls in {time.monotonic() - start:.0f} s")
    for kind, count in kinds.most_common():
        print(f"{count:8}  {kind}")
    return 1 if failures else 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
