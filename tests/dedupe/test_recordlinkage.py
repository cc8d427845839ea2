"""recordlinkage inside our engine: its index and compare features in place of ours, our EM against its ECM."""

import dataclasses

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import recordlinkage
from recordlinkage.compare import Date, Exact, Geographic, Numeric, String
from recordlinkage.index import Block, Full, SortedNeighbourhood

from dedupe.blocking import find_pairs
from dedupe.coding import PartyFeatures, code_columns
from dedupe.em import find_patterns
from dedupe.engine import compare_pairs, knowledge, weigh
from dedupe.explain import _own_fields
from dedupe.features import party_features
from dedupe.party_kinds import PERSON
from dedupe.recordlinkage_api import LevelFeature, text_frame
from dedupe.recordlinkage_inside import feature_comparison, pairs_of, with_comparisons
from dedupe.training import learn
from dedupe.two_class import MATCH, NON_MATCH, two_classes


@pytest.fixture(scope="module")
def features(village, model):
    return party_features(village.slice(0, 400), party_kind="person", matching=model.matching)


@pytest.mark.parametrize(
    "algorithms",
    [
        pytest.param([Block("last")], id="block"),
        pytest.param([Block(["last", "city"])], id="block on two fields"),
        pytest.param([SortedNeighbourhood("last", window=3, block_on="city")], id="sorted neighbourhood"),
        pytest.param([Block("pesel"), Block("phone")], id="a union"),
    ],
)
def test_their_index_proposes_our_pairs(algorithms, features):
    theirs = recordlinkage.Index(algorithms).index(text_frame(features))
    pairs = pairs_of(algorithms, features)
    ids = features.record_ids
    assert len(pairs) > 20
    assert (pairs.left < pairs.right).all()
    assert {frozenset(pair) for pair in zip(ids[pairs.left], ids[pairs.right], strict=True)} == set(
        map(frozenset, theirs)
    )
    assert np.all(np.diff(pairs.left * len(features) + pairs.right) > 0)


def test_the_full_index_is_every_pair(features):
    few = dataclasses.replace(
        features,
        record_ids=features.record_ids[:30],
        fields={name: dataclasses.replace(field, codes=field.codes[:30]) for name, field in features.fields.items()},
    )
    assert len(pairs_of([Full()], few)) == 30 * 29 / 2


def test_pairs_of_their_index_are_weighed_like_ours(features, model):
    ours, _ = find_pairs(features, caps=model.matching.caps)
    theirs = pairs_of([Full()], features)
    known = knowledge(model, features)
    weights = [
        dict(
            zip(
                zip(pairs.left.tolist(), pairs.right.tolist(), strict=True),
                weigh(
                    compare_pairs(features, pairs.left, pairs.right, known=known), model.person, features.kind
                ).match_weight.tolist(),
                strict=True,
            )
        )
        for pairs in (ours, theirs)
    ]
    assert weights[0].items() <= weights[1].items()


def places(**columns):
    """A kind of party of our own: whatever columns there are, no comparisons yet."""
    kind = dataclasses.replace(PERSON, name="place", comparisons=(), kernels={})
    rows = len(next(iter(columns.values())))
    fields = {name: code_columns([pa.array(values, pa.string())], str)[0] for name, values in columns.items()}
    ids = np.array([f"r{row}" for row in range(rows)], dtype=object)
    return PartyFeatures(kind, ids, np.arange(rows), fields, {})


CASES = [
    pytest.param(
        String("name", "name", method="jarowinkler", label="name"),
        (0.8, 0.92, 1.0),
        {"name": ["Nowak", "Nowakk", "Nowicki", "Lis", None, "Nowak"]},
        # Jaro-Winkler by hand: nowak/nowakk 0.972, nowak/nowicki 0.826 (m=4, l=3), nowak/lis 0.
        ["from_0.92", "from_0.8", "below_0.8", "missing", "from_1"],
        id="string",
    ),
    pytest.param(
        String("name", "name", method="levenshtein", threshold=0.8, label="name"),
        (1.0,),
        {"name": ["Nowak", "Nowakk", "Nowicki", "Lis", None, "Nowak"]},
        ["from_1", "below_1", "below_1", "missing", "from_1"],
        id="string with a threshold",
    ),
    pytest.param(
        Exact("name", "name", label="name"),
        (1.0,),
        {"name": ["Nowak", "Nowak", "Lis", None]},
        ["from_1", "below_1", "missing"],
        id="exact: missing is no disagreement",
    ),
    pytest.param(
        Date("born", "born", label="born"),
        (0.5, 1.0),
        {"born": ["19600411", "19600411", "19601104", "19610411", "19600230", None]},
        ["from_1", "from_0.5", "below_0.5", "missing", "missing"],
        id="date: swapped, and one no calendar has",
    ),
    pytest.param(
        Geographic("lat", "lng", "lat", "lng", method="step", offset=5.0, label="place"),
        (1.0,),
        # Degrees of latitude are 111 km: 0.01 is within 5 km, 1 is not.
        {"lat": ["52.40", "52.41", "53.40", "52.40"], "lng": ["16.90", "16.90", "16.90", None]},
        ["from_1", "below_1", "missing"],
        id="geographic: one of two coordinates missing",
    ),
    pytest.param(
        Numeric("age", "age", method="linear", offset=0.0, scale=10.0, label="age"),
        (0.5, 1.0),
        {"age": ["40", "40", "44", "70", "old", None]},
        ["from_1", "from_0.5", "below_0.5", "missing", "missing"],
        id="numeric: a word is no number",
    ),
]


