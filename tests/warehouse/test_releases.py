"""The life of a release on a real PostgreSQL."""

from __future__ import annotations

import threading

import psycopg
import pytest

from config.errors import BugError, ConfigurationError, GateFailed, LockBusy, ParentMoved, UsageError
from config.schemas import schema_named
from warehouse import Warehouse
from warehouse.content_hash import content_hash, table_hash


def hash_of(content) -> str:
    return content_hash({name: table_hash(table, schema_named(name)) for name, table in content.items()})


@pytest.fixture
def prepare(warehouse, content_of, inputs):
    def prepared(people, *units, **options):
        return warehouse.prepare(
            kind="cutover",
            inputs=inputs(*(units or ("poznan",))),
            content=content_of(people),
            actor="anna",
            **options,
        )

    return prepared


def test_a_release_is_invisible_until_published(warehouse, people, prepare):
    prepared = prepare(people(3))
    before = (warehouse.current(), warehouse.read("party_record").num_rows)
    published = warehouse.publish(prepared.release_no, actor="anna")
    after = (warehouse.current().release_no, warehouse.read("party_record").num_rows)
    assert (before, after) == ((None, 0), (published.release_no, 3))


def test_what_was_written_is_read_back(warehouse, people, content_of, release):
    content = content_of(people(50, pesel=None), quarantine=2)
    release(people(50, pesel=None), quarantine=2)
    for name, table in content.items():
        read = warehouse.read(name)
        order = [(column, "ascending") for column in schema_named(name).key]
        assert read.schema == table.schema
        assert read.sort_by(order).to_pylist() == table.sort_by(order).to_pylist()


def test_the_empty_text_is_not_null(warehouse, people, release):
    release(people(1, pesel=None))
    row = warehouse.read("party_record").to_pylist()[0]
    assert (row["email"], row["pesel"]) == ("", None)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('with "quotes", comma\nand line', id="csv specials"),
        pytest.param("\\N", id="COPY's null"),
        pytest.param("\\.", id="COPY's end of data"),
        pytest.param("żółć ﬁ Å", id="beyond ascii"),
        pytest.param(" ", id="blank"),
    ],
)
def test_any_text_survives_the_load(warehouse, people, release, text):
    published = release(people(2, family_name=text))
    assert set(warehouse.read("party_record", columns=["family_name"])["family_name"].to_pylist()) == {text}
    assert warehouse.verify(published.release_no).equal


@pytest.mark.parametrize(
    ("where", "count"),
    [
        pytest.param({"unit": "krakow"}, 2, id="one value"),
        pytest.param({"unit": ["krakow", "poznan"]}, 5, id="several values"),
        pytest.param({"unit": []}, 0, id="no values"),
        pytest.param({"nip": None, "unit": "poznan"}, 3, id="null"),
        pytest.param({"balance_grosze": -1250}, 5, id="a number"),
    ],
)
def test_reading_takes_conditions(warehouse, people, release, where, count):
    release(people(3) + people(2, unit="krakow"), "poznan", "krakow")
    assert warehouse.read("party_record", where=where).num_rows == count


def test_reading_an_unknown_column_is_a_usage_error(warehouse):
    with pytest.raises(UsageError, match="no column shoe_size"):
        warehouse.read("party_record", columns=["shoe_size"])


def test_only_what_changed_is_written(prepare, warehouse, people, release):
    release(people(10))
    changed = people(9) + people(10, balance=0)[9:]
    prepared = prepare(changed)
    assert (prepared.inserted["party_record"], prepared.closed["party_record"]) == (1, 1)
    assert (prepared.inserted["crosswalk"], prepared.closed["crosswalk"]) == (0, 0)


def test_the_hash_that_is_kept_is_the_hash_of_the_content(warehouse, people, content_of, release):
    release(people(10))
    published = release(people(7, balance=5) + people(3, unit="krakow"), "poznan", "krakow")
    expected = hash_of(content_of(people(7, balance=5) + people(3, unit="krakow")))
    assert published.content_hash == expected == warehouse.verify(published.release_no).recomputed


