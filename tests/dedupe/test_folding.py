import pytest

from dedupe.folding import consonants, fold, fold_name, fold_number, initials_of, sex_of_name, stem


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param("Łódź", "lodz", id="the stroke NFKD leaves"),
        pytest.param("Bielsko-Biała", "bielsko biala", id="hyphen of a place is a blank"),
        pytest.param("  W-wa,  ", "w wa", id="signs and blanks"),
        pytest.param("?!", None, id="nothing left"),
    ],
)
def test_fold(typed, expected):
    assert fold(typed) == expected


def test_double_barrelled_name_is_one_word():
    assert fold_name("Nowak - Kowalska") == "nowak-kowalska"


@pytest.mark.parametrize("typed", ["12A", "12 a", "12-A"])
def test_house_number_however_typed(typed):
    assert fold_number(typed) == "12a"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("kowalska", "kowalsk"), ("kowalski", "kowalsk"), ("zawadzka", "zawadzk"), ("nowak", "nowak"), ("ska", "sk")],
)
def test_stem_has_no_gender(name, expected):
    assert stem(name) == expected


def test_consonants_survive_lost_vowels():
    assert consonants("katarzyna", length=4) == consonants("ktrzna", length=4) == "ktrz"


@pytest.mark.parametrize(("name", "sex"), [("anna", "F"), ("jan", "M"), ("kuba", "M"), ("a", None)])
def test_sex_of_name(name, sex):
    assert sex_of_name(name) == sex


@pytest.mark.parametrize(("name", "letters"), [("polskie koleje panstwowe", "pkp"), ("jan nowak", None)])
def test_initials_need_three_words(name, letters):
    assert initials_of(name) == letters
