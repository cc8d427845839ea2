"""``blekit sources``: the registered legacy systems, what they delivered, and systems of one's own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any

import typer

from blekit.output import AsJson, fields, line, show, table
from config.errors import GateFailed, UsageError

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


@app.command("clocks")
def clocks_of_sources(as_json: AsJson = False) -> None:
    """Sites whose clock was off, per delivery: what they logged beside what other systems wrote about the same calls.

    Seconds the clock was ahead (negative: behind), and the interval that is sure. Times of events are left as logged.

    Example: blekit sources clocks --json
    """
    from pipeline.installation import Installation
    from pipeline.seen_together import clocks_that_are_off

    installation = Installation()
    with installation.open_warehouse() as warehouse:
        found = clocks_that_are_off(installation, warehouse)
    columns = ("source_id", "first_on", "last_on", "offset_s", "low_s", "high_s", "pairs")
    show(found, as_json=as_json, render=lambda rows: table(rows, columns))


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
    fields({name: value for name, value in source.items() if name not in ("batches", "drop")})
    odd = source["drop"]
    assert isinstance(odd, list)
    for each in odd:
        line(f"drop: {each['name']}: {each['code']}: {each['reason']}")
    line()
    columns = ("business_date", "sequence", "state", "delivered", "standardised", "quarantined", "excluded", "reason")
    table(batches, columns, nothing="no delivery yet")


@app.command()
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A delivery of the system: delimited text, DBF, …")],
    name: Annotated[str | None, typer.Option("--name", help="Name of the kind; the file's when left out.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="YAML to write; <name>.yml when left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look at a file nobody described and propose the YAML of its kind, with the reason for each line.

    Example: blekit sources new crm.csv --out crm.yml
    """
    from pipeline.proposing_kinds import kind_name_of, propose_kind

    kind = kind_name_of(file, name)
    target = out or Path(f"{kind}.yml")
    if target.exists():
        raise UsageError(f"{target} exists already", hint="Name another file with --out")
    show(propose_kind(file, name=kind, out=target), as_json=as_json, render=_render_proposal)


def _render_proposal(proposal: dict[str, Any]) -> None:
    told = {name: proposal[name] for name in ("file", "format", "code_page", "key")}
    fields({**told, **proposal["columns"], "ignored": list(proposal["ignored"])})


@app.command()
def check(
    what: Annotated[
        str | None,
        typer.Argument(metavar="[ID|FILE]", help="A system, or with --kind a file; all systems if left out."),
    ] = None,
    kind: Annotated[Path | None, typer.Option("--kind", metavar="KIND.yml", help="Try a file with this kind.")] = None,
    business_date: Annotated[
        str | None, typer.Option("--business-date", help="Day the file speaks of, with --kind; the last cutover's day.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Name every column a delivery and its kind do not share, both ways, and the YAML to edit; exit 1 if one stops it.

    With --kind a file is read to its end and standardised, and what becomes of its rows is counted; nothing is kept.

    Examples:

    blekit sources check

    blekit sources check crm.csv --kind crm.yml
    """
    from pipeline.drift import breaks, check_sources
    from pipeline.installation import Installation

    if kind is not None:
        _check_file(what, kind, day=business_date, as_json=as_json)
        return
    rows = check_sources(Installation(), what)
    columns = ("source_id", "delivery", "column", "state", "outcome", "edit")
    show(rows, as_json=as_json, render=lambda found: table(found, columns, nothing="every column is mapped or ignored"))
    if stopped := sorted({row["source_id"] for row in rows if breaks(row) or row["state"] == "unreadable"}):
        raise GateFailed(f"a delivery would not be taken: {', '.join(stopped)}", hint="Edit the YAML named beside it")


def _check_file(what: str | None, kind: Path, *, day: str | None, as_json: bool) -> None:
    from config.units import UNITS
    from pipeline.own_systems import check_file

    if what is None:
        raise UsageError("--kind needs a file", hint="blekit sources check FILE --kind KIND.yml")
    found = check_file(Path(what), kind, business_date=_date(day) if day else UNITS[-1].cutover_date)
    columns = ("column", "state", "outcome", "edit")

    def render(told: dict[str, Any]) -> None:
        if told["columns"]:
            table(told["columns"], columns)
        fields({name: value for name, value in told.items() if name != "columns"})

    show(found, as_json=as_json, render=render)
    if "records" not in found:
        raise GateFailed(f"{what} would not be taken", hint=f"Edit {kind}")


@app.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A delivery of the system.")],
    source_id: Annotated[str, typer.Option("--id", help="Id of the system, such as my-crm.")],
    business_date: Annotated[str, typer.Option("--business-date", help="Day the file speaks of, such as 2003-09-01.")],
    kind: Annotated[
        Path | None, typer.Option("--kind", metavar="KIND.yml", help="Its kind, for the first delivery of a system.")
    ] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Unit its customers belong to, such as poznan.")] = None,
    point: Annotated[
        str | None, typer.Option("--point", help="Collection point, such as ZT63; the unit's first when left out.")
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help="Name as people write it; the kind's otherwise.")] = None,
    as_json: AsJson = False,
) -> None:
    """Register a system of your own with its first file, or deliver another file of it; the next cutover takes it.

    Example: blekit sources add crm.csv --kind crm.yml --id my-crm --unit krakow --business-date 2003-10-15
    """
    from pipeline.installation import Installation
    from pipeline.own_systems import add_delivery, next_step, tell_warehouse

    installation = Installation()
    result = add_delivery(
        installation,
        file,
        source_id=source_id,
        kind_file=kind,
        unit=unit,
        point=point,
        business_date=_date(business_date),
        title=title,
    )
    problem = tell_warehouse(installation) if result["registered"] else None
    show({**result, "next": problem or next_step(installation, result["unit"])}, as_json=as_json, render=fields)


@app.command()
def customers(source_id: Annotated[str, typer.Argument(help="Such as my-crm")], as_json: AsJson = False) -> None:
    """The customers the live records of a system became, and which other systems know them.

    Example: blekit sources customers my-crm
    """
    from pipeline.installation import Installation
    from pipeline.own_systems import customers_of

    columns = ("customer_id", "name", "city", "systems")
    rows = customers_of(Installation(), source_id)
    show(rows, as_json=as_json, render=lambda found: table(found, columns, nothing="no live record"))


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"no date: {text!r}", hint="Such as 2003-09-01") from None
