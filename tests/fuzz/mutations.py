"""Mutations of conjecture files: bytes, lines, tokens and values, deterministic for a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

_TEXT = """
title model parameters claim test assumptions references notes expected because ensemble expression cycle_weights
activation function sampler sigma_w sigma_x centred phi psi law equation convention density intervals moments edges
atoms means outliers sizes trials seed level resolution at weight of value supported refuted undecided stieltjes
cauchy semicircle marchenko_pastur hessian relu tanh z m G x t c pi
"""
_WORDS = tuple(_TEXT.split())
_NUMBERS = (
    *("0", "-0", "1", "-1", "2", "0.5", "1e400", "-1e400", "1e-400", "1e999999999", "nan", "inf", "-inf", "+1.5"),
    *("9" * 4000, "9" * 5000, "0x" + "f" * 6000, "0o7", "0b1", "1_000", "10**100000", "2**64", "1/0", "1/3", "1e308"),
    *("1979-05-27", "1979-05-27T07:32:00Z", "07:32:00", "true", "false", "18446744073709551617", "1.0000000000000001"),
)
_FORMULAS = (
    *("sqrt(-1)", "1/0", "0**-1", "10**10**10", "exp(exp(exp(9)))", "log(0)", "(1 - sqrt(c))**2", "x**x", "1e-300*x"),
    *(
        "sqrt(4 - x**2)/(2*pi)",
        "elliptic_k(2)",
        "tan(pi/2)",
        "max(0, 1 - 1/c)",
        "c - c",
        "m**2 + z*m + 1",
        "z*m**3 + 1",
    ),
    *(
        "semicircle() + marchenko_pastur(c)",
        "atoms([1, 2, 5])**6",
        "kesten_mckay(3) @ wachter(1/2, 1/3)",
        "semicircle(-1)",
    ),
    *(
        "((((((((((((((x))))))))))))))",
        "(a + b)**99*(c + d)**99",
        "1+" * 900 + "1",
        "-" * 45 + "1",
        "law_of_equation(m, [1])",
    ),
    *("fuss_catalan(32)", "semicircle().compress(1/4).wishart(1/2)", "marchenko_pastur(1)**-1", "x" * 3000, "m", "0"),
    *(
        "equilibrium_measure(9, 1)",
        "(m**2 + z*m + 1)*(m**2 - z*m - 1)",
        "m**2*(z**2 + 1) + 2*m*z + 1",
        "(z*m + 1)**2 - m",
    ),
)
_ATTACKS = (
    *("__import__('os').system('touch {marker}')", "open('{marker}', 'w')", "exec(\"open('{marker}','w')\")"),
    *(
        "marker_module:touch",
        "os:system",
        "lambda: 0",
        "x.__class__",
        "{{}}",
        "[[0]]",
        "f'{{1}}'",
        "\\u0000",
        "\\u202e",
    ),
    *(
        "\x00",
        "\x1b[31m",
        "\u202e",
        "ü",
        "𝒳",
        "\ufeff",
        "#",
        '"',
        "'",
        '"""',
        "'''",
        "\\",
        "\r",
        "\r\n",
        "\t",
        "[",
        "]",
    ),
    *("[[", "{", "}", "=", ".", ",", "[" * 30, "{a=" * 30, "[" * 800, "a." * 400 + "a = 1", "title = 1", "[claim]"),
    *("[[claim]]", '[""]', '"a b" = 1', "''.x = 1", "[parameters.c]", "[[parameters]]\n" * 25, "0,\n" * 300),
)


def mutant(seed: str, seeds: Sequence[str], marker: str) -> bytes:
    """The mutant of a seed of random numbers: one of the files with some mutations, or random bytes."""
    rng = random.Random(seed)
    if rng.random() < 0.02:
        return rng.randbytes(rng.randrange(400))
    text = rng.choice(seeds)
    for _ in range(1 + min(int(rng.expovariate(0.8)), 8)):
        text = rng.choice(_MUTATIONS)(text, rng, seeds)
    data = text.replace("{marker}", marker).encode("utf-8", "surrogatepass")
    return _flipped(data, rng) if rng.random() < 0.1 else data


def _word(rng: random.Random) -> str:
    return rng.choice(rng.choice((_WORDS, _NUMBERS, _FORMULAS, _ATTACKS)))


def _flipped(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _delete_line(text: str, rng: random.Random, _: Sequence[str]) -> str:
    rows = text.split("\n")
    del rows[rng.randrange(len(rows))]
    return "\n".join(rows)


def _duplicate_line(text: str, rng: random.Random, _: Sequence[str]) -> str:
    rows = text.split("\n")
    rows.insert(rng.randrange(len(rows)), rng.choice(rows))
    return "\n".join(rows)


def _swap_lines(text: str, rng: random.Random, _: Sequence[str]) -> str:
    rows = text.split("\n")
    a, b = rng.randrange(len(rows)), rng.randrange(len(rows))
    rows[a], rows[b] = rows[b], rows[a]
    return "\n".join(rows)


def _replace_token(text: str, rng: random.Random, _: Sequence[str]) -> str:
    tokens = list(re.finditer(r"[A-Za-z_]\w*|\d+|[^\s\w]", text))
    if not tokens:
        return text
    chosen = rng.choice(tokens)
    return text[: chosen.start()] + _word(rng) + text[chosen.end() :]


def _replace_value(text: str, rng: random.Random, _: Sequence[str]) -> str:
    """Another value for a key, in quotes or without, or in a list."""
    rows = text.split("\n")
    places = [k for k, row in enumerate(rows) if re.match(r"[\w.]+ = ", row)]
    if not places:
        return text
    k = rng.choice(places)
    word = _word(rng)
    shape = rng.choice(("{}", '"{}"', '"{}"', "'{}'", "['{}']", "[{}]", "[[{}]]", "{{at = {}, weight = 1}}"))
    rows[k] = rows[k].split(" = ")[0] + " = " + shape.format(word)
    return "\n".join(rows)


def _change_number(text: str, rng: random.Random, _: Sequence[str]) -> str:
    numbers = list(re.finditer(r"\d+", text))
    if not numbers:
        return text
    chosen = rng.choice(numbers)
    return text[: chosen.start()] + rng.choice(("0", "1", "2", "3", "7", "1/2", "0.5", "-1")) + text[chosen.end() :]


def _splice(text: str, rng: random.Random, seeds: Sequence[str]) -> str:
    """A line, or the value of one, from another file."""
    others = [row for row in rng.choice(seeds).split("\n") if " = " in row]
    rows = text.split("\n")
    if not others:
        return text
    k, row = rng.randrange(len(rows)), rng.choice(others)
    if " = " in rows[k] and rng.random() < 0.6:
        rows[k] = rows[k].split(" = ")[0] + " = " + row.split(" = ", 1)[1]
    else:
        rows.insert(k, row)
    return "\n".join(rows)


def _insert(text: str, rng: random.Random, _: Sequence[str]) -> str:
    k = rng.randrange(len(text) + 1)
    return text[:k] + _word(rng) + text[k:]


def _cut(text: str, rng: random.Random, _: Sequence[str]) -> str:
    a, b = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
    return text[:a] if rng.random() < 0.3 else text[:a] + text[min(b, a + 20) :]


_MUTATIONS: tuple[Callable[[str, random.Random, Sequence[str]], str], ...] = (
    _delete_line,
    _duplicate_line,
    _swap_lines,
    _replace_token,
    _replace_token,
    _replace_value,
    _replace_value,
    _change_number,
    _splice,
    _splice,
    _insert,
    _cut,
)
