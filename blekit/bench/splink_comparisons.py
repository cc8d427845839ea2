"""Splink's comparisons of party records, as levels of SQL with term frequencies where they help."""

from __future__ import annotations

from typing import Any

from blekit.bench.splink_choice import SplinkChoice

Level = dict[str, Any]


def level(condition: str, label: str, *, frequency: str | None = None) -> Level:
    """One level; ``frequency`` names the column whose term frequency adjusts it."""
    plain: Level = {"sql_condition": condition, "label_for_charts": label}
    if frequency:
        # The level is equality of that column, whatever else its condition says.
        plain |= {"tf_adjustment_column": frequency, "tf_adjustment_weight": 1.0, "tf_minimum_u_value": 0.00001}
        plain |= {"disable_tf_exact_match_detection": True}
    return plain


def missing(condition: str) -> Level:
    """The level that says nothing."""
    return {"sql_condition": condition, "label_for_charts": "missing", "is_null_level": True}


def comparison(name: str, *levels: Level) -> dict[str, Any]:
    """A comparison; whatever no level takes is ``else``."""
    return {
        "output_column_name": name,
        "comparison_levels": [*levels, {"sql_condition": "ELSE", "label_for_charts": "else"}],
    }


def same(column: str) -> str:
    """Equality of a column on both sides."""
    return f'"{column}_l" = "{column}_r"'


def either_missing(column: str) -> str:
    """Whether a column is missing on either side."""
    return f'"{column}_l" is null or "{column}_r" is null'


def like(column: str, threshold: float) -> str:
    """Jaro-Winkler similarity of a column."""
    return f'jaro_winkler_similarity("{column}_l", "{column}_r") >= {threshold}'


def near(column: str, edits: int = 1) -> str:
    """Damerau-Levenshtein distance of a column."""
    return f'damerau_levenshtein("{column}_l", "{column}_r") <= {edits}'


def person_comparisons(choice: SplinkChoice) -> list[dict[str, Any]]:
    """The comparisons of two persons."""
    names = [_full_name()] if choice.names == "together" else [_given_name(), _family_name()]
    sex = [comparison("sex", missing(either_missing("sex")), level(same("sex"), "same"))]
    return [
        *names,
        _birth(choice),
        _pesel(),
        _number("id_document"),
        _email(),
        *contacts(choice),
        *(sex if choice.is_sex_compared else []),
    ]


def firm_comparisons(choice: SplinkChoice) -> list[dict[str, Any]]:
    """The comparisons of two firms."""
    return [
        _org(),
        comparison("legal_form", missing(either_missing("legal_form")), level(same("legal_form"), "same")),
        _number("nip"),
        comparison(
            "regon",
            missing(either_missing("regon")),
            level(same("regon"), "same"),
            # The last five of fourteen digits name the local unit, and another unit is another customer.
            level(f"{same('regon_9')} and length(regon_l) = 14 and length(regon_r) = 14", "same firm, other unit"),
            level(same("regon_9"), "same firm, unit unknown"),
            level(near("regon"), "one edit"),
        ),
        _number("pesel"),
        _email(),
        *contacts(choice),
    ]


_INITIAL = "(length(given_l) = 1 or length(given_r) = 1) and first_1_l = first_1_r"
_SECOND = "(first_l = second_r or first_r = second_l)"
_PARTS = "len(list_intersect(last_parts_l, last_parts_r)) >= 1"


def _full_name() -> dict[str, Any]:
    return comparison(
        "name",
        missing("(first_l is null or first_r is null) and (last_l is null or last_r is null)"),
        level(f"{same('given')} and {same('last')}", "same full name", frequency="full_name"),
        level(same("full_name"), "same full name by diminutive"),
        level("first_l = last_r and first_r = last_l", "swapped"),
        level(f"{_INITIAL} and {same('last')}", "initial, same family name"),
        level(f"{_SECOND} and {same('last')}", "second given name, same family name"),
        level(f"{same('first')} and {_PARTS}", "same given name, part of the family name"),
        level(f"{same('last')} and {like('first', 0.92)}", "same family name, given name 0.92"),
        level(f"{same('first')} and {like('last', 0.92)}", "same given name, family name 0.92"),
        level(f"{like('first', 0.88)} and {like('last', 0.88)}", "both 0.88"),
        level(f"{_INITIAL} and {like('last', 0.92)}", "initial, family name 0.92"),
        level(same("last"), "same family name", frequency="last"),
        level(same("first"), "same given name", frequency="first"),
        level(like("last", 0.88), "family name 0.88"),
    )


