"""Text tables in, standard records out: pure functions on pandas columns, each distinct value cleaned once.

Nothing here reads a file, a clock or a database. What cannot be read becomes missing with a reason code, a row without
a key becomes a reject with a reason, a row that is no customer is excluded with a reason: nothing vanishes.
"""

from transforms.amounts import amounts_of
from transforms.contract import check_contract, read_roster
from transforms.draft import EXCLUDED, REJECT, Context, Standardised
from transforms.events import find_parties, keys_of_parties, standardise_events
from transforms.standardise import STEPS, standardise

__all__ = [
    "EXCLUDED",
    "REJECT",
    "STEPS",
    "Context",
    "Standardised",
    "amounts_of",
    "check_contract",
    "find_parties",
    "keys_of_parties",
    "read_roster",
    "standardise",
    "standardise_events",
]
