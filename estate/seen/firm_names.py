"""Names of firms as different clerks write them."""

from __future__ import annotations

from estate import writing
from estate.draw import Draw, Ints, Texts, texts
from estate.firms import BRANCH, FORMS, PARENT, TRADES
from estate.names import name_pool
from estate.people import NONE
from estate.world import World


def org_names(draw: Draw, world: World, firm: Ints) -> Texts:
    """One spelling of each firm's name."""
    lucks = writing.luck_of(draw, len(firm))
    return texts([_org_name(world, number, luck) for number, luck in zip(firm.tolist(), lucks, strict=True)])


def owner_name(world: World, person: int, luck: int) -> str:
    """Given name and surname of an owner, in either order."""
    people, pool = world.people, name_pool()
    sex, family = ("F", pool.family_feminine) if people.is_female[person] else ("M", pool.family)
    given, surname = pool.given[sex][people.given[person]], family[people.family[person]]
    return (f"{given} {surname}", f"{surname} {given}", f"{given} {surname}", f"{given[0]}. {surname}")[luck % 4]


def _org_name(world: World, firm: int, luck: int) -> str:
    firms = world.firms
    parts: list[str] = []
    if firms.trade[firm] != NONE:
        parts.append(TRADES[int(firms.trade[firm])][(0, 1, 1, 2, 2)[luck % 5]])
    core = firms.core[firm]
    if core is not None:
        parts.append(f'"{core}"' if luck // 5 % 3 == 0 and firms.kind[firm] < PARENT else core)
    if firms.owner[firm] != NONE:
        parts.append(owner_name(world, int(firms.owner[firm]), luck // 15))
    if firms.kind[firm] == BRANCH:
        parts.append(
            ("Oddział " + firms.place_name[firm], "O/" + firms.place_name[firm], "Oddz. " + firms.place_name[firm])[
                luck // 7 % 3
            ]
        )
    if firms.form[firm] != NONE:
        parts.append(FORMS[int(firms.form[firm])][(0, 0, 0, 1, 2, 3, 4, 0)[luck // 60 % 8]])
    return (
        " ".join(part for part in parts if part).upper()
        if luck // 500 % 4 == 0
        else " ".join(part for part in parts if part)
    )
