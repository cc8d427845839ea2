"""Telephone numbers as clerks type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lookups import Lookups, load_lookups
from transforms.phones import parse_phones


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("8123456", ("338123456",), id="area code of the point"),
        pytest.param("812-34-56", ("338123456",), id="hyphens"),
        pytest.param("033/812 34 56", ("338123456",), id="trunk zero and slash"),
        pytest.param("(061)8525252", ("618525252",), id="brackets, other zone"),
        pytest.param("0-61 852 52 52", ("618525252",), id="trunk zero"),
        pytest.param("61 8 525 252", ("618525252",), id="old grouping"),
        pytest.param("+48 61 852 52 52", ("618525252",), id="country code"),
        pytest.param("0048618525252", ("618525252",), id="country code, zeros"),
        pytest.param("0 1033 61 8525252", ("618525252",), id="operator in front"),
        pytest.param("852-52-52 wew. 12", ("338525252",), id="extension"),
        pytest.param("600-100-200 zona", ("600100200",), id="remark after the number"),
        pytest.param("8123456, 600100200", ("338123456", "600100200"), id="two numbers"),
        pytest.param("8123456/8123457", ("338123456", "338123457"), id="two numbers, slash"),
        pytest.param("800 86 66", ("338008666",), id="local number that looks special"),
    ],
)
def test_numbers(typed: str, expected: tuple[str, ...], lookups: Lookups) -> None:
    assert parse_phones(typed, area_code="33", lookups=lookups) == (expected, None)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        pytest.param("nie ma", None, id="clerk says none"),
        pytest.param("-", None, id="dash"),
        pytest.param("0-800 123 456", "special", id="freephone"),
        pytest.param("0700 123456", "special", id="premium"),
        pytest.param("9393", "special", id="our own line"),
        pytest.param("0000000", "sentinel", id="zeros"),
        pytest.param("22 5555555", "sentinel", id="one digit"),
        pytest.param("1234567", "sentinel", id="along the keyboard"),
        pytest.param("812345", "incomplete", id="six digits"),
        pytest.param("19 8123456", "invalid", id="no such zone"),
        pytest.param("0338123456789", "invalid", id="too long"),
    ],
)
def test_no_number(typed: str, reason: str | None, lookups: Lookups) -> None:
    assert parse_phones(typed, area_code="33", lookups=lookups) == ((), reason)


@given(st.text(alphabet="0123456789 -/()+.,wewkom", max_size=24))
def test_a_read_number_is_read_again(typed: str) -> None:
    lookups = load_lookups()
    found, _ = parse_phones(typed, area_code="22", lookups=lookups)
    for number in found:
        assert parse_phones(number, area_code="33", lookups=lookups) == ((number,), None)
