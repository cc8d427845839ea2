"""How an event names its party.

The account number as the subscriber system of the point knows it, with or without leading zeros; a telephone with the
area code of the point implied; an e-mail address; a login; the bank account the customer pays to. In the title of a
payment people write what they like: the telephone, the number of the account or of the invoice, or greetings. The
account a payment goes to is the customer's own, with his number in its last twelve digits, or the company's, which
names nobody.
"""

from __future__ import annotations

import re

import pandas as pd

from config.lookups import Lookups
from config.units import collection_points
from transforms.distinct import as_text, on_distinct
from transforms.draft import Context
from transforms.phones import parse_phones
from transforms.remarks import parse_email

_POINTS = frozenset(point.code for point in collection_points())
_OLD_PAYMENT_ACCOUNT = re.compile(r"\d{8}-2\d{3}-\d{6}-\d{3}")
_INVOICE_IN_TITLE = re.compile(r"\bF\d{2}/\d{2}/\d{7}\b")
_ACCOUNT_IN_TITLE = re.compile(r"(?:nr\s*)?(?:klient|abon|konto|kl\.|ab\.)\w*\D{0,12}?(\d{4,14})\b", re.IGNORECASE)


def clean_account(text: str) -> str | None:
    """Digits without leading zeros: ``00-012 345/7`` is written for ``123457``; none where no digit stands."""
    return re.sub(r"\D", "", text).lstrip("0") or None


def clean_accounts(accounts: pd.Series) -> pd.Series:
    """:func:`clean_account` of a column."""
    digits = accounts.str.replace(r"\D", "", regex=True).str.lstrip("0")
    return digits.mask(digits.eq(""))


def clean_payment_account(text: str) -> str | None:
    """The 26 digits of a bank account of the customer's own, or the digits of an old one; none for the company's."""
    digits = re.sub(r"\D", "", text)
    return digits if len(digits) >= 14 and digits[-12:].strip("0") else None


def read_title(text: str, *, area_code: str, lookups: Lookups) -> tuple[str | None, str | None, str | None]:
    """Account number, telephone and number of the invoice in the title of a payment."""
    invoice = _INVOICE_IN_TITLE.search(text.upper())
    rest = text[: invoice.start()] + " " + text[invoice.end() :] if invoice else text
    named = _ACCOUNT_IN_TITLE.search(rest)
    account = clean_account(named.group(1)) if named else None
    rest = rest.replace(named.group(0), " ") if named else rest
    phones, _ = parse_phones(rest, area_code=area_code, lookups=lookups)
    return account, (phones[0] if phones else None), (invoice.group(0) if invoice else None)


def split_new_account(text: str) -> tuple[str | None, str | None]:
    """Collection point and account of a number given at the cutover, or nothing where the text is none.

    Twelve digits, alone or at the end of a bank account of 26: two of the point, nine of the account, a check digit
    (weights 3 and 1 in turn, the sum of all a multiple of ten). The form is invented.
    """
    digits = re.sub(r"\D", "", text)
    number = digits[-12:]
    if len(digits) not in (12, 26) and not _OLD_PAYMENT_ACCOUNT.fullmatch(text.strip()):
        return None, None
    total = sum((3 if place % 2 == 0 else 1) * int(digit) for place, digit in enumerate(number))
    point = f"ZT{number[:2]}"
    if total % 10 or point not in _POINTS:
        return None, None
    return point, number[2:11].lstrip("0") or None


def account_in_payment_account(text: str) -> str | None:
    """Account number of the point in the bank account of before the cutover: three zeros and nine digits at the end."""
    digits = re.sub(r"\D", "", text)
    is_account = len(digits) == 26 or _OLD_PAYMENT_ACCOUNT.fullmatch(text.strip())
    return digits[-9:].lstrip("0") or None if is_account and digits[-12:-9] == "000" else None


def party_references(text: pd.DataFrame, context: Context) -> pd.DataFrame:
    """The references of each row, in the columns of ``config.events.PARTY_REFERENCES``.

    Args:
        text: raw columns without pad blanks.
        context: source and kind; the point's area code completes bare telephone numbers.
    """
    kind = context.kind
    area_code, lookups = context.source.point.area_code, context.lookups

    def phone(typed: str) -> tuple[str | None]:
        found, _ = parse_phones(typed, area_code=area_code, lookups=lookups)
        return (found[0] if found else None,)

    cleaners = {
        "party_account": lambda typed: (clean_account(typed),),
        "party_point": lambda typed: (typed.upper(),),
        "party_phone": phone,
        "party_email": lambda typed: (parse_email(typed),),
        "party_login": lambda typed: (typed.lower(),),
        "party_payment_account": lambda typed: (clean_payment_account(typed),),
        "party_letter": lambda typed: (typed,),
        # A bank writes name and address in lines of 35 letters, a stroke between them.
        "party_name": lambda typed: (typed.partition("|")[0].strip() or None,),
    }
    found = {role: _first(text, kind.columns_with(role), clean) for role, clean in cleaners.items()}
    paid_to = _first(
        text, kind.columns_with("party_payment_account"), lambda typed: (account_in_payment_account(typed),)
    )
    found["party_account"] = found["party_account"].fillna(paid_to)
    for role in ("party_account", "party_payment_account"):
        _read_new_accounts(found, text, kind.columns_with(role))
    found["party_invoice"] = pd.Series(pd.NA, index=text.index, dtype="string")
    for column in kind.columns_with("party_title"):
        # The account that money went to says whose it is; what the payer wrote is read where it does not.
        titles = on_distinct(
            # A bank breaks a title at its 35th letter, inside of numbers, too.
            text[column].where(found["party_account"].isna()).str.replace("|", "", regex=False),
            lambda typed: read_title(typed, area_code=area_code, lookups=lookups),
            names=("account", "phone", "invoice"),
        )
        found["party_account"] = found["party_account"].fillna(as_text(titles["account"]))
        found["party_phone"] = found["party_phone"].fillna(as_text(titles["phone"]))
        found["party_invoice"] = found["party_invoice"].fillna(as_text(titles["invoice"]))
    return pd.DataFrame(found, index=text.index)


def _read_new_accounts(found: dict[str, pd.Series], text: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """A number given at the cutover tells point and account, whichever column it stands in."""
    for column in columns:
        told = on_distinct(text[column], split_new_account, names=("point", "account"))
        is_new = told["account"].notna()
        found["party_account"] = found["party_account"].mask(is_new, as_text(told["account"]))
        found["party_point"] = found["party_point"].mask(is_new, as_text(told["point"]))


def _first(text: pd.DataFrame, columns: tuple[str, ...], clean: object) -> pd.Series:
    """The first of these columns that says anything, cleaned."""
    result = pd.Series(pd.NA, index=text.index, dtype="string")
    for column in columns:
        cleaned = on_distinct(text[column], clean, names=("value",))  # type: ignore[arg-type]
        result = result.fillna(as_text(cleaned["value"]))
    return result
