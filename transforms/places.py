"""Places and postal codes.

``W-wa``, ``Warszawa-Wola``, ``00-950 WARSZAWA 1``, ``Gorzów Wlkp.``, ``Nowa Wieś k/Poznania``, ``Zalesie
(siedleckie)``; codes as ``00950``, ``00 950``, without the leading zero out of a numeric column. Hundreds of villages
share a name, so a place is worth something only beside its code; the remark that tells them apart (``k/Poznania``)
stays in the raw row.
"""

from __future__ import annotations

import re

from config.lookups import Lookups, fold
from transforms.text import squeeze, title_case

_POSTAL = re.compile(r"\b(?P<area>\d{2})\s?[-–]?\s?(?P<rest>\d{3})\b")
_NEAR = re.compile(
    r"\s+(?:k[/.]|koło |gm\.|gmina |pow\.|powiat |woj\.|poczta |p-ta |poczt\.|/).*$|\s*\(.*\)\s*$|,.*$", re.IGNORECASE
)
_OFFICE = re.compile(r"\s+\d{1,3}$")
_KIND = re.compile(r"^(?:m\.|wieś |miasto |m-sc\. )\s*", re.IGNORECASE)


def clean_postal_code(text: str | None, *, lookups: Lookups) -> tuple[str | None, str | None]:
    """``NN-NNN`` and no reason, or no code and why: ``postal_code_invalid``, ``postal_code_sentinel``.

    79-xxx was never assigned.
    """
    if text is None or lookups.is_sentinel("postal_code", text):
        return None, None
    digits = re.sub(r"[\s\-–_./]", "", text)
    if not re.fullmatch(r"[0-9]{4,5}", digits):
        return None, "postal_code_invalid"
    digits = digits.zfill(5)
    if len(set(digits)) == 1:
        return None, "postal_code_sentinel"
    return (None, "postal_code_invalid") if digits.startswith("79") else (f"{digits[:2]}-{digits[2:]}", None)


def clean_city(text: str | None, *, lookups: Lookups) -> tuple[str | None, str | None]:
    """The place in title case without district, post office number and remark, and a postal code that stood there."""
    if text is None or lookups.is_sentinel("city", text):
        return None, None
    postal = _POSTAL.search(text)
    name = _KIND.sub("", squeeze(_POSTAL.sub(" ", text)))
    name = _OFFICE.sub("", _NEAR.sub("", name)).strip(" .,;-")
    if not re.search(r"[^\W\d_]", name):
        return None, postal.group() if postal else None
    abbreviated = lookups.place_abbreviations.get(_key(name))
    return abbreviated or _without_district(_spelled_out(name, lookups), lookups), postal.group() if postal else None


def _key(name: str) -> str:
    return " ".join(re.findall(r"\w+", fold(name)))


def _spelled_out(name: str, lookups: Lookups) -> str:
    """``Gorzów Wlkp`` in full; the adjective agrees with the word before it (Środa Wielkopolska)."""
    first, *others = re.sub(r"\s*-\s*", "-", name).replace(".", ". ").split()
    spelled = [lookups.place_words.get(fold(word).rstrip("."), word) for word in others]
    if fold(first).endswith("a"):
        spelled = [
            re.sub(r"(?<=[ks])i$", "a", new) if new != old else new for new, old in zip(spelled, others, strict=True)
        ]
    return title_case(" ".join([first, *spelled]))


def _without_district(name: str, lookups: Lookups) -> str:
    """``Warszawa-Wola`` and ``Kraków - Nowa Huta`` without the district; ``Bielsko-Biała`` is one name."""
    city, hyphen, district = name.partition("-")
    spelled = lookups.place_abbreviations.get(_key(city), city.strip())
    return title_case(spelled) if hyphen and district and fold(spelled) in lookups.district_cities else name
