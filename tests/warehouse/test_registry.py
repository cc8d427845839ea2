"""Every customer id ever published resolves, in one hop."""

from __future__ import annotations

import pytest

from config.errors import UsageError


def A(number: int) -> str:  # a record
    return f"zt63-abonent:{number:05d}"


@pytest.fixture
def publish(person, release):
    """Publish a partition: customer id to the numbers of its records, the anchor first."""

    def build(**customers):
        return release([person(A(n), name) for name, numbers in customers.items() for n in numbers]).release_no

    return build


def resolved(warehouse, customer_id, release_no=None):
    answer = warehouse.resolve_customer_id(customer_id, release_no)
    return answer.resolved_to, answer.reason


def test_a_current_id_stands_for_itself(warehouse, publish):
    publish(a=[1, 2])
    assert resolved(warehouse, "a") == ("a", "current")


def test_a_merged_id_stands_for_the_customer_that_holds_its_anchor(warehouse, publish):
    publish(a=[1], b=[2])
    publish(a=[1, 2])
    assert resolved(warehouse, "b") == ("a", "anchor_moved")


def test_an_id_whose_anchor_is_gone_stands_for_its_first_live_member(warehouse, publish):
    publish(a=[1, 2, 3], d=[4])
    publish(b=[3], c=[2, 4])
    assert resolved(warehouse, "a") == ("c", "member_moved")


def test_an_id_without_a_live_member_is_retired_and_comes_back_with_its_anchor(warehouse, publish):
    publish(a=[1], b=[2])
    publish(b=[2])
    retired = resolved(warehouse, "a")
    publish(a=[1], b=[2])
    assert (retired, resolved(warehouse, "a")) == ((None, "retired"), ("a", "current"))


def test_two_merges_later_it_is_still_one_hop(warehouse, publish):
    publish(a=[1], b=[2], c=[3])
    publish(a=[1], b=[2, 3])
    publish(a=[1, 2, 3])
    assert (resolved(warehouse, "b"), resolved(warehouse, "c")) == (("a", "anchor_moved"), ("a", "anchor_moved"))


@pytest.mark.parametrize(
    ("customer_id", "release_no", "expected"),
    [
        pytest.param("b", 1, ("b", "current"), id="then current"),
        pytest.param("b", 2, ("a", "anchor_moved"), id="then merged"),
        pytest.param("b", 3, (None, "retired"), id="then retired"),
        pytest.param("b", 4, ("b", "current"), id="back now"),
    ],
)
def test_an_id_resolves_in_every_release(warehouse, publish, customer_id, release_no, expected):
    publish(a=[1], b=[2])
    publish(a=[1, 2])
    publish(a=[1])
    publish(a=[1], b=[2])
    assert resolved(warehouse, customer_id, release_no) == expected


def test_past_and_present_rules_agree(warehouse, publish):
    publish(a=[1, 2, 3], d=[4])
    number = publish(b=[3], c=[2, 4])
    now = resolved(warehouse, "a")
    publish(e=[9])
    assert resolved(warehouse, "a", number) == now == ("c", "member_moved")


def test_an_id_never_published_is_a_usage_error(warehouse, publish):
    publish(a=[1])
    with pytest.raises(UsageError):
        warehouse.resolve_customer_id("nobody")


def test_an_id_of_the_future_is_a_usage_error(warehouse, publish):
    publish(a=[1])
    publish(a=[1], b=[2])
    with pytest.raises(UsageError):
        warehouse.resolve_customer_id("b", 1)


def test_an_abandoned_release_publishes_no_id(warehouse, person, content_of, inputs, publish):
    publish(a=[1])
    prepared = warehouse.prepare(
        kind="cutover", inputs=inputs("poznan"), content=content_of([person(A(2), "b")]), actor="anna"
    )
    warehouse.abandon(prepared.release_no)
    with pytest.raises(UsageError):
        warehouse.resolve_customer_id("b")
    assert resolved(warehouse, "a") == ("a", "current")


def test_the_registry_is_outside_the_content_hash(warehouse, publish):
    first, before = warehouse.release(publish(a=[1])).content_hash, warehouse.registry_hash()
    publish(a=[1], b=[2])
    assert warehouse.release(publish(a=[1])).content_hash == first
    assert warehouse.registry_hash() != before
