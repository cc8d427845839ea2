"""``blekit release``: published states of the nation."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from blekit.output import AsJson, fields, line, show, table
from config.errors import GateFailed

app = typer.Typer(help="Published states of the nation and their content hashes.", no_args_is_help=True)

Number = Annotated[int | None, typer.Argument(help="Release number; the current one when left out.")]


@app.command("list")
def list_releases(as_json: AsJson = False) -> None:
    """Every release; numbers that were prepared and abandoned too, because none is used twice.

    Example: blekit release list
    """
    from pipeline.installation import Installation
    from pipeline.status import release_rows

    columns = ("release_no", "parent", "kind", "state", "unit", "units", "published_at", "content_hash")
    show(
        release_rows(Installation()),
        as_json=as_json,
        render=lambda rows: table(rows, columns, nothing="no release yet"),
    )


@app.command("show")
def show_release(release_no: Number = None, as_json: AsJson = False) -> None:
    """One release: its inputs, its content hash and its tables.

    Example: blekit release show 3
    """
    from pipeline.installation import Installation
    from pipeline.status import release_detail_of

    show(release_detail_of(Installation(), release_no), as_json=as_json, render=_render)


@app.command()
def verify(release_no: Number = None, as_json: AsJson = False) -> None:
    """Recompute the content hash from all rows and compare it with the ledger; exit 1 when they differ.

    Example: blekit release verify
    """
    from pipeline.installation import Installation
    from pipeline.status import verify_release

    result = verify_release(Installation(), release_no)
    show(result, as_json=as_json, render=_render)
    if not result["equal"]:
        raise GateFailed(f"release {result['release_no']}: rows and ledger differ in {', '.join(result['differing'])}")


def _render(release: dict[str, Any]) -> None:
    fields({name: value for name, value in release.items() if name != "tables"})
    line()
    table(
        [{"table": name, **counted} for name, counted in release["tables"].items()],
        ("table", "rows", "hash"),
    )
