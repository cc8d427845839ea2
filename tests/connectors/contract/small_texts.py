"""Small delimited files, and lines of fixed width with a heading and a trailer."""

from __future__ import annotations

import random

from connectors.delimited import DelimitedFormat, read_delimited
from connectors.fixed_width import read_fixed_width
from connectors.fixed_width_form import FixedWidthFormat, fixed_width_format
from tests.connectors.contract.case import Files, ReaderCase, plain
from tests.connectors.contract.mutations import Token, split_lines, structured
from tests.connectors.contract.small_kinds import small_kind

TABLE_COLUMNS = ("nr", "nazwa", "kwota")
TABLE = 'nr;nazwa;kwota\r\n1;Świątek;12,50\r\n\r\n2;"A;B ""C""\r\ndrugi";""\r\n3;Żółć 5" gięta;\r\n\x1a'
PLAIN = "1,Świątek,12.50\n2,'A,B\\'\nC',-3\n3,Żółć\\,\\\\,\n"

ORDER_FIELDS = (("RODZAJ", 1), ("NR", 4), ("KWOTA", 8), ("NADAWCA", 10))
ORDER_COLUMNS = tuple(name for name, _ in ORDER_FIELDS)
ORDER_OPTIONS = {
    "fields": " ".join(f"{name}:{width}" for name, width in ORDER_FIELDS),
    "header_prefix": "0",
    "trailer_prefix": "9",
    "trailer_count": "1-4",
    "trailer_sum": "5-12",
    "trailer_sum_of": "KWOTA",
}
ORDERS = (
    "0URZAD 61-001\r\n"
    "10001    1250Świątek   \r\n10002     -50Nowak     \r\n10003       5Żółć      \r\n"
    "9000300001205\r\n"
)


def _table(page: str, *, heading: str = "nr;nazwa;kwota") -> Files:
    return {"main": TABLE.replace("nr;nazwa;kwota", heading).encode(page)}


def _plain_form(page: str) -> DelimitedFormat:
    return DelimitedFormat(pages=(page,), columns=TABLE_COLUMNS, quote="'", escape="\\", required=("nr",))


def _order_form(page: str) -> FixedWidthFormat:
    return fixed_width_format(ORDER_OPTIONS, kind="small", pages=(page, "cp1250")[: 1 + (page == "cp852")], required=())


def _split_orders(content: bytes) -> list[Token]:
    """Heading, fields of records with their line ends, trailer."""
    heading, *orders, trailer = content.splitlines(keepends=True)
    tokens = [Token(heading, 1)]
    for order in orders:
        at = 0
        for _, width in ORDER_FIELDS:
            tokens.append(Token(order[at : at + width], is_sized=at > 0))
            at += width
        tokens.append(Token(order[at:], 3))
    return [*tokens, Token(trailer, 1)]


def _join_orders(chance: random.Random, pieces: list[bytes]) -> bytes:
    """Sometimes as one long line, as a transfer in the wrong mode leaves it."""
    content = b"".join(pieces)
    return content.replace(b"\r", b"") if chance.random() < 0.1 else content


TEXT_CASES = (
    ReaderCase(
        name="delimited",
        files=lambda: _table("cp1250"),
        read=plain(read_delimited, lambda page: DelimitedFormat(pages=(page,), delimiter=";")),
        columns=TABLE_COLUMNS,
        records=3,
        mutate=structured(split_lines(b";", first_weight=1)),
        page="cp1250",
        wrong_page="ascii",
        kind=small_kind("delimited", columns=TABLE_COLUMNS, page="cp1250", options={"delimiter": ";"}),
        drifted=lambda: _table("cp1250", heading="nr;nazwa;saldo"),
        huge=lambda: {"main": b"nr;nazwa;kwota\n1;" + b"x" * 70_000 + b";\n"},
    ),
    ReaderCase(
        name="delimited_utf8",
        files=lambda: {"main": b"\xef\xbb\xbfsep=;\r\n" + _table("utf_8")["main"]},
        read=plain(read_delimited, lambda page: DelimitedFormat(pages=("utf_8", "cp1250"), delimiter=";")),
        columns=TABLE_COLUMNS,
        records=3,
        mutate=structured(split_lines(b";", first_weight=1)),
    ),
    ReaderCase(
        name="delimited_plain",
        files=lambda: {"main": PLAIN.encode("iso8859_2")},
        read=plain(read_delimited, _plain_form),
        columns=TABLE_COLUMNS,
        records=3,
        mutate=structured(split_lines(b",")),
        page="iso8859_2",
        wrong_page="ascii",
        kind=small_kind(
            "delimited",
            columns=TABLE_COLUMNS,
            page="iso8859_2",
            options={"header": False, "columns": " ".join(TABLE_COLUMNS), "quote": "'", "escape": "\\"},
        ),
        huge=lambda: {"main": b"1,'" + b"x" * 70_000 + b"',\n"},
        takes_empty=True,
    ),
    ReaderCase(
        name="fixed_width",
        files=lambda: {"main": ORDERS.encode("cp852")},
        read=plain(read_fixed_width, _order_form),
        columns=ORDER_COLUMNS,
        records=3,
        mutate=structured(_split_orders, join=_join_orders),
        page="cp852",
        wrong_page="ascii",
        kind=small_kind("fixed_width", columns=ORDER_COLUMNS, page="cp852", options=ORDER_OPTIONS),
    ),
)
