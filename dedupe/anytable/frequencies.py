"""How surprising names, places, words and categories are in a table: frozen with its model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from dedupe.anytable.fields import numbered
from dedupe.coding import MISSING, Coded
from dedupe.model import Rarity

_FIELDS = {"given_name": "given", "family_name": "last", "city": "city"}


def rarities_of(fields: Mapping[str, Coded]) -> dict[str, Rarity]:
    """The frequencies comparisons ask for, as far as there are fields for them."""
    texts = {numbered("text", place): numbered("text", place) for place in range(1, 9)}
    found = {name: rarity_of(_counts(fields[field])) for name, field in {**_FIELDS, **texts}.items() if field in fields}
    if "org" in fields:
        words: Counter[str] = Counter()
        for name, count in _counts(fields["org"]).items():
            words.update(dict.fromkeys(set(name.split()), count))
        found["org_word"] = rarity_of(words)
    return found


def rarity_of(counts: Mapping[str, int]) -> Rarity:
    """Surprise in half-bits of values that occur so often; one that is new is as surprising as the rarest."""
    total = max(sum(counts.values()), 1)
    bits = {value: round(2 * float(np.log2(total / count))) for value, count in sorted(counts.items()) if count > 1}
    return Rarity(default=round(2 * float(np.log2(total))), values=bits)


def _counts(field: Coded) -> dict[str, int]:
    counts = np.bincount(field.codes[field.codes != MISSING], minlength=len(field.values))
    return dict(zip(field.values, counts.tolist(), strict=True))


def rare_words(fields: Mapping[str, Coded], rarities: Mapping[str, Rarity]) -> dict[str, Coded]:
    """Keys of firms: the rarest word of the name, and the two rarest."""
    if "org" not in fields:
        return {}
    rarity = rarities.get("org_word", Rarity(default=0, values={}))

    def rarest(name: str) -> list[str]:
        return sorted(set(name.split()), key=lambda word: (-rarity.of(word), word))

    return {
        "org_rare": fields["org"].derived(lambda name: rarest(name)[0]),
        "org_rare_2": fields["org"].derived(lambda name: " ".join(sorted(rarest(name)[:2]))),
    }
