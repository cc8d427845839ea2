"""Addresses, streets, places and postal codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lookups import Lookups, load_lookups
from transforms.addresses import parse_street_line, split_numbers
from transforms.places import clean_city, clean_postal_code
from transforms.streets import clean_street


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("12/5", ("12", "5"), id="slash"),
        pytest.param("12 m. 5", ("12", "5"), id="mark"),
        pytest.param("12m5", ("12", "5"), id="mark glued on"),
        pytest.param("9Bm5", ("9B", "5"), id="letter and mark glued on"),
        pytest.param("12a/3", ("12A", "3"), id="letter"),
        pytest.param("18/20 m. 5", ("18/20", "5"), id="double lot"),
        pytest.param("18/20/5", ("18/20", "5"), id="double lot, slashes"),
        pytest.param("12 lok. U3", ("12", "U3"), id="shop"),
        pytest.param("24 lok", ("24", None), id="cut off after the mark"),
        pytest.param("nr 7", ("7", None), id="nr"),
        pytest.param("12-14", ("12-14", None), id="range"),
    ],
)
def test_house_and_flat(typed: str, expected: tuple[str, str | None]) -> None:
    assert split_numbers(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("ul. Mickiewicza 12 m. 5", ("ul. Mickiewicza", "12", "5"), id="by the book"),
        pytest.param("os. Piastowskie 14/22", ("os. Piastowskie", "14", "22"), id="estate"),
        pytest.param("Zalesie 14", ("Zalesie", "14", None), id="village"),
        pytest.param("14", (None, "14", None), id="village, number only"),
        pytest.param("3-go Maja 5", ("3-go Maja", "5", None), id="street that begins with a number"),
        pytest.param("3 Maja", ("3 Maja", None, None), id="no house"),
        pytest.param("Jana Pawła II/2", ("Jana Pawła II", "2", None), id="slash after a Roman number"),
        pytest.param("Jana Pawła II 12/3", ("Jana Pawła II", "12", "3"), id="Roman number, house and flat"),
        pytest.param("1000-lecia 4", ("1000-lecia", "4", None), id="anniversary"),
        pytest.param("Mickiewicza 12/5, 00-950 Warszawa", ("Mickiewicza", "12", "5"), id="place behind"),
        pytest.param("skr. poczt. 12", (None, None, None), id="post box"),
    ],
)
def test_street_line(typed: str, expected: tuple[str | None, ...]) -> None:
    assert parse_street_line(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("ul. Adama Mickiewicza", "Adama Mickiewicza", id="prefix"),
        pytest.param("MICKIEWICZA ADAMA", "Adama Mickiewicza", id="other order"),
        pytest.param("A.Mickiewicza", "Adama Mickiewicza", id="initial"),
        pytest.param("Mickiewicza", "Adama Mickiewicza", id="patron alone"),
        pytest.param("ŚCIEŻKOWSKIEGO PIOTRA", "Piotra Ścieżkowskiego", id="patron nobody listed"),
        pytest.param("3-go Maja", "3 Maja", id="ordinal"),
        pytest.param("Trzeciego Maja", "3 Maja", id="ordinal in words"),
        pytest.param("JANA PAWŁA 2", "Jana Pawła II", id="arabic pope"),
        pytest.param("1000-lecia", "Tysiąclecia", id="anniversary"),
        pytest.param("al. Armii Krajowej", "Armii Krajowej", id="avenue"),
        pytest.param("ulica św.Marcina", "Św. Marcina", id="saint"),
        pytest.param("Rynek", "Rynek", id="prefix that is the name"),
        pytest.param("ul. Parkowa [of]", "Parkowa", id="remark in brackets"),
        pytest.param("ul.", None, id="prefix that is none"),
        pytest.param("-", None, id="dash"),
    ],
)
def test_street(typed: str, expected: str | None, lookups: Lookups) -> None:
    assert clean_street(typed, lookups=lookups) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("00950", "00-950", id="no hyphen"),
        pytest.param("00 950", "00-950", id="blank"),
        pytest.param("5800", "05-800", id="leading zero lost"),
        pytest.param("79-100", None, id="never assigned"),
        pytest.param("00-000", None, id="zeros"),
        pytest.param("0-95", None, id="too short"),
    ],
)
def test_postal_code(typed: str, expected: str | None, lookups: Lookups) -> None:
    assert clean_postal_code(typed, lookups=lookups)[0] == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("W-wa", "Warszawa", id="abbreviation"),
        pytest.param("WARSZAWA-WOLA", "Warszawa", id="district"),
        pytest.param("Kraków - Nowa Huta", "Kraków", id="district with blanks"),
        pytest.param("Bielsko-Biała", "Bielsko-Biała", id="hyphen of its own"),
        pytest.param("00-950 WARSZAWA 1", "Warszawa", id="code and office number"),
        pytest.param("GORZÓW WLKP.", "Gorzów Wielkopolski", id="adjective"),
        pytest.param("Środa Wlkp", "Środa Wielkopolska", id="adjective agrees"),
        pytest.param("Nowa Wieś k/Poznania", "Nowa Wieś", id="near"),
        pytest.param("ZALESIE (SIEDLECKIE)", "Zalesie", id="brackets"),
        pytest.param("Lodz", "Lodz", id="folded spelling stays"),
        pytest.param("brak", None, id="none"),
    ],
)
def test_city(typed: str, expected: str | None, lookups: Lookups) -> None:
    assert clean_city(typed, lookups=lookups)[0] == expected


_TYPED = st.text(alphabet="UL. ul.Adama MICKIEWICZA św 3-go Maja II/pl os,żźć", max_size=24)


@given(_TYPED)
def test_a_clean_street_stays(typed: str) -> None:
    lookups = load_lookups()
    once = clean_street(typed, lookups=lookups)
    twice = clean_street(once, lookups=lookups)
    assert clean_street(twice, lookups=lookups) == twice


@given(
    st.sampled_from(["Poznań", "W-wa", "Gorzów Wlkp.", "KRAKÓW-NOWA HUTA", "Nakło nad Notecią", "Zalesie (siedleckie)"])
)
def test_a_clean_place_stays(typed: str) -> None:
    lookups = load_lookups()
    once, _ = clean_city(typed, lookups=lookups)
    assert clean_city(once, lookups=lookups)[0] == once
