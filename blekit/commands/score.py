"""``blekit score``: what the matcher found against the estate's hidden truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from blekit.output import AsJson, reporter, show
from config.errors import UsageError


def score(
    home: Annotated[
        Path | None, typer.Option("--estate", help="Folder with deliveries/ and truth/; BLEKIT_HOME by default.")
    ] = None,
    baselines: Annotated[bool, typer.Option("--baselines", help="Score naive methods beside ours.")] = False,
    defects: Annotated[
        bool, typer.Option("--defects", help="Score what was noticed of the injected defects instead of the linkage.")
    ] = False,
    events: Annotated[
        bool, typer.Option("--events", help="Score whose each event was found to be instead of the linkage.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Precision and recall against the estate's truth; nothing but this command, benchmarks and tests opens it.

    With --defects of the defects that were put into the deliveries: with --estate of those in that folder, else of the
    deliveries this installation has taken. With --events, likewise, of the events: with a party, the right one, lost,
    invented.

    Example: blekit score --baselines

    Example: blekit score --defects --estate /tmp/estate

    Example: blekit score --events --estate /tmp/estate
    """
    if baselines + defects + events > 1:
        raise UsageError("one score at a time", hint="Choose one of --baselines, --defects and --events")
    if defects:
        from blekit.scoring.rendering import render_defects

        show(_score_defects(home), as_json=as_json, render=render_defects)
        return
    if events:
        from blekit.scoring.rendering import render_events

        show(_score_events(home), as_json=as_json, render=render_events)
        return
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


def _score_events(home: Path | None) -> dict[str, Any]:
    from blekit.scoring.events import read_events, score_events
    from blekit.scoring.truth import read_truth
    from pipeline.installation import Installation
    from pipeline.offline import delivered_live_set
    from pipeline.seen_together import installed_live_set

    if home is not None:
        hidden = home / "truth"
        truth, record_truth = read_events(hidden), read_truth(hidden)
        live, deliveries = delivered_live_set(home / "deliveries", progress=reporter())
    else:
        installation = Installation()
        hidden = installation.home / "truth"
        truth, record_truth = read_events(hidden), read_truth(hidden)
        with installation.open_warehouse() as warehouse:
            live, deliveries = installed_live_set(installation, warehouse)
    return score_events(live.events, live.records, truth=truth, record_truth=record_truth, deliveries=deliveries)


def _score_defects(home: Path | None) -> dict[str, Any]:
    from blekit.scoring.defects import read_defects, score_defects

    if home is not None:
        from pipeline.offline import delivered_findings

        truth = read_defects(home / "truth")
        folder = home / "deliveries"
        findings, deliveries = delivered_findings(folder, progress=reporter())
    else:
        from pipeline.findings import installed_findings
        from pipeline.installation import Installation

        installation = Installation()
        truth, folder = read_defects(installation.home / "truth"), installation.deliveries_dir
        with installation.open_warehouse() as warehouse:
            findings, deliveries = installed_findings(installation, warehouse)
    return score_defects(findings, truth, deliveries=deliveries, folder=folder)
