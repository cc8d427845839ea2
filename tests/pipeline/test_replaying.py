"""What could not be taken once is taken when its rule was put right."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from config.errors import GateFailed
from pipeline.feeding import run_feed
from pipeline.replaying import replay

YEAR_END = dt.date(2003, 12, 31)
KIND = """\
kind: shop
title: Shop
format: delimited
code_page: utf_8
files: {main: shop.csv}
key: [NR]
columns: {NR: account_number, TYP: party_flag, NAZWISKO: family_name, IMIE: given_name, MIASTO: city}
required: [NR]
flag_values: {"O": person}
options: {delimiter: ";"}
"""
MANY = ("Zaręba", "Szulc", "Wójcik", "Lisiecki", "Głowacki", "Pawlak", "Sowa", "Urban", "Wrona", "Zięba")
ROWS = "NR;TYP;NAZWISKO;IMIE;MIASTO\n1;O;Wiśniewska;Halina;Gubin\n2;X;Malinowski;Ryszard;Gubin\n" + "".join(
    f"{number};O;{MANY[number % 10]};{('Adam', 'Piotr', 'Marek', 'Zbigniew', 'Roman', 'Leon')[number // 10]};Gubin\n"
    for number in range(3, 60)
)


@pytest.fixture
def shop(three_live: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Any, Path]:
    """A shop of Zielona Góra delivered in November; nobody told what X means."""
    kinds = tmp_path / "sources" / "kinds"
    kinds.mkdir(parents=True)
    monkeypatch.setenv("BLEKIT_SOURCES", str(kinds.parent))
    kind = kinds / "shop.yml"
    kind.write_text(KIND, encoding="utf-8")
    row = "shop,Shop,ZT97,poznan,own,shop,utf_8\n"
    head = "source_id,title,point_code,unit,role,kind,code_page\n"
    (kinds.parent / "sources.csv").write_text(head + row, encoding="utf-8")
    three_live.estate.deliver_file("shop", "shop.csv", ROWS.encode(), date="2003-11-15", records=59)
    with three_live.open() as warehouse:
        warehouse.upgrade()  # the registry is a dimension
    return three_live, kind


def customers(bench: Any) -> set[str]:
    names = {row["family_name"] for row in bench.rows("party_record") if row["source_id"] == "shop"}
    return names - set(MANY)


def test_a_row_nobody_could_read_comes_when_its_code_is_told(shop: tuple[Any, Path]) -> None:
    bench, kind = shop
    run_feed(bench.installation, YEAR_END, "engineer")
    assert customers(bench) == {"Wiśniewska"}
    kind.write_text(KIND.replace('{"O": person}', '{"O": person, "X": person}'), encoding="utf-8")
    told = replay(bench.installation, "engineer")
    assert customers(bench) == {"Wiśniewska", "Malinowski"}
    assert told["kind"] == "upgrade"
    assert told["quarantined_before"].get("unknown_category", 0) - told["quarantined"].get("unknown_category", 0) == 1


def test_a_delivery_that_was_rejected_is_taken_again(shop: tuple[Any, Path]) -> None:
    bench, kind = shop
    kind.write_text(KIND.replace("MIASTO: city", "MIEJSCE: city"), encoding="utf-8")
    assert run_feed(bench.installation, YEAR_END, "engineer")["rejected"]
    kind.write_text(KIND, encoding="utf-8")
    assert len(replay(bench.installation, "engineer")["accepted_again"]) == 1
    assert customers(bench) == {"Wiśniewska"}


def test_without_another_rule_nothing_is_published(three_live: Any) -> None:
    content_hash = three_live.current_hash()
    assert replay(three_live.installation, "engineer")["changed"] is False
    assert three_live.current_hash() == content_hash


def test_there_is_nothing_to_replay_before_the_first_cutover(bench: Any) -> None:
    with pytest.raises(GateFailed, match="nothing is live yet"):
        replay(bench.installation, "engineer")
