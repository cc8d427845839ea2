"""How one legacy system sees its part of the world: through its clerks' habits and errors.

A list of steps, each of which writes some columns of the sightings. All draws of a system come from its own stream.
"""

from __future__ import annotations

import numpy as np

from config.sources import SourceSystem
from config.units import collection_points
from estate import places, writing
from estate.accounts import CENTRAL, OLD, OTHER_POINT, REASONS, Accounts
from estate.draw import Draw, Ints, chance, distinct_numbers, stream, texts
from estate.firm_names import org_names
from estate.names import name_pool
from estate.people import CHILD, DAYS_1945, HEAD, NONE, SPOUSE, TWIN
from estate.rates import Habit, Rates
from estate.sightings import BAD_DATE, NO_DATE, Sightings
from estate.systems import a2d
from estate.world import World, has_moved

_LAST_OPENED = 12_250  # July 2003: every account is older than the first regional delivery
_CITY_FORMS = {
    "Warszawa": ("W-wa", "Warszawa-Wola", "Warszawa Mokotów", "Warszawa"),
    "Gorzów Wielkopolski": ("Gorzów Wlkp.", "Gorzów"),
    "Piotrków Trybunalski": ("Piotrków Tryb.", "Piotrków"),
    "Kraków": ("Kraków-Nowa Huta", "Kraków 23"),
    "Bielsko-Biała": ("Bielsko Biała", "B-Biała"),
    "Częstochowa": ("Cz-wa",),
}
_DOMAINS = ("wp.pl", "poczta.onet.pl", "o2.pl", "interia.pl", "gazeta.pl")
_SENTINEL_PESELS = ("00000000000", "11111111111", "99999999999", "12345678901")


def see(world: World, source: SourceSystem, rates: Rates, *, held: Accounts) -> Sightings:
    """The records of a system about the accounts it holds, in random order, and its rows that are no customer."""
    draw = stream(world.seed, "habits", source.source_id)
    habit = rates.habits[source.kind_name]
    seen = _blank(draw, world, held, source, habit)
    _see_names(draw, seen, world, held, habit)
    _see_identity(draw, seen, world, held, habit, rates)
    _see_firms(draw, seen, world, held, source, rates)
    _see_addresses(draw, seen, world, held, source, habit, rates)
    _see_phones(draw, seen, world, held, habit, rates)
    _see_couples(draw, seen, world, held, source, rates)
    _see_strange_rows(draw, seen, rates)
    _see_card_files(draw, seen, source, rates)
    seen.given = writing.dressed(seen.given, upper=seen.upper, folded=seen.folded)
    for column in ("family", "second_given", "co_holder", "org", "street", "city"):
        setattr(seen, column, writing.dressed(getattr(seen, column), upper=seen.upper, folded=seen.folded))
    _mark_traps(seen, world, held)
    return seen


def _blank(draw: Draw, world: World, held: Accounts, source: SourceSystem, habit: Habit) -> Sightings:
    size = len(held)
    empty = np.full(size, None, dtype=object)
    balance = (draw.lognormal(4.1, 0.9, size) * 100).astype(np.int64) * np.where(chance(draw, size, 0.12), -1, 1)
    balance = np.where(chance(draw, size, 0.35), 0, balance)
    earlier = np.where(chance(draw, size, 0.6), (draw.lognormal(4.0, 0.9, size) * 100).astype(np.int64), balance)
    upper = chance(draw, size, habit.upper)
    digits = {"a1": 9, "a2m": 8, "a2d": 8}.get(source.kind_name, 7)
    numbers = distinct_numbers(draw, size, low=10 ** (digits - 1), high=10**digits)
    return Sightings(
        entity=held.entity,
        second_entity=np.full(size, NONE),
        is_firm=world.is_firm(held.entity),
        **{
            name: empty.copy()
            for name in (
                *("family", "given", "second_given", "co_holder", "org", "pesel", "nip", "regon", "document", "street"),
                *("house", "flat", "postal", "city", "phone", "phone_2", "email"),
            )
        },
        birth=np.full(size, NO_DATE),
        opened=_opened(draw, held),
        balance=balance,
        earlier_balance=earlier,
        services=draw.choice(np.array([1, 1, 1, 2, 2, 3, 4, 6]), size),
        upper=upper,
        folded=chance(draw, size, habit.folded),
        account=texts([str(number) for number in numbers.tolist()]),
    )


