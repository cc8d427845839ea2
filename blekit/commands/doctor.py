"""``blekit doctor``: the machine, the installation, the database, Airflow."""

from __future__ import annotations

from typing import Any

import typer

from blekit.output import AsJson, line, show
from blekit.runtime.checks import OK, examine
from pipeline.installation import Installation


def doctor(as_json: AsJson = False) -> None:
    """Look over the machine, the installation, the database and Airflow; exit 1 when something is wrong."""
    result = examine(Installation())
    show(result, as_json=as_json, render=_render)
    if not result["healthy"]:
        raise typer.Exit(1)


def _render(result: dict[str, Any]) -> None:
    for check in result["checks"]:
        line(f"{check['state']:<8} {check['name']:<20} {check['found']}")
        if check["state"] != OK and check["hint"]:
            line(f"{'':<29} {check['hint']}")
