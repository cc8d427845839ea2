"""The laws of DESIGN §3 that linkage must keep, each with tests that try to break it."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from config.schemas import PARTY_RECORD
from dedupe import ClerkDecision
from dedupe.levels import Named
from dedupe.party_kinds import FIRM, PERSON

TABLES = ("crosswalk", "golden_customers", "relationships", "queue_cases", "decisions")
HOME = {"city": "Konin", "street": "Polna", "house": "7", "flat": "2", "postal_code": "62-500"}
JAN = {"given_name": "Jan", "family_name": "Brzęczek", "pesel": "50640712345"}
A, B, C = "zt25-abonent:1", "zt63-abonent:2", "zt99-abonent:3"


@pytest.fixture(scope="module")
def resolution(village, resolved):
    return resolved(village)


@pytest.fixture
def bridge(record, table):
    """A and C share nothing but what each shares with B."""
    return table(
        record(A, **JAN, **HOME),
        record(B, **JAN, id_document="DB1234567", **HOME),
        record(C, given_name="Jan", family_name="Brzęczek", id_document="DB1234567", **HOME),
    )


def customer_of(resolution):
    return {row["record_id"]: row["customer_id"] for row in resolution.crosswalk.to_pylist()}


# Law 2: raw first.


def test_golden_values_are_those_of_the_record_they_name(village, resolution):
    value = {row["record_id"]: row for row in village.to_pylist()}
    for row in resolution.golden_customers.to_pylist():
        for name in ("given_name", "family_name", "org_name", "phone", "pesel"):
            origin = row[f"{name}_record_id"]
            assert row[name] == (value[origin][name] if origin else None)


def test_a_record_id_is_kept_as_its_key_was_stored(record, table, resolved):
    ids = ["zt63-abonent: 0012/A", "zt63-abonent:0012/a", "zt63-abonent:12/A", "zt63-abonent:Ł-1#2"]
    found = resolved(table(*(record(one, given_name="Ewa") for one in ids)))
    assert found.crosswalk["record_id"].to_pylist() == sorted(ids)


# Law 3: missing is not different.


@pytest.mark.parametrize("kind", [PERSON, FIRM], ids=lambda kind: kind.name)
def test_a_missing_value_weighs_nothing(kind, model):
    classes = model.classes_of(kind.name)
    for comparison in kind.comparisons:
        assert comparison.levels[0] == "missing"
        assert set(classes.weights[comparison.name][0]) == {0}, comparison.name


KNOWN = {"phone": "612345678", "email": "jan@lis.pl", "id_document": "DB1234567", **JAN, **HOME}


@pytest.mark.parametrize("both", [False, True], ids=["one side", "both sides"])
@pytest.mark.parametrize(
    ("known", "other"),
    [
        pytest.param({"pesel": "50640712345"}, {"pesel": "61721188888"}, id="PESEL"),
        # Two PESELs say all there is to say of two births.
        pytest.param(
            {"pesel": None, "birth_date": dt.date(2250, 4, 7)}, {"birth_date": dt.date(2199, 1, 2)}, id="date of birth"
        ),
        # Not the telephone: a household shares one, so between people of one name an equal one is no proof.
        pytest.param({"email": "jan@lis.pl"}, {"email": "ola@wp.pl"}, id="e-mail"),
        pytest.param({"id_document": "DB1234567"}, {"id_document": "AC7654321"}, id="document"),
    ],
)
def test_a_missing_value_speaks_neither_for_nor_against(known, other, both, record, table, resolved):
    whole = {**KNOWN, **known}
    without = {**whole, **dict.fromkeys(other)}

    def weight(left, right):
        return resolved(table(record(A, **left), record(B, **right))).decisions["match_weight"].to_pylist()[0]

    missing = weight(without if both else whole, without)
    assert weight(whole, {**whole, **other}) < missing < weight(whole, whole)


@pytest.mark.parametrize(
    ("rule", "reads"),
    [("two_pesels", ("pesel",)), ("two_pesels", ("given_name",)), ("two_births", ("birth_date", "pesel"))],
    ids=lambda value: value if isinstance(value, str) else " and ".join(value),
)
def test_no_rule_parts_two_records_over_what_one_does_not_have(rule, reads):
    highest = [len(comparison.levels) for comparison in PERSON.comparisons]
    levels = np.random.default_rng(1).integers(0, highest, (5_000, len(highest))).astype(np.int8)
    forbids = PERSON.hard_rules[rule]
    assert forbids(Named(levels, PERSON.comparisons)).any()
    levels[:, [comparison.name in reads for comparison in PERSON.comparisons]] = 0
    assert not forbids(Named(levels, PERSON.comparisons)).any()


def test_records_that_lack_the_same_are_not_alike_for_it(record, table, resolved):
    found = resolved(table(*(record(f"zt63-abonent:{number}", given_name="Jan") for number in range(5))))
    assert len(set(customer_of(found).values())) == 5
    assert found.decisions.num_rows == 0


# Law 4: equal inputs, equal bytes.

SCRIPT = """
    import hashlib, sys
    import numpy as np, pyarrow as pa, pyarrow.parquet as pq
    from config.models import load_model_dict
    from config.survivorship import load_survivorship
    from dedupe import Model, resolve
    pa.set_cpu_count(1)
    records = pq.read_table(sys.argv[1])
    records = records.take(np.random.default_rng(5).permutation(records.num_rows))
    found = resolve(records, first_seen={}, model=Model.from_dict(load_model_dict()), clerk=(),
                    survivorship=load_survivorship(), id_key=b"k" * 32, ref_key=b"k" * 32)
    for name in sys.argv[2:]:
        print(name, hashlib.sha256(repr(getattr(found, name).to_pylist()).encode()).hexdigest())
