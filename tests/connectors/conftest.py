"""Small deliveries in every format, written by hand: offsets and encodings stand here a second time on purpose."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from config.kinds import Kind, kind_named
from connectors import FileAccount, read_delivery, read_manifest
from tests.connectors.writers import dbf_header, dbf_row, dbt3, ebcdic_text, fpt, framed, mazovia_bytes, packed

SOURCES = Path(__file__).resolve().parent.parent / "sources"


@dataclasses.dataclass(frozen=True)
class Sample:
    """A delivery before it is written: kind, files, what the sender counted."""

    kind: Kind
    files: Mapping[str, bytes]
    control: Mapping[str, int]

    @property
    def main(self) -> str:
        return self.kind.files["main"]

    def with_main(self, content: bytes) -> Sample:
        return dataclasses.replace(self, files={**self.files, self.main: content})

    def with_kind(self, **changes: Any) -> Sample:
        return dataclasses.replace(self, kind=self.kind.model_copy(update=changes))


@dataclasses.dataclass(frozen=True)
class Result:
    """Everything that came out of a delivery."""

    rows: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]
    issues: list[dict[str, Any]]
    accounts: tuple[FileAccount, ...]
    warnings: tuple[str, ...]
    columns: list[str]

    def column(self, name: str) -> list[str | None]:
        return [row[name] for row in self.rows]

    @property
    def reasons(self) -> list[str]:
        return [span["reason"] for span in self.quarantine]


def write_delivery(folder: Path, sample: Sample) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for name, content in sample.files.items():
        (folder / name).write_bytes(content)
        entries.append({"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    manifest = {
        "source_id": "zt00-test",
        "business_date": "2003-09-22",
        "sequence": 1,
        "files": entries,
        "control": dict(sample.control),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def read_sample(folder: Path, sample: Sample, *, chunk_records: int = 50_000) -> Result:
    write_delivery(folder, sample)
    reader = read_delivery(folder, manifest=read_manifest(folder), kind=sample.kind, chunk_records=chunk_records)
    chunks = list(reader.chunks())
    return Result(
        rows=[row for chunk in chunks for row in chunk.records.to_pylist()],
        quarantine=[row for chunk in chunks for row in chunk.quarantine.to_pylist()],
        issues=[row for chunk in chunks for row in chunk.issues.to_pylist()],
        accounts=reader.accounts,
        warnings=reader.warnings,
        columns=chunks[0].records.schema.names,
    )


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Result]:
    """Writes a sample as a delivery and reads all of it."""

    def run(sample: Sample, **options: Any) -> Result:
        return read_sample(tmp_path / "delivery", sample, **options)

    return run


@pytest.fixture(scope="session")
def sources() -> Path:
    return SOURCES


# -- a1: EBCDIC with RDW ---


def ebcdic_person(
    number: int,
    family: str,
    given: str,
    *,
    balance: int = 0,
    services: int = 0,
    page: str = "cp870",
    saldo: bytes | None = None,
    count: bytes | None = None,
    flag: str = "O",
) -> bytes:
    text = lambda value, width: ebcdic_text(value, width, page)  # noqa: E731
    body = b"".join(
        [
            text("D", 1), text(f"{number:09d}", 9), text(flag, 1),
            text(family, 25), text(given, 15), text("", 15), text("44651401354", 11), text("440514", 6),
            text("DB1234567", 9),
            text("Długa", 30), text("7", 8), text("", 6), text("61-001", 6), text("Poznań", 25),
            text("0618525252", 12), text("", 12), text("990131", 6),
            packed(balance, 9) if saldo is None else saldo,
            text(f"{services:02d}", 2) if count is None else count,
        ]
    )  # fmt: skip
    return body + b"".join(
        text(f"SV{n:02d}", 4) + text("020101", 6) + packed(100 * n, 7) for n in range(1, services + 1)
    )


def ebcdic_file(details: list[bytes], *, count: int, total: int) -> bytes:
    header = ebcdic_text("HZT6320030922ABONENT", 40)
    trailer = ebcdic_text(f"T{count:09d}", 10) + packed(total, 13) + ebcdic_text("", 13)
    return b"".join(framed(record) for record in [header, *details, trailer])


def a1_sample() -> Sample:
    people = [
        ebcdic_person(1, "Święcicka", "Łucja", balance=-1250),
        ebcdic_person(2, "Nowak", "Jan", balance=30075, services=2),
        ebcdic_person(3, "Żółć", "Grażyna", balance=5, services=12),
    ]
    return Sample(kind_named("a1"), {"ABONENT.DAT": ebcdic_file(people, count=3, total=28830)}, {"records": 3})


# -- a2m, a2d: DBF ---

A2M_FIELDS = (
    ("NR_ABON", "N", 8), ("NAZW_IM", "C", 40), ("PESEL", "C", 11), ("DATA_UR", "D", 8), ("DOWOD", "C", 9),
    ("NIP", "C", 13),
    ("ULICA", "C", 30), ("KOD", "C", 6), ("MIASTO", "C", 20), ("TEL", "C", 12), ("TEL_KOM", "C", 12),
    ("DATA_INST", "D", 8),
    ("SALDO", "N", 10), ("UWAGI", "M", 10),
)  # fmt: skip
A2D_FIELDS = (
    ("ABON_ID", "N", 8), ("NAZWISKO", "C", 20), ("IMIE", "C", 15), ("FIRMA", "C", 40), ("PESEL", "N", 11),
    ("UR", "C", 10),
    ("NIP", "C", 13), ("REGON", "C", 14), ("ULICA", "C", 30), ("NR", "C", 10), ("KOD", "C", 6), ("MIEJSC", "C", 25),
    ("TELEFON", "C", 15), ("ODDATY", "D", 8), ("SALDO", "N", 10), ("OPIS", "M", 10),
)  # fmt: skip


def a2m_row(number: int, name: str, *, flag: bytes = b" ", **values: bytes) -> bytes:
    known = {
        "NR_ABON": str(number).encode(),
        "NAZW_IM": mazovia_bytes(name),
        "DATA_INST": b"19990131",
        "SALDO": b"12.50",
    }
    return dbf_row(A2M_FIELDS, {**known, **values}, flag=flag)


def a2m_file(rows: list[bytes], *, records: int | None = None, ending: bytes = b"\x1a", language: int = 0x69) -> bytes:
    count = len(rows) if records is None else records
    return dbf_header(A2M_FIELDS, version=0x83, records=count, language=language) + b"".join(rows) + ending


def a2m_sample() -> Sample:
    rows = [
        a2m_row(1, "Święcicka Łucja", UWAGI=b"1"),
        a2m_row(2, "Nowak Jan i Maria", flag=b"*"),
        a2m_row(3, "Żak Grażyna", DATA_UR=b"00000000"),
    ]
    return Sample(
        kind_named("a2m"),
        {"ABONENT.DBF": a2m_file(rows), "ABONENT.DBT": dbt3(mazovia_bytes("zaległości"))},
        {"records": 3},
    )


def a2d_sample() -> Sample:
    rows = [
        dbf_row(
            A2D_FIELDS, {"ABON_ID": b"1", "NAZWISKO": "Święcicka".encode("cp852"), "ODDATY": b"19990131", "OPIS": b"8"}
        ),
        dbf_row(
            A2D_FIELDS, {"ABON_ID": b"2", "NAZWISKO": "Żak".encode("cp852"), "PESEL": b"1310112345", "SALDO": b"-3.00"}
        ),
    ]
    content = dbf_header(A2D_FIELDS, version=0xF5, records=2, language=0x64) + b"".join(rows) + b"\x1a"
    files = {"ABON.DBF": content, "ABON.FPT": fpt("zaległości".encode("cp852"))}
    return Sample(kind_named("a2d"), files, {"records": 2})


# -- a3, a4: lines ---


def unload_line(*values: str) -> str:
    return "|".join([*values, *[""] * (21 - len(values))]) + "|\n"


def a3_sample() -> Sample:
    text = (
        unload_line("1", "F", "Święcicka", "Łucja")
        + unload_line("2", "F", "A\\|B \\\\ C", "wiersz\\\ndrugi")
        + unload_line("3", "P", "Zakład", "\\ ", "", "5260250995")
    )
    return Sample(kind_named("a3"), {"klient.unl": text.encode("iso8859_2")}, {"records": 3})


A4_HEADING = ";".join(kind_named("a4").columns)


def spool_row(*values: str) -> str:
    return ";".join([*values, *[""] * (18 - len(values))])


def spool_file(
    rows: list[str], *, linesize: int = 160, feed: str = "\r\n", per_page: int = 2, count: int | None = None
) -> bytes:
    lines: list[str] = []
    for at, row in enumerate(rows):
        if at % per_page == 0:
            lines += ["", A4_HEADING, "-" * len(A4_HEADING)]
        lines += [row[first : first + linesize] for first in range(0, len(row), linesize)]
    lines += ["", f"{len(rows) if count is None else count} rows selected.", ""]
    return feed.join(lines).encode("cp1250")


def a4_sample() -> Sample:
    rows = [
        spool_row("1", "IND", "", "Święcicka", "Łucja"),
        spool_row("2", "BIZ", "Zakład " + "x" * 170, "", "", "", "5260250995"),
        spool_row("3", "IND", "", "Żak   ", "Jan"),
    ]
    return Sample(kind_named("a4"), {"KLIENCI.LST": spool_file(rows)}, {"records": 3})


SAMPLES: dict[str, Callable[[], Sample]] = {
    "a1": a1_sample,
    "a2m": a2m_sample,
    "a2d": a2d_sample,
    "a3": a3_sample,
    "a4": a4_sample,
}


@pytest.fixture(params=sorted(SAMPLES))
def sample(request: pytest.FixtureRequest) -> Sample:
    """A good delivery of each kind in turn."""
    return SAMPLES[request.param]()


@pytest.fixture(scope="session")
def make() -> Any:
    """The writers above, for tests that plant a defect."""
    import types

    return types.SimpleNamespace(**globals())
