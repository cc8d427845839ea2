"""Raw rows of event systems in, standard events out; and whose they are.

:func:`standardise_events` reads one delivery; :func:`find_parties` looks at all events and parties of a release.
"""

from transforms.events.parties import PARTY_KEY, find_parties, keys_of_parties
from transforms.events.standardise import standardise_events

__all__ = ["PARTY_KEY", "find_parties", "keys_of_parties", "standardise_events"]
