"""From the rows of one or two tables to links and clusters, by the engine that links customers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from config.link_models import LinkModel, TrainedKind
from config.matching import Matching
from dedupe.anytable.blocking import rules_for
from dedupe.anytable.fields import fields_of, given_names_first, shared_fields
from dedupe.anytable.frequencies import rare_words, rarities_of
from dedupe.anytable.frozen import Frozen, classes_of, rules_and_rarities, to_config
from dedupe.anytable.kinds import RoleFeatures, conflict_of, file_field, make_kind
from dedupe.anytable.learning import Learned, learn, some_of
from dedupe.anytable.polish import polish_fields
from dedupe.anytable.unseen import with_unseen
from dedupe.blocking import Pairs, find_pairs
from dedupe.blocking_rules import BlockingRule
from dedupe.coding import Coded, count_sharers
from dedupe.comparisons import Known
from dedupe.decisions import LINK, POSSIBLE_LINK, by_cost
from dedupe.engine import compare_pairs, weigh, what_is_known
from dedupe.model import MICRO, Rarity
from dedupe.partition import ScoredPairs, partition

Longs = NDArray[np.int64]
Progress = Callable[[str], None]
Scope = str
"""``within`` one file or both taken together, ``across`` two files."""
UNIQUE_BELOW = 0.01
"""Files of which fewer records than this have a partner in their own file hold everybody once."""


@dataclass(frozen=True)
class Rows:
    """What is to be linked."""

    table: pa.Table
    """The columns the model names, as text."""
    record_ids: list[str]
    """Unique key of each row; decides every tie, so that the order of the rows decides none."""
    files: NDArray[np.int32]
    """0 or 1: which file a row is from."""

    def sorted(self) -> tuple[Rows, Longs]:
        """The rows in the order of their keys, with their places."""
        order = np.array(sorted(range(len(self.record_ids)), key=self.record_ids.__getitem__), dtype=np.int64)
        ids = [self.record_ids[place] for place in order]
        return Rows(self.table.take(pa.array(order)), ids, self.files[order]), order


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
    trained: TrainedKind
    is_one_to_one: bool

    @property
    def candidate_pairs(self) -> int:
        """How many pairs were compared."""
        return len(self.left)

    def at_rows(self, places: Longs) -> Linked:
        """The same for a table of which these rows were linked."""
        moved = {name: places[getattr(self, name)] for name in ("left", "right", "rows", "group")}
        return replace(self, **moved)


def link_rows(
    rows: Rows,
    *,
    model: LinkModel,
    party_kind: str,
    scope: Scope,
    seed: int,
    tell: Progress,
    trained: TrainedKind | None = None,
    matching: Matching | None = None,
) -> Linked:
    """Links and clusters of the rows of one party kind.

    Args:
        rows: the records.
        model: roles and costs.
        party_kind: person or firm.
        scope: which pairs count.
        seed: of random samples.
        tell: progress, with counts.
        trained: what was learned before; without it the rows themselves are learned from.
        matching: short forms of Polish names, for ``locale: pl``.

    Raises:
        ModelRefused: nothing could be learned.
        ConfigurationError: ``trained`` was learned for other roles.
    """
    rows, order = rows.sorted()
    matching = matching or Matching()
    features, rarities = make_features(rows, model=model, party_kind=party_kind, trained=trained, matching=matching)
    known = what_is_known(features, matching=matching, rarities=rarities)
    tell(f"block {len(features)} {party_kind}s by {len(features.kind.blocking_rules)} rules")
    wanted = _wanted(rows.files, scope)
    if trained is None:
        learned = learn(features, model=model, known=known, seed=seed, wanted=wanted)
    else:
        pairs = some_of(find_pairs(features, caps=model.caps)[0], wanted)
        levels = compare_pairs(features, pairs.left, pairs.right, known=known)
        learned = Learned(features, pairs, levels, classes_of(trained, features.kind))
    tell(f"{len(learned.pairs)} pairs of {party_kind}s by {len(learned.features.kind.blocking_rules)} rules")
    is_one_to_one = _is_one_to_one(learned, model, rows, scope, known)
    frozen = Frozen(learned.features.kind.blocking_rules, learned.classes, rarities)
    return _clustered(learned, model, known, order, to_config(frozen, features.kind), is_one_to_one)


def _wanted(files: NDArray[np.int32], scope: Scope) -> Callable[[Pairs], NDArray[np.bool_]]:
    def wanted(pairs: Pairs) -> NDArray[np.bool_]:
        if scope != "across":
            return np.ones(len(pairs), dtype=np.bool_)
        return np.asarray(files[pairs.left] != files[pairs.right], dtype=np.bool_)

    return wanted


def make_features(
    rows: Rows, *, model: LinkModel, party_kind: str, trained: TrainedKind | None, matching: Matching
) -> tuple[RoleFeatures, dict[str, Rarity]]:
    """The coded fields of sorted rows with the kind of party they describe, and the frequencies it is asked by."""
    fields = fields_of(
        rows.table, model=model, is_person=party_kind == "person", is_given_first=_is_given_first(rows.table, model)
    )
    if model.locale == "pl":
        fields = polish_fields(fields, matching)
    rules: tuple[BlockingRule, ...] = ()
    rarities = rarities_of(fields)
    if trained is not None:
        rules, rarities = rules_and_rarities(trained)
    fields |= rare_words(fields, rarities)
    fields, sharers = _without_hubs(fields, limit=model.sharer_limit)
    kind = make_kind(
        fields,
        name=party_kind,
        rarities=rarities,
        blocking_rules=rules or rules_for(fields, party_kind=party_kind),
    )
    fields["file"] = file_field(rows.files)
    positions = np.arange(len(rows.record_ids), dtype=np.int64)
    return RoleFeatures(kind, np.array(rows.record_ids, dtype=object), positions, fields, sharers), rarities


def _is_given_first(table: pa.Table, model: LinkModel) -> bool:
    if model.name_order != "auto" or not model.columns.full_name:
        return model.name_order != "family_first"
    return given_names_first(table[model.columns.full_name[0]].to_pylist())


def _without_hubs(fields: dict[str, Coded], *, limit: int) -> tuple[dict[str, Coded], dict[str, Longs]]:
    """A value on too many records is neither a key nor evidence: a switchboard, a placeholder."""
    sharers = {}
    for name, slots in shared_fields(fields).items():
        sharers[name] = count_sharers(*(fields[slot] for slot in slots))
        fields |= {slot: fields[slot].without(sharers[name] > limit) for slot in slots}
    return fields, sharers


def _is_one_to_one(learned: Learned, model: LinkModel, rows: Rows, scope: Scope, known: Known) -> bool:
    """Whether each record has one partner at most: as the model says, or as the files themselves look."""
    if scope != "across":
        return False
    if model.two_files.one_to_one != "auto":
        return model.two_files.one_to_one
    features = learned.features
    inside = some_of(
        find_pairs(features, caps=model.caps)[0], lambda pairs: rows.files[pairs.left] == rows.files[pairs.right]
    )
    levels = compare_pairs(features, inside.left, inside.right, known=known)
    chances = weigh(levels, learned.classes, features.kind).match_probability
    return bool(chances.sum() / MICRO < UNIQUE_BELOW * len(features))


def _clustered(
    learned: Learned, model: LinkModel, known: Known, order: Longs, trained: TrainedKind, is_one_to_one: bool
) -> Linked:
    features, pairs = learned.features, learned.pairs
    weights = weigh(learned.levels, learned.classes, features.kind)
    decision = by_cost(weights.match_probability, model.costs)
    limits = model.clustering
    scored = ScoredPairs(pairs.left, pairs.right, weights.match_weight, decision == LINK)
    groups = partition(
        len(features),
        scored if is_one_to_one else with_unseen(learned, scored, known=known, at_most=limits.unseen_pair),
        clerk=(),
        conflict=conflict_of(features, is_one_to_one=is_one_to_one),
        settings=limits,
        max_records=limits.max_person_records if features.party_kind == "person" else limits.max_firm_records,
    )
    # A link its cluster refused is a question, not a link.
    decision[(decision == LINK) & (groups.group[pairs.left] != groups.group[pairs.right])] = POSSIBLE_LINK
    return Linked(
        left=order[pairs.left],
        right=order[pairs.right],
        match_weight=weights.match_weight,
        match_probability=weights.match_probability,
        decision=decision,
        rows=order,
        group=order[groups.group],
        trained=trained,
        is_one_to_one=is_one_to_one,
    )
