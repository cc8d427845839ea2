"""``blekit model``: the matching model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from blekit.output import AsJson, fields, reporter, show

app = typer.Typer(
    help="The matching model: frozen weights, made by training, never by a cutover.", no_args_is_help=True
)


@app.command("show")
def show_model(as_json: AsJson = False) -> None:
    """The model cutovers use, with its version.

    Example: blekit model show --json
    """
    from pipeline.training import describe_model

    def render(model: dict[str, Any]) -> None:
        fields({name: value for name, value in model.items() if not isinstance(value, dict | list)})

    show(describe_model(), as_json=as_json, render=render)


@app.command()
def train(
    deliveries: Annotated[
        Path | None, typer.Option("--deliveries", help="Folder of deliveries; those of this installation by default.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="YAML file to write.")] = Path("model.yml"),
    seed: Annotated[int, typer.Option("--seed", help="Seed of the training.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Train a model on deliveries, without labels, and write it to a file.

    Example: blekit model train --deliveries estate/deliveries --out model.yml
    """
    from config.settings import load_settings
    from pipeline.training import train_model

    folder = deliveries or load_settings().deliveries_dir
    show(train_model(folder, out=out, seed=seed, progress=reporter()), as_json=as_json, render=fields)
