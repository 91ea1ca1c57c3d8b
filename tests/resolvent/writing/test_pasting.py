"""Formulas that are broken into lines can be pasted: Python and the grammar read them, as what they were."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
import sympy

import resolvent as rv
from resolvent.language.expressions import parse_scalar
from resolvent.writing.law_report import law_report
from resolvent.writing.text import folded, text

LONG = ("random-features", "nonlinear-gram", "hessian")


def pasted(lines: list[str]) -> Iterator[tuple[str, str]]:
    """The two sides of the equations that were broken, each as it is copied: from the line that opens a bracket on."""
    block: list[str] = []
    for line in lines:
        if block or line.count("(") > line.count(")"):
            block.append(line)
        whole = "\n".join(block)
        if block and whole.count("(") == whole.count(")"):
            left, _, right = whole.partition(" = ")
            yield left.strip(), right.strip()
            block = []


@pytest.mark.parametrize("slug", LONG)
def test_broken_moments_and_equations_are_read_back(slug: str) -> None:
    law = rv.catalog.get(slug).law()
    lines = text(law_report(law, moments=5, steps=False)).splitlines()
    assert max(map(len, lines)) <= 80
    moments = dict(zip((f"m_{k}" for k in range(1, 6)), law.moments(5), strict=True))
    seen = 0
    for left, right in pasted(lines):
        if left in moments:
            ast.parse(f"{left} = {right}")  # a statement of Python
            found = parse_scalar(right.replace("\n", " "))
            names = {str(s): s for s in moments[left].free_symbols}
            assert sympy.expand(found.xreplace({s: names[str(s)] for s in found.free_symbols}) - moments[left]) == 0
            seen += 1
        elif right == "0":
            germ = ", ".join(map(str, (1, *moments.values())))
            assert rv.parse(f"law_of_equation({left}, [{germ}])").equation.polynomial == law.equation.polynomial
            seen += 1
    assert seen > 0


def test_what_needs_no_brackets_gets_none() -> None:
    words = "the claimed density = that of the model, and nothing else is said in this long line of words here"
    call = f"x = f({', '.join(['argument'] * 12)})"
    assert folded(["m_1 = a + b"]) == ["m_1 = a + b"]
    for line in (words, call, "a = b = c + " * 12):
        assert " ".join(" ".join(folded([line])).split()) == " ".join(line.split())


def test_a_source_stays_outside() -> None:
    (first, *_, last) = folded([f"  0 = {' + '.join(['c'] * 30)} [Kim 2020]"])
    assert first.startswith("  0 = (c + ")
    assert last.endswith(") [Kim 2020]")