def _opened(draw: Draw, held: Accounts) -> Ints:
    size = len(held)
    # Drawn per account, never per customer: part of some raw keys, which must not tell who is who.
    early, late = np.full(size, 730), np.full(size, _LAST_OPENED)
    late[held.reason == OLD] = 10_500
    early[held.reason == CENTRAL] = 10_200
    late[held.reason == CENTRAL] = 11_980
    span = draw.random(size)
    return (early + span**0.7 * (late - early)).astype(np.int64)


def _see_names(draw: Draw, seen: Sightings, world: World, held: Accounts, habit: Habit) -> None:
    people, pool = world.people, name_pool()
    who = np.flatnonzero(~seen.is_firm)
    person = held.entity[who]
    female = people.is_female[person]
    former = held.is_former_name[who]
    forms = np.where(female, pool.family_feminine[people.family[person]], pool.family[people.family[person]])
    maiden = pool.family_feminine[people.former_family[person]]
    double = people.is_double_barrelled[person] & ~former
    family = np.where(former, maiden, forms)
    luck = writing.luck_of(draw, len(who))
    for at in np.flatnonzero(double).tolist():
        family[at] = (f"{forms[at]}-{maiden[at]}", f"{forms[at]}-{maiden[at]}", f"{maiden[at]}-{forms[at]}", forms[at],
                      f"{forms[at]} {maiden[at]}", maiden[at])[luck[at] % 6]
    given = np.where(female, pool.given["F"][_within(pool.given["F"], people.given[person])],
                     pool.given["M"][_within(pool.given["M"], people.given[person])])
    second = np.where(female, pool.given["F"][_within(pool.given["F"], people.second_given[person])],
                      pool.given["M"][_within(pool.given["M"], people.second_given[person])])
    second = np.where((people.second_given[person] == NONE) | ~chance(draw, len(who), 0.5), None, second)
    small = chance(draw, len(who), habit.diminutive)
    for at in np.flatnonzero(small).tolist():
        choices = pool.diminutives.get(given[at])
        small[at] = choices is not None
        given[at] = choices[luck[at] % len(choices)] if choices else given[at]
    initial = ~small & chance(draw, len(who), habit.initial)
    given[initial] = texts([f"{name[0]}." for name in given[initial].tolist()])
    seen.family[who], seen.given[who], seen.second_given[who] = family, given, second
    typed = np.zeros(len(seen), dtype=bool)
    typed[who] = chance(draw, len(who), habit.typo)
    writing.change(seen.family, typed & chance(draw, len(seen), 0.65), writing.slip, draw)
    short = np.zeros(len(seen), dtype=bool)
    short[who] = initial
    writing.change(seen.given, typed & ~short & chance(draw, len(seen), 0.5), writing.slip, draw)
    swapped = np.zeros(len(seen), dtype=bool)
    swapped[who] = ~initial & chance(draw, len(who), habit.swapped)
    seen.family, seen.given = np.where(swapped, seen.given, seen.family), np.where(swapped, seen.family, seen.given)
    seen.mark("defect", "F19", swapped)
    for name, mask in (("diminutive", small), ("initial", initial), ("double_barrelled", double), ("maiden_name", former)):
        where = np.zeros(len(seen), dtype=bool)
        where[who] = mask
        seen.mark("trap", name, where)
    seen.mark("trap", "typo_in_name", typed)


def _within(names: np.typing.NDArray[np.object_], number: Ints) -> Ints:
    return np.clip(number, 0, len(names) - 1)


