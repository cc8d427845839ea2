"""Small unloads and spools."""

from __future__ import annotations

from connectors.informix_unload import UnloadFormat, read_unload
from connectors.oracle_spool import SpoolFormat, read_spool
from tests.connectors.contract.case import Files, ReaderCase, plain
from tests.connectors.contract.mutations import split_lines, structured
from tests.connectors.contract.small_kinds import small_kind

UNLOAD_COLUMNS = ("nr", "nazwa", "kwota", "opis")
UNLOAD = "1|Świątek|12,50||\n2|A\\|B \\\\ C|-3|wiersz\\\ndrugi|\n3|Żółć|\\ |koniec|\n"
SPOOL_COLUMNS = ("NR", "NAZWA", "KWOTA")
SPOOL_ROWS = ("1;Świątek;12,50", "2;" + "x" * 40 + ";-3", "3;Żółć  ;")
SPOOL_WIDTH = 30


def _unload() -> Files:
    return {"main": UNLOAD.encode("iso8859_2")}


def _spool(heading: str = "NR;NAZWA;KWOTA", rows: tuple[str, ...] = SPOOL_ROWS) -> Files:
    lines: list[str] = []
    for at, row in enumerate(rows):
        lines += ["", heading, "-" * 14] if at % 2 == 0 else []
        lines += [row[first : first + SPOOL_WIDTH] for first in range(0, len(row), SPOOL_WIDTH)]
    return {"main": "\r\n".join([*lines, "", f"{len(rows)} rows selected.", ""]).encode("cp1250")}


LINE_CASES = (
    ReaderCase(
        name="informix_unload",
        files=_unload,
        read=plain(
            read_unload,
            lambda page: UnloadFormat(
                columns=UNLOAD_COLUMNS, pages=(page, "cp1250") if page == "iso8859_2" else (page,), required=("nr",)
            ),
        ),
        columns=UNLOAD_COLUMNS,
        records=3,
        mutate=structured(split_lines(b"|")),
        page="iso8859_2",
        wrong_page="ascii",
        takes_empty=True,
        kind=small_kind(
            "informix_unload", columns=UNLOAD_COLUMNS, page="iso8859_2", options={"columns": " ".join(UNLOAD_COLUMNS)}
        ),
        huge=lambda: {"main": b"1|" + b"x" * 70_000 + b"|||\n"},
    ),
    ReaderCase(
        name="oracle_spool",
        files=_spool,
        read=plain(read_spool, lambda page: SpoolFormat(pages=(page,), linesize=SPOOL_WIDTH)),
        columns=SPOOL_COLUMNS,
        records=3,
        mutate=structured(split_lines(b";", first_weight=1)),
        page="cp1250",
        wrong_page="ascii",
        kind=small_kind("oracle_spool", columns=SPOOL_COLUMNS, page="cp1250", options={"linesize": SPOOL_WIDTH}),
        drifted=lambda: _spool("NR;NAZWA;SALDO"),
        huge=lambda: _spool(rows=("1;" + "x" * 70_000 + ";",)),
    ),
)
