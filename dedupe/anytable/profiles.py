"""What the values of a column look like: the shares of them that are dates, numbers, addresses of mail and so on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from stdnum import luhn
from stdnum.br import cpf
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.es import dni
from stdnum.fr import nir, siren
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import nip, pesel, regon
from stdnum.pt import nif
from stdnum.se import personnummer

from dedupe.anytable.values import fold_date, fold_words

Test = Callable[[str], bool]
MAX_VALUES = 2_000
"""A column is judged by so many of its values, evenly spread."""
DATE_ORDERS = ("ymd", "dmy", "mdy")
# Checksums that one random number in ten or fewer passes, the most specific first.
CHECKSUMS: Mapping[str, Test] = {
    "PESEL": pesel.is_valid,
    "codice fiscale": codicefiscale.is_valid,
    "numéro de sécurité sociale": nir.is_valid,
    "CPF": cpf.is_valid,
    "rodné číslo": rc.is_valid,
    "personnummer": personnummer.is_valid,
    "Steuer-ID": idnr.is_valid,
    "居民身份证": ric.is_valid,
    "DNI": dni.is_valid,
    "NIP": nip.is_valid,
    "BSN": bsn.is_valid,
    "NIF": nif.is_valid,
    "SIREN": siren.is_valid,
    "REGON": regon.is_valid,
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+$")
_YEAR = re.compile(r"(1[0-9]|20)\d\d$")
_PHONE = re.compile(r"[\d\s()+/.-]{6,}$")
_POSTAL = re.compile(r"(?=.*\d)[0-9A-Za-z][0-9A-Za-z \-]{1,9}$")


@dataclass(frozen=True)
class Profile:
    """One column. Shares are of its filled values, 0 to 1."""

    name: str
    filled: float
    """Share of the rows that have a value."""
    distinct: float
    """Distinct values over filled values."""
    is_key: bool
    """Whether every row has a value of its own."""
    shares: Mapping[str, float] = field(default_factory=dict)

    def share(self, name: str) -> float:
        """The share of values of that look."""
        return self.shares.get(name, 0.0)

    @property
    def checksum(self) -> str | None:
        """The number whose check digit nearly all values carry."""
        return next((name for name in CHECKSUMS if self.share(name) >= 0.8), None)

    @property
    def date_order(self) -> str | None:
        """The order in which nearly all values are dates."""
        best = max(DATE_ORDERS, key=lambda order: (self.share(order), -DATE_ORDERS.index(order)))
        return best if self.share(best) >= 0.7 else None


def profile(name: str, values: Sequence[str | None], *, nulls: frozenset[str], firm_words: frozenset[str]) -> Profile:
    """What a column looks like."""
    filled = [text for value in values if value is not None and (text := value.strip()) not in nulls]
    distinct = set(filled)
    sample = filled[:: max(1, len(filled) // MAX_VALUES)]
    tests = _tests(firm_words)
    shares = {of: sum(map(test, sample)) / len(sample) for of, test in tests.items()} if sample else {}
    is_key = bool(values) and len(distinct) == len(values)
    return Profile(name, len(filled) / max(len(values), 1), len(distinct) / max(len(filled), 1), is_key, shares)


def _tests(firm_words: frozenset[str]) -> dict[str, Test]:
    orders: dict[str, Test] = {order: _is_date(order) for order in DATE_ORDERS}
    return {
        **orders,
        **CHECKSUMS,
        "email": lambda text: bool(_EMAIL.match(text)),
        "year": lambda text: bool(_YEAR.match(text)),
        "phone": lambda text: bool(_PHONE.match(text)) and 6 <= sum(map(str.isdigit, text)) <= 15,
        "postal": lambda text: bool(_POSTAL.match(text)),
        "short": lambda text: len(text) <= 8,
        "digits": lambda text: text.isdigit(),
        "with_digit": lambda text: any(map(str.isdigit, text)),
        "letters": lambda text: sum(map(str.isalpha, text)) * 2 > len(text),
        "two_words": lambda text: len(text.replace(",", " ").split()) > 1,
        "comma": lambda text: "," in text,
        "firm": lambda text: not firm_words.isdisjoint((fold_words(text.replace(".", "")) or "").split()),
        "luhn": luhn.is_valid,
    }


def _is_date(order: str) -> Test:
    def test(text: str) -> bool:
        date = fold_date(text, order=order)
        return date is not None and 1 <= int(date[4:6]) <= 12 and 1 <= int(date[6:]) <= 31 and "1500" < date < "2100"

    return test
