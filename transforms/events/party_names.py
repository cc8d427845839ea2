"""The name an event gives beside a number, and the names of those who have the number.

Systems write names in an order and with letters of their own: ``NOWAK JAN``, ``Jan Nowak``. Two names are the same if
the same letters stand in them without diacritics, blanks and stops, family name or given name first; a long one may be
cut off. Nothing is guessed: a name that is misspelt is nobody's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from config.lookups import fold

MAIN_ROLES = ("org_name", "party_name", "full_name", "family_name")
"""What somebody is called by first; the first of them that says anything counts."""
GIVEN_ROLE = "given_name"
_SURELY_CUT = 20
"""Letters from which on the beginning of a name is no accident."""


def folded_name(typed: str) -> str:
    """Letters and digits of a name, lower case without diacritics."""
    return re.sub(r"[\W_]+", "", fold(typed))


def names_of(stored: Mapping[str, pd.Series]) -> tuple[pd.Series, pd.Series]:
    """Names of parties, folded, as written in either order; empty where none stands.

    Args:
        stored: per role (:data:`MAIN_ROLES`, :data:`GIVEN_ROLE`) the raw texts, where the kind has it; at least one.
    """
    some = next(iter(stored.values()))
    main = pd.Series(pd.NA, index=some.index, dtype="string")
    given = stored.get(GIVEN_ROLE, main).fillna("")
    for role in MAIN_ROLES:
        if role in stored:
            is_open = main.fillna("").str.strip().eq("")
            main = main.mask(is_open, stored[role])
            if role == "org_name":
                given = given.mask(main.fillna("").str.strip().ne(""), "")
    main = main.fillna("")
    return (main + given).map(folded_name).astype("string"), (given + main).map(folded_name).astype("string")


def is_called(typed: str, name: str) -> bool:
    """Whether a folded name is the one typed, or goes on where that was cut off."""
    return typed == name or (len(typed) >= _SURELY_CUT and name.startswith(typed))
