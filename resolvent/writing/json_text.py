"""Data as JSON: indented, ASCII, numbers that are not finite as null, exact numbers and equations as texts."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def json_text(value: Any) -> str:
    """Plain values, and what has a number or a text of its own, as JSON.

    >>> print(json_text({"law": "semicircle(1)", "error": float("inf")}))
    {
      "law": "semicircle(1)",
      "error": null
    }
    """
    return json.dumps(_plain(value), indent=2, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if not hasattr(value, "__float__"):
        return str(value)
    number = float(value)
    return number if math.isfinite(number) else None