def test_every_kept_release_can_be_read_and_verified(warehouse, people, release):
    numbers = [release(people(count)).release_no for count in (4, 9, 2)]
    assert [warehouse.read("crosswalk", release_no=number).num_rows for number in numbers] == [4, 9, 2]
    assert all(warehouse.verify(number).equal for number in numbers)


def test_verify_finds_a_changed_row(database, warehouse, people, release):
    number = release(people(3)).release_no
    database.execute_as_owner("UPDATE mdm.golden_customer SET city = 'Gniezno' WHERE customer_id LIKE '%2'")
    verified = warehouse.verify(number)
    assert (verified.equal, verified.differing) == (False, ("golden_customer",))


def test_rollback_is_a_new_release_equal_to_one_that_never_had_the_unit(
    database, warehouse, people, content_of, release
):
    poznan, krakow = people(5), people(4, unit="krakow")
    first = release(poznan, "poznan")
    both = release(poznan + krakow, "poznan", "krakow")
    back = release(poznan, "poznan", kind="rollback")
    again = release(poznan + krakow, "poznan", "krakow")
    assert back.content_hash == first.content_hash == hash_of(content_of(poznan))
    assert again.content_hash == both.content_hash
    assert [r.release_no for r in (first, both, back, again)] == [1, 2, 3, 4]
    assert all(warehouse.verify(number).equal for number in (1, 2, 3, 4))


def test_an_abandoned_release_leaves_nothing_and_spends_its_number(database, warehouse, prepare, people, release):
    first = release(people(5))
    abandoned = prepare(people(2))
    warehouse.abandon(abandoned.release_no)
    left = database.query(
        "SELECT count(*) FROM mdm.crosswalk WHERE from_release = 2 OR to_release = 2", role="blekit_etl"
    )
    second = release(people(2))
    assert left == [(0,)]
    assert warehouse.verify(first.release_no).equal
    assert (abandoned.release_no, second.release_no) == (2, 3)
    assert [each.state for each in warehouse.releases()] == ["published", "abandoned", "published"]


def test_an_abandoned_release_cannot_be_published(warehouse, prepare, people):
    prepared = prepare(people(1))
    warehouse.abandon(prepared.release_no)
    with pytest.raises(ParentMoved):
        warehouse.publish(prepared.release_no, actor="anna")


def test_a_rehearsed_cutover_has_the_hash_of_its_rehearsal(warehouse, prepare, people, release):
    release(people(2))
    rehearsed = prepare(people(6))
    warehouse.abandon(rehearsed.release_no)
    assert release(people(6)).content_hash == rehearsed.content_hash


def test_only_one_prepares_at_a_time(database, prepare, people, content_of, inputs):
    prepare(people(1))
    with database.open() as other, pytest.raises(LockBusy):
        other.prepare(kind="feed", inputs=inputs("poznan"), content=content_of(people(2)), actor="ola")


def test_a_waiting_publisher_gets_its_turn(database, warehouse, prepare, people, content_of, inputs):
    prepared = prepare(people(1))
    timer = threading.Timer(0.3, lambda: warehouse.abandon(prepared.release_no))
    timer.start()
    with database.open(lock_wait_s=30) as other:
        later = other.prepare(kind="feed", inputs=inputs("poznan"), content=content_of(people(2)), actor="ola")
    timer.join()
    assert later.release_no == 2


def test_what_a_dead_run_prepared_is_abandoned_by_the_next(database, warehouse, people, content_of, inputs, release):
    with database.open() as dead:
        dead.prepare(kind="cutover", inputs=inputs("poznan"), content=content_of(people(9)), actor="anna")
    published = release(people(3))
    assert [each.state for each in warehouse.releases()] == ["abandoned", "published"]
    assert warehouse.read("party_record").num_rows == 3
    assert warehouse.verify(published.release_no).equal


def test_clean_up_reports_the_numbers_it_spent(database, people, content_of, inputs):
    with database.open() as dead:
        dead.prepare(kind="cutover", inputs=inputs("poznan"), content=content_of(people(9)), actor="anna")
    with database.open() as fresh:
        assert (fresh.abandon_unpublished(), fresh.abandon_unpublished()) == ((1,), ())


