"""Why records hang together, and why two customers are not one."""

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from config.errors import UsageError
from dedupe import ClerkDecision
from dedupe.explain_apart import REASONS, explain_apart
from dedupe.explain_cluster import explain_cluster

HOME = {"city": "Konin", "street": "Polna", "house": "7", "flat": "2", "postal_code": "62-500"}
JAN = {"given_name": "Jan", "family_name": "Brzęczek", "sex": "M", **HOME}


@pytest.fixture(scope="module")
def clerk(village, resolved, customers, model):
    """Ten decisions that contradict the model: links parted, neighbours joined."""
    found = resolved(village)
    decisions = found.decisions.to_pylist()
    links = [row for row in decisions if row["decision"] == "link"][::60]
    others = [row for row in decisions if row["decision"] == "non_link" and row["match_weight"] > -9_000_000][::150]
    pairs = [(row, "different") for row in links[:5]] + [(row, "same") for row in others[:5]]
    return [
        ClerkDecision(number, row["record_id_1"], row["record_id_2"], kind)
        for number, (row, kind) in enumerate(pairs, start=1)
    ]


@pytest.fixture(scope="module")
def partition(village, resolved, customers, clerk):
    """The customers of the village with those decisions, in order."""
    return sorted(map(sorted, customers(resolved(village, clerk=clerk))))


def test_the_joins_of_a_customer_are_a_tree_over_exactly_its_records(village, model, clerk, partition):
    for members in [group for group in partition if len(group) > 2][::5]:
        told = explain_cluster(village, members, model=model, clerk=clerk)
        assert told.is_reproduced
        assert list(told.records) == members
        assert len(told.joins) == len(members) - 1
        reached = {told.joins[-1].record_id_1}
        for join in reversed(told.joins):
            reached |= set(join.group_1 + join.group_2)
        assert reached == set(members)


def test_the_links_of_the_tree_weigh_what_was_decided(village, model, resolved, clerk, partition):
    decided = {
        (row["record_id_1"], row["record_id_2"]): row for row in resolved(village, clerk=clerk).decisions.to_pylist()
    }
    joins = [
        join
        for members in [group for group in partition if len(group) > 1][::15]
        for join in explain_cluster(village, members, model=model, clerk=clerk).joins
    ]
    assert joins
    for join in joins:
        row = decided[join.record_id_1, join.record_id_2]
        assert row["decision"] == "link"
        assert (join.micro_bits, join.decided_by) == (row["match_weight"], row["decided_by"])


def test_cutting_the_weakest_bridge_takes_away_what_hangs_on_it(village, model, clerk, partition):
    for members in [group for group in partition if len(group) > 3][::6]:
        told = explain_cluster(village, members, model=model, clerk=clerk)
        summed = [join.evidence.summed for join in told.joins if join.decided_by == "model"]
        assert told.joins[told.weakest.join - 1].evidence.summed == min(summed)
        rest = [join for number, join in enumerate(told.joins, start=1) if number != told.weakest.join]
        place = {record_id: number for number, record_id in enumerate(members)}
        left, right = ([place[getattr(join, f"record_id_{end}")] for join in rest] for end in (1, 2))
        tree = coo_matrix((np.ones(len(rest)), (left, right)), shape=(len(members), len(members)))
        parts, side = connected_components(tree, directed=False)
        leaving = {side[place[record_id]] for record_id in told.weakest.leaving}
        assert (parts, len(leaving)) == (2, 1)
        assert len(told.weakest.leaving) == (side == leaving.pop()).sum() <= len(members) / 2


def test_what_a_clerk_joined_is_no_weak_bridge(record, table, model):
    records = table(record("a:1", **JAN), record("b:1", given_name="Ewa", family_name="Lis", city="Olsztyn"))
    told = explain_cluster(records, ["a:1", "b:1"], model=model, clerk=[ClerkDecision(7, "a:1", "b:1", "same")])
    assert told.weakest is None
    assert [(join.decided_by, join.refusal) for join in told.joins] == [("clerk", None)]
    assert [decision.decision_no for decision in told.decisions] == [7]


def test_a_lone_record_has_nothing_to_explain(record, table, model):
    told = explain_cluster(table(record("a:1", **JAN)), ["a:1"], model=model, clerk=[])
    assert (told.joins, told.weakest, told.refusals, told.is_reproduced) == ((), None, (), True)


def test_records_that_are_no_customer_are_said_to_be_none(record, table, model):
    records = table(record("a:1", **JAN), record("b:1", given_name="Ewa", family_name="Lis", city="Olsztyn"))
    assert not explain_cluster(records, ["a:1", "b:1"], model=model, clerk=[]).is_reproduced


def test_the_order_of_records_does_not_matter(village, model, clerk, partition):
    members = max(partition, key=len)
    order = np.random.default_rng(5).permutation(village.num_rows)
    told = explain_cluster(village, members, model=model, clerk=clerk)
    assert explain_cluster(village.take(order), members[::-1], model=model, clerk=clerk[::-1]) == told


@pytest.mark.parametrize(
    "members", [pytest.param(["s:1", "nobody"], id="not live"), pytest.param(["s:1", "s:2"], id="person and firm")]
)
def test_what_is_no_customer_is_refused_and_not_repeated(members, record, table, model):
    records = table(record("s:1", given_name="Jan"), record("s:2", org_name="LIS"))
    with pytest.raises(UsageError) as refused:
        explain_cluster(records, members, model=model, clerk=[])
    assert "s:1" not in str(refused.value)


