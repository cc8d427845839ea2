"""From party records to customers: the stages in order, and the tables they give."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from config.schemas import MATCH_DECISION, QUEUE_CASE
from dedupe.blocking import find_pairs
from dedupe.cases import case_table
from dedupe.customers import cluster, clustering_pairs, customer_tables, max_records
from dedupe.decisions import LINK, POSSIBLE_LINK, RULE, ClerkDecision, standing_decisions
from dedupe.features import party_features
from dedupe.model import Model
from dedupe.partition import Partition
from dedupe.party_kinds import PARTY_KINDS
from dedupe.relationships import relationships
from dedupe.scoring import Scored, decision_table, score, sorted_pairs

__all__ = ["Resolution", "cluster", "clustering_pairs", "max_records", "resolve"]

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Resolution:
    """Everything a release needs to know about customers; each table sorted by its key."""

    crosswalk: pa.Table
    golden_customers: pa.Table
    relationships: pa.Table
    queue_cases: pa.Table
    decisions: pa.Table
    stats: dict[str, Any]


def resolve(
    records: pa.Table,
    *,
    first_seen: Mapping[str, dt.date],
    model: Model,
    clerk: Sequence[ClerkDecision],
    survivorship: Mapping[str, Any],
    id_key: bytes,
    ref_key: bytes,
    progress: Progress | None = None,
) -> Resolution:
    """Which records are one customer, and what each customer is like.

    Args:
        records: the live party records, in any order.
        first_seen: record_id to the business date of its first delivery, for the anchors.
        model: frozen matching model.
        clerk: all decisions of stewards; one whose records are not both here sleeps.
        survivorship: rules per attribute and trust per source (``config.survivorship.load_survivorship``).
        id_key: key of customer ids.
        ref_key: key of case references.
        progress: told what is being done, with counts.
    """
    tell = progress or (lambda message: None)
    records = records.sort_by("record_id").combine_chunks()
    standing = standing_decisions(clerk)
    scored, groups = [], []
    for party_kind in PARTY_KINDS:
        features = party_features(records, party_kind=party_kind, matching=model.matching)
        tell(f"block {len(features)} {party_kind}s")
        pairs, blocks = find_pairs(features, caps=model.matching.caps)
        tell(f"compare {len(pairs)} pairs of {party_kind}s")
        scored.append(score(features, pairs, model=model, clerk=standing, blocks=blocks))
        tell(f"cluster {len(features)} {party_kind}s")
        groups.append(cluster(scored[-1], model))
    tell("choose golden values")
    customers = customer_tables(
        records, scored, groups, first_seen=first_seen, survivorship=survivorship, id_key=id_key
    )
    cases = sorted_pairs([case_table(one, group, ref_key) for one, group in zip(scored, groups, strict=True)])
    return Resolution(
        crosswalk=customers.crosswalk,
        golden_customers=customers.golden,
        relationships=relationships(records, customers.crosswalk["customer_id"], customers.golden),
        queue_cases=QUEUE_CASE.check(cases),
        decisions=MATCH_DECISION.check(sorted_pairs([decision_table(one) for one in scored])),
        stats=_stats(scored, groups, customers=customers.golden.num_rows, cases=cases.num_rows),
    )


def _stats(scored: Sequence[Scored], groups: Sequence[Partition], *, customers: int, cases: int) -> dict[str, Any]:
    """Counts for the ledger and the log; no ids, no values."""
    kinds = {
        one.features.party_kind: {
            "records": len(one.features),
            "candidate_pairs": len(one.pairs),
            "links": int((one.decided.decision == LINK).sum()),
            "possible_links": int((one.decided.decision == POSSIBLE_LINK).sum()),
            "by_rule": int((one.decided.decided_by == RULE).sum()),
            "by_clerk": len(one.clerk),
            "groups": len(np.unique(its_groups.group)),
            "refused_links": len(its_groups.refusals),
            "dropped_blocks": sum(block.dropped_blocks for block in one.blocks),
            "rules": {block.rule: {"pairs": block.pairs, "dropped": block.dropped_blocks} for block in one.blocks},
        }
        for one, its_groups in zip(scored, groups, strict=True)
    }
    return {**kinds, "customers": customers, "queue_cases": cases}
