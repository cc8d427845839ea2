"""Small data sets with a known truth, and the way to run an engine on them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from blekit.bench.data import Data
from blekit.bench.linkage import Turn, take
from config.schemas import PARTY_RECORD

GIVEN = ("Anna", "Maria", "Ewa", "Zofia", "Halina", "Jan", "Piotr", "Adam", "Marek", "Tomasz")
FAMILY = ("Nowak", "Wrona", "Lis", "Mazur", "Sikora", "Baran", "Duda", "Szulc", "Pawlak", "Czajka", "Gruszka", "Bielak")
STREETS = ("Polna", "Lipowa", "Leśna", "Szkolna", "Kwiatowa")


def party(record_id: str, **values: object) -> dict[str, object]:
    """A party record; what is not given is missing."""
    source_id, _, raw_key = record_id.partition(":")
    blank: dict[str, object] = {column.name: None for column in PARTY_RECORD.columns}
    known = {
        "record_id": record_id,
        "source_id": source_id,
        "point_code": "ZT63",
        "unit": "poznan",
        "raw_key": raw_key,
        "part": 1,
        "batch_id": "batch",
        "business_date": dt.date(2003, 9, 22),
        "sequence": 1,
        "party_kind": "firm" if "org_name" in values else "person",
        "pesel_status": "missing",
        "raw": "{}",
    }
    return {**blank, **known, **values}


def digits(number: int, length: int) -> str:
    """A number of that length which shares few digits with its neighbours'."""
    return str(int(hashlib.sha256(str(number).encode()).hexdigest(), 16))[:length]


def people() -> list[tuple[str, dict[str, object]]]:
    """Three hundred persons and forty firms, each in two systems, the second time without the telephone."""
    rows = []
    for at in range(300):
        draw = np.random.default_rng(at)
        who = {
            "given_name": draw.choice(GIVEN),
            # Names the frozen model has met: one it has not is the rarest there is, and 300 people share few of them.
            "family_name": draw.choice(FAMILY),
            "birth_date": dt.date(1930, 1, 1) + dt.timedelta(days=int(draw.integers(0, 20_000))),
            "street": draw.choice(STREETS),
            "house": str(draw.integers(1, 90)),
            "postal_code": f"60-{draw.integers(100, 900)}",
            "city": "Poznań",
        }
        rows.append((f"p{at}", party(f"zt63-abonent:{at}", phone=digits(at, 9), **who)))
        rows.append((f"p{at}", party(f"zt99-abonent:{at}", **who)))
    for at in range(40):
        name = "".join(chr(ord("A") + (at * step + step) % 26) for step in (3, 7, 11, 5, 19, 23, 17))
        firm = {"org_name": name, "nip": digits(at, 10), "regon": digits(at + 99, 9), "city": "Konin", "house": str(at)}
        rows.append((f"f{at}", party(f"zt63-abonent:f{at}", **firm)))
        rows.append((f"f{at}", party(f"zt99-abonent:f{at}", **firm)))
    return rows


def write(folder: Path, rows: Sequence[tuple[str, dict[str, object]]]) -> Data:
    """A data set of party records."""
    columns = {column.name: [row[column.name] for _, row in rows] for column in PARTY_RECORD.columns}
    pq.write_table(pa.table(columns, schema=PARTY_RECORD.arrow), folder / "records.parquet")
    truth = pa.table({"record_id": [row["record_id"] for _, row in rows], "entity_id": [entity for entity, _ in rows]})
    pq.write_table(truth, folder / "truth.parquet")
    return Data("small", folder / "records.parquet", folder / "truth.parquet", "party")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return write(tmp_path_factory.mktemp("small"), people())


@pytest.fixture(scope="session")
def run_engine(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """Run an engine on a data set in a process of its own."""

    def run(engine: str, data: Data, *, with_training: bool = False) -> dict[str, Any]:
        return take(Turn(engine, data, with_training), scratch=tmp_path_factory.mktemp(engine))

    return run


@pytest.fixture(scope="session")
def row_of(small: Data, run_engine: Callable[..., dict[str, Any]]) -> Callable[[str], dict[str, Any]]:
    """The row of an engine on the small data set; each runs once."""
    return cache(lambda engine: run_engine(engine, small))
