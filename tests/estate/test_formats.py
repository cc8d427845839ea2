"""What stands in the files, read back with tools that are not ours."""

from __future__ import annotations

import re
from decimal import Decimal

import dbfread
import ebcdic
import pytest
from stdnum.pl import nip, pesel, regon

from config.kinds import kind_named
from config.sources import all_sources

EBCDIC = ebcdic.lookup("cp870")
MAZOVIA = {0x86: "ą", 0x8D: "ć", 0x91: "ę", 0x92: "ł", 0xA4: "ń", 0xA2: "ó", 0x9E: "ś", 0xA6: "ź", 0xA7: "ż"}


def sources_of(kind: str) -> list[str]:
    return [source.source_id for source in all_sources() if source.kind_name == kind and source.role == "subscriber"]


def packed(data: bytes) -> Decimal | None:
    """A packed decimal with two decimals; nothing where a nibble is wrong."""
    text = data.hex()
    if not text[:-1].isdigit() or text[-1] not in "cdf":
        return None
    return (-1 if text[-1] == "d" else 1) * Decimal(text[:-1]) / 100


def keys_in_truth(built, source_id: str) -> set[str]:
    return {row["raw_key"] for row in built.table("records") if row["source_id"] == source_id}


@pytest.mark.parametrize("source_id", ["zt01-abonent", "zt81-abonent"])
def test_tape_has_header_details_and_a_trailer_that_adds_up(built, tape_records, source_id):
    content = (built.last(source_id) / "ABONENT.DAT").read_bytes()
    records = [record for _, record in tape_records(content)]
    header, trailer = EBCDIC.decode(records[0])[0], records[-1]
    assert re.fullmatch(rf"H{source_id[:4].upper()}2003\d{{4}}ABONENT {{20}}", header)
    details = records[1:-1]
    assert {EBCDIC.decode(record[:1])[0] for record in details} == {"D"}
    assert int(EBCDIC.decode(trailer[1:10])[0]) == len(details)
    total = built.manifest(built.last(source_id))["control"]["balance_grosze"]
    assert packed(trailer[10:17]) == Decimal(total) / 100
    broken = {
        row["record_key"] for row in built.table("defects") if row["code"] == "F06" and row["source_id"] == source_id
    }
    readable = [(EBCDIC.decode(record[1:10])[0], packed(record[197:202])) for record in details]
    assert {key for key, balance in readable if balance is None} <= broken
    assert keys_in_truth(built, source_id) <= {key for key, _ in readable}


def test_tape_records_are_as_long_as_their_services_say(built, tape_records):
    defects = {
        (r["source_id"], r["offset"])
        for r in built.table("defects")
        if r["code"] == "F09" and r["delivery"].startswith("2003")
    }
    wrong = set()
    for source_id in sources_of("a1"):
        for offset, record in tape_records((built.last(source_id) / "ABONENT.DAT").read_bytes())[1:-1]:
            services = int(EBCDIC.decode(record[202:204])[0])
            if len(record) != 204 + 14 * services:
                wrong.add((source_id, offset))
    assert wrong == defects
    assert wrong


def test_foxpro_tables_open_in_dbfread(built):
    for source_id in sources_of("a2d"):
        folder = built.last(source_id)
        table = dbfread.DBF(folder / "ABON.DBF", encoding="cp852", load=False, raw=False, char_decode_errors="strict")
        raw = list(dbfread.DBF(folder / "ABON.DBF", encoding="cp852", raw=True, ignore_missing_memofile=True))
        assert table.field_names[:5] == ["ABON_ID", "NAZWISKO", "IMIE", "FIRMA", "PESEL"]
        keys = {f"{row['ABON_ID'].decode().strip()}/{row['ODDATY'].decode().strip()}" for row in raw}
        marked = {
            r["raw_key"] for r in built.table("records") if r["source_id"] == source_id and "deleted" in r["traps"]
        }
        no_flag = {
            r["record_key"] for r in built.table("defects") if r["source_id"] == source_id and r["code"] == "F02"
        }
        # dbfread drops rows whose flag is neither blank nor star, as it drops deleted ones.
        assert keys_in_truth(built, source_id) - marked - no_flag <= keys


def test_foxpro_memos_are_read(built):
    folder = built.last("zt49-abonent")
    content = (folder / "ABON.DBF").read_bytes()
    assert content[0] == 0xF5
    table = dbfread.DBF(folder / "ABON.DBF", encoding="cp852", load=False)
    remarks = {row["OPIS"] for row in _tolerant(table)} - {None, ""}
    assert remarks
    assert remarks <= {
        "Zgłaszał awarię.",
        "Umowa przepisana po śmierci męża.",
        "Adres do korespondencji inny.",
        "Abonent zalega.",
    }


