"""Lines of TOML: documents are written with known lines, then read back; refusals name the line of the mistake."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from resolvent.conjectures.file.toml_lines import MOST_BYTES, Decimal, Path, read_toml
from resolvent.derive.errors import ParseError

# -- documents with known lines ----------------------------------------------------------------------------


class Writer:
    """Writes a document piece by piece and remembers the line on which each key and element stands."""

    def __init__(self) -> None:
        self.text = ""
        self.lines: dict[Path, int] = {}

    @property
    def line(self) -> int:
        return self.text.count("\n") + 1

    def note(self, path: Path) -> None:
        for k in range(1, len(path) + 1):
            self.lines.setdefault(path[:k], self.line)


SCALARS = st.sampled_from(
    [
        "1", "-0.5", "1e5", "true", "1979-05-27", "0xff", "inf", '"plain"', "'literal'", '"# no comment [ ] { } ="',
        r'"escaped \" quote"', "'back\\slash'", '"""one\n[not a table]\nkey = 1 # no\n"""', "'''\n]'' \" \n'''",
        '"""quotes "" inside\\\n   and \\""" at the end"""', '""""""', '"""""x"""""', "''''y''''", '""', "''",
    ]
)  # fmt: skip
KEYS = st.sampled_from(
    ["a", "b-2", "3", '"quoted"', "'single'", '"with.dot"', '"# [x] = {"', '"a\\"b"', "''", '"\\u00e9"']
)
NOISE = st.sampled_from(["", " ", "\t"])
BREAKS = st.sampled_from(["", "\n", "  \n\n", " # a ] comment \" with ''' quotes\n", "\n#[x]\n"])


def plain(key: str) -> str:
    return next(iter(tomllib.loads(f"{key} = 0")))


@st.composite
def documents(draw: Callable[..., Any]) -> Writer:
    writer = Writer()
    counts: dict[str, int] = {}
    used: dict[Path, set[str]] = {}

    def fresh(here: Path) -> str | None:
        key = draw(KEYS)
        if plain(key) in used.setdefault(here, set()):
            return None
        used[here].add(plain(key))
        return key

    def value(path: Path, depth: int, inline: bool) -> None:
        kind = draw(st.sampled_from(["scalar", "scalar", "array", "table"])) if depth < 3 else "scalar"
        if kind == "scalar":
            text = draw(SCALARS)
            writer.text += "1" if inline and "\n" in text else text
        elif kind == "array":
            array(path, depth)
        else:
            table(path, depth)

    def array(path: Path, depth: int) -> None:
        writer.text += "["
        for k in range(draw(st.integers(0, 3))):
            writer.text += draw(BREAKS)
            writer.note((*path, k))
            value((*path, k), depth + 1, False)
            writer.text += draw(BREAKS) + ","
        writer.text += draw(BREAKS) + "]"

    def table(path: Path, depth: int) -> None:
        writer.text += "{ "
        first = True
        for _ in range(draw(st.integers(0, 2))):
            key = fresh(path)
            if key is None:
                continue
            writer.text += "" if first else ", "
            first = False
            writer.note((*path, plain(key)))
            writer.text += key + draw(NOISE) + "=" + draw(NOISE)
            value((*path, plain(key)), depth + 1, True)
        writer.text += " }"

    def statements(here: Path) -> None:
        for _ in range(draw(st.integers(0, 3))):
            key = fresh(here)
            if key is None:
                continue
            path: Path = (*here, plain(key))
            written = key
            if draw(st.booleans()):
                inner = draw(KEYS)
                used.setdefault(path, set()).add(plain(inner))
                path, written = (*path, plain(inner)), f"{key}{draw(NOISE)}.{draw(NOISE)}{inner}"
            writer.text += draw(NOISE)
            writer.note(path)
            writer.text += written + draw(NOISE) + "=" + draw(NOISE)
            value(path, 0, False)
            writer.text += draw(NOISE) + draw(st.sampled_from(["\n", " # [end]\n", "\n\n"]))

    writer.text += draw(BREAKS)
    statements(())
    for k in range(draw(st.integers(0, 3))):
        name, is_array = draw(st.sampled_from([f"t{k}", f'"t {k}"'])), draw(st.booleans())
        for _ in range(draw(st.integers(1, 3)) if is_array else 1):
            here: Path = (plain(name),)
            if is_array:
                counts[name] = counts.get(name, -1) + 1
                here = (*here, counts[name])
            writer.text += draw(NOISE)
            writer.note(here)
            writer.text += f"[[ {name} ]]" if is_array else f"[{name}]"
            writer.text += draw(st.sampled_from(["\n", " # x\n"]))
            statements(here)
            if draw(st.booleans()):
                writer.note((*here, "sub"))
                writer.text += f"[{name}.sub]\n"
                used[(*here, "sub")] = set()
                statements((*here, "sub"))
    return writer


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents(), st.booleans())
def test_every_key_and_element_has_its_line(writer: Writer, has_returns: bool) -> None:
    text = writer.text.replace("\n", "\r\n") if has_returns else writer.text
    document = read_toml(text)
    assert document.lines == writer.lines
    assert document.values == tomllib.loads(text, parse_float=Decimal)


