"""``blekit quarantine``: what was not loaded, where it stands and why."""

from __future__ import annotations

from typing import Annotated

import typer

from blekit.output import AsJson, show, table

app = typer.Typer(help="What was not loaded, where it stands and why.", no_args_is_help=True)


@app.command("list")
def list_quarantine(
    unit: Annotated[str | None, typer.Option("--unit", help="Only this unit.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Only this system.")] = None,
    as_json: AsJson = False,
) -> None:
    """Quarantined spans of the current release, counted by delivery and reason.

    Example: blekit quarantine list --unit poznan
    """
    from pipeline.installation import Installation
    from pipeline.status import quarantine_rows

    rows = quarantine_rows(Installation(), unit=unit, source_id=source)
    columns = ("source_id", "unit", "file", "reason", "spans", "bytes", "first_offset", "batch_id")
    show(rows, as_json=as_json, render=lambda found: table(found, columns, nothing="nothing in quarantine"))


@app.command("show")
def show_quarantine(
    batch_id: Annotated[str, typer.Argument(help="Delivery, as `blekit quarantine list` names it.")],
    as_json: AsJson = False,
) -> None:
    """Every quarantined span of a delivery, with its place in the file.

    Example: blekit quarantine show zt63-abonent:3f5a…
    """
    from pipeline.installation import Installation
    from pipeline.status import quarantine_spans

    columns = ("file", "offset", "length", "reason", "detail")
    show(
        quarantine_spans(Installation(), batch_id),
        as_json=as_json,
        render=lambda found: table(found, columns, nothing="nothing of it in quarantine"),
    )


@app.command()
def replay(
    requester: Annotated[str, typer.Option("--as", help="Account it is done for.")] = "engineer",
    as_json: AsJson = False,
) -> None:
    """Publish what the rules of today can take: after a kind's YAML, a lookup or a reader was put right.

    Example: blekit quarantine replay
    """
    from blekit.output import fields, reporter
    from blekit.people import known_account
    from pipeline.installation import Installation
    from pipeline.replaying import replay as run

    installation = Installation()
    account = known_account(installation, requester)
    show(run(installation, account, progress=reporter()), as_json=as_json, render=fields)
