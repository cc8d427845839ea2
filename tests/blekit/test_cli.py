"""The command line: results on stdout, coded errors on stderr, never a traceback."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.errors import BlekitError, GateFailed, LockBusy
from config.sources import all_sources
from pipeline import cutover, review, status

ROOT = Path(__file__).resolve().parents[2]
COUNTS = ("delivered", "loaded", "quarantined", "excluded", "superseded", "suppressed")

MISUSE = [
    pytest.param(["nonsense"], "UsageError", 2, id="no such command"),
    pytest.param(["cutover", "run"], "UsageError", 2, id="unit forgotten"),
    pytest.param(["cutover", "status", "--nonsense"], "UsageError", 2, id="no such option"),
    pytest.param(["sources", "show", "zt63-nonsense"], "UsageError", 2, id="no such system"),
    pytest.param(["sources", "list", "--unit", "gdansk"], "UsageError", 2, id="no such unit"),
    pytest.param(["quarantine", "list", "--unit", "gdansk"], "UsageError", 2, id="quarantine of no such unit"),
    pytest.param(["recon", "run", "--unit", "gdansk"], "UsageError", 2, id="reconciliation of no such unit"),
    pytest.param(["explain", "one"], "UsageError", 2, id="half a pair"),
    pytest.param(["explain", "zt63-abonent:7", "x"], "UsageError", 2, id="personal key in the arguments"),
    pytest.param(["explain", "one", "other", "--customer", "abc"], "UsageError", 2, id="a pair and a customer"),
    pytest.param(["explain", "--customers", "one"], "UsageError", 2, id="half a pair of customers"),
    pytest.param(["review", "queue", "--limit", "0"], "UsageError", 2, id="limit out of range"),
    pytest.param(["standardise", "/nowhere"], "UsageError", 2, id="no such folder"),
    pytest.param(["cutover", "status"], "DatabaseUnavailable", 69, id="database down: status"),
    pytest.param(["release", "show", "3"], "DatabaseUnavailable", 69, id="database down: release"),
    pytest.param(["customer", "abc"], "DatabaseUnavailable", 69, id="database down: customer"),
    pytest.param(["explain", "--customer", "abc"], "DatabaseUnavailable", 69, id="database down: explain customer"),
    pytest.param(["explain", "--customers", "abc", "abd"], "DatabaseUnavailable", 69, id="database down: customers"),
    pytest.param(["review", "queue"], "DatabaseUnavailable", 69, id="database down: queue"),
    pytest.param(["audit", "verify"], "DatabaseUnavailable", 69, id="database down: audit"),
    pytest.param(["cutover", "run", "poznan", "--as", "nobody"], "PermissionDenied", 77, id="no such account"),
    pytest.param(
        ["cutover", "rehearse", "poznan", "--as", "viewer"], "PermissionDenied", 77, id="account may only look"
    ),
]


@pytest.mark.parametrize(("arguments", "code", "exit_code"), MISUSE)
def test_misuse_is_a_coded_error(blekit: Any, installed: Any, arguments: list[str], code: str, exit_code: int) -> None:
    answer = blekit(*arguments)
    assert (answer.code, answer.out) == (exit_code, "")
    assert answer.err.splitlines()[0].startswith(f"error {code}: ")
    assert "Traceback" not in answer.err


def test_an_error_is_json_too(blekit: Any, installed: Any) -> None:
    answer = blekit("cutover", "status", "--json")
    assert answer.error.keys() == {"error", "message", "hint", "exit_code"}
    assert (answer.error["error"], answer.error["exit_code"]) == ("DatabaseUnavailable", 69)


def test_nothing_was_ever_started_here(blekit: Any) -> None:
    answer = blekit("cutover", "status", "--json")
    assert (answer.code, answer.error["error"]) == (78, "ConfigurationError")
    assert "blekit up" in answer.error["hint"]


def test_a_misspelt_setting_is_named(blekit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLEKIT_HOMME", "/tmp")
    answer = blekit("cutover", "status")
    assert (answer.code, "BLEKIT_HOMME" in answer.err) == (78, True)


def test_an_unexpected_error_is_a_bug_with_a_log(blekit: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    person = "Wanda " + "Zielińska"

    def broken(*_: Any) -> None:
        raise ZeroDivisionError(person)

    monkeypatch.setattr(status, "sources_status", broken)
    answer = blekit("sources", "list")
    log = next((home / "logs").glob("bug-*.log")).read_text(encoding="utf-8")
    assert answer.code == 70
    assert answer.err.startswith("error BugError: unexpected ZeroDivisionError\n")
    assert "broken" in log
    # A foreign message may quote a person: it stands neither on the terminal nor in the log.
    assert person not in answer.err + log


def test_a_disk_that_refuses_is_no_bug(blekit: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(13, "Permission denied", "/some/file")

    monkeypatch.setattr(status, "sources_status", refuse)
    answer = blekit("sources", "list")
    assert (answer.code, answer.err) == (74, "error StorageFailed: /some/file: Permission denied\n")


@pytest.mark.parametrize("error", [GateFailed("no"), LockBusy("busy")], ids=lambda each: each.code)
def test_every_error_ends_with_its_exit_code(
    blekit: Any, installed: Any, monkeypatch: pytest.MonkeyPatch, error: BlekitError
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(cutover, "gate", refuse)
    assert blekit("cutover", "run", "poznan").code == error.exit_code


def test_the_registry_is_listed_before_anything_was_started(blekit: Any) -> None:
    rows = blekit("sources", "list", "--json").json
    assert len(rows) == 508
    assert set(rows[0]) >= {"source_id", "point", "unit", "kind", "format", "code_page", "state", "last_batch_id"}
    assert set(rows[0]) >= set(COUNTS)


def test_a_table_is_for_people(blekit: Any) -> None:
    head, *rows = blekit("sources", "list", "--unit", "katowice", "--served").out.splitlines()
    assert head.split()[:3] == ["source_id", "point", "unit"]
    served = [each for each in all_sources() if each.unit == "katowice" and each.is_served]
    assert len(rows) == len(served)


class Fakes:
    """Pipeline functions that remember what they were asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        self.approved = False
        for name, result in {
            "gate": {"is_live": False},
            "points": ["ZT63", "ZT25"],
            "extract": {"rejected": []},
            "rehearse": {"rehearsal_id": "poznan-1", "loaded": 7},
            "approve": {"decision": "go"},
            "publish": {"unit": "poznan", "release_no": 2, "content_hash": "ab"},
            "requester_of": "engineer",
        }.items():
            monkeypatch.setattr(cutover, name, self._fake(name, result))
        monkeypatch.setattr(cutover, "is_approved", lambda *_: self.approved)

    def _fake(self, name: str, result: Any) -> Any:
        def fake(*_: Any, **__: Any) -> Any:
            self.calls.append(name)
            return result

        return fake


