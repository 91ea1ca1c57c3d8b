"""The sources of a derivation for BibTeX, under the keys that a fragment of a paper cites."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import takewhile

from resolvent.derive.derivation.latex import escape

_INITIALS = re.compile(r"(?:[A-Z][a-z]?\.[ -]?)+(?P<surname>.+)")
_YEAR = re.compile(r"\b(?:1[89]|20)\d{2}\b")
_PUBLISHED = re.compile(r"\d|\b\w+\.")  # a journal with its volume, a conference, a publisher with the year


def source_keys(sources: Iterable[str]) -> dict[str, str]:
    """A key for each source: its first two surnames and its year; with a letter where two would be the same.

    >>> list(source_keys(["D. Voiculescu, Free things, Invent. Math. 104 (1991) 201-220", "Kim 2020"]).values())
    ['Voiculescu1991', 'Kim2020']
    """
    keys: dict[str, str] = {}
    for source in sources:
        key = _key(source)
        others = (f"{key}{letter}" for letter in ("", *"abcdefghijklmnopqrstuvwxyz"))
        keys[source] = next(k for k in others if k not in keys.values())
    return keys


def bibtex_entries(sources: Iterable[str]) -> str:
    """The sources as entries of a .bib file.

    >>> print(bibtex_entries(["D. Voiculescu, Free things, Invent. Math. 104 (1991) 201-220"]), end="")
    @misc{Voiculescu1991,
      author = {D. Voiculescu},
      title = {{Free things}},
      howpublished = {Invent. Math. 104 (1991) 201--220}
    }
    """
    return "\n".join(_entry(key, source) for source, key in source_keys(sources).items())


def _entry(key: str, source: str) -> str:
    parts = source.split(", ")
    authors = list(takewhile(_INITIALS.fullmatch, parts))
    rest = parts[len(authors) :]
    cut = next((k for k, part in enumerate(rest) if k and _PUBLISHED.search(part)), len(rest))
    fields = {
        "author": " and ".join(authors),
        "title": ", ".join(rest[:cut]),
        "howpublished": ", ".join(rest[cut:]),
    }
    written = {name: titled(text) for name, text in fields.items() if text}
    written |= {"title": f"{{{written['title']}}}"} if "title" in written else {}  # so that names keep their capitals
    lines = [f"  {name} = {{{text}}}" for name, text in written.items()]
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}\n"


def titled(text: str) -> str:
    """A source, or a part of it, in LaTeX: the mathematics of its title, and the dashes of ranges of pages."""
    dashed = re.sub(r"(\d)-(\d)", r"\1--\2", escape(text))
    return dashed.replace(r"C*\_red(F\_2)", r"$C^*_{\mathrm{red}}(F_2)$")


def _key(source: str) -> str:
    authors = [m["surname"] for m in takewhile(bool, map(_INITIALS.fullmatch, source.split(", "))) if m]
    year = _YEAR.search(source)
    named = authors[:2] or source.split(", ")[0].split()[:1]
    plain = unicodedata.normalize("NFKD", "".join(named).replace("ø", "o"))
    return re.sub(r"[^A-Za-z]", "", plain) + (year[0] if year else "")


__all__ = ["bibtex_entries", "source_keys", "titled"]
