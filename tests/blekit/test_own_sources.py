"""`blekit sources new | check | add`: whatever a person gets wrong is a coded error; nothing is half registered."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FILES = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "files"
ADD = ("sources", "add", "crm.csv", "--id", "my-crm", "--kind", "crm.yml", "--unit", "krakow")


@pytest.fixture
def desk(home: Path, blekit: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = home / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    shutil.copy(FILES / "crm.csv", folder)
    assert blekit("sources", "new", "crm.csv").code == 0
    return folder


@pytest.mark.usefixtures("desk")
def test_from_a_file_to_a_delivery(home: Path, blekit: Callable[..., Any]) -> None:
    added = blekit(*ADD, "--business-date", "2003-10-15", "--json").json
    assert (added["registered"], added["records"], added["point"]) == (True, 8, "ZT35")
    assert "blekit db upgrade" in added["next"]  # no database here yet
    assert Path(added["delivery"]) == home / "deliveries" / "my-crm" / "2003-10-15-1"
    assert blekit("sources", "check", "--json").json == []
    rows = blekit("sources", "list", "--unit", "krakow", "--json").json
    assert [row["state"] for row in rows if row["source_id"] == "my-crm"] == ["waiting"]


@pytest.mark.usefixtures("desk")
def test_the_same_bytes_again_change_nothing(home: Path, blekit: Callable[..., Any]) -> None:
    blekit(*ADD, "--business-date", "2003-10-15")
    again = blekit("sources", "add", "crm.csv", "--id", "my-crm", "--business-date", "2003-10-16", "--json").json
    assert (again["registered"], again["delivery"]) == (False, None)


@pytest.mark.usefixtures("desk")
def test_check_names_columns_both_ways(home: Path, blekit: Callable[..., Any]) -> None:
    blekit(*ADD, "--business-date", "2003-10-15")
    kept = home / "sources" / "kinds" / "crm.yml"
    kept.write_text(kept.read_text().replace("  TELEFON: phone", "  TEL: phone"), encoding="utf-8")
    checked = blekit("sources", "check", "my-crm", "--json")
    assert checked.code == 1 and checked.error["error"] == "GateFailed"
    assert [(row["column"], row["state"], row["edit"]) for row in checked.json] == [
        ("TELEFON", "new", str(kept)),
        ("TEL", "gone", str(kept)),
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        pytest.param((*ADD, "--business-date", "jutro"), 2, "no date", id="no date"),
        pytest.param((*ADD, "--business-date", "2002-01-01"), 2, "pilot", id="before the pilot"),
        pytest.param((*ADD, "--business-date", "2004-01-01"), 2, "cut over", id="after the cutover"),
        pytest.param((*ADD, "--business-date", "2003-10-15", "--point", "ZT63"), 2, "belongs to poznan", id="point"),
        pytest.param((*ADD, "--business-date", "2003-10-15", "--id", "zt63-abonent"), 2, "product", id="taken id"),
        pytest.param((*ADD, "--business-date", "2003-10-15", "--id", "Moje CRM"), 2, "no id", id="no id"),
        pytest.param((*ADD, "--business-date", "2003-10-15", "--unit", "gdansk"), 2, "no unit", id="no unit"),
        pytest.param((*ADD, "--business-date", "2003-10-15", "--kind", "no.yml"), 78, "cannot be read", id="no kind"),
        pytest.param(
            ("sources", "add", "crm.csv", "--id", "x1", "--business-date", "2003-10-15"), 2, "--kind", id="new"
        ),
        pytest.param(
            ("sources", "add", "no.csv", "--id", "x1", "--business-date", "2003-10-15"), 2, "no such", id="file"
        ),
        pytest.param(("sources", "new", "crm.csv"), 2, "exists already", id="would write over"),
        pytest.param(("sources", "new", "no.csv"), 69, "no such file", id="no file"),
        pytest.param(("sources", "check", "--kind", "crm.yml"), 2, "needs a file", id="kind without a file"),
        pytest.param(("sources", "check", "nobody"), 2, "no source", id="unknown system"),
        pytest.param(("sources", "customers", "nobody"), 2, "no source", id="customers of nobody"),
    ],
)
@pytest.mark.usefixtures("desk")
def test_mistakes(home: Path, blekit: Callable[..., Any], arguments: tuple[str, ...], code: int, told: str) -> None:
    answer = blekit(*arguments)
    assert (answer.code, told in answer.err) == (code, True), answer.err
    assert not (home / "sources" / "sources.csv").exists() and not (home / "deliveries").exists()


def test_a_file_of_which_nothing_can_be_taken_is_not_registered(
    desk: Path, home: Path, blekit: Callable[..., Any]
) -> None:
    heading = (desk / "crm.csv").read_bytes().split(b"\r\n")[0]
    (desk / "crm.csv").write_bytes(heading + b"\r\nK-1;;;;;;;;;;;;;\r\n")
    answer = blekit(*ADD, "--business-date", "2003-10-15")
    assert answer.code == 65 and "line_without_party 1" in answer.err
    assert not (home / "sources" / "sources.csv").exists()
