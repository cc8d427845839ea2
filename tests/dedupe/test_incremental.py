"""Incremental = full, on small worlds where everything collides with everything (DESIGN §12).

Names, numbers and houses are so few, and caps and limits so low, that nearly every step crosses one of them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from config.errors import BugError
from config.matching import Caps, SharerLimits
from config.models import load_model_dict
from config.schemas import PARTY_RECORD
from config.survivorship import load_survivorship
from dedupe import ClerkDecision, Model, Previous, resolve, resolve_changes
from dedupe.blocking import find_pairs, rule_pairs
from dedupe.engine import compare_pairs, knowledge
from dedupe.features import coded_features, party_features
from dedupe.incremental import UNREAD
from dedupe.narrowing import narrow, only
from dedupe.touched import change_of, moved

KEY = b"k" * 32
CAPS = Caps(wide=6, narrow=3)
LIMITS = SharerLimits(phone=7, pesel=4, id_document=4, email=3, nip=5, regon=4)
UNITS = ("pilot", "poznan", "olsztyn")
DAYS = tuple(dt.date(2003, 9, day) for day in (1, 15, 22))
SOURCES = ("zt63-abonent", "zt99-abonent", "zt25-abonent")
PERSON = {
    "given_name": ("Jan", "Janina", "J", "Zofia", "Jasio"),
    "family_name": ("Brzęczek", "Brzęczyk", "Lis-Wrona", "Lis"),
    "former_family_name": (None, None, "Brzęczek"),
    "birth_date": (None, dt.date(2250, 6, 7), dt.date(2250, 7, 6), dt.date(2255, 1, 1), dt.date(2279, 6, 7)),
    "pesel": (None, None, "50660712345", "50660712354", "55610188888"),
    "id_document": (None, None, "DB1234567"),
    "nip": (None, None, None, "5260250995"),
}
FIRM = {
    "org_name": ("BRZĘCZEK TRANSPORT", "BRZĘCZEK JAN TRANSPORT", "LIS BUDOWA", "BANK ROLNY"),
    "legal_form": (None, "sa"),
    "nip": (None, "5260250995", "7740001454"),
    "regon": (None, "123456785", "12345678512347", "610188201"),
    "pesel": (None, None, "50660712345"),
}
COMMON = {
    "phone": (None, "612000001", "612000002", "612000010"),
    "phone_2": (None, None, "612000001"),
    "email": (None, None, "jan@lis.pl"),
    "city": ("Konin", "Konin", "Hel", None),
    "street": ("Polna", "Polna", "Lipowa", None),
    "house": ("7", "7", "9", None),
    "flat": (None, "2"),
    "postal_code": ("62-500", "84-150", None),
    "balance_grosze": (None, 100, -5),
    "opened_on": (None, dt.date(1990, 5, 1), dt.date(1995, 5, 1)),
    "raw": ("{}", '{"a": 1}'),
}


def party(columns):
    return st.fixed_dictionaries({name: st.sampled_from(values) for name, values in {**columns, **COMMON}.items()})


PARTY = st.one_of(party(PERSON), party(PERSON), party(FIRM))
TABLES = ("crosswalk", "golden_customers", "relationships", "queue_cases", "decisions")


def small_model() -> Model:
    shipped = Model.from_dict(load_model_dict())
    return replace(shipped, matching=shipped.matching.model_copy(update={"caps": CAPS, "sharer_limits": LIMITS}))


RULES = {"model": small_model(), "survivorship": load_survivorship(), "id_key": KEY, "ref_key": KEY}


def record_of(record_id: str, values: dict[str, object], *, day: dt.date, unit: str) -> dict[str, object]:
    source_id, _, key = record_id.partition(":")
    raw_key, _, part = key.partition("#")
    return {
        **{column.name: None for column in PARTY_RECORD.columns},
        "record_id": record_id,
        "source_id": source_id,
        "point_code": "ZT63",
        "unit": unit,
        "raw_key": raw_key,
        "part": int(part or 1),
        "batch_id": f"batch of {day}",
        "business_date": day,
        "sequence": day.day,
        "party_kind": "firm" if "org_name" in values else "person",
        "pesel_status": "valid" if values["pesel"] else "missing",
        **values,
    }


def table_of(records) -> pa.Table:
    return pa.table(
        {column.name: [record[column.name] for record in records] for column in PARTY_RECORD.columns},
        schema=PARTY_RECORD.arrow,
    )


RECORD_IDS = st.builds(
    lambda source, number, part: f"{source}:{number}{part}",
    st.sampled_from(SOURCES),
    st.integers(1, 9),
    st.sampled_from(("", "", "#2")),
)


DELIVERED = st.tuples(RECORD_IDS, PARTY, st.sampled_from(DAYS), st.sampled_from(UNITS))


def backwards(table: pa.Table) -> pa.Table:
    return table.take(pa.array(range(table.num_rows)[::-1], type=pa.int64()))


class World(RuleBasedStateMachine):
    """Deliveries, corrections, deletions, decisions and units, each followed by both resolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.records: dict[str, dict[str, object]] = {}
        self.first_seen: dict[str, dt.date] = {}
        self.clerk: list[ClerkDecision] = []
        self.units = set(UNITS)
        self.previous = self.full()[0]

    def full(self):
        live = [record for record in self.records.values() if record["unit"] in self.units]
        records, first_seen, clerk = table_of(live), dict(self.first_seen), tuple(self.clerk)
        resolution = resolve(records, first_seen=first_seen, clerk=clerk, **RULES)
        # The order of rows says nothing, so whoever starts from these gets them the other way round.
        tables = (backwards(getattr(resolution, name)) for name in TABLES)
        return Previous(backwards(records), first_seen, clerk, *tables), resolution

    @initialize(
        crowd=st.lists(
            st.tuples(RECORD_IDS, PARTY, st.sampled_from(DAYS), st.sampled_from(UNITS)), min_size=20, max_size=40
        )
    )
    def first_release(self, crowd) -> None:
        self.deliver(crowd)
        self.previous = self.full()[0]

    @rule(
        some=st.lists(
            st.tuples(RECORD_IDS, PARTY, st.sampled_from(DAYS), st.sampled_from(UNITS)), min_size=1, max_size=6
        )
    )
    def deliver(self, some) -> None:
        for record_id, values, day, unit in some:
            known = self.records.get(record_id)
            self.first_seen.setdefault(record_id, day)
            # A record belongs to its unit for ever.
            self.records[record_id] = record_of(record_id, values, day=day, unit=str(known["unit"]) if known else unit)

    @precondition(lambda self: self.records)
    @rule(data=st.data(), column=st.sampled_from(sorted(COMMON)))
    def correct(self, data, column) -> None:
        record = self.records[data.draw(st.sampled_from(sorted(self.records)))]
        record[column] = data.draw(st.sampled_from(COMMON[column]))

    @precondition(lambda self: self.records)
    @rule(data=st.data(), day=st.sampled_from(DAYS))
    def deliver_unchanged(self, data, day) -> None:
        record = self.records[data.draw(st.sampled_from(sorted(self.records)))]
        record.update(business_date=day, sequence=day.day, batch_id="another")

    @precondition(lambda self: self.records)
    @rule(data=st.data())
    def delete(self, data) -> None:
        for _ in range(data.draw(st.integers(1, 3))):
            if self.records:
                del self.records[data.draw(st.sampled_from(sorted(self.records)))]

    @precondition(lambda self: self.first_seen)
    @rule(data=st.data(), day=st.sampled_from(DAYS))
    def find_an_older_delivery(self, data, day) -> None:
        self.first_seen[data.draw(st.sampled_from(sorted(self.first_seen)))] = day

    @rule(pair=st.tuples(RECORD_IDS, RECORD_IDS), kind=st.sampled_from(("same", "different")))
    def decide(self, pair, kind) -> None:
        if pair[0] != pair[1]:
            number = self.clerk[-1].decision_no + 1 if self.clerk else 1
            self.clerk.append(ClerkDecision(number, *pair, kind))

    @precondition(lambda self: len(self.records) > 1)
    @rule(data=st.data(), kind=st.sampled_from(("same", "different")))
    def decide_on_two_of_the_records(self, data, kind) -> None:
        self.decide(
            (data.draw(st.sampled_from(sorted(self.records))), data.draw(st.sampled_from(sorted(self.records)))), kind
        )

    @precondition(lambda self: self.clerk)
    @rule()
    def withdraw(self) -> None:
        self.clerk.pop()

    @rule(unit=st.sampled_from(UNITS))
    def switch_unit(self, unit) -> None:
        self.units ^= {unit}

    @invariant()
    def incremental_is_full(self) -> None:
        previous, full = self.full()
        changed = resolve_changes(
            previous.records,
            previous=self.previous,
            first_seen=previous.first_seen,
            clerk=previous.clerk,
            **RULES,
        )
        for name in TABLES:
            assert getattr(changed, name).equals(getattr(full, name)), name
        self.previous = previous


