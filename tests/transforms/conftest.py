"""Small raw tables, and PESELs of the 2200s with check digits by python-stdnum."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest
from stdnum.pl import pesel as stdnum_pesel

from config.kinds import Kind
from config.lookups import Lookups, load_lookups
from config.sources import source_with_id
from transforms import Standardised, standardise

RawTable = Callable[..., pa.Table]


@pytest.fixture(scope="session")
def lookups() -> Lookups:
    return load_lookups()


@pytest.fixture(scope="session")
def pesel_of() -> Callable[..., str]:
    """A PESEL of somebody born in the 2200s: ``pesel_of("440514", serial="0135")`` is of 14 May 2244."""

    def make(yymmdd: str, *, serial: str = "0135") -> str:
        month = int(yymmdd[2:4]) + 60
        digits = f"{yymmdd[:2]}{month:02d}{yymmdd[4:]}{serial}"
        return digits + stdnum_pesel.calc_check_digit(digits)[-1]

    return make


@pytest.fixture(scope="session")
def raw_table() -> RawTable:
    """Rows of a kind as connectors deliver them: every column as text, and the place of each record."""

    def make(kind: Kind, rows: Sequence[dict[str, str]], *, deleted: Sequence[int] = ()) -> pa.Table:
        size = len(rows)
        columns: dict[str, Any] = {
            name: pa.array([row.get(name) for row in rows], pa.string()) for name in (*kind.columns, *kind.ignore)
        }
        columns["_record_no"] = pa.array([int(row.get("_record_no", at)) for at, row in enumerate(rows)], pa.int64())
        columns["_offset"] = pa.array([100 * at for at in range(size)], pa.int64())
        columns["_length"] = pa.array([100] * size, pa.int64())
        columns["_is_deleted"] = pa.array([at in deleted for at in range(size)], pa.bool_())
        columns["_code_page"] = pa.array([kind.code_page] * size, pa.string())
        return pa.table(columns)

    return make


@pytest.fixture(scope="session")
def standard(raw_table: RawTable) -> Callable[..., Standardised]:
    """Rows of a registered source as standard records."""

    def make(
        source_id: str,
        rows: Sequence[dict[str, str]],
        *,
        business_date: dt.date = dt.date(2303, 9, 22),
        pilot_keys: frozenset[str] = frozenset(),
        deleted: Sequence[int] = (),
    ) -> Standardised:
        source = source_with_id(source_id)
        return standardise(
            raw_table(source.kind, rows, deleted=deleted),
            source=source,
            batch_id=f"{source_id}:test",
            business_date=business_date,
            pilot_keys=pilot_keys,
            lookups=load_lookups(),
        )

    return make
