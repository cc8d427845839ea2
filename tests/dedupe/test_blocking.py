import pytest
import recordlinkage

from config.matching import Caps, Matching
from dedupe.blocking import find_pairs, rule_pairs
from dedupe.blocking_rules import FIRM_RULES, PERSON_RULES, BlockingRule
from dedupe.features import party_features
from dedupe.recordlinkage_api import RuleIndex, text_frame

PHONE = BlockingRule(("any_phone",), "wide", "l3")


def features_of(records, kind="person", **matching):
    return party_features(records, party_kind=kind, matching=Matching(**matching))


def named_pairs(features, pairs):
    return {(features.record_ids[pair // len(features)], features.record_ids[pair % len(features)]) for pair in pairs}


def test_a_block_over_the_cap_is_split_and_what_is_still_over_is_dropped_and_counted(record, table):
    names = ["Nowak"] * 3 + ["Lis"] * 2 + [None]
    records = table(*(record(f"s:{i}", phone="611111111", family_name=name) for i, name in enumerate(names)))
    features = features_of(records)
    pairs, block = rule_pairs(features, PHONE, cap=2)
    assert named_pairs(features, pairs) == {("s:3", "s:4")}
    assert (block.pairs, block.dropped_blocks, block.dropped_records) == (1, 2, 4)


def test_the_second_number_of_one_is_the_first_of_another(record, table):
    records = table(
        record("s:1", phone="611111111", phone_2="612222222"),
        record("s:2", phone="612222222"),
        record("s:3", phone_2="612222222"),
    )
    features = features_of(records)
    found = named_pairs(features, rule_pairs(features, PHONE, cap=20)[0])
    assert found == {("s:1", "s:2"), ("s:1", "s:3"), ("s:2", "s:3")}


def test_a_switchboard_is_no_key(record, table):
    records = table(*(record(f"s:{i}", phone="611111111") for i in range(4)))
    features = features_of(records, sharer_limits={"phone": 3})
    assert not len(rule_pairs(features, PHONE, cap=20)[0])


def test_missing_values_are_no_key(record, table):
    features = features_of(table(record("s:1"), record("s:2")))
    assert not len(find_pairs(features, caps=Caps())[0])


def test_persons_and_firms_never_meet(record, table):
    home = {"city": "Konin", "street": "Polna", "house": "1", "flat": "2", "phone": "611111111", "pesel": "50640712345"}
    records = table(record("s:1", family_name="Lis", **home), record("s:2", org_name="LIS", **home))
    for kind in ("person", "firm"):
        assert not len(find_pairs(features_of(records, kind), caps=Caps())[0])


def test_pairs_are_canonical_and_once(village):
    features = features_of(village)
    pairs, _ = find_pairs(features, caps=Caps())
    keys = pairs.left * len(features) + pairs.right
    assert (pairs.left < pairs.right).all()
    assert (keys[1:] > keys[:-1]).all()
    assert (pairs.rules > 0).all()


@pytest.mark.parametrize("rules", [PERSON_RULES, FIRM_RULES], ids=["person", "firm"])
def test_there_is_a_bit_for_every_rule(rules):
    assert len(rules) <= 62
    assert len(set(rules)) == len(rules)


@pytest.mark.parametrize(
    ("kind", "rule"),
    [pytest.param("person", rule, id=rule.name) for rule in PERSON_RULES]
    + [pytest.param("firm", rule, id=rule.name) for rule in FIRM_RULES],
)
def test_each_rule_is_a_recordlinkage_index(kind, rule, village):
    features = features_of(village.slice(0, 400), kind)
    index = recordlinkage.Index(RuleIndex(rule, cap=6)).index(text_frame(features))
    assert set(index) == named_pairs(features, rule_pairs(features, rule, cap=6)[0])
