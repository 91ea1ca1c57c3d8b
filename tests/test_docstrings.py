"""Every public function and class says what it is, and what it raises."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.imports import ROOT, sources

Definition = ast.FunctionDef | ast.ClassDef
SAYS_SO = re.compile(r"\b[Rr]aises?\b|[Rr]efuse|Error`|`NotCertified`")


def public_definitions() -> Iterator[tuple[str, Definition, bool]]:
    """Place and syntax tree of every public function, method and class; whether it stands in a class with bases.

    A method of such a class may have its docstring from there.
    """

    def inside(body: list[ast.stmt], file: str, derived: bool) -> Iterator[tuple[str, Definition, bool]]:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                yield f"{file}:{node.lineno} {node.name}", node, derived
                if isinstance(node, ast.ClassDef):
                    yield from inside(node.body, file, bool(node.bases))

    for module in sources().values():
        yield from inside(module.tree.body, str(module.path.relative_to(ROOT)), False)


def raises(node: Definition) -> bool:
    """Whether a function raises in its own body; raising anew, and ending a command (`typer.Exit`), do not count."""
    if not isinstance(node, ast.FunctionDef):
        return False
    own = [found for found in ast.walk(node) if isinstance(found, ast.Raise) and found.exc is not None]
    return any("typer.Exit" not in ast.unparse(found) for found in own)


def test_every_public_definition_has_a_docstring() -> None:
    bare = [place for place, node, derived in public_definitions() if not derived and ast.get_docstring(node) is None]
    assert not bare, "\n".join(bare)


def test_every_public_function_that_raises_says_so() -> None:
    """Commands are left out: their docstrings are their help texts, and what they raise becomes a message."""
    silent = [
        place
        for place, node, derived in public_definitions()
        if raises(node)
        and not place.startswith("resolvent/cli/")
        and not SAYS_SO.search(ast.get_docstring(node) or "raises" * derived)
    ]
    assert not silent, "\n".join(silent)
