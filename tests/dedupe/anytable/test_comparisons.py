"""The comparisons of any table: the plain words are the definition, the kernels say the same of millions of pairs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from config.matching import Matching
from dedupe.anytable import comparisons
from dedupe.anytable.linking import Rows, make_features
from dedupe.comparisons import Party
from dedupe.em import find_patterns
from dedupe.engine import compare_pairs, what_is_known


class _Parties(dict[str, str | None]):
    """The values of one record; a field its table lacks is missing."""

    def __missing__(self, name: str) -> None:
        return None


@pytest.mark.parametrize(
    ("maker", "size"),
    [
        pytest.param("german", (41, 60), id="persons with telephones"),
        pytest.param("spanish", (42, 60), id="persons with numbers"),
        pytest.param("historical", (43, 40), id="persons of the archives"),
        pytest.param("firms", (44, 90), id="firms"),
        pytest.param("documents", (45, 90), id="documents"),
    ],
)
def test_kernels_say_what_the_definitions_say(stranger, model_for, maker, size) -> None:
    table = stranger(maker, *size, errors=0.4) if maker != "documents" else stranger(maker, *size)
    model, count = model_for(table.table), len(table.truth)
    rows, order = Rows(table.table, [f"{place:04d}" for place in range(count)], np.zeros(count, np.int32)).sorted()
    features, rarities = make_features(
        rows, model=model, party_kind=str(model.party_kind), trained=None, matching=Matching()
    )
    known = what_is_known(features, matching=Matching(), rarities=rarities)
    truth = np.array(table.truth)[order]
    left, right = np.triu_indices(count, k=1)
    pairs = np.r_[np.flatnonzero(truth[left] == truth[right]), np.random.default_rng(1).choice(len(left), 1500)]
    left, right = left[pairs].astype(np.int64), right[pairs].astype(np.int64)
    fast = compare_pairs(features, left, right, known=known)
    texts = {name: field.texts() for name, field in features.fields.items()}

    def party(row: int) -> Party:
        return _Parties({name: values[row] for name, values in texts.items()})

    for place, comparison in enumerate(features.kind.comparisons):
        plain = [comparison.level_of(party(one), party(other), known) for one, other in zip(left, right, strict=True)]
        backwards = [
            comparison.level_of(party(other), party(one), known) for one, other in zip(left, right, strict=True)
        ]
        assert [comparison.levels[level] for level in fast[:, place]] == plain
        assert plain == backwards, comparison.name


EMPTY: Mapping[str, str | None] = _Parties()


def _address(**fields: str) -> Party:
    return _Parties(fields)


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        pytest.param({}, {}, "missing", id="nothing known"),
        pytest.param(
            {"street": "main street", "house": "5", "city": "york"},
            {"street": "main str", "house": "5", "city": "yorkk"},
            "same_house",
            id="typing errors in street and place",
        ),
        pytest.param(
            {"street": "main street", "house": "5", "flat": "1", "city": "york"},
            {"street": "main street", "house": "5", "flat": "2", "city": "york"},
            "other_flat",
            id="neighbours",
        ),
        pytest.param(
            {"street": "main street", "house": "5"},
            {"street": "main street", "house": "5"},
            "same_house",
            id="a table without places",
        ),
        pytest.param(
            {"street": "main street", "house": "5", "city": "york", "postal": "1000"},
            {"street": "main street", "house": "5", "city": "leeds", "postal": "2000"},
            "same_street_and_house",
            id="the same street in another town",
        ),
        pytest.param(
            # In Poland the first two digits would say that these are far apart.
            {"city": "springfield", "postal": "62701"},
            {"city": "springfield", "postal": "01101"},
            "same_rare_place",
            id="postal codes mean nothing here",
        ),
        pytest.param({"city": "york", "region": "n"}, {"city": "leeds", "region": "n"}, "same_region", id="region"),
    ],
)
def test_addresses(left, right, level) -> None:
    address = comparisons.address(lambda place: 20)
    assert address.level_of(_address(**left), _address(**right), None) == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        pytest.param("falkberg solar gmbh", "solar falkberg gmbh", "same_words", id="turned round"),
        pytest.param("falkberg solar gmbh", "falkberg", "contained", id="shortened"),
        pytest.param("falkberg solar gmbh", "falkbreg solar gmbh", "near", id="typing error"),
        pytest.param("falkberg solar gmbh", "molthal solar gmbh", "common_word", id="another firm of the trade"),
        pytest.param("north sea brewers", "nsb", "initials", id="initials"),
        pytest.param("falkberg", "molthal", "other", id="another firm"),
    ],
)
def test_names_of_firms(one, other, level) -> None:
    rarity = {"gmbh": 3, "solar": 9, "falkberg": 20, "molthal": 20}
    compared = comparisons.organisation_name(lambda word: rarity.get(word, 20))
    assert compared.level_of(_Parties(org=one), _Parties(org=other), None) == level


def test_a_two_letter_name_is_a_name_not_an_initial() -> None:
    name = comparisons.given_name(lambda given: 10, lambda family: 10)
    wu, other_wu = _Parties(given="li", last="wu"), _Parties(given="lu", last="wu")
    assert name.level_of(wu, wu, None).startswith("full_name")
    assert name.level_of(wu, other_wu, None) == "near"


def test_swapped_names_are_seen_when_one_of_them_is_mistyped() -> None:
    name = comparisons.given_name(lambda given: 10, lambda family: 10)
    right, crossed = _Parties(given="jasper", last="desilva"), _Parties(given="desllva", last="jasper")
    assert name.level_of(right, crossed, None) == "swapped"


def test_patterns_of_more_comparisons_than_fit_into_one_integer() -> None:
    levels = np.random.default_rng(5).integers(0, 3, size=(400, 16)).astype(np.int8)
    levels = np.r_[levels, levels[:100]]
    patterns = find_patterns(levels)
    assert len(patterns.levels) == len(np.unique(levels, axis=0)) < 500
    assert (patterns.levels[patterns.pattern_of_pair] == levels).all()
