"""Small files of machines: an access log, and call detail in BER."""

from __future__ import annotations

import random

from connectors.access_log import COLUMNS as LOG_COLUMNS
from connectors.access_log import AccessLogFormat, read_access_log
from connectors.ber import read_ber
from connectors.ber_form import BerFormat, ber_format
from tests.connectors.contract.case import ReaderCase, plain
from tests.connectors.contract.mutations import Token, split_lines, structured
from tests.connectors.contract.small_kinds import small_kind

LOG = (
    '10.1.2.3 - świątek [28/Oct/2003:10:00:01 +0100] "POST /konto?x=1 HTTP/1.1" 200 512 "http://a/" "Mozilla/4.0"\n'
    '10.1.2.4 - - [28/Oct/2003:10:00:02 +0100] "GET / HTTP/1.0" 304 -\r\n'
    '10.1.2.5 - - [28/Oct/2003:10:00:03 +0100] "GET /a\\"b HTTP/1.1" 404 0 "-" "Żółw \\\\ 1"\n'
)

BER_COLUMNS = ("NR", "A", "START", "CZAS", "WIAZKA", "KOD")
BER_OPTIONS = {
    "record_tags": "A0 A1",
    "elements": "NR:0:integer A:1:tbcd START:4:timestamp CZAS:5:integer WIAZKA:6.1:ia5 KOD:40:hex",
    "block_length": "96",
    "header_tag": "A8",
    "trailer_tag": "A9",
    "trailer_count": "0",
    "sequence": "NR",
}
BLOCK = 96


def element(tag: str, content: bytes) -> bytes:
    """A tag, a length of one octet, and what it is the length of."""
    return bytes.fromhex(tag) + bytes([len(content)]) + content


CALLS = tuple(
    [
        element("80", bytes([number])),
        element("81", bytes.fromhex("6081252552")),
        element("84", bytes.fromhex("031028091500")),
        element("85", bytes([0, 212])),
        element("A6", element("81", trunk.encode("cp852"))),
        element("9F28", b"\x01\xff"),
    ]
    for number, trunk in ((1, "Śródmieście"), (2, "W2"), (3, "Łódź"))
)
HEADER, TRAILER = element("A8", element("80", b"\x01")), element("A9", element("80", b"\x03"))


def _in_blocks(calls: list[bytes]) -> bytes:
    """Header and trailer have blocks of their own, so that damage to a record leaves them alone."""
    return b"".join(record.ljust(BLOCK, b"\xff") for record in (HEADER, *calls, TRAILER))


def _ber_form(page: str) -> BerFormat:
    return ber_format(BER_OPTIONS, kind="small", pages=(page, "cp1250")[: 1 + (page == "cp852")], required=())


def _split_ber(content: bytes) -> list[Token]:
    """The elements of the records, tags with lengths apart from contents."""
    tokens: list[Token] = []
    for call in CALLS:
        for piece in call:
            head = 3 if piece[0] & 0x1F == 0x1F else 2
            tokens += [Token(piece[:head], 8), Token(piece[head:], 20)]
    return tokens


def _join_ber(chance: random.Random, pieces: list[bytes]) -> bytes:
    """Records with lengths that are right, most of the time; others cost their block."""
    calls, at = [], 0
    for call in CALLS:
        content = b"".join(pieces[at : at + 2 * len(call)])[:120]
        at += 2 * len(call)
        length = len(content) if chance.random() < 0.8 else chance.choice((0, 0x7F, 0x80, 0x81, 0x84, 0xFF))
        calls.append(bytes([0xA0, length]) + content)
    whole = _in_blocks(calls)
    if chance.random() < 0.1:
        at = chance.randrange(len(whole))
        whole = whole[:at] + bytes([chance.randrange(256)]) + whole[at + 1 :]
    return whole


MACHINE_CASES = (
    ReaderCase(
        name="access_log",
        files=lambda: {"main": LOG.encode("iso8859_2")},
        read=plain(read_access_log, lambda page: AccessLogFormat(pages=(page, "utf-8")[: 1 + (page == "iso8859_2")])),
        columns=LOG_COLUMNS,
        records=3,
        mutate=structured(split_lines(b" ")),
        page="iso8859_2",
        wrong_page="ascii",
        kind=small_kind("access_log", columns=LOG_COLUMNS, page="iso8859_2"),
        huge=lambda: {"main": LOG.replace("Mozilla", "x" * 70_000).encode("iso8859_2")},
        takes_empty=True,
    ),
    ReaderCase(
        name="ber",
        files=lambda: {"main": _in_blocks([element("A0", b"".join(call)) for call in CALLS])},
        read=plain(read_ber, _ber_form),
        columns=BER_COLUMNS,
        records=3,
        mutate=structured(_split_ber, join=_join_ber),
        page="cp852",
        wrong_page="ascii",
        kind=small_kind("ber", columns=BER_COLUMNS, page="cp852", options=BER_OPTIONS),
    ),
)
