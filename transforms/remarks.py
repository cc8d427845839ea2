"""What clerks wrote into the memo field.

A field for everything: ``z d. Kowalska``, ``tel. kom. 600 100 200``, ``e-mail jan@poczta.onet.pl``, ``klucz u
sasiadki``. We take out a former family name, an e-mail address and telephone numbers that say they are telephone
numbers; the rest stays in the raw row, where a clerk can read it.
"""

from __future__ import annotations

import re

from config.lookups import Lookups
from transforms.distinct import as_text, on_distinct
from transforms.draft import Context, Draft, flag
from transforms.phones import parse_phones
from transforms.text import title_case

_NAME = r"(?P<name>[^\W\d_]{3,}(?:-[^\W\d_]{3,})?)"
_FORMER_NAME = re.compile(
    r"(?:\bz\s?d(?:\.|omu\b)|\bde domo\b|\bdom\.|\bdawniej\b|\bpoprz(?:\.|ednio)?(?: nazw(?:\.|isko)?)?"
    r"|\bpanie[nń]skie\b"
    r"|\bnazw(?:\.|isko)? (?:rod(?:\.|owe)|pan(?:\.|ie[nń]skie)|poprz(?:\.|ednie))|\bzm(?:\.|iana) nazw(?:\.|iska)? z)"
    rf"\s*:?\s*{_NAME}",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[A-Za-z0-9._%+\-]+@(?:[A-Za-z0-9\-]+\.)+[A-Za-z]{2,6}")
_PHONE_WORDS = re.compile(
    r"(?:\btel(?:efon)?|\bkom(?:[oó]rk[ai]|órkowy)?|\bgsm|\bkontakt)\b[.:]?[^\d+(]{0,12}(?P<number>[+(]?\d[\d\s()\-/.]{5,16}\d)",
    re.IGNORECASE,
)


def parse_email(text: str) -> str | None:
    """The first e-mail address in a text, lower case."""
    match = _EMAIL.search(text)
    return match.group().lower() if match else None


def parse_former_name(text: str) -> str | None:
    """The family name before marriage where a remark names one."""
    match = _FORMER_NAME.search(text)
    return title_case(match["name"]) if match else None


def _read_remark(text: str, *, area_code: str, lookups: Lookups) -> tuple[str | None, str | None, str | None]:
    phones = [
        number
        for match in _PHONE_WORDS.finditer(text)
        for number in parse_phones(match["number"], area_code=area_code, lookups=lookups)[0]
    ]
    return parse_former_name(text), parse_email(text), " ".join(phones) or None


def read_remarks(draft: Draft, context: Context) -> Draft:
    """Former family name, e-mail and telephones out of remarks; an e-mail column goes before a remark."""
    remark = draft.first_text(context.kind.columns_with("remarks"))
    read = on_distinct(
        remark,
        lambda text: _read_remark(text, area_code=context.source.point.area_code, lookups=context.lookups),
        names=("former", "email", "phones"),
    )
    typed = draft.first_text(context.kind.columns_with("email"))
    email = on_distinct(typed, lambda text: (parse_email(text),), names=("email",))["email"]
    says_nothing = on_distinct(typed, lambda text: (context.lookups.is_sentinel("email", text),), names=("it",))["it"]
    return draft.with_values(
        {
            "remark_former_name": as_text(read["former"]),
            "remark_phones": as_text(read["phones"]),
            "email": as_text(email).fillna(as_text(read["email"])),
        },
        issues=[flag(typed.notna() & email.isna() & ~says_nothing.eq(True), "email_invalid")],
    )
