"""Blocking rules for the roles a table has.

The templates are the precise keys that were measured on persons and firms (:mod:`dedupe.blocking_rules`), without what
holds in Poland only, and keys over fields only other tables have. A table gets those whose fields it has. How many of
them it keeps is decided later, by what each of them found (:mod:`dedupe.anytable.learning`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from dedupe.blocking_rules import BlockingRule, CapName
from dedupe.coding import MISSING, Coded

Longs = NDArray[np.int64]
MAX_RULES = 60
"""A candidate pair remembers its rules in 62 bits."""

# f1 f3 l3 l4: leading letters; l1: family name before the hyphen; fsk sk: consonants; s3 p3: prefix of street and
# postal code; id_head id_tail: halves of the first number; birth_y birth_ym birth_md: parts of the date.
# The field after the slash splits a block over the cap.
_PERSON_WIDE = (
    "id | id_2 | id_3 | id_4 | f1 l1 birth | f3 any_phone | first l3 city house / street | sk fsk postal / house"
    " | birth postal / f1 | sk fsk birth_ym / birth | first city street house / l1 | f3 l4 birth_ym / birth"
    " | f3 l3 postal / house | f1 city street house / flat | first last / postal | first last / birth_y"
    " | any_phone / l3 | birth f3 / l1 | s3 city house flat / f1 | any_email | first any_last birth_y / birth"
    " | email_name / f1 | id_head birth | id_tail birth | id_head f1 l1 | id_tail f1 l1"
    " | id_head postal / house | id_tail postal / house"
    " | birth city / f1 | first last text / birth_y | sk fsk text / birth_y | first last text_2 / birth_y"
)
_PERSON_NARROW = (
    "birth sk | first any_last street | birth_y street house flat | birth_y city street house | first last birth_md"
    " | birth fsk | first postal house | last birth_y postal | l1 first birth_y | birth l3 | sk fsk house / city"
    " | sk fsk birth_y | street house postal / flat | last city house / flat | first any_last city / house"
    " | first any_last postal | birth house / postal | birth street | first street house | sk street house"
    " | sk f1 postal | fsk birth_y postal | sk birth_y postal / f1 | last birth_md | first birth_md / l1"
    " | f3 l3 decade / birth_y | last text birth_y / f1 | last f1 text / birth_y | first birth_y text / l1"
    " | last f1 text_2 / birth_y | first birth_y text_2 / l1 | any_last text text_2 / f1 | last f1 city / birth_y"
    " | sk f1 birth_y | first sk / birth_y | fsk last / birth_y | first birth_y city / l1 | f1 l3 text city"
    " | birth_y text text_2 / l1 | first text text_2 / l1 | fsk text city / birth_y | birth text / f1"
    " | f1 l3 house / city | f1 sk / birth_y | f1 l4 / birth_y | f1 s3 house / l1 | f3 s3 house / l1 | f1 sk s3"
    " | fsk l4 / birth_y | f1 any_last / text | f3 text / l1 | l3 text / f1 | id_head / f1 | id_tail / f1"
)
_FIRM_WIDE = (
    "id / house | id_2 / house | id_3 | id_4 | any_phone / org1 | any_email | org_words / city | org_words / postal"
    " | org_long city / house | org8 city / house | org_sk city / house | org1 city street house | org1 postal house"
    " | org_rare / city | org_rare_2 / city | org_long postal | id_head org1 | id_tail org1 | id_head | id_tail"
    " | org_rare postal / house | org_rare city / house | org_rare region / city"
)
_FIRM_NARROW = (
    "city street house flat | street house postal | org8 postal | org_sk postal | org1 city house | org_sk / city"
    " | org8 / region | street house / org1 | org_rare text / city | org_sk4 street | org_sk4 postal house"
    " | org_sk4 city / house | org_any street | org_any postal / house | org_any city / house | s3 house p3"
    " | s3 house org_sk4 | house org_sk4 / s3 | s3 org_sk4 / house | p3 org_sk4 / house | s3 house / org1"
)


def _parse(text: str, cap: CapName) -> tuple[BlockingRule, ...]:
    rules = []
    for line in text.split("|"):
        fields, _, split_by = line.partition("/")
        rules.append(BlockingRule(tuple(fields.split()), cap, split_by.strip() or None))
    return tuple(rules)


TEMPLATES: Mapping[str, tuple[BlockingRule, ...]] = {
    "person": _parse(_PERSON_WIDE, "wide") + _parse(_PERSON_NARROW, "narrow"),
    "firm": _parse(_FIRM_WIDE, "wide") + _parse(_FIRM_NARROW, "narrow"),
}
ALTERNATIVES: Mapping[str, tuple[str, ...]] = {
    "any_phone": ("phone", "phone_2"),
    "any_email": ("email", "email_2"),
    "any_last": ("last", "former", "last_head", "last_tail"),
    "org_any": ("org_sk1", "org_sk2", "org_sk3"),
}
"""Fields of several values: a key on them is tried with each."""


def rules_for(fields: Mapping[str, Coded], *, party_kind: str) -> tuple[BlockingRule, ...]:
    """The templates whose fields the records have; a splitting field nobody has is left out."""
    rules: dict[frozenset[str], BlockingRule] = {}
    for rule in TEMPLATES[party_kind]:
        if all(_is_there(fields, field) for field in rule.fields):
            split_by = rule.split_by if rule.split_by is not None and _is_there(fields, rule.split_by) else None
            rules.setdefault(frozenset(rule.fields), BlockingRule(rule.fields, rule.cap, split_by))
    return tuple(rules.values())[:MAX_RULES]


def _is_there(fields: Mapping[str, Coded], field: str) -> bool:
    slots = ALTERNATIVES.get(field, (field,))
    return any(slot in fields and bool((fields[slot].codes != MISSING).any()) for slot in slots)


def within_budget(
    rules: Sequence[BlockingRule], bits: Longs, probability: NDArray[np.float64], *, most_pairs: int
) -> tuple[BlockingRule, ...]:
    """The rules worth their pairs: while there are too many pairs, the rule that finds the fewest matches goes.

    Args:
        rules: what proposed the pairs.
        bits: per pair, the set of rules that proposed it.
        probability: per pair, how probable a first model finds a match.
        most_pairs: how many pairs there may be.
    """
    kept, dropped, left = list(range(len(rules))), [], bits.copy()
    while len(kept) > 1 and int((left != 0).sum()) > most_pairs:
        worst = min(kept, key=lambda rule: (_gain(left, probability, rule), -rule))
        kept.remove(worst)
        dropped.append(worst)
        left &= ~_bit(worst)
    for rule in reversed(dropped):  # the last one to go may have been a big one: smaller ones fit into its place
        more = left | (bits & _bit(rule))
        if int((more != 0).sum()) <= most_pairs:
            kept, left = [*kept, rule], more
    return tuple(rules[rule] for rule in sorted(kept))


def _bit(rule: int) -> np.int64:
    return np.int64(1) << np.int64(rule)


def _gain(bits: Longs, probability: NDArray[np.float64], rule: int) -> float:
    """Expected matches per pair among the pairs only this rule finds; a rule without such pairs costs nothing."""
    alone = bits == _bit(rule)
    return float(probability[alone].mean()) if alone.any() else np.inf
