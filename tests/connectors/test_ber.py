"""Call detail in BER, written here by an encoder that knows nothing of the reader."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from asyncssh.asn1 import TaggedDERObject, der_encode  # an encoder somebody else wrote
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import BadData, BlekitError, BudgetExceeded, ConfigurationError, ControlTotalsDiffer
from config.kinds import Budgets, Kind
from connectors.ber import read_ber
from connectors.ber_form import BerFormat, ber_format
from connectors.model import Ledger, RawFile

OPTIONS: dict[str, Any] = {
    "record_tags": "A0 A1",
    "elements": "NR:0:integer A:1:tbcd B:2:tbcd START:4:timestamp CZAS:5:integer "
    "WIAZKA:6.1:ia5 LINIA:6.2.0:integer KOD:40:hex",
    "sequence": "NR",
}
BLOCK = 128


def tlv(tag: str, content: bytes, *, long: int = 0) -> bytes:
    """An element; ``long`` forces that many octets of length."""
    size = len(content)
    octets = max(long, 0 if size < 128 else (size.bit_length() + 7) // 8)
    head = bytes([0x80 | octets]) + size.to_bytes(octets, "big") if octets else bytes([size])
    return bytes.fromhex(tag) + head + content


def tbcd(digits: str) -> bytes:
    digits += "F" * (len(digits) % 2)
    return bytes.fromhex("".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2)))


def integer(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)


def call(number: int, *more: bytes, a: str = "618525252", tag: str = "A0") -> bytes:
    parts = (
        tlv("80", integer(number)), tlv("81", tbcd(a)), tlv("82", tbcd("9393")),
        tlv("84", bytes.fromhex("031028091500")), tlv("85", integer(212)), *more,
    )  # fmt: skip
    return tlv(tag, b"".join(parts))


def in_blocks(*records: bytes, size: int = BLOCK, filler: bytes = b"\xff") -> bytes:
    blocks, block = b"", b""
    for record in records:
        if len(block) + len(record) > size:
            blocks, block = blocks + block.ljust(size, filler), b""
        block += record
    return blocks + (block.ljust(size, filler) if block else b"")


def form_of(
    options: dict[str, Any] | None = None, *pages: str, required: tuple[str, ...] = (), **more: Any
) -> BerFormat:
    wanted = {**(OPTIONS if options is None else options), **more}
    return ber_format(wanted, kind="test", pages=pages or ("ascii",), required=required)


def read_bytes(
    folder: Path, content: bytes, form: BerFormat, *, chunk: int = 50_000, window: int = 4096, **budgets: int
) -> RawFile:
    path = folder / "cdr.ber"
    path.write_bytes(content)
    ledger = Ledger(path.name, len(content), Budgets(**budgets))
    return RawFile.of(
        read_ber(path, form=form, ledger=ledger, chunk_records=chunk, window_bytes=window), ledgers=[ledger]
    )


def reasons(found: RawFile) -> list[str]:
    return [str(reason) for reason in found.quarantine["reason"].to_pylist()]


def check_conservation(found: RawFile) -> None:
    (account,) = found.accounts
    assert account.is_balanced
    spans = list(zip(found.records["_offset"].to_pylist(), found.records["_length"].to_pylist(), strict=True))
    spans += list(zip(found.quarantine["offset"].to_pylist(), found.quarantine["length"].to_pylist(), strict=True))
    spans.sort()
    assert all(offset + length <= following for (offset, length), (following, _) in itertools.pairwise(spans))
    assert sum(length for _, length in spans) == account.records + account.quarantined


def one(tmp_path: Path, elements: str, content: bytes, *pages: str) -> tuple[Any, list[str]]:
    """The value of the only element of a record, and what was wrong with it."""
    form = form_of({"record_tags": "30", "elements": f"X:{elements}"}, *pages)
    found = read_bytes(tmp_path, tlv("30", content), form)
    assert not found.quarantine.num_rows, reasons(found)
    return found.records["X"][0].as_py(), found.issues["reason"].to_pylist()


def test_a_call(tmp_path: Path) -> None:
    trunk = tlv("A6", tlv("81", b"POZ1") + tlv("A2", tlv("80", b"\x07")))
    found = read_bytes(tmp_path, call(300, trunk, tlv("9F28", b"\xab\x01")), form_of())
    row = found.records.to_pylist()[0]
    names = ("NR", "A", "B", "START", "CZAS", "WIAZKA", "LINIA", "KOD")
    assert [row[name] for name in names] == ["300", "618525252", "9393", "031028091500", "212", "POZ1", "7", "AB01"]
    assert not found.warnings and not found.issues.num_rows


def test_an_element_that_is_not_there_is_missing(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, call(1), form_of())
    assert found.records["WIAZKA"].to_pylist() == [None] and found.records["KOD"].to_pylist() == [None]


@pytest.mark.parametrize(
    ("element", "content", "expected", "wrong"),
    [
        pytest.param("0:tbcd", tlv("80", bytes.fromhex("6081F5")), "06185", [], id="odd number of digits"),
        pytest.param("0:tbcd", tlv("80", bytes.fromhex("ABCD")), "#*ba", [], id="other keys of a telephone"),
        pytest.param("0:tbcd", tlv("80", bytes.fromhex("F160")), None, ["bad_number"], id="filler in the middle"),
        pytest.param("0:tbcd", tlv("80", b""), "", [], id="no digits"),
        pytest.param("0:bcd", tlv("80", bytes.fromhex("12345F")), "12345", [], id="digits high half first"),
        pytest.param("0:bcd", tlv("80", bytes.fromhex("1A")), None, ["bad_number"], id="half no digit"),
        pytest.param("0:integer", tlv("80", b"\xff\x38"), "-200", [], id="negative"),
        pytest.param("0:integer", tlv("80", b"\x00\x00\x80"), "128", [], id="more octets than needed"),
        pytest.param("0:integer", tlv("80", b"\x80" + bytes(7)), str(-(2**63)), [], id="least of eight octets"),
        pytest.param("0:integer", tlv("80", bytes(9)), None, ["numeric_overflow"], id="nine octets"),
        pytest.param("0:integer", tlv("80", b""), None, ["bad_number"], id="integer of no octets"),
        pytest.param("A0.U2:integer", tlv("60", tlv("02", b"\x05")), "5", [], id="explicit tag"),
        pytest.param("300:integer", tlv("9F822C", b"\x05"), "5", [], id="tag of two octets"),
        pytest.param("0:ia5", tlv("80", b"Z\xabk", long=3), "Z«k", [], id="more octets of length than needed"),
        pytest.param("0:ia5", tlv("80", b""), "", [], id="empty text"),
        pytest.param("0:ia5", tlv("80", b"a\0b"), None, ["nul_in_text"], id="zero in a text"),
        pytest.param("0:hex", tlv("80", b"\x00\xfe"), "00FE", [], id="octets"),
        pytest.param("0:timestamp", tlv("80", bytes.fromhex("20031028091500")), "20031028091500", [], id="century"),
        pytest.param(
            "0:timestamp", tlv("80", bytes.fromhex("031028091500") + b"+\x01\x00"), "031028091500+0100", [], id="zone"
        ),
        pytest.param(
            "0:timestamp", tlv("80", bytes.fromhex("031028091500") + b"?\x01\x00"), None, ["bad_date"], id="no sign"
        ),
        pytest.param("0:timestamp", tlv("80", bytes.fromhex("03102A091500")), None, ["bad_date"], id="no digit"),
        pytest.param("0:timestamp", tlv("80", b"\x03"), None, ["bad_date"], id="cut time"),
        pytest.param("0:utctime", tlv("80", b"031028091500Z"), "031028091500Z", [], id="universal time"),
        pytest.param("0:utctime", tlv("80", b"0310280915+0100"), "0310280915+0100", [], id="time without seconds"),
        pytest.param("0:utctime", tlv("80", b"031028091500"), None, ["bad_date"], id="time without zone"),
        pytest.param("0:utctime", tlv("80", b"031028091500\xda"), None, ["bad_date"], id="no character"),
    ],
)
def test_values(tmp_path: Path, element: str, content: bytes, expected: str | None, wrong: list[str]) -> None:
    assert one(tmp_path, element, content, "latin-1") == (expected, wrong)


def test_texts_are_in_the_page_of_the_kind(tmp_path: Path) -> None:
    assert one(tmp_path, "0:ia5", tlv("80", "Łódź".encode("cp1250")), "cp1250") == ("Łódź", [])
    assert one(tmp_path, "0:ia5", tlv("80", "Łódź".encode("cp1250")), "ascii") == (None, ["undecodable_byte"])


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, -1, -128, -129, 2**31, 2**62, -(2**63)])
def test_numbers_another_encoder_wrote(tmp_path: Path, number: int) -> None:
    content = der_encode(TaggedDERObject(0, number))  # explicit context tag around a universal integer
    assert one(tmp_path, "0.U2:integer", content) == (str(number), [])


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 5000])
def test_lengths_another_encoder_wrote(tmp_path: Path, size: int) -> None:
    assert one(tmp_path, "0.U4:hex", der_encode(TaggedDERObject(0, b"\x5a" * size))) == ("5A" * size, [])


@pytest.mark.parametrize("tag", [0, 5, 30])
def test_tags_another_encoder_wrote(tmp_path: Path, tag: int) -> None:
    assert one(tmp_path, f"{tag}.U4:hex", der_encode(TaggedDERObject(tag, b"\x01"))) == ("01", [])


# -- records ---


@pytest.mark.parametrize("filler", [b"\xff", b"\0"])
def test_filler_is_booked(tmp_path: Path, filler: bytes) -> None:
    content = in_blocks(*(call(n) for n in range(1, 8)), filler=filler)
    found = read_bytes(tmp_path, content, form_of(block_length=BLOCK))
    assert found.records["NR"].to_pylist() == [str(n) for n in range(1, 8)]
    assert found.accounts[0].filler == len(content) - 7 * len(call(1)) and not found.quarantine.num_rows


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        pytest.param(tlv("A0", b"\x80\x80\x01\0\0"), "indefinite_length", id="indefinite element"),
        pytest.param(tlv("A0", b"\x80\x85\x01\0\0\0\0\0"), "bad_length", id="length of five octets"),
        pytest.param(tlv("A0", b"\x80\x05\x01"), "element_too_long", id="element past its record"),
        pytest.param(tlv("A0", b"\x80"), "element_too_long", id="tag without length"),
        pytest.param(tlv("A0", b"\x9f\xff\xff\xff\x01\x00"), "bad_tag", id="endless tag"),
        pytest.param(tlv("A0", tlv("80", b"\1") * 2), "repeated_element", id="one element twice"),
        pytest.param(tlv("A0", tlv("A6", b"") * 2), "repeated_element", id="one group twice"),
        pytest.param(tlv("A0", tlv("A1", tlv("04", b"\1"))), "constructed_element", id="digits in pieces"),
        pytest.param(tlv("A0", tlv("A6", b"\x81\x09a")), "element_too_long", id="element past its group"),
        pytest.param(tlv("A0", b"\x8a\0" * 257), "too_many_elements", id="half a thousand elements"),
        pytest.param(tlv("A2", b""), "unknown_segment", id="another record"),
    ],
)
def test_records_whose_elements_cannot_be_told_apart(tmp_path: Path, record: bytes, reason: str) -> None:
    found = read_bytes(tmp_path, call(1) + record + call(2), form_of(required=("NR",)))
    assert reasons(found) == [reason] and found.records["NR"].to_pylist() == ["1", "2"]
    assert found.quarantine["length"].to_pylist() == [len(record)]
    check_conservation(found)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        pytest.param(b"\xa0\x80", "indefinite_length", id="indefinite record"),
        pytest.param(b"\xa0\x88", "bad_length", id="length of eight octets"),
        pytest.param(b"\xbf\xff\xff\xff\xff\x01", "bad_tag", id="endless tag"),
        pytest.param(b"\xa0\x7f", "record_length", id="record past its block"),
    ],
)
def test_damage_costs_its_block(tmp_path: Path, head: bytes, reason: str) -> None:
    content = in_blocks(call(1), call(2), call(3)) + (call(4) + head).ljust(BLOCK, b"\1") + in_blocks(call(5))
    found = read_bytes(tmp_path, content, form_of(block_length=BLOCK))
    assert reasons(found) == [reason] and found.records["NR"].to_pylist() == ["1", "2", "3", "4", "5"]
    check_conservation(found)


@pytest.mark.parametrize("window", [8, 64, 4096])
def test_damage_without_blocks_costs_the_rest(tmp_path: Path, window: int) -> None:
    found = read_bytes(tmp_path, call(1) + b"\xa0\x80" + call(2) * 9, form_of(), window=window)
    assert reasons(found) == ["indefinite_length"] and found.records.num_rows == 1
    check_conservation(found)


@pytest.mark.parametrize("block", [0, BLOCK])
def test_a_cut_last_record(tmp_path: Path, block: int) -> None:
    found = read_bytes(tmp_path, call(1) + call(2)[:-3], form_of(block_length=block))
    assert reasons(found) == ["truncated_record"] and found.records.num_rows == 1


def test_a_rerun_is_delivered_and_said(tmp_path: Path) -> None:
    numbers = (1, 2, 3, 2, 3, 4, 8)
    for chunk in (1, 50):
        found = read_bytes(tmp_path, b"".join(map(call, numbers)), form_of(), chunk=chunk)
        assert found.records["NR"].to_pylist() == [str(number) for number in numbers]
        assert [warning.partition(": ")[2] for warning in found.warnings] == [
            "2 records carry a number in NR that is not new",
            "3 numbers are missing in NR",
        ]


def test_records_without_a_number(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, tlv("A0", b"") + call(2), form_of())
    assert found.records["NR"].to_pylist() == [None, "2"] and not found.warnings


def test_elements_nobody_named_are_said(tmp_path: Path) -> None:
    more = tlv("87", b"x") + tlv("A6", tlv("83", b"") + tlv("9F8801", b""))
    content = call(1, more) + call(2, more)
    found = read_bytes(tmp_path, content, form_of())
    assert [warning.split(", ")[0] for warning in found.warnings] == [
        f"cdr.ber: element {place}" for place in ("6.1025", "6.3", "7")
    ]
    assert not read_bytes(tmp_path, content, form_of(ignore_elements="6.1025 6.3 7")).warnings


def test_a_bad_required_element_takes_its_record(tmp_path: Path) -> None:
    content = call(1) + tlv("A0", tlv("80", b"")) + call(3)
    found = read_bytes(tmp_path, content, form_of(required=("NR",)))
    assert reasons(found) == ["bad_number"] and found.records.num_rows == 2
    check_conservation(found)


def test_an_empty_file_has_columns(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, b"", form_of()).records.schema.names[:2] == ["NR", "A"]


# -- header and trailer ---

ENDS = {"header_tag": "B0", "trailer_tag": "BF21", "trailer_count": "0"}
HEADER, TRAILER = tlv("B0", tlv("80", b"x")), tlv("BF21", tlv("9F21", b"") + tlv("80", b"\x02"))


def test_header_and_trailer(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, HEADER + call(1) + call(2) + TRAILER, form_of(**ENDS))
    assert (found.accounts[0].header, found.accounts[0].trailer) == (len(HEADER), len(TRAILER))
    assert found.records.num_rows == 2


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        pytest.param(call(1) + call(2) + TRAILER, BadData, "byte 0: no header", id="no header"),
        pytest.param(HEADER + call(1) + call(2), ControlTotalsDiffer, "no trailer", id="no trailer"),
        pytest.param(HEADER + call(1) + TRAILER, ControlTotalsDiffer, "says 2 records, 1 were", id="count"),
        pytest.param(HEADER + tlv("BF21", b""), ControlTotalsDiffer, "says no number", id="no count"),
        pytest.param(HEADER + tlv("BF21", b"\x80\x09"), ControlTotalsDiffer, "says no number", id="cut count"),
        pytest.param(HEADER + call(1) + TRAILER + call(2) * 2, ControlTotalsDiffer, "says 2", id="data behind it"),
    ],
)
def test_ends_that_disagree(tmp_path: Path, content: bytes, error: type[BlekitError], message: str) -> None:
    with pytest.raises(error, match=message):
        read_bytes(tmp_path, content, form_of(**ENDS))


def test_data_behind_the_trailer_is_quarantined(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, HEADER + call(1) + TRAILER + call(2), form_of(**ENDS))
    assert reasons(found) == ["data_after_trailer"]


# -- whatever the bytes ---

SOME = [call(1), call(2, tlv("A6", tlv("81", b"P"))), call(4, tag="A1"), tlv("A0", tlv("81", bytes(200)))]


@pytest.mark.parametrize("block", [0, 256])
def test_every_cut_balances(tmp_path: Path, block: int) -> None:
    content = in_blocks(*SOME, size=block) if block else b"".join(SOME)
    for length in range(len(content) + 1):
        check_conservation(read_bytes(tmp_path, content[:length], form_of(block_length=block), window=300))


@pytest.mark.parametrize("block", [0, 256])
def test_flipped_bytes_balance(tmp_path: Path, block: int) -> None:
    chance = random.Random(block)
    content = in_blocks(*SOME * 3, size=block) if block else b"".join(SOME * 3)
    for _ in range(300):
        flipped = bytearray(content)
        for _ in range(chance.choice((1, 1, 4))):
            flipped[chance.randrange(len(flipped))] = chance.choice((0, 0x80, 0x81, 0xFF, 0x1F, chance.randrange(256)))
        check_conservation(read_bytes(tmp_path, bytes(flipped), form_of(block_length=block)))


@settings(deadline=None, max_examples=300)
@given(
    content=st.one_of(
        st.binary(max_size=80),
        st.lists(st.sampled_from([*SOME, b"\xa0", b"\x80", b"\x84", b"\xff", b"\0", b"\x1f\x9f\x81"])).map(b"".join),
    ),
    window=st.integers(1, 300),
    size=st.integers(1, 3),
    block=st.sampled_from([0, 16, 64]),
)
def test_any_bytes_balance_whatever_window_and_chunk(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, window: int, size: int, block: int
) -> None:
    folder, form = tmp_path_factory.getbasetemp(), form_of(block_length=block)
    whole = read_bytes(folder, content, form)
    parts = read_bytes(folder, content, form, window=window, chunk=size)
    check_conservation(whole)
    assert parts.records.to_pylist() == whole.records.to_pylist()
    assert sorted(map(str, parts.quarantine.to_pylist())) == sorted(map(str, whole.quarantine.to_pylist()))
    assert (parts.accounts, parts.warnings) == (whole.accounts, whole.warnings)


def test_a_huge_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BudgetExceeded, match=r"byte 0: a record of \d+ bytes"):
        read_bytes(tmp_path, tlv("A0", bytes(9000)), form_of(), window=64, max_record_bytes=1000)


# -- descriptions ---


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"elements": ""}, "elements: missing", id="nothing"),
        pytest.param({"elements": "A:1"}, "'A:1' is no element", id="no decoder"),
        pytest.param({"elements": "A:1:ebcdic"}, "no decoder 'ebcdic'", id="unknown decoder"),
        pytest.param({"elements": "A:x:tbcd"}, "'x' is no tag", id="no tag"),
        pytest.param({"elements": "A:1:tbcd A:2:tbcd"}, "comes twice", id="column twice"),
        pytest.param({"elements": "A:1:tbcd B:1:tbcd"}, "comes twice", id="tag twice"),
        pytest.param({"elements": "A:1.1.1.1.1.1.1.1.1:tbcd"}, "levels deep", id="too deep"),
        pytest.param({"record_tags": ""}, "record_tags: missing", id="no records"),
        pytest.param({"record_tags": "A"}, "no identifier in hexadecimal", id="half an octet"),
        pytest.param({"record_tags": "FF"}, "no identifier of a record", id="filler as a record"),
        pytest.param({"record_tags": "A0A0"}, "no identifier of a record", id="two identifiers in one"),
        pytest.param({"record_tags": "BF"}, "no identifier of a record", id="half a long tag"),
        pytest.param({"block_length": "x"}, "block_length", id="block length"),
        pytest.param({"sequence": "A"}, "sequence", id="sequence of digits"),
        pytest.param({"trailer_count": "0"}, "without a trailer_tag", id="count of no trailer"),
    ],
)
def test_descriptions_we_refuse(change: dict[str, Any], message: str) -> None:
    wanted = {key: value for key, value in {**OPTIONS, "sequence": "", **change}.items() if value != ""}
    with pytest.raises(ConfigurationError, match=message):
        form_of(wanted)


# -- through a delivery ---


def test_a_delivery_of_calls(make: Any, read: Callable[..., Any]) -> None:
    columns = ("NR", "A", "B", "START", "CZAS", "WIAZKA", "LINIA", "KOD")
    kind = Kind(
        kind="test", title="Calls", format="ber", code_page="ascii", files={"main": "CDR.BER"}, key=("NR",),
        columns={}, ignore=columns, options={**OPTIONS, "block_length": BLOCK},
    )  # fmt: skip
    content = in_blocks(*(call(number) for number in range(1, 6)))
    result = read(make.Sample(kind, {"CDR.BER": content}, {"records": 5}), chunk_records=2)
    assert result.column("NR") == ["1", "2", "3", "4", "5"] and result.columns[:8] == list(columns)
    with pytest.raises(ControlTotalsDiffer):
        read(make.Sample(kind, {"CDR.BER": content}, {"records": 4}))
    wrong = kind.model_copy(update={"options": {**kind.options, "block_lenght": 1}})
    with pytest.raises(ConfigurationError, match="block_lenght"):
        read(make.Sample(wrong, {"CDR.BER": content}, {}))
