"""Which critical points are looked at around a support interval, against all roots of the factors."""

from __future__ import annotations

import random

import numpy as np
import pytest
from flint import arb_poly, fmpz_poly

from resolvent.derive.exact.complex_roots import complex_roots
from resolvent.derive.exact.precision import working_precision
from resolvent.derive.laws.elementary import atoms
from resolvent.derive.support.support import critical_factors, node_factors, skeleton
from resolvent.numeric.density.critical_places import critical_places, roots_in_unit_disc


@pytest.mark.parametrize("seed", range(40))
def test_roots_in_the_unit_disc_are_counted_or_left_open(seed: int) -> None:
    random.seed(seed)
    coefficients = [random.randint(-99, 99) for _ in range(random.randint(2, 30))] + [random.choice([1, 99])]
    roots = np.abs(np.roots(coefficients[::-1]))
    with working_precision(64):
        found = roots_in_unit_disc(arb_poly(coefficients))
    if np.min(np.abs(np.log(roots))) > 0.2:  # none next to the circle
        assert found == np.sum(roots < 1)
    else:
        assert found is None or found == np.sum(roots < 1)


def test_the_roots_may_lie_close_to_the_circle() -> None:
    with working_precision(128):
        assert roots_in_unit_disc(arb_poly([1, 0, 2])) == 2  # at distance 0.7
        assert roots_in_unit_disc(arb_poly(fmpz_poly([9, 10]) ** 3 * fmpz_poly([11, 10]) ** 2)) == 3


@pytest.mark.parametrize("last", ["151/10", "154/10", "157/10"])
def test_complex_nodes_are_left_out_only_if_none_is_close_to_an_edge(last: str) -> None:
    frame = skeleton((atoms([-1, 0, 2, 5, 9]) + atoms([0, 1, 3, 7, last])).equation)
    precision, nodes = frame.branch.precision, node_factors(frame.branch.equation)
    assert max(f.degree() for f in nodes) == 98
    for interval in frame.intervals:
        ends = float(interval.left.point), float(interval.right.point)
        found = [complex(place) for place in critical_places(frame, interval)]
        with working_precision(precision):
            close = [
                complex(root)
                for factor in critical_factors(frame.branch.equation)
                for root in complex_roots(factor)
                if root.imag >= 0
                and min(abs(complex(root) - end) for end in ends) < 1e-3 * (ends[1] - ends[0])
                and min(abs(complex(root) - end) for end in ends) > 1e-12
            ]
        assert all(min(abs(place - root) for place in found) < 1e-9 for root in close)
        assert sum(place.imag > 0 for place in found) < 98 / 2  # those of the nodes are not among them
