"""Every event once, in its master's system, about somebody that system can name; the same seed, the same life."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stdnum import iban

import estate
from config.errors import ConfigurationError
from config.sources import all_sources
from config.units import UNITS, collection_points
from estate.life import Life, access
from estate.life.book import STILL_OPEN, cutover_days
from estate.life.clock import wall_day
from estate.life.contacts import ABANDONED, ANSWERED, FOR_FIRMS, FOR_PERSONS, PHANTOM, ended
from estate.life.demand import read_demand
from estate.life.events import ACCOUNT, BARCODE, EMAIL, LOGIN, NEW_ACCOUNT, NOTHING
from estate.life.letters import barcodes
from estate.life.masters import regions_of_points
from estate.life.orders import ACTIVE, CANCELLED, NEOSTRADA, ON_9393
from estate.people import NONE

TABLES = tuple(f.name for f in fields(Life) if f.name not in ("book", "access"))
OFFICE_TABLES = ("orders", "resignations", "complaints", "faults", "invoices", "payments", "visits")
DEMAND = Path(estate.__file__).with_name("demand.yml")


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_whole(lived: Any, name: str) -> None:
    table = getattr(lived.life, name)
    assert len(table)
    assert {len(getattr(table, f.name)) for f in fields(table)} == {len(table)}
    assert (table.party >= NONE).all()
    assert (table.party < len(lived.book)).all()
    assert wall_day(table.minute).max() <= 13_513  # 31 December 2006
    order = np.lexsort((table.minute, table.source))
    assert (order == np.arange(len(table))).all()
    assert (table.named_by[table.party == NONE] == NOTHING).all()


@pytest.mark.parametrize(
    "names",
    [*((name,) for name in TABLES), ("orders", "work_orders", "resignations", "needs", "enquiries")],
    ids=[*TABLES, "order system"],
)
def test_numbers_are_unique_in_their_system(life: Life, names: tuple[str, ...]) -> None:
    tables = [getattr(life, name) for name in names]
    pairs = np.concatenate([np.stack([table.source, table.number]) for table in tables], axis=1)
    assert len(np.unique(pairs, axis=1).T) == sum(map(len, tables))


@pytest.mark.parametrize("name", OFFICE_TABLES)
def test_the_master_is_the_points_system_until_the_cutover(lived: Any, name: str) -> None:
    table, book = getattr(lived.life, name), lived.book
    known = table.party != NONE
    party, source = table.party[known], table.source[known]
    codes = np.array([system.point_code for system in all_sources()])[source]
    points = np.array([point.code for point in collection_points()])
    central = wall_day(table.minute[known]) >= book.live_day[party]
    own = book.line_point if name == "visits" else book.point
    assert (codes[central] == "ZT99").all()
    assert (codes[~central] == points[own[party[~central]]]).all()


def test_nobody_calls_9393_before_its_cutover(lived: Any) -> None:
    """S10; only customers of the pilot do."""
    contacts, book = lived.life.contacts, lived.book
    on_platform = np.isin(contacts.line, (FOR_PERSONS, FOR_FIRMS))
    day, known = wall_day(contacts.minute), contacts.party != NONE
    region = cutover_days()[regions_of_points()[book.line_point[contacts.party]]]
    live = np.where(book.is_pilot[contacts.party], cutover_days()[0], region)
    assert (day >= live)[on_platform & known].all()
    assert (day < live)[~on_platform & known].all()
    assert day[on_platform & ~known].min() >= cutover_days()[1]


def test_a_call_is_as_long_as_its_outcome_allows(life: Life) -> None:
    contacts = life.contacts
    assert (contacts.talk_s[contacts.outcome != ANSWERED] == 0).all()
    assert (contacts.talk_s[contacts.outcome == ANSWERED] > 0).all()
    assert (contacts.agent[contacts.outcome == ANSWERED] > 0).all()
    assert not contacts.is_solved[contacts.outcome == ABANDONED].any()
    assert (contacts.case[contacts.outcome == PHANTOM] == NONE).all()


def test_returns_are_about_the_same_case_of_the_same_customer(lived: Any) -> None:
    contacts, book = lived.life.contacts, lived.book
    rows = np.flatnonzero(contacts.case != NONE)
    first = np.full(contacts.case.max() + 1, NONE)
    opening = rows[contacts.attempt[rows] == 0]
    first[contacts.case[opening]] = opening
    later = rows[(contacts.attempt[rows] > 0) & (contacts.party[rows] != NONE)]
    start = first[contacts.case[later]]
    assert (book.entity[contacts.party[later]] == book.entity[contacts.party[start]]).all()
    assert (contacts.topic[later] == contacts.topic[start]).all()
    assert (contacts.minute[later] > contacts.minute[start]).all()
    assert (contacts.party[later] != contacts.party[start]).mean() > 0.05


def test_a_call_handed_over_is_in_the_machine_and_in_the_queue(life: Life) -> None:
    handed = life.ivr.contact != NONE
    assert sorted(life.ivr.contact[handed].tolist()) == np.flatnonzero(life.contacts.from_ivr).tolist()
    assert (life.ivr.party[handed] == life.contacts.party[life.ivr.contact[handed]]).all()


def test_no_order_is_lost(life: Life) -> None:
    """S16: from the call to the order, its works, and the day it became active."""
    orders, works = life.orders, life.work_orders
    count = np.bincount(works.order, minlength=len(orders))
    assert ((count > 0) == (orders.status != CANCELLED)).all()
    last = np.full(len(orders), NONE)
    np.maximum.at(last, works.order, works.done_minute)
    active = orders.status == ACTIVE
    assert (last[active] == orders.closed_minute[active]).all()
    called = orders.contact != NONE
    assert (orders.minute[called] == ended(life.contacts, orders.contact[called])).all()
    assert ((orders.product == NEOSTRADA) & (orders.channel == ON_9393)).sum() > 100


@pytest.mark.parametrize(
    ("child", "column", "parent"),
    [
        pytest.param("complaints", "contact", "contacts", id="complaint made in a call"),
        pytest.param("complaints", "letter", "letters", id="complaint that came by letter"),
        pytest.param("complaints", "reopened_from", "complaints", id="complaint made again"),
        pytest.param("faults", "contact", "contacts", id="fault"),
        pytest.param("faults", "reopened_from", "faults", id="fault that came back"),
        pytest.param("messages", "thread", "messages", id="second message"),
        pytest.param("payments", "invoice", "invoices", id="payment"),
        pytest.param("surveys", "contact", "contacts", id="survey"),
        pytest.param("resignations", "contact", "contacts", id="resignation"),
    ],
)
def test_what_follows_is_about_the_same_party(life: Life, child: str, column: str, parent: str) -> None:
    table, other = getattr(life, child), getattr(life, parent)
    place = getattr(table, column)
    rows = np.flatnonzero(place != NONE)
    assert len(rows)
    assert (table.party[rows] == other.party[place[rows]]).all()
    assert (table.minute[rows] >= other.minute[place[rows]]).all()


def test_who_is_named_has_that_name(lived: Any) -> None:
    life, book = lived.life, lived.book
    for table in life.tables().values():
        mail = table.party[table.named_by == EMAIL]
        assert all(address for address in book.email[mail])
        assert (life.access.login[table.party[table.named_by == LOGIN]] != NONE).all()
    assert (book.entity[life.contacts.party[life.contacts.party != NONE]] != NONE).all()
    assert (book.closed[life.invoices.party] == STILL_OPEN).all()


def test_the_same_seed_lives_the_same_life(live_anew: Any) -> None:
    def digest(seed: int) -> str:
        hashed = hashlib.sha256()
        for table in live_anew(3000, seed).life.tables().values():
            for f in fields(table):
                hashed.update(getattr(table, f.name).tobytes())
        return hashed.hexdigest()

    assert digest(5) == digest(5)
    assert digest(5) != digest(6)


# None of ours runs in the threads that Python 3.12 warns of.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_the_life_changes_no_subscriber_file(tmp_path: Path) -> None:
    """Files and truth of the subscriber systems are those of before there was a life; two processes write the same."""
    estate.build(out=tmp_path / "out", truth=tmp_path / "truth", scale="3000", seed=7, workers=2)
    hashed = hashlib.sha256()
    files = [*tmp_path.glob("out/*-abonent/**/*"), *tmp_path.glob("out/zt99-pilot/**/*")]
    for path in sorted(path for path in files if path.is_file()):
        hashed.update(str(path.relative_to(tmp_path)).encode())
        hashed.update(path.read_bytes())
    assert hashed.hexdigest() == "8f62338da5791f3fc1576d765039842dbdd218119af2dd514c8eb49cb5ef1be4"


def test_bank_accounts_carry_right_check_digits(lived: Any) -> None:
    rows = np.arange(0, len(lived.book), 37)
    for nrb, old in (access.payment_accounts(lived.book, rows).texts(), access.own_accounts(lived.book, rows).texts()):
        assert all(iban.is_valid("PL" + number) for number in nrb)
        for new, former in zip(nrb, old, strict=True):
            unit, *parts = former.split("-")
            assert new[2:10] == unit
            assert new[10:] == "000" + "".join(parts)
            assert sum(int(d) * w for d, w in zip(unit, (7, 1, 3, 9, 7, 1, 3), strict=False)) % 10 == int(unit[7])


def test_the_new_account_number_holds_the_old_one(lived: Any) -> None:
    rows = np.arange(0, len(lived.book), 37)
    for at, new in zip(rows.tolist(), access.new_accounts(lived.book, rows), strict=True):
        assert len(new) == 12
        assert new[:2] == collection_points()[lived.book.point[at]].code[2:]
        assert int(new[2:11]) == int(lived.book.account[at])
    accounts, _ = access.payment_accounts(lived.book, rows).texts()
    assert [number[-12:] for number in accounts] == access.new_accounts(lived.book, rows).tolist()


def test_logins_are_all_different_and_some_stand_for_several_records(lived: Any) -> None:
    """S24."""
    entry = lived.life.access
    names = access.login_texts(entry, lived.book, np.arange(len(entry.login_row)))
    assert len(set(names.tolist())) == len(names)
    members = np.bincount(entry.login[entry.login != NONE], minlength=len(names))
    assert members.min() == 1
    assert (members > 1).any()
    assert (entry.orange > 0).any()


def test_a_complaint_is_named_by_the_barcode_its_letter_has(life: Life) -> None:
    complaints, letters = life.complaints, life.letters
    named = complaints.named_by == BARCODE
    assert (letters.barcode[complaints.letter[named]] > 0).all()
    assert (letters.barcode[complaints.letter[~named & (complaints.letter != NONE)]] == 0).all()


def test_barcodes_end_in_a_check_digit() -> None:
    assert barcodes(np.array([1])).tolist() == [590_000_000_013]


def test_books_account_forms_follow_the_time(life: Life) -> None:
    invoices = life.invoices
    assert (invoices.named_by[invoices.cycle == 0] == ACCOUNT).all()
    assert (invoices.named_by[invoices.cycle > 0] == NEW_ACCOUNT).all()
    assert UNITS[0].name == "pilot"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("stranger: 0.05", "strangr: 0.05", "stranger", id="misspelt"),
        pytest.param("phantom: 0.004", "phantom: 4", "phantom", id="no share"),
        pytest.param("- [2003-12-01, 7300]", "- [2001-12-01, 7300]", "calls_per_million", id="a curve that turns back"),
        pytest.param("invoice: 0.22, payment: 0.26", "payment: 0.26", "offices.topics", id="a topic is missing"),
        pytest.param("hotline: [0, ", "hotline: [", "hours.hotline", id="a day of 23 hours"),
        pytest.param('"calls not made": 0.38', '"calls": 0.38', "complaints.justified", id="no such category"),
    ],
)
def test_a_wrong_demand_says_where(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = DEMAND.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "demand.yml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        read_demand(path)
