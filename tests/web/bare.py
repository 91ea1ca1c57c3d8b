"""A plugin of pytest that makes Python what it is in a web page: words of 32 bits, and only the core's packages."""

from __future__ import annotations

import sys

from flint.flint_base import flint_base

MISSING = {"numpy", "scipy", "matplotlib", "networkx"}


class Missing:
    """A finder that says of some packages that they are not installed."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


flint_base.FLINT_BITS = 32
sys.meta_path.insert(0, Missing)  # type: ignore[arg-type]
