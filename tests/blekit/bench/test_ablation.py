"""Taking an idea out changes what it should, and only that."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from blekit.bench.ablation import Variant, ablation
from blekit.bench.ideas import (
    BROAD_KEYS,
    IDEAS,
    Compared,
    birth_of_pesel,
    column_of,
    fewer_classes,
    merged,
    number_of,
    plain_names,
    same_or,
    three_classes,
    with_exact_streets,
    with_field_columns,
    without_birth_of_pesel,
    without_village_by_post,
)
from blekit.bench.labelled import label
from config.matching import load_matching
from config.models import load_model_dict
from dedupe import Model
from dedupe.blocking import Pairs
from dedupe.comparisons import ADDRESS_LEVELS
from dedupe.engine import compare_pairs, knowledge
from dedupe.features import party_features
from dedupe.party_kinds import PERSON


@pytest.fixture(scope="module")
def records(small):
    """The small data with a number of the 2200s for two persons in three, the same in both systems."""
    table = pq.read_table(small.file)
    entities = dict(
        zip(*(pq.read_table(small.truth)[name].to_pylist() for name in ("record_id", "entity_id")), strict=True)
    )
    numbers = []
    for record_id in table["record_id"].to_pylist():
        kind, at = entities[record_id][0], int(entities[record_id][1:])
        numbers.append(
            f"{at % 100:02}7{1 + at % 9}{1 + at % 28:02}{at * 7919 % 100_000:05}" if kind == "p" and at % 3 else None
        )
    return table.set_column(table.schema.get_field_index("pesel"), "pesel", pa.array(numbers, pa.string()))


@pytest.fixture(scope="module")
def truth(small):
    return pq.read_table(small.truth).to_pandas()


def compared_of(rows):
    """Records two by two: 0 with 1, 2 with 3 …"""
    names = ("record_id", "source_id", "raw_key", "party_kind", "given_name", "second_given_name", "family_name")
    names += (
        "former_family_name",
        "phone",
        "phone_2",
        "email",
        "pesel",
        "street",
        "postal_code",
        "house",
        "flat",
        "city",
    )
    names += ("id_document",)
    blank = dict.fromkeys(names)
    filled = [
        {**blank, "record_id": f"s:{at}", "source_id": "s", "raw_key": str(at), "party_kind": "person", **row}
        for at, row in enumerate(rows)
    ]
    table = pa.table({name: pa.array([row[name] for row in filled], pa.string()) for name in names})
    table = table.append_column("birth_date", pa.nulls(len(rows), pa.date32()))
    model = Model.from_dict(load_model_dict())
    features = party_features(table, party_kind="person", matching=load_matching())
    left = np.arange(0, len(rows), 2, dtype=np.int64)
    pairs, known = Pairs(left, left + 1, np.ones_like(left)), knowledge(model, features)
    return Compared(features, pairs, compare_pairs(features, pairs.left, pairs.right, known=known), known)


def address_levels(levels):
    return [ADDRESS_LEVELS[number] for number in levels[:, column_of(compared_of([]).features, "address")[0]]]


@pytest.fixture(scope="module")
def addresses():
    town = {"city": "Śrem", "house": "7", "postal_code": "63-100"}
    return compared_of(
        [
            {"city": "Dąbrowa", "house": "7", "postal_code": "63-100"},
            {**town, "street": "Dąbrowa"},
            {**town, "street": "Henryka Sienkiewicza"},
            {**town, "street": "H. Sienkiewicza"},
            {**town, "street": "Polna"},
            {**town, "street": "Polma"},
            {**town, "street": "Dąbrowa"},
            {"city": "Dąbrowa", "house": "7", "postal_code": "63-100"},
        ]
    )


def test_a_village_written_as_a_street_is_another_street(addresses):
    assert address_levels(addresses.levels) == ["same_house"] * 4
    assert address_levels(without_village_by_post(addresses)) == [
        "same_postal",
        "same_house",
        "same_house",
        "same_postal",
    ]


def test_a_shortened_street_is_another_street_and_a_typo_is_none(addresses):
    assert address_levels(with_exact_streets(addresses)) == ["same_house", "same_postal", "same_house", "same_house"]


def test_fields_of_the_address_by_themselves(addresses):
    # city, street, house, flat, postal; 0 missing, 1 other, 2 near, 3 exact
    found = with_field_columns(addresses)[:, len(PERSON.comparisons) :]
    assert found.tolist() == [[1, 0, 3, 0, 3], [3, 1, 3, 0, 3], [3, 2, 3, 0, 3], [1, 0, 3, 0, 3]]


def test_plain_names_count_apart_and_however_rare():
    jan = {"given_name": "Jan", "family_name": "Kowalski"}
    compared = compared_of(
        [jan, jan, {"given_name": "Jan", "family_name": "Lis"}, {"given_name": "Jan", "family_name": "Baran"}]
    )
    found = plain_names(compared)[:, :2].tolist()
    given, family = PERSON.comparisons[:2]
    exact = given.levels.index("exact_1")
    assert found == [[exact, family.levels.index("exact_1")], [exact, family.levels.index("other")]]


def test_an_idea_about_levels_that_are_no_more_fails():
    with pytest.raises(KeyError, match="no level"):
        number_of(PERSON.comparisons[0], "planted")
    with pytest.raises(KeyError, match="no level"):
        merged("phone", "planted")(compared_of([{}, {}]))


@pytest.mark.parametrize(
    ("pesel", "birth"),
    [
        pytest.param("50640712345", "22500407", id="2200s"),
        pytest.param("02222912345", "20020229", id="2000s"),
        pytest.param("44051401359", "19440514", id="1900s"),
        pytest.param(None, None, id="missing"),
    ],
)
def test_birth_of_a_pesel(pesel, birth):
    assert birth_of_pesel(pesel) == birth


def test_births_a_pesel_tells_are_hidden_from_keys_too(records):
    features = party_features(records, party_kind="person", matching=load_matching())
    column = features.fields["pesel"].texts()
    births = features.fields["birth"].texts()
    told = [birth is not None and birth == birth_of_pesel(pesel) for birth, pesel in zip(births, column, strict=True)]
    hidden = without_birth_of_pesel(features).fields
    for name in ("birth", "birth_y", "birth_ym", "birth_md"):
        expected = [
            None if is_told else text for text, is_told in zip(features.fields[name].texts(), told, strict=True)
        ]
        assert hidden[name].texts() == expected


@pytest.mark.parametrize("groups", [same_or("other", "person"), three_classes("person")])
def test_merged_classes_share_out_every_pattern_as_before(groups):
    levels = np.random.default_rng(0).integers(0, 3, (50, len(PERSON.comparisons))).astype(np.int8)
    fewer = fewer_classes(groups)(PERSON)
    before, after = PERSON.start(levels), fewer.start(levels)
    assert after.sum(axis=1) == pytest.approx(before.sum(axis=1))
    is_same = [name.startswith("same_") for name in PERSON.classes]
    assert after[:, fewer.classes.index("same_one")] == pytest.approx(before[:, is_same].sum(axis=1))


def test_sixteen_broad_keys():
    assert len(BROAD_KEYS.split("|")) == 16


def test_no_idea_is_tried_twice():
    assert len({(idea.name, idea.party_kind) for idea in IDEAS}) == len(IDEAS)


def test_the_precise_cut_is_the_lowest_that_is_precise_enough(records, truth):
    # 20 true pairs weigh 4 bits, 20 weigh 1.3 and a wrong pair 1.1: two bits are precise, one is not, 1.25 is.
    features = party_features(records, party_kind="person", matching=load_matching())
    pairs = Pairs(np.arange(41) * 2, np.arange(41) * 2 + 1, np.ones(41, dtype=np.int64))
    ids = [str(name) for name in features.record_ids[np.arange(82)]]
    entities = [f"e{at // 2}" for at in range(81)] + ["somebody else"]
    known = truth.iloc[:0].reindex(range(82)).assign(record_id=ids, entity_id=entities)
    labelled, nobody = label(features, pairs, known), np.zeros(41, dtype=bool)
    weight = np.repeat([4_000_000, 1_300_000, 1_100_000], [20, 20, 1])
    variant = Variant(labelled, weight, nobody, load_matching(), is_agglomerated=False)
    assert variant.at(0)["precision"] == pytest.approx(40 / 41, abs=1e-6)
    assert variant.at(2_000_000)["recall"] == 0.5
    assert (variant.precise()["precision"], variant.precise()["recall"]) == (1.0, 1.0)
    hopeless = Variant(labelled, weight[::-1], nobody, load_matching(), is_agglomerated=False)
    assert hopeless.precise()["recall"] == 0.0


def test_every_idea_can_be_taken_out(records, truth):
    rows = ablation(records, records, truth)
    assert [row["idea"] for row in rows].count("everything") == 2
    assert len(rows) == len(IDEAS) + 2
    for row in rows:
        assert row["delta"] == pytest.approx(
            row["f1_natural"] - rows_of(rows, row["party_kind"])["f1_natural"], abs=1e-6
        )
    changed = {row["idea"] for row in rows if row["changed_pairs"]}
    assert {"joint rarity of the full name", "many precise keys, not sixteen broad ones"} <= changed
    assert "agglomeration, not connected components" not in changed


def rows_of(rows, party_kind):
    return next(row for row in rows if row["idea"] == "everything" and row["party_kind"] == party_kind)
