"""A stranger's system, from a CSV to golden records: the how-to is walked through command by command."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from blekit import cli
from blekit.runtime.accounts import ensure_accounts
from config.sources import all_sources, shipped_sources
from pipeline import cutover
from pipeline.versions import reader_version, rules_version

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"
PAGE = (HOW_TO / "bring-your-own-system.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", PAGE, re.S)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def run(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
    out, err, was = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.StringIO(stdin)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = cli.run(list(arguments))
    finally:
        sys.stdin = was
    return code, out.getvalue(), err.getvalue()


def answer(*arguments: str, stdin: str = "") -> Any:
    code, out, err = run(*arguments, "--json", stdin=stdin)
    assert code == 0, err
    return json.loads(out)


@pytest.fixture(scope="module")
def desk(nation: Any, five_systems: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Six live units, and a folder with the files of the how-tos; every command of the page was run in it."""
    made = nation.copy(tmp_path_factory.mktemp("own") / "home")
    ensure_accounts(made.installation.accounts_file)
    folder = tmp_path_factory.mktemp("desk")
    shutil.copytree(HOW_TO / "files", folder, dirs_exist_ok=True)
    accounts = json.loads(made.installation.accounts_file.read_text())
    with pytest.MonkeyPatch.context() as patch, five_systems():
        made.take_live("warszawa", "katowice", "krakow")
        patch.delenv("BLEKIT_SOURCES", raising=False)
        patch.setenv("BLEKIT_HOME", str(made.installation.home))
        patch.setenv("BLEKIT_DATABASE_URL", made.installation.settings.database_url)
        patch.chdir(folder)
        made.before = (rules_version(), reader_version())
        made.said = {}
        for command in commands():
            stdin = accounts["approver"]["password"] + "\n" if "--approver" in command else ""
            made.said[command] = run(*shlex.split(command)[1:], stdin=stdin)
        yield made


def test_every_command_of_the_page_does_what_it_says(desk: Any) -> None:
    assert len(desk.said) >= 7
    for command, (code, out, err) in desk.said.items():
        assert code == 0, f"{command}: {err}"
        assert out.strip(), command


def test_what_the_page_shows_is_what_came_out(desk: Any) -> None:
    shown = re.search(r"```yaml\n(.*?)```", PAGE, re.S)
    assert shown is not None
    written = Path("crm.yml").read_text(encoding="utf-8").splitlines()
    assert [line for line in shown.group(1).splitlines() if line not in written] == []


def test_two_rows_of_one_man_are_one_customer_with_provenance(desk: Any) -> None:
    customers = answer("sources", "customers", "my-crm")
    assert len(customers) == 8
    his = {row["customer_id"] for row in customers if row["name"].startswith("Gniewomir")}
    assert len(his) == 1
    golden = answer("customer", his.pop())
    assert {value["source_id"] for value in golden["values"]} == {"my-crm"}
    assert {record["source_id"] for record in golden["records"]} == {"my-crm"}
    values = {value["attribute"]: value["value"] for value in golden["values"]}
    assert values["birth_date"] == "1963-11-20" and values["phone"] == "126321108"


def test_the_registry_shows_it_balanced(desk: Any) -> None:
    (row,) = [row for row in answer("sources", "list") if row["source_id"] == "my-crm"]
    assert (row["state"], row["unit"], row["format"], row["delivered"], row["loaded"]) == (
        *("live", "krakow", "delimited", 8, 8),
    )


def test_its_yaml_counts_among_the_rules(desk: Any) -> None:
    assert all(now != before for now, before in zip((rules_version(), reader_version()), desk.before, strict=True))


def test_a_release_with_it_is_what_its_ledger_says_and_reconciles(desk: Any) -> None:
    assert answer("release", "verify")["equal"]
    assert answer("recon", "run", "--unit", "krakow")["clean"]


def test_a_new_column_stops_it_until_the_kind_lets_it_pass(desk: Any) -> None:
    newer = Path("newer.csv")
    text = Path("crm.csv").read_bytes().decode("cp1250").replace("UWAGI\r\n", "UWAGI;FAX\r\n")
    rows = re.sub(r"(?<!UWAGI;FAX)\r\n(?=K-|\Z)", ";126000000\r\n", text)
    newer.write_bytes(rows.encode("cp1250"))
    add = ("sources", "add", "newer.csv", "--id", "my-crm", "--business-date", "2003-10-20")
    code, _, err = run(*add)
    assert code == 65 and "'FAX' is new" in err
    kept = desk.installation.home / "sources" / "kinds" / "crm.yml"
    assert str(kept) in err
    asked = kept.read_text(encoding="utf-8")
    code, out, _ = run("sources", "check", "newer.csv", "--kind", "crm.yml")
    assert code == 1 and "FAX" in out
    answer("cutover", "rollback", "krakow")
    for policy, values in (("evolve", 8), ("discard", 8)):
        kept.write_text(asked.replace("on_new_column: freeze", f"on_new_column: {policy}"), encoding="utf-8")
        newer.write_bytes(rows.replace("45,20", f"4{values - 2},2{len(policy)}").encode("cp1250"))
        assert answer(*add)["delivery"]
        cutover.extract(desk.installation, "krakow", "ZT35")
        rehearsed = answer("cutover", "rehearse", "krakow")
        assert [(row["column"], row["policy"], row["values"]) for row in rehearsed["drift"][-1:]] == [
            ("FAX", policy, values)
        ]
    kept.write_text(asked, encoding="utf-8")


def test_other_installations_know_nothing_of_it(desk: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert len(all_sources()) == len(shipped_sources()) + 1
    monkeypatch.setenv("BLEKIT_HOME", str(tmp_path))
    assert len(all_sources()) == len(shipped_sources())
    assert (rules_version(), reader_version()) == desk.before
