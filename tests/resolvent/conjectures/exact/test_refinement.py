"""Refinement: peaks, jumps and kinks are found wherever they are, and smooth formulas cost little."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvent.conjectures.exact import refinement as module
from resolvent.conjectures.exact.refinement import refinement
from resolvent.language.formulas import parse_formula


@settings(max_examples=20, deadline=None)
@given(st.fractions(-19, 19).map(lambda v: v / 10), st.integers(3, 8))
def test_a_peak_is_seen_wherever_it_is(place: object, sharpness: int) -> None:
    found = refinement(parse_formula(f"exp(-(10**{sharpness}*(x - ({place})))**2)"), {}, -2.0, 2.0)
    x = np.array(found.points)
    assert np.exp(-((10.0**sharpness * (x - float(place))) ** 2)).max() > 0.5  # type: ignore[arg-type]
    assert len(x) < 1500
    assert list(x) == sorted(x)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("x**3 - x", []),
        ("exp(-10**10*(x - 1/2)**2) + exp(-10**10*(x + 1)**2)", [-1.0, 0.5]),
        ("1/(x - 1/3)", [1 / 3]),
        ("cos(10**5*x)", []),  # narrow everywhere: nothing to point at
        ("sqrt(x)", [0.0]),
    ],
)
def test_places(text: str, places: list[float]) -> None:
    assert refinement(parse_formula(text), {}, -2.0, 2.0, scale=0.1).places == pytest.approx(places, abs=1e-3)


def test_parameters_take_part() -> None:
    found = refinement(parse_formula("exp(-(10**6*(x - c))**2)"), {"c": fmpq(1, 7)}, 0.0, 1.0)
    assert found.places == pytest.approx([1 / 7], abs=1e-5)


def test_the_work_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    flat: Callable[..., bool] = module._is_flat

    def counted(*arguments: object) -> bool:
        nonlocal calls
        calls += 1
        return flat(*arguments)

    monkeypatch.setattr(module, "_is_flat", counted)
    found = refinement(parse_formula("sin(10**9*x)"), {}, -2.0, 2.0)
    assert calls <= module._MOST
    assert (found.points[0] < -1.99, found.points[-1] > 1.99, len(found.points) > 1000) == (True, True, True)


def test_where_there_is_no_value_nothing_is_refined() -> None:
    assert len(refinement(parse_formula("sqrt(-1 - x**2)"), {}, -2.0, 2.0).points) == 64
