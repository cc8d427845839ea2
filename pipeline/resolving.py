"""From the live set to the content of a release.

Content is a pure function of the inputs and the id key (DESIGN §12): the same live records, decisions and model give
the same tables, whoever makes them and whenever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from config.schemas import ACCOUNT, CONTENT_TABLES
from pipeline.engines import local
from pipeline.live_events import facts_of
from pipeline.livesets import LiveSet
from pipeline.models import shipped_model

if TYPE_CHECKING:
    from dedupe import ClerkDecision, Model, Previous, Resolution
    from warehouse.records import Decision


@dataclass(frozen=True)
class Content:
    """The content tables of a release, by name, and what is worth telling about how they came about."""

    tables: Mapping[str, pa.Table]
    resolution: Resolution

    @property
    def stats(self) -> dict[str, Any]:
        """Counts of the resolution."""
        return dict(self.resolution.stats)


@cache
def survivorship() -> dict[str, Any]:
    """Which record gives which golden value."""
    from config.survivorship import load_survivorship

    return load_survivorship()


def clerk_decisions(decisions: Iterable[Decision]) -> list[ClerkDecision]:
    """Decisions of stewards as linkage takes them."""
    from dedupe import ClerkDecision

    return [
        ClerkDecision(each.decision_no, each.record_id_1, each.record_id_2, each.kind, each.match_weight)
        for each in decisions
    ]


def content_of(
    live: LiveSet,
    *,
    decisions: Iterable[Decision],
    id_key: bytes,
    ref_key: bytes,
    model: Model | None = None,
    previous: Previous | None = None,
    progress: Callable[[str], None] | None = None,
) -> Content:
    """The content tables of a live set; by the model that ships with the code unless another is given.

    With a previous resolution only what changed since is resolved again: the tables are the same either way, but the
    decisions and counts beside them are then those of what was resolved.
    """
    resolution = local.resolve(
        live.records,
        first_seen=live.first_seen,
        model=model or shipped_model(),
        clerk=clerk_decisions(decisions),
        survivorship=survivorship(),
        id_key=id_key,
        ref_key=ref_key,
        previous=previous,
        progress=progress,
    )
    tables = {
        "party_record": live.records,
        "crosswalk": resolution.crosswalk,
        "golden_customer": resolution.golden_customers,
        "relationship": resolution.relationships,
        "queue_case": resolution.queue_cases,
        "quarantine": live.quarantine,
        "fact_account": accounts_of(live.records),
        **facts_of(live.events),
    }
    return Content({schema.name: schema.check(tables[schema.name]) for schema in CONTENT_TABLES}, resolution)


def accounts_of(records: pa.Table) -> pa.Table:
    """One account per legacy row; its money stands on the first party of the row, and a missing sum is nought."""
    first = records.filter(pc.equal(records["part"], 1))
    columns = [
        first["record_id"],
        first["source_id"],
        first["unit"],
        first["opened_on"],
        pc.fill_null(first["balance_grosze"], 0),
        pc.fill_null(first["monthly_fee_grosze"], 0),
        pc.fill_null(first["services"], 0),
    ]
    return ACCOUNT.check(pa.Table.from_arrays([_one_chunk(column) for column in columns], schema=ACCOUNT.arrow))


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
