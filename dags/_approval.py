"""Go or no-go: Airflow asks a person, the ledger keeps the answer.

Airflow 3.3 can fail a question that was answered already (its executor reports the end of the asking process late), and
then repeats it. So before asking, this operator looks whether the same question was answered: in the ledger, for the
same covers, or in an earlier try of this task. Nobody is asked twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Context

from dags._people import approvers, credentials, requester

GO, NO_GO = "Go", "No-go"

_BODY = """\
Rehearsal **{{ ti.xcom_pull(task_ids='rehearse')['rehearsal_id'] }}**, asked for by
**{{ ti.xcom_pull(task_ids='rehearse')['requested_by'] }}**.

| | |
|---|---:|
{% for name, value in ti.xcom_pull(task_ids='rehearse').items() if value is number -%}
| {{ name | replace('_', ' ') }} | {{ '{:,}'.format(value) | replace(',', ' ') }} |
{% endfor %}

*Go* covers exactly these deliveries, this model, these decisions and thresholds; when one of them changes it is void.
"""


class ApprovalOperator(HITLOperator):
    """Ask whether a rehearsed unit may go live, unless that was answered before."""

    def __init__(self, *, unit: str, title: str, **kwargs: Any) -> None:
        super().__init__(
            subject=f"Go / no-go: {title}",
            body=_BODY,
            options=[GO, NO_GO],
            # Taken only when somebody sets a response timeout: silence is never a Go.
            defaults=[NO_GO],
            retries=3,
            retry_delay=timedelta(seconds=2),
            **kwargs,
        )
        self.unit = unit

    def execute(self, context: Context) -> Any:
        """Return an earlier answer, or ask the accounts that did not ask for the cutover."""
        asked_by = requester(context)
        covers = context["ti"].xcom_pull(task_ids="rehearse")["covers"]
        if answer := recorded_go(self.unit, covers=covers, requested_by=asked_by) or answer_of_earlier_try(context):
            return answer
        self.assigned_users = approvers(requested_by=asked_by)
        return super().execute(context)


def recorded_go(unit: str, *, covers: str, requested_by: str) -> dict[str, Any] | None:
    """The Go the ledger holds for exactly these covers, as an answer; a No-go may be thought over, so it is not one."""
    from pipeline.installation import Installation

    with Installation().open_warehouse() as warehouse:
        approval = warehouse.approval_for(unit, covers)
    if approval is None or approval.decision != "go" or approval.actor == requested_by:
        return None
    return {
        "chosen_options": [GO],
        "params_input": {"reason": approval.reason},
        "responded_by_user": {"id": approval.actor, "name": approval.actor},
    }


def answer_of_earlier_try(context: Context) -> dict[str, Any] | None:
    """What somebody answered to an earlier try of this task, as Airflow's API tells it to its viewer account.

    The answer stands there until the question is asked again; a task may not read it through the SDK.
    """
    import httpx
    from airflow.sdk.configuration import conf

    ti = context["ti"]
    if ti.try_number == 1:
        return None
    with httpx.Client(base_url=conf.get("api", "base_url"), timeout=10) as api:
        token = api.post("/auth/token", json=credentials("viewer")).raise_for_status().json()["access_token"]
        response = api.get(
            f"/api/v2/dags/{ti.dag_id}/dagRuns/{ti.run_id}/taskInstances/{ti.task_id}/-1/hitlDetails",
            headers={"Authorization": f"Bearer {token}"},
        )
    if response.is_success and response.json()["responded_by_user"]:
        return {name: response.json()[name] for name in ("chosen_options", "params_input", "responded_by_user")}
    return None
