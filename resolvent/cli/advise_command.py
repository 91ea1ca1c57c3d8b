"""``resolvent advise``: what the limits say about a person's own training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from resolvent.cli.files import emit, write_file
from resolvent.cli.guard import guarded, note
from resolvent.cli.once import Once
from resolvent.cli.outputs import PICTURES, file_option, named_files
from resolvent.cli.subjects import AsJson
from resolvent.numeric.style import drawn, file_bytes
from resolvent.progress import watched
from resolvent.writing.json_text import json_text

_TEXTS = (".txt", ".json")
_Output = Annotated[list[Path] | None, file_option("Write .txt, .json or a picture: .png, .svg, .pdf")]

advise = typer.Typer(
    name="advise",
    help="Advice for training: how to start, when to stop, what to keep.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@advise.callback()
def _advise() -> None:
    pass


@advise.command("stopping", cls=Once)
@guarded
def stopping(
    features: Annotated[
        Path, typer.Argument(metavar="FEATURES", help="A p x n matrix, a column a sample: .npy, .npz, .csv, ....")
    ],
    labels: Annotated[Path, typer.Argument(metavar="LABELS", help="The n labels, -1 and 1, in such a file.")],
    rate: Annotated[float, typer.Option(help="The learning rate of gradient descent.")] = 0.01,
    ridge: Annotated[float, typer.Option(help="The weight decay.")] = 0.0,
    initial: Annotated[float, typer.Option(help="The squared length of the weights at the start.")] = 0.0,
    array: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which array of a .npz or .safetensors file of features.")
    ] = None,
    label_array: Annotated[str | None, typer.Option(metavar="NAME", help="Which array of a file of labels.")] = None,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw the errors over time: .png, .svg, .pdf.")
    ] = None,
    json: AsJson = False,
    output: _Output = None,
) -> None:
    """When to stop gradient descent of a linear layer on two classes, with the test error then and without stopping.

    The loss is (1/2n) sum (y - <w, x>)^2 + (ridge/2)|w|^2; the features may be the last layer's inputs of any network.
    The exit status is 0 for advice, 3 where the data are not what the theory is about, 2 for bad use.
    """
    from resolvent.data.files import read_array
    from resolvent.data.stopping import advise_stopping

    files = named_files(output, plot, (*_TEXTS, *PICTURES))
    with watched("following the descent"):
        advice = advise_stopping(read_array(features, array), read_array(labels, label_array), rate, ridge, initial)
    _deliver(advice, advice.is_decided, json, files, partial(drawn, advice.plot) if advice.flow else None)


@advise.command("init", cls=Once)
@guarded
def init(
    activation: Annotated[str, typer.Argument(metavar="ACTIVATION", help="relu, tanh, hard_tanh, ....")],
    depth: Annotated[int, typer.Option("--depth", help="The number of layers.")] = 10,
    sigma_b: Annotated[
        float | None,
        typer.Option("--sigma-b", help="The standard deviation of the biases; several are tried without it."),
    ] = None,
    json: AsJson = False,
    output: Annotated[list[Path] | None, file_option("Write .txt or .json")] = None,
) -> None:
    """How to draw the weights of a deep network so that its Jacobian is close to an isometry.

    The exit status is 0 where such a way is found, 3 where none is, 2 for bad use.
    """
    from resolvent.data.initialisation import advise_initialisation

    files = named_files(output, None, _TEXTS)
    with watched("comparing initialisations"):
        advice = advise_initialisation(activation, depth, sigma_b)
    _deliver(advice, advice.is_isometric, json, files, None)


@advise.command("prune", cls=Once)
@guarded
def prune(
    weights: Annotated[
        Path, typer.Argument(metavar="WEIGHTS", help="The weights of a network: .safetensors, .npz, .npy.")
    ],
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw the spectra by layer: .png, .svg, .pdf.")
    ] = None,
    json: AsJson = False,
    output: _Output = None,
) -> None:
    """Which rank of each layer's weights is more than noise, with the expected error of what is kept.

    The exit status is 0 for advice, 3 where no layer's bulk looks like noise, 2 for bad use.
    """
    from resolvent.data.files import read_arrays
    from resolvent.data.pruning import advise_pruning

    files = named_files(output, plot, (*_TEXTS, *PICTURES))
    with watched("fitting the layers"):
        advice = advise_pruning(read_arrays(weights))
    _deliver(advice, advice.is_decided, json, files, lambda ending: file_bytes(advice.plot(), ending))


def _deliver(
    advice: Any, is_decided: bool, json: bool, files: Sequence[Path], draw: Callable[[str], bytes] | None
) -> NoReturn:
    """Print the advice, write its files, and leave with its status."""
    text, data = advice.text(), json_text(advice.to_json())
    emit(data if json else text, None)
    for path in files:
        ending = path.suffix.lower()
        if ending not in PICTURES:
            emit(data if ending == ".json" else text, path)
        elif draw:
            write_file(path, draw(ending))
        else:
            note(f"{path} is not drawn: nothing is advised")
    raise typer.Exit(0 if is_decided else 3)