"""


def test_order_threads_hash_seed_and_locale_change_nothing(village, resolution, tmp_path):
    pq.write_table(village, tmp_path / "village.parquet")
    odd = {"PYTHONHASHSEED": "4711", "LC_ALL": "C", "LANG": "C", "TZ": "Asia/Tokyo", "PYTHONUTF8": "1"}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(tmp_path / "village.parquet"), *TABLES]
    done = subprocess.run(command, env={**os.environ, **odd, **threads}, capture_output=True, text=True, check=True)
    elsewhere = dict(line.split() for line in done.stdout.splitlines())
    here = {name: hashlib.sha256(repr(getattr(resolution, name).to_pylist()).encode()).hexdigest() for name in TABLES}
    assert elsewhere == here


# Law 7: ids are a function of the partition.


def groups(resolution):
    found: dict[str, set[str]] = {}
    for record_id, customer in customer_of(resolution).items():
        found.setdefault(customer, set()).add(record_id)
    return {frozenset(members): customer for customer, members in found.items()}


def test_a_customer_equal_in_two_nations_has_one_id(village, resolved, resolution):
    some = groups(resolved(village.filter(pc.not_equal(village["unit"], "krakow"))))
    everywhere = groups(resolution)
    common = some.keys() & everywhere.keys()
    assert len(common) > 100
    assert {some[members] for members in common} == {everywhere[members] for members in common}
    assert all(some[members] == everywhere[members] for members in common)


def test_the_anchor_is_the_oldest_record_of_the_first_unit(village, resolved):
    ordinal = {"pilot": 0, "poznan": 1, "olsztyn": 2, "warszawa": 3, "katowice": 4, "krakow": 5}
    seen = {one: dt.date(2002, 1, 1 + place % 28) for place, one in enumerate(village["record_id"].to_pylist())}
    found = resolved(village, first_seen=seen)
    unit = dict(zip(village["record_id"].to_pylist(), village["unit"].to_pylist(), strict=True))
    members = {customer: group for group, customer in groups(found).items()}
    for row in found.golden_customers.to_pylist():
        least = min(members[row["customer_id"]], key=lambda one: (ordinal[unit[one]], seen[one], one))
        assert row["anchor_record_id"] == least


# Law 8: decisions hold.


def strangers(village, *, number, first):
    """A clerk's word that some people are the same who have nothing to do with each other."""
    people = village.filter(pc.equal(village["party_kind"], "person"))["record_id"].to_pylist()
    chosen = np.random.default_rng(2).choice(people, (number, 2), replace=False).tolist()
    return [ClerkDecision(first + place, *pair, "same") for place, pair in enumerate(chosen)]


def broken(resolution, decisions):
    customer = customer_of(resolution)
    return [
        decision
        for decision in decisions
        if (customer[decision.record_id_1] == customer[decision.record_id_2]) != (decision.kind == "same")
    ]


