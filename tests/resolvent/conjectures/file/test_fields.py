"""Typed access to fields: what each kind takes, and what it says of anything else, with line and name."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import sympy
from flint import arb, fmpq

from resolvent.conjectures.file.fields import MOST_ENTRIES, Field
from resolvent.conjectures.file.toml_lines import read_toml
from resolvent.derive.errors import DerivationError, ParseError


def field(value: str, key: str = "x") -> Field:
    """The field of a document whose third line gives it a value."""
    document = read_toml(f"first = 1\n\n{key} = {value}\n")
    name = next(k for k in document.values if k != "first")
    return Field(document, (name,), document.values[name])


def message(value: str, read: Callable[[Field], Any]) -> str:
    """What is said of a value: always with the line and the name."""
    with pytest.raises(ParseError) as caught:
        read(field(value))
    text = str(caught.value)
    assert (caught.value.objects["line"], caught.value.objects["field"]) == (3, "x")
    assert text.startswith("line 3, x: ")
    return text.removeprefix("line 3, x: ")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("1", "a whole number"),
        ("1.5", "a decimal number"),
        ("true", "true or false"),
        ("[]", "a list"),
        ("{}", "a table"),
        ("1979-05-27", "a date or time"),
        ("07:32:00", "a date or time"),
    ],
)
def test_every_wrong_kind_is_named(value: str, kind: str) -> None:
    assert message(value, Field.text) == f"a text in quotes is needed; this is {kind}"
    if kind != "a list":
        assert message(value, Field.items) == f"a list in square brackets is needed; this is {kind}"
    if kind != "a table":
        assert message(value, lambda f: f.table(["a"])) == f"a table is needed; this is {kind}"
        assert message(value, Field.entries) == f"a table is needed; this is {kind}"
    if kind != "true or false":
        assert message(value, Field.flag) == f"true or false is needed; this is {kind}"
    if kind != "a whole number":
        assert message(value, lambda f: f.whole(0, 9)) == f"a whole number is needed; this is {kind}"
    if "number" not in kind:
        expected = f'a number such as 2, 0.5 or "1/2" is needed; this is {kind}'
        assert message(value, Field.number) == message(value, Field.amount) == expected


# -- single values -----------------------------------------------------------------------------------------


def test_texts() -> None:
    assert field('"a\\tb\\n c"').text() == "a\tb\n c"
    assert "empty" in message('" "', Field.text)
    assert "5001 characters" in message('"' + "a" * 5001 + '"', Field.text)


@pytest.mark.parametrize("escape", ["u0000", "u001b", "u007f", "u009b", "u000d", "u2028"])
def test_control_characters_are_refused_and_not_shown(escape: str) -> None:
    text = message(f'"a\\{escape}b"', Field.text)
    assert text == f"the text holds the control character U+{escape[1:].upper()}; leave it out"
    assert text.isprintable()


def test_choices() -> None:
    assert field('"supported"').choice(["supported", "refuted"]) == "supported"
    text = message('"suported"', lambda f: f.choice(["supported", "refuted"]))
    assert text == "'suported' is not one of supported, refuted; did you mean 'supported'?"
    assert len(message('"' + "y" * 3000 + '"', lambda f: f.choice(["no"]))) < 120


def test_whole_numbers() -> None:
    assert (field("4").whole(4, 4), field("0x10").whole(0, 99)) == (4, 16)
    assert message("5", lambda f: f.whole(6, 9)) == "the number must lie between 6 and 9; got 5"
    assert "very many digits" in message("0x" + "f" * 6000, lambda f: f.whole(6, 9))


def test_flags() -> None:
    assert field("true").flag() is True


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("2", Fraction(2)),
        ("-3", Fraction(-3)),
        ("0.1", Fraction(1, 10)),
        ("+1.5e-3", Fraction(3, 2000)),
        ("1_000.5", Fraction(2001, 2)),
        ('"1/3"', Fraction(1, 3)),
        ('"2**-2"', Fraction(1, 4)),
    ],
)
def test_numbers_are_exact(value: str, number: Fraction) -> None:
    assert field(value).number() == number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('"c"', "without parameters; got c"),
        ('"c\\t"', "without parameters; got 'c\\t'"),
        ("1e301", "between 1e-300 and 1e+300 in size"),
        ("-1e-301", "between 1e-300 and 1e+300 in size"),
        ('"sqrt(2)"', "is not rational"),
        ("nan", "no rational number"),
        ("-inf", "no rational number"),
        ("1e500", "more than 400 digits"),
        ("0x" + "f" * 6000, "more than 400 digits"),
        ('"1/0"', "division by zero"),
        ('" "', "empty"),
        ('"semicircle()"', "this is a law"),
        ('"' + "c*" * 900 + 'c"', "written out, this exceeds"),
    ],
)
def test_what_is_no_number(value: str, text: str) -> None:
    assert text in message(value, Field.number)


def test_bounds_are_strict_in_floating_point_too() -> None:
    assert field("0.25").between(0, 0.5) == 0.25
    assert "in size" in message("1e-399", lambda f: f.between(0, 0.5))
    for value in ("0", "0.5", "7", "1e299"):
        assert "must lie between 0 and 0.5" in message(value, lambda f: f.between(0, 0.5))


def test_amounts_are_formulas_and_where_they_can_be_rational_functions() -> None:
    c = sympy.Symbol("c", positive=True)
    amount = field('"1 + c/2"').amount()
    assert (amount.text, amount.line, amount.exact) == ("1 + c/2", 3, 1 + c / 2)
    assert amount.rational({"c": Fraction(1, 3)}) == Fraction(7, 6)
    irrational = field('"(1 - sqrt(c))**2"').amount()
    assert (irrational.exact, irrational.rational({"c": Fraction(2)})) == (None, None)
    assert irrational.rational({"c": Fraction(1, 4)}) == Fraction(1, 4)
    assert irrational.ball({"c": Fraction(2)}).overlaps(3 - 2 * arb(2).sqrt())
    assert math.isclose(float(field("0.5").amount().ball({})), 0.5)
    assert "unknown function" in message('"sqr(c)"', Field.amount)


def test_amounts_know_where_they_have_no_value() -> None:
    amount = field('"sqrt(c - 1)"').amount()
    assert (amount.is_real({"c": Fraction(0)}), amount.is_real({"c": Fraction(2)})) == (False, True)
    assert [amount.equals(fmpq(1), {"c": Fraction(value)}) for value in (0, 2, 3)] == [False, True, False]


# -- tables and lists --------------------------------------------------------------------------------------


def test_lists_have_a_line_for_each_element() -> None:
    items = field("[\n1,\n\n2]").items()
    assert [(item.name, item.line, item.value) for item in items] == [("x[1]", 4, 1), ("x[2]", 6, 2)]
    assert f"the most is {MOST_ENTRIES}" in message("[" + "1," * 201 + "]", Field.items)
    assert "the most is 1" in message("[1, 2]", lambda f: f.items(1))


def test_tables_know_their_fields() -> None:
    assert field("{a = 1}").table(["a", "b"])["a"].name == "x.a"
    assert message("{b = 1}", lambda f: f.table(["a", "b"], required=["a"])) == "the field 'a' is missing"
    for value, text in (
        ("{alpa = 1}", "x.alpa: there is no such field; did you mean 'alpha'?"),
        ("{q = 1}", "x.q: there is no such field; known: alpha, beta"),
    ):
        with pytest.raises(ParseError, match="line 3") as caught:
            field(value).table(["alpha", "beta"])
        assert str(caught.value) == f"line 3, {text}"


def test_tables_with_any_names() -> None:
    assert [f.name for f in field("{a = 1, 'b c' = 2}").entries().values()] == ["x.a", "x.'b c'"]
    many = "{" + ", ".join(f"a{k} = 1" for k in range(4)) + "}"
    assert "the table has 4 entries; the most is 3" in message(many, lambda f: f.entries(3))


@pytest.mark.parametrize("key", ['"a\\nb"', '"\\u001b[31m"', '"' + "k" * 300 + '"', '"[1]"'])
def test_strange_keys_are_shown_on_one_short_line(key: str) -> None:
    with pytest.raises(ParseError) as caught:
        field("1", key).fail("wrong")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 90


def test_errors_of_functions_become_the_fields() -> None:
    def fail() -> None:
        raise DerivationError("no such law")

    assert message("1", lambda f: f.reading(fail)) == "no such law"
    assert field("1").reading(lambda: 7) == 7


def test_the_whole_document_has_no_name() -> None:
    with pytest.raises(ParseError, match=r"^nothing$"):
        Field(read_toml("a = 1"), (), {}).fail("nothing")
