"""What is published about Splink's configurations: models, the choice, and the table of all that were tried."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from blekit.bench.data import ROOT

MODELS = Path(__file__).parent / "models"
PAGE = ROOT / "docs" / "reference" / "bench-linkage.md"
KINDS = ("person", "firm")
TABLE_BEGINS, TABLE_ENDS = "<!-- tried: begin -->", "<!-- tried: end -->"


def as_table(tried: Mapping[str, Any]) -> str:
    """What was tried, as the table of ``docs/reference/bench-linkage.md``."""
    lines = [
        "| kind | configuration | candidate pairs | blocking recall | F1 at 0.5 | at 0.95 | best | at |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for kind in KINDS:
        rows = tried.get(kind, [])
        best = max((row["best"]["f1"] for row in rows), default=0.0)
        for row in rows:
            mark = "**" if row["best"]["f1"] == best else ""
            lines.append(
                f"| {kind} | {mark}{row['name']}{mark} | {row['candidate_pairs']} | {row['blocking_recall']:.3f} "
                f"| {row['natural']:.3f} | {row['at_95']:.3f} | {mark}{row['best']['f1']:.3f}{mark} "
                f"| {row['best']['threshold']} |"
            )
    return "\n".join(lines)


def write_table(tried: Mapping[str, Any], page: Path = PAGE) -> None:
    """Put the table between its marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(TABLE_BEGINS)
    _, _, after = rest.partition(TABLE_ENDS)
    page.write_text(f"{before}{TABLE_BEGINS}\n{as_table(tried)}\n{TABLE_ENDS}{after}", encoding="utf-8")