def _see_identity(draw: Draw, seen: Sightings, world: World, held: Accounts, habit: Habit, rates: Rates) -> None:
    people, errors = world.people, rates.errors
    who = np.flatnonzero(~seen.is_firm)
    person, count = held.entity[who], len(who)
    keeps = np.where(has_moved(world, person), errors.moved_keeps_identity, 1.0)
    no_pesel = chance(draw, count, np.minimum(habit.pesel_missing * keeps, 1.0))
    no_birth = chance(draw, count, np.minimum(habit.birth_missing * keeps, 1.0))
    old = np.isin(held.reason[who], (OLD, OTHER_POINT))
    pesel = np.where(old & (people.second_pesel[person] != None), people.second_pesel[person], people.pesel[person])  # noqa: E711
    mate = world.mate[person]
    of_mate = (mate != NONE) & chance(draw, count, errors.pesel_of_relative)
    pesel = np.where(of_mate, people.pesel[mate], pesel)
    luck = writing.luck_of(draw, count)
    sentinel = chance(draw, count, errors.pesel_sentinel)
    for at in np.flatnonzero(sentinel).tolist():
        full = people.pesel[person[at]] or "49040501580"
        pesel[at] = (*_SENTINEL_PESELS, full[:6] + "00000")[luck[at] % 5]
    pesel[no_pesel & ~sentinel] = None
    seen.pesel[who] = pesel
    slipped = np.zeros(len(seen), dtype=bool)
    slipped[who] = ~sentinel & chance(draw, count, errors.pesel_typo)
    writing.change(seen.pesel, slipped, writing.digit_slip, draw)
    birth = people.birth[person].copy()
    wrong = chance(draw, count, errors.birth_typo)
    birth = np.where(wrong, birth + draw.choice(np.array([1, -1, 10, -10, 365, -366, 3652, 30, -31]), count), birth)
    january = chance(draw, count, errors.birth_first_january)
    birth = np.where(january, birth.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64), birth)
    bad = chance(draw, count, errors.birth_sentinel)
    seen.birth[who] = np.where(bad, BAD_DATE, np.where(no_birth, NO_DATE, birth))
    document = np.where(chance(draw, count, errors.renewed_document), people.new_document[person], people.document[person])
    seen.document[who] = np.where(chance(draw, count, habit.document_missing), None, document)
    for kind, name, mask in (
        ("trap", "pesel_of_relative", of_mate & ~no_pesel),
        ("trap", "pesel_sentinel", sentinel),
        ("trap", "pesel_missing", no_pesel & ~sentinel),
        ("defect", "F05", bad),
    ):
        where = np.zeros(len(seen), dtype=bool)
        where[who] = mask
        seen.mark(kind, name, where)
    seen.mark("trap", "pesel_typo", slipped & (seen.pesel != None))  # noqa: E711
    bad_opened = chance(draw, len(seen), errors.opened_sentinel)
    seen.opened[bad_opened] = BAD_DATE
    seen.mark("defect", "F05", bad_opened)
    _see_email(draw, seen, world, held)


def _see_email(draw: Draw, seen: Sightings, world: World, held: Accounts) -> None:
    pool, people = name_pool(), world.people
    has = ~seen.is_firm & chance(draw, len(seen), np.where(held.reason == CENTRAL, 0.3, 0.05))
    for at in np.flatnonzero(has).tolist():
        person = int(held.entity[at])
        if person % 3 == 0:
            continue
        # One address per person, so that it is evidence.
        family = writing.ascii_letters(pool.family[people.family[person]]).lower()
        sex = "F" if people.is_female[person] else "M"
        given = writing.ascii_letters(pool.given[sex][people.given[person]]).lower()
        seen.email[at] = f"{given[: 1 + person % 4]}.{family}{person % 97}@{_DOMAINS[person % len(_DOMAINS)]}"


