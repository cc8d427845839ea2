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
    from blekit.score import score_estate
    from config.settings import load_settings

    result = score_estate(home or load_settings().home, baselines=baselines, progress=reporter())
    show(result, as_json=as_json, render=_render)


def _render(result: dict[str, Any]) -> None:
    measures = [{"measure": name, **result[name]} for name in ("pairwise", "cluster", "bcubed") if name in result]
    table(measures, ("measure", "precision", "recall", "f1"))
    for name in ("links", "queue"):
        line(f"\n{name}: " + ", ".join(f"{key} {value}" for key, value in result.get(name, {}).items()))
    for name in ("by_trap", "baselines"):
        rows = result.get(name)
        if isinstance(rows, dict):
            line(f"\n{name}")
            table([{"": key, **_row(value)} for key, value in rows.items()], ("", *_names(rows)))


def _row(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {"value": value}


def _names(rows: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(name for value in rows.values() for name in _row(value)))
