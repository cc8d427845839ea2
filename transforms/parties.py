"""What belongs to whom once a row is one person, one firm, or two people.

A couple shares address and telephones; the PESEL of the row belongs to the one of the sex it says. Balance and fees
stay with the first, so that sums survive. A person's sex and missing birth date come from a valid PESEL.
"""

from __future__ import annotations

import pandas as pd

from transforms.distinct import as_text, on_distinct
from transforms.draft import Context, Draft, flag
from transforms.identifiers import birth_date_of_pesel, sex_of_pesel

PERSONAL = ("pesel", "birth_date", "id_document")
OF_THE_FIRST = ("nip", "regon", "email", "balance_grosze", "monthly_fee_grosze", "services")


def reconcile_people(draft: Draft, context: Context) -> Draft:
    """Sex and birth date of persons, checked against PESEL and given name."""
    is_person = draft.value("party_kind").eq("person").fillna(False).astype(bool)
    told = on_distinct(
        draft.value("pesel"), lambda pesel: (sex_of_pesel(pesel), birth_date_of_pesel(pesel)), names=("sex", "birth")
    )
    by_pesel, born = as_text(told["sex"]), told["birth"]
    by_name = _sex_of_names(draft.value("given_name"), context)
    is_couple = draft.value("is_couple").eq(True).fillna(False)
    stated = draft.value("birth_date")
    contradicts = stated.notna() & born.notna() & stated.ne(born) & is_person
    # A two-digit year may have been read into the wrong century: the PESEL knows.
    same_day = contradicts & _day_of_century(stated.where(contradicts)).eq(_day_of_century(born.where(contradicts)))
    sex = by_pesel.where(~is_couple, by_name).fillna(by_name).where(is_person)
    return draft.with_values(
        {
            "sex": sex,
            "birth_date": stated.where(stated.notna() & ~same_day, born).where(is_person),
            "sex_by_pesel": by_pesel,
        },
        issues=(
            flag(contradicts & ~same_day, "birth_date_contradicts_pesel"),
            flag(is_person & ~is_couple & by_pesel.ne(by_name), "sex_contradicts_pesel"),
        ),
    )


def _sex_of_names(given: pd.Series, context: Context) -> pd.Series:
    def judge(name: str) -> tuple[str | None]:
        sexes = sorted(context.lookups.sexes_of_given_name(name))
        return (sexes[0] if len(sexes) == 1 else None,)

    return as_text(on_distinct(given, judge, names=("sex",))["sex"])


def _day_of_century(dates: pd.Series) -> pd.Series:
    return dates.map(lambda date: f"{date:%y%m%d}", na_action="ignore")


def share_between_parties(draft: Draft, context: Context) -> Draft:
    """What the two parties of one row do not share goes to one of them."""
    is_couple = draft.value("is_couple").eq(True).fillna(False).astype(bool)
    if not is_couple.any():
        return draft
    part, row = draft.value("part"), draft.value("_row")
    is_theirs = draft.value("sex").eq(draft.value("sex_by_pesel")).fillna(False) & is_couple
    # Nobody of that sex, or both: the PESEL is that of the first.
    theirs_are_one = is_theirs.groupby(row).transform("sum").eq(1)
    owns_personal = (is_theirs.where(theirs_are_one, part.eq(1)) | ~is_couple).astype(bool)
    owns_rest = (part.eq(1) | ~is_couple).astype(bool)
    values = {name: draft.value(name).where(owns_personal) for name in PERSONAL}
    values |= {name: draft.value(name).where(owns_rest) for name in OF_THE_FIRST}
    # A maiden name in the remark of a couple is hers.
    values["former_family_name"] = draft.value("former_family_name").mask(is_couple & draft.value("sex").eq("M"))
    values["pesel_status"] = draft.value("pesel_status").where(owns_personal, "missing")
    return draft.with_values(values)