def _see_firms(draw: Draw, seen: Sightings, world: World, held: Accounts, source: SourceSystem, rates: Rates) -> None:
    firms, people = world.firms, world.people
    who = np.flatnonzero(seen.is_firm)
    firm, count = held.entity[who] - len(people), len(who)
    seen.org[who] = org_names(draw, world, firm)
    seen.nip[who] = np.where(chance(draw, count, 0.22), None, firms.nip[firm])
    seen.regon[who] = np.where(chance(draw, count, 0.30), None, firms.regon[firm])
    seen.second_given[who] = None
    owner = firms.owner[firm]
    mix = (owner != NONE) & chance(draw, count, rates.accounts.owner_firm_mix)
    pool = name_pool()
    for at in np.flatnonzero(mix).tolist():
        row, person = int(who[at]), int(owner[at])
        sex = "F" if people.is_female[person] else "M"
        family = pool.family_feminine if people.is_female[person] else pool.family
        # The clerk used the form for persons: the trade stands where the surname belongs.
        short = writing_of_trade(firms.trade[firm[at]])
        seen.family[row] = f"{short} {family[people.family[person]]}"
        seen.given[row] = pool.given[sex][people.given[person]]
        seen.pesel[row] = people.pesel[person] if draw.random() < 0.5 else None
    is_mix = np.zeros(len(seen), dtype=bool)
    is_mix[who] = mix
    seen.mark("defect", "F21", is_mix)
    seen.mark("trap", "owner_firm_mix", is_mix)
    as_nip = np.zeros(len(seen), dtype=bool)
    as_nip[who] = (owner != NONE) & ~mix & chance(draw, count, rates.errors.pesel_as_nip)
    for row in np.flatnonzero(as_nip).tolist():
        # Ten digits fit; the eleventh is lost in fields of ten.
        seen.nip[row] = people.pesel[int(firms.owner[int(held.entity[row]) - len(people)])]
    seen.mark("trap", "pesel_as_nip", as_nip)
    slipped = seen.is_firm & chance(draw, len(seen), 0.01)
    writing.change(seen.nip, slipped, writing.digit_slip, draw)
    writing.change(seen.org, seen.is_firm & chance(draw, len(seen), 0.04), writing.slip, draw)


def writing_of_trade(trade: int) -> str:
    """How a clerk abbreviates a trade in the field of the surname."""
    return ("FHU", "PHU", "PPHU", "ZU", "Sklep", "Fryzjer", "Gab.", "Transport", "Stolarstwo", "Warsztat", "Kanc.", "Apteka")[
        max(int(trade), 0)
    ]


def _see_addresses(
    draw: Draw, seen: Sightings, world: World, held: Accounts, source: SourceSystem, habit: Habit, rates: Rates
) -> None:
    gazetteer, streets, count = places.gazetteer(), places.streets(), len(seen)
    where = world.addresses.take(held.address)
    short = chance(draw, count, habit.street_short).tolist()
    former = (chance(draw, count, habit.old_street) & (seen.opened < 7600)).tolist()
    post_town = (chance(draw, count, 0.15) & gazetteer.is_village[where.place]).tolist()
    city_form = chance(draw, count, 0.06).tolist()
    capitals = [point.name for point in collection_points()]
    renamed = np.zeros(count, dtype=bool)
    lucks = writing.luck_of(draw, count)
    street_texts: list[str | None] = []
    cities: list[str] = []
    for at, (place, number) in enumerate(zip(where.place.tolist(), where.street.tolist(), strict=True)):
        city, luck = gazetteer.name[place], lucks[at]
        if number < 0:
            street_texts.append(city if post_town[at] else None)
            cities.append(capitals[int(gazetteer.point[place])] if post_town[at] else city)
            continue
        street = streets[number]
        if former[at] and street.former:
            renamed[at] = True
            street_texts.append(writing.street_text("", street.former, prefix=street.prefix, is_short=True, luck=luck))
        else:
            street_texts.append(
                writing.street_text(street.first, street.main, prefix=street.prefix, is_short=short[at], luck=luck)
            )
        forms = _CITY_FORMS.get(city)
        cities.append(forms[luck % len(forms)] if forms and city_form[at] else city)
    seen.street, seen.city = texts(street_texts), texts(cities)
    letters = ("", "A", "B", "C")
    seen.house = texts([f"{h}{letters[k]}" for h, k in zip(where.house.tolist(), where.letter.tolist(), strict=True)])
    no_flat = chance(draw, count, habit.flat_missing)
    flats = [str(flat) if flat else None for flat in where.flat.tolist()]
    seen.flat = np.where(no_flat, None, texts(flats))
    seen.postal = world.postal_code[held.address].copy()
    writing.change(seen.postal, chance(draw, count, rates.errors.postal_typo), writing.digit_slip, draw)
    seen.postal = np.where(chance(draw, count, 0.02), None, seen.postal)
    writing.change(seen.street, chance(draw, count, rates.errors.street_typo), writing.slip, draw)
    seen.mark("trap", "renamed_street", renamed)
    seen.mark("trap", "homonym_village", gazetteer.is_village[where.place])


