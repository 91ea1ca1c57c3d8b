"""The application: the commands by their names."""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from resolvent.cli.advise_command import advise
from resolvent.cli.audit_command import audit
from resolvent.cli.catalog_commands import list_entries, show
from resolvent.cli.check_command import check, new
from resolvent.cli.compare_command import compare
from resolvent.cli.density_command import density
from resolvent.cli.derive_command import derive
from resolvent.cli.explore_command import explore
from resolvent.cli.fit_command import fit
from resolvent.cli.graphs_command import graphs
from resolvent.cli.guess_command import guess
from resolvent.cli.once import Commands, Once
from resolvent.cli.verify_command import verify

app = typer.Typer(
    name="resolvent",
    cls=Commands,
    help="Limiting spectral laws of random matrices: derived exactly, turned into numbers, compared with samples.",
    epilog="Exit status: 0 fine, 1 the claim fails, 2 bad use, 3 undecided.",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help, and no time spent on importing rich
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from resolvent.version import __version__

        print(f"resolvent {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if isinstance(sys.stdout, io.TextIOWrapper):  # letters that a terminal lacks are written by their codes
        sys.stdout.reconfigure(errors="backslashreplace")


for _name, _command in {
    "list": list_entries,
    "show": show,
    "derive": derive,
    "density": density,
    "graphs": graphs,
    "guess": guess,
    "verify": verify,
    "new": new,
    "check": check,
    "compare": compare,
    "fit": fit,
    "explore": explore,
    "audit": audit,
}.items():
    app.command(_name, cls=Once)(_command)
app.add_typer(advise)
