"""``blekit feed``: what live units deliver after their cutover."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from blekit.output import AsJson, fields, reporter, show
from config.errors import UsageError

app = typer.Typer(help="Take in what live units deliver after their cutover.", no_args_is_help=True)


@app.command()
def run(
    until: Annotated[str, typer.Option("--until", help="Last business date of deliveries to take, YYYY-MM-DD.")],
    requester: Annotated[str, typer.Option("--as", help="Account it is done for.")] = "engineer",
    as_json: AsJson = False,
) -> None:
    """Extract and publish, as one release, what live units delivered up to a day. Run it again at any time.

    Example: blekit feed run --until 2006-12-31
    """
    from blekit.people import known_account
    from pipeline.feeding import run_feed
    from pipeline.installation import Installation

    installation = Installation()
    account = known_account(installation, requester)
    result = run_feed(installation, _day(until), account, progress=reporter())
    show(result, as_json=as_json, render=fields)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as exc:
        raise UsageError(f"--until: {text!r} is no date", hint="YYYY-MM-DD, such as 2006-12-31") from exc