def _see_phones(draw: Draw, seen: Sightings, world: World, held: Accounts, habit: Habit, rates: Rates) -> None:
    people, count = world.people, len(seen)
    phone = texts([f"{number:09d}" for number in held.phone.tolist()])
    seen.phone = np.where(chance(draw, count, habit.phone_missing), None, phone)
    writing.change(seen.phone, chance(draw, count, rates.errors.phone_typo), writing.digit_slip, draw)
    person = np.minimum(held.entity, len(people) - 1)
    mobile = np.where(seen.is_firm, None, people.mobile[person])
    at_home = np.where(seen.is_firm, None, texts([f"{n:09d}" for n in world.households.phone[people.household[person]].tolist()]))
    second = np.where(chance(draw, count, 0.7), mobile, at_home)
    seen.phone_2 = np.where(chance(draw, count, habit.second_phone), second, None)


def _see_couples(draw: Draw, seen: Sightings, world: World, held: Accounts, source: SourceSystem, rates: Rates) -> None:
    share = {"a2m": 1.0, "a3": 0.5}.get(source.kind_name, 0.0) * rates.accounts.two_in_one_row
    people, pool = world.people, name_pool()
    person = np.minimum(held.entity, len(people) - 1)
    mate = np.minimum(person + 1, len(people) - 1)
    fits = ~seen.is_firm & (people.role[person] == HEAD) & (people.role[mate] == SPOUSE) & (person != mate)
    fits &= ~people.is_dead[person] & (people.is_female[person] != people.is_female[mate])
    fits &= (people.family[person] == people.family[mate]) & ~held.is_former_name & ~seen.traps["initial"] & ~seen.defects["F19"]
    both = fits & chance(draw, len(seen), share)
    seen.second_entity[both] = mate[both]
    for at in np.flatnonzero(both).tolist():
        sex = "F" if people.is_female[mate[at]] else "M"
        seen.co_holder[at] = pool.given[sex][people.given[mate[at]]]
    seen.mark("defect", "F20", both)
    seen.mark("trap", "two_in_one_row", both)


def _see_strange_rows(draw: Draw, seen: Sightings, rates: Rates) -> None:
    """A few rows become no customer: training rows, and lines nobody has."""
    luck = draw.random(len(seen))
    # Only records nobody else depends on: a customer must not vanish.
    spare = np.zeros(len(seen), dtype=bool)
    first = np.r_[True, np.zeros(max(len(seen) - 1, 0), dtype=bool)][: len(seen)]
    spare |= first & False
    test = luck < rates.accounts.test_rows
    empty = (luck > 1 - rates.accounts.lines_without_party) & ~test
    none = test | empty
    names = (("TEST", "TEST"), ("AAAA", "BBBB"), ("Testowy", "Test"))
    for at in np.flatnonzero(none).tolist():
        family, given = names[at % 3] if test[at] else (None, None)
        seen.family[at], seen.given[at] = family, given
        for column in ("second_given", "co_holder", "org", "pesel", "nip", "regon", "document", "email"):
            getattr(seen, column)[at] = None
        seen.birth[at] = NO_DATE
    seen.is_firm = seen.is_firm & ~none
    seen.entity = np.where(none, NONE, seen.entity)
    seen.second_entity = np.where(none, NONE, seen.second_entity)
    for notes in (seen.traps, seen.defects):
        for name in notes:
            notes[name] = notes[name] & ~none
    seen.mark("defect", "F22", test)
    seen.mark("defect", "line_without_party", empty)


