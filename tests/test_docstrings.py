"""Every public function and class says what it is, and what it raises."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any

import resolvent as rv
from tests.imports import ROOT, sources

Definition = ast.FunctionDef | ast.ClassDef
SAYS_SO = re.compile(r"\b[Rr]aises?\b|[Rr]efuse|Error`|`NotCertified`")

CITES = re.compile(r"\b(Sources?|References?)\b[^.\n]*:")
# Public names that state no formula: records, definitions of matrices and of measures, texts, pictures, tests of data.
_NAMES = """
ClosedDensity Comparison Derivation Evidence Fit Guess Law Limits MatrixExpression OpenTrace Proposal Rule
Step Trace Verdict activation atoms block check commuting dimension empirical gaussian given graph_sheet guess haar
identity inv kron law_of_density law_of_distribution mixture parameter parse phase_diagram phase_map plane_portrait
NumericLaw projection sheet_plot smooth_cdf verify wigner
"""
STATES_NOTHING = frozenset(_NAMES.split())
DISPLAYED = re.compile(r"\n {4,}\S.*( = | -> |\^)")
NAMED = re.compile(rf"{CITES.pattern}|\b(18|19|20)\d\d\b|DLMF")
# Modules that display a formula of their own: a change of variables, or the words of a grammar.
OF_THEIR_OWN = frozenset(
    {
        "resolvent.language.expressions",
        "resolvent.language.matrices",
        "resolvent.numeric.density.tensor_curves",
        "resolvent.numeric.spectrum.boundary_arc",
        "resolvent.numeric.spectrum.stieltjes_values",
    }
)


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


def test_every_public_name_that_states_a_formula_has_a_source() -> None:
    """In its own docstring, or in that of its module; names without one are listed, and the list has no other."""
    public: dict[str, Any] = {name: getattr(rv, name) for name in rv.__all__}
    public = {n: o for n, o in public.items() if callable(o) and not (isinstance(o, type) and issubclass(o, Exception))}
    cited = {
        name
        for name, one in public.items()
        if any(CITES.search(text or "") for text in (inspect.getdoc(one), sys.modules[one.__module__].__doc__))
    }
    assert set(public) - cited == STATES_NOTHING


def test_every_module_that_displays_a_formula_names_a_source() -> None:
    """A source, a year or a section of DLMF; those whose formulas are their own are listed."""
    texts = {name: ast.get_docstring(module.tree) or "" for name, module in sources().items()}
    silent = {name for name, text in texts.items() if DISPLAYED.search(text) and not NAMED.search(text)}
    assert silent == OF_THEIR_OWN
