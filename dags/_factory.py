"""One cutover DAG per unit, all alike.

The order is carried twice: by assets, which start a unit when the wave before has signed off, and by the ledger, which
``gate`` asks first and which alone decides. Only ``sign_off`` updates the asset, so nothing but a published and signed
unit releases the next wave.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Asset, Context, Param, TriggerRule, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from config.units import UNITS, Unit, elder_siblings, predecessors
from dags._approval import GO, ApprovalOperator
from dags._people import requester
from dags._policy import RETRY, by_policy
from dags._pools import EXTRACTION, RELEASE

DONE = {unit.name: Asset(name=f"cutover_done_{unit.name}", uri=f"blekit://ledger/{unit.name}") for unit in UNITS}
"""One asset per unit: it is updated when the unit has gone live."""

_SIBLINGS_POKE_SECONDS = 10
_SIBLINGS_PATIENCE_SECONDS = 7 * 24 * 3600
# Elder siblings prepare and publish first.
_PRIORITY = {unit.name: 10 * (len(UNITS) - unit.ordinal) for unit in UNITS}


def cutover_dag(unit: Unit) -> DAG:
    """The cutover of one unit, from the ledger gate to the sign-off."""
    before = predecessors(unit)
    with DAG(
        dag_id=f"cutover_{unit.name}",
        dag_display_name=f"Cutover {unit.title}",
        description=f"{unit.title} goes live on {unit.cutover_date}",
        doc_md=_doc(unit),
        schedule=_after(before),
        catchup=False,
        max_active_runs=1,
        tags=["cutover", f"wave {unit.wave}"],
        default_args={**RETRY, "priority_weight": _PRIORITY[unit.name], "weight_rule": "absolute"},
    ) as dag:
        opened = _gate(unit)
        points = _points(unit)
        extracted = _extract(unit, points)
        rehearsed = _rehearse(unit)
        asked = ApprovalOperator(
            task_id="go_no_go",
            unit=unit.name,
            title=unit.title,
            params={"reason": Param("", type="string", maxLength=500, description="Note for the ledger")},
        )
        decided = _decide()
        approved = _approve(unit)
        published = _publish(unit)
        opened >> points >> extracted >> rehearsed >> asked >> decided >> [approved, _record_no_go(unit)]
        if elder_siblings(unit):
            approved >> _wait_for_siblings(unit) >> published
        else:
            approved >> published
        published >> _sign_off(unit)
    return dag


def _after(before: tuple[Unit, ...]) -> Any:
    """The predecessors' assets, all of them; None for the first unit, which somebody triggers."""
    schedule: Any = None
    for unit in before:
        schedule = DONE[unit.name] if schedule is None else schedule & DONE[unit.name]
    return schedule


def _gate(unit: Unit) -> Any:
    @task(task_id="gate")
    @by_policy
    def gate() -> dict[str, Any]:
        """Fail unless the ledger lets this unit go; skip the rest when it is live already."""
        from pipeline import cutover
        from pipeline.installation import Installation

        state = cutover.gate(Installation(), unit.name)
        if state["is_live"]:
            raise AirflowSkipException(f"{unit.name} is live already: nothing to do")
        return state

    return gate()


def _points(unit: Unit) -> Any:
    @task(task_id="points")
    @by_policy
    def points() -> list[str]:
        """Codes of the collection points to extract from."""
        from pipeline import cutover
        from pipeline.installation import Installation

        return cutover.points(Installation(), unit.name)

    return points()


def _extract(unit: Unit, points: Any) -> Any:
    @task(task_id="extract", pool=EXTRACTION, map_index_template="{{ point }}")
    @by_policy
    def extract(point: str) -> dict[str, Any]:
        """Land, read and standardise what the systems of one point delivered."""
        from pipeline import cutover
        from pipeline.installation import Installation

        get_current_context()["point"] = point  # type: ignore[typeddict-unknown-key]
        return cutover.extract(Installation(), unit.name, point)

    return extract.expand(point=points)


