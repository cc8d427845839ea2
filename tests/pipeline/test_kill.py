"""A process that is killed at the worst moment, and the same command again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from pipeline import cutover

_CHILD = """
import os, signal, sys
from config import sources
from pipeline import batches, cutover, preparing
from pipeline.installation import Installation
from warehouse import Warehouse

chosen = tuple(s for s in sources.all_sources() if s.source_id in {systems})
batches.all_sources = lambda: chosen
real = {where}

def killed(*args, **kwargs):
    {before}
    os.kill(os.getpid(), signal.SIGKILL)

{where} = killed
cutover.{call}
"""

MOMENTS = {
    "while landing": ("pipeline.files._rename", "pass", 'extract(Installation(), "warszawa", "ZT05")'),
    "after prepare": ("Warehouse.prepare", "real(*args, **kwargs)", 'publish(Installation(), "warszawa", "engineer")'),
    "after publish": ("Warehouse.publish", "real(*args, **kwargs)", 'publish(Installation(), "warszawa", "engineer")'),
}


def run_and_kill(bench: Any, moment: str) -> int:
    where, before, call = MOMENTS[moment]
    systems = ["zt97-abonent", "zt51-abonent", "zt05-abonent", "zt07-abonent", "zt69-abonent"]
    script = textwrap.dedent(_CHILD).format(where=where, before=before, call=call, systems=systems)
    script = "import pipeline.files\n" + script
    settings = bench.installation.settings
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BLEKIT_")}
    environment |= {
        "BLEKIT_HOME": str(settings.home),
        "BLEKIT_DELIVERIES": str(settings.deliveries),
        "BLEKIT_DATABASE_URL": str(settings.database_url),
    }
    root = Path(cutover.__file__).parents[1]
    return subprocess.run([sys.executable, "-c", script], cwd=root, env=environment, check=False).returncode


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_and_run_again_equals_the_undisturbed_run(approved: Any, moment: str) -> None:
    if moment == "while landing":
        shutil.rmtree(approved.installation.landing_dir / "zt05-abonent")
    assert run_and_kill(approved, moment) == -signal.SIGKILL
    approved.extract("warszawa")
    cutover.publish(approved.installation, "warszawa", "engineer")
    with approved.open() as warehouse:
        current = warehouse.current()
        assert current is not None
        assert current.content_hash == approved.rehearsed["content_hash"]
        assert warehouse.verify(current.release_no).equal
        assert "prepared" not in {release.state for release in warehouse.releases()}
        assert warehouse.verify_audit().is_intact
