"""From raw rows of event systems to standard events, and to whose they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.kinds import EventRules, Kind
from config.units import CollectionPoint, point_with_code
from transforms import standardise_events
from transforms.events.measures import clean_line, parse_count
from transforms.events.references import (
    account_in_payment_account,
    clean_payment_account,
    read_title,
    split_new_account,
)
from transforms.events.when import read_stamps

UTC = dt.UTC
CALLS = Kind(
    kind="calls",
    title="Calls",
    format="informix_unload",
    code_page="cp852",
    files={"main": "CALLS.UNL"},
    key=("_business_date", "_record_no"),
    columns={
        "DATA": "occurred_date",
        "CZAS": "occurred_time",
        "NR_A": "party_phone",
        "NR_AB": "party_account",
        "TEMAT": "topic",
        "WYNIK": "outcome",
        "CZEKAL": "wait",
        "KWOTA": "amount",
    },
    required=("DATA",),
    date_formats={"DATA": "DD.MM.YYYY", "CZAS": "HH:MI:SS"},
    event=EventRules(
        type="contact",
        codes={"WYNIK": {"1": "answered", "2": "abandoned"}, "TEMAT": {"R": "invoice"}},
        constants={"channel": "phone"},
        exclude={"WYNIK": {"T": "test_call"}},
    ),
    decimal_comma=True,
)


@dataclass(frozen=True)
class Source:
    """A system of Poznań."""

    kind: Kind = CALLS
    source_id: str = "zt63-il-rachunki"
    point_code: str = "ZT63"
    unit: str = "poznan"

    @property
    def point(self) -> CollectionPoint:
        return point_with_code(self.point_code)


@pytest.fixture
def events(raw_table, lookups):
    """``events({...}, {...})``: standardised rows of the calls of Poznań, delivered on 27 October 2003."""

    def make(*rows: dict[str, str], kind: Kind = CALLS, deleted: tuple[int, ...] = ()):
        usual = {"DATA": "22.10.2003", "CZAS": "14:12:05", "WYNIK": "1"} if kind is CALLS else {}
        table = raw_table(kind, [usual | row for row in rows], deleted=deleted)
        return standardise_events(
            table,
            source=Source(kind),
            batch_id="zt63-il-rachunki:1",
            business_date=dt.date(2003, 10, 27),
            lookups=lookups,
        )

    return make


def test_a_call_becomes_an_event(events):
    (row,) = events({"NR_A": "8525252", "NR_AB": "00-0123", "TEMAT": "R", "CZEKAL": "1:05"}).records.to_pylist()
    told = {name: value for name, value in row.items() if value is not None}
    assert told == {
        "event_id": "zt63-il-rachunki:2003-10-27/0",
        "event_type": "contact",
        "source_id": "zt63-il-rachunki",
        "point_code": "ZT63",
        "raw_key": "2003-10-27/0",
        "batch_id": "zt63-il-rachunki:1",
        "business_date": dt.date(2003, 10, 27),
        "sequence": 0,
        "occurred_on": dt.date(2003, 10, 22),
        "occurred_at": dt.datetime(2003, 10, 22, 12, 12, 5, tzinfo=UTC),
        "party_account": "123",
        "party_phone": "618525252",
        "channel": "phone",
        "topic": "invoice",
        "outcome": "answered",
        "wait_s": 65,
    }


@pytest.mark.parametrize(
    ("row", "reason", "detail"),
    [
        pytest.param({"DATA": "31.02.2003"}, "occurred_invalid", "DATA", id="no such day"),
        pytest.param({"DATA": "00.00.0000"}, "occurred_sentinel", "DATA", id="zeros"),
        pytest.param({"DATA": "29.10.2003"}, "occurred_implausible", "DATA", id="after its delivery"),
        pytest.param({"DATA": " "}, "required_missing", "DATA", id="a required column is empty"),
        pytest.param({"WYNIK": "9"}, "unknown_category", "WYNIK", id="a code nobody told us about"),
    ],
)
def test_rows_that_break_a_promise_are_rejects(events, row, reason, detail):
    made = events(row, {})
    (reject,) = made.rejects.to_pylist()
    assert (made.records.num_rows, reject["reason"], reject["detail"]) == (1, reason, detail)


def test_an_amount_is_required_only_where_its_kind_says(events):
    required = CALLS.model_copy(update={"required": ("KWOTA",)})
    rows = {"DATA": "22.10.2003", "CZAS": "14:12:05", "KWOTA": "12,3x"}
    assert events(rows, kind=required).rejects["reason"].to_pylist() == ["unreadable_amount"]
    assert events(rows).records["amount_grosze"].to_pylist() == [None]


def test_what_is_no_event_is_excluded_by_name(events):
    made = events({"WYNIK": "T"}, {}, {}, deleted=(2,))
    assert made.excluded["reason"].to_pylist() == ["test_call", "deleted"]
    assert made.records.num_rows == 1


def test_a_clock_nobody_can_read_leaves_the_day(events):
    (row,) = events({"CZAS": "99:99:99"}).records.to_pylist()
    assert (row["occurred_on"], row["occurred_at"]) == (dt.date(2003, 10, 22), None)


@pytest.mark.parametrize(
    ("layout", "typed", "instant"),
    [
        pytest.param("MMDDYY HHMI", "102203 1412", "2003-10-22T12:12:00", id="call detail"),
        pytest.param("DD-MON-RR", "22-OCT-03", None, id="Oracle, a day only"),
        pytest.param("APACHE", "[22/Oct/2003:14:12:05 +0200]", "2003-10-22T12:12:05", id="Apache with its offset"),
        pytest.param("RFC2822", "Wed, 22 Oct 2003 14:12:05 +0200", "2003-10-22T12:12:05", id="mail with its offset"),
        pytest.param("ISO", "2003-01-22T14:12:05", "2003-01-22T13:12:05", id="winter time"),
        pytest.param("DD.MM.YYYY HH:MI", "30.03.2003 02:30", "2003-03-30T01:00:00", id="the hour that is missing"),
    ],
)
def test_clocks_of_all_sorts_tell_an_instant(layout, typed, instant):
    read = read_stamps(pd.Series([typed], dtype="string"), layout=layout, business_date=dt.date(2003, 10, 27))
    expected = pd.NaT if instant is None else pd.Timestamp(instant, tz="UTC")
    assert read["reason"].isna().all()
    assert read["at"].iloc[0] is expected or read["at"].iloc[0] == expected


def test_the_hour_that_comes_twice_is_told_apart_by_the_order_of_the_log():
    clock = ["01:59", "02:10", "02:50", "02:05", "02:40", "02:59", "03:01"]
    typed = pd.Series([f"26.10.2003 {time}" for time in clock], dtype="string")
    read = read_stamps(typed, layout="DD.MM.YYYY HH:MI", business_date=dt.date(2003, 10, 27))
    told = read["at"].dt.strftime("%d %H:%M").tolist()
    assert told == ["25 23:59", "26 00:10", "26 00:50", "26 01:05", "26 01:40", "26 01:59", "26 02:01"]


@given(st.lists(st.text(alphabet="0123456789.:- ", max_size=20), min_size=1, max_size=5))
def test_any_text_is_an_instant_or_has_a_reason(texts):
    read = read_stamps(pd.Series(texts, dtype="string"), layout="DD.MM.YYYY HH:MI", business_date=dt.date(2003, 10, 27))
    assert (read["on"].isna() == read["reason"].notna()).all()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("125", 125, id="seconds"),
        pytest.param("2:05", 125, id="minutes and seconds"),
        pytest.param("1:02:05", 3725, id="with hours"),
        pytest.param("5.0", 5, id="a number out of a sheet"),
        pytest.param("-5", None, id="negative"),
        pytest.param("5,5", None, id="no whole number"),
        pytest.param("?", None, id="no number"),
    ],
)
def test_counts_and_durations(typed, expected):
    assert parse_count(typed) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        pytest.param("ZA TELEFON 061 852 52 52", (None, "618525252", None), id="telephone"),
        pytest.param("nr klienta 00123456", ("123456", None, None), id="account"),
        pytest.param("abonent 123456 tel. 8525252", ("123456", "618525252", None), id="both"),
        pytest.param("za lipiec, pozdrawiam", (None, None, None), id="greetings"),
        pytest.param("fv f63/03/8012345", (None, None, "F63/03/8012345"), id="an invoice is no telephone"),
    ],
)
def test_what_people_write_as_the_title_of_a_payment(title, expected, lookups):
    assert read_title(title, area_code="61", lookups=lookups) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("631191524817", ("ZT63", "119152481"), id="twelve digits"),
        pytest.param("63 1191 5248 17", ("ZT63", "119152481"), id="in groups"),
        pytest.param("010000000122", ("ZT01", "12"), id="a short account"),
        pytest.param("23105000862003631191524817", ("ZT63", "119152481"), id="at the end of a bank account"),
        pytest.param("12401636-2631-191524-817", ("ZT63", "119152481"), id="the bank account of before"),
        pytest.param("631191524812", (None, None), id="wrong check digit"),
        pytest.param("119152481", (None, None), id="an account of before"),
    ],
)
def test_numbers_given_at_the_cutover_tell_the_point(typed, expected):
    assert split_new_account(typed) == expected


@pytest.mark.parametrize(
    ("typed", "account", "kept"),
    [
        pytest.param("08124010110002000007944089", "7944089", "08124010110002000007944089", id="NRB of before"),
        pytest.param("12401063-2000-123456-789", "123456789", "124010632000123456789", id="the old form of it"),
        pytest.param("50124014990002990053781660", None, "50124014990002990053781660", id="a new number is no old one"),
        pytest.param("23124010630002000000000000", None, None, id="the company's own names nobody"),
        pytest.param("12401063-2000-000000-000", None, None, id="in the old form neither"),
        pytest.param("brak", None, None, id="none"),
    ],
)
def test_a_bank_account_of_before_ends_with_the_number_at_the_point(typed, account, kept):
    assert account_in_payment_account(typed) == account
    assert clean_payment_account(typed) == kept


PAYMENTS = Kind(
    kind="payments",
    title="Payments",
    format="informix_unload",
    code_page="cp852",
    files={"main": "PAID.UNL"},
    key=("NR",),
    columns={
        "NR": "number",
        "WALUTA": "occurred_date",
        "KSIEG": "occurred_date",
        "ZNAK": "outcome",
        "KWOTA": "amount",
        "RACH": "party_payment_account",
        "TYTUL": "party_title",
    },
    date_formats={"WALUTA": "YYMMDD", "KSIEG": "YYMMDD"},
    event=EventRules(
        type="payment",
        amount_unit="grosze",
        codes={"ZNAK": {"C": "booked", "RC": "reversed"}},
        negative={"ZNAK": ("RC",)},
    ),
)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        pytest.param({}, {"amount_grosze": 1205}, id="paid"),
        pytest.param({"ZNAK": "RC"}, {"amount_grosze": -1205, "outcome": "reversed"}, id="taken back"),
        pytest.param(
            {"WALUTA": "030230"}, {"occurred_on": dt.date(2003, 10, 22)}, id="30 February: the day it was booked"
        ),
        pytest.param({"WALUTA": "031021"}, {"occurred_on": dt.date(2003, 10, 21)}, id="the first day counts"),
        pytest.param({"TYTUL": "tel. 85252|52"}, {"party_phone": "618525252"}, id="a title broken in a number"),
        pytest.param({"TYTUL": "fv F63/03/0000012"}, {"party_invoice": "F63/03/0000012"}, id="an invoice"),
        pytest.param(
            {"RACH": "12401063-2000-123456-789", "TYTUL": "tel. 8525252"},
            {"party_account": "123456789", "party_phone": None},
            id="the account money went to counts, not the title",
        ),
    ],
)
def test_what_a_payment_tells(events, row, told):
    usual = {"NR": "1", "WALUTA": "031022", "KSIEG": "031022", "ZNAK": "C", "KWOTA": "1205"}
    (event,) = events(usual | row, kind=PAYMENTS).records.to_pylist()
    assert {name: event[name] for name in told} == told


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("9393", "9393", id="a service"),
        pytest.param("8009510", "618009510", id="a local number"),
        pytest.param("0618009510", "618009510", id="with the trunk zero"),
        pytest.param("0-801 100 003", "801100003", id="a product line"),
        pytest.param("?", None, id="no number"),
    ],
)
def test_what_was_dialled(typed, expected):
    assert clean_line(typed, area_code="61") == expected


def test_a_kind_of_events_refuses_roles_of_parties():
    with pytest.raises(ValueError, match="role 'pesel' is none of a kind that delivers events"):
        Kind.model_validate(CALLS.model_dump() | {"columns": {"PESEL": "pesel"}})


def test_a_code_means_a_known_word():
    with pytest.raises(ValueError, match="no such outcome"):
        rules = CALLS.model_dump()
        rules["event"]["codes"] = {"WYNIK": {"1": "splendid"}}
        Kind.model_validate(rules)


def test_rules_name_a_known_type():
    with pytest.raises(ValueError, match="no event type"):
        EventRules(type="party")


def test_what_is_open_has_no_day_of_closing(events):
    orders = CALLS.model_copy(
        update={
            "columns": {**CALLS.columns, "ZAMK": "closed_date"},
            "date_formats": {**CALLS.date_formats, "ZAMK": "RR/MM/DD"},
            "event": EventRules(type="order", codes={"WYNIK": {"R": "open", "Z": "done"}, "TEMAT": {}}),
        }
    )
    usual = {"DATA": "22.10.2003", "CZAS": "14:12:05", "ZAMK": "99/12/31"}
    rows = events(usual | {"WYNIK": "R"}, usual | {"WYNIK": "Z"}, kind=orders).records.to_pylist()
    assert [(row["closed_on"], row["issues"]) for row in rows] == [
        (None, "closed_on_of_open"),
        (dt.date(1999, 12, 31), None),
    ]


@pytest.mark.parametrize(
    ("layout", "calendar", "typed", "told"),
    [
        pytest.param("EXCEL", "1900", "37916", ("2003-10-22", None), id="a day"),
        pytest.param("EXCEL", "1900", "37916.75", ("2003-10-22", None), id="a day, its hour left alone"),
        pytest.param("EXCEL", "1904", "36454", ("2003-10-22", None), id="a day out of a Macintosh"),
        pytest.param("EXCEL EXCEL", "1900", "37916 0.591666666666667", ("2003-10-22", "12:12"), id="day and time"),
        pytest.param("EXCEL EXCEL", "1904", "36454.591666666667", ("2003-10-22", "12:12"), id="both in one cell"),
        pytest.param("EXCEL EXCEL", "1900", "0.59", "implausible", id="a time without a day"),
        pytest.param("EXCEL", "1900", "0", "sentinel", id="a day of nought"),
        pytest.param("EXCEL", "1904", "37916", "implausible", id="the other calendar"),
        pytest.param("EXCEL", "1900", "22.10.2003", "invalid", id="a text"),
        pytest.param("EXCEL", "1900", "2958465", "invalid", id="the year 9999"),
    ],
)
def test_serial_days_of_excel(layout, calendar, typed, told):
    read = read_stamps(
        pd.Series([typed], dtype="string"),
        layout=layout,
        business_date=dt.date(2003, 10, 27),
        calendar=pd.Series([calendar], dtype="string"),
    )
    (row,) = read.to_dict("records")
    if isinstance(told, str):
        assert row["reason"] == told and pd.isna(row["on"]) and pd.isna(row["at"])
    else:
        at = None if pd.isna(row["at"]) else f"{row['at']:%H:%M}"
        assert (f"{row['on']:%Y-%m-%d}", at) == told


@pytest.mark.parametrize("texts", [[], [None], [None, "37916 0.5"]], ids=["no rows", "nothing", "some"])
def test_serial_days_may_be_missing(texts):
    read = read_stamps(pd.Series(texts, dtype="string"), layout="EXCEL EXCEL", business_date=dt.date(2003, 10, 27))
    assert read["reason"].isna().tolist() == [text is not None for text in texts]


def test_a_wait_in_minutes_comes_out_in_seconds(events):
    minutes = CALLS.model_copy(update={"event": CALLS.event.model_copy(update={"minutes": ("CZEKAL",)})})
    rows = [{"DATA": "22.10.2003", "CZAS": "14:12:05", "WYNIK": "1", "CZEKAL": wait} for wait in ("17", "0", "x")]
    assert events(*rows, kind=minutes).records["wait_s"].to_pylist() == [1020, 0, None]


DESK = Kind(
    kind="desk",
    title="Complaints, visits and call records in one",
    format="informix_unload",
    code_page="cp1250",
    files={"main": "DESK.UNL"},
    key=("NR",),
    columns={
        "NR": "number",
        "DATA": "occurred_date",
        "SPORNA": "disputed_amount",
        "UZNANA": "amount",
        "TERMIN": "due_date",
        "ZAMK": "is_solved",
        "ARKUSZ": "office",
        "ZALICZONO": "units",
        "KLIENT": "party_name",
    },
    required=("NR",),
    date_formats={"DATA": "DD.MM.YYYY", "TERMIN": "DD.MM.YYYY"},
    event=EventRules(type="complaint", codes={"ZAMK": {"T": "yes", "N": "no"}}),
    decimal_comma=True,
)


@pytest.mark.parametrize(
    ("row", "column", "expected", "issues"),
    [
        pytest.param({"SPORNA": "100,10", "UZNANA": "5,00"}, "disputed_grosze", 10_010, None, id="in dispute"),
        pytest.param({"SPORNA": "100,10", "UZNANA": "5,00"}, "amount_grosze", 500, None, id="granted"),
        pytest.param({"SPORNA": "?"}, "disputed_grosze", None, "disputed_grosze_unreadable", id="nobody can read it"),
        pytest.param({"TERMIN": "21.11.2003"}, "due_on", dt.date(2003, 11, 21), None, id="due"),
        pytest.param({"ZAMK": "T"}, "is_solved", True, None, id="solved"),
        pytest.param({"ZAMK": "N"}, "is_solved", False, None, id="not solved"),
        pytest.param({}, "is_solved", None, None, id="nobody served"),
        pytest.param({"ARKUSZ": "BOK 3 (2)"}, "office_number", 3, None, id="a second sheet of an office"),
        pytest.param({"ARKUSZ": "Razem"}, "office_number", None, "office_number_unreadable", id="no office"),
        pytest.param({"ZALICZONO": "17"}, "units", 17, None, id="units"),
        pytest.param({"KLIENT": "Nowak  Jan"}, "party_name", "Nowak  Jan", None, id="a name as stored"),
        pytest.param({"KLIENT": "NOWAK JAN|DLUGA 1"}, "party_name", "NOWAK JAN", None, id="a name before an address"),
    ],
)
def test_what_else_an_event_tells(events, row, column, expected, issues):
    told = events({"NR": "1", "DATA": "22.10.2003"} | row, kind=DESK).records.to_pylist()[0]
    assert (told[column], told["issues"]) == (expected, issues)


def test_a_word_for_solved_that_nobody_knows_is_a_reject(events):
    assert events({"NR": "1", "DATA": "22.10.2003", "ZAMK": "?"}, kind=DESK).rejects["reason"].to_pylist() == [
        "unknown_category"
    ]
