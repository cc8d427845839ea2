"""Names and identifiers of persons, as clerks typed them."""

from __future__ import annotations

import numpy as np

from estate import writing
from estate.accounts import CENTRAL, OLD, OTHER_POINT, Accounts
from estate.draw import Draw, Flags, Ints, Texts, chance, either, is_known, texts
from estate.names import name_pool
from estate.people import NONE
from estate.rates import Habit, Rates
from estate.sightings import BAD_DATE, NO_DATE, Sightings
from estate.world import World, has_moved

_DOMAINS = ("wp.pl", "poczta.onet.pl", "o2.pl", "interia.pl", "gazeta.pl")
_SENTINEL_PESELS = ("00000000000", "11111111111", "99999999999", "12345678901")
_BIRTH_SLIPS = (1, -1, 10, -10, 365, -366, 3652, 30, -31)
_PESEL_OF_NOBODY = "49040501580"


def see_names(draw: Draw, seen: Sightings, world: World, held: Accounts, habit: Habit) -> None:
    """Names of persons of that time, now and then short, slipped or in the wrong columns."""
    who = np.flatnonzero(~seen.is_firm)
    person = held.entity[who]
    luck = writing.luck_of(draw, len(who))
    seen.family[who] = _family_names(world, person, former=held.is_former_name[who], luck=luck)
    given = given_names(world, person)
    second = given_names(world, person, is_second=True)
    seen.second_given[who] = either(chance(draw, len(who), 0.5), second, None)
    is_small = _make_small(given, chance(draw, len(who), habit.diminutive), luck=luck)
    is_initial = ~is_small & chance(draw, len(who), habit.initial)
    given[is_initial] = texts([f"{name[0]}." for name in given[is_initial].tolist()])
    seen.given[who] = given
    typed = spread(seen, who, chance(draw, len(who), habit.typo))
    writing.change(seen.family, typed & chance(draw, len(seen), 0.65), writing.slip, draw)
    short = spread(seen, who, is_initial)
    writing.change(seen.given, typed & ~short & chance(draw, len(seen), 0.5), writing.slip, draw)
    swapped = spread(seen, who, ~is_initial & chance(draw, len(who), habit.swapped))
    seen.family, seen.given = either(swapped, seen.given, seen.family), either(swapped, seen.family, seen.given)
    seen.mark("defect", "F19", swapped)
    seen.mark("trap", "diminutive", spread(seen, who, is_small))
    seen.mark("trap", "initial", short)
    double = world.people.is_double_barrelled[person] & ~held.is_former_name[who]
    seen.mark("trap", "double_barrelled", spread(seen, who, double))
    seen.mark("trap", "maiden_name", spread(seen, who, held.is_former_name[who]))
    seen.mark("trap", "typo_in_name", typed)


def spread(seen: Sightings, who: Ints, mask: Flags) -> Flags:
    """A mask of some records as a mask of all."""
    where = np.zeros(len(seen), dtype=bool)
    where[who] = mask
    return where


def given_names(world: World, person: Ints, *, is_second: bool = False) -> Texts:
    """Given names of these persons; null where one has no second name."""
    pool, people = name_pool(), world.people
    number = (people.second_given if is_second else people.given)[person]
    women, men = (pool.given[sex][np.clip(number, 0, len(pool.given[sex]) - 1)] for sex in "FM")
    return either(number == NONE, None, either(people.is_female[person], women, men))


def present_family_names(world: World, person: Ints) -> Texts:
    """Surnames these persons bear now, in the form of their sex."""
    pool, people = name_pool(), world.people
    number = people.family[person]
    return either(people.is_female[person], pool.family_feminine[number], pool.family[number])


def _family_names(world: World, person: Ints, *, former: Flags, luck: list[int]) -> Texts:
    people = world.people
    present = present_family_names(world, person)
    maiden = name_pool().family_feminine[people.former_family[person]]
    family = either(former, maiden, present)
    for at in np.flatnonzero(people.is_double_barrelled[person] & ~former).tolist():
        now, before = present[at], maiden[at]
        forms = (f"{now}-{before}", f"{now}-{before}", f"{before}-{now}", now, f"{now} {before}", before)
        family[at] = forms[luck[at] % len(forms)]
    return family


