"""What `blekit sources new` makes of files nobody described, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.errors import BadData, BlekitError, ConfigurationError, SourceUnavailable, UsageError
from config.kinds import Kind, load_kind
from config.kinds.checking import check_customer_kind
from pipeline.own_systems import check_file
from pipeline.proposing_kinds import kind_name_of, propose_kind
from pipeline.sniffing import sniff

PEOPLE = (
    ("1", "Żółkiewska", "Łucja", "1951-05-03", "31-201", "Kraków"),
    ("2", "Brzęczyk", "Jan", "1963-11-20", "30-001", "Kraków"),
    ("3", "Pęksa", "Anna", "1970-08-14", "33-100", "Tarnów"),
    ("4", "Śliwińska", "Maria", "1948-02-29", "33-300", "Nowy Sącz"),
)
HEADING = ("NR_KLIENTA", "NAZWISKO", "IMIE", "DATA_UR", "KOD", "MIASTO")
ROLES = dict(
    zip(HEADING, ("account_number", "family_name", "given_name", "birth_date", "postal_code", "city"), strict=True)
)


def table(delimiter: str, *, heading: tuple[str, ...] | None = HEADING, end: str = "") -> str:
    rows = [*([heading] if heading else []), *PEOPLE]
    return "".join(delimiter.join(row) + end + "\n" for row in rows)


def proposed(folder: Path, content: bytes, *, name: str = "klienci.csv") -> Kind:
    file, out = folder / name, folder / "kind.yml"
    file.write_bytes(content)
    propose_kind(file, name="own-crm", out=out)
    kind = load_kind(out)
    check_customer_kind(kind, file="kind.yml")
    return kind


@pytest.mark.parametrize("page", ["utf_8", "cp1250", "iso8859_2", "cp852", "mazovia"])
def test_code_pages(tmp_path: Path, page: str) -> None:
    kind = proposed(tmp_path, table(";").encode(page))
    assert kind.code_page == page and kind.columns == ROLES


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    kind = proposed(tmp_path, table(delimiter).encode())
    assert (kind.format, kind.options["delimiter"], kind.key) == ("delimited", delimiter, ("NR_KLIENTA",))


def test_what_is_proposed_takes_the_file(tmp_path: Path) -> None:
    proposed(tmp_path, table(";").encode("cp852"))
    found = check_file(tmp_path / "klienci.csv", tmp_path / "kind.yml", business_date=_day())
    assert (found["columns"], found["records"], found["quarantined"]) == ([], 4, {})


def test_without_a_heading_values_alone_speak(tmp_path: Path) -> None:
    kind = proposed(tmp_path, table(";", heading=None).encode())
    assert kind.options["header"] is False
    assert kind.columns["column_2"] == "family_name" and kind.columns["column_3"] == "given_name"
    assert kind.columns["column_4"] == "birth_date" and kind.columns["column_5"] == "postal_code"


def test_an_unload_of_informix(tmp_path: Path) -> None:
    kind = proposed(tmp_path, table("|", heading=None, end="|").encode("iso8859_2"), name="klient.unl")
    assert (kind.format, kind.code_page) == ("informix_unload", "iso8859_2")
    assert check_file(tmp_path / "klient.unl", tmp_path / "kind.yml", business_date=_day())["records"] == 4


def test_a_dbase_file(tmp_path: Path) -> None:
    widths = (6, 12, 10, 10, 6, 12)
    fields = b"".join(
        name.encode().ljust(11, b"\0") + b"C" + bytes(4) + bytes([width]) + bytes(15)
        for name, width in zip(HEADING, widths, strict=True)
    )
    size, width = 32 + len(fields) + 1, 1 + sum(widths)
    head = bytes([3, 103, 9, 1]) + len(PEOPLE).to_bytes(4, "little") + size.to_bytes(2, "little")
    rows = b"".join(
        b" " + b"".join(value.encode("cp852").ljust(most) for value, most in zip(row, widths, strict=True))
        for row in PEOPLE
    )
    content = head + width.to_bytes(2, "little") + bytes(20) + fields + b"\r" + rows + b"\x1a"
    kind = proposed(tmp_path, content, name="ABON.DBF")
    assert (kind.format, kind.code_page, kind.columns) == ("dbf", "cp852", ROLES)


@pytest.mark.parametrize(
    ("column", "values", "role"),
    [
        pytest.param("X1", ("5260250995", "5252344078", "", "7740001454"), "nip", id="check digits of a NIP"),
        pytest.param("NIP", ("123", "456", "789", "12"), None, id="a NIP that is none"),
        pytest.param("X2", ("a@b.example", "c@d.example", "", "e@f.example"), "email", id="mail"),
        pytest.param("OPIEKUN", ("Ewa", "Jan", "Ewa", "Ewa"), None, id="a name of somebody else"),
        pytest.param("TYP", ("F", "F", "P", "F"), None, id="a flag nothing confirms"),
        pytest.param("SALDO", ("1,20", "0,00", "-3,10", "5,00"), "balance", id="amounts"),
        pytest.param("DATA_UMOWY", ("12.03.1998", "01.02.1999", "31.12.2001", ""), "opened_date", id="since when"),
        pytest.param("PUSTE", ("", "", "", ""), None, id="an empty column"),
    ],
)
def test_roles_of_columns(tmp_path: Path, column: str, values: tuple[str, ...], role: str | None) -> None:
    rows = [(*HEADING, column), *((*row, value) for row, value in zip(PEOPLE, values, strict=True))]
    kind = proposed(tmp_path, "".join(";".join(row) + "\n" for row in rows).encode())
    assert kind.columns.get(column) == role
    assert (column in kind.ignore) == (role is None)


def test_flags_are_told_by_their_rows(tmp_path: Path) -> None:
    rows = "ID;RODZAJ;NAZWA\n1;A;Kowalski Jan\n2;B;Alfa sp. z o.o.\n3;A;Nowak Anna\n4;B;PHU Beta\n"
    kind = proposed(tmp_path, rows.encode())
    assert kind.flag_values == {"A": "person", "B": "firm"}


def test_two_columns_make_a_key_where_none_is_unique(tmp_path: Path) -> None:
    rows = "NR;DATA_UMOWY;NAZWA\n1;2001-01-02;Kowalski Jan\n1;2002-03-04;Nowak Anna\n2;2001-01-02;Wójcik Ewa\n"
    assert len(proposed(tmp_path, rows.encode()).key) == 1  # names are unique here
    rows += "2;2002-03-04;Kowalski Jan\n"
    assert (
        proposed(tmp_path, rows.encode()).key == ("NR", "DATA_UMOWY") or len(proposed(tmp_path, rows.encode()).key) == 2
    )


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [
        pytest.param(b"", BadData, "empty", id="empty"),
        pytest.param(b"PK\x03\x04abc", ConfigurationError, "ZIP", id="workbook of today"),
        pytest.param(b"\xd0\xcf\x11\xe0abc", BadData, "Excel", id="broken workbook of 1997"),
        pytest.param(b"%PDF-1.3\n", ConfigurationError, "PDF", id="PDF"),
        pytest.param("a;b\n1;2\n".encode("utf-16"), ConfigurationError, "UTF-16", id="UTF-16"),
        pytest.param(("ABONENT KOWALSKI".ljust(80) * 5).encode("cp037"), ConfigurationError, "copybook", id="tape"),
        pytest.param(b"1 Kowalski Jan        \n" * 5, ConfigurationError, "fixed columns", id="fixed columns"),
        pytest.param(b"to jest list\ndo kogos\n", ConfigurationError, "no delimiter", id="prose"),
        pytest.param(b"A;B\n1;2\n3;4\n", ConfigurationError, "who its customers are", id="numbers of nobody"),
        pytest.param(b"NAZWISKO;IMIE\n", ConfigurationError, "no records", id="a heading alone"),
    ],
)
def test_refused(tmp_path: Path, content: bytes, error: type[BlekitError], told: str) -> None:
    with pytest.raises(error, match=told):
        proposed(tmp_path, content)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable):
        sniff(tmp_path / "no.csv")


@pytest.mark.parametrize(("file", "name"), [("A1.csv", None), ("x.csv", "Źle!"), ("ż.csv", None)])
def test_names_no_kind_may_have(file: str, name: str | None) -> None:
    with pytest.raises(UsageError):
        kind_name_of(Path(file), name)


def _day() -> Any:
    import datetime as dt

    return dt.date(2003, 9, 1)
