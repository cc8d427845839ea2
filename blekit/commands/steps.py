"""``blekit extract``, ``standardise`` and ``resolve``: single steps, the functions the DAGs call."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blekit.output import AsJson, counted, fields, reporter, show, table
from config.errors import UsageError


def extract(
    unit: Annotated[str, typer.Argument(help="Unit to extract.")],
    point: Annotated[str | None, typer.Option("--point", help="Only this collection point, such as ZT63.")] = None,
    as_json: AsJson = False,
) -> None:
    """Land, read, standardise and register what the systems of a unit delivered; safe to repeat.

    Example: blekit extract poznan --point ZT63
    """
    from pipeline import cutover
    from pipeline.installation import Installation

    installation = Installation()
    points = [point] if point else cutover.points(installation, unit)
    rows = [cutover.extract(installation, unit, each) for each in counted(points, reporter(), what="extract")]
    columns = ("point", "systems", "batches", "delivered", "standardised", "quarantined", "excluded", "rejected")
    show(rows, as_json=as_json, render=lambda found: table(found, columns))


def standardise(
    delivery: Annotated[Path, typer.Argument(help="Folder of one delivery.")],
    out: Annotated[Path, typer.Option("--out", help="Parquet file to write.")] = Path("records.parquet"),
    as_json: AsJson = False,
) -> None:
    """Standard records of one delivery folder, into a Parquet file; nothing is registered.

    Example: blekit standardise deliveries/zt63-abonent/2003-09-22-2 --out zt63.parquet
    """
    from pipeline.offline import standardise_delivery

    if not delivery.is_dir():
        raise UsageError(f"{delivery} is no folder")
    show(standardise_delivery(delivery, out=out), as_json=as_json, render=fields)


def resolve(
    deliveries: Annotated[Path, typer.Argument(help="Folder of deliveries, one folder per system.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for crosswalk and customers as Parquet.")] = Path(
        "resolved"
    ),
    as_json: AsJson = False,
) -> None:
    """Resolve a whole folder of deliveries without a database, into Parquet files.

    Example: blekit resolve .blekit/deliveries --out resolved
    """
    from pipeline.offline import write_resolution

    if not deliveries.is_dir():
        raise UsageError(f"{deliveries} is no folder")
    show(write_resolution(deliveries, out=out, progress=reporter()), as_json=as_json, render=fields)
