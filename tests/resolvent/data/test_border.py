"""Arguments of a wrong kind end in our own errors, which name them."""

from collections.abc import Callable

import numpy as np
import pytest

import resolvent as rv

VALUES = np.linspace(0.1, 3, 50)


@pytest.mark.parametrize(
    "call",
    [
        lambda: rv.empirical(None),
        lambda: rv.empirical({"a": 1}),
        lambda: rv.law_of_density(3, (0, 1)),  # type: ignore[arg-type]
        lambda: rv.law_of_density(np.sin, 3),  # type: ignore[arg-type]
        lambda: rv.law_of_distribution("normal"),
        lambda: rv.mixture("ab", [0.5, 0.5]),
        lambda: rv.tracy_widom([1, 2]),  # type: ignore[arg-type]
        lambda: rv.compare(VALUES, "semicircle()"),  # type: ignore[arg-type]
        lambda: rv.compare(None, rv.semicircle()),
        lambda: rv.fit(VALUES, "semicircle()"),  # type: ignore[arg-type]
        lambda: rv.shrink(None, 1),
        lambda: rv.shrink(VALUES, None),
        lambda: rv.shrink_singular_values(VALUES, 3),  # type: ignore[arg-type]
        lambda: rv.population(VALUES, "one half"),
        lambda: rv.spike("law", 1, 2),  # type: ignore[arg-type]
        lambda: rv.seen_from("law", 1),  # type: ignore[arg-type]
        lambda: rv.empirical(VALUES).moments("2"),  # type: ignore[arg-type]
        lambda: rv.empirical(VALUES) @ 3,
        lambda: rv.empirical(VALUES) + "x",
    ],
)
def test_wrong_kinds_are_named(call: Callable[[], object]) -> None:
    with pytest.raises(rv.ParameterError):
        call()
