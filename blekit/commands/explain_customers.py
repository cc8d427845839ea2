"""How ``blekit explain --customer`` and ``--customers`` lay out what they found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blekit.output import bits, fields, line, table

Row = dict[str, Any]


def render_customer(told: Row, *, told_before: Sequence[Row] = ()) -> None:
    """The records of one customer, the links that joined them, and where that is weakest.

    Args:
        told: the customer.
        told_before: refused links that were listed already.
    """
    fields({name: told[name] for name in ("customer_id", "resolved_to", "party_kind") if name in told})
    own = set(told["record_refs"])
    line("\nrecords")
    table([row for row in told["records"] if row["record_ref"] in own], _RECORD)
    _render_joins(told)
    others = [refusal for refusal in told["refusals"] if refusal not in told_before]
    _render_refusals(others, "other links that were not followed" if told_before else "links that were not followed")
    _render_decisions(told["decisions"])
    if not told["is_reproduced"]:
        line("\nLinked again now, these records are not one customer: its release knew other records or rules.")


_RECORD = ("record_ref", "name", "source_id", "unit", "business_date")


def _render_joins(told: Row) -> None:
    weakest = told["weakest_bridge"] or {}
    line(
        "\nhow they came together: each link, and what all pairs between the two groups said together at that moment"
        f" (one pair counts at most {bits(told['limits']['clip'])})"
    )
    table(
        [{**_meeting(join), "": "weakest" if join["join"] == weakest.get("join") else ""} for join in told["joins"]],
        ("join", "record_ref_1", "record_ref_2", "by", "link", "records", "together", "pairs", "unseen", ""),
        nothing="one record: there was nothing to join",
    )
    if weakest:
        leaving = ", ".join(weakest["leaving"])
        line(
            f"\nweakest bridge: join {weakest['join']}; without it {leaving} would leave."
            f" Now {bits(weakest['summed_micro_bits'])} bits hold both sides together"
            f" ({weakest['compared_pairs']} pairs compared, {weakest['unseen_pairs']} unseen)."
        )


def _meeting(meeting: Row) -> Row:
    return {
        **meeting,
        "by": meeting["decided_by"],
        "link": bits(meeting["micro_bits"]),
        "records": f"{len(meeting['group_1'])} + {len(meeting['group_2'])}",
        "together": bits(meeting["summed_micro_bits"]),
        "pairs": meeting["compared_pairs"],
        "unseen": meeting["unseen_pairs"],
    }


def _render_refusals(refusals: Sequence[Row], title: str) -> None:
    line(f"\n{title}")
    table(
        [{**_meeting(refusal), "contradicting pairs": len(refusal["conflicts"])} for refusal in refusals],
        ("refusal", "record_ref_1", "record_ref_2", "link", "records", "together", "unseen", "contradicting pairs"),
        nothing="none",
    )


def _render_decisions(decisions: list[Row]) -> None:
    line("\nclerks' decisions")
    table(decisions, ("decision_no", "kind", "record_ref_1", "record_ref_2"), nothing="none")


def render_customers(told: Row) -> None:
    """Why two customers are not one, then each of them."""
    apart = told["apart"]
    fields({"reason": apart["reason"], "meaning": apart["meaning"], "case_ref": (told["case"] or {}).get("case_ref")})
    _render_best(apart["best_pair"])
    _render_together(apart)
    _render_refusals(apart["refusals"], "links between them that were not followed")
    _render_decisions(apart["decisions"])
    for customer in told["customers"]:
        line()
        render_customer(customer, told_before=apart["refusals"])


def _render_best(best: Row | None) -> None:
    if best is None:
        return
    line("\nbest pair between them")
    fields(
        {
            **{name: best[name] for name in ("record_ref_1", "record_ref_2", "decision", "decided_by", "reason")},
            "match_weight": f"{bits(best['match_weight'])} bits",
            "match_probability": f"{best['match_probability'] / 10_000:.2f} %",
            "proposed by a blocking rule": best["is_candidate"],
        }
    )


def _render_together(apart: Row) -> None:
    together, limits = apart["together"], apart["limits"]
    if together is None:
        return
    pairs = together["compared_pairs"] + together["unseen_pairs"]
    line(
        f"\nall {pairs} pairs between them sum to {bits(together['summed_micro_bits'])} bits;"
        f" {together['unseen_pairs']} were never compared and count {bits(limits['unseen_pair'])} each."
        f"\nA merge is refused at {bits(limits['refuse_at'])} bits or less, between two groups of several records at"
        f" {bits(limits['weak_bridge_at'])} or less, and above {limits['max_records']} records."
    )
    if apart["conflicts"]:
        line("\npairs whose identifiers contradict each other")
        table(
            [dict(zip(("record_ref_1", "record_ref_2"), pair, strict=True)) for pair in apart["conflicts"]],
            ("record_ref_1", "record_ref_2"),
        )
