"""Who asked for a run, and who may answer for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from airflow.sdk import Context
from airflow.sdk.execution_time.hitl import HITLUser

NOBODY = "airflow"
"""Requester of a run nobody triggered and no predecessor passed a name to."""


def requester(context: Context) -> str:
    """The account that triggered this run, or the one that triggered the cutovers it follows."""
    run = context["dag_run"]
    if run.triggering_user_name:
        return str(run.triggering_user_name)
    names = [event.extra.get("requested_by") for event in _events(context)]
    return str(next((name for name in reversed(names) if name), NOBODY))


def approvers(*, requested_by: str) -> list[HITLUser]:
    """Accounts that may answer: all that may write, except the one that asked."""
    return [
        HITLUser(id=name, name=name)
        for name, account in _accounts().items()
        if account["role"] != "viewer" and name != requested_by
    ]


def credentials(name: str) -> dict[str, str]:
    """What that account logs in with."""
    return {"username": name, "password": _accounts()[name]["password"]}


def _accounts() -> Mapping[str, Mapping[str, str]]:
    from pipeline.installation import Installation

    accounts: Mapping[str, Mapping[str, str]] = json.loads(Installation().accounts_file.read_text(encoding="utf-8"))
    return accounts


def _events(context: Context) -> list[Any]:
    """Events that triggered this run, oldest first."""
    by_asset = context.get("triggering_asset_events") or {}
    events = [event for asset in by_asset for event in by_asset[asset]]
    return sorted(events, key=lambda event: str(event.timestamp))
