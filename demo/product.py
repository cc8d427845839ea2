"""The product as an outsider sees it: its command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

BLEKIT = Path(sys.executable).with_name("blekit")


class ProductFailed(Exception):
    """A command ended with an error; its message stands on the terminal already, or is this one's."""

    def __init__(self, command: str, *, exit_code: int) -> None:
        super().__init__(f"blekit {command} ended with exit code {exit_code}")
        self.exit_code = exit_code


def blekit(*arguments: str) -> Any:
    """Run a command, its progress going to our stderr, and read its result.

    Raises:
        ProductFailed: it did not end well; the exit code says how.
    """
    done = subprocess.run([str(BLEKIT), *arguments, "--json"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise ProductFailed(" ".join(arguments), exit_code=done.returncode)
    return json.loads(done.stdout)
