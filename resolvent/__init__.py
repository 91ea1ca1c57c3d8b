"""Limiting spectral laws of random matrices: derived exactly, turned into numbers, compared with sampled matrices.

>>> import resolvent as rv
>>> c = rv.parameter("c", positive=True)
>>> law = rv.semicircle() + rv.marchenko_pastur(c)
>>> law.equation.expr
c*m**3 + c*m**2*z + c*m + m**2 + m*z - m + 1
>>> law.moments(3)
[1, c + 2, c**2 + 3*c + 4]

Names are imported when they are first used, so that importing the package takes no time.
"""

from typing import Any

import lazy_loader

from resolvent.derive import presentation
from resolvent.version import __version__ as __version__


def _shown_by(way: str) -> Any:
    def shown(*arguments: Any, **options: Any) -> Any:
        from resolvent import display

        return getattr(display, way)(*arguments, **options)

    return shown


presentation.provide(**{way: _shown_by(way) for way in ("html", "latex", "document", "plot", "title")})
_loaded, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    try:
        return _loaded(name)
    except AttributeError as error:
        if name.startswith("_"):
            raise
        from resolvent.derive.errors import did_you_mean

        hint = did_you_mean(name, __all__, 0.75, lambda known: known.replace("_", "").lower())
        raise AttributeError(f"{error}{hint}", name=name) from None
