"""PESEL, NIP, REGON and documents; python-stdnum is the independent source of check digits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.pl import nip as stdnum_nip
from stdnum.pl import pesel as stdnum_pesel
from stdnum.pl import regon as stdnum_regon

from config.lookups import Lookups
from transforms import Standardised
from transforms.checksums import nip_check_digit_ok, pesel_check_digit_ok, regon_check_digits_ok
from transforms.documents import parse_id_document
from transforms.identifiers import birth_date_of_pesel, clean_nip, clean_pesel, clean_regon, sex_of_pesel

BUSINESS_DATE = dt.date(2303, 9, 22)


def texts(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="string")


@given(st.lists(st.from_regex(r"[0-9]{10,12}", fullmatch=True), max_size=30))
def test_pesel_check_digit_is_stdnums(numbers: list[str]) -> None:
    expected = [len(n) == 11 and stdnum_pesel.calc_check_digit(n[:10])[-1] == n[10] for n in numbers]
    assert pesel_check_digit_ok(texts(*numbers)).tolist() == expected


@given(st.lists(st.from_regex(r"[0-9]{10}", fullmatch=True), max_size=30))
def test_nip_check_digit_is_stdnums(numbers: list[str]) -> None:
    assert nip_check_digit_ok(texts(*numbers)).tolist() == [stdnum_nip.is_valid(n) for n in numbers]


@given(st.lists(st.from_regex(r"[0-9]{9}|[0-9]{14}", fullmatch=True), max_size=30))
def test_regon_check_digits_are_stdnums(numbers: list[str]) -> None:
    assert regon_check_digits_ok(texts(*numbers)).tolist() == [stdnum_regon.is_valid(n) for n in numbers]


@given(st.from_regex(r"[0-9]{8}", fullmatch=True), st.from_regex(r"[0-9]{4}", fullmatch=True))
def test_right_regons_are_right(first: str, unit: str) -> None:
    nine = first + stdnum_regon.calc_check_digit(first)
    fourteen = nine + unit + stdnum_regon.calc_check_digit(nine + unit)
    assert regon_check_digits_ok(texts(nine, fourteen)).all()


def test_missing_stays_missing() -> None:
    assert pesel_check_digit_ok(texts(None)).isna().all()


@given(st.dates(dt.date(2200, 1, 1), dt.date(2299, 12, 31)), st.integers(0, 9999))
def test_pesel_tells_birth_date_and_sex(born: dt.date, serial: int) -> None:
    digits = f"{born:%y}{born.month + 60}{born:%d}{serial:04d}"
    pesel = digits + stdnum_pesel.calc_check_digit(digits)[-1]
    assert (birth_date_of_pesel(pesel), sex_of_pesel(pesel)) == (born, stdnum_pesel.get_gender(pesel))


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        pytest.param("{valid}", "valid", id="as issued"),
        pytest.param("{valid} ", "valid", id="blank behind"),
        pytest.param("PESEL: {valid}", "valid", id="label"),
        pytest.param("{lost_zero}", "repaired", id="P8 leading zero lost"),
        pytest.param("{wrong_digit}", "invalid", id="P3 one digit wrong"),
        pytest.param("{unborn}", "invalid", id="born after the business date"),
        pytest.param("00000000000", "sentinel", id="P2 zeros"),
        pytest.param("22222222222", "sentinel", id="P2 right check digit and a date, and means nothing"),
        pytest.param("99999999999", "sentinel", id="P2 nines"),
        pytest.param("12345678901", "sentinel", id="P2 along the keyboard"),
        pytest.param("44651400000", "sentinel", id="P2 birth date and zeros"),
        pytest.param("brak", "sentinel", id="word"),
        pytest.param(None, "missing", id="P1"),
        pytest.param("4465140135", "invalid", id="digit lost behind"),
    ],
)
def test_pesel_status(typed: str | None, status: str, pesel_of: Callable[..., str], lookups: Lookups) -> None:
    valid = pesel_of("440514")
    forms = {
        "valid": valid,
        "lost_zero": pesel_of("050514").lstrip("0"),
        "wrong_digit": valid[:9] + str((int(valid[9]) + 1) % 10) + valid[10],
        "unborn": "03721000017",
    }
    forms["unborn"] = stdnum_unborn()
    column = texts(typed.format(**forms) if typed else None)
    cleaned = clean_pesel(column, business_date=BUSINESS_DATE, lookups=lookups)
    assert cleaned["pesel_status"].tolist() == [status]
    assert cleaned["pesel"].notna().tolist() == [status in {"valid", "repaired"}]


def stdnum_unborn() -> str:
    """Of 1 December 2299; nobody can be born then on a business date of 2290, and 115 years have passed since 1800s."""
    digits = "9092010135"
    return digits + stdnum_pesel.calc_check_digit(digits)[-1]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("526-02-50-995", "5260250995", id="hyphens of firms"),
        pytest.param("PL 774 000 14 54", "7740001454", id="country prefix"),
        pytest.param("5260250996", None, id="wrong check digit"),
        pytest.param("0000000000", None, id="zeros pass the bare check"),
        pytest.param("-", None, id="dash"),
    ],
)
def test_nip(typed: str, expected: str | None, lookups: Lookups) -> None:
    assert clean_nip(texts(typed), lookups=lookups)["nip"].fillna("none").tolist() == [expected or "none"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("012100784", "012100784", id="nine digits"),
        pytest.param("12100784", "012100784", id="leading zero lost"),
        pytest.param("01210078400000", "012100784", id="zeros of a field of fourteen"),
        pytest.param("12345678512347", "12345678512347", id="branch"),
        pytest.param("012100785", None, id="wrong check digit"),
    ],
)
def test_regon(typed: str, expected: str | None, lookups: Lookups) -> None:
    assert clean_regon(texts(typed), lookups=lookups)["regon"].fillna("none").tolist() == [expected or "none"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("ABA 300000", ("ABA300000", None), id="plastic card, ewalidator.pl"),
        pytest.param("aba300000", ("ABA300000", None), id="lower case"),
        pytest.param("ABA300001", (None, "invalid"), id="plastic card, wrong check digit"),
        pytest.param("DB 1234567", ("DB1234567", None), id="booklet"),
        pytest.param("dow. os. DB-1234567", ("DB1234567", None), id="label"),
        pytest.param("XX0000000", (None, "sentinel"), id="zeros"),
        pytest.param("P<1234567X", (None, "invalid"), id="no document"),
        pytest.param("K1234567", ("K1234567", None), id="foreigner's"),
        pytest.param("brak", (None, None), id="none"),
    ],
)
def test_id_document(typed: str, expected: tuple[str | None, str | None], lookups: Lookups) -> None:
    assert parse_id_document(typed, lookups=lookups) == expected


def test_pesel_in_the_nip_column(standard: Callable[..., Standardised], pesel_of: Callable[..., str]) -> None:
    pesel = pesel_of("440514")
    row = {"id_klienta": "1", "typ": "P", "nazwa": "FHU NOWAK JAN", "nip": pesel, "saldo": "0"}
    (record,) = standard("zt97-abonent", [row]).records.to_pylist()
    assert (record["pesel"], record["nip"], record["issues"]) == (pesel, None, "pesel_in_nip_column")


def test_nip_in_the_pesel_column(standard: Callable[..., Standardised]) -> None:
    row = {"id_klienta": "1", "typ": "P", "nazwa": "FHU NOWAK JAN", "pesel": "5260250995", "saldo": "0"}
    (record,) = standard("zt97-abonent", [row]).records.to_pylist()
    assert (record["pesel_status"], record["nip"], record["issues"]) == ("missing", "5260250995", "nip_in_pesel_column")
