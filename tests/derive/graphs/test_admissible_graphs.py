"""Admissible graphs: the stream against brute force over set partitions, and every graph's anatomy by networkx."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from itertools import islice, pairwise, product
from math import comb

import networkx
import pytest

from resolvent.derive.errors import ParameterError
from resolvent.derive.graphs.admissible_graphs import (
    AdmissibleGraph,
    admissible_graphs,
    number_of_graphs,
    symmetry_classes,
)
from tests.oracles import noncrossing_partitions, set_partitions

Vertices = tuple[int, ...]
SMALL = [(k, colours) for colours, most in ((1, 7), (2, 5), (3, 4), (4, 3)) for k in range(1, most + 1)]
small = pytest.mark.parametrize(("k", "colours"), SMALL)


# -- an oracle of its own: quotients of the coloured polygon by set partitions ------------------------------


def in_order(classes: list[int]) -> Vertices:
    """Classes renumbered in order of appearance."""
    numbers: dict[int, int] = {}
    return tuple(numbers.setdefault(c, len(numbers)) for c in classes)


def quotients(k: int, colours: int) -> Iterator[Vertices]:
    """Every way to identify vertices of one colour of the polygon with ``colours`` * k vertices."""
    for choice in product(*(list(set_partitions(k)) for _ in range(colours))):
        classes = [0] * (colours * k)
        for colour, partition in enumerate(choice):
            for number, block in enumerate(partition):
                for place in block:
                    classes[colours * (place - 1) + colour] = colour + colours * number
        yield in_order(classes)


def quotient_graph(vertices: Vertices) -> networkx.MultiGraph:
    graph = networkx.MultiGraph()
    graph.add_nodes_from(vertices)
    graph.add_edges_from(pairwise((*vertices, vertices[0])))
    return graph


def is_cycle_cactus(graph: networkx.MultiGraph) -> bool:
    """Whether every block is one simple cycle, a double edge or a loop counting as such."""
    loops = list(networkx.selfloop_edges(graph))
    rest = graph.copy()
    rest.remove_edges_from(loops)
    covered = 0
    for block in networkx.biconnected_components(networkx.Graph(rest)):
        inside = rest.subgraph(block)
        if any(degree != 2 for _, degree in inside.degree()):
            return False
        covered += inside.number_of_edges()
    return covered + len(loops) == graph.number_of_edges()


@pytest.mark.parametrize(("k", "colours"), [(k, 2) for k in range(1, 5)] + [(k, 1) for k in range(1, 8)] + [(3, 3)])
def test_stream_is_what_brute_force_finds(k: int, colours: int) -> None:
    found = [graph.vertices for graph in admissible_graphs(k, colours)]
    assert Counter(found) == Counter(v for v in quotients(k, colours) if is_cycle_cactus(quotient_graph(v)))


def test_stream_is_what_brute_force_finds_at_five() -> None:
    found = {graph.vertices for graph in admissible_graphs(5)}
    assert len(found) == 273
    assert found == {v for v in quotients(5, 2) if is_cycle_cactus(quotient_graph(v))}


# -- counts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("k", "ternary"), list(enumerate([1, 3, 12, 55, 273, 1428, 7752, 43263, 246675], start=1)))
def test_two_colours_give_the_ternary_tree_numbers(k: int, ternary: int) -> None:
    assert sum(1 for _ in admissible_graphs(k)) == ternary == number_of_graphs(k)


@pytest.mark.parametrize("k", range(1, 11))
def test_one_colour_gives_the_catalan_numbers(k: int) -> None:
    assert sum(1 for _ in admissible_graphs(k, 1)) == comb(2 * k, k) // (k + 1) == number_of_graphs(k, 1)


@pytest.mark.parametrize(("k", "colours"), [(5, 3), (4, 4), (3, 6)])
def test_other_numbers_of_colours_give_fuss_catalan_numbers(k: int, colours: int) -> None:
    trees = [1]  # trees with n nodes and colours + 1 ordered children at each, by their recursion
    for n in range(k):
        forests = [1] + [0] * n
        for _ in range(colours + 1):
            forests = [sum(forests[i] * trees[s - i] for i in range(s + 1)) for s in range(n + 1)]
        trees.append(forests[n])
    assert sum(1 for _ in admissible_graphs(k, colours)) == trees[k]


def test_one_colour_is_the_kreweras_complement_of_noncrossing_partitions() -> None:
    blocks = {tuple(sorted(g.blocks)) for g in admissible_graphs(6, 1)}
    assert blocks == {tuple(sorted(tuple(e - 1 for e in b) for b in p)) for p in noncrossing_partitions(6)}


# -- each graph --------------------------------------------------------------------------------------------


@small
def test_codes_increase_so_no_graph_comes_twice(k: int, colours: int) -> None:
    codes = [graph.code for graph in admissible_graphs(k, colours)]
    assert all(a < b for a, b in pairwise(codes))


@small
def test_every_graph_is_outerplanar(k: int, colours: int) -> None:
    """A graph is outer-planar if and only if it stays planar with one more vertex joined to all others."""
    for graph in admissible_graphs(k, colours):
        cone = networkx.Graph(graph.to_networkx())
        cone.add_edges_from([("apex", vertex) for vertex in list(cone)])
        assert networkx.check_planarity(cone)[0]


@small
def test_blocks_are_those_of_the_graph(k: int, colours: int) -> None:
    for graph in admissible_graphs(k, colours):
        drawn = graph.to_networkx()
        assert is_cycle_cactus(drawn)
        plain = networkx.Graph(drawn)
        plain.remove_edges_from(list(networkx.selfloop_edges(plain)))
        expected = {frozenset(block) for block in networkx.biconnected_components(plain)}
        ends: dict[int, set[int]] = {}
        for a, b, block in drawn.edges(data="block"):
            ends.setdefault(block, set()).update((a, b))
        assert {frozenset(v) for v in ends.values() if len(v) > 1} == expected
        assert sorted(len(b) for b in graph.blocks) == [colours * j for j in graph.cycle_lengths]


@small
def test_counts_are_the_vertices_by_colour(k: int, colours: int) -> None:
    for graph in admissible_graphs(k, colours):
        seen = Counter(colour for _, colour in graph.to_networkx().nodes(data="colour"))
        assert graph.counts == tuple(seen[colour] for colour in range(colours))
        assert sum(graph.counts) == len(set(graph.vertices))


@small
def test_identified_vertices_have_one_colour(k: int, colours: int) -> None:
    for graph in admissible_graphs(k, colours):
        colour_of: dict[int, int] = {}
        for place, vertex in enumerate(graph.vertices):
            assert colour_of.setdefault(vertex, place % colours) == place % colours


def test_order_and_edges_of_a_graph() -> None:
    graph = AdmissibleGraph((2, 4, 0, 0, 0, 0))
    assert graph.k == 3
    assert sorted((a, b) for a, b in graph.to_networkx().edges()) == [(0, 1), (0, 1), (1, 2), (1, 4), (2, 3), (3, 4)]


# -- symmetry ----------------------------------------------------------------------------------------------


def orbit(vertices: Vertices, colours: int) -> frozenset[Vertices]:
    """The images under the symmetries of the polygon that keep the colours, from the vertices alone."""
    n = len(vertices)
    maps = [[(p + turn) % n for p in range(n)] for turn in range(0, n, colours)]
    if colours <= 2:
        maps += [[(turn - p) % n for p in range(n)] for turn in range(0, n, colours)]
    return frozenset(in_order([vertices[p] for p in image]) for image in maps)


@small
def test_symmetry_classes_are_the_orbits(k: int, colours: int) -> None:
    orbits = {orbit(graph.vertices, colours) for graph in admissible_graphs(k, colours)}
    found = list(symmetry_classes(k, colours))
    assert {orbit(graph.vertices, colours) for graph, _ in found} == orbits
    assert sorted(number for _, number in found) == sorted(map(len, orbits))


@small
def test_images_have_the_same_weight(k: int, colours: int) -> None:
    for graph, _ in symmetry_classes(k, colours):
        assert {(g.counts, g.cycle_lengths) for g in graph.images()} == {(graph.counts, graph.cycle_lengths)}


# -- a stream ----------------------------------------------------------------------------------------------


def test_memory_does_not_grow_with_the_number_of_graphs() -> None:
    tracemalloc.start()
    for _ in islice(admissible_graphs(12, limit=None), 50_000):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000


# -- bad input ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [admissible_graphs, symmetry_classes])
def test_too_many_graphs_ask_for_a_go_ahead_before_the_first(make: object) -> None:
    with pytest.raises(ParameterError, match=r"order 12 has 50067108 admissible graphs .* limit of 2000000"):
        make(12)  # type: ignore[operator]


def test_a_larger_limit_is_a_go_ahead() -> None:
    assert next(admissible_graphs(12, limit=50_067_108)).code[0] == 2
    with pytest.raises(ParameterError, match="1 colour, more than the limit of 4"):
        admissible_graphs(3, 1, limit=4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0,), "k must be an integer, at least 1; got 0"),
        ((-3,), "k must be"),
        ((2.0,), "k must be"),
        ((True,), "k must be"),
        (("3",), "k must be"),
        ((3, 0), "colours must be an integer, at least 1; got 0"),
        ((3, 2.5), "colours must be"),
    ],
)
def test_impossible_arguments_are_refused_when_called(arguments: tuple[object, ...], message: str) -> None:
    for make in (admissible_graphs, symmetry_classes):
        with pytest.raises(ParameterError, match=message):
            make(*arguments)  # type: ignore[arg-type]


def test_the_limit_is_a_positive_integer() -> None:
    with pytest.raises(ParameterError, match="limit must be an integer, at least 1"):
        admissible_graphs(3, limit=0)


def test_number_of_graphs_of_order_zero() -> None:
    assert number_of_graphs(0) == 1
    with pytest.raises(ParameterError, match="k must be an integer, at least 0"):
        number_of_graphs(-1)
