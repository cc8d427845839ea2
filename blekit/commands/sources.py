"""``blekit sources``: the registered legacy systems and what they delivered."""

from __future__ import annotations

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


def _render(source: dict[str, object]) -> None:
    batches = source["batches"]
    assert isinstance(batches, list)
    fields({name: value for name, value in source.items() if name != "batches"})
    line()
    columns = ("business_date", "sequence", "state", "delivered", "standardised", "quarantined", "excluded", "reason")
    table(batches, columns, nothing="no delivery yet")