def test_incremental_is_full() -> None:
    few = settings(
        max_examples=5,
        stateful_step_count=10,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(World, settings=few)


@pytest.fixture(scope="module")
def town(village) -> pa.Table:
    """The village with second telephones: some of a neighbour's, some of a stranger's."""
    phones = village["phone"].to_pylist()
    second = [phones[at - 3] if at % 3 == 0 else phones[at // 40] if at % 7 == 0 else None for at in range(len(phones))]
    return village.set_column(village.schema.get_field_index("phone_2"), "phone_2", pa.array(second, pa.string()))


def every(records: pa.Table, number: int, *, start: int = 0) -> pa.Array:
    return pa.array([at % number == start for at in range(records.num_rows)])


def older(town: pa.Table) -> dict[str, dt.date]:
    return dict.fromkeys(town.filter(every(town, 9))["record_id"].to_pylist(), dt.date(1999, 1, 1))


def words_of_clerks(town: pa.Table, *, number: int) -> list[ClerkDecision]:
    """Every other one on strangers, the rest on records next to each other; many wake or sleep with a third of them."""
    ids = town["record_id"].to_pylist()
    pairs = [(ids[at * 13], ids[at * 13 + 1 + at % 2 * 600]) for at in range(number)]
    return [ClerkDecision(at + 1, *pair, ("same", "different")[at // 2 % 2]) for at, pair in enumerate(pairs)]


CHANGES = {
    "nothing": lambda town: ((town, {}, []), (town, {}, [])),
    "older deliveries are found": lambda town: ((town, {}, []), (town, older(town), [])),
    "clerks decide": lambda town: ((town, {}, []), (town, {}, words_of_clerks(town, number=40))),
    "clerks take words back": lambda town: (
        (town, {}, words_of_clerks(town, number=40)),
        (town, {}, words_of_clerks(town, number=20)),
    ),
    "records come, decisions wake": lambda town: (
        (town.filter(pc.invert(every(town, 7))), {}, words_of_clerks(town, number=40)),
        (town, {}, words_of_clerks(town, number=40)),
    ),
    "records go, decisions sleep": lambda town: (
        (town, {}, words_of_clerks(town, number=40)),
        (town.filter(pc.invert(every(town, 11, start=1))), {}, words_of_clerks(town, number=40)),
    ),
    "few come and few go": lambda town: (
        (town.filter(pc.invert(every(town, 97))), {}, []),
        (town.filter(pc.invert(every(town, 97, start=5))), {}, []),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_change_in_a_town(change, town) -> None:
    (before, first_seen, clerk), (after, first_seen_2, clerk_2) = CHANGES[change](town)
    old = resolve(before, first_seen=first_seen, clerk=clerk, **RULES)
    previous = Previous(before, first_seen, clerk, *(getattr(old, name) for name in TABLES))
    changed = resolve_changes(after, previous=previous, first_seen=first_seen_2, clerk=clerk_2, **RULES)
    full = resolve(after, first_seen=first_seen_2, clerk=clerk_2, **RULES)
    assert [name for name in TABLES if not getattr(changed, name).equals(getattr(full, name))] == []


@pytest.mark.parametrize("party_kind", ["person", "firm"])
def test_records_alone_compare_as_among_all(party_kind, village, record, table, model) -> None:
    # An initial at home with two names it may stand for.
    home = {"family_name": "Brzęczek", "city": "Konin", "street": "Polna", "house": "7", "postal_code": "62-500"}
    names = ("J", "Jan", "Józef", "Jan", "J")
    family = (record(f"zt25-abonent:{at}", given_name=name, **home) for at, name in enumerate(names))
    everybody = pa.concat_tables([village, table(*family)])
    features = party_features(everybody, party_kind=party_kind, matching=model.matching)
    pairs, _ = find_pairs(features, caps=model.matching.caps)
    levels = compare_pairs(features, pairs.left, pairs.right, known=knowledge(model, features))
    for some in np.array_split(np.arange(len(pairs)), 150):
        rows = np.unique([pairs.left[some], pairs.right[some]])
        alone = narrow(features, rows)
        left, right = (np.searchsorted(rows, side[some]) for side in (pairs.left, pairs.right))
        found = compare_pairs(alone, left, right, known=knowledge(model, alone))
        assert (found == levels[some]).all()


@pytest.mark.parametrize("party_kind", ["person", "firm"])
def test_a_pair_comes_or_goes_by_a_seed_or_a_block_that_is_used_otherwise(party_kind, village, model) -> None:
    coded = coded_features(village, party_kind=party_kind, matching=RULES["model"].matching)
    was, now = (np.random.default_rng(seed).random(len(coded)) < 0.9 for seed in (1, 2))
    nobody = np.zeros(len(coded), dtype=np.bool_)
    change = change_of(coded, was=was, now=now, named=nobody, matching=RULES["model"].matching)
    found = 0
    for blocking_rule in coded.kind.blocking_rules:
        cap = getattr(CAPS, blocking_rule.cap)
        before, after = (
            pairs_by(blocking_rule, features, np.flatnonzero(live), cap=cap)
            for features, live in ((change.old, was), (change.new, now))
        )
        others = {pair for pair in before ^ after if not change.is_seed[list(pair)].any()}
        is_moved = moved(change, blocking_rule, cap=cap)
        assert all(is_moved[list(pair)].any() for pair in others)
        found += len(others)
    assert found > 10


def pairs_by(blocking_rule, features, rows, *, cap) -> set[tuple[int, int]]:
    keys, _ = rule_pairs(only(features, rows), blocking_rule, cap=cap)
    left, right = np.divmod(keys, len(rows))
    return set(zip(rows[left].tolist(), rows[right].tolist(), strict=True))


def test_what_is_not_read_changes_nothing(village, resolved) -> None:
    other = village
    for name in UNREAD:
        column = village[name].combine_chunks()
        turned = pa.array(range(village.num_rows), pa.int32()).cast(column.type)
        other = other.set_column(other.schema.get_field_index(name), other.schema.field(name), turned)
    found, again = resolved(village), resolved(other)
    assert all(getattr(found, name).equals(getattr(again, name)) for name in TABLES)


def test_the_same_word_said_again_comes_later(record, table) -> None:
    first, second, third = "zt25-abonent:1", "zt63-abonent:2", "zt99-abonent:3"
    records = table(*(record(one, given_name=name) for one, name in ((first, "Ewa"), (second, "Jan"), (third, "Leon"))))
    words = [
        ClerkDecision(1, first, second, "same"),
        ClerkDecision(2, second, third, "same"),
        ClerkDecision(3, first, third, "different"),
    ]
    again = [*words, ClerkDecision(4, first, second, "same")]
    before = resolve(records, first_seen={}, clerk=words, **RULES)
    previous = Previous(records, {}, words, *(getattr(before, name) for name in TABLES))
    changed = resolve_changes(records, previous=previous, first_seen={}, clerk=again, **RULES)
    full = resolve(records, first_seen={}, clerk=again, **RULES)
    assert changed.crosswalk.equals(full.crosswalk)
    # The second is with the third now: whoever was joined first stays joined.
    assert not full.crosswalk.equals(before.crosswalk)


def test_tables_of_other_records_are_refused(village, resolved) -> None:
    found = resolved(village)
    less = village.slice(0, village.num_rows - 1)
    previous = Previous(less, {}, (), *(getattr(found, name) for name in TABLES))
    with pytest.raises(BugError):
        resolve_changes(village, previous=previous, first_seen={}, clerk=(), **RULES)
