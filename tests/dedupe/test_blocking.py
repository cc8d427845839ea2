import numpy as np
import pytest
import recordlinkage

from config.matching import Caps, Matching
from dedupe.blocking import find_pairs, rule_blocks, rule_pairs
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


@pytest.mark.parametrize("hash_bits", [0, 0xF000_0000_0000_0000], ids=["all keys collide", "many keys collide"])
@pytest.mark.parametrize("rule", [PHONE, *PERSON_RULES[-2:]], ids=lambda rule: rule.name)
def test_keys_that_share_a_hash_stay_apart(rule, hash_bits, village):
    features = features_of(village.slice(0, 400))

    def blocks(**options):
        found = rule_blocks(features, rule, **options)
        return {tuple(found.records[start:end]) for start, end in zip(found.starts, found.ends, strict=True)}

    assert blocks(hash_bits=hash_bits) == blocks()
    assert len(blocks()) > 20


def test_what_touches_some_records_is_what_all_pairs_have_of_them(village):
    features = features_of(village)
    touching = np.zeros(len(features), dtype=np.bool_)
    touching[::17] = True
    whole, _ = find_pairs(features, caps=Caps())
    some, _ = find_pairs(features, caps=Caps(), touching=touching)
    is_asked = touching[whole.left] | touching[whole.right]
    for ours, theirs in zip((some.left, some.right, some.rules), (whole.left, whole.right, whole.rules), strict=True):
        assert ours.tolist() == theirs[is_asked].tolist()
    assert 0 < len(some) < len(whole)


def test_each_rule_says_what_it_gave_and_what_of_it_was_new(record, table):
    home = {"city": "Konin", "street": "Polna", "house": "1", "flat": "2"}
    records = table(
        *(record(f"s:{i}", given_name="Jan", family_name="Lis", **home) for i in range(2)),
        *(record(f"t:{i}", family_name=name, phone="611111111") for i, name in enumerate(["Lis", "Lis", "Duda"])),
    )
    _, blocks = find_pairs(features_of(records), caps=Caps(wide=2, narrow=2))
    by_rule = {block.rule: block for block in blocks}
    assert by_rule["first+city+street+house"].pairs == 1
    assert by_rule["first+city+street+house"].new_pairs == 0  # an earlier rule gave the pair
    phone = by_rule["any_phone"]
    assert (phone.pairs, phone.new_pairs, phone.split_blocks, phone.dropped_blocks) == (1, 1, 1, 0)
    assert sum(block.new_pairs for block in blocks) == 2


@pytest.mark.parametrize("kind", ["person", "firm"])
def test_each_pair_names_all_rules_that_gave_it(kind, village):
    features, caps = features_of(village, kind), Caps()
    pairs, blocks = find_pairs(features, caps=caps)
    keys, seen = pairs.left * len(features) + pairs.right, set()
    for number, (rule, block) in enumerate(zip(features.kind.blocking_rules, blocks, strict=True)):
        its_own = rule_pairs(features, rule, cap=getattr(caps, rule.cap))[0].tolist()
        assert keys[(pairs.rules >> number) & 1 == 1].tolist() == its_own
        assert (block.pairs, block.new_pairs) == (len(its_own), len(set(its_own) - seen))
        seen |= set(its_own)
