"""Dates of many notations; money to the grosz; what remarks tell."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dates import parse_date
from transforms.money import parse_grosze
from transforms.remarks import parse_email, parse_former_name

TODAY = dt.date(2003, 9, 22)


@pytest.mark.parametrize(
    ("typed", "layout", "meaning", "expected"),
    [
        pytest.param("520417", "YYMMDD", "birth", dt.date(1952, 4, 17), id="tape"),
        pytest.param("19520417", "YYYYMMDD", "birth", dt.date(1952, 4, 17), id="dbase"),
        pytest.param("17.04.1952", "DD.MM.YYYY", "birth", dt.date(1952, 4, 17), id="foxpro"),
        pytest.param("17/04/1952", "DD/MM/YYYY", "birth", dt.date(1952, 4, 17), id="informix"),
        pytest.param("52/04/17", "RR/MM/DD", "birth", dt.date(1952, 4, 17), id="oracle"),
        pytest.param("1952-04-17", "DD.MM.YYYY", "birth", dt.date(1952, 4, 17), id="year in front"),
        pytest.param("1952-04-17", "YYYY-MM-DD", "birth", dt.date(1952, 4, 17), id="ISO"),
        pytest.param("04/17/1952", "MM/DD/YYYY", "birth", dt.date(1952, 4, 17), id="month in front"),
        pytest.param("04171952", "MM/DD/YYYY", "birth", dt.date(1952, 4, 17), id="month in front, closed up"),
        pytest.param("7.4.52", "DD.MM.YYYY", "birth", dt.date(1952, 4, 7), id="short"),
        pytest.param("020417", "YYMMDD", "birth", dt.date(1902, 4, 17), id="nobody of one year holds a line"),
        pytest.param("020417", "YYMMDD", "opened", dt.date(2002, 4, 17), id="a line may be one year old"),
        pytest.param("22/05/04", "RR/MM/DD", "birth", dt.date(1922, 5, 4), id="RR says 2022"),
        pytest.param("950312", "YYMMDD", "opened", dt.date(1995, 3, 12), id="line of the nineties"),
        pytest.param("29.02.1956", "DD.MM.YYYY", "birth", dt.date(1956, 2, 29), id="leap day"),
    ],
)
def test_date(typed: str, layout: str, meaning: str, expected: dt.date) -> None:
    assert parse_date(typed, layout=layout, meaning=meaning, business_date=TODAY) == (expected, None)


@pytest.mark.parametrize(
    ("typed", "layout", "reason"),
    [
        pytest.param("999999", "YYMMDD", "sentinel", id="nines"),
        pytest.param("000000", "YYMMDD", "sentinel", id="zeros"),
        pytest.param("00000000", "YYYYMMDD", "sentinel", id="eight zeros"),
        pytest.param("99999999", "YYYYMMDD", "sentinel", id="eight nines"),
        pytest.param("01.01.1900", "DD.MM.YYYY", "sentinel", id="first of 1900"),
        pytest.param("000101", "YYMMDD", "sentinel", id="first of 1900, two digits"),
        pytest.param("31.12.2099", "DD.MM.YYYY", "sentinel", id="last of 2099"),
        pytest.param("30.02.1960", "DD.MM.YYYY", "invalid", id="thirtieth of February"),
        pytest.param("17 IV 52", "DD.MM.YYYY", "invalid", id="Roman month"),
        pytest.param("01.01.2050", "DD.MM.YYYY", "implausible", id="future"),
        pytest.param("01.05.1850", "DD.MM.YYYY", "implausible", id="too old"),
        pytest.param("  .  .    ", "DD.MM.YYYY", None, id="empty mask"),
    ],
)
def test_no_date(typed: str, layout: str, reason: str | None) -> None:
    assert parse_date(typed, layout=layout, meaning="birth", business_date=TODAY) == (None, reason)


@given(st.dates(dt.date(1905, 1, 1), dt.date(1987, 1, 1)))
def test_two_digits_find_the_century_of_a_holder(born: dt.date) -> None:
    if f"{born:%y%m%d}" not in {"999999"}:
        parsed = parse_date(f"{born:%y%m%d}", layout="YYMMDD", meaning="birth", business_date=TODAY)
        assert parsed == (born, None)


@pytest.mark.parametrize(
    ("typed", "decimal_comma", "expected"),
    [
        pytest.param("1 234,56", True, 123456, id="blank between thousands"),
        pytest.param("1.234,56", True, 123456, id="point between thousands"),
        pytest.param("1.234", True, 123400, id="point means thousands where commas are decimal"),
        pytest.param("1.234", False, None, id="three decimals are no money"),
        pytest.param("-12,50", True, -1250, id="minus in front"),
        pytest.param("12,50-", True, -1250, id="minus behind"),
        pytest.param(",5", True, 50, id="Oracle drops the zero"),
        pytest.param("-,05", True, -5, id="five grosze"),
        pytest.param("0", True, 0, id="nothing owed"),
        pytest.param("-12.50", False, -1250, id="point"),
        pytest.param("1,234.56", False, 123456, id="comma between thousands"),
        pytest.param("12,5", False, 1250, id="comma in a point system"),
        pytest.param("*******", False, None, id="numeric overflow"),
        pytest.param("1 2,5", True, None, id="blank in the wrong place"),
        pytest.param("-", True, None, id="sign only"),
    ],
)
def test_grosze(typed: str, decimal_comma: bool, expected: int | None) -> None:
    assert parse_grosze(typed, decimal_comma=decimal_comma) == expected


@given(st.integers(-(10**11), 10**11), st.booleans())
def test_money_comes_back(grosze: int, comma: bool) -> None:
    typed = f"{'-' if grosze < 0 else ''}{abs(grosze) // 100}{',' if comma else '.'}{abs(grosze) % 100:02d}"
    assert parse_grosze(typed, decimal_comma=comma) == grosze


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("z d. Zając", "Zając", id="z d."),
        pytest.param("Z DOMU ZAJĄC, klucz u sąsiadki", "Zając", id="z domu"),
        pytest.param("nazwisko panieńskie: Nowak-Zając", "Nowak-Zając", id="in full"),
        pytest.param("dawniej Kowalska", "Kowalska", id="formerly"),
        pytest.param("klucz u sąsiadki", None, id="key at the neighbour's"),
    ],
)
def test_former_name(typed: str, expected: str | None) -> None:
    assert parse_former_name(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("e-mail Jan.Nowak@Poczta.Onet.PL, tel.", "jan.nowak@poczta.onet.pl", id="in a sentence"),
        pytest.param("jan@nowak", None, id="no domain"),
    ],
)
def test_email(typed: str, expected: str | None) -> None:
    assert parse_email(typed) == expected
