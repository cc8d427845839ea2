"""The life of a release on a real PostgreSQL."""

from __future__ import annotations


def test_a_release_is_invisible_until_published(warehouse, people, content_of, inputs):
    prepared = warehouse.prepare(kind="cutover", inputs=inputs("poznan"), content=content_of(people(3)), actor="anna")
    before = (warehouse.current(), warehouse.read("party_record").num_rows)
    published = warehouse.publish(prepared.release_no, actor="anna")
    after = (warehouse.current().release_no, warehouse.read("party_record").num_rows)
    assert (before, after) == ((None, 0), (published.release_no, 3))


def test_what_was_written_is_read_back(warehouse, people, content_of, release):
    content = content_of(people(50, pesel=None))
    release(people(50, pesel=None))
    for name, table in content.items():
        read = warehouse.read(name)
        assert read.schema == table.schema.remove_metadata()
        key = [(column, "ascending") for column in table.column_names[:3]]
        assert read.sort_by(key).to_pylist() == table.sort_by(key).to_pylist()
