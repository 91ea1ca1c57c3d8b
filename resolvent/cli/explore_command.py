"""``resolvent explore``: laws in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from resolvent.cli.guard import guarded, note
from resolvent.derive.errors import ParameterError


@guarded
def explore(
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port of the page.")] = 5006,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Explore laws in a browser: a slider for every parameter, density, edges, atoms, equation, derivation.

    The page is served to this machine only, until Ctrl-C. It needs the extra: pip install
    "resolvent[explore]", or ".[explore]" in the folder of the sources.
    """
    try:
        from resolvent.explorer.page import serve
    except ModuleNotFoundError as error:
        raise ParameterError(
            f'the explorer needs {error.name}; install it with: pip install "resolvent[explore]", or in the folder of '
            'the sources pip install ".[explore]"',
            name=error.name,
        ) from None
    note(f"the explorer is at http://127.0.0.1:{port}/ until Ctrl-C")
    try:
        serve(port, browser)
        note("stopped")
    except OSError as error:
        raise ParameterError(f"port {port} cannot be used ({error.strerror}); choose another with --port") from None
