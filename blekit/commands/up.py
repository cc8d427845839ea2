"""``blekit up``, ``down`` and ``status``: the local runtime."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Annotated, Any

import typer

from blekit.runtime import stack
from pipeline.installation import Installation

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def up(as_json: AsJson = False) -> None:
    """Start the embedded PostgreSQL, Airflow and the steward's pages; what runs already is left alone."""
    installation = Installation()
    stack.start(installation, progress=_reporter())
    _show(stack.describe(installation), as_json=as_json)


def down(as_json: AsJson = False) -> None:
    """Stop everything `blekit up` started; the data stay."""
    installation = Installation()
    stack.stop(installation, progress=_reporter())
    if as_json:
        typer.echo(json.dumps({"running": False}))


def status(as_json: AsJson = False) -> None:
    """What runs, where it answers and how to log in."""
    _show(stack.describe(Installation()), as_json=as_json)


def _reporter() -> Callable[[str], None]:
    """Progress on stderr, with the seconds since the start."""
    begun = time.monotonic()

    def report(message: str) -> None:
        typer.echo(f"{time.monotonic() - begun:5.1f} s  {message}", err=True)

    return report


def _show(state: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(state, ensure_ascii=False))
        return
    for name, runs in state["components"].items():
        typer.echo(f"{name:<15} {'running' if runs else 'stopped'}")
    if not state["running"]:
        typer.echo("\n`blekit up` starts what is stopped.")
        return
    typer.echo(
        f"\nAirflow        {state['airflow_url']}\n"
        f"Match queue    {state['review_url']}\n"
        f"Accounts       engineer, approver, steward, viewer; passwords in {state['accounts_file']}\n"
        f"BI tools       {_without_password(state['bi_url'])}; password in {state['home']}/keys/blekit_bi.password\n"
        f"Logs           {state['logs']}"
    )


def _without_password(url: str) -> str:
    head, _, address = url.rpartition("@")
    return f"{head.rpartition(':')[0]}@{address}" if head else url
