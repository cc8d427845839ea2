"""Which rows are no customers, and which break a promise of their source.

Excluded: rows the source deleted, lines nobody is named for, rows typed to train clerks (``TEST TEST``, ``AAAA BBBB``).
Rejected: rows without what their kind requires, with a balance that cannot be read to the grosz where one is required,
or of a category nobody told us about. An ``else`` would swallow the next new category silently.
"""

from __future__ import annotations

import re

import pandas as pd

from config.lookups import fold
from transforms.distinct import on_distinct, on_distinct_rows
from transforms.draft import Context
from transforms.money import parse_grosze

NAME_ROLES = ("party_name", "full_name", "family_name", "given_name", "org_name")


def name_columns(context: Context) -> list[str]:
    """Raw columns that may name a party."""
    return [column for role in NAME_ROLES for column in context.kind.columns_with(role)]


def _has_name(*names: str | None) -> bool:
    return any(re.search(r"[^\W\d_]", name) for name in names if name)


def _is_test(names: tuple[str | None, ...], context: Context) -> bool:
    """Every word of the name is a test word or one letter repeated, and there are two, or one that says TEST."""
    words = re.findall(r"\w+", fold(" ".join(name for name in names if name)))
    known = context.lookups.sentinels["test_name"]
    is_test_word = [word in known or (len(word) >= 4 and len(set(word)) == 1) for word in words]
    return bool(words) and all(is_test_word)


def _has_identifier(text: pd.DataFrame, context: Context) -> pd.Series:
    has = pd.Series(False, index=text.index)
    for role in ("pesel", "nip", "regon"):
        for column in context.kind.columns_with(role):
            has |= text[column].str.fullmatch(r"[\d\- ]*[1-9][\d\- ]*").fillna(False).astype(bool)
    return has


def reason_to_exclude(text: pd.DataFrame, place: pd.DataFrame, context: Context) -> pd.Series:
    """``deleted``, ``line_without_party``, ``test_row``, or missing for a row that stays."""

    def judge(*names: str | None) -> tuple[str | None]:
        told = tuple(name for name in names if name and not context.lookups.is_sentinel("name", name))
        if not _has_name(*told):
            return ("line_without_party",)
        return ("test_row" if _is_test(told, context) else None,)

    reasons = on_distinct_rows(text[name_columns(context)], judge, names=("reason",))["reason"]
    # Who has a number but no name is somebody all the same.
    reasons = reasons.mask(reasons.eq("line_without_party") & _has_identifier(text, context), None)
    required_names = [column for column in context.kind.required if column in name_columns(context)]
    # Where the kind requires a name, its absence is a broken promise, not a line without a customer.
    is_broken = text[required_names].isna().any(axis="columns") & reasons.eq("line_without_party")
    reasons = reasons.mask(is_broken, None)
    return reasons.mask(place["_is_deleted"].astype(bool), "deleted").astype("string")


def _missing_required(text: pd.DataFrame, context: Context) -> pd.Series:
    """Names of required columns that are empty, comma between; missing where none is."""
    lacking = pd.Series("", index=text.index, dtype="string")
    for column in context.kind.required:
        lacking = lacking.mask(text[column].isna(), lacking + column + ",")
    return lacking.str.rstrip(",").mask(lacking.eq(""))


def _unreadable_balance(text: pd.DataFrame, context: Context) -> pd.Series:
    """The required balance column that holds no amount; missing where it does."""
    found = pd.Series(pd.NA, index=text.index, dtype="string")
    for column in context.kind.columns_with("balance"):
        if column in context.kind.required:
            amount = on_distinct(
                text[column],
                lambda typed: (parse_grosze(typed, decimal_comma=context.kind.decimal_comma),),
                names=("grosze",),
            )["grosze"]
            found = found.mask(text[column].notna() & amount.isna(), column)
    return found


def _unknown_flag(text: pd.DataFrame, context: Context) -> pd.Series:
    """The party flag column whose value the kind does not know; missing where it does or nothing stands."""
    found = pd.Series(pd.NA, index=text.index, dtype="string")
    for column in context.kind.columns_with("party_flag"):
        found = found.mask(text[column].notna() & ~text[column].isin(list(context.kind.flag_values)), column)
    return found


def reason_to_reject(text: pd.DataFrame, context: Context) -> pd.DataFrame:
    """``reason`` (missing for a row that stays) and ``detail`` (which column; never its value)."""
    rejected = pd.DataFrame({"reason": pd.NA, "detail": pd.NA}, index=text.index, dtype="string")
    for reason, columns in (
        ("unknown_category", _unknown_flag(text, context)),
        ("unreadable_amount", _unreadable_balance(text, context)),
        ("required_missing", _missing_required(text, context)),
    ):
        rejected = rejected.mask(columns.notna(), pd.DataFrame({"reason": reason, "detail": columns}))
    return rejected
