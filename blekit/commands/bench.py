"""``blekit bench``: our engines beside those of others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from blekit.output import AsJson, fields, line, reporter, show, table

app = typer.Typer(help="Measure our engines beside those of others, on this machine.", no_args_is_help=True)

SEED = 7
"""Models were trained and tuned on other seeds (11 and 13)."""
LEARN_SEED = 11
"""What an ablation learns from."""


@app.callback()
def _group() -> None:
    """Measure our engines beside those of others, on this machine."""


@app.command()
def linkage(
    sizes: Annotated[
        str, typer.Option("--sizes", help="Sizes of the estate: 100k, 600k, 2m, numbers of records; comma between.")
    ] = "100k,600k,2m",
    data: Annotated[Path | None, typer.Option("--data", help="Parquet or CSV to link instead of the estate.")] = None,
    truth: Annotated[str | None, typer.Option("--truth", help="Its column that names the entity.")] = None,
    engines: Annotated[str, typer.Option("--engines", help="blekit, splink, recordlinkage; comma between.")] = "",
    runs: Annotated[int, typer.Option("--runs", min=1, help="How often each engine runs, alternating.")] = 1,
    febrl: Annotated[bool, typer.Option("--febrl/--no-febrl", help="FEBRL 1 to 4 too.")] = True,
    training: Annotated[
        bool, typer.Option("--training/--no-training", help="Also rows with the training on the file itself.")
    ] = True,
    oracle: Annotated[
        bool, typer.Option("--oracle", help="How far a supervised oracle on the same evidence would get.")
    ] = False,
    reliability: Annotated[
        bool, typer.Option("--reliability", help="Are the model's probabilities true: predicted and observed.")
    ] = False,
    ablation: Annotated[
        bool, typer.Option("--ablation", help="What each idea of the recipe is worth; on the first estate.")
    ] = False,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Where data sets are kept; bench/ below BLEKIT_HOME by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Link the same files with our engine, Splink and recordlinkage: time, memory, and how right they were.

    Example: blekit bench linkage --sizes 100k --no-febrl
    """
    from blekit.bench.linkage import ENGINES, EngineFailed, installed_engines, run
    from config.settings import load_settings

    progress = reporter()
    folder = cache or load_settings().home / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    chosen = tuple(name.strip() for name in engines.split(",") if name.strip()) or installed_engines()
    data_sets = _data_sets(sizes, data=data, truth=truth, with_febrl=febrl, cache=folder, progress=progress)
    if left_out := sorted(set(ENGINES) - set(chosen)):
        progress(f"left out: {', '.join(left_out)}")
    result = run(data_sets, engines=chosen, runs=runs, with_training=training, scratch=folder, progress=progress)
    asked = {"oracle": oracle, "reliability": reliability, "ablation": ablation}
    if tables := [name for name, is_asked in asked.items() if is_asked]:
        from blekit.bench.data import estate_data
        from blekit.bench.quality import quality

        first = next((size.strip().lower() for size in sizes.split(",") if size.strip()), "100k")
        learn_from = (
            estate_data(first, cache=folder, seed=LEARN_SEED, progress=progress) if ablation and data is None else None
        )
        result |= quality(data_sets, learn_from=learn_from, tables=tables, progress=progress)
    show(result, as_json=as_json, render=_render)
    if failed := sorted({row["engine"] for row in result["rows"] if "failed" in row}):
        raise EngineFailed(f"{', '.join(failed)} did not finish", hint="The rows say where the log is")


@app.command()
def connectors(
    formats: Annotated[str, typer.Option("--formats", help="Names of formats, comma between; all by default.")] = "",
    records: Annotated[int, typer.Option("--records", min=1, help="Records of each file.")] = 200_000,
    runs: Annotated[int, typer.Option("--runs", min=1, help="How often each reader runs; the best counts.")] = 3,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Where files are kept; bench/ below BLEKIT_HOME by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read the same files with our readers and those of others: time, memory, and how many rows came out wrong.

    Example: blekit bench connectors --formats dbf,ebcdic
    """
    from blekit.bench.connectors import run
    from config.settings import load_settings

    folder = cache or load_settings().home / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [name.strip() for name in formats.split(",") if name.strip()]
    result = run(chosen, records=records, runs=runs, seed=SEED, scratch=folder, progress=reporter())
    show(result, as_json=as_json, render=_render_connectors)


READER_COLUMNS = (
    *(
        "format",
        "engine",
        "records",
        "wall_s",
        "cpu_s",
        "peak_mb",
        "rows_per_s",
        "mb_per_s",
        "wrong_rows",
        "ratio",
        "cpu_ratio",
    ),
)


def _render_connectors(result: dict[str, Any]) -> None:
    fields({name: value for name, value in result["machine"].items() if name != "libraries"})
    line(", ".join(f"{name} {version}" for name, version in result["machine"]["libraries"].items()) + "\n")
    table([row for row in result["rows"] if "failed" not in row], READER_COLUMNS)
    for row in result["rows"]:
        if note := row.get("failed") or row["note"]:
            line(f"{row['format']}, {row['engine']}: {note}")
    line(
        "\nratio, cpu_ratio: how many times as long as ours, the first of its format; wrong_rows: not what was written."
    )


def _data_sets(
    sizes: str, *, data: Path | None, truth: str | None, with_febrl: bool, cache: Path, progress: Any
) -> list[Any]:
    from blekit.bench.data import estate_data, febrl_data, given_data
    from config.errors import UsageError

    if (data is None) != (truth is None):
        raise UsageError("--data and --truth go together", hint="--truth names the column of the entity")
    if data is not None and truth is not None:
        return [given_data(data, truth=truth, cache=cache)]
    wanted = [size.strip().lower() for size in sizes.split(",") if size.strip()]
    found = [febrl_data(number, cache=cache) for number in range(1, 5)] if with_febrl else []
    return found + [estate_data(size, cache=cache, seed=SEED, progress=progress) for size in wanted]


COLUMNS = (
    *("data", "engine", "records", "wall_s", "cpu_s", "peak_mb", "candidate_pairs", "pairs_per_record"),
    *("blocking_recall", "precision", "recall", "f1", "f1_at_95", "best_f1", "best_at"),
)


def _render(result: dict[str, Any]) -> None:
    fields({name: value for name, value in result["machine"].items() if name != "libraries"})
    line(", ".join(f"{name} {version}" for name, version in result["machine"]["libraries"].items()) + "\n")
    table([_flat(row) for row in result["rows"] if "failed" not in row], COLUMNS)
    line("\nprecision, recall, f1: of clusters, at a posterior of one half; best: the cut the truth would choose.")
    products = [
        {"data": row["data"], "engine": row["engine"], **_product(row)} for row in result["rows"] if "product" in row
    ]
    if products:
        line("\nat the costs of config/matching.yml")
        table(products, tuple(products[0]))
    from blekit.bench.quality import render

    render(result)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    best = row["best"]
    return {
        **row,
        **row["cluster"],
        "f1_at_95": row["at_95"]["f1"],
        "best_f1": best["f1"],
        "best_at": best["threshold"],
    }


def _product(row: dict[str, Any]) -> dict[str, Any]:
    product = row["product"]
    closure = {f"closure_{name}": value for name, value in product["closure"].items()}
    return {name: value for name, value in product.items() if name != "closure"} | closure
