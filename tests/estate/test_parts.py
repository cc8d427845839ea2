"""The parts the estate is made of: identifiers, names, spellings, rates, repeatability."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from stdnum.pl import nip, pesel, regon

from config.errors import ConfigurationError
from config.units import collection_points
from estate import identifiers, names, places, writing
from estate.draw import stream, weighted
from estate.rates import load_rates, read_rates
from estate.systems import dbf

ROOT = Path(__file__).resolve().parents[2]


def test_pesels_are_valid_and_differ():
    draw = stream(1, "test")
    birth, female = draw.integers(-24_000, 5_000, 5_000), draw.random(5_000) < 0.5
    numbers = identifiers.pesels(birth, identifiers.serials(draw, birth, is_female=female), is_female=female)
    assert all(pesel.is_valid(number) for number in numbers)
    assert len(set(numbers)) == 5_000
    assert [pesel.get_gender(number) for number in numbers[:50]] == [
        "F" if is_female else "M" for is_female in female[:50]
    ]
    days = [(pesel.get_birth_date(number) - np.datetime64("1970-01-01").item()).days for number in numbers[:50]]
    assert days == birth[:50].tolist()


def test_people_of_one_day_have_different_pesels():
    female = np.zeros(4_000, dtype=bool)
    birth = np.full(4_000, -7_000)
    numbers = identifiers.pesels(
        birth, identifiers.serials(stream(1, "day"), birth, is_female=female), is_female=female
    )
    assert len(set(numbers)) == 4_000


def test_firm_numbers_are_valid():
    draw = stream(1, "firms")
    assert all(nip.is_valid(number) for number in identifiers.nips(draw, 500))
    parents = identifiers.regons(draw, 500)
    assert all(regon.is_valid(number) for number in parents)
    units = identifiers.local_unit_regons(parents, draw.integers(1, 99, 500))
    assert all(regon.is_valid(number) and len(number) == 14 for number in units)


def test_identity_cards_have_a_check_digit():
    def is_right(card: str) -> bool:
        values = [ord(letter) - 55 for letter in card[:3]] + [int(digit) for digit in card[3:]]
        return sum(value * weight for value, weight in zip(values, (7, 3, 1, 9, 7, 3, 1, 7, 3), strict=True)) % 10 == 0

    assert is_right("ABA300000")  # the published example
    assert all(is_right(card) for card in identifiers.identity_cards(stream(1, "cards"), 300))


def test_frequent_names_are_as_frequent_as_published():
    pool = names.name_pool()
    drawn = pool.family[weighted(stream(1, "names"), pool.family_weight, 400_000)]
    nowak, kowalski = (int((drawn == name).sum()) for name in ("Nowak", "Kowalski"))
    assert nowak / kowalski == pytest.approx(98_387 / 66_589, rel=0.05)
    rare = float(pool.family_weight[15_600:].sum() / pool.family_weight.sum())
    assert 0.10 <= rare <= 0.15


@pytest.mark.parametrize(
    ("masculine", "expected"),
    [
        ("Kowalski", "Kowalska"),
        ("Nowicki", "Nowicka"),
        ("Zawadzki", "Zawadzka"),
        ("Nowak", "Nowak"),
        ("Konieczny", "Konieczna"),
    ],
)
def test_feminine_forms(masculine, expected):
    assert names.feminine(masculine, known=frozenset({"Konieczna"})) == expected


def test_towns_lie_at_points_with_their_postal_prefixes():
    draw = stream(1, "towns")
    number = [point.code for point in collection_points()].index("ZT63")
    addresses = places.draw_addresses(draw, np.full(500, number))
    codes = places.postal_codes(addresses)
    assert {code[:2] for code in codes} <= set(collection_points()[number].postal_prefixes) | {
        "60",
        "61",
        "62",
        "63",
        "64",
    }
    assert all(len(code) == 6 and code[2] == "-" for code in codes)
    assert "Poznań" in set(places.gazetteer().name[addresses.place])


def test_mazovia_bytes_are_the_published_ones():
    assert dbf.mazovia("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ").hex() == "868d9192a4a29ea6a78f95909ca5a398a0a1"


@pytest.mark.parametrize("luck", range(8))
def test_phone_layouts_keep_the_number(luck):
    text = writing.phone_text("612345678", luck, width=20, is_local=False)
    assert "".join(filter(str.isdigit, text)).endswith("612345678")


def test_phones_fit_their_field():
    assert all(len(writing.phone_text("612345678", luck, width=12, is_local=False)) <= 12 for luck in range(40))


def test_a_misspelt_rate_names_file_and_key(tmp_path):
    path = tmp_path / "rates.yml"
    path.write_text(
        (ROOT / "estate" / "rates.yml").read_text(encoding="utf-8").replace("rekeyed:", "rekeyd:"), encoding="utf-8"
    )
    with pytest.raises(ConfigurationError, match=r"rates.yml: accounts.rekeyed"):
        read_rates(path)


def test_rates_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        load_rates().world.moved = 0.5  # type: ignore[misc]


BUILD = """
import sys
from pathlib import Path
from estate import build, rates
small = rates.load_rates().model_copy(update={"customers": {"demo": 600, "nation": 600_000}})
import estate.build as module
module.load_rates = lambda: small
build(out=Path(sys.argv[1]) / "d", truth=Path(sys.argv[1]) / "t", scale="demo", seed=int(sys.argv[2]))
"""


def tree_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def small_estate(folder: Path, *, hash_seed: str, seed: int) -> str:
    folder.mkdir()
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT), "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", BUILD, str(folder), str(seed)], check=True, env=environment, cwd=folder)
    return tree_hash(folder)


def test_same_seed_same_bytes_whatever_the_hash_seed(tmp_path):
    first = small_estate(tmp_path / "a", hash_seed="0", seed=3)
    assert first == small_estate(tmp_path / "b", hash_seed="4711", seed=3)
    assert first != small_estate(tmp_path / "c", hash_seed="0", seed=4)
