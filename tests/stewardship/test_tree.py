"""Where the records of a customer stand in its drawing."""

import pytest

from stewardship.tree import tree


def customer(records, joins, *, weakest=None, leaving=()):
    return {
        "record_refs": records,
        "records": [{"record_ref": ref, "name": None, "source_id": "zt63"} for ref in records],
        "joins": [
            {"join": number, "record_ref_1": one, "record_ref_2": other}
            for number, (one, other) in enumerate(joins, start=1)
        ],
        "weakest_bridge": weakest and {"join": weakest, "leaving": list(leaving)},
    }


@pytest.mark.parametrize(
    ("joins", "expected"),
    [
        pytest.param([], [("a", 0), ("b", 0), ("c", 0)], id="records nothing joined are roots"),
        pytest.param([("a", "b"), ("b", "c")], [("a", 0), ("b", 1), ("c", 2)], id="a chain"),
        pytest.param([("b", "c"), ("a", "c")], [("a", 0), ("c", 1), ("b", 2)], id="a chain not in order of records"),
        pytest.param([("a", "c"), ("a", "b")], [("a", 0), ("c", 1), ("b", 1)], id="a star, first joined first"),
    ],
)
def test_a_record_stands_below_the_one_its_link_leads_to(joins, expected):
    nodes = tree(customer(["a", "b", "c"], joins)).nodes
    left = nodes[0].x
    assert [(node.record_ref, (node.x - left) // 30) for node in nodes] == expected
    assert [node.y for node in nodes] == sorted({node.y for node in nodes})


def test_the_weakest_bridge_is_one_line_and_what_leaves_is_marked():
    drawn = tree(customer(["a", "b", "c"], [("a", "b"), ("b", "c")], weakest=2, leaving=["c"]), asked=["b"])
    assert [(node.is_weakest, node.is_leaving, node.is_asked) for node in drawn.nodes] == [
        (False, False, False),
        (False, False, True),
        (True, True, False),
    ]
    assert [node.parent_y for node in drawn.nodes[1:]] == [drawn.nodes[0].y, drawn.nodes[1].y]
