"""The firms of the estate: sole traders, companies, chains with branches, offices and parishes.

A sole trader is a person and a firm; a branch has the NIP of its head office and a REGON of fourteen digits of its own,
and is another customer. Names are kept in parts, because every clerk writes them differently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate import identifiers, places
from estate.draw import Draw, Flags, Ints, Texts, chance, stream, texts, weighted
from estate.names import name_pool, word_parts
from estate.people import NONE, Households, People, draw_phones
from estate.places import Addresses
from estate.rates import WorldRates

TRADES = (
    ("Firma Handlowo-Usługowa", "F.H.U.", "FHU"),
    ("Przedsiębiorstwo Handlowo-Usługowe", "P.H.U.", "PHU"),
    ("Przedsiębiorstwo Produkcyjno-Handlowo-Usługowe", "P.P.H.U.", "PPHU"),
    ("Zakład Usługowy", "Z.U.", "ZU"),
    ("Sklep Spożywczy", "Sklep Spoż.", "Sklep"),
    ("Zakład Fryzjerski", "Zakł. Fryzjerski", "Fryzjer"),
    ("Gabinet Stomatologiczny", "Gab. Stomatologiczny", "Stomatolog"),
    ("Usługi Transportowe", "Usł. Transportowe", "Transport"),
    ("Zakład Stolarski", "Zakł. Stolarski", "Stolarstwo"),
    ("Warsztat Samochodowy", "Warsztat Sam.", "Auto-Naprawa"),
    ("Kancelaria Radcy Prawnego", "Kanc. Radcy Prawnego", "Kancelaria"),
    ("Apteka Prywatna", "Apteka Pryw.", "Apteka"),
)
FORMS = (
    ("Sp. z o.o.", "Spółka z o.o.", "SP.ZO.O.", "Spółka z ograniczoną odpowiedzialnością", ""),
    ("S.A.", "SA", "Spółka Akcyjna", "S.A.", ""),
    ("s.c.", "S.C.", "spółka cywilna", "SC", ""),
    ("Sp. j.", "sp.j.", "Spółka Jawna", "Sp.j.", ""),
)
SOLE_TRADER, COMPANY, INSTITUTION, PARENT, BRANCH = range(5)


@dataclass(frozen=True)
class Firms:
    """Firms by number; the parent of a chain stands before its branches."""

    kind: Ints
    owner: Ints
    """Person behind a sole trader, else -1."""
    parent: Ints
    """Head office of a branch, else -1."""
    trade: Ints
    """Which of TRADES, else -1."""
    form: Ints
    """Which of FORMS, else -1."""
    core: Texts
    """The name proper, null where it is the owner's."""
    place_name: Texts
    point: Ints
    home: Ints
    phone: Ints
    nip: Texts
    regon: Texts

    def __len__(self) -> int:
        return len(self.kind)


def _layout(draw: Draw, count: int, rates: WorldRates) -> tuple[Ints, Ints]:
    """Kind and parent of each firm."""
    kind = np.full(count, COMPANY)
    parent = np.full(count, NONE)
    position = 0
    branches_left = int(count * rates.chain)
    while branches_left > 0 and position + 4 < count:
        size = min(int(draw.integers(3, 31)), branches_left + 2, count - position - 1)
        kind[position] = PARENT
        kind[position + 1 : position + 1 + size] = BRANCH
        parent[position + 1 : position + 1 + size] = position
        position += size + 1
        branches_left -= size
    rest = np.arange(position, count)
    other = draw.random(len(rest))
    kind[rest] = np.where(
        other < rates.sole_trader,
        SOLE_TRADER,
        np.where(other < rates.sole_trader + rates.institution, INSTITUTION, COMPANY),
    )
    return kind, parent


def _one_of(draw: Draw, key: str) -> str:
    words = word_parts()[key]
    return words[int(draw.integers(len(words)))]


