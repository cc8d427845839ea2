"""``blekit sources``: the registered legacy systems and what they delivered."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from blekit.output import AsJson, fields, line, show, table

app = typer.Typer(help="Registered legacy systems and their deliveries.", no_args_is_help=True)

_COUNTS = ("delivered", "loaded", "quarantined", "excluded", "superseded", "suppressed")


@app.command("list")
def list_sources(
    unit: Annotated[str | None, typer.Option("--unit", help="Only systems of this unit.")] = None,
    served: Annotated[bool, typer.Option("--served", help="Only systems something reads already.")] = False,
    as_json: AsJson = False,
) -> None:
    """Every registered system, its kind and state, and what became of its records.

    Before anything was started here, the registry alone is shown.

    Example: blekit sources list --unit poznan
    """
    from config.units import unit_named
    from pipeline.installation import Installation
    from pipeline.status import sources_status

    if unit is not None:
        unit_named(unit)
    installation = Installation()
    is_made = installation.port_file.exists() or installation.settings.database_url is not None
    rows = [
        row
        for row in sources_status(installation if is_made else None)
        if (unit is None or row["unit"] == unit) and (not served or row["state"] != "registered")
    ]
    columns = ("source_id", "point", "unit", "kind", "format", "code_page", "state", *_COUNTS)
    show(rows, as_json=as_json, render=lambda found: table(found, columns))


@app.command("show")
def show_source(
    source_id: Annotated[str, typer.Argument(help="Such as zt63-abonent")], as_json: AsJson = False
) -> None:
    """One system with all its deliveries.

    Example: blekit sources show zt63-abonent
    """
    from pipeline.installation import Installation
    from pipeline.status import source_detail

    show(source_detail(Installation(), source_id), as_json=as_json, render=_render)


@app.command("fetch")
def fetch_sources(
    source_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Such as zt63-abonent; all with a location by default."),
    ] = None,
    until: Annotated[
        dt.datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d"], help="Last day; by default the cutover date of each one's unit."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask systems that are services (locations.yml) for what is new, as deliveries; extraction does so by itself.

    A system that fails does not keep the others from being asked; the exit code is that of the first failure.

    Example: blekit sources fetch --until 2003-09-22
    """
    from config.errors import BlekitError, UsageError
    from config.sources import source_with_id
    from config.units import unit_named
    from pipeline.fetching import fetch_deliveries, located_sources
    from pipeline.installation import Installation

    installation = Installation()
    located = located_sources(installation)
    wanted = [source_with_id(source_id) for source_id in source_ids] if source_ids else located
    rows, failure = [], 0
    for source in wanted:
        if source not in located:
            raise UsageError(f"{source.source_id} has no location", hint=f"See {installation.settings.locations_file}")
        day = until.date() if until else unit_named(source.unit).cutover_date
        try:
            fetched = fetch_deliveries(installation, source, until=day)
            assert fetched is not None
            rows.append({**fetched.row(), "error": None, "message": None})
        except BlekitError as error:
            failure = failure or error.exit_code
            rows.append({"source_id": source.source_id, "error": error.code, "message": error.message})
    show(rows, as_json=as_json, render=_render_fetched)
    if failure:
        raise typer.Exit(failure)


def _render_fetched(rows: list[dict[str, object]]) -> None:
    table(
        rows, ("source_id", "fetch", "deliveries", "unchanged", "error", "message"), nothing="no source has a location"
    )
    for row in rows:
        left = row.get("left", [])
        assert isinstance(left, list)
        for each in left:
            line(f"{row['source_id']}: left {each['name']}: {each['code']}: {each['reason']}")


def _render(source: dict[str, object]) -> None:
    batches = source["batches"]
    assert isinstance(batches, list)
    fields({name: value for name, value in source.items() if name != "batches"})
    line()
    columns = ("business_date", "sequence", "state", "delivered", "standardised", "quarantined", "excluded", "reason")
    table(batches, columns, nothing="no delivery yet")