@pytest.mark.parametrize(("feature", "edges", "columns", "expected"), CASES)
def test_their_feature_is_a_comparison_with_levels(feature, edges, columns, expected, model):
    comparison, kernel = feature_comparison(feature, edges=edges)
    features = places(**columns)
    features = dataclasses.replace(features, kind=with_comparisons(features.kind, (comparison, kernel)))
    left, right = np.zeros(len(expected), dtype=np.int64), np.arange(1, len(expected) + 1)
    known = knowledge(model, features)
    levels = compare_pairs(features, left, right, known=known)[:, 0]
    assert [comparison.levels[level] for level in levels] == expected
    rows = [{name: values[row] for name, values in columns.items()} for row in range(len(expected) + 1)]
    assert [comparison.level_of(rows[0], row, known) for row in rows[1:]] == expected
    frame = text_frame(features)
    index = pd.MultiIndex.from_arrays([features.record_ids[left], features.record_ids[right]])
    there_and_back = recordlinkage.Compare([LevelFeature(comparison, known)]).compute(index, frame)
    assert there_and_back[comparison.name].tolist() == levels.tolist()


@pytest.mark.parametrize(
    ("feature", "name"),
    [
        pytest.param(Exact("given", "last"), "names", id="two different fields"),
        pytest.param(Exact("last", "last"), None, id="no name"),
    ],
)
def test_what_is_no_comparison_is_refused(feature, name):
    with pytest.raises(ValueError, match="comparison"):
        feature_comparison(feature, edges=(1.0,), name=name)


def test_the_engine_learns_with_their_feature(features, model):
    added = feature_comparison(String("city", "city", method="qgram"), edges=(0.6, 1.0), name="place", meaning="Place.")
    kind = with_comparisons(features.kind, added)
    assert _own_fields(kind.comparisons[-1], kind.comparisons) == ("city",)
    classes = learn(dataclasses.replace(features, kind=kind), matching=model.matching, rarities=model.rarities, seed=1)
    weights = np.array(classes.weights["place"])
    assert weights.shape == (4, len(kind.classes))
    same = np.array(classes.is_same)
    assert (weights[3][same].max() > weights[1][same].max()) and (weights[0] == 0).all()


def by_ecm(agreement, *, max_steps):
    """Their estimates after as many steps: share of matches, then how often each field agrees in either class."""
    names = [f"field {place}" for place in range(agreement.shape[1])]
    frame = pd.DataFrame(agreement.astype(int), columns=names)
    # Without atol it does not stop early; with it, a relative tolerance of 1e-5 would be added silently.
    classifier = recordlinkage.ECMClassifier(max_iter=max_steps, atol=None)
    frame.index = pd.MultiIndex.from_arrays([frame.index, frame.index])
    classifier.fit(frame)
    shares = [[probabilities[name][1] for name in names] for probabilities in (classifier.u_probs, classifier.m_probs)]
    return classifier.p, shares, classifier.prob(frame).to_numpy()


@pytest.mark.parametrize("max_steps", [1, 7, 100])
@pytest.mark.parametrize("seed", [1, 2])
def test_our_two_classes_are_their_ecm(seed, max_steps):
    draw = np.random.default_rng(seed)
    agree = np.array([[0.05, 0.2, 0.01, 0.3, 0.1], [0.9, 0.8, 0.95, 0.7, 0.85]])
    is_match = draw.random(4000) < 0.15
    agreement = draw.random((4000, 5)) < agree[is_match.astype(int)]
    ours, (prior, shares, chance) = two_classes(agreement, max_steps=max_steps), by_ecm(agreement, max_steps=max_steps)
    assert ours.steps == max_steps
    assert ours.prior[MATCH] == pytest.approx(prior, abs=1e-9)
    assert np.stack([table[2] for table in ours.probabilities], axis=1) == pytest.approx(np.array(shares), abs=1e-9)
    pattern = find_patterns(np.where(agreement, 2, 1).astype(np.int8)).pattern_of_pair
    assert ours.responsibilities[pattern, MATCH] == pytest.approx(chance, abs=1e-9)
    if max_steps == 100:  # what was planted comes out, so the two did not merely fail alike
        assert ours.prior[MATCH] == pytest.approx(0.15, abs=0.02)
        assert np.array(shares) == pytest.approx(agree, abs=0.06)


def test_our_two_classes_are_their_ecm_on_the_village(features, model):
    pairs, _ = find_pairs(features, caps=model.matching.caps)
    fields = [features.fields[name].codes for name in ("given", "last", "birth", "city", "street", "house")]
    agreement = np.stack([codes[pairs.left] == codes[pairs.right] for codes in fields], axis=1)
    ours, (prior, shares, _) = two_classes(agreement, max_steps=30), by_ecm(agreement, max_steps=30)
    assert ours.prior[MATCH] == pytest.approx(prior, abs=1e-9)
    assert [table[2, NON_MATCH] for table in ours.probabilities] == pytest.approx(shares[NON_MATCH], abs=1e-9)
    assert [table[2, MATCH] for table in ours.probabilities] == pytest.approx(shares[MATCH], abs=1e-9)
