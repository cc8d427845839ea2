"""The comparisons of firms for coded pairs; same levels as :mod:`dedupe.firm_comparisons`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe import comparisons, firm_comparisons, level_loops, text_loops
from dedupe.comparisons import ORG_RARITY_EDGES
from dedupe.compiled import compiled
from dedupe.firm_comparisons import LEGAL_FORM_LEVELS, NONE, ORG_NAME_LEVELS, REGON_LEVELS, STRONG, WEAK
from dedupe.level_loops import Codes, Levels, Longs, step
from dedupe.levels import numbers_of
from dedupe.text_loops import Text, are_one_edit, is_one_edit, is_start

ORG, LEGAL_FORM, REGON = numbers_of(ORG_NAME_LEVELS), numbers_of(LEGAL_FORM_LEVELS), numbers_of(REGON_LEVELS)


class OrgNames(NamedTuple):
    """The names of firms, word by word. Where not said otherwise, an entry per distinct name."""

    names: Text
    words: Text
    """The distinct words of all names; its codes are not of records but of names: ``words.codes[ends[n]:ends[n + 1]]``
    are the words of name ``n`` as they stand."""
    ends: Longs
    heads: Codes
    """How many words name the firm; a word that says "branch" and the branch may follow."""
    core: Codes
    """Distinct own words of each firm, sorted: all words of the head that are not generic, or all if all are."""
    core_ends: Longs
    rarity: Longs
    """Half-bits."""


@compiled(firm_comparisons)
def heads_of(codes: Codes, ends: Longs, is_branch_word: NDArray[np.bool_]) -> Codes:
    """How many words of each name come before the word that says "branch"."""
    heads = np.empty(len(ends) - 1, np.int32)
    for name in range(len(heads)):
        words = ends[name + 1] - ends[name]
        heads[name] = words
        for place in range(2, words - 1):
            if is_branch_word[codes[ends[name] + place]]:
                heads[name] = place
                break
    return heads


@compiled()
def core_words(codes: Codes, ends: Longs, heads: Codes, is_generic: NDArray[np.bool_]) -> tuple[Codes, Longs]:
    """The distinct own words of each firm, sorted, and where each firm's end."""
    core, core_ends = np.empty(len(codes), np.int32), np.zeros(len(ends), np.int64)
    written = 0
    for name in range(len(heads)):
        own = codes[ends[name] : ends[name] + heads[name]]
        has_own = False
        for word in own:
            has_own = has_own or not is_generic[word]
        start = written
        for word in own:
            if has_own and is_generic[word]:
                continue
            place = written
            while place > start and core[place - 1] > word:
                place -= 1
            if place > start and core[place - 1] == word:
                continue
            for moved in range(written, place, -1):
                core[moved] = core[moved - 1]
            core[place] = word
            written += 1
        core_ends[name + 1] = written
    return core[:written], core_ends


