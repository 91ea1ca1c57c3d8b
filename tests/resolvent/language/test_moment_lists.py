"""Lists of numbers as users type them."""

from __future__ import annotations

import time

import pytest
from flint import fmpq

from resolvent.derive.errors import ParameterError, ParseError
from resolvent.language.moment_lists import MOST_CHARACTERS, MOST_COMMON_DIGITS, MOST_DIGITS, MOST_NUMBERS, read_moments


@pytest.mark.parametrize(
    "text",
    ["1, 5/2, -3", "1 5/2 -3", "1,5/2,-3,", "[1, 5/2, -3]", "(1 5/2 -3)", "1\n5/2\n\n-3\n", "1 # a, b\n5/2,\n-3 # c",
     "+1 , 10/4 , -6/2"],
)  # fmt: skip
def test_separators_and_comments(text: str) -> None:
    found = read_moments(text)
    assert (found.values, found.decimals) == ((fmpq(1), fmpq(5, 2), fmpq(-3)), False)


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.1", fmpq(1, 10)), ("-.5", fmpq(-1, 2)), ("2.", fmpq(2)), ("1e3", fmpq(1000)), ("1.5E-2", fmpq(3, 200))],
)
def test_decimals_are_exact(text: str, value: fmpq) -> None:
    found = read_moments(text)
    assert (found.values, found.decimals) == ((value,), True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1, two, 3", "number 2 of the list, 'two', is not a rational number; write exact numbers such as"),
        ("1, 2, ...", "number 3 of the list, '...', is not a rational number; write all numbers out"),
        ("1,,2", "number 2 of the list is missing"),
        (",1", "number 1 of the list is missing"),
        ("1/0", "divides by zero"),
        ("1 / 2", "number 2 of the list, '/'"),
        ("nan", "not a rational number"),
        ("inf", "not a rational number"),
        ("1_000", "not a rational number"),
        ("1/2/3", "not a rational number"),
        ("0x10", "not a rational number"),
        ("--1", "not a rational number"),
        ("e5", "not a rational number"),
        ("٣", "not a rational number"),
        ("__import__('os')", "not a rational number"),
        ("1.5/2", "not a rational number"),
    ],
)
def test_what_is_no_number(text: str, message: str) -> None:
    with pytest.raises(ParseError) as error:
        read_moments(text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "  ", "# nothing\n", "[]", "()"])
def test_empty_lists(text: str) -> None:
    with pytest.raises(ParameterError, match="the list of moments is empty"):
        read_moments(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 " * (MOST_NUMBERS + 1), f"has {MOST_NUMBERS + 1} numbers; the most is {MOST_NUMBERS}"),
        ("9" * (MOST_DIGITS + 1), f"more than {MOST_DIGITS} digits"),
        ("1e9999", f"more than {MOST_DIGITS} digits"),
        (" ".join(f"1/{7 ** (3000 + k) + 2}" for k in range(10)), f"more than {MOST_COMMON_DIGITS} digits"),
        (" " * (MOST_CHARACTERS + 1), f"longer than {MOST_CHARACTERS} characters"),
    ],
)
def test_sizes_are_bounded(text: str, message: str) -> None:
    began = time.process_time()
    with pytest.raises(ParameterError, match=message):
        read_moments(text)
    assert time.process_time() - began < 5


def test_the_largest_sizes_are_read() -> None:
    assert len(read_moments("1 " * MOST_NUMBERS).values) == MOST_NUMBERS
    assert read_moments("9" * MOST_DIGITS).values == (fmpq(10**MOST_DIGITS - 1),)
