"""``blekit up``, ``down`` and ``status``: the local runtime."""

from __future__ import annotations

from typing import Any

from blekit.output import AsJson, line, reporter, show
from blekit.runtime import stack
from pipeline.installation import Installation


def up(as_json: AsJson = False) -> None:
    """Start the embedded PostgreSQL, Airflow and the steward's pages; what runs already is left alone."""
    installation = Installation()
    stack.start(installation, progress=reporter())
    show(stack.describe(installation), as_json=as_json, render=_render)


def down(as_json: AsJson = False) -> None:
    """Stop everything `blekit up` started; the data stay."""
    installation = Installation()
    stack.stop(installation, progress=reporter())
    show({"running": False, "home": str(installation.home)}, as_json=as_json, render=lambda _: line("stopped"))


def status(as_json: AsJson = False) -> None:
    """What runs, where it answers and how to log in."""
    show(stack.describe(Installation()), as_json=as_json, render=_render)


def _render(state: dict[str, Any]) -> None:
    for name, runs in state["components"].items():
        line(f"{name:<15} {'running' if runs else 'stopped'}")
    if not state["running"]:
        line("\n`blekit up` starts what is stopped.")
        return
    line(f"\nAirflow         {state['airflow_url']}")
    line(f"Match queue     {state['review_url']}")
    line(f"Accounts        engineer, approver, steward, viewer; passwords in {state['accounts_file']}")
    line(f"BI tools        {_without_password(state['bi_url'])}")
    line(f"                password in {state['home']}/keys/blekit_bi.password")
    line(f"Logs            {state['logs']}")


def _without_password(url: str) -> str:
    head, _, address = url.rpartition("@")
    return f"{head.rpartition(':')[0]}@{address}" if head else url