@compiled(comparisons, firm_comparisons, level_loops, text_loops)
def org_name_levels(left: Longs, right: Longs, orgs: OrgNames) -> Levels:
    """Levels of a firm's name."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        one, other = orgs.names.codes[left[pair]], orgs.names.codes[right[pair]]
        if one < 0 or other < 0:
            levels[pair] = ORG.missing
        elif one == other:
            levels[pair] = ORG.exact_1 + step(orgs.rarity[one], ORG_RARITY_EDGES)
        elif is_one_edit(orgs.names, one, other):
            levels[pair] = ORG.near
        else:
            levels[pair] = _word_level(orgs, one, other)
    return levels


@compiled(firm_comparisons, text_loops)
def _word_level(orgs: OrgNames, one: int, other: int) -> int:
    level = _core_level(orgs, one, other)
    if level in (ORG.same_core, ORG.contained) and not _is_same_branch(orgs, one, other):
        return int(ORG.other_branch)
    return level


@compiled()
def _branch_start(orgs: OrgNames, name: int) -> int:
    """Where the branch begins among the characters; behind the name where there is none."""
    start, place = orgs.names.ends[name], orgs.ends[name]
    if orgs.heads[name] == orgs.ends[name + 1] - place:
        return int(orgs.names.ends[name + 1])
    for word in orgs.words.codes[place : place + orgs.heads[name] + 1]:
        start += orgs.words.ends[word + 1] - orgs.words.ends[word] + 1
    return int(start)


@compiled(text_loops)
def _is_same_branch(orgs: OrgNames, one: int, other: int) -> bool:
    a, a_end, b, b_end = _branch_start(orgs, one), orgs.names.ends[one + 1], 0, orgs.names.ends[other + 1]
    b = _branch_start(orgs, other)
    if a == a_end or b == b_end:
        return bool(a == a_end and b == b_end)
    chars = orgs.names.chars
    is_cut = is_start(chars, a, a_end, b, b_end) or is_start(chars, b, b_end, a, a_end)
    return is_cut or are_one_edit(chars, a, a_end, b, b_end)


@compiled(firm_comparisons, text_loops)
def _core_level(orgs: OrgNames, one: int, other: int) -> int:
    if _is_longer(orgs, one, other):
        one, other = other, one
    weakest, strongest = STRONG, NONE
    for place in range(orgs.core_ends[one], orgs.core_ends[one + 1]):
        strength = _strength_among(orgs, orgs.core[place], other)
        weakest, strongest = min(weakest, strength), max(strongest, strength)
    if weakest != NONE and strongest == STRONG:
        ours, theirs = orgs.core_ends[one + 1] - orgs.core_ends[one], orgs.core_ends[other + 1] - orgs.core_ends[other]
        return int(ORG.same_core if ours == theirs else ORG.contained)
    if _is_initials(orgs, one, other) or _is_initials(orgs, other, one):
        return int(ORG.initials)
    if strongest == STRONG:
        return int(ORG.shared)
    return int(ORG.generic if _has_common_word(orgs, one, other) else ORG.other)


@compiled()
def _is_longer(orgs: OrgNames, one: int, other: int) -> bool:
    """Whether the first firm has more own words, or as many and later ones in the order of words."""
    a, b = orgs.core_ends[one], orgs.core_ends[other]
    ours, theirs = orgs.core_ends[one + 1] - a, orgs.core_ends[other + 1] - b
    if ours != theirs:
        return bool(ours > theirs)
    for place in range(ours):
        if orgs.core[a + place] != orgs.core[b + place]:
            return bool(orgs.core[a + place] > orgs.core[b + place])
    return False


@compiled(firm_comparisons, text_loops)
def _strength_among(orgs: OrgNames, word: int, name: int) -> int:
    others = orgs.core[orgs.core_ends[name] : orgs.core_ends[name + 1]]
    for other in others:
        if other == word:
            return STRONG if orgs.words.ends[word + 1] - orgs.words.ends[word] > 1 else WEAK
    strongest = NONE
    for other in others:
        strongest = max(strongest, _word_strength(orgs.words, word, other))
    return strongest


@compiled(firm_comparisons, text_loops)
def _word_strength(words: Text, word: int, other: int) -> int:
    a, a_end, b, b_end = words.ends[word], words.ends[word + 1], words.ends[other], words.ends[other + 1]
    shorter = min(a_end - a, b_end - b)
    if shorter == 1:
        return WEAK if words.chars[a] == words.chars[b] else NONE
    if shorter < 4:
        return NONE
    is_cut = is_start(words.chars, a, a_end, b, b_end) or is_start(words.chars, b, b_end, a, a_end)
    return STRONG if is_cut or are_one_edit(words.chars, a, a_end, b, b_end) else NONE


@compiled()
def _is_initials(orgs: OrgNames, name: int, other: int) -> bool:
    """Whether the words of one firm, written together, are the first letters of the other one's three or more."""
    words = orgs.words.codes[orgs.ends[name] : orgs.ends[name] + orgs.heads[name]]
    theirs = orgs.words.codes[orgs.ends[other] : orgs.ends[other] + orgs.heads[other]]
    if len(theirs) < 3:
        return False
    place = 0
    for word in words:
        for char in orgs.words.chars[orgs.words.ends[word] : orgs.words.ends[word + 1]]:
            if place == len(theirs) or char != orgs.words.chars[orgs.words.ends[theirs[place]]]:
                return False
            place += 1
    return place == len(theirs)


@compiled()
def _has_common_word(orgs: OrgNames, one: int, other: int) -> bool:
    for word in orgs.words.codes[orgs.ends[one] : orgs.ends[one] + orgs.heads[one]]:
        for word_2 in orgs.words.codes[orgs.ends[other] : orgs.ends[other] + orgs.heads[other]]:
            if word == word_2:
                return True
    return False


@compiled(firm_comparisons)
def legal_form_levels(left: Longs, right: Longs, legal_form: Codes) -> Levels:
    """Levels of the legal form."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        one, other = legal_form[left[pair]], legal_form[right[pair]]
        if one < 0 or other < 0:
            levels[pair] = LEGAL_FORM.missing
        else:
            levels[pair] = LEGAL_FORM.exact if one == other else LEGAL_FORM.other
    return levels


@compiled(firm_comparisons, text_loops)
def regon_levels(left: Longs, right: Longs, regon: Text, firm: Text) -> Levels:
    """Levels of the REGON; ``firm`` has its first nine digits."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        one, other = regon.codes[left[pair]], regon.codes[right[pair]]
        one_firm, other_firm = firm.codes[left[pair]], firm.codes[right[pair]]
        if one < 0 or other < 0:
            levels[pair] = REGON.missing
        elif one == other:
            levels[pair] = REGON.exact
        elif one_firm == other_firm:
            is_unit = regon.ends[one + 1] - regon.ends[one] == regon.ends[other + 1] - regon.ends[other]
            levels[pair] = REGON.other_unit if is_unit else REGON.firm_and_unit
        else:
            levels[pair] = REGON.near if is_one_edit(firm, one_firm, other_firm) else REGON.other
    return levels
