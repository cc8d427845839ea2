"""The matching model as commands see it: what it is, and how another one is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.errors import StorageFailed
from config.matching import load_matching
from pipeline.models import shipped_model
from pipeline.offline import live_deliveries

if TYPE_CHECKING:
    from dedupe import Model


def describe_model() -> dict[str, Any]:
    """The model cutovers use: its version, and everything it holds."""
    model = shipped_model()
    return {"version": model.version, "model": model.to_dict()}


def train_model(
    deliveries_dir: Path, *, out: Path, seed: int, progress: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Train on the live records of these deliveries, without labels, and write the model as YAML."""
    import dedupe

    records = live_deliveries(deliveries_dir, progress=progress).records
    model = dedupe.train(records, seed=seed, matching=load_matching())
    write_model(model, out=out)
    return {"version": model.version, "records": records.num_rows, "file": str(out)}


def write_model(model: Model, *, out: Path) -> None:
    """A model as YAML, keys sorted: the same model is the same bytes."""
    import yaml

    text = yaml.safe_dump(model.to_dict(), sort_keys=True, allow_unicode=True, width=120, default_flow_style=None)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise StorageFailed(f"cannot write {out}: {exc.strerror}") from exc
