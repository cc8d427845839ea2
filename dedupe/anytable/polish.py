"""What holds in Poland only, for tables whose model says ``locale: pl``.

Endings tell the sex of a given name and the gender of a family name, short forms stand for names, a PESEL holds the
date of birth. In a table of another country each of these would be a guess about people it was never measured on.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from stdnum.exceptions import ValidationError
from stdnum.pl import pesel

from config.matching import Matching
from dedupe.coding import MISSING, Coded, together
from dedupe.features import canonical_names
from dedupe.folding import sex_of_name, stem

NAME_COMPARISONS = ("given_name", "family_name")
"""Compared by the engine's own definitions, which know endings and short forms."""


def polish_fields(fields: Mapping[str, Coded], matching: Matching) -> dict[str, Coded]:
    """The fields with what only Polish names and numbers tell."""
    found = dict(fields)
    if "given" in found:
        canonical = canonical_names(matching)
        given, second = together(found["given"], found["second"])
        first = given.derived(lambda name: canonical.get(name, name))
        found |= {"given": given, "second": second, "first": first}
        found |= {"name_sex": given.derived(sex_of_name), "stem": found["last"].derived(stem)}
    if "birth" in found and "id" in found:
        found |= _births_from_pesels(found["birth"], found["id"])
    return found


def _births_from_pesels(birth: Coded, numbers: Coded) -> dict[str, Coded]:
    """The date of birth, from a valid PESEL where the record has no other."""
    birth, told = together(birth, numbers.derived(birth_of_pesel))
    codes = np.where(birth.codes == MISSING, told.codes, birth.codes).astype(np.int32)
    whole = Coded(codes, birth.values)
    return {
        "birth": whole,
        "birth_ym": whole.derived(lambda day: day[:6]),
        "birth_md": whole.derived(lambda day: day[4:]),
        "birth_y": whole.derived(lambda day: day[:4]),
        "decade": whole.derived(lambda day: day[:3]),
    }


def birth_of_pesel(number: str) -> str | None:
    """``YYYYMMDD`` of a valid PESEL, None for any other number."""
    try:
        return f"{pesel.get_birth_date(pesel.validate(number)):%Y%m%d}"
    except ValidationError:
        return None
