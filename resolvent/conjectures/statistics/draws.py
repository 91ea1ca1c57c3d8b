"""What is sampled for a conjecture: sizes, memory, and the callable that draws one matrix and takes its eigenvalues."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from resolvent.catalog.conjectures.conjecture import Conjecture, Model, Point
from resolvent.conjectures.exact.model_laws import entry_of, expressed_law, on_line, place, settings
from resolvent.conjectures.statistics.user_code import UserCode
from resolvent.derive.errors import ParameterError, ParseError
from resolvent.numeric.trials.trial import Array, Trial
from resolvent.numeric.trials.workers import Lost, in_processes

_EXPRESSION_SIZES: tuple[int, ...] = (500, 1000)
_FUNCTION_SIZES: tuple[int, ...] = (300, 600)  # smaller ones leave true laws undecided at 20 trials
_LARGEST_GRID = 60


@dataclass(frozen=True)
class Draw:
    """Draws the matrix of a trial and returns its eigenvalues, sorted; the same in every process.

    Attributes:
        model: what is sampled.
        points: the parameters of each point.
        seed: of all random numbers; each trial has its own stream.
        code: a user's own function.
        sizes: at each point.
    """

    model: Model
    points: tuple[Point, ...]
    seed: int
    code: UserCode | None = None
    sizes: tuple[tuple[int, ...], ...] = field(default=())

    def __call__(self, trial: Trial) -> Array:
        from resolvent.numeric.matrices.ensembles import symmetric_eigenvalues

        with trial.randomness(self.seed) as rng:
            drawn = self.matrix(trial.point, trial.size, rng)
        return np.sort(_vector(drawn)) if drawn.ndim == 1 else symmetric_eigenvalues(drawn)

    def matrix(self, point: int, size: int, rng: np.random.Generator) -> Any:
        """The matrix, or the eigenvalues where a user's function returns those.

        Raises `ParameterError` for a function that raises, or returns anything but an array of numbers.
        """
        values = self.points[point]
        if self.model.kind == "ensemble":
            numbers = settings(self.model, values)
            return entry_of(self.model).sample(size, rng, sampler=self.model.sampler, memory=math.inf, **numbers)
        if self.model.is_law:
            from resolvent.numeric.matrices.matrix_model import matrix_of

            return matrix_of(expressed_law(self.model, values), size, rng)
        assert self.code is not None
        try:
            function = self.code.load(memory_of_a_worker())
        except ParameterError as error:
            raise ParameterError(f"{place(self.model.line, 'model.function')}{error}") from error
        try:
            found = np.asarray(function(size, rng, **{n: float(v) for n, v in values.items()}))
            if np.iscomplexobj(found):
                raise TypeError("it returned complex numbers; return the eigenvalues, of numpy.linalg.eigvalsh say")
            if found.ndim not in (1, 2) or found.shape[0] != found.shape[-1]:
                raise TypeError(f"it returned an array of shape {found.shape}, no square matrix and no eigenvalues")
            return found.astype(float)
        except Exception as error:
            raise ParameterError(
                f"line {self.model.line}, model.function: {self.model.text} failed at size {size}: "
                f"{type(error).__name__}: {error}"
            ) from error

    def is_random(self, trial: Trial) -> bool:
        """Whether the matrix is made with the trial's own random numbers; of a user's code, only to ask in a worker."""

        def numbers(rng: np.random.Generator) -> tuple[float, ...]:
            return rng.random(), np.random.random(), random.random()

        with trial.randomness(self.seed) as rng:
            untouched = numbers(rng)
        with trial.randomness(self.seed) as rng:
            self.matrix(trial.point, trial.size, rng)
            return numbers(rng) != untouched


def _vector(values: Array) -> Array:
    if not len(values) or not np.all(np.isfinite(values)):
        raise ParameterError("a sampler returned eigenvalues that are not finite numbers")
    return values


def _frozen(values: Point) -> tuple[tuple[str, Fraction], ...]:
    return tuple(sorted(values.items()))


def prepared_draw(conjecture: Conjecture, folder: Path | None, jobs: int, limit: float = math.inf) -> Draw:
    """The draw of a conjecture's model with its sizes at each point, checked against the memory of the machine.

    Raises `ParseError` with the line for a model that cannot be sampled, sizes it does not have, and too much memory.
    """
    model = conjecture.model
    assert model is not None, "there is something to sample"
    home = str(folder) if folder is not None and model.kind == "function" else ""
    code = UserCode.read(model.text, home) if model.kind == "function" else None
    if code is not None and (problem := _apart(_problem, code, limit)):
        if isinstance(problem, Lost):
            problem = f"the module {model.text.partition(':')[0]} cannot be imported: {problem.reason}"
        raise ParseError(f"{place(model.line, 'model.function')}{problem}", line=model.line, field="model.function")
    sizes = tuple(_sizes(conjecture, point) for point in conjecture.points)
    limit, where = available_memory(), place(conjecture.plan.sizes_line, "test.sizes")
    for point, chosen in zip(conjecture.points, sizes, strict=True):
        needed = memory_needed(model, point, chosen[-1]) * jobs
        if needed > limit:
            raise ParseError(
                f"{where}matrices of size {chosen[-1]} need about "
                f"{needed / 2**30:.3g} GiB with {jobs} at a time; the machine has {limit / 2**30:.3g} GiB free. Take "
                "smaller sizes, or fewer jobs",
                line=conjecture.plan.sizes_line,
            )
    return Draw(model, conjecture.points, conjecture.plan.seed, code, sizes)


def _apart(work: Callable[[Any], Any], argument: Any, limit: float = math.inf) -> Any:
    """``work(argument)`` in a process that it may end, or outstay, which gives a `Lost`."""
    preload = [__name__, "scipy.linalg", "threadpoolctl"]
    with contextlib.closing(in_processes(work, [argument], 1, limit, preload)) as outcomes:
        return next(outcomes)


def _problem(code: UserCode) -> str:
    """What is wrong with a user's code, empty if nothing is; only to be called in a worker."""
    try:
        code.load()
    except ParameterError as error:
        return str(error)
    return ""


