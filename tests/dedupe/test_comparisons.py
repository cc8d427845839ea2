"""Levels of comparisons: a table of cases per comparison, and what holds for all of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedupe.comparisons import Known
from dedupe.engine import compare_pairs, knowledge
from dedupe.features import party_features
from dedupe.firm_comparisons import FIRM_COMPARISONS
from dedupe.person_comparisons import PERSON_COMPARISONS
from dedupe.recordlinkage_api import text_frame

COMPARISON = {("person", one.name): one for one in PERSON_COMPARISONS} | {
    ("firm", one.name): one for one in FIRM_COMPARISONS
}
RARITY = {"jan": 12, "nowak": 16, "zyta": 30, "wrzos": 34}


@pytest.fixture
def known():
    full = {"basia": frozenset({"barbara", "basia"}), "barbara": frozenset({"barbara"})}
    return Known(
        given_rarity=lambda name: RARITY.get(name, 20),
        family_rarity=lambda name: RARITY.get(name, 24),
        org_rarity=lambda name: 20 * len(name.split()),
        full_names=full,
        generic_words=frozenset({"sklep", "zaklad", "fryzjerski"}),
        phone_sharers={"611111111": 2, "612222222": 9},
    )


FIELDS = (
    *("given", "second", "last", "last_head", "last_tail", "former", "name_sex", "birth", "pesel", "id_document"),
    *("first", "stem", "rivals", "crowd", "houses", "born", "source"),
    *("phone", "phone_2", "email", "city", "street", "house", "flat", "postal"),
    *("org", "org_initials", "legal_form", "nip", "regon"),
)


def party(**values):
    return {name: values.get(name) for name in FIELDS}


HOME = {"city": "poznan", "street": "polna", "house": "7", "flat": "2", "postal": "60123"}

CROWDED = {**HOME, "flat": None, "crowd": "families_4"}
BORN_THAT_DAY = {"first": "anna", "stem": "wrona", "birth": "22500407", "born": "names_4"}
NAMED = {**HOME, "given": "jan", "last": "lis", "houses": "23"}
ZYTA = {"given": "zyta", "last": "wrzos", "name_sex": "F"}
JAN = {"first": "jan", "stem": "lis"}

CASES = [
    ("given_name", {"given": None}, {"given": "jan"}, "missing"),
    ("given_name", {"given": "jan", "last": "nowak"}, {"given": "jan", "last": "nowak"}, "full_name_m11"),
    ("given_name", ZYTA, ZYTA, "full_name_f34"),
    ("given_name", {"given": "jan", "last": "nowak"}, {"given": "jan", "last": "lis"}, "exact_1"),
    ("given_name", {"given": "nowak", "last": "jan"}, {"given": "jan", "last": "nowak"}, "swapped"),
    ("given_name", {"given": "j"}, {"given": "jan"}, "initial"),
    ("given_name", {"given": "j", "last": "lis"}, {"given": "j", "last": "lis"}, "initial"),
    ("given_name", {"given": "basia"}, {"given": "barbara"}, "diminutive"),
    ("given_name", {"given": "adam", "second": "piotr"}, {"given": "piotr"}, "second"),
    ("given_name", {"given": "katazyna"}, {"given": "katarzyna"}, "near"),
    ("given_name", {"given": "jan", "name_sex": "M"}, {"given": "ewa", "name_sex": "F"}, "other_sex"),
    ("given_name", {"given": "jan", "name_sex": "M"}, {"given": "piotr", "name_sex": "M"}, "other"),
    ("family_name", {"given": "jan", "last": "lis"}, {"given": "jan", "last": "lis"}, "missing"),
    ("family_name", {"given": "jan", "last": "lis"}, {"given": "ewa", "last": "lis"}, "exact_4"),
    ("family_name", {"last": "kowalski"}, {"last": "kowalska"}, "other_gender"),
    ("family_name", {"last": "kowalski", "name_sex": "M"}, {"last": "kowalska", "name_sex": "F"}, "other_gender"),
    # Two Jans at one address, one PESEL: a letter was lost, and that is no other gender.
    ("family_name", {"last": "kowalski", "name_sex": "M"}, {"last": "kowalsk", "name_sex": "M"}, "near"),
    ("family_name", {"last": "kowalski", "name_sex": "F"}, {"last": "kowalska", "name_sex": "F"}, "near"),
    ("family_name", {"last": "nowak", "former": "lis"}, {"last": "lis"}, "former"),
    (
        "family_name",
        {"last": "nowak-lis", "last_head": "nowak", "last_tail": "lis"},
        {"last": "lis"},
        "part",
    ),
    ("family_name", {"last": "nowak"}, {"last": "nowka"}, "near"),
    ("family_name", {"last": "lis", "name_sex": "F"}, {"last": "baran", "name_sex": "F"}, "other_woman"),
    ("family_name", {"last": "lis", "name_sex": "M"}, {"last": "baran", "name_sex": "M"}, "other"),
    ("birth_date", {"birth": "22500407"}, {"birth": "22500407"}, "exact"),
    ("birth_date", {"birth": "22500407"}, {"birth": "22500704"}, "swapped"),
    ("birth_date", {"birth": "22500407"}, {"birth": "22500417"}, "typo"),
    ("birth_date", {"birth": "22500407"}, {"birth": "22600407"}, "typo"),
    ("birth_date", {"birth": "22500407"}, {"birth": "22500101"}, "new_year"),
    ("birth_date", {"birth": "22500407"}, {"birth": "22500507"}, "two_of_three"),
    ("birth_date", {"birth": "22500407"}, {"birth": "22611208"}, "other"),
    ("birth_date", {"birth": "22500407", "pesel": "1"}, {"birth": "22500407", "pesel": "1"}, "missing"),
    ("pesel", {"pesel": "50640712345"}, {"pesel": "50640712345"}, "exact"),
    ("pesel", {"pesel": "50640712345"}, {"pesel": "50640712354"}, "near"),
    ("pesel", {"pesel": "50640712345"}, {"pesel": "50640712399"}, "two_digits"),
    ("pesel", {"pesel": "50640712345", "birth": "x"}, {"pesel": "50640788888", "birth": "x"}, "same_birth"),
    ("pesel", {"pesel": "50640712345"}, {"pesel": "61721188888"}, "other"),
    ("rivals", JAN, JAN, "none"),
    ("rivals", {**JAN, "rivals": "another_generation"}, JAN, "another_generation"),
    ("rivals", {**JAN, "first": "j", "rivals": "another_name"}, JAN, "another_name"),
    ("rivals", {**JAN, "rivals": "another_generation"}, {**JAN, "first": "ewa"}, "missing"),
    ("rivals", {**JAN, "rivals": "another_generation"}, {**JAN, "stem": "nowak"}, "missing"),
    ("rivals", {**JAN, "rivals": "another_generation", "birth": "22500407"}, JAN, "another_generation"),
    (
        "rivals",
        {**JAN, "rivals": "another_generation", "birth": "22500407"},
        {**JAN, "birth": "22500407"},
        "missing",
    ),
    ("neighbours", CROWDED, CROWDED, "families_4"),
    ("neighbours", CROWDED, {**CROWDED, "flat": None}, "families_4"),
    ("neighbours", {**CROWDED, "flat": "2"}, {**CROWDED, "flat": "2"}, "missing"),
    ("neighbours", CROWDED, {**CROWDED, "house": "9"}, "missing"),
    ("neighbours", CROWDED, {**CROWDED, "city": "konin"}, "missing"),
    ("neighbours", {**CROWDED, "house": None}, {**CROWDED, "house": None}, "missing"),
    ("neighbours", {**CROWDED, "city": None}, {**CROWDED, "city": None}, "missing"),
    ("neighbours", {**CROWDED, "crowd": None}, {**CROWDED, "crowd": None}, "missing"),
    ("neighbours", {**CROWDED, "street": None}, {**CROWDED, "street": None}, "families_4"),
    ("namesakes", NAMED, {**NAMED, "house": "9"}, "expected_8"),
    ("namesakes", NAMED, NAMED, "missing"),
    ("namesakes", NAMED, {**NAMED, "city": "konin"}, "missing"),
    ("namesakes", {**NAMED, "city": None}, {**NAMED, "city": None, "house": "9"}, "missing"),
    ("namesakes", NAMED, {**NAMED, "house": "9", "given": "ewa"}, "missing"),
    ("namesakes", {**NAMED, "given": "j"}, {**NAMED, "given": "j", "house": "9"}, "missing"),
    ("born", BORN_THAT_DAY, {**BORN_THAT_DAY, "stem": "lis"}, "names_4"),
    ("born", BORN_THAT_DAY, BORN_THAT_DAY, "missing"),
    ("born", BORN_THAT_DAY, {**BORN_THAT_DAY, "stem": None}, "missing"),
    ("born", BORN_THAT_DAY, {**BORN_THAT_DAY, "stem": "lis", "birth": "22500408"}, "missing"),
    ("born", BORN_THAT_DAY, {**BORN_THAT_DAY, "stem": "lis", "first": "ewa"}, "missing"),
    ("born", {**BORN_THAT_DAY, "birth": None}, {**BORN_THAT_DAY, "stem": "lis", "birth": None}, "missing"),
    ("born", {**BORN_THAT_DAY, "first": None}, {**BORN_THAT_DAY, "stem": "lis", "first": None}, "missing"),
    ("second_given_name", {"second": "adam"}, {"second": "adam"}, "same"),
    ("second_given_name", {"second": "adam"}, {"second": "a"}, "same"),
    ("second_given_name", {"second": "adam"}, {"second": "piotr"}, "other"),
    ("second_given_name", {"second": "adam"}, {}, "missing"),
    ("source", {"source": "zt63-abonent"}, {"source": "zt63-abonent"}, "same"),
    ("source", {"source": "zt63-abonent"}, {"source": "zt99-abonent"}, "other"),
    ("phone", {"phone": "611111111"}, {"phone_2": "611111111"}, "exact_1"),
    ("phone", {"phone": "612222222"}, {"phone": "612222222"}, "exact_4"),
    ("phone", {"phone": "612222222", "phone_2": "611111111"}, {"phone": "611111111"}, "exact_1"),
    ("phone", {"phone": "611111111"}, {"phone": "611111112"}, "near"),
    ("phone", {"phone": "611111111"}, {}, "missing"),
    ("address", HOME, HOME, "same_flat"),
    ("address", HOME, {**HOME, "flat": "3"}, "other_flat"),
    ("address", HOME, {**HOME, "flat": None}, "flat_unknown"),
    ("address", {**HOME, "flat": None}, {**HOME, "flat": None}, "same_house"),
    ("address", HOME, {**HOME, "house": "9"}, "same_street"),
    ("address", HOME, {**HOME, "street": "rolna nowa"}, "same_numbers"),
    ("address", HOME, {**HOME, "city": "konin"}, "same_house_by_postal"),
    ("address", HOME, {"city": "poznan"}, "same_place"),
    ("address", HOME, {"postal": "60123"}, "same_postal"),
    ("address", HOME, {"city": "krakow", "postal": "60122"}, "near_postal"),
    ("address", HOME, {"city": "krakow", "postal": "31001"}, "elsewhere"),
    ("address", {"city": "wola", "postal": "05100"}, {"city": "wola", "postal": "33200"}, "elsewhere"),
    ("address", {"city": "wola", "house": "3"}, {"city": "wola", "house": "3"}, "same_house"),
    ("address", {"city": "wola", "house": "3"}, {"city": "konin", "street": "wola", "house": "3"}, "same_house"),
    (
        "address",
        {**HOME, "street": "adama mickiewicza"},
        {**HOME, "street": "a mickiewicza"},
        "same_flat",
    ),
]


@pytest.mark.parametrize(
    ("name", "left", "right", "level"),
    [pytest.param(*case, id=f"{case[0]} {case[3]} {i}") for i, case in enumerate(CASES)],
)
def test_level_from_either_side(name, left, right, level, known):
    comparison = COMPARISON["person", name]
    assert comparison.level_of(party(**left), party(**right), known) == level
    assert comparison.level_of(party(**right), party(**left), known) == level


FIRM_CASES = [
    ("org_name", "agromax", "agromax", "exact_1"),
    ("org_name", "agromax polbud", "agromox palbud", "same_core"),
    ("org_name", "agromax", "agromas", "near"),
    ("org_name", "zaklad fryzjerski jan lis", "fryzjerski lis j", "same_core"),
    ("org_name", "sklep agromax jan lis", "agromax", "contained"),
    ("org_name", "bank rolny o konin", "bank rolny o radom", "other_branch"),
    ("org_name", "bank rolny oddzial konin", "bank rolny o koni", "same_core"),
    ("org_name", "bank rolny", "bank rolny o radom", "other_branch"),
    ("org_name", "polskie koleje panstwowe", "pkp", "initials"),
    ("org_name", "agromax serwis", "agromax transport", "shared"),
    ("org_name", "sklep agromax", "sklep polbud", "generic"),
    ("org_name", "agromax", "polbud", "other"),
    ("regon", "123456785", "123456785", "exact"),
    ("regon", "12345678512347", "12345678511111", "other_unit"),
    ("regon", "123456785", "12345678512347", "firm_and_unit"),
    ("regon", "123456785", "999999999", "other"),
    ("nip", "5260250995", "5260250959", "near"),
    ("legal_form", "sa", "sc", "other"),
]


@pytest.mark.parametrize(("name", "one", "other", "level"), FIRM_CASES)
def test_firm_level_from_either_side(name, one, other, level, known):
    comparison = COMPARISON["firm", name]
    field = "org" if name == "org_name" else name
    left, right = (party(**{field: text, "org_initials": None}) for text in (one, other))
    assert comparison.level_of(left, right, known) == level
    assert comparison.level_of(right, left, known) == level


@pytest.mark.parametrize("key", sorted(COMPARISON), ids=" ".join)
def test_missing_is_not_different(key, known):
    comparison = COMPARISON[key]
    assert comparison.level_of(party(), party(), known) == "missing"
    assert comparison.levels[0] == "missing"
    assert comparison.meaning


TEXTS = {
    "given_name": ["Jan", "J", "Janek", "Ewa", "Ewka", "Nowak", None],
    "second_given_name": ["Jan", None],
    "family_name": ["Nowak", "Nowka", "Lis-Nowak", "Kowalska", "Kowalski", "Jan", None],
    "former_family_name": ["Lis", "Nowak", None],
    "pesel": ["50640712345", "50640712354", "50640788888", "61721188888", None],
    "id_document": ["DB1234567", "DB1234576", "XY7654321", None],
    "phone": ["611111111", "611111112", "612222222", None],
    "phone_2": ["612222222", "613333333", None],
    "email": ["a@wp.pl", "a@o2.pl", "b@wp.pl", None],
    "city": ["Wola", "Konin", "Poznań", None],
    "street": ["Wola", "Adama Mickiewicza", "A Mickiewicza", "Polna", None],
    "house": ["3", "7", None],
    "flat": ["1", "2", None],
    "postal_code": ["60-123", "60-132", "33-200", None],
    "org_name": [
        "AGROMAX",
        "AGROMAKS",
        "SKLEP AGROMAX",
        "BANK ROLNY O KONIN",
        "BANK ROLNY",
        "POLSKIE KOLEJE PANSTWOWE",
        "PKP",
    ],
    "legal_form": ["sa", "sc", None],
    "nip": ["5260250995", "5260250959", None],
    "regon": ["123456785", "12345678512347", "12345678511111", "999999999", None],
}


@settings(max_examples=40, deadline=None)
@given(data=st.data(), is_firm=st.booleans())
def test_kernels_say_what_the_definitions_say(data, is_firm, model, record, table):
    columns = [name for name in TEXTS if is_firm or name not in ("org_name", "legal_form", "nip", "regon")]
    rows = data.draw(st.lists(st.tuples(*(st.sampled_from(TEXTS[name]) for name in columns)), min_size=2, max_size=8))
    records = table(
        *(record(f"zt63-abonent:{i}", **dict(zip(columns, row, strict=True))) for i, row in enumerate(rows))
    )
    kind = "firm" if is_firm else "person"
    features = party_features(records, party_kind=kind, matching=model.matching)
    left, right = (np.array(side, dtype=np.int64) for side in np.triu_indices(len(rows), k=1))
    known = knowledge(model, features)
    found = compare_pairs(features, left, right, known=known)
    frame = text_frame(features)
    comparisons = FIRM_COMPARISONS if is_firm else PERSON_COMPARISONS
    for place, (one, other) in enumerate(zip(left, right, strict=True)):
        said = [
            comparison.levels.index(comparison.level_of(frame.iloc[one].to_dict(), frame.iloc[other].to_dict(), known))
            for comparison in comparisons
        ]
        assert found[place].tolist() == said
