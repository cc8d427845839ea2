"""PESEL, NIP and REGON as legacy systems hold them.

A tenant of 1975 was never asked for a PESEL; a clerk who had to type one typed 00000000000 or the birth date and five
zeros; a numeric column lost the leading zero of everybody born before 1910 or after 1999; a sole trader's PESEL stands
in the NIP column and the other way round. A number counts only if its check digit is right and its birth date can be
that of a living holder on the business date; it is then found in whichever column it stands. Everything else becomes
missing with a status and a reason code. Equal is strong evidence, never proof: some PESELs were issued twice.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd

from config.lookups import Lookups
from transforms.checksums import nip_check_digit_ok, pesel_check_digit_ok, regon_check_digits_ok
from transforms.distinct import on_distinct
from transforms.draft import Context, Draft, flag

OLDEST_HOLDER = 115
_CENTURIES = {80: 1800, 0: 1900, 20: 2000, 40: 2100, 60: 2200}


def birth_date_of_pesel(pesel: str) -> dt.date | None:
    """The date in the first six digits; the month carries the century. Nothing if there is no such day."""
    month = int(pesel[2:4])
    try:
        return dt.date(_CENTURIES[month // 20 * 20] + int(pesel[:2]), month % 20, int(pesel[4:6]))
    except ValueError:
        return None


def sex_of_pesel(pesel: str) -> str:
    """The tenth digit is odd for men."""
    return "M" if int(pesel[9]) % 2 else "F"


def _is_living(pesel: str, business_date: dt.date) -> bool:
    born = birth_date_of_pesel(pesel)
    return born is not None and born <= business_date and business_date.year - born.year <= OLDEST_HOLDER


def _digits(values: pd.Series) -> pd.Series:
    """Without blanks, hyphens and a country prefix; a numeric column's ``.0`` is cut."""
    text = values.str.upper().str.replace(r"^(?:PESEL|NIP|REGON|PL)[ :.]*", "", regex=True)
    text = text.str.replace(r"\.0*$", "", regex=True).str.replace(r"[\s\-./]", "", regex=True)
    return text.mask(text.eq(""))


def _is_sentinel(digits: pd.Series, *, field: str, lookups: Lookups) -> pd.Series:
    """Nothing meant: no digit at all and said so, one digit repeated, or a value of the list."""

    def judge(value: str) -> tuple[bool]:
        return (len(set(value)) == 1 or lookups.is_sentinel(field, value),)

    return on_distinct(digits, judge, names=("it",))["it"].eq(True)


def valid_pesel(digits: pd.Series, *, business_date: dt.date) -> pd.Series:
    """Whether each is a PESEL somebody living may have; missing is not."""
    is_checked = pesel_check_digit_ok(digits).fillna(False).astype(bool)
    living = on_distinct(digits.where(is_checked), lambda pesel: (_is_living(pesel, business_date),), names=("it",))
    return living["it"].eq(True)


def clean_pesel(values: pd.Series, *, business_date: dt.date, lookups: Lookups) -> pd.DataFrame:
    """PESEL and its status.

    Args:
        values: as typed; missing where nothing stands.
        business_date: day the delivery speaks of: nobody is born after it.
        lookups: for numbers that mean nothing.

    Returns:
        ``pesel`` (11 digits, missing unless valid or repaired) and ``pesel_status``: valid, repaired (lost leading
        zeros put back), missing, sentinel, invalid.
    """
    digits = _digits(values)
    padded = digits.where(digits.str.fullmatch(r"\d{9,10}").fillna(False)).str.zfill(11)
    is_valid = valid_pesel(digits, business_date=business_date)
    is_repaired = ~is_valid & valid_pesel(padded, business_date=business_date)
    # A birth date and five zeros has a right check digit once in ten; 00000 was never issued.
    is_dummy = _is_sentinel(digits, field="pesel", lookups=lookups) | digits.str.fullmatch(r"\d{6}0{5}").fillna(False)
    status = pd.Series("invalid", index=values.index, dtype="string")
    status[is_repaired] = "repaired"
    status[is_valid] = "valid"
    status[is_dummy.astype(bool)] = "sentinel"
    status[digits.isna()] = "missing"
    pesel = digits.where(status.eq("valid")).fillna(padded.where(status.eq("repaired")))
    return pd.DataFrame({"pesel": pesel.astype("string"), "pesel_status": status})


