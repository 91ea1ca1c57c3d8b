"""The four packages import downwards only, keep heavy imports out of the way, and never evaluate text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("derive", "numeric", "catalog", "resolvent")  # from the bottom up; the first three are links in the last
EVALUATORS = {"eval", "exec", "compile", "sympify", "parse_expr", "__import__"}
HEAVY = {"matplotlib", "scipy"}


def imported_modules(tree: ast.AST, module: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """Line and absolute name of everything a module imports, wherever the statement stands.

    ``from a import b`` counts as ``a.b``, since b may be a module.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                home = module.split(".")
                home = home[: len(home) - node.level + is_package]
                base = ".".join([*home, base] if base else home)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def upward(tree: ast.AST, module: str, is_package: bool) -> list[tuple[int, str]]:
    """The imports of a module that go to a higher layer."""
    layer = _rank(module)
    return [(line, name) for line, name in imported_modules(tree, module, is_package) if _rank(name) > layer]


def _rank(name: str) -> int:
    parts = name.split(".")
    if parts[0] != "resolvent":
        return -1
    return LAYERS.index(parts[1]) if len(parts) > 1 and parts[1] in LAYERS else LAYERS.index("resolvent")


def sources() -> dict[str, tuple[Path, ast.Module, bool]]:
    """Every module of the four packages: its file, its syntax tree and whether it is a package."""
    found = {}
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):  # does not follow links
            parts = path.relative_to(ROOT).with_suffix("").parts
            if layer != "resolvent":
                parts = ("resolvent", *parts)
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            found[name] = (path, ast.parse(path.read_text(encoding="utf-8"), str(path)), is_package)
    return found


MODULES = sources()


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
        _, tree, is_package = MODULES[name]
        for _, target in imported_modules(at_import(tree), name, is_package):
            parts = target.split(".")
            waiting += [".".join(parts[:k]) for k in range(1, len(parts) + 1)]
    return seen


def heavy_imports(name: str) -> list[str]:
    """Where a module imports a heavy package as it is loaded."""
    path, tree, is_package = MODULES[name]
    return [
        f"{path.relative_to(ROOT)}:{line} imports {target}"
        for line, target in imported_modules(at_import(tree), name, is_package)
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


def test_all_four_packages_are_walked() -> None:
    assert {_rank(name) for name in MODULES} == set(range(4))
    assert {
        "resolvent.derive.laws.algebraic_law",
        "resolvent.numeric.spectrum.spectrum",
        "resolvent.catalog.entries.hessian",
        "resolvent.conjectures.verification",
    } <= set(MODULES)


def test_no_module_imports_from_a_higher_layer() -> None:
    offences = [
        f"{path.relative_to(ROOT)}:{line} imports {target}"
        for name, (path, tree, is_package) in MODULES.items()
        for line, target in upward(tree, name, is_package)
    ]
    assert not offences, "\n".join(offences)


def test_no_module_imports_from_the_tests() -> None:
    offences = [
        f"{path.relative_to(ROOT)}:{line} imports {target}"
        for name, (path, tree, is_package) in MODULES.items()
        for line, target in imported_modules(tree, name, is_package)
        if target.split(".")[0] in ("tests", "benchmarks", "docs")
    ]
    assert not offences, "\n".join(offences)


def test_nothing_evaluates_text() -> None:
    offences = [
        f"{path.relative_to(ROOT)}:{line} uses {what}"
        for path, tree, _ in MODULES.values()
        for line, what in evaluations(tree)
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
    found = set(imported_modules(ast.parse(SYNTHETIC), "resolvent.derive.inner.module", False))
    assert {name for _, name in found if _rank(name) >= 0} == {
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


def test_the_walker_reports_upward_imports_with_their_lines() -> None:
    assert sorted(upward(ast.parse(SYNTHETIC), "resolvent.derive.inner.module", False)) == [
        (3, "resolvent.catalog.registry"),
        (8, "resolvent.numeric.spectrum.spectrum"),
        (10, "resolvent"),
    ]


@pytest.mark.parametrize(("layer", "offences"), [("numeric", 2), ("catalog", 1), ("resolvent", 0)])
def test_the_higher_the_layer_the_more_it_may_import(layer: str, offences: int) -> None:
    assert len(upward(ast.parse(SYNTHETIC), f"resolvent.{layer}.inner.module", False)) == offences


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
