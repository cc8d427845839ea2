"""The weights of a matching model as one page that needs nothing else: no script, no font, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

Row = Mapping[str, Any]

PAGES = Path(__file__).with_name("pages")
TITLES = {"person": "Persons", "firm": "Firms"}
_LABELS, _BARS, _NUMBERS, _LINE, _TOP, _GAP = 330, 420, 250, 18, 24, 8
_LEAST_SPAN = 4


def page(described: Row) -> str:
    """The page of a model as ``pipeline.model_view.describe_model`` gives it."""
    pages = Environment(loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined)
    charts = [_chart(kind, described) for kind in described["weights"]]
    shown = {name: described[name] for name in ("version", "trained_on", "costs")}
    return pages.get_template("model.html").render(**shown, charts=charts, decisions=told_thresholds(described))


def told_thresholds(described: Row) -> str:
    """Where the costs put the decisions, in words."""
    link, non_link = described["thresholds"]["link_from"], described["thresholds"]["non_link_up_to"]
    parts = [
        f"link from {_percent(link['probability'])} ({_bits(link['match_weight'])} bits)" if link else "never a link",
        f"non-link up to {_percent(non_link['probability'])} ({_bits(non_link['match_weight'])} bits)"
        if non_link
        else "never a non-link",
    ]
    return f"{', '.join(parts)}; a steward decides what lies between"


def _chart(kind: str, described: Row) -> dict[str, Any]:
    weights: Sequence[Row] = described["weights"][kind]
    reach = max([_LEAST_SPAN, *(abs(one["match_weight"]) / 1_000_000 for one in weights)])
    scale = _BARS / 2 / reach
    step = next(width for width in (1, 2, 5, 10, 20) if reach / width <= 5 or width == 20)
    zero = _LABELS + 10 + _BARS / 2
    count = int(reach // step)
    bars = _bars(weights, zero=zero, scale=scale)
    return {
        "title": TITLES.get(kind, kind),
        "classes": described["classes"][kind],
        "bars": bars,
        "ticks": [{"bits": n * step, "x": round(zero + n * step * scale, 1)} for n in range(-count, count + 1)],
        "labels": _LABELS,
        "width": _LABELS + 10 + _BARS + _NUMBERS,
        "height": bars[-1]["y"] + _LINE,
    }


def _bars(weights: Sequence[Row], *, zero: float, scale: float) -> list[dict[str, Any]]:
    bars: list[dict[str, Any]] = []
    y, comparison = _TOP - _LINE - _GAP, None
    for one in weights:
        is_first = one["comparison"] != comparison
        y, comparison = y + _LINE + (_GAP if is_first else 0), one["comparison"]
        bars.append(_bar(one, y=y, is_first=is_first, zero=zero, scale=scale))
    return bars


def _bar(one: Row, *, y: int, is_first: bool, zero: float, scale: float) -> dict[str, Any]:
    length = one["match_weight"] / 1_000_000 * scale
    return {
        "comparison": one["comparison"] if is_first else "",
        "level": one["level"],
        "bits": one["match_weight"],
        "x": round(zero + min(length, 0), 1),
        "width": round(max(abs(length), 0.5), 1),
        "y": y,
        "told": f"{_bits(one['match_weight'])}, m {_percent(one['same_share'])}, u {_percent(one['other_share'])}",
    }


def _bits(micro_bits: int) -> str:
    return f"{micro_bits / 1_000_000:+.2f}"


def _percent(millionths: int) -> str:
    return f"{millionths / 10_000:.2f} %"
