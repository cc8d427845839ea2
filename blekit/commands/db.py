"""``blekit db``: the warehouse's schema."""

from __future__ import annotations

import typer

from blekit.output import AsJson, fields, show

app = typer.Typer(help="The warehouse's schema.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The warehouse's schema."""


@app.command()
def upgrade(as_json: AsJson = False) -> None:
    """Bring tables, views, comments and grants to what this code needs; the only command that changes the schema.

    Example: blekit db upgrade
    """
    from pipeline.installation import Installation

    installation = Installation()
    with installation.open_warehouse() as warehouse:
        warehouse.upgrade()
        warehouse.require_current_schema()
    show({"upgraded": True}, as_json=as_json, render=fields)
