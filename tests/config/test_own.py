"""The registry of an installation's own systems is read as strictly as the product's."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import ConfigurationError
from config.kinds import all_kinds, kind_file, load_kind
from config.kinds.checking import check_customer_kind
from config.sources import all_sources, shipped_sources, source_with_id
from config.survivorship import load_survivorship

HEADING = "source_id,title,point_code,unit,role,kind,code_page\n"
ROW = "my-crm,CRM,ZT63,poznan,own,crm,utf_8\n"
KIND = """
kind: crm
title: CRM
format: delimited
code_page: utf_8
files: {main: crm.csv}
key: [ID]
columns: {ID: account_number, NAZWA: party_name, UR: birth_date}
date_formats: {UR: YYYY-MM-DD}
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BLEKIT_SOURCES", str(tmp_path))
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "crm.yml").write_text(KIND, encoding="utf-8")
    (tmp_path / "sources.csv").write_text(HEADING + ROW, encoding="utf-8")
    return tmp_path


def test_own_systems_stand_behind_the_products(own: Path) -> None:
    assert all_sources()[:-1] == shipped_sources()
    mine = source_with_id("my-crm")
    assert (mine.is_own, mine.is_served, mine.kind.format) == (True, True, "delimited")
    assert kind_file("crm") == str(own / "kinds" / "crm.yml") and kind_file("a3") == "config/kinds/a3.yml"
    assert "my-crm" in load_survivorship()["trust"]


def test_a_change_is_seen_by_a_process_that_runs(own: Path) -> None:
    assert len(all_sources()) == len(shipped_sources()) + 1
    (own / "sources.csv").write_text(HEADING + ROW + ROW.replace("my-crm", "my-other"), encoding="utf-8")
    assert len(all_sources()) == len(shipped_sources()) + 2
    (own / "sources.csv").unlink()
    assert all_sources() == shipped_sources()


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param("id,title\n", ":1: the columns must be", id="other columns"),
        pytest.param(HEADING + "my-crm,CRM\n", ":2: 2 values", id="too few values"),
        pytest.param(HEADING + ROW + ROW, ":3: source_id: .* registered already", id="twice"),
        pytest.param(HEADING + ROW.replace("my-crm", "zt63-abonent"), "registered already", id="an id of the product"),
        pytest.param(HEADING + ROW.replace("my-crm", "My CRM"), ":2: source_id", id="no id"),
        pytest.param(HEADING + ROW.replace("poznan", "gdansk"), ":2: unit", id="no unit"),
        pytest.param(HEADING + ROW.replace("poznan", "krakow"), ":2: unit: ZT63 belongs to poznan", id="another unit"),
        pytest.param(HEADING + ROW.replace("ZT63", "ZT64"), ":2: point_code", id="no point"),
        pytest.param(HEADING + ROW.replace(",crm,", ",crn,"), ":2: kind: no kind", id="no kind"),
        pytest.param(HEADING + ROW.replace(",crm,", ",roster,"), ":2: kind", id="the roster's kind"),
        pytest.param(HEADING + ROW.replace(",own,", ",subscriber,"), ":2: role", id="a role of the product"),
        pytest.param(HEADING + '"my-crm\n', "cannot be read", id="an open quote"),
    ],
)
def test_a_wrong_row_names_file_line_and_column(own: Path, rows: str, told: str) -> None:
    (own / "sources.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told) as caught:
        all_sources()
    assert "sources.csv" in caught.value.message


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("kind: crm", "kind: a3", "a kind of the product", id="a name of the product's"),
        pytest.param("kind: crm", "kind: crn", "not the name of the file", id="another name than the file"),
        pytest.param("format: delimited", "format: delimitted", "format", id="no format"),
    ],
)
def test_a_wrong_kind_names_the_file(own: Path, old: str, new: str, told: str) -> None:
    (own / "kinds" / "crm.yml").write_text(KIND.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told):
        all_kinds()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("main: crm.csv", "memo: crm.csv", "files: names no main", id="no main file"),
        pytest.param("main: crm.csv", "main: ../crm.csv", "files: a name with a path", id="a path"),
        pytest.param("key: [ID]", "key: []", "key: no column", id="no key"),
        pytest.param("key: [ID]", "key: [IDD]", "key: column 'IDD'", id="misspelt key"),
        pytest.param("key: [ID]", "key: [ID]\nrequired: [X]", "required: column 'X'", id="misspelt required"),
        pytest.param("party_name", "remarks", "who the customer is", id="no name"),
        pytest.param("YYYY-MM-DD", "YYYY.MM", "no YYYY.MM", id="no such date format"),
        pytest.param("date_formats: {UR: YYYY-MM-DD}", "", "nothing for UR", id="dates without a format"),
        pytest.param("NAZWA: party_name", "NAZWA: party_name, T: party_flag", "flag_values: missing", id="flags"),
    ],
)
def test_a_kind_that_does_not_say_enough(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = tmp_path / "crm.yml"
    path.write_text(KIND.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told):
        check_customer_kind(load_kind(path), file="crm.yml")


def test_a_kind_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_kind(tmp_path / "no.yml")
