"""Who imports whom: every module of the four packages, and the wings as docs/wings.toml lists them, bottom up."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import networkx

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("derive", "numeric", "catalog", "resolvent")  # from the bottom up; the first three are links in the last
WINGS: dict[str, list[str]] = tomllib.loads((ROOT / "docs" / "wings.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Module:
    """A module: its file, its syntax tree and whether it is a package."""

    path: Path
    tree: ast.Module
    is_package: bool


def sources(root: Path = ROOT) -> dict[str, Module]:
    """Every module of the four packages by its full name."""
    found = {}
    for layer in LAYERS:
        for path in sorted((root / layer).rglob("*.py")):  # does not follow links
            parts = path.relative_to(root).with_suffix("").parts
            if layer != "resolvent":
                parts = ("resolvent", *parts)
            is_package = parts[-1] == "__init__"
            name = ".".join(parts[:-1] if is_package else parts)
            found[name] = Module(path, ast.parse(path.read_text(encoding="utf-8"), str(path)), is_package)
    return found


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


def file_of(name: str, modules: dict[str, Module]) -> str | None:
    """The module that an imported name belongs to: the longest part of it that is one of ours."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def graph(modules: dict[str, Module]) -> networkx.DiGraph:
    """The imports between modules; each arrow has the line of the first one."""
    arrows = networkx.DiGraph()
    arrows.add_nodes_from(modules)
    for name, module in modules.items():
        for line, target in imported_modules(module.tree, name, module.is_package):
            home = file_of(target, modules)
            if home is not None and home != name and not arrows.has_edge(name, home):
                arrows.add_edge(name, home, line=line)
    return arrows


def circles(arrows: networkx.DiGraph) -> list[list[str]]:
    """The groups of modules that import each other."""
    return sorted(sorted(c) for c in networkx.strongly_connected_components(arrows) if len(c) > 1)


def place(name: str, wings: dict[str, list[str]] = WINGS) -> tuple[int, ...]:
    """Where a module stands: its layer, its wing, and so on inward. A package's own module stands above its wings.

    Raises `KeyError` for a module whose wing is not in the list.
    """
    parts = name.split(".")[1:]
    home = parts.pop(0) if parts and parts[0] in LAYERS[:-1] else "resolvent"
    found = [LAYERS.index(home)]
    while home in wings:
        if not parts:
            return (*found, len(wings[home]))
        wing = parts.pop(0)
        if wing not in wings[home]:
            raise KeyError(f"{name} belongs to no wing of {home} in docs/wings.toml")
        found.append(wings[home].index(wing))
        home = f"{home}.{wing}"
    return tuple(found)


def upward(arrows: networkx.DiGraph, wings: dict[str, list[str]] = WINGS) -> list[tuple[str, str, int]]:
    """The imports that go to a higher layer or wing: from, to, line."""
    return sorted(
        (start, end, line) for start, end, line in arrows.edges(data="line") if place(end, wings) > place(start, wings)
    )
