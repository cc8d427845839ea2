"""The slow replay of one component tells exactly what the engine did, on random worlds."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.matching import Clustering
from dedupe.partition import ClerkPair, ScoredPairs, partition
from dedupe.replay import SeenPair, World, replay

RECORDS = 9
SETTINGS = Clustering(clip=10_000_000, unseen_pair=-1_000_000, refuse_at=-2_000_000, weak_bridge_at=1_000_000)
PAIR = st.tuples(st.integers(0, RECORDS - 1), st.integers(0, RECORDS - 1)).filter(lambda pair: pair[0] < pair[1])
PAIRS = st.dictionaries(PAIR, st.tuples(st.integers(-12, 14), st.booleans()), max_size=24)
SAYS = st.dictionaries(PAIR, st.sampled_from(["conflict", "agreement"]), max_size=8)
CLERK = st.lists(st.tuples(PAIR, st.booleans()), max_size=4, unique_by=lambda one: one[0])


def by_engine(pairs, clerk, conflict, *, max_records, settings_):
    rows = sorted((one, other, bits, is_link) for (one, other), (bits, is_link) in pairs.items())
    left, right, bits, is_link = ([row[place] for row in rows] for place in range(4))
    scored = ScoredPairs(
        *(np.array(column, dtype=np.int64) for column in (left, right, np.array(bits, dtype=np.int64) * 1_000_000)),
        np.array(is_link, dtype=np.bool_),
    )
    return partition(RECORDS, scored, clerk=clerk, conflict=conflict, settings=settings_, max_records=max_records)


def components(edges):
    """Records that links and clerks' "same" connect."""
    of = {record: frozenset({record}) for record in range(RECORDS)}
    for one, other in edges:
        joined = of[one] | of[other]
        of.update(dict.fromkeys(joined, joined))
    return set(of.values())


def by_replay(pairs, clerk, conflict, *, max_records, settings_):
    world = World(
        {pair: SeenPair(bits * 1_000_000, is_link) for pair, (bits, is_link) in pairs.items()},
        clerk,
        conflict,
        settings_,
        max_records,
    )
    edges = [pair for pair, (_, is_link) in pairs.items() if is_link]
    edges += [(pair.left, pair.right) for pair in clerk if pair.is_same]
    return [attempt for component in components(edges) for attempt in replay(component, world)]


# Two groups of two whose evidence is exactly the limit; a clerk's two PESELs, one of which a third record has.
BRIDGE = {(0, 1): (12, True), (2, 3): (12, True), (1, 2): (6, True)}
ATOMS = {(0, 2): (9, True), (2, 3): (1, False)}


@settings(max_examples=300, deadline=None)
@example(pairs=BRIDGE, says={}, clerk=[], max_records=9, weak=3_000_000)
@example(pairs=ATOMS, says={(1, 2): "conflict", (0, 2): "agreement"}, clerk=[((0, 1), True)], max_records=9, weak=0)
@given(pairs=PAIRS, says=SAYS, clerk=CLERK, max_records=st.integers(2, RECORDS), weak=st.sampled_from([0, 3_000_000]))
def test_the_replay_ends_with_the_groups_and_refusals_of_the_engine(pairs, says, clerk, max_records, weak):
    decisions = [ClerkPair(*pair, is_same) for pair, is_same in clerk]
    options = {"max_records": max_records, "settings_": SETTINGS.model_copy(update={"weak_bridge_at": weak})}

    def conflict(one, other):
        return says.get((min(one, other), max(one, other)), "")

    # What a clerk decided is no link of the model.
    pairs = {pair: (bits, is_link and pair not in dict(clerk)) for pair, (bits, is_link) in pairs.items()}
    engine = by_engine(pairs, decisions, conflict, **options)
    attempts = by_replay(pairs, decisions, conflict, **options)
    joined = components((attempt.left, attempt.right) for attempt in attempts if not attempt.refusal)
    assert joined == {frozenset(np.flatnonzero(engine.group == group).tolist()) for group in set(engine.group.tolist())}
    refused = {(attempt.left, attempt.right, attempt.refusal) for attempt in attempts if attempt.refusal}
    assert refused == {(refusal.left, refusal.right, refusal.reason) for refusal in engine.refusals}


@pytest.mark.parametrize(
    ("pairs", "evidence"),
    [
        pytest.param({(0, 1): (9, True), (1, 2): (8, True)}, (7_000_000, 1, 1), id="an unseen pair speaks against"),
        pytest.param(
            {(0, 1): (9, True), (1, 2): (8, True), (0, 2): (-40, False)},
            (-2_000_000, 2, 0),
            id="a loud pair is clipped",
        ),
    ],
)
def test_the_evidence_at_a_join(pairs, evidence):
    last = by_replay(pairs, [], lambda one, other: "", max_records=9, settings_=SETTINGS)[-1]
    assert (last.evidence.summed, last.evidence.compared, last.evidence.unseen) == evidence
    assert last.weight == 8_000_000
