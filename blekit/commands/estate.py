"""``blekit estate``: the simulated legacy estate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blekit.output import AsJson, fields, reporter, show

app = typer.Typer(help="The simulated legacy estate and, apart, its truth.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The simulated legacy estate and, apart, its truth."""


@app.command()
def build(
    scale: Annotated[str, typer.Option("--scale", help="demo (1:1000), s2 (1:100) or s1 (1:10)")] = "demo",
    seed: Annotated[int, typer.Option("--seed", help="Same seed and scale, same bytes.")] = 7,
    out: Annotated[Path | None, typer.Option("--out", help="Folder; BLEKIT_HOME by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write the deliveries of all legacy systems, and the truth about them apart.

    Example: blekit estate build --scale demo --seed 7
    """
    from config.settings import load_settings
    from estate import build as build_estate

    home = out or load_settings().home
    result = build_estate(home, scale=scale, seed=seed, progress=reporter())
    show(result, as_json=as_json, render=fields)