def require_own_randomness(draw: Draw, found: Mapping[Trial, Array]) -> None:
    """Refuse a user's sampler that gave equal matrices to some trials and used the random numbers of neither.

    It keeps a random state of its own, which workers copy, or which starts again with every run. Equal matrices by
    chance, and a matrix without randomness, which is equal in all trials, are as they should be.

    Raises `ParameterError`.
    """
    seen: dict[tuple[int, int], dict[bytes, Trial]] = {}
    pairs: dict[tuple[int, int], tuple[Trial, Trial]] = {}
    for trial, values in found.items():
        first = seen.setdefault((trial.point, trial.size), {}).setdefault(values.tobytes(), trial)
        if first != trial:
            pairs.setdefault((trial.point, trial.size), (first, trial))
    for place_, (one, other) in pairs.items():
        if len(seen[place_]) > 1 and _apart(draw.is_random, one) is False and _apart(draw.is_random, other) is False:
            raise ParameterError(
                f"{place(draw.model.line, 'model.function')}{draw.model.text} gave one matrix to two trials, {one} and "
                f"{other}: it keeps random numbers of its own, of which processes have copies; draw all of them from "
                "the generator that it is given",
                trials=(one, other),
            )


def has_sampler(model: Model | None) -> bool:
    """Whether there is something to sample."""
    return model is not None and model.kind != "cycle_weights"


def why_not_sampled(model: Model, point: Point) -> str:
    """Why an expression has no matrices, where it has none; otherwise empty."""
    if not model.is_law:
        return ""
    from resolvent.numeric.matrices.matrix_model import require_matrix_model

    try:
        require_matrix_model(expressed_law(model, point))
    except ParameterError as error:
        return str(error)
    return ""


