"""Identity documents.

Until the end of 2007 the old booklet (two letters, seven digits, no check digit) is as lawful as the plastic card
(three letters, six digits, the first one checks); a passport looks like a booklet. Foreigners have documents of any
shape, so a number we do not know the shape of is kept; only a plastic card with a wrong check digit is left out.
"""

from __future__ import annotations

import re

from config.lookups import Lookups, fold
from transforms.checksums import identity_card_check_digit_ok
from transforms.distinct import as_text, on_distinct
from transforms.draft import Context, Draft, flag

_LABEL = re.compile(
    r"(?:DOWOD(?:U)? ?(?:OSOBISTY|OS)?|DOW\.? ?OS|DOW|D\.? ?O|LEGITYMACJA|LEG|PASZPORT|PASZP|SERIA|NR)\b[ .:]*"
)
_CARD = re.compile(r"[A-Z]{3}\d{6}")
_BOOKLET_OR_PASSPORT = re.compile(r"[A-Z]{2}\d{7}")
_FOREIGN = re.compile(r"(?=(?:.*\d){4})[A-Z0-9]{5,15}")


def parse_id_document(text: str, *, lookups: Lookups) -> tuple[str | None, str | None]:
    """The number in upper case without blanks and no reason, or no number and why: ``sentinel``, ``invalid``."""
    if lookups.is_sentinel("id_document", text.strip()):
        return None, None
    upper = fold(text).upper().strip()
    while label := _LABEL.match(upper):
        upper = upper[label.end() :]
    number = re.sub(r"[\s\-/.]", "", upper)
    digits = re.sub(r"\D", "", number)
    if len(digits) >= 4 and len(set(digits)) == 1:
        return None, "sentinel"
    if _CARD.fullmatch(number):
        return (number, None) if identity_card_check_digit_ok(number) else (None, "invalid")
    if _BOOKLET_OR_PASSPORT.fullmatch(number) or _FOREIGN.fullmatch(number):
        return number, None
    return None, "invalid"


def clean_documents(draft: Draft, context: Context) -> Draft:
    """The identity document of each row."""
    typed = draft.first_text(context.kind.columns_with("id_document"))
    parsed = on_distinct(
        typed, lambda text: parse_id_document(text, lookups=context.lookups), names=("id_document", "reason")
    )
    issues = [flag(parsed["reason"].eq(reason), f"id_document_{reason}") for reason in ("sentinel", "invalid")]
    return draft.with_values({"id_document": as_text(parsed["id_document"])}, issues=issues)
