"""The compiled engine against the plain definitions, on texts nobody expects; nothing depends on how it is run."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.matching import Caps
from dedupe import firm_comparisons, similarity
from dedupe.blocking import find_pairs
from dedupe.coding import Coded, Texts, as_arrow, pack
from dedupe.comparisons import ADDRESS_LEVELS, is_street_like
from dedupe.em import find_patterns
from dedupe.engine import compare_pairs, knowledge
from dedupe.features import party_features
from dedupe.firm_comparisons import ORG_NAME_LEVELS
from dedupe.text_loops import Text, are_one_edit, is_one_edit, is_start, likeness, wrong_places

SHORT, LONG = st.text(alphabet="ab", max_size=5), st.text(alphabet="abcł@ 0ż漢", max_size=90)
WORDS = SHORT | LONG | st.sampled_from(["", "a" * 70])


def packed(*texts):
    """The texts as a vocabulary, and the code of each."""
    values = sorted(set(texts))
    return Text(np.empty(0, np.int32), *pack(values)), [values.index(text) for text in texts]


@settings(max_examples=400, deadline=None)
@given(one=WORDS, other=WORDS, place=st.integers(0, 90), letter=st.sampled_from("abł"))
@example(one="a" * 64, other="a" * 65, place=0, letter="b")
def test_loops_on_texts_say_what_rapidfuzz_says(one, other, place, letter):
    changed, without, swapped = one[:place] + letter + one[place + 1 :], one[:place] + one[place + 1 :], one[1::-1]
    for left, right in ((one, other), (one, changed), (one, without), (one, swapped + one[2:])):
        text, (code, code_2) = packed(left, right)
        assert is_one_edit(text, code, code_2) == (similarity.edits(left, right) <= 1)
        assert wrong_places(text, code, code_2) == similarity.wrong_digits(left, right)
        exact = similarity.likeness(left, right)
        assert likeness(text, code, code_2) == exact
        for least in (0.65, 0.82, 0.9, exact):
            assert (likeness(text, code, code_2, least) > least) == (exact > least)
        stretches = text.ends[code], text.ends[code + 1], text.ends[code_2], text.ends[code_2 + 1]
        assert is_start(text.chars, *stretches) == right.startswith(left)
        assert are_one_edit(text.chars, *stretches) == are_one_edit(text.chars, *stretches[2:], *stretches[:2])


STREET_WORDS = ["jana", "j", "ja", "pawla", "paw", "ii", "polna", "polnej", "a"]
STREET = st.lists(st.sampled_from(STREET_WORDS), min_size=1, max_size=4)
ORG_WORDS = ["agromax", "agromaks", "agro", "sklep", "bank", "rolny", "o", "filia", "radom", "rado", "br", "s", "a"]
ORG = st.lists(st.sampled_from(ORG_WORDS), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(streets=st.lists(STREET.map(" ".join), min_size=6, max_size=6))
def test_streets_are_alike_as_the_definition_says(streets, record, table, model):
    rows = [record(f"s:{i}", family_name="Lis", city="Konin", street=street) for i, street in enumerate(streets)]
    for one, other, level in levels_of(table(*rows), "person", "address", model):
        is_alike = one == other or is_street_like(streets[one], streets[other])
        assert (ADDRESS_LEVELS[level] == "same_street") == (is_alike or streets[one] == streets[other])


@settings(max_examples=80, deadline=None)
@example(names=["bank rolny o radom", "bank rolny agromax br o radom", "bank rolny o rado", "bpk", "bank pol kat", "a"])
@given(names=st.lists(ORG.map(" ".join), min_size=6, max_size=6))
def test_firms_are_named_alike_as_the_definition_says(names, record, table, model):
    rows = [record(f"s:{i}", org_name=name) for i, name in enumerate(names)]
    features = party_features(table(*rows), party_kind="firm", matching=model.matching)
    known = knowledge(model, features)
    for one, other, level in levels_of(table(*rows), "firm", "org_name", model):
        parties = ({"org": names[one]}, {"org": names[other]})
        assert ORG_NAME_LEVELS[level] == firm_comparisons.org_name(*parties, known)


def levels_of(records, kind, name, model):
    """The level of every pair, in both directions."""
    features = party_features(records, party_kind=kind, matching=model.matching)
    left, right = (side.astype(np.int64) for side in np.nonzero(~np.eye(len(features), dtype=bool)))
    column = [comparison.name for comparison in features.kind.comparisons].index(name)
    levels = compare_pairs(features, left, right, known=knowledge(model, features))[:, column]
    return zip(left.tolist(), right.tolist(), levels.tolist(), strict=True)


@pytest.fixture(scope="module", params=["person", "firm"])
def compared(request, village, model):
    """The features, pairs and levels of a village."""
    features = party_features(village, party_kind=request.param, matching=model.matching)
    pairs, _ = find_pairs(features, caps=Caps())
    return features, pairs, compare_pairs(features, pairs.left, pairs.right, known=knowledge(model, features))


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("chunk", [7, 32])
def test_neither_threads_nor_chunks_matter(threads, chunk, compared, model, monkeypatch):
    features, pairs, levels = compared
    monkeypatch.setattr("dedupe.compiled.threads", lambda: threads)
    monkeypatch.setattr("dedupe.engine.CHUNK", chunk)
    again, _ = find_pairs(features, caps=Caps())
    assert (again.left.tolist(), again.rules.tolist()) == (pairs.left.tolist(), pairs.rules.tolist())
    found = compare_pairs(features, pairs.left, pairs.right, known=knowledge(model, features))
    assert len(found) > 5 * chunk
    assert (found == levels).all()


def test_the_order_of_the_rows_does_not_matter(compared, village, model):
    features, pairs, levels = compared
    shuffled = village.take(np.random.default_rng(4).permutation(village.num_rows))
    theirs = party_features(shuffled, party_kind=features.party_kind, matching=model.matching)
    assert list(theirs.record_ids) == list(features.record_ids)
    for name, field in features.fields.items():
        assert (theirs.fields[name].codes == field.codes).all(), name
        assert list(theirs.fields[name].values) == list(field.values), name
    again, _ = find_pairs(theirs, caps=Caps())
    assert (again.left == pairs.left).all()
    found = compare_pairs(theirs, again.left, again.right, known=knowledge(model, theirs))
    assert (found == levels).all()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_patterns_are_the_distinct_rows(data):
    columns, rows = data.draw(st.integers(1, 14)), data.draw(st.integers(0, 40))
    levels = np.array(data.draw(st.lists(st.integers(0, 2), min_size=rows * columns, max_size=rows * columns)), np.int8)
    levels = levels.reshape(rows, columns)
    patterns = find_patterns(levels)
    expected, counts = np.unique(levels, axis=0, return_counts=True)
    assert (patterns.levels == expected).all()
    assert (patterns.counts == counts).all()
    assert (patterns.levels[patterns.pattern_of_pair] == levels).all()


def test_there_may_be_thousands_of_patterns():
    levels = np.random.default_rng(5).integers(0, 40, (30_000, 9)).astype(np.int8)
    patterns = find_patterns(np.concatenate([levels, levels]))
    assert len(patterns.levels) == len(np.unique(levels, axis=0)) > 29_000
    assert (patterns.counts % 2 == 0).all()


def test_texts_are_a_sequence_like_any():
    texts = Texts(as_arrow(["a", "ł", "漢字"]))
    assert (list(texts), texts[1], len(texts)) == (["a", "ł", "漢字"], "ł", 3)
    assert texts[np.array([2, 0])].tolist() == ["漢字", "a"]
    assert texts[1:].tolist() == ["ł", "漢字"]
    assert np.isin(texts, ["ł"]).tolist() == [False, True, False]


def test_a_value_derived_from_several_is_one():
    field = Coded(np.array([0, 1, -1, 2], np.int32), ("ab", "ac", "b"))
    derived = field.derived(lambda text: None if text == "b" else text[0])
    assert (derived.codes.tolist(), list(derived.values)) == ([0, 0, -1, -1], ["a"])


def test_records_of_one_raw_row_are_known_as_such(record, table, model):
    alone = [f"{source}:1" for source in "abcdefghijklmnop"]
    ids = ["s:1", "s:1#2", "s:11", "t:1", "t:1#2", "s:2", *alone]
    records = table(*(record(record_id, family_name="Lis") for record_id in reversed(ids)))
    features = party_features(records, party_kind="person", matching=model.matching)
    rows = dict(zip(features.record_ids, features.fields["row"].texts(), strict=True))
    assert rows == {record_id: record_id.partition("#")[0] for record_id in ids}
