"""What identifiers say: the compiled loops against the plain definition."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.matching import Clustering
from dedupe.coding import code_columns
from dedupe.conflict_loops import AGREEMENT, CONFLICT, NOTHING, verdict
from dedupe.conflicts import Identifiers
from dedupe.partition import ClerkPair, ScoredPairs, partition

PESELS = ["50640712345", "50640712354", "50640712399", "50640788888", "6172118888", "61721188881", "ążź", "", None]
REGONS = ["123456785", "123456758", "12345678512347", "12345678511111", "999999999", "99999999912345", None]
BIRTHS = ["22500407", "22500704", "22511208", "22610501", None]
SAYS = {NOTHING: "", CONFLICT: "conflict", AGREEMENT: "agreement"}


def identifiers(rows, *, is_firm):
    """Of rows (raw row, number, birth)."""
    raw, number, birth = (code_columns([pa.array(column, type=pa.string())])[0] for column in zip(*rows, strict=True))
    if is_firm:
        return Identifiers(raw, number, None, unit_from=9)
    return Identifiers(raw, number, birth, wrong_digits=2)


def rows(numbers):
    row = st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(numbers), st.sampled_from(BIRTHS))
    return st.lists(row, min_size=8, max_size=8)


@settings(max_examples=80, deadline=None)
@given(persons=rows(PESELS), firms=rows(REGONS))
def test_the_compiled_verdict_is_the_plain_one(persons, firms):
    for party, is_firm in ((persons, False), (firms, True)):
        plain = identifiers(party, is_firm=is_firm)
        packed = plain.packed()
        for one in range(8):
            for other in range(8):
                assert SAYS[verdict(packed, one, other)] == plain(one, other)
                assert plain(one, other) == plain(other, one)


@pytest.mark.parametrize(
    ("number", "number_2", "is_firm", "said"),
    [
        pytest.param("50640712345", "50640712354", False, "agreement", id="two digits swapped"),
        pytest.param("50640712345", "50640712399", False, "agreement", id="two wrong digits"),
        pytest.param("50640712345", "50640788888", False, "conflict", id="another PESEL"),
        pytest.param("123456785", "12345678512347", True, "", id="a firm and one of its units"),
        pytest.param("12345678512347", "12345678511111", True, "conflict", id="two units of one firm"),
        pytest.param("123456785", "99999999912345", True, "conflict", id="two firms"),
        pytest.param("50640712345", None, False, "", id="one has none"),
    ],
)
def test_what_two_numbers_say(number, number_2, is_firm, said):
    plain = identifiers([("a", number, None), ("b", number_2, None)], is_firm=is_firm)
    assert plain(0, 1) == said
    assert SAYS[verdict(plain.packed(), 0, 1)] == said


PAIR = st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] < pair[1])
PAIRS = st.dictionaries(PAIR, st.integers(-9, 14), min_size=4, max_size=20)
CLERK = st.lists(st.tuples(PAIR, st.booleans()), max_size=3, unique_by=lambda one: one[0])


@settings(max_examples=150, deadline=None)
@given(persons=rows(PESELS), pairs=PAIRS, clerk=CLERK, max_records=st.integers(2, 8))
def test_the_loop_asks_what_it_could_be_told(persons, pairs, clerk, max_records):
    plain = identifiers(persons, is_firm=False)
    keys = sorted(pairs)
    weights = np.array([pairs[key] for key in keys], dtype=np.int64) * 1_000_000
    left, right = (np.array([key[side] for key in keys], dtype=np.int64) for side in (0, 1))
    scored = ScoredPairs(left, right, weights, weights > 4_000_000)
    decisions = [ClerkPair(*pair, is_same) for pair, is_same in clerk]
    ours, theirs = (
        partition(8, scored, clerk=decisions, conflict=conflict, settings=Clustering(), max_records=max_records)
        for conflict in (plain, plain.__call__)
    )
    assert ours.group.tolist() == theirs.group.tolist()
    assert ours.refusals == theirs.refusals
