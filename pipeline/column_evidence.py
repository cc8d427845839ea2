"""What the values of a column say of its role: check digits, names on the lists, dates, amounts.

Shares are of the filled values. A name of a column is believed unless its values forbid it (:func:`veto`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from config.link_models import load_column_names
from config.lookups import Lookups
from dedupe.anytable.profiles import Profile, profile

_NULLS = frozenset({"", "-", "NULL", "null", "brak", "\\N"})


@dataclass(frozen=True)
class Column:
    """A column with what its values look like."""

    name: str
    values: Sequence[str]
    """Filled values without blanks at the ends."""
    profile: Profile
    shares: Mapping[str, float]
    """Of its values: those that are names of people, firms, numbers with their check digits, amounts."""

    def share(self, name: str) -> float:
        """The share of values of that look."""
        return self.shares.get(name, self.profile.share(name))


def column_of(name: str, stored: Sequence[str | None], lookups: Lookups) -> Column:
    """What a column looks like."""
    values = [text for value in stored if value is not None and (text := value.strip()) not in _NULLS]
    looks = profile(name, stored, nulls=_NULLS, firm_words=frozenset(load_column_names().firm_words))
    return Column(name, values, looks, _shares(values[:: max(1, len(values) // 2_000)], lookups))


def _shares(sample: Sequence[str], lookups: Lookups) -> dict[str, float]:
    from transforms.checksums import nip_check_digit_ok, pesel_check_digit_ok, regon_check_digits_ok
    from transforms.firms import looks_like_firm, looks_like_person

    if not sample:
        return {}
    digits = pd.Series(sample, dtype="string").str.replace(r"[\s-]", "", regex=True)
    found = {
        name: float(check(digits).fillna(False).mean())
        for name, check in (
            *(("pesel", pesel_check_digit_ok), ("nip", nip_check_digit_ok), ("regon", regon_check_digits_ok)),
        )
    }
    tests: Mapping[str, Callable[[str], bool]] = {
        "given": lambda text: lookups.given_name_rank(text.split()[0]) is not None,
        "family": lambda text: lookups.family_name_rank(text.split()[0]) is not None,
        "polish_firm": lambda text: looks_like_firm(text, lookups=lookups),
        "person": lambda text: looks_like_person(text.upper(), lookups=lookups),
        "polish_postal": lambda text: bool(re.fullmatch(r"\d{2}-?\d{3}", text)),
        "amount": lambda text: bool(re.fullmatch(r"[-+]?\d[\d ]*(?:[.,]\d{1,2})?", text)),
        "decimal_comma": lambda text: bool(re.fullmatch(r"[-+]?[\d .]+,\d{1,2}", text)),
        "house_flat": lambda text: bool(re.search(r"\d\s*(?:/|m\.?)\s*\d", text)),
        "line": lambda text: bool(re.search(r"[^\W\d].*\s\d", text)),
    }
    return found | {name: sum(map(test, sample)) / len(sample) for name, test in tests.items()}


def veto(column: Column, role: str) -> str | None:
    """Why the values cannot be what the name says."""
    share, looks = column.share, column.profile
    checks: Mapping[str, tuple[bool, str]] = {
        "pesel": (share("pesel") >= 0.5, "most values carry no check digit of a PESEL"),
        "nip": (share("nip") >= 0.5, "most values carry no check digit of a NIP"),
        "regon": (share("regon") >= 0.5, "most values carry no check digits of a REGON"),
        "birth_date": (looks.date_order is not None, "most values are no dates"),
        "opened_date": (looks.date_order is not None, "most values are no dates"),
        "email": (share("email") >= 0.5, "most values have no @"),
        "phone": (share("phone") >= 0.5, "most values are no telephone numbers"),
        "postal_code": (share("postal") >= 0.6, "most values are no postal codes"),
        "balance": (share("amount") + share("decimal_comma") >= 0.8, "most values are no amounts"),
        "service_fee": (share("amount") + share("decimal_comma") >= 0.8, "most values are no amounts"),
        "given_name": (share("letters") >= 0.6, "most values are no words"),
        "family_name": (share("letters") >= 0.6, "most values are no words"),
        "full_name": (share("letters") >= 0.6, "most values are no words"),
        "party_name": (share("letters") >= 0.6, "most values are no words"),
        "org_name": (share("letters") >= 0.5, "most values are no words"),
        "city": (share("letters") >= 0.6, "most values are no words"),
        "party_flag": (len(set(column.values)) <= 6, "more than six different values"),
        "house": (share("short") >= 0.8, "the values are too long"),
        "house_flat": (share("short") >= 0.6 and share("with_digit") >= 0.6, "most values are no house numbers"),
        "account_number": (looks.distinct >= 0.5 and looks.filled >= 0.95, "the same values come again and again"),
    }
    holds, why = checks.get(role, (True, ""))
    return None if holds else why


def is_birth(column: Column) -> bool:
    """Whether they are dates, nine in ten of them before 1985: customers are grown up."""
    if column.profile.date_order is None or column.share("year") >= 0.5:
        return False
    years = [int(year) for value in column.values[:2_000] if (year := _year_of(value))]
    return bool(years) and sum(year < 1985 for year in years) >= 0.9 * len(years)


def _year_of(value: str) -> str | None:
    found = re.search(r"(?<!\d)(1[89]\d\d|20\d\d)(?=\d{4}\b|\b)", value)
    return found.group(1) if found else None
