"""A score as tables for a person; the same numbers as the JSON, shortened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from blekit.output import line, table

RATES = ("precision", "recall", "f1")


def render(result: Mapping[str, Any]) -> None:
    """A whole score as tables, the most important first."""
    line(f"{result['records']:,} records of {result['entities']:,} customers\n".replace(",", " "))
    table(list(_measures(result)), ("", *RATES))
    line("\npublished, and asked of stewards")
    table(list(_kinds(result)), _KIND_COLUMNS)
    line("\npairs between places")
    table(_named(result["across"]), ("", "true_pairs", *RATES))
    line("\nprobabilities the model gave: of those called so, how many were true")
    for kind, found in result["by_kind"].items():
        calibration = found["reliability"]
        line(f"{kind}: expected calibration error {calibration['expected_calibration_error']}")
        table([_short(row) for row in calibration["bins"]], ("from", "to", "pairs", "predicted", "observed"))
    for name, title in _PARTS.items():
        if name in result:
            line(f"\n{title}")
            rows = _named(result[name])
            table(rows, tuple(rows[0]) if rows else ("",))
    if "baselines" in result:
        line("\nwhat simple methods reach, clusters")
        table([{"": name, **rates["cluster"]} for name, rates in result["baselines"].items()], ("", *RATES))


DEFECT_COLUMNS = ("", "injected", "detected", "recall", "found", "false_alarms", "precision", "withheld")
EVENT_COLUMNS = ("", "events", "with_party", "right", "share_right", "known", "share_found", "lost", "invented")
_BAR = 20


def render_defects(result: Mapping[str, Any]) -> None:
    """The score of defects, a row and a bar per code; a full bar means that all of them were found."""
    rows = {"all": result["overall"], **result["by_code"]}
    table([{"": code, **row, "found": bar(row["recall"])} for code, row in rows.items()], DEFECT_COLUMNS)


def render_events(result: Mapping[str, Any]) -> None:
    """The score of events by type, then by what found the party."""
    table(_named({"all": result["overall"], **result["by_type"]}), EVENT_COLUMNS)
    line("\nby what found the party")
    table(_named(result["by_reference"]), EVENT_COLUMNS[:5])


def bar(share: float) -> str:
    """A share as a bar; only the whole fills it."""
    filled = int(share * _BAR)
    return "█" * filled + "·" * (_BAR - filled)


_PARTS = {
    "by_relation": "related people and firms: pairs of them, and what became of the two",
    "by_unit": "pairs that touch a unit",
    "by_trap": "pairs that touch a record with the trap",
}
_KIND_COLUMNS = (
    *("", "links", "links_precision", "crosswalk_precision", "mixed_customers", "records_in_mixed"),
    *("split_entities", "records_in_split", "queue", "queue_same", "recall_a_perfect_steward_adds"),
)


def _short(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "predicted": round(row["predicted"], 4), "observed": round(row["observed"], 4)}


def _named(rows: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"": name, **row} for name, row in rows.items()]


def _measures(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for measure in ("pairwise", "cluster", "bcubed"):
        yield {"": measure, **result[measure]}
        for kind, found in result["by_kind"].items():
            yield {"": f"  {kind}", **found[measure]}


def _kinds(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for kind, found in {"all": result, **result["by_kind"]}.items():
        over, under, queue = found["merges"]["over"], found["merges"]["under"], found["queue"]
        cells = (
            *(kind, found["links"]["count"], found["links"]["precision"], found["crosswalk"]["precision"]),
            *(over["customers"], over["records"], under["entities"], under["records"]),
            *(queue["size"], queue["share_same"], queue["recall_added"]),
        )
        yield dict(zip(_KIND_COLUMNS, cells, strict=True))
