"""``blekit cutover``: take a unit live, or back, with or without Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from blekit.output import AsJson, counted, fields, reporter, show, table
from config.errors import GateFailed

if TYPE_CHECKING:
    from pipeline.installation import Installation

app = typer.Typer(help="Take units live in the order of the rollout, and back.", no_args_is_help=True)

Unit = Annotated[str, typer.Argument(help="pilot, poznan, olsztyn, warszawa, katowice or krakow")]
Requester = Annotated[str, typer.Option("--as", help="Account that asks; another one must approve.")]
Approver = Annotated[
    str | None,
    typer.Option("--approver", help="Account that approves; its password is read from a prompt or from stdin."),
]
_COUNTS = ("delivered", "loaded", "quarantined", "excluded", "superseded", "suppressed")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Where every unit stands.

    Example: blekit cutover status
    """
    from pipeline.installation import Installation
    from pipeline.status import unit_status

    columns = ("unit", "wave", "state", "release_no", "went_live_at", "systems", *_COUNTS, "customers")
    show(unit_status(Installation()), as_json=as_json, render=lambda rows: table(rows, columns))


@app.command()
def plan(as_json: AsJson = False) -> None:
    """Which unit may go now, and what the others wait for.

    Example: blekit cutover plan
    """
    from pipeline.installation import Installation
    from pipeline.status import cutover_plan

    columns = ("unit", "wave", "cutover_date", "state", "may_go", "waits_for", "publishes_after")
    show(cutover_plan(Installation()), as_json=as_json, render=lambda rows: table(rows, columns))


@app.command()
def rehearse(unit: Unit, requester: Requester = "engineer", as_json: AsJson = False) -> None:
    """Extract a unit and rehearse its release; nothing is published.

    Example: blekit cutover rehearse poznan
    """
    from blekit.people import known_account
    from pipeline.installation import Installation

    installation = Installation()
    account = known_account(installation, requester)
    show(_rehearsed(installation, unit, account), as_json=as_json, render=fields)


@app.command()
def approve(
    unit: Unit,
    rehearsal_id: Annotated[str, typer.Argument(help="Rehearsal that was looked at, such as poznan-1")],
    approver: Annotated[
        str, typer.Option("--as", help="Account that decides; its password is asked for.")
    ] = "approver",
    no_go: Annotated[bool, typer.Option("--no-go", help="Refuse instead of approve.")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the ledger.")] = "",
    as_json: AsJson = False,
) -> None:
    """Record a Go, or a No-go, on a rehearsal, as another account than the one that asked for it.

    Example: blekit cutover approve poznan poznan-1 --as approver --reason "evidence checked"
    """
    from pipeline.installation import Installation

    decision = "no_go" if no_go else "go"
    result = _decided(Installation(), unit, rehearsal_id, approver=approver, decision=decision, reason=reason)
    show(result, as_json=as_json, render=fields)


@app.command()
def run(unit: Unit, requester: Requester = "engineer", approver: Approver = None, as_json: AsJson = False) -> None:
    """Take a unit live: gate, extract, rehearse, approval, publish. Run it again after any interruption.

    Example: blekit cutover run poznan --approver approver < password.txt
    """
    from blekit.people import known_account
    from pipeline import cutover
    from pipeline.installation import Installation

    installation = Installation()
    account = known_account(installation, requester)
    if not cutover.gate(installation, unit)["is_live"]:
        _approved(installation, unit, account, approver=approver)
    report = reporter()
    show(cutover.publish(installation, unit, account, progress=report), as_json=as_json, render=fields)


@app.command()
def rollback(
    unit: Unit,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the ledger.")] = "",
    verify: Annotated[bool, typer.Option("--verify", help="Compare with the same release built from nothing.")] = False,
    requester: Requester = "engineer",
    as_json: AsJson = False,
) -> None:
    """Publish a release without a unit, all else equal; its deliveries stay landed.

    Example: blekit cutover rollback olsztyn --reason "billing stopped" --verify
    """
    from blekit.people import known_account
    from pipeline import cutover
    from pipeline.installation import Installation

    installation = Installation()
    account = known_account(installation, requester)
    result = cutover.rollback(installation, unit, account, reason, verify=verify, progress=reporter())
    show(result, as_json=as_json, render=fields)
    if verify and not result["equal"]:
        raise GateFailed(f"{unit}: the release after the rollback differs from one built from nothing")


def _approved(installation: Installation, unit: str, requester: str, *, approver: str | None) -> None:
    """Make sure that what would be published is approved; rehearse it when it is not."""
    from pipeline import cutover

    if cutover.is_approved(installation, unit):
        return
    rehearsed = _rehearsed(installation, unit, requester)
    if approver is None:
        raise GateFailed(
            f"{unit} waits for approval of rehearsal {rehearsed['rehearsal_id']} by another account than {requester}",
            hint=f"`blekit cutover approve {unit} {rehearsed['rehearsal_id']} --as approver`, then this command again",
        )
    _decided(installation, unit, rehearsed["rehearsal_id"], approver=approver, decision="go", reason="command line")


def _rehearsed(installation: Installation, unit: str, requester: str) -> dict[str, Any]:
    from pipeline import cutover

    report = reporter()
    cutover.gate(installation, unit)
    for point in counted(cutover.points(installation, unit), report, what="extract"):
        extracted = cutover.extract(installation, unit, point)
        for rejected in extracted["rejected"]:
            report(f"rejected a delivery of {rejected['source_id']}: {rejected['reason']}")
    return cutover.rehearse(installation, unit, requester, progress=report)


def _decided(
    installation: Installation, unit: str, rehearsal_id: str, *, approver: str, decision: str, reason: str
) -> dict[str, Any]:
    from blekit.people import authenticated
    from pipeline import cutover

    requested_by = cutover.requester_of(installation, rehearsal_id)
    account = authenticated(installation, approver)
    return cutover.approve(installation, unit, rehearsal_id, decision, account, requested_by, reason)
