"""Columns of cells become a :class:`RawChunk`; every reader ends here.

A bad cell in an ordinary column is a null and an issue; in a required column it takes its record to quarantine. Here
records are counted against the budgets and booked in the ledger, so no reader can forget to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from config.errors import BudgetExceeded
from config.schemas import CELL_ISSUE, QUARANTINED_SPAN, RAW_PLACE
from connectors.model import CELL_REASONS, Cells, Flags, Ledger, Longs, RawChunk, Rows, Span


def assemble(
    columns: Mapping[str, Cells],
    *,
    rows: Rows,
    spans: Sequence[Span],
    required: Iterable[str],
    ledger: Ledger,
) -> RawChunk:
    """One chunk; books its records and its quarantined spans."""
    needed = [name for name in required if name in columns]  # transforms names the YAML where one is missing
    kept = kept_rows(columns, count=len(rows.offsets), required=needed)
    bad_spans = [_bad_span(columns, rows=rows, row=int(row), required=needed) for row in np.flatnonzero(~kept)]
    first = ledger.delivered_records
    delivered = int(kept.sum())
    ledger.delivered_records += delivered
    ledger.book("records", int(rows.lengths[kept].sum()))
    _check_budgets(columns, rows=rows, ledger=ledger)
    numbers = np.full(len(kept), -1, dtype=np.int64)
    numbers[kept] = np.arange(first, first + delivered)
    return RawChunk(
        records=_records(columns, rows=rows, kept=kept, numbers=numbers),
        quarantine=quarantine_table([*spans, *bad_spans], ledger=ledger),
        issues=_issues(columns, rows=rows, kept=kept, numbers=numbers),
    )


def kept_rows(columns: Mapping[str, Cells], *, count: int, required: Iterable[str]) -> Flags:
    """Rows that no bad cell in a required column takes to quarantine; a column that is not there takes none."""
    kept = np.ones(count, dtype=np.bool_)
    for name in required:
        if name in columns:
            kept &= columns[name].reasons == 0
    return kept


def _bad_span(columns: Mapping[str, Cells], *, rows: Rows, row: int, required: Iterable[str]) -> Span:
    name = next(name for name in required if columns[name].reasons[row])
    cells = columns[name]
    detail = f"required column {name} at byte {cells.offsets[row]}"
    return Span(int(rows.offsets[row]), int(rows.lengths[row]), CELL_REASONS[cells.reasons[row]], detail)


def _check_budgets(columns: Mapping[str, Cells], *, rows: Rows, ledger: Ledger) -> None:
    budgets = ledger.budgets
    if rows.lengths.max(initial=0) > budgets.max_record_bytes:
        row = int(rows.lengths.argmax())
        raise BudgetExceeded(
            f"{ledger.file}: byte {rows.offsets[row]}: a record of {rows.lengths[row]} bytes, at most "
            f"{budgets.max_record_bytes} are allowed",
            hint="The file is damaged, or raise budgets.max_record_bytes in the kind's YAML",
        )
    if ledger.delivered_records + ledger.quarantined_records > budgets.max_records:
        raise BudgetExceeded(
            f"{ledger.file}: more than {budgets.max_records} records",
            hint="Raise budgets.max_records in the kind's YAML if this is right",
        )
    for name, cells in columns.items():
        if _most_bytes(cells.values) <= budgets.max_field_chars:
            continue  # no text has more characters than bytes, and bytes are cheap to count
        longest = pc.max(pc.utf8_length(cells.values)).as_py() or 0
        if longest > budgets.max_field_chars:
            row = int(pc.index(pc.utf8_length(cells.values), longest).as_py())
            raise BudgetExceeded(
                f"{ledger.file}: byte {cells.offsets[row]}: column {name} has {longest} characters, "
                f"at most {budgets.max_field_chars} are allowed",
                hint="The file is damaged, or raise budgets.max_field_chars in the kind's YAML",
            )


def _most_bytes(values: pa.Array) -> int:
    """The bytes of the longest text."""
    places = values.buffers()[1]
    if places is None:
        return 0
    offsets = np.frombuffer(places, dtype=np.int32)[values.offset : values.offset + len(values) + 1]
    return int(np.diff(offsets).max(initial=0))


def _records(columns: Mapping[str, Cells], *, rows: Rows, kept: Flags, numbers: Longs) -> pa.Table:
    names = pa.array(rows.page_names, type=pa.string())
    table = pa.table(
        {
            **{name: cells.values for name, cells in columns.items()},
            "_record_no": pa.array(numbers),
            "_offset": pa.array(rows.offsets),
            "_length": pa.array(rows.lengths),
            "_is_deleted": pa.array(rows.is_deleted),
            "_code_page": names.take(pa.array(rows.pages)),
        },
        schema=raw_schema(columns),
    )
    return table if kept.all() else table.filter(pa.array(kept))


def raw_schema(columns: Iterable[str]) -> pa.Schema:
    """The schema of raw records with these columns."""
    raw = [pa.field(name, pa.string()) for name in columns]
    place = [pa.field(column.name, column.type, nullable=not column.is_required) for column in RAW_PLACE]
    return pa.schema([*raw, *place])


def quarantine_table(spans: Sequence[Span], *, ledger: Ledger) -> pa.Table:
    """Spans as a table in file order; books their bytes and counts those that are records."""
    ordered = sorted(spans, key=lambda span: (span.offset, span.reason))
    ledger.book("quarantined", sum(span.length for span in ordered))
    ledger.quarantined_records += sum(span.is_record for span in ordered)
    return pa.table(
        {
            "file": pa.array([ledger.file] * len(ordered), pa.string()),
            "offset": pa.array([span.offset for span in ordered], pa.int64()),
            "length": pa.array([span.length for span in ordered], pa.int64()),
            "reason": pa.array([span.reason for span in ordered], pa.string()),
            "detail": pa.array([span.detail for span in ordered], pa.string()),
        },
        schema=QUARANTINED_SPAN.arrow,
    )


def _issues(columns: Mapping[str, Cells], *, rows: Rows, kept: Flags, numbers: Longs) -> pa.Table:
    found: list[tuple[int, str, str, int]] = []
    judged = [(name, cells.reasons, cells.offsets) for name, cells in columns.items()]
    if rows.flag_reasons is not None:
        judged.append(("_is_deleted", rows.flag_reasons, rows.offsets))
    for name, reasons, offsets in judged:
        if not reasons.any():
            continue
        for row in np.flatnonzero((reasons != 0) & kept):
            found.append((int(numbers[row]), name, CELL_REASONS[reasons[row]], int(offsets[row])))
    found.sort()
    record_no, column, reason, offset = zip(*found, strict=True) if found else ((), (), (), ())
    return pa.table(
        {
            "record_no": pa.array(record_no, pa.int64()),
            "column": pa.array(column, pa.string()),
            "reason": pa.array(reason, pa.string()),
            "offset": pa.array(offset, pa.int64()),
        },
        schema=CELL_ISSUE.arrow,
    )
