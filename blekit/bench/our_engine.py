"""Our engine, by the functions cutovers and ``blekit link`` call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from blekit.bench.jobs import Job, Linked
from config.matching import Costs, load_matching
from config.models import load_model_dict
from dedupe import Model, train
from dedupe.blocking import find_pairs
from dedupe.cases import case_table
from dedupe.decisions import LINK, MODEL, by_cost
from dedupe.features import LINKED_COLUMNS, PartyFeatures, party_features
from dedupe.model import MICRO
from dedupe.partition import Partition
from dedupe.party_kinds import PARTY_KINDS
from dedupe.resolution import cluster
from dedupe.scoring import Scored, score

NATURAL = Costs(false_link=1, missed_link=1, review=1)
"""Both mistakes cost the same and nobody is asked: link when it is likelier than not."""
_SEED = 7


@dataclass(frozen=True)
class _Stages:
    scored: Sequence[Scored]
    groups: Sequence[Partition]


class OurEngine:
    """Party records by the frozen model; any other table by ``blekit link`` with the model it proposes."""

    def link(self, job: Job) -> Linked:
        """Link the file of a job, reading included."""
        if job.schema != "party":
            from blekit.bench.our_tables import link_table

            return link_table(job)
        records = pq.read_table(job.file, columns=_needed(job.file))
        model = train(records, seed=_SEED, matching=load_matching()) if job.with_training else _frozen_model()
        natural = _at_costs(model, NATURAL)
        features = [party_features(records, party_kind=kind, matching=natural.matching) for kind in PARTY_KINDS]
        # Coded, the texts are half of the memory, and nothing below reads them.
        del records
        stages = _link(features, natural)
        return Linked(
            clusters=_clusters(stages),
            candidates=lambda: _candidates(stages),
            more=lambda: _product(stages, model),
        )


def _needed(file: str) -> list[str]:
    """The columns linkage reads."""
    return [name for name in pq.read_schema(file).names if name in LINKED_COLUMNS]


def _frozen_model() -> Model:
    return Model.from_dict(load_model_dict())


def _at_costs(model: Model, costs: Costs) -> Model:
    return replace(model, matching=model.matching.model_copy(update={"costs": costs}))


def _link(features: Sequence[PartyFeatures], model: Model) -> _Stages:
    scored, groups = [], []
    for of_kind in features:
        pairs, blocks = find_pairs(of_kind, caps=model.matching.caps)
        scored.append(score(of_kind, pairs, model=model, clerk={}, blocks=blocks))
        groups.append(cluster(scored[-1], model))
    return _Stages(scored, groups)


def _clusters(stages: _Stages) -> pa.Table:
    ids = [one.features.record_ids for one in stages.scored]
    clusters = [own[group.group] for own, group in zip(ids, stages.groups, strict=True)]
    return pa.table(
        {
            "record_id": pa.array(np.concatenate(ids), type=pa.string()),
            "cluster_id": pa.array(np.concatenate(clusters), type=pa.string()),
        }
    )


def _candidates(stages: _Stages) -> pa.Table:
    return pa.concat_tables(
        _pairs_of(one, np.ones(len(one.pairs), dtype=np.bool_)).append_column(
            "match_probability", pa.array(one.weights.match_probability / MICRO)
        )
        for one in stages.scored
    )


def _product(stages: _Stages, model: Model) -> dict[str, pa.Table]:
    """The same pairs at the product's own costs: what it publishes as links, as customers, and asks a steward."""
    scored = [_decided_at(one, model.matching.costs) for one in stages.scored]
    groups = [cluster(one, model) for one in scored]
    cases = pa.concat_tables(case_table(one, group, b"bench") for one, group in zip(scored, groups, strict=True))
    return {
        "product_clusters": _clusters(_Stages(scored, groups)),
        "product_links": pa.concat_tables(_pairs_of(one, one.decided.decision == LINK) for one in scored),
        "product_cases": cases.select(["record_id_1", "record_id_2"]),
    }


def _decided_at(scored: Scored, costs: Costs) -> Scored:
    """Decisions of the model at other costs; what a rule forbids stays forbidden."""
    by_model = scored.decided.decided_by == MODEL
    decision = np.where(by_model, by_cost(scored.weights.match_probability, costs), scored.decided.decision)
    return replace(scored, decided=replace(scored.decided, decision=decision.astype(np.int8)))


def _pairs_of(scored: Scored, chosen: NDArray[np.bool_]) -> pa.Table:
    ids = scored.features.record_ids
    return pa.table(
        {
            "record_id_1": pa.array(ids[scored.pairs.left[chosen]], type=pa.string()),
            "record_id_2": pa.array(ids[scored.pairs.right[chosen]], type=pa.string()),
        }
    )


ENGINE = OurEngine()
