"""Values of strangers as match keys: any language, any order of a name, any dress of a number."""

from __future__ import annotations

import pytest

from dedupe.anytable.polish import birth_of_pesel
from dedupe.anytable.values import (
    AddressLine,
    FullName,
    fold_date,
    fold_email,
    fold_number,
    fold_phone,
    fold_words,
    fold_year,
    split_address,
    split_full_name,
)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        pytest.param("  MÜLLER ", "muller", id="umlaut"),
        pytest.param("Strauß", "strauss", id="sharp s"),
        pytest.param("Łódź", "lodz", id="stroke"),
        pytest.param("O’Brien", "obrien", id="typographic apostrophe"),
        pytest.param("O'Brien", "obrien", id="plain apostrophe"),
        pytest.param("Νίκος", "νικοσ", id="Greek loses its accent, and the s at the end is any s"),
        pytest.param("Йосиф", "иосиф", id="Cyrillic"),
        pytest.param("王偉", "王偉", id="Chinese stays"),
        pytest.param("김민준", "김민준", id="Korean stays in syllables"),
        pytest.param("हिन्दी", "हिन्दी", id="vowels of Devanagari are marks and stay"),
        pytest.param("--- ", None, id="nothing to compare"),
    ],
)
def test_words_fold_as_far_as_their_script_allows(written: str, key: str | None) -> None:
    assert fold_words(written) == key


def test_names_of_another_script_are_not_all_equal() -> None:
    assert fold_words("王偉") != fold_words("李娜")


@pytest.mark.parametrize(
    ("written", "order", "key"),
    [
        pytest.param("1960-12-24", "ymd", "19601224", id="ISO"),
        pytest.param("19601224", "ymd", "19601224", id="without separators"),
        pytest.param("24.12.1960", "dmy", "19601224", id="German"),
        pytest.param("4/7/1960", "dmy", "19600704", id="one digit"),
        pytest.param("12/24/1960", "mdy", "19601224", id="American"),
        pytest.param("24.12.60", "dmy", "19601224", id="two-digit year of the last century"),
        pytest.param("24.12.04", "dmy", "20041224", id="two-digit year of this one"),
        pytest.param("1960-12-24", "dmy", "19601224", id="a full year first is no day"),
        pytest.param("1960-12-24T00:00:00", "ymd", "19601224", id="with a time"),
        pytest.param("19601324", "ymd", "19601324", id="an impossible month is a typing error, not nothing"),
        pytest.param("00.00.1960", "dmy", None, id="only the year is known"),
        pytest.param("unknown", "dmy", None, id="no date"),
    ],
)
def test_dates(written: str, order: str, key: str | None) -> None:
    assert fold_date(written, order=order) == key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        pytest.param("1850", "1850", id="year"),
        pytest.param("c. 1850", "1850", id="about"),
        pytest.param("24.12.1850", "1850", id="of a date"),
        pytest.param("00.00.1850", "1850", id="of half a date"),
        pytest.param("50", None, id="an age is no year"),
    ],
)
def test_years(written: str, key: str | None) -> None:
    assert fold_year(written, order="dmy") == key


@pytest.mark.parametrize(
    ("fold", "written", "key"),
    [
        pytest.param(fold_phone, "+49 (0)30 123 45 67", "301234567", id="phone with country and trunk prefix"),
        pytest.param(fold_phone, "030/1234567", "301234567", id="the same phone as it is dialled at home"),
        pytest.param(fold_phone, "n/a", None, id="no phone"),
        pytest.param(fold_email, " Ann.Lee@Example.ORG ", "ann.lee@example.org", id="mail"),
        pytest.param(fold_email, "none@", None, id="no mail"),
        pytest.param(fold_number, "078-05-1120", "078051120", id="number with hyphens"),
        pytest.param(fold_number, "12 A", "12a", id="house"),
    ],
)
def test_numbers_lose_their_dress(fold, written: str, key: str | None) -> None:
    assert fold(written) == key


@pytest.mark.parametrize(
    ("written", "is_given_first", "parts"),
    [
        pytest.param("Nowak, Jan", True, FullName("jan", None, "nowak"), id="comma"),
        pytest.param("Jan Nowak", True, FullName("jan", None, "nowak"), id="given first"),
        pytest.param("Nowak Jan", False, FullName("jan", None, "nowak"), id="family first"),
        pytest.param("Ludwig van Beethoven", True, FullName("ludwig", None, "van-beethoven"), id="particle"),
        pytest.param("Juan de la Cruz", True, FullName("juan", None, "de-la-cruz"), id="two particles"),
        pytest.param("Dr. Mary Ann Lee", True, FullName("mary", "ann", "lee", "ann"), id="title and middle name"),
        pytest.param("María García López", True, FullName("maria", "garcia", "lopez", "garcia"), id="two family names"),
        pytest.param("J. Lee", True, FullName("j", None, "lee"), id="initial"),
        pytest.param("Lee", True, FullName(None, None, "lee"), id="one word"),
        pytest.param("...", True, FullName(), id="nothing"),
    ],
)
def test_full_names(written: str, is_given_first: bool, parts: FullName) -> None:
    assert split_full_name(written, is_given_first=is_given_first) == parts


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        pytest.param("12/4 Main Street", AddressLine("main street", "12", "4"), id="house and flat first"),
        pytest.param("Hauptstr. 12a", AddressLine("hauptstr", "12a", None), id="house last"),
        pytest.param("Flat 4, 12 Main Street", AddressLine("main street", "12", "4"), id="flat by its word"),
        pytest.param("Calle Mayor, 5", AddressLine("calle mayor", "5", None), id="comma"),
        pytest.param("The Old Mill", AddressLine("the old mill", None, None), id="no number"),
    ],
)
def test_address_lines(written: str, parts: AddressLine) -> None:
    assert split_address(written) == parts


@pytest.mark.parametrize(
    ("number", "born"),
    [
        # 9·1+2·3+7·7+2·9+2·1+4·3+1·3 = 99, so the check digit is 1; month 72 is December of the 2200s.
        pytest.param("92722400011", "22921224", id="PESEL of the 2200s"),
        pytest.param("92722400017", None, id="wrong check digit"),
        pytest.param("9272240001", None, id="ten digits"),
    ],
)
def test_only_a_valid_pesel_tells_a_birth(number: str, born: str | None) -> None:
    assert birth_of_pesel(number) == born