def _see_card_files(draw: Draw, seen: Sightings, source: SourceSystem, rates: Rates) -> None:
    """Rows deleted but never packed away, rows without a flag, numbers given twice."""
    if source.kind_name not in ("a2m", "a2d"):
        return
    deleted = chance(draw, len(seen), rates.defects.f02_deleted)
    no_flag = ~deleted & chance(draw, len(seen), rates.defects.f02_zero_flag)
    seen.mark("trap", "deleted", deleted)
    seen.mark("trap", "zero_flag", no_flag)
    seen.mark("defect", "F02", deleted | no_flag)
    if source.kind_name == "a2d":
        a2d.reuse_numbers(seen, draw=draw, rates=rates.defects)


def _mark_traps(seen: Sightings, world: World, held: Accounts) -> None:
    people, firms = world.people, world.firms
    is_person = (seen.entity != NONE) & ~seen.is_firm
    person = np.minimum(held.entity, len(people) - 1)
    firm = np.clip(held.entity - len(people), 0, len(firms) - 1)
    is_firm = seen.is_firm
    for code, reason in enumerate(REASONS):
        seen.mark("trap", reason, (held.reason == code) & (seen.entity != NONE))
    del seen.traps["primary"]
    household = people.household[person]
    named_as_father = np.zeros(len(world.households.point), dtype=bool)
    named_as_father[people.household[people.is_namesake]] = True
    widowed = np.zeros(len(world.households.point), dtype=bool)
    widowed[people.household[people.is_dead]] = True
    twin_births = set(zip(people.household[people.role == TWIN].tolist(), people.birth[people.role == TWIN].tolist(), strict=True))
    is_twin = np.isin(people.role, (CHILD, TWIN))[person] & texts_in(household, people.birth[person], twin_births)
    seen.mark("trap", "father_and_son", is_person & named_as_father[household] & ~people.is_female[person])
    seen.mark("trap", "widow", is_person & widowed[household] & np.isin(people.role[person], (HEAD, SPOUSE)))
    seen.mark("trap", "twins", is_person & is_twin & _has_twin(world)[household])
    seen.mark("trap", "shared_pesel", is_person & people.shares_pesel[person])
    seen.mark("trap", "second_pesel", is_person & (people.second_pesel[person] != None))  # noqa: E711
    seen.mark("trap", "recycled_number", is_person & world.households.is_new_tenant[household])
    seen.mark("trap", "sole_trader", is_firm & (firms.owner[firm] != NONE))
    seen.mark("trap", "branch", is_firm & (firms.parent[firm] != NONE))
    other_address = is_firm & (held.reason == CENTRAL) & (held.address != firms.home[firm])
    seen.mark("trap", "correspondence_address", other_address)


def _has_twin(world: World) -> np.typing.NDArray[np.bool_]:
    people = world.people
    children = {
        (h, b) for h, b in zip(people.household[people.role == CHILD].tolist(), people.birth[people.role == CHILD].tolist(), strict=True)
    }
    twins = np.flatnonzero(people.role == TWIN)
    has = np.zeros(len(world.households.point), dtype=bool)
    for at in twins.tolist():
        if (int(people.household[at]), int(people.birth[at])) in children:
            has[people.household[at]] = True
    return has


def texts_in(household: Ints, birth: Ints, known: set[tuple[int, int]]) -> np.typing.NDArray[np.bool_]:
    """Which (household, birth) pairs are known."""
    pairs = zip(household.tolist(), birth.tolist(), strict=True)
    return np.array([pair in known for pair in pairs], dtype=bool)


_ = DAYS_1945
