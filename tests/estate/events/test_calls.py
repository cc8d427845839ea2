"""Logs of calls, read by plain readers that know nothing of ours and compared with the life they tell of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from config.sources import source_with_id
from estate.digits import texts_of
from estate.draw import stream
from estate.life import Life, load_demand, make_book, make_life
from estate.life.book import source_position
from estate.life.clock import absolute_minutes
from estate.life.events import NEW_ACCOUNT, PHONE
from estate.pilot import pilot_entities
from estate.rates import load_rates
from estate.systems.events import WRITERS, Period, Telling, WrittenEvents
from estate.systems.events.a10 import integer, tbcd
from estate.systems.events.calling import CLOSED_PLAN, Site, call_numbers, shown_numbers
from estate.world import make_world

WARSAW = ZoneInfo("Europe/Warsaw")
ALL = Period(dt.date(2006, 12, 31), 0, 10**9)
CLEAN = {"f05": 0.0, "f15": 0.0, "f22": 0.0, "f23_wait": 0.0, "f24_account": 0.0, "skewed_sites": 0.0}
PUNCTUAL = {**CLEAN, "cdr_rerun": 0.0, "cdr_truncated": 0.0}
Tell = Callable[..., tuple[WrittenEvents, bytes]]


@pytest.fixture(scope="module")
def life() -> Life:
    """The life of some hundred customers."""
    rates = load_rates()
    world = make_world(5, 500, rates)
    book = make_book(world, rates, pilots=pilot_entities(world, rates, customers=500))
    return make_life(world, book, load_demand(), scale=500 / rates.customers["nation"])


@pytest.fixture
def tell(life: Life) -> Tell:
    """``tell("a5", "zt63-cti", f15=0.5)``: all that a system knows as written at these rates, and its bytes."""

    def write(
        kind: str, source_id: str, *, life: Life = life, period: Period = ALL, rows: int | None = None, **rates: float
    ) -> tuple[WrittenEvents, bytes]:
        (writer,) = (writer for writer in WRITERS if writer.kind == kind)
        source = source_with_id(source_id)
        (name,) = writer.tables
        own = np.flatnonzero(life.tables()[name].source == source_position(source_id))[:rows]
        calls = load_rates().calls.model_copy(update={**PUNCTUAL, **rates})
        told = load_rates().model_copy(update={"calls": calls})
        written = writer.write(Telling(life, source, period, {name: own}, stream(1, "calls"), told))
        return written, written.files[0][1]

    return write


def records(written: WrittenEvents, content: bytes) -> Iterator[bytes]:
    """The bytes of each record, as its place says."""
    for offset, length in zip(written.offset.tolist(), written.length.tolist(), strict=True):
        yield content[offset : offset + length]


def wall(minute: int) -> dt.datetime:
    """What the clock on the wall showed, by the library of the zone."""
    return dt.datetime.fromtimestamp(minute * 60, tz=WARSAW).replace(tzinfo=None)


# -- hotlines and platforms ---------------------------------------------------------------------------------------

CDR = {
    "when": (0, 11),
    "talk": (12, 18),
    "caller": (18, 34),
    "dialled": (34, 58),
    "account": (58, 73),
    "call": (73, 93),
    "wait": (93, 98),
    "outcome": (98, 105),
    "topic": (105, 111),
    "point": (116, 120),
}


def cdr_lines(content: bytes) -> list[dict[str, str]]:
    """Lines of call detail cut at their places."""
    lines = content.decode("cp852").split("\r\n")
    assert lines.pop() == "" and {len(line) for line in lines} <= {122}
    return [{name: line[first:end].strip() for name, (first, end) in CDR.items()} for line in lines]


@pytest.mark.parametrize("source_id", ["zt27-cti", "zt01-il-rachunki"])
def test_call_detail_tells_the_calls_of_its_system(tell: Tell, life: Life, source_id: str) -> None:
    written, content = tell("a5", source_id)
    lines, contacts = cdr_lines(content), life.contacts
    assert len(lines) == len(written.row) > 10
    for line, row, key in zip(lines, written.row.tolist(), written.keys.tolist(), strict=True):
        assert line["when"] == wall(contacts.minute[row]).strftime("%m%d%y %H%M")
        assert (int(line["talk"]), int(line["wait"])) == (contacts.talk_s[row], contacts.wait_s[row])
        assert int(line["dialled"]) == contacts.line[row]
        assert (line["outcome"], line["call"]) == (("AGENT", "HANG", "PHANTOM")[contacts.outcome[row]], key)
        assert bool(line["topic"]) == bool(contacts.talk_s[row] or contacts.from_ivr[row])
        if line["caller"] not in ("", "ANONIM", "0000000000"):
            assert str(contacts.ani[row]).endswith(line["caller"][-7:])
        assert bool(line["account"]) == (contacts.named_by[row] > PHONE)
    assert len(set(written.keys.tolist())) == len(lines)


def test_the_hour_that_comes_twice_stands_twice_in_the_log(tell: Tell, life: Life) -> None:
    clock = np.array([dt.datetime(2003, 10, 26, 2, minute).timestamp() for minute in (10, 50, 10, 50)]) // 60
    minutes = absolute_minutes(clock.astype(np.int64), second_time=np.array([False, False, True, True]))
    moved = life.contacts.minute.copy()
    moved[np.flatnonzero(life.contacts.source == source_position("zt27-cti"))[:4]] = minutes
    told = replace(life, contacts=replace(life.contacts, minute=moved))
    written, content = tell("a5", "zt27-cti", life=told, rows=4)
    assert [line["when"] for line in cdr_lines(content)] == [f"102603 02{minute}" for minute in (10, 50, 10, 50)]
    assert dict(written.defects)["F23"].tolist() == [2, 3]


@pytest.mark.parametrize(
    ("code", "rates"),
    [
        pytest.param("F05", {"f05": 1.0}, id="a clock that lost its date"),
        pytest.param("F22", {"f22": 1.0}, id="technicians try the line"),
        pytest.param("F23", {"f23_wait": 1.0}, id="negative waits"),
        pytest.param("F24", {"f24_account": 1.0}, id="mistyped accounts"),
    ],
)
def test_defects_of_call_detail_stand_where_the_truth_says(tell: Tell, life: Life, code: str, rates: dict) -> None:
    (clean, before), (written, after) = tell("a5", "zt27-cti"), tell("a5", "zt27-cti", **rates)
    lines, marked = cdr_lines(after), dict(written.defects)[code].tolist()
    assert len(lines) == len(clean.row) * (2 if code == "F22" else 1)
    faults = {
        "F05": lambda line: line["when"] in ("000000 0000", "999999 9999", "023003 0915"),
        "F22": lambda line: line["topic"] == "TEST",
        "F23": lambda line: line["wait"].startswith("-"),
        "F24": lambda line: line["account"] and line["account"] not in {good["account"] for good in cdr_lines(before)},
    }
    assert marked == [at for at, line in enumerate(lines) if faults[code](line)] and marked


def test_a_byte_that_was_lost_makes_its_line_shorter(tell: Tell) -> None:
    written, content = tell("a5", "zt27-cti", f15=0.5)
    lost = set(dict(written.defects)["F15"].tolist())
    lengths = [len(record) for record in records(written, content)]
    assert lost and lengths == [123 if at in lost else 124 for at in range(len(lengths))]
    assert sum(lengths) == len(content)


def test_a_site_whose_clock_is_off_says_so_once(tell: Tell, life: Life) -> None:
    written, content = tell("a5", "zt27-cti", skewed_sites=1.0)
    shown = [dt.datetime.strptime(line["when"], "%m%d%y %H%M") for line in cdr_lines(content)]
    off = {when - wall(life.contacts.minute[row]) for when, row in zip(shown, written.row.tolist(), strict=True)}
    off -= {each + dt.timedelta(hours=sign) for each in off for sign in (-1, 1)}
    assert len(off) == 1 and 2 <= abs(off.pop().total_seconds() / 60) <= 9
    assert written.file_defects == (("F23", 0, len(content)),)


@pytest.mark.parametrize(
    ("ani", "day", "expected"),
    [
        pytest.param(618525252, CLOSED_PLAN - 1, "8525252", id="the local exchange gives seven digits"),
        pytest.param(618525252, CLOSED_PLAN, "0618525252", id="the closed plan"),
        pytest.param(338123456, CLOSED_PLAN - 1, "0338123456", id="from elsewhere"),
        pytest.param(0, CLOSED_PLAN, "ANONIM", id="withheld"),
    ],
)
def test_how_a_caller_is_shown(ani: int, day: int, expected: str) -> None:
    site = Site(area_code=61, skew=0, layout="0{:09d}", withheld="ANONIM", local_share=1.0)
    shown = shown_numbers(stream(1), site, np.array([ani]), np.array([day * 24 * 60 + 600]))
    assert texts_of(shown).tolist() == [expected]


# -- talking machines ---------------------------------------------------------------------------------------------


def ivr_rows(content: bytes) -> list[list[str]]:
    """Fields of each line."""
    return [line.split("|") for line in content.decode("cp852").splitlines()]


def test_the_machine_tells_what_it_answered(tell: Tell, life: Life) -> None:
    written, content = tell("a5i", "zt27-ivr")
    rows, ivr, contacts = ivr_rows(content), life.ivr, life.contacts
    numbers = texts_of(call_numbers(source_with_id("zt27-cti"), contacts.number))
    calls = {key: row for row, key in enumerate(numbers.tolist())}
    assert len(rows) == len(written.row) > 10 and {len(fields) for fields in rows} == {12}
    for fields, row, key in zip(rows, written.row.tolist(), written.keys.tolist(), strict=True):
        number, when, _, _, line, topic, seconds, ending, pin, account, call, rest = fields
        assert (number, rest, int(seconds)) == (key, "", ivr.duration_s[row])
        assert when == f"{wall(ivr.minute[row]):%Y-%m-%d %H:%M}:{ivr.second[row]:02d}"
        assert topic == ("FAKTURA", "WPŁATA", "OFERTA")[ivr.topic[row]] if ending == "KONIEC" else topic
        assert (ending == "DORADCA") == bool(call) == (ivr.contact[row] >= 0)
        assert (pin == "T") == ivr.with_pin[row] and bool(account) == (ivr.named_by[row] == NEW_ACCOUNT)
        assert line in ("9393", "9330")
        if call:
            at = np.flatnonzero(contacts.source == source_position("zt27-cti"))[0]
            assert contacts.number[at] + ivr.contact[row] - at == int(call[5:]) and call in calls


def test_a_log_is_written_in_order(tell: Tell, life: Life) -> None:
    written, _ = tell("a5i", "zt27-ivr")
    seconds = life.ivr.minute[written.row] * 60 + life.ivr.second[written.row]
    assert (np.diff(seconds) >= 0).all()


def test_defects_of_the_machine_s_log(tell: Tell) -> None:
    written, content = tell("a5i", "zt27-ivr", f05=0.2, f15=0.2, f22=0.2)
    rows, marked = ivr_rows(content), {code: set(places.tolist()) for code, places in written.defects}
    assert {at for at, fields in enumerate(rows) if len(fields) != 12} == marked["F15"] != set()
    assert {at for at, fields in enumerate(rows) if fields[7] == "TEST"} == marked["F22"] != set()
    bad = {at for at, fields in enumerate(rows) if fields[1][:4] in ("0000", "9999") or "02-30" in fields[1]}
    assert bad == marked["F05"] != set()
    assert (written.row < 0).nonzero()[0].tolist() == sorted(marked["F22"])


# -- exchanges ----------------------------------------------------------------------------------------------------


def ber_records(content: bytes) -> list[dict[int, bytes]]:
    """Records of a file by tag, one octet after another; a cut one is left out."""
    found, at = [], 0
    while at < len(content):
        if content[at] == 0xFF:
            at += 1
            continue
        assert content[at] == 0xA0 and content[at + 1] < 0x80
        end, place, elements = at + 2 + content[at + 1], at + 2, {}
        if end > len(content):
            break
        assert at // 2048 == (end - 1) // 2048
        while place < end:
            tag, length = content[place], content[place + 1]
            elements[tag - 0x80] = content[place + 2 : place + 2 + length]
            place += 2 + length
        found.append(elements)
        at = end
    return found


def number_of(octets: bytes) -> int:
    return int.from_bytes(octets, "big", signed=True)


def telephone(octets: bytes) -> str:
    return "".join(f"{octet & 15:x}{octet >> 4:x}" for octet in octets).rstrip("f")


def test_exchanges_write_the_calls(tell: Tell, life: Life) -> None:
    written, content = tell("a10", "zt99-cdr")
    found, usage = ber_records(content), life.usage
    assert len(content) % 2048 == 0 and len(found) == len(written.row) > 10
    for elements, row, key in zip(found, written.row.tolist(), written.keys.tolist(), strict=True):
        assert f"{number_of(elements[0])}/{number_of(elements[2])}" == key
        assert telephone(elements[3]) == str(life.book.phone[usage.party[row]])
        assert telephone(elements[4]) == str(usage.called[row])
        if key.endswith("/0"):
            assert elements[5].hex() == f"{wall(usage.minute[row]):%y%m%d%H%M}{usage.second[row]:02d}"
            assert (number_of(elements[6]), number_of(elements[7])) == (usage.duration_s[row], usage.units[row])
    assert [number_of(elements[1]) for elements in found] == list(range(1, len(found) + 1))
    ((code, offset, length),) = written.file_defects
    assert (code, offset + length) == ("F25", len(content)) and offset in written.offset.tolist()


def at_ten_seconds_to_midnight(life: Life) -> Life:
    """All the calls began then."""
    usage, size = life.usage, len(life.usage)
    evening = absolute_minutes(usage.minute // 1440 * 1440 + 23 * 60 + 59, second_time=np.zeros(size, dtype=bool))
    return replace(life, usage=replace(usage, minute=evening, second=np.full(size, 50), duration_s=np.full(size, 70)))


def test_a_call_past_midnight_is_two_records(tell: Tell, life: Life) -> None:
    written, content = tell("a10", "zt99-cdr", life=at_ten_seconds_to_midnight(life), rows=1)
    first, second = ber_records(content)
    day = wall(life.usage.minute[0])
    assert (first[5].hex(), number_of(first[6])) == (f"{day:%y%m%d}235950", 10)
    assert (second[5].hex(), number_of(second[6])) == (f"{day + dt.timedelta(days=1):%y%m%d}000000", 60)
    assert number_of(first[7]) + number_of(second[7]) == life.usage.units[0]
    assert [key.partition("/")[2] for key in written.keys] == ["1", "2"] and first[0] == second[0]


def test_a_rerun_writes_a_stretch_once_more(tell: Tell) -> None:
    written, content = tell("a10", "zt99-cdr", cdr_rerun=0.3)
    again = dict(written.defects)["F12"].tolist()
    found = list(records(written, content))
    assert again == list(range(again[0], again[-1] + 1)) and len(again) == round(0.3 * (len(found) - len(again)))
    assert found[again[0] : again[-1] + 1] == found[again[0] - len(again) : again[0]]


def test_the_last_record_is_cut_off(tell: Tell) -> None:
    written, content = tell("a10", "zt99-cdr", cdr_truncated=1.0)
    (cut,) = dict(written.defects)["F11"].tolist()
    assert cut == len(written.row) - 1 == len(ber_records(content))
    assert written.offset[cut] + written.length[cut] == len(content)


def test_a_date_is_lost(tell: Tell) -> None:
    written, content = tell("a10", "zt99-cdr", f05=0.3)
    lost = [at for at, elements in enumerate(ber_records(content)) if elements[5] == bytes(6)]
    assert lost and lost == dict(written.defects)["F05"].tolist()


@pytest.mark.parametrize(
    ("number", "octets"), [(0, "00"), (1, "01"), (127, "7f"), (128, "0080"), (255, "00ff"), (256, "0100")]
)
def test_integers_take_as_few_octets_as_they_can(number: int, octets: str) -> None:
    assert integer(number).hex() == octets


@pytest.mark.parametrize(("digits", "octets"), [("618525252", "1658525 2f2"), ("9393", "3939")])
def test_telephone_digits_are_swapped(digits: str, octets: str) -> None:
    assert tbcd(digits).hex() == octets.replace(" ", "")


# -- all of them --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "source_id", "size"),
    [("a5", "zt63-cti", 0), ("a5i", "zt63-ivr", 0), ("a10", "zt99-cdr", 2048)],
)
def test_a_delivery_of_nothing_is_a_legal_file(tell: Tell, kind: str, source_id: str, size: int) -> None:
    written, content = tell(kind, source_id, rows=0, **dict.fromkeys(PUNCTUAL, 1.0))
    assert (len(content), len(written.keys), len(written.offset)) == (size, 0, 0)


@pytest.mark.parametrize(("kind", "source_id"), [("a5", "zt63-cti"), ("a5i", "zt63-ivr"), ("a10", "zt99-cdr")])
def test_records_stand_at_their_places(tell: Tell, kind: str, source_id: str) -> None:
    written, content = tell(kind, source_id)
    ends = written.offset + written.length
    assert (written.offset[1:] >= ends[:-1]).all() and ends[-1] <= len(content)
    assert all(len(record) > 10 for record in records(written, content))