def _sizes(conjecture: Conjecture, point: Point) -> tuple[int, ...]:
    """The sizes at a point: those of the plan, or the default and half of it, without rounding where possible."""
    model, plan = conjecture.model, conjecture.plan
    assert model is not None
    if model.kind == "ensemble":
        entry = entry_of(model)
        sampler = entry.sampler(model.sampler)
        numbers = settings(model, point)
        floats = entry.floats(numbers)
        if plan.sizes is None:
            step = _step_of_sizes(model, point)
            large = _rounded(sampler.default_size, step, sampler.multiple_of)
            sizes: tuple[int, ...] = (_rounded(large // 2, step, sampler.multiple_of), large)
        else:
            sizes = plan.sizes
        line = plan.sizes_line if plan.sizes else model.line
        for size in sizes:
            on_line(line, "test.sizes", lambda size=size: sampler.check_size(size, floats, math.inf))  # type: ignore[misc]
        return sizes
    if plan.sizes is not None:
        return plan.sizes
    if model.kind == "function":
        return _FUNCTION_SIZES
    from resolvent.numeric.matrices.matrix_model import balanced_rows

    law = expressed_law(model, point)
    found = tuple(balanced_rows(law, size) for size in _EXPRESSION_SIZES)
    return found if found[0] < found[1] else _EXPRESSION_SIZES


def half_of(model: Model, point: Point, size: int) -> int:
    """The size nearest to half of another, not above it, without rounding of dimensions where possible.

    Raises `ParameterError` where no smaller size exists.
    """
    if model.is_law:
        from resolvent.numeric.matrices.matrix_model import balanced_rows

        least, half = 2, balanced_rows(expressed_law(model, point), max(size // 2, 1))
    else:
        least = entry_of(model).sampler(model.sampler).multiple_of
        half = _rounded(size // 2, _step_of_sizes(model, point), least)
    if not least <= half < size or half < 2:
        raise ParameterError(f"the size must be at least {max(2 * least, 4)}, so that half of it exists", size=size)
    return half


def _step_of_sizes(model: Model, point: Point, largest: float = _LARGEST_GRID) -> int:
    """A number at whose multiples dimensions of an entry's matrices need no rounding, where one is small enough."""
    entry = entry_of(model)
    numbers = settings(model, point)
    ratios = [Fraction(int(numbers[n].p), int(numbers[n].q)) for n in entry.floats(numbers)]
    return _grid(entry.sampler(model.sampler).multiple_of, ratios, largest)


def step_without_rounding(model: Model, point: Point) -> int:
    """A number at whose multiples, as sizes, no dimension of an entry's or an expression's matrix is rounded."""
    if model.is_law:
        from resolvent.numeric.matrices.matrix_model import MatrixModel

        return MatrixModel.of(expressed_law(model, point)).step
    return _step_of_sizes(model, point, math.inf)


def _grid(multiple: int, ratios: list[Fraction], largest: float) -> int:
    """A step of sizes at which sizes times or over the ratios are whole numbers, where it is small enough."""
    step = multiple
    for ratio in ratios:
        wider = math.lcm(step, ratio.numerator or 1, ratio.denominator)
        if abs(wider) <= largest:
            step = abs(wider)
    return step


def _rounded(size: int, step: int, least: int) -> int:
    """The multiple of the step nearest to a size, not above it unless nothing is left."""
    return max(size // step * step, size // least * least if step > size else step, least)


def memory_needed(model: Model, point: Point, size: int) -> float:
    """The bytes that one matrix needs at the peak, with its eigenvalues, by an upper estimate."""
    if model.kind == "ensemble":
        entry = entry_of(model)
        numbers = settings(model, point)
        return float(entry.sampler(model.sampler).memory(size, **entry.floats(numbers)))
    if model.is_law:
        from resolvent.numeric.matrices.matrix_model import matrix_memory

        return float(matrix_memory(expressed_law(model, point), size))
    return 8.0 * 4 * size**2


def available_memory() -> float:
    """The bytes that are free for use; infinite where the system does not tell."""
    try:
        with open("/proc/meminfo", encoding="ascii") as stream:
            for row in stream:
                if row.startswith("MemAvailable:"):
                    return float(row.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (ValueError, OSError, AttributeError):
        return math.inf


def memory_of_a_worker() -> float:
    """The bytes that a process with a user's code may take: what is free, so that a leak ends it and nothing else."""
    return 0.9 * available_memory()


def identity(draw: Draw, version: str) -> str:
    """A digest of all that the eigenvalues depend on."""
    options: Mapping[str, Any] = draw.model.options
    parts = [
        version,
        draw.model.kind,
        draw.model.text,
        draw.model.sampler or "",
        *(f"{k}={v}" for k, v in sorted(options.items())),
        *(f"{k}={v}" for point in draw.points for k, v in _frozen(point)),
        str(draw.sizes),
        str(draw.seed),
        *(f"{s.name}={hashlib.sha256(s.text).hexdigest()}" for s in (draw.code.sources if draw.code else ())),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
