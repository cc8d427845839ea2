"""What an engineer starts by hand: a rehearsal, a rollback, the stewards' decisions as a release (Airflow DAGs)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.sdk import Param, TriggerRule, dag, get_current_context, task

from config.units import UNIT_NAMES
from dags._people import requester
from dags._policy import RETRY, by_policy
from dags._pools import EXTRACTION, RELEASE

_UNIT = Param(None, type="string", enum=list(UNIT_NAMES), title="Unit", description="Unit of cutover")
_REASON = Param(None, type="string", minLength=3, maxLength=500, title="Reason", description="Kept in the ledger")
_UNTIL = Param(
    None, type="string", format="date", title="Until", description="Last business date of deliveries to take"
)
_VERIFY = Param(
    False, type="boolean", title="Verify", description="Also build the same release from nothing and compare the hashes"
)


@dag(
    dag_id="rehearse_unit",
    dag_display_name="Rehearse a unit",
    description="Extract and rehearse one unit; nothing is published",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["operations"],
    params={"unit": _UNIT},
    default_args=RETRY,
)
def rehearse_unit() -> None:
    """Extract and rehearse one unit; nothing is published."""

    @task
    @by_policy
    def points() -> list[str]:
        """Codes of the collection points to extract from."""
        from pipeline import cutover
        from pipeline.installation import Installation

        return cutover.points(Installation(), _param("unit"))

    @task(pool=EXTRACTION, map_index_template="{{ point }}")
    @by_policy
    def extract(point: str) -> dict[str, Any]:
        """Land, read and standardise what the systems of one point delivered."""
        from pipeline import cutover
        from pipeline.installation import Installation

        get_current_context()["point"] = point  # type: ignore[typeddict-unknown-key]
        return cutover.extract(Installation(), _param("unit"), point)

    @task(pool=RELEASE)
    @by_policy
    def rehearse() -> dict[str, Any]:
        """Prepare the release, collect the evidence, abandon the release."""
        from pipeline import cutover
        from pipeline.installation import Installation

        return cutover.rehearse(Installation(), _param("unit"), requester(get_current_context()))

    extract.expand(point=points()) >> rehearse()


@dag(
    dag_id="rollback_unit",
    dag_display_name="Roll a unit back",
    description="Publish a release without one unit, all else equal",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["operations"],
    params={"unit": _UNIT, "reason": _REASON, "verify": _VERIFY},
    default_args=RETRY,
)
def rollback_unit() -> None:
    """Publish a release without one unit, all else equal; its deliveries stay landed."""

    @task(pool=RELEASE)
    @by_policy
    def rollback() -> dict[str, Any]:
        """Publish the release without the unit."""
        from pipeline import cutover
        from pipeline.installation import Installation

        actor = requester(get_current_context())
        return cutover.rollback(Installation(), _param("unit"), actor, reason=_param("reason"), verify=_param("verify"))

    rollback()


@dag(
    dag_id="apply_decisions",
    dag_display_name="Apply stewards' decisions",
    description="Publish a release that honours the decisions taken since the current one",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["operations"],
    default_args=RETRY,
)
def apply_decisions() -> None:
    """Publish a release that honours the decisions taken since the current one; without any, nothing is published."""

    @task(task_id="apply", pool=RELEASE)
    @by_policy
    def apply() -> dict[str, Any]:
        """Publish the release."""
        from pipeline import cutover
        from pipeline.installation import Installation

        return cutover.apply_decisions(Installation(), requester(get_current_context()))

    apply()


@dag(
    dag_id="daily_feeds",
    dag_display_name="Daily feeds",
    description="Take what live units delivered up to a day, and publish it as one release",
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["operations"],
    params={"until": _UNTIL},
    default_args=RETRY,
)
def daily_feeds() -> None:
    """Extract what live units delivered after their cutover, up to a day, and publish it as one release."""

    @task
    @by_policy
    def points() -> list[str]:
        """Codes of the collection points that delivered something new."""
        from pipeline import cutover
        from pipeline.installation import Installation

        return cutover.feed_points(Installation(), _until())

    @task(pool=EXTRACTION, map_index_template="{{ point }}")
    @by_policy
    def extract(point: str) -> dict[str, Any]:
        """Land, read and standardise what the systems of one point delivered."""
        from pipeline import cutover
        from pipeline.installation import Installation

        get_current_context()["point"] = point  # type: ignore[typeddict-unknown-key]
        return cutover.extract_feed(Installation(), point, _until())

    @task(pool=RELEASE, trigger_rule=TriggerRule.NONE_FAILED)
    @by_policy
    def publish() -> dict[str, Any]:
        """Publish the release; nothing when nothing is new."""
        from pipeline import cutover
        from pipeline.installation import Installation

        return cutover.publish_feed(Installation(), _until(), requester(get_current_context()))

    extract.expand(point=points()) >> publish()


def _until() -> dt.date:
    return dt.date.fromisoformat(_param("until"))


def _param(name: str) -> Any:
    return get_current_context()["params"][name]


rehearse_unit()
rollback_unit()
apply_decisions()
daily_feeds()
