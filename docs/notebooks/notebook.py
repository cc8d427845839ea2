"""Runs the notebooks of this folder without Jupyter: code cells in order, in one namespace.

    python docs/notebooks/notebook.py docs/notebooks/recordlinkage.ipynb            # says whether it tells the truth
    python docs/notebooks/notebook.py docs/notebooks/recordlinkage.ipynb --write    # stores what comes out

A cell prints what it shows; nothing else is stored, so that the file is the same whoever runs it.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

Cell = dict[str, Any]


def code_cells(notebook: dict[str, Any]) -> list[Cell]:
    """The cells that are run."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def stored(cell: Cell) -> str:
    """What a cell is said to print."""
    return "".join(text for output in cell["outputs"] for text in output["text"])


def run(notebook: dict[str, Any]) -> list[str]:
    """What each code cell prints."""
    namespace: dict[str, Any] = {"__name__": "notebook"}
    printed = []
    for number, cell in enumerate(code_cells(notebook), start=1):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), namespace)
        printed.append(out.getvalue())
    return printed


def write(path: Path, notebook: dict[str, Any], printed: list[str]) -> None:
    """Store what the cells printed."""
    for number, (cell, text) in enumerate(zip(code_cells(notebook), printed, strict=True), start=1):
        cell["execution_count"] = number
        lines = text.splitlines(keepends=True)
        cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": lines}] if lines else []
    path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run a notebook; 1 when it prints something else than it says."""
    path = Path(arguments[0])
    notebook = json.loads(path.read_text(encoding="utf-8"))
    printed = run(notebook)
    if "--write" in arguments:
        write(path, notebook, printed)
        return 0
    wrong = [
        number
        for number, (cell, text) in enumerate(zip(code_cells(notebook), printed, strict=True), start=1)
        if stored(cell) != text
    ]
    for number in wrong:
        sys.stdout.write(f"cell {number} now prints\n{printed[number - 1]}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