def _rehearse(unit: Unit) -> Any:
    @task(task_id="rehearse", pool=RELEASE)
    @by_policy
    def rehearse() -> dict[str, Any]:
        """Prepare the release, collect the evidence, abandon the release."""
        from pipeline import cutover
        from pipeline.installation import Installation

        requested_by = requester(get_current_context())
        return {**cutover.rehearse(Installation(), unit.name, requested_by), "requested_by": requested_by}

    return rehearse()


def _decide() -> Any:
    @task.branch(task_id="decide")
    def decide() -> str:
        """Follow the answer; anything but a Go is a No-go."""
        return "approve" if _answer(get_current_context())["chosen_options"] == [GO] else "record_no_go"

    return decide()


def _approve(unit: Unit) -> Any:
    @task(task_id="approve")
    @by_policy
    def approve() -> dict[str, Any]:
        """Enter the Go into the ledger; from here on no human is needed."""
        return _record(unit, decision="go")

    return approve()


def _record_no_go(unit: Unit) -> Any:
    @task(task_id="record_no_go")
    @by_policy
    def record_no_go() -> dict[str, Any]:
        """Enter the No-go into the ledger; younger siblings need not wait for this unit any more."""
        return _record(unit, decision="no_go")

    return record_no_go()


def _wait_for_siblings(unit: Unit) -> Any:
    @task.sensor(
        task_id="wait_for_siblings",
        mode="reschedule",
        poke_interval=_SIBLINGS_POKE_SECONDS,
        timeout=_SIBLINGS_PATIENCE_SECONDS,
    )
    @by_policy
    def wait_for_siblings() -> bool:
        """Whether the elder units of this wave are live, or refused."""
        from pipeline import cutover
        from pipeline.installation import Installation

        return cutover.siblings_settled(Installation(), unit.name)

    return wait_for_siblings()


def _publish(unit: Unit) -> Any:
    @task(task_id="publish", pool=RELEASE)
    @by_policy
    def publish() -> dict[str, Any]:
        """Take the unit live in one release."""
        from pipeline import cutover
        from pipeline.installation import Installation

        return cutover.publish(Installation(), unit.name, _answer(get_current_context())["responded_by_user"]["id"])

    return publish()


def _sign_off(unit: Unit) -> Any:
    @task(task_id="sign_off", outlets=[DONE[unit.name]], trigger_rule=TriggerRule.ALL_SUCCESS)
    def sign_off() -> None:
        """Tell the next wave that this unit is live, and on whose request."""
        context = get_current_context()
        release = context["ti"].xcom_pull(task_ids="publish")
        context["outlet_events"][DONE[unit.name]].extra = {
            "release_no": release["release_no"],
            "content_hash": release["content_hash"],
            "requested_by": requester(context),
        }

    return sign_off()


def _answer(context: Context) -> dict[str, Any]:
    answer: dict[str, Any] = context["ti"].xcom_pull(task_ids="go_no_go")
    return answer


def _record(unit: Unit, *, decision: str) -> dict[str, Any]:
    from pipeline import cutover
    from pipeline.installation import Installation

    context = get_current_context()
    answer = _answer(context)
    return cutover.approve(
        Installation(),
        unit.name,
        context["ti"].xcom_pull(task_ids="rehearse")["rehearsal_id"],
        decision=decision,
        actor=(answer["responded_by_user"] or {"id": "timeout"})["id"],
        requested_by=requester(context),
        reason=(answer["params_input"] or {}).get("reason", ""),
    )


def _doc(unit: Unit) -> str:
    before = ", ".join(other.title for other in predecessors(unit)) or "nothing: somebody triggers it"
    elders = ", ".join(other.title for other in elder_siblings(unit))
    return (
        f"Cutover of **{unit.title}** ({unit.cutover_date}), after {before}.\n\n"
        "`gate` asks the ledger, `extract` reads each collection point, `rehearse` shows what would be published, "
        "`go_no_go` asks an account other than the requester, `publish` takes the unit live in one release.\n\n"
        + (f"It publishes after {elders}, unless a No-go of theirs is recorded.\n\n" if elders else "")
        + "A failed task may be cleared at any time: the ledger knows how far the unit is."
    )