def _given_name() -> dict[str, Any]:
    return comparison(
        "given_name",
        missing(either_missing("first")),
        level(same("given"), "same", frequency="first"),
        level(same("first"), "same by diminutive"),
        level(_INITIAL, "initial"),
        level("first_l = last_r and first_r = last_l", "swapped"),
        level(_SECOND, "second given name"),
        level(f"{like('first', 0.92)} or {near('first')}", "0.92 or one edit"),
        level(like("first", 0.82), "0.82"),
        level(like("first", 0.65), "0.65"),
        level(
            "length(given_l) > 1 and length(given_r) > 1 and (given_l like '%A') <> (given_r like '%A')", "other sex"
        ),
    )


def _family_name() -> dict[str, Any]:
    return comparison(
        "family_name",
        missing(either_missing("last")),
        level(same("last"), "same", frequency="last"),
        level("first_l = last_r and first_r = last_l", "swapped"),
        level(_PARTS, "part or former"),
        level(f"{like('last', 0.92)} or {near('last')}", "0.92 or one edit"),
        level(like("last", 0.82), "0.82"),
        level("sex_l = 'F' and sex_r = 'F'", "both women"),
    )


def _birth(choice: SplinkChoice) -> dict[str, Any]:
    unknown = either_missing("birth")
    if not choice.birth_beside_pesel:
        unknown = f"{unknown} or (pesel_l is not null and pesel_r is not null)"
    swapped = "birth_l[1:4] = birth_r[1:4] and birth_l[6:7] = birth_r[9:10] and birth_l[9:10] = birth_r[6:7]"
    new_year = "birth_y_l = birth_y_r and (birth_md_l = '01-01' or birth_md_r = '01-01')"
    days = "abs(date_diff('day', cast(birth_l as date), cast(birth_r as date)))"
    return comparison(
        "birth",
        missing(unknown),
        level(same("birth"), "same"),
        level(swapped, "day and month swapped"),
        level(new_year, "1 January of that year"),
        level(near("birth"), "one edit"),
        level(f"{same('birth_ym')} or {same('birth_md')}", "two of three"),
        level(f"{days} <= 366", "a year apart"),
        level(f"{days} <= 3653", "ten years apart"),
    )


def _pesel() -> dict[str, Any]:
    return comparison(
        "pesel",
        missing(either_missing("pesel")),
        level(same("pesel"), "same"),
        level(near("pesel"), "one edit"),
        level(near("pesel", 2), "two edits"),
        level("left(pesel_l, 6) = left(pesel_r, 6)", "same birth date"),
    )


def _number(column: str) -> dict[str, Any]:
    return comparison(
        column, missing(either_missing(column)), level(same(column), "same"), level(near(column), "one edit")
    )


def _phone(choice: SplinkChoice) -> dict[str, Any]:
    common = "len(list_intersect(phones_l, phones_r)) >= 1"
    frequency = "phone" if choice.term_frequencies == "more" else None
    return comparison(
        "phone",
        missing("len(phones_l) = 0 or len(phones_r) = 0"),
        level(same("phone"), "same", frequency=frequency),
        level(common, "a number in common"),
        level(near("phone"), "one edit"),
        level("left(phone_l, 2) = left(phone_r, 2)", "same zone"),
    )


def _email() -> dict[str, Any]:
    return comparison(
        "email",
        missing(either_missing("email")),
        level(same("email"), "same"),
        level("split_part(email_l, '@', 1) = split_part(email_r, '@', 1)", "same name"),
        level(like("email", 0.88), "0.88"),
        level("split_part(email_l, '@', 2) = split_part(email_r, '@', 2)", "same domain"),
    )


def _org() -> dict[str, Any]:
    share = (
        "len(list_intersect(core_words_l, core_words_r)) "
        "/ greatest(1, len(list_distinct(list_concat(core_words_l, core_words_r))))"
    )
    return comparison(
        "org",
        missing(either_missing("org")),
        level(same("org"), "same", frequency="org"),
        level(f"branch_l <> branch_r and not {like('branch', 0.88)}", "other branch"),
        level(same("org_words"), "same words"),
        level(same("org_core"), "same core words", frequency="org_core"),
        level(like("org", 0.95), "0.95"),
        level(like("org_core", 0.92), "core 0.92"),
        level(f"{share} >= 0.5", "half of the core words"),
        level("len(list_intersect(core_words_l, core_words_r)) >= 1", "a core word"),
        level(same("org_initials"), "same initials"),
        level(like("org", 0.8), "0.8"),
    )


