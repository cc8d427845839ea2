"""Bulk loads: an Arrow table goes into the running transaction by COPY.

Arrow writes the CSV, vectorised: null is nothing at all and the empty text is ``""``, which is exactly how COPY tells
them apart. (``to_sql`` is 10–100 times slower; ADBC's ingest is as fast, but has a transaction of its own.)
"""

from __future__ import annotations

import pyarrow as pa
import sqlalchemy as sa
from psycopg import sql
from pyarrow import csv

from warehouse.engine import driver_connection

_ROWS_AT_ONCE = 20_000
_CSV = csv.WriteOptions(include_header=False, quoting_style="needed")


def copy_rows(connection: sa.Connection, table: sa.Table, *, rows: pa.Table) -> None:
    """Append rows to a table; columns by name, binary ones as ``\\x`` and hexadecimal text."""
    statement = sql.SQL("COPY {table} ({columns}) FROM STDIN (FORMAT csv, ENCODING 'UTF8')").format(
        table=sql.Identifier(table.schema or "", table.name),
        columns=sql.SQL(", ").join(map(sql.Identifier, rows.column_names)),
    )
    with driver_connection(connection).cursor() as cursor, cursor.copy(statement) as copy:
        for batch in rows.to_batches(max_chunksize=_ROWS_AT_ONCE):
            buffer = pa.BufferOutputStream()
            csv.write_csv(batch, buffer, write_options=_CSV)
            copy.write(buffer.getvalue())
