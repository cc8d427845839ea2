"""``blekit audit``: the keyed chain of what happened."""

from __future__ import annotations

import typer

from blekit.output import AsJson, fields, show
from config.errors import GateFailed

app = typer.Typer(help="The keyed chain of what happened.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The keyed chain of what happened."""


@app.command()
def verify(as_json: AsJson = False) -> None:
    """Read the chain from its start; exit 1 when an event was changed, left out or added.

    Example: blekit audit verify
    """
    from pipeline.installation import Installation

    with Installation().open_warehouse() as warehouse:
        verdict = warehouse.verify_audit()
    result = {
        "events": verdict.events,
        "intact": verdict.is_intact,
        "first_broken": verdict.first_broken,
        "unrecorded": list(verdict.unrecorded),
        "head": verdict.head,
    }
    show(result, as_json=as_json, render=fields)
    if not verdict.is_intact:
        raise GateFailed(f"the audit chain is broken at event {verdict.first_broken}")
