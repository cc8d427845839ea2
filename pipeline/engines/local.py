"""The engine of one machine: it calls the stages of :mod:`dedupe` in this process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from dedupe import (
        ApartExplanation,
        ClerkDecision,
        ClusterExplanation,
        CrossCheck,
        Explanation,
        Model,
        Previous,
        Resolution,
    )


def resolve(
    records: pa.Table,
    *,
    first_seen: Mapping[str, dt.date],
    model: Model,
    clerk: Sequence[ClerkDecision],
    survivorship: dict[str, Any],
    id_key: bytes,
    ref_key: bytes,
    previous: Previous | None = None,
    progress: Callable[[str], None] | None = None,
) -> Resolution:
    """Links, customers, golden values, relationships and queue of these records; from a previous state, if given."""
    import dedupe

    run = dedupe.resolve if previous is None else partial(dedupe.resolve_changes, previous=previous)
    return run(
        records,
        first_seen=first_seen,
        model=model,
        clerk=clerk,
        survivorship=survivorship,
        id_key=id_key,
        ref_key=ref_key,
        progress=progress,
    )


def cross_check(records: pa.Table, *, model: Model, seed: int, sample_blocks: int) -> CrossCheck:
    """recordlinkage over a seeded sample of blocks, compared pair by pair and level by level."""
    import dedupe

    return dedupe.cross_check(records, model=model, seed=seed, sample_blocks=sample_blocks)


def explain_pair(records: pa.Table, record_id_1: str, record_id_2: str, *, model: Model) -> Explanation:
    """Why two records are, or are not, the same customer."""
    import dedupe

    return dedupe.explain_pair(records, record_id_1, record_id_2, model=model)


def explain_cluster(
    records: pa.Table, record_ids: Sequence[str], *, model: Model, clerk: Sequence[ClerkDecision]
) -> ClusterExplanation:
    """Why these records are one customer."""
    import dedupe

    return dedupe.explain_cluster(records, record_ids, model=model, clerk=clerk)


def explain_apart(
    records: pa.Table,
    record_ids_1: Sequence[str],
    record_ids_2: Sequence[str],
    *,
    model: Model,
    clerk: Sequence[ClerkDecision],
) -> ApartExplanation:
    """Why the records of two customers are not one."""
    import dedupe

    return dedupe.explain_apart(records, record_ids_1, record_ids_2, model=model, clerk=clerk)
