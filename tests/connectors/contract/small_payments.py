"""Small files of banks: Elixir-0 transfers and MT940 statements."""

from __future__ import annotations

import re

from connectors.elixir import COLUMNS as ELIXIR_COLUMNS
from connectors.elixir import ElixirFormat, read_elixir
from connectors.mt940.reader import COLUMNS as MT940_COLUMNS
from connectors.mt940.reader import Mt940Format, read_statements
from tests.connectors.contract.case import Files, ReaderCase, plain
from tests.connectors.contract.mutations import Token, split_lines, structured
from tests.connectors.contract.small_kinds import small_kind

TRANSFERS = (
    '110,20031013,12050,10205011,0,"1234-270","999-270","Świątek|UL. DŁUGA 7||","TP|POZNAŃ||",0,10201026,'
    '"FAKTURA 7, TEL. 0618525252|||","","","51",""\r\n'
    '110,20031013,50,10205011,0,"1234","999","Zakład ""Żuk""|||","TP|||",0,10201026,"||","","","51",""\r\n'
    '210,20031014,7,10205011,0,"1","9","Nowak|||","TP|||",0,10201026,"X|||","","","51","R"\r\n\x1a'
)

STATEMENTS = (
    ":20:MT940\r\n:25:PL61109010140000071219812874\r\n:28C:198/1\r\n:60F:C031012PLN1000,00\r\n"
    ":61:0310131013CN120,50NTRFNONREF//B1\r\n:86:020~00PRZELEW~20FAKTURA 7~32Świątek\r\nTEL. 0618525252\r\n"
    ":61:031013D20,00NMSCREF7\r\n:86:PROWIZJA\r\n:62F:C031013PLN1100,50\r\n-\r\n"
    ":20:MT940\r\n:25:PL61109010140000071219812874\r\n:28C:199/1\r\n:60F:C031013PLN1100,50\r\n"
    ":61:0310141014C5,00NTRFNONREF\r\n:86:Żółć\r\n:62F:C031014PLN1105,50\r\n-\r\n"
)


def _huge() -> Files:
    fields = TRANSFERS.splitlines(keepends=True)[2].replace("X|||", "x" * 70_000)
    return {"main": fields.encode("cp852")}


def _split_statements(content: bytes) -> list[Token]:
    """Tags and fields line by line; a balance seldom, because with it goes its whole statement."""
    tokens: list[Token] = []
    for line in content.splitlines(keepends=True):
        body = line.rstrip(b"\r\n")
        tag, rest = re.fullmatch(rb"(:\w{2,3}:)?(.*)", body, re.DOTALL).groups(b"")  # type: ignore[union-attr]
        is_text = tag in (b":86:", b"")
        tokens += [Token(tag, 2), Token(rest, 20 if is_text and rest != b"-" else 2), Token(line[len(body) :], 2)]
    return tokens


PAYMENT_CASES = (
    ReaderCase(
        name="elixir",
        files=lambda: {"main": TRANSFERS.encode("cp852")},
        read=plain(read_elixir, lambda page: ElixirFormat((page, "cp1250")[: 1 + (page == "cp852")])),
        columns=ELIXIR_COLUMNS,
        records=3,
        mutate=structured(split_lines(b",")),
        page="cp852",
        wrong_page="ascii",
        kind=small_kind("elixir", columns=ELIXIR_COLUMNS, page="cp852"),
        huge=_huge,
        takes_empty=True,
    ),
    ReaderCase(
        name="mt940",
        files=lambda: {"main": STATEMENTS.encode("cp852")},
        read=plain(read_statements, lambda page: Mt940Format((page, "cp1250")[: 1 + (page == "cp852")])),
        columns=MT940_COLUMNS,
        records=3,
        mutate=structured(_split_statements),
        page="cp852",
        wrong_page="ascii",
        kind=small_kind("mt940", columns=MT940_COLUMNS, page="cp852"),
        huge=lambda: {"main": STATEMENTS.replace("PROWIZJA", "x" * 70_000).encode("cp852")},
    ),
)
