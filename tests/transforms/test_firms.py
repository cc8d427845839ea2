"""Firms: what is one, its name, its legal form, its owner."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.lookups import Lookups, load_lookups
from transforms.firms import judge_party, looks_like_firm, parse_org_name, split_legal_form


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("Alfa Sp. z o.o.", ("ALFA", "sp_zoo"), id="as the court writes it"),
        pytest.param("ALFA SP.Z O.O", ("ALFA", "sp_zoo"), id="no blank"),
        pytest.param("Alfa sp. zo.o.", ("ALFA", "sp_zoo"), id="blank in the wrong place"),
        pytest.param("Spółka z o.o. Alfa", ("ALFA", "sp_zoo"), id="in front"),
        pytest.param("ALFA SPOLKA Z OGRANICZONA ODPOWIEDZIALNOSCIA", ("ALFA", "sp_zoo"), id="in full, folded"),
        pytest.param("Alfa Spółka z ogranicz", ("ALFA", "sp_zoo"), id="cut off by the field"),
        pytest.param("Gamma S.A.", ("GAMMA", "sa"), id="joint-stock"),
        pytest.param("GAMMA SPÓŁKA AKCYJNA", ("GAMMA", "sa"), id="joint-stock in full"),
        pytest.param("Beta s.c.", ("BETA", "sc"), id="partnership"),
        pytest.param("Beta Sp. j.", ("BETA", "sp_j"), id="registered partnership"),
        pytest.param('P.H.U. "DELTA"', ("DELTA", "phu"), id="dots and quotes"),
        pytest.param("PHU DELTA", ("DELTA", "phu"), id="no dots"),
        pytest.param("P. H. U. DELTA", ("DELTA", "phu"), id="dots and blanks"),
        pytest.param("PPHU Delta", ("DELTA", "pphu"), id="longer form first"),
        pytest.param("Firma Handlowo-Usługowa Epsilon", ("EPSILON", "fhu"), id="spelled out"),
        pytest.param("P.H.U. Zeta s.c.", ("ZETA", "sc"), id="partnership outweighs the ornament"),
        pytest.param("A.B.C. Serwis", ("ABC SERWIS", None), id="letters are a name"),
        pytest.param("Hala Sachs", ("HALA SACHS", None), id="letters inside words are no form"),
    ],
)
def test_legal_form(typed: str, expected: tuple[str, str | None], lookups: Lookups) -> None:
    assert split_legal_form(typed, lookups=lookups) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("F.H.U. Eta Jan Kowalski", ("ETA", "fhu", "Jan", "Kowalski"), id="owner behind the sign"),
        pytest.param("FHU KOWALSKI JAN", ("KOWALSKI JAN", "fhu", "Jan", "Kowalski"), id="owner is the name"),
        pytest.param("FHU JAN KOWALSKI", ("KOWALSKI JAN", "fhu", "Jan", "Kowalski"), id="owner, other order"),
        pytest.param("F.H.U. M. Misior", ("MISIOR M", "fhu", "M", "Misior"), id="owner's initial"),
        pytest.param("Sklep Spożywczy Jan Nowak", ("SKLEP SPOŻYWCZY NOWAK JAN", None, "Jan", "Nowak"), id="trade"),
        pytest.param(
            "Theta Jan Kowalski Sp. z o.o.", ("THETA JAN KOWALSKI", "sp_zoo", None, None), id="companies have none"
        ),
        pytest.param(
            "Szkoła Podstawowa im. Jana Nowaka", ("SZKOŁA PODSTAWOWA IM JANA NOWAKA", None, None, None), id="patron"
        ),
        pytest.param("Hurtownia Iota O/Łódź", ("HURTOWNIA IOTA ODDZIAŁ ŁÓDŹ", None, None, None), id="branch"),
        pytest.param("ZAKŁ. STOL. KAPPA", ("ZAKŁAD STOL KAPPA", None, None, None), id="abbreviation"),
    ],
)
def test_org_name(typed: str, expected: tuple[str | None, ...], lookups: Lookups) -> None:
    assert parse_org_name(typed, lookups=lookups) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("KOWALSKI JAN", False, id="person"),
        pytest.param("Bar Jan", False, id="person called Bar"),
        pytest.param("BAR POD JELENIEM", True, id="bar"),
        pytest.param("KOWALSKI I SYNOWIE", True, id="and sons"),
        pytest.param("PARAFIA ŚW. MARCINA", True, id="parish"),
        pytest.param("Kowalski S.C.", True, id="legal form"),
        pytest.param('"Stomil"', True, id="sign in quotes"),
        pytest.param("NOWAK-KOWALSKA MARIA", False, id="double-barrelled person"),
    ],
)
def test_firm_or_person(typed: str, expected: bool, lookups: Lookups) -> None:
    assert looks_like_firm(typed, lookups=lookups) is expected


@pytest.mark.parametrize(
    ("flagged", "org", "family", "given", "has_pesel", "has_nip", "kind", "issue"),
    [
        pytest.param("person", None, "Nowak", "Jan", True, False, "person", None, id="person"),
        pytest.param("firm", "Alfa", None, None, False, True, "firm", None, id="firm"),
        pytest.param("person", None, "FHU ALFA", "Jan", False, False, "firm", "firm_in_person_fields", id="F21"),
        pytest.param(None, "ALFA", "Nowak", "Jan", False, True, "firm", None, id="firm with its owner"),
        pytest.param(
            None, None, "TRANSDEX", None, False, True, "firm", "firm_in_person_fields", id="called by its sign"
        ),
        pytest.param("firm", None, "Nowak", "Jan", True, False, "person", "flag_contradicts_name", id="flag is wrong"),
        pytest.param("firm", None, "Nowak Jan", None, False, True, "firm", None, id="trader under his own name"),
        pytest.param(
            "person", "ALFA Sp. z o.o.", "Nowak", None, False, False, "firm", "flag_contradicts_name", id="F08"
        ),
    ],
)
def test_judge_party(
    flagged: str | None,
    org: str | None,
    family: str | None,
    given: str | None,
    has_pesel: bool,
    has_nip: bool,
    kind: str,
    issue: str | None,
    lookups: Lookups,
) -> None:
    judged = judge_party(flagged, org, family, given, has_pesel=has_pesel, has_nip=has_nip, lookups=lookups)
    assert (judged[0], judged[4]) == (kind, issue)


@given(
    st.sampled_from(["ALFA", "BETA SERWIS", "SKLEP GAMMA"]), st.sampled_from(["S.A.", "sp. z o.o.", "P.H.U.", "s.c."])
)
def test_a_clean_name_has_no_form_left(name: str, form: str) -> None:
    cleaned, _ = split_legal_form(f"{name} {form}", lookups=load_lookups())
    assert (cleaned, split_legal_form(cleaned, lookups=load_lookups())) == (name, (name, None))
