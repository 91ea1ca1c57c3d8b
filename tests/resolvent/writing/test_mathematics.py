"""Laws and matrices that stand in sentences as mathematics."""

from __future__ import annotations

import itertools
import re

import pytest

from resolvent.writing.mathematics import law_latex

POWERS = ("**2", "**-1", ".free_power(2)", ".free_multiplicative_power(2)")
OTHERS = (".compress(1/2)", ".sample_covariance(c)", ".companion(c)", ".mobius(1, 2, 3, 4)", ".symmetric_root()")
# what LaTeX refuses: a second superscript on what has one
TWICE = re.compile(r"\^\{(?:[^{}]|\{[^{}]*\})*\}\s*\^")


@pytest.mark.parametrize(("first", "second"), list(itertools.product(POWERS + OTHERS, repeat=2)))
def test_no_power_stands_on_a_power(first: str, second: str) -> None:
    found = law_latex(f"(marchenko_pastur(c){first}){second}")
    assert found is not None
    assert not TWICE.search(found), found


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("(semicircle()**2).free_power(2)", r"(\mathrm{SC}^{2})^{\boxplus 2}"),
        ("(marchenko_pastur(1/2)**-1)**2", r"(\mathrm{MP}(1/2)^{-1})^{2}"),
        ("marchenko_pastur(c)**-1 @ semicircle()**2", r"\mathrm{MP}(c)^{-1} \boxtimes \mathrm{SC}^{2}"),
        ("2*semicircle()**2", r"2\,\mathrm{SC}^{2}"),
        ("(X.T)**2 + inv(X @ X.T)", r"(X^{\top})^{2} + (X X^{\top})^{-1}"),
        ("(S @ T / sqrt(n) - I * m) @ X.H", r"(\frac{S T}{\sqrt{n}} - i m) X^{*}"),
        ("inv(inv(X @ X.T))", r"((X X^{\top})^{-1})^{-1}"),
    ],
)
def test_brackets_stand_where_they_are_needed(text: str, latex: str) -> None:
    assert law_latex(text) == latex
