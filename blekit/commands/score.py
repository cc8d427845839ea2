"""``blekit score``: what the matcher found against the estate's hidden truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from blekit.output import AsJson, reporter, show


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
    from blekit.score import read_relations, read_truth
    from blekit.score import score as score_against
    from blekit.scoring.rendering import render
    from config.settings import load_settings
    from pipeline.offline import resolve_deliveries

    settings = load_settings()
    folder = home / "deliveries" if home else settings.deliveries_dir
    hidden = (home or settings.home) / "truth"
    truth, relations = read_truth(hidden), read_relations(hidden)
    records, resolution = resolve_deliveries(folder, progress=reporter())
    result = score_against(
        records=records,
        truth=truth,
        relations=relations,
        crosswalk=resolution.crosswalk,
        decisions=resolution.decisions,
        queue_cases=resolution.queue_cases,
        with_baselines=baselines,
    )
    show(result, as_json=as_json, render=render)
