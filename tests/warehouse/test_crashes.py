"""A run may die anywhere: what is left is the old or the new release, and a clean run gives the same content."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from config.errors import RetriableError
from config.schemas import schema_named
from warehouse.content_hash import content_hash, table_hash


class Cutter:
    """Kills the server's side of a connection before its n-th statement or commit."""

    def __init__(self, warehouse, admin_url: str, *, at: int) -> None:
        self.count, self._at, self._admin_url = 0, at, admin_url
        sa.event.listen(warehouse._engine, "before_cursor_execute", self._statement)
        sa.event.listen(warehouse._engine, "commit", self._step)

    def _statement(self, connection, *_: object) -> None:
        self._step(connection)

    def _step(self, connection) -> None:
        self.count += 1
        if self.count == self._at:
            kill(connection.connection.driver_connection, self._admin_url)


def kill(driver_connection: psycopg.Connection, admin_url: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", (driver_connection.info.backend_pid,))


def run(warehouse, content, inputs) -> None:
    prepared = warehouse.prepare(kind="cutover", inputs=inputs, content=content, actor="anna")
    warehouse.publish(prepared.release_no, actor="anna")


def hash_of(content) -> str:
    return content_hash({name: table_hash(table, schema_named(name)) for name, table in content.items()})


def test_a_connection_cut_at_any_statement_changes_nothing_but_the_time(database, people, content_of, inputs):
    contents = [content_of(people(6)), content_of(people(4, balance=9) + people(2, unit="krakow"))]
    expected = [hash_of(content) for content in contents]
    with database.open() as warehouse:
        counter = Cutter(warehouse, database.admin_url, at=0)
        run(warehouse, contents[1], inputs("poznan"))
    survived = 0
    for point in range(1, counter.count + 6, 3):
        now, before = point % 2, 1 - point % 2
        with database.open(lock_wait_s=5) as warehouse:
            Cutter(warehouse, database.admin_url, at=point)
            try:
                run(warehouse, contents[now], inputs("poznan"))
                survived += 1
            except RetriableError:
                pass
        with database.open(lock_wait_s=5) as warehouse:
            assert warehouse.current().content_hash in (expected[now], expected[before])
            run(warehouse, contents[now], inputs("poznan"))
            current = warehouse.current()
            assert (current.content_hash, warehouse.verify(current.release_no).equal) == (expected[now], True)
    with database.open() as warehouse:
        assert warehouse.verify_audit().is_intact
    assert 0 < survived < counter.count // 3


def test_a_commit_without_an_answer_is_read_from_the_ledger(database, people, content_of, inputs, monkeypatch):
    with database.open(lock_wait_s=5) as warehouse:
        prepared = warehouse.prepare(kind="cutover", inputs=inputs("poznan"), content=content_of(people(3)), actor="a")
        commit = warehouse._engine.dialect.do_commit

        def commit_and_lose_the_answer(connection: psycopg.Connection) -> None:
            commit(connection)
            monkeypatch.setattr(warehouse._engine.dialect, "do_commit", commit)
            kill(getattr(connection, "driver_connection", connection), database.admin_url)
            raise psycopg.OperationalError("connection lost")

        monkeypatch.setattr(warehouse._engine.dialect, "do_commit", commit_and_lose_the_answer)
        published = warehouse.publish(prepared.release_no, actor="anna")
        assert (published.state, warehouse.current().release_no) == ("published", prepared.release_no)


CHILD = """
import os, sys
import sqlalchemy as sa
sys.path.insert(0, {folder!r})
import conftest
from warehouse import Warehouse

warehouse = Warehouse({url!r}, ref_key=conftest.REF_KEY)
people = [conftest.Person(f"zt63-abonent:{{n:05d}}", f"child{{n}}") for n in range(8)]
prepared = warehouse.prepare(
    kind="cutover", inputs=conftest.make_inputs("poznan"), content=conftest.make_content(people), actor="anna"
)
if {place!r} == "in publish":
    sa.event.listen(warehouse._engine, "commit", lambda connection: os._exit(9))
    warehouse.publish(prepared.release_no, actor="anna")
os._exit(9)
"""


@pytest.mark.parametrize("place", ["after prepare", "in publish"])
def test_a_process_that_dies_leaves_the_old_release(database, warehouse, people, release, place):
    old = release(people(3))
    script = CHILD.format(folder=str(Path(__file__).parent), url=database.url(), place=place)
    died = subprocess.run([sys.executable, "-c", script], env=os.environ, check=False, capture_output=True, text=True)
    assert died.returncode == 9, died.stderr
    assert warehouse.current().release_no == old.release_no
    again = release(people(3, balance=1))
    assert [each.state for each in warehouse.releases()] == ["published", "abandoned", "published"]
    assert warehouse.verify(again.release_no).equal
