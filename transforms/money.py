"""Money, in grosze.

``1 234,56``, ``-12.50``, ``12,50-``, ``,5`` (Oracle drops the zero), ``1.234,56``. A grosz lost here is missing from
the reconciliation for ever, so an amount we cannot read to the grosz is not read at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from transforms.distinct import on_distinct
from transforms.draft import Context, Draft, flag

_SEPARATED = re.compile(r"(?P<whole>\d{1,3}(?:[ .\u00a0]\d{3})+)(?P<rest>,\d{0,2})?")
_DECIMAL_COMMA = re.compile(r"(?P<whole>\d*)(?:[,.](?P<fraction>\d{0,2}))?")
_DECIMAL_POINT = re.compile(r"(?P<whole>\d{1,3}(?:,\d{3})+|\d*)(?:\.(?P<fraction>\d{0,2}))?")
_PLAIN = {True: r"[+-]?\d*(?:,\d{1,2})?", False: r"[+-]?\d*(?:\.\d{1,2})?"}
"""An amount as a source writes it that has a decimal comma, or a point."""
_MOST = 2**53


def parse_grosze(text: str, *, decimal_comma: bool) -> int | None:
    """The amount in grosze, or nothing where the text is no amount with at most two decimals.

    ``1.234`` is a thousand and more where the source writes decimal commas, and unreadable elsewhere.
    """
    digits = text.strip().removesuffix("zł").removesuffix("PLN").strip()
    sign = -1 if digits.startswith("-") or digits.endswith("-") else 1
    if digits[:1] in {"-", "+"}:
        digits = digits[1:].strip()
    elif digits[-1:] in {"-", "+"}:
        digits = digits[:-1].strip()
    thousands = _SEPARATED.fullmatch(digits) if decimal_comma or " " in digits else None
    if thousands:
        digits = re.sub(r"[ .\u00a0]", "", thousands["whole"]) + (thousands["rest"] or "")
    match = (_DECIMAL_COMMA if decimal_comma or thousands else _DECIMAL_POINT).fullmatch(digits) or (
        _DECIMAL_COMMA.fullmatch(digits)
    )
    if match is None or not any(char.isdigit() for char in digits):
        return None
    amount = int((match["whole"] or "0").replace(",", "")) * 100 + int((match["fraction"] or "").ljust(2, "0"))
    return sign * amount if amount <= _MOST else None


def _grosze(values: pd.Series, *, decimal_comma: bool) -> pd.Series:
    parsed = on_distinct(values, lambda text: (parse_grosze(text, decimal_comma=decimal_comma),), names=("grosze",))
    return parsed["grosze"].astype("Int64")


def amount_layout(typed: pd.Series, amounts: pd.Series, *, decimal_comma: bool) -> pd.Series:
    """The note ``amount_layout`` where an amount was read that is not written as its source writes amounts."""
    is_plain = typed.str.fullmatch(_PLAIN[decimal_comma]).fillna(False).astype(bool)
    return flag(typed.notna() & amounts.notna() & ~is_plain, "amount_layout")


def _sum_of(
    draft: Draft, columns: Sequence[str], *, decimal_comma: bool
) -> tuple[pd.Series, pd.Series, list[pd.Series]]:
    """Sum of the readable amounts (missing where none stands), whether one could not be read, and notes."""
    total = pd.Series(pd.NA, index=draft.index, dtype="Int64")
    is_unreadable = pd.Series(False, index=draft.index)
    notes = []
    for column in columns:
        amounts = _grosze(draft.raw[column], decimal_comma=decimal_comma)
        is_unreadable |= amounts.isna() & draft.raw[column].notna()
        notes.append(amount_layout(draft.raw[column], amounts, decimal_comma=decimal_comma))
        total = total.add(amounts, fill_value=0)
    return total, is_unreadable, notes


def sum_money(draft: Draft, context: Context) -> Draft:
    """Balance, sum of monthly fees and number of services of each row."""
    kind = context.kind
    balance, balance_unreadable, balance_notes = _sum_of(
        draft, kind.columns_with("balance"), decimal_comma=kind.decimal_comma
    )
    fees, fees_unreadable, fee_notes = _sum_of(
        draft, kind.columns_with("service_fee"), decimal_comma=kind.decimal_comma
    )
    count = draft.first_text(kind.columns_with("service_count"))
    services = pd.to_numeric(count.where(count.str.fullmatch(r"\d{1,6}")), errors="coerce").astype("Int64")
    return draft.with_values(
        {"balance_grosze": balance, "monthly_fee_grosze": fees, "services": services},
        issues=(
            flag(balance_unreadable, "balance_unreadable"),
            flag(fees_unreadable, "fee_unreadable"),
            flag(count.notna() & services.isna(), "services_unreadable"),
        ),
        notes=(*balance_notes, *fee_notes),
    )
