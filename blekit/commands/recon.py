"""``blekit recon``: what the legacy systems sent against what stands in the warehouse."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from blekit.output import AsJson, line, show, table
from config.errors import GateFailed

app = typer.Typer(help="Reconcile the legacy systems with the warehouse.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Reconcile the legacy systems with the warehouse."""


@app.command()
def run(
    unit: Annotated[str, typer.Option("--unit", help="Unit to reconcile.")],
    everything: Annotated[bool, typer.Option("--all", help="List equal checks too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare counts, sums and control totals per system; exit 1 on any difference nothing explains.

    A difference of money is explained when rejected and excluded rows hold exactly that much; it is unproven where
    records stand in quarantine, because what nobody could read nobody can add up.

    Example: blekit recon run --unit poznan
    """
    from blekit.output import reporter
    from pipeline.installation import Installation
    from pipeline.reconciliation import reconcile_unit

    report = reconcile_unit(Installation(), unit, progress=reporter())
    show(report, as_json=as_json, render=lambda result: _render(result, everything=everything))
    if not report["clean"]:
        different = sum(1 for check in report["checks"] if check["status"] == "different")
        raise GateFailed(f"{unit}: {different} checks differ and nothing explains why")


def _render(report: dict[str, Any], *, everything: bool) -> None:
    checks = [check for check in report["checks"] if everything or check["difference"]]
    columns = ("name", "source_id", "point", "legacy", "central", "difference", "status", "explained_by")
    table(checks, columns, nothing="no difference")
    told = f", {report['unproven']} differences of money unproven" if report["unproven"] else ""
    line(f"\n{len(report['checks'])} checks, {'clean' if report['clean'] else 'NOT clean'}{told}")
