"""From the rows of one or two tables to links and clusters, by the engine that links customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from config.link_models import LinkModel
from config.matching import Matching
from dedupe.anytable.blocking import rules_for
from dedupe.anytable.fields import fields_of, given_names_first, numbered, shared_fields
from dedupe.anytable.kinds import RoleFeatures, counts_of, file_field, make_kind, rarity_of
from dedupe.anytable.learning import Learned, learn
from dedupe.anytable.unseen import with_unseen
from dedupe.blocking import Pairs
from dedupe.coding import Coded, count_sharers
from dedupe.comparisons import Known
from dedupe.decisions import LINK, by_cost
from dedupe.engine import weigh, what_is_known
from dedupe.model import Rarity
from dedupe.partition import ScoredPairs, partition

Longs = NDArray[np.int64]
Progress = Callable[[str], None]
SCOPES = ("within", "across", "both")


@dataclass(frozen=True)
class Linked:
    """The result for the records of one party kind; positions are rows of the table that was given."""

    left: Longs
    right: Longs
    match_weight: Longs
    match_probability: Longs
    decision: NDArray[np.int8]
    rows: Longs
    """Row of each record."""
    group: Longs
    """For each record the row of the first record of its cluster."""
    candidate_pairs: int


def link_rows(
    table: pa.Table,
    *,
    model: LinkModel,
    party_kind: str,
    record_ids: list[str],
    files: NDArray[np.int32],
    scope: str,
    seed: int,
    tell: Progress,
) -> Linked:
    """Links and clusters of the rows of one party kind.

    Args:
        table: the columns the model names, as text.
        model: roles and costs.
        party_kind: person or firm.
        record_ids: unique key of each row; decides every tie, so that the order of the rows decides none.
        files: 0 or 1 per row.
        scope: ``within`` one file, ``across`` two, or ``both``.
        seed: of random samples.
        tell: progress.
    """
    order = np.array(sorted(range(len(record_ids)), key=record_ids.__getitem__), dtype=np.int64)
    table, files = table.take(pa.array(order)), files[order]
    features, rarities = make_features(table, model=model, party_kind=party_kind, files=files, scope=scope)
    ids = np.array(record_ids, dtype=object)[order]
    features = replace(features, record_ids=ids, positions=order)
    known = what_is_known(features, matching=Matching(), rarities=rarities)
    tell(f"block {len(features)} {party_kind}s by {len(features.kind.blocking_rules)} rules")
    learned = learn(features, model=model, known=known, seed=seed, wanted=_scope(files, scope))
    tell(f"compared {len(learned.pairs)} pairs of {party_kind}s found by {len(learned.features.kind.blocking_rules)} rules")
    return _clustered(learned, model, known)


def _scope(files: NDArray[np.int32], scope: str) -> Callable[[Pairs], NDArray[np.bool_]]:
    def wanted(pairs: Pairs) -> NDArray[np.bool_]:
        if scope != "across":
            return np.ones(len(pairs), dtype=np.bool_)
        return np.asarray(files[pairs.left] != files[pairs.right], dtype=np.bool_)

    return wanted


def make_features(
    table: pa.Table, *, model: LinkModel, party_kind: str, files: NDArray[np.int32], scope: str
) -> tuple[RoleFeatures, dict[str, Rarity]]:
    """The coded fields of a table with the kind of party they describe."""
    is_given_first = model.name_order != "family_first"
    if model.columns.full_name and model.name_order == "auto":
        is_given_first = given_names_first(table[model.columns.full_name[0]].to_pylist())
    fields = fields_of(table, model=model, is_person=party_kind == "person", is_given_first=is_given_first)
    rarities = rarities_of(fields)
    fields |= _rare_words(fields, rarities)
    sharers = {}
    for name, slots in shared_fields(fields).items():
        sharers[name] = count_sharers(*(fields[slot] for slot in slots))
        is_hub = sharers[name] > model.sharer_limit
        fields |= {slot: fields[slot].without(is_hub) for slot in slots}
    rules = rules_for(fields, party_kind=party_kind)
    fields["file"] = file_field(files)
    kind = make_kind(
        fields,
        name=party_kind,
        rarities=rarities,
        text_names=model.columns.free_text,
        blocking_rules=rules,
        start=lambda levels: np.zeros((len(levels), 0)),
        is_one_to_one=scope == "across",
    )
    rows = np.arange(table.num_rows, dtype=np.int64)
    return RoleFeatures(kind, rows.astype(object), rows, fields, sharers), rarities


def rarities_of(fields: Mapping[str, Coded]) -> dict[str, Rarity]:
    """How surprising names, places, words and categories are in this table."""
    found = {}
    for name, field in (("given_name", "given"), ("family_name", "last"), ("city", "city")):
        if field in fields:
            found[name] = rarity_of(counts_of(fields[field]))
    for place in range(1, 9):
        if (text := numbered("text", place)) in fields:
            found[text] = rarity_of(counts_of(fields[text]))
    if "org" in fields:
        words: Counter[str] = Counter()
        for name, count in counts_of(fields["org"]).items():
            words.update({word: count for word in set(name.split())})
        found["org_word"] = rarity_of(words)
    return found


def _rare_words(fields: Mapping[str, Coded], rarities: Mapping[str, Rarity]) -> dict[str, Coded]:
    """Keys of firms: the rarest word of the name, and the two rarest."""
    if "org" not in fields:
        return {}
    rarity = rarities["org_word"]

    def rarest(name: str) -> list[str]:
        return sorted(set(name.split()), key=lambda word: (-rarity.of(word), word))

    return {
        "org_rare": fields["org"].derived(lambda name: rarest(name)[0]),
        "org_rare_2": fields["org"].derived(lambda name: " ".join(sorted(rarest(name)[:2]))),
    }


def _clustered(learned: Learned, model: LinkModel, known: Known) -> Linked:
    features, pairs = learned.features, learned.pairs
    weights = weigh(learned.levels, learned.classes, features.kind)
    decision = by_cost(weights.match_probability, model.costs)
    groups = partition(
        len(features),
        with_unseen(learned, ScoredPairs(pairs.left, pairs.right, weights.match_weight, decision == LINK), known=known),
        clerk=(),
        conflict=features.kind.conflict(features),
        settings=model.clustering,
        max_records=model.clustering.max_person_records
        if features.party_kind == "person"
        else model.clustering.max_firm_records,
    )
    at = features.positions
    return Linked(
        left=at[pairs.left],
        right=at[pairs.right],
        match_weight=weights.match_weight,
        match_probability=weights.match_probability,
        decision=decision,
        rows=at,
        group=at[groups.group],
        candidate_pairs=len(pairs),
    )
