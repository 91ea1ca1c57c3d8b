"""A user's own sampler: the text of its modules, read once, so that what runs is what a journal's digest was made of.

The code is never loaded in this process but in workers, which it may end, and which may have loaded an older text.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import site
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_file_location
from modulefinder import ModuleFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from resolvent.derive.errors import ParameterError


@dataclass(frozen=True)
class Source(SourceLoader):
    """A module's name, file and text; as a loader, it loads this text and no other."""

    name: str
    path: str
    text: bytes = field(repr=False)

    def get_filename(self, name: str) -> str:
        """The file the text was read from."""
        return self.path

    def get_data(self, path: Any) -> bytes:
        """The text, whatever the file holds now."""
        return self.text


@dataclass(frozen=True)
class UserCode:
    """A function in a module, and the text of all modules of the user's own that it imports.

    Attributes:
        text: "module:function".
        folder: where modules are looked for first.
        sources: the modules, sorted by name; installed ones other than the function's own are not among them.
    """

    text: str
    folder: str
    sources: tuple[Source, ...]

    @classmethod
    def read(cls, text: str, folder: str) -> UserCode:
        """The code as the files have it now. Nothing of it runs; what is not found is found missing by `load`."""
        name = text.partition(":")[0]
        installed = (sysconfig.get_path(key) for key in ("stdlib", "platstdlib", "purelib", "platlib"))
        libraries = [*installed, *site.getsitepackages(), site.getusersitepackages()]
        places = [folder or os.getcwd(), *(place or os.getcwd() for place in sys.path)]
        own = [p for p in places if not any(Path(p).is_relative_to(library) for library in libraries)]
        finder = ModuleFinder(own, excludes=["resolvent"])
        with contextlib.suppress(Exception):
            finder.import_hook(name)
        files: dict[str, str | None] = {n: getattr(m, "__file__", None) for n, m in finder.modules.items()}
        files.setdefault(name, _file_of(name, places))
        found = ((n, path) for n, path in sorted(files.items()) if path and path.endswith(".py"))
        return cls(text, folder, tuple(Source(n, path, Path(path).read_bytes()) for n, path in found))

    def load(self, memory: float = math.inf) -> Any:
        """The function; this runs the code of its module, once in a process, which may take so much more memory.

        Raises `ParameterError` where module or function are missing, or the module raises.
        """
        if _loaded.cache_info().currsize == 0:
            _limit_memory(memory)
        return _loaded(self)


def _limit_memory(more: float) -> None:
    """Let this process take so many bytes more than it has; where the system cannot tell or limit, nothing happens."""
    with contextlib.suppress(ImportError, ValueError, OSError, OverflowError):
        import resource  # not on every system

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + int(more)
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


@lru_cache(maxsize=1)
def _loaded(code: UserCode) -> Any:
    name, _, function = code.text.partition(":")
    for source in code.sources:
        sys.modules.pop(source.name, None)
    sys.meta_path.insert(0, _Finder(code.sources))
    if code.folder:
        sys.path.insert(0, code.folder)
    try:
        loaded = importlib.import_module(name)
    except BaseException as error:  # a module may mean to end the program
        raise ParameterError(f"the module {name} cannot be imported: {type(error).__name__}: {error}") from error
    found = getattr(loaded, function, None)
    if not callable(found):
        raise ParameterError(f"the module {name} has no function {function!r}")
    return found


class _Finder(MetaPathFinder):
    """Finds modules among sources that have been read."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = {source.name: source for source in sources}

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module's text, where it is among the sources."""
        source = self._sources.get(name)
        return None if source is None else spec_from_file_location(name, source.path, loader=source)


def _file_of(name: str, places: Sequence[str]) -> str | None:
    """The file of a module, found without loading it or the packages it is in."""
    parts, inside, spec = name.split("."), list(places), None
    for k in range(len(parts)):
        spec = PathFinder.find_spec(".".join(parts[: k + 1]), inside)
        if spec is None:
            return None
        inside = list(spec.submodule_search_locations or ())
    return spec.origin if spec else None
