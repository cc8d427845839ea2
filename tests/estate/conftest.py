"""A small estate, built once, and plain readers of its files that know nothing of ours."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import estate


@dataclass(frozen=True)
class Built:
    """An estate on disk."""

    deliveries: Path
    truth: Path
    summary: estate.BuildSummary

    def folders(self, source_id: str) -> list[Path]:
        """Its deliveries, oldest first."""
        return sorted((self.deliveries / source_id).iterdir())

    def last(self, source_id: str) -> Path:
        """The folder of the last delivery."""
        return max(self.folders(source_id), key=lambda folder: int(folder.name.rsplit("-", 1)[1]))

    def manifest(self, folder: Path) -> dict:
        """Its manifest."""
        return json.loads((folder / "manifest.json").read_bytes())

    def table(self, name: str) -> list[dict]:
        """Rows of one truth file."""
        return pq.read_table(self.truth / f"{name}.parquet").to_pylist()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    home = tmp_path_factory.mktemp("estate")
    summary = estate.build(out=home / "deliveries", truth=home / "truth", scale="demo", seed=11)
    return Built(home / "deliveries", home / "truth", summary)


def _unload_records(content: bytes) -> Iterator[tuple[int, int, list[str]]]:
    """Offset, length and fields of an Informix unload, one byte after another."""
    start, fields, field, position = 0, [], bytearray(), 0
    while position < len(content):
        byte = content[position : position + 1]
        if byte == b"\\":
            field += content[position + 1 : position + 2]
            position += 2
            continue
        if byte == b"|":
            fields.append(field.decode("iso8859_2", "replace"))
            field = bytearray()
        elif byte == b"\n":
            yield start, position + 1 - start, fields
            start, fields = position + 1, []
        else:
            field += byte
        position += 1
    if fields:
        yield start, len(content) - start, fields


def _spool_rows(content: bytes) -> list[list[str]]:
    """Rows of a spool: continued lines joined, headings and blank lines left out."""
    lines = content.decode("cp1250", "replace").replace("\r\n", "\n").split("\n")
    heading = next(line for line in lines if line)
    rows, pending = [], ""
    for line in lines:
        if not pending and (
            line in ("", heading) or set(line) <= {"-", ";"} or line.endswith(("selected.", "wierszy."))
        ):
            continue
        pending += line
        if len(line) < 160:
            rows.append(pending.split(";"))
            pending = ""
    return rows


@pytest.fixture(scope="session")
def unload_records() -> Callable[[bytes], Iterator[tuple[int, int, list[str]]]]:
    return _unload_records


@pytest.fixture(scope="session")
def spool_rows() -> Callable[[bytes], list[list[str]]]:
    return _spool_rows


@pytest.fixture(scope="session")
def tape_records() -> Callable[[bytes], list[tuple[int, bytes]]]:
    def read(content: bytes) -> list[tuple[int, bytes]]:
        records, position = [], 0
        while position < len(content):
            length = int.from_bytes(content[position : position + 2], "big")
            assert content[position + 2 : position + 4] == b"\0\0"
            records.append((position, content[position + 4 : position + length]))
            position += length
        return records

    return read


@pytest.fixture(scope="session")
def cutover_dates() -> dict[str, dt.date]:
    from config.units import UNITS

    return {unit.name: unit.cutover_date for unit in UNITS}
