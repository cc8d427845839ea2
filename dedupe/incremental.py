"""Incremental resolution: what a change touched is resolved again, everything else is carried over.

The result is, byte for byte, what a full resolution gives (:mod:`dedupe.touched` says why, the tests try to break it).
Both must be of one model and of one set of rules; whoever calls answers for that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from config.errors import BugError
from config.schemas import CROSSWALK, GOLDEN_CUSTOMER, MATCH_DECISION, PARTY_RECORD, QUEUE_CASE
from dedupe.blocking import Pairs
from dedupe.cases import case_table
from dedupe.changed_relationships import Parties, changed_relationships
from dedupe.closure import Standing, Touched, take_rows, touched_by
from dedupe.coding import as_arrow
from dedupe.customers import cluster, customer_tables
from dedupe.decisions import ClerkDecision, standing_decisions
from dedupe.features import coded_features
from dedupe.model import Model
from dedupe.narrowing import narrow
from dedupe.partition import Partition, Refusal
from dedupe.party_kinds import PARTY_KINDS
from dedupe.resolution import Progress, Resolution
from dedupe.scoring import Scored, awake, decision_table, sorted_pairs
from dedupe.touched import change_of

Longs = NDArray[np.int64]
Mask = NDArray[np.bool_]

UNREAD = ("batch_id", "sequence", "point_code", "raw", "issues", "monthly_fee_grosze", "services")
"""Columns of a party record that no customer, case or relationship depends on."""
READ = tuple(name for name in PARTY_RECORD.names if name not in UNREAD)


@dataclass(frozen=True)
class Previous:
    """A resolution by the same model and rules, and what it was made of."""

    records: pa.Table
    """Its live records; the columns :data:`READ` are enough."""
    first_seen: Mapping[str, dt.date]
    clerk: Sequence[ClerkDecision]
    crosswalk: pa.Table
    golden_customers: pa.Table
    relationships: pa.Table
    queue_cases: pa.Table
    decisions: pa.Table | None = None
    """Of all pairs; without them the new ones are those of touched records alone."""


def resolve_changes(
    records: pa.Table,
    *,
    previous: Previous,
    first_seen: Mapping[str, dt.date],
    model: Model,
    clerk: Sequence[ClerkDecision],
    survivorship: Mapping[str, Any],
    id_key: bytes,
    ref_key: bytes,
    progress: Progress | None = None,
) -> Resolution:
    """What :func:`dedupe.resolution.resolve` gives for these records, from what it gave for others.

    Args:
        records: the live party records, in any order.
        previous: the resolution to start from; made by this model, these rules and these keys.
        first_seen, model, clerk, survivorship, id_key, ref_key, progress: as for ``resolve``.

    Raises:
        BugError: the previous tables are not of the previous records, or not of this model and these rules.
    """
    tell = progress or (lambda message: None)
    delta = _Delta(records, first_seen, standing_decisions(clerk), previous)
    tell(f"{delta.changed} of {delta.records.num_rows} records changed")
    touched = [delta.touched(party_kind, model) for party_kind in PARTY_KINDS]
    rows = np.sort(np.concatenate([one.rows for one in touched]))
    tell(f"resolve {len(rows)} touched records")
    inner = [_among_touched(one, rows, delta.after) for one in touched]
    groups = [cluster(scored, model) for scored in inner]
    customers = customer_tables(
        delta.records.take(pa.array(rows)),
        inner,
        groups,
        first_seen=first_seen,
        survivorship=survivorship,
        id_key=id_key,
    )
    tell("carry over the rest")
    carrying = _Carrying(delta, rows)
    decisions = [decision_table(one.scored) for one in touched]
    cases = [
        case_table(one.scored, carrying.all_groups(one, its_groups), ref_key)
        for one, its_groups in zip(touched, groups, strict=True)
    ]
    crosswalk, golden = carrying.crosswalk(customers.crosswalk), carrying.golden(customers.golden)
    queue_cases = QUEUE_CASE.check(carrying.pairs(previous.queue_cases, cases))
    return Resolution(
        crosswalk=crosswalk,
        golden_customers=golden,
        relationships=carrying.relationships(crosswalk, golden, fresh=customers.golden["customer_id"]),
        queue_cases=queue_cases,
        decisions=MATCH_DECISION.check(carrying.pairs(previous.decisions, decisions)),
        stats=_stats(delta, touched, customers=golden.num_rows, cases=queue_cases.num_rows),
    )


class _Delta:
    """What changed between two sets of records and decisions."""

    def __init__(
        self, records: pa.Table, first_seen: Mapping[str, dt.date], after: Standing, previous: Previous
    ) -> None:
        self.previous = previous
        self.records = _in_order(records)
        self.old = _in_order(previous.records.select(READ))
        self.after = after
        self.before = standing_decisions(previous.clerk)
        self.kept = _kept(self.old, self.records, previous.first_seen, first_seen)
        """Per record its row among the previous ones if it is what it was, else -1."""
        is_gone = np.ones(self.old.num_rows, dtype=np.bool_)
        is_gone[self.kept[self.kept >= 0]] = False
        self.gone = np.flatnonzero(is_gone)
        """Rows of the previous records that are no more, or no more like that."""
        self.versions = pa.concat_tables([self.records.select(READ), self.old.take(pa.array(self.gone))])
        """Every version of a record that is or was live: the present ones first, in their order."""

    @property
    def changed(self) -> int:
        """How many records are new or other than they were; one that is gone counts, too."""
        return int((self.kept < 0).sum()) + len(self.gone)

    def touched(self, party_kind: str, model: Model) -> Touched:
        """The touched records of a party kind, and their pairs."""
        coded = coded_features(self.versions, party_kind=party_kind, matching=model.matching)
        now = coded.positions < self.records.num_rows
        was = ~now
        was[now] = self.kept[coded.positions[now]] >= 0
        named = _is_among(coded.record_ids, self._named())
        change = change_of(coded, was=was, now=now, named=named, matching=model.matching)
        return touched_by(change, before=self.before, after=self.after, model=model)

    def _named(self) -> list[str]:
        """Records named by a decision that is not the standing one it was."""
        pairs = self.before.keys() | self.after.keys()
        return sorted({one for pair in pairs if self.before.get(pair) != self.after.get(pair) for one in pair})


def _is_among(record_ids: Any, named: list[str]) -> Mask:
    return np.asarray(pc.is_in(as_arrow(record_ids), pa.array(named, type=pa.string())), dtype=np.bool_)


def _in_order(records: pa.Table) -> pa.Table:
    return records.sort_by("record_id").combine_chunks()


def _kept(
    old: pa.Table, new: pa.Table, first_seen_before: Mapping[str, dt.date], first_seen: Mapping[str, dt.date]
) -> Longs:
    """Per new record the row of the old one that is equal in all that is read; -1 where there is none."""
    row = pc.fill_null(pc.index_in(new["record_id"], old["record_id"].combine_chunks()), -1)
    kept: Longs = row.to_numpy().astype(np.int64)
    at = np.flatnonzero(kept >= 0)
    one, other = new.select(READ).take(pa.array(at)), old.take(pa.array(kept[at]))
    same = np.ones(len(at), dtype=np.bool_)
    for name in READ:
        same &= _equal(one[name], other[name])
    seen = (one["record_id"].to_pylist(), one["business_date"].to_pylist())
    then, now = (
        [first.get(record_id, date) for record_id, date in zip(*seen, strict=True)]
        for first in (first_seen_before, first_seen)
    )
    same &= np.array([date == date_2 for date, date_2 in zip(then, now, strict=True)], dtype=np.bool_)
    kept[at[~same]] = -1
    return kept


def _equal(one: pa.ChunkedArray, other: pa.ChunkedArray) -> Mask:
    both_missing = pc.and_(pc.is_null(one), pc.is_null(other))
    equal = pc.or_(pc.fill_null(pc.equal(one, other), False), both_missing)
    return np.asarray(equal.to_numpy(), dtype=np.bool_)


def _among_touched(touched: Touched, rows: Longs, clerk: Standing) -> Scored:
    """The pairs of touched records with each other, as if there were no others in the world.

    Args:
        touched: of one party kind.
        rows: touched records of all kinds; positions become places in it.
        clerk: standing decisions.
    """
    scored, own = touched.scored, np.flatnonzero(touched.is_touched)
    features = narrow(scored.features, own)
    features = replace(features, positions=np.searchsorted(rows, features.positions))
    pairs = scored.pairs
    inside = touched.is_touched[pairs.left] & touched.is_touched[pairs.right]
    return Scored(
        features,
        Pairs(np.searchsorted(own, pairs.left[inside]), np.searchsorted(own, pairs.right[inside]), pairs.rules[inside]),
        take_rows(scored.weights, inside),
        take_rows(scored.decided, inside),
        awake(features, clerk)[0],
    )


class _Carrying:
    """Rows of the previous tables that stay, beside those that were made again."""

    def __init__(self, delta: _Delta, rows: Longs) -> None:
        self._delta, self._rows = delta, rows
        stays = delta.kept >= 0
        stays[rows] = False
        self._stays = stays
        self._crosswalk = delta.previous.crosswalk.sort_by("record_id").combine_chunks()
        if not self._crosswalk["record_id"].equals(delta.old["record_id"]):
            raise BugError("the previous crosswalk is not that of the previous records")
        is_gone = np.ones(delta.old.num_rows, dtype=np.bool_)
        is_gone[delta.kept[stays]] = False
        self._customers = self._crosswalk["customer_id"].combine_chunks().dictionary_encode()
        customer = self._customers.indices.to_numpy()
        self._gone = pc.unique(self._crosswalk["customer_id"].filter(pa.array(is_gone)))
        if np.isin(customer[~is_gone], np.unique(customer[is_gone])).any():
            raise BugError("a customer was touched in part: the previous tables are of another model or other rules")

    def all_groups(self, touched: Touched, groups: Partition) -> Partition:
        """The groups of touched records and of their neighbours, who are in the groups they were in."""
        own = np.flatnonzero(touched.is_touched)
        label = np.empty(len(touched.scored.features), dtype=np.int64)
        label[own] = own[groups.group]
        others = ~touched.is_touched
        rows = self._delta.kept[touched.scored.features.positions[others]]
        label[others] = len(label) + self._customers.indices.to_numpy()[rows]
        refusals = [
            Refusal(int(own[refusal.left]), int(own[refusal.right]), refusal.reason) for refusal in groups.refusals
        ]
        return Partition(label, tuple(refusals))

    def crosswalk(self, fresh: pa.Table) -> pa.Table:
        """Present records with their customers."""
        source = self._delta.kept.copy()
        source[self._rows] = self._crosswalk.num_rows + np.arange(len(self._rows))
        joined = pa.concat_tables([self._crosswalk, fresh]).combine_chunks()
        return CROSSWALK.check(joined.take(pa.array(source)).combine_chunks())

    def golden(self, fresh: pa.Table) -> pa.Table:
        """Customers that stay and customers that were made again."""
        before = self._delta.previous.golden_customers
        stays = before.filter(pc.invert(pc.is_in(before["customer_id"], self._gone)))
        return GOLDEN_CUSTOMER.check(pa.concat_tables([stays, fresh]).sort_by("customer_id").combine_chunks())

    def pairs(self, before: pa.Table | None, fresh: Sequence[pa.Table]) -> pa.Table:
        """Rows about pairs of records: those between records that stay, and those made again."""
        if before is None:
            return sorted_pairs(fresh)
        record_ids = self._delta.records["record_id"].combine_chunks()
        keep = np.ones(before.num_rows, dtype=np.bool_)
        for name in ("record_id_1", "record_id_2"):
            row = pc.fill_null(pc.index_in(before[name], record_ids), -1).to_numpy()
            keep &= (row >= 0) & np.append(self._stays, False)[row]
        return sorted_pairs([before.filter(pa.array(keep)), *fresh])

    def relationships(self, crosswalk: pa.Table, golden: pa.Table, *, fresh: pa.ChunkedArray) -> pa.Table:
        """Edges between customers."""
        previous = self._delta.previous
        is_gone = pc.is_in(self._crosswalk["customer_id"], self._gone)
        return changed_relationships(
            previous.relationships,
            after=Parties(self._delta.records, crosswalk["customer_id"], golden),
            gone=Parties(
                self._delta.old.filter(is_gone),
                self._crosswalk["customer_id"].filter(is_gone),
                previous.golden_customers.filter(pc.is_in(previous.golden_customers["customer_id"], self._gone)),
            ),
            fresh=fresh,
        )


def _stats(delta: _Delta, touched: Sequence[Touched], *, customers: int, cases: int) -> dict[str, Any]:
    """Counts for the ledger and the log; no ids, no values."""
    kinds = {
        one.scored.features.party_kind: {
            "touched": int(one.is_touched.sum()),
            "neighbours": int((~one.is_touched).sum()),
            "compared_pairs": len(one.scored.pairs),
        }
        for one in touched
    }
    return {**kinds, "changed_records": delta.changed, "customers": customers, "queue_cases": cases}
