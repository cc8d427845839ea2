"""Small party records for the tests of dedupe. All people are invented; PESELs are of the 2200s."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from config.models import load_model_dict
from config.schemas import PARTY_RECORD
from config.survivorship import load_survivorship
from dedupe import Model, resolve

KEY = b"k" * 32
NAMES = [
    "Nowak",
    "Wójcik",
    "Lis",
    "Mazur",
    "Krawczyk",
    "Zając",
    "Król",
    "Wrona",
    "Sikora",
    "Baran",
    "Duda",
    "Szulc",
    "Pawlak",
    "Bielak",
    "Czajka",
    "Gruszka",
]
GIVEN = {
    "F": ["Anna", "Maria", "Ewa", "Zofia", "Halina", "Irena", "Barbara", "Danuta"],
    "M": ["Jan", "Piotr", "Adam", "Józef", "Tomasz", "Marek"],
}
STREETS = ["Polna", "Lipowa", "Długa", "Krótka", "Leśna", "Słoneczna", "Ogrodowa", "Szkolna", "Kwiatowa", "Akacjowa"]
CITIES = (
    ("Poznań", "poznan", "60"),
    ("Konin", "poznan", "62"),
    ("Kraków", "krakow", "31"),
    ("Olsztyn", "olsztyn", "10"),
)


def _record(record_id: str = "zt63-abonent:1", **values: object) -> dict[str, object]:
    source_id, _, raw_key = record_id.partition(":")
    raw_key, _, part = raw_key.partition("#")
    blank: dict[str, object] = {column.name: None for column in PARTY_RECORD.columns}
    return {
        **blank,
        "record_id": record_id,
        "source_id": source_id,
        "point_code": "ZT63",
        "unit": "poznan",
        "raw_key": raw_key,
        "part": int(part or 1),
        "batch_id": "batch",
        "business_date": dt.date(2003, 9, 22),
        "sequence": 1,
        "party_kind": "firm" if "org_name" in values else "person",
        "pesel_status": "valid" if "pesel" in values else "missing",
        "raw": "{}",
        **values,
    }


def _table(*records: dict[str, object]) -> pa.Table:
    columns = {column.name: [record[column.name] for record in records] for column in PARTY_RECORD.columns}
    return pa.table(columns, schema=PARTY_RECORD.arrow)


@pytest.fixture(scope="session")
def record():
    """A party record; what is not given is missing."""
    return _record


@pytest.fixture(scope="session")
def table():
    """Party records as a table."""
    return _table


@pytest.fixture(scope="session")
def model() -> Model:
    """The model that ships."""
    return Model.from_dict(load_model_dict())


@pytest.fixture(scope="session")
def resolved(model):
    """Resolve a table with the shipped model and rules."""

    def run(records: pa.Table, *, clerk=(), first_seen=None, its_model=None):
        return resolve(
            records,
            first_seen=first_seen or {},
            model=its_model or model,
            clerk=clerk,
            survivorship=load_survivorship(),
            id_key=KEY,
            ref_key=KEY,
        )

    return run


@pytest.fixture(scope="session")
def customers():
    """The partition of a resolution: sets of record ids."""

    def partition(resolution) -> set[frozenset[str]]:
        groups: dict[str, set[str]] = {}
        for row in resolution.crosswalk.to_pylist():
            groups.setdefault(row["customer_id"], set()).add(row["record_id"])
        return {frozenset(group) for group in groups.values()}

    return partition


@pytest.fixture(scope="session")
def village() -> pa.Table:
    """Some 1 300 records of households and firms with everything missing now and then."""
    return _table(*_people(np.random.default_rng(3), households=300))


def _people(draw: np.random.Generator, *, households: int) -> list[dict[str, object]]:
    records: list[dict[str, object]] = []
    for _ in range(households):
        city, unit, prefix = CITIES[draw.integers(len(CITIES))]
        home = {
            "city": city,
            "unit": unit,
            "street": STREETS[draw.integers(len(STREETS))],
            "house": str(draw.integers(1, 60)),
            "flat": str(draw.integers(1, 40)) if draw.random() < 0.5 else None,
            "postal_code": f"{prefix}-{draw.integers(100, 140)}",
        }
        family, phone = NAMES[draw.integers(len(NAMES))], f"61{draw.integers(2_000_000, 9_000_000)}"
        for _ in range(draw.integers(1, 4)):
            records += _sightings(draw, family=family, phone=phone, home=home, number=len(records))
        if draw.random() < 0.3:
            records += _firm(draw, home=home, number=len(records))
    return records


def _sightings(draw: np.random.Generator, *, family: str, phone: str, home: dict, number: int) -> list[dict]:
    sex = "FM"[draw.integers(2)]
    born = dt.date(2230 + int(draw.integers(50)), int(draw.integers(1, 13)), int(draw.integers(1, 28)))
    pesel = f"{born:%y}{born.month + 60:02d}{born:%d}{draw.integers(10_000):04d}{draw.integers(10)}"
    given = GIVEN[sex][draw.integers(len(GIVEN[sex]))]
    found = []
    for place in range(int(draw.choice([1, 2, 3, 4], p=[0.3, 0.4, 0.2, 0.1]))):
        moved = {"street": STREETS[draw.integers(len(STREETS))], "house": str(draw.integers(1, 60)), "flat": None}
        source = ("zt63-abonent", "zt99-abonent", "zt25-abonent", "zt63-abonent")[place]
        found.append(
            _record(
                f"{source}:{number + place}",
                given_name=given[0] if draw.random() < 0.05 else given,
                family_name=_slip(draw, family) if draw.random() < 0.05 else family,
                sex=sex,
                birth_date=born if draw.random() < 0.7 else None,
                pesel=pesel if draw.random() < 0.6 else None,
                phone=phone if draw.random() < 0.7 else None,
                opened_on=dt.date(1990 + int(draw.integers(12)), 5, 1),
                balance_grosze=int(draw.integers(-5000, 5000)),
                **{**home, **(moved if draw.random() < 0.15 else {})},
            )
        )
    return found


def _firm(draw: np.random.Generator, *, home: dict, number: int) -> list[dict]:
    name = f"{NAMES[draw.integers(len(NAMES))].upper()}POL {['TRANSPORT', 'HANDEL', 'BUDOWA'][draw.integers(3)]}"
    nip, regon = f"{draw.integers(10**9, 10**10)}", f"{draw.integers(10**8, 10**9)}"
    return [
        _record(
            f"{source}:f{number}",
            org_name=_slip(draw, name) if draw.random() < 0.1 else name,
            nip=nip if draw.random() < 0.7 else None,
            regon=regon if draw.random() < 0.6 else None,
            balance_grosze=100,
            **home,
        )
        for source in ("zt63-abonent", "zt99-abonent")[: int(draw.integers(1, 3))]
    ]


def _slip(draw: np.random.Generator, text: str) -> str:
    place = int(draw.integers(1, len(text)))
    return text[:place] + "aeiou"[draw.integers(5)] + text[place + 1 :]
