"""``blekit estate``: the simulated legacy estate."""

from __future__ import annotations

import time
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
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, help="Processes that write; one for each core by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the deliveries of all legacy systems, and the truth about them apart.

    Progress comes on stderr; with --json `seconds` says how long each stage took.

    Example: blekit estate build --scale demo --seed 7
    """
    from dataclasses import asdict

    from config.settings import load_settings
    from estate import build as build_estate
    from estate.parallel import cores

    settings = load_settings()
    deliveries = out / "deliveries" if out else settings.deliveries_dir
    truth = (out or settings.home) / "truth"
    begun: dict[str, float] = {}

    def stage(name: str) -> None:
        begun[name] = time.monotonic()

    summary = build_estate(
        out=deliveries,
        truth=truth,
        scale=scale,
        seed=seed,
        services=(out or settings.home) / "services" if services else None,
        workers=workers or cores(),
        progress=reporter(),
        stage=stage,
    )
    seconds = _spent(begun, until=time.monotonic())
    show({**asdict(summary), "folder": str(deliveries), "seconds": seconds}, as_json=as_json, render=fields)


def _spent(begun: dict[str, float], *, until: float) -> dict[str, float]:
    """Seconds of each stage; one ends where the next begins."""
    ends = [*list(begun.values())[1:], until]
    return {name: round(end - start, 1) for (name, start), end in zip(begun.items(), ends, strict=True)}
