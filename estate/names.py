"""Polish names as often as they are.

Ranks come from ``config/lookups/name_ranks.csv``; counts from a piecewise log-log curve through published anchors
(Nowak 98,387, Kowalski 66,589, Wiśniewski 53,079, about 200 bearers at rank 15,594). The list stops at 200 bearers, so
every eighth household gets a rare name built from syllables: without rare names there is no strong name evidence.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import yaml

import config
from estate.draw import Floats, Texts, stream, texts
from estate.rates import load_rates

LOOKUPS = Path(__file__).with_name("lookups")
_RANKS = Path(config.__file__).with_name("lookups") / "name_ranks.csv"
_FAMILY_CURVE = ((1, 98_387), (2, 66_589), (3, 53_079), (100, 11_500), (1000, 3_000), (15_594, 200))
_GIVEN_CURVE = ((1, 682_516), (2, 631_898), (3, 533_217), (30, 180_000), (100, 30_000), (300, 2_000), (905, 150))
_RARE_COUNT = 9000


@dataclass(frozen=True)
class NamePool:
    """Names with their weights; family names have a masculine and a feminine form."""

    family: Texts
    family_feminine: Texts
    family_weight: Floats
    given: dict[str, Texts]
    given_weight: dict[str, tuple[Floats, Floats]]
    """By sex: weights of people born before 1945 and after."""
    diminutives: dict[str, tuple[str, ...]]


@cache
def word_parts() -> dict[str, list[str]]:
    """Syllables of rare surnames and parts of firms' names."""
    parts: dict[str, list[str]] = yaml.safe_load((LOOKUPS / "word_parts.yml").read_text(encoding="utf-8"))
    return parts


def _curve(anchors: Sequence[tuple[int, int]], count: int) -> Floats:
    ranks, counts = np.log(np.array(anchors, dtype=np.float64)).T
    return np.asarray(np.exp(np.interp(np.log(np.arange(1, count + 1)), ranks, counts)))


def feminine(name: str, *, known: frozenset[str] = frozenset()) -> str:
    """The form a woman bears; adjectival names other than -ski only where the list of women has it."""
    for masculine, form in (("ski", "ska"), ("cki", "cka"), ("dzki", "dzka")):
        if name.endswith(masculine):
            return name[: -len(masculine)] + form
    return name[:-1] + "a" if name.endswith("y") and name[:-1] + "a" in known else name


def polish_letters(name: str) -> str:
    """The name as a Polish keyboard of 2002 writes it: Nguyễn is Nguyen."""
    if name.isascii():
        return name
    keeps = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"
    parts = [letter if letter in keeps else unicodedata.normalize("NFKD", letter) for letter in name]
    return "".join(letter for letter in "".join(parts) if letter.isascii() or letter in keeps)


def _read_ranks() -> dict[tuple[str, str], list[str]]:
    lists: dict[tuple[str, str], dict[str, None]] = {}
    with _RANKS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            names = lists.setdefault((row["kind"], row["sex"]), {})
            names.setdefault(polish_letters(row["name"].title()))
    return {key: list(names) for key, names in lists.items()}


def _rare_names(known: set[str]) -> list[str]:
    draw = stream(0, "rare names")
    pools = [word_parts()[key] for key in ("family_1", "family_2", "family_3")]
    picks = [draw.integers(0, len(pool), _RARE_COUNT * 2).tolist() for pool in pools]
    names = {"".join(pool[at] for pool, at in zip(pools, row, strict=True)) for row in zip(*picks, strict=True)}
    return sorted(names - known)[:_RARE_COUNT]


def _cohort_weights(names: list[str], sex: str) -> tuple[Floats, Floats]:
    before = _curve(_GIVEN_CURVE, len(names))
    after = before.copy()
    place = {name: position for position, name in enumerate(names)}
    with (LOOKUPS / "cohorts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["sex"] == sex and row["given"].title() in place:
                before[place[row["given"].title()]] *= float(row["before_1945"])
                after[place[row["given"].title()]] *= float(row["after_1945"])
    return before, after


def _diminutives() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    with (LOOKUPS / "diminutives.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["given"].title(), []).append(row["diminutive"])
    return {given: tuple(forms) for given, forms in found.items()}


@cache
def name_pool() -> NamePool:
    """All names the estate draws from."""
    ranks = _read_ranks()
    listed = ranks["family", "M"]
    rare = _rare_names(set(listed))
    women = frozenset(ranks["family", "F"])
    weights = _curve(_FAMILY_CURVE, len(listed))
    share = load_rates().world.rare_family_name
    rare_weights = np.full(len(rare), weights.sum() * share / (1 - share) / len(rare))
    return NamePool(
        family=texts(listed + rare),
        family_feminine=texts([feminine(name, known=women) for name in listed + rare]),
        family_weight=np.concatenate([weights, rare_weights]),
        given={sex: texts(ranks["given", sex]) for sex in "MF"},
        given_weight={sex: _cohort_weights(ranks["given", sex], sex) for sex in "MF"},
        diminutives=_diminutives(),
    )
