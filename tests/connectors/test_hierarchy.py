"""Companies, their contacts and the calls of each contact in one file: whose they are, only the order tells."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import ConfigurationError
from config.kinds import Budgets
from connectors.ebcdic.copybook import parse_copybook
from connectors.ebcdic.form import EbcdicFormat
from connectors.ebcdic.hierarchy import Hierarchy
from connectors.ebcdic.options import ebcdic_format
from connectors.ebcdic.reader import read_records
from connectors.model import Ledger, RawFile

COPYBOOK = """
       01  REKORD.
           05  RODZAJ               PIC X.
           05  FIRMA.
               10  NIP              PIC 9(3).
           05  KONTAKT REDEFINES FIRMA.
               10  OSOBA            PIC X(3).
               10  PIETRO           PIC 9.
           05  ROZMOWA REDEFINES FIRMA.
               10  TELEFON          PIC 9(3).
           05  ADRES REDEFINES FIRMA.
               10  MIASTO           PIC X(3).
"""
GROUPS = {"F": "FIRMA", "K": "KONTAKT", "R": "ROZMOWA", "A": "ADRES"}
PARENTS = {"KONTAKT": "FIRMA", "ROZMOWA": "KONTAKT", "ADRES": "FIRMA"}
KEYS = {"FIRMA": "NIP", "KONTAKT": "OSOBA"}
FORM = EbcdicFormat(
    record=parse_copybook(COPYBOOK)[0],
    record_format="lines",
    pages=("ascii",),
    redefines_field="RODZAJ",
    redefines=GROUPS,
    hierarchy=Hierarchy(PARENTS, KEYS),
)


def read(folder: Path, records: list[str], *, chunk_records: int = 50_000, required: tuple[str, ...] = ()) -> RawFile:
    path = folder / "firmy.dat"
    path.write_text("".join(record.ljust(5) + "\n" for record in records), encoding="ascii")
    form, ledger = replace(FORM, required=required), Ledger(path.name, path.stat().st_size, Budgets())
    found = RawFile.of(read_records(path, form=form, ledger=ledger, chunk_records=chunk_records), ledgers=(ledger,))
    assert found.accounts[0].is_balanced
    return found


def keys(found: RawFile) -> list[str]:
    """Company and contact of every row, a dash for none."""
    return [f"{row['NIP'] or '-'} {row['OSOBA'] or '-'}" for row in found.records.to_pylist()]


def unknown(found: RawFile) -> list[tuple[int, str]]:
    issues = found.issues.to_pylist()
    return [(row["record_no"], row["column"]) for row in issues if row["reason"] == "parent_unknown"]


@pytest.mark.parametrize("chunk_records", [1, 2, 50_000])
@pytest.mark.parametrize(
    ("records", "expected", "parents_unknown"),
    [
        pytest.param(
            "F001 KEWA R111 R222 KJAN R333",
            ["001 -", "001 EWA", "001 EWA", "001 EWA", "001 JAN", "001 JAN"],
            [],
            id="a call has the contact before it",
        ),
        pytest.param(
            "F001 KEWA F002 R111",
            ["001 -", "001 EWA", "002 -", "002 -"],
            [(3, "OSOBA")],
            id="the next company has other contacts",
        ),
        pytest.param("R111", ["- -"], [(0, "NIP"), (0, "OSOBA")], id="a call before any company"),
        pytest.param("F001 KEWA ALUB", ["001 -", "001 EWA", "001 -"], [], id="an address has no contact"),
        pytest.param("F KEWA F002 KJAN", ["- -", "- EWA", "002 -", "002 JAN"], [(1, "NIP")], id="a blank key"),
        pytest.param("F0x1 KEWA", ["- -", "- EWA"], [(1, "NIP")], id="a key that cannot be read"),
        pytest.param(
            "F001 KEWA ?002 R111 KJAN F003 KADA",
            ["001 -", "001 EWA", "- -", "- JAN", "003 -", "003 ADA"],
            [(2, "NIP"), (2, "OSOBA"), (3, "NIP")],
            id="what was quarantined may have been a company",
        ),
        pytest.param("F001 KEWA ?002", ["001 -", "001 EWA"], [], id="damage at the end is nobody's parent"),
    ],
)
def test_whose_a_record_is(
    tmp_path: Path, records: str, expected: list[str], parents_unknown: list[tuple[int, str]], chunk_records: int
) -> None:
    found = read(tmp_path, records.split(), chunk_records=chunk_records)
    assert (keys(found), unknown(found)) == (expected, parents_unknown)


@pytest.mark.parametrize("chunk_records", [1, 50_000])
def test_a_row_without_a_required_key_is_quarantined_and_nobodys_parent(tmp_path: Path, chunk_records: int) -> None:
    found = read(tmp_path, ["KEWA", "R111", "F001", "KJAN", "R222"], chunk_records=chunk_records, required=("NIP",))
    assert keys(found) == ["001 -", "001 JAN", "001 JAN"]
    spans = [(row["offset"], row["reason"]) for row in found.quarantine.to_pylist()]
    assert spans == [(0, "parent_unknown"), (6, "parent_unknown")]


def test_a_contact_that_is_quarantined_is_nobodys_parent(tmp_path: Path) -> None:
    found = read(tmp_path, ["F001", "KEWA1", "KJANx", "R111"], required=("PIETRO",))
    assert (keys(found), unknown(found)) == (["001 -", "001 EWA", "001 -"], [(2, "OSOBA")])
    assert [row["offset"] for row in found.quarantine.to_pylist()] == [12]


def walked(records: list[str]) -> list[str]:
    """Company and contact of the records that are kept, by a walk through the file."""
    company, contact, found = "-", "-", []
    for record in records:
        kind, text = record[0], record[1:].strip() or "-"
        if kind == "?":
            company = contact = "-"
            continue
        if kind == "F":
            company, contact = text, "-"
        if kind == "K":
            contact = text
        found.append(f"{company} {contact if kind in 'KR' else '-'}")
    return found


RECORD = st.builds(
    lambda kind, number: kind + (f"{number:03}" if number else "   "), st.sampled_from("FKRA?"), st.integers(0, 4)
)


@given(records=st.lists(RECORD, min_size=1, max_size=30), chunk_records=st.integers(1, 31))
def test_any_file_in_any_chunks_as_a_walk_through_it(
    tmp_path_factory: pytest.TempPathFactory, records: list[str], chunk_records: int
) -> None:
    found = read(tmp_path_factory.getbasetemp(), records, chunk_records=chunk_records)
    assert keys(found) == walked(records)


def test_a_kind_says_it_in_its_yaml(tmp_path: Path) -> None:
    copybook = tmp_path / "firmy.cpy"
    copybook.write_text(COPYBOOK, encoding="ascii")
    options = {
        "copybook": str(copybook),
        "record_format": "lines",
        "redefines_field": "RODZAJ",
        **{f"redefines_{value}": group for value, group in GROUPS.items()},
        **{f"parent_{group}": parent for group, parent in PARENTS.items()},
        **{f"key_{group}": column for group, column in KEYS.items()},
    }
    assert ebcdic_format(options, kind="firmy", pages=("ascii",), required=()) == FORM


@pytest.mark.parametrize(
    ("parents", "keys_of", "message"),
    [
        pytest.param({"KONTAKT": "SPOLKA"}, {"FIRMA": "NIP"}, "means SPOLKA", id="a parent that is not there"),
        pytest.param(PARENTS, {"KLIENT": "NIP"}, "means KLIENT", id="a key of a group that is not there"),
        pytest.param({"FIRMA": "ADRES", "ADRES": "FIRMA"}, KEYS, "belongs to itself", id="a circle"),
        pytest.param(PARENTS, {"ROZMOWA": "TELEFON"}, "nothing belongs to ROZMOWA", id="nobody to carry it to"),
        pytest.param(PARENTS, {"FIRMA": "OSOBA"}, "OSOBA is no field of FIRMA", id="somebody else's field"),
        pytest.param(PARENTS, {"FIRMA": "REGON"}, "REGON", id="no field"),
        pytest.param(PARENTS, {}, "no group has a key", id="no key"),
    ],
)
def test_what_tells_no_hierarchy_is_refused(parents: dict[str, str], keys_of: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        replace(FORM, hierarchy=Hierarchy(parents, keys_of)).check()