def linked_pairs(resolution, *, number):
    rows = resolution.decisions.filter(pc.equal(resolution.decisions["decision"], "link")).to_pylist()
    return [(row["record_id_1"], row["record_id_2"]) for row in rows[:: len(rows) // number]]


def test_decisions_hold_through_bridges_new_records_and_another_model(village, resolved, resolution, model):
    # Pairs the model links are kept apart, and strangers put together, all over the village.
    apart = [ClerkDecision(at + 1, *pair, "different") for at, pair in enumerate(linked_pairs(resolution, number=40))]
    clerk = [*apart, *strangers(village, number=20, first=100)]
    costs = model.matching.costs.model_copy(update={"false_link": 1})
    bold = replace(model, matching=model.matching.model_copy(update={"costs": costs}))
    fewer = village.filter(pa.array(np.arange(village.num_rows) % 9 != 0))
    live = set(fewer["record_id"].to_pylist())
    awake = [one for one in clerk if {one.record_id_1, one.record_id_2} <= live]
    assert broken(resolved(village, clerk=clerk), clerk) == []
    assert broken(resolved(village, clerk=clerk, its_model=bold), clerk) == []
    assert broken(resolved(fewer, clerk=clerk), awake) == []
    assert 20 < len(awake) < len(clerk)


def test_a_decision_sleeps_and_wakes(bridge, resolved):
    clerk = [ClerkDecision(1, A, C, "different")]
    without = bridge.filter(pc.not_equal(bridge["record_id"], C))
    asleep, awake = resolved(without, clerk=clerk), resolved(bridge, clerk=clerk)
    assert asleep.crosswalk.equals(resolved(without).crosswalk)
    assert customer_of(awake)[A] != customer_of(awake)[C]
    assert resolved(bridge.take([2, 1, 0]), clerk=clerk).crosswalk.equals(awake.crosswalk)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=str)
def test_where_clerks_contradict_each_other_different_wins(order, record, table, resolved):
    strangers = table(*(record(one, given_name=name) for one, name in ((A, "Ewa"), (B, "Jan"), (C, "Piotr"))))
    words = [(A, B, "same"), (B, C, "same"), (A, C, "different")]
    clerk = [ClerkDecision(number, *words[place]) for number, place in enumerate(order, start=1)]
    customer = customer_of(resolved(strangers, clerk=clerk))
    assert customer[A] != customer[C]
    assert customer[B] in (customer[A], customer[C])


def test_the_last_word_on_a_pair_counts(bridge, resolved):
    words = [ClerkDecision(1, A, C, "different"), ClerkDecision(2, C, A, "same")]
    assert len(set(customer_of(resolved(bridge, clerk=words)).values())) == 1
    taken_back = [*words, ClerkDecision(3, A, C, "different")]
    assert len(set(customer_of(resolved(bridge, clerk=taken_back)).values())) == 2


# A poisoned source.

SYLLABLES = [one + other for one in "bcdfghjklm" for other in "aeiou"]


@pytest.mark.parametrize(
    "poison", [pytest.param({"pesel": "50640712345"}, id="PESEL"), pytest.param({"phone": "612345678"}, id="telephone")]
)
def test_ten_thousand_people_of_one_number_stay_ten_thousand(poison, village, resolved, resolution):
    number = np.arange(10_000)
    names = [SYLLABLES[n % 50] + SYLLABLES[n // 50 % 50] + SYLLABLES[n // 2_500] for n in number]
    blank = {column.name: pa.nulls(len(number), column.type) for column in PARTY_RECORD.columns}
    given = {
        "record_id": [f"zt25-abonent:p{n}" for n in number],
        "source_id": ["zt25-abonent"] * len(number),
        "point_code": ["ZT25"] * len(number),
        "unit": ["krakow"] * len(number),
        "raw_key": [f"p{n}" for n in number],
        "part": [1] * len(number),
        "batch_id": ["poison"] * len(number),
        "business_date": [dt.date(2003, 9, 22)] * len(number),
        "sequence": number.tolist(),
        "party_kind": ["person"] * len(number),
        "pesel_status": ["missing"] * len(number),
        "raw": ["{}"] * len(number),
        "given_name": [("Jan", "Adam", "Ewa", "Zofia")[n % 4] for n in number],
        "family_name": [name.title() for name in names],
        **{name: [value] * len(number) for name, value in poison.items()},
    }
    columns = {name: pa.array(values, PARTY_RECORD.arrow.field(name).type) for name, values in given.items()}
    poisoned = pa.table({**blank, **columns}, schema=PARTY_RECORD.arrow)
    found = resolved(pa.concat_tables([village, poisoned]))
    after = groups(found)
    assert {members for members in after if any(":p" not in one for one in members)} == groups(resolution).keys()
    assert max(len(members) for members in after if any(":p" in one for one in members)) == 1
    # What it costs is bounded: next to no pair is compared for that number.
    assert found.stats["person"]["candidate_pairs"] < 3 * found.stats["person"]["records"]
    assert found.queue_cases.num_rows == resolution.queue_cases.num_rows
