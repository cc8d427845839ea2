"""The content hash: every cell counts, nothing else does."""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import BugError
from config.schemas import CONTENT_TABLES
from config.table_schema import DATE, INSTANT, LONG, TEXT, Column, TableSchema
from warehouse.content_hash import TableHash, content_hash, row_hashes, sum_hashes, table_hash

TOY = TableSchema(
    "toy",
    ("key",),
    (Column("key", TEXT, "key"), Column("day", DATE, "a day"), Column("count", LONG, "a count")),
    "a table to hash by hand",
)
NOON = dt.datetime(2003, 9, 22, 12, tzinfo=dt.UTC)
VALUES = {
    pa.string(): ("a", "b"),
    pa.date32(): (dt.date(2003, 9, 22), dt.date(2003, 9, 23)),
    pa.int64(): (7, 8),
    pa.bool_(): (False, True),
    INSTANT: (NOON, NOON + dt.timedelta(seconds=1)),
}
CELLS = [(schema, column) for schema in CONTENT_TABLES for column in schema.columns]


def toy(*rows: tuple[object, ...]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(TOY.names, row, strict=True)) for row in rows], schema=TOY.arrow)


def framed(tag: bytes, text: str) -> bytes:
    payload = unicodedata.normalize("NFC", text).encode()
    return tag + len(payload).to_bytes(4, "big") + payload


def row_of(schema: TableSchema, **changed: object) -> pa.Table:
    row = {column.name: VALUES[column.type][0] for column in schema.columns} | changed
    nullable = pa.schema([field.with_nullable(True) for field in schema.arrow])
    return pa.Table.from_pylist([row], schema=nullable)


def test_a_row_is_hashed_as_the_definition_says():
    canonical = framed(b"s", "Żółw") + framed(b"d", "2003-09-22") + b"n\0\0\0\0"
    expected = hashlib.blake2b(canonical, digest_size=16).digest()
    assert row_hashes(toy(("Żółw", dt.date(2003, 9, 22), None)), TOY) == [expected]


def test_a_release_is_hashed_as_the_definition_says():
    tables = {"b": TableHash(2, 255), "a": TableHash(0, 0)}
    lines = f"a 0 {0:032x}\nb 2 {255:032x}"
    assert content_hash(tables) == hashlib.sha256(lines.encode()).hexdigest()


@pytest.mark.parametrize(("schema", "column"), CELLS, ids=[f"{schema.name}.{column.name}" for schema, column in CELLS])
def test_changing_one_cell_changes_the_hash(schema, column):
    values = (*VALUES[column.type], None)
    hashes = {table_hash(row_of(schema, **{column.name: value}), schema) for value in values}
    assert len(hashes) == len(values)


def test_an_instant_is_written_in_iso():
    schema = TableSchema("toy", ("at",), (Column("at", INSTANT, "when"),), "one instant")
    table = pa.table({"at": pa.array([NOON], INSTANT)})
    assert row_hashes(table, schema) == [hashlib.blake2b(framed(b"t", "2003-09-22 12:00:00Z"), digest_size=16).digest()]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("", None, None), (None, None, None), id="empty text and null"),
        pytest.param(("1", None, None), ("1", None, 1), id="null and a number"),
        pytest.param(("a ", None, None), ("a", None, None), id="a blank at the end"),
        pytest.param(("a", None, 12), ("a1", None, 2), id="a digit that moves to its neighbour"),
    ],
)
def test_what_looks_alike_is_not_alike(one, other):
    assert table_hash(toy(one), TOY) != table_hash(toy(other), TOY)


def test_composed_and_decomposed_letters_are_one():
    assert table_hash(toy(("ó", None, 1)), TOY) == table_hash(toy(("o\u0301", None, 1)), TOY)


ROWS = st.lists(
    st.tuples(st.text(max_size=5), st.none() | st.dates(), st.none() | st.integers(-(2**63), 2**63 - 1)), max_size=8
)


@given(rows=ROWS, seed=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, seed):
    shuffled = list(rows)
    seed.shuffle(shuffled)
    assert table_hash(toy(*rows), TOY) == table_hash(toy(*shuffled), TOY)


@given(rows=ROWS, more=ROWS)
def test_the_hash_of_a_table_is_kept_by_adding_and_subtracting(rows, more):
    together = table_hash(toy(*rows, *more), TOY)
    assert together == table_hash(toy(*rows), TOY) + table_hash(toy(*more), TOY)
    assert together - table_hash(toy(*more), TOY) == table_hash(toy(*rows), TOY)


def test_rows_in_chunks_hash_as_in_one_piece():
    rows = [(str(number), None, number) for number in range(10)]
    chunked = pa.concat_tables([toy(*rows[:3]), toy(*rows[3:])])
    assert row_hashes(chunked, TOY) == row_hashes(toy(*rows), TOY)


def test_sums_wrap_at_128_bits():
    top = b"\xff" * 16
    assert sum_hashes([top, top]) == TableHash(2, 2**128 - 2)


def test_content_holds_no_floats():
    schema = TableSchema("bad", ("x",), (Column("x", pa.float64(), "a float"),), "a float")
    with pytest.raises(BugError, match="content holds no double"):
        row_hashes(pa.table({"x": [1.0]}), schema)
