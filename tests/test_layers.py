"""Packages and wings import downwards only, in no circle; nothing heavy is loaded early; text is never evaluated."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.imports import LAYERS, WINGS, Module, circles, file_of, graph, imported_modules, place, sources, upward

ROOT = Path(__file__).resolve().parent.parent
EVALUATORS = {"eval", "exec", "compile", "sympify", "parse_expr", "__import__"}
HEAVY = {"matplotlib", "scipy"}
MODULES = sources()
GRAPH = graph(MODULES)


def at_import(tree: ast.AST) -> ast.Module:
    """The statements that run when the module is imported: no function bodies, no ``if TYPE_CHECKING``."""

    def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
        for node in body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                yield node
            elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                yield from statements(node.orelse)
            elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for name in ("body", "orelse", "finalbody"):
                    yield from statements(getattr(node, name, []))
                for handler in getattr(node, "handlers", []):
                    yield from statements(handler.body)

    assert isinstance(tree, ast.Module)
    return ast.Module(list(statements(tree.body)), [])


def loaded_with(start: str) -> set[str]:
    """The modules of the four packages that ``import start`` runs, by following imports that run at import."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in MODULES:
            continue
        seen.add(name)
        module = MODULES[name]
        for _, target in imported_modules(at_import(module.tree), name, module.is_package):
            parts = target.split(".")
            waiting += [".".join(parts[:k]) for k in range(1, len(parts) + 1)]
    return seen


def heavy_imports(name: str) -> list[str]:
    """Where a module imports a heavy package as it is loaded."""
    module = MODULES[name]
    return [
        f"{module.path.relative_to(ROOT)}:{line} imports {target}"
        for line, target in imported_modules(at_import(module.tree), name, module.is_package)
        if target.split(".")[0] in HEAVY
    ]


def evaluations(tree: ast.AST) -> list[tuple[int, str]]:
    """Line and name of each use of something that evaluates text, and of each import of pickle or the like."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            own_method = isinstance(called, ast.Attribute) and name == "compile" and ast.unparse(called.value) == "re"
            if name in EVALUATORS and not own_method:
                found.append((node.lineno, name))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [a.name for a in node.names] + [getattr(node, "module", None) or ""]
            banned = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "sympify", "parse_expr"}
            found += [(node.lineno, n) for n in names if banned & set(n.split("."))]
    return found


# -- the rules -----------------------------------------------------------------------------------------------


def test_every_module_has_a_place_in_the_list() -> None:
    assert {place(name)[0] for name in MODULES} == set(range(len(LAYERS)))


def test_every_wing_in_the_list_exists() -> None:
    names = {".".join([*(["resolvent"] if not home.startswith("resolvent") else []), home, wing])
             for home, wings in WINGS.items() for wing in wings}  # fmt: skip
    assert names <= set(MODULES)


def test_no_import_runs_upward() -> None:
    offences = [f"{MODULES[start].path.relative_to(ROOT)}:{line} imports {end}" for start, end, line in upward(GRAPH)]
    assert not offences, "\n".join(offences)


def test_no_modules_import_each_other_in_a_circle() -> None:
    found = circles(GRAPH)
    assert not found, "\n".join(", ".join(circle) for circle in found)


def test_no_module_is_longer_than_500_lines() -> None:
    long = {name: lines for name, module in MODULES.items()
            if (lines := module.path.read_text(encoding="utf-8").count("\n")) > 500}  # fmt: skip
    assert not long


def test_no_module_imports_from_the_tests() -> None:
    offences = [
        f"{module.path.relative_to(ROOT)}:{line} imports {target}"
        for name, module in MODULES.items()
        for line, target in imported_modules(module.tree, name, module.is_package)
        if target.split(".")[0] in ("tests", "benchmarks", "docs")
    ]
    assert not offences, "\n".join(offences)


def test_every_module_says_resolvent_first() -> None:
    """The folders at the top are links inside `resolvent`; under their own names they would be loaded twice."""
    offences = [
        f"{module.path.relative_to(ROOT)}:{line} imports {target}"
        for name, module in MODULES.items()
        for line, target in imported_modules(module.tree, name, module.is_package)
        if target.split(".")[0] in LAYERS[:-1]
    ]
    assert not offences, "\n".join(offences)


def test_nothing_evaluates_text() -> None:
    offences = [
        f"{module.path.relative_to(ROOT)}:{line} uses {what}"
        for module in MODULES.values()
        for line, what in evaluations(module.tree)
    ]
    assert not offences, "\n".join(offences)


def test_exact_derivations_load_neither_plots_nor_numerics() -> None:
    offences = [place for name in MODULES if name.startswith("resolvent.derive") for place in heavy_imports(name)]
    assert not offences, "\n".join(offences)


def test_the_front_door_loads_neither_plots_nor_numerics() -> None:
    offences = [place for name in sorted(loaded_with("resolvent")) for place in heavy_imports(name)]
    assert not offences, "\n".join(offences)


# -- the walker ----------------------------------------------------------------------------------------------

SYNTHETIC = """
from __future__ import annotations
import numpy, resolvent.catalog.registry as registry
from typing import TYPE_CHECKING
from . import law
from .equation import Z
if TYPE_CHECKING:
    from resolvent.numeric.spectrum import spectrum
