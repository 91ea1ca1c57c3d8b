"""Several threads derive at the same time: all numbers are those that one thread finds."""

from __future__ import annotations

import multiprocessing
import random
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sympy

import resolvent as rv
from resolvent.derive.exact.precision import order, working_precision
from resolvent.derive.support.support import critical_factors, skeleton

THREADS = 8
c, v = sympy.symbols("c v", positive=True)
LAWS: list[Callable[[], Any]] = [
    lambda: rv.semicircle("3/7"),
    lambda: rv.marchenko_pastur("5/3", sigma="1/2"),
    lambda: rv.marchenko_pastur(c),
    lambda: rv.semicircle(v) + rv.marchenko_pastur(c),
    lambda: rv.semicircle() + rv.marchenko_pastur("1/3"),
    lambda: rv.marchenko_pastur("1/2") @ rv.marchenko_pastur("1/3"),
    lambda: rv.marchenko_pastur(c) @ rv.atoms([1, 2]),
    lambda: rv.atoms([0, 1, 3], ["1/2", "1/3", "1/6"]) + rv.semicircle("1/5"),
    lambda: rv.atoms([-1, 1]).free_power("5/2"),
    lambda: rv.atoms([0, 1]).free_power(c + 1),
    lambda: rv.fuss_catalan(3),
    lambda: rv.fuss_catalan(2) + rv.semicircle(),
    lambda: rv.marchenko_pastur("1/4") ** 2,
    lambda: rv.marchenko_pastur("1/4") ** -1,
    lambda: (rv.marchenko_pastur("1/2") + 1).inverse(),
    lambda: rv.semicircle().compress("1/3"),
    lambda: rv.marchenko_pastur("2/3").compress("2/5"),
    lambda: rv.semicircle() ** 2,
    lambda: rv.kesten_mckay(4),
    lambda: rv.wachter("1/2", "1/3"),
    lambda: rv.arcsine(2) + rv.arcsine(1),
    lambda: rv.free_poisson("3/2", 2),
    lambda: rv.marchenko_pastur(1).free_multiplicative_power("3/2"),
    lambda: rv.atoms([1, 2]).wishart("1/3"),
    lambda: rv.atoms([1, 4]).information_plus_noise("1/2", "1/2"),
    lambda: rv.semicircle().direct_sum(rv.marchenko_pastur(1), "1/3"),
    lambda: rv.rectangular_sum(rv.marchenko_pastur("1/2"), rv.marchenko_pastur("1/2"), "1/2"),
    lambda: rv.classical_sum(rv.marchenko_pastur(c), rv.semicircle()),
    lambda: rv.tensor_product(rv.marchenko_pastur("1/2"), rv.marchenko_pastur(2)),
    lambda: rv.holonomic(rv.semicircle() + rv.marchenko_pastur("1/2")),
]


def exact(number: int) -> tuple[str, ...]:
    """The equation or text, moments, cumulants and, at numeric parameters, edges and atoms of a law."""
    law = LAWS[number]()
    found = [str(law), *map(str, law.moments(12)), *map(str, law.free_cumulants(12))]
    if isinstance(law, rv.AlgebraicLaw):
        found.append(str(law.equation.expr))
        if not law.parameters:
            bones = skeleton(law.equation)
            found += [f"{a.point.digits(30)}: {a.weight.to_sympy()}" for a in bones.atoms]
            found += [f"{i.left.point.digits(30)} to {i.right.point.digits(30)}" for i in bones.intervals]
    return tuple(found)


def forget() -> None:
    """Let the next derivation begin from nothing."""
    for cache in (skeleton, critical_factors):
        cache.cache_clear()


@pytest.fixture
def expected() -> list[tuple[str, ...]]:
    forget()
    return [exact(k) for k in range(len(LAWS))]


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads that take turns a thousand times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


@contextmanager
def deriving(
    tour: Callable[[random.Random], Iterable[int]], expected: list[tuple[str, ...]]
) -> Iterator[tuple[list[int], list[str]]]:
    """8 threads that derive laws, each in an order of its own, and are done at the end.

    What each has derived is counted, and what they find that is not expected is listed.
    """
    counts, wrong = [0] * THREADS, list[str]()

    def work(seed: int) -> None:
        rng = random.Random(seed)
        for k in tour(rng):
            try:
                found = exact(k)
            except Exception as error:  # whatever it is, it is not expected
                wrong.append(f"law {k}: {error!r}")
            else:
                if found != expected[k]:
                    wrong.append(f"law {k}: {found} != {expected[k]}")
            counts[seed] += 1
            if rng.random() < 0.2:
                forget()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    yield counts, wrong
    for thread in threads:
        thread.join()


def differences(rounds: int, expected: list[tuple[str, ...]]) -> list[str]:
    """What threads find that is not expected, each going over all laws ``rounds`` times."""

    def tour(rng: random.Random) -> Iterator[int]:
        for _ in range(rounds):
            yield from rng.sample(range(len(LAWS)), len(LAWS))

    with deriving(tour, expected) as (_, wrong):
        pass
    return wrong


def test_nothing_relies_on_the_context_outside_of_blocks(expected: list[tuple[str, ...]]) -> None:
    forget()
    with working_precision(5), order(1):
        assert [exact(k) for k in range(len(LAWS))] == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    "law",
    [
        lambda: rv.semicircle() + rv.marchenko_pastur("1/2"),
        lambda: rv.classical_sum(rv.semicircle(), rv.marchenko_pastur("1/2")),
        lambda: rv.holonomic(rv.semicircle() + rv.marchenko_pastur("1/3")),
    ],
)
def test_no_spectrum_relies_on_the_context_outside_of_blocks(law: Callable[[], Any]) -> None:
    def numbers() -> list[float]:
        forget()
        rho = rv.Spectrum(law())
        return [*rho.pdf([-1.5, 0.3, 1.0]), *rho.cdf([-1.5, 0.3, 1.0]), *rho.ppf([0.1, 0.5]), rho.moment(3)]

    expected = numbers()
    with working_precision(5), order(1):
        assert numbers() == expected


@pytest.mark.usefixtures("hurried")
def test_threads_find_what_one_thread_finds(expected: list[tuple[str, ...]]) -> None:
    assert differences(1, expected) == []


@pytest.mark.slow
@pytest.mark.usefixtures("hurried")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_threads_beside_a_forked_pool_find_what_one_thread_finds(expected: list[tuple[str, ...]]) -> None:
    wrong: list[str] = []
    beside = threading.Thread(target=lambda: wrong.extend(differences(5, expected)))
    beside.start()
    found = []
    while beside.is_alive():
        forget()
        with multiprocessing.get_context("fork").Pool(2) as pool:
            found.append(pool.map(exact, range(len(LAWS)), chunksize=5))
    beside.join()
    assert wrong == []
    assert len(found) > 1
    assert all(one == expected for one in found)
