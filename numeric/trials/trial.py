"""One trial: which matrix of a run, and the stream of random numbers it is drawn from."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resolvent.derive.errors import ParameterError

Array = NDArray[np.float64]


@dataclass(frozen=True, order=True)
class Trial:
    """One matrix to draw: which parameter point, which matrix size, which of the trials there.

    Ordered by point, size and index. All three are integers, not negative, the size positive.

    >>> sorted([Trial(0, 100, 1), Trial(0, 50, 2)])
    [Trial(point=0, size=50, index=2), Trial(point=0, size=100, index=1)]

    Raises `ParameterError` for anything else.
    """

    point: int
    size: int
    index: int

    def __post_init__(self) -> None:
        for name, value, least in (("point", self.point, 0), ("size", self.size, 1), ("index", self.index, 0)):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ParameterError(f"a trial's {name} must be an integer from {least}; got {value!r}", value=value)

    def __str__(self) -> str:
        return f"point {self.point}, size {self.size}, index {self.index}"

    def seed_sequence(self, seed: int) -> np.random.SeedSequence:
        """The trial's own stream of random numbers under a seed; it depends on the trial and the seed alone.

        >>> Trial(0, 100, 3).seed_sequence(7).spawn_key
        (0, 100, 3)

        Raises `ParameterError` unless the seed is a non-negative integer.
        """
        if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
            raise ParameterError(f"the seed must be a non-negative integer; got {seed!r}", seed=seed)
        return np.random.SeedSequence(entropy=int(seed), spawn_key=(self.point, self.size, self.index))

    @contextlib.contextmanager
    def randomness(self, seed: int) -> Iterator[np.random.Generator]:
        """The trial's own generator under a seed; meanwhile the global states of NumPy and Python are its own, too.

        >>> with Trial(0, 100, 3).randomness(7) as rng:
        ...     first = rng.random(), np.random.random(), random.random()
        >>> with Trial(0, 100, 3).randomness(7) as rng:
        ...     first == (rng.random(), np.random.random(), random.random())
        True

        Raises `ParameterError` as `seed_sequence` does.
        """
        own = self.seed_sequence(seed)
        for_numpy, for_python = own.spawn(2)
        before = np.random.get_state(), random.getstate()
        np.random.seed(for_numpy.generate_state(8))
        random.seed(for_python.generate_state(8).tobytes())
        try:
            yield np.random.default_rng(own)
        finally:
            np.random.set_state(before[0])
            random.setstate(before[1])
