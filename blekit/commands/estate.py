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
    scale: Annotated[
        str, typer.Option("--scale", help="demo (1:1000), s2 (1:100), s1 (1:10), or a number of customers")
    ] = "demo",
    seed: Annotated[int, typer.Option("--seed", help="Same seed and scale, same bytes.")] = 7,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for deliveries/ and truth/; BLEKIT_HOME by default.")
    ] = None,
    services: Annotated[
        bool, typer.Option("--services", help="Databases keep their tables in services/, to be served and fetched.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the deliveries of all legacy systems, and the truth about them apart.

    Example: blekit estate build --scale demo --seed 7
    """
    from dataclasses import asdict

    from config.settings import load_settings
    from estate import build as build_estate

    settings = load_settings()
    deliveries = out / "deliveries" if out else settings.deliveries_dir
    truth = (out or settings.home) / "truth"
    summary = build_estate(
        out=deliveries,
        truth=truth,
        scale=scale,
        seed=seed,
        services=(out or settings.home) / "services" if services else None,
        progress=reporter(),
    )
    show({**asdict(summary), "folder": str(deliveries)}, as_json=as_json, render=fields)