def late():
    import resolvent
    from ..catalog.entries import hessian
class Holder:
    from resolvent.derive.laws.elementary import atoms
"""


def test_the_walker_finds_absolute_and_relative_imports_everywhere() -> None:
    found = {name for _, name in imported_modules(ast.parse(SYNTHETIC), "resolvent.derive.inner.module", False)}
    assert {name for name in found if name.startswith("resolvent")} == {
        "resolvent.catalog.registry",
        "resolvent.derive.inner.law",
        "resolvent.derive.inner.equation.Z",
        "resolvent.numeric.spectrum.spectrum",
        "resolvent",
        "resolvent.derive.catalog.entries.hessian",
        "resolvent.derive.laws.elementary.atoms",
    }


def test_the_walker_resolves_relative_imports_of_a_package_from_itself() -> None:
    tree = ast.parse("from . import law\nfrom .law import Law")
    assert [n for _, n in imported_modules(tree, "derive", True)] == [
        "derive.law",
        "derive.law.Law",
    ]


SMALL = {
    "derive": ["low", "high"],
    "numeric": ["plots"],
    "catalog": [],
    "resolvent": ["shelf"],
    "resolvent.shelf": ["a", "b"],
}


def small(**texts: str) -> dict[str, Module]:
    """Modules from their texts, by names in which _ stands for the dot."""
    named = {"resolvent." + name.replace("_", "."): ast.parse(text) for name, text in texts.items()}
    return {name: Module(Path(name), tree, False) for name, tree in named.items()}


@pytest.mark.parametrize(
    ("start", "end", "runs_upward"),
    [
        ("derive_low_x", "derive_low_y", False),
        ("derive_high_x", "derive_low_x", False),
        ("derive_low_x", "derive_high_x", True),
        ("derive_high_x", "numeric_plots_x", True),
        ("numeric_plots_x", "derive_high_x", False),
        ("numeric_plots_x", "shelf_a", True),
        ("shelf_a", "shelf_b", True),
        ("shelf_b", "shelf_a", False),
    ],
)
def test_imports_against_the_list_are_found(start: str, end: str, runs_upward: bool) -> None:
    target = "resolvent." + end.replace("_", ".")
    modules = small(**{start: f"def late():\n    from {target} import name", end: ""})
    assert len(upward(graph(modules), SMALL)) == runs_upward


def test_a_module_without_a_wing_is_found() -> None:
    with pytest.raises(KeyError, match="belongs to no wing of derive"):
        place("resolvent.derive.middle.x", SMALL)


def test_a_package_stands_above_its_wings() -> None:
    assert place("resolvent.derive", SMALL) > place("resolvent.derive.high.x", SMALL)


def test_circles_are_found_through_late_imports_and_those_for_typing() -> None:
    modules = small(
        derive_low_x="def late():\n    from resolvent.derive.low.y import name",
        derive_low_y="if TYPE_CHECKING:\n    from resolvent.derive.low import z",
        derive_low_z="import resolvent.derive.low.x",
        derive_low_w="import resolvent.derive.low.x",
    )
    assert circles(graph(modules)) == [[f"resolvent.derive.low.{name}" for name in "xyz"]]


def test_an_imported_name_belongs_to_the_longest_module() -> None:
    assert file_of("resolvent.derive.low.x.name", small(derive_low_x="", derive_low="")) == "resolvent.derive.low.x"
    assert file_of("numpy.linalg", small(derive_low_x="")) is None


def test_only_statements_that_run_count_as_loaded() -> None:
    names = {n for _, n in imported_modules(at_import(ast.parse(SYNTHETIC)), "resolvent.derive.inner.module", False)}
    assert "resolvent.catalog.registry" in names
    assert "resolvent.derive.laws.elementary.atoms" in names
    assert not names & {"resolvent.numeric.spectrum.spectrum", "resolvent"}


@pytest.mark.parametrize(
    "text",
    ["eval('1')", "exec(x)", "sympy.sympify('x')", "from sympy import sympify", "parse_expr(x)", "import pickle",
     "from pickle import loads", "from sympy.parsing.sympy_parser import parse_expr as p", "compile(x, '', 'eval')"],
)  # fmt: skip
def test_evaluation_of_text_is_found(text: str) -> None:
    assert evaluations(ast.parse(text))


@pytest.mark.parametrize("text", ["re.compile('x')", "x.evaluate()", "'eval(1)'", "import ast\nast.parse(x)"])
def test_harmless_code_is_not(text: str) -> None:
    assert not evaluations(ast.parse(text))
