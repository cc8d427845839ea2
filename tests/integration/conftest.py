"""The whole line, as a person at the command line walks it: all 50 points in small, a real PostgreSQL, six units.

The estate is a tenth of the demo's. Its truth is moved away before anything reads a delivery, and every file that is
opened until the last unit is live is written down.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from blekit import cli
from blekit.runtime.accounts import ensure_accounts
from blekit.runtime.ports import free_port
from blekit.runtime.postgres import OWNER, EmbeddedPostgres
from config.settings import Settings
from config.units import UNIT_NAMES
from pipeline.installation import DATABASE_NAME, Installation
from warehouse import Warehouse

SCALE, CUSTOMERS, SEED = "tenth", 1_100, "13"


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Opened:
    """Paths this process opened while it was watched; an audit hook cannot be taken off again."""

    is_watching: bool = False
    paths: set[str] = field(default_factory=set)

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_watching and event in {"open", "os.listdir", "os.scandir", "os.open"}:
            with contextlib.suppress(TypeError):
                self.paths.add(os.fsdecode(arguments[0]))


@dataclass(frozen=True)
class Line:
    """An installation with six live units."""

    home: Path
    truth: Path
    opened: Opened
    airflow_port: int

    def run(self, *arguments: str, stdin: str = "") -> Answer:
        out, err, was = io.StringIO(), io.StringIO(), sys.stdin
        sys.stdin = io.StringIO(stdin)
        try:
            with self.as_settings(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = cli.run(list(arguments))
        finally:
            sys.stdin = was
        return Answer(code, out.getvalue(), err.getvalue())

    def ok(self, *arguments: str, stdin: str = "") -> Any:
        answer = self.run(*arguments, "--json", stdin=stdin)
        assert answer.code == 0, answer.err
        return answer.json

    @property
    def installation(self) -> Installation:
        return Installation(Settings(home=self.home))

    @contextlib.contextmanager
    def as_settings(self) -> Iterator[None]:
        """Nobody's settings but these, and only as long as a command runs: tests of other folders follow."""
        with pytest.MonkeyPatch.context() as patch:
            for name in Settings.model_fields:
                patch.delenv(f"BLEKIT_{name.upper()}", raising=False)
            patch.setenv("BLEKIT_HOME", str(self.home))
            # The demo may be running on this machine: doctor would rightly say that Airflow's usual port is taken.
            patch.setenv("BLEKIT_AIRFLOW_PORT", str(self.airflow_port))
            yield

    def password(self, account: str) -> str:
        accounts = json.loads((self.home / "keys" / "accounts.json").read_text())
        return str(accounts[account]["password"]) + "\n"

    def take_live(self, unit: str) -> dict[str, Any]:
        report: dict[str, Any] = self.ok(
            "cutover", "run", unit, "--approver", "approver", stdin=self.password("approver")
        )
        return report


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """Six units live; shared, so tests leave it as they found it."""
    home = tmp_path_factory.mktemp("whole line") / "home"
    opened = Opened()
    sys.addaudithook(opened.hook)
    made = Line(home, home.parent / "truth kept apart", opened, free_port())
    _build_estate(made)
    installation = made.installation
    installation.ensure_keys()
    ensure_accounts(installation.accounts_file)
    server = EmbeddedPostgres(home, password=installation.password(OWNER))
    server.start()
    try:
        Warehouse.bootstrap(installation.admin_url(), installation.passwords())
        with Warehouse(installation.admin_url(database=DATABASE_NAME)) as warehouse:
            warehouse.upgrade()
        opened.is_watching = True
        for unit in UNIT_NAMES:
            made.take_live(unit)
        opened.is_watching = False
        yield made
    finally:
        server.stop()


def _build_estate(line: Line) -> None:
    from estate import build
    from estate.rates import load_rates

    rates = load_rates()
    small = rates.model_copy(update={"customers": {**rates.customers, SCALE: CUSTOMERS}})
    with pytest.MonkeyPatch.context() as patch:
        # The package exports a function of the module's own name, which hides the module from a dotted path.
        patch.setattr(sys.modules["estate.build"], "load_rates", lambda: small)
        build(out=line.home / "deliveries", truth=line.home / "truth", scale=SCALE, seed=int(SEED))
    # Gone while the cutovers run; only the test of `score` puts it back.
    (line.home / "truth").rename(line.truth)
