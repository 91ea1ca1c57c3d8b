"""NumPy, loaded at its first use: laws are derived and checked where it is not installed, in a web page for example."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__all__ = ["np"]


class _AtFirstUse:
    """A module whose attributes are looked up once each, and which is imported with the first."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value


if TYPE_CHECKING:
    import numpy as np
else:
    np = _AtFirstUse("numpy")