def _institution(draw: Draw, place: str) -> str:
    which = int(draw.integers(0, 3))
    if which == 0:
        return f"{_one_of(draw, 'offices')} {place}"
    if which == 1:
        street = places.streets()[int(draw.integers(0, 60))]
        return f"Szkoła Podstawowa nr {int(draw.integers(1, 30))} im. {street.first} {street.main}"
    return f"Parafia Rzymskokatolicka pw. {_one_of(draw, 'saints')} {place}"


def _core(draw: Draw) -> str:
    middle = name_pool().family[int(draw.integers(0, 9000))][:3].lower() if draw.random() < 0.5 else ""
    return f"{_one_of(draw, 'firm_1')}{middle}{_one_of(draw, 'firm_2')}"


def _names(draw: Draw, kind: Ints, parent: Ints, place_names: list[str]) -> Texts:
    cores: list[str | None] = []
    for number, its_kind in enumerate(kind.tolist()):
        if its_kind == INSTITUTION:
            cores.append(_institution(draw, place_names[number]))
        elif its_kind == BRANCH:
            cores.append(cores[int(parent[number])])
        elif its_kind == PARENT:
            cores.append(f"{_one_of(draw, 'chains')} {_core(draw)}")
        elif its_kind == COMPANY:
            cores.append(_core(draw))
        else:
            cores.append(_core(draw) if draw.random() < 0.35 else None)
    return texts(cores)


def make_firms(
    seed: int, count: int, people: People, households: Households, *, first_address: int, rates: WorldRates
) -> tuple[Firms, Addresses]:
    """Firms with their seats; half of the sole traders trade from home."""
    draw = stream(seed, "firms")
    kind, parent = _layout(draw, count, rates)
    trader = kind == SOLE_TRADER
    candidates = np.flatnonzero((people.role <= 1) & ~people.is_dead & (people.birth > -14000))
    owner = np.full(count, NONE)
    owner[trader] = draw.permutation(candidates)[: int(trader.sum())]
    point = weighted(draw, places.point_weights(), count)
    # Branches stay in a few points near their head office's.
    stays = (parent != NONE) & chance(draw, count, 0.6)
    point = np.where(stays, point[parent], point)
    home_of_owner = people.household[owner]
    point = np.where(trader, households.point[home_of_owner], point)
    addresses = places.draw_addresses(draw, point)
    from_home = trader & chance(draw, count, 0.5)
    home = np.where(from_home, households.home[home_of_owner], first_address + np.arange(count))
    own_phone = draw_phones(draw, point)
    phone = np.where(from_home & chance(draw, count, 0.5), households.phone[home_of_owner], own_phone)
    place_names = places.gazetteer().name[addresses.place].tolist()
    nip = identifiers.nips(draw, count)
    regon = identifiers.regons(draw, count)
    branch = parent != NONE
    nip[branch] = nip[parent[branch]]
    unit = np.arange(count) - parent
    regon[branch] = identifiers.local_unit_regons(regon[parent[branch]], unit[branch])
    return (
        Firms(
            kind=kind,
            owner=owner,
            parent=parent,
            trade=np.where(
                trader | ((kind == COMPANY) & chance(draw, count, 0.4)), draw.integers(0, len(TRADES), count), NONE
            ),
            form=_forms(draw, kind, parent),
            core=_names(draw, kind, parent, place_names),
            place_name=texts(place_names),
            point=point,
            home=home,
            phone=phone,
            nip=nip,
            regon=regon,
        ),
        addresses,
    )


def _forms(draw: Draw, kind: Ints, parent: Ints) -> Ints:
    form = weighted(draw, np.array([6.0, 1.0, 4.0, 1.0]), len(kind))
    form = np.where(np.isin(kind, (SOLE_TRADER, INSTITUTION)), NONE, form)
    form = np.where(kind == PARENT, form % 2, form)
    return np.where(parent != NONE, form[parent], form)


def is_branch(firms: Firms) -> Flags:
    """Which firms are branches of another."""
    return np.asarray(firms.parent != NONE)
