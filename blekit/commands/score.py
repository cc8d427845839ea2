"""``blekit score``: what the matcher found against the estate's hidden truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from blekit.output import AsJson, line, reporter, show, table


def score(
    home: Annotated[
        Path | None, typer.Option("--estate", help="Folder with deliveries/ and truth/; BLEKIT_HOME by default.")
    ] = None,
    baselines: Annotated[bool, typer.Option("--baselines", help="Score naive methods beside ours.")] = False,
    as_json: AsJson = False,
) -> None:
    """Precision and recall against the estate's truth; nothing but this command, benchmarks and tests opens it.

    Example: blekit score --baselines
    """
    from blekit.score import read_truth
    from blekit.score import score as score_against
    from config.settings import load_settings
    from pipeline.offline import resolve_deliveries

    settings = load_settings()
    folder = home / "deliveries" if home else settings.deliveries_dir
    truth = read_truth((home or settings.home) / "truth")
    records, resolution = resolve_deliveries(folder, progress=reporter())
    result = score_against(
        records=records,
        truth=truth,
        crosswalk=resolution.crosswalk,
        decisions=resolution.decisions,
        queue_cases=resolution.queue_cases,
        with_baselines=baselines,
    )
    show(result, as_json=as_json, render=_render)


def _render(result: dict[str, Any]) -> None:
    measures = [{"measure": name, **result[name]} for name in ("pairwise", "cluster", "bcubed") if name in result]
    table(measures, ("measure", "precision", "recall", "f1"))
    for name in ("links", "queue"):
        line(f"\n{name}: " + ", ".join(f"{key} {value}" for key, value in result.get(name, {}).items()))
    for name in ("by_unit", "by_trap", "baselines"):
        rows = result.get(name)
        if isinstance(rows, dict):
            line(f"\n{name}")
            table([{"": key, **_row(value)} for key, value in rows.items()], ("", *_names(rows)))


def _row(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {"value": value}


def _names(rows: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(name for value in rows.values() for name in _row(value)))
