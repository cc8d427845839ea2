"""Who asked for a run, who may answer, and what is retried."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from config.errors import BadData, GateFailed, LockBusy, PermissionDenied, UsageError
from dags._people import approvers, credentials, requester
from dags._policy import by_policy


def context(*, triggered_by=None, events=()):
    asset = object()
    told = [SimpleNamespace(timestamp=time, extra=extra) for time, extra in events]
    return {
        "dag_run": SimpleNamespace(triggering_user_name=triggered_by),
        "triggering_asset_events": {asset: told} if told else {},
    }


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(context(triggered_by="engineer"), "engineer", id="who triggered it"),
        pytest.param(
            context(events=[("1", {"requested_by": "engineer"})]), "engineer", id="who triggered the wave before"
        ),
        pytest.param(
            context(events=[("2", {"requested_by": "anna"}), ("1", {"requested_by": "jan"})]),
            "anna",
            id="the latest event",
        ),
        pytest.param(context(events=[("1", {})]), "airflow", id="an event that names nobody"),
        pytest.param(context(), "airflow", id="nobody"),
    ],
)
def test_requester(run, expected):
    assert requester(run) == expected


@pytest.fixture
def accounts(tmp_path, monkeypatch):
    path = tmp_path / "accounts.json"
    roles = {"engineer": "op", "approver": "op", "viewer": "viewer"}
    path.write_text(json.dumps({name: {"role": role, "password": f"of {name}"} for name, role in roles.items()}))
    monkeypatch.setattr("pipeline.installation.Installation", lambda: SimpleNamespace(accounts_file=path))


def test_nobody_approves_what_he_asked_for(accounts):
    assert [person["id"] for person in approvers(requested_by="engineer")] == ["approver"]


def test_credentials(accounts):
    assert credentials("viewer") == {"username": "viewer", "password": "of viewer"}


@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        pytest.param(BadData("x"), AirflowFailException, id="bad data"),
        pytest.param(GateFailed("x"), AirflowFailException, id="gate"),
        pytest.param(UsageError("x"), AirflowFailException, id="usage"),
        pytest.param(PermissionDenied("x"), AirflowFailException, id="permission"),
        pytest.param(LockBusy("x"), LockBusy, id="a busy lock is retried"),
        pytest.param(KeyError("Nowak"), AirflowFailException, id="a bug stays a bug"),
        pytest.param(AirflowSkipException("x"), AirflowSkipException, id="what Airflow understands is left to it"),
    ],
)
def test_policy(raised, seen):
    @by_policy
    def body():
        raise raised

    with pytest.raises(seen):
        body()


def test_a_foreign_message_may_quote_a_record_and_is_not_told():
    @by_policy
    def body():
        return {}["Nowak, 44051401359"]

    with pytest.raises(AirflowFailException, match=r"unexpected KeyError at test_people.py:\d+") as failed:
        body()
    assert "Nowak" not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__
