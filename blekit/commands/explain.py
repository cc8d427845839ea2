"""``blekit explain`` and ``blekit customer``: why linked, and where every golden value came from."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from blekit.commands.explain_customers import render_customer, render_customers
from blekit.output import AsJson, bits, fields, line, show, table
from config.errors import UsageError

_PLACE = ("record_id", "raw_key", "batch_id", "sequence", "part", "unit")


def explain(
    record_ref_1: Annotated[str | None, typer.Argument(help="Reference of a record, from `blekit customer`.")] = None,
    record_ref_2: Annotated[str | None, typer.Argument(help="Reference of the other record.")] = None,
    case: Annotated[str | None, typer.Option("--case", help="A case of the queue instead of two records.")] = None,
    customer_id: Annotated[
        str | None, typer.Option("--customer", metavar="ID", help="Why the records of a customer hang together.")
    ] = None,
    customer_ids: Annotated[
        tuple[str, str] | None, typer.Option("--customers", metavar="ID ID", help="Why two customers are not one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Why two records are, or are not, the same customer: the weight of each comparison and their sum.

    Without arguments, two record_ids are read from stdin, one per line: a record_id holds a customer's number and
    does not belong into the process list. With --customer or --customers whole customers are explained: link by link,
    with the weakest bridge, refused links and clerks' decisions.

    Example: blekit explain 5kq2w7hm3xbd 7mxq2dvc4k3a
    """
    from pipeline import explain_customers, review
    from pipeline.explain import explain as explain_records
    from pipeline.installation import Installation

    _only_one(record_ref_1, case, customer_id, customer_ids)
    installation = Installation()
    if customer_id is not None:
        show(explain_customers.explain_customer(installation, customer_id), as_json=as_json, render=render_customer)
    elif customer_ids is not None:
        told = explain_customers.explain_customers(installation, *customer_ids)
        show(told, as_json=as_json, render=render_customers)
    elif case is not None:
        show(_flat(review.case(installation, case)), as_json=as_json, render=_render)
    else:
        pair = explain_records(installation, *_names(record_ref_1, record_ref_2))
        show(pair, as_json=as_json, render=_render)


def _only_one(*asked: object) -> None:
    if sum(one is not None for one in asked) > 1:
        raise UsageError("one thing at a time: two records, --case, --customer or --customers")


def _names(first: str | None, second: str | None) -> tuple[str, str]:
    for name in (first, second):
        if name is not None and ":" in name:
            raise UsageError("a record_id is personal: give it on stdin, or give record references")
    if first is not None and second is not None:
        return first, second
    if first is not None:
        raise UsageError("a pair has two records")
    if sys.stdin.isatty():
        sys.stderr.write("two record_ids, one per line:\n")
    names = [sys.stdin.readline().strip() for _ in range(2)]
    if not all(names):
        raise UsageError("two records are needed", hint="Give two references, or two lines on stdin")
    return names[0], names[1]


def _flat(case: dict[str, Any]) -> dict[str, Any]:
    """A case of the queue in the shape of an explained pair, with the queue's reason.

    What a steward decided stands under a name of its own.
    """
    told = {name: value for name, value in case.items() if name not in ("explanation", "decision")}
    return {**case["explanation"], **told, "steward_decision": case["decision"]}


def _render(result: dict[str, Any]) -> None:
    left, right = result["records"]
    names = [name for name in left | right if name not in _PLACE]
    table(
        [{"": name, "record 1": left.get(name), "record 2": right.get(name)} for name in names],
        ("", "record 1", "record 2"),
    )
    line()
    told = {name: value for name, value in result.items() if not isinstance(value, list | dict)}
    fields({**told, "match_weight": f"{bits(result['match_weight'])} bits"})
    line()
    total, steps = 0, []
    for step in result["waterfall"]:
        total += step["micro_bits"]
        steps.append({**step, "bits": bits(step["micro_bits"]), "sum": bits(total)})
    table(steps, ("comparison", "value_1", "value_2", "level", "bits", "sum", "meaning"))
    line()
    fields({name: f"{share / 10_000:.2f} %" for name, share in result["posteriors"].items()})


def customer(
    customer_id: Annotated[str, typer.Argument(help="16 characters, any that was ever published.")],
    as_json: AsJson = False,
) -> None:
    """A golden customer: each value with the record and the rule it came from, its records and its relations.

    Example: blekit customer ab3dq7xk2mnp5rst
    """
    from pipeline.explain import customer as find_customer
    from pipeline.installation import Installation

    show(find_customer(Installation(), customer_id), as_json=as_json, render=_render_customer)


def _render_customer(found: dict[str, Any]) -> None:
    fields({name: value for name, value in found.items() if not isinstance(value, list)})
    columns = {
        "values": ("attribute", "value", "source_id", "record_ref", "rule"),
        "records": ("record_ref", "source_id", "unit", "business_date", "balance_grosze", "decided_by"),
        "relationships": ("kind", "customer_id_1", "customer_id_2", "evidence"),
    }
    for name, shown in columns.items():
        line(f"\n{name}")
        table(found.get(name, []), shown, nothing="none")
