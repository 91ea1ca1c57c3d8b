"""Marks under the place in an expression that an error is about."""

from __future__ import annotations

import re

_MARGIN = 44  # characters shown on either side of a mark


def marked(whole: object, part: object) -> str:
    """The text of an expression, with marks under the last place where a part of it stands.

    >>> print(marked("S @ inv(S + 2) @ S", "inv(S + 2)"))
      S @ inv(S + 2) @ S
          ^^^^^^^^^^
    """
    text, shown = str(whole), str(part)
    places = [found.start() for found in re.finditer(rf"(?<![\w.]){re.escape(shown)}(?!\w)", text)]
    start, end = (places[-1], places[-1] + min(len(shown), 60)) if places else (0, min(len(text), 60))
    low, high = max(0, start - _MARGIN), min(len(text), end + _MARGIN)
    before, after = "..." if low else "", "..." if high < len(text) else ""
    return f"  {before}{text[low:high]}{after}\n  {' ' * (len(before) + start - low)}{'^' * (end - start)}"
