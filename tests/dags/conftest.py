"""Airflow with a metadata database of its own, and a ledger that is a dictionary."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

# Airflow reads its settings when it is first imported, which may be at collection.
ROOT = Path(__file__).resolve().parents[2]
HOME = Path(tempfile.mkdtemp(prefix="blekit-airflow-test-"))
os.environ.update(
    AIRFLOW_HOME=str(HOME),
    AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "dags"),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__HOSTNAME_CALLABLE="socket.gethostname",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{HOME}/airflow.db",
    AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS="False",
    AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=str(HOME / "logs"),
)

from config.errors import GateFailed  # noqa: E402
from config.units import elder_siblings, predecessors, unit_named  # noqa: E402


class FakeCutover:
    """The functions of ``pipeline.cutover`` on a dictionary of states; counts what was called."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.approvals: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.failures: dict[str, list[Exception]] = {}

    def gate(self, _: Any, unit: str) -> dict[str, Any]:
        self._enter("gate")
        waiting = [other.name for other in predecessors(unit_named(unit)) if self.states.get(other.name) != "live"]
        if waiting:
            raise GateFailed(f"{unit} may not go yet: {', '.join(waiting)}")
        return {"unit": unit, "state": self.states.get(unit, "planned"), "is_live": self.states.get(unit) == "live"}

    def points(self, _: Any, unit: str) -> list[str]:
        self._enter("points")
        return ["ZT63", "ZT65"]

    def extract(self, _: Any, unit: str, point: str) -> dict[str, Any]:
        self._enter("extract")
        return {"point": point, "delivered": 10}

    def rehearse(self, _: Any, unit: str, requested_by: str) -> dict[str, Any]:
        self._enter("rehearse")
        self.states[unit] = "rehearsed"
        return {"rehearsal_id": f"{unit}-1", "covers": f"covers-{unit}", "delivered": 20, "seconds": {"resolve": 1.5}}

    def approve(self, _: Any, unit: str, rehearsal_id: str, **decided: Any) -> dict[str, Any]:
        self._enter("approve")
        self.approvals[f"covers-{unit}"] = decided
        return {"unit": unit}

    def siblings_settled(self, _: Any, unit: str) -> bool:
        self._enter("siblings_settled")
        return all(self.states.get(other.name) == "live" for other in elder_siblings(unit_named(unit)))

    def publish(self, _: Any, unit: str, actor: str) -> dict[str, Any]:
        self._enter("publish")
        self.states[unit] = "live"
        return {"release_no": len(self.states), "content_hash": "h"}

    def _enter(self, name: str) -> None:
        self.calls.append(name)
        if self.failures.get(name):
            raise self.failures[name].pop(0)


class FakeInstallation:
    """An installation whose warehouse knows the approvals of the fake ledger."""

    ledger: FakeCutover

    def open_warehouse(self) -> Any:
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def approval_for(self, unit: str, covers: str) -> Any:
        found = self.ledger.approvals.get(covers)
        return found and SimpleNamespace(**found)


@pytest.fixture(scope="session")
def dag_bag() -> Any:
    """Our DAGs, as Airflow's own loader finds them."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.utils import db

    db.initdb()
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session

    from dags._pools import POOLS

    with create_session() as session:
        for name, slots in POOLS.items():
            Pool.create_or_update_pool(name, slots=slots, description="", include_deferred=False, session=session)
    return DagBag(dag_folder=str(ROOT / "dags"))


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> FakeCutover:
    """A fake ledger in place of the pipeline."""
    import pipeline.cutover
    import pipeline.installation

    fake = FakeCutover()
    for name in ("gate", "points", "extract", "rehearse", "approve", "siblings_settled", "publish"):
        monkeypatch.setattr(pipeline.cutover, name, getattr(fake, name))
    installation = type("Installation", (FakeInstallation,), {"ledger": fake})
    monkeypatch.setattr(pipeline.installation, "Installation", installation)
    return fake


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Answer questions at once; the options to choose, first one first. ``dag.test()`` never asks anybody."""
    from airflow.providers.standard.operators.hitl import HITLOperator

    chosen: list[str] = []

    def answer(self: Any, context: Any) -> dict[str, Any]:
        person = {"id": "approver", "name": "approver"}
        return {"chosen_options": [chosen.pop(0)], "params_input": {"reason": "seen"}, "responded_by_user": person}

    monkeypatch.setattr(HITLOperator, "execute", answer)
    for module in ("dags._approval", "dags._factory"):
        monkeypatch.setattr(f"{module}.requester", lambda context: "engineer")
    monkeypatch.setattr("dags._approval.approvers", lambda *, requested_by: [])
    return chosen