def clean_nip(values: pd.Series, *, lookups: Lookups) -> pd.DataFrame:
    """``nip`` (10 digits or missing) and ``nip_status``: valid, missing, sentinel, invalid."""
    digits = _digits(values)
    status = pd.Series("invalid", index=values.index, dtype="string")
    # No tax office has a number that begins with two zeros, yet 0000000000 has the right check digit.
    status[nip_check_digit_ok(digits).fillna(False).astype(bool) & ~digits.str.startswith("00").fillna(False)] = "valid"
    status[_is_sentinel(digits, field="nip", lookups=lookups)] = "sentinel"
    status[digits.isna()] = "missing"
    return pd.DataFrame({"nip": digits.where(status.eq("valid")).astype("string"), "nip_status": status})


def clean_regon(values: pd.Series, *, lookups: Lookups) -> pd.DataFrame:
    """``regon`` (9 or 14 digits, 7 and 8 filled up with zeros, or missing) and ``regon_status``."""
    digits = _digits(values)
    # Fourteen digits that end in 00000 name the firm itself, not a branch.
    number = digits.str.replace(r"^(\d{9})00000$", r"\1", regex=True)
    number = number.mask(number.str.fullmatch(r"\d{7,8}").fillna(False), number.str.zfill(9))
    status = pd.Series("invalid", index=values.index, dtype="string")
    status[regon_check_digits_ok(number).fillna(False).astype(bool)] = "valid"
    status[_is_sentinel(digits, field="regon", lookups=lookups)] = "sentinel"
    status[digits.isna()] = "missing"
    return pd.DataFrame({"regon": number.where(status.eq("valid")).astype("string"), "regon_status": status})


def _all_readings(values: pd.Series, context: Context) -> pd.DataFrame:
    """One column read as each kind of number."""
    return pd.concat(
        [
            clean_pesel(values, business_date=context.business_date, lookups=context.lookups),
            clean_nip(values, lookups=context.lookups),
            clean_regon(values, lookups=context.lookups),
        ],
        axis="columns",
    )


def clean_identifiers(draft: Draft, context: Context) -> Draft:
    """PESEL, NIP and REGON of each row, each from its own column, else from where it strayed to."""
    read = {
        role: _all_readings(draft.first_text(context.kind.columns_with(role)), context)
        for role in ("pesel", "nip", "regon")
    }
    is_firm = draft.value("party_kind").eq("firm").fillna(False)
    own = read["pesel"]
    # Ten digits may be a PESEL without its zero or a NIP: the kind of party decides.
    is_stray_nip = own["nip"].notna() & (own["pesel"].isna() | (own["pesel_status"].eq("repaired") & is_firm))
    pesel = own["pesel"].mask(is_stray_nip)
    stray_pesel = read["nip"]["pesel"].where(read["nip"]["nip"].isna() & read["nip"]["pesel_status"].eq("valid"))
    status = own["pesel_status"].mask(is_stray_nip, "missing")
    status = status.mask(pesel.isna() & stray_pesel.notna(), "valid")
    nip = read["nip"]["nip"].fillna(own["nip"].where(is_stray_nip)).fillna(read["regon"]["nip"])
    is_stray_regon = read["nip"]["nip"].isna() & stray_pesel.isna() & read["nip"]["regon"].notna()
    regon = read["regon"]["regon"].fillna(read["nip"]["regon"].where(is_stray_regon))
    values = {"pesel": pesel.fillna(stray_pesel), "pesel_status": status, "nip": nip, "regon": regon}
    return draft.with_values(values, issues=_issues(read, is_stray_nip, stray_pesel.notna(), is_stray_regon))


def _issues(
    read: dict[str, pd.DataFrame], is_stray_nip: pd.Series, is_stray_pesel: pd.Series, is_stray_regon: pd.Series
) -> list[pd.Series]:
    """What was left out, and what stood in a column of another name."""
    own, nip = read["pesel"]["pesel_status"], read["nip"]["nip_status"]
    is_stray_from_regon = read["regon"]["nip"].notna() & read["regon"]["regon"].isna()
    return [
        flag(own.eq("invalid") & ~is_stray_nip, "pesel_invalid"),
        flag(own.eq("sentinel"), "pesel_sentinel"),
        flag(nip.eq("invalid") & ~is_stray_pesel & ~is_stray_regon, "nip_invalid"),
        flag(nip.eq("sentinel"), "nip_sentinel"),
        flag(read["regon"]["regon_status"].eq("invalid") & ~is_stray_from_regon, "regon_invalid"),
        flag(read["regon"]["regon_status"].eq("sentinel"), "regon_sentinel"),
        flag(is_stray_nip, "nip_in_pesel_column"),
        flag(is_stray_pesel, "pesel_in_nip_column"),
        flag(is_stray_regon, "regon_in_nip_column"),
    ]