def _tolerant(table: dbfread.DBF) -> list[dict]:
    class Parser(dbfread.FieldParser):
        def parseD(self, field, data):  # sentinel dates of no calendar
            return None

    table.parserclass = Parser
    return list(table)


def test_dbase_tables_hold_mazovia_and_their_memos_end_twice(built):
    folder = built.last("zt83-abonent")
    content, memo = (folder / "ABONENT.DBF").read_bytes(), (folder / "ABONENT.DBT").read_bytes()
    header, row, rows = (
        int.from_bytes(content[8:10], "little"),
        int.from_bytes(content[10:12], "little"),
        int.from_bytes(content[4:8], "little"),
    )
    assert (content[0], content[header - 1], header, row) == (0x83, 0x0D, 33 + 14 * 32, 1 + 197)
    assert content[29] in (0x69, 0x00)
    names = [content[header + at * row + 9 : header + at * row + 49] for at in range(rows)]
    letters = {byte for name in names for byte in name if byte >= 0x80}
    assert letters & set(MAZOVIA)
    keys = set()
    for at in range(rows):
        line = content[header + at * row : header + (at + 1) * row]
        keys.add(f"{line[1:9].decode('ascii').strip()}/{line[170:178].decode('ascii').strip()}")
    assert keys_in_truth(built, "zt83-abonent") <= keys
    assert len(memo) % 512 == 0
    assert int.from_bytes(memo[:4], "little") == len(memo) // 512
    assert memo[512:].count(b"\x1a\x1a") == len(memo) // 512 - 1


def test_end_of_tables_is_as_the_truth_says(built):
    odd = {(r["source_id"], r["delivery"]) for r in built.table("defects") if r["code"] == "F01"}
    assert odd
    for kind, name in (("a2m", "ABONENT.DBF"), ("a2d", "ABON.DBF")):
        for source_id in sources_of(kind):
            for folder in built.folders(source_id):
                content = (folder / name).read_bytes()
                size = int.from_bytes(content[8:10], "little") + int.from_bytes(
                    content[4:8], "little"
                ) * int.from_bytes(content[10:12], "little")
                if len(content) < size:
                    continue  # the truncated delivery
                assert (content[size:] != b"\x1a") == ((source_id, folder.name) in odd)


def test_unloads_have_a_pipe_after_every_field(built, unload_records):
    columns = str(kind_named("a3").options["columns"]).split()
    for source_id in sources_of("a3"):
        folder = built.last(source_id)
        rows = list(unload_records((folder / "klient.unl").read_bytes()))
        shifted = {
            r["offset"]
            for r in built.table("defects")
            if (r["source_id"], r["delivery"], r["code"]) == (source_id, folder.name, "F15")
        }
        assert {offset for offset, _, fields in rows if len(fields) != len(columns)} == shifted
        assert len(rows) == built.manifest(folder)["control"]["records"]
        good = [dict(zip(columns, fields, strict=True)) for _, _, fields in rows if len(fields) == len(columns)]
        assert {row["typ"] for row in good} == {"F", "P"}
        assert all(re.fullmatch(r"\d\d/\d\d/\d{4}", row["data_od"]) for row in good)


def test_spools_have_headings_and_a_count(built, spool_rows):
    columns = list(kind_named("a4").columns)
    for source_id in sources_of("a4"):
        folder = built.last(source_id)
        content = (folder / "KLIENCI.LST").read_bytes()
        text = content.decode("cp1250", "replace")
        rows = spool_rows(content)
        announced = re.search(r"(\d+) rows selected\.|wybrano (\d+) wierszy\.", text)
        assert int(announced[1] or announced[2]) == len(rows) == built.manifest(folder)["control"]["records"]
        assert text.count(";".join(columns)) > 1
        assert max(len(line) for line in text.splitlines()) <= 160
        assert keys_in_truth(built, source_id) <= {row[0] for row in rows}


def test_long_rows_are_cut_at_the_line_size(built, spool_rows):
    text = (built.last("zt99-abonent") / "KLIENCI.LST").read_bytes().decode("cp1250", "replace")
    assert sum(len(line) == 160 for line in text.splitlines()) > 10
    widths = {len(row) for row in spool_rows(text.encode("cp1250", "replace"))}
    assert widths <= {18, 19}


def test_identifiers_carry_right_check_digits_but_for_known_errors(built, spool_rows):
    rows = [row for row in spool_rows((built.last("zt99-abonent") / "KLIENCI.LST").read_bytes()) if len(row) == 18]
    people = [row[5] for row in rows if row[1] == "IND" and row[5]]
    firms = [(row[6], row[7]) for row in rows if row[1] == "BIZ"]
    assert 0.93 < sum(pesel.is_valid(text) for text in people) / len(people) < 0.995
    assert sum(not nip.is_valid(number) for number, _ in firms if number) / len(firms) < 0.05
    assert all(regon.is_valid(number) for _, number in firms if number)
