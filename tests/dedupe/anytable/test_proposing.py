"""Proposals: which column plays which role, in many languages, and why another plays none."""

from __future__ import annotations

import pyarrow as pa
import pytest

NAMES = [
    "Ann Lee",
    "Bob Ray",
    "Cy Young",
    "Dee Fox",
    "Eve Moss",
    "Flo Hart",
    "Gus Park",
    "Hal Wood",
    "Ida Cole",
    "Jo Reed",
]


def _column(kind: str) -> list[str]:
    rows = range(10)
    return {
        "key": [f"{row:05d}" for row in rows],
        "given": [name.split()[0] for name in NAMES],
        "family": [name.split()[1] for name in NAMES],
        "name": NAMES,
        "iso": [f"19{60 + row}-0{1 + row % 9}-1{row}" for row in rows],
        "dotted": [f"1{row}.0{1 + row % 9}.19{60 + row}" for row in rows],
        "american": [f"0{1 + row % 9}/{13 + row}/19{60 + row}" for row in rows],
        "year": [str(1860 + row) for row in rows],
        "phone": [f"030 555 12 {row}4" for row in rows],
        "mail": [f"{name.split()[0].lower()}@example.org" for name in NAMES],
        "number": [f"{78051120 + row}" for row in rows],
        "street": [f"Lime Street {row}" for row in rows],
        "house": [str(1 + row) for row in rows],
        "postal": [f"{10115 + row}" for row in rows],
        "place": ["York", "Leeds", "Hull", "Bath", "Ely", "York", "Leeds", "Hull", "Bath", "Ely"],
        "word": ["weaver", "miner", "clerk", "baker", "tailor", "weaver", "miner", "clerk", "baker", "tailor"],
        "firm": [f"{name.split()[1]} GmbH" for name in NAMES],
        "same": ["x"] * 10,
        "empty": [""] * 10,
    }[kind]


def table_of(**columns: str) -> pa.Table:
    return pa.table({name: _column(kind) for name, kind in columns.items()})


CASES = [
    pytest.param(
        "rec_id:key given_name:given surname:family street_number:house address_1:street suburb:place postcode:postal"
        " date_of_birth:iso soc_sec_id:number",
        "record_id:rec_id given_name:given_name family_name:surname house:street_number street:address_1 place:suburb"
        " postal_code:postcode birth_date:date_of_birth national_id:soc_sec_id",
        id="FEBRL",
    ),
    pytest.param(
        "Kunden-Nr:key Vorname:given Name:family Geb.-Datum:dotted Straße:street PLZ:postal Wohnort:place Tel.:phone",
        "record_id:Kunden-Nr given_name:Vorname family_name:Name birth_date:Geb.-Datum street:Straße postal_code:PLZ"
        " place:Wohnort phone:Tel.",
        id="German, where Name beside Vorname is the family name",
    ),
    pytest.param(
        "id:key vorname:given nachname:family hausnummer:house strasse:street adresszusatz:street ortsteil:place"
        " plz:postal bundesland:word geburtsdatum:iso svnr:number",
        "record_id:id given_name:vorname family_name:nachname house:hausnummer street:strasse,adresszusatz"
        " place:ortsteil postal_code:plz region:bundesland birth_date:geburtsdatum national_id:svnr",
        id="FEBRL under German headings",
    ),
    pytest.param(
        "nombre:given primer_apellido:family segundo_apellido:family fecha_nacimiento:dotted municipio:place"
        " profesion:word",
        "given_name:nombre family_name:primer_apellido,segundo_apellido birth_date:fecha_nacimiento place:municipio"
        " free_text:profesion",
        id="Spanish, two family names",
    ),
    pytest.param(
        "nom:family prénom:given date_de_naissance:dotted commune:place courriel:mail",
        "family_name:nom given_name:prénom birth_date:date_de_naissance place:commune email:courriel",
        id="French",
    ),
    pytest.param(
        "imie:given nazwisko:family miejscowosc:place nr_telefonu:phone rok_urodzenia:year",
        "given_name:imie family_name:nazwisko place:miejscowosc phone:nr_telefonu birth_year:rok_urodzenia",
        id="Polish",
    ),
    pytest.param(
        "customerId:key FirstName:given LastName:family BirthDate:american ZipCode:postal",
        "record_id:customerId given_name:FirstName family_name:LastName birth_date:BirthDate postal_code:ZipCode",
        id="camel case",
    ),
    pytest.param("name:firm city:place", "organisation_name:name place:city", id="a name with legal forms is of firms"),
    pytest.param("name:name city:place", "full_name:name place:city", id="a name of people"),
    pytest.param("q:mail name:name", "email:q full_name:name", id="values without a name"),
]


@pytest.mark.parametrize(("columns", "roles"), CASES)
def test_roles(proposed, columns, roles) -> None:
    table = table_of(**dict(column.split(":") for column in columns.split()))
    assert proposed(table).roles == {
        role: tuple(names.split(",")) for role, names in (part.split(":") for part in roles.split())
    }


@pytest.mark.parametrize(
    ("columns", "column", "why"),
    [
        pytest.param({"name": "name", "cluster": "key"}, "cluster", "an answer somebody worked out", id="the truth"),
        pytest.param({"name": "name", "created_at": "iso"}, "created_at", "about the record", id="when it was written"),
        pytest.param({"name": "name", "due": "iso"}, "due", "dates, but the name does not say", id="some date"),
        pytest.param({"name": "name", "fax2": "empty"}, "fax2", "empty", id="empty"),
        pytest.param({"name": "name", "phone": "word"}, "phone", "no telephone numbers", id="a name its values belie"),
        pytest.param({"name": "name", "zzz": "word"}, "zzz", "free_text", id="a word nobody knows"),
        pytest.param({"name": "name", "ssn": "same"}, "ssn", "the same few values", id="a masked number"),
        pytest.param(
            {"name": "name", "given_name": "given", "surname": "family"},
            "name",
            "given and family name",
            id="said twice",
        ),
    ],
)
def test_what_is_left_out_and_why(proposed, columns, column, why) -> None:
    assert why in proposed(table_of(**columns)).ignored[column]


def test_every_column_plays_a_role_or_is_ignored_with_a_reason(proposed) -> None:
    table = table_of(**{f"{kind}_{place}": kind for place, kind in enumerate(("key", "given", "iso", "word", "empty"))})
    proposal = proposed(table)
    in_roles = [column for columns in proposal.roles.values() for column in columns]
    assert sorted([*in_roles, *proposal.ignored]) == sorted(table.schema.names)
    assert all(proposal.reasons[column] for column in in_roles)
    assert all(proposal.ignored.values())


@pytest.mark.parametrize(
    ("kind", "order"),
    [
        pytest.param("iso", "ymd", id="ISO"),
        pytest.param("dotted", "dmy", id="day first"),
        pytest.param("american", "mdy", id="month first"),
    ],
)
def test_the_order_of_dates(proposed, kind, order) -> None:
    assert proposed(table_of(name="name", dob=kind)).date_order == order


def test_check_digits_name_a_number_whose_column_says_nothing(proposed) -> None:
    # Serial numbers 0d01 of 24 December 2292: 9·1+2·3+7·7+2·9+2·1+4·3+0·7+d·9+0·1+1·3, filled up to a ten.
    pesels = [f"9272240{serial}01{-(96 + 9 * serial + 3) % 10}" for serial in range(10)]
    table = pa.table({"name": NAMES, "k17": pesels})
    proposal = proposed(table)
    assert proposal.roles["national_id"] == ("k17",)
    assert "PESEL" in proposal.reasons["k17"]
