"""Where defects of systems that are services stand in what was fetched from them.

A database or a web service holds records; which delivery, and where in it, one of them came to stand was decided by
whoever asked. So the truth knows only key and version of a record, and the day it is known from. The places are found
here, in the bytes of the deliveries and with eyes of our own: would the product's readers say where a record stands,
one that they lose could not be missed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from config.sources import source_with_id

_ROW = re.compile(rb"(?:[^\\\n]|\\[\s\S])*\n")
_CELL = re.compile(rb"((?:[^\\|]|\\[\s\S])*)\|")
_EVENT = re.compile(rb'<pin:zdarzenie nr="([^"]*)">[\s\S]*?</pin:zdarzenie>')


@dataclass(frozen=True)
class Place:
    """One record in a file."""

    record_key: str
    version: int
    offset: int
    length: int


def _states(content: bytes) -> Iterator[Place]:
    """Rows of a desk: the number of the case stands first, the version of its state last but one."""
    for row in _ROW.finditer(content):
        cells = _CELL.findall(row[0])
        if len(cells) > 2 and cells[-2].isdigit():
            yield Place(cells[0].decode("ascii", "replace"), int(cells[-2]), row.start(), len(row[0]))


def _events(content: bytes) -> Iterator[Place]:
    """Events of the PIN register; each has a number of its own."""
    for event in _EVENT.finditer(content):
        yield Place(event[1].decode("ascii", "replace"), 1, event.start(), len(event[0]))


LOOKED_FOR: Mapping[str, Callable[[bytes], Iterator[Place]]] = {"a7c": _states, "a7f": _states, "a12p": _events}
"""How records are found in what was fetched of each kind that is asked for them."""
_KEY = ["source_id", "record_key", "version"]


def place_held(truth: pd.DataFrame, *, deliveries: Iterable[tuple[str, str]], folder: Path) -> pd.DataFrame:
    """Defects of services with the places of their records, those that were due: known when a delivery was made.

    A record that was fetched twice has a row for each place; ``defect`` is the same in both. One that is in no delivery
    keeps its row without a place, and nothing can touch it: it counts as missed. Defects of a drop have their place.

    Args:
        truth: rows of :func:`blekit.scoring.defects.read_defects` that have a day in ``known_on``.
        deliveries: source and folder name of those that were taken or refused.
        folder: of deliveries, a folder for each system.
    """
    taken = pd.DataFrame(list(deliveries), columns=["source_id", "delivery"])
    last_day = taken["delivery"].str[:10].groupby(taken["source_id"]).max()
    due = truth[truth["known_on"] <= truth["source_id"].map(last_day).fillna("")]
    due = due.assign(defect=due.index, version=due["version"].astype("Int64"))
    is_record = due["record_key"].notna()
    records, of_drops = due[is_record], due[~is_record]
    places = _places(taken[taken["source_id"].isin(records["source_id"])], folder=folder)
    placed = records.merge(places, on=_KEY, how="left", suffixes=("_held", ""))
    is_found = placed["delivery"].notna()
    for name in ("delivery", "file", "offset", "length"):
        placed[name] = placed[name].where(is_found, placed[f"{name}_held"])
    return pd.concat([placed[due.columns], of_drops]).astype({"offset": "int64", "length": "int64"})


def _places(taken: pd.DataFrame, *, folder: Path) -> pd.DataFrame:
    rows = []
    for source_id, delivery in taken.drop_duplicates().itertuples(index=False):
        kind = source_with_id(source_id).kind
        path = folder / source_id / delivery / kind.files["main"]
        for each in LOOKED_FOR[kind.kind](path.read_bytes() if path.is_file() else b""):
            rows.append((source_id, each.record_key, each.version, delivery, path.name, each.offset, each.length))
    columns = [*_KEY, "delivery", "file", "offset", "length"]
    return pd.DataFrame(rows, columns=columns).astype({"version": "Int64"})
