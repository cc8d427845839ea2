import numpy as np
import pytest

from dedupe import cross_check, two_class_links
from dedupe.blocking import find_pairs
from dedupe.comparisons import ADDRESS_LEVELS
from dedupe.party_kinds import PERSON


def test_recordlinkage_finds_the_same(village, model):
    check = cross_check(village, model=model, seed=1, sample_blocks=60)
    assert (check.pairs_equal, check.levels_equal, check.differences) == (True, True, ())
    assert 0 < check.ecm["links"] <= check.ecm["pairs"]


def test_the_sample_depends_on_the_seed_only(village, model):
    order = np.random.default_rng(2).permutation(village.num_rows)
    ours = cross_check(village, model=model, seed=1, sample_blocks=40)
    assert cross_check(village.take(order), model=model, seed=1, sample_blocks=40) == ours


def test_a_planted_kernel_defect_is_caught(village, model, monkeypatch):
    address = PERSON.kernels["address"]

    def without_flats(side):
        levels, same_flat = address(side), len(ADDRESS_LEVELS) - 1
        return np.where(levels == same_flat, levels - 1, levels).astype(np.int8)

    monkeypatch.setitem(PERSON.kernels, "address", without_flats)
    check = cross_check(village, model=model, seed=1, sample_blocks=60)
    assert check.pairs_equal
    assert not check.levels_equal
    assert check.differences[0].startswith("person: address: ")


def test_a_lost_pair_is_caught(village, model, monkeypatch):
    def forgetful(features, *, caps):
        pairs, blocks = find_pairs(features, caps=caps)
        return type(pairs)(pairs.left[1:], pairs.right[1:], pairs.rules[1:]), blocks

    monkeypatch.setattr("dedupe.checking.find_pairs", forgetful)
    check = cross_check(village, model=model, seed=1, sample_blocks=60)
    assert not check.pairs_equal
    assert check.differences[0] == "person: 1 pairs found by one side only"


@pytest.mark.parametrize("rows", [0, 1])
def test_too_little_to_compare(rows, village, model):
    check = cross_check(village.slice(0, rows), model=model, seed=1, sample_blocks=10)
    assert check.pairs_equal
    assert check.levels_equal


def test_two_classes_are_a_baseline_of_pairs(village, model):
    links = two_class_links(village, model=model)
    assert links.schema.names == ["record_id_1", "record_id_2"]
    assert links.num_rows > 0