@pytest.fixture
def fakes(monkeypatch: pytest.MonkeyPatch) -> Fakes:
    return Fakes(monkeypatch)


def password_of(installed: Any, name: str) -> str:
    return str(json.loads(installed.accounts_file.read_text(encoding="utf-8"))[name]["password"])


def test_run_walks_from_gate_to_publication(
    blekit: Any, installed: Any, fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(password_of(installed, "approver") + "\n"))
    answer = blekit("cutover", "run", "poznan", "--approver", "approver", "--json")
    assert (answer.code, answer.json["release_no"]) == (0, 2)
    walked = [call for call in fakes.calls if call not in ("gate", "requester_of")]
    assert walked == ["points", "extract", "extract", "rehearse", "approve", "publish"]


def test_run_uses_an_approval_that_stands(blekit: Any, installed: Any, fakes: Fakes) -> None:
    fakes.approved = True
    assert blekit("cutover", "run", "poznan").code == 0
    assert "rehearse" not in fakes.calls


def test_without_an_approver_run_stops_before_publication(blekit: Any, installed: Any, fakes: Fakes) -> None:
    answer = blekit("cutover", "run", "poznan")
    assert (answer.code, "publish" in fakes.calls) == (1, False)
    assert "poznan-1" in answer.err


def test_a_wrong_password_approves_nothing(
    blekit: Any, installed: Any, fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("guess\n"))
    answer = blekit("cutover", "approve", "poznan", "poznan-1", "--as", "approver")
    assert (answer.code, "approve" in fakes.calls) == (77, False)


def test_a_decision_is_made_by_an_account(blekit: Any, installed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    decided: list[Any] = []
    monkeypatch.setattr(review, "decide", lambda *arguments: decided.append(arguments[1:]) or {"changed": True})
    monkeypatch.setattr(sys, "stdin", io.StringIO(password_of(installed, "steward") + "\n"))
    assert blekit("review", "decide", "7mxq2dvc4k3a", "different", "--reason", "twins").code == 0
    assert decided == [("7mxq2dvc4k3a", "different", "steward", "twins")]


def test_a_difference_ends_with_exit_1_and_the_report(blekit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    check = {"name": "loaded_records", "source_id": "zt97-abonent", "point": "ZT97", "legacy": 3, "central": 2}
    report = {
        "clean": False,
        "unproven": 0,
        "checks": [{**check, "difference": -1, "status": "different", "explained_by": None}],
    }
    monkeypatch.setattr("pipeline.reconciliation.reconcile_unit", lambda *_, **__: report)
    answer = blekit("recon", "run", "--unit", "poznan", "--json")
    assert (answer.code, answer.json, answer.error["error"]) == (1, report, "GateFailed")


def test_progress_is_not_the_result(blekit: Any, installed: Any, fakes: Fakes) -> None:
    answer = blekit("extract", "poznan", "--json")
    assert len(answer.json) == 2
    assert "2 of 2" in answer.err


def commands() -> list[tuple[str, ...]]:
    from typer.main import get_command

    from blekit.cli import app

    found: list[tuple[str, ...]] = []

    def walk(command: Any, path: tuple[str, ...]) -> None:
        for name, child in getattr(command, "commands", {}).items():
            walk(child, (*path, name))
        if not getattr(command, "commands", {}):
            found.append(path)

    walk(get_command(app), ())
    return found


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_command_has_help_and_json(blekit: Any, path: tuple[str, ...]) -> None:
    answer = blekit(*path, "--help")
    assert answer.code == 0
    assert "--json" in answer.out


def test_help_imports_nothing_heavy() -> None:
    heavy = {"pandas", "numpy", "pyarrow", "sqlalchemy", "dedupe", "warehouse", "connectors", "transforms", "airflow"}
    script = f"import sys, blekit.cli; print(sorted({heavy!r} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
