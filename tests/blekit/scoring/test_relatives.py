"""What became of related entities."""

import pandas as pd
import pytest

from blekit.scoring.relatives import related_entities


@pytest.fixture
def known():
    rows = [("a", "Jan", "Lis", "twins"), ("b", "JAN", "LIS", "moved,twins"), ("c", "Ewa", "Lis", None)]
    rows += [(name, None, None, "") for name in ("f", "g", "h", "i")]
    return pd.DataFrame(rows, columns=["entity_id", "given_name", "family_name", "traps"])


def pairs_of(related, kind):
    chosen = related[related["kind"] == kind]
    return sorted(zip(chosen["entity_id_1"], chosen["entity_id_2"], strict=True))


def test_two_branches_are_related_through_a_firm_without_records(known):
    relations = pd.DataFrame(
        [("f", "x", "branch_of_firm"), ("g", "x", "branch_of_firm"), ("h", "i", "branch_of_firm")],
        columns=["entity_id_1", "entity_id_2", "kind"],
    )
    related = related_entities(relations, known)
    assert pairs_of(related, "branches_of_one_firm") == [("f", "g")]
    assert pairs_of(related, "branch_of_firm") == [("h", "i")]


def test_traps_need_both_labels_and_one_home(known):
    relations = pd.DataFrame(
        [("a", "b", "household"), ("a", "c", "household")], columns=["entity_id_1", "entity_id_2", "kind"]
    )
    related = related_entities(relations, known)
    assert pairs_of(related, "twins") == [("a", "b")]
    assert pairs_of(related, "father_and_son") == []
    assert pairs_of(related, "same_name_at_home") == [("a", "b")]
