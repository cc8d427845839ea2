"""The partition function on hand-made pairs; weights are bits here, micro-bits in the code."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.matching import Clustering
from dedupe.partition import ClerkPair, ScoredPairs, partition

A, B, C, D, E, F = range(6)
SETTINGS = Clustering(clip=10_000_000, unseen_pair=-1_000_000, refuse_at=-2_000_000, weak_bridge_at=0)


def run(pairs, *, clerk=(), conflicts=(), agreements=(), records=6, settings_=SETTINGS, max_records=10):
    rows = sorted((min(one, other), max(one, other), bits) for one, other, bits in pairs)
    left, right, bits = (
        (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
        if rows
        else [np.empty(0, dtype=np.int64)] * 3
    )
    scored = ScoredPairs(left, right, bits * 1_000_000, bits > 5)

    def conflict(one, other):
        pair = (min(one, other), max(one, other))
        return "conflict" if pair in conflicts else "agreement" if pair in agreements else ""

    found = partition(
        records,
        scored,
        clerk=[ClerkPair(one, other, is_same) for one, other, is_same in clerk],
        conflict=conflict,
        settings=settings_,
        max_records=max_records,
    )
    groups = {frozenset(np.flatnonzero(found.group == group).tolist()) for group in set(found.group.tolist())}
    return {group for group in groups if len(group) > 1}, {refusal.reason for refusal in found.refusals}


@pytest.mark.parametrize(
    ("pairs", "options", "groups", "reasons"),
    [
        pytest.param([(A, B, 8)], {}, [{A, B}], set(), id="a link joins two"),
        pytest.param([(A, B, 3)], {}, [], set(), id="what is no link does not"),
        pytest.param([(A, B, 9), (B, C, 8)], {}, [{A, B, C}], set(), id="a third joins although one pair is unseen"),
        pytest.param(
            [(A, B, 9), (B, C, 7), (A, C, -9)],
            {},
            [{A, B}],
            {"refused_merge"},
            id="a contradicting pair outweighs a link",
        ),
        pytest.param(
            [(A, B, 9), (B, C, 8)],
            {"conflicts": {(A, C)}},
            [{A, B}],
            {"refused_merge"},
            id="a hard conflict between records never compared",
        ),
        pytest.param([(A, B, 9)], {"clerk": [(A, B, False)]}, [], {"clerk"}, id="a clerk overrules the model"),
        pytest.param([(A, B, -9)], {"clerk": [(A, B, True)]}, [{A, B}], set(), id="a clerk joins what the model parts"),
        pytest.param(
            [(A, B, 9), (B, C, 8)],
            {"clerk": [(A, C, False)]},
            [{A, B}],
            {"clerk"},
            id="cannot-link holds through a bridge",
        ),
        pytest.param(
            [(C, D, 9)],
            {"clerk": [(A, B, True), (B, C, True)]},
            [{A, B, C, D}],
            set(),
            id="must-links chain, and links join the chain",
        ),
        pytest.param(
            [(A, C, 9)],
            {"clerk": [(A, B, True)], "conflicts": {(B, C), (A, B)}, "agreements": {(A, C)}},
            [{A, B, C}],
            set(),
            id="a clerk joined two identifiers: a record with either is welcome",
        ),
        pytest.param(
            [],
            {"clerk": [(A, B, True), (B, C, True), (A, C, False)]},
            [{A, B}],
            {"clerk"},
            id="clerks contradict each other: different wins",
        ),
        pytest.param(
            [(A, B, 9), (C, D, 9), (B, C, 6), (A, C, -3), (A, D, -2), (B, D, -2)],
            {},
            [{A, B}, {C, D}],
            {"weak_bridge"},
            id="a weak bridge between two groups is asked about",
        ),
        pytest.param(
            [(A, B, 9), (B, C, 8)], {"max_records": 2}, [{A, B}], {"oversize"}, id="a group may not grow over the limit"
        ),
    ],
)
def test_partition(pairs, options, groups, reasons):
    assert run(pairs, **options) == ({frozenset(group) for group in groups}, reasons)


def test_one_loud_pair_is_clipped():
    pairs = [(A, B, 50), (C, D, 45), (A, C, 40), (B, C, -8), (A, D, -8), (B, D, 0)]
    assert run(pairs)[0] == {frozenset({A, B}), frozenset({C, D})}


def test_ties_go_to_the_lesser_record():
    pairs = [(A, B, 8), (B, C, 8), (A, C, -20)]
    assert run(pairs)[0] == {frozenset({A, B})}


PAIRS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(-12, 12)).filter(lambda pair: pair[0] < pair[1]),
    max_size=20,
    unique_by=lambda pair: pair[:2],
)


@settings(max_examples=150, deadline=None)
@given(pairs=PAIRS, clerk=st.lists(st.tuples(st.integers(0, 3), st.integers(4, 7), st.booleans()), max_size=3))
def test_every_cannot_link_holds_and_order_does_not_matter(pairs, clerk):
    clerk = list({pair[:2]: pair for pair in clerk}.values())
    groups, _ = run(pairs, clerk=clerk, records=8)
    assert run(pairs[::-1], clerk=clerk, records=8)[0] == groups
    apart = [{one, other} for one, other, is_same in clerk if not is_same]
    assert not any(pair <= group for pair in apart for group in groups)
