"""``blekit review``: the steward's queue."""

from __future__ import annotations

from typing import Annotated

import typer

from blekit.output import AsJson, bits, fields, line, reporter, show, table

app = typer.Typer(help="Pairs the model will not decide alone.", no_args_is_help=True)
_MOST_LISTED = 50


@app.command()
def queue(
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="At most so many; 50 on the screen, all with --json.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Open cases, the most doubtful first.

    Example: blekit review queue --limit 20
    """
    from pipeline import review
    from pipeline.installation import Installation

    def render(rows: list[dict[str, object]]) -> None:
        columns = ("case_ref", "bits", "reason", "sources", "units", "decision")
        most = limit or _MOST_LISTED
        shown = [{**row, "bits": bits(row["match_weight"])} for row in rows[:most]]  # type: ignore[arg-type]
        table(shown, columns, nothing="the queue is empty")
        if limit is None and len(rows) > most:
            line(f"{len(rows) - most} more: --limit {len(rows)} shows them all")

    show(review.queue(Installation(), limit=limit), as_json=as_json, render=render)


@app.command()
def decide(
    case_ref: Annotated[str, typer.Argument(help="Case, as `blekit review queue` names it.")],
    kind: Annotated[str, typer.Argument(help="same or different")],
    steward: Annotated[str, typer.Option("--as", help="Account that decides; its password is asked for.")] = "steward",
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the log of decisions.")] = "",
    as_json: AsJson = False,
) -> None:
    """Decide a case; the next release honours it.

    Example: blekit review decide 7mxq2dvc4k3a different --reason "father and son"
    """
    from blekit.people import authenticated
    from pipeline import review
    from pipeline.installation import Installation

    installation = Installation()
    account = authenticated(installation, steward)
    show(review.decide(installation, case_ref, kind, account, reason), as_json=as_json, render=fields)


@app.command()
def apply(
    requester: Annotated[str, typer.Option("--as", help="Account that publishes.")] = "engineer",
    as_json: AsJson = False,
) -> None:
    """Publish a release that honours the decisions taken since the current one.

    Example: blekit review apply
    """
    from blekit.people import known_account
    from pipeline import cutover
    from pipeline.installation import Installation

    installation = Installation()
    account = known_account(installation, requester)
    show(cutover.apply_decisions(installation, account, progress=reporter()), as_json=as_json, render=fields)