def _make_small(given: Texts, wanted: Flags, *, luck: list[int]) -> Flags:
    """Put diminutives in place of the wanted names; which of them have one."""
    diminutives = name_pool().diminutives
    done = np.zeros(len(given), dtype=bool)
    for at in np.flatnonzero(wanted).tolist():
        forms = diminutives.get(given[at])
        if forms:
            given[at], done[at] = forms[luck[at] % len(forms)], True
    return done


def see_identity(draw: Draw, seen: Sightings, world: World, held: Accounts, habit: Habit, rates: Rates) -> None:
    """PESEL, date of birth and document of persons, as far as anybody asked."""
    who = np.flatnonzero(~seen.is_firm)
    person, errors = held.entity[who], rates.errors
    keeps = np.where(has_moved(world, person), errors.moved_keeps_identity, 1.0)
    _see_pesels(
        draw, seen, world, held, who, is_missing=chance(draw, len(who), habit.pesel_missing * keeps), rates=rates
    )
    birth = world.people.birth[person]
    wrong = chance(draw, len(who), errors.birth_typo)
    birth = np.where(wrong, birth + draw.choice(np.array(_BIRTH_SLIPS), len(who)), birth)
    january = chance(draw, len(who), errors.birth_first_january)
    birth = np.where(
        january, birth.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64), birth
    )
    birth = np.where(chance(draw, len(who), habit.birth_missing * keeps), NO_DATE, birth)
    is_bad = chance(draw, len(who), errors.birth_sentinel)
    seen.birth[who] = np.where(is_bad, BAD_DATE, birth)
    seen.mark("defect", "F05", spread(seen, who, is_bad))
    is_new = chance(draw, len(who), errors.renewed_document)
    document = either(is_new, world.people.new_document[person], world.people.document[person])
    seen.document[who] = either(chance(draw, len(who), habit.document_missing), None, document)


def _see_pesels(
    draw: Draw, seen: Sightings, world: World, held: Accounts, who: Ints, *, is_missing: Flags, rates: Rates
) -> None:
    people, errors, person = world.people, rates.errors, held.entity[who]
    is_old = np.isin(held.reason[who], (OLD, OTHER_POINT)) & is_known(people.second_pesel[person])
    pesel = either(is_old, people.second_pesel[person], people.pesel[person])
    mate = world.mate[person]
    of_mate = (mate != NONE) & chance(draw, len(who), errors.pesel_of_relative)
    pesel = either(of_mate, people.pesel[mate], pesel)
    luck = writing.luck_of(draw, len(who))
    is_sentinel = chance(draw, len(who), errors.pesel_sentinel)
    for at in np.flatnonzero(is_sentinel).tolist():
        full = people.pesel[person[at]] or _PESEL_OF_NOBODY
        pesel[at] = (*_SENTINEL_PESELS, full[:6] + "00000")[luck[at] % 5]
    pesel[is_missing & ~is_sentinel] = None
    seen.pesel[who] = pesel
    slipped = spread(seen, who, ~is_sentinel & chance(draw, len(who), errors.pesel_typo))
    writing.change(seen.pesel, slipped, writing.digit_slip, draw)
    seen.mark("trap", "pesel_of_relative", spread(seen, who, of_mate & ~is_missing & ~is_sentinel))
    seen.mark("trap", "pesel_sentinel", spread(seen, who, is_sentinel))
    seen.mark("trap", "pesel_missing", spread(seen, who, is_missing & ~is_sentinel))
    seen.mark("trap", "pesel_typo", slipped & is_known(seen.pesel))


def see_emails(draw: Draw, seen: Sightings, world: World, held: Accounts) -> None:
    """E-mail addresses; a person has one at most, so that it is evidence."""
    share = np.where(held.reason == CENTRAL, 0.3, 0.05)
    has = ~seen.is_firm & chance(draw, len(seen), share) & (held.entity % 3 != 0)
    who = np.flatnonzero(has)
    names = zip(given_names(world, held.entity[who]), present_family_names(world, held.entity[who]), strict=True)
    for at, (given, family) in zip(who.tolist(), names, strict=True):
        person = int(held.entity[at])
        local = writing.ascii_letters(f"{given[: 1 + person % 4]}.{family}{person % 997}").lower().replace(" ", "")
        seen.email[at] = f"{local}@{_DOMAINS[person % len(_DOMAINS)]}"