_STREET = f"({same('street')} or {like('street', 0.9)} or (length(street_word_l) > 4 and {same('street_word')}))"
_NO_STREET = "(street_l is null and street_r is null)"
# One system writes the village as the place, another as the street of the town with the post office.
_VILLAGE = "((street_l is null and city_l = street_r) or (street_r is null and city_r = street_l))"
_CITY = f"({like('city', 0.92)} and ({either_missing('postal')} or {same('postal_2')}))"
_HOUSE = f"{same('house')} and ({_CITY} and ({_STREET} or {_NO_STREET}) or {_VILLAGE})"


def contacts(choice: SplinkChoice) -> list[dict[str, Any]]:
    """Telephone and address, as one comparison, two or several."""
    if choice.address == "with_phone":
        return [_address_with_phone()]
    if choice.address == "one":
        return [_phone(choice), _address()]
    street = "street" if choice.term_frequencies == "more" else None
    return [
        _phone(choice),
        comparison(
            "street",
            missing(either_missing("street")),
            level(same("street"), "same", frequency=street),
            level(same("street_word"), "same last word", frequency=None),
            level(like("street", 0.9), "0.9"),
        ),
        comparison(
            "house", missing(either_missing("house")), level(same("house"), "same"), level(near("house"), "one edit")
        ),
        comparison("flat", missing(either_missing("flat")), level(same("flat"), "same")),
        comparison(
            "postal",
            missing(either_missing("postal")),
            level(same("postal"), "same"),
            level(near("postal"), "one edit"),
            level(same("postal_2"), "same zone"),
        ),
        comparison(
            "city",
            missing(either_missing("city")),
            level(same("city"), "same", frequency="city"),
            level(like("city", 0.9), "0.9"),
        ),
    ]


def _address_with_phone() -> dict[str, Any]:
    """A household shares flat and telephone: counted apart they would count twice."""
    number = "len(list_intersect(phones_l, phones_r)) >= 1"
    unknown = "(len(phones_l) = 0 or len(phones_r) = 0)"
    no_address = "((city_l is null or city_r is null) and (postal_l is null or postal_r is null))"
    at_home = f"{_HOUSE} and (flat_l is null or flat_r is null or {same('flat')})"
    return comparison(
        "contact",
        missing(f"{unknown} and {no_address}"),
        level(f"{number} and {_HOUSE} and {same('flat')}", "same number, same flat"),
        level(f"{number} and {at_home}", "same number, same house"),
        level(f"{number} and {_HOUSE}", "same number, other flat"),
        level(f"{number} and {no_address}", "same number, address unknown"),
        level(f"{number} and ({_CITY} or {same('postal')})", "same number, same place"),
        level(number, "same number, elsewhere"),
        level(f"{unknown} and {_HOUSE} and {same('flat')}", "number unknown, same flat"),
        level(f"{unknown} and {at_home}", "number unknown, same house"),
        level(f"{_HOUSE} and {same('flat')}", "other number, same flat"),
        level(at_home, "other number, same house"),
        level(_HOUSE, "other flat"),
        level(f"{same('house')} and {same('postal')} and {_STREET}", "same house by postal code"),
        level(f"{near('phone')} and {same('house')}", "number one edit, same house number"),
        level(f"{same('house')} and {same('flat')} and {_CITY}", "same numbers"),
        level(f"{_CITY} and {_STREET}", "same street"),
        level(same("postal"), "same postal code"),
        level(_CITY, "same place"),
        level(f"{near('phone')}", "number one edit"),
        level(f"{near('postal')} or {same('postal_2')}", "same postal zone"),
    )


def _address() -> dict[str, Any]:
    return comparison(
        "address",
        missing("(city_l is null or city_r is null) and (postal_l is null or postal_r is null)"),
        level(f"{_HOUSE} and {same('flat')}", "same flat"),
        level(f"{_HOUSE} and flat_l is null and flat_r is null", "same house"),
        level(f"{_HOUSE} and (flat_l is null or flat_r is null)", "same house, a flat unknown"),
        level(_HOUSE, "same house, other flat"),
        level(f"{same('house')} and {same('postal')} and {_STREET}", "same house by postal code"),
        level(f"{_CITY} and {_STREET}", "same street"),
        level(f"{same('house')} and {same('flat')} and {_CITY}", "same numbers"),
        level(same("postal"), "same postal code"),
        level(_CITY, "same place"),
        level(near("postal"), "postal code one edit"),
        level(same("postal_2"), "same postal zone"),
    )
