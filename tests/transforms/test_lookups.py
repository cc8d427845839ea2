"""Lookups: keys are folded, diminutives are many-to-many, tables agree with each other."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lookups import Lookups, fold, load_lookups, strip_diacritics


@given(st.text(max_size=20))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=20))
def test_stripping_keeps_positions(text: str) -> None:
    assert len(strip_diacritics(text)) == len(text)


def test_polish_letters_fold() -> None:
    assert fold("Zażółć Gęślą JAŹŃ") == "zazolc gesla jazn"


@pytest.mark.parametrize(
    ("name", "sexes"),
    [
        pytest.param("Maria", {"F"}, id="a few men are called Maria"),
        pytest.param("Kuba", {"M"}, id="ends in a and is a man"),
        pytest.param("Gosia", {"F"}, id="through the diminutive"),
        pytest.param("Xyzzy", set(), id="unknown"),
    ],
)
def test_sex_of_a_given_name(name: str, sexes: set[str], lookups: Lookups) -> None:
    assert lookups.sexes_of_given_name(name) == sexes


def test_diminutives_are_many_to_many(lookups: Lookups) -> None:
    assert lookups.full_given_names("Hania") == {"hania", "anna", "hanna"}


def test_diminutives_stand_for_names_the_list_knows(lookups: Lookups) -> None:
    known = {*lookups.given_ranks["F"], *lookups.given_ranks["M"]}
    assert {name for names in lookups.diminutives.values() for name in names} <= known


def test_keys_are_folded(lookups: Lookups) -> None:
    mappings = (lookups.diminutives, lookups.family_ranks, lookups.firm_words, lookups.streets, lookups.street_patrons)
    assert [key for mapping in mappings for key in mapping if key != fold(key)] == []


def test_patterns_of_legal_forms_compile(lookups: Lookups) -> None:
    assert [form.code for form in lookups.legal_forms if re.compile(form.pattern) is None] == []


def test_lookups_are_read_once() -> None:
    assert load_lookups() is load_lookups()


def test_all_zones_are_known(lookups: Lookups) -> None:
    assert len(lookups.area_codes) == 49
