"""Names: order, swaps, double-barrelled, titles, couples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lookups import Lookups, load_lookups
from transforms.names import parse_names
from transforms.text import title_case


def told(person: object) -> tuple[str | None, ...]:
    return tuple(getattr(person, name) for name in ("given", "second", "family", "former"))


@pytest.mark.parametrize(
    ("family", "given", "expected"),
    [
        pytest.param("KOWALSKI JAN", None, ("Jan", None, "Kowalski", None), id="full name, family first"),
        pytest.param("Jan Kowalski", None, ("Jan", None, "Kowalski", None), id="full name, given first"),
        pytest.param("KOWALSKI JAN ADAM", None, ("Jan", "Adam", "Kowalski", None), id="second given name"),
        pytest.param("Jan Adam Kowalski", None, ("Jan", "Adam", "Kowalski", None), id="second given name, given first"),
        pytest.param("NOWAK KOWALSKA MARIA", None, ("Maria", None, "Nowak-Kowalska", None), id="lost hyphen"),
        pytest.param("NOWAK - KOWALSKA MARIA", None, ("Maria", None, "Nowak-Kowalska", None), id="hyphen with blanks"),
        pytest.param("Maria Nowak-Kowalska", None, ("Maria", None, "Nowak-Kowalska", None), id="double, given first"),
        pytest.param("Nowak", "Jan", ("Jan", None, "Nowak", None), id="two columns"),
        pytest.param("JAN", "NOWAK", ("Jan", None, "Nowak", None), id="swapped columns"),
        pytest.param("ADAM", "MAREK", ("Marek", None, "Adam", None), id="both are both: the place decides"),
        pytest.param("Nowak", "Jan Adam", ("Jan", "Adam", "Nowak", None), id="two names in one column"),
        pytest.param("Nowak Jan", "Jan", ("Jan", None, "Nowak", None), id="given name in both columns"),
        pytest.param("mgr inż. Nowak", "Jan", ("Jan", None, "Nowak", None), id="titles"),
        pytest.param("Nowak Jan (jun.)", None, ("Jan", None, "Nowak", None), id="remark in brackets"),
        pytest.param("Nowak Maria z d. Zając", None, ("Maria", None, "Nowak", "Zając"), id="maiden name"),
        pytest.param("Nowak z domu Zając", "Maria", ("Maria", None, "Nowak", "Zając"), id="maiden name, long"),
        pytest.param("Nowak", "Kasia", ("Kasia", None, "Nowak", None), id="diminutives stay"),
        pytest.param("Kowalski", "J.", ("J", None, "Kowalski", None), id="initial"),
        pytest.param("J. Kowalski", None, ("J", None, "Kowalski", None), id="initial first"),
        pytest.param("Nowak, Jan", None, ("Jan", None, "Nowak", None), id="comma is not a couple"),
        pytest.param("GIEKOPALA", "SIARHEI", ("Siarhei", None, "Giekopala", None), id="names no list knows"),
        pytest.param("NOWAK ZAJĄC J.", None, ("J", None, "Nowak-Zając", None), id="lost hyphen before an initial"),
        pytest.param("Nowak Maria z d.", None, ("Maria", None, "Nowak", None), id="maiden name cut off"),
        pytest.param("VON STEIN", "ADAM", ("Adam", None, "Von Stein", None), id="particle"),
        pytest.param("O'BRIEN", "JOHN", ("John", None, "O'Brien", None), id="apostrophe"),
        pytest.param("PAN", "TADEUSZ", ("Tadeusz", None, "Pan", None), id="a title may be a name"),
    ],
)
def test_one_person(family: str, given: str | None, expected: tuple[str | None, ...], lookups: Lookups) -> None:
    person, other, _ = parse_names(family, given, None, is_family_first=True, lookups=lookups)
    assert (told(person), other) == (expected, None)


@pytest.mark.parametrize(
    ("family", "given", "first", "second"),
    [
        pytest.param("Nowak Jan i Maria", None, ("Jan", "Nowak"), ("Maria", "Nowak"), id="family first"),
        pytest.param("Jan i Maria Nowak", None, ("Jan", "Nowak"), ("Maria", "Nowak"), id="family last"),
        pytest.param("NOWAK JAN, NOWAK MARIA", None, ("Jan", "Nowak"), ("Maria", "Nowak"), id="both in full"),
        pytest.param("NOWAK JAN, MARIA", None, ("Jan", "Nowak"), ("Maria", "Nowak"), id="comma"),
        pytest.param("KOWALSKI JAN I MARIA", None, ("Jan", "Kowalski"), ("Maria", "Kowalska"), id="her form"),
        pytest.param("Kowalska Maria i Jan", None, ("Maria", "Kowalska"), ("Jan", "Kowalski"), id="his form"),
        pytest.param("Jan i Maria Kowalscy", None, ("Jan", "Kowalski"), ("Maria", "Kowalska"), id="plural"),
        pytest.param("Jan i Maria Nowakowie", None, ("Jan", "Nowak"), ("Maria", "Nowak"), id="plural of others"),
        pytest.param("Kowalski", "Jan i Maria", ("Jan", "Kowalski"), ("Maria", "Kowalska"), id="two columns"),
        pytest.param("Nowak", "Jan, Maria", ("Jan", "Nowak"), ("Maria", "Nowak"), id="two columns, comma"),
        pytest.param("BOCZAZC ANDRZEB I DANUTA", None, ("Andrzeb", "Boczazc"), ("Danuta", "Boczazc"), id="misspelt"),
    ],
)
def test_two_people(
    family: str, given: str | None, first: tuple[str, str], second: tuple[str, str], lookups: Lookups
) -> None:
    one, two, issue = parse_names(family, given, None, is_family_first=True, lookups=lookups)
    assert two is not None
    assert ((one.given, one.family), (two.given, two.family), issue) == (first, second, "two_parties")


def test_a_swap_is_reported(lookups: Lookups) -> None:
    assert parse_names("JAN", "NOWAK", None, is_family_first=True, lookups=lookups)[2] == "name_swapped"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("JANA PAWŁA II", "Jana Pawła II", id="roman number"),
        pytest.param("nowak-kowalska", "Nowak-Kowalska", id="hyphen"),
        pytest.param("św. marcin", "Św. Marcin", id="saint"),
        pytest.param("NAKŁO NAD NOTECIĄ", "Nakło nad Notecią", id="preposition"),
        pytest.param("PIOTRA I PAWŁA", "Piotra i Pawła", id="conjunction"),
        pytest.param("W. WITOSA", "W. Witosa", id="initial"),
        pytest.param("xxx-LECIA prl", "XXX-lecia PRL", id="anniversary"),
    ],
)
def test_title_case(typed: str, expected: str) -> None:
    assert title_case(typed) == expected


_FAMILY = st.sampled_from(["Nowak", "KOWALSKA", "Zając-Nowak", "NOWAK ZAJĄC", "Ćma", "von Stein", "Adam", "O'Hara"])
_GIVEN = st.sampled_from(["Jan", "MARIA", "J.", "Jan Adam", "KASIA", "Anna-Maria", "Siarhei", "Adam"])
_NAMES = st.tuples(
    st.sampled_from(["", "mgr "]), _FAMILY, _GIVEN, st.sampled_from(["", " z d. Zając", " z d.", " (jun.)"])
)


@given(_NAMES, st.booleans())
def test_a_clean_name_stays(pieces: tuple[str, str, str, str], is_family_first: bool) -> None:
    lookups = load_lookups()
    title, family, given_name, remark = pieces
    typed = f"{family} {given_name}" if is_family_first else f"{given_name} {family}"
    person, _, _ = parse_names(title + typed + remark, None, None, is_family_first=is_family_first, lookups=lookups)
    if person.family and person.given:
        again, _, _ = parse_names(person.family, person.given, person.second, is_family_first=True, lookups=lookups)
        assert told(again)[:3] == told(person)[:3]


@given(st.text(st.characters(codec="cp1250", exclude_categories=["Cc"]), max_size=30))
def test_title_case_twice_changes_nothing(typed: str) -> None:
    assert title_case(title_case(typed)) == title_case(typed)
