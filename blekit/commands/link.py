"""``blekit link``: link any table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from blekit.output import AsJson, fields, reporter, show
from config.errors import UsageError


def link(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet.")],
    file_2: Annotated[
        Path | None, typer.Argument(metavar="[FILE2]", help="A second file: records are linked across the two.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option("--model", metavar="MODEL.yml", help="Which column plays which role.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Parquet of links to write; with --propose-model the YAML.")
    ] = None,
    clusters: Annotated[
        Path | None, typer.Option("--clusters", help="Parquet of record and cluster to write as well.")
    ] = None,
    propose_model: Annotated[
        bool, typer.Option("--propose-model", help="Write a model for this file, to be read and corrected.")
    ] = False,
    save_model: Annotated[
        Path | None, typer.Option("--save-model", help="Keep the model with what it learned; used again, it is frozen.")
    ] = None,
    dedupe_too: Annotated[
        bool, typer.Option("--dedupe-too", help="With two files, look for pairs inside each of them as well.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Seed of random samples in the training.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Find the records of one table, or of two, that are the same person or firm.

    Any columns in any language: MODEL.yml says which of them plays which role, and may be proposed. Without labels and
    without a trained model in MODEL.yml, the weights are learned from the file itself.

    Examples:

    blekit link people.csv --propose-model --out model.yml

    blekit link people.csv --model model.yml --out links.parquet --clusters clusters.parquet

    blekit link old.csv new.parquet --model model.yml --out links.parquet
    """
    if out is None:
        raise UsageError("--out is missing", hint="It names the file to write")
    if propose_model:
        from pipeline.proposing import propose_model as propose

        show(propose(file, out=out), as_json=as_json, render=_render_proposal)
        return
    if model is None:
        raise UsageError(
            "--model is missing", hint=f"`blekit link {file.name} --propose-model --out model.yml` makes one"
        )
    from pipeline.linking import link_files

    result = link_files(
        [file] if file_2 is None else [file, file_2],
        model_file=model,
        out=out,
        clusters=clusters,
        save_model=save_model,
        is_dedupe_too=dedupe_too,
        seed=seed,
        progress=reporter(),
    )
    show(result, as_json=as_json, render=fields)


def _render_proposal(proposal: dict[str, Any]) -> None:
    fields({**proposal["roles"], "ignored": list(proposal["ignored"]), "file": proposal["file"]})