def test_a_publisher_that_lost_its_lock_is_fenced_off(database, people, content_of, inputs):
    slow, quick = database.open(), database.open()
    with slow, quick:
        stale = slow.prepare(kind="cutover", inputs=inputs("poznan"), content=content_of(people(9)), actor="anna")
        slow._publisher.unlock()  # as if its connection had died
        fresh = quick.prepare(kind="cutover", inputs=inputs("poznan"), content=content_of(people(3)), actor="ola")
        quick.publish(fresh.release_no, actor="ola")
        with pytest.raises(ParentMoved):
            slow.publish(stale.release_no, actor="anna")
        assert quick.read("party_record").num_rows == 3


def test_the_pointer_moves_from_the_parent_only(database, warehouse, prepare, people, release):
    release(people(1))
    prepared = prepare(people(2))
    database.execute_as_owner("UPDATE meta.release_pointer SET release_no = NULL")
    with pytest.raises(ParentMoved):
        warehouse.publish(prepared.release_no, actor="anna")


@pytest.mark.parametrize("number", [pytest.param(2, id="abandoned"), pytest.param(9, id="unknown")])
def test_a_number_without_a_release_cannot_be_read(warehouse, prepare, people, release, number):
    release(people(1))
    warehouse.abandon(prepare(people(2)).release_no)
    for ask in (lambda: warehouse.read("crosswalk", release_no=number), lambda: warehouse.verify(number)):
        with pytest.raises(UsageError, match="cannot be read"):
            ask()


def test_a_prepared_release_can_be_looked_at(warehouse, prepare, people, release):
    release(people(1))
    prepared = prepare(people(4))
    assert warehouse.read("crosswalk", release_no=prepared.release_no).num_rows == 4
    assert warehouse.read("crosswalk").num_rows == 1
    assert warehouse.verify(prepared.release_no).equal


def test_a_forgotten_table_is_refused(warehouse, people, content_of, inputs):
    content = content_of(people(1))
    del content["relationship"]
    with pytest.raises(BugError, match="relationship"):
        warehouse.prepare(kind="cutover", inputs=inputs("poznan"), content=content, actor="anna")


def test_a_row_twice_is_refused_and_its_values_stay_out_of_the_message(warehouse, people, prepare, release):
    with pytest.raises(BugError) as raised:
        prepare(people(2) + people(1, balance=7))
    assert "zt63" not in str(raised.value)
    assert raised.value.__suppress_context__
    assert release(people(2)).state == "published"


def test_writing_needs_the_reference_key(database, people, content_of, inputs):
    with Warehouse(database.url()) as keyless, pytest.raises(ConfigurationError, match="reference key"):
        keyless.prepare(kind="feed", inputs=inputs("poznan"), content=content_of(people(1)), actor="anna")


def test_publishing_moves_the_unit_in_the_same_transaction(warehouse, prepare, people):
    prepared = prepare(people(2))
    with pytest.raises(GateFailed, match="cannot become live"):
        warehouse.publish(prepared.release_no, actor="anna", unit="poznan", unit_state="live")
    assert (warehouse.current(), warehouse.unit_states()["poznan"].state) == (None, "planned")


def test_readers_see_the_old_or_the_new_release_never_a_mix(database, warehouse, people, release):
    small, large = people(10), people(25, balance=300)
    release(small)
    seen, stop = set(), threading.Event()
    question = """
        SELECT (SELECT count(*) FROM bi.customer), (SELECT count(*) FROM bi.customer_source),
               (SELECT sum(balance_grosze) FROM bi.customer),
               (SELECT records FROM bi.unit_status WHERE unit = 'poznan')"""

    def read() -> None:
        with psycopg.connect(database.url("blekit_bi"), autocommit=True) as connection:
            while not stop.is_set():
                seen.add(tuple(map(int, connection.execute(question).fetchone())))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(12):
        release(small if number % 2 else large)
    stop.set()
    for reader in readers:
        reader.join()
    assert seen == {(10, 10, -12500, 10), (25, 25, 7500, 25)}
