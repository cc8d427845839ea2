"""A home of its own for each test, with accounts and without a database."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from blekit import cli
from blekit.runtime.accounts import ensure_accounts
from config.settings import Settings
from pipeline.installation import Installation

NOBODY_LISTENS = "postgresql://blekit_etl:x@127.0.0.1:1/blekit"


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return json.loads(self.err.splitlines()[-1])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"BLEKIT_{name.upper()}", raising=False)
    monkeypatch.setenv("BLEKIT_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def installed(home: Path, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """Keys and accounts are made; the database does not answer."""
    monkeypatch.setenv("BLEKIT_DATABASE_URL", NOBODY_LISTENS)
    installation = Installation()
    installation.ensure_keys()
    ensure_accounts(installation.accounts_file)
    return installation


@pytest.fixture
def blekit(capsys: pytest.CaptureFixture[str], home: Path) -> Callable[..., Answer]:
    def run(*arguments: str) -> Answer:
        capsys.readouterr()
        code = cli.run(list(arguments))
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run