def paths(value: Any, here: Path = ()) -> set[Path]:
    """All paths of a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {here, *(p for k, v in inner for p in paths(v, (*here, k)))}


@settings(max_examples=250, deadline=None)
@given(st.text(alphabet="ab1.=[]{},\"'#\n \\", max_size=40))
@example("a = [\n[1,\n2],\n]\n")
@example("[[a]]\n[[a.b]]\n[[a.b]]\n[[a]]\n[[a.b]]\nc=1")
@example("a.b.c = 1\na.b.d = 2\n[a.b.e]\n")
@example("a = ''''''\nb = '''\n'''''\nc = 1")
@example("[a . b]\nc = { d . e = 1 }\n")
def test_every_path_of_any_document_has_a_line(text: str) -> None:
    document = refused = None
    try:
        document = read_toml(text)
    except ParseError as error:
        refused = error.objects["line"]
    if document is None:
        assert 1 <= refused <= text.count("\n") + 1
        return
    assert set(document.lines) == paths(document.values) - {()}
    rows = text.split("\n")
    for path, line in document.lines.items():
        if isinstance(path[-1], str) and path[-1].isalnum():
            assert path[-1] in rows[line - 1]


def test_a_path_that_is_missing_has_the_line_of_what_is_around_it() -> None:
    document = read_toml("x = 1\n[a]\nb = {c = 1}\n")
    assert document.line(("a", "b", "nothing", 7)) == 3
    assert document.line(("nothing",)) == 1
    assert read_toml("").line(()) == 1


# -- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = 1\nb = \n", 2, "this is no TOML: invalid value"),
        ("a = 1\nequation = z*m**2 - 1 = 0\n", 2, "formulas and words stand in quotes"),
        ("a = 1\na = 2\n", 2, "this is no TOML: cannot overwrite a value"),
        ("a = 1\n\n[b\n", 3, "this is no TOML"),
        ('a = 1\nb = "x', 2, "this is no TOML"),
        ('a = 1\nb = """x\ny\n', 3, "this is no TOML"),
        ("a = 1\nb = \x00", 2, "this is no TOML"),
        ("a = 1\nb = 2021-13-45", 2, "this is no TOML"),
        ("a\r\nb = 1", 1, "this is no TOML"),
        ("x = 1\n\ny = " + "9" * 5000 + "\nz = 1", 3, "too many digits"),
        ("# " + "9" * 5000 + "\n\ny = " + "9_" * 5000 + "9\n", 3, "too many digits"),
        ('x = 1\na = "[[[[[[[[[[[[[[[[[[[[[[[[["\nb = ' + "[" * 21 + "]" * 21, 3, "nested deeper than 20"),
        ("x = 1\na = [\n" + "[\n" * 30 + "]\n" * 31, 22, "nested deeper than 20"),
        ("x = 1\n" + ".".join("a" * 30) + " = 1", 2, "nested deeper than 20"),
        ("x = 1\na = " + "{a=" * 400, 2, "nested deeper than 20"),
        ("x" * (MOST_BYTES + 1), 1, "the most is"),
    ],
)
def test_refusals_have_the_line(text: str, line: int, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        read_toml(text)
    assert (caught.value.objects["line"], message in str(caught.value)) == (line, True), str(caught.value)


@pytest.mark.parametrize("text", ["a = " + "[" * 20 + "]" * 20, 'a = "' + "[" * 900 + '"', "# " + "[{" * 900])
def test_brackets_in_strings_and_comments_do_not_count(text: str) -> None:
    assert read_toml(text).lines.keys() <= {("a", *([0] * k)) for k in range(20)}


def test_decimals_stay_as_they_are_written() -> None:
    value = read_toml("a = 0.10").values["a"]
    assert (value, type(value)) == ("0.10", Decimal)


def test_a_long_file_is_read_in_linear_time() -> None:
    text = "".join(f"k{k} = [{k}, '{k}'] # {k}\n" for k in range(8000))[:MOST_BYTES].rsplit("\n", 1)[0]
    document = read_toml(text)
    assert all(document.lines[(f"k{k}", 1)] == k + 1 for k in range(len(document.values)))
