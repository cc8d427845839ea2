"""Readers that take turns in ``blekit bench connectors``, each used as its documentation says.

An engine hands out batches in whatever shape is its own; going through them is what the clock sees. How a batch becomes
plain rows is asked afterwards, to hold everybody to the truth.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from blekit.bench.connectors_files import COLUMNS, COPYBOOK, EBCDIC_WIDTHS, NUMBERS, Row, number_text


@dataclass(frozen=True)
class ReaderEngine:
    """One engine on one format."""

    format: str
    """Name of a file in ``connectors_files.FILES``."""
    engine: str
    library: str
    """What must be importable."""
    batches: Callable[[Path], Iterator[Any]]
    rows: Callable[[Any], Iterable[Row]]
    note: str = ""

    @property
    def title(self) -> str:
        """As jobs and rows name it."""
        return f"{self.format}/{self.engine}"


# -- ours ---


def _our_ledger(path: Path) -> Any:
    from config.kinds import Budgets
    from connectors.model import Ledger

    return Ledger(path.name, path.stat().st_size, Budgets())


def _our_dbf(path: Path, *, pages: tuple[str, ...] = ("cp852",)) -> Iterator[Any]:
    from connectors.dbf.reader import DbfFormat, read_table

    memo = path.with_suffix(".fpt")
    has_memo = memo.exists()
    return read_table(
        path,
        form=DbfFormat(pages=pages),
        ledger=_our_ledger(path),
        memo_path=memo if has_memo else None,
        memo_ledger=_our_ledger(memo) if has_memo else None,
    )


def _our_unload(path: Path, *, pages: tuple[str, ...] = ("iso8859_2",)) -> Iterator[Any]:
    from connectors.informix_unload import UnloadFormat, read_unload

    return read_unload(path, form=UnloadFormat(columns=COLUMNS, pages=pages), ledger=_our_ledger(path))


def _our_ebcdic(path: Path, *, pages: tuple[str, ...] = ("cp870",)) -> Iterator[Any]:
    from connectors.ebcdic.copybook import parse_copybook
    from connectors.ebcdic.form import EbcdicFormat
    from connectors.ebcdic.reader import read_records

    form = EbcdicFormat(record=parse_copybook(COPYBOOK)[0], record_format="fixed", pages=pages)
    return read_records(path, form=form, ledger=_our_ledger(path))


def _our_mt940(path: Path, *, pages: tuple[str, ...] = ("cp852",)) -> Iterator[Any]:
    from connectors.mt940.reader import Mt940Format, read_statements

    return read_statements(path, form=Mt940Format(pages=pages), ledger=_our_ledger(path))


def _our_mt940_rows(chunk: Any) -> Iterable[Row]:
    names = ("DATA_WALUTY", "ZNAK", "KWOTA", "OPIS")
    for day, sign, amount, text in zip(*(chunk.records.column(name).to_pylist() for name in names), strict=True):
        century = "19" if day[:2] >= "70" else "20"
        signed = ("-" if sign == "D" else "") + amount.replace(",", ".")
        yield century + day, number_text(signed), text.replace("\n", "")


def _our_rows(chunk: Any) -> Iterable[Row]:
    names = [name for name in chunk.records.schema.names if not name.startswith("_")]
    columns = [chunk.records.column(name).to_pylist() for name in names]
    is_number = [name.replace("-", "_") in NUMBERS for name in names]
    for row in zip(*columns, strict=True):
        yield tuple(
            number_text(value or "") if number else value or "" for value, number in zip(row, is_number, strict=True)
        )


# -- dBase ---


def _dbfread(path: Path) -> Iterator[Any]:
    import dbfread

    yield from dbfread.DBF(str(path), encoding="cp852")


def _dbf(path: Path) -> Iterator[Any]:
    import dbf

    with dbf.Table(str(path)).open(mode=dbf.READ_ONLY) as table:
        for record in table:
            # Fields are decoded when they are asked for.
            yield list(record)


def _dbf_rows(record: Any) -> Iterable[Row]:
    values = record.values() if isinstance(record, dict) else record
    return (tuple(_shown(value, is_number=at in (0, 14)) for at, value in enumerate(values)),)


def _shown(value: Any, *, is_number: bool) -> str:
    if value is None:
        return ""
    if is_number:
        return number_text(value)
    return value.strftime("%Y%m%d") if hasattr(value, "strftime") else str(value).rstrip(" ")


# -- delimited lines ---


def _csv(path: Path) -> Iterator[Any]:
    with path.open(encoding="iso8859_2", newline="") as file:
        yield from csv.reader(file, delimiter="|", escapechar="\\", quoting=csv.QUOTE_NONE)


def _csv_rows(row: list[str]) -> Iterable[Row]:
    return (_numbered(row[:-1]),)


def _pandas(path: Path) -> Iterator[Any]:
    import pandas as pd

    yield from pd.read_csv(
        path,
        sep="|",
        header=None,
        names=[*COLUMNS, "end"],
        index_col=False,
        dtype=str,
        keep_default_na=False,
        escapechar="\\",
        quoting=csv.QUOTE_NONE,
        encoding="iso8859_2",
        chunksize=50_000,
    )


def _pandas_rows(frame: Any) -> Iterable[Row]:
    for row in frame[list(COLUMNS)].fillna("").itertuples(index=False):
        yield _numbered(row)


def _pyarrow(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import csv as pa_csv

    names = [*COLUMNS, "end"]
    yield from pa_csv.open_csv(
        path,
        read_options=pa_csv.ReadOptions(column_names=names, encoding="iso8859_2"),
        parse_options=pa_csv.ParseOptions(delimiter="|", quote_char=False, escape_char="\\", newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )


def _pyarrow_rows(batch: Any) -> Iterable[Row]:
    for row in zip(*(batch.column(name).to_pylist() for name in COLUMNS), strict=True):
        yield _numbered(row)


def _numbered(row: Iterable[str | None]) -> Row:
    return tuple(
        number_text(value or "") if name in NUMBERS else value or "" for value, name in zip(row, COLUMNS, strict=False)
    )


# -- COBOL ---


def _plain_python(path: Path) -> Iterator[Any]:
    """What one writes in an afternoon: a record at a time, the ``ebcdic`` codec, packed digits by hexadecimal."""
    import ebcdic

    assert ebcdic  # importing it registers cp870
    size = sum(EBCDIC_WIDTHS)
    with path.open("rb") as file:
        while record := file.read(size):
            values, at = [], 0
            for width in EBCDIC_WIDTHS[:-1]:
                values.append(record[at : at + width].decode("cp870").rstrip())
                at += width
            digits = record[at:].hex()
            amount = Decimal(int(digits[:-1])).scaleb(-2)
            values.append(str(-amount if digits[-1] == "d" else amount))
            yield values


def _ebcdic_rows(values: list[str]) -> Iterable[Row]:
    return (_numbered(values),)


# -- statements ---


def _mt940(path: Path) -> Iterator[Any]:
    import mt940

    yield from mt940.parse(str(path), encoding="cp852")


def _mt940_rows(transaction: Any) -> Iterable[Row]:
    found = transaction.data
    century = "19" if f"{found['date']:%y}" >= "70" else "20"  # the library takes every year for one of ours
    day = f"{century}{found['date']:%y%m%d}"
    return ((day, number_text(found["amount"].amount), found["transaction_details"].replace("\n", "")),)


OURS = "blekit"
ENGINES = (
    ReaderEngine("dbf", OURS, "connectors", _our_dbf, _our_rows),
    ReaderEngine(
        "dbf",
        "blekit, page per record",
        "connectors",
        partial(_our_dbf, pages=("cp852", "mazovia")),
        _our_rows,
        "chooses between CP852 and Mazovia for each record, which nobody else does",
    ),
    ReaderEngine("dbf", "dbfread", "dbfread", _dbfread, _dbf_rows),
    ReaderEngine("dbf", "dbf", "dbf", _dbf, _dbf_rows),
    ReaderEngine("dbf_memo", OURS, "connectors", _our_dbf, _our_rows),
    ReaderEngine("dbf_memo", "dbfread", "dbfread", _dbfread, _dbf_rows),
    ReaderEngine("dbf_memo", "dbf", "dbf", _dbf, _dbf_rows),
    ReaderEngine("unload", OURS, "connectors", _our_unload, _our_rows),
    ReaderEngine(
        "unload",
        "blekit, page per record",
        "connectors",
        partial(_our_unload, pages=("iso8859_2", "cp1250")),
        _our_rows,
        "chooses between ISO-8859-2 and CP1250 for each record",
    ),
    ReaderEngine("unload", "csv", "csv", _csv, _csv_rows),
    ReaderEngine("unload", "pandas", "pandas", _pandas, _pandas_rows),
    ReaderEngine("unload", "pyarrow.csv", "pyarrow.csv", _pyarrow, _pyarrow_rows),
    ReaderEngine("unload_escapes", OURS, "connectors", _our_unload, _our_rows),
    ReaderEngine("unload_escapes", "csv", "csv", _csv, _csv_rows),
    ReaderEngine("unload_escapes", "pandas", "pandas", _pandas, _pandas_rows),
    ReaderEngine("unload_escapes", "pyarrow.csv", "pyarrow.csv", _pyarrow, _pyarrow_rows),
    ReaderEngine("ebcdic", OURS, "connectors", _our_ebcdic, _our_rows),
    ReaderEngine(
        "ebcdic",
        "blekit, page per record",
        "connectors",
        partial(_our_ebcdic, pages=("cp870", "cp037")),
        _our_rows,
        "chooses between CP870 and CP037 for each record",
    ),
    ReaderEngine(
        "ebcdic",
        "plain Python + ebcdic codec",
        "ebcdic",
        _plain_python,
        _ebcdic_rows,
        "no library that reads copybooks is installed: a decoder of this one record, written out by hand",
    ),
    ReaderEngine("mt940", OURS, "connectors", _our_mt940, _our_mt940_rows, "proves every statement before it is read"),
    ReaderEngine("mt940", "mt-940", "mt940", _mt940, _mt940_rows),
)
"""Who reads what; a format's first engine is the one the others are compared with."""


def rows_of(engine: ReaderEngine, path: Path, *, most: int | None = None) -> Iterator[Row]:
    """What an engine reads, as plain rows."""
    every = (row for batch in engine.batches(path) for row in engine.rows(batch))
    return islice(every, most)
