"""How right events are: whose they are, which were lost, which nobody made.

The truth names the entity behind each event that was delivered; the product names a party record, and the truth about
records names its entity. An event of a stranger has no entity in the truth: whatever party it was given is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from blekit.scoring.rates import ratio
from blekit.scoring.truth import KEY, read_table

TYPES: Mapping[str, str] = {
    "contacts": "contact",
    "ivr": "ivr_event",
    "visits": "office_visit",
    "messages": "message",
    "orders": "order",
    "work_orders": "work_order",
    "resignations": "resignation",
    "needs": "need",
    "enquiries": "enquiry",
    "complaints": "complaint",
    "faults": "fault",
    "invoices": "invoice",
    "payments": "payment",
    "letters": "letter",
    "logins": "login",
    "pins": "pin_event",
    "surveys": "survey",
    "usage": "usage",
}
"""The estate's tables of events to the product's types."""
EVENT = ["source_id", "raw_key"]


def read_events(folder: Path) -> pd.DataFrame:
    """The truth about events: ``source_id, delivery, raw_key, kind, entity_id``; a row for each time it was delivered.

    Raises:
        UsageError: the folder holds no truth.
    """
    return read_table(folder, "events.parquet")


def score_events(
    events: pa.Table,
    records: pa.Table,
    *,
    truth: pd.DataFrame,
    record_truth: pd.DataFrame,
    deliveries: Iterable[tuple[str, str]],
) -> dict[str, Any]:
    """Counts and shares, overall, by type and by what found the party.

    ``known`` are the events the truth knows an entity of, ``right`` those given to a record of it. ``lost`` were
    delivered and are no live events (quarantined or rejected ones among them), ``invented`` were delivered by nobody.

    Args:
        events: live events with their parties.
        records: live party records.
        truth: as :func:`read_events` gives it.
        record_truth: as :func:`blekit.scoring.truth.read_truth` gives it.
        deliveries: source and folder name of those that were taken; events of others are not asked for. What a
            service held is in no delivery of the estate's: it is asked for where anything of the system was taken.
    """
    asked = pd.MultiIndex.from_tuples(list(deliveries), names=["source_id", "delivery"])
    is_served = truth["delivery"].isna() & truth["source_id"].isin(asked.get_level_values("source_id"))
    is_asked = pd.MultiIndex.from_frame(truth[["source_id", "delivery"]]).isin(asked) | is_served
    told = truth[is_asked].drop_duplicates(EVENT)
    parties = records.select(["record_id", *KEY]).to_pandas().merge(record_truth, on=KEY, how="left", validate="1:1")
    live = events.select([*EVENT, "event_type", "record_id", "resolved_by"]).to_pandas()
    both = live.merge(told, on=EVENT, how="outer", validate="1:1", indicator=True)
    entity = both["record_id"].map(parties.set_index("record_id")["entity_id"])
    judged = pd.DataFrame(
        {
            "event_type": both["event_type"].fillna(both["kind"].map(TYPES)),
            "resolved_by": both["resolved_by"],
            "events": both["_merge"].ne("right_only"),
            "with_party": both["record_id"].notna(),
            "known": both["entity_id"].notna() & both["_merge"].eq("both"),
            "right": both["entity_id"].notna() & entity.eq(both["entity_id"]),
            "lost": both["_merge"].eq("right_only"),
            "invented": both["_merge"].eq("left_only"),
        }
    )
    return {
        "overall": _rates(judged),
        "by_type": {str(name): _rates(rows) for name, rows in judged.groupby("event_type")},
        "by_reference": {
            str(name): {key: value for key, value in _rates(rows).items() if key not in ("lost", "invented")}
            for name, rows in judged[judged["with_party"]].groupby("resolved_by")
        },
    }


def _rates(judged: pd.DataFrame) -> dict[str, Any]:
    counts = {name: int(judged[name].sum()) for name in ("events", "with_party", "known", "right", "lost", "invented")}
    return {
        **counts,
        "share_right": ratio(counts["right"], counts["with_party"]),
        "share_found": ratio(counts["right"], counts["known"]),
    }
