"""Who writes, in the body of a letter: ``Nr klienta: 631191524817``, ``prosze o telefon: 61 852-52-52``.

Below a reply stands what it replies to, and in that the numbers of whoever wrote it first, ours among them. So quoted
lines are left out before anything is looked for, and a number counts only behind a word that says what it is.
"""

from __future__ import annotations

import re

import pandas as pd

from config.lookups import Lookups
from transforms.distinct import as_text, on_distinct
from transforms.draft import Context
from transforms.events.references import clean_account, split_new_account
from transforms.phones import parse_phones

Named = tuple[str | None, str | None, str | None]
"""Collection point, account, telephone."""

_QUOTED = re.compile(r"^[ \t]*(?:>|\|).*$", re.MULTILINE)
_HISTORY = re.compile(
    r"^[ \t]*(?:-{2,}[ ]?(?:original message|oryginalna wiadomo|wiadomo..? oryginalna)"
    r"|.{0,80}\b(?:napisa[lł](?:\(a\)|a)?|wrote)\b.{0,10}:[ \t]*$|-- ?$)",
    re.IGNORECASE | re.MULTILINE,
)
_ACCOUNT = re.compile(
    r"\b(?:nr|numer|num\.)[ ]?(?:klienta|abonenta|abon\.|konta|ewidencyjny)\b\D{0,12}?(\d(?:[ -]?\d){3,13})\b",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"\b(?:tel(?:efonu|efon)?|kom(?:órka|orka)?)\b[.:]?[^\d+(\n]{0,12}([+(]?\d[\d ()\-/.]{5,16}\d)", re.IGNORECASE
)


def own_words(body: str) -> str:
    """A letter without what it quotes: lines behind ``>``, and everything below the line that says who wrote it."""
    history = _HISTORY.search(body)
    return _QUOTED.sub("", body[: history.start()] if history else body)


def read_letter(body: str, *, area_code: str, lookups: Lookups) -> Named:
    """How a letter names its writer; missing where it does not say."""
    words = own_words(body)
    account = _ACCOUNT.search(words)
    number = re.sub(r"\D", "", account[1]) if account else ""
    point, new = split_new_account(number)
    phone = _PHONE.search(words)
    phones = parse_phones(phone[1], area_code=area_code, lookups=lookups)[0] if phone else ()
    return point, new or clean_account(number), phones[0] if phones else None


def add_letters(found: pd.DataFrame, text: pd.DataFrame, context: Context) -> pd.DataFrame:
    """References of rows, completed by what the letters among their columns say.

    Args:
        found: of :func:`transforms.events.references.party_references`.
        text: raw columns without pad blanks.
        context: its kind tells which columns are letters.
    """
    area_code, lookups = context.source.point.area_code, context.lookups
    for column in context.kind.columns_with("party_text"):
        letters = on_distinct(
            text[column],
            lambda typed: read_letter(typed, area_code=area_code, lookups=lookups),
            names=("party_point", "party_account", "party_phone"),
        )
        is_told = letters.notna().any(axis="columns") & found["party_account"].isna()
        for name in letters.columns:
            found = found.assign(**{name: found[name].mask(is_told, found[name].fillna(as_text(letters[name])))})
    return found
