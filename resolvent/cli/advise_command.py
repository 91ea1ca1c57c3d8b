"""``resolvent advise``: what the limits say about a person's own training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from resolvent.cli.density_command import PICTURES, check_output
from resolvent.cli.files import emit, write_file
from resolvent.cli.guard import guarded
from resolvent.cli.once import Once
from resolvent.cli.subjects import AsJson
from resolvent.numeric.style import drawn, file_bytes
from resolvent.writing.json_text import json_text

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
) -> None:
    """When to stop gradient descent of a linear layer on two classes, with the test error then and without stopping.

    The loss is (1/2n) sum (y - <w, x>)^2 + (ridge/2)|w|^2; the features may be the last layer's inputs of any network.
    The exit status is 0 for advice, 3 where the data are not what the theory is about, 2 for bad use.
    """
    from resolvent.data.files import read_array
    from resolvent.data.stopping import advise_stopping

    if plot is not None:
        check_output(plot, PICTURES)
    advice = advise_stopping(read_array(features, array), read_array(labels, label_array), rate, ridge, initial)
    emit(json_text(advice.to_json()) if json else advice.text(), None)
    if plot is not None and advice.flow is not None:
        write_file(plot, drawn(advice.plot, plot.suffix.lower()))
    raise typer.Exit(0 if advice.is_decided else 3)


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
) -> None:
    """How to draw the weights of a deep network so that its Jacobian is close to an isometry.

    The exit status is 0 where such a way is found, 3 where none is, 2 for bad use.
    """
    from resolvent.data.initialisation import advise_initialisation

    advice = advise_initialisation(activation, depth, sigma_b)
    emit(json_text(advice.to_json()) if json else advice.text(), None)
    raise typer.Exit(0 if advice.is_isometric else 3)


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
) -> None:
    """Which rank of each layer's weights is more than noise, with the expected error of what is kept.

    The exit status is 0 for advice, 3 where no layer's bulk looks like noise, 2 for bad use.
    """
    from resolvent.data.files import read_arrays
    from resolvent.data.pruning import advise_pruning

    if plot is not None:
        check_output(plot, PICTURES)
    advice = advise_pruning(read_arrays(weights))
    emit(json_text(advice.to_json()) if json else advice.text(), None)
    if plot is not None:
        write_file(plot, file_bytes(advice.plot(), plot.suffix.lower()))
    raise typer.Exit(0 if advice.is_decided else 3)
