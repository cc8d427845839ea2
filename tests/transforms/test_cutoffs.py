"""Texts cut off at the width of their field, and the notes of what was put right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from config.lookups import Lookups
from config.sources import source_with_id
from transforms import Standardised, standardise_events
from transforms.cutoffs import Words, is_cut
from transforms.dates import is_pivoted
from transforms.events.when import is_second_hour, to_instants

COLUMN = ("ul. Sikorskiego", "Sikorskiego 3", "Jana Kowalskiego", "Janusza", "Słoneczna")


@pytest.mark.parametrize(
    ("text", "role", "expected"),
    [
        pytest.param("UL. GEN. WŁADYSŁAWA SIKORSKIEG", "street", True, id="stump of a word of the column"),
        pytest.param("ul.gen. Władysława Sikorskiego", "street", False, id="a word of the column"),
        pytest.param("pl. Jana", "street", False, id="a word others begin with"),
        pytest.param("ul. Ogińskieg", "street", True, id="an ending no word has"),
        pytest.param("ul. Ogińskiego", "street", False, id="an ending words have"),
        pytest.param("POWSTAŃCÓW WIELKOPOLSKICH 3 m.", "street_line", True, id="a flat without number"),
        pytest.param("ulica Powstańców Wielkopolskic", "street_line", True, id="a line without house"),
        pytest.param("ULICA SIENKIEWICZA HENRYKA 2/2", "street_line", False, id="a number may be whole"),
        pytest.param("KANCELARIA RADCY PRAWNEGO HERDA JAROSLAW", "org_name", False, id="a given name"),
        pytest.param("BANK SPÓŁDZIELCZY INTERWEJSAN ODDZIAL TO", "org_name", True, id="two letters"),
        pytest.param("BANK SPÓŁDZIELCZY INTERWEJSAN SP. Z O.O.", "org_name", False, id="a legal form"),
        pytest.param("STACJE PALIW BUDWOOD ODDZ. KRAKÓW SPÓŁKA", "org_name", True, id="half a legal form"),
        pytest.param('PRZEDSIĘBIORSTWO HANDLOWE "TRANSBUDEXPOL"', "org_name", False, id="a closing quote"),
    ],
)
def test_cut(lookups: Lookups, text: str, role: str, expected: bool) -> None:
    assert is_cut(text, role=role, words=Words(COLUMN, lookups=lookups)) is expected


@pytest.mark.parametrize(
    ("typed", "date", "expected"),
    [
        pytest.param("49/04/17", dt.date(1949, 4, 17), True, id="RR says 2049"),
        pytest.param("50/04/17", dt.date(1950, 4, 17), False, id="RR says the same"),
        pytest.param("02/04/17", dt.date(2002, 4, 17), False, id="of this century"),
        pytest.param("1949/04/17", dt.date(1949, 4, 17), False, id="four digits"),
        pytest.param("99/99/99", None, False, id="no date"),
    ],
)
def test_pivoted(typed: str, date: dt.date | None, expected: bool) -> None:
    assert is_pivoted(typed, layout="RR/MM/DD", date=date) is expected


@pytest.mark.parametrize(
    ("source_id", "row", "expected"),
    [
        pytest.param("zt97-abonent", {"telefon": "683201515"}, set(), id="plain number"),
        pytest.param("zt97-abonent", {"telefon": "320-15-15"}, {"phone_layout"}, id="number with hyphens"),
        pytest.param("zt97-abonent", {"telefon_dod": "0683201515"}, {"phone_layout"}, id="trunk zero in the second"),
        pytest.param("zt97-abonent", {"saldo": "1 234,50"}, {"amount_layout"}, id="blank between thousands"),
        pytest.param("zt97-abonent", {"saldo": "12.50"}, {"amount_layout"}, id="a point for the comma"),
        pytest.param("zt97-abonent", {"saldo": "-12,5"}, set(), id="plain amount"),
        pytest.param("zt99-abonent", {"DATA_UR": "12/04/17"}, {"two_digit_year"}, id="two digits of a year"),
    ],
)
def test_what_is_put_right_is_noted(
    standard: Callable[..., Standardised], source_id: str, row: dict[str, str], expected: set[str]
) -> None:
    whole: dict[str, dict[str, Any]] = {
        "zt97-abonent": {"id_klienta": "1", "typ": "F", "nazwa": "Nowak", "imie": "Jan", "saldo": "0,00"},
        "zt99-abonent": {"ID_KLIENTA": "1", "TYP": "IND", "NAZWISKO": "Nowak", "IMIE": "Jan", "SALDO": "0"},
    }
    found = standard(source_id, [whole[source_id] | row], business_date=dt.date(2003, 9, 22))
    assert {note["code"] for note in found.notes.to_pylist()} == expected


def test_the_eve_of_the_century_is_no_date_in_two_digits(standard: Callable[..., Standardised]) -> None:
    row = {"ID_KLIENTA": "1", "TYP": "IND", "NAZWISKO": "Nowak", "IMIE": "Jan", "SALDO": "0", "DATA_REJ": "99/12/31"}
    (record,) = standard("zt99-abonent", [row], business_date=dt.date(2003, 9, 22)).records.to_pylist()
    assert (record["opened_on"], record["issues"]) == (None, "opened_on_sentinel")


def test_a_cut_street_is_noted(standard: Callable[..., Standardised]) -> None:
    row = {"ABON_ID": "1", "NAZWISKO": "NOWAK", "IMIE": "JAN", "ULICA": "UL. POWSTAŃCÓW WIELKOPOLS"}
    found = standard("zt61-abonent", [row], business_date=dt.date(2003, 9, 22))
    assert found.notes.to_pylist() == [{"_record_no": 0, "code": "text_cut_off"}]


def test_the_hour_that_comes_twice_is_told_from_the_first() -> None:
    wall = ["2003-10-26 01:30", "2003-10-26 02:30", "2003-10-26 02:10", "2003-10-26 03:00", None]
    at = to_instants(pd.Series(pd.to_datetime(wall)))
    assert is_second_hour(at).tolist() == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        pytest.param("ZA TELEFON 683201515", set(), id="plain among words"),
        pytest.param("ZA TELEFON 0048683201515", {"phone_layout"}, id="nine digits inside more"),
        pytest.param("rachunek tel 320-15-15", {"phone_layout"}, id="local with hyphens"),
        pytest.param("wszystkiego najlepszego", set(), id="no number"),
    ],
)
def test_an_odd_number_in_a_title_is_noted(
    raw_table: Callable[..., pa.Table], lookups: Lookups, title: str, expected: set[str]
) -> None:
    source = source_with_id("zt41-payments")
    row = {"NR": "1", "DATA": "030901", "KOD": "W", "KWOTA": "1000", "TYTUL": title}
    found = standardise_events(
        raw_table(source.kind, [row]),
        source=source,
        batch_id="test",
        business_date=dt.date(2003, 9, 22),
        lookups=lookups,
    )
    assert {note["code"] for note in found.notes.to_pylist()} == expected