def test_every_refused_link_of_the_village_has_its_reason_and_numbers(village, resolved, model, clerk, partition):
    decisions = resolved(village, clerk=clerk).decisions.to_pylist()
    group = {record_id: members for members in partition for record_id in members}
    parted = [
        row
        for row in decisions
        if row["decision"] == "link" and group[row["record_id_1"]] is not group[row["record_id_2"]]
    ]
    limits = model.matching.clustering
    for row in parted:
        told = explain_apart(village, group[row["record_id_1"]], group[row["record_id_2"]], model=model, clerk=clerk)
        assert told.reason in {"clerk", "refused_merge", "weak_bridge", "oversize"}
        last = told.refusals[-1]
        if last.refusal == "refused_merge":
            assert last.conflicts or last.evidence.summed <= limits.refuse_at


def test_the_best_pair_is_the_best_of_the_decisions_between_them(village, resolved, model, clerk, partition):
    rank = ("non_link", "possible_link", "link").index
    group = {record_id: number for number, members in enumerate(partition) for record_id in members}
    between = {}
    for row in resolved(village, clerk=clerk).decisions.to_pylist():
        numbers = tuple(sorted((group[row["record_id_1"]], group[row["record_id_2"]])))
        if numbers[0] != numbers[1]:
            between.setdefault(numbers, []).append(row)
    reasons = set()
    for numbers in sorted(between)[::11]:
        told = explain_apart(village, *(partition[number] for number in numbers), model=model, clerk=clerk)
        best = max(between[numbers], key=lambda row: (rank(row["decision"]), row["match_weight"]))
        assert (told.best.decision, told.best.match_weight) == (best["decision"], best["match_weight"])
        assert told.evidence.compared == len(between[numbers])
        assert told.best.is_candidate
        reasons.add(told.reason)
    assert reasons >= {"rule", "model", "possible_link"}


def test_the_reason_is_the_one_of_the_queue(village, resolved, model):
    found = resolved(village)
    group = {}
    for row in found.crosswalk.to_pylist():
        group.setdefault(row["customer_id"], []).append(row["record_id"])
    customer = {record_id: members for members in group.values() for record_id in members}
    cases = found.queue_cases.to_pylist()
    assert {case["reason"] for case in cases} >= {"possible_link", "refused_merge"}
    for case in cases[::2]:
        ours, theirs = customer[case["record_id_1"]], customer[case["record_id_2"]]
        assert explain_apart(village, ours, theirs, model=model, clerk=[]).reason == case["reason"]


@pytest.mark.parametrize(
    ("other", "decisions", "reason"),
    [
        pytest.param(
            {"given_name": "Ewa", "family_name": "Lis", "city": "Olsztyn"}, [], "never_compared", id="never met"
        ),
        pytest.param(JAN, ["different"], "clerk", id="a clerk's word"),
        pytest.param(JAN, ["same"], "one_customer", id="one after all"),
        pytest.param(JAN, ["different", "same"], "one_customer", id="the last word of a clerk holds"),
    ],
)
def test_why_two_customers_are_not_one(other, decisions, reason, record, table, model):
    records = table(record("a:1", **JAN), record("b:1", **other))
    decisions = [ClerkDecision(number, "b:1", "a:1", kind) for number, kind in enumerate(decisions)]
    told = explain_apart(records, ["a:1"], ["b:1"], model=model, clerk=decisions)
    assert told.reason == reason
    assert explain_apart(records, ["b:1"], ["a:1"], model=model, clerk=decisions) == told


def test_a_person_and_a_firm_are_never_one(record, table, model):
    records = table(record("a:1", **JAN), record("b:1", org_name="LISPOL"))
    assert explain_apart(records, ["a:1"], ["b:1"], model=model, clerk=[]).reason == "party_kinds"


def test_a_conflict_through_a_bridge_is_told_with_its_pair(record, table, model):
    # Father and son share name and home; the record between them has no PESEL and could be either.
    records = table(
        record("a:1", **JAN, pesel="44731912345", phone="611111111"),
        record("b:1", **JAN, phone="611111111"),
        record("c:1", **JAN, pesel="71650354321", phone="611111111"),
    )
    told = explain_apart(records, ["a:1", "b:1"], ["c:1"], model=model, clerk=[])
    assert told.reason == "refused_merge"
    assert ("a:1", "c:1") in told.conflicts
    assert ("a:1", "c:1") in told.refusals[-1].conflicts


def test_nothing_personal_is_told(village, model, clerk, partition):
    first, second = [group for group in partition if len(group) > 1 and not group[0].split(":")[1].startswith("f")][:2]
    told = explain_cluster(village, first, model=model, clerk=clerk)
    references = {record_id: f"r{place}" for place, record_id in enumerate(sorted(told.mentioned))}
    assert not any(record_id in str(told.to_dict(references)) for record_id in told.mentioned)
    apart = explain_apart(village, first, second, model=model, clerk=clerk)
    references = {record_id: f"r{place}" for place, record_id in enumerate(first + second)}
    text = str(apart.to_dict(references))
    assert not any(record_id in text for record_id in first + second)
    assert apart.to_dict(references)["meaning"] == REASONS[apart.reason]
