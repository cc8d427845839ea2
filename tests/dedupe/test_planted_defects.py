"""Defects planted in the fast engine: the cross-check with recordlinkage sees each and says where."""

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from dedupe import checking, cross_check
from dedupe.blocking import find_pairs
from dedupe.party_kinds import FIRM, PERSON

KINDS = {kind.name: kind for kind in (PERSON, FIRM)}


@pytest.fixture(scope="module")
def street(village):
    """The village, where names and addresses are missing now and then too."""
    for every, columns in ((6, ("given_name", "org_name")), (7, ("family_name",)), (5, ("city", "postal_code"))):
        is_hit = pa.array(np.arange(village.num_rows) % every == 0)
        for name in columns:
            place = village.schema.get_field_index(name)
            values = pc.if_else(is_hit, pa.scalar(None, village.schema.field(name).type), village[name])
            village = village.set_column(place, village.schema.field(name), values)
    return village


@pytest.fixture
def check(street, model):
    """The cross-check of every rehearsal on it."""
    return lambda: cross_check(street, model=model, seed=4, sample_blocks=200)


def test_a_clean_run_passes(check):
    found = check()
    assert (found.pairs_equal, found.levels_equal, found.differences) == (True, True, ())


def plant(monkeypatch, kind, name, kernel):
    monkeypatch.setitem(KINDS[kind].kernels, name, kernel)


def caught(found):
    """Where levels differ: kind and comparison, without the count."""
    assert found.pairs_equal
    assert not found.levels_equal
    return {tuple(text.split(": ")[:2]) for text in found.differences}


def missing_as_disagreement(kernel):
    """The kernel, but missing counts against."""
    return lambda side: np.maximum(kernel(side), 1).astype(np.int8)


@pytest.mark.parametrize(
    ("kind", "name"), [("person", "birth_date"), ("firm", "regon")], ids=["date of birth", "REGON"]
)
def test_missing_taken_for_a_disagreement_is_caught(kind, name, check, monkeypatch):
    plant(monkeypatch, kind, name, missing_as_disagreement(KINDS[kind].kernels[name]))
    assert caught(check()) == {(kind, name)}


def test_missing_taken_for_a_disagreement_is_caught_in_every_comparison(check, monkeypatch):
    everywhere = [(kind.name, comparison.name) for kind in KINDS.values() for comparison in kind.comparisons]
    everywhere.remove(("person", "source"))  # every record is from some system: this one is never missing
    for kind, name in everywhere:
        plant(monkeypatch, kind, name, missing_as_disagreement(KINDS[kind].kernels[name]))
    assert caught(check()) == set(everywhere)


@pytest.mark.parametrize(
    ("constant", "value", "names"),
    [
        pytest.param("ALIKE", 0.5, {"given_name"}, id="given names called alike too soon"),
        pytest.param("SIMILAR", 0.55, {"given_name", "family_name"}, id="names called similar too soon"),
    ],
)
def test_a_threshold_of_jaro_winkler_that_is_off_is_caught(constant, value, names, check, monkeypatch):
    # In the plain definitions, because compiled loops hold theirs: either side being off is the same to the check.
    monkeypatch.setattr(f"dedupe.comparisons.{constant}", value)
    assert caught(check()) == {("person", name) for name in names}


def swapped(kernel, one, other):
    """A kernel that reads two columns in each other's place."""

    def read_wrongly(side):
        fields = dict(side.features.fields)
        fields[one], fields[other] = fields[other], fields[one]
        features = dataclasses.replace(side.features, fields=fields)
        return kernel(dataclasses.replace(side, features=features, tables={}, _kept={}))

    return read_wrongly


@pytest.mark.parametrize(
    ("kind", "name", "one", "other"),
    [
        pytest.param("person", "given_name", "given", "last", id="given and family name"),
        pytest.param("person", "address", "house", "flat", id="house and flat"),
        pytest.param("firm", "address", "city", "street", id="place and street of firms"),
    ],
)
def test_swapped_columns_are_caught(kind, name, one, other, check, monkeypatch):
    plant(monkeypatch, kind, name, swapped(KINDS[kind].kernels[name], one, other))
    assert caught(check()) == {(kind, name)}


def test_a_kernel_of_another_comparison_is_caught(check, monkeypatch):
    plant(monkeypatch, "person", "id_document", PERSON.kernels["phone"])
    assert caught(check()) == {("person", "id_document")}


def test_sharers_counted_wrongly_are_caught(check, monkeypatch):
    kernel = PERSON.kernels["phone"]

    def of_twice_as_many(side):
        sharers = {name: counts * 2 for name, counts in side.features.sharers.items()}
        features = dataclasses.replace(side.features, sharers=sharers)
        return kernel(dataclasses.replace(side, features=features, tables={}, _kept={}))

    plant(monkeypatch, "person", "phone", of_twice_as_many)
    assert caught(check()) == {("person", "phone")}


@pytest.mark.parametrize(
    "defect",
    [
        pytest.param({"caps": {"wide": 200, "narrow": 200}}, id="the cap is ignored"),
        pytest.param({"caps": {"narrow": 2}}, id="blocks within the cap are dropped"),
        pytest.param({"split": True}, id="blocks over the cap are not split"),
    ],
)
def test_blocks_treated_wrongly_are_caught(defect, check, monkeypatch):
    def wrongly(features, *, caps):
        rules = features.kind.blocking_rules
        if "split" in defect:
            rules = tuple(dataclasses.replace(rule, split_by=None) for rule in rules)
        features = dataclasses.replace(features, kind=dataclasses.replace(features.kind, blocking_rules=rules))
        return find_pairs(features, caps=caps.model_copy(update=defect.get("caps", {})))

    monkeypatch.setattr(checking, "find_pairs", wrongly)
    found = check()
    assert not found.pairs_equal
    assert found.levels_equal
    assert all("pairs found by one side only" in text for text in found.differences)


@pytest.mark.parametrize("place", [0, len(PERSON.blocking_rules) - 1])
def test_a_rule_that_finds_nothing_is_named_although_others_find_its_pairs(place, check, monkeypatch):
    rule = PERSON.blocking_rules[place]

    def forgetful(features, *, caps):
        pairs, blocks = find_pairs(features, caps=caps)
        if features.kind is not PERSON:
            return pairs, blocks
        rules = pairs.rules & ~(np.int64(1) << place)
        kept = rules != 0
        return type(pairs)(pairs.left[kept], pairs.right[kept], rules[kept]), blocks

    monkeypatch.setattr(checking, "find_pairs", forgetful)
    found = check()
    assert not found.pairs_equal
    assert any(text.startswith(f"person: rule {rule.name}: ") for text in found.differences)
