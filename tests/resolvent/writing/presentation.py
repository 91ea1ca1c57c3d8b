"""Presentation MathML read back: its tree, and the number that it stands for."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

import mpmath

_FUNCTIONS = {"log": mpmath.log, "sin": mpmath.sin, "erf": mpmath.erf, "exp": mpmath.exp}
_CONSTANTS = {"e": mpmath.e, "π": mpmath.pi}


def tree(markup: str) -> ET.Element:
    """The tree, without namespaces; fails for markup that is not well-formed XML."""
    root = ET.fromstring(markup)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def value(root: ET.Element, at: Mapping[str, float]) -> Any:
    """The number; for an equation both of its sides."""
    sides: list[list[ET.Element]] = [[]]
    for element in _flat(root):
        if element.tag == "mo" and element.text == "=":
            sides.append([])
        else:
            sides[-1].append(element)
    numbers = [complex(_Sum(side, at).total()) for side in sides]
    return numbers[0] if len(numbers) == 1 else tuple(numbers)


def _flat(root: ET.Element) -> list[ET.Element]:
    """The elements of a formula on one line, whether it stands on one or on several."""
    cells = list(root.iter("mtd"))
    return [child for cell in cells for child in cell] if cells else list(root)


class _Sum:
    """Sums of products, by recursive descent over the elements of a row."""

    def __init__(self, elements: list[ET.Element], at: Mapping[str, float]) -> None:
        self.elements = [e for e in elements if e.tag != "mspace"]
        self.at = at
        self.place = 0

    def sign(self) -> str:
        if self.place < len(self.elements) and self.elements[self.place].tag == "mo":
            return self.elements[self.place].text or ""
        return ""

    def total(self) -> Any:
        result = -self.product() if self.passed("−") else self.product()
        while self.place < len(self.elements):
            if self.passed("+"):
                result += self.product()
            elif self.passed("−"):
                result -= self.product()
            else:
                raise AssertionError(f"{self.sign()!r} is not understood")
        return result

    def passed(self, sign: str) -> bool:
        if self.sign() != sign:
            return False
        self.place += 1
        return True

    def product(self) -> Any:
        result = self.factor()
        while self.passed("\u2062") or self.passed("⋅"):
            result *= self.factor()
        return result

    def factor(self) -> Any:
        if self.passed("−"):
            return -self.factor()
        element = self.elements[self.place]
        self.place += 1
        if self.passed("\u2061"):  # a function, or its power
            argument = self.factor()
            if element.tag == "msup":
                return _FUNCTIONS[element[0].text or ""](argument) ** self.of(element[1])
            return _FUNCTIONS[element.text or ""](argument)
        return self.of(element)

    def of(self, element: ET.Element) -> Any:
        children = list(element)
        if element.tag == "mn":
            return mpmath.mpf(element.text)
        if element.tag == "mi":
            name = element.text or ""
            return _CONSTANTS[name] if name in _CONSTANTS else mpmath.mpf(self.at[name])
        if element.tag == "msub":
            return mpmath.mpf(self.at["_".join(children[0].itertext()) + "_" + "".join(children[1].itertext())])
        if element.tag == "msup":
            return self.of(children[0]) ** self.of(children[1])
        if element.tag == "mfrac":
            return self.of(children[0]) / self.of(children[1])
        if element.tag == "msqrt":
            return mpmath.sqrt(_Sum(children, self.at).total())
        if element.tag == "mroot":
            return mpmath.root(self.of(children[0]), int(self.of(children[1])))
        assert element.tag == "mrow", element.tag
        fenced = children[0].get("fence") == "true"
        inner = _Sum(children[1:-1] if fenced else children, self.at).total()
        return abs(inner) if fenced and children[0].text == "|" else inner
