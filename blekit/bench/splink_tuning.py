"""Which Splink model is published: configurations tried with the truth, on another seed than is measured.

``python -m blekit.bench.splink_tuning --size 100k --seed 13`` trains every configuration without labels, lets the truth
choose the one of the best cluster F1 for persons and for firms, and writes the chosen models, the choice and what all
others reached below ``blekit/bench/models``. That the truth chooses is a favour to Splink: nobody chose ours so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.compute as pc

from blekit.bench.data import Data, estate_data
from blekit.bench.judging import Truth
from blekit.bench.metrics import at_threshold, best_by_components, blocking_recall
from blekit.bench.splink_choice import SplinkChoice
from blekit.bench.splink_engine import candidates_of, predict
from blekit.bench.splink_tables import prepare
from blekit.bench.splink_training import load, settings, train
from blekit.bench.splink_tried import KINDS, MODELS, write_table
from blekit.output import reporter

_BEST_GUESS = SplinkChoice("", names="together", address="with_phone", em_rules="identity")
_APART = replace(_BEST_GUESS, address="one")
CHOICES: dict[str, tuple[SplinkChoice, ...]] = {
    "person": (
        replace(_BEST_GUESS, name="telephone with address"),
        replace(_BEST_GUESS, name="EM over mixed blocks", em_rules="mixed"),
        replace(_BEST_GUESS, name="m from equal PESELs", learn="pesel"),
        replace(_BEST_GUESS, name="sex compared", is_sex_compared=True),
        replace(_BEST_GUESS, name="sex compared, EM over mixed blocks", is_sex_compared=True, em_rules="mixed"),
        replace(_BEST_GUESS, name="birth missing beside PESEL", birth_beside_pesel=False),
        replace(_BEST_GUESS, name="names apart", names="separate"),
        replace(_BEST_GUESS, name="names apart, EM over mixed blocks", names="separate", em_rules="mixed"),
        replace(_BEST_GUESS, name="16 blocking rules", blocking="lean"),
        replace(_BEST_GUESS, name="fewer matches expected", recall=0.95),
        replace(_APART, name="telephone apart"),
        replace(_APART, name="telephone apart, more term frequencies", term_frequencies="more"),
        replace(_APART, name="telephone apart, names apart", names="separate"),
        replace(_APART, name="every address field apart", address="separate"),
    ),
    "firm": (
        replace(_APART, name="telephone apart"),
        replace(_APART, name="EM over mixed blocks", em_rules="mixed"),
        replace(_APART, name="m from equal REGONs", learn="pesel"),
        replace(_APART, name="more term frequencies", term_frequencies="more"),
        replace(_APART, name="m from equal REGONs, more tf", learn="pesel", term_frequencies="more"),
        replace(_APART, name="fewer matches expected", recall=0.95),
        replace(_BEST_GUESS, name="telephone with address"),
        replace(_BEST_GUESS, name="telephone with address, mixed", em_rules="mixed"),
        replace(_BEST_GUESS, name="telephone with address, REGONs", learn="pesel"),
        replace(_APART, name="every address field apart", address="separate"),
        replace(_APART, name="every address field apart, REGONs", address="separate", learn="pesel"),
        replace(_APART, name="every address field apart, mixed", address="separate", em_rules="mixed"),
    ),
}
"""Configurations tried; the first is what an expert would begin with."""
U_PAIRS = 3e6
_TRAINING_SEED = 1
Progress = Callable[[str], None]


def tune(data: Data, *, out: Path, progress: Progress, kinds: Sequence[str] = KINDS) -> dict[str, Any]:
    """Try every configuration and write the best model of each party kind; what was tried on these data stays tried."""
    warnings.simplefilter("ignore")
    connection = duckdb.connect()
    prepare(connection, data.file)
    truth = Truth.read(data.truth)
    chosen = {}
    for kind in kinds:
        for choice in CHOICES[kind]:
            _add(connection, kind, choice, truth, data=data, out=out, progress=progress)
        best = _best(_known(out / "splink_tried.json"), kind)
        chosen[kind] = {"configuration": best["name"], **best["best"]}
    return chosen


def _add(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    choice: SplinkChoice,
    truth: Truth,
    *,
    data: Data,
    out: Path,
    progress: Progress,
) -> None:
    """Try one configuration, unless it was; keep its model if it is the best so far."""
    tried = _known(out / "splink_tried.json")
    if tried.get("data") != (described := describe(data)):
        tried = {"data": described}
    rows = tried.setdefault(kind, [])
    if any(row["choice"] == choice.as_dict() for row in rows):
        return
    of_kind = truth.only(connection.table(kind).select("unique_id").to_arrow_table()["unique_id"])
    row, model = _try(connection, kind, choice, of_kind)
    progress(f"{kind}: {choice.name}: best {row['best']['f1']} at {row['best']['threshold']}")
    rows.append(row)
    if _best(tried, kind) is row:
        _write(out / f"splink_{kind}.json", model)
        _write(out / "splink_choice.json", _known(out / "splink_choice.json") | {kind: row["choice"]})
    _write(out / "splink_tried.json", tried)


def describe(data: Data) -> str:
    """The data and what is in them: configurations tried on an estate that has changed since are tried again."""
    digest = hashlib.sha256(data.file.read_bytes() + data.truth.read_bytes())
    return f"{data.name}, records {digest.hexdigest()[:12]}"


def _best(tried: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The first of the highest F1."""
    best: Mapping[str, Any] = max(tried[kind], key=lambda row: float(row["best"]["f1"]))
    return best


def _known(path: Path) -> dict[str, Any]:
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return known


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _try(
    connection: duckdb.DuckDBPyConnection, kind: str, choice: SplinkChoice, truth: Truth
) -> tuple[dict[str, Any], dict[str, Any]]:
    loaded = load(connection, kind, settings(kind, choice))
    train(loaded.linker, kind, choice, seed=_TRAINING_SEED, u_pairs=U_PAIRS)
    candidates = candidates_of([predict(connection, loaded)])
    left, right, known = truth.pairs(candidates)
    probability = pc.fill_null(candidates["match_probability"], 0.0).to_numpy()[known]
    row = {
        "name": choice.name,
        "choice": choice.as_dict(),
        "blocking_recall": blocking_recall(left, right, truth.entity),
        "candidate_pairs": candidates.num_rows,
        "natural": at_threshold(left, right, probability, truth.entity, threshold=0.5)["f1"],
        "at_95": at_threshold(left, right, probability, truth.entity, threshold=0.95)["f1"],
        "best": best_by_components(left, right, probability, truth.entity),
    }
    model: dict[str, Any] = loaded.linker.misc.save_model_to_json()
    api: Any = loaded.api
    api.delete_tables_created_by_splink_from_db()
    return row, model


def _main() -> None:
    parser = argparse.ArgumentParser(description="Choose the Splink models that are published.")
    parser.add_argument("--size", default="100k")
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--cache", type=Path, default=Path(".blekit/bench"))
    parser.add_argument("--records", type=Path, help="folder with records.parquet and truth.parquet instead")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--out", type=Path, default=MODELS)
    given = parser.parse_args()
    progress = reporter()
    if given.records:
        data = Data(given.records.name, given.records / "records.parquet", given.records / "truth.parquet", "party")
    else:
        data = estate_data(given.size, cache=given.cache, seed=given.seed, progress=progress)
    progress(json.dumps(tune(data, out=given.out, progress=progress, kinds=given.kinds.split(",")), indent=1))
    if given.out == MODELS:
        write_table(_known(MODELS / "splink_tried.json"))


if __name__ == "__main__":
    _main()
